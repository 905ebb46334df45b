"""The command line: one call each, errors in one line, and plain exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import click
import pytest

import pmkit
from pmkit import commands
from pmkit.cli import main
from tests.commands.shell import Run, assert_refused


@pytest.mark.parametrize(
    "arguments",
    [
        ["new", "x"],
        ["new", "x", "--title", "x", "--severity", "P1", "--assign", "Scribe"],
        ["add", "x"],
        ["status", "none"],
        ["nonsense"],
        ["status", ".", "--format", "xml"],
        ["report", ".", "--at", "today"],
        ["report", ".", "--at", "2026-11-03T14:02"],
        ["report", ".", "--set", "x"],
    ],
)
def test_wrong_usage_is_explained(run: Run, arguments: list[str]) -> None:
    """A missing or unknown word shows the usage and leaves with 2."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr or "pmkit: " in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["status", "verify", "report", "lab", "undo"])
def test_a_folder_that_is_none_is_refused_in_one_line(run: Run, tmp_path: Path, command: str) -> None:
    """Every command says that there is no incident here, and what makes one."""
    (tmp_path / "other").mkdir()
    assert_refused(run(command, "other"), "other: no `incident.toml` here; make a workspace with `pmkit new`")


def test_every_bad_cell_is_shown(run: Run) -> None:
    """A table with several mistakes is told line by line, and still without a traceback."""
    assert run("new", "inc-1", "--severity", "P1").exit_code == 0
    Path("inc-1/actions.csv").write_text("action_id,action,due_on\nA1,x,soon\nA2,,2026-11-09\n")
    result = run("status", "inc-1")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "pmkit: inc-1/actions.csv: 2 problems",
        "  line 2 (A1), `due_on`: expected a date, as 2026-11-03, found 'soon'",
        "  line 3 (A2), `action` is empty: what will be different, testable",
    ]


def test_every_command_has_help(run: Run) -> None:
    """`--help` and `-h` say what each command does, and the version is pmkit's."""
    for command in main.commands:
        text = run(command, "-h").stdout
        assert text.startswith("Usage: ")
        assert len(text.splitlines()[2].strip()) > 20
    assert run("--version").stdout == f"pmkit, version {pmkit.__version__}\n"
    for command in ("new", "add", "status", "report", "lab", "verify", "undo"):
        assert f"  {command} " in run("--help").stdout


def test_every_command_of_every_room_is_found() -> None:
    """None is left out of the list in `cli.py`, and each has the name it is listed under."""
    found = dict(main.commands)
    assert all(command.name == name for name, command in found.items())
    groups = [command for command in found.values() if isinstance(command, click.Group)]
    known = {
        id(one) for one in [*found.values(), *(sub for group in groups for sub in group.commands.values())]
    }
    rooms = [import_module(f"pmkit.commands.{room.name}") for room in iter_modules(commands.__path__)]
    here = [one for room in rooms for one in vars(room).values() if isinstance(one, click.Command)]
    assert here and all(id(one) in known for one in here)


def test_the_module_is_the_command() -> None:
    """`python -m pmkit --help` shows the same, and loads nothing heavy for it."""
    probe = "import runpy, sys; sys.argv = ['pmkit', '--help']\n"
    probe += "try: runpy.run_module('pmkit', run_name='__main__')\n"
    probe += "finally: print(sorted({'pandas', 'plotly', 'papermill'} & set(sys.modules)))"
    environment = {**os.environ, "COLUMNS": "96"}
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout.startswith("Usage: pmkit [OPTIONS] COMMAND [ARGS]...")
    assert done.stdout.endswith("[]\n")
    module = subprocess.run(
        [sys.executable, "-m", "pmkit", "--version"], capture_output=True, text=True, check=True
    )
    assert module.stdout == f"pmkit, version {pmkit.__version__}\n"
