"""Findings with the file and line they stand on, for terminals, editors and CI."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd

from pmkit import schema
from pmkit.checks._rule import split_paragraphs


def place_findings(findings: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The findings with `file`, its path as `folder` leads to it, and `line`, where the row begins.

    What stands in no file of its own (a table as a whole, the facts) is on line 1 of its file.
    """
    places = _Places(folder)
    found = [places.of(row.table, row.row, row.column) for row in findings.itertuples()]
    files = pd.Series([(folder / file).as_posix() for file, _ in found], index=findings.index, dtype="str")
    lines = pd.Series([line for _, line in found], index=findings.index, dtype="int64")
    return findings.assign(file=files, line=lines)


def place_written(findings: pd.DataFrame, name: str) -> pd.DataFrame:
    """As `place_findings`, of a report that was written elsewhere: the row is its line."""
    lines = findings["row"].str.extract(r"(\d+)", expand=False).fillna("1").astype("int64")
    return findings.assign(file=name, line=lines)


class _Places:
    """The files of one folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lines: dict[str, dict[str, int]] = {}

    def of(self, table: str, row: str, column: str) -> tuple[str, int]:
        if table.startswith("notes/"):
            return f"{table}.md", self._known(f"{table}.md").get(row, 1)
        if table in ("", "incident"):
            return "incident.toml", self._known("incident.toml").get(column, 1)
        return f"{table}.csv", self._known(f"{table}.csv").get(row, 1)

    def _known(self, name: str) -> dict[str, int]:
        if name not in self._lines:
            path = self.folder / name
            text = path.read_text(encoding="utf-8-sig", errors="replace") if path.exists() else ""
            read = {".csv": _rows, ".md": _paragraphs, ".toml": _keys}[path.suffix]
            self._lines[name] = read(text, path.stem)
        return self._lines[name]


def _rows(text: str, name: str) -> dict[str, int]:
    """Row id → line; a quoted cell may run over several."""
    table = schema.TABLES.get(name)
    key = table.key if table else ()
    reader = csv.reader(io.StringIO(text, newline=""))
    lines: dict[str, int] = {}
    head: list[str] = []
    line = 1
    try:
        for cells in reader:
            named = dict(zip(head, cells, strict=False))
            if head and cells:
                lines.setdefault(" / ".join(named.get(column, "") for column in key), line)
            head = head or cells
            line = reader.line_num + 1
    except csv.Error:
        return lines  # what cannot be read is told where the table is opened
    return lines


def _paragraphs(text: str, _: str) -> dict[str, int]:
    lines, position = {}, 0
    for number, paragraph in enumerate(split_paragraphs(text), start=1):
        position = max(text.find(paragraph.splitlines()[0], position), position)
        lines[str(number)] = text.count("\n", 0, position) + 1
    return lines


def _keys(text: str, _: str) -> dict[str, int]:
    lines = enumerate(text.splitlines(), start=1)
    named = ((line.strip(" []").partition("=")[0].strip(), number) for number, line in lines)
    return {name: number for name, number in reversed(list(named)) if name}
