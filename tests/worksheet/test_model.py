"""A worksheet: evidence stays as it is, what people type is checked before it counts, and undone whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.worksheet import Change, Edit, Worksheet
from tests.worksheet.sheets import (
    ACTIONS,
    TABLES,
    Rows,
    act,
    actions,
    frame,
    problems_of,
    sheet_of,
    state,
    timeline,
)


def test_cells_are_the_texts_of_the_file() -> None:
    """A worksheet shows what the CSV holds, cell by cell, and hands back the same frame."""
    sheet = actions()
    assert sheet.cell("A10", "due_on") == "2026-12-01"
    assert sheet.cell("A1", "factor_ids") == "F1"
    assert not sheet.dirty
    ordered = frame(schema.ACTIONS, *ACTIONS)
    pd.testing.assert_frame_equal(
        sheet.frame().sort_values("action_id", ignore_index=True),
        ordered.sort_values("action_id", ignore_index=True),
    )


def test_events_lie_under_what_people_say(events: Rows) -> None:
    """Every event is a row in order of time; people's words lie over it and the record stays untouched."""
    sheet = timeline(
        events,
        {"event_id": "slack:C:1", "included": "yes", "summary": "Page goes out"},
        {"event_id": "manual:call", "included": "yes", "time": "2026-11-03T14:01:30Z", "actor": "Chiyo"},
    )
    assert sheet.row_ids == ["slack:C:0", "slack:C:1", "manual:call", "slack:C:2"]
    assert sheet.row("slack:C:1") | {"url": "", "ref": ""} == {
        "event_id": "slack:C:1", "included": "yes", "time": "2026-11-03T14:01:00.000000Z", "ended_at": "",
        "mark": "", "phase": "", "summary": "Page goes out", "actor": "Teun", "place": "", "note": "",
        "source": "slack", "kind": "message", "text": "message 1", "ref": "", "url": "",
    }  # fmt: skip
    assert sheet.said("slack:C:0") is None
    assert sheet.recorded("manual:call") is None
    assert sheet.cell("manual:call", "source") == "manual"
    assert [row[0] for row in sheet.cells()] == sheet.row_ids
    names = [view.name for view in sheet.columns]
    assert all(row == [row[0], *(sheet.cell(row[0], name) for name in names)] for row in sheet.cells())
    assert sheet.frame()["event_id"].tolist() == ["slack:C:1", "manual:call"]


def test_an_edit_changes_its_cells_and_tells_them() -> None:
    """The change lists the new texts, in the form the file will hold."""
    sheet = actions()
    change = sheet.apply([("A1", "due_on", "2026-12-24"), Edit("A2", "priority", "p0")])
    assert change.cells == (Edit("A1", "due_on", "2026-12-24"), Edit("A2", "priority", "P0"))
    assert sheet.cell("A2", "priority") == "P0"
    assert sheet.dirty


def test_all_edits_count_or_none() -> None:
    """One bad cell refuses the whole block, and every bad cell is named."""
    sheet = actions()
    before = state(sheet)
    problems = problems_of(
        lambda: sheet.apply(
            [
                ("A1", "dri", "Teun"),
                ("A1", "due_on", "soon"),
                ("A2", "priority", "P9"),
                ("A2", "action", "  "),
                ("A3", "action", "Who knows"),
                ("A1", "owner", "Teun"),
                ("A1", "action_id", "A4"),
            ]
        )
    )
    assert state(sheet) == before and sheet.undo() is None
    assert [problem.split(":")[0] for problem in problems] == [
        "A1, `due_on`", "A2, `priority`", "A2, `action`", "A3, `action`", "A1, `owner`", "A1, `action_id`",
    ]  # fmt: skip
    assert "expected a date, as 2026-11-03, found 'soon'" in problems[0]


def test_what_is_so_already_is_no_edit() -> None:
    """Typing the same text again changes nothing and is nothing to undo."""
    sheet = actions()
    assert not sheet.apply([("A1", "dri", "Ngozi"), ("A1", "factor_ids", " F1, ")])
    assert not sheet.dirty and sheet.undo() is None


def test_the_record_cannot_be_edited(events: Rows) -> None:
    """Text, author and place of an event stay as received; a wrong time can be corrected and put back."""
    sheet = timeline(events)
    for column in ("text", "actor", "source"):
        assert not sheet.editable("slack:C:0", column)
        assert "recorded" in problems_of(lambda column=column: sheet.apply([("slack:C:0", column, "x")]))[0]
    change = sheet.apply([("slack:C:0", "time", "2026-11-03 15:10 +01:00")])
    assert sheet.row_ids[-1] == "slack:C:0" and change.moved == ("slack:C:0",)
    assert sheet.recorded("slack:C:0")["time"] == "2026-11-03T14:00:00.000000Z"  # type: ignore[index]
    sheet.apply([("slack:C:0", "time", "")])
    assert sheet.row_ids[0] == "slack:C:0"


