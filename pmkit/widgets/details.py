"""The details pane: one event whole, its thread, what else happened around it, and what people say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import anywidget
import pandas as pd
import traitlets

from pmkit import schema
from pmkit.clocks import format_offset
from pmkit.look import lane_of, source_style, source_title
from pmkit.widgets.lanes import milliseconds, script, style

AROUND: Final = pd.Timedelta("5min")
_MOST_AROUND: Final = 60  # neighbours that are listed, the nearest; the rest is told as a number
_MOST_IN_THREAD: Final = 200
_SHOWN_ELSEWHERE: Final = {"event_id", "time", "source", "text"}
_LISTED: Final = ("event_id", "source", "actor", "text")
_WORDS: Final = 400  # characters of a neighbour that are listed

Said = Callable[[str], Mapping[str, str] | None]


class Records:
    """Every event by its id, with its thread and its neighbours.

    `said` gives what people wrote about an event, as the texts of `timeline.csv`, or None.
    """

    def __init__(self, events: pd.DataFrame, said: Said) -> None:
        dated = events.sort_values("time", kind="stable", na_position="last", ignore_index=True)
        self._events = dated
        self._said = said
        self._place = {event_id: n for n, event_id in enumerate(dated["event_id"].tolist())}
        self._times = dated["time"][dated["time"].notna()]
        self._lanes = lane_of(dated)
        self._is_sample = dated["kind"].isin(schema.SAMPLE_KINDS).tolist()
        self._ms = milliseconds(dated["time"])  # those without a time come last, and theirs is not read
        self._texts = {name: dated[name].tolist() for name in _LISTED}
        self._threads: dict[tuple[str, str], list[int]] = {}
        slack = dated["slack_thread_ts"].where(dated["slack_thread_ts"] != "", dated["slack_ts"])
        thread_of = slack.where(slack != "", dated["pd_incident_id"])
        where = dated["slack_channel_id"].where(slack != "", "pagerduty")
        self._thread_of = list(zip(where.tolist(), thread_of.tolist(), strict=True))
        for n, key in enumerate(self._thread_of):
            if key[1]:
                self._threads.setdefault(key, []).append(n)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._place

    def said(self, event_id: str) -> dict[str, str]:
        """What people say of the event, every column; empty texts where they say nothing."""
        said = self._said(event_id) or {}
        return {name: said.get(name, "") for name in schema.TIMELINE.column_names}

    def record(self, event_id: str, curated: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Everything the pane shows of one event; `curated` is its row of the timeline, if it has one."""
        said = dict(self._said(event_id) or {})
        place = self._place.get(event_id)
        found: dict[str, Any]
        if place is None:
            found = {
                "source": "manual",
                "lane": source_title("manual"),
                "kind": "observation",
            }
            shown_at = recorded_at = None
            corrected = ""
        else:
            row = self._events.iloc[place].to_dict()
            found = self._recorded(place, row)
            shown_at = self._ms[place] if place < len(self._times) else None
            recorded_at, corrected = _before_correction(row, shown_at)
        colour, marker = source_style(found["source"])
        time = _moment(said.get("time", "")) or shown_at
        return {
            "actor": "", "place": "", "text": "", "url": "", "ref": "", "fields": [], "thread": [],
            **found,
            "id": event_id,
            "t": time,
            "end": _moment(said.get("ended_at", "")),
            "recorded_at": recorded_at,
            "corrected": corrected,
            "evidence": place is not None,
            "source_title": source_title(found["source"]),
            "colour": colour,
            "marker": marker,
            "included": said.get("included") == "yes",
            "said": self.said(event_id),
            "phase": curated["phase"] if curated else "",
            "basis": curated["mark_basis"] if curated else "",
            "mark": curated["mark"] if curated else said.get("mark", ""),
            **self._around(event_id, time),
        }  # fmt: skip

    def _recorded(self, place: int, row: Mapping[str, Any]) -> dict[str, Any]:
        names = ("source", "kind", "actor", "place", "text", "url", "ref")
        columns = (column for column in schema.EVENTS.columns if column.name not in _SHOWN_ELSEWHERE)
        texts = (
            (column.name, column.meaning, schema.cell_text(column, row[column.name])) for column in columns
        )
        thread = self._threads.get(self._thread_of[place], [])
        return {
            **{name: row[name] for name in names},
            "lane": self._lanes.iloc[place],
            "fields": [
                [name, text, meaning]
                for name, meaning, text in (("event_id", "stable id", row["event_id"]), *texts)
                if text and text != "no"
            ],
            "thread": [self._line(n) for n in thread[:_MOST_IN_THREAD]] if len(thread) > 1 else [],
            "thread_count": len(thread) if len(thread) > 1 else 0,
        }

    def _around(self, event_id: str, time: int | None) -> dict[str, Any]:
        if time is None:
            return {"around": [], "around_count": 0}
        moment = pd.Timestamp(time, unit="ms", tz="UTC")
        first = int(self._times.searchsorted(moment - AROUND, side="left"))
        last = int(self._times.searchsorted(moment + AROUND, side="right"))
        here = self._place.get(event_id)
        near = [n for n in range(first, last) if n != here and not self._is_sample[n]]
        if len(near) > _MOST_AROUND:
            away = [(abs(self._ms[n] - time), n) for n in near]
            listed = sorted(n for _, n in sorted(away)[:_MOST_AROUND])
        else:
            listed = near
        return {"around": [self._line(n) for n in listed], "around_count": len(near)}

    def _line(self, place: int) -> dict[str, Any]:
        event_id, source, actor, text = (self._texts[name][place] for name in _LISTED)
        said = self._said(event_id) or {}
        return {
            "id": event_id,
            "t": self._ms[place] if place < len(self._times) else None,
            "lane": self._lanes.iat[place],
            "colour": source_style(source)[0],
            "actor": actor,
            "text": text[:_WORDS],
            "included": said.get("included") == "yes",
        }


