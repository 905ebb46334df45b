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
from pmkit.loaders.firehydrant import load_firehydrant
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parent.parent / "fixtures" / "firehydrant"


def load(data: Any) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        frame = load_firehydrant(path)
    validate(frame, EVENTS)
    return frame


def page(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["incidents", "events"])
def test_a_sample_gives_the_expected_frame(assert_reads_as: Compare, name: str) -> None:
    """Every record is one row, exactly as the CSV beside it has it."""
    path = FIXTURES / f"{name}.json"
    frame = load_firehydrant(path)
    assert_reads_as(frame, FIXTURES / f"{name}.expected.csv")
    assert (frame["kind"] != "unreadable").all()
    pd.testing.assert_frame_equal(load_evidence(path, recognise(path).name), frame)


def test_a_milestone_stands_where_it_was_reached() -> None:
    """When it was set is told where that was another minute."""
    frame = load_firehydrant(FIXTURES / "incidents.json").set_index("event_id")
    row = frame.loc["firehydrant:milestone:m1"]
    assert str(row["time"]) == "2026-11-03 14:02:00+00:00"
    assert row["text"] == "Incident 3: milestone started (set 2026-11-03 14:21:41 UTC)"
    assert "set" not in frame.loc["firehydrant:milestone:m2", "text"]


def test_events_inside_an_incident_are_read() -> None:
    """Connectors save an incident with its events; an event with `data` is no envelope."""
    incident = page("incidents")["data"][0] | {"events": page("events")["data"]}
    assert len(load([incident])) == 11
    assert len(load(page("events")["data"])) == 4


@pytest.mark.parametrize("shape", ["page", "single", "list", "lines"])
def test_every_envelope_gives_the_same_events(shape: str) -> None:
    """How an incident was saved does not matter."""
    incident = page("incidents")["data"][0]
    data: Any = {
        "page": {"data": [incident]}, "single": {"data": incident}, "list": [incident],
        "lines": json.dumps(incident) + "\n",
    }[shape]  # fmt: skip
    assert len(load(data)) == 7


def test_an_unknown_type_keeps_its_row() -> None:
    """Its words are its type's."""
    row = load_firehydrant(FIXTURES / "events.json").set_index("event_id").loc["firehydrant:event:e1"]
    assert (row["kind"], row["text"]) == ("other", "Brand new type")


def test_a_page_that_follows_is_told() -> None:
    """The pages count themselves."""
    path = FIXTURES / "incidents.json"
    assert find_incompleteness(path, "firehydrant") == "incomplete: page 1 of 2 is the last one here"
    assert find_incompleteness(FIXTURES / "events.json", "firehydrant") == ""


def test_a_file_cut_short_keeps_its_milestones() -> None:
    """One incident with everything in it, cut in the middle of a milestone."""
    text = json.dumps(page("incidents")["data"][0], indent=1)
    frame = load(text[: text.index('"mitigated"')])
    assert set(frame.loc[frame["kind"] != "unreadable", "event_id"]) == {
        f"firehydrant:milestone:m{n}" for n in (1, 2, 3)
    }
    assert frame["ref"].tolist()[-2:] == ["x.json#:0", "x.json#:0/milestones:3"]


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2026-11-03T14:00:00Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=25)
@given(st.sampled_from(["incidents", "events"]), st.data())
def test_hostile_values_never_raise_and_every_record_is_a_row(name: str, data: st.DataObject) -> None:
    """Whatever stands in the fields, there are as many rows as records, the same on every load."""
    raw = page(name)
    inner = [m for r in raw["data"] for key in ("milestones", "role_assignments") for m in r.get(key, ())]
    record = data.draw(st.sampled_from([*raw["data"], *inner]))
    for field in data.draw(st.lists(st.sampled_from(sorted(record)), min_size=1, max_size=3)):
        if not isinstance(record[field], list):
            record[field] = data.draw(HOSTILE)
    frame = load(raw)
    assert frame["event_id"].tolist() == load(raw)["event_id"].tolist()
    assert sum(len(ref.split(" | ")) for ref in frame["ref"]) == len(raw["data"]) + len(inner)
