"""A window of an archive is evidence as if the whole export had been loaded for these hours."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.archive import Archive, build_archive
from pmkit.cli import main
from pmkit.errors import EvidenceError
from pmkit.loaders import find_unread, recognise
from pmkit.loaders.slack import load_slack_export
from pmkit.window import add_window, take_window
from pmkit.workspace import Workspace


def _neighbour() -> ModuleType:
    spec = importlib.util.spec_from_file_location("archives", Path(__file__).with_name("test_archive.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["archives"] = module
    spec.loader.exec_module(module)
    return module


made = _neighbour()
NOW = datetime(2026, 11, 20, tzinfo=UTC)
HOURS = {"start": "2024-03-15T10:00Z", "end": "2024-03-15T16:00Z"}
# What an edition of the whole export tells besides: how late it was taken, and where in it a record stands.
_ELSEWHERE = ["ref", "state_at", "url"]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    built: Archive = build_archive(
        made.save(tmp_path / "slack.zip", made.SOUND), tmp_path / "archive", now=NOW
    )
    return built


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("engineering-team-2016.zip", "2016-02-01T00:00Z", "2016-03-01T00:00Z"),
        ("helpdesk-2026", "2026-04-01T00:00Z", "2026-06-01T00:00Z"),
    ],
)
def test_a_window_of_a_real_export_is_what_the_loader_reads(
    name: str, start: str, end: str, tmp_path: Path
) -> None:
    """The events of a window are those of the whole export in these hours, names and channels too."""
    export = made.FIXTURES / name
    window = take_window(build_archive(export, tmp_path / "a", now=NOW), tmp_path, start=start, end=end)
    expected = load_slack_export(export, start=start, end=end)
    assert 1 < len(expected) < len(load_slack_export(export))
    found = load_slack_export(window.path)
    pd.testing.assert_frame_equal(found.drop(columns=_ELSEWHERE), expected.drop(columns=_ELSEWHERE))


@settings(max_examples=int(os.environ.get("PMKIT_TEST_ARCHIVES", "12")))
@given(days=made.exports(), begin=st.integers(0, 20 * 86400), length=st.integers(1, 20 * 86400))
def test_any_window_is_what_the_loader_reads(
    days: dict[str, Any], begin: int, length: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of any export and hours, every event of these is in the window, and what cannot be read is told."""
    folder = tmp_path_factory.mktemp("window")
    export = made.save(folder / "slack.zip", days)
    start, end = (datetime.fromtimestamp(made.BEGIN + second, UTC) for second in (begin, begin + length))
    everything = load_slack_export(export)
    within = everything["time"].between(start, end, inclusive="left")
    # A whole load knows every hour; a load of these hours says what in their day files cannot be read.
    unread = load_slack_export(export, start=start, end=end)["kind"] == "unreadable"
    expected = everything[within]
    kept = build_archive(export, folder / "archive", now=NOW)
    if expected.empty and not unread.any():
        with pytest.raises(EvidenceError, match="holds no record"):
            take_window(kept, folder, start=start, end=end)
        return
    window = take_window(kept, folder, start=start, end=end)
    found = load_slack_export(window.path)
    inside = found["time"].between(start, end, inclusive="left") | found["time"].isna()
    if not window.whole:
        assert inside.all()
    same = ["event_id", "time", "kind", "actor", "place", "text"]
    readable = found[inside & (found["kind"] != "unreadable")]
    pd.testing.assert_frame_equal(
        readable[same].reset_index(drop=True), expected[same].reset_index(drop=True)
    )
    told = int((found["kind"] == "unreadable").sum())
    assert told == int(unread.sum()) or (window.whole and told > int(unread.sum()))


