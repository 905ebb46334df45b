"""Check-ins that draft themselves: what the record shows since the last one, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd

from pmkit.milestones import RECORDED
from pmkit.phrases import counted, shorten
from pmkit.postmortem import Postmortem
from pmkit.process import Review, describe_review

KINDS: Final = {"daily": "daily", "final retro": "retro"}  # kind → how the ids of its rows begin
_MOST: Final = 5  # things of one sort that a draft lists; the rest is a number
_WORDS: Final = 110  # characters of a decision that a draft repeats
# How a draft speaks of what the journal says was saved; files that are not here are told by name.
_FILES: Final = {
    "timeline.csv": "the timeline", "impact.csv": "the impact", "factors.csv": "the factors",
    "factor_links.csv": "the links between factors", "actions.csv": "the actions",
    "questions.csv": "the questions", "raci.csv": "the RACI canvas",
}  # fmt: skip
# What speaks for itself elsewhere in a draft.
_TOLD: Final = ("evidence.csv", "decisions.csv", "checkins.csv", "tasks.csv", "incident.toml")


def draft_checkin(postmortem: Postmortem, now: datetime, *, kind: str = "daily") -> dict[str, str]:
    """A check-in as the record tells it, to be read, mended and confirmed by a person.

    A row of `checkins.csv` as text: `checkin_id`, `kind`, `summary` (what changed since the last check-in, or
    since the review was opened), `blockers` and `next_steps`. It has no `held_at` and no `confirmed_by`:
    until somebody confirms it, it was not held.
    """
    since, review = last_held_at(postmortem), describe_review(postmortem, now)
    news = list(_News(postmortem, since, pd.Timestamp(now)).lines())
    return {
        "checkin_id": _next_id(postmortem, kind),
        "kind": kind,
        "summary": "\n".join(news) or "Nothing changed in the record.",
        "blockers": "\n".join(_blockers(review)),
        "next_steps": "\n".join(_next_steps(postmortem, review)),
    }


def last_held_at(postmortem: Postmortem) -> pd.Timestamp | None:
    """When the last check-in was held, else when the review was opened."""
    held = postmortem.checkins["held_at"].dropna()
    if len(held):
        return held.max()
    opened_at = postmortem.incident.opened_at
    return None if opened_at is None else pd.Timestamp(opened_at)


@dataclass(frozen=True)
class _News:
    """What happened in the record in a stretch of time."""

    postmortem: Postmortem
    since: pd.Timestamp | None
    until: pd.Timestamp

    def lines(self) -> Iterator[str]:
        yield from self._evidence()
        yield from self._milestones()
        yield from self._decisions()
        yield from self._tasks()
        yield from self._saves()

    def _fresh(self, times: pd.Series) -> pd.Series:
        after = times.notna() if self.since is None else times > self.since
        return after & (times <= self.until)

    def _evidence(self) -> Iterator[str]:
        evidence = self.postmortem.evidence
        for row in evidence[self._fresh(evidence["added_at"])].itertuples():
            unreadable = f", {row.records_unreadable:,} unreadable" if row.records_unreadable else ""
            count = counted(row.records_loaded, "record")
            yield f"Evidence: {row.path.removeprefix('evidence/')} ({row.source}, {count}{unreadable})."

    def _milestones(self) -> Iterator[str]:
        journal = self.postmortem.journal
        reached = journal[self._fresh(journal["at"]) & journal["did"].str.startswith(RECORDED)]
        for did in reached["did"]:
            yield f"Milestone reached: {did.removeprefix(RECORDED).lstrip(': ')}."

    def _decisions(self) -> Iterator[str]:
        decisions = self.postmortem.decisions
        fresh = decisions[self._fresh(decisions["decided_at"])]
        for row in fresh.head(_MOST).itertuples():
            by = f", {row.decided_by}" if row.decided_by else ""
            yield f"Decided ({row.decision_id}{by}): {shorten(row.decision, _WORDS)}"
        yield from _and_more(len(fresh), "decision")

    def _tasks(self) -> Iterator[str]:
        tasks = self.postmortem.tasks
        done = tasks[(tasks["status"] == "done") & self._fresh(tasks["done_at"])]
        for row in done.head(_MOST).itertuples():
            yield f"Done: {row.task} ({row.task_id})."
        yield from _and_more(len(done), "task")

    def _saves(self) -> Iterator[str]:
        journal = self.postmortem.journal
        saves = journal[self._fresh(journal["at"]) & (journal["did"] == "save")]
        saves = saves[~saves["file"].isin(_TOLD)]
        for file, rows in saves.groupby("file", sort=True):
            people = ", ".join(sorted(set(rows["by"])))
            times = "once" if len(rows) == 1 else f"{len(rows)} times"
            yield f"Worked on {_FILES.get(str(file), f'`{file}`')}: saved {times} by {people}."


def _blockers(review: Review) -> Iterator[str]:
    name, lacks = review.next_milestone
    for lack in lacks[:_MOST]:
        yield f"{name}: {lack}."
    yield from _and_more(len(lacks), "thing that it waits for", "things that it waits for")
    for task in review.overdue.head(_MOST).itertuples():
        yield f"Overdue since {task.due_on:%Y-%m-%d}: {task.task} ({task.task_id}, {task.dri})."
    if (review.working_days_left or 0) < 0:
        yield review.deadline_words() + "."


def _next_steps(postmortem: Postmortem, review: Review) -> Iterator[str]:
    due = review.tasks[review.tasks["due_on"] >= pd.Timestamp(review.today)]
    for task in due.head(_MOST).itertuples():
        person = review.incident.person(task.dri)
        who = f"{task.dri}, {person}" if person else task.dri
        yield f"{who}: {task.task} ({task.task_id}, due {task.due_on:%Y-%m-%d})."
    questions = postmortem.questions
    waiting = questions[questions["status"].isin(["open", ""])]
    for question in waiting.head(_MOST).itertuples():
        who, asked = question.owner or "Nobody yet", shorten(question.question, _WORDS)
        yield f"{who}: find out “{asked}” ({question.question_id})."


def _next_id(postmortem: Postmortem, kind: str) -> str:
    stem = KINDS.get(kind, "-".join(kind.split()))
    taken = set(postmortem.checkins["checkin_id"])
    return next(name for n in range(1, len(taken) + 2) if (name := f"{stem}-{n}") not in taken)


def _and_more(count: int, one: str, many: str = "") -> Iterator[str]:
    if count > _MOST:
        left = count - _MOST
        yield f"And {left} more {one if left == 1 else many or one + 's'}."
