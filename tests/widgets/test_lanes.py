"""The lanes without a browser: what they are given, and what they hand on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pmkit.bursts import find_bursts
from pmkit.timeline import build_timeline
from pmkit.widgets.lanes import Lanes, Window

Rows = Callable[..., pd.DataFrame]


@pytest.fixture
def record(events: Rows) -> pd.DataFrame:
    return events(
        {"event_id": "a", "time": "2026-11-03T08:00:00.250Z", "place": "#ops", "text": "first"},
        {
            "event_id": "b",
            "time": "2026-11-03T08:01:00Z",
            "source": "pagerduty",
            "kind": "trigger",
            "text": "p",
        },
        {"event_id": "c", "time": "2026-11-03T08:02:00Z", "place": "#ops", "text": "x" * 500},
        {"event_id": "torn", "kind": "unreadable", "text": "not JSON"},
    )


def lanes_of(record: pd.DataFrame, sheet: pd.DataFrame) -> Lanes:
    return Lanes(record, build_timeline(record, sheet))


def test_every_event_with_a_time_has_its_lane(record: pd.DataFrame, worksheet: Rows) -> None:
    """Slack by channel, other sources as one lane, observations last; the words are cut for the way."""
    lanes = lanes_of(record, worksheet())
    assert [lane["name"] for lane in lanes.lanes] == ["#ops", "PagerDuty", "Observed"]
    assert lanes.raw["ids"] == ["a", "b", "c"]
    assert lanes.raw["lanes"] == [0, 1, 0]
    assert lanes.raw["times"][0] == 1793692800250
    assert len(lanes.raw["words"][2]) == 100


def test_sources_keep_the_look_of_the_report(record: pd.DataFrame, worksheet: Rows) -> None:
    """Colour and marker are those of the charts."""
    from pmkit.look import SOURCE_STYLES

    looks = [(lane["colour"], lane["marker"]) for lane in lanes_of(record, worksheet()).lanes]
    assert looks == [SOURCE_STYLES[source] for source in ("slack", "pagerduty", "manual")]


def test_the_timeline_comes_with_anchors_phases_and_ends(record: pd.DataFrame, worksheet: Rows) -> None:
    """What is on the timeline carries its words, mark and end; phases run from anchor to anchor."""
    sheet = worksheet(
        {
            "event_id": "a",
            "mark": "impact_started",
            "summary": "It began",
            "ended_at": "2026-11-03T08:00:30Z",
        },
        {"event_id": "manual:fixed", "time": "2026-11-03T08:05:00Z", "mark": "resolved", "summary": "Fixed"},
    )
    lanes = lanes_of(record, sheet)
    assert [(one["id"], one["text"], one["mark"], one["lane"]) for one in lanes.curated] == [
        ("a", "It began", "impact_started", 0),
        ("b", "p", "detected", 1),
        ("manual:fixed", "Fixed", "resolved", 2),
    ]
    assert lanes.curated[0]["end"] - lanes.curated[0]["t"] == 29_750
    assert [(one["mark"], one["basis"]) for one in lanes.anchors][1] == ("detected", "default")
    assert [phase["name"] for phase in lanes.phases] == ["lead-up", "detection", "response", "follow-up"]


def test_a_change_does_not_send_the_raw_events_again(record: pd.DataFrame, worksheet: Rows) -> None:
    """Only what people said travels."""
    lanes = lanes_of(record, worksheet())
    sent: list[str] = []
    lanes.observe(lambda change: sent.append(change["name"]))
    lanes.update(build_timeline(record, worksheet({"event_id": "c"})))
    assert "curated" in sent
    assert "raw" not in sent


def test_without_any_event_there_is_still_a_stretch_of_time(events: Rows, worksheet: Rows) -> None:
    """An incident without evidence shows an empty hour, not an error."""
    lanes = lanes_of(events(), worksheet())
    assert lanes.home[1] > lanes.home[0]
    assert [lane["name"] for lane in lanes.lanes] == ["Observed"]


def test_many_places_share_the_last_lane(events: Rows, worksheet: Rows) -> None:
    """More lanes than can be told apart: the quietest places are one lane."""
    rows = [
        {"event_id": f"{n}-{k}", "time": f"2026-11-03T08:{n:02d}:00Z", "place": f"#c{n:02d}", "text": "t"}
        for n in range(30)
        for k in range(1 + (n < 5))
    ]
    names = [lane["name"] for lane in lanes_of(events(*rows), worksheet()).lanes]
    assert len(names) == 14
    assert names[-2:] == ["elsewhere", "Observed"]
    assert {f"#c{n:02d}" for n in range(5)} <= set(names)


def test_bursts_point_at_their_events(events: Rows, worksheet: Rows) -> None:
    """A burst carries the positions of its members among the raw events."""
    rows = [
        {"event_id": f"e{n}", "time": f"2026-11-03T08:0{n}:00Z", "kind": "bot", "text": f"holds {n}"}
        for n in range(4)
    ]
    record = events(*rows)
    lanes = Lanes(record, build_timeline(record, worksheet()), bursts=find_bursts(record))
    assert [(one["id"], one["members"]) for one in lanes.bursts] == [("e0", [0, 1, 2, 3])]


def test_what_people_do_is_handed_on(record: pd.DataFrame, worksheet: Rows) -> None:
    """A window comes as two UTC times, a selection with its viewer, the rest as it was sent."""
    lanes = lanes_of(record, worksheet())
    windows: list[Window] = []
    heard: list[Any] = []
    lanes.on_window(windows.append)
    lanes.on_select(lambda event_id, viewer: heard.append((event_id, viewer)))
    lanes.on_act(lambda message: heard.append(message["op"]))
    for message in (
        {"op": "window", "start": 1793692800000, "end": 1793692860000},
        {"op": "window", "start": None, "end": None},
        {"op": "select", "id": "a", "viewer": "v"},
        {"op": "include", "ids": ["a"], "on": True},
        {"op": "nonsense"},
    ):
        lanes._handle_custom_msg(message, [])
    assert windows == [(pd.Timestamp("2026-11-03T08:00Z"), pd.Timestamp("2026-11-03T08:01Z")), None]
    assert heard == [("a", "v"), "include"]
