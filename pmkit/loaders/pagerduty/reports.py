"""The CSV of incidents that PagerDuty's web app gives, basic or advanced.

It says when an incident was opened and what was counted of it afterwards. A count such as "first acknowledged
after 66 s" is rounded, so that it stands in the text and never becomes an event of its own.
(https://support.pagerduty.com/main/docs/insights)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders._csv import Row, read_rows
from pmkit.loaders._dates import find_order, read_screen
from pmkit.loaders._documents import events_of, joined
from pmkit.loaders._kinds import Read, moment_text, with_asides
from pmkit.loaders._salvage import text_of
from pmkit.loaders.pagerduty.details import as_json

MOST_ROWS: Final = 20_000  # PagerDuty cuts a CSV there

# Our names for what a report tells, and what the reports call it, in small letters with `_` for blanks.
NAMES: Final = {
    "id": ("id", "incident_id"),
    "number": ("incident_number", "#", "number"),
    "title": ("description", "title", "summary"),
    "service": ("service_name", "service"),
    "opened_at": ("created_on", "created_at", "opened_on", "opened_at"),
    "resolved_at": ("resolved_on", "resolved_at"),
    "counted_at": ("updated_at",),
    "urgency": ("urgency",),
    "priority": ("priority_name", "priority"),
    "major": ("major",),
    "first_ack": ("seconds_to_first_ack",),
    "acks": ("acknowledge_count", "acknowledgement_count"),
    "acknowledged_by": ("acknowledged_by_user_names", "acknowledged_user_names"),
    "resolved_by": ("resolved_by_user_name", "resolved_by", "resolve_by"),
    "auto_resolved": ("auto_resolved",),
    "duration": ("duration",),
    "escalations": ("escalation_count", "#escalations"),
    "assigned_to": ("assigned_to_user_names", "assigned_user_names"),
    "policy": ("escalation_policy_name",),
    "team": ("team_name",),
    "snoozed": ("snoozed_seconds",),
}  # fmt: skip
_YES: Final = ("1", "true", "yes")
_NOTHING: Final = ("", "0")
_LIST_COMMA: Final = re.compile(r"(?<=\w),(?=[^\W\d])")  # `Ada Mori,Bo Sato`, not `1,406`


def load_pagerduty_report(
    path: str | Path, *, zone: str | None = None, date_format: str | None = None
) -> pd.DataFrame:
    """The incidents of a CSV from PagerDuty's web app as events, one row each at the time it was opened.

    Parameters
    ----------
    path : the CSV, basic (`#, Service, Opened On …`) or advanced (`id, incident_number, created_on …`);
        columns are found by their names, in any order
    zone : the zone of times that carry none, as `Europe/Amsterdam`: that of whoever downloaded it
    date_format : the order of day, month and year, where the dates leave it open

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`, of kind `incident`. `text` says what the row tells, with times in
    UTC; `pd_details` is the row as it stands. A row that cannot be read is of kind `unreadable`.

    Raises
    ------
    EvidenceError : there is no such file, or no column tells when an incident was opened
    QuestionError : its times carry no zone, or its dates can be read in two ways
    """
    path = Path(path)
    names, rows = _read(path)
    told = [dict(zip(names, row.cells, strict=False)) for row in rows]
    times = [value_of(one, name) for one in told for name in ("opened_at", "resolved_at")]
    order = find_order(times, path=path, date_format=date_format)
    events, problems = [], []
    for number, (row, one) in enumerate(zip(rows, told, strict=True)):
        place = f":{number}"

        def read(text: object, where: str = f"line {row.line}") -> Any:
            return read_screen(str(text), order, path=path, where=where, zone=zone)

        try:
            if problem := row.problem or _why_torn(row, len(names)):
                raise ValueError(problem)
            events.append(incident_row(one, read, "report", place) | {"ref": f"{path.name}#{place}"})
        except ValueError as error:
            problems.append((place, str(error)))
    return events_of("pagerduty", path, events, problems)


def report_incompleteness(path: str | Path) -> str:
    """What a CSV itself shows to be missing; "" if nothing."""
    _, rows = _read(Path(path))
    cut = f"incomplete: exactly {MOST_ROWS:,} rows, which is where PagerDuty cuts a report"
    return cut if len(rows) == MOST_ROWS else ""


def incident_row(told: Mapping[str, Any], read: Read, kind: str, place: str) -> dict[str, Any]:
    """The row of an incident as a report of that `kind` tells it, with times that `read` reads.

    Raises `ValueError` in words where no time says when it was opened.
    """
    opened = value_of(told, "opened_at")
    if not opened:
        raise ValueError("no time says when the incident was opened")
    time = read(opened)
    number, own_id = value_of(told, "number").removeprefix("#"), value_of(told, "id")
    title = value_of(told, "title")
    text = (f"Incident #{number}" if number else "Incident") + (f": {title}" if title else "")
    return {
        "event_id": f"pd:{kind}:{own_id or (f'#{number}' if number else place)}",
        "time": time.time, "time_basis": time.basis, "kind": "incident",
        "place": value_of(told, "service"), "text": with_asides(text, joined(*_facts(told, read), by="; ")),
        "pd_id": own_id, "pd_type": f"{kind}_incident", "pd_incident_id": own_id,
        "pd_incident_number": number, "pd_details": as_json(told),
    }  # fmt: skip


def value_of(told: Mapping[str, Any], name: str) -> str:
    """What a report tells under any of the names of `NAMES`."""
    values = (cell_of(told.get(column)) for column in NAMES[name])
    return next((value for value in values if value), "")


def cell_of(value: Any) -> str:
    """A value as text; of a list its parts, comma between."""
    if isinstance(value, list):
        return ", ".join(map(cell_of, value))
    return "" if value is None or isinstance(value, dict) else _LIST_COMMA.sub(", ", str(value).strip())


def span_of(seconds: str) -> str:
    """Seconds as people say them: 66 s, 24 min 2 s."""
    if not re.fullmatch(r"\d{1,12}", seconds, re.ASCII):
        return seconds
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 2:
        return f"{seconds} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def _facts(told: Mapping[str, Any], read: Read) -> Iterator[str]:
    """What became of the incident, as a report counted it."""

    def fact(words: str, name: str) -> str:
        value = value_of(told, name)
        return "" if value in _NOTHING else words.format(value)

    yield fact("{} urgency", "urgency")
    yield fact("{}", "priority")
    yield "major incident" if value_of(told, "major").lower() in _YES else ""
    if resolved := value_of(told, "resolved_at"):
        automatic = " automatically" if value_of(told, "auto_resolved").lower() in _YES else ""
        yield f"resolved {moment_text(read(resolved))}{automatic}{fact(' by {}', 'resolved_by')}"
    else:
        yield fact("not resolved when it was counted, {}", "counted_at")
    first = span_of(value_of(told, "first_ack"))
    if first or value_of(told, "acknowledged_by"):
        by = fact(" by {}", "acknowledged_by")
        yield f"first acknowledged after {first}{by}" if first else f"acknowledged{by}"
    elif value_of(told, "acks") == "0":
        yield "never acknowledged"
    yield fact("lasted {}", "duration")
    yield fact("escalations: {}", "escalations")
    yield fact("assigned to {}", "assigned_to")
    yield fact("escalation policy {}", "policy")
    yield fact("team {}", "team")
    yield f"snoozed for {span_of(snoozed)}" if (snoozed := value_of(told, "snoozed")) not in _NOTHING else ""


def _read(path: Path) -> tuple[list[str], list[Row]]:
    """The names of the columns as `NAMES` has them, and the rows."""
    try:
        rows = list(read_rows(text_of(path.read_bytes())))
    except OSError as error:
        raise EvidenceError(path, "", f"cannot be read: {error.strerror}.") from error
    names = [re.sub(r"\s+", "_", cell.strip().lower()) for cell in rows[0].cells] if rows else []
    if not set(names) & set(NAMES["opened_at"]):
        hint = "Expected `created_on`, `Created At` or `Opened On` in its first line."
        raise EvidenceError(path, "", "no column tells when an incident was opened.", hint)
    return names, rows[1:]


def _why_torn(row: Row, width: int) -> str:
    cells = len(row.cells)
    return f"line {row.line}: {cells} cells, expected {width} as in the header" if cells != width else ""
