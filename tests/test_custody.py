"""Custody: whatever is done to a sealed record is named with its file, and nothing is said of a whole one."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pmkit import schema
from pmkit.cache import EventCache
from pmkit.custody import find_tampering, seal_of
from pmkit.errors import WorkspaceError
from pmkit.loaders._frame import to_table
from pmkit.postmortem import Seal
from pmkit.workspace import Workspace

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
# How many records are tampered with, and a quarter as many left alone: 2000 for all that was promised.
TRIALS = int(os.environ.get("PMKIT_TAMPERINGS", "48"))


def export(folder: Path, number: int) -> Path:
    """An unpacked Slack export of two channels."""
    messages = [
        {"type": "message", "ts": f"{1793714400 + 100 * number + n}.000100", "text": f"m{number}.{n}"}
        for n in range(4)
    ]
    for channel, part in (("ops", messages[:2]), ("incident", messages[2:])):
        (folder / channel).mkdir(parents=True)
        (folder / channel / "2026-11-03.json").write_text(json.dumps(part, indent=1))
    channels = [{"id": f"C{number}{n}", "name": name} for n, name in enumerate(("ops", "incident"))]
    (folder / "channels.json").write_text(json.dumps(channels))
    return folder


def packed(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as out:
        for path in sorted(folder.rglob("*.json")):
            out.write(path, path.relative_to(folder).as_posix())
    return target


def pages(target: Path, number: int) -> Path:
    entry = {
        "id": f"R{number}", "type": "trigger_log_entry", "created_at": f"2026-11-03T08:{number:02}:00Z",
        "summary": f"Triggered {number}",
    }  # fmt: skip
    target.write_text(json.dumps({"log_entries": [entry], "more": False}))
    return target


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with packed and unpacked exports, and a timeline of which one row has no evidence."""
    home = tmp_path_factory.mktemp("sealed")
    ws = Workspace.create(home / "inc-1", title="Checkout failed", severity="P1", now=NOW)
    for number in range(1, 5):
        ws.add_evidence(packed(export(home / f"x{number}", number), home / f"x{number}.zip"), now=NOW)
        ws.add_evidence(pages(home / f"pd{number}.json", number), now=NOW)
    for number in (5, 6):
        ws.add_evidence(export(home / f"folder{number}", number), now=NOW)
    rows = [{"event_id": event_id, "included": "yes"} for event_id in ws.events()["event_id"][::3]]
    rows.append(
        {"event_id": "manual:1", "included": "yes", "time": "2026-11-03T08:00:00Z", "summary": "Call"}
    )
    ws.save_table("timeline", schema.conform(pd.DataFrame(rows), schema.TIMELINE), now=NOW)
    ws.save_note("summary", "It failed.", now=NOW)
    return ws.path


