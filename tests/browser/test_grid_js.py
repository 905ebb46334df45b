"""The editable grid in a real browser: real keys, a model that only remembers what it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

Mount = Callable[..., Any]


def column(name: str, **more: Any) -> dict[str, Any]:
    plain = {"label": name.capitalize(), "type": "str", "meaning": "", "editable": True, "required": False}
    return {"name": name, **plain, "choices": [], "open": [], "long": False, "only_own": "", **more}


COLUMNS = [
    column("id", label="Id", editable=False, required=True),
    column("action", label="Action", required=True, long=True),
    column("status", label="Status", choices=["open", "in progress", "done"], tones={"done": "good"}),
    column("agreed", label="Agreed", type="bool"),
    column("due", label="Due", type="date"),
    column("at", label="At", type="time"),
    column("cost", label="Cost", type="float"),
    column("factors", label="Factors", type="words", open=["F1", "F2", "F3"], hints={"F2": "holds"}),
    column("who", label="Who", open=["Scribe", "Support Lead"]),
]
ROWS = [
    ["A1", "A1", "Key holds by line", "open", "no", "2026-11-20", "2026-11-03T08:06:41.250000Z", "12", "F1",
     ""],
    ["A2", "A2", "Guard the flag", "done", "yes", "", "", "3", "F1 F2", "Scribe"],
    ["A3", "A3", "Page on one storefront", "open", "no", "2026-11-09", "", "154000", "", ""],
    ["A10", "A10", "Write letters", "in progress", "no", "", "", "", "", "Support Lead"],
]  # fmt: skip
AT = {spec["name"]: place for place, spec in enumerate(COLUMNS)}


def state(**more: Any) -> dict[str, Any]:
    return {
        "uid": "one", "columns": COLUMNS, "rows": json.dumps(ROWS), "label": "Action items",
        "noun": ["action", "actions"], "add_label": "Add action", "add_mode": "draft", "deletable": True,
        "empty": "No action yet.", "height": 400, "zone": "UTC", "wrap": True, "only": {}, "shown": None,
        "clashes": [], "status": "", **more,
    }  # fmt: skip


def many(count: int) -> dict[str, Any]:
    columns = [
        column("included", label="On timeline", type="bool"),
        column("time", label="Time (UTC)", type="time", editable=False),
        *(column(name, editable=False) for name in ("source", "kind", "actor", "place")),
        column("text", label="Recorded", long=True, editable=False),
        column("summary", label="In our words", long=True),
        column("phase", open=["response", "recovery"]),
        column("note", long=True),
    ]
    rows = [
        [f"e{i}", "no", f"2026-11-03T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}.000000Z", "slack",
         "message", f"person {i % 17}", f"#channel-{i % 5}", f"message {i} about the checkout and holds", "",
         "", ""]
        for i in range(count)
    ]  # fmt: skip
    only = {"column": "included", "label": "On timeline only"}
    return state(columns=columns, rows=json.dumps(rows), wrap=False, only=only, noun=["event", "events"])


def cell(grid: Any, row: int, name: str) -> Any:
    return grid.page.locator(f".pmk-body .pmk-row[data-r='{row}'] .pmk-cell").nth(AT[name])


def go(grid: Any, row: int, name: str) -> None:
    """The cursor onto that cell, by keys alone."""
    grid.page.locator(".pmk-scroll").focus()
    grid.press("Control+Home", *["ArrowDown"] * row, *["ArrowRight"] * AT[name])


@pytest.fixture
def grid(mount: Mount) -> Any:
    return mount("grid", state())


def answer(grid: Any, **more: Any) -> None:
    """What Python says when it took the last edit."""
    edit = grid.last("edit")
    grid.hear(op="patch", cells=edit["edits"], added=[], removed=[], at=[], note="")
    grid.hear(op="saved", key=edit["key"], **more)


def test_rows_are_a_grid_for_eyes_and_for_screen_readers(grid: Any) -> None:
    """Heads, rows, the count, and the roles that say what is what."""
    assert grid.page.locator("[role=grid]").get_attribute("aria-label") == "Action items"
    assert grid.page.locator("[role=grid]").get_attribute("aria-rowcount") == "5"
    assert grid.text(".pmk-count") == "4 actions"
    assert cell(grid, 2, "cost").inner_text() == "154,000"
    assert cell(grid, 0, "at").inner_text() == "2026-11-03 08:06:41"
    assert cell(grid, 1, "agreed").locator("[role=checkbox]").get_attribute("aria-checked") == "true"
    active = grid.page.locator("[role=grid]").get_attribute("aria-activedescendant")
    assert grid.page.locator(f"#{active}").inner_text() == "Key holds by line"


def test_typing_replaces_a_cell_and_waits_until_it_is_saved(grid: Any) -> None:
    """The new text shows at once, marked as waiting; Python's answer takes the mark away."""
    go(grid, 1, "who")
    grid.type("Rafael")
    grid.press("Enter")
    assert grid.last("edit")["edits"] == [["A2", "who", "Rafael"]]
    assert cell(grid, 1, "who").inner_text() == "Rafael"
    assert "pmk-waits" in cell(grid, 1, "who").get_attribute("class")
    assert grid.text(".pmk-state") == "saving…"
    answer(grid)
    assert "pmk-waits" not in cell(grid, 1, "who").get_attribute("class")
    assert grid.text(".pmk-state") == "saved"
    assert "pmk-active" in cell(grid, 2, "who").get_attribute("class")


