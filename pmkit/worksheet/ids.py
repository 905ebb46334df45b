"""How the rows of a worksheet get their ids, and in which order these stand."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Final

from pmkit import schema
from pmkit.typed import slug

# Tables whose rows get an id by themselves; the others are named by what people type.
_LETTERS: Final = {"factors": "F", "decisions": "D", "actions": "A", "questions": "Q", "ideas": "I"}
NAMED_BY_US: Final = {*_LETTERS, "timeline", "tasks", "checkins"}


def row_id_of(row: Mapping[str, str], table: schema.Table) -> str:
    """The key of a row, ` / ` between its parts; empty while one of them is."""
    parts = [row.get(name, "") for name in table.key]
    if not all(parts):
        return ""
    if len(parts) == 1:
        return parts[0]
    return " / ".join(_escaped(part) for part in parts)


def next_id(
    row: Mapping[str, str], table: schema.Table, rows: Iterable[Mapping[str, str]], taken: set[str]
) -> str:
    """The id that a new row gets among `rows`, where the table's ids are ours to give."""
    name = table.name
    if name in _LETTERS:
        return numbered(_LETTERS[name], taken)
    if name == "timeline":
        words = slug(row["summary"] or row["note"])
        return free(f"manual:{words}", taken) if words else numbered("manual:", taken)
    group = "task_list" if name == "tasks" else "kind"
    alike = [r[table.key[0]] for r in rows if row[group] and r[group] == row[group]]
    stems = [row_id.rpartition("-")[0] for row_id in alike]
    stem = stems[0] if stems and stems[0] else slug(row[group]) or name.removesuffix("s")
    return numbered(f"{stem}-", taken)


def another_id(row_id: str, table: schema.Table, taken: set[str]) -> str:
    """The id of a row whose own is taken by another thing."""
    stem = re.sub(r"\d+$", "", row_id)
    return free(row_id, taken) if table.name == "timeline" else numbered(stem, taken)


def numbered(stem: str, taken: Iterable[str]) -> str:
    """`stem` with the number after the highest one that is taken."""
    pattern = re.compile(re.escape(stem) + r"([0-9]{1,9})", re.ASCII)
    numbers = [int(found[1]) for row_id in taken if (found := pattern.fullmatch(row_id))]
    return f"{stem}{max(numbers, default=0) + 1}"


def free(row_id: str, taken: Container[str]) -> str:
    """The id itself, or with the first number that nobody has."""
    number, name = 1, row_id
    while name in taken:
        number += 1
        name = f"{row_id}-{number}"
    return name


def natural_order(text: str) -> list[tuple[int, str]]:
    """Sorts `A2` before `A10`."""
    pieces = re.split(r"([0-9]{1,18})", text, flags=re.ASCII)
    return [(int(piece), "") if n % 2 else (-1, piece) for n, piece in enumerate(pieces)]


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("/", "\\/") if " / " in part or "\\" in part else part
