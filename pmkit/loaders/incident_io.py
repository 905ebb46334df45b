"""incident.io: incidents with the moments people set on them, and incident updates.

As its API lists them, v2 and the older v1 (https://api-docs.incident.io, incidents and incident updates), and
as its webhooks send incidents that were created or updated. The timeline that people see in the app has no
published shape and is not read.
"""

from __future__ import annotations

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
    read_records,
    text_in,
    url_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._kinds import Kind, Read, holds, id_of, kind_of, rows_of, with_asides

# A word in the name of a moment that people set, to our kind; they may call them what they like. The first
# that fits counts, and what fits none is "other".
MOMENTS: Final = (
    ("resolved", "resolve"), ("accepted", "ack"), ("acknowledged", "ack"), ("detected", "trigger"),
    ("reported", "trigger"), ("declared", "trigger"), ("merged", "merge"),
)  # fmt: skip
_HOOKS: Final = ("public_incident.incident_created_v2", "public_incident.incident_updated_v2")


def load_incident_io(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """incident.io's records as events, sorted by time.

    One row of kind `incident` per incident where it was declared in incident.io, one of kind `status_update`
    per update, and one for each moment that people have set on an incident, such as "Impact started" or
    "Resolved at"; a moment that is not set has none. Then one row `kind="unreadable"` for every record that
    cannot be read, with the reason in `text`.

    Parameters
    ----------
    path : JSON as the API lists it (`{"incidents": […]}`, `{"incident_updates": […]}`), single records, bare
        lists, JSON Lines or webhooks; or a folder of such files
    zone : for times that carry none

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`; `place` is the incident's Slack channel, `url` its page. `time` is
    UTC.

    Raises
    ------
    EvidenceError : there is no such file
    QuestionError : a time carries no zone and `zone` is not given
    """
    path = Path(path)
    return load_records("incident.io", path, SHAPE, rows_of(_KINDS, path, zone, inner=_INNER))


def find_incompleteness(path: str | Path) -> str:
    """What the pages say is missing, as one sentence for a reader of `evidence.csv`, or ""."""
    path = Path(path)
    metas = [object_in(page, "pagination_meta") for page in read_pages(path, SHAPE)]
    totals = [total for meta in metas if isinstance(total := meta.get("total_record_count"), int)]
    count = sum(found.list in SHAPE.pages for found in read_records(path, SHAPE))
    if totals and max(totals) > count:
        return f"incomplete: {count} of {max(totals)} records"
    following = not totals and any(text_in(meta, "after") for meta in metas[-1:])
    return "incomplete: the list may have more pages" if following else ""


def _incident(found: Found, time: Read) -> Row:
    record = found.record
    at = time(record.get("created_at"))
    status = text_in(record, "incident_status", "name") or text_in(record, "status")
    text = with_asides(
        joined(text_in(record, "reference"), text_in(record, "name"), by=": "),
        text_in(record, "severity", "name"),
        status,
        text_in(record, "incident_type", "name"),
        "" if (mode := text_in(record, "mode")) in ("", "standard") else mode,
        *(_role(assignment) for assignment in list_in(record, "incident_role_assignments")),
    )
    return {
        "event_id": f"incident.io:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": "incident", "actor": _who(object_in(record, "creator")),
        "place": text_in(record, "slack_channel_name"), "url": url_in(record, "permalink"),
        "text": joined(text, text_in(record, "summary"), by="\n"),
        "updated": text_in(record, "updated_at"),
    }  # fmt: skip


def _role(assignment: Any) -> str:
    """`Incident Lead Ada`, where somebody has the role."""
    who = text_in(assignment, "assignee", "name")
    return joined(text_in(assignment, "role", "name"), who, by=" ") if who else ""


def _moment(found: Found, time: Read) -> Row | None:
    """A moment that people set on an incident, in v2 `incident_timestamp_values`, in v1 `timestamps`."""
    record, incident = found.record, found.around[-1] if found.around else {}
    value = text_in(record, "value", "value") or text_in(record, "last_occurred_at")
    if not value:
        return None
    at = time(value)
    name = text_in(record, "incident_timestamp", "name") or text_in(record, "name")
    named = text_in(record, "incident_timestamp", "id") or name
    kind = next((kind for word, kind in MOMENTS if word in name.lower()), "other")
    return {
        "event_id": f"incident.io:{text_in(incident, 'id')}:{named}", "time": at.time, "time_basis": at.basis,
        "kind": kind, "place": text_in(incident, "slack_channel_name"),
        "text": joined(text_in(incident, "reference"), f"{name} (set by people)", by=": "),
        "url": url_in(incident, "permalink"), "updated": text_in(incident, "updated_at"),
    }  # fmt: skip


def _update(found: Found, time: Read) -> Row:
    record = found.record
    at = time(record.get("created_at"))
    status, severity = text_in(record, "new_incident_status", "name"), text_in(record, "new_severity", "name")
    merged = text_in(record, "merged_into_incident_id")
    return {
        "event_id": f"incident.io:update:{id_of(record)}", "time": at.time, "time_basis": at.basis,
        "kind": "merge" if merged else "status_update", "actor": _who(object_in(record, "updater")),
        "text": with_asides(
            joined(status or "Update", text_in(record, "message"), by=": "),
            severity, f"merged into {merged}" if merged else "", f"incident {text_in(record, 'incident_id')}",
        ),
    }  # fmt: skip


def _who(actor: dict[str, Any]) -> str:
    """A person, key, workflow or alert, by name."""
    return next(
        (name for part in actor.values() if (name := text_in(part, "name") or text_in(part, "title"))), ""
    )


def _is_incident(record: dict[str, Any]) -> bool:
    has_status = "incident_status" in record or "status" in record
    return has_status and holds("id", "reference", "name", "created_at")(record)


def _is_update(record: dict[str, Any]) -> bool:
    is_told = "new_incident_status" in record or "updater" in record
    return is_told and holds("id", "incident_id", "created_at")(record)


def _is_moment(record: dict[str, Any]) -> bool:
    return "incident_timestamp" in record or "last_occurred_at" in record


_KINDS: Final = {
    "incident": Kind(_is_incident, _incident),
    "update": Kind(_is_update, _update),
    "moment": Kind(_is_moment, _moment),
}
_INNER: Final = ("moment",)


def _is_any(record: dict[str, Any]) -> bool:
    return kind_of(record, _KINDS) not in ("", *_INNER)


SHAPE: Final = Shape(
    pages={"incidents": _is_any, "incident_updates": _is_any},
    inner={"incident_timestamp_values": _is_moment, "timestamps": _is_moment},
    wrappers=("incident", "incident_update", "data", "record", *_HOOKS),
)


def _recognise(glimpse: Glimpse) -> bool:
    found = first_record(glimpse, SHAPE)
    return found is not None and _is_any(found.record)


FORMATS: Final = (
    Format(
        "incident.io", "incident.io", "incident.io's incidents and updates",
        recognise=_recognise, load=load_incident_io, options=("zone",),
        find_incompleteness=find_incompleteness,
    ),
)  # fmt: skip
