"""One editable table as a pure model: people's rows over read-only evidence; no widget, no disk, no kernel.

Every cell is the text its CSV would hold. An edit is checked before it counts, all of its cells or none.
A new row that lacks a required cell stays in the worksheet as *unfinished*: it keeps what was typed, tells
what is missing, and is not part of `frame()` before it is whole.
"""

from __future__ import annotations

from pmkit.worksheet.changes import Change, Clash, Edit, Row, Rows, Snapshot
from pmkit.worksheet.columns import ColumnView
from pmkit.worksheet.model import EVIDENCE_COLUMNS, Worksheet

__all__ = [
    "EVIDENCE_COLUMNS",
    "Change",
    "Clash",
    "ColumnView",
    "Edit",
    "Row",
    "Rows",
    "Snapshot",
    "Worksheet",
]