def test_a_refusal_turns_the_cell_back_and_keeps_what_was_typed(grid: Any) -> None:
    """The old value is back, the reason stands beside it, Enter brings the typed text back."""
    go(grid, 0, "who")
    grid.type("nobody")
    grid.press("Enter")
    key = grid.last("edit")["key"]
    grid.hear(op="error", key=key, text="Not saved.", cells=[["A1", "who", "That is no person."]])
    assert cell(grid, 0, "who").inner_text() == ""
    assert "That is no person." in grid.text(".pmk-tip")
    assert cell(grid, 0, "who").get_attribute("aria-invalid") == "true"
    grid.press("Enter")
    assert grid.page.locator(".pmk-field").input_value() == "nobody"
    assert grid.text(".pmk-problem") == "That is no person."


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("due", "tomorrow", "Expected a date"),
        ("due", "2026-02-30", "There is no day"),
        ("at", "14:02", "Add the date"),
        ("at", "2026-11-03 25:00", "Expected a time"),
        ("cost", "much", "Expected a number"),
        ("status", "finished", "Expected one of open, in progress, done"),
    ],
)
def test_a_value_that_cannot_be_stays_in_the_editor(grid: Any, name: str, typed: str, words: str) -> None:
    """The reason shows under the field, nothing is sent, the text is still there."""
    go(grid, 1, name)
    grid.type(typed)
    grid.press("Enter")
    assert words in grid.text(".pmk-problem")
    assert grid.page.locator(".pmk-field").input_value() == typed
    assert grid.ops() == []
    grid.press("Escape")
    assert grid.page.locator(".pmk-editor").count() == 0


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2026-11-03 14:02", "2026-11-03T14:02:00.000000Z"),
        ("2026-11-03T14:02:11.5Z", "2026-11-03T14:02:11.500000Z"),
        ("2026-11-03 14:02:11 +01:00", "2026-11-03T13:02:11.000000Z"),
    ],
)
def test_times_are_stored_in_utc(grid: Any, typed: str, stored: str) -> None:
    """A time without a zone is in the one that the head names; others are converted."""
    go(grid, 1, "at")
    grid.type(typed)
    grid.press("Enter")
    assert grid.last("edit")["edits"] == [["A2", "at", stored]]


def test_times_show_and_read_in_the_zone_of_the_table(mount: Mount) -> None:
    """In Amsterdam's winter 08:06 UTC is 09:06, and what is typed there is stored in UTC."""
    grid = mount("grid", state(zone="Europe/Amsterdam"))
    assert cell(grid, 0, "at").inner_text() == "2026-11-03 09:06:41"
    assert "At (Europe/Amsterdam)" in grid.text(".pmk-head")
    go(grid, 0, "at")
    grid.type("10:00")
    grid.press("Enter")
    assert grid.last("edit")["edits"] == [["A1", "at", "2026-11-03T09:00:00.000000Z"]]
    go(grid, 1, "at")
    grid.type("2026-07-01 10:00")
    grid.press("Enter")
    assert grid.last("edit")["edits"] == [["A2", "at", "2026-07-01T08:00:00.000000Z"]]


