"""The written word: what the documents say exists, and the project speaks of itself alone."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from pmkit.cli import main
from pmkit.template import load_template

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / name
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md", "docs/review.md")
]
COMMAND = re.compile(r"`pmkit ([a-z]+)|^\s*pmkit ([a-z]+)", re.MULTILINE)
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
    assert "Duty Manager" in template.roles
    assert template.working_days_for("SEV-1") == 3
