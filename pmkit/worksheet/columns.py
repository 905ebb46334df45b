"""How the columns of a worksheet are shown and edited: labels, widths, choices, what lies over evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pmkit import schema
from pmkit.worksheet.ids import NAMED_BY_US

_GRID_OF_EVENTS: Final = (
    "included", "time", "source", "kind", "actor", "place", "text", "summary", "mark", "phase", "ended_at",
    "note",
)  # fmt: skip
_LONG: Final = {
    "text", "summary", "note", "statement", "decision", "why", "alternatives", "action", "done_when", "task",
    "question", "answer", "blockers", "next_steps", "basis", "reason",
}  # fmt: skip
_LABELS: Final = {
    "included": "On timeline", "time": "Time (UTC)", "ended_at": "Ended (UTC)", "text": "Recorded",
    "actor": "Who", "place": "Where", "summary": "In our words", "event_ids": "Evidence", "dri": "DRI",
    "factor_ids": "Factors", "issue_key": "Issue", "due_on": "Due", "review_on": "Review on",
    "decided_at": "Decided (UTC)", "held_at": "Held (UTC)", "done_at": "Done (UTC)",
    "suppressed_at": "Suppressed (UTC)", "root_cause": "Root cause", "factor_id": "Id", "action_id": "Id",
    "decision_id": "Id", "idea_id": "Id", "question_id": "Id", "task_id": "Id", "checkin_id": "Id",
    "basis": "How we know",
}  # fmt: skip
_WIDTHS: Final[dict[schema.Type, int]] = {"bool": 6, "time": 22, "date": 11, "int": 9, "float": 10}


@dataclass(frozen=True)
class ColumnView:
    """How a column is shown and edited.

    `choices` are the only values allowed besides empty, `open_choices` are suggestions. `long` asks for an
    editor of several lines. `width` is in letters. `own_only`: editable only in rows that have no evidence.
    """

    name: str
    label: str
    type: schema.Type
    meaning: str = ""
    editable: bool = True
    required: bool = False
    choices: tuple[str, ...] = ()
    open_choices: tuple[str, ...] = ()
    long: bool = False
    width: int = 14
    own_only: bool = False


def column_views(
    table: schema.Table,
    *,
    own: Sequence[str],
    facts: Mapping[str, Sequence[str]],
    recorded: Collection[str] | None,
) -> tuple[ColumnView, ...]:
    """The columns of a table as a grid shows them, and after them those `own` to the team.

    `facts` are values to suggest; `recorded` are the columns that evidence below the rows has, None where the
    table lies over none.
    """
    by_us = table.name in NAMED_BY_US
    views = []
    for column in table.columns:
        name = column.name
        more = (*column.open_choices, *facts.get(name, ()))
        views.append(
            ColumnView(
                name,
                _LABELS.get(name, name.replace("_", " ").capitalize()),
                column.type,
                column.meaning,
                editable=not (by_us and name in table.key),
                required=column.required,
                choices=column.choices,
                open_choices=() if column.choices else tuple(dict.fromkeys(more)),
                long=name in _LONG,
                width=_width(column),
                own_only=name in ("actor", "place") and recorded is not None,
            )
        )
    fresh = [name for name in own if name not in (recorded or ())]
    views += [ColumnView(name, name, "str", "the team's own column") for name in fresh]
    return tuple(views if recorded is None else _over_evidence(views, fresh, recorded))


def _over_evidence(
    views: Sequence[ColumnView], own: Sequence[str], recorded: Collection[str]
) -> list[ColumnView]:
    by_name = {view.name: view for view in views}
    for name in recorded:
        if name not in by_name:
            column = schema.EVENTS.column(name)
            by_name[name] = ColumnView(
                name, _LABELS.get(name, name.capitalize()), column.type, column.meaning, editable=False,
                long=name in _LONG, width=_width(column),
            )  # fmt: skip
    shown = [by_name[name] for name in _GRID_OF_EVENTS if name in by_name]
    return shown + [by_name[name] for name in own]


def _width(column: schema.Column) -> int:
    if column.name.endswith("_id"):
        return 12
    if column.name in _LONG:
        return 44
    if column.choices or column.open_choices:
        return min(max(map(len, column.choices or column.open_choices)) + 4, 22)
    return _WIDTHS.get(column.type, 18)