def test_a_time_that_the_clocks_show_twice_tells_its_offset(mount: Mount) -> None:
    """Half past two comes twice when summer time ends: both tell their offset, and neither is guessed."""
    twice = ["2026-10-25T00:30:00.000000Z", "2026-10-25T01:30:00.000000Z", "2026-10-25T02:30:00.000000Z"]
    rows = [[*row[: AT["at"] + 1], at, *row[AT["at"] + 2 :]] for row, at in zip(ROWS, twice, strict=False)]
    grid = mount("grid", state(zone="Europe/Amsterdam", rows=json.dumps(rows)))
    assert [cell(grid, row, "at").inner_text() for row in range(3)] == [
        "2026-10-25 02:30:00+02:00", "2026-10-25 02:30:00+01:00", "2026-10-25 03:30:00",
    ]  # fmt: skip
    go(grid, 2, "at")
    for typed, words in (("02:10", "showed this time twice"), ("2026-03-29 02:10", "skipped this time")):
        grid.type(typed)
        grid.press("Enter")
        assert words in grid.text(".pmk-problem")
        assert "edit" not in [message["op"] for message in grid.sent]
        grid.press("Escape")
    grid.type("02:10 +01:00")
    grid.press("Enter")
    assert grid.last("edit")["edits"] == [["A3", "at", "2026-10-25T01:10:00.000000Z"]]


def test_a_dead_kernel_is_said_and_no_edit_is_lost_in_silence(grid: Any) -> None:
    """The message of the banner, the old value, and the typed text for another try."""
    grid.page.evaluate("window.gone = true")
    go(grid, 0, "who")
    grid.type("Rafael")
    grid.press("Enter")
    assert grid.text(".pmk-banner") == "Not saved: the kernel was restarted. Run this cell again."
    assert cell(grid, 0, "who").inner_text() == ""
    assert "Rafael" in grid.text(".pmk-tip")


def test_a_kernel_that_dies_while_an_edit_waits_gives_it_back(grid: Any) -> None:
    """The connection tells that it broke; what waited turns back then."""
    go(grid, 0, "who")
    grid.type("Rafael")
    grid.press("Enter")
    grid.page.evaluate("window.gone = true; window.tell('comm_live_update')")
    assert grid.text(".pmk-banner").startswith("Not saved")
    assert cell(grid, 0, "who").inner_text() == ""


def test_an_edit_that_waits_long_says_why(grid: Any) -> None:
    """While a cell of the notebook runs, edits wait; the status says so."""
    go(grid, 0, "who")
    grid.type("Rafael")
    grid.press("Enter")
    grid.page.wait_for_function(
        "document.querySelector('.pmk-state').textContent.includes('busy')", timeout=6000
    )


def test_space_ticks_a_range(grid: Any) -> None:
    """Space turns the whole selection to what the cell under the cursor becomes."""
    go(grid, 0, "agreed")
    grid.press("Shift+ArrowDown", "Shift+ArrowDown", "Space")
    assert grid.last("edit")["edits"] == [["A1", "agreed", "yes"], ["A3", "agreed", "yes"]]


def test_space_on_evidence_ticks_its_row(mount: Mount) -> None:
    """On the timeline the whole row is evidence; Space anywhere in it puts it on the timeline."""
    grid = mount("grid", many(50))
    grid.page.locator(".pmk-scroll").focus()
    grid.press("ArrowDown", "ArrowRight", "ArrowRight", "Space")
    assert grid.last("edit")["edits"] == [["e1", "included", "yes"]]
    grid.type("x")
    assert grid.ops() == ["edit"]


def test_undo_and_redo_are_asked_of_python(grid: Any) -> None:
    """Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y."""
    go(grid, 0, "who")
    grid.press("Control+z", "Control+Shift+z", "Control+y")
    assert grid.ops() == ["undo", "redo", "redo"]


