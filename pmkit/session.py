"""A worksheet bound to its file: every change is saved at once, somebody else's is merged in; one-line calls.

What a widget does by hand, a call here does in a cell of a notebook; running that cell again does it once.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any, Literal, TypeVar, cast
from uuid import uuid4

import pandas as pd

from pmkit import schema
from pmkit.errors import SchemaError, WorkspaceError
from pmkit.phrases import counted
from pmkit.timeline import likely_anchor
from pmkit.typed import read_decision, read_lines, read_moment
from pmkit.worksheet import Change, Clash, Edit, Snapshot, Worksheet
from pmkit.workspace import Workspace

_Call = TypeVar("_Call", bound=Callable[..., Change])
_Stamp = tuple[int, int, int] | None


class EditSession:
    """One table of one workspace while it is edited; get it with `EditSession.of`.

    `clashes` lists the cells that somebody else changed too; `unfinished` tells the new rows that lack
    something and are therefore not in the file yet.
    """

    def __init__(self, workspace: Workspace, name: str, *, by: str | None = None) -> None:
        if name not in schema.WORKSHEETS:
            raise WorkspaceError(f"no table `{name}`; the tables are {', '.join(schema.WORKSHEETS)}")
        self.workspace, self.name, self.by = workspace, name, by
        self.clashes: list[Clash] = []
        self.lock = workspace.lock
        # Its own eyes on the folder: what a notebook reads in between is not what this worksheet has seen.
        self._desk = Workspace(workspace.path, workspace.incident)
        self._stamp, self._evidence_stamps = self._stamp_of(f"{name}.csv"), self._stamps_of_evidence()
        self.events: pd.DataFrame | None = self._desk.events() if name == "timeline" else None
        self.worksheet = Worksheet(
            schema.WORKSHEETS[name], self._desk.table(name), evidence=self.events, facts=self._facts()
        )
        kept = self._desk.unfinished(name)
        ids = self.worksheet.resume(kept.values())
        # Each begun row: the name it is kept under, and its cells as they are kept.
        self._begun = {i: (name, row) for i, (name, (_, row)) in zip(ids, kept.items(), strict=True) if i}
        self._views: list[Callable[[Change], None]] = []

    @classmethod
    def of(cls, workspace: Workspace, name: str) -> EditSession:
        """The session of that table, the same each time, and up to date with the folder."""
        with workspace.lock:
            session = workspace.sessions.get(name)
            if not isinstance(session, cls):
                session = workspace.sessions[name] = cls(workspace, name)
                return session
            session.refresh()
            session.worksheet.suggest(session._facts())
            return session

    def __repr__(self) -> str:
        return f"<EditSession {self.name} of {self.workspace.path}: {len(self.worksheet)} rows>"

    @property
    def unfinished(self) -> dict[str, str]:
        """New rows that are not in the file yet, and in words what each lacks."""
        return self.worksheet.unfinished()

    # Changing

    def apply(
        self,
        edits: Iterable[Edit | tuple[str, str, object]],
        *,
        seen: Iterable[str | None] | None = None,
        note: str = "",
    ) -> Change:
        """Put new texts into cells and save; all of them or none. Raises `SchemaError` as the worksheet.

        `seen` has for each edit the text that its author had before them, None where that is not known: where
        something else stands there by now, `clashes` lists it.
        """

        def act() -> Change:
            if seen is None:
                return self.worksheet.apply(edits, note=note)
            wanted, clashes = self.worksheet.meet(edits, seen)
            self.clashes += clashes
            return self.worksheet.apply(wanted, note=note)

        return self._do(act) or Change()

    def add(self, values: Mapping[str, object] | None = None) -> Change:
        """A new row. One that lacks a required cell is kept aside, and saved with the edit that fills it."""
        return self.add_rows([values or {}])

    def add_rows(self, rows: Iterable[Mapping[str, object]], *, note: str = "") -> Change:
        """Several new rows as one step."""
        self.refresh()  # so that the next id is free
        return self._do(lambda: self.worksheet.add_rows(rows, note=note)) or Change()

    def delete(
        self, row_ids: Iterable[str], *, seen: Mapping[str, Mapping[str, str | None]] | None = None
    ) -> Change:
        """Take rows out; of an event only what people said about it.

        `seen` has for a row the cells that the author had before them: raises `SchemaError` where somebody
        changed one of them since.
        """
        if seen is not None:
            self.refresh()
        return self._do(lambda: self.worksheet.delete(row_ids, seen=seen or {})) or Change()

    def settle(
        self, clash: Clash, *, take: Literal["mine", "theirs"], seen: Mapping[str, str | None] | None = None
    ) -> Change:
        """Decide a clash, and list it no longer. `seen` has the cells of the row as they are shown by now."""
        with self.lock:
            listed, cells = list(self.clashes), seen or {}
            if clash not in listed:
                return Change(note="It is settled already.")
            self.clashes[:] = [one for one in listed if one != clash]
            try:
                if not clash.column and (clash.mine if take == "mine" else clash.theirs) == "deleted":
                    return self.delete([clash.row_id], seen={clash.row_id: cells})
                if clash.column and take == "theirs":
                    edit = (clash.row_id, clash.column, clash.theirs)
                    return self.apply([edit], seen=[cells.get(clash.column)])
            except BaseException:
                self.clashes[:] = listed
                raise
            return Change()

    def undo(self) -> Change | None:
        """Take back the last step of this session; None when there is nothing to take back."""
        return self._do(self.worksheet.undo)

    def redo(self) -> Change | None:
        """Do again what `undo` took back; None when there is nothing."""
        return self._do(self.worksheet.redo)

    # Somebody else

    def refresh(self) -> Change | None:
        """Take in what somebody else saved, evidence too; None when nothing changed. Cheap to ask often.

        Raises `SchemaError` once when their file cannot be read; the worksheet stays as it is.
        """
        with self.lock:
            fresh = self._refresh_evidence()
            stamp = self._stamp_of(f"{self.name}.csv")
            if stamp == self._stamp or self._is_blank():
                return fresh
            self._stamp = stamp
            if not self._desk.changed(self.name):
                return fresh
            change, clashes = self.worksheet.merge(self._desk.table(self.name))
            self.clashes += clashes
            self._save()
            self._tell(change)
            return change or fresh

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Have `callback` told every change, whoever made it. Returns what ends that."""
        self._views.append(callback)

        def unsubscribe() -> None:
            if callback in self._views:
                self._views.remove(callback)

        return unsubscribe

    # Inside

    def _do(self, act: Callable[[], Change | None]) -> Change | None:
        """Change and save. Where it cannot be saved nothing has changed: what is shown is what is kept."""
        with self.lock:
            before, known_clashes = self.worksheet.snapshot(), len(self.clashes)
            try:
                change = act()
                if not change:
                    return change
                merged = self._save()
            except BaseException:
                self.worksheet.restore(before)
                del self.clashes[known_clashes:]
                raise
            if merged:
                change = self._both(change, merged, before)
            self._tell(change)
            return change

    def _both(self, mine: Change, theirs: Change, before: Snapshot) -> Change:
        whole = self.worksheet.changes_since(before, renamed=(*mine.renamed, *theirs.renamed))
        return replace(whole, note=f"{mine.note} {theirs.note}")

    def _save(self) -> Change | None:
        """Save what is finished, keep aside what is not; returns somebody else's change, if there was one."""
        merged: list[Change] = []

        def merge(theirs: pd.DataFrame) -> pd.DataFrame:
            if not self._is_blank():
                change, clashes = self.worksheet.merge(theirs)
                self.clashes += clashes
                merged.append(change)
            return self.worksheet.frame()

        if dirty := self.worksheet.dirty:
            self._desk.save_table(self.name, self.worksheet.frame(), merge=merge, by=self.by)
            self.worksheet.saved()
        try:
            self._keep_begun_rows()
        except (OSError, WorkspaceError) as error:
            if not dirty:
                raise
            # What is finished is saved; to undo it now would say otherwise.
            warnings.warn(
                f"rows of {self.name} that are not finished could not be kept: {error}", stacklevel=4
            )
        return merged[0] if merged and merged[0] else None

    def _keep_begun_rows(self) -> None:
        """Put aside unfinished rows in which something was typed, and forget those that are whole by now."""
        begun = {}
        for row_id in self.worksheet.unfinished():
            row = self.worksheet.said(row_id) or {}
            if any(text not in ("", "no", row_id) for text in row.values()):
                kept_as = self._begun[row_id][0] if row_id in self._begun else uuid4().hex
                begun[row_id] = (kept_as, row)
        if begun != self._begun:
            rows = {kept_as: (row_id, row) for row_id, (kept_as, row) in begun.items()}
            self._desk.keep_unfinished(
                self.name, rows, instead_of={kept_as for kept_as, _ in self._begun.values()}
            )
            self._begun = begun

    def _tell(self, change: Change) -> None:
        if not change:
            return
        for view in tuple(self._views):
            try:
                view(change)
            except Exception as error:
                warnings.warn(f"a view of {self.name} could not be updated: {error}", stacklevel=3)

    def _refresh_evidence(self) -> Change | None:
        stamps = self._stamps_of_evidence()
        if self.events is None or stamps == self._evidence_stamps:
            return None
        self.events = self._desk.events()
        self._evidence_stamps = stamps
        change = self.worksheet.replace_evidence(self.events)
        self._tell(change)
        return change or None

    def _is_blank(self) -> bool:
        """No file, or an empty one: somebody is about to write it, nobody took the rows out."""
        path = self.workspace.path / f"{self.name}.csv"
        return not path.exists() or path.stat().st_size == 0

    def _stamps_of_evidence(self) -> tuple[_Stamp, ...]:
        """Of the files that say what the events are, and when."""
        return self._stamp_of("evidence.csv"), self._stamp_of("clocks.csv")

    def _stamp_of(self, file: str) -> _Stamp:
        try:
            stat = (self.workspace.path / file).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    def _facts(self) -> dict[str, Sequence[str]]:
        """Values to suggest: the roles and people of the incident, the factors."""
        incident = self.workspace.incident
        people = [member.person for member in incident.members if member.person]
        facts: dict[str, Sequence[str]] = {
            "role": incident.roles, "decided_by": incident.roles, "owner": [*incident.roles, *people],
            "dri": incident.roles if self.name == "tasks" else people,
        }  # fmt: skip
        if self.name == "clocks":
            facts["source"] = self._clock_names()
        if self.name in ("actions", "factor_links"):
            factors = self._factor_ids()
            facts |= {"factor_ids": factors, "cause": factors, "effect": [*factors, "impact"]}
        return facts

    def _clock_names(self) -> list[str]:
        """The sources of the evidence, and its files."""
        evidence = self._desk.evidence()
        return [*sorted(evidence["source"].unique()), *evidence["path"]]

    def _factor_ids(self) -> list[str]:
        try:
            return list(self._desk.table("factors")["factor_id"])
        except SchemaError:
            return []  # suggestions are a kindness; the table tells its own faults where it is opened


