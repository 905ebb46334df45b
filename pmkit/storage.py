"""Folders that live on this machine or on object storage: find them, work on a copy, put results back."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pmkit.errors import PmkitError

_DEPTH: Final = 3  # a folder given by mistake, as a home, is not walked through
_DERIVED: Final = (".cache", "report", ".history")  # of an incident folder: made from the rest, or private


def is_remote(place: str) -> bool:
    """Whether a place is an address, as `s3://bucket/incidents`, and not a path of this machine."""
    return "://" in place


def find_places(place: str, names: Iterable[str]) -> list[str]:
    """Every file of one of those names at the place or up to three folders below it, as it can be opened.

    Raises `PmkitError` for a place that is not there.
    """
    wanted = set(names)
    if not is_remote(place):
        path = Path(place)
        if not path.exists():
            raise PmkitError(f"{place}: there is no such file or folder")
        if path.is_file():
            return [path.as_posix()] if path.name in wanted else []
        below = (path.glob("*/" * depth + name) for depth in range(_DEPTH + 1) for name in wanted)
        return sorted(file.as_posix() for files in below for file in files)
    system, inside = _system(place)
    found = system.find(inside, maxdepth=_DEPTH + 1)
    scheme = place.partition("://")[0]
    return sorted(f"{scheme}://{name.lstrip('/')}" for name in found if name.rpartition("/")[2] in wanted)


@contextmanager
def fetched(place: str, *, without: Collection[str] = _DERIVED) -> Iterator[Path]:
    """The file or folder, on this machine: itself, or a copy that is gone afterwards.

    Nothing that is changed in the copy goes back; see `put`. Folders `without` are left out of it, by default
    those of an incident that are made from the rest. Raises `PmkitError` where nothing lies at an address.
    """
    if not is_remote(place):
        yield Path(place)
        return
    system, inside = _system(place)
    with tempfile.TemporaryDirectory(prefix="pmkit-") as folder:
        target = Path(folder) / inside.rstrip("/").rpartition("/")[2]
        if system.isfile(inside):
            system.get_file(inside, str(target))
        else:
            names = system.find(inside)
            if not names:
                raise PmkitError(f"{place}: nothing is there")
            for name in names:
                below = name[len(inside.rstrip("/")) :].lstrip("/")
                parts = Path(below).parts
                # An address is somebody else's word: a name may not lead out of the folder.
                if not parts or parts[0] in without or ".." in parts or Path(below).is_absolute():
                    continue
                file = target / below
                file.parent.mkdir(parents=True, exist_ok=True)
                system.get_file(name, str(file))
        yield target


def read_file(place: str) -> bytes:
    """The bytes of a file behind an address or a path. Raises `FileNotFoundError` where there is none."""
    if not is_remote(place):
        return Path(place).read_bytes()
    system, inside = _system(place)
    data: bytes = system.cat_file(inside)
    return data


def file_system(place: str) -> tuple[Any, str]:
    """What Arrow opens files of a place with (of this machine None), and the place as it names it."""
    return _system(place) if is_remote(place) else (None, place)


def put(file: Path, place: str) -> str:
    """Copy a file to a place, an address or a path; returns where it stands."""
    if not is_remote(place):
        target = Path(place)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
        return place
    system, inside = _system(place)
    system.put_file(str(file), inside)
    return place


def put_folder(folder: Path, place: str) -> dict[Path, str]:
    """Copy the files of a folder to an address, but for hidden ones; returns where each of them stands."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    kept = [
        file for file in files if not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]
    return {file: put(file, f"{place.rstrip('/')}/{file.relative_to(folder).as_posix()}") for file in kept}


def name_of(place: str | Path) -> str:
    """The last part of a place: of an incident its folder's name."""
    if isinstance(place, str) and is_remote(place):
        return place.rstrip("/").rpartition("/")[2]
    return Path(place).resolve().name


def _system(place: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError as error:
        raise PmkitError("object storage needs the extra `fleet`: pip install 'pmkit[fleet]'") from error
    try:
        system, inside = fsspec.core.url_to_fs(place)
    except (ImportError, ValueError) as error:
        raise PmkitError(f"{place}: no way to read such an address: {error}") from error
    # What is listed once is listed anew: another machine may have written meanwhile.
    system.invalidate_cache()
    return system, inside
