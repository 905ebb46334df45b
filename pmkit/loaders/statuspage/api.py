"""Statuspage's JSON: incidents, their updates, and scheduled maintenance.

As a page's public API, the manage API and the webhooks write them (https://developer.statuspage.io,
https://metastatuspage.com/api, https://support.atlassian.com/statuspage/docs/enable-webhook-notifications).
"""

from __future__ import annotations

from typing import Any, Final

from pmkit.loaders._documents import Found, Row, joined, list_in, object_in, text_in, url_in
from pmkit.loaders._kinds import Kind, Read, elsewhere, id_of, with_asides


def is_incident(record: dict[str, Any]) -> bool:
    """Whether a record is an incident or a maintenance of Statuspage."""
    is_named = all(name in record for name in ("id", "name", "status"))
    return is_named and ("incident_updates" in record or {"impact", "shortlink"} <= set(record))


def is_update(record: dict[str, Any]) -> bool:
    """Whether a record is one update of an incident."""
    return all(name in record for name in ("body", "status", "created_at")) and "name" not in record


def page_name(found: Found) -> str:
    """What the page is called, where the file says that."""
    return next((name for around in found.around if (name := text_in(around, "page", "name"))), "")


def words_of(status: str) -> str:
    """`in_progress` as people write it."""
    return status.replace("_", " ").capitalize() or "Update"


def _incident(found: Found, time: Read) -> Row:
    """An incident stands where it was put on the page; what people set afterwards is told beside it."""
    record = found.record
    at, name = time(record.get("created_at")), text_in(record, "name")
    is_planned = bool(text_in(record, "scheduled_for")) or text_in(record, "impact") == "maintenance"
    impact, postmortem = text_in(record, "impact"), text_in(record, "postmortem_body")
    told = any(text_in(update, "status") == "postmortem" for update in list_in(record, "incident_updates"))
    asides = [
        f"{impact.replace('none', 'no')} impact" if impact and not is_planned else "",
        elsewhere("from", record.get("scheduled_for"), at, time),
        elsewhere("until", record.get("scheduled_until"), at, time),
        "" if is_planned else elsewhere("began", record.get("started_at"), at, time),
        elsewhere("resolved", record.get("resolved_at"), at, time),
        elsewhere("postmortem published", record.get("postmortem_published_at"), at, time),
    ]
    text = with_asides(f"{'Maintenance' if is_planned else 'Incident'}: {name}", *asides)
    return {
        "event_id": f"statuspage:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": "change" if is_planned else "incident", "place": page_name(found),
        "text": joined(text, "" if told else postmortem, by="\n"), "url": url_in(record, "shortlink"),
        "updated": text_in(record, "updated_at"),
    }  # fmt: skip


def _update(found: Found, time: Read) -> Row:
    """An update stands where it was written; the time the page shows can be edited, and is told if it was."""
    record, incident = found.record, found.around[-1] if found.around else {}
    at, status = time(record.get("created_at")), text_in(record, "status")
    body = text_in(record, "body")
    if status == "postmortem":
        body = body or text_in(incident, "postmortem_body")
    said = joined(text_in(incident, "name"), words_of(status), body, by=": ")
    name = text_in(record, "id") or f"{text_in(incident, 'id')}:{at.time}:{status}"
    return {
        "event_id": f"statuspage:update:{name}", "time": at.time, "time_basis": at.basis,
        "kind": "status_update", "place": page_name(found), "url": url_in(incident, "shortlink"),
        "text": with_asides(
            said,
            components_text(list_in(record, "affected_components")),
            elsewhere("the page shows it at", record.get("display_at"), at, time),
            elsewhere("changed", record.get("updated_at"), at, time),
        ),
        "updated": text_in(record, "updated_at"),
    }  # fmt: skip


def _component_update(found: Found, time: Read) -> Row:
    """A webhook that tells of a component alone."""
    record = found.record
    update, component = object_in(record, "component_update"), object_in(record, "component")
    at = time(update.get("created_at"))
    return {
        "event_id": f"statuspage:component:{id_of(update)}", "time": at.time, "time_basis": at.basis,
        "kind": "status_update", "place": page_name(found),
        "text": components_text([update | {"name": text_in(component, "name")}]),
    }  # fmt: skip


def components_text(components: list[Any]) -> str:
    """`API: operational → partial outage`, of those that changed or are not well."""
    said = []
    for component in components:
        old, new = (text_in(component, name).replace("_", " ") for name in ("old_status", "new_status"))
        name = text_in(component, "name") or text_in(component, "id")
        if old != new:
            said.append(f"{name}: {joined(old, new, by=' → ')}")
        elif new not in ("", "operational"):
            said.append(f"{name}: still {new}")
    return joined(*said)


KINDS: Final = {
    "statuspage component": Kind(
        lambda r: "new_status" in object_in(r, "component_update"), _component_update
    ),
    "statuspage incident": Kind(is_incident, _incident),
    "statuspage update": Kind(is_update, _update),
}
