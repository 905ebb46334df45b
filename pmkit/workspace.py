"""The incident folder on disk and the `Postmortem` it holds; the only room that writes it.

Every save: lock → compare with what was loaded → journal line → temp file, fsync, rename, fsync of the
folder. A reader sees the old file or the new one, never a half; somebody else's edit is shown, never
overwritten.
"""

from __future__ import annotations

import getpass
import json
import re
import tempfile
import threading
import warnings
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from pmkit import schema
from pmkit.audience import check_audiences
from pmkit.cache import EventCache
from pmkit.clocks import correct_times
from pmkit.custody import (
    Audit,
    added_names,
    append_line,
    cut_lines,
    find_tampering,
    lies_in_evidence,
    no_trace,
    published_heads,
    seal_of,
    tag_key,
    trace_rows,
    whole_size,
)
from pmkit.disk import (
    copy_durably,
    digest_of,
    digest_of_bytes,
    explained,
    free_name,
    list_digests,
    protect,
    read_text,
    remove,
    size_of,
    sweep,
    write_durably,
)
from pmkit.errors import ConflictError, EvidenceError, PmkitError, SchemaError, WorkspaceError
from pmkit.facts import check_timezone, is_older, new_facts, read_facts, renewed
from pmkit.history import (
    FACTS,
    FILES,
    History,
    Save,
    Target,
    describe_change,
    find_file,
    find_targets,
    list_saves,
)
from pmkit.loaders import find_unread, format_named, load_evidence, recognise
from pmkit.loaders._fetch_log import fetched_verdict
from pmkit.loaders._format import Format
from pmkit.loaders._frame import to_frame, to_table
from pmkit.loaders._merge import merge_events
from pmkit.postmortem import Incident, Postmortem, no_journal
from pmkit.template import NOTES, Template, load_template
from pmkit.timeline import build_timeline
from pmkit.workdays import WorkCalendar

_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_PROMPT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


