"""Datadog: events, incidents and monitors, as its API gives them.

Read are lists of events (v1 `events[]`, v2 `data[].attributes`), incidents (v2) and monitors (v1 list and
search), one answer or many one after another (https://docs.datadoghq.com/api/latest: Events, Incidents,
Monitors).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from pmkit.loaders._documents import (
    Found,
    Shape,
    first_record,
    fold,
    in_order,
    joined,
    list_in,
    object_in,
    read_pages,
    read_records,
    text_in,
    url_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._frame import rows_to_events
from pmkit.loaders._moments import Instant, read_any_epoch, read_iso
from pmkit.loaders.monitoring._samples import stable_id

# What a monitor's event says of it (`status`, in v1 `alert_type`); any other is "other".
STATUSES: Final = {
    "error": "alert", "failure": "alert", "warning": "alert", "success": "resolve",
}  # fmt: skip
# What the title of such an event begins with, which says more than its status.
TRANSITIONS: Final = {
    "triggered": "alert", "re-triggered": "alert", "warn": "alert", "no data": "alert",
    "recovered": "resolve", "resolved": "resolve",
}  # fmt: skip
# Of other events: their status, their source, their tags.
OTHER_STATUSES: Final = {"error": "alert", "failure": "alert", "user_update": "note"}
SUBJECTS: Final = {
    "deploy": "deploy", "deployment": "deploy", "deployments": "deploy", "release": "deploy",
    "change": "change", "config": "change", "feature_flag": "change",
}  # fmt: skip
# The times of an incident: our kind, and what happened then.
INCIDENT_TIMES: Final = {
    "customer_impact_start": ("observation", "customer impact began"),
    "detected": ("alert", "detected"),
    "created": ("incident", "declared"),
    "customer_impact_end": ("observation", "customer impact ended"),
    "resolved": ("resolve", "resolved"),
}
# The times of a group of a monitor.
GROUP_TIMES: Final = {
    "last_triggered_ts": ("alert", "triggered"),
    "last_nodata_ts": ("other", "had no data"),
    "last_resolved_ts": ("resolve", "recovered"),
}

# The state of a monitor as a whole; any other is "other".
STATES: Final = {"Alert": "alert", "Warn": "alert", "OK": "resolve"}

_MOST_EVENTS: Final = 1000  # that version 1 gives in one answer
_OF_MONITORS: Final = ("alert", "monitor", "monitors", "monitor alert")
_TITLE: Final = re.compile(r"\[([A-Za-z -]+?)(?:\]| on )")
_FENCE: Final = re.compile(r"^%%%\s*|\s*%%%\s*$")
_INNER_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")


def load_datadog(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """Records of Datadog as events, sorted by time.

    - An event is one row: `alert` or `resolve` where a monitor wrote it, `deploy` or `change` where its
      source or a tag says so, else `note` or `other`.
    - An incident is a row for each time it has: `incident` when it was declared, `alert` when it was
      detected, `resolve`, and `observation` for the beginning and end of customer impact, which people set.
    - A monitor is a row of kind `change` when it was last changed, and `alert` and `resolve` for the last
      times each of its groups was triggered and recovered.

    The rows of one record bear the same `ref`; a record that stands twice is told once, and its `ref` names
    every copy. Then one row `kind="unreadable"` for every record that cannot be read. `place` is the service
    or host, `alert_id` the monitor.

    Parameters
    ----------
    path : a `.json` file
    zone : of times that carry none; Datadog writes theirs

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC.

    Raises
    ------
    EvidenceError : there is no such file
    QuestionError : a time has no zone and `zone` is not given
    """
    path = Path(path)
    rows, problems = [], []
    for found in read_records(path, _SHAPE):
        try:
            told = list(_rows(_Source(found, path, zone)))
            if not told:
                raise ValueError("no time: neither of what happened nor of a change")
            rows += [row | {"ref": f"{path.name}#{found.place}"} for row in told]
        except ValueError as error:
            problems.append((found.place, str(error)))
    return rows_to_events("monitoring", path.name, in_order(fold(rows)), problems)


def find_incompleteness(path: str | Path) -> str:
    """What the answers say to be missing, in one sentence; "" if nothing."""
    pages = list(read_pages(Path(path), _SHAPE))
    said = [_more_after(page) for page in pages[-1:]]
    if any(len(list_in(page, "events")) == _MOST_EVENTS for page in pages):
        said.append("1,000 events, as many as one answer holds; there may be more")
    return f"incomplete: {joined(*said, by='; ')}" if any(said) else ""


def is_datadog(glimpse: Glimpse) -> bool:
    """Whether the first record of a file is one of Datadog's."""
    found = first_record(glimpse, _SHAPE)
    return found is not None and _is_record(found.record)


