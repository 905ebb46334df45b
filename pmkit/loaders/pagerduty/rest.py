"""The records of PagerDuty's REST API as columns of events: log entries, incidents, alerts, notes, updates.

(https://developer.pagerduty.com/api-reference, v2)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec import Raw

from pmkit.loaders._documents import joined
from pmkit.loaders._kinds import with_asides
from pmkit.loaders.pagerduty.columns import (
    Columns,
    incident_columns_of,
    link_of,
    merged_into,
    names_of,
    repeated,
    with_detail,
)
from pmkit.loaders.pagerduty.details import changes_of, first_of, json_of, saying_of
from pmkit.loaders.pagerduty.shapes import (
    Body,
    Cef,
    Channel,
    Incident,
    Notification,
    Record,
    Responder,
    name_of,
    told,
)

# PagerDuty's type, without `_log_entry`, to our kind; what is missing here is "other". The second half does
# not stand in PagerDuty's description and was only seen in what accounts give.
KINDS: Final = {
    "trigger": "trigger",
    "acknowledge": "ack", "acknowledgement": "ack", "unacknowledge": "unack",
    "resolve": "resolve",
    "assign": "assign", "delegate": "assign",
    "escalate": "escalate", "exhaust_escalation_path": "escalate", "repeat_escalation_path": "escalate",
    "notify": "notify", "annotate": "note", "snooze": "snooze",
    "urgency_change": "priority",
    "field_value_change": "field", "custom_field_value_change": "field",
    "reach_trigger_limit": "other", "reach_ack_limit": "other",
    "reassign": "assign", "unsnooze": "snooze", "reopen": "reopen",
    "priority_change": "priority",
    "responder_request": "responder", "responder_request_for_escalation_policy": "responder",
    "responder_accept": "responder", "responder_decline": "responder",
    "status_update": "status_update", "incident_status_update": "status_update",
    "merge": "merge", "link": "merge", "unlink": "merge",
    "event_rule_action": "other",
}  # fmt: skip

# What a summary such as "Escalation path exhausted" leaves to those who know PagerDuty.
_MEANINGS: Final = {
    "exhaust_escalation_path": "nobody answered, and there is nobody left to page",
    "repeat_escalation_path": "nobody answered, and paging begins anew",
}
_NO_CHANNEL: Final = Channel()
_NO_INCIDENT: Final = Incident()
_NO_CEF: Final = Cef()
_NO_BODY: Final = Body()


def entry_columns(entries: Sequence[Record]) -> Columns:
    """Log entries. A resolution that is the end of an incident merged into another is of kind `merge`."""
    types = [entry.type or "" for entry in entries]
    plain = {kind: kind.removesuffix("_log_entry") for kind in set(types)}
    kinds = {kind: KINDS.get(name, "other") for kind, name in plain.items()}
    words = {kind: _WORDS.get(name, _said) for kind, name in plain.items()}
    channels = [entry.channel or _NO_CHANNEL for entry in entries]
    texts = [
        words[kind](entry, channel) for kind, entry, channel in zip(types, entries, channels, strict=True)
    ]
    details = [""] * len(texts)
    for row, kind in enumerate(types):
        if kinds[kind] == "trigger":
            texts[row], details[row] = _carried(texts[row], entries[row], channels[row])
    return {
        "kind": [
            kinds[kind] if kinds[kind] != "resolve" or not _merged_at_its_end(entry) else "merge"
            for kind, entry in zip(types, entries, strict=True)
        ],
        "actor": names_of([entry.agent for entry in entries]),
        "text": texts,
        "pd_type": types,
        "pd_channel": [
            (channel.type or "") if channel.notification is None else _how(channel.notification)
            for channel in channels
        ],
        "pd_details": details,
        "alert_id": [channel.incident_key or "" for channel in channels],
        **_columns_of_all(entries),
        **incident_columns_of([entry.incident or _NO_INCIDENT for entry in entries]),
    }  # fmt: skip


def incident_columns(incidents: Sequence[Record]) -> Columns:
    """Incidents, each at the time it was created, with what became of it in words."""
    return {
        "kind": repeated("incident", incidents),
        "text": [_incident_text(incident) for incident in incidents],
        "pd_type": [incident.type or "incident" for incident in incidents],
        **_columns_of_all(incidents, "incident:"),
        **incident_columns_of(incidents),
    }


def alert_columns(alerts: Sequence[Record]) -> Columns:
    """Alerts; who sent one is its integration."""
    texts, details = [], []
    for alert in alerts:
        text = with_detail(alert.summary or alert.title or "Alert", alert.severity)
        text += " (suppressed: nobody was paged)" if alert.suppressed else ""
        body = told(alert.body, Body) or _NO_BODY
        text, carried = _with_carried(text, first_of(body.details, body.cef_details), {}, body.contexts)
        texts.append(text)
        details.append(carried)
    return {
        "kind": repeated("alert", alerts),
        "actor": names_of([alert.integration or alert.service for alert in alerts]),
        "text": texts,
        "pd_type": [alert.type or "alert" for alert in alerts],
        "pd_details": details,
        "alert_id": [alert.alert_key or "" for alert in alerts],
        **_columns_of_all(alerts, "alert:"),
        **incident_columns_of([alert.incident or _NO_INCIDENT for alert in alerts]),
    }


def note_columns(notes: Sequence[Record]) -> Columns:
    """Notes of people and of rules."""
    return {
        "kind": repeated("note", notes),
        "actor": names_of([note.user or note.agent for note in notes]),
        "text": [note.content or "" for note in notes],
        "pd_type": [note.type or "note" for note in notes],
        "pd_channel": [(note.channel and note.channel.type) or "" for note in notes],
        **_columns_of_all(notes, "note:"),
        **incident_columns_of([note.incident or _NO_INCIDENT for note in notes]),
    }


def update_columns(updates: Sequence[Record]) -> Columns:
    """Status updates, as they were sent to those who follow the incident."""
    return {
        "kind": repeated("status_update", updates),
        "actor": names_of([update.sender or update.agent for update in updates]),
        "text": [with_detail(update.subject or "", update.message) for update in updates],
        "pd_type": [update.type or "status_update" for update in updates],
        **_columns_of_all(updates, "status_update:"),
        **incident_columns_of([update.incident or _NO_INCIDENT for update in updates]),
    }


def other_columns(records: Sequence[Record]) -> Columns:
    """Records of a type that PagerDuty had not thought of when this was written."""
    return {
        "kind": repeated("other", records),
        "actor": names_of([record.agent for record in records]),
        "text": [_said(record, record.channel or _NO_CHANNEL) for record in records],
        "pd_type": [record.type or "" for record in records],
        **_columns_of_all(records),
        **incident_columns_of([record.incident or _NO_INCIDENT for record in records]),
    }


# --- columns ------------------------------------------------------------------------------------


def _columns_of_all(records: Sequence[Record], noun: str = "") -> Columns:
    """An alert may bear the id of its incident, so only log entries go without their `noun`."""
    ids = [record.id or "" for record in records]
    return {
        "event_id": [f"pd:{noun}{one}" for one in ids],
        "pd_id": ids,
        "place": names_of([
            record.service or (record.incident.service if record.incident else None) for record in records
        ]),
        "url": [
            link_of(record.html_url, record.incident.html_url if record.incident else None)
            for record in records
        ],
        "created_at": [record.created_at or "" for record in records],
        "pd_updated_at": [record.updated_at or "" for record in records],
    }  # fmt: skip


# --- words --------------------------------------------------------------------------------------


def _said(entry: Record, channel: Channel) -> str:
    """PagerDuty's own summary, and the note or message that came with it."""
    summary = entry.summary or _type_in_words(entry)
    return with_detail(summary, entry.note if isinstance(entry.note, str) else entry.message)


