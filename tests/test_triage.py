"""Suggestions and bursts, taken or left with one line; what was done stands in the files."""

from __future__ import annotations

from pathlib import Path

import pytest

import pmkit
from pmkit.errors import WorkspaceError


@pytest.fixture
def workspace(sample: Path) -> pmkit.Workspace:
    return pmkit.Workspace.open(sample)


def first_of(workspace: pmkit.Workspace, kind: str) -> tuple[str, str]:
    found = pmkit.open_suggestions(workspace)
    row = found[found["kind"] == kind].iloc[0]
    return row["suggestion_id"], row["event_id"]


def test_taking_an_early_signal_puts_it_on_the_timeline(workspace: pmkit.Workspace) -> None:
    """The event is on the timeline in the file, and is not suggested again."""
    name, event_id = first_of(workspace, "early signal")
    pmkit.take_suggestion(workspace, name)
    assert event_id in set(pmkit.Workspace.open(workspace.path).load().timeline["event_id"])
    assert name not in set(pmkit.open_suggestions(workspace)["suggestion_id"])


def test_taking_a_decision_records_the_sentence_that_was_found(workspace: pmkit.Workspace) -> None:
    """A decision spoken in an update becomes a row of the decisions, with the message as its record."""
    name, event_id = first_of(workspace, "decision")
    pmkit.take_suggestion(workspace, name)
    decisions = workspace.table("decisions")
    assert decisions["event_ids"].str.contains(event_id, regex=False).sum() == 1


def test_taking_an_anchor_marks_it(workspace: pmkit.Workspace) -> None:
    """An anchor that nobody marked is suggested, and marked when it is taken."""
    pmkit.exclude_events(workspace, "pd:R8XJ1MWP1V1W05XNSVENFX8032")
    pmkit.unmark_event(workspace, "pd:R8XJ1MWP1V1W05XNSVENFX8032")
    pmkit.include_events(workspace, "pd:R8XJ1MWP1V1W05XNSVENFX8032")
    found = pmkit.open_suggestions(workspace)
    names = found.loc[found["suggestion_id"].str.startswith("anchor:acknowledged:"), "suggestion_id"]
    pmkit.take_suggestion(workspace, names.iloc[0])
    anchors = workspace.load().timeline
    assert (anchors.loc[anchors["mark"].str.contains("acknowledged"), "mark_basis"] == "marked").all()


def test_what_is_left_stays_left(workspace: pmkit.Workspace) -> None:
    """A suggestion that was left stands in `suppressions.csv` and does not come back; twice is once."""
    name, _ = first_of(workspace, "early signal")
    pmkit.leave_suggestion(workspace, name, "a rehearsal")
    assert "before" in pmkit.leave_suggestion(workspace, name).note
    assert workspace.table("suppressions")["reason"].tolist() == ["a rehearsal"]
    assert name not in set(pmkit.open_suggestions(pmkit.Workspace.open(workspace.path))["suggestion_id"])


def test_an_unknown_suggestion_is_refused(workspace: pmkit.Workspace) -> None:
    """The message says what there is."""
    with pytest.raises(WorkspaceError, match="no open suggestion 'x'; there are early signal"):
        pmkit.take_suggestion(workspace, "x")


def test_a_burst_becomes_one_event(workspace: pmkit.Workspace) -> None:
    """Its first alert is on the timeline with the count in its words and the end of the last one."""
    burst = pmkit.find_bursts(workspace.events()).iloc[0]
    pmkit.fold_alerts(workspace, burst["event_ids"].split()[3])
    row = workspace.table("timeline").set_index("event_id").loc[burst["burst_id"]]
    assert row["included"]
    assert row["ended_at"] == burst["end_at"].floor("us")
    assert row["summary"].endswith("(15 like alerts)")


def test_folding_leaves_what_people_wrote(workspace: pmkit.Workspace) -> None:
    """A summary of the team's own stays when the burst is folded."""
    burst = pmkit.find_bursts(workspace.events()).iloc[0]
    pmkit.describe_event(workspace, burst["burst_id"], summary="Slow in jp")
    pmkit.fold_alerts(workspace, burst["burst_id"])
    assert workspace.table("timeline").set_index("event_id").loc[burst["burst_id"], "summary"] == "Slow in jp"


def test_an_event_alone_is_no_burst(workspace: pmkit.Workspace) -> None:
    """Folding an event that nothing is like says so."""
    with pytest.raises(WorkspaceError, match="in no burst"):
        pmkit.fold_alerts(workspace, "pd:R8XJ1MWP1V1W05XNSVENFX8032")
