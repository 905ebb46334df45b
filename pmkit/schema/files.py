"""A table as a CSV: read, written, and kept in the hand of the people who edit it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from pmkit.errors import SchemaError
from pmkit.schema.cells import cell_texts
from pmkit.schema.columns import Table
from pmkit.schema.frames import conform, conformed, empty, row_name, typed_rows

_NEEDS_QUOTES = re.compile(r'[,"\r\n]')


def read_csv(text: str, table: Table, *, where: str = "") -> pd.DataFrame:
    """The rows of a CSV of `table`, typed and valid; columns the table does not know are kept as text.

    Raises `SchemaError` naming the line and column of every cell that cannot be read or is not allowed.
    """
    name = where or f"{table.name}.csv"
    records = _records(text.removeprefix("\ufeff"), name)
    if not records:
        return empty(table)
    header = [title.strip() for title in records[0].cells]
    rows = records[1:]
    problems = [*_header_problems(header, table), *_shape_problems(rows, len(header))]
    if problems:
        raise SchemaError(name, problems)
    if not rows and set(header) <= set(table.column_names):
        return empty(table)
    texts = [row.cells for row in rows]
    typed, cells = typed_rows(header, texts, table)
    if cells:
        raw = pd.DataFrame(texts, columns=pd.Index(header), dtype="str")
        lines = [row_name(raw, table, i, line=rows[i].line) + f", {what}" for i, what in sorted(cells)]
        raise SchemaError(name, lines)
    return typed


def to_csv(frame: pd.DataFrame, table: Table) -> str:
    """The canonical CSV: columns in the table's order, then others; rows sorted by key; `\\n` ends."""
    ordered = conform(frame, table)
    ordered = ordered.sort_values(list(table.key), kind="stable") if len(ordered) else ordered
    texts = {name: cell_texts(ordered[name]) for name in ordered.columns}
    return "".join(_line(cells) for cells in [texts, *zip(*texts.values(), strict=True)])


def keep_lines(old: str, new: str, table: Table) -> str:
    """The canonical CSV `new` in the hand of `old`, the file as people left it.

    Its order of columns stays, and each line whose cells still say the same stays as it was typed.
    """
    try:
        before, after = _lines(old), _lines(new)
        return "".join(_in_hand_of(before, after, table)) if before and before != after else new
    except (csv.Error, ValueError):
        return new  # a file that cannot be read has no lines to keep


class _Record(NamedTuple):
    line: int  # where it starts; a quoted cell may run over several
    cells: list[str]


def _records(text: str, name: str) -> list[_Record]:
    """The records of a CSV, without blank lines. A quote that is never closed would swallow the rest."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records, line = [], 1
    try:
        for cells in reader:
            records += [_Record(line, cells)] if cells else []
            line = reader.line_num + 1
    except csv.Error as error:
        hint = "write a cell with quotes or commas in quotes, and each quote in it twice"
        raise SchemaError(name, [f"line {line}: {error}; {hint}"]) from error
    return records


def _lines(text: str) -> list[str]:
    """The records of a CSV as they stand there, each with its line end, without blank lines."""
    source = list(io.StringIO(text, newline=""))
    reader = csv.reader(source, strict=True)
    lines, start = [], 0
    for cells in reader:
        raw = "".join(source[start : reader.line_num])
        lines += [raw if raw.endswith("\n") else f"{raw}\n"] if cells else []
        start = reader.line_num
    return lines


def _in_hand_of(before: list[str], after: list[str], table: Table) -> Iterable[str]:
    order = [title.strip() for title in _cells(before[0])]
    header = _cells(after[0])
    if sorted(order) != sorted(header):
        return after
    if order != header:
        places = [header.index(title) for title in order]
        after = [_line([cells[place] for place in places]) for cells in map(_cells, after)]
    known = set(after)
    by_hand = [line for line in before[1:] if line not in known]
    typed, misread = conformed(pd.DataFrame(map(_cells, by_hand), columns=order, dtype="str"), table)
    if misread:
        return after
    texts = zip(*(cell_texts(typed[title]) for title in order), strict=True)
    kept = dict(zip(map(_line, texts), by_hand, strict=True)) | {after[0]: before[0]}
    end = "\r\n" if before[0].endswith("\r\n") else "\n"
    kept |= {line: line for line in before if line in known}
    return [kept.get(line, line.removesuffix("\n") + end) for line in after]


def _cells(line: str) -> list[str]:
    return next(csv.reader(io.StringIO(line, newline="")))


def _header_problems(header: list[str], table: Table) -> list[str]:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return ["line 1: no comma found; save the file with commas between the cells"]
    problems = [f"line 1: column {n} has no name" for n, title in enumerate(header, start=1) if not title]
    twins = sorted({title for title in header if title and header.count(title) > 1})
    problems += [f"line 1: column `{title}` stands twice" for title in twins]
    lacking = [column for column in table.columns if column.required and column.name not in header]
    return problems + [f"line 1: column `{c.name}` is missing: {c.meaning}" for c in lacking]


def _shape_problems(rows: list[_Record], width: int) -> list[str]:
    problems = []
    for line, cells in rows:
        if cells[0].startswith(("<<<<<<<", "=======", ">>>>>>>")):
            problems.append(f"line {line}: a merge is not finished; keep one side and delete this line")
        elif len(cells) != width:
            problems.append(f"line {line}: {len(cells)} cells, the header has {width}")
    return problems


def _quoted(cell: str) -> str:
    """As `csv.writer` does it, which before Python 3.13 leaves a lone carriage return bare: a row's end."""
    return '"' + cell.replace('"', '""') + '"' if _NEEDS_QUOTES.search(cell) else cell


def _line(cells: Iterable[str]) -> str:
    return ",".join(map(_quoted, cells)) + "\n"
