"""The review's own clock: when it is due, what is due today, and where it stands, in words and as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pmkit.postmortem import Incident, Member, Milestone, Postmortem
from pmkit.process import closure_due_on, describe_review, due_on
from pmkit.workdays import WorkCalendar

Make = Callable[..., Postmortem]
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
MILESTONES = (Milestone("Intake complete", needs=("summary",)), Milestone("Told the regulator"))
INCIDENT = Incident(
    "2026-11-03-checkout",
    "Checkout failed",
    "P1",
    owner="Scribe",
    members=(Member("Scribe", "Ana Costa"),),
    milestones=MILESTONES,
)
ENDED: dict[str, Any] = {
    "timeline": [
        {"event_id": "manual:r", "included": True, "time": "2026-11-03T15:00:00Z", "mark": "resolved"}
    ],
    "notes": {"summary": "Checkout failed."},
}


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
    incident = replace(INCIDENT, timezone=zone, calendar=WorkCalendar(zone))
    assert closure_due_on(postmortem(incident, timeline=[resolved("2026-11-03T22:30:00Z")])) == due
    assert closure_due_on(postmortem(incident)) is None


def test_without_an_anchor_the_stated_end_counts(postmortem: Make) -> None:
    """What was said when the review was opened, until the timeline says better."""
    incident = replace(INCIDENT, resolved_at=datetime(2026, 11, 6, 20, tzinfo=UTC))
    assert closure_due_on(postmortem(incident)) == date(2026, 11, 13)
    assert closure_due_on(postmortem(incident, **ENDED)) == date(2026, 11, 10)


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
    review = describe_review(postmortem(INCIDENT, **ENDED, tasks=tasks), NOW).to_dict()
    assert json.loads(json.dumps(review)) == review
    assert (review["due_on"], review["business_days_left"]) == ("2026-11-10", 3)
    assert (review["today"], review["owner"]) == ("2026-11-05", "Scribe: Ana Costa")
    assert (review["late"], review["urgent"], review["closed"]) == (True, False, False)
    assert [task["task_id"] for task in review["tasks"]] == ["t2", "t1", "t4"]
    assert review["tasks"][1] == {
        "task_id": "t1", "task": "later", "dri": "Scribe", "person": "Ana Costa", "due_on": "2026-11-09",
        "status": "open",
    }  # fmt: skip
    assert review["tasks"][2]["due_on"] is None
    assert review["milestones"][0]["reached_at"] == "2026-11-05T12:00:00+00:00"
    assert review["milestones"][1] == {"name": "Told the regulator", "reached_at": None, "blocked_by": []}


def test_what_is_due_today_and_what_is_over(postmortem: Make) -> None:
    """Tasks tell whom they wait for; a task without a date is neither."""
    dates = {"t1": "2026-11-04", "t2": "2026-11-05", "t3": "2026-11-06", "t4": ""}
    tasks = [
        {"task_id": name, "task_list": "l", "task": "x", "dri": "Scribe", "due_on": on, "status": "open"}
        for name, on in dates.items()
    ]
    review = describe_review(postmortem(INCIDENT, **ENDED, tasks=tasks), NOW)
    assert (list(review.overdue["task_id"]), list(review.due_today["task_id"])) == (["t1"], ["t2"])
    assert review.is_late
    text = review.to_text()
    assert "t1: x (Scribe: Ana Costa, overdue since 2026-11-04)" in text
    assert "t2: x (Scribe: Ana Costa, due today)" in text
    assert "t4: x (Scribe: Ana Costa, no date)" in text


def test_the_next_milestone_and_what_it_waits_for(postmortem: Make) -> None:
    """The first that is not reached."""
    record = ENDED | {"notes": {}}
    review = describe_review(postmortem(INCIDENT, **record), NOW)
    assert review.next_milestone == ("Intake complete", ("the summary is empty",))
    assert describe_review(postmortem(INCIDENT, **ENDED), NOW).next_milestone == ("Told the regulator", ())


def test_the_review_before_it_is_resolved(postmortem: Make) -> None:
    """Without a resolution there is no deadline, and the words say why."""
    review = describe_review(postmortem(INCIDENT), NOW)
    assert review.to_dict()["due_on"] is review.to_dict()["business_days_left"] is None
    assert "not known before `resolved` is marked" in review.to_text()
    assert not (review.is_late or review.is_urgent)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-05", "3 working days left"),
        ("2026-11-06", "2 working days left, more than half of the time is used up"),
        ("2026-11-10", "0 working days left, more than half of the time is used up"),
        ("2026-11-11", "1 working day late"), ("2026-11-14", "3 working days late"),
    ],
)  # fmt: skip
def test_the_deadline_in_words(postmortem: Make, now: str, words: str) -> None:
    """Left before the day, amber from 60 % on, late after it."""
    review = describe_review(postmortem(INCIDENT, **ENDED), datetime.fromisoformat(f"{now}T12:00:00+00:00"))
    assert f"Closure due 2026-11-10: {words}" in review.to_text().splitlines()
    assert review.is_late == ("late" in words)


def test_a_closed_review_says_when_it_was_closed(postmortem: Make) -> None:
    """The last milestone is the day of closure, late or not; nothing is urgent any more."""
    incident = replace(INCIDENT, milestones=(MILESTONES[0], replace(MILESTONES[1], reached_at=NOW)))
    review = describe_review(postmortem(incident, **ENDED), NOW)
    assert "Closed 2026-11-05, due 2026-11-10" in review.to_text()
    assert "[x] Told the regulator, 2026-11-05 12:00 UTC" in review.to_text()
    assert review.is_closed
    assert not (review.is_late or review.is_urgent)
