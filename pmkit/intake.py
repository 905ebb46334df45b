"""What somebody throws at an incident: files told apart, previewed, added, and what that moved."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

import pandas as pd

from pmkit.acquisition import Addition
from pmkit.drift import COLUMNS, describe_drift, find_drift
from pmkit.errors import EvidenceError, PmkitError, QuestionError
from pmkit.loaders import ANYTHING, FORMATS, format_named, recognise
from pmkit.loaders._archive import is_zip
from pmkit.loaders._format import Format
from pmkit.postmortem import Postmortem
from pmkit.preview import Preview, indented, preview, printable, some
from pmkit.redaction import count_kinds, describe_kinds
from pmkit.schema import format_time, without_samples
from pmkit.workspace import Workspace

Status = Literal[
    "added", "read anew", "would be added", "would be read anew", "there already", "question", "refused"
]

_OF_THE_SYSTEM: Final = {"__MACOSX", "Thumbs.db", "desktop.ini"}


class Piece(NamedTuple):
    """One file, or the folder of one export; `without` is what lies in that folder and is no part of it."""

    path: Path
    form: Format | None
    without: frozenset[Path] = frozenset()


class LeftOut(NamedTuple):
    """A file or folder that was not looked at, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Taken:
    """What became of one piece.

    `added_as` is its path in the incident, `note` what a reader must know, as that it is incomplete; of a
    question or a refusal `problem` and `hint` say what is the matter, and `option`, beside those `given`,
    answers the question. `sensitive` counts secrets and personal values by kind, and holds none.
    """

    path: Path
    status: Status
    form: Format | None = None
    added_as: str = ""
    preview: Preview | None = None
    sensitive: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    problem: str = ""
    option: str = ""
    hint: str = ""
    given: Mapping[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for programs."""
        form = {name: getattr(self.form, name) for name in ("name", "source", "title")} if self.form else None
        said = {name: getattr(self, name) for name in ("added_as", "note", "problem", "option", "hint")}
        found = {"preview": self.preview.to_dict()} if self.preview else {}
        found |= {"sensitive": dict(self.sensitive)} if self.preview else {}
        return {"path": str(self.path), "status": self.status, "format": form, **found, **said}

    def to_text(self, incident: Path, zone: str) -> str:
        """A few lines for people; `zone` is the team's own."""
        title = self.form.title if self.form else "unknown"
        lines = self.preview.to_lines(zone) if self.preview else []
        lines += describe_kinds(self.sensitive)
        lines += [self.note] if self.note else []
        if self.problem:
            lines += [f"not added: {self.problem}", self.hint]
        else:
            lines.append(f"{self.status} as {self.added_as}")
        said = [f"{printable(self.path.name)}: {title}", indented(filter(None, lines))]
        given = [word for option in self.given.items() for word in _flagged(*option)]
        command = shlex.join(["pmkit", "add", str(incident), str(self.path), *given])
        if self.option and command.isprintable():  # on one line, to be copied
            said.append(f"      {command} {flag(self.option)} …")
        return "\n".join(said)


@dataclass(frozen=True)
class Intake:
    """What became of everything, what was left out, and what it moved (see `pmkit.find_drift`).

    Where `is_dry`, nothing was added, and all of it is what would come of it.
    """

    incident: Path
    timezone: str
    files: tuple[Taken, ...]
    left_out: tuple[LeftOut, ...] = ()
    is_dry: bool = False
    drift: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS))

    def __repr__(self) -> str:
        return self.to_text()

    @property
    def is_whole(self) -> bool:
        """Whether nothing was refused and no question is open."""
        return all(taken.status not in ("question", "refused") for taken in self.files)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for programs; new records are in the counts of their files only."""
        moved = self.drift[self.drift["change"] != "added"]
        moved = moved.assign(at=["" if pd.isna(at) else format_time(at) for at in moved["at"]])
        return {
            "incident": str(self.incident),
            "files": [taken.to_dict() for taken in self.files],
            "left_out": [{"path": str(path), "reason": reason} for path, reason in self.left_out],
            "moved": moved.to_dict("records"),
        }

    def to_text(self) -> str:
        """What is to be said about it, for people."""
        said = [taken.to_text(self.incident, self.timezone) for taken in self.files]
        return "\n".join(filter(None, [*said, self.last_words()]))

    def last_words(self) -> str:
        """What is to be said once all files are through."""
        names: dict[str, list[str]] = {}
        for path, reason in self.left_out:
            names.setdefault(reason, []).append(printable(path.name))
        lines = [f"Left out, {reason}: {some(dict.fromkeys(left))}" for reason, left in names.items()]
        counts = Counter(taken.status for taken in self.files)
        words = {"question": "with a question"}
        said = [
            f"{counts[status]} {words.get(status, status)}" for status in get_args(Status) if counts[status]
        ]
        lines.append(", ".join(said))
        return indented([*lines, *describe_drift(self.drift, is_planned=self.is_dry).splitlines()], by=0)


def add_evidence(
    workspace: Workspace,
    *paths: str | Path,
    form: str | None = None,
    options: Mapping[str, object] | None = None,
    note: str = "",
    dry_run: bool = False,
    by: str | None = None,
    now: datetime | None = None,
    progress: Callable[[str], None] | None = None,
    told: Callable[[Taken], None] | None = None,
) -> Intake:
    """Add files and folders as evidence, whatever they hold, and say of each what was found in it.

    A folder that is not one export itself is walked, and each file or export in it taken by itself; what it
    is, its content tells. One that cannot be used, or of which something must be known first, does not stop
    the others. What is there already stays as it is, so that the same call may be made again; where `options`
    say something new of it, it is read anew.

    Parameters
    ----------
    form : the format of all `paths`, where the content does not tell it; folders are not walked then
    options : what only people know, by the names that formats take: `zone`, `columns`, `date_format`, …
    note : what a reader must know about it
    dry_run : only look, add nothing
    progress, told : called with a few words before each file, and with what became of it

    Raises `EvidenceError` for a path that does not exist, a format that is none, and an option that no file
    takes; nothing is added then.
    """
    options = dict(options or {})
    pieces, left_out = find_pieces(paths, form)
    _check_options(pieces, options)
    before = _state(workspace)
    files, additions = [], []
    for piece in pieces:
        if progress:
            progress(f"Reading {printable(piece.path.name)}")
        taken, addition = _take(workspace, piece, form, options, note=note, dry_run=dry_run, by=by, now=now)
        files.append(taken)
        additions += [addition] if addition and dry_run and before is not None else []
        if told:
            told(taken)
    intake = Intake(workspace.path, workspace.incident.timezone, tuple(files), tuple(left_out), dry_run)
    after = _state(workspace, additions)
    if before is None or after is None or before.events.empty:
        return intake
    return replace(intake, drift=find_drift(before, after))


def flag(option: str) -> str:
    """How an option of a loader is written on the command line."""
    return f"--{option.replace('_', '-')}"


def _flagged(option: str, value: object) -> tuple[str, str]:
    if isinstance(value, Mapping):
        value = ",".join(f"{name}={column}" for name, column in value.items())
    return flag(option), str(value)


# Telling files apart


def find_pieces(paths: Sequence[str | Path], form: str | None = None) -> tuple[list[Piece], list[LeftOut]]:
    """The files and exports that `paths` hold, and what was left out; `form` speaks for each of the paths."""
    pieces: list[Piece] = []
    left_out: list[LeftOut] = []
    for path in map(Path, paths):
        if not path.exists():
            raise EvidenceError(path, "", "there is no such file.", "Check the path.")
        found = [Piece(path, format_named(path, form))] if form else list(_walk(path, left_out))
        if not found:
            raise EvidenceError(path, "", "holds no files to add.")
        pieces += found
    return pieces, left_out


def _walk(path: Path, left_out: list[LeftOut]) -> Iterator[Piece]:
    form = recognise(path)
    if path.is_file():
        yield Piece(path, form)
        return
    unwanted = list(_unwanted(path, deep=False))
    children = sorted(set(path.iterdir()) - {junk for junk, _ in unwanted})
    parts = _parts(path, form, children) if form else []
    for part in parts:
        unwanted += _unwanted(part) if part.is_dir() else ()
    left_out += unwanted
    strangers = [child for child in children if child not in parts]
    if parts:
        yield Piece(path, form, frozenset([*strangers, *(junk for junk, _ in unwanted)]))
    for stranger in strangers:
        yield from _walk(stranger, left_out)


def _unwanted(folder: Path, *, deep: bool = True) -> Iterator[LeftOut]:
    """What the system or somebody else put into a folder."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            yield LeftOut(path, "a link to another place")
        elif path.name.startswith(".") or path.name in _OF_THE_SYSTEM:
            yield LeftOut(path, "hidden or of the system")
        elif deep and path.is_dir():
            yield from _unwanted(path)


