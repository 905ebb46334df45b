"""What two people wrote both counts; a clash is told, and nothing is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.worksheet import Change, Clash, Edit, Worksheet
from tests.worksheet.sheets import (
    ACTIONS,
    actions,
    frame,
    state,
)


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
