"""Two people's rows made one: three ways, cell by cell, against the last saved state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pmkit.worksheet.changes import Clash, Row, Rows
from pmkit.worksheet.columns import ColumnView


class Merged(NamedTuple):
    """The rows of both, the clashes, and the new ids of my rows whose id they took."""

    rows: Rows
    clashes: list[Clash]
    renamed: dict[str, str]


def merge_rows(
    base: Rows,
    mine: Rows,
    theirs: Rows,
    *,
    origin: Mapping[str, str],
    views: Mapping[str, ColumnView],
    blank: Row,
    key: str,
    is_another: Callable[[str, Row, Row], bool],
    name_anew: Callable[[str, set[str]], str],
) -> Merged:
    """Merge my rows and theirs, which both come from `base`.

    `origin` has the id in `base` of rows that I renamed; `blank` is an empty row, `key` its column of ids.
    `is_another` tells whether two rows of one id are two things, `name_anew` then names mine.
    """
    known_as = _known_as(base, mine, origin)
    merged: Rows = {}
    clashes: list[Clash] = []
    renamed: dict[str, str] = {}
    for before_id, before in base.items():
        row_id, their_row = known_as.get(before_id), theirs.get(before_id)
        if row_id is not None and their_row is not None:
            merged[row_id] = _merge_row(row_id, before, mine[row_id], their_row, views=views, clashes=clashes)
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
        elif is_another(row_id, mine[row_id], theirs[row_id]):
            new_id = renamed[row_id] = name_anew(row_id, {*mine, *theirs, *merged})
            merged |= {row_id: theirs[row_id], new_id: mine[row_id] | {key: new_id}}
        else:
            here = merged.get(row_id, mine[row_id])
            merged[row_id] = _merge_row(row_id, blank, here, theirs[row_id], views=views, clashes=clashes)
    return Merged(merged, clashes, renamed)


def merge_words(base: str, mine: str, theirs: str) -> str:
    """Words of both: what either added is in, what either took out is not."""
    b, m, t = base.split(), mine.split(), theirs.split()
    kept = [word for word in m if word in t or word not in b]
    return " ".join(dict.fromkeys([*kept, *(word for word in t if word not in b)]))


def _known_as(base: Rows, mine: Rows, origin: Mapping[str, str]) -> dict[str, str]:
    """Under which id each row of `base` goes on here."""
    left = set(origin.values())  # names of the file under which no row of it goes on here
    stayed = {row_id: row_id for row_id in mine if row_id in base and row_id not in left | set(origin)}
    return stayed | {known: row_id for row_id, known in origin.items() if row_id in mine and known in base}


def _merge_row(
    row_id: str, base: Row, mine: Row, theirs: Row, *, views: Mapping[str, ColumnView], clashes: list[Clash]
) -> Row:
    if mine is base:
        return theirs
    merged = {}
    for name in {**mine, **theirs}:
        b, m, t = (row.get(name, "") for row in (base, mine, theirs))
        view = views.get(name)
        if t in (m, b):
            merged[name] = m
        elif m == b or (view is not None and view.required and not m):
            merged[name] = t
        elif view is not None and view.type == "words":
            merged[name] = merge_words(b, m, t)
        else:
            merged[name] = m
            clashes.append(Clash(row_id, name, b, m, t))
    return theirs if merged == theirs else merged


def _alike(one: Row, other: Row) -> bool:
    """The same cells; a column that is missing is an empty one."""
    return one is other or all(one.get(name, "") == other.get(name, "") for name in {**one, **other})
