"""What the tests of the commands share: how one is called, a small export, and what a refusal looks like."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Run = Callable[..., Result]


def export(path: Path, *texts: str) -> Path:
    """A Slack export with a message for each text."""
    messages = [
        {"type": "message", "ts": f"{1793714400 + n}.0001", "text": text} for n, text in enumerate(texts)
    ]
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("channels.json", json.dumps([{"id": "C1", "name": "ops"}]))
        out.writestr("ops/2026-11-03.json", json.dumps(messages))
    return path


def assert_refused(result: Result, *words: str) -> None:
    """One line on standard error, no traceback, exit code 2."""
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("pmkit: ")
    assert all(word in line for word in words), line
