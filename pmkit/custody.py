"""What shows that nothing changed: the journal's chain, and the evidence beside what the journal tells of it.

Each line of `journal.jsonl` carries the digest of the line before, so that its last digest, the head, stands
for all of it; the line that adds a file holds that file's row of `evidence.csv`. Whoever can write the folder
can write all of this anew: that is seen for certain only by a head kept elsewhere, as in a published report.

`ledger.jsonl`, of what was asked of outside systems, is chained alike. Two branches of it may be merged, line
by line, so a line carries the digests of all lines before it that no other follows yet.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from pmkit import schema
from pmkit.disk import (
    digest_of,
    digest_of_bytes,
    explained,
    is_leftover,
    read_digests,
    read_text,
    size_of,
    sync_folder,
    walk_files,
)
from pmkit.errors import PmkitError, WorkspaceError
from pmkit.postmortem import Seal
from pmkit.preview import printable
from pmkit.timeline import find_orphans

JOURNAL: Final = "journal.jsonl"
LEDGER: Final = "ledger.jsonl"
EVIDENCE: Final = "evidence.csv"

Problem = tuple[str, str]  # a file, and what is the matter with it
_Row = Mapping[str, str]  # of `evidence.csv`, cell by cell as text

_HEAD: Final = re.compile(r"[0-9a-f]{16,64}", re.ASCII)
# As reports write `pmkit.tables.facts_seal`. Text of the evidence is escaped there, and forges none.
_PUBLISHED: Final = {
    "report.html": re.compile(r"<dt>Journal head</dt><dd>(?:<code>)?([0-9a-f]{64})", re.ASCII),
    "report.ipynb": re.compile(r'"label": "Journal head",[^{}]*"text": "([0-9a-f]{64})"', re.ASCII),
}


class _Line(NamedTuple):
    """One line of the journal: its number, its digest, and what it says."""

    number: int
    digest: str
    said: dict[str, Any]


@dataclass(frozen=True)
class Audit:
    """What was found when a record was held against its evidence.

    `problems` has a row for each thing that changed: `path`, `problem`. `trace` is of `trace_rows`. `files`
    is how many files of evidence are listed, `heads` against how many published heads the journal was held.
    """

    problems: pd.DataFrame
    trace: pd.DataFrame
    seal: Seal
    files: int
    heads: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for programs."""
        seal = asdict(self.seal) | {"at": self.seal.at and self.seal.at.isoformat()}
        tables = {name: getattr(self, name).to_dict("records") for name in ("problems", "trace")}
        return {**tables, "seal": seal, "files": self.files, "heads": self.heads}

    def to_text(self) -> str:
        """A few lines, for people."""
        lines = [printable(f"{row['path']}: {row['problem']}") for row in self.problems.to_dict("records")]
        lines += [] if lines else [f"Nothing changed in {_count(self.files, 'file')} of evidence."]
        counts = self.trace["finding"].value_counts(sort=False)
        found = [f"{count:,} {_FINDINGS[finding]}" for finding, count in counts.items()]
        lines.append(
            f"timeline: {_count(len(self.trace), 'row')}" + (f"; {', '.join(found)}" if found else "")
        )
        lines.append(f"journal: {_count(self.seal.lines, 'line')}, head {self.seal.head or 'none'}")
        if not self.heads:
            lines.append("No published head to hold it against: a journal written anew would not be seen.")
        return "\n".join(lines)


class _Piece(NamedTuple):
    """A file of the evidence, or the folder of an export, as it was when it was added.

    `row` is its row of `evidence.csv`, `listing` names the list of a folder's digests.
    """

    row: _Row
    listing: str = ""

    @property
    def path(self) -> str:
        return self.row["path"]

    @property
    def sha256(self) -> str:
        return self.row.get("sha256", "")

    @property
    def size(self) -> int:
        return int(size) if (size := self.row.get("bytes", "")).isdecimal() else 0


_FINDINGS: Final = {
    "recorded": "lead to their record",
    "time corrected": "to one whose time people corrected",
    "no evidence": "have no evidence, people wrote them",
    "record gone": "lead to nothing",
    "record differs": "lead to a record that says something else",
}

# The journal


