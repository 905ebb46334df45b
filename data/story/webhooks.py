"""PagerDuty's webhooks, version 3, as somebody's endpoint kept them: one line of JSON per event."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from story.company import Company, Record, hexes

_LINE = re.compile(r"(?P<clock>\d\d:\d\d:\d\d) (?P<verb>[a-z]+) (?:\[(?P<label>\w+)\] )?(?P<rest>.*)")
_STATES = ("triggered", "acknowledged", "resolved")


@dataclass(frozen=True)
class Hooked:
    """One incident of PagerDuty: what the lines of its story do not say.

    Parameters
    ----------
    key
        What alerts of the same cause share.
    service, policy
        Id and name of the service and of its escalation policy.
    on_call
        Handle of who is assigned first.
    """

    company: Company
    incident_id: str
    number: int
    key: str
    title: str
    service: tuple[str, str]
    policy: tuple[str, str]
    on_call: str


def read_hooks(hooked: Hooked, name: str = "pagerduty") -> tuple[list[Record], dict[str, str]]:
    """The events in the order they happened, and label → event id."""
    hooks: list[Record] = []
    labels: dict[str, str] = {}
    day, state = "", {"status": "triggered", "priority": "", "created_at": ""}
    for line in hooked.company.read(name):
        if line.startswith("=="):
            day = line[3:]
            continue
        told = _LINE.fullmatch(line)
        if told is None:
            raise ValueError(f"{name}: cannot read {line!r}")
        at = datetime.fromisoformat(f"{day}T{told['clock']}+00:00")
        state["created_at"] = state["created_at"] or f"{at:%Y-%m-%dT%H:%M:%SZ}"
        hook = _hook(hooked, told, at, state)
        hooks.append(hook)
        if told["label"]:
            labels[told["label"]] = _event_id(hook["event"])
    return hooks, labels


def to_lines(hooks: list[Record]) -> str:
    return "".join(json.dumps(hook, ensure_ascii=False, separators=(",", ":")) + "\n" for hook in hooks)


def _event_id(event: Record) -> str:
    noun = {"incident_note": "note", "incident_status_update": "status_update"}.get(event["data"]["type"])
    return f"pd:{noun}:{event['data']['id']}" if noun else f"pd:event:{event['id']}"


def _hook(hooked: Hooked, told: re.Match[str], at: datetime, state: dict[str, str]) -> Record:
    verb, (who, *words) = told["verb"], told["rest"].split()
    state["status"] = verb if verb in _STATES else state["status"]
    kind, data = _VERBS[verb](hooked, who, words, state)
    if data["type"] != "incident":
        data["id"] = hooked.company.ident(f"hook:{told[0]}", "P", 13)
    millis = hooked.company.chance(f"hook:{told[0]}").randrange(1000)
    agent = _user(hooked, who) if who in hooked.company.people else _ref(hooked, "service", *hooked.service)
    return {
        "event": {
            "id": hooked.company.ident(f"event:{told[0]}", "01", 24),
            "event_type": f"incident.{kind}",
            "resource_type": "incident",
            "occurred_at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{millis:03d}Z",
            "agent": agent,
            "client": {"name": "PagerDuty"} if who in hooked.company.people else None,
            "data": data,
        }
    }


def _ref(hooked: Hooked, kind: str, ident: str, summary: str) -> Record:
    path = {"service": "services", "user": "users", "incident": "incidents", "priority": "priorities"}.get(
        kind, "escalation_policies"
    )
    return {
        "html_url": f"{hooked.company.pagerduty}/{path}/{ident}",
        "id": ident,
        "self": f"https://api.pagerduty.com/{path}/{ident}",
        "summary": summary,
        "type": f"{kind}_reference",
    }


def _user(hooked: Hooked, handle: str) -> Record:
    return _ref(hooked, "user", hooked.company.pagerduty_ids[handle], hooked.company.people[handle][0])


def _about(hooked: Hooked) -> Record:
    return _ref(hooked, "incident", hooked.incident_id, hooked.title)


def _whole(hooked: Hooked, state: Mapping[str, str]) -> Record:
    """The incident as it is at that moment."""
    name = state["priority"]
    priority = _ref(hooked, "priority", f"PP{hexes(name, 5).upper()}", name) if name else None
    return {
        "id": hooked.incident_id, "type": "incident",
        "self": f"https://api.pagerduty.com/incidents/{hooked.incident_id}",
        "html_url": f"{hooked.company.pagerduty}/incidents/{hooked.incident_id}",
        "number": hooked.number, "status": state["status"], "incident_key": hooked.key,
        "created_at": state["created_at"], "reopened_at": None, "title": hooked.title, "summary": None,
        "incident_type": {"name": "incident_default"}, "service": _ref(hooked, "service", *hooked.service),
        "assignees": [] if state["status"] == "resolved" else [_user(hooked, hooked.on_call)],
        "escalation_policy": _ref(hooked, "escalation_policy", *hooked.policy), "teams": [],
        "priority": priority,
        "urgency": "high", "conference_bridge": None, "resolve_reason": None,
    }  # fmt: skip


Told = tuple[str, Record]


def _changed(kind: str) -> Callable[[Hooked, str, list[str], dict[str, str]], Told]:
    return lambda hooked, _who, _words, state: (kind, _whole(hooked, state))


def _prioritised(hooked: Hooked, _who: str, words: list[str], state: dict[str, str]) -> Told:
    state["priority"] = words[0]
    return "priority_updated", _whole(hooked, state)


def _annotated(hooked: Hooked, _who: str, words: list[str], _state: dict[str, str]) -> Told:
    return "annotated", {
        "incident": _about(hooked), "content": " ".join(words), "trimmed": False, "type": "incident_note",
    }  # fmt: skip


def _published(hooked: Hooked, _who: str, words: list[str], _state: dict[str, str]) -> Told:
    said = {"message": " ".join(words), "trimmed": False, "type": "incident_status_update"}
    return "status_update_published", {"incident": _about(hooked), **said}


def _asked(hooked: Hooked, _who: str, words: list[str], _state: dict[str, str]) -> Told:
    whom, *message = words
    return "responder.added", {
        "incident": _about(hooked), "user": _user(hooked, whom), "escalation_policy": None,
        "message": " ".join(message), "state": "pending", "type": "incident_responder",
    }  # fmt: skip


def _replied(hooked: Hooked, who: str, words: list[str], _state: dict[str, str]) -> Told:
    return "responder.replied", {
        "incident": _about(hooked), "user": _user(hooked, who), "escalation_policy": None, "message": "",
        "state": words[0], "type": "incident_responder",
    }  # fmt: skip


_VERBS: dict[str, Callable[[Hooked, str, list[str], dict[str, str]], Told]] = {
    "triggered": _changed("triggered"), "acknowledged": _changed("acknowledged"),
    "resolved": _changed("resolved"), "priority": _prioritised, "annotated": _annotated,
    "status": _published, "added": _asked, "replied": _replied,
}  # fmt: skip
