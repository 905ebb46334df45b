"""When a measured series left its usual values and came back to them, beside what people marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit import schema

Floats = npt.NDArray[np.float64]

_BEFORE: Final = 8  # samples from before the impact, at least, by which it is told what is usual
_AFTER: Final = 3  # unusual samples of the impact, and samples behind the mark, at least
_WIDE: Final = 4.0  # spreads around the median that are usual
_LEAST: Final = 0.05  # of the median, as spread, where the samples hardly differ
_NORMAL: Final = 1.4826  # from the median deviation to the standard deviation
_HIT: Final = 0.5  # share of the samples of the impact that are unusual where a series shows it
_DAY: Final = pd.Timedelta("24h")


class Recovery(NamedTuple):
    """How a series shows the impact: by how many spreads it left its usual values, and when it was back.

    `back_at` is the first sample after the last unusual one; none where it was not back by `until`, the last
    sample that was looked at. `step` is the usual time between two samples.
    """

    metric: str
    file: str
    strength: float
    back_at: pd.Timestamp | None
    until: pd.Timestamp
    step: pd.Timedelta


def find_recoveries(
    events: pd.DataFrame, began: pd.Timestamp, mitigated: pd.Timestamp, end: pd.Timestamp
) -> list[Recovery]:
    """The series of the record that show the impact, the clearest first.

    A series shows it when most of its samples between `began` and `mitigated` are unusual by those of the day
    before, or by all that there are. Counters that only grow are looked at by their steps. It is looked at up
    to `end`, and one that has no sample behind `mitigated` tells nothing.
    """
    here = events["kind"].isin(schema.SAMPLE_KINDS) & events["time"].between(began - _DAY, end)
    samples = events.loc[here, ["metric", "time", "metric_value", "ref"]].dropna()
    if samples.empty:
        return []
    # Two sites may name a series alike, each in a file of its own.
    samples["file"] = [ref.partition("#")[0].rpartition("/")[2] for ref in samples["ref"]]
    marks = [_microseconds(at) for at in (began, mitigated)]
    found = [
        recovery
        for (metric, file), series in samples.sort_values("time", kind="stable").groupby(["metric", "file"])
        for recovery in _read(str(metric), str(file), series, *marks)
    ]
    return sorted(found, key=lambda recovery: -recovery.strength)


def _microseconds(at: pd.Timestamp) -> int:
    return int((at - pd.Timestamp(0, tz="UTC")) // pd.Timedelta("1us"))


def _read(metric: str, file: str, series: pd.DataFrame, began: int, mitigated: int) -> Iterator[Recovery]:
    times = series["time"].astype(schema.TIME_DTYPE).astype("int64").to_numpy()
    values = series["metric_value"].to_numpy(dtype="float64")
    if len(values) > _BEFORE and (np.diff(values) >= 0).all() and values[-1] > values[0]:
        times, values = times[1:], np.diff(values)
    before, during, behind = times < began, (times >= began) & (times <= mitigated), times > mitigated
    if before.sum() < _BEFORE or during.sum() < _AFTER or behind.sum() < _AFTER:
        return
    apart = _apart(values, values[before])
    unusual = apart > _WIDE
    if (unusual & during).sum() < max(_AFTER, _HIT * during.sum()):
        return
    if unusual[before].mean() > 1 - _HIT:
        return  # its usual values are none
    last = int(np.flatnonzero(unusual & (times >= began))[-1])
    back = _moment(times[last + 1]) if last + 1 < len(times) else None
    step = pd.Timedelta(int(np.median(np.diff(times))), unit="us")
    yield Recovery(metric, file, float(np.median(apart[during])), back, _moment(times[-1]), step)


def _apart(values: Floats, usual: Floats) -> Floats:
    """How many spreads each value lies from the median of the usual ones."""
    middle = float(np.median(usual))
    deviation = float(np.median(np.abs(usual - middle))) * _NORMAL
    # A queue that always is empty has neither: then it goes by how full it gets.
    width = max(deviation, _LEAST * abs(middle)) or float(np.ptp(values)) / 100 or 1.0
    # What the days before had as well is usual, however seldom.
    low, high = float(usual.min()), float(usual.max())
    apart: Floats = np.abs(values - middle) / width
    return np.where((values >= low) & (values <= high), 0.0, apart)


def _moment(at: int) -> pd.Timestamp:
    return pd.Timestamp(int(at), unit="us", tz="UTC")
