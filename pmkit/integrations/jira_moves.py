"""Which transition brings a Jira issue to the status that its action has; what is not clear is asked for.

`incident.toml` may say it, by the transition's name or that of the status it leads to:

    [connections.jira]
    transitions = { done = "Close issue", dropped = "Won't do" }
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pmkit.errors import IntegrationError

# The category of status, as Jira keeps it, that each status of `actions.csv` is.
CATEGORIES: Final[Mapping[str, str]] = {
    "open": "new", "in progress": "indeterminate", "done": "done", "dropped": "done",
}  # fmt: skip
# What teams call the end of what is not done after all: it is in Jira's category of what is done.
_DROPPED: Final = re.compile(
    r"\b(?:won.?t|will not|not doing|cancell?ed|cancel|reject(?:ed)?|declined?|drop(?:ped)?|discard(?:ed)?|"
    r"abandon(?:ed)?|withdrawn?|obsolete|duplicate|invalid)\b",
    re.IGNORECASE,
)

Way = Mapping[str, Any]  # a transition, as Jira lists it


@dataclass(frozen=True)
class Move:
    """A transition: its id, its name, the status that it leads to, and what its screen wants to know."""

    way: str
    name: str
    to: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"“{self.to}”" if self.to == self.name else f"“{self.to}”, by “{self.name}”"


def check_moves(settings: Mapping[str, Any]) -> None:
    """Raise `IntegrationError` where `transitions` of `[connections.jira]` says what nobody can follow."""
    told = settings.get("transitions", {})
    example = 'as transitions = { done = "Close issue" }'
    if not isinstance(told, Mapping):
        raise IntegrationError(
            f"Jira: `transitions` of [connections.jira]: expected a table, {example}; found {told!r}"
        )
    for status, name in told.items():
        if status not in CATEGORIES or not isinstance(name, str) or not name.strip():
            raise IntegrationError(
                f"Jira: `transitions` of [connections.jira]: expected a status ({', '.join(CATEGORIES)}) and "
                f"the name of a transition, {example}; found {status} = {name!r}"
            )


def find_move(ways: Sequence[Way], status: str, settings: Mapping[str, Any]) -> tuple[Move | None, str]:
    """The transition to `status`, a word of `actions.csv`; or none, and in words why.

    `ways` are those that Jira offers from where the issue stands, with their fields, `settings` the keys of
    `[connections.jira]`.
    """
    said = str(settings.get("transitions", {}).get(status, "")).strip()
    fits = [way for way in ways if _fits(way, status, said)]
    ends = sorted({_end(way) for way in fits})
    if not fits or len(ends) > 1:
        offered = ", ".join(f"“{name}”" for name in dict.fromkeys(map(_end, ways))) or "nothing"
        lacking = f"none of them is “{said}”" if said else f"none of them is surely “{status}”"
        several = f"several are “{status}”" if fits else lacking
        hint = f'say which as transitions = {{ "{status}" = "…" }} under [connections.jira], or move it there'
        return None, f"is {status} here; from where it stands Jira offers {offered}, and {several}: {hint}"
    way = fits[0]
    fields, lacks = _filled(way.get("fields") or {}, status)
    if lacks:
        wants = ", ".join(f"“{name}”" for name in lacks)
        return None, f"is {status} here; “{way['name']}” asks for {wants} in Jira: move it there"
    return Move(str(way["id"]), str(way["name"]), _end(way), fields), ""


def _end(way: Way) -> str:
    return str((way.get("to") or {}).get("name", way.get("name", "")))


def _fits(way: Way, status: str, said: str) -> bool:
    names = (str(way.get("name", "")), _end(way))
    if said:
        return said.casefold() in (name.casefold() for name in names)
    category = ((way.get("to") or {}).get("statusCategory") or {}).get("key")
    if category != CATEGORIES[status]:
        return False
    is_dropped = any(_DROPPED.search(name) for name in names)
    return is_dropped == (status == "dropped") if category == "done" else True


def _filled(metas: Mapping[str, Way], status: str) -> tuple[dict[str, Any], list[str]]:
    """What the screen of the transition wants and is known, and the names of what is not."""
    fields: dict[str, Any] = {}
    lacks = []
    for name, meta in metas.items():
        if name == "resolution":
            choices = [str(one.get("name", "")) for one in meta.get("allowedValues") or ()]
            dropped = [one for one in choices if _DROPPED.search(one)]
            kept = [one for one in choices if one not in dropped]
            known = dropped if status == "dropped" else [one for one in kept if one.casefold() == "done"]
            best = known or (kept if len(kept) == 1 and status != "dropped" else [])
            if best:
                fields[name] = {"name": best[0]}
                continue
        if meta.get("required") and not meta.get("hasDefaultValue"):
            lacks.append(str(meta.get("name", name)))
    return fields, lacks
