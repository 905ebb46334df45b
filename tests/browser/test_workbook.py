"""The workbook as people use it: real JupyterLab, real keys, and after every step what the folder holds."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bs4
import pandas as pd
import pytest

import pmkit
from pmkit.lab import add_notebooks

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("workbook")]

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
EVENT = "slack:C09MFUPDTS3:1793694298.043231"  # "We hang up on more than half of Japan."
SUMMARY = "The deadline cut off payments that would have gone through."
CELL = """([grid, id, column]) => {
  const { store, view } = (grid = grid.closest(".pmk-host").pmkGrid);
  grid.goTo(id);
  const cells = grid.live.get(grid.cursor.r)?.children;
  if (grid.rowAt(grid.cursor.r)?.[0] !== id || !cells) return null;
  const cell = cells[grid.columns.findIndex((one) => one.name === column)];
  const box = cell.querySelector("[role=checkbox]");
  return box ? box.getAttribute("aria-checked") : cell.innerText;
}"""
HERE = """(grid) => {
  const { cursor } = (grid = grid.closest(".pmk-host").pmkGrid);
  const included = grid.columns.findIndex((column) => column.name === "included");
  return [grid.rowAt(cursor.r)[0], grid.valueAt(cursor.r, included) === "yes"];
}"""


def _module() -> Any:
    spec = importlib.util.spec_from_file_location("lab", Path(__file__).with_name("lab.py"))
    assert spec is not None and spec.loader is not None
    module = sys.modules["lab"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lab(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One JupyterLab for all tests here."""
    with _module().Lab(tmp_path_factory.mktemp("workbook"), chromium) as running:
        yield running


@pytest.fixture(scope="module")
def incident(lab: Any) -> Callable[[str], pmkit.Workspace]:
    """`incident("name")`: a copy of the sample with its notebooks, under the root of JupyterLab."""

    def copy(name: str) -> pmkit.Workspace:
        generated = shutil.ignore_patterns("report", ".cache")
        shutil.copytree(ROOT / "data" / "checkout-failure", lab.root / name, ignore=generated)
        workspace = pmkit.Workspace.open(lab.root / name)
        add_notebooks(workspace)
        return workspace

    return copy


@pytest.fixture(scope="module")
def reading(incident: Callable[[str], pmkit.Workspace]) -> pmkit.Workspace:
    """A copy in which nobody changes anything."""
    return incident("reading")


class Timeline:
    """The timeline builder of an open notebook."""

    def __init__(self, book: Any, workspace: pmkit.Workspace) -> None:
        self.book, self.page, self.workspace = book, book.page, workspace
        self.grid = self.page.get_by_role("grid", name="Timeline")
        self.lanes = self.page.get_by_role("listbox", name=re.compile("^Events by source"))
        self.details = self.page.get_by_role("region", name="Details of the event")

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def shows(self, event_id: str, column: str) -> str | None:
        """What stands in a cell on the screen, brought into view: its text, `true` or `false` of a box."""
        found = self.page.evaluate(CELL, [self.grid.element_handle(), event_id, column])
        return None if found is None else str(found).strip()

    def here(self) -> tuple[str, bool]:
        """The event under the cursor, and whether it is on the timeline."""
        event_id, included = self.grid.evaluate(HERE)
        return event_id, included

    def choose(self, words: str) -> str:
        """Find an event by its words and wait until the details show it; returns its id."""
        search = self.page.get_by_role("searchbox", name="Filter Timeline")
        search.fill(words)
        search.press("Enter")
        self.details.get_by_text(words).first.wait_for()
        found, _ = self.here()
        search.fill("")
        return found

    def saved(self, holds: Callable[[pd.DataFrame], bool], what: str, table: str = "timeline") -> None:
        """Wait until the file holds something."""
        self.book.wait_for(lambda: holds(on_disk(self.workspace, table)), what)


def note(one: Timeline, text: str) -> None:
    """Write a note on the event in the grid."""
    one.shows(EVENT, "note")
    one.grid.focus()
    one.page.evaluate(
        "(grid) => { grid = grid.closest('.pmk-host').pmkGrid;"
        " grid.move(grid.cursor.r, grid.columns.findIndex((column) => column.name === 'note')); }",
        one.grid.element_handle(),
    )
    one.press("Enter", "Control+a")
    one.page.keyboard.type(text)
    one.press("Control+Enter")


