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

from pmkit.errors import QuestionError
from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders.opsgenie import load_opsgenie
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parent.parent / "fixtures" / "opsgenie"
NAMES = [
    "alerts.json", "incidents.json", "timeline.json", "alert-logs.json", "alert-notes.json", "webhooks.jsonl",
]  # fmt: skip


def load(data: Any, **options: Any) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        frame = load_opsgenie(path, **options)
    validate(frame, EVENTS)
    return frame


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_gives_the_expected_frame(assert_reads_as: Compare, name: str) -> None:
    """Every record is one row, exactly as the CSV beside it has it."""
    path = FIXTURES / name
    frame = load_opsgenie(path)
    assert_reads_as(frame, FIXTURES / f"{path.stem}.expected.csv")
    assert (frame["kind"] != "unreadable").all()
    pd.testing.assert_frame_equal(load_evidence(path, recognise(path).name), frame)


def test_every_record_of_the_real_files_is_accounted_for() -> None:
    """As many rows as the files hold alerts, incidents and timeline entries."""
    alerts = json.loads((FIXTURES / "alerts.json").read_text(encoding="utf-8"))
    incidents = json.loads((FIXTURES / "incidents.json").read_text(encoding="utf-8"))
    assert len(load_opsgenie(FIXTURES / "alerts.json")) == len(alerts)
    entries = sum(len(incident["timelines"]) for incident in incidents)
    assert len(load_opsgenie(FIXTURES / "incidents.json")) == len(incidents) + entries


def test_the_real_incident_was_resolved_by_a_person_and_acknowledged_by_none() -> None:
    """When it was resolved Opsgenie acknowledged three alerts by itself: nobody had answered a page."""
    frame = load_opsgenie(FIXTURES / "incidents.json")
    assert frame["text"].str.contains("Responder alert acked").sum() == 3
    assert "ack" not in set(frame["kind"])
    assert frame.loc[frame["kind"] == "resolve", "text"].tolist() == ["Incident 2: Incident resolved"]
    row = load_opsgenie(FIXTURES / "timeline.json").set_index("kind").loc["ack"]
    assert row["actor"] == "Linus"


def test_the_end_of_an_alert_is_reckoned_from_its_report() -> None:
    """`ackTime` and `closeTime` are milliseconds after its creation."""
    text = load_opsgenie(FIXTURES / "alerts.json").set_index("alert_id").loc["event_573", "text"]
    assert "acknowledged 2017-03-21 20:33:08 UTC by agent_smith@opsgenie.com" in text
    assert "closed 2017-03-21 20:33:52 UTC by neo@opsgenie.com" in text


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        ("Alert created via API[Prometheus]", "trigger"),
        ("ada@shop.example acknowledged alert[x] via mobile", "ack"),
        ("Alert un-acknowledged via web", "unack"),
        ("Alert unacknowledged via web", "unack"),
        ("Alert closed via web", "resolve"),
        ("Alert escalated to next", "escalate"),
        ("Notified ada@shop.example via email", "notify"),
        ("SMS is sent to ada", "notify"),
        ("Alert snoozed until noon", "snooze"),
        ("Ownership assigned to ada", "assign"),
        ("Note added", "note"),
        ("Responder team added", "responder"),
        ("Something new in 2031", "other"),
    ],
)
def test_kinds_of_a_log(log: str, kind: str) -> None:
    """A log is told by its words; what they do not tell stays a row of kind `other`."""
    row = load({"data": [{"log": log, "createdAt": "2026-11-03T14:00:00Z", "offset": "1_1"}]}).iloc[0]
    assert (row["kind"], row["text"]) == (kind, log)


def test_numbers_are_read_in_the_unit_their_size_tells() -> None:
    """Webhooks write the creation in milliseconds and the last change in nanoseconds."""
    frame = load_opsgenie(FIXTURES / "webhooks.jsonl")
    assert [f"{time:%H:%M:%S.%f}" for time in frame["time"]] == [
        "14:21:30.871000", "14:22:40.002002", "14:31:00.000000", "15:45:30.120000",
    ]  # fmt: skip
    assert frame["kind"].tolist() == ["trigger", "ack", "note", "resolve"]
    assert set(frame["time_basis"]) == {"epoch"}
    assert set(frame["alert_id"]) == {"checkout-errors"}


@pytest.mark.parametrize("shape", ["page", "single", "list", "lines", "airbyte"])
def test_every_envelope_gives_the_same_events(shape: str) -> None:
    """How the records were saved does not matter."""
    incident = json.loads((FIXTURES / "incidents.json").read_text(encoding="utf-8"))[0]
    data: Any = {
        "page": {"data": [incident], "took": 0.1, "requestId": "r"},
        "single": {"data": incident, "took": 0.1},
        "list": [incident],
        "lines": json.dumps(incident) + "\n",
        "airbyte": [{"record": {"stream": "incidents", "data": incident}}],
    }[shape]
    frame = load(data)
    assert len(frame) == 5
    assert frame["event_id"].is_unique


def test_pages_that_follow_are_told(tmp_path: Path) -> None:
    """A next page, or a next offset of a timeline."""
    assert find_incompleteness(FIXTURES / "alert-logs.json", "opsgenie")
    assert find_incompleteness(FIXTURES / "timeline.json", "opsgenie")
    assert find_incompleteness(FIXTURES / "alert-notes.json", "opsgenie") == ""
    path = tmp_path / "last.json"
    path.write_text(json.dumps({"data": [], "paging": {"first": "https://api.example"}}), encoding="utf-8")
    assert find_incompleteness(path, "opsgenie") == ""


def test_a_time_without_a_zone_is_asked_for() -> None:
    """Nothing is guessed."""
    log = {"data": [{"log": "Alert closed", "createdAt": "2026-11-03T14:00:00", "offset": "1"}]}
    with pytest.raises(QuestionError):
        load(log)
    assert str(load(log, zone="Asia/Tokyo")["time"].iloc[0]) == "2026-11-03 05:00:00+00:00"


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2026-11-03T14:00:00Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=30)
@given(st.sampled_from(NAMES[:5]), st.data())
def test_hostile_values_never_raise_and_every_record_is_a_row(name: str, data: st.DataObject) -> None:
    """Whatever stands in the fields, there are as many rows as records, the same on every load."""
    raw = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    records = raw if isinstance(raw, list) else raw["data"]
    records = records["entries"] if isinstance(records, dict) else records
    record = data.draw(st.sampled_from([*records, *(e for r in records for e in r.get("timelines", ()))]))
    for field in data.draw(st.lists(st.sampled_from(sorted(record)), min_size=1, max_size=3)):
        if field != "timelines":
            record[field] = data.draw(HOSTILE)
    frame = load(raw)
    assert frame["event_id"].tolist() == load(raw)["event_id"].tolist()
    count = sum(1 + len(r.get("timelines", ())) for r in records)
    assert sum(len(ref.split(" | ")) for ref in frame["ref"]) == count


def test_damage_costs_its_entry_alone() -> None:
    """Two times in one entry of a timeline say neither; its incident and its neighbours stay."""
    text = (FIXTURES / "incidents.json").read_text(encoding="utf-8")
    whole = load(text)
    twins = load(
        text.replace('"type": "IncidentResolved"', '"eventTime": "2022-04-05T15:00:00Z", "type": "x"')
    )
    assert len(twins) == len(whole)
    assert (twins["kind"] == "unreadable").sum() == 1
    assert "duplicate key 'eventTime'" in twins["text"].iloc[-1]
