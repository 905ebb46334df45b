"""Evidence counts its records, and clocks say why they are thought to be off."""

from __future__ import annotations

import pandas as pd

from pmkit import tables
from pmkit.blocks import Cell
from tests.tables.views import Make, cells


def test_evidence_counts_its_records(postmortem: Make) -> None:
    """Loaded and unreadable records are told; what evidence.csv does not know is unknown."""
    known = {"path": "evidence/a.zip", "source": "slack", "sha256": "ab", "bytes": 1}
    pm = postmortem(
        evidence=[
            {**known, "records_loaded": 12345, "records_unreadable": 2, "first_at": "2026-11-03T10:00:00Z"},
            {**known, "path": "evidence/b"},
        ]
    )
    view = tables.table_evidence(pm.evidence)
    assert cells(view) == [
        ["a.zip", "slack", "12,345", "3 Nov 2026 10:00 to unknown"],
        ["b", "slack", "unknown", "no times"],
    ]
    assert [row[2].note for row in view.rows] == ["2 unreadable", ""]


def test_offsets_of_clocks_say_why(postmortem: Make) -> None:
    """What is to be added, between which bounds, how sure that is, and the reason in the sources' names."""
    found = {"source": "pagerduty", "reference": "slack", "spread_seconds": 0.42, "pairs": 3}
    number = {"offset_seconds": -57.0, "low_seconds": -89.0, "high_seconds": -57.0, "confidence": "high"}
    agree = {"offset_seconds": 0.0, "low_seconds": -29.0, "high_seconds": 3.0, "confidence": "medium"}
    none = dict.fromkeys(("offset_seconds", "low_seconds", "high_seconds", "spread_seconds"), float("nan"))
    rows = [
        {**found, **number, "reason": "slack has them 57 s before pagerduty"},
        {**found, **agree, "reason": "slack has them 3 s after pagerduty"},
        {**found, **none, "pairs": 0, "confidence": "", "reason": "they tell no fact in common"},
    ]
    view = tables.table_clock_offsets(pd.DataFrame(rows))
    assert [row[1:] for row in cells(view)] == [
        ["-57 s", "3", "high", "Slack has them 57 s before PagerDuty."],
        ["nothing: they agree", "3", "medium", "Slack has them 3 s after PagerDuty."],
        ["unknown", "0", "no number", "They tell no fact in common."],
    ]
    assert view.rows[0][0] == Cell("PagerDuty", note="beside Slack")
    assert [row[1].note for row in view.rows] == ["-89 s to -57 s", "-29 s to +3 s", ""]
    assert [row[2].note for row in view.rows] == ["half of them within 0.4 s"] * 2 + [""]
