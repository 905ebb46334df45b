"""The executed report notebook that the export tests share, and a stand-in for the drawing engine."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pmkit.errors import RenderError


def _load_builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "report_builder", Path(__file__).with_name("report_builder.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["report_builder"] = module
    spec.loader.exec_module(module)
    return module


builder = _load_builder()


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


@pytest.fixture
def engine() -> StandInEngine:
    """A drawing engine that takes no time."""
    return StandInEngine()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full synthetic report, as a file. Not to be written to."""
    folder = tmp_path_factory.mktemp("report")
    return builder.write(folder / "report.ipynb", builder.full_report())
