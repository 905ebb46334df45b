from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError
from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders._format import Glimpse
from pmkit.loaders.pagerduty import FORMATS, load_pagerduty_log
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pagerduty"
LOG = FIXTURES / "log_entries_effecttech.json"
AT = "2026-11-03T14:02:11Z"


def ref(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"P{name.upper()}", "type": f"{kind}_reference", "summary": name} | fields


def entry(number: int = 1, kind: str = "trigger", at: str = AT, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"R{number:04}",
        "type": f"{kind}_log_entry",
        "summary": f"{kind.capitalize()} {number}",
        "created_at": at,
        "agent": ref("user", "Ada"),
        "channel": {"type": "api"},
        "service": ref("service", "checkout"),
        "incident": ref("incident", "[#12] checkout is slow", id="Q12"),
    } | fields


def incident(number: int = 12, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"Q{number}", "type": "incident", "incident_number": number, "title": "checkout is slow",
        "summary": f"[#{number}] checkout is slow", "created_at": AT, "status": "triggered",
        "urgency": "high", "priority": None, "resolved_at": None, "service": ref("service", "checkout"),
    } | fields  # fmt: skip


def note(number: int = 1, content: str = "rolled back", at: str = AT) -> dict[str, Any]:
    return {
        "id": f"PN{number}",
        "user": ref("user", "Ada"),
        "content": content,
        "created_at": at,
        "channel": {"summary": "The PagerDuty website"},
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def load(data: Any, name: str = "pd.json") -> pd.DataFrame:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        frame = load_pagerduty_log(path)
    validate(frame, EVENTS)
    return frame


def load_one(record: dict[str, Any]) -> pd.Series:
    frame = load([record])
    assert len(frame) == 1
    return frame.iloc[0]


def count_refs(frame: pd.DataFrame) -> int:
    return sum(len(text.split(" | ")) for text in frame["ref"])


# --- real records -----------------------------------------------------------------------------------


def test_every_record_of_the_real_files_becomes_one_row() -> None:
    """As many rows as the files hold records, with the records' own ids and types."""
    for name, key in (
        ("log_entries_effecttech", "log_entries"),
        ("incidents", ""),
        ("incidentLogEntries", ""),
    ):
        raw = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
        records = raw[key] if key else raw
        frame = load_pagerduty_log(FIXTURES / f"{name}.json")
        validate(frame, EVENTS)
        assert Counter(frame["pd_id"]) == Counter(record["id"] for record in records)
        assert (frame["kind"] != "unreadable").all()
        assert count_refs(frame) == len(records)


def test_the_real_log_gives_the_expected_frame(assert_reads_as: Compare) -> None:
    """The log of 2013 gives exactly the rows of the CSV beside it."""
    assert_reads_as(load_pagerduty_log(LOG), FIXTURES / "log_entries_effecttech.expected.csv")


def test_every_type_of_entry_gives_the_expected_frame(assert_reads_as: Compare) -> None:
    """All types that are described or were seen, fetched with `include[]=channels`."""
    path = FIXTURES / "log-entries.json"
    assert_reads_as(load_pagerduty_log(path), path.with_suffix(".expected.csv"))


def test_the_real_log_stands_in_causal_order() -> None:
    """Trigger before assign at 20:28:46, the lost ack before its page at 20:59:30."""
    kinds = load_pagerduty_log(LOG)["kind"].tolist()
    assert kinds == [
        "trigger",
        "assign",
        "notify",
        "notify",
        "ack",
        "unack",
        "notify",
        "notify",
        "escalate",
        "notify",
        "notify",
        "resolve",
    ]


def test_no_address_of_the_real_log_enters_the_frame() -> None:
    """The phone numbers and mail addresses that were paged stay in the evidence."""
    raw = LOG.read_text(encoding="utf-8")
    text = load_pagerduty_log(LOG).to_csv()
    for address in ("+1 202-555-0100", "bob@example.com", "tim@example.com"):
        assert address in raw
        assert address not in text
    assert "Paged Tim Wright (phone)" in text


def test_evidence_is_recognised_and_dispatched() -> None:
    """PagerDuty's files are told by their content; its lists of users and services are no log."""
    assert {recognise(path).source for path in FIXTURES.glob("*.json")} == {"pagerduty"}
    pd.testing.assert_frame_equal(load_evidence(LOG, "pagerduty-rest"), load_pagerduty_log(LOG))
    with pytest.raises(EvidenceError, match="there is no format 'fax'"):
        load_evidence(LOG, "fax")


@pytest.mark.parametrize(
    "data",
    [
        {"log_entries": []},
        {"incidents": [incident()], "more": False},
        [{"type": "trigger_log_entry"}],
        {"notes": [note()], "more": False},
        {"notes": [note()]},
        {"alerts": [{"id": "A", "alert_key": "k"}]},
    ],
)
def test_shapes_of_pagerduty_are_recognised(tmp_path: Path, data: Any) -> None:
    """Every shape that the loader reads is known by its beginning."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert recognise(path).name == "pagerduty-rest"


@pytest.mark.parametrize(
    "data",
    [
        {"incidents": [{"id": "x", "name": "Outage", "incident_updates": []}]},
        {"issues": [{"key": "PAY-1"}]},
        [{"id": "1", "tinyId": "2", "alias": "event"}],
        {"status": "success", "data": {"result": []}},
        [],
        "log_entries",
    ],
)
def test_other_sources_are_not_taken_for_pagerduty(tmp_path: Path, data: Any) -> None:
    """A status page has incidents too."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert recognise(path) is None


CHANGE = {
    "id": "C1", "type": "change_event", "timestamp": AT, "summary": "Deployed",
    "custom_details": {"type": "trigger_log_entry", "incident_number": 3, "seconds_to_first_ack": 1},
}  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        {"change_events": [CHANGE], "limit": 25, "offset": 0, "more": False},
        {"change_events": [CHANGE | {"id": f"C{n}"} for n in range(60_000)]},
        [CHANGE],
        CHANGE,
        {"routing_key": "masked", "payload": {"summary": "Deployed", "timestamp": AT, "source": "ci"}},
        {"routing_key": "masked", "event_action": "trigger", "payload": {"summary": "down", "source": "db"}},
        {"ok": True, "messages": [{"type": "message", "ts": "1.000001", "text": "incident.trigger"}]},
        {"incidents": [], "page": {"id": "x"}},
        {"version": "4", "alerts": [{"labels": {}, "startsAt": AT}]},
        {"event": {"event_type": "push", "occurred_at": AT}},
    ],
)
def test_what_others_read_is_left_to_them(tmp_path: Path, data: Any) -> None:
    """Change events are deploys, whatever their details say; other tools have events and messages too."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert not [form.name for form in FORMATS if form.recognise(Glimpse(path))]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"log_entries": [{"id": "R1", "type": "trigger_log_entry", "created', "pagerduty-rest"),
        ('[{"id": "R1", "type": "trigger_log_entry", "created_at": NaN', "pagerduty-rest"),
        ('{"event": {"id": "1", "event_type": "incident.triggered", "occ', "pagerduty-webhook"),
        ('{"data": [{"id": "Q1", "seconds_to_first_ack": 66, "crea', "pagerduty-analytics"),
    ],
)
def test_a_file_that_was_cut_short_is_known_still(tmp_path: Path, text: str, name: str) -> None:
    """What is damaged must be recognised to be reported."""
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    assert [form.name for form in FORMATS if form.recognise(Glimpse(path))] == [name]


# --- envelopes --------------------------------------------------------------------------------------

ENTRIES = [entry(3, "resolve", "2026-11-03T15:00:00Z"), entry(2, "acknowledge"), entry(1)]


@pytest.mark.parametrize(
    "data",
    [
        {"log_entries": ENTRIES, "limit": 100, "offset": 0, "more": False, "total": None},
        ENTRIES,
        [{"log_entries": ENTRIES[:2], "offset": 0, "more": True}, {"log_entries": ENTRIES[2:], "offset": 2}],
        "\n".join(json.dumps(e) for e in ENTRIES).encode(),
        "\n\n".join(json.dumps(e) for e in ENTRIES).encode() + b"\n",
        b"\xef\xbb\xbf" + json.dumps(ENTRIES).encode(),
        json.dumps(ENTRIES).encode("utf-16"),
        (json.dumps({"log_entries": ENTRIES[:1]}) + json.dumps({"log_entries": ENTRIES[1:]})).encode(),
        (
            json.dumps({"log_entries": ENTRIES[:1]}, indent=1)
            + "\n"
            + json.dumps({"log_entries": ENTRIES[1:]}, indent=1)
        ).encode(),
        "\n".join(json.dumps({"log_entry": e}) for e in ENTRIES).encode(),
        [{"record": {"stream": "incident_logs", "data": e}} for e in ENTRIES],
    ],
    ids=[
        "page",
        "list",
        "pages",
        "lines",
        "lines with gaps",
        "bom",
        "utf-16",
        "glued",
        "glued and indented",
        "wrapped",
        "airbyte",
    ],
)
def test_every_envelope_gives_the_same_events(data: Any) -> None:
    """How the records were saved does not matter; only the refs differ."""
    frame = load(data)
    assert frame["event_id"].tolist() == ["pd:R0001", "pd:R0002", "pd:R0003"]
    assert frame["kind"].tolist() == ["trigger", "ack", "resolve"]
    assert frame["ref"].is_unique


@pytest.mark.parametrize(
    ("data", "event_id", "kind"),
    [
        ({"incident": incident()}, "pd:incident:Q12", "incident"),
        ({"log_entry": entry()}, "pd:R0001", "trigger"),
        ({"note": note()}, "pd:note:PN1", "note"),
        ({"notes": [note()]}, "pd:note:PN1", "note"),
        ({"alert": {"id": "Q12", "type": "alert", "created_at": AT}}, "pd:alert:Q12", "alert"),
        (entry(), "pd:R0001", "trigger"),
        ([{"incident": incident()}], "pd:incident:Q12", "incident"),
    ],
)
def test_single_records(data: Any, event_id: str, kind: str) -> None:
    """A wrapped or bare record is one event, with its noun in the id where ids may collide."""
    frame = load(data)
    assert frame[["event_id", "kind"]].values.tolist() == [[event_id, kind]]


def test_a_folder_of_pages_is_one_log(tmp_path: Path) -> None:
    """Pages saved one file each are read together, and the ref names the file."""
    for number in range(2):
        page = {"log_entries": ENTRIES[number * 2 : number * 2 + 2], "offset": number * 2, "more": not number}
        (tmp_path / f"page-{number}.json").write_text(json.dumps(page), encoding="utf-8")
    frame = load_pagerduty_log(tmp_path)
    assert frame["kind"].tolist() == ["trigger", "ack", "resolve"]
    assert frame["ref"].iloc[0] == f"{tmp_path.name}#page-1.json/log_entries:0"
    assert recognise(tmp_path).name == "pagerduty-rest"
    assert find_incompleteness(tmp_path, "pagerduty-rest") == ""


def test_an_empty_page_is_an_empty_frame() -> None:
    """No entries is an answer too."""
    for data in ({"log_entries": [], "more": False}, []):
        assert load(data).empty


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """Nothing is made of nothing."""
    with pytest.raises(EvidenceError, match="no such file"):
        load_pagerduty_log(tmp_path / "missing.json")


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        (
            [{"log_entries": ENTRIES, "offset": 0, "more": True}],
            "incomplete: log_entries has more pages after record 3",
        ),
        (
            [
                {"log_entries": ENTRIES, "offset": 0, "more": True},
                {"log_entries": ENTRIES, "offset": 3, "more": False},
            ],
            "",
        ),
        (
            [
                {"log_entries": ENTRIES, "offset": 3, "more": False},
                {"log_entries": ENTRIES, "offset": 0, "more": True},
            ],
            "",
        ),
        (
            [
                {"log_entries": ENTRIES, "offset": 0, "more": True},
                {"log_entries": ENTRIES, "offset": 6, "more": False},
            ],
            "incomplete: log_entries 3 to 5 are missing",
        ),
        ([{"incidents": [], "more": True}], "incomplete: incidents has more pages after record 0"),
        ([{"log_entries": ENTRIES}], ""),
        (ENTRIES, ""),
    ],
)
def test_incompleteness_is_said(tmp_path: Path, pages: Any, said: str) -> None:
    """`more: true` on the last page, or a gap between pages, becomes one sentence."""
    path = tmp_path / "pd.json"
    path.write_text(json.dumps(pages), encoding="utf-8")
    assert find_incompleteness(path, "pagerduty-rest") == said
    path.write_text(json.dumps(pages)[:-3], encoding="utf-8")
    assert "damaged" in find_incompleteness(path, "pagerduty-rest")


# --- time and order ---------------------------------------------------------------------------------


def test_mixed_offsets_and_fractions_meet_in_utc() -> None:
    """`Z`, `-08:00`, `+0100`, whole and broken seconds stand in one column."""
    stamps = [
        "2026-11-03T06:02:11-08:00",
        AT,
        "2026-11-03T14:02:11.5Z",
        "2026-11-03T15:02:12+0100",
        "2026-11-03T14:02Z",
        "2026-11-03T11:02:13.123456789-03:00",
        "2026-11-03T07:02:14-07",
    ]
    frame = load([entry(n, at=at) for n, at in enumerate(stamps)])
    assert str(frame["time"].dtype) == "datetime64[us, UTC]"
    assert [f"{t:%H:%M:%S.%f}" for t in frame["time"]] == [
        "14:02:00.000000",
        "14:02:11.000000",
        "14:02:11.000000",
        "14:02:11.500000",
        "14:02:12.000000",
        "14:02:13.123456",
        "14:02:14.000000",
    ]


@pytest.mark.parametrize(
    "at", ["2026-11-03T14:02:11", "2026-11-03", "", None, "14:02", "2026-13-03T14:02:11Z", "now", 5]
)
def test_a_time_without_zone_or_sense_is_reported(at: Any) -> None:
    """Nothing is guessed; the neighbour loads."""
    frame = load([entry(1, at=at), entry(2)])
    assert frame["event_id"].tolist()[0] == "pd:R0002"
    assert frame["kind"].tolist() == ["trigger", "unreadable"]


@pytest.mark.parametrize("newest_first", [True, False])
def test_cause_stands_before_effect_within_a_second(newest_first: bool) -> None:
    """Newest first, as the API gives them, or oldest first: the order of causes is kept."""
    log = [entry(1), entry(2, "assign"), entry(3, "notify"), entry(4, "resolve", "2026-11-03T15:00:00Z")]
    frame = load(log[::-1] if newest_first else log)
    assert frame["kind"].tolist() == ["trigger", "assign", "notify", "resolve"]


def test_each_file_has_its_own_direction(tmp_path: Path) -> None:
    """A log that somebody sorted lies beside one as it was fetched; what shows no direction follows both."""

    def log(letter: str) -> list[dict[str, Any]]:
        steps = ("trigger", "assign", "notify", "resolve")
        times = (AT, AT, AT, "2026-11-03T15:00:00Z")
        both = zip(steps, times, strict=True)
        return [entry(n, kind, at, id=f"{letter}{n}") for n, (kind, at) in enumerate(both)]

    (tmp_path / "a.json").write_text(json.dumps(log("A")[::-1]), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps(log("B")), encoding="utf-8")
    (tmp_path / "c.json").write_text(json.dumps(log("C")[:3][::-1]), encoding="utf-8")
    ids = load_pagerduty_log(tmp_path)["pd_id"]
    for letter in "ABC":
        assert ids[ids.str.startswith(letter)].is_monotonic_increasing


def test_one_second_alone_is_read_as_newest_first() -> None:
    """Where all stand in one second nothing contradicts the API's order."""
    frame = load([entry(3, "notify"), entry(2, "assign"), entry(1)])
    assert frame["kind"].tolist() == ["trigger", "assign", "notify"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_order_is_that_of_the_log_turned_round(seconds: list[int]) -> None:
    """Whatever seconds are shared, newest-first input comes out as it happened."""
    happened = sorted(seconds)
    log = [entry(n, at=f"2026-11-03T14:00:{s:02}Z") for n, s in enumerate(happened)]
    frame = load(log[::-1])
    assert frame["event_id"].tolist() == [record["id"].replace("R", "pd:R") for record in log]


# --- kinds, actors, words ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fields", "ours", "text"),
    [
        ("trigger", {"event_details": {"description": "db down"}}, "trigger", "Trigger 1: db down"),
        (
            "trigger",
            {"summary": "Triggered through the API.", "channel": {"type": "api", "summary": "db"}},
            "trigger",
            "Triggered through the API: db",
        ),
        ("acknowledge", {}, "ack", "Acknowledge 1"),
        ("acknowledgement", {}, "ack", "Acknowledgement 1"),
        ("unacknowledge", {}, "unack", "Unacknowledge 1"),
        ("resolve", {"note": "Fixed"}, "resolve", "Resolve 1: Fixed"),
        ("reassign", {}, "assign", "Reassign 1"),
        ("delegate", {}, "assign", "Delegate 1"),
        ("escalate", {}, "escalate", "Escalate 1"),
        (
            "exhaust_escalation_path",
            {"summary": None},
            "escalate",
            "Exhaust escalation path: nobody answered, and there is nobody left to page",
        ),
        ("annotate", {"channel": {"type": "note", "summary": "we rolled back"}}, "note", "we rolled back"),
        ("annotate", {"summary": "Note added by Ada.", "channel": None}, "note", "Note added by Ada."),
        ("snooze", {"channel": {"type": "web", "duration": 1800}}, "snooze", "Snooze 1: 30 min"),
        ("urgency_change", {}, "priority", "Urgency_change 1"),
        (
            "priority_change",
            {"summary": "Priority set to “P1” by Ada."},
            "priority",
            "Priority set to “P1” by Ada.",
        ),
        ("responder_request", {"message": "please help"}, "responder", "Responder_request 1: please help"),
        ("status_update", {"message": "mitigated"}, "status_update", "mitigated"),
        (
            "field_value_change",
            {"channel": {"type": "x", "changeset": {"a": [1]}}},
            "field",
            "Field_value_change 1",
        ),
        ("reach_ack_limit", {}, "other", "Reach_ack_limit 1"),
        ("brand_new_2031", {}, "other", "Brand_new_2031 1"),
    ],
)
def test_kinds_and_words(kind: str, fields: dict[str, Any], ours: str, text: str) -> None:
    """Both spellings of an acknowledgement count, unknown types are kept, and words are PagerDuty's."""
    row = load_one(entry(1, kind) | fields)
    assert (row["kind"], row["text"], row["pd_type"]) == (ours, text, f"{kind}_log_entry")


