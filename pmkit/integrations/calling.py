"""The writers' clients, which never repeat a write by themselves, and what goes wrong with them in words.

Every client of these systems sends a write again when its answer is lost, and so does it twice. Here they
are told not to. What they raise is turned into an `IntegrationError`, or a `DoubtError` where the write may
have been done; it keeps nothing of the client's error, whose frames hold the token.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from pmkit.errors import DoubtError, IntegrationError
from pmkit.integrations.credentials import Account

if TYPE_CHECKING:
    from jira import JIRA
    from requests import Response
    from slack_sdk import WebClient

T = TypeVar("T")

_TRIES: Final = 4
_LONGEST: Final = 60.0  # seconds; who is told to wait longer is better told so than kept waiting
_WORDS: Final = 300  # characters of what a system says that a message repeats
# What Slack answers when it may have done it all the same.
_SLACK_DOUBTS: Final = (
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
)
_SLACK_TOKEN_FAULTS: Final = (
    "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive",
)  # fmt: skip


@dataclass(frozen=True)
class _Fault:
    """What went wrong with one request."""

    status: int | None  # None where no answer came
    words: str
    retry_after: float | None = None
    is_refusal: bool = False  # the system surely did nothing


@dataclass(frozen=True)
class Caller:
    """How one system is asked: reads again after a pause, writes once.

    `pause` is called with the seconds to wait before the next try; `timeout` is for one answer, in seconds.
    """

    account: Account
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)
    timeout: float = 30.0

    def read(self, doing: str, call: Callable[[], T]) -> T:
        """What `call` returns; a read that fails for a while is tried again, a few times.

        Raises `IntegrationError`, which names the system and what it was `doing`.
        """
        answer, fault = self._repeated(call, lambda fault: fault.status == 429 or not fault.is_refusal)
        if fault is None:
            return answer
        # Here, outside of any `except`, so that the client's error does not hang on it.
        raise self._error(doing, fault, IntegrationError)

    def find(self, doing: str, call: Callable[[], T]) -> T | None:
        """As `read`, and None for what is not there."""
        answer, fault = self._repeated(call, lambda fault: fault.status == 429 or not fault.is_refusal)
        if fault is None:
            return answer
        if fault.status in (404, 410):
            return None
        raise self._error(doing, fault, IntegrationError)

    def write(self, doing: str, call: Callable[[], T]) -> T:
        """What `call` returns. It is sent again only where the system says that it did nothing yet (429).

        Raises `DoubtError` where nobody knows whether it was done, else `IntegrationError`.
        """
        answer, fault = self._repeated(call, lambda fault: fault.status == 429)
        if fault is None:
            return answer
        raise self._error(doing, fault, IntegrationError if fault.is_refusal else DoubtError)

    def _repeated(
        self, call: Callable[[], T], is_passing: Callable[[_Fault], bool]
    ) -> tuple[T, None] | tuple[Any, _Fault]:
        attempt = 1
        while True:
            answer, fault = self._attempt(call)
            if fault is None:
                return answer, None
            wait = _wait(fault, attempt)
            if attempt == _TRIES or not is_passing(fault) or wait > _LONGEST:
                return None, fault
            self.pause(wait)
            attempt += 1

    def _attempt(self, call: Callable[[], T]) -> tuple[T, None] | tuple[Any, _Fault]:
        try:
            return call(), None
        except IntegrationError:
            raise
        except Exception as error:
            fault = _fault_of(error)
            return None, replace(fault, words=self.scrub(fault.words))

    def _error(self, doing: str, fault: _Fault, kind: type[IntegrationError]) -> IntegrationError:
        words = fault.words
        if fault.status == 429:
            words = f"it asks for fewer requests; wait {fault.retry_after or _LONGEST:.0f} s and repeat"
        hint = ""
        if fault.status in (401, 403) or "scope" in words:
            hint = f" `pmkit doctor` says which scopes are there; the token is from {self.account.found_in}."
        status = f"HTTP {fault.status}, " if fault.status and fault.status != 429 else ""
        return kind(f"{self.account.title}: {doing}: {status}{words}.{hint}")

    def scrub(self, text: str) -> str:
        """What a system said, in one line, without the token should it repeat that."""
        line = " ".join(text.replace(self.account.token.reveal(), "•••").split())
        return (line if len(line) <= _WORDS else line[: _WORDS - 1] + "…").rstrip(".")


def _wait(fault: _Fault, attempt: int) -> float:
    return fault.retry_after if fault.retry_after is not None else min(2.0**attempt, _LONGEST)


class AnswerError(Exception):
    """An answer that is no success, for clients that do not raise by themselves."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(f"HTTP {response.status_code}")


