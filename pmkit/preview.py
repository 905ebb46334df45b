"""What a file of evidence holds, in numbers and in a few lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from pmkit.phrases import counted

_WIDTH: Final = 80
_MOST_REASONS: Final = 3
_MOST_NAMES: Final = 3
_BASES: Final = {"epoch": "counted from 1970, which needs no zone", "offset": "with their zone"}


@dataclass(frozen=True)
class Preview:
    """Records by kind, their span (UTC), how their zones are known, who is named, and what is unreadable.

    `people` and `bots` count what each did, the most active first; only a chat tells one from the other, and
    elsewhere all that are named are `people`. `reasons` are the first places that could not be read, and why.
    """

    kinds: dict[str, int]
    first_at: datetime | None
    last_at: datetime | None
    time_basis: dict[str, int]
    people: dict[str, int]
    bots: dict[str, int]
    is_chat: bool
    unreadable: int
    reasons: tuple[tuple[str, str], ...]

    @property
    def records(self) -> int:
        """How many records became events."""
        return sum(self.kinds.values())

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for programs."""
        return {
            "records": self.records,
            "kinds": self.kinds,
            "first_at": self.first_at and self.first_at.isoformat(),
            "last_at": self.last_at and self.last_at.isoformat(),
            "time_basis": self.time_basis,
            "people": len(self.people),
            "bots": len(self.bots),
            "most_active": dict(list(self.people.items())[:_MOST_NAMES]),
            "unreadable": self.unreadable,
            "reasons": [{"where": where, "why": why} for where, why in self.reasons],
        }

    def to_lines(self, zone: str) -> list[str]:
        """A few lines for people, with the span in the team's zone too."""
        lines = [f"{counted(self.records, 'record')}: {_counted(self.kinds)}" if self.kinds else "no records"]
        if self.first_at and self.last_at:
            lines += [_span(self.first_at, self.last_at, name) for name in dict.fromkeys(["UTC", zone])]
        bases = [
            f"{count:,} {_BASES.get(name, f'read as {name}')}" for name, count in self.time_basis.items()
        ]
        lines += [f"times: {', '.join(bases)}"] if bases else []
        lines += [_named(self.people, *(("person", "people") if self.is_chat else ("name", "names")))]
        lines += [_named(self.bots, "bot", "bots")]
        lines += [f"{self.unreadable:,} unreadable:"] if self.unreadable else []
        lines += [f"  {where}: {why}" for where, why in self.reasons]
        more = self.unreadable - len(self.reasons)
        lines += [f"  and {more:,} more"] if more > 0 else []
        return [line for line in lines if line]


def preview(events: pd.DataFrame) -> Preview:
    """What a frame of events holds."""
    unreadable = events["kind"] == "unreadable"
    read, lost = events[~unreadable], events[unreadable].head(_MOST_REASONS)
    is_bot = read["slack_is_bot"] | (read["kind"] == "bot")
    first, last = read["time"].min(), read["time"].max()
    return Preview(
        kinds=_counts(read["kind"]),
        first_at=None if pd.isna(first) else first.to_pydatetime(),
        last_at=None if pd.isna(last) else last.to_pydatetime(),
        time_basis=_counts(read["time_basis"]),
        people=_counts(read.loc[~is_bot, "actor"]),
        bots=_counts(read.loc[is_bot, "actor"]),
        is_chat=bool((events["source"] == "slack").any()),
        unreadable=int(unreadable.sum()),
        reasons=tuple(zip(lost["ref"], lost["text"], strict=True)),
    )


def indented(lines: Iterable[str], *, by: int = 4) -> str:
    """Lines for a terminal: indented, no wider than it, and with nothing in them that it would obey."""
    return "\n".join(
        textwrap.fill(
            printable(line.lstrip()),
            _WIDTH,
            initial_indent=" " * (by + len(line) - len(line.lstrip())),
            subsequent_indent=" " * (by + 2 + len(line) - len(line.lstrip())),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    )


def printable(text: str) -> str:
    """Text of a source on one line; a sign that a terminal would obey is written out, as ⟦U+001B⟧."""
    line = " ".join(text.split())
    return "".join(char if char.isprintable() else f"⟦U+{ord(char):04X}⟧" for char in line)


def some(names: Iterable[str], most: int = _MOST_NAMES) -> str:
    """The first few of the names, and how many there are more."""
    known = list(names)
    more = [f"{len(known) - most:,} more"] if len(known) > most else []
    return ", ".join([*known[:most], *more])


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in values[values != ""].value_counts().items()}


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _named(counts: Mapping[str, int], one: str, many: str) -> str:
    if not counts:
        return ""
    words = f"{len(counts):,} {one if len(counts) == 1 else many}"
    return f"{words}: {some(f'{name} {count:,}' for name, count in counts.items())}"


def _span(first: datetime, last: datetime, zone: str) -> str:
    begin, end = (f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for at in (first, last))
    return f"{begin} {zone}" if begin == end else f"{begin} to {end} {zone}"
