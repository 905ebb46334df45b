"""Intake: whatever is thrown at an incident is told apart, previewed, added once, and asked about once."""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pmkit
from pmkit import intake as room
from pmkit import loaders
from pmkit.errors import EvidenceError, QuestionError
from pmkit.intake import add_evidence, find_pieces
from pmkit.loaders._format import Format
from pmkit.loaders._frame import rows_to_events
from pmkit.workspace import Workspace

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return Workspace.create(
        tmp_path / "inc-1", title="Checkout failed", severity="P1", timezone="Europe/Amsterdam", now=NOW
    )


def unpacked(folder: Path, *texts: str, channel: str = "ops", edited: bool = False) -> Path:
    """An unpacked Slack export."""
    messages = [
        {"type": "message", "ts": f"{1793714400 + n}.000100", "user": "U1", "text": text}
        | ({"edited": {"user": "U1", "ts": "1793718000.000000"}} if edited else {})
        for n, text in enumerate(texts)
    ]
    (folder / channel).mkdir(parents=True)
    (folder / channel / "2026-11-03.json").write_text(json.dumps(messages))
    (folder / "channels.json").write_text(json.dumps([{"id": "C1", "name": channel}]))
    (folder / "users.json").write_text(json.dumps([{"id": "U1", "name": "mei"}]))
    return folder


def packed(target: Path, *texts: str, **said: Any) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = unpacked(target.with_suffix(".unpacked"), *texts, **said)
    with zipfile.ZipFile(target, "w") as out:
        for path in sorted(folder.rglob("*.json")):
            out.write(path, path.relative_to(folder).as_posix())
            path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir()
    folder.rmdir()
    return target


def page(target: Path, *ids: str) -> Path:
    """A page of PagerDuty's log."""
    target.parent.mkdir(parents=True, exist_ok=True)
    entries = [
        {"id": name, "type": "trigger_log_entry", "created_at": "2026-11-03T14:00:00Z", "summary": name}
        for name in ids
    ]
    target.write_text(json.dumps({"log_entries": entries, "more": False}))
    return target


