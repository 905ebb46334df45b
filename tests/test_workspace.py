"""The incident folder: what is saved stays saved, what others saved is never overwritten."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import pmkit
from pmkit import schema
from pmkit.errors import ConflictError, EvidenceError, PmkitError, SchemaError, WorkspaceError
from pmkit.workspace import Workspace
from tests.desk import journal, questions, slack_zip


def test_a_folder_without_facts_is_no_workspace(tmp_path: Path) -> None:
    """`open` says how to make one."""
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(
            WorkspaceError, match=r"no `incident\.toml` here; make a workspace with `pmkit new`"
        ):
            Workspace.open(path)


@pytest.mark.parametrize("name", schema.WORKSHEETS)
def test_tables_come_back_as_saved(ws: Workspace, name: str) -> None:
    """A table that is loaded and saved again is byte for byte the same file."""
    table = schema.WORKSHEETS[name]
    row = {
        column.name: column.choices[0] if column.choices else 'a, "b"\n\rNA' if column.type == "str" else None
        for column in table.columns
    }
    ws.save_table(name, pd.DataFrame([row | {"our own": "x"}]))
    before = (ws.path / f"{name}.csv").read_bytes()
    again = Workspace.open(ws.path)
    again.save_table(name, again.table(name))
    assert (ws.path / f"{name}.csv").read_bytes() == before
    assert again.table(name)["our own"].tolist() == ["x"]


def test_notes_come_back_as_saved_without_their_prompt(ws: Workspace) -> None:
    """The prompt is no text of the note, and a saved note ends with one newline."""
    assert ws.note("summary") == ""
    ws.save_note("summary", "\n# It failed\n\n日本 `x`\n\n")
    assert ws.note("summary") == "# It failed\n\n日本 `x`"
    assert (ws.path / "notes/summary.md").read_text().endswith("`x`\n")
    assert Workspace.open(ws.path).load().notes["summary"] == "# It failed\n\n日本 `x`"


def test_letters_in_other_languages_are_read_where_they_are(ws: Workspace) -> None:
    """Beside the note of the incident's own language; the checks, which listen for English, leave them."""
    (ws.path / "notes/customer-letter.de.md").write_text("## Was geschah\n\nWe should have known.\n")
    record = ws.load()
    assert record.notes["customer-letter.de"].startswith("## Was geschah")
    found = pmkit.run_checks(record, now=pd.Timestamp("2026-11-10T12:00:00Z"))
    assert not found["where"].str.contains("customer-letter").any()
    ws.save_note("customer-letter", "We should have known.")
    found = pmkit.run_checks(ws.load(), now=pd.Timestamp("2026-11-10T12:00:00Z"))
    assert found["where"].str.contains("customer-letter").any()


def test_only_known_tables_and_notes_are_saved(ws: Workspace) -> None:
    """A name from outside never becomes a path."""
    for name in ("../x", "events", "evidence", ""):
        with pytest.raises(WorkspaceError, match="no table"):
            ws.save_table(name, pd.DataFrame())
        with pytest.raises(WorkspaceError, match="no note"):
            ws.save_note(name, "x")


def test_a_table_that_does_not_fit_is_not_saved(ws: Workspace) -> None:
    """Every bad cell is told, and the file stays as it was."""
    before = (ws.path / "questions.csv").read_bytes()
    bad = pd.DataFrame([{"question_id": "Q1", "question": "", "status": "maybe"}])
    with pytest.raises(SchemaError, match="2 problems"):
        ws.save_table("questions", bad)
    assert (ws.path / "questions.csv").read_bytes() == before
    assert len(journal(ws)) == 1


def test_tables_and_notes_that_are_missing_are_empty(ws: Workspace) -> None:
    """A file somebody deleted is a table without rows, and can be saved again."""
    for path in (ws.path / "questions.csv", ws.path / "notes/summary.md", ws.path / "evidence.csv"):
        path.unlink()
    pm = ws.load()
    assert pm.questions.empty
    assert pm.notes["summary"] == ""
    ws.save_table("questions", questions("Q1"))
    ws.save_note("summary", "x")
    assert len(ws.table("questions")) == 1