def _undisturbed(call: _Call) -> _Call:
    """`call`, which reads a table of a workspace to change it, while no other thread changes one."""

    @wraps(call)
    def alone(*args: Any, **kwargs: Any) -> Change:
        workspace: Workspace = args[0] if args else kwargs["workspace"]
        with workspace.lock:
            return call(*args, **kwargs)

    return cast("_Call", alone)


# One-line calls: the timeline


def include_events(workspace: Workspace, event_ids: str | Iterable[str]) -> Change:
    """Put events on the timeline."""
    ids = _ids(event_ids)
    return EditSession.of(workspace, "timeline").apply(
        [(event_id, "included", "yes") for event_id in ids], note=f"Included {_events(ids)}."
    )


def exclude_events(workspace: Workspace, event_ids: str | Iterable[str]) -> Change:
    """Take events off the timeline; what was said about them is kept."""
    ids = _ids(event_ids)
    return EditSession.of(workspace, "timeline").apply(
        [(event_id, "included", "no") for event_id in ids], note=f"Excluded {_events(ids)}."
    )


@_undisturbed
def mark_event(
    workspace: Workspace, event_id: str, mark: str, *, held_by: Iterable[str] | None = None
) -> Change:
    """Say that the event is that anchor of the incident: `detected`, `resolved`, or one of the team's own.

    The event goes on the timeline, and the mark leaves the event that had it: an anchor is one event.
    `held_by` has the events that the author saw with that mark: raises `SchemaError` when somebody gave it to
    another one meanwhile.
    """
    session = EditSession.of(workspace, "timeline")
    word = "_".join(mark.split())
    if not word:
        raise SchemaError("timeline", [f"{event_id}, `mark`: expected the name of an anchor, found {mark!r}"])
    sheet = session.worksheet
    others = {
        row_id: words
        for row_id in sheet.row_ids
        if row_id != event_id and word in (words := sheet.cell(row_id, "mark").split())
    }
    if held_by is not None:
        _refuse_to_move(sheet, word, set(others) - set(held_by))
    edits: list[tuple[str, str, object]] = [
        (row_id, "mark", [w for w in words if w != word]) for row_id, words in others.items()
    ]
    words = sheet.cell(event_id, "mark").split() if event_id in sheet else []
    edits += [(event_id, "mark", [*(w for w in words if w != word), word]), (event_id, "included", "yes")]
    meant = likely_anchor(
        word, {mark for row_id in sheet.row_ids for mark in sheet.cell(row_id, "mark").split()}
    )
    asked = f" No anchor is called that; did you mean {meant}?" if meant else ""
    return session.apply(edits, note=f"Marked {event_id} as {word}.{asked}")


