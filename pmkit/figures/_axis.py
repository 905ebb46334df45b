"""What every chart over the time of an incident has: its axis, its anchors, its phases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from pmkit.figures._labels import ROW, Label, gap
from pmkit.look import LABEL_SIZE, Look, iso_times, plain, see_through

PHASE_COLOURS: Final = {
    "lead-up": "#8592a3",
    "detection": "#e0902f",
    "response": "#4a86c8",
    "mitigation": "#8d74c9",
    "recovery": "#3aa477",
    "follow-up": "#8592a3",
}


def time_axis(look: Look, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, Any]:
    """The axis of times, in UTC."""
    return {
        "type": "date",
        "range": iso_times([start, end]),
        "gridcolor": look.line,
        "zeroline": False,
        "showline": True,
        "linecolor": look.line,
        "ticks": "outside",
        "tickcolor": look.line,
        "tickfont": {"color": look.muted, "size": 11},
        "tickformatstops": [
            {"dtickrange": [None, 60_000], "value": "%H:%M:%S\n%d %b %Y"},
            {"dtickrange": [60_000, 86_400_000], "value": "%H:%M\n%d %b %Y"},
            {"dtickrange": [86_400_000, None], "value": "%d %b\n%Y"},
        ],
        "nticks": 12,
    }


def in_utc(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its times in UTC, so that a label and the axis under it never say two things."""
    return frame.assign(time=frame["time"].dt.tz_convert("UTC"))


def anchor_shapes(anchors: pd.DataFrame, look: Look) -> list[dict[str, Any]]:
    """A line through the chart at each anchor."""
    return [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": at,
            "x1": at,
            "y0": 0,
            "y1": 1,
            "line": {"width": 1, "color": look.muted, "dash": "dot" if basis == "default" else "solid"},
            "layer": "below",
        }
        for at, basis in zip(iso_times(anchors["time"]), anchors["basis"], strict=True)
    ]


def anchor_annotations(labels: Sequence[Label], look: Look) -> list[dict[str, Any]]:
    """The names of the anchors, above the chart."""
    return [
        {
            "x": iso_times([label.time])[0],
            "y": 1,
            "yref": "paper",
            "yshift": 26 + label.row * ROW,
            "yanchor": "top",
            "align": "left" if label.side == "right" else "right",
            "xanchor": "left" if label.side == "right" else "right",
            "xshift": gap(label.row) * (1 if label.side == "right" else -1) - 6,
            "text": f"<b>{label.text[:5]} {plain(label.text[6:])}</b>",
            "showarrow": False,
            "font": {"size": LABEL_SIZE, "color": look.ink},
        }
        for label in labels
    ]


def phase_shapes(phases: pd.DataFrame, look: Look) -> list[dict[str, Any]]:
    """The phases as shades behind the chart."""
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": start,
            "x1": end,
            "y0": 0,
            "y1": 1,
            "fillcolor": see_through(PHASE_COLOURS[phase], look.shade),
            "line": {"width": 0},
            "layer": "below",
        }
        for phase, start, end in zip(
            phases["phase"], iso_times(phases["start_at"]), iso_times(phases["end_at"]), strict=True
        )
    ]
