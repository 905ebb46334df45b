"""Times as screens show them, `11/May/24 03:26 PM`; which number of `06/07/25` is the day is not guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._moments import Instant, read_iso

ORDERS: Final = {"dmy": "D/M/Y", "mdy": "M/D/Y", "ymd": "Y/M/D"}

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SCREEN: Final = re.compile(
    r"(?:(?P<first>\d{1,4})(?P<sep>[/.-])(?P<second>\d{1,2})(?P=sep)(?P<third>\d{4}|\d\d)"
    r"|(?P<day>\d{1,2})[ /.-](?P<month>[A-Za-z]{3,9})\.?,?[ /.-](?P<year>\d{4}|\d\d)"
    r"|(?P<month_before>[A-Za-z]{3,9})\.? (?P<day_after>\d{1,2}),? (?P<year_after>\d{4}))"
    r"(?:,? (?:@ |at )?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<sec>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\b\.?)?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?)?",
    re.ASCII,
)


def find_order(
    texts: Sequence[str], *, path: str | Path, where: str = "", date_format: str | None = None
) -> str:
    """The order of day, month and year in all of `texts`, as `dmy`: as people said, or as the texts prove.

    `date_format` is the order, or a pattern that shows it, as `dd/MM/yy h:mm a`. One `21/06/25` settles how
    `06/07/25` beside it is read; where nothing does, or the texts contradict each other, people are asked.

    Raises `QuestionError` then, and `EvidenceError` for a `date_format` that names no order.
    """
    if date_format is not None:
        return _order_of(date_format, path)
    possible = set(ORDERS)
    for text in texts:
        if readings := _readings(text):
            if not possible & readings.keys():
                problem = f"{text!r} contradicts the dates before it: no one order of day and month fits."
                raise _question(path, where, problem, ["dmy", "mdy"])
            possible &= readings.keys()
    for text in texts if len(possible) > 1 else ():
        ways = {order: day for order, day in _readings(text).items() if order in possible}
        if len(set(ways.values())) > 1:
            problem = f"{text!r} can be {' or '.join(str(day) for day in ways.values())}."
            raise _question(path, where, problem, list(ways))
    return min(possible)


def read_screen(
    text: str, order: str, *, path: str | Path, where: str = "", zone: str | None = None
) -> Instant:
    """A time as a screen shows it, its numbers in `order`, or as ISO 8601 writes it.

    Raises `ValueError` in words for what is no time, and `QuestionError` for a time without a zone where
    `zone` is not given.
    """
    text = " ".join(text.split())  # a narrow space may stand before AM and PM
    told = _SCREEN.fullmatch(text)
    if told is None or (told["sep"] == "-" and len(told["first"]) == 4):
        return read_iso(text, path=path, where=where, zone=zone)
    day = _readings(text).get(order) if told["first"] else _named_day(told)
    if day is None:
        raise ValueError(f"{text!r} is no day of the calendar, read as {ORDERS[order]}")
    if told["hour"] is None:
        raise ValueError(f"{text!r} is a day without a time of the clock")
    clock = f"{day}T{_hour(told, text):02}:{told['minute']}:{told['sec'] or '00'}.{told['part'] or 0}"
    return read_iso(clock + (told["zone"] or ""), path=path, where=where, zone=zone)


def _order_of(date_format: str, path: str | Path) -> str:
    words = date_format.lower().replace("day", "d").replace("month", "m").replace("year", "y")
    order = "".join(dict.fromkeys(re.findall("[dmy]", words)))
    if order not in ORDERS:
        problem = f"the date format {date_format!r} does not say the order of day, month and year."
        raise EvidenceError(path, "", problem, f"Write it as {' or '.join(ORDERS.values())}.")
    return order


def _question(path: str | Path, where: str, problem: str, orders: Sequence[str]) -> QuestionError:
    ways = " or ".join(f"`--date-format {ORDERS[order]}`" for order in orders)
    return QuestionError(
        path, where, problem, option="date_format", hint=f"Say in which order its dates are, as {ways}."
    )


def _readings(text: str) -> dict[str, date]:
    """The days that a date in numbers can be, by the order of its parts; none for any other text.

    A year of two digits is never taken to come first, except between dashes.
    """
    told = _SCREEN.fullmatch(" ".join(text.split()))
    if told is None or told["first"] is None:
        return {}
    first, second, third = told["first"], told["second"], told["third"]
    if len(first) > 2:
        ways = dict.fromkeys(ORDERS, (first, second, third))  # by its shape, whatever the others are
    else:
        ways = {"dmy": (third, second, first), "mdy": (third, first, second)}
        if told["sep"] == "-" and len(third) == 2:
            ways["ymd"] = (first, second, third)
    days = {order: _day(year, int(month), day) for order, (year, month, day) in ways.items()}
    return {order: day for order, day in days.items() if day is not None}


def _named_day(told: re.Match[str]) -> date | None:
    name = (told["month"] or told["month_before"])[:3].lower()
    month = _MONTHS.index(name) + 1 if name in _MONTHS else 0
    return _day(told["year"] or told["year_after"], month, told["day"] or told["day_after"])


def _day(year: str, month: int, day: str) -> date | None:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, int(day))
    except ValueError:
        return None


def _hour(told: re.Match[str], text: str) -> int:
    hour = int(told["hour"])
    if not told["half"]:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"{text!r} is not a time of the clock")
    return hour % 12 + (12 if told["half"] in "Pp" else 0)
