from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.loaders import find_incompleteness, recognise
from pmkit.loaders.pagerduty import load_pagerduty_log
from pmkit.loaders.pagerduty.webhooks import KINDS
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pagerduty"
LINES = (FIXTURES / "webhooks-v3.jsonl").read_text(encoding="utf-8").splitlines()
AT = "2026-11-03T14:02:11.169Z"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def event(number: int = 1, kind: str = "incident.triggered", /, **data: Any) -> dict[str, Any]:
    return {
        "event": {
            "id": f"01EVENT{number:04}", "event_type": kind, "resource_type": "incident", "occurred_at": AT,
            "agent": {"id": "PADA", "type": "user_reference", "summary": "Ada"}, "client": None,
            "data": {"id": "Q12", "type": "incident", "number": 12, "title": "checkout is slow"} | data,
        }
    }  # fmt: skip


def note(number: int = 1, *, trimmed: bool = False, note_id: str = "PN1") -> dict[str, Any]:
    incident = {"id": "Q12", "type": "incident_reference", "summary": "checkout is slow"}
    return event(
        number, "incident.annotated", id=note_id, type="incident_note", content="rolled back",
        trimmed=trimmed, incident=incident,
    )  # fmt: skip


def load(data: Any, name: str = "hooks.json") -> pd.DataFrame:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        frame = load_pagerduty_log(path)
    validate(frame, EVENTS)
    return frame


def count_refs(frame: pd.DataFrame) -> int:
    return sum(len(text.split(" | ")) for text in frame["ref"])


@pytest.mark.parametrize("name", ["webhooks-v3.jsonl", "webhooks-v2.json", "webhooks-v1.json"])
def test_documented_webhooks_give_the_expected_frame(name: str, assert_reads_as: Compare) -> None:
    """Webhooks of all three versions give exactly the rows of the CSV beside them."""
    path = FIXTURES / name
    assert_reads_as(load_pagerduty_log(path), path.with_suffix(".expected.csv"))


def test_every_documented_event_type_has_a_kind_and_a_sample() -> None:
    """PagerDuty describes thirty types; each is in the table and the sample, and none is told by its name."""
    sampled = {json.loads(line)["event"]["event_type"] for line in LINES}
    assert len(KINDS) == 30
    assert sampled == {*KINDS, "pagey.ping"}
    told = load_pagerduty_log(FIXTURES / "webhooks-v3.jsonl")
    assert not told.loc[told["pd_type"].isin(list(KINDS)), "text"].str.contains(r"incident\.|service\.").any()


def test_an_event_delivered_twice_is_one_row() -> None:
    """PagerDuty delivers at least once; the row names both deliveries."""
    frame = load([event(1), event(2, "incident.acknowledged"), event(1)])
    assert frame["event_id"].tolist() == ["pd:event:01EVENT0002", "pd:event:01EVENT0001"]
    assert count_refs(frame) == 3
    assert (
        load_pagerduty_log(FIXTURES / "webhooks-v3.jsonl")["ref"].str.contains(" | ", regex=False).sum() == 1
    )


BOTH = [event(1), event(2, "incident.resolved")]


@pytest.mark.parametrize(
    "data",
    [
        BOTH,
        "\n".join(json.dumps(e) for e in BOTH).encode(),
        "\n".join(json.dumps(e, indent=1) for e in BOTH).encode(),
        [{"detail-type": "x", "detail": e} for e in BOTH],
        [e["event"] for e in BOTH],
    ],
    ids=["list", "lines", "indented one after another", "event bus", "without envelope"],
)
def test_every_way_to_keep_them_gives_the_same_events(data: Any, tmp_path: Path) -> None:
    """However the bodies were saved, the events are the same, and the file is told for what it is."""
    frame = load(data)
    assert frame["event_id"].tolist() == ["pd:event:01EVENT0001", "pd:event:01EVENT0002"]
    assert frame["kind"].tolist() == ["trigger", "resolve"]
    assert frame["ref"].tolist() == ["hooks.json#:0", "hooks.json#:1"]
    path = tmp_path / "x.json"
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    assert recognise(path).name == "pagerduty-webhook"


