"""What a role could know, minute by minute: a chart with a slider, without hindsight."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from pmkit import schema
from pmkit.explore import known_to
from pmkit.look import (
    LABEL_SIZE,
    LOOKS,
    WIDTH,
    Chart,
    Look,
    Theme,
    empty_chart,
    frame_layout,
    iso_times,
    lane_of,
    plain,
    see_through,
    shorten,
    source_style,
    source_title,
    text_width,
)
from pmkit.postmortem import Incident
from pmkit.timeline import incident_window

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_MOST_STEPS: Final = 40
_STEPS: Final = ("1min", "2min", "5min", "10min", "15min", "30min", "1h", "2h", "6h", "12h", "1D")
_MOST_LANES: Final = 10
_LANE: Final = 26  # pixels
_LAST: Final = 8  # messages that stand below the chart in words
_LINE: Final = 18
_CHANGED: Final = "(changed later; the words of that moment are not in the export)"


def plot_replay(
    events: pd.DataFrame,
    incident: Incident,
    role: str,
    *,
    timeline: pd.DataFrame | None = None,
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    public: bool = False,
    width: int = WIDTH,
    theme: Theme = "auto",
) -> Figure:
    """The replay as a plotly figure; see `chart_replay`."""
    chart = chart_replay(
        events, incident, role, timeline=timeline, window=window, public=public, width=width, theme=theme
    )
    return chart.figure


def chart_replay(
    events: pd.DataFrame,
    incident: Incident,
    role: str,
    *,
    timeline: pd.DataFrame | None = None,
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    public: bool = False,
    width: int = WIDTH,
    theme: Theme = "auto",
) -> Chart:
    """What a role could see at each moment, with a slider over time and the latest of it in words.

    Each mark is an event, where and when it happened; it appears at the moment from which the role could see
    it, by the rule of `pmkit.explore.known_to`, which tells its limits. The slider needs neither kernel nor
    network.

    Parameters
    ----------
    timeline : supplies the window from its anchors
    window : what to show (UTC); of the timeline, else of all events, when not given
    public : show also what the role was no part of but could have opened
    """
    look, events = LOOKS[theme], schema.without_samples(events)
    if window is None and events["time"].notna().any():
        window = incident_window(events if timeline is None or timeline.empty else timeline)
    known = _known(events, incident, role, window, public=public)
    if window is None or known.empty:
        return empty_chart("replay", f"Nothing in the record was visible to the {role}", look, width)
    moments = _moments(*window)
    lanes = _lanes(known)
    left = 24 + max(text_width(shorten(lane, 26), LABEL_SIZE) for lane in lanes)
    drawn = _traces(known, lanes, moments)
    state = partial(_at, known=known, look=look, end=window[1], width=width, left=left)
    words = 34 + _LINE * (_LAST + 1)
    height = 30 + _LANE * len(lanes) + 40 + words + 76
    layout = frame_layout(look, width, height, left=left, top=30, bottom=height - 30 - _LANE * len(lanes))
    steps = [
        {
            "label": f"{moment:%H:%M}"
            if window[1] - window[0] < pd.Timedelta("1D")
            else f"{moment:%d %b %H:%M}",
            "method": "update",
            "args": [
                {"visible": [step <= n for step, _ in drawn]},
                state(moment),
            ],
        }
        for n, moment in enumerate(moments)
    ]
    active = next((n for n, moment in enumerate(moments) if (known["known_at"] <= moment).mean() >= 0.5), 0)
    layout |= {
        "xaxis": {
            "type": "date", "range": iso_times(window), "gridcolor": look.line, "zeroline": False,
            "tickfont": {"color": look.muted, "size": 11}, "tickformat": "%H:%M\n%d %b %Y", "nticks": 12,
            "fixedrange": True,
        },
        "yaxis": {
            "range": [len(lanes) - 0.5, -0.5], "tickvals": list(range(len(lanes))),
            "ticktext": [plain(shorten(lane, 26)) for lane in lanes], "gridcolor": look.line,
            "tickfont": {"color": look.ink, "size": LABEL_SIZE}, "zeroline": False, "fixedrange": True,
        },
        "sliders": [
            {
                "active": active, "steps": steps, "x": 0, "len": 1, "xanchor": "left",
                "y": 0, "yanchor": "top", "pad": {"t": 40 + words - 16, "b": 6, "l": 0, "r": 0},
                "currentvalue": {"visible": False},
                "font": {"color": look.muted, "size": 11}, "bordercolor": look.line, "tickcolor": look.line,
                "bgcolor": look.muted, "activebgcolor": look.ink, "minorticklen": 2,
            }
        ],
        "meta": _meta(known, role, window),
    }  # fmt: skip
    layout |= state(moments[active])
    traces = [trace | {"visible": step <= active} for step, trace in drawn]
    return Chart({"data": traces, "layout": layout})


def _known(
    events: pd.DataFrame,
    incident: Incident,
    role: str,
    window: tuple[pd.Timestamp, pd.Timestamp] | None,
    *,
    public: bool,
) -> pd.DataFrame:
    """What was visible at the end of the window, without words that came in by a later edit."""
    if window is None:
        return events.iloc[:0]
    known = known_to(events, incident, role, window[1], public=public)
    known = known[known["time"].between(*window)].reset_index(drop=True)
    changed = known["slack_edited_ts"] != ""
    return known.assign(text=known["text"].mask(changed, _CHANGED))


def _moments(start: pd.Timestamp, end: pd.Timestamp) -> list[pd.Timestamp]:
    """The positions of the slider: round times, at most so many, and the end."""
    sizes = [pd.Timedelta(step) for step in _STEPS]
    step = next((size for size in sizes if (end - start) / size <= _MOST_STEPS), (end - start) / _MOST_STEPS)
    moments = list(pd.date_range(start.ceil(step) if step in sizes else start, end, freq=step).as_unit("us"))
    return [*moments, end] if not moments or moments[-1] < end else moments


def _lanes(known: pd.DataFrame) -> list[str]:
    """The places with the most events, in order of their first; the rest as one lane."""
    places = lane_of(known)
    most = set(places.value_counts().head(_MOST_LANES).index)
    lanes = [place for place in dict.fromkeys(places) if place in most]
    return lanes if places.isin(most).all() else [*lanes, "elsewhere"]


def _traces(
    known: pd.DataFrame, lanes: Sequence[str], moments: Sequence[pd.Timestamp]
) -> list[tuple[int, dict[str, Any]]]:
    """For each position of the slider the events that come in with it, by source."""
    place = lane_of(known).where(lambda lane: lane.isin(lanes), "elsewhere")
    step = pd.Series(moments).searchsorted(known["known_at"]).clip(max=len(moments) - 1)
    traces = []
    for (n, source), rows in known.assign(_place=place).groupby([step, "source"], sort=True):
        colour, symbol = source_style(source)
        hover = [
            [plain(shorten(text or "(no words)", 140)), plain(by), plain(actor or source_title(source))]
            for text, by, actor in zip(rows["text"], rows["known_by"], rows["actor"], strict=True)
        ]
        traces.append(
            (
                int(n),
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": iso_times(rows["time"]),
                    "y": [lanes.index(lane) for lane in rows["_place"]],
                    "marker": {
                        "symbol": symbol,
                        "color": colour,
                        "size": [10 if by in ("wrote it", "was paged") else 7 for by in rows["known_by"]],
                        "line": {"width": 1, "color": "#ffffff"},
                    },
                    "customdata": hover,
                    "hovertemplate": "<b>%{x|%H:%M:%S} UTC</b> %{customdata[2]}<br>%{customdata[0]}<br>"
                    "%{customdata[1]}<extra></extra>",
                    "showlegend": False,
                },
            )
        )
    return traces


def _at(
    moment: pd.Timestamp, *, known: pd.DataFrame, look: Look, end: pd.Timestamp, width: float, left: float
) -> dict[str, Any]:
    """The line of that moment, the shade over what is to come, and the latest events in words."""
    now, last = iso_times([moment, end])
    across = {"xref": "x", "yref": "paper", "y0": 0, "y1": 1}
    shapes = [
        across | {"type": "line", "x0": now, "x1": now, "line": {"color": look.ink, "width": 1.2}},
        across | {"type": "rect", "x0": now, "x1": last, "line": {"width": 0},
                  "fillcolor": see_through("#8592a3", look.shade)},
    ]  # fmt: skip
    seen = known[known["known_at"] <= moment]
    head = f"<b>{moment:%H:%M} UTC</b>  {len(seen):,} events visible, the latest of them:"
    lines = [head, *(_line(row, width - 40) for row in seen.sort_values("time").tail(_LAST).itertuples())]
    texts = [
        {
            "xref": "paper", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "top",
            "xshift": -left + 16, "yshift": -40 - _LINE * n, "text": line, "showarrow": False,
            "align": "left", "font": {"size": LABEL_SIZE, "color": look.ink},
        }
        for n, line in enumerate(lines)
    ]  # fmt: skip
    return {"shapes": shapes, "annotations": texts}


def _line(row: Any, room: float) -> str:
    where = f"{row.time:%H:%M:%S} {shorten(row.place or source_title(row.source), 26)} "
    text = shorten(row.text, 150) or "(no words)"
    while len(text) > 4 and text_width(where + text, LABEL_SIZE, bold=False) > room:
        text = shorten(text, len(text) - 4)
    return f"<b>{plain(where[:8])}</b>{plain(where[8:])}{plain(text)}"


def _meta(known: pd.DataFrame, role: str, window: tuple[pd.Timestamp, pd.Timestamp]) -> dict[str, str]:
    start, end = window
    caption = f"What the {role} could see, as time goes on (UTC); a mark appears when it became visible."
    alt = f"{len(known):,} events that the {role} could see from {start:%Y-%m-%d %H:%M} to {end:%H:%M} UTC"
    return {"name": "replay", "caption": caption, "alt": alt}
