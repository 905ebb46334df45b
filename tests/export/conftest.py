"""What the export tests share: an executed report notebook, readers, and a stand-in for the engine."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pmkit.errors import RenderError
from pmkit.export.document import Block, Document, Title


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


builder = _load("report_builder")


class StandInEngine:
    """Draws every figure as two dots and a word, and remembers what it was asked."""

    def __init__(self, *, fails: bool = False, empty: bool = False) -> None:
        self.fails, self.empty, self.asked = fails, empty, 0

    def render(self, figure: Mapping[str, Any] | str, *, width: int, height: int) -> str:
        self.asked += 1
        if self.fails:
            raise RenderError("this figure cannot be drawn")
        dots = '<circle cx="5" cy="5" r="3"/><circle cx="9" cy="9" r="3"/><text x="1" y="9">words</text>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}"><rect class="bg" width="9" height="9"/>'
            f'<g class="trace">{"" if self.empty else dots}</g></svg>'
        )


@pytest.fixture(scope="session")
def build() -> ModuleType:
    """The notebook builder."""
    return builder


@pytest.fixture(scope="session")
def stand_in() -> type[StandInEngine]:
    """The class of the stand-in, for fixtures of a wider scope."""
    return StandInEngine


@pytest.fixture(scope="session")
def readers() -> ModuleType:
    """What reads each format back."""
    return _load("readers")


@pytest.fixture(scope="session")
def run_notebook() -> Callable[..., dict[str, Any]]:
    """`run_notebook(workspace)`: its executed report notebook, run in this process."""
    runner = _load("runner")
    shipped = Path(__file__).parents[2] / "report_templates" / "postmortem.ipynb"
    return partial(runner.run_notebook, notebook=shipped)


@pytest.fixture(scope="session")
def make_incident() -> Callable[[Path, int], Any]:
    """`make_incident(folder, seed)`: a made-up incident's workspace."""
    made: Callable[[Path, int], Any] = _load("incidents").make_incident
    return made


@pytest.fixture(scope="session")
def make_hostile() -> Callable[[Path], Any]:
    """`make_hostile(folder)`: a workspace in which every field holds payloads."""
    made: Callable[[Path], Any] = _load("hostile").make_hostile
    return made


@pytest.fixture(scope="session")
def document_of() -> Callable[..., Document]:
    """`document_of(table, …)`: a small document of these blocks."""

    def make(*blocks: Block) -> Document:
        return Document(Title("Report"), "en", datetime(2026, 11, 10, tzinfo=UTC), blocks)

    return make


@pytest.fixture
def engine() -> StandInEngine:
    """A drawing engine that takes no time."""
    return StandInEngine()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full synthetic report, as a file. Not to be written to."""
    folder = tmp_path_factory.mktemp("report")
    return builder.write(folder / "report.ipynb", builder.full_report())
