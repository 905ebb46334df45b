"""What happened when: the timeline, its gaps, the events of the record, and what they leave to ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pmkit.blocks import Cell, Head, Table, packed
from pmkit.look import correction_words
from pmkit.tables._words import joined, recorded_words, time_words
from pmkit.timeline import SET_BY_PEOPLE


def table_timeline(timeline: pd.DataFrame) -> Table:
    """The timeline in order (UTC): when, what happened, who and where, anchors marked."""
    rows, day = [], None
    for row in timeline.to_dict("records"):
        time = row["time"]
        new_day = time.date() != day
        day = time.date()
        marks = _marks_words(row)
        rows.append(
            (
                Cell(
                    f"{time:%H:%M:%S}",
                    url=row["url"],
                    note=joined(f"{time.day} {time:%b}" if new_day else "", recorded_words(row)),
                    mono=True,
                ),
                Cell(row["summary"], note=row["note"]),
                Cell(row["actor"] or _source_words(row), note=_place_words(row)),
                Cell(
                    marks,
                    badge="info" if marks else None,
                    sources=(row["event_id"],) if marks else (),
                    cited_as=marks,
                ),
            )
        )
    heads = (
        Head("Time (UTC)", width="narrow"), Head("What happened", width="wide"), Head("Who, where"),
        Head("Mark", width="narrow"),
    )  # fmt: skip
    caption = _timeline_caption(timeline) if rows else ""
    # what people say about a record leaves with the report, the record itself does not
    frame = packed("timeline", timeline.drop(columns="text", errors="ignore"))
    return Table("timeline", caption, heads, tuple(rows), "The timeline is still empty.", frame)


def table_gaps(gaps: pd.DataFrame) -> Table:
    """Stretches of time without an event on the timeline, with how much the record holds inside."""
    rows = [
        (
            Cell(f"{time_words(row['start_at'])} – {time_words(row['end_at'])}", mono=True),
            Cell(f"{row['minutes']:,.0f} min"),
            Cell(f"{row['raw_events']:,}"),
        )
        for row in gaps.to_dict("records")
    ]
    heads = (Head("From, to (UTC)"), Head("Long", "right"), Head("Raw events inside", "right"))
    return Table("gaps", "", heads, tuple(rows), "The timeline has no gaps.")


def table_events(events: pd.DataFrame, *, limit: int = 200) -> Table:
    """Raw events in order (UTC), at most `limit` of them; with their days where these are several."""
    days = events["time"].head(limit).dt.date
    is_new_day = (days != days.shift()) & events["time"].head(limit).notna() & (days.nunique() > 1)
    rows = [
        (
            Cell(
                "unknown" if pd.isna(row["time"]) else f"{row['time']:%H:%M:%S}",
                note=f"{row['time'].day} {row['time']:%b}" if new_day else "",
                mono=True,
            ),
            Cell(row["text"], url=row["url"]),
            Cell(row["actor"], note=row["place"]),
            Cell(row["kind"], note=row["source"]),
        )
        for row, new_day in zip(events.head(limit).to_dict("records"), is_new_day, strict=True)
    ]
    rest = f" {len(events) - limit:,} more are not shown." if len(events) > limit else ""
    heads = (Head("Time (UTC)", width="narrow"), Head("Text", width="wide"), Head("Who, where"), Head("Kind"))
    return Table("events", f"{len(events):,} events.{rest}", heads, tuple(rows), "No events.")


def table_debrief(questions: pd.DataFrame, *, limit: int = 30) -> Table:
    """What `debrief_questions` asks, each with the reason it has, at most `limit` of them."""
    rows = [
        (Cell(time_words(row["start_at"]), mono=True), Cell(row["question"], note=row["why"]))
        for row in questions.head(limit).to_dict("records")
    ]
    rest = f"{len(questions) - limit:,} more are not shown." if len(questions) > limit else ""
    heads = (Head("About (UTC)", width="narrow"), Head("Question", width="wide"))
    return Table("debrief", rest, heads, tuple(rows), "The record raises no questions.")


def _timeline_caption(timeline: pd.DataFrame) -> str:
    said = correction_words(timeline)
    if (timeline["time_basis"] == SET_BY_PEOPLE).any():
        said += " Where the team set another time, the recorded one stands below it."
    return said.strip()


def _marks_words(row: Mapping[str, Any]) -> str:
    marks = zip(row["mark"].split(), row["mark_basis"].split(), strict=True)
    return ", ".join(
        mark.replace("_", " ") + (" (from PagerDuty)" if basis == "default" else "") for mark, basis in marks
    )


def _source_words(row: Mapping[str, Any]) -> str:
    return "observed" if row["source"] == "manual" else str(row["source"])


def _place_words(row: Mapping[str, Any]) -> str:
    place = str(row["place"])
    return f"{place}, PagerDuty" if row["source"] == "pagerduty" and place else place
