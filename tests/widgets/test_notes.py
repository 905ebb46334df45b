"""Notes in JupyterLab: each is saved when one leaves it, and what somebody else wrote is never lost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import pmkit
from pmkit.errors import ConflictError, WorkspaceError
from pmkit.widgets.notes import NoteEditor, edit_notes
from pmkit.workspace import Workspace

NOW = datetime(2026, 11, 4, 9, tzinfo=UTC)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """A new incident."""
    return Workspace.create(tmp_path / "inc", title="Checkout failed", severity="P1", now=NOW)


def saves(workspace: Workspace) -> int:
    return int((workspace.load().journal["file"] == "notes/lucky.md").sum())


def test_a_note_is_saved_when_one_leaves_its_field(ws: Workspace) -> None:
    """The prompt stands in the empty field and is no text; what is there already is not saved again."""
    editor = NoteEditor(ws, "lucky")
    assert (editor.field.value, editor.field.placeholder) == (
        "",
        "What could have made it worse, and did not?",
    )
    editor.field.value = "It was *Sunday*."
    assert Workspace.open(ws.path).note("lucky") == "It was *Sunday*."
    assert "Saved." in editor.said.value
    editor.save()
    assert saves(ws) == 1
    assert NoteEditor(ws, "lucky").field.value == "It was *Sunday*."


@pytest.mark.parametrize(("take", "kept"), [("mine", "Mine."), ("theirs", "Theirs <b>.")])
def test_two_write_the_same_note(ws: Workspace, take: str, kept: str) -> None:
    """Nothing is written over unseen: both are shown, and one is chosen."""
    editor = NoteEditor(ws, "lucky")
    pmkit.write_note(Workspace.open(ws.path), "lucky", "Theirs <b>.")
    editor.field.value = "Mine."
    assert Workspace.open(ws.path).note("lucky") == "Theirs <b>."
    assert "Theirs &lt;b&gt;." in editor.said.value
    assert editor.choice.layout.display == ""
    getattr(editor, take).click()
    assert Workspace.open(ws.path).note("lucky") == editor.field.value == kept
    assert editor.choice.layout.display == "none"


def test_a_line_of_python_writes_a_note_once(ws: Workspace) -> None:
    """Said again it is no second save; over somebody else's words it is refused."""
    for _ in range(2):
        pmkit.write_note(ws, "lucky", "Luck.\n")
    assert saves(ws) == 1
    pmkit.write_note(Workspace.open(ws.path), "lucky", "Theirs.")
    with pytest.raises(ConflictError):
        pmkit.write_note(ws, "lucky", "Luck, again.")


def test_without_a_screen_the_notes_stand_as_they_are(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, those that are empty too; a name that is none is refused."""
    monkeypatch.setenv("PMKIT_STATIC", "1")
    pmkit.write_note(ws, "lucky", "It was Sunday.")
    shown = edit_notes(ws, "lucky", "lessons")
    assert "It was Sunday." in shown.markdown
    assert "*not written yet*" in shown.markdown
    with pytest.raises(WorkspaceError, match="no note `luck`"):
        edit_notes(ws, "luck")
