"""Events are what the raw files say, derived once, and nothing outside the folder is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from pmkit import schema
from pmkit.errors import PmkitError
from pmkit.workspace import Workspace
from tests.desk import NOW, forked, slack_zip


def test_records_of_two_exports_are_not_doubled(tmp_path: Path, ws: Workspace) -> None:
    """Of a message in two exports the one taken later speaks, though it was added first."""
    ws.add_evidence(slack_zip(tmp_path, "down (edited)", "up", name="later.zip"), now=NOW)
    ws.add_evidence(slack_zip(tmp_path, "down"), now=NOW.replace(hour=10))
    assert ws.load().events["text"].tolist() == ["down (edited)", "up"]


def test_a_second_opening_derives_nothing_anew(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events come from the cache, to the last cell as they were derived; without the cache they are again."""
    first = Workspace.open(sample).events()
    with monkeypatch.context() as patch:
        patch.setattr("pmkit.evidence.load_evidence", lambda *_, **__: pytest.fail("was loaded again"))
        second = Workspace.open(sample).load().events
    pd.testing.assert_frame_equal(second, first)
    pd.testing.assert_frame_equal(Workspace.open(sample).events(cached=False), first)
    shutil.rmtree(sample / ".cache")
    pd.testing.assert_frame_equal(Workspace.open(sample).events(), first)


def test_what_is_said_of_a_file_derives_it_anew(tmp_path: Path, ws: Workspace) -> None:
    """Another zone, format or other bytes, and the cache is not asked for the old ones."""
    table = tmp_path / "notes.csv"
    table.write_text("time,text\n2026-11-03 14:02,down\n")
    ws.add_evidence(table, form="table", options={"zone": "UTC"})
    assert ws.events()["time"].tolist() == [pd.Timestamp("2026-11-03T14:02Z")]
    listed = ws.path / "evidence.csv"
    listed.write_text(listed.read_text().replace(",UTC,", ",Europe/Amsterdam,"))
    assert ws.events()["time"].tolist() == [pd.Timestamp("2026-11-03T13:02Z")]
    copy = ws.path / "evidence/notes.csv"
    copy.chmod(0o644)
    copy.write_text("time,text\n2026-11-03 14:02,  up\n")
    assert ws.events()["text"].tolist() == ["up"]
    assert len(list((ws.path / ".cache/events").iterdir())) == 1
    assert set(ws.verify()["path"]) == {"evidence.csv", "evidence/notes.csv"}


SHARED_CACHE = """
import shutil
def read():
    ws = Workspace.open(sys.argv[1])
    for n in range(12):
        if n % 3 == 0:
            shutil.rmtree(ws.path / ".cache", ignore_errors=True)
        assert ws.events()["text"].tolist() == ["down", "up"], n
        assert ws.events(ws.evidence().iloc[:0]).empty
    os._exit(0)

people = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        read()
    people.append(pid)
print([os.waitpid(pid, 0)[1] for pid in people])
"""


@pytest.mark.slow
def test_programs_share_a_cache(tmp_path: Path, quick_ws: Workspace) -> None:
    """Three write and delete it at once: nobody reads a half."""
    quick_ws.add_evidence(slack_zip(tmp_path, "down", "up"))
    assert forked(SHARED_CACHE, quick_ws.path) == "[0, 0, 0]\n"


@pytest.mark.parametrize(
    "path",
    [
        "../outside.zip", "/etc/hostname", "evidence/../../outside.zip", "evidence/..", "notes/summary.md",
        "evidence/link.zip", "evidence/a\x00b", "",
    ],
)  # fmt: skip
def test_evidence_outside_the_folder_is_never_read(tmp_path: Path, ws: Workspace, path: str) -> None:
    """A path in evidence.csv that leads elsewhere, directly or over a link, is refused."""
    outside = slack_zip(tmp_path, "secret", name="outside.zip")
    (ws.path / "evidence/link.zip").symlink_to(outside)
    row = {"path": path, "source": "slack", "sha256": "0", "bytes": 1}
    csv = schema.to_csv(pd.DataFrame([row]), schema.EVIDENCE)
    (ws.path / "evidence.csv").write_text(csv)
    with pytest.raises(PmkitError, match=r"evidence\.csv"):
        ws.load()
    problems = ws.verify()
    assert "evidence.csv" in set(problems["path"])
    assert "secret" not in str(problems)
