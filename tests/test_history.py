"""Earlier states: found through the journal, restored as a save, refused where something would be lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.custody import read_lines
from pmkit.disk import digest_of_bytes
from pmkit.errors import WorkspaceError
from pmkit.history import History, describe_change, find_file
from pmkit.review import assign_role
from pmkit.session import EditSession, add_row, delete_rows, edit_row
from pmkit.workspace import Workspace

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Line 1 makes the incident; 2-5 save a table, 6 a note, 7 the facts, 8 the note."""
    folder = tmp_path_factory.mktemp("incidents") / "inc-1"
    ws = Workspace.create(folder, title="Checkout failed", severity="P1", now=NOW)
    add_row(ws, "questions", question="Why?")
    add_row(ws, "questions", question="Who?")
    edit_row(ws, "questions", "Q1", question="Why so?")
    delete_rows(ws, "questions", "Q2")
    ws.save_note("summary", "It failed.", by="Mei", now=NOW + timedelta(minutes=1))
    assign_role(ws, "Scribe", "Mei")
    ws.save_note("summary", "It failed.\nBadly.", by="Li", now=NOW + timedelta(minutes=2))
    return folder


@pytest.fixture
def ws(tmp_path: Path, made: Path) -> Workspace:
    return Workspace.open(shutil.copytree(made, tmp_path / made.name))


def asked(ws: Workspace) -> dict[str, str]:
    return Workspace.open(ws.path).table("questions").set_index("question_id")["question"].to_dict()


# Undoing


def test_the_last_save_is_taken_back_and_that_too(ws: Workspace) -> None:
    """Without a file the last save of all; the second undo takes back the first, byte for byte."""
    path = ws.path / "notes/summary.md"
    after = path.read_bytes()
    assert ws.undo_save(by="Ana") == [("notes/summary.md", 7, "1 line removed")]
    assert ws.note("summary") == "It failed."
    number, line = read_lines(ws.path)[-1]
    assert (number, line["did"], line["by"], line["back_to"]) == (9, "save", "Ana", 7)
    assert ws.undo_save() == [("notes/summary.md", 8, "1 line added")]
    assert path.read_bytes() == after
    assert ws.verify().empty
    ws.save_note("summary", "Mine")  # what was restored by this object is no conflict for it


def test_each_save_of_a_file_can_be_reached(ws: Workspace) -> None:
    """A restart later, over other undos: the table after each line of the journal."""
    states = {
        1: {}, 2: {"Q1": "Why?"}, 3: {"Q1": "Why?", "Q2": "Who?"}, 4: {"Q1": "Why so?", "Q2": "Who?"},
        5: {"Q1": "Why so?"},
    }  # fmt: skip
    for line in (3, 1, 4, 2, 5):
        Workspace.open(ws.path).undo_save("questions", to=line)
        assert asked(ws) == states[line]
    assert ws.note("summary") == "It failed.\nBadly."


def test_facts_are_restored_with_their_comments(ws: Workspace) -> None:
    """A role is empty again, for this object too."""
    assert ws.incident.person("Scribe") == "Mei"
    assert ws.undo_save("incident.toml") == [("incident.toml", 6, "members changed")]
    assert ws.incident.person("Scribe") == Workspace.open(ws.path).incident.person("Scribe") == ""
    assert "# The facts of the incident" in (ws.path / "incident.toml").read_text()


def test_all_files_go_back_to_a_line_or_a_time(ws: Workspace) -> None:
    """Those that were saved since, each with a line of its own; a second time there is nothing to do."""
    assert {undone.file for undone in ws.undo_save(to=3)} == {
        "questions.csv",
        "notes/summary.md",
        "incident.toml",
    }
    assert asked(ws) == {"Q1": "Why?", "Q2": "Who?"}
    assert (ws.note("summary"), ws.incident.person("Scribe")) == ("", "")
    assert ws.undo_save(to=3) == []
    ws.undo_save("notes/summary.md", to=NOW + timedelta(seconds=90))
    assert ws.note("summary") == "It failed."
    assert ws.verify().empty


def test_an_open_worksheet_takes_an_undo_in(ws: Workspace) -> None:
    """Somebody who edits the table sees what was restored, and their next edit keeps it."""
    session = EditSession.of(ws, "questions")
    Workspace.open(ws.path).undo_save("questions")
    session.refresh()
    assert "Q2" in session.worksheet
    session.apply([("Q1", "answer", "So.")])
    assert asked(ws) == {"Q1": "Why so?", "Q2": "Who?"}


# Refusing


def test_a_change_by_hand_is_not_undone(ws: Workspace) -> None:
    """Nothing is written, of the other files neither."""
    path = ws.path / "questions.csv"
    path.write_text(path.read_text() + "Q7,Mine?,,,,\n")
    before = {path: path.read_bytes() for path in ws.path.rglob("*") if path.is_file()}
    for said in ({"file": "questions"}, {"to": 3}):
        with pytest.raises(WorkspaceError, match=r"somebody changed it by hand since line 5 of the journal"):
            ws.undo_save(**said)
    assert before == {path: path.read_bytes() for path in ws.path.rglob("*") if path.is_file()}
    # The next save keeps what the hand had written.
    ws.table("questions")
    edit_row(ws, "questions", "Q7", answer="Yes")
    ws.undo_save("questions")
    assert asked(ws) == {"Q1": "Why so?", "Q7": "Mine?"}


