"""The contributing factors as a chart: the impact on the left, what led to it in layers to the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd

from pmkit.causes._columns import column_widths, columns_of, find_middles, find_neighbours
from pmkit.causes._paint import (
    KIND_COLOURS,
    box_shapes,
    box_text,
    head_trace,
    hover_trace,
    key_places,
    key_shapes,
    key_texts,
    link_trace,
    pill_shape,
    pill_text,
)
from pmkit.causes._parts import BAND, LINE, MARGIN, PAD, Box, Plan, Slot
from pmkit.causes._texts import BoxText
from pmkit.causes._ways import find_pills, find_routes
from pmkit.factors import IMPACT, CausalGraph, causal_graph
from pmkit.look import LOOKS, WIDTH, Chart, Theme, empty_chart, frame_layout, shorten

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["KIND_COLOURS", "Box", "Plan", "chart_factors", "plan_factors", "plot_factors"]

_SPINE_LINES: Final = 5
_LOWEST: Final = 120  # the impact is written along the left edge and needs some height


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
        max((y for _, y, _, _ in key_places(plan, graph)), default=0) - plan.height + 18
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
            *(shape for box in plan.boxes for shape in box_shapes(box, named[box.name], look)),
            *(pill_shape(pill, look) for pill in plan.pills),
            *key_shapes(plan, graph, look),
        ],
        "annotations": [
            *(box_text(box, look) for box in plan.boxes),
            *(pill_text(pill, look) for pill in plan.pills),
            *key_texts(plan, graph, look),
        ],
        "meta": _words(graph, symptom),
    }
    traces = [link_trace(route, edges[route.cause, route.effect], look) for route in plan.routes]
    traces += [head_trace(route, edges[route.cause, route.effect], look) for route in plan.routes]
    traces.append(hover_trace(plan.boxes, named, kinds))
    return Chart({"data": traces, "layout": layout})


def plan_factors(graph: CausalGraph, *, symptom: str = "", width: int = WIDTH) -> Plan:
    """Place boxes, links and actions so that no two boxes overlap and nothing is cut off."""
    columns = columns_of(graph)
    texts = {row.factor_id: BoxText.of(row, symptom) for row in graph.nodes.itertuples()}
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
    columns: Sequence[Sequence[Slot]],
    texts: Mapping[str, BoxText],
    *,
    width: float,
    spine: int,
) -> Plan:
    """The plan with the impact as a spine of so many lines; 0 makes it a box like any other."""
    fixed = {0: round(spine * LINE + 2 * PAD + BAND)} if spine else {}
    width, widths, gap = column_widths(columns, texts, width, fixed)
    lefts = [MARGIN + sum(widths[:n]) + gap * n for n in range(len(columns))]
    names = [(n, slot) for n, column in enumerate(columns) for slot in column if isinstance(slot, str)]
    heights = {name: 0.0 if n in fixed else texts[name].height(widths[n]) for n, name in names}
    middles, height = find_middles(columns, find_neighbours(graph, columns), heights)
    if spine:
        height = max(height, _LOWEST)
        heights[IMPACT], middles[IMPACT] = height, height / 2
    boxes = {}
    for n, name in names:
        upright = n in fixed
        lines, bold = texts[name].lines(height if upright else widths[n])
        if upright and len(lines) > spine == _SPINE_LINES:
            lines, bold = (*lines[: spine - 1], f"{lines[spine - 1]} …"), bold[:spine]
        top = MARGIN + middles[name] - heights[name] / 2
        boxes[name] = Box(name, lefts[n], top, widths[n], heights[name], lines, bold, upright)
    sides = [(left, left + wide) for left, wide in zip(lefts, widths, strict=True)]
    pills = {pill.cause: pill for pill in find_pills(graph, boxes)}
    lanes = {slot: MARGIN + y for slot, y in middles.items() if not isinstance(slot, str)}
    routes = find_routes(graph, boxes, pills, sides=sides, lanes=lanes)
    placed = tuple(boxes.values()), tuple(pills.values()), tuple(routes)
    return Plan(round(width), round(height + 2 * MARGIN), *placed)


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
