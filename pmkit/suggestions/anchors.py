"""Anchors that people have not marked: as the paging system has them, and as messages state them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from pmkit import schema
from pmkit.suggestions._record import CLOCK, Proposal, Record, sentence

_MOST: Final = 3  # of each mark
_STATED_ZONE: Final = ("Z", "UTC")


def suggest_anchors(record: Record) -> list[dict[str, Any]]:
    """For each anchor that people have not marked, what may be it."""
    worksheet = record.postmortem.worksheet
    marked = set(" ".join(worksheet.loc[worksheet["included"], "mark"]).split())
    rows: list[dict[str, Any]] = []
    for mark in schema.MARKS:
        if mark in marked:
            continue
        found = _recorded(record, mark) + _spoken(record, mark)
        found = [row for row in found if row["event_id"] not in record.left_out]
        found = sorted(found, key=lambda row: (-row["score"], row["time"]))
        # Several messages that state one moment are one suggestion, and a record of that moment goes first.
        recorded = {
            row["time"].floor("s") for row in found if not row["proposal"].row_id.startswith("manual:")
        }
        once: dict[pd.Timestamp, dict[str, Any]] = {}
        for row in found:
            stated = row["proposal"].row_id.startswith("manual:")
            if not (stated and row["time"].floor("s") in recorded):
                once.setdefault(row["time"], row)
        rows += list(once.values())[:_MOST]
    return rows


def _recorded(record: Record, mark: str) -> list[dict[str, Any]]:
    """What the paging system itself has as that moment."""
    kinds = {"detected": ("trigger", 0), "acknowledged": ("ack", 0), "resolved": ("resolve", -1)}
    if mark not in kinds:
        return []
    kind, which = kinds[mark]
    events = record.events[(record.events["kind"] == kind) & ~record.events["event_id"].isin(record.left_out)]
    events = events[events["source"].isin(schema.STATUS_SOURCES)]
    if events.empty:
        return []
    event = events.iloc[which]
    nth = "first" if which == 0 else "last"
    reasons = [f"The {nth} record of kind `{kind}`"]
    if mark == "resolved":
        reasons.append("The page is often resolved long after the impact ended")
    return [_anchor(record, mark, event, score=0.6 if mark == "resolved" else 0.9, reasons=reasons)]


def _spoken(record: Record, mark: str) -> list[dict[str, Any]]:
    """What people of the response said about that moment, with the time they state where they state one."""
    cue_name = {"impact_started": "impact", "mitigated": "mitigated", "resolved": "resolved"}.get(mark, "")
    detected = record.detected_at
    if not cue_name or detected is None:
        return []
    cue = record.vocabulary.cues[cue_name]
    events = record.events
    own = events["place"].isin(record.own_channels) if record.own_channels else True
    said = record.by_people & own
    if mark == "mitigated":  # machines say when a rollback or a job is done
        said |= (events["source"] == "slack") & events["slack_is_bot"]
    talk = events[said & events["time"].between(detected, detected + pd.Timedelta("2D"))]
    rows = []
    for event in talk[cue.heard_in(talk["text"])].itertuples():
        stated = _stated_time(event)
        if stated is not None and (stated <= detected) != (mark == "impact_started"):
            stated = None  # it speaks of another moment
        score = 0.5 + 0.3 * (stated is not None) + 0.1 * (event.slack_reactions != "")
        score -= 0.3 * event.text.rstrip().endswith("?")
        reasons = [f"“{cue.words_in(event.text)}” in {event.place}: {cue.sign}"]
        if stated is not None:
            reasons.append(f"It states the time {stated:%H:%M:%S} UTC")
        said = pd.Series(event._asdict())
        rows.append(_anchor(record, mark, said, score=round(score, 2), reasons=reasons, stated=stated))
    return rows


def _anchor(
    record: Record,
    mark: str,
    event: pd.Series,
    *,
    score: float,
    reasons: Sequence[str],
    stated: pd.Timestamp | None = None,
) -> dict[str, Any]:
    name = mark.replace("_", " ")
    if stated is None:
        worksheet = record.postmortem.worksheet
        said = worksheet.loc[worksheet["event_id"] == event["event_id"], "mark"]
        marks = " ".join([*said, mark]).strip()
        proposal = Proposal("timeline", event["event_id"], {"included": "yes", "mark": marks})
    else:
        proposal = Proposal(
            "timeline",
            f"manual:{mark.replace('_', '-')}",
            {
                "included": "yes",
                "time": schema.format_time(stated),
                "mark": mark,
                "summary": sentence(event["text"], f"{stated:%H:%M}"),
                "note": f"As stated in {event['place']} at {event['time']:%H:%M:%S} UTC.",
            },
        )
    return {
        "suggestion_id": f"anchor:{mark}:{event['event_id']}",
        "kind": "anchor",
        "event_id": event["event_id"],
        "time": stated if stated is not None else event["time"],
        "score": score,
        "title": f"Mark it as {name}" if stated is None else f"Add {stated:%H:%M:%S} UTC as {name}",
        "reasons": tuple(reasons),
        "proposal": proposal,
    }


def _stated_time(event: Any) -> pd.Timestamp | None:
    """The one time with its zone that a message states, as of its day; none where it states several."""
    stated = {m.groups() for m in CLOCK.finditer(event.text) if m.group(4) in _STATED_ZONE}
    if len(stated) != 1:
        return None
    hour, minute, second, _ = stated.pop()
    day = event.time.floor("D")
    at = day + pd.Timedelta(hours=int(hour), minutes=int(minute), seconds=int(second or 0))
    return at if at <= event.time else at - pd.Timedelta(days=1)
