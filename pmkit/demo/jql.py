"""Some JQL: clauses with `and` between them, and an order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from pmkit.demo.jira_catalogue import PROJECT, Record

_CLAUSE: Final = re.compile(
    r"""\s*(?P<field>"[^"]+"|[\w.]+)\s*
    (?P<op>not\s+in|in|is\s+not|is|!=|>=|<=|=|>|<|~)\s*
    (?P<value>\([^)]*\)|"[^"]*"|'[^']*'|[^\s()]+)\s*(?:and\b|\Z)""",
    re.IGNORECASE | re.VERBOSE,
)
_ORDER: Final = re.compile(r"\s*\border\s+by\s+(.*)\Z", re.IGNORECASE | re.DOTALL)
_VALUE: Final = re.compile(r'"([^"]*)"|\'([^\']*)\'|([^\s,()]+)')


class Jql:
    """A query of clauses with `and` between them, and an order.

    Raises `ValueError` for anything else, in Jira's manner.
    """

    def __init__(self, text: str) -> None:
        order = _ORDER.search(text)
        body = text[: order.start()] if order else text
        self.clauses: list[tuple[str, str, list[str]]] = []
        position = 0
        while body[position:].strip():
            match = _CLAUSE.match(body, position)
            if match is None:
                raise ValueError(
                    f"Error in the JQL Query: expecting a clause but got '{body[position:].strip()}'."
                )
            values = ["".join(found) for found in _VALUE.findall(match["value"])]
            name = match["field"].strip('"').casefold()
            if name not in _READ:
                raise ValueError(f"Field '{name}' does not exist or you do not have permission to view it.")
            self.clauses.append((name, " ".join(match["op"].casefold().split()), values))
            position = match.end()
        self.order = [
            (parts[0].casefold(), parts[1:] == ["desc"])
            for term in (order[1].casefold() if order else "created desc").split(",")
            if (parts := term.split())
        ]

    def fits(self, issue: Record) -> bool:
        """Whether an issue is found."""
        return all(_fits(issue, *clause) for clause in self.clauses)

    def sorted(self, issues: list[Record]) -> list[Record]:
        """The issues in the order asked for."""
        for name, falling in reversed(self.order):
            issues.sort(key=lambda issue: _rank(issue, name), reverse=falling)
        return issues


_READ: Final[Mapping[str, Callable[[Record], Any]]] = {
    "project": lambda issue: [PROJECT["key"], PROJECT["id"], PROJECT["name"]],
    "key": lambda issue: [issue["key"]],
    "issuekey": lambda issue: [issue["key"]],
    "issue": lambda issue: [issue["key"]],
    "id": lambda issue: [issue["id"], issue["key"]],
    "labels": lambda issue: issue["fields"]["labels"] or [],
    "summary": lambda issue: [issue["fields"]["summary"]],
    "text": lambda issue: [issue["fields"]["summary"], str(issue["fields"]["description"])],
    "issuetype": lambda issue: [issue["fields"]["issuetype"]["name"]],
    "type": lambda issue: [issue["fields"]["issuetype"]["name"]],
    "status": lambda issue: [issue["fields"]["status"]["name"]],
    "parent": lambda issue: [issue["fields"]["parent"]["key"]] if issue["fields"]["parent"] else [],
    "epic link": lambda issue: [issue["fields"]["parent"]["key"]] if issue["fields"]["parent"] else [],
    "assignee": lambda issue: (
        [issue["fields"]["assignee"][name] for name in ("accountId", "name", "displayName")]
        if issue["fields"]["assignee"]
        else []
    ),
    "created": lambda issue: issue["fields"]["created"],
    "updated": lambda issue: issue["fields"]["updated"],
}


def _fits(issue: Record, name: str, op: str, values: list[str]) -> bool:
    held = _READ[name](issue)
    if isinstance(held, datetime):
        return _compared(held, op, _date_of(values[0]))
    held = {text.casefold() for text in held}
    wanted = {value.casefold() for value in values}
    if op in ("is", "is not"):
        return bool(held) == (op == "is not")
    if op == "~":
        return any(word in text for word in wanted for text in held)
    hit = bool(held & wanted)
    return not hit if op in ("!=", "not in") else hit


def _compared(at: datetime, op: str, other: datetime) -> bool:
    told = {">=": at >= other, ">": at > other, "<=": at <= other, "<": at < other, "=": at == other}
    return told.get(op, False)


def _date_of(text: str) -> datetime:
    """As JQL writes a date: `2026-11-03 14:02` in the zone of the account, here UTC."""
    for form in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d"):
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    return datetime(1970, 1, 1, tzinfo=UTC)


def _rank(issue: Record, name: str) -> Any:
    if name in ("created", "updated"):
        return issue["fields"][name]
    return int(issue["key"].rpartition("-")[2])
