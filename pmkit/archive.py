"""A company's whole chat, too big for memory: kept as Parquet by channel and month, read by window.

    archive/
      archive.json                              what it was made from, and the digest of every file below
      records/channel=C024BE91L/month=2026-11/records.parquet
      indexes/users.json, channels.json, …      as they stood in the export
      damaged/<digest>.json                     day files that are not JSON throughout, as they stood

A row of `records` is one record of the export with its JSON as it stood, so that what is taken out of the
archive is still what Slack delivered. The month is that of the day file, which is a Pacific day.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pmkit.disk import digest_of, digest_of_bytes, explained, replacing, size_of, write_durably
from pmkit.errors import EvidenceError, WorkspaceError
from pmkit.loaders.slack.records import DayFile, Part, Records, open_records, read_day
from pmkit.loaders.slack.stamps import UNDATED, Span
from pmkit.storage import file_system, read_file

MANIFEST: Final = "archive.json"
_BEGUN: Final = "begun.json"  # of an archive that is not finished
_FORMAT: Final = 1
_GROUP: Final = 8 * 2**20  # bytes of records that are written together, and read together again

_TIME: Final = pa.timestamp("us", tz="UTC")
RECORDS: Final = pa.schema(
    {
        "time": _TIME,  # null where the record has none
        "ended_at": _TIME,  # of a huddle
        "ts": pa.string(), "thread_ts": pa.string(), "user": pa.string(),
        "day": pa.string(), "member": pa.string(),  # the day file, and its name in the export
        "number": pa.int32(),  # of the record in it, from 0; null for a whole file
        "record": pa.string(),  # its JSON; "" where the file is damaged
        "problem": pa.string(),  # why it cannot be read; else ""
    }
)  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How far an archive is: parts (months of a channel) that are finished, of how many; their records."""

    parts: int
    of: int
    records: int


@dataclass(frozen=True)
class Archive:
    """A finished archive: a folder, or an address of object storage, and what its manifest says.

    Parameters
    ----------
    place : the folder or address
    manifest : `archive.json`: `source`, `records`, `unreadable`, `parts`, `indexes`, `damaged`, `problems`
    digest : sha256 of `archive.json`, which holds the digest of every other file
    """

    place: str
    manifest: dict[str, Any]
    digest: str

    def find_channels(self, wanted: Iterable[str]) -> list[str]:
        """The ids of channels, each said by its id or its name with or without `#`.

        Raises `EvidenceError` for one that the archive does not hold.
        """
        known: dict[str, list[str]] = {}
        for part in self.manifest["parts"]:
            for name in {part["channel"], part["name"], part["title"]}:
                known.setdefault(name.removeprefix("#").casefold(), []).append(part["channel"])
        asked = list(wanted)
        missing = [name for name in asked if name.removeprefix("#").casefold() not in known]
        if missing:
            near = ", ".join(sorted({part["title"] for part in self.manifest["parts"]})[:20])
            raise EvidenceError(
                self.place, "", f"holds no channel {', '.join(missing)}.", f"It holds {near} …"
            )
        return sorted({found for name in asked for found in known[name.removeprefix("#").casefold()]})

    def read(self, entry: dict[str, str]) -> bytes:
        """The bytes of an index file, or of a damaged day file, that the manifest lists."""
        return read_file(f"{self.place}/{entry['path']}")


