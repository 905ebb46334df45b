"""What a portfolio shows says how many incidents it is of, in words that people use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from pmkit.casebook import INCIDENTS, Case
from pmkit.overview import (
    chart_durations,
    portfolio_title,
    table_action_fates,
    table_durations,
    table_incidents,
    table_recurrences,
)
from pmkit.portfolio import Portfolio, build_portfolio

NOW = pd.Timestamp("2026-11-20T09:00Z")
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def case(number: int, *, statuses: tuple[str, ...] = (), role: str = "Scribe", **said: Any) -> Case:
    name = f"inc-{number}"
    blank: dict[str, Any] = {column: "" for column, dtype in INCIDENTS.items() if dtype == "str"}
    began = BEGIN + timedelta(days=number)
    row = (
        blank
        | {"incident_id": name, "title": name, "started_at": began, "is_late": False, "milestones": 0}
        | said
    )
    factor = {"incident_id": name, "factor_id": "F1", "statement": "The pool has no limit for one caller.",
              "kind": "latent condition", "root_cause": True}  # fmt: skip
    actions = tuple(
        {"incident_id": name, "action_id": f"A{n}", "action": "Give the pool a limit", "type": "prevent",
         "priority": "", "role": role, "due_on": None, "status": status,
         "overdue_days": 3 if status == "open" else None, "age_days": None, "factor_ids": "F1"}
        for n, status in enumerate(statuses)
    )  # fmt: skip
    return Case(row, (factor,), actions)


def some() -> Portfolio:
    first = case(1, TTR=30.0, trigger_kind="binary push", detected_by="alert", statuses=("done", "open"))
    second = {"TTR": 90.0, "trigger_kind": "binary push", "detected_by": "customers", "is_late": True}
    return build_portfolio([first, case(2, role="others", statuses=("dropped", "open"), **second)])


def cells(table: Any) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_the_first_page_says_it_in_short() -> None:
    """Medians, triggers, recurrences, actions and reviews stand there with how many they are of."""
    facts = {name: cell.text for name, cell in portfolio_title(some(), NOW).facts}
    assert facts["Incidents"] == "2"
    assert facts["Time to resolve"] == "median 1 h, n = 2; no trend can be told"
    assert facts["Seen first by"] == "an alert 1, customers 1"
    assert facts["Set off most by"] == "binary push 2"
    assert facts["Came back"] == "in 1 of 2 incidents a factor like one of an earlier incident"
    assert facts["Actions"] == "1 of 3 done, 2 overdue"
    assert facts["Reviews"] == "0 of 2 closed, 1 of 2 later than due"


def test_nothing_is_said_of_no_incident() -> None:
    """Without incidents the first page counts none and says no more."""
    facts = dict(portfolio_title(build_portfolio([]), NOW).facts)
    assert facts["Incidents"].text == "0"
    assert "Actions" not in facts


def test_actions_are_told_with_their_share() -> None:
    """Done, of all, open and overdue each have a column; how long they wait has one where it is known."""
    by_role = table_action_fates(some(), "role")
    assert [head.label for head in by_role.columns][-1] == "Overdue"
    assert cells(by_role) == [
        ["Scribe", "2", "1", "50 %", "1", "1"],
        ["people without a role", "1", "0", "0 %", "1", "1"],
    ]
    waits = some().actions.assign(age_days=pd.array([3, 4, 5, 6], dtype="Int64"))
    told = Portfolio(some().incidents, some().factors, waits, some().load, some().problems)
    assert [row[-1] for row in cells(table_action_fates(told))] == ["5 days"]


def test_what_is_unknown_is_said_in_words() -> None:
    """No trend, no milestones and no actions are words and not zeros of zeros."""
    assert {row[-1] for row in cells(table_durations(some()))} == {"none to be told"}
    assert {row[-1] for row in cells(table_incidents(some()))} == {"none kept"}
    assert cells(table_recurrences(some()))[0][-1] == "1 of 2"
    bare = build_portfolio([case(1, TTR=1.0), case(2, TTR=2.0)])
    assert cells(table_recurrences(bare))[0][-1] == "none"


def test_a_chart_says_its_numbers() -> None:
    """The words for a screen reader hold the medians, and n."""
    alt = chart_durations(some()).spec["layout"]["meta"]["alt"]
    assert "Time to resolve: median 1 h, n = 2." in alt
