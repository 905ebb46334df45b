"""The incident folder on disk and the `Postmortem` it holds; the only room that writes it.

Every save: lock → compare with what was loaded → journal line → temp file, fsync, rename, fsync of the
folder. A reader sees the old file or the new one, never a half; somebody else's edit is shown, never
overwritten.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pmkit import schema
from pmkit.clocks import correct_times
from pmkit.errors import ConflictError, EvidenceError, SchemaError, WorkspaceError
from pmkit.facts import check_timezone, is_older, new_facts, read_facts, renewed
from pmkit.loaders import format_named, load_evidence, recognise
from pmkit.loaders._format import Format
from pmkit.postmortem import Incident, Postmortem, no_journal
from pmkit.template import NOTES, Template, load_template
from pmkit.timeline import build_timeline
from pmkit.workdays import WorkCalendar

_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_PROMPT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


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
        self.sessions: dict[str, Any] = {}  # who edits a table through this object, see `pmkit.session`

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
        unknown = set(people or {}) - set(plan.roles)
        if unknown:
            raise WorkspaceError(f"no role `{sorted(unknown)[0]}`; the roles are {', '.join(plan.roles)}")
        _check_folder_name(folder.resolve().name)
        calendar = _calendar(plan, timezone)
        with _explained(folder):
            if folder.exists() and any(folder.iterdir()):
                raise WorkspaceError(f"{folder}: the folder is not empty; choose another name, or open it")
            for part in ("evidence", "notes"):
                (folder / part).mkdir(parents=True, exist_ok=True)
        for name, table in schema.WORKSHEETS.items():
            frame = _planned_rows(name, plan, calendar, calendar.day_of(resolved_at or now))
            _write_durably(folder / f"{name}.csv", schema.to_csv(frame, table).encode())
        _write_durably(
            folder / "evidence.csv", schema.to_csv(schema.empty(schema.EVIDENCE), schema.EVIDENCE).encode()
        )
        for note in NOTES:
            _write_durably(folder / "notes" / f"{note}.md", f"<!-- {plan.prompts[note]} -->\n".encode())
        _write_durably(folder / ".gitignore", b"report/\n.cache/\n.lock\n.*.tmp\n")
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
        _write_durably(folder / "incident.toml", facts.encode())
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
        journal = _read_journal(self.path / "journal.jsonl")
        return Postmortem(
            incident=self.incident,
            evidence=evidence,
            events=events,
            worksheet=worksheet,
            timeline=build_timeline(events, worksheet),
            notes=notes,
            journal=journal,
            **tables,
        )

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables people edit, typed and checked; empty when its file is missing."""
        path, table = self._table_path(name), schema.WORKSHEETS[name]
        digest = self._digest(path)
        frame = schema.read_csv(_read_text(path), table, where=str(path)) if digest else schema.empty(table)
        self._seen[name] = digest  # a file that cannot be read was not seen, and is not to be written over
        return frame

    def note(self, name: str) -> str:
        """One of the notes, in Markdown, without the prompt it was made with."""
        path = self._note_path(name)
        self._seen[f"notes/{name}"] = self._digest(path)
        return _PROMPT.sub("", _read_text(path)).strip() if path.exists() else ""

    def evidence(self) -> pd.DataFrame:
        """What raw files there are: one row per file, as in `pmkit.schema.EVIDENCE`."""
        path = self.path / "evidence.csv"
        if not path.exists():
            return schema.empty(schema.EVIDENCE)
        rows = schema.read_csv(_read_text(path), schema.EVIDENCE, where=str(path))
        root = self.path.resolve()
        for name in rows["path"]:
            inside = name.isprintable() and (root / name).resolve().is_relative_to(root / "evidence")
            if not inside or not name.startswith("evidence/"):
                raise WorkspaceError(f"{path}: {name!r} does not lie in `evidence/`; nothing else is read")
        return rows

    def events(self, evidence: pd.DataFrame | None = None) -> pd.DataFrame:
        """Every record of every raw file as one frame in order of time, as in `pmkit.schema.EVENTS`.

        Where two files hold the same record, the file added last speaks for it. Times are corrected where
        `clocks.csv` says so.
        """
        evidence = self.evidence() if evidence is None else evidence
        in_order_added = evidence.sort_values("added_at", kind="stable")
        frames = [self._load_one(row) for row in in_order_added.to_dict("records")]
        frames = [frame for frame in frames if len(frame)]
        if not frames:
            return schema.empty(schema.EVENTS)
        events = pd.concat(frames, ignore_index=True)
        events = correct_times(events.drop_duplicates("event_id", keep="last"), self._clocks())
        return events.sort_values("time", kind="stable", ignore_index=True)

    def verify(self) -> pd.DataFrame:
        """What changed in the evidence since it was added, and whether the journal is whole.

        One row per problem: `path`, `problem`. No rows means that nothing changed.
        """
        evidence = self.evidence()
        problems = []
        for row in evidence.itertuples():
            path = self.path / row.path
            if not path.exists():
                problems.append((row.path, "missing"))
            elif _digest_of(path) != row.sha256:
                problems.append((row.path, "changed since it was added"))
        folder = self.path / "evidence"
        there = folder.iterdir() if folder.exists() else ()
        found = {f"evidence/{path.name}" for path in there if not _is_leftover(path)}
        problems += [(path, "was never added") for path in sorted(found - set(evidence["path"]))]
        problems += [("journal.jsonl", problem) for problem in _journal_problems(self.path / "journal.jsonl")]
        return pd.DataFrame(problems, columns=["path", "problem"], dtype="str")

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
        """Copy a raw file (or the folder of an unpacked export) into `evidence/` and load it once.

        What lies in `evidence/` already, put there by hand, is taken as it is.
        Returns its row of `evidence.csv`. `form`, the name of its format, is told from the content when it is
        not given; `options` are what only people know of it, such as the `zone` of its times.
        Raises `EvidenceError` when the file cannot be recognised or was added before, and its `QuestionError`
        when an option is missing.
        """
        original = Path(path)
        if not original.exists():
            raise EvidenceError(original, "", "there is no such file.", "Check the path.")
        told = format_named(original, form) if form else recognise(original)
        if told is None:
            raise EvidenceError(
                original,
                "",
                "no loader knows what it is.",
                "Say what it is with `--as`; `pmkit add --help` lists the formats.",
            )
        with self._locked():
            evidence = self.evidence()
            with _explained(original):
                digest = _digest_of(original)
            twins = evidence.loc[evidence["sha256"] == digest, "path"]
            if len(twins):
                raise EvidenceError(original, "", f"was added before, as {twins.iloc[0]}.")
            folder = self.path / "evidence"
            here = original.resolve().parent == folder.resolve()
            if here and f"evidence/{original.name}" in set(evidence["path"]):
                raise EvidenceError(original, "", "has changed since it was added.", "Put it back as it was.")
            target = original if here else _free_name(folder, original.name, taken=set(evidence["path"]))
            try:
                if not here:
                    _copy_durably(original, target)
                row = self._evidence_row(target, told, options or {}, note=note, by=by, now=now)
                rows = pd.concat([evidence, row], ignore_index=True) if len(evidence) else row
                self._write("evidence.csv", schema.to_csv(rows, schema.EVIDENCE).encode(), by=by, now=now)
            except BaseException:
                if not here:
                    _remove(target)
                raise
            _protect(target)
        return row

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
                digest = self._write(f"{name}.csv", schema.to_csv(typed, table).encode(), by=by, now=now)
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
            text = edit(_read_text(path))
            self.incident = read_facts(text, where=str(path), folder=self.path.resolve().name)
            self._write("incident.toml", text.encode(), did=did, by=by, now=now)

    # Somebody else, and rows that are only begun

    def changed(self, name: str) -> bool:
        """Whether a table was saved by somebody else since this object loaded or saved it."""
        return self._digest(self._table_path(name)) != self._seen[name]

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
                _write_durably(path, json.dumps(kept, ensure_ascii=False, indent=1).encode())

    # Inside

    def _table_path(self, name: str) -> Path:
        return self.path / f"{name}.csv"

    def _note_path(self, name: str) -> Path:
        return self.path / "notes" / f"{name}.md"

    def _digest(self, path: Path) -> str:
        return _digest_of(path) if path.exists() else ""

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        lock = FileLock(self.path / ".lock", timeout=10)
        with _explained(self.path):
            try:
                lock.acquire()
            except Timeout as error:
                raise WorkspaceError(
                    f"{self.path}: somebody else has been saving for ten seconds; try again"
                ) from error
        try:
            _sweep(self.path)
            yield
        finally:
            lock.release()

    def _renew_format(self) -> None:
        """Bring `incident.toml` of an older format up to date; what it was stays beside it."""
        path = self.path / "incident.toml"
        if not is_older(_read_text(path)):
            return
        with self._locked():
            text = _read_text(path)
            if is_older(text):
                backup = _free_name(self.path, "incident.toml.older")
                _write_durably(backup, text.encode())
                self._write("incident.toml", renewed(text).encode(), did="renew format")

    def _refuse_conflict(self, name: str, path: Path, mine: pd.DataFrame | None) -> None:
        if self._digest(path) == self._seen[name]:
            return
        message = f"{path}: was saved by somebody else since it was loaded; nothing was overwritten."
        if mine is not None and path.exists():
            message += _differences(mine, path, schema.WORKSHEETS[name])
        raise ConflictError(message + " Load it again and repeat your change.")

    def _clocks(self) -> pd.DataFrame:
        """As `table("clocks")`, but not as something that somebody has looked at."""
        path = self._table_path("clocks")
        if not path.exists():
            return schema.empty(schema.CLOCKS)
        return schema.read_csv(_read_text(path), schema.CLOCKS, where=str(path))

    def _load_one(self, row: Mapping[str, Any]) -> pd.DataFrame:
        file = self.path / row["path"]
        if not file.exists():
            raise EvidenceError(file, "", "is listed in evidence.csv but missing.", "Put it back as it was.")
        frame = load_evidence(file, _format_of(file, row), **_options_of(file, row))
        # A record that stands in the file more than once names every copy, ` | ` between them.
        frame["ref"] = "evidence/" + frame["ref"].str.replace(" | ", " | evidence/", regex=False)
        return frame

    def _evidence_row(
        self,
        path: Path,
        form: Format,
        options: Mapping[str, object],
        *,
        note: str,
        by: str | None,
        now: datetime | None,
    ) -> pd.DataFrame:
        events = load_evidence(path, form.name, **options)
        unreadable = int((events["kind"] == "unreadable").sum())
        notes = [text for text in (note, form.find_incompleteness(path)) if text]
        others = {name: value for name, value in options.items() if name != "zone"}
        row = {
            "path": f"evidence/{path.name}",
            "source": form.source,
            "format": form.name,
            "zone": options.get("zone", ""),
            "options": json.dumps(others, ensure_ascii=False) if others else "",
            "sha256": _digest_of(path),
            "bytes": _size_of(path),
            "added_at": pd.Timestamp(now or datetime.now(UTC)),
            "added_by": by or _user(),
            "records_loaded": len(events) - unreadable,
            "records_unreadable": unreadable,
            "first_at": events["time"].min(),
            "last_at": events["time"].max(),
            "note": " ".join(notes),
        }
        return schema.conform(pd.DataFrame([row]), schema.EVIDENCE)

    def _write(
        self,
        name: str,
        data: bytes,
        *,
        did: str = "save",
        by: str | None = None,
        now: datetime | None = None,
    ) -> str:
        """Journal the save, then put `data` in place; returns its digest. Call it with the lock held."""
        path = self.path / name
        digest = hashlib.sha256(data).hexdigest()
        self._journal(did, name, was=self._digest(path), sha256=digest, by=by, now=now)
        _write_durably(path, data)
        return digest

    def _journal(
        self,
        did: str,
        file: str,
        *,
        was: str,
        sha256: str = "",
        by: str | None = None,
        now: datetime | None = None,
    ) -> None:
        journal = self.path / "journal.jsonl"
        lines = journal.read_bytes() if journal.exists() else b""
        whole = lines[: lines.rfind(b"\n") + 1]  # a crash may have torn the last line
        previous = whole[:-1].rpartition(b"\n")[2]
        line = {
            "at": (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds"),
            "by": by or _user(),
            "did": did,
            "file": file,
            "was": was,
            "sha256": sha256 or self._digest(self.path / file),
            "prev": hashlib.sha256(previous).hexdigest() if previous else "",
        }
        with _explained(journal), journal.open("r+b" if journal.exists() else "wb") as out:
            out.truncate(len(whole))
            out.seek(len(whole))
            out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())


