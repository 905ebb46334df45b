from __future__ import annotations

import gzip
import io
import json
import struct
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pmkit.errors import EvidenceError
from pmkit.loaders import slack
from pmkit.loaders._archive import (
    MOST_MEMBER_BYTES,
    MOST_TOTAL_BYTES,
    READ_ERRORS,
    gunzip,
    is_zip,
    names_in,
    open_members,
)

GOOD = json.dumps([{"type": "message", "ts": "1710484200.000100"}]).encode()
BAD = json.dumps([{"type": "message", "ts": "1710484201.000100", "text": "x" * 500}]).encode()
LOCAL, CENTRAL = b"PK\3\4", b"PK\1\2"

Patch = Callable[[bytearray, int, int], None]


def packed(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def named(name: str) -> bytes:
    return packed(("a/good.json", GOOD), (name, BAD))


def renamed(name: str) -> bytes:
    """A name that zipfile would not write, put over a harmless one of the same length."""
    return named("x" * len(name)).replace(b"x" * len(name), name.encode())


def patched(patch: Patch) -> bytes:
    """A good and a second member, whose local and central header `patch` has changed."""
    data = bytearray(named("a/bad.json"))
    central = data.rindex(CENTRAL)
    (local,) = struct.unpack_from("<I", data, central + 42)
    patch(data, local, central)
    return bytes(data)


def encrypted(data: bytearray, local: int, central: int) -> None:
    data[local + 6] |= 1
    data[central + 8] |= 1


def unknown_method(data: bytearray, local: int, central: int) -> None:
    data[local + 8 : local + 10] = data[central + 10 : central + 12] = struct.pack("<H", 99)


def wrong_checksum(data: bytearray, local: int, central: int) -> None:
    data[central + 16] ^= 0xFF


def lying_size(size: int) -> Patch:
    def patch(data: bytearray, local: int, central: int) -> None:
        data[central + 24 : central + 28] = struct.pack("<I", size)

    return patch


def damaged_stream(data: bytearray, local: int, central: int) -> None:
    begin = local + 30 + len("a/bad.json")
    data[begin : begin + 8] = b"\xff" * 8


def lost_header(data: bytearray, local: int, central: int) -> None:
    data[local : local + 4] = b"XXXX"


def header_outside(data: bytearray, local: int, central: int) -> None:
    data[central + 42 : central + 46] = struct.pack("<I", 2**31)


def a_link(data: bytearray, local: int, central: int) -> None:
    data[central + 38 : central + 42] = struct.pack("<I", 0o120777 << 16)


def shared_bytes(data: bytearray, local: int, central: int) -> None:
    """The second member's directory entry made to point into the first member."""
    first = data.index(CENTRAL)
    data[central + 42 : central + 46] = data[first + 42 : first + 46]


def twin_of(name: str, again: str) -> bytes:
    return packed((name, GOOD), (again, BAD))


# The zip, and the reason that stands for its second member.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "slip upwards": (lambda: named("../bad.json"), "it leaves the archive"),
    "slip in the middle": (lambda: named("a/../../bad.json"), "it leaves the archive"),
    "absolute": (lambda: named("/etc/bad.json"), "not a plain relative path"),
    "backslashes": (lambda: named("..\\bad.json"), "not a plain relative path"),
    "drive": (lambda: named("C:/bad.json"), "not a plain relative path"),
    "NUL": (lambda: renamed("a/bad.txt\0.json"), "a NUL character"),
    "no name": (lambda: packed(("a/good.json", GOOD), (zipfile.ZipInfo(""), BAD)), "without a name"),
    "link": (lambda: patched(a_link), "a link"),
    "encrypted": (lambda: patched(encrypted), "password-protected"),
    "unknown method": (lambda: patched(unknown_method), "compression method 99"),
    "wrong checksum": (lambda: patched(wrong_checksum), "checksum"),
    "smaller than it says": (lambda: patched(lying_size(len(BAD) + 5)), "checksum"),
    "larger than it says": (lambda: patched(lying_size(10)), "checksum"),
    "says that it is a bomb": (lambda: patched(lying_size(400 * 2**20)), "zip bomb"),
    "says that it is a giant": (lambda: patched(lying_size(MOST_MEMBER_BYTES + 1)), "larger than"),
    "bomb": (lambda: packed(("a/good.json", GOOD), ("a/bad.json", b" " * (50 * 2**20))), "zip bomb"),
    "overlap": (lambda: patched(shared_bytes), "overlaps another member"),
    "damaged stream": (lambda: patched(damaged_stream), ""),
    "lost header": (lambda: patched(lost_header), "header is damaged"),
    "header outside": (lambda: patched(header_outside), ""),
    "twin": (lambda: twin_of("a/good.json", "a/good.json"), "duplicate member name"),
    "twin by case": (lambda: twin_of("a/good.json", "A/Good.json"), "duplicate member name"),
    "twin by accent": (
        lambda: twin_of("é/good.json", unicodedata.normalize("NFD", "é/good.json")),
        "duplicate member name",
    ),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_zip_is_refused_by_name(tmp_path: Path, name: str) -> None:
    """The member says what is wrong with it, its neighbour is read, and nothing is written anywhere."""
    build, reason = HOSTILE[name]
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "x.zip").write_bytes(build())
    before = sorted(tmp_path.rglob("*"))
    tracemalloc.start()
    found = {}
    with open_members(folder / "x.zip", (".json",)) as members:
        for member in members:
            try:
                found[member.problem or "read"] = member.read() if not member.problem else b""
            except READ_ERRORS as error:
                found[f"cannot be read: {error}"] = b""
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 2
    assert found.pop("read") == GOOD
    assert reason in " ".join(found)
    assert sorted(tmp_path.rglob("*")) == before
    assert peak < 200 * 2**20


