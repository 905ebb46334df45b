"""Merge events with people's marks into one timeline: order, anchors, phases, silent gaps."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import Any, Final

import pandas as pd

from pmkit import schema

SET_BY_PEOPLE: Final = "set by the team"  # the basis of a time that the worksheet has for a recorded event

TIMELINE_COLUMNS: Final = (
    "event_id", "time", "recorded_at", "time_basis", "ended_at", "source", "kind", "actor", "place",
    "summary", "text", "mark", "mark_basis", "phase", "note", "ref", "url",
)  # fmt: skip

Row = dict[str, Any]
# What is taken from an event, and from a row of the worksheet.
_RECORDED: Final = (
    "event_id", "time", "recorded_at", "time_basis", "source", "kind", "actor", "place", "text", "ref", "url",
)  # fmt: skip
_SAID: Final = (
    "event_id", "time", "ended_at", "actor", "place", "summary", "mark", "phase", "note",
)  # fmt: skip

# PagerDuty's own clock, as defaults for the anchors nobody has marked yet. Its incident is often opened long
# after the impact began and resolved long after it ended: there is no default for when impact started or
# was mitigated.
_DEFAULT_ANCHORS: Final = (
    ("detected", "trigger", "first"),
    ("acknowledged", "ack", "first"),
    ("resolved", "resolve", "last"),
)


def build_timeline(events: pd.DataFrame, worksheet: pd.DataFrame) -> pd.DataFrame:
    """The events people put on the timeline, in the order they happened.

    One row per event: `event_id`, `time` and `ended_at` (UTC), `recorded_at` (what the source recorded, where
    its clock is corrected or people set another time) and `time_basis` (which of them it is), `source`,
    `kind`, `actor`, `place`, `summary` (people's words, else the text), `text` (untouched), `mark` (anchors,
    space between), `mark_basis` (of each mark: `marked` by people, `default` from PagerDuty), `phase`,
    `note`, `ref`, `url`.

    An anchor nobody marked falls back to PagerDuty's record, and its event is shown for that reason. Events
    of the same microsecond keep the order of their sources.
    """
    rows = _curated(events, worksheet)
    _add_default_anchors(rows, events, worksheet)
    rank = {source: n for n, source in enumerate(schema.SOURCES)}
    rows.sort(key=lambda row: (row["time"], rank.get(row["source"], len(rank)), row["event_id"]))
    _add_phases(rows)
    return _as_frame(rows)


def find_orphans(events: pd.DataFrame, worksheet: pd.DataFrame) -> pd.DataFrame:
    """Worksheet rows without a time, neither of their own nor from an event of the evidence; same columns."""
    dated = worksheet["event_id"].isin(events.loc[events["time"].notna(), "event_id"])
    return worksheet[~dated & worksheet["time"].isna()]


def key_moments(timeline: pd.DataFrame) -> pd.DataFrame:
    """The rows of the timeline that carry a mark, for readers who were not there."""
    return timeline[timeline["mark"] != ""].reset_index(drop=True)


def find_anchors(timeline: pd.DataFrame) -> pd.DataFrame:
    """When each anchor of the incident was, in the order of the anchors.

    One row per anchor that is known: `mark`, `time` (UTC), `event_id`, `basis` (`marked` or `default`),
    `summary`, `recorded_at` (where that is another time). Of several events with one mark the first
    counts, for `resolved` the last.
    """
    columns = ["time", "event_id", "summary", "recorded_at"]
    found: dict[str, tuple[int, str]] = {}  # which row, and the basis of the mark
    for place, (marks, bases) in enumerate(zip(timeline["mark"], timeline["mark_basis"], strict=True)):
        for mark, basis in zip(marks.split(), bases.split(), strict=True):
            if mark == "resolved" or mark not in found:
                found[mark] = (place, basis)
    rank = {mark: n for n, mark in enumerate(schema.MARKS)}
    times = timeline["time"]
    marks = sorted(found, key=lambda mark: (rank.get(mark, len(rank)), times.iat[found[mark][0]]))
    anchors = timeline[columns].take([found[mark][0] for mark in marks]).reset_index(drop=True)
    anchors.insert(0, "mark", pd.Series(marks, dtype="str"))
    anchors.insert(3, "basis", pd.Series([found[mark][1] for mark in marks], dtype="str"))
    return anchors


def likely_anchor(mark: str, known: Collection[str] = ()) -> str:
    """The anchor that a mark nearly names, as `impact-start` does; "" for one of the team's own.

    An anchor among the marks that are `known` is not meant: `resolved_2` beside `resolved` is a name.
    """
    if mark in schema.MARKS:
        return ""
    word = mark.casefold().replace("-", "_")
    open_ones = [anchor for anchor in schema.MARKS if anchor not in known]
    alike = get_close_matches(word, open_ones, n=1, cutoff=0.7)
    begun = [anchor for anchor in open_ones if len(word) > 2 and anchor.startswith(word)]
    return (alike or begun or [""])[0]


def phase_spans(anchors: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The phases between the anchors, clipped to the window `start` to `end`.

    One row per phase that has a length: `phase`, `start_at`, `end_at` (UTC). A phase whose anchor is unknown
    is left out and the one before it runs on; so does one that would begin before the phase before it.
    """
    times = anchors.set_index("mark")["time"]
    bounds = [("lead-up", start)]
    bounds += [
        (phase, times[mark])
        for phase, mark in zip(schema.PHASES[1:], schema.MARKS, strict=True)
        if mark in times.index
    ]
    latest = start
    for n, (phase, at) in enumerate(bounds):
        latest = max(latest, at)
        bounds[n] = (phase, latest)
    ends = [at for _, at in bounds[1:]] + [end]
    spans = pd.DataFrame(
        {
            "phase": pd.Series([phase for phase, _ in bounds], dtype="str"),
            "start_at": pd.Series([at for _, at in bounds], dtype=schema.TIME_DTYPE),
            "end_at": pd.Series([min(at, end) for at in ends], dtype=schema.TIME_DTYPE),
        }
    )
    return spans[spans["end_at"] > spans["start_at"]].reset_index(drop=True)


