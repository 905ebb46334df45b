"""What is read of PagerDuty's JSON; the decoder passes over everything else.

One shape serves every record of the REST API, because a list may mix them, a reference may be replaced by
the whole object, and a line of a file may be any of them. What a record can do without stays undecoded
(`Raw`), so that a strange value in it costs nothing but itself.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

Text = str | None
Number = int | float | str | None

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Ref(Struct, gc=False):
    """A reference, or the whole object in its place."""

    id: Text = None
    type: Text = None
    summary: Text = None
    name: Text = None
    email: Text = None


class Reason(Struct, gc=False):
    """Why an incident was resolved; the only reason known is a merge."""

    type: Text = None
    incident: Ref | None = None


class Incident(Struct, gc=False):
    """The incident a record belongs to: a reference, or the whole with `include[]=incidents`."""

    id: Text = None
    summary: Text = None
    html_url: Text = None
    incident_number: Number = None
    service: Ref | None = None
    resolved_at: Text = None
    resolve_reason: Reason | str | None = None


class Notification(Struct, gc=False):
    """How somebody was paged; the address is passed over."""

    type: Text = None
    status: Text = None


class Channel(Struct, gc=False):
    """Through what an entry came; with `include[]=channels` also what it carried."""

    type: Text = None
    summary: Text = None
    description: Text = None
    subject: Text = None
    incident_key: Text = None
    duration: Number = None
    notification: Notification | None = None
    old_priority: Ref | None = None
    new_priority: Ref | None = None
    changeset: Raw = Raw()
    details: Raw = Raw()
    cef_details: Raw = Raw()
    body: Raw = Raw()
    host: Raw = Raw()
    state: Raw = Raw()


class Described(Struct, gc=False):
    """The part of an event that describes it."""

    description: Text = None


class Record(Struct, gc=False):
    """A log entry, incident, alert, note or status update."""

    id: Text = None
    type: Text = None
    summary: Text = None
    html_url: Text = None
    created_at: Text = None
    updated_at: Text = None
    agent: Ref | None = None
    service: Ref | None = None
    incident: Incident | None = None
    # log entries
    channel: Channel | None = None
    event_details: Described | None = None
    user: Ref | None = None
    assignees: list[Ref] | None = None
    message: Text = None
    note: str | Record | None = None
    changeset: Raw = Raw()
    responders: Raw = Raw()
    contexts: Raw = Raw()
    linked_incident: Ref | None = None
    # incidents
    incident_number: Number = None
    title: Text = None
    urgency: Text = None
    priority: Ref | None = None
    incident_type: Ref | None = None
    resolved_at: Text = None
    resolve_reason: Reason | str | None = None
    last_status_change_by: Ref | None = None
    incidents_responders: Raw = Raw()
    custom_fields: Raw = Raw()
    # alerts, notes and status updates
    alert_key: Text = None
    severity: Text = None
    suppressed: bool | None = None
    integration: Ref | None = None
    body: Raw = Raw()
    content: Text = None
    sender: Ref | None = None
    subject: Text = None


class Cef(Struct, gc=False):
    """How grave an alert was and what sent it, in the common format of events (PD-CEF)."""

    severity: Any = None
    source_origin: Any = None
    event_class: Any = None


class Words(Struct, gc=False):
    """Where monitoring tools put the words that a person would read, what says most first.

    Everything else that an alert carries is a measure or a label.
    """

    message: Any = None
    message_too: Any = msgspec.field(default=None, name="Message")
    error_message: Any = None
    error: Any = None
    reason: Any = None
    new_state_reason: Any = msgspec.field(default=None, name="NewStateReason")
    firing: Any = None
    output: Any = None
    service_output: Any = msgspec.field(default=None, name="SERVICEOUTPUT")
    host_output: Any = msgspec.field(default=None, name="HOSTOUTPUT")
    long_output: Any = None
    body: Any = None
    text: Any = None
    msg: Any = None
    description: Any = None
    note: Any = None
    notes: Any = None
    details: Any = None


class Body(Struct, gc=False):
    """What an alert carried; in the common format of events it stands a level deeper."""

    details: Raw = Raw()
    cef_details: Raw = Raw()
    contexts: Raw = Raw()


class Responder(Struct, gc=False):
    """Somebody who was asked to help: named directly, or within."""

    summary: Text = None
    name: Text = None
    state: Text = None
    user: Ref | None = None

    def words(self) -> str:
        """What to call them."""
        return self.summary or self.name or name_of(self.user)


class Role(Struct, gc=False):
    """Who took or gave up a role in an incident."""

    role: Ref | None = None
    assignee: Ref | None = None
    old_assignee: Ref | None = None
    incident: Incident | None = None


class Data(Struct, gc=False):
    """What an event is about. One shape serves all; `type` tells which it is."""

    id: Text = None
    type: Text = None
    summary: Text = None
    html_url: Text = None
    incident: Incident | None = None
    service: Ref | None = None
    # incidents
    number: Number = None
    title: Text = None
    assignees: list[Ref] | None = None
    escalation_policy: Ref | None = None
    priority: Ref | None = None
    urgency: Text = None
    incident_type: Ref | None = None
    resolve_reason: Reason | str | None = None
    # notes, status updates, responders
    content: Text = None
    message: Text = None
    trimmed: bool | None = None
    user: Ref | None = None
    state: Text = None
    # fields, roles, tasks, bridges, automation
    custom_fields: Raw = Raw()
    changed_custom_fields: Raw = Raw()
    incident_role_assignments: list[Role] | None = None
    name: Text = None
    description: Text = None
    status: Text = None
    conference_url: Text = None
    conference_numbers: Raw = Raw()
    incident_workflow: Ref | None = None
    action: Ref | None = None


class Event(Struct, gc=False):
    """What a webhook of version 3 tells."""

    id: Text = None
    event_type: Text = None
    occurred_at: Text = None
    agent: Ref | None = None
    data: Data | None = None


class OldData(Struct, gc=False):
    """The data of a webhook of version 1."""

    incident: OldIncident | None = None


class OldIncident(Struct, gc=False):
    """An incident as version 1 wrote it."""

    id: Text = None
    summary: Text = None
    incident_number: Number = None
    html_url: Text = None
    urgency: Text = None
    service: Ref | None = None
    trigger_summary_data: Raw = Raw()
    assigned_to: list[OldAssignment] | None = None
    last_status_change_by: Ref | None = None
    resolve_reason: Reason | str | None = None


class OldAssignment(Struct, gc=False):
    """Somebody an incident of version 1 was assigned to."""

    object: Ref | None = None


class Message(Struct, gc=False):
    """A webhook of version 2, which carries the log entries it is about, or of version 1, which does not."""

    id: Text = None
    event: Text = None
    type: Text = None
    created_on: Text = None
    incident: Record | None = None
    log_entries: list[Record] | None = None
    data: OldData | None = None


class Stream(Struct, gc=False):
    """Airbyte's envelope."""

    data: Record


