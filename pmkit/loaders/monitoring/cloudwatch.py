"""Amazon CloudWatch: the history of alarms, one event per item, and data of metrics, one per sample.

Read are what `aws cloudwatch describe-alarm-history`, `get-metric-data` and `get-metric-statistics` print
and the SDKs return, one answer or many one after another
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference: DescribeAlarmHistory, GetMetricData,
GetMetricStatistics).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
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
    object_in,
    read_pages,
    read_records,
    text_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._moments import Instant, read_any_epoch, read_iso
from pmkit.loaders._salvage import clean_json
from pmkit.loaders.monitoring._samples import (
    Problem,
    Series,
    is_number,
    samples_to_events,
    shown,
    stable_id,
)

# The state an alarm came to; any other, such as INSUFFICIENT_DATA, is "other".
STATES: Final = {"ALARM": "alert", "OK": "resolve"}
# The type of an item of the history that is no change of state; any other is "other".
TYPES: Final = {"Action": "notify", "ConfigurationUpdate": "change"}

_CAME_TO: Final = re.compile(r".* to (\w+)", re.DOTALL)
_STATISTICS: Final = ("Average", "Minimum", "Maximum", "Sum", "SampleCount")
_WHOLE: Final = ("Complete", "")


def load_cloudwatch_alarms(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """The history of alarms as events, cause before effect.

    One row per item: `alert` or `resolve` where the alarm came to that state, `notify` for an action it took,
    `change` for one of its configuration. `alert_id` and `actor` are the alarm, `text` the summary with the
    reason that CloudWatch gave. Then one row `kind="unreadable"` for every item that cannot be read. An item
    that stands twice is one row whose `ref` names every copy.

    Parameters
    ----------
    path : a `.json` file
    zone : of times that carry none; AWS writes theirs

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC.

    Raises
    ------
    EvidenceError : there is no such file
    QuestionError : a time has no zone and `zone` is not given
    """
    return load_records("monitoring", path, _HISTORY, lambda found: _item(found, path, zone))


def load_cloudwatch_metrics(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """The data of metrics as events, by time; gaps stay gaps.

    One row of kind `metric` per number: `metric` is the label, of `get-metric-statistics` with the statistic
    behind it. Then one row `kind="unreadable"` for every sample that cannot be read.

    Parameters
    ----------
    path : a `.json` file
    zone : of times that carry none; AWS writes theirs

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC.

    Raises
    ------
    EvidenceError : there is no such file
    QuestionError : a time has no zone and `zone` is not given
    """
    path = Path(path)
    samples: dict[_Key, list[_Sample]] = {}
    problems: list[Problem] = []
    for found in read_records(path, _METRICS):
        try:
            told = list(_told(found))
        except ValueError as error:
            problems.append((found.place, str(error)))
            continue
        for name, place, moment, value in told:
            try:
                time, number = _moment(moment, path, place, zone), _number(value)
                samples.setdefault((*name, time.basis), []).append((time.time, number, str(value), place))
            except ValueError as error:
                problems.append((place, str(error)))
    series = [_series(key, same, path.name) for key, same in samples.items()]
    return samples_to_events(path.name, series, list(dict.fromkeys(problems)))


def find_missing_history(path: str | Path) -> str:
    """Whether the last answer says that more items follow, in one sentence; else ""."""
    *_, last = [{}, *read_pages(Path(path), _HISTORY)]
    return "incomplete: the history has more pages (`NextToken`)" if text_in(last, "NextToken") else ""


def find_missing_metrics(path: str | Path) -> str:
    """What the answers say to be missing, in one sentence; "" if nothing."""
    pages = list(read_pages(Path(path), _METRICS))
    results = [result for page in pages for result in list_in(page, "MetricDataResults")]
    partial = [
        text_in(result, "Label") or text_in(result, "Id") for result in results if not _is_whole(result)
    ]
    more = bool(pages) and bool(text_in(pages[-1], "NextToken"))
    said = joined(
        f"CloudWatch gave a part of {joined(*partial)}" if partial else "",
        "the data have more pages (`NextToken`)" if more else "",
        by="; ",
    )
    return f"incomplete: {said}" if said else ""


def _is_history(value: dict[str, Any]) -> bool:
    return {"HistoryItemType", "Timestamp"} <= set(value)


def _is_result(value: dict[str, Any]) -> bool:
    return {"Timestamps", "Values"} <= set(value)


def _is_datapoint(value: dict[str, Any]) -> bool:
    return "Timestamp" in value and bool({*_STATISTICS, "ExtendedStatistics"} & set(value))


def _recogniser(shape: Shape) -> Callable[[Glimpse], bool]:
    """Whether the first record of a file is one of that shape; without one its list has to be there."""
    tells = list(shape.pages.items())

    def recognise(glimpse: Glimpse) -> bool:
        found = first_record(glimpse, shape)
        if found is None:
            return any(name in glimpse.keys for name, _ in tells)
        return any(tell(found.record) for _, tell in tells)

    return recognise


_HISTORY: Final = Shape({"AlarmHistoryItems": _is_history})
_METRICS: Final = Shape({"MetricDataResults": _is_result, "Datapoints": _is_datapoint})

FORMATS: Final = (
    Format(
        "cloudwatch-alarms", "monitoring", "the history of CloudWatch alarms",
        recognise=_recogniser(_HISTORY),
        load=load_cloudwatch_alarms,
        options=("zone",),
        find_incompleteness=find_missing_history,
    ),
    Format(
        "cloudwatch-metrics", "monitoring", "data of CloudWatch metrics",
        recognise=_recogniser(_METRICS),
        load=load_cloudwatch_metrics,
        options=("zone",),
        find_incompleteness=find_missing_metrics,
    ),
)  # fmt: skip


def _moment(value: Any, path: str | Path, where: str, zone: str | None) -> Instant:
    """A time as the command line writes it, or seconds since 1970 as the API does."""
    if isinstance(value, str):
        return read_iso(value, path=path, where=where, zone=zone)
    return read_any_epoch(value)


# The history of alarms


def _item(found: Found, path: str | Path, zone: str | None) -> dict[str, Any]:
    """The event of an item of the history. Raises `ValueError` in words."""
    record = found.record
    if not _is_history(record):
        raise ValueError("no item of an alarm's history: expected `HistoryItemType` and `Timestamp`")
    moment = _moment(record["Timestamp"], path, found.place, zone)
    kind, name = text_in(record, "HistoryItemType"), text_in(record, "AlarmName")
    summary, came_to = text_in(record, "HistorySummary"), _new_state(record)
    state = text_in(came_to, "stateValue") or _CAME_TO.sub(r"\1", summary)
    reason = text_in(came_to, "stateReason")
    return {
        "event_id": stable_id("cloudwatch", [name, moment.time, kind, summary, record.get("HistoryData")]),
        "time": moment.time,
        "kind": STATES.get(state, "other") if kind == "StateUpdate" else TYPES.get(kind, "other"),
        "actor": name,
        "text": joined(name, summary or kind, reason if reason != summary else "", by=": "),
        "time_basis": moment.basis,
        "alert_id": name,
    }


def _new_state(record: dict[str, Any]) -> dict[str, Any]:
    """The state an alarm came to, from the JSON that stands as a text in the JSON."""
    data = record.get("HistoryData")
    try:
        told = json.loads(data) if isinstance(data, str) else data
    except (ValueError, RecursionError):
        return {}
    return object_in(json.loads(clean_json(told)), "newState")


# The data of metrics

_Key = tuple[str, str, str]  # label, what tells it from others of that label, how the zone is known
_Sample = tuple[int, float, str, str]


def _told(found: Found) -> Iterator[tuple[tuple[str, str], str, Any, Any]]:
    """Label, place, time and value of each sample of a record. Raises `ValueError` in words."""
    record = found.record
    if found.problem:
        raise ValueError(found.problem)
    if _is_result(record):
        label, name = text_in(record, "Label"), text_in(record, "Id")
        pairs = zip_longest(list_in(record, "Timestamps"), list_in(record, "Values"))
        for number, (moment, value) in enumerate(pairs):
            yield (label or name, name), f"{found.place}/Values:{number}", moment, value
    elif _is_datapoint(record):
        label = text_in(found.around[-1] if found.around else {}, "Label")
        extended = object_in(record, "ExtendedStatistics")
        for statistic in (*_STATISTICS, *extended):
            if statistic in record or statistic in extended:
                value = extended.get(statistic, record.get(statistic))
                yield (f"{label} ({statistic})".strip(), ""), found.place, record["Timestamp"], value
    else:
        raise ValueError(
            "no data of a metric: expected `Timestamps` and `Values`, or `Timestamp` and a statistic"
        )


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not is_number(str(value)):
        raise ValueError(f"expected a number, found {shown(value)}")
    return float(value)


def _is_whole(result: Any) -> bool:
    return text_in(result, "StatusCode") in _WHOLE


def _series(key: _Key, samples: list[_Sample], file: str) -> Series:
    """The samples of one label; several results of one label are told apart by their short names."""
    label, name, basis = key
    metric = f"{label} ({name})" if name not in ("", label) else label
    times, values, words, refs = (list(column) for column in zip(*samples, strict=True))
    return Series(stable_id("cloudwatch", [file, label, name]), metric, "", times, values, words, refs, basis)
