"""Slack: messages as events, whatever they were saved with. One room for each form they come in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders.slack import archive, export, log, pages
from pmkit.loaders.slack.archive import load_slack_archive
from pmkit.loaders.slack.export import load_slack_export
from pmkit.loaders.slack.index import CHANNEL_INDEXES, USER_INDEXES
from pmkit.loaders.slack.log import load_slack_log
from pmkit.loaders.slack.message import KINDS
from pmkit.loaders.slack.pages import load_slack_pages
from pmkit.loaders.slack.permalink import find_permalink

__all__ = [
    "FORMATS", "KINDS", "find_permalink", "load_slack_archive", "load_slack_export", "load_slack_log",
    "load_slack_pages",
]  # fmt: skip

_NAMES: Final = (*sorted(USER_INDEXES), *sorted(CHANNEL_INDEXES))

# What can be told from the names inside, and is not loaded: why, and what to do.
_REFUSED: Final = (
    (
        re.compile(r"(?:.*/)?(?:channels|groups|dms|mpims)/(?:.*/)?[^/]+\.txt"),
        "is an export as text, whose lines carry no ids and no zone.",
        "Export the workspace as JSON, or save the channel from the API.",
    ),
    (
        re.compile(r"(?:.*/)?messages-\d+\.ndjson(?:\.gz)?"),
        "is an export of the Discovery API, which is not supported.",
        "Export the workspace as JSON, or save the channel from the API.",
    ),
)


def _refusal(glimpse: Glimpse) -> tuple[str, str] | None:
    for pattern, problem, hint in _REFUSED:
        if any(map(pattern.fullmatch, glimpse.members)):
            return problem, hint
    return None


def _refuse(path: str | Path) -> pd.DataFrame:
    problem, hint = _refusal(Glimpse(path)) or ("is no export of Slack that can be loaded.", "")
    raise EvidenceError(path, "", problem, hint)


FORMATS: Final = (
    Format(
        "slack-export", "slack", "a Slack export",
        recognise=lambda glimpse: export.is_export(glimpse.path),
        load=load_slack_export,
        find_incompleteness=export.find_incompleteness,
        root=export.root_of,
    ),
    Format(
        "slack-archive", "slack", "an archive of slackdump",
        recognise=archive.is_archive,
        load=load_slack_archive,
        find_incompleteness=archive.find_incompleteness,
        root=archive.root_of,
    ),
    Format(
        "slack-log", "slack", "a log of Slack's events",
        recognise=log.is_log,
        load=load_slack_log,
        find_incompleteness=log.find_incompleteness,
    ),
    Format(
        "slack-dump", "slack", "a dump of slackdump",
        recognise=pages.is_dump,
        load=load_slack_pages,
        options=("channel",),
        find_incompleteness=pages.find_incompleteness,
        companions=_NAMES,
    ),
    Format(
        "slack-pages", "slack", "answers of Slack's API",
        recognise=pages.is_pages,
        load=load_slack_pages,
        options=("channel",),
        find_incompleteness=pages.find_incompleteness,
        companions=_NAMES,
    ),
    Format(
        "slack-other", "slack", "a Slack export of another kind",
        recognise=lambda glimpse: _refusal(glimpse) is not None,
        load=_refuse,
    ),
)  # fmt: skip
