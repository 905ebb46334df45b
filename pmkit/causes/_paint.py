"""How boxes, actions and links are painted, and the key that explains their signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pmkit.causes._parts import BAND, MARGIN, PAD, PILL_SIZE, SIZE, Box, Pill, Plan, Route
from pmkit.factors import IMPACT, CausalGraph
from pmkit.look import Look, plain, see_through, shorten, text_width

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
_KEY: Final = 24  # a row of the key


def _colour(kind: str) -> str:
    return KIND_COLOURS.get(kind, _OTHER_COLOUR)


def box_shapes(box: Box, row: Any, look: Look) -> list[dict[str, Any]]:
    """A box: its paper, its frame in the colour of its kind, and the stripe at its left."""
    colour = look.ink if box.name == IMPACT else _colour(row.kind)
    edge = {"color": colour, "width": 2.2 if row.root_cause or box.name == IMPACT else 1}
    if not row.agreed and box.name != IMPACT:
        edge["dash"] = "dot"
    place = {"xref": "x", "yref": "y", "type": "rect", "x0": box.left, "y0": box.top, "y1": box.bottom}
    tint = see_through(colour, 0.09) if colour.startswith("#") else colour
    return [
        place | {"x1": box.right, "fillcolor": look.paper, "line": {"width": 0}},
        place | {"x1": box.right, "fillcolor": tint, "line": edge, "name": box.name},
        place | {"x1": box.left + BAND, "fillcolor": colour, "line": {"width": 0}},
    ]


def box_text(box: Box, look: Look) -> dict[str, Any]:
    """The lines of a box."""
    lines = [
        f"<b>{plain(line)}</b>" if bold else plain(line)
        for line, bold in zip(box.lines, box.bold, strict=True)
    ]
    place: dict[str, Any] = {"xanchor": "left", "align": "left", "x": box.left + BAND + PAD}
    if box.upright:
        place = {"xanchor": "center", "align": "center", "x": (box.left + BAND + box.right) / 2}
        place["textangle"] = -90
    return place | {
        "y": box.middle,
        "yanchor": "middle",
        "text": "<br>".join(lines),
        "showarrow": False,
        "borderpad": 0,
        "font": {"size": SIZE, "color": look.ink},
        "name": box.name,
    }


def pill_shape(pill: Pill, look: Look) -> dict[str, Any]:
    """The frame around the actions of a factor."""
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


def pill_text(pill: Pill, look: Look) -> dict[str, Any]:
    """The ids of the actions of a factor, or `open`."""
    return {
        "x": pill.left + pill.width / 2,
        "y": pill.top + pill.height / 2,
        "xanchor": "center",
        "yanchor": "middle",
        "align": "center",
        "text": "<br>".join(f"<b>{plain(line)}</b>" for line in pill.lines),
        "showarrow": False,
        "borderpad": 0,
        "font": {"size": PILL_SIZE, "color": _OPEN_COLOUR if pill.is_open else look.ink},
    }


def link_trace(route: Route, row: Any, look: Look) -> dict[str, Any]:
    """The line of a link, with what is known of it on hover."""
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


def head_trace(route: Route, row: Any, look: Look) -> dict[str, Any]:
    """Where a link ends: an arrow, or a bar for what kept the impact smaller."""
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


def hover_trace(boxes: Sequence[Box], named: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
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


def key_places(plan: Plan, graph: CausalGraph) -> list[tuple[float, float, str, str]]:
    """Where each entry of the key stands, in as many rows as it takes."""
    places = []
    x, y = float(MARGIN), plan.height + 8.0
    for sign, words in _key(graph):
        wide = 34 + text_width(words, 11)
        if x > MARGIN and x + wide > plan.width - MARGIN:
            x, y = float(MARGIN), y + _KEY
        places.append((x, y, sign, words))
        x += wide + 16
    return places


def key_shapes(plan: Plan, graph: CausalGraph, look: Look) -> list[dict[str, Any]]:
    """The signs of the key."""
    shapes: list[dict[str, Any]] = []
    for x, y, sign, _ in key_places(plan, graph):
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


def key_texts(plan: Plan, graph: CausalGraph, look: Look) -> list[dict[str, Any]]:
    """The words of the key."""
    texts = []
    for x, y, sign, words in key_places(plan, graph):
        place = {"y": y, "yanchor": "middle", "xanchor": "left", "showarrow": False, "borderpad": 0}
        font = {"size": 11, "color": look.muted}
        texts.append(place | {"x": x + (34 if sign == "open" else 28), "text": words, "font": font})
        if sign in ("pill", "open"):
            colour = _OPEN_COLOUR if sign == "open" else look.ink
            name, at = ("open", x + 14) if sign == "open" else ("A", x + 10)
            font = {"size": PILL_SIZE, "color": colour}
            texts.append(place | {"x": at, "xanchor": "center", "text": f"<b>{name}</b>", "font": font})
    return texts
