"""What was derived from evidence, kept in `.cache/` to open quicker: never trusted blindly, safe to delete.

A file of the cache is named by all that its content follows from (the bytes of the evidence, how they are
read, and the loaders themselves) and begins with a digest of itself. One that is damaged, cut short, of
another version or not ours at all is as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import pyarrow as pa

from pmkit import __version__
from pmkit.disk import digest_of, explained, sweep, walk_files, write_durably
from pmkit.errors import WorkspaceError

_MAGIC: Final = b"pmkit events 1\n"
_DIGEST_BYTES: Final = 32


class EventCache:
    """The cache of one incident folder; several programs may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._events, self._stamps = folder / "events", folder / "stamps"

    def key_of(self, digest: str, **reading: object) -> str:
        """The name of what is derived from bytes of that digest; `reading` is what else decides on it."""
        told = json.dumps([digest, _loaders(), dict(sorted(reading.items()))], default=str)
        return hashlib.sha256(told.encode()).hexdigest()

    def digest_of(self, path: Path) -> str:
        """sha256 of a file or folder; its bytes are read only when size, times or place are not as they were.

        The time of the last change of state is among them, which no program can set back.
        """
        stamp = _stamp_of(path)
        kept = self._stamps / f"{path.name}.json"
        with suppress(OSError, ValueError, TypeError, KeyError):
            told = json.loads(kept.read_text(encoding="utf-8"))
            if told["stamp"] == stamp and isinstance(told["sha256"], str):
                return told["sha256"]
        with explained(path):
            digest = digest_of(path)
        self._write(kept, json.dumps({"stamp": stamp, "sha256": digest}).encode())
        return digest

    def read(self, key: str) -> pa.Table | None:
        """The table kept under that key; None when there is none that is whole."""
        try:
            data = (self._events / f"{key}.arrow").read_bytes()
        except OSError:
            return None
        begin = len(_MAGIC) + _DIGEST_BYTES
        body = memoryview(data)[begin:]
        if not data.startswith(_MAGIC) or hashlib.sha256(body).digest() != data[len(_MAGIC) : begin]:
            return None
        try:
            table = pa.ipc.open_file(pa.py_buffer(body)).read_all()
        except (pa.ArrowException, OSError):
            return None
        # A digest says that the file is whole, not that it is the one that was asked for.
        return table if (table.schema.metadata or {}).get(b"key") == key.encode() else None

    def write(self, key: str, table: pa.Table) -> None:
        """Keep a table; where nothing can be written it is not kept."""
        sink = pa.BufferOutputStream()
        marked = table.replace_schema_metadata({"key": key})
        with pa.ipc.new_file(sink, marked.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as out:
            out.write_table(marked)
        body = memoryview(sink.getvalue())
        self._write(self._events / f"{key}.arrow", b"".join([_MAGIC, hashlib.sha256(body).digest(), body]))

    def keep_only(self, keys: set[str]) -> None:
        """Take away the tables of other keys, which nobody will ask for again."""
        names = {f"{key}.arrow" for key in keys}
        with suppress(OSError):  # somebody may be deleting all of it
            sweep(self._events, self._stamps)
            for path in self._events.glob("*.arrow"):
                if path.name not in names:
                    path.unlink(missing_ok=True)

    def _write(self, path: Path, data: bytes) -> None:
        with suppress(OSError, WorkspaceError):
            write_durably(path, data)


@cache
def _loaders() -> str:
    """Digest of the code that derives events: another loader, another result."""
    package = Path(__file__).parent
    rooms = [path for name in ("loaders", "schema") for path in sorted((package / name).rglob("*.py"))]
    sources = [*rooms, package / "typed.py"]
    digest = hashlib.sha256(__version__.encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _stamp_of(path: Path) -> str:
    """What changes whenever the bytes do, as far as the file system tells."""
    files = walk_files(path) if path.is_dir() else [path]
    stamps = hashlib.sha256()
    for file in files:
        stat = file.stat()
        facts = (
            file.relative_to(path).as_posix(),
            stat.st_size,
            stat.st_mtime_ns,
            stat.st_ctime_ns,
            stat.st_ino,
        )
        stamps.update(repr(facts).encode("utf-8", "surrogateescape"))
    return stamps.hexdigest()
