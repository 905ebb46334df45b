"""What people type: a time is one moment or it is refused, in every zone and on every night of the year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.errors import QuestionError, SchemaError
from pmkit.loaders._moments import read_iso, read_wall_clock
from pmkit.typed import read_lines, read_moment, read_time

ZONES = sorted(name for name in available_timezones() if "/" in name)
# Their clocks are set by an hour or half of one, north and south, around Ramadan, and once by a day.
SET = (
    "Europe/Amsterdam", "America/New_York", "America/St_Johns", "America/Santiago", "Australia/Lord_Howe",
    "Pacific/Chatham", "Africa/Casablanca", "Asia/Tehran", "Pacific/Apia",
)  # fmt: skip


def moments_of(clock: datetime, zone: str) -> list[datetime]:
    """Every moment (UTC) at which the clocks of the zone showed `clock`, found by trying all offsets near."""
    there, near = ZoneInfo(zone), clock.replace(tzinfo=UTC)
    quarters = (near + timedelta(minutes=15 * step) for step in range(-110, 111))
    offsets = {at.astimezone(there).utcoffset() for at in quarters}
    moments = {near - (offset or timedelta(0)) for offset in offsets}
    return sorted(at for at in moments if at.astimezone(there).replace(tzinfo=None) == clock)


@cache
def changes_of(zone: str, year: int) -> list[datetime]:
    """The minutes (UTC) of a year at which the clocks of the zone are set."""
    there, start = ZoneInfo(zone), datetime(year, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=day) for day in range(367)]
    changes = []
    for before, after in pairwise(days):
        was = before.astimezone(there).utcoffset()
        if was != after.astimezone(there).utcoffset():
            minutes = (before + timedelta(minutes=minute) for minute in range(1441))
            changes.append(next(at for at in minutes if at.astimezone(there).utcoffset() != was))
    return changes


@st.composite
def wall_clocks(draw: Any) -> tuple[datetime, str]:
    """A time of the clock and a zone; around a moment at which its clocks are set, if there is one."""
    zone, year = draw(st.sampled_from(SET) | st.sampled_from(ZONES)), draw(st.integers(1999, 2030))
    set_at = draw(st.sampled_from(changes_of(zone, year) or [datetime(year, 12, 31, 23, tzinfo=UTC)]))
    near = (set_at - timedelta(minutes=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return near + timedelta(seconds=draw(st.integers(-5400, 5400))), zone


@settings(max_examples=200)
@given(wall_clocks())
def test_a_time_without_an_offset_is_one_moment_or_refused(told: tuple[datetime, str]) -> None:
    """What the clocks of a zone showed once is that moment; what they skipped or showed twice is refused."""
    clock, zone = told
    moments = moments_of(clock, zone)
    ways = {
        "typed": lambda: read_time(f"{clock} {zone}"),
        "zone beside it": lambda: read_time(f"{clock}", tz=zone),
        "a datetime": lambda: read_moment(clock, tz=zone),
        "a pasted line": lambda: schema.format_time(
            pd.Timestamp(read_lines(f"{clock:%H:%M:%S} it began", on=clock.date(), tz=zone)[0].time)
        ),
        "evidence": lambda: _cell(read_wall_clock(clock, path="x.csv", zone=zone).time),
        "evidence as ISO": lambda: _cell(read_iso(clock.isoformat(), path="x.csv", zone=zone).time),
    }
    for way, read in ways.items():
        if len(moments) == 1:
            assert read() == schema.format_time(pd.Timestamp(moments[0])), way
        else:
            words = "showed this time twice" if moments else "skipped this time"
            with pytest.raises((ValueError, SchemaError), match=words):
                read()


@settings(max_examples=60)
@given(wall_clocks())
def test_an_offset_settles_it(told: tuple[datetime, str]) -> None:
    """Each of the moments at which the clocks showed a time is read when its offset stands after it."""
    clock, zone = told
    for moment in moments_of(clock, zone):
        offset = moment.astimezone(ZoneInfo(zone)).strftime("%z")
        if len(offset) > 5:  # clocks before the railways
            continue
        expected = schema.format_time(pd.Timestamp(moment))
        assert read_time(f"{clock} {offset[:3]}:{offset[3:]}") == expected
        assert read_time(f"{clock}{offset}", tz="UTC") == expected
        assert _cell(read_iso(f"{clock.isoformat()}{offset}", path="x").time) == expected


@given(wall_clocks())
@settings(max_examples=20)
def test_a_zone_is_asked_for_and_never_guessed(told: tuple[datetime, str]) -> None:
    """Without a zone no way in takes a time: typed, pasted into a table, or in evidence."""
    clock, _ = told
    with pytest.raises(ValueError, match="says no zone"):
        read_time(str(clock))
    with pytest.raises(ValueError, match="says no zone"):
        read_moment(clock)
    with pytest.raises(ValueError, match="expected a time with its zone"):
        schema.cell_text(schema.TIMELINE.column("time"), str(clock))
    with pytest.raises(QuestionError, match="carries no zone"):
        read_iso(clock.isoformat(), path="x.csv")


def test_the_night_the_clocks_go_back() -> None:
    """Half past two in Amsterdam came twice on 25 October 2026, and not at all on 29 March."""
    with pytest.raises(ValueError, match="clocks of Europe/Amsterdam showed this time twice on 2026-10-25"):
        read_time("2026-10-25 02:30 Europe/Amsterdam")
    with pytest.raises(ValueError, match="clocks of Europe/Amsterdam skipped this time on 2026-03-29"):
        read_time("2026-03-29 02:30 Europe/Amsterdam")
    assert read_time("2026-10-25 02:30 +02:00") == "2026-10-25T00:30:00.000000Z"
    assert read_time("2026-10-25 02:30 +01:00") == "2026-10-25T01:30:00.000000Z"


def _cell(microseconds: int) -> str:
    return schema.format_time(pd.Timestamp(microseconds, unit="us", tz="UTC"))
