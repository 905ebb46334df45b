"""What the loaders' tests share: comparing events with an expected CSV, and accounting for every record."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pmkit.schema import EVENTS, read_csv, to_csv, validate

Compare = Callable[[pd.DataFrame, Path], None]


@pytest.fixture(scope="session")
def assert_reads_as() -> Compare:
    """`assert_reads_as(frame, path)`: the events are exactly those of the CSV.

    It holds the columns that say something. One that is not there yet is written for somebody to read, and
    the test fails.
    """

    def compare(frame: pd.DataFrame, path: Path) -> None:
        validate(frame, EVENTS)
        text = _to_text(frame)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            pytest.fail(f"{path.name} was written; read it and run the test again")
        expected = path.read_text(encoding="utf-8")
        assert text == expected
        pd.testing.assert_frame_equal(
            read_csv(expected, EVENTS), frame.sort_values("event_id", ignore_index=True)
        )

    return compare


def _to_text(frame: pd.DataFrame) -> str:
    """The CSV of the events without the columns that are empty in every row."""
    records = list(csv.reader(io.StringIO(to_csv(frame, EVENTS))))
    told = [n for n, column in enumerate(zip(*records[1:], strict=True)) if not {*column} <= {"", "no"}]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([record[n] for n in told] for record in records)
    return out.getvalue()
