"""The tables describe themselves."""

from __future__ import annotations

import pytest

from pmkit import schema


@pytest.mark.parametrize("table", schema.TABLES.values(), ids=schema.TABLES)
def test_tables_describe_themselves(table: schema.Table) -> None:
    """Keys are columns that may not be empty, every column has a meaning, an empty table is valid."""
    assert set(table.key) <= set(table.column_names)
    assert all(table.column(key).required for key in table.key)
    assert all(column.meaning and column.type in schema.DTYPES for column in table.columns)
    schema.validate(schema.empty(table), table)
    assert schema.to_csv(schema.empty(table), table) == ",".join(table.column_names) + "\n"