def test_a_few_letters_pick_a_choice(grid: Any) -> None:
    """Typing narrows the list, Enter takes what is marked, Tab goes on to the right."""
    go(grid, 0, "status")
    grid.type("d")
    assert grid.page.locator("[role=option]").all_inner_texts() == ["done"]
    grid.press("Enter")
    assert grid.last("edit")["edits"] == [["A1", "status", "done"]]
    assert cell(grid, 0, "status").locator(".pmk-badge").inner_text() == "done"


def test_several_words_are_picked_from_a_list(grid: Any) -> None:
    """Typing narrows the list, Enter adds or takes away a word; Tab takes them all."""
    go(grid, 1, "factors")
    grid.press("Enter")
    assert grid.page.locator(".pmk-chip").all_inner_texts() == ["F1\n×", "F2\n×"]
    grid.press("ArrowDown", "Enter")
    grid.type("f3")
    grid.press("Enter")
    grid.type("F9")
    grid.press("Tab")
    assert grid.last("edit")["edits"] == [["A2", "factors", "F2 F3 F9"]]


def test_typing_into_words_adds_and_escape_leaves_them(grid: Any) -> None:
    """A letter opens the search with the words still there; Backspace in the empty field takes the last."""
    go(grid, 1, "factors")
    grid.type("hold")
    assert grid.page.locator("[role=option]").count() == 1
    grid.press("Escape")
    assert grid.ops() == []
    grid.press("Enter", "Backspace", "Control+Enter")
    assert grid.last("edit")["edits"] == [["A2", "factors", "F1"]]


def test_long_text_takes_lines_and_ctrl_enter(grid: Any) -> None:
    """Enter is a line end in long text, Ctrl+Enter takes it, Esc leaves it as it was."""
    go(grid, 0, "action")
    grid.press("F2", "End")
    grid.type(" and")
    grid.press("Enter")
    grid.type("more")
    grid.press("Control+Enter")
    assert grid.last("edit")["edits"] == [["A1", "action", "Key holds by line and\nmore"]]
    go(grid, 1, "action")
    grid.press("F2")
    grid.type("lost")
    grid.press("Escape")
    assert cell(grid, 1, "action").inner_text() == "Guard the flag"


def test_a_required_cell_is_not_cleared(grid: Any) -> None:
    """Delete on it says why; on others it clears."""
    go(grid, 0, "action")
    grid.press("Delete")
    assert "cannot be empty" in grid.text(".pmk-tip")
    go(grid, 0, "due")
    grid.press("Shift+ArrowDown", "Shift+ArrowDown", "Delete")
    assert grid.last("edit")["edits"] == [["A1", "due", ""], ["A3", "due", ""]]


def test_a_block_goes_to_a_spreadsheet_and_comes_back(grid: Any) -> None:
    """Copied cells are tab-separated, quoted where they hold line ends; pasting them is one edit."""
    go(grid, 0, "action")
    grid.press("F2", "End", "Enter")
    grid.type('say "hold"')
    grid.press("Control+Enter")
    answer(grid)
    go(grid, 0, "action")
    grid.press("Shift+ArrowRight", "Control+c")
    copied = grid.page.evaluate("""() => new Promise((resolve) => {
        const data = new DataTransfer();
        const event = new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector(".pmk-scroll").dispatchEvent(event);
        resolve(data.getData("text/plain"));
    })""")
    assert copied == '"Key holds by line\nsay ""hold"""\topen'
    go(grid, 2, "action")
    grid.press("Control+v")  # the clipboard answers a moment later
    grid.page.wait_for_function("window.sent.filter((message) => message.op === 'edit').length === 2")
    assert grid.last("edit")["edits"] == [["A3", "action", 'Key holds by line\nsay "hold"']]


