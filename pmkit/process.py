"""The review's own clock and progress: working days, milestones, tasks, check-ins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from pmkit import schema
from pmkit.postmortem import Incident, Milestone, Postmortem
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
    """Working days from tomorrow through `due`; negative once it is past, on the weekend after it too."""
    if today > due:
        return min(-working_days_left(due, today, holidays), -1)
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


@dataclass(frozen=True)
class Review:
    """Where a review stands: `milestones` as `review_status` returns them, `tasks` that are not done yet."""

    incident: Incident
    milestones: pd.DataFrame
    tasks: pd.DataFrame
    due_on: date | None
    working_days_left: int | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for programs."""
        milestones = [
            {
                "name": row["milestone"],
                "reached_at": None if pd.isna(row["reached_at"]) else row["reached_at"].isoformat(),
                "blocked_by": list(row["blocked_by"]),
            }
            for row in self.milestones.to_dict("records")
        ]
        tasks = [
            {
                "task_id": row["task_id"],
                "task": row["task"],
                "dri": row["dri"],
                "due_on": None if pd.isna(row["due_on"]) else f"{row['due_on']:%Y-%m-%d}",
                "status": row["status"],
            }
            for row in self.tasks.to_dict("records")
        ]
        return {
            "incident": self.incident.id,
            "title": self.incident.title,
            "severity": self.incident.severity,
            "milestones": milestones,
            "tasks": tasks,
            "due_on": self.due_on.isoformat() if self.due_on else None,
            "business_days_left": self.working_days_left,
        }

    def to_text(self) -> str:
        """A few lines, for people."""
        lines = [f"{self.incident.severity} {self.incident.title}", self._deadline_words()]
        for row in self.milestones.to_dict("records"):
            if pd.notna(row["reached_at"]):
                lines.append(f"  [x] {row['milestone']}, {row['reached_at']:%Y-%m-%d %H:%M} UTC")
            else:
                lines.append(f"  [ ] {row['milestone']}")
                lines += [f"        {lack}" for lack in row["blocked_by"]]
        lines += [f"  task {row.task_id}: {row.task} ({row.dri})" for row in self.tasks.itertuples()]
        return "\n".join(lines)

    def _deadline_words(self) -> str:
        if self.due_on is None:
            return "Closure: not known before `resolved` is marked on the timeline"
        closed = self.milestones["reached_at"]
        if len(closed) and closed.notna().all():
            closed_on = closed.max().tz_convert(self.incident.timezone).date()
            late = "" if closed_on <= self.due_on else ", late"
            return f"Closed {closed_on}, due {self.due_on}{late}"
        days = self.working_days_left or 0
        count = f"{abs(days)} working day" + ("" if abs(days) == 1 else "s")
        return f"Closure due {self.due_on}: {count} " + ("late" if days < 0 else "left")


def describe_review(postmortem: Postmortem, now: datetime) -> Review:
    """Where the review stands at the time `now`."""
    incident, tasks = postmortem.incident, postmortem.tasks.sort_values("due_on", kind="stable")
    due = closure_due_on(postmortem)
    today = now.astimezone(ZoneInfo(incident.timezone)).date()
    return Review(
        incident=incident,
        milestones=review_status(postmortem, now),
        tasks=tasks[~tasks["status"].isin(["done", "dropped"])].reset_index(drop=True),
        due_on=due,
        working_days_left=None if due is None else working_days_left(today, due, incident.holidays),
    )


def review_status(postmortem: Postmortem, now: datetime) -> pd.DataFrame:
    """The milestones of the review at the time `now`.

    One row per milestone: `milestone`, `reached_at` (UTC, empty before it is reached), `blocked_by` (what the
    record still lacks, a tuple of short sentences). What the four milestones of the template need is known by
    their place; a team's further ones wait for nothing but the team.
    """
    lacks = (_intake_lacks, _cause_lacks, _actions_lack, _closure_lacks)
    rows = [
        {
            "milestone": milestone.name,
            "reached_at": _reached(milestone, now),
            "blocked_by": tuple(lacks[n](postmortem)) if n < len(lacks) else (),
        }
        for n, milestone in enumerate(postmortem.incident.milestones)
    ]
    status = pd.DataFrame(rows, columns=["milestone", "reached_at", "blocked_by"])
    status["reached_at"] = pd.to_datetime(status["reached_at"], utc=True).astype(schema.TIME_DTYPE)
    return status


def _reached(milestone: Milestone, now: datetime) -> pd.Timestamp:
    known = milestone.reached_at is not None and milestone.reached_at <= now
    return pd.Timestamp(milestone.reached_at) if known else pd.NaT


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
    questions, actions = postmortem.questions, postmortem.actions
    unowned = questions[(questions["status"] == "open") & (questions["owner"] == "")]
    follow_ups = actions[~actions["status"].isin(["done", "dropped"])]
    lacks = [] if retro["held_at"].notna().any() else ["the final retro was not held"]
    lacks += [f"question {name} is open and has no owner" for name in unowned["question_id"]]
    unreviewed = follow_ups.loc[follow_ups["review_on"].isna(), "action_id"]
    return lacks + [f"{name} has no review date" for name in unreviewed]
