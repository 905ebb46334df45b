"""The pages of one fetch: saved to `evidence/` as they came, and taken up again where a fetch was stopped.

A reader asks for its pages by name and in order. What is saved already is read from the folder, so that a
reader that was killed between two pages comes by the same way to where it was, and goes on from there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from pmkit import __version__
from pmkit.custody import added_names
from pmkit.disk import digest_of_bytes, explained, free_name, remove, write_durably
from pmkit.errors import IntegrationError, NoAnswerError
from pmkit.intake import Intake, add_evidence
from pmkit.integrations.retrying import Heard
from pmkit.loaders._fetch_log import LOG, FetchLog, read_fetch_log
from pmkit.workspace import Workspace

_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Gap(NamedTuple):
    """What did not come: which records, of which span, and why."""

    what: str
    span: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}{f' {self.span}' if self.span else ''} ({self.why})"


@dataclass
class Verdict:
    """Whether all came: how many of what, what is lacking, and remarks on what cannot be checked."""

    counts: dict[str, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)  # of what is being read, the span still to come

    @property
    def is_complete(self) -> bool:
        """Whether nothing is lacking."""
        return not self.gaps

    def said(self, as_of: datetime) -> str:
        """One sentence, for `evidence.csv` and the screen."""
        here = ", ".join(_counted(count, what) for what, count in self.counts.items()) or "nothing"
        here = "; ".join([here, *self.remarks])
        if self.is_complete:
            return f"complete as of {as_of:%Y-%m-%d %H:%M} UTC: {here}"
        return f"incomplete: {'; '.join(map(str, self.gaps))}; here are {here}"


Part = tuple[str, Callable[[Verdict], None]]  # what it is, and how it is read into a verdict


def read_parts(pages: Pages, parts: Sequence[Part]) -> Verdict:
    """Read one part after another; what is refused is a gap, and after no answer nothing more is asked for.

    Raises what the system said where nothing came that counts.
    """
    verdict = Verdict()
    for number, (what, read) in enumerate(parts):
        try:
            read(verdict)
        except IntegrationError as error:
            if not verdict.counts:
                pages.give_up()
                raise
            verdict.gaps.append(Gap(what, verdict.missing.get(what, ""), str(error).rstrip(".")))
            rest = ", ".join(name for name, _ in parts[number + 1 :])
            if isinstance(error, NoAnswerError) and rest:
                verdict.gaps.append(Gap(rest, "", "not asked for any more"))
            if isinstance(error, NoAnswerError):
                break
    return verdict


@dataclass(frozen=True)
class Fetched:
    """What became of a fetch: its folder in the incident, the verdict, and what that moved.

    `intake` is None where nothing new came and the earlier files stand.
    """

    folder: str
    verdict: Verdict
    said: str
    intake: Intake | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all came that was asked for."""
        return self.verdict.is_complete

    def to_text(self) -> str:
        """A few lines, for people."""
        if self.intake is None:
            return f"{self.folder}: nothing new since it was fetched; {self.said}"
        return self.intake.to_text()

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for programs."""
        gaps = [gap._asdict() for gap in self.verdict.gaps]
        told = {"folder": self.folder, "is_complete": self.is_complete, "counts": self.verdict.counts}
        told["remarks"] = self.verdict.remarks
        return {**told, "gaps": gaps, "said": self.said, **(self.intake.to_dict() if self.intake else {})}


class Pages:
    """The folder of one fetch.

    Attributes
    ----------
    folder : where the pages lie
    until : the moment at which the fetch began, also where it was taken up again later
    """

    def __init__(self, workspace: Workspace, folder: Path, log: FetchLog) -> None:
        self.workspace, self.folder = workspace, folder
        self.until = datetime.fromisoformat(log.asked["until"])
        self._asked = log.asked
        self._known = {page["key"]: page for page in log.pages}
        self._files = {(page["what"], page["sha256"]): page["page"] for page in log.pages}
        self._count = len({page["page"] for page in log.pages})
        self.reread = self.asked_for = 0

    def get(self, what: str, key: str, ask: Callable[[], Heard], *, name: str = "") -> Any:
        """The value of a page: as it is saved, or as `ask` gives it, which is saved first.

        `what` is the kind of page, `key` tells it from all others of the fetch, `name` goes into the name of
        its file.
        """
        key = f"{what} {key}".strip()
        known = self._known.get(key)
        if known and (value := self._saved(known)) is not None:
            self.reread += 1
            return value
        if known:  # it is not what came: it must not be loaded beside what comes now
            remove(self.folder / str(known["page"]))
            self._files.pop((what, known["sha256"]), None)
        heard = ask()
        self.asked_for += 1
        self._save(what, key, heard.reply.body, name or what)
        return heard.value

    def _saved(self, page: Mapping[str, Any]) -> Any:
        """A page as it lies there; None where the file is not what was saved."""
        try:
            data = (self.folder / str(page["page"])).read_bytes()
        except OSError:
            return None
        return json.loads(data) if digest_of_bytes(data) == page["sha256"] else None

    def _save(self, what: str, key: str, body: bytes, name: str) -> None:
        digest = digest_of_bytes(body)
        file = self._files.get((what, digest))
        if file is None:
            self._count += 1
            file = f"{self._count:04d}-{_NAME.sub('-', name).strip('-')}.json"
            write_durably(self.folder / file, body)
            self._files[what, digest] = file
        at = datetime.now(UTC).isoformat(timespec="seconds")
        line = {"page": file, "what": what, "key": key, "at": at, "sha256": digest}
        _append(self.folder / LOG, line)
        self._known[key] = line

    def finish(self, verdict: Verdict, form: str, *, by: str | None = None) -> Fetched:
        """Write the verdict down and take the folder in as evidence.

        Where every page is what an earlier, complete fetch of the same found, the folder is given up.
        """
        said = verdict.said(self.until)
        earlier = [] if not verdict.is_complete else list(_fetched_before(self.workspace, self._asked))
        for path, log in reversed(earlier):
            if log.is_complete and _contents(log) == set(self._files) and path != self.folder:
                remove(self.folder)
                return Fetched(f"evidence/{path.name}", verdict, str(log.verdict["verdict"]))
        _append(self.folder / LOG, {"verdict": said, "is_complete": verdict.is_complete})
        intake = add_evidence(self.workspace, self.folder, form=form, by=by)
        problem = next((taken.problem for taken in intake.files if taken.problem), "")
        if problem:
            raise IntegrationError(f"{self.folder}: was fetched, and cannot be loaded: {problem}")
        self._close_earlier(earlier, by)
        return Fetched(f"evidence/{self.folder.name}", verdict, said, intake)

    def give_up(self) -> None:
        """Take the folder away again: nothing came."""
        remove(self.folder)

    def _close_earlier(self, earlier: list[tuple[Path, FetchLog]], by: str | None) -> None:
        """Say of what was incomplete that the rest is here now."""
        for path, log in earlier:
            if path != self.folder and log.verdict and not log.is_complete:
                note = f"what it lacked is in evidence/{self.folder.name}, fetched later and complete"
                self.workspace.note_evidence(f"evidence/{path.name}", note, by=by)


@contextmanager
def open_pages(
    workspace: Workspace,
    system: str,
    name: str,
    asked: Mapping[str, Any],
    *,
    now: datetime,
    anew: bool = False,
) -> Iterator[Pages]:
    """The folder for a fetch: the one in which the same was begun and not finished, or else a new one.

    `asked` is what tells this fetch from others, `name` what its folder is called. What an earlier fetch of
    the same saved before it had to stop is taken over, unless `anew`. While it is open nobody else can fetch
    the same.
    """
    from filelock import FileLock, Timeout

    head = {"system": system, "asked": dict(asked)}
    lock = FileLock(workspace.path / ".cache" / f"fetch-{_digest(head)}.lock", timeout=0)
    with explained(workspace.path):
        (workspace.path / ".cache").mkdir(exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise IntegrationError(
                f"{workspace.path}: the same is being fetched just now; wait for it"
            ) from error
    try:
        yield _opened(workspace, name, head, now=now, anew=anew)
    finally:
        lock.release()


def _opened(workspace: Workspace, name: str, head: Mapping[str, Any], *, now: datetime, anew: bool) -> Pages:
    listed = set(workspace.evidence()["path"])
    before = list(_fetched_before(workspace, head))
    path, log = before[-1] if before else (None, None)
    if path is not None and log is not None and f"evidence/{path.name}" not in listed:
        remove(*path.glob(".*.tmp"))
        if not anew:
            return Pages(workspace, path, log)
        remove(path)
    folder = free_name(
        workspace.path / "evidence",
        _NAME.sub("-", name),
        taken=added_names(workspace.path) | {path.removeprefix("evidence/") for path in listed},
        beside=".sha256",
    )
    is_unfinished = log is not None and not log.is_complete and not anew
    until = log.asked["until"] if log and is_unfinished else now.astimezone(UTC).isoformat(timespec="seconds")
    first = {**head, "until": until, "by": f"pmkit {__version__}"}
    with explained(folder):
        folder.mkdir(parents=True)
        if path is not None and log is not None and is_unfinished and path.exists():
            first["continues"] = f"evidence/{path.name}"
            for saved in {str(page["page"]) for page in log.pages}:
                if (path / saved).exists():
                    shutil.copyfile(path / saved, folder / saved)
        pages = log.pages if log is not None and "continues" in first else ()
        lines = [first, *pages]
        write_durably(folder / LOG, "".join(json.dumps(line) + "\n" for line in lines).encode())
    return Pages(workspace, folder, FetchLog(first, tuple(pages), {}))


def _fetched_before(workspace: Workspace, asked: Mapping[str, Any]) -> Iterator[tuple[Path, FetchLog]]:
    """The folders in which the same was asked, the oldest first."""
    found = []
    for path in (workspace.path / "evidence").glob(f"*/{LOG}"):
        log = read_fetch_log(path.parent)
        if log and all(log.asked.get(name) == asked[name] for name in ("system", "asked")):
            found.append((path.parent, log))
    yield from sorted(found, key=lambda one: (str(one[1].asked["until"]), len(one[0].name), one[0].name))


def _counted(count: int, what: str) -> str:
    """`1 reply`, `2 replies`: what is counted is named in the plural."""
    if count == 1:
        what = {"people": "person"}.get(what, re.sub(r"s\Z", "", re.sub(r"ies\Z", "y", what)))
    return f"{count:,} {what}"


def _contents(log: FetchLog) -> set[tuple[str, str]]:
    return {(page["what"], page["sha256"]) for page in log.pages}


def _append(path: Path, line: Mapping[str, Any]) -> None:
    """One more line, on the disk before it counts; what a crash left of a line is cut."""
    with explained(path):
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        with path.open("r+b") as out:
            out.truncate(whole)
            out.seek(whole)
            out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())


def _digest(head: Mapping[str, Any]) -> str:
    return digest_of_bytes(json.dumps(head, sort_keys=True).encode())[:12]
