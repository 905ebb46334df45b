"""One stand-in on a loopback socket: routes, authorization, faults, and a log of what was asked.

A stand-in answers like the real system as far as its published description goes. What the network and a busy
server do to an answer is said by `Faults`, so that a client can be tried under each of them.
"""

from __future__ import annotations

import json
import random
import re
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from pmkit.demo.story import Story

Now = Callable[[], datetime]

Kind = Literal[
    "status", "reset", "reset after", "truncated", "slow", "slow after", "html", "stuck", "arrive", "leave"
]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Parameters
    ----------
    kind : `status` answers with that status and does nothing; `reset` cuts the connection before anything is
        done, `reset after` when it is done; `truncated` sends half of the answer; `slow` says nothing until
        the client gives up, `slow after` does it first; `html` answers with a page of a proxy; `stuck` gives
        the same cursor once more; `arrive` and `leave` let a row come or go before the answer
    status : for `status`
    retry_after : its header `Retry-After`; "number", "date", or none; any other text stands as it is
    method, match : only requests of this method, and whose path has this in it
    skip, times : pass over so many of these requests first, then so many are struck
    """

    kind: Kind
    status: int = 503
    retry_after: str = ""
    method: str = ""
    match: str = ""
    skip: int = 0
    times: int = 1

    def __str__(self) -> str:
        return f"{self.status} {self.retry_after or 'no header'}" if self.kind == "status" else self.kind


# What may go wrong while reading, and while writing, each with an equal chance.
READ_FAULTS: Final[tuple[Fault, ...]] = (
    Fault("status", 429, "number"),
    Fault("status", 429, "date"),
    Fault("status", 429),
    Fault("status", 500),
    Fault("status", 502),
    Fault("status", 503, "number"),
    Fault("reset"),
    Fault("reset after"),
    Fault("truncated"),
    Fault("slow"),
    Fault("html"),
    Fault("stuck"),
    Fault("arrive"),
    Fault("leave"),
)
_ONLY_OF_READING: Final = ("stuck", "arrive", "leave")
WRITE_FAULTS: Final[tuple[Fault, ...]] = (
    *(fault for fault in READ_FAULTS if fault.kind not in _ONLY_OF_READING),
    Fault("slow after"),
)


class Faults:
    """Which requests go wrong, and how: those that are listed, or some by lot.

    Parameters
    ----------
    listed : each strikes the requests that it fits, the first that fits wins
    seed, rate, kinds : by lot, each request is struck at this rate by one of `kinds`; the same seed, the same
        requests, the same faults
    most : how many are struck at most
    """

    def __init__(
        self,
        *listed: Fault,
        seed: int | None = None,
        rate: float = 0.0,
        kinds: Sequence[Fault] = READ_FAULTS,
        most: int | None = None,
    ) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.rate, self.kinds, self.most = rate, tuple(kinds), most
        self.struck: list[str] = []
        self._listed = [[fault, 0] for fault in listed]
        self._lock = threading.Lock()

    def next(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, if any."""
        with self._lock:
            fault = self._from_list(method, path) or self._by_lot()
            if fault:
                self.struck.append(f"{fault} at {method} {path}")
            return fault

    def _from_list(self, method: str, path: str) -> Fault | None:
        for entry in self._listed:
            fault, met = entry[0], entry[1]
            assert isinstance(fault, Fault)  # noqa: S101
            assert isinstance(met, int)  # noqa: S101
            if fault.method in ("", method) and fault.match in path:
                entry[1] = met + 1
                if fault.skip <= met < fault.skip + fault.times:
                    return fault
        return None

    def _by_lot(self) -> Fault | None:
        if self.most is not None and len(self.struck) >= self.most:
            return None
        return self.random.choice(self.kinds) if self.random.random() < self.rate else None


