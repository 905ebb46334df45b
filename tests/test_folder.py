"""Every save is told by the journal; what the system refuses is explained."""

from __future__ import annotations

import getpass
import hashlib
import tempfile

import pytest

from pmkit import schema
from pmkit.errors import WorkspaceError
from pmkit.workspace import Workspace
from tests.desk import NOW, journal, questions


def test_the_journal_tells_every_save(ws: Workspace) -> None:
    """Who saved what when, the digests before and after, and the digest of the line before."""
    ws.save_table("questions", questions("Q1"), by="Mei", now=NOW)
    ws.save_note("summary", "x", by="Li", now=NOW)
    created, table, note = journal(ws)
    assert (created["did"], created["file"], created["prev"]) == ("create", "incident.toml", "")
    assert (table["did"], table["by"], table["at"]) == ("save", "Mei", "2026-11-04T09:30:00.000000+00:00")
    assert (table["file"], note["file"]) == ("questions.csv", "notes/summary.md")
    assert table["sha256"] == hashlib.sha256((ws.path / "questions.csv").read_bytes()).hexdigest()
    assert (
        table["was"]
        == hashlib.sha256(
            schema.to_csv(schema.empty(schema.QUESTIONS), schema.QUESTIONS).encode()
        ).hexdigest()
    )
    lines = (ws.path / "journal.jsonl").read_bytes().splitlines()
    assert [table["prev"], note["prev"]] == [hashlib.sha256(line).hexdigest() for line in lines[:2]]


def test_a_torn_line_is_cut_by_the_next_save(ws: Workspace) -> None:
    """What a crash left of a line is told, and gone after the next save."""
    path = ws.path / "journal.jsonl"
    with path.open("ab") as out:
        out.write(b'{"at": "2026-11-04T09:3')
    assert ws.verify()["problem"].tolist() == [
        "the last line is not whole: a save was stopped; the next one will cut it"
    ]
    ws.save_note("summary", "x")
    assert ws.verify().empty
    assert len(journal(ws)) == 2


def test_somebody_who_never_stops_saving_is_named(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the wait for the lock an error says so."""
    import filelock

    def refuse(lock: object, *args: object, **said: object) -> None:
        raise filelock.Timeout("x")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.raises(WorkspaceError, match="somebody else has been saving"):
        ws.save_note("summary", "x")


def test_a_folder_that_may_not_be_written_is_explained(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing rights are an error of pmkit, not a traceback."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(WorkspaceError, match=r"summary\.md: Permission denied"):
        ws.save_note("summary", "x")


def test_a_container_without_users_can_save(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody is logged in the journal says `unknown`."""

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nobody)
    ws.save_note("summary", "x")
    assert journal(ws)[-1]["by"] == "unknown"
