"""What a column and a table are, and which type of pandas each type of column has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

Type = Literal["str", "words", "time", "date", "bool", "int", "float"]

TIME_DTYPE: Final = "datetime64[us, UTC]"
DTYPES: Final[dict[Type, str]] = {
    "str": "str",
    "words": "str",  # several short values with a space between: event ids, factor ids, marks
    "time": TIME_DTYPE,
    "date": "datetime64[us]",
    "bool": "bool",
    "int": "Int64",
    "float": "Float64",
}
# Said once: pandas looks through all its types whenever one is named.
AS_DTYPE: Final = {kind: pd.api.types.pandas_dtype(name) for kind, name in DTYPES.items()}
BLANKS: Final[dict[Type, object]] = {"str": "", "words": "", "bool": False}


@dataclass(frozen=True)
class Column:
    """One column: its name, type and meaning.

    `choices` lists the only values allowed besides empty. `required` means never empty.
    `open_choices` are the usual values, shown as suggestions; a team may use its own.
    """

    name: str
    type: Type
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()
    open_choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: the noun, what a row is, the key columns that name a row, and the columns."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)