class Addition(NamedTuple):
    """A file that was taken in: its row of `evidence.csv`, its events, and whether it was there before.

    `events` is None for a file that was there before and is read as it was.
    """

    row: pd.DataFrame
    events: pd.DataFrame | None
    is_known: bool = False


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
        self._seen = {name: self._digest(self._table_path(name)) for name in schema.WORKSHEETS}
        # A note may have the name of a table, as `impact` has.
        self._seen |= {f"notes/{name}": self._digest(self._note_path(name)) for name in NOTES}
        self._cache = EventCache(path / ".cache")
        self._history = History(path / ".history")
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
        folder = Path(path)
        now = now or datetime.now(UTC)
        plan = load_template(template)
        try:
            check_audiences(plan.audiences, plan.redact, plan.audience)
        except ValueError as error:
            raise WorkspaceError(f"template {template}: {error}") from error
        unknown = set(people or {}) - set(plan.roles)
        if unknown:
            raise WorkspaceError(f"no role `{sorted(unknown)[0]}`; the roles are {', '.join(plan.roles)}")
        _check_folder_name(folder.resolve().name)
        if started_at is not None and resolved_at is not None and resolved_at < started_at:
            raise WorkspaceError(f"the incident began after it ended: {started_at} to {resolved_at}")
        calendar = _calendar(plan, timezone)
        with explained(folder):
            if folder.exists() and any(folder.iterdir()):
                raise WorkspaceError(f"{folder}: the folder is not empty; choose another name, or open it")
            for part in ("evidence", "notes"):
                (folder / part).mkdir(parents=True, exist_ok=True)
        for name, table in schema.WORKSHEETS.items():
            frame = _planned_rows(name, plan, calendar, calendar.day_of(resolved_at or now), severity)
            write_durably(folder / f"{name}.csv", schema.to_csv(frame, table).encode())
        write_durably(
            folder / "evidence.csv", schema.to_csv(schema.empty(schema.EVIDENCE), schema.EVIDENCE).encode()
        )
        for note in NOTES:
            write_durably(folder / "notes" / f"{note}.md", f"<!-- {plan.prompts[note]} -->\n".encode())
        write_durably(folder / ".gitignore", b"report/\n.cache/\n.lock\n.*.tmp\n")
        # Where git turns line ends round, the digests would no longer fit.
        kept = ("evidence/**", "evidence.csv", "journal.jsonl")
        lines = [*(f"{name} -text\n" for name in kept), "ledger.jsonl -text merge=union\n"]
        write_durably(folder / ".gitattributes", "".join(lines).encode())
        # Last, because a folder with this file is a workspace.
        facts = new_facts(
            folder.resolve().name,
            plan,
            title=title,
            severity=severity,
            services=services,
            timezone=timezone,
            people=people or {},
            opened_at=now,
            started_at=started_at,
            resolved_at=resolved_at,
        )
        write_durably(folder / "incident.toml", facts.encode())
        workspace = cls.open(folder)
        workspace._journal("create", "incident.toml", was="", now=now)
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
        notes = {name: self.note(name) for name in NOTES}
        journal, digests = _read_journal(self.path / "journal.jsonl")
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
        planned = _planned_evidence(additions)
        kept = now.evidence[~now.evidence["path"].isin(planned)]
        evidence = pd.concat([kept, *(row for row, _ in planned.values())], ignore_index=True)
        in_order_added = evidence.sort_values("added_at", kind="stable").to_dict("records")
        there = [row for row in in_order_added if row["path"] not in planned]
        derived = dict(
            zip(
                (row["path"] for row in there),
                self._derive_missing(there, [self._key_of(row) for row in there]),
                strict=True,
            )
        ) | {path: to_table(events) for path, (_, events) in planned.items()}
        events = self._corrected(merge_events([derived[row["path"]] for row in in_order_added]))
        timeline = build_timeline(events, now.worksheet)
        return replace(now, evidence=evidence, events=events, timeline=timeline)

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables people edit, typed and checked; empty when its file is missing."""
        path, table = self._table_path(name), schema.WORKSHEETS[name]
        digest = self._digest(path)
        frame = schema.read_csv(read_text(path), table, where=str(path)) if digest else schema.empty(table)
        self._seen[name] = digest  # a file that cannot be read was not seen, and is not to be written over
        return frame

    def note(self, name: str) -> str:
        """One of the notes, in Markdown, without the prompt it was made with."""
        path = self._note_path(name)
        self._seen[f"notes/{name}"] = self._digest(path)
        return _PROMPT.sub("", read_text(path)).strip() if path.exists() else ""

    def prompt(self, name: str) -> str:
        """What a note that nobody has written yet asks; "" once it is written."""
        path = self._note_path(name)
        found = _PROMPT.match(read_text(path)) if path.exists() else None
        return found[0].strip().removeprefix("<!--").removesuffix("-->").strip() if found else ""

    def evidence(self) -> pd.DataFrame:
        """What raw files there are: one row per file, as in `pmkit.schema.EVIDENCE`."""
        path = self.path / "evidence.csv"
        if not path.exists():
            return schema.empty(schema.EVIDENCE)
        rows = schema.read_csv(read_text(path), schema.EVIDENCE, where=str(path))
        for name in rows["path"]:
            if not lies_in_evidence(self.path, name):
                raise WorkspaceError(f"{path}: {name!r} does not lie in `evidence/`; nothing else is read")
        return rows

    def events(self, evidence: pd.DataFrame | None = None, *, cached: bool = True) -> pd.DataFrame:
        """Every record of every raw file as one frame in order of time, as in `pmkit.schema.EVENTS`.

        Where several files hold the same record, its latest state stands, and its `ref` names them all. Times
        are corrected where `clocks.csv` says so. What was derived before is taken from `.cache/`, unless
        `cached` is false.
        """
        evidence = self.evidence() if evidence is None else evidence
        in_order_added = evidence.sort_values("added_at", kind="stable").to_dict("records")
        derived = self._cached if cached else self._derived
        return self._corrected(derived(in_order_added))

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
        original = Path(path)
        if not original.exists():
            raise EvidenceError(original, "", "there is no such file.", "Check the path.")
        told = format_named(original, form) if form else told or recognise(original)
        if told is None:
            raise EvidenceError(
                original,
                "",
                "no loader knows what it is.",
                "Say what it is with `--as`; `pmkit add --help` lists the formats.",
            )
        reading = _Reading(
            told, dict(options or {}), note, by or _user(), now or datetime.now(UTC), is_said=form is not None
        )
        if dry_run:
            return self._look_at(original, reading, without)
        with self._locked():
            target, twin = self._place_for(original, without)
            if twin is None and target != original:
                self._copy(original, target, without)
        if twin is not None:
            return self._read_anew(twin, reading)
        listing = _listing_of(target) if target.is_dir() else None
        try:
            # Nobody waits for the lock while a large file is read.
            if listing:
                write_durably(listing, list_digests(target))
            events = load_evidence(target, told.name, **reading.options)
            row = self._evidence_row(target, events, reading)
            with self._locked():
                self._list(row, reading, listing)
        except BaseException:
            remove(*filter(None, [listing, target if target != original else None]))
            raise
        protect(*filter(None, [target, listing]))
        return self._kept(row, events, reading)

    def note_evidence(
        self, path: str, note: str, *, by: str | None = None, now: datetime | None = None
    ) -> None:
        """Say something else of a raw file, in its row of `evidence.csv`; the file stays as it is.

        Raises `EvidenceError` when no file of that path was added.
        """
        with self._locked():
            row = (evidence := self.evidence())[evidence["path"] == path]
            if row.empty:
                raise EvidenceError(self.path / path, "", "is not in evidence.csv.")
            told = row.iloc[0].to_dict()
            form = format_named(self._file_of(told), _format_of(self._file_of(told), told))
            reading = _Reading(form, {}, note, by or _user(), now or datetime.now(UTC))
            self._list(row.assign(note=note), reading)

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
        path, table, seen = self._table_path(name), schema.WORKSHEETS[name], self._seen[name]
        typed = _checked(frame, table)
        with self._locked():
            try:
                if merge is not None and self._digest(path) != seen:
                    typed = _checked(merge(self.table(name)), table)
                self._refuse_conflict(name, path, typed)
                text = schema.keep_lines(self._text(path), schema.to_csv(typed, table), table)
                digest = self._write(f"{name}.csv", _as_marked(path, text), by=by, now=now)
            except BaseException:
                self._seen[name] = seen
                raise
            self._seen[name] = digest

    def save_note(self, name: str, text: str, *, by: str | None = None, now: datetime | None = None) -> None:
        """Save one of the notes, in Markdown. Raises `ConflictError` as `save_table` does."""
        if name not in NOTES:
            raise WorkspaceError(f"no note `{name}`; the notes are {', '.join(NOTES)}")
        with self._locked():
            self._refuse_conflict(f"notes/{name}", self._note_path(name), None)
            data = (text.strip() + "\n").encode()
            self._seen[f"notes/{name}"] = self._write(f"notes/{name}.md", data, by=by, now=now)

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
        path = self.path / "incident.toml"
        with self._locked():
            text = edit(read_text(path))
            incident = read_facts(text, where=str(path), folder=self.path.resolve().name)
            self._write("incident.toml", _as_marked(path, text), did=did, by=by, now=now)
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
        with self._locked():
            digests = {name: self._digest(self.path / name) for name in FILES}
            targets = find_targets(list_saves(self.path), digests, file=wanted, to=to)
            restored = [(target, self._earlier(target)) for target in targets]
            undone = []
            for target, data in restored:
                change = describe_change(target.file, (self.path / target.file).read_bytes(), data)
                digest = self._write(target.file, data, more={"back_to": target.line}, by=by, now=now)
                self._seen[target.file.removesuffix(".csv").removesuffix(".md")] = digest
                undone.append(Undone(target.file, target.line, change))
        self.incident = _read_incident(self.path)
        return undone

    # Somebody else, and rows that are only begun

    def changed(self, name: str) -> bool:
        """Whether a table was saved by somebody else since this object loaded or saved it."""
        return self._digest(self._table_path(name)) != self._seen[name]

    def changed_note(self, name: str) -> bool:
        """Whether a note was saved by somebody else since this object read or saved it."""
        return self._digest(self._note_path(name)) != self._seen.get(f"notes/{name}")

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
        with self._locked():
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
            if self._seen[name] != digests.get(f"{name}.csv", "" if filled else self._seen[name]):
                yield f"{name}.csv"
        for name, text in notes.items():
            seen = self._seen[f"notes/{name}"]
            if seen != digests.get(f"notes/{name}.md", "" if text else seen):
                yield f"notes/{name}.md"

    def _earlier(self, target: Target) -> bytes:
        """What the file held then. Raises `WorkspaceError` where it cannot be brought back."""
        path = self.path / target.file
        if self._digest(path) != target.last.sha256:
            raise WorkspaceError(
                f"{path}: somebody changed it by hand since line {target.last.line} of the journal, and that "
                "would be lost; nothing was undone. Put that change aside, or go on from what the file is now"
            )
        data = self._content(target.file, target.sha256)
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
        was, now = (self._content(save.file, digest) for digest in (save.was, save.sha256))
        return describe_change(save.file, was, now)

    def _content(self, file: str, digest: str) -> bytes | None:
        """What had that digest: the file as it is, or as it was kept; a file that was not there is empty."""
        if not digest:
            table = schema.WORKSHEETS.get(file.removesuffix(".csv"))
            return schema.to_csv(schema.empty(table), table).encode() if table else b""
        path = self.path / file
        if self._digest(path) == digest:
            return path.read_bytes()
        return self._history.read(digest)

    def _text(self, path: Path) -> str:
        return read_text(path) if path.exists() else ""

    def _table_path(self, name: str) -> Path:
        return self.path / f"{name}.csv"

    def _note_path(self, name: str) -> Path:
        return self.path / "notes" / f"{name}.md"

    def _digest(self, path: Path) -> str:
        return digest_of(path) if path.exists() else ""

    @contextmanager
    def _locked(self) -> Iterator[None]:
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

    def _renew_format(self) -> None:
        """Bring `incident.toml` of an older format up to date; what it was stays beside it."""
        path = self.path / "incident.toml"
        if not is_older(read_text(path)):
            return
        with self._locked():
            text = read_text(path)
            if is_older(text):
                backup = free_name(self.path, "incident.toml.older")
                write_durably(backup, text.encode())
                self._write("incident.toml", renewed(text).encode(), did="renew format")

    def _refuse_conflict(self, name: str, path: Path, mine: pd.DataFrame | None) -> None:
        if self._digest(path) == self._seen[name]:
            return
        message = f"{path}: was saved by somebody else since it was loaded; nothing was overwritten."
        if mine is not None and path.exists():
            message += _differences(mine, path, schema.WORKSHEETS[name])
        raise ConflictError(message + " Load it again and repeat your change.")

    def _corrected(self, events: pd.DataFrame) -> pd.DataFrame:
        """The events with the times of clocks that are off corrected."""
        corrected = correct_times(events, self._clocks())
        if corrected["time"].equals(events["time"]):
            return corrected
        return corrected.sort_values("time", kind="stable", ignore_index=True)

    def _clocks(self) -> pd.DataFrame:
        """As `table("clocks")`, but not as something that somebody has looked at."""
        path = self._table_path("clocks")
        if not path.exists():
            return schema.empty(schema.CLOCKS)
        return schema.read_csv(read_text(path), schema.CLOCKS, where=str(path))

    def _cached(self, evidence: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
        """The events of all files, from the cache where they are there."""
        keys = [self._key_of(row) for row in evidence]
        whole = self._cache.key_of("", files=keys) if len(keys) > 1 else ""
        table = self._cache.read(whole) if whole else None
        if table is not None:
            return to_frame(table)
        events = merge_events(self._derive_missing(evidence, keys))
        if whole:
            self._cache.write(whole, to_table(events))
        self._cache.keep_only({*keys, whole})
        return events

    def _derive_missing(self, evidence: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[pa.Table]:
        tables = []
        for row, key in zip(evidence, keys, strict=True):
            table = self._cache.read(key)
            if table is None:
                table = self._derive(row)
                self._cache.write(key, table)
            tables.append(table)
        return tables

    def _key_of(self, row: Mapping[str, Any]) -> str:
        file = self._file_of(row)
        return self._key(file, self._cache.digest_of(file), _format_of(file, row), _options_of(file, row))

    def _derived(self, evidence: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
        return merge_events([self._derive(row) for row in evidence])

    def _derive(self, row: Mapping[str, Any]) -> pa.Table:
        """The events of one file of the evidence."""
        file = self._file_of(row)
        events = load_evidence(file, _format_of(file, row), **_options_of(file, row))
        return to_table(_as_evidence(events))

    def _file_of(self, row: Mapping[str, Any]) -> Path:
        file = self.path / str(row["path"])
        with explained(file):
            is_there = file.exists()
        if not is_there:
            raise EvidenceError(file, "", "is listed in evidence.csv but missing.", "Put it back as it was.")
        return file

    def _key(self, file: Path, digest: str, form: str, options: Mapping[str, object]) -> str:
        return self._cache.key_of(digest, name=file.name, format=form, options=options)

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

    def _copy(self, original: Path, target: Path, without: Collection[Path]) -> None:
        try:
            copy_durably(original, target, without=without)
        except BaseException:
            remove(target)
            raise

    def _read_anew(self, twin: pd.DataFrame, reading: _Reading, *, dry_run: bool = False) -> Addition:
        """Read a file that was added before with what is said of it now, if that is anything new."""
        old = twin.iloc[0].to_dict()
        file = self._file_of(old)
        form, said = format_named(file, _format_of(file, old)), _options_of(file, old)
        note = reading.note or _own_words(old["note"], form, file)
        new = reading.form if reading.is_said else form
        options = {name: value for name, value in (said | reading.options).items() if name in new.options}
        if (new.name, options) == (form.name, said):
            return Addition(twin, None, is_known=True)
        reading = reading._replace(form=new, options=options, note=note)
        events = load_evidence(file, reading.form.name, **reading.options)
        row = self._evidence_row(file, events, reading).assign(**twin[["added_at", "added_by"]].iloc[0])
        if dry_run:
            return Addition(row, events, is_known=True)
        with self._locked():
            self._list(row, reading)
        return self._kept(row, events, reading)._replace(is_known=True)

    def _kept(self, row: pd.DataFrame, events: pd.DataFrame, reading: _Reading) -> Addition:
        """What was derived goes into the cache, so that nothing is loaded twice."""
        listed, events = row.iloc[0], _as_evidence(events)
        key = self._key(self.path / listed["path"], listed["sha256"], reading.form.name, reading.options)
        self._cache.write(key, to_table(events))
        return Addition(row, events)

    def _look_at(self, original: Path, reading: _Reading, without: Collection[Path]) -> Addition:
        target, twin = self._place_for(original, without)
        if twin is not None:
            return self._read_anew(twin, reading, dry_run=True)
        with tempfile.TemporaryDirectory() as aside:
            seen = original
            if without:
                seen = Path(aside) / original.name
                copy_durably(original, seen, without=without)
            events = load_evidence(seen, reading.form.name, **reading.options)
            row = self._evidence_row(seen, events, reading)
        row["path"] = f"evidence/{target.name}"
        return Addition(row, events)

    def _place_for(self, original: Path, without: Collection[Path]) -> tuple[Path, pd.DataFrame | None]:
        """Where a file will lie; and the row of its twin, if it was added before."""
        evidence = self.evidence()
        with explained(original):
            digest = digest_of(original, without=without)
        twins = evidence[evidence["sha256"] == digest]
        if len(twins):
            return self.path / twins["path"].iloc[0], twins.head(1)
        folder = self.path / "evidence"
        if original.resolve().parent == folder.resolve():
            if f"evidence/{original.name}" in set(evidence["path"]):
                raise EvidenceError(original, "", "has changed since it was added.", "Put it back as it was.")
            return original, None
        taken = added_names(self.path) | set(evidence["path"].str.removeprefix("evidence/"))
        beside = _listing_of(original).suffix if original.is_dir() else ""
        return free_name(folder, original.name, taken=taken, beside=beside), None

    def _evidence_row(self, path: Path, events: pd.DataFrame, reading: _Reading) -> pd.DataFrame:
        unreadable = int((events["kind"] == "unreadable").sum())
        said = _said_of_itself(path, reading.form)
        notes = [text for text in (reading.note, *said, "" if len(events) else reading.form.if_empty) if text]
        others = {name: value for name, value in reading.options.items() if name != "zone"}
        row = {
            "path": f"evidence/{path.name}",
            "source": reading.form.source,
            "format": reading.form.name,
            "zone": reading.options.get("zone", ""),
            "options": json.dumps(others, ensure_ascii=False) if others else "",
            "sha256": digest_of(path),
            "bytes": size_of(path),
            "added_at": pd.Timestamp(reading.now),
            "added_by": reading.by,
            "records_loaded": len(events) - unreadable,
            "records_unreadable": unreadable,
            "first_at": events["time"].min(),
            "last_at": events["time"].max(),
            "note": "; ".join(notes),
        }
        return schema.conform(pd.DataFrame([row]), schema.EVIDENCE)

    def _list(self, row: pd.DataFrame, reading: _Reading, listing: Path | None = None) -> None:
        """Put the row into `evidence.csv`; the journal keeps it too, so that nobody edits it unseen."""
        evidence = self.evidence()
        known = evidence["path"].isin(row["path"])
        twins = evidence.loc[evidence["sha256"].isin(row["sha256"]) & ~known, "path"]
        if len(twins):  # somebody was quicker
            raise EvidenceError(self.path, "", f"the same file was added meanwhile, as {twins.iloc[0]}.")
        rows = pd.concat([evidence[~known], row], ignore_index=True) if len(evidence) else row
        cells = {name: schema.cell_texts(row[name])[0] for name in schema.EVIDENCE.column_names}
        more: dict[str, object] = {"row": {name: cell for name, cell in cells.items() if cell}}
        more |= {"listing": f"evidence/{listing.name}"} if listing else {}
        data = schema.to_csv(rows, schema.EVIDENCE).encode()
        did = "read anew" if known.any() else "add"
        self._write("evidence.csv", data, did=did, more=more, by=reading.by, now=reading.now)

    def _write(
        self,
        name: str,
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
        path = self.path / name
        before = path.read_bytes() if path.exists() else None
        was, digest = digest_of_bytes(before) if before is not None else "", digest_of_bytes(data)
        unkept = self._keep(before) if name in FILES and before is not None and was != digest else None
        length = whole_size(self.path)

        def tell() -> None:
            self._journal(did, name, was=was, sha256=digest, more=more, by=by, now=now)

        try:
            write_durably(path, data, just_before=tell)
        except BaseException:
            if self._digest(path) == was:
                cut_lines(self.path, length)
            raise
        if unkept:
            warnings.warn(f"{path} is saved, but the save cannot be undone: {unkept}", stacklevel=3)
        return digest

    def _keep(self, before: bytes) -> OSError | None:
        """Keep what a file was; where that is refused, the save is worth more than its undo."""
        try:
            self._history.keep(before)
        except OSError as error:
            return error
        return None

    def _journal(
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
        line = {
            "at": (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds"),
            "by": by or _user(),
            "did": did,
            "file": file,
            "was": was,
            "sha256": sha256 or self._digest(self.path / file),
            **(more or {}),
        }
        append_line(self.path, line)


def _read_incident(folder: Path) -> Incident:
    path = folder / "incident.toml"
    if not path.is_file():
        raise WorkspaceError(f"{folder}: no `incident.toml` here; make a workspace with `pmkit new`")
    return read_facts(read_text(path), where=str(path), folder=folder.resolve().name)


# What a new workspace starts with


def _calendar(plan: Template, timezone: str) -> WorkCalendar:
    try:
        check_timezone(timezone)
    except ValueError as error:
        raise WorkspaceError(str(error)) from error
    return replace(plan.calendar, zone=timezone)


def _planned_rows(
    name: str, plan: Template, calendar: WorkCalendar, start: date, severity: str
) -> pd.DataFrame:
    """What a new workspace's table starts with: tasks and RACI come from the template."""
    table = schema.WORKSHEETS[name]
    most = plan.working_days_for(severity)  # no task is due after the closure
    if name == "tasks":
        rows = [
            {
                "task_id": task.task_id,
                "task_list": task.task_list,
                "task": task.task,
                "dri": task.dri,
                "due_on": pd.Timestamp(calendar.after(start, min(task.due_working_day, most))),
                "status": "open",
            }
            for task in plan.tasks
        ]
    elif name == "raci":
        rows = [
            {"activity": activity, "role": role, "part": part}
            for activity, parts in plan.raci.items()
            for role, part in parts.items()
        ]
    else:
        return schema.empty(table)
    return schema.conform(pd.DataFrame(rows), table)


