"""How the tables write times, dates, counts and events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pandas as pd

from pmkit.blocks import Tone

STATUS_TONES: Final[dict[str, Tone]] = {
    "done": "good",
    "in progress": "info",
    "open": "warn",
    "dropped": "neutral",
}


def time_words(time: pd.Timestamp) -> str:
    """`14:02:11`; "" where there is none."""
    return "" if pd.isna(time) else f"{time:%H:%M:%S}"


def date_words(day: pd.Timestamp) -> str:
    """`3 Nov 2026`."""
    return "no date" if pd.isna(day) else f"{day.day} {day:%b %Y}"


def day_time(time: pd.Timestamp) -> str:
    """`3 Nov 2026 14:02`."""
    return "unknown" if pd.isna(time) else f"{time.day} {time:%b %Y %H:%M}"


def span_words(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """`3 Nov 2026 14:02 to 3 Nov 2026 15:10`; one time where both are the same."""
    if pd.isna(first) and pd.isna(last):
        return "no times"
    return day_time(first) if first == last else f"{day_time(first)} to {day_time(last)}"


def long_date(day: date) -> str:
    """`3 November 2026`."""
    return f"{day.day} {day:%B %Y}"


def joined(*words: str) -> str:
    """The words that there are, with commas."""
    return ", ".join(filter(None, words))


def count_words(number: object) -> str:
    """`1,204`, or `unknown`."""
    return "unknown" if pd.isna(number) else f"{number:,}"


def recorded_words(row: Mapping[str, Any], end: str = "") -> str:
    """`recorded 07:59:12`, with its day where that is another one; "" where the time is the recorded one."""
    at, shown = row[f"{end}recorded_at"], row["time" if not end else f"{end}at"]
    if pd.isna(at):
        return ""
    day = "" if at.date() == shown.date() else f"{at.day} {at:%b} "
    return f"recorded {day}{time_words(at)}"


def cited_events(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the events that a row rests on."""
    return tuple(str(row.get("event_ids") or "").split())
