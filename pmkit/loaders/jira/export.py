"""Jira's export "CSV (all fields)": a header that repeats its names, and times of the exporter's clock."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from pmkit.errors import EvidenceError
from pmkit.loaders._csv import Row as CsvRow
from pmkit.loaders._csv import read_rows
from pmkit.loaders._dates import find_order, read_screen
from pmkit.loaders._format import Glimpse
from pmkit.loaders._salvage import text_of
from pmkit.loaders.jira.adf import plain_text
from pmkit.loaders.jira.rows import (
    KEY,
    Row,
    Told,
    creation_text,
    kind_of_type,
    refused,
    resolution_text,
    row_of,
    state,
)

# Numbers of issues at which an export is often cut, without a word.
LIMITS: Final = (1000, 10_000)

_COMMENT: Final = re.compile(r"(?P<at>[^;\n]{6,40});(?P<author>[^;\n]*);(?P<text>.*)", re.DOTALL)


def is_export(glimpse: Glimpse) -> bool:
    """Whether a file is a CSV with keys of issues."""
    names = {name.casefold() for name in glimpse.header}
    return "issue key" in names and bool(names & {"summary", "issue id", "status", "created"})


def find_incompleteness(path: str | Path) -> str:
    """That a CSV tells no changes, and whether it may be cut, as one sentence."""
    count = sum(1 for _ in read_rows(text_of(Path(path).read_bytes()))) - 1
    cut = f"exactly {count:,} issues, where an export is often cut; " if count in LIMITS else ""
    return f"incomplete: {cut}no changelog, which only the REST API gives"


class Export:
    """The rows of one export."""

    def __init__(self, path: Path, zone: str | None, date_format: str | None) -> None:
        self.path, self.zone = path, zone
        rows = list(read_rows(text_of(path.read_bytes())))
        self.header = [name.strip().casefold() for name in rows[0].cells] if rows else []
        if "issue key" not in self.header:
            hint = "Export it from Jira as “CSV (all fields)”."
            raise EvidenceError(path, "line 1", "expected a column `Issue key`.", hint)
        self.rows = rows[1:]
        self.names = dict(name for row in self.rows for name in self._names_of(row.cells))
        dates = [text for row in self.rows for text in self._dates_of(row.cells)]
        self.order = find_order(dates, path=path, date_format=date_format)

    def told(self) -> Iterator[Told]:
        """Every issue, comment and resolution, in the order of the file."""
        for number, row in enumerate(self.rows):
            if problem := row.problem or self._misfit(row):
                yield f":{number}", refused(problem)
                continue
            yield f":{number}", partial(self._creation, row)
            if self._cell(row.cells, "resolved"):
                yield f":{number}/resolved", partial(self._resolution, row)
            for n, cell in enumerate(self._comments(row.cells)):
                yield f":{number}/comments:{n}", partial(self._comment, row, cell, n)
            for n, cell in enumerate(self._left_over(row.cells)):
                problem = f"line {row.line}: {cell[:40]!r} stands after the last column of the header"
                yield f":{number}/cells:{len(self.header) + n}", refused(problem)

    def _creation(self, row: CsvRow) -> Row:
        kind = self._cell(row.cells, "issue type")
        text = creation_text(
            self._key(row),
            self._cell(row.cells, "summary"),
            (kind, self._cell(row.cells, "priority")),
            plain_text(self._cell(row.cells, "description"), self.names),
        )
        actor = self._cell(row.cells, "creator") or self._cell(row.cells, "reporter")
        return self._row(
            row, "created", self._cell(row.cells, "created"),
            kind=kind_of_type(kind), actor=self.names.get(actor, actor), text=text,
            **self._updated(row),
        )  # fmt: skip

    def _resolution(self, row: CsvRow) -> Row:
        how = self._cell(row.cells, "resolution")
        text = resolution_text(self._key(row), how)
        at = self._cell(row.cells, "resolved")
        return self._row(row, "resolved", at, kind="resolve", text=text, jira_to=how, order=(3, 0, 0))

    def _comment(self, row: CsvRow, cell: str, number: int) -> Row:
        told = _COMMENT.fullmatch(cell)
        if told is None:
            raise ValueError(
                f"line {row.line}: expected a comment as `date;author;text`, found {cell[:40]!r}"
            )
        name = hashlib.blake2b(cell.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return self._row(
            row, f"comment:{name}", told["at"],
            kind="note",
            actor=self.names.get(told["author"], told["author"]),
            text=plain_text(told["text"], self.names),
            order=(2, number, 0),
        )  # fmt: skip

    def _row(self, row: CsvRow, event: str, at: str, **more: Any) -> Row:
        key = self._key(row)
        place = self._cell(row.cells, "project name")
        when = read_screen(at, self.order, path=self.path, where=f"line {row.line}", zone=self.zone)
        return row_of(key, event, when, place) | more

    def _updated(self, row: CsvRow) -> Row:
        try:
            at = self._cell(row.cells, "updated")
            return state(read_screen(at, self.order, path=self.path, zone=self.zone))
        except ValueError:
            return {}

    def _key(self, row: CsvRow) -> str:
        return self._cell(row.cells, "issue key")

    def _misfit(self, row: CsvRow) -> str:
        """Why the cells of a row cannot be those of the columns they stand in; "" if they can."""
        if KEY.fullmatch(self._key(row)):
            return ""
        found = f"expected a key as PAY-812 in the column `Issue key`, found {self._key(row)[:40]!r}"
        extra = len(row.cells) - len(self.header)
        return f"line {row.line}: {found}" + (f", {extra} cells beyond the header" if extra > 0 else "")

    def _cell(self, cells: Sequence[str], name: str) -> str:
        """The first cell under that name that says anything."""
        return next(iter(self._cells(cells, name)), "")

    def _cells(self, cells: Sequence[str], name: str) -> list[str]:
        # A row may be longer or shorter than the header.
        under = zip(self.header, cells, strict=False)
        return [cell.strip() for title, cell in under if title == name and cell.strip()]

    def _comments(self, cells: Sequence[str]) -> list[str]:
        """The comments, those that stand after the last column of the header among them."""
        beyond = [cell.strip() for cell in cells[len(self.header) :]]
        return self._cells(cells, "comment") + [cell for cell in beyond if _COMMENT.fullmatch(cell)]

    def _left_over(self, cells: Sequence[str]) -> list[str]:
        beyond = [cell.strip() for cell in cells[len(self.header) :]]
        return [cell for cell in beyond if cell and not _COMMENT.fullmatch(cell)]

    def _names_of(self, cells: Sequence[str]) -> Iterator[tuple[str, str]]:
        for role in ("assignee", "reporter", "creator"):
            name, account = self._cell(cells, role), self._cell(cells, f"{role} id")
            if name and account:
                yield account, name

    def _dates_of(self, cells: Sequence[str]) -> Iterator[str]:
        for name in ("created", "updated", "resolved"):
            yield from self._cells(cells, name)
        yield from (told["at"] for cell in self._comments(cells) if (told := _COMMENT.fullmatch(cell)))
