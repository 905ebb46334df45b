"""A report that was written elsewhere, Markdown or plain text, as what the rules can read of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import pandas as pd

from pmkit import schema
from pmkit.checks._rule import Passage, split_paragraphs

# What a heading says, and what its text is then; the first that fits counts.
_SECTIONS: Final = (
    (re.compile(r"action|follow[- ]?up|next steps|remediat|to[- ]?do|corrective", re.IGNORECASE), "action"),
    (re.compile(r"root cause|\bcauses?\b|contributing|why did", re.IGNORECASE), "cause"),
    (re.compile(r"time ?line|chronolog|sequence of events", re.IGNORECASE), "summary"),
    (re.compile(r"impact|effect|affected", re.IGNORECASE), "impact"),
    (re.compile(r"decision", re.IGNORECASE), "decision"),
    (re.compile(r"question", re.IGNORECASE), "question"),
)
_HEADING: Final = re.compile(r"^(?:(#{1,6})\s+(.+?)\s*#*|(.+?)\n(?:=+|-{3,}))\s*$", re.MULTILINE)
_ITEM: Final = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+(?:\[[ xX]\]\s+)?", re.MULTILINE)
_COLUMNS: Final = {
    "action": re.compile(r"action|task|item|what|description|todo", re.IGNORECASE),
    "dri": re.compile(r"owner|dri|assignee|who|responsible", re.IGNORECASE),
    "due_on": re.compile(r"due|date|by when|deadline|eta", re.IGNORECASE),
    "done_when": re.compile(r"done when|proof|verif|accept|success", re.IGNORECASE),
}
# Who answers for an action, said in its words: `(owner: Dana)`, `DRI = Dana Ruiz`, `owned by Dana`, `@dana`.
_OWNER: Final = re.compile(
    r"(?:\b(?:owner|dri|assignee|assigned\s+to|responsible)\s*[:=]\s*|\bowned\s+by\s+)[*_]*(?P<who>[^,;()\[\]|—–]+)"
    r"|(?<![\w.])@(?P<handle>[\w][\w.-]*)",
    re.IGNORECASE,
)
_AFTER_OWNER: Final = re.compile(
    r"[*_]*(?:\s+-\s|\.\s|\s+(?:due|by|until)\b).*|[.*_\s]+$", re.IGNORECASE | re.DOTALL
)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Written(NamedTuple):
    """What was read of a report: its passages, each with its line as its row, and its actions."""

    passages: tuple[Passage, ...]
    actions: pd.DataFrame


def read_written(text: str, name: str) -> Written:
    """The passages and actions of a report, told apart by its headings; `name` is the file.

    Actions are the list items and table rows under a heading that speaks of actions. A Markdown table with a
    column for the owner or the day gives these too, and so does an item that says `(owner: Dana)` or `@dana`.
    """
    passages, actions = [], []
    for kind, start, part in _sections(text):
        if kind == "action":
            found = list(_actions(part, start))
            actions += [row for _, row in found]
            passages += [Passage(row["action"], name, str(line), kind="action") for line, row in found]
        else:
            table = {"impact": "notes/impact"}.get(kind, name)
            passages += [
                Passage(paragraph, table, str(line), kind="note" if kind == "impact" else kind)
                for line, paragraph in _paragraphs(part, start)
            ]
    columns = ["action_id", "action", "dri", "due_on", "done_when"]
    frame = pd.DataFrame(actions, columns=columns).fillna("")
    return Written(tuple(passages), schema.conform(frame.assign(status="open"), schema.ACTIONS))


def _sections(text: str) -> Iterator[tuple[str, int, str]]:
    """Each section's kind, the line it begins on, and its text."""
    kind, begin = "note", 0
    for heading in _HEADING.finditer(text):
        yield kind, text.count("\n", 0, begin) + 1, text[begin : heading.start()]
        title = heading[2] or heading[3]
        kind = next((name for pattern, name in _SECTIONS if pattern.search(title)), "note")
        begin = heading.end()
    yield kind, text.count("\n", 0, begin) + 1, text[begin:]


def _paragraphs(part: str, start: int) -> Iterator[tuple[int, str]]:
    position = 0
    for paragraph in split_paragraphs(part):
        found = part.find(paragraph.splitlines()[0], position)
        position = max(found, position)
        yield start + part.count("\n", 0, position), _ITEM.sub("", paragraph, count=1)


def _actions(part: str, start: int) -> Iterator[tuple[int, dict[str, str]]]:
    head: dict[str, int] = {}
    for number, line in enumerate(part.splitlines()):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if "|" in line else []
        if cells and set("".join(cells)) <= set(":- "):
            continue
        if cells and not head:
            head = {name: n for name, p in _COLUMNS.items() for n, c in enumerate(cells) if p.search(c)}
            continue
        if not cells:
            head = {}
        row = {name: cells[n] for name, n in head.items() if n < len(cells)} if cells else {}
        text = row.get("action", "") if cells else _ITEM.sub("", line, count=1) if _ITEM.match(line) else ""
        if text.strip():
            day = _DAY.search(row.get("due_on", ""))
            row |= {"action_id": f"line {start + number}", "action": text.strip()}
            row.setdefault("dri", _owner_in(text))
            yield start + number, {**row, "due_on": day.group() if day else ""}


def _owner_in(text: str) -> str:
    """Who answers for an action as its words say it; "" where they do not."""
    told = _OWNER.search(text)
    if told is None:
        return ""
    return (told["handle"] or _AFTER_OWNER.sub("", told["who"])).strip()
