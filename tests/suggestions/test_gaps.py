"""Gaps: a silence of the timeline in which the record goes on is suggested."""

from __future__ import annotations

from tests.suggestions.response import PAGES, Rows, found, review, said


def test_a_silence_with_events_inside_is_suggested(events: Rows) -> None:
    """And one without is not: there is nothing to look at."""
    inside = said("inside", "14:30:00", "Still looking at the pool.", slack_reactions="eyes 2")
    gaps = found(review(events(inside, *PAGES)), "gap")
    assert gaps["event_id"].tolist() == ["inside"]
    assert any("1 in #inc-updates" in reason for reason in gaps["reasons"][0])
    assert found(review(events(*PAGES)), "gap").empty
