"""Arrow columns as the events frame: blanks filled, types and order of the schema, unreadable last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

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
    source: str, file: str, columns: dict[str, pa.Array], problems: list[tuple[str, str]]
) -> pd.DataFrame:
    """The events frame of `columns`, and below them a row for each of `problems`.

    A problem is a place in `file` and the reason why nothing was read there.
    """
    places = [place for place, _ in problems]
    unreadable = {
        "event_id": strings(_unique(f"{source}:unreadable:{place}" for place in places)),
        "kind": strings("unreadable" for _ in problems),
        "text": strings(reason for _, reason in problems),
        "ref": strings(f"{file}#{place}" for place in places),
    }
    table = pa.concat_tables([pa.table(columns), pa.table(unreadable)], promote_options="default")
    filled = {}
    for column in EVENTS.columns:
        if column.name == "source":
            filled[column.name] = pa.repeat(scalar(_SOURCES[source]), table.num_rows)
        elif column.name in table.column_names:
            blank = {"str": scalar(""), "bool": pa.scalar(False)}.get(column.type)
            values = table[column.name]
            filled[column.name] = values if blank is None else pc.fill_null(values, blank)
        else:
            filled[column.name] = pa.repeat(_BLANKS[DTYPES[column.type]], table.num_rows)
    return pa.table(filled).to_pandas()


_SOURCES = {"slack": "slack", "pd": "pagerduty"}
_BLANKS = {"str": scalar(""), "bool": pa.scalar(False), DTYPES["time"]: pa.scalar(None, type=TIME)}


def _unique(ids: Iterable[str]) -> Iterable[str]:
    """The ids, numbered where one comes again: several members of a zip may bear one name."""
    seen: Counter[str] = Counter()
    for name in ids:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}#{seen[name]}"