def _is_record(value: dict[str, Any]) -> bool:
    if value.get("type") in ("event", "incidents"):
        return isinstance(value.get("attributes"), dict)
    return _is_event(value) or _is_monitor(value)


def _is_event(value: dict[str, Any]) -> bool:
    return "date_happened" in value and bool({"title", "text", "alert_type"} & set(value))


def _is_monitor(value: dict[str, Any]) -> bool:
    has_state = bool({"overall_state", "overall_state_modified", "last_triggered_ts"} & set(value))
    return has_state and {"name", "type"} <= set(value)


_SHAPE: Final = Shape(
    {"events": _is_record, "data": _is_record, "monitors": _is_record},
    inner={"children": _is_event},
    wrappers=("data", "event"),
)

FORMATS: Final = (
    Format(
        "datadog", "monitoring", "records of Datadog",
        recognise=is_datadog,
        load=load_datadog,
        options=("zone",),
        find_incompleteness=find_incompleteness,
    ),
)  # fmt: skip


class _Source(NamedTuple):
    """A record, and what is needed to read its times."""

    found: Found
    path: Path
    zone: str | None

    def moment(self, value: Any) -> Instant | None:
        """A time in any of the ways Datadog writes one; None for what was never set."""
        if value in (None, "", 0):
            return None
        if isinstance(value, str):
            return read_iso(value, path=self.path, where=self.found.place, zone=self.zone)
        return read_any_epoch(value)


def _rows(source: _Source) -> Iterator[dict[str, Any]]:
    """The events of one record. Raises `ValueError` in words."""
    found, record = source.found, source.found.record
    if found.problem or not _is_record(record):
        raise ValueError(found.problem or "no event, incident or monitor of Datadog")
    if record.get("type") == "incidents":
        yield from _incident_rows(source)
    elif record.get("type") == "event" or _is_event(record):
        yield from _event_rows(source)
    else:
        yield from _monitor_rows(source)


def _row(told: list[Any], moment: Instant, kind: str, **columns: str) -> dict[str, Any]:
    named = {"event_id": stable_id("datadog", [*told, kind]), "time": moment.time, "kind": kind}
    return {**named, "time_basis": moment.basis, **columns}


# Events


def _event_rows(source: _Source) -> Iterator[dict[str, Any]]:
    record = source.found.record
    outer = object_in(record, "attributes")
    # Version 2 keeps what version 1 says in attributes of attributes.
    inner = object_in(outer, "attributes") or outer or record
    moment = source.moment(outer.get("timestamp") or inner.get("date_happened") or inner.get("timestamp"))
    if moment is None:
        return
    parents = [parent for parent in source.found.around if _is_event(parent)]
    title = text_in(inner, "title") or text_in(inner, "evt", "name")
    title = title or (text_in(parents[-1], "title") if parents else "")
    message = _FENCE.sub("", text_in(outer, "message") or text_in(inner, "text"))
    tags = [tag for tag in list_in(outer, "tags") or list_in(inner, "tags") if isinstance(tag, str)]
    monitor = text_in(inner, "monitor_id") or text_in(inner, "monitor", "id")
    origin = text_in(inner, "source_type_name") or text_in(inner, "source")
    name = text_in(inner, "evt", "id") or text_in(record, "id")
    yield _row(
        ["event", name or record, moment.time], moment, _event_kind(inner, title, monitor, origin, tags),
        actor=origin or "Datadog",
        place=text_in(inner, "service") or _tagged(tags, "service") or _host(inner),
        text=joined(title, message if message != title else "", by="\n"),
        url=url_in(record, "url"),
        alert_id=monitor,
    )  # fmt: skip


def _event_kind(event: dict[str, Any], title: str, monitor: str, origin: str, tags: list[str]) -> str:
    status = (text_in(event, "status") or text_in(event, "alert_type")).lower()
    told = _TITLE.match(title)
    transition = TRANSITIONS.get(told[1].lower()) if told else None
    if monitor or transition or origin.lower() in _OF_MONITORS:
        return transition or STATUSES.get(status, "other")
    subjects = [origin, *(part for tag in tags for part in (tag, tag.partition(":")[2]))]
    subject = next((SUBJECTS[name.lower()] for name in subjects if name.lower() in SUBJECTS), "")
    return subject or OTHER_STATUSES.get(status, "other")


