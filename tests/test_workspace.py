"""The incident folder: what is saved stays saved, what others saved is never overwritten."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pmkit.workspace
from pmkit import schema
from pmkit.errors import ConflictError, EvidenceError, PmkitError, SchemaError, TemplateError, WorkspaceError
from pmkit.template import NOTES, load_template
from pmkit.workspace import Workspace

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new workspace, to be copied: making one waits for the disk some forty times."""
    return create(tmp_path_factory.mktemp("incidents") / "2026-11-03-checkout").path


@pytest.fixture
def ws(tmp_path: Path, made: Path) -> Workspace:
    return Workspace.open(shutil.copytree(made, tmp_path / made.name))


@pytest.fixture
def quick_ws(made: Path) -> Iterator[Workspace]:
    """A workspace in memory where there is such a disk: a killed program needs no slow one to be tested."""
    memory = Path("/dev/shm")  # noqa: S108 - only a place for a temporary folder of its own
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Workspace.open(shutil.copytree(made, Path(folder) / made.name))


def create(path: Path, **said: Any) -> Workspace:
    return Workspace.create(path, **{"title": "Checkout failed", "severity": "P1", "now": NOW, **said})


def questions(*ids: str, question: str = "Why?") -> pd.DataFrame:
    rows = [{"question_id": name, "question": question} for name in ids]
    return schema.conform(pd.DataFrame(rows), schema.QUESTIONS)


def journal(ws: Workspace) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ws.path / "journal.jsonl").read_text().splitlines()]


def slack_folder(folder: Path, *texts: str) -> Path:
    """An unpacked Slack export with a message for each text."""
    day = folder / "ops" / "2026-11-03.json"
    day.parent.mkdir(parents=True)
    messages = [
        {"type": "message", "ts": f"{1793714400 + n}.000100", "user": "U1", "text": text}
        for n, text in enumerate(texts)
    ]
    day.write_text(json.dumps(messages))
    (folder / "channels.json").write_text(json.dumps([{"id": "C1", "name": "ops"}]))
    (folder / "users.json").write_text(json.dumps([{"id": "U1", "name": "mei"}]))
    return folder


def slack_zip(folder: Path, *texts: str, name: str = "export.zip") -> Path:
    root = slack_folder(folder / f"{name}.unpacked", *texts)
    with zipfile.ZipFile(folder / name, "w") as out:
        for path in sorted(root.rglob("*.json")):
            out.write(path, path.relative_to(root).as_posix())
    shutil.rmtree(root)
    return folder / name


# Making and opening


@pytest.mark.parametrize("template", ["saas", "ecommerce", "fintech", "healthcare"])
def test_a_new_workspace_is_complete(tmp_path: Path, template: str) -> None:
    """Facts, roles, channels, milestones, tasks, RACI and prompts stand there, and all of it loads."""
    plan = load_template(template)
    ws = create(
        tmp_path / "x",
        template=template,
        services=["api", "web"],
        timezone="Europe/Lisbon",
        people={"Scribe": "Mei"},
    )
    pm = ws.load()
    i = pm.incident
    assert (i.id, i.title, i.severity, i.services) == ("x", "Checkout failed", "P1", ("api", "web"))
    assert (i.template, i.timezone, i.owner, i.opened_at) == (template, "Europe/Lisbon", plan.owner, NOW)
    assert i.roles == plan.roles
    assert i.person("Scribe") == "Mei"
    assert [c.name for c in i.channels] == [c.name for c in plan.channels]
    assert [m.name for m in i.milestones] == [m.name for m in plan.milestones]
    assert pm.tasks["task"].tolist() == [t.task for t in sorted(plan.tasks, key=lambda t: t.task_id)]
    assert pm.tasks["due_on"].min() == pd.Timestamp("2026-11-05")
    assert len(pm.raci) == sum(len(parts) for parts in plan.raci.values())
    assert set(pm.notes.values()) == {""}
    assert all(
        f"<!-- {plan.prompts[note]} -->" in (ws.path / f"notes/{note}.md").read_text() for note in NOTES
    )
    assert len(pm.events) == len(pm.timeline) == len(pm.evidence) == 0
    assert ws.verify().empty
    assert repr(pm) == "<Postmortem x: Checkout failed · 0 events, 0 on the timeline>"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(st.characters(exclude_categories=["Cs"]), min_size=1), person=st.text(max_size=9))
