"""Decisions: those spoken in passing are suggested, those recorded are not."""

from __future__ import annotations

import pandas as pd
import pytest

from pmkit import schema
from tests.suggestions.response import PAGES, Rows, at, found, review, said


def test_a_decision_spoken_in_updates_is_suggested(events: Rows) -> None:
    """With the role that spoke it and the sentence that says it."""
    spoken = said(
        "spoken", "14:20:00", "Thank you all. We'll roll back payments-api to 41.", slack_user_id="U1",
        slack_reactions="+1 3",
    )  # fmt: skip
    rows = found(review(events(spoken, *PAGES)), "decision")
    assert rows["proposal"][0].values == {
        "decided_at": at("14:20:00.000000"),
        "decision": "We'll roll back payments-api to 41.",
        "decided_by": "Incident Commander",
        "event_ids": "spoken",
    }
    assert rows["score"][0] == pytest.approx(1.0)


def test_a_decision_that_is_recorded_is_not_suggested(events: Rows, worksheet: Rows) -> None:
    """In the channel of decisions, in the table, or left out by people; nor a mere pointer to it."""
    spoken = said("spoken", "14:20:00", "We'll roll back payments-api to release 41 now.")
    told = said("told", "14:22:00", "D1: roll back payments-api to release 41", place="#inc-decisions")
    pointer = said("pointer", "14:23:00", "Decision D1 is in #inc-decisions, agreed.")
    decided = schema.conform(
        pd.DataFrame([{"decision_id": "D1", "decision": "x", "event_ids": "spoken"}]), schema.DECISIONS
    )
    left_out = worksheet({"event_id": "spoken", "included": "no"})
    assert found(review(events(spoken, *PAGES)), "decision")["event_id"].tolist() == ["spoken"]
    assert found(review(events(spoken, told, pointer, *PAGES)), "decision").empty
    assert found(review(events(spoken, *PAGES), decisions=decided), "decision").empty
    assert found(review(events(spoken, *PAGES), left_out), "decision").empty


def test_a_step_is_suggested_when_somebody_asks_whether_it_was_decided(events: Rows, worksheet: Rows) -> None:
    """The step, not the question; both are its evidence, and being left out of the timeline is no answer."""
    step = said("step", "14:20:00", "Refresh is off for everybody now.", actor="cy", slack_user_id="U3")
    question = said("question", "14:21:00", "did we decide that?")
    left_out = worksheet({"event_id": "step", "included": "no"})
    for sheet in (None, left_out):
        rows = found(review(events(step, question, *PAGES), sheet), "decision")
        assert rows["event_id"].tolist() == ["step"]
        assert rows["proposal"][0].values["event_ids"] == "step question"
    both = said("both", "14:20:00", "Refresh is off for everybody now, did we decide that?")
    assert found(review(events(both, *PAGES)), "decision")["event_id"].tolist() == ["both"]
    decided = said("decided", "14:22:00", "Restart as decided, zone by zone.")
    assert found(review(events(decided, *PAGES)), "decision").empty
