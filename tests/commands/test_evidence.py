"""Evidence is added and listed: each file told with what it holds, each event with its id."""

from __future__ import annotations

import json
from pathlib import Path

from pmkit.workspace import Workspace
from tests.commands.shell import Run, assert_refused, export


def test_add_says_what_was_found(run: Run, incident: Path, tmp_path: Path) -> None:
    """Each file is told with what it holds; one that nobody knows is asked about and stops no other."""
    dump = tmp_path / "dump"
    dump.mkdir()
    export(dump / "a.zip", "down", "up")
    export(dump / "c.zip", "x")
    (dump / "b.bin").write_bytes(b"\0")
    (dump / ".DS_Store").write_bytes(b"")
    dry = run("add", incident, dump, "--dry-run")
    assert dry.exit_code == 2
    assert "would be added as evidence/a.zip" in dry.stdout
    assert Workspace.open(incident).evidence().empty
    result = run("add", incident, dump, "--note", "from Mei")
    assert result.exit_code == 2
    lines = result.stdout.splitlines()
    assert lines[:3] == ["a.zip: a Slack export", "    2 records: message 2", "    2026-11-03 14:00 UTC"]
    assert "    added as evidence/c.zip" in lines
    assert sum("from Mei" in line for line in lines) == 2
    assert "    not added: no loader knows what it is." in lines
    assert f"      pmkit add {incident} {dump / 'b.bin'} --as …" in lines
    assert lines[-2:] == ["Left out, hidden or of the system: .DS_Store", "2 added, 1 with a question"]
    assert "Reading a.zip …" in result.stderr
    (dump / "b.bin").unlink()
    again = run("add", incident, dump)
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (0, "2 there already")


def test_add_for_programs(run: Run, incident: Path, tmp_path: Path) -> None:
    """One JSON document, and nothing else on standard output."""
    result = run("add", incident, export(tmp_path / "a.zip", "down"), "--format", "json")
    said = json.loads(result.stdout)
    assert (said["incident"], said["left_out"], said["moved"]) == (str(incident), [], [])
    (file,) = said["files"]
    assert (file["status"], file["added_as"]) == ("added", "evidence/a.zip")
    assert file["format"] == {"name": "slack-export", "source": "slack", "title": "a Slack export"}
    assert (file["preview"]["kinds"], file["preview"]["unreadable"]) == ({"message": 1}, 0)


def test_an_option_that_no_file_takes_is_refused(run: Run, incident: Path, tmp_path: Path) -> None:
    """The line names the option and what it is for; a mapping must be one."""
    file = export(tmp_path / "a.zip", "down")
    assert_refused(run("add", incident, file, "--zone", "UTC"), "nothing here takes `--zone`. It is for")
    result = run("add", incident, file, "--columns", "time")
    assert (result.exit_code, "expected NAME=VALUE" in result.stderr) == (2, True)


def test_the_help_of_add_lists_what_there_is(run: Run) -> None:
    """Every format by its name and title, every option of a loader, no line wider than the page."""
    from pmkit.loaders import FORMATS

    text = run("add", "--help").stdout
    words = " ".join(text.split())
    for form in FORMATS:
        assert f"{form.name} {form.title}" in words
        for option in form.options:
            assert f"--{option.replace('_', '-')} " in text
    assert max(map(len, text.splitlines())) <= 96


def test_events_are_listed_with_their_ids(run: Run, incident: Path, tmp_path: Path) -> None:
    """By words, by time, as text and as CSV, from inside the folder too."""
    run("add", incident, export(tmp_path / "a.zip", "it is down", "rolled back", "all well"))
    text = run("events", incident, "--search", "rolled? back").stdout
    assert "slack:C1:1793714401.0001" in text
    assert "down" not in text
    late = run("events", incident, "--from", "2026-11-03T14:00:02Z", "--format", "csv").stdout
    assert late.splitlines()[0] == "event_id,time,source,kind,actor,place,text"
    assert len(late.splitlines()) == 2
    more = run("events", incident, "--limit", "1")
    assert more.stderr == "and 2 more; narrow it down, or --limit 3\n"
    assert run("events", incident, "--search", "(").exit_code == 2
