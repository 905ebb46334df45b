"""An export of any size is kept record by record: all are accounted for, and what is finished is whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.archive import (
    Archive,
    Progress,
    build_archive,
    count_records,
    describe_archive,
    open_archive,
    read_records,
    span_of,
    verify_archive,
)
from pmkit.errors import EvidenceError, WorkspaceError
from pmkit.loaders.slack import load_slack_export
from pmkit.loaders.slack.stamps import Span

FIXTURES = Path(__file__).parent / "fixtures" / "slack"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
USERS = [{"id": "U01", "name": "ada"}, {"id": "U02", "name": "bo"}]
CHANNELS = [{"id": "C01", "name": "general"}, {"id": "C02", "name": "outage"}]
BEGIN = 1_710_500_000  # 2024-03-15 10:53 UTC


def message(second: int, text: str = "on it", **fields: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U01", "text": text, "ts": f"{BEGIN + second}.000100"} | fields


def save(path: Path, days: dict[str, Any]) -> Path:
    """An export; a day is a list of records, or the text or bytes of the file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("users.json", json.dumps(USERS))
        out.writestr("channels.json", json.dumps(CHANNELS))
        for name, value in days.items():
            out.writestr(name, value if isinstance(value, str | bytes) else json.dumps(value, indent=4))
    return path


SOUND = {
    "general/2024-03-15.json": [message(0), message(60, thread_ts=f"{BEGIN}.000100")],
    "general/2024-04-01.json": [message(17 * 86400)],
    "outage/2024-03-15.json": [message(30, "störung 🚒")],
}


def rows_of(archive: Archive) -> pd.DataFrame:
    """All rows; a record's number is a whole number, -1 where there is none."""
    return read_records(archive, Span()).to_pandas().fillna({"number": -1}).astype({"number": int})


@pytest.mark.parametrize("name", ["engineering-team-2016.zip", "helpdesk-2026"])
def test_every_record_of_a_real_export_is_kept(name: str, tmp_path: Path) -> None:
    """The records of real exports are those that the loader finds, each with its JSON as it stood."""
    loaded = load_slack_export(FIXTURES / name)
    archive = build_archive(FIXTURES / name, tmp_path / "archive", now=NOW)
    readable = loaded[(loaded["kind"] != "unreadable") & (loaded["kind"] != "pin")]
    refs = {ref for told in readable["ref"] for ref in told.split(" | ")}
    rows = rows_of(archive)
    assert archive.manifest["records"] == len(refs) == len(rows)
    assert archive.manifest["unreadable"] == int((loaded["kind"] == "unreadable").sum())
    assert {f"{Path(name).name}#{row.member}:{row.number}" for row in rows.itertuples()} == refs
    assert all(json.loads(row.record)["ts"] == row.ts for row in rows.itertuples())
    assert verify_archive(archive) == []


def test_parts_are_channels_and_months(tmp_path: Path) -> None:
    """There is one Parquet file for each channel and month, which any reader of Parquet opens."""
    archive = build_archive(save(tmp_path / "slack.zip", SOUND), tmp_path / "archive", now=NOW)
    paths = {part["path"]: (part["title"], part["records"]) for part in archive.manifest["parts"]}
    assert paths == {
        "records/channel=C01/month=2024-03/records.parquet": ("#general", 2),
        "records/channel=C01/month=2024-04/records.parquet": ("#general", 1),
        "records/channel=C02/month=2024-03/records.parquet": ("#outage", 1),
    }
    frame = pd.read_parquet(tmp_path / "archive" / "records", filters=[("channel", "==", "C02")])
    assert json.loads(frame["record"].iloc[0])["text"] == "störung 🚒"
    assert "4 records of 2 channels, 2024-03-15 to 2024-04-01" in describe_archive(archive)


