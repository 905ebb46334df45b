"""Arrow columns as the events frame: blanks filled, types and order of the schema, unreadable last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pmkit.schema import DTYPES, EVENTS

STRING: Final = pa.large_string()
TIME: Final = pa.timestamp("us", tz="UTC")


def strings(values: Iterable[str]) -> pa.Array:
    """A column of text."""
    return pa.array(list(values), type=STRING)


def scalar(value: str) -> pa.Scalar:
    """One text that Arrow joins to columns."""
    return pa.scalar(value, type=STRING)


def to_events(
    source: str,
    file: str,
    columns: dict[str, pa.Array],
    problems: list[tuple[str, str]],
    *,
    time_basis: str = "offset",
) -> pd.DataFrame:
    """The events frame of `columns`, and below them a row for each of `problems`.

    A problem is a place in `file` and the reason why nothing was read there. `time_basis` is for all rows
    where `columns` has none.
    """
    places = [place for place, _ in problems]
    unreadable = {
        "event_id": strings(
            _unique(f"{_PREFIXES.get(source, source)}:unreadable:{place}" for place in places)
        ),
        "kind": strings("unreadable" for _ in problems),
        "text": strings(reason for _, reason in problems),
        "ref": strings(f"{file}#{place}" for place in places),
    }
    count = len(columns["event_id"])
    columns = {"time_basis": pa.repeat(scalar(time_basis), count)} | columns
    table = pa.concat_tables([pa.table(columns), pa.table(unreadable)], promote_options="default")
    return to_frame(table.append_column("source", pa.repeat(scalar(source), table.num_rows)))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """The events frame of a table that may lack columns, and cells of text and truth."""
    # Columns that are empty throughout share one array: a million rows of ten of them weigh nothing.
    blanks = {dtype: pa.repeat(blank, table.num_rows) for dtype, blank in _BLANKS.items()}
    filled = {}
    for column in EVENTS.columns:
        if column.name in table.column_names:
            blank = {"str": scalar(""), "bool": pa.scalar(False)}.get(column.type)
            values = table[column.name]
            filled[column.name] = values if blank is None else pc.fill_null(values, blank)
        else:
            filled[column.name] = blanks[DTYPES[column.type]]
    frame = pa.table(filled).to_pandas()
    floats = [column.name for column in EVENTS.columns if column.type == "float"]
    return frame.astype(dict.fromkeys(floats, DTYPES["float"]))


def to_table(frame: pd.DataFrame) -> pa.Table:
    """The inverse of `to_frame`: the columns that say anything."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    said = [name for name in table.column_names if name in _ALWAYS or not _is_blank(table[name])]
    return table.select(said).replace_schema_metadata()


def rows_to_events(
    source: str, file: str, rows: Sequence[Mapping[str, Any]], problems: list[tuple[str, str]]
) -> pd.DataFrame:
    """As `to_events`, of rows by column, sorted by time; `time` in microseconds since 1970, UTC.

    A row without a column leaves it empty. Among rows of one time the order stays. When the source last
    changed a record may stand in `updated`, as ISO 8601.
    """
    ordered = sorted(rows, key=lambda row: row["time"])
    names = {name for row in ordered for name in row}
    columns: dict[str, pa.Array] = {}
    for column in EVENTS.columns:
        if column.name in names:
            values = [row.get(column.name) for row in ordered]
            columns[column.name] = pa.array(values, type=_TYPES[column.type])
    columns.setdefault("event_id", strings([]))
    if "updated" in names:
        columns["state_at"] = _instants(row.get("updated") for row in ordered)
    return to_events(source, file, columns, problems)


# An id begins with its source, in the short form the ids of the first sources have.
_PREFIXES = {"pagerduty": "pd"}
_TYPES = {"str": STRING, "time": TIME, "bool": pa.bool_(), "float": pa.float64()}
_ALWAYS = ("event_id", "time", "source", "kind", "ref")
_ZONED = r"T.*(?:Z|[+-]\d\d:?\d\d)$"
_BLANKS = {
    "str": scalar(""),
    "bool": pa.scalar(False),
    DTYPES["time"]: pa.scalar(None, type=TIME),
    DTYPES["float"]: pa.scalar(None, type=pa.float64()),
}


def _instants(texts: Iterable[str | None]) -> pa.Array:
    """Times as ISO 8601; none for one without its zone, and for what is no time."""
    said = pd.Series(list(texts), dtype="str").fillna("")
    said = said.where(said.str.contains(_ZONED, regex=True))
    times = pd.to_datetime(said, format="ISO8601", utc=True, errors="coerce")
    return pa.array(times.astype("datetime64[us, UTC]"), type=TIME)


def _unique(ids: Iterable[str]) -> Iterable[str]:
    """The ids, numbered where one comes again: several members of a zip may bear one name."""
    seen: Counter[str] = Counter()
    for name in ids:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}#{seen[name]}"


def _is_blank(values: pa.ChunkedArray) -> bool:
    if pa.types.is_boolean(values.type):
        return not pc.any(values).as_py()
    if pa.types.is_large_string(values.type):
        return not pc.max(pc.binary_length(values)).as_py()
    return bool(values.null_count == len(values))
