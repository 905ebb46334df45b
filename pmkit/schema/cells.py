"""One cell: the text a CSV holds, or a person types, and the value it stands for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Final

import numpy as np
import pandas as pd

from pmkit.schema.columns import Column, Type

# ISO 8601 with a zone that is stated; anything else would be a guess.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_TRUE, _FALSE = {"yes", "true", "1"}, {"", "no", "false", "0"}


def cell_text(column: Column, value: object) -> str:
    """The text a CSV holds for `value`, typed or as a person types it; empty where there is none.

    Raises `ValueError`, in words for that person, where it cannot be read or is not one of the choices.
    """
    if isinstance(value, (list, tuple, set, frozenset)):
        value = " ".join(map(str, value))
    blank = value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124
    # Half of a surrogate pair cannot be written as UTF-8.
    text = "" if blank else str(value).encode("utf-8", "replace").decode()
    if column.type == "str":
        return _chosen(column, text.strip()) if column.choices else text
    if column.type == "words":
        return " ".join(text.replace(",", " ").split())
    if not text.strip():
        return "no" if column.type == "bool" else ""
    return _typed_text(column.type, READERS[column.type](text.strip() if isinstance(value, str) else value))


def cell_texts(values: pd.Series) -> list[str]:
    """The texts a CSV holds for a typed column."""
    texts: list[str]
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        moments = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
        texts = np.datetime_as_string(moments).tolist()
        return ["" if text == "NaT" else f"{text}Z" for text in texts]
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return ["" if pd.isna(day) else day.isoformat().removesuffix("T00:00:00") for day in values]
    if pd.api.types.is_bool_dtype(values.dtype):
        return ["yes" if value else "no" for value in values]
    if pd.api.types.is_float_dtype(values.dtype):
        return ["" if pd.isna(number) else repr(float(number)).removesuffix(".0") for number in values]
    if isinstance(values.dtype, pd.StringDtype):
        texts = values.to_numpy(dtype="object", na_value="").tolist()
        return texts
    return ["" if pd.isna(value) else str(value) for value in values]


def check_cell(column: Column, text: str) -> str | None:
    """What is wrong with the cell, in words for the person who types it; None when nothing is."""
    try:
        text = cell_text(column, text)
    except ValueError as error:
        return str(error)
    return f"is empty: {column.meaning}" if column.required and not text.strip() else None


def format_time(time: pd.Timestamp) -> str:
    """`2026-11-03T14:02:11.123456Z`."""
    # Not strftime, which writes years before 1000 without their zeros.
    text: str = time.tz_convert("UTC").isoformat(timespec="microseconds")
    return text.removesuffix("+00:00") + "Z"


def _typed_text(kind: Type, value: object) -> str:
    if isinstance(value, datetime) and kind == "time":
        return format_time(pd.Timestamp(value))
    if isinstance(value, date):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value).removesuffix(".0")


def _chosen(column: Column, text: str) -> str:
    choices = {choice.casefold(): choice for choice in ("", *column.choices)}
    if text.casefold() not in choices:
        raise ValueError(f"expected one of {', '.join(column.choices)}, found {text!r}")
    return choices[text.casefold()]


def _time(cell: object) -> datetime:
    moment = cell
    if isinstance(cell, str) and _TIME.fullmatch(cell):
        with suppress(ValueError):
            moment = datetime.fromisoformat(cell)
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError(f"expected a time with its zone, as 2026-11-03T14:02:11Z, found {str(cell)!r}")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{str(cell)!r} is not a time of the calendar") from error


def _day(cell: object) -> date:
    day = cell
    if isinstance(cell, str) and _DATE.fullmatch(cell):
        with suppress(ValueError):
            day = datetime.fromisoformat(cell)
    midnight = not isinstance(day, datetime) or (day.tzinfo is None and day.time() == time())
    if not isinstance(day, date) or not midnight:
        raise ValueError(f"expected a date, as 2026-11-03, found {str(cell)!r}")
    return day


def _truth(cell: object) -> bool:
    word = str(cell).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"expected yes or no, found {str(cell)!r}")
    return word in _TRUE


def _number(cell: object) -> float:
    number = float(str(cell)) if _NUMBER.fullmatch(str(cell).strip()) else math.nan
    if not math.isfinite(number):
        raise ValueError(f"expected a number, found {str(cell)!r}")
    return number


def _whole_number(cell: object) -> int:
    # A column with empty cells is often one of floats.
    text = f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    number = int(text.removesuffix(".0")) if re.fullmatch(r"[+-]?[0-9]{1,19}(\.0)?", text) else None
    if number is None or not -(2**63) <= number < 2**63:
        raise ValueError(f"expected a whole number, found {str(cell)!r}")
    return number


READERS: Final[dict[Type, Callable[[object], object]]] = {
    "time": _time,
    "date": _day,
    "bool": _truth,
    "int": _whole_number,
    "float": _number,
}
