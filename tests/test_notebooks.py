"""The notebooks: short cells, no outputs in git, and each runs from top to bottom without a screen."""

from __future__ import annotations

import json
from pathlib import Path

import papermill
import pytest

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "checkout-failure"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ALL = [*NOTEBOOKS, *sorted((ROOT / "report_templates").glob("*.ipynb"))]


def cells(path: Path, kind: str = "code") -> list[dict]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_git_holds_no_outputs(path: Path) -> None:
    """A notebook in git carries neither outputs nor run numbers, and has one cell of parameters."""
    code = cells(path)
    assert [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"]] == []
    assert sum("parameters" in cell["metadata"].get("tags", ()) for cell in code) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_tells_a_story(path: Path) -> None:
    """At most 25 cells, code cells of at most three lines, and no functions or classes in them."""
    code = ["".join(cell["source"]) for cell in cells(path)]
    assert len(code) + len(cells(path, "markdown")) <= 25
    assert [text for text in code if len(text.splitlines()) > 3] == []
    assert [text for text in code if text.startswith(("def ", "class ")) or "\ndef " in text] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_cell_with_a_widget_stays(path: Path) -> None:
    """A cell that shows a table to edit cannot be deleted by a key typed into that table."""
    edits = [cell for cell in cells(path) if "pmkit.edit_" in "".join(cell["source"])]
    assert [cell["id"] for cell in edits if cell["metadata"].get("deletable") is not False] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_without_a_screen(
    path: Path, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cell runs on a copy of the sample, nothing is an error, and tables stand in for widgets."""
    monkeypatch.setenv("PMKIT_STATIC", "1")
    executed = papermill.execute_notebook(
        path,
        tmp_path / path.name,
        parameters={"places": str(sample)} if "portfolio" in path.name else {"incident": str(sample)},
        kernel_name="python3",
        progress_bar=False,
    )
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code")
    outputs = [output for cell in executed.cells for output in cell.get("outputs", ())]
    assert [output for output in outputs if output.output_type == "error"] == []
    assert [
        output for output in outputs if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ] == []
    assert len(outputs) >= 3
