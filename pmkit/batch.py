"""Many incidents rendered side by side: one pure call for each, in processes that stay warm."""

from __future__ import annotations

import functools
import gc
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pmkit.errors import PmkitError, RenderError
from pmkit.fleet import mapped

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from pmkit.export.svg import SvgEngine

FACTS: Final = "incident.toml"


@dataclass(frozen=True)
class Options:
    """What all reports of a batch share; the fields are the parameters of `pmkit.report.publish`.

    `out` is a folder in which each incident gets one of its own name, instead of `report/` in its folder.
    """

    to: Sequence[str] = ("html", "pdf")
    out: Path | None = None
    audience: str = "internal"
    notebook: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    font_paths: Sequence[Path] = ()
    now: datetime | None = None
    lang: str = ""
    template: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one incident: the finished files, or the `problem`; `notes` are warnings."""

    incident: Path
    files: tuple[Path, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the report came out whole."""
        return not self.problem

    def to_dict(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return {
            "incident": str(self.incident),
            "done": self.is_done,
            "seconds": round(self.seconds, 2),
            "files": [str(path) for path in self.files],
            "notes": list(self.notes),
            "problem": self.problem,
        }


def describe_batch(outcomes: Sequence[Outcome]) -> str:
    """What became of each incident, a line for each, and how many failed."""
    width = max([len(outcome.incident.resolve().name) for outcome in outcomes] or [0])
    lines = []
    for outcome in outcomes:
        name = f"{outcome.incident.resolve().name:<{width}}"
        if outcome.is_done:
            files = ", ".join(f"{path.name} {_size(path)}" for path in outcome.files)
            lines.append(f"{name}  done    {outcome.seconds:6.1f} s  {files}")
            lines += [f"{'':<{width}}  note: {note}" for note in outcome.notes]
        else:
            first, *more = outcome.problem.splitlines() or [""]
            lines.append(f"{name}  failed  {outcome.seconds:6.1f} s  {first}")
            lines += [f"{'':<{width}}  {line}" for line in more]
    failed = sum(not outcome.is_done for outcome in outcomes)
    done = f"{len(outcomes) - failed} of {len(outcomes)} rendered"
    return "\n".join([*lines, "", f"{done}; {failed} failed." if failed else f"{done}."])


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def find_incidents(paths: Iterable[Path]) -> list[Path]:
    """The incident folders among `paths` and right below them, in order, each once.

    Raises `RenderError` for a path that is none and holds none.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        inside = (
            [path] if (path / FACTS).is_file() else sorted(each.parent for each in path.glob(f"*/{FACTS}"))
        )
        if not inside:
            raise RenderError(
                f"{path}: expected an incident folder, with {FACTS} in it, or a folder of them; "
                "`pmkit new` makes one"
            )
        for folder in inside:
            found.setdefault(folder.resolve(), folder)
    return list(found.values())


def render_one(incident: Path, options: Options) -> Outcome:
    """Render one incident and tell what came of it; nothing that goes wrong is raised.

    The report that ships runs in this process, which makes a second one cheap; a team's own notebook gets a
    kernel of its own, as what it does to its process is not known. Same bytes either way. Made to be mapped:
    arguments and result can be pickled, and one call knows nothing of another.
    """
    from pmkit.report import publish
    from pmkit.workspace import Workspace

    start = time.perf_counter()
    said: list[str] = []
    files: list[Path] = []
    problem = ""
    try:
        workspace = Workspace.open(incident)
        workspace.load()  # a table that cannot be read is told with its line
        files = publish(
            workspace,
            to=options.to,
            out=options.out / incident.resolve().name if options.out else None,
            audience=options.audience,
            notebook=options.notebook,
            parameters=options.parameters,
            font_paths=options.font_paths,
            now=options.now,
            lang=options.lang,
            template=options.template,
            progress=said.append,
            in_process=options.notebook is None,
            engine=_engine(),
        )
    except PmkitError as error:
        problem = str(error)
    except Exception as error:  # one incident's fault, whatever it is, is told and stops no other
        problem = f"{type(error).__name__}: {error}"
    notes = tuple(text.removeprefix("Note: ") for text in said if text.startswith("Note: "))
    return Outcome(incident, tuple(files), time.perf_counter() - start, notes, problem)


@functools.cache
def _engine() -> SvgEngine:
    """This process's engine for charts: loading plotly.js takes longer than drawing."""
    from pmkit.export.svg import SvgEngine

    return SvgEngine()


def render_batch(
    incidents: Sequence[Path],
    options: Options,
    *,
    jobs: int | None = None,
    progress: Callable[[Outcome], None] | None = None,
    scheduler: str = "",
) -> list[Outcome]:
    """Render all incidents, `jobs` at a time (by default as many as there are processors), in their order.

    With `scheduler` they are rendered on that Dask cluster, by the same function; see `pmkit.fleet.mapped`.

    `progress` is called with each outcome as it comes. A process that dies is the failure of its incident
    alone: another takes its place. Raises `RenderError` before anything runs where a format is unknown, or
    two incidents would be written to one folder.
    """
    from pmkit.export.formats import find_formats

    find_formats(options.to)
    _refuse_one_place_for_two(incidents, options.out)
    if scheduler:
        return mapped(
            partial(render_one, options=options), incidents, failed=_lost, jobs=jobs or os.cpu_count() or 1,
            scheduler=scheduler, progress=progress,
        )  # fmt: skip
    waiting = list(enumerate(incidents))[::-1]
    outcomes: dict[int, Outcome] = {}
    count = max(1, min(jobs or os.cpu_count() or 1, len(waiting)))
    with _Workers(options) as workers:
        while waiting or workers.busy:
            while waiting and len(workers.busy) < count:
                workers.begin(*waiting.pop())
            for number, outcome in workers.finished():
                outcomes[number] = outcome
                if progress:
                    progress(outcome)
    return [outcomes[number] for number in range(len(incidents))]


def _lost(incident: Path, problem: str) -> Outcome:
    return Outcome(incident, problem=f"no worker brought it to an end: {problem}")


def _refuse_one_place_for_two(incidents: Sequence[Path], out: Path | None) -> None:
    taken: dict[str, Path] = {}
    for incident in incidents if out else ():
        name = incident.resolve().name
        if name in taken:
            raise RenderError(
                f"{taken[name]} and {incident} would both be written to {out}/{name}; "
                "rename one folder, or leave --out away"
            )
        taken[name] = incident


# Processes


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    number: int = -1
    incident: Path = Path()
    since: float = 0.0


class _Workers:
    """Processes that each render one incident after the other.

    `concurrent.futures` would do, but for one thing: where a process dies there, all that waits is lost.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._context = get_context("spawn")
        self._idle: list[_Worker] = []
        self.busy: list[_Worker] = []

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._idle:
            with suppress(OSError):
                worker.pipe.send(None)
        for worker in self.busy:  # an exception or Ctrl-C is on its way
            worker.process.terminate()
        for worker in (*self._idle, *self.busy):
            worker.process.join()
            worker.pipe.close()

    def begin(self, number: int, incident: Path) -> None:
        worker = self._idle.pop() if self._idle else self._started()
        worker.number, worker.incident, worker.since = number, incident, time.perf_counter()
        self.busy.append(worker)
        with suppress(OSError):  # it died while idle: seen as a closed pipe
            worker.pipe.send((incident, self._options))

    def finished(self) -> list[tuple[int, Outcome]]:
        """Wait for some to finish; returns their numbers and outcomes."""
        ready = wait([worker.pipe for worker in self.busy])
        done = [worker for worker in self.busy if worker.pipe in ready]
        out = []
        for worker in done:
            self.busy.remove(worker)
            try:
                outcome = worker.pipe.recv()
                self._idle.append(worker)
            except (EOFError, OSError):
                outcome = self._died(worker)
            out.append((worker.number, outcome))
        return out

    def _started(self) -> _Worker:
        from pmkit.report import kernel_environment

        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs,), daemon=False)
        with kernel_environment():  # what a process takes from it at its start, the hash seed, is set here
            process.start()
        theirs.close()
        return _Worker(process, ours)

    @staticmethod
    def _died(worker: _Worker) -> Outcome:
        worker.process.join()
        worker.pipe.close()
        code = worker.process.exitcode or 0
        how = f"was stopped by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        problem = f"the process that rendered it {how}; render it alone to see more, or with fewer --jobs"
        return Outcome(worker.incident, (), time.perf_counter() - worker.since, (), problem)


def _work(pipe: Connection) -> None:
    """What a process does: an incident comes in, an outcome goes out, until nothing comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its processes
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        if task is None:
            return
        pipe.send(render_one(*task))
        # What is loaded by now stays: sweeping it again and again takes a tenth of the time.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 20, 20)
