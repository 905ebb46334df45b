"""Which transition leads to a status: the one that surely does, or none and why."""

from __future__ import annotations

from typing import Any

import pytest

from pmkit.errors import IntegrationError
from pmkit.integrations.jira_moves import check_moves, find_move

CATEGORY = {"To Do": "new", "Doing": "indeterminate"}


def ways(*names: str, **fields: Any) -> list[dict[str, Any]]:
    """Transitions, as `Name` or `Name > Status`."""
    told = []
    for number, name in enumerate(names):
        own, _, to = name.partition(" > ")
        status = {"name": to or own, "statusCategory": {"key": CATEGORY.get(to or own, "done")}}
        told.append({"id": str(number), "name": own, "to": status, "fields": fields})
    return told


@pytest.mark.parametrize(
    ("names", "status", "to"),
    [
        (["To Do", "Doing", "Done"], "done", "Done"),
        (["To Do", "Doing", "Done"], "in progress", "Doing"),
        (["Reopen > To Do"], "open", "To Do"),
        (["Done", "Won't Do"], "done", "Done"),
        (["Done", "Won’t do"], "dropped", "Won’t do"),
        (["Close > Closed", "Reject > Closed"], "dropped", "Closed"),
        (["Close > Closed", "Finish > Closed"], "done", "Closed"),
    ],
)
def test_a_transition_is_taken_where_it_is_the_one(names: list[str], status: str, to: str) -> None:
    """By the category of the status that it leads to; what drops an action is told by its name."""
    move, problem = find_move(ways(*names), status, {})
    assert (move and move.to, problem) == (to, "")


@pytest.mark.parametrize(
    ("names", "status", "words"),
    [
        (["To Do", "Doing"], "done", "Jira offers “To Do”, “Doing”, and none of them is surely “done”"),
        (["Done"], "dropped", "none of them is surely “dropped”"),
        (["Resolved", "Closed"], "done", "several are “done”"),
        ([], "done", "Jira offers nothing"),
    ],
)
def test_what_is_not_clear_is_asked_for(names: list[str], status: str, words: str) -> None:
    """Never guessed, and never done when only dropped; the setting that answers it is named."""
    move, problem = find_move(ways(*names), status, {})
    assert move is None
    assert words in problem
    assert f'transitions = {{ "{status}" = "…" }}' in problem


def test_incident_toml_decides() -> None:
    """By the transition or its status, whatever the case; one that is not offered is said."""
    offered, told = (
        ways("Resolve > Resolved", "Close > Closed"),
        {"transitions": {"done": "close", "dropped": "Gone"}},
    )
    move, _ = find_move(offered, "done", told)
    assert str(move) == "“Closed”, by “Close”"
    assert "none of them is “Gone”" in find_move(offered, "dropped", told)[1]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("Done", "expected a table"),
        ({"closed": "Done"}, "expected a status (open, in progress, done, dropped)"),
        ({"done": 31}, "found done = 31"),
        ({"done": " "}, "the name of a transition"),
    ],
)
def test_a_setting_that_nobody_can_follow_is_explained(told: Any, words: str) -> None:
    """Before anything is asked of Jira for it."""
    with pytest.raises(IntegrationError) as caught:
        check_moves({"transitions": told})
    assert words in str(caught.value)
    check_moves({"transitions": {"in progress": "Start"}})
    check_moves({})


def test_a_screen_is_filled_where_that_is_clear() -> None:
    """A resolution that says the same; what else has to be filled in is for people."""
    choices = [{"name": name} for name in ("Fixed", "Done", "Won't Fix")]
    resolution = {"name": "Resolution", "required": True, "allowedValues": choices}
    for status, name in (("done", "Done"), ("dropped", "Won't Fix")):
        move, _ = find_move(ways(status, resolution=resolution), status, {})
        assert move is not None
        assert move.fields == {"resolution": {"name": name}}
    fixed = {**resolution, "allowedValues": choices[:1]}
    assert find_move(ways("Done", resolution=fixed), "done", {})[0] is not None
    assert "asks for “Resolution”" in find_move(ways("dropped", resolution=fixed), "dropped", {})[1]
    cause = {"name": "Root cause", "required": True}
    assert "“Done” asks for “Root cause” in Jira" in find_move(ways("Done", cause=cause), "done", {})[1]
    assert find_move(ways("Done", cause={**cause, "hasDefaultValue": True}), "done", {})[0] is not None
