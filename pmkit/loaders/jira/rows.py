"""What Jira's issues tell, however they were saved: the columns of one row and its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pmkit.loaders._documents import joined
from pmkit.loaders._moments import Instant

# What a changed field tells, by its name in small letters; any other change is a "field".
FIELD_KINDS: Final = {
    "assignee": "assign", "priority": "priority", "severity": "priority", "resolution": "resolve",
    "attachment": "file", "comment": "note",
}  # fmt: skip
# What the making of an issue tells, by a word of its type; any other is a "note" that somebody wrote.
TYPE_KINDS: Final = {"incident": "incident", "change": "change", "deployment": "deploy"}

KEY: Final = re.compile(r"[A-Z][A-Z0-9_]+-\d+", re.ASCII)

_LONG: Final = 200  # characters of a value in the text of a change; whole it stands in its column

Row = dict[str, Any]
Told = tuple[str, Callable[[], Row]]  # where a record stands, and how to make its row


def row_of(key: str, event: str, when: Instant, place: str, url: str = "") -> Row:
    """What every row has; among rows of one moment the lowest `order` happened first."""
    return {
        "event_id": f"jira:{key}:{event}", "time": when.time, "time_basis": when.basis, "jira_key": key,
        "place": place or key.rpartition("-")[0], "url": url, "order": (0, 0, 0),
    }  # fmt: skip


def state(updated: Instant) -> Row:
    """By which of two copies of a record the later one is told, in one file and in several."""
    at = f"{datetime(1970, 1, 1) + timedelta(microseconds=updated.time):%Y-%m-%dT%H:%M:%S.%f}Z"  # noqa: DTZ001
    return {"updated": at, "jira_updated_at": at}


def kind_of_type(name: str) -> str:
    """What it is that somebody made."""
    words = re.findall(r"\w+", name.casefold())
    return next((kind for word, kind in TYPE_KINDS.items() if word in words), "note")


def creation_text(key: str, title: str, facts: Sequence[str], description: str) -> str:
    """`PAY-812 created: Checkout is slow (Bug, High)`, and below it the description."""
    said = joined(*facts)
    line = f"{key} created" + (f": {title}" if title else "") + (f" ({said})" if said else "")
    return joined(line, description, by="\n\n")


def resolution_text(key: str, how: str) -> str:
    """`PAY-812 resolved: Done`."""
    return f"{key} resolved" + (f": {how}" if how else "")


def change_text(key: str, name: str, before: str, after: str) -> str:
    """`PAY-812 status: To Do → Done`."""
    return f"{key} {name or 'changed'}: {_short(before)} → {_short(after)}"


def _short(value: str) -> str:
    value = " ".join(value.split())
    return (value[:_LONG] + "…" if len(value) > _LONG else value) or "none"


def refused(problem: str) -> Callable[[], Row]:
    """Instead of a row: why there is none."""

    def refuse() -> Row:
        raise ValueError(problem)

    return refuse
