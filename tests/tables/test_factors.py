"""Factors tell their evidence by time, and a walk where nobody has answered."""

from __future__ import annotations

import pmkit
from pmkit import tables
from tests.tables.views import Make, cells


def test_factors_tell_their_evidence_by_time(postmortem: Make) -> None:
    """Event ids become times, those of the timeline first; an id nobody knows stands as it is."""
    pm = postmortem(
        events=[
            {"event_id": "a", "time": "2026-11-03T14:00:00Z", "source": "slack", "kind": "message"},
            {"event_id": "b", "time": "2026-11-03T14:01:00Z", "source": "slack", "kind": "message"},
            {"event_id": "c", "source": "slack", "kind": "unreadable"},
        ],
        timeline=[
            {"event_id": "b", "included": True, "time": "2026-11-03T14:02:00Z"},
            {"event_id": "manual:1", "included": True, "time": "2026-11-03T14:03:00Z"},
        ],
        factors=[
            {"factor_id": "F1", "statement": "x", "event_ids": "a b manual:1 gone c", "root_cause": True}
        ],
    )
    assert cells(tables.table_factors(pm.factors, pm.events))[0][3] == "14:00:00, 14:01:00, manual:1, gone, c"
    view = tables.table_factors(pm.factors, pm.events, pm.timeline)
    assert cells(view)[0][3] == "14:00:00, 14:02:00, 14:03:00, gone, c"
    assert view.rows[0][2].note == "root cause, not agreed yet"


def test_evidence_of_another_day_stands_with_its_day(postmortem: Make) -> None:
    """A factor's event of last week, or of last year, is not read as one of the incident's day."""
    times = {"a": "2026-11-03T14:00:00Z", "b": "2026-10-29T10:42:40Z", "c": "2025-11-03T09:00:00Z",
             "d": "2026-11-03T14:05:00Z", "e": "2026-11-04T14:05:00Z"}  # fmt: skip
    pm = postmortem(
        events=[{"event_id": name, "time": time, "source": "slack"} for name, time in times.items()],
        timeline=[{"event_id": name, "included": True} for name in ("d", "a", "e", "b")],
        factors=[{"factor_id": "F1", "statement": "x", "event_ids": "c b a"}],
    )
    view = tables.table_factors(pm.factors, pm.events, pm.timeline)
    assert cells(view)[0][3] == "3 Nov 2025 09:00:00, 29 Oct 10:42:40, 14:00:00"


def test_a_walk_shows_where_nobody_has_answered(postmortem: Make) -> None:
    """Each step stands with its chain; a question without an answer stands out."""
    factors = [{"factor_id": "F1", "statement": "A deadline fell.", "kind": "trigger"}]
    pm = postmortem(factors=factors, factor_links=[{"cause": "F1", "effect": "impact", "note": "It cut."}])
    view = tables.table_whys(pmkit.five_whys(pm.factors, pm.factor_links))
    assert [row[2].text for row in view.rows] == ["F1 A deadline fell.", "no answer yet"]
    assert (view.rows[0][2].note, view.rows[1][2].badge) == ("It cut.", "warn")
