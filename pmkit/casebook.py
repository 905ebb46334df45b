"""One incident boiled down to what a portfolio of many needs: a row, its factors and its actions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit import schema
from pmkit.checks import run_checks
from pmkit.metrics import METRICS, response_metrics
from pmkit.postmortem import Postmortem
from pmkit.process import describe_review, ended_on
from pmkit.spells import OTHERS, assembled_after, count_handoffs, responder_load
from pmkit.timeline import find_anchors
from pmkit.tracker import OPEN, track_actions
from pmkit.vocabulary import Vocabulary, load_vocabulary
from pmkit.workdays import WorkCalendar

_TEXT, _TIME, _DATE, _COUNT, _NUMBER = "str", schema.TIME_DTYPE, schema.DTYPES["date"], "Int64", "Float64"

INCIDENTS: Final[Mapping[str, str]] = {
    "incident_id": _TEXT, "title": _TEXT, "severity": _TEXT, "services": _TEXT,
    "started_at": _TIME, "detected_at": _TIME, "resolved_at": _TIME,
    **{metric.name: _NUMBER for metric in METRICS},
    "detected_by": _TEXT, "trigger": _TEXT, "trigger_kind": _TEXT, "root_cause": _TEXT,
    "due_on": _DATE, "closed_at": _TIME, "days_to_close": _COUNT, "milestones": _COUNT,
    "milestones_reached": _COUNT, "is_late": "boolean",
    "findings": _COUNT, "errors": _COUNT, "assembled_after": _NUMBER, "handoffs": _COUNT, "helpers": _COUNT,
    "problem": _TEXT,
}  # fmt: skip
FACTORS: Final[Mapping[str, str]] = {
    "incident_id": _TEXT, "factor_id": _TEXT, "statement": _TEXT, "kind": _TEXT, "root_cause": "bool",
}  # fmt: skip
ACTIONS: Final[Mapping[str, str]] = {
    "incident_id": _TEXT, "action_id": _TEXT, "action": _TEXT, "type": _TEXT, "priority": _TEXT,
    "role": _TEXT, "due_on": _DATE, "status": _TEXT, "overdue_days": _COUNT, "age_days": _COUNT,
    "factor_ids": _TEXT,
}  # fmt: skip
LOAD: Final[Mapping[str, str]] = {
    "incident_id": _TEXT, "person": _TEXT, "role": _TEXT, "minutes": _NUMBER, "working": _NUMBER,
    "off": _NUMBER, "sleep": _NUMBER, "joined_after": _NUMBER,
}  # fmt: skip
UNCLASSIFIED: Final = "unclassified"
_NOTHING: Final = pd.DataFrame()
_PAGERS: Final = ("pagerduty", "opsgenie", "incident.io", "firehydrant")
_CUSTOMERS: Final = re.compile(
    r"\b(customers?|clients?|tickets?|support|merchants?|patients?|users? report)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Case:
    """What a portfolio keeps of one incident: its row of `INCIDENTS`, its rows of `FACTORS` and `ACTIONS`.

    `load` are its rows of `LOAD`, one per person. They are for totals over many incidents and are shown of
    nobody.
    """

    incident: Mapping[str, Any]
    factors: tuple[Mapping[str, Any], ...] = ()
    actions: tuple[Mapping[str, Any], ...] = ()
    load: tuple[Mapping[str, Any], ...] = ()


def case_of(postmortem: Postmortem, now: datetime, *, checked: bool = True) -> Case:
    """The case of a postmortem as it stood at `now`; not `checked`, its findings stay unknown.

    `detected_by` is `alert`, `customers`, `people`, `vendor` or empty; `trigger_kind` one of the published
    kinds by the words of the factor that is the trigger, or `unclassified`; durations are in minutes.
    """
    incident = postmortem.incident
    times = find_anchors(postmortem.timeline).set_index("mark")["time"]
    metrics = response_metrics(postmortem.timeline).set_index("metric")["minutes"]
    review = describe_review(postmortem, now)
    findings, errors = _count_findings(postmortem, now) if checked else (None, None)
    trigger = _statement(postmortem.factors, postmortem.factors["kind"] == "trigger")
    load = responder_load(postmortem)
    closed_at = review.milestones["reached_at"].max() if review.is_closed else pd.NaT
    row = {
        "incident_id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "services": ", ".join(incident.services),
        "started_at": times.get("impact_started", incident.started_at),
        "detected_at": times.get("detected"),
        "resolved_at": times.get("resolved", incident.resolved_at),
        **{name: metrics.get(name) for name in (metric.name for metric in METRICS)},
        "detected_by": _detected_by(postmortem.timeline),
        "trigger": trigger,
        "trigger_kind": kind_of_trigger(trigger),
        "root_cause": _statement(postmortem.factors, postmortem.factors["root_cause"]),
        "due_on": review.due_on,
        "closed_at": closed_at,
        "days_to_close": _days_to_close(postmortem, closed_at),
        "milestones": len(review.milestones),
        "milestones_reached": int(review.milestones["reached_at"].notna().sum()),
        "is_late": _is_late(postmortem, review.due_on, closed_at, review.today),
        "findings": findings,
        "errors": errors,
        "assembled_after": assembled_after(load),
        # Without a record of what people did, nobody's help is seen, which is not that nobody helped.
        "handoffs": count_handoffs(postmortem) if len(load) else None,
        "helpers": int((load["role"] == OTHERS).sum()) if len(load) else None,
        "problem": "",
    }
    factors = postmortem.factors[["factor_id", "statement", "kind", "root_cause"]].to_dict("records")
    return Case(
        row,
        tuple({"incident_id": incident.id, **factor} for factor in factors),
        tuple(_actions(postmortem, review.today)),
        tuple({"incident_id": incident.id, **person} for person in load.to_dict("records")),
    )


def _count_findings(postmortem: Postmortem, now: datetime) -> tuple[int, int]:
    """Open findings of the checks, and how many of them are errors."""
    findings = run_checks(postmortem, now=now, vocabulary=_words())
    open_findings = findings[findings["suppressed"] == ""]
    return len(open_findings), int((open_findings["severity"] == "error").sum())


def case_of_frames(incident: Mapping[str, Any], frames: Mapping[str, pd.DataFrame], now: datetime) -> Case:
    """The case of a finished report that was loaded back: what its frames say, and no more.

    `incident` and `frames` are those of a sidecar. Deadline, load of people and roles of owners are not in it
    and stay unknown.
    """
    timeline, factors = frames.get("timeline", _NOTHING), frames["factors"]
    times = find_anchors(timeline).set_index("mark")["time"] if len(timeline) else {}
    minutes = frames["metrics"].set_index("metric")["minutes"]
    reached = frames["milestones"]["reached_at"] if "milestones" in frames else pd.Series(dtype=_TIME)
    closed_at = reached.max() if len(reached) and reached.notna().all() else pd.NaT
    findings = frames.get("findings")
    said = None if findings is None else findings[findings["suppressed"] == ""]
    trigger = _statement(factors, factors["kind"] == "trigger")
    ended = times.get("resolved")
    calendar = WorkCalendar(zone=incident.get("timezone", "UTC"))
    days = None
    if ended is not None and not pd.isna(closed_at):
        days = calendar.left(calendar.day_of(ended), calendar.day_of(closed_at))
    name = incident["id"]
    row = {
        "incident_id": name,
        "title": incident.get("title", name),
        "severity": incident.get("severity", ""),
        "services": ", ".join(incident.get("services", ())),
        "started_at": times.get("impact_started"),
        "detected_at": times.get("detected"),
        "resolved_at": ended,
        **{metric.name: minutes.get(metric.name) for metric in METRICS},
        "detected_by": _detected_by(timeline) if len(timeline) else "",
        "trigger": trigger,
        "trigger_kind": kind_of_trigger(trigger),
        "root_cause": _statement(factors, factors["root_cause"]),
        "closed_at": closed_at,
        "days_to_close": days,
        "milestones": len(reached),
        "milestones_reached": int(reached.notna().sum()),
        "findings": None if said is None else len(said),
        "errors": None if said is None else int((said["severity"] == "error").sum()),
        "problem": "",
    }
    kept = ("action_id", "action", "type", "priority", "due_on", "status", "factor_ids")
    today = calendar.day_of(now)
    actions = [
        {
            **{column: action[column] for column in kept},
            "incident_id": name,
            "role": OTHERS if action["dri"] else "",
            "overdue_days": _overdue(action, calendar, today),
        }
        for action in frames["actions"].to_dict("records")
    ]
    columns = ["factor_id", "statement", "kind", "root_cause"]
    told = [{"incident_id": name, **factor} for factor in factors[columns].to_dict("records")]
    return Case(row, tuple(told), tuple(actions))


def unreadable_case(name: str, problem: str) -> Case:
    """The case of an incident that could not be read: it is counted, and says why."""
    blank: dict[str, Any] = {column: "" for column, dtype in INCIDENTS.items() if dtype == _TEXT}
    return Case({**blank, "incident_id": name, "is_late": False, "problem": problem})


def kind_of_trigger(statement: str) -> str:
    """Which of the published kinds of triggers the words speak of; empty for no words."""
    if not statement.strip():
        return ""
    # What is named first is what changed: "Release 6e1f moved settings" is a release.
    found = [
        (match.start(), kind["name"]) for kind, pattern in _kinds() if (match := pattern.search(statement))
    ]
    return min(found, key=lambda place: place[0], default=(0, UNCLASSIFIED))[1]


def published_shares() -> pd.DataFrame:
    """The field's published shares of triggers: `kind`, `share` (percent), in descending order."""
    rows = [(kind["name"], float(kind["share"])) for kind in _published()["triggers"]]
    frame = pd.DataFrame(rows, columns=["kind", "share"])
    return frame.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def published_source() -> tuple[str, str]:
    """Where the shares stand, and what to mind when reading them."""
    told = _published()
    return told["source"], told["caution"]


