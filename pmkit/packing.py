"""A frame as plain JSON and back: the same columns, dtypes and values, to the microsecond."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd


def pack_frame(frame: pd.DataFrame) -> dict[str, Any]:
    """The frame as `{"columns": [{"name", "dtype"}], "rows": [[…]]}`, which JSON can hold; the index is left.

    Times are text as `2026-11-03T14:02:11.123456Z`, without a zone where they have none; what is empty is
    null, and a number that is not finite is its name as text.
    """
    columns = [{"name": str(name), "dtype": str(frame[name].dtype)} for name in frame.columns]
    cells = ([_plain(value) for value in frame[name]] for name in frame.columns)
    return {"columns": columns, "rows": [list(row) for row in zip(*cells, strict=True)]}


def unpack_frame(packed: Mapping[str, Any]) -> pd.DataFrame:
    """The frame that `pack_frame` packed."""
    cells = zip(*packed["rows"], strict=True) if packed["rows"] else ((),) * len(packed["columns"])
    series = {
        column["name"]: _series(list(values), column["dtype"])
        for column, values in zip(packed["columns"], cells, strict=True)
    }
    return pd.DataFrame(series)


def _plain(value: object) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return None
    if isinstance(value, datetime):  # a Timestamp is one
        text = value.isoformat(timespec="microseconds")
        return text.removesuffix("+00:00") + "Z" if value.tzinfo else text
    if isinstance(value, date):
        return value.isoformat()
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value if isinstance(value, bool | int | float | str) else str(value)


def _series(values: list[Any], dtype: str) -> pd.Series:
    if dtype.startswith("datetime64"):
        zoned = "," in dtype
        moments = pd.to_datetime(pd.Series(values, dtype="object"), format="ISO8601", utc=zoned)
        return moments.astype(dtype)
    if dtype in ("Float64", "float64", "float32"):
        return pd.Series([None if value is None else float(value) for value in values], dtype=dtype)
    return pd.Series(values, dtype=dtype)
