"""What happens to a worksheet: an edit, the change it made, a clash of two people, a step to be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

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


class Delta(NamedTuple):
    """One row before and after a step; None where it is not there. Its id changes with its key."""

    id_before: str
    before: Row | None
    id_after: str
    after: Row | None


@dataclass(frozen=True)
class Step:
    """What one call changed, to be taken back or done again."""

    note: str
    deltas: tuple[Delta, ...]


@dataclass(frozen=True)
class Snapshot:
    """A state of a worksheet, for `restore` and `changes_since`."""

    rows: Rows
    base: Rows
    renamed_from: dict[str, str]
    undo: tuple[Step, ...]
    redo: tuple[Step, ...]


def with_new_ids(step: Step, renamed: Mapping[str, str]) -> Step:
    """The step under the ids that some of its rows got since."""

    def moved(row_id: str, row: Row | None) -> tuple[str, Row | None]:
        new_id = renamed.get(row_id, row_id)
        same = row is None or new_id == row_id
        return new_id, row if same else {n: new_id if c == row_id else c for n, c in (row or {}).items()}

    return Step(
        step.note,
        tuple(Delta(*moved(d.id_before, d.before), *moved(d.id_after, d.after)) for d in step.deltas),
    )
