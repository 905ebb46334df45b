"""Durations and clock times are read as their writers meant them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.checks.claims import CLOCK, DURATION, Clock, find_clauses, read_clock, read_duration


def duration(text: str) -> timedelta | None:
    found = re.search(DURATION, text, re.IGNORECASE)
    read = read_duration(found) if found else None
    return read.length if read else None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("41 minutes", 41), ("1 h 41", 101), ("1 h 41 min", 101), ("1h41m", 101), ("two hours", 120),
        ("half an hour", 30), ("2.5 hours", 150), ("a 20-minute outage", 20), ("8 min 30 s", 8.5),
        ("1 hour and 41 minutes", 101), ("for about 90 minutes", 90), ("45 s", 0.75),
    ],
)  # fmt: skip
def test_durations(text: str, minutes: float) -> None:
    """Digits and words, one unit or two."""
    assert duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text",
    [
        "as long as it was",
        "more than 41 minutes",
        "every 5 minutes",
        "at 14:02 minutes were taken",
        "v2.5 min",
    ],
)
def test_no_durations(text: str) -> None:
    """Bounds, rhythms, versions and words that only look like one."""
    assert duration(text) is None


@given(hours=st.integers(1, 30), minutes=st.integers(0, 59))
def test_what_is_written_is_read(hours: int, minutes: int) -> None:
    """Whatever the numbers, and a minute more or less is the same."""
    found = re.search(DURATION, f"It took {hours} h {minutes} min.")
    assert found is not None
    read = read_duration(found)
    assert read is not None
    assert read.length == timedelta(hours=hours, minutes=minutes)
    assert read.fits(read.length + timedelta(seconds=59))
    assert not read.fits(read.length + timedelta(minutes=2))


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("14:02Z", Clock(14 * 3600 + 120, utc=True, exact=False)),
        ("at 14:02:07 UTC", Clock(14 * 3600 + 127, utc=True, exact=True)),
        ("3:30 pm", Clock(15 * 3600 + 1800, utc=False, exact=False)),
        ("12:05 a.m.", Clock(300, utc=False, exact=False)),
    ],
)
def test_clocks(text: str, clock: Clock) -> None:
    """With and without zone, seconds and halves of the day."""
    found = re.search(CLOCK, text, re.IGNORECASE)
    assert found is not None
    assert read_clock(found) == clock


def test_clauses() -> None:
    """What stands in brackets or behind a semicolon is said of something else."""
    assert list(find_clauses("It was down; the queue (two of them) waited, and nobody saw it.")) == [
        "It was down", "the queue", "two of them", "waited", "and nobody saw it.",
    ]  # fmt: skip
