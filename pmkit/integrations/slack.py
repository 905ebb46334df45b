"""Slack: channels over a span of time, with threads, people and pins, saved as its Web API gives them.

Messages are asked for by their times, not by cursors: the next page ends where this one begins, so that a
cursor that leads nowhere, and messages that come and go meanwhile, move nothing.
"""

from __future__ import annotations

import http.client
import logging
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pmkit.errors import IntegrationError
from pmkit.integrations import credentials
from pmkit.integrations.credentials import Account
from pmkit.integrations.pages import Fetched, Gap, Pages, Verdict, open_pages, read_parts
from pmkit.integrations.retrying import Heard, Patience, Reply, UnansweredError
from pmkit.postmortem import Incident
from pmkit.workspace import Workspace

if TYPE_CHECKING:
    from slack_sdk import WebClient

TITLE: Final = "Slack"

# What reading needs of the token.
SCOPES: Final = ("channels:read", "channels:history", "users:read", "pins:read")

_LEAST_ID: Final = 5  # a shorter id of an incident stands in any word
_PAGE: Final = 200  # messages; Slack advises no more
_LISTED: Final = 1000  # channels
# How far before the span threads are looked for that go on in it.
_OLDER: Final = timedelta(days=14)
_OLDER_PAGES: Final = 10
_TIMEOUT: Final = 30
# What the files of their answers are called.
_NAMES: Final = {
    "conversations.info": "channel", "conversations.history": "messages", "conversations.replies": "replies",
    "pins.list": "pins", "users.info": "person",
}  # fmt: skip
_BUSY: Final = ("ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout")
_CHANNEL_ID: Final = re.compile(r"[CG][A-Z0-9]{7,}", re.ASCII)
_USER_ID: Final = re.compile(r"\b[UW][A-Z0-9]{7,}\b", re.ASCII)
_WORD: Final = re.compile(r"[a-z0-9]{4,}")
_INCIDENT_NAME: Final = re.compile(
    r"(?:^|[-_])(?:inc|incident|incidents|sev\d?|outage|major|p[01])(?:[-_]|\d|$)"
)

Record = dict[str, Any]


class Guess(NamedTuple):
    """A channel that may be the incident's: how much speaks for it, and what."""

    channel: Record
    score: int
    why: str


def connect(account: Account) -> WebClient:
    """A client that asks once and leaves waiting to who called it."""
    from slack_sdk import WebClient

    quiet = logging.Logger("pmkit.slack", logging.CRITICAL)  # it logs what it could not send, with the body
    return WebClient(
        account.token.reveal(),
        base_url=f"{account.url}/api/",
        timeout=_TIMEOUT,
        retry_handlers=[],
        logger=quiet,
    )


def fetch_slack(
    workspace: Workspace,
    channels: Sequence[str] = (),
    *,
    account: Account | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    client: WebClient | None = None,
    patience: Patience | None = None,
    anew: bool = False,
    by: str | None = None,
) -> list[Fetched]:
    """Bring channels of Slack into the evidence, each as its own folder.

    What comes: the channel, its messages from `since` to `until` with every reply to them up to then, replies
    of that span to threads that began up to two weeks before, what is pinned, and the people they name.
    Without `since`, two hours before the incident began, or a day before the review was opened; without
    `until`, up to now. A fetch that was stopped is taken up where it was, unless `anew`.

    Parameters
    ----------
    channels : names or ids; where none is given, the channel whose name, topic or purpose fits the incident

    `account` says where the system is and holds the token; by default as `pmkit doctor` finds it.

    Raises `IntegrationError` where Slack refuses, where a channel is not there, and where it is to be guessed
    and several fit or none does; `NoAnswerError` where nothing came at all.
    """
    patience = patience or Patience()
    account = account or credentials.account("slack", workspace.incident.connections)
    asking = _Asking(client or connect(account), patience)
    since = since or default_since(workspace.incident)
    if until is not None and until <= since:
        raise IntegrationError(f"{TITLE}: the span ends before it begins: {since} to {until}")
    found = [asking.find(name) for name in channels] or [_guessed(asking, workspace.incident, patience)]
    fetched = []
    for channel in found:
        asked = {"channel": channel["id"], "since": since.isoformat(), "url": account.url}
        asked["until"] = until.isoformat() if until else ""
        name = f"slack-{channel['name']}"
        with open_pages(workspace, "slack", name, asked, now=patience.now(), anew=anew) as pages:
            reader = _Reader(asking, pages, channel, since, min(until or pages.until, pages.until))
            fetched.append(pages.finish(read_parts(pages, reader.parts), "slack-pages", by=by))
        if any(gap.why == "not asked for any more" for gap in fetched[-1].verdict.gaps):
            break
    return fetched


