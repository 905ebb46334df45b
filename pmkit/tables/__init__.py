"""Frames to tables for people, one module for each part of the report; their parts are in `pmkit.blocks`."""

from __future__ import annotations

from pmkit.blocks import (
    BLOCK_MIME,
    Card,
    Cards,
    Cell,
    Facts,
    Glossary,
    Head,
    Notice,
    Picture,
    Pictures,
    Prose,
    Table,
    Title,
    Tone,
)
from pmkit.tables.actions import table_actions, table_decisions, table_ideas, table_tracker
from pmkit.tables.evidence import (
    facts_evidence,
    facts_seal,
    table_clock_offsets,
    table_clocks,
    table_evidence,
    table_sources,
)
from pmkit.tables.factors import table_factors, table_links, table_whys
from pmkit.tables.numbers import card_metrics, table_derivations, table_impact
from pmkit.tables.report import list_abbreviations, note_text, report_title, table_changes
from pmkit.tables.review import (
    card_review,
    facts_checkin,
    table_checkins,
    table_findings,
    table_milestones,
    table_questions,
    table_raci,
    table_tasks,
)
from pmkit.tables.timeline import table_debrief, table_events, table_gaps, table_timeline

__all__ = [
    "BLOCK_MIME",
    "Card",
    "Cards",
    "Cell",
    "Facts",
    "Glossary",
    "Head",
    "Notice",
    "Picture",
    "Pictures",
    "Prose",
    "Table",
    "Title",
    "Tone",
    "card_metrics",
    "card_review",
    "facts_checkin",
    "facts_evidence",
    "facts_seal",
    "list_abbreviations",
    "note_text",
    "report_title",
    "table_actions",
    "table_changes",
    "table_checkins",
    "table_clock_offsets",
    "table_clocks",
    "table_debrief",
    "table_decisions",
    "table_derivations",
    "table_events",
    "table_evidence",
    "table_factors",
    "table_findings",
    "table_gaps",
    "table_ideas",
    "table_impact",
    "table_links",
    "table_milestones",
    "table_questions",
    "table_raci",
    "table_sources",
    "table_tasks",
    "table_timeline",
    "table_tracker",
    "table_whys",
]
