"""Figures as SVG, drawn once for every format; what cannot be drawn becomes a table that says so."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol
from xml.etree import ElementTree

from pmkit.errors import RenderError
from pmkit.export.document import (
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Notice,
    Table,
    inlines,
    safe_url,
    show_hidden,
)

KALEIDO_SECONDS: Final = 60  # its own server may never answer
TABLE_ROWS: Final = 200


class Draws(Protocol):
    """What draws a figure: `pmkit.export.svg.SvgEngine`, or a stand-in for it."""

    def render(self, figure: Mapping[str, Any] | str, *, width: int, height: int) -> str:
        """The figure as SVG; raises `RenderError` when it cannot be drawn."""


def draw_figures(document: Document, *, cache: Path | None = None, engine: Draws | None = None) -> Document:
    """The same document with a drawing in every figure.

    A figure is taken from the folder `cache` if it was drawn before; else drawn by the built-in
    engine; else by kaleido, if it is installed and finds a Chrome; else it is replaced by its
    data as a table, under a notice. A figure without data is replaced by a notice.
    """
    waiting = [figure for figure in document.figures if not figure.svg]
    if not waiting:
        return document
    known = {figure: _cached(figure, cache) for figure in waiting}
    with _engine(engine, needed=not all(known.values())) as draws:

        def drawn(block: Block) -> Sequence[Block]:
            if not isinstance(block, Figure) or block.svg:
                return (block,)
            if not has_data(block):
                return (Notice("info", f"{block.caption or block.alt}: there is no data to draw."),)
            svg, why = known[block], ""
            if not svg:
                svg, why = _draw(block, draws)
                _keep(block, svg, cache)
            if svg:
                return (replace(block, svg=svg),)
            return _as_table(block, why)

        return document.map_blocks(drawn)


def _engine(engine: Draws | None, *, needed: bool) -> AbstractContextManager[Draws | None]:
    if engine is not None or not needed:
        return nullcontext(engine)
    from pmkit.export.svg import SvgEngine

    return SvgEngine()


def _draw(figure: Figure, engine: Draws | None) -> tuple[str, str]:
    """The drawing, or else the reasons why there is none."""
    reasons = []
    for way in (_by_engine, _by_kaleido):
        try:
            svg = clean_svg(way(figure, engine))
        except RenderError as error:
            reasons.append(str(error).rstrip("."))
            continue
        if count_marks(svg):
            return svg, ""
        reasons.append("the drawing came out empty")
    return "", "; ".join(dict.fromkeys(reasons))


def _by_engine(figure: Figure, engine: Draws | None) -> str:
    if engine is None:
        raise RenderError("no engine")
    return engine.render(figure.spec, width=figure.width, height=figure.height)


# Run apart, because a Chrome that does not start must not hold the export for ever.
_KALEIDO_SCRIPT: Final = """
import json, sys
import plotly.io as pio
width, height = int(sys.argv[1]), int(sys.argv[2])
figure = json.load(sys.stdin)
out = pio.to_image(figure, format="svg", width=width, height=height, validate=False)
sys.stdout.buffer.write(out)
"""


def _by_kaleido(figure: Figure, _engine: Draws | None) -> str:
    if find_spec("kaleido") is None:
        raise RenderError("kaleido is not installed")
    size = (str(figure.width), str(figure.height))
    try:
        done = subprocess.run(  # noqa: S603 - our own script, no shell
            [sys.executable, "-c", _KALEIDO_SCRIPT, *size],
            input=figure.spec.encode("utf-8", "replace"),
            capture_output=True,
            timeout=KALEIDO_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RenderError(f"kaleido gave no answer within {KALEIDO_SECONDS} s") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"]
        raise RenderError(f"kaleido: {said[-1][:200]}")
    return done.stdout.decode("utf-8", "replace")


# ------------------------------------------------------------------ cache


def _key(figure: Figure) -> str:
    from pmkit.export.fonts import sans_file

    try:
        plotly = version("plotly")
    except PackageNotFoundError:
        plotly = ""
    parts = (figure.spec, str(figure.width), str(figure.height), plotly, sans_file("Regular").name)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _cached(figure: Figure, cache: Path | None) -> str:
    path = cache / f"figure-{_key(figure)}.svg" if cache else None
    if path is None or not path.is_file():
        return ""
    try:
        svg = clean_svg(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RenderError):
        return ""  # a damaged cache is no reason to fail: draw again
    return svg if count_marks(svg) else ""


def _keep(figure: Figure, svg: str, cache: Path | None) -> None:
    if not (cache and svg):
        return
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"figure-{_key(figure)}.svg"
    beside = path.with_suffix(".part")
    beside.write_text(svg, encoding="utf-8", newline="\n")
    beside.replace(path)


# ------------------------------------------------------------------ what an SVG may hold

_SVG: Final = "{http://www.w3.org/2000/svg}"
_XLINK: Final = "{http://www.w3.org/1999/xlink}href"
_ALLOWED: Final = {
    "svg", "g", "defs", "clipPath", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
    "text", "tspan", "title", "desc", "linearGradient", "radialGradient", "stop", "pattern", "mask",
    "marker", "symbol", "use", "image", "a",
}  # fmt: skip
_OUTSIDE_URL: Final = re.compile(r"url\(\s*(?!['\"]?#)", re.IGNORECASE)


def clean_svg(svg: str) -> str:
    """The SVG with nothing in it that runs, loads from elsewhere or leads astray."""
    for prefix, uri in (("", _SVG[1:-1]), ("xlink", _XLINK[1:29])):
        ElementTree.register_namespace(prefix, uri)
    try:
        if re.search(r"<!(DOCTYPE|ENTITY)", svg[:2000]):
            raise RenderError("the drawing holds a document type, which may hide anything.")
        root = ElementTree.fromstring(svg)  # noqa: S314 - without a document type, no entities
    except ElementTree.ParseError as error:
        raise RenderError(f"the drawing is no SVG: {error}") from error
    if root.tag != _SVG + "svg":
        raise RenderError(f"the drawing is no SVG: found <{root.tag}>.")
    _clean(root)
    return ElementTree.tostring(root, encoding="unicode")


def _clean(element: ElementTree.Element) -> None:
    for child in list(element):
        if not isinstance(child.tag, str) or child.tag.removeprefix(_SVG) not in _ALLOWED:
            element.remove(child)
        else:
            _clean(child)
    is_link, is_image = element.tag == _SVG + "a", element.tag == _SVG + "image"
    for name, value in list(element.attrib.items()):
        if name in (_XLINK, "href"):
            inside = value.startswith("#") or (is_image and value.startswith("data:image/"))
            if not (inside or (is_link and safe_url(value))):
                del element.attrib[name]
        elif name.lower().startswith("on") or _OUTSIDE_URL.search(value):
            del element.attrib[name]
        elif name == "style":
            # an empty declaration makes Typst drop the whole style
            parts = (part.strip() for part in value.split(";"))
            kept = [part for part in parts if part.partition(":")[2].strip()]
            element.attrib[name] = "; ".join(kept)


_MARKS: Final = {
    _SVG + name
    for name in (
        "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "image", "use",
    )
}  # fmt: skip
_NOT_MARKS: Final = re.compile(
    r"\b(bglayer|bg|gridlayer|zerolinelayer|[xy]axislayer-\w+|[xy]lines-\w+|[xy]tick|legend"
    r"|g-[xy]?title|g-gtitle|infolayer|draglayer|hoverlayer|plotbg|colorbar)\b"
)


def count_marks(svg: str) -> int:
    """How many things are drawn besides background, grid, axes, legend and titles."""
    return _count(ElementTree.fromstring(svg))  # noqa: S314 - our own drawing, cleaned


def _count(element: ElementTree.Element) -> int:
    names = element.get("class", "")
    if element.tag in (_SVG + "defs", _SVG + "clipPath"):
        return 0
    if _NOT_MARKS.search(names):
        notes = [child for child in element if "annotation" in child.get("class", "")]
        return sum(map(_count, notes)) if "infolayer" in names else 0
    if element.tag in _MARKS:
        return 0 if element.get("width") == "0" or element.get("d") in ("", "M0,0Z") else 1
    return sum(map(_count, element))


# ------------------------------------------------------------------ a figure as its data

_TYPES: Final = {
    "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d",
}  # fmt: skip


def _values(data: Any) -> list[Any]:
    """The values of a trace's array, also of one that plotly packed as bytes."""
    if isinstance(data, list):
        return data
    if isinstance(data, Mapping) and data.get("dtype") in _TYPES:
        raw = base64.b64decode(str(data.get("bdata", "")))
        code = _TYPES[data["dtype"]]
        count = len(raw) // struct.calcsize(code)
        return list(struct.unpack(f"<{count}{code}", raw[: count * struct.calcsize(code)]))
    return []


