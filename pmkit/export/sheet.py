"""A frame as CSV or XLSX for people's spreadsheets: text stays text, and nothing in it is a formula."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from pmkit.errors import RenderError

FORMATS: Final = (".csv", ".xlsx")
# What spreadsheets take for a formula at the start of a cell, behind blanks and signs nobody sees; the wide
# ones are what East Asian keyboards write.
_FORMULA: Final = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|[\t\r\n]")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # what XML cannot hold


def export_sheet(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write the rows of `frame` to `path`, a `.csv` or `.xlsx`; returns the path.

    In a CSV a cell that a spreadsheet would take for a formula begins with an apostrophe; in XLSX every cell
    is text, a number or a date, never a formula and never a link. Days are written as dates.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise RenderError(f"{path}: expected a name ending in {' or '.join(FORMATS)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        path.write_text(to_safe_csv(frame), encoding="utf-8-sig", newline="")
    else:
        _write_xlsx(frame, path)
    return path


def to_safe_csv(frame: pd.DataFrame) -> str:
    """The rows as CSV for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(list(frame.columns))
    columns = [[_safe(_text(value)) for value in frame[name]] for name in frame.columns]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def _write_xlsx(frame: pd.DataFrame, path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.properties import PageSetupProperties

    book = Workbook()
    sheet = book.active
    lines: dict[int, int] = {}  # the most that a cell of the row needs
    for column, name in enumerate(frame.columns, start=1):
        head = sheet.cell(1, column)
        head.value, head.data_type, head.font = str(name), "s", Font(name="Calibri", size=11, bold=True)
        for row, value in enumerate(frame[name], start=2):
            cell = sheet.cell(row, column)
            blank = value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124
            if blank:
                continue
            if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
                cell.value = value.item() if isinstance(value, np.generic) else value
            elif isinstance(value, pd.Timestamp) and value.tzinfo is None:
                cell.value, cell.number_format = value.to_pydatetime(), "yyyy-mm-dd"
            else:
                # As a shared string whatever it begins with; the mark keeps it so when somebody edits it.
                cell.value, cell.data_type, cell.quotePrefix = _CONTROL.sub("\ufffd", _text(value)), "s", True
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        texts = [_text(value) for value in frame[name]]
        # the name of a column stands beside the sign of its filter
        width = min(max([len(str(name)) + 5, *(len(text) + 2 for text in texts)]), 60)
        sheet.column_dimensions[head.column_letter].width = width
        for row, text in enumerate(texts, start=2):
            lines[row] = max(
                lines.get(row, 1), sum(1 + int(len(line) * 1.15 / width) for line in text.split("\n"))
            )
    for row, count in lines.items():  # not every program makes a row as high as its words
        sheet.row_dimensions[row].height = min(15 * count, 400)
    sheet.freeze_panes = "A2"
    if len(frame):
        sheet.auto_filter.ref = sheet.dimensions
    # on paper as wide as the page, its head on each
    sheet.page_setup.orientation, sheet.print_title_rows = "landscape", "1:1"
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0
    book.save(path)


def _text(value: object) -> str:
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value.tzinfo is None else value.isoformat()
    return str(value)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take the text of a cell for a formula."""
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)


def _safe(text: str) -> str:
    return f"'{text}" if is_formula(text) else text