@pytest.mark.parametrize(
    ("notification", "user", "text", "channel"),
    [
        (
            {"type": "phone", "address": "+1 202-555-0100", "status": "success"},
            {},
            "Paged Bo (phone)",
            "phone",
        ),
        ({"type": "sms_notification", "address": "+1 202-555-0100"}, {}, "Paged Bo (sms)", "sms"),
        (
            {"type": "email", "address": "b@example.com", "status": "failed"},
            {},
            "Paged Bo (email, failed)",
            "email",
        ),
        (None, {}, "Paged Bo", "auto"),
        ({"type": "push"}, {"summary": None, "name": "Bo Sato"}, "Paged Bo Sato (push)", "push"),
    ],
)
def test_a_page_tells_who_and_how_but_not_where(
    notification: Any, user: dict[str, Any], text: str, channel: str
) -> None:
    """`Paged X (phone)`: the address that was called is nobody's business."""
    row = load_one(
        entry(
            1,
            "notify",
            agent=None,
            user=ref("user", "Bo") | user,
            summary="Notified +1 202-555-0100",
            channel={"type": "auto", "notification": notification},
        )
    )
    assert (row["kind"], row["text"], row["pd_channel"], row["actor"]) == ("notify", text, channel, "")
    assert "555" not in row.to_json()


