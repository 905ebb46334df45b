"""The timeline and its activity as charts.

Times are UTC and drawn as UTC. Colours are told apart by colour-blind readers, and every source has a marker
shape of its own, so that a chart can be read in black and white.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from pmkit import schema
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
    lane_of,
    plain,
    see_through,
    shorten,
    source_rank,
    source_style,
    source_title,
    text_width,
)
from pmkit.timeline import find_anchors, incident_window, phase_spans

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PHASE_COLOURS: Final = {
    "lead-up": "#8592a3",
    "detection": "#e0902f",
    "response": "#4a86c8",
    "mitigation": "#8d74c9",
    "recovery": "#3aa477",
    "follow-up": "#8592a3",
}

_ROW: Final = 17  # pixels between two rows of labels
_LANE_GAP: Final = 12
_DENSITY: Final = 16  # pixels for the hill of raw events under a lane
_LABEL_LENGTH: Final = 46  # characters of an event that its label shows
_LANE_LENGTH: Final = 26  # characters of a lane's name; a channel may have 80
_LABEL_LIMIT: Final = 80  # more labels than this nobody reads; the rest shows on hover


def plot_timeline(
    timeline: pd.DataFrame,
    events: pd.DataFrame | None = None,
    *,
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    width: int = WIDTH,
    theme: Theme = "auto",
) -> Figure:
    """The timeline as a plotly figure; see `chart_timeline`."""
    return chart_timeline(timeline, events, window=window, width=width, theme=theme).figure


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


def chart_timeline(
    timeline: pd.DataFrame,
    events: pd.DataFrame | None = None,
    *,
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    width: int = WIDTH,
    theme: Theme = "auto",
) -> Chart:
    """The timeline as lanes by source and place, with phases shaded, anchors drawn and events labelled.

    Parameters
    ----------
    timeline : the curated events, as `pmkit.timeline.build_timeline` returns them
    events : all raw events; drawn as a low hill under each lane, so that nothing is left out in silence
    window : what to show (UTC); `pmkit.timeline.incident_window` when not given
    width : pixels the labels are placed for; at this width or more no two labels overlap
    theme : `light` or `dark` for a known background, `auto` for a notebook
    """
    look, timeline = LOOKS[theme], _in_utc(timeline)
    if window is None and timeline["time"].isna().all():
        return empty_chart("timeline", "No event is on the timeline yet", look, width)
    start, end = window or incident_window(timeline)
    shown = timeline[timeline["time"].between(start, end)]
    raw = None if events is None else schema.without_samples(events)
    raw = raw if raw is None else raw[raw["time"].between(start, end)]
    lanes = _lanes(shown, raw)
    titles = {lane: shorten(lane, _LANE_LENGTH) for lane in lanes}
    left = 24 + max((text_width(title, LABEL_SIZE) for title in titles.values()), default=60)
    scale = _Scale(start, end, width - left - 24)
    labelled = _most_telling(shown, _LABEL_LIMIT)
    placed = {lane: _place_labels(labelled[lane_of(labelled) == lane], scale) for lane in lanes}
    floors = _lane_floors(lanes, placed)
    ground = max(sum(_lane_height(placed[lane]) for lane in lanes), _ROW)
    anchors = find_anchors(timeline)
    anchors = anchors[anchors["time"].between(start, end)]
    anchor_labels = _place_anchor_labels(anchors, scale)
    top = 26 + _ROW * (1 + max((label.row for label in anchor_labels), default=0))
    traces = [
        *_density_traces(raw, lanes, floors, scale),
        _leader_trace(placed, floors, scale, look),
        *_marker_traces(shown, lanes, floors),
    ]
    phases = phase_spans(anchors, start, end) if len(anchors) else phase_spans(anchors, start, start)
    layout = frame_layout(look, width, int(ground + _ROW + top + 44), left=left, top=top, bottom=44)
    layout |= {
        "xaxis": _time_axis(look, start, end),
        "yaxis": {
            "range": [-_ROW, ground],
            "tickvals": [floors[lane] for lane in lanes],
            "ticktext": [plain(titles[lane]) for lane in lanes],
            "tickfont": {"color": look.ink, "size": LABEL_SIZE},
            "gridcolor": look.line,
            "zeroline": False,
            "fixedrange": True,
        },
        "shapes": [*_phase_shapes(phases, look), *_anchor_shapes(anchors, look)],
        "annotations": [
            *_phase_names(phases, scale, look),
            *_anchor_annotations(anchor_labels, look),
            *_label_annotations(placed, floors, look),
        ],
        "meta": _timeline_words(shown, timeline, raw, start, end),
    }
    return Chart({"data": traces, "layout": layout})


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
    look, events = LOOKS[theme], _in_utc(schema.without_samples(events))
    timeline = None if timeline is None else _in_utc(timeline)
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
    traces = [
        {
            "type": "bar",
            "name": plain(source_title(source)),
            "x": iso_times(counts.index),
            "y": counts[source].tolist(),
            "width": step / pd.Timedelta("1ms") * 0.94,
            "offset": 0,
            "marker": {"color": source_style(source)[0], "line": {"width": 0}},
            "hovertemplate": "%{x|%H:%M} UTC: %{y} from " + plain(source_title(source)) + "<extra></extra>",
        }
        for source in counts.columns
    ]
    anchors = find_anchors(timeline) if timeline is not None else find_anchors(_NO_MARKS)
    anchors = anchors[anchors["time"].between(start, end)]
    scale = _Scale(start, end, width - 60 - 24)
    anchor_labels = _place_anchor_labels(anchors, scale)
    phases = phase_spans(anchors, start, end) if len(anchors) else phase_spans(anchors, start, start)
    caption = f"Raw events per {_step_name(step)}, by source (UTC)."
    top = 14 + _ROW * (1 + max((label.row for label in anchor_labels), default=0))
    layout = frame_layout(look, width, 190 + top + 76, left=60, top=top, bottom=76)
    layout |= {
        "barmode": "stack",
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -0.22,
            "yanchor": "top",
            "traceorder": "normal",
            "font": {"color": look.ink, "size": LABEL_SIZE},
        },
        "xaxis": _time_axis(look, start, end),
        "yaxis": {
            "title": {"text": f"events per {_step_name(step)}", "font": {"color": look.muted, "size": 12}},
            "rangemode": "tozero",
            "gridcolor": look.line,
            "zeroline": False,
            "nticks": 5,
            "tickfont": {"color": look.muted, "size": 11},
            "fixedrange": True,
        },
        "shapes": [*_phase_shapes(phases, look), *_anchor_shapes(anchors, look)],
        "annotations": _anchor_annotations(anchor_labels, look),
        "meta": {
            "name": "activity",
            "caption": f"{caption} {correction_words(events)}".rstrip(),
            "alt": _activity_words(counts, step),
        },
    }
    return Chart({"data": traces, "layout": layout})


# Where things stand: pixels along time, labels in rows that never overlap


@dataclass(frozen=True)
class _Scale:
    """Time to pixels, for a plot area of `width` pixels."""

    start: pd.Timestamp
    end: pd.Timestamp
    width: float

    def pixels(self, time: pd.Timestamp) -> float:
        span = (self.end - self.start) / pd.Timedelta("1us")
        return float((time - self.start) / pd.Timedelta("1us") / span * self.width)


@dataclass(frozen=True)
class Label:
    """A label in its place: `row` counts upwards from the marker, `side` is where it stands of its leader."""

    time: pd.Timestamp
    text: str
    anchor: float  # pixel of the marker
    left: float
    right: float
    row: int
    side: Literal["left", "right"]


def _place_labels(rows: pd.DataFrame, scale: _Scale, *, bold: bool = False) -> list[Label]:
    """Labels of one lane, from the last event to the first, each in the lowest free row.

    Going backwards gives stairs that descend with time: the leader of an earlier event passes to the left of
    all labels of later ones, so that no leader crosses a label.
    """
    markers = [scale.pixels(time) for time in rows["time"]]
    placed: list[Label] = []
    for time, words in sorted(zip(rows["time"], rows["summary"], strict=True), reverse=True):
        placed.append(_lowest_free(time, words, scale, placed, markers, bold=bold))
    return placed


def _lowest_free(
    time: pd.Timestamp,
    words: str,
    scale: _Scale,
    placed: Sequence[Label],
    markers: Sequence[float],
    *,
    bold: bool,
) -> Label:
    """The label in its lowest free row: right of its leader, or left where the right edge is too near."""
    at = scale.pixels(time)
    text, side = _fitted(f"{time:%H:%M}", words, to_right=scale.width + 15 - at, to_left=at - 9, bold=bold)
    room = text_width(text, LABEL_SIZE, bold=bold)
    top = max((label.row for label in placed), default=0) + 1
    for leaders in (True, False):  # first without crossing a leader, then without that wish
        for row in range(top + 1):
            near = _gap(row)
            left, right = (at + near, at + near + room) if side == "right" else (at - near - room, at - near)
            label = Label(time, text, at, left, right, row, side)
            if _is_free(label, placed, markers, leaders=leaders):
                return label
    raise AssertionError("a row above all others is always free")


def _fitted(
    clock: str, words: str, *, to_right: float, to_left: float, bold: bool
) -> tuple[str, Literal["left", "right"]]:
    """The label's text and side: to the right as long as half of it fits there, else where there is room."""
    whole = shorten(words, _LABEL_LENGTH)
    half = min(len(whole), _LABEL_LENGTH // 2)
    # The last resort, in a narrow plot, is what fits on the wider side.
    right: Literal["right"] = "right"
    left: Literal["left"] = "left"
    last = (right, to_right, 1) if to_right > to_left else (left, to_left, 1)
    for side, room, shortest in ((right, to_right, half), (left, to_left, len(whole)), last):
        for length in range(len(whole), shortest - 1, -1):
            text = f"{clock} {shorten(whole, length)}"
            if text_width(text, LABEL_SIZE, bold=bold) <= room:
                return text, side
    return clock, last[0]


def _gap(row: int) -> int:
    """Pixels between a label and its marker or leader."""
    return 9 if row == 0 else 5


def _is_free(label: Label, placed: Sequence[Label], markers: Sequence[float], *, leaders: bool) -> bool:
    for other in placed:
        if other.row == label.row and label.left < other.right + 8 and other.left < label.right + 8:
            return False
        if leaders and other.row > label.row and label.left - 2 < other.anchor < label.right + 2:
            return False
        if leaders and other.row < label.row and other.left - 2 < label.anchor < other.right + 2:
            return False
    on_marker = label.row == 0 and any(label.left - 6 < marker < label.right + 6 for marker in markers)
    return not on_marker


def _place_anchor_labels(anchors: pd.DataFrame, scale: _Scale) -> list[Label]:
    rows = anchors.assign(summary=anchors["mark"].str.replace("_", " "))
    return _place_labels(rows.sort_values("time", kind="stable"), scale, bold=True)


def _lane_height(labels: Sequence[Label]) -> int:
    return _LANE_GAP + _DENSITY + 10 + _ROW * max((label.row for label in labels), default=0)


def _lane_floors(lanes: Sequence[str], placed: dict[str, list[Label]]) -> dict[str, float]:
    """Height of each lane's line over the ground, first lane on top; pixels."""
    floors, height = {}, 0
    for lane in reversed(lanes):
        floors[lane] = float(height + _DENSITY + _LANE_GAP / 2)
        height += _lane_height(placed[lane])
    return floors


def _lanes(shown: pd.DataFrame, raw: pd.DataFrame | None) -> list[str]:
    """Lanes that have a curated event, in order of their first one; the other raw events as one lane."""
    ordered = shown.sort_values("time", kind="stable")
    lanes = list(dict.fromkeys(lane_of(ordered)))
    if raw is not None and not lane_of(raw).isin(lanes).all():
        lanes.append("elsewhere")
    return lanes


def _most_telling(shown: pd.DataFrame, limit: int) -> pd.DataFrame:
    """At most `limit` events: those with a mark first, then those with a note, then in order of time."""
    if len(shown) <= limit:
        return shown
    weight = (shown["mark"] != "").astype(int) * 2 + (shown["note"] != "").astype(int)
    return shown.loc[weight.sort_values(ascending=False, kind="stable").index[:limit]].sort_index()


# What is drawn


def _density_traces(
    raw: pd.DataFrame | None, lanes: Sequence[str], floors: dict[str, float], scale: _Scale
) -> list[dict[str, Any]]:
    """Under each lane a low hill of its raw events; its height grows with the square root of their number."""
    if raw is None or raw.empty:
        return []
    steps = 160
    edges = pd.date_range(scale.start, scale.end, periods=steps + 1).as_unit("us")
    lies_in = lane_of(raw).where(lambda lane: lane.isin(lanes), "elsewhere")
    stamps = raw["time"].astype("int64").to_numpy()
    counts = {lane: np.histogram(stamps[(lies_in == lane).to_numpy()], bins=edges.asi8)[0] for lane in lanes}
    most = max((count.max() for count in counts.values()), default=0)
    middles = iso_times(edges[:-1] + (edges[1] - edges[0]) / 2)
    traces = []
    for lane, count in counts.items():
        if not count.any():
            continue
        source = raw.loc[lies_in == lane, "source"].iloc[0]
        base = floors[lane] - 5 - _DENSITY + 4
        heights = base + np.sqrt(count / most) * (_DENSITY - 4)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [middles[0], *middles, middles[-1]],
                "y": [base, *np.round(heights, 2).tolist(), base],
                "fill": "toself",
                "fillcolor": see_through(source_style(source)[0], 0.28),
                "line": {"width": 0.6, "color": see_through(source_style(source)[0], 0.55)},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    return traces


def _leader_trace(
    placed: dict[str, list[Label]], floors: dict[str, float], scale: _Scale, look: Look
) -> dict[str, Any]:
    """A thin line from each marker up to its label, all in one trace."""
    x: list[str | None] = []
    y: list[float | None] = []
    for lane, labels in placed.items():
        for label in labels:
            if label.row == 0:
                continue
            at = iso_times([label.time])[0]
            x += [at, at, None]
            y += [floors[lane], floors[lane] + label.row * _ROW, None]
    line = {"width": 0.8, "color": see_through(look.muted, 0.55)}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": line,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _marker_traces(
    shown: pd.DataFrame, lanes: Sequence[str], floors: dict[str, float]
) -> list[dict[str, Any]]:
    lies_in = lane_of(shown)
    traces = []
    for lane in lanes:
        rows = shown[lies_in == lane]
        if rows.empty:
            continue
        colour, symbol = source_style(rows["source"].iloc[0])
        anchor = rows["mark"] != ""
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": plain(lane),
                "x": iso_times(rows["time"]),
                "y": [floors[lane]] * len(rows),
                "marker": {
                    "symbol": symbol,
                    "color": colour,
                    "size": [11 if is_anchor else 8 for is_anchor in anchor],
                    "line": {"width": 1.2, "color": "#ffffff"},
                    "opacity": 1,
                },
                "customdata": [
                    [plain(shorten(words, 160)), "" if pd.isna(at) else f", recorded {at:%H:%M:%S}"]
                    for words, at in zip(rows["summary"], rows["recorded_at"], strict=True)
                ],
                "hovertemplate": (
                    "<b>%{x|%H:%M:%S} UTC</b>%{customdata[1]}<br>%{customdata[0]}<extra></extra>"
                ),
                "showlegend": False,
            }
        )
    return traces


