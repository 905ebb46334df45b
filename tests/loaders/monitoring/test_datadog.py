from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.loaders import find_incompleteness
from pmkit.loaders.monitoring.datadog import load_datadog

Load = Callable[..., pd.DataFrame]
Refs = Callable[[pd.DataFrame], set[str]]
Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "monitoring"
AT, STAMP = 1793714531, "2026-11-03T14:02:11+00:00"


def event(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "date_happened": AT + number, "title": f"Title {number}", "text": "", "tags": [],
        "alert_type": "info", "source": "my_apps", "host": "web-1",
    } | more  # fmt: skip


def incident(**attributes: Any) -> dict[str, Any]:
    told = {"public_id": 57, "title": "Checkout failed", "created": STAMP, "resolved": None} | attributes
    return {"type": "incidents", "id": "i-1", "attributes": told}


def monitor(**more: Any) -> dict[str, Any]:
    return {
        "id": 42, "name": "Latency", "type": "query alert", "query": "q", "tags": [], "overall_state": "OK",
        "created": "2025-02-01T09:00:00+00:00", "modified": "2026-11-02T16:40:00+00:00",
    } | more  # fmt: skip


@pytest.mark.parametrize(
    "name", ["datadog-events-v1", "datadog-events-v2", "datadog-incident", "datadog-monitors"]
)
def test_a_sample_gives_the_expected_frame(assert_reads_as: Compare, name: str) -> None:
    """Events of both versions, an incident with its times, a monitor with its groups."""
    assert_reads_as(load_datadog(FIXTURES / f"{name}.json"), FIXTURES / f"{name}.expected.csv")


# --- events -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"monitor_id": 42, "alert_type": "error"}, "alert"),
        ({"monitor_id": 42, "alert_type": "success"}, "resolve"),
        ({"title": "[Triggered on {host:a}] CPU"}, "alert"),
        ({"title": "[Recovered] CPU", "alert_type": "error"}, "resolve"),
        ({"title": "[Maintenance] CPU"}, "other"),
        ({"source": "Monitor Alert", "alert_type": "warning"}, "alert"),
        ({"source": "deployment", "alert_type": "success"}, "deploy"),
        ({"tags": ["env:prod", "event_type:deploy"]}, "deploy"),
        ({"tags": ["change"]}, "change"),
        ({"alert_type": "user_update"}, "note"),
        ({"alert_type": "error"}, "alert"),
        ({"alert_type": "success"}, "other"),
        ({"alert_type": "brand_new"}, "other"),
    ],
)
def test_kinds_of_events(load: Load, fields: dict[str, Any], kind: str) -> None:
    """What a monitor says is an alert or its end; success is an end of nothing else."""
    assert load(load_datadog, {"events": [event(**fields)]})["kind"].tolist() == [kind]


def test_both_versions_tell_the_same(load: Load) -> None:
    """Version 2 keeps it deeper, and writes times in words and milliseconds."""
    inner = {"title": "[Triggered] CPU", "status": "error", "service": "checkout", "monitor": {"id": 42}}
    new = {"type": "event", "id": "A", "attributes": {"message": "high", "tags": [], "attributes": inner}}
    told = []
    for stamp in ({"timestamp": STAMP}, {"attributes": inner | {"timestamp": AT * 1000}}):
        new["attributes"] = new["attributes"] | stamp
        told.append(load(load_datadog, {"data": [new]}))
        new["attributes"].pop("timestamp", None)
    old = event(
        title="[Triggered] CPU", text="high", monitor_id=42, date_happened=AT, tags=["service:checkout"],
        source="",
    )  # fmt: skip
    told.append(load(load_datadog, {"events": [old]}))
    columns = ["time", "kind", "actor", "place", "text", "alert_id"]
    for frame in told[1:]:
        pd.testing.assert_frame_equal(frame[columns], told[0][columns])


def test_the_parts_of_an_aggregate_are_told_too(load: Load, refs: Refs) -> None:
    """Each is a record of its own; it bears the title of the whole."""
    child = {"id": 9, "date_happened": AT - 5, "alert_type": "error"}
    frame = load(load_datadog, {"events": [event(is_aggregate=True, children=[child])]})
    assert frame["text"].tolist() == ["Title 1", "Title 1"]
    assert refs(frame) == {"file.json#events:0", "file.json#events:0/children:0"}


