"""A session that keeps nothing: a real worksheet, and a list of what was asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any

import pandas as pd
import pytest

from pmkit import schema
from pmkit.errors import PmkitError
from pmkit.worksheet import Change, Clash, Worksheet


class FakeSession:
    """`pmkit.session.EditSession` without a file; `refuse` makes the next change fail."""

    def __init__(self, worksheet: Worksheet) -> None:
        self.worksheet = worksheet
        self.clashes: list[Clash] = []
        self.lock = nullcontext()
        self.asked: list[tuple[str, Any]] = []
        self.refuse: PmkitError | None = None
        self.outside: Change | None = None
        self._listeners: list[Callable[[Change], None]] = []

    def apply(
        self, edits: Iterable[tuple[str, str, object]], *, seen: Iterable[str | None] | None = None
    ) -> Change:
        edits = list(edits)
        return self._tell("apply", edits, lambda: self.worksheet.apply(edits))

    def add_rows(self, rows: Iterable[Mapping[str, object]]) -> Change:
        rows = list(rows)
        return self._tell("add", rows, lambda: self.worksheet.add_rows(rows))

    def delete(self, row_ids: Iterable[str], *, seen: Any = None) -> Change:
        ids = list(row_ids)
        return self._tell("delete", ids, lambda: self.worksheet.delete(ids, seen=seen))

    def settle(self, clash: Clash, *, take: str, seen: Any = None) -> Change:
        self.asked.append(("settle", (clash, take, seen)))
        return Change()

    def undo(self) -> Change | None:
        return self._tell("undo", None, self.worksheet.undo)

    def redo(self) -> Change | None:
        return self._tell("redo", None, self.worksheet.redo)

    def refresh(self) -> Change | None:
        change, self.outside = self.outside, None
        return self._tell("refresh", None, lambda: change)

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def _tell(self, name: str, what: Any, run: Callable[[], Any]) -> Any:
        self.asked.append((name, what))
        if self.refuse is not None:
            error, self.refuse = self.refuse, None
            raise error
        change = run()
        for listen in list(self._listeners) if change is not None else []:
            listen(change)
        return change


@pytest.fixture
def fake_session() -> Callable[..., FakeSession]:
    """`fake_session("actions", {…}, {…})`: a session over those rows."""

    def make(name: str, *rows: Mapping[str, object], **more: Any) -> FakeSession:
        table = schema.TABLES[name]
        frame = schema.conform(pd.DataFrame(rows), table) if rows else schema.empty(table)
        return FakeSession(Worksheet(table, frame, **more))

    return make
