"""The one-line calls of the workbook: a table of the workspace to edit, or as it stands where nobody can."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pmkit import schema
from pmkit.errors import WorkspaceError
from pmkit.workspace import Workspace

if TYPE_CHECKING:
    from pmkit.blocks import Table
    from pmkit.session import EditSession
    from pmkit.widgets.grid import EditGrid


@dataclass(frozen=True)
class _Words:
    """How people speak of one table."""

    label: str
    one: str
    many: str
    empty: str


_PASTE: Final = "Add one with the button, or paste rows from a spreadsheet."
_WORDS: Final = {
    "timeline": _Words("Timeline", "event", "events", "No event yet. Add evidence first."),
    "impact": _Words("Impact", "measure", "measures", f"No impact is measured yet. {_PASTE}"),
    "factors": _Words("Contributing factors", "factor", "factors", f"No factor is recorded yet. {_PASTE}"),
    "factor_links": _Words("Links between factors", "link", "links", f"No factors are linked yet. {_PASTE}"),
    "decisions": _Words("Decisions", "decision", "decisions", f"No decision is recorded yet. {_PASTE}"),
    "actions": _Words("Action items", "action", "actions", f"No action is recorded yet. {_PASTE}"),
    "ideas": _Words("Ideas", "idea", "ideas", f"No idea waits for somebody. {_PASTE}"),
    "tasks": _Words("Tasks of the review", "task", "tasks", f"No tasks are planned. {_PASTE}"),
    "raci": _Words("RACI canvas", "activity", "activities", "No activity yet. Add one with the button."),
    "checkins": _Words("Check-ins", "check-in", "check-ins", f"No check-in was held yet. {_PASTE}"),
    "questions": _Words("Questions", "question", "questions", f"No questions yet. {_PASTE}"),
    "clocks": _Words("Clocks that are off", "clock", "clocks", "No clock is corrected."),
    "suppressions": _Words("Findings left as they are", "finding", "findings", "Nothing is suppressed."),
    "redactions": _Words("What editions mask or show", "decision", "decisions", "Nothing is decided."),
}
_STATUS: Final = {
    "done": "good", "answered": "good", "in progress": "info", "open": "warn", "dropped": "neutral",
}  # fmt: skip
# What can be said of columns without looking at the incident.
_DRESS: Final[dict[str, dict[str, dict[str, object]]]] = {
    "actions": {"status": {"tones": _STATUS}},
    "tasks": {"status": {"tones": _STATUS}},
    "questions": {"status": {"tones": _STATUS}},
    "checkins": {"summary": {"label": "What changed"}},
    "raci": {"exactly one A": {"tones": {"one A": "good", "no A yet": "warn"}, "center": True}},
}
_WRAPPED_ROWS: Final = 300

# Grids on the page, by folder and table: a cell that runs again shows the same one and leaves none behind.
_open_grids: dict[tuple[str, str], EditGrid] = {}


def edit_table(workspace: Workspace, name: str) -> Any:
    """Edit one table of the workspace in JupyterLab; each change is saved at once.

    Returns a grid, the same one each time. With `PMKIT_STATIC=1` in the environment, as when a notebook runs
    headless, the table as it stands. Raises `WorkspaceError` when there is no such table.
    """
    if name not in _WORDS:
        raise WorkspaceError(f"no table `{name}`; the tables are {', '.join(_WORDS)}")
    return _static(workspace, name) if is_static() else _live(workspace, name)


def edit_factors(workspace: Workspace) -> Any:
    """Edit the contributing factors; see `edit_table`."""
    return edit_table(workspace, "factors")


def edit_decisions(workspace: Workspace) -> Any:
    """Edit the decisions; see `edit_table`."""
    return edit_table(workspace, "decisions")


def edit_actions(workspace: Workspace) -> Any:
    """Edit the action items; see `edit_table`."""
    return edit_table(workspace, "actions")


def edit_raci(workspace: Workspace) -> Any:
    """Edit who has which part, activities by roles; see `edit_table`."""
    return edit_table(workspace, "raci")


def edit_questions(workspace: Workspace) -> Any:
    """Edit the open questions; see `edit_table`."""
    return edit_table(workspace, "questions")


def edit_impact(workspace: Workspace) -> Any:
    """Edit what the incident did, in numbers; see `edit_table`."""
    return edit_table(workspace, "impact")


def edit_tasks(workspace: Workspace) -> Any:
    """Edit the tasks of the review; see `edit_table`."""
    return edit_table(workspace, "tasks")


def edit_checkins(workspace: Workspace) -> Any:
    """Edit the check-ins; see `edit_table`."""
    return edit_table(workspace, "checkins")


def is_static() -> bool:
    """Whether `PMKIT_STATIC=1` asks for tables that nobody edits."""
    return os.environ.get("PMKIT_STATIC", "") not in ("", "0")


# Live


def _live(workspace: Workspace, name: str) -> EditGrid:
    from pmkit.session import EditSession

    key = (str(workspace.path.resolve()), name)
    session = EditSession.of(workspace, name)
    grid = _open_grids.get(key)
    if (
        grid is not None
        and grid.comm is not None
        and getattr(grid.session, "session", grid.session) is session
    ):
        grid.refresh()
        if dress := _evidence_dress(workspace, session):
            grid.dress(dress)
        return grid
    if grid is not None:
        grid.close()
    grid = _open_grids[key] = _new_grid(workspace, name, session)
    return grid


def _new_grid(workspace: Workspace, name: str, session: EditSession) -> EditGrid:
    from pmkit.widgets.grid import EditGrid
    from pmkit.widgets.raci import RaciCanvas

    words = _WORDS[name]
    canvas = RaciCanvas(session, workspace.incident.roles) if name == "raci" else None
    dress = {**_DRESS.get(name, {}), **_evidence_dress(workspace, session)}
    if canvas is not None:
        dress |= {role: {"center": True, "mono": True} for role in canvas.roles}
    return EditGrid(
        canvas or session,
        label=words.label,
        noun=(words.one, words.many),
        add_label=f"Add {words.one}",
        empty=words.empty,
        extras=dress,
        wrap=name != "timeline" and len(session.worksheet.row_ids) <= _WRAPPED_ROWS,
        only=("included", "On timeline only") if name == "timeline" else None,
        height=520,
    )


def _evidence_dress(workspace: Workspace, session: EditSession) -> dict[str, dict[str, object]]:
    """Event ids as times of the day, and the events of the timeline to pick from."""
    if session.worksheet.table.name == "timeline" or all(
        view.name != "event_ids" for view in session.worksheet.columns
    ):
        return {}
    from pmkit.session import EditSession

    timeline = EditSession.of(workspace, "timeline").worksheet
    used = {
        word
        for row_id in session.worksheet.row_ids
        for word in session.worksheet.cell(row_id, "event_ids").split()
    }
    included = [row_id for row_id in timeline.row_ids if timeline.cell(row_id, "included") == "yes"]
    known = [*included, *(row_id for row_id in sorted(used - set(included)) if row_id in timeline)]
    times = {row_id: timeline.cell(row_id, "time") for row_id in known}
    days = Counter(time[:10] for time in times.values() if time)
    main_day = days.most_common(1)[0][0] if days else ""
    hints = {row_id: _event_words(timeline, row_id) for row_id in known}
    names = {row_id: _moment(time, main_day) for row_id, time in times.items()}
    return {"event_ids": {"open": included, "names": names, "hints": hints}}


def _moment(time: str, main_day: str) -> str:
    """`08:06:41`, with its date where that is not the day of the incident."""
    if not time:
        return "no time"
    return time[11:19] if time[:10] == main_day else f"{time[5:10]} {time[11:16]}"


def _event_words(timeline: Any, row_id: str) -> str:
    text = timeline.cell(row_id, "summary") or timeline.cell(row_id, "text")
    return " ".join(text.split())[:160]


# Static


def _static(workspace: Workspace, name: str) -> Table:
    from pmkit import tables

    if name == "factors":
        postmortem = workspace.load()
        return tables.table_factors(postmortem.factors, postmortem.events)
    if name == "timeline":
        return tables.table_timeline(workspace.load().timeline)
    frame = workspace.table(name)
    if name == "raci":
        return tables.table_raci(frame, workspace.incident.roles)
    show = getattr(tables, f"table_{name}", None)
    if show is not None:
        shown: Table = show(frame)
        return shown
    return _plain(name, frame)


def _plain(name: str, frame: Any) -> Table:
    """Every column as text, for a table that no report shows."""
    from pmkit.blocks import Cell, Head, Table

    columns = [column for column in schema.WORKSHEETS[name].columns if column.name in frame]
    texts = [schema.cell_texts(frame[column.name]) for column in columns]
    heads = tuple(Head(column.name.replace("_", " ").capitalize()) for column in columns)
    rows = tuple(tuple(Cell(text) for text in row) for row in zip(*texts, strict=True))
    return Table(name, "", heads, rows, _WORDS[name].empty)