class Delivery(Struct, gc=False):
    """The envelope of an event bus, or of a server that kept the body of what it was sent."""

    event: Event | None = None
    messages: list[Message] | None = None


class Document(Record, gc=False):
    """A page, a wrapped record or webhook, or a record by itself."""

    incidents: list[Record] | None = None
    alerts: list[Record] | None = None
    log_entries: list[Record] | None = None
    notes: list[Record] | None = None
    status_updates: list[Record] | None = None
    incident: Record | None = None  # type: ignore[assignment]
    alert: Record | None = None
    log_entry: Record | None = None
    status_update: Record | None = None
    record: Stream | None = None
    event: Event | None = None
    messages: list[Message] | None = None
    detail: Delivery | None = None
    # an event without its envelope
    event_type: Text = None
    occurred_at: Text = None
    data: Data | None = None


class Thing(Struct, gc=False):
    """An object of which nothing is read: it counts."""


def told(raw: Raw, shape: Any = Any) -> Any:
    """The value of a part that was not decoded with its record; None where it cannot be read as `shape`."""
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw, type=shape)
    except UNDECODABLE:
        return None


def name_of(ref: Ref | None) -> str:
    """What to call somebody or something."""
    return (ref.summary or ref.name or ref.email or ref.id or "") if ref else ""
