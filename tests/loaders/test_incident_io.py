from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders.incident_io import load_incident_io
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parent.parent / "fixtures" / "incident_io"


def load(data: Any, **options: Any) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        frame = load_incident_io(path, **options)
    validate(frame, EVENTS)
    return frame


def incident() -> dict[str, Any]:
    return json.loads((FIXTURES / "incidents.json").read_text(encoding="utf-8"))["incidents"][0]


@pytest.mark.parametrize("name", ["incidents", "updates"])
def test_a_sample_gives_the_expected_frame(assert_reads_as: Compare, name: str) -> None:
    """Every record is one row, exactly as the CSV beside it has it."""
    path = FIXTURES / f"{name}.json"
    frame = load_incident_io(path)
    assert_reads_as(frame, FIXTURES / f"{name}.expected.csv")
    assert (frame["kind"] != "unreadable").all()
    pd.testing.assert_frame_equal(load_evidence(path, recognise(path).name), frame)


def test_moments_that_people_set_are_rows_and_others_are_none() -> None:
    """Four of the five moments of the sample are set."""
    frame = load([incident()])
    assert frame["kind"].tolist() == ["other", "trigger", "incident", "ack", "resolve"]
    assert frame["text"].iloc[0] == "INC-812: Impact started (set by people)"


@pytest.mark.parametrize("shape", ["page", "single", "list", "lines", "webhook"])
def test_every_envelope_gives_the_same_events(shape: str) -> None:
    """How an incident was saved does not matter."""
    hook = "public_incident.incident_updated_v2"
    data: Any = {
        "page": {"incidents": [incident()], "pagination_meta": {"page_size": 25}},
        "single": {"incident": incident()},
        "list": [incident()],
        "lines": json.dumps(incident()) + "\n",
        "webhook": {"event_type": hook, hook: incident()},
    }[shape]
    assert len(load(data)) == 5


def test_the_older_api_is_read_too() -> None:
    """v1 has a status as text, and moments as `timestamps`."""
    moment = {"name": "Resolved", "last_occurred_at": "2026-11-03T15:45:10Z"}
    old = incident() | {"status": "closed", "timestamps": [moment]}
    for name in ("incident_status", "incident_timestamp_values"):
        del old[name]
    frame = load({"incidents": [old]})
    assert frame["kind"].tolist() == ["incident", "resolve"]
    assert "closed" in frame["text"].iloc[0]


def test_a_merge_is_told_as_one() -> None:
    """An update that merges its incident into another."""
    update = json.loads((FIXTURES / "updates.json").read_text(encoding="utf-8"))["incident_updates"][0]
    row = load([update | {"merged_into_incident_id": "01X"}]).iloc[0]
    assert row["kind"] == "merge"
    assert "merged into 01X" in row["text"]


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({"after": "x", "page_size": 25, "total_record_count": 3}, "incomplete: 1 of 3 records"),
        ({"after": "x", "page_size": 25, "total_record_count": 1}, ""),
        ({"after": "x", "page_size": 25}, "incomplete: the list may have more pages"),
        ({"page_size": 25}, ""),
    ],
)
def test_incompleteness_is_said(tmp_path: Path, meta: dict[str, Any], said: str) -> None:
    """A total that is larger, or a page that follows."""
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"incidents": [incident()], "pagination_meta": meta}), encoding="utf-8")
    assert find_incompleteness(path, "incident.io") == said


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2026-11-03T14:00:00Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=25)
@given(st.data())
def test_hostile_values_never_raise(data: st.DataObject) -> None:
    """Whatever stands in the fields, the incident is a row, and the update beside it stays as it is."""
    record = incident()
    for field in data.draw(st.lists(st.sampled_from(sorted(record)), min_size=1, max_size=3)):
        record[field] = data.draw(HOSTILE)
    updates = json.loads((FIXTURES / "updates.json").read_text(encoding="utf-8"))["incident_updates"]
    frame = load([record, *updates])
    assert frame["event_id"].tolist() == load([record, *updates])["event_id"].tolist()
    assert frame["ref"].str.contains("x.json#:0(?: |$)").any()
    assert frame["event_id"].str.startswith("incident.io:update:").sum() == 3
