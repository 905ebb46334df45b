"""The grid's Python side without a kernel: what arrives from the browser, and what is sent back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import pmkit
from pmkit import schema
from pmkit.errors import SchemaError, WorkspaceError
from pmkit.widgets import edit
from pmkit.widgets.grid import EditGrid
from pmkit.worksheet import Change, Edit

Sessions = Callable[..., Any]
ACTIONS = (
    {"action_id": "A1", "action": "Key holds by line", "status": "open"},
    {"action_id": "A2", "action": "Guard the flag", "status": "done", "due_on": "2026-11-20"},
)


class Browser:
    """Stands in for the page: hands messages to the grid and keeps what it is sent."""

    def __init__(self, grid: EditGrid) -> None:
        self.grid = grid
        self.heard: list[dict[str, Any]] = []
        grid.send = lambda message, buffers=None: self.heard.append(message)

    def says(self, op: str, **more: Any) -> list[dict[str, Any]]:
        self.heard.clear()
        self.grid._handle_custom_msg({"op": op, "key": "k", **more}, [])
        return self.heard

    def last(self, op: str) -> dict[str, Any]:
        return next(message for message in reversed(self.heard) if message["op"] == op)


@pytest.fixture
def session(fake_session: Sessions) -> Any:
    return fake_session("actions", *ACTIONS)


@pytest.fixture
def browser(session: Any) -> Browser:
    return Browser(EditGrid(session, label="Action items", add_label="Add action"))


def test_the_rows_travel_as_one_text(browser: Browser) -> None:
    """Fifty thousand rows are sent as one string; each row is its id and then its cells."""
    state = browser.grid.get_state()
    rows = json.loads(state["rows"])
    assert [row[:3] for row in rows] == [["A1", "A1", "Key holds by line"], ["A2", "A2", "Guard the flag"]]
    assert [column["name"] for column in state["columns"]] == schema.ACTIONS.column_names


def test_an_edit_is_applied_and_answered(browser: Browser, session: Any) -> None:
    """First the new cells for every view, then the word that they are saved."""
    heard = browser.says("edit", edits=[["A1", "status", "done"]])
    assert session.worksheet.cell("A1", "status") == "done"
    assert [message["op"] for message in heard] == ["patch", "saved"]
    assert heard[0]["cells"] == [["A1", "status", "done"]]
    assert heard[1]["key"] == "k"


def test_a_page_that_is_loaded_again_gets_the_rows_as_they_are_now(browser: Browser) -> None:
    """The rows change in place, so the state of the widget is right without sending them again."""
    browser.says("edit", edits=[["A1", "status", "done"]])
    browser.says("add", values={"action": "Walk the way back"})
    browser.says("delete", ids=["A2"])
    rows = json.loads(browser.grid.get_state()["rows"])
    place = [column["name"] for column in browser.grid.columns].index("status") + 1
    assert [(row[0], row[place]) for row in rows] == [("A1", "done"), ("A3", "")]


def test_a_bad_value_names_its_cell(browser: Browser, session: Any) -> None:
    """Nothing is applied; the answer carries the problem of each cell in words."""
    heard = browser.says("edit", edits=[["A1", "due_on", "soon"], ["A1", "status", "done"]])
    assert [message["op"] for message in heard] == ["error"]
    (row_id, column, problem), *rest = heard[0]["cells"]
    assert (row_id, column, rest) == ("A1", "due_on", [])
    assert problem.startswith("Expected a date")
    assert "A1, Due:" in heard[0]["text"]
    assert session.worksheet.cell("A1", "status") == "open"


def test_a_file_that_cannot_be_written_is_told(browser: Browser, session: Any) -> None:
    """Whatever stops the save comes back as words, not as silence."""
    session.refuse = WorkspaceError("somebody else has been saving for ten seconds; try again")
    heard = browser.says("edit", edits=[["A1", "status", "done"]])
    assert heard == [
        {
            "op": "error",
            "key": "k",
            "text": f"Not saved: {WorkspaceError(heard[0]['text'][11:])}",
            "cells": [],
        }
    ]


def test_a_fault_of_ours_is_told_too(browser: Browser, session: Any) -> None:
    """An error nobody foresaw still gives the edit back to the person."""
    browser.says("edit")
    assert browser.heard[0]["text"].startswith("Not saved: KeyError")


def test_a_new_row_tells_its_id(browser: Browser) -> None:
    """The browser learns which row its empty line became, and where it stands."""
    heard = browser.says("add", values={"action": "Walk the way back"})
    assert heard[0]["added"][0][0] == "A3"
    assert heard[0]["at"] == [2]
    assert heard[1] == {"op": "saved", "key": "k", "ids": ["A3"]}


def test_several_pasted_rows_are_one_step(browser: Browser, session: Any) -> None:
    """A pasted block of new rows is undone at once."""
    browser.says("add", values=[{"action": "One"}, {"action": "Two"}])
    assert len(session.worksheet.row_ids) == 4
    browser.says("undo")
    assert len(session.worksheet.row_ids) == 2


def test_undo_and_redo_say_what_they_did_and_go_there(browser: Browser) -> None:
    """The cursor moves to the cell; with nothing left to undo that is said."""
    browser.says("edit", edits=[["A2", "status", "open"]])
    heard = browser.says("undo")
    assert browser.last("goto")["id"] == "A2"
    assert browser.last("saved")["note"].startswith("Undone")
    assert browser.says("undo")[-1]["note"] == "Nothing to undo."
    browser.says("redo")
    assert browser.last("saved")["note"]
    assert heard is browser.heard


def test_others_hear_which_row_is_looked_at(browser: Browser) -> None:
    """`on_select` gets the row, `on_range` all that are selected; no answer is sent."""
    seen: list[Any] = []
    browser.grid.on_select(seen.append)
    browser.grid.on_range(seen.append)
    assert browser.says("select", id="A2", ids=["A1", "A2"]) == []
    assert seen == ["A2", ["A1", "A2"]]


def test_another_form_can_ask_for_the_new_row(browser: Browser, session: Any) -> None:
    """With `on_add` the button calls it, and the grid adds nothing by itself."""
    called: list[str] = []
    browser.grid.on_add(lambda: called.append("asked"))
    assert browser.grid.add_mode == "ask"
    browser.says("add", values={})
    assert called == ["asked"]
    assert [name for name, _ in session.asked] == []


def test_what_somebody_else_saved_reaches_the_page(browser: Browser, session: Any) -> None:
    """A refresh that brings a change sends a patch with its words."""
    browser.heard.clear()
    session.worksheet.apply([("A1", "status", "dropped")])
    session.outside = Change(cells=(Edit("A1", "status", "dropped"),), note="Somebody else's changes are in.")
    browser.grid.refresh()
    assert browser.last("patch")["cells"] == [["A1", "status", "dropped"]]


def test_the_file_is_followed_until_the_widget_is_closed(session: Any) -> None:
    """Inside a kernel a task asks twice a second; closing the widget ends it."""

    async def kernel() -> tuple[int, bool]:
        grid = EditGrid(session)
        task = grid._watch
        assert task is not None
        await asyncio.sleep(1.2)
        asked = len([name for name, _ in session.asked if name == "refresh"])
        grid.close()
        await asyncio.sleep(0)
        return asked, task.cancelled()

    asked, ended = asyncio.run(kernel())
    assert asked >= 1
    assert ended
    assert session._listeners == []


def test_a_file_that_cannot_be_read_is_told_once(browser: Browser, session: Any) -> None:
    """While a merge is half done the view stays and says so, and again when it is whole."""
    for _ in range(3):
        session.refuse = SchemaError("actions.csv", ["line 3: a merge is not finished"])
        browser.grid.refresh()
    assert [message["op"] for message in browser.heard] == ["error"]
    browser.grid.refresh()
    assert browser.heard[-1] == {"op": "note", "text": "The file can be read again."}


def test_a_corrected_time_moves_its_row(fake_session: Sessions, events: Any) -> None:
    """On the timeline rows stand by time; one whose time is corrected leaves and comes in elsewhere."""
    evidence = events(
        {"event_id": "a", "time": "2026-11-03T08:00:00Z", "text": "first"},
        {"event_id": "b", "time": "2026-11-03T09:00:00Z", "text": "second"},
    )
    browser = Browser(EditGrid(fake_session("timeline", evidence=evidence)))
    (patch, _) = browser.says("edit", edits=[["a", "time", "2026-11-03T10:00:00.000000Z"]])
    assert patch["removed"] == ["a"]
    assert patch["at"] == [1]
    assert [row[0] for row in browser.grid.rows] == ["b", "a"]


def test_the_javascript_and_its_look_are_in_the_package() -> None:
    """No build step: the files lie beside the module and ask for nothing from outside."""
    static = Path(edit.__file__).parent / "static"
    for name in ("grid.js", "grid.css"):
        text = (static / name).read_text(encoding="utf-8")
        assert "innerHTML" not in text
        assert "import " not in text.replace("// ", "")
        assert "url(" not in text


# The one-line calls


@pytest.fixture
def workspace(sample: Path, monkeypatch: pytest.MonkeyPatch) -> pmkit.Workspace:
    monkeypatch.delenv("PMKIT_STATIC", raising=False)
    return pmkit.Workspace.open(sample)


@pytest.mark.parametrize("name", sorted(schema.WORKSHEETS))
def test_every_table_has_a_grid_and_a_static_twin(
    workspace: pmkit.Workspace, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Live it is a widget, the same one each time; headless it is the table as it stands."""
    grid = edit.edit_table(workspace, name)
    assert isinstance(grid, EditGrid)
    assert edit.edit_table(workspace, name) is grid
    bundle, _ = grid._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"].startswith("<EditGrid")
    monkeypatch.setenv("PMKIT_STATIC", "1")
    twin = edit.edit_table(workspace, name)
    assert "text/html" in twin._repr_mimebundle_()
    grid.close()


