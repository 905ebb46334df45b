"""What people put into the record from the command line is there, and is taken back."""

from __future__ import annotations

from pathlib import Path

from pmkit.workspace import Workspace
from tests.commands.shell import Run, assert_refused, export


def test_an_event_is_marked_by_its_words(run: Run, incident: Path, tmp_path: Path) -> None:
    """On the timeline with the anchor and our words, among the decisions; a mistyped anchor is refused."""
    run("add", incident, export(tmp_path / "s.zip", "nobody can pay", "decision: we roll back", "back"))
    assert_refused(run("mark", incident, "nobody can pay", "--as", "impact_start"), "`impact_started`?")
    told = run("mark", incident, "NOBODY can pay", "--as", "impact_started", "--summary", "It began.")
    assert told.stdout.splitlines() == [
        "Marked slack:C1:1793714400.0001 as impact_started.", "Described slack:C1:1793714400.0001.",
    ]  # fmt: skip
    assert run("mark", incident, "we roll back", "--decision").stdout.endswith("Added D1.\n")
    assert run("mark", incident, "we roll back", "--decision").exit_code == 0
    loaded = Workspace.open(incident).load()
    assert loaded.timeline[["mark", "summary"]].values.tolist()[0] == ["impact_started", "It began."]
    assert loaded.decisions["event_ids"].tolist() == ["slack:C1:1793714401.0001"]
    several = run("mark", incident, "back")
    assert (several.exit_code, several.stderr.count("slack:C1:")) == (2, 2)


def test_undo_takes_back_what_assign_did(run: Run, incident: Path) -> None:
    """The list says who saved what; an undo says what is back, and is undone by the next."""
    run("assign", incident, "Scribe=Mei")
    listed = run("undo", incident, "--list").stdout.splitlines()
    assert listed[0].endswith("incident.toml         members changed")
    assert listed[-1].endswith("incident.toml         the incident was made")
    line = int(listed[0].split()[0])
    back = f"incident.toml: as after line {line - 1} of the journal again (members changed)\n"
    assert run("undo", incident).stdout == back
    assert "Mei" not in (incident / "incident.toml").read_text()
    assert "undo, back to line" in run("undo", incident, "--list").stdout
    run("undo", incident, "incident.toml")
    assert "Mei" in (incident / "incident.toml").read_text()
    run("undo", incident, "--to", "2026-01-01T00:00:00Z")
    assert "Mei" not in (incident / "incident.toml").read_text()
    assert run("undo", incident, "--to", "2026-01-01T00:00:00Z").stdout == "Everything is as it was then.\n"
    assert_refused(
        run("undo", incident, "timeline"), "the journal tells of no save; there is nothing to undo"
    )
    assert run("undo", incident, "--to", "noon").exit_code == 2
