"""Every table of pmkit: its columns, their types and meaning, and how its CSV is read, checked, written.

A table is read as strings and typed afterwards, so that `NA`, `007` and `14:02` stay what people wrote.
Writing is the exact inverse: reading a canonical file and writing it gives the same bytes.
"""

from __future__ import annotations

from pmkit.schema.cells import cell_text, cell_texts, check_cell, format_time
from pmkit.schema.columns import DTYPES, TIME_DTYPE, Column, Table, Type
from pmkit.schema.files import keep_lines, read_csv, to_csv
from pmkit.schema.frames import conform, empty, validate, without_samples
from pmkit.schema.tables import (
    ACTION_TYPES,
    ACTIONS,
    CHECKINS,
    CLOCKS,
    DECISIONS,
    DECISIONS_ABOUT,
    EVENT_KINDS,
    EVENTS,
    EVIDENCE,
    FACTOR_KINDS,
    FACTOR_LINKS,
    FACTORS,
    IDEAS,
    IMPACT,
    MARKS,
    PHASES,
    PRIORITIES,
    QUESTIONS,
    RACI,
    REDACTIONS,
    SAMPLE_KINDS,
    SOURCES,
    STATUS_SOURCES,
    SUPPRESSIONS,
    TABLES,
    TASKS,
    TIMELINE,
    WORKSHEETS,
)

__all__ = [
    "ACTIONS",
    "ACTION_TYPES",
    "CHECKINS",
    "CLOCKS",
    "DECISIONS",
    "DECISIONS_ABOUT",
    "DTYPES",
    "EVENTS",
    "EVENT_KINDS",
    "EVIDENCE",
    "FACTORS",
    "FACTOR_KINDS",
    "FACTOR_LINKS",
    "IDEAS",
    "IMPACT",
    "MARKS",
    "PHASES",
    "PRIORITIES",
    "QUESTIONS",
    "RACI",
    "REDACTIONS",
    "SAMPLE_KINDS",
    "SOURCES",
    "STATUS_SOURCES",
    "SUPPRESSIONS",
    "TABLES",
    "TASKS",
    "TIMELINE",
    "TIME_DTYPE",
    "WORKSHEETS",
    "Column",
    "Table",
    "Type",
    "cell_text",
    "cell_texts",
    "check_cell",
    "conform",
    "empty",
    "format_time",
    "keep_lines",
    "read_csv",
    "to_csv",
    "validate",
    "without_samples",
]
