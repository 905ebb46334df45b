"""From a permalink of Slack to the event it points at."""

from __future__ import annotations

import re

import pandas as pd

from pmkit.errors import PmkitError

# https://acme.slack.com/archives/C024BE91L/p1710484200000100?thread_ts=…&cid=…
_PERMALINK = re.compile(
    r"https://[a-z0-9.-]+\.slack\.com/archives/([A-Z0-9]+)/p(\d{9,10})(\d{6})(?:[?#]\S*)?", re.ASCII
)


def find_permalink(events: pd.DataFrame, url: str) -> pd.DataFrame:
    """The event that a permalink of Slack points at: one row, or none when it is not among `events`.

    Where an export has no index, its folders stand for channel ids; then the message of that very moment is
    taken if there is but one.

    Raises `PmkitError` for what is no permalink.
    """
    match = _PERMALINK.fullmatch(url.strip().strip("<>"))
    if match is None:
        expected = "https://<workspace>.slack.com/archives/<channel>/p1710484200000100"
        raise PmkitError(f"expected a permalink of Slack, as {expected}, found {url[:80]!r}")
    channel, ts = match[1], f"{match[2]}.{match[3]}"
    found = events[events["event_id"] == f"slack:{channel}:{ts}"]
    if len(found):
        return found
    same_ts = events[(events["slack_ts"] == ts) & events["event_id"].str.endswith(f":{ts}")]
    nameless = same_ts[~same_ts["slack_channel_id"].str.fullmatch(r"[CDG][A-Z0-9]{6,}")]
    return nameless if len(nameless) == 1 else events.iloc[:0]
