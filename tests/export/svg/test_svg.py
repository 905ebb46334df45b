"""Figures become SVG: whole, safe, and the same every time."""

from __future__ import annotations

import base64
import json
import re
import struct
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pmkit.errors import RenderError
from pmkit.export.svg import SvgEngine, render_svg

pytestmark = pytest.mark.slow

FIGURES = {path.stem: path for path in sorted((Path(__file__).parent / "figures").glob("*.json"))}
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert(1)</script> \" ' & ]]> \x00\x08\x0b\x1f \ud800 \udfff \uffff "
    '<a href="javascript:alert(1)">link</a> <img src="https://evil.example/x"> </text></svg> '
    '&#60;script&#62; url(https://evil.example/y) xlink:href="pmkit-canvas:0"'
)


@pytest.fixture(scope="module")
def engine() -> Iterator[SvgEngine]:
    with SvgEngine() as engine:
        yield engine


def draw(engine: SvgEngine, name: str) -> str:
    return engine.render(FIGURES[name].read_text(encoding="utf-8"), width=900, height=420)


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(FIGURES[name].read_text(encoding="utf-8"))
    return loaded


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 (our own output)


def by_class(svg: str, name: str) -> list[ET.Element]:
    """Every element of that class, in document order."""
    return [node for node in parse(svg).iter() if name in node.get("class", "").split()]


def texts(svg: str, group: str) -> list[str]:
    written = ("".join(node.itertext()) for node in by_class(svg, group))
    return [text for text in written if text]


def referred(svg: str) -> set[str]:
    return {one or other for one, other in re.findall(r'url\(#([^)]+)\)|="#([^"]+)"', svg)}


# What the kit draws


def test_timeline_marks(engine: SvgEngine) -> None:
    """Every event of the timeline is one mark, every phase and anchor one shape."""
    figure, svg = load("timeline"), draw(engine, "timeline")
    events = sum(len(trace["x"]) for trace in figure["data"] if trace["mode"] == "markers")
    assert len(by_class(svg, "point")) == events == 60
    assert len(by_class(svg, "js-line")) == 1
    shapes = [path for group in by_class(svg, "shapelayer") for path in group.iter(f"{SVG}path")]
    assert len(shapes) == len(figure["layout"]["shapes"])
    assert len(by_class(svg, "annotation-text")) == len(figure["layout"]["annotations"])


def test_timeline_axes(engine: SvgEngine) -> None:
    """The lanes are named and the time axis is in UTC, whatever the machine's zone."""
    svg = draw(engine, "timeline")
    assert texts(svg, "ytick") == load("timeline")["layout"]["yaxis"]["ticktext"]
    assert texts(svg, "xtick") == ["13:45", "14:00", "14:15", "14:30", "14:45", "15:00", "15:15", "15:30"]


def test_arrows(engine: SvgEngine) -> None:
    """An annotation with an arrow has its leader line, and only such a one."""
    arrows = [note for note in load("timeline")["layout"]["annotations"] if note["showarrow"]]
    assert len(by_class(draw(engine, "timeline"), "annotation-arrow-g")) == len(arrows) > 0


def test_activity_bars(engine: SvgEngine) -> None:
    """Every count above zero is one bar, and the legend names every source."""
    figure, svg = load("activity"), draw(engine, "activity")
    counts = [count for trace in figure["data"] for count in trace["y"]]
    # plotly.js keeps a mark of no area for a zero inside a stack.
    areas = [
        path
        for point in by_class(svg, "point")
        for path in point.iter(f"{SVG}path")
        if path.get("d") != "M0,0Z"
    ]
    assert len(areas) == sum(count > 0 for count in counts)
    assert sorted(texts(svg, "legendtext")) == sorted(trace["name"] for trace in figure["data"])


def test_graph(engine: SvgEngine) -> None:
    """A layered graph has every node, its label and an arrow for every edge."""
    figure, svg = load("graph"), draw(engine, "graph")
    nodes = figure["data"][1]
    assert len(by_class(svg, "point")) == len(nodes["x"])
    assert texts(svg, "textpoint") == nodes["text"]
    assert len(by_class(svg, "annotation-arrow-g")) == len(figure["layout"]["annotations"])


def test_heatmap(engine: SvgEngine) -> None:
    """A heatmap's cells are one image inside the document, in the colours of its scale."""
    svg = draw(engine, "heatmap")
    images = list(parse(svg).iter(f"{SVG}image"))
    assert len(images) == 1
    address = images[0].get("{http://www.w3.org/1999/xlink}href", "")
    png = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width == round(float(images[0].get("width", "0")))
    assert height == round(float(images[0].get("height", "0")))