# Evidence: what people said about reading a file


class _Reading(NamedTuple):
    """How a file is read, and who adds it."""

    form: Format
    options: dict[str, object]
    note: str
    by: str
    now: datetime
    is_said: bool = False  # the format: people said it, or else the content tells it


def _own_words(note: str, form: Format, file: Path) -> str:
    """What people wrote into a note, without what the file itself says there."""
    for sentence in (form.if_empty, *reversed(_said_of_itself(file, form))):
        note = note.removesuffix(sentence).removesuffix("; ")
    return note


def _said_of_itself(file: Path, form: Format) -> list[str]:
    """What the file shows to be missing, and what of it is not read."""
    verdict = fetched_verdict(file)
    return [form.find_incompleteness(file) if verdict is None else verdict, find_unread(file, form)]


def _planned_evidence(additions: Sequence[Addition]) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """The row and the events of each addition by its path, where files of one name are told apart."""
    planned: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
    for addition in additions:
        if addition.events is None:
            continue
        told = Path(addition.row["path"].iloc[0])
        path = told.as_posix()
        if path in planned:
            path = free_name(told.parent, told.name, taken=[Path(name).name for name in planned]).as_posix()
        refs = addition.events["ref"].str.replace(r"(^| \| )[^#]*#", rf"\1{Path(path).name}#", regex=True)
        events = _as_evidence(addition.events.assign(ref=refs))
        planned[path] = (addition.row.assign(path=path), events)
    return planned