def test_a_row_over_an_event_exists_once_something_was_said(events: Rows) -> None:
    """Clearing an empty cell says nothing; leaving an event out says something."""
    sheet = timeline(events)
    assert not sheet.apply([("slack:C:0", "summary", ""), ("slack:C:0", "time", "2026-11-03T14:00:00Z")])
    assert sheet.frame().empty
    sheet.apply([("slack:C:0", "included", "no")])
    assert sheet.frame()["included"].tolist() == [False]


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("2026-11-03T14:03Z", "2026-11-03T14:03:00.000000Z"),
        ("2026-11-03 14:03 UTC", "2026-11-03T14:03:00.000000Z"),
        ("2026-11-03 14:03:20.5 Europe/Amsterdam", "2026-11-03T13:03:20.500000Z"),
        ("2026-11-03 2:03 pm +09:00", "2026-11-03T05:03:00.000000Z"),
    ],
)
def test_a_time_is_read_with_its_zone(typed: str, cell: str) -> None:
    """Day, clock and zone make a moment, kept in UTC."""
    sheet = Worksheet(schema.DECISIONS, frame(schema.DECISIONS, {"decision_id": "D1", "decision": "Hold"}))
    sheet.apply([("D1", "decided_at", typed)])
    assert sheet.cell("D1", "decided_at") == cell


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("14:03", "says no day"),
        ("2026-11-03 14:03", "says no zone"),
        ("2026-11-03 14:03 Amsterdam", "no time zone 'Amsterdam'"),
        ("2026-11-03 14:03 Europe", "no time zone 'Europe'"),
        ("2026-11-03 25:03 UTC", "not a time of the clock"),
        ("2026-03-29 02:30 Europe/Amsterdam", "skipped this time"),
        ("2026-10-25 02:30 Europe/Amsterdam", "showed this time twice"),
        ("this afternoon", "expected a time, as"),
    ],
)
def test_what_a_time_lacks_is_not_guessed(typed: str, words: str) -> None:
    """A time without day or zone is refused in words, as is one the clocks skipped or showed twice."""
    sheet = Worksheet(schema.DECISIONS, frame(schema.DECISIONS, {"decision_id": "D1", "decision": "Hold"}))
    assert words in problems_of(lambda: sheet.apply([("D1", "decided_at", typed)]))[0]


def test_a_row_that_is_only_begun_keeps_what_was_typed() -> None:
    """It lives in the worksheet, tells what is missing, and reaches the frame once it is whole."""
    sheet = actions()
    sheet.add({"dri": "Mariam"})
    sheet.apply([("A11", "priority", "P2")])
    assert sheet.unfinished() == {"A11": "Not saved yet: “Action” is empty."}
    assert sheet.cell("A11", "dri") == "Mariam"
    assert "A11" not in sheet.frame()["action_id"].tolist() and not sheet.dirty
    sheet.apply([("A11", "action", "Write it down")])
    assert sheet.unfinished() == {}
    assert "A11" in sheet.frame()["action_id"].tolist()


def test_evidence_cannot_be_deleted(events: Rows) -> None:
    """Only people's rows go; of an event, what they said about it, and all or nothing."""
    sheet = timeline(
        events, {"event_id": "slack:C:1", "included": "yes"}, {"event_id": "manual:x", "note": "n"}
    )
    assert "evidence" in problems_of(lambda: sheet.delete(["manual:x", "slack:C:0"]))[0]
    change = sheet.delete(["manual:x", "slack:C:1"])
    assert change.removed == ("manual:x",) and change.cells == (Edit("slack:C:1", "included", "no"),)
    assert len(sheet) == 3 and sheet.frame().empty
    sheet.undo()
    assert sheet.cell("slack:C:1", "included") == "yes" and "manual:x" in sheet


def test_undo_and_redo_go_step_by_step() -> None:
    """A block is one step; a new edit ends what could be done again."""
    sheet = actions()
    sheet.apply([("A1", "dri", "Teun"), ("A2", "dri", "Teun")])
    sheet.add({"action": "New"})
    sheet.delete(["A10"])
    states = []
    while sheet.undo():
        states.append(sheet.row_ids)
    assert states == [["A1", "A2", "A10", "A11"], ["A1", "A2", "A10"], ["A1", "A2", "A10"]]
    assert not sheet.dirty
    assert sheet.redo() and sheet.cell("A1", "dri") == "Teun"
    sheet.apply([("A1", "dri", "Chiyo")])
    assert sheet.redo() is None