@_undisturbed
def unmark_event(workspace: Workspace, event_id: str, mark: str | None = None) -> Change:
    """Take a mark off the event, or all of them."""
    session = EditSession.of(workspace, "timeline")
    words = session.worksheet.cell(event_id, "mark").split() if event_id in session.worksheet else []
    kept = [] if mark is None else [word for word in words if word != "_".join(mark.split())]
    return session.apply([(event_id, "mark", kept)], note=f"Unmarked {event_id}.")


def describe_event(
    workspace: Workspace,
    event_id: str,
    *,
    summary: str | None = None,
    phase: str | None = None,
    note: str | None = None,
    time: str | datetime | None = None,
    ended_at: str | datetime | None = None,
) -> Change:
    """Say in the team's words what an event was; the record of it stays untouched beside that.

    `time` is for a recorded time that is known to be wrong. Times carry their zone.
    """
    said = {"summary": summary, "phase": phase, "note": note, "time": time, "ended_at": ended_at}
    edits = [(event_id, name, value) for name, value in said.items() if value is not None]
    return EditSession.of(workspace, "timeline").apply(edits, note=f"Described {event_id}.")


def add_event(
    workspace: Workspace,
    at: str | datetime,
    text: str,
    *,
    tz: str | None = None,
    on: date | str | None = None,
    ended_at: str | datetime | None = None,
    mark: str = "",
    phase: str = "",
    actor: str = "",
    place: str = "",
    note: str = "",
) -> Change:
    """Put an event on the timeline that no evidence records.

    `at` is a time with its zone, as `2026-11-03 14:03 Europe/Amsterdam`; what it does not say of day and zone
    `on` and `tz` have to, because nothing is guessed. The same time and text again adds nothing. A `mark` is
    put on it as `mark_event` does, as a second step.
    """
    try:
        row: dict[str, object] = {
            "included": "yes", "time": read_moment(at, on=on, tz=tz), "summary": text,
            "ended_at": "" if ended_at is None else read_moment(ended_at, on=on, tz=tz),
            "phase": phase, "actor": actor, "place": place, "note": note,
        }  # fmt: skip
    except ValueError as error:
        raise SchemaError("timeline", [f"new event {text!r}, `time`: {error}"]) from error
    if not text.strip():
        raise SchemaError("timeline", ["new event: says nothing; write what happened"])
    added = _add_events(workspace, [row])
    if mark and added.added:
        mark_event(workspace, added.added[0], mark)
    return added


