"""The timeline's grid with bursts of like alerts folded: one line for each, with its count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from operator import itemgetter
from typing import Any, Literal

import pandas as pd

from pmkit.session import EditSession
from pmkit.worksheet import Change, Clash, ColumnView, Edit

# The order in which somebody builds a timeline; the lanes show the source.
_FIRST = ("included", "time", "actor", "text", "summary", "mark", "phase", "note")


class FoldedSheet:
    """The worksheet without the events that are folded under the first of their burst."""

    def __init__(self, session: EditSession) -> None:
        self._sheet = session.worksheet
        self.hidden: frozenset[str] = frozenset()
        self.counts: dict[str, int] = {}  # how many alike, by the first of each burst

    @property
    def columns(self) -> tuple[ColumnView, ...]:
        """As the worksheet's, what people write beside what was recorded; the rest behind it."""
        views = {view.name: view for view in self._sheet.columns}
        first = [views.pop(name) for name in _FIRST if name in views]
        return (*first, *views.values())

    @property
    def row_ids(self) -> list[str]:
        """The rows that are shown, in order."""
        return [row_id for row_id in self._sheet.row_ids if row_id not in self.hidden]

    def cells(self, row_ids: Iterable[str] | None = None) -> list[list[str]]:
        """As the worksheet's, the text of a burst with its count."""
        ids = self.row_ids if row_ids is None else list(row_ids)
        there = {view.name: n for n, view in enumerate(self._sheet.columns, start=1)}
        names = [view.name for view in self.columns]
        in_order, text = itemgetter(0, *(there[name] for name in names)), names.index("text") + 1
        rows = [list(in_order(row)) for row in self._sheet.cells(ids)]
        for row in rows if self.counts else ():
            if row[0] in self.counts:
                row[text] = self.text(row[0])
        return rows

    def text(self, row_id: str) -> str:
        """The recorded text as it is shown."""
        text, count = self._sheet.cell(row_id, "text"), self.counts.get(row_id)
        return text if count is None else f"×{count} {text}"


class FoldedSession:
    """A session whose bursts can be folded and unfolded; everything else it hands on to `session`.

    `samples` are the events that are shown only where people said something about them.
    """

    def __init__(self, session: EditSession, bursts: pd.DataFrame, *, samples: Iterable[str] = ()) -> None:
        self.session = session
        self.worksheet = FoldedSheet(session)
        self.fold = True
        self.unfolded: frozenset[str] = frozenset()
        self._views: list[Callable[[Change], None]] = []
        self.bursts, self.samples = bursts, frozenset(samples)
        self.worksheet.hidden, self.worksheet.counts = self._folded()
        self._stop = session.subscribe(self._changed)

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """As the session's."""
        return self.session.lock

    @property
    def clashes(self) -> list[Clash]:
        """As the session's."""
        return self.session.clashes

    def apply(
        self, edits: Iterable[tuple[str, str, object]], *, seen: Iterable[str | None] | None = None
    ) -> Change:
        """As the session's."""
        return self.session.apply(edits, seen=seen)

    def add_rows(self, rows: Iterable[Mapping[str, object]]) -> Change:
        """As the session's."""
        return self.session.add_rows(rows)

    def delete(
        self, row_ids: Iterable[str], *, seen: Mapping[str, Mapping[str, str | None]] | None = None
    ) -> Change:
        """As the session's."""
        return self.session.delete(row_ids, seen=seen)

    def settle(
        self, clash: Clash, *, take: Literal["mine", "theirs"], seen: Mapping[str, str | None] | None = None
    ) -> Change:
        """As the session's."""
        return self.session.settle(clash, take=take, seen=seen)

    def undo(self) -> Change | None:
        """As the session's."""
        return self.session.undo()

    def redo(self) -> Change | None:
        """As the session's."""
        return self.session.redo()

    def refresh(self) -> Change | None:
        """As the session's."""
        return self.session.refresh()

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """As the session's; folding is a change too."""
        self._views.append(callback)
        return lambda: self._views.remove(callback) if callback in self._views else None

    def close(self) -> None:
        """Listen no longer."""
        self._stop()

    def set_fold(self, *, fold: bool | None = None, unfolded: Iterable[str] | None = None) -> None:
        """Fold all bursts or none; `unfolded` are those that are shown one by one all the same."""
        self.fold = self.fold if fold is None else fold
        self.unfolded = self.unfolded if unfolded is None else frozenset(unfolded)
        self._changed(Change())

    def burst_of(self, event_id: str) -> str | None:
        """The burst under which an event is folded, by the id of its first event."""
        if event_id not in self.worksheet.hidden:
            return None
        return next((first for first, members in self.members.items() if event_id in members), None)

    @property
    def bursts(self) -> pd.DataFrame:
        """As `pmkit.bursts.find_bursts` gives them."""
        return self._bursts

    @bursts.setter
    def bursts(self, bursts: pd.DataFrame) -> None:
        self._bursts = bursts
        ids = zip(bursts["burst_id"], bursts["event_ids"], strict=True)
        self.members: dict[str, list[str]] = {first: members.split() for first, members in ids}

    def _folded(self) -> tuple[frozenset[str], dict[str, int]]:
        """Who is not shown, and the counts of the folded. What people spoke of stands for itself."""
        said = self.session.worksheet.said
        hidden = {event_id for event_id in self.samples if said(event_id) is None}
        counts: dict[str, int] = {}
        for first, members in self.members.items() if self.fold else ():
            if first in self.unfolded:
                continue
            here = {event_id for event_id in members[1:] if said(event_id) is None}
            if here:
                hidden |= here
                counts[first] = len(here) + 1
        return frozenset(hidden), counts

    def _changed(self, change: Change) -> None:
        sheet = self.worksheet
        before, counts = sheet.hidden, sheet.counts
        sheet.hidden, sheet.counts = self._folded()
        heads = [
            Edit(row_id, "text", sheet.text(row_id))
            for row_id in {*counts, *sheet.counts}
            if counts.get(row_id) != sheet.counts.get(row_id)
        ]
        cells = [cell for cell in change.cells if not (cell.column == "text" and cell.row_id in sheet.counts)]
        whole = replace(
            change,
            cells=(*cells, *heads),
            added=(*(i for i in change.added if i not in sheet.hidden), *(before - sheet.hidden)),
            removed=(*change.removed, *(sheet.hidden - before)),
        )
        if whole:
            for view in tuple(self._views):
                view(whole)
