"""One editable table as a pure model: people's rows over read-only evidence; no widget, no disk, no kernel.

Every cell is the text its CSV would hold. An edit is checked before it counts, all of its cells or none.
A new row that lacks a required cell stays in the worksheet as *unfinished*: it keeps what was typed, tells
what is missing, and is not part of `frame()` before it is whole.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import pandas as pd

from pmkit import schema
from pmkit.errors import SchemaError
from pmkit.typed import read_time, slug

Row = dict[str, str]  # never changed in place: an edit puts a new one
Rows = dict[str, Row]


@dataclass(frozen=True)
class Edit:
    """One cell and its new text."""

    row_id: str
    column: str
    value: str


@dataclass(frozen=True, repr=False)
class Change:
    """What a view must repaint: the new texts of `cells`, rows `added` and `removed`, and a `note` in words.

    `renamed` says which row goes on under which id; `moved` rows may have another place in the order.
    """

    cells: tuple[Edit, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    note: str = ""
    renamed: tuple[tuple[str, str], ...] = ()
    moved: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.cells or self.added or self.removed)

    def __repr__(self) -> str:
        return self.note or "Nothing changed."


@dataclass(frozen=True)
class Clash:
    """A cell that two people changed: `mine` stands, `theirs` is told.

    With no `column` it is about the whole row, which stays: one of them `deleted` it, the other `changed` it.
    """

    row_id: str
    column: str
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class ColumnView:
    """How a column is shown and edited.

    `choices` are the only values allowed besides empty, `open_choices` are suggestions. `long` asks for an
    editor of several lines. `width` is in letters. `own_only`: editable only in rows that have no evidence.
    """

    name: str
    label: str
    type: schema.Type
    meaning: str = ""
    editable: bool = True
    required: bool = False
    choices: tuple[str, ...] = ()
    open_choices: tuple[str, ...] = ()
    long: bool = False
    width: int = 14
    own_only: bool = False


@dataclass(frozen=True)
class Snapshot:
    """A state of a worksheet, for `restore` and `changes_since`."""

    rows: Rows
    base: Rows
    renamed_from: dict[str, str]
    undo: tuple[_Step, ...]
    redo: tuple[_Step, ...]


class _Delta(NamedTuple):
    """One row before and after a step; None where it is not there. Its id changes with its key."""

    id_before: str
    before: Row | None
    id_after: str
    after: Row | None


@dataclass(frozen=True)
class _Step:
    note: str
    deltas: tuple[_Delta, ...]


# What evidence says of an event; the rest of its columns are not shown in the grid.
EVIDENCE_COLUMNS: Final = ("time", "source", "kind", "actor", "place", "text", "ref", "url")
_SAID_TOO: Final = {column.name for column in schema.TIMELINE.columns}
_GRID_OF_EVENTS: Final = (
    "included", "time", "source", "kind", "actor", "place", "text", "summary", "mark", "phase", "ended_at",
    "note",
)  # fmt: skip
_LONG: Final = {
    "text", "summary", "note", "statement", "decision", "why", "alternatives", "action", "done_when", "task",
    "question", "answer", "blockers", "next_steps", "basis", "reason",
}  # fmt: skip
_LABELS: Final = {
    "included": "On timeline", "time": "Time (UTC)", "ended_at": "Ended (UTC)", "text": "Recorded",
    "actor": "Who", "place": "Where", "summary": "In our words", "event_ids": "Evidence", "dri": "DRI",
    "factor_ids": "Factors", "issue_key": "Issue", "due_on": "Due", "review_on": "Review on",
    "decided_at": "Decided (UTC)", "held_at": "Held (UTC)", "done_at": "Done (UTC)",
    "suppressed_at": "Suppressed (UTC)", "root_cause": "Root cause", "factor_id": "Id", "action_id": "Id",
    "decision_id": "Id", "idea_id": "Id", "question_id": "Id", "task_id": "Id", "checkin_id": "Id",
    "basis": "How we know",
}  # fmt: skip
_WIDTHS: Final[dict[schema.Type, int]] = {"bool": 6, "time": 22, "date": 11, "int": 9, "float": 10}
# Tables whose rows get an id by themselves; the others are named by what people type.
_LETTERS: Final = {"factors": "F", "decisions": "D", "actions": "A", "questions": "Q", "ideas": "I"}
_NAMED_BY_US: Final = {*_LETTERS, "timeline", "tasks", "checkins"}


class Worksheet:
    """One table that people edit.

    Parameters
    ----------
    table : its schema
    rows : what its file holds, typed
    evidence : for the timeline, the events; each is a read-only row, and a row of people's lies over it
    facts : for a column, values to suggest: roles, people, ids of factors
    """

    def __init__(
        self,
        table: schema.Table,
        rows: pd.DataFrame,
        *,
        evidence: pd.DataFrame | None = None,
        facts: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.table = table
        self._required = [column.name for column in table.columns if column.required]
        self.facts: dict[str, tuple[str, ...]] = {}
        self._own_columns: list[str] = []
        self._has_evidence = evidence is not None
        self._recorded: dict[str, list[str]] = {}
        self._place_of: dict[str, int] = {}
        self._rows: Rows = {}
        self._base: Rows = {}
        self._renamed_from: dict[str, str] = {}
        self._undo: list[_Step] = []
        self._redo: list[_Step] = []
        self._taken: set[str] = set()
        self._arrived: dict[str, int] = {}
        self._ordered: list[str] | None = None
        if evidence is not None:
            self._read_evidence(evidence)
        self._base = self._read_rows(rows)
        self._rows = dict(self._base)
        self._taken.update(self._rows)
        self.suggest(facts or {})

    # Reading

    @property
    def row_ids(self) -> list[str]:
        """The rows as they are shown: with evidence by time, else by key with numbers in their order."""
        if self._ordered is None:
            self._ordered = self._in_order()
        return self._ordered

    def __len__(self) -> int:
        return len(self.row_ids)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows or row_id in self._place_of

    def cell(self, row_id: str, column: str) -> str:
        """The text of one cell as it is shown: people's word, else what was recorded."""
        if row_id not in self:
            raise KeyError(row_id)
        return self._shown(row_id, self._rows.get(row_id), column)

    def row(self, row_id: str) -> Row:
        """One row as it is shown, with every column, those of the evidence that the grid leaves out too."""
        names = [*self.table.column_names, *self._own_columns]
        names += [name for name in self._recorded if name not in names]
        return {name: self.cell(row_id, name) for name in names}

    def said(self, row_id: str) -> Row | None:
        """What people said in that row and nothing else; None where they said nothing."""
        row = self._rows.get(row_id)
        return None if row is None else dict(row)

    def recorded(self, row_id: str) -> Row | None:
        """What the evidence says of that row, untouched; None where there is none."""
        place = self._place_of.get(row_id)
        return None if place is None else {name: cells[place] for name, cells in self._recorded.items()}

    def cells(self, row_ids: Iterable[str] | None = None) -> list[list[str]]:
        """Rows for a view, each its id and then the texts of `columns`; all in order when none are named."""
        ids = self.row_ids if row_ids is None else list(row_ids)
        names = [column.name for column in self.columns]
        columns = [(self._recorded.get(name), self._blank(name)) for name in names]
        rows = []
        for row_id in ids:
            place = self._place_of.get(row_id)
            if row_id in self._rows or place is None:
                rows.append([row_id, *[self.cell(row_id, name) for name in names]])
            else:  # most rows of a long timeline
                rows.append([row_id, *[b if cells is None else cells[place] for cells, b in columns]])
        return rows

    def is_evidence(self, row_id: str) -> bool:
        """Whether the row is a record of the evidence, which nobody can delete."""
        return row_id in self._place_of

    def editable(self, row_id: str, column: str) -> bool:
        """Whether people may write in that cell."""
        view = self._views.get(column)
        return view is not None and view.editable and not (view.own_only and row_id in self._place_of)

    def is_typed_by_people(self, column: str) -> bool:
        """Whether a new row needs people to type that column's cell; ids of ours are given."""
        return not (self.table.name in _NAMED_BY_US and column in self.table.key)

    def unfinished(self) -> dict[str, str]:
        """Rows that are not in `frame()` yet, and in words what each still lacks."""
        return {
            row_id: lacks
            for row_id, row in self._rows.items()
            if row is not self._base.get(row_id) and (lacks := self._lacks(row))
        }

    @property
    def dirty(self) -> bool:
        """Whether `frame()` holds something else than the file."""
        return self._finished() != self._base

    def frame(self) -> pd.DataFrame:
        """What the file should hold: the finished rows people said something about, typed."""
        rows = self._finished().values()
        names = [*self.table.column_names, *self._own_columns]
        texts = {name: pd.Series([row.get(name, "") for row in rows], dtype="str") for name in names}
        return schema.conform(pd.DataFrame(texts), self.table)

    def text_of(self, column: str, value: object) -> str:
        """The text a cell of that column gets for `value`, typed or as people type it.

        Raises `ValueError` in words where it cannot be.
        """
        if column in self._own_columns:
            return schema.cell_text(schema.Column(column, "str", ""), value)
        told = self.table.column(column)
        if told.type == "time" and isinstance(value, str) and value.strip():
            try:
                return schema.cell_text(told, value)
            except ValueError:
                value = read_time(value)
        text = schema.cell_text(told, value)
        return text if text.strip() or not told.required else ""

    # Changing

    def apply(self, edits: Iterable[Edit | tuple[str, str, object]], *, note: str = "") -> Change:
        """Put new texts into cells, all of them or none.

        Raises `SchemaError` listing every cell that cannot be: unreadable, not among the choices, of the
        evidence, or of a row that is not here.
        """
        wanted: dict[str, Row] = {}
        problems = []
        for edit in edits:
            row_id, column, value = (edit.row_id, edit.column, edit.value) if isinstance(edit, Edit) else edit
            try:
                wanted.setdefault(row_id, {})[column] = self._read_cell(row_id, column, value)
            except ValueError as error:
                problems.append(f"{row_id}, `{column}`: {error}")
        deltas = [self._edited(row_id, cells) for row_id, cells in wanted.items()]
        deltas = [delta for delta in deltas if delta.before != delta.after]
        problems += self._twins(deltas)
        if problems:
            raise SchemaError(self.table.name, list(dict.fromkeys(problems)))
        return self._do(note or self._edit_note(wanted, deltas), deltas)

    def add(self, values: Mapping[str, object] | None = None) -> Change:
        """A new row with those values; it gets the next id where the table's rows have one of ours."""
        return self.add_rows([values or {}])

    def add_rows(self, rows: Iterable[Mapping[str, object]], *, note: str = "") -> Change:
        """Several new rows as one step. Raises `SchemaError` listing every cell that cannot be."""
        deltas: list[_Delta] = []
        problems = []
        for number, values in enumerate(rows, start=1):
            row, found = self._new_row(values)
            row_id = self._name_new(row, {delta.id_after for delta in deltas})
            label = row_id if number == 1 and not deltas else f"new row {number} ({row_id})"
            problems += [f"{label}, {problem}" for problem in found]
            deltas.append(_Delta(row_id, None, row_id, row))
        problems += self._twins(deltas)
        if problems:
            raise SchemaError(self.table.name, problems)
        return self._do(note or f"Added {_some([delta.id_after for delta in deltas])}.", deltas)

    def delete(
        self, row_ids: Iterable[str], *, seen: Mapping[str, Mapping[str, str | None]] | None = None
    ) -> Change:
        """Take rows out; of an event of the evidence only what people said about it.

        `seen` has for a row the cells that its author had before them. Raises `SchemaError` for a row where
        something else stands by now, one that is not here, and evidence about which nothing was said.
        """
        wanted, known = list(dict.fromkeys(row_ids)), seen or {}
        problems = [
            f"{row_id}: is evidence and stays; take it off the timeline instead"
            if row_id in self._place_of
            else f"{row_id}: no such row; it may have been deleted"
            for row_id in wanted
            if row_id not in self._rows
        ]
        problems += [
            f"{row_id}: somebody else changed it meanwhile, so it stays; delete it again if it should go"
            for row_id in wanted
            if row_id in self._rows and not self._is_as_seen(row_id, known.get(row_id, {}))
        ]
        if problems:
            raise SchemaError(self.table.name, problems)
        deltas = [_Delta(row_id, self._rows[row_id], row_id, None) for row_id in wanted]
        return self._do(f"Deleted {_some(wanted)}.", deltas)

    def meet(
        self, edits: Iterable[Edit | tuple[str, str, object]], seen: Iterable[str | None]
    ) -> tuple[list[Edit | tuple[str, str, object]], list[Clash]]:
        """The edits as they count beside what came in after their author had looked, and the clashes.

        `seen` has for each edit the text that stood there before the author, None where that is not known.
        As in `merge`: in a cell of words both additions count, elsewhere mine stands and a `Clash` is listed.
        """
        wanted: list[Edit | tuple[str, str, object]] = []
        clashes = []
        for edit, was in zip(edits, seen, strict=True):
            row_id, column, value = (edit.row_id, edit.column, edit.value) if isinstance(edit, Edit) else edit
            wanted.append(edit)
            if was is None or row_id not in self or not self.editable(row_id, column):
                continue  # `apply` says what cannot be
            there = self.cell(row_id, column)
            try:
                mine = self.text_of(column, value)
            except ValueError:
                continue
            if there in (was, mine):
                continue
            if self._views[column].type == "words":
                wanted[-1] = (row_id, column, _merged_words(was, mine, there))
            else:
                clashes.append(Clash(row_id, column, was, mine, there))
        return wanted, clashes

    def undo(self) -> Change | None:
        """Take back the last step; what somebody else wrote since stays. None when there is nothing."""
        if not self._undo:
            return None
        step = self._undo.pop()
        back = _Step(step.note, tuple(_Delta(d[2], d[3], d[0], d[1]) for d in reversed(step.deltas)))
        change = self._redone(back, f"Undone: {_lower(step.note)}")
        self._redo.append(step)
        return change

    def redo(self) -> Change | None:
        """Do again what `undo` took back; None when there is nothing."""
        if not self._redo:
            return None
        step = self._redo.pop()
        change = self._redone(step, f"Done again: {_lower(step.note)}")
        self._undo.append(step)
        return change

    def merge(self, theirs: pd.DataFrame) -> tuple[Change, list[Clash]]:
        """Take in what somebody else saved: three ways, cell by cell, against the last saved state.

        Where both changed a cell mine stands and a `Clash` is listed; in a cell of words both additions
        count. Writing outlives deleting. A new row of mine whose id is taken by then gets the next one.
        """
        before = self.snapshot()
        their_rows = self._read_rows(theirs)
        merged, clashes, renamed = self._merged(their_rows)
        self._base = their_rows
        self._rows = merged
        self._renamed_from = {
            mine: base for mine, base in self._renamed_from.items() if mine in merged and base in their_rows
        }
        self._taken.update(merged)
        if renamed:
            self._undo = [_with_new_ids(step, renamed) for step in self._undo]
            self._redo = [_with_new_ids(step, renamed) for step in self._redo]
        self._ordered = None
        change = self.changes_since(before, renamed=tuple(renamed.items()))
        note = f"Somebody else's changes are in: {_counts(change)}." if change else ""
        return replace(change, note=note), clashes

    def saved(self) -> None:
        """The state now is what the file holds."""
        self._base = self._finished()
        self._renamed_from = {}

    def resume(self, rows: Iterable[tuple[str, Row]]) -> list[str]:
        """Put back rows that were begun before; returns their ids.

        One whose id is taken by then gets the next, unless that row says all it said; then its id is empty.
        """
        ids = []
        for begun_as, begun in rows:
            row = self._blank_row() | {n: text for n, text in begun.items() if n in self._views}
            here, row_id = self._rows.get(begun_as), begun_as
            if here is not None and not self._is_another(begun_as, row, here):
                ids.append("")
                continue
            if begun_as in self:
                row_id = self._another_id(begun_as, {*self._taken, *self._rows, *self._place_of})
            ids.append(row_id)
            if self.table.name in _NAMED_BY_US:
                row[self.table.key[0]] = row_id
            self._put([_Delta(row_id, None, row_id, row)], "")
        return ids

    # State

    def suggest(self, facts: Mapping[str, Sequence[str]]) -> None:
        """Other values to suggest for columns; `columns` shows them."""
        self.facts = {name: tuple(values) for name, values in facts.items()}
        self._show_columns()

    def replace_evidence(self, events: pd.DataFrame) -> Change:
        """Other evidence under the same words of people."""
        old, cells = dict(self._place_of), dict(self._recorded)
        self._read_evidence(events)
        self._ordered = None
        shown = {*old, *self._rows}, {*self._place_of, *self._rows}
        now = self._recorded
        changed = tuple(
            Edit(row_id, name, self.cell(row_id, name))
            for row_id, place in old.items()
            if (place_now := self._place_of.get(row_id)) is not None
            for name in now
            if cells[name][place] != now[name][place_now]
        )
        added = tuple(row_id for row_id in self._place_of if row_id not in shown[0])
        removed = tuple(row_id for row_id in old if row_id not in shown[1])
        moved = tuple(edit.row_id for edit in changed if edit.column == "time")
        note = f"The evidence changed: {len(added):,} events more, {len(removed):,} less."
        return Change(changed, added, removed, note, (), moved)

    def snapshot(self) -> Snapshot:
        """The state now, cheap to take."""
        return Snapshot(
            dict(self._rows), self._base, dict(self._renamed_from), tuple(self._undo), tuple(self._redo)
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Back to a state as if nothing had happened since."""
        self._rows, self._base = dict(snapshot.rows), snapshot.base
        self._renamed_from = dict(snapshot.renamed_from)
        self._undo, self._redo = list(snapshot.undo), list(snapshot.redo)
        self._ordered = None

    def changes_since(
        self, snapshot: Snapshot, *, note: str = "", renamed: tuple[tuple[str, str], ...] = ()
    ) -> Change:
        """All that differs from an earlier state, as one change."""
        pairs = [
            (row_id, old, new)
            for row_id in {**snapshot.rows, **self._rows}
            if (old := snapshot.rows.get(row_id)) is not (new := self._rows.get(row_id))
        ]
        return self._change(pairs, note=note, renamed=renamed)

    # Reading frames

    def _read_evidence(self, events: pd.DataFrame) -> None:
        names = [name for name in EVIDENCE_COLUMNS if name in events]
        self._recorded = {name: schema.cell_texts(events[name]) for name in names}
        ids = schema.cell_texts(events["event_id"])
        self._place_of = {row_id: place for place, row_id in enumerate(ids)}

    def _read_rows(self, frame: pd.DataFrame) -> Rows:
        """Rows as texts by their ids; the same row as before is the same object."""
        more = [name for name in frame if name not in self.table.column_names]
        if fresh := [name for name in more if name not in self._own_columns]:
            self._own_columns += fresh
            self._show_columns()
        typed = schema.conform(frame, self.table)
        texts = [schema.cell_texts(typed[name]) for name in typed]
        names = list(typed)
        rows = [dict(zip(names, cells, strict=True)) for cells in zip(*texts, strict=True)]
        known = self._base
        return {
            row_id: known[row_id] if known.get(row_id) == row else row
            for row_id, row in zip(map(self._row_id, rows), rows, strict=True)
        }

    def _show_columns(self) -> None:
        by_us = self.table.name in _NAMED_BY_US
        views = []
        for column in self.table.columns:
            name = column.name
            more = (*column.open_choices, *self.facts.get(name, ()))
            views.append(
                ColumnView(
                    name,
                    _LABELS.get(name, name.replace("_", " ").capitalize()),
                    column.type,
                    column.meaning,
                    editable=not (by_us and name in self.table.key),
                    required=column.required,
                    choices=column.choices,
                    open_choices=() if column.choices else tuple(dict.fromkeys(more)),
                    long=name in _LONG,
                    width=_width(column),
                    own_only=name in ("actor", "place") and self._has_evidence,
                )
            )
        views += [
            ColumnView(name, name, "str", "the team's own column")
            for name in self._own_columns
            if name not in self._recorded
        ]
        if self._has_evidence:
            views = self._over_evidence(views)
        self._views = {view.name: view for view in views}
        self._blank_cells = {c.name: "no" if c.type == "bool" else "" for c in self.table.columns}
        self._blank_cells |= dict.fromkeys(self._own_columns, "")
        self.columns: tuple[ColumnView, ...] = tuple(views)

    def _over_evidence(self, views: list[ColumnView]) -> list[ColumnView]:
        by_name = {view.name: view for view in views}
        for name in self._recorded:
            if name not in by_name:
                column = schema.EVENTS.column(name)
                by_name[name] = ColumnView(
                    name, _LABELS.get(name, name.capitalize()), column.type, column.meaning, editable=False,
                    long=name in _LONG, width=_width(column),
                )  # fmt: skip
        shown = [by_name[name] for name in _GRID_OF_EVENTS if name in by_name]
        return shown + [by_name[name] for name in self._own_columns if name not in self._recorded]

    # Cells and rows

    def _shown(self, row_id: str, row: Row | None, column: str) -> str:
        only_recorded = column in self._recorded and column not in _SAID_TOO
        said = row.get(column, "") if row is not None and not only_recorded else ""
        if said:
            return said
        if column in self._recorded:
            place = self._place_of.get(row_id)
            if place is not None:
                return self._recorded[column][place]
            if row_id.startswith("manual:"):
                return {"source": "manual", "kind": "observation"}.get(column, "")
        return row_id if column == "event_id" and self._has_evidence else self._blank(column)

    def _is_as_seen(self, row_id: str, seen: Mapping[str, str | None]) -> bool:
        """Whether the cells that people write in hold what `seen` says of them; None says nothing."""
        told = {name: text for name, text in seen.items() if text is not None and self.editable(row_id, name)}
        return all(self.cell(row_id, name) == text for name, text in told.items())

    def _blank(self, column: str) -> str:
        return self._blank_cells.get(column, "")

    def _blank_row(self) -> Row:
        return dict(self._blank_cells)

    def _read_cell(self, row_id: str, column: str, value: object) -> str:
        """The text to put there. Raises `ValueError` in words where it cannot be."""
        if row_id not in self:
            raise ValueError("there is no such row; it may have been deleted")
        if column not in self._views:
            raise ValueError(f"there is no such column; the columns are {', '.join(self._views)}")
        if not self.editable(row_id, column):
            raise ValueError(
                "names the row and stays as it is" if column in self.table.key
                else "is what was recorded and stays as it is; write it into the summary or the note"
            )  # fmt: skip
        text = self.text_of(column, value)
        required = self._views[column].required
        if required and not text and row_id in self._base and not self._lacks(self._rows[row_id]):
            raise ValueError("cannot be empty; write something else, or delete the row")
        return text

    def _edited(self, row_id: str, cells: Row) -> _Delta:
        before = self._rows.get(row_id)
        if before is None:
            blank = self._blank_row() | {self.table.key[0]: row_id}
            # To say that an event does not belong is to say something; to clear a cell that is empty is not.
            said = any(text and text != self._shown(row_id, None, name) for name, text in cells.items())
            after = blank | cells if said or "included" in cells else None
        else:
            after = before | cells
        if after is not None and self._has_evidence:
            after = self._without_echo(row_id, after, cells)
        if after is None or self._has_evidence or not set(cells) & set(self.table.key):
            return _Delta(row_id, before, row_id, after)
        id_after = self._row_id(after) or (row_id if row_id.startswith("new:") else self._next_new(()))
        return _Delta(row_id, before, id_after, after)

    def _without_echo(self, row_id: str, row: Row, cells: Row) -> Row:
        """A time as it was recorded is not a correction of it."""
        place = self._place_of.get(row_id)
        same = place is not None and cells.get("time") == self._recorded["time"][place]
        return row | {"time": ""} if same and "time" in cells else row

    def _new_row(self, values: Mapping[str, object]) -> tuple[Row, list[str]]:
        row, problems = self._blank_row(), []
        for name, value in values.items():
            try:
                if name not in row:
                    raise ValueError(f"there is no such column; the columns are {', '.join(row)}")
                row[name] = self.text_of(name, value)
            except ValueError as error:
                problems.append(f"`{name}`: {error}")
        event_id = row["event_id"] if self._has_evidence else ""
        if event_id and event_id not in self._place_of and not event_id.startswith("manual:"):
            problems.append("`event_id`: no evidence has it; the id of a manual event begins with `manual:`")
        return row, problems

    def _name_new(self, row: Row, others: set[str]) -> str:
        """Give a new row its id, in its key column where that is ours to give."""
        key = self.table.key[0]
        if self.table.name in _NAMED_BY_US:
            if not row[key]:
                row[key] = self._next_id(row, self._taken | set(self._rows) | set(self._place_of) | others)
            return row[key]
        return self._row_id(row) or self._next_new(others)

    def _next_new(self, others: Iterable[str]) -> str:
        return _numbered("new:", self._taken | set(self._rows) | set(others))

    def _next_id(self, row: Row, taken: set[str]) -> str:
        name = self.table.name
        if name in _LETTERS:
            return _numbered(_LETTERS[name], taken)
        if name == "timeline":
            words = slug(row["summary"] or row["note"])
            return _free(f"manual:{words}", taken) if words else _numbered("manual:", taken)
        group = "task_list" if name == "tasks" else "kind"
        alike = [r[self.table.key[0]] for r in self._rows.values() if row[group] and r[group] == row[group]]
        stems = [row_id.rpartition("-")[0] for row_id in alike]
        stem = stems[0] if stems and stems[0] else slug(row[group]) or name.removesuffix("s")
        return _numbered(f"{stem}-", taken)

    def _row_id(self, row: Row) -> str:
        """The key of a row, ` / ` between its parts; empty while one of them is."""
        parts = [row.get(name, "") for name in self.table.key]
        if not all(parts):
            return ""
        if len(parts) == 1:
            return parts[0]
        return " / ".join(_escaped(part) for part in parts)

    def _lacks(self, row: Row) -> str:
        names = [name for name in self._required if not row.get(name)]
        if not names:
            return ""
        labels = " and ".join(f"“{self._views[name].label}”" for name in names if name in self._views)
        return f"Not saved yet: {labels} {'is' if len(names) == 1 else 'are'} empty."

    def _finished(self) -> Rows:
        """Rows that may be saved; a row of the file is known to be whole."""
        base = self._base
        return {
            row_id: row
            for row_id, row in self._rows.items()
            if row is base.get(row_id) or not self._lacks(row)
        }

    def _twins(self, deltas: Sequence[_Delta]) -> list[str]:
        arriving = [d for d in deltas if d.before is None or d.id_before != d.id_after]
        taken = set(self._rows) - {delta.id_before for delta in arriving}
        problems = []
        for delta in arriving:
            # A row that is there already is not one to be made.
            here = delta.before is None and delta.id_after in self._rows
            if here or delta.id_after in taken:
                problems.append(f"{delta.id_after}: there is such a row already; each needs its own")
            taken.add(delta.id_after)
        return problems

    # Steps

    def _do(self, note: str, deltas: Sequence[_Delta]) -> Change:
        if not deltas:
            return Change(note="Nothing changed.")
        self._undo.append(_Step(note, tuple(deltas)))
        self._redo.clear()
        return self._put(deltas, note)

    def _redone(self, step: _Step, note: str) -> Change:
        deltas = [delta for delta in map(self._reachable, step.deltas) if delta is not None]
        while blocked := self._blocked(deltas):
            deltas.remove(blocked)
        change = self._put(deltas, note)
        return change if change else replace(change, note=f"{note} Somebody else has changed it since.")

    def _reachable(self, wanted: _Delta) -> _Delta | None:
        """The part of a step that still can be taken: cells that are as the step before left them."""
        id_before, before, id_after, after = wanted
        here = self._rows.get(id_before)
        if here is before or here == before:
            return wanted
        if here is None or before is None:
            return None  # somebody else deleted it, or made it
        if after is None:
            if id_before not in self._place_of:
                return None  # somebody else wrote in it
            after = self._blank_row() | {name: before[name] for name in self.table.key}
        mine = {
            name: text
            for name, text in after.items()
            if before.get(name, "") != text and here.get(name, "") == before.get(name, "")
        }
        return _Delta(id_before, here, id_after, here | mine)

    def _blocked(self, deltas: Sequence[_Delta]) -> _Delta | None:
        """A row that would get the name of one that stays."""
        staying = set(self._rows) - {delta.id_before for delta in deltas if delta.id_before != delta.id_after}
        return next((d for d in deltas if d.id_before != d.id_after and d.id_after in staying), None)

    def _put(self, deltas: Sequence[_Delta], note: str) -> Change:
        touched = dict.fromkeys(row_id for delta in deltas for row_id in (delta.id_before, delta.id_after))
        old = {row_id: self._rows.get(row_id) for row_id in touched}
        renames = [delta for delta in deltas if delta.id_before != delta.id_after]
        origins = {d.id_before: self._renamed_from.pop(d.id_before, d.id_before) for d in renames}
        for delta in renames:  # all leave before one arrives: two rows may swap their names
            self._rows.pop(delta.id_before, None)
        for id_before, before, id_after, after in deltas:
            if after is None:
                self._rows.pop(id_after, None)
                continue
            self._rows[id_after] = after
            if id_before != id_after:
                self._arrived[id_after] = self._arrived.get(id_before, 0)
                if origins[id_before] in self._base and origins[id_before] != id_after:
                    self._renamed_from[id_after] = origins[id_before]
            elif before is None and id_after not in self._taken:
                self._arrived.setdefault(id_after, len(self._arrived) + 1)
            self._taken.add(id_after)
        pairs = [(row_id, row, self._rows.get(row_id)) for row_id, row in old.items()]
        return self._change(pairs, note=note, renamed=tuple((d.id_before, d.id_after) for d in renames))

    def _change(
        self,
        pairs: Sequence[tuple[str, Row | None, Row | None]],
        *,
        note: str,
        renamed: tuple[tuple[str, str], ...],
    ) -> Change:
        cells, added, removed, moved = [], [], [], []
        names, blank = [view.name for view in self.columns], self._blank_cells
        for row_id, before, after in pairs:
            if row_id not in self._place_of and (before is None or after is None):
                added += [row_id] if before is None and after is not None else []
                removed += [row_id] if after is None and before is not None else []
                continue
            said, says = before or blank, after or blank
            for name in (name for name in names if said.get(name, "") != says.get(name, "")):
                new = self._shown(row_id, after, name)
                if new != self._shown(row_id, before, name):
                    cells.append(Edit(row_id, name, new))
                    moved += [row_id] if self._has_evidence and name == "time" else []
        if added or removed or moved:
            self._ordered = None
        return Change(tuple(cells), tuple(added), tuple(removed), note, renamed, tuple(moved))

    def _in_order(self) -> list[str]:
        ids = [*self._place_of, *(row_id for row_id in self._rows if row_id not in self._place_of)]
        arrived = self._arrived
        if not self._has_evidence:
            natural = {row_id: _natural(row_id) for row_id in ids}
            return sorted(ids, key=lambda row_id: (arrived.get(row_id, 0), natural[row_id]))
        recorded, place_of, rows = self._recorded["time"], self._place_of, self._rows
        last = len(place_of)

        def key(row_id: str) -> tuple[str, int, str]:
            place, row = place_of.get(row_id, last), rows.get(row_id)
            time = (row["time"] if row else "") or (recorded[place] if place < last else "")
            return time or "~", place, row_id

        return sorted(ids, key=key)

    # Merging

    def _merged(self, theirs: Rows) -> tuple[Rows, list[Clash], dict[str, str]]:
        """The rows of both, the clashes, and the new ids of my rows whose id they took."""
        base, mine, origin = self._base, self._rows, self._renamed_from
        left = set(origin.values())  # names of the file under which no row of it goes on here
        known_as = {
            row_id: row_id
            for row_id in mine
            if row_id in base and row_id not in left and row_id not in origin
        }
        known_as |= {known: row_id for row_id, known in origin.items() if row_id in mine and known in base}
        merged: Rows = {}
        clashes: list[Clash] = []
        renamed: dict[str, str] = {}
        for before_id, before in base.items():
            row_id, their_row = known_as.get(before_id), theirs.get(before_id)
            if row_id is not None and their_row is not None:
                merged[row_id] = self._merged_row(row_id, before, mine[row_id], their_row, clashes)
            elif row_id is not None and not _alike(mine[row_id], before):
                clashes.append(Clash(row_id, "", "", "changed", "deleted"))
                merged[row_id] = mine[row_id]
            elif their_row is not None and row_id is None and not _alike(their_row, before):
                clashes.append(Clash(before_id, "", "", "deleted", "changed"))
                merged.setdefault(before_id, their_row)
        known = set(known_as.values())
        new = [row_id for row_id in mine if row_id not in known]
        merged |= {row_id: mine[row_id] for row_id in new if row_id not in theirs}
        for row_id in (row_id for row_id in theirs if row_id not in base):
            if row_id not in mine:
                merged[row_id] = theirs[row_id]
            elif self._is_another(row_id, mine[row_id], theirs[row_id]):
                taken = {*self._taken, *mine, *theirs, *merged, *self._place_of}
                new_id = renamed[row_id] = self._another_id(row_id, taken)
                merged |= {row_id: theirs[row_id], new_id: mine[row_id] | {self.table.key[0]: new_id}}
                self._arrived[new_id] = self._arrived.get(row_id, 0)
            else:
                here = merged.get(row_id, mine[row_id])
                merged[row_id] = self._merged_row(row_id, self._blank_row(), here, theirs[row_id], clashes)
        return merged, clashes, renamed

    def _merged_row(self, row_id: str, base: Row, mine: Row, theirs: Row, clashes: list[Clash]) -> Row:
        if mine is base:
            return theirs
        merged = {}
        for name in {**mine, **theirs}:
            b, m, t = (row.get(name, "") for row in (base, mine, theirs))
            view = self._views.get(name)
            if t in (m, b):
                merged[name] = m
            elif m == b or (view is not None and view.required and not m):
                merged[name] = t
            elif view is not None and view.type == "words":
                merged[name] = _merged_words(b, m, t)
            else:
                merged[name] = m
                clashes.append(Clash(row_id, name, b, m, t))
        return theirs if merged == theirs else merged

    def _is_another(self, row_id: str, mine: Row, theirs: Row) -> bool:
        """Whether two people gave one id to two things: an id of ours says nothing about what it names."""
        if self.table.name not in _NAMED_BY_US or row_id in self._place_of:
            return False
        blank = self._blank_row()
        said = [{n: c for n, c in row.items() if c != blank.get(n, "")} for row in (mine, theirs)]
        return not (said[0].items() <= said[1].items() or said[1].items() <= said[0].items())

    def _another_id(self, row_id: str, taken: set[str]) -> str:
        stem = re.sub(r"\d+$", "", row_id)
        return _free(row_id, taken) if self.table.name == "timeline" else _numbered(stem, taken)

    # Words

    def _edit_note(self, wanted: Mapping[str, Row], deltas: Sequence[_Delta]) -> str:
        count = sum(map(len, wanted.values()))
        if count == 1:
            ((row_id, cells),) = wanted.items()
            return f"Changed “{self._views[next(iter(cells))].label}” of {row_id}."
        return f"Changed {_count(count, 'cell')} in {_count(len(deltas), 'row')}."


def _alike(one: Row, other: Row) -> bool:
    """The same cells; a column that is missing is an empty one."""
    return one is other or all(one.get(name, "") == other.get(name, "") for name in {**one, **other})


def _merged_words(base: str, mine: str, theirs: str) -> str:
    """Words of both: what either added is in, what either took out is not."""
    b, m, t = base.split(), mine.split(), theirs.split()
    kept = [word for word in m if word in t or word not in b]
    return " ".join(dict.fromkeys([*kept, *(word for word in t if word not in b)]))


def _with_new_ids(step: _Step, renamed: Mapping[str, str]) -> _Step:
    def moved(row_id: str, row: Row | None) -> tuple[str, Row | None]:
        new_id = renamed.get(row_id, row_id)
        same = row is None or new_id == row_id
        return new_id, row if same else {n: new_id if c == row_id else c for n, c in (row or {}).items()}

    return _Step(
        step.note,
        tuple(_Delta(*moved(d.id_before, d.before), *moved(d.id_after, d.after)) for d in step.deltas),
    )


def _numbered(stem: str, taken: Iterable[str]) -> str:
    """`stem` with the number after the highest one that is taken."""
    pattern = re.compile(re.escape(stem) + r"([0-9]{1,9})", re.ASCII)
    numbers = [int(found[1]) for row_id in taken if (found := pattern.fullmatch(row_id))]
    return f"{stem}{max(numbers, default=0) + 1}"


def _free(row_id: str, taken: Container[str]) -> str:
    number, name = 1, row_id
    while name in taken:
        number += 1
        name = f"{row_id}-{number}"
    return name


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("/", "\\/") if " / " in part or "\\" in part else part


def _natural(text: str) -> list[tuple[int, str]]:
    """Sorts `A2` before `A10`."""
    pieces = re.split(r"([0-9]{1,18})", text, flags=re.ASCII)
    return [(int(piece), "") if n % 2 else (-1, piece) for n, piece in enumerate(pieces)]


def _width(column: schema.Column) -> int:
    if column.name.endswith("_id"):
        return 12
    if column.name in _LONG:
        return 44
    if column.choices or column.open_choices:
        return min(max(map(len, column.choices or column.open_choices)) + 4, 22)
    return _WIDTHS.get(column.type, 18)


def _some(row_ids: Sequence[str]) -> str:
    return row_ids[0] if len(row_ids) == 1 else _count(len(row_ids), "row")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _counts(change: Change) -> str:
    counts = [
        (len(change.cells), "cell", ""), (len(change.added), "row", " added"),
        (len(change.removed), "row", " removed"),
    ]  # fmt: skip
    return ", ".join(_count(number, noun) + what for number, noun, what in counts if number)


def _lower(note: str) -> str:
    return note[:1].lower() + note[1:]
