"""Grafana: the CSV of a panel ("Inspect", "Data", "Download CSV"), one event of kind `metric` per number.

Read are a column for each series, the old "series as rows", and tables in which other columns name the
series; with or without the first line `sep=,` that "Download for Excel" adds. "Formatted data" writes times
in the zone of the browser that saved the file and numbers with their units; without it times are
milliseconds since 1970 and numbers plain
(https://grafana.com/docs/grafana/latest/panels-visualizations/panel-inspector).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders._csv import Row, read_rows
from pmkit.loaders._dates import find_order, read_screen
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._moments import Instant, read_any_epoch
from pmkit.loaders._salvage import text_of
from pmkit.loaders.monitoring._labels import place_of, series_name
from pmkit.loaders.monitoring._samples import Problem, Series, samples_to_events, stable_id

_THOUSANDS: Final = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_COUNTS: Final = {"K": 1e3, "k": 1e3, "M": 1e6, "Mil": 1e6, "B": 1e9, "Bil": 1e9, "T": 1e12, "Tri": 1e12}
# What a formatted number is to be multiplied by: to seconds, bytes, bits, counts; percent stay percent.
UNITS: Final = {
    "": 1, "%": 1, "K": 1e3, "k": 1e3, "Mil": 1e6, "Bil": 1e9, "Tri": 1e12, "Quadr": 1e15,
    "ns": 1e-9, "µs": 1e-6, "μs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "mins": 60,
    "hour": 3600, "hours": 3600, "day": 86400, "days": 86400, "week": 604800, "weeks": 604800,
    **{f"{prefix}{unit}": factor for prefix, factor in {"": 1, **_THOUSANDS}.items()
       for unit in ("B", "b", "B/s", "b/s")},
    **{f"{prefix}i{unit}": 1024.0**power for power, prefix in enumerate("KMGTP", start=1)
       for unit in ("B", "b", "B/s", "b/s")},
}  # fmt: skip

_VALUE: Final = re.compile(
    r"[$€£¥]?\s?(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)"
    r"\s?(?P<unit>[^\W\d_][\w/°%²³ -]{0,23}|[%°]\w?)?",
)
_NOT_FINITE: Final = re.compile(r"nan|[+-]?inf(inity)?", re.IGNORECASE)
_EPOCH: Final = re.compile(r"\d{9,19}(?:\.\d{1,9})?", re.ASCII)
_TIMES: Final = ("time", "timestamp", "date", "datetime")
_LOOK: Final = 20  # rows that tell whether a file is of this format


def load_grafana_csv(
    path: str | Path, *, zone: str | None = None, date_format: str | None = None
) -> pd.DataFrame:
    """The numbers of a panel as events, by time; an empty cell is a gap and stays one.

    One row of kind `metric` per cell: `metric` is the name of the series, `metric_value` the number, in
    seconds, bytes, bits and plain counts (`1.2 K` is 1200, `950 ms` is 0.95, `50%` is 50), empty where a unit
    is not known that changes within the series; `text` has the cell as it is. Then one row
    `kind="unreadable"` for every line whose time cannot be read.

    Parameters
    ----------
    path : a `.csv` file
    zone : of the times, where they are formatted: that of the browser that saved the file
    date_format : order of day and month, as `D/M/Y`, where the times do not tell

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC. `ref` is `<file>#line:<line>:<column>`.

    Raises
    ------
    EvidenceError : there is no such file, it has no time and value columns, or no time in it can be read
    QuestionError : its times have no zone, or may be read in two ways, and the option is not given
    """
    path = Path(path)
    try:
        text = text_of(path.read_bytes())
    except OSError as error:
        raise EvidenceError(path, "", f"cannot be read: {error.strerror}.", "Check the path.") from error
    header, *rows = list(read_rows(text)) or [Row(1, [])]
    plan = _plan(header.cells, rows)
    if plan is None:
        hint = "Save the panel's data with `Inspect`, `Data`, `Download CSV`."
        raise EvidenceError(path, f"line {header.line}", "expected a column Time and one of numbers.", hint)
    lines, problems = _dated(rows, plan, path, zone, date_format)
    if rows and not lines:
        hint = "Save it again without `Formatted data`."
        raise EvidenceError(path, problems[0][0].replace(":", " "), problems[0][1], hint)
    return samples_to_events(path.name, list(_series(lines, plan, path.name)), problems)


def is_grafana_csv(glimpse: Glimpse) -> bool:
    """Whether the file begins with a column of times and has columns of numbers."""
    names = [name.lower() for name in glimpse.header]
    if not names or not (names[0] in _TIMES or names[:3] == ["series", "time", "value"]):
        return False
    whole = glimpse.text if len(glimpse.text) < 60_000 else glimpse.text.rpartition("\n")[0]
    header, *rows = [row for row, _ in zip(read_rows(whole), range(_LOOK), strict=False)] or [Row(1, [])]
    plan = _plan(header.cells, rows)
    return plan is not None and any(_looks_dated(row.cells, plan) for row in rows)


FORMATS: Final = (
    Format(
        "grafana-csv", "monitoring", "the CSV of a Grafana panel",
        recognise=is_grafana_csv,
        load=load_grafana_csv,
        options=("zone", "date_format"),
    ),
)  # fmt: skip


class _Plan(NamedTuple):
    """Which column is what."""

    time: int
    labels: dict[int, str]
    values: dict[int, str]


class _Line(NamedTuple):
    """A row whose time is read."""

    line: int
    cells: list[str]
    moment: Instant


def _plan(header: list[str], rows: Iterable[Row]) -> _Plan | None:
    """Of the columns beside the time those that hold numbers are series, the others name them."""
    names = [name.strip() for name in header]
    time = next((n for n, name in enumerate(names) if name.lower() in _TIMES), None)
    if time is None:
        return None
    columns: dict[int, list[str]] = {n: [] for n in range(len(names)) if n != time}
    for row in rows:
        for n, cells in columns.items():
            cells.extend(filter(None, [_cell(row.cells, n)]))
    numbers = {n: sum(map(_is_value, cells)) for n, cells in columns.items()}
    values = {n: names[n] for n, cells in columns.items() if cells and 2 * numbers[n] > len(cells)}
    labels = {n: names[n] for n, cells in columns.items() if cells and n not in values}
    return _Plan(time, labels, values) if values else None


def _cell(cells: Sequence[str], column: int) -> str:
    return cells[column].strip() if column < len(cells) else ""


def _is_value(cell: str) -> bool:
    return bool(_VALUE.fullmatch(cell) or _NOT_FINITE.fullmatch(cell))


def _looks_dated(cells: list[str], plan: _Plan) -> bool:
    return bool(re.match(r"\d{4}-\d\d-\d\d|\d{9,}|\d{1,2}[/.]\d{1,2}[/.]\d", _cell(cells, plan.time)))


def _dated(
    rows: list[Row], plan: _Plan, path: Path, zone: str | None, date_format: str | None
) -> tuple[list[_Line], list[Problem]]:
    """The rows with their times, and the lines whose time cannot be read."""
    texts = [_cell(row.cells, plan.time) for row in rows]
    order = find_order(
        [text for text in texts if not _EPOCH.fullmatch(text)], path=path, date_format=date_format
    )
    lines, problems = [], []
    for row, text in zip(rows, texts, strict=True):
        where = f"line {row.line}"
        try:
            if row.problem:
                raise ValueError(row.problem)
            is_epoch = _EPOCH.fullmatch(text)
            moment = (
                read_any_epoch(text)
                if is_epoch
                else read_screen(text, order, path=path, where=where, zone=zone)
            )
            lines.append(_Line(row.line, row.cells, moment))
        except ValueError as error:
            problems.append((f"line:{row.line}", str(error)))
    return lines, problems


def _series(lines: list[_Line], plan: _Plan, file: str) -> Iterator[Series]:
    """The samples of each series: of a column of numbers, apart by what the other columns say."""
    for column, name in plan.values.items():
        filled = [line for line in lines if _cell(line.cells, column)]
        factors = _factors(_cell(line.cells, column) for line in filled)
        groups: dict[tuple[str, ...], list[_Line]] = {}
        for line in filled:
            told = [line.moment.basis, *(_cell(line.cells, n) for n in plan.labels)]
            groups.setdefault(tuple(told), []).append(line)
        for (basis, *told), group in groups.items():
            labels = dict(zip(plan.labels.values(), told, strict=True))
            words = [_cell(line.cells, column) for line in group]
            yield Series(
                stable_id("grafana", [file, name, labels]),
                _named(name, labels),
                place_of(labels),
                [line.moment.time for line in group],
                [_number(word, factors) for word in words],
                words,
                [f"line:{line.line}:{column}" for line in group],
                basis,
            )


def _named(name: str, labels: dict[str, str]) -> str:
    """The series as people know it; the column of the old "series as rows" holds the whole name."""
    if list(labels) == ["Series"]:
        return labels["Series"]
    return series_name({"__name__": name, **{key: value for key, value in labels.items() if value}})


def _factors(words: Iterable[str]) -> dict[str, float]:
    """What the numbers of a series are multiplied by, by unit; an unknown unit counts if it is alone."""
    units = {(told["unit"] or "").strip() for word in words if (told := _VALUE.fullmatch(word))}
    scaled = {unit: _scaled(unit) for unit in units if unit not in UNITS}
    is_alone = len({base for _, base in scaled.values()}) == 1 and units - {""} == set(scaled)
    unknown = {unit: factor if is_alone else math.nan for unit, (factor, _) in scaled.items()}
    return {unit: UNITS[unit] for unit in units if unit in UNITS} | unknown


def _scaled(unit: str) -> tuple[float, str]:
    """The factor and the rest of a unit such as `K req/s`."""
    prefix, _, rest = unit.partition(" ")
    return (_COUNTS[prefix], rest) if rest and prefix in _COUNTS else (1, unit)


def _number(word: str, factors: dict[str, float]) -> float:
    told = _VALUE.fullmatch(word)
    if told is None:
        return math.nan
    # Through text, so that 1.2 K is 1200 and not 1199.9999999999998.
    return float(f"{float(told['number'].replace(',', '')) * factors[(told['unit'] or '').strip()]:.15g}")
