"""Notes to write in JupyterLab: a field each, saved when one leaves it; nobody writes over another."""

from __future__ import annotations

import html
from typing import Any, Final

import ipywidgets

from pmkit.blocks import Prose
from pmkit.errors import ConflictError, PmkitError, WorkspaceError
from pmkit.session import write_note
from pmkit.template import NOTES
from pmkit.widgets.edit import is_static
from pmkit.workspace import Workspace

_LINE: Final = 90  # characters of a line, about
_ROWS: Final = (3, 18)  # lines of a field, at least and at most


def edit_notes(workspace: Workspace, *names: str) -> Any:
    """Write notes of the workspace in JupyterLab, in Markdown; all of them where no `names` are given.

    A note is saved when one leaves its field. With `PMKIT_STATIC=1` in the environment, the notes as they
    stand. Raises `WorkspaceError` where there is no such note.
    """
    unknown = [name for name in names if name not in NOTES]
    if unknown:
        raise WorkspaceError(f"no note `{unknown[0]}`; the notes are {', '.join(NOTES)}")
    chosen = names or tuple(NOTES)
    if is_static():
        texts = {NOTES[name]: workspace.note(name) for name in chosen}
        return Prose(
            "\n\n".join(f"**{title}**\n\n{text or '*not written yet*'}" for title, text in texts.items())
        )
    return ipywidgets.VBox([NoteEditor(workspace, name) for name in chosen])


class NoteEditor(ipywidgets.VBox):  # type: ignore[misc]
    """One note: its title, its field, and what became of the last save.

    Where somebody else saved the note meanwhile both texts are shown, and one of them is chosen.
    """

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace, self.name = workspace, name
        text = workspace.note(name)
        self.field = ipywidgets.Textarea(
            text,
            placeholder=workspace.prompt(name),
            continuous_update=False,
            rows=_rows(text),
            layout={"width": "100%"},
        )
        self.said = ipywidgets.HTML()
        self.mine = ipywidgets.Button(description="Keep mine")
        self.theirs = ipywidgets.Button(description="Take theirs")
        self.choice = ipywidgets.HBox([self.mine, self.theirs], layout={"display": "none"})
        super().__init__(
            [ipywidgets.HTML(f"<b>{html.escape(NOTES[name])}</b>"), self.field, self.said, self.choice],
            layout={"margin": "0 0 12px 0", "max_width": "60rem"},
        )
        self.field.observe(lambda _: self.save(), "value")
        self.mine.on_click(lambda _: self.save())
        self.theirs.on_click(lambda _: self._take(self.workspace.note(self.name)))

    def save(self) -> None:
        """Save what stands in the field."""
        try:
            write_note(self.workspace, self.name, self.field.value)
        except ConflictError:
            theirs = self.workspace.note(self.name)  # from here on it is known, and may be written over
            if theirs == self.field.value.strip():
                self._tell("Saved.")
                return
            self._tell("Somebody else wrote this meanwhile; nothing is saved yet:", theirs)
            self.choice.layout.display = ""
        except PmkitError as error:
            self._tell(f"Not saved: {error}")
        else:
            self._tell("Saved.")

    def _take(self, text: str) -> None:
        self.field.value = text  # which saves it
        self._tell("Theirs is kept.")

    def _tell(self, words: str, quoted: str = "") -> None:
        self.choice.layout.display = "none"
        quote = f'<pre style="white-space: pre-wrap">{html.escape(quoted)}</pre>' if quoted else ""
        self.said.value = f'<small style="opacity:.75">{html.escape(words)}</small>{quote}'


def _rows(text: str) -> int:
    lines = sum(1 + len(line) // _LINE for line in text.splitlines()) + 1
    return max(_ROWS[0], min(lines, _ROWS[1]))
