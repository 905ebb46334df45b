"""A cell of each type is read as people type it, or refused, and never guessed."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pmkit import schema
from pmkit.errors import SchemaError


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-03T14:02:11", "2026-11-03 14:02", "14:02", "2026-11-03", "11/10/2026",
        "2026-11-03T14:02:11 CET", "2026-11-03T14:02:11z",
        "1762178531", "1762178531.5", "2026-13-03T14:02:11Z", "2026-02-30T14:02:11Z",
        "2026-11-03T24:00:00Z", "2026-11-03T23:59:60Z", "2026-11-03T14:02:11+25:00", "2026-W45-2T14:02:11Z",
        "0001-01-01T00:00:00+05:00", "٢٠٢٦-11-03T14:02:11Z", "now", "NaT", " 2026-11-03T14:02:11Z",
    ],
)  # fmt: skip
def test_a_time_without_its_zone_is_refused_not_guessed(cell: str) -> None:
    """Naive, abbreviated, impossible and numeric times are bad cells, in files and in frames alike."""
    with pytest.raises(SchemaError, match=r"line 2 \(D1\), `decided_at`: "):
        schema.read_csv(f"decision_id,decision,decided_at\nD1,x,{cell}\n", schema.DECISIONS)
    frame = pd.DataFrame({"decision_id": ["D1"], "decision": ["x"], "decided_at": [cell]})
    with pytest.raises(SchemaError, match=r"row 1 \(D1\), `decided_at`"):
        schema.conform(frame, schema.DECISIONS)


@pytest.mark.parametrize(
    ("table", "column", "bad", "good"),
    [
        ("impact", "value", ["x", "1,5", "1_000", "inf", "nan", "٣", "1e999"], ["1", "-2.5", "1e5", ".5"]),
        ("evidence", "records_loaded", ["1.5", "x", "1e3", "9223372036854775808"], ["0", "-1", "12.0"]),
        ("decisions", "revisit_on", ["3.11.2026", "2026-11-3", "2026-11-03T00:00"], ["2026-11-03"]),
        ("timeline", "included", ["maybe", "y", "2", "ja", "on"], ["yes", "No", " TRUE ", "0", ""]),
    ],
)  # fmt: skip
def test_cells_of_each_type(table: str, column: str, bad: list[str], good: list[str]) -> None:
    """What a number, date or yes-or-no cell may look like."""
    known = schema.TABLES[table]

    def frame(cells: list[str]) -> pd.DataFrame:
        return pd.DataFrame({known.key[0]: [f"k{n}" for n in range(len(cells))], column: cells})

    schema.conform(frame(good), known)
    with pytest.raises(SchemaError) as caught:
        schema.conform(frame(bad), known)
    assert len(caught.value.problems) == len(bad)
    assert all(f"`{column}`" in problem for problem in caught.value.problems)


def test_dates_may_be_given_as_dates_but_not_as_moments() -> None:
    """A moment has no date before its zone is known, so it is refused where a date belongs."""
    frame = pd.DataFrame({"decision_id": ["D1"], "decision": ["x"], "revisit_on": [date(2026, 11, 3)]})
    assert schema.conform(frame, schema.DECISIONS)["revisit_on"][0] == pd.Timestamp("2026-11-03")
    frame["revisit_on"] = [pd.Timestamp("2026-11-03T23:30Z")]
    with pytest.raises(SchemaError, match="expected a date"):
        schema.conform(frame, schema.DECISIONS)