def test_one_event_alone_is_a_file_too() -> None:
    """A single body, as a server keeps it."""
    row = load(event()).iloc[0]
    assert row[["kind", "actor", "text", "pd_incident_id", "pd_incident_number", "ref"]].tolist() == [
        "trigger", "Ada", "Triggered: checkout is slow", "Q12", "12", "hooks.json#:0",
    ]  # fmt: skip
    assert row["time"] == pd.Timestamp(AT)


def test_events_of_one_moment_stand_in_the_order_they_came() -> None:
    """Webhooks come in the order in which things happened, not newest first as the log does."""
    kinds = ["incident.triggered", "incident.acknowledged", "incident.resolved"]
    frame = load([event(n, kind) for n, kind in enumerate(kinds)])
    assert frame["kind"].tolist() == ["trigger", "ack", "resolve"]


def test_a_whole_note_is_the_note_of_the_api_and_a_cut_one_is_not(tmp_path: Path) -> None:
    """The webhook and the API tell one note with one id; a text that was cut must not stand for the whole."""
    user = {"id": "PADA", "type": "user_reference", "summary": "Ada"}
    told = {
        "id": "PN1",
        "user": user,
        "content": "rolled back, all of it",
        "created_at": "2026-11-03T14:02:11Z",
    }
    (tmp_path / "notes.json").write_text(json.dumps({"notes": [told]}), encoding="utf-8")
    (tmp_path / "hooks.jsonl").write_text(
        "\n".join(json.dumps(n) for n in (note(1), note(2, trimmed=True))), encoding="utf-8"
    )
    frame = load_pagerduty_log(tmp_path)
    assert sorted(frame["event_id"]) == ["pd:event:01EVENT0002", "pd:note:PN1"]
    assert count_refs(frame) == 3
    assert "(cut by PagerDuty)" in frame.set_index("event_id").loc["pd:event:01EVENT0002", "text"]
    assert "cut" in find_incompleteness(tmp_path, "pagerduty-webhook")


def test_log_entries_that_a_webhook_brought_are_those_of_the_log(tmp_path: Path) -> None:
    """Version 2 carries log entries with their ids; the same page of the API adds nothing but refs."""
    hooks = json.loads((FIXTURES / "webhooks-v2.json").read_text(encoding="utf-8"))
    entries = [entry for hook in hooks for message in hook["messages"] for entry in message["log_entries"]]
    (tmp_path / "hooks.json").write_text(json.dumps(hooks), encoding="utf-8")
    alone = load_pagerduty_log(tmp_path)
    (tmp_path / "log.json").write_text(json.dumps({"log_entries": entries[::-1]}), encoding="utf-8")
    both = load_pagerduty_log(tmp_path)
    assert both["event_id"].tolist() == alone["event_id"].tolist()
    assert count_refs(both) == count_refs(alone) + len(entries)


def test_log_and_newer_webhooks_tell_the_same_twice(tmp_path: Path) -> None:
    """An event of version 3 names no log entry, so that both rows stay."""
    entry = {
        "id": "R1", "type": "trigger_log_entry", "summary": "Triggered", "created_at": "2026-11-03T14:02:11Z",
        "incident": {"id": "Q12", "summary": "[#12] checkout is slow"},
    }  # fmt: skip
    (tmp_path / "hooks.json").write_text(json.dumps(event()), encoding="utf-8")
    (tmp_path / "log.json").write_text(json.dumps({"log_entries": [entry]}), encoding="utf-8")
    assert load_pagerduty_log(tmp_path)["event_id"].tolist() == ["pd:R1", "pd:event:01EVENT0001"]


def test_the_list_of_changes_holds_what_fields_were_before() -> None:
    """`changed_custom_fields` has the old value, `custom_fields` the new one."""
    field = {"id": "F1", "name": "region", "data_type": "string"}
    text = load(
        event(
            1, "incident.custom_field_values.updated", type="incident_field_values",
            custom_fields=[field | {"value": "eu and us"}, {"id": "F2", "name": "loss", "value": None}],
            changed_custom_fields=[field | {"value": "eu"}],
        )
    )["text"].iloc[0]  # fmt: skip
    assert text == "Custom fields changed: region = eu → eu and us"


def test_no_code_of_a_conference_enters_the_frame() -> None:
    """Who reads the report must not be able to join the call."""
    text = load_pagerduty_log(FIXTURES / "webhooks-v3.jsonl").to_csv()
    for secret in ("open-sesame", "987654#", "202-555"):
        assert any(secret in line for line in LINES)
        assert secret not in text
    assert "https://meet.example.com/quayside" in text