@pytest.fixture
def copy(sealed: Path) -> Iterator[Callable[[], Path]]:
    """Copies of the record, in memory where there is such a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - only a place for a temporary folder of its own
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as home:

        def make() -> Path:
            folder = Path(home) / "moved"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(sealed, folder)
            for path in folder.rglob("*"):
                path.chmod(0o755 if path.is_dir() else 0o644)  # as after a checkout
            return folder

        yield make


# What a tamperer does; each returns what must be named.


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "evidence").rglob("*") if path.is_file())


def some_file(folder: Path, rng: random.Random) -> Path:
    return rng.choice(files_of(folder))


def name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def flip(folder: Path, rng: random.Random) -> str:
    path = rng.choice([*files_of(folder), folder / "evidence.csv", folder / "journal.jsonl"])
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return name(folder, path)


def truncate(folder: Path, rng: random.Random) -> str:
    path = rng.choice([*files_of(folder), folder / "evidence.csv", folder / "journal.jsonl"])
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])
    return name(folder, path)


def rename(folder: Path, rng: random.Random) -> str:
    path = rng.choice([some_file(folder, rng), folder / "evidence/folder5"])
    path.rename(path.with_name(f"other{rng.randrange(9)}{path.suffix}"))
    return name(folder, path)


def add(folder: Path, rng: random.Random) -> str:
    path = some_file(folder, rng).with_name(f"new{rng.randrange(9)}.json")
    path.write_bytes(rng.choice([b"", b"[]", some_file(folder, rng).read_bytes()]))
    return name(folder, path)


def delete(folder: Path, rng: random.Random) -> str:
    path = rng.choice([some_file(folder, rng), folder / "evidence/folder5"])
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    return name(folder, path)


def swap(folder: Path, rng: random.Random) -> str:
    one, other = rng.sample(files_of(folder), 2)
    a, b = one.read_bytes(), other.read_bytes()
    one.write_bytes(b)
    other.write_bytes(a)
    return name(folder, one)


def link(folder: Path, rng: random.Random) -> str:
    path = some_file(folder, rng)
    path.rename(folder / "elsewhere")
    path.symlink_to(folder / "elsewhere")
    return name(folder, path)


def forge(folder: Path, rng: random.Random) -> str:
    """Another file, and a row of evidence.csv that fits it."""
    path = rng.choice([path for path in files_of(folder) if path.parent.name == "evidence"])
    path = path if path.suffix != ".sha256" else folder / "evidence/x1.zip"
    path.write_bytes(path.read_bytes() + b" ")
    rows = schema.read_csv((folder / "evidence.csv").read_text(), schema.EVIDENCE)
    here = rows["path"] == name(folder, path)
    rows.loc[here, ["sha256", "bytes"]] = [hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size]
    (folder / "evidence.csv").write_text(schema.to_csv(rows, schema.EVIDENCE))
    return name(folder, path)


def edit_row(folder: Path, rng: random.Random) -> str:
    """Another zone shifts times without touching a file."""
    rows = schema.read_csv((folder / "evidence.csv").read_text(), schema.EVIDENCE)
    column = rng.choice(["zone", "options", "note", "added_by", "format"])
    rows.loc[rng.randrange(len(rows)), column] = "{}" if column == "options" else "Europe/Lisbon"
    (folder / "evidence.csv").write_text(schema.to_csv(rows, schema.EVIDENCE))
    return "evidence.csv"


def cut_tail(folder: Path, rng: random.Random) -> str:
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: rng.randrange(len(lines))]))
    return "journal.jsonl"


def chained(lines: list[dict[str, Any]]) -> bytes:
    data, previous = b"", ""
    for line in lines:
        text = json.dumps({**line, "prev": previous}, ensure_ascii=False).encode()
        previous = hashlib.sha256(text).hexdigest()
        data += text + b"\n"
    return data


def rechain(folder: Path, rng: random.Random) -> str:
    """All of it anew: file, row and journal fit each other."""
    forged = forge(folder, rng)
    path = folder / "journal.jsonl"
    rows = schema.read_csv((folder / "evidence.csv").read_text(), schema.EVIDENCE).set_index("path")
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    for line in lines:
        if line["did"] == "add" and line["row"]["path"] == forged:
            line["row"] |= {"sha256": rows.loc[forged, "sha256"], "bytes": str(rows.loc[forged, "bytes"])}
    saved = [line for line in lines if line["file"] == "evidence.csv"]
    saved[-1]["sha256"] = hashlib.sha256((folder / "evidence.csv").read_bytes()).hexdigest()
    path.write_bytes(chained(lines))
    return "journal.jsonl"


def edit_line(folder: Path, rng: random.Random) -> str:
    path = folder / "journal.jsonl"
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    rng.choice(lines)["by"] = "somebody else"
    path.write_bytes(rng.choice([chained, plain])(lines))
    return "journal.jsonl"


def plain(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


TAMPERINGS = (flip, truncate, rename, add, delete, swap, link, forge, edit_row, cut_tail, rechain, edit_line)


def test_every_tampering_is_named_with_its_file(sealed: Path, copy: Callable[[], Path]) -> None:
    """Flips, cuts, swaps, forgeries: with a head that was kept elsewhere, not one goes unseen."""
    head, unseen = seal_of(sealed).head, []
    for trial in range(TRIALS):
        folder, rng = copy(), random.Random(trial)
        tamper = TAMPERINGS[trial % len(TAMPERINGS)]
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        expected = tamper(folder, rng)
        if before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}:
            continue  # two alike were swapped
        named = [" ".join(problem) for problem in find_tampering(folder, {head: "kept"})]
        if not any(expected in words for words in named):
            unseen.append((trial, tamper.__name__, expected, named))
    assert unseen == []


@pytest.mark.slow
def test_a_record_that_is_whole_raises_nothing(sealed: Path, copy: Callable[[], Path]) -> None:
    """Moved, checked out anew, saved on, its cache gone or old: no false alarm."""
    head = seal_of(sealed).head
    for trial in range(TRIALS // 4):
        folder, rng = copy(), random.Random(trial)
        if rng.random() < 0.3:
            shutil.rmtree(folder / ".cache")
        if rng.random() < 0.3:
            Workspace.open(folder).save_note("lessons", f"{trial}", now=NOW)
        for path in files_of(folder) if rng.random() < 0.3 else ():
            os.utime(path, (rng.randrange(10**9), rng.randrange(10**9)))
        if rng.random() < 0.3:
            (folder / "evidence" / ".x.zip.123.tmp").write_text("somebody is adding")
        assert Workspace.open(folder).verify(head=head).to_numpy().tolist() == []


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (lambda f: (f / "evidence/x1.zip").write_bytes(b"PK"), "was cut short: 2 of "),
        (lambda f: (f / "evidence/x1.zip").write_bytes(bytes(9999)), "was changed and has grown: from "),
        (lambda f: (f / "evidence/x1.zip").rename(f / "evidence/y.zip"), "its bytes are in evidence/y.zip"),
        (lambda f: shutil.copy(f / "evidence/x2.zip", f / "evidence/x1.zip"), "the bytes of evidence/x2.zip"),
        (lambda f: (f / "evidence/x1.zip").unlink(), "is missing"),
        (lambda f: (f / "evidence/z").mkdir(), "was never added"),
        (
            lambda f: (f / "evidence/folder5/ops/2026-11-03.json").write_text("[]"),
            "evidence/folder5/ops/2026-11-03.json was cut short: 2 of ",
        ),
        (
            lambda f: (f / "evidence/folder5/ops/1.json").write_text("[]"),
            "evidence/folder5/ops/1.json was never added",
        ),
        (lambda f: shutil.rmtree(f / "evidence/folder5/ops"), "folder5/ops/2026-11-03.json is missing"),
        (
            lambda f: shutil.copy(
                f / "evidence/folder5/ops/2026-11-03.json", f / "evidence/folder5/incident/2026-11-03.json"
            ),
            "incident/2026-11-03.json was swapped: it holds the bytes of ops/2026-11-03.json",
        ),
        (lambda f: (f / "evidence/folder5.sha256").write_text(""), "evidence/folder5.sha256 was changed"),
        (lambda f: (f / "evidence.csv").unlink(), "evidence.csv is missing"),
        (lambda f: (f / "journal.jsonl").unlink(), "journal.jsonl is missing"),
        (
            lambda f: (f / "evidence.csv").write_text((f / "evidence.csv").read_text().replace("\n", "\r\n")),
            "evidence.csv was written by something else than pmkit; its cells are the same",
        ),
    ],
)
def test_the_kind_of_change_is_told(
    copy: Callable[[], Path], tamper: Callable[[Path], object], words: str
) -> None:
    """Cut, grown, renamed, swapped, missing, never added: in words, for files and for files in folders."""
    folder = copy()
    tamper(folder)
    problems = [" ".join(problem) for problem in find_tampering(folder)]
    assert any(words in problem for problem in problems), problems


def test_what_cannot_be_read_is_told_too(copy: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without rights, names no file can bear, a journal of brackets: problems, not tracebacks."""
    folder = copy()
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes() + b"[" * 100_000 + b"\n")
    listed = folder / "evidence.csv"
    listed.write_text(listed.read_text() + f"evidence/{'x' * 300},slack,,,,0,1,,,,,,,\n")
    refused = folder / "evidence/x1.zip"
    opened = Path.open

    def refuse(self: Path, *args: Any, **said: Any) -> Any:
        if self == refused:
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **said)

    monkeypatch.setattr(Path, "open", refuse)
    problems = dict(find_tampering(folder))
    assert problems["evidence/x1.zip"] == "cannot be read: Permission denied"
    assert problems[f"evidence/{'x' * 300}"] == "is missing"
    assert "journal.jsonl" in problems
    assert not Workspace.open(folder).verify().empty