@pytest.mark.parametrize(
    ("agent", "actor"),
    [
        ({"id": "P1", "summary": "Ada", "name": "Ada Mori"}, "Ada"),
        ({"id": "P1", "name": "Ada Mori", "email": "a@example.com", "time_zone": "UTC"}, "Ada Mori"),
        ({"id": "P1", "summary": None, "name": None, "email": "a@example.com"}, "a@example.com"),
        ({"id": "P1"}, "P1"),
        (None, ""),
    ],
)
def test_actor(agent: Any, actor: str) -> None:
    """The agent is named by summary, name, mail or id; one that is missing stays unnamed."""
    assert load_one(entry(agent=agent))["actor"] == actor
    without = entry()
    del without["agent"]
    assert load_one(without)["actor"] == ""


def test_place_incident_and_link() -> None:
    """The service is the place; number and id of the incident come along; only http links are kept."""
    row = load_one(entry(html_url="https://acme.pagerduty.com/incidents/Q12/log_entries/R0001"))
    assert row[["place", "pd_incident_id", "pd_incident_number", "pd_channel"]].tolist() == [
        "checkout",
        "Q12",
        "12",
        "api",
    ]
    assert row["url"] == "https://acme.pagerduty.com/incidents/Q12/log_entries/R0001"
    assert load_one(entry(html_url="javascript:alert(1)"))["url"] == ""
    linked = ref("incident", "[#12] x", id="Q12", html_url="https://acme.pagerduty.com/incidents/Q12")
    assert load_one(entry(html_url=None, incident=linked))["url"].endswith("/incidents/Q12")


