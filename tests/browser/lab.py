"""A throw-away JupyterLab, and a notebook in it as somebody sees it: run, click, reload, restart.

Nothing of the user's own settings counts, and nothing leaves the machine: what a page asks for elsewhere is
refused and remembered. Every wait is for something that happens, never for time to pass.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

PATIENCE = 60.0  # seconds that anything may take on a busy machine
HOME = {"127.0.0.1", "localhost"}

SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # Every cell on the page, also those nobody has scrolled to.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
DARK = {"@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Dark"}}

# What JupyterLab itself says in the console when all is well.
NOISE = re.compile(r"favicon|Download the React DevTools")

PANEL = """
window.pmkitPanel ??= (path) => {
  const panels = [...window.jupyterapp.shell.widgets("main")];
  return panels.find((one) => one.context?.path === path);
};
"""
OPEN = """async (path) => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = window.pmkitPanel(path) ?? (await app.commands.execute("docmanager:open", { path }));
  await panel.context.ready;
  await panel.sessionContext.ready;
  app.shell.activateById(panel.id);
  await panel.revealed;
  await panel.sessionContext.session.kernel.info;
  return panel.id;
}"""
RUN = """async (path) => {
  window.jupyterapp.shell.activateById(window.pmkitPanel(path).id);
  await window.jupyterapp.commands.execute("notebook:run-all-cells");
}"""
RESTART = """async (path) => {
  const { kernel } = window.pmkitPanel(path).sessionContext.session;
  await kernel.restart();
  await kernel.info;
}"""
IDLE = """(path) => {
  const panel = window.pmkitPanel(path);
  const cells = panel.content.widgets.filter((cell) => cell.model.type === "code");
  return panel.sessionContext.session?.kernel?.status === "idle" &&
    cells.every((cell) => cell.model.executionState !== "running");
}"""
# The page stands still when nothing in it was changed for a while; widgets paint after their cell is done.
QUIET = """([path, quiet]) => new Promise((resolve) => {
  const node = window.pmkitPanel(path).node;
  let timer = setTimeout(done, quiet);
  const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, quiet); });
  watch.observe(node, { subtree: true, childList: true, attributes: true, characterData: true });
  function done() { watch.disconnect(); resolve(true); }
})"""
PYTHON = """async ([path, code]) => {
  const { kernel } = window.pmkitPanel(path).sessionContext.session;
  const run = kernel.requestExecute({ code, store_history: false });
  let said = "";
  run.onIOPub = ({ header, content }) => {
    if (header.msg_type === "stream") said += content.text;
    if (header.msg_type === "execute_result") said += content.data["text/plain"];
    if (header.msg_type === "error") said += `${content.ename}: ${content.evalue}`;
  };
  await run.done;
  return said;
}"""
BEGIN = """([path, code]) => {
  window.pmkitPanel(path).sessionContext.session.kernel.requestExecute({ code, store_history: false });
}"""
SAVE = "(path) => window.pmkitPanel(path).context.save()"
SHUTDOWN = "(path) => window.pmkitPanel(path).sessionContext.shutdown()"
# Starts something and keeps what becomes of it: waiting for that has an end even if the server is gone.
START = """([script, given]) => {
  window.pmkitDone = null;
  Promise.resolve(eval(script)(given)).then(
    (value) => (window.pmkitDone = { value: value ?? null }),
    (error) => (window.pmkitDone = { error: String(error) }),
  );
}"""
CELLS = """(path) => window.pmkitPanel(path).content.widgets.map((cell) => {
  if (cell.model.type !== "code") return null;
  const outputs = cell.model.outputs.toJSON();
  const node = cell.outputArea.node;
  let ink = 0;
  const look = (one) => {
    if (one.nodeType === 3) { ink += one.textContent.trim() ? 1 : 0; return; }
    if (/^(style|script)$/i.test(one.tagName ?? "") || one.classList?.contains("jp-OutputPrompt")) return;
    if (/^(canvas|svg|input|select|button|textarea)$/i.test(one.tagName ?? "")) ink++;
    one.childNodes.forEach(look);
    one.shadowRoot?.childNodes.forEach(look);
  };
  look(node);
  return {
    id: cell.model.id,
    ran: cell.model.executionCount !== null,
    errors: outputs.filter((one) => one.output_type === "error").map((one) => `${one.ename}: ${one.evalue}`),
    isWidget: outputs.some((one) => "application/vnd.jupyter.widget-view+json" in (one.data ?? {})),
    broken: /Error (displaying|creating) widget|model not found|Loading widget/i.test(node.innerText),
    blank: ink === 0,
  };
}).filter(Boolean)"""


class Lab:
    """JupyterLab over the folder `root`, on a free port of the loopback, seen through `browser`."""

    def __init__(self, root: Path, browser: Any, *, dark: bool = False) -> None:
        self.root, self.browser, self.dark = root, browser, dark
        self._token = secrets.token_hex(12)
        self._log: deque[str] = deque(maxlen=200)
        self._pages: list[Any] = []

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="pmkit-lab-", ignore_cleanup_errors=True)
        own = Path(self._folder.name)
        for plugin, values in {**SETTINGS, **(DARK if self.dark else {})}.items():
            file = own / "settings" / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values), encoding="utf-8")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._server = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
                "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
                f"--IdentityProvider.token={self._token}", f"--ServerApp.root_dir={self.root}",
                "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=",
            ],
            cwd=self.root, env=_environment(own), text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._is_up = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        if not self._is_up.wait(PATIENCE) or self._server.poll() is not None:
            said = "".join(self._log)
            self.__exit__()
            raise RuntimeError(f"JupyterLab did not start:\n{said}")
        return self

    def __exit__(self, *_: object) -> None:
        for page in self._pages:
            with suppress(Exception):
                page.context.close()
        for sign in (signal.SIGTERM, signal.SIGKILL):  # its own session: the server and its kernels
            with suppress(ProcessLookupError):
                os.killpg(self._server.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(15)
                break
        self._reader.join(5)
        if self._server.stdout:
            self._server.stdout.close()
        self._folder.cleanup()

    def open(self, path: Path, *, width: int = 1400, height: int = 1000) -> Book:
        """Open a notebook under `root` on a page of its own."""
        scheme = "dark" if self.dark else "light"
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale="en-GB",
            timezone_id="UTC",
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.add_init_script(PANEL)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        self._pages.append(page)
        book = Book(page, path.relative_to(self.root).as_posix())
        page.goto(f"{self.url}/lab/tree/{quote(book.path)}?reset&token={self._token}")
        book.attach()
        return book

    def _read_log(self) -> None:
        for line in self._server.stdout or ():
            self._log.append(line)
            if self.url in line:
                self._is_up.set()
        self._is_up.set()  # it ended


class Book:
    """One notebook on a page, with what went wrong on the page so far."""

    def __init__(self, page: Any, path: str) -> None:
        self.page, self.path = page, path
        self.outside: list[str] = []
        self.console: list[str] = []
        page.context.route("**/*", self._route)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())  # "leave the page?", on a reload

    def do(self, script: str, given: object) -> Any:
        """What the asynchronous `script` gives in the page."""
        self.page.evaluate(START, [script, given])
        self.page.wait_for_function("() => window.pmkitDone")
        done = self.page.evaluate("() => window.pmkitDone")
        if "error" in done:
            raise RuntimeError(f"{self.path}: {done['error']}")
        return done["value"]

    def attach(self) -> None:
        """Wait for the notebook and its kernel."""
        self.page.wait_for_function("() => Boolean(window.jupyterapp)")
        self.id = self.do(OPEN, self.path)

    def run(self) -> None:
        """Run all cells and wait until everything is painted."""
        self.do(RUN, self.path)
        self.settle()

    def settle(self, quiet: int = 400) -> None:
        """Wait until the kernel has nothing to do and the page stands still."""
        self.page.wait_for_function(IDLE, arg=self.path)
        self.do(QUIET, [self.path, quiet])

    def save(self) -> None:
        """Save the notebook."""
        self.do(SAVE, self.path)

    def reload(self) -> None:
        """Save the notebook and load the page again; the kernel goes on."""
        self.save()
        self.page.reload()
        self.attach()
        self.settle()

    def restart(self) -> None:
        """Restart the kernel; the outputs stay as they are."""
        self.do(RESTART, self.path)

    def python(self, code: str) -> str:
        """Run code in the notebook's kernel, beside its cells; what it says."""
        return str(self.do(PYTHON, [self.path, code]))

    def begin(self, code: str) -> None:
        """Have the kernel run code, and do not wait for its end."""
        self.page.evaluate(BEGIN, [self.path, code])

    def cell(self, cell_id: str) -> Any:
        """The cell with that id, as a locator."""
        place = self.page.evaluate(
            "([path, id]) => window.pmkitPanel(path).content.widgets.findIndex((one) => one.model.id === id)",
            [self.path, cell_id],
        )
        return self.page.locator(f"#{self.id} .jp-Notebook .jp-Cell").nth(place)

    def cells(self) -> list[dict[str, Any]]:
        """What became of each code cell."""
        return list(self.page.evaluate(CELLS, self.path))

    def problems(self) -> list[str]:
        """Everything that is wrong with the notebook: no lines when all is well."""
        found = []
        for cell in self.cells():
            found += [f"{cell['id']}: {error}" for error in cell["errors"]]
            found += [f"{cell['id']}: did not run"] if not cell["ran"] else []
            if cell["isWidget"] and (cell["broken"] or cell["blank"]):
                found.append(f"{cell['id']}: the widget shows nothing")
        found += [f"asked elsewhere: {address}" for address in self.outside]
        return found + [f"console: {line}" for line in self.console]

    def wait_for(self, holds: Callable[[], object], what: str, *, within: float = PATIENCE) -> float:
        """Wait until `holds()`, which looks at the disk, say; returns the seconds that took."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > within:
                raise AssertionError(f"not within {within:g} seconds: {what}")
            self.page.wait_for_timeout(30)  # lets the page go on meanwhile
        return time.monotonic() - began

    def picture(self, path: Path) -> None:
        """The whole notebook as a picture."""
        tall = self.page.evaluate(
            "(id) => document.querySelector(`#${id} .jp-WindowedPanel-outer`)?.scrollHeight ?? 0", self.id
        )
        size = dict(self.page.viewport_size)
        self.page.set_viewport_size({**size, "height": max(size["height"], min(tall + 140, 12_000))})
        self.page.locator(f"#{self.id} .jp-WindowedPanel-outer").evaluate("(one) => one.scrollTo(0, 0)")
        self.settle()
        self.page.screenshot(path=str(path))
        self.page.set_viewport_size(size)

    def close(self) -> None:
        """End the kernel and leave the page."""
        self.do(SHUTDOWN, self.path)
        self.page.context.close()

    def _route(self, route: Any) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in ("data", "blob") or address.hostname in HOME:
            route.continue_()
            return
        self.outside.append(route.request.url)
        route.abort()

    def _hear(self, message: Any) -> None:
        if message.type == "error" and not NOISE.search(message.text):
            self.console.append(message.text[:500])


def _environment(own: Path) -> Mapping[str, str]:
    """The environment of a machine on which nobody has set up anything."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PMKIT"))}
    places = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }  # fmt: skip
    return (
        kept | {name: str(own / folder) for name, folder in places.items()} | {"JUPYTER_PLATFORM_DIRS": "1"}
    )