_ARRAYS: Final = (
    "x", "y", "z", "labels", "values", "theta", "r", "lat", "lon", "locations", "open", "close",
    "base", "text", "parents", "a", "b", "c",
)  # fmt: skip


def _traces(figure: Figure) -> list[Mapping[str, Any]]:
    data = json.loads(figure.spec).get("data") or []
    return [trace for trace in data if isinstance(trace, Mapping)]


def has_data(figure: Figure) -> bool:
    """Whether there is anything to draw: a value in a trace, a shape or an annotation."""
    layout = json.loads(figure.spec).get("layout") or {}
    if layout.get("shapes") or layout.get("annotations"):
        return True
    for trace in _traces(figure):
        if any(_values(trace.get(name)) for name in _ARRAYS):
            return True
        # kinds that keep their data elsewhere: sankey, table, indicator, gauges
        if any(name in trace for name in ("node", "cells", "value", "dimensions", "ids")):
            return True
    return False


def _as_table(figure: Figure, why: str) -> tuple[Block, ...]:
    layout = json.loads(figure.spec).get("layout") or {}
    rows = list(_rows(figure))
    names = [name for name in _ARRAYS if any(name in row for _, row in rows)]
    labels = [_axis_title(layout, name) for name in names]
    shown = rows[:TABLE_ROWS]
    cells = tuple(
        (Cell(inlines(series)), *(Cell(inlines(_said(row.get(name)))) for name in names))
        for series, row in shown
    )
    caption = figure.caption or figure.alt
    if len(rows) > len(shown):
        caption += f" (the first {len(shown)} of {len(rows)} values)"
    heading = figure.caption or figure.name
    text = f"The chart “{heading}” could not be drawn ({why}). Its data stand here instead."
    columns = (Column("Series"), *(Column(label) for label in labels))
    table = Table(figure.name, caption, columns, cells, "The chart has no values to list.")
    return (Notice("warn", show_hidden(text)), table)


def _rows(figure: Figure) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, trace in enumerate(_traces(figure), 1):
        arrays = {name: _values(trace.get(name)) for name in _ARRAYS if name in trace}
        series = str(trace.get("name") or f"Series {number}")
        for place in range(max(map(len, arrays.values()), default=0)):
            yield series, {n: vals[place] for n, vals in arrays.items() if place < len(vals)}


def _axis_title(layout: Mapping[str, Any], name: str) -> str:
    axis = layout.get(f"{name}axis")
    title = axis.get("title") if isinstance(axis, Mapping) else None
    text = title.get("text") if isinstance(title, Mapping) else title
    return str(text or name)


def _said(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