def test_a_full_incident_inside_an_entry_gives_its_number() -> None:
    """With `include[]=incidents` the reference is replaced by the object."""
    row = load_one(entry(incident=incident(77)))
    assert row["pd_incident_number"] == "77"


def test_an_incident_is_one_row_beside_its_log() -> None:
    """The incident tells of itself once; trigger and resolve come from the log alone."""
    data = {
        "incidents": [incident(resolved_at="2026-11-03T15:00:00Z", priority=ref("priority", "P1"))],
        "log_entries": [entry(2, "resolve", "2026-11-03T15:00:00Z"), entry(1)],
    }
    frame = load(data)
    assert frame["kind"].tolist() == ["incident", "trigger", "resolve"]
    assert frame["text"].iloc[0] == (
        "Incident #12: checkout is slow (high urgency, P1, resolved 2026-11-03T15:00:00Z)"
    )
    assert count_refs(frame) == 3


def test_a_merged_incident_says_where_it_went() -> None:
    """Its end is no resolution."""
    reason = {"type": "merge_resolve_reason", "incident": ref("incident", "[#11] parent")}
    text = load_one(incident(resolved_at=AT, resolve_reason=reason))["text"]
    assert "merged into [#11] parent" in text


# --- what an alert carried ---------------------------------------------------------------------------


