"""Lanes of all events over time: choose one, mark a window; what is on the timeline stands out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import anywidget
import msgspec
import pandas as pd
import traitlets

from pmkit import schema
from pmkit.bursts import find_bursts
from pmkit.figures import PHASE_COLOURS
from pmkit.look import lane_of, source_rank, source_style, source_title
from pmkit.timeline import find_anchors, incident_window, phase_spans

_STATIC: Final = Path(__file__).parent / "static"
_WORDS: Final = 100  # characters of an event that travel to the browser; the details pane has the rest
_LANES: Final = 14  # more lanes than this nobody can tell apart; the quietest share one

OBSERVED: Final = source_title("manual")  # the lane of what people report without a record

Window = tuple[pd.Timestamp, pd.Timestamp] | None


def script(name: str) -> str:
    """A part's own script, behind what all parts share: a browser loads it without asking for more."""
    return "\n".join((_STATIC / file).read_text(encoding="utf-8") for file in ("shell.js", f"{name}.js"))


def style(name: str) -> str:
    """A part's stylesheet, behind the colours all parts share."""
    return "\n".join((_STATIC / file).read_text(encoding="utf-8") for file in ("shell.css", f"{name}.css"))


class Lanes(anywidget.AnyWidget):
    """All events as lanes by source and place, those on the timeline above, with phases and anchors.

    `events` are the raw ones, `timeline` what `build_timeline` made of them. Times are UTC; `zone` (`utc`,
    `team` or `viewer`) and `team_zone` only change what is shown.
    """

    _esm = script("lanes")
    _css = style("lanes")

    # Name, colour and marker of each lane.
    lanes: traitlets.List[Any] = traitlets.List().tag(sync=True)
    # Ids, times (ms), lanes (positions) and words of all events, by time. As one text: hundreds of thousands
    # of values are walked one by one otherwise.
    raw: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True, to_json=lambda raw, _: _as_text(raw))
    # What is on the timeline: id, t, end, lane, text, mark.
    curated: traitlets.List[Any] = traitlets.List().tag(sync=True)
    anchors: traitlets.List[Any] = traitlets.List().tag(sync=True)
    marked: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)  # as `marked_events` gives it
    phases: traitlets.List[Any] = traitlets.List().tag(sync=True)
    # Id, t, end and members (positions in `raw`); `unfolded` are those shown one by one all the same.
    bursts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    fold = traitlets.Bool(True).tag(sync=True)
    unfolded: traitlets.List[Any] = traitlets.List().tag(sync=True)
    # The stretch shown at first: start and end (ms).
    home: traitlets.List[Any] = traitlets.List().tag(sync=True)
    zone = traitlets.Enum(["utc", "team", "viewer"], "utc").tag(sync=True)
    team_zone = traitlets.Unicode("UTC").tag(sync=True)
    zone_name = traitlets.Unicode("UTC").tag(sync=True)  # the zone itself, as a browser knows it
    label = traitlets.Unicode("Events by source and time").tag(sync=True)

    def __init__(
        self,
        events: pd.DataFrame,
        timeline: pd.DataFrame,
        *,
        bursts: pd.DataFrame | None = None,
        team_zone: str = "UTC",
    ) -> None:
        self._window_calls: list[Callable[[Window], None]] = []
        self._select_calls: list[Callable[[str, str], None]] = []
        self._act_calls: list[Callable[[Mapping[str, Any]], None]] = []
        found = find_bursts(events) if bursts is None else bursts
        super().__init__(team_zone=team_zone, **self._recorded(events, found), **self._said(timeline))
        self.on_msg(self._hear)

    def replace(self, events: pd.DataFrame, timeline: pd.DataFrame, bursts: pd.DataFrame) -> None:
        """Show other evidence."""
        self._set({**self._recorded(events, bursts), **self._said(timeline)})

    def update(self, timeline: pd.DataFrame) -> None:
        """Show the timeline as it is now; the raw events stay."""
        self._set(self._said(timeline))

    def goto(self, event_id: str, *, viewer: str = "") -> None:
        """Choose an event and bring it into view; in one viewer's page, or in all."""
        self.send({"op": "goto", "id": event_id, "viewer": viewer})

    def show_window(self, window: Window) -> None:
        """Mark a window, or none."""
        ends = (None, None) if window is None else tuple(milliseconds(pd.Series(window)))
        self.send({"op": "window", "start": ends[0], "end": ends[1]})

    def tell(self, text: str = "") -> None:
        """Show one sentence of trouble; empty when there is none any more."""
        self.send({"op": "error", "text": text} if text else {"op": "saved"})

    # What people do

    def on_window(self, call: Callable[[Window], None]) -> None:
        """`call` with the window (UTC) somebody marked, and with None when it is gone."""
        self._window_calls.append(call)

    def on_select(self, call: Callable[[str, str], None]) -> None:
        """`call` with the event somebody chose, and the viewer who did."""
        self._select_calls.append(call)

    def on_act(self, call: Callable[[Mapping[str, Any]], None]) -> None:
        """`call` with everything else: `include` (ids, on), `mark` (id, mark, on, held_by), `open` (id)."""
        self._act_calls.append(call)

    def _hear(self, _: object, content: Mapping[str, Any], __: object) -> None:
        op = content.get("op")
        if op == "window":
            window = _moments(content.get("start"), content.get("end"))
            for call in self._window_calls:
                call(window)
        elif op == "select":
            for select in self._select_calls:
                select(str(content.get("id", "")), str(content.get("viewer", "")))
        elif op in ("include", "mark", "open"):
            for act in self._act_calls:
                act(content)

    def _set(self, values: Mapping[str, Any]) -> None:
        with self.hold_sync():
            for name, value in values.items():
                setattr(self, name, value)

    def _recorded(self, events: pd.DataFrame, bursts: pd.DataFrame) -> dict[str, Any]:
        everything = events[events["time"].notna()].sort_values("time", kind="stable")
        places = lane_of(everything)
        looks = _lane_looks(places, everything["source"])  # of samples too, for one that is on the timeline
        names = [look["name"] for look in looks]
        dated = schema.without_samples(everything)
        ids = dated["event_id"].tolist()
        self._dated = dated
        self._positions = {name: n for n, name in enumerate(names)}
        return {
            "lanes": looks,
            "raw": {
                "ids": ids,
                "times": milliseconds(dated["time"]),
                "lanes": _as_lanes(places[dated.index], names).map(self._positions).tolist(),
                "words": dated["text"].str.slice(0, _WORDS).tolist(),
            },
            "bursts": _burst_records(bursts, {event_id: n for n, event_id in enumerate(ids)}),
        }

    def _said(self, timeline: pd.DataFrame) -> dict[str, Any]:
        dated = self._dated
        anchors = find_anchors(timeline)
        either = timeline if len(timeline) else dated
        if len(either):
            start, end = incident_window(either)
        else:
            end = pd.Timestamp("2000-01-01T01:00:00Z")
            start = end - pd.Timedelta("1h")
        first, last = min([start, *dated["time"].iloc[:1]]), max([end, *dated["time"].iloc[-1:]])
        spans = phase_spans(anchors, first, last) if len(anchors) else phase_spans(anchors, first, first)
        lanes = _as_lanes(lane_of(timeline), list(self._positions)).map(self._positions).tolist()
        ends = [
            None if pd.isna(end_at) else ms
            for end_at, ms in zip(timeline["ended_at"], milliseconds(timeline["ended_at"]), strict=True)
        ]
        return {
            "curated": [
                {"id": event_id, "t": t, "end": end_ms, "lane": lane, "text": text[:_WORDS], "mark": mark}
                for event_id, t, end_ms, lane, text, mark in zip(
                    timeline["event_id"], milliseconds(timeline["time"]), ends, lanes, timeline["summary"],
                    timeline["mark"], strict=True,
                )
            ],
            "marked": marked_events(timeline),
            "anchors": [
                {"mark": mark, "t": t, "basis": basis}
                for mark, t, basis in zip(
                    anchors["mark"], milliseconds(anchors["time"]), anchors["basis"], strict=True
                )
            ],
            "phases": [
                {"name": name, "start": begin, "end": stop, "colour": PHASE_COLOURS[name]}
                for name, begin, stop in zip(
                    spans["phase"], milliseconds(spans["start_at"]), milliseconds(spans["end_at"]),
                    strict=True,
                )
            ],
            "home": milliseconds(pd.Series([start, end])),
        }  # fmt: skip


