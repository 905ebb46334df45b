"""Every table of pmkit: its columns, their types and meaning, and how its CSV is read, checked, written.

A table is read as strings and typed afterwards, so that `NA`, `007` and `14:02` stay what people wrote.
Writing is the exact inverse: reading a canonical file and writing it gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from pmkit.errors import SchemaError

Type = Literal["str", "words", "time", "date", "bool", "int", "float"]

TIME_DTYPE: Final = "datetime64[us, UTC]"
DTYPES: Final[dict[Type, str]] = {
    "str": "str",
    "words": "str",  # several short values with a space between: event ids, factor ids, marks
    "time": TIME_DTYPE,
    "date": "datetime64[us]",
    "bool": "bool",
    "int": "Int64",
    "float": "Float64",
}
# Said once: pandas looks through all its types whenever one is named.
_AS_DTYPE: Final = {kind: pd.api.types.pandas_dtype(name) for kind, name in DTYPES.items()}
_BLANKS: Final[dict[Type, object]] = {"str": "", "words": "", "bool": False}

MARKS: Final = ("impact_started", "detected", "acknowledged", "mitigated", "resolved")
PHASES: Final = ("lead-up", "detection", "response", "mitigation", "recovery", "follow-up")
SOURCES: Final = (
    "slack", "pagerduty", "jira", "monitoring", "deploy", "statuspage",
    "opsgenie", "incident.io", "firehydrant", "table", "file", "manual",
)  # fmt: skip
# Systems that page, or say how an incident stands. An alert that ends by itself ends none, nor does an issue
# that is closed.
STATUS_SOURCES: Final = ("pagerduty", "opsgenie", "incident.io", "firehydrant", "statuspage")
EVENT_KINDS: Final = (
    "message", "reply", "bot", "join", "leave", "topic", "pin", "file", "call", "deleted",
    "alert", "trigger", "ack", "unack", "escalate", "assign", "notify", "note", "snooze", "priority",
    "responder", "status_update", "field", "merge", "resolve", "reopen", "incident",
    "deploy", "change", "metric", "log", "observation", "other", "unreadable",
)  # fmt: skip
# Measurements, not happenings: a sample every 15 s says nothing of what went on. They fill no silence, are no
# activity and no suggestion; there may be a million of them.
SAMPLE_KINDS: Final = ("metric",)
FACTOR_KINDS: Final = (
    "trigger", "latent condition", "missing safeguard", "amplifier", "detection", "response", "mitigator",
)  # fmt: skip
ACTION_TYPES: Final = ("investigate", "mitigate", "repair", "detect", "prevent", "process")
DECISIONS_ABOUT: Final = ("response", "communication", "timeline", "root cause", "actions", "closure")
PRIORITIES: Final = ("P0", "P1", "P2", "P3", "P4")


@dataclass(frozen=True)
class Column:
    """One column: its name, type and meaning.

    `choices` lists the only values allowed besides empty. `required` means never empty.
    `open_choices` are the usual values, shown as suggestions; a team may use its own.
    """

    name: str
    type: Type
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()
    open_choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: the noun, what a row is, the key columns that name a row, and the columns."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


EVENTS: Final = Table(
    "events",
    "one record of one source, as it was received",
    ("event_id",),
    (
        Column("event_id", "str", "stable id from the source, the same on every reload", required=True),
        Column("time", "time", "when it happened; empty only for kind `unreadable`"),
        Column("source", "str", "the system it comes from", required=True, open_choices=SOURCES),
        Column("kind", "str", "what sort of record it is", required=True, choices=EVENT_KINDS),
        Column("actor", "str", "who or what did it, by name"),
        Column("place", "str", "channel, service, project or panel"),
        Column("text", "str", "plain text of the record"),
        Column("ref", "str", "where it stands: evidence/<file>#<member>:<record>"),
        Column("url", "str", "permalink into the source, when it has one"),
        Column(
            "time_basis",
            "str",
            "how its zone is known: `epoch` or `offset` in the record, else the zone that people named; "
            "with `, corrected by +37 s` where `clocks` says so",
        ),
        Column("recorded_at", "time", "what the source recorded, where `time` is corrected; else empty"),
        Column(
            "state_at",
            "time",
            "when the state shown was the latest, at the earliest: its source changed it then, or its file "
            "tells of something that happened then; of several copies the latest stays",
        ),
        Column(
            "slack_channel_id",
            "str",
            "channel id, or the folder name where the export has no index",
        ),
        Column("slack_ts", "str", "Slack's own id and time of the message, always text"),
        Column("slack_thread_ts", "str", "`slack_ts` of the thread's first message"),
        Column("slack_user_id", "str", "id of the author: user or bot"),
        Column("slack_user_team", "str", "team of an author from another workspace, as Slack Connect has"),
        Column("slack_subtype", "str", "Slack's subtype, as received"),
        Column("slack_is_bot", "bool", "written by an app or bot"),
        Column("slack_edited_ts", "str", "when it was last edited; the older text is not in an export"),
        Column("slack_reactions", "str", "reactions as `eyes 3, +1 2`"),
        Column("slack_files", "str", "names of the files that hang on it"),
        Column("pd_id", "str", "id of the PagerDuty record"),
        Column("pd_type", "str", "PagerDuty's type, as received"),
        Column("pd_incident_id", "str", "id of the incident it belongs to"),
        Column("pd_incident_number", "str", "the number people type, always text"),
        Column("pd_channel", "str", "through what it came: api, email, phone, web …"),
        Column("pd_updated_at", "str", "when PagerDuty last changed the record, as received"),
        Column("pd_details", "str", "what an alert or report carried, as JSON; cut where it is long"),
        Column("alert_id", "str", "what names the alert at its source: fingerprint, alias or alarm"),
        Column("jira_key", "str", "issue it belongs to, as PAY-812"),
        Column("jira_field", "str", "field that was changed"),
        Column("jira_from", "str", "what the field held before"),
        Column("jira_to", "str", "what the field holds after"),
        Column("jira_updated_at", "str", "when Jira last changed the issue or comment, in UTC"),
        Column("metric", "str", "name and labels of the series a sample belongs to"),
        Column("metric_value", "float", "value of the sample; empty where it is no finite number"),
        Column("log_level", "str", "how grave a log line says it is: debug, info, warning, error …"),
        Column("deploy_version", "str", "commit, tag or version that was deployed"),
        Column("deploy_environment", "str", "where to: production, staging …"),
    ),
)

TIMELINE: Final = Table(
    "timeline",
    "what people say about one event: whether it belongs on the timeline, its mark, phase and summary",
    ("event_id",),
    (
        Column(
            "event_id",
            "str",
            "id of the event; `manual:…` for one that has no evidence",
            required=True,
        ),
        Column("included", "bool", "yes: it belongs on the timeline"),
        Column(
            "time",
            "time",
            "only for a manual event, or where the recorded time is known to be wrong",
        ),
        Column("ended_at", "time", "end, for something that lasted"),
        Column("mark", "words", "anchors of the incident that this event is", open_choices=MARKS),
        Column(
            "phase",
            "str",
            "phase it belongs to, where the derived one does not fit",
            open_choices=PHASES,
        ),
        Column("summary", "str", "what happened, in the team's words"),
        Column("actor", "str", "only for a manual event: who or what did it"),
        Column("place", "str", "only for a manual event: where"),
        Column("note", "str", "why it matters"),
    ),
)

IMPACT: Final = Table(
    "impact",
    "one measured or estimated effect on customers or the business",
    ("measure",),
    (
        Column("measure", "str", "what was measured", required=True),
        Column("value", "float", "the number, or the best estimate"),
        Column("low", "float", "lower end of an estimate"),
        Column("high", "float", "upper end of an estimate"),
        Column("unit", "str", "unit of the number", required=True),
        Column("basis", "str", "how it is known: query, export or person to ask"),
        Column("note", "str", "anything a reader must know about it"),
    ),
)

FACTORS: Final = Table(
    "factors",
    "one contributing factor",
    ("factor_id",),
    (
        Column("factor_id", "str", "short id, as F1", required=True),
        Column("statement", "str", "the factor, as one sentence about the system", required=True),
        Column("kind", "str", "its part in the incident", choices=FACTOR_KINDS),
        Column("event_ids", "words", "events that are evidence for it"),
        Column("confidence", "str", "how sure the team is", choices=("low", "medium", "high")),
        Column("agreed", "bool", "yes: the core team agreed on it"),
        Column("root_cause", "bool", "yes: the statement people will call the root cause"),
        Column("note", "str", "how it was found, what remains open"),
    ),
)

FACTOR_LINKS: Final = Table(
    "factor_links",
    "one edge of the causal graph: a cause and what it led to",
    ("cause", "effect"),
    (
        Column("cause", "str", "factor_id of the cause", required=True),
        Column("effect", "str", "factor_id of the effect, or `impact`", required=True),
        Column("event_ids", "words", "events that show the connection"),
        Column("note", "str", "the mechanism"),
    ),
)

DECISIONS: Final = Table(
    "decisions",
    "one decision of the response or of the review",
    ("decision_id",),
    (
        Column("decision_id", "str", "short id, as D1", required=True),
        Column("decided_at", "time", "when it was taken"),
        Column("decision", "str", "what was decided", required=True),
        Column("about", "str", "what it settles", open_choices=DECISIONS_ABOUT),
        Column("why", "str", "what was known, and why that led here"),
        Column("alternatives", "str", "what else was on the table"),
        Column("decided_by", "str", "the role that decided"),
        Column("event_ids", "words", "events that record it"),
        Column("revisit_on", "date", "when it will be looked at again"),
    ),
)

ACTIONS: Final = Table(
    "actions",
    "one corrective action",
    ("action_id",),
    (
        Column("action_id", "str", "short id, as A1", required=True),
        Column("action", "str", "what will be different, testable", required=True),
        Column("type", "str", "what it does about the incident", choices=ACTION_TYPES),
        Column("priority", "str", "how soon", choices=PRIORITIES),
        Column("dri", "str", "the one person who answers for it"),
        Column("due_on", "date", "when it will be done"),
        Column("done_when", "str", "how anybody can see that it is done"),
        Column("factor_ids", "words", "factors it addresses"),
        Column("issue_key", "str", "issue in the tracker, as PAY-812"),
        Column("status", "str", "where it stands", choices=("open", "in progress", "done", "dropped")),
        Column("review_on", "date", "when somebody looks whether it helped"),
        Column("note", "str", "anything else, for a dropped action the reason"),
    ),
)

TASKS: Final = Table(
    "tasks",
    "one task of the review itself",
    ("task_id",),
    (
        Column("task_id", "str", "short id, as intake-1", required=True),
        Column("task_list", "str", "which of the four task lists", required=True),
        Column("task", "str", "what is to do", required=True),
        Column("dri", "str", "role that answers for it"),
        Column("due_on", "date", "when it is due"),
        Column("status", "str", "where it stands", choices=("open", "done", "dropped")),
        Column("done_at", "time", "when it was done"),
        Column("evidence", "str", "what shows that it is done"),
        Column("note", "str", "anything else, for a dropped task the reason"),
    ),
)

RACI: Final = Table(
    "raci",
    "the part of one role in one activity",
    ("activity", "role"),
    (
        Column("activity", "str", "what is to be done", required=True),
        Column("role", "str", "role of the workspace", required=True),
        Column(
            "part", "str", "R responsible, A accountable, AR both, C consulted, I informed",
            choices=("R", "A", "AR", "C", "I"),
        ),
    ),
)  # fmt: skip

CHECKINS: Final = Table(
    "checkins",
    "one check-in of the review",
    ("checkin_id",),
    (
        Column("checkin_id", "str", "short id, as daily-1", required=True),
        Column("kind", "str", "daily or final retro", open_choices=("daily", "final retro")),
        Column("held_at", "time", "when it was held"),
        Column("attendees", "str", "roles or people, comma between"),
        Column("summary", "str", "what changed since the last one"),
        Column("blockers", "str", "what stands in the way"),
        Column("next_steps", "str", "what happens next, and who does it"),
        Column("confirmed_by", "str", "the person or role who confirms that it was so; empty for a draft"),
        Column("owners_confirmed", "words", "final retro: actions whose owner said yes to them there"),
        Column("learned", "int", "final retro: how many said that they learned something"),
        Column("would_come_again", "int", "final retro: how many would come to such a retro again"),
    ),
)

QUESTIONS: Final = Table(
    "questions",
    "one open question of the review",
    ("question_id",),
    (
        Column("question_id", "str", "short id, as Q1", required=True),
        Column("question", "str", "the question", required=True),
        Column("owner", "str", "who finds out"),
        Column("status", "str", "where it stands", choices=("open", "answered", "dropped")),
        Column("answer", "str", "the answer"),
        Column("event_ids", "words", "events it is about"),
    ),
)

IDEAS: Final = Table(
    "ideas",
    "one idea that nobody took on yet; an action once somebody does",
    ("idea_id",),
    (
        Column("idea_id", "str", "short id, as I1", required=True),
        Column("idea", "str", "what could be different", required=True),
        Column("raised_by", "str", "who had it, by role"),
        Column("event_ids", "words", "events or messages it comes from"),
        Column("action_id", "str", "the action it became"),
        Column("note", "str", "why it waits, or why not"),
    ),
)

CLOCKS: Final = Table(
    "clocks",
    "how far the clock of one source is off, as people found it",
    ("source",),
    (
        Column(
            "source", "str", "the source whose clock it is, or one file of it, as evidence/deploys.csv",
            required=True,
        ),
        Column("offset_seconds", "float", "seconds to add to the times it recorded"),
        Column("basis", "str", "how it is known: the events that show it, or who says so"),
        Column("note", "str", "anything a reader must know about it"),
        Column("applied", "bool", "yes: its times are corrected by that"),
    ),
)  # fmt: skip

SUPPRESSIONS: Final = Table(
    "suppressions",
    "one finding that people looked at and chose to leave",
    ("rule", "where"),
    (
        Column("rule", "str", "code of the rule", required=True),
        Column("where", "str", "table, row and column of the finding", required=True),
        Column("reason", "str", "why it may stay", required=True),
        Column("suppressed_by", "str", "who said so"),
        Column("suppressed_at", "time", "when"),
    ),
)

REDACTIONS: Final = Table(
    "redactions",
    "one value that editions mask or show, as people decided when they looked at it",
    ("redaction_id", "audience"),
    (
        Column("redaction_id", "str", "keyed digest of the value, which is written nowhere", required=True),
        Column("audience", "str", "the edition it is decided for; `every` for all", required=True),
        Column("kind", "str", "what was found: token, e-mail address, host …"),
        Column("decision", "str", "what becomes of it", required=True, choices=("keep", "mask")),
        Column("reason", "str", "why"),
        Column("decided_by", "str", "who said so"),
        Column("decided_at", "time", "when"),
    ),
)

EVIDENCE: Final = Table(
    "evidence",
    "one raw file, exactly as received",
    ("path",),
    (
        Column("path", "str", "path inside the incident folder", required=True),
        Column("source", "str", "the system it comes from", required=True, open_choices=SOURCES),
        Column("format", "str", "what it was taken for, as `slack-export`; where empty the content tells"),
        Column("zone", "str", "zone of its times that carry none, as people named it"),
        Column("options", "str", "what else people said about reading it, as JSON: columns, pattern, time"),
        Column("sha256", "str", "digest of its bytes", required=True),
        Column("bytes", "int", "size", required=True),
        Column("added_at", "time", "when it was added"),
        Column("added_by", "str", "who added it"),
        Column("records_loaded", "int", "records that became events"),
        Column("records_unreadable", "int", "records that could not be read; each is an event too"),
        Column("first_at", "time", "time of its earliest event"),
        Column("last_at", "time", "time of its latest event"),
        Column("note", "str", "what a reader must know, such as `incomplete: one page of several`"),
    ),
)

# The tables people edit, each the CSV file of its name in the incident folder.
WORKSHEETS: Final = {
    table.name: table
    for table in (
        TIMELINE, IMPACT, FACTORS, FACTOR_LINKS, DECISIONS, ACTIONS, IDEAS, TASKS, RACI, CHECKINS, QUESTIONS,
        CLOCKS, SUPPRESSIONS, REDACTIONS,
    )
}  # fmt: skip
TABLES: Final = {table.name: table for table in (EVENTS, EVIDENCE, *WORKSHEETS.values())}


def empty(table: Table) -> pd.DataFrame:
    """No rows, all columns of the table, typed."""
    return _empty(table).copy()


@cache
def _empty(table: Table) -> pd.DataFrame:
    return pd.DataFrame({column.name: _blank_column(column, 0) for column in table.columns})


def without_samples(events: pd.DataFrame) -> pd.DataFrame:
    """The events that are happenings: all but the samples of metrics."""
    if "kind" not in events:
        return events  # a chart asks for few columns only
    samples = events["kind"].isin(SAMPLE_KINDS)
    return events[~samples] if samples.any() else events


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """`frame` with every column of the table, typed and in its order; columns of its own come last.

    Raises `SchemaError` naming the row and column of every cell that cannot be read as its column's type; a
    time without a zone is one of them.
    """
    typed, problems = _conformed(frame, table)
    if problems:
        raise SchemaError(table.name, [f"{_row_name(frame, table, i)}, {what}" for i, what in problems])
    return typed


def validate(frame: pd.DataFrame, table: Table) -> None:
    """Raise `SchemaError` listing every missing value, unknown choice, twin key and untyped column."""
    problems = [f"column `{c.name}` is missing: {c.meaning}" for c in table.columns if c.name not in frame]
    untyped = [c for c in table.columns if c.name in frame and frame[c.name].dtype != _AS_DTYPE[c.type]]
    problems += [
        f"column `{c.name}`: expected {DTYPES[c.type]}, found {frame[c.name].dtype}" for c in untyped
    ]
    typed = {name: frame[name] for name in frame.columns if name not in {column.name for column in untyped}}
    problems += [f"{_row_name(frame, table, i)}, {what}" for i, what in _misfits(typed, table)]
    if problems:
        raise SchemaError(table.name, problems)


def read_csv(text: str, table: Table, *, where: str = "") -> pd.DataFrame:
    """The rows of a CSV of `table`, typed and valid; columns the table does not know are kept as text.

    Raises `SchemaError` naming the line and column of every cell that cannot be read or is not allowed.
    """
    name = where or f"{table.name}.csv"
    records = _records(text.removeprefix("\ufeff"), name)
    if not records:
        return empty(table)
    header = [title.strip() for title in records[0].cells]
    rows = records[1:]
    problems = [*_header_problems(header, table), *_shape_problems(rows, len(header))]
    if problems:
        raise SchemaError(name, problems)
    if not rows and set(header) <= set(table.column_names):
        return empty(table)
    typed, cells = _typed_rows(header, rows, table)
    if cells:
        raw = pd.DataFrame([row.cells for row in rows], columns=pd.Index(header), dtype="str")
        lines = [_row_name(raw, table, i, line=rows[i].line) + f", {what}" for i, what in sorted(cells)]
        raise SchemaError(name, lines)
    return typed


def to_csv(frame: pd.DataFrame, table: Table) -> str:
    """The canonical CSV: columns in the table's order, then others; rows sorted by key; `\\n` ends."""
    ordered = conform(frame, table)
    ordered = ordered.sort_values(list(table.key), kind="stable") if len(ordered) else ordered
    texts = {name: _texts(ordered[name]) for name in ordered.columns}
    return "".join(_line(cells) for cells in [texts, *zip(*texts.values(), strict=True)])