def carrying(**channel: Any) -> dict[str, Any]:
    fields = {"type": "api", "summary": "db down"} | channel
    return entry(1, summary="Triggered through the API.", channel=fields)


def test_words_of_an_alert_are_in_the_text_and_all_of_it_beside() -> None:
    """What says something in words joins the text; measures and labels stay in `pd_details`."""
    row = load_one(carrying(details={"host": "db-1", "Message": "disk is full", "used": 0.99}))
    assert row["text"] == "Triggered through the API: db down\ndisk is full"
    assert json.loads(row["pd_details"]) == {"host": "db-1", "Message": "disk is full", "used": 0.99}
    assert load_one(carrying(details={"host": "db-1"}))["text"] == "Triggered through the API: db down"


@pytest.mark.parametrize(
    ("channel", "text", "details"),
    [
        ({"details": {"message": "db down"}}, "", '{"message":"db down"}'),
        ({"details": "it burns"}, "\nit burns", '{"details":"it burns"}'),
        ({"type": "email", "body": "Dear all,\n\nit  burns."}, "\nDear all, it burns.", "it  burns."),
        ({"details": {}, "cef_details": {"severity": "info", "details": {"a": 1}}}, "", '"severity":"info"'),
        ({"cef_details": {"source_origin": "db-1"}}, "", '{"source":"db-1"}'),
        ({"cef_details": "odd"}, "", ""),
        ({"type": "nagios", "host": "db-1", "state": "DOWN", "service": "disk"}, "", '"state":"DOWN"'),
        ({"details": None, "cef_details": None}, "", ""),
        ({"details": [1, [2, [3]]]}, "", '{"details":[1,[2,[3]]]}'),
    ],
)  # fmt: skip
def test_what_tools_send_is_kept(channel: dict[str, Any], text: str, details: str) -> None:
    """Tools send objects, sentences, mails and nothing; none of it is lost, and nothing said twice."""
    row = load_one(carrying(**channel))
    assert row["text"] == "Triggered through the API: db down" + text
    assert details in row["pd_details"].replace(": ", ":").replace(", ", ",")


