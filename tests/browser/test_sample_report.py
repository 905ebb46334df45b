"""The sample's finished HTML, opened in Chromium from disk with the network off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pmkit.report import publish
from pmkit.workspace import Workspace

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    incident = tmp_path_factory.mktemp("browser") / "checkout-failure"
    source = Path(__file__).parents[2] / "data" / "checkout-failure"
    shutil.copytree(source, incident, ignore=shutil.ignore_patterns("report", ".cache"))
    at = datetime(2026, 11, 10, 16, 30, tzinfo=UTC)
    return publish(Workspace.open(incident), to=["html"], now=at)[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (360, "light")])
def test_axe_finds_nothing_wrong(
    browser: playwright.Browser, page_file: Path, axe: str, width: int, scheme: str
) -> None:
    """No violation of axe-core, live charts and all; the page never scrolls sideways."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-charts=ready]", state="attached")
    page.evaluate(axe)
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:160]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("width", [1400, 420])
def test_the_report_is_whole_without_a_network(
    browser: playwright.Browser, page_file: Path, width: int
) -> None:
    """All three charts are drawn live, nothing is asked of the network, the console stays silent."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.context.set_offline(True)
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-charts=ready]", state="attached")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert said == []
    assert page.locator(".js-plotly-plot .plot-container").count() == 3
    points = page.locator(".js-plotly-plot .scatterlayer .point").count()
    bars = page.locator(".js-plotly-plot .barlayer .point").count()
    assert points >= 25
    assert bars >= 100
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
