"""A window of a company's chat as evidence of one incident: out of the archive, a small export of its own.

What is taken is a zip in the shape of Slack's exports, which every loader of one reads: each record as it
stood, in the day file it stood in, with the channels and people it tells of. `window.json` in it says which
archive it is from, and where each record stood. The same window of the same archive gives the same bytes.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from pmkit.archive import Archive, damaged_files, read_records, span_of
from pmkit.disk import digest_of_bytes, write_durably
from pmkit.errors import EvidenceError
from pmkit.intake import Intake, add_evidence
from pmkit.loaders.slack.records import find_ids, find_people, list_records, names_people, shorten_index
from pmkit.loaders.slack.stamps import Span
from pmkit.workspace import Workspace

CUSTODY: Final = "window.json"
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # of every member, so that the same window is the same file


@dataclass(frozen=True)
class Window:
    """What was taken out of an archive.

    Parameters
    ----------
    path : the zip
    records : how many of the window are in it
    whole : day files that are damaged and so in it as a whole, other hours of their day too
    unreadable : records in it that cannot be read, and files the archive could not read either
    note : one sentence for a reader of `evidence.csv`
    """

    path: Path
    records: int
    whole: tuple[str, ...]
    unreadable: int
    note: str


def take_window(
    archive: Archive,
    folder: str | Path,
    *,
    start: datetime | str,
    end: datetime | str,
    channels: Sequence[str] = (),
) -> Window:
    """Write the records with start <= time < end, of those channels, as a zip into `folder`.

    Parameters
    ----------
    start, end : each with its zone
    channels : by id, or by name with or without `#`; by default all, which may hold what others said in
        confidence

    Raises `EvidenceError` for an unknown channel, a time without its zone, and a window that holds nothing.
    """
    span = span_of(archive, start, end)
    ids = archive.find_channels(channels)
    found = read_records(archive, span, channels=ids)
    if not found.num_rows:
        hint = "`pmkit archive show ARCHIVE --from … --to …` lists what each channel says then."
        raise EvidenceError(archive.place, f"{start} to {end}", "holds no record.", hint)
    days, said = _day_files(archive, found)
    said = {
        "taken_from": {"archive": archive.digest, **archive.manifest["source"]},
        "from": _iso(span.start), "to": _iso(span.end), "channels": ids, **said,
    }  # fmt: skip
    members = {**_indexes(archive, days, span), **days}
    members[CUSTODY] = json.dumps(said, indent=1, ensure_ascii=False).encode()
    path = Path(folder) / f"slack-{_short(span.start)}-{_short(span.end)}.zip"
    write_durably(path, _zip(members))
    note = (
        f"{said['records']} records of {_iso(span.start)} to {_iso(span.end)} out of the archive of "
        f"{archive.manifest['source']['name']} (sha256 {archive.manifest['source']['sha256']}; "
        f"{CUSTODY} inside says where each stood)"
    )
    if said["whole"]:
        note += f"; damaged, and so taken as whole days: {', '.join(said['whole'])}"
    if said["lost"]:
        note += f"; not to be read in the export itself: {', '.join(said['lost'])}"
    return Window(path, said["records"], tuple(said["whole"]), said["unreadable"], note)


def add_window(
    workspace: Workspace,
    archive: Archive,
    *,
    start: datetime | str,
    end: datetime | str,
    channels: Sequence[str] = (),
    note: str = "",
) -> tuple[Window, Intake]:
    """Take a window and add it to the evidence of an incident; what was taken before stays as it is.

    The parameters are those of `take_window`; `note` goes before its own in `evidence.csv`.
    """
    with tempfile.TemporaryDirectory(prefix="pmkit-") as folder:
        window = take_window(archive, folder, start=start, end=end, channels=channels)
        told = "; ".join(part for part in (note, window.note) if part)
        return window, add_evidence(workspace, window.path, form="slack-export", note=told)


def _day_files(archive: Archive, found: pa.Table) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The day files of the records by name, and what is to be said of them."""
    damaged = damaged_files(archive)
    files: dict[str, bytes] = {}
    taken, whole, lost = [], [], []
    rows = found.to_pandas().sort_values(["member", "number"], kind="stable")
    for member, of_file in rows.groupby("member", sort=True):
        name = str(member)
        said = of_file[of_file["record"] != ""]
        if name in damaged:
            files[name] = archive.read(damaged[name])
            whole.append(name)
        elif said.empty:  # the file as a whole could not be read
            lost.append(name)
            continue
        else:
            files[name] = list_records(said["record"].tolist())
            numbers = [int(number) for number in said["number"]]
            taken.append({"member": name, "records": numbers, "sha256": digest_of_bytes(files[name])})
    unreadable = rows["problem"] != ""
    told = {
        "records": int((~unreadable).sum()), "unreadable": int(unreadable.sum()), "day_files": taken,
        "whole": whole, "lost": lost,
    }  # fmt: skip
    return files, told


def _indexes(archive: Archive, days: dict[str, bytes], span: Span) -> dict[str, bytes]:
    """The index files of the archive with what the day files tell of."""
    entries = {entry["member"]: entry for entry in archive.manifest["indexes"]}
    told = find_ids([data.decode("utf-8", "replace") for data in days.values()])
    told |= {name.split("/")[-2] for name in days if "/" in name}
    shortened = {}
    for name in sorted(entries, key=names_people):  # people last: who pinned what is known then
        shortened[name] = shorten_index(name, archive.read(entries[name]), told, span)
        told |= set() if names_people(name) else find_people(shortened[name])
    return shortened


def _zip(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name in sorted(members):
            out.writestr(zipfile.ZipInfo(name, _LONG_AGO), members[name], zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _iso(time: int | None) -> str:
    return "" if time is None else pd.Timestamp(time, unit="us", tz="UTC").isoformat().replace("+00:00", "Z")


def _short(time: int | None) -> str:
    return f"{datetime.fromtimestamp((time or 0) // 10**6, UTC):%Y%m%dT%H%M%SZ}"
