"""Measure the timeline builder beside ipydatagrid and plotly's FigureWidget, each in a real JupyterLab.

The same made-up events are shown by each, in a new notebook and a new kernel: seconds from running the cell
until its output is painted, bytes over the websocket, and frames per second while it is scrolled. Needs
Chromium, and for that column `pip install ipydatagrid`.

    python benchmarks/widgets.py [--rows 5000 50000]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))

from generate import write_slack
from lab import Lab
from playwright.sync_api import sync_playwright

import pmkit

IMPORTS = "import pandas as pd, pmkit, pmkit.widgets.desk, plotly.graph_objects as go"
EVENTS = 'workspace = pmkit.Workspace.open(".")\nevents = workspace.events()'
SHOW = {
    "pmkit builder": "pmkit.edit_timeline(workspace)",
    "pmkit grid": 'pmkit.edit_table(workspace, "timeline")',
    "ipydatagrid": (
        "from ipydatagrid import DataGrid\n"
        'DataGrid(events[["time", "source", "kind", "actor", "place", "text"]].astype(str), editable=True)'
    ),
    "FigureWidget": (
        "fig = go.FigureWidget()\n"
        'for place, rows in events.groupby("place"):\n'
        '    fig.add_scatter(x=rows["time"].dt.tz_localize(None).astype("datetime64[s]"), y=rows["place"],'
        ' text=rows["text"].str[:100], mode="markers", name=place)\n'
        "fig"
    ),
}
# What is on the page when the output is there, and what is scrolled.
PAINTED = {
    "pmkit builder": ".pmk-body .pmk-row, .pmkit-lanes-stage canvas",
    "pmkit grid": ".pmk-body .pmk-row",
    "ipydatagrid": ".lm-DataGrid canvas",
    "FigureWidget": ".js-plotly-plot .scatterlayer path",
}
IS_PAINTED = """(selector) => {
  const output = document.querySelectorAll(".jp-CodeCell")[2]?.querySelector(".jp-OutputArea");
  const stands = (one) => (output?.querySelector(one)?.getBoundingClientRect().height ?? 0) > 0;
  const failed = output?.querySelector("[data-mime-type$=stderr]") ? "error" : null;
  return selector.split(", ").every(stands) ? performance.now() : failed;
}"""
FRAMES = """(seconds) => new Promise((resolve) => {
  const times = [];
  const step = (now) => {
    times.push(now);
    if (now - times[0] < seconds * 1000) return requestAnimationFrame(step);
    const gaps = times.slice(1).map((time, k) => time - times[k]);
    resolve([(times.length - 1) / ((times.at(-1) - times[0]) / 1000), Math.max(...gaps)]);
  };
  requestAnimationFrame(step);
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000, 50_000])
    arguments = parser.parse_args()
    chromium = os.environ.get("PMKIT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        raise SystemExit("No Chromium on this machine; set PMKIT_CHROMIUM.")
    shown = dict(SHOW)
    if importlib.util.find_spec("ipydatagrid") is None:
        print("ipydatagrid is not installed: `pip install ipydatagrid` for that line.\n")
        del shown["ipydatagrid"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        with Lab(Path(folder), browser) as lab:
            for count in arguments.rows:
                report(count, {name: measure(lab, name, count) for name in shown})
        browser.close()


def measure(lab: Any, name: str, count: int) -> dict[str, float]:
    """One way to show `count` events, in a notebook of its own."""
    incident = lab.root / f"{count}-{name.replace(' ', '-')}"
    make_incident(incident, count)
    path = incident / "show.ipynb"
    path.write_text(json.dumps(notebook(IMPORTS, EVENTS, SHOW[name])), encoding="utf-8")
    book = lab.open(path)
    page, sizes = book.page, []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.webSocketFrameReceived", lambda frame: sizes.append(size_of(frame)))
    run_cells(book, [0, 1])
    book.settle()
    sizes.clear()
    began = page.evaluate("() => performance.now()")
    run_cells(book, [2], wait=False)
    painted = page.wait_for_function(
        IS_PAINTED, arg=PAINTED[name], polling="raf", timeout=300_000
    ).json_value()
    if painted == "error":
        raise SystemExit(f"{name}: {page.locator('.jp-CodeCell').nth(2).inner_text()}")
    book.settle()
    problems = [line for line in book.problems() if "did not run" not in line]
    if problems:
        print(f"{name}, {count:,}: {problems[:2]}")
    output = page.locator(".jp-CodeCell").nth(2).locator(PAINTED[name].split(", ")[0]).first
    output.scroll_into_view_if_needed()
    output.hover(force=True)
    rate, worst = frames(page, zoom=name == "FigureWidget")
    book.close()
    seconds, megabytes = (painted - began) / 1000, sum(sizes) / 1e6
    return {"seconds": seconds, "MB": megabytes, "frames/s": rate, "worst ms": worst}


def make_incident(folder: Path, count: int) -> None:
    """An incident folder with `count` Slack messages as evidence."""
    workspace = pmkit.Workspace.create(folder, title="Benchmark", severity="P3")
    export = folder.parent / f"{folder.name}.zip"
    write_slack(export, count)
    workspace.add_evidence(export)


def notebook(*cells: str) -> dict[str, Any]:
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    return {
        "cells": [{**code, "id": f"c{n}", "source": text} for n, text in enumerate(cells)],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def run_cells(book: Any, places: list[int], *, wait: bool = True) -> None:
    """Run single cells, one after the other."""
    for place in places:
        run = book.page.evaluate if wait else book.page.evaluate_handle
        run(
            """([path, place, wait]) => {
              const panel = window.pmkitPanel(path);
              panel.content.activeCellIndex = place;
              panel.content.deselectAll();
              const done = window.jupyterapp.commands.execute("notebook:run-cell");
              return wait ? done.then(() => true) : true;
            }""",
            [book.path, place, wait],
        )


def frames(page: Any, *, zoom: bool) -> tuple[float, float]:
    """Frames per second, and the longest frame, while the wheel turns for two seconds."""
    page.evaluate(f"() => {{ window.pmkitFrames = ({FRAMES})(2); }}")
    keep_turning(lambda: page.mouse.wheel(0, 40 if zoom else 120), page)
    rate, worst = page.evaluate("() => window.pmkitFrames")
    return float(rate), float(worst)


def keep_turning(turn: Callable[[], None], page: Any) -> None:
    page.evaluate(
        "() => { window.pmkitTurning = true; window.pmkitFrames.then(() => (window.pmkitTurning = false)); }"
    )
    while page.evaluate("() => window.pmkitTurning"):
        turn()


def size_of(frame: dict[str, Any]) -> int:
    """Bytes of a frame; the browser tells binary ones in base64."""
    payload = frame["response"]["payloadData"]
    return len(payload) * 3 // 4 if frame["response"]["opcode"] == 2 else len(payload)


def report(count: int, measured: dict[str, dict[str, float]]) -> None:
    ours = measured["pmkit builder"]
    print(f"{count:,} events       visible after   websocket   frames/s   worst frame   beside the builder")
    for name, row in measured.items():
        slower, heavier = row["seconds"] / ours["seconds"], row["MB"] / ours["MB"]
        ratio = "" if row is ours else f"{slower:.1f} × the time, {heavier:.1f} × the bytes"
        print(
            f"{name:<18} {row['seconds']:8.2f} s {row['MB']:10.2f} MB {row['frames/s']:9.0f}"
            f" {row['worst ms']:10.0f} ms   {ratio}"
        )
    print(flush=True)


if __name__ == "__main__":
    main()
