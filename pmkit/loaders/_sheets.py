"""Tables as files hold them: CSV, JSON, Parquet and Excel to one or more sheets of named cells.

Cells keep what the file says of them: text of a CSV stays text, a number or a time of Parquet and Excel stays
one. Nothing of a file is ever run: a formula gives the value that was saved with it.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from pmkit.errors import EvidenceError
from pmkit.loaders._archive import open_members
from pmkit.loaders._csv import Row, read_rows
from pmkit.loaders._documents import SUFFIXES, Shape, read_records
from pmkit.loaders._format import Glimpse
from pmkit.loaders._salvage import text_of

# What the readers of Parquet and Excel raise on a file that is damaged, or made to harm.
DAMAGE: Final = (
    OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, EOFError, OverflowError,
    SyntaxError, NotImplementedError, RecursionError, zipfile.BadZipFile, zlib.error, pa.ArrowException,
)  # fmt: skip

_PARQUET: Final = b"PAR1"
BINARY: Final = (_PARQUET, b"PK")
_WORKBOOK: Final = "xl/workbook.xml"
# The lists of a JSON document that are tables.
_LISTS: Final = ("events", "rows", "records")


class Line(NamedTuple):
    """One row: where it stands, its cells by the names of the header, or why it could not be read."""

    place: str
    cells: dict[str, Any]
    problem: str = ""


class Sheet(NamedTuple):
    """One table: its name ("" where the file holds only one), header and rows."""

    name: str
    header: list[str]
    lines: list[Line]


def read_sheets(path: Path, *, is_time: Callable[[str], bool]) -> list[Sheet]:
    """The tables of a file. `is_time` tells the name of a time's column, by which damaged JSON is read on.

    Raises `EvidenceError` where the file cannot be opened as what it is.
    """
    try:
        with path.open("rb") as file:
            head = file.read(2**10)
    except OSError as error:
        raise EvidenceError(path, "", f"cannot be read: {error}.") from error
    if head.startswith(_PARQUET):
        return [_parquet(path)]
    if head.startswith(b"PK"):
        return _workbook(path)
    if path.suffix.lower() in SUFFIXES or text_of(head).lstrip().startswith(("{", "[")):
        return [_json(path, is_time)]
    return [_csv(path)]


def headers(glimpse: Glimpse) -> list[list[str]]:
    """The headers of a file's tables, from a first look; [] for a file that is no table."""
    if glimpse.head.startswith(_PARQUET):
        return [_parquet_header(glimpse.path)]
    if _WORKBOOK in glimpse.members:
        try:
            return [sheet.header for sheet in _workbook(glimpse.path, most_rows=20)]
        except EvidenceError:
            return []
    if glimpse.keys:
        first, _, rest = glimpse.text.lstrip().partition("\n")
        are_lines = first.rstrip().endswith("}") and rest.lstrip().startswith("{")
        return [list(glimpse.first)] if isinstance(glimpse.document, list) or are_lines else []
    return [glimpse.header] if glimpse.header else []


# --- CSV and JSON -----------------------------------------------------------------------------------


def _csv(path: Path) -> Sheet:
    rows = read_rows(text_of(path.read_bytes()))
    top = next(rows, None)
    header = _named(top.cells) if top else []
    return Sheet("", header, [_csv_line(f":{number}", row, header) for number, row in enumerate(rows)])


def _csv_line(place: str, row: Row, header: Sequence[str]) -> Line:
    problem = row.problem
    if any(cell.strip() for cell in row.cells[len(header) :]):
        counts = f"{len(row.cells)} cells, the header has {len(header)}"
        problem = f"line {row.line}: {counts}; put a cell with commas in quotes"
    return Line(place, {} if problem else dict(zip(header, row.cells, strict=False)), problem)


def _json(path: Path, is_time: Callable[[str], bool]) -> Sheet:
    def is_row(value: dict[str, Any]) -> bool:
        return any(is_time(name) for name in value)

    found = read_records(path, Shape(dict.fromkeys(_LISTS, is_row)))
    lines = [Line(one.place, {} if one.problem else one.record, one.problem) for one in found]
    return Sheet("", list(dict.fromkeys(name for line in lines for name in line.cells)), lines)


