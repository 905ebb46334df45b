"""The review's own clock and progress: working days, milestones, tasks, check-ins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pandas as pd

from pmkit.postmortem import Postmortem
from pmkit.timeline import find_anchors

_SATURDAY = 5


def due_on(start: date, working_days: int = 5, holidays: Iterable[date] = ()) -> date:
    """The date so many working days after `start`; Saturdays, Sundays and `holidays` do not count."""
    off = set(holidays)
    day = start
    for _ in range(working_days):
        day += timedelta(days=1)
        while day.weekday() >= _SATURDAY or day in off:
            day += timedelta(days=1)
    return day


def working_days_left(today: date, due: date, holidays: Iterable[date] = ()) -> int:
    """Working days from tomorrow through `due`; negative once it is past."""
    if today > due:
        return -working_days_left(due, today, holidays)
    off = set(holidays)
    days = (today + timedelta(days=n) for n in range(1, (due - today).days + 1))
    return sum(day.weekday() < _SATURDAY and day not in off for day in days)


def closure_due_on(postmortem: Postmortem) -> date | None:
    """When the review should be closed, counted from the incident's resolution in the team's zone."""
    anchors = find_anchors(postmortem.timeline).set_index("mark")["time"]
    if "resolved" not in anchors.index:
        return None
    incident = postmortem.incident
    resolved_on = anchors["resolved"].tz_convert(incident.timezone).date()
    return due_on(resolved_on, incident.working_days, incident.holidays)


def review_status(postmortem: Postmortem, now: datetime) -> pd.DataFrame:
    """Where the review stands. One row per milestone: `milestone`, `reached_at` (UTC), `blocked_by`.

    `blocked_by` says in words what the record still lacks; empty when nothing does.
    """
    rows = [
        {
            "milestone": milestone.name,
            "reached_at": pd.Timestamp(milestone.reached_at) if milestone.reached_at else pd.NaT,
            "blocked_by": "; ".join(lacks(postmortem)),
        }
        for milestone, lacks in zip(
            postmortem.incident.milestones,
            (_intake_lacks, _cause_lacks, _actions_lack, _closure_lacks),
            strict=False,
        )
    ]
    status = pd.DataFrame(rows, columns=["milestone", "reached_at", "blocked_by"])
    status["reached_at"] = pd.to_datetime(status["reached_at"], utc=True).astype("datetime64[us, UTC]")
    early = status["reached_at"] > pd.Timestamp(now)
    status.loc[early, "reached_at"] = pd.NaT
    return status


def _intake_lacks(postmortem: Postmortem) -> list[str]:
    known = set(find_anchors(postmortem.timeline)["mark"])
    lacks = [] if postmortem.notes.get("summary", "").strip() else ["the summary is empty"]
    lacks += [] if len(postmortem.impact) else ["no impact is measured"]
    lacks += [] if len(postmortem.evidence) else ["no evidence was added"]
    lacks += [
        f"`{mark}` is not on the timeline"
        for mark in ("impact_started", "detected", "resolved")
        if mark not in known
    ]
    return lacks


def _cause_lacks(postmortem: Postmortem) -> list[str]:
    factors = postmortem.factors
    if factors.empty:
        return ["no contributing factor is recorded"]
    open_factors = factors.loc[~factors["agreed"], "factor_id"]
    lacks = [f"factor {name} is not agreed" for name in open_factors]
    return lacks if len(postmortem.decisions) else [*lacks, "no decision is recorded"]


def _actions_lack(postmortem: Postmortem) -> list[str]:
    actions = postmortem.actions[postmortem.actions["status"] != "dropped"]
    if actions.empty:
        return ["no action is recorded"]
    lacks = [f"{row.action_id} has no DRI" for row in actions[actions["dri"] == ""].itertuples()]
    lacks += [f"{row.action_id} has no due date" for row in actions[actions["due_on"].isna()].itertuples()]
    lacks += [f"{row.action_id} has no issue" for row in actions[actions["issue_key"] == ""].itertuples()]
    return lacks


def _closure_lacks(postmortem: Postmortem) -> list[str]:
    retro = postmortem.checkins[postmortem.checkins["kind"] == "final retro"]
    lacks = [] if retro["held_at"].notna().any() else ["the final retro was not held"]
    questions = postmortem.questions
    lacks += [
        f"question {name} is open"
        for name in questions.loc[questions["status"] == "open", "question_id"]
        if questions.loc[questions["question_id"] == name, "owner"].eq("").any()
    ]
    follow_ups = postmortem.actions[~postmortem.actions["status"].isin(["done", "dropped"])]
    lacks += [
        f"{row.action_id} has no review date"
        for row in follow_ups[follow_ups["review_on"].isna()].itertuples()
    ]
    return lacks
