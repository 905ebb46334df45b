"""The review in Slack: its channels with purpose, people and pins, and each of its posts once.

A post carries its name in Slack's metadata. One whose answer was lost is looked for in the channel, by that
name or by its text, before it is posted again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pmkit.errors import IntegrationError
from pmkit.integrations.calling import Caller, slack_client
from pmkit.integrations.credentials import account
from pmkit.integrations.ledger import Ledger
from pmkit.integrations.outgoing import Outgoing, outgoing
from pmkit.integrations.plan import (
    Made,
    Push,
    Step,
    digest_of_value,
    mark_of,
    run,
    several,
    unsettled,
    waiting,
)
from pmkit.integrations.posts import plain, resources_text, review_posts
from pmkit.postmortem import Channel, Incident, Member
from pmkit.workspace import Workspace

if TYPE_CHECKING:
    from slack_sdk import WebClient

# How long a message may take to show in the history of its channel.
LAG: Final = timedelta(seconds=10)
_EVENT: Final = "pmkit_post"
_MOST_PAGES: Final = 200
_BEFORE: Final = timedelta(hours=1)  # how far before the review was opened a post of it may lie


def push_updates(
    workspace: Workspace,
    *,
    apply: bool = False,
    env: Mapping[str, str] | None = None,
    pause: Callable[[float], None] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    caller: Caller | None = None,
    lag: timedelta = LAG,
) -> Push:
    """Make or adopt the review's channels, invite its people, and post what there is to say, each thing once.

    Posted are the kickoff summary, decisions, check-ins that were held, milestones reached, the invitation to
    the final retro and the closure, each to its channel; what changed since is changed there too. The
    parameters and errors are those of `push_actions`.
    """
    if caller is None:
        caller = Caller(account("slack", workspace.incident.connections, env), pause or time.sleep)
    desk = _Team(slack_client(caller), caller)
    with Ledger.open(workspace.path, desk.target, now) as ledger:

        def plan(ledger: Ledger) -> tuple[list[Step], dict[str, Made]]:
            desk.forget()
            return _Plan(outgoing(workspace, desk.settings), desk, ledger, lag).steps()

        steps = run(plan, ledger, apply=apply, pause=pause)
    return Push("slack", desk.title, tuple(steps), is_applied=apply, notes=tuple(dict.fromkeys(desk.notes)))


# The team


class _Said(NamedTuple):
    """A message of this app: its `ts`, the post that its metadata names, its text."""

    ts: str
    post: str
    text: str


class _Team:
    """One Slack workspace, read through its client."""

    def __init__(self, client: WebClient, caller: Caller) -> None:
        self.client, self.caller = client, caller
        self.settings = caller.account.settings
        who = self._read("reaching it", "auth.test")
        self.target = f"{caller.account.url} {who.get('team_id', '')}"
        self.title = str(who.get("team") or who.get("url") or self.target)
        self.bot = (str(who.get("user_id", "")), str(who.get("bot_id", "")))
        self.notes: list[str] = []
        self._ids: dict[str, str] = {}
        self._said: dict[tuple[str, str], list[_Said]] = {}

    def forget(self) -> None:
        """What was read before counts no more."""
        self._said.clear()
        self.__dict__.pop("channels", None)

    @cached_property
    def channels(self) -> dict[str, dict[str, Any]]:
        """Every channel that the app can see, by id."""
        told = {"types": "public_channel,private_channel", "exclude_archived": "false", "limit": 200}
        rows = self._pages("listing the channels", "conversations.list", "channels", told)
        return {str(row["id"]): row for row in rows}

    def members(self, channel_id: str) -> set[str]:
        told = {"channel": channel_id, "limit": 200}
        return set(self._pages("listing who is in a channel", "conversations.members", "members", told))

    def pinned(self, channel_id: str) -> set[str]:
        items = self._read("listing the pins", "pins.list", channel=channel_id).get("items", ())
        return {str(item.get("message", {}).get("ts", "")) for item in items}

    def said(self, channel_id: str, since: datetime, mark: str) -> list[_Said]:
        """What this app posted to a channel for the incident, the newest first."""
        key = (channel_id, since.isoformat())
        if key not in self._said:
            told = {"channel": channel_id, "oldest": f"{since.timestamp():.6f}", "limit": 200}
            told["include_all_metadata"] = "true"
            rows = self._pages("reading a channel", "conversations.history", "messages", told)
            self._said[key] = [
                self._as_said(row, mark) for row in rows if {row.get("user"), row.get("bot_id")} & {*self.bot}
            ]
        return self._said[key]

    def _as_said(self, row: Mapping[str, Any], mark: str) -> _Said:
        metadata = row.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        ours = metadata.get("event_type") == _EVENT and payload.get("incident") == mark
        return _Said(str(row["ts"]), str(payload.get("post", "")) if ours else "", str(row.get("text", "")))

    def user_id(self, member: Member) -> str:
        """Who a member is in Slack; "" where their address is not known there."""
        if re.fullmatch(r"[UW][A-Z0-9]{6,}", member.slack, re.ASCII) or not member.email:
            return member.slack
        if member.email not in self._ids:
            try:
                found = self._read(f"looking for {member.role}", "users.lookupByEmail", email=member.email)
                self._ids[member.email] = str(found["user"]["id"])
            except IntegrationError as error:
                if "not found" not in str(error):
                    raise
                self._ids[member.email] = ""
        return self._ids[member.email]

    # Asking

    def _read(self, doing: str, method: str, **told: Any) -> dict[str, Any]:
        return self.caller.read(doing, lambda: self._call(method, told))

    def write(self, doing: str, method: str, **told: Any) -> dict[str, Any]:
        """Ask Slack once to do something."""
        return self.caller.write(doing, lambda: self._call(method, told))

    def _call(self, method: str, told: Mapping[str, Any]) -> dict[str, Any]:
        way: dict[str, Any] = {"json": dict(told)} if "metadata" in told else {"data": dict(told)}
        body = self.client.api_call(method, **way).data
        if not isinstance(body, dict):
            raise TypeError("expected an object")
        return body

    def _pages(self, doing: str, method: str, key: str, told: Mapping[str, Any]) -> list[Any]:
        """All rows of a list; one whose cursor leads nowhere new ends, and that is said."""
        rows: list[Any] = []
        cursor, seen = "", {""}
        for _ in range(_MOST_PAGES):
            page = self._read(doing, method, **told, **({"cursor": cursor} if cursor else {}))
            rows += page.get(key, ())
            cursor = str((page.get("response_metadata") or {}).get("next_cursor", ""))
            if not cursor:
                return rows
            if cursor in seen:
                break
            seen.add(cursor)
        raise IntegrationError(
            f"{self.caller.account.title}: {doing}: the list does not end, so what it lacks is not known. "
            "Repeat the command"
        )


# What is to do


@dataclass(frozen=True)
class _Place:
    """A channel of the review: its name in Slack, and its id where it is there already."""

    channel: Channel
    name: str
    step: str
    channel_id: str = ""


class _Plan:
    """The steps of one push, from the record, the team and the ledger."""

    def __init__(self, out: Outgoing, team: _Team, ledger: Ledger, lag: timedelta) -> None:
        self.out, self.team, self.ledger, self.lag = out, team, ledger, lag
        self.incident, self.mark = out.record.incident, mark_of(out.record.incident)
        self.shown = out.edition.incident
        # An edition for which channels are masked has none; nothing is said of what they are for then.
        told = self.shown.channels or [replace(each, purpose="") for each in self.incident.channels]
        self.channels = dict(zip((each.name for each in self.incident.channels), told, strict=True))
        self.made: dict[str, Made] = {}

    def steps(self) -> tuple[list[Step], dict[str, Made]]:
        steps: list[Step] = []
        places: dict[str, _Place] = {}
        for channel in self.incident.channels:
            place, more = self._channel(channel)
            places[channel.name] = place
            steps += [*more, *self._purpose(place), *self._invite(place), *self._resources(place)]
        report = report_url(self.ledger)
        said = self.team.settings.get("posts", {})
        rooms = said if isinstance(said, dict) else {}
        posts = review_posts(
            self.out.record, self.ledger.now(), edition=self.out.edition, rooms=rooms, report=report
        )
        for post in posts:
            if post.channel not in places:
                why = f"goes to “{post.channel}”, which is no channel of the review"
                steps.append(Step(f"post {post.name}", post.title, "conflict", why))
            elif post.lacks and not self.ledger.last_done(f"post {post.name}"):
                steps.append(Step(f"post {post.name}", post.title, "skip", post.lacks))
            else:
                steps += self._post(places[post.channel], post.name, post.title, post.text)
        return steps, self.made

    # Channels

    def _channel(self, channel: Channel) -> tuple[_Place, list[Step]]:
        told = self.team.settings.get("channels", {})
        names = told if isinstance(told, dict) else {}
        prefix = str(self.team.settings.get("prefix", ""))
        name = str(names.get(channel.name, f"{prefix}{channel.name}")).removeprefix("#").lower()
        step, thing = f"channel {channel.name}", f"#{name}"
        last = self.ledger.last_done(step)
        known = self.team.channels.get(last.remote) if last else None
        named = (row for row in self.team.channels.values() if row.get("name") == name)
        found = known or next(named, None)
        if found is None:
            return _Place(channel, name, step), [self._new_channel(step, name)]
        place = _Place(channel, name, step, str(found["id"]))
        made = Made(place.channel_id)
        if found.get("is_archived"):
            why = "is archived; open it again, or say another name under [connections.slack.channels]"
            return place, [Step(step, thing, "conflict", why)]
        self.made[step] = made
        if not found.get("is_member"):
            return place, [
                Step(step, thing, "adopt", "is there; the app joins it", self._join(place), made=made)
            ]
        if last is None or last.remote != place.channel_id or self.ledger.doubt(step):
            return place, [Step(step, thing, "adopt", "is there already", made=made)]
        return place, [Step(step, thing, "skip", "")]

    def _new_channel(self, step: str, name: str) -> Step:
        def act(_: Mapping[str, Made]) -> Made:
            answer = self.team.write(f"making #{name}", "conversations.create", name=name)
            return Made(str(answer["channel"]["id"]))

        return Step(step, f"#{name}", "create", "a channel of the review", act, digest=digest_of_value(name))

    def _join(self, place: _Place) -> Callable[[Mapping[str, Made]], Made]:
        def act(_: Mapping[str, Made]) -> Made:
            self.team.write(f"joining #{place.name}", "conversations.join", channel=place.channel_id)
            return Made(place.channel_id)

        return act

    def _purpose(self, place: _Place) -> list[Step]:
        wanted = self.channels[place.channel.name].purpose[:250]
        step, thing = f"purpose {place.channel.name}", f"#{place.name}  purpose"
        row = self.team.channels.get(place.channel_id, {})
        there = plain(str((row.get("purpose") or {}).get("value", "")))
        last = self.ledger.last_done(step)
        ours = last is not None and last.digest == digest_of_value(there)
        if not wanted or (place.channel_id and place.step not in self.made):
            return []
        if why := self.out.refusal({"the purpose": wanted}):
            return [Step(step, thing, "conflict", why)]
        if there == plain(wanted):
            made = Made(place.channel_id)
            return [Step(step, thing, "adopt", "", made=made)] if self.ledger.doubt(step) else []
        if there and not ours:
            return [Step(step, thing, "skip", "has another one, which stays")]

        def act(known: Mapping[str, Made]) -> Made:
            told = {"channel": known[place.step].remote, "purpose": wanted}
            self.team.write(f"saying what #{place.name} is for", "conversations.setPurpose", **told)
            return Made(told["channel"])

        digest = digest_of_value(plain(wanted))
        return [Step(step, thing, "update", wanted, act, digest=digest, needs=(place.step,))]

    def _invite(self, place: _Place) -> list[Step]:
        """People who were not invited yet; whoever left again is left alone."""
        told = self.team.settings.get("invite", {})
        roles = told.get(place.channel.name) if isinstance(told, dict) else None
        members = [m for m in self.incident.members if m.person and (roles is None or m.role in roles)]
        ids = {m.role: self.team.user_id(m) for m in members}
        lost = [f"{m.role}, {m.person}" for m in members if not ids[m.role]]
        if lost:
            hint = "write `slack` or `email` under [[members]]"
            self.team.notes.append(f"Not known in Slack: {'; '.join(lost)}. To invite them, {hint}.")
        step = f"invite {place.channel.name}"
        last = self.ledger.last_done(step)
        before = set(last.seen.get("invited", ())) if last else set()
        if place.channel_id and place.step not in self.made:
            return []
        there = self._members_of(place)
        fresh = {role: who for role, who in ids.items() if who and who not in before and who not in there}
        invited = sorted({*before, *(who for who in ids.values() if who)})
        thing = f"#{place.name}  people"
        if not fresh:
            made = Made(place.channel_id, seen={"invited": invited})
            return [Step(step, thing, "adopt", "", made=made)] if self.ledger.doubt(step) else []

        def act(known: Mapping[str, Made]) -> Made:
            channel, problem = known[place.step].remote, None
            for role, who in fresh.items():  # one by one, for one who cannot come would keep all away
                told = {"channel": channel, "users": who}
                try:
                    self.team.write(f"inviting the {role} to #{place.name}", "conversations.invite", **told)
                except IntegrationError as error:
                    problem = error
            if problem:
                raise problem
            return Made(channel, seen={"invited": invited})

        digest = digest_of_value(invited)
        return [Step(step, thing, "update", ", ".join(fresh), act, digest=digest, needs=(place.step,))]

    def _members_of(self, place: _Place) -> set[str]:
        row = self.team.channels.get(place.channel_id)
        return self.team.members(place.channel_id) if row and row.get("is_member") else set()

    def _resources(self, place: _Place) -> list[Step]:
        channel = self.channels[place.channel.name]
        text = resources_text(self.shown, channel, resource_links(self.shown, self.ledger))
        name = f"resources {place.channel.name}"
        steps = self._post(place, name, "resources of the review", text)
        pin, post = f"pin {place.channel.name}", f"post {name}"
        last, posted = self.ledger.last_done(pin), self.made.get(post)
        if last and posted and last.remote == posted.remote and not self.ledger.doubt(pin):
            return steps
        thing = f"#{place.name}  pin of the resources"
        if posted and posted.remote in self._pins_of(place):
            return [*steps, Step(pin, thing, "adopt", "is pinned already", made=posted)]

        def act(known: Mapping[str, Made]) -> Made:
            told = {"channel": known[place.step].remote, "timestamp": known[post].remote}
            self.team.write(f"pinning in #{place.name}", "pins.add", **told)
            return Made(known[post].remote)

        if not any(step.action in ("create", "wait") for step in steps) and not posted:
            return steps
        return [*steps, Step(pin, thing, "create", "stays at hand", act, needs=(place.step, post))]

    def _pins_of(self, place: _Place) -> set[str]:
        row = self.team.channels.get(place.channel_id)
        return self.team.pinned(place.channel_id) if row and row.get("is_member") else set()

    # Posts

    def _post(self, place: _Place, name: str, title: str, text: str) -> list[Step]:
        step, thing = f"post {name}", f"#{place.name}  {title}"
        if place.channel_id and place.step not in self.made:
            return []  # the channel's own step says why
        last = self.ledger.last_done(step)
        if last and last.seen.get("channel") == place.channel_id:
            made = self.made[step] = Made(last.remote, last.url, last.seen)
            same = last.digest == digest_of_value(text) and not self.ledger.doubt(step)
            return [Step(step, thing, "skip", "") if same else self._changed(place, name, thing, text, made)]
        hits = self._hits(place, name, text) if place.channel_id else []
        if len(hits) > 1:
            return [several(step, thing, [hit.ts for hit in hits])]
        if hits:
            return [self._adopted(place, name, thing, text, hits[0])]
        until = unsettled(self.ledger, step, self.lag)
        return [waiting(step, thing, until) if until else self._new_post(place, name, thing, text)]

    def _adopted(self, place: _Place, name: str, thing: str, text: str, hit: _Said) -> Step:
        step = f"post {name}"
        made = self.made[step] = Made(hit.ts, seen={"channel": place.channel_id})
        if plain(hit.text) != plain(text):
            return self._changed(place, name, thing, text, made)
        return Step(step, thing, "adopt", "is posted already", made=made, digest=digest_of_value(text))

    def _new_post(self, place: _Place, name: str, thing: str, text: str) -> Step:
        def act(known: Mapping[str, Made]) -> Made:
            channel = known[place.step].remote
            payload = {"incident": self.mark, "post": name}
            told = {"channel": channel, "text": text, "unfurl_links": False, "unfurl_media": False}
            told["metadata"] = {"event_type": _EVENT, "event_payload": payload}
            answer = self.team.write(f"posting to #{place.name}", "chat.postMessage", **told)
            return Made(str(answer["ts"]), seen={"channel": str(answer.get("channel", channel))})

        if why := self.out.refusal({"the post": text, "its name": name}):
            return Step(f"post {name}", thing, "conflict", why)
        why, digest = _first_line(text), digest_of_value(text)
        return Step(f"post {name}", thing, "create", why, act, digest=digest, needs=(place.step,))

    def _changed(self, place: _Place, name: str, thing: str, text: str, made: Made) -> Step:
        def act(_: Mapping[str, Made]) -> Made:
            told: dict[str, Any] = {"channel": place.channel_id, "ts": made.remote, "text": text}
            payload = {"incident": self.mark, "post": name}
            told["metadata"] = {"event_type": _EVENT, "event_payload": payload}
            self.team.write(f"changing a post in #{place.name}", "chat.update", **told)
            return made

        if why := self.out.refusal({"the post": text}):
            return Step(f"post {name}", thing, "conflict", why)
        why, digest = "the record says something else by now", digest_of_value(text)
        return Step(f"post {name}", thing, "update", why, act, digest=digest, needs=(place.step,))

    def _hits(self, place: _Place, name: str, text: str) -> list[_Said]:
        """Messages in the channel that are this post: by its name, else by its very text."""
        row = self.team.channels.get(place.channel_id, {})
        if not row.get("is_member"):
            return []
        opened = self.incident.opened_at or self.ledger.now() - timedelta(days=90)
        said = self.team.said(place.channel_id, opened - _BEFORE, self.mark)
        hits = [one for one in said if one.post == name]
        return hits or [one for one in said if not one.post and plain(one.text) == plain(text)]


def resource_links(incident: Incident, ledger: Ledger) -> dict[str, str]:
    """Where the pinned resources are to be read, those that were uploaded."""
    files = {entry.step: entry.url for entry in ledger.entries if entry.state == "done"}
    uploaded = {"notes/": "report.html", **{name: name for name in files}}
    links = {title: files.get(uploaded.get(file, ""), "") for title, file in incident.pinned.items()}
    return {title: url for title, url in links.items() if url}


def report_url(ledger: Ledger) -> str:
    """Where the report was uploaded last; "" before that."""
    entries = [e for e in ledger.entries if e.step == "report.html" and e.state == "done"]
    return entries[-1].url if entries else ""


def _first_line(text: str) -> str:
    line = text.partition("\n")[0].replace("*", "").strip("_ ")
    return line if len(line) <= 90 else line[:89].rstrip() + "…"
