"""Time pmkit's reports beside stock `papermill` and `jupyter nbconvert --to html`.

One report: both run the same report notebook on the same incident as command lines, in turn, each from
nothing: reports and caches are deleted before every run. Ours makes HTML and PDF, the stock pair makes HTML
alone.

A batch: `pmkit batch --jobs J` on copies of the sample incidents beside as many runs of the stock pair, J of
them at a time. A process of ours keeps what it loaded from one report to the next; that the copies say the
same words again helps it by one part in a hundred. Ours makes HTML and PDF, and once more HTML alone, which
is all that the stock pair makes: its PDF wants a TeX system, or a browser that Playwright has downloaded. On
a machine that others use too, the seconds of processor time say more than those of the clock.

    python benchmarks/report.py [INCIDENT] [--runs 5]
    python benchmarks/report.py --batch 20 [--jobs 2] [--runs 1]
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
SAMPLES = ("checkout-failure", "fintech-degradation", "healthcare-outage", "saas-outage")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("incident", nargs="?", type=Path, default=ROOT / "data" / "checkout-failure")
    parser.add_argument("--runs", type=int, default=0, help="rounds; 5 for one report, 1 for a batch")
    parser.add_argument("--batch", type=int, default=0, metavar="N", help="time N incidents instead of one")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.batch:
            time_batches(Path(folder), arguments.batch, arguments.jobs, arguments.runs or 1)
        else:
            time_one(Path(folder), arguments.incident, arguments.runs or 5)


def time_one(folder: Path, source: Path, runs: int) -> None:
    incident = folder / source.name
    copy(source, incident)
    times: dict[str, list[float]] = {"pmkit": [], "papermill": [], "nbconvert": []}
    for run in range(runs + 1):
        measured = one_round(incident)
        if run:  # the first round fills the disk's cache
            for name, seconds in measured.items():
                times[name].append(seconds)
    report(times)


def one_round(incident: Path) -> dict[str, float]:
    forget(incident)
    measured = {"pmkit": seconds(BIN / "pmkit", "report", incident, "--to", "html,pdf")}
    measured["papermill"], measured["nbconvert"] = stock_pair(incident)
    return measured


def stock_pair(incident: Path) -> tuple[float, float]:
    source, executed = ROOT / "report_templates" / "postmortem.ipynb", incident / "report" / "stock.ipynb"
    executed.parent.mkdir(exist_ok=True)
    parameters = ("-p", "incident", incident, "-p", "generated_at", "2026-11-10T16:30:00Z")
    return (
        seconds(BIN / "papermill", source, executed, *parameters, "-k", "python3"),
        seconds(BIN / "jupyter", "nbconvert", "--to", "html", executed),
    )


def time_batches(folder: Path, count: int, jobs: int, runs: int) -> None:
    incidents = [folder / f"{number:02}-{SAMPLES[number % len(SAMPLES)]}" for number in range(count)]
    for incident in incidents:
        copy(ROOT / "data" / incident.name.partition("-")[2], incident)
    stock_pair(incidents[0])  # fills the disk's cache
    ratios = []
    for _ in range(runs):
        print(f"{count} incidents, {jobs} at a time    seconds of the clock, of processors; a minute")
        ours = measured("pmkit batch --to html,pdf", incidents, partial(batch, incidents, "html,pdf", jobs))
        stock = measured("papermill + nbconvert --to html", incidents, partial(stock_pairs, incidents, jobs))
        alone = measured("pmkit batch --to html", incidents, partial(batch, incidents, "html", jobs))
        ratios.append(stock.wall / ours.wall)
        for title, spent in (("HTML and PDF", ours), ("HTML alone", alone)):
            by_clock, by_cpu = stock.wall / spent.wall, stock.cpu / spent.cpu
            print(f"  throughput, {title} to the stock pair: {by_clock:.2f} times by the clock, ", end="")
            print(f"{by_cpu:.2f} by processor time", flush=True)
    if runs > 1:
        print(f"median of {runs}: {statistics.median(ratios):.2f} times")


class Spent(NamedTuple):
    wall: float
    cpu: float


def measured(title: str, incidents: list[Path], work: Callable[[], object]) -> Spent:
    for incident in incidents:
        forget(incident)
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    spent = Spent(time.perf_counter() - start, cpu)
    print(
        f"  {title:<33} {spent.wall:7.1f} {spent.cpu:7.1f} {60 * len(incidents) / spent.wall:6.1f}",
        flush=True,
    )
    return spent


def batch(incidents: list[Path], to: str, jobs: int) -> None:
    seconds(BIN / "pmkit", "batch", *incidents, "--to", to, "--jobs", str(jobs))


def stock_pairs(incidents: list[Path], jobs: int) -> None:
    with ThreadPoolExecutor(jobs) as side_by_side:
        list(side_by_side.map(stock_pair, incidents))


def copy(source: Path, incident: Path) -> None:
    shutil.copytree(source, incident, ignore=shutil.ignore_patterns("report", ".cache", ".history"))


def forget(incident: Path) -> None:
    for generated in ("report", ".cache"):
        shutil.rmtree(incident / generated, ignore_errors=True)


def seconds(*command: str | Path) -> float:
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr}")
    return time.perf_counter() - start


def report(times: dict[str, list[float]]) -> None:
    middle = {name: statistics.median(values) for name, values in times.items()}
    pairs = [p + n for p, n in zip(times["papermill"], times["nbconvert"], strict=True)]
    ratios = [ours / stock for ours, stock in zip(times["pmkit"], pairs, strict=True)]
    print(f"{len(pairs)} rounds, median seconds of wall time")
    print(f"  pmkit report --to html,pdf          {middle['pmkit']:6.2f}")
    print(f"  papermill                           {middle['papermill']:6.2f}")
    print(f"  jupyter nbconvert --to html         {middle['nbconvert']:6.2f}")
    print(f"  stock pair, HTML alone              {statistics.median(pairs):6.2f}")
    print(f"  ratio, ours to the stock pair       {statistics.median(ratios):6.2f}", end="")
    print(f"   (from {min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
