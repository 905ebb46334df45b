"""Durations and clock times that sentences state, and how exactly they mean them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple

_NUMBERS: Final = {
    "half an": 0.5, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
}  # fmt: skip
_NUMBER: Final = rf"(?:\d+(?:[.,]\d+)?[\s-]?|(?:{'|'.join(_NUMBERS)})[\s-])"
_HOURS: Final = r"(?:h|hrs?|hours?)"
_MINUTES: Final = r"(?:m|min|mins|minutes?)"
_SECONDS: Final = r"(?:s|sec|secs|seconds?)"
# The words before a number that say how exactly it is meant.
_ABOUT: Final = r"(?:about|around|roughly|approximately|approx\.?|nearly|almost|some|circa|ca\.|~|≈|a good)"
_BOUND: Final = (
    r"(?:(?:less|fewer|more|longer) than|over|under|at (?:least|most)|up to|within|every|each|first|last|"
    r"next|another|further|[<>≤≥])"
)
DURATION: Final = (
    rf"(?:\b(?P<bound>{_BOUND})\s*)?(?:(?P<about>{_ABOUT})\s*)?(?<![\w:.,–-])"
    rf"(?:(?P<hours>{_NUMBER}){_HOURS}(?![^\W\d])(?:,?\s*(?:and\s+)?(?P<rest>\d{{1,2}})(?:[\s-]?{_MINUTES}\b|\b(?![\d:.%]))"
    rf"(?!\s*{_SECONDS}\b))?|(?P<minutes>{_NUMBER}){_MINUTES}\b(?:,?\s*(?:and\s+)?(?P<more>\d{{1,2}})[\s-]?"
    rf"{_SECONDS}\b)?|(?P<seconds>{_NUMBER}){_SECONDS}\b)"
)
CLOCK: Final = (
    r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?![\d:])"
    r"\s?(?P<half>[ap]\.?m\b\.?)?\s?(?P<zone>Z\b|UTC\b|GMT\b)?"
)


class Duration(NamedTuple):
    """A stated length, and by how much another may differ to be called the same."""

    length: timedelta
    within: timedelta

    def fits(self, length: timedelta) -> bool:
        """Whether the length may be told so."""
        return abs(self.length - length) <= self.within


def read_duration(found: re.Match[str]) -> Duration | None:
    """What a match of `DURATION` states; nothing where it only says more than, at most, each …"""
    if found["bound"]:
        return None
    if found["hours"]:
        hours = timedelta(hours=_value(found["hours"]))
        if found["rest"]:
            length, within = hours + timedelta(minutes=int(found["rest"])), timedelta(minutes=1)
        else:
            whole = _value(found["hours"]).is_integer()
            length, within = hours, timedelta(minutes=30 if whole else 15)
    elif found["minutes"]:
        length = timedelta(minutes=_value(found["minutes"]), seconds=int(found["more"] or 0))
        within = timedelta(seconds=1 if found["more"] else 60)
        if _value(found["minutes"]) % 15 == 0 and not found["more"]:
            within = max(within, length / 10)  # quarters of an hour are round numbers
    else:
        length, within = timedelta(seconds=_value(found["seconds"])), timedelta(seconds=1)
    return Duration(length, max(within, length / 5) if found["about"] else within)


class Clock(NamedTuple):
    """A stated time of day, in seconds from midnight; `utc` where it says so, `exact` to the second."""

    seconds: int
    utc: bool
    exact: bool


def read_clock(found: re.Match[str], group: str = "") -> Clock:
    """What a match of `CLOCK` states; `group` is added to the names of its groups."""
    hour = int(found[f"hour{group}"])
    half = found[f"half{group}"] or ""
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.casefold().startswith("p") else 0)
    second = found[f"second{group}"]
    seconds = hour * 3600 + int(found[f"minute{group}"]) * 60 + int(second or 0)
    return Clock(seconds, bool(found[f"zone{group}"]), second is not None)


def find_clauses(sentence: str) -> Iterator[str]:
    """The parts of a sentence between semicolons, brackets and dashes."""
    for part in re.split(r"[;()\[\]]|\s[–—-]\s|,\s(?=(?:and|but|while|which|so)\b)", sentence):
        if part.strip():
            yield part.strip()


def renamed(pattern: str, suffix: str) -> str:
    """The pattern with other names for its groups, to have it twice in one."""
    return re.sub(r"\(\?P<(\w+)>", rf"(?P<\g<1>{suffix}>", pattern)


def _value(word: str) -> float:
    word = word.casefold().rstrip(" -")
    return float(_NUMBERS[word]) if word in _NUMBERS else float(word.replace(",", "."))
