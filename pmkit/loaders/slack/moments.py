"""Which of several copies of a message stays, and the moments a message tells of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pmkit.loaders.slack.stamps import UNDATED, Span, Times

Rows = npt.NDArray[np.int64]
Copies = dict[int, list[int]]  # the row that stays, and those it stands for


class Records(NamedTuple):
    """What tells records apart. A pin has the `ts` of the message it is about, and a time of its own."""

    time: Times
    ts: Times
    channel: npt.NDArray[np.int32]
    is_pin: npt.NDArray[np.bool_]


class Moments(NamedTuple):
    """The rows of the frame: the record each is of, its time, and whether it is the end of a huddle."""

    row: Rows
    time: Times
    is_end: npt.NDArray[np.bool_]


def fold_copies(
    records: Records, states: Callable[[Rows], Sequence[npt.NDArray[Any]]]
) -> tuple[Rows, Copies]:
    """The rows in order of time, each message once, and what copies there were; without what has no time.

    `states` gives for rows what ranks them, the weightiest last; of copies the highest stays.
    """
    order = np.lexsort((records.ts, records.is_pin, records.channel, records.time))
    order = order[records.time[order] != UNDATED]
    same = np.logical_and.reduce([np.diff(key[order].astype(np.int64)) == 0 for key in records])
    if not same.any():
        return order, {}
    group = np.concatenate([[0], np.cumsum(~same)])
    twin = np.append(same, False) | np.insert(same, 0, False)
    rows, groups = order[twin], group[twin]
    by_state = np.lexsort((rows, *states(rows), groups))
    rows, groups = rows[by_state], groups[by_state]
    copies = {}
    for alike in np.split(rows, np.flatnonzero(np.diff(groups)) + 1):
        *others, latest = alike.tolist()
        copies[latest] = sorted(others)
    gone = [row for others in copies.values() for row in others]
    return order[~np.isin(order, gone)], copies


def find_moments(order: Rows, time: Times, ended: Times, span: Span) -> Moments:
    """The moments that `order` tells of inside the span: each record's own, and the end of a huddle."""
    is_over = order[ended[order] > 0]
    rows = np.concatenate([order, is_over])
    times = np.concatenate([time[order], ended[is_over]])
    is_end = np.arange(len(rows)) >= len(order)
    if len(is_over):
        by_time = np.argsort(times, kind="stable")
        rows, times, is_end = rows[by_time], times[by_time], is_end[by_time]
    inside = span.holds(times)
    return Moments(rows[inside], times[inside], is_end[inside])