@dataclass(frozen=True)
class Request:
    """What a client asked, as the routes read it."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def get(self, name: str, otherwise: str = "") -> str:
        """The last value of a parameter, of the address or of a form."""
        return next((value for key, value in reversed((*self.query, *self.form)) if key == name), otherwise)

    def all(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return [value for key, value in (*self.query, *self.form) if key == name]

    def number(self, name: str, otherwise: int) -> int:
        """A parameter as a whole number."""
        try:
            return int(self.get(name, str(otherwise)))
        except ValueError:
            return otherwise

    def moment(self, name: str) -> datetime | None:
        """A parameter as a moment; a time without a zone is UTC."""
        try:
            moment = datetime.fromisoformat(self.get(name))
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def kind(self) -> str:
        """What the body is, as `application/json`."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def form(self) -> tuple[tuple[str, str], ...]:
        """The fields of a form in the body."""
        if self.kind != "application/x-www-form-urlencoded":
            return ()
        return tuple(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def json(self) -> dict[str, Any]:
        """The body as an object; {} where it is none."""
        with suppress(ValueError):
            value = json.loads(self.body or b"{}")
            return value if isinstance(value, dict) else {}
        return {}


class Answer(NamedTuple):
    """What a route says: a status, a value (sent as JSON) or bytes, and headers."""

    value: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = "application/json"

    @property
    def body(self) -> bytes:
        """The value as it is sent."""
        if isinstance(self.value, bytes):
            return self.value
        return b"" if self.value is None else json.dumps(self.value, ensure_ascii=False).encode()


class Asked(NamedTuple):
    """One request of the log; what authorizes it is not kept."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int  # 0 where no answer was given
    fault: str


Route = Callable[..., Answer]


class System:
    """The state of one system and its routes; a subclass per system.

    `routes` lists a method, a path with `{parts}` and the name of what answers it; that is called with the
    request and the parts. Every call holds `lock`.
    """

    name = ""
    routes: tuple[tuple[str, str, str], ...] = ()

    def __init__(self, token: str, now: Now) -> None:
        self.token, self.now = token, now
        self.lock = threading.RLock()
        self.url = ""
        self._compiled = [
            (method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), path, getattr(self, name))
            for method, path, name in self.routes
        ]

    def answer(self, request: Request) -> Answer:
        """What the system says to a request that reached it whole."""
        with self.lock:
            refused = self.refusal(request)
            if refused is not None:
                return refused
            for method, pattern, _, route in self._compiled:
                match = pattern.fullmatch(request.path)
                if match and method == request.method:
                    parts = {name: unquote(part) for name, part in match.groupdict().items()}
                    answer: Answer = route(request, **parts)
                    return answer
            return self.unknown(request)

    def route_of(self, method: str, path: str) -> str:
        """The path of the route that answers, with its `{parts}`; "" where none does."""
        found = (
            told for verb, pattern, told, _ in self._compiled if verb == method and pattern.fullmatch(path)
        )
        return next(found, "")

    def tell(self, story: Story) -> None:
        """Fill it with a story."""
        raise NotImplementedError

    def refusal(self, request: Request) -> Answer | None:
        """What is said to a request that is not authorized; None for one that is."""
        raise NotImplementedError

    def unknown(self, request: Request) -> Answer:
        """What is said to a path that is not there."""
        return Answer({"error": f"no route for {request.method} {request.path}"}, 404)

    def stick(self, request: Request, answer: Answer) -> Answer:
        """The same answer, with a cursor that leads to itself; where it has none, as it is."""
        return answer

    def arrive(self, chance: random.Random) -> None:
        """Let a row come."""

    def leave(self, chance: random.Random) -> None:
        """Let a row go."""


Judge = Callable[[System, Request, Answer], None]


class Server:
    """A system on a socket of this machine."""

    def __init__(
        self, system: System, faults: Faults | None = None, *, port: int = 0, judge: Judge | None = None
    ) -> None:
        self.system, self.faults, self.judge = system, faults or Faults(), judge
        self.asked: list[Asked] = []
        self.stopping = threading.Event()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.owner = self
        self.url = system.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True, name=system.name
        )

    def start(self) -> Server:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer no more, and close the socket."""
        self.stopping.set()
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False
    owner: Server

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the server."""


_PROXY_PAGE: Final = (
    b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>proxy</body></html>"
)


_BEFORE: Final = ("status", "html", "reset", "slow")
_AFTER: Final = ("reset after", "slow after")


class _Handler(BaseHTTPRequestHandler):
    """One request: read, struck or not, answered, logged."""

    server: _Http
    server_version = "pmkit-demo"
    sys_version = ""
    timeout = 60
    _said: tuple[str, str, tuple[tuple[str, str], ...], str] = ("", "", (), "")

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """The log is `Server.asked`; nothing goes to the screen."""

    def _serve(self) -> None:
        owner = self.server.owner
        request = self._request()
        fault = owner.faults.next(request.method, request.path)
        self._said = (request.method, request.path, request.query, str(fault or ""))
        try:
            self._respond(owner, request, fault)
        except OSError:  # the client went away
            self.close_connection = True

    def _log(self, status: int) -> None:
        """Note the request before it is answered, so that who has the answer finds it in the log."""
        method, path, query, fault = self._said
        self.server.owner.asked.append(Asked(method, path, query, status, fault))

    def _respond(self, owner: Server, request: Request, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        if fault and kind in _BEFORE:
            self._fail(owner, fault)
            return
        if kind in ("arrive", "leave"):
            with owner.system.lock:
                getattr(owner.system, kind)(owner.faults.random)
        answer = owner.system.answer(request)
        if owner.judge:
            owner.judge(owner.system, request, answer)
        if fault and kind in _AFTER:
            self._fail(owner, fault)
            return
        if kind == "stuck":
            answer = owner.system.stick(request, answer)
        self._send(answer, cut=kind == "truncated")

    def _fail(self, owner: Server, fault: Fault) -> None:
        """What the client sees instead of an answer."""
        if fault.kind == "status":
            self._send(_busy(fault, owner.system.now()))
        elif fault.kind == "html":
            self._send(Answer(_PROXY_PAGE, kind="text/html; charset=utf-8"))
        elif fault.kind in ("slow", "slow after"):
            self._keep_waiting(owner)
        else:
            self._reset()

    def _request(self) -> Request:
        target = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            self.command,
            target.path,
            tuple(parse_qsl(target.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length) if length else b"",
        )

    def _send(self, answer: Answer, *, cut: bool = False) -> None:
        self._log(0 if cut else answer.status)
        body = answer.body
        self.send_response(answer.status)
        if answer.status != 204:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and answer.status != 204:
            self.wfile.write(body[: len(body) // 2] if cut else body)

    def _reset(self) -> None:
        """Cut the connection so that the client sees a reset, not an end."""
        self._log(0)
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _keep_waiting(self, owner: Server) -> None:
        """Say nothing until the client gives up."""
        self._log(0)
        self.close_connection = True
        self.connection.settimeout(0.05)
        while not owner.stopping.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue


def _busy(fault: Fault, now: datetime) -> Answer:
    headers: tuple[tuple[str, str], ...] = ()
    if fault.retry_after == "number":
        headers = (("Retry-After", "2"),)
    elif fault.retry_after == "date":
        # A whole second more, for the header has none of the fraction.
        headers = (("Retry-After", format_datetime(now.astimezone(UTC) + timedelta(seconds=3), usegmt=True)),)
    elif fault.retry_after:
        headers = (("Retry-After", fault.retry_after),)
    words = {429: "rate limited", 500: "internal error"}.get(fault.status, "unavailable")
    return Answer({"ok": False, "error": words, "errorMessages": [words]}, fault.status, headers)