def test_a_state_comes_back_whole() -> None:
    """After `restore` nothing has happened: not the rows, not the undo, not what the file holds."""
    sheet = actions()
    sheet.apply([("A1", "dri", "Teun")])
    before, snapshot = state(sheet), sheet.snapshot()
    sheet.delete(["A1"])
    sheet.merge(frame(schema.ACTIONS, *ACTIONS[1:], {"action_id": "A20", "action": "x"}))
    since = sheet.changes_since(snapshot)
    assert (since.removed, since.added) == (("A1",), ("A20",))
    sheet.restore(snapshot)
    assert state(sheet) == before
    assert sheet.undo() and sheet.cell("A1", "dri") == "Ngozi" and not sheet.dirty


def test_new_evidence_comes_under_the_same_words(events: Rows) -> None:
    """Evidence added later brings its events; what people said stays where it was."""
    sheet = timeline(events, {"event_id": "slack:C:0", "summary": "First"})
    later = events(
        {"event_id": "slack:C:0", "time": "2026-11-03T14:00:00Z", "text": "message 0", "actor": "Teun"},
        {"event_id": "pd:1", "time": "2026-11-03T13:00:00Z", "source": "pagerduty", "kind": "trigger"},
    )
    change = sheet.replace_evidence(later)
    assert change.added == ("pd:1",) and set(change.removed) == {"slack:C:1", "slack:C:2"}
    assert sheet.row_ids == ["pd:1", "slack:C:0"] and sheet.cell("slack:C:0", "summary") == "First"


@pytest.mark.parametrize("name", TABLES)
def test_no_edits_make_a_frame_that_cannot_be_saved(name: str) -> None:
    """Whatever is edited, added, deleted, undone: `frame()` is valid, and what it lacks is told."""

    @settings(max_examples=settings.default.max_examples // 4)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        sheet = sheet_of(name)
        for _ in range(data.draw(st.integers(1, 8))):
            act(sheet, data)
            saved = sheet.frame()
            schema.validate(saved, sheet.table)
            schema.to_csv(saved, sheet.table).encode()
            said = {row_id for row_id in sheet.row_ids if sheet.said(row_id) is not None}
            assert len(saved) + len(sheet.unfinished()) == len(said)
            assert len(set(sheet.row_ids)) == len(sheet.row_ids)
            if name != "timeline":
                assert set(sheet.row_ids) == said

    check()


@pytest.mark.parametrize("name", TABLES)
def test_undo_brings_back_what_was(name: str) -> None:
    """After any steps, as many undos show the worksheet as it was, and as many redos as it became."""

    @settings(max_examples=settings.default.max_examples // 4)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        sheet = sheet_of(name)
        states = [state(sheet)]
        for _ in range(data.draw(st.integers(1, 6))):
            if act(sheet, data) in ("undo", "redo"):
                return
            if state(sheet) != states[-1]:
                states.append(state(sheet))
        seen: list[Any] = [state(sheet)]
        while sheet.undo() is not None:
            if state(sheet) != seen[-1]:
                seen.append(state(sheet))
        assert same(seen, states[::-1])
        while sheet.redo() is not None:
            pass
        assert same([state(sheet)], [states[-1]])

    def same(one: list[Any], other: list[Any]) -> bool:
        """Rows in any order where the order is that of arrival."""
        key = lambda rows: sorted(rows, key=lambda row: row["id"])  # noqa: E731
        return [key(rows) for rows in one] == [key(rows) for rows in other]

    check()


@pytest.mark.parametrize("name", TABLES)
def test_a_change_is_all_that_a_view_needs(name: str) -> None:
    """A view that follows the changes shows what a fresh one shows."""

    @settings(max_examples=settings.default.max_examples // 4)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        sheet = sheet_of(name)
        columns = [view.name for view in sheet.columns]
        view = {row[0]: dict(zip(columns, row[1:], strict=True)) for row in sheet.cells()}

        def follow(change: Change | None) -> None:
            for row_id in change.removed if change else ():
                del view[row_id]
            for row in sheet.cells(change.added) if change else ():
                assert row[0] not in view
                view[row[0]] = dict(zip(columns, row[1:], strict=True))
            for edit in change.cells if change else ():
                view[edit.row_id][edit.column] = edit.value

        spied = Spy(sheet, follow)
        for _ in range(data.draw(st.integers(1, 8))):
            act(spied, data)  # type: ignore[arg-type]
            if data.draw(st.booleans()):
                other = sheet_of(name)
                act(other, data)
                follow(sheet.merge(other.frame())[0])
                schema.validate(sheet.frame(), sheet.table)
            assert view == {row[0]: dict(zip(columns, row[1:], strict=True)) for row in sheet.cells()}

    check()


class Spy:
    """A worksheet whose changes somebody follows."""

    def __init__(self, sheet: Worksheet, follow: Callable[[Change | None], None]) -> None:
        self.sheet, self.follow = sheet, follow

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.sheet, name)
        if name not in ("apply", "add", "delete", "undo", "redo"):
            return found

        def told(*args: Any) -> Change | None:
            change: Change | None = found(*args)
            self.follow(change)
            return change

        return told
