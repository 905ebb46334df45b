"""Frames made to fit a table: typed, in its order, and checked cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import pandas as pd
from pandas.api.extensions import ExtensionArray

from pmkit.errors import SchemaError
from pmkit.schema.cells import READERS
from pmkit.schema.columns import AS_DTYPE, BLANKS, DTYPES, Column, Table
from pmkit.schema.tables import SAMPLE_KINDS

Problems = list[tuple[int, str]]  # position of the row, what is wrong with which column


def empty(table: Table) -> pd.DataFrame:
    """No rows, all columns of the table, typed."""
    return _empty(table).copy()


@cache
def _empty(table: Table) -> pd.DataFrame:
    return pd.DataFrame({column.name: blank_column(column, 0) for column in table.columns})


def without_samples(events: pd.DataFrame) -> pd.DataFrame:
    """The events that are happenings: all but the samples of metrics."""
    if "kind" not in events:
        return events  # a chart asks for few columns only
    samples = events["kind"].isin(SAMPLE_KINDS)
    return events[~samples] if samples.any() else events


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """`frame` with every column of the table, typed and in its order; columns of its own come last.

    Raises `SchemaError` naming the row and column of every cell that cannot be read as its column's type; a
    time without a zone is one of them.
    """
    typed, problems = conformed(frame, table)
    if problems:
        raise SchemaError(table.name, [f"{row_name(frame, table, i)}, {what}" for i, what in problems])
    return typed


def validate(frame: pd.DataFrame, table: Table) -> None:
    """Raise `SchemaError` listing every missing value, unknown choice, twin key and untyped column."""
    problems = [f"column `{c.name}` is missing: {c.meaning}" for c in table.columns if c.name not in frame]
    untyped = [c for c in table.columns if c.name in frame and frame[c.name].dtype != AS_DTYPE[c.type]]
    problems += [
        f"column `{c.name}`: expected {DTYPES[c.type]}, found {frame[c.name].dtype}" for c in untyped
    ]
    typed = {name: frame[name] for name in frame.columns if name not in {column.name for column in untyped}}
    problems += [f"{row_name(frame, table, i)}, {what}" for i, what in misfits(typed, table)]
    if problems:
        raise SchemaError(table.name, problems)


def conformed(frame: pd.DataFrame, table: Table) -> tuple[pd.DataFrame, Problems]:
    """The frame typed, and its cells that cannot be read; those are empty in it."""
    typed: dict[str, ExtensionArray] = {}
    problems: Problems = []
    for column in table.columns:
        if column.name in frame.columns:
            typed[column.name], found = _typed_column(frame[column.name], column)
            problems += [(position, f"`{column.name}`: {what}") for position, what in found]
        else:
            typed[column.name] = blank_column(column, len(frame))
    extra = {name: frame[name].array for name in frame.columns if name not in typed}
    # Arrays, not series: all of one length, and nothing has to be aligned.
    return pd.DataFrame({**typed, **extra}, index=frame.index), problems


def typed_rows(header: list[str], rows: list[list[str]], table: Table) -> tuple[pd.DataFrame, Problems]:
    """The rows typed, and their cells that cannot be read or are not allowed.

    Cell by cell: a table has few rows, and pandas has a price for each column it is asked about.
    """
    texts = {title: [row[n] for row in rows] for n, title in enumerate(header)}
    typed: dict[str, object] = {}
    problems: Problems = []
    for column in table.columns:
        if column.name not in texts:
            typed[column.name] = blank_column(column, len(rows))
        elif column.type in ("str", "words"):
            typed[column.name] = pd.array(texts[column.name], dtype=AS_DTYPE["str"])
        else:
            cells, misread = _read_cells(texts[column.name], column)
            typed[column.name] = pd.array(cells, dtype=AS_DTYPE[column.type])
            problems += [(position, f"`{column.name}`: {what}") for position, what in misread]
    text = AS_DTYPE["str"]
    extra = {title: pd.array(cells, dtype=text) for title, cells in texts.items() if title not in typed}
    # A cell that cannot be read is empty in the frame; that it is empty is not its problem.
    return pd.DataFrame({**typed, **extra}), [*problems, *misfits(texts, table)]


def _typed_column(values: pd.Series, column: Column) -> tuple[ExtensionArray, Problems]:
    dtype = AS_DTYPE[column.type]
    if column.type in ("str", "words"):
        texts = values.array if values.dtype == dtype else values.astype(dtype).array
        return texts.fillna("") if texts.isna().any() else texts, []
    if values.dtype == dtype:
        return values.array, []
    if column.type == "time" and isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.astype(dtype).array, []
    cells, problems = _read_cells(values, column)
    return pd.array(cells, dtype=dtype), problems


def _read_cells(values: Iterable[object], column: Column) -> tuple[list[object], Problems]:
    read, cells, problems = READERS[column.type], [], []
    for position, cell in enumerate(values):
        blank = cell is None or cell is pd.NA or cell is pd.NaT or cell != cell or cell == ""  # noqa: PLR0124
        try:
            cells.append(None if blank else read(cell))
        except (ValueError, OverflowError) as error:
            cells.append(None)
            problems.append((position, str(error)))
    if column.type == "bool":
        cells = [bool(cell) for cell in cells]
    return cells, problems


def blank_column(column: Column, rows: int) -> ExtensionArray:
    """So many empty cells of the column's type."""
    return pd.array([BLANKS.get(column.type)] * rows, dtype=AS_DTYPE[column.type])


def misfits(columns: Mapping[str, Iterable[object]], table: Table) -> Iterator[tuple[int, str]]:
    """Cells whose value the table does not allow, and rows that are named as another one is."""
    for column in table.columns:
        if column.name in columns and (column.required or column.choices):
            yield from _unfit(columns[column.name], column)
    if set(table.key) <= set(columns):
        named_by = " and ".join(f"`{key}`" for key in table.key)
        seen: set[tuple[object, ...]] = set()
        for position, key in enumerate(zip(*(columns[name] for name in table.key), strict=True)):
            if key in seen:
                yield position, f"{named_by} as in a row before; each row needs its own"
            seen.add(key)


def _unfit(cells: Iterable[object], column: Column) -> Iterator[tuple[int, str]]:
    expected = ", ".join(column.choices)
    for position, cell in enumerate(cells):
        if pd.isna(cell) or cell == "":
            if column.required:
                yield position, f"`{column.name}` is empty: {column.meaning}"
        elif column.choices and cell not in column.choices:
            yield position, f"`{column.name}`: expected one of {expected}, found {cell!r}"


def row_name(frame: pd.DataFrame, table: Table, position: int, line: int | None = None) -> str:
    """Where a row stands, by its line in the file where that is known, and what it is named."""
    name = " / ".join(str(frame[key].iloc[position]) for key in table.key if key in frame)
    place = f"row {position + 1}" if line is None else f"line {line}"
    return place + (f" ({name})" if name.strip(" /") else "")