@cache
def _words() -> Vocabulary:
    """Read once, not once for each of a thousand incidents."""
    return load_vocabulary()


@cache
def _published() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("published.toml").read_text(encoding="utf-8"))


@cache
def _kinds() -> list[tuple[dict[str, Any], re.Pattern[str]]]:
    kinds = _published()["triggers"]
    return [(kind, re.compile(rf"\b(?:{'|'.join(kind['words'])})\b", re.IGNORECASE)) for kind in kinds]


def _statement(factors: pd.DataFrame, chosen: pd.Series) -> str:
    found: Iterable[str] = factors.loc[chosen, "statement"]
    return next(iter(found), "")


def _detected_by(timeline: pd.DataFrame) -> str:
    """Who saw it first, by the event that is marked as the detection."""
    marked = timeline[timeline["mark"].str.split().map(lambda marks: "detected" in marks)]
    if marked.empty:
        return ""
    event = marked.iloc[0]
    words = f"{event['summary']} {event['place']}"
    if event["source"] == "statuspage":
        return "vendor"
    if event["source"] in (*_PAGERS, "monitoring") or event["kind"] in ("alert", "trigger", "bot"):
        return "alert"
    return "customers" if _CUSTOMERS.search(words) else "people"


def _days_to_close(postmortem: Postmortem, closed_at: pd.Timestamp) -> int | None:
    """Working days of the team from the end of the incident to the last milestone."""
    ended = ended_on(postmortem)
    if ended is None or pd.isna(closed_at):
        return None
    calendar = postmortem.incident.calendar
    return calendar.left(ended, calendar.day_of(closed_at))


