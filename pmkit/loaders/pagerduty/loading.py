"""Runs of PagerDuty's records made into the events frame: in order of cause, each record once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pmkit.errors import QuestionError
from pmkit.loaders._archive import READ_ERRORS, Member
from pmkit.loaders._frame import STRING, TIME, scalar, strings, to_events
from pmkit.loaders._moments import read_iso
from pmkit.loaders._salvage import holds_twin_keys
from pmkit.loaders.pagerduty import rest, webhooks
from pmkit.loaders.pagerduty.columns import Columns
from pmkit.loaders.pagerduty.reading import (
    Problem,
    Run,
    are_small,
    files_of,
    read_again,
    read_by_record,
    read_pieces,
    read_runs,
)
from pmkit.loaders.pagerduty.shapes import UNDECODABLE
from pmkit.schema import EVENTS

Rows = npt.NDArray[np.int64]

_PAGE: Final = 100  # records whose words are taken together, while they are still in the cache
_BATCH: Final = 4_000  # records whose columns are packed together; the peak is the frame and one batch
_COLUMNS: Final[dict[str, Callable[[Sequence[Any]], Columns]]] = {
    "incident": rest.incident_columns, "alert": rest.alert_columns, "log_entry": rest.entry_columns,
    "note": rest.note_columns, "status_update": rest.update_columns, "other": rest.other_columns,
    "event": webhooks.event_columns, "message": webhooks.message_columns,
}  # fmt: skip
# Within one second an incident stands before its log, and a note after it.
_RANKS: Final = {"incident": 0, "alert": 0, "note": 2, "status_update": 2, "other": 2}
_SAME_NOTE: Final = 2_000_000  # microseconds
_DELIVERED: Final = "messages:"  # in the place of log entries that a webhook brought
_UNDATED: Final = np.iinfo(np.int64).min
_FIRST, _LAST = 631_152_000 * 10**6, 4_102_444_800 * 10**6  # 1990, 2100


def load(path: Path) -> pd.DataFrame:
    """The events of a file or folder of PagerDuty's JSON."""
    loading = Loading(path.name)
    files = files_of(path)
    carefully = are_small(files)
    for member in files:
        loading.add_file(path / member.name, member, carefully=carefully)
    return loading.frame()


@dataclass
class _Group:
    """Records of one noun, the columns of those before them, and where they all stand."""

    what: str
    records: list[Any] = field(default_factory=list)
    columns: Columns = field(default_factory=dict)
    # place, begin, position, file, size
    runs: list[tuple[int, int, int, int, int]] = field(default_factory=list)

    def take_words(self) -> None:
        """Put the records into the columns; cold records would cost as much again as reading them."""
        if not self.records:
            return
        for name, values in _COLUMNS[self.what](self.records).items():
            self.columns.setdefault(name, []).extend(values)
        self.records.clear()


