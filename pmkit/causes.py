"""The contributing factors as a chart: the impact on the left, what led to it in layers to the right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from pmkit.factors import IMPACT, CausalGraph, causal_graph
from pmkit.look import (
    LOOKS,
    WIDTH,
    Chart,
    Look,
    Theme,
    empty_chart,
    frame_layout,
    plain,
    see_through,
    shorten,
)
from pmkit.look import text_width as _text_width

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# After Okabe and Ito, like the sources; the kind stands as a word in each box as well.
KIND_COLOURS: Final = {
    "trigger": "#c2571a",
    "latent condition": "#2f6fa8",
    "missing safeguard": "#7a5ba6",
    "amplifier": "#b8860b",
    "detection": "#a6487f",
    "response": "#3d8a99",
    "mitigator": "#12855f",
}
_OTHER_COLOUR: Final = "#6b7684"
_OPEN_COLOUR: Final = "#cc3f2c"

_SIZE: Final = 11.5
_LINE: Final = 1.3 * _SIZE  # plotly's own distance between lines
_PAD: Final = 7
_BAND: Final = 4  # the stripe in the colour of the kind
_MARGIN: Final = 12
_SPINE_LINES: Final = 5
_RIGHT: Final = 24  # room for a link that leads back to its own box
_GAP: Final = 46  # between two columns: the actions, then the curves
_NARROWEST: Final = 84
_WORD_ROOM: Final = 116  # a column gets so wide for its longest word, where there is room
_WIDEST: Final = 230
_APART: Final = 16  # between two boxes of a column
_LANE: Final = 10  # for a link that passes a column
_PILL_SIZE: Final = 10
_PILL_LINE: Final = 13
_PILL_ROOM: Final = 24
_MOST_ACTIONS: Final = 4
_KEY: Final = 24  # a row of the key
_LOWEST: Final = 120  # the impact is written along the left edge and needs some height
_PORTS: Final = 13  # between two links that arrive at one box
_LONGEST: Final = 320  # characters of a statement; the table has the rest


def plot_factors(
    factors: pd.DataFrame,
    links: pd.DataFrame,
    actions: pd.DataFrame,
    *,
    symptom: str = "",
    width: int = WIDTH,
    theme: Theme = "auto",
) -> Figure:
    """The causal graph as a plotly figure; see `chart_factors`."""
    return chart_factors(factors, links, actions, symptom=symptom, width=width, theme=theme).figure


def chart_factors(
    factors: pd.DataFrame,
    links: pd.DataFrame,
    actions: pd.DataFrame,
    *,
    symptom: str = "",
    width: int = WIDTH,
    theme: Theme = "auto",
) -> Chart:
    """What led to the impact, in layers from left to right: symptom ← … ← latent conditions.

    A link that cites evidence is solid, any other dashed. The actions stand on the links they cut, in a frame
    at the box they leave; a link that no action cuts says `open`. A mitigator ends in a bar, because it kept
    the impact smaller. Links that close a cycle run back to the right.

    Parameters
    ----------
    factors, links, actions : the tables, as `pmkit.factors.causal_graph` takes them
    symptom : what customers met, in a few words; the incident's title will do
    width : pixels; the boxes are wrapped to fit. A chain of more than six links is drawn wider.
    theme : `light` or `dark` for a known background, `auto` for a notebook
    """
    look = LOOKS[theme]
    if factors.empty and links.empty:
        return empty_chart("factors", "No contributing factor is recorded yet", look, width)
    graph = causal_graph(factors, links, actions)
    plan = plan_factors(graph, symptom=symptom, width=width)
    height = plan.height + round(
        max((y for _, y, _, _ in _key_places(plan, graph)), default=0) - plan.height + 18
    )
    layout = frame_layout(look, plan.width, height, left=0, top=0, bottom=0)
    layout["margin"] = {"l": 0, "r": 0, "t": 0, "b": 0}
    hidden = {"visible": False, "fixedrange": True}
    edges = {(row.cause, row.effect): row for row in graph.edges.itertuples()}
    kinds = dict(zip(graph.nodes["factor_id"], graph.nodes["kind"], strict=True))
    named = {row.factor_id: row for row in graph.nodes.itertuples()}
    layout |= {
        "xaxis": hidden | {"range": [0, plan.width]},
        "yaxis": hidden | {"range": [height, 0]},
        "dragmode": False,
        "shapes": [
            *(shape for box in plan.boxes for shape in _box_shapes(box, named[box.name], look)),
            *(_pill_shape(pill, look) for pill in plan.pills),
            *_key_shapes(plan, graph, look),
        ],
        "annotations": [
            *(_box_text(box, look) for box in plan.boxes),
            *(_pill_text(pill, look) for pill in plan.pills),
            *_key_texts(plan, graph, look),
        ],
        "meta": _words(graph, symptom),
    }
    traces = [_link_trace(route, edges[route.cause, route.effect], look) for route in plan.routes]
    traces += [_head_trace(route, edges[route.cause, route.effect], look) for route in plan.routes]
    traces.append(_hover_trace(plan.boxes, named, kinds))
    return Chart({"data": traces, "layout": layout})


# Where everything stands: pixels from the left and from the top


@dataclass(frozen=True)
class Box:
    """A factor, or the impact, in its place, with its text in lines and whether each is bold."""

    name: str
    left: float
    top: float
    width: float
    height: float
    lines: tuple[str, ...]
    bold: tuple[bool, ...]
    upright: bool = False  # the text runs from bottom to top

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Half its height."""
        return self.top + self.height / 2


