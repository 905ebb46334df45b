"""The house: light to enter, every door opens, and no room without a plate."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import pmkit

PACKAGE = Path(pmkit.__file__).parent
ROOT = Path(__file__).parent.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = (
    "plotly",
    "papermill",
    "nbconvert",
    "ipywidgets",
    "anywidget",
    "typst",
    "tomlkit",
    "filelock",
    "quickjs",
    "jupyterlab",
    "IPython",
    "nbformat",
    "pdpyras",
    "jira",
    "requests",
)


def loaded_by(code: str) -> set[str]:
    """The top-level modules that are loaded after running `code` in a fresh Python."""
    probe = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_entering_costs_no_more_than_pandas() -> None:
    """`import pmkit` loads nothing heavy, and neither do the rooms that read, build and judge."""
    rooms = [
        "schema",
        "template",
        "timeline",
        "metrics",
        "process",
        "loaders",
        "figures",
        "tables",
        "workspace",
    ]
    assert loaded_by("\n".join(f"import pmkit.{room}" for room in rooms)) & set(HEAVY) == set()
    assert "pandas" not in loaded_by("import pmkit, pmkit.cli")


@pytest.mark.slow
def test_no_name_warns_when_it_is_loaded() -> None:
    """Even with warnings as errors; nor does the client that says on import that it is frozen."""
    probe = """
import pmkit
[getattr(pmkit, name) for name in pmkit.__all__]
from pmkit.integrations.credentials import Account, Secret
from pmkit.integrations.pagerduty import CLIENTS, connect
for client in CLIENTS:
    connect(Account("pagerduty", "https://api.pagerduty.com", Secret("x")), client)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", probe], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", pmkit.__all__)
def test_every_public_name_resolves(name: str) -> None:
    """What `pmkit` offers is there, documented, and found by Tab."""
    assert getattr(pmkit, name).__doc__
    assert name in dir(pmkit)


def test_names_that_are_not_there_are_refused() -> None:
    """A misspelt name is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="module 'pmkit' has no attribute 'load_slak'"):
        _ = pmkit.load_slak


def test_the_list_for_type_checkers_is_true() -> None:
    """Each name imported for type checkers only is one that `pmkit` really offers, from the same room."""
    (block,) = [
        node for node in ast.parse((PACKAGE / "__init__.py").read_text()).body if isinstance(node, ast.If)
    ]
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        for alias in node.names:
            assert alias.asname == alias.name
            assert alias.name in pmkit.__all__, alias.name
            assert getattr(pmkit, alias.name).__module__.startswith(str(node.module)), alias.name


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(PACKAGE)) for path in MODULES])
def test_each_room_has_a_plate_and_no_junk(path: Path) -> None:
    """A module says in its first line what it is for, has a name of its own, and does not print."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plate = ast.get_docstring(tree)
    assert plate
    assert plate.splitlines()[0].endswith((".", ";", ":", ","))
    assert path.stem not in ("utils", "helpers", "common", "misc", "util")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert "print" not in names
    for node in ast.walk(tree):
        public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if public and node in tree.body:
            assert ast.get_docstring(node), f"{node.name} has no docstring"


def test_every_room_stands_in_the_plan_on_its_floor() -> None:
    """CONTRIBUTING has a line for each room, in the order in which import-linter lets them import."""
    house = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## The house")[2]
    plan = re.findall(r"^\|[^|]*\| `(\w+)(?:\.py|/)` \|", house.partition("\n## ")[0], re.MULTILINE)
    rooms = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/__init__.py")
    }
    assert sorted(plan) == sorted(rooms - {"__init__", "__main__"})
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floor_of = {room: n for n, layer in enumerate(contracts[0]["layers"]) for room in layer.split(" | ")}
    assert [floor_of[room] for room in plan] == sorted(floor_of.values())


def test_errors_are_one_tree_drawn_in_its_docstring() -> None:
    """Every error of pmkit is a PmkitError, and stands in the drawing."""
    from pmkit import errors

    tree = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert all(issubclass(kind, errors.PmkitError) for kind in tree)
    assert all(kind.__name__ in str(errors.__doc__) for kind in tree)


def test_messages_say_file_place_problem_and_hint() -> None:
    """An evidence error reads as one sentence, with and without a place."""
    from pmkit.errors import EvidenceError, SchemaError

    assert str(EvidenceError("a.zip", "ops/1.json, message 14", 'no "ts".', "Export again.")) == (
        'a.zip: ops/1.json, message 14: no "ts". Export again.'
    )
    assert str(EvidenceError("a.zip", "", "cannot be read.")) == "a.zip: cannot be read."
    assert str(SchemaError("x.csv", ["one"])) == "x.csv: 1 problem\n  one"
    assert str(SchemaError("x.csv", ["one", "two"])) == "x.csv: 2 problems\n  one\n  two"
