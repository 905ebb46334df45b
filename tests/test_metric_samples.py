"""Samples of metrics are evidence, not happenings: whatever looks at a record keeps them apart."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from pmkit import schema
from pmkit.bursts import find_bursts
from pmkit.explore import events_around, find_text, known_to
from pmkit.figures import chart_activity, chart_timeline
from pmkit.postmortem import Incident, Member, Postmortem
from pmkit.replay import chart_replay
from pmkit.suggestions import suggest
from pmkit.timeline import build_timeline, find_gaps

Rows = Callable[..., pd.DataFrame]

SAMPLES = [
    {
        "event_id": f"m{n}",
        "time": f"2026-11-03T{8 + n // 60:02}:{n % 60:02}:00Z",
        "source": "monitoring",
        "kind": "metric",
        "place": "checkout",
        "text": f"errors of checkout = {n}",
        "metric": "errors of checkout",
        "metric_value": str(n),
    }
    for n in range(180)
]
TALK = [
    {
        "event_id": event_id,
        "time": f"2026-11-03T{clock}:00Z",
        "source": source,
        "kind": kind,
        "place": "#ops",
        "text": text,
        "actor": actor,
    }
    for event_id, clock, source, kind, text, actor in (
        ("page", "08:30", "pagerduty", "trigger", "errors of checkout", ""),
        ("hm", "08:31", "slack", "message", "checkout looks bad", "Ada"),
        ("done", "10:30", "pagerduty", "resolve", "errors of checkout", ""),
    )
]


@pytest.fixture
def both(events: Rows) -> pd.DataFrame:
    return events(*TALK, *SAMPLES).sort_values("time", kind="stable", ignore_index=True)


@pytest.fixture
def talk(events: Rows) -> pd.DataFrame:
    return events(*TALK)


def test_samples_are_told_from_happenings(both: pd.DataFrame, talk: pd.DataFrame) -> None:
    """One set of kinds says which rows are measurements; a frame without any is left as it is."""
    assert schema.without_samples(both)["event_id"].tolist() == talk["event_id"].tolist()
    assert schema.without_samples(talk) is talk


def test_samples_fill_no_silence(both: pd.DataFrame, worksheet: Rows) -> None:
    """A gap with a sample every minute is silent all the same."""
    timeline = build_timeline(both, worksheet({"event_id": "hm"}))
    gaps = find_gaps(timeline, both)
    assert gaps[["after", "before", "raw_events"]].values.tolist() == [["hm", "done", 0]]


def test_samples_are_no_suggestion(
    postmortem: Callable[..., Postmortem], both: pd.DataFrame, talk: pd.DataFrame
) -> None:
    """What is suggested is the same with and without them, however much their names speak of the incident."""
    incident = Incident("2026-11-03-checkout", "Errors of checkout", "P1", services=("checkout",))
    told = [suggest(postmortem(incident, events=frame)) for frame in (both, talk)]
    pd.testing.assert_frame_equal(*told)
    assert not set(told[0]["event_id"]) & {sample["event_id"] for sample in SAMPLES}


def test_an_alert_that_ends_by_itself_ends_no_incident(
    postmortem: Callable[..., Postmortem], events: Rows
) -> None:
    """The end of the incident is suggested from the page, not from the last alert of monitoring."""
    later = {"event_id": "disk", "time": "2026-11-03T18:00:00Z", "source": "monitoring", "kind": "resolve"}
    found = suggest(postmortem(events=events(*TALK, later)))
    assert found.loc[found["title"] == "Mark it as resolved", "event_id"].tolist() == ["done"]


def test_samples_are_no_burst(both: pd.DataFrame) -> None:
    """They are alike by nature; log lines that are alike fold."""
    assert find_bursts(both).empty
    logs = both.assign(kind=both["kind"].replace("metric", "log"))
    assert find_bursts(logs)["count"].tolist() == [180]


def test_samples_are_no_activity(both: pd.DataFrame, talk: pd.DataFrame, worksheet: Rows) -> None:
    """The charts of a record are the same with and without them."""
    timeline = build_timeline(talk, worksheet({"event_id": "hm"}))
    assert chart_activity(both, timeline).spec == chart_activity(talk, timeline).spec
    assert chart_activity(both).spec == chart_activity(talk).spec
    assert chart_timeline(timeline, both).spec == chart_timeline(timeline, talk).spec
    assert "No event is known yet" in str(chart_activity(both[both["kind"] == "metric"]).spec)


def test_a_sample_that_people_chose_is_on_the_timeline(both: pd.DataFrame, worksheet: Rows) -> None:
    """A value that mattered is an event of the timeline like any other, and drawn."""
    timeline = build_timeline(both, worksheet({"event_id": "m47", "summary": "errors above 5 %"}))
    assert "m47" in set(timeline["event_id"])
    assert "errors above 5 %" in str(chart_timeline(timeline, both).spec)


def test_samples_do_not_crowd_what_one_asks(both: pd.DataFrame) -> None:
    """A window and a search give happenings; one may ask around a sample all the same."""
    assert events_around(both, "m31", minutes=2)["event_id"].tolist() == ["page", "hm"]
    assert find_text(both, "checkout")["event_id"].tolist() == ["page", "hm", "done"]
    member = Member(role="Incident Commander", person="Ada")
    incident = Incident("2026-11-03-checkout", "Errors of checkout", "P1", members=(member,))
    seen = known_to(both, incident, "Incident Commander", "2026-11-03T10:00:00Z")
    assert "metric" not in set(seen["kind"])
    assert (
        chart_replay(both, incident, "Incident Commander").spec
        == chart_replay(schema.without_samples(both), incident, "Incident Commander").spec
    )


def test_samples_do_not_drown_the_lanes(both: pd.DataFrame, worksheet: Rows) -> None:
    """They are not among the points; one that is on the timeline stands in the lane of its source."""
    pytest.importorskip("anywidget")
    from pmkit.widgets.lanes import Lanes

    lanes = Lanes(both, build_timeline(both, worksheet({"event_id": "m47"})))
    assert lanes.raw["ids"] == ["page", "hm", "done"]
    names = [lane["name"] for lane in lanes.lanes]
    chosen = next(event for event in lanes.curated if event["id"] == "m47")
    assert names[chosen["lane"]] == "Monitoring"


def test_samples_are_not_listed_as_neighbours(both: pd.DataFrame) -> None:
    """What stood around an event is what happened; a sample itself can be looked at."""
    from pmkit.widgets.details import Records

    records = Records(both, lambda _: None)
    assert [line["id"] for line in records.record("page")["around"]] == ["hm"]
    assert records.record("m47")["text"] == "errors of checkout = 47"
