"""Bursts of like alerts: events of machines that differ in numbers and ids only, close after each other."""

from __future__ import annotations

from typing import Final

import pandas as pd

from pmkit import schema

BURST_COLUMNS: Final = (
    "burst_id", "start_at", "end_at", "count", "source", "actor", "place", "template", "text", "event_ids",
)  # fmt: skip

# Kinds that people never write; in Slack the messages of apps and bots come beside them.
_MACHINE_KINDS: Final = ("bot", "alert", "trigger", "notify", "resolve", "log", "snooze", "assign")
# Ids: of UUIDs, of hashes, and words in which digits and letters mix from early on.
_IDS: Final = (
    r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{8,}\b|\b[a-z]{0,3}[0-9][0-9a-z]{4,}\b"
)
# `p95` and `KIX1` are names; `AR-1207`, `14:02` and `1,406` are not.
_NUMBERS: Final = r"(^|[^A-Za-z0-9])[0-9]+(?:[.,:][0-9]+)*"
_TEMPLATE_LENGTH: Final = 300  # characters; what differs only further on is alike


def mask_texts(texts: pd.Series) -> pd.Series:
    """The texts with their numbers and ids as `#`: the same for alerts that are alike."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pa.array(texts.to_numpy(dtype=object), type=pa.large_string())
    short = pc.utf8_slice_codeunits(whole, 0, _TEMPLATE_LENGTH)
    masked = pc.replace_substring_regex(short, pattern=_IDS, replacement="#")
    masked = pc.replace_substring_regex(masked, pattern=_NUMBERS, replacement=r"\1#")
    spaced = pc.replace_substring_regex(masked, pattern=r"\s+", replacement=" ")
    return pd.Series(spaced.to_pandas(), dtype="str").set_axis(texts.index)


def find_bursts(events: pd.DataFrame, *, gap: str = "5min", at_least: int = 3) -> pd.DataFrame:
    """Runs of like alerts of one source, sender and place with no more than `gap` between two, in order.

    One row per burst of `at_least` events: `burst_id` (id of its first event), `start_at` and `end_at` (UTC),
    `count`, `source`, `actor`, `place`, `template` (numbers and ids as `#`), `text` of the first, and
    `event_ids` (a space between, in order of time).
    """
    machine = events["kind"].isin(_MACHINE_KINDS) | events["slack_is_bot"]
    alerts = events.loc[machine & events["time"].notna() & (events["text"] != "")]
    alerts = alerts[["event_id", "time", "source", "actor", "place", "text"]]
    alerts = alerts.assign(template=mask_texts(alerts["text"]))
    alike = ["source", "actor", "place", "template"]
    group = alerts.groupby(alike, sort=False).ngroup()
    alerts = alerts.assign(group=group).sort_values(["group", "time"], kind="stable")
    pause = alerts["time"].diff() > pd.Timedelta(gap)
    run = (pause | (alerts["group"] != alerts["group"].shift())).cumsum()
    alerts = alerts.assign(run=run)[run.map(run.value_counts()) >= at_least]
    if alerts.empty:
        return _no_bursts()
    runs = alerts.groupby("run", sort=False)
    bursts = runs.agg(
        burst_id=("event_id", "first"),
        start_at=("time", "first"),
        end_at=("time", "last"),
        count=("event_id", "size"),
        **{name: (name, "first") for name in (*alike, "text")},
        event_ids=("event_id", " ".join),
    )
    bursts = bursts.sort_values(["start_at", "burst_id"], ignore_index=True)
    return bursts[list(BURST_COLUMNS)]


def _no_bursts() -> pd.DataFrame:
    dtypes = {"start_at": schema.TIME_DTYPE, "end_at": schema.TIME_DTYPE, "count": "int64"}
    return pd.DataFrame({name: pd.Series(dtype=dtypes.get(name, "str")) for name in BURST_COLUMNS})
