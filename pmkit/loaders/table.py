"""Any table as events, one row each: CSV, JSON, Parquet or Excel, by the columns that people name.

Headers that plainly say what they hold need no naming: `time`, `message`, `user`. Times are ISO 8601, counts
of seconds or parts of one since 1970, what screens show, or times of Parquet and Excel.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._dates import find_order, read_screen
from pmkit.loaders._documents import fold
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._frame import rows_to_events
from pmkit.loaders._moments import Instant, read_any_epoch
from pmkit.loaders._salvage import text_of
from pmkit.loaders._sheets import BINARY, Line, Sheet, headers, read_sheets
from pmkit.schema import EVENT_KINDS

# Headers that plainly say what they hold, in small letters and digits alone; the plainer ones first.
PLAIN: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "time": (
        ("time", "timestamp", "datetime", "when", "eventtime", "occurredat", "happenedat", "loggedat", "ts"),
        ("date", "created", "createdat", "createdon", "start", "started", "startedat", "starttime", "opened"),
    ),
    "text": (
        ("text", "message", "msg", "whathappened"),
        ("description", "summary", "event", "what", "raw"),
        ("title", "details", "note", "notes", "comment", "entry", "action", "activity", "content", "body"),
    ),
    "actor": (("actor", "who", "user", "username", "author", "by", "person"), ("owner", "createdby")),
    "place": (
        ("place", "where"), ("service",), ("host", "hostname", "server"),
        ("channel", "system", "component", "location"),
    ),
    "kind": (("kind",), ("type", "eventtype")),
    "url": (("url", "link", "permalink"),),
}  # fmt: skip

# What tables call a kind, to ours; ours stand for themselves, and any other is "other".
KINDS: Final = {
    "deployment": "deploy", "release": "deploy", "rollout": "deploy", "rollback": "deploy",
    "comment": "note", "acknowledge": "ack", "acknowledged": "ack", "page": "notify",
    "escalation": "escalate", "resolved": "resolve", "reopened": "reopen", "triggered": "trigger",
    "chat": "message",
}  # fmt: skip

# Round numbers of rows at which exports are cut without a word.
LIMITS: Final = (1000, 5000, 10_000, 50_000, 100_000, 2**20 - 1)

_MOST_SAID: Final = 200  # characters of a row without a time
_OURS: Final = ("time", "text", "actor", "place", "kind", "event_id", "url")
_NUMBER: Final = re.compile(r"\d+(?:\.\d*)?(?:[eE]\+?\d{1,2})?", re.ASCII)
_CLOCK: Final = re.compile(
    r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?", re.ASCII
)

Named = Mapping[str, str | Sequence[str]]  # our names to theirs; a day and its time may stand in two columns


def load_event_table(
    path: str | Path,
    *,
    columns: Named | None = None,
    zone: str | None = None,
    date_format: str | None = None,
    source: str = "table",
) -> pd.DataFrame:
    """The rows of any table as events, sorted by time.

    One row per row of the table; then one row `kind="unreadable"` for every row without a time that can be
    read, with the reason in `text`. Of a workbook those sheets are read that have the column of the time.

    Parameters
    ----------
    path : a CSV (`,`, `;`, tab or `|` between the cells), a JSON list of objects, JSON Lines, a Parquet file
        or an Excel workbook; of a formula the value that was saved with it
    columns : our names to theirs, as `{"time": "When", "text": "Message", "actor": "Who", "place": "Host",
        "kind": "Type", "event_id": "id", "url": "Link"}`. A day and its clock in two columns are
        `"Date+Clock"` or a list. What is not named is taken from headers that plainly say it.
    zone : of times that carry none; a header that ends in `utc` says it too
    date_format : the order of days, months and years, as `D/M/Y`, where the dates leave it open
    source : the system the table comes from

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC. `event_id` is made of what the row says, so that it
    is the same in any order and on every reload; of rows that say the same each has its own. `ref` is
    `<file name>#:<row>`, in a workbook `<file name>#<sheet>:<row>`, the header not counted.

    Raises
    ------
    EvidenceError : the file cannot be opened, or has no column of that name
    QuestionError : `columns`, `zone` or `date_format` is needed
    """
    path, named = Path(path), columns or {}
    if strange := sorted(set(named) - set(_OURS)):
        problem = f"there is no column {strange[0]!r} of ours."
        raise EvidenceError(path, "`columns`", problem, f"Map {', '.join(_OURS)} to columns of the file.")
    timed = _time_names(named, ())
    sheets = read_sheets(path, is_time=lambda name: name in timed or _is_plain(name, "time"))
    rows: list[dict[str, Any]] = []
    problems: list[tuple[str, str]] = []
    for sheet, roles in _readable(path, sheets, named):
        order = find_order(_written_times(sheet, roles), path=path, where=sheet.name, date_format=date_format)
        reading = _Reading(path, roles, order, zone or _zone_in(roles.time))
        for event_id, line in zip(_ids(sheet.lines, roles), sheet.lines, strict=True):
            try:
                rows.append(reading.row(line) | {"event_id": event_id, "ref": f"{path.name}#{line.place}"})
            except ValueError as error:
                said = _text(line.cells.get(roles.text))[:_MOST_SAID]
                problems.append((line.place, f"{error}; the row says: {said}" if said else str(error)))
    return rows_to_events(source, path.name, fold(_oldest_first(rows)), problems)


def find_incompleteness(path: str | Path) -> str:
    """Whether the table may be cut, has other sheets or lost characters, as one sentence, or ""."""
    path, said = Path(path), []
    sheets = [
        sheet for sheet in read_sheets(path, is_time=lambda name: _is_plain(name, "time")) if sheet.lines
    ]
    said += [f"exactly {n:,} rows, where many tools cut" for s in sheets if (n := len(s.lines)) in LIMITS]
    if len(sheets) > 1:
        names = ", ".join(sheet.name for sheet in sheets)
        said.append(f"read are those of its sheets ({names}) that have the column of the time")
    said += _lost_characters(path)
    return f"incomplete: {'; '.join(said)}" if said else ""


def _is_table(glimpse: Glimpse) -> bool:
    return any(_proposed(header, "time") for header in headers(glimpse))


FORMATS: Final = (
    Format(
        "table", "table", "a table",
        recognise=_is_table,
        load=load_event_table,
        options=("columns", "zone", "date_format", "source"),
        find_incompleteness=find_incompleteness,
    ),
)  # fmt: skip


# --- which column is what -----------------------------------------------------------------------------


class _Roles(NamedTuple):
    """What each column of ours is called in the table; "" for one it has not."""

    time: Sequence[str]
    text: str
    actor: str = ""
    place: str = ""
    kind: str = ""
    event_id: str = ""
    url: str = ""


def _readable(path: Path, sheets: Sequence[Sheet], named: Named) -> list[tuple[Sheet, _Roles]]:
    """The sheets that have the column of the time, and what their columns are."""
    timed = [sheet for sheet in sheets if _time_columns(sheet.header, named)]
    if not timed:
        header = [name for sheet in sheets for name in sheet.header]
        raise _question(path, header, "time", named)
    return [(sheet, _roles(path, sheet.header, named)) for sheet in timed]


def _roles(path: Path, header: Sequence[str], named: Named) -> _Roles:
    found = {}
    for ours in _OURS[1:]:
        theirs = named.get(ours)
        if theirs is not None and theirs not in header:
            raise _question(path, header, ours, named)
        found[ours] = str(theirs) if theirs is not None else "".join(_proposed(header, ours)[:1])
    if not found["text"]:
        raise _question(path, header, "text", named)
    return _Roles(_time_columns(header, named), **found)


def _time_columns(header: Sequence[str], named: Named) -> list[str]:
    if "time" not in named:
        return _proposed(header, "time")
    theirs = _time_names(named, header)
    return theirs if all(name in header for name in theirs) else []


def _time_names(named: Named, header: Sequence[str]) -> list[str]:
    """What people call the column of the time, or those of its day and clock, as `Date+Time`."""
    theirs = named.get("time", ())
    if isinstance(theirs, str):
        return [theirs] if theirs in header else [name.strip() for name in theirs.split("+")]
    return list(theirs)


def _question(path: Path, header: Sequence[str], ours: str, named: Named) -> EvidenceError:
    columns = ", ".join(header) or "none"
    if ours in named:
        theirs = _time_names(named, header) if ours == "time" else [str(named[ours])]
        lacking = " and ".join(name for name in theirs if name not in header)
        problem = f"there is no column {lacking!r}. Its columns: {columns}."
        return EvidenceError(path, "`columns`", problem, "Write the name as the file does.")
    problem = f"its header does not plainly say which column holds the {ours}. Its columns: {columns}."
    hint = f"Name it, as `--columns {ours}=COLUMN` with one of these."
    return QuestionError(path, "", problem, option="columns", hint=hint)


def _proposed(header: Sequence[str], ours: str) -> list[str]:
    """The column that plainly is that of ours: one alone, or for the time a day and its clock; else none."""
    for names in PLAIN.get(ours, ()):
        found = [name for name in header if _plainly(name) in names]
        if ours == "time" and len(found) == 1 and _plainly(found[0]) == "time":
            days = [name for name in header if _plainly(name) in ("date", "day")]
            return [*days, *found] if len(days) < 2 else []
        if found:
            return found if len(found) == 1 else []
    return []


def _is_plain(name: str, ours: str) -> bool:
    return any(_plainly(name) in names for names in PLAIN[ours])


def _plainly(name: str) -> str:
    letters = re.sub(r"[^a-z0-9]", "", name.casefold())
    return re.sub(r"(?<=.)(utc|gmt)$", "", letters)


def _zone_in(names: Sequence[str]) -> str | None:
    """The zone that a header names; any other than UTC is for people to say."""
    return "UTC" if any(re.search(r"(?i)(?<![a-z])(utc|gmt)\W*$", name) for name in names) else None


# --- rows to events -----------------------------------------------------------------------------------


class _Reading(NamedTuple):
    """What it takes to read a row."""

    path: Path
    roles: _Roles
    order: str
    zone: str | None

    def row(self, line: Line) -> dict[str, Any]:
        if line.problem:
            raise ValueError(line.problem)
        told = {
            ours: _text(line.cells.get(theirs))
            for ours, theirs in self.roles._asdict().items()
            if ours != "time"
        }
        when = self._moment(_time_in(line, self.roles))
        kind = re.sub(r"[\s-]+", "_", told["kind"].casefold())
        known = kind if kind in EVENT_KINDS and kind != "unreadable" else "other"
        return {
            "time": when.time, "time_basis": when.basis,
            "kind": KINDS.get(kind, known) if kind else "observation",
            "actor": told["actor"], "place": told["place"], "text": told["text"],
            "url": told["url"] if told["url"].startswith(("https://", "http://")) else "",
        }  # fmt: skip

    def _moment(self, value: Any) -> Instant:
        columns = " and ".join(self.roles.time)
        if isinstance(value, datetime):
            value = value.isoformat()
        if isinstance(value, str) and value.strip():
            if _NUMBER.fullmatch(value.strip()):
                return read_any_epoch(value.strip())
            return read_screen(value, self.order, path=self.path, where=f"column {columns}", zone=self.zone)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return read_any_epoch(value)
        if isinstance(value, date):
            raise ValueError(f"{value} is a day without a time of the clock")
        if isinstance(value, time):
            raise ValueError(f"{value} is a time of the clock without a day")
        found = repr(value)[:40] if value not in (None, "") else "nothing"
        raise ValueError(f"expected a time in the column {columns}, found {found}")


def _oldest_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows so that a stable sort by time keeps their order, which most viewers of logs turn round."""
    pairs = list(pairwise(row["time"] for row in rows))
    return rows[::-1] if sum(a > b for a, b in pairs) > sum(a < b for a, b in pairs) else rows


