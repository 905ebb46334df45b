"""Opsgenie: alerts with their logs and notes, incidents with their timeline, and the webhooks of alerts.

As its API lists them (https://docs.opsgenie.com/docs/alert-api-continued,
https://docs.opsgenie.com/docs/incident-api, https://docs.opsgenie.com/docs/incident-timeline-api) and as its
webhooks send them (https://docs.opsgenie.com/docs/opsgenie-edge-connector-alert-action-data).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit.loaders._documents import (
    Found,
    Row,
    Shape,
    first_record,
    joined,
    list_in,
    load_records,
    object_in,
    read_pages,
    text_in,
    url_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._kinds import (
    Kind,
    Read,
    elsewhere,
    holds,
    id_of,
    kind_of,
    moment_text,
    rows_of,
    with_asides,
)
from pmkit.loaders._moments import Instant, read_any_epoch

# What an entry of a timeline is called, what a webhook's action is called, and how a line of an alert's log
# begins, to our kind; the first that fits counts, and what fits none is "other".
TIMELINE: Final = (
    ("IncidentOpened", "trigger"), ("IncidentReopened", "reopen"), ("IncidentResolved", "resolve"),
    ("ResponderAlertAcked", "ack"), ("ResponderAlertCreated", "notify"), ("PriorityUpdated", "priority"),
    ("ResponderUser", "responder"), ("ResponderTeam", "responder"), ("StatusPage", "status_update"),
    ("Stakeholder", "status_update"), ("Note", "note"), ("CustomUserEntry", "note"),
)  # fmt: skip
ACTIONS: Final = {
    "Create": ("trigger", "Created"), "Acknowledge": ("ack", "Acknowledged"),
    "UnAcknowledge": ("unack", "Acknowledgement taken back"), "Close": ("resolve", "Closed"),
    "Escalate": ("escalate", "Escalated"), "EscalateNext": ("escalate", "Escalated"),
    "AddNote": ("note", "Note added"), "AssignOwnership": ("assign", "Assigned"),
    "TakeOwnership": ("assign", "Taken over"), "Snooze": ("snooze", "Snoozed"),
    "UpdatePriority": ("priority", "Priority updated"), "AddRecipient": ("responder", "Responder added"),
    "AddResponder": ("responder", "Responder added"), "AddTeam": ("responder", "Team added"),
    "AddTags": ("field", "Tags added"), "RemoveTags": ("field", "Tags removed"),
    "AddDetails": ("field", "Details added"), "UpdateMessage": ("field", "Message updated"),
    "UpdateDescription": ("field", "Description updated"),
}  # fmt: skip
LOGS: Final = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (r"\bun-?acknowledged", "unack"), (r"\backnowledged", "ack"), (r"\balert (was )?created", "trigger"),
        (r"\bclosed", "resolve"), (r"\bescalat", "escalate"), (r"\bsnooze", "snooze"),
        (r"\bowner", "assign"), (r"\bassigned", "assign"), (r"\bpriority", "priority"), (r"\bnote", "note"),
        (r"\b(responder|recipient|team)s?\b.*\badded|\badded\b.*\b(responder|team)", "responder"),
        (r"\b(notified|notification|notify|called|sms)\b", "notify"), (r"\btags?\b|\bdetails\b", "field"),
    )
)  # fmt: skip


def load_opsgenie(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """Opsgenie's records as events, sorted by time.

    One row per alert, incident, timeline entry, line of an alert's log, note and webhook; then one row
    `kind="unreadable"` for every record that cannot be read, with the reason in `text`. An alert or incident
    is one row at its creation, with its end in the text; `trigger`, `ack` and `resolve` come from logs,
    timelines and webhooks. Acknowledgements count as such when a person made them: Opsgenie acknowledges
    and closes the alerts of its responders by itself when an incident ends. The webhook of an action stands
    where the action was, which is when the alert was last updated.

    Parameters
    ----------
    path : JSON as the API lists it (`{"data": […]}`), single records, bare lists, JSON Lines; or a folder of
        such files
    zone : for times that carry none

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`; `alert_id` is the alert's alias. `time` is UTC: text as ISO 8601,
    numbers in milliseconds or nanoseconds since 1970, as their size tells.

    Raises
    ------
    EvidenceError : there is no such file
    QuestionError : a time carries no zone and `zone` is not given
    """
    path = Path(path)
    return load_records("opsgenie", path, SHAPE, rows_of(_KINDS, path, zone, inner=("note",)))


def find_incompleteness(path: str | Path) -> str:
    """What the pages say is missing, as one sentence for a reader of `evidence.csv`, or ""."""
    pages = list(read_pages(Path(path), SHAPE))
    following = any(text_in(page, "paging", "next") or text_in(page, "nextOffset") for page in pages[-1:])
    return "incomplete: the list has more pages" if following else ""


# Telling records apart


def _is_alert(record: dict[str, Any]) -> bool:
    return holds("tinyId", "message")(record) and ("alias" in record or "acknowledged" in record)


def _is_incident(record: dict[str, Any]) -> bool:
    told = {"impactStartDate", "impactedServices", "ownerTeam"} & set(record)
    return holds("tinyId", "message")(record) and bool(told)


def _is_hook(record: dict[str, Any]) -> bool:
    return "action" in record and "alertId" in object_in(record, "alert")


_is_entry = holds("eventTime", "type")


# Records to rows


def _moment(value: object, time: Read) -> Instant:
    """A time as its API writes it, ISO 8601, or as its webhooks do, a number since 1970."""
    is_number = isinstance(value, int) or (isinstance(value, str) and value.isdecimal())
    return read_any_epoch(value) if is_number else time(value)


def _alert(found: Found, time: Read) -> Row:
    record = found.record
    at = _moment(record.get("createdAt"), time)
    count, tags = text_in(record, "count"), [text_in(tag) for tag in list_in(record, "tags")]
    text = with_asides(
        joined(text_in(record, "priority"), text_in(record, "message"), by=" "),
        text_in(record, "status"),
        _after(record, "ackTime", "acknowledged", "acknowledgedBy", at),
        _after(record, "closeTime", "closed", "closedBy", at),
        f"{count} times" if count not in ("", "0", "1") else "",
        f"tags {' '.join(tags)}" if tags else "",
    )
    return {
        "event_id": f"opsgenie:alert:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": "alert", "actor": text_in(record, "integration", "name") or text_in(record, "source"),
        "place": text_in(record, "entity"), "text": joined(text, text_in(record, "description"), by="\n"),
        "alert_id": text_in(record, "alias"), "updated": text_in(record, "updatedAt"),
    }  # fmt: skip


def _after(record: dict[str, Any], name: str, done: str, by: str, at: Instant) -> str:
    """What was done so many milliseconds after the alert was made, when and by whom."""
    report = object_in(record, "report")
    milliseconds = report.get(name)
    if not isinstance(milliseconds, int) or not 0 < milliseconds < 10**12:
        return ""
    who = text_in(report, by)
    return joined(
        done, moment_text(Instant(at.time + milliseconds * 1000, "")), f"by {who}" if who else "", by=" "
    )


def _incident(found: Found, time: Read) -> Row:
    record = found.record
    at = _moment(record.get("createdAt"), time)
    name = joined(text_in(record, "priority"), text_in(record, "message"), by=" ")
    text = with_asides(
        f"Incident {text_in(record, 'tinyId')}: {name}",
        text_in(record, "status"),
        elsewhere("impact began", record.get("impactStartDate"), at, time),
        elsewhere("impact ended", record.get("impactEndDate"), at, time),
    )
    return {
        "event_id": f"opsgenie:incident:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": "incident", "text": joined(text, text_in(record, "description"), by="\n"),
        "url": url_in(record, "links", "web"), "updated": text_in(record, "updatedAt"),
    }  # fmt: skip


def _entry(found: Found, time: Read) -> Row:
    """One entry of an incident's timeline."""
    record, incident = found.record, found.around[-1] if found.around else {}
    at, what = _moment(record.get("eventTime"), time), text_in(record, "type")
    kind = next((kind for words, kind in TIMELINE if words in what), "other")
    if kind == "ack" and text_in(record, "actor", "type") != "user":
        kind = "other"
    said = joined(
        text_in(record, "title", "content") or what, text_in(record, "description", "content"), by=": "
    )
    number = text_in(incident, "tinyId")
    name = text_in(record, "id") or f"{what}:{at.time}"
    return {
        "event_id": joined("opsgenie", text_in(incident, "id"), name, by=":"),
        "time": at.time, "time_basis": at.basis, "kind": kind, "actor": text_in(record, "actor", "name"),
        "text": with_asides(
            joined(f"Incident {number}" if number else "", said, by=": "),
            "hidden in Opsgenie" if record.get("hidden") is True else "",
        ),
        "url": url_in(incident, "links", "web"),
    }  # fmt: skip


def _log(found: Found, time: Read) -> Row:
    """One line of an alert's log; which alert it is of, the list does not tell."""
    record = found.record
    at, said = _moment(record.get("createdAt"), time), text_in(record, "log")
    return {
        "event_id": f"opsgenie:log:{text_in(record, 'offset') or at.time}", "time": at.time,
        "time_basis": at.basis, "kind": next((kind for words, kind in LOGS if words.search(said)), "other"),
        "actor": text_in(record, "owner"), "text": said,
    }  # fmt: skip


def _note(found: Found, time: Read) -> Row:
    record = found.record
    at = _moment(record.get("createdAt"), time)
    return {
        "event_id": f"opsgenie:note:{text_in(record, 'offset') or at.time}", "time": at.time,
        "time_basis": at.basis, "kind": "note", "actor": text_in(record, "owner"),
        "text": text_in(record, "note"),
    }  # fmt: skip


def _hook(found: Found, time: Read) -> Row:
    record, alert = found.record, object_in(found.record, "alert")
    action = text_in(record, "action")
    acted = alert.get("createdAt") if action == "Create" else alert.get("updatedAt") or alert.get("createdAt")
    at = _moment(acted, time)
    kind, words = ACTIONS.get(action, ("other", action or "Alert"))
    said = joined(text_in(alert, "priority"), text_in(alert, "message"), by=" ")
    return {
        "event_id": f"opsgenie:hook:{id_of(alert, 'alertId')}:{action}:{at.time}", "time": at.time,
        "time_basis": at.basis, "kind": kind,
        "actor": text_in(alert, "username") or text_in(alert, "source"), "place": text_in(alert, "entity"),
        "text": joined(f"{words}: {said}", text_in(alert, "note"), by="\n"),
        "alert_id": text_in(alert, "alias"),
    }  # fmt: skip


_KINDS: Final = {
    "webhook": Kind(_is_hook, _hook),
    "alert": Kind(_is_alert, _alert),
    "incident": Kind(_is_incident, _incident),
    "entry": Kind(_is_entry, _entry),
    "log": Kind(holds("log", "createdAt"), _log),
    "note": Kind(holds("note", "createdAt"), _note),
}


def _is_any(record: dict[str, Any]) -> bool:
    return kind_of(record, _KINDS) not in ("", "entry")


SHAPE: Final = Shape(
    pages={"data": _is_any, "entries": _is_entry},
    inner={"timelines": _is_entry},
    wrappers=("data", "record"),
)


def _recognise(glimpse: Glimpse) -> bool:
    found = first_record(glimpse, SHAPE)
    what = kind_of(found.record, _KINDS) if found else ""
    # Others have notes and logs too; only Opsgenie numbers its own by an offset.
    return what in ("webhook", "alert", "incident") or bool(
        found and what and ("offset" in found.record or "group" in found.record)
    )


FORMATS: Final = (
    Format(
        "opsgenie", "opsgenie", "Opsgenie's alerts, incidents, timelines, logs or webhooks",
        recognise=_recognise, load=load_opsgenie, options=("zone",), find_incompleteness=find_incompleteness,
    ),
)  # fmt: skip
