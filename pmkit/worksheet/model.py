"""The worksheet itself: its rows, the steps on them, and what other people saved meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from pmkit import schema
from pmkit.errors import SchemaError
from pmkit.phrases import counted
from pmkit.typed import read_time
from pmkit.worksheet.changes import Change, Clash, Delta, Edit, Row, Rows, Snapshot, Step, with_new_ids
from pmkit.worksheet.columns import column_views
from pmkit.worksheet.ids import NAMED_BY_US, another_id, natural_order, next_id, numbered, row_id_of
from pmkit.worksheet.merging import merge_rows, merge_words

# What evidence says of an event; the rest of its columns are not shown in the grid.
EVIDENCE_COLUMNS: Final = ("time", "source", "kind", "actor", "place", "text", "ref", "url")
_SAID_TOO: Final = {column.name for column in schema.TIMELINE.columns}


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
        self._undo: list[Step] = []
        self._redo: list[Step] = []
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
        return not (self.table.name in NAMED_BY_US and column in self.table.key)

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
        deltas: list[Delta] = []
        problems = []
        for number, values in enumerate(rows, start=1):
            row, found = self._new_row(values)
            row_id = self._name_new(row, {delta.id_after for delta in deltas})
            label = row_id if number == 1 and not deltas else f"new row {number} ({row_id})"
            problems += [f"{label}, {problem}" for problem in found]
            deltas.append(Delta(row_id, None, row_id, row))
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
        deltas = [Delta(row_id, self._rows[row_id], row_id, None) for row_id in wanted]
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
                wanted[-1] = (row_id, column, merge_words(was, mine, there))
            else:
                clashes.append(Clash(row_id, column, was, mine, there))
        return wanted, clashes

    def undo(self) -> Change | None:
        """Take back the last step; what somebody else wrote since stays. None when there is nothing."""
        if not self._undo:
            return None
        step = self._undo.pop()
        back = Step(step.note, tuple(Delta(d[2], d[3], d[0], d[1]) for d in reversed(step.deltas)))
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
        merged, clashes, renamed = merge_rows(
            self._base,
            self._rows,
            their_rows,
            origin=self._renamed_from,
            views=self._views,
            blank=self._blank_row(),
            key=self.table.key[0],
            is_another=self._is_another,
            name_anew=self._name_anew,
        )
        for row_id, new_id in renamed.items():
            self._arrived[new_id] = self._arrived.get(row_id, 0)
        self._base = their_rows
        self._rows = merged
        self._renamed_from = {
            mine: base for mine, base in self._renamed_from.items() if mine in merged and base in their_rows
        }
        self._taken.update(merged)
        if renamed:
            self._undo = [with_new_ids(step, renamed) for step in self._undo]
            self._redo = [with_new_ids(step, renamed) for step in self._redo]
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
                row_id = self._name_anew(begun_as, set(self._rows))
            ids.append(row_id)
            if self.table.name in NAMED_BY_US:
                row[self.table.key[0]] = row_id
            self._put([Delta(row_id, None, row_id, row)], "")
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
            for row_id, row in zip((row_id_of(row, self.table) for row in rows), rows, strict=True)
        }

    def _show_columns(self) -> None:
        recorded = self._recorded if self._has_evidence else None
        self.columns = column_views(self.table, own=self._own_columns, facts=self.facts, recorded=recorded)
        self._views = {view.name: view for view in self.columns}
        self._blank_cells = {c.name: "no" if c.type == "bool" else "" for c in self.table.columns}
        self._blank_cells |= dict.fromkeys(self._own_columns, "")

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

    def _edited(self, row_id: str, cells: Row) -> Delta:
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
            return Delta(row_id, before, row_id, after)
        id_after = row_id_of(after, self.table) or (
            row_id if row_id.startswith("new:") else self._next_new(())
        )
        return Delta(row_id, before, id_after, after)

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
        if self.table.name in NAMED_BY_US:
            if not row[key]:
                taken = self._taken | set(self._rows) | set(self._place_of) | others
                row[key] = next_id(row, self.table, self._rows.values(), taken)
            return row[key]
        return row_id_of(row, self.table) or self._next_new(others)

    def _next_new(self, others: Iterable[str]) -> str:
        return numbered("new:", self._taken | set(self._rows) | set(others))

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

    def _twins(self, deltas: Sequence[Delta]) -> list[str]:
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

    def _do(self, note: str, deltas: Sequence[Delta]) -> Change:
        if not deltas:
            return Change(note="Nothing changed.")
        self._undo.append(Step(note, tuple(deltas)))
        self._redo.clear()
        return self._put(deltas, note)

    def _redone(self, step: Step, note: str) -> Change:
        deltas = [delta for delta in map(self._reachable, step.deltas) if delta is not None]
        while blocked := self._blocked(deltas):
            deltas.remove(blocked)
        change = self._put(deltas, note)
        return change if change else replace(change, note=f"{note} Somebody else has changed it since.")

    def _reachable(self, wanted: Delta) -> Delta | None:
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
        return Delta(id_before, here, id_after, here | mine)

    def _blocked(self, deltas: Sequence[Delta]) -> Delta | None:
        """A row that would get the name of one that stays."""
        staying = set(self._rows) - {delta.id_before for delta in deltas if delta.id_before != delta.id_after}
        return next((d for d in deltas if d.id_before != d.id_after and d.id_after in staying), None)

    def _put(self, deltas: Sequence[Delta], note: str) -> Change:
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
            natural = {row_id: natural_order(row_id) for row_id in ids}
            return sorted(ids, key=lambda row_id: (arrived.get(row_id, 0), natural[row_id]))
        recorded, place_of, rows = self._recorded["time"], self._place_of, self._rows
        last = len(place_of)

        def key(row_id: str) -> tuple[str, int, str]:
            place, row = place_of.get(row_id, last), rows.get(row_id)
            time = (row["time"] if row else "") or (recorded[place] if place < last else "")
            return time or "~", place, row_id

        return sorted(ids, key=key)

    # Merging

    def _is_another(self, row_id: str, mine: Row, theirs: Row) -> bool:
        """Whether two people gave one id to two things: an id of ours says nothing about what it names."""
        if self.table.name not in NAMED_BY_US or row_id in self._place_of:
            return False
        blank = self._blank_row()
        said = [{n: c for n, c in row.items() if c != blank.get(n, "")} for row in (mine, theirs)]
        return not (said[0].items() <= said[1].items() or said[1].items() <= said[0].items())

    def _name_anew(self, row_id: str, others: set[str]) -> str:
        return another_id(row_id, self.table, {*self._taken, *self._place_of, *others})

    # Words

    def _edit_note(self, wanted: Mapping[str, Row], deltas: Sequence[Delta]) -> str:
        count = sum(map(len, wanted.values()))
        if count == 1:
            ((row_id, cells),) = wanted.items()
            return f"Changed “{self._views[next(iter(cells))].label}” of {row_id}."
        return f"Changed {counted(count, 'cell')} in {counted(len(deltas), 'row')}."


def _some(row_ids: Sequence[str]) -> str:
    return row_ids[0] if len(row_ids) == 1 else counted(len(row_ids), "row")


def _counts(change: Change) -> str:
    counts = [
        (len(change.cells), "cell", ""), (len(change.added), "row", " added"),
        (len(change.removed), "row", " removed"),
    ]  # fmt: skip
    return ", ".join(counted(number, noun) + what for number, noun, what in counts if number)


def _lower(note: str) -> str:
    return note[:1].lower() + note[1:]
