"""The worksheet: edits that count whole or not at all, undo, merging, and rows that are only begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.errors import SchemaError
from pmkit.worksheet import Change, Clash, Edit, Worksheet

Rows = Callable[..., pd.DataFrame]


def frame(table: schema.Table, *rows: Mapping[str, object]) -> pd.DataFrame:
    return schema.conform(pd.DataFrame(list(rows)), table) if rows else schema.empty(table)


ACTIONS = (
    {"action_id": "A1", "action": "Alert on lag", "dri": "Ngozi", "priority": "P1", "factor_ids": "F1"},
    {"action_id": "A2", "action": "Cap the retries", "status": "open"},
    {"action_id": "A10", "action": "Rehearse a failover", "due_on": "2026-12-01"},
)


def actions(*rows: Mapping[str, object]) -> Worksheet:
    return Worksheet(schema.ACTIONS, frame(schema.ACTIONS, *(rows or ACTIONS)))


def timeline(events: Rows, *said: Mapping[str, object], count: int = 3) -> Worksheet:
    recorded = [
        {
            "event_id": f"slack:C:{n}",
            "time": f"2026-11-03T14:0{n}:00Z",
            "text": f"message {n}",
            "actor": "Teun",
        }
        for n in range(count)
    ]
    return Worksheet(schema.TIMELINE, frame(schema.TIMELINE, *said), evidence=events(*recorded))


def state(sheet: Worksheet) -> list[dict[str, str]]:
    return [{"id": row_id, **sheet.row(row_id)} for row_id in sheet.row_ids]


def problems_of(call: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(SchemaError) as caught:
        call()
    return caught.value.problems


# Reading


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


def test_rows_stand_by_their_number() -> None:
    """`A10` comes after `A2`, although the file is sorted by letters."""
    assert actions().row_ids == ["A1", "A2", "A10"]


def test_columns_say_how_they_are_edited() -> None:
    """A view is told labels, choices, suggestions, what is long and what names the row."""
    sheet = Worksheet(
        schema.ACTIONS,
        frame(schema.ACTIONS, *ACTIONS),
        facts={"dri": ["Ngozi", "Teun"], "factor_ids": ["F1"]},
    )
    views = {view.name: view for view in sheet.columns}
    assert [view.name for view in sheet.columns] == schema.ACTIONS.column_names
    assert not views["action_id"].editable
    assert views["action"].long and views["action"].required
    assert views["priority"].choices == schema.PRIORITIES
    assert views["dri"].open_choices == ("Ngozi", "Teun")
    assert views["dri"].label == "DRI"


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


# Editing


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


# Rows


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


def test_an_event_that_nothing_records_is_a_manual_one(events: Rows) -> None:
    """A mistyped id of an event makes no row of its own."""
    sheet = timeline(events)
    assert "manual:" in problems_of(lambda: sheet.add({"event_id": "slack:C:77", "summary": "x"}))[0]


def test_a_column_of_the_teams_own_is_kept() -> None:
    """Columns the schema does not know are shown, edited and saved as text."""
    sheet = actions({"action_id": "A1", "action": "Alert", "squad": "payments"})
    assert sheet.columns[-1].name == "squad"
    sheet.apply([("A1", "squad", "007")])
    sheet.add({"action": "More"})
    assert sheet.frame()["squad"].tolist() == ["007", ""]


# Undo


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


# Merging


def test_two_people_in_one_row_both_count() -> None:
    """Merging is cell by cell: what only one of them changed is taken, also within one row."""
    sheet = actions()
    sheet.apply([("A1", "dri", "Teun")])
    change, clashes = sheet.merge(frame(schema.ACTIONS, ACTIONS[0] | {"due_on": "2026-12-24"}, *ACTIONS[1:]))
    assert clashes == [] and change.cells == (Edit("A1", "due_on", "2026-12-24"),)
    assert (sheet.cell("A1", "dri"), sheet.cell("A1", "due_on")) == ("Teun", "2026-12-24")
    assert sheet.dirty


def test_a_clash_is_listed_and_mine_stands() -> None:
    """Both values are told; nothing is swallowed."""
    sheet = actions()
    sheet.apply([("A1", "dri", "Teun")])
    _, clashes = sheet.merge(frame(schema.ACTIONS, ACTIONS[0] | {"dri": "Chiyo"}, *ACTIONS[1:]))
    assert clashes == [Clash("A1", "dri", "Ngozi", "Teun", "Chiyo")]
    assert sheet.cell("A1", "dri") == "Teun"
    assert sheet.merge(frame(schema.ACTIONS, ACTIONS[0] | {"dri": "Chiyo"}, *ACTIONS[1:]))[1] == []


def test_words_of_both_count() -> None:
    """Two people may each add evidence to one factor; a word one took out is out."""
    sheet = actions(ACTIONS[0] | {"factor_ids": "F1 F2"})
    sheet.apply([("A1", "factor_ids", "F2 F3")])
    _, clashes = sheet.merge(frame(schema.ACTIONS, ACTIONS[0] | {"factor_ids": "F1 F2 F4"}))
    assert clashes == [] and sheet.cell("A1", "factor_ids") == "F2 F3 F4"


def test_two_new_rows_under_one_id_are_two_rows() -> None:
    """Both people added `A11`: theirs keeps the id, mine goes on as the next one, with its undo."""
    sheet = actions()
    sheet.add({"action": "Mine"})
    sheet.apply([("A11", "dri", "Teun")])
    theirs = frame(schema.ACTIONS, *ACTIONS, {"action_id": "A11", "action": "Theirs"})
    change, clashes = sheet.merge(theirs)
    assert clashes == [] and change.renamed == (("A11", "A12"),) and change.added == ("A12",)
    assert (sheet.cell("A11", "action"), sheet.cell("A12", "action")) == ("Theirs", "Mine")
    assert sheet.cell("A12", "action_id") == "A12"
    sheet.undo()
    assert sheet.cell("A12", "dri") == ""
    sheet.undo()
    assert "A12" not in sheet and sheet.cell("A11", "action") == "Theirs"


def test_a_new_row_both_named_alike_is_one_row() -> None:
    """Where the words name the row, two people who added it meant the same one."""
    sheet = Worksheet(schema.IMPACT, schema.empty(schema.IMPACT))
    sheet.add({"measure": "Failed checkouts", "unit": "carts", "value": "5"})
    _, clashes = sheet.merge(
        frame(schema.IMPACT, {"measure": "Failed checkouts", "unit": "carts", "value": "6", "basis": "log"})
    )
    assert clashes == [Clash("Failed checkouts", "value", "", "5", "6")]
    assert sheet.cell("Failed checkouts", "basis") == "log"


def test_what_is_written_outlives_a_deletion() -> None:
    """A row that one deleted and the other wrote in stays, and both are told."""
    sheet = actions()
    sheet.delete(["A1", "A2"])
    sheet.apply([("A10", "dri", "Teun")])
    change, clashes = sheet.merge(frame(schema.ACTIONS, ACTIONS[0] | {"dri": "Chiyo"}, ACTIONS[1]))
    assert sheet.row_ids == ["A1", "A10"] and change.added == ("A1",)
    assert clashes == [Clash("A1", "", "", "deleted", "changed"), Clash("A10", "", "", "changed", "deleted")]


def test_a_row_renamed_here_takes_their_edit_along() -> None:
    """Somebody wrote in the row under its old name; it is the same row."""
    rows = ({"measure": "Carts", "unit": "carts", "value": 5},)
    sheet = Worksheet(schema.IMPACT, frame(schema.IMPACT, *rows))
    sheet.apply([("Carts", "measure", "Failed carts")])
    _, clashes = sheet.merge(frame(schema.IMPACT, rows[0] | {"basis": "log"}))
    assert clashes == [] and sheet.row_ids == ["Failed carts"]
    assert sheet.cell("Failed carts", "basis") == "log"
    assert sheet.frame()["measure"].tolist() == ["Failed carts"]


def test_undo_takes_back_mine_and_leaves_theirs() -> None:
    """What somebody else wrote since, in that cell or in that row, stays."""
    sheet = actions()
    sheet.apply([("A1", "dri", "Teun"), ("A1", "priority", "P2")])
    sheet.saved()
    mine = dict(ACTIONS[0], dri="Teun", priority="P2")
    sheet.merge(frame(schema.ACTIONS, mine | {"dri": "Chiyo", "note": "seen"}, *ACTIONS[1:]))
    sheet.undo()
    assert [sheet.cell("A1", name) for name in ("dri", "priority", "note")] == ["Chiyo", "P1", "seen"]
    sheet.add({"action": "New"})
    sheet.saved()
    theirs = sheet.frame()
    theirs.loc[theirs["action_id"] == "A11", "dri"] = "Chiyo"
    sheet.merge(theirs)
    change = sheet.undo()
    assert change == Change(note=change.note) and "Somebody else" in change.note  # type: ignore[union-attr]
    assert sheet.cell("A11", "dri") == "Chiyo"


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


# Whatever people do

TEXTS = st.sampled_from(
    ["", " ", "a", "b", "F1 F2", "P1", "yes", "2026-11-03", "2026-11-03T14:02Z", "5", "\ud800", "x / y", "\\"]
)
TABLES = ("timeline", "actions", "raci", "impact", "tasks")  # each names its rows in another way
START: dict[str, list[dict[str, object]]] = {
    "actions": [dict(row) for row in ACTIONS],
    "raci": [{"activity": a, "role": r, "part": "R"} for a in "ab" for r in "ab"],
    "impact": [{"measure": "a", "unit": "b"}, {"measure": "b", "unit": "b", "value": 5}],
    "timeline": [
        {"event_id": "slack:C:1", "included": "yes", "mark": "a b"},
        {"event_id": "manual:a", "note": "b"},
    ],
    "factor_links": [{"cause": "a", "effect": "b", "event_ids": "a"}],
    "suppressions": [{"rule": "a", "where": "b", "reason": "a"}],
    "redactions": [{"redaction_id": "a", "audience": "every", "decision": "keep"}],
}  # fmt: skip


def sheet_of(name: str) -> Worksheet:
    table = schema.WORKSHEETS[name]
    recorded = [
        {"event_id": f"slack:C:{n}", "time": f"2026-11-03T14:0{n}:00Z", "source": "slack", "kind": "message"}
        for n in range(3)
    ]
    evidence = schema.conform(pd.DataFrame(recorded), schema.EVENTS) if name == "timeline" else None
    return Worksheet(table, frame(table, *START.get(name, [])), evidence=evidence)


def act(sheet: Worksheet, data: st.DataObject) -> str:
    """One thing a person does, which may be refused."""
    names = [*sheet.table.column_names, "text", "own"]
    ids = st.sampled_from([*sheet.row_ids, "nobody"])
    cells = st.tuples(ids, st.sampled_from(names), TEXTS)
    doing = data.draw(st.sampled_from(["apply", "apply", "add", "delete", "undo", "redo", "saved"]))
    try:
        if doing == "apply":
            sheet.apply(data.draw(st.lists(cells, max_size=3)))
        elif doing == "add":
            sheet.add(
                data.draw(st.dictionaries(st.sampled_from(sheet.table.column_names), TEXTS, max_size=3))
            )
        elif doing == "delete":
            sheet.delete(data.draw(st.lists(ids, max_size=2)))
        elif doing == "saved":
            sheet.saved()
        else:
            getattr(sheet, doing)()
    except SchemaError:
        return "refused"
    return doing


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


@settings(max_examples=50)
@given(st.data())
def test_edits_in_different_cells_all_count(data: st.DataObject) -> None:
    """Whatever two people edit, if no cell is the same, both have it and nobody is told of a clash."""
    free = [name for name in schema.ACTIONS.column_names if schema.ACTIONS.column(name).type == "str"]
    free = [n for n in free if n != "action_id" and not schema.ACTIONS.column(n).choices]
    cells = [(row["action_id"], name) for row in ACTIONS for name in free]
    chosen = data.draw(st.lists(st.sampled_from(cells), unique=True, max_size=8))
    cut = data.draw(st.integers(0, len(chosen)))
    mine, theirs = actions(), actions()
    values = {cell: f"new {n}" for n, cell in enumerate(chosen)}
    mine.apply([(*cell, values[cell]) for cell in chosen[:cut]])
    theirs.apply([(*cell, values[cell]) for cell in chosen[cut:]])
    change, clashes = mine.merge(theirs.frame())
    assert clashes == []
    assert all(mine.cell(*cell) == values[cell] for cell in chosen)
    assert {(edit.row_id, edit.column) for edit in change.cells} == set(chosen[cut:])


@settings(max_examples=50)
@given(st.data())
def test_nothing_that_was_written_is_lost_in_a_merge(data: st.DataObject) -> None:
    """Every text either of two people wrote stands in a cell or in the list of clashes."""
    start = actions()
    mine, theirs = actions(), actions()
    for number, sheet in enumerate((mine, theirs)):
        for n in range(data.draw(st.integers(0, 4))):
            row_id = data.draw(st.sampled_from(sheet.row_ids or ["A1"]))
            if row_id not in sheet:
                continue
            if data.draw(st.integers(0, 3)) == 0:
                sheet.delete([row_id])
            elif data.draw(st.integers(0, 2)) == 0:
                sheet.add({"action": f"row {number} {n}"})
            else:
                sheet.apply(
                    [(row_id, data.draw(st.sampled_from(["action", "dri", "note"])), f"cell {number} {n}")]
                )
    old = {text for row in state(start) for text in row.values()}
    written = {text for sheet in (mine, theirs) for row in state(sheet) for text in row.values()} - old
    _, clashes = mine.merge(theirs.frame())
    kept = {text for row in state(mine) for text in row.values()} | {clash.theirs for clash in clashes}
    assert {text for text in written if text.startswith(("row", "cell"))} <= kept


@settings(max_examples=50)
@given(st.data())
def test_no_text_goes_that_its_replacer_had_not_seen(data: st.DataObject) -> None:
    """Two people, each with a screen that may be old: what one writes over unseen is listed as a clash."""
    sheet, listed = actions(), set()
    screens = [{name: sheet.cell("A1", name) for name in ("dri", "note")} for _ in range(2)]
    for n in range(data.draw(st.integers(1, 12))):
        who, name = data.draw(st.integers(0, 1)), data.draw(st.sampled_from(["dri", "note"]))
        before, screen = sheet.cell("A1", name), screens[who]
        wanted, clashes = sheet.meet([("A1", name, f"text {n}")], [screen[name]])
        sheet.apply(wanted)
        listed |= {clash.theirs for clash in clashes}
        assert before in {screen[name]} | listed
        screen[name] = sheet.cell("A1", name)
        if data.draw(st.booleans()):
            screens[1 - who] = {one: sheet.cell("A1", one) for one in screen}
