"""What the files were before each save: kept by digest, told in a few words, found again for an undo.

It lies in `.history/` of the incident folder, which git leaves alone and anybody may delete: then nothing can
be undone any more, and nothing else is lost. Evidence is never changed, and so never kept here.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from pmkit import schema
from pmkit.custody import JOURNAL, read_lines
from pmkit.disk import digest_of_bytes
from pmkit.errors import PmkitError, WorkspaceError
from pmkit.postmortem import no_journal
from pmkit.template import NOTES

FACTS: Final = "incident.toml"
# The files that people edit, and whose saves can be undone.
FILES: Final = (
    *(f"{name}.csv" for name in schema.WORKSHEETS),
    *(f"notes/{name}.md" for name in NOTES),
    FACTS,
)

LIMIT: Final = 64 * 2**20  # bytes as they lie on the disk; what was kept longest ago goes first
_LARGEST: Final = 256 * 2**20  # bytes of one file; what claims to be larger is no table of people
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Save(NamedTuple):
    """One line of the journal that tells of a save: its number, when, by whom, and the file's digests."""

    line: int
    at: datetime | None
    by: str
    did: str
    file: str
    was: str
    sha256: str
    back_to: int | None = None  # the line whose state it restored, where it is an undo


class Target(NamedTuple):
    """What a file shall be again: as it was after a line, 0 for before the first."""

    file: str
    line: int
    sha256: str
    last: Save  # the last save of the file: what it has to be now


class History:
    """The folder with the earlier contents."""

    def __init__(self, place: Path, *, limit: int = LIMIT) -> None:
        self.place = place
        self._limit = limit

    def keep(self, data: bytes) -> None:
        """Keep what a file holds. Not brought to the disk at once: what a crash tears reads as not kept."""
        path = self.place / digest_of_bytes(data)
        if self.read(path.name) is not None:
            os.utime(path)
            return
        if not self.place.exists():
            self.place.mkdir(parents=True)
            (self.place / ".gitignore").write_bytes(b"*\n")
        fresh = self.place / f".{path.name}.tmp"
        try:
            fresh.write_bytes(zlib.compress(data))
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        if path.name.startswith("0"):  # now and then, so that a save does not count the whole folder
            self._prune()

    def read(self, digest: str) -> bytes | None:
        """What had that digest; None where it was not kept, is gone, or is damaged."""
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            data = zlib.decompressobj().decompress((self.place / digest).read_bytes(), _LARGEST)
        except (OSError, zlib.error):
            return None
        return data if digest_of_bytes(data) == digest else None

    def _prune(self) -> None:
        kept = [(stat.st_mtime, stat.st_size, path) for path in self.place.iterdir() if (stat := path.stat())]
        room = self._limit
        for _, size, path in sorted(kept, reverse=True):
            room -= size
            if room < 0 and path.name != ".gitignore":
                path.unlink(missing_ok=True)


# Saves, as the journal tells them


def list_saves(folder: Path) -> list[Save]:
    """Every save of a file that people edit, oldest first."""
    saves = []
    for number, said in read_lines(folder):
        if said.get("file") in FILES:
            at = None
            with suppress(ValueError, OverflowError):
                told = datetime.fromisoformat(str(said.get("at")))
                at = told.astimezone(UTC) if told.tzinfo else None
            by, did, file, was, sha256 = (
                str(said.get(name, "")) for name in ("by", "did", "file", "was", "sha256")
            )
            back_to = said.get("back_to") if isinstance(said.get("back_to"), int) else None
            saves.append(Save(number, at, by, did, file, was, sha256, back_to))
    return saves