def test_marks_of_markdown_around_a_message_are_left_out(load: Load) -> None:
    """Three per cent signs say that Markdown follows."""
    assert load(load_datadog, {"events": [event(text="%%%\nhigh\n%%%")]})["text"].tolist() == [
        "Title 1\nhigh"
    ]


# --- incidents and monitors -------------------------------------------------------------------------------


def test_both_spellings_of_the_times_of_an_incident(load: Load) -> None:
    """`customerImpactStart` as clients write it, `customer_impact_start` as the API does."""
    frames = [
        load(load_datadog, {"data": incident(**{name: "2026-11-03T13:58:00Z"})})
        for name in ("customerImpactStart", "customer_impact_start")
    ]
    pd.testing.assert_frame_equal(*frames)
    assert frames[0]["kind"].tolist() == ["observation", "incident"]


def test_the_handle_of_who_declared_it_stays_out(load: Load) -> None:
    """It is a mail address."""
    by = {"data": {"attributes": {"name": None, "handle": "ada@shop.example"}}}
    frame = load(load_datadog, {"data": [incident(created_by=by)]})
    assert "@" not in frame.to_csv()


def test_a_monitor_tells_its_change_and_its_groups(load: Load, refs: Refs) -> None:
    """All rows bear the place of the one record."""
    groups = {"host:a": {"last_triggered_ts": AT, "last_resolved_ts": AT + 60, "last_nodata_ts": None}}
    frame = load(load_datadog, [monitor(state={"groups": groups})])
    assert frame["text"].tolist() == [
        "Monitor changed: Latency",
        "Latency triggered for host:a",
        "Latency recovered for host:a",
    ]
    assert len(refs(frame)) == 1


@pytest.mark.parametrize(("state", "kind"), [("Alert", "alert"), ("OK", "resolve"), ("No Data", "other")])
def test_a_monitor_without_groups_tells_its_state(load: Load, state: str, kind: str) -> None:
    """When it came to the state it is in."""
    frame = load(load_datadog, [monitor(overall_state=state, overall_state_modified=STAMP)])
    assert frame[["kind", "text"]].values.tolist()[1] == [kind, f"Latency came to {state}"]


# --- what cannot be read ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        event(date_happened="soon"),
        event(date_happened=None),
        {"id": 3},
        incident(created=None),
        incident(created="x"),
        5,
    ],
)
def test_a_record_at_fault_costs_itself_only(load: Load, record: Any) -> None:
    """Its neighbours stay, and the row says where it stood."""
    frame = load(load_datadog, {"data": [event(1), record, event(2)]})
    assert frame["kind"].tolist() == ["other", "other", "unreadable"]
    assert frame["ref"].iloc[-1] == "file.json#data:1"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"events": [event()]}, ""),
        (
            {"data": [], "links": {"next": "https://api.datadog.example/x"}},
            "more events follow on the next page",
        ),
        ({"data": [incident()], "meta": {"pagination": {"size": 1}}}, "1 incidents, as many as a page holds"),
        ({"data": [incident()], "meta": {"pagination": {"size": 25}}}, ""),
        ({"monitors": [monitor()], "metadata": {"page": 0, "page_count": 14}}, "page 1 of 14 monitors"),
        ({"monitors": [monitor()], "metadata": {"page": 13, "page_count": 14}}, ""),
        ({"events": [event(n) for n in range(1000)]}, "1,000 events, as many as one answer holds"),
    ],
)
def test_incompleteness_is_said(tmp_path: Path, content: Any, said: str) -> None:
    """What the answer itself shows to be missing, in one sentence."""
    path = tmp_path / "dd.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    found = find_incompleteness(path, "datadog")
    assert said in found
    assert bool(found) == bool(said)


HOSTILE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([1]), st.just({})
)


@settings(max_examples=40)
@given(st.sampled_from([*event(), *monitor(), "state", "children", "attributes", "type"]), HOSTILE)
def test_hostile_values_never_raise(load: Load, key: str, value: Any) -> None:
    """Whatever stands in a field, the record is rows or says why it is none."""
    for record in (event(), monitor(), incident(), incident(**{key: value})):
        assert len(load(load_datadog, [record | ({key: value} if key != "id" else {})], zone="UTC")) >= 1