@pytest.mark.parametrize("damage", ["gone", "torn", "changed"])
def test_what_is_not_kept_is_told(ws: Workspace, damage: str) -> None:
    """The folder may be deleted, no save needs it; what is damaged is never restored, but kept anew."""
    for path in (ws.path / ".history").glob("[0-9a-f]*"):
        match damage:
            case "gone":
                path.unlink()
            case "torn":
                path.write_bytes(path.read_bytes()[:9])
            case _:
                other = History(ws.path / "other")
                other.keep(b"something else")
                shutil.copy(next((ws.path / "other").glob("[0-9a-f]*")), path)
    with pytest.raises(WorkspaceError, match=r"after line 4 of the journal is not in `\.history/`"):
        ws.undo_save("questions")
    assert {change for _, change in ws.list_saves("questions")} == {"what it was is not kept"}
    assert ws.verify().empty
    edit_row(ws, "questions", "Q1", answer="So.")
    ws.undo_save("questions")


def test_what_cannot_be_used_is_not_restored(ws: Workspace) -> None:
    """A table that was broken by hand and then replaced stays replaced."""
    (ws.path / "questions.csv").write_text("question_id,question\n<<<<<<< HEAD\n")
    fresh = Workspace.open(ws.path)
    fresh.save_table("questions", schema.empty(schema.QUESTIONS))
    with pytest.raises(WorkspaceError, match=r"(?s)is left as it is, .*line 2: a merge is not finished"):
        fresh.undo_save("questions")


def test_where_there_is_nothing_to_undo(ws: Workspace) -> None:
    """No save, no such line, no such file; evidence is never changed."""
    for file, to, said in (
        ("timeline", None, "tells of no save"), ("", 8, "nothing was saved since; the last save is line 8"),
        ("evidence.csv", None, "evidence is never changed"), ("impact", None, "may be impact.csv or notes"),
        ("../x", None, "is no file that pmkit saves"),
    ):  # fmt: skip
        with pytest.raises(WorkspaceError, match=said):
            ws.undo_save(file, to=to)


@pytest.mark.parametrize(
    "name", ["questions", "questions.csv", "inc-1/questions.csv", "/x/inc-1/questions.csv"]
)
def test_a_file_may_be_named_as_a_shell_completes_it(name: str) -> None:
    """By its path, its name or its noun."""
    assert find_file(name) == "questions.csv"


# Keeping


def test_saves_are_listed_newest_first(ws: Workspace) -> None:
    """Each with what it changed."""
    saves = ws.list_saves()
    assert [(save.line, save.file, change) for save, change in saves] == [
        (8, "notes/summary.md", "1 line added"), (7, "incident.toml", "members changed"),
        (6, "notes/summary.md", "1 line added, 1 removed"), (5, "questions.csv", "1 row removed"),
        (4, "questions.csv", "1 row changed"), (3, "questions.csv", "1 row added"),
        (2, "questions.csv", "1 row added"), (1, "incident.toml", "the incident was made"),
    ]  # fmt: skip
    assert (saves[0][0].by, saves[0][0].at) == ("Li", NOW + timedelta(minutes=2))
    assert [save.line for save, _ in ws.list_saves("questions", most=2)] == [5, 4]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_leaves_the_history_alone(ws: Workspace) -> None:
    """Also in a workspace that was made before there was a history."""
    subprocess.run(["git", "init", "-q", ws.path], check=True)
    words = ["git", "-C", ws.path, "status", "--porcelain", "-uall"]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert "incident.toml" in told and ".history" not in told


def test_evidence_is_never_kept(ws: Workspace, tmp_path: Path) -> None:
    """Neither its files nor its list, which says what they are."""
    before = set((ws.path / ".history").iterdir())
    (tmp_path / "notes.csv").write_text("time,text\n2026-11-03T14:02Z,down\n")
    ws.add_evidence(tmp_path / "notes.csv", form="table")
    assert set((ws.path / ".history").iterdir()) == before


def test_a_save_that_cannot_be_kept_is_saved_and_says_so(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The save is worth more than its undo."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(History, "keep", refuse)
    with pytest.warns(UserWarning, match=r"summary\.md is saved, but the save cannot be undone"):
        ws.save_note("summary", "x")
    assert ws.note("summary") == "x"


@settings(max_examples=30)
@given(st.binary(max_size=200))
def test_what_is_kept_comes_back(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Byte for byte, and kept once."""
    history = History(tmp_path_factory.mktemp("x") / ".history")
    history.keep(data)
    history.keep(data)
    [path] = history.place.glob("[0-9a-f]*")
    assert history.read(path.name) == data
    assert history.read("0" * 64) is history.read("../x") is None


def test_what_was_kept_longest_ago_goes_first(tmp_path: Path) -> None:
    """Within its limit the newest stay."""
    history = History(tmp_path / ".history", limit=2000)
    texts = [f"{n}-{'x' * 9}".encode() for n in range(400)]
    for n, text in enumerate(texts):
        history.keep(text)
        name = digest_of_bytes(text)
        if (history.place / name).exists():
            os.utime(history.place / name, (n, n))
    kept = [text for text in texts if history.read(digest_of_bytes(text))]
    assert kept == texts[-len(kept) :]
    assert 50 < len(kept) < 200


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("questions.csv", "question_id,question\nQ1,a\n", "question_id,question,own\nQ2,b,\n",
         "1 row added, 1 removed"),
        ("questions.csv", "question_id,question\nQ1,a\n", 'question_id,question\n"Q1",a\n',
         "nothing but its layout changed"),
        ("questions.csv", "question_id,question\n<<<<<<<\n", "question_id,question\n",
         "cannot be compared, one of both cannot be read"),
        ("incident.toml", "a = 1\n", "a = 2\nb = 1\n", "a, b changed"),
        ("notes/summary.md", "a\nb\n", "a\nc\nd\n", "2 lines added, 1 removed"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_a_few_words(file: str, old: str, new: str, said: str) -> None:
    """Rows, lines or keys; None is what is not kept."""
    assert describe_change(file, old.encode(), new.encode()) == said
    assert describe_change(file, None, new.encode()) == "what it was is not kept"
