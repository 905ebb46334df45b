"""Instatus: incidents with their updates, as its API writes them (https://instatus.com/help/api/incidents)."""

from __future__ import annotations

from typing import Any, Final

from pmkit.loaders._documents import Found, Row, joined, list_in, text_in
from pmkit.loaders._kinds import Kind, Read, elsewhere, id_of, with_asides
from pmkit.loaders.statuspage.api import page_name, words_of

_IMPACTS: Final = {
    "OPERATIONAL": "no impact", "UNDERMAINTENANCE": "under maintenance", "PARTIALOUTAGE": "partial outage",
    "DEGRADEDPERFORMANCE": "degraded performance", "MINOROUTAGE": "minor outage",
    "MAJOROUTAGE": "major outage",
}  # fmt: skip


def _is_incident(record: dict[str, Any]) -> bool:
    return all(name in record for name in ("id", "name", "status", "started")) and "updates" in record


def is_update(record: dict[str, Any]) -> bool:
    """Whether a record is one update of an incident."""
    return all(name in record for name in ("id", "message", "status", "started")) and "name" not in record


def _incident(found: Found, time: Read) -> Row:
    record = found.record
    at = time(record.get("started"))
    components = [text_in(component, "name") for component in list_in(record, "components")]
    impact = text_in(record, "impact")
    return {
        "event_id": f"statuspage:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": "incident", "place": page_name(found),
        "text": with_asides(
            f"Incident: {text_in(record, 'name')}",
            _IMPACTS.get(impact, impact.lower()), joined(*components),
            elsewhere("resolved", record.get("resolved"), at, time),
        ),
    }  # fmt: skip


def _update(found: Found, time: Read) -> Row:
    """An update stands where it was made; the time that the page shows is told if it is another one."""
    record, incident = found.record, found.around[-1] if found.around else {}
    at = time(record.get("createdAt") or record.get("started"))
    status = words_of(text_in(record, "status").lower())
    said = joined(text_in(incident, "name"), status, text_in(record, "message"), by=": ")
    return {
        "event_id": f"statuspage:update:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": "status_update", "place": page_name(found),
        "text": with_asides(said, elsewhere("the page shows it at", record.get("started"), at, time)),
    }  # fmt: skip


KINDS: Final = {
    "instatus incident": Kind(_is_incident, _incident),
    "instatus update": Kind(is_update, _update),
}
