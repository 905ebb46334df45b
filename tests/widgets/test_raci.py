"""The RACI canvas: activities by roles over the long table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pmkit.errors import SchemaError
from pmkit.session import EditSession
from pmkit.widgets.raci import RaciCanvas
from pmkit.worksheet import Clash
from pmkit.workspace import Workspace

ROLES = ("Incident Commander", "Engineering Lead")
ROWS = (
    {"activity": "Agree on the timeline", "role": "Incident Commander", "part": "A"},
    {"activity": "Agree on the timeline", "role": "Engineering Lead", "part": "R"},
    {"activity": "Collect the evidence", "role": "Incident Commander", "part": "A"},
)


@pytest.fixture
def canvas(fake_session: Callable[..., Any]) -> RaciCanvas:
    return RaciCanvas(fake_session("raci", *ROWS), ROLES)


def long(canvas: RaciCanvas) -> dict[tuple[str, str], str]:
    frame = canvas.session.worksheet.frame()  # type: ignore[attr-defined]
    return {(row.activity, row.role): row.part for row in frame.itertuples()}


def test_roles_are_columns_and_each_activity_is_checked(canvas: RaciCanvas) -> None:
    """The last column says whether exactly one role is accountable."""
    assert [column.name for column in canvas.columns] == ["activity", *ROLES, "exactly one A"]
    assert canvas.cells() == [
        ["Agree on the timeline", "Agree on the timeline", "A", "R", "one A"],
        ["Collect the evidence", "Collect the evidence", "A", "", "one A"],
    ]


def test_a_part_goes_back_to_the_long_table(canvas: RaciCanvas) -> None:
    """One that exists is edited, one that does not is added; the check follows."""
    change = canvas.apply([("Agree on the timeline", "Engineering Lead", "A")])
    assert [(cell.column, cell.value) for cell in change.cells] == [
        ("Engineering Lead", "A"), ("exactly one A", "2 × A"),
    ]  # fmt: skip
    canvas.apply([("Collect the evidence", "Engineering Lead", "R")])
    assert long(canvas)[("Collect the evidence", "Engineering Lead")] == "R"


def test_an_activity_without_a_is_said(canvas: RaciCanvas) -> None:
    """Taking the only A away leaves a warning in the row."""
    canvas.apply([("Collect the evidence", "Incident Commander", "C")])
    assert canvas.cells(["Collect the evidence"])[0][-1] == "no A yet"


def test_an_activity_is_renamed_with_all_its_parts(canvas: RaciCanvas) -> None:
    """The row goes and comes back under its new name."""
    change = canvas.apply([("Agree on the timeline", "activity", "Agree on what happened")])
    assert change.removed == ("Agree on the timeline",)
    assert change.added == ("Agree on what happened",)
    assert long(canvas)[("Agree on what happened", "Engineering Lead")] == "R"


def test_activities_are_added_and_deleted_whole(canvas: RaciCanvas) -> None:
    """A new activity has a row for each role; deleting it takes all of them."""
    change = canvas.add_rows([{"activity": "Close the postmortem", "Engineering Lead": "A"}])
    assert change.added == ("Close the postmortem",)
    assert canvas.cells(["Close the postmortem"])[0][1:] == ["Close the postmortem", "", "A", "one A"]
    canvas.delete(["Close the postmortem"])
    assert "Close the postmortem" not in canvas.row_ids


def test_a_step_of_the_canvas_is_undone_as_one(canvas: RaciCanvas) -> None:
    """A block that edits and adds takes two steps of the long table and one of the canvas."""
    before = long(canvas)
    canvas.apply([
        ("Agree on the timeline", "Engineering Lead", "C"),
        ("Collect the evidence", "Engineering Lead", "R"),
    ])  # fmt: skip
    assert long(canvas) != before
    canvas.undo()
    assert long(canvas) == before
    canvas.redo()
    assert long(canvas)[("Collect the evidence", "Engineering Lead")] == "R"


def test_a_part_that_does_not_exist_changes_nothing(canvas: RaciCanvas) -> None:
    """All of a block or nothing of it."""
    before = long(canvas)
    with pytest.raises(SchemaError):
        canvas.apply([
            ("Agree on the timeline", "Engineering Lead", "C"),
            ("Collect the evidence", "Engineering Lead", "X"),
        ])  # fmt: skip
    assert long(canvas) == before


@pytest.fixture
def shared(sample: Path) -> RaciCanvas:
    """The canvas of the sample, over its file."""
    workspace = Workspace.open(sample)
    return RaciCanvas(EditSession.of(workspace, "raci"), workspace.incident.roles)


def test_a_part_that_was_not_seen_is_a_clash_of_its_cell(shared: RaciCanvas) -> None:
    """It is told in words of the canvas, and taking theirs puts it back where it was."""
    activity, role = shared.row_ids[0], shared.roles[0]
    shared.apply([(activity, role, "I")])
    shared.apply([(activity, role, "C")], seen=["A"])
    clash = Clash(activity, role, "A", "C", "I")
    assert shared.clashes == [clash]
    shared.settle(clash, take="theirs", seen={role: "C"})
    assert (shared.clashes, shared.cells([activity])[0][2]) == ([], "I")


def test_an_activity_that_changed_unseen_stays_whole(shared: RaciCanvas) -> None:
    """One part that the author had not seen keeps all parts; a role they had no column for counts too."""
    activity, role = shared.row_ids[0], shared.roles[0]
    columns = [column.name for column in shared.columns]
    seen = dict(zip(columns, shared.cells([activity])[0][1:], strict=True))
    before = shared.cells([activity])
    without = {name: part for name, part in seen.items() if name != role}
    for old in ({**seen, role: "I"}, without):
        with pytest.raises(SchemaError, match="somebody else changed it meanwhile"):
            shared.delete([activity], seen={activity: old})
        assert shared.cells([activity]) == before
    shared.delete([activity], seen={activity: {**seen, role: None}})
    assert activity not in shared.row_ids


def test_an_activity_that_is_gone_is_not_begun_anew(canvas: RaciCanvas) -> None:
    """An edit or a deletion of an activity that somebody renamed is refused in words."""
    for act in (lambda: canvas.apply([("Gone", ROLES[0], "A")]), lambda: canvas.delete(["Gone"])):
        with pytest.raises(SchemaError, match="Gone: no such activity; it may have been renamed"):
            act()
    assert "Gone" not in canvas.row_ids


def test_listeners_hear_changes_in_words_of_the_canvas(canvas: RaciCanvas) -> None:
    """Whoever edits the long table elsewhere is seen in the canvas."""
    heard: list[Any] = []
    stop = canvas.subscribe(heard.append)
    canvas.session.apply([("Collect the evidence / Incident Commander", "part", "I")])
    assert [(cell.row_id, cell.column, cell.value) for cell in heard[-1].cells] == [
        ("Collect the evidence", "Incident Commander", "I"),
        ("Collect the evidence", "exactly one A", "no A yet"),
    ]
    stop()