def test_an_alert_as_large_as_a_book_stays_short() -> None:
    """Anybody who knows the key can send megabytes: they stay in the evidence."""
    book = {"message": "word " * 200_000} | {f"k{n}": "x" * 100 for n in range(2_000)}
    row = load_one(carrying(details=book))
    assert len(row["text"]) < 400
    assert len(row["pd_details"]) == 1_000
    assert row["pd_details"].endswith("…")


def test_an_alert_that_cannot_be_read_costs_only_itself() -> None:
    """Brackets without end, numbers without end, half a character: the entry stays."""
    for odd in ("[" * 3_000 + "]" * 3_000, "1" * 5_000, '"\\ud83d"', '{"a": 1e999}'):
        raw = json.dumps([carrying(details="ODD"), entry(2)]).replace('"ODD"', odd).encode()
        frame = load(raw)
        assert "pd:R0002" in set(frame["event_id"])
        assert len(frame) == 2


def test_the_key_of_an_alert_is_its_id_across_sources() -> None:
    """`incident_key` and `alert_key` name the alert as its monitoring does."""
    assert load_one(carrying(incident_key="db/disk"))["alert_id"] == "db/disk"
    assert load_one({"id": "A1", "alert_key": "db/disk", "created_at": AT})["alert_id"] == "db/disk"


def test_alerts_say_how_severe_and_whether_anybody_was_paged() -> None:
    """A suppressed alert woke nobody up, and its details may be an object or a sentence."""
    alert = {
        "id": "A1", "type": "alert", "summary": "disk is full", "created_at": AT, "alert_key": "k",
        "severity": "error", "integration": ref("generic_email_inbound_integration", "Mail"),
        "incident": {"id": "Q12", "type": "incident_reference"},
    }  # fmt: skip
    row = load_one(
        alert | {"suppressed": True, "body": {"type": "alert_body", "details": {"message": "99 %"}}}
    )
    assert row["text"] == "disk is full: error (suppressed: nobody was paged)\n99 %"
    assert (row["actor"], row["pd_incident_id"]) == ("Mail", "Q12")
    assert (
        load_one(alert | {"body": {"details": "see the graph"}})["text"]
        == "disk is full: error\nsee the graph"
    )
    assert load_one(alert | {"body": "odd"})["text"] == "disk is full: error"


# --- merges, fields, people --------------------------------------------------------------------------


def merged(**fields: Any) -> dict[str, Any]:
    reason = {"type": "merge_resolve_reason", "incident": ref("incident", "[#11] parent")}
    return incident(resolved_at=AT, resolve_reason=reason) | fields


def test_the_end_of_a_merged_incident_is_no_resolution() -> None:
    """Only the entry that closed it is a merge; an earlier resolution that was reopened stays one."""
    log = [
        entry(3, "resolve", AT, incident=merged()),
        entry(2, "reopen", "2026-11-03T13:00:00Z", incident=merged()),
        entry(1, "resolve", "2026-11-03T12:00:00Z", incident=merged()),
    ]
    frame = load(log)
    assert frame["kind"].tolist() == ["resolve", "reopen", "merge"]
    assert frame["text"].iloc[2] == "Resolve 3, merged into [#11] parent"
    assert "merged" not in frame["text"].iloc[0]


def test_an_incident_tells_its_people_and_fields() -> None:
    """Who was asked to help, and what people filled in, is told with the incident."""
    text = load_one(
        incident(
            incident_type={"name": "major"},
            incidents_responders=[{"state": "joined", "user": ref("user", "Bo")}],
            custom_fields=[
                {"name": "region", "display_name": "Region", "value": ["eu", "us"]},
                {"name": "loss", "display_name": "Loss", "value": None},
            ],
        )
    )["text"]
    assert text == (
        "Incident #12: checkout is slow (high urgency, type major; responders Bo joined; Region = eu, us)"
    )


