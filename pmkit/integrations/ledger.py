"""What was asked of outside systems and what came of it: `ledger.jsonl`, a line per step, never changed.

Before something is asked for, the ledger says so (`intent`), and after the answer what came of it (`done`,
`refused`, `unknown`). Each line is on the disk before the next thing happens, so that after a crash at any
moment an intent without an outcome shows what may have been done. What a crash left of a line is cut: the
request that it would have told of was not sent, or its intent still stands. Each line carries the digest of
the line before, so that `pmkit verify` sees what was changed afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pmkit.custody import LEDGER, append_line
from pmkit.disk import explained
from pmkit.errors import WorkspaceError

State = Literal["intent", "done", "refused", "unknown"]


@dataclass(frozen=True)
class Entry:
    """One line: what became of a step, when (UTC).

    `target` is where it went, `remote` what the thing is called there, `url` where people see it, `digest`
    stands for what was written, and `seen` is what both sides held then.
    """

    at: datetime
    target: str
    step: str
    state: State
    remote: str = ""
    url: str = ""
    digest: str = ""
    note: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)


class Ledger:
    """The ledger of one incident folder, for what goes to one `target`, say a Jira project.

    Open it with `Ledger.open`, which keeps everybody else out meanwhile.
    """

    def __init__(self, folder: Path, target: str, clock: Callable[[], datetime]) -> None:
        self.path, self.target, self.now = folder / LEDGER, target, clock
        self.entries = read_ledger(folder)  # of every target, the oldest first
        self._of_target: dict[str, list[Entry]] = {}
        for entry in self.entries:
            if entry.target == target:
                self._of_target.setdefault(entry.step, []).append(entry)

    @classmethod
    @contextmanager
    def open(
        cls, folder: Path, target: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> Iterator[Ledger]:
        """The ledger, while nobody else on this machine writes to an outside system for this incident.

        Raises `WorkspaceError` when somebody does, or a line of the file cannot be read.
        """
        from filelock import FileLock, Timeout

        (folder / ".cache").mkdir(exist_ok=True)
        lock = FileLock(folder / ".cache" / "ledger.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise WorkspaceError(
                f"{folder}: somebody is pushing from here already; wait until they are done"
            ) from error
        try:
            yield cls(folder, target, clock)
        finally:
            lock.release()

    def last(self, step: str) -> Entry | None:
        """The last line of the step."""
        entries = self._of_target.get(step)
        return entries[-1] if entries else None

    def last_done(self, step: str) -> Entry | None:
        """The last line that says that the step was done."""
        done = [entry for entry in self._of_target.get(step, ()) if entry.state == "done"]
        return done[-1] if done else None

    def doubt(self, step: str) -> Entry | None:
        """The intent of which nobody knows what came, if there is one."""
        intent = None
        for entry in self._of_target.get(step, ()):
            if entry.state == "intent":
                intent = entry
            elif entry.state in ("done", "refused"):
                intent = None
        return intent

    @property
    def doubts(self) -> list[Entry]:
        """All such intents."""
        found = (self.doubt(step) for step in self._of_target)
        return [entry for entry in found if entry is not None]

    def record(self, step: str, state: State, **told: Any) -> Entry:
        """Add a line; it is on the disk when this returns."""
        entry = Entry(self.now().astimezone(UTC), self.target, step, state, **told)
        append_line(self.path.parent, _line_of(entry), file=LEDGER)
        self.entries.append(entry)
        self._of_target.setdefault(step, []).append(entry)
        return entry


def read_ledger(folder: Path) -> list[Entry]:
    """Every line of the ledger of an incident folder; what a crash left of the last one does not count.

    Raises `WorkspaceError` naming the line that cannot be read: without it things would be done twice.
    """
    path = folder / LEDGER
    with explained(path):
        data = path.read_bytes() if path.exists() else b""
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            entries.append(_entry_of(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise WorkspaceError(
                f"{path}, line {number}: cannot be read ({type(error).__name__}), and without it something "
                "may be done twice. Put the file back as it was, from git or a backup"
            ) from None
    return entries


def _line_of(entry: Entry) -> dict[str, Any]:
    told = {name: value for name, value in vars(entry).items() if value not in ("", {})}
    return told | {"at": entry.at.isoformat(timespec="microseconds")}


def _entry_of(told: dict[str, Any]) -> Entry:
    told = {name: value for name, value in told.items() if name != "prev"}
    at = datetime.fromisoformat(told.pop("at"))
    if told["state"] not in ("intent", "done", "refused", "unknown") or at.tzinfo is None:
        raise ValueError(told["state"])
    return Entry(at=at, **told)