def read_journal(folder: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Who saved what when, and the digest of each file then; `verify` tells of lines that cannot be read."""
    journal = folder / JOURNAL
    lines = journal.read_bytes().splitlines() if journal.exists() else []
    rows, digests = [], {}
    for line in lines:
        with suppress(ValueError, TypeError, KeyError):
            told = json.loads(line)
            row = {name: str(told[name]) for name in ("by", "did", "file")}
            rows.append({"at": pd.Timestamp(told["at"]), **row})
            digests[row["file"]] = str(told.get("sha256", ""))
    return pd.DataFrame(rows).astype(no_journal().dtypes) if rows else no_journal(), digests


def find_file(name: str) -> str:
    """The file that people mean: `questions`, `questions.csv`, or its path. Raises `WorkspaceError`."""
    path = name.replace(os.sep, "/")
    found = [file for file in FILES if path == file or path.endswith(f"/{file}")]
    found = found or [file for file in FILES if path in (Path(file).name, Path(file).stem)]
    if len(found) == 1:
        return found[0]
    if found:
        raise WorkspaceError(f"{name!r} may be {' or '.join(found)}; say which")
    if path.endswith("evidence.csv") or "evidence/" in path:
        raise WorkspaceError(f"{name}: evidence is never changed, so there is nothing to undo")
    raise WorkspaceError(f"{name!r} is no file that pmkit saves; these are {', '.join(FILES)}")


def find_targets(
    saves: Sequence[Save], digests: Mapping[str, str], *, file: str = "", to: int | datetime | None = None
) -> list[Target]:
    """What each file shall be again: as before the last save, or as after a line or at a time.

    `digests` tells what the files are now. Files that are so already are left out. Raises `WorkspaceError`
    where there is nothing to undo.
    """
    done = [
        save
        for save in _happened(saves, digests)
        if file in ("", save.file) and save.did != "create"  # before it there was no incident
    ]
    if not done:
        raise WorkspaceError(
            f"{file or 'the incident'}: the journal tells of no save; there is nothing to undo"
        )
    if to is None:
        return [Target(done[-1].file, done[-1].line - 1, done[-1].was, done[-1])]
    line = to if isinstance(to, int) else max((save.line for save in done if _is_until(save, to)), default=0)
    if line >= done[-1].line:
        raise WorkspaceError(f"nothing was saved since; the last save is line {done[-1].line} of the journal")
    targets = []
    for name in dict.fromkeys(save.file for save in done):
        own = [save for save in done if save.file == name]
        earlier = [save for save in own if save.line <= line]
        digest = earlier[-1].sha256 if earlier else own[0].was
        if digest != digests[name]:
            targets.append(Target(name, line, digest, own[-1]))
    return targets


def _happened(saves: Iterable[Save], digests: Mapping[str, str]) -> list[Save]:
    """Without those at the end of a file's saves that were stopped before the file was written."""
    happened: list[Save] = []
    whole: set[str] = set()  # files of which a save that happened is found
    for save in reversed(list(saves)):
        if save.file in whole or not save.was == digests[save.file] != save.sha256:
            whole.add(save.file)
            happened.append(save)
    return happened[::-1]


def _is_until(save: Save, moment: datetime) -> bool:
    return save.at is not None and save.at <= moment


# What a save changed


def describe_change(file: str, before: bytes | None, after: bytes | None) -> str:
    """In a few words what a save changed; None stands for what is not kept."""
    if before is None or after is None:
        return "what it was is not kept"
    try:
        old, new = before.decode("utf-8-sig"), after.decode("utf-8-sig")
        if file == FACTS:
            return _changed_keys(tomllib.loads(old), tomllib.loads(new))
        if file.startswith("notes/"):
            return _counted(Counter(old.splitlines()), Counter(new.splitlines()), "line")
        return _changed_rows(schema.WORKSHEETS[file.removesuffix(".csv")], old, new)
    except (ValueError, PmkitError):
        return "cannot be compared, one of both cannot be read"


def _changed_rows(table: schema.Table, old: str, new: str) -> str:
    was, now = (_rows_by_key(text, table) for text in (old, new))
    added, removed = (sum(key not in other for key in one) for one, other in ((now, was), (was, now)))
    changed = sum(key in was and was[key] != row for key, row in now.items())
    return _phrase(added, removed, changed, "row")


def _rows_by_key(text: str, table: schema.Table) -> dict[tuple[str, ...], dict[str, str]]:
    frame = schema.read_csv(text, table)
    texts = {name: schema.cell_texts(frame[name]) for name in frame.columns}
    rows = [dict(zip(texts, cells, strict=True)) for cells in zip(*texts.values(), strict=True)]
    # A column that a save added, all empty, is no change of the rows.
    return {
        tuple(row[key] for key in table.key): {name: text for name, text in row.items() if text}
        for row in rows
    }


def _changed_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return f"{', '.join(keys)} changed" if keys else "nothing but its layout changed"


def _counted(old: Counter[str], new: Counter[str], noun: str) -> str:
    return _phrase((new - old).total(), (old - new).total(), 0, noun)


def _phrase(added: int, removed: int, changed: int, noun: str) -> str:
    counts = {"added": added, "removed": removed, "changed": changed}
    told = [f"{count:,} {did}" for did, count in counts.items() if count]
    if not told:
        return "nothing but its layout changed"
    number, _, rest = told[0].partition(" ")
    return ", ".join([f"{number} {noun}{'' if number == '1' else 's'} {rest}", *told[1:]])