def test_a_conflict_is_shown_and_nothing_overwritten(ws: Workspace) -> None:
    """Who saves second is told which rows differ; the first one's file stays, also on a second try."""
    mine, theirs = Workspace.open(ws.path), Workspace.open(ws.path)
    mine.load()
    theirs.save_table("questions", questions("Q1", "Q2"))
    saved = (ws.path / "questions.csv").read_bytes()
    for _ in range(2):
        with pytest.raises(ConflictError) as caught:
            mine.save_table("questions", questions("Q2", "Q3"))
        assert (ws.path / "questions.csv").read_bytes() == saved
    assert "Rows that differ: Q1, Q3." in str(caught.value)
    assert "nothing was overwritten" in str(caught.value)
    # Another table is no conflict, and after loading again there is none.
    mine.save_table("impact", pd.DataFrame([{"measure": "m", "unit": "u"}]))
    mine.table("questions")
    mine.save_table("questions", questions("Q2", "Q3"))
    assert mine.table("questions")["question_id"].tolist() == ["Q2", "Q3"]


@pytest.mark.parametrize("edit", [b"<<<<<<< HEAD\n", b"\xff\xfe", None])
def test_a_conflict_with_a_file_that_cannot_be_read_is_one_too(ws: Workspace, edit: bytes | None) -> None:
    """A half merged, foreign or deleted file is not overwritten either."""
    mine = Workspace.open(ws.path)
    path = ws.path / "questions.csv"
    if edit is None:
        path.unlink()
    else:
        path.write_bytes(edit)
    with pytest.raises(ConflictError, match="saved by somebody else"):
        mine.save_table("questions", questions("Q1"))
    assert not path.exists() if edit is None else path.read_bytes() == edit


def test_notes_conflict_too(ws: Workspace) -> None:
    """A note somebody else wrote is not overwritten."""
    mine = Workspace.open(ws.path)
    Workspace.open(ws.path).save_note("summary", "theirs")
    with pytest.raises(ConflictError):
        mine.save_note("summary", "mine")
    assert ws.note("summary") == "theirs"


@pytest.mark.parametrize("line", range(4))
def test_a_changed_journal_is_seen(ws: Workspace, line: int) -> None:
    """A line that was changed, or taken out before another, breaks the chain after it."""
    for n in range(4):
        ws.save_note("summary", f"{n}")
    path = ws.path / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        b"".join([*lines[:line], lines[line].replace(b'"did": "', b'"did": "x'), *lines[line + 1 :]])
    )
    assert ws.verify()["problem"].tolist() == [f"line {line + 2} does not follow from the line before it"]
    path.write_bytes(b"".join([*lines[:line], *lines[line + 1 :]]))
    assert ws.verify()["problem"].tolist() == [f"line {line + 1} does not follow from the line before it"]


def test_verify_names_what_changed(tmp_path: Path, ws: Workspace) -> None:
    """One changed byte, a missing file and one nobody added are told by name."""
    for n in range(3):
        ws.add_evidence(slack_zip(tmp_path, f"{n}", name=f"{n}.zip"))
    changed = ws.path / "evidence/0.zip"
    data = bytearray(changed.read_bytes())
    data[-1] ^= 1
    changed.chmod(0o644)
    changed.write_bytes(data)
    (ws.path / "evidence/1.zip").unlink()
    (ws.path / "evidence/extra.txt").write_text("x")
    assert ws.verify().to_numpy().tolist() == [
        ["evidence/0.zip", f"was changed: some of its {len(data)} bytes are others"],
        ["evidence/1.zip", "is missing"],
        ["evidence/extra.txt", "was never added"],
    ]
    with pytest.raises(EvidenceError, match=r"1\.zip: is listed in evidence\.csv but missing"):
        ws.load()


