"""What only PagerDuty writes, told from the first record of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from pmkit.loaders._documents import list_in, object_in
from pmkit.loaders._format import Glimpse
from pmkit.loaders.pagerduty.reading import LISTS

_WRAPPED: Final = ("log_entry", "incident", "alert", "note", "status_update")
_WEBHOOK: Final = re.compile(r"(incident|service|pagey)\.[a-z_.]+")
# A page whose end is too far away or damaged: what stands before its first record.
_OPENING: Final = re.compile(r'\s*\[?\s*\{[^{}\[\]]*"(\w+)"\s*:\s*\[\s*')
_ENTRY: Final = re.compile(r'"type"\s*:\s*"\w+_log_entry"')
_EVENT: Final = re.compile(r'"(?:event_type|event|type)"\s*:\s*"incident\.[a-z_.]+"')


def is_rest(glimpse: Glimpse) -> bool:
    """Whether it is a file of records of the REST API, or a folder that begins with one."""
    glimpse = _first_file(glimpse)
    name, record = _sample(glimpse)
    if name:
        return name in _PAGES and _PAGES[name](record, glimpse.keys)
    if record:
        streamed = object_in(record, "record", "data")  # Airbyte
        return any(map(_is_record, (record, streamed, *(object_in(record, noun) for noun in _WRAPPED))))
    return bool(glimpse.text.lstrip()[:1] in ("{", "[") and _ENTRY.search(glimpse.text))


def is_webhook(glimpse: Glimpse) -> bool:
    """Whether it is a file of webhooks, or a folder that begins with one."""
    glimpse = _first_file(glimpse)
    name, record = _sample(glimpse)
    if name:
        return name == "messages" and _is_message(record)
    if record:
        delivered = object_in(record, "detail", "event")  # an event bus
        return any(map(_is_event, (record, object_in(record, "event"), delivered)))
    return bool(glimpse.text.lstrip()[:1] in ("{", "[") and _EVENT.search(glimpse.text))


def is_analytics(glimpse: Glimpse) -> bool:
    """Whether it is an export of the analytics API: incidents with what was counted of them, or responses."""
    name, record = _sample(glimpse, ("data", "responses"))
    if not record:
        return name == "data" and bool(_COUNTED.search(glimpse.text))
    return any(one.keys() & _COUNTS for one in (record, *(object_in(record, name) for name in _ALONE)))


def is_settings(glimpse: Glimpse) -> bool:
    """Whether it lists what an account has, as users and services, of which nothing happened at a time."""
    document = glimpse.first
    if not isinstance(document, dict):
        return False
    # A user has `teams` too, so that the document itself is asked first.
    held = [one for name in _SETTINGS for one in list_in(document, name)[:1]]
    return any(map(_is_setting, [document, *held]))


def is_report(glimpse: Glimpse) -> bool:
    """Whether it is a CSV of incidents as the web app gives it."""
    header = {cell.lower() for cell in glimpse.header}
    return any(marks <= header for marks in _REPORTS)


_COUNTS: Final = frozenset({
    "seconds_to_first_ack", "seconds_to_engage", "seconds_to_mobilize", "time_to_respond_seconds",
})  # fmt: skip
_ALONE: Final = ("data", "responses")  # what stands there may be one object instead of a list
_COUNTED: Final = re.compile(r'"(?:seconds_to_first_ack|time_to_respond_seconds)"\s*:')
_SETTINGS: Final = (
    "users", "services", "priorities", "teams", "schedules", "escalation_policies", "business_services",
)  # fmt: skip
_ADDRESS: Final = re.compile(r"https://api\.(?:eu\.)?pagerduty\.com/(\w+)/")
_REPORTS: Final = (
    {"opened on", "resolved on", "service"},
    {"incident_number", "created_on", "service_name"},
    {"incident_number", "created_at", "seconds_to_first_ack"},
    {"incident number", "created at", "service name"},
)  # fmt: skip


def _first_file(glimpse: Glimpse) -> Glimpse:
    if not glimpse.path.is_dir():
        return glimpse
    names = (name for name in glimpse.members if name.endswith((".json", ".jsonl", ".ndjson")))
    first = next(names, None)
    return Glimpse(glimpse.path / first) if first else glimpse


def _sample(glimpse: Glimpse, lists: Iterable[str] = LISTS) -> tuple[str, dict[str, Any]]:
    """The first list of records and the first in it; or "" and the record or envelope at the beginning."""
    document = glimpse.first
    if isinstance(document, dict):
        held = next((name for name in lists if isinstance(document.get(name), list)), "")
        record = next(iter(document[held]), {}) if held else document
        return held, record if isinstance(record, dict) else {}
    opening = _OPENING.match(glimpse.text)
    if opening is None:
        return "", {}
    try:
        record, _ = json.JSONDecoder().raw_decode(glimpse.text, opening.end())
    except (ValueError, RecursionError):
        record = {}
    return opening[1], record if isinstance(record, dict) else {}


def _is_record(record: dict[str, Any]) -> bool:
    return _is_entry(record) or _is_incident(record) or _is_alert(record) or _is_note(record)


def _is_setting(record: Any) -> bool:
    told = record.get("self") if isinstance(record, dict) else None
    address = _ADDRESS.match(told) if isinstance(told, str) else None
    return address is not None and address[1] in _SETTINGS


def _is_entry(record: dict[str, Any]) -> bool:
    return str(record.get("type")).endswith("_log_entry")


def _is_incident(record: dict[str, Any]) -> bool:
    return "incident_number" in record and bool(record.keys() & {"service", "urgency", "incident_key"})


def _is_alert(record: dict[str, Any]) -> bool:
    return "alert_key" in record


def _is_note(record: dict[str, Any]) -> bool:
    user = record.get("user") or record.get("sender")
    told = isinstance(user, dict) and str(user.get("type")) in ("user_reference", "bot_user_reference")
    return told and ("content" in record or "message" in record)


def _is_event(event: dict[str, Any]) -> bool:
    return bool(_WEBHOOK.fullmatch(str(event.get("event_type")))) and "occurred_at" in event


def _is_message(message: dict[str, Any]) -> bool:
    kind = message.get("event") or message.get("type")
    return bool(_WEBHOOK.fullmatch(str(kind))) and "created_on" in message


# Status pages and other alerting tools have `incidents` and `alerts` too, but not empty pages like these.
_PAGES: Final[dict[str, Callable[[dict[str, Any], set[str]], bool]]] = {
    "log_entries": lambda record, _: not record or _is_entry(record),
    "incidents": lambda record, keys: _is_incident(record) if record else {"more", "limit"} <= keys,
    "alerts": lambda record, keys: _is_alert(record) if record else {"more", "limit"} <= keys,
    "notes": lambda record, _: _is_note(record),
    "status_updates": lambda record, _: _is_note(record),
}
