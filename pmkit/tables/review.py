"""How the review goes: deadline and milestones, roles, tasks, check-ins, questions, findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from pmkit.blocks import Card, Cards, Cell, Facts, Head, Table, Tone, packed
from pmkit.postmortem import Postmortem
from pmkit.process import Review, describe_review
from pmkit.tables._words import STATUS_TONES, date_words, day_time, long_date

_LACKS: Final = 2  # lacks that a card names; the rest is a number


def card_review(postmortem: Postmortem, now: pd.Timestamp) -> Cards:
    """Where the review stands at the time `now`: the deadline, and each milestone with what it waits for."""
    review = describe_review(postmortem, now)
    milestones = (_milestone_card(row) for row in review.milestones.to_dict("records"))
    return Cards((_deadline_card(review), *milestones))


def facts_checkin(draft: Mapping[str, str]) -> Facts:
    """A check-in as it drafts itself: what changed, what stands in the way, what comes next."""
    labels = {"summary": "What changed", "blockers": "In the way", "next_steps": "Next"}
    items = []
    for name, label in labels.items():
        lines = (draft.get(name) or "Nothing.").splitlines()
        items += [(label if n == 0 else "", Cell(line)) for n, line in enumerate(lines)]
    return Facts(tuple(items))


def table_milestones(status: pd.DataFrame) -> Table:
    """Milestones of the review: when each was reached, or what it still waits for."""
    rows = []
    for row in status.to_dict("records"):
        if pd.notna(row["reached_at"]):
            state = Cell(f"reached {day_time(row['reached_at'])} UTC", badge="good")
        else:
            words = "not reached" if row["blocked_by"] else "waits for the team"
            state = Cell(words, note="\n".join(row["blocked_by"]), badge="warn")
        rows.append((Cell(row["milestone"]), state))
    heads = (Head("Milestone"), Head("Status", width="wide"))
    return Table(
        "milestones", "", heads, tuple(rows), "No milestones are planned.", packed("milestones", status)
    )


def table_raci(raci: pd.DataFrame, roles: Sequence[str] = ()) -> Table:
    """Activities by roles: R responsible, A accountable, C consulted, I informed."""
    columns = [*roles, *(role for role in dict.fromkeys(raci["role"]) if role not in roles)]
    parts = {(row.activity, row.role): row.part for row in raci.itertuples()}
    rows = [
        (Cell(activity), *(Cell(_part(parts.get((activity, role), ""))) for role in columns))
        for activity in dict.fromkeys(raci["activity"])
    ]
    heads = (Head("Activity", width="wide"), *(Head(role, "center") for role in columns))
    caption = "R responsible · A accountable · C consulted · I informed"
    return Table("raci", caption, heads, tuple(rows), "No roles are agreed yet.", packed("raci", raci))


def table_tasks(tasks: pd.DataFrame) -> Table:
    """The review's own tasks by list, with role, due date and status."""
    rows = [
        (
            Cell(row["task"], note=row["task_list"]),
            Cell(row["dri"]),
            Cell(date_words(row["due_on"])),
            Cell(row["status"], badge=STATUS_TONES.get(row["status"])),
        )
        for row in tasks.to_dict("records")
    ]
    heads = (
        Head("Task", width="wide"),
        Head("DRI"),
        Head("Due", width="narrow"),
        Head("Status", width="narrow"),
    )
    return Table("tasks", "", heads, tuple(rows), "No tasks are planned.")


def table_checkins(checkins: pd.DataFrame) -> Table:
    """Check-ins in order: when, what changed, what stood in the way, what came next."""
    ordered = checkins.sort_values("held_at", kind="stable")
    rows = [
        (
            Cell(day_time(row["held_at"]), note=row["kind"]),
            Cell(row["summary"], note=f"Blocked by: {row['blockers']}" if row["blockers"] else ""),
            Cell(row["next_steps"]),
            Cell(row["attendees"]),
        )
        for row in ordered.to_dict("records")
    ]
    heads = (
        Head("Held (UTC)", width="narrow"), Head("What changed", width="wide"), Head("Next", width="wide"),
        Head("There"),
    )  # fmt: skip
    return Table("checkins", "", heads, tuple(rows), "No check-in was held yet.", packed("checkins", ordered))


def table_questions(questions: pd.DataFrame) -> Table:
    """Open and answered questions of the review."""
    rows = [
        (
            Cell(row["question"], note=row["answer"]),
            Cell(row["owner"] or "nobody yet"),
            Cell(row["status"], badge="good" if row["status"] == "answered" else None),
        )
        for row in questions.to_dict("records")
    ]
    heads = (Head("Question", width="wide"), Head("Owner"), Head("Status", width="narrow"))
    return Table(
        "questions", "", heads, tuple(rows), "No questions were asked.", packed("questions", questions)
    )


def table_findings(findings: pd.DataFrame) -> Table:
    """What the checks found, the gravest first; a finding that may stay says why."""
    tones: dict[str, Tone] = {"error": "bad", "warning": "warn", "info": "info"}
    rows: list[tuple[Cell, ...]] = [
        (
            Cell(row["severity"], badge=tones[row["severity"]]),
            Cell(row["rule"], note=row["title"], mono=True),
            Cell(row["message"], note=row["suggestion"]),
            Cell(row["where"].replace("/", " · ")),
            Cell(row["suppressed"]),
        )
        for row in findings.to_dict("records")
    ]
    heads: tuple[Head, ...] = (
        Head("Severity", width="narrow"), Head("Rule"), Head("Finding", width="wide"), Head("Where"),
        Head("May stay because"),
    )  # fmt: skip
    if rows and not (findings["suppressed"] != "").any():  # nothing may stay: no column of blanks
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    return Table(
        "findings", "", heads, tuple(rows), "The checks found nothing.", packed("findings", findings)
    )


def _deadline_card(review: Review) -> Card:
    words, days = review.deadline_words(), review.working_days_left
    if review.due_on is None:
        return Card("Closure", "not known yet", "`resolved` is not marked", "neutral")
    if review.is_closed:
        return Card("Closure", "closed", words, "good")
    left = abs(days or 0)
    count = f"{left} day" + ("" if left == 1 else "s")
    late = (days or 0) < 0
    tone: Tone = "bad" if late else "warn" if review.is_urgent else "info"
    return Card("Closure", f"{count} {'late' if late else 'left'}", f"due {long_date(review.due_on)}", tone)


def _milestone_card(row: Mapping[str, Any]) -> Card:
    if pd.notna(row["reached_at"]):
        return Card(row["milestone"], "reached", f"{day_time(row['reached_at'])} UTC", "good")
    lacks = row["blocked_by"]
    more = f", and {len(lacks) - _LACKS} more" if len(lacks) > _LACKS else ""
    words = "; ".join(lacks[:_LACKS]) + more
    return Card(row["milestone"], "waits", words or "for the team", "warn")


def _part(part: str) -> str:
    return " ".join(part)
