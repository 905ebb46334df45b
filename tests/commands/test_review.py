"""The days of a review from the command line: for people, for programs, and as exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pmkit.workspace import Workspace
from tests.commands.shell import Run, assert_refused


def test_status_for_people_and_for_programs(run: Run, incident: Path) -> None:
    """The same review as a few lines, and as JSON with nothing else on standard output."""
    text = run("status", incident)
    assert text.exit_code == 0
    assert text.stdout.startswith("P1 Checkout failed\n")
    assert "[ ] Incident intake complete" in text.stdout
    result = run("status", incident, "--format", "json")
    review = json.loads(result.stdout)
    assert result.stderr == ""
    assert (review["incident"], review["severity"], review["due_on"]) == ("inc-1", "P1", None)
    assert len(review["milestones"]) == 4
    assert review["milestones"][0]["blocked_by"][0] == "the summary is empty"


def test_status_records_a_milestone_once(run: Run, incident: Path) -> None:
    """The time of a milestone that the record supports is written down, and told that one time."""
    facts = incident / "incident.toml"
    facts.write_text(facts.read_text().replace('needs = ["factors", "cause agreed"]', 'needs = ["raci"]'))
    assert run("status", incident, "--at", "2027-01-01T00:00Z").stderr == ""
    assert run("status", incident).stderr == "Reached: Root cause confirmed\n"
    assert run("status", incident).stderr == ""
    assert "reached_at" in facts.read_text()


def test_a_check_in_is_drafted_and_kept(run: Run, incident: Path) -> None:
    """A draft changes nothing; a confirmed one is a row, with people's own words."""
    draft = run("checkin", incident)
    assert draft.stdout.startswith("Summary\n")
    assert Workspace.open(incident).table("checkins").empty
    assert run("checkin", incident, "--confirm").exit_code == 2
    kept = run("checkin", incident, "--confirm", "--by", "Scribe", "--say", "blockers=None.")
    assert kept.stderr == "Kept as daily-1.\n"
    row = Workspace.open(incident).table("checkins").iloc[0]
    assert (row["blockers"], row["confirmed_by"]) == ("None.", "Scribe")
    assert "no column `mood`" in run("checkin", incident, "--say", "mood=good").stderr


def test_the_agenda_and_the_dates(run: Run, incident: Path) -> None:
    """Markdown to send around; a calendar once it is known when the incident ended."""
    assert run("agenda", incident).stdout.startswith("# Final retro: Checkout failed\n")
    assert_refused(run("calendar", incident), "no dates yet")
    run("new", "inc-2", "--severity", "P1", "--resolved", "2026-11-20T16:00Z")
    path = Path(run("calendar", "inc-2").stdout.strip())
    assert path.read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_actions_that_are_overdue(run: Run, incident: Path, tmp_path: Path) -> None:
    """Exit 1 when there are any; as words, as JSON, as a spreadsheet without a formula."""
    (incident / "actions.csv").write_text(
        "action_id,action,dri,due_on,status\nA1,=cmd|x,Ana,2026-11-02,open\nA2,Later,Ana,2199-11-01,open\n"
    )
    assert run("actions", incident).exit_code == 0
    overdue = run("actions", incident, "--overdue", "--format", "json")
    assert overdue.exit_code == 1
    assert [row["action_id"] for row in json.loads(overdue.stdout)] == ["A1"]
    run("actions", incident, "--out", tmp_path / "a.csv")
    assert ",'=cmd|x," in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")


def test_inside_the_folder_it_need_not_be_named(
    run: Run, incident: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most commands look where one stands."""
    monkeypatch.chdir(incident)
    assert run("status").stdout.startswith("P1 Checkout failed")
    assert run("actions").stdout == "No actions.\n"
    assert run("actions", "--overdue").stdout == "None is overdue.\n"
