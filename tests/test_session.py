"""The session: every change on disk at once, nobody's work lost, and the one-line calls."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest

import pmkit
from pmkit import schema
from pmkit.errors import SchemaError, WorkspaceError
from pmkit.session import EditSession
from pmkit.worksheet import Change, Clash
from pmkit.workspace import Workspace

EARLY = "slack:C05MFALERT1:1793689331.120882"
DECIDED = "slack:C09MFDECSN4:1793694110.860213"


@pytest.fixture
def workspace(sample: Path) -> Workspace:
    return Workspace.open(sample)


def on_disk(workspace: Workspace, name: str) -> dict[str, dict[str, str]]:
    """The rows of the file as a stranger reads them."""
    frame = Workspace.open(workspace.path).table(name)
    texts = {column: schema.cell_texts(frame[column]) for column in frame}
    rows = [dict(zip(texts, cells, strict=True)) for cells in zip(*texts.values(), strict=True)]
    key = schema.WORKSHEETS[name].key
    return {" / ".join(row[part] for part in key): row for row in rows}


def journal(workspace: Workspace) -> list[dict[str, str]]:
    return [json.loads(line) for line in (workspace.path / "journal.jsonl").read_text().splitlines()]


def stranger(workspace: Workspace, name: str) -> EditSession:
    """Another kernel on the same folder."""
    return EditSession.of(Workspace.open(workspace.path), name)


# Saving


def test_each_change_is_on_disk_at_once_with_a_line_in_the_journal(workspace: Workspace) -> None:
    """Edit, add, delete, undo and redo each leave the file as shown and one more line that says so."""
    session = EditSession.of(workspace, "actions")
    lines = len(journal(workspace))
    session.apply([("A1", "dri", "Chiyo Muranaka"), ("A2", "due_on", "2026-12-24")])
    assert on_disk(workspace, "actions")["A1"]["dri"] == "Chiyo Muranaka"
    session.add({"action": "Rehearse the rollback of flags"})
    session.delete(["A3"])
    assert {"A10"} <= on_disk(workspace, "actions").keys() and "A3" not in on_disk(workspace, "actions")
    session.undo()
    assert "A3" in on_disk(workspace, "actions")
    session.redo()
    assert "A3" not in on_disk(workspace, "actions")
    assert [line["file"] for line in journal(workspace)[lines:]] == ["actions.csv"] * 5
    assert workspace.verify().empty


def test_what_changes_nothing_is_not_saved(workspace: Workspace) -> None:
    """Typing what is there already touches neither the file nor the journal."""
    before = (workspace.path / "actions.csv").read_bytes(), len(journal(workspace))
    assert not EditSession.of(workspace, "actions").apply([("A1", "dri", "Teun Hagedoorn")])
    assert ((workspace.path / "actions.csv").read_bytes(), len(journal(workspace))) == before


def test_a_table_has_one_session(workspace: Workspace) -> None:
    """Widgets and one-line calls of a workspace object share it, and so its undo."""
    assert EditSession.of(workspace, "actions") is EditSession.of(workspace, "actions")
    assert EditSession.of(workspace, "actions") is not stranger(workspace, "actions")
    with pytest.raises(WorkspaceError, match="no table `action`; the tables are"):
        EditSession.of(workspace, "action")


def test_what_cannot_be_saved_has_not_happened(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a full disk the call raises and the worksheet shows what the file holds; later it saves."""
    session = EditSession.of(workspace, "actions")
    told: list[Change] = []
    session.subscribe(told.append)

    def full(path: Path, data: bytes, **_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pmkit.folder.write_durably", full)
        with pytest.raises((OSError, WorkspaceError)):
            session.apply([("A1", "dri", "Chiyo Muranaka")])
    assert session.worksheet.cell("A1", "dri") == "Teun Hagedoorn" and told == []
    assert session.undo() is None
    session.apply([("A1", "dri", "Chiyo Muranaka")])
    assert on_disk(workspace, "actions")["A1"]["dri"] == "Chiyo Muranaka"


def test_views_are_told_every_change_whoever_made_it(workspace: Workspace) -> None:
    """Until they end it; a view that fails does not undo what is saved."""
    session = EditSession.of(workspace, "actions")
    told: list[Change] = []
    stop = session.subscribe(told.append)
    pmkit.edit_row(workspace, "actions", "A1", dri="Chiyo Muranaka")
    stranger(workspace, "actions").apply([("A2", "note", "seen")])
    session.refresh()
    assert [[edit.column for edit in change.cells] for change in told] == [["dri"], ["note"]]
    stop()

    def broken(change: Change) -> None:
        raise RuntimeError("closed")

    session.subscribe(broken)
    with pytest.warns(UserWarning, match="a view of actions could not be updated: closed"):
        session.undo()
    assert len(told) == 2 and on_disk(workspace, "actions")["A1"]["dri"] == "Teun Hagedoorn"


# A row that is only begun


def test_a_begun_row_outlives_the_kernel(workspace: Workspace) -> None:
    """It is not in the file and not lost: the next session has it, and saves it once it is whole."""
    session = EditSession.of(workspace, "actions")
    session.add()
    session.apply([("A10", "dri", "Chiyo Muranaka")])
    assert "A10" not in on_disk(workspace, "actions")
    again = stranger(workspace, "actions")
    assert again.unfinished == {"A10": "Not saved yet: “Action” is empty."}
    again.apply([("A10", "action", "Test the pages")])
    assert on_disk(workspace, "actions")["A10"]["dri"] == "Chiyo Muranaka"
    assert stranger(workspace, "actions").unfinished == {}
    session.refresh()
    assert session.unfinished == {} and session.worksheet.cell("A10", "action") == "Test the pages"
    assert session.clashes == []


def test_two_kernels_may_begin_the_same_row(workspace: Workspace) -> None:
    """Both began an `A10` and neither finished: after both are gone, both rows are there."""
    mine, theirs = EditSession.of(workspace, "actions"), stranger(workspace, "actions")
    mine.add({"dri": "Chiyo Muranaka"})
    theirs.add({"dri": "Mariam Qandil"})
    again = stranger(workspace, "actions")
    begun = [again.worksheet.cell(row_id, "dri") for row_id in again.unfinished]
    assert sorted(begun) == ["Chiyo Muranaka", "Mariam Qandil"]
    again.apply([(row_id, "action", f"{row_id} done") for row_id in again.unfinished])
    assert stranger(workspace, "actions").unfinished == {}
    assert len(on_disk(workspace, "actions")) == 11


def test_an_empty_begun_row_leaves_no_trace(workspace: Workspace) -> None:
    """Where nothing was typed there is nothing to keep."""
    EditSession.of(workspace, "actions").add()
    assert stranger(workspace, "actions").unfinished == {}
    assert not (workspace.path / ".cache" / "unfinished").exists()


# Somebody else


def test_two_sessions_lose_nothing(workspace: Workspace) -> None:
    """Both edit one table without knowing of each other: every cell and row is on disk and on screen."""
    mine, theirs = EditSession.of(workspace, "actions"), stranger(workspace, "actions")
    mine.apply([("A1", "dri", "Mariam Qandil")])
    theirs.apply([("A1", "note", "theirs"), ("A2", "dri", "Chiyo Muranaka")])
    change = mine.apply([("A2", "note", "mine")])
    assert {(edit.row_id, edit.column) for edit in change.cells} == {
        ("A1", "note"), ("A2", "dri"), ("A2", "note"),
    }  # fmt: skip
    mine.worksheet.add({"action": "Mine"})  # as if typed while theirs was on its way
    theirs.add({"action": "Theirs"})
    mine.apply([("A3", "note", "mine")])
    rows = on_disk(workspace, "actions")
    assert (rows["A1"]["dri"], rows["A1"]["note"]) == ("Mariam Qandil", "theirs")
    assert (rows["A2"]["dri"], rows["A2"]["note"]) == ("Chiyo Muranaka", "mine")
    assert (rows["A10"]["action"], rows["A11"]["action"]) == ("Theirs", "Mine")
    assert mine.clashes == theirs.clashes == []
    theirs.refresh()
    assert theirs.worksheet.row("A11")["action"] == "Mine"


def test_a_clash_is_listed(workspace: Workspace) -> None:
    """Of one cell both wrote, the later save stands and tells the other value."""
    mine, theirs = EditSession.of(workspace, "actions"), stranger(workspace, "actions")
    theirs.apply([("A1", "dri", "Mariam Qandil")])
    mine.apply([("A1", "dri", "Chiyo Muranaka")])
    assert mine.clashes == [Clash("A1", "dri", "Teun Hagedoorn", "Chiyo Muranaka", "Mariam Qandil")]
    assert on_disk(workspace, "actions")["A1"]["dri"] == "Chiyo Muranaka"


def test_an_edit_over_what_its_author_had_not_seen_is_listed(workspace: Workspace) -> None:
    """What stood there and was not on their screen is told; what they saw, or wrote too, is no clash."""
    session = EditSession.of(workspace, "actions")
    session.apply([("A1", "dri", "Mariam Qandil")])
    session.apply([("A1", "dri", "Chiyo Muranaka")], seen=["Teun Hagedoorn"])
    clash = Clash("A1", "dri", "Teun Hagedoorn", "Chiyo Muranaka", "Mariam Qandil")
    assert session.clashes == [clash]
    session.apply([("A1", "dri", "Ngozi Abara"), ("A2", "note", "x")], seen=["Chiyo Muranaka", None])
    session.apply([("A1", "dri", "Ngozi Abara")], seen=["Mariam Qandil"])
    assert session.clashes == [clash]
    with pytest.raises(SchemaError, match="expected a date"):
        session.apply([("A1", "dri", "x"), ("A1", "due_on", "soon")], seen=["nobody", ""])
    assert session.clashes == [clash]


def test_a_time_typed_in_another_zone_is_the_same_time(workspace: Workspace) -> None:
    """An edit and what stands there are compared as they are stored, not as they were typed."""
    session = EditSession.of(workspace, "timeline")
    session.apply([(EARLY, "ended_at", "2026-11-03 08:30 UTC")])
    session.apply([(EARLY, "ended_at", "2026-11-03 09:30 Europe/Amsterdam")], seen=[""])
    assert session.clashes == []


def test_words_that_were_not_seen_are_kept(workspace: Workspace) -> None:
    """In a cell of several words both additions count, as they do when files meet."""
    session = EditSession.of(workspace, "actions")
    seen = session.worksheet.cell("A1", "factor_ids")
    session.apply([("A1", "factor_ids", f"{seen} F8")])
    session.apply([("A1", "factor_ids", f"{seen} F9")], seen=[seen])
    assert session.worksheet.cell("A1", "factor_ids").split() == [*seen.split(), "F9", "F8"]
    assert session.clashes == []


@pytest.mark.parametrize("known", [True, False])
def test_a_row_that_somebody_changed_unseen_is_not_deleted(workspace: Workspace, known: bool) -> None:
    """Whether this kernel knows it already or not, nothing of the block goes; the words say which row."""
    session = EditSession.of(workspace, "actions")
    seen = {row_id: session.worksheet.row(row_id) for row_id in ("A1", "A2")}
    stranger(workspace, "actions").apply([("A1", "note", "Half done")])
    if known:
        session.refresh()
    with pytest.raises(SchemaError, match="A1: somebody else changed it meanwhile, so it stays"):
        session.delete(seen, seen=seen)
    assert {"A1", "A2"} <= on_disk(workspace, "actions").keys()
    session.delete(seen, seen={"A1": session.worksheet.row("A1"), "A2": {"note": None}})
    assert not {"A1", "A2"} & on_disk(workspace, "actions").keys()
    assert session.clashes == []


def test_a_clash_is_settled_either_way(workspace: Workspace) -> None:
    """Mine stands already; theirs takes its place, and is a clash itself where something else came in."""
    session = EditSession.of(workspace, "actions")
    clash = Clash("A1", "dri", "", "Teun Hagedoorn", "Mariam Qandil")
    session.clashes[:] = [clash]
    session.settle(clash, take="mine", seen={"dri": "Teun Hagedoorn"})
    assert (session.clashes, session.worksheet.cell("A1", "dri")) == ([], "Teun Hagedoorn")
    session.clashes[:] = [clash]
    session.apply([("A1", "dri", "Ngozi Abara")])
    session.settle(clash, take="theirs", seen={"dri": "Teun Hagedoorn"})
    assert session.worksheet.cell("A1", "dri") == "Mariam Qandil"
    assert [one.theirs for one in session.clashes] == ["Ngozi Abara"]
    assert not session.settle(clash, take="theirs")


@pytest.mark.parametrize(
    ("mine", "theirs", "take", "stays"),
    [
        ("deleted", "changed", "mine", False),
        ("deleted", "changed", "theirs", True),
        ("changed", "deleted", "mine", True),
        ("changed", "deleted", "theirs", False),
    ],
)
def test_a_clash_about_a_whole_row_is_settled(
    workspace: Workspace, mine: str, theirs: str, take: Literal["mine", "theirs"], stays: bool
) -> None:
    """The row goes only by the choice of the one who deleted it."""
    session = EditSession.of(workspace, "actions")
    session.clashes[:] = [Clash("A1", "", "", mine, theirs)]
    session.settle(session.clashes[0], take=take)
    assert ("A1" in on_disk(workspace, "actions")) is stays
    assert session.clashes == []


_EDITOR = """
import sys
from pmkit.session import EditSession
from pmkit.workspace import Workspace
name, path = sys.argv[1:]
session = EditSession.of(Workspace.open(path), "actions")
for n in range(12):
    session.apply([(f"A{n % 9 + 1}", name, f"{name} {n}")])
    session.add({"action": f"{name} added {n}"})
"""


@pytest.mark.slow
def test_two_processes_lose_nothing(workspace: Workspace) -> None:
    """Two kernels that save as fast as they can: every edit and every row of both is in the file."""
    editors = [
        subprocess.Popen([sys.executable, "-c", _EDITOR, name, str(workspace.path)])
        for name in ("note", "done_when")
    ]
    assert [editor.wait(timeout=120) for editor in editors] == [0, 0]
    rows = on_disk(workspace, "actions")
    for name in ("note", "done_when"):
        written = {f"A{n % 9 + 1}": f"{name} {n}" for n in range(12)}
        assert {row_id: rows[row_id][name] for row_id in written} == written
        added = [row["action"] for row in rows.values() if row["action"].startswith(f"{name} added")]
        assert sorted(added) == sorted(f"{name} added {n}" for n in range(12))
    assert workspace.verify().empty


def test_a_thread_waits_until_another_has_saved(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is clicked arrives in another thread than cells run in: a save that fails takes no other along."""
    session = EditSession.of(workspace, "actions")
    desk = session._desk
    save = desk.save_table
    clicked: list[Future[Change]] = []

    def fail(*args: object, **more: object) -> None:
        monkeypatch.setattr(desk, "save_table", save)
        clicked.append(threads.submit(session.apply, [("A2", "note", "clicked meanwhile")]))
        wait(clicked, timeout=0.3)
        raise OSError("disk full")

    monkeypatch.setattr(desk, "save_table", fail)
    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(OSError, match="disk full"):
            session.apply([("A1", "note", "not saved")])
        clicked[0].result(timeout=60)
    assert session.worksheet.cell("A2", "note") == "clicked meanwhile"
    rows = on_disk(workspace, "actions")
    assert rows["A2"]["note"] == "clicked meanwhile"
    assert rows["A1"]["note"] == session.worksheet.cell("A1", "note") != "not saved"


def test_an_outside_edit_comes_in(workspace: Workspace) -> None:
    """Somebody changes the CSV in an editor: `refresh` shows it, and asking again costs nothing."""
    session = EditSession.of(workspace, "actions")
    assert session.refresh() is None
    path = workspace.path / "actions.csv"
    path.write_text(path.read_text().replace("Ngozi Abara", "Ngozi A."))
    change = session.refresh()
    assert change is not None and set(change.cells[0].__dict__.values()) == {"A2", "dri", "Ngozi A."}
    assert session.refresh() is None
    path.touch()
    assert session.refresh() is None


def test_what_a_notebook_reads_in_between_is_not_what_the_session_saw(workspace: Workspace) -> None:
    """`workspace.load()` after an outside edit does not make the session write over it."""
    session = EditSession.of(workspace, "actions")
    stranger(workspace, "actions").apply([("A2", "note", "theirs")])
    workspace.load()
    session.apply([("A1", "note", "mine")])
    assert on_disk(workspace, "actions")["A2"]["note"] == "theirs"


def test_a_file_that_cannot_be_read_is_not_written_over(workspace: Workspace) -> None:
    """A half-finished merge in the file refuses edits, naming the line, until it is mended."""
    session = EditSession.of(workspace, "actions")
    path = workspace.path / "actions.csv"
    good = path.read_text()
    path.write_text(good + "<<<<<<< HEAD\n")
    for _ in range(2):
        with pytest.raises(SchemaError, match="a merge is not finished"):
            session.apply([("A1", "dri", "Mariam Qandil")])
    assert path.read_text() == good + "<<<<<<< HEAD\n"
    assert session.worksheet.cell("A1", "dri") == "Teun Hagedoorn"
    path.write_text(good.replace("Ngozi Abara", "Ngozi A."))
    session.apply([("A1", "dri", "Mariam Qandil")])
    rows = on_disk(workspace, "actions")
    assert (rows["A1"]["dri"], rows["A2"]["dri"]) == ("Mariam Qandil", "Ngozi A.")


@pytest.mark.parametrize("content", [None, b""], ids=["missing", "empty"])
def test_a_file_that_is_gone_takes_no_rows_along(workspace: Workspace, content: bytes | None) -> None:
    """An editor about to write, or a file moved away, is nobody deleting rows; the next save writes them."""
    session = EditSession.of(workspace, "actions")
    path = workspace.path / "actions.csv"
    path.unlink() if content is None else path.write_bytes(content)
    assert session.refresh() is None and len(session.worksheet) == 9
    session.apply([("A1", "note", "mine")])
    assert len(on_disk(workspace, "actions")) == 9


def test_evidence_added_later_comes_in(workspace: Workspace, tmp_path: Path) -> None:
    """A source added elsewhere brings its events under the open worksheet."""
    empty = Workspace.create(tmp_path / "empty", title="t", severity="P1")
    session = EditSession.of(empty, "timeline")
    assert len(session.worksheet) == 0
    empty.add_evidence(workspace.path / "evidence" / "pagerduty-log-entries.json")
    change = session.refresh()
    assert change is not None and len(change.added) == len(session.worksheet) > 30


# One-line calls


def test_events_go_on_the_timeline_and_off_it(workspace: Workspace) -> None:
    """In one step each, and the report reads what was said."""
    ids = EditSession.of(workspace, "timeline").worksheet.row_ids[:5]
    assert repr(pmkit.include_events(workspace, ids)) == "Included 5 events."
    assert set(ids) <= set(workspace.load().timeline["event_id"])
    pmkit.exclude_events(workspace, ids[0])
    assert ids[0] not in set(workspace.load().timeline["event_id"])
    pmkit.undo(workspace, "timeline")
    pmkit.undo(workspace, "timeline")
    assert not set(ids) & set(on_disk(workspace, "timeline"))
    with pytest.raises(SchemaError, match="nobody, `included`: there is no such row"):
        pmkit.include_events(workspace, "nobody")


def test_an_anchor_is_one_event(workspace: Workspace) -> None:
    """Marking another event moves the mark, keeps what else was marked, and is one step."""
    before = on_disk(workspace, "timeline")
    pmkit.mark_event(workspace, EARLY, "detected")
    rows = on_disk(workspace, "timeline")
    assert [i for i, row in rows.items() if "detected" in row["mark"].split()] == [EARLY]
    assert rows[EARLY]["included"] == "yes"
    pmkit.mark_event(workspace, EARLY, "customers told")
    assert on_disk(workspace, "timeline")[EARLY]["mark"] == "detected customers_told"
    pmkit.unmark_event(workspace, EARLY, "detected")
    assert on_disk(workspace, "timeline")[EARLY]["mark"] == "customers_told"
    for _ in range(3):
        pmkit.undo(workspace, "timeline")
    assert on_disk(workspace, "timeline") == before


def test_a_mark_that_somebody_gave_unseen_is_not_moved(workspace: Workspace) -> None:
    """It is told which event has it by now; who has seen that moves it with the same call."""
    pmkit.mark_event(Workspace.open(workspace.path), EARLY, "customers told")
    with pytest.raises(SchemaError, match="as customers_told meanwhile; mark again to move it here"):
        pmkit.mark_event(workspace, DECIDED, "customers told", held_by=[])
    assert on_disk(workspace, "timeline")[EARLY]["mark"] == "customers_told"
    pmkit.mark_event(workspace, DECIDED, "customers told", held_by=[EARLY])
    rows = on_disk(workspace, "timeline")
    assert (rows[EARLY]["mark"], rows[DECIDED]["mark"]) == ("", "customers_told")


def test_an_event_is_told_in_our_words(workspace: Workspace) -> None:
    """Summary, phase and note lie beside the record; a time needs its zone."""
    pmkit.describe_event(workspace, EARLY, summary="First sign", note="Nobody saw it", phase="lead-up")
    row = on_disk(workspace, "timeline")[EARLY]
    assert (row["summary"], row["note"], row["phase"]) == ("First sign", "Nobody saw it", "lead-up")
    with pytest.raises(SchemaError, match="says no zone"):
        pmkit.describe_event(workspace, EARLY, time="2026-11-03 14:03")


@pytest.mark.parametrize(
    ("at", "zone"),
    [
        ("2026-11-03 14:03", {"tz": "Europe/Amsterdam"}),
        ("14:03", {"on": "2026-11-03", "tz": "+01:00"}),
        ("2026-11-03T13:03Z", {"tz": "Asia/Tokyo"}),  # a zone in the time itself counts
        (datetime(2026, 11, 3, 14, 3), {"tz": "Europe/Amsterdam"}),  # noqa: DTZ001
        (datetime(2026, 11, 3, 13, 3, tzinfo=UTC), {}),
    ],
)
def test_a_manual_event_has_a_zone(workspace: Workspace, at: str | datetime, zone: dict[str, str]) -> None:
    """Whichever way its time is said, it is kept in UTC."""
    change = pmkit.add_event(workspace, at, "Bank calls back", **zone)  # type: ignore[arg-type]
    row = on_disk(workspace, "timeline")[change.added[0]]
    assert row["time"] == "2026-11-03T13:03:00.000000Z" and row["included"] == "yes"


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        ("14:03", {}, "says no day"),
        ("14:03", {"tz": "UTC"}, "says no day"),
        ("2026-11-03 14:03", {}, "says no zone"),
        (datetime(2026, 11, 3, 14, 3), {}, "says no zone"),  # noqa: DTZ001
        ("2026-11-03 14:03", {"tz": "Middle/Earth"}, "no time zone 'Middle/Earth'"),
    ],
)
def test_no_zone_is_guessed(
    workspace: Workspace, at: str | datetime, zone: dict[str, str], words: str
) -> None:
    """A naive time is refused, not taken as UTC or as the team's."""
    with pytest.raises(SchemaError, match=words):
        pmkit.add_event(workspace, at, "Bank calls back", **zone)  # type: ignore[arg-type]


def test_a_block_of_lines_is_pasted_at_once(workspace: Workspace) -> None:
    """Over midnight the day goes on, in the zone that was said; pasting it again adds nothing."""
    text = """
      - 23:58 Bank calls back
      [00:01:30] Queue drains   to the last cart
    00:01:30: a second one
    2026-11-06 9:15 am – Retro, part one
    """
    change = pmkit.paste_events(workspace, text, on=date(2026, 11, 3), tz="Europe/Amsterdam")
    rows = on_disk(workspace, "timeline")
    assert [(rows[i]["time"], rows[i]["summary"]) for i in change.added] == [
        ("2026-11-03T22:58:00.000000Z", "Bank calls back"),
        ("2026-11-03T23:01:30.000000Z", "Queue drains   to the last cart"),
        ("2026-11-03T23:01:30.000000Z", "a second one"),
        ("2026-11-06T08:15:00.000000Z", "Retro, part one"),
    ]
    again = pmkit.paste_events(
        workspace, text + "\n10:00 Retro, part two", on="2026-11-03", tz="Europe/Amsterdam"
    )
    assert len(again.added) == 1 and "4 were there already" in repr(again)
    pmkit.undo(workspace, "timeline")
    pmkit.undo(workspace, "timeline")
    assert not set(change.added) & set(on_disk(workspace, "timeline"))


def test_a_block_is_refused_with_every_line_that_cannot_be_read(workspace: Workspace) -> None:
    """A line out of order is one: it may be of the next day, and that is not guessed."""
    before = on_disk(workspace, "timeline")
    text = "14:03 Page\nthen nothing\n14:61 What\n14:01 Earlier\n14:05 CET Or not\n15:00"
    with pytest.raises(SchemaError) as caught:
        pmkit.paste_events(workspace, text, on="2026-11-03", tz="UTC")
    assert [problem.split(":")[0] for problem in caught.value.problems] == [f"line {n}" for n in range(2, 7)]
    assert "put the lines in order, or write the day" in caught.value.problems[2]
    assert on_disk(workspace, "timeline") == before


def test_the_same_words_at_another_time_are_another_event(workspace: Workspace) -> None:
    """Each gets an id of its own."""
    ids = [pmkit.add_event(workspace, f"2026-11-03 14:0{n}Z", "Restart").added[0] for n in range(2)]
    assert ids == ["manual:restart", "manual:restart-2"]


def test_a_decision_is_promoted_from_a_message(workspace: Workspace) -> None:
    """When, what, why, what else and which role come from the message; promoting it twice makes one."""
    pmkit.delete_rows(workspace, "decisions", "D1")
    (row_id,) = pmkit.promote_decision(workspace, DECIDED).added
    row = on_disk(workspace, "decisions")[row_id]
    assert row["decision"].startswith("This is a P1, and the third Culture Day wave")
    assert row["why"].startswith("98 contacts") and row["alternatives"].startswith("send it with a banner")
    assert (row["decided_by"], row["event_ids"]) == ("Incident Commander", DECIDED)
    assert row["decided_at"] == "2026-11-03T08:21:50.860213Z"
    assert repr(pmkit.promote_decision(workspace, DECIDED)) == f"{row_id} is this decision already."
    with pytest.raises(SchemaError, match="there is no such event"):
        pmkit.promote_decision(workspace, "slack:nothing")


def test_a_row_is_added_once(workspace: Workspace) -> None:
    """A notebook's cell runs again and again; values of any type are read as the table has them."""
    said = {"action": "Rehearse", "factor_ids": ["F1", "F2"], "due_on": date(2026, 12, 1), "type": "Process"}
    (row_id,) = pmkit.add_row(workspace, "actions", **said).added
    assert repr(pmkit.add_row(workspace, "actions", **said)) == f"{row_id} says that already."
    row = on_disk(workspace, "actions")[row_id]
    assert (row["factor_ids"], row["due_on"], row["type"]) == ("F1 F2", "2026-12-01", "process")
    with pytest.raises(SchemaError, match="`action` is missing: what will be different"):
        pmkit.add_row(workspace, "actions", dri="Teun Hagedoorn")
    with pytest.raises(SchemaError, match="`owner`: there is no such column"):
        pmkit.add_row(workspace, "actions", action="x", owner="Teun Hagedoorn")


def test_a_factor_is_linked_with_its_evidence(workspace: Workspace) -> None:
    """Linking again adds the further events; an unknown factor, or one that leads to itself, is refused."""
    pmkit.link_factor(workspace, "F3", "F2", [EARLY], note="how")
    pmkit.link_factor(workspace, "F3", "F2", DECIDED)
    row = on_disk(workspace, "factor_links")["F3 / F2"]
    assert (row["event_ids"], row["note"]) == (f"{EARLY} {DECIDED}", "how")
    pmkit.link_factor(workspace, "F3", "impact")
    for cause, effect, words in (("F3", "F77", "no factor 'F77'"), ("F3", "F3", "does not lead to itself")):
        with pytest.raises(SchemaError, match=words):
            pmkit.link_factor(workspace, cause, effect)


def test_a_clock_is_corrected_in_one_line(workspace: Workspace) -> None:
    """Every time of the source moves, what was recorded stays, and all that is derived follows."""
    before, timeline = workspace.load(), EditSession.of(workspace, "timeline")
    change = pmkit.apply_clock_offset(workspace, "pagerduty", -57, basis="3 pairs with Slack")
    assert change.added == ("pagerduty",)
    after = workspace.load()
    assert after.events["time"].is_monotonic_increasing
    pages = after.events[after.events["source"] == "pagerduty"].set_index("event_id").sort_index()
    recorded = before.events[before.events["source"] == "pagerduty"].set_index("event_id").sort_index()
    assert (pages["time"] == recorded["time"] - pd.Timedelta("57s")).all()
    assert (pages["recorded_at"] == recorded["time"]).all()
    assert set(pages["time_basis"]) == {"offset, corrected by -57 s"}
    assert set(after.events["event_id"]) == set(before.events["event_id"])
    minutes = [pmkit.response_metrics(pm.timeline).set_index("metric")["minutes"] for pm in (before, after)]
    assert minutes[0]["TTD"] - minutes[1]["TTD"] == pytest.approx(57 / 60)
    timeline.refresh()
    assert timeline.worksheet.cell(pages.index[0], "time") == schema.format_time(pages["time"].iloc[0])
    assert not pmkit.apply_clock_offset(workspace, "pagerduty", -57, basis="3 pairs with Slack")
    pmkit.apply_clock_offset(workspace, "pagerduty", 12, basis="the log of ntpd", note="ask the vendor")
    again = workspace.events().set_index("event_id").loc[pages.index]
    assert (again["time"] == recorded["time"] + pd.Timedelta("12s")).all()
    pmkit.edit_row(workspace, "clocks", "pagerduty", applied="no")
    pd.testing.assert_frame_equal(workspace.events(), before.events)
    pmkit.undo(workspace, "clocks")
    assert workspace.events()["recorded_at"].notna().sum() == len(pages)


def test_a_clock_without_evidence_is_refused(workspace: Workspace) -> None:
    """A source that no file comes from is refused by name; a file of the evidence is a clock too."""
    with pytest.raises(SchemaError, match=r"expected one of pagerduty, slack, evidence/.*found 'pagerdty'"):
        pmkit.apply_clock_offset(workspace, "pagerdty", 3, basis="a slip")
    assert workspace.table("clocks").empty
    pmkit.apply_clock_offset(workspace, "evidence/pagerduty-incident.json", 3, basis="by hand")
    moved = workspace.events()["recorded_at"].notna()
    assert workspace.events().loc[moved, "event_id"].tolist() == ["pd:incident:Q1T7MARLOW4127"]


def test_undo_goes_back_to_where_the_session_began(workspace: Workspace) -> None:
    """Each table has its own; when there is nothing left it says None."""
    before = {name: (workspace.path / f"{name}.csv").read_bytes() for name in ("actions", "factor_links")}
    pmkit.edit_row(workspace, "actions", "A1", dri="Chiyo Muranaka", priority="P3")
    pmkit.link_factor(workspace, "F3", "F2")
    assert pmkit.undo(workspace, "actions") and pmkit.undo(workspace, "factor_links")
    assert pmkit.undo(workspace, "actions") is None
    assert {name: (workspace.path / f"{name}.csv").read_bytes() for name in before} == before
    assert pmkit.redo(workspace, "actions")
    assert on_disk(workspace, "actions")["A1"]["priority"] == "P3"


def test_suggestions_follow_the_incident(workspace: Workspace) -> None:
    """Roles, people and the factors there are now are offered where they fit."""
    (factor,) = pmkit.add_row(workspace, "factors", statement="The gate knew one storefront only.").added
    views = {view.name: view for view in EditSession.of(workspace, "actions").worksheet.columns}
    assert "Teun Hagedoorn" in views["dri"].open_choices and factor in views["factor_ids"].open_choices
    links = {view.name: view for view in EditSession.of(workspace, "factor_links").worksheet.columns}
    assert links["effect"].open_choices[-1] == "impact" and "impact" not in links["cause"].open_choices


def test_fifty_thousand_events_are_edited_one_by_one(workspace: Workspace) -> None:
    """A long record stays editable: a hundred single edits touch a hundred rows and no others."""
    session = EditSession.of(workspace, "timeline")
    events = session.events
    assert events is not None
    many = pd.concat([events] * (50_000 // len(events) + 1), ignore_index=True).head(50_000)
    many = many.assign(event_id=[f"slack:C:{n}" for n in range(len(many))])
    session.worksheet.replace_evidence(many)
    rows = len(on_disk(workspace, "timeline"))
    for n in range(5):
        session.apply([(f"slack:C:{n * 1000}", "included", "yes")])
    assert len(on_disk(workspace, "timeline")) == rows + 5
