"""Loaders: the files of one source in, the events frame out. One source, one room.

`load_evidence` picks the loader by the source's name, `recognise` tells the source from the content.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders import pagerduty, slack


class Source(NamedTuple):
    """What the kit can do with one source's files."""

    load: Callable[[str | Path], pd.DataFrame]
    recognise: Callable[[str | Path], bool]
    find_incompleteness: Callable[[str | Path], str]


SOURCES: Final = {
    "slack": Source(slack.load_slack_export, slack.is_slack_export, slack.find_incompleteness),
    "pagerduty": Source(
        pagerduty.load_pagerduty_log, pagerduty.is_pagerduty_log, pagerduty.find_incompleteness
    ),
}


def load_evidence(path: str | Path, source: str) -> pd.DataFrame:
    """The events of one evidence file (or folder) of `source`; columns of `pmkit.schema.EVENTS`.

    `ref` begins with the file's own name; the workspace puts the folder before it.
    Raises `EvidenceError` when the source has no loader or the file cannot be used.
    """
    return _source(path, source).load(path)


def find_incompleteness(path: str | Path, source: str) -> str:
    """One sentence on what the file itself shows to be missing, for `evidence.csv`; "" if nothing."""
    return _source(path, source).find_incompleteness(path)


def recognise(path: str | Path) -> str | None:
    """The source of a file or folder, told from its content; None when no loader knows it."""
    return next((name for name, source in SOURCES.items() if source.recognise(path)), None)


def _source(path: str | Path, source: str) -> Source:
    if source not in SOURCES:
        known = ", ".join(SOURCES)
        raise EvidenceError(path, "", f"no loader for source {source!r}.", f"Known: {known}.")
    return SOURCES[source]