def append_line(folder: Path, said: Mapping[str, Any], *, file: str = JOURNAL) -> None:
    """Add a line to the journal (or the ledger), on the disk at once; what a crash left of a line is cut."""
    path = folder / file
    with explained(path):
        is_new = not path.exists()
        lines = b"" if is_new else path.read_bytes()
        whole = lines[: lines.rfind(b"\n") + 1]
        line = {**said, "prev": _last(whole) if file == JOURNAL else _open_ends(whole)}
        with path.open("wb" if is_new else "r+b") as out:
            out.truncate(len(whole))
            out.seek(len(whole))
            out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        if is_new:
            sync_folder(folder)


def tag_key(folder: Path) -> bytes:
    """What keys the tags of masked values: as private as the folder, and the same for whoever has it.

    It comes from the journal's first line, which no report prints, with its time to the microsecond; a folder
    without a journal has its facts instead.
    """
    path = folder / JOURNAL
    with explained(path):
        first = path.read_bytes().partition(b"\n")[0] if path.exists() else b""
        first = first or (folder / "incident.toml").read_bytes()
    return hashlib.sha256(b"pmkit redaction tags\0" + first).digest()


def whole_size(folder: Path) -> int:
    """How many bytes of the journal are whole lines."""
    path = folder / JOURNAL
    with explained(path):
        return path.read_bytes().rfind(b"\n") + 1 if path.exists() else 0


def cut_lines(folder: Path, size: int) -> None:
    """Take back what was added to the journal since it had that size: the save it tells of did not happen."""
    path = folder / JOURNAL
    with suppress(OSError):  # where even this is refused, `verify` tells of the line
        if path.stat().st_size > size:
            with path.open("r+b") as out:
                out.truncate(size)
                os.fsync(out.fileno())


def read_lines(folder: Path) -> list[tuple[int, dict[str, Any]]]:
    """What each line of the journal says, with its number; nothing of one that cannot be read."""
    return [(line.number, line.said) for line in _read_journal(folder)[0]]


def seal_of(folder: Path) -> Seal:
    """The digests to publish with a report."""
    lines, _ = _read_journal(folder)
    path = folder / EVIDENCE
    evidence = digest_of(path) if path.exists() else ""
    if not lines:
        return Seal(evidence=evidence)
    at = None
    with suppress(ValueError):
        at = datetime.fromisoformat(str(lines[-1].said.get("at")))
    return Seal(lines[-1].digest, len(lines), at, evidence)


def added_names(folder: Path) -> set[str]:
    """Every name that was ever given to something in `evidence/`, whether it is there still or not."""
    pieces = _pieces_told(_read_journal(folder)[0])
    paths = [path for piece in pieces for path in (piece.path, piece.listing) if path]
    return {path.removeprefix("evidence/") for path in paths}


def lies_in_evidence(folder: Path, path: str) -> bool:
    """Whether a path of `evidence.csv` leads into `evidence/`, links followed; nothing else is read."""
    root = folder.resolve()
    inside = path.isprintable() and (root / path).resolve().is_relative_to(root / "evidence")
    return inside and path.startswith("evidence/")


def published_heads(folder: Path, head: str = "") -> dict[str, str]:
    """The head that was given, and those that the reports in `report/` give, each with where.

    Raises `WorkspaceError` where what was given can be none: its 64 letters, or at least the first 16.
    """
    if head and not _HEAD.fullmatch(head):
        raise WorkspaceError(f"{head!r} is no head of a journal; it has 64 letters and figures, 0-9 and a-f")
    heads = {head: "that was given"} if head else {}
    for name, form in _PUBLISHED.items():
        path = folder / "report" / name
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        heads = dict.fromkeys(form.findall(text), f"of report/{name}") | heads
    return heads


def _read_journal(folder: Path) -> tuple[list[_Line], list[str]]:
    """The lines of the journal, and where its chain is broken."""
    path = folder / JOURNAL
    if not path.exists():
        return [], ["is missing"]
    with explained(path):
        *raw, torn = path.read_bytes().split(b"\n")
    lines: list[_Line] = []
    problems: list[str] = []
    for number, data in enumerate(raw, start=1):
        said = _said(data)
        previous = lines[-1].digest if lines else ""
        if not isinstance(said, dict) or said.get("prev") != previous:
            problems.append(f"line {number} does not follow from the line before it")
        lines.append(_Line(number, digest_of_bytes(data), said if isinstance(said, dict) else {}))
    if torn:
        problems.append("the last line is not whole: a save was stopped; the next one will cut it")
    return lines, problems


