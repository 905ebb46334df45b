"""Slack's `ts`, exact to the microsecond, and the span of time to load."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pmkit.errors import EvidenceError

Times = npt.NDArray[np.int64]  # microseconds since 1970, UTC

UNDATED: Final = np.iinfo(np.int64).min
# Slack opened in 2013; a "time" outside this span is an id or a number of milliseconds.
FIRST_SECOND: Final = 1_230_768_000  # 2009
LAST_SECOND: Final = 4_102_444_800  # 2100
_USUAL = r"^\d{10}\.\d{6}$"
_ANY = re.compile(r"(\d{9,10})\.(\d{1,6})", re.ASCII)


def microseconds(ts: pa.Array) -> Times:
    """Each `ts` as whole microseconds since 1970, never through a float; `UNDATED` if it is none."""
    usual = pc.match_substring_regex(ts, _USUAL)
    digits = pc.replace_substring(pc.if_else(usual, ts, "0"), ".", "")
    time = digits.cast(pa.int64()).to_numpy(zero_copy_only=False).copy()
    for row in np.flatnonzero(~usual.to_numpy(zero_copy_only=False)):
        time[row] = microsecond_of(ts[row].as_py())
    in_span = (time >= FIRST_SECOND * 10**6) & (time < LAST_SECOND * 10**6)
    return np.where(in_span, time, UNDATED)


def microsecond_of(ts: str) -> int:
    """One `ts` in microseconds since 1970; 0 if it is none."""
    match = _ANY.fullmatch(ts)
    return int(match[1] + match[2].ljust(6, "0")) if match else 0


def microseconds_in(count: object) -> int:
    """Seconds, milli-, micro- or nanoseconds since 1970, as microseconds; 0 for anything else."""
    if not isinstance(count, int):
        return 0
    for unit in (1, 10**3, 10**6, 10**9):
        if FIRST_SECOND * unit <= count < LAST_SECOND * unit:
            return count * 10**6 // unit
    return 0


@dataclass(frozen=True)
class Span:
    """The times to load: from `start` up to before `end`, in microseconds since 1970."""

    start: int | None = None
    end: int | None = None

    @classmethod
    def between(cls, path: Path, start: datetime | str | None, end: datetime | str | None) -> Span:
        """The span as people say it, each end with its zone; `path` is the file it is wanted of."""
        return cls(_instant(path, "start", start), _instant(path, "end", end))

    @property
    def days(self) -> tuple[str, str]:
        """The first and last Pacific day whose file may hold a message of the span."""
        margin = timedelta(days=1)
        first = "" if self.start is None else f"{_day(self.start) - margin:%Y-%m-%d}"
        last = "9999" if self.end is None else f"{_day(self.end) + margin:%Y-%m-%d}"
        return first, last

    def holds(self, time: Times) -> npt.NDArray[np.bool_]:
        """Which of the times lie in it; what has no time lies nowhere."""
        keep: npt.NDArray[np.bool_] = time != UNDATED
        if self.start is not None:
            keep &= time >= self.start
        if self.end is not None:
            keep &= time < self.end
        return keep


def _instant(path: Path, name: str, value: datetime | str | None) -> int | None:
    if value is None:
        return None
    instant = pd.Timestamp(value)
    if instant.tzinfo is None:
        raise EvidenceError(path, name, f"{value} has no zone.", "Write it as 2026-11-03T14:00Z.")
    return int((instant - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(1, "us"))


def _day(time: int) -> datetime:
    return datetime.fromtimestamp(time // 10**6, UTC)