def _triggered(entry: Record, channel: Channel) -> str:
    described = entry.event_details.description if entry.event_details else None
    described = described or channel.description or channel.summary or channel.subject
    return with_detail(entry.summary or _type_in_words(entry), described)


def _resolved(entry: Record, channel: Channel) -> str:
    said = _said(entry, channel)
    into = merged_into(entry.incident.resolve_reason) if entry.incident else ""
    return f"{said.rstrip(' .')}, merged into {into}" if _merged_at_its_end(entry) else said


def _noted(entry: Record, channel: Channel) -> str:
    return channel.summary or _said(entry, channel)


def _updated(entry: Record, channel: Channel) -> str:
    return entry.message or _said(entry, channel)


def _paged(entry: Record, channel: Channel) -> str:
    """Who was paged and how. The address stays out: it is somebody's phone or mail."""
    people = [entry.user] if entry.user else entry.assignees or []
    who = ", ".join(map(name_of, people)) or "somebody"
    if channel.notification is None:
        return f"Paged {who}"
    how, status = _how(channel.notification), channel.notification.status
    if status and status != "success":
        how = joined(how, status.replace("_", " "))
    return f"Paged {who} ({how})" if how else f"Paged {who}"


def _snoozed(entry: Record, channel: Channel) -> str:
    try:
        minutes = round(float(channel.duration or 0) / 60)
    except (ValueError, OverflowError):
        minutes = 0
    return with_detail(_said(entry, channel), f"{minutes} min" if minutes else None)


