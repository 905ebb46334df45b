"""A small response to be read: pages, messages, and what is suggested of them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd

from pmkit import schema
from pmkit.postmortem import Channel, Incident, Member, Postmortem
from pmkit.suggestions import suggest
from pmkit.timeline import build_timeline
from tests.conftest import REPOSITORY

Rows = Callable[..., pd.DataFrame]


TRUTH = json.loads((REPOSITORY / "data" / "checkout-failure.truth.json").read_text(encoding="utf-8"))


INCIDENT = Incident(
    id="i",
    title="Payments refuse cards in Japan",
    severity="P1",
    services=("payments-api",),
    members=(Member("Incident Commander", "Ada Byron", "U1"),),
    channels=(Channel("inc-updates"), Channel("inc-decisions", "The log of decisions")),
)


def at(clock: str) -> str:
    return f"2026-11-03T{clock}Z"


def said(event_id: str, clock: str, text: str, **more: object) -> dict[str, object]:
    return {
        "event_id": event_id, "time": at(clock), "text": text, "place": "#inc-updates", "actor": "ben",
        "slack_user_id": "U2", **more,
    }  # fmt: skip


def page(
    event_id: str, clock: str, kind: str, text: str = "payments-api: cards refused"
) -> dict[str, object]:
    return {"event_id": event_id, "time": at(clock), "source": "pagerduty", "kind": kind, "text": text}


PAGES = (
    page("trigger", "14:00:00", "trigger"),
    page("ack", "14:05:00", "ack"),
    page("end", "15:00:00", "resolve"),
)


def review(events: pd.DataFrame, worksheet: pd.DataFrame | None = None, **more: pd.DataFrame) -> Postmortem:
    worksheet = schema.empty(schema.TIMELINE) if worksheet is None else worksheet
    tables = {name: schema.empty(table) for name, table in schema.WORKSHEETS.items() if name != "timeline"}
    return Postmortem(
        incident=INCIDENT,
        evidence=schema.empty(schema.EVIDENCE),
        events=events,
        worksheet=worksheet,
        timeline=build_timeline(events, worksheet),
        **(tables | more),
    )


def found(postmortem: Postmortem, kind: str) -> pd.DataFrame:
    rows = suggest(postmortem)
    return rows[rows["kind"] == kind].reset_index(drop=True)
