"""What PagerDuty's analytics API gives: incidents with what was counted of them, and the responses to one.

(https://developer.pagerduty.com/api-reference, Analytics, raw data)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit.loaders._documents import Found, Shape, events_of, read_pages, read_records
from pmkit.loaders._kinds import Read, with_asides
from pmkit.loaders._moments import Instant, read_iso
from pmkit.loaders.pagerduty.details import as_json
from pmkit.loaders.pagerduty.reports import cell_of, incident_row, span_of, value_of

_SHOWN: Final = 3  # incidents named in a sentence


def load_pagerduty_analytics(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """The incidents of PagerDuty's analytics API as events, and who was asked to help with them.

    One row of kind `incident` per incident, at the time it was created, and one of kind `responder` per
    response, at the time it was requested. PagerDuty counts with a delay of up to 24 hours, so that an
    incident that is open here may long be resolved.

    Parameters
    ----------
    path : a `.json` or `.jsonl` file of raw incidents, or of the responses to one; or a folder of them
    zone : the zone of times that carry none, which those of some responses do not

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `text` says what was counted, with times in UTC; `pd_details` is the
    record as it stands.

    Raises
    ------
    EvidenceError : there is no such file
    QuestionError : its times carry no zone
    """
    path = Path(path)
    events, problems = [], []
    for found in read_records(path, _SHAPE):
        for place, record, incident_id in _parts(found):

            def read(value: object, where: str = place) -> Instant:
                return read_iso(value, path=path, where=where, zone=zone)

            try:
                if found.problem:
                    raise ValueError(found.problem)
                row = (
                    _response_row(record, read, incident_id)
                    if _is_response(record)
                    else incident_row(record, read, "analytics", place)
                )
            except ValueError as error:
                problems.append((place, str(error)))
            else:
                updated = cell_of(record.get("updated_at"))
                events.append(row | {"ref": f"{path.name}#{place}", "updated": updated})
    return events_of("pagerduty", path, events, problems)


def analytics_incompleteness(path: str | Path) -> str:
    """What the pages show to be missing, and what had not been counted yet; "" if nothing."""
    found = list(read_records(Path(path), _SHAPE))
    if any(one.problem for one in found):
        return "incomplete: a file is damaged, see its unreadable rows"
    said = []
    pages = [page for page in read_pages(Path(path), _SHAPE) if "more" in page]
    if pages and all(page["more"] is True for page in pages):
        said.append(f"incidents have more pages after record {len(found)}")
    records = [record for one in found for _, record, _ in _parts(one) if not _is_response(record)]
    still_open = [record for record in records if not value_of(record, "resolved_at")]
    if still_open:
        named = ", ".join(f"#{value_of(record, 'number')}" for record in still_open[:_SHOWN])
        rest = f" and {len(still_open) - _SHOWN} more" if len(still_open) > _SHOWN else ""
        said.append(f"open when it was counted, up to 24 hours before: {named}{rest}")
    return f"incomplete: {'; '.join(said)}" if said else ""


def _parts(found: Found) -> Iterator[tuple[str, dict[str, Any], str]]:
    """What is a record of its own, where it stands, and the incident it belongs to.

    That is an incident, and each of the responses to it; what stands in a list may also stand alone.
    """
    record = found.record["data"] if isinstance(found.record.get("data"), dict) else found.record
    responses = record.get("responses")
    responses = [responses] if isinstance(responses, dict) else responses
    around = found.around[-1] if found.around else {}
    incident_id = cell_of(record.get("incident_id") or around.get("incident_id"))
    if not isinstance(responses, list) or value_of(record, "opened_at"):
        yield found.place, {name: value for name, value in record.items() if name != "responses"}, incident_id
    for number, response in enumerate(responses if isinstance(responses, list) else ()):
        of_incident = incident_id or cell_of(record.get("id"))
        yield f"{found.place}/responses:{number}", response if isinstance(response, dict) else {}, of_incident


def _is_response(record: dict[str, Any]) -> bool:
    return "requested_at" in record and bool(record.keys() & {"responder_name", "responder_id"})


def _response_row(record: dict[str, Any], read: Read, incident_id: str) -> dict[str, Any]:
    asked = read(record["requested_at"])
    who_id, who = cell_of(record.get("responder_id")), cell_of(record.get("responder_name"))
    answered = span_of(cell_of(record.get("time_to_respond_seconds"))) if record.get("responded_at") else ""
    status = cell_of(record.get("response_status")) or "no answer told"
    text = f"{who or who_id} was asked to help: {status}" + (f" after {answered}" if answered else "")
    return {
        "event_id": f"pd:response:{incident_id}:{who_id or who}:{asked.time}",
        "time": asked.time, "time_basis": asked.basis, "kind": "responder", "actor": who or who_id,
        "text": with_asides(text, cell_of(record.get("responder_type")).replace("_", " ")),
        "pd_type": "analytics_response", "pd_incident_id": incident_id, "pd_details": as_json(record),
    }  # fmt: skip


def _is_counted(value: dict[str, Any]) -> bool:
    return isinstance(value.get("id"), str) and "created_at" in value


_SHAPE: Final = Shape({"data": _is_counted})
