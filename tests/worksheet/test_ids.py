"""Every row has one id, its own, and stands by its number."""

from __future__ import annotations

import pytest

from pmkit import schema
from pmkit.worksheet import Change, Worksheet
from tests.worksheet.sheets import (
    Rows,
    actions,
    frame,
    problems_of,
    timeline,
)


def test_rows_stand_by_their_number() -> None:
    """`A10` comes after `A2`, although the file is sorted by letters."""
    assert actions().row_ids == ["A1", "A2", "A10"]


def test_a_new_row_gets_the_next_id() -> None:
    """Ids go on after the highest one and none is given twice, not even after a deletion."""
    sheet = actions()
    assert sheet.add({"action": "One"}).added == ("A11",)
    sheet.delete(["A11"])
    assert sheet.add({"action": "Two"}).added == ("A12",)
    assert sheet.row_ids[-1] == "A12"


@pytest.mark.parametrize(
    ("table", "values", "row_id"),
    [
        (schema.FACTORS, {"statement": "s"}, "F1"),
        (schema.DECISIONS, {"decision": "d"}, "D1"),
        (schema.QUESTIONS, {"question": "q"}, "Q1"),
        (schema.TASKS, {"task_list": "Intake", "task": "t"}, "intake-1"),
        (schema.TASKS, {}, "task-1"),
        (schema.CHECKINS, {"kind": "final retro"}, "final-retro-1"),
        (schema.IMPACT, {"measure": "Failed checkouts", "unit": "carts"}, "Failed checkouts"),
        (schema.RACI, {"activity": "Tell customers", "role": "Scribe"}, "Tell customers / Scribe"),
        (schema.TIMELINE, {"summary": "Called the bank: no answer"}, "manual:called-the-bank-no-answer"),
        (schema.TIMELINE, {"summary": "日本のログを見る"}, "manual:日本のログを見る"),
        (schema.TIMELINE, {}, "manual:1"),
    ],
)
def test_each_table_names_its_rows(table: schema.Table, values: dict[str, object], row_id: str) -> None:
    """Letters and numbers where ids are ours, what people typed where the row is named by that."""
    sheet = Worksheet(
        table, schema.empty(table), evidence=schema.empty(schema.EVENTS) if table is schema.TIMELINE else None
    )
    assert sheet.add(values).added == (row_id,)
    assert row_id in sheet and sheet.cell(row_id, table.key[0])


def test_a_row_named_by_its_words_goes_on_under_them() -> None:
    """Its key is typed cell by cell, and may be changed later; the change says which row goes on as which."""
    sheet = Worksheet(schema.RACI, schema.empty(schema.RACI))
    (new,) = sheet.add().added
    assert not sheet.apply([(new, "activity", "Tell customers")]).renamed
    change = sheet.apply([(new, "role", "Scribe"), (new, "part", "r")])
    name = "Tell customers / Scribe"
    assert change == Change((), (name,), (new,), "Changed 2 cells in 1 row.", ((new, name),))
    change = sheet.apply([(name, "role", "Support Lead")])
    assert sheet.row_ids == ["Tell customers / Support Lead"] and change.removed == (name,)
    sheet.undo()
    assert sheet.row_ids == [name] and sheet.cell(name, "part") == "R"


def test_no_two_rows_have_one_name() -> None:
    """Neither a new row nor an edit can take the key of another row, also within one block."""
    sheet = Worksheet(schema.RACI, frame(schema.RACI, *({"activity": "Tell", "role": r} for r in "ab")))
    assert "already" in problems_of(lambda: sheet.add({"activity": "Tell", "role": "a"}))[0]
    assert "already" in problems_of(lambda: sheet.apply([("Tell / b", "role", "a")]))[0]
    both = [{"activity": "Tell", "role": "c"}, {"activity": "Tell", "role": "c"}]
    assert "already" in problems_of(lambda: sheet.add_rows(both))[0]
    sheet.apply([("Tell / b", "role", "a"), ("Tell / a", "role", "b")])  # a swap is no clash
    assert sorted(sheet.row_ids) == ["Tell / a", "Tell / b"]


def test_a_stroke_in_a_name_is_part_of_the_name() -> None:
    """Two rows whose joined keys would read the same are two rows."""
    rows = ({"activity": "a / b", "role": "c"}, {"activity": "a", "role": "b / c"})
    sheet = Worksheet(schema.RACI, frame(schema.RACI, *rows))
    assert len(sheet) == 2
    assert sheet.frame().equals(frame(schema.RACI, *rows)) or len(sheet.frame()) == 2


def test_an_event_that_nothing_records_is_a_manual_one(events: Rows) -> None:
    """A mistyped id of an event makes no row of its own."""
    sheet = timeline(events)
    assert "manual:" in problems_of(lambda: sheet.add({"event_id": "slack:C:77", "summary": "x"}))[0]
