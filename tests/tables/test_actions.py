"""Actions say what is missing; decisions stand in the order of their time."""

from __future__ import annotations

from pmkit import tables
from tests.tables.views import Make, cells


def test_actions_say_what_is_missing(postmortem: Make) -> None:
    """No DRI, no date and no issue are words, not blanks."""
    row = {
        "action_id": "A1",
        "action": "x",
        "factor_ids": "F1 F2",
        "done_when": "graph is flat",
        "status": "open",
    }
    view = tables.table_actions(postmortem(actions=[row]).actions)
    assert cells(view) == [["A1", "x", "", "nobody yet", "no issue", "open"]]
    assert [cell.note for cell in view.rows[0]][1:4] == ["Done when: graph is flat", "F1, F2", "no due date"]


def test_rows_stand_in_the_order_of_their_time(postmortem: Make) -> None:
    """Decisions and check-ins by time, those without one last, and said to have none."""
    pm = postmortem(
        decisions=[{"decision_id": "D1", "decision": "when?"}]
        + [
            {"decision_id": f"D{n}", "decision": f"{n}", "decided_at": f"2026-11-0{n}T10:00:00Z"}
            for n in (4, 3)
        ],
        checkins=[
            {"checkin_id": "c1", "summary": "b"},
            {"checkin_id": "c2", "held_at": "2026-11-03T10:00:00Z"},
        ],
    )
    decisions = tables.table_decisions(pm.decisions)
    assert [row[1] for row in cells(decisions)] == ["3", "4", "when?"]
    assert [row[0].note for row in decisions.rows] == ["3 Nov 2026", "4 Nov 2026", "no date"]
    assert [row[0] for row in cells(tables.table_checkins(pm.checkins))] == ["3 Nov 2026 10:00", "unknown"]
