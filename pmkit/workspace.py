"""The incident folder on disk and the `Postmortem` it holds; the room that everybody else saves through.

A save is compared with what was loaded: somebody else's edit is shown, never overwritten. How a file is
written is in `pmkit.folder`, what a new incident starts with in `pmkit.skeleton`, what the raw files hold in
`pmkit.evidence`, and how one is taken in in `pmkit.acquisition`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from pmkit import schema
from pmkit.acquisition import Acquisition, Addition, planned_evidence
from pmkit.custody import Audit, find_tampering, no_trace, published_heads, seal_of, tag_key, trace_rows
from pmkit.disk import free_name, read_text, write_durably
from pmkit.errors import ConflictError, EvidenceError, PmkitError, SchemaError, WorkspaceError
from pmkit.evidence import Evidence
from pmkit.facts import is_older, read_facts, renewed
from pmkit.folder import Folder
from pmkit.history import (
    FACTS,
    FILES,
    Save,
    Target,
    describe_change,
    find_file,
    find_targets,
    list_saves,
    read_journal,
)
from pmkit.loaders._format import Format
from pmkit.postmortem import Incident, Postmortem
from pmkit.skeleton import make_folder
from pmkit.template import NOTES
from pmkit.timeline import build_timeline

_PROMPT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


class Undone(NamedTuple):
    """A file that is again as it was after a line of the journal, and what that changed."""

    file: str
    line: int
    change: str


class Workspace:
    """One incident folder. Make one with `Workspace.create`, come back to it with `Workspace.open`.

    An object remembers what each file was when it was opened or last saved by it, and so notices when
    somebody else has saved in between.
    """

    def __init__(self, path: Path, incident: Incident) -> None:
        self.path = path
        self.incident = incident
        self._folder = Folder(path)
        self._evidence = Evidence(path)
        self._seen = {file: self._folder.digest(file) for file in FILES if file != FACTS}
        self.sessions: dict[str, Any] = {}  # who edits a table through this object, see `pmkit.session`
        # JupyterLab hands what is clicked in a widget to another thread than the one that runs cells.
        self.lock = threading.RLock()

    def __repr__(self) -> str:
        return f"<Workspace {self.path}: {self.incident.title}>"

    # Making and opening

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        title: str,
        severity: str,
        services: Sequence[str] = (),
        template: str | Path = "saas",
        timezone: str = "UTC",
        people: Mapping[str, str] | None = None,
        started_at: datetime | None = None,
        resolved_at: datetime | None = None,
        now: datetime | None = None,
    ) -> Workspace:
        """Make the incident folder `path` from a template; `people` says who fills which role.

        `started_at` and `resolved_at` are when the incident is thought to have begun and ended, as far as
        that is known; tasks are due so many working days after it ended, or else after now.

        Raises `WorkspaceError` when the folder exists and is not empty, or its name is not safe.
        """
        folder, now = Path(path), now or datetime.now(UTC)
        make_folder(
            folder,
            title=title,
            severity=severity,
            services=services,
            template=template,
            timezone=timezone,
            people=people or {},
            started_at=started_at,
            resolved_at=resolved_at,
            now=now,
        )
        workspace = cls.open(folder)
        workspace._folder.tell("create", FACTS, was="", now=now)
        return workspace

    @classmethod
    def open(cls, path: str | Path) -> Workspace:
        """The workspace in an incident folder. Raises `WorkspaceError` when it is none or cannot be read."""
        folder = Path(path)
        workspace = cls(folder, _read_incident(folder))
        workspace._renew_format()
        return workspace

    # Reading

    def load(self) -> Postmortem:
        """Everything in the folder as one frozen `Postmortem`; events are rebuilt from `evidence/`.

        Raises `SchemaError` listing every bad cell of a table, `EvidenceError` for evidence that is missing.
        """
        self.incident = _read_incident(self.path)
        tables = {name: self.table(name) for name in schema.WORKSHEETS}
        worksheet = tables.pop("timeline")
        evidence = self.evidence()
        events = self.events(evidence)
        notes = {name: self.note(name) for name in (*NOTES, *self._letters())}
        journal, digests = read_journal(self.path)
        return Postmortem(
            incident=self.incident,
            evidence=evidence,
            events=events,
            worksheet=worksheet,
            timeline=build_timeline(events, worksheet),
            notes=notes,
            journal=journal,
            seal=seal_of(self.path),
            edited=frozenset(self._edited(digests, {**tables, "timeline": worksheet}, notes)),
            tag_key=tag_key(self.path),
            **tables,
        )

    def load_with(self, additions: Sequence[Addition]) -> Postmortem:
        """As `load`, as if what a dry run of `take_in` looked at were there too; nothing of it is written."""
        now = self.load()
        evidence, events = self._evidence.events_with(now.evidence, planned_evidence(additions))
        timeline = build_timeline(events, now.worksheet)
        return replace(now, evidence=evidence, events=events, timeline=timeline)

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables people edit, typed and checked; empty when its file is missing."""
        file, table = f"{name}.csv", schema.WORKSHEETS[name]
        path, digest = self.path / file, self._folder.digest(file)
        frame = schema.read_csv(read_text(path), table, where=str(path)) if digest else schema.empty(table)
        self._seen[file] = digest  # a file that cannot be read was not seen, and is not to be written over
        return frame

    def note(self, name: str) -> str:
        """One of the notes, in Markdown, without the prompt it was made with."""
        file = f"notes/{name}.md"
        path = self.path / file
        self._seen[file] = self._folder.digest(file)
        return _PROMPT.sub("", read_text(path)).strip() if path.exists() else ""

    def prompt(self, name: str) -> str:
        """What a note that nobody has written yet asks; "" once it is written."""
        path = self.path / "notes" / f"{name}.md"
        found = _PROMPT.match(read_text(path)) if path.exists() else None
        return found[0].strip().removeprefix("<!--").removesuffix("-->").strip() if found else ""

    def _letters(self) -> list[str]:
        """Letters in other languages, as `customer-letter.de`, and for all, as `customer-letter.public`."""
        return sorted(path.stem for path in (self.path / "notes").glob("customer-letter.*.md"))

    def evidence(self) -> pd.DataFrame:
        """What raw files there are: one row per file, as in `pmkit.schema.EVIDENCE`."""
        return self._evidence.rows()

    def events(self, evidence: pd.DataFrame | None = None, *, cached: bool = True) -> pd.DataFrame:
        """Every record of every raw file as one frame in order of time, as in `pmkit.schema.EVENTS`.

        Where several files hold the same record, its latest state stands, and its `ref` names them all. Times
        are corrected where `clocks.csv` says so. What was derived before is taken from `.cache/`, unless
        `cached` is false.
        """
        return self._evidence.events(self.evidence() if evidence is None else evidence, cached=cached)

    def verify(self, *, head: str = "") -> pd.DataFrame:
        """What changed in the evidence since it was added, and what on the timeline does not lead to it.

        One row per problem: `path`, `problem`. No rows means that nothing changed. `head` is the journal's
        head from a published report: without one, a forger who writes the whole journal anew is not seen.
        """
        return self.audit(head=head).problems

    def audit(self, *, head: str = "") -> Audit:
        """As `verify`, and where each row of the timeline leads, each record read anew from its file."""
        heads = published_heads(self.path, head)
        problems = find_tampering(self.path, heads)
        files, trace = 0, no_trace()
        try:
            evidence = self.evidence()
            files = len(evidence)
            trace, more = self._trace(evidence, {path for path, _ in problems})
        except PmkitError as error:
            more = [("timeline.csv", f"could not be traced: {error}")]
        lost = trace[~trace["is_sound"]]
        more += [("timeline.csv", f"{row.event_id}: {row.finding}") for row in lost.itertuples()]
        table = pd.DataFrame([*problems, *more], columns=["path", "problem"], dtype="str")
        return Audit(table, trace, seal_of(self.path), files, len(heads))

    # Writing

    def add_evidence(
        self,
        path: str | Path,
        *,
        form: str | None = None,
        options: Mapping[str, object] | None = None,
        note: str = "",
        by: str | None = None,
        now: datetime | None = None,
    ) -> pd.DataFrame:
        """Copy one raw file (or the folder of an unpacked export) into `evidence/` and load it once.

        What lies in `evidence/` already, put there by hand, is taken as it is.
        Returns its row of `evidence.csv`. `form`, the name of its format, is told from the content when it is
        not given; `options` are what only people know of it, such as the `zone` of its times.
        Raises `EvidenceError` when the file cannot be recognised or was added before, and its `QuestionError`
        when an option is missing.
        """
        added = self.take_in(path, form=form, options=options, note=note, by=by, now=now)
        if added.is_known and added.events is None:
            raise EvidenceError(path, "", f"was added before, as {added.row['path'].iloc[0]}.")
        return added.row

    def take_in(
        self,
        path: str | Path,
        *,
        form: str | None = None,
        told: Format | None = None,
        options: Mapping[str, object] | None = None,
        without: Collection[Path] = (),
        note: str = "",
        dry_run: bool = False,
        by: str | None = None,
        now: datetime | None = None,
    ) -> Addition:
        """As `add_evidence`, with the events that were loaded; what was added before is no error here.

        Where `form` or `options` say something new of a file that was added before, it is read anew in that
        way. `told` is the format its content tells, where that is known. `without` are files of a folder that
        are left out of the copy. With `dry_run` the file is loaded where it lies, and nothing is written.
        """
        return Acquisition(self._folder, self._evidence).take_in(
            path,
            form=form,
            told=told,
            options=options,
            without=without,
            note=note,
            dry_run=dry_run,
            by=by,
            now=now,
        )

    def note_evidence(
        self, path: str, note: str, *, by: str | None = None, now: datetime | None = None
    ) -> None:
        """Say something else of a raw file, in its row of `evidence.csv`; the file stays as it is.

        Raises `EvidenceError` when no file of that path was added.
        """
        Acquisition(self._folder, self._evidence).note(path, note, by=by, now=now)

    def save_table(
        self,
        name: str,
        frame: pd.DataFrame,
        *,
        merge: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
        by: str | None = None,
        now: datetime | None = None,
    ) -> None:
        """Save one of the tables people edit.

        When the file was saved by somebody else since it was loaded, `merge` is called with what it holds now
        and returns what to save instead of `frame`; nobody else can save meanwhile.

        Raises `SchemaError` listing every bad cell, and without `merge` a `ConflictError` when somebody else
        saved; nothing is written then.
        """
        if name not in schema.WORKSHEETS:
            raise WorkspaceError(f"no table `{name}`; the tables are {', '.join(schema.WORKSHEETS)}")
        file, table = f"{name}.csv", schema.WORKSHEETS[name]
        typed, seen = _checked(frame, table), self._seen[file]
        with self._folder.locked():
            try:
                if merge is not None and self.changed(name):
                    typed = _checked(merge(self.table(name)), table)
                self._refuse_conflict(file, typed)
                path = self.path / file
                was = read_text(path) if path.exists() else ""
                text = schema.keep_lines(was, schema.to_csv(typed, table), table)
                digest = self._folder.write(file, self._folder.as_marked(file, text), by=by, now=now)
            except BaseException:
                self._seen[file] = seen
                raise
            self._seen[file] = digest

    def save_note(self, name: str, text: str, *, by: str | None = None, now: datetime | None = None) -> None:
        """Save one of the notes, in Markdown. Raises `ConflictError` as `save_table` does."""
        if name not in NOTES:
            raise WorkspaceError(f"no note `{name}`; the notes are {', '.join(NOTES)}")
        file = f"notes/{name}.md"
        with self._folder.locked():
            self._refuse_conflict(file, None)
            self._seen[file] = self._folder.write(file, (text.strip() + "\n").encode(), by=by, now=now)

    def save_facts(
        self,
        edit: Callable[[str], str],
        *,
        did: str = "save",
        by: str | None = None,
        now: datetime | None = None,
    ) -> None:
        """Save `incident.toml` as `edit` makes it of the text there is now; nobody can save meanwhile.

        Raises `WorkspaceError` when the edited text is no incident; nothing is written then.
        """
        path = self.path / FACTS
        with self._folder.locked():
            text = edit(read_text(path))
            incident = read_facts(text, where=str(path), folder=self.path.resolve().name)
            self._folder.write(FACTS, self._folder.as_marked(FACTS, text), did=did, by=by, now=now)
            self.incident = incident

    # Earlier states

    def list_saves(self, file: str = "", *, most: int = 20) -> list[tuple[Save, str]]:
        """The last saves of tables, notes and `incident.toml`, newest first, each with what it changed."""
        wanted = find_file(file) if file else ""
        saves = [save for save in list_saves(self.path) if wanted in ("", save.file)]
        return [(save, self._described(save)) for save in saves[: -most - 1 : -1]]

    def undo_save(
        self,
        file: str = "",
        *,
        to: int | datetime | None = None,
        by: str | None = None,
        now: datetime | None = None,
    ) -> list[Undone]:
        """Take back the last save, or go back to how things were after a line of the journal or at a time.

        Of one `file`, or of whichever was saved last; with `to` and no file, of all. It is a save like any
        other, so that it can be taken back itself, by the next call. Returns what was restored.

        Raises `WorkspaceError` when there is nothing to undo, when the earlier content is not kept, or when
        somebody changed the file by hand since; nothing is written then.
        """
        wanted = find_file(file) if file else ""
        with self._folder.locked():
            digests = {file: self._folder.digest(file) for file in FILES}
            targets = find_targets(list_saves(self.path), digests, file=wanted, to=to)
            restored = [(target, self._earlier(target)) for target in targets]
            undone = []
            for target, data in restored:
                change = describe_change(target.file, (self.path / target.file).read_bytes(), data)
                back_to = {"back_to": target.line}
                self._seen[target.file] = self._folder.write(target.file, data, more=back_to, by=by, now=now)
                undone.append(Undone(target.file, target.line, change))
        self.incident = _read_incident(self.path)
        return undone

    # Somebody else, and rows that are only begun

    def changed(self, name: str) -> bool:
        """Whether a table was saved by somebody else since this object loaded or saved it."""
        return self._folder.digest(f"{name}.csv") != self._seen[f"{name}.csv"]

    def changed_note(self, name: str) -> bool:
        """Whether a note was saved by somebody else since this object read or saved it."""
        file = f"notes/{name}.md"
        return self._folder.digest(file) != self._seen.get(file)

    def unfinished(self, name: str) -> dict[str, tuple[str, dict[str, str]]]:
        """Rows of a table that people began and that still lack something: not part of the record.

        Each is kept under a name of its own, with the id it had; two kernels may have begun the same id.
        """
        path = self.path / ".cache" / "unfinished" / f"{name}.json"
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
            return {
                kept_as: (str(row_id), {str(column): str(cell) for column, cell in cells.items()})
                for kept_as, (row_id, cells) in rows.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}  # whatever lies in the cache may be lost

    def keep_unfinished(
        self, name: str, rows: Mapping[str, tuple[str, dict[str, str]]], *, instead_of: Container[str] = ()
    ) -> None:
        """Put `rows` aside until they are whole, and forget those of `instead_of`."""
        with self._folder.locked():
            others = {i: row for i, row in self.unfinished(name).items() if i not in instead_of}
            kept = {**others, **rows}
            path = self.path / ".cache" / "unfinished" / f"{name}.json"
            if kept or path.exists():
                write_durably(path, json.dumps(kept, ensure_ascii=False, indent=1).encode())

    # Inside

    def _edited(
        self, digests: Mapping[str, str], tables: Mapping[str, pd.DataFrame], notes: Mapping[str, str]
    ) -> Iterator[str]:
        """The files that are not what the journal says of them; without a line, those that hold something."""
        for name, frame in tables.items():
            # The RACI canvas is filled when the incident is made, which the journal tells of no table.
            filled = len(frame) > 0 and name != "raci"
            if self._is_edited(file := f"{name}.csv", digests, filled):
                yield file
        for name, text in notes.items():
            if self._is_edited(file := f"notes/{name}.md", digests, text != ""):
                yield file

    def _is_edited(self, file: str, digests: Mapping[str, str], is_filled: bool) -> bool:
        seen = self._seen[file]
        return seen != digests.get(file, "" if is_filled else seen)

    def _earlier(self, target: Target) -> bytes:
        """What the file held then. Raises `WorkspaceError` where it cannot be brought back."""
        path = self.path / target.file
        if self._folder.digest(target.file) != target.last.sha256:
            raise WorkspaceError(
                f"{path}: somebody changed it by hand since line {target.last.line} of the journal, and that "
                "would be lost; nothing was undone. Put that change aside, or go on from what the file is now"
            )
        data = self._folder.content(target.file, target.sha256)
        if data is None:
            raise WorkspaceError(
                f"{path}: what it was after line {target.line} of the journal is not in `.history/`; nothing "
                "was undone. `pmkit undo --list` shows which saves are kept"
            )
        _check_readable(path, target.file, data)
        return data

    def _described(self, save: Save) -> str:
        if save.did == "create":
            return "the incident was made"
        was, now = (self._folder.content(save.file, digest) for digest in (save.was, save.sha256))
        return describe_change(save.file, was, now)

    def _renew_format(self) -> None:
        """Bring `incident.toml` of an older format up to date; what it was stays beside it."""
        path = self.path / FACTS
        if not is_older(read_text(path)):
            return
        with self._folder.locked():
            text = read_text(path)
            if is_older(text):
                backup = free_name(self.path, f"{FACTS}.older")
                write_durably(backup, text.encode())
                self._folder.write(FACTS, renewed(text).encode(), did="renew format")

    def _refuse_conflict(self, file: str, mine: pd.DataFrame | None) -> None:
        if self._folder.digest(file) == self._seen[file]:
            return
        path = self.path / file
        message = f"{path}: was saved by somebody else since it was loaded; nothing was overwritten."
        if mine is not None and path.exists():
            message += _differences(mine, path, schema.WORKSHEETS[file.removesuffix(".csv")])
        raise ConflictError(message + " Load it again and repeat your change.")

    def _trace(
        self, evidence: pd.DataFrame, changed: Collection[str]
    ) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
        """Where the timeline leads, in files that are unchanged; and whether the cache tells the truth."""
        bad = [
            path for path in evidence["path"] if any(f"{name}/".startswith(f"{path}/") for name in changed)
        ]
        evidence = evidence[~evidence["path"].isin(bad)]
        shown, read = self.events(evidence), self.events(evidence, cached=False)
        # With eyes of its own: what is verified was not seen by anybody who edits.
        worksheet = Workspace(self.path, self.incident).table("timeline")
        trace = trace_rows(worksheet, build_timeline(shown, worksheet), read)
        problem = (".cache", "tells other events than the evidence does; delete this folder")
        return trace, [] if shown.equals(read) else [problem]


