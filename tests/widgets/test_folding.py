"""Bursts folded in the grid: one line with its count, and every event back when it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pmkit.bursts import find_bursts
from pmkit.errors import SchemaError
from pmkit.widgets.folding import FoldedSession
from pmkit.worksheet import Change

Rows = Callable[..., pd.DataFrame]


@pytest.fixture
def folded(events: Rows, fake_session: Callable[..., Any]) -> FoldedSession:
    alerts = [
        {"event_id": f"e{n}", "time": f"2026-11-03T08:0{n}:00Z", "kind": "bot", "text": f"holds {n}"}
        for n in range(4)
    ]
    record = events(*alerts, {"event_id": "talk", "time": "2026-11-03T08:02:30Z", "text": "hm"})
    return FoldedSession(fake_session("timeline", evidence=record), find_bursts(record))


def text_of(folded: FoldedSession, row_id: str) -> str:
    place = [column.name for column in folded.worksheet.columns].index("text")
    return folded.worksheet.cells([row_id])[0][place + 1]


def test_a_burst_is_one_line_with_its_count(folded: FoldedSession) -> None:
    """The first alert stands for all four; what people wrote in between stays."""
    assert folded.worksheet.row_ids == ["e0", "talk"]
    assert text_of(folded, "e0") == "×4 holds 0"
    assert folded.burst_of("e2") == "e0"


def test_unfolding_brings_every_event_back(folded: FoldedSession) -> None:
    """A burst that is unfolded adds its lines to the view, and folding takes them away again."""
    changes: list[Change] = []
    folded.subscribe(changes.append)
    folded.set_fold(unfolded=["e0"])
    assert sorted(changes[-1].added) == ["e1", "e2", "e3"]
    assert text_of(folded, "e0") == "holds 0"
    folded.set_fold(unfolded=[])
    assert sorted(changes[-1].removed) == ["e1", "e2", "e3"]
    folded.set_fold(fold=False)
    assert len(folded.worksheet.row_ids) == 5


def test_an_event_people_spoke_of_leaves_the_fold(folded: FoldedSession) -> None:
    """A word about one alert, from wherever it comes, shows it on its own, and the count is one less."""
    changes: list[Change] = []
    folded.subscribe(changes.append)
    folded.session.apply([("e2", "note", "the one that mattered")])
    assert changes[-1].added == ("e2",)
    assert [(cell.row_id, cell.value) for cell in changes[-1].cells if cell.column == "text"] == [
        ("e0", "×3 holds 0")
    ]
    folded.undo()
    assert folded.worksheet.row_ids == ["e0", "talk"]


def test_what_people_write_comes_first(folded: FoldedSession) -> None:
    """Beside the record stand the columns people fill; every row has a cell for each column."""
    names = [column.name for column in folded.worksheet.columns]
    assert names[:8] == ["included", "time", "actor", "text", "summary", "mark", "phase", "note"]
    row = folded.worksheet.cells(["talk"])[0]
    assert row[names.index("text") + 1] == "hm"
    assert len(row) == len(names) + 1


def test_a_deletion_carries_what_was_seen(folded: FoldedSession) -> None:
    """A row that changed since its author looked is not deleted from the folded timeline either."""
    folded.session.apply([("talk", "note", "theirs")])
    with pytest.raises(SchemaError, match="somebody else changed it meanwhile"):
        folded.delete(["talk"], seen={"talk": {"note": "", "text": "×2 hm"}})
    folded.delete(["talk"], seen={"talk": {"note": "theirs", "text": "×2 hm"}})
    assert folded.session.worksheet.said("talk") is None


def test_samples_are_shown_only_where_people_spoke_of_them(
    events: Rows, fake_session: Callable[..., Any]
) -> None:
    """A million samples would drown the grid; one that is chosen stands in it, folded bursts or not."""
    samples = [
        {"event_id": f"m{n}", "time": f"2026-11-03T08:0{n}:00Z", "kind": "metric", "text": f"errors = {n}"}
        for n in range(3)
    ]
    record = events(*samples, {"event_id": "talk", "time": "2026-11-03T08:02:30Z", "text": "hm"})
    session = fake_session("timeline", evidence=record)
    folded = FoldedSession(session, find_bursts(record), samples=["m0", "m1", "m2"])
    changes: list[Change] = []
    folded.subscribe(changes.append)
    assert folded.worksheet.row_ids == ["talk"]
    folded.session.apply([("m1", "included", "yes")])
    assert changes[-1].added == ("m1",)
    folded.set_fold(fold=False)
    assert folded.worksheet.row_ids == ["m1", "talk"]
    assert folded.burst_of("m2") is None
