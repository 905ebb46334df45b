"""The report notebook run in this process: the same outputs as by papermill, without a kernel's start."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from pmkit.report import _arranged
from pmkit.workspace import Workspace

AT = "2026-11-10T16:30:00Z"


def run_notebook(
    workspace: Workspace, notebook: Path, audience: str = "internal", without: str = ""
) -> dict[str, Any]:
    """The executed notebook of the workspace, as a plain notebook; cells that call `without` are left out."""
    arranged = _arranged(notebook, workspace.incident.sections)
    cells = json.loads(arranged.read_text()) if isinstance(arranged, Path) else arranged
    given = {"incident": str(workspace.path), "audience": audience, "generated_at": AT}
    names: dict[str, Any] = {"display": lambda *shown: None}
    out = []
    for cell in cells["cells"]:
        source = "".join(cell["source"])
        if without and f"{without}(" in source:
            continue
        made = {"cell_type": cell["cell_type"], "metadata": dict(cell.get("metadata", {})), "source": source}
        if cell["cell_type"] == "code":
            value = _run(source, names)
            if "parameters" in made["metadata"].get("tags", ()):
                names |= given
            made |= {"execution_count": 1, "outputs": _outputs(value)}
        out.append(made)
    pmkit = {"title": workspace.incident.title, "generated_at": AT, "lang": "en"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"pmkit": pmkit}, "cells": out}


def _run(source: str, names: dict[str, Any]) -> Any:
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)  # noqa: S102 - our own notebook
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307


def _outputs(value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    bundle = value._repr_mimebundle_()
    data = json.loads(json.dumps(bundle[0] if isinstance(bundle, tuple) else bundle))
    return [{"output_type": "execute_result", "execution_count": 1, "data": data, "metadata": {}}]
