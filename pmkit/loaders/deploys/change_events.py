"""PagerDuty's change events, as its REST API lists them and as they were sent to its Events API v2.

https://developer.pagerduty.com/api-reference (change events) and
https://developer.pagerduty.com/docs/send-change-event. The routing key, which is a secret, is not read.
"""

from __future__ import annotations

from typing import Any, Final

from pmkit.loaders._documents import Found, Row, joined, list_in, object_in, text_in, url_in
from pmkit.loaders._kinds import Kind, Read, id_of, with_asides
from pmkit.loaders._moments import Instant
from pmkit.loaders.deploys.words import row_of

_VERSIONS: Final = ("version", "revision", "commit", "sha")
_ENVIRONMENTS: Final = ("environment", "env")


def _is_sent(record: dict[str, Any]) -> bool:
    """A change event as it was sent; an alert that was sent has an action and a severity."""
    payload = object_in(record, "payload")
    if "summary" not in payload or "event_action" in record or "severity" in payload:
        return False
    return "routing_key" in record or {"timestamp", "source"} <= set(payload)


def _listed(found: Found, time: Read) -> Row:
    record = found.record
    services = [text_in(s, "summary") or text_in(s, "id") for s in list_in(record, "services")]
    row = _row(record, time(record.get("timestamp")), list_in(record, "links"))
    return row | {
        "event_id": f"deploy:pagerduty:{id_of(record)}",
        "actor": text_in(record, "integration", "summary") or row["actor"],
        "place": joined(*services),
    }


def _sent(found: Found, time: Read) -> Row:
    payload = object_in(found.record, "payload")
    if not payload.get("timestamp"):
        raise ValueError("no timestamp: PagerDuty took the moment it received the event, which is not told")
    return _row(payload, time(payload["timestamp"]), list_in(found.record, "links"))


def _row(record: dict[str, Any], at: Instant, links: list[Any]) -> Row:
    details = {name.lower(): text_in(value) for name, value in object_in(record, "custom_details").items()}
    source, summary = text_in(record, "source"), text_in(record, "summary")
    return row_of(
        at, f"pagerduty:sent:{at.time}:{source}:{summary[:80]}", "change",
        with_asides(summary, *(f"{name} {value}" for name, value in details.items() if value)),
        actor=source, url=next((url for link in links if (url := url_in(link, "href"))), ""),
        deploy_version=next((details[name] for name in _VERSIONS if details.get(name)), ""),
        deploy_environment=next((details[name] for name in _ENVIRONMENTS if details.get(name)), ""),
    )  # fmt: skip


KINDS: Final = {
    "pagerduty change": Kind(lambda record: record.get("type") == "change_event", _listed),
    "pagerduty change sent": Kind(_is_sent, _sent),
}