def paste(grid: Any, text: str) -> None:
    grid.page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const options = { clipboardData: data, bubbles: true, cancelable: true };
            const event = new ClipboardEvent("paste", options);
            document.querySelector(".pmk-scroll").dispatchEvent(event);
        }""",
        text,
    )


def test_a_pasted_block_with_one_bad_cell_changes_nothing(grid: Any) -> None:
    """All of a block or nothing; the cursor goes to the cell that is wrong."""
    go(grid, 0, "due")
    paste(grid, "2026-12-01\n2026-12-02\nsoon\n")
    assert grid.ops() == []
    assert "Nothing was pasted: A3, Due, found “soon”" in grid.text(".pmk-tip")
    assert "pmk-active" in cell(grid, 2, "due").get_attribute("class")


def test_a_block_longer_than_the_table_adds_rows(grid: Any) -> None:
    """What lies below the last row becomes new rows; read-only columns are left."""
    go(grid, 3, "id")
    paste(grid, "x\tWrite more letters\tdone\ny\tA new one\topen\tyes\n")
    assert grid.last("edit")["edits"] == [["A10", "action", "Write more letters"], ["A10", "status", "done"]]
    assert grid.last("add")["values"] == [{"action": "A new one", "status": "open", "agreed": "yes"}]
    assert "Id cannot be changed" in grid.text(".pmk-state") or "saving" in grid.text(".pmk-state")


def test_one_value_fills_a_range(grid: Any) -> None:
    """A single copied value fills the selection, as Ctrl+D and Ctrl+Enter do."""
    go(grid, 0, "who")
    grid.press("Shift+ArrowDown", "Shift+ArrowDown")
    paste(grid, "Teun")
    assert grid.last("edit")["edits"] == [["A1", "who", "Teun"], ["A2", "who", "Teun"], ["A3", "who", "Teun"]]
    answer(grid)
    go(grid, 0, "due")
    grid.press("Shift+ArrowDown", "Control+d")
    assert grid.last("edit")["edits"] == [["A2", "due", "2026-11-20"]]
    go(grid, 1, "cost")
    grid.press("Shift+ArrowDown")
    grid.type("7")
    grid.press("Control+Enter")
    assert grid.last("edit")["edits"] == [["A2", "cost", "7"], ["A3", "cost", "7"]]


def test_the_filter_looks_into_every_column(grid: Any) -> None:
    """All words have to be there; the count says how many of how many."""
    grid.page.locator(".pmk-filter").fill("open hold")
    assert grid.text(".pmk-count") == "1 of 4 actions"
    grid.page.locator(".pmk-filter").fill("zebra")
    assert "Nothing here matches" in grid.text(".pmk-blank")
    grid.page.locator(".pmk-filter").press("Escape")
    assert grid.text(".pmk-count") == "4 actions"


def test_heads_sort_by_mouse_and_by_key(grid: Any) -> None:
    """Numbers as numbers, ids as people read them, empty cells last; a third time as it was."""

    def ids() -> list[str]:
        return grid.page.locator(".pmk-body .pmk-row .pmk-cell:first-child").all_inner_texts()

    grid.page.locator(".pmk-th").nth(AT["cost"]).click()
    assert ids() == ["A2", "A1", "A3", "A10"]
    grid.page.locator(".pmk-th").nth(AT["cost"]).click()
    assert ids() == ["A3", "A1", "A2", "A10"]
    assert grid.page.locator(".pmk-th").nth(AT["cost"]).get_attribute("aria-sort") == "descending"
    grid.page.locator(".pmk-th").nth(AT["cost"]).click()
    go(grid, 0, "id")
    grid.press("ArrowUp", "Enter", "Enter")
    assert ids() == ["A10", "A3", "A2", "A1"]


def test_a_new_row_is_handed_over_when_it_has_what_it_needs(grid: Any) -> None:
    """The button opens an empty line in its required cell; the row gets its id from Python."""
    grid.page.get_by_role("button", name="Add action").click()
    grid.type("Walk the way back")
    grid.press("Tab")
    add = grid.last("add")
    assert add["values"] == {"action": "Walk the way back"}
    grid.type("op")
    grid.press("Enter")
    row = ["A11", "A11", "Walk the way back", "", "no", "", "", "", "", ""]
    grid.hear(op="patch", cells=[], added=[row], at=[4], removed=[], note="")
    grid.hear(op="saved", key=add["key"], ids=["A11"])
    assert grid.last("edit")["edits"] == [["A11", "status", "open"]]
    assert grid.text(".pmk-count") == "5 actions"


def test_a_new_row_that_is_refused_keeps_its_text(grid: Any) -> None:
    """The line stays, with the reason; Esc drops it."""
    grid.page.get_by_role("button", name="Add action").click()
    grid.type("Same again")
    grid.press("Control+Enter")
    grid.hear(op="error", key=grid.last("add")["key"], text="There is such a row already.", cells=[])
    assert cell(grid, 4, "action").inner_text() == "Same again"
    go(grid, 4, "action")
    assert "There is such a row already." in grid.text(".pmk-tip")
    grid.press("Escape")
    assert grid.page.locator(".pmk-body .pmk-row").count() == 4


def test_rows_are_deleted_together_and_come_back_when_refused(grid: Any) -> None:
    """Ctrl+Delete asks for all selected rows; they fade until Python says."""
    go(grid, 1, "who")
    grid.press("Shift+ArrowDown", "Control+Delete")
    delete = grid.last("delete")
    assert delete["ids"] == ["A2", "A3"]
    assert grid.page.locator(".pmk-leaving").count() == 2
    grid.hear(op="error", key=delete["key"], text="Not saved: somebody else has been saving.")
    assert grid.page.locator(".pmk-leaving").count() == 0
    assert "somebody else" in grid.text(".pmk-state")
    grid.hear(op="patch", cells=[], added=[], at=[], removed=["A2", "A3"], note="Deleted A2 and A3.")
    assert grid.text(".pmk-count") == "2 actions"


def test_an_edit_from_elsewhere_appears_and_does_not_disturb_typing(grid: Any) -> None:
    """A patch repaints cells and puts rows where they belong, while the editor stays open."""
    go(grid, 0, "who")
    grid.type("Raf")
    row = ["A4", "A4", "From elsewhere", "open", "no", "", "", "", "", ""]
    grid.hear(op="patch", cells=[["A2", "who", "Ngozi"]], added=[row], at=[0], removed=[], note="Merged.")
    assert cell(grid, 2, "who").inner_text() == "Ngozi"
    assert cell(grid, 0, "action").inner_text() == "From elsewhere"
    grid.type("ael")
    grid.press("Enter")
    assert grid.last("edit")["edits"] == [["A1", "who", "Rafael"]]


def test_an_edit_tells_what_was_read_before(grid: Any) -> None:
    """Who edits a cell that changes meanwhile sends what they saw; who changes nothing overwrites nothing."""
    go(grid, 0, "who")
    grid.press("Enter")
    grid.hear(op="patch", cells=[["A1", "who", "Scribe"]], added=[], removed=[], at=[], note="")
    grid.type("Rafael")
    grid.press("Enter")
    assert (grid.last("edit")["edits"], grid.last("edit")["was"]) == ([["A1", "who", "Rafael"]], [""])
    go(grid, 1, "who")
    grid.press("Enter")
    grid.hear(op="patch", cells=[["A2", "who", "Rafael"]], added=[], removed=[], at=[], note="")
    grid.press("Enter")
    assert grid.ops() == ["edit"]


def test_a_deletion_tells_what_was_read_before(grid: Any) -> None:
    """Of each row the cells people write in; one that waits for its answer is not known."""
    go(grid, 1, "who")
    grid.type("Rafael")
    grid.press("Enter", "ArrowUp", "Control+Delete")
    was = grid.last("delete")["was"]
    assert list(was) == ["A2"]
    assert (was["A2"]["action"], was["A2"]["who"], "id" in was["A2"]) == ("Guard the flag", None, False)


def test_a_row_that_goes_while_it_is_edited_takes_no_other_with_it(grid: Any) -> None:
    """What was typed goes into no other row: it is told, since the row is not there any more."""
    go(grid, 1, "who")
    grid.type("Rafael")
    grid.hear(op="patch", cells=[], added=[], at=[], removed=["A2"], note="")
    grid.press("Enter")
    assert grid.ops() == []
    assert grid.text(".pmk-state") == "Not saved: somebody else deleted A2. You had written “Rafael”."


def test_an_edit_refused_for_its_row_is_told_with_its_words(grid: Any) -> None:
    """The row went while the edit waited: no cell could show what was typed."""
    go(grid, 1, "who")
    grid.type("Rafael")
    grid.press("Enter")
    grid.hear(op="patch", cells=[], added=[], at=[], removed=["A2"], note="")
    grid.hear(op="error", key=grid.last("edit")["key"], text="Not saved. No such row.", cells=[])
    assert grid.text(".pmk-state") == "Not saved. No such row. You had written “Rafael”."


def leaves(grid: Any) -> bool:
    """Whether the page may be left without a question."""
    script = "window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    return bool(grid.page.evaluate(script))


def test_the_page_is_not_left_with_an_edit_that_waits(grid: Any) -> None:
    """The browser asks while an editor holds other words, or an edit has no answer yet."""
    go(grid, 0, "who")
    grid.press("Enter")
    assert leaves(grid)
    grid.type("Rafael")
    assert not leaves(grid)
    grid.press("Enter")
    assert not leaves(grid)
    answer(grid)
    assert leaves(grid)


def test_columns_beyond_the_edge_are_hinted_at(mount: Mount) -> None:
    """A shade lies on the edge behind which there are more columns, and goes at the last one."""
    grid = mount("grid", state(), width=500)
    beyond = grid.page.locator(".pmk-beyond")
    assert beyond.count() == 1
    go(grid, 0, "who")
    beyond.wait_for(state="detached")
    assert mount("grid", state(), width=1600).page.locator(".pmk-beyond").count() == 0


def test_two_views_of_one_table_show_the_same(mount: Mount) -> None:
    """The rows belong to the model; a patch reaches every view once."""
    grid = mount("grid", state(), views=2)
    row = ["A4", "A4", "From elsewhere", "open", "no", "", "", "", "", ""]
    grid.hear(op="patch", cells=[["A2", "who", "Ngozi"]], added=[row], at=[4], removed=[], note="")
    assert grid.page.locator(".pmk-count").all_inner_texts() == ["5 actions", "5 actions"]


def test_python_narrows_the_rows_and_moves_the_cursor(grid: Any) -> None:
    """`shown` keeps only those rows; `goto` moves the cursor and tells nobody; moving by hand does."""
    grid.set("shown", ["A2", "A10"])
    assert grid.text(".pmk-count") == "2 of 4 actions"
    grid.set("shown", None)
    grid.hear(op="goto", id="A10", column="who")
    assert "pmk-active" in cell(grid, 3, "who").get_attribute("class")
    grid.page.wait_for_timeout(120)
    assert grid.sent == []
    grid.page.locator(".pmk-scroll").focus()
    grid.press("ArrowUp")
    grid.page.wait_for_timeout(120)
    assert grid.last("select")["id"] == "A3"


def test_keys_stay_inside_and_those_of_jupyterlab_go_through(grid: Any) -> None:
    """`d d` and `x` in a cell must not delete the notebook's cell; Ctrl+S has to save the notebook."""
    go(grid, 0, "id")
    grid.page.evaluate(
        "window.heard = []; document.addEventListener('keydown', (e) => window.heard.push(e.key))"
    )
    grid.press("d", "d", "x", "Escape", "Shift+Enter", "Escape")
    grid.page.get_by_role("button", name="Keys").focus()
    grid.press("d", "d", "x")
    grid.page.locator(".pmk-filter").focus()
    grid.press("d", "d", "x")
    assert grid.page.evaluate("window.heard") == []
    grid.press("Control+s")
    assert "s" in grid.page.evaluate("window.heard")


