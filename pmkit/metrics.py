"""Durations of the response, each derived from two events of the timeline and never typed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from pmkit.timeline import find_anchors


@dataclass(frozen=True)
class Metric:
    """A duration: its name, and the anchors it runs between."""

    name: str
    title: str
    from_mark: str
    to_mark: str


METRICS: Final = (
    Metric("TTD", "Time to detect", "impact_started", "detected"),
    Metric("TTA", "Time to acknowledge", "detected", "acknowledged"),
    Metric("TTM", "Time to mitigate", "impact_started", "mitigated"),
    Metric("TTR", "Time to resolve", "impact_started", "resolved"),
)


def response_metrics(timeline: pd.DataFrame) -> pd.DataFrame:
    """How long detection, acknowledgement, mitigation and resolution took.

    One row per metric: `metric`, `title`, `minutes` (empty while an anchor is unknown), `from_mark`,
    `from_at`, `from_recorded_at` (where its clock is corrected or the team set another time), `from_event`,
    `from_summary` and the same with `to_`, and `basis`: `marked` (both anchors set
    by people), `default` (one is PagerDuty's own time), `unknown`, or `out of order` (it would end before
    it starts).
    """
    anchors = {str(row["mark"]): row for row in find_anchors(timeline).to_dict("records")}
    return pd.DataFrame([_measure(metric, anchors) for metric in METRICS])


def format_minutes(minutes: float) -> str:
    """`18 min`, `1 h 20 min`, `45 s`: to the second below ten minutes, else to the minute."""
    seconds = round(minutes * 60)
    if seconds < 600:
        whole, rest = divmod(seconds, 60)
        return f"{rest} s" if whole == 0 else f"{whole} min {rest} s" if rest else f"{whole} min"
    hours, rest = divmod(round(minutes), 60)
    if hours == 0:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _measure(metric: Metric, anchors: Mapping[str, Mapping[Hashable, Any]]) -> dict[str, object]:
    ends = {"from": metric.from_mark, "to": metric.to_mark}
    row: dict[str, object] = {"metric": metric.name, "title": metric.title, "minutes": float("nan")}
    for end, mark in ends.items():
        known = anchors.get(mark, {})
        row[f"{end}_mark"] = mark
        row[f"{end}_at"] = known.get("time", pd.NaT)
        row[f"{end}_recorded_at"] = known.get("recorded_at", pd.NaT)
        row[f"{end}_event"] = known.get("event_id", "")
        row[f"{end}_summary"] = known.get("summary", "")
    if not set(ends.values()) <= set(anchors):
        return row | {"basis": "unknown"}
    first, last = anchors[metric.from_mark], anchors[metric.to_mark]
    minutes = (last["time"] - first["time"]).total_seconds() / 60
    if minutes < 0:
        return row | {"basis": "out of order"}
    bases = {first["basis"], last["basis"]}
    return row | {"minutes": minutes, "basis": "default" if "default" in bases else "marked"}
