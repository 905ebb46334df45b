"""JupyterLab on an incident: its own copies of the notebooks, and the command that opens them."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Final

from pmkit.errors import WorkspaceError
from pmkit.workspace import Workspace

FIRST_NOTEBOOK: Final = "00_start_here.ipynb"


def shipped_notebooks() -> Path:
    """The folder `notebooks/`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / FIRST_NOTEBOOK).is_file():
            return folder
    raise WorkspaceError(f"{package}: `notebooks` is missing; install pmkit again")


def add_notebooks(workspace: Workspace) -> list[Path]:
    """Copy the notebooks that the incident does not have yet into its `notebooks/`; returns the new ones.

    A copy works on the incident it lies in. One that is there already is left as it is: it is the team's.
    """
    folder = workspace.path / "notebooks"
    folder.mkdir(exist_ok=True)
    missing = [
        source
        for source in sorted(shipped_notebooks().glob("*.ipynb"))
        if not (folder / source.name).exists()
    ]
    for source in missing:
        (folder / source.name).write_text(_on_own_incident(source), encoding="utf-8")
    return [folder / source.name for source in missing]


def lab_command(workspace: Workspace) -> list[str]:
    """The command that opens JupyterLab on the incident, at its first notebook.

    Raises `WorkspaceError` where JupyterLab is not installed.
    """
    here = Path(sys.executable).parent  # the environment's own JupyterLab comes first
    jupyter = shutil.which("jupyter-lab", path=f"{here}{os.pathsep}{os.environ.get('PATH', '')}")
    if jupyter is None:
        raise WorkspaceError("JupyterLab is not installed here; run `pip install jupyterlab`")
    return [
        jupyter,
        f"--ServerApp.root_dir={workspace.path.resolve()}",
        f"--LabApp.default_url=/lab/tree/notebooks/{FIRST_NOTEBOOK}",
    ]


def _on_own_incident(source: Path) -> str:
    """The notebook on the folder above it; one of many incidents on the folder they all lie in."""
    own = {"incident": "..", "places": "../.."}
    notebook = json.loads(source.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            for name, place in own.items():
                cell["source"] = [
                    re.sub(rf'^{name} = "[^"]*"', f'{name} = "{place}"', line) for line in cell["source"]
                ]
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
