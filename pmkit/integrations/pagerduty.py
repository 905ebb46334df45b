"""PagerDuty: an incident with its log, alerts, notes, changes and people, saved as its REST API gives them.

Through pdpyras, or through `pagerduty`, which has taken its place: all that is used of either is `get`.
"""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from pmkit.errors import IntegrationError
from pmkit.integrations import credentials
from pmkit.integrations.credentials import Account
from pmkit.integrations.pages import Fetched, Gap, Pages, Verdict, open_pages, read_parts
from pmkit.integrations.retrying import Heard, MissingError, Patience, Reply, UnansweredError, refuse
from pmkit.integrations.scans import OVERLAP, read_by_offset
from pmkit.workspace import Workspace

TITLE: Final = "PagerDuty"

CLIENTS: Final = ("pdpyras", "pagerduty")

_FULL: Final = 100  # records in a page, the most there can be
_MOST: Final = 10_000  # records that pages reach
_MONTHS_BACK: Final = 6
_MOST_CHANGES: Final = 100  # related change events, which come in one page
_TIMEOUT: Final = 30.0
# Tries after which a client gives an answer of 429 back. It waits for ever for 0 and for -1, and any number
# below is passed before the first try.
_NEVER: Final = -2
_ID: Final = re.compile(r"[A-Z0-9]{7,30}", re.ASCII)
_IN_URL: Final = re.compile(r"/incidents/([A-Za-z0-9]+)", re.ASCII)

Record = dict[str, Any]


class PagerDutyLike(Protocol):
    """What is used of a client: one method, by which both of them ask the REST API."""

    def get(self, url: str, /, **kwargs: Any) -> Any:
        """The response, with `status_code`, `headers` and `content`."""


def connect(account: Account, client: str = "") -> PagerDutyLike:
    """A client that asks once and leaves waiting to who called it; `client` is one of `CLIENTS`.

    Where none is named, `incident.toml` may name one (`client` of `[connections.pagerduty]`), else it is
    pdpyras. Raises `IntegrationError` for one that is not installed.
    """
    name = client or str(account.settings.get("client", "")) or CLIENTS[0]
    if name not in CLIENTS:
        raise IntegrationError(f"{TITLE}: there is no client {name!r}; there are {' and '.join(CLIENTS)}")
    made: Any = _pdpyras(account) if name == "pdpyras" else _pagerduty(account)
    made.log = logging.Logger("pmkit.pagerduty", logging.CRITICAL)  # it tells of each try on the screen
    made.retry = {429: _NEVER}
    made.max_network_attempts = 0
    made.timeout = _TIMEOUT
    return made  # type: ignore[no-any-return]


def _pdpyras(account: Account) -> Any:
    with warnings.catch_warnings():
        # It says on import that it will not change any more, which is no news to who reads an incident.
        warnings.filterwarnings("ignore", message='The package "pdpyras" is deprecated', category=UserWarning)
        import pdpyras
    session = pdpyras.APISession(account.token.reveal())
    session.url = account.url
    return session


def _pagerduty(account: Account) -> Any:
    try:
        import pagerduty
    except ImportError as error:
        raise IntegrationError(
            f"{TITLE}: `pip install 'pmkit[pagerduty]'` for the client pagerduty"
        ) from error
    client = pagerduty.RestApiV2Client(account.token.reveal())
    client._url = account.url  # its setter takes no stand-in on this machine
    return client


def fetch_pagerduty(
    workspace: Workspace,
    incident: str,
    *,
    account: Account | None = None,
    client: PagerDutyLike | None = None,
    patience: Patience | None = None,
    anew: bool = False,
    by: str | None = None,
) -> list[Fetched]:
    """Bring an incident of PagerDuty into the evidence; `incident` is its number, its id, or its address.

    What comes: the incident with its responders, every log entry with what its channel carried, alerts,
    notes, and the people they name; beside it, as its own evidence, the changes that may have to do with it.
    A fetch that was stopped is taken up where it was, unless `anew`.

    `account` says where the system is and holds the token; by default as `pmkit doctor` finds it.

    Raises `IntegrationError` where PagerDuty refuses, `NoAnswerError` where nothing came at all.
    """
    patience = patience or Patience()
    account = account or credentials.account("pagerduty", workspace.incident.connections)
    key = incident_key(incident)
    asked, name, now = {"incident": key, "url": account.url}, f"pagerduty-{key}", patience.now()
    client = client or connect(account)
    with open_pages(workspace, "pagerduty", name, asked, now=now, anew=anew) as pages:
        reader = _Reader(client, patience, pages, key)
        verdict = read_parts(pages, reader.parts)
        fetched = [pages.finish(verdict, "pagerduty-rest", by=by)]
    if not verdict.is_complete:
        return fetched
    with open_pages(workspace, "pagerduty changes", f"{name}-changes", asked, now=now, anew=anew) as pages:
        reader = _Reader(client, patience, pages, reader.key)
        verdict = read_parts(pages, [("related changes", reader.read_changes)])
        if verdict.counts["related changes"]:
            fetched.append(pages.finish(verdict, "pagerduty-changes", by=by))
        else:
            pages.give_up()
    return fetched


