"""The PDF by an installed Chrome, for who wants the page's own look on paper; Typst needs no browser.

Chrome prints the page without live charts and is kept from the network. Its PDF has bookmarks and tags but
claims no PDF/UA, and its contents have no page numbers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pmkit.errors import RenderError
from pmkit.export.document import Document
from pmkit.export.html import make_html
from pmkit.export.selfcheck import Check, check_printed

SECONDS: Final = 120
_NAMES: Final = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
    "microsoft-edge",
)  # fmt: skip
_PLACES: Final = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ),
}


def find_chrome() -> Path:
    """The Chrome, Chromium or Edge of this machine; `PMKIT_CHROME` names another one.

    Raises `RenderError` when there is none.
    """
    named = os.environ.get("PMKIT_CHROME", "")
    if named:
        if not Path(named).is_file():
            raise RenderError(f"PMKIT_CHROME: expected the program of a Chrome, found no file {named}.")
        return Path(named)
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    found = found or next(filter(os.path.isfile, _PLACES.get(sys.platform, ())), None)
    if found is None:
        raise RenderError(
            "the PDF engine `chrome` needs an installed Chrome, Chromium or Edge, and there is none. Install "
            "one, name it in PMKIT_CHROME, or leave the engine out: Typst sets the PDF without a browser."
        )
    return Path(found)


def print_pdf(document: Document, *, cache: Path | None = None) -> tuple[bytes, Check]:
    """The PDF of a document whose figures are drawn, printed by Chrome, and what its self-check found.

    Raises `RenderError` when there is no Chrome or it prints nothing.
    """
    chrome = find_chrome()
    page, check = make_html(document, live=False, cache=cache)
    if problems := check.all_problems():
        return b"", Check("PDF by Chrome", {}, problems)
    with TemporaryDirectory(prefix="pmkit-chrome-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_text(page, encoding="utf-8", errors="replace")
        said = _run(_command(chrome, Path(folder), source, target))
        if not target.is_file() or not target.stat().st_size:
            raise RenderError(f"{chrome} printed nothing: {said}. Try the engine `typst`.")
        data = target.read_bytes()
    return data, check_printed(data, document)


def _command(chrome: Path, folder: Path, source: Path, target: Path) -> list[str]:
    # Chrome refuses its sandbox to root, as in a container
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [
        str(chrome), "--headless", *(["--no-sandbox"] if is_root else []), "--disable-gpu",
        "--disable-extensions", "--no-first-run", "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}",
        "--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={target}",
        source.as_uri(),
    ]  # fmt: skip


def _run(command: list[str]) -> str:
    """What Chrome said last; raises `RenderError` when it does not come to an end."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise RenderError(f"{command[0]} gave no PDF within {SECONDS} s. Try the engine `typst`.") from error
    except OSError as error:
        raise RenderError(f"{command[0]}: cannot be run: {error.strerror}.") from error
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else f"exit code {done.returncode}"
