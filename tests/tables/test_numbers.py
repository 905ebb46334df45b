"""Durations tell the events they run between, and impact tells how far it is known."""

from __future__ import annotations

import pytest

from pmkit import tables
from pmkit.metrics import response_metrics
from tests.tables.views import Make, cells


def test_the_metrics(postmortem: Make) -> None:
    """A card says the duration and its ends, or what is missing; the derivation names the events."""
    rows = [
        {"event_id": "manual:1", "included": True, "time": "2026-11-03T14:00:00Z", "mark": "impact_started"},
        {"event_id": "manual:2", "included": True, "time": "2026-11-03T14:05:30Z", "mark": "detected"},
        {"event_id": "manual:3", "included": True, "time": "2026-11-03T13:05:30Z", "mark": "mitigated"},
    ]
    metrics = response_metrics(postmortem(timeline=rows).timeline)
    detect, acknowledge, mitigate, resolve = tables.card_metrics(metrics).items
    assert (detect.value, detect.note) == ("5 min 30 s", "14:00:00 impact started → 14:05:30 detected")
    assert (acknowledge.value, acknowledge.note) == ("unknown", "`acknowledged` not marked")
    assert (mitigate.value, mitigate.note) == ("unknown", "its end lies before its start: check the anchors")
    assert resolve.note == "`resolved` not marked"
    table = cells(tables.table_derivations(metrics))
    assert table[0] == [
        "TTD", "5 min 30 s", "14:00:00 impact started", "14:05:30 detected", "both events marked by the team",
    ]  # fmt: skip
    assert table[3][1:4] == ["unknown", "14:00:00 impact started", "resolved: not marked"]


def test_a_duration_over_midnight_tells_its_days(postmortem: Make) -> None:
    """From one year to the next, both ends say their day; ends of one day do not."""
    at = {"impact_started": "2026-12-31T23:50:00Z", "detected": "2026-12-31T23:55:00Z",
          "resolved": "2027-01-01T00:20:00Z"}  # fmt: skip
    rows = [{"event_id": f"manual:{mark}", "included": True, "time": at[mark], "mark": mark} for mark in at]
    metrics = response_metrics(postmortem(timeline=rows).timeline)
    cards = tables.card_metrics(metrics).items
    assert (cards[0].value, cards[0].note) == ("5 min", "23:50:00 impact started → 23:55:00 detected")
    assert cards[3].value == "30 min"
    assert cards[3].note == "31 Dec 23:50:00 impact started → 1 Jan 00:20:00 resolved"
    assert cells(tables.table_derivations(metrics))[3][3] == "1 Jan 00:20:00 resolved"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"value": 1204}, "1,204 orders"),
        ({"value": 2.5, "low": 2, "high": 3}, "2.5 orders (2 to 3)"),
        ({"low": 2, "high": 3}, "2 to 3 orders"),
        ({}, "unknown orders"),
        ({"low": 5}, "at least 5 orders"),
        ({"high": 5}, "at most 5 orders"),
        ({"value": 0}, "0 orders"),
        ({"value": 4, "low": 0}, "4 orders (at least 0)"),
    ],
)
def test_numbers_that_are_known_in_part(postmortem: Make, numbers: dict[str, float], words: str) -> None:
    """An unknown value says so, and half an estimate is not lost."""
    pm = postmortem(impact=[{"measure": "orders lost", "unit": "orders", **numbers}])
    assert cells(tables.table_impact(pm.impact))[0][1] == words