def _is_late(postmortem: Postmortem, due_on: date | None, closed_at: pd.Timestamp, today: date) -> bool:
    """Whether the review was, or is, closed after it was due."""
    if due_on is None:
        return False
    day = today if pd.isna(closed_at) else postmortem.incident.calendar.day_of(closed_at)
    return day > due_on


def _overdue(action: Mapping[str, Any], calendar: WorkCalendar, today: date) -> int | None:
    """Working days since an open action was due; none while it is not."""
    due = action["due_on"]
    if pd.isna(due) or action["status"] not in OPEN or due.date() >= today:
        return None
    return -calendar.left(today, due.date())


def _actions(postmortem: Postmortem, today: date) -> Iterable[dict[str, Any]]:
    incident = postmortem.incident
    roles = {member.person: member.role for member in incident.members if member.person}
    more = postmortem.actions.set_index("action_id")
    for row in track_actions(postmortem, today).to_dict("records"):
        action = more.loc[row["action_id"]]
        # Roles, not names: a portfolio says how a kind of work fares, and ranks nobody.
        role = row["dri"] if row["dri"] in incident.roles else roles.get(row["dri"], "")
        kept = {name: row[name] for name in ACTIONS if name in row}
        yield {**kept, "incident_id": incident.id, "role": role or (OTHERS if row["dri"] else ""),
               "type": action["type"], "factor_ids": action["factor_ids"]}  # fmt: skip
