"""`verify` leaves with a code that a program can rely on."""

from __future__ import annotations

import json
from pathlib import Path

from pmkit.workspace import Workspace
from tests.commands.shell import Run, assert_refused, export


def test_verify_leaves_with_one_when_something_changed(run: Run, incident: Path, tmp_path: Path) -> None:
    """Exit 0 and a sentence, exit 1 and a line for each problem, exit 2 for a head that can be none."""
    run("add", incident, export(tmp_path / "a.zip", "down"))
    whole = run("verify", incident)
    head = Workspace.open(incident).load().seal.head
    assert whole.exit_code == 0
    assert whole.stdout.splitlines() == [
        "Nothing changed in 1 file of evidence.",
        "timeline: 0 rows",
        f"journal: 2 lines, head {head}",
        "No published head to hold it against: a journal written anew would not be seen.",
    ]
    assert "No published head" not in run("verify", incident, "--head", head).stdout
    (incident / "evidence" / "extra").write_text("x")
    result = run("verify", incident)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, "evidence/extra: was never added")
    said = json.loads(run("verify", incident, "--format", "json").stdout)
    assert said["problems"] == [{"path": "evidence/extra", "problem": "was never added"}]
    assert (said["seal"]["head"], said["seal"]["lines"]) == (head, 2)
    other = run("verify", incident, "--head", "0" * 64)
    assert (other.exit_code, "journal.jsonl: holds no line with the head 0000" in other.stdout) == (1, True)
    assert_refused(run("verify", incident, "--head", "latest"), "'latest' is no head of a journal")
