"""The report as one HTML file."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from pmkit.errors import RenderError
from pmkit.export.document import read_document
from pmkit.export.html import export_html, make_html


@pytest.fixture(scope="module")
def page(report, stand_in, tmp_path_factory):
    """The page of the full report, drawn by a stand-in."""
    out = tmp_path_factory.mktemp("html") / "report.html"
    return export_html(report, out, engine=stand_in()).read_text("utf-8")


def make(build, *cells, **metadata):
    return make_html(read_document(build.notebook(*cells, **metadata)))[0]


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def named(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


def test_the_same_notebook_gives_the_same_bytes(report, tmp_path, engine):
    """No clock, no random number, no path of this machine is in the page."""
    first = export_html(report, tmp_path / "a.html", engine=engine)
    second = export_html(report, tmp_path / "sub" / "b.html", engine=engine)
    assert first.read_bytes() == second.read_bytes()
    assert str(tmp_path) not in first.read_text("utf-8")


def test_the_page_stands_beside_the_notebook(build, tmp_path):
    """Without `out`, report.ipynb becomes report.html."""
    path = build.write(tmp_path / "report.ipynb", build.notebook(build.markdown("## A")))
    assert export_html(path) == tmp_path / "report.html"


def test_nothing_is_fetched(page):
    """No attribute that loads names an address elsewhere."""
    for tag, attrs in Elements(page).found:
        for name, value in attrs.items():
            if name in ("src", "srcset", "poster", "data", "action") or (name == "href" and tag != "a"):
                assert (value or "").startswith(("data:", "#")), (tag, name, value)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert "http" not in style
    assert "@import" not in style


def test_the_policy_names_exactly_the_scripts_of_the_page(page):
    """Two hashes: the page's own script and plotly.js; nothing else may run."""
    (policy,) = [m["content"] for m in Elements(page).named("meta") if "http-equiv" in m]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    scripts = re.search(r"script-src ([^;]*)", policy)[1].split()
    boot = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(boot.encode()).digest()).decode()
    assert scripts[0] == f"'sha256-{digest}'"
    assert len(scripts) == 2
    for wanted in ("img-src data:", "font-src data:", "base-uri 'none'", "form-action 'none'"):
        assert wanted in policy
    assert "unsafe-eval" not in policy


def test_plotly_is_packed_once_and_only_where_there_are_charts(page, build):
    """One packed copy serves all charts; a report without any carries none."""
    assert page.count('id="plotly-js"') == 1
    assert 'id="plotly-js"' not in make(build, build.markdown("## A"))


def test_a_page_without_live_charts_is_small(report, tmp_path, engine):
    """For mail and wikis the charts are drawings only."""
    path = export_html(report, tmp_path / "a.html", live=False, engine=engine)
    assert path.stat().st_size < 400_000
    assert "application/json" not in path.read_text("utf-8")


def test_a_map_stays_a_drawing(build, engine):
    """A chart that would fetch its tiles or shores is not made live."""
    from pmkit.export.drawing import draw_figures

    figure = build.figure("m", "Map", [{"type": "scattergeo", "lat": [1], "lon": [2]}])
    page, _ = make_html(draw_figures(read_document(build.notebook(build.code(figure))), engine=engine))
    assert 'class="static"' in page
    assert 'id="plotly-js"' not in page


def test_the_page_has_its_landmarks(page):
    """Language, skip link, header, contents, main, footer and one h1."""
    elements = Elements(page)
    assert elements.named("html")[0]["lang"] == "en"
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(elements.named(landmark)) == 1
    assert elements.named("a")[0] == {"class": "skip", "href": "#report"}
    assert "<title>Checkout outage: EU customers could not pay</title>" in page


def test_the_contents_lead_to_every_section(page):
    """Each link of the contents has its target."""
    nav = page[page.index("<nav") : page.index("</nav>")]
    targets = set(re.findall(r' id="([^"]+)"', page))
    links = re.findall(r'href="#([^"]+)"', nav)
    assert len(links) == 21
    assert set(links) <= targets


def test_tables_are_marked_up_for_everybody(page):
    """Column heads have a scope, captions are captions, cells carry their column's name."""
    table = page[page.index("What happened, as recorded") - 300 :]
    assert '<th role="columnheader" scope="col" class="left narrow">Time</th>' in table
    assert "<caption>What happened, as recorded (UTC)</caption>" in table
    assert 'data-label="Time"' in table


def test_an_empty_table_is_one_sentence(page):
    """No frame without rows."""
    assert "There is no stretch of more than 15 minutes without a record." in page


def test_charts_have_words(page):
    """The caption is seen; the alternative text is heard."""
    assert "<figcaption>Messages and alerts in five minutes</figcaption>" in page
    assert 'role="img" aria-label="Messages and alerts in five minutes. Alternative text."' in page


