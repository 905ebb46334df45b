"""Google Cloud's status page: `incidents.json` (https://status.cloud.google.com/incidents.schema.json)."""

from __future__ import annotations

from typing import Any, Final

from pmkit.loaders._documents import Found, Row, joined, list_in, text_in
from pmkit.loaders._kinds import Kind, Read, elsewhere, holds, id_of, with_asides
from pmkit.loaders.statuspage.api import words_of

_PLACE: Final = "Google Cloud"


def is_update(record: dict[str, Any]) -> bool:
    """Whether a record is one update of an incident."""
    return holds("when", "text", "status")(record)


def _incident(found: Found, time: Read) -> Row:
    """An incident stands where Google says that it began."""
    record = found.record
    at = time(record.get("begin"))
    products = [text_in(product, "title") for product in list_in(record, "affected_products")]
    impact = text_in(record, "status_impact").replace("_", " ").lower()
    return {
        "event_id": f"statuspage:google:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": "incident", "place": _PLACE,
        "text": with_asides(
            f"Incident: {text_in(record, 'external_desc')}",
            impact, joined(*(products or [text_in(record, "service_name")])),
            elsewhere("posted", record.get("created"), at, time),
            elsewhere("ended", record.get("end"), at, time),
        ),
        "url": f"https://status.cloud.google.com/{text_in(record, 'uri')}" if text_in(record, "uri") else "",
        "updated": text_in(record, "modified"),
    }  # fmt: skip


def _update(found: Found, time: Read) -> Row:
    record, incident = found.record, found.around[-1] if found.around else {}
    at = time(record.get("created") or record.get("when"))
    places = [text_in(place, "title") for place in list_in(record, "affected_locations")]
    status = words_of(text_in(record, "status").lower().removeprefix("service_"))
    return {
        "event_id": f"statuspage:google:{text_in(incident, 'id')}:{at.time}",
        "time": at.time, "time_basis": at.basis, "kind": "status_update", "place": _PLACE,
        "text": with_asides(
            joined(status, text_in(record, "text"), by=": "),
            joined(*places), elsewhere("the page shows it at", record.get("when"), at, time),
        ),
        "updated": text_in(record, "modified"),
    }  # fmt: skip


KINDS: Final = {
    "google cloud incident": Kind(holds("id", "number", "begin", "external_desc"), _incident),
    "google cloud update": Kind(is_update, _update),
}
