"""Splunk On-Call, once VictorOps: incidents with their transitions, as its reporting API lists them.

https://portal.victorops.com/public/api-docs.html (`/api-reporting/v2/incidents`).
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
    read_pages,
    read_records,
    text_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._kinds import Kind, Read, holds, id_of, kind_of, rows_of, with_asides

# A transition to our kind; what is missing here is "other".
TRANSITIONS: Final = {
    "triggered": "trigger", "acknowledged": "ack", "acked": "ack", "unacked": "unack", "resolved": "resolve",
    "rerouted": "assign", "snoozed": "snooze",
}  # fmt: skip


def load_victorops(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """Splunk On-Call's incidents as events, sorted by time.

    One row of kind `incident` per incident where it started, and one per transition; then one row
    `kind="unreadable"` for every record that cannot be read, with the reason in `text`.

    Parameters
    ----------
    path : JSON as the reporting API lists it (`{"incidents": […], "total": …}`), single incidents, bare lists
        or JSON Lines; or a folder of such files
    zone : for times that carry none

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`; `place` is the service, `alert_id` the entity that the monitoring
    names. `time` is UTC.

    Raises
    ------
    EvidenceError : there is no such file
    QuestionError : a time carries no zone and `zone` is not given
    """
    path = Path(path)
    return load_records("victorops", path, SHAPE, rows_of(_KINDS, path, zone, inner=("transition",)))


def find_incompleteness(path: str | Path) -> str:
    """What the pages say is missing, as one sentence for a reader of `evidence.csv`, or ""."""
    path = Path(path)
    totals = [total for page in read_pages(path, SHAPE) if isinstance(total := page.get("total"), int)]
    count = len(
        {text_in(r.record, "incidentNumber") for r in read_records(path, SHAPE) if r.list == "incidents"}
    )
    return f"incomplete: {count} of {max(totals)} incidents" if totals and max(totals) > count else ""


def _incident(found: Found, time: Read) -> Row:
    record = found.record
    at = time(record.get("startTime"))
    name = text_in(record, "entityDisplayName") or text_in(record, "entityId")
    paged = [text_in(person) for person in list_in(record, "pagedUsers")]
    text = with_asides(
        f"Incident {id_of(record, 'incidentNumber')}: {name}",
        text_in(record, "entityState").lower(),
        text_in(record, "currentPhase").lower(),
        f"paged {joined(*paged)}" if paged else "",
    )
    return {
        "event_id": f"victorops:{id_of(record, 'incidentNumber')}", "time": at.time, "time_basis": at.basis,
        "kind": "incident", "place": text_in(record, "service") or text_in(record, "host"), "text": text,
        "alert_id": text_in(record, "entityId"), "updated": text_in(record, "lastAlertTime"),
    }  # fmt: skip


def _transition(found: Found, time: Read) -> Row:
    record, incident = found.record, found.around[-1] if found.around else {}
    at, what = time(record.get("at")), text_in(record, "name").lower()
    number, who = text_in(incident, "incidentNumber"), text_in(record, "by")
    message = text_in(record, "message")
    return {
        "event_id": f"victorops:{number}:{what}:{at.time}", "time": at.time, "time_basis": at.basis,
        "kind": TRANSITIONS.get(what, "other"), "actor": who,
        "place": text_in(incident, "service") or text_in(incident, "host"),
        "text": joined(f"Incident {number} {what}" + (f" by {who}" if who else ""), message, by=": "),
        "alert_id": text_in(incident, "entityId"),
    }  # fmt: skip


_is_transition = holds("name", "at")


def _is_incident(record: dict[str, Any]) -> bool:
    return holds("incidentNumber", "startTime")(record)


_KINDS: Final = {
    "incident": Kind(_is_incident, _incident),
    "transition": Kind(_is_transition, _transition),
}
SHAPE: Final = Shape(
    pages={"incidents": _is_incident},
    inner={"transitions": _is_transition},
    wrappers=("incident", "data", "record"),
)


def _recognise(glimpse: Glimpse) -> bool:
    found = first_record(glimpse, SHAPE)
    return found is not None and kind_of(found.record, _KINDS) == "incident"


FORMATS: Final = (
    Format(
        "victorops", "victorops", "incidents of Splunk On-Call (VictorOps)",
        recognise=_recognise, load=load_victorops, options=("zone",), find_incompleteness=find_incompleteness,
    ),
)  # fmt: skip
