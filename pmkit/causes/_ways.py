"""The ways of the links between the boxes, and the actions that stand on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from pmkit.causes._columns import in_sequence
from pmkit.causes._parts import PILL_SIZE, Box, Lane, Lying, Pill, Route, links_as_they_lie
from pmkit.factors import CausalGraph
from pmkit.look import text_width

_PILL_LINE: Final = 13
_MOST_ACTIONS: Final = 4
_PORTS: Final = 13  # between two links that arrive at one box


def find_pills(graph: CausalGraph, boxes: Mapping[str, Box]) -> Iterable[Pill]:
    """One for each factor that a link leaves: what cuts its links, or that nothing does."""
    links = graph.edges.drop_duplicates("cause")
    for row in links.itertuples():
        if not row.cut_by and not row.uncovered:
            continue
        names = list(row.cut_by) or ["open"]
        if len(names) > _MOST_ACTIONS:
            names = [*names[: _MOST_ACTIONS - 1], f"+{len(names) - _MOST_ACTIONS + 1}"]
        lines = [_fitting(name, 40 - 8) for name in names]
        wide = max(text_width(line, PILL_SIZE, bold=True) for line in lines) + 6
        high = len(lines) * _PILL_LINE + 3
        box = boxes[row.cause]
        left = box.left - wide - 2
        yield Pill(row.cause, left, box.middle - high / 2, wide, high, tuple(lines), not row.cut_by)


def _fitting(name: str, room: float) -> str:
    if text_width(name, PILL_SIZE, bold=True) <= room:
        return name
    kept = next(
        n for n in range(len(name), 0, -1)
        if n == 1 or text_width(name[:n] + "…", PILL_SIZE, bold=True) <= room
    )  # fmt: skip
    return name[:kept] + "…"


def find_routes(
    graph: CausalGraph,
    boxes: Mapping[str, Box],
    pills: Mapping[str, Pill],
    *,
    sides: Sequence[tuple[float, float]],
    lanes: Mapping[Lane, float],
) -> list[Route]:
    """The way of each link, past the columns between its boxes."""
    column_of = {name: [left for left, _ in sides].index(box.left) for name, box in boxes.items()}
    ways: dict[Lying, list[tuple[float, float]]] = {}
    for link in links_as_they_lie(graph):
        box = boxes[link.right]
        if link.turned:  # it arrives here, below what leaves
            way = [(box.left, box.bottom - 10)]
        else:
            way = [(pills[link.right].left if link.right in pills else box.left, box.middle)]
        for n in range(column_of[link.right] - 1, column_of[link.left], -1):
            y = lanes[link, n]
            way += [(sides[n][1] + 4, y), (sides[n][0] - 4, y)]
        ways[link] = way
    ports = _ports(ways, boxes)
    routes = []
    for row in graph.edges.itertuples():
        if row.cause == row.effect:
            routes.append(_loop(boxes[row.cause]))
            continue
        ends = (row.cause, row.effect) if row.turned else (row.effect, row.cause)
        link = Lying(*ends, row.turned)
        points = _curved([*ways[link], (boxes[link.left].right, ports[link])])
        routes.append(Route(row.cause, row.effect, tuple(points[::-1] if row.turned else points)))
    return routes


def _ports(
    ways: Mapping[Lying, Sequence[tuple[float, float]]], boxes: Mapping[str, Box]
) -> dict[Lying, float]:
    """Where each link meets the right edge of its left box: as level as it can, apart from the others."""
    meeting: dict[str, list[Lying]] = defaultdict(list)
    for link in ways:
        meeting[link.left].append(link)
    ports: dict[Lying, float] = {}
    for name, links in meeting.items():
        box = boxes[name]
        links.sort(key=lambda link: (ways[link][-1][1], link))
        low, high = box.top + 12, box.bottom - 12
        step = min(float(_PORTS), (high - low) / max(len(links) - 1, 1))
        wanted = [ways[link][-1][1] - n * step for n, link in enumerate(links)]
        level = in_sequence(wanted, [1.0] * len(links))
        last = high - (len(links) - 1) * step
        for n, (link, y) in enumerate(zip(links, level, strict=True)):
            ports[link] = min(max(y, low), last) + n * step
    return ports


def _curved(way: Sequence[tuple[float, float]], steps: int = 14) -> list[tuple[float, float]]:
    """The way with each bend as a curve that leaves and arrives level."""
    points = [way[0]]
    for (x0, y0), (x1, y1) in pairwise(way):
        if abs(y1 - y0) < 0.5:
            points.append((x1, y1))
            continue
        middle = (x0 + x1) / 2
        for n in range(1, steps + 1):
            t = n / steps
            a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
            points.append((a * x0 + b * middle + c * middle + d * x1, a * y0 + b * y0 + c * y1 + d * y1))
    return [(round(x, 1), round(y, 1)) for x, y in points]


def _loop(box: Box) -> Route:
    x, y = box.right, box.top + 12
    way = [(x, y), (x + 14, y), (x + 17, y + 7), (x + 14, y + 14), (x, y + 14)]
    return Route(box.name, box.name, tuple((round(a, 1), round(b, 1)) for a, b in way))