def test_typed_arrays(engine: SvgEngine) -> None:
    """Numbers in plotly's base64 form draw exactly as the plain list does."""
    plain = {"data": [{"type": "bar", "y": [1.5, 2.5, 4.0]}]}
    packed = base64.b64encode(struct.pack("<3d", 1.5, 2.5, 4.0)).decode()
    typed = {"data": [{"type": "bar", "y": {"dtype": "f8", "bdata": packed}}]}
    marks = [
        [path.get("d") for path in parse(svg).iter(f"{SVG}path")]
        for svg in (engine.render(figure, width=500, height=300) for figure in (plain, typed))
    ]
    assert marks[0] == marks[1]


def test_arrays_and_nan(engine: SvgEngine) -> None:
    """A figure's dict may hold numpy arrays, and a NaN is a gap."""
    numpy = pytest.importorskip("numpy")
    figure = {"data": [{"mode": "markers", "y": numpy.array([1.0, float("nan"), 3.0])}]}
    assert len(by_class(engine.render(figure, width=500, height=300), "point")) == 2


# What every document keeps to


@pytest.mark.parametrize("name", FIGURES)
def test_document(engine: SvgEngine, name: str) -> None:
    """Every sample is well-formed, sized, self-contained and clean for strict readers."""
    svg = draw(engine, name)
    root = parse(svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 900 420"
    names = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert not names & {"script", "style", "foreignObject", "a", "iframe"}
    assert not re.search(r'\son\w+="|javascript:|="https?:(?!//www\.w3\.org/)', svg)
    for node in root.iter():
        for key, value in node.items():
            assert value, f"{node.tag} has an empty {key}"
        for declaration in filter(None, node.get("style", "").split(";")):
            assert re.fullmatch(r"[\w-]+:.+", declaration), f"empty declaration {declaration!r}"


@pytest.mark.parametrize("name", FIGURES)
def test_references(engine: SvgEngine, name: str) -> None:
    """Every id is there because something refers to it, and every reference has its id."""
    svg = draw(engine, name)
    ids = re.findall(r'\sid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert set(ids) == referred(svg)


def test_two_figures_share_no_id(engine: SvgEngine) -> None:
    """Two figures can stand on one page: their ids differ."""
    assert not referred(draw(engine, "timeline")) & referred(draw(engine, "activity"))
    narrow = engine.render(load("timeline"), width=600, height=420)
    assert not referred(draw(engine, "timeline")) & referred(narrow)


def test_default_font(engine: SvgEngine) -> None:
    """A figure that names no font gets the one its text was measured in."""
    svg = engine.render({"data": [{"y": [1, 2]}]}, width=500, height=300)
    assert "Source Sans Pro" in svg
    assert "Open Sans" not in svg


# The same bytes


def test_same_bytes_from_one_engine(engine: SvgEngine) -> None:
    """What was drawn in between leaves no trace in the next document."""
    first = draw(engine, "timeline")
    draw(engine, "heatmap")
    assert draw(engine, "timeline") == first


def test_same_bytes_from_dict_and_json(engine: SvgEngine) -> None:
    """A figure's dict, its JSON, and its keys in another order are the same figure."""
    figure = load("activity")
    turned = dict(reversed(figure.items()))
    assert engine.render(turned, width=900, height=420) == draw(engine, "activity")


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_same_bytes_in_any_zone(engine: SvgEngine, zone: str) -> None:
    """Another process in another time zone writes the same bytes."""
    script = (
        "import sys; from pathlib import Path; from pmkit.export.svg import render_svg;"
        "svg = render_svg(Path(sys.argv[1]).read_text('utf-8'), width=900, height=420);"
        "sys.stdout.buffer.write(svg.encode())"
    )
    drawn = subprocess.run(
        [sys.executable, "-c", script, str(FIGURES["timeline"])],
        env={"TZ": zone, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert drawn == draw(engine, "timeline")


# Hostile text


@pytest.fixture(scope="module")
def hostile_svg(engine: SvgEngine) -> str:
    note = {"text": HOSTILE, "font": {"family": '"><script>', "color": "url(https://evil.example/#a)"}}
    figure = {
        "data": [
            {
                "type": "bar",
                "x": [HOSTILE, "b"],
                "y": [1, 2],
                "text": [HOSTILE, HOSTILE],
                "name": HOSTILE,
                "marker": {"color": ["url(https://evil.example/z)", "red;fill:url(//evil.example)"]},
            }
        ],
        "layout": {
            "showlegend": True,
            "title": {"text": HOSTILE},
            "font": {"family": "x; background:url(https://evil.example)"},
            "annotations": [note],
            "xaxis": {"title": {"text": HOSTILE}},
            "shapes": [{"type": "path", "path": 'M0,0"/><script>'}],
            "images": [{"source": "https://evil.example/i.png", "sizex": 1, "sizey": 1}],
        },
    }
    return engine.render(figure, width=900, height=420)


def test_hostile_text_stays_text(hostile_svg: str) -> None:
    """Markup in a message is printed as the characters it is made of."""
    root = parse(hostile_svg)
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
        *("svg", "g", "path", "rect", "text", "tspan", "defs", "clipPath"),
    }
    assert texts(hostile_svg, "annotation-text")[0].startswith("<script>alert(1)</script> \" ' & ]]>")


def test_hostile_text_loads_nothing(hostile_svg: str) -> None:
    """No attribute holds an address, whatever a name, colour, font or link said."""
    for node in parse(hostile_svg).iter():
        for key, value in node.items():
            assert "evil" not in value, f"{node.tag} {key}={value}"
            assert "javascript" not in value
            assert not key.endswith("href")


def test_illegal_characters_are_dropped(hostile_svg: str) -> None:
    """Control characters and lone surrogates, which XML cannot hold, are left out."""
    hostile_svg.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", hostile_svg)


# What is refused


@pytest.mark.parametrize("kind", ["scattergl", "scatter3d", "surface", "scattermap", "choropleth", "splom"])
def test_undrawable_traces_are_named(engine: SvgEngine, kind: str) -> None:
    """A trace that needs WebGL, map tiles or the network is refused by name."""
    figure = {"data": [{"y": [1]}, {"type": kind}]}
    with pytest.raises(RenderError, match=f"trace 2 is of type '{kind}', which needs"):
        engine.render(figure, width=500, height=300)


@pytest.mark.parametrize("figure", ["{", "[]", '{"data": 3}', {"data": [1]}, {"data": [object()]}])
def test_no_figure(engine: SvgEngine, figure: Any) -> None:
    """What is no figure is refused with a reason."""
    with pytest.raises(RenderError, match="figure not drawn: "):
        engine.render(figure, width=500, height=300)


def test_no_area(engine: SvgEngine) -> None:
    """A figure without an area is refused."""
    with pytest.raises(RenderError, match="no area"):
        engine.render({"data": []}, width=0, height=300)


def test_unknown_face() -> None:
    """A font face outside the list is refused, and the message shows the list."""
    with (
        SvgEngine({"black": Path("x.ttf")}) as engine,
        pytest.raises(RenderError, match="unknown font face 'black'; expected one of regular, "),
    ):
        engine.render({"data": []}, width=500, height=300)


# Limits


MANY = {"data": [{"mode": "markers", "y": list(range(60_000))}]}
FEW = {"data": [{"mode": "markers", "y": [1, 2, 3]}]}


def test_time_limit() -> None:
    """A figure that takes too long is stopped, and the engine draws the next one."""
    with SvgEngine(time_limit=2) as engine:
        with pytest.raises(RenderError, match="longer than 2 s"):
            engine.render(MANY, width=500, height=300)
        assert len(by_class(engine.render(FEW, width=500, height=300), "point")) == 3


def test_memory_limit() -> None:
    """A figure that takes too much memory is stopped, and the engine draws the next one."""
    with SvgEngine(memory_limit=64 << 20) as engine:
        with pytest.raises(RenderError, match="more than 64 MB"):
            engine.render(MANY, width=500, height=300)
        assert len(by_class(engine.render(FEW, width=500, height=300), "point")) == 3


def test_script_error_leaves_a_usable_engine(engine: SvgEngine) -> None:
    """After plotly.js itself fails, the next figure is drawn as if nothing had happened."""
    before = draw(engine, "pie")
    with pytest.raises(RenderError, match="selector not understood"):
        engine.render({"data": [{"y": [1, 2], "uid": "]"}]}, width=500, height=300)
    assert draw(engine, "pie") == before


# Threads


def test_any_thread_may_render(engine: SvgEngine) -> None:
    """An engine made by one thread draws for another."""
    drawn: list[str] = []
    thread = threading.Thread(target=lambda: drawn.append(draw(engine, "gauge")))
    thread.start()
    thread.join()
    assert drawn == [draw(engine, "gauge")]


def test_loading_lets_others_work() -> None:
    """While an engine loads plotly.js, the thread that made it goes on."""
    with SvgEngine() as engine:
        ready = engine._worker.submit(int)
        steps = 0
        while not ready.done():
            steps += 1
            threading.Event().wait(0.002)
    assert steps > 20


def test_render_svg() -> None:
    """One call draws one figure."""
    assert len(by_class(render_svg(FEW, width=500, height=300), "point")) == 3


# The reader it is meant for


def test_typst_takes_every_figure(engine: SvgEngine, tmp_path: Path) -> None:
    """Typst sets every sample into a PDF without a warning."""
    typst = pytest.importorskip("typst")
    for name in FIGURES:
        (tmp_path / f"{name}.svg").write_text(draw(engine, name), encoding="utf-8")
    page = "\n".join(f'#image("{name}.svg", alt: "{name}")' for name in FIGURES)
    (tmp_path / "page.typ").write_text(page, encoding="utf-8")
    pdf, warnings = typst.compile_with_warnings(tmp_path / "page.typ")
    assert not warnings
    assert pdf.startswith(b"%PDF")
