"""The timeline as lanes by source and place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from pmkit import schema
from pmkit.figures._axis import anchor_annotations, anchor_shapes, in_utc, phase_shapes, time_axis
from pmkit.figures._labels import ROW, Label, Scale, gap, place_anchor_labels, place_labels
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
    source_style,
    text_width,
)
from pmkit.timeline import find_anchors, incident_window, phase_spans

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_LANE_GAP: Final = 12
_DENSITY: Final = 16  # pixels for the hill of raw events under a lane
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
    look, timeline = LOOKS[theme], in_utc(timeline)
    if window is None and timeline["time"].isna().all():
        return empty_chart("timeline", "No event is on the timeline yet", look, width)
    start, end = window or incident_window(timeline)
    shown = timeline[timeline["time"].between(start, end)]
    raw = None if events is None else schema.without_samples(events)
    raw = raw if raw is None else raw[raw["time"].between(start, end)]
    lanes = _lanes(shown, raw)
    titles = {lane: shorten(lane, _LANE_LENGTH) for lane in lanes}
    left = 24 + max((text_width(title, LABEL_SIZE) for title in titles.values()), default=60)
    scale = Scale(start, end, width - left - 24)
    labelled = _most_telling(shown, _LABEL_LIMIT)
    placed = {lane: place_labels(labelled[lane_of(labelled) == lane], scale) for lane in lanes}
    floors = _lane_floors(lanes, placed)
    ground = max(sum(_lane_height(placed[lane]) for lane in lanes), ROW)
    anchors = find_anchors(timeline)
    anchors = anchors[anchors["time"].between(start, end)]
    anchor_labels = place_anchor_labels(anchors, scale)
    top = 26 + ROW * (1 + max((label.row for label in anchor_labels), default=0))
    traces = [
        *_density_traces(raw, lanes, floors, scale),
        _leader_trace(placed, floors, scale, look),
        *_marker_traces(shown, lanes, floors),
    ]
    phases = phase_spans(anchors, start, end) if len(anchors) else phase_spans(anchors, start, start)
    layout = frame_layout(look, width, int(ground + ROW + top + 44), left=left, top=top, bottom=44)
    layout |= {
        "xaxis": time_axis(look, start, end),
        "yaxis": {
            "range": [-ROW, ground],
            "tickvals": [floors[lane] for lane in lanes],
            "ticktext": [plain(titles[lane]) for lane in lanes],
            "tickfont": {"color": look.ink, "size": LABEL_SIZE},
            "gridcolor": look.line,
            "zeroline": False,
            "fixedrange": True,
        },
        "shapes": [*phase_shapes(phases, look), *anchor_shapes(anchors, look)],
        "annotations": [
            *_phase_names(phases, scale, look),
            *anchor_annotations(anchor_labels, look),
            *_label_annotations(placed, floors, look),
        ],
        "meta": _timeline_words(shown, timeline, raw, start, end),
    }
    return Chart({"data": traces, "layout": layout})


def _lane_height(labels: Sequence[Label]) -> int:
    return _LANE_GAP + _DENSITY + 10 + ROW * max((label.row for label in labels), default=0)


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


def _density_traces(
    raw: pd.DataFrame | None, lanes: Sequence[str], floors: dict[str, float], scale: Scale
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
    placed: dict[str, list[Label]], floors: dict[str, float], scale: Scale, look: Look
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
            y += [floors[lane], floors[lane] + label.row * ROW, None]
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
            "y": floors[lane] + label.row * ROW,
            "text": f"<b>{label.text[:5]}</b>{plain(label.text[5:])}",
            "showarrow": False,
            "align": "left" if label.side == "right" else "right",
            "xanchor": "left" if label.side == "right" else "right",
            "xshift": gap(label.row) * (1 if label.side == "right" else -1),
            "yanchor": "middle",
            "font": {"size": LABEL_SIZE, "color": look.ink},
        }
        for lane, labels in placed.items()
        for label in labels
    ]


def _phase_names(phases: pd.DataFrame, scale: Scale, look: Look) -> list[dict[str, Any]]:
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
