"""Slack: the messages of a workspace as events, whatever they were saved with."""

from __future__ import annotations

from typing import Final

from pmkit.loaders._format import Format
from pmkit.loaders.slack.export import (
    find_incompleteness,
    is_slack_export,
    load_slack_export,
    root_of,
)
from pmkit.loaders.slack.message import KINDS

__all__ = ["FORMATS", "KINDS", "find_incompleteness", "is_slack_export", "load_slack_export"]

FORMATS: Final = (
    Format(
        "slack-export", "slack", "a Slack export",
        recognise=lambda glimpse: is_slack_export(glimpse.path),
        load=load_slack_export,
        find_incompleteness=find_incompleteness,
        root=root_of,
    ),
)  # fmt: skip
