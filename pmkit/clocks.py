"""Clocks that are off: how far the sources are apart, and their times corrected where people say so."""

from __future__ import annotations

from typing import Final

import pandas as pd

from pmkit.errors import SchemaError

_FILE: Final = "evidence/"  # what the name of a clock begins with that is not a whole source
_CORRECTED: Final = "corrected by"
_MOST: Final = 366 * 86_400  # seconds; a clock that is off by more tells another year, not another time


def correct_times(events: pd.DataFrame, clocks: pd.DataFrame) -> pd.DataFrame:
    """The events with the corrections that `clocks` says are applied, each row in its place.

    Where a time is corrected, `recorded_at` keeps what the source recorded, and `time_basis` says by how
    much: `offset, corrected by +37 s`. What is said of a file counts before what is said of its source. The
    corrections always start from the recorded times, so that twice is once.

    Raises `SchemaError` for a correction by more than a year.
    """
    events = as_recorded(events)
    applied = clocks[clocks["applied"] & clocks["offset_seconds"].notna()]
    if applied.empty or events.empty:
        return events
    seconds = _seconds(events, dict(zip(applied["source"], applied["offset_seconds"], strict=True)))
    seconds = seconds.where(events["time"].notna(), 0.0)
    here = seconds != 0
    shift = pd.to_timedelta((seconds * 1e6).round().astype("int64"), unit="us")
    words = seconds.map({amount: format_offset(amount) for amount in seconds[here].unique()}).astype("str")
    basis = (events["time_basis"] + f", {_CORRECTED} " + words).str.removeprefix(", ")
    return events.assign(
        time=(events["time"] + shift).astype(events["time"].dtype),
        recorded_at=events["time"].where(here),
        time_basis=events["time_basis"].mask(here, basis),
    )


def as_recorded(events: pd.DataFrame) -> pd.DataFrame:
    """The events with the times their sources recorded, whatever was corrected."""
    here = events["recorded_at"].notna()
    if not here.any():
        return events
    basis = events["time_basis"].str.replace(rf"(^|, ){_CORRECTED} [^,]*$", "", regex=True)
    return events.assign(
        time=events["recorded_at"].fillna(events["time"]),
        recorded_at=events["recorded_at"].where(~here),
        time_basis=events["time_basis"].mask(here, basis),
    )


def format_offset(seconds: float) -> str:
    """`+37 s`, `-2.5 s`: to the microsecond."""
    return f"{seconds:+.6f}".rstrip("0").rstrip(".") + " s"


def _seconds(events: pd.DataFrame, offsets: dict[str, float]) -> pd.Series:
    """The seconds to add to each event; 0 where nothing is."""
    wrong = [
        f"{clock}, `offset_seconds`: expected at most a year, found {format_offset(seconds)}"
        for clock, seconds in offsets.items()
        if abs(seconds) > _MOST
    ]
    if wrong:
        raise SchemaError("clocks.csv", wrong)
    seconds = events["source"].map(offsets).astype("float64").fillna(0.0)
    for clock, amount in offsets.items():
        if clock.startswith(_FILE):
            seconds = seconds.mask(events["ref"].str.startswith(f"{clock}#"), amount)
    return seconds