def _label_annotations(
    placed: dict[str, list[Label]], floors: dict[str, float], look: Look
) -> list[dict[str, Any]]:
    return [
        {
            "x": iso_times([label.time])[0],
            "y": floors[lane] + label.row * _ROW,
            "text": f"<b>{label.text[:5]}</b>{plain(label.text[5:])}",
            "showarrow": False,
            "align": "left" if label.side == "right" else "right",
            "xanchor": "left" if label.side == "right" else "right",
            "xshift": _gap(label.row) * (1 if label.side == "right" else -1),
            "yanchor": "middle",
            "font": {"size": LABEL_SIZE, "color": look.ink},
        }
        for lane, labels in placed.items()
        for label in labels
    ]


def _anchor_shapes(anchors: pd.DataFrame, look: Look) -> list[dict[str, Any]]:
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


def _anchor_annotations(labels: Sequence[Label], look: Look) -> list[dict[str, Any]]:
    return [
        {
            "x": iso_times([label.time])[0],
            "y": 1,
            "yref": "paper",
            "yshift": 26 + label.row * _ROW,
            "yanchor": "top",
            "align": "left" if label.side == "right" else "right",
            "xanchor": "left" if label.side == "right" else "right",
            "xshift": _gap(label.row) * (1 if label.side == "right" else -1) - 6,
            "text": f"<b>{label.text[:5]} {plain(label.text[6:])}</b>",
            "showarrow": False,
            "font": {"size": LABEL_SIZE, "color": look.ink},
        }
        for label in labels
    ]


