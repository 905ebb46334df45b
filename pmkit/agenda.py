"""The agenda of the final retro: the timeline first and longest, then questions, factors, actions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import pandas as pd

from pmkit.debrief import debrief_questions
from pmkit.metrics import format_minutes, response_metrics
from pmkit.milestones import review_status
from pmkit.postmortem import Postmortem
from pmkit.roster import find_active_people
from pmkit.template import CheckinPlan

# What share of the time each part gets. People who were there tell the timeline, and that takes the most.
SHARES: Final = {"timeline": 0.58, "questions": 0.12, "factors": 0.1, "actions": 0.14, "closing": 0.06}
_MINUTES: Final = 60
_MOST_QUESTIONS: Final = 6
_SPECIAL: Final = re.compile(r"([\\\\`*_{}\[\]<>#|])")  # what Markdown would take for its own
_ASKED: Final = ("How was it told to you, and what would you tell otherwise?",)


@dataclass(frozen=True)
class Part:
    """One part of the agenda: its minutes, its title, and its points."""

    minutes: int
    title: str
    points: tuple[str, ...]


@dataclass(frozen=True)
class Agenda:
    """The agenda of a final retro. `warnings` are what it should not be held without."""

    title: str
    minutes: int
    invited: tuple[str, ...]
    facilitator: str
    parts: tuple[Part, ...]
    warnings: tuple[str, ...] = field(default=())

    def to_markdown(self) -> str:
        """The agenda to send around."""
        lines = [f"# Final retro: {self.title}", "", f"{self.minutes} minutes. {self._who()}", ""]
        if self.warnings:
            lines += ["**Not ready yet**", "", *_points(self.warnings), ""]
        for part in self.parts:
            lines += [f"## {part.title} ({part.minutes} min)", "", *_points(part.points), ""]
        return "\n".join(lines)

    def _who(self) -> str:
        facilitator = f"{self.facilitator} facilitates. " if self.facilitator else ""
        return f"{facilitator}Invited: {', '.join(self.invited) or 'nobody yet'}."

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def retro_agenda(postmortem: Postmortem, now: datetime) -> Agenda:
    """What to go through in the final retro, and with whom.

    Invited is everybody with a role and everybody who speaks on the timeline. Questions are those that are
    open, then what the record makes one ask; each action waits for its owner to say yes.
    """
    incident = postmortem.incident
    plan = next((plan for plan in incident.checkins if plan.kind == "final retro"), None)
    minutes = plan.minutes if plan else _MINUTES
    points = {
        "timeline": _timeline(postmortem, plan),
        "questions": _questions(postmortem),
        "factors": _factors(postmortem),
        "actions": _actions(postmortem),
        "closing": ("What did you learn? (show of hands, counted)", "Would you come to such a retro again?"),
    }
    titles = {
        "timeline": "The timeline, told by those who were there",
        "questions": "Open questions",
        "factors": "What made it possible, and what made it worse",
        "actions": "Actions and their owners",
        "closing": "Closing",
    }
    parts = [
        Part(share, titles[name], tuple(points[name])) for name, share in _minutes(minutes, SHARES).items()
    ]
    return Agenda(
        incident.title,
        minutes,
        tuple(_invited(postmortem)),
        incident.facilitator,
        tuple(part for part in parts if part.points),
        tuple(_warnings(postmortem, now)),
    )


def _points(texts: Iterable[str]) -> list[str]:
    """A list in Markdown; what evidence or people wrote is shown, not obeyed."""
    return ["- " + _SPECIAL.sub(r"\\\1", " ".join(text.split())) for text in texts]


def _minutes(total: int, shares: dict[str, float]) -> dict[str, int]:
    """Whole minutes in those shares; the first part takes what rounding leaves."""
    minutes = {name: max(1, round(total * share)) for name, share in shares.items()}
    first = next(iter(minutes))
    minutes[first] += total - sum(minutes.values())
    return minutes


def _invited(postmortem: Postmortem) -> Iterator[str]:
    """Everybody with a role, then who speaks on the timeline; people, no bots."""
    roster = postmortem.incident.roster
    yield from roster
    active = set(find_active_people(postmortem.events)["person"])
    on_it = dict.fromkeys(postmortem.timeline["actor"])
    yield from (name for name in on_it if name in active and name not in roster)


def _timeline(postmortem: Postmortem, plan: CheckinPlan | None) -> Iterator[str]:
    for row in response_metrics(postmortem.timeline).to_dict("records"):
        if pd.notna(row["minutes"]):
            yield f"{row['title']}: {format_minutes(row['minutes'])}"
    yield from plan.questions if plan else _ASKED


def _questions(postmortem: Postmortem) -> Iterator[str]:
    questions = postmortem.questions
    waiting = questions[questions["status"].isin(["open", ""])]
    for row in waiting.itertuples():
        yield f"{row.question_id} ({row.owner or 'no owner'}): {row.question}"
    asked = debrief_questions(postmortem)["question"]
    yield from asked.head(max(0, _MOST_QUESTIONS - len(waiting)))


def _factors(postmortem: Postmortem) -> Iterator[str]:
    for row in postmortem.factors.itertuples():
        agreed = "" if row.agreed else " (not agreed yet)"
        yield f"{row.factor_id}{', ' + row.kind if row.kind else ''}: {row.statement}{agreed}"


def _actions(postmortem: Postmortem) -> Iterator[str]:
    actions = postmortem.actions
    for row in actions[~actions["status"].isin(["done", "dropped"])].itertuples():
        yield f"{row.action_id}: {row.action} — {_promise(row)}"


def _promise(row: Any) -> str:
    due = f"due {row.due_on:%Y-%m-%d}" if pd.notna(row.due_on) else "no date"
    review = f"looked at again {row.review_on:%Y-%m-%d}" if pd.notna(row.review_on) else "no review date"
    return f"{row.dri or 'no DRI'}, {due}, {review}"


def _warnings(postmortem: Postmortem, now: datetime) -> Iterable[str]:
    """What blocks the milestones before the last one: a retro on half a record decides nothing."""
    status = review_status(postmortem, now)
    for row in status.iloc[:-1].itertuples():
        yield from (f"{row.milestone}: {lack}" for lack in row.blocked_by)
    if postmortem.incident.facilitator in set(find_active_people(postmortem.events)["person"]):
        yield f"{postmortem.incident.facilitator} took part in the response; somebody else should facilitate"