def paste_events(workspace: Workspace, text: str, *, on: date | str, tz: str) -> Change:
    """Put many events on the timeline at once: lines `14:03 text` or `14:03:20 text`, times in the zone `tz`.

    `on` is the day of the first line; after midnight the day goes on, and a line may say its own day. Lines
    that are on the timeline already are left out. Raises `SchemaError` naming every line that cannot be
    read; nothing is added then.
    """
    try:
        lines = read_lines(text, on=on, tz=tz)
    except ValueError as error:
        raise SchemaError("pasted lines", [str(error)]) from error
    return _add_events(
        workspace, [{"included": "yes", "time": line.time, "summary": line.text} for line in lines]
    )


@_undisturbed
def promote_decision(workspace: Workspace, event_id: str) -> Change:
    """Make a decision of an event, say of a message: when, what, and as far as it says so why and who.

    The event is its evidence. An event that is evidence of a decision already makes no second one.
    """
    timeline, decisions = EditSession.of(workspace, "timeline"), EditSession.of(workspace, "decisions")
    if event_id not in timeline.worksheet:
        raise SchemaError("timeline", [f"{event_id}: there is no such event"])
    sheet = decisions.worksheet
    for row_id in sheet.row_ids:
        if event_id in sheet.cell(row_id, "event_ids").split():
            return Change(note=f"{row_id} is this decision already.")
    event = timeline.worksheet.row(event_id)
    told = read_decision(event["text"] or event["summary"])
    opening = told.pop("opening")
    return decisions.add(
        told
        | {"decided_at": event["time"], "event_ids": event_id}
        | {"decided_by": _role(workspace, timeline, event_id, event["actor"], opening)}
    )


