"""FireHydrant: incidents with their milestones and roles, and the events of an incident.

As its API lists them (https://docs.firehydrant.com/reference, incidents and incident events).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit.loaders._documents import (
    Found,
    Row,
    Shape,
    first_record,
    joined,
    load_records,
    object_in,
    read_pages,
    text_in,
    url_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._kinds import Kind, Read, elsewhere, holds, id_of, kind_of, rows_of, with_asides

# A milestone, and the type of an event, to our kind; what is missing here is "other".
MILESTONES: Final = {"detected": "trigger", "acknowledged": "ack", "resolved": "resolve"}
EVENTS: Final = {
    "note": "note", "chat_message": "message", "generic_chat_message": "message",
    "incident_status": "status_update", "status_update": "status_update", "role_update": "responder",
    "team_assignment": "responder", "alert_linked": "alert", "change_type": "change",
    "impact_update": "field", "ticket_update": "field", "bulk_update": "field",
}  # fmt: skip


def load_firehydrant(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """FireHydrant's records as events, sorted by time.

    One row of kind `incident` per incident where it was opened, one per milestone where it was reached, one
    of kind `responder` per role that somebody took, and one per event; then one row `kind="unreadable"` for
    every record that cannot be read, with the reason in `text`. A milestone can be set later than it was
    reached, and `text` says when.

    Parameters
    ----------
    path : JSON as the API lists it (`{"data": […], "pagination": …}`), single records, bare lists or JSON
        Lines; incidents may hold their `events`; or a folder of such files
    zone : for times that carry none

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`; `place` is the incident's channel, `url` its page. `time` is UTC.

    Raises
    ------
    EvidenceError : there is no such file
    QuestionError : a time carries no zone and `zone` is not given
    """
    path = Path(path)
    return load_records("firehydrant", path, SHAPE, rows_of(_KINDS, path, zone, inner=("milestone", "role")))


def find_incompleteness(path: str | Path) -> str:
    """What the pages say is missing, as one sentence for a reader of `evidence.csv`, or ""."""
    pages = [object_in(page, "pagination") for page in read_pages(Path(path), SHAPE)]
    if not pages or not text_in(pages[-1], "next"):
        return ""
    return (
        f"incomplete: page {text_in(pages[-1], 'page')} of {text_in(pages[-1], 'pages')} is the last one here"
    )


def _incident(found: Found, time: Read) -> Row:
    record = found.record
    at = time(record.get("created_at"))
    severity, priority = text_in(record, "severity"), text_in(record, "priority")
    text = with_asides(
        joined(_number(record), text_in(record, "name"), by=": "),
        "" if severity == "UNSET" else severity,
        priority,
        text_in(record, "current_milestone").replace("_", " "),
        elsewhere("began", record.get("started_at"), at, time),
    )
    words = (text_in(record, name) for name in ("summary", "description", "customer_impact_summary"))
    return {
        "event_id": f"firehydrant:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": "incident", "actor": text_in(record, "created_by", "name"),
        "place": text_in(record, "channel_name"), "url": url_in(record, "incident_url"),
        "text": joined(text, *words, by="\n"),
    }  # fmt: skip


def _number(incident: dict[str, Any]) -> str:
    number = text_in(incident, "number")
    return f"Incident {number}" if number else ""


def _milestone(found: Found, time: Read) -> Row:
    record, incident = found.record, found.around[-1] if found.around else {}
    at, what = time(record.get("occurred_at")), text_in(record, "type")
    return {
        "event_id": f"firehydrant:milestone:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": MILESTONES.get(what, "other"), "place": text_in(incident, "channel_name"),
        "text": with_asides(
            joined(_number(incident), f"milestone {what.replace('_', ' ')}", by=": "),
            elsewhere("set", record.get("created_at"), at, time),
        ),
        "url": url_in(incident, "incident_url"), "updated": text_in(record, "updated_at"),
    }  # fmt: skip


def _role(found: Found, time: Read) -> Row:
    record, incident = found.record, found.around[-1] if found.around else {}
    at, who = time(record.get("created_at")), text_in(record, "user", "name") or "somebody"
    status = text_in(record, "status")
    return {
        "event_id": f"firehydrant:role:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": "responder", "actor": who, "place": text_in(incident, "channel_name"),
        "text": with_asides(
            joined(_number(incident), f"{who} became {text_in(record, 'incident_role', 'name')}", by=": "),
            "" if status == "active" else status,
        ),
        "url": url_in(incident, "incident_url"), "updated": text_in(record, "updated_at"),
    }  # fmt: skip


def _event(found: Found, time: Read) -> Row:
    """What happened, in the words of its data where they are known: the API has a shape for every type."""
    record, incident = found.record, found.around[-1] if found.around else {}
    at, what, data = time(record.get("occurred_at")), text_in(record, "type"), object_in(record, "data")
    changed = object_in(data, "changed_attributes")
    said = next(
        (
            text
            for part in (data, changed)
            for name in ("body", "message", "summary", "name", "description", "content")
            if (text := text_in(part, name))
        ),
        "",
    )
    kind = EVENTS.get(what.lower(), "other")
    words = "" if kind in ("note", "message") and said else what.replace("_", " ").capitalize()
    return {
        "event_id": f"firehydrant:event:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": kind, "actor": text_in(record, "author", "name"), "place": text_in(incident, "channel_name"),
        "text": joined(_number(incident), words, text_in(data, "operation"), said, by=": "),
        "url": url_in(incident, "incident_url"),
    }  # fmt: skip


_is_milestone = holds("id", "type", "occurred_at", "created_at")
_is_event = holds("id", "incident_id", "type", "occurred_at")
_is_role = holds("id", "incident_role", "user", "created_at")


def _is_incident(record: dict[str, Any]) -> bool:
    return holds("id", "name", "created_at")(record) and (
        "milestones" in record or {"current_milestone", "number"} <= set(record)
    )


_KINDS: Final = {
    "incident": Kind(_is_incident, _incident),
    "event": Kind(_is_event, _event),
    "milestone": Kind(_is_milestone, _milestone),
    "role": Kind(_is_role, _role),
}


def _is_any(record: dict[str, Any]) -> bool:
    return _is_incident(record) or _is_event(record)


SHAPE: Final = Shape(
    pages={"data": _is_any, "incidents": _is_any},
    inner={"milestones": _is_milestone, "role_assignments": _is_role, "events": _is_event},
    wrappers=("data", "incident", "record"),
)


def _recognise(glimpse: Glimpse) -> bool:
    found = first_record(glimpse, SHAPE)
    what = kind_of(found.record, _KINDS) if found else ""
    return what == "incident" or bool(
        found and what == "event" and {"author", "visibility"} & set(found.record)
    )


FORMATS: Final = (
    Format(
        "firehydrant", "firehydrant", "FireHydrant's incidents and their events",
        recognise=_recognise, load=load_firehydrant, options=("zone",),
        find_incompleteness=find_incompleteness,
    ),
)  # fmt: skip
