"""Tables that are too long for a page: their first rows are shown, and all of them are attached."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import pandas as pd

from pmkit.export.document import Block, Document, Table, plain
from pmkit.export.references import in_words
from pmkit.export.sheet import to_safe_csv

LONGEST: Final = 1000  # rows that are still shown whole
SHOWN: Final = 200  # of a longer table


def with_appendices(document: Document) -> tuple[Document, dict[str, bytes]]:
    """The document with its longest tables cut, and what was cut from: each table whole, as CSV by file name.

    A table that was cut names its file and how many rows it has. Nothing in the CSV is a formula to a
    spreadsheet.
    """
    files: dict[str, bytes] = {}

    def cut(block: Block) -> tuple[Block, ...]:
        if not isinstance(block, Table) or len(block.rows) <= LONGEST:
            return (block,)
        name = _file_name(block, files)
        files[name] = table_csv(block).encode("utf-8-sig", "replace")
        return (replace(block, rows=block.rows[:SHOWN], attached=name, total=len(block.rows)),)

    return document.map_blocks(cut), files


def table_csv(table: Table) -> str:
    """All rows of a table as CSV: each column, and one more where its cells have a second line."""
    columns: dict[str, list[str]] = {}
    for place, column in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        columns[_fresh(column.label or f"column {place + 1}", columns)] = [
            plain(c.children) or in_words(c) for c in cells
        ]
        if any(cell.note for cell in cells):
            columns[_fresh(f"{column.label} (note)", columns)] = [cell.note for cell in cells]
    return to_safe_csv(pd.DataFrame(columns))


def _fresh(label: str, taken: dict[str, list[str]]) -> str:
    count, name = 1, label
    while name in taken:
        count += 1
        name = f"{label} {count}"
    return name


def _file_name(table: Table, taken: dict[str, bytes]) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", (table.name or table.label or "table").casefold()).strip("-")[:40]
    count, name = 1, f"{stem or 'table'}.csv"
    while name in taken:
        count += 1
        name = f"{stem or 'table'}-{count}.csv"
    return name