# One-line calls: any table


@_undisturbed
def add_row(workspace: Workspace, table: str, /, **values: object) -> Change:
    """Add a row with those values. One that has them all already is not added again.

    Raises `SchemaError` where a value cannot be, or a required one is missing.
    """
    session = EditSession.of(workspace, table)
    sheet = session.worksheet
    lacking = [
        column
        for column in schema.WORKSHEETS[table].columns
        if column.required and sheet.is_typed_by_people(column.name) and values.get(column.name) in (None, "")
    ]
    if lacking:
        raise SchemaError(table, [f"new row, `{c.name}` is missing: {c.meaning}" for c in lacking])
    twin = _row_with(sheet, values)
    return Change(note=f"{twin} says that already.") if twin is not None else session.add(values)


def decide_redaction(workspace: Workspace, row: Mapping[str, str], *, by: str = "") -> Change:
    """Write down what becomes of a value that was found (`pmkit.redaction.find_redactions`).

    `row` is one of `redactions.csv`; what was decided of it before is decided anew.
    """
    session = EditSession.of(workspace, "redactions")
    said = {**row, "decided_by": by, "decided_at": datetime.now(UTC)}
    row_id = f"{row['redaction_id']} / {row['audience']}"
    if row_id in session.worksheet:
        edits = [(row_id, name, said[name]) for name in ("decision", "reason", "decided_by", "decided_at")]
        return session.apply(edits, note=f"Decided anew: {row['decision']} this {row['kind']}.")
    session.add(said)
    return Change(note=f"Decided: {row['decision']} this {row['kind']}, in {row['audience']} editions.")


def edit_row(workspace: Workspace, table: str, row_id: str, /, **values: object) -> Change:
    """Put other values into a row."""
    return EditSession.of(workspace, table).apply([(row_id, name, value) for name, value in values.items()])


def delete_rows(workspace: Workspace, table: str, row_ids: str | Iterable[str]) -> Change:
    """Take rows out of a table; of an event only what was said about it."""
    return EditSession.of(workspace, table).delete(_ids(row_ids))


@_undisturbed
def link_factor(
    workspace: Workspace, cause: str, effect: str, event_ids: str | Iterable[str] = (), *, note: str = ""
) -> Change:
    """Say that one factor led to another one, or to `impact`, and which events show it.

    A link that is there already gets the further events.
    """
    session = EditSession.of(workspace, "factor_links")
    known = set(EditSession.of(workspace, "factors").worksheet.row_ids)
    problems = [
        f"{cause} / {effect}, `{end}`: there is no factor {name!r}"
        for end, name in (("cause", cause), ("effect", effect))
        if name not in known and (end, name) != ("effect", "impact")
    ]
    problems += [f"{cause} / {effect}: a factor does not lead to itself"] if cause == effect else []
    if problems:
        raise SchemaError("factor_links", problems)
    row_id, events = f"{cause} / {effect}", _ids(event_ids)
    if row_id not in session.worksheet:
        return session.add({"cause": cause, "effect": effect, "event_ids": events, "note": note})
    there = session.worksheet.cell(row_id, "event_ids").split()
    edits: list[tuple[str, str, object]] = [(row_id, "event_ids", list(dict.fromkeys([*there, *events])))]
    return session.apply(edits + ([(row_id, "note", note)] if note else []))


