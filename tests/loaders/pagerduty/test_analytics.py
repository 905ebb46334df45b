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

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders.pagerduty import load_pagerduty_analytics
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pagerduty"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def counted(number: int = 12, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"Q{number}", "incident_number": number, "description": "checkout is slow",
        "service_name": "checkout", "created_at": "2026-11-03T14:02:11Z", "resolved_at": None,
        "seconds_to_first_ack": 66, "urgency": "high",
    } | fields  # fmt: skip


def response(**fields: Any) -> dict[str, Any]:
    return {
        "responder_name": "Ada", "responder_id": "PADA", "response_status": "joined",
        "responder_type": "assigned", "requested_at": "2026-11-03T14:02:12Z",
        "responded_at": "2026-11-03T14:03:18Z", "time_to_respond_seconds": 66,
    } | fields  # fmt: skip


NAMES = sorted({*counted(), *response(), "responses", "data"})


def load(data: Any, **options: Any) -> pd.DataFrame:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "analytics.json"
        path.write_bytes(raw)
        frame = load_pagerduty_analytics(path, **options)
    validate(frame, EVENTS)
    return frame


def test_the_documented_export_gives_the_expected_frame(assert_reads_as: Compare) -> None:
    """Incidents and the responses to them give exactly the rows of the CSV beside them."""
    path = FIXTURES / "analytics.json"
    assert_reads_as(load_pagerduty_analytics(path), path.with_suffix(".expected.csv"))


def test_responses_without_a_zone_ask_for_it() -> None:
    """Documented responses are one object instead of a list, with times that carry no zone."""
    path = FIXTURES / "analytics-responses.json"
    assert recognise(path).name == "pagerduty-analytics"
    with pytest.raises(QuestionError) as asked:
        load_evidence(path, "pagerduty-analytics")
    assert asked.value.option == "zone"
    told = load_evidence(path, "pagerduty-analytics", zone="America/Los_Angeles").iloc[0]
    assert told[["kind", "actor", "pd_incident_id", "time_basis"]].tolist() == [
        "responder", "Ada Mori", "Q1QUAYSIDE0042", "America/Los_Angeles",
    ]  # fmt: skip
    assert told["time"] == pd.Timestamp("2026-11-03T22:02:12Z")


@pytest.mark.parametrize(
    ("data", "refs"),
    [
        ({"data": [counted()]}, ["analytics.json#data:0"]),
        ({"data": counted()}, ["analytics.json#:0"]),
        ([counted()], ["analytics.json#:0"]),
        (counted(), ["analytics.json#:0"]),
        (
            counted(responses=[response()]),
            ["analytics.json#:0", "analytics.json#:0/responses:0"],
        ),
        ({"data": [counted(responses=response())]},
         ["analytics.json#data:0", "analytics.json#data:0/responses:0"]),
        ({"incident_id": "Q12", "responses": [response(), response(responder_id="PBO")]},
         ["analytics.json#:0/responses:0", "analytics.json#:0/responses:1"]),
    ],
)  # fmt: skip
def test_every_shape_is_read(data: Any, refs: list[str], tmp_path: Path) -> None:
    """A list or one object, in a page or bare, with responses or without."""
    frame = load(data)
    assert sorted(frame["ref"]) == refs
    assert set(frame["pd_incident_id"]) == {"Q12"}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert recognise(path).name == "pagerduty-analytics"


def test_of_two_counts_of_an_incident_the_later_stays() -> None:
    """PagerDuty counts again; what was counted last is what holds."""
    old = counted(updated_at="2026-11-03T18:00:00Z", description="old")
    new = counted(updated_at="2026-11-04T18:00:00Z", description="new")
    for counts in ([old, new], [new, old]):
        frame = load(counts)
        assert len(frame) == 1
        assert "new" in frame["text"].iloc[0]
        assert frame["ref"].iloc[0].count(" | ") == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"data": [counted(resolved_at="2026-11-03T15:00:00Z")], "more": False}, ""),
        ({"data": [counted(resolved_at="2026-11-03T15:00:00Z")], "more": True}, "more pages after record 1"),
        ({"data": [counted(n) for n in range(5)], "more": False}, "#0, #1, #2 and 2 more"),
        ({"data": [1]}, "damaged"),
    ],
)
def test_incompleteness_is_said(data: Any, said: str, tmp_path: Path) -> None:
    """Pages that follow, and incidents that were open when they were counted."""
    path = tmp_path / "analytics.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    told = find_incompleteness(path, "pagerduty-analytics")
    assert said in told
    assert bool(said) == bool(told)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """Nothing is made of nothing."""
    with pytest.raises(EvidenceError, match="no such file"):
        load_pagerduty_analytics(tmp_path / "missing.json")


@settings(max_examples=35, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted({*counted(), *response(), "responses", "data"})), JSON, max_size=5)
)
def test_hostile_values_never_raise(odd: dict[str, Any]) -> None:
    """Whatever a record holds, its neighbours load and it is a row or a reason."""
    try:
        frame = load({"data": [counted(1), counted(2) | odd, counted(3)]})
    except QuestionError:
        return
    assert {"pd:analytics:Q1", "pd:analytics:Q3"} <= set(frame["event_id"])
    assert sum(len(ref.split(" | ")) for ref in frame["ref"]) >= 3


@settings(max_examples=35, deadline=None)
@given(st.integers(0, 4), st.floats(0, 1), st.binary(min_size=1, max_size=2))
def test_changed_bytes_lose_at_most_their_own_record(hit: int, where: float, noise: bytes) -> None:
    """Inside one incident any byte may change; the others stay."""
    parts = [json.dumps(counted(n)).encode() for n in range(5)]
    at = int(where * (len(parts[hit]) - len(noise)))
    parts[hit] = parts[hit][:at] + noise + parts[hit][at + len(noise) :]
    try:
        frame = load(b'{"data": [' + b", ".join(parts) + b'], "more": false}')
    except QuestionError:
        return
    assert {f"pd:analytics:Q{n}" for n in range(5) if n != hit} <= set(frame["event_id"])
    assert sum(len(ref.split(" | ")) for ref in frame["ref"]) >= 5
