"""Figures as SVG: what is drawn, what is kept, and what stands in when nothing can be drawn."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest

from pmkit.errors import RenderError
from pmkit.export.document import Notice, Table, plain, read_document
from pmkit.export.drawing import clean_svg, count_marks, draw_figures


def document(build, *figures):
    return read_document(build.notebook(build.code(*figures)))


def test_every_figure_is_drawn_once(build, engine):
    """The engine is asked once for each figure, and not again for a drawn document."""
    drawn = draw_figures(document(build, build.timeline_figure(), build.activity_figure()), engine=engine)
    assert all("<circle" in figure.svg for figure in drawn.figures)
    assert draw_figures(drawn, engine=engine) is drawn
    assert engine.asked == 2


def test_a_drawing_is_kept_and_found_again(build, engine, tmp_path):
    """The same figure is taken from the cache; another is not."""
    first = draw_figures(document(build, build.activity_figure()), cache=tmp_path, engine=engine)
    again = draw_figures(document(build, build.activity_figure()), cache=tmp_path, engine=engine)
    assert first == again
    assert engine.asked == 1
    draw_figures(document(build, build.timeline_figure()), cache=tmp_path, engine=engine)
    assert engine.asked == 2


def test_a_damaged_cache_is_drawn_over(build, engine, tmp_path):
    """A broken file in the cache costs a drawing, not the export."""
    draw_figures(document(build, build.activity_figure()), cache=tmp_path, engine=engine)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"<svg \xff")
    assert (
        draw_figures(document(build, build.activity_figure()), cache=tmp_path, engine=engine).figures[0].svg
    )
    assert engine.asked == 2


@pytest.mark.parametrize("how", ["fails", "empty"])
def test_a_figure_that_cannot_be_drawn_becomes_its_data(build, engine, how, monkeypatch):
    """A notice says why, and the values stand in a table."""
    monkeypatch.setattr("pmkit.export.drawing.find_spec", lambda name: None)
    setattr(engine, how, True)
    drawn = draw_figures(document(build, build.activity_figure()), engine=engine)
    notice, table = drawn.blocks
    assert isinstance(notice, Notice)
    assert "could not be drawn" in notice.text
    assert isinstance(table, Table)
    assert len(table.rows) == 26
    assert [plain(cell.children) for cell in table.rows[3]] == ["messages", "14:13", "9"]


def test_packed_values_are_unpacked_for_the_table(build, engine, monkeypatch):
    """Plotly packs numpy arrays as bytes; a reader wants numbers."""
    monkeypatch.setattr("pmkit.export.drawing.find_spec", lambda name: None)
    engine.fails = True
    y = {"dtype": "f8", "bdata": "AAAAAAAA8D8AAAAAAAAEQA=="}
    drawn = draw_figures(
        document(build, build.figure("f", "F", [{"type": "bar", "x": ["a", "b"], "y": y}])), engine=engine
    )
    assert [plain(row[2].children) for row in drawn.tables[0].rows] == ["1", "2.5"]


def test_a_long_table_in_place_of_a_chart_says_how_much_it_leaves_out(build, engine, monkeypatch):
    """The first values are shown, and the caption counts all of them."""
    monkeypatch.setattr("pmkit.export.drawing.find_spec", lambda name: None)
    engine.fails = True
    trace = {"type": "scatter", "x": list(range(500)), "y": list(range(500))}
    drawn = draw_figures(document(build, build.figure("f", "F", [trace])), engine=engine)
    assert "the first 200 of 500" in drawn.tables[0].caption


def test_a_figure_without_data_is_a_notice(build, engine):
    """An empty chart is said in words, not drawn as an empty frame."""
    drawn = draw_figures(
        document(build, build.figure("f", "Alerts", [{"type": "bar", "x": [], "y": []}])), engine=engine
    )
    assert drawn.blocks == (Notice("info", "Alerts: there is no data to draw."),)
    assert engine.asked == 0


def test_a_drawing_holds_nothing_that_runs_or_loads():
    """Scripts, handlers, foreign objects and addresses elsewhere are taken out."""
    svg = clean_svg(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="x">'
        "<script>1</script><foreignObject><p>x</p></foreignObject><style>@import 'x'</style>"
        '<a xlink:href="javascript:x"><text>t</text></a><a href="https://a.example/"><text>u</text></a>'
        '<image href="https://a.example/x.png"/><use xlink:href="#here"/>'
        '<rect style="fill:url(https://a.example/f);stroke:red"/><rect style="fill:red;stroke-dasharray:;"/>'
        '<rect fill="url(#g)"/></svg>'
    )
    for gone in ("script", "onload", "foreignObject", "@import", "javascript", "x.png", "a.example/f"):
        assert gone not in svg
    assert 'xlink:href="#here"' in svg
    assert 'href="https://a.example/"' in svg
    assert 'fill="url(#g)"' in svg
    assert 'style="fill:red"' in svg


@pytest.mark.parametrize(
    "svg",
    [
        "",
        "<html/>",
        "<svg",
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
    ],
)
def test_what_is_no_drawing_is_refused(svg):
    """An engine's nonsense, or a document type that hides something, is an error."""
    with pytest.raises(RenderError):
        clean_svg(svg)