def test_a_window_reads_only_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window opens the parts of its time and channels alone, and of these the groups that meet it."""
    days = {f"general/2024-03-{15 + day}.json": [message(day * 86400)] for day in range(3)}
    monkeypatch.setattr("pmkit.archive._GROUP", 1)
    archive = build_archive(save(tmp_path / "slack.zip", SOUND | days), tmp_path / "archive", now=NOW)
    march = tmp_path / "archive" / "records" / "channel=C01" / "month=2024-03" / "records.parquet"
    assert pq.ParquetFile(march).num_row_groups == 3
    for part in ("channel=C01/month=2024-04", "channel=C02/month=2024-03"):
        (tmp_path / "archive" / "records" / part / "records.parquet").write_bytes(b"not to be opened")
    span = Span(BEGIN * 10**6, (BEGIN + 3600) * 10**6)
    assert read_records(archive, span, channels=["C01"])["ts"].to_pylist() == [f"{BEGIN}.000100"]
    with pytest.raises(EvidenceError, match=r"channel=C02.*archive show ARCHIVE --verify"):
        read_records(archive, span)


def test_what_cannot_be_read_is_a_row_with_its_reason(tmp_path: Path) -> None:
    """Of a damaged file the sound records are rows, the others say why, and its bytes are kept."""
    whole = json.dumps([message(0), message(60), message(120)], indent=4)
    damaged = whole.replace('"on it"', '"on', 1)
    export = save(
        tmp_path / "slack.zip",
        {"general/2024-03-15.json": damaged, "general/2024-03-16.json": [{"type": "message", "text": "?"}],
         "outage/2024-03-15.json": "", **{"outage/2024-03-16.json": [message(90000)]}},
    )  # fmt: skip
    archive = build_archive(export, tmp_path / "archive", now=NOW)
    rows = rows_of(archive)
    bad = rows[rows["problem"] != ""]
    assert archive.manifest["records"] == 3
    assert archive.manifest["unreadable"] == len(bad) == 3
    assert any('no "ts"' in told for told in bad["problem"])
    assert any("an empty file" in told for told in bad["problem"])
    kept = {
        entry["member"]: archive.read(entry)
        for part in archive.manifest["parts"]
        for entry in part["damaged"]
    }
    assert kept == {"general/2024-03-15.json": damaged.encode(), "outage/2024-03-15.json": b""}
    assert "3 records or files cannot be read" in describe_archive(archive)


@st.composite
def exports(draw: st.DrawFn) -> dict[str, Any]:
    """Day files with records of any order and odd times, some of them damaged."""
    seconds = st.integers(0, 40 * 86400)
    one = st.one_of(
        st.builds(message, seconds, st.sampled_from(["on it", "a {b}", "}, {", "\\", "störung"])),
        st.builds(lambda second: message(second) | {"ts": "soon"}, seconds),
        st.builds(lambda second: message(second, subtype="tombstone"), seconds),
        st.just({"type": "message", "text": "none"}),
    )
    names = st.sampled_from(
        [
            "general/2024-03-15.json",
            "general/2024-03-31.json",
            "general/2024-04-02.json",
            "outage/2024-03-15.json",
        ]
    )
    days: dict[str, Any] = draw(st.dictionaries(names, st.lists(one, max_size=4), min_size=1))
    for name in list(days):
        text = json.dumps(days[name], indent=4)
        match draw(st.sampled_from(["sound", "sound", "cut", "bytes"])):
            case "cut":
                days[name] = text[: draw(st.integers(0, len(text)))]
            case "bytes":
                days[name] = text.encode().replace(b"on it", b"on \xff it")
    return days


@settings(max_examples=int(os.environ.get("PMKIT_TEST_ARCHIVES", "12")))
@given(days=exports())
def test_what_goes_in_is_accounted_for(
    days: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Rows and what is unreadable are those of the loader, whatever the export holds."""
    folder = tmp_path_factory.mktemp("kept")
    export = save(folder / "slack.zip", days)
    loaded = load_slack_export(export)
    archive = build_archive(export, folder / "archive", now=NOW)
    rows = rows_of(archive)
    lost = loaded["kind"] == "unreadable"
    refs = {ref for told in loaded[~lost]["ref"] for ref in told.split(" | ")}
    sound = rows[rows["problem"] == ""]
    assert {f"slack.zip#{row.member}:{row.number}" for row in sound.itertuples()} == refs
    assert int(lost.sum()) == len(rows) - len(sound) == archive.manifest["unreadable"]