FACTS = 'format = 2\ntitle = "x"\nseverity = "P1"\n'


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("questions.csv", "question_id,question\nQ1,a\nQ1,b\n", "line 3 (Q1)"),
        ("questions.csv", "question_id,question\n<<<<<<< HEAD\n", "line 2: a merge is not finished"),
        ("questions.csv", 'question_id,question\nQ1,"a\n', "line 2: unexpected end of data"),
        ("actions.csv", "action_id,action,due_on\nA1,x,next week\n", "line 2 (A1), `due_on`"),
        ("actions.csv", "action_id,action,status\nA1,x,shut\n", "line 2 (A1), `status`"),
        ("timeline.csv", "event_id,time\nmanual:1,14:02\n", "line 2 (manual:1), `time`"),
        ("raci.csv", "activity;role;part\na;b;R\n", "line 1: no comma"),
        ("evidence.csv", "path,source\nevidence/x,slack\n", "column `sha256` is missing"),
        ("incident.toml", 'format = 2\ntitle = "x"\ntitle = "y"\n', "line 3"),
        ("incident.toml", 'format = 2\ntitle = "x\n', "line 2"),
        ("incident.toml", 'format = 2\ntitle = "x"\n<<<<<<< HEAD\n', "line 3"),
        ("incident.toml", 'format = 2\ntitle = "x"\n', "key 'severity' is missing"),
        ("incident.toml", FACTS.replace('"x"', "5"), "`title`: expected text in quotes, found 5"),
        ("incident.toml", FACTS + 'services = "api"\n', "`services`: expected a list"),
        ("incident.toml", FACTS + 'timezone = "CETT"\n', "'CETT' is not a time zone"),
        ("incident.toml", FACTS + "opened_at = 2026-11-03T14:02:11\n", "with its zone"),
        ("incident.toml", FACTS + 'opened_at = "today"\n', "`opened_at` should be"),
        ("incident.toml", FACTS + '[calendar]\ndays_off = ["2026-12-25"]\n', "`days_off`: expected dates"),
        ("incident.toml", FACTS + '[[members]]\nperson = "Mei"\n', "role"),
        ("incident.toml", 'format = 3\ntitle = "x"\n', "expected `format = 2`, found 3"),
        ("incident.toml", "", "expected `format = 2`, found None"),
    ],
)  # fmt: skip
def test_a_bad_edit_is_explained(ws: Workspace, file: str, text: str, said: str) -> None:
    """Merge marks, open quotes, wrong types and unknown words are named with file and place."""
    path = ws.path / file
    path.write_text(text)
    with pytest.raises(PmkitError) as caught:
        Workspace.open(ws.path).load()
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert path.read_text() == text


@pytest.mark.parametrize("file", ["incident.toml", "actions.csv", "notes/summary.md"])
def test_files_that_are_not_utf8_are_explained(ws: Workspace, file: str) -> None:
    """The byte is named, and what to do."""
    (ws.path / file).write_bytes(b"caf\xe9")
    with pytest.raises(WorkspaceError, match="byte 3 is not UTF-8; save the file as UTF-8"):
        Workspace.open(ws.path).load()


def test_edits_of_editors_are_read(ws: Workspace) -> None:
    """A byte order mark and Windows line ends do no harm."""
    facts = ws.path / "incident.toml"
    facts.write_bytes(b"\xef\xbb\xbf" + facts.read_bytes().replace(b"\n", b"\r\n"))
    (ws.path / "questions.csv").write_bytes(b"\xef\xbb\xbfquestion_id,question\r\nQ1,Why?\r\n")
    pm = Workspace.open(ws.path).load()
    assert pm.incident.title == "Checkout failed"
    assert pm.questions["question"].tolist() == ["Why?"]


def test_what_the_team_adds_to_the_facts_is_kept(ws: Workspace) -> None:
    """Keys and comments pmkit does not know are no mistake, and no save of a table touches them."""
    facts = ws.path / "incident.toml"
    text = (
        facts.read_text()
        + '\n# our own\n[our_tool]\nid = 7\n\n[[links]]\ntitle = "d"\nurl = "https://x"\ncolour = "red"\n'
    )
    text = text.replace("days_off = []", "days_off = [2026-12-25]").replace(
        'role = "Scribe"', 'role = "Scribe"\npronouns = "they"'
    )
    facts.write_text(text)
    ws = Workspace.open(ws.path)
    pm = ws.load()
    assert pm.incident.calendar.days_off == (date(2026, 12, 25),)
    assert [link.url for link in pm.incident.links] == ["https://x"]
    ws.save_table("questions", questions("Q1"))
    ws.save_note("summary", "x")
    assert facts.read_text() == text
    assert tomllib.loads(text)["our_tool"] == {"id": 7}
