"""PagerDuty's incident and its log entries as REST gives them, from one line per entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from story.company import Company, Record, hexes, zulu

_COLOURS = {"P1": "a8171c", "P2": "eb6016", "P3": "f9b406"}


@dataclass(frozen=True)
class Page:
    """One incident of PagerDuty: what the lines of its story do not say.

    Parameters
    ----------
    key
        What alerts of the same cause share.
    alert
        What a `trigger` line's words are, as title and details of the alert.
    source
        The monitor's own names for it: `origin`, `class`, `client` and `client_url`.
    service, policy, group
        Id and name of the service, its escalation policy and its team.
    custom_field
        The incident's custom field; its value is that of the last `field` line.
    phones
        Handle → number to call.
    """

    company: Company
    incident_id: str
    number: int
    key: str
    title: str
    alert: Callable[..., tuple[str, Record]]
    source: Mapping[str, str]
    service: tuple[str, str]
    policy: tuple[str, str]
    group: tuple[str, str]
    custom_field: Mapping[str, str]
    phones: Mapping[str, str]


def _ref(page: Page, kind: str, ident_: str, summary: str, path: str) -> Record:
    return {
        "id": ident_,
        "type": f"{kind}_reference",
        "summary": summary,
        "self": f"https://api.pagerduty.com/{path}/{ident_}",
        "html_url": f"{page.company.pagerduty}/{path}/{ident_}",
    }


def _user(page: Page, handle: str) -> Record:
    return _ref(page, "user", page.company.pagerduty_ids[handle], page.company.people[handle][0], "users")


def _service(page: Page) -> Record:
    return _ref(page, "service", *page.service, "services")


def _policy(page: Page) -> Record:
    return _ref(page, "escalation_policy", *page.policy, "escalation_policies")


def _group(page: Page) -> Record:
    return _ref(page, "team", *page.group, "teams")


def _incident(page: Page) -> Record:
    return _ref(page, "incident", page.incident_id, f"[#{page.number}] {page.title}", "incidents")


_ENTRY = re.compile(
    r"(?P<clock>\d\d:\d\d:\d\d)(?P<offset>[+-]\d\d:\d\d)? (?P<verb>\w+) (?:\[(?P<label>\w+)\] )?(?P<rest>.*)"
)


def read_log(page: Page, name: str = "pagerduty") -> tuple[list[Record], dict[str, str]]:
    """The log entries in the order they happened, and label → entry id."""
    entries: list[Record] = []
    labels: dict[str, str] = {}
    day = ""
    for line in page.company.read(name):
        if line.startswith("=="):
            day = line[3:]
            continue
        match = _ENTRY.fullmatch(line)
        if match is None:
            raise ValueError(f"{name}: cannot read {line!r}")
        at = datetime.fromisoformat(f"{day}T{match['clock']}+00:00")
        entry_id = page.company.ident(f"log:{len(entries)}:{line}", "R", 25)
        told = _VERBS[match["verb"]](page, at, *match["rest"].split())
        entries.append(_entry(page, entry_id, _with_offset(at, match["offset"]), told))
        if match["label"]:
            labels[match["label"]] = entry_id
    return entries, labels


def _entry(page: Page, entry_id: str, created_at: str, told: Record) -> Record:
    entry = {
        "id": entry_id,
        "type": "",
        "summary": "",
        "self": f"https://api.pagerduty.com/log_entries/{entry_id}",
        "html_url": None,
        "created_at": created_at,
        "agent": _service(page),
        "channel": {"type": "auto"},
        "service": _service(page),
        "incident": _incident(page),
        "teams": [_group(page)],
        "contexts": [],
    } | told
    entry["type"] += "_log_entry"
    if entry["agent"] is None:
        del entry["agent"]
    return entry


def _with_offset(at: datetime, offset: str | None) -> str:
    """As PagerDuty shows it: in UTC, or with the offset of who did it."""
    zone = datetime.fromisoformat(f"{at.date()}T00:00:00{offset}").tzinfo if offset else None
    return at.astimezone(zone).isoformat() if zone else zulu(at)


def _name(page: Page, handle: str) -> str:
    return page.company.people[handle][0]


def _triggered(page: Page, _at: datetime, *words: str) -> Record:
    title, details = page.alert(*words)
    client, client_url = page.source["client"], page.source["client_url"]
    cef_details = {
        "dedup_key": page.key, "severity": "critical", "source_origin": page.source["origin"],
        "source_component": page.service[1], "event_class": page.source["class"], "message": title,
        "description": title, "details": details, "creation_time": None, "version": "1.0",
    }  # fmt: skip
    channel = {
        "type": "api", "service_key": hexes("service_key", 12), "summary": title, "description": title,
        "incident_key": page.key, "client": client, "client_url": client_url, "details": details,
        "cef_details": cef_details,
    }  # fmt: skip
    summary, event = "Triggered through the API.", {"description": page.title}
    return {"type": "trigger", "summary": summary, "channel": channel, "event_details": event}


def _assigned(page: Page, _at: datetime, whom: str, by: str = "") -> Record:
    summary = (
        f"Reassigned to {_name(page, whom)} by {_name(page, by)}."
        if by
        else f"Assigned to {_name(page, whom)}."
    )
    moved = {"agent": _user(page, by), "channel": {"type": "web"}} if by else {}
    return {"type": "assign", "summary": summary, "assignees": [_user(page, whom)], **moved}


def _paged(page: Page, _at: datetime, who: str, by: str, status: str = "success") -> Record:
    """A notification; PagerDuty gives these no agent."""
    kind = "push_notification" if by == "push" else by
    address = {"push": f"{_name(page, who)}'s phone", "email": f"{who}@example.com"}.get(by) or page.phones[
        who
    ]
    channel = {"type": "auto", "notification": {"type": kind, "address": address, "status": status}}
    summary = f"Notified {_name(page, who)} by {kind.replace('_', ' ')}"
    return {"type": "notify", "summary": summary, "agent": None, "channel": channel, "user": _user(page, who)}


def _escalated(page: Page, _at: datetime, whom: str) -> Record:
    summary = f"Escalated to {_name(page, whom)} by timeout"
    channel = {"type": "timeout"}
    return {
        "type": "escalate",
        "summary": summary,
        "channel": channel,
        "assignees": [_user(page, whom)],
    }


def _acknowledged(page: Page, _at: datetime, who: str) -> Record:
    summary, channel = f"Acknowledged by {_name(page, who)}", {"type": "mobile"}
    more = {"acknowledgement_timeout": None, "event_details": {}}
    return {"type": "acknowledge", "summary": summary, "agent": _user(page, who), "channel": channel, **more}


def _noted(page: Page, _at: datetime, who: str, *words: str) -> Record:
    channel = {"type": "note", "summary": " ".join(words)}
    return {
        "type": "annotate",
        "summary": f"Note added by {_name(page, who)}.",
        "agent": _user(page, who),
        "channel": channel,
    }


def _prioritised(page: Page, _at: datetime, who: str, new: str, old: str = "") -> Record:
    summary = f"Priority changed from “{old}” to “{new}” by {_name(page, who)}."
    if not old:
        summary = f"Priority set to “{new}” by {_name(page, who)}."
    change = {"old_priority": {"name": old} if old else None, "new_priority": {"name": new}}
    channel = {"type": "web", **change}
    return {
        "type": "priority_change", "summary": summary, "agent": _user(page, who), "channel": channel,
    }  # fmt: skip


def _requested(page: Page, at: datetime, who: str, whom: str, *words: str) -> Record:
    target = {
        "type": "user",
        "id": page.company.pagerduty_ids[whom],
        "summary": None,
        "requested_at": at.astimezone(page.company.day_zone).isoformat(),
    }
    summary = f"{_name(page, who)} requested {_name(page, whom)} to join the incident"
    return {
        "type": "responder_request", "summary": summary, "agent": _user(page, who),
        "channel": {"type": "web"}, "message": " ".join(words), "requester": _user(page, who),
        "responders": [_user(page, whom)], "responder_request_targets": [target],
    }  # fmt: skip


def _joined(page: Page, _at: datetime, who: str) -> Record:
    summary = f"{_name(page, who)} accepted the request to join the incident"
    return {
        "type": "responder_accept",
        "summary": summary,
        "agent": _user(page, who),
        "channel": {"type": "mobile"},
    }


def _status(page: Page, _at: datetime, who: str, *words: str) -> Record:
    more = {"agent": _user(page, who), "channel": {"type": "web"}, "message": " ".join(words)}
    return {"type": "status_update", "summary": f"Status update added by {_name(page, who)}", **more}


def _field(page: Page, _at: datetime, who: str, *values: str) -> Record:
    changed = [{"name": page.custom_field["name"], "old_value": None, "value": list(values)}]
    channel = {"type": "web", "changeset": {"customer_fields": changed}}
    summary = f"Custom field “{page.custom_field['display_name']}” changed by {_name(page, who)}"
    agent = _user(page, who)
    return {"type": "custom_field_value_change", "summary": summary, "agent": agent, "channel": channel}


def _resolved(page: Page, _at: datetime, who: str, *words: str) -> Record:
    more = {
        "agent": _user(page, who),
        "channel": {"type": "website"},
        "note": " ".join(words),
        "event_details": {},
    }
    return {"type": "resolve", "summary": f"Resolved by {_name(page, who)}", **more}


_VERBS: dict[str, Callable[..., Record]] = {
    "trigger": _triggered, "assign": _assigned, "page": _paged, "escalate": _escalated, "ack": _acknowledged,
    "note": _noted, "priority": _prioritised, "request": _requested, "accept": _joined, "status": _status,
    "field": _field, "resolve": _resolved,
}  # fmt: skip


def _responder(page: Page, request: Record, joined: Record | None) -> Record:
    target = request["responder_request_targets"][0]
    return {
        "state": "joined" if joined else "pending",
        "user": request["responders"][0],
        "incident": _incident(page),
        "updated_at": joined["created_at"] if joined else request["created_at"],
        "message": request["message"],
        "requester": request["requester"],
        "requested_at": target["requested_at"],
    }


def to_incident(page: Page, log: list[Record]) -> Record:
    """The incident object as REST gives it after the resolve: assignments and acknowledgements are empty."""

    def entries(kind: str) -> list[Record]:
        return [entry for entry in log if entry["type"] == f"{kind}_log_entry"]

    opened, resolve = log[0]["created_at"], entries("resolve")[-1]
    first = _ref(page, "trigger_log_entry", log[0]["id"], "Triggered through the API.", "log_entries")
    joined = {entry["agent"]["id"]: entry for entry in entries("responder_accept")}
    asked = entries("responder_request")
    responders = [_responder(page, entry, joined.get(entry["responders"][0]["id"])) for entry in asked]
    alerts = len(entries("trigger"))
    priority = entries("priority_change")[-1]["channel"]["new_priority"]["name"]
    changed = entries("custom_field_value_change")
    values = changed[-1]["channel"]["changeset"]["customer_fields"][0]["value"] if changed else []
    return {
        "incident": {
            **_incident(page),
            "type": "incident",
            "incident_number": page.number,
            "title": page.title,
            "description": page.title,
            "created_at": opened,
            "updated_at": log[-1]["created_at"],
            "status": "resolved",
            "incident_key": page.key,
            "service": _service(page),
            "assignments": [],
            "assigned_via": "escalation_policy",
            "last_status_change_at": resolve["created_at"],
            "last_status_change_by": resolve["agent"],
            "resolved_at": resolve["created_at"],
            "first_trigger_log_entry": first,
            "alert_counts": {"all": alerts, "triggered": 0, "resolved": alerts},
            "is_mergeable": True,
            "incident_type": {"name": "incident_default"},
            "escalation_policy": _policy(page),
            "teams": [_group(page)],
            "pending_actions": [],
            "acknowledgements": [],
            "alert_grouping": {"grouping_type": "intelligent", "started_at": opened, "ended_at": None},
            "priority": {
                **_ref(page, "priority", f"PPRIO0{priority[1:]}", priority, "priorities"),
                "name": priority,
                "color": _COLOURS[priority],
            },
            "resolve_reason": None,
            "conference_bridge": None,
            "incidents_responders": responders,
            "responder_requests": [],
            "urgency": "high",
            "custom_fields": [{**page.custom_field, "value": values}],
        }
    }


def to_page(log: list[Record]) -> Record:
    """One page of the log entries as REST gives it, the newest first."""
    return {"log_entries": log[::-1], "limit": 100, "offset": 0, "more": False, "total": None}