# --- Parquet ----------------------------------------------------------------------------------------


def _parquet(path: Path) -> Sheet:
    from pyarrow import parquet

    try:
        table = _in_microseconds(parquet.read_table(path, partitioning=None))
        columns = {name: table[number].to_pylist() for number, name in enumerate(_named(table.column_names))}
    except DAMAGE as error:
        raise _unopened(path, error) from error
    rows = zip(*columns.values(), strict=True)
    lines = [Line(f":{number}", dict(zip(columns, row, strict=True))) for number, row in enumerate(rows)]
    return Sheet("", list(columns), lines)


def _parquet_header(path: Path) -> list[str]:
    from pyarrow import parquet

    try:
        return _named(parquet.read_schema(path).names)
    except DAMAGE:
        return []


def _in_microseconds(table: pa.Table) -> pa.Table:
    """Times without the nanoseconds, which Python has no type for."""
    for number, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            times = table[number].cast(pa.timestamp("us", field.type.tz), safe=False)
            table = table.set_column(number, field.name, times)
    return table


# --- Excel ------------------------------------------------------------------------------------------


def _workbook(path: Path, *, most_rows: int | None = None) -> list[Sheet]:
    from openpyxl import load_workbook

    with open_members(path, (".xml", ".rels")) as members:
        if unfit := next((member for member in members if member.problem), None):
            raise EvidenceError(path, unfit.name, f"{unfit.problem}.", "Save the workbook again, or as CSV.")
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is no cell: styles, validation, pictures
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            return [_sheet(sheet, most_rows) for sheet in book.worksheets]
    except DAMAGE as error:
        raise _unopened(path, error) from error


def _sheet(sheet: Any, most_rows: int | None) -> Sheet:
    sheet.reset_dimensions()  # what a sheet says of its size need not be so
    name = sheet.title.replace(" | ", "|")  # which stands between the copies of a record
    header: list[str] = []
    lines: list[Line] = []
    rows = enumerate(sheet.iter_rows(values_only=True, max_row=most_rows), start=1)
    try:
        for number, values in rows:
            said = sum(value is not None and value != "" for value in values)
            if not header:
                # Above the header may stand a title.
                header = _named([_title(value) for value in values]) if said > 1 else []
            elif said:
                lines.append(_excel_line(f"{name}:{len(lines)}", number, values, header))
    except DAMAGE as error:
        if not header:
            raise
        problem = f"the rest of the sheet cannot be read: {error}"
        lines.append(Line(f"{name}:{len(lines)}", {}, problem))
    return Sheet(sheet.title, header, _with_days(header, lines))


def _with_days(header: Sequence[str], lines: list[Line]) -> list[Line]:
    """A column in which every time is midnight holds days: Excel has one type for both."""
    days = []
    for name in header:
        times = [value for line in lines if isinstance(value := line.cells.get(name), datetime)]
        if times and all(value.time() == time() for value in times):
            days.append(name)
    for line in lines:
        line.cells.update(
            (name, value.date()) for name in days if isinstance(value := line.cells.get(name), datetime)
        )
    return lines


def _excel_line(place: str, number: int, values: Sequence[Any], header: Sequence[str]) -> Line:
    if any(value is not None and value != "" for value in values[len(header) :]):
        return Line(place, {}, f"row {number}: a cell to the right of the header")
    return Line(place, dict(zip(header, values, strict=False)))


def _title(value: Any) -> str:
    return "" if value is None else str(value)


def _unopened(path: Path, error: Exception) -> EvidenceError:
    return EvidenceError(path, "", f"cannot be opened: {error}.", "Save or export it again, or as CSV.")


def _named(titles: Iterable[str]) -> list[str]:
    """The header without blanks around its names, and none of them twice or empty."""
    seen: Counter[str] = Counter()
    return list(_unique((title.strip() or "column" for title in titles), seen))


def _unique(titles: Iterable[str], seen: Counter[str]) -> Iterator[str]:
    for title in titles:
        seen[title] += 1
        yield title if seen[title] == 1 else f"{title} {seen[title]}"
