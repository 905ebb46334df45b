"""The review as cards and tables: what is left, who takes part, what is waited for."""

from __future__ import annotations

import pandas as pd

import pmkit
from pmkit import tables
from pmkit.postmortem import Incident, Milestone
from pmkit.process import review_status
from tests.tables.views import NOW, Make, cells


def test_raci_has_a_column_for_each_role(postmortem: Make) -> None:
    """Roles of the workspace come first, in their order, and one that is only in the table is kept."""
    rows = [
        {"activity": "Collect", "role": "Scribe", "part": "AR"},
        {"activity": "Collect", "role": "Guest", "part": "C"},
        {"activity": "Agree", "role": "Lead", "part": "A"},
    ]
    view = tables.table_raci(postmortem(raci=rows).raci, ["Lead", "Scribe"])
    assert [head.label for head in view.columns] == ["Activity", "Lead", "Scribe", "Guest"]
    assert cells(view) == [["Collect", "", "A R", "C"], ["Agree", "A", "", ""]]


def test_findings_have_reasons_only_where_there_is_one(postmortem: Make) -> None:
    """Where nothing was said to stay, no column of blanks does."""
    findings = pmkit.run_checks(postmortem(actions=[{"action_id": "A1", "action": "x"}]), now=NOW)
    assert len(findings)
    assert tables.table_findings(findings).columns[-1].label == "Where"
    findings.loc[0, "suppressed"] = "It is so."
    view = tables.table_findings(findings)
    assert view.columns[-1].label == "May stay because"
    assert view.rows[0][-1].text == "It is so."


def test_the_review_as_cards(postmortem: Make) -> None:
    """The deadline first, amber and red in time; each milestone reached, or with what it lacks."""
    milestones = (Milestone("a", "", NOW), Milestone("b", needs=("summary", "anchors")))
    incident = Incident("i", "t", "P1", milestones=milestones)
    rows = [{"event_id": "m", "included": True, "time": "2026-10-30T10:00:00Z", "mark": "resolved"}]
    cards = tables.card_review(postmortem(incident, timeline=rows), pd.Timestamp(NOW)).items
    assert [(card.value, card.tone) for card in cards] == [
        ("1 day left", "warn"),
        ("reached", "good"),
        ("waits", "warn"),
    ]
    assert cards[2].note == "the summary is empty; `impact_started` is not on the timeline, and 1 more"
    late = tables.card_review(
        postmortem(incident, timeline=rows), pd.Timestamp("2026-11-10T10:00:00Z")
    ).items[0]
    assert (late.value, late.tone) == ("2 days late", "bad")


def test_milestones_tell_what_they_wait_for(postmortem: Make) -> None:
    """Reached, blocked, or the team's own to say."""
    milestones = (Milestone("a", "", NOW), Milestone("b", needs=("factors",)), Milestone("c"))
    incident = Incident("i", "t", "P1", milestones=milestones)
    view = tables.table_milestones(review_status(postmortem(incident), NOW))
    rows = cells(view)
    assert rows[0] == ["a", "reached 5 Nov 2026 12:00 UTC"]
    assert rows[1] == ["b", "not reached"]
    assert view.rows[1][1].note == "no contributing factor is recorded"
    assert rows[2] == ["c", "waits for the team"]