def stopped_after(parts: int) -> Callable[[Progress], None]:
    def stop(told: Progress) -> None:
        if told.parts == parts:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_what_was_stopped_goes_on(parts: int, tmp_path: Path) -> None:
    """Stopped after any part and called again, the archive is that of one go, and is none until then."""
    export, folder = save(tmp_path / "slack.zip", SOUND), tmp_path / "archive"
    with pytest.raises(KeyboardInterrupt):
        build_archive(export, folder, now=NOW, progress=stopped_after(parts))
    with pytest.raises(EvidenceError, match="not finished"):
        open_archive(folder)
    first = folder / "records" / "channel=C01" / "month=2024-03"
    written = (first / "records.parquet").stat().st_mtime_ns
    (first / ".records.parquet.x.tmp").write_bytes(b"half")
    again = build_archive(export, folder, now=NOW)
    assert (first / "records.parquet").stat().st_mtime_ns == written
    assert not list(folder.rglob("*.tmp"))
    whole = build_archive(export, tmp_path / "whole", now=NOW)
    assert again.digest == whole.digest
    assert build_archive(export, folder, now=NOW).digest == whole.digest


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_whole_parts(tmp_path: Path) -> None:
    """Killed with SIGKILL while it writes, the next run makes the archive that one run would have made."""
    days = {f"general/2024-{month:02}-{day:02}.json": [message(day * 60)] * 40
            for month in range(1, 13) for day in range(1, 28)}  # fmt: skip
    export, folder = save(tmp_path / "slack.zip", days), tmp_path / "archive"
    code = (
        "import os, signal, sys; from datetime import UTC, datetime; from pmkit import archive, disk\n"
        "count, seen, rename = int(sys.argv[3]), [], disk.Path.replace\n"
        "def replace(path, target):\n"
        "    seen.append(target)\n"
        "    if len(seen) == count: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return rename(path, target)\n"
        "disk.Path.replace = replace\n"
        "archive.build_archive(sys.argv[1], sys.argv[2], now=datetime(2026, 11, 20, tzinfo=UTC))\n"
    )
    for count in (3, 5, 2, 100):
        run = subprocess.run([sys.executable, "-c", code, export, folder, str(count)], check=False)
        assert run.returncode == (0 if count == 100 else -signal.SIGKILL)
    whole = build_archive(export, tmp_path / "whole", now=NOW)
    assert open_archive(folder).digest == whole.digest
    assert not list(folder.rglob("*.tmp"))


def test_another_export_and_a_strange_folder_are_refused(tmp_path: Path) -> None:
    """An archive is of one export, and begins in an empty folder."""
    export = save(tmp_path / "slack.zip", SOUND)
    build_archive(export, tmp_path / "archive", now=NOW)
    other = save(tmp_path / "other.zip", {"general/2024-03-15.json": [message(1)]})
    with pytest.raises(WorkspaceError, match="another export than other"):
        build_archive(other, tmp_path / "archive", now=NOW)
    with pytest.raises(WorkspaceError, match="holds other files"):
        build_archive(export, tmp_path, now=NOW)
    with pytest.raises(EvidenceError, match="is no archive"):
        open_archive(tmp_path)


def test_a_changed_file_is_told(tmp_path: Path) -> None:
    """A file that was changed or is missing is named."""
    archive = build_archive(save(tmp_path / "slack.zip", SOUND), tmp_path / "archive", now=NOW)
    parts = [tmp_path / "archive" / part["path"] for part in archive.manifest["parts"]]
    parts[0].write_bytes(parts[0].read_bytes() + b" ")
    parts[1].unlink()
    changed, missing = verify_archive(archive)
    assert "channel=C01/month=2024-03/records.parquet: was changed" in changed
    assert "month=2024-04/records.parquet: is missing" in missing


def test_channels_of_a_window_are_counted(tmp_path: Path) -> None:
    """Who says how much in a window is told, the busiest first, without reading what is said."""
    archive = build_archive(save(tmp_path / "slack.zip", SOUND), tmp_path / "archive", now=NOW)
    counted = count_records(archive, span_of(archive, "2024-03-15T10:00Z", "2024-03-15T16:00Z"))
    assert counted[["channel", "title", "records"]].to_numpy().tolist() == [
        ["C01", "#general", 2],
        ["C02", "#outage", 1],
    ]
    assert count_records(archive, span_of(archive, "2020-01-01T00:00Z", "2020-01-02T00:00Z")).empty
    assert archive.find_channels(["#Outage", "C01"]) == ["C01", "C02"]
    with pytest.raises(EvidenceError, match=r"holds no channel nope.*#general, #outage"):
        archive.find_channels(["nope"])


def test_an_archive_on_object_storage_is_read(tmp_path: Path) -> None:
    """An archive behind an address of fsspec is read as one in a folder is."""
    import fsspec

    archive = build_archive(save(tmp_path / "slack.zip", SOUND), tmp_path / "archive", now=NOW)
    fsspec.filesystem("memory").put(str(tmp_path / "archive"), "/chat", recursive=True)
    there = open_archive("memory://chat")
    span = span_of(archive, "2024-03-15T10:00Z", "2024-03-15T16:00Z")
    assert there.digest == archive.digest
    assert verify_archive(there) == []
    assert read_records(there, span).equals(read_records(archive, span))
    assert pc.sum(pc.is_valid(read_records(there, span)["time"])).as_py() == 3
