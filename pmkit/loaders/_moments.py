"""Times as sources write them, read exactly: microseconds since 1970 in UTC, and how their zone was known."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pmkit.errors import EvidenceError, QuestionError
from pmkit.typed import in_zone, read_zone

Unit = Literal["s", "ms", "us", "ns"]

_ISO: Final = re.compile(
    r"(?P<clock>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d)?)(?:[.,](?P<part>\d{1,9}))?"
    r"\s?(?P<zone>Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_PER_SECOND: Final[dict[Unit, int]] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# A "time" outside this span is an id, a count, or the zero of a language: Go writes the year 1.
_FIRST_SECOND, _LAST_SECOND = 631_152_000, 4_102_444_800  # 1990, 2100


class Instant(NamedTuple):
    """A time in microseconds since 1970, UTC, and how its zone is known, as in `time_basis`."""

    time: int
    basis: str


def read_iso(text: object, *, path: str | Path, where: str = "", zone: str | None = None) -> Instant:
    """A time as ISO 8601 writes it: `2026-11-03T14:02:11.123Z`, `… -0700`, without a zone only with `zone`.

    Raises `ValueError` in words for what is no time, and `QuestionError` for a time without a zone where
    `zone` is not given.
    """
    told = _ISO.fullmatch(text.strip()) if isinstance(text, str) else None
    if told is None:
        raise ValueError(f"expected a time as 2026-11-03T14:02:11Z, found {str(text)[:40]!r}")
    try:
        clock = datetime.fromisoformat(told["clock"].upper())
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time of the calendar") from error
    part = int((told["part"] or "").ljust(6, "0")[:6])
    if not told["zone"]:
        return read_wall_clock(clock.replace(microsecond=part), path=path, where=where, zone=zone)
    offset = told["zone"] if len(told["zone"]) != 3 or told["zone"].isalpha() else told["zone"] + ":00"
    moment = clock.replace(microsecond=part, tzinfo=read_zone(offset)).astimezone(UTC)
    return Instant(_checked(microseconds(moment), text), "offset")


def read_wall_clock(
    clock: datetime, *, path: str | Path, where: str = "", zone: str | None = None
) -> Instant:
    """What the clocks of `zone` showed, as the one moment they showed it.

    Raises `ValueError` where they skipped it or showed it twice, `QuestionError` without a `zone`, and
    `EvidenceError` where there is no such zone.
    """
    if zone is None:
        raise QuestionError(
            path, where, f"{clock} carries no zone.", option="zone",
            hint="Say in which zone its times are, as `--zone UTC`, or by the name of a zone.",
        )  # fmt: skip
    try:
        there = read_zone(zone)
    except ValueError as error:
        raise EvidenceError(path, "", f"{error}.") from error
    return Instant(_checked(microseconds(in_zone(clock, there, str(clock))), clock), zone)


def read_epoch(value: object, unit: Unit) -> Instant:
    """A count of seconds, milliseconds … since 1970, as a number or its digits; never through a float."""
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
        time = int((number * 10**6 / _PER_SECOND[unit]).to_integral_value("ROUND_HALF_EVEN"))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ValueError(f"expected a time in {unit} since 1970, found {str(value)[:40]!r}") from error
    return Instant(_checked(time, value), "epoch")


def read_any_epoch(value: object) -> Instant:
    """As `read_epoch`, in the unit that its size tells: of no two units do the years 1990 to 2100 overlap."""
    for unit in _PER_SECOND:
        with suppress(ValueError):
            return read_epoch(value, unit)
    raise ValueError(f"expected a time in s, ms, us or ns since 1970, found {str(value)[:40]!r}")


def microseconds(moment: datetime) -> int:
    """Since 1970, of a time with its zone."""
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds


def _checked(time: int, told: object) -> int:
    if not _FIRST_SECOND * 10**6 <= time < _LAST_SECOND * 10**6:
        raise ValueError(f"{str(told)[:40]!r} lies outside the years 1990 to 2100")
    return time