def test_data_is_text_and_links_are_of_the_web(mount: Mount) -> None:
    """Markup in a cell is shown as it is; `javascript:` is no link."""
    rows = [list(ROWS[0]), list(ROWS[1]), list(ROWS[2])]
    rows[0][AT["who"] + 1] = "<img src=x onerror=alert(1)>"
    rows[1][AT["who"] + 1] = "javascript:alert(1)"
    rows[2][AT["who"] + 1] = "https://issues.example.com/SHOP-1"
    grid = mount("grid", state(rows=json.dumps(rows)))
    assert grid.page.locator(".pmk-body img").count() == 0
    assert grid.page.locator(".pmk-body a").count() == 1
    assert grid.page.locator(".pmk-body a").get_attribute("rel") == "noreferrer noopener"


def test_clashes_are_listed_and_settled(mount: Mount) -> None:
    """Both values stand side by side; one key takes theirs."""
    clash = {"row_id": "A1", "column": "who", "base": "", "mine": "Teun", "theirs": "Ngozi"}
    grid = mount("grid", state(clashes=[clash]))
    assert "yours “Teun”, theirs “Ngozi”" in grid.text(".pmk-clashes")
    grid.page.get_by_role("button", name="Take theirs").click()
    settled = grid.last("settle")
    assert (settled["clash"], settled["take"], settled["was"]["who"]) == (clash, "theirs", "")
    grid.set("clashes", [])
    assert grid.page.locator(".pmk-clashes").is_hidden()