@dataclass
class Loading:
    """The columns under construction: files go in, one frame comes out."""

    file: str
    batches: list[pa.Table] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    _groups: dict[str, _Group] = field(default_factory=dict)
    _count: int = 0
    _waiting: int = 0
    _files: int = 0

    def add_file(self, path: Path, member: Member, *, carefully: bool) -> None:
        """Read one file; a fault in it costs only the records it stands in.

        A key that a record says twice is a fault that only a careful look sees.
        """
        prefix = f"{member.name}/" if member.name else ""
        if member.problem:
            self.problems.append(Problem(prefix, member.problem))
            return
        before: tuple[int, int, int, int] | None = None
        try:
            if carefully and holds_twin_keys(path.read_bytes()):
                self._add(read_by_record(path, prefix))
                self._files += 1
                return
            with path.open("rb") as file:
                pieces = read_pieces(file)
                runs = list(read_runs(islice(pieces, 1), prefix))
                for piece in pieces:  # a big file, which is not held while it is read
                    before = before or self._mark()
                    self._add(runs)
                    runs = list(read_runs(iter([piece]), prefix))
                self._add(runs)
        except READ_ERRORS as error:
            self._go_back(before)
            self.problems.append(Problem(prefix, f"cannot be read: {error}"))
        except UNDECODABLE:
            self._go_back(before)
            self._add(read_again(path, prefix))
        self._files += 1

    def _mark(self) -> tuple[int, int, int, int]:
        """Where to go back to if a fault shows later in the file."""
        self._finish_batch()
        return len(self.batches), len(self.problems), len(self.places), self._count

    def _go_back(self, mark: tuple[int, int, int, int] | None) -> None:
        """Forget what was read since then; nothing was if there is no mark."""
        if mark is not None:
            batches, problems, places, self._count = mark
            del self.batches[batches:], self.problems[problems:], self.places[places:]
            self._groups.clear()
            self._waiting = 0

    def _add(self, runs: Iterable[Run | Problem]) -> None:
        for run in runs:
            if isinstance(run, Problem):
                self.problems.append(run)
                continue
            group = self._groups.setdefault(run.what, _Group(run.what))
            size = len(run.records)
            group.records += run.records
            if len(group.records) >= _PAGE:
                group.take_words()
            group.runs.append((len(self.places), run.begin, self._count, self._files, size))
            self.places.append(run.place)
            self._count += size
            self._waiting += size
            if self._waiting >= _BATCH:
                self._finish_batch()

    def _finish_batch(self) -> None:
        for what, group in self._groups.items():
            group.take_words()
            columns = {name: strings(values) for name, values in group.columns.items()}
            place, index, position, file, size = np.array(group.runs, dtype=np.int64).T
            steps = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
            columns["place_code"] = pa.array(np.repeat(place, size))
            columns["index"] = pa.array(np.repeat(index, size) + steps)
            columns["position"] = pa.array(np.repeat(position, size) + steps)
            columns["file"] = pa.array(np.repeat(file, size))
            newest_first = [what == "log_entry" and _DELIVERED not in self.places[code] for code in place]
            columns["newest_first"] = pa.array(np.repeat(newest_first, size))
            columns["rank"] = pa.repeat(pa.scalar(_RANKS.get(what, 1), type=pa.int8()), size.sum())
            columns["microseconds"] = pa.array(_microseconds(columns["created_at"]))
            self.batches.append(pa.table(columns))
        self._groups.clear()
        self._waiting = 0

    def frame(self) -> pd.DataFrame:
        """Everything added, sorted by time, each record once; what cannot be read stands last."""
        self._finish_batch()
        if not self.batches:
            return to_events("pagerduty", self.file, {"event_id": strings([])}, list(self.problems))
        found = pa.concat_tables(self.batches, promote_options="default")
        self.batches.clear()
        time = found["microseconds"].to_numpy()
        refs = self._refs(found)
        readable = self._note_unreadable(found, time, refs)
        order = np.lexsort((self._cause(found, time), found["rank"].to_numpy(), time))
        order = order[readable[order]]
        order, copies = _fold(found, time, order)
        rows = pa.array(order)
        columns = {"time": pa.array(time[order], type=TIME), "ref": _with_copies(refs, order, copies)}
        del refs
        for name in found.column_names:
            if name in EVENTS.column_names:
                columns[name] = found[name].combine_chunks().take(rows)
            found = found.drop_columns(name)
        columns["pd_incident_number"] = _numbered(columns["pd_incident_id"], columns["pd_incident_number"])
        return to_events("pagerduty", self.file, columns, list(self.problems))

    def _refs(self, found: pa.Table) -> pa.Array:
        """`<file>#<list>:<index>` of every record."""
        places = strings(f"{self.file}#{place}" for place in self.places)
        index = found["index"].combine_chunks().cast(STRING)
        return pc.binary_join_element_wise(
            places.take(found["place_code"].combine_chunks()), index, scalar(":")
        )

    def _note_unreadable(self, found: pa.Table, time: Rows, refs: pa.Array) -> npt.NDArray[np.bool_]:
        """Which records have an id and a time; the others become problems."""
        nameless = pc.equal(found["pd_id"], "").to_numpy()
        undated = time == _UNDATED
        for row in np.flatnonzero(nameless | undated):
            place = refs[row].as_py().removeprefix(f"{self.file}#")
            why = 'no "id"' if nameless[row] else _why_undated(found["created_at"][row].as_py())
            self.problems.append(Problem(place, why))
        readable: npt.NDArray[np.bool_] = ~(nameless | undated)
        return readable

    def _cause(self, found: pa.Table, time: Rows) -> Rows:
        """A number for every record that grows from cause to effect within one second.

        Log entries come newest first, so they count backwards, unless their file has them oldest first.
        Webhooks come in the order in which things happened.
        """
        position: Rows = found["position"].to_numpy().copy()
        entries = np.flatnonzero(found["newest_first"].to_numpy())
        if not len(entries):
            return position
        entries = entries[np.argsort(position[entries])]
        file = found["file"].to_numpy()[entries]
        steps = np.sign(np.diff(time[entries])) * (np.diff(file) == 0)
        upwards = np.bincount(file[1:], steps, minlength=self._files)
        upwards = np.where(upwards == 0, upwards.sum(), upwards)
        position[entries] *= np.where(upwards[file] > 0, 1, -1)
        return position