# Frames to plain values


def _as_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def marked_events(timeline: pd.DataFrame) -> dict[str, list[str]]:
    """For each anchor the events that people marked as it; PagerDuty's defaults are nobody's word."""
    found: dict[str, list[str]] = {}
    rows = timeline[timeline["mark"] != ""]
    for event_id, marks, bases in zip(rows["event_id"], rows["mark"], rows["mark_basis"], strict=True):
        for mark, basis in zip(marks.split(), bases.split(), strict=True):
            if basis == "marked":
                found.setdefault(mark, []).append(event_id)
    return found


def milliseconds(times: pd.Series) -> list[int]:
    """Milliseconds since 1970, as a browser counts them; what is missing becomes a number nobody reads."""
    ms: list[int] = (times.astype("datetime64[us, UTC]").astype("int64") // 1000).tolist()
    return ms


def _moments(start: object, end: object) -> Window:
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        return None
    return pd.Timestamp(start, unit="ms", tz="UTC"), pd.Timestamp(end, unit="ms", tz="UTC")


def _lane_looks(lanes: pd.Series, sources: pd.Series) -> list[dict[str, str]]:
    """Name, colour and marker of each lane: by source, the busiest place first; observations last; the
    quietest as one.
    """
    first = pd.DataFrame({"lane": lanes, "source": sources}).drop_duplicates("lane")
    source_of = dict(zip(first["lane"], first["source"], strict=True)) | {OBSERVED: "manual"}
    counts = lanes.value_counts()
    keep = set(counts.index[: _LANES - 2]) if len(counts) > _LANES else set(counts.index)
    ranked = sorted(
        (source_rank(source), -int(counts[lane]), lane)
        for lane, source in source_of.items()
        if lane in keep and source != "manual"
    )
    names = [lane for _, _, lane in ranked]
    names += [*(["elsewhere"] if len(keep) < len(counts) else []), OBSERVED]
    styles = [source_style(source_of.get(name, "")) for name in names]
    return [
        {"name": name, "colour": colour, "marker": marker}
        for name, (colour, marker) in zip(names, styles, strict=True)
    ]


def _as_lanes(lanes: pd.Series, names: Sequence[str]) -> pd.Series:
    return lanes.where(lanes.isin(names), "elsewhere" if "elsewhere" in names else OBSERVED)


def _burst_records(bursts: pd.DataFrame, positions: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "id": burst_id,
            "t": start,
            "end": end,
            "members": [positions[event_id] for event_id in ids.split() if event_id in positions],
        }
        for burst_id, start, end, ids in zip(
            bursts["burst_id"], milliseconds(bursts["start_at"]), milliseconds(bursts["end_at"]),
            bursts["event_ids"], strict=True,
        )
    ]  # fmt: skip
