"""The review's clock and progress: working days counted, milestones told with what they wait for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.postmortem import Incident, Milestone, Postmortem
from pmkit.process import closure_due_on, describe_review, due_on, review_status, working_days_left
from pmkit.template import load_template

Make = Callable[..., Postmortem]

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
MILESTONES = tuple(Milestone(m.name, m.criteria) for m in load_template("base").milestones)
INCIDENT = Incident("2026-11-03-checkout", "Checkout failed", "P1", milestones=MILESTONES)

dates = st.dates(date(2000, 1, 1), date(2040, 1, 1))


@st.composite
def starts_and_holidays(draw: st.DrawFn) -> tuple[date, set[date]]:
    start = draw(dates)
    return start, {start + timedelta(days=n) for n in draw(st.sets(st.integers(-3, 25), max_size=12))}


def is_working(day: date, holidays: set[date]) -> bool:
    return day.isoweekday() <= 5 and day not in holidays


# Working days


@given(starts_and_holidays(), st.integers(0, 12))
def test_due_dates_as_counted_by_hand(drawn: tuple[date, set[date]], working_days: int) -> None:
    """Between the start and the due date lie exactly so many working days, and the due date is the last."""
    start, holidays = drawn
    due = due_on(start, working_days, holidays)
    between = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]
    assert sum(is_working(day, holidays) for day in between) == working_days
    assert due == start if working_days == 0 else is_working(due, holidays)


@given(starts_and_holidays(), st.integers(-40, 40))
def test_days_left_as_counted_by_hand(drawn: tuple[date, set[date]], ahead: int) -> None:
    """From tomorrow through the due date; past it, the working days since, and never a zero."""
    due, holidays = drawn
    today = due - timedelta(days=ahead)
    left = working_days_left(today, due, holidays)
    first, last = min(today, due), max(today, due)
    count = sum(is_working(first + timedelta(days=n), holidays) for n in range(1, (last - first).days + 1))
    assert left == (count if today <= due else min(-count, -1))
    assert (left < 0) == (today > due)


def test_five_working_days_from_a_friday() -> None:
    """Two weekends and a holiday lie between."""
    assert due_on(date(2026, 11, 6)) == date(2026, 11, 13)
    assert due_on(date(2026, 11, 6), 5, [date(2026, 11, 11)]) == date(2026, 11, 16)
    assert due_on(date(2026, 11, 7)) == due_on(date(2026, 11, 8)) == date(2026, 11, 13)


def resolved(at: str) -> dict[str, Any]:
    return {"event_id": "manual:r", "included": True, "time": at, "mark": "resolved"}


@pytest.mark.parametrize(
    ("zone", "due"),
    [("UTC", date(2026, 11, 10)), ("Asia/Tokyo", date(2026, 11, 11)), ("America/Lima", date(2026, 11, 10))],
)
def test_closure_is_counted_from_the_teams_own_day(postmortem: Make, zone: str, due: date) -> None:
    """Half past ten at night in London is already tomorrow in Tokyo."""
    incident = replace(INCIDENT, timezone=zone)
    assert closure_due_on(postmortem(incident, timeline=[resolved("2026-11-03T22:30:00Z")])) == due
    assert closure_due_on(postmortem(incident)) is None


# Progress


FULL: dict[str, Any] = {
    "timeline": [
        resolved("2026-11-03T15:00:00Z"),
        {
            "event_id": "manual:i", "included": True, "time": "2026-11-03T14:00:00Z",
            "mark": "impact_started detected",
        },
    ],
    "evidence": [{"path": "evidence/x.json", "source": "slack", "sha256": "0", "bytes": 1}],
    "impact": [{"measure": "orders", "unit": "orders", "value": 3}],
    "factors": [{"factor_id": "F1", "statement": "x", "agreed": True}],
    "decisions": [{"decision_id": "D1", "decision": "x"}],
    "actions": [
        {
            "action_id": "A1", "action": "x", "dri": "Li", "due_on": "2026-11-20", "issue_key": "PAY-1",
            "status": "open", "review_on": "2026-12-01",
        }
    ],
    "checkins": [{"checkin_id": "retro", "kind": "final retro", "held_at": "2026-11-09T10:00:00Z"}],
    "notes": {"summary": "Checkout failed."},
}  # fmt: skip


def test_a_whole_record_waits_for_nothing(postmortem: Make) -> None:
    """When all is recorded every milestone is ready to be confirmed."""
    status = review_status(postmortem(INCIDENT, **FULL), NOW)
    assert status["milestone"].tolist() == [milestone.name for milestone in MILESTONES]
    assert set(status["blocked_by"]) == {()}
    assert status["reached_at"].isna().all()


def test_an_empty_record_says_what_is_missing(postmortem: Make) -> None:
    """Each milestone tells in short sentences what the record lacks."""
    blocked = review_status(postmortem(INCIDENT), NOW)["blocked_by"].tolist()
    assert blocked == [
        ("the summary is empty", "no impact is measured", "no evidence was added",
         "`impact_started` is not on the timeline", "`detected` is not on the timeline",
         "`resolved` is not on the timeline"),
        ("no contributing factor is recorded",),
        ("no action is recorded",),
        ("the final retro was not held",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "row", "milestone", "said"),
    [
        ("factors", {"factor_id": "F2", "statement": "y"}, 1, "factor F2 is not agreed"),
        ("actions", {"action_id": "A2", "action": "y", "status": "open"}, 2, "A2 has no DRI"),
        ("actions", {"action_id": "A2", "action": "y", "status": "open"}, 2, "A2 has no due date"),
        ("actions", {"action_id": "A2", "action": "y", "status": "open"}, 2, "A2 has no issue"),
        ("actions", {"action_id": "A2", "action": "y", "status": "open"}, 3, "A2 has no review date"),
        ("questions", {"question_id": "Q1", "question": "?", "status": "open"}, 3, "question Q1 is open"),
    ],
)  # fmt: skip
def test_what_is_half_done_is_named(
    postmortem: Make, table: str, row: dict[str, Any], milestone: int, said: str
) -> None:
    """A row that lacks something blocks its milestone by its id."""
    record = {**FULL, table: [*FULL.get(table, []), row]}
    assert said in "; ".join(review_status(postmortem(INCIDENT, **record), NOW)["blocked_by"][milestone])


@pytest.mark.parametrize("status", ["dropped", "done"])
def test_what_is_dropped_or_done_blocks_nothing(postmortem: Make, status: str) -> None:
    """A dropped action needs no DRI, and one that is done needs no further review."""
    row = {
        "action_id": "A2",
        "action": "y",
        "status": status,
        "dri": "Li",
        "due_on": "2026-11-20",
        "issue_key": "X-1",
    }
    record = {**FULL, "actions": [*FULL["actions"], row]}
    blocked = review_status(postmortem(INCIDENT, **record), NOW)["blocked_by"]
    assert not any(blocked)
    only_dropped = review_status(postmortem(INCIDENT, actions=[row]), NOW)["blocked_by"][2]
    assert only_dropped == (("no action is recorded",) if status == "dropped" else ())


def test_a_milestone_is_reached_when_the_team_said_so(postmortem: Make) -> None:
    """The recorded time counts from then on, and not before; a fifth milestone of the team is shown too."""
    before, after = NOW - timedelta(days=1), NOW + timedelta(days=1)
    milestones = (
        replace(MILESTONES[0], reached_at=before), replace(MILESTONES[1], reached_at=after), *MILESTONES[2:],
        Milestone("Told the regulator"),
    )  # fmt: skip
    status = review_status(postmortem(replace(INCIDENT, milestones=milestones)), NOW)
    assert status["reached_at"].notna().tolist() == [True, False, False, False, False]
    assert status["reached_at"][0] == before
    assert status.iloc[4][["milestone", "blocked_by"]].tolist() == ["Told the regulator", ()]


def test_the_review_as_plain_data(postmortem: Make) -> None:
    """`to_dict` is plain JSON with the keys programs rely on."""
    tasks = [
        {
            "task_id": "t1",
            "task_list": "l",
            "task": "later",
            "dri": "Scribe",
            "due_on": "2026-11-09",
            "status": "open",
        },
        {"task_id": "t2", "task_list": "l", "task": "first", "due_on": "2026-11-04", "status": "open"},
        {"task_id": "t3", "task_list": "l", "task": "over", "status": "done"},
        {"task_id": "t4", "task_list": "l", "task": "whenever"},
    ]
    review = describe_review(postmortem(INCIDENT, **FULL, tasks=tasks), NOW).to_dict()
    assert json.loads(json.dumps(review)) == review
    assert list(review) == [
        "incident", "title", "severity", "milestones", "tasks", "due_on", "business_days_left",
    ]  # fmt: skip
    assert (review["due_on"], review["business_days_left"]) == ("2026-11-10", 3)
    assert [task["task_id"] for task in review["tasks"]] == ["t2", "t1", "t4"]
    assert review["tasks"][2] == {
        "task_id": "t4",
        "task": "whenever",
        "dri": "",
        "due_on": None,
        "status": "",
    }
    assert review["milestones"][0] == {"name": MILESTONES[0].name, "reached_at": None, "blocked_by": []}


def test_the_review_before_it_is_resolved(postmortem: Make) -> None:
    """Without a resolution there is no deadline, and the words say why."""
    review = describe_review(postmortem(INCIDENT), NOW)
    assert review.to_dict()["due_on"] is review.to_dict()["business_days_left"] is None
    assert "not known before `resolved` is marked" in review.to_text()


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-05", "3 working days left"), ("2026-11-09", "1 working day left"),
        ("2026-11-10", "0 working days left"),
        ("2026-11-11", "1 working day late"), ("2026-11-14", "3 working days late"),
    ],
)  # fmt: skip
def test_the_deadline_in_words(postmortem: Make, now: str, words: str) -> None:
    """Left before the day, late after it."""
    review = describe_review(postmortem(INCIDENT, **FULL), datetime.fromisoformat(f"{now}T12:00:00+00:00"))
    assert f"Closure due 2026-11-10: {words}" in review.to_text().splitlines()


def test_a_closed_review_says_when_it_was_closed(postmortem: Make) -> None:
    """The last milestone is the day of closure, late or not."""
    done = replace(INCIDENT, milestones=tuple(replace(m, reached_at=NOW) for m in MILESTONES))
    text = describe_review(postmortem(done, **FULL), NOW).to_text()
    assert "Closed 2026-11-05, due 2026-11-10" in text
    assert f"[x] {MILESTONES[0].name}, 2026-11-05 12:00 UTC" in text