def test_status_updates_are_records_of_their_own() -> None:
    """What was posted to the API stands in one envelope."""
    update = {"id": "PU1", "message": "a fix is on its way", "created_at": AT, "sender": ref("user", "Ada")}
    row = load({"status_update": update}).iloc[0]
    assert row[["event_id", "kind", "actor", "text"]].tolist() == [
        "pd:status_update:PU1", "status_update", "Ada", "a fix is on its way",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "gone", [None, {}, {"id": None}, {"id": "PGONE", "type": "user_reference", "summary": None}]
)
def test_references_that_were_deleted_are_no_loss(gone: Any) -> None:
    """People, services and incidents go; what they did stays."""
    row = load_one(entry(1, "assign", agent=gone, service=gone, incident=gone, assignees=[]))
    assert row["kind"] == "assign"
    assert row["actor"] == ((gone or {}).get("id") or "")


def test_the_number_of_an_incident_is_known_from_any_of_its_records() -> None:
    """Alerts name the id alone; the log beside them knows the number."""
    alert = {"id": "A1", "alert_key": "k", "created_at": AT, "incident": {"id": "Q12"}}
    assert load([entry(1), alert])["pd_incident_number"].tolist() == ["12", "12"]
    assert load([alert])["pd_incident_number"].tolist() == [""]


# --- copies -----------------------------------------------------------------------------------------


def test_a_note_that_the_log_tells_too_is_one_row_with_two_refs() -> None:
    """Same words within two seconds fold; other words and other times stay."""
    told = entry(
        1, "annotate", "2026-11-03T09:02:12-05:00", channel={"type": "note", "summary": "rolled back"}
    )
    data = {
        "log_entries": [told],
        "notes": [note(1), note(2, "something else"), note(3, at="2026-11-03T14:09:00Z")],
    }
    frame = load(data)
    assert frame["event_id"].tolist() == ["pd:note:PN2", "pd:R0001", "pd:note:PN3"]
    assert frame["ref"].iloc[1] == "pd.json#log_entries:0 | pd.json#notes:0"
    assert count_refs(frame) == 4
    assert frame["actor"].tolist() == ["Ada"] * 3


def test_overlapping_pages_fold_by_id() -> None:
    """An entry on two pages is one row that names both places."""
    pages = [{"log_entries": ENTRIES[:2]}, {"log_entries": ENTRIES[1:]}]
    frame = load(pages)
    assert frame["event_id"].tolist() == ["pd:R0001", "pd:R0002", "pd:R0003"]
    assert sorted(frame["ref"].iloc[1].split(" | ")) == ["pd.json#0/log_entries:1", "pd.json#1/log_entries:0"]
    assert count_refs(frame) == 4


def test_of_two_states_of_an_incident_the_later_stays() -> None:
    """`updated_at` decides, not the order of the files."""
    old = incident(title="old", updated_at="2026-11-03T14:02:11Z")
    new = incident(title="new", updated_at="2026-11-03T15:02:11Z")
    for states in ([old, new], [new, old]):
        frame = load(states)
        assert frame["text"].tolist() == ["Incident #12: new (high urgency)"]
        assert count_refs(frame) == 2


# --- damage -----------------------------------------------------------------------------------------

BAD = [
    (b'{"id": "RX", "type": "notify_log_entry", "created_at": "open}', ""),
    (b'{"id": "RX", "type": "notify_log_entry", "n": NaN}', "non-finite"),
    (b'{"id": "RX", "type": "notify_log_entry", "id": "RY", "n": NaN}', "duplicate key 'id'"),
    (b'{"id": "RX", "type": "notify_log_entry", "summary": "a", "summary": "b"}', "duplicate key 'summary'"),
    (b'{"id": "RX", "summary": 7}', "Expected `str"),
    (b'{"id": "RX", "type": "notify_log_entry", "n": ' + b"[" * 50_000, "nested too deeply"),
    (b'{"summary": "no type at all"}', ""),
    (b'{"type": "notify_log_entry", "created_at": "2026-11-03T14:02:11Z"}', 'no "id"'),
    (b'"a word"', "xpected"),
    (b"null", "xpected"),
]


