"""From a message in Slack to an event on the timeline or a decision: by its link, or by a reaction to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import pandas as pd

from pmkit.errors import IntegrationError
from pmkit.integrations.credentials import Account, account
from pmkit.integrations.retrying import Patience
from pmkit.integrations.slack import fetch_slack
from pmkit.loaders.slack.permalink import find_permalink
from pmkit.session import include_events, promote_decision
from pmkit.workspace import Workspace

As = Literal["event", "decision"]

_PERMALINK: Final = re.compile(r"/archives/([A-Z0-9]+)/p(\d{9,10})(\d{6})", re.ASCII)
_REACTION: Final = re.compile(r":?([\w+'-]+?)(?:::skin-tone-\d)?:?", re.ASCII)


@dataclass(frozen=True)
class Picked:
    """A message that was picked: its event, its words, and what that changed; "" where nothing did."""

    event_id: str
    text: str
    change: str


def pick_messages(
    workspace: Workspace,
    links: Sequence[str] = (),
    *,
    reaction: str = "",
    channel: str = "",
    as_: As = "event",
    env: Mapping[str, str] | None = None,
    fetched: Callable[[str], None] = lambda words: None,
    found: Account | None = None,
) -> list[Picked]:
    """Put messages on the timeline, or make decisions of them; each once, however often it is asked for.

    Parameters
    ----------
    links : permalinks of Slack; a message that is not in the evidence yet is fetched into it
    reaction : all messages of the evidence that somebody gave this reaction, as `pushpin`
    channel : only those of this channel
    as_ : `event` or `decision`; the event is the decision's evidence
    env : the environment to find Slack's token in, needed only where something has to be fetched
    fetched : called with words about what is fetched

    Raises `IntegrationError` for a message that Slack does not have, or a reaction that nobody gave.
    """
    ids: list[str] = []
    for link in links:
        row = find_permalink(workspace.events(), link)
        if row.empty:
            fetched(f"fetching {link}")
            _fetch(workspace, link, found or account("slack", workspace.incident.connections, env))
            row = find_permalink(workspace.events(), link)
        if row.empty:
            raise IntegrationError(f"Slack: there is no message at {link}, or the app is not in its channel")
        ids.append(str(row["event_id"].iloc[0]))
    if channel and not reaction:
        raise IntegrationError("Slack: a channel goes with a reaction; a link names its channel itself")
    events = workspace.events()
    if reaction:
        ids += list(find_reaction(events, reaction, channel)["event_id"])
    texts = dict(zip(events["event_id"], events["text"], strict=True))
    return [_picked(workspace, name, str(texts.get(name, "")), as_) for name in dict.fromkeys(ids)]


def find_reaction(events: pd.DataFrame, reaction: str, channel: str = "") -> pd.DataFrame:
    """The messages that somebody gave this reaction, rows of `events`; in one channel only, if it is named.

    Raises `IntegrationError` where there is none, naming the reactions, or the channels, that there are.
    """
    if channel:
        places = events.loc[events["source"] == "slack", "place"]
        events = events[events["place"] == f"#{channel.removeprefix('#')}"]
        if events.empty:
            there = ", ".join(sorted(places.unique())) or "none"
            raise IntegrationError(f"Slack: nothing of “{channel}” is in the evidence; there are {there}")
    match = _REACTION.fullmatch(reaction.strip())
    wanted = match[1] if match else reaction
    given = events["slack_reactions"].map(_names)
    hits = events[given.map(lambda names: wanted in names)]
    if hits.empty:
        known = sorted({name for names in given for name in names})
        raise IntegrationError(
            f"Slack: no message in the evidence has the reaction “{wanted}”; there are "
            f"{', '.join(known) or 'none'}. Reactions that were given since are there after `pmkit fetch`"
        )
    return hits


def _names(text: object) -> list[str]:
    """`eyes 3, +1 2` → its names, without the tone of a skin."""
    words = [part.strip().rpartition(" ")[0] for part in str(text or "").split(",")]
    return [word.partition("::")[0] for word in words if word]


def _picked(workspace: Workspace, event_id: str, text: str, as_: As) -> Picked:
    change: Any
    if as_ == "decision":
        change = promote_decision(workspace, event_id)
        told = change.note if not change.added else f"is decision {change.added[0]} now"
    else:
        change = include_events(workspace, event_id)
        told = "is on the timeline now" if change else ""
    return Picked(event_id, text, told)


def _fetch(workspace: Workspace, link: str, found: Account) -> None:
    """The message alone into the evidence, with its thread and who wrote it."""
    match = _PERMALINK.search(link)
    if match is None:
        raise IntegrationError(f"Slack: {link} is no link to a message")
    at = datetime.fromtimestamp(int(match[2]), UTC) + timedelta(microseconds=int(match[3]))
    thread = re.search(r"[?&]thread_ts=(\d{9,10})\.(\d{6})", link)
    if thread:  # a reply is read with the message that it hangs on
        at = datetime.fromtimestamp(int(thread[1]), UTC) + timedelta(microseconds=int(thread[2]))
    span = timedelta(microseconds=1)
    fetch_slack(workspace, [match[1]], account=found, since=at, until=at + span, patience=Patience())
