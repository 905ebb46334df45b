"""Both sides of an action, `actions.csv` and its issue: what they hold, and which of them gives way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pmkit.integrations.jira_fields import Form
from pmkit.integrations.jira_site import Sides
from pmkit.phrases import shorten

_BACK: Final = ("dri", "due_on", "status")  # what comes back into actions.csv
_OUT: Final = ("action", "description", "dri", "due_on", "status")  # what goes to an issue that is there
_TITLES: Final = {"action": "summary", "dri": "assignee", "due_on": "due date"}


@dataclass(frozen=True)
class Compared:
    """What each side holds in a field, and what follows."""

    column: str
    here: str
    there: str
    verdict: Literal["same", "out", "back", "leave", "conflict"]


def compare(column: str, here: Sides, there: Sides, seen: Mapping[str, Any], form: Form) -> Compared:
    """What follows from what both sides hold in a column, and held when they last agreed (`seen`)."""
    mine, theirs = here[column], there[column]
    was = {side: seen.get(side, {}).get(column) for side in ("here", "there")}
    goes_out = column in _OUT and (column in ("action", "status") or column in form.columns)
    comes_back = column in _BACK
    changed = tuple(held != was[side] for side, held in (("here", mine), ("there", theirs)))
    verdict: Literal["same", "out", "back", "leave", "conflict"]
    if mine == theirs or (column == "status" and {mine, theirs} == {"dropped", "done"}):
        verdict = "same"
    elif None in was.values():
        # An issue that somebody else made: its words stay, what is empty on one side is filled.
        # A status is never empty: one that is `open` says no more than that nobody touched it.
        is_empty = mine in ("", "open") if column == "status" else not mine
        verdict = "leave" if not comes_back else "back" if is_empty else "out"
        verdict = "conflict" if verdict == "out" and theirs else verdict
    elif changed == (False, False):
        verdict = "leave"
    else:
        verdict = "conflict" if all(changed) else "out" if changed[0] else "back"
    if verdict == "out" and not goes_out:
        verdict = "leave"
    if verdict == "back" and not comes_back:
        verdict = "leave"
    return Compared(column, mine, theirs, verdict)


def settled(
    fields: Sequence[Compared],
    here: Sides,
    there: Sides,
    seen: Mapping[str, Any],
    *,
    sent: Collection[str],
    back: Mapping[str, tuple[str, str]],
    is_moved: bool,
) -> dict[str, dict[str, str]]:
    """What both sides hold once columns were `sent` and came `back`; a conflict stays as it was `seen`."""
    wanted = {one.column for one in fields if one.verdict == "out"}
    still_open = wanted - {*sent, *(["status"] if is_moved else [])}
    still_open |= {one.column for one in fields if one.verdict == "conflict"}
    new_seen = {
        side: {**seen.get(side, {}), **{c: held[c] for c in here if c not in still_open}}
        for side, held in (("here", here), ("there", there))
    }
    new_seen["here"] |= {column: text for column, (_, text) in back.items() if column in here}
    new_seen["there"] |= {column: here[column] for column in sent}
    new_seen["there"] |= {"status": there_as(here["status"])} if is_moved else {}
    return new_seen


def there_as(status: str) -> str:
    """A status as it comes back from Jira, which has no word for what was dropped."""
    return "done" if status == "dropped" else status


def clash_words(one: Compared, seen: Mapping[str, Any]) -> str:
    """What both sides hold where neither gives way, in words."""
    here, there = shorten(one.here, 60) or "empty", shorten(one.there, 60) or "empty"
    what = "was changed on both sides" if seen else "differs, and which is newer is not known"
    return f"{title_of(one.column)} {what}: here “{here}”, in Jira “{there}”. Make one like the other"


def title_of(column: str) -> str:
    """What Jira calls a column of `actions.csv`."""
    return _TITLES.get(column, column)
