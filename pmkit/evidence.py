"""The raw files of an incident as events: what `evidence.csv` lists, each loaded once and then cached."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from pmkit import schema
from pmkit.cache import EventCache
from pmkit.clocks import correct_times
from pmkit.custody import lies_in_evidence
from pmkit.disk import explained, read_text
from pmkit.errors import EvidenceError, WorkspaceError
from pmkit.loaders import load_evidence, recognise
from pmkit.loaders._frame import to_frame, to_table
from pmkit.loaders._merge import merge_events


class Evidence:
    """The raw files in the incident folder `path`, and what is listed of them; nothing of it is changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cache = EventCache(path / ".cache")

    def rows(self) -> pd.DataFrame:
        """What raw files there are: one row per file, as in `pmkit.schema.EVIDENCE`."""
        path = self.path / "evidence.csv"
        if not path.exists():
            return schema.empty(schema.EVIDENCE)
        rows = schema.read_csv(read_text(path), schema.EVIDENCE, where=str(path))
        for name in rows["path"]:
            if not lies_in_evidence(self.path, name):
                raise WorkspaceError(f"{path}: {name!r} does not lie in `evidence/`; nothing else is read")
        return rows

    def events(self, rows: pd.DataFrame, *, cached: bool = True) -> pd.DataFrame:
        """Every record of the files of `rows`, as `Workspace.events` tells."""
        derive = self._cached if cached else self._derived
        return self._corrected(derive(_in_order_added(rows)))

    def events_with(
        self, rows: pd.DataFrame, planned: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]]
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Rows and events, as if files that are only planned were there too: each by path, row and events."""
        kept = rows[~rows["path"].isin(planned)]
        evidence = pd.concat([kept, *(row for row, _ in planned.values())], ignore_index=True)
        there = [row for row in _in_order_added(evidence) if row["path"] not in planned]
        derived = dict(
            zip(
                (row["path"] for row in there),
                self._derive_missing(there, [self._key_of(row) for row in there]),
                strict=True,
            )
        ) | {path: to_table(events) for path, (_, events) in planned.items()}
        merged = merge_events([derived[row["path"]] for row in _in_order_added(evidence)])
        return evidence, self._corrected(merged)

    def file_of(self, row: Mapping[str, Any]) -> Path:
        """Where the file of a row lies. Raises `EvidenceError` when it is missing."""
        file = self.path / str(row["path"])
        with explained(file):
            is_there = file.exists()
        if not is_there:
            raise EvidenceError(file, "", "is listed in evidence.csv but missing.", "Put it back as it was.")
        return file

    def keep(
        self, row: Mapping[str, Any], events: pd.DataFrame, *, form: str, options: Mapping[str, object]
    ) -> None:
        """What was derived from a file goes into the cache, so that nothing is loaded twice."""
        key = self._key(self.path / row["path"], row["sha256"], form, options)
        self._cache.write(key, to_table(events))

    def _corrected(self, events: pd.DataFrame) -> pd.DataFrame:
        """The events with the times of clocks that are off corrected."""
        corrected = correct_times(events, self._clocks())
        if corrected["time"].equals(events["time"]):
            return corrected
        return corrected.sort_values("time", kind="stable", ignore_index=True)

    def _clocks(self) -> pd.DataFrame:
        """As `Workspace.table("clocks")`, but not as something that somebody has looked at."""
        path = self.path / "clocks.csv"
        if not path.exists():
            return schema.empty(schema.CLOCKS)
        return schema.read_csv(read_text(path), schema.CLOCKS, where=str(path))

    def _cached(self, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
        """The events of all files, from the cache where they are there."""
        keys = [self._key_of(row) for row in rows]
        whole = self._cache.key_of("", files=keys) if len(keys) > 1 else ""
        table = self._cache.read(whole) if whole else None
        if table is not None:
            return to_frame(table)
        events = merge_events(self._derive_missing(rows, keys))
        if whole:
            self._cache.write(whole, to_table(events))
        self._cache.keep_only({*keys, whole})
        return events

    def _derive_missing(self, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[pa.Table]:
        tables = []
        for row, key in zip(rows, keys, strict=True):
            table = self._cache.read(key)
            if table is None:
                table = self._derive(row)
                self._cache.write(key, table)
            tables.append(table)
        return tables

    def _derived(self, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
        return merge_events([self._derive(row) for row in rows])

    def _derive(self, row: Mapping[str, Any]) -> pa.Table:
        """The events of one file."""
        file = self.file_of(row)
        events = load_evidence(file, format_of(file, row), **options_of(file, row))
        return to_table(as_evidence(events))

    def _key_of(self, row: Mapping[str, Any]) -> str:
        file = self.file_of(row)
        return self._key(file, self._cache.digest_of(file), format_of(file, row), options_of(file, row))

    def _key(self, file: Path, digest: str, form: str, options: Mapping[str, object]) -> str:
        return self._cache.key_of(digest, name=file.name, format=form, options=options)


def as_evidence(events: pd.DataFrame) -> pd.DataFrame:
    """The events of a file with its place in the incident."""
    # A record that stands in the file more than once names every copy, ` | ` between them.
    return events.assign(ref="evidence/" + events["ref"].str.replace(" | ", " | evidence/", regex=False))


def format_of(file: Path, row: Mapping[str, Any]) -> str:
    """The format of a file as its row of `evidence.csv` names it, or as the content tells."""
    if row["format"]:
        return str(row["format"])
    told = recognise(file)
    if told is None or told.source != row["source"]:
        problem = f"evidence.csv says `{row['source']}` and no format, and the content does not tell which."
        raise EvidenceError(file, "", problem, "Write it into the column `format`.")
    return told.name


def options_of(file: Path, row: Mapping[str, Any]) -> dict[str, object]:
    """What only people know of a file, as its row of `evidence.csv` says it."""
    try:
        options = json.loads(row["options"]) if row["options"] else {}
    except ValueError as error:
        raise EvidenceError(file, "`options` in evidence.csv", f"expected JSON: {error}.") from error
    if not isinstance(options, dict):
        raise EvidenceError(file, "`options` in evidence.csv", "expected a JSON object.")
    return options | ({"zone": row["zone"]} if row["zone"] else {})


def _in_order_added(rows: pd.DataFrame) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = rows.sort_values("added_at", kind="stable").to_dict("records")
    return records
