"""Samples of metrics as the events frame: columns from the start, because there may be a million of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pmkit.loaders._frame import STRING, TIME, scalar, strings, to_events

Problem = tuple[str, str]

_NUMBER: Final = re.compile(
    r"[+-]?(?:inf|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)", re.ASCII | re.IGNORECASE
)


class Series(NamedTuple):
    """The samples of one series.

    Parameters
    ----------
    id : what `event_id` begins with, the same on every reload
    name : name and labels, as they stand in `metric`
    place : the service it is about, or ""
    times : microseconds since 1970, UTC
    values : numbers; NaN and infinities are in the words alone
    words : each value as the source writes it
    refs : where each sample stands in the file
    basis : how the zone of the times is known, as in `time_basis`
    """

    id: str
    name: str
    place: str
    times: Sequence[int] | npt.NDArray[np.int64]
    values: Sequence[float]
    words: Sequence[str]
    refs: Sequence[str]
    basis: str = "epoch"


def stable_id(source: str, told: Any) -> str:
    """A short id made of everything that tells a series, or a record, from others."""
    return f"{source}:{_short(json.dumps(told, ensure_ascii=False, sort_keys=True))}"


def is_number(word: str) -> bool:
    """Whether a value is a number as systems write it: `0.31`, `1e+06`, `NaN`, `+Inf`."""
    return _NUMBER.fullmatch(word) is not None


def shown(value: Any) -> str:
    """The beginning of a value, for a message."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return repr(text[:40] + ("…" if len(text) > 40 else ""))


def samples_to_events(file: str, series: Sequence[Series], problems: list[Problem]) -> pd.DataFrame:
    """One row of kind `metric` per sample, by time, and below them the problems.

    A sample that stands twice, with the same time and value, is one row whose `ref` names every copy.
    """
    counts = [len(one.words) for one in series]
    of = pa.array(np.repeat(np.arange(len(series)), counts))
    times = np.concatenate([np.array([], np.int64), *(np.asarray(one.times, np.int64) for one in series)])
    values = np.concatenate([np.array([]), *(np.asarray(one.values, np.float64) for one in series)])
    words = strings(word for one in series for word in one.words)
    refs = strings(ref for one in series for ref in one.refs)
    per_series = {
        "id": strings(one.id for one in series),
        "metric": strings(one.name for one in series),
        "place": strings(one.place for one in series),
        "time_basis": strings(one.basis for one in series),
    }
    names = {name: column.take(of) for name, column in per_series.items()}
    stamps = pc.cast(pa.array(times), STRING)
    columns = {
        "event_id": pc.binary_join_element_wise(names["id"], stamps, _in_id(words), scalar(":")),
        "time": pa.array(times, type=TIME),
        "kind": pa.repeat(scalar("metric"), len(times)),
        "place": names["place"],
        "text": pc.binary_join_element_wise(names["metric"], words, scalar(" = ")),
        "ref": pc.binary_join_element_wise(scalar(f"{file}#"), refs, scalar("")),
        "time_basis": names["time_basis"],
        "metric": names["metric"],
        "metric_value": pa.array(values, mask=~np.isfinite(values)),
    }
    order = np.argsort(times, kind="stable")
    columns = {name: column.take(pa.array(order)) for name, column in columns.items()}
    return to_events("monitoring", file, _each_once(columns), problems)


def _in_id(words: pa.Array) -> pa.Array:
    """Each value as an id can hold it: a number as it is, other words as their digest."""
    plain = pc.match_substring_regex(words, f"^(?:{_NUMBER.pattern})$", ignore_case=True)
    if pc.all(plain).as_py():
        return words
    return strings(word if is_number(word) else _short(word) for word in words.to_pylist())


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _each_once(columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    ids = columns["event_id"]
    if pc.count_distinct(ids).as_py() == len(ids):
        return columns
    copies: dict[str, list[int]] = {}
    for row, event_id in enumerate(ids.to_pylist()):
        copies.setdefault(event_id, []).append(row)
    refs = columns["ref"].to_pylist()
    kept = pa.array([rows[0] for rows in copies.values()])
    once = {name: column.take(kept) for name, column in columns.items()}
    return once | {"ref": strings(" | ".join(refs[row] for row in rows) for rows in copies.values())}
