"""A Slack export too big for memory: how long into the archive, with how much memory, and a window out.

    python benchmarks/archive.py /scratch                       # makes an export of 5 GB first
    python benchmarks/archive.py /scratch --gigabytes 0.2       # a small one
    python benchmarks/archive.py /scratch --stored              # the zip itself is as large as what is in it
    python benchmarks/archive.py /scratch --export slack.zip    # an export of your own

The export is made of 120 channels over as many days as it takes, indented as Slack does it, each message
about 1.6 KB. It is streamed into the archive by a process of its own, which is killed with SIGKILL midway
and begun anew; then another one does it in one go. Each peak is what the system says of the process. The
window is six hours in the middle, of all channels and of five, each by a process of its own, as an incident
takes it.

How it is judged: a peak of at most 400 MB (each day file costs 1.3 KB of it, so that 150,000 of them fit),
every record accounted for, nothing twice after the kill, and a window in under 2 % of the time of the whole.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.generate import _messages, _pretty, _user
from pmkit.archive import build_archive, open_archive, read_records, verify_archive
from pmkit.loaders.slack import load_slack_export
from pmkit.loaders.slack.stamps import Span
from pmkit.window import take_window

CHANNELS = 120
PER_DAY = 40  # messages of a channel; its day file
BEGIN = datetime(2023, 1, 2, 8, tzinfo=UTC)  # midnight of the Pacific day
POOL = 20_000  # messages that all others are made from
MOST_MB = 400
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def write_export(path: Path, size: int, *, stored: bool, seed: int = 1) -> int:
    """A zip whose day files are `size` bytes or a little more; returns how many messages they hold."""
    rng = random.Random(seed)  # noqa: S311 - made-up data
    users = [_user(number) for number in range(3000)]
    channels = [{"id": f"C{n:08}", "name": f"team-{n}"} for n in range(CHANNELS)]
    pool = [_split(message) for message in islice(_messages(rng, POOL, 100, users), POOL)]
    how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    written = count = day = 0
    with zipfile.ZipFile(path, "w", how, compresslevel=None if stored else 1) as archive:
        archive.writestr("users.json", _pretty(users))
        archive.writestr("channels.json", _pretty(channels))
        while written < size:
            begin = BEGIN + timedelta(days=day)
            name = f"{begin:%Y-%m-%d}"
            for channel in channels:
                second = int(begin.timestamp())
                texts = []
                for number in range(PER_DAY):
                    ts = f"{second + number * 80_000 // PER_DAY}.{rng.randrange(10**6):06}"
                    texts.append(ts.join(rng.choice(pool)))
                data = "[\n" + ",\n".join(texts) + "\n]"
                archive.writestr(f"{channel['name']}/{name}.json", data)
                written += len(data)
                count += PER_DAY
            day += 1
    return count


def _split(message: dict[str, Any]) -> list[str]:
    """The text of a message around its `ts`, for another one to be put between."""
    ts = message["ts"]
    message.pop("thread_ts", None)
    lines = _pretty(message).replace("\n", "\n    ")
    return f"    {lines}".split(ts)


def build(export: Path, folder: Path, answer: Any, stop_at: int = 0) -> None:
    """Build the archive, say how long it took and the peak; with `stop_at` be killed after so many parts."""

    def progress(told: Any) -> None:
        if stop_at and told.parts == stop_at:
            answer.put({"parts": told.parts, "of": told.of})
            time.sleep(1)  # for the answer to get out
            os.kill(os.getpid(), signal.SIGKILL)

    began, began_cpu = time.perf_counter(), time.process_time()
    archive = build_archive(export, folder, now=NOW, progress=progress)
    counts = {name: archive.manifest[name] for name in ("records", "unreadable")}
    answer.put(_used(began, began_cpu) | counts)


def window(folder: Path, start: str, end: str, channels: list[str], answer: Any) -> None:
    """Read a window as a table, and take it as evidence; how long each took."""
    began, began_cpu = time.perf_counter(), time.process_time()
    archive = open_archive(folder)
    found = read_records(archive, Span.between(folder, start, end), channels=archive.find_channels(channels))
    read = _used(began, began_cpu)
    began, began_cpu = time.perf_counter(), time.process_time()
    taken = take_window(archive, folder.parent / "windows", start=start, end=end, channels=channels)
    loaded = load_slack_export(taken.path)
    answer.put({"read": read, "take": _used(began, began_cpu), "rows": found.num_rows, "loaded": len(loaded)})


def direct(export: Path, start: str, end: str, answer: Any) -> None:
    """The same window from the export itself, which knows its days and not its hours."""
    began, began_cpu = time.perf_counter(), time.process_time()
    loaded = load_slack_export(export, start=start, end=end)
    lost = int((loaded["kind"] == "unreadable").sum())
    answer.put(_used(began, began_cpu) | {"loaded": len(loaded) - lost, "lost": lost})


def _used(began: float, began_cpu: float) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall": time.perf_counter() - began, "cpu": time.process_time() - began_cpu, "peak": peak}


def apart(work: Callable[..., None], *arguments: Any, **more: Any) -> dict[str, Any]:
    """What `work` answers, in a process of its own: a child begins with the peak of its parent."""
    spawn = multiprocessing.get_context("spawn")
    answer = spawn.Queue()
    process = spawn.Process(target=work, args=arguments, kwargs={"answer": answer} | more)
    process.start()
    told: dict[str, Any] = answer.get()
    process.join()
    return told


def digests(folder: Path) -> dict[str, str]:
    manifest = json.loads((folder / "archive.json").read_text())
    return {part["path"]: part["sha256"] for part in manifest["parts"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("scratch", type=Path, help="a folder with room for twice the export")
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--stored", action="store_true", help="do not compress the export")
    parser.add_argument("--export", type=Path)
    chosen = parser.parse_args()
    chosen.scratch.mkdir(parents=True, exist_ok=True)
    export, count = chosen.export, None
    if export is None:
        export = chosen.scratch / "slack.zip"
        count = write_export(export, int(chosen.gigabytes * 10**9), stored=chosen.stored)
    with zipfile.ZipFile(export) as archive:
        infos = archive.infolist()
        unpacked = sum(info.file_size for info in infos)
        days = sorted(info.filename[-15:-5] for info in infos if info.filename[-15:-5].count("-") == 2)
    print(f"{export.name}: {export.stat().st_size / 1e9:.2f} GB, unpacked {unpacked / 1e9:.2f} GB in "
          f"{len(infos):,} files" + (f", {count:,} messages" if count else ""))  # fmt: skip

    folders = [chosen.scratch / "killed", chosen.scratch / "whole"]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    half = (CHANNELS if count else 4) * len({day[:7] for day in days}) // 2
    killed = apart(build, export, folders[0], stop_at=half)
    again = apart(build, export, folders[0])
    whole = apart(build, export, folders[1])
    print(f"{'':30}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
    for name, told in (("begun anew after SIGKILL", again), ("in one go", whole)):
        print(f"{name:30}{told['wall']:9.1f}{told['cpu']:9.1f}{told['peak']:9.0f}")
    print(f"killed after {killed['parts']} of {killed['of']} parts; both archives are the same: "
          f"{digests(folders[0]) == digests(folders[1])}; files not as the manifest says: "
          f"{len(verify_archive(open_archive(folders[0])))}")  # fmt: skip
    accounted = f": {whole['records'] + whole['unreadable'] - count:+d} of those made" if count else ""
    print(f"{whole['records']:,} records and {whole['unreadable']:,} unreadable{accounted}")
    size = sum(file.stat().st_size for file in folders[1].rglob("*") if file.is_file())
    print(f"the archive is {size / 1e9:.2f} GB; peak {whole['peak']:.0f} MB (at most {MOST_MB} are wanted)")

    day = days[len(days) // 2]
    start, end = f"{day}T10:00Z", f"{day}T16:00Z"
    five = [part["title"] for part in open_archive(folders[1]).manifest["parts"]][:: len(days) // 5][:5]
    for title, channels in (("all channels", []), ("five channels", five)):
        told = apart(window, folders[1], start, end, channels)
        for verb, what in (("read", "rows as a table"), ("take", "as a zip and its events")):
            used = told[verb]
            rows = told["rows" if verb == "read" else "loaded"]
            print(f"six hours, {title}: {rows:,} {what} in {used['wall']:.2f} s ({used['cpu']:.2f} CPU s), "
                  f"{used['wall'] / whole['wall']:.2%} of the time in (under 2 % is wanted)")  # fmt: skip
    told = apart(direct, export, start, end)
    print(f"the same from the export: {told['loaded']:,} in {told['wall']:.2f} s, {told['lost']:,} not read")


if __name__ == "__main__":
    main()
