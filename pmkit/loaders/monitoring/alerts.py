"""Alerts as Prometheus, Alertmanager and Grafana tell them: one event when one began, one when it ended.

Read are Prometheus' list of alerts (`/api/v1/alerts`), the webhooks of Alertmanager, version 4 and older
(https://prometheus.io/docs/alerting/latest/configuration, `<webhook_config>`), and of Grafana
(https://grafana.com/docs/grafana/latest/alerting, "Webhook notifier"), and Alertmanager's own lists
(`/api/v2/alerts`, `amtool alert -o json`), one document or many one after another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from pmkit.loaders._documents import (
    Found,
    Shape,
    first_record,
    joined,
    object_in,
    read_pages,
    read_records,
    text_in,
    url_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._frame import rows_to_events
from pmkit.loaders._moments import Instant, read_iso
from pmkit.loaders.monitoring._labels import fingerprint, place_of, read_labels, series_name

# The state of an alert to our kind; an alert of any other state is "other", such as one that is `pending`.
KINDS: Final = {
    "firing": "alert", "active": "alert", "alerting": "alert", "resolved": "alert",
    "suppressed": "alert", "unprocessed": "alert",
}  # fmt: skip

_NO_TIME: Final = "0001-01-01"  # how Go writes that an alert has not ended
_FINGERPRINT: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_WORDS: Final = ("summary", "description", "message")  # annotations, the shortest first
_URLS: Final = ("panelURL", "dashboardURL", "generatorURL")
_GRAFANA: Final = frozenset(
    {"silenceURL", "dashboardURL", "panelURL", "valueString", "values", "evalMatches", "ruleUrl"}
)


def load_alerts(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """Alerts as events, sorted by time.

    One row of kind `alert` for each alert, at the time it began to fire, and one of kind `resolve` at the
    time it ended, where that is told. A notification is repeated as long as its alert fires: all copies of
    one alert, by fingerprint and start, are one row whose `ref` names every copy, ` | ` between them. So the
    number of different refs is the number of records; the row of an end names the records that told it.
    Then one row `kind="unreadable"` for every record that cannot be read.

    `alert_id` is the fingerprint, worked out from the labels where the record has none, as Alertmanager does
    it. `place` is the service or job of the labels, `text` the name, severity and summary of the alert.

    Parameters
    ----------
    path : a `.json` or `.jsonl` file
    zone : of times that carry none; these systems write theirs

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC; for an alert of Prometheus' own list it is
    `activeAt`, since when the condition has held, which is before it fired.

    Raises
    ------
    EvidenceError : there is no such file
    QuestionError : a time has no zone and `zone` is not given
    """
    path = Path(path)
    alerts, problems = [], []
    for found in read_records(path, _SHAPE):
        try:
            alerts.append(_read(found, path, zone))
        except ValueError as error:
            problems.append((found.place, str(error)))
    return rows_to_events("monitoring", path.name, _rows(path.name, alerts), problems)


def find_incompleteness(path: str | Path) -> str:
    """How many alerts notifications say to have left out, in one sentence; "" if none."""
    counts = (page.get("truncatedAlerts") for page in read_pages(Path(path), _SHAPE))
    left_out = [count for count in counts if isinstance(count, int) and count > 0]
    if not left_out:
        return ""
    several = f"{len(left_out)} notifications" if len(left_out) > 1 else "one notification"
    most = f"up to {max(left_out)} alerts each" if len(left_out) > 1 else f"{max(left_out)} alerts"
    return f"incomplete: {several} left out {most} (`max_alerts`)"


def _is_of_prometheus(glimpse: Glimpse) -> bool:
    return _is_alert(_first(glimpse)) and "activeAt" in _first(glimpse)


def _is_of_alertmanager(glimpse: Glimpse) -> bool:
    first = _first(glimpse)
    return _is_alert(first) and "startsAt" in first and not _GRAFANA & set(first)


def _is_of_grafana(glimpse: Glimpse) -> bool:
    first = _first(glimpse)
    # The webhook before version 9 tells no time: it is known, to be refused in words.
    is_old = {"ruleId", "ruleName", "evalMatches"} <= set(first)
    return is_old or (_is_alert(first) and bool(_GRAFANA & set(first)))


def _first(glimpse: Glimpse) -> dict[str, Any]:
    found = first_record(glimpse, _SHAPE)
    return found.record if found else {}


def _is_alert(value: dict[str, Any]) -> bool:
    return isinstance(value.get("labels"), dict) and bool({"startsAt", "activeAt"} & set(value))


_SHAPE: Final = Shape({"alerts": _is_alert, "data.alerts": _is_alert, "data": _is_alert})


def _format(name: str, title: str, recognise: Callable[[Glimpse], bool]) -> Format:
    return Format(
        name, "monitoring", title,
        recognise=recognise,
        load=load_alerts,
        options=("zone",),
        find_incompleteness=find_incompleteness,
    )  # fmt: skip


# Grafana's webhook is Alertmanager's with more in it.
FORMATS: Final = (
    _format("grafana-alerts", "alerts of Grafana's webhook", _is_of_grafana),
    _format("alertmanager", "alerts of Alertmanager", _is_of_alertmanager),
    _format("prometheus-alerts", "Prometheus' list of alerts", _is_of_prometheus),
)


class _Alert(NamedTuple):
    """One copy of an alert, and where it stands."""

    id: str
    place: str
    start: Instant
    end: Instant | None
    state: str
    record: dict[str, Any]
    labels: dict[str, str]
    sender: str
    url: str


def _read(found: Found, path: Path, zone: str | None) -> _Alert:
    """The alert of a record. Raises `ValueError` in words."""
    record = found.record
    if found.problem or not _is_alert(record):
        raise ValueError(found.problem or f"no alert with `labels` and `startsAt`: it has {_keys(record)}")
    labels = read_labels(record["labels"])
    told = text_in(record, "fingerprint")
    begun = record.get("startsAt") or record.get("activeAt")
    state = _state(record)
    page = found.around[-1] if found.around else {}
    return _Alert(
        told if _FINGERPRINT.fullmatch(told) else fingerprint(labels),
        found.place,
        read_iso(begun, path=path, where=found.place, zone=zone),
        _end(record, state, path, found.place, zone),
        state,
        record,
        labels,
        _sender(record, page),
        next(filter(None, (url_in(record, name) for name in _URLS)), url_in(page, "externalURL")),
    )


def _keys(record: dict[str, Any]) -> str:
    return joined(*(f"`{name[:20]}`" for name in list(record)[:6])) or "nothing"


def _state(record: dict[str, Any]) -> str:
    """The alert's own state, not that of the group it was sent with; older records have none."""
    told = text_in(record, "status", "state") or text_in(record, "status") or text_in(record, "state")
    return told.lower() or ("resolved" if _has_ended(record.get("endsAt")) else "firing")