@_undisturbed
def apply_clock_offset(
    workspace: Workspace, source: str, seconds: float, *, basis: str, note: str = ""
) -> Change:
    """Correct every time of a source, or of one file of the evidence, by adding `seconds`.

    `basis` says how the offset is known; `pmkit.estimate_clock_offsets` finds what the events show. What was
    recorded stays beside each time. Said again with another number, that one counts, from the recorded times;
    `applied="no"` with `edit_row(workspace, "clocks", source, …)` takes it back. Raises `SchemaError` for a
    source of which there is no evidence.
    """
    session = EditSession.of(workspace, "clocks")
    known = session._clock_names()
    if source not in known:
        told = f"expected one of {', '.join(known) or 'none: there is no evidence yet'}, found {source!r}"
        raise SchemaError("clocks", [f"new row, `source`: {told}"])
    values = {"offset_seconds": seconds, "basis": basis, "applied": "yes", **({"note": note} if note else {})}
    if source not in session.worksheet:
        return session.add({"source": source, **values})
    return session.apply([(source, name, value) for name, value in values.items()])


def write_note(workspace: Workspace, name: str, text: str) -> None:
    """Write one of the notes, in Markdown; what it says already is not saved again.

    Raises `ConflictError` when somebody else saved it since this workspace object read it.
    """
    with workspace.lock:
        if workspace.changed_note(name) or workspace.note(name) != text.strip():
            workspace.save_note(name, text)


def undo(workspace: Workspace, table: str) -> Change | None:
    """Take back the last change of a table made through this workspace object; None when there is none."""
    return EditSession.of(workspace, table).undo()


def redo(workspace: Workspace, table: str) -> Change | None:
    """Do again what `undo` took back; None when there is nothing."""
    return EditSession.of(workspace, table).redo()


def _refuse_to_move(sheet: Worksheet, mark: str, unseen: Iterable[str]) -> None:
    for row_id in unseen:
        if sheet.cell(row_id, "included") == "yes":
            words = " ".join((sheet.cell(row_id, "summary") or sheet.cell(row_id, "text")).split())
            told = f"somebody else marked “{words[:60]}” as {mark} meanwhile; mark again to move it here"
            raise SchemaError("timeline", [f"{row_id}, `mark`: {told}"])


@_undisturbed
def _add_events(workspace: Workspace, rows: Sequence[Mapping[str, object]]) -> Change:
    session = EditSession.of(workspace, "timeline")
    sheet = session.worksheet
    there = {(sheet.cell(i, "time"), sheet.cell(i, "summary")) for i in sheet.row_ids if sheet.said(i)}
    time = schema.TIMELINE.column("time")
    new = [row for row in rows if (schema.cell_text(time, row["time"]), row["summary"]) not in there]
    if not new:
        return Change(note="They are on the timeline already." if rows else "There was nothing to add.")
    already = len(rows) - len(new)
    more = f" {already} were there already." if already else ""
    return session.add_rows(new, note=f"Added {counted(len(new), 'event')}.{more}")


def _row_with(sheet: Worksheet, values: Mapping[str, object]) -> str | None:
    try:
        wanted = {name: sheet.text_of(name, value) for name, value in values.items()}
    except (ValueError, StopIteration):
        return None  # the worksheet tells what is wrong with them
    if not any(text and text != "no" for text in wanted.values()):
        return None
    rows = ((row_id, sheet.said(row_id)) for row_id in sheet.row_ids)
    return next((i for i, row in rows if row and wanted.items() <= row.items()), None)


def _role(workspace: Workspace, timeline: EditSession, event_id: str, actor: str, opening: str) -> str:
    """The role that decided: the one the message opens with, else that of its author."""
    members = workspace.incident.members
    slack_id = ""
    if timeline.events is not None and "slack_user_id" in timeline.events:
        found = timeline.events.loc[timeline.events["event_id"] == event_id, "slack_user_id"]
        slack_id = str(found.iloc[0]) if len(found) else ""
    for member in members:
        if member.role.casefold() in opening.casefold():
            return member.role
    for member in members:
        if (actor and member.person == actor) or (slack_id and member.slack == slack_id):
            return member.role
    return ""


def _ids(row_ids: str | Iterable[str]) -> list[str]:
    return [row_ids] if isinstance(row_ids, str) else list(row_ids)


def _events(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else counted(len(ids), "event")
