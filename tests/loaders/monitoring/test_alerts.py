from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders import find_incompleteness
from pmkit.loaders.monitoring._labels import fingerprint
from pmkit.loaders.monitoring.alerts import load_alerts

Load = Callable[..., pd.DataFrame]
Refs = Callable[[pd.DataFrame], set[str]]
Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "monitoring"
START, END = "2026-11-03T14:02:11.376244942Z", "2026-11-03T14:52:11Z"
NEVER = "0001-01-01T00:00:00Z"


def alert(name: str = "HighErrorRate", *, end: str = NEVER, **more: Any) -> dict[str, Any]:
    return {
        "status": "firing" if end == NEVER else "resolved",
        "labels": {"alertname": name, "severity": "critical", "service": "checkout"},
        "annotations": {"summary": "5xx above 5 %", "description": "longer words"},
        "startsAt": START, "endsAt": end, "generatorURL": "http://prometheus.shop.example/graph",
        "fingerprint": f"f{sum(name.encode()):015x}",
    } | more  # fmt: skip


def webhook(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "version": "4", "status": "firing", "receiver": "on-call", "truncatedAlerts": 0,
        "externalURL": "http://alertmanager.shop.example", "alerts": list(alerts),
    } | more  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "alertmanager.jsonl",
        "alertmanager-v3.json",
        "alertmanager-list.json",
        "grafana-webhook.json",
        "alerts.json",
    ],
)
def test_a_sample_gives_the_expected_frame(assert_reads_as: Compare, name: str) -> None:
    """Webhooks of both systems, new and old, Alertmanager's list, and Prometheus' own as documented."""
    expected = FIXTURES / f"{name.partition('.')[0]}.expected.csv"
    assert_reads_as(load_alerts(FIXTURES / name), expected)


# --- copies -------------------------------------------------------------------------------------------


def test_repeats_are_one_alert(load: Load, refs: Refs) -> None:
    """What is notified every group interval began once and ended once; the refs name every copy."""
    told = [webhook(alert())] * 3 + [webhook(alert(end=END), status="resolved")]
    frame = load(load_alerts, told)
    assert frame["kind"].tolist() == ["alert", "resolve"]
    assert frame["ref"].tolist() == [
        " | ".join(f"file.json#{n}/alerts:0" for n in range(4)),
        "file.json#3/alerts:0",
    ]
    assert len(refs(frame)) == 4


def test_an_alert_that_fires_again_is_another_one(load: Load) -> None:
    """Same labels, another start: two alerts."""
    frame = load(load_alerts, webhook(alert(end=END), alert(startsAt="2026-11-03T16:00:00Z")))
    assert frame["kind"].tolist() == ["alert", "resolve", "alert"]
    assert frame["alert_id"].nunique() == 1


def test_the_words_are_those_of_when_it_fired(load: Load) -> None:
    """A later copy may tell another value; the end is told in its own words."""
    later = alert(end=END, annotations={"summary": "5xx at 0 %"})
    frame = load(load_alerts, [webhook(later), webhook(alert())])
    assert frame["text"].tolist() == [
        "HighErrorRate (critical): 5xx above 5 %",
        "HighErrorRate (critical) resolved",
    ]


def test_the_state_of_the_group_is_not_that_of_its_alerts(load: Load) -> None:
    """One of two alerts ended while the group fires on."""
    frame = load(load_alerts, webhook(alert(), alert("SlowCheckout", end=END), status="firing"))
    assert sorted(frame["kind"]) == ["alert", "alert", "resolve"]


def test_an_old_alert_without_a_state_has_ended_when_it_says_so(load: Load) -> None:
    """Before version 4 neither state nor fingerprint stood with each alert."""
    old = [
        {k: v for k, v in one.items() if k not in ("status", "fingerprint")}
        for one in (alert(), alert(end=END))
    ]
    assert load(load_alerts, webhook(old[0]))["kind"].tolist() == ["alert"]
    frame = load(load_alerts, [webhook(old[0]), webhook(old[1])])
    assert frame["kind"].tolist() == ["alert", "resolve"]


def test_a_fingerprint_is_worked_out_as_alertmanager_does() -> None:
    """The value that its own tests expect; the order of the labels does not matter."""
    labels = {"name": "garland, briggs", "fear": "love is not enough"}
    assert int(fingerprint(labels), 16) == 5799056148416392346
    assert fingerprint(dict(reversed(labels.items()))) == fingerprint(labels)


def test_the_end_of_an_alert_that_fires_is_no_end(load: Load) -> None:
    """In Alertmanager's list it is the time at which it would be taken for resolved."""
    one = alert(endsAt=END, status={"state": "active", "silencedBy": []})
    assert load(load_alerts, [one])["kind"].tolist() == ["alert"]


# --- times, words, places -------------------------------------------------------------------------------


def test_nanoseconds_and_offsets_meet_in_utc(load: Load) -> None:
    """`…376244942-03:00` is a moment to the microsecond; the year 1 is no end."""
    frame = load(load_alerts, webhook(alert(startsAt="2026-11-03T11:02:11.376244942-03:00")))
    assert [f"{t:%H:%M:%S.%f}" for t in frame["time"]] == ["14:02:11.376244"]
    assert frame["time_basis"].tolist() == ["offset"]


def test_a_time_without_its_zone_is_asked_for(load: Load) -> None:
    """Nothing is guessed; with the zone given it loads."""
    naive = webhook(alert(startsAt="2026-11-03 15:02:11"))
    with pytest.raises(QuestionError) as asked:
        load(load_alerts, naive)
    assert asked.value.option == "zone"
    assert f"{load(load_alerts, naive, zone='Europe/Amsterdam')['time'][0]:%H:%M}" == "14:02"


