"""CSV as it comes: any delimiter, with or without a BOM, sloppy quotes; damage costs its own lines only.

Cells are text and stay it: `NA` is somebody's name, `007` no number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final, NamedTuple

_DELIMITERS: Final = ",;\t|"
# Patience with one file: how many times over it is read to follow quotes that do not end.
_MOST_REREADING: Final = 4


class Row(NamedTuple):
    """One row: the line it begins in, counted from 1, and its cells or why they could not be read."""

    line: int
    cells: list[str]
    problem: str = ""


def read_rows(text: str) -> Iterator[Row]:
    """The rows of a CSV, the header first; rows without any word do not count.

    The delimiter is the one that a first line `sep=;` names, as Excel writes it, or else the most frequent
    one of the header. A quoted cell that does not end costs its own line, not the rows after it.
    """
    lines = list(io.StringIO(text, newline=""))
    named = lines[0].strip() if lines and lines[0].startswith("sep=") else ""
    begin = 1 if named else 0
    while begin < len(lines) and not lines[begin].strip():
        begin += 1
    if begin == len(lines):
        return
    delimiter = named[4:5] or max(_DELIMITERS, key=lines[begin].count)
    width, lines_left = 0, _MOST_REREADING * len(lines)
    while begin < len(lines):
        reader = csv.reader((lines[n] for n in range(begin, len(lines))), delimiter=delimiter, strict=True)
        row_begin = begin
        try:
            for cells in reader:
                width = width or len(cells)
                if any(cell.strip() for cell in cells):
                    yield Row(row_begin + 1, cells)
                row_begin = begin + reader.line_num
            return
        except csv.Error as error:
            lines_left -= begin + reader.line_num - row_begin
            if lines_left < 0:
                yield Row(row_begin + 1, [], f"lines {row_begin + 1} to {len(lines)} are too damaged to read")
                return
            yield _sloppy(lines[row_begin], row_begin + 1, delimiter, width, str(error))
            begin = row_begin + 1


def _sloppy(line: str, number: int, delimiter: str, width: int, error: str) -> Row:
    """A line with quotes out of place, read by itself; a row only if it has as many cells as the header."""
    try:
        cells = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        cells = []
    if len(cells) == (width or len(cells)) and cells:
        return Row(number, cells)
    return Row(number, [], f"line {number}: {error}; quotes do not match")