def test_a_listing_is_what_sha256sum_writes(sealed: Path) -> None:
    """Anybody can check an unpacked export without pmkit."""
    listing = (sealed / "evidence/folder5.sha256").read_text()
    for line in listing.splitlines():
        digest, path = line.split("  ")
        assert hashlib.sha256((sealed / "evidence/folder5" / path).read_bytes()).hexdigest() == digest
    row = Workspace.open(sealed).evidence().set_index("path").loc["evidence/folder5"]
    assert hashlib.sha256(listing.encode()).hexdigest() == row["sha256"]


def test_a_forger_of_everything_is_seen_by_a_published_head_alone(
    sealed: Path, copy: Callable[[], Path]
) -> None:
    """Without a head nothing shows, and that is said; a report in the folder or `head` shows it."""
    seal, folder = seal_of(sealed), copy()
    rechain(folder, random.Random(0))
    audit = Workspace.open(folder).audit()
    assert audit.problems.empty
    assert "No published head to hold it against" in audit.to_text()
    report = folder / "report" / "report.html"
    report.parent.mkdir()
    report.write_text(f"<div><dt>Journal head</dt><dd>{seal.head}<span>line 9</span></dd></div>")
    ((path, problem),) = Workspace.open(folder).verify().to_numpy().tolist()
    assert path == "journal.jsonl"
    assert "of report/report.html: its end was cut, or it was written anew" in problem
    report.unlink()
    assert len(Workspace.open(folder).verify(head=seal.head[:16])) == 1
    for head in ("x", seal.head[:15], seal.head.upper(), "٣" * 64):
        with pytest.raises(WorkspaceError, match="is no head of a journal"):
            Workspace.open(folder).verify(head=head)