def _phase_shapes(phases: pd.DataFrame, look: Look) -> list[dict[str, Any]]:
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


def _phase_names(phases: pd.DataFrame, scale: _Scale, look: Look) -> list[dict[str, Any]]:
    """The name of each phase at the foot of its shade, where it fits."""
    names = []
    for row in phases.itertuples():
        room = scale.pixels(row.end_at) - scale.pixels(row.start_at)
        if text_width(row.phase, 11) + 6 > room:
            continue
        middle = row.start_at + (row.end_at - row.start_at) / 2
        names.append(
            {
                "x": iso_times([middle])[0],
                "y": 0,
                "yref": "paper",
                "yanchor": "bottom",
                "yshift": -2,
                "text": row.phase,
                "showarrow": False,
                "font": {"size": 11, "color": look.muted},
            }
        )
    return names


# The frame around it


def _time_axis(look: Look, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, Any]:
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


def _timeline_words(
    shown: pd.DataFrame,
    timeline: pd.DataFrame,
    raw: pd.DataFrame | None,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> dict[str, str]:
    """Name, caption and the text a screen reader says."""
    outside = len(timeline) - len(shown)
    caption = "Curated events by source (UTC); lines are the anchors, shades the phases between them."
    caption = f"{caption} {correction_words(timeline)}".rstrip()
    if raw is not None:
        caption += f" The hills below the lanes are all {len(raw):,} raw events." if len(raw) else ""
    if outside:
        lie = "1 more event lies" if outside == 1 else f"{outside} more events lie"
        caption += f" {lie} outside this window; the table has all."
    if len(shown) > _LABEL_LIMIT:
        caption += f" {_LABEL_LIMIT} of {len(shown):,} events are labelled."
    alt = f"Timeline of {len(shown)} events from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    return {"name": "timeline", "caption": caption, "alt": alt}


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


def _in_utc(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its times in UTC, so that a label and the axis under it never say two things."""
    return frame.assign(time=frame["time"].dt.tz_convert("UTC"))


_NO_MARKS: Final = pd.DataFrame(
    {name: pd.Series(dtype="str") for name in ("event_id", "mark", "mark_basis", "summary")}
    | {name: pd.Series(dtype="datetime64[us, UTC]") for name in ("time", "recorded_at")}
)