def _as_evidence(events: pd.DataFrame) -> pd.DataFrame:
    """The events with the place of their file in the incident."""
    # A record that stands in the file more than once names every copy, ` | ` between them.
    return events.assign(ref="evidence/" + events["ref"].str.replace(" | ", " | evidence/", regex=False))


def _listing_of(folder: Path) -> Path:
    """Where the digests of a folder's files are listed, as `sha256sum` writes and checks them."""
    return folder.with_name(f"{folder.name}.sha256")


def _format_of(file: Path, row: Mapping[str, Any]) -> str:
    """Its format as `evidence.csv` names it, or as the content tells."""
    if row["format"]:
        return str(row["format"])
    told = recognise(file)
    if told is None or told.source != row["source"]:
        problem = f"evidence.csv says `{row['source']}` and no format, and the content does not tell which."
        raise EvidenceError(file, "", problem, "Write it into the column `format`.")
    return told.name


def _options_of(file: Path, row: Mapping[str, Any]) -> dict[str, object]:
    try:
        options = json.loads(row["options"]) if row["options"] else {}
    except ValueError as error:
        raise EvidenceError(file, "`options` in evidence.csv", f"expected JSON: {error}.") from error
    if not isinstance(options, dict):
        raise EvidenceError(file, "`options` in evidence.csv", "expected a JSON object.")
    return options | ({"zone": row["zone"]} if row["zone"] else {})


