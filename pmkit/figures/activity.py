"""How much was going on, by source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from pmkit import schema
from pmkit.figures._axis import anchor_annotations, anchor_shapes, in_utc, phase_shapes, time_axis
from pmkit.figures._labels import ROW, Scale, place_anchor_labels
from pmkit.look import (
    LABEL_SIZE,
    LOOKS,
    WIDTH,
    Chart,
    Look,
    Theme,
    correction_words,
    empty_chart,
    frame_layout,
    iso_times,
    plain,
    source_rank,
    source_style,
    source_title,
)
from pmkit.timeline import find_anchors, incident_window, phase_spans

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def plot_activity(
    events: pd.DataFrame,
    timeline: pd.DataFrame | None = None,
    *,
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    width: int = WIDTH,
    theme: Theme = "auto",
) -> Figure:
    """Raw events over time as a plotly figure; see `chart_activity`."""
    return chart_activity(events, timeline, window=window, width=width, theme=theme).figure


def chart_activity(
    events: pd.DataFrame,
    timeline: pd.DataFrame | None = None,
    *,
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    width: int = WIDTH,
    theme: Theme = "auto",
) -> Chart:
    """How much was going on: raw events per minute (or per longer step in a long window), by source.

    `timeline`, when given, supplies the anchors and the window. Samples of metrics are no activity.
    """
    look, events = LOOKS[theme], in_utc(schema.without_samples(events))
    timeline = None if timeline is None else in_utc(timeline)
    framed = events if timeline is None else timeline
    if window is None and framed["time"].isna().all():
        framed = events  # nothing is chosen yet: all of it
    if window is None and framed["time"].isna().all():
        return empty_chart("activity", "No event is known yet", look, width)
    start, end = window or incident_window(framed)
    shown = events[events["time"].between(start, end)]
    step = _bar_step(end - start)
    bins = shown["time"].dt.floor(step)
    counts = shown.groupby([bins, "source"], observed=True).size().unstack(fill_value=0)
    counts = counts.reindex(columns=sorted(counts.columns, key=source_rank))
    anchors = find_anchors(timeline) if timeline is not None else find_anchors(_NO_MARKS)
    anchors = anchors[anchors["time"].between(start, end)]
    scale = Scale(start, end, width - 60 - 24)
    anchor_labels = place_anchor_labels(anchors, scale)
    phases = phase_spans(anchors, start, end) if len(anchors) else phase_spans(anchors, start, start)
    caption = f"Raw events per {_step_name(step)}, by source (UTC)."
    top = 14 + ROW * (1 + max((label.row for label in anchor_labels), default=0))
    layout = frame_layout(look, width, 190 + top + 76, left=60, top=top, bottom=76)
    layout |= {
        "barmode": "stack",
        "showlegend": True,
        "legend": _legend(look),
        "xaxis": time_axis(look, start, end),
        "yaxis": _count_axis(look, step),
        "shapes": [*phase_shapes(phases, look), *anchor_shapes(anchors, look)],
        "annotations": anchor_annotations(anchor_labels, look),
        "meta": {
            "name": "activity",
            "caption": f"{caption} {correction_words(events)}".rstrip(),
            "alt": _activity_words(counts, step),
        },
    }
    return Chart({"data": [_bars(counts[source], step) for source in counts.columns], "layout": layout})


def _bars(counts: pd.Series, step: pd.Timedelta) -> dict[str, Any]:
    """The events of one source, a bar for each step."""
    source = str(counts.name)
    return {
        "type": "bar",
        "name": plain(source_title(source)),
        "x": iso_times(counts.index),
        "y": counts.tolist(),
        "width": step / pd.Timedelta("1ms") * 0.94,
        "offset": 0,
        "marker": {"color": source_style(source)[0], "line": {"width": 0}},
        "hovertemplate": "%{x|%H:%M} UTC: %{y} from " + plain(source_title(source)) + "<extra></extra>",
    }


def _legend(look: Look) -> dict[str, Any]:
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": -0.22,
        "yanchor": "top",
        "traceorder": "normal",
        "font": {"color": look.ink, "size": LABEL_SIZE},
    }


def _count_axis(look: Look, step: pd.Timedelta) -> dict[str, Any]:
    return {
        "title": {"text": f"events per {_step_name(step)}", "font": {"color": look.muted, "size": 12}},
        "rangemode": "tozero",
        "gridcolor": look.line,
        "zeroline": False,
        "nticks": 5,
        "tickfont": {"color": look.muted, "size": 11},
        "fixedrange": True,
    }


def _activity_words(counts: pd.DataFrame, step: pd.Timedelta) -> str:
    if counts.empty:
        return "No events in this window"
    totals = counts.sum(axis="columns")
    busiest = f"the most, {totals.max()} in one {_step_name(step)}, at {totals.idxmax():%H:%M} UTC"
    return f"Bar chart of {totals.sum():,} events over time; {busiest}"


def _bar_step(span: pd.Timedelta) -> pd.Timedelta:
    """The shortest round step that gives at most 240 bars."""
    steps = [pd.Timedelta(step) for step in ("1min", "5min", "15min", "1h", "6h", "1D")]
    return next((step for step in steps if span / step <= 240), steps[-1])


def _step_name(step: pd.Timedelta) -> str:
    names = {
        "1min": "minute",
        "5min": "5 minutes",
        "15min": "15 minutes",
        "1h": "hour",
        "6h": "6 hours",
        "1D": "day",
    }
    return next(name for size, name in names.items() if pd.Timedelta(size) == step)


_NO_MARKS: Final = pd.DataFrame(
    {name: pd.Series(dtype="str") for name in ("event_id", "mark", "mark_basis", "summary")}
    | {name: pd.Series(dtype="datetime64[us, UTC]") for name in ("time", "recorded_at")}
)