@pytest.mark.parametrize(
    ("state", "kind", "text"),
    [
        ("firing", "alert", "my-alert: value 1e+00"),
        ("pending", "other", "my-alert (pending): value 1e+00"),
        ("brand-new", "other", "my-alert (brand-new): value 1e+00"),
    ],
)
def test_states_of_prometheus(load: Load, state: str, kind: str, text: str) -> None:
    """What is pending has alarmed nobody yet; an unknown state is kept."""
    one = {
        "activeAt": START,
        "annotations": {},
        "labels": {"alertname": "my-alert"},
        "state": state,
        "value": "1e+00",
    }
    frame = load(load_alerts, {"status": "success", "data": {"alerts": [one]}})
    assert frame[["kind", "text", "actor"]].values.tolist() == [[kind, text, "Prometheus"]]


def test_silenced_alerts_say_so(load: Load) -> None:
    """An alert that nobody heard is an alert all the same."""
    frame = load(load_alerts, [alert(status={"state": "suppressed", "silencedBy": ["5e1f"]})])
    assert frame["text"].tolist() == ["HighErrorRate (critical, silenced or inhibited): 5xx above 5 %"]


def test_an_address_that_a_click_could_run_is_left_out(load: Load) -> None:
    """Only http and https; the page of the sender stands in."""
    frame = load(load_alerts, webhook(alert(generatorURL="javascript:alert(1)")))
    assert frame["url"].tolist() == ["http://alertmanager.shop.example"]


# --- what cannot be read ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        alert(startsAt="soon"), alert(startsAt=None), alert(startsAt=NEVER), alert(end="later"), {}, 5, "x",
        None, {"labels": {}}, {"labels": [], "startsAt": START},
    ],
)  # fmt: skip
def test_an_alert_at_fault_costs_itself_only(load: Load, record: Any) -> None:
    """Its neighbours stay, and the row says where it stood."""
    frame = load(load_alerts, webhook(alert("A"), record, alert("B")))
    assert frame["kind"].tolist() == ["alert", "alert", "unreadable"]
    assert frame["ref"].iloc[-1] == "file.json#alerts:1"


def test_the_old_webhook_of_grafana_tells_no_time(load: Load) -> None:
    """It is known, and refused in words."""
    frame = load(load_alerts, {"ruleId": 3, "ruleName": "x", "state": "alerting", "evalMatches": []})
    assert frame["kind"].tolist() == ["unreadable"]
    assert "no alert with `labels` and `startsAt`" in frame["text"][0]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """Nothing is made of nothing."""
    with pytest.raises(EvidenceError, match="no such file"):
        load_alerts(tmp_path / "missing.json")


@pytest.mark.parametrize(
    ("payloads", "said"),
    [
        ([webhook(alert())], ""),
        (
            [webhook(alert(), truncatedAlerts=3)],
            "incomplete: one notification left out 3 alerts (`max_alerts`)",
        ),
        (
            [webhook(alert(), truncatedAlerts=3), webhook(alert(), truncatedAlerts=1)],
            "incomplete: 2 notifications left out up to 3 alerts each (`max_alerts`)",
        ),
    ],
)
def test_incompleteness_is_said(tmp_path: Path, payloads: Any, said: str) -> None:
    """How many alerts were left out, as the notifications say themselves."""
    path = tmp_path / "am.json"
    path.write_text(json.dumps(payloads), encoding="utf-8")
    assert find_incompleteness(path, "alertmanager") == said


NAMES = st.lists(st.sampled_from("ABCD"), min_size=1, max_size=6)


@settings(max_examples=25)
@given(NAMES, st.randoms())
def test_every_copy_is_accounted_for(load: Load, refs: Refs, names: list[str], random: Any) -> None:
    """As many different refs as records, and the same alerts whatever the order they were sent in."""
    told = [alert(name, end=random.choice([NEVER, END])) for name in names]
    frame = load(load_alerts, [webhook(one) for one in told])
    assert len(refs(frame)) == len(told)
    again = load(load_alerts, [webhook(one) for one in random.sample(told, len(told))])
    columns = ["event_id", "time", "kind", "text", "alert_id"]
    one, other = (f.sort_values("event_id", ignore_index=True)[columns] for f in (frame, again))
    pd.testing.assert_frame_equal(one, other)


@settings(max_examples=25)
@given(st.integers(2, 5), st.data())
def test_damage_stays_local(load: Load, count: int, data: st.DataObject) -> None:
    """A byte that is lost costs the alert it stands in, and no other."""
    text = json.dumps(webhook(*(alert("ABCDE"[n]) for n in range(count))))
    hit = data.draw(st.integers(text.index('"alerts": [') + 12, len(text) - 4))
    frame = load(load_alerts, text[:hit] + "\x01" + text[hit + 1 :])
    assert (frame["kind"] == "alert").sum() >= count - 1
    assert set(frame.loc[frame["kind"] == "alert", "text"].str[0]) <= set("ABCDE")


HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.just([1]),
    st.just({"a": [1]}),
)


@settings(max_examples=40)
@given(st.sampled_from(list(alert())), HOSTILE)
def test_hostile_values_never_raise(load: Load, key: str, value: Any) -> None:
    """Whatever stands in a field, the alert is a row or says why it is none."""
    frame = load(load_alerts, webhook(alert(**{key: value})), zone="UTC")
    assert len(frame) >= 1
