"""The timeline and the events tell when and who, with the day where it is another one."""

from __future__ import annotations

import pandas as pd

from pmkit import schema, tables
from pmkit.metrics import response_metrics
from tests.tables.views import Make, cells


def test_the_timeline(postmortem: Make) -> None:
    """Times to the second with the day where it changes, marks with who set them."""
    pm = postmortem(
        events=[
            {
                "event_id": "r",
                "time": "2026-11-04T00:10:00Z",
                "source": "pagerduty",
                "kind": "resolve",
                "text": "Resolved",
                "place": "checkout",
                "url": "https://pd.example/1",
            },
        ],
        timeline=[
            {
                "event_id": "manual:1",
                "included": True,
                "time": "2026-11-03T23:59:59Z",
                "summary": "Seen",
                "note": "why",
            },
            {"event_id": "r", "included": True, "mark": "mitigated", "actor": "Li"},
        ],
    )
    view = tables.table_timeline(pm.timeline)
    assert cells(view) == [
        ["23:59:59", "Seen", "observed", ""],
        ["00:10:00", "Resolved", "Li", "mitigated, resolved (from PagerDuty)"],
    ]
    assert [row[0].note for row in view.rows] == ["3 Nov", "4 Nov"]
    assert [row[2].note for row in view.rows] == ["", "checkout, PagerDuty"]
    assert view.rows[0][1].note == "why"
    assert view.rows[1][0].url == "https://pd.example/1"


def test_corrected_times_are_told(postmortem: Make) -> None:
    """Timeline, metrics and appendix tell what was recorded, by which clock, and how it is known."""
    page = {"source": "pagerduty", "time_basis": "offset, corrected by -86400 s", "kind": "trigger"}
    pm = postmortem(
        events=[
            {"event_id": "t", "time": "2026-11-03T14:00:00Z", "recorded_at": "2026-11-04T14:00:00Z", **page},
            {"event_id": "s", "time": "2026-11-03T14:09:00Z", "source": "slack", "kind": "message"},
        ],
        timeline=[
            {"event_id": "t", "included": True, "mark": "impact_started detected"},
            {"event_id": "s", "included": True, "time": "2026-11-03T14:08:00Z"},
        ],
        clocks=[
            {"source": "pagerduty", "offset_seconds": -86400, "applied": True, "basis": "7 pairs"},
            {"source": "evidence/deploys.csv", "offset_seconds": 2.5},
            {"source": "jira", "offset_seconds": 3, "applied": True},
            {"source": "opsgenie", "applied": True},
        ],
    )
    timeline = tables.table_timeline(pm.timeline)
    assert timeline.rows[0][0].note == "3 Nov, recorded 4 Nov 14:00:00"
    assert timeline.rows[1][0].note == "recorded 14:09:00"
    assert timeline.caption == (
        "Clocks are corrected: PagerDuty by -86400 s. "
        "Where the team set another time, the recorded one stands below it."
    )
    metrics = response_metrics(pm.timeline)
    assert cells(tables.table_derivations(metrics))[0][2:4] == [
        "14:00:00 impact started, recorded 4 Nov 14:00:00", "14:00:00 detected, recorded 4 Nov 14:00:00",
    ]  # fmt: skip
    clocks = tables.table_clocks(pm.clocks, pm.events)
    assert cells(clocks) == [
        ["PagerDuty", "-86400 s", "to 1 event", "7 pairs"],
        ["deploys.csv", "+2.5 s", "no", ""],
        ["Jira", "+3 s", "to no event", ""],
        ["Opsgenie", "unknown", "nothing to add is given", ""],
    ]
    assert [row[2].badge for row in clocks.rows] == ["good", None, "warn", "warn"]
    assert cells(tables.table_clocks(pm.clocks))[0][2] == "yes"
    nothing = tables.table_clocks(schema.empty(schema.CLOCKS), pm.events)
    assert (nothing.rows, nothing.empty) == ((), "No clock is corrected.")


def test_events_beyond_the_limit_are_counted(postmortem: Make) -> None:
    """A long list is cut and says by how much; an event without a time says so."""
    rows = [{"event_id": f"e{n}", "source": "slack", "kind": "message", "text": f"{n}"} for n in range(5)]
    view = tables.table_events(postmortem(events=rows).events, limit=2)
    assert (len(view.rows), view.caption) == (2, "5 events. 3 more are not shown.")
    assert cells(view)[0] == ["unknown", "0", "", "message"]


def test_events_of_several_days_tell_their_days(postmortem: Make) -> None:
    """The day stands at its first event, and nowhere when all events are of one day."""
    times = [pd.Timestamp(f"2026-11-0{day}T10:00:00Z") for day in (3, 3, 4)]
    rows = [{"event_id": f"e{n}", "source": "s", "kind": "k", "time": time} for n, time in enumerate(times)]
    view = tables.table_events(postmortem(events=rows).events)
    assert [row[0].note for row in view.rows] == ["3 Nov", "", "4 Nov"]
    assert {row[0].note for row in tables.table_events(postmortem(events=rows[:2]).events).rows} == {""}
