"""Evidence is copied as it is, once, with its row and its line in the journal, or not at all."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pmkit.errors import EvidenceError
from pmkit.workspace import Workspace
from tests.desk import NOW, forked, slack_folder, slack_zip


def test_evidence_is_copied_counted_and_never_changed(tmp_path: Path, ws: Workspace) -> None:
    """The copy has the same bytes, may not be written, and its row says what was found in it."""
    file = slack_zip(tmp_path, "down", "up")
    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_mode)
    row = ws.add_evidence(file, note="first", by="Mei", now=NOW).iloc[0]
    copy = ws.path / "evidence/export.zip"
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_mode) == before
    assert copy.read_bytes() == before[0]
    assert copy.stat().st_mode & 0o777 == 0o444
    assert (row["path"], row["source"], row["bytes"]) == ("evidence/export.zip", "slack", len(before[0]))
    assert row["sha256"] == hashlib.sha256(before[0]).hexdigest()
    assert (row["records_loaded"], row["records_unreadable"], row["added_by"]) == (2, 0, "Mei")
    assert row["note"].startswith("first")
    assert (row["added_at"], row["first_at"]) == (
        NOW,
        pd.Timestamp(1793714400.0001, unit="s", tz="UTC").round("us"),
    )
    pm = Workspace.open(ws.path).load()
    assert pm.events["text"].tolist() == ["down", "up"]
    assert pm.events["ref"].str.startswith("evidence/export.zip#").all()
    assert pm.evidence.loc[0, "sha256"] == row["sha256"]
    assert copy.read_bytes() == before[0]
    assert ws.verify().empty


def test_evidence_may_be_a_folder(tmp_path: Path, ws: Workspace) -> None:
    """An unpacked export is copied whole, with one digest over names and contents."""
    folder = slack_folder(tmp_path / "export", "down")
    row = ws.add_evidence(folder).iloc[0]
    assert row["path"] == "evidence/export"
    assert ws.load().events["text"].tolist() == ["down"]
    copies = [path for path in (ws.path / "evidence/export").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in copies} == {0o444}
    assert row["bytes"] == sum(path.stat().st_size for path in copies)
    assert ws.verify().empty
    day = ws.path / "evidence/export/ops/2026-11-03.json"
    day.rename(day.with_name("2026-11-04.json"))
    assert ws.verify().to_numpy().tolist() == [
        ["evidence/export/ops/2026-11-03.json", "was renamed: its bytes are in ops/2026-11-04.json"]
    ]


def test_the_same_evidence_is_added_once(tmp_path: Path, ws: Workspace) -> None:
    """A twin is refused whatever its name; another file of the same name gets a number."""
    one, other = slack_zip(tmp_path, "down"), slack_zip(tmp_path, "up", name="other.zip")
    ws.add_evidence(one)
    with pytest.raises(EvidenceError, match=r"was added before, as evidence/export\.zip"):
        ws.add_evidence(shutil.copy(one, tmp_path / "copy.zip"))
    (tmp_path / "again").mkdir()
    assert (
        ws.add_evidence(shutil.move(other, tmp_path / "again/export.zip"))["path"][0]
        == "evidence/export-2.zip"
    )
    # A name that is listed is not given away, though its file is gone.
    (ws.path / "evidence/export-2.zip").unlink()
    third = slack_zip(tmp_path / "again", "third")
    assert ws.add_evidence(third)["path"][0] == "evidence/export-3.zip"
    assert sorted(path.name for path in (ws.path / "evidence").iterdir()) == ["export-3.zip", "export.zip"]


def test_a_file_put_into_the_folder_by_hand_is_taken_as_it_is(tmp_path: Path, ws: Workspace) -> None:
    """No second copy is made; once it is listed it must not change."""
    file = shutil.move(slack_zip(tmp_path, "down"), ws.path / "evidence/export.zip")
    assert ws.verify()["problem"].tolist() == ["was never added"]
    assert ws.add_evidence(file)["path"][0] == "evidence/export.zip"
    assert ws.verify().empty
    assert len(list((ws.path / "evidence").iterdir())) == 1
    Path(file).chmod(0o644)
    shutil.copy(slack_zip(tmp_path, "other", name="b.zip"), file)
    with pytest.raises(EvidenceError, match="has changed since it was added"):
        ws.add_evidence(file)
    assert Path(file).exists()


TWO_ADDERS = """
from pmkit.errors import EvidenceError
def add(who):
    ws = Workspace.open(sys.argv[1])
    for name in ("shared", who):
        try:
            ws.add_evidence(f"{sys.argv[2]}/{name}.zip")
        except EvidenceError as error:
            assert "added" in str(error) and name == "shared", error
    os._exit(0)

people = []
for who in "abc":
    pid = os.fork()
    if pid == 0:
        add(who)
    people.append(pid)
print([os.waitpid(pid, 0)[1] for pid in people])
"""


@pytest.mark.slow
def test_several_may_add_at_once(tmp_path: Path, quick_ws: Workspace) -> None:
    """Each file is there once with its row, the shared one too, and nothing is left of those who lost."""
    for name in ("shared", "a", "b", "c"):
        slack_zip(tmp_path, name, name=f"{name}.zip")
    assert forked(TWO_ADDERS, quick_ws.path, tmp_path) == "[0, 0, 0]\n"
    assert len(quick_ws.evidence()) == 4
    assert len(quick_ws.events()) == 1  # the same message in all four
    assert quick_ws.verify().empty
    assert len(list((quick_ws.path / "evidence").iterdir())) == 4


@pytest.mark.parametrize(
    "name", ["a b (1).zip", "-x.zip", "...zip", "naïve.zip", "x;rm -rf.zip", "CON .zip", "a\nb.zip"]
)
def test_evidence_gets_a_plain_name(tmp_path: Path, ws: Workspace, name: str) -> None:
    """Blanks and signs in a file's name become dashes; it stays in the folder."""
    file = slack_zip(tmp_path, "down", name="plain.zip").rename(tmp_path / name)
    path = ws.add_evidence(file)["path"][0]
    assert (ws.path / path).parent == ws.path / "evidence"
    assert set(path) & set(" ;()\n") == set()
    assert Workspace.open(ws.path).load().events["text"].tolist() == ["down"]


def test_what_cannot_be_used_is_not_kept(
    tmp_path: Path, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing and unknown files, links inside a folder, a failure half way: nothing is left behind."""
    (tmp_path / "x.bin").write_bytes(b"\0")
    folder = slack_folder(tmp_path / "linked", "down")
    (folder / "ops" / "2026-11-04.json").symlink_to("/etc/hostname")
    with pytest.raises(EvidenceError, match="there is no such file"):
        ws.add_evidence(tmp_path / "none.zip")
    with pytest.raises(EvidenceError, match="no loader knows"):
        ws.add_evidence(tmp_path / "x.bin")
    with pytest.raises(EvidenceError, match="there is no format 'abacus'"):
        ws.add_evidence(tmp_path / "x.bin", form="abacus")
    with pytest.raises(EvidenceError, match="is a link"):
        ws.add_evidence(folder)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pmkit.acquisition.load_evidence", fail)
    with pytest.raises(KeyboardInterrupt):
        ws.add_evidence(slack_zip(tmp_path, "down"))
    assert list((ws.path / "evidence").iterdir()) == []
    assert ws.evidence().empty
    assert ws.verify().empty