def _load_toy(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    if zone is None:
        raise QuestionError(
            path, "line 1", "14:02 carries no zone.", option="zone", hint="Say it as `--zone UTC`."
        )
    row = {"event_id": f"toy:{zone}", "time": 1793714400_000000, "kind": "other", "time_basis": zone}
    return rows_to_events("file", Path(path).name, [row], [])


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """Files of a format whose times carry no zone."""
    form = Format(
        "toy", "file", "a toy", recognise=lambda glimpse: glimpse.suffix == ".toy", load=_load_toy,
        options=("zone",),
    )  # fmt: skip
    for module in (loaders, room):
        monkeypatch.setattr(module, "FORMATS", (*loaders.FORMATS, form))

    def make(path: Path) -> Path:
        path.write_text(path.name)
        return path

    return make


def pieces_of(*paths: Path, root: Path) -> dict[str, str]:
    """Path → format of each piece, by their names below `root`."""
    pieces, _ = find_pieces(paths)
    return {
        piece.path.relative_to(root).as_posix(): piece.form.name if piece.form else "" for piece in pieces
    }


# Telling files apart


def test_a_folder_of_everything_is_told_apart(tmp_path: Path) -> None:
    """Files and exports each by themselves, however deep; what nobody knows is one too, junk is left out."""
    root = tmp_path / "dump"
    packed(root / "a.zip", "down")
    page(root / "pd/1.json", "R1")
    page(root / "pd/2.json", "R2")
    page(root / "alone.json", "R3")
    unpacked(root / "chat/export", "up")
    (root / "notes.bin").write_bytes(b"\0")
    (root / ".DS_Store").write_bytes(b"")
    (root / "__MACOSX/x").mkdir(parents=True)
    (root / "__MACOSX/x/._1.json").write_bytes(b"")
    (root / "chat/export/ops/.hidden.json").write_text("[]")
    (root / "link.json").symlink_to(root / "alone.json")
    pieces, left_out = find_pieces([root])
    assert pieces_of(root, root=root) == {
        "a.zip": "slack-export", "alone.json": "pagerduty-rest", "chat/export": "slack-export",
        "notes.bin": "", "pd": "pagerduty-rest",
    }  # fmt: skip
    assert {path.relative_to(root).as_posix(): reason for path, reason in left_out} == {
        ".DS_Store": "hidden or of the system", "__MACOSX": "hidden or of the system",
        "chat/export/ops/.hidden.json": "hidden or of the system", "link.json": "a link to another place",
    }  # fmt: skip
    export = next(piece for piece in pieces if piece.path.name == "export")
    assert export.without == {root / "chat/export/ops/.hidden.json"}


def test_what_lies_in_the_folder_of_an_export_is_no_part_of_it(tmp_path: Path) -> None:
    """A zip or another system's file beside the channels goes by itself; tables and pictures stay."""
    root = unpacked(tmp_path / "export", "up")
    packed(root / "older.zip", "down")
    page(root / "pagerduty.json", "R1")
    (root / "integration_logs.json").write_text(
        '[{"date": "1793714400", "change_type": "added", "app": "x"}]'
    )
    (root / "ops/attachments").mkdir()
    (root / "ops/attachments/5xx.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    pieces, _ = find_pieces([root])
    assert pieces_of(root, root=tmp_path) == {
        "export": "slack-export", "export/older.zip": "slack-export",
        "export/pagerduty.json": "pagerduty-rest",
    }  # fmt: skip
    assert pieces[0].without == {root / "older.zip", root / "pagerduty.json"}


def test_a_zip_of_everything_says_what_is_not_read(tmp_path: Path, ws: Workspace) -> None:
    """A chat export with another system's records packed beside it does not pass for all of them."""
    path = packed(tmp_path / "all.zip", "down")
    page(tmp_path / "pagerduty.json", "R1")
    with zipfile.ZipFile(path, "a") as out:
        out.write(tmp_path / "pagerduty.json", "pagerduty/log.json")
        out.writestr("integration_logs.json", '[{"date": "1793714400", "app": "x"}]')
    intake = add_evidence(ws, path)
    assert ws.evidence()["note"].tolist() == [
        "not read: pagerduty/log.json (records of PagerDuty's REST API): unpack the zip and add its folder"
    ]
    assert "not read: pagerduty/log.json" in intake.to_text()


def test_a_file_among_pages_that_is_no_page_is_told(tmp_path: Path) -> None:
    """Pages of one list are one piece, with the files that hold their names; nothing else goes with them."""
    page(tmp_path / "pd/1.json", "R1")
    page(tmp_path / "pd/2.json", "R2")
    (tmp_path / "pd/readme.bin").write_bytes(b"\0")
    (tmp_path / "dump").mkdir()
    for name in ("C024BE91L", "C024BE91M"):
        message = {"type": "message", "ts": "1793714400.000100", "user": "U1", "text": "down"}
        dump = {"channel_id": name, "name": "ops", "messages": [message]}
        (tmp_path / f"dump/{name}.json").write_text(json.dumps(dump))
    (tmp_path / "dump/users.json").write_text(json.dumps([{"id": "U1", "name": "mei"}]))
    (tmp_path / "dump/tickets.json").write_text(json.dumps([{"time": "2026-11-03T14:00Z", "text": "up"}]))
    assert pieces_of(tmp_path, root=tmp_path) == {
        "dump": "slack-dump", "dump/tickets.json": "table", "pd": "pagerduty-rest", "pd/readme.bin": "",
    }  # fmt: skip
    assert find_pieces([tmp_path])[0][0].without == {tmp_path / "dump/tickets.json"}


TREES = st.dictionaries(
    st.lists(st.sampled_from(["a", "b", "c d", ".e", "__MACOSX"]), max_size=3).map("/".join),
    st.lists(
        st.sampled_from(["zip", "page", "export", "bin", "hidden"]), min_size=1, max_size=3, unique=True
    ),
    max_size=4,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES)
def test_no_file_is_lost_or_taken_twice(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, list[str]]
) -> None:
    """Every file of a folder belongs to one piece, or is said to be left out."""
    root = tmp_path_factory.mktemp("tree")
    for place, things in tree.items():
        for number, thing in enumerate(things):
            folder = root / place
            folder.mkdir(parents=True, exist_ok=True)
            if thing == "zip":
                packed(folder / f"{number}.zip", "down")
            elif thing == "page":
                page(folder / f"{number}.json", "R1")
            elif thing == "export":
                unpacked(folder / f"x{number}", "up")
            else:
                (folder / (f"{number}.bin" if thing == "bin" else f".{number}")).write_bytes(b"\0")
    every = [path for path in root.rglob("*") if path.is_file()]
    if not any(root.iterdir()):
        return
    try:
        pieces, left_out = find_pieces([root])
    except EvidenceError:
        parts = [path.relative_to(root).parts for path in every]
        assert all(any(part.startswith((".", "__")) for part in names) for names in parts)
        return

    def below(path: Path, tops: Any) -> bool:
        return any(path.is_relative_to(top) for top in tops)

    for path in every:
        owners = [p for p in pieces if path.is_relative_to(p.path) and not below(path, p.without)]
        assert len(owners) + below(path, {left for left, _ in left_out}) == 1, path


# Adding


def test_everything_is_added_and_said(tmp_path: Path, ws: Workspace) -> None:
    """Each file with what it holds; a second time all of it is there already."""
    root = tmp_path / "dump"
    packed(root / "a.zip", "down", "up")
    page(root / "pd.json", "R1")
    (root / "x.bin").write_bytes(b"\0")
    told: list[str] = []
    intake = add_evidence(ws, root, note="from Mei", now=NOW, told=lambda taken: told.append(taken.status))
    assert [taken.status for taken in intake.files] == told == ["added", "added", "question"]
    assert not intake.is_whole
    assert intake.to_text().splitlines()[:8] == [
        "a.zip: a Slack export",
        "    2 records: message 2",
        "    2026-11-03 14:00 UTC",
        "    2026-11-03 15:00 Europe/Amsterdam",
        "    times: 2 counted from 1970, which needs no zone",
        "    1 person: mei 2",
        "    from Mei",
        "    added as evidence/a.zip",
    ]
    assert "pmkit add" in intake.to_text()
    assert intake.to_text().endswith("2 added, 1 with a question")
    assert ws.load().events["text"].tolist() == ["R1", "down", "up"]
    again = add_evidence(ws, root, now=NOW)
    assert [taken.status for taken in again.files] == ["there already", "there already", "question"]
    assert again.files[0].added_as == "evidence/a.zip"
    assert len(ws.evidence()) == 2
    assert ws.verify().empty


def test_a_dry_run_says_the_same_and_adds_nothing(tmp_path: Path, ws: Workspace) -> None:
    """The preview is that of the real call, junk in a folder left out of both; no byte is written."""
    root = unpacked(tmp_path / "export", "down")
    (root / "ops" / "._2026-11-03.json").write_bytes(b"\0\0")
    before = {path: path.read_bytes() for path in ws.path.rglob("*") if path.is_file()}
    dry = add_evidence(ws, root, dry_run=True, now=NOW)
    assert before.keys() | {ws.path / ".lock"} >= {path for path in ws.path.rglob("*") if path.is_file()}
    assert all(path.read_bytes() == data for path, data in before.items())
    real = add_evidence(ws, root, now=NOW)
    assert dry.files[0].preview == real.files[0].preview
    assert dry.files[0].added_as == real.files[0].added_as == "evidence/export"
    assert (dry.files[0].status, real.files[0].status) == ("would be added", "added")
    assert dry.to_text().endswith("1 would be added")
    assert sorted(path.name for path in (ws.path / "evidence/export/ops").iterdir()) == ["2026-11-03.json"]


def test_what_cannot_be_known_is_one_question(
    tmp_path: Path, ws: Workspace, toy: Callable[[Path], Path]
) -> None:
    """The others are added; the option that answers is named, with the call to make, and then it is added."""
    root = tmp_path / "my dump"
    root.mkdir()
    toy(root / "tickets.toy")
    page(root / "pd.json", "R1")
    intake = add_evidence(ws, root, now=NOW)
    question = next(taken for taken in intake.files if taken.status == "question")
    assert (question.option, question.problem) == ("zone", "line 1: 14:02 carries no zone.")
    assert "Say it as `--zone UTC`. `--zone Europe/Amsterdam` if it was the team's." in " ".join(
        intake.to_text().split()
    )
    assert f"add {ws.path} '{root / 'tickets.toy'}' --zone …" in " ".join(intake.to_text().split())
    assert not list((ws.path / "evidence").glob("*.toy"))
    answered = add_evidence(ws, root, options={"zone": "Europe/Lisbon"}, now=NOW)
    assert [taken.status for taken in answered.files] == ["there already", "added"]
    row = ws.evidence().set_index("path").loc["evidence/tickets.toy"]
    assert (row["format"], row["zone"]) == ("toy", "Europe/Lisbon")
    assert "1 read as Europe/Lisbon" in answered.to_text()


def test_a_second_question_keeps_the_first_answer(tmp_path: Path, ws: Workspace) -> None:
    """The call to make holds all that was said already."""
    path = tmp_path / "notes.csv"
    path.write_text("Time;Words\n03/04/2026 10:00;down\n")
    columns = {"columns": {"time": "Time", "text": "Words"}}
    first = add_evidence(ws, path, options=columns)
    assert first.to_text().splitlines()[-2] == (
        f"      pmkit add {ws.path} {path} --columns time=Time,text=Words --date-format …"
    )
    second = add_evidence(ws, path, form="table", options=columns | {"date_format": "D/M/Y"})
    assert (
        second.to_text()
        .splitlines()[-2]
        .endswith(" --columns time=Time,text=Words --date-format D/M/Y --as table --zone …")
    )
    answers = {**columns, "date_format": "D/M/Y", "zone": "Europe/Amsterdam"}
    assert add_evidence(ws, path, options=answers).is_whole
    assert ws.events()["time"].tolist() == [pd.Timestamp("2026-04-03T08:00Z")]


def test_what_is_said_later_reads_a_file_anew(
    tmp_path: Path, ws: Workspace, toy: Callable[[Path], Path]
) -> None:
    """The bytes stay, zone, counts and note follow, the journal knows it; the same again changes nothing."""
    path = toy(tmp_path / "tickets.toy")
    add_evidence(ws, path, options={"zone": "UTC"}, note="from Li", by="Mei", now=NOW)
    lisbon = {"zone": "Europe/Lisbon"}
    dry = add_evidence(ws, path, options=lisbon, dry_run=True)
    assert [taken.status for taken in dry.files] == ["would be read anew"]
    assert ws.evidence()["zone"].tolist() == ["UTC"]
    anew = add_evidence(
        ws, ws.path / "evidence/tickets.toy", options=lisbon, by="Li", now=NOW.replace(hour=11)
    )
    assert [taken.status for taken in anew.files] == ["read anew"]
    assert set(anew.drift["change"]) == {"added", "gone"}
    (row,) = ws.evidence().to_dict("records")
    assert (row["zone"], row["added_by"], row["added_at"], row["note"]) == (
        "Europe/Lisbon",
        "Mei",
        NOW,
        "from Li",
    )
    assert ws.events()["event_id"].tolist() == ["toy:Europe/Lisbon"]
    assert add_evidence(ws, path, options=lisbon).files[0].status == "there already"
    assert add_evidence(ws, path).files[0].status == "there already"
    assert ws.load().journal["did"].tolist() == ["create", "add", "read anew"]
    assert ws.verify().empty


def test_what_a_file_was_taken_for_can_be_put_right(
    tmp_path: Path, ws: Workspace, toy: Callable[[Path], Path]
) -> None:
    """`form` reads it anew as another format; without it the format stays what it was."""
    path = page(tmp_path / "pd.json", "R1")
    add_evidence(ws, path, form="toy", options={"zone": "UTC"})
    assert ws.events()["event_id"].tolist() == ["toy:UTC"]
    assert add_evidence(ws, path).files[0].status == "there already"
    assert add_evidence(ws, path, form="pagerduty-rest").files[0].status == "read anew"
    (row,) = ws.evidence().to_dict("records")
    assert (row["format"], row["source"], row["zone"]) == ("pagerduty-rest", "pagerduty", "")
    assert ws.events()["event_id"].tolist() == ["pd:R1"]
    assert ws.verify().empty


def test_an_option_belongs_to_the_files_that_take_it(
    tmp_path: Path, ws: Workspace, toy: Callable[[Path], Path]
) -> None:
    """One that no file of the call takes is an error before anything is added."""
    one, other = toy(tmp_path / "a.toy"), page(tmp_path / "pd.json", "R1")
    with pytest.raises(EvidenceError, match=r"pd\.json: nothing here takes `--zone`\. It is for .*"):
        add_evidence(ws, other, options={"zone": "UTC"})
    with pytest.raises(EvidenceError, match="these 2 files: nothing here takes `--date-format`"):
        add_evidence(ws, one, other, options={"zone": "UTC", "date_format": "%d"})
    assert ws.evidence().empty
    assert add_evidence(ws, one, other, options={"zone": "UTC"}).is_whole


def test_a_file_is_loaded_once(tmp_path: Path, ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding loads it; the preview, the drift and the next opening take what was loaded."""
    loads: list[str] = []
    load = loaders.load_evidence

    def counted(path: str | Path, form: str, **options: object) -> pd.DataFrame:
        loads.append(Path(path).name)
        return load(path, form, **options)

    monkeypatch.setattr("pmkit.acquisition.load_evidence", counted)
    monkeypatch.setattr("pmkit.evidence.load_evidence", counted)
    add_evidence(ws, packed(tmp_path / "a.zip", "down"), now=NOW)
    add_evidence(ws, page(tmp_path / "pd.json", "R1"), unpacked(tmp_path / "export", "up"), now=NOW)
    assert len(Workspace.open(ws.path).load().events) == 2
    assert loads == ["a.zip", "pd.json", "export"]


def test_newer_evidence_says_what_moved(tmp_path: Path, ws: Workspace) -> None:
    """An edit in a newer export is told with the words that rested on the old text; an older one, nothing."""
    old = packed(tmp_path / "old.zip", "down", "up")
    add_evidence(ws, old, now=NOW)
    pmkit.add_row(
        ws,
        "decisions",
        decision="Roll back",
        decided_at="2026-11-03T14:05:00Z",
        event_ids="slack:C1:1793714400.000100",
    )
    newer = add_evidence(
        ws, packed(tmp_path / "new.zip", "down!", "up", edited=True), now=NOW.replace(hour=10)
    )
    assert "1 edited" in newer.to_text()
    assert "decisions D1: “Roll back”" in newer.to_text()
    assert [row["change"] for row in newer.to_dict()["moved"]] == ["edited", "lost support"]
    older = add_evidence(ws, packed(tmp_path / "oldest.zip", "down"), now=NOW.replace(hour=11))
    assert older.drift.empty
    assert ws.load().events["text"].tolist() == ["down!", "up"]


def test_what_tells_of_nothing_that_happened_is_refused_with_the_reason(
    tmp_path: Path, ws: Workspace
) -> None:
    """A list of PagerDuty's users lies beside many an export; it needs no answer, and is no evidence."""
    path = tmp_path / "users.json"
    path.write_text('[{"id": "P1", "self": "https://api.pagerduty.com/users/P1"}]')
    (taken,) = add_evidence(ws, path).files
    assert (taken.status, taken.option) == ("refused", "")
    assert taken.problem == "tells what the account has, and nothing that happened."
    assert taken.hint == "Leave it out; add log entries and incidents."


def test_a_dry_run_says_what_would_move(tmp_path: Path, ws: Workspace) -> None:
    """The drift it foretells is the one that adding brings; until then the incident stays as it is."""
    add_evidence(ws, packed(tmp_path / "old.zip", "down", "up"), now=NOW)
    pmkit.add_row(ws, "decisions", decision="Roll back", event_ids="slack:C1:1793714400.000100")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    newer = packed(tmp_path / "a" / "new.zip", "down!", edited=True)
    other = packed(tmp_path / "b" / "new.zip", "down", "up", "later")
    was = {file: file.read_bytes() for file in ws.path.iterdir() if file.is_file()}
    dry = add_evidence(ws, newer, other, dry_run=True, now=NOW.replace(hour=10))
    assert {file: file.read_bytes() for file in ws.path.iterdir() if file.is_file()} == was
    assert "What would move: 1 new, 1 edited" in dry.to_text()
    assert "what they rest on would move" in dry.to_text()
    real = add_evidence(ws, newer, other, now=NOW.replace(hour=10))
    pd.testing.assert_frame_equal(dry.drift, real.drift)
    assert [row["change"] for row in dry.to_dict()["moved"]] == ["edited", "lost support"]


def test_a_dry_run_says_what_another_reading_would_move(tmp_path: Path, ws: Workspace) -> None:
    """A file that would be read anew, in another zone, is not there twice."""
    table = tmp_path / "notes.csv"
    table.write_text("time,text\n2026-11-03 14:02,down\n")
    add_evidence(ws, table, options={"zone": "UTC"}, now=NOW)
    dry, real = (
        add_evidence(ws, table, options={"zone": "Europe/Lisbon"}, dry_run=dry_run, now=NOW)
        for dry_run in (True, False)
    )
    pd.testing.assert_frame_equal(dry.drift, real.drift)


def test_a_table_that_cannot_be_read_does_not_stop_it(tmp_path: Path, ws: Workspace) -> None:
    """Evidence is added; only what moved is not known then."""
    (ws.path / "actions.csv").write_text("<<<<<<< HEAD\n")
    intake = add_evidence(ws, packed(tmp_path / "a.zip", "down"))
    assert intake.is_whole
    assert intake.drift.empty


def test_refusals_are_told_and_do_not_stop_the_others(tmp_path: Path, ws: Workspace) -> None:
    """A format that does not fit, a path that is not there, a folder that is empty."""
    good, text = packed(tmp_path / "a.zip", "down"), tmp_path / "x.txt"
    text.write_text("hello")
    intake = add_evidence(ws, text, form="slack-export")
    assert [taken.status for taken in intake.files] == ["refused"]
    assert "cannot be opened" in intake.files[0].problem
    (tmp_path / "empty").mkdir()
    for path, words in ((tmp_path / "none", "no such file"), (tmp_path / "empty", "holds no files to add")):
        with pytest.raises(EvidenceError, match=words):
            add_evidence(ws, good, path)
    with pytest.raises(EvidenceError, match="there is no format 'abacus'"):
        add_evidence(ws, good, form="abacus")
    assert ws.evidence().empty


def test_what_evidence_says_is_not_obeyed_by_a_terminal(tmp_path: Path, ws: Workspace) -> None:
    """Escape sequences and line ends in names stand written out; no line is much wider than a terminal."""
    folder = unpacked(tmp_path / "export", "down")
    (folder / "users.json").write_text(
        json.dumps([{"id": "U1", "name": "m\x1b[2Jei\nadded\u202e " + "y" * 99}])
    )
    text = add_evidence(ws, folder).to_text()
    assert "m⟦U+001B⟧[2Jei added⟦U+202E⟧" in text
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("resolved_first", [True, False])
def test_a_resolved_incident_stays_resolved(tmp_path: Path, ws: Workspace, resolved_first: bool) -> None:
    """PagerDuty's own time of change tells which of two states is the later one."""
    incident: dict[str, Any] = {
        "id": "PT4KHLK", "type": "incident", "incident_number": 1234, "title": "Checkout is slow",
        "created_at": "2026-11-03T14:00:00Z", "updated_at": "2026-11-03T14:05:00Z", "urgency": "high",
    }  # fmt: skip
    later = incident | {"updated_at": "2026-11-03T15:00:00+00:00", "resolved_at": "2026-11-03T15:00:00Z"}
    for hour, state in enumerate([later, incident] if resolved_first else [incident, later]):
        path = tmp_path / f"{hour}.json"
        path.write_text(json.dumps({"incident": state}))
        assert add_evidence(ws, path, now=NOW.replace(hour=hour)).is_whole
    (row,) = ws.events().to_dict("records")
    assert "resolved 2026-11-03T15:00:00Z" in row["text"]
    assert set(row["ref"].split(" | ")) == {"evidence/0.json#:0", "evidence/1.json#:0"}


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_adding_does_not_matter(tmp_path: Path, seed: int) -> None:
    """Old and new exports in any order, at any time, give the same events."""
    states = [("down", False), ("down!", True)]
    random.Random(seed).shuffle(states)
    ws = Workspace.create(tmp_path / "inc-1", title="x", severity="P1", now=NOW)
    for hour, (text, edited) in enumerate(states):
        add_evidence(ws, packed(tmp_path / f"{text}.zip", text, edited=edited), now=NOW.replace(hour=hour))
    assert ws.load().events["text"].tolist() == ["down!"]


@pytest.mark.parametrize(("machine", "asked"), [("Asia/Tokyo", "Asia/Tokyo"), ("UTC", ""), ("nowhere/x", "")])
def test_a_zone_is_suggested_only_where_one_is_known(
    tmp_path: Path, toy: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch, machine: str, asked: str
) -> None:
    """Of a team in UTC the machine's own; where that says nothing too, none."""
    monkeypatch.setenv("TZ", machine)
    team = Workspace.create(tmp_path / "inc-2", title="Checkout failed", severity="P1", now=NOW)
    taken = add_evidence(team, toy(tmp_path / "tickets.toy"), now=NOW).files[0]
    suggested = f" `--zone {asked}` if it was this machine's." if asked else ""
    assert taken.hint == f"Say it as `--zone UTC`.{suggested}"
