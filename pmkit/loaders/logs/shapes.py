"""The shapes of log lines that are known without being told: where the time, level, host and words stand.

The patterns are RE2's, which takes time in proportion to the line whatever the pattern and the line are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from pmkit.loaders._documents import joined
from pmkit.loaders._salvage import clean_json
from pmkit.loaders.logs.stamps import MONTHS

# Levels as logs write them, to those of `log_level`; a number is that of syslog, or of bunyan and pino.
LEVELS: Final = {
    "trace": "trace", "debug": "debug", "info": "info", "information": "info", "notice": "notice",
    "warn": "warning", "warning": "warning", "error": "error", "err": "error", "severe": "error",
    "crit": "critical", "critical": "critical", "fatal": "critical", "panic": "critical",
    "alert": "critical", "emerg": "critical", "emergency": "critical",
    "i": "info", "w": "warning", "e": "error", "f": "critical",
    "0": "critical", "1": "critical", "2": "critical", "3": "error", "4": "warning", "5": "notice",
    "6": "info", "7": "debug",
    "10": "trace", "20": "debug", "30": "info", "40": "warning", "50": "error", "60": "critical",
}  # fmt: skip

# The keys of structured logs, the more telling first.
TIMES: Final = (
    "@timestamp", "timestamp", "ts", "time", "datetime", "asctime", "eventTime", "event_time", "date", "t",
    "__REALTIME_TIMESTAMP",
)  # fmt: skip
MESSAGES: Final = (
    "message", "msg", "MESSAGE", "textPayload", "short_message", "event", "text", "log", "body",
)  # fmt: skip
SEVERITIES: Final = ("level", "severity", "lvl", "levelname", "log.level", "loglevel", "@level", "PRIORITY")
HOSTS: Final = ("host", "hostname", "host.name", "_HOSTNAME")
ACTORS: Final = (
    "logger", "logger_name", "service", "service.name", "app", "component", "SYSLOG_IDENTIFIER", "name",
)  # fmt: skip
# What says the shape of the record, not what happened.
_SILENT: Final = ("v", "@version", "stream")

_CLOCK: Final = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ISO: Final = rf"\d{{4}}[-/]\d\d[-/]\d\d[Tt ]{_CLOCK}(?:\s?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)\b)?"
_MONTH: Final = f"(?:{'|'.join(MONTHS)})"
_PRI: Final = r"(?:<(?P<pri>\d{1,3})>)"
_FACTS: Final = r'(?:\[[^\]" ]+(?: [^\]"= ]+="(?:[^"\\]|\\.)*")*\])+'
_NAMES: Final = "TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC|SEVERE"


class Shape(NamedTuple):
    """One shape of lines: its name and a pattern with the groups `time`, `text` and others of `Head`."""

    name: str
    pattern: str


# The more particular first; of the last, a bare number, only where no line has any other shape.
SHAPES: Final = (
    Shape(
        "syslog (RFC 5424)",
        rf"{_PRI}\d{{1,2}} (?P<time>{_ISO}) (?P<host>\S+) (?P<actor>\S+) \S+ \S+ "
        rf"(?:(?:-|(?P<facts>{_FACTS}))(?: |$))?(?P<text>.*)",
    ),
    Shape(
        "syslog",
        rf"{_PRI}?(?P<time>{_MONTH} [ \d]\d (?:\d{{4}} )?{_CLOCK}) (?P<host>[\w.:-]+) "
        r"(?:(?P<actor>[^\s:\[\]]+)(?:\[[^\]]*\])?: ?)?(?P<text>.*)",
    ),
    Shape(
        "syslog with ISO times",
        rf"{_PRI}?(?P<time>{_ISO}) (?P<host>[a-z0-9][\w.-]*) (?P<actor>[\w./-]+)\[\d+\]: ?(?P<text>.*)",
    ),
    Shape("container", rf"(?P<time>{_ISO}) (?:stdout|stderr) [FP] (?P<text>.*)"),
    Shape(
        "klog", rf"(?P<level>[IWEF])(?P<time>\d{{4}} {_CLOCK})\s+\d+ (?P<actor>[^\s\]]+)\] (?P<text>.*)"
    ),
    Shape(
        "access log",
        rf"(?P<before>[^\[\]]+)\[(?P<time>\d\d/{_MONTH}/\d{{4}}:{_CLOCK} [+-]\d{{4}})\] (?P<text>.*)",
    ),
    Shape(
        "ctime",
        rf"\[?(?P<time>[A-Z][a-z]{{2}} {_MONTH} [ \d]\d {_CLOCK} (?:UTC )?\d{{4}})\]?[\s:|-]*(?P<text>.*)",
    ),
    Shape(
        "day first",
        rf"(?:\d+:[A-Z] )?\[?(?P<time>\d{{1,2}}[- ]{_MONTH}[- ]\d{{4}} {_CLOCK})\]?[\s|-]+(?P<text>.*)",
    ),
    Shape(
        "ISO",
        rf"(?:\[?(?P<level>{_NAMES})\]?[:\s]+)?\[?(?P<time>{_ISO})\]?(?:$|[\s:|-]+(?P<text>.*))",
    ),
    Shape("epoch", r"\[?(?P<time>\d{10}(?:\.\d{1,9})?|\d{13})\]?\s+(?P<text>\S.*)"),
)  # fmt: skip

_LEVEL: Final = re.compile(
    rf"(?<![\w.])(?P<name>{_NAMES}|ERR|CRIT)\b"
    r"|\[(?:\w{1,20}:)?(?P<small>trace|debug|info|notice|warn|warning|error|crit|alert|emerg)\]"
)
_PRINTED: Final = re.compile(r'"stream"\s*:\s*"std(out|err)"')
_LEVEL_WITHIN: Final = 120  # characters of a line in which its level stands
_PAIR: Final = re.compile(r'([\w.@-]{1,80})=("(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)')


class Head(NamedTuple):
    """What the first line of a record says; a group that its shape does not have is empty.

    One that says its time twice has none, and a `problem`.
    """

    time: str
    text: str
    level: str = ""
    host: str = ""
    actor: str = ""
    problem: str = ""


class _Several(list[Any]):
    """The values of a key that stands more than once, as some loggers write it: all shown, none believed."""


def read_groups(
    *,
    time: str,
    text: str = "",
    level: str = "",
    host: str = "",
    actor: str = "",
    pri: str = "",
    before: str = "",
    facts: str = "",
) -> Head:
    """The head of a line from the groups of its pattern; `before` and `facts` are words beside the text."""
    level = level or (str(int(pri) % 8) if pri else "")
    text = joined(f"{before}{text}", facts, by=" ")
    return Head(time, _with_level(level, text), level_of(level, text), _said(host), _said(actor))


def read_structured(line: str) -> Head | None:
    """The head of a line of JSON, or of `key=value` pairs; None where it is none or has no time."""
    if line.startswith("{"):
        return _read_json(line)
    return _read_pairs(line) if "=" in line else None


def is_surely_structured(line: str) -> bool:
    """Whether a line is of a log and nothing else: it says its level, or what a container printed where."""
    head = read_structured(line)
    return head is not None and bool(head.text) and bool(head.level or _PRINTED.search(line))


def level_of(word: str, text: str) -> str:
    """The level that a word names, or else the beginning of the text."""
    if word:
        return LEVELS.get(word.lower(), "")
    found = _LEVEL.search(text[:_LEVEL_WITHIN])
    return LEVELS[(found["name"] or found["small"]).lower()] if found else ""


def _said(name: str) -> str:
    return "" if name == "-" else name


def _with_level(level: str, text: str) -> str:
    """The words with the level before them, where it stood apart from them."""
    name = LEVELS.get(level.lower(), level) if level else ""
    return f"{name.upper()} {text}".rstrip() if name else text


def _read_json(line: str) -> Head | None:
    try:
        record = json.loads(line, object_pairs_hook=_together)
    except (ValueError, RecursionError):
        return None
    head = _structured(record) if isinstance(record, dict) else None
    # Half of a surrogate pair is no character.
    return Head(*json.loads(clean_json(head))) if head and "\\ud" in line.lower() else head


def _read_pairs(line: str) -> Head | None:
    """`ts=2026-11-03T14:02:11Z level=info msg="…"`, and nothing between the pairs."""
    pairs: list[tuple[str, Any]] = []
    position = 0
    while pair := _PAIR.match(line, position):
        value = pair[2]
        said = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        pairs.append((pair[1], said))
        position = pair.end()
    record = _together(pairs)
    return _structured(record) if len(record) > 1 and position == len(line) else None


def _together(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a key that stands in it with several values keeps them all."""
    record = dict(pairs)
    if len(record) == len(pairs):
        return record
    told: dict[str, _Several] = {}
    for name, value in pairs:
        told.setdefault(name, _Several()).append(value)
    return {
        name: values if any(value != values[0] for value in values) else values[0]
        for name, values in told.items()
    }


