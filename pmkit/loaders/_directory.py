"""The directory at the end of a zip: what its members are called, and where they lie.

`zipfile` decides what a directory says. A plain one is read here in the same sense and a quarter of its time,
since the directory of a long export is most of what a look at one incident reads
(https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 to 4.3.16).
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Final, NamedTuple, Protocol

_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
_ENTRY: Final = struct.Struct("<4sxxHHH4x3L3HHxxLL")
_FIELD: Final = struct.Struct("<HH")  # of what follows a name

_BY_ZIPFILE: Final = frozenset({0x0001, 0x7075})  # fields that change an entry: larger sizes, another name
_NEWEST: Final = 63


class Entry(NamedTuple):
    """A member as the directory tells of it: `told` is its name before `zipfile` made a path of it."""

    name: str
    told: str
    flags: int
    method: int
    crc: int
    packed_size: int
    size: int
    offset: int
    attributes: int


class Packed(Protocol):
    """The bytes of a zip, wherever they are."""

    def __getitem__(self, part: slice, /) -> bytes: ...


def read_directory(path: Path, packed: Packed, length: int) -> list[Entry]:
    """The entries of the zip at `path`, whose `length` bytes are `packed`; raises what `zipfile` does."""
    entries = _read_plain(packed, length)
    if entries is not None:
        return entries
    with zipfile.ZipFile(path) as archive:
        return [
            Entry(
                info.filename, info.orig_filename, info.flag_bits, info.compress_type, info.CRC,
                info.compress_size, info.file_size, info.header_offset, info.external_attr,
            )
            for info in archive.infolist()
        ]  # fmt: skip


def _read_plain(packed: Packed, length: int) -> list[Entry] | None:
    """The entries of a directory that holds nothing unusual; None for any other."""
    place = _place_of(packed, length)
    if place is None:
        return None
    data = packed[place]
    entries = []
    at = 0
    try:
        while at < len(data):
            (signature, version, flags, method, crc, packed_size, size, name_length, extra_length,
             comment_length, _, attributes, offset) = _ENTRY.unpack_from(data, at)  # fmt: skip
            name_at = at + _ENTRY.size
            extra_at = name_at + name_length
            at = extra_at + extra_length + comment_length
            if signature != b"PK\1\2" or version > _NEWEST or at > len(data):
                return None
            if extra_length and not _is_plain(data[extra_at : extra_at + extra_length]):
                return None
            name = data[name_at:extra_at].decode("utf-8" if flags & 0x800 else "cp437")
            entries.append(Entry(name, name, flags, method, crc, packed_size, size, offset, attributes))
    except (struct.error, UnicodeDecodeError):
        return None
    names = "\n".join(entry.name for entry in entries)
    return None if "\0" in names or "\\" in names else entries


def _place_of(packed: Packed, length: int) -> slice | None:
    """Where the directory lies, if nothing lies between it and the end, or before the first member."""
    end = length - _END.size
    if end < 0:
        return None
    signature, disk, first_disk, count, all_count, size, offset, comment = _END.unpack(packed[end:length])
    if signature != b"PK\5\6" or comment or disk or first_disk or count != all_count:
        return None
    before = end - _LOCATOR_64.size
    if before >= 0 and packed[before : before + 4] == b"PK\6\7":
        _, disk, _, disks = _LOCATOR_64.unpack(packed[before:end])
        end = before - _END_64.size
        if disk or disks != 1 or end < 0:
            return None
        signature, *_, size, offset = _END_64.unpack(packed[end:before])
        if signature != b"PK\6\6":
            return None
    return slice(offset, end) if offset + size == end else None


def _is_plain(extra: bytes) -> bool:
    """Whether the fields behind a name are whole, and none changes what the entry says."""
    at = 0
    while at < len(extra):
        kind, size = _FIELD.unpack_from(extra, at)
        at += _FIELD.size + size
        if kind in _BY_ZIPFILE or at > len(extra):
            return False
    return True
