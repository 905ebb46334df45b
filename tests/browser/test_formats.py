"""The formats that browsers open, in a real one: with payloads in every field nothing runs and nothing is
fetched; pages fit their screen."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pmkit.export.document import Document, read_document
from pmkit.export.drawing import draw_figures
from pmkit.export.formats import FORMATS, Options

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HERE = Path(__file__).parents[1] / "export"
SHIPPED = Path(__file__).parents[2] / "report_templates" / "postmortem.ipynb"
OPENED = ("html", "lite", "md", "confluence", "svg")


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{name}_for_browser", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


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
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The hostile report, its charts drawn by the built-in engine."""
    workspace = _load("hostile").make_hostile(tmp_path_factory.mktemp("hostile") / "hostile")
    notebook = _load("runner").run_notebook(workspace, SHIPPED, without="run_checks")
    return draw_figures(read_document(notebook))


@pytest.fixture(scope="module")
def pages(document: Document, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """What a browser opens of each format. Markdown and the Confluence page are put into a bare page, without
    the policies of the sites that show them."""
    out: dict[str, list[Path]] = {}
    for name in OPENED:
        folder = tmp_path_factory.mktemp(name)
        finished = FORMATS[name].make(document, "report", Options())
        assert finished.check.passed, (name, finished.check.all_problems())
        finished.write(folder)
        files = [folder / each for each in finished.files]
        out[name] = [_opened(name, files[0]), *(path for path in files[1:] if path.suffix == ".svg")]
    return out


def _opened(name: str, path: Path) -> Path:
    text = path.read_text(encoding="utf-8")
    if name == "md":
        from markdown_it import MarkdownIt

        page = path.with_suffix(".html")
        body = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(text)
        page.write_text(f"<!doctype html><meta charset=utf-8><title>md</title>{body}", encoding="utf-8")
        return page
    if name == "confluence":
        page = path.with_suffix(".xhtml")
        spaces = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:ac="urn:ac" xmlns:ri="urn:ri"'
        page.write_text(
            f"<html {spaces}><head><title>c</title></head><body>{text}</body></html>", encoding="utf-8"
        )
        return page
    return path


ODD = """() => ({
  ran: window.__x === undefined ? null : window.__x,
  on: [...document.querySelectorAll('*')].filter(
    e => [...e.attributes].some(a => a.name.toLowerCase().startsWith('on'))).length,
  links: [...document.querySelectorAll('a')].map(a => a.getAttribute('href') || '').filter(
    h => !/^(https?:|mailto:|#)/.test(h)).length,
  odd: document.querySelectorAll('iframe, object, embed, form, input, base, foreignObject').length,
})"""


@pytest.mark.parametrize("name", OPENED)
def test_nothing_runs_and_nothing_is_fetched(browser: Any, pages: dict[str, list[Path]], name: str) -> None:
    """Opened, scrolled and clicked, a format stays what was written, and asks only for its own images."""
    for path in pages[name]:
        context = browser.new_context(viewport={"width": 1200, "height": 900})
        page = context.new_page()
        asked: list[str] = []
        dialogs: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("dialog", lambda dialog, dialogs=dialogs: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri())
        if name == "html":
            page.wait_for_selector("html[data-charts=ready]", state="attached", timeout=60_000)
        page.mouse.wheel(0, 20_000)
        page.mouse.click(300, 300)
        own = (path.as_uri(), f"{path.parent.as_uri()}/report-figures/", "data:", "blob:")
        assert [url for url in asked if not url.startswith(own)] == []
        assert dialogs == []
        assert page.evaluate(ODD) == {"ran": None, "on": 0, "links": 0, "odd": 0}
        context.close()


@pytest.mark.parametrize("width", [380, 1200])
def test_the_page_without_scripts_fits_its_screen(
    browser: Any, pages: dict[str, list[Path]], width: int
) -> None:
    """On a phone wide tables scroll inside their frame; the page itself never does."""
    page = browser.new_page(viewport={"width": width, "height": 900}, java_script_enabled=True)
    page.goto(pages["lite"][0].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("img").count() == 2
    assert all(page.evaluate("[...document.images].map(i => i.complete && i.naturalWidth > 100)"))
    page.close()


def test_chrome_prints_the_report(document: Document) -> None:
    """The second engine's PDF passes its check, payloads and all, and holds every heading as a bookmark."""
    from pmkit.export.chrome import print_pdf

    data, check = print_pdf(document)
    assert check.passed, check.all_problems()
    assert data.startswith(b"%PDF-")
    assert b"/JavaScript" not in data
