"""Prometheus: the answer to a query, one event of kind `metric` per sample.

Read are range queries (matrix), instant queries (vector, scalar, string) and their bare result lists, one
answer or many one after another; so do Thanos, Mimir, Cortex and VictoriaMetrics answer
(https://prometheus.io/docs/prometheus/latest/querying/api, "Expression queries").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders._documents import joined, list_in, object_in, text_in
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._moments import read_epoch
from pmkit.loaders._salvage import MOST_FAILURES, clean_json, text_of, twin_key
from pmkit.loaders.monitoring._labels import place_of, read_labels, series_name
from pmkit.loaders.monitoring._samples import (
    Problem,
    Series,
    is_number,
    samples_to_events,
    shown,
    stable_id,
)

_REFUSED: Final = "Prometheus answered with an error:"
_LISTS: Final = ("values", "histograms")
_SINGLES: Final = ("value", "histogram")

_BLANK: Final = re.compile(r"[\s,]*")
_HALF_CHARACTER: Final = re.compile(r"\\u[dD][89a-fA-F]")
# What no number is written with, though `float` would read it.
_STRANGE: Final = re.compile(r"[^0-9.eE+\-,NaInf]")
# A sample in the text of a damaged series, and where the next one surely begins.
_SAMPLE: Final = re.compile(r'\s*\[\s*(\d{1,12}(?:\.\d{1,9})?)\s*,\s*"([^"\\]{0,64})"\s*\]\s*(?=[,\]]|\Z)')
_NEXT_SAMPLE: Final = re.compile(r',(?=\s*\[\s*\d{1,12}(?:\.\d{1,9})?\s*,\s*")')
_BEGIN: Final = re.compile(r'\{\s*"metric"\s*:\s*(?=\{)')
_VALUES: Final = re.compile(r'\s*,\s*"values"\s*:\s*\[')

_ANSWER: Final = re.compile(r'"resultType"\s*:\s*"(matrix|vector|scalar|string)"')
_SERIES: Final = re.compile(r'\{\s*"metric"\s*:\s*\{[^{}]{0,9000}\}\s*,\s*"(values?|histograms?)"\s*:\s*\[')


def load_prometheus(path: str | Path) -> pd.DataFrame:
    """The samples of a query as events, by time; gaps stay gaps, nothing is put between two samples.

    One row of kind `metric` per sample: `metric` is `name{labels}`, `metric_value` the number, empty for NaN
    and infinities (`text` has the value as Prometheus wrote it) and for a native histogram, whose count and
    sum stand in `text`. `place` is the service or job of the labels. Then one row `kind="unreadable"` for
    what cannot be read. A sample that stands twice is one row.

    The answer does not hold the query: a series without a name is told from those of other files by the
    name of its file.

    Parameters
    ----------
    path : a `.json` file

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC, to the millisecond, which is as fine as Prometheus
    stores it. `ref` is `<file>#<list>/<series>/values:<sample>`.

    Raises
    ------
    EvidenceError : there is no such file, or it holds an error of Prometheus instead of an answer
    """
    path = Path(path)
    text = _text(path)
    try:
        read = list(_whole(text, path.name))
    except (ValueError, RecursionError) as error:
        read = list(_damaged(text, path.name, str(error)))
    series = [one for one, _ in read if one is not None]
    problems = [problem for _, found in read for problem in found]
    if not series and len(problems) == 1 and problems[0][1].startswith(_REFUSED):
        raise EvidenceError(path, "", problems[0][1], "Run the query again.")
    return samples_to_events(path.name, series, problems)


def find_incompleteness(path: str | Path) -> str:
    """What Prometheus warned of, as one sentence; "" if of nothing."""
    try:
        answers = [answer for answer in _answers(_text(Path(path))) if isinstance(answer, dict)]
    except (ValueError, RecursionError):
        return "incomplete: the file is damaged, see its unreadable rows"
    warnings = (text for answer in answers for text in list_in(answer, "warnings"))
    said = [f"Prometheus warned: {text}" for text in warnings if isinstance(text, str)]
    said += [_error_words(answer) for answer in answers if answer.get("status") == "error"]
    return f"incomplete: {joined(*dict.fromkeys(said), by='; ')}" if said else ""


def is_query_result(glimpse: Glimpse) -> bool:
    """Whether it is an answer of Prometheus, or a list of series as one holds it."""
    if not glimpse.text.lstrip().startswith(("{", "[")):
        return False
    is_error = {"status", "errorType", "error"} <= glimpse.keys
    return is_error or any(mark.search(glimpse.text) for mark in (_ANSWER, _SERIES))


FORMATS: Final = (
    Format(
        "prometheus-query", "monitoring", "the answer to a Prometheus query",
        recognise=is_query_result,
        load=load_prometheus,
        find_incompleteness=find_incompleteness,
    ),
)  # fmt: skip


class _Head(NamedTuple):
    """Which series samples belong to, and where they stand; `answer` is the file and document of it."""

    labels: dict[str, str]
    name: str
    place: str
    answer: str

    @property
    def told(self) -> tuple[str, str, str]:
        """Id, name and service. Labels alone name a series only while they hold its name."""
        id_of = [self.labels] if "__name__" in self.labels else [self.labels, self.name, self.answer]
        return stable_id("prom", id_of), self.name, place_of(self.labels)


_Read = tuple[Series | None, list[Problem]]


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a label that stands twice nobody knows which value is meant."""
    if (twin := twin_key(pairs)) is not None:
        raise ValueError(f"duplicate key {twin!r}")
    return dict(pairs)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_said_once)