def _microseconds(texts: pa.Array) -> Rows:
    """UTC times in microseconds since 1970; `_UNDATED` for what is no time or does not state its zone."""
    times: Rows
    try:
        times = texts.cast(TIME).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        times = np.array([_read(text) for text in texts.to_pylist()], dtype=np.int64)
    return np.where((times >= _FIRST) & (times < _LAST), times, _UNDATED)


def _read(text: str) -> int:
    try:
        return read_iso(text, path="").time
    except (ValueError, QuestionError):
        return _UNDATED


def _why_undated(text: str) -> str:
    said = f'"created_at" is {text[:40]!r}' if text else "no time"
    return f"{said}, expected a time with its zone as 2026-11-03T14:02:11Z"


def _fold(found: pa.Table, time: Rows, order: Rows) -> tuple[Rows, dict[int, list[int]]]:
    """`order` with each record once, and for a record that stays the copies that it stands for.

    Of several copies the one updated last stays. A note that the log tells too, in the same words and at most
    two seconds apart, is folded into the log entry.
    """
    copies = _copies(found, order)
    gone = {row for others in copies.values() for row in others}
    for note, entry in _twice_told(found, time, [row for row in order.tolist() if row not in gone]):
        copies.setdefault(entry, []).extend([note, *copies.pop(note, ())])
        gone.add(note)
    return order[~np.isin(order, list(gone))] if gone else order, copies


def _copies(found: pa.Table, order: Rows) -> dict[int, list[int]]:
    if pc.count_distinct(found["event_id"]).as_py() == len(found):
        return {}
    ids = found["event_id"].combine_chunks().take(pa.array(order)).dictionary_encode()
    codes = ids.indices.to_numpy()
    by_id = np.argsort(codes, kind="stable")
    groups = np.split(order[by_id], np.flatnonzero(np.diff(codes[by_id])) + 1)
    updated, position = found["pd_updated_at"], found["position"].to_numpy()
    copies = {}
    for group in groups:
        if len(group) > 1:
            states = {row: (updated[row].as_py() or "", position[row]) for row in group.tolist()}
            *older, latest = sorted(states, key=lambda row: states[row])
            copies[latest] = older
    return copies


def _twice_told(found: pa.Table, time: Rows, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Notes, each with the log entry that tells it too."""
    notes = pc.starts_with(found["event_id"], "pd:note:").to_numpy()
    if not notes.any():
        return
    entries = pc.equal(found["pd_type"], "annotate_log_entry").to_numpy()
    texts = found["text"]
    told: dict[str, list[int]] = {}
    for row in rows:
        if entries[row]:
            told.setdefault(texts[row].as_py().strip(), []).append(row)
    for row in rows:
        twins = told.get(texts[row].as_py().strip(), ()) if notes[row] else ()
        twin = next((twin for twin in twins if abs(time[twin] - time[row]) <= _SAME_NOTE), None)
        if twin is not None:
            yield row, twin


def _numbered(ids: pa.Array, numbers: pa.Array) -> pa.Array:
    """The numbers of incidents, also where a record tells the id alone and another one the number."""
    missing = pc.and_(pc.equal(numbers, ""), pc.not_equal(ids, ""))
    if not pc.any(missing).as_py():
        return numbers
    told = pc.and_(pc.not_equal(numbers, ""), pc.not_equal(ids, ""))
    known = dict(zip(ids.filter(told).to_pylist(), numbers.filter(told).to_pylist(), strict=True))
    return pc.if_else(missing, strings(known.get(one, "") for one in ids.to_pylist()), numbers)


def _with_copies(refs: pa.Array, order: Rows, copies: dict[int, list[int]]) -> pa.Array:
    """The refs of the rows in `order`; of a row that stands for others, all of them, ` | ` between."""
    kept = refs.take(pa.array(order))
    if not copies:
        return kept
    joined = {
        row: " | ".join(refs[copy].as_py() for copy in (row, *others)) for row, others in copies.items()
    }
    return strings([joined.get(row, ref) for row, ref in zip(order.tolist(), kept.to_pylist(), strict=True)])
