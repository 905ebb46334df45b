"""The letter to those who were not there: how it touched them, what happened, what is done about it.

The words are people's own, from `notes/customer-letter.md`; times, durations, and how far
what is promised has come are derived. Where words are missing the letter says so instead of making them up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from pmkit.audience import Audience, load_audience
from pmkit.blocks import Notice, Prose, Title
from pmkit.language import load_language
from pmkit.postmortem import Postmortem
from pmkit.timeline import find_anchors

NOTE: Final = "customer-letter"
# The parts of the letter that people write, in the order in which it is read.
PARTS: Final = {
    "how it affected you": "How it affected you",
    "our apology": "Our apology",
    "what happened": "What happened",
    "what we are doing": "What we are doing",
}
_FOR_ALL: Final = "How it affected our customers"
# Parts that follow from incident.toml where nobody writes them.
_OWN_END: Final = {"how to reach us": "How to reach us", "kind regards": "Kind regards,"}
_MOMENTS: Final = {
    "impact_started": "The disruption began",
    "detected": "We became aware of it",
    "acknowledged": "We began to work on it",
    "mitigated": "The disruption was contained",
    "resolved": "The service worked as usual again",
}
_HEADING: Final = re.compile(r"^(#{1,4})\s+(.+?)\s*#*\s*$", re.MULTILINE)
# `(A1)` or `(A1, A2)` at the end of a promise names the actions that keep it.
# What the edition put in the place of something: a sentence with a hole cannot be sent.
_TAG: Final = re.compile(r"\[[a-z][a-z -]*(?: #[0-9a-f]{6}| ending \d{4})?\](?!\()")
_KEPT_BY: Final = re.compile(r"[ \t]*\(([\w-]+(?:, ?[\w-]+)*)\)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Letter:
    """A letter in parts: `opening`, `parts` (heading → Markdown) and `closing`.

    `subject` is its title, "" where the note has none. `missing` are the headings that lack words, `gaps`
    what else it lacks before it can be sent, in short sentences.
    """

    subject: str
    opening: str
    parts: Mapping[str, str]
    closing: str
    missing: tuple[str, ...]
    gaps: tuple[str, ...]

    def to_markdown(self) -> str:
        """The whole letter, without its title."""
        parts = [f"## {heading}\n\n{text}" for heading, text in self.parts.items() if text]
        return _joined(self.opening, *parts, self.closing)


def write_letter(
    postmortem: Postmortem, audience: Audience, now: pd.Timestamp | None = None, lang: str = ""
) -> Letter:
    """The letter of an edition; `postmortem` is what its readers may see (`pmkit.redact`).

    What is due is measured against the day of `now` on the team's clock; without it, everything that is not
    done is still to come. `lang` is the language that the letter is wanted in, the incident's own by default:
    words in another one are those of `notes/customer-letter.de.md` and the like.
    """
    lang = lang or postmortem.incident.lang
    is_public = audience.name == "public"
    note, is_in_lang, is_for_all = _note(postmortem, lang, is_public=is_public)
    subject, opening, words = _words(note, lang)
    if not is_public:
        opening = _greeted(opening)
    elif not is_for_all:
        opening = ""  # what stands before the first heading greets customers
    about = _FOR_ALL if is_for_all else "How it affected you"
    today = None if now is None else now.tz_convert(ZoneInfo(postmortem.incident.timezone)).date()
    promises, named, unkept = _kept(words.get("what we are doing", ""), postmortem.actions, today)
    parts = {
        about: _joined(_span(postmortem), words.get("how it affected you", "") or _impact(postmortem.impact)),
        "Our apology": words.get("our apology", ""),
        "What happened": words.get("what happened", ""),
        "When": _moments(postmortem, with_zone=not _span(postmortem)),
        "What we are doing": _joined(promises, _progress(postmortem.actions, named, today)),
        "How to reach us": words.get("how to reach us", "") or _contact(postmortem),
    }
    sender = words.get("kind regards", "") or _sender(postmortem)
    missing = tuple(PARTS[part] for part in PARTS if part not in words)
    gaps = [
        *([] if is_in_lang else ["its words are not in this language"]),
        *unkept,
        *(f"it names what is masked: {tag}" for tag in dict.fromkeys(_TAG.findall(note))),
        *([] if sender else ["nobody is named who sends it"]),
        *([] if parts["How to reach us"] else ["it names no contact"]),
    ]
    closing = sender if is_public or not sender else _joined("Kind regards,", sender)
    return Letter(subject, opening, parts, closing, missing, tuple(gaps))


def letter_title(
    postmortem: Postmortem, audience: str | Audience, now: pd.Timestamp, lang: str = ""
) -> Title:
    """The head of the letter: what it is about, for whom it is, and the day it is written on."""
    audience = _audience(postmortem, audience)
    kind = "Public statement" if audience.name == "public" else "A letter to our customers"
    day = now.tz_convert(ZoneInfo(postmortem.incident.timezone))
    subject = write_letter(postmortem, audience, now, lang).subject
    subtitle = f"{kind} · {_long_date(day)}"
    return Title(
        subject or postmortem.incident.title,
        subtitle,
        (),
        lang=lang or postmortem.incident.lang,
        generated_at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
    )


def customer_letter(
    postmortem: Postmortem, audience: str | Audience = "", now: pd.Timestamp | None = None, lang: str = ""
) -> Prose | None:
    """The letter as prose; nothing for an audience that reads a report. See `write_letter`."""
    audience = _audience(postmortem, audience)
    if not audience.is_letter:
        return None
    return Prose(write_letter(postmortem, audience, now, lang).to_markdown())


def letter_gaps(
    postmortem: Postmortem, audience: str | Audience = "", now: pd.Timestamp | None = None, lang: str = ""
) -> Notice | None:
    """What somebody still has to write before the letter can be sent; nothing where it is whole."""
    audience = _audience(postmortem, audience)
    if not audience.is_letter:
        return None
    letter = write_letter(postmortem, audience, now, lang)
    lacks = [*(f"“{heading}” is not written" for heading in letter.missing), *letter.gaps]
    if not lacks:
        return None
    told = lang or postmortem.incident.lang
    file = NOTE if told == postmortem.incident.lang else f"{NOTE}.{told}"
    return Notice(
        f"Draft, not to be sent: {', '.join(lacks)}. Words go into notes/{file}.md, each part under its "
        "heading; sender and contact into [letter] of incident.toml.",
        "warn",
    )


def _audience(postmortem: Postmortem, audience: str | Audience) -> Audience:
    return load_audience(audience, postmortem.incident) if isinstance(audience, str) else audience


# What people wrote


def _note(postmortem: Postmortem, lang: str, *, is_public: bool) -> tuple[str, bool, bool]:
    """The note for these readers, whether it is in that language, and whether it is written for all.

    The public has words of its own in `customer-letter.public.md`, or reads those for customers.
    """
    own = lang == postmortem.incident.lang
    names = [(f"{NOTE}.{lang}", False), *([(NOTE, False)] if own else [])]
    if is_public:
        names = [(f"{NOTE}.public.{lang}", True), *([(f"{NOTE}.public", True)] if own else []), *names]
    for name, is_for_all in names:
        if note := postmortem.notes.get(name, "").strip():
            return note, True, is_for_all
    return postmortem.notes.get(NOTE, ""), own, False


def _words(note: str, lang: str) -> tuple[str, str, dict[str, str]]:
    """The title, what stands before the first heading, and each part by its heading in small letters.

    Headings may be in the letter's own language. A first line `# …` that names no part is the title.
    """
    phrases = load_language(lang).phrases
    known = {**PARTS, **_OWN_END}
    own = {phrases.get(title, title).rstrip(",").casefold(): part for part, title in known.items()}
    for title in (_FOR_ALL, phrases.get(_FOR_ALL, _FOR_ALL)):
        own[title.casefold()] = "how it affected you"
    pieces = _HEADING.split(note)
    levels, headings, texts = pieces[1::3], pieces[2::3], pieces[3::3]
    subject, opening, unknown = "", pieces[0].strip(), []
    words: dict[str, str] = {}
    for place, (level, heading, text) in enumerate(zip(levels, headings, texts, strict=True)):
        name = " ".join(heading.casefold().split()).rstrip(",")
        name = own.get(name, name)
        if name in known:
            words |= {name: text.strip()} if text.strip() else {}
        elif place == 0 and level == "#" and not opening:
            subject, opening = heading.strip(), text.strip()
        elif text.strip():
            unknown.append(f"**{heading.strip()}**\n\n{text.strip()}")
    return subject, _joined(opening, *unknown), words


def _kept(promises: str, actions: pd.DataFrame, today: date | None) -> tuple[str, set[str], list[str]]:
    """What people promise, with how far each is; the actions named there, and what is wrong with a name."""
    known = {row.action_id: row for row in actions.itertuples()}
    prefixes = {re.sub(r"\d+$", "", name) for name in known} or {"A"}
    named: set[str] = set()
    faults: list[str] = []

    def state(found: re.Match[str]) -> str:
        names = re.split(r", ?", found[1])
        if not any(name in known or re.sub(r"\d+$", "", name) in prefixes - {name} for name in names):
            return found[0]  # words in brackets, and no actions
        for name in names:
            if name not in known:
                faults.append(f"{name} is no action")
            elif known[name].status == "dropped":
                faults.append(f"{name} is promised and dropped")
        rows = [known[name] for name in names if name in known and known[name].status != "dropped"]
        named.update(row.action_id for row in rows)
        return f" *{_state(rows, today)}*" if rows else ""

    return _KEPT_BY.sub(state, promises), named, faults


def _state(rows: Sequence[object], today: date | None) -> str:
    """How far the actions are of which one promise is made: as far as the last of them."""
    left = [row for row in rows if row.status != "done"]  # type: ignore[attr-defined]
    days = [row.due_on for row in left]  # type: ignore[attr-defined]
    if not left:
        return "Done."
    if any(map(pd.isna, days)):
        return "No date yet."
    last = max(days)
    if today is not None and last.date() < today:
        return f"Was due by {_long_date(last)}, still open."
    return f"By {_long_date(last)}."


def _greeted(opening: str) -> str:
    """With a greeting, unless it begins with one: a short line that is no sentence."""
    first = opening.partition("\n\n")[0]
    is_greeting = 0 < len(first) <= 60 and "\n" not in first and not re.search(r"[.!?…:。！？]$", first)
    return opening if is_greeting else _joined("Dear customer,", opening)


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
    lasted = _duration_words(began, ended)
    if ended.date() == began.date():
        when = f"on {day}, from {began:%H:%M} to {ended:%H:%M}"
    else:
        when = f"from {day}, {began:%H:%M}, to {ended:%A}, {_long_date(ended)}, {ended:%H:%M}"
    return f"The disruption lasted {lasted}: {when} ({_zone_words(began)})."


def _duration_words(began: pd.Timestamp, ended: pd.Timestamp) -> str:
    """How long it was between the minutes that the letter names: a reader who counts gets the same."""
    # in UTC: on a clock that has an hour twice, a minute says not which it is
    first, last = (time.tz_convert("UTC").floor("min") for time in (began, ended))
    minutes = round((last - first).total_seconds() / 60)
    if minutes < 1:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    counts = ((hours, "hour"), (minutes, "minute"))
    return " ".join(f"{count} {unit}" + ("s" if count > 1 else "") for count, unit in counts if count)


def _moments(postmortem: Postmortem, *, with_zone: bool) -> str:
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
    zone = ["", f"All times are {_zone_words(times[0])}."] if with_zone else []
    return "\n".join([*(row for _, row in rows), *zone])


def _impact(impact: pd.DataFrame) -> str:
    """What was measured, where nobody found words for it."""
    rows = impact[impact["value"].notna()]
    return "\n".join(
        f"- {row['measure']}: {row['value']:,.10g} {row['unit']}" for row in rows.to_dict("records")
    )


def _progress(actions: pd.DataFrame, named: Iterable[str], today: date | None) -> str:
    """How far the actions are that no promise names, in numbers: each one is written for those who do it."""
    named = set(named)
    actions = actions[(actions["status"] != "dropped") & ~actions["action_id"].isin(named)]
    count = len(actions)
    if not count:
        return ""
    more = " more" if named else ""
    said = "Besides, our" if named else "Our"
    said += f" review agreed on {count}{more} measure" + ("" if count == 1 else "s")
    is_done = actions["status"] == "done"
    done, left = int(is_done.sum()), actions.loc[~is_done, "due_on"]
    if left.empty:
        return f"{said}. " + ("It is done." if count == 1 else "All of them are done.")
    dated = left.dropna()
    late = dated[dated.dt.date < today] if today is not None else dated.iloc[:0]
    coming = dated.drop(late.index)
    if len(coming) == count:
        return f"{said}, due by {_long_date(coming.max())}."
    rows = [f"- {done} done"] if done else []
    rows += [f"- {len(coming)} due by {_long_date(coming.max())}"] if len(coming) else []
    if len(late):
        was, is_ = ("was", "is") if len(late) == 1 else ("were", "are")
        rows.append(f"- {len(late)} {was} due by {_long_date(late.max())} and {is_} still open")
    undated = len(left) - len(dated)
    rows += [f"- {undated} without a date yet"] if undated else []
    return "\n".join([f"{said}:", "", *rows])


def _contact(postmortem: Postmortem) -> str:
    contact = postmortem.incident.letter.contact
    return (
        f"If you have questions, or something still does not work, you can reach us at {contact}."
        if contact
        else ""
    )


def _sender(postmortem: Postmortem) -> str:
    """Who signs: what `incident.toml` says; else nobody."""
    letter = postmortem.incident.letter
    return ", ".join(filter(None, (letter.signed_by, letter.organisation)))


def _zone_words(time: pd.Timestamp) -> str:
    offset = time.strftime("%z")
    hours, minutes = int(offset[:3]), offset[3:]
    shift = f"UTC{hours:+d}" + (f":{minutes}" if minutes != "00" else "")
    city = str(time.tz).rpartition("/")[2].replace("_", " ")
    if city in ("UTC", "Etc"):
        return "UTC" if shift == "UTC+0" else shift
    return f"{city} time, {shift}"


def _long_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)
