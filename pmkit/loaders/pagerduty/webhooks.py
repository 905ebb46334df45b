"""PagerDuty's webhooks as columns of events: what it sent when something happened, as somebody kept it.

Version 3 sends one event at a time (https://developer.pagerduty.com/docs/webhooks/v3-overview); versions 2
and 1 sent `messages`. A message of version 2 carries the log entries it is about, which are read as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pmkit.loaders.pagerduty.columns import (
    Columns,
    incident_columns_of,
    link_of,
    merged_into,
    names_of,
    repeated,
    with_detail,
)
from pmkit.loaders.pagerduty.details import changes_of
from pmkit.loaders.pagerduty.shapes import (
    Data,
    Event,
    Incident,
    Message,
    OldIncident,
    Record,
    Ref,
    Role,
    name_of,
    told,
)

# Every event of version 3 that PagerDuty describes: our kind, and how a sentence on it begins.
KINDS: Final = {
    "incident.triggered": ("trigger", "Triggered"),
    "incident.acknowledged": ("ack", "Acknowledged"),
    "incident.unacknowledged": ("unack", "Unacknowledged"),
    "incident.escalated": ("escalate", "Escalated"),
    "incident.reassigned": ("assign", "Reassigned"),
    "incident.delegated": ("assign", "Handed on"),
    "incident.resolved": ("resolve", "Resolved"),
    "incident.reopened": ("reopen", "Reopened"),
    "incident.priority_updated": ("priority", "Priority changed"),
    "incident.service_updated": ("field", "Moved to another service"),
    "incident.incident_type.changed": ("field", "Incident type changed"),
    "incident.annotated": ("note", "Note"),
    "incident.status_update_published": ("status_update", "Status update"),
    "incident.responder.added": ("responder", "Asked to help"),
    "incident.responder.replied": ("responder", "Replied to a call for help"),
    "incident.role.assigned": ("responder", "Role changed hands"),
    "incident.custom_field_values.updated": ("field", "Custom fields changed"),
    "incident.conference_bridge.updated": ("field", "Conference bridge changed"),
    "incident.task.created": ("other", "Task created"),
    "incident.task.updated": ("other", "Task changed"),
    "incident.task.completed": ("other", "Task done"),
    "incident.workflow.started": ("other", "Workflow started"),
    "incident.workflow.completed": ("other", "Workflow completed"),
    "incident.action_invocation.created": ("other", "Automation action requested"),
    "incident.action_invocation.updated": ("other", "Automation action changed"),
    "incident.action_invocation.terminated": ("other", "Automation action ended"),
    "service.created": ("change", "Service created in PagerDuty"),
    "service.updated": ("change", "Service changed in PagerDuty"),
    "service.deleted": ("change", "Service deleted in PagerDuty"),
    "service.custom_field_values.updated": ("change", "Custom fields of the service changed"),
}  # fmt: skip

# What versions 1 and 2 called the same.
OLD_TYPES: Final = {
    "incident.trigger": "incident.triggered", "incident.acknowledge": "incident.acknowledged",
    "incident.unacknowledge": "incident.unacknowledged", "incident.resolve": "incident.resolved",
    "incident.assign": "incident.reassigned", "incident.escalate": "incident.escalated",
    "incident.delegate": "incident.delegated", "incident.annotate": "incident.annotated",
}  # fmt: skip

_STATUS_CHANGES: Final = ("incident.acknowledged", "incident.resolved")
# Whose record of the REST API, with the id it has there, an event tells in full.
_NOUNS: Final = {"incident_note": "note", "incident_status_update": "status_update"}
_NO_DATA: Final = Data()


def event_columns(events: Sequence[Event]) -> Columns:
    """Events of version 3, each at the time it occurred."""
    datas = [event.data or _NO_DATA for event in events]
    incidents = [_incident_of(data) for data in datas]
    told_of = [_told_of(event, data) for event, data in zip(events, datas, strict=True)]
    return {
        "event_id": [f"pd:{noun}:{told_id}" for noun, told_id in told_of],
        "pd_id": [told_id for _, told_id in told_of],
        "kind": [_kind(event, data) for event, data in zip(events, datas, strict=True)],
        "actor": names_of([event.agent for event in events]),
        "place": names_of([
            _service_of(data, incident) for data, incident in zip(datas, incidents, strict=True)
        ]),
        "text": [_text(event, data) for event, data in zip(events, datas, strict=True)],
        "url": [
            link_of(data.html_url, incident.html_url) for data, incident in zip(datas, incidents, strict=True)
        ],
        "pd_type": [event.event_type or "" for event in events],
        "pd_channel": repeated("webhook", events),
        "created_at": [event.occurred_at or "" for event in events],
        "pd_updated_at": repeated("", events),
        **incident_columns_of(incidents),
    }  # fmt: skip


def message_columns(messages: Sequence[Message]) -> Columns:
    """Messages of version 1, and those of version 2 that came without log entries."""
    return event_columns([_as_event(message) for message in messages]) | {
        "event_id": [f"pd:message:{message.id}" for message in messages],
        "pd_type": [_old_type(message) for message in messages],
    }


def _told_of(event: Event, data: Data) -> tuple[str, str]:
    """What the event is a record of, and its id: of a note or status update the one it has in REST too.

    A text that was cut to fit into the webhook is not that record; the event is one of its own then.
    """
    noun = _NOUNS.get(data.type or "")
    return (noun, data.id) if noun and data.id and not data.trimmed else ("event", event.id or "")


def _incident_of(data: Data) -> Incident:
    """The incident an event is about: itself, the one it names, or that of the roles in it."""
    if data.type == "incident":
        return Incident(data.id, data.title or data.summary, data.html_url, data.number, data.service)
    roles = data.incident_role_assignments or ()
    return data.incident or next((role.incident for role in roles if role.incident), None) or Incident()


def _service_of(data: Data, incident: Incident) -> Ref | None:
    own = Ref(data.id, summary=data.summary) if data.type == "service" else None
    return data.service or own or incident.service


def _as_event(message: Message) -> Event:
    """A message in the words of version 3. Who changed the status last did not do anything else."""
    kind = OLD_TYPES.get(_old_type(message), _old_type(message))
    incident = _told_incident(message)
    by = incident.last_status_change_by if kind in _STATUS_CHANGES else None
    data = Data(
        id=incident.id, type="incident", title=incident.summary, html_url=incident.html_url,
        number=incident.incident_number, service=incident.service, resolve_reason=incident.resolve_reason,
        assignees=[given.object for given in incident.assigned_to or () if given.object],
    )  # fmt: skip
    return Event(message.id, kind, message.created_on, by, data)


def _old_type(message: Message) -> str:
    return message.event or message.type or ""


def _told_incident(message: Message) -> OldIncident:
    """The incident of a message of either version, with its title as its summary."""
    if message.data and (incident := message.data.incident):
        subject = told(incident.trigger_summary_data)
        title = (subject.get("subject") or subject.get("description")) if isinstance(subject, dict) else None
        incident.summary = title if isinstance(title, str) else incident.summary
        return incident
    newer = message.incident or Record()
    return OldIncident(
        id=newer.id, summary=newer.title or newer.summary, html_url=newer.html_url, service=newer.service,
        incident_number=newer.incident_number, resolve_reason=newer.resolve_reason,
        last_status_change_by=newer.last_status_change_by,
    )  # fmt: skip


def _kind(event: Event, data: Data) -> str:
    if event.event_type == "incident.resolved" and merged_into(data.resolve_reason):
        return "merge"
    return KINDS.get(event.event_type or "", ("other",))[0]


# --- words --------------------------------------------------------------------------------------


def _text(event: Event, data: Data) -> str:
    kind = event.event_type or ""
    begin = KINDS[kind][1] if kind in KINDS else kind
    return _WORDS.get(data.type or "", _any)(begin, kind, data)


def _any(begin: str, kind: str, data: Data) -> str:
    return with_detail(begin, data.summary or data.title or data.name or data.message)


def _of_incident(begin: str, kind: str, data: Data) -> str:
    if kind in ("incident.reassigned", "incident.escalated"):
        begin += _to(name_of(assignee) for assignee in data.assignees or ())
    elif kind == "incident.delegated":
        begin += _to([name_of(data.escalation_policy)])
    elif kind == "incident.priority_updated":
        begin += f" to {name_of(data.priority) or 'none'}"
    elif kind == "incident.service_updated":
        begin = f"Moved to the service {name_of(data.service)}" if data.service else begin
    elif kind == "incident.incident_type.changed":
        begin += _to([name_of(data.incident_type)])
    elif into := merged_into(data.resolve_reason):
        begin += f", merged into {into}"
    return with_detail(begin, data.title or data.summary)


def _of_note(begin: str, kind: str, data: Data) -> str:
    text = data.content or data.message or ""
    return f"{text} … (cut by PagerDuty)" if data.trimmed else text or begin


def _of_responder(begin: str, kind: str, data: Data) -> str:
    user, policy = name_of(data.user), name_of(data.escalation_policy)
    who = user or policy or "Somebody"
    if kind == "incident.responder.added":
        through = f" through {policy}" if user and policy else ""
        return with_detail(f"{who} was asked to help{through}", data.message)
    return f"{who} replied to the call for help: {data.state or 'no answer told'}"


def _of_roles(begin: str, kind: str, data: Data) -> str:
    return "; ".join(map(_role, data.incident_role_assignments or ())) or begin


def _role(role: Role) -> str:
    was = f" (was {name_of(role.old_assignee)})" if role.old_assignee else ""
    return f"{name_of(role.role) or 'Role'}: {name_of(role.assignee) or 'nobody'}{was}"


def _of_fields(begin: str, kind: str, data: Data) -> str:
    """The fields that changed: the list of changes holds what they were *before*, the other what they are."""
    now = {one.get("id") or one.get("name"): one for one in _dicts(told(data.custom_fields))}
    changes = [
        {**before, **now.get(before.get("id") or before.get("name"), {"value": None}),
         "old_value": before.get("value")}
        for before in _dicts(told(data.changed_custom_fields))
    ]  # fmt: skip
    return with_detail(begin, changes_of(changes))


def _of_bridge(begin: str, kind: str, data: Data) -> str:
    """Where people met, without the codes that let anybody in."""
    where = (data.conference_url or "").partition("?")[0]
    return with_detail(begin, where or ("a phone number" if data.conference_numbers else None))


def _of_task(begin: str, kind: str, data: Data) -> str:
    who = [name_of(assignee) for assignee in data.assignees or ()]
    facts = ", ".join(fact for fact in ((data.status or "").replace("_", " "), *who) if fact)
    said = with_detail(begin, data.name or data.summary)
    return f"{said} ({facts})" if facts else said


def _of_workflow(begin: str, kind: str, data: Data) -> str:
    return with_detail(begin, name_of(data.incident_workflow) or data.summary)


def _of_action(begin: str, kind: str, data: Data) -> str:
    said = with_detail(begin, name_of(data.action) or data.summary)
    return f"{said} ({data.state})" if data.state else said


_WORDS: Final[dict[str, Callable[[str, str, Data], str]]] = {
    "incident": _of_incident, "incident_note": _of_note, "incident_status_update": _of_note,
    "incident_responder": _of_responder, "incident_role_assignment": _of_roles,
    "incident_field_values": _of_fields, "service_field_values": _of_fields,
    "incident_conference_bridge": _of_bridge, "incident_task": _of_task,
    "incident_workflow_instance": _of_workflow, "incident_action_invocation": _of_action,
}  # fmt: skip


def _to(names: Iterable[str]) -> str:
    people = ", ".join(name for name in names if name)
    return f" to {people}" if people else ""


def _dicts(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