def on_disk(workspace: pmkit.Workspace, table: str = "timeline") -> pd.DataFrame:
    """A table as its file holds it, by the first column of its key."""
    frame = pmkit.Workspace.open(workspace.path).table(table)
    return frame.set_index(frame.columns[0])


def included(workspace: pmkit.Workspace) -> set[str]:
    """The ids of the events on the timeline."""
    frame = on_disk(workspace)
    return set(frame.index[frame["included"]])


@pytest.fixture(scope="module")
def timeline(lab: Any, incident: Callable[[str], pmkit.Workspace]) -> Iterator[Timeline]:
    """The timeline builder of a copy, run once."""
    workspace = incident("editing")
    book = lab.open(workspace.path / "notebooks" / "02_timeline.ipynb")
    book.run()
    yield Timeline(book, workspace)
    book.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_shows_everything(name: str, lab: Any, reading: pmkit.Workspace) -> None:
    """Each notebook runs in JupyterLab: no error, no blank widget, no request elsewhere, a quiet console."""
    book = lab.open(reading.path / "notebooks" / name)
    book.run()
    assert book.problems() == []
    # The first and the last notebook only show.
    assert any(cell["isWidget"] for cell in book.cells()) or name.startswith(("00", "06"))
    book.close()


def test_an_edit_from_outside_appears(timeline: Timeline) -> None:
    """What somebody else writes into `timeline.csv` stands in the grid about a second later."""
    pmkit.describe_event(pmkit.Workspace.open(timeline.workspace.path), EVENT, note="Said from outside.")
    took = timeline.book.wait_for(
        lambda: timeline.shows(EVENT, "note") == "Said from outside.", "the note is on the screen"
    )
    assert took < 3  # half a second and a little on an idle machine


def test_the_work_of_a_review_stays(timeline: Timeline) -> None:
    """Events taken by keyboard, anchors, own events and a decision outlive a reload and a new kernel."""
    book = timeline.book
    chosen = include_five(timeline)
    set_anchors(timeline)
    promote(timeline)
    write_events(timeline)
    rows = on_disk(timeline.workspace)
    own = {row_id: text for row_id, text in rows["summary"].items() if text.endswith("pasted line")}
    for step in (book.reload, lambda: (book.restart(), book.run())):
        step()
        assert [timeline.shows(event_id, "included") for event_id in chosen] == ["true"] * 5
        assert timeline.shows(EVENT, "summary") == SUMMARY
        assert "detected" in (timeline.shows(EVENT, "mark") or "")
        assert {row_id: timeline.shows(row_id, "summary") for row_id in own} == own
    assert book.problems() == []
    assert on_disk(timeline.workspace).equals(rows)


def include_five(timeline: Timeline) -> list[str]:
    """Put five events on the timeline with the keyboard alone; returns their ids."""
    before, chosen = included(timeline.workspace), []
    timeline.grid.focus()
    timeline.press("Control+Home")
    while len(chosen) < 5:
        event_id, is_included = timeline.here()
        if not is_included:
            timeline.press("Space")
            chosen.append(event_id)
        timeline.press("ArrowDown")
    after = before | set(chosen)
    timeline.book.wait_for(lambda: included(timeline.workspace) == after, "five more events")
    return chosen


def set_anchors(timeline: Timeline) -> None:
    """Mark two anchors: one with a key in the lanes, one with a button in the details."""
    assert timeline.choose("We hang up on more than half of Japan") == EVENT
    timeline.lanes.focus()
    timeline.press("2")
    timeline.saved(lambda rows: "detected" in rows["mark"].get(EVENT, "").split(), "detected is marked")
    mitigated = timeline.choose("FLAG-2291, approved 2/2")
    timeline.details.get_by_role("button", name="mitigated").click()
    timeline.saved(lambda rows: "mitigated" in rows["mark"].get(mitigated, "").split(), "mitigated is marked")
    marks = " ".join(on_disk(timeline.workspace)["mark"]).split()
    assert (marks.count("detected"), marks.count("mitigated")) == (1, 1)


