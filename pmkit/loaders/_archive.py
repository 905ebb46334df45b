"""The files inside an evidence zip or folder, read in memory: nothing is ever extracted.

A member that must not or cannot be read (unsafe name, password, zip bomb, damaged) keeps its place
in the list and says why, so that a loader can report it by name.
"""

from __future__ import annotations

import mmap
import re
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from zlib_ng import zlib_ng  # inflates in half of zlib's time, an eighth of a load

from pmkit.errors import EvidenceError
from pmkit.loaders._directory import Entry, Packed, read_directory

# What an archive may ask of us. Real day files shrink about tenfold and seldom pass a megabyte.
MOST_MEMBER_BYTES: Final = 512 * 2**20
MOST_TOTAL_BYTES: Final = 4 * 2**30
MOST_RATIO: Final = 200
RATIO_MATTERS_ABOVE: Final = 2**20

_BAD_BYTES: Final[type[Exception]] = zlib_ng.error  # type: ignore[assignment]  # declared as one error
READ_ERRORS: Final = (OSError, zipfile.BadZipFile, _BAD_BYTES, struct.error, MemoryError)
# A damaged directory at the end of a zip shows as any of these.
UNOPENABLE: Final = (*READ_ERRORS, NotImplementedError, ValueError, IndexError)

# Deflate grows no more than a thousandfold, so that a member this small is harmless whatever it claims.
_SMALL = 64 * 2**10
_HEADER: Final = 30  # bytes before a member's own name
_LINK: Final = stat.S_IFLNK >> 12  # the highest bits of the attributes of a link
_DRIVE = re.compile(r"[A-Za-z]:")
_TOO_BIG = f"larger than {MOST_MEMBER_BYTES // 2**20} MB; split the file to load it"
_A_BOMB = f"unpacks to more than {MOST_RATIO} times its size, as a zip bomb does"
_A_LINK = "a link, not a file of its own"


class Member(NamedTuple):
    """One file: its name with `/` between folders, how to read it, or why it will not be read; its bytes.

    `unsafe` marks a name that no honest tool writes; it is worth a warning whatever the file is.
    `read()` raises one of `READ_ERRORS` when the bytes turn out to be damaged.
    """

    name: str
    read: Callable[[], bytes]
    problem: str = ""
    unsafe: bool = False
    size: int = 0


class _OnDisk:
    """The bytes of a file, read when they are asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __getitem__(self, part: slice) -> bytes:
        self._file.seek(part.start)
        return self._file.read(part.stop - part.start)


@contextmanager
def open_members(
    path: Path, suffixes: tuple[str, ...], *, one_by_one: bool = False
) -> Iterator[list[Member]]:
    """The members of a zip or folder whose names end in one of `suffixes`, and every unsafe one.

    With `one_by_one` a zip may unpack to any size, for a caller that keeps no member: the limits are those of
    each member, and the zip is read and not mapped, as what is mapped counts as memory.

    Raises `EvidenceError` when `path` is neither.
    """
    if path.is_dir():
        yield list(_folder_members(path, suffixes))
        return
    with ExitStack() as opened:
        try:
            file = opened.enter_context(path.open("rb"))
            length = file.seek(0, 2)
            packed: Packed = _OnDisk(file)
            if length and not one_by_one:
                packed = opened.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            entries = read_directory(path, packed, length)
        except UNOPENABLE as error:
            hint = "Expected a zip or a folder; if the download was cut short, fetch it again."
            raise EvidenceError(path, "", f"cannot be opened: {error}.", hint) from error
        yield list(_zip_members(entries, packed, suffixes, most=None if one_by_one else MOST_TOTAL_BYTES))


def names_in(path: Path) -> list[str]:
    """The names in a zip as they stand in its directory; [] where that cannot be read."""
    try:
        with path.open("rb") as file:
            return [entry.name for entry in read_directory(path, _OnDisk(file), file.seek(0, 2))]
    except UNOPENABLE:
        return []


def is_zip(path: Path) -> bool:
    """Whether a file is a zip, even such a part of one as nothing can be read of."""
    try:
        return zipfile.is_zipfile(path)
    except zipfile.BadZipFile:  # one that goes on in another file
        return True


def gunzip(data: bytes) -> tuple[bytes, str]:
    """What a gzip file holds, as far as it can be read, and why there is no more of it; "" if that is all.

    Raises `BadZipFile` when it unpacks to more than it may, and `zlib_ng.error` when it is no gzip file.
    """
    parts: list[bytes] = []
    size = 0
    while data:
        unpacker = zlib_ng.decompressobj(16 + zlib_ng.MAX_WBITS)
        most = MOST_MEMBER_BYTES - size + 1
        if len(data) < MOST_MEMBER_BYTES // MOST_RATIO:
            most = min(most, max(RATIO_MATTERS_ABOVE, MOST_RATIO * len(data)) + 1)
        parts.append(unpacker.decompress(data, most))
        size += len(parts[-1])
        if len(parts[-1]) == most:
            raise zipfile.BadZipFile(_TOO_BIG if size > MOST_MEMBER_BYTES else _A_BOMB)
        if not unpacker.eof:
            return b"".join(parts), "the file ends before its contents do; export it again"
        data = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts), ""


def _folder_members(root: Path, suffixes: tuple[str, ...]) -> Iterator[Member]:
    for file in sorted(root.rglob("*")):
        name = file.relative_to(root).as_posix()
        if file.is_symlink():
            yield Member(name, bytes, _A_LINK, unsafe=True)
        elif name.endswith(suffixes) and file.is_file():
            size = file.stat().st_size
            yield Member(name, file.read_bytes, _TOO_BIG if size > MOST_MEMBER_BYTES else "", size=size)


def _zip_members(
    entries: Sequence[Entry], packed: Packed, suffixes: tuple[str, ...], *, most: int | None
) -> Iterator[Member]:
    overlapping = _overlapping(entries)
    all_plain = _are_plain(entries)
    seen: set[str] = set()
    total = 0
    for row, entry in enumerate(entries):
        name = entry.name
        is_ascii = name.isascii()
        if not is_ascii:
            name = _name_of(entry)
        if name.endswith("/"):
            continue
        if not all_plain and (warning := _unsafe(entry, name)):
            yield Member(name, bytes, warning, unsafe=True)
            continue
        if not name.endswith(suffixes):
            continue
        twin = name.lower() if is_ascii else unicodedata.normalize("NFC", name).casefold()
        problem = "duplicate member name; the first one is read" if twin in seen else _unfit(entry)
        seen.add(twin)
        if row in overlapping:
            problem = problem or "overlaps another member, as a zip bomb does"
        if not problem:
            total += entry.size
            if most is not None and total > most:
                problem = f"the archive unpacks to more than {most // 2**30} GB"
        yield Member(name, partial(_inflate, packed, entry), problem, size=entry.size)


def _overlapping(entries: Sequence[Entry]) -> set[int]:
    """The places of members that begin inside another one: each byte could be unpacked many times over."""
    inside: set[int] = set()
    end = 0
    for offset, packed_size, row in sorted(
        (entry.offset, entry.packed_size, row) for row, entry in enumerate(entries)
    ):
        if offset < end:
            inside.add(row)
        end = max(end, offset + _HEADER + packed_size)
    return inside


def _name_of(entry: Entry) -> str:
    """The member's name; where a tool forgot the UTF-8 flag, it has been read as cp437."""
    if entry.flags & 0x800:
        return entry.name
    try:
        return entry.name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.name