@pytest.mark.parametrize(
    ("mine", "theirs", "words", "keep"),
    [
        ("deleted", "changed", "you deleted it while somebody else wrote in it", "theirs"),
        ("changed", "deleted", "somebody else deleted it while you wrote in it", "mine"),
    ],
)
def test_a_clash_about_a_row_says_what_becomes_of_it(
    mount: Mount, mine: str, theirs: str, words: str, keep: str
) -> None:
    """The row is still there; its buttons say that it stays or goes, whoever deleted it."""
    clash = {"row_id": "A1", "column": "", "base": "", "mine": mine, "theirs": theirs}
    grid = mount("grid", state(clashes=[clash]))
    assert words in grid.text(".pmk-clashes")
    grid.page.get_by_role("button", name="Keep it").click()
    assert grid.last("settle")["take"] == keep
    grid.page.get_by_role("button", name="Delete it").click()
    assert grid.last("settle")["take"] != keep


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_stands_in_the_way_of_assistive_technology(
    mount: Mount, violations: Callable[[Any], list[str]], dark: bool
) -> None:
    """axe-core finds no violation: at rest, while editing, with a problem, with clashes, in line mode."""
    clash = {"row_id": "A1", "column": "who", "base": "", "mine": "Teun", "theirs": "Ngozi"}
    grid = mount("grid", state(clashes=[clash]), dark=dark)
    assert violations(grid) == []
    go(grid, 1, "status")
    grid.press("Enter")
    assert violations(grid) == []
    grid.press("Escape")
    go(grid, 1, "due")
    grid.type("soon")
    grid.press("Enter")
    assert violations(grid) == []
    grid.press("Escape")
    grid.page.get_by_role("button", name="Keys").click()
    grid.page.get_by_role("button", name="Add action").click()
    grid.press("Escape")
    grid.page.evaluate("window.gone = true")
    go(grid, 0, "who")
    grid.type("Rafael")
    grid.press("Enter")
    assert violations(grid) == []
    assert violations(mount("grid", many(300), dark=dark)) == []
    assert violations(mount("grid", state(rows="[]"), dark=dark)) == []


