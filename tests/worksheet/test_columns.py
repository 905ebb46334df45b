"""Columns say how they are edited, and those of the team stay."""

from __future__ import annotations

from pmkit import schema
from pmkit.worksheet import Worksheet
from tests.worksheet.sheets import (
    ACTIONS,
    actions,
    frame,
)


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


def test_a_column_of_the_teams_own_is_kept() -> None:
    """Columns the schema does not know are shown, edited and saved as text."""
    sheet = actions({"action_id": "A1", "action": "Alert", "squad": "payments"})
    assert sheet.columns[-1].name == "squad"
    sheet.apply([("A1", "squad", "007")])
    sheet.add({"action": "More"})
    assert sheet.frame()["squad"].tolist() == ["007", ""]