def test_hostile_words_are_escaped_in_every_place(page, build):
    """The tags people typed are words in the page, wherever they stood."""
    elements = Elements(page)
    assert not elements.named("iframe") + elements.named("object") + elements.named("form")
    assert len(elements.named("script")) == 4  # two charts' data, plotly.js, the page's own
    assert len(elements.named("body")) == 1
    assert not [a for _, a in elements.found if any(name.startswith("on") for name in a)]
    hrefs = [a["href"] for a in elements.named("a") if "href" in a]
    assert all(href.startswith(("#", "https://", "http://", "mailto:")) for href in hrefs)
    assert "&lt;script&gt;window.__x=1&lt;/script&gt;" in page


def test_a_figure_cannot_end_its_script(build, engine):
    """Words in a chart's data cannot close the block they are carried in."""
    from pmkit.export.drawing import draw_figures

    bad = "</script><script>window.__x=1</script><!--"
    figure = build.figure("f", "F", [{"type": "bar", "x": [bad], "y": [1], "name": bad}])
    page, _ = make_html(draw_figures(read_document(build.notebook(build.code(figure))), engine=engine))
    block = re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[1]
    assert "<" not in block
    assert "\\u003c/script\\u003e" in block


def test_hidden_characters_are_named(page):
    """An override from evidence is shown as ⟦U+202E⟧ and obeyed by nobody."""
    assert "pay ⟦U+202E⟧evil⟦U+202C⟧ now⟦U+200B⟧, NUL ⟦U+0000⟧ tag ⟦U+E0041⟧ end" in page
    assert not set("\u202e\u202c\u200b\x00") & set(page)


def test_the_fonts_hold_the_letters_that_are_used(page):
    """Embedded faces cover the Latin, Greek and Cyrillic that the report uses, and little more."""
    import io

    from fontTools.ttLib import TTFont

    latin = re.sub(r'@font-face\{font-family:"Noto Sans CJK JP"[^}]+\}', "", page)
    fonts = re.findall(r"src:url\(data:font/woff;base64,([^)]+)\)", latin)
    assert 2 <= len(fonts) <= 4
    for data in fonts:
        raw = base64.b64decode(data)
        assert len(raw) < 40_000
        codes = TTFont(io.BytesIO(raw)).getBestCmap()
        assert all(ord(char) in codes for char in "Checkout 0123456789 →≈–“”")


def test_letters_beyond_latin_are_embedded_when_used(build):
    """A Cyrillic report brings its Cyrillic letters."""
    import io

    from fontTools.ttLib import TTFont

    page = make(build, build.markdown("## Сбой оплаты"))
    data = re.search(r"base64,([^)]+)\)", page)[1]
    assert ord("ы") in TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap()


def test_a_right_to_left_report_says_so(build):
    """A report in Arabic is laid out from the right."""
    assert '<html lang="ar" dir="rtl">' in make(build, build.markdown("## ملخص"), pmkit={"lang": "ar"})


def test_print_has_its_own_rules(page):
    """A4, repeated heads, unbroken rows, drawings instead of live charts."""
    rules = page[page.index("@media print") :]
    for wanted in ("size: A4", "table-header-group", "break-inside: avoid", ".live { display: none"):
        assert wanted in rules


def test_a_failed_run_leaves_no_page(build, tmp_path):
    """An error in the notebook is an error of the export, and an older page stays as it was."""
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}
    path = build.write(tmp_path / "report.ipynb", build.notebook(build.code(error)))
    (tmp_path / "report.html").write_text("older")
    with pytest.raises(RenderError):
        export_html(path)
    assert (tmp_path / "report.html").read_text() == "older"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.ipynb"]


@pytest.mark.slow
def test_the_exporter_is_found_by_name(report):
    """`jupyter nbconvert --to pmkit-html` finds it and gives the same page."""
    from nbconvert.exporters import get_exporter

    page, resources = get_exporter("pmkit-html")(live=False).from_filename(str(report))
    assert "<h1>Checkout outage" in page
    assert resources["output_extension"] == ".html"


def test_a_japanese_page_carries_its_characters(build):
    """Where the font is at hand: on a machine without one the words would be boxes."""
    import io

    pytest.importorskip("noto_cjk_sans_jp_regular")
    from fontTools.ttLib import TTFont

    words = "勤務表を開けない状態"
    page, check = make_html(read_document(build.notebook(build.markdown(f"# X\n\n{words} abc"))), live=False)
    assert check.passed
    faces = re.findall(r'font-family:"Noto Sans CJK JP";src:url\(data:font/woff;base64,([^)]+)\)', page)
    (font,) = [TTFont(io.BytesIO(base64.b64decode(face))) for face in faces]
    assert {ord(char) for char in words} <= set(font.getBestCmap())
    assert ord("a") not in font.getBestCmap()
    latin, _ = make_html(read_document(build.notebook(build.markdown("# X\n\nabc"))), live=False)
    assert 'font-family:"Noto Sans CJK JP"' not in latin
