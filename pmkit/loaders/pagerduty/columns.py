"""What every record of PagerDuty gives to a row: names, links, numbers, and a summary with its detail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pmkit.loaders.pagerduty.shapes import Incident, OldIncident, Record, Ref, name_of

Columns = dict[str, list[str]]

_WEB: Final = ("https://", "http://")
_NUMBER: Final = re.compile(r"\[#(\d+)\]", re.ASCII)


def names_of(refs: Iterable[Ref | None]) -> list[str]:
    """A column of names."""
    return [(ref.summary or name_of(ref)) if ref else "" for ref in refs]


def repeated(text: str, records: Sequence[Any]) -> list[str]:
    """A column of one text."""
    return [text] * len(records)


def incident_columns_of(incidents: Sequence[Incident | OldIncident | Record]) -> Columns:
    """Id and number of the incident; the number may stand in a summary alone, as `[#12] db down`."""
    summaries = [incident.summary or "" for incident in incidents]
    in_summary = {summary: match[1] for summary in set(summaries) if (match := _NUMBER.match(summary))}
    numbers = [
        in_summary.get(summary, "") if incident.incident_number is None else str(incident.incident_number)
        for summary, incident in zip(summaries, incidents, strict=True)
    ]
    return {
        "pd_incident_id": [incident.id or "" for incident in incidents],
        "pd_incident_number": numbers,
    }


def link_of(first: str | None, other: str | None = None) -> str:
    """The first address that a browser may open; nothing that a click could run."""
    if first is not None and first.startswith(_WEB):
        return first
    return other if other is not None and other.startswith(_WEB) else ""


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
