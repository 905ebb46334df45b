"""The panel of findings: it shows what the checks find, looks again, and leads to the cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pmkit
from pmkit.blocks import Table
from pmkit.widgets import edit, findings
from pmkit.widgets.findings import Findings, show_findings


@pytest.fixture
def workspace(sample: Path) -> pmkit.Workspace:
    workspace = pmkit.Workspace.open(sample)
    pmkit.edit_row(workspace, "actions", "A2", dri="SRE team")
    return workspace


@pytest.fixture
def panel(workspace: pmkit.Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Findings]:
    monkeypatch.setattr(findings, "_open_panels", {})
    monkeypatch.setattr(edit, "_open_grids", {})
    monkeypatch.delenv("PMKIT_STATIC", raising=False)
    shown = show_findings(workspace, "AC")
    yield shown
    shown.close()


def test_it_shows_what_the_checks_find(panel: Findings) -> None:
    """Each finding with its words, the way to mend it and the table it is about."""
    found = next(item for item in panel.items if item["rule"] == "AC101")
    assert found["message"] == "A2: the DRI “SRE team” names a group; one person answers for it."
    assert (found["table"], found["row"], found["column"], found["label"]) == (
        "actions",
        "A2",
        "dri",
        "Action items",
    )
    assert found["mend"].startswith("put one person")


def test_it_looks_again(panel: Findings, workspace: pmkit.Workspace) -> None:
    """After an edit what is mended is gone; a cell that runs again shows the same panel."""
    pmkit.edit_row(workspace, "actions", "A2", dri="Ngozi Abara")
    panel._handle_custom_msg({"op": "look"}, [])
    assert not any(item["rule"] == "AC101" for item in panel.items)
    assert show_findings(workspace, "AC") is panel


def test_a_click_leads_to_the_cell(panel: Findings, workspace: pmkit.Workspace) -> None:
    """Of the grid that is open; where none is, nothing happens."""
    go = {"op": "go", "table": "actions", "row": "A2", "column": "dri"}
    panel._handle_custom_msg(go, [])
    grid = pmkit.edit_actions(workspace)
    sent: list[Any] = []
    grid.send = lambda content, buffers=None: sent.append(content)
    panel._handle_custom_msg(go, [])
    assert sent == [{"op": "goto", "id": "A2", "column": "dri"}]
    grid.close()


def test_what_is_suppressed_is_a_number(panel: Findings, workspace: pmkit.Workspace) -> None:
    """It is not shown, and it is not forgotten."""
    pmkit.add_row(workspace, "suppressions", rule="AC101", where="actions/A2/dri", reason="the vendor's")
    panel.look()
    assert panel.hidden == 1
    assert not any(item["rule"] == "AC101" for item in panel.items)


def test_a_table_that_cannot_be_read_is_told(panel: Findings, workspace: pmkit.Workspace) -> None:
    """In words on the panel, which keeps what it showed."""
    said: list[Any] = []
    panel.send = lambda content, buffers=None: said.append(content)
    before = list(panel.items)
    (workspace.path / "actions.csv").write_text("action_id,action,due_on\nA1,x,soon\n")
    panel.look()
    assert said[-1]["trouble"]
    assert "soon" in said[-1]["text"]
    assert panel.items == before


def test_headless_it_is_a_table(workspace: pmkit.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same findings to read."""
    monkeypatch.setenv("PMKIT_STATIC", "1")
    shown = show_findings(workspace, "AC")
    assert isinstance(shown, Table)
    assert any("SRE team" in cell.text for row in shown.rows for cell in row)