def _time_in(line: Line, roles: _Roles) -> Any:
    """The cell of the time; where day and clock stand in two columns, both in one."""
    *days, clock = (line.cells.get(name) for name in roles.time)
    if not days:
        return clock
    if isinstance(clock, time) or (isinstance(clock, str) and _CLOCK.fullmatch(clock.strip())):
        day = days[0].date() if isinstance(days[0], datetime) else days[0]
        return f"{day} {clock}"
    return days[0] if clock in (None, "") else clock


def _written_times(sheet: Sheet, roles: _Roles) -> list[str]:
    told = (_time_in(line, roles) for line in sheet.lines)
    return [value for value in told if isinstance(value, str)]


def _ids(lines: Sequence[Line], roles: _Roles) -> list[str]:
    """An id for each row, the same wherever it stands.

    It is the id that the table gives, or a digest of what the row says; rows that say the same are numbered.
    An id that rows share which do not say the same is none alone: a digest follows it.
    """
    digests = [_digest(line.cells) for line in lines]
    names = [_text(line.cells.get(roles.event_id)) if roles.event_id else "" for line in lines]
    said: dict[str, set[str]] = {}
    for name, digest in zip(names, digests, strict=True):
        said.setdefault(name, set()).add(digest)
    seen: Counter[str] = Counter()
    ids = []
    for name, digest in zip(names, digests, strict=True):
        if name:
            ids.append(f"table:{name}" if len(said[name]) == 1 else f"table:{name}:{digest[:8]}")
            continue
        seen[digest] += 1
        ids.append(f"table:{digest}" if seen[digest] == 1 else f"table:{digest}:{seen[digest]}")
    return ids


def _digest(cells: Mapping[str, Any]) -> str:
    said = sorted((name, text) for name, value in cells.items() if (text := _text(value)))
    return hashlib.blake2b(json.dumps(said).encode(), digest_size=10).hexdigest()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None or value != value:  # noqa: PLR0124 - not a number
        return ""
    if isinstance(value, dict | list | bool):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes):
        return text_of(value)
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _lost_characters(path: Path) -> list[str]:
    data = path.read_bytes()
    if data.startswith(BINARY) or "\ufffd" not in text_of(data) or "\ufffd".encode() in data:
        return []
    return ["some characters are not UTF-8 and show as \ufffd, save it as UTF-8"]