def _read_incident(folder: Path) -> Incident:
    path = folder / FACTS
    if not path.is_file():
        raise WorkspaceError(f"{folder}: no `incident.toml` here; make a workspace with `pmkit new`")
    return read_facts(read_text(path), where=str(path), folder=folder.resolve().name)


def _checked(frame: pd.DataFrame, table: schema.Table) -> pd.DataFrame:
    typed = schema.conform(frame, table)
    schema.validate(typed, table)
    return typed


def _check_readable(path: Path, file: str, data: bytes) -> None:
    """What is put back has to be a file that loads. Raises `WorkspaceError` where it is none."""
    name = file.removesuffix(".csv")
    try:
        text = data.decode("utf-8-sig")
        if name in schema.WORKSHEETS:
            schema.read_csv(text, schema.WORKSHEETS[name])
        elif file == FACTS and is_older(text):
            raise WorkspaceError("it was of an older format, which a copy beside it keeps")
        elif file == FACTS:
            read_facts(text, where=FACTS, folder=path.resolve().parent.name)
    except (UnicodeDecodeError, PmkitError) as error:
        raise WorkspaceError(f"{path}: is left as it is, for what it was cannot be used: {error}") from error


def _differences(mine: pd.DataFrame, path: Path, table: schema.Table) -> str:
    """Which rows the file and `mine` hold differently, in one sentence."""
    try:
        theirs = schema.read_csv(read_text(path), table, where=str(path))
    except (SchemaError, WorkspaceError) as error:
        return f" It cannot be read now: {error}"
    by_key = [frame.astype("str").set_index(list(table.key)) for frame in (mine, theirs)]
    rows = [dict(zip(frame.index, frame.to_dict("records"), strict=True)) for frame in by_key]
    differing = sorted(
        str(key) for key in rows[0].keys() | rows[1].keys() if rows[0].get(key) != rows[1].get(key)
    )
    return f" Rows that differ: {', '.join(differing) or 'none'}."