def build_archive(
    export: str | Path,
    folder: str | Path,
    *,
    now: datetime,
    progress: Callable[[Progress], None] | None = None,
) -> Archive:
    """Stream a Slack export of any size into the archive `folder`; returns the finished archive.

    Day files are read one after the other and written in groups, so that memory does not grow with the
    export. A part is there whole or not at all: stopped at any moment and called again, it goes on with the
    parts that are missing. An archive that is finished stays as it is.

    Parameters
    ----------
    export : the zip as Slack delivers it, or its folder
    now : noted as the time the archive was made
    progress : called after each part

    Raises
    ------
    EvidenceError : no Slack export
    WorkspaceError : the folder holds something else, the archive of another export, or is being written
    """
    from pmkit import __version__

    export, folder = Path(export), Path(folder)
    with open_records(export) as records, _alone(folder):
        source = {"name": export.name, "bytes": size_of(export), "sha256": digest_of(export)}
        _begin(folder, source)
        if (folder / MANIFEST).exists():
            return open_archive(folder)
        made = []
        for part in records.parts:
            made.append(_find_part(folder, part) or _write_part(folder, part))
            if progress:
                told = sum(one["records"] + one["unreadable"] for one in made)
                progress(Progress(len(made), len(records.parts), told))
        manifest = {
            "format": _FORMAT, "made_by": f"pmkit {__version__}",
            "made_at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "source": source,
            "records": sum(part["records"] for part in made),
            "unreadable": sum(part["unreadable"] for part in made) + len(records.problems),
            "parts": [{**part, "sha256": digest_of(folder / part["path"])} for part in made],
            "indexes": _keep_indexes(folder, records),
            "problems": [list(problem) for problem in records.problems],
        }  # fmt: skip
        write_durably(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
        (folder / _BEGUN).unlink()
    return open_archive(folder)


def open_archive(place: str | Path) -> Archive:
    """A finished archive in a folder or behind an address. Raises `EvidenceError` for anything else."""
    place = str(place).rstrip("/")
    try:
        data = read_file(f"{place}/{MANIFEST}")
    except (FileNotFoundError, NotADirectoryError) as error:
        begun = Path(place, _BEGUN).exists()
        problem = "is not finished." if begun else f"is no archive: there is no {MANIFEST} in it."
        raise EvidenceError(place, "", problem, "Make it: pmkit archive build EXPORT ARCHIVE") from error
    try:
        manifest = json.loads(data)
    except ValueError as error:
        raise EvidenceError(
            place, MANIFEST, f"cannot be read: {error}.", "Build the archive anew."
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise EvidenceError(place, MANIFEST, f"expected format {_FORMAT}.", "Use the pmkit that made it.")
    return Archive(place, manifest, digest_of_bytes(data))


def span_of(archive: Archive, start: datetime | str | None, end: datetime | str | None) -> Span:
    """The span start <= time < end of an archive. Raises `EvidenceError` for a time without its zone."""
    return Span.between(Path(archive.place), start, end)


def describe_archive(archive: Archive) -> str:
    """What an archive holds, in a few lines."""
    said = archive.manifest
    parts = said["parts"]
    times = [part[end] for part in parts for end in ("first", "last") if part[end] is not None]
    channels = len({part["channel"] for part in parts})
    lines = [
        f"{archive.place}: {said['records']:,} records of {channels:,} channels"
        + (f", {_day(min(times))} to {_day(max(times))}" if times else ""),
        f"made from {said['source']['name']} ({said['source']['bytes'] / 10**6:,.0f} MB, sha256 "
        f"{said['source']['sha256']}) on {said['made_at'][:10]} by {said['made_by']}",
        f"archive.json has sha256 {archive.digest}",
    ]
    if said["unreadable"]:
        places = [part["path"] for part in parts if part["unreadable"]]
        told = [f"{place}: {why}" for place, why in said["problems"]]
        lines.append(
            f"{said['unreadable']:,} records or files cannot be read; `problem` says why in "
            + ", ".join([*places, *told][:5])
            + " …" * (len(places) + len(told) > 5)
        )
    return "\n".join(lines)


def verify_archive(archive: Archive) -> list[str]:
    """One sentence for each file that is not what the manifest says; [] when all are."""
    manifest = archive.manifest
    files = [*manifest["parts"], *manifest["indexes"], *_damaged(manifest)]
    problems = []
    for entry in files:
        try:
            found = digest_of_bytes(read_file(f"{archive.place}/{entry['path']}"))
        except FileNotFoundError:
            problems.append(f"{entry['path']}: is missing")
            continue
        if found != entry["sha256"]:
            problems.append(f"{entry['path']}: was changed; sha256 is {found}, expected {entry['sha256']}")
    return problems


def read_records(
    archive: Archive, span: Span, *, channels: Sequence[str] = (), columns: Sequence[str] | None = None
) -> pa.Table:
    """The records of a span of time, and what cannot be read in the day files that may hold such.

    Only the parts and the groups of rows whose statistics meet the span are read.

    Parameters
    ----------
    channels : ids, as `Archive.find_channels` gives them; by default all
    columns : of `RECORDS`, and `channel`; by default all
    """
    import pyarrow.dataset as ds

    parts = [part for part in archive.manifest["parts"] if _may_hold(part, span)]
    parts = [part for part in parts if not channels or part["channel"] in channels]
    wanted = list(columns) if columns is not None else [*RECORDS.names, "channel"]
    of_channel = pa.field("channel", pa.string())
    if not parts:
        return RECORDS.append(of_channel).empty_table().select(wanted)
    system, inside = file_system(archive.place)
    names = [f"{inside}/{part['path']}" for part in parts]
    kept = ds.dataset(
        names, schema=RECORDS.append(of_channel), format="parquet", filesystem=system,
        partitioning=ds.partitioning(pa.schema([of_channel, ("month", pa.string())]), flavor="hive"),
        partition_base_dir=f"{inside}/records",
    )  # fmt: skip
    first, last = span.days
    unread = (ds.field("problem") != "") & (ds.field("day") >= first) & (ds.field("day") <= last)
    try:
        return kept.to_table(
            columns=wanted, filter=_within("time", span) | _within("ended_at", span) | unread
        )
    except (pa.ArrowInvalid, OSError) as error:
        hint = "`pmkit archive show ARCHIVE --verify` names every file that was changed."
        raise EvidenceError(archive.place, "", f"{error}.", hint) from error


def count_records(archive: Archive, span: Span) -> pd.DataFrame:
    """What each channel says in a span, the busiest first.

    One row per channel: `channel` (its id), `title`, `records`, `first_at`, `last_at`.
    """
    found = read_records(archive, span, columns=["channel", "time", "problem"])
    counted = found.filter(pc.equal(found["problem"], "")).group_by("channel")
    frame = counted.aggregate([("time", "count"), ("time", "min"), ("time", "max")]).to_pandas()
    frame.columns = pd.Index(["channel", "records", "first_at", "last_at"])
    titles = {part["channel"]: part["title"] for part in archive.manifest["parts"]}
    frame.insert(1, "title", frame["channel"].map(titles))
    return frame.sort_values(["records", "channel"], ascending=[False, True], ignore_index=True)


def damaged_files(archive: Archive) -> dict[str, dict[str, str]]:
    """By its name in the export: where a damaged day file lies in the archive, and its digest."""
    return {entry["member"]: entry for entry in _damaged(archive.manifest)}


def _day(time: int) -> str:
    return f"{datetime.fromtimestamp(time // 10**6, UTC):%Y-%m-%d}"


# A part


def _write_part(folder: Path, part: Part) -> dict[str, Any]:
    """Write the records of one channel and month; returns what the manifest says of them."""
    import pyarrow.parquet as pq

    said: dict[str, Any] = {
        "path": _path_of(part), "channel": part.channel.id, "name": part.channel.name,
        "title": part.channel.place, "month": part.month, "files": len(part.days), "records": 0,
        "unreadable": 0, "first": None, "last": None, "damaged": [],
    }  # fmt: skip
    with replacing(folder / said["path"]) as out:
        writer = pq.ParquetWriter(
            out, RECORDS, compression="zstd", use_dictionary=["user", "day", "member"],
            write_statistics=["time", "ended_at", "day", "problem"],
        )  # fmt: skip
        with writer:
            for table in _grouped(folder, part, said):
                writer.write_table(table)
            writer.add_key_value_metadata({"pmkit": json.dumps(said)})
    return said


def _grouped(folder: Path, part: Part, said: dict[str, Any]) -> Iterator[pa.Table]:
    """The day files as tables of about `_GROUP` bytes; `said` learns what they hold."""
    waiting: list[pa.Table] = []
    for day in part.days:
        file = read_day(day)
        if file.damaged is not None:
            said["damaged"].append(_keep_damaged(folder, file.place, file.damaged))
        table = _table(file)
        unreadable = len(file.undated) + len(file.problems)
        said["records"] += len(table) - unreadable
        said["unreadable"] += unreadable
        times = [time for time in (*file.times, *file.ends) if time not in (UNDATED, 0)]
        if times:
            said["first"] = int(min(times if said["first"] is None else (said["first"], *times)))
            said["last"] = int(max(times if said["last"] is None else (said["last"], *times)))
        waiting.append(table)
        if sum(one.nbytes for one in waiting) >= _GROUP:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _table(file: DayFile) -> pa.Table:
    """A row for each record, and below them one for each thing that cannot be read."""
    lost, count = len(file.problems), len(file.messages)
    messages, records = file.messages, file.records or [""] * count
    times = pa.array(file.times, mask=file.times == UNDATED).cast(_TIME)
    ends = pa.array(file.ends, mask=file.ends == 0).cast(_TIME)
    columns = {
        "time": pa.concat_arrays([times, pa.nulls(lost, _TIME)]),
        "ended_at": pa.concat_arrays([ends, pa.nulls(lost, _TIME)]),
        "ts": [*(message.ts or "" for message in messages), *[""] * lost],
        "thread_ts": [*(message.thread_ts or "" for message in messages), *[""] * lost],
        "user": [*(message.user or "" for message in messages), *[""] * lost],
        "day": [file.day] * (count + lost),
        "member": [file.place] * (count + lost),
        "number": [*file.numbers, *(number for number, _ in file.problems)],
        "record": [*records, *[""] * lost],
        "problem": [*(file.undated.get(row, "") for row in range(count)), *(why for _, why in file.problems)],
    }
    return pa.table(columns, schema=RECORDS)


def _keep_damaged(folder: Path, name: str, data: bytes) -> dict[str, str]:
    digest = digest_of_bytes(data)
    path = f"damaged/{digest}.json"
    write_durably(folder / path, data)
    return {"member": name, "path": path, "sha256": digest}


def _find_part(folder: Path, part: Part) -> dict[str, Any] | None:
    """What was said of a part that an earlier run has finished."""
    import pyarrow.parquet as pq

    path = folder / _path_of(part)
    if not path.exists():
        return None
    said: dict[str, Any] = json.loads(pq.read_metadata(path).metadata[b"pmkit"])
    return said


def _path_of(part: Part) -> str:
    return f"records/channel={quote(part.channel.id, safe='')}/month={part.month}/records.parquet"


def _may_hold(part: dict[str, Any], span: Span) -> bool:
    """Whether a part holds a time of the span, or something unreadable of its days."""
    first, last = span.days
    if part["unreadable"] and first[:7] <= part["month"] <= last[:7]:
        return True
    if part["first"] is None:
        return False
    begins_late = span.end is not None and part["first"] >= span.end
    return not begins_late and not (span.start is not None and part["last"] < span.start)


def _within(name: str, span: Span) -> Any:
    import pyarrow.dataset as ds

    field = ds.field(name)
    inside = field.is_valid()
    if span.start is not None:
        inside &= field >= pa.scalar(span.start, _TIME)
    if span.end is not None:
        inside &= field < pa.scalar(span.end, _TIME)
    return inside


# The folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else writes the archive meanwhile; what a run that was stopped left unfinished is gone."""
    from filelock import FileLock, Timeout

    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    strangers = {path.name for path in folder.iterdir()} - {".lock"}
    if strangers and not {MANIFEST, _BEGUN} & strangers:
        raise WorkspaceError(
            f"{folder}: holds other files, as {min(strangers)}; name a new folder for the archive"
        )
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise WorkspaceError(
            f"{folder}: is being written by another process; wait until it is done"
        ) from error
    try:
        for leftover in folder.rglob(".*.tmp"):
            leftover.unlink()
        yield
    finally:
        lock.release()


def _begin(folder: Path, source: dict[str, Any]) -> None:
    """Note which export the archive is of; refuse where it is of another."""
    known = next((path for path in (folder / MANIFEST, folder / _BEGUN) if path.exists()), None)
    if known is None:
        write_durably(folder / _BEGUN, json.dumps(source).encode())
        return
    found = json.loads(known.read_bytes())
    found = found.get("source", found)
    if found["sha256"] != source["sha256"]:
        raise WorkspaceError(
            f"{folder}: is the archive of {found['name']} (sha256 {found['sha256'][:12]}…), which is another "
            f"export than {source['name']} ({source['sha256'][:12]}…); name a new folder"
        )


def _keep_indexes(folder: Path, records: Records) -> list[dict[str, str]]:
    kept = []
    for name, data in records.indexes():
        write_durably(folder / "indexes" / name, data)
        kept.append({"path": f"indexes/{name}", "member": name, "sha256": digest_of_bytes(data)})
    return kept


def _damaged(manifest: dict[str, Any]) -> list[dict[str, str]]:
    return [entry for part in manifest["parts"] for entry in part["damaged"]]
