"""Grafana: annotations, which people write on its charts and its alerts leave there; one event each.

Read is the list that `/api/annotations` gives, one or many one after another
(https://grafana.com/docs/grafana/latest/developers/http_api/annotations).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit.loaders._documents import (
    Found,
    Shape,
    first_record,
    joined,
    list_in,
    load_records,
    read_records,
    text_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._moments import Instant, read_any_epoch
from pmkit.loaders.monitoring._samples import stable_id

# The state an alert came to, before a reason such as ` (NoData)`; any other state is "other".
STATES: Final = {"alerting": "alert", "ok": "resolve", "normal": "resolve"}
# Tags that tell what somebody marked; what bears none of them is a note.
TAGS: Final = {
    "deploy": "deploy", "deployment": "deploy", "release": "deploy", "rollback": "deploy",
    "change": "change", "config": "change",
}  # fmt: skip

_DEFAULT_LIMIT: Final = 100  # annotations that Grafana gives when it is not asked for more


def load_grafana_annotations(path: str | Path) -> pd.DataFrame:
    """Annotations of Grafana as events, sorted by time.

    One row per annotation: of kind `alert` or `resolve` where an alert left it, of kind `deploy` or `change`
    where a tag says so, else `note`. `place` is the dashboard and panel, `text` the words with the tags
    behind them and, for one that lasted, its end. Then one row `kind="unreadable"` for every record that
    cannot be read. An annotation that stands twice is one row whose `ref` names every copy.

    Parameters
    ----------
    path : a `.json` file

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC; Grafana counts milliseconds since 1970.

    Raises
    ------
    EvidenceError : there is no such file
    """
    return load_records("monitoring", path, _SHAPE, _row)


def find_incompleteness(path: str | Path) -> str:
    """Whether a list has just as many annotations as Grafana gives at most, in one sentence; else ""."""
    if sum(1 for _ in read_records(Path(path), _SHAPE)) != _DEFAULT_LIMIT:
        return ""
    return "possibly incomplete: 100 annotations, as many as Grafana gives where no `limit` is asked for"


def is_annotation_list(glimpse: Glimpse) -> bool:
    """Whether the file is a list of annotations."""
    found = first_record(glimpse, _SHAPE)
    return found is not None and _is_annotation(found.record)


FORMATS: Final = (
    Format(
        "grafana-annotations", "monitoring", "annotations of Grafana",
        recognise=is_annotation_list,
        load=load_grafana_annotations,
        find_incompleteness=find_incompleteness,
    ),
)  # fmt: skip


def _is_annotation(value: dict[str, Any]) -> bool:
    of_grafana = {"panelId", "dashboardId", "dashboardUID", "alertId", "timeEnd"}
    return {"time", "text"} <= set(value) and bool(of_grafana & set(value))


_SHAPE: Final = Shape({"annotations": _is_annotation})


def _row(found: Found) -> dict[str, Any]:
    """The event of an annotation. Raises `ValueError` in words."""
    record = found.record
    if not _is_annotation(record):
        raise ValueError("no annotation: expected `time`, `text` and the dashboard or panel")
    moment = read_any_epoch(record["time"])
    state = text_in(record, "newState")
    told = [text_in(record, "id"), moment.time] if text_in(record, "id") else [record]
    return {
        "event_id": stable_id("grafana", told),
        "time": moment.time,
        "kind": _kind(state, list_in(record, "tags")),
        "actor": text_in(record, "login") or text_in(record, "userName") or ("Grafana" if state else ""),
        "place": joined(
            _named("dashboard", text_in(record, "dashboardUID") or text_in(record, "dashboardId")),
            _named("panel", text_in(record, "panelId")),
        ),
        "text": _text(record, state, moment),
        "time_basis": moment.basis,
        "alert_id": text_in(record, "alertId").removeprefix("0"),
    }


def _kind(state: str, tags: list[Any]) -> str:
    if state:
        return STATES.get(state.lower().partition(" (")[0], "other")
    return next((TAGS[tag.lower()] for tag in tags if isinstance(tag, str) and tag.lower() in TAGS), "note")


def _named(noun: str, name: str) -> str:
    return f"{noun} {name}" if name.strip("0") else ""


def _text(record: dict[str, Any], state: str, start: Instant) -> str:
    """The words, tags and end; of an alert that says nothing its name and states."""
    states = joined(text_in(record, "prevState"), state, by=" → ")
    text = text_in(record, "text") or joined(text_in(record, "alertName"), states, by=": ")
    tags = joined(*(tag for tag in list_in(record, "tags") if isinstance(tag, str)))
    return joined(text, f"[{tags}]" if tags else "", _lasted(record.get("timeEnd"), start), by=" ")


def _lasted(end: Any, start: Instant) -> str:
    """`(until …)` for an annotation of a stretch; one of a point ends where it begins, or at 0."""
    try:
        moment = read_any_epoch(end)
    except ValueError:
        return ""
    at = pd.Timestamp(moment.time, unit="us", tz="UTC")
    return f"(until {at:%Y-%m-%d %H:%M:%S} UTC)" if moment.time > start.time else ""