def _text(path: Path) -> str:
    try:
        return text_of(path.read_bytes())
    except OSError as error:
        raise EvidenceError(path, "", f"cannot be read: {error.strerror}.", "Check the path.") from error


def _answers(text: str) -> Iterator[Any]:
    """The documents of a file, one after another or in a list. Raises `ValueError` where one is damaged."""
    position, has_halves = _skip(text, 0), _HALF_CHARACTER.search(text) is not None
    while position < len(text):
        value, end = _DECODER.raw_decode(text, position)
        if not isinstance(value, dict | list):
            raise ValueError(f"expected an answer of Prometheus, found {shown(value)}")
        value = json.loads(clean_json(value)) if has_halves else value
        yield from value if _is_list_of_answers(value) else [value]
        position = _skip(text, end)


def _is_list_of_answers(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else None
    return (
        isinstance(first, dict)
        and "metric" not in first
        and bool({"data", "resultType", "status"} & set(first))
    )


def _skip(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return blank.end() if blank else position


def _whole(text: str, file: str) -> Iterator[_Read]:
    """The samples of every answer. Raises `ValueError` where one is damaged."""
    answers = list(_answers(text))
    for number, answer in enumerate(answers):
        page = f"{number}/" if len(answers) > 1 else ""
        yield from _read_answer(answer, page, f"{file}#{page}")


def _read_answer(answer: Any, page: str, told: str) -> Iterator[_Read]:
    """The samples of one answer: a response, its data alone, their list alone, or one series alone."""
    data = answer.get("data") if isinstance(answer, dict) and "data" in answer else answer
    result = data.get("result") if isinstance(data, dict) and "result" in data else data
    kind = text_in(data, "resultType")
    if isinstance(answer, dict) and answer.get("status") == "error" and not object_in(data).get("result"):
        yield None, [(f"{page}:0", _error_words(answer))]
    elif kind in ("scalar", "string"):
        yield _samples([result], _Head({}, kind, f"{page}result", told))
    else:
        place = page if result is answer else f"{page}result/"
        for number, series in enumerate(result if isinstance(result, list) else [result]):
            yield from _read_series(series, f"{place}{number}", told)


def _read_series(series: Any, place: str, told: str) -> Iterator[_Read]:
    labels = read_labels(series.get("metric")) if isinstance(series, dict) else {}
    there = [name for name in (*_LISTS, *_SINGLES) if isinstance(series, dict) and name in series]
    if not there:
        yield None, [(place, f"expected a series with `metric` and `values`, found {shown(series)}")]
    for name in there:
        samples = series[name] if name in _LISTS else [series[name]]
        yield _samples(samples, _Head(labels, series_name(labels), f"{place}/{name}", told))


def _samples(samples: Any, head: _Head) -> _Read:
    place = head.place
    if not isinstance(samples, list):
        return None, [(f"{place}:0", f"expected a list of samples, found {shown(samples)}")]
    try:
        return Series(*head.told, *_columns(samples), [f"{place}:{n}" for n in range(len(samples))]), []
    except (TypeError, ValueError, IndexError):
        pass
    read, problems = [], []
    for number, sample in enumerate(samples):
        try:
            read.append((_sample(sample), f"{place}:{number}"))
        except ValueError as error:
            problems.append((f"{place}:{number}", str(error)))
    times = [time for (time, _, _), _ in read]
    values = [value for (_, value, _), _ in read]
    words = [word for (_, _, word), _ in read]
    return Series(*head.told, times, values, words, [where for _, where in read]), problems


def _columns(samples: list[Any]) -> tuple[Any, list[float], list[str]]:
    """Times, numbers and words of samples that are all as they should be; raises where one is not."""
    moments, texts = zip(*samples, strict=True) if samples else ((), ())
    if _STRANGE.search(",".join(texts)):
        raise TypeError("a value that is no number")
    if not all(type(moment) in (int, float) for moment in moments):
        raise TypeError("a time that is no number")
    for moment in (min(moments), max(moments)) if moments else ():
        read_epoch(moment, "s")
    times = np.rint(np.array(moments, dtype=np.float64) * 1000).astype(np.int64) * 1000
    return times, [float(text) for text in texts], list(texts)


def _sample(sample: Any) -> tuple[int, float, str]:
    """One sample: microseconds, number, words. Raises `ValueError` in words."""
    if not isinstance(sample, list) or len(sample) != 2:
        raise ValueError(f"expected a sample as [time, value], found {shown(sample)}")
    moment, value = sample
    time = round(read_epoch(moment, "s").time, -3)
    if isinstance(value, dict):
        told = [f"{name} {text_in(value, name)}" for name in ("count", "sum") if name in value]
        return time, float("nan"), ", ".join(["histogram", *told])
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected a value as text, found {shown(value)}")
    text = value if isinstance(value, str) else json.dumps(value)
    # Not a number is a text, the answer of a query for one.
    return time, float(text) if is_number(text) else float("nan"), text


def _damaged(text: str, file: str, problem: str) -> Iterator[_Read]:
    """The series of a damaged file, each by itself; one entry at least says what is damaged."""
    begins = [found.start() for found in _BEGIN.finditer(text)]
    failures = 0
    for number, (begin, end) in enumerate(pairwise([*begins, len(text)])):
        if failures > MOST_FAILURES:
            yield None, [(f"{number}", f"characters {begin} to {len(text)} are too damaged to read")]
            return
        for read in _series_in(text[begin:end], f"{number}", f"{file}#"):
            failures += bool(read[1])
            yield read
    if not failures:
        yield None, [(":0", f"damaged, not in a series: {problem}")]


def _series_in(text: str, place: str, told: str) -> Iterator[_Read]:
    try:
        series, _ = _DECODER.raw_decode(text)
        yield from _read_series(json.loads(clean_json(series)), place, told)
    except (ValueError, RecursionError) as error:
        yield _salvaged(text, place, told, str(error))


def _salvaged(text: str, place: str, told: str, problem: str) -> _Read:
    """The samples in the text of a damaged series; what lies between two of them is one problem."""
    begin = _BEGIN.match(text)
    try:
        metric, end = _DECODER.raw_decode(text, begin.end()) if begin else (None, 0)
    except (ValueError, RecursionError):
        metric, end = None, 0
    opening = _VALUES.match(text, end) if metric is not None else None
    if opening is None:
        return None, [(place, problem)]
    samples: list[Any] = []
    refs: list[str] = []
    problems: list[Problem] = []
    position = opening.end()
    while position < len(text) and not text.startswith("]", position):
        where = f"{place}/values:{len(refs) + len(problems)}"
        if sample := _SAMPLE.match(text, position):
            samples.append([float(sample[1]), sample[2]])
            refs.append(where)
            position = sample.end()
        else:
            following = _NEXT_SAMPLE.search(text, position + 1)
            end = following.start() if following else len(text)
            problems.append((where, f"damaged, characters {position} to {end} of its series"))
            position = end
        position += text.startswith(",", position)
    if not problems:
        problems.append((place, f"its samples are read, the rest is damaged: {problem}"))
    labels = read_labels(json.loads(clean_json(metric)))
    series, more = _samples(samples, _Head(labels, series_name(labels), "", told))
    if series is None:
        return None, problems
    series = series._replace(refs=[refs[int(ref[1:])] for ref in series.refs])
    return series, problems + [(refs[int(where[1:])], reason) for where, reason in more]


def _error_words(answer: dict[str, Any]) -> str:
    said = joined(text_in(answer, "errorType"), text_in(answer, "error"), by=": ")
    return f"{_REFUSED} {said or 'unknown'}."