class Details(anywidget.AnyWidget):
    """One event whole, with what people say of it to be written beside the untouched original."""

    _esm = script("details")
    _css = style("details")

    record: traitlets.Dict[str, Any] = traitlets.Dict().tag(
        sync=True
    )  # as `Records.record` gives it; what a reloaded page shows
    marks: traitlets.List[Any] = traitlets.List().tag(sync=True)
    phases: traitlets.List[Any] = traitlets.List().tag(sync=True)
    zone = traitlets.Enum(["utc", "team", "viewer"], "utc").tag(sync=True)
    team_zone = traitlets.Unicode("UTC").tag(sync=True)
    label = traitlets.Unicode("Details of the event").tag(sync=True)

    def __init__(self, *, team_zone: str = "UTC") -> None:
        self._calls: list[Callable[[Mapping[str, Any]], None]] = []
        super().__init__(team_zone=team_zone, marks=list(schema.MARKS), phases=list(schema.PHASES))
        self.on_msg(self._hear)

    def show(self, record: Mapping[str, Any], *, viewer: str = "", focus: bool = False) -> None:
        """Show one event; in one viewer's page, or in all."""
        with self.hold_trait_notifications():
            # Not sent as a trait: the pane of somebody else stays where it is.
            self._trait_values["record"] = dict(record)
        self.send({"op": "record", "record": dict(record), "viewer": viewer, "focus": focus})

    def answer(
        self, key: str, *, done: str = "", trouble: str = "", said: Mapping[str, str] | None = None
    ) -> None:
        """Say what became of the message `key`: what was done, or why it was not.

        `said` is what is stored of the event by now, so that the next edit knows what it is about.
        """
        told = {} if said is None else {"said": dict(said)}
        self.send({"op": "error" if trouble else "saved", "key": key, "text": trouble or done, **told})

    def on_act(self, call: Callable[[Mapping[str, Any]], None]) -> None:
        """`call` with what people do: `select`, `include`, `edit`, `mark`,
        `promote`, `fold`, `unfold`, `delete`."""
        self._calls.append(call)

    def _hear(self, _: object, content: Mapping[str, Any], __: object) -> None:
        for call in self._calls if content.get("op") != "ping" else ():
            call(content)


def _before_correction(row: Mapping[str, Any], shown_at: int | None) -> tuple[int | None, str]:
    """When the source recorded an event, and by how much its clock is corrected, in words."""
    if pd.isna(row["recorded_at"]):
        return shown_at, ""
    recorded_at = milliseconds(pd.Series([row["recorded_at"]]))[0]
    return recorded_at, format_offset((row["time"] - row["recorded_at"]).total_seconds())


def _moment(text: str) -> int | None:
    return milliseconds(pd.Series([pd.Timestamp(text)]))[0] if text else None