# Files


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


def _as_marked(path: Path, text: str) -> bytes:
    """The text as UTF-8, with a byte order mark where the file has one: some editors need it."""
    has_mark = path.exists() and path.read_bytes().startswith(BOM_UTF8)
    return (BOM_UTF8 if has_mark else b"") + text.encode()


def _check_folder_name(name: str) -> None:
    # Windows refuses these names whatever their ending.
    reserved = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
    if not _FOLDER_NAME.fullmatch(name) or name.endswith(".") or name.partition(".")[0].lower() in reserved:
        raise WorkspaceError(
            f"{name!r} cannot name an incident folder; use letters, digits, dot, dash and underscore, "
            "as 2026-11-03-checkout-outage"
        )


def _user() -> str:
    """Who is logged in; in some containers nobody is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


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


def _read_journal(journal: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Who saved what when, and the digest of each file then; `verify` tells of lines that cannot be read."""
    lines = journal.read_bytes().splitlines() if journal.exists() else []
    rows, digests = [], {}
    for line in lines:
        with suppress(ValueError, TypeError, KeyError):
            told = json.loads(line)
            row = {name: str(told[name]) for name in ("by", "did", "file")}
            rows.append({"at": pd.Timestamp(told["at"]), **row})
            digests[row["file"]] = str(told.get("sha256", ""))
    return pd.DataFrame(rows).astype(no_journal().dtypes) if rows else no_journal(), digests
