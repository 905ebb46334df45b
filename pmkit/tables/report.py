"""The head of a report, its prose and abbreviations, and what is new in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from pmkit.blocks import Cell, Glossary, Head, Notice, Prose, Table, Title, Tone
from pmkit.glossary import load_glossary
from pmkit.metrics import format_minutes
from pmkit.milestones import review_status
from pmkit.postmortem import Incident, Postmortem
from pmkit.process import closure_due_on
from pmkit.provenance import trace_statements
from pmkit.tables._words import day_time, joined, long_date
from pmkit.timeline import find_anchors

_LATEST: Final = pd.Timestamp("2200-01-01", tz="UTC")  # whatever is recorded counts
_TOLD_CHANGES: Final = 6  # rows of one part and kind that are told in words; the rest is a number


def report_title(postmortem: Postmortem, now: pd.Timestamp | None = None) -> Title:
    """Title, severity, services, times and the people of the review, as of the time `now`."""
    incident = postmortem.incident
    anchors = find_anchors(postmortem.timeline).set_index("mark")["time"]
    facts = [
        ("Incident", Cell(incident.id)),
        ("Services", Cell(", ".join(incident.services) or "not stated")),
    ]
    began, ended = anchors.get("impact_started"), anchors.get("resolved")
    if began is not None and ended is not None and began <= ended:
        lasted = (ended - began).total_seconds() / 60
        span = f"{day_time(anchors['impact_started'])} to {_end_time(anchors)} UTC"
        facts.append(("Impact", Cell(f"{span}, {format_minutes(lasted)}")))
    facts += [
        (member.role, Cell(member.person or "not assigned"))
        for member in incident.members
        if member.person != member.role  # an edition whose readers see roles instead of people
    ]
    status = review_status(postmortem, _LATEST if now is None else now)
    reached = list(status.loc[status["reached_at"].notna(), "milestone"])
    due = closure_due_on(postmortem)
    is_late = False
    if due is not None and now is not None and len(reached) < len(status):
        is_late = _local(now, incident).date() > due
    facts.append(("Review", Cell(_review_words(incident, due, is_late=is_late))))
    facts += _provenance_facts(postmortem)
    stage = reached[-1] if reached else "Review opened"
    day = anchors.get("impact_started", pd.Timestamp(incident.opened_at) if incident.opened_at else None)
    subtitle = "Postmortem" + (f" · {long_date(_local(day, incident))}" if day is not None else "")
    tone: Tone = "good" if len(reached) == len(incident.milestones) and reached else "info"
    badges: tuple[tuple[str, Tone], ...] = ((incident.severity, "bad"), (stage, tone))
    made = "" if now is None else f"{now:%Y-%m-%dT%H:%M:%SZ}"
    data = _incident_data(incident)
    return Title(incident.title, subtitle, tuple(facts), badges, data, incident.lang, made)


def note_text(text: str, *, missing: str) -> Prose | Notice:
    """A note as prose; the sentence `missing` stands out where it is empty."""
    return Prose(text) if text.strip() else Notice(missing, "warn")


def list_abbreviations(glossary: Mapping[str, str] | None = None) -> Glossary:
    """The abbreviations that the report may use; it shows those it does use.

    `glossary` are the team's own, over those that ship in `report_templates/glossary.toml`.
    """
    return Glossary(tuple({**load_glossary(), **(glossary or {})}.items()))


def table_changes(changes: pd.DataFrame, since: str) -> Table:
    """What is new, changed or gone since an edition, as `find_changes` gives it; of many rows their number.

    `since` is when that edition was made, as `2026-11-09T16:00:00Z`.
    """
    tones: dict[str, Tone] = {"new": "good", "changed": "info", "gone": "neutral"}
    rows = []
    for (part, change), group in changes.groupby(["part", "change"], sort=False):
        told = [row["words"] or row["name"] for row in group.to_dict("records")]
        more = f"and {len(told) - _TOLD_CHANGES:,} more" if len(told) > _TOLD_CHANGES else ""
        words = "\n".join(filter(None, [*told[:_TOLD_CHANGES], more]))
        rows.append((Cell(part), Cell(f"{len(told)} {change}", badge=tones[change]), Cell(words)))
    heads = (Head("Part", width="narrow"), Head("Change", width="narrow"), Head("What", width="wide"))
    at = pd.Timestamp(since)
    caption = f"Changes since the edition of {day_time(at)} UTC"
    return Table("changes", caption, heads, tuple(rows), "Nothing changed since the previous edition.")


def _provenance_facts(postmortem: Postmortem) -> list[tuple[str, Cell]]:
    """How much of the timeline traces to evidence, as a share, with the other parts below it."""
    traced = trace_statements(postmortem).set_index("part")
    rows, count = traced.loc["timeline"]
    if not rows:
        return []
    others = [
        f"{traced.loc[part, 'traced']} of {traced.loc[part, 'rows']} {part}"
        for part in ("factors", "decisions")
        if traced.loc[part, "rows"]
    ]
    # Never rounded up to all of them.
    percent = int(100 * count / rows)
    words = f"{percent} % of {rows} timeline rows trace to evidence"
    return [("Provenance", Cell(words, note=joined(*others), share=count / rows))]


def _incident_data(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "services": list(incident.services),
        "timezone": incident.timezone,
    }


def _review_words(incident: Incident, due: date | None, *, is_late: bool) -> str:
    opened = "not opened"
    if incident.opened_at:
        opened = f"opened {long_date(_local(incident.opened_at, incident))}"
    owner = f", owned by the {incident.owner}" if incident.owner else ""
    closure = "closure was due" if is_late else "closure due"
    return f"{opened}{owner}" + (f", {closure} {long_date(due)}" if due else "")


def _local(time: datetime, incident: Incident) -> pd.Timestamp:
    """The time on the clock of the team: people call an incident by its day there."""
    return pd.Timestamp(time).tz_convert(ZoneInfo(incident.timezone))


def _end_time(anchors: pd.Series) -> str:
    same_day = anchors["resolved"].date() == anchors["impact_started"].date()
    return f"{anchors['resolved']:%H:%M}" if same_day else day_time(anchors["resolved"])
