"""How far the estimates of clock offsets can be trusted: generated incidents whose clocks are known.

    python benchmarks/clocks.py                       # 500 incidents of each sort
    python benchmarks/clocks.py --incidents 50

A sort is how far the clocks are off and how the bots deliver. Told are how many numbers were given for clocks
that agree, how often the true offset lay between the given bounds, how many clocks that are off were found,
and why the others were not. Last comes the time for the events of a large incident.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent))

from pmkit import schema
from pmkit.clocks import estimate_clock_offsets

START = np.datetime64("2026-11-03T07:00:00", "us")
SOURCES = ("slack", "pagerduty", "monitoring", "jira", "deploy", "statuspage")
WHOLE_SECONDS = ("pagerduty", "statuspage")
ALERTS = (
    "checkout-api: p95 latency above 900 ms", "cart: session store evictions above 50/s",
    "payments-gateway: authorizations without an order", "search-index: replication lag above 20 s",
    "email-sender: queue above 5,000", "image-resizer: pods restarted too often",
)  # fmt: skip
STATUSES = (
    "We are looking into failing checkouts", "The cause is known and a fix is on its way",
    "Checkouts work again and we keep watching", "All checkouts work as usual since nine",
)  # fmt: skip


class Told(NamedTuple):
    """An incident as its sources recorded it, and by how many seconds each of their clocks is ahead."""

    events: pd.DataFrame
    ahead: dict[str, float]

    def offset(self, source: str, reference: str) -> float:
        """What to add to the times of `source`, so that its clock agrees with that of `reference`."""
        return self.ahead[reference] - self.ahead[source]


def tell_incident(
    seed: int, *, ahead: dict[str, float] | None = None, off_by: float = 0.0, slow: float = 0.0
) -> Told:
    """A made-up incident of pages, alerts, issues, deploys and a status page, each posted in Slack by a bot.

    `ahead` says how far clocks are ahead; those it leaves out are off by up to `off_by` seconds either way.
    A share `slow` of the bots takes about a minute, or looks once a minute.
    """
    rng = np.random.default_rng(seed)
    clocks = {source: float(rng.uniform(-off_by, off_by)) for source in SOURCES} | (ahead or {})
    rows: list[dict[str, Any]] = []

    def tell(source: str, at: float, kind: str, text: str, **more: object) -> None:
        shown = at + clocks[source]
        shown = float(np.floor(shown)) if source in WHOLE_SECONDS else shown
        named = {"event_id": f"{source}:{len(rows)}", "source": source, "kind": kind, "text": text}
        rows.append(named | {"time": START + np.timedelta64(round(shown * 1e6), "us"), **more})

    def post(text: str, at: float, delivery: Callable[[], float]) -> None:
        if rng.random() < 0.92:
            tell("slack", at + delivery(), "bot", text, slack_is_bot=True)

    bots = [_bot(rng, slow) for _ in range(5)]
    _pages(rng, tell, post, bots[0])
    _alerts(rng, tell, post, bots[1])
    for n in range(rng.integers(0, 6)):
        at, key = rng.uniform(3000, 15000), f"SHOP-{1400 + n}"
        tell("jira", at, "note", f"{key} created: something to mend", jira_key=key)
        post(f"Ola created a Task: {key} something to mend", at, bots[2])
    for _ in range(rng.integers(0, 6)):
        at, commit = rng.uniform(0, 9000), f"{rng.integers(2**24, 2**28):07x}"
        tell("deploy", at, "deploy", f"shop {commit}", deploy_version=commit.ljust(40, "0"))
        post(f"`shop` {commit} deployed to production", at, bots[3])
    for n in range(rng.integers(0, 5)):
        at = 600 + n * 1800 + rng.uniform(0, 900)
        tell("statuspage", at, "status_update", f"Investigating: {STATUSES[n]}")
        post(f"*Checkout fails*\n{STATUSES[n]}", at, bots[4])
    for _ in range(60):
        tell("slack", rng.uniform(0, 12000), "message", "we look at #4127")
    return Told(_events(rows), clocks)


def _bot(rng: np.random.Generator, slow: float) -> Callable[[], float]:
    median, width, way = rng.uniform(1, 6), rng.uniform(0.2, 0.9), rng.random()

    def delivery() -> float:
        if way < slow / 2:
            return float(rng.uniform(0, 60))
        if way < slow:
            return float(median * 20 * rng.lognormal(0, 0.8))
        late = rng.uniform(30, 300) if rng.random() < 0.05 else 0.0
        return float(median * rng.lognormal(0, width) + late)

    return delivery


def _pages(rng: np.random.Generator, tell: Callable[..., None], post: Any, bot: Any) -> None:
    first = int(rng.integers(100, 9000))
    for number in range(first, first + int(rng.integers(1, 4))):
        page = {"pd_incident_number": str(number)}
        opened = rng.uniform(0, 5400)
        title = f"page {number} of the shop"
        for again in range(rng.integers(1, 4)):
            tell("pagerduty", opened + 900 * again, "trigger", f"Triggered through the API: {title}", **page)
        post(f"*Triggered* #{number} {title}", opened, bot)
        acked = opened + rng.uniform(30, 900)
        tell("pagerduty", acked, "ack", "Acknowledged by Ola", **page)
        post(f"*Acknowledged* #{number} by Ola", acked, bot)
        if rng.random() < 0.5:
            raised = acked + rng.uniform(60, 900)
            tell("pagerduty", raised, "priority", "Priority set to P1", **page)
            post(f"Priority of #{number} changed to P1", raised, bot)
        ended = acked + rng.uniform(900, 5400)
        tell("pagerduty", ended, "resolve", "Resolved by Ola", **page)
        post(f"*Resolved* #{number} by Ola", ended, bot)


def _alerts(rng: np.random.Generator, tell: Callable[..., None], post: Any, bot: Any) -> None:
    for title in rng.choice(ALERTS, rng.integers(0, 5), replace=False):
        for _ in range(rng.integers(1, 3)):
            began = rng.uniform(0, 9000)
            ended = began + rng.uniform(300, 1500)
            tell("monitoring", began, "alert", str(title), alert_id=f"id of {title}")
            post(f"[Triggered] {title}\nValue: 3", began, bot)
            tell("monitoring", ended, "resolve", f"{title} resolved", alert_id=f"id of {title}")
            post(f"[Resolved] {title}\nValue: 3", ended, bot)


def _events(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    frame["time"] = frame["time"].astype("datetime64[us]").dt.tz_localize("UTC")
    frame["slack_is_bot"] = frame["slack_is_bot"].eq(True)
    return schema.conform(frame.sort_values("time", ignore_index=True), schema.EVENTS)


def measure(count: int, **sort: Any) -> Counter[str]:
    """What became of every two sources with at least three facts in common, in so many incidents."""
    found: Counter[str] = Counter()
    for seed in range(count):
        told = tell_incident(seed, **sort)
        offsets = estimate_clock_offsets(told.events)
        false = False
        for row in offsets[offsets["pairs"] >= 3].itertuples():
            truth = told.offset(row.source, row.reference)
            off = "agree" if truth == 0 else "behind" if truth > 0 else "ahead"
            if pd.isna(row.offset_seconds):
                found[f"{off}: no number, {row.reason.rpartition(': ')[2]}"] += 1
                continue
            within = "" if row.low_seconds <= truth <= row.high_seconds else ", TRUTH OUTSIDE"
            number = "offset 0" if row.offset_seconds == 0 else f"{row.confidence} confidence"
            found[f"{off}: {number}{within}"] += 1
            false |= truth == 0 and row.offset_seconds != 0
        found["incidents with a number for clocks that agree"] += false
    return found


def large_incident(count: int) -> pd.DataFrame:
    """So many events: one incident after the other, each with ids of its own."""
    told = tell_incident(0).events
    copies = [
        told.assign(
            event_id=told["event_id"] + f"-{n}",
            text=told["text"] + f" {n}",
            pd_incident_number=told["pd_incident_number"].where(told["pd_incident_number"] == "", f"{n}"),
            time=told["time"] + pd.Timedelta(days=n),
        )
        for n in range(count // len(told) + 1)
    ]
    return pd.concat(copies, ignore_index=True).head(count)


def main() -> None:
    """Print all of it."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--incidents", type=int, default=500)
    count = options.parse_args().incidents
    sorts: dict[str, dict[str, Any]] = {
        "clocks agree, quick bots": {},
        "clocks agree, every fifth bot is slow": {"slow": 0.2},
        "clocks off by up to 10 min": {"off_by": 600.0},
        "clocks off by up to 10 min, every fifth bot is slow": {"off_by": 600.0, "slow": 0.2},
    }
    for name, sort in sorts.items():
        print(f"\n{name}, {count} incidents")
        for what, times in sorted(measure(count, **sort).items()):
            print(f"{times:8,}  {what}")
    events = large_incident(50_000)
    began = time.process_time()
    estimate_clock_offsets(events)
    print(f"\n{len(events):,} events: {time.process_time() - began:.2f} s")


if __name__ == "__main__":
    main()