def test_in_a_large_file_keys_that_stand_twice_are_told_when_it_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the last value is shown, and what is said of the whole file says so."""
    path = tmp_path / "log.jsonl"
    twin = json.dumps(entry(1, summary="shown")).replace("{", '{"summary": "hidden", ', 1)
    path.write_text(f"{twin}\n{json.dumps(entry(2))}\n")
    assert load_pagerduty_log(path)["text"].tolist()[-1] == "duplicate key 'summary'"
    monkeypatch.setattr("pmkit.loaders.pagerduty.reading.MOST_CAREFUL", 100)
    assert "shown" in load_pagerduty_log(path)["text"].tolist()
    said = find_incompleteness(path, "pagerduty-rest")
    assert "of a key that a record says twice the last value is shown: log.jsonl" in said


@pytest.mark.parametrize(("bad", "reason"), BAD)
@pytest.mark.parametrize("shape", ["page", "list", "pages", "lines"])
def test_a_damaged_record_costs_itself_alone(bad: bytes, reason: str, shape: str) -> None:
    """Whatever one record holds, its neighbours load, it is reported, and nothing is invented."""
    good = [json.dumps(entry(n, at=f"2026-11-03T14:00:{n:02}Z")).encode() for n in range(6)]
    parts = [*good[:3], bad, *good[3:]]
    data = {
        "page": b'{"log_entries": [' + b", ".join(parts) + b'], "more": false}',
        "list": b"[" + b",\n".join(parts) + b"]",
        "pages": b'[{"limit": 4, "log_entries": ['
        + b", ".join(parts[:4])
        + b'], "more": true}, {"more": false, "log_entries": ['
        + b", ".join(parts[4:])
        + b"]}]",
        "lines": b"\n".join(parts),
    }[shape]
    frame = load(data)
    read = frame[frame["kind"] != "unreadable"]
    assert read["event_id"].tolist() == [f"pd:R{n:04}" for n in range(6)]
    lost = frame[frame["kind"] == "unreadable"]
    assert len(lost) == 1
    assert reason in lost["text"].iloc[0]


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"{}", b'{"event": {"id": "1"}}', b"<html></html>", b"7", b"\xff"]
)
def test_what_is_no_record_is_reported(data: bytes) -> None:
    """A file of something else gives rows that say so, not an empty frame."""
    frame = load(data)
    assert (frame["kind"] == "unreadable").all()
    assert len(frame) == (1 if data else 0)


def test_half_a_surrogate_pair_becomes_the_replacement_sign() -> None:
    """Text that no file could be written with again is mended visibly."""
    raw = json.dumps([entry(summary="broken X")]).replace("X", "\\ud83d").encode()
    assert load(raw)["text"].tolist() == ["broken \ufffd"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b"[{" * 1_000_000,
        b'{"log_entries": [' + b'{"id":"1","a":' * 200_000,
        b'["' * 1_000_000,
        b'{"a":' * 400_000,
        b"[" * 2_000_000,
        b"{\n" * 500_000,
    ],
    ids=["braces", "entries", "quotes", "nested", "brackets", "lines"],
)
def test_damage_cannot_hang_the_load(data: bytes) -> None:
    """Megabytes made to be slow are given up; without a limit on patience this would not come back."""
    frame = load(data)
    assert (frame["kind"] == "unreadable").all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2), st.floats(0, 1), st.binary(min_size=1, max_size=2))
@example(hit=0, where=0.0, noise=b"\n")
@example(hit=1, where=0.0, noise=b"\n")
def test_changed_bytes_lose_at_most_their_own_record(hit: int, where: float, noise: bytes) -> None:
    """Inside one entry of a page any byte may change; the other entries stay."""
    parts = [json.dumps(entry(n, at=f"2026-11-03T14:00:{n:02}Z")).encode() for n in range(3)]
    at = int(where * (len(parts[hit]) - len(noise)))
    parts[hit] = parts[hit][:at] + noise + parts[hit][at + len(noise) :]
    frame = load(b'{"log_entries": [' + b", ".join(parts) + b'], "more": false}')
    ids = set(frame.loc[frame["kind"] != "unreadable", "pd_id"])
    others = {f"R{n:04}" for n in range(3) if n != hit}
    assert others <= ids
    assert len(ids) <= 3
    assert count_refs(frame) >= 3


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 600))
def test_no_file_makes_the_loader_fail(noise: bytes, at: int) -> None:
    """Noise pressed into a page gives rows and no exception."""
    page = json.dumps({"log_entries": ENTRIES, "more": False}).encode()
    load(page[:at] + noise + page[at:])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 5), st.sampled_from(sorted(entry())), JSON, st.sampled_from(["page", "list", "lines"]))
def test_every_record_is_accounted_for_whatever_it_holds(hit: int, name: str, value: Any, shape: str) -> None:
    """Refs are as many as records: a strange value in one is a row or a reason, and costs no neighbour."""
    records = [entry(n, at=f"2026-11-03T14:00:{n:02}Z") for n in range(6)]
    records[hit][name] = value
    data = {
        "page": {"log_entries": records, "more": False},
        "list": records,
        "lines": "\n".join(map(json.dumps, records)).encode(),
    }[shape]
    frame = load(data)
    assert count_refs(frame) == 6
    assert {f"pd:R{n:04}" for n in range(6) if n != hit} <= set(frame["event_id"])
    pd.testing.assert_frame_equal(load(data), frame)
