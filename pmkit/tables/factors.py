"""Why it happened: contributing factors, the links between them, and the walk of the five whys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pmkit.blocks import Cell, Head, Table, packed
from pmkit.tables._words import cited_events, time_words


def table_factors(factors: pd.DataFrame, events: pd.DataFrame, timeline: pd.DataFrame | None = None) -> Table:
    """Contributing factors with their kind and the events that are evidence for them.

    With `timeline` an event stands with the time it has there: corrected by people, or theirs alone; one of
    another day than most of it stands with its day.
    """
    times = _event_times(events) | ({} if timeline is None else _event_times(timeline))
    # the day that most of it is of: a first sign may be a week older
    day = None if timeline is None else timeline["time"].dt.normalize().mode().min()
    rows = [
        (
            Cell(row["factor_id"], mono=True),
            Cell(row["statement"], note=row["note"]),
            Cell(row["kind"], badge="bad" if row["root_cause"] else None, note=_cause_words(row)),
            Cell(
                _evidence_words(row["event_ids"], times, day),
                sources=cited_events(row),
                cited_as=row["factor_id"],
            ),
        )
        for row in factors.to_dict("records")
    ]
    heads = (
        Head("Id", width="narrow"), Head("Contributing factor", width="wide"), Head("Kind"),
        Head("Evidence (UTC)"),
    )  # fmt: skip
    return Table(
        "factors",
        "",
        heads,
        tuple(rows),
        "No contributing factor is recorded yet.",
        packed("factors", factors),
    )


def table_links(links: pd.DataFrame, factors: pd.DataFrame) -> Table:
    """Links between factors, as `find_uncovered` gives them, with what the factors say."""
    said = dict(zip(factors["factor_id"], factors["statement"], strict=True))
    rows = [
        (
            Cell(row["cause"], note=said.get(row["cause"], ""), mono=True),
            Cell(row["effect"], note=said.get(row["effect"], ""), mono=True),
            Cell(row["note"]),
        )
        for row in links.to_dict("records")
    ]
    heads = (Head("Cause", width="wide"), Head("led to", width="wide"), Head("How"))
    return Table("links", "", heads, tuple(rows), "None: an action stands on every way to the impact.")


def table_whys(walk: pd.DataFrame) -> Table:
    """The walk of `five_whys`: what was asked, the factor that answers, and where nobody has answered."""
    rows = [
        (
            Cell(row["path"], mono=True),
            Cell(row["question"]),
            Cell(
                f"{row['answer']} {row['statement']}".strip(),
                note="as above" if row["seen"] else row["mechanism"],
            )
            if row["answer"]
            else Cell("no answer yet", badge="warn"),
        )
        for row in (walk.to_dict("records") if walk["answer"].any() else ())
    ]
    heads = (Head("Chain"), Head("Question"), Head("Answer", width="wide"))
    return Table("whys", "", heads, tuple(rows), "No factors are linked yet.")


def _cause_words(row: Mapping[str, Any]) -> str:
    words = ["root cause"] if row["root_cause"] else []
    words += [f"confidence {row['confidence']}"] if row["confidence"] else []
    words += [] if row["agreed"] else ["not agreed yet"]
    return ", ".join(words)


def _event_times(events: pd.DataFrame) -> dict[str, pd.Timestamp]:
    return dict(zip(events["event_id"], events["time"], strict=True))


def _evidence_words(event_ids: str, times: Mapping[str, pd.Timestamp], day: pd.Timestamp | None) -> str:
    """Times of the events instead of their ids; a reader finds them in the timeline by time."""
    return ", ".join(_moment(times.get(name, pd.NaT), day) or name for name in event_ids.split())


def _moment(time: pd.Timestamp, day: pd.Timestamp | None) -> str:
    """The time of day, and before it the day where it is another one: weeks before, or a year."""
    if pd.isna(time) or day is None or pd.isna(day) or time.date() == day.date():
        return time_words(time)
    year = f" {time:%Y}" if time.year != day.year else ""
    return f"{time.day} {time:%b}{year} {time_words(time)}"