def _parts(folder: Path, form: Format, children: Sequence[Path]) -> list[Path]:
    """What in the folder of an export belongs to it; all else is evidence of its own, as a zip in it is.

    Pages go together, for one tells of the next, with the files that hold their names; a page alone needs no
    folder. Where files make sense only together, what no other system wrote goes with them.
    """
    told = {child: recognise(child) for child in children}
    alike = [child for child in children if told[child] == form and not is_zip(child)]
    if form.root is None:
        parts = [*alike, *(child for child in children if child.name in form.companions)]
        return parts if len(parts) > 1 and any(child.is_file() for child in alike) else []
    # A list of channels is a table too, to somebody who knows no better.
    plain = [child for child, other in told.items() if other is None or other.source in ANYTHING]
    return [*alike, *plain] if form.root(folder) == folder else []


def _check_options(pieces: Sequence[Piece], options: Mapping[str, object]) -> None:
    taken = {option for piece in pieces if piece.form for option in piece.form.options}
    for option in options:
        if option not in taken:
            takers = [form.title for form in FORMATS if option in form.options]
            where = str(pieces[0].path) if len(pieces) == 1 else f"these {len(pieces)} files"
            hint = f"It is for {some(takers)}; say with `--as` that a file is one." if takers else ""
            raise EvidenceError(where, "", f"nothing here takes `{flag(option)}`.", hint)


