"""Plain logs: one event of kind `log` per record; the lines of a stack trace belong to the line before them.

Known without being told are syslog (RFC 3164, RFC 5424, with ISO times), JSON Lines and `key=value` logs,
access logs of Apache and nginx, klog of Kubernetes, what containers print, and lines that begin with a time.
Any other is read by a pattern that people give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._frame import STRING, TIME, scalar, strings, to_events
from pmkit.loaders._moments import Instant
from pmkit.loaders._salvage import text_of
from pmkit.loaders.logs.shapes import SHAPES, Head, Shape, is_surely_structured, read_groups, read_structured
from pmkit.loaders.logs.stamps import Stamps

MOST_TEXT: Final = 20_000  # characters of one record that `text` holds

_EXAMPLE: Final = r"^\[(?P<time>[^\]]+)\] (?P<level>\w+) (?P<text>.*)"
_GROUPS: Final = ("time", "text", "level", "host", "actor")
_NAMED: Final = re.compile(r"\(\?P?<(\w+)>")
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_LOOK: Final = 40  # lines that tell whether a file is a log
_BEGINNING: Final = 1000  # lines that tell which shapes to look for first
_ENOUGH: Final = 0.5  # of them that have a known shape; the others may be of stack traces


def load_log(
    path: str | Path,
    *,
    pattern: str | None = None,
    zone: str | None = None,
    year: int | str | None = None,
) -> pd.DataFrame:
    r"""The records of a log as events, sorted by time; within one time as they stand in the file.

    One row of kind `log` per record: a line with a time, and all lines after it up to the next one with a
    time. `text` is the line without its time, then the lines that belong to it, with their number behind the
    first; `log_level` its level, `place` the host, `actor` the program or logger. A key that stands twice in
    a line, with different values, is shown with both and decides none of these. Then one row
    `kind="unreadable"` for every line before the first record, and for every record whose time cannot be
    read or is told twice.

    Parameters
    ----------
    path : a text file
    pattern : a regular expression for the beginning of a record, with named groups `time` and `text`, and
        `level`, `host`, `actor` where the lines have them, as `^\[(?P<time>[^\]]+)\] (?P<text>.*)`. It is of
        the kind that RE2 reads: without look-around and back-references, and so unable to hang on a line that
        somebody made for it
    zone : of times that carry none
    year : of the first line, where the times say none, as those of syslog

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC. `ref` is `<file>#line:120`, or `#line:120-132`.

    Raises
    ------
    EvidenceError : there is no such file, the pattern cannot be used or fits no line, or no time can be read
    QuestionError : pattern, zone or year is needed and not given
    """
    path = Path(path)
    lines = _lines(path)
    heads = _told_heads(lines, pattern, path) if pattern else _known_heads(lines)
    if not heads and any(line.strip() for line in lines):
        raise _unknown(path, lines, pattern)
    records, times, problems = _dated(list(_records(lines, heads)), Stamps(path, zone=zone, year=year))
    if heads and not records:
        hint = "The group `time` must hold the whole time and nothing else." if pattern else ""
        raise EvidenceError(path, *problems[-1], hint)
    columns = _columns(path.name, records, times)
    order = pa.array(np.argsort(np.array([moment.time for moment in times], np.int64), kind="stable"))
    rows = {name: column.take(order) for name, column in columns.items()}
    return to_events("monitoring", path.name, rows, [*_before(lines, heads), *problems])


def is_log(glimpse: Glimpse) -> bool:
    """Whether half of the first lines have one of the known shapes, and none can be a row of a table."""
    if glimpse.path.is_dir() or glimpse.suffix in (".csv", ".tsv", ".md", ".html"):
        return False
    lines = [line for line in _split(glimpse.text)[:-1] or [glimpse.text] if line.strip()][:_LOOK]
    begins = [line for line in lines if not line[0].isspace()]
    structured = sum(map(is_surely_structured, begins))
    known = max(len(_matches(begins, shape)) for shape in SHAPES[:-1])
    return bool(begins) and max(structured, known) >= max(1, _ENOUGH * len(begins))


FORMATS: Final = (
    Format(
        "log", "monitoring", "a plain log",
        recognise=is_log,
        load=load_log,
        options=("zone", "pattern", "year"),
    ),
)  # fmt: skip


class _Record(NamedTuple):
    """A record: its head, its lines and where they stand, counted from 1."""

    head: Head
    first: int
    more: list[str]

    @property
    def place(self) -> str:
        """`line:120`, or `line:120-132`."""
        last = self.first + len(self.more)
        return f"line:{self.first}-{last}" if self.more else f"line:{self.first}"


def _lines(path: Path) -> list[str]:
    try:
        return _split(text_of(path.read_bytes()))
    except OSError as error:
        raise EvidenceError(path, "", f"cannot be read: {error.strerror}.", "Check the path.") from error


def _split(text: str) -> list[str]:
    """Lines as logs end them, without the colours of a terminal."""
    text = _COLOUR.sub("", text) if "\x1b" in text else text
    return [line.rstrip("\r") for line in text.split("\n")]


# Lines to records


def _known_heads(lines: list[str]) -> dict[int, Head]:
    """The lines that begin a record, by their position: those of any known shape."""
    heads = {n: head for n, line in enumerate(lines) if (head := read_structured(line))}
    pending = [n for n, line in enumerate(lines) if n not in heads and line and not line[0].isspace()]
    *particular, number = SHAPES
    # What the beginning does not show is most likely nowhere: only what is left is searched for it.
    beginning = [lines[n] for n in pending[:_BEGINNING]]
    for shape in sorted(particular, key=lambda shape: not _matches(beginning, shape)):
        found = _matches([lines[n] for n in pending], shape)
        heads |= {pending[n]: head for n, head in found.items()}
        pending = [n for n in pending if n not in heads]
    # A number at the beginning is a time only in a log whose times are all like that.
    return heads or {pending[n]: head for n, head in _matches([lines[n] for n in pending], number).items()}


def _told_heads(lines: list[str], pattern: str, path: Path) -> dict[int, Head]:
    """The lines that begin a record by the pattern people gave. Raises `EvidenceError` where it is none."""
    names = _NAMED.findall(pattern)
    unknown = [name for name in names if name not in _GROUPS]
    if unknown or not {"time", "text"} <= set(names):
        problem = f"it has the group {unknown[0]!r}" if unknown else "it lacks the group `time` or `text`"
        raise _bad_pattern(path, pattern, f"{problem}; the groups are {', '.join(_GROUPS)}")
    try:
        return _matches(lines, Shape("", pattern))
    except pa.ArrowInvalid as error:
        unnamed = "unnamed groups" in str(error)
        problem = "a group has no name; write it as (?:…)" if unnamed else str(error).rpartition(": ")[2]
        raise _bad_pattern(path, pattern, problem) from error


def _matches(lines: list[str], shape: Shape) -> dict[int, Head]:
    """The heads of the lines of that shape, by position; in time that grows with the lines, never faster."""
    groups = pc.extract_regex(pa.array(lines, type=STRING), pattern=f"^(?:{shape.pattern})")
    positions = pc.indices_nonzero(groups.is_valid())
    columns = {field.name: pc.struct_field(groups, field.name).take(positions) for field in groups.type}
    told = zip(*(column.to_pylist() for column in columns.values()), strict=True)
    heads = (read_groups(**dict(zip(columns, cells, strict=True))) for cells in told)
    return {n: head for n, head in zip(positions.to_pylist(), heads, strict=True) if head.time}


def _records(lines: list[str], heads: dict[int, Head]) -> Iterator[_Record]:
    for begin, end in pairwise([*sorted(heads), len(lines)]):
        more = lines[begin + 1 : end]
        while more and not more[-1].strip():
            more.pop()
        yield _Record(heads[begin], begin + 1, more)


def _before(lines: list[str], heads: dict[int, Head]) -> Iterator[tuple[str, str]]:
    """The lines before the first record, which belong to nothing."""
    for n in range(min(heads, default=0)):
        if lines[n].strip():
            said = f"no time, and no record before it to belong to: {lines[n].strip()[:80]!r}"
            yield f"line:{n + 1}", said


def _dated(
    records: list[_Record], stamps: Stamps
) -> tuple[list[_Record], list[Instant], list[tuple[str, str]]]:
    """The records with a time, their times, and why others have none."""
    dated, times, problems = [], [], []
    for record in records:
        if record.head.problem:
            problems.append((record.place, record.head.problem))
            continue
        try:
            times.append(stamps.read(record.head.time, f"line {record.first}"))
            dated.append(record)
        except ValueError as error:
            problems.append((record.place, str(error)))
    return dated, times, problems


def _columns(file: str, records: list[_Record], times: list[Instant]) -> dict[str, pa.Array]:
    named = quote(file)  # a file name may hold what an id must not
    return {
        "event_id": strings(f"log:{named}:{record.first}" for record in records),
        "time": pa.array([moment.time for moment in times], type=TIME),
        "kind": pa.repeat(scalar("log"), len(records)),
        "actor": strings(record.head.actor for record in records),
        "place": strings(record.head.host for record in records),
        "text": strings(map(_text, records)),
        "ref": strings(f"{file}#{record.place}" for record in records),
        "time_basis": strings(moment.basis for moment in times),
        "log_level": strings(record.head.level for record in records),
    }


def _text(record: _Record) -> str:
    text = record.head.text.rstrip()
    if record.more:
        count = f"(+{len(record.more)} line{'s' if len(record.more) > 1 else ''})"
        text = "\n".join([f"{text} {count}".lstrip(), *record.more])
    if len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}… (cut after {MOST_TEXT:,} of {len(text):,} characters)"


# What went wrong


def _unknown(path: Path, lines: list[str], pattern: str | None) -> EvidenceError:
    number, line = next((n, line) for n, line in enumerate(lines, start=1) if line.strip())
    shown = repr(line[:80])
    if pattern:
        hint = "It must fit from the first character of a line on; begin it with `.*?` where it does not."
        return EvidenceError(path, f"line {number}", f"the pattern fits no line, such as {shown}.", hint)
    return QuestionError(
        path, f"line {number}", f"no known shape of a log: {shown}.", option="pattern",
        hint=f"Say how a record begins, as `--pattern '{_EXAMPLE}'`.",
    )  # fmt: skip


def _bad_pattern(path: Path, pattern: str, problem: str) -> EvidenceError:
    hint = f"Write it as `{_EXAMPLE}`, without look-around and back-references."
    return EvidenceError(path, "", f"the pattern `{pattern}` cannot be used: {problem}.", hint)