@dataclass(frozen=True)
class Route:
    """The way of a link from its cause to its effect."""

    cause: str
    effect: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Pill:
    """The actions that cut the links out of a factor, or `open`."""

    cause: str
    left: float
    top: float
    width: float
    height: float
    lines: tuple[str, ...]
    is_open: bool


@dataclass(frozen=True)
class Plan:
    """The chart before it is painted."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    pills: tuple[Pill, ...]
    routes: tuple[Route, ...]


def plan_factors(graph: CausalGraph, *, symptom: str = "", width: int = WIDTH) -> Plan:
    """Place boxes, links and actions so that no two boxes overlap and nothing is cut off."""
    columns = _columns(graph)
    texts = {row.factor_id: _Text.of(row, symptom) for row in graph.nodes.itertuples()}
    if columns[0] != [IMPACT] or len(columns) == 1:
        return _placed(graph, columns, texts, width=width, spine=0)
    # The impact runs along all that led to it, in as few lines as there is height for.
    for lines in range(1, _SPINE_LINES + 1):
        plan = _placed(graph, columns, texts, width=width, spine=lines)
        if len(plan.boxes[0].lines) <= lines:
            break
    return plan


def _placed(
    graph: CausalGraph,
    columns: Sequence[Sequence[_Slot]],
    texts: Mapping[str, _Text],
    *,
    width: float,
    spine: int,
) -> Plan:
    """The plan with the impact as a spine of so many lines; 0 makes it a box like any other."""
    fixed = {0: round(spine * _LINE + 2 * _PAD + _BAND)} if spine else {}
    width, widths, gap = _column_widths(columns, texts, width, fixed)
    lefts = [_MARGIN + sum(widths[:n]) + gap * n for n in range(len(columns))]
    names = [(n, slot) for n, column in enumerate(columns) for slot in column if isinstance(slot, str)]
    heights = {name: 0.0 if n in fixed else texts[name].height(widths[n]) for n, name in names}
    middles, height = _middles(columns, _neighbours(graph, columns), heights)
    if spine:
        height = max(height, _LOWEST)
        heights[IMPACT], middles[IMPACT] = height, height / 2
    boxes = {}
    for n, name in names:
        upright = n in fixed
        lines, bold = texts[name].lines(height if upright else widths[n])
        if upright and len(lines) > spine == _SPINE_LINES:
            lines, bold = (*lines[: spine - 1], f"{lines[spine - 1]} …"), bold[:spine]
        top = _MARGIN + middles[name] - heights[name] / 2
        boxes[name] = Box(name, lefts[n], top, widths[n], heights[name], lines, bold, upright)
    sides = [(left, left + wide) for left, wide in zip(lefts, widths, strict=True)]
    pills = {pill.cause: pill for pill in _pills(graph, boxes)}
    lanes = {slot: _MARGIN + y for slot, y in middles.items() if not isinstance(slot, str)}
    routes = _routes(graph, boxes, pills, sides=sides, lanes=lanes)
    placed = tuple(boxes.values()), tuple(pills.values()), tuple(routes)
    return Plan(round(width), round(height + 2 * _MARGIN), *placed)


class _Lying(NamedTuple):
    """A link by its left and right ends; it leads to the left, unless it is turned."""

    left: str
    right: str
    turned: bool


_Lane = tuple[_Lying, int]  # a link as it passes a column
_Slot = str | _Lane


class _Text:
    """The words of a box: its heading in bold, its statement, what else is to be said."""

    def __init__(self, heading: str, statement: str, remarks: Sequence[str]) -> None:
        self.parts = [
            ([(word, _text_width(word, 12, bold=bold) / 12 * _SIZE) for word in part.split()], bold)
            for part, bold in [(heading, True), (statement, False), *((remark, True) for remark in remarks)]
            if part.split()
        ]
        self._known: dict[float, tuple[tuple[str, ...], tuple[bool, ...]]] = {}
        self.longest = max((wide for words, _ in self.parts for _, wide in words), default=0.0)

    @classmethod
    def of(cls, row: Any, symptom: str) -> _Text:
        if row.factor_id == IMPACT:
            return cls("impact", shorten(symptom, _LONGEST), [])
        remarks = ["called the root cause"] if row.root_cause else []
        remarks += [] if row.agreed or not row.known else ["not agreed yet"]
        remarks += [] if row.known else ["not in the table of factors"]
        kind = f" {row.kind}" if row.kind else ""
        return cls(f"{shorten(row.factor_id, 40)}{kind}", shorten(row.statement, _LONGEST), remarks)

    def lines(self, width: float) -> tuple[tuple[str, ...], tuple[bool, ...]]:
        """The lines in a box so wide, and whether each is bold."""
        if width not in self._known:
            room = width - _BAND - 2 * _PAD
            lines = [(line, bold) for words, bold in self.parts for line in _wrapped(words, room)]
            self._known[width] = tuple(line for line, _ in lines), tuple(bold for _, bold in lines)
        return self._known[width]

    def height(self, width: float) -> float:
        return round(len(self.lines(width)[0]) * _LINE + 2 * _PAD, 1)


def _wrapped(words: Sequence[tuple[str, float]], room: float) -> list[str]:
    """Words in lines of so many pixels; a word that is longer than a line is broken."""
    space = 0.335 * _SIZE
    lines: list[str] = []
    line, used = "", 0.0
    for word, wide in (piece for whole in words for piece in _pieces(*whole, room)):
        if line and used + space + wide > room:
            lines.append(line)
            line, used = "", 0.0
        line, used = (f"{line} {word}", used + space + wide) if line else (word, wide)
    return [*lines, line] if line else lines


def _pieces(word: str, wide: float, room: float) -> Iterable[tuple[str, float]]:
    if wide <= room:
        yield word, wide
        return
    scale = wide / max(_text_width(word, 12), 0.1)  # in bold a little more
    start, used, joint = 0, 0.0, 0
    for n, character in enumerate(word):
        step = _text_width(character, 12) * scale
        if n > start and used + step > room:
            end = joint if joint > start else n  # identifiers are broken after `_` and the like
            yield word[start:end], _text_width(word[start:end], 12) * scale
            start, used = end, _text_width(word[end:n], 12) * scale
        used += step
        joint = n + 1 if character in "_-./:" else joint
    yield word[start:], used


def _columns(graph: CausalGraph) -> list[list[_Slot]]:
    """What stands in each column, top to bottom: factors, and lanes for links that pass. Few links cross."""
    used = sorted(set(graph.nodes["layer"]))
    column_of = {
        name: used.index(layer)
        for name, layer in zip(graph.nodes["factor_id"], graph.nodes["layer"], strict=True)
    }
    columns: list[list[_Slot]] = [[] for _ in used]
    for name, n in column_of.items():
        columns[n].append(name)
    for link in _lying(graph):
        for n in range(column_of[link.left] + 1, column_of[link.right]):
            columns[n].append((link, n))
    return _untangled(columns, _neighbours(graph, columns))


def _lying(graph: CausalGraph) -> list[_Lying]:
    """The links as they lie; one that leads to itself is left out."""
    lying = []
    for row in graph.edges.itertuples():
        if row.cause != row.effect:
            ends = (row.cause, row.effect) if row.turned else (row.effect, row.cause)
            lying.append(_Lying(*ends, row.turned))
    return list(dict.fromkeys(lying))


def _neighbours(
    graph: CausalGraph, columns: Sequence[Sequence[_Slot]]
) -> dict[_Slot, tuple[list[_Slot], list[_Slot]]]:
    """For each slot what it is joined with in the column to the left, and in that to the right."""
    column_of = {slot: n for n, column in enumerate(columns) for slot in column}
    joined: dict[_Slot, tuple[list[_Slot], list[_Slot]]] = {slot: ([], []) for slot in column_of}
    for link in _lying(graph):
        between = [(link, n) for n in range(column_of[link.left] + 1, column_of[link.right])]
        way: list[_Slot] = [link.left, *between, link.right]
        for one, other in pairwise(way):
            joined[one][1].append(other)
            joined[other][0].append(one)
    return joined


def _untangled(
    columns: list[list[_Slot]], joined: Mapping[_Slot, tuple[list[_Slot], list[_Slot]]]
) -> list[list[_Slot]]:
    """The columns reordered by the mean place of their neighbours, to and fro; the best order is kept."""
    best, fewest = columns, _crossings(columns, joined)
    current = [list(column) for column in columns]
    for sweep in range(12):
        side = sweep % 2
        order = range(1, len(current)) if side == 0 else range(len(current) - 2, -1, -1)
        for n in order:
            beside = {slot: i for i, slot in enumerate(current[n - 1 if side == 0 else n + 1])}
            was = {slot: i for i, slot in enumerate(current[n])}

            def place(slot: _Slot, beside: Mapping[_Slot, int] = beside, was: Any = was) -> tuple[float, int]:
                near = [beside[other] for other in joined[slot][side] if other in beside]  # noqa: B023
                return (sum(near) / len(near) if near else float(was[slot]), was[slot])

            current[n].sort(key=place)
        crossings = _crossings(current, joined)
        if crossings < fewest:
            best, fewest = [list(column) for column in current], crossings
    return best


def _crossings(
    columns: Sequence[Sequence[_Slot]], joined: Mapping[_Slot, tuple[list[_Slot], list[_Slot]]]
) -> int:
    count = 0
    for column, following in pairwise(columns):
        place = {slot: i for i, slot in enumerate(following)}
        ends = [place[other] for slot in column for other in sorted(joined[slot][1], key=place.__getitem__)]
        count += sum(one > other for i, one in enumerate(ends) for other in ends[i + 1 :])
    return count


def _column_widths(
    columns: Sequence[Sequence[_Slot]],
    texts: Mapping[str, _Text],
    width: float,
    fixed: Mapping[int, float],
) -> tuple[float, list[float], float]:
    """The width of all, of each column, and of the gaps: what is to spare goes to the highest column."""
    free = [n for n in range(len(columns)) if n not in fixed]
    gaps = max(len(columns) - 1, 1)
    around = _MARGIN + _RIGHT + _GAP * (len(columns) - 1) + sum(fixed.values())
    width = max(width, around + len(free) * _NARROWEST)
    widths = [float(fixed.get(n, _NARROWEST)) for n in range(len(columns))]
    room = width - around - len(free) * _NARROWEST

    def height(n: int) -> float:
        boxes = [texts[slot].height(widths[n]) + _APART for slot in columns[n] if isinstance(slot, str)]
        return sum(boxes) + 2 * _LANE * (len(columns[n]) - len(boxes))

    for n in sorted(free, key=lambda n: len(columns[n])):
        longest = max((texts[slot].longest for slot in columns[n] if isinstance(slot, str)), default=0.0)
        wished = min(longest + _BAND + 2 * _PAD + 1, _WORD_ROOM) - widths[n]
        given = min(max(wished, 0.0), room / len(free))
        widths[n] += given
        room -= given
    while room >= 4 and (narrow := [n for n in free if widths[n] < _WIDEST]):
        widths[max(narrow, key=height)] += 4
        room -= 4
    return width, widths, min(_GAP + room / gaps, 2.2 * _GAP)


def _middles(
    columns: Sequence[Sequence[_Slot]],
    joined: Mapping[_Slot, tuple[list[_Slot], list[_Slot]]],
    heights: Mapping[str, float],
) -> tuple[dict[_Slot, float], float]:
    """The middle of each slot from the top, near those it is joined with, and the height of it all."""

    def size(slot: _Slot) -> float:
        return heights[slot] if isinstance(slot, str) else 0.0

    def apart(one: _Slot, other: _Slot) -> float:
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
    middles: dict[_Slot, float] = {}
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
            placed = _in_sequence([w - s for w, s in zip(wanted, steps, strict=True)], weights)
            for slot, at, step in zip(column, placed, steps, strict=True):
                middles[slot] = min(max(at, low), high) + step
    return middles, height


def _in_sequence(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest numbers to those wanted that never fall: neighbours that would are pooled."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for value, weight in zip(wanted, weights, strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (mean, heavy, count), (other, more, further) = pools[-2], pools[-1]
            both = heavy + more
            pools[-2:] = [((mean * heavy + other * more) / both, both, count + further)]
    return [mean for mean, _, count in pools for _ in range(count)]


# Links and actions


def _pills(graph: CausalGraph, boxes: Mapping[str, Box]) -> Iterable[Pill]:
    """One for each factor that a link leaves: what cuts its links, or that nothing does."""
    links = graph.edges.drop_duplicates("cause")
    for row in links.itertuples():
        if not row.cut_by and not row.uncovered:
            continue
        names = list(row.cut_by) or ["open"]
        if len(names) > _MOST_ACTIONS:
            names = [*names[: _MOST_ACTIONS - 1], f"+{len(names) - _MOST_ACTIONS + 1}"]
        lines = [_fitting(name, 40 - 8) for name in names]
        wide = max(_text_width(line, _PILL_SIZE, bold=True) for line in lines) + 6
        high = len(lines) * _PILL_LINE + 3
        box = boxes[row.cause]
        left = box.left - wide - 2
        yield Pill(row.cause, left, box.middle - high / 2, wide, high, tuple(lines), not row.cut_by)


def _fitting(name: str, room: float) -> str:
    if _text_width(name, _PILL_SIZE, bold=True) <= room:
        return name
    kept = next(
        n for n in range(len(name), 0, -1)
        if n == 1 or _text_width(name[:n] + "…", _PILL_SIZE, bold=True) <= room
    )  # fmt: skip
    return name[:kept] + "…"


def _routes(
    graph: CausalGraph,
    boxes: Mapping[str, Box],
    pills: Mapping[str, Pill],
    *,
    sides: Sequence[tuple[float, float]],
    lanes: Mapping[_Lane, float],
) -> list[Route]:
    column_of = {name: [left for left, _ in sides].index(box.left) for name, box in boxes.items()}
    ways: dict[_Lying, list[tuple[float, float]]] = {}
    for link in _lying(graph):
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
        link = _Lying(*ends, row.turned)
        points = _curved([*ways[link], (boxes[link.left].right, ports[link])])
        routes.append(Route(row.cause, row.effect, tuple(points[::-1] if row.turned else points)))
    return routes


def _ports(
    ways: Mapping[_Lying, Sequence[tuple[float, float]]], boxes: Mapping[str, Box]
) -> dict[_Lying, float]:
    """Where each link meets the right edge of its left box: as level as it can, apart from the others."""
    meeting: dict[str, list[_Lying]] = defaultdict(list)
    for link in ways:
        meeting[link.left].append(link)
    ports: dict[_Lying, float] = {}
    for name, links in meeting.items():
        box = boxes[name]
        links.sort(key=lambda link: (ways[link][-1][1], link))
        low, high = box.top + 12, box.bottom - 12
        step = min(float(_PORTS), (high - low) / max(len(links) - 1, 1))
        wanted = [ways[link][-1][1] - n * step for n, link in enumerate(links)]
        level = _in_sequence(wanted, [1.0] * len(links))
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


# What is painted


def _colour(kind: str) -> str:
    return KIND_COLOURS.get(kind, _OTHER_COLOUR)


def _box_shapes(box: Box, row: Any, look: Look) -> list[dict[str, Any]]:
    colour = look.ink if box.name == IMPACT else _colour(row.kind)
    edge = {"color": colour, "width": 2.2 if row.root_cause or box.name == IMPACT else 1}
    if not row.agreed and box.name != IMPACT:
        edge["dash"] = "dot"
    place = {"xref": "x", "yref": "y", "type": "rect", "x0": box.left, "y0": box.top, "y1": box.bottom}
    tint = see_through(colour, 0.09) if colour.startswith("#") else colour
    return [
        place | {"x1": box.right, "fillcolor": look.paper, "line": {"width": 0}},
        place | {"x1": box.right, "fillcolor": tint, "line": edge, "name": box.name},
        place | {"x1": box.left + _BAND, "fillcolor": colour, "line": {"width": 0}},
    ]


def _box_text(box: Box, look: Look) -> dict[str, Any]:
    lines = [
        f"<b>{plain(line)}</b>" if bold else plain(line)
        for line, bold in zip(box.lines, box.bold, strict=True)
    ]
    place: dict[str, Any] = {"xanchor": "left", "align": "left", "x": box.left + _BAND + _PAD}
    if box.upright:
        place = {"xanchor": "center", "align": "center", "x": (box.left + _BAND + box.right) / 2}
        place["textangle"] = -90
    return place | {
        "y": box.middle,
        "yanchor": "middle",
        "text": "<br>".join(lines),
        "showarrow": False,
        "borderpad": 0,
        "font": {"size": _SIZE, "color": look.ink},
        "name": box.name,
    }


def _pill_shape(pill: Pill, look: Look) -> dict[str, Any]:
    colour = _OPEN_COLOUR if pill.is_open else look.ink
    return {
        "type": "rect",
        "xref": "x",
        "yref": "y",
        "x0": pill.left,
        "x1": pill.left + pill.width,
        "y0": pill.top,
        "y1": pill.top + pill.height,
        "fillcolor": look.paper if look.paper.startswith("#") else see_through("#8d96a0", 0.18),
        "line": {"color": colour, "width": 1.2, "dash": "dot" if pill.is_open else "solid"},
    }


def _pill_text(pill: Pill, look: Look) -> dict[str, Any]:
    return {
        "x": pill.left + pill.width / 2,
        "y": pill.top + pill.height / 2,
        "xanchor": "center",
        "yanchor": "middle",
        "align": "center",
        "text": "<br>".join(f"<b>{plain(line)}</b>" for line in pill.lines),
        "showarrow": False,
        "borderpad": 0,
        "font": {"size": _PILL_SIZE, "color": _OPEN_COLOUR if pill.is_open else look.ink},
    }


def _link_trace(route: Route, row: Any, look: Look) -> dict[str, Any]:
    note = shorten(row.note, 160) or "No mechanism is noted."
    evidence = "cites evidence" if row.has_evidence else "cites no evidence yet"
    cut = f"cut by {', '.join(row.cut_by)}" if row.cut_by else "no action cuts it" if row.uncovered else ""
    facts = " · ".join(fact for fact in (evidence, cut) if fact)
    said = f"<b>{plain(route.cause)} → {plain(route.effect)}</b><br>{plain(note)}<br>{plain(facts)}"
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plain(f"{route.cause} → {route.effect}"),
        "x": [x for x, _ in route.points],
        "y": [y for _, y in route.points],
        "line": {
            "color": _OPEN_COLOUR if row.uncovered else look.muted,
            "width": 2 if row.uncovered else 1.5,
            "dash": "solid" if row.has_evidence else "6px,4px",
        },
        "text": said,
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
    }


def _head_trace(route: Route, row: Any, look: Look) -> dict[str, Any]:
    x, y = route.points[-1]
    backwards = route.points[-2][0] < x
    symbol = "triangle-right" if backwards else "triangle-left"
    colour = _OPEN_COLOUR if row.uncovered else look.muted
    marker: dict[str, Any] = {"symbol": symbol, "size": 9, "color": colour, "line": {"width": 0}}
    if row.helps:
        marker = {"symbol": "line-ns", "size": 13, "color": colour, "line": {"width": 2.5, "color": colour}}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x - 4 if backwards else x + 4],
        "y": [y],
        "marker": marker,
        "hoverinfo": "skip",
        "showlegend": False,
        "cliponaxis": False,
    }


def _hover_trace(boxes: Sequence[Box], named: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """The whole statement over each box, for those that are cut short and for what the box leaves out."""
    texts = []
    for box in boxes:
        row = named[box.name]
        facts = [kinds[box.name], f"confidence {row.confidence}" if row.confidence else ""]
        facts += [f"{len(row.event_ids.split())} events as evidence"] if box.name != IMPACT else []
        told = " · ".join(fact for fact in facts if fact)
        texts.append(f"<b>{plain(box.name)}</b> {plain(told)}<br>{_folded(plain(row.statement))}")
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [box.left + box.width / 2 for box in boxes],
        "y": [box.middle for box in boxes],
        "marker": {"size": 24, "opacity": 0},
        "text": texts,
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
    }


def _folded(text: str, most: int = 70) -> str:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def _key(graph: CausalGraph) -> list[tuple[str, str]]:
    """What the chart has to explain: sign and words; signs that do not occur are left out."""
    edges = graph.edges
    key = [("solid", "evidence is cited")] if edges["has_evidence"].any() else []
    key += [("dash", "no evidence yet")] if not edges["has_evidence"].all() else []
    key += [("pill", "actions that cut it")] if edges["cut_by"].map(bool).any() else []
    key += [("open", "no action cuts it")] if edges["uncovered"].any() else []
    key += [("bar", "kept it smaller")] if edges["helps"].any() else []
    return key


def _key_places(plan: Plan, graph: CausalGraph) -> list[tuple[float, float, str, str]]:
    """Where each entry of the key stands, in as many rows as it takes."""
    places = []
    x, y = float(_MARGIN), plan.height + 8.0
    for sign, words in _key(graph):
        wide = 34 + _text_width(words, 11)
        if x > _MARGIN and x + wide > plan.width - _MARGIN:
            x, y = float(_MARGIN), y + _KEY
        places.append((x, y, sign, words))
        x += wide + 16
    return places


def _key_shapes(plan: Plan, graph: CausalGraph, look: Look) -> list[dict[str, Any]]:
    shapes: list[dict[str, Any]] = []
    for x, y, sign, _ in _key_places(plan, graph):
        line = {"type": "line", "xref": "x", "yref": "y", "x0": x, "x1": x + 22, "y0": y, "y1": y}
        if sign in ("solid", "dash"):
            dash = "solid" if sign == "solid" else "6px,4px"
            shapes.append(line | {"line": {"color": look.muted, "width": 1.5, "dash": dash}})
        elif sign == "bar":
            shapes.append(line | {"line": {"color": look.muted, "width": 1.5}, "x0": x + 6})
            shapes.append(line | {"line": {"color": look.muted, "width": 2.5}, "x0": x + 6, "x1": x + 6,
                                  "y0": y - 6, "y1": y + 6})  # fmt: skip
        else:
            colour = _OPEN_COLOUR if sign == "open" else look.ink
            dash = "dot" if sign == "open" else "solid"
            shapes.append(
                line | {"type": "rect", "x1": x + (28 if sign == "open" else 20), "y0": y - 8, "y1": y + 8,
                        "line": {"color": colour, "width": 1.2, "dash": dash}}
            )  # fmt: skip
    return shapes


def _key_texts(plan: Plan, graph: CausalGraph, look: Look) -> list[dict[str, Any]]:
    texts = []
    for x, y, sign, words in _key_places(plan, graph):
        place = {"y": y, "yanchor": "middle", "xanchor": "left", "showarrow": False, "borderpad": 0}
        font = {"size": 11, "color": look.muted}
        texts.append(place | {"x": x + (34 if sign == "open" else 28), "text": words, "font": font})
        if sign in ("pill", "open"):
            colour = _OPEN_COLOUR if sign == "open" else look.ink
            name, at = ("open", x + 14) if sign == "open" else ("A", x + 10)
            font = {"size": _PILL_SIZE, "color": colour}
            texts.append(place | {"x": at, "xanchor": "center", "text": f"<b>{name}</b>", "font": font})
    return texts


def _words(graph: CausalGraph, symptom: str) -> dict[str, str]:
    """Name, caption and the text a screen reader says."""
    nodes, edges = graph.nodes, graph.edges
    factors = nodes[nodes["factor_id"] != IMPACT]
    led_to = [
        f"{cause} leads to {' and '.join(rows['effect'])}"
        for cause, rows in edges.groupby("cause", sort=False)
    ]
    alt = f"Causal graph of {len(factors)} contributing factors"
    alt += f" behind “{symptom}”" if symptom else ""
    alt += f": {'; '.join(led_to)}" if led_to else ", not linked yet"
    uncovered = [f"{row.cause} → {row.effect}" for row in graph.uncovered.itertuples()]
    alt += f". No action cuts {', '.join(uncovered)}" if uncovered else ""
    caption = "What led to the impact, from right to left."
    lonely = factors.loc[factors["depth"].isna(), "factor_id"].tolist()
    caption += f" Not linked to the impact yet: {', '.join(lonely)}." if lonely else ""
    rings = nodes.loc[nodes["in_cycle"], "factor_id"].tolist()
    caption += f" These lead to each other: {', '.join(rings)}." if rings else ""
    return {"name": "factors", "caption": caption, "alt": shorten(alt, 900)}
