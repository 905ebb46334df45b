"""Reading lists that change while they are read, so that no row is passed over in silence.

A list by offsets moves under its reader when rows leave: pages overlap, and where one holds no row that was
seen, the reader steps back. A list by tokens cannot be overlapped: it is read until two readings agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Row = dict[str, Any]

OVERLAP: Final = 5
_MOST_STEPS_BACK: Final = 20
_MOST_READINGS: Final = 8


@dataclass
class Scan:
    """The rows of a list by id, and what is the matter with the reading; "" if nothing."""

    rows: dict[str, Row] = field(default_factory=dict)
    problem: str = ""


def read_by_offset(
    ask: Callable[[int, int], tuple[Sequence[Row], bool]],
    id_of: Callable[[Row], str],
    *,
    limit: int,
    most: int | None = None,
) -> Scan:
    """Every row that was there all the while.

    `ask` gives the rows from an offset on, and whether more follow; its second argument counts the calls.
    The list must grow at its end only. No offset reaches further than `most`.
    """
    scan, offset, calls, steps_back = Scan(), 0, 0, 0
    while True:
        calls += 1
        rows, more = ask(offset, calls)
        ids = [id_of(row) for row in rows]
        if offset and not any(row_id in scan.rows for row_id in ids):
            # So many rows left that this page begins behind some that were never seen.
            steps_back += 1
            if steps_back > _MOST_STEPS_BACK:
                scan.problem = "rows left it faster than it could be read"
                return scan
            offset = max(offset - limit, 0)
            continue
        scan.rows |= dict(zip(ids, rows, strict=True))
        if not more:
            return scan
        offset += max(len(rows) - OVERLAP, 1)
        if most is not None and offset + limit > most:
            scan.problem = f"it goes on behind record {most:,}, the last that pages reach"
            return scan


def read_by_token(ask: Callable[[str, int], tuple[Sequence[Row], str]], id_of: Callable[[Row], str]) -> Scan:
    """Every row that was there all the while.

    `ask` gives the rows behind a token and the token of the next page, "" behind the last one; its second
    argument counts the calls.
    """
    scan, calls = Scan(), 0
    last: set[str] = set()
    for _ in range(_MOST_READINGS):
        seen: set[str] = set()
        token, told = "", {""}
        count = 0
        while True:
            calls, count = calls + 1, count + 1
            rows, token = ask(token, calls)
            scan.rows |= {id_of(row): row for row in rows}
            seen |= {id_of(row) for row in rows}
            if not token:
                break
            if token in told:
                scan.problem = "its pages lead in a circle"
                return scan
            told.add(token)
        if count == 1 or seen == last:
            return scan
        last = seen
    scan.problem = f"it was another one each of the {_MOST_READINGS} times it was read"
    return scan