def _tagged(tags: list[str], key: str) -> str:
    return next((tag.partition(":")[2] for tag in tags if tag.startswith(f"{key}:")), "")


def _host(event: dict[str, Any]) -> str:
    return text_in(event, "host") or text_in(event, "hostname")


# Incidents


def _incident_rows(source: _Source) -> Iterator[dict[str, Any]]:
    record = source.found.record
    facts = {_snake(key): value for key, value in record["attributes"].items()}
    number, title = text_in(facts, "public_id"), text_in(facts, "title")
    severity = text_in(facts, "severity") or text_in(facts, "fields", "severity", "value")
    severity = severity if severity not in ("", "UNKNOWN") else ""
    scope = text_in(facts, "customer_impact_scope")
    for key, (kind, words) in INCIDENT_TIMES.items():
        moment = source.moment(facts.get(key))
        if moment is not None:
            head = joined("Incident", f"#{number}" if number else "", words, by=" ")
            head += f" ({severity})" if severity else ""
            said = scope if key.startswith("customer_impact") else title
            yield _row(
                ["incident", text_in(record, "id") or record, key], moment, kind,
                actor=_declared_by(source.found, facts) if key == "created" else "",
                place=_first_text(object_in(facts, "fields", "services").get("value")),
                text=joined(head, said or title, by=": "),
            )  # fmt: skip


def _snake(key: str) -> str:
    return _INNER_CAPITAL.sub(r"_\1", key).lower()


def _first_text(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return next((text for text in values if isinstance(text, str)), "")


def _declared_by(found: Found, facts: dict[str, Any]) -> str:
    """Who declared it, by name; the handle is somebody's mail address."""
    name = text_in(facts, "created_by", "data", "attributes", "name")
    user_id = text_in(found.record, "relationships", "created_by_user", "data", "id")
    users = [user for page in found.around for user in list_in(page, "included")]
    same = (
        text_in(user, "attributes", "name") for user in users if user_id and text_in(user, "id") == user_id
    )
    return name or next(same, "")


# Monitors


def _monitor_rows(source: _Source) -> Iterator[dict[str, Any]]:
    record = source.found.record
    name, monitor = text_in(record, "name"), text_in(record, "id")
    told = ["monitor", monitor or record]
    tags = [tag for tag in list_in(record, "tags") if isinstance(tag, str)]
    service = _tagged(tags, "service")
    is_new = not record.get("modified")
    if changed := source.moment(record.get("modified") or record.get("created")):
        yield _row(
            [*told, "changed"], changed, "change",
            actor=text_in(record, "creator", "name") if is_new else "",
            place=service,
            text=f"Monitor {'created' if is_new else 'changed'}: {name}",
            alert_id=monitor,
        )  # fmt: skip
    for group, key, value, (kind, words) in _monitor_times(record):
        if moment := source.moment(value):
            yield _row(
                [*told, group, key], moment, kind,
                actor="Datadog",
                place=service or group,
                text=joined(name, words, f"for {group}" if group else "", by=" "),
                alert_id=monitor,
            )  # fmt: skip


def _monitor_times(record: dict[str, Any]) -> Iterator[tuple[str, str, Any, tuple[str, str]]]:
    """Group, key, time and what happened then, of each group of a monitor or of the monitor as a whole."""
    groups = {name: group for name, group in object_in(record, "state", "groups").items() if name != "*"}
    whole = object_in(record, "state", "groups", "*") or record
    for name, group in (*groups.items(), ("", whole)):
        for key, happened in GROUP_TIMES.items():
            yield name, key, object_in(group).get(key), happened
    if not groups and not any(key in whole for key in GROUP_TIMES):
        state = text_in(record, "overall_state")
        kind = STATES.get(state, "other")
        yield "", "state", record.get("overall_state_modified"), (kind, f"came to {state or 'a state'}")


def _more_after(page: dict[str, Any]) -> str:
    """What an answer says of the pages after it."""
    if url_in(page, "links", "next") or text_in(page, "meta", "page", "after"):
        return "more events follow on the next page"
    size, there = page.get("meta"), len(list_in(page, "data"))
    limit = text_in(size, "pagination", "size")
    if limit.isdecimal() and there >= int(limit) > 0:
        return f"{there} incidents, as many as a page holds; there may be more"
    number, count = text_in(page, "metadata", "page"), text_in(page, "metadata", "page_count")
    if number.isdecimal() and count.isdecimal() and int(number) + 1 < int(count):
        return f"page {int(number) + 1} of {count} monitors"
    return ""
