"""Which box stands in which column, how wide that is, and how high up each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from pmkit.causes._parts import BAND, MARGIN, PAD, Slot, links_as_they_lie
from pmkit.causes._texts import BoxText
from pmkit.factors import IMPACT, CausalGraph

_RIGHT: Final = 24  # room for a link that leads back to its own box
_GAP: Final = 46  # between two columns: the actions, then the curves
_NARROWEST: Final = 90
_WORD_ROOM: Final = 116  # a column gets so wide for its longest word, where there is room
_WIDEST: Final = 230
_APART: Final = 16  # between two boxes of a column
_LANE: Final = 10  # for a link that passes a column


def columns_of(graph: CausalGraph) -> list[list[Slot]]:
    """What stands in each column, top to bottom: factors, and lanes for links that pass. Few links cross."""
    used = sorted(set(graph.nodes["layer"]))
    column_of = {
        name: used.index(layer)
        for name, layer in zip(graph.nodes["factor_id"], graph.nodes["layer"], strict=True)
    }
    columns: list[list[Slot]] = [[] for _ in used]
    for name, n in column_of.items():
        columns[n].append(name)
    for link in links_as_they_lie(graph):
        for n in range(column_of[link.left] + 1, column_of[link.right]):
            columns[n].append((link, n))
    return _untangled(columns, find_neighbours(graph, columns))


def find_neighbours(
    graph: CausalGraph, columns: Sequence[Sequence[Slot]]
) -> dict[Slot, tuple[list[Slot], list[Slot]]]:
    """For each slot what it is joined with in the column to the left, and in that to the right."""
    column_of = {slot: n for n, column in enumerate(columns) for slot in column}
    joined: dict[Slot, tuple[list[Slot], list[Slot]]] = {slot: ([], []) for slot in column_of}
    for link in links_as_they_lie(graph):
        between = [(link, n) for n in range(column_of[link.left] + 1, column_of[link.right])]
        way: list[Slot] = [link.left, *between, link.right]
        for one, other in pairwise(way):
            joined[one][1].append(other)
            joined[other][0].append(one)
    return joined


def _untangled(
    columns: list[list[Slot]], joined: Mapping[Slot, tuple[list[Slot], list[Slot]]]
) -> list[list[Slot]]:
    """The columns reordered by the mean place of their neighbours, to and fro; the best order is kept."""
    best, fewest = columns, _crossings(columns, joined)
    current = [list(column) for column in columns]
    for sweep in range(12):
        side = sweep % 2
        order = range(1, len(current)) if side == 0 else range(len(current) - 2, -1, -1)
        for n in order:
            beside = {slot: i for i, slot in enumerate(current[n - 1 if side == 0 else n + 1])}
            was = {slot: i for i, slot in enumerate(current[n])}

            def place(slot: Slot, beside: Mapping[Slot, int] = beside, was: Any = was) -> tuple[float, int]:
                near = [beside[other] for other in joined[slot][side] if other in beside]  # noqa: B023
                return (sum(near) / len(near) if near else float(was[slot]), was[slot])

            current[n].sort(key=place)
        crossings = _crossings(current, joined)
        if crossings < fewest:
            best, fewest = [list(column) for column in current], crossings
    return best


def _crossings(
    columns: Sequence[Sequence[Slot]], joined: Mapping[Slot, tuple[list[Slot], list[Slot]]]
) -> int:
    count = 0
    for column, following in pairwise(columns):
        place = {slot: i for i, slot in enumerate(following)}
        ends = [place[other] for slot in column for other in sorted(joined[slot][1], key=place.__getitem__)]
        count += sum(one > other for i, one in enumerate(ends) for other in ends[i + 1 :])
    return count


def column_widths(
    columns: Sequence[Sequence[Slot]],
    texts: Mapping[str, BoxText],
    width: float,
    fixed: Mapping[int, float],
) -> tuple[float, list[float], float]:
    """The width of all, of each column, and of the gaps: what is to spare goes to the highest column."""
    free = [n for n in range(len(columns)) if n not in fixed]
    gaps = max(len(columns) - 1, 1)
    around = MARGIN + _RIGHT + _GAP * (len(columns) - 1) + sum(fixed.values())
    width = max(width, around + len(free) * _NARROWEST)
    widths = [float(fixed.get(n, _NARROWEST)) for n in range(len(columns))]
    room = width - around - len(free) * _NARROWEST

    def height(n: int) -> float:
        boxes = [texts[slot].height(widths[n]) + _APART for slot in columns[n] if isinstance(slot, str)]
        return sum(boxes) + 2 * _LANE * (len(columns[n]) - len(boxes))

    for n in sorted(free, key=lambda n: len(columns[n])):
        longest = max((texts[slot].longest for slot in columns[n] if isinstance(slot, str)), default=0.0)
        wished = min(longest + BAND + 2 * PAD + 1, _WORD_ROOM) - widths[n]
        given = min(max(wished, 0.0), room / len(free))
        widths[n] += given
        room -= given
    while room >= 4 and (narrow := [n for n in free if widths[n] < _WIDEST]):
        widths[max(narrow, key=height)] += 4
        room -= 4
    return width, widths, min(_GAP + room / gaps, 2.2 * _GAP)


def find_middles(
    columns: Sequence[Sequence[Slot]],
    joined: Mapping[Slot, tuple[list[Slot], list[Slot]]],
    heights: Mapping[str, float],
) -> tuple[dict[Slot, float], float]:
    """The middle of each slot from the top, near those it is joined with, and the height of it all."""

    def size(slot: Slot) -> float:
        return heights[slot] if isinstance(slot, str) else 0.0

    def apart(one: Slot, other: Slot) -> float:
        both = isinstance(one, str) and isinstance(other, str)
        return (size(one) + size(other)) / 2 + (_APART if both else _LANE)

    offsets = []
    for column in columns:
        steps = [0.0]
        for one, other in pairwise(column):
            steps.append(steps[-1] + apart(one, other))
        offsets.append(steps)
    tall = [
        size(column[0]) / 2 + steps[-1] + size(column[-1]) / 2
        for column, steps in zip(columns, offsets, strict=True)
    ]
    height = max(tall)
    middles: dict[Slot, float] = {}
    for column, steps, high in zip(columns, offsets, tall, strict=True):
        for slot, step in zip(column, steps, strict=True):
            middles[slot] = (height - high) / 2 + size(column[0]) / 2 + step
    for sweep in range(24):
        order = range(len(columns)) if sweep % 2 else range(len(columns) - 1, -1, -1)
        for n in order:
            column, steps = columns[n], offsets[n]
            wanted = []
            for slot in column:
                near = [
                    middles[other]
                    for side in joined[slot]
                    for other in side
                    if size(other) or other != IMPACT
                ]
                wanted.append(sum(near) / len(near) if near else middles[slot])
            low = size(column[0]) / 2
            high = height - size(column[-1]) / 2 - steps[-1]
            weights = [1.0 if isinstance(slot, str) else 3.0 for slot in column]
            placed = in_sequence([w - s for w, s in zip(wanted, steps, strict=True)], weights)
            for slot, at, step in zip(column, placed, steps, strict=True):
                middles[slot] = min(max(at, low), high) + step
    return middles, height


def in_sequence(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest numbers to those wanted that never fall: neighbours that would are pooled."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for value, weight in zip(wanted, weights, strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (mean, heavy, count), (other, more, further) = pools[-2], pools[-1]
            both = heavy + more
            pools[-2:] = [((mean * heavy + other * more) / both, both, count + further)]
    return [mean for mean, _, count in pools for _ in range(count)]