def test_names_survive_whatever_their_letters(
    tmp_path_factory: pytest.TempPathFactory, title: str, person: str
) -> None:
    """Quotes, newlines and control characters in a title or a name come back from incident.toml as given."""
    path = tmp_path_factory.mktemp("incident") / "x"
    create(path, title=title, people={"Scribe": person})
    incident = Workspace.open(path).incident
    assert (incident.title, incident.person("Scribe")) == (title, person)


HOSTILE_NAMES = (
    "..", "CON", "con", "nul.txt", "COM1", "lpt9.log", "aux", "prn.csv", "INC-1.", ".hidden", "-rf", "_x",
    "a b",
    "a\nb", "a\tb", "a:b", "a\\b", "a*b", "a|b", 'a"b', "a<b", "naïve", "日本", "٣", "a" * 65, "x\u202e",
    "a;b", "$x",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_unsafe_folder_names_are_refused(tmp_path: Path, name: str) -> None:
    """Names that Windows, a shell or another program would read as something else make no folder."""
    path = tmp_path / "inner" / name if name != ".." else Path(tmp_path.anchor)
    with pytest.raises(WorkspaceError, match="cannot name an incident folder"):
        create(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["2026-11-03-checkout", "INC-1", "a", "9", "console", "com10", "a.b_c-d", "a" * 64]
)
def test_plain_folder_names_are_fine(tmp_path: Path, name: str) -> None:
    """Letters, digits, dot, dash and underscore."""
    assert create(tmp_path / name).incident.id == name


def test_an_existing_folder_is_never_taken_over(tmp_path: Path, ws: Workspace) -> None:
    """A folder with anything in it, or a file of that name, is left as it is."""
    before = {path: path.read_bytes() for path in ws.path.rglob("*") if path.is_file()}
    with pytest.raises(WorkspaceError, match="not empty"):
        create(ws.path)
    assert before == {path: path.read_bytes() for path in ws.path.rglob("*") if path.is_file()}
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WorkspaceError, match="file: "):
        create(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    create(tmp_path / "empty")


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"people": {"Boss": "Mei"}}, WorkspaceError, "no role `Boss`; the roles are Incident Commander"),
        ({"template": "sass"}, TemplateError, "no template `sass`"),
        ({"timezone": "Mars/Olympus"}, WorkspaceError, "'Mars/Olympus' is not a time zone"),
        ({"timezone": ""}, WorkspaceError, "'' is not a time zone"),
    ],
)
def test_what_does_not_fit_makes_no_folder(
    tmp_path: Path, said: dict[str, Any], error: type[PmkitError], words: str
) -> None:
    """An unknown role, template or zone is refused before anything is written."""
    with pytest.raises(error, match=words.replace("(", r"\(")):
        create(tmp_path / "x", **said)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_facts_is_no_workspace(tmp_path: Path) -> None:
    """`open` says how to make one."""
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(
            WorkspaceError, match=r"no `incident\.toml` here; make a workspace with `pmkit new`"
        ):
            Workspace.open(path)


# Round trips


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


# Two people


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


