"""The written word: what the documents say exists, and the project speaks of itself alone."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import subprocess
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from pmkit.cli import main
from pmkit.template import load_template

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "data/README.md",
        "docs/review.md",
        "docs/connect.md",
        "docs/editions.md",
        "docs/fleet.md",
    )
]
COMMAND = re.compile(r"`pmkit ([a-z-]+)|^\s*pmkit ([a-z-]+)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"")


def test_the_dictionary_follows_the_schema() -> None:
    """data/README.md is what data/build_dictionary.py writes now."""
    page = runpy.run_path(str(ROOT / "data" / "build_dictionary.py"))["dictionary"]()
    assert (ROOT / "data" / "README.md").read_text(encoding="utf-8") == page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_documents_exist(page: Path) -> None:
    """Every `pmkit …` that a document shows is a command, and every `make …` a target."""
    text = page.read_text(encoding="utf-8")
    commands = {first or second for first, second in COMMAND.findall(text)}
    assert commands <= set(main.commands)
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)`", text)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_in_the_documents_lead_somewhere(page: Path) -> None:
    """Every link to a file of the project finds it."""
    links = [first or second for first, second in LINK.findall(page.read_text(encoding="utf-8"))]
    local = [link for link in links if not link.startswith(("http://", "https://", "mailto:"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_help_teaches_every_command() -> None:
    """Every command says what it does, and its help fits a terminal."""
    for name, command in main.commands.items():
        shown = CliRunner().invoke(main, [name, "--help"])
        assert shown.exit_code == 0
        assert command.help, name
        assert max(map(len, shown.output.splitlines())) <= 100


def test_no_file_names_a_place_of_one_machine() -> None:
    """No file of the project holds a path or a package address of the machine it was made on."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    forbidden = re.compile(
        "|".join(["/ro" + "ot/", "/wo" + "rk/", "py" + "thonhosted", "registry.np" + "mjs"])
    )
    found = []
    for name in listed.decode().split("\0"):
        path = ROOT / name
        if path.is_file() and path.suffix not in {".zip", ".png", ".gz"}:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{name}: {match[0]}" for match in forbidden.finditer(text)]
    assert found == []


def test_the_template_of_the_guide_is_one(tmp_path: Path) -> None:
    """The file that the guide to the review shows can be used as it stands there."""
    guide = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    text = guide.partition("```toml\n")[2].partition("```")[0]
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    template = load_template(path)
    assert {"Duty Manager", "Duty Lead"} < set(template.roles)
    assert template.working_days_for("SEV-1") == 3


def _raw(folder: Path) -> None:
    """What somebody may have on the day after: an export, a log, a table whose times carry no zone."""
    folder.mkdir()
    said = {
        "10:02": "Two hotels say search shows nothing", "10:26": "decision: we drop the replica on node 3",
        "10:41": "replica dropped, search answers again", "11:05": "rebuild done, all green",
    }  # fmt: skip
    start = 1795046400  # 2026-11-19
    seconds = {clock: start + int(clock[:2]) * 3600 + int(clock[3:]) * 60 for clock in said}
    messages = [
        {"type": "message", "ts": f"{seconds[clock]}.000100", "user": "U1", "text": text}
        for clock, text in said.items()
    ]
    with zipfile.ZipFile(folder / "slack-export.zip", "w") as out:
        out.writestr("users.json", json.dumps([{"id": "U1", "name": "kofi", "real_name": "Kofi Mensah"}]))
        out.writestr("channels.json", json.dumps([{"id": "C1", "name": "inc-search"}]))
        out.writestr("inc-search/2026-11-19.json", json.dumps(messages))
    entry = {
        "id": "L1", "type": "trigger_log_entry", "created_at": "2026-11-19T10:08:00Z", "summary": "Triggered",
        "incident": {"id": "P1", "type": "incident_reference", "summary": "[#88] search p95 above 5 s"},
        "service": {"id": "S1", "type": "service_reference", "summary": "search-api"},
    }  # fmt: skip
    page = {"log_entries": [entry], "limit": 100, "offset": 0, "more": False}
    (folder / "pagerduty-log.json").write_text(json.dumps(page))
    (folder / "tickets.csv").write_text(
        "Created,Ticket,Subject\n19/11/2026 09:58,4411,No rooms shown\n19/11/2026 10:31,4413,Down?\n"
    )


@pytest.mark.slow
def test_the_ten_minutes_of_the_guide_are_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands, one after the other as they stand there, lead from raw files to a report."""
    guide = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    block = guide.partition("## Ten minutes")[2].partition("```\n")[2].partition("```")[0]
    commands = [shlex.split(line, comments=True)[1:] for line in block.replace("\\\n", "").splitlines()]
    _raw(tmp_path / "raw")
    monkeypatch.chdir(tmp_path)
    asked = []
    for words in commands:
        result = CliRunner().invoke(main, words)
        asked += [words] if result.exit_code == 2 and "not added" in result.output else []
        is_late = words[0] == "status" and result.exit_code == 1  # the date of the guide lies back
        assert result.exit_code == 0 or is_late or words in asked, f"{words}: {result.output}"
    assert len(commands) == 13
    assert asked == [["add", "2026-11-19-search", "raw"]]  # the table, of which something has to be said
    page = (tmp_path / "2026-11-19-search" / "report" / "report.html").read_text(encoding="utf-8")
    assert all(words in page for words in ("Search showed no rooms", "Kofi Mensah", "1 h 7 min"))
