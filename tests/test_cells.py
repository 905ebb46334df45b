"""Cells run in this process: the outputs a kernel would give, and nothing left behind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill import execute_notebook
from papermill.exceptions import PapermillExecutionError

from pmkit.cells import register_engine


def run(folder: Path, *sources: str, **parameters: object) -> list[Any]:
    """The code cells after they ran."""
    cells = [new_code_cell(source) for source in sources]
    cells[0].metadata.tags = ["parameters"]
    notebook = new_notebook(cells=[new_markdown_cell("# Words"), *cells])
    notebook.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "Python"}
    executed = execute_notebook(
        notebook, folder / "out.ipynb", parameters=parameters, engine_name=register_engine(),
        kernel_name="python3", progress_bar=False, cwd=folder,
    )  # fmt: skip
    nbformat.validate(executed)
    return [cell for cell in executed.cells if cell.cell_type == "code"]


def test_outputs_keep_their_order_and_kind(tmp_path: Path) -> None:
    """What is printed, displayed and last in the cell are outputs, one after the other."""
    source = "print('a'); print('b')\ndisplay({'text/plain': 'shown'}, raw=True)\nprint('c')\nn + 1"
    (*_, cell) = run(tmp_path, "n = 0", source, n=41)
    assert [output.output_type for output in cell.outputs] == [
        "stream", "display_data", "stream", "execute_result",
    ]  # fmt: skip
    assert cell.outputs[0].text == "a\nb\n"
    assert cell.outputs[1].data == {"text/plain": "shown"}
    assert cell.outputs[3].data == {"text/plain": "42"}
    assert cell.outputs[3].execution_count == cell.execution_count == 3


def test_a_cell_that_raises_ends_the_run(tmp_path: Path) -> None:
    """The error is an output of its cell, those before it keep theirs, those after it do not run."""
    with pytest.raises(PapermillExecutionError) as caught:
        run(tmp_path, "x = 1", "print(x)\n1 / 0", "open('ran', 'w')")
    assert caught.value.ename == "ZeroDivisionError"
    assert not (tmp_path / "ran").exists()
    left = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    (cell,) = [cell for cell in left.cells if cell.source.startswith("print(x)")]
    assert [output.output_type for output in cell.outputs] == ["stream", "error"]


def test_one_notebook_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    """Names are gone, a warning is shown again, and the process has its own module, hooks and streams."""
    before = (sys.modules["__main__"], sys.displayhook, sys.stdout, Path.cwd())
    source = "import warnings\nwarnings.simplefilter('default')\nwarnings.warn('careful')\nkept = 1"
    first, second = (run(tmp_path, "x = 1", source)[-1] for _ in range(2))
    assert "careful" in first.outputs[0].text
    assert "careful" in second.outputs[0].text
    assert (sys.modules["__main__"], sys.displayhook, sys.stdout, Path.cwd()) == before
    with pytest.raises(PapermillExecutionError) as caught:
        run(tmp_path, "kept")
    assert caught.value.ename == "NameError"
