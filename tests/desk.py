"""What the tests of the desk share: a new incident, what the journal tells, small exports, and programs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pmkit import schema
from pmkit.workspace import Workspace

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)


def create(path: Path, **said: Any) -> Workspace:
    return Workspace.create(path, **{"title": "Checkout failed", "severity": "P1", "now": NOW, **said})


def questions(*ids: str, question: str = "Why?") -> pd.DataFrame:
    rows = [{"question_id": name, "question": question} for name in ids]
    return schema.conform(pd.DataFrame(rows), schema.QUESTIONS)


def journal(ws: Workspace) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ws.path / "journal.jsonl").read_text().splitlines()]


def slack_folder(folder: Path, *texts: str) -> Path:
    """An unpacked Slack export with a message for each text."""
    day = folder / "ops" / "2026-11-03.json"
    day.parent.mkdir(parents=True)
    messages = [
        {"type": "message", "ts": f"{1793714400 + n}.000100", "user": "U1", "text": text}
        for n, text in enumerate(texts)
    ]
    day.write_text(json.dumps(messages))
    (folder / "channels.json").write_text(json.dumps([{"id": "C1", "name": "ops"}]))
    (folder / "users.json").write_text(json.dumps([{"id": "U1", "name": "mei"}]))
    return folder


def slack_zip(folder: Path, *texts: str, name: str = "export.zip") -> Path:
    root = slack_folder(folder / f"{name}.unpacked", *texts)
    with zipfile.ZipFile(folder / name, "w") as out:
        for path in sorted(root.rglob("*.json")):
            out.write(path, path.relative_to(root).as_posix())
    shutil.rmtree(root)
    return folder / name


def forked(script: str, *arguments: object, timeout: int = 60) -> str:
    """What a Python program of its own prints; it imports the workspace once and may fork."""
    head = "import os, sys\nfrom pmkit.workspace import Workspace\n"
    done = subprocess.run(
        [sys.executable, "-c", head + script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
