"""A stand-in of PagerDuty's REST API: an incident with its log, alerts, notes, changes and people.

(https://developer.pagerduty.com/api-reference) Its pages are cut by `offset` and `limit`, which reach no
further than 10,000 records.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pmkit.demo.server import Answer, Now, Request, System
from pmkit.demo.story import Story

Record = dict[str, Any]

MOST: Final = 10_000
_DEFAULT, _FULL = 25, 100
_WEB: Final = "https://marlow-finch-example.pagerduty.com"
_API: Final = "https://api.pagerduty.com"
_REFERENCE: Final = ("id", "type", "summary", "self", "html_url")


class PagerDuty(System):
    """What the account holds; lists are in the order of time, the oldest first."""

    name = "pagerduty"
    routes = (
        ("GET", "/abilities", "abilities"),
        ("GET", "/users/me", "me"),
        ("GET", "/users", "list_users"),
        ("GET", "/users/{user_id}", "get_user"),
        ("GET", "/incidents", "list_incidents"),
        ("GET", "/incidents/{key}", "get_incident"),
        ("GET", "/incidents/{key}/log_entries", "list_log_entries"),
        ("GET", "/incidents/{key}/alerts", "list_alerts"),
        ("GET", "/incidents/{key}/notes", "list_notes"),
        ("POST", "/incidents/{key}/notes", "add_note"),
        ("GET", "/incidents/{key}/related_change_events", "list_changes"),
        ("GET", "/services", "list_services"),
    )

    def __init__(self, token: str, now: Now) -> None:
        super().__init__(token, now)
        self.incidents: list[Record] = []
        self.log: dict[str, list[Record]] = {}  # by incident
        self.alerts: dict[str, list[Record]] = {}
        self.notes: dict[str, list[Record]] = {}
        self.changes: dict[str, list[Record]] = {}
        self.users: list[Record] = []
        self.services: list[Record] = []
        self.by_number = True  # whether an incident is found by its number too, which is not documented
        self._made = 0

    def tell(self, story: Story) -> None:
        """Fill it with a story."""
        incident = dict(story.incident)
        key = str(incident["id"])
        self.incidents.append(incident)
        self.log[key] = list(story.log_entries)
        self.alerts[key] = [_alert(entry, incident) for entry in _of_type(story, "trigger_log_entry")]
        self.notes[key] = [_note(entry) for entry in _of_type(story, "annotate_log_entry")]
        self.changes[key] = _changes(story)
        self.users = _users(story)
        self.services = [_service(incident["service"])]

    def refusal(self, request: Request) -> Answer | None:
        """What is said without the right token."""
        if request.headers.get("authorization") == f"Token token={self.token}":
            return None
        return (
            _error(401, 2006, "Unauthorized") if request.headers.get("authorization") else Answer(status=401)
        )

    def unknown(self, request: Request) -> Answer:
        """What is said to a path that is not there."""
        return _error(404, 2100, "Not Found")

    # Reading

    def abilities(self, request: Request) -> Answer:
        """What the account may do."""
        return Answer({"abilities": ["teams", "sso", "response_operations"]})

    def me(self, request: Request) -> Answer:
        """Who the token belongs to."""
        return Answer({"user": self.users[0]})

    def list_users(self, request: Request) -> Answer:
        """A page of people."""
        return _page(request, "users", self.users)

    def get_user(self, request: Request, user_id: str) -> Answer:
        """One of the people."""
        user = next((user for user in self.users if user["id"] == user_id), None)
        return Answer({"user": user}) if user else _error(404, 2100, "Not Found")

    def list_incidents(self, request: Request) -> Answer:
        """A page of incidents; of the last month where no dates are asked for."""
        since = request.moment("since") or self.now() - timedelta(days=30)
        until = request.moment("until") or self.now()
        if until - since > timedelta(days=184):
            return _error(400, 2001, "Invalid Input Provided", "The time range must be at most 6 months")
        rows = [
            row for row in self.incidents if since <= _at(row) < until or request.get("date_range") == "all"
        ]
        if request.get("sort_by").endswith(":desc"):
            rows.reverse()
        return _page(request, "incidents", rows)

    def get_incident(self, request: Request, key: str) -> Answer:
        """One incident, with a count of the alerts that there are now."""

        def told(incident: Record) -> Answer:
            alerts = self.alerts.get(str(incident["id"]), [])
            resolved = sum(alert.get("status") == "resolved" for alert in alerts)
            counts = {"all": len(alerts), "triggered": len(alerts) - resolved, "resolved": resolved}
            return Answer({"incident": incident | {"alert_counts": counts}})

        return self._of(key, told)

    def list_log_entries(self, request: Request, key: str) -> Answer:
        """A page of what happened, the newest first."""
        since, until = request.moment("since"), request.moment("until")
        carried = "channels" in request.all("include[]")

        def page(incident: Record) -> Answer:
            rows = [
                entry if carried else _without_details(entry)
                for entry in reversed(self.log.get(str(incident["id"]), []))
                if (since is None or since <= _at(entry)) and (until is None or _at(entry) < until)
            ]
            return _page(request, "log_entries", rows)

        return self._of(key, page)

    def list_alerts(self, request: Request, key: str) -> Answer:
        """A page of alerts, the newest first where nothing else is asked for."""
        step = 1 if request.get("sort_by").endswith(":asc") else -1
        return self._of(
            key, lambda one: _page(request, "alerts", self.alerts.get(str(one["id"]), [])[::step])
        )

    def list_notes(self, request: Request, key: str) -> Answer:
        """All notes at once, the newest first."""
        return self._of(key, lambda one: Answer({"notes": self.notes.get(str(one["id"]), [])[::-1]}))

    def list_changes(self, request: Request, key: str) -> Answer:
        """The changes that may have to do with it, the newest first; what is behind the limit is not told."""
        rest = {"limit": None, "offset": None, "total": None, "more": False}

        def told(incident: Record) -> Answer:
            rows = self.changes.get(str(incident["id"]), [])[::-1]
            return Answer({"change_events": rows[: request.number("limit", 25)], **rest})

        return self._of(key, told)

    def list_services(self, request: Request) -> Answer:
        """A page of services."""
        return _page(request, "services", self.services)

    # Writing

    def add_note(self, request: Request, key: str) -> Answer:
        """One more note; PagerDuty wants to know from whom, by the address of a user."""
        sender = request.headers.get("from", "")
        user = next((user for user in self.users if user["email"] == sender), None)
        content = (request.json.get("note") or {}).get("content")
        if user is None:
            return _error(400, 2001, "Invalid Input Provided", "Requester User Not Found")
        if not isinstance(content, str) or not content.strip():
            return _error(400, 2001, "Invalid Input Provided", "Content cannot be empty.")

        def add(incident: Record) -> Answer:
            self._made += 1
            note = {
                "id": f"PNOTE{self._made:04d}",
                "user": _reference(user),
                "channel": {"summary": "The PagerDuty website or APIs"},
                "content": content,
                "created_at": _text(self.now()),
                "updated_at": _text(self.now()),
            }
            self.notes.setdefault(str(incident["id"]), []).append(note)
            self.log.setdefault(str(incident["id"]), []).append(_annotation(note, incident, user))
            return Answer({"note": note}, 201 if request.get("created") else 200)

        return self._of(key, add)

    # Faults

    def stick(self, request: Request, answer: Answer) -> Answer:
        """A page that says there is more, and holds nothing: a client that trusts it asks for ever."""
        if isinstance(answer.value, dict) and "more" in answer.value and answer.value["offset"] is not None:
            name = next(iter(answer.value))
            return answer._replace(value=answer.value | {name: [], "more": True})
        return answer

    def arrive(self, chance: random.Random) -> None:
        """A new log entry, or an alert."""
        incident = chance.choice(self.incidents)
        key = str(incident["id"])
        self._made += 1
        alerts = self.alerts.get(key, [])
        if alerts and chance.random() < 0.5:
            alerts.append(alerts[-1] | {"id": f"A{self._made:04d}ARRIVED", "created_at": _text(self.now())})
            return
        entry = make_entry(f"R{self._made:04d}ARRIVED", self.now(), incident)
        self.log.setdefault(key, []).append(entry)

    def leave(self, chance: random.Random) -> None:
        """An entry or an alert of the past is there no more."""
        key = str(chance.choice(self.incidents)["id"])
        rows = chance.choice([self.log, self.alerts]).get(key, [])
        if rows:
            rows.pop(chance.randrange(len(rows)))

    def _of(self, key: str, told: Callable[[Record], Answer]) -> Answer:
        known = [
            one
            for one in self.incidents
            if one["id"] == key or (self.by_number and str(one["incident_number"]) == key)
        ]
        return told(known[0]) if known else _error(404, 2100, "Not Found")


def make_entry(entry_id: str, at: datetime, incident: Record, kind: str = "notify_log_entry") -> Record:
    """A log entry as the API gives it."""
    return {
        "id": entry_id,
        "type": kind,
        "summary": f"{kind.partition('_')[0].capitalize()} {entry_id}",
        "self": f"{_API}/log_entries/{entry_id}",
        "html_url": None,
        "created_at": _text(at),
        "agent": dict(incident["service"]),
        "channel": {"type": "auto"},
        "service": dict(incident["service"]),
        "incident": _reference(incident),
        "teams": [],
        "contexts": [],
    }


# Pages


def _page(request: Request, name: str, rows: Sequence[Record]) -> Answer:
    offset, limit = request.number("offset", 0), request.number("limit", _DEFAULT)
    if not 0 < limit <= _FULL:
        return _error(400, 2001, "Invalid Input Provided", "Limit must be between 1 and 100")
    if offset + limit > MOST or offset < 0:
        return _error(400, 2001, "Invalid Input Provided", f"Offset and limit reach at most {MOST}")
    total = len(rows) if request.get("total").lower() == "true" else None
    page = {
        name: list(rows[offset : offset + limit]),
        "limit": limit,
        "offset": offset,
        "total": total,
        "more": offset + limit < len(rows),
    }
    return Answer(page)


def _error(status: int, code: int, message: str, *errors: str) -> Answer:
    return Answer({"error": {"message": message, "code": code, "errors": list(errors)}}, status)


def _at(record: Record) -> datetime:
    return datetime.fromisoformat(record["created_at"])


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _reference(record: Record) -> Record:
    kind = str(record["type"]).removesuffix("_reference")
    return {name: record.get(name) for name in _REFERENCE} | {"type": f"{kind}_reference"}


def _without_details(entry: Record) -> Record:
    """An entry as it is given when nobody asks for its channel."""
    channel = {name: entry["channel"][name] for name in ("type", "summary") if name in entry["channel"]}
    return entry | {"channel": channel}


# From the story


def _of_type(story: Story, kind: str) -> list[Record]:
    return [entry for entry in story.log_entries if entry["type"] == kind]


def _alert(entry: Record, incident: Record) -> Record:
    channel, alert_id = entry["channel"], f"A{entry['id'][1:]}"
    return {
        "id": alert_id,
        "type": "alert",
        "summary": channel["summary"],
        "self": f"{_API}/alerts/{alert_id}",
        "html_url": f"{_WEB}/alerts/{alert_id}",
        "created_at": entry["created_at"],
        "status": "resolved",
        "alert_key": f"{channel['incident_key']}/{entry['id']}",
        "service": entry["service"],
        "body": {"type": "alert_body", "contexts": [], "details": channel["details"]},
        "incident": {"id": incident["id"], "type": "incident_reference"},
        "suppressed": False,
        "severity": channel["cef_details"]["severity"],
        "integration": {
            "id": "PINT001",
            "type": "events_api_v2_inbound_integration_reference",
            "summary": channel["client"],
            "self": f"{_API}/services/{entry['service']['id']}/integrations/PINT001",
            "html_url": f"{_WEB}/services/{entry['service']['id']}/integrations/PINT001",
        },
    }


def _note(entry: Record) -> Record:
    return {
        "id": f"P{entry['id'][1:8]}",
        "user": entry["agent"],
        "channel": {"summary": "The PagerDuty website or APIs"},
        "content": entry["channel"]["summary"],
        "created_at": entry["created_at"],
        "updated_at": entry["created_at"],
    }


def _annotation(note: Record, incident: Record, user: Record) -> Record:
    entry = make_entry(f"R{note['id'][1:]}", datetime.fromisoformat(note["created_at"]), incident)
    said = {"type": "annotate_log_entry", "agent": _reference(user)}
    return (
        entry
        | said
        | {
            "summary": f"Note added by {user['name']}.",
            "channel": {"type": "note", "summary": note["content"]},
        }
    )


def _changes(story: Story) -> list[Record]:
    """The flags that were turned, as the deploy bot posted them."""
    said = (message for messages in story.messages.values() for message in messages)
    turned = [one for one in said if one.get("bot_id") and str(one["text"]).startswith("Flag ")]
    return [
        {
            "id": f"01{message['ts'].replace('.', '')}",
            "type": "change_event",
            "summary": str(message["text"]).replace("`", ""),
            "timestamp": _text(datetime.fromtimestamp(int(message["ts"].partition(".")[0]), UTC)),
            "source": message.get("bot_profile", {}).get("name", "a bot"),
            "integration": {"id": "PINT002", "type": "inbound_integration_reference"},
            "services": [{"id": story.incident["service"]["id"], "type": "service_reference"}],
            "custom_details": {},
            "links": [],
            "correlation_reason": {"reason": "most_recent"},
        }
        for message in sorted(turned, key=lambda message: str(message["ts"]))
    ]


def _users(story: Story) -> list[Record]:
    """Everybody whom the log names, with the address that Slack knows."""
    found: dict[str, str] = {}
    for entry in story.log_entries:
        for reference in (entry.get("agent"), entry.get("user"), *_responders(entry)):
            if reference and reference["type"] == "user_reference":
                found.setdefault(reference["id"], reference["summary"])
    profiles = {user.get("real_name"): user for user in story.users}
    users = []
    for user_id, name in found.items():
        known = profiles.get(name, {})
        address = (known.get("profile") or {}).get("email") or f"{name.split()[0].lower()}@example.com"
        users.append(
            {
                "id": user_id,
                "type": "user",
                "summary": name,
                "self": f"{_API}/users/{user_id}",
                "html_url": f"{_WEB}/users/{user_id}",
                "name": name,
                "email": address,
                "time_zone": known.get("tz", "Europe/Amsterdam"),
                "color": "purple",
                "role": "user",
                "avatar_url": "",
                "description": None,
                "invitation_sent": False,
                "job_title": (known.get("profile") or {}).get("title"),
                "teams": [],
                "contact_methods": [],
                "notification_rules": [],
            }
        )
    return users


def _responders(entry: Record) -> list[Record]:
    return [one for one in entry.get("responders", []) if one.get("type") == "user_reference"]


def _service(reference: Record) -> Record:
    return reference | {
        "type": "service",
        "name": reference["summary"],
        "status": "active",
        "created_at": "2024-01-01T00:00:00Z",
        "escalation_policy": {"id": "PEPAY01", "type": "escalation_policy_reference"},
    }
