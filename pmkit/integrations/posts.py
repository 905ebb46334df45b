"""What the review says in its channels, as Slack's text: frames in, posts out, nothing sent.

What people and evidence wrote is escaped, so that it mentions nobody and links nowhere by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

import pandas as pd

from pmkit.metrics import format_minutes
from pmkit.milestones import review_status
from pmkit.postmortem import Channel, Incident, Postmortem
from pmkit.process import closure_due_on
from pmkit.timeline import find_anchors

# What belongs where: the word that a channel's name has, and its place among the channels.
ROOMS: Final = {"kickoff": 0, "updates": 1, "decisions": 2, "retro": 3}
_MOST: Final = 3000  # characters of one post
_OPEN: Final = ("done", "dropped")


@dataclass(frozen=True)
class Post:
    """One post: its name, the channel it belongs to, and its text. `lacks` says what it still waits for."""

    name: str
    channel: str
    text: str
    title: str
    lacks: str = ""


def channel_for(incident: Incident, room: str, said: Mapping[str, Any] | None = None) -> str:
    """The channel that posts of a room go to: as `said`, else by its name, else by its place; "" for none."""
    if said and room in said:
        return str(said[room])
    named = [channel.name for channel in incident.channels if room in channel.name.casefold()]
    place = ROOMS[room]
    by_place = incident.channels[place].name if place < len(incident.channels) else ""
    return named[0] if named else by_place


def review_posts(
    postmortem: Postmortem,
    now: datetime,
    *,
    edition: Postmortem | None = None,
    rooms: Mapping[str, Any] | None = None,
    report: str = "",
) -> list[Post]:
    """Every post of the review so far, in the order in which things happen.

    `edition` is the record in the words that those may read who read the channels; how far the review is, the
    record itself says. `rooms` says other channels for `kickoff`, `updates`, `decisions` and `retro`;
    `report` is where people read the report. A retro that is not due yet is a post that `lacks` something.
    """
    pm = postmortem if edition is None else edition
    status, due = review_status(postmortem, now), closure_due_on(postmortem)
    places = {room: channel_for(postmortem.incident, room, rooms) for room in ROOMS}
    posts = [Post("kickoff", places["kickoff"], _kickoff(pm, due), "kickoff summary")]
    posts += _decisions(pm, places["decisions"])
    posts += _checkins(pm, places)
    posts += _milestones(pm, places["updates"], status)
    posts += _retro(pm, places["retro"], status, due)
    posts += _closure(pm, places["retro"], status, report)
    return [post for post in posts if post.channel]


def resources_text(incident: Incident, channel: Channel, links: Mapping[str, str]) -> str:
    """What is pinned in a channel: its purpose, and the review's resources, each with its link or file."""
    lines = [f"*{escape(incident.title)}*", escape(channel.purpose)]
    for title, file in incident.pinned.items():
        where = (
            f"<{links[title]}|{escape(title)}>" if title in links else f"{escape(title)}: `{escape(file)}`"
        )
        lines.append(f"• {where}")
    lines += [f"• <{link.url}|{escape(link.title)}>" for link in incident.links if _is_web(link.url)]
    return _cut("\n".join(line for line in lines if line))


def escape(text: str) -> str:
    """A text that Slack shows as it is: no mention, no link, no channel of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").strip()


def plain(text: str) -> str:
    """A text of Slack as it was before Slack made links of it, for comparing."""
    unlinked = re.sub(r"<([^<>|]+)(?:\|[^<>]*)?>", r"\1", text)
    return " ".join(unlinked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").split())


# The posts


def _kickoff(pm: Postmortem, due: date | None) -> str:
    incident = pm.incident
    facts = [incident.severity, ", ".join(incident.services), _when(pm)]
    lines = [
        f"*Postmortem: {escape(incident.title)}*",
        escape(" · ".join(fact for fact in facts if fact)),
        _paragraphs(pm.notes.get("summary", "")) or "The summary is not written yet.",
    ]
    people = [
        # Where readers see roles instead of people, a role stands for whom it is filled by.
        m.role if m.person == m.role else f"{m.role}: {m.person or 'nobody yet'}"
        for m in incident.members
    ]
    lines += [_list("Who", people)]
    lines += [f"*Closure is due* {_day(due)} {due.year}" if due else ""]
    lines += [_list("First evidence", [f"{row.path} ({row.source})" for row in pm.evidence.itertuples()][:8])]
    return _cut("\n\n".join(line for line in lines if line))


def _when(pm: Postmortem) -> str:
    times = find_anchors(pm.timeline).set_index("mark")["time"]
    start, end = times.get("impact_started"), times.get("resolved")
    start = start if start is not None else pm.incident.started_at
    end = end if end is not None else pm.incident.resolved_at
    if start is None:
        return "when it began is not known yet"
    if end is None:
        return f"since {start:%Y-%m-%d %H:%M} UTC, not over yet"
    lasted = format_minutes((end - start).total_seconds() / 60)
    return f"{start:%Y-%m-%d %H:%M} to {end:%H:%M} UTC ({lasted})"


def _decisions(pm: Postmortem, channel: str) -> Iterator[Post]:
    for row in pm.decisions.itertuples():
        about = f" ({escape(row.about)})" if row.about else ""
        at = "" if pd.isna(row.decided_at) else f", {row.decided_at:%Y-%m-%d %H:%M} UTC"
        by = f"by {row.decided_by}" if row.decided_by else "by whom is not recorded"
        parts = [f"*Decision {escape(row.decision_id)}{about}*", escape(row.decision)]
        parts += [f"*Why:* {escape(row.why)}"] if row.why else []
        parts += [f"*Instead of:* {escape(row.alternatives)}"] if row.alternatives else []
        parts.append(f"_{escape(by + at)}_")
        name = f"decision {row.decision_id}"
        yield Post(name, channel, _cut("\n".join(parts)), name)


def _checkins(pm: Postmortem, places: Mapping[str, str]) -> Iterator[Post]:
    """Those that were held; a draft is nobody's word yet."""
    for row in pm.checkins.itertuples():
        if pd.isna(row.held_at) or not row.confirmed_by:
            continue
        at = row.held_at.tz_convert(pm.incident.timezone)
        parts = [f"*{escape(row.kind.capitalize())}, {_day(at)}*"]
        for title, text in (
            ("What changed", row.summary), ("In the way", row.blockers), ("Next", row.next_steps),
        ):  # fmt: skip
            parts += [_list(title, text.splitlines())] if text.strip() else []
        there = f"{row.attendees}; confirmed by {row.confirmed_by}".removeprefix("; ")
        parts.append(f"_{escape(there)}_")
        name = f"checkin {row.checkin_id}"
        channel = places["retro" if row.kind == "final retro" else "updates"]
        yield Post(name, channel, _cut("\n".join(parts)), f"check-in {row.checkin_id}")


