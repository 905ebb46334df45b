"""The directory of a zip says here what `zipfile` says of it, whatever has happened to its bytes."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.loaders._directory import Entry, read_directory

NAMES = st.text(st.sampled_from("abC/.-é漢\\:"), min_size=1, max_size=12)
FIELDS = st.sampled_from([
    b"",
    struct.pack("<HHBL", 0x5455, 5, 1, 1_710_484_200),  # a time, as Info-ZIP writes it
    struct.pack("<HHQ", 0x0001, 8, 7),
    struct.pack("<HH", 0x5455, 9),  # says more than it holds
    b"\0",
])  # fmt: skip


def zipped(names: list[str], extra: bytes, comment: bytes, before: bytes) -> bytes:
    out = io.BytesIO()
    out.write(before)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name in names:
            info = zipfile.ZipInfo(name)
            info.extra = extra
            archive.writestr(info, b"[]" * len(name))
    return out.getvalue()


def widened(data: bytes) -> bytes:
    """The zip with its end told once more in the records for very many members."""
    _, _, _, _, count, size, offset, _ = struct.unpack("<4s4H2LH", data[-22:])
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(data) - 22, 1)
    return data[:-22] + end + locator + data[-22:]


def as_zipfile_says(path: Path) -> list[Entry] | type[BaseException]:
    try:
        with zipfile.ZipFile(path) as archive:
            return [
                Entry(
                    i.filename, i.orig_filename, i.flag_bits, i.compress_type, i.CRC, i.compress_size,
                    i.file_size, i.header_offset, i.external_attr,
                )
                for i in archive.infolist()
            ]  # fmt: skip
    except Exception as error:
        return type(error)


def as_we_say(path: Path, data: bytes) -> list[Entry] | type[BaseException]:
    try:
        return read_directory(path, data, len(data))
    except Exception as error:
        return type(error)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("zips") / "some.zip"


@st.composite
def unusual_zips(draw: st.DrawFn) -> bytes:
    names = draw(st.lists(NAMES, max_size=5))
    comment = draw(st.sampled_from([b"", b"packed at night"]))
    data = zipped(names, draw(FIELDS), comment, draw(st.sampled_from([b"", b"#!/bin/sh\n"])))
    if not comment and draw(st.booleans()):
        data = widened(data)
    changed = bytearray(data)
    for back, byte in draw(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 255)), max_size=3)):
        if back <= len(changed):
            changed[-back] = byte
    return bytes(changed[: len(changed) - draw(st.sampled_from([0, 0, 0, 1, 30]))])


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(data=unusual_zips())
def test_it_says_what_zipfile_says(place: Path, data: bytes) -> None:
    """Of sound, unusual, damaged and shortened zips: the same entries, or the same refusal."""
    place.write_bytes(data)
    assert as_we_say(place, data) == as_zipfile_says(place)


@pytest.mark.parametrize("wide", [False, True])
def test_a_plain_directory_is_read_without_zipfile(
    place: Path, monkeypatch: pytest.MonkeyPatch, wide: bool
) -> None:
    """Exports as Slack packs them, times behind each name, and such of more than 65,535 members."""
    time = struct.pack("<HHBL", 0x5455, 5, 1, 1_710_484_200)
    data = zipped(["general/2026-11-03.json", "größe/2026-11-03.json"], time, b"", b"")
    data = widened(data) if wide else data
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert [entry.name for entry in read_directory(place, data, len(data))] == [
        "general/2026-11-03.json",
        "größe/2026-11-03.json",
    ]
