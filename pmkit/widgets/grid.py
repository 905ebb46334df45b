"""The editable grid: a view in the browser of one table's session; it keeps nothing that is not on disk."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Literal, Protocol
from uuid import uuid4

import anywidget
import msgspec
import traitlets

from pmkit.errors import PmkitError, SchemaError
from pmkit.worksheet import Change, Clash, ColumnView

Dict = dict[str, Any]

_STATIC: Final = Path(__file__).parent / "static"
_WATCH_SECONDS: Final = 0.5
_OWN_ROW: Final = "manual:"  # how the id of a row without evidence begins
# "A1, `due_on`: expected a date …", a line of a SchemaError
_PROBLEM: Final = re.compile(r"(?s)(?P<row>.*?), `(?P<column>[^`]+)`:? (?P<problem>.*)")


class Sheet(Protocol):
    """What the grid reads of a worksheet."""

    @property
    def columns(self) -> tuple[ColumnView, ...]: ...  # noqa: D102
    @property
    def row_ids(self) -> list[str]: ...  # noqa: D102
    def cells(self, row_ids: Iterable[str] | None = None) -> list[list[str]]: ...  # noqa: D102


class Session(Protocol):
    """What the grid asks of a session: `pmkit.session.EditSession`, or something that looks like one."""

    @property
    def lock(self) -> AbstractContextManager[Any]: ...  # noqa: D102
    @property
    def clashes(self) -> list[Clash]: ...  # noqa: D102
    @property
    def worksheet(self) -> Sheet: ...  # noqa: D102
    def apply(  # noqa: D102
        self, edits: Iterable[tuple[str, str, object]], *, seen: Iterable[str | None] | None = None
    ) -> Change: ...
    def add_rows(self, rows: Iterable[Mapping[str, object]]) -> Change: ...  # noqa: D102
    def delete(  # noqa: D102
        self, row_ids: Iterable[str], *, seen: Mapping[str, Mapping[str, str | None]] | None = None
    ) -> Change: ...
    def settle(  # noqa: D102
        self, clash: Clash, *, take: Literal["mine", "theirs"], seen: Mapping[str, str | None] | None = None
    ) -> Change: ...
    def undo(self) -> Change | None: ...  # noqa: D102
    def redo(self) -> Change | None: ...  # noqa: D102
    def refresh(self) -> Change | None: ...  # noqa: D102
    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]: ...  # noqa: D102


class EditGrid(anywidget.AnyWidget):
    """One table as a grid: virtual rows, keyboard, clipboard. Every change goes to `session`, which saves it.

    Parameters
    ----------
    session : the table, as `pmkit.session.EditSession.of(workspace, name)`
    label : what a screen reader calls the table
    noun : one row and several, as `("action", "actions")`
    add_label : the words on the button for a new row; empty where rows cannot be added
    extras : for a column, more of how it looks: `names` and `hints` of its values, `tones`, `center`, `why`
    wrap : whether text takes as many lines as it needs; for a few hundred rows at most
    only : the yes/no column and the words for a box that narrows the rows to it
    height : most pixels the rows may take before they scroll
    begin : the row that a page shows first

    The widget follows the file: what somebody else saves appears within a second while the kernel is free.
    """

    _esm = _STATIC / "grid.js"
    _css = _STATIC / "grid.css"

    uid = traitlets.Unicode().tag(sync=True)
    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    # As one text: hundreds of thousands of cells are walked one by one otherwise.
    rows: traitlets.List[Any] = traitlets.List().tag(
        sync=True, to_json=lambda rows, _: msgspec.json.encode(rows).decode()
    )
    label = traitlets.Unicode().tag(sync=True)
    noun = traitlets.List(["row", "rows"]).tag(sync=True)
    add_label = traitlets.Unicode().tag(sync=True)
    add_mode = traitlets.Unicode("draft").tag(sync=True)
    deletable = traitlets.Bool(True).tag(sync=True)
    empty = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(480).tag(sync=True)
    zone = traitlets.Unicode("UTC").tag(sync=True)
    wrap = traitlets.Bool(False).tag(sync=True)
    only = traitlets.Dict().tag(sync=True)
    shown = traitlets.Any(None).tag(sync=True)
    begin = traitlets.Unicode().tag(sync=True)
    clashes: traitlets.List[Any] = traitlets.List().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        session: Session,
        *,
        label: str = "Table",
        noun: tuple[str, str] = ("row", "rows"),
        add_label: str = "",
        deletable: bool = True,
        empty: str = "",
        extras: Mapping[str, Mapping[str, object]] | None = None,
        wrap: bool = False,
        only: tuple[str, str] | None = None,
        height: int = 480,
        zone: str = "UTC",
        begin: str = "",
    ) -> None:
        self.session = session
        self._extras = dict(extras or {})
        self._on_select: list[Callable[[str], None]] = []
        self._on_range: list[Callable[[list[str]], None]] = []
        self._on_add: list[Callable[[], None]] = []
        self._watch: asyncio.Task[None] | None = None
        self._trouble = ""
        super().__init__(
            uid=uuid4().hex,
            columns=self._column_dicts(),
            rows=session.worksheet.cells(),
            label=label,
            noun=list(noun),
            add_label=add_label,
            deletable=deletable,
            empty=empty,
            wrap=wrap,
            only={"column": only[0], "label": only[1]} if only else {},
            height=height,
            zone=zone,
            begin=begin,
            clashes=_clash_dicts(session.clashes),
        )
        self._place = {row[0]: place for place, row in enumerate(self.rows)}
        self._stop_listening = session.subscribe(self._changed)
        self.on_msg(self._received)
        self._start_watching()

    def __repr__(self) -> str:
        count = len(self.rows)
        return f"<EditGrid {self.label}: {count:,} {self.noun[0] if count == 1 else self.noun[1]}>"

    # For the notebook and for widgets beside this one

    def on_select(self, callback: Callable[[str], None]) -> None:
        """Call `callback(row_id)` when somebody moves to another row."""
        self._on_select.append(callback)

    def on_range(self, callback: Callable[[list[str]], None]) -> None:
        """Call `callback(row_ids)` with every selected row, the same moment as `on_select`."""
        self._on_range.append(callback)

    def on_add(self, callback: Callable[[], None]) -> None:
        """Let `callback()` ask for a new row instead of the grid's own empty line."""
        self._on_add.append(callback)
        self.add_mode = "ask"

    def show(self, row_ids: Iterable[str] | None) -> None:
        """Show only those rows; None shows all of them again."""
        self.shown = None if row_ids is None else list(row_ids)

    def goto(self, row_id: str, column: str | None = None) -> None:
        """Move every view's cursor to that row, without telling `on_select`."""
        self.send({"op": "goto", "id": row_id, "column": column})

    def say(self, text: str) -> None:
        """A short word in the status line, gone after some seconds."""
        self.send({"op": "note", "text": text})

    def dress(self, extras: Mapping[str, Mapping[str, object]]) -> None:
        """Change how columns look: the argument `extras` again."""
        self._extras = {**self._extras, **extras}
        columns = self._column_dicts()
        if columns != self.columns:
            self.columns = columns

    def close(self) -> None:
        """Stop following the file and take the widget off the page."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        self._stop_listening()
        super().close()

    # Following the file

    def _start_watching(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel: a script or a test
            return
        self._watch = loop.create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            self.refresh()

    def refresh(self) -> None:
        """Take in what somebody else saved. A file that cannot be read is told once, and so is its return."""
        with self.session.lock:
            self._refresh()

    def _refresh(self) -> None:
        try:
            self.session.refresh()
        except (PmkitError, OSError) as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                words = f"The file cannot be read, this view stays as it was. {error}"
                self.send({"op": "error", "text": words})
            return
        if self._trouble:
            self._trouble = ""
            self.say("The file can be read again.")
        self._tell_clashes()

    # From the browser

    def _received(self, _widget: object, content: Dict, _buffers: object) -> None:
        with self.session.lock:
            self._answer(content)

    def _answer(self, content: Dict) -> None:
        key = content.get("key")
        try:
            answer = self._do(content)
        except PmkitError as error:
            self.send({"op": "error", "key": key, **self._in_words(error)})
        except Exception as error:
            self.send({"op": "error", "key": key, "text": f"Not saved: {type(error).__name__}: {error}"})
            raise
        else:
            if answer is not None:
                self.send({"op": "saved", "key": key, **answer})
            self._tell_clashes()

    def _do(self, content: Dict) -> Dict | None:
        """What one message asks for; returns what belongs into the answer, None where none is due."""
        op = content.get("op")
        if op == "edit":
            edits = [(row_id, column, value) for row_id, column, value in content["edits"]]
            self.session.apply(edits, seen=content.get("was"))
            return {}
        if op == "add":
            return self._add(content["values"])
        if op == "delete":
            return {"note": self.session.delete(content["ids"], seen=content.get("was")).note}
        if op in ("undo", "redo"):
            return self._step(op)
        if op == "select":
            self._select(content)
        elif op == "settle":
            self.session.settle(Clash(**content["clash"]), take=content["take"], seen=content.get("was"))
        return None

    def _add(self, values: Dict | list[Dict]) -> Dict:
        if self._on_add and not values:
            for ask in self._on_add:
                ask()
            return {}
        change = self.session.add_rows(values if isinstance(values, list) else [values])
        return {"ids": list(change.added)}

    def _step(self, op: str) -> Dict:
        change = self.session.undo() if op == "undo" else self.session.redo()
        if change is None:
            return {"note": f"Nothing to {op}."}
        touched = [cell.row_id for cell in change.cells] + list(change.added)
        if touched:
            self.goto(touched[0], change.cells[0].column if change.cells else None)
        return {"note": change.note}

    def _select(self, content: Dict) -> None:
        for tell in self._on_select:
            tell(content["id"])
        for tell_all in self._on_range:
            tell_all(content.get("ids", [content["id"]]))

    def _in_words(self, error: PmkitError) -> Dict:
        """The message for people, and for each cell that is named in it its own problem."""
        if not isinstance(error, SchemaError):
            return {"text": f"Not saved: {error}", "cells": []}
        labels = {column.name: column.label for column in self.session.worksheet.columns}
        cells, words = [], []
        for line in error.problems:
            found = _PROBLEM.fullmatch(line)
            if found is None:
                words.append(line)
                continue
            row_id, column, problem = found["row"], found["column"], found["problem"]
            cells.append([row_id, column, f"{problem[:1].upper()}{problem[1:]}."])
            words.append(f"{row_id}, {labels.get(column, column)}: {problem}")
        more = f" And {len(words) - 3} more like it." if len(words) > 3 else ""
        return {"text": "Not saved. " + "; ".join(words[:3]) + "." + more, "cells": cells}

    # To the browser

    def _changed(self, change: Change) -> None:
        """Repaint what a change touched: our own rows, for a page that is loaded again, and the views."""
        if not change and not change.moved:
            return
        columns = self._column_dicts()
        if [c["name"] for c in columns] != [c["name"] for c in self.columns]:
            self.columns, self.rows = columns, self.session.worksheet.cells()
            self._index()
            return
        names = {column["name"]: place for place, column in enumerate(columns, start=1)}
        cells = [
            [cell.row_id, cell.column, cell.value]
            for cell in change.cells
            if cell.row_id in self._place and cell.column in names
        ]
        for row_id, column, value in cells:
            self.rows[self._place[row_id]][names[column]] = value
        removed = [row_id for row_id in (*change.removed, *change.moved) if row_id in self._place]
        fresh = [*(row_id for row_id in change.added if row_id not in self._place or row_id in removed)]
        fresh += [row_id for row_id in change.moved if row_id in removed]
        at, added = self._put_rows(fresh, removed)
        note = change.note if not change.cells and not change.added else ""
        self.send({"op": "patch", "cells": cells, "added": added, "at": at, "removed": removed, "note": note})

    def _put_rows(self, fresh: Sequence[str], removed: Sequence[str]) -> tuple[list[int], list[list[str]]]:
        """Take rows out and put others in where the worksheet has them; returns the places and the rows."""
        if not fresh and not removed:
            return [], []
        gone = set(removed)
        if gone:
            self.rows[:] = [row for row in self.rows if row[0] not in gone]
        order = {row_id: place for place, row_id in enumerate(self.session.worksheet.row_ids)}
        here = sorted((row_id for row_id in dict.fromkeys(fresh) if row_id in order), key=order.__getitem__)
        rows = self.session.worksheet.cells(here)
        at = [order[row_id] for row_id in here]
        for place, row in zip(at, rows, strict=True):
            self.rows.insert(place, row)
        self._index()
        return at, [list(row) for row in rows]

    def _index(self) -> None:
        self._place = {row[0]: place for place, row in enumerate(self.rows)}

    def _tell_clashes(self) -> None:
        clashes = _clash_dicts(self.session.clashes)
        if clashes != self.clashes:
            self.clashes = clashes

    def _column_dicts(self) -> list[Dict]:
        return [
            {
                "name": view.name,
                "label": view.label,
                "type": view.type,
                "meaning": view.meaning,
                "editable": view.editable,
                "required": view.required,
                "choices": list(view.choices),
                "open": list(view.open_choices),
                "long": view.long,
                "only_own": _OWN_ROW if view.own_only else "",
                **self._extras.get(view.name, {}),
            }
            for view in self.session.worksheet.columns
        ]


def _clash_dicts(clashes: Iterable[Clash]) -> list[Dict]:
    return [_clash_dict(clash) for clash in clashes]


def _clash_dict(clash: Clash) -> Dict:
    return {name: getattr(clash, name) for name in ("row_id", "column", "base", "mine", "theirs")}