def promote(timeline: Timeline) -> None:
    """Describe a message in the team's words, and make a decision of it."""
    timeline.choose("We hang up on more than half of Japan")
    timeline.details.get_by_role("textbox", name="In our words").fill(SUMMARY)
    before = list(on_disk(timeline.workspace, "decisions").index)
    timeline.details.get_by_role("button", name="Make it a decision").click()
    timeline.saved(
        lambda rows: EVENT in " ".join(rows.drop(index=before)["event_ids"]), "the decision", "decisions"
    )
    timeline.saved(lambda rows: rows["summary"].get(EVENT) == SUMMARY, "the summary")


def write_events(timeline: Timeline) -> None:
    """Add an event with time and zone, and paste three; take the paste back, and do it again."""
    page = timeline.page
    page.get_by_role("button", name="+ Add event").click()
    form = page.get_by_role("form", name="Add one event")
    form.get_by_label("Time").fill("09:15:30")
    form.get_by_label("Zone").select_option("Europe/Amsterdam")
    form.get_by_label("What happened").fill("The shop floor calls the duty manager.")
    form.get_by_label("What happened").press("Enter")
    at = pd.Timestamp("2026-11-03T08:15:30Z")
    timeline.saved(lambda rows: any(rows["time"] == at), "the event, in UTC")

    page.get_by_role("button", name="Paste lines").click()
    form = page.get_by_role("form", name="Paste many lines")
    lines = ["23:50 First pasted line", "23:55:30 Second pasted line", "00:10 Third pasted line"]
    form.get_by_label("Lines, each a time").fill("\n".join(lines))
    form.get_by_label("Zone").select_option("UTC")
    form.get_by_role("button", name="Add 3 events").click()
    timeline.saved(lambda rows: pasted(rows) == 3, "three pasted events")
    timeline.grid.focus()
    timeline.press("Control+z")
    timeline.saved(lambda rows: pasted(rows) == 0, "the paste is undone")
    timeline.press("Control+Shift+z")
    timeline.saved(lambda rows: pasted(rows) == 3, "the paste is done again")
    rows = on_disk(timeline.workspace)
    third = rows["time"][rows["summary"] == "Third pasted line"].item()
    assert third == pd.Timestamp("2026-11-04T00:10Z")


def pasted(rows: pd.DataFrame) -> int:
    """How many of the pasted lines are there."""
    return int(rows["summary"].str.endswith("pasted line").sum())


def test_the_report_says_what_was_clicked(timeline: Timeline) -> None:
    """The report made without a screen right after a click holds that summary and that anchor."""
    workspace = timeline.workspace
    message = timeline.choose("FLAG-2291, approved 2/2")
    box = timeline.details.get_by_role("textbox", name="In our words")
    box.fill("We put the deadline back.")
    box.press("Control+Enter")
    timeline.saved(lambda rows: rows["summary"].get(message) == "We put the deadline back.", "the summary")
    button = timeline.details.get_by_role("button", name="mitigated")
    if button.get_attribute("aria-pressed") != "true":
        button.click()
        timeline.saved(lambda rows: "mitigated" in rows["mark"].get(message, ""), "mitigated is marked")

    at = datetime(2026, 11, 10, 16, 30, tzinfo=UTC)
    page = pmkit.publish(pmkit.Workspace.open(workspace.path), to=["html"], now=at)[0]
    document = bs4.BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    told = [row.get_text(" ") for row in document.find_all("tr")]
    lines = [row for row in told if "We put the deadline back." in row]
    assert lines
    assert any("mitigated" in line for line in lines)


def test_an_edit_that_waits_outlives_a_reload(timeline: Timeline, tmp_path: Path) -> None:
    """While a cell keeps them edits wait: the browser asks before it leaves them; they are saved even so."""
    book, page, asked = timeline.book, timeline.page, []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    book.save()
    assert page.evaluate("window.dispatchEvent(new Event('beforeunload', { cancelable: true }))")
    done = tmp_path / "done"
    wait = f"while not pathlib.Path({str(done)!r}).exists(): time.sleep(0.02)"
    book.begin(f"import pathlib, time\nwith workspace.lock:\n    {wait}")
    note(timeline, "Noted while a cell ran.")
    page.get_by_text("saving…").first.wait_for()
    page.reload()
    assert asked == ["beforeunload"]
    assert on_disk(timeline.workspace)["note"][EVENT] != "Noted while a cell ran."
    done.touch()
    book.attach()
    book.settle()
    timeline.saved(lambda rows: rows["note"][EVENT] == "Noted while a cell ran.", "the note that waited")
    assert timeline.shows(EVENT, "note") == "Noted while a cell ran."