def _said(data: bytes) -> Any:
    """What a line says; None for one that cannot be read."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _last(whole: bytes) -> str:
    """The digest of the last line, "" where there is none."""
    previous = whole[:-1].rpartition(b"\n")[2]
    return digest_of_bytes(previous) if previous else ""


def _open_ends(whole: bytes) -> str | list[str]:
    """The digests of the lines that none follows: one, unless branches were merged."""
    ends: dict[str, None] = {}
    for data in whole.splitlines():
        for end in _named(data) or list(ends):  # a line of old follows the one before it
            ends.pop(end, None)
        ends[digest_of_bytes(data)] = None
    return [*ends] if len(ends) > 1 else next(iter(ends), "")


def _named(line: bytes) -> list[str]:
    """The digests that a line of the ledger follows; they stand at its end, and no text has bare quotes."""
    tail = line.rpartition(b'"prev": ')[2]
    prev = _said(tail[:-1]) if tail != line else None
    return [str(each) for each in prev] if isinstance(prev, list) else [prev] if isinstance(prev, str) else []


def _broken_ledger(folder: Path) -> Iterator[str]:
    """Where the chain of the ledger is broken; it may begin with lines from before there was a chain."""
    path = folder / LEDGER
    if not path.exists():
        return
    with explained(path):
        *raw, torn = path.read_bytes().split(b"\n")
    known, is_chained = {""}, False
    for number, data in enumerate(raw, start=1):
        ends = _named(data)
        if not (ends or is_chained):
            pass
        elif not ends or not known.issuperset(ends):
            yield f"line {number} does not follow from the lines before it: one was changed or taken out"
        is_chained = is_chained or bool(ends)
        known.add(digest_of_bytes(data))
    if torn:
        yield "the last line is not whole: a push was stopped; the next one will cut it"


def _pieces_told(lines: Iterable[_Line]) -> list[_Piece]:
    pieces = []
    for line in lines:
        row = line.said.get("row")
        if (
            line.said.get("did") in ("add", "read anew")
            and isinstance(row, dict)
            and isinstance(row.get("path"), str)
        ):
            cells = {str(name): str(cell) for name, cell in row.items()}
            pieces.append(_Piece(cells, str(line.said.get("listing", ""))))
    return pieces


# What changed


def find_tampering(folder: Path, heads: Mapping[str, str] | None = None) -> list[Problem]:
    """What changed in the evidence since it was added: each file with the kind of change.

    `heads` are heads of the journal that were published, or their beginnings, each with where.
    """
    lines, broken = _read_journal(folder)
    told = _pieces_told(lines)
    # What a file is was told first, how it is read last.
    pieces = {piece.path: piece for piece in reversed(told)}
    rows = {piece.path: piece.row for piece in told}
    listed, unread = _read_listed(folder)
    problems = [(JOURNAL, problem) for problem in (*broken, *_lost_heads(lines, heads or {}))]
    problems += [(JOURNAL, problem) for problem in _told_otherwise(told, pieces)]
    problems += [(JOURNAL, problem) for problem in _stopped_saves(folder, lines)]
    problems += [(LEDGER, problem) for problem in _broken_ledger(folder)]
    if unread:
        problems.append((EVIDENCE, unread))
    else:
        problems += [(EVIDENCE, problem) for problem in _changed_rows(folder, lines, rows, listed)]
    everything = {path: _Piece(row) for path, row in listed.items()} | pieces
    readable = [piece for path, piece in everything.items() if lies_in_evidence(folder, path)]
    return [*problems, *_changed_files(folder, readable)]


def trace_rows(worksheet: pd.DataFrame, timeline: pd.DataFrame, read: pd.DataFrame) -> pd.DataFrame:
    """Whether each row of the timeline leads to a record that still says so.

    `read` are the events as their files give them now. One row per row of the timeline, and per chosen event
    that is on it no more: `event_id`, `ref`, `is_sound`, and `finding`: `recorded`, `time corrected` (by
    people), `no evidence` (people wrote it, and it says so), `record gone` or `record differs`.
    """
    rows = timeline[["event_id", "time", "text", "ref"]].merge(
        read[["event_id", "time", "text", "ref"]], on="event_id", how="left", suffixes=("", "_read")
    )
    orphans = find_orphans(read, worksheet[worksheet["included"]])[["event_id"]]
    rows = pd.concat([rows, orphans.assign(ref="")], ignore_index=True)
    set_by_people = rows["event_id"].isin(worksheet.loc[worksheet["time"].notna(), "event_id"])
    is_manual = rows["event_id"].str.startswith("manual:") & rows["ref_read"].isna()
    is_lost = rows["ref_read"].isna() & ~is_manual
    same_time = (rows["time"] == rows["time_read"]) | set_by_people
    differs = ~is_lost & ~is_manual & ~(same_time & (rows["text"] == rows["text_read"]))
    finding = pd.Series("recorded", index=rows.index, dtype="str")
    finding[set_by_people] = "time corrected"
    finding[is_manual] = "no evidence"
    finding[is_lost] = "record gone"
    finding[differs] = "record differs"
    found = {"event_id": rows["event_id"], "ref": rows["ref"], "finding": finding}
    return pd.DataFrame({**found, "is_sound": ~(is_lost | differs)})


def no_trace() -> pd.DataFrame:
    """What `trace_rows` finds where there is no timeline."""
    types = {"event_id": "str", "ref": "str", "finding": "str", "is_sound": "bool"}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in types.items()})


def _lost_heads(lines: Iterable[_Line], heads: Mapping[str, str]) -> Iterator[str]:
    digests = [line.digest for line in lines]
    for head, where in heads.items():
        if not any(digest.startswith(head) for digest in digests):
            yield f"holds no line with the head {head[:16]}… {where}: its end was cut, or it was written anew"


def _told_otherwise(told: Iterable[_Piece], first: Mapping[str, _Piece]) -> Iterator[str]:
    for piece in told:
        if piece.sha256 != first[piece.path].sha256:
            yield f"tells of two different files that were added as {piece.path}"


def _stopped_saves(folder: Path, lines: Iterable[_Line]) -> Iterator[str]:
    """The last save of a file, where the file is still what it was before."""
    root = folder.resolve()
    last = {str(line.said["file"]): line for line in lines if line.said.get("file")}
    for name, line in last.items():
        was, digest = line.said.get("was"), line.said.get("sha256")
        path = root / name if name.isprintable() else root
        inside = path.resolve().is_relative_to(root) and not path.is_dir()
        if inside and was != digest and _digest(path) == was:
            yield (
                f"line {line.number} tells of a save of {name}, and the file is what it was before: the save "
                "was stopped, or the file was put back; save it again"
            )


def _read_listed(folder: Path) -> tuple[dict[str, _Row], str]:
    """The rows of `evidence.csv` by path; or why it cannot be read."""
    path = folder / EVIDENCE
    if not path.exists():
        return {}, "is missing"
    try:
        frame = schema.read_csv(read_text(path), schema.EVIDENCE, where=EVIDENCE)
    except PmkitError as error:
        return {}, f"cannot be read: {error}"
    texts = {name: schema.cell_texts(frame[name]) for name in schema.EVIDENCE.column_names}
    rows = [dict(zip(texts, cells, strict=True)) for cells in zip(*texts.values(), strict=True)]
    return {row["path"]: row for row in rows}, ""


def _changed_rows(
    folder: Path, lines: Iterable[_Line], told: Mapping[str, _Row], listed: Mapping[str, _Row]
) -> Iterator[str]:
    """How `evidence.csv` differs from what the journal tells."""
    differences = [
        problem
        for path in dict.fromkeys([*told, *listed])
        for problem in _changed_row(path, told.get(path), listed.get(path))
    ]
    yield from differences
    saved = [line.said.get("sha256") for line in lines if line.said.get("file") == EVIDENCE]
    if not differences and saved and digest_of(folder / EVIDENCE) != saved[-1]:
        yield "was written by something else than pmkit; its cells are the same"


def _changed_row(path: str, told: _Row | None, listed: _Row | None) -> Iterator[str]:
    if told is None:
        yield f"lists {path!r}, and the journal does not tell that it was added"
    elif listed is None:
        yield f"does not list {path}, and the journal tells that it was added"
    else:
        for name in schema.EVIDENCE.column_names:
            was, now = told.get(name, ""), listed.get(name, "")
            if was != now:
                yield f"{path}, `{name}`: was {was!r} in the journal, is {now!r}"


def _changed_files(folder: Path, pieces: list[_Piece]) -> Iterator[Problem]:
    place = folder / "evidence"
    there = sorted(path for path in place.iterdir() if not is_leftover(path)) if place.exists() else []
    known = {path for piece in pieces for path in (piece.path, piece.listing)}
    strangers = {name: path for path in there if (name := f"evidence/{path.name}") not in known}
    digests = {name: _digest(path) for name, path in strangers.items()}
    for piece in pieces:
        try:
            if os.path.lexists(folder / piece.path):
                yield from _changed_piece(folder, piece, pieces)
                continue
        except OSError as error:
            yield piece.path, f"cannot be read: {error.strerror or error}"
            continue
        new = next((name for name, digest in digests.items() if digest == piece.sha256), None)
        yield piece.path, f"was renamed: its bytes are in {new}" if new else "is missing"
        digests.pop(new or "", None)
    yield from ((name, "was never added") for name in digests)


def _changed_piece(folder: Path, piece: _Piece, pieces: Iterable[_Piece]) -> Iterator[Problem]:
    path = folder / piece.path
    links = [link for link in (walk_files(path) if path.is_dir() else [path]) if link.is_symlink()]
    if links:
        yield _name(folder, links[0]), "is a link to another place now"
        return
    digest = digest_of(path)
    listing = folder / piece.listing
    if piece.listing and _digest(listing) != piece.sha256:
        yield piece.listing, "was changed" if listing.exists() else "is missing"
        # Where it was only put into another place, it still tells what the folder held.
        listing = next(
            (file for file in walk_files(folder / "evidence") if _digest(file) == piece.sha256), listing
        )
    if digest == piece.sha256:
        return
    owner = next((other.path for other in pieces if other.sha256 == digest), None)
    if owner:
        yield piece.path, f"was swapped: it holds the bytes of {owner}"
    elif path.is_dir() and _digest(listing) == piece.sha256:
        yield from _changed_inside(folder, piece, listing)
    else:
        yield piece.path, _changed_words(piece.size, size_of(path))


def _changed_inside(folder: Path, piece: _Piece, listing: Path) -> Iterator[Problem]:
    """Which files of an export's folder changed."""
    path = folder / piece.path
    was = read_digests(listing.read_bytes())
    now = {file.relative_to(path).as_posix(): digest_of(file) for file in walk_files(path)}
    gone = [name for name in was if name not in now]
    new = {name: digest for name, digest in now.items() if name not in was}
    changed = [name for name in was if name in now and was[name] != now[name]]
    for name in gone:
        twin = next((other for other, digest in new.items() if digest == was[name]), None)
        yield f"{piece.path}/{name}", f"was renamed: its bytes are in {twin}" if twin else "is missing"
        new.pop(twin or "", None)
    yield from ((f"{piece.path}/{name}", "was never added") for name in new)
    for name in changed:
        owner = next((other for other in was if was[other] == now[name]), None)
        size = (path / name).stat().st_size
        # Only sizes of whole folders are kept: what one file lost is known when it alone changed.
        before = size + piece.size - size_of(path) if len(changed) == 1 and not gone and not new else None
        words = f"was swapped: it holds the bytes of {owner}" if owner else _changed_words(before, size)
        yield f"{piece.path}/{name}", words


def _changed_words(was: int | None, now: int) -> str:
    if was is None:
        return "was changed"
    if now < was:
        return f"was cut short: {now:,} of {was:,} bytes are left"
    if now > was:
        return f"was changed and has grown: from {was:,} to {now:,} bytes"
    return f"was changed: some of its {now:,} bytes are others"


def _digest(path: Path) -> str:
    """Its digest, or "" for what cannot be read or is a link."""
    if path.is_symlink() or not path.exists():
        return ""
    try:
        return digest_of(path)
    except OSError:
        return ""


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