def test_a_workspace_opened_again_leaves_no_widget_behind(workspace: pmkit.Workspace) -> None:
    """Running the notebook again from the top closes the grid of the first run."""
    first = edit.edit_actions(workspace)
    second = edit.edit_actions(pmkit.Workspace.open(workspace.path))
    assert second is not first
    assert first.comm is None
    second.close()


def test_an_edit_is_on_disk_at_once(workspace: pmkit.Workspace) -> None:
    """What the browser sends is in the file when it is answered."""
    browser = Browser(edit.edit_actions(workspace))
    browser.says("edit", edits=[["A4", "status", "done"]])
    assert browser.last("saved")["key"] == "k"
    saved = pmkit.Workspace.open(workspace.path).table("actions").set_index("action_id")
    assert saved.loc["A4", "status"] == "done"
    browser.grid.close()


def test_a_clash_is_listed_and_settled(workspace: pmkit.Workspace) -> None:
    """What was typed stands, what it replaced unseen is listed, and taking that is one more edit."""
    browser = Browser(edit.edit_actions(workspace))
    pmkit.edit_row(workspace, "actions", "A1", dri="Mariam Qandil")
    browser.says("edit", edits=[["A1", "dri", "Chiyo Muranaka"]], was=["Teun Hagedoorn"])
    (clash,) = browser.grid.clashes
    assert (clash["mine"], clash["theirs"]) == ("Chiyo Muranaka", "Mariam Qandil")
    browser.says("edit", edits=[["A1", "status", "done"], ["A2", "note", "y"]], was=["in progress", None])
    assert browser.grid.clashes == [clash]
    browser.says("settle", clash=clash, take="theirs", was={"dri": "Chiyo Muranaka"})
    assert browser.grid.session.worksheet.row("A1")["dri"] == "Mariam Qandil"
    assert browser.grid.clashes == []
    browser.grid.close()