def incident_key(said: str) -> str:
    """The number or id that is meant. Raises `IntegrationError` for what is neither, and no address."""
    text = said.strip()
    if text.startswith(("https://", "http://")):
        found = _IN_URL.search(urlsplit(text).path)
        text = found[1] if found else ""
    text = text.removeprefix("#")
    if re.fullmatch(r"\d{1,9}", text, re.ASCII) or _ID.fullmatch(text):
        return text
    raise IntegrationError(
        f"{TITLE}: {said!r} is no incident; expected its number, as 4127, its id, as Q1T7ABCD4127XY, or its "
        "address"
    )


class _Reader:
    """Reads one incident, page by page."""

    def __init__(self, client: PagerDutyLike, patience: Patience, pages: Pages, key: str) -> None:
        self.client, self.patience, self.pages, self.key = client, patience, pages, key
        self.created_at = datetime.now(UTC)
        self.incident: Record = {}
        self.noted = 0  # log entries that tell of a note
        self.people: dict[str, None] = {}  # ids, in the order in which they are met
        self.parts = (
            ("incident", self.read_incident),
            ("log entries", self.read_log),
            ("alerts", self.read_alerts),
            ("notes", self.read_notes),
            ("people", self.read_people),
        )

    @property
    def path(self) -> str:
        """Where the incident is."""
        return f"/incidents/{self.key}"

    def read_incident(self, verdict: Verdict) -> None:
        """The incident itself, with its responders; the others are asked for by its id."""
        if self.key.isdigit():
            page = self.pages.get("incident", self.key, self._by_number, name="incident")
        else:
            page = self.page("incident", self.path, {"time_zone": "UTC"})
        incident = page["incident"]
        self.incident = incident
        self.key, self.created_at = str(incident["id"]), datetime.fromisoformat(incident["created_at"])
        self.meet(page)
        verdict.counts["incident"] = 1
        verdict.missing["log entries"] = "all of them"

    def read_log(self, verdict: Verdict) -> None:
        """Every log entry, the newest first: each page begins in the second in which the last one ended.

        So rows that come or go while they are read move nothing; offsets are needed only within one second.
        """
        since, until = self.created_at - timedelta(hours=1), self.pages.until + timedelta(seconds=1)
        seen: dict[str, Record] = {}
        offset, calls = 0, 0
        while True:
            calls += 1
            asked = {"since": _text(since), "until": _text(until), "offset": offset, "limit": _FULL}
            asked |= {"time_zone": "UTC", "include[]": ["channels"]}
            page = self.page("log_entries", f"{self.path}/log_entries", asked, call=calls)
            rows = page["log_entries"]
            times = [datetime.fromisoformat(row["created_at"]) for row in rows]
            is_linked = not offset or any(row["id"] in seen for row in rows)
            seen |= {row["id"]: row for row in rows} if is_linked else {}
            self.meet(page)
            verdict.counts["log entries"] = len(seen)
            if is_linked and not page["more"]:
                self.noted = sum(row["type"] == "annotate_log_entry" for row in seen.values())
                return
            if times != sorted(times, reverse=True):
                why = "PagerDuty does not give them newest first, so that there is no telling what follows"
                verdict.gaps.append(Gap("log entries", f"before {_text(until)}", why))
                return
            verdict.missing["log entries"] = f"before {_text(until)}"
            if not is_linked:
                offset = 0
            elif times[-1] + timedelta(seconds=1) < until:
                until, offset = times[-1] + timedelta(seconds=1), 0
            else:
                offset += max(len(rows) - OVERLAP, 1)
            if offset + _FULL > _MOST or calls > _MOST:
                why = f"more than {_MOST:,} in one second"
                verdict.gaps.append(Gap("log entries", f"before {_text(until)}", why))
                return

    def read_alerts(self, verdict: Verdict) -> None:
        """Every alert, the oldest first, so that new ones come at the end; as many as PagerDuty counts."""

        def ask(offset: int, call: int) -> tuple[Sequence[Record], bool]:
            asked = {"offset": offset, "limit": _FULL, "sort_by": "created_at:asc", "time_zone": "UTC"}
            page = self.page("alerts", f"{self.path}/alerts", asked, call=call)
            self.meet(page)
            return page["alerts"], page["more"]

        scan = read_by_offset(ask, lambda row: str(row["id"]), limit=_FULL, most=_MOST)
        verdict.counts["alerts"] = len(scan.rows)
        if scan.problem:
            verdict.gaps.append(Gap("alerts", "", scan.problem))
        elif (counted := self._counted_alerts(len(scan.rows))) > len(scan.rows):
            verdict.gaps.append(Gap("alerts", "", f"PagerDuty counts {counted:,} of them"))

    def _counted_alerts(self, read: int) -> int:
        """How many alerts PagerDuty says that there are; asked anew where it said more than were read."""
        counted = _alert_count(self.incident)
        if counted > read:
            counted = _alert_count(self.hear("incident", self.path, {}).value["incident"])
        return counted

    def read_notes(self, verdict: Verdict) -> None:
        """Every note; PagerDuty gives them all at once, and the log tells of each."""
        page = self.page("notes", f"{self.path}/notes", {"time_zone": "UTC"})
        self.meet(page)
        verdict.counts["notes"] = len(page["notes"])
        if self.noted > len(page["notes"]):
            why = f"the log tells of {self.noted:,}; the others were deleted, or left out"
            verdict.gaps.append(Gap("notes", "", why))

    def read_people(self, verdict: Verdict) -> None:
        """Whom the records name; somebody who left the company is there no more, and stays a name."""
        verdict.counts["people"] = 0
        for user_id in sorted(self.people):
            with suppress(MissingError):
                self.page("user", f"/users/{user_id}", {})
                verdict.counts["people"] += 1

    def read_changes(self, verdict: Verdict) -> None:
        """The changes that PagerDuty holds to be related; it gives them in one page, and no count."""
        verdict.counts["related changes"] = 0
        asked = {"limit": _MOST_CHANGES}
        page = self.page("change_events", f"{self.path}/related_change_events", asked)
        verdict.counts["related changes"] = len(page["change_events"])
        if page.get("more") or len(page["change_events"]) >= _MOST_CHANGES:
            why = f"PagerDuty gives no more than {_MOST_CHANGES}"
            verdict.gaps.append(Gap("related changes", "behind the newest", why))
        elif page["change_events"]:
            verdict.remarks.append("PagerDuty chooses them, and says no count to hold them against")

    # Pages

    def page(self, what: str, path: str, asked: Mapping[str, Any], *, call: int = 1) -> Any:
        """A page as it is saved, or as PagerDuty gives it now; `what` is the name of what it holds."""
        return self.pages.get(what, f"{path} {_written(asked)} {call}", lambda: self.hear(what, path, asked))

    def hear(self, what: str, path: str, asked: Mapping[str, Any]) -> Heard:
        """A page as PagerDuty gives it now. Raises `IntegrationError` where it refuses."""

        def trouble(value: Any) -> str:
            held = value.get(what) if isinstance(value, dict) else None
            if not isinstance(held, list | dict):
                return f"it answered without {what!r}"
            if not held and value.get("more"):
                return "it answered with an empty page that says more follow"
            return ""

        title = f"{TITLE}, {what.replace('_', ' ')}"
        heard = self.patience.hear(title, lambda: _ask(self.client, path, asked), trouble=trouble)
        if heard.reply.status != 200:
            raise refuse(TITLE, heard.reply, path.removeprefix("/").replace("_", " "))
        return heard

    def meet(self, value: Any) -> None:
        """Note the people that a page names."""
        for found in _objects(value):
            if found.get("type") in ("user_reference", "user") and found.get("id"):
                self.people[str(found["id"])] = None

    def _by_number(self) -> Heard:
        """The incident with this number: asked for as if that were its id, which PagerDuty understands though
        it does not say so, or else looked for among those of the last half year."""
        try:
            return self.hear("incident", self.path, {"time_zone": "UTC"})
        except MissingError:
            found = self._look_for(int(self.key))
        if found is None:
            raise MissingError(
                f"{TITLE}: there is no incident #{self.key}, or it is older than half a year or not for this "
                "token; give its address as the browser shows it"
            )
        return self.hear("incident", f"/incidents/{found}", {"time_zone": "UTC"})

    def _look_for(self, number: int) -> str | None:
        until = self.pages.until + timedelta(days=1)
        for _ in range(_MONTHS_BACK):
            since = until - timedelta(days=30)
            asked = {"since": _text(since), "until": _text(until), "limit": _FULL, "time_zone": "UTC"}
            for offset in range(0, _MOST, _FULL):
                page = self.hear("incidents", "/incidents", asked | {"offset": offset}).value
                for row in page["incidents"]:
                    if row.get("incident_number") == number:
                        return str(row["id"])
                if not page["more"]:
                    break
            until = since
        return None


def _ask(client: PagerDutyLike, path: str, asked: Mapping[str, Any]) -> Reply:
    """One request, as either client makes it."""
    try:
        response = client.get(path, params=dict(asked))
    except _errors() as error:
        response = getattr(error, "response", None)
        if response is None:
            # Only its kind: its words may hold what was sent.
            raise UnansweredError(f"no answer came ({type(error.__cause__ or error).__name__})") from None
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    return Reply(int(response.status_code), headers, bytes(response.content))


def _errors() -> tuple[type[Exception], ...]:
    """What the clients raise that are loaded; both have a tree of their own."""
    known = (
        ("pdpyras", "PDClientError"),
        ("pagerduty", "Error"),
        ("requests", "RequestException"),
        ("httpx2", "HTTPError"),
    )
    return (OSError, *(getattr(sys.modules[name], kind) for name, kind in known if name in sys.modules))


def _alert_count(incident: Record) -> int:
    return int((incident.get("alert_counts") or {}).get("all") or 0)


def _objects(value: Any) -> Iterator[Record]:
    """Every object in a page."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)


def _written(asked: Mapping[str, Any]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(asked.items()))


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
