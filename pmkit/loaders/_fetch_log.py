"""The log that `pmkit fetch` keeps beside its pages: what was asked, what came, and whether that is all.

Lines of JSON: the first says what was asked, each of the next names a page, the last holds the verdict.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

LOG: Final = "fetch.log"


class FetchLog(NamedTuple):
    """What a log holds, as far as it can be read; `verdict` is {} while the fetch is not through."""

    asked: Mapping[str, Any]
    pages: tuple[Mapping[str, Any], ...]
    verdict: Mapping[str, Any]

    @property
    def is_complete(self) -> bool:
        """Whether all came that was asked for."""
        return bool(self.verdict.get("is_complete"))


def read_fetch_log(folder: str | Path) -> FetchLog | None:
    """The log of a folder that was fetched; None for any other. Half a line, left by a crash, is no line."""
    path = Path(folder) / LOG
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return None
    said = [line for text in lines if isinstance(line := _parsed(text), dict)]
    if not said or "asked" not in said[0]:
        return None
    pages = tuple(line for line in said if "page" in line)
    verdict = next((line for line in reversed(said) if "verdict" in line), {})
    return FetchLog(said[0], pages, verdict)


def fetched_verdict(path: str | Path) -> str | None:
    """One sentence on whether a fetched folder is complete; None for what was not fetched."""
    log = read_fetch_log(path)
    if log is None:
        return None
    return str(log.verdict.get("verdict") or "incomplete: the fetch was stopped; run it again to finish it")


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