def forked(script: str, *arguments: object, timeout: int = 60) -> str:
    """What a Python program of its own prints; it imports the workspace once and may fork."""
    head = "import os, sys\nfrom pmkit.workspace import Workspace\n"
    done = subprocess.run(
        [sys.executable, "-c", head + script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_somebody_who_never_stops_saving_is_named(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the wait for the lock an error says so."""
    import filelock

    def refuse(lock: object, *args: object, **said: object) -> None:
        raise filelock.Timeout("x")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.raises(WorkspaceError, match="somebody else has been saving"):
        ws.save_note("summary", "x")


# The journal


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


# Evidence


def test_evidence_is_copied_counted_and_never_changed(tmp_path: Path, ws: Workspace) -> None:
    """The copy has the same bytes, may not be written, and its row says what was found in it."""
    file = slack_zip(tmp_path, "down", "up")
    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_mode)
    row = ws.add_evidence(file, note="first", by="Mei", now=NOW).iloc[0]
    copy = ws.path / "evidence/export.zip"
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_mode) == before
    assert copy.read_bytes() == before[0]
    assert copy.stat().st_mode & 0o777 == 0o444
    assert (row["path"], row["source"], row["bytes"]) == ("evidence/export.zip", "slack", len(before[0]))
    assert row["sha256"] == hashlib.sha256(before[0]).hexdigest()
    assert (row["records_loaded"], row["records_unreadable"], row["added_by"]) == (2, 0, "Mei")
    assert row["note"].startswith("first")
    assert (row["added_at"], row["first_at"]) == (
        NOW,
        pd.Timestamp(1793714400.0001, unit="s", tz="UTC").round("us"),
    )
    pm = Workspace.open(ws.path).load()
    assert pm.events["text"].tolist() == ["down", "up"]
    assert pm.events["ref"].str.startswith("evidence/export.zip#").all()
    assert pm.evidence.loc[0, "sha256"] == row["sha256"]
    assert copy.read_bytes() == before[0]
    assert ws.verify().empty


def test_evidence_may_be_a_folder(tmp_path: Path, ws: Workspace) -> None:
    """An unpacked export is copied whole, with one digest over names and contents."""
    folder = slack_folder(tmp_path / "export", "down")
    row = ws.add_evidence(folder).iloc[0]
    assert row["path"] == "evidence/export"
    assert ws.load().events["text"].tolist() == ["down"]
    copies = [path for path in (ws.path / "evidence/export").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in copies} == {0o444}
    assert row["bytes"] == sum(path.stat().st_size for path in copies)
    assert ws.verify().empty
    day = ws.path / "evidence/export/ops/2026-11-03.json"
    day.rename(day.with_name("2026-11-04.json"))
    assert ws.verify().to_numpy().tolist() == [
        ["evidence/export/ops/2026-11-03.json", "was renamed: its bytes are in ops/2026-11-04.json"]
    ]


def test_the_same_evidence_is_added_once(tmp_path: Path, ws: Workspace) -> None:
    """A twin is refused whatever its name; another file of the same name gets a number."""
    one, other = slack_zip(tmp_path, "down"), slack_zip(tmp_path, "up", name="other.zip")
    ws.add_evidence(one)
    with pytest.raises(EvidenceError, match=r"was added before, as evidence/export\.zip"):
        ws.add_evidence(shutil.copy(one, tmp_path / "copy.zip"))
    (tmp_path / "again").mkdir()
    assert (
        ws.add_evidence(shutil.move(other, tmp_path / "again/export.zip"))["path"][0]
        == "evidence/export-2.zip"
    )
    # A name that is listed is not given away, though its file is gone.
    (ws.path / "evidence/export-2.zip").unlink()
    third = slack_zip(tmp_path / "again", "third")
    assert ws.add_evidence(third)["path"][0] == "evidence/export-3.zip"
    assert sorted(path.name for path in (ws.path / "evidence").iterdir()) == ["export-3.zip", "export.zip"]


def test_a_file_put_into_the_folder_by_hand_is_taken_as_it_is(tmp_path: Path, ws: Workspace) -> None:
    """No second copy is made; once it is listed it must not change."""
    file = shutil.move(slack_zip(tmp_path, "down"), ws.path / "evidence/export.zip")
    assert ws.verify()["problem"].tolist() == ["was never added"]
    assert ws.add_evidence(file)["path"][0] == "evidence/export.zip"
    assert ws.verify().empty
    assert len(list((ws.path / "evidence").iterdir())) == 1
    Path(file).chmod(0o644)
    shutil.copy(slack_zip(tmp_path, "other", name="b.zip"), file)
    with pytest.raises(EvidenceError, match="has changed since it was added"):
        ws.add_evidence(file)
    assert Path(file).exists()


TWO_ADDERS = """
from pmkit.errors import EvidenceError
def add(who):
    ws = Workspace.open(sys.argv[1])
    for name in ("shared", who):
        try:
            ws.add_evidence(f"{sys.argv[2]}/{name}.zip")
        except EvidenceError as error:
            assert "added" in str(error) and name == "shared", error
    os._exit(0)

people = []
for who in "abc":
    pid = os.fork()
    if pid == 0:
        add(who)
    people.append(pid)
print([os.waitpid(pid, 0)[1] for pid in people])
"""


@pytest.mark.slow
def test_several_may_add_at_once(tmp_path: Path, quick_ws: Workspace) -> None:
    """Each file is there once with its row, the shared one too, and nothing is left of those who lost."""
    for name in ("shared", "a", "b", "c"):
        slack_zip(tmp_path, name, name=f"{name}.zip")
    assert forked(TWO_ADDERS, quick_ws.path, tmp_path) == "[0, 0, 0]\n"
    assert len(quick_ws.evidence()) == 4
    assert len(quick_ws.events()) == 1  # the same message in all four
    assert quick_ws.verify().empty
    assert len(list((quick_ws.path / "evidence").iterdir())) == 4


@pytest.mark.parametrize(
    "name", ["a b (1).zip", "-x.zip", "...zip", "naïve.zip", "x;rm -rf.zip", "CON .zip", "a\nb.zip"]
)
def test_evidence_gets_a_plain_name(tmp_path: Path, ws: Workspace, name: str) -> None:
    """Blanks and signs in a file's name become dashes; it stays in the folder."""
    file = slack_zip(tmp_path, "down", name="plain.zip").rename(tmp_path / name)
    path = ws.add_evidence(file)["path"][0]
    assert (ws.path / path).parent == ws.path / "evidence"
    assert set(path) & set(" ;()\n") == set()
    assert Workspace.open(ws.path).load().events["text"].tolist() == ["down"]


def test_what_cannot_be_used_is_not_kept(
    tmp_path: Path, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing and unknown files, links inside a folder, a failure half way: nothing is left behind."""
    (tmp_path / "x.bin").write_bytes(b"\0")
    folder = slack_folder(tmp_path / "linked", "down")
    (folder / "ops" / "2026-11-04.json").symlink_to("/etc/hostname")
    with pytest.raises(EvidenceError, match="there is no such file"):
        ws.add_evidence(tmp_path / "none.zip")
    with pytest.raises(EvidenceError, match="no loader knows"):
        ws.add_evidence(tmp_path / "x.bin")
    with pytest.raises(EvidenceError, match="there is no format 'abacus'"):
        ws.add_evidence(tmp_path / "x.bin", form="abacus")
    with pytest.raises(EvidenceError, match="is a link"):
        ws.add_evidence(folder)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pmkit.workspace, "load_evidence", fail)
    with pytest.raises(KeyboardInterrupt):
        ws.add_evidence(slack_zip(tmp_path, "down"))
    assert list((ws.path / "evidence").iterdir()) == []
    assert ws.evidence().empty
    assert ws.verify().empty


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


def test_records_of_two_exports_are_not_doubled(tmp_path: Path, ws: Workspace) -> None:
    """Of a message in two exports the one taken later speaks, though it was added first."""
    ws.add_evidence(slack_zip(tmp_path, "down (edited)", "up", name="later.zip"), now=NOW)
    ws.add_evidence(slack_zip(tmp_path, "down"), now=NOW.replace(hour=10))
    assert ws.load().events["text"].tolist() == ["down (edited)", "up"]


# What was derived before


def test_a_second_opening_derives_nothing_anew(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events come from the cache, to the last cell as they were derived; without the cache they are again."""
    first = Workspace.open(sample).events()
    with monkeypatch.context() as patch:
        patch.setattr(pmkit.workspace, "load_evidence", lambda *_, **__: pytest.fail("was loaded again"))
        second = Workspace.open(sample).load().events
    pd.testing.assert_frame_equal(second, first)
    pd.testing.assert_frame_equal(Workspace.open(sample).events(cached=False), first)
    shutil.rmtree(sample / ".cache")
    pd.testing.assert_frame_equal(Workspace.open(sample).events(), first)


def test_what_is_said_of_a_file_derives_it_anew(tmp_path: Path, ws: Workspace) -> None:
    """Another zone, format or other bytes, and the cache is not asked for the old ones."""
    table = tmp_path / "notes.csv"
    table.write_text("time,text\n2026-11-03 14:02,down\n")
    ws.add_evidence(table, form="table", options={"zone": "UTC"})
    assert ws.events()["time"].tolist() == [pd.Timestamp("2026-11-03T14:02Z")]
    listed = ws.path / "evidence.csv"
    listed.write_text(listed.read_text().replace(",UTC,", ",Europe/Amsterdam,"))
    assert ws.events()["time"].tolist() == [pd.Timestamp("2026-11-03T13:02Z")]
    copy = ws.path / "evidence/notes.csv"
    copy.chmod(0o644)
    copy.write_text("time,text\n2026-11-03 14:02,  up\n")
    assert ws.events()["text"].tolist() == ["up"]
    assert len(list((ws.path / ".cache/events").iterdir())) == 1
    assert set(ws.verify()["path"]) == {"evidence.csv", "evidence/notes.csv"}


SHARED_CACHE = """
import shutil
def read():
    ws = Workspace.open(sys.argv[1])
    for n in range(12):
        if n % 3 == 0:
            shutil.rmtree(ws.path / ".cache", ignore_errors=True)
        assert ws.events()["text"].tolist() == ["down", "up"], n
        assert ws.events(ws.evidence().iloc[:0]).empty
    os._exit(0)

people = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        read()
    people.append(pid)
print([os.waitpid(pid, 0)[1] for pid in people])
"""


@pytest.mark.slow
def test_programs_share_a_cache(tmp_path: Path, quick_ws: Workspace) -> None:
    """Three write and delete it at once: nobody reads a half."""
    quick_ws.add_evidence(slack_zip(tmp_path, "down", "up"))
    assert forked(SHARED_CACHE, quick_ws.path) == "[0, 0, 0]\n"


def test_evidence_is_kept_from_line_ends_of_git(ws: Workspace) -> None:
    """A checkout on Windows does not change what the digests stand for."""
    attributes = (ws.path / ".gitattributes").read_text().splitlines()
    assert attributes == [
        "evidence/** -text",
        "evidence.csv -text",
        "journal.jsonl -text",
        "ledger.jsonl -text merge=union",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "../outside.zip", "/etc/hostname", "evidence/../../outside.zip", "evidence/..", "notes/summary.md",
        "evidence/link.zip", "evidence/a\x00b", "",
    ],
)  # fmt: skip
def test_evidence_outside_the_folder_is_never_read(tmp_path: Path, ws: Workspace, path: str) -> None:
    """A path in evidence.csv that leads elsewhere, directly or over a link, is refused."""
    outside = slack_zip(tmp_path, "secret", name="outside.zip")
    (ws.path / "evidence/link.zip").symlink_to(outside)
    row = {"path": path, "source": "slack", "sha256": "0", "bytes": 1}
    csv = schema.to_csv(pd.DataFrame([row]), schema.EVIDENCE)
    (ws.path / "evidence.csv").write_text(csv)
    with pytest.raises(PmkitError, match=r"evidence\.csv"):
        ws.load()
    problems = ws.verify()
    assert "evidence.csv" in set(problems["path"])
    assert "secret" not in str(problems)


# Edits by hand


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


# What the system refuses; crashes and full disks are in `test_reliability.py`


def test_a_folder_that_may_not_be_written_is_explained(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing rights are an error of pmkit, not a traceback."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pmkit.workspace.tempfile, "mkstemp", refuse)
    with pytest.raises(WorkspaceError, match=r"summary\.md: Permission denied"):
        ws.save_note("summary", "x")


def test_a_container_without_users_can_save(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody is logged in the journal says `unknown`."""

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(pmkit.workspace.getpass, "getuser", nobody)
    ws.save_note("summary", "x")
    assert journal(ws)[-1]["by"] == "unknown"
