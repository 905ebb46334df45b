"""Time `pmkit report --to html,pdf` beside stock `papermill` and `jupyter nbconvert --to html`.

Both run the same report notebook on the same incident as command lines, in turn, each from nothing: reports
and caches are deleted before every run. Ours makes HTML and PDF, the stock pair makes HTML alone.

    python benchmarks/report.py [INCIDENT] [--runs 5]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("incident", nargs="?", type=Path, default=ROOT / "data" / "checkout-failure")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        incident = Path(folder) / arguments.incident.name
        shutil.copytree(arguments.incident, incident, ignore=shutil.ignore_patterns("report", ".cache"))
        times: dict[str, list[float]] = {"pmkit": [], "papermill": [], "nbconvert": []}
        for run in range(arguments.runs + 1):
            measured = one_round(incident)
            if run:  # the first round fills the disk's cache
                for name, seconds in measured.items():
                    times[name].append(seconds)
    report(times)


def one_round(incident: Path) -> dict[str, float]:
    for generated in ("report", ".cache"):
        shutil.rmtree(incident / generated, ignore_errors=True)
    stock = incident / "report"
    measured = {"pmkit": seconds(BIN / "pmkit", "report", incident, "--to", "html,pdf")}
    source, executed = ROOT / "report_templates" / "postmortem.ipynb", stock / "stock.ipynb"
    parameters = ("-p", "incident", incident, "-p", "generated_at", "2026-11-10T16:30:00Z")
    measured["papermill"] = seconds(BIN / "papermill", source, executed, *parameters, "-k", "python3")
    measured["nbconvert"] = seconds(BIN / "jupyter", "nbconvert", "--to", "html", executed)
    return measured


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
