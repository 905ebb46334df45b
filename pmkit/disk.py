"""Files that are whole or not there at all, and their digests; what the system refuses as one clear error."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Container, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pmkit.errors import EvidenceError, WorkspaceError


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What the system refuses (a full disk, missing rights) as one clear error."""
    try:
        yield
    except OSError as error:
        raise WorkspaceError(f"{path}: {error.strerror or error}") from error


def read_text(path: Path) -> str:
    """A text file; raises `WorkspaceError` where it is not UTF-8."""
    try:
        with explained(path):
            return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkspaceError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error


# Writing


def write_durably(path: Path, data: bytes, *, just_before: Callable[[], None] | None = None) -> None:
    """After it returns, `path` holds `data` even if the power fails; before, it holds what it held.

    `just_before` is called when the data is on the disk and only has to take its name.
    """
    with replacing(path, just_before) as out:
        out.write(data)


def copy_durably(original: Path, target: Path, *, without: Container[Path] = ()) -> None:
    """A copy of a file, or of a folder less the files and folders `without`. Links are refused."""
    if not original.is_dir():
        with explained(original), original.open("rb") as data, replacing(target) as out:
            shutil.copyfileobj(data, out, 2**20)
        return
    kept = list(walk_files(original, without=without))
    links = [path for path in kept if path.is_symlink()]
    if links:
        raise EvidenceError(links[0], "", "is a link to another place.", "Put the file itself there.")
    with explained(target):
        for path in kept:
            copy = target / path.relative_to(original)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        sync_folder(target.parent)


def protect(*paths: Path) -> None:
    """Nobody may write these files, or the files of these folders, by mistake."""
    for path in paths:
        for file in walk_files(path) if path.is_dir() else [path]:
            with suppress(OSError):  # where the file belongs to somebody else its digest still tells
                file.chmod(0o444)


def remove(*paths: Path) -> None:
    """Take files and folders away that are there."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def free_name(folder: Path, name: str, *, taken: Collection[str] = (), beside: str = "") -> Path:
    """`name` in the folder, or with a number where another file has that name or had it.

    The name with the ending `beside` is free too.
    """
    safe = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "evidence"
    stem, ending = Path(safe).stem, Path(safe).suffix
    candidates = (f"{stem}-{n}{ending}" if n > 1 else safe for n in range(1, 1000))
    used = {*taken, *(path.name for path in folder.iterdir())} if folder.exists() else set(taken)
    free = (name for name in candidates if not {name, name + beside} & used)
    return folder / next(free)


def is_leftover(path: Path) -> bool:
    """A file that `write_durably` had not finished when it was stopped."""
    return path.name.startswith(".") and path.name.endswith(".tmp")


def sweep(*folders: Path) -> None:
    """Remove what saves that were stopped an hour ago or more have left."""
    old = datetime.now(UTC).timestamp() - 3600
    for folder in folders:
        for path in folder.glob(".*.tmp"):
            with suppress(OSError):
                if path.stat().st_mtime < old:
                    path.unlink()


def sync_folder(folder: Path) -> None:
    """Bring the names in the folder to the disk."""
    if os.name != "posix":  # Windows cannot open a folder, and keeps its entries by itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def replacing(path: Path, just_before: Callable[[], None] | None = None) -> Iterator[BinaryIO]:
    """A file to write to; it takes the name `path` once all of it is on the disk, and else leaves nothing."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
            Path(temporary).chmod(mode)
            if just_before:
                just_before()
            Path(temporary).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
        sync_folder(path.parent)


# Digests


def digest_of(path: Path, *, without: Container[Path] = ()) -> str:
    """sha256 of a file; of a folder, the sha256 of its listing."""
    if path.is_dir():
        return digest_of_bytes(list_digests(path, without=without))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_bytes(data: bytes) -> str:
    """sha256."""
    return hashlib.sha256(data).hexdigest()


def list_digests(folder: Path, *, without: Container[Path] = ()) -> bytes:
    """A line for each file of the folder, as `sha256sum` writes them."""
    files = walk_files(folder, without=without)
    lines = (_listed(digest_of(file), file.relative_to(folder).as_posix()) for file in files)
    return "".join(lines).encode("utf-8", "surrogateescape")


def read_digests(listing: bytes) -> dict[str, str]:
    """Name → digest, of what `list_digests` wrote."""
    digests = {}
    for line in listing.decode("utf-8", "surrogateescape").split("\n"):
        digest, blanks, name = line.partition("  ")
        if digest.startswith("\\"):
            digest, name = (
                digest[1:],
                re.sub(r"\\(.)", lambda sign: "\n" if sign[1] == "n" else sign[1], name),
            )
        if blanks:
            digests[name] = digest
    return digests


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    return sum(file.stat().st_size for file in walk_files(path)) if path.is_dir() else path.stat().st_size


def walk_files(folder: Path, *, without: Container[Path] = ()) -> Iterator[Path]:
    """Every file and link of the folder and the folders in it, but for those of `without`."""
    for path in sorted(folder.iterdir()):
        if path in without:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from walk_files(path, without=without)
        else:
            yield path


def _listed(digest: str, name: str) -> str:
    # As `sha256sum` does it, so that a name with a line end stays one line.
    if "\\" in name or "\n" in name:
        digest, name = f"\\{digest}", name.replace("\\", "\\\\").replace("\n", "\\n")
    return f"{digest}  {name}\n"