def _prioritised(entry: Record, channel: Channel) -> str:
    old, new = name_of(channel.old_priority), name_of(channel.new_priority)
    said = _said(entry, channel)
    if new in said and old in said:
        return said
    return with_detail(said, f"{old} → {new}" if old else new)


def _changed(entry: Record, channel: Channel) -> str:
    said = _said(entry, channel)
    return with_detail(said, changes_of(told(channel.changeset) or told(entry.changeset), said))


def _unanswered(entry: Record, channel: Channel) -> str:
    meaning = _MEANINGS[(entry.type or "").removesuffix("_log_entry")]
    return f"{_said(entry, channel).rstrip(' .')}: {meaning}"


def _requested(entry: Record, channel: Channel) -> str:
    """Who was asked to help, and with which words."""
    said = entry.summary or _type_in_words(entry)
    asked = told(entry.responders, list[Responder]) or []
    missing = [name for responder in asked if (name := responder.words()) and name not in said]
    if missing:
        said = f"{said.rstrip(' .')} ({', '.join(missing)})"
    return with_detail(said, entry.message)


def _linked(entry: Record, channel: Channel) -> str:
    return with_detail(_said(entry, channel), name_of(entry.linked_incident))


_WORDS: Final[dict[str, Callable[[Record, Channel], str]]] = {
    "trigger": _triggered, "resolve": _resolved, "annotate": _noted, "notify": _paged, "snooze": _snoozed,
    "priority_change": _prioritised, "field_value_change": _changed, "custom_field_value_change": _changed,
    "exhaust_escalation_path": _unanswered, "repeat_escalation_path": _unanswered,
    "responder_request": _requested, "responder_request_for_escalation_policy": _requested,
    "status_update": _updated, "incident_status_update": _updated,
    "merge": _linked, "link": _linked, "unlink": _linked,
}  # fmt: skip


def _type_in_words(entry: Record) -> str:
    return (entry.type or "").removesuffix("_log_entry").replace("_", " ").capitalize()


def _how(notification: Notification) -> str:
    return (notification.type or "").removesuffix("_notification")


def _carried(text: str, entry: Record, channel: Channel) -> tuple[str, str]:
    """The text of a trigger with what the alert says in words, and everything that it carried."""
    labels: dict[str, Any] = {}
    part = first_of(channel.details, channel.body)
    if channel.cef_details:
        cef = told(channel.cef_details, Cef) or _NO_CEF
        labels = {"severity": cef.severity, "source": cef.source_origin, "class": cef.event_class}
        part = part or first_of((told(channel.cef_details, Body) or _NO_BODY).details)
    if channel.host:  # Nagios
        labels |= {"host": told(channel.host), "state": told(channel.state)}
    return _with_carried(text, part, labels, entry.contexts)


def _with_carried(text: str, part: Raw, labels: dict[str, Any], contexts: Raw) -> tuple[str, str]:
    if links := first_of(contexts):
        labels["links"] = told(links)
    saying = saying_of(part, text)
    return f"{text}\n{saying}" if saying else text, json_of(labels, part)


def _merged_at_its_end(entry: Record) -> bool:
    """Whether this resolution closed an incident that lives on in another; a merged incident says when."""
    incident = entry.incident
    if incident is None or not merged_into(incident.resolve_reason):
        return False
    return incident.resolved_at in (None, entry.created_at)


def _incident_text(incident: Record) -> str:
    title = incident.title or incident.summary or ""
    number = "" if incident.incident_number is None else str(incident.incident_number)
    text = f"Incident #{number}" if number else "Incident"
    kind = name_of(incident.incident_type)
    facts = joined(
        f"{incident.urgency} urgency" if incident.urgency else "",
        name_of(incident.priority),
        f"type {kind}" if kind not in ("", "incident_default") else "",
        f"resolved {incident.resolved_at}" if incident.resolved_at else "",
        f"merged into {into}" if (into := merged_into(incident.resolve_reason)) else "",
    )
    asked = told(incident.incidents_responders, list[Responder]) or ()
    people = ", ".join(f"{responder.words()} {responder.state or ''}".strip() for responder in asked)
    responders = f"responders {people}" if people else ""
    said = joined(facts, responders, changes_of(told(incident.custom_fields)), by="; ")
    return with_asides(with_detail(text, title if title != text else ""), said)
