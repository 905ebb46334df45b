"""The timeline builder on the page: its parts, and what passes between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

import ipywidgets
import pandas as pd

from pmkit import schema, triage
from pmkit.bursts import find_bursts
from pmkit.errors import PmkitError, SchemaError
from pmkit.session import (
    EditSession,
    add_event,
    exclude_events,
    include_events,
    mark_event,
    paste_events,
    promote_decision,
    unmark_event,
)
from pmkit.timeline import build_timeline, incident_window
from pmkit.typed import read_lines
from pmkit.widgets.details import Details, Records
from pmkit.widgets.entry import Entry
from pmkit.widgets.folding import FoldedSession
from pmkit.widgets.grid import EditGrid
from pmkit.widgets.lanes import Lanes, Window, marked_events, milliseconds
from pmkit.widgets.queue import Queue
from pmkit.worksheet import Change, Clash
from pmkit.workspace import Workspace

_P = ParamSpec("_P")
_SOON: Final = 0.03  # seconds in which several changes count as one repaint
_MOST_VIEWERS: Final = 12
_WORDS: Final = 220  # characters of the event behind a suggestion


def _undisturbed(
    act: Callable[Concatenate[TimelineBuilder, _P], None],
) -> Callable[Concatenate[TimelineBuilder, _P], None]:
    """`act` while no other thread changes a table."""

    @wraps(act)
    def alone(self: TimelineBuilder, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        with self.workspace.lock:
            act(self, *args, **kwargs)

    return alone


class TimelineBuilder(ipywidgets.VBox):  # type: ignore[misc]
    """Lanes of all events, suggestions, events by hand, and the grid with the details beside it.

    Every change goes to the session of `timeline.csv`, which saves it; nothing is kept here. The parts are
    `lanes`, `queue`, `entry`, `grid` and `details`.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.session = EditSession.of(workspace, "timeline")
        self.events = _evidence(self.session)
        self._records: Records | None = None
        zone = workspace.incident.timezone
        self.folded = FoldedSession(self.session, find_bursts(self.events), samples=self._samples())
        # Its rows are most of what travels, and a page takes them in while the rest is made.
        self.grid = EditGrid(
            self.folded,
            label="Timeline",
            noun=("event", "events"),
            empty="No event yet. Add evidence first.",
            only=("included", "On timeline only"),
            height=480,
        )
        self._read_timeline()
        self.grid.begin = self._first_row()
        self.lanes = Lanes(self.events, self.timeline, bursts=self.folded.bursts, team_zone=zone)
        self.details = Details(team_zone=zone)
        self.queue = Queue(team_zone=zone)
        self.entry = Entry(day=self._day(), team_zone=zone)
        self._shown: dict[str, str] = {}  # which event each viewer reads
        self._window: Window = None
        self._suggestions: pd.DataFrame | None = None
        self._due = 0.0  # when the next repaint is due
        self._connect()
        self.grid.add_class("pmkit-table")
        self.details.add_class("pmkit-side")
        work = ipywidgets.Box([self.grid, self.details])
        work.add_class("pmkit-work")
        super().__init__([self.lanes, self.queue, self.entry, work])
        self.add_class("pmkit-builder")
        if not _has_page():
            self.suggest()

    @property
    def records(self) -> Records:
        """Every event whole, made when one is wanted first."""
        if self._records is None:
            self._records = Records(self.events, self.session.worksheet.said)
        return self._records

    @_undisturbed
    def look_again(self) -> None:
        """Take in what somebody else saved, and look for suggestions anew."""
        self.session.refresh()
        self._soon(self.suggest)

    def close(self) -> None:
        """Take all of it off the page."""
        if not hasattr(self, "_stop"):  # it was never whole
            return
        self._stop()
        self.folded.close()
        for part in (self.lanes, self.queue, self.entry, self.grid, self.details):
            part.close()
        super().close()

    @_undisturbed
    def choose(self, event_id: str, *, viewer: str = "", focus: bool = False) -> None:
        """Show that event in the details, the lanes and the grid."""
        self._reveal(event_id)
        self.lanes.goto(event_id, viewer=viewer)
        self.grid.goto(event_id)
        self._show(event_id, viewer=viewer, focus=focus)

    @_undisturbed
    def show_window(self, start: pd.Timestamp | str | None, end: pd.Timestamp | str | None = None) -> None:
        """Mark a window (UTC) in the lanes and show only its events in the grid; None for all of them."""
        window = None if start is None or end is None else (pd.Timestamp(start), pd.Timestamp(end))
        self.lanes.show_window(window)
        self._filter(window)

    @_undisturbed
    def suggest(self) -> None:
        """Fill the queue with what is suggested now."""
        try:
            self._suggestions = triage.open_suggestions(self.workspace)
        except PmkitError as error:  # a table that cannot be read tells it where it is edited
            self.queue.items = []
            self.queue.tell(str(error), trouble=True)
            return
        self._show_suggestions()

    # What passes between the parts

    def _connect(self) -> None:
        lanes, queue, entry, grid, details = self.lanes, self.queue, self.entry, self.grid, self.details
        lanes.on_window(self._filter)
        lanes.on_select(self._chosen_in_lanes)
        lanes.on_act(self._lanes_act)
        lanes.observe(self._fold, ["fold", "unfolded"])
        grid.on_select(self._chosen_in_grid)
        details.on_act(self._details_act)
        queue.on_act(self._queue_act)
        entry.on_act(self._entry_act)
        self._stop = self.session.subscribe(self._changed)
        # In the browser alone: the clocks change at once, even while the kernel is busy.
        self._links = [ipywidgets.jslink((lanes, "zone"), (part, "zone")) for part in (details, queue, entry)]
        self._links.append(ipywidgets.jslink((lanes, "zone_name"), (grid, "zone")))

    def _changed(self, _: Change) -> None:
        now = time.monotonic()
        if now > self._due + _SOON:  # else one is on its way; its thread may have ended before
            self._due = now + _SOON
            self._soon(self._freshen)

    @_undisturbed
    def _freshen(self) -> None:
        self._due = 0.0
        fresh = self.session.events is not None and self.session.events is not self.events
        if fresh:
            self.events, self._records = _evidence(self.session), None
        self._read_timeline()
        if fresh:
            self.folded.bursts, self.folded.samples = find_bursts(self.events), self._samples()
            self.folded.set_fold()
            self.lanes.replace(self.events, self.timeline, self.folded.bursts)
        else:
            self.lanes.update(self.timeline)
        for viewer, event_id in list(self._shown.items()):
            self._show(event_id, viewer=viewer)
        self._show_suggestions()
        if self._window is not None:
            self._filter(self._window)

    def _samples(self) -> frozenset[str]:
        """Samples of metrics: there may be a million of them, and the lanes leave them out too."""
        samples = self.events["kind"].isin(schema.SAMPLE_KINDS)
        return frozenset(self.events.loc[samples, "event_id"])

    def _read_timeline(self) -> None:
        self.timeline: pd.DataFrame = build_timeline(self.events, self.session.worksheet.frame())
        self._curated = {row["event_id"]: row for row in self.timeline.to_dict("records")}
        self._marked = marked_events(self.timeline)

    @_undisturbed
    def _filter(self, window: Window) -> None:
        self._window = window
        if window is None:
            self.grid.show(None)
            return
        start, end = window
        sheet = self.session.worksheet
        inside = set(self.events.loc[self.events["time"].between(start, end), "event_id"])
        said = self.session.worksheet.frame()
        said = said[said["time"].notna()]
        inside -= set(said["event_id"])
        inside |= set(said.loc[said["time"].between(start, end), "event_id"])
        self.grid.show([row_id for row_id in sheet.row_ids if row_id in inside])

    @_undisturbed
    def _chosen_in_lanes(self, event_id: str, viewer: str) -> None:
        self.grid.goto(event_id)
        self._show(event_id, viewer=viewer)

    @_undisturbed
    def _chosen_in_grid(self, event_id: str) -> None:
        self.lanes.goto(event_id)
        self._show(event_id)

    def _show(self, event_id: str, *, viewer: str = "", focus: bool = False) -> None:
        if event_id not in self.session.worksheet:
            self._shown.pop(viewer, None)
            self.details.show({}, viewer=viewer)
            return
        if not viewer:
            self._shown.clear()  # everybody looks at this one now
        self._shown[viewer] = event_id
        while len(self._shown) > _MOST_VIEWERS:
            self._shown.pop(next(iter(self._shown)))
        record = self.records.record(event_id, self._curated.get(event_id))
        more = {"burst": self._burst(event_id), "marked": self._marked}
        self.details.show({**record, **more}, viewer=viewer, focus=focus)

    def _burst(self, event_id: str) -> dict[str, Any] | None:
        found = self.folded.bursts.loc[self.folded.bursts["burst_id"] == event_id]
        if found.empty:
            return None
        row = found.iloc[0]
        start, end = milliseconds(pd.Series([row["start_at"], row["end_at"]]))
        unfolded = event_id in self.folded.unfolded or not self.folded.fold
        words = {"id": event_id, "count": int(row["count"]), "template": row["template"]}
        return {**words, "t": start, "end": end, "unfolded": unfolded}

    def _reveal(self, event_id: str) -> None:
        """Unfold the burst that hides an event."""
        burst = self.folded.burst_of(event_id)
        if burst is not None:
            self.lanes.unfolded = [*self.lanes.unfolded, burst]

    @_undisturbed
    def _fold(self, _: object) -> None:
        self.folded.set_fold(fold=self.lanes.fold, unfolded=self.lanes.unfolded)
        for viewer, event_id in list(self._shown.items()):
            self._show(event_id, viewer=viewer)

    # What people do

    @_undisturbed
    def _lanes_act(self, message: Mapping[str, Any]) -> None:
        op = message.get("op")
        if op == "open":
            self._show(str(message["id"]), viewer=str(message.get("viewer", "")), focus=True)
            return
        self._attempt(lambda: self._do(message), self.lanes.tell, self.lanes.tell)

    @_undisturbed
    def _details_act(self, message: Mapping[str, Any]) -> None:
        key, about = str(message.get("key", "")), str(message.get("about", ""))
        if message.get("op") == "select":
            self.choose(str(message["id"]), viewer=str(message.get("viewer", "")))
            return
        self._attempt(
            lambda: self._do(message),
            lambda trouble: self.details.answer(key, trouble=trouble),
            lambda done: self.details.answer(key, done=done, said=self.records.said(about)),
        )

    def _do(self, message: Mapping[str, Any]) -> str:
        """One thing somebody does with an event; returns what to say of it, if anything."""
        op, workspace = message.get("op"), self.workspace
        event_id = str(message.get("id", ""))
        if op == "include":
            call = include_events if message["on"] else exclude_events
            call(workspace, [str(one) for one in message["ids"]])
        elif op == "edit":
            edits = [(str(row), str(column), value) for row, column, value in message["edits"]]
            self.session.apply(edits, seen=message["was"])
        elif op == "mark" and message["on"]:
            mark_event(workspace, event_id, str(message["mark"]), held_by=message["held_by"])
        elif op == "mark":
            unmark_event(workspace, event_id, str(message["mark"]))
        elif op == "promote":
            change = promote_decision(workspace, event_id)
            return f"{change.added[0]} is a new decision." if change.added else change.note
        elif op == "fold":
            bursts = self.folded.bursts
            return triage.fold(workspace, bursts[bursts["burst_id"] == event_id].iloc[0]).note
        elif op == "unfold":
            others = [one for one in self.lanes.unfolded if one != event_id]
            self.lanes.unfolded = [*others, event_id] if message.get("on") else others
            if message.get("on"):
                self.lanes.fold = True
        elif op == "delete":
            self.session.delete([event_id], seen={event_id: message["was"]})
        return ""

    @_undisturbed
    def _queue_act(self, message: Mapping[str, Any]) -> None:
        op, name = message.get("op"), str(message.get("id", ""))
        if op == "select":
            self.choose(name, viewer=str(message.get("viewer", "")))
            return
        if op == "look":
            if self._suggestions is None:
                self.suggest()
            return
        found = self._suggestions
        rows = found[found["suggestion_id"] == name] if found is not None else pd.DataFrame()
        if found is None or rows.empty:
            self.queue.tell("It is not suggested any more.")
            return

        def act() -> str:
            row = rows.iloc[0]
            change = (
                triage.take(self.workspace, row)
                if op == "take"
                else triage.leave_suggestion(self.workspace, name)
            )
            self._suggestions = found[found["suggestion_id"] != name]
            self._show_suggestions()
            if op == "take" and row["kind"] == "decision":
                return f"{change.added[0]} is a new decision." if change.added else change.note
            return "Taken." if op == "take" else "Left."

        self._attempt(act, lambda trouble: self.queue.tell(trouble, trouble=True), self.queue.tell)

    @_undisturbed
    def _entry_act(self, message: Mapping[str, Any]) -> None:
        op, key = message.get("op"), str(message.get("key", ""))
        day, zone, text = (str(message.get(name, "")) for name in ("day", "tz", "text"))

        def act() -> str:
            if op == "preview":
                lines = read_lines(text, on=day, tz=zone)
                times = milliseconds(pd.Series([line.time for line in lines], dtype=schema.TIME_DTYPE))
                words = [line.text for line in lines]
                shown = [{"t": t, "text": said} for t, said in zip(times, words, strict=True)]
                self.entry.answer(key, lines=shown)
                return ""
            if op == "paste":
                change = paste_events(self.workspace, text, on=day, tz=zone)
            else:
                who = {name: str(message.get(name, "")) for name in ("actor", "place")}
                change = add_event(self.workspace, str(message.get("at", "")), text, on=day, tz=zone, **who)
            if change.added:
                self._freshen()
                self.choose(change.added[0])
            return change.note.replace(change.added[0], "it") if len(change.added) == 1 else change.note

        self._attempt(
            act,
            lambda trouble: self.entry.answer(key, trouble=trouble),
            lambda done: self.entry.answer(key, done=done) if op != "preview" else None,
        )

    def _attempt(
        self, act: Callable[[], str], trouble: Callable[[str], None], done: Callable[[str], None]
    ) -> None:
        listed = len(self.session.clashes)
        try:
            said = act()
        except SchemaError as error:
            # "event, `column`: what is wrong": the event is the one they look at.
            problems = [problem.rpartition("`: ")[2] for problem in error.problems[:4]]
            trouble("Not saved. " + "\n".join(f"{one[:1].upper()}{one[1:]}." for one in problems))
        except (PmkitError, ValueError) as error:
            trouble(f"Not saved: {error}")
        except Exception as error:
            trouble(f"Not saved: {type(error).__name__}: {error}")
            raise
        else:
            met = self.session.clashes[listed:]
            done(" ".join(filter(None, [said, _met(met)])))
            if met:
                self.grid.refresh()  # it lists them

    def _show_suggestions(self) -> None:
        found = self._suggestions
        if found is None:
            return
        marked = set(" ".join(self.session.worksheet.cell(i, "mark") for i in self._curated).split())
        items = [self._item(row) for row in found.to_dict("records") if not self._is_done(row, marked)]
        if items != self.queue.items:
            self.queue.items = items

    def _is_done(self, row: Mapping[str, Any], marked: set[str]) -> bool:
        """Whether people did by hand what is suggested."""
        if row["kind"] == "anchor":
            return row["suggestion_id"].split(":")[1] in marked
        said = self.session.worksheet.said(row["event_id"])
        return row["kind"] != "decision" and said is not None and said.get("included") == "yes"

    def _item(self, row: Mapping[str, Any]) -> dict[str, Any]:
        sheet, event_id = self.session.worksheet, row["event_id"]
        text = sheet.cell(event_id, "text") if event_id in sheet else ""
        return {
            "id": row["suggestion_id"],
            "kind": row["kind"],
            "event_id": event_id,
            "t": None if pd.isna(row["time"]) else milliseconds(pd.Series([row["time"]]))[0],
            "text": " ".join(text.split())[:_WORDS],
            "reasons": [f"{reason}." for reason in row["reasons"]],
            "does": row["title"],
        }

    def _first_row(self) -> str:
        """The first event of the incident, for the grid to begin with: days of noise may come before it."""
        opened = self.workspace.incident.opened_at
        start = incident_window(self.timeline)[0] if len(self.timeline) else opened and pd.Timestamp(opened)
        if not start:
            return ""
        text, cell = schema.format_time(start), self.session.worksheet.cell
        return next((row_id for row_id in self.folded.worksheet.row_ids if cell(row_id, "time") >= text), "")

    def _day(self) -> str:
        """The day the incident began, for the form."""
        if not len(self.timeline) and self.events["time"].isna().all():
            opened = self.workspace.incident.opened_at
            return f"{opened:%Y-%m-%d}" if opened else ""
        framed = self.timeline if len(self.timeline) else schema.without_samples(self.events)
        if framed["time"].isna().all():
            framed = self.events
        start, _ = incident_window(framed)
        return f"{start:%Y-%m-%d}"

    def _soon(self, act: Callable[[], None]) -> None:
        """After the cell is done or the message answered; at once where there is no kernel."""
        if _has_page():
            asyncio.get_running_loop().call_later(_SOON, act)
        else:
            act()


def _met(clashes: Sequence[Clash]) -> str:
    """What was saved over somebody else's change that nobody here had seen."""
    if not clashes:
        return ""
    theirs = next((clash.theirs for clash in clashes if clash.column), "")
    told = f"had written “{theirs[:80]}”" if theirs else "had changed this"
    return f"Saved, but somebody else {told} meanwhile: choose over the table what stands."


def _has_page() -> bool:
    """Whether this runs in a kernel, where a page asks for what it shows later."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _evidence(session: EditSession) -> pd.DataFrame:
    return schema.empty(schema.EVENTS) if session.events is None else session.events
