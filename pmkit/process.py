"""The review's own clock: when it is due, what is due today, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from pmkit.milestones import review_status
from pmkit.postmortem import Incident, Postmortem
from pmkit.timeline import find_anchors
from pmkit.workdays import WorkCalendar


def due_on(start: date, working_days: int = 5, holidays: Iterable[date] = ()) -> date:
    """The date so many working days after `start`; Saturdays, Sundays and `holidays` do not count."""
    return WorkCalendar(days_off=tuple(holidays)).after(start, working_days)


def ended_on(postmortem: Postmortem) -> date | None:
    """The day the incident ended, in the team's zone: as marked, or as said when the review was opened."""
    incident = postmortem.incident
    anchors = find_anchors(postmortem.timeline).set_index("mark")["time"]
    ended_at = anchors.get("resolved", incident.resolved_at)
    return None if ended_at is None else incident.calendar.day_of(ended_at)


def closure_due_on(postmortem: Postmortem) -> date | None:
    """When the review should be closed, counted from the incident's resolution in the team's zone."""
    start, incident = ended_on(postmortem), postmortem.incident
    return None if start is None else incident.calendar.after(start, incident.working_days)


@dataclass(frozen=True)
class Review:
    """Where a review stands.

    `milestones` are as `review_status` returns them, `tasks` those that are not done yet, by due date.
    """

    incident: Incident
    today: date
    milestones: pd.DataFrame
    tasks: pd.DataFrame
    due_on: date | None
    working_days_left: int | None

    @property
    def is_closed(self) -> bool:
        """Whether every milestone is reached."""
        return bool(len(self.milestones) and self.milestones["reached_at"].notna().all())

    @property
    def is_late(self) -> bool:
        """Whether the closure or a task is overdue while the review is open."""
        return not self.is_closed and (len(self.overdue) > 0 or (self.working_days_left or 0) < 0)

    @property
    def is_urgent(self) -> bool:
        """Whether 60 % of the working days are used up while the review is open."""
        incident = self.incident
        if self.is_closed or self.due_on is None:
            return False
        return incident.calendar.is_urgent(self.today, self.due_on, incident.working_days)

    @property
    def overdue(self) -> pd.DataFrame:
        """Tasks that were due before today."""
        return self.tasks[self.tasks["due_on"] < pd.Timestamp(self.today)]

    @property
    def due_today(self) -> pd.DataFrame:
        """Tasks that are due today."""
        return self.tasks[self.tasks["due_on"] == pd.Timestamp(self.today)]

    @property
    def next_milestone(self) -> tuple[str, tuple[str, ...]]:
        """The first milestone that is not reached, and what it waits for; empty when all are."""
        waiting = self.milestones[self.milestones["reached_at"].isna()]
        return (waiting["milestone"].iloc[0], waiting["blocked_by"].iloc[0]) if len(waiting) else ("", ())

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for programs."""
        return {
            "incident": self.incident.id,
            "title": self.incident.title,
            "severity": self.incident.severity,
            "owner": _who(self.incident, self.incident.owner),
            "today": self.today.isoformat(),
            "milestones": [
                {
                    "name": row["milestone"],
                    "reached_at": None if pd.isna(row["reached_at"]) else row["reached_at"].isoformat(),
                    "blocked_by": list(row["blocked_by"]),
                }
                for row in self.milestones.to_dict("records")
            ],
            "tasks": [
                {
                    "task_id": row["task_id"],
                    "task": row["task"],
                    "dri": row["dri"],
                    "person": self.incident.person(row["dri"]),
                    "due_on": None if pd.isna(row["due_on"]) else f"{row['due_on']:%Y-%m-%d}",
                    "status": row["status"],
                }
                for row in self.tasks.to_dict("records")
            ],
            "due_on": self.due_on.isoformat() if self.due_on else None,
            "business_days_left": self.working_days_left,
            "urgent": self.is_urgent,
            "late": self.is_late,
            "closed": self.is_closed,
        }

    def to_text(self) -> str:
        """A few lines, for people."""
        lines = [f"{self.incident.severity} {self.incident.title}", self.deadline_words()]
        owner = _who(self.incident, self.incident.owner)
        lines += [f"Owner of the review: {owner}"] if owner else []
        for row in self.milestones.to_dict("records"):
            if pd.notna(row["reached_at"]):
                lines.append(f"  [x] {row['milestone']}, {row['reached_at']:%Y-%m-%d %H:%M} UTC")
            else:
                lines.append(f"  [ ] {row['milestone']}")
                lines += [f"        {lack}" for lack in row["blocked_by"]]
        lines += ["Tasks", *self._tasks_words()] if len(self.tasks) else []
        return "\n".join(lines)

    def deadline_words(self) -> str:
        """When the review is due, and how many working days are left."""
        if self.due_on is None:
            return "Closure: not known before `resolved` is marked on the timeline"
        if self.is_closed:
            closed_on = self.incident.calendar.day_of(self.milestones["reached_at"].max())
            late = "" if closed_on <= self.due_on else ", late"
            return f"Closed {closed_on}, due {self.due_on}{late}"
        days = self.working_days_left or 0
        count = f"{abs(days)} working day" + ("" if abs(days) == 1 else "s")
        hurry = ", more than half of the time is used up" if self.is_urgent and days >= 0 else ""
        return f"Closure due {self.due_on}: {count} " + ("late" if days < 0 else f"left{hurry}")

    def _tasks_words(self) -> Iterator[str]:
        """The tasks that are overdue or due next, and how many come later."""
        ahead = self.tasks["due_on"][self.tasks["due_on"] >= pd.Timestamp(self.today)]
        soon = self.tasks["due_on"].isna() | (self.tasks["due_on"] <= ahead.min() if len(ahead) else True)
        yield from (f"  {self._task_words(row)}" for row in self.tasks[soon].itertuples())
        later = self.tasks[~soon]
        if len(later):
            count = f"{len(later)} more task" + ("" if len(later) == 1 else "s")
            yield f"  and {count} until {later['due_on'].max():%Y-%m-%d}"

    def _task_words(self, task: Any) -> str:
        if pd.isna(task.due_on):
            due = "no date"
        elif task.due_on.date() == self.today:
            due = "due today"
        else:
            due = f"{'overdue since' if task.due_on.date() < self.today else 'due'} {task.due_on:%Y-%m-%d}"
        return f"{task.task_id}: {task.task} ({_who(self.incident, task.dri)}, {due})"


def describe_review(postmortem: Postmortem, now: datetime) -> Review:
    """Where the review stands at the time `now`."""
    incident, tasks = postmortem.incident, postmortem.tasks.sort_values("due_on", kind="stable")
    due, today = closure_due_on(postmortem), incident.calendar.day_of(now)
    return Review(
        incident=incident,
        today=today,
        milestones=review_status(postmortem, now),
        tasks=tasks[~tasks["status"].isin(["done", "dropped"])].reset_index(drop=True),
        due_on=due,
        working_days_left=None if due is None else incident.calendar.left(today, due),
    )


def _who(incident: Incident, role: str) -> str:
    """A role with the person who fills it."""
    person = incident.person(role)
    return f"{role}: {person}" if person else role
