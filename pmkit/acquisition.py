"""One raw file is taken in: copied, loaded once, listed in `evidence.csv`, and told by the journal."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pmkit import schema
from pmkit.custody import added_names
from pmkit.disk import (
    copy_durably,
    digest_of,
    explained,
    free_name,
    list_digests,
    protect,
    remove,
    size_of,
    write_durably,
)
from pmkit.errors import EvidenceError
from pmkit.evidence import Evidence, as_evidence, format_of, options_of
from pmkit.folder import Folder, user_name
from pmkit.loaders import find_unread, format_named, load_evidence, recognise
from pmkit.loaders._fetch_log import fetched_verdict
from pmkit.loaders._format import Format


class Addition(NamedTuple):
    """A file that was taken in: its row of `evidence.csv`, its events, and whether it was there before.

    `events` is None for a file that was there before and is read as it was.
    """

    row: pd.DataFrame
    events: pd.DataFrame | None
    is_known: bool = False


class _Reading(NamedTuple):
    """How a file is read, and who adds it."""

    form: Format
    options: dict[str, object]
    note: str
    by: str
    now: datetime
    is_said: bool = False  # the format: people said it, or else the content tells it


class Acquisition:
    """Takes raw files into the `evidence` of a `folder`."""

    def __init__(self, folder: Folder, evidence: Evidence) -> None:
        self._folder = folder
        self._evidence = evidence

    def take_in(
        self,
        path: str | Path,
        *,
        form: str | None,
        told: Format | None,
        options: Mapping[str, object] | None,
        without: Collection[Path],
        note: str,
        dry_run: bool,
        by: str | None,
        now: datetime | None,
    ) -> Addition:
        """As `Workspace.take_in` tells."""
        original = Path(path)
        if not original.exists():
            raise EvidenceError(original, "", "there is no such file.", "Check the path.")
        told = format_named(original, form) if form else told or recognise(original)
        if told is None:
            raise EvidenceError(
                original,
                "",
                "no loader knows what it is.",
                "Say what it is with `--as`; `pmkit add --help` lists the formats.",
            )
        reading = _Reading(
            told,
            dict(options or {}),
            note,
            by or user_name(),
            now or datetime.now(UTC),
            is_said=form is not None,
        )
        if dry_run:
            return self._look_at(original, reading, without)
        with self._folder.locked():
            target, twin = self._place_for(original, without)
            if twin is None and target != original:
                self._copy(original, target, without)
        if twin is not None:
            return self._read_anew(twin, reading)
        listing = _listing_of(target) if target.is_dir() else None
        try:
            # Nobody waits for the lock while a large file is read.
            if listing:
                write_durably(listing, list_digests(target))
            events = load_evidence(target, told.name, **reading.options)
            row = self._evidence_row(target, events, reading)
            with self._folder.locked():
                self._list(row, reading, listing)
        except BaseException:
            remove(*filter(None, [listing, target if target != original else None]))
            raise
        protect(*filter(None, [target, listing]))
        return self._kept(row, events, reading)

    def note(self, path: str, note: str, *, by: str | None, now: datetime | None) -> None:
        """As `Workspace.note_evidence` tells."""
        with self._folder.locked():
            row = (evidence := self._evidence.rows())[evidence["path"] == path]
            if row.empty:
                raise EvidenceError(self._folder.path / path, "", "is not in evidence.csv.")
            told = row.iloc[0].to_dict()
            file = self._evidence.file_of(told)
            form = format_named(file, format_of(file, told))
            reading = _Reading(form, {}, note, by or user_name(), now or datetime.now(UTC))
            self._list(row.assign(note=note), reading)

    def _look_at(self, original: Path, reading: _Reading, without: Collection[Path]) -> Addition:
        target, twin = self._place_for(original, without)
        if twin is not None:
            return self._read_anew(twin, reading, dry_run=True)
        with tempfile.TemporaryDirectory() as aside:
            seen = original
            if without:
                seen = Path(aside) / original.name
                copy_durably(original, seen, without=without)
            events = load_evidence(seen, reading.form.name, **reading.options)
            row = self._evidence_row(seen, events, reading)
        row["path"] = f"evidence/{target.name}"
        return Addition(row, events)

    def _place_for(self, original: Path, without: Collection[Path]) -> tuple[Path, pd.DataFrame | None]:
        """Where a file will lie; and the row of its twin, if it was added before."""
        evidence = self._evidence.rows()
        with explained(original):
            digest = digest_of(original, without=without)
        twins = evidence[evidence["sha256"] == digest]
        if len(twins):
            return self._folder.path / twins["path"].iloc[0], twins.head(1)
        folder = self._folder.path / "evidence"
        if original.resolve().parent == folder.resolve():
            if f"evidence/{original.name}" in set(evidence["path"]):
                raise EvidenceError(original, "", "has changed since it was added.", "Put it back as it was.")
            return original, None
        taken = added_names(self._folder.path) | set(evidence["path"].str.removeprefix("evidence/"))
        beside = _listing_of(original).suffix if original.is_dir() else ""
        return free_name(folder, original.name, taken=taken, beside=beside), None

    def _copy(self, original: Path, target: Path, without: Collection[Path]) -> None:
        try:
            copy_durably(original, target, without=without)
        except BaseException:
            remove(target)
            raise

    def _read_anew(self, twin: pd.DataFrame, reading: _Reading, *, dry_run: bool = False) -> Addition:
        """Read a file that was added before with what is said of it now, if that is anything new."""
        old = twin.iloc[0].to_dict()
        file = self._evidence.file_of(old)
        form, said = format_named(file, format_of(file, old)), options_of(file, old)
        note = reading.note or _own_words(old["note"], form, file)
        new = reading.form if reading.is_said else form
        options = {name: value for name, value in (said | reading.options).items() if name in new.options}
        if (new.name, options) == (form.name, said):
            return Addition(twin, None, is_known=True)
        reading = reading._replace(form=new, options=options, note=note)
        events = load_evidence(file, reading.form.name, **reading.options)
        row = self._evidence_row(file, events, reading).assign(**twin[["added_at", "added_by"]].iloc[0])
        if dry_run:
            return Addition(row, events, is_known=True)
        with self._folder.locked():
            self._list(row, reading)
        return self._kept(row, events, reading)._replace(is_known=True)

    def _evidence_row(self, path: Path, events: pd.DataFrame, reading: _Reading) -> pd.DataFrame:
        unreadable = int((events["kind"] == "unreadable").sum())
        said = _said_of_itself(path, reading.form)
        notes = [text for text in (reading.note, *said, "" if len(events) else reading.form.if_empty) if text]
        others = {name: value for name, value in reading.options.items() if name != "zone"}
        row = {
            "path": f"evidence/{path.name}",
            "source": reading.form.source,
            "format": reading.form.name,
            "zone": reading.options.get("zone", ""),
            "options": json.dumps(others, ensure_ascii=False) if others else "",
            "sha256": digest_of(path),
            "bytes": size_of(path),
            "added_at": pd.Timestamp(reading.now),
            "added_by": reading.by,
            "records_loaded": len(events) - unreadable,
            "records_unreadable": unreadable,
            "first_at": events["time"].min(),
            "last_at": events["time"].max(),
            "note": "; ".join(notes),
        }
        return schema.conform(pd.DataFrame([row]), schema.EVIDENCE)

    def _list(self, row: pd.DataFrame, reading: _Reading, listing: Path | None = None) -> None:
        """Put the row into `evidence.csv`; the journal keeps it too, so that nobody edits it unseen."""
        evidence = self._evidence.rows()
        known = evidence["path"].isin(row["path"])
        twins = evidence.loc[evidence["sha256"].isin(row["sha256"]) & ~known, "path"]
        if len(twins):  # somebody was quicker
            raise EvidenceError(
                self._folder.path, "", f"the same file was added meanwhile, as {twins.iloc[0]}."
            )
        rows = pd.concat([evidence[~known], row], ignore_index=True) if len(evidence) else row
        cells = {name: schema.cell_texts(row[name])[0] for name in schema.EVIDENCE.column_names}
        more: dict[str, object] = {"row": {name: cell for name, cell in cells.items() if cell}}
        more |= {"listing": f"evidence/{listing.name}"} if listing else {}
        data = schema.to_csv(rows, schema.EVIDENCE).encode()
        did = "read anew" if known.any() else "add"
        self._folder.write("evidence.csv", data, did=did, more=more, by=reading.by, now=reading.now)

    def _kept(self, row: pd.DataFrame, events: pd.DataFrame, reading: _Reading) -> Addition:
        """What was derived goes into the cache, so that nothing is loaded twice."""
        events = as_evidence(events)
        self._evidence.keep(row.iloc[0].to_dict(), events, form=reading.form.name, options=reading.options)
        return Addition(row, events)


def planned_evidence(additions: Sequence[Addition]) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """The row and the events of each addition by its path, where files of one name are told apart."""
    planned: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
    for addition in additions:
        if addition.events is None:
            continue
        told = Path(addition.row["path"].iloc[0])
        path = told.as_posix()
        if path in planned:
            path = free_name(told.parent, told.name, taken=[Path(name).name for name in planned]).as_posix()
        refs = addition.events["ref"].str.replace(r"(^| \| )[^#]*#", rf"\1{Path(path).name}#", regex=True)
        events = as_evidence(addition.events.assign(ref=refs))
        planned[path] = (addition.row.assign(path=path), events)
    return planned


def _own_words(note: str, form: Format, file: Path) -> str:
    """What people wrote into a note, without what the file itself says there."""
    for sentence in (form.if_empty, *reversed(_said_of_itself(file, form))):
        note = note.removesuffix(sentence).removesuffix("; ")
    return note


def _said_of_itself(file: Path, form: Format) -> list[str]:
    """What the file shows to be missing, and what of it is not read."""
    verdict = fetched_verdict(file)
    return [form.find_incompleteness(file) if verdict is None else verdict, find_unread(file, form)]


def _listing_of(folder: Path) -> Path:
    """Where the digests of a folder's files are listed, as `sha256sum` writes and checks them."""
    return folder.with_name(f"{folder.name}.sha256")
