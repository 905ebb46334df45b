"""What is wrong with the samples on purpose is found, and the language of the rest is left alone."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pmkit.checks import run_checks
from pmkit.workspace import Workspace

DATA = Path(__file__).parents[2] / "data"
SAMPLES = [path.name.removesuffix(".truth.json") for path in sorted(DATA.glob("*.truth.json"))]


def _is_of(finding: Any, fault: dict[str, str]) -> bool:
    """Whether a finding stands where the fault was planted."""
    table = f"notes/{Path(fault['row']).stem}" if fault["table"] == "notes" else fault["table"]
    known = {table, "evidence" if fault["table"] == "checkins" else table}
    row = "" if fault["table"] in ("notes", "checkins") else fault["row"]
    return finding.table in known and (not row or finding.row in row or fault["row"] in finding.row)


@pytest.mark.parametrize("name", SAMPLES)
def test_planted_faults_are_found(name: str) -> None:
    """Each at its place; no sentence is flagged where none was planted."""
    truth = json.loads((DATA / f"{name}.truth.json").read_text(encoding="utf-8"))
    found = run_checks(Workspace.open(DATA / name).load(), now=datetime.fromisoformat(truth["stage"]["at"]))
    rows, faults = list(found.itertuples()), truth.get("faults", [])
    missed = [fault["what"] for fault in faults if not any(_is_of(row, fault) for row in rows)]
    assert not missed
    said = [
        row for row in rows if row.rule in ("LA101", "LA102", "LA103", "LA104", "RC101", "RC102", "TL304")
    ]
    assert [row.message for row in said if not any(_is_of(row, fault) for fault in faults)] == []
