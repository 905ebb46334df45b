"""A folder is made and its roles are filled: every option reaches its facts, what does not fit is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pmkit.workspace import Workspace
from tests.commands.shell import Run, assert_refused


def test_new_makes_a_workspace_and_says_what_comes_next(run: Run) -> None:
    """Every option reaches the folder's facts."""
    result = run(
        "new",
        "inc-1",
        "--title",
        "Checkout failed",
        "--severity",
        "P0",
        "--service",
        "api",
        "--service",
        "web",
        "--template",
        "fintech",
        "--timezone",
        "Europe/Lisbon",
        "--assign",
        "Scribe=Mei Tanaka",
        "--assign",
        "Risk Officer = Li",
    )
    assert result.exit_code == 0
    made, unfilled = result.stdout.splitlines()
    assert made == "Made inc-1. Next: pmkit add inc-1 EVIDENCE…"
    assert unfilled.startswith("Nobody yet: Incident Commander, Engineering Lead, Support Lead")
    i = Workspace.open("inc-1").incident
    assert (i.title, i.severity, i.services, i.template) == (
        "Checkout failed",
        "P0",
        ("api", "web"),
        "fintech",
    )
    assert (i.timezone, i.person("Scribe"), i.person("Risk Officer")) == ("Europe/Lisbon", "Mei Tanaka", "Li")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["inc-2", "--template", "sass"], ["no template `sass`", "saas"]),
        (["inc-2", "--assign", "Boss=Mei"], ["no role `Boss`"]),
        (["inc-2", "--timezone", "Nowhere"], ["'Nowhere' is not a time zone"]),
        (["nul"], ["'nul' cannot name an incident folder"]),
        (["inc-1"], ["inc-1: the folder is not empty"]),
    ],
)
def test_new_refuses_in_one_line(run: Run, incident: Path, arguments: list[str], words: list[str]) -> None:
    """What does not fit is told without a traceback."""
    assert_refused(run("new", *arguments, "--title", "x", "--severity", "P1"), *words)


def test_a_lighter_review_will_do_for_small_incidents(run: Run) -> None:
    """The severity decides; the words say what to do instead, and `--anyway` makes the folder."""
    result = run("new", "inc-2", "--severity", "P3")
    assert (result.exit_code, Path("inc-2").exists()) == (1, False)
    assert "A P3 needs no full review (this one is for P0, P1, SEV-0, SEV-1)" in result.stderr
    assert run("new", "inc-2", "--severity", "P3", "--anyway").exit_code == 0
    assert Workspace.open("inc-2").incident.title == "inc 2"


def test_new_counts_from_the_end_of_the_incident(run: Run) -> None:
    """Tasks and closure are due working days after it was resolved; roles that nobody fills are told."""
    result = run(
        "new", "inc-2", "--severity", "P1", "--template", "fintech", "--started", "2026-11-20T14:02Z",
        "--resolved", "2026-11-20T16:00Z", "--assign", "Scribe=Ana",
    )  # fmt: skip
    assert "Nobody yet: Incident Commander, Engineering Lead" in result.stdout
    assert run("assign", "inc-2", "Risk Officer=Li Wei").stdout == "Risk Officer: Li Wei\n"
    review = json.loads(run("status", "inc-2", "--at", "2026-11-23T09:00Z", "--format", "json").stdout)
    assert (review["due_on"], review["business_days_left"]) == ("2026-11-27", 4)
    assert {task["due_on"] for task in review["tasks"]} == {
        "2026-11-23", "2026-11-25", "2026-11-26", "2026-11-27",
    }  # fmt: skip
    assert run("status", "inc-2", "--at", "2026-11-23T09:00Z").exit_code == 0
    late = run("status", "inc-2", "--at", "2026-11-30T09:00Z")
    assert late.exit_code == 1
    assert "Closure due 2026-11-27: 1 working day late" in late.stdout


def test_an_incident_ends_after_it_began(run: Run) -> None:
    """The other way round it is refused."""
    times = ("--started", "2026-11-20T14:00Z", "--resolved", "2026-11-20T13:00Z")
    assert_refused(run("new", "inc-2", "--severity", "P1", *times), "began after it ended")
