"""What plotly.js draws on pmkit's own DOM is what it draws in a real browser."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pmkit.export.svg import SvgEngine
from pmkit.export.svg.metrics import FACES, source_sans_pro

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 900, 420
FIGURES = {
    path.stem: path
    for path in sorted((Path(__file__).parents[1] / "export" / "svg" / "figures").glob("*.json"))
}

# Most lie within 0.1 pixels. The room left for a label can differ by about a pixel, because
# browsers kern and add the ink that hangs over a glyph's advance (README, "Known differences").
PIXELS_APART = 2.0
SHARE_OF_PIXELS = 0.02
GREY_LEVELS = 32

COMPARED = {
    "tick labels": ".xtick text, .ytick text, .cbaxis text",
    "titles": ".gtitle, .xtitle, .ytitle",
    "axes": ".xgrid, .ygrid, .zl, .xlines-above, .ylines-above, path.ticks",
    "marks": "path.point, .point path, .js-line, .js-fill, .slice path, .sankey-link, .node-rect, .hm image",
    "shapes": ".shapelayer path",
    "annotations": ".annotation-text, .annotation-arrow-g path",
    "legends": ".legend text, .legend path, .legend rect.bg",
    "labels": ".textpoint text, .bartext, .slicetext, .node-label, .cell-text, .cell-rect",
}

MEASURE = """([selector, holder]) => {
  const box = document.getElementById(holder).getBoundingClientRect();
  return [...document.getElementById(holder).querySelectorAll(selector)]
    .map((element) => element.getBoundingClientRect())
    .filter((rect) => rect.width || rect.height)
    .map((rect) => [rect.left - box.left, rect.top - box.top, rect.width, rect.height]);
}"""

DRAW = """async (figure) => {
  const holder = document.getElementById("browser");
  holder.innerHTML = "";
  await Plotly.newPlot(holder, figure.data, figure.layout, {staticPlot: true});
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page with plotly.js, the kit's font, and a holder for either drawing."""
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium here")
    rules = []
    for name, path in source_sans_pro().items():
        weight, italic = FACES[name]
        data = base64.b64encode(path.read_bytes()).decode()
        rules.append(
            f"@font-face {{ font-family: 'Source Sans Pro'; font-weight: {weight};"
            f"font-style: {'italic' if italic else 'normal'}; src: url(data:font/ttf;base64,{data}) }}"
        )
    rules.append("body { margin: 0 } svg { display: block }")
    rules.append(f"#browser, #pmkit {{ width: {WIDTH}px; height: {HEIGHT}px }}")
    plotly = find_spec("plotly")
    assert plotly is not None
    script = Path(plotly.submodule_search_locations[0]) / "package_data" / "plotly.min.js"  # type: ignore[index]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--font-render-hinting=none", "--host-resolver-rules=MAP * ~NOTFOUND"],
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": 2 * HEIGHT})
        page.set_content(f"<style>{''.join(rules)}</style><div id=browser></div><div id=pmkit></div>")
        page.add_script_tag(path=str(script))
        # A face loads when first asked for; a measurement must not come before.
        page.evaluate("Promise.all([...document.fonts].map((face) => face.load()))")
        yield page
        browser.close()


@pytest.fixture(scope="module")
def engine() -> Iterator[SvgEngine]:
    with SvgEngine() as engine:
        yield engine


@pytest.fixture(params=FIGURES)
def both(request: pytest.FixtureRequest, page: Any, engine: SvgEngine) -> Any:
    """The page, showing one sample drawn by the browser and by pmkit."""
    text = FIGURES[request.param].read_text(encoding="utf-8")
    # Which font draws other scripts and emoji, and how wide, is the machine's affair.
    figure = json.loads(re.sub("[^\x00-\u024f\u2010-\u2193]", "", text))
    figure["layout"] |= {"width": WIDTH, "height": HEIGHT}
    page.evaluate(DRAW, figure)
    svg = engine.render(figure, width=WIDTH, height=HEIGHT)
    page.evaluate("(svg) => { document.getElementById('pmkit').innerHTML = svg }", svg)
    return page


def test_geometry(both: Any) -> None:
    """Labels, axes, marks, shapes and legends stand where the browser puts them."""
    compared = 0
    for what, selector in COMPARED.items():
        theirs = both.evaluate(MEASURE, [selector, "browser"])
        ours = both.evaluate(MEASURE, [selector, "pmkit"])
        assert len(ours) == len(theirs), what
        for our, their in zip(ours, theirs, strict=True):
            assert our == pytest.approx(their, abs=PIXELS_APART), what
        compared += len(ours)
    assert compared > 0


def test_pixels(both: Any) -> None:
    """Seen as a picture, at most two pixels in a hundred differ."""
    image = pytest.importorskip("PIL.Image")
    chops = pytest.importorskip("PIL.ImageChops")
    theirs, ours = (
        image.open(io.BytesIO(both.locator(holder).screenshot())).convert("L")
        for holder in ("#browser", "#pmkit")
    )
    apart = chops.difference(theirs, ours).histogram()[GREY_LEVELS + 1 :]
    assert sum(apart) / (WIDTH * HEIGHT) <= SHARE_OF_PIXELS