def test_five_thousand_rows_show_fast_and_scroll_smoothly(
    mount: Mount, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the rows in sight are in the page; the times are printed, a busy machine is no fault."""
    lines = []
    for count in (5_000, 50_000):
        grid = mount("grid", many(count))
        shown = grid.page.evaluate("document.querySelectorAll('.pmk-body .pmk-row').length")
        assert 0 < shown < 60
        frames = grid.page.evaluate(
            """() => new Promise((resolve) => {
                const scroller = document.querySelector(".pmk-scroll");
                const times = [];
                let last = performance.now();
                const step = (now) => {
                    times.push(now - last);
                    last = now;
                    scroller.scrollTop += 90;
                    if (times.length < 90) requestAnimationFrame(step);
                    else {
                        const mean = times.reduce((a, b) => a + b) / times.length;
                        resolve({ mean, worst: Math.max(...times.slice(2)) });
                    }
                };
                requestAnimationFrame(step);
            })"""
        )
        filtered = grid.page.evaluate(
            """() => {
                const box = document.querySelector(".pmk-filter");
                const times = [];
                for (const text of ["hold", "message 77", "zebra", ""]) {
                    const start = performance.now();
                    box.value = text;
                    box.dispatchEvent(new Event("input"));
                    times.push(Math.round(performance.now() - start));
                }
                return times;
            }"""
        )
        lines.append(
            f"{count:,} rows: painted after {grid.page.evaluate('window.paintedIn'):.0f} ms, "
            f"{shown} in the page, {1000 / frames['mean']:.0f} frames a second "
            f"(worst frame {frames['worst']:.0f} ms), filtering {filtered} ms"
        )
        assert grid.text(".pmk-count") == f"{count:,} events"
    with capsys.disabled():
        print("\n" + "\n".join(lines))