def _milestones(pm: Postmortem, channel: str, status: pd.DataFrame) -> Iterator[Post]:
    for row, told in zip(status.itertuples(), pm.incident.milestones, strict=True):
        if pd.isna(row.reached_at):
            continue
        head = f"*Milestone reached: {escape(told.name)}* ({row.reached_at:%Y-%m-%d})"
        text = f"{head}\n{escape(told.criteria)}"
        yield Post(f"milestone {row.milestone}", channel, _cut(text), f"milestone “{told.name}”")


def _retro(pm: Postmortem, channel: str, status: pd.DataFrame, due: date | None) -> Iterator[Post]:
    """The invitation, until the retro was held."""
    incident = pm.incident
    plan = next((plan for plan in incident.checkins if plan.kind == "final retro"), None)
    held = (pm.checkins["kind"] == "final retro") & pm.checkins["held_at"].notna()
    if plan is None or due is None or held.any():
        return
    waits = [row.milestone for row in status.iloc[:-1].itertuples() if pd.isna(row.reached_at)]
    start = datetime.combine(due, time.fromisoformat(plan.at))
    people = [f"<@{m.slack}>" if _is_id(m.slack) else escape(m.person) for m in incident.members if m.person]
    parts = [
        f"*Final retro: {_day(start)}, {start:%H:%M} ({escape(incident.timezone)}), {plan.minutes} minutes*",
        escape(incident.title),
        f"Invited: {', '.join(people)}" if people else "",
        _list("We go through", plan.questions),
    ]
    text = "\n".join(part for part in parts if part)
    lacks = f"waits for: {', '.join(waits)}" if waits else ""
    yield Post("retro", channel, _cut(text), "invitation to the final retro", lacks)


def _closure(pm: Postmortem, channel: str, status: pd.DataFrame, report: str) -> Iterator[Post]:
    if status.empty or status["reached_at"].isna().any():
        return
    follow_ups = pm.actions[~pm.actions["status"].isin(_OPEN)]
    told = [f"{row.action_id}: {row.action} ({_owner(row)})" for row in follow_ups.itertuples()]
    parts = [
        f"*Postmortem closed: {escape(pm.incident.title)}*",
        f"The report: <{report}>" if _is_web(report) else "",
        _list("What follows", told) if told else "Nothing is left to follow up.",
    ]
    yield Post("closure", channel, _cut("\n".join(part for part in parts if part)), "closure")


def _day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B}"


def _owner(row: Any) -> str:
    due = "no date" if pd.isna(row.due_on) else f"due {row.due_on:%Y-%m-%d}"
    return ", ".join(word for word in (row.dri or "no DRI", due, row.issue_key) if word)


# Text


def _paragraphs(markdown: str) -> str:
    """A note of the review; what Markdown makes bold is bold here."""
    return re.sub(r"\*\*(.+?)\*\*", r"*\1*", escape(markdown), flags=re.DOTALL)


def _list(title: str, lines: Iterable[str]) -> str:
    points = [f"• {escape(line)}" for line in lines if line.strip()]
    return "\n".join([f"*{title}*", *points]) if points else ""


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1].rstrip() + "…"


def _is_web(url: str) -> bool:
    return bool(re.fullmatch(r"https?://[^\s<>|]+", url))


def _is_id(text: str) -> bool:
    return bool(re.fullmatch(r"[UW][A-Z0-9]{6,}", text, re.ASCII))
