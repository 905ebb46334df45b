"""The RACI canvas: the long table `raci` as activities by roles, for a grid to edit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal

from pmkit import schema
from pmkit.errors import SchemaError
from pmkit.widgets.grid import Session
from pmkit.worksheet import Change, Clash, ColumnView, Edit

ACCOUNTABLE: Final = "exactly one A"
_PARTS: Final = schema.RACI.column("part").choices


class RaciCanvas:
    """A session whose rows are activities and whose columns are roles; each edit goes to the long table.

    `session` is the one of the table `raci`. A role that only the table knows gets a column too. The last
    column says whether exactly one role is accountable.
    """

    def __init__(self, session: Session, roles: Sequence[str]) -> None:
        self.session = session
        self._planned = tuple(roles)
        self._steps: list[int] = []  # how many steps of the long table each step here took
        self._undone: list[int] = []

    # What a grid reads

    @property
    def worksheet(self) -> RaciCanvas:
        """The canvas is its own sheet."""
        return self

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """As the session's."""
        return self.session.lock

    @property
    def clashes(self) -> list[Clash]:
        """Clashes of the long table, in words of the canvas."""
        return list(dict.fromkeys(self._in_our_words(clash) for clash in self.session.clashes))

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the workspace, then those that only the table knows."""
        found = (role for parts in self._parts().values() for role in parts)
        return tuple(dict.fromkeys([*self._planned, *found]))

    @property
    def columns(self) -> tuple[ColumnView, ...]:
        """Activity, one column for each role, and the check."""
        activity = ColumnView("activity", "Activity", "str", "what is to be done", required=True, long=True)
        check = ColumnView(
            ACCOUNTABLE, "Exactly one A", "str", "one role is accountable for each activity", editable=False
        )
        meaning = schema.RACI.column("part").meaning
        roles = (ColumnView(role, role, "str", meaning, choices=_PARTS, width=6) for role in self.roles)
        return (activity, *roles, check)

    @property
    def row_ids(self) -> list[str]:
        """The activities, in the order of the long table."""
        return list(self._parts())

    def cells(self, row_ids: Iterable[str] | None = None) -> list[list[str]]:
        """Each activity as its id, itself, the part of each role, and the check."""
        parts, roles = self._parts(), self.roles
        wanted = list(parts) if row_ids is None else list(row_ids)
        return [
            [name, name, *(parts[name].get(role, ("", ""))[1] for role in roles), _check(parts[name])]
            for name in wanted
            if name in parts
        ]

    # What a grid asks

    def apply(
        self, edits: Iterable[tuple[str, str, object]], *, seen: Iterable[str | None] | None = None
    ) -> Change:
        """Put parts into cells, or rename activities."""
        edits = list(edits)
        parts = self._parts_of(activity for activity, _, _ in edits)
        names = {activity: str(value) for activity, column, value in edits if column == "activity"}
        changed: list[tuple[str, str, object]] = []
        were: list[str | None] = []
        fresh: list[Mapping[str, object]] = []
        for (activity, column, value), was in zip(edits, seen or [None] * len(edits), strict=True):
            row_id, _ = parts[activity].get(column, ("", ""))
            if column == "activity":
                changed += [(each, "activity", value) for each, _ in parts[activity].values()]
                were += [was] * len(parts[activity])
            elif row_id:
                changed.append((row_id, "part", value))
                were.append(was)
            elif value:
                fresh.append({"activity": names.get(activity, activity), "role": column, "part": value})
        run = [lambda: self.session.apply(changed, seen=were)] if changed else []
        run += [lambda: self.session.add_rows(fresh)] if fresh else []
        return self._run(run)

    def add_rows(self, rows: Iterable[Mapping[str, object]]) -> Change:
        """New activities, with a row of the long table for each role."""
        long = [
            {"activity": row["activity"], "role": role, "part": row.get(role, "")}
            for row in rows
            for role in self.roles
        ]
        return self._run([lambda: self.session.add_rows(long)])

    def delete(
        self, row_ids: Iterable[str], *, seen: Mapping[str, Mapping[str, str | None]] | None = None
    ) -> Change:
        """Take activities out, with the parts of all roles."""
        wanted, known = list(row_ids), seen or {}
        parts = self._parts_of(wanted)
        gone = {row_id: (name, role) for name in wanted for role, (row_id, _) in parts[name].items()}
        # A part of a role that had no column yet was an empty one to its author.
        were = {
            row_id: {"part": known[name].get(role, "")}
            for row_id, (name, role) in gone.items()
            if name in known
        }
        return self._run([lambda: self.session.delete(gone, seen=were)])

    def settle(
        self, clash: Clash, *, take: Literal["mine", "theirs"], seen: Mapping[str, str | None] | None = None
    ) -> Change:
        """Decide a clash, and list it no longer."""
        part = {"part": seen[clash.column]} if seen and clash.column in seen else None
        meant = [one for one in self.session.clashes if self._in_our_words(one) == clash]
        return self._run([partial(self.session.settle, one, take=take, seen=part) for one in meant])

    def undo(self) -> Change | None:
        """Take back the last step of the canvas."""
        return self._again(self._steps, self._undone, self.session.undo)

    def redo(self) -> Change | None:
        """Do again what `undo` took back."""
        return self._again(self._undone, self._steps, self.session.redo)

    def refresh(self) -> Change | None:
        """Take in what somebody else saved."""
        return self.session.refresh()

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call `callback` with each change, in words of the canvas."""
        seen = self._snapshot()

        def listen(change: Change) -> None:
            nonlocal seen
            before, seen = seen, self._snapshot()
            callback(_difference(before, seen, change.note))

        return self.session.subscribe(listen)

    # Inside

    def _parts(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Activity → role → the row of the long table and its part."""
        sheet = self.session.worksheet
        places = {column.name: place for place, column in enumerate(sheet.columns, start=1)}
        activity, role, part = (places[name] for name in ("activity", "role", "part"))
        parts: dict[str, dict[str, tuple[str, str]]] = {}
        for row in sheet.cells():
            if row[activity] and row[role]:
                parts.setdefault(row[activity], {})[row[role]] = (row[0], row[part])
        return parts

    def _in_our_words(self, clash: Clash) -> Clash:
        """The clash as one of a role's cell; as it is where its row is gone."""
        for activity, roles in self._parts().items():
            for role, (row_id, _) in roles.items():
                if row_id == clash.row_id:
                    return replace(
                        clash, row_id=activity, column={"part": role}.get(clash.column, clash.column)
                    )
        return clash

    def _parts_of(self, activities: Iterable[str]) -> dict[str, dict[str, tuple[str, str]]]:
        """All parts; raises `SchemaError` when one of these activities has none."""
        parts = self._parts()
        if gone := [name for name in dict.fromkeys(activities) if name not in parts]:
            problem = "no such activity; it may have been renamed or deleted"
            raise SchemaError("raci", [f"{name}: {problem}" for name in gone])
        return parts

    def _snapshot(self) -> dict[str, dict[str, str]]:
        names = [column.name for column in self.columns]
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in self.cells()}

    def _run(self, steps: Sequence[Callable[[], Change]]) -> Change:
        before, known = self._snapshot(), len(self.session.clashes)
        note, done = "", 0
        for step in steps:
            try:
                change = step()
            except Exception:
                for _ in range(done):  # all of it or nothing
                    self.session.undo()
                del self.session.clashes[known:]
                raise
            note, done = change.note or note, done + bool(change)
        if done:
            self._steps.append(done)
            self._undone.clear()
        return _difference(before, self._snapshot(), note)

    def _again(self, taken: list[int], put: list[int], step: Callable[[], Change | None]) -> Change | None:
        before = self._snapshot()
        count = taken.pop() if taken else 1
        changes = [change for change in (step() for _ in range(count)) if change is not None]
        if not changes:
            return None
        put.append(len(changes))
        return _difference(before, self._snapshot(), changes[-1].note)


def _check(parts: Mapping[str, tuple[str, str]]) -> str:
    count = sum("A" in part for _, part in parts.values())
    return {0: "no A yet", 1: "one A"}.get(count, f"{count} × A")


def _difference(
    before: Mapping[str, dict[str, str]], after: Mapping[str, dict[str, str]], note: str
) -> Change:
    cells = tuple(
        Edit(row_id, column, value)
        for row_id, row in after.items()
        if row_id in before
        for column, value in row.items()
        if before[row_id].get(column) != value
    )
    added = tuple(row_id for row_id in after if row_id not in before)
    removed = tuple(row_id for row_id in before if row_id not in after)
    return Change(cells, added, removed, note)