def test_rows_of_the_timeline_lead_to_their_records(copy: Callable[[], Path]) -> None:
    """Each is read anew from its file; one that people wrote has no evidence, and says so."""
    ws = Workspace.open(copy())
    trace = ws.audit().trace
    assert trace["finding"].value_counts().to_dict() == {"recorded": len(trace) - 1, "no evidence": 1}
    assert trace.loc[trace["finding"] == "no evidence", "event_id"].tolist() == ["manual:1"]
    assert trace.loc[trace["finding"] == "recorded", "ref"].str.startswith("evidence/").all()
    assert trace["is_sound"].all()
    assert len(trace) == len(ws.load().timeline)
    sheet, first = ws.table("timeline"), trace.loc[trace["finding"] == "recorded", "event_id"].iloc[0]
    sheet.loc[sheet["event_id"] == first, "time"] = pd.Timestamp("2026-11-03T07:00Z")
    lost = schema.conform(pd.DataFrame([{"event_id": "slack:C9:1.0", "included": "yes"}]), schema.TIMELINE)
    ws.save_table("timeline", pd.concat([sheet, lost], ignore_index=True), now=NOW)
    audit = ws.audit()
    found = audit.trace.set_index("event_id")["finding"]
    assert found[first] == "time corrected"
    assert found["slack:C9:1.0"] == "record gone"
    assert audit.problems.to_numpy().tolist() == [["timeline.csv", "slack:C9:1.0: record gone"]]


def test_a_forged_cache_is_seen(copy: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that is whole and tells another text convinces the timeline, but not `verify`."""
    ws = Workspace.open(copy())
    assert ws.verify().empty
    read = EventCache.read

    def forged(self: EventCache, key: str) -> Any:
        table = read(self, key)
        return table and to_table(table.to_pandas().assign(text="nothing happened"))

    monkeypatch.setattr(EventCache, "read", forged)
    assert ws.verify().to_numpy().tolist()[0] == [
        ".cache", "tells other events than the evidence does; delete this folder",
    ]  # fmt: skip
    assert "record differs" in set(ws.audit().trace["finding"])


def test_a_record_without_a_journal_has_no_seal(tmp_path: Path) -> None:
    """Nothing to publish, and no error."""
    assert seal_of(tmp_path) == Seal()
    (tmp_path / "evidence.csv").write_bytes(b"x")
    assert seal_of(tmp_path) == Seal(evidence=hashlib.sha256(b"x").hexdigest())