def keep_lines(old: str, new: str, table: Table) -> str:
    """The canonical CSV `new` in the hand of `old`, the file as people left it.

    Its order of columns stays, and each line whose cells still say the same stays as it was typed.
    """
    try:
        before, after = _lines(old), _lines(new)
        return "".join(_in_hand_of(before, after, table)) if before and before != after else new
    except (csv.Error, ValueError):
        return new  # a file that cannot be read has no lines to keep


def cell_text(column: Column, value: object) -> str:
    """The text a CSV holds for `value`, typed or as a person types it; empty where there is none.

    Raises `ValueError`, in words for that person, where it cannot be read or is not one of the choices.
    """
    if isinstance(value, (list, tuple, set, frozenset)):
        value = " ".join(map(str, value))
    blank = value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124
    # Half of a surrogate pair cannot be written as UTF-8.
    text = "" if blank else str(value).encode("utf-8", "replace").decode()
    if column.type == "str":
        return _chosen(column, text.strip()) if column.choices else text
    if column.type == "words":
        return " ".join(text.replace(",", " ").split())
    if not text.strip():
        return "no" if column.type == "bool" else ""
    return _typed_text(column.type, _READERS[column.type](text.strip() if isinstance(value, str) else value))


def cell_texts(values: pd.Series) -> list[str]:
    """The texts a CSV holds for a typed column."""
    return list(_texts(values))