def default_since(incident: Incident) -> datetime:
    """From when on messages are asked for where nobody says it. Raises `IntegrationError` if unknown."""
    if incident.started_at is not None:
        return incident.started_at - timedelta(hours=2)
    if incident.opened_at is not None:
        return incident.opened_at - timedelta(days=1)
    raise IntegrationError(f"{TITLE}: from when on? Say it with `--from 2026-11-03T07:00Z`")


def guess_channels(channels: Sequence[Record], incident: Incident) -> list[Guess]:
    """The channels that may be the incident's own, the likeliest first."""
    words = set(_WORD.findall(incident.title.casefold())) - {"with", "from", "that", "were", "when", "during"}
    numbers = {text for link in incident.links for text in re.findall(r"#?(\d{3,})", link.title)}
    guesses = []
    for channel in channels:
        name = str(channel.get("name", "")).casefold()
        said = " ".join([name, *(_value(channel, key) for key in ("topic", "purpose"))]).casefold()
        reasons = [
            (5, f"names {incident.id}")
            if len(incident.id) >= _LEAST_ID and incident.id.casefold() in said
            else None,
            *((4, f"names #{number}") for number in sorted(numbers) if re.search(rf"\b{number}\b", said)),
            *((2, f"names {service}") for service in incident.services if service.casefold() in said),
            (2, "is called as an incident's") if _INCIDENT_NAME.search(name) else None,
            *((1, f"says {word!r}") for word in sorted(words) if word in said),
        ]
        told = [reason for reason in reasons if reason]
        if told and not channel.get("is_archived"):
            guesses.append(
                Guess(channel, sum(points for points, _ in told), ", ".join(why for _, why in told))
            )
    return sorted(guesses, key=lambda guess: (-guess.score, str(guess.channel["name"])))


def _guessed(asking: _Asking, incident: Incident, patience: Patience) -> Record:
    guesses = guess_channels(list(asking.channels()), incident)
    best = [guess for guess in guesses if guess.score == guesses[0].score]
    if len(best) != 1 or best[0].score < 2:
        some = "; ".join(f"#{guess.channel['name']} {guess.why}" for guess in guesses[:5])
        why = f"several channels may be the incident's: {some}" if some else "no channel's name or topic fits"
        raise IntegrationError(f"{TITLE}: {why}. Say which, as `pmkit fetch {incident.id} slack NAME…`")
    patience.told(f"{TITLE}: took #{best[0].channel['name']}, which {best[0].why}")
    return best[0].channel


def _value(channel: Record, key: str) -> str:
    held = channel.get(key)
    return str(held.get("value", "")) if isinstance(held, dict) else ""