def _has_ended(end: Any) -> bool:
    return isinstance(end, str) and bool(end) and not end.startswith(_NO_TIME)


def _end(record: dict[str, Any], state: str, path: Path, place: str, zone: str | None) -> Instant | None:
    """When the alert ended. The end of one that fires still is a guess of its sender."""
    if state != "resolved" or not _has_ended(record.get("endsAt")):
        return None
    return read_iso(record["endsAt"], path=path, where=f"{place}, `endsAt`", zone=zone)


def _sender(record: dict[str, Any], page: dict[str, Any]) -> str:
    if "activeAt" in record:
        return "Prometheus"
    return "Grafana" if _GRAFANA & set(record) or "orgId" in page else "Alertmanager"


def _rows(file: str, alerts: Iterable[_Alert]) -> list[dict[str, Any]]:
    """One row for each alert and one for its end, of all copies of it."""
    copies: dict[str, list[_Alert]] = {}
    for alert in alerts:
        copies.setdefault(f"alert:{alert.id}:{alert.start.time}", []).append(alert)
    rows = []
    for event_id, same in copies.items():
        ended = [alert for alert in same if alert.end]
        # As it was told while it fired: a summary may hold the value of the moment.
        first = next((alert for alert in same if alert.state != "resolved"), same[0])
        rows.append(_row(file, event_id, KINDS.get(first.state, "other"), first, same))
        if ended:
            last = max(ended, key=lambda alert: alert.end or alert.start)
            rows.append(_row(file, f"{event_id}:end", "resolve", last, ended))
    return rows


def _row(file: str, event_id: str, kind: str, alert: _Alert, copies: list[_Alert]) -> dict[str, Any]:
    moment = alert.end if kind == "resolve" and alert.end else alert.start
    return {
        "event_id": event_id,
        "time": moment.time,
        "kind": kind,
        "actor": alert.sender,
        "place": place_of(alert.labels),
        "text": _text(alert, kind),
        "ref": " | ".join(f"{file}#{copy.place}" for copy in copies),
        "url": alert.url,
        "time_basis": moment.basis,
        "alert_id": alert.id,
    }


def _text(alert: _Alert, kind: str) -> str:
    """`HighErrorRate (critical): 5xx above 5 %`; for an end `HighErrorRate (critical) resolved`."""
    name = alert.labels.get("alertname") or series_name(alert.labels)
    state = {"suppressed": "silenced or inhibited"}.get(alert.state, "")
    state = state or ("" if kind in ("alert", "resolve") else alert.state)
    facts = joined(alert.labels.get("severity", ""), state)
    head = f"{name} ({facts})" if facts else name
    if kind == "resolve":
        return f"{head} resolved"
    annotations = object_in(alert.record, "annotations")
    told = next(filter(None, (text_in(annotations, name) for name in _WORDS)), "")
    value = text_in(alert.record, "value")
    return joined(head, told or (f"value {value}" if value else ""), by=": ")