def _are_plain(entries: Sequence[Entry]) -> bool:
    """Whether all names are told at a glance to be safe, as those of nearly every archive are."""
    names = "\n".join(["", *(entry.told for entry in entries), ""])
    marked = any(mark in names for mark in ("\0", "\\", ":", "..", "\n/", "\n\n"))
    return not marked and not any(entry.attributes >> 28 == _LINK for entry in entries)


def _unsafe(entry: Entry, name: str) -> str:
    if not name:
        return "a member without a name"
    if "\0" in entry.told:
        return "unsafe member name: it holds a NUL character"
    if name.startswith("/") or "\\" in entry.told or _DRIVE.match(name):
        return "unsafe member name: not a plain relative path"
    if ".." in name.split("/"):
        return "unsafe member name: it leaves the archive"
    return _A_LINK if entry.attributes >> 28 == _LINK else ""


def _unfit(entry: Entry) -> str:
    if entry.flags & 0x1:
        return "password-protected; export again without a password"
    if entry.method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"unknown compression method {entry.method}; pack the archive again"
    if entry.size > MOST_MEMBER_BYTES:
        return _TOO_BIG
    if entry.size > RATIO_MATTERS_ABOVE and entry.size > MOST_RATIO * entry.packed_size:
        return _A_BOMB
    return ""


def _inflate(packed: Packed, entry: Entry) -> bytes:
    """The member's bytes, checked as `ZipFile.read` does, which is slow on thousands of files."""
    head = entry.offset
    signature, name_length, extra_length = struct.unpack("<4s22xHH", packed[head : head + _HEADER])
    if signature != b"PK\3\4":
        raise zipfile.BadZipFile("its header is damaged")
    begin = head + _HEADER + name_length + extra_length
    data = packed[begin : begin + entry.packed_size]
    if entry.method == zipfile.ZIP_DEFLATED and len(data) < _SMALL:
        data = zlib_ng.decompress(data, -zlib_ng.MAX_WBITS, max(1, entry.size))
    elif entry.method == zipfile.ZIP_DEFLATED:
        data = zlib_ng.decompressobj(-zlib_ng.MAX_WBITS).decompress(data, entry.size + 1)
    if len(data) != entry.size or zlib_ng.crc32(data) != entry.crc:
        raise zipfile.BadZipFile("its checksum does not fit")
    return data