@pytest.mark.parametrize(
    ("kind", "data", "ours", "text"),
    [
        ("incident.divined", {}, "other", "incident.divined: checkout is slow"),
        ("incident.divined", {"type": "oracle", "title": None, "name": "Pythia"}, "other",
         "incident.divined: Pythia"),
        ("incident.triggered", {"title": None}, "trigger", "Triggered"),
        ("incident.priority_updated", {"priority": None}, "priority",
         "Priority changed to none: checkout is slow"),
        ("incident.responder.replied", {"type": "incident_responder"}, "responder",
         "Somebody replied to the call for help: no answer told"),
        ("incident.role.assigned", {"type": "incident_role_assignment", "incident_role_assignments": []},
         "responder", "Role changed hands"),
        ("incident.resolved", {"resolve_reason": {"type": "merge_resolve_reason", "incident": None}}, "merge",
         "Resolved, merged into another incident: checkout is slow"),
    ],
)  # fmt: skip
def test_kinds_and_words_of_unusual_events(kind: str, data: dict[str, Any], ours: str, text: str) -> None:
    """Types that nobody has thought of yet are kept, and what is missing is not made up."""
    row = load(event(1, kind, **data)).iloc[0]
    assert (row["kind"], row["text"], row["pd_type"]) == (ours, text, kind)


@pytest.mark.parametrize("wrong", [None, "x", 7, [], {}])
def test_an_event_without_data_is_kept_or_reported(wrong: Any) -> None:
    """Its neighbours load whatever stands in the place of its data."""
    odd = event(2)
    odd["event"]["data"] = wrong
    frame = load([event(1), odd, event(3)])
    assert {"pd:event:01EVENT0001", "pd:event:01EVENT0003"} <= set(frame["event_id"])
    assert len(frame) == 3


@settings(max_examples=35, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.dictionaries(st.sampled_from(
    ["id", "type", "title", "number", "incident", "service", "assignees", "custom_fields", "priority",
     "changed_custom_fields", "incident_role_assignments", "content", "trimmed", "user", "resolve_reason"]
), JSON, max_size=4), st.data())  # fmt: skip
def test_hostile_data_never_raises(kind: str, data: dict[str, Any], draw: st.DataObject) -> None:
    """Whatever an event holds, it is a row or a reason, and its neighbours stay."""
    types = ["incident", "incident_note", "incident_field_values", "incident_role_assignment", "service"]
    odd = event(2, kind, **({"type": draw.draw(st.sampled_from(types))} | data))
    frame = load([event(1), odd, event(3)])
    assert count_refs(frame) == 3
    assert {"pd:event:01EVENT0001", "pd:event:01EVENT0003"} <= set(frame["event_id"])


@settings(max_examples=35, deadline=None)
@given(st.integers(0, 4), st.floats(0, 1), st.binary(min_size=1, max_size=2), st.booleans())
def test_changed_bytes_lose_at_most_their_own_event(
    hit: int, where: float, noise: bytes, in_lines: bool
) -> None:
    """Inside one event any byte may change; the others stay, and every record is accounted for."""
    parts = [json.dumps(event(n)).encode() for n in range(5)]
    at = int(where * (len(parts[hit]) - len(noise)))
    parts[hit] = parts[hit][:at] + noise + parts[hit][at + len(noise) :]
    frame = load(b"\n".join(parts) if in_lines else b"[" + b", ".join(parts) + b"]")
    others = {f"pd:event:01EVENT{n:04}" for n in range(5) if n != hit}
    assert others <= set(frame["event_id"])
    assert count_refs(frame) >= 5


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(len(LINES))), st.randoms())
def test_order_of_records_and_keys_does_not_matter(order: list[int], random: Any) -> None:
    """The same events come of the same records, however they and their fields are arranged."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = random.sample(list(value), len(value))
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(part) for part in value] if isinstance(value, list) else value

    told = load("\n".join(LINES).encode()).drop(columns="ref").sort_values("event_id", ignore_index=True)
    again = load([shuffled(copy.deepcopy(json.loads(LINES[n]))) for n in order]).drop(columns="ref")
    pd.testing.assert_frame_equal(again.sort_values("event_id", ignore_index=True), told)