def _read_incident(folder: Path) -> Incident:
    path = folder / "incident.toml"
    if not path.is_file():
        raise WorkspaceError(f"{folder}: no `incident.toml` here; make a workspace with `pmkit new`")
    return read_facts(_read_text(path), where=str(path), folder=folder.resolve().name)


# What a new workspace starts with


def _calendar(plan: Template, timezone: str) -> WorkCalendar:
    try:
        check_timezone(timezone)
    except ValueError as error:
        raise WorkspaceError(str(error)) from error
    return replace(plan.calendar, zone=timezone)


def _planned_rows(name: str, plan: Template, calendar: WorkCalendar, start: date) -> pd.DataFrame:
    """What a new workspace's table starts with: tasks and RACI come from the template."""
    table = schema.WORKSHEETS[name]
    if name == "tasks":
        rows = [
            {
                "task_id": task.task_id,
                "task_list": task.task_list,
                "task": task.task,
                "dri": task.dri,
                "due_on": pd.Timestamp(calendar.after(start, task.due_working_day)),
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


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What the system refuses (a full disk, missing rights) as one clear error."""
    try:
        yield
    except OSError as error:
        raise WorkspaceError(f"{path}: {error.strerror or error}") from error


def _read_text(path: Path) -> str:
    try:
        with _explained(path):
            return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkspaceError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error


def _write_durably(path: Path, data: bytes) -> None:
    """After it returns, `path` holds `data` even if the power fails; before, it holds what it held."""
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
            Path(temporary).chmod(mode)
            Path(temporary).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
        _sync_folder(path.parent)


def _is_leftover(path: Path) -> bool:
    """A file that `_write_durably` had not finished when it was stopped."""
    return path.name.startswith(".") and path.name.endswith(".tmp")


def _sweep(folder: Path) -> None:
    """Remove what saves that were stopped an hour ago or more have left."""
    old = datetime.now(UTC).timestamp() - 3600
    for part in (folder, folder / "notes", folder / "evidence"):
        for path in part.glob(".*.tmp"):
            with suppress(OSError):
                if path.stat().st_mtime < old:
                    path.unlink()


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows cannot open a folder, and keeps its entries by itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy_durably(original: Path, target: Path) -> None:
    links = [path for path in original.rglob("*") if path.is_symlink()] if original.is_dir() else []
    if links:
        raise EvidenceError(links[0], "", "is a link to another place.", "Put the file itself there.")
    with _explained(target):
        if original.is_dir():
            shutil.copytree(original, target)
        else:
            _write_durably(target, original.read_bytes())
        _sync_folder(target.parent)


def _protect(path: Path) -> None:
    for file in _files_of(path) if path.is_dir() else [path]:
        with suppress(OSError):  # where the file belongs to somebody else its digest still tells
            file.chmod(0o444)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _free_name(folder: Path, name: str, taken: Container[str] = ()) -> Path:
    """`name` in the folder, or with a number where another file has that name or had it."""
    safe = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "evidence"
    candidates = [safe, *(f"{Path(safe).stem}-{n}{Path(safe).suffix}" for n in range(2, 1000))]
    free = (name for name in candidates if f"evidence/{name}" not in taken and not (folder / name).exists())
    return folder / next(free)


def _files_of(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file())


def _digest_of(path: Path) -> str:
    """sha256 of a file; of a folder, the sha256 over its files' names and digests."""
    if path.is_dir():
        listing = "".join(
            f"{_digest_of(file)}  {file.relative_to(path).as_posix()}\n" for file in _files_of(path)
        )
        return hashlib.sha256(listing.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size_of(path: Path) -> int:
    return sum(file.stat().st_size for file in _files_of(path)) if path.is_dir() else path.stat().st_size


def _differences(mine: pd.DataFrame, path: Path, table: schema.Table) -> str:
    """Which rows the file and `mine` hold differently, in one sentence."""
    try:
        theirs = schema.read_csv(_read_text(path), table, where=str(path))
    except (SchemaError, WorkspaceError) as error:
        return f" It cannot be read now: {error}"
    by_key = [frame.astype("str").set_index(list(table.key)) for frame in (mine, theirs)]
    rows = [dict(zip(frame.index, frame.to_dict("records"), strict=True)) for frame in by_key]
    differing = sorted(
        str(key) for key in rows[0].keys() | rows[1].keys() if rows[0].get(key) != rows[1].get(key)
    )
    return f" Rows that differ: {', '.join(differing) or 'none'}."


def _read_journal(journal: Path) -> pd.DataFrame:
    """Who saved what when, as far as the lines can be read; `verify` tells of the others."""
    lines = journal.read_bytes().splitlines() if journal.exists() else []
    rows = []
    for line in lines:
        with suppress(ValueError, TypeError, KeyError):
            told = json.loads(line)
            row = {name: str(told[name]) for name in ("by", "did", "file")}
            rows.append({"at": pd.Timestamp(told["at"]), **row})
    return pd.DataFrame(rows).astype(no_journal().dtypes) if rows else no_journal()


def _journal_problems(journal: Path) -> list[str]:
    """Breaks in the chain of the journal: each line carries the digest of the one before."""
    if not journal.exists():
        return []
    problems, previous = [], b""
    *lines, torn = journal.read_bytes().split(b"\n")
    if torn:
        problems.append("the last line is not whole: a save was stopped; the next one will cut it")
    for number, line in enumerate(lines, start=1):
        expected = hashlib.sha256(previous).hexdigest() if previous else ""
        try:
            broken = json.loads(line).get("prev") != expected
        except (ValueError, AttributeError):
            broken = True
        if broken:
            problems.append(f"line {number} does not follow from the line before it")
        previous = line
    return problems