def test_axes_and_grid_are_no_marks():
    """A chart that shows only its frame counts as empty."""
    frame = (
        '<svg xmlns="http://www.w3.org/2000/svg"><g class="gridlayer"><path d="M0,0h9"/></g>'
        '<g class="infolayer"><g class="legend"><rect/></g>{}</g><rect class="bg"/>{}</svg>'
    )
    assert count_marks(frame.format("", "")) == 0
    assert count_marks(frame.format('<g class="annotation"><text>a</text></g>', "")) == 1
    assert count_marks(frame.format("", '<g class="barlayer"><path d="M0,0h9v9Z"/></g>')) == 1


@pytest.mark.slow
def test_the_built_in_engine_draws_the_charts_of_a_report(build):
    """Without a browser, both charts of the report come out with their marks."""
    pytest.importorskip("pmkit.export.svg")
    drawn = draw_figures(document(build, build.timeline_figure(), build.activity_figure()))
    points = sum(len(trace["x"]) for trace in json.loads(drawn.figures[0].spec)["data"])
    assert count_marks(drawn.figures[0].svg) >= points
    assert count_marks(drawn.figures[1].svg) >= 13
    assert replace(drawn.figures[0], svg="") == document(build, build.timeline_figure()).figures[0]


def test_kaleido_is_asked_when_the_engine_cannot(build, engine, monkeypatch):
    """Where kaleido and a Chrome are installed, they draw what the engine cannot, under a deadline."""
    svg = type(engine)().render({}, width=9, height=9).encode()
    asked = []

    def run(command, *, input, timeout, **options):
        asked.append((json.loads(input)["data"][0]["type"], timeout))
        return subprocess.CompletedProcess(command, 0, stdout=svg, stderr=b"")

    monkeypatch.setattr("pmkit.export.drawing.find_spec", lambda name: object())
    monkeypatch.setattr("pmkit.export.drawing.subprocess.run", run)
    engine.fails = True
    assert draw_figures(document(build, build.activity_figure()), engine=engine).figures[0].svg
    assert asked == [("bar", 60)]


@pytest.mark.parametrize("how", ["hangs", "fails"])
def test_a_kaleido_that_hangs_or_fails_costs_no_report(build, engine, monkeypatch, how):
    """The reason is told in the notice, and the data stand in for the chart."""

    def run(command, *, timeout, **options):
        if how == "hangs":
            raise subprocess.TimeoutExpired(command, timeout)
        return subprocess.CompletedProcess(command, 1, stdout=b"", stderr=b"Traceback\nno Chrome found")

    monkeypatch.setattr("pmkit.export.drawing.find_spec", lambda name: object())
    monkeypatch.setattr("pmkit.export.drawing.subprocess.run", run)
    engine.fails = True
    notice, table = draw_figures(document(build, build.activity_figure()), engine=engine).blocks
    assert {"hangs": "within 60 s", "fails": "no Chrome found"}[how] in notice.text
    assert table.rows
