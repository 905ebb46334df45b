"""Frames are typed to fit their table, and what does not fit is listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest

from pmkit import schema
from pmkit.errors import SchemaError


def test_missing_texts_of_a_frame_are_empty() -> None:
    """A text that pandas left out is the empty text, whatever the type of its column."""
    for kind in ("str", "object"):
        frame = pd.DataFrame({"question_id": ["Q1", "Q2"], "owner": pd.Series(["Li", None], dtype=kind)})
        assert schema.conform(frame, schema.QUESTIONS)["owner"].tolist() == ["Li", ""]


def test_times_of_a_team_column_keep_their_hours() -> None:
    """A column the table does not know may hold times without losing the time of day."""
    frame = pd.DataFrame(
        {"question_id": ["Q1"], "question": ["?"], "asked": [pd.Timestamp("2026-11-03 14:02")]}
    )
    assert "2026-11-03T14:02:00" in schema.to_csv(frame, schema.QUESTIONS)


@pytest.mark.parametrize("unit", ["ns", "us", "s"])
def test_naive_times_of_a_frame_are_refused_too(unit: str) -> None:
    """A naive datetime column is as much a guess as a naive text."""
    frame = pd.DataFrame(
        {"decision_id": ["D1", "D2"], "decision": "x", "decided_at": pd.Timestamp("2026-11-03")}
    )
    frame["decided_at"] = frame["decided_at"].astype(f"datetime64[{unit}]")
    with pytest.raises(SchemaError, match=r"row 2 \(D2\)"):
        schema.conform(frame, schema.DECISIONS)
    with pytest.raises(SchemaError, match=r"2 problems"):
        schema.conform(frame.astype({"decided_at": "object"}), schema.DECISIONS)


def test_mixed_offsets_become_one_zone() -> None:
    """Each cell may have an offset of its own; all are the same moment in UTC."""
    cells = [
        "2026-11-03T14:02:11.123456Z", "2026-11-03T15:02:11.123456+01:00", "2026-11-03 08:02:11.123456-0600",
        "2026-11-03T19:32:11.123456+05:30",
    ]  # fmt: skip
    text = "decision_id,decision,decided_at\n" + "".join(f"D{n},x,{cell}\n" for n, cell in enumerate(cells))
    frame = schema.read_csv(text, schema.DECISIONS)
    assert set(frame["decided_at"]) == {pd.Timestamp("2026-11-03T14:02:11.123456Z")}
    aware = [
        datetime(2026, 11, 3, 14, tzinfo=UTC),
        datetime(2026, 11, 3, 15, tzinfo=timezone(timedelta(hours=1))),
    ]
    mixed = pd.DataFrame(
        {"decision_id": ["D1", "D2"], "decision": "x", "decided_at": pd.Series(aware, dtype=object)}
    )
    assert schema.conform(mixed, schema.DECISIONS)["decided_at"].nunique() == 1


def test_a_column_in_another_zone_keeps_its_moments() -> None:
    """A frame whose times are in the team's zone is stored in UTC."""
    local = pd.Series([pd.Timestamp("2026-11-03T15:00", tz="Europe/Berlin")])
    frame = pd.DataFrame({"decision_id": ["D1"], "decision": "x", "decided_at": local})
    assert schema.conform(frame, schema.DECISIONS)["decided_at"][0] == pd.Timestamp("2026-11-03T14:00Z")


def test_validate_lists_what_does_not_fit() -> None:
    """Missing columns, untyped columns, empty keys, unknown choices and twins are told in one error."""
    rows = [{"factor_id": "F1", "statement": "", "kind": "luck"}, {"factor_id": "F1", "statement": "x"}]
    frame = schema.conform(pd.DataFrame(rows), schema.FACTORS).drop(columns="note")
    frame["agreed"] = "yes"
    with pytest.raises(SchemaError) as caught:
        schema.validate(frame, schema.FACTORS)
    told = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 5
    for words in (
        "column `note` is missing", "column `agreed`: expected bool", "row 1 (F1), `statement` is empty",
        "row 1 (F1), `kind`: expected one of trigger", "row 2 (F1), `factor_id` as in a row before",
    ):  # fmt: skip
        assert words in told