def _structured(record: dict[str, Any]) -> Head | None:
    key, time = _first(record, TIMES)
    twice = next((name for name in TIMES if isinstance(record.get(name), _Several)), "")
    if twice and (not time or TIMES.index(twice) < TIMES.index(key)):
        return Head("", "", problem=f"duplicate key {twice!r}")
    if not time:
        return None
    named = {"time": key}
    values = {}
    for name, keys in (("text", MESSAGES), ("level", SEVERITIES), ("host", HOSTS), ("actor", ACTORS)):
        named[name], values[name] = _first(record, keys)
    shown = {*named.values(), *_SILENT}
    rest = {k: v for k, v in record.items() if k not in shown and v not in (None, "")}
    facts = (f"{k}={v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)}" for k, v in rest.items())
    text = joined(values["text"].rstrip("\n"), *facts, by=" ")
    level = values["level"]
    # The words must not settle what the keys dispute.
    is_disputed = not level and any(isinstance(record.get(name), _Several) for name in SEVERITIES)
    found = "" if is_disputed else level_of(level, text)
    return Head(time, _with_level(level, text), found, values["host"], values["actor"])


def _first(record: dict[str, Any], keys: Iterable[str]) -> tuple[str, str]:
    """The first of the keys that is there and says something, and what it says."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, dict):
            value = value.get("name")
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            return key, str(value)
    return "", ""
