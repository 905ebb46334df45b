"""The letter to those who were not there: what happened, how it touched them, what is done about it.

The words are people's own, from `notes/customer-letter.md`; times, durations and counts are derived. Where
words are missing the letter says so instead of making them up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from pmkit.audience import Audience, load_audience
from pmkit.language import load_language
from pmkit.metrics import format_minutes
from pmkit.postmortem import Postmortem
from pmkit.tables import Notice, Prose, Title
from pmkit.timeline import find_anchors

NOTE: Final = "customer-letter"
# The parts of the letter, and what the reader gets where nobody has written one.
PARTS: Final = {
    "what happened": "What happened",
    "how it affected you": "How it affected you",
    "what we are doing": "What we are doing",
    "our apology": "Our apology",
}
_MOMENTS: Final = {
    "impact_started": "The disruption began",
    "detected": "We became aware of it",
    "acknowledged": "We began to work on it",
    "mitigated": "The disruption was contained",
    "resolved": "The service worked as usual again",
}
_HEADING: Final = re.compile(r"^#{1,4}\s+(.+?)\s*#*\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Letter:
    """A letter in parts: `opening` and `parts` (heading → Markdown), and the headings that lack words."""

    opening: str
    parts: Mapping[str, str]
    missing: tuple[str, ...]

    def to_markdown(self) -> str:
        """The whole letter."""
        parts = [f"## {heading}\n\n{text}" for heading, text in self.parts.items() if text]
        return "\n\n".join(filter(None, [self.opening, *parts]))


def write_letter(postmortem: Postmortem, audience: Audience) -> Letter:
    """The letter of an edition; `postmortem` is what its readers may see (`pmkit.redact`)."""
    opening, words = _words(postmortem.notes.get(NOTE, ""), postmortem.incident.lang)
    is_public = audience.name == "public"
    # What stands before the first heading speaks to customers.
    opening = "" if is_public else _joined("Dear customer,", opening)
    about = "How it affected our customers" if is_public else "How it affected you"
    span = _span(postmortem)
    parts = {
        "What happened": _joined(span, words.get("what happened", "")),
        about: words.get("how it affected you", "") or _impact(postmortem.impact),
        "When": _moments(postmortem),
        "What we are doing": _joined(words.get("what we are doing", ""), _promises(postmortem.actions)),
        "Our apology": words.get("our apology", ""),
    }
    missing = tuple(PARTS[part] for part in PARTS if part not in words)
    return Letter(opening, parts, missing)


def letter_title(postmortem: Postmortem, audience: str | Audience, now: pd.Timestamp) -> Title:
    """The head of the letter: what it is about, for whom it is, and the day it is written on."""
    audience = _audience(postmortem, audience)
    kind = "Public statement" if audience.name == "public" else "A letter to our customers"
    day = now.tz_convert(ZoneInfo(postmortem.incident.timezone))
    return Title(postmortem.incident.title, f"{kind} · {_long_date(day)}", ())


def customer_letter(postmortem: Postmortem, audience: str | Audience = "") -> Prose | None:
    """The letter as prose; nothing for an audience that reads a report."""
    audience = _audience(postmortem, audience)
    return Prose(write_letter(postmortem, audience).to_markdown()) if audience.is_letter else None


def letter_gaps(postmortem: Postmortem, audience: str | Audience = "") -> Notice | None:
    """What somebody still has to write before the letter can be sent; nothing where it is whole."""
    audience = _audience(postmortem, audience)
    lacks = write_letter(postmortem, audience).missing if audience.is_letter else ()
    if not lacks:
        return None
    return Notice(
        f"Draft, not to be sent: nobody has written {' · '.join(lacks)} yet. The words go into "
        f"notes/{NOTE}.md, each under a heading of that name.",
        "warn",
    )


def _audience(postmortem: Postmortem, audience: str | Audience) -> Audience:
    return load_audience(audience, postmortem.incident) if isinstance(audience, str) else audience


# What people wrote


def _words(note: str, lang: str) -> tuple[str, dict[str, str]]:
    """What stands before the first heading, and each part under its own, by its heading in small letters.

    Headings may be in the incident's own language.
    """
    phrases = load_language(lang).phrases
    own = {phrases.get(title, title).casefold(): part for part, title in PARTS.items()}
    pieces = _HEADING.split(note)
    headings, texts = pieces[1::2], pieces[2::2]
    opening, words, unknown = pieces[0].strip(), {}, []
    for heading, text in zip(headings, texts, strict=True):
        name = " ".join(heading.casefold().split())
        name = own.get(name, name)
        if name in PARTS and text.strip():
            words[name] = text.strip()
        elif text.strip():
            unknown.append(f"**{heading.strip()}**\n\n{text.strip()}")
    return _joined(opening, *unknown), words


# What follows from the record


def _anchors(postmortem: Postmortem) -> dict[str, pd.Timestamp]:
    """When each anchor was, on the clock of the team."""
    zone = ZoneInfo(postmortem.incident.timezone)
    anchors = find_anchors(postmortem.timeline)
    return {
        str(mark): time.tz_convert(zone)
        for mark, time in zip(anchors["mark"], anchors["time"], strict=True)
        if pd.notna(time)
    }


def _span(postmortem: Postmortem) -> str:
    anchors = _anchors(postmortem)
    began, ended = anchors.get("impact_started"), anchors.get("resolved")
    if began is None:
        return ""
    day = f"{began:%A}, {_long_date(began)}"
    if ended is None or ended < began:
        return f"The disruption began on {day}, at {began:%H:%M} ({_zone_words(began)})."
    lasted = format_minutes((ended - began).total_seconds() / 60)
    if ended.date() == began.date():
        when = f"on {day}, from {began:%H:%M} to {ended:%H:%M}"
    else:
        when = f"from {day}, {began:%H:%M}, to {ended:%A}, {_long_date(ended)}, {ended:%H:%M}"
    return f"The disruption lasted {lasted}: {when} ({_zone_words(began)})."


def _moments(postmortem: Postmortem) -> str:
    anchors = _anchors(postmortem)
    if len(anchors) < 2:
        return ""
    times = [time for mark, time in anchors.items() if mark in _MOMENTS]
    one_day = len({time.date() for time in times}) == 1
    rows = []
    for mark, words in _MOMENTS.items():
        if mark in anchors:
            time = anchors[mark]
            shown = f"{time:%H:%M}" if one_day else f"{time.day} {time:%B}, {time:%H:%M}"
            rows.append((time, f"- **{shown}** {words}"))
    rows.sort(key=lambda row: row[0])
    return "\n".join([*(row for _, row in rows), "", f"All times are {_zone_words(times[0])}."])


def _impact(impact: pd.DataFrame) -> str:
    """What was measured, where nobody found words for it."""
    rows = impact[impact["value"].notna()]
    return "\n".join(
        f"- {row['measure']}: {row['value']:,.10g} {row['unit']}" for row in rows.to_dict("records")
    )


def _promises(actions: pd.DataFrame) -> str:
    """How far the actions are, in numbers: what each one is, is written for those who do it."""
    actions = actions[actions["status"] != "dropped"]
    if actions.empty:
        return ""
    count = len(actions)
    done = int((actions["status"] == "done").sum())
    open_ones = actions[actions["status"] != "done"]
    said = f"Our review agreed on {count} {'measure' if count == 1 else 'measures'}"
    if done == count:
        return f"{said}. {'It is' if count == 1 else 'All of them are'} done."
    parts = [f"{done} of them {'is' if done == 1 else 'are'} done"] if done else []
    last, undated = open_ones["due_on"].max(), int(open_ones["due_on"].isna().sum())
    if pd.notna(last):
        parts.append(f"the last is due on {_long_date(last)}")
    if undated:
        parts.append(f"{undated} {'has' if undated == 1 else 'have'} no date yet")
    return f"{said}: {', '.join(parts)}."


def _zone_words(time: pd.Timestamp) -> str:
    offset = time.strftime("%z")
    hours, minutes = int(offset[:3]), offset[3:]
    shift = f"UTC{hours:+d}" + (f":{minutes}" if minutes != "00" else "")
    city = str(time.tz).rpartition("/")[2].replace("_", " ")
    if city in ("UTC", "Etc"):
        return "UTC" if shift == "UTC+0" else shift
    return f"{city} time, {shift}"


def _long_date(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%B %Y}"


def _joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)
