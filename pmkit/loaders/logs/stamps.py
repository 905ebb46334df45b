"""Times as logs stamp them: with or without zone, year or day of the week; read in the order of the file."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Final

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._moments import Instant, read_any_epoch, read_iso, read_wall_clock

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_MONTH: Final = f"(?P<month>{'|'.join(MONTHS)})"
_CLOCK: Final = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?"
_ZONE: Final = r"(?:\s?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?"
_WEEKDAY: Final = r"(?:[A-Z][a-z]{2},? )?"
_STAMPS: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"(?P<day>\d\d)/{_MONTH}/(?P<year>\d{{4}}):{_CLOCK}{_ZONE}",  # 03/Nov/2026:14:02:11 +0000
        rf"{_WEEKDAY}(?P<day>\d\d?)[- ]{_MONTH}[- ](?P<year>\d{{4}}) {_CLOCK}{_ZONE}",  # 03-Nov-2026 14:02:11
        rf"{_WEEKDAY}{_MONTH} +(?P<day>\d\d?)(?:,? (?P<year>\d{{4}}))? {_CLOCK}{_ZONE}",  # Nov  3 14:02:11
        rf"{_WEEKDAY}{_MONTH} +(?P<day>\d\d?) {_CLOCK}{_ZONE} (?P<year>\d{{4}})",  # Tue Nov  3 14:02:11 2026
        rf"(?P<number>\d\d)(?P<day>\d\d) {_CLOCK}",  # 1103 14:02:11.123456
    )
)
# Slashes as Go and nginx write them.
_ISO: Final = re.compile(
    r"(?P<day>\d{4}([-/])\d\d\2\d\d)(?P<clock>[Tt ]\d\d:\d\d(?::\d\d)?)"
    r"(?:[.,](?P<part>\d{1,9}))?(?P<zone>\s?\S{1,6})?",
    re.ASCII,
)
_EPOCH: Final = re.compile(r"(?:\d{9,10}|\d{12,13}|\d{15,16}|\d{18,19})(?:\.\d{1,9})?", re.ASCII)
_HALF_A_YEAR: Final = 6  # months


class Stamps:
    """Reads the stamps of one file one after another.

    `year` is that of the first stamp that says none. After it the year goes on where the month falls back
    from December to January, and back again where a line comes late.

    Raises `EvidenceError` for a `year` that is none.
    """

    def __init__(self, path: str | Path, *, zone: str | None, year: int | str | None) -> None:
        self.path, self.zone = path, zone
        self._year = None if year in (None, "") else _whole_year(path, str(year))
        self._first = self._year
        self._month = 0
        self._second, self._whole = "", Instant(0, "")

    def read(self, text: str, where: str) -> Instant:
        """The moment of a stamp.

        Raises `ValueError` in words for what is no time, and `QuestionError` where its zone or year is not
        known.
        """
        text = text.strip()
        if told := _ISO.fullmatch(text):
            return self._iso(told, where)
        if _EPOCH.fullmatch(text):
            return read_any_epoch(text)
        for stamp in _STAMPS:
            if told := stamp.fullmatch(text):
                return self._moment(told, text, where)
        raise ValueError(f"expected a time as 2026-11-03T14:02:11Z or Nov  3 14:02:11, found {text[:40]!r}")

    def _iso(self, told: re.Match[str], where: str) -> Instant:
        """An ISO time; many lines share a second, which is read once."""
        second = f"{told['day'].replace('/', '-')}{told['clock']}{told['zone'] or ''}"
        if second != self._second:
            self._whole = read_iso(second, path=self.path, where=where, zone=self.zone)
            self._second = second
        micro = int((told["part"] or "").ljust(6, "0")[:6])
        return self._whole._replace(time=self._whole.time + micro) if micro else self._whole

    def _moment(self, told: re.Match[str], text: str, where: str) -> Instant:
        parts = told.groupdict()
        month = int(parts["number"]) if parts.get("number") else MONTHS.index(parts["month"]) + 1
        year = int(parts["year"]) if parts.get("year") else self._year_of(month, text, where)
        micro = int((parts["part"] or "").ljust(6, "0")[:6])
        day, hour, minute, second = (int(parts[name]) for name in ("day", "hour", "minute", "second"))
        try:
            clock = datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001
        except ValueError as error:
            raise ValueError(f"{text!r} is not a time of the year {year}") from error
        if parts.get("zone"):
            return read_iso(f"{clock.isoformat()}{parts['zone']}", path=self.path, where=where)
        return read_wall_clock(clock, path=self.path, where=where, zone=self.zone)

    def _year_of(self, month: int, text: str, where: str) -> int:
        """The year of a stamp that does not say it."""
        if self._year is None or self._first is None:
            raise QuestionError(
                self.path, where, f"{text!r} says no year.", option="year",
                hint="Say the year of the first line, as `--year 2026`.",
            )  # fmt: skip
        if self._month and self._month - month > _HALF_A_YEAR:
            self._year += 1
        elif self._month and month - self._month > _HALF_A_YEAR and self._year > self._first:
            self._year -= 1
        self._month = month
        return self._year


def _whole_year(path: str | Path, year: str) -> int:
    if not re.fullmatch(r"(19|20)\d\d", year.strip(), re.ASCII):
        raise EvidenceError(path, "", f"{year!r} is no year.", "Write it as 2026.")
    return int(year)
