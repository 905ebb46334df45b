"""Files on disk: listings that `sha256sum` reads, names that are free, and only what is wanted."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.disk import copy_durably, digest_of, free_name, list_digests, read_digests, size_of, walk_files
from pmkit.errors import EvidenceError

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(max_examples=40)
@given(st.dictionaries(NAMES.filter(lambda name: name.strip(".") != ""), st.binary(max_size=9), max_size=4))
def test_a_listing_tells_every_file_whatever_its_name(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    """Line ends and backslashes in names come back; another name or byte is another digest."""
    folder = tmp_path_factory.mktemp("folder")
    try:
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError:
        return  # not a name for this file system
    told = read_digests(list_digests(folder))
    assert told == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert digest_of(folder) == hashlib.sha256(list_digests(folder)).hexdigest()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_sha256sum_checks_a_listing(tmp_path: Path) -> None:
    """Nobody needs pmkit to see whether an export changed."""
    folder = tmp_path / "export"
    for name in ("a.json", "b/c d.json", "b/line\nend.json", "b/back\\slash.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    listing = tmp_path / "export.sha256"
    listing.write_bytes(list_digests(folder))
    check = ["sha256sum", "--check", "--strict", "--quiet", listing]
    assert subprocess.run(check, cwd=folder, check=False).returncode == 0
    (folder / "a.json").write_text("other")
    assert subprocess.run(check, cwd=folder, check=False, capture_output=True).returncode == 1


def test_a_copy_leaves_out_what_it_is_told(tmp_path: Path) -> None:
    """Files and whole folders; what is left out counts in no digest and no size, and a link is refused."""
    folder = tmp_path / "export"
    for name in ("a.json", "b/c.json", "b/d.json", "e/f.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    without = {folder / "b/d.json", folder / "e"}
    copy_durably(folder, tmp_path / "copy", without=without)
    assert [path.relative_to(tmp_path / "copy").as_posix() for path in walk_files(tmp_path / "copy")] == [
        "a.json", "b/c.json",
    ]  # fmt: skip
    assert digest_of(tmp_path / "copy") == digest_of(folder, without=without)
    assert size_of(tmp_path / "copy") == len("a.json" + "b/c.json")
    (folder / "b/link.json").symlink_to(folder / "a.json")
    with pytest.raises(EvidenceError, match="is a link to another place"):
        copy_durably(folder, tmp_path / "other")
    copy_durably(folder, tmp_path / "other", without={folder / "b"})


def test_a_name_is_free_with_what_will_lie_beside_it(tmp_path: Path) -> None:
    """Names that are there, were there, or whose neighbour is taken get a number."""
    assert free_name(tmp_path / "none", "a b.zip").name == "a-b.zip"
    (tmp_path / "export").mkdir()
    (tmp_path / "export-2.sha256").write_text("")
    assert free_name(tmp_path, "export", beside=".sha256").name == "export-3"
    assert free_name(tmp_path, "export", taken={"export-2", "export-3"}).name == "export-4"
    assert free_name(tmp_path, "...").name == "evidence"