def check_cell(column: Column, text: str) -> str | None:
    """What is wrong with the cell, in words for the person who types it; None when nothing is."""
    try:
        text = cell_text(column, text)
    except ValueError as error:
        return str(error)
    return f"is empty: {column.meaning}" if column.required and not text.strip() else None


def format_time(time: pd.Timestamp) -> str:
    """`2026-11-03T14:02:11.123456Z`."""
    # Not strftime, which writes years before 1000 without their zeros.
    text: str = time.tz_convert("UTC").isoformat(timespec="microseconds")
    return text.removesuffix("+00:00") + "Z"


# Reading a CSV


class _Record(NamedTuple):
    line: int  # where it starts; a quoted cell may run over several
    cells: list[str]


def _records(text: str, name: str) -> list[_Record]:
    """The records of a CSV, without blank lines. A quote that is never closed would swallow the rest."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records, line = [], 1
    try:
        for cells in reader:
            records += [_Record(line, cells)] if cells else []
            line = reader.line_num + 1
    except csv.Error as error:
        hint = "write a cell with quotes or commas in quotes, and each quote in it twice"
        raise SchemaError(name, [f"line {line}: {error}; {hint}"]) from error
    return records


def _lines(text: str) -> list[str]:
    """The records of a CSV as they stand there, each with its line end, without blank lines."""
    source = list(io.StringIO(text, newline=""))
    reader = csv.reader(source, strict=True)
    lines, start = [], 0
    for cells in reader:
        raw = "".join(source[start : reader.line_num])
        lines += [raw if raw.endswith("\n") else f"{raw}\n"] if cells else []
        start = reader.line_num
    return lines


def _in_hand_of(before: list[str], after: list[str], table: Table) -> Iterable[str]:
    order = [title.strip() for title in _cells(before[0])]
    header = _cells(after[0])
    if sorted(order) != sorted(header):
        return after
    if order != header:
        places = [header.index(title) for title in order]
        after = [_line([cells[place] for place in places]) for cells in map(_cells, after)]
    known = set(after)
    by_hand = [line for line in before[1:] if line not in known]
    typed, misread = _conformed(pd.DataFrame(map(_cells, by_hand), columns=order, dtype="str"), table)
    if misread:
        return after
    texts = zip(*(_texts(typed[title]) for title in order), strict=True)
    kept = dict(zip(map(_line, texts), by_hand, strict=True)) | {after[0]: before[0]}
    end = "\r\n" if before[0].endswith("\r\n") else "\n"
    kept |= {line: line for line in before if line in known}
    return [kept.get(line, line.removesuffix("\n") + end) for line in after]


def _cells(line: str) -> list[str]:
    return next(csv.reader(io.StringIO(line, newline="")))


def _header_problems(header: list[str], table: Table) -> list[str]:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return ["line 1: no comma found; save the file with commas between the cells"]
    problems = [f"line 1: column {n} has no name" for n, title in enumerate(header, start=1) if not title]
    twins = sorted({title for title in header if title and header.count(title) > 1})
    problems += [f"line 1: column `{title}` stands twice" for title in twins]
    lacking = [column for column in table.columns if column.required and column.name not in header]
    return problems + [f"line 1: column `{c.name}` is missing: {c.meaning}" for c in lacking]


def _shape_problems(rows: list[_Record], width: int) -> list[str]:
    problems = []
    for line, cells in rows:
        if cells[0].startswith(("<<<<<<<", "=======", ">>>>>>>")):
            problems.append(f"line {line}: a merge is not finished; keep one side and delete this line")
        elif len(cells) != width:
            problems.append(f"line {line}: {len(cells)} cells, the header has {width}")
    return problems


# Cells to values

_Problems = list[tuple[int, str]]  # position of the row, what is wrong with which column

# ISO 8601 with a zone that is stated; anything else would be a guess.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_TRUE, _FALSE = {"yes", "true", "1"}, {"", "no", "false", "0"}


def _conformed(frame: pd.DataFrame, table: Table) -> tuple[pd.DataFrame, _Problems]:
    """The frame typed, and its cells that cannot be read; those are empty in it."""
    typed: dict[str, ExtensionArray] = {}
    problems: _Problems = []
    for column in table.columns:
        if column.name in frame.columns:
            typed[column.name], found = _typed_column(frame[column.name], column)
            problems += [(position, f"`{column.name}`: {what}") for position, what in found]
        else:
            typed[column.name] = _blank_column(column, len(frame))
    extra = {name: frame[name].array for name in frame.columns if name not in typed}
    # Arrays, not series: all of one length, and nothing has to be aligned.
    return pd.DataFrame({**typed, **extra}, index=frame.index), problems


def _typed_rows(header: list[str], rows: list[_Record], table: Table) -> tuple[pd.DataFrame, _Problems]:
    """The rows typed, and their cells that cannot be read or are not allowed.

    Cell by cell: a table has few rows, and pandas has a price for each column it is asked about.
    """
    texts = {title: [row.cells[n] for row in rows] for n, title in enumerate(header)}
    typed: dict[str, object] = {}
    problems: _Problems = []
    for column in table.columns:
        if column.name not in texts:
            typed[column.name] = _blank_column(column, len(rows))
        elif column.type in ("str", "words"):
            typed[column.name] = pd.array(texts[column.name], dtype=_AS_DTYPE["str"])
        else:
            cells, misread = _read_cells(texts[column.name], column)
            typed[column.name] = pd.array(cells, dtype=_AS_DTYPE[column.type])
            problems += [(position, f"`{column.name}`: {what}") for position, what in misread]
    text = _AS_DTYPE["str"]
    extra = {title: pd.array(cells, dtype=text) for title, cells in texts.items() if title not in typed}
    # A cell that cannot be read is empty in the frame; that it is empty is not its problem.
    return pd.DataFrame({**typed, **extra}), [*problems, *_misfits(texts, table)]


def _typed_column(values: pd.Series, column: Column) -> tuple[ExtensionArray, _Problems]:
    dtype = _AS_DTYPE[column.type]
    if column.type in ("str", "words"):
        texts = values.array if values.dtype == dtype else values.astype(dtype).array
        return texts.fillna("") if texts.isna().any() else texts, []
    if values.dtype == dtype:
        return values.array, []
    if column.type == "time" and isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.astype(dtype).array, []
    cells, problems = _read_cells(values, column)
    return pd.array(cells, dtype=dtype), problems


def _read_cells(values: Iterable[object], column: Column) -> tuple[list[object], _Problems]:
    read, cells, problems = _READERS[column.type], [], []
    for position, cell in enumerate(values):
        blank = cell is None or cell is pd.NA or cell is pd.NaT or cell != cell or cell == ""  # noqa: PLR0124
        try:
            cells.append(None if blank else read(cell))
        except (ValueError, OverflowError) as error:
            cells.append(None)
            problems.append((position, str(error)))
    if column.type == "bool":
        cells = [bool(cell) for cell in cells]
    return cells, problems


def _time(cell: object) -> datetime:
    moment = cell
    if isinstance(cell, str) and _TIME.fullmatch(cell):
        with suppress(ValueError):
            moment = datetime.fromisoformat(cell)
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError(f"expected a time with its zone, as 2026-11-03T14:02:11Z, found {str(cell)!r}")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{str(cell)!r} is not a time of the calendar") from error


def _day(cell: object) -> date:
    day = cell
    if isinstance(cell, str) and _DATE.fullmatch(cell):
        with suppress(ValueError):
            day = datetime.fromisoformat(cell)
    midnight = not isinstance(day, datetime) or (day.tzinfo is None and day.time() == time())
    if not isinstance(day, date) or not midnight:
        raise ValueError(f"expected a date, as 2026-11-03, found {str(cell)!r}")
    return day


def _truth(cell: object) -> bool:
    word = str(cell).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"expected yes or no, found {str(cell)!r}")
    return word in _TRUE


def _number(cell: object) -> float:
    number = float(str(cell)) if _NUMBER.fullmatch(str(cell).strip()) else math.nan
    if not math.isfinite(number):
        raise ValueError(f"expected a number, found {str(cell)!r}")
    return number


def _whole_number(cell: object) -> int:
    # A column with empty cells is often one of floats.
    text = f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    number = int(text.removesuffix(".0")) if re.fullmatch(r"[+-]?[0-9]{1,19}(\.0)?", text) else None
    if number is None or not -(2**63) <= number < 2**63:
        raise ValueError(f"expected a whole number, found {str(cell)!r}")
    return number


_READERS: Final[dict[Type, Callable[[object], object]]] = {
    "time": _time,
    "date": _day,
    "bool": _truth,
    "int": _whole_number,
    "float": _number,
}


def _blank_column(column: Column, rows: int) -> ExtensionArray:
    return pd.array([_BLANKS.get(column.type)] * rows, dtype=_AS_DTYPE[column.type])


def _misfits(columns: Mapping[str, Iterable[object]], table: Table) -> Iterator[tuple[int, str]]:
    """Cells whose value the table does not allow, and rows that are named as another one is."""
    for column in table.columns:
        if column.name in columns and (column.required or column.choices):
            yield from _unfit(columns[column.name], column)
    if set(table.key) <= set(columns):
        named_by = " and ".join(f"`{key}`" for key in table.key)
        seen: set[tuple[object, ...]] = set()
        for position, key in enumerate(zip(*(columns[name] for name in table.key), strict=True)):
            if key in seen:
                yield position, f"{named_by} as in a row before; each row needs its own"
            seen.add(key)


def _unfit(cells: Iterable[object], column: Column) -> Iterator[tuple[int, str]]:
    expected = ", ".join(column.choices)
    for position, cell in enumerate(cells):
        if pd.isna(cell) or cell == "":
            if column.required:
                yield position, f"`{column.name}` is empty: {column.meaning}"
        elif column.choices and cell not in column.choices:
            yield position, f"`{column.name}`: expected one of {expected}, found {cell!r}"


# Values to cells

_NEEDS_QUOTES = re.compile(r'[,"\r\n]')


def _quoted(cell: str) -> str:
    """As `csv.writer` does it, which before Python 3.13 leaves a lone carriage return bare: a row's end."""
    return '"' + cell.replace('"', '""') + '"' if _NEEDS_QUOTES.search(cell) else cell