# Taking one


def _take(
    workspace: Workspace,
    piece: Piece,
    said: str | None,
    options: Mapping[str, object],
    *,
    note: str,
    dry_run: bool,
    by: str | None,
    now: datetime | None,
) -> tuple[Taken, Addition | None]:
    path, form = piece.path, piece.form
    if form is None:
        hint = "Say what it is; `pmkit add --help` lists the formats."
        return Taken(path, "question", problem="no loader knows what it is.", option="as", hint=hint), None
    given = {name: value for name, value in options.items() if name in form.options}
    try:
        addition = workspace.take_in(
            path,
            form=said,
            told=form,
            options=given,
            note=note,
            without=piece.without,
            dry_run=dry_run,
            by=by,
            now=now,
        )
    except QuestionError as error:
        given |= {"as": said} if said else {}
        hint = f"{error.hint} {_zone_words(workspace)}".strip() if error.option == "zone" else error.hint
        asked = Taken(path, "question", form, problem=_problem(error), hint=hint)
        return replace(asked, option=error.option, given=given), None
    except EvidenceError as error:
        return Taken(path, "refused", form, problem=_problem(error), hint=error.hint), None
    row = addition.row.iloc[0]
    if addition.events is None:
        return Taken(path, "there already", form, row["path"]), None
    status: Status = "read anew" if addition.is_known else "added"
    if dry_run:
        status = "would be read anew" if addition.is_known else "would be added"
    said = without_samples(addition.events)["text"]
    taken = Taken(path, status, form, row["path"], preview(addition.events), count_kinds(said), row["note"])
    return taken, addition


def _zone_words(workspace: Workspace) -> str:
    """The zone that is likeliest, as something to think about: whoever exported the file knows."""
    zone, whose = workspace.incident.timezone, "the team's"
    if zone == "UTC":
        zone, whose = system_zone(), "this machine's"
    return f"`--zone {zone}` if it was {whose}." if zone else ""


def system_zone() -> str:
    """The name of this machine's time zone, as `Europe/Lisbon`; "" where it has none or shows UTC."""
    link = Path("/etc/localtime")
    linked = link.resolve().as_posix().partition("zoneinfo/")[2] if link.is_symlink() else ""
    name = os.environ.get("TZ", "").removeprefix(":") or linked
    with suppress(KeyError, ValueError, OSError):
        return name if "/" in name and not name.startswith("Etc/") and ZoneInfo(name) else ""
    return ""


def _problem(error: EvidenceError) -> str:
    return f"{error.where}: {error.problem}" if error.where else error.problem


def _state(workspace: Workspace, planned: Sequence[Addition] = ()) -> Postmortem | None:
    """The incident as it stands, or as it would with what is `planned`; None where it cannot be loaded."""
    try:
        return workspace.load_with(planned) if planned else workspace.load()
    except PmkitError:
        return None
