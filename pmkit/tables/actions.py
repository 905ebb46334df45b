"""What was decided and what will be done: decisions, action items, their tracker, ideas."""

from __future__ import annotations

import pandas as pd

from pmkit.blocks import Cell, Head, Table, packed
from pmkit.tables._words import STATUS_TONES, cited_events, date_words, time_words


def table_decisions(decisions: pd.DataFrame) -> Table:
    """Decisions in order: what was decided, why, what else there was, which role decided."""
    ordered = decisions.sort_values("decided_at", kind="stable")
    rows = [
        (
            Cell(time_words(row["decided_at"]), mono=True, note=date_words(row["decided_at"])),
            Cell(row["decision"], note=row["why"], sources=cited_events(row), cited_as=row["decision_id"]),
            Cell(row["alternatives"]),
            Cell(row["decided_by"]),
        )
        for row in ordered.to_dict("records")
    ]
    heads = (
        Head("Time (UTC)", width="narrow"), Head("Decision and why", width="wide"), Head("Alternatives"),
        Head("Decided by"),
    )  # fmt: skip
    return Table(
        "decisions", "", heads, tuple(rows), "No decision is recorded yet.", packed("decisions", ordered)
    )


def table_actions(actions: pd.DataFrame) -> Table:
    """Action items: what will be different, how it is known to be done, who answers for it, until when."""
    rows = [
        (
            Cell(row["action_id"], mono=True, note=row["priority"]),
            Cell(row["action"], note=f"Done when: {row['done_when']}" if row["done_when"] else ""),
            Cell(row["type"], note=row["factor_ids"].replace(" ", ", ")),
            Cell(row["dri"] or "nobody yet", note=_due_words(row["due_on"])),
            Cell(row["issue_key"] or "no issue", mono=bool(row["issue_key"])),
            Cell(row["status"], badge=STATUS_TONES.get(row["status"])),
        )
        for row in actions.to_dict("records")
    ]
    heads = (
        Head("Id", width="narrow"), Head("Action", width="wide"), Head("Type, factors"), Head("DRI, due"),
        Head("Issue", width="narrow"), Head("Status", width="narrow"),
    )  # fmt: skip
    return Table("actions", "", heads, tuple(rows), "No action is recorded yet.", packed("actions", actions))


def table_tracker(tracked: pd.DataFrame) -> Table:
    """The action-item tracker, the most overdue first: who, until when, and what to ask them."""
    rows = [
        (
            Cell(row["action_id"], mono=True),
            Cell(row["action"], note=row["reminder"]),
            Cell(row["person"] or "nobody", badge=None if row["person"] else "bad"),
            Cell(
                "no date" if pd.isna(row["due_on"]) else date_words(row["due_on"]),
                note="" if pd.isna(row["overdue_days"]) else f"{row['overdue_days']} working days late",
                badge="bad" if pd.notna(row["overdue_days"]) else None,
            ),
            Cell(row["status"] or "open", note=row["issue_key"]),
        )
        for row in tracked.to_dict("records")
    ]
    heads = (Head("Id"), Head("Action", width="wide"), Head("DRI"), Head("Due"), Head("Status"))
    return Table("tracker", "", heads, tuple(rows), "No action is recorded.")


def table_ideas(ideas: pd.DataFrame) -> Table:
    """Ideas that nobody took on yet, and the actions that some became."""
    rows = [
        (
            Cell(row["idea_id"], mono=True),
            Cell(row["idea"], note=row["note"]),
            Cell(row["raised_by"]),
            Cell(row["action_id"], mono=True),
        )
        for row in ideas.to_dict("records")
    ]
    heads = (Head("Id"), Head("Idea", width="wide"), Head("Raised by"), Head("Became"))
    return Table("ideas", "", heads, tuple(rows), "No idea waits for somebody.")


def _due_words(day: pd.Timestamp) -> str:
    return "no due date" if pd.isna(day) else f"due {date_words(day)}"
