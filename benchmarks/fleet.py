"""Reports of many incidents on a local Dask cluster, one worker of which is killed midway; and how fast.

    python benchmarks/fleet.py                        # 200 reports, two workers
    python benchmarks/fleet.py --made                 # of made-up incidents, which are light
    python benchmarks/fleet.py --incidents 40 --workers 2 --alone 8 --stock 4

The incidents are copies of the samples, or made up without evidence; each gets HTML and PDF. Beside the
cluster stand one process that renders some of them one after the other, and stock `papermill` with `jupyter
nbconvert --to html`, which makes HTML alone, as many at a time as there are workers. These two are measured
on fewer incidents, as the table says, because a report takes as long as the next; what is compared is
reports a minute.

A worker is lost in the way machines are: SIGKILL, when half of the reports are there. How it is judged:
every report is there, once, and whole.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.incidents import write_incidents
from benchmarks.report import ROOT, SAMPLES, copy, forget, stock_pair
from pmkit.batch import Options, Outcome, render_batch

NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Killer:
    """Kills one worker of the cluster when half of the reports are there, and counts what is told."""

    def __init__(self, client: Any, count: int) -> None:
        self.client, self.half = client, count // 2
        self.told: Counter[str] = Counter()
        self.killed = 0

    def __call__(self, outcome: Outcome) -> None:
        self.told[str(outcome.incident)] += 1
        if sum(self.told.values()) == self.half and not self.killed:
            pids: dict[str, int] = self.client.run(os.getpid)
            self.killed = min(pids.values())
            os.kill(self.killed, signal.SIGKILL)


def on_cluster(incidents: list[Path], out: Path, workers: int) -> tuple[float, list[Outcome], Killer, int]:
    """Render all on a cluster of so many workers, one of which is killed; the seconds it took."""
    import distributed  # noqa: PLC0415 - only this way needs it

    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        killer = Killer(client, len(incidents))
        start = time.perf_counter()
        outcomes = render_batch(
            incidents, Options(out=out, now=NOW), scheduler=cluster.scheduler_address, progress=killer
        )
        took = time.perf_counter() - start
        alive = len(client.run(os.getpid))
    return took, outcomes, killer, alive


def alone(incidents: list[Path], out: Path) -> float:
    """Render one after the other, in one process."""
    start = time.perf_counter()
    outcomes = render_batch(incidents, Options(out=out, now=NOW), jobs=1)
    took = time.perf_counter() - start
    if failed := [outcome.problem for outcome in outcomes if not outcome.is_done]:
        raise SystemExit(f"one process: {failed[0]}")
    return took


def stock(incidents: list[Path], workers: int) -> float:
    """The stock pair, as many at a time as there are workers."""
    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as side_by_side:
        list(side_by_side.map(stock_pair, incidents))
    return time.perf_counter() - start


def is_whole(outcome: Outcome) -> bool:
    """Whether its HTML and its PDF end as such files do."""
    endings = {".html": b"</html>", ".pdf": b"%%EOF"}
    files = [Path(file) for file in outcome.files]
    return sorted(file.suffix for file in files) == sorted(endings) and all(
        file.read_bytes().rstrip().endswith(endings[file.suffix]) for file in files
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--incidents", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--made", action="store_true", help="made-up incidents instead of the samples")
    parser.add_argument("--alone", type=int, default=12, help="how many one process renders")
    parser.add_argument("--stock", type=int, default=4, help="how many the stock pair renders")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        incidents = [
            folder / "incidents" / f"{n:03}-{SAMPLES[n % len(SAMPLES)]}" for n in range(chosen.incidents)
        ]
        if chosen.made:
            write_incidents(folder / "incidents", chosen.incidents)
            incidents = sorted(path for path in (folder / "incidents").iterdir() if path.is_dir())
        for incident in () if chosen.made else incidents:
            copy(ROOT / "data" / incident.name.partition("-")[2], incident)
        took, outcomes, killer, alive = on_cluster(incidents, folder / "cluster", chosen.workers)
        done = [outcome for outcome in outcomes if outcome.is_done and is_whole(outcome)]
        once = [name for name, times in killer.told.items() if times == 1]
        folders = sorted(path.name for path in (folder / "cluster").iterdir())
        rates = {f"pmkit, {chosen.workers} workers, one killed": (len(incidents), 60 * len(incidents) / took)}

        few = incidents[: chosen.alone]
        for incident in few:
            forget(incident)
        rates["pmkit, one process"] = (len(few), 60 * len(few) / alone(few, folder / "alone"))
        few = incidents[: chosen.stock]
        for incident in few:
            forget(incident)
        stock_pair(few[0])  # fills the disk's cache
        shutil.rmtree(few[0] / "report", ignore_errors=True)
        rates["papermill + nbconvert, HTML alone"] = (len(few), 60 * len(few) / stock(few, chosen.workers))

    kind = "made-up incidents" if chosen.made else "incidents"
    print(f"{len(incidents)} {kind}: {len(done)} reports whole, {len(once)} told once, "
          f"{len(set(folders))} folders, {len(folders) - len(set(folders))} twice")  # fmt: skip
    for outcome in outcomes:
        if outcome not in done:
            print(f"  {Path(outcome.incident).name}: {outcome.problem or 'not whole'}")
    print(f"process {killer.killed} was killed after {killer.half} reports; {alive} workers at the end")
    print(f"{'':38}{'measured on':>12}{'a minute':>10}{'to the cluster':>16}")
    cluster = next(iter(rates.values()))[1]
    for name, (count, rate) in rates.items():
        print(f"{name:38}{count:12}{rate:10.1f}{rate / cluster:16.2f}")
    if len(done) != len(incidents) or len(once) != len(incidents):
        raise SystemExit("not every report is there, once")


if __name__ == "__main__":
    main()
