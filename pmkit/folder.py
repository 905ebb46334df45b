"""An incident's files as several people save them: one at a time, told by the journal, kept for an undo.

Every save: lock → journal line → temp file, fsync, rename, fsync of the folder. A reader sees the old file or
the new one, never a half.
"""

from __future__ import annotations

import getpass
import warnings
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pmkit import schema
from pmkit.custody import append_line, cut_lines, whole_size
from pmkit.disk import digest_of, digest_of_bytes, explained, sweep, write_durably
from pmkit.errors import WorkspaceError
from pmkit.history import FILES, History


class Folder:
    """The incident folder at `path`; files in it are named as the journal names them: `notes/summary.md`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._history = History(path / ".history")

    def digest(self, file: str) -> str:
        """What the file is now, as its digest; "" where there is none."""
        path = self.path / file
        return digest_of(path) if path.exists() else ""

    def content(self, file: str, digest: str) -> bytes | None:
        """What had that digest: the file as it is, or as it was kept; a file that was not there is empty."""
        if not digest:
            table = schema.WORKSHEETS.get(file.removesuffix(".csv"))
            return schema.to_csv(schema.empty(table), table).encode() if table else b""
        if self.digest(file) == digest:
            return (self.path / file).read_bytes()
        return self._history.read(digest)

    def as_marked(self, file: str, text: str) -> bytes:
        """The text as UTF-8, with a byte order mark where the file has one: some editors need it."""
        path = self.path / file
        has_mark = path.exists() and path.read_bytes().startswith(BOM_UTF8)
        return (BOM_UTF8 if has_mark else b"") + text.encode()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else saves meanwhile. Raises `WorkspaceError` when somebody has been for ten seconds."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.path / ".lock", timeout=10)
        with explained(self.path):
            try:
                lock.acquire()
            except Timeout as error:
                raise WorkspaceError(
                    f"{self.path}: somebody else has been saving for ten seconds; try again"
                ) from error
        try:
            sweep(self.path, self.path / "notes", self.path / "evidence", self._history.place)
            yield
        finally:
            lock.release()

    def write(
        self,
        file: str,
        data: bytes,
        *,
        did: str = "save",
        more: Mapping[str, object] | None = None,
        by: str | None = None,
        now: datetime | None = None,
    ) -> str:
        """Put `data` in place and journal the save; returns its digest. Call it with the lock held.

        The line is written when the data is on the disk, and taken back where it cannot take its name.
        """
        path = self.path / file
        before = path.read_bytes() if path.exists() else None
        was, digest = digest_of_bytes(before) if before is not None else "", digest_of_bytes(data)
        unkept = self._keep(before) if file in FILES and before is not None and was != digest else None
        length = whole_size(self.path)

        def tell() -> None:
            self.tell(did, file, was=was, sha256=digest, more=more, by=by, now=now)

        try:
            write_durably(path, data, just_before=tell)
        except BaseException:
            if self.digest(file) == was:
                cut_lines(self.path, length)
            raise
        if unkept:
            warnings.warn(f"{path} is saved, but the save cannot be undone: {unkept}", stacklevel=3)
        return digest

    def tell(
        self,
        did: str,
        file: str,
        *,
        was: str,
        sha256: str = "",
        more: Mapping[str, object] | None = None,
        by: str | None = None,
        now: datetime | None = None,
    ) -> None:
        """Add a line to the journal: who did what to which file, what that was and what it is now."""
        line = {
            "at": (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds"),
            "by": by or user_name(),
            "did": did,
            "file": file,
            "was": was,
            "sha256": sha256 or self.digest(file),
            **(more or {}),
        }
        append_line(self.path, line)

    def _keep(self, before: bytes) -> OSError | None:
        """Keep what a file was; where that is refused, the save is worth more than its undo."""
        try:
            self._history.keep(before)
        except OSError as error:
            return error
        return None


def user_name() -> str:
    """Who is logged in; in some containers nobody is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
