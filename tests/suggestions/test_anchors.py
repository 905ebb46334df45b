"""Anchors: as recorded, as stated in a message, and beside the marks an event has."""

from __future__ import annotations

import pandas as pd

from pmkit.postmortem import Postmortem
from tests.suggestions.response import PAGES, TRUTH, Rows, at, found, review, said


def test_the_anchors_of_the_sample_are_among_those_suggested(untouched: Postmortem) -> None:
    """Also those that nobody recorded when they were, and a message states later."""
    anchors = found(untouched, "anchor")
    for mark, anchor in TRUTH["anchors"].items():
        times = anchors.loc[anchors["suggestion_id"].str.startswith(f"anchor:{mark}:"), "time"]
        assert pd.Timestamp(anchor["time"]) in set(times.dt.floor("s")), mark


def test_a_stated_time_is_suggested_as_a_manual_event(events: Rows) -> None:
    """Only with its zone, and the message stays the evidence."""
    stated = said("stated", "14:40:00", "Start of impact is `13:41:12Z`, from the attempt log. More later.")
    vague = said("vague", "14:41:00", "Start of impact was about 13:30 I think")
    rows = found(review(events(stated, vague, *PAGES)), "anchor")
    rows = rows[rows["suggestion_id"].str.contains("impact_started")].set_index("event_id")
    assert rows.loc["stated", "time"] == pd.Timestamp(at("13:41:12"))
    proposal = rows.loc["stated", "proposal"]
    assert proposal.row_id == "manual:impact-started"
    assert proposal.values["time"] == at("13:41:12.000000")
    assert proposal.values["summary"] == "Start of impact is 13:41:12Z, from the attempt log."
    assert rows.loc["vague", "proposal"].row_id == "vague"


def test_a_mark_is_added_to_those_an_event_has(events: Rows, worksheet: Rows) -> None:
    """Nothing that people marked is lost by taking a suggestion."""
    marked = worksheet({"event_id": "trigger", "mark": "our_own"})
    rows = found(review(events(*PAGES), marked), "anchor").set_index("event_id")
    assert rows.loc["trigger", "proposal"].values["mark"] == "our_own detected"


def test_a_closed_issue_is_no_end_of_the_incident(events: Rows) -> None:
    """Only what pages, or says how the incident stands, resolves it."""
    issue = {"event_id": "jira", "time": at("16:00:00"), "source": "jira", "kind": "resolve", "text": "Done"}
    rows = found(review(events(issue, *PAGES[:2])), "anchor")
    assert not rows["suggestion_id"].str.startswith("anchor:resolved").any()
    assert "jira" not in set(found(review(events(issue, *PAGES)), "anchor")["event_id"])
