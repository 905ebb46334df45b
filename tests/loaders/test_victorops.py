from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders.victorops import load_victorops
from pmkit.look import source_title
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parent.parent / "fixtures" / "victorops"


def load(data: Any) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        frame = load_victorops(path)
    validate(frame, EVENTS)
    return frame


def incident(**fields: Any) -> dict[str, Any]:
    page = json.loads((FIXTURES / "incidents.json").read_text(encoding="utf-8"))
    return page["incidents"][0] | fields


def test_the_sample_gives_the_expected_frame(assert_reads_as: Compare) -> None:
    """Every incident and transition is one row, exactly as the CSV beside it has it."""
    path = FIXTURES / "incidents.json"
    frame = load_victorops(path)
    assert_reads_as(frame, FIXTURES / "incidents.expected.csv")
    pd.testing.assert_frame_equal(load_evidence(path, recognise(path).name), frame)
    assert source_title("victorops") == "Splunk On-Call"


def test_what_happened_within_a_second_stays_in_its_order() -> None:
    """The incident stands before its trigger, and the trigger before what answers it."""
    at = "2026-11-03T14:21:31Z"
    transitions = [{"name": name, "at": at} for name in ("triggered", "acknowledged", "resolved")]
    later = {"name": "unacked", "at": "2026-11-03T15:00:00Z"}
    frame = load([incident(transitions=[*transitions, later])])
    assert frame["kind"].tolist() == ["incident", "trigger", "ack", "resolve", "unack"]


@pytest.mark.parametrize("name", ["brand new", "", None, 7])
def test_an_unknown_transition_keeps_its_row(name: Any) -> None:
    """It is of kind `other`."""
    frame = load([incident(transitions=[{"name": name, "at": "2026-11-03T14:30:00Z"}])])
    assert frame["kind"].tolist() == ["incident", "other"]


@pytest.mark.parametrize("at", [None, "", "soon", 7, {"x": 1}])
def test_a_transition_without_a_time_is_reported(at: Any) -> None:
    """Its incident stays."""
    frame = load([incident(transitions=[{"name": "triggered", "at": at}])])
    assert frame["kind"].tolist() == ["incident", "unreadable"]
    assert frame["ref"].tolist() == ["x.json#:0", "x.json#:0/transitions:0"]


def test_a_total_that_is_larger_is_told(tmp_path: Path) -> None:
    """Each incident counts once, also where pages overlap."""
    assert find_incompleteness(FIXTURES / "incidents.json", "victorops") == "incomplete: 1 of 2 incidents"
    path = tmp_path / "pages.json"
    lists = [[incident()], [incident(), incident(incidentNumber="813")]]
    pages = [{"total": 2, "incidents": incidents} for incidents in lists]
    path.write_text(json.dumps(pages), encoding="utf-8")
    assert find_incompleteness(path, "victorops") == ""
    assert len(load_victorops(path)) == 10