def test_two_kernels_lose_nothing(lab: Any, timeline: Timeline, reading: pmkit.Workspace) -> None:
    """Two kernels edit the same cell: both edits of other cells stay, and the clash is shown to settle."""
    workspace = timeline.workspace
    again = workspace.path / "notebooks" / "again.ipynb"  # the same notebook twice has one kernel
    shutil.copy(reading.path / "notebooks" / "02_timeline.ipynb", again)
    book = lab.open(again)
    # This kernel does not look at the file by itself: it learns of the other's edit when it saves its own.
    book.python("import pmkit.widgets.grid; pmkit.widgets.grid._WATCH_SECONDS = 3600")
    book.run()
    other = Timeline(book, workspace)

    before = included(workspace)
    timeline.grid.focus()
    timeline.press("Control+ArrowDown", "Home")
    first, was_included = timeline.here()
    timeline.press("Space")
    timeline.saved(lambda _: (first in included(workspace)) != was_included, "what the first kernel did")
    note(timeline, "Noted by the first.")
    timeline.saved(lambda rows: rows["note"].get(EVENT) == "Noted by the first.", "the first note")
    note(other, "Noted by the second.")
    timeline.saved(lambda rows: rows["note"].get(EVENT) == "Noted by the second.", "the second note")

    clashes = book.page.get_by_role("region", name="Changes that met")
    clashes.get_by_text("Noted by the first.").wait_for()
    assert (first in included(workspace)) != was_included
    assert included(workspace) == before ^ {first}
    assert other.shows(first, "included") == ("false" if was_included else "true")
    clashes.get_by_role("button", name="Take theirs").click()
    timeline.saved(lambda rows: rows["note"].get(EVENT) == "Noted by the first.", "the first note again")
    clashes.wait_for(state="hidden")

    other.choose("We hang up on more than half of Japan")
    pmkit.describe_event(pmkit.Workspace.open(workspace.path), EVENT, summary="Said outside.")
    box = other.details.get_by_role("textbox", name="In our words")
    box.fill("Said by the second.")
    box.press("Control+Enter")
    other.details.get_by_text("somebody else had written “Said outside.”").wait_for()
    clashes.get_by_text("yours “Said by the second.”, theirs “Said outside.”").wait_for()
    assert on_disk(workspace)["summary"][EVENT] == "Said by the second."
    assert book.problems() == []
    book.close()


def test_a_factor_gets_its_evidence(lab: Any, incident: Callable[[str], pmkit.Workspace]) -> None:
    """A new link between factors cites two events that are picked from the timeline with the keyboard."""
    workspace = incident("factors")
    book = lab.open(workspace.path / "notebooks" / "03_factors.ipynb")
    book.run()
    page = book.page
    grid = page.get_by_role("grid", name="Contributing factors")
    grid.focus()
    page.keyboard.press("Control+Home")
    page.evaluate(
        "(grid) => { grid = grid.closest('.pmk-host').pmkGrid;"
        " grid.move(0, grid.columns.findIndex((column) => column.name === 'event_ids')); }",
        grid.element_handle(),
    )
    cited = on_disk(workspace, "factors")["event_ids"].iloc[0].split()
    page.keyboard.press("Enter")
    # What is cited already comes first in the list; the two after that are new.
    for _ in range(len(cited) + 1):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")

    def now_cited() -> list[str]:
        return on_disk(workspace, "factors")["event_ids"].iloc[0].split()

    book.wait_for(lambda: len(now_cited()) == len(cited) + 2, "two more events of the factor")
    assert now_cited()[: len(cited)] == cited
    assert set(now_cited()) <= set(workspace.load().events["event_id"]) | included(workspace)
    book.reload()
    assert book.problems() == []
    book.close()