def test_a_window_says_where_it_is_from(archive: Archive, tmp_path: Path) -> None:
    """In the zip stand the digests of the archive and its export, and of each record where it stood."""
    window = take_window(archive, tmp_path, channels=["general"], **HOURS)
    with zipfile.ZipFile(window.path) as packed:
        said = json.loads(packed.read("window.json"))
        users = json.loads(packed.read("users.json"))
        channels = json.loads(packed.read("channels.json"))
        kept = packed.read("general/2024-03-15.json").decode()
    assert said["taken_from"] == {"archive": archive.digest, **archive.manifest["source"]}
    assert (said["from"], said["to"], said["channels"]) == (
        "2024-03-15T10:00:00Z",
        "2024-03-15T16:00:00Z",
        ["C01"],
    )
    assert said["day_files"][0] | {"sha256": ""} == {
        "member": "general/2024-03-15.json", "records": [0, 1], "sha256": "",
    }  # fmt: skip
    assert [user["id"] for user in users] == ["U01"]
    assert [channel["id"] for channel in channels] == ["C01"]
    with zipfile.ZipFile(tmp_path / "slack.zip") as packed:
        raw = packed.read("general/2024-03-15.json").decode()
    for record in json.loads(raw):
        text = json.dumps(record, indent=4).replace("\n", "\n    ")
        assert text in raw
        assert text in kept
    form = recognise(window.path)
    assert form is not None
    assert form.name == "slack-export"
    assert find_unread(window.path, form) == ""


def test_pins_of_other_times_stay_out(tmp_path: Path) -> None:
    """Of a channel's pins those are taken that were set in the window."""
    pins = [{"id": f"{made.BEGIN}.000100", "type": "C", "user": "U02", "created": made.BEGIN + second}
            for second in (90, 9 * 86400)]  # fmt: skip
    export = tmp_path / "pins.zip"
    with zipfile.ZipFile(export, "w") as out:
        out.writestr("channels.json", json.dumps([{"id": "C01", "name": "general", "pins": pins}]))
        out.writestr("users.json", json.dumps(made.USERS))
        out.writestr("general/2024-03-15.json", json.dumps([made.message(0)]))
    window = take_window(build_archive(export, tmp_path / "a", now=NOW), tmp_path, **HOURS)
    expected = load_slack_export(export, **HOURS)
    found = load_slack_export(window.path)
    assert expected["kind"].tolist() == ["message", "pin"]
    pd.testing.assert_frame_equal(found.drop(columns=_ELSEWHERE), expected.drop(columns=_ELSEWHERE))


def test_the_same_window_is_the_same_evidence(archive: Archive, tmp_path: Path) -> None:
    """A window that is taken again is there already, and its note says what it was taken from."""
    workspace = Workspace.create(tmp_path / "incident", title="Checkout failed", severity="P1")
    window, intake = add_window(
        workspace, archive, channels=["general", "outage"], note="asked for by Ada", **HOURS
    )
    assert intake.is_whole
    assert window.records == 3
    add_window(workspace, archive, channels=["general", "outage"], **HOURS)
    (row,) = workspace.load().evidence.to_dict("records")
    assert row["records_loaded"] == 3
    assert row["note"].startswith("asked for by Ada; 3 records of 2024-03-15T10:00:00Z to")
    assert archive.manifest["source"]["sha256"] in row["note"]


def test_an_empty_window_and_a_time_without_zone_are_refused(archive: Archive, tmp_path: Path) -> None:
    """What holds nothing is not evidence, and says how to look."""
    with pytest.raises(EvidenceError, match=r"holds no record.*archive show"):
        take_window(archive, tmp_path, start="2020-01-01T00:00Z", end="2020-01-02T00:00Z")
    with pytest.raises(EvidenceError, match="has no zone"):
        take_window(archive, tmp_path, start="2024-03-15T10:00", end=HOURS["end"])


def test_the_shell_keeps_shows_and_takes(tmp_path: Path) -> None:
    """`pmkit archive` builds, lists who speaks when, and asks which channels before it takes any."""
    export = made.save(tmp_path / "slack.zip", made.SOUND)
    kept, incident = str(tmp_path / "chat"), str(tmp_path / "incident")
    Workspace.create(tmp_path / "incident", title="Checkout failed", severity="P1")
    hours = ["--from", HOURS["start"], "--to", HOURS["end"]]

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["archive", *words])
        return done.exit_code, done.output

    assert run("build", str(export), kept)[0] == 0
    code, shown = run("show", kept, *hours, "--verify")
    assert code == 0
    assert "2  #general  2024-03-15 10:53 to 10:54 UTC" in shown
    assert "Every file is as it was" in shown
    assert run("take", kept, incident)[0] == 2
    code, asked = run("take", kept, incident, *hours)
    assert code == 2
    assert "--channel NAME" in asked
    code, taken = run("take", kept, incident, *hours, "--channel", "outage")
    assert code == 0, taken
    assert "added as evidence/slack-20240315T100000Z-20240315T160000Z.zip" in taken
