"""The action-item tracker: what is overdue, how long each action waits, and whom to ask."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pandas as pd

from pmkit import schema
from pmkit.phrases import shorten
from pmkit.postmortem import Incident, Postmortem

COLUMNS: Final = (
    "action_id", "action", "dri", "person", "priority", "status", "due_on", "overdue_days", "age_days",
    "allowed_until", "review_on", "issue_key", "reminder",
)  # fmt: skip
_WORDS: Final = 70  # characters of an action that a reminder repeats
OPEN: Final = ("open", "in progress", "")


def track_actions(postmortem: Postmortem, today: date) -> pd.DataFrame:
    """Where each action stands on the day `today`: the most overdue first, then by due date.

    One row per action: `action_id`, `action`, `dri` and the `person` behind it, `priority`, `status`,
    `due_on`, `overdue_days` (working days since it was due; empty while it is not), `age_days` (days since
    the actions were agreed), `allowed_until` (until when its priority allows it, by the `action_days` of the
    team), `review_on`, `issue_key` and `reminder` (words for its DRI; empty when nothing is to be said).
    """
    incident = postmortem.incident
    agreed_on = _agreed_on(postmortem)
    rows = [_tracked(row, incident, agreed_on, today) for row in postmortem.actions.to_dict("records")]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    dtypes = dict.fromkeys(COLUMNS, "str") | {
        **dict.fromkeys(("due_on", "allowed_until", "review_on"), schema.DTYPES["date"]),
        **dict.fromkeys(("overdue_days", "age_days"), "Int64"),
    }
    frame = frame.astype(dtypes)
    late = -frame["overdue_days"].fillna(0)
    order = frame.assign(_late=late, _done=~frame["status"].isin(OPEN))
    order = order.sort_values(["_done", "_late", "due_on", "action_id"], kind="stable")
    return frame.loc[order.index].reset_index(drop=True)


def _agreed_on(postmortem: Postmortem) -> date | None:
    decisions = postmortem.decisions
    about = decisions["about"].str.casefold().str.strip() == "actions"
    times = decisions.loc[about, "decided_at"].dropna()
    return postmortem.incident.calendar.day_of(times.min()) if len(times) else None


def _tracked(row: dict[str, Any], incident: Incident, agreed_on: date | None, today: date) -> dict[str, Any]:
    calendar, is_open = incident.calendar, row["status"] in OPEN
    due = None if pd.isna(row["due_on"]) else row["due_on"].date()
    overdue = -calendar.left(today, due) if is_open and due is not None and due < today else None
    days = incident.action_days.get(row["priority"])
    allowed = calendar.after(agreed_on, days) if agreed_on is not None and days else None
    person = incident.person(row["dri"]) or row["dri"]
    tracked = {
        "person": person,
        "overdue_days": overdue,
        "age_days": (today - agreed_on).days if is_open and agreed_on and agreed_on <= today else None,
        "allowed_until": pd.NaT if allowed is None else pd.Timestamp(allowed),
    }
    what = f"{row['action_id']} “{shorten(row['action'].rstrip('.'), _WORDS)}”"
    asked = _question(row, due, overdue, allowed) if is_open else ""
    # Not `format`: an action may hold braces of its own.
    tracked["reminder"] = asked.replace("{person}", person).replace("{what}", what)
    return {**{name: row[name] for name in COLUMNS if name in row}, **tracked}


def _question(row: dict[str, Any], due: date | None, overdue: int | None, allowed: date | None) -> str:
    """Kind words for the DRI: what is due, and a question about what stands in the way."""
    if not row["dri"]:
        return "{what} has no DRI: who takes it?"
    if due is None:
        return "{person}, {what} has no date: when can it be done?"
    if overdue is not None:
        days = f"{overdue} working day" + ("" if overdue == 1 else "s")
        return f"{{person}}, {{what}} was due on {due}, {days} ago: what stands in its way, and till when?"
    if allowed is not None and due > allowed:
        return f"{{person}}, {{what}} is due on {due}; as {row['priority']} it should be done by {allowed}."
    return ""


def describe_actions(tracked: pd.DataFrame) -> str:
    """The actions in a few lines for people, each with what to ask."""
    lines = []
    for row in tracked.itertuples():
        due = "no date" if pd.isna(row.due_on) else f"due {row.due_on:%Y-%m-%d}"
        late = "" if pd.isna(row.overdue_days) else ", overdue"
        facts = [row.priority, row.person or "no DRI", f"{due}{late}", row.issue_key, row.status or "open"]
        lines += [f"{row.action_id}  {row.action}", f"    {' · '.join(fact for fact in facts if fact)}"]
        lines += [f"    → {row.reminder}"] if row.reminder else []
    return "\n".join(lines) or "No actions."