def test_a_row_that_changed_unseen_is_not_deleted(workspace: pmkit.Workspace) -> None:
    """The answer says so in words, and the row as it is now is on the page."""
    browser = Browser(edit.edit_actions(workspace))
    pmkit.edit_row(pmkit.Workspace.open(workspace.path), "actions", "A1", note="Half done")
    heard = browser.says("delete", ids=["A1"], was={"A1": {"note": "", "dri": "Teun Hagedoorn"}})
    assert [message["op"] for message in heard] == ["patch", "error"]
    assert heard[0]["cells"] == [["A1", "note", "Half done"]]
    assert "A1: somebody else changed it meanwhile" in heard[1]["text"]
    browser.says("delete", ids=["A1"], was={"A1": {"note": "Half done", "dri": "Teun Hagedoorn"}})
    assert browser.last("saved")["note"] == "Deleted A1."
    browser.grid.close()


def test_evidence_is_told_by_its_time(workspace: pmkit.Workspace) -> None:
    """Event ids show as times of the day, and the timeline's events are there to pick from."""
    grid = edit.edit_factors(workspace)
    column = next(column for column in grid.columns if column["name"] == "event_ids")
    assert column["names"]["slack:C09MFUPDTS3:1793694298.043231"] == "08:24:58"
    assert set(column["open"]) <= set(column["hints"])
    grid.close()


def test_an_unknown_table_says_which_there_are(workspace: pmkit.Workspace) -> None:
    """The message lists the names."""
    with pytest.raises(WorkspaceError, match="the tables are timeline, impact"):
        edit.edit_table(workspace, "incidents")


def test_a_hundred_thousand_cells_are_sent_quickly(fake_session: Sessions) -> None:
    """The state of a large table holds its rows as one string that no walk takes apart."""
    frame = pd.DataFrame({"event_id": [f"e{i}" for i in range(10_000)], "text": "words"})
    evidence = schema.conform(frame.assign(source="slack", kind="message"), schema.EVENTS)
    grid = EditGrid(fake_session("timeline", evidence=evidence))
    assert isinstance(grid.get_state()["rows"], str)
