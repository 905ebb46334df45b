"""Many incidents rendered side by side: one pure call for each, in processes that stay warm."""

from __future__ import annotations

import functools
import gc
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pmkit.errors import PmkitError, RenderError
from pmkit.fleet import mapped
from pmkit.storage import fetched, find_places, is_remote, name_of, put_folder

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from pmkit.export.svg import SvgEngine

FACTS: Final = "incident.toml"


@dataclass(frozen=True)
class Options:
    """What all reports of a batch share; the fields are the parameters of `pmkit.report.publish`.

    `out` is a folder, or an address of object storage, in which each incident gets a folder of its own name,
    instead of `report/` in its own.
    """

    to: Sequence[str] = ("html", "pdf")
    out: Path | str | None = None
    audience: str = ""
    notebook: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    font_paths: Sequence[Path] = ()
    now: datetime | None = None
    lang: str = ""
    template: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one incident: the finished files and their bytes, or the `problem`; `notes` warn.

    An incident and a file are a path, or an address where they lie on object storage.
    """

    incident: Path | str
    files: tuple[Path | str, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    problem: str = ""
    sizes: tuple[int, ...] = ()

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
    width = max([len(name_of(outcome.incident)) for outcome in outcomes] or [0])
    lines = []
    for outcome in outcomes:
        name = f"{name_of(outcome.incident):<{width}}"
        if outcome.is_done:
            told = zip(outcome.files, outcome.sizes, strict=True)
            files = ", ".join(f"{str(path).rpartition('/')[2]} {_size(size)}" for path, size in told)
            lines.append(f"{name}  done    {outcome.seconds:6.1f} s  {files}")
            lines += [f"{'':<{width}}  note: {note}" for note in outcome.notes]
        else:
            first, *more = outcome.problem.splitlines() or [""]
            lines.append(f"{name}  failed  {outcome.seconds:6.1f} s  {first}")
            lines += [f"{'':<{width}}  {line}" for line in more]
    failed = sum(not outcome.is_done for outcome in outcomes)
    done = f"{len(outcomes) - failed} of {len(outcomes)} rendered"
    return "\n".join([*lines, "", f"{done}; {failed} failed." if failed else f"{done}."])


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def find_incidents(places: Iterable[Path | str]) -> list[Path | str]:
    """The incident folders among `places` and right below them, in order, each once.

    A place is a path, or as text an address of object storage. Raises `RenderError` for one that is none and
    holds none.
    """
    found: dict[Path | str, Path | str] = {}
    for place in places:
        if is_remote(str(place)) and isinstance(place, str):
            names = find_places(place, (FACTS,))
            below = [name.rpartition("/")[0] for name in names]
            inside_it = [name for name in below if name.count("/") <= place.rstrip("/").count("/") + 1]
            if not inside_it:
                raise RenderError(f"{place}: expected an incident, with {FACTS} in it, or incidents below it")
            found |= {name: name for name in inside_it}
            continue
        path = Path(place)
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


def render_one(incident: Path | str, options: Options) -> Outcome:
    """Render one incident and tell what came of it; nothing that goes wrong is raised.

    One on object storage is rendered from a copy that is gone afterwards, and what came out is put where it
    belongs when all of it is there.

    The report that ships runs in this process, which makes a second one cheap; a team's own notebook gets a
    kernel of its own, as what it does to its process is not known. Same bytes either way. Made to be mapped:
    arguments and result can be pickled, and one call knows nothing of another.
    """
    from pmkit.report import publish
    from pmkit.workspace import Workspace

    start = time.perf_counter()
    said: list[str] = []
    files: list[Path | str] = []
    sizes: list[int] = []
    problem = ""
    try:
        with _at_hand(incident, options.out) as (folder, out, place):
            made = publish(
                Workspace.open(folder),
                to=options.to,
                out=out,
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
            sizes = [file.stat().st_size for file in made]
            stands = put_folder(out or folder / "report", place) if place else {}
            files = [stands.get(file, file) for file in made]
    except PmkitError as error:
        problem = str(error)
    except Exception as error:  # one incident's fault, whatever it is, is told and stops no other
        problem = f"{type(error).__name__}: {error}"
    notes = tuple(text.removeprefix("Note: ") for text in said if text.startswith("Note: "))
    if problem:
        files, sizes = [], []
    return Outcome(incident, tuple(files), time.perf_counter() - start, notes, problem, tuple(sizes))


@contextmanager
def _at_hand(incident: Path | str, out: Path | str | None) -> Iterator[tuple[Path, Path | None, str]]:
    """The incident's folder on this machine, where to write, and to which address that goes then, if any."""
    with fetched(str(incident)) as folder, tempfile.TemporaryDirectory(prefix="pmkit-") as temporary:
        if out is None:
            yield folder, None, f"{incident}/report" if is_remote(str(incident)) else ""
        elif isinstance(out, str) and is_remote(out):
            yield folder, Path(temporary) / name_of(incident), f"{out.rstrip('/')}/{name_of(incident)}"
        else:
            yield folder, Path(out) / name_of(incident), ""


@functools.cache
def _engine() -> SvgEngine:
    """This process's engine for charts: loading plotly.js takes longer than drawing."""
    from pmkit.export.svg import SvgEngine

    return SvgEngine()


def render_batch(
    incidents: Sequence[Path | str],
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


def _lost(incident: Path | str, problem: str) -> Outcome:
    return Outcome(incident, problem=f"no worker brought it to an end: {problem}")


def _refuse_one_place_for_two(incidents: Sequence[Path | str], out: Path | str | None) -> None:
    taken: dict[str, Path | str] = {}
    for incident in incidents if out else ():
        name = name_of(incident)
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
    incident: Path | str = ""
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

    def begin(self, number: int, incident: Path | str) -> None:
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