def _line(cells: Iterable[str]) -> str:
    return ",".join(map(_quoted, cells)) + "\n"


def _typed_text(kind: Type, value: object) -> str:
    if isinstance(value, datetime) and kind == "time":
        return format_time(pd.Timestamp(value))
    if isinstance(value, date):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value).removesuffix(".0")


def _chosen(column: Column, text: str) -> str:
    choices = {choice.casefold(): choice for choice in ("", *column.choices)}
    if text.casefold() not in choices:
        raise ValueError(f"expected one of {', '.join(column.choices)}, found {text!r}")
    return choices[text.casefold()]


def _texts(values: pd.Series) -> Iterable[str]:
    texts: list[str]
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        moments = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
        texts = np.datetime_as_string(moments).tolist()
        return ["" if text == "NaT" else f"{text}Z" for text in texts]
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return ["" if pd.isna(day) else day.isoformat().removesuffix("T00:00:00") for day in values]
    if pd.api.types.is_bool_dtype(values.dtype):
        return ["yes" if value else "no" for value in values]
    if pd.api.types.is_float_dtype(values.dtype):
        return ["" if pd.isna(number) else repr(float(number)).removesuffix(".0") for number in values]
    if isinstance(values.dtype, pd.StringDtype):
        texts = values.to_numpy(dtype="object", na_value="").tolist()
        return texts
    return ["" if pd.isna(value) else str(value) for value in values]


def _row_name(frame: pd.DataFrame, table: Table, position: int, line: int | None = None) -> str:
    name = " / ".join(str(frame[key].iloc[position]) for key in table.key if key in frame)
    place = f"row {position + 1}" if line is None else f"line {line}"
    return place + (f" ({name})" if name.strip(" /") else "")
