"""What the checks find at one step of the review, beside the tables to mend: a click leads to the cell."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import anywidget
import traitlets

from pmkit import tables
from pmkit.checks import RULES, run_checks
from pmkit.errors import PmkitError
from pmkit.session import EditSession
from pmkit.widgets import builder, edit
from pmkit.widgets.lanes import script, style
from pmkit.workspace import Workspace

_SOON: Final = 1.5  # seconds of rest after an edit before the checks run again
_LOOKED_AT: Final = (
    "timeline",
    "factors",
    "factor_links",
    "decisions",
    "actions",
    "impact",
    "questions",
    "raci",
)


class Findings(anywidget.AnyWidget):
    """The findings of some families, by `pmkit.checks.run_checks`; they are looked for again after each edit.

    `items` has for each finding `rule`, `title`, `severity`, `message`, `suggestion`, `why`, `mend`, the
    `table`, `row` and `column` it is about, and `label`, what the table is called on the page.
    """

    _esm = script("findings")
    _css = style("findings")

    items: traitlets.List[Any] = traitlets.List().tag(sync=True)
    hidden = traitlets.Int(0).tag(sync=True)
    label = traitlets.Unicode("Findings").tag(sync=True)

    def __init__(self, workspace: Workspace, families: tuple[str, ...] = ()) -> None:
        self.workspace, self.families = workspace, families
        self._waiting: asyncio.TimerHandle | None = None
        super().__init__()
        self.on_msg(self._hear)
        self._stops = [
            EditSession.of(workspace, name).subscribe(lambda _: self._soon()) for name in _LOOKED_AT
        ]
        self.look()

    def __repr__(self) -> str:
        return f"<Findings {', '.join(self.families) or 'all'}: {len(self.items)}>"

    def look(self) -> None:
        """Run the checks on what the folder holds now."""
        self._waiting = None
        try:
            found = run_checks(self.workspace.load(), now=datetime.now(UTC), select=self.families)
        except PmkitError as error:
            self.send({"op": "said", "text": f"Could not check: {error}", "trouble": True})
            return
        open_ones = found[found["suppressed"] == ""]
        self.hidden = len(found) - len(open_ones)
        items = [_item(row) for row in open_ones.to_dict("records")]
        if items != self.items:
            self.items = items
        self.send({"op": "said", "text": "", "trouble": False})

    def close(self) -> None:
        """Stop looking, and take the panel off the page."""
        for stop in getattr(self, "_stops", ()):
            stop()
        if self._waiting is not None:
            self._waiting.cancel()
        super().close()

    def _soon(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel: whoever edits looks again
            return
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = loop.call_later(_SOON, self.look)

    def _hear(self, _: object, content: Mapping[str, Any], __: object) -> None:
        if content.get("op") == "look":
            self.look()
        elif content.get("op") == "go":
            self._go(str(content["table"]), str(content["row"]), str(content["column"]))

    def _go(self, table: str, row: str, column: str) -> None:
        """Move the table on the page to the cell, if it is on the page."""
        folder = str(self.workspace.path.resolve())
        shown = builder._open_builders.get(folder) if table == "timeline" else None
        grid = edit._open_grids.get((folder, table))
        if shown is not None and row in shown.session.worksheet:
            shown.choose(row)
        elif grid is not None and row:
            grid.goto(row, column or None)


# Panels on the page: a cell that runs again shows the same one and leaves none behind.
_open_panels: dict[tuple[str, tuple[str, ...]], Findings] = {}


def show_findings(workspace: Workspace, *families: str) -> Any:
    """What the checks of those families find (all of them when none is named), beside the tables to mend.

    A click leads to the cell, and after an edit the checks run again. With `PMKIT_STATIC=1` in the
    environment, as when a notebook runs headless, a table.
    """
    if edit.is_static():
        found = run_checks(workspace.load(), now=datetime.now(UTC), select=families)
        return tables.table_findings(found)
    key = (str(workspace.path.resolve()), families)
    panel = _open_panels.get(key)
    if panel is not None and panel.comm is not None and panel.workspace is workspace:
        panel.look()
        return panel
    if panel is not None:
        panel.close()
    panel = _open_panels[key] = Findings(workspace, families)
    return panel


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    rule = RULES[row["rule"]]
    names = ("rule", "title", "severity", "message", "suggestion", "table", "row", "column")
    words = edit._WORDS.get(row["table"])
    return {
        **{name: row[name] for name in names},
        "why": rule.why,
        "mend": rule.mend,
        "label": words.label if words else "",
    }
