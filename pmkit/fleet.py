"""Many incidents read into cases: on this machine, or on a Dask cluster, with the same functions."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd

from pmkit.casebook import Case, case_of, case_of_frames, unreadable_case
from pmkit.errors import PmkitError
from pmkit.portfolio import Portfolio, build_portfolio
from pmkit.storage import fetched, find_places, is_remote, put_folder
from pmkit.template import report_templates

_In = TypeVar("_In")
_Out = TypeVar("_Out")

FACTS: Final = "incident.toml"
SIDECAR: Final = "report.json"
LOCAL: Final = "local"  # the scheduler that is a cluster of this machine
MANY: Final = 100  # incidents from which on a cluster is worth its start
_TITLE: Final = "What our incidents say together"
# Who watches while a notebook that runs here reads the cases: a notebook is given plain values alone.
_watcher: ContextVar[Callable[[Case], None] | None] = ContextVar("watcher", default=None)
_RETRIES: Final = 3  # times that a task whose worker was lost is begun anew


def load_portfolio(
    places: Iterable[str | Path],
    *,
    now: datetime,
    jobs: int = 1,
    scheduler: str = "",
    progress: Callable[[Case], None] | None = None,
    checked: bool = True,
) -> Portfolio:
    """The portfolio of all incidents at those places.

    Parameters
    ----------
    places : incident folders, folders of them, sidecars (`report.json`), or addresses of object storage that
        fsspec knows, as `s3://bucket/incidents`
    now : the time that counts as today
    jobs, scheduler : see `mapped`
    progress : called with each case as it comes
    checked : whether to run the checks, which takes most of the time; else nothing is known of findings

    An incident that cannot be read is listed among the portfolio's problems. Raises `PmkitError` for a place
    that holds no incident.
    """
    found = [place for each in places for place in find_incidents(each)]
    read = partial(read_case, now=now, checked=checked)
    cases = mapped(
        read, found, failed=unreadable_case, jobs=jobs, scheduler=scheduler,
        progress=progress or _watcher.get(),
    )  # fmt: skip
    return build_portfolio(cases)


def publish_portfolio(
    places: Sequence[str | Path],
    out: str | Path,
    *,
    now: datetime,
    to: Sequence[str] = ("html", "pdf"),
    jobs: int = 1,
    scheduler: str = "",
    progress: Callable[[Case], None] | None = None,
) -> list[str]:
    """The report of a portfolio in each of the formats `to`; returns the files, `<out>/portfolio.html` …

    `out` is a folder, or an address of object storage, and the files are addresses then. The other parameters
    are those of `load_portfolio`. Raises `RenderError` as `pmkit.report.publish` does.
    """
    from pmkit.export.document import read_document
    from pmkit.export.drawing import draw_figures
    from pmkit.export.formats import Options, find_formats
    from pmkit.export.svg import SvgEngine
    from pmkit.report import run_notebook

    formats = find_formats(to)
    for place in places:
        find_incidents(place)  # what holds no incident is told before anything runs
    given = {
        "places": "\n".join(
            str(place) if is_remote(str(place)) else str(Path(place).resolve()) for place in places
        ),
        "generated_at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "jobs": jobs,
        "scheduler": scheduler,
    }
    source = report_templates() / "portfolio.ipynb"
    watched = _watcher.set(progress)
    with tempfile.TemporaryDirectory(prefix="pmkit-") as temporary, SvgEngine() as engine:
        folder = Path(temporary) if is_remote(str(out)) else Path(out)
        try:
            report = run_notebook(source, given, folder / "portfolio.ipynb", title=_TITLE, in_process=True)
        finally:
            _watcher.reset(watched)
        document = draw_figures(read_document(report), cache=folder / ".cache", engine=engine)
        options = Options(cache=folder / ".cache")
        files = [form.make(document, report.stem, options).write(folder) for form in formats]
        stands = put_folder(folder, str(out)) if is_remote(str(out)) else {}
        return [stands.get(file, str(file)) for file in files]


def where_to_run(scheduler: str, jobs: int | None, count: int) -> tuple[str, int]:
    """On which Dask cluster so many incidents are to run, "" for none, and in how many processes.

    What is asked for is done, `none` too. Where nothing is, from `MANY` incidents on it is a local cluster
    with a worker for each processor, if Dask is installed.
    """
    if scheduler == "none":
        return "", jobs or 1
    if not scheduler and count >= MANY and find_spec("distributed"):
        scheduler = LOCAL
    return scheduler, jobs or ((os.cpu_count() or 1) if scheduler == LOCAL else 1)


def find_incidents(place: str | Path) -> list[str]:
    """The incident folders and sidecars at a place and below it, in order; of one incident its folder."""
    names = find_places(str(place), (FACTS, SIDECAR))
    folders = {name.rpartition("/")[0] for name in names if name.endswith(f"/{FACTS}")}
    # A sidecar in `report/` of an incident folder says what the folder says, and less.
    alone = [
        name
        for name in names
        if name.endswith(f"/{SIDECAR}") and name.removesuffix(f"/report/{SIDECAR}") not in folders
    ]
    if not folders and not alone:
        raise PmkitError(
            f"{place}: expected an incident folder with {FACTS} in it, a folder of them, or a {SIDECAR}; "
            "`pmkit new` makes a folder, `pmkit report --to json` a sidecar"
        )
    return sorted([*folders, *alone])


def read_case(place: str, *, now: datetime, checked: bool = True) -> Case:
    """The case of an incident folder or a sidecar; one that cannot be read says why, instead of raising."""
    name = place.removesuffix(f"/report/{SIDECAR}").rpartition("/")[2]
    try:
        if place.endswith(SIDECAR):
            return _case_of_sidecar(place, now)
        from pmkit.workspace import Workspace

        with fetched(place) as folder:
            return case_of(Workspace.open(folder).load(), now, checked=checked)
    except PmkitError as error:
        return unreadable_case(name, str(error))
    except Exception as error:  # one incident's fault, whatever it is, is told and stops no other
        return unreadable_case(name, f"{type(error).__name__}: {error}")


def mapped(
    function: Callable[[_In], _Out],
    items: Sequence[_In],
    *,
    failed: Callable[[_In, str], _Out],
    jobs: int = 1,
    scheduler: str = "",
    progress: Callable[[_Out], None] | None = None,
) -> list[_Out]:
    """`function` of each item, in their order; `progress` is called with each result as it comes.

    Here and one after the other; with `jobs` in so many processes; with `scheduler` on a Dask cluster: the
    address of one, or `local` for one of this machine with `jobs` workers. There a task whose worker is lost
    is begun anew on another, up to three times, and nothing else is; what then still fails is told by
    `failed`, from the item and the reason.
    """
    told = progress or (lambda _: None)
    if scheduler:
        with _cluster(scheduler, jobs) as client:
            return _on_dask(client, function, items, failed, told)
    if jobs > 1 and len(items) > 1:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(min(jobs, len(items)), mp_context=get_context("spawn")) as pool:
            return list(_told(pool.map(function, items), told))
    return list(_told(map(function, items), told))


def _told(results: Iterable[_Out], tell: Callable[[_Out], None]) -> Iterator[_Out]:
    for result in results:
        tell(result)
        yield result


def _dask() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise PmkitError("a Dask cluster needs the extra `fleet`: pip install 'pmkit[fleet]'") from error
    return distributed


@contextmanager
def _cluster(scheduler: str, jobs: int) -> Iterator[Any]:
    dask = _dask()
    if scheduler != LOCAL:
        try:
            client = dask.Client(scheduler, timeout="10s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise PmkitError(f"{scheduler}: no Dask scheduler answers there: {error}") from error
        with client:
            yield client
        return
    # One thread for each worker: rendering changes its process, and pandas holds the interpreter anyway.
    with (
        dask.LocalCluster(
            n_workers=max(jobs, 1),
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=50,
        ) as cluster,
        dask.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _on_dask(
    client: Any,
    function: Callable[[_In], _Out],
    items: Sequence[_In],
    failed: Callable[[_In, str], _Out],
    tell: Callable[[_Out], None],
) -> list[_Out]:
    futures = client.map(function, items, pure=False, retries=_RETRIES)
    place = {future.key: number for number, future in enumerate(futures)}
    results: dict[int, _Out] = {}
    for future in _dask().as_completed(futures, loop=client.loop):
        number = place[future.key]
        error = future.exception()
        if error is None:
            results[number] = future.result()
        else:
            results[number] = failed(items[number], f"{type(error).__name__}: {error}")
        tell(results[number])
    return [results[number] for number in range(len(items))]


def _case_of_sidecar(place: str, now: datetime) -> Case:
    from pmkit.export.sidecar import load_sidecar

    with fetched(place) as file:
        document = load_sidecar(file)
    frames = {
        name: document.frame(name)
        for name in ("timeline", "metrics", "factors", "actions", "milestones", "findings")
    }
    lacking = [name for name in ("metrics", "factors", "actions") if frames[name] is None]
    if lacking:
        raise PmkitError(
            f"{place}: the edition shows no {', '.join(lacking)}; a portfolio takes internal editions"
        )
    told = {name: frame for name, frame in frames.items() if isinstance(frame, pd.DataFrame)}
    return case_of_frames(document.incident, told, now)
