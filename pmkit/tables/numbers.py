"""How long it took and what it cost: the response metrics, how each was derived, the impact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from pmkit.blocks import Card, Cards, Cell, Head, Table, packed
from pmkit.metrics import format_minutes
from pmkit.tables._words import cited_events, joined, recorded_words, time_words

_BASIS_WORDS: Final = {
    "marked": "both events marked by the team",
    "default": "PagerDuty's time, not confirmed by the team",
    "unknown": "an anchor is missing",
    "out of order": "its end lies before its start: check the anchors",
}


def card_metrics(metrics: pd.DataFrame) -> Cards:
    """The response metrics as a row of cards, each with the events it runs between."""
    cards = tuple(_metric_card(row) for row in metrics.to_dict("records"))
    return Cards(cards, packed("metrics", metrics))


def table_derivations(metrics: pd.DataFrame) -> Table:
    """How each metric was derived: from which event to which event, and who said so."""
    rows = [
        (
            Cell(row["metric"], note=row["title"], anchor=f"derived:{row['metric']}"),
            Cell("unknown" if pd.isna(row["minutes"]) else format_minutes(row["minutes"])),
            _anchor_cell(row, "from"),
            _anchor_cell(row, "to"),
            Cell(_BASIS_WORDS[row["basis"]]),
        )
        for row in metrics.to_dict("records")
    ]
    heads = (
        Head("Metric"), Head("Value", "right", "narrow"), Head("From", width="wide"),
        Head("To", width="wide"), Head("Basis", width="wide"),
    )  # fmt: skip
    caption = "Every duration is the time between two events."
    frame = packed("metrics", metrics)
    return Table("derivations", caption, heads, tuple(rows), "No metrics.", frame)


def table_impact(impact: pd.DataFrame) -> Table:
    """What the incident did, in numbers, each with its source."""
    rows = [
        (
            Cell(row["measure"], note=row["note"]),
            Cell(_amount(row)),
            Cell(row["basis"], sources=cited_events(row), cited_as=row["measure"]),
        )
        for row in impact.to_dict("records")
    ]
    heads = (Head("Measure", width="wide"), Head("Value", "right"), Head("How we know", width="wide"))
    return Table("impact", "", heads, tuple(rows), "No impact is measured yet.", packed("impact", impact))


def _metric_card(row: Mapping[str, Any]) -> Card:
    if pd.isna(row["minutes"]):
        missing = [
            row[f"{end}_mark"].replace("_", " ") for end in ("from", "to") if pd.isna(row[f"{end}_at"])
        ]
        why = f"`{'` and `'.join(missing)}` not marked" if missing else _BASIS_WORDS["out of order"]
        return Card(row["title"], "unknown", why, "warn", f"derived:{row['metric']}")
    span = " → ".join(f"{_end_words(row, end)} {_mark_words(row, end)}" for end in ("from", "to"))
    default = row["basis"] == "default"
    note = span + (" (PagerDuty)" if default else "")
    return Card(row["title"], format_minutes(row["minutes"]), note, derived=f"derived:{row['metric']}")


def _anchor_cell(row: Mapping[str, Any], end: str) -> Cell:
    if pd.isna(row[f"{end}_at"]):
        return Cell(f"{_mark_words(row, end)}: not marked")
    recorded = recorded_words(row, f"{end}_")
    words = f"{_end_words(row, end)} {_mark_words(row, end)}"
    sources = (row[f"{end}_event"],) if row[f"{end}_event"] else ()
    return Cell(joined(words, recorded), note=row[f"{end}_summary"], sources=sources, cited_as=row["metric"])


def _end_words(row: Mapping[str, Any], end: str) -> str:
    """The time of one end of a duration, with its day where the other end is on another one."""
    at, ends = row[f"{end}_at"], (row["from_at"], row["to_at"])
    one_day = pd.isna(ends[0]) or pd.isna(ends[1]) or ends[0].date() == ends[1].date()
    return time_words(at) if one_day else f"{at.day} {at:%b} {time_words(at)}"


def _mark_words(row: Mapping[str, Any], end: str) -> str:
    return str(row[f"{end}_mark"]).replace("_", " ")


def _amount(row: Mapping[str, Any]) -> str:
    value, low, high = ("" if pd.isna(row[name]) else _number(row[name]) for name in ("value", "low", "high"))
    span = (
        f"{low} to {high}"
        if low and high
        else f"at least {low}"
        if low
        else f"at most {high}"
        if high
        else ""
    )
    if not value:
        return f"{span or 'unknown'} {row['unit']}"
    return f"{value} {row['unit']}" + (f" ({span})" if span else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.10g}"