def _fault_of(error: Exception) -> _Fault:
    response = getattr(error, "response", None)
    if type(error).__module__.startswith("slack_sdk") and response is not None:
        return _slack_fault(response)
    status = getattr(response, "status_code", None)
    if status is None:
        return _Fault(None, f"no answer that can be read ({type(error).__name__})")
    text = str(getattr(response, "text", ""))
    is_refusal = 400 <= status < 500 and status not in (408, 409, 425)
    # A page in front of the system (a proxy, a login) says nothing of what happened behind it.
    if status < 400:
        return _Fault(status, "an answer that cannot be read")
    return _Fault(status, _said(text), _retry_after(getattr(response, "headers", {})), is_refusal)


def _slack_fault(response: Any) -> _Fault:
    status, data = response.status_code, response.data
    said = data if isinstance(data, dict) else {}
    word = str(said.get("error", ""))
    if status == 429 or word == "ratelimited":
        return _Fault(429, word, _retry_after(response.headers), is_refusal=True)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", word, re.ASCII):
        # A page of something in between: the client puts all of it where the error stands.
        return _Fault(None, "an answer that cannot be read")
    words = word.replace("_", " ")
    if word == "missing_scope":
        words = f"the scope {said.get('needed', '?')} is missing; there are {said.get('provided', 'none')}"
    elif word in _SLACK_TOKEN_FAULTS:
        return _Fault(401, f"the token is not valid ({words})", is_refusal=True)
    return _Fault(
        status if status != 200 else None, words, is_refusal=word not in _SLACK_DOUBTS and status < 500
    )


def _said(text: str) -> str:
    """The words of an answer that refuses, out of the JSON that the systems use; nothing of a page."""
    try:
        data = json.loads(text)
    except ValueError:
        return "no reason that can be read" if text.lstrip().startswith("<") or not text.strip() else text
    found = list(_strings(data))
    return "; ".join(dict.fromkeys(found)) or "no reason given"


def _strings(data: Any, key: str = "") -> Any:
    """The sentences in an answer: Jira names fields, PagerDuty lists errors, Google nests them."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            if name not in ("domain", "reason", "status", "location", "locationType", "@type"):
                is_field = name not in ("error", "errors", "errorMessages", "message", "details")
                yield from _strings(value, f"{name}: " if is_field else "")
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value, key)
    elif isinstance(data, str) and data:
        yield key + data


def _retry_after(headers: Any) -> float | None:
    """Seconds, of a header that says a number or a date."""
    told = next((str(value) for name, value in dict(headers).items() if name.lower() == "retry-after"), "")
    told = told.strip("[]' ")
    if re.fullmatch(r"\d+(\.\d+)?", told, re.ASCII):
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return None
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at.tzinfo else None


# The clients


def jira_client(caller: Caller) -> JIRA:
    """Jira's client: Cloud with an account's address and its token, Data Center with a token alone."""
    from jira import JIRA

    account = caller.account

    def connect() -> JIRA:
        token = account.token.reveal()
        way: dict[str, Any] = {"basic_auth": (account.user, token)} if account.user else {"token_auth": token}
        return JIRA(account.url, max_retries=0, timeout=caller.timeout, **way)

    return caller.read("reaching it", connect)


def slack_client(caller: Caller) -> WebClient:
    """Slack's client."""
    from slack_sdk import WebClient

    account = caller.account
    return WebClient(
        account.token.reveal(),
        base_url=f"{account.url}/api/",
        timeout=caller.timeout,  # type: ignore[arg-type]  # it takes fractions as well
        retry_handlers=[],
        logger=logging.Logger("pmkit.slack", logging.CRITICAL),  # it logs what it could not send, all of it
    )


