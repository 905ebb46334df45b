"""What every record of PagerDuty gives to a row: names, links, numbers, and a summary with its detail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pmkit.loaders._frame import scalar, strings
from pmkit.loaders.pagerduty.shapes import Incident, OldIncident, Record, Ref, name_of

Columns = dict[str, pa.Array]

_NUMBER: Final = r"^\[#(?P<number>[0-9]+)\]"


def names_of(refs: Iterable[Ref | None]) -> pa.Array:
    """A column of names."""
    return strings([(ref.summary or name_of(ref)) if ref else "" for ref in refs])


def repeated(text: str, records: Sequence[Any]) -> pa.Array:
    """A column of one text."""
    return pa.repeat(scalar(text), len(records))


def incident_columns_of(incidents: Sequence[Incident | OldIncident | Record]) -> Columns:
    """Id and number of the incident; the number may stand in a summary alone, as `[#12] db down`."""
    numbers = strings([
        "" if incident.incident_number is None else str(incident.incident_number) for incident in incidents
    ])  # fmt: skip
    summaries = strings([incident.summary or "" for incident in incidents])
    from_summary = pc.struct_field(pc.extract_regex(summaries, _NUMBER), "number")
    return {
        "pd_incident_id": strings([incident.id or "" for incident in incidents]),
        "pd_incident_number": pc.if_else(pc.equal(numbers, ""), pc.fill_null(from_summary, ""), numbers),
    }


def link_of(*addresses: str | None) -> str:
    """The first address that a browser may open; nothing that a click could run."""
    return next((link for link in addresses if link and link.startswith(("https://", "http://"))), "")


def merged_into(reason: Any) -> str:
    """The incident another was merged into, by name; "" for one that was not."""
    if isinstance(reason, str):  # webhooks of version 2
        return "another incident" if reason == "merged" else ""
    if reason is None or reason.type != "merge_resolve_reason":
        return ""
    return name_of(reason.incident) or "another incident"


def with_detail(summary: str, detail: str | None) -> str:
    """A summary such as "Triggered through the API." and what it leaves out."""
    if not detail or detail in summary:
        return summary
    return f"{summary.rstrip(' .')}: {detail}" if summary else detail