def test_more_than_the_archive_may_hold_is_refused(tmp_path: Path) -> None:
    """Members that are each within bounds are counted together."""
    count = MOST_TOTAL_BYTES // MOST_MEMBER_BYTES + 2
    data = bytearray(packed(*((f"{n}.json", bytes([n]) * 2000) for n in range(count))))
    at = -1
    while (at := data.find(CENTRAL, at + 1)) >= 0:
        # As large as a member may be, and packed well enough not to pass for a bomb.
        data[at + 20 : at + 28] = struct.pack("<II", MOST_MEMBER_BYTES // 100, MOST_MEMBER_BYTES)
    (tmp_path / "x.zip").write_bytes(data)
    with open_members(tmp_path / "x.zip", (".json",)) as members:
        assert any("overlaps" in m.problem or "more than 4 GB" in m.problem for m in members)


def test_one_by_one_there_is_no_limit_to_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read member by member may be of any size together; bytes and faults are the same."""
    monkeypatch.setattr("pmkit.loaders._archive.MOST_TOTAL_BYTES", 1)
    (tmp_path / "x.zip").write_bytes(packed(("a.json", GOOD), ("b.json", BAD), ("../c.json", BAD)))
    with open_members(tmp_path / "x.zip", (".json",)) as members:
        assert [bool(member.problem) for member in members] == [True, True, True]
    with open_members(tmp_path / "x.zip", (".json",), one_by_one=True) as members:
        assert [bool(member.problem) for member in members] == [False, False, True]
        assert [member.read() for member in members[:2]] == [GOOD, BAD]


@pytest.mark.parametrize("data", [b"", b"PK", b"plain words", b"PK\5\6" + b"\0" * 10, named("b.json")[:-30]])
def test_what_is_no_zip_says_so(tmp_path: Path, data: bytes) -> None:
    """A file without a table of contents is refused with advice."""
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(EvidenceError, match="fetch it again"), open_members(tmp_path / "x.zip", (".json",)):
        pass


def test_a_part_of_a_zip_is_refused(tmp_path: Path) -> None:
    """A zip that goes on in another file is known for one and refused, whichever loader it is given to."""
    whole = packed(("general/2026-11-03.json", GOOD))
    goes_on = struct.pack("<4sLQL", b"PK\6\7", 1, 0, 2)
    path = tmp_path / "export.zip"
    path.write_bytes(whole[:-22] + goes_on + whole[-22:])
    assert is_zip(path)
    assert names_in(path) == []
    for load in (slack.load_slack_pages, slack.load_slack_archive, slack.load_slack_export):
        with pytest.raises(EvidenceError, match="multiple disks"):
            load(path)


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    """Neither to a file nor to a folder elsewhere."""
    (tmp_path / "secret.json").write_bytes(BAD)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "day.json").write_bytes(BAD)
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "good.json").write_bytes(GOOD)
    (folder / "file.json").symlink_to(tmp_path / "secret.json")
    (folder / "channel").symlink_to(tmp_path / "elsewhere")
    with open_members(folder, (".json",)) as members:
        found = {member.name: member.problem for member in members}
    assert found == {
        "channel": "a link, not a file of its own",
        "file.json": "a link, not a file of its own",
        "good.json": "",
    }


def test_gzip_is_unpacked_as_far_as_it_goes() -> None:
    """Several parts are one; one that is cut short gives what stands before the cut."""
    words = b"some words of an archive " * 4000
    assert gunzip(gzip.compress(b"one") + gzip.compress(b"two")) == (b"onetwo", "")
    whole = gzip.compress(words, 1)
    data, problem = gunzip(whole[:-20])
    assert words.startswith(data)
    assert problem
    with pytest.raises(READ_ERRORS):
        gunzip(b"no gzip")
    with pytest.raises(zipfile.BadZipFile, match="bomb"):
        gunzip(gzip.compress(b" " * (64 * 2**20)))