class PagerDutyClient(Protocol):
    """What is used of a client of PagerDuty's, of pdpyras as of `pagerduty`."""

    def jget(self, url: str, /, **kwargs: Any) -> Any:
        """The answer to a GET, decoded."""

    def jpost(self, url: str, /, **kwargs: Any) -> Any:
        """The answer to a POST, decoded."""


def pagerduty_client(caller: Caller) -> PagerDutyClient:
    """PagerDuty's client, the one that reading uses; notes are written in the name of the account's user."""
    from pmkit.integrations.pagerduty import connect

    client: Any = connect(caller.account)
    client.timeout = caller.timeout
    if caller.account.user:
        client.default_from = caller.account.user
        client.headers.update({"From": caller.account.user})
    return client  # type: ignore[no-any-return]


class DriveClient:
    """Google Drive over Google's own authorized session: JSON in and out, each request sent once."""

    def __init__(self, account: Account, timeout: float) -> None:
        from google.auth.transport.requests import AuthorizedSession

        self.root, self._timeout = account.url, timeout
        credentials = _google_credentials(account)
        # A token alone cannot be had anew; a 401 is then what Google says of it.
        more: dict[str, Any] = {} if account.token.reveal().startswith("{") else {"refresh_status_codes": ()}
        self._session: Any = AuthorizedSession(credentials, **more)  # type: ignore[no-untyped-call]

    def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The answer to a request. Raises `AnswerError` for one that is no success."""
        response = self._session.request(method, f"{self.root}{path}", timeout=self._timeout, **options)
        if not response.ok:
            raise AnswerError(response)
        answer = response.json()
        if not isinstance(answer, dict):
            raise AnswerError(response)
        return answer

    def get(self, path: str, **options: Any) -> Response:
        """What is answered, whatever its status."""
        response: Response = self._session.get(f"{self.root}{path}", timeout=self._timeout, **options)
        return response

    def send(self, method: str, path: str, content: bytes, **options: Any) -> dict[str, Any]:
        """As `ask`, with a content that is too large for one request: the facts first, then the content."""
        begun = self._session.request(method, f"{self.root}{path}", timeout=self._timeout, **options)
        place = str(begun.headers.get("Location", ""))
        if not begun.ok or not place.startswith(f"{self.root}/"):
            raise AnswerError(begun)
        return self.ask("PUT", place.removeprefix(self.root), data=content)


def drive_client(caller: Caller) -> DriveClient:
    """Google Drive's client."""
    problem = ""
    try:
        return DriveClient(caller.account, caller.timeout)
    except ImportError:
        problem = "needs google-auth: pip install 'pmkit[drive]'"
    except ValueError:
        problem = f"{caller.account.found_in}: expected the credentials of a service account or a user"
    raise IntegrationError(f"{caller.account.title}: {problem}")


_DRIVE_SCOPE: Final = "https://www.googleapis.com/auth/drive"


def _google_credentials(account: Account) -> Any:
    from google.oauth2 import credentials, service_account

    token = account.token.reveal()
    if not token.startswith("{"):
        return credentials.Credentials(token)  # type: ignore[no-untyped-call]
    told = json.loads(token)
    if told.get("type") == "service_account":
        return service_account.Credentials.from_service_account_info(told, scopes=[_DRIVE_SCOPE])  # type: ignore[no-untyped-call]
    return credentials.Credentials.from_authorized_user_info(told, scopes=[_DRIVE_SCOPE])  # type: ignore[no-untyped-call]
