"""Widgets in a real browser without Jupyter: their own JavaScript, a model that only remembers, real keys."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

STATIC = Path(__file__).parents[2] / "pmkit" / "widgets" / "static"
AXE = "axe-core@4.14.1"

# What a widget knows of Jupyter: get, set, send, on, off. `hear` plays Python's side; `gone` a dead kernel.
MODEL = """
() => {
  window.mountWidget = async (source, css, state, count) => {
    const listeners = {};
    window.sent = [];
    window.gone = false;
    const on = (names, run) => names.split(/\\s+/).forEach((name) => (listeners[name] ??= []).push(run));
    const off = (names, run) => names.split(/\\s+/).forEach((name) => {
      listeners[name] = (listeners[name] ?? []).filter((one) => one !== run);
    });
    const send = (message) => {
      if (window.gone) throw new Error("Cannot send");
      if (message.op !== "ping") window.sent.push(message);
    };
    const model = { get: (name) => state[name], set: (name, value) => {
      state[name] = value;
      (listeners[`change:${name}`] ?? []).forEach((run) => run());
    }, save_changes: () => {}, send, on, off };
    window.model = model;
    window.hear = (message) => (listeners["msg:custom"] ?? []).forEach((run) => run(message, []));
    window.tell = (name) => (listeners[name] ?? []).forEach((run) => run());
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const widget = (await import(address)).default;
    const began = performance.now();
    await widget.initialize?.({ model });
    window.dispose = [];
    for (let i = 0; i < count; i++) {
      const el = document.createElement("div");
      document.body.append(el);
      window.dispose.push(await widget.render({ model, el }));
    }
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    window.paintedIn = performance.now() - began;
  };
}
"""
DARK = """
:root { --jp-ui-font-color1: #fff; --jp-layout-color1: #111; --jp-brand-color1: #2196f3; }
body { background: #111; color: #fff; }
"""


class Mounted:
    """One widget on a page of its own."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def sent(self) -> list[dict[str, Any]]:
        """What the widget sent to Python, in order."""
        return list(self.page.evaluate("window.sent"))

    def last(self, op: str) -> dict[str, Any]:
        """The last message of that kind."""
        return next(message for message in reversed(self.sent) if message["op"] == op)

    def ops(self) -> list[str]:
        """The kinds of messages sent, without mere selections."""
        return [message["op"] for message in self.sent if message["op"] != "select"]

    def hear(self, **message: Any) -> None:
        """What Python would send."""
        self.page.evaluate("message => window.hear(message)", message)

    def set(self, name: str, value: Any) -> None:
        """What a change of a trait would do."""
        self.page.evaluate("([name, value]) => window.model.set(name, value)", [name, value])

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type text."""
        self.page.keyboard.type(text)

    def text(self, selector: str) -> str:
        """The text of an element."""
        return str(self.page.locator(selector).first.inner_text())


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Chromium, without a sandbox: CI runs as root."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("PMKIT_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def mount(chromium: Any) -> Iterator[Callable[..., Mounted]]:
    """`mount("grid", state)`: the widget `static/grid.js` with `grid.css` over a model that holds `state`."""
    contexts: list[Any] = []
    pages: list[Mounted] = []

    def make(
        name: str, state: dict[str, Any], *, dark: bool = False, width: int = 1000, views: int = 1
    ) -> Mounted:
        context = chromium.new_context(viewport={"width": width, "height": 700}, timezone_id="UTC")
        contexts.append(context)
        mounted = Mounted(context.new_page())
        pages.append(mounted)
        theme = f'data-jp-theme-light="{"false" if dark else "true"}"'
        mounted.page.set_content(
            f"<!doctype html><html lang=en><title>Widget</title><body {theme}></body></html>"
        )
        if dark:
            mounted.page.add_style_tag(content=DARK)
        mounted.page.evaluate(MODEL)
        source, css = ((STATIC / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
        mounted.page.evaluate("parts => window.mountWidget(...parts)", [source, css, state, views])
        return mounted

    yield make
    for context in contexts:
        context.close()
    assert [error for mounted in pages for error in mounted.errors] == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core: from `PMKIT_AXE`, the cache or npm; without any the test is skipped."""
    given = os.environ.get("PMKIT_AXE")
    if given:
        return Path(given).read_text(encoding="utf-8")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pmkit-tests"
    script = cache / f"{AXE}.js"
    if not script.exists():
        if shutil.which("npm") is None:
            pytest.skip("axe-core is not here, and there is no npm to fetch it; set PMKIT_AXE to axe.min.js")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:  # tests run side by side
            command = ["npm", "pack", AXE, "--silent"]
            run = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
            )
            archives = list(Path(folder).glob("axe-core-*.tgz"))
            if run.returncode or not archives:
                pytest.skip(f"axe-core could not be fetched with npm: {run.stderr.strip()[-200:]}")
            with tarfile.open(archives[0]) as archive:
                archive.extract("package/axe.min.js", folder, filter="data")
            (Path(folder) / "package" / "axe.min.js").replace(script)
    return script.read_text(encoding="utf-8")


@pytest.fixture
def violations(axe: str) -> Callable[[Mounted], list[str]]:
    """`violations(mounted)`: what axe-core finds wrong on the page, one line each."""

    def find(mounted: Mounted) -> list[str]:
        mounted.page.evaluate(axe)
        found = mounted.page.evaluate(
            "() => axe.run(document.body.querySelector('div'), { resultTypes: ['violations'] })"
        )
        return [
            f"{problem['id']}: {node['html'][:160]} {node['failureSummary']}"
            for problem in found["violations"]
            for node in problem["nodes"]
        ]

    return find