class _Asking:
    """Asks Slack, and says what it says in words."""

    def __init__(self, client: WebClient, patience: Patience) -> None:
        self.client, self.patience = client, patience

    def hear(self, method: str, **asked: Any) -> Heard:
        """The answer of a method. Raises `IntegrationError` where Slack says no."""

        def trouble(value: Any) -> str:
            if not isinstance(value, dict) or "ok" not in value:
                return "it answered something else than Slack does"
            if value.get("error") in _BUSY:
                return f"it answered {value['error']}"
            cursor = (value.get("response_metadata") or {}).get("next_cursor")
            if cursor and cursor == asked.get("cursor"):
                return "its next page is this one"
            known = {asked.get("latest"), asked.get("oldest"), asked.get("ts")}
            if value.get("has_more") and {row["ts"] for row in value.get("messages", ())} <= known:
                return "it answered with a page that holds nothing new and says more follow"
            return ""

        heard = self.patience.hear(
            f"{TITLE}, {method}", lambda: _ask(self.client, method, asked), trouble=trouble
        )
        value = heard.value
        if heard.reply.status != 200 or not isinstance(value, dict) or not value["ok"]:
            raise _refusal(method, heard, asked)
        return heard

    def channels(self) -> Iterator[Record]:
        """Every channel that the token may see."""
        cursor = ""
        while True:
            asked = {"limit": _LISTED, "types": "public_channel,private_channel", "exclude_archived": "true"}
            page = self.hear("conversations.list", **asked, **({"cursor": cursor} if cursor else {})).value
            yield from page["channels"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def find(self, said: str) -> Record:
        """The channel of that name or id."""
        name = said.strip().removeprefix("#")
        if _CHANNEL_ID.fullmatch(name):
            found: Record = self.hear("conversations.info", channel=name).value["channel"]
            return found
        for channel in self.channels():
            if channel.get("name") == name.casefold():
                return channel
        raise IntegrationError(
            f"{TITLE}: there is no channel #{name}, or the app may not see it; give its id"
        )


class _Reader:
    """Reads one channel, page by page."""

    def __init__(
        self, asking: _Asking, pages: Pages, channel: Record, since: datetime, until: datetime
    ) -> None:
        self.asking, self.pages, self.channel = asking, pages, channel
        self.since, self.until = since, until
        self.threads: dict[str, None] = {}
        self.created_at: datetime | None = None  # of the channel
        self.people: set[str] = set()
        self.is_slow = False
        self.parts = (
            ("channel", self.read_channel),
            ("messages", self.read_messages),
            ("older threads", self.read_older_threads),
            ("replies", self.read_replies),
            ("pins", self.read_pins),
            ("people", self.read_people),
        )

    def read_channel(self, verdict: Verdict) -> None:
        """What the channel is called and what it is for."""
        told = self.page("conversations.info", channel=self.channel["id"])["channel"]
        if isinstance(told.get("created"), int):
            self.created_at = datetime.fromtimestamp(told["created"], UTC)
        verdict.missing["messages"] = "all of them"

    def read_messages(self, verdict: Verdict) -> None:
        """The messages of the span, the newest first."""
        seen: set[str] = set()
        oldest, latest, call = _ts(self.since), _ts(self.until), 0
        while True:
            call += 1
            page = self.page(
                "conversations.history", channel=self.channel["id"], oldest=oldest, latest=latest,
                inclusive="true", limit=_PAGE,
            )  # fmt: skip
            rows = page["messages"]
            times = [str(row["ts"]) for row in rows]
            is_new = bool(set(times) - seen)
            seen |= set(times)
            verdict.counts["messages"] = len(seen)
            for row in rows:
                if row.get("thread_ts") and (row["thread_ts"] != row["ts"] or row.get("reply_count")):
                    self.threads[str(row["thread_ts"])] = None
            self.meet(page)
            if not page.get("has_more"):
                return
            verdict.missing["messages"] = f"before {_at(times[-1]):%Y-%m-%dT%H:%M:%SZ}"
            if times != sorted(times, key=_microseconds, reverse=True) or not is_new:
                why = "Slack does not give them newest first, so that there is no telling what follows"
                verdict.gaps.append(Gap("messages", verdict.missing["messages"], why))
                return
            self.is_slow = self.is_slow or len(rows) < _PAGE
            self.tell_pace(call, times[-1])
            latest = times[-1]

    def read_older_threads(self, verdict: Verdict) -> None:
        """Threads that began before the span and go on in it: looked for as far back as it costs little.

        What is read for it is no evidence, and is not kept. How far it was looked is a remark.
        """
        back, latest = max(self.since - _OLDER, self.created_at or self.since - _OLDER), _ts(self.since)
        reached = self.since
        for _ in range(_OLDER_PAGES if back < self.since and not self.is_slow else 0):
            asked = {"channel": self.channel["id"], "oldest": _ts(back), "latest": latest, "limit": _PAGE}
            page = self.asking.hear("conversations.history", **asked).value
            rows = page["messages"]
            self.threads |= {
                str(row["ts"]): None
                for row in rows
                if row.get("latest_reply") and _at(str(row["latest_reply"])) >= self.since
            }
            if not page.get("has_more") or not rows:
                reached = back
                break
            latest = min((str(row["ts"]) for row in rows), key=_microseconds)
            reached = _at(latest)
            if len(rows) < _PAGE:
                self.is_slow = True
                break
        if self.created_at is None or reached > self.created_at:
            words = f"replies to threads begun before {reached:%Y-%m-%d %H:%M} UTC were not looked for"
            verdict.remarks.append(words)

    def read_replies(self, verdict: Verdict) -> None:
        """Every reply of the span in the threads of these messages, the oldest first."""
        verdict.counts["replies"] = 0
        if self.is_slow and self.threads:
            self.tell(f"{len(self.threads)} threads, one a minute")
        for number, thread in enumerate(sorted(self.threads, key=_microseconds)):
            verdict.missing["replies"] = f"of {len(self.threads) - number} of {len(self.threads)} threads"
            verdict.counts["replies"] += self._read_thread(verdict, thread)

    def _read_thread(self, verdict: Verdict, thread: str) -> int:
        seen: set[str] = {thread}
        oldest, latest = max(thread, _ts(self.since), key=_microseconds), _ts(self.until)
        while True:
            try:
                page = self.page(
                    "conversations.replies", channel=self.channel["id"], ts=thread, oldest=oldest,
                    latest=latest, inclusive="true", limit=_PAGE,
                )  # fmt: skip
            except _GoneError:  # the whole thread was deleted meanwhile
                return len(seen) - 1
            self.meet(page)
            times = [str(row["ts"]) for row in page["messages"]]
            replies = [ts for ts in times if ts != thread]
            is_new = bool(set(replies) - seen)
            seen |= set(replies)
            if not page.get("has_more"):
                return len(seen) - 1
            if not is_new or replies != sorted(replies, key=_microseconds):
                why = "Slack does not give them oldest first, so that there is no telling what follows"
                verdict.gaps.append(Gap("replies", f"of the thread {thread} after {oldest}", why))
                return len(seen) - 1
            oldest = replies[-1]

    def read_pins(self, verdict: Verdict) -> None:
        """What is pinned to the channel; Slack gives it all at once."""
        page = self.page("pins.list", channel=self.channel["id"])
        verdict.counts["pins"] = sum("message" in item for item in page["items"])
        self.meet(page)

    def read_people(self, verdict: Verdict) -> None:
        """Who is named, by somebody's id; an id that is nobody's stays one."""
        verdict.counts["people"] = 0
        for user_id in sorted(self.people):
            try:
                self.page("users.info", user=user_id)
            except _GoneError:
                continue
            verdict.counts["people"] += 1

    def page(self, method: str, **asked: Any) -> Any:
        """A page as it is saved, or as Slack gives it now."""
        key = "&".join(f"{name}={value}" for name, value in sorted(asked.items()))
        name = _NAMES[method]
        name = f"{asked['channel']}-{name}" if "channel" in asked else name
        return self.pages.get(method, key, lambda: self.asking.hear(method, **asked), name=name)

    def meet(self, page: Any) -> None:
        """Note whom a page names: as author, in its words, in a reaction, as who pinned it."""
        for text in _texts(page):
            self.people.update(_USER_ID.findall(text))

    def tell_pace(self, calls: int, reached: str) -> None:
        """Where Slack gives few messages at a time, how long that takes."""
        span = (self.until - self.since).total_seconds()
        done = (self.until - _at(reached)).total_seconds() / span
        if self.is_slow and done > 0:
            minutes = max(math.ceil(calls * (1 / done - 1)), 1)
            self.tell(
                f"back to {_at(reached):%Y-%m-%d %H:%M} UTC, about {minutes} min to go for the messages"
            )

    def tell(self, words: str) -> None:
        """A line on the screen about this channel."""
        self.asking.patience.told(f"{TITLE}, #{self.channel['name']}: {words}")


class _GoneError(IntegrationError):
    """What was asked for is not there any more."""


_GONE: Final = ("thread_not_found", "message_not_found", "user_not_found", "users_not_found")


def _refusal(method: str, heard: Heard, asked: Mapping[str, Any]) -> IntegrationError:
    value = heard.value if isinstance(heard.value, dict) else {}
    error = str(value.get("error", f"status {heard.reply.status}"))
    if error in _GONE:
        return _GoneError(f"{TITLE}, {method}: {error}.")
    where = f" in {asked['channel']}" if "channel" in asked else ""
    needed = value.get("needed", "a scope")
    said = {
        "missing_scope": f"the token lacks {needed}; add the scope to the app and install it again",
        "not_in_channel": "the app is no member of the channel; invite it there with `/invite`",
        "channel_not_found": "there is no such channel, or the app may not see it",
        "invalid_auth": "the token is not accepted; `pmkit doctor` says where it was found",
        "not_authed": "the token is not accepted; `pmkit doctor` says where it was found",
        "token_revoked": "the token was revoked; make a new one",
        "token_expired": "the token is too old; make a new one",
        "account_inactive": "the token belongs to an account that is closed; make a new one",
    }.get(error, f"it answered {error}")
    return IntegrationError(f"{TITLE}, {method}{where}: {said}.")


def _ask(client: WebClient, method: str, asked: Mapping[str, Any]) -> Reply:
    """One request, with the answer as it came: the client keeps none, and shows it only to retry handlers."""
    from slack_sdk.errors import SlackApiError, SlackClientError
    from slack_sdk.http_retry import RetryHandler

    class Listener(RetryHandler):
        """Hears every answer, and asks for nothing again."""

        reply: Reply | None = None

        def can_retry(self, *, response: Any = None, **_: Any) -> bool:
            if response is not None:
                headers = {str(name).lower(): _last(value) for name, value in response.headers.items()}
                self.reply = Reply(response.status_code, headers, response.data or b"")
            return False

    listener = Listener()
    client.retry_handlers = [listener]
    try:
        client.api_call(method, params=dict(asked))
    except SlackApiError:
        pass  # it said no, and what it said was heard
    except (SlackClientError, OSError, http.client.HTTPException, ValueError) as error:
        raise UnansweredError(f"no answer came ({type(error).__name__})") from None
    if listener.reply is None:
        raise UnansweredError("no answer came")
    return listener.reply


def _last(value: Any) -> str:
    return str(value[-1]) if isinstance(value, list) and value else str(value)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a page."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def _ts(at: datetime) -> str:
    """A moment as Slack writes it, to the microsecond."""
    whole = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return f"{whole // 10**6}.{whole % 10**6:06d}"


def _microseconds(ts: str) -> int:
    whole, _, part = ts.partition(".")
    return int(whole) * 10**6 + int(part.ljust(6, "0")[:6])


def _at(ts: str) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=_microseconds(ts))
