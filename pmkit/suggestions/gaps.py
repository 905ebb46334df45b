"""Silent stretches of the timeline in which the record is not silent."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from pmkit.suggestions._record import NO_SIGNAL, Proposal, Record
from pmkit.timeline import find_gaps, incident_window

_MOST: Final = 6


def suggest_gaps(record: Record) -> list[dict[str, Any]]:
    """Each silence in which the record goes on, with an event to begin with."""
    timeline = record.postmortem.timeline
    if timeline.empty:
        return []
    start, end = incident_window(timeline)
    known = record.anchors
    lasted = (
        known["resolved"] - known["impact_started"]
        if {"resolved", "impact_started"} <= set(known)
        else end - start
    )
    longer_than = max(pd.Timedelta("15min"), lasted / 3)
    telling = record.events[~record.events["kind"].isin(NO_SIGNAL)]
    within = timeline[timeline["time"].between(start, end)]
    gaps = find_gaps(within, telling, longer_than=str(longer_than))
    rows = []
    for gap in gaps[gaps["raw_events"] > 0].itertuples():
        inside = telling[(telling["time"] > gap.start_at) & (telling["time"] < gap.end_at)]
        begin_with = _to_begin_with(inside[~inside["event_id"].isin(record.handled)], record)
        if begin_with is None:
            continue
        stretch = f"{gap.start_at:%H:%M} to {gap.end_at:%H:%M} UTC"
        places = inside["place"].value_counts().head(3)
        counts = ", ".join(f"{count} in {place or 'no place'}" for place, count in places.items())
        rows.append(
            {
                "suggestion_id": f"gap:{gap.after}:{gap.before}",
                "kind": "gap",
                "event_id": begin_with,
                "time": gap.start_at,
                "score": round(min(1.0, float(gap.minutes) / 60), 2),
                "title": f"Look into the silence from {stretch}",
                "reasons": (
                    f"Nothing stands on the timeline for {gap.minutes:.0f} minutes",
                    f"The record has {gap.raw_events:,} events there: {counts}",
                ),
                "proposal": Proposal("timeline", begin_with, {"included": "yes"}),
            }
        )
    return rows[:_MOST]


def _to_begin_with(inside: pd.DataFrame, record: Record) -> str | None:
    """The event of a gap that others reacted to most; of those made for the incident first."""
    if inside.empty:
        return None
    counts = inside["slack_reactions"].str.findall(r" (\d+)").map(lambda found: sum(map(int, found)))
    own = inside["place"].isin(record.own_channels) & ~inside["slack_is_bot"]
    weight = counts + own * 100
    return str(inside.loc[weight.idxmax(), "event_id"])