def incident_window(timeline: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The stretch of time (UTC) worth a chart: from the early signals to a little after the end.

    From impact to resolution with as much again before it (at least an hour) as far as there are events, and
    a quarter after it; without these anchors, from the first event to the last. Always at least a minute.
    """
    times = timeline["time"].dropna()
    if times.empty:
        raise ValueError("no events: there is no window to show")
    start, end = times.min(), times.max()
    anchors = find_anchors(timeline).set_index("mark")["time"] if "mark" in timeline else {}
    began, ended = anchors.get("impact_started"), anchors.get("resolved")
    if began is not None and ended is not None and began <= ended:
        lasted = ended - began
        start = times[times >= began - max(lasted, pd.Timedelta("1h"))].min()
        end = min(end, ended + lasted / 4)
    margin = max((end - start) * 0.03, pd.Timedelta("30s"))
    return (start - margin).floor("s"), (end + margin).ceil("s")


def find_gaps(
    timeline: pd.DataFrame, events: pd.DataFrame | None = None, *, longer_than: str = "15min"
) -> pd.DataFrame:
    """Silent stretches of the timeline, longest first.

    One row per gap: `start_at`, `end_at` (UTC), `minutes`, `after` and `before` (event ids), and
    `raw_events`, the number of `events` inside it: many mean that something is left out, none that a source
    is missing. Samples of metrics do not count.
    """
    times = timeline["time"].reset_index(drop=True)
    ends = timeline["ended_at"].reset_index(drop=True)
    # An event that lasted is not silence: a gap starts when everything before it has ended.
    busy_until = ends.fillna(times).clip(lower=times).cummax()
    starts, stops = busy_until.shift(1), times
    long = (stops - starts) > pd.Timedelta(longer_than)
    ids = timeline["event_id"].reset_index(drop=True)
    gaps = pd.DataFrame(
        {
            "start_at": starts[long],
            "end_at": stops[long],
            "minutes": (stops - starts)[long].dt.total_seconds() / 60,
            "after": ids.shift(1)[long],
            "before": ids[long],
        }
    )
    happened = schema.empty(schema.EVENTS) if events is None else schema.without_samples(events)
    raw = happened["time"].dropna()
    raw = raw.sort_values(ignore_index=True)
    inside_end = raw.searchsorted(gaps["end_at"], side="left")
    inside_start = raw.searchsorted(gaps["start_at"], side="right")
    gaps["raw_events"] = inside_end - inside_start
    return gaps.sort_values("minutes", ascending=False, kind="stable", ignore_index=True)


def _curated(events: pd.DataFrame, worksheet: pd.DataFrame) -> list[Row]:
    """Included worksheet rows with their events beside them; people's time, actor and place win."""
    included = worksheet[worksheet["included"]]
    if included.empty:
        return []
    recorded = _rows(events[events["event_id"].isin(included["event_id"])], _RECORDED)
    known: dict[str, list[Row]] = {}
    for row in recorded:
        known.setdefault(row["event_id"], []).append(row)
    rows = (
        _said(said, event) for said in _rows(included, _SAID) for event in known.get(said["event_id"], [None])
    )
    return [row for row in rows if pd.notna(row["time"])]


def _said(said: Row, event: Row | None) -> Row:
    """A row of the worksheet with the event that it is about; none where people wrote it themselves."""
    mark = said["mark"]
    row = {
        "event_id": said["event_id"],
        "ended_at": said["ended_at"],
        "mark": mark,
        "mark_basis": re.sub(r"\S+", "marked", mark),
        "phase": said["phase"],
        "note": said["note"],
    }
    if event is None:
        blank = {"recorded_at": pd.NaT, "time_basis": "", "text": "", "ref": "", "url": ""}
        words = {name: said[name] for name in ("time", "actor", "place", "summary")}
        return row | blank | words | {"source": "manual", "kind": "observation"}
    set_time = pd.notna(said["time"])
    own_time = set_time and said["time"] != event["time"]
    known_at = event["recorded_at"]
    return row | {
        "time": said["time"] if set_time else event["time"],
        "recorded_at": event["time"] if own_time and pd.isna(known_at) else known_at,
        "time_basis": SET_BY_PEOPLE if own_time else event["time_basis"],
        "source": event["source"],
        "kind": event["kind"],
        "actor": said["actor"] or event["actor"],
        "place": said["place"] or event["place"],
        "summary": said["summary"] or event["text"],
        "text": event["text"],
        "ref": event["ref"],
        "url": event["url"],
    }


def _add_default_anchors(rows: list[Row], events: pd.DataFrame, worksheet: pd.DataFrame) -> None:
    """PagerDuty's own times for the anchors that nobody marked, on the rows of their events or as new."""
    marked = {mark for row in rows for mark in row["mark"].split()}
    wanted = {kind: mark for mark, kind, _ in _DEFAULT_ANCHORS if mark not in marked}
    if not wanted:
        return
    left_out = worksheet.loc[~worksheet["included"], "event_id"]
    recorded = (events["source"] == "pagerduty") & events["kind"].isin(list(wanted))
    recorded &= events["time"].notna() & ~events["event_id"].isin(left_out)
    pages = events.loc[recorded, ["time", "event_id", "kind"]].assign(row=recorded.to_numpy().nonzero()[0])
    pages = pages.sort_values(["time", "event_id"], kind="stable")
    for mark, kind, which in _DEFAULT_ANCHORS:
        candidates = pages.loc[pages["kind"] == kind, "row"]
        if mark in marked or candidates.empty:
            continue
        (event,) = _rows(events.iloc[[candidates.iat[0 if which == "first" else -1]]], _RECORDED)
        here = [row for row in rows if row["event_id"] == event["event_id"]]
        for row in here:
            # People chose the event but not the mark: what they marked on it stays marked.
            row["mark"] = f"{row['mark']} {mark}".strip()
            row["mark_basis"] = f"{row['mark_basis']} default".strip()
        if not here:
            blank = {"summary": event["text"], "phase": "", "note": "", "ended_at": pd.NaT}
            rows.append(event | blank | {"mark": mark, "mark_basis": "default"})


def _add_phases(rows: list[Row]) -> None:
    """The phase each event falls into, from the anchors alone; nothing while no anchor is known."""
    found: dict[str, pd.Timestamp] = {}
    for row in rows:
        for mark in row["mark"].split():
            if mark == "resolved" or mark not in found:
                found[mark] = row["time"]
    if not found:
        return
    bounds = [(phase, found[mark]) for phase, mark in zip(schema.PHASES[1:], schema.MARKS, strict=True)
              if mark in found]  # fmt: skip
    for row in rows:
        phases = ["lead-up", *(phase for phase, at in bounds if row["time"] >= at)]
        row["phase"] = row["phase"] or phases[-1]


def _rows(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[Row]:
    cells = [["" if cell is None else cell for cell in frame[name].astype(object)] for name in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*cells, strict=True)]


def _as_frame(rows: list[Row]) -> pd.DataFrame:
    times = ("time", "recorded_at", "ended_at")
    return pd.DataFrame(
        {
            name: pd.Series([row[name] for row in rows], dtype=schema.TIME_DTYPE if name in times else "str")
            for name in TIMELINE_COLUMNS
        }
    )
