"""What people type, read without guessing: times with a zone, pasted lines, a decision in a message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from pmkit import schema
from pmkit.errors import SchemaError

_CLOCK: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
_HALF: Final = r"(?:\s?(?P<half>[AaPp])\.?[Mm]\b\.?)?"
_MOMENT: Final = re.compile(
    rf"(?:(?P<day>\d{{4}}-\d\d-\d\d)(?:[Tt]|\s+))?{_CLOCK}{_HALF}\s*(?P<zone>\S.*)?", re.ASCII
)
_LINE: Final = re.compile(
    rf"(?:[-*•]\s+)?\[?(?:(?P<day>\d{{4}}-\d\d-\d\d)(?:[Tt]|\s+))?{_CLOCK}{_HALF}\s?(?P<utc>Z|UTC|GMT)?\]?"
    r"(?:\s*[-–—|:]\s+|\s+)(?P<text>\S.*)",
    re.ASCII,
)
_OFFSET: Final = re.compile(r"(?:UTC|GMT)?([+-])(\d\d):?(\d\d)", re.ASCII)
# Letters that name a zone to those who write them, and another one to somebody else.
_LETTERS: Final = re.compile(r"(?:[ECMP][SD]T|CES?T|WES?T|EES?T|BST|IST|JST|KST|SGT|AES?T|AEDT)\b")
_BACKWARDS: Final = timedelta(hours=12)


@dataclass(frozen=True)
class Line:
    """One pasted line: when (UTC) and what."""

    time: datetime
    text: str


def read_time(text: str, *, on: date | str | None = None, tz: str | None = None) -> str:
    """`text` as a cell of type time, `2026-11-03T13:03:00.000000Z`.

    A time carries its zone, as `2026-11-03 14:03 Europe/Amsterdam`, `… +01:00` or `… UTC`. `on` and `tz` are
    the day and the zone for a time that does not say them; without them such a time is refused, as is one
    that the zone's clocks skipped or showed twice.

    Raises `ValueError` in words for the person who typed it.
    """
    told = _MOMENT.fullmatch(text.strip())
    if told is None:
        raise ValueError(f"expected a time, as 2026-11-03 14:03 UTC, found {text!r}")
    day = told["day"] or (str(on) if on else None)
    zone = (told["zone"] or "").strip() or tz
    if day is None:
        raise ValueError(f"{text!r} says no day; write it as 2026-11-03 {text.strip()}")
    if zone is None:
        raise ValueError(f"{text!r} says no zone; write UTC, +01:00 or Europe/Amsterdam after it")
    return _cell(in_zone(_wall_clock(told, _day(day), text), read_zone(zone), text))


def read_moment(value: str | datetime, *, on: date | str | None = None, tz: str | None = None) -> str:
    """As `read_time`, also from a `datetime`; a naive one needs `tz`."""
    if isinstance(value, str):
        return read_time(value, on=on, tz=tz)
    if value.tzinfo is None:
        if tz is None:
            raise ValueError(f"{value} says no zone; give `tz`, as UTC, +01:00 or Europe/Amsterdam")
        value = in_zone(value, read_zone(tz), str(value))
    return _cell(value)


def read_zone(name: str) -> tzinfo:
    """The time zone of that name: `UTC`, `+01:00`, `Europe/Amsterdam`. Raises `ValueError` for any other."""
    if name.strip().upper() in ("Z", "UTC", "GMT"):
        return UTC
    if offset := _OFFSET.fullmatch(name.strip()):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        if ahead < timedelta(hours=24) and int(offset[3]) < 60:
            return timezone(-ahead if offset[1] == "-" else ahead)
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no time zone {name!r}; write it as UTC, +01:00 or Europe/Amsterdam") from error


def read_lines(text: str, *, on: date | str, tz: str) -> list[Line]:
    """Pasted lines `14:03 text` or `14:03:20 text` on the day `on` in the zone `tz`; blank ones do not count.

    After midnight the day goes on: a clock that goes back by more than twelve hours is the next day's. A
    line may say its own day (`2026-11-04 00:10 text`), and from there it counts.

    Raises `SchemaError` naming every line that cannot be read; one that goes back by less is one of them,
    because it may be out of order or of the next day.
    """
    day, zone = _day(str(on)), read_zone(tz)
    lines, problems, before = [], [], None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            told = _line(line)
            if told["day"]:
                day, before = _day(told["day"]), None
            clock = _wall_clock(told, day, line)
            if before is not None and clock < before:
                if before - clock <= _BACKWARDS:
                    raise ValueError(
                        f"{clock:%H:%M} comes after {before:%H:%M}; put the lines in order, or write the "
                        f"day before the time, as {day} {clock:%H:%M}"
                    )
                day += timedelta(days=1)
                clock += timedelta(days=1)
            before = clock
            lines.append(Line(in_zone(clock, UTC if told["utc"] else zone, line), told["text"].strip()))
        except (ValueError, OverflowError) as error:
            problems.append(f"line {number}: {error}")
    if problems:
        raise SchemaError("pasted lines", problems)
    return lines


_PARTS: Final = {
    "why": "why", "because": "why", "reason": "why", "rationale": "why",
    "else": "alternatives", "alternatives": "alternatives", "alternative": "alternatives",
    "instead of": "alternatives", "also considered": "alternatives", "options": "alternatives",
    "look again": "", "revisit": "", "who": "", "owner": "",
}  # fmt: skip
_PART: Final = re.compile(rf"[*_>\s•-]*({'|'.join(_PARTS)})[*_\s]*:[*_\s]*(.*)", re.IGNORECASE)
_OPENING: Final = re.compile(
    r"[*_]*(?:(?:decision|decided)(?:\s+#?\d+)?[*_]*\s*:|D\d+\b([^.:\n*_]{0,40})[*_]*[.:])[*_]*\s*(?=\S)",
    re.IGNORECASE,
)


def read_decision(text: str) -> dict[str, str]:
    """What a message says of a decision: `decision`, and where it says so `why` and `alternatives`.

    Lines that begin `Why:` or `Else:` are those parts; an opening such as `Decision:` or
    `D3, Incident Commander.` is left out and kept under `opening`.
    """
    parts = {"opening": "", "decision": "", "why": "", "alternatives": "", "": ""}
    here, body = "decision", text.strip()
    if opening := _OPENING.match(body):
        parts["opening"], body = (opening[1] or "").strip(" ,—–-"), body[opening.end() :]
    for line in body.splitlines():
        if part := _PART.fullmatch(line):
            here, line = _PARTS[part[1].lower()], part[2]  # noqa: PLW2901 - the rest of the line
        parts[here] = f"{parts[here]}\n{line}".strip()
    return {name: words for name, words in parts.items() if name}


def slug(text: str) -> str:
    """The first words of `text` as a short id: letters, digits and dashes."""
    words = re.findall(r"\w+", text.casefold())
    short = ""
    for word in words:
        if short and len(short) + len(word) > 32:
            break
        short = f"{short}-{word}".strip("-")
    return short[:48]


def _line(line: str) -> re.Match[str]:
    told = _LINE.fullmatch(line.strip())
    if told is None:
        raise ValueError(f"expected a time and what happened, as `14:03 text`, found {line.strip()!r}")
    if zone := _LETTERS.match(told["text"]):
        raise ValueError(
            f"`{zone[0]}` means several zones; leave it out and give the zone once for all lines"
        )
    return told


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a day; write it as 2026-11-03") from error


def _wall_clock(told: re.Match[str], day: date, text: str) -> datetime:
    hour, minute, second = int(told["hour"]), int(told["minute"]), int(told["second"] or 0)
    if told["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(f"{text.strip()!r} is not a time of the clock")
        hour = hour % 12 + (12 if told["half"] in "Pp" else 0)
    micro = int((told["part"] or "").ljust(6, "0")[:6])
    try:
        return datetime(day.year, day.month, day.day, hour, minute, second, micro)  # noqa: DTZ001
    except ValueError as error:
        raise ValueError(f"{text.strip()!r} is not a time of the clock") from error


def in_zone(clock: datetime, zone: tzinfo, text: str) -> datetime:
    """The moment at which the clocks of `zone` showed `clock`, when that was exactly one moment.

    `text` is what was typed or read. Raises `ValueError` where the clocks skipped it or showed it twice.
    """
    first, second = (clock.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    try:
        if first.utcoffset() != second.utcoffset():
            there = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == clock
            what = "showed this time twice" if there else "skipped this time"
            raise ValueError(
                f"{text.strip()!r}: the clocks of {zone} {what} on {clock.date()}; write it in UTC, or with "
                "its offset, as +01:00"
            )
        return first.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text.strip()!r} is not a time of the calendar") from error


def _cell(moment: datetime) -> str:
    return schema.format_time(pd.Timestamp(moment).as_unit("us"))
