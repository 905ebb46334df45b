"""Every view of the report at once, of a postmortem with the same text wherever people write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd

import pmkit
from pmkit import schema, tables
from pmkit.blocks import Table
from pmkit.metrics import response_metrics
from pmkit.postmortem import Incident, Member, Milestone, Postmortem
from pmkit.process import review_status

Make = Callable[..., Postmortem]


NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)


HOSTILE = '<img src=x onerror=alert(1)> & "quotes" </table><script>x</script>'


def full(postmortem: Make, text: str = "words", *urls: str) -> Postmortem:
    """A postmortem with a row in every table, an event for each of `urls`, and `text` where people write."""
    urls = urls or ("https://example.com/a",)
    rows: dict[str, list[dict[str, Any]]] = {}
    for name, table in schema.TABLES.items():
        row: dict[str, Any] = {}
        for column in table.columns:
            if column.type in ("str", "words"):
                row[column.name] = column.choices[0] if column.choices else text
            elif column.type == "time":
                row[column.name] = "2026-11-03T14:02:11Z"
            elif column.type == "date":
                row[column.name] = "2026-11-09"
            else:
                row[column.name] = 1
        rows[name] = [row]
    (event,), (entry,) = rows["events"], rows["timeline"]
    rows["events"] = [
        event | {"event_id": f"e{n}", "url": url, "kind": "message"} for n, url in enumerate(urls, 1)
    ]
    rows["timeline"] = [entry | {"event_id": event["event_id"], "included": True} for event in rows["events"]]
    rows["timeline"][0]["mark"] = "impact_started"
    marks = [*schema.MARKS[1:]]
    rows["timeline"] += [
        {"event_id": f"manual:{mark}", "included": True, "time": f"2026-11-03T15:0{n}:00Z", "mark": mark}
        for n, mark in enumerate(marks)
    ]
    members, milestones = (Member(text, text),), (Milestone(text, text, NOW), Milestone("next"))
    incident = Incident(
        text, text, text, (text,), owner=text, members=members, milestones=milestones, opened_at=NOW
    )
    return postmortem(incident, notes={"summary": text}, **rows)


def views(pm: Postmortem) -> dict[str, Any]:
    """Every view of the report."""
    metrics = response_metrics(pm.timeline)
    return {
        "title": tables.report_title(pm),
        "note": tables.note_text(pm.notes.get("summary", ""), missing="missing"),
        "metrics": tables.card_metrics(metrics),
        "review": tables.card_review(pm, pd.Timestamp(NOW)),
        "checkin": tables.facts_checkin(pmkit.draft_checkin(pm, NOW)),
        "tracker": tables.table_tracker(pmkit.track_actions(pm, NOW.date())),
        "ideas": tables.table_ideas(pm.ideas),
        "findings": tables.table_findings(pmkit.run_checks(pm, now=NOW)),
        "derivations": tables.table_derivations(metrics),
        "timeline": tables.table_timeline(pm.timeline),
        "impact": tables.table_impact(pm.impact),
        "factors": tables.table_factors(pm.factors, pm.events, pm.timeline),
        "decisions": tables.table_decisions(pm.decisions),
        "actions": tables.table_actions(pm.actions),
        "raci": tables.table_raci(pm.raci, pm.incident.roles),
        "milestones": tables.table_milestones(review_status(pm, NOW)),
        "checkins": tables.table_checkins(pm.checkins),
        "tasks": tables.table_tasks(pm.tasks),
        "questions": tables.table_questions(pm.questions),
        "evidence": tables.table_evidence(pm.evidence),
        "seal": tables.facts_seal(pm.seal),
        "clocks": tables.table_clocks(pm.clocks, pm.events),
        "clock offsets": tables.table_clock_offsets(offsets(pm.events)),
        "events": tables.table_events(pm.events),
        "debrief": tables.table_debrief(pmkit.debrief_questions(pm)),
        "whys": tables.table_whys(
            pmkit.five_whys(pm.factors, pm.factor_links, *pm.factor_links["effect"].head(1))
        ),
        "links": tables.table_links(pm.factor_links, pm.factors),
        "gaps": tables.table_gaps(pmkit.find_gaps(pm.timeline, pm.events)),
    }


def offsets(events: pd.DataFrame) -> pd.DataFrame:
    """An estimate as `estimate_clock_offsets` gives it, in the words of an event."""
    words = events.rename(columns={"actor": "reference", "text": "reason"})[["source", "reference", "reason"]]
    numbers = {f"{name}_seconds": 2.5 for name in ("offset", "low", "high", "spread")}
    return words.assign(**numbers, pairs=3, confidence="low")


def cells(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]
