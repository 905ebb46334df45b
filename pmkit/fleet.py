"""Many incidents read into cases: on this machine, or on a Dask cluster, with the same functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd

from pmkit.casebook import Case, case_of, case_of_frames, unreadable_case
from pmkit.errors import PmkitError
from pmkit.portfolio import Portfolio, build_portfolio
from pmkit.storage import fetched, find_places

_In = TypeVar("_In")
_Out = TypeVar("_Out")

FACTS: Final = "incident.toml"
SIDECAR: Final = "report.json"
_RETRIES: Final = 3  # times that a task whose worker was lost is begun anew


def load_portfolio(
    places: Iterable[str | Path],
    *,
    now: datetime,
    jobs: int = 1,
    scheduler: str = "",
    progress: Callable[[], None] | None = None,
) -> Portfolio:
    """The portfolio of all incidents at those places.

    Parameters
    ----------
    places : incident folders, folders of them, sidecars (`report.json`), or addresses of object storage that
        fsspec knows, as `s3://bucket/incidents`
    now : the time that counts as today
    jobs, scheduler : see `mapped`
    progress : called once for each incident that is read

    An incident that cannot be read is listed among the portfolio's problems. Raises `PmkitError` for a place
    that holds no incident.
    """
    found = [place for each in places for place in find_incidents(each)]
    return build_portfolio(mapped(partial(read_case, now=now), found, jobs, scheduler, progress))


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


def read_case(place: str, *, now: datetime) -> Case:
    """The case of an incident folder or a sidecar; one that cannot be read says why, instead of raising."""
    name = place.removesuffix(f"/report/{SIDECAR}").rpartition("/")[2]
    try:
        if place.endswith(SIDECAR):
            return _case_of_sidecar(place, now)
        from pmkit.workspace import Workspace

        with fetched(place) as folder:
            return case_of(Workspace.open(folder).load(), now)
    except PmkitError as error:
        return unreadable_case(name, str(error))
    except Exception as error:  # one incident's fault, whatever it is, is told and stops no other
        return unreadable_case(name, f"{type(error).__name__}: {error}")


def mapped(
    function: Callable[[_In], _Out],
    items: Sequence[_In],
    jobs: int = 1,
    scheduler: str = "",
    progress: Callable[[], None] | None = None,
) -> list[_Out]:
    """`function` of each item, in their order.

    Here and one after the other; with `jobs` in so many processes; with `scheduler` on a Dask cluster: the
    address of one, or `local` for one of this machine with `jobs` workers. There a task whose worker is lost
    is begun anew on another, up to three times, and nothing else is.
    """
    done = progress or (lambda: None)
    if scheduler:
        with _cluster(scheduler, jobs) as client:
            return _on_dask(client, function, items, done)
    if jobs > 1 and len(items) > 1:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(min(jobs, len(items)), mp_context=get_context("spawn")) as pool:
            return list(_counted(pool.map(function, items), done))
    return list(_counted(map(function, items), done))


def _counted(results: Iterable[_Out], done: Callable[[], None]) -> Iterator[_Out]:
    for result in results:
        done()
        yield result


@contextmanager
def _cluster(scheduler: str, jobs: int) -> Iterator[Any]:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise PmkitError("a Dask cluster needs the extra `fleet`: pip install 'pmkit[fleet]'") from error
    if scheduler != "local":
        with Client(scheduler, timeout="10s", set_as_default=False) as client:
            yield client
        return
    # One thread for each worker: rendering changes its process, and pandas holds the interpreter anyway.
    with (
        LocalCluster(
            n_workers=max(jobs, 1),
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=50,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _on_dask(
    client: Any, function: Callable[[_In], _Out], items: Sequence[_In], done: Callable[[], None]
) -> list[_Out]:
    from distributed import as_completed

    futures = client.map(function, items, pure=False, retries=_RETRIES)
    for _ in as_completed(futures):
        done()
    results: list[_Out] = client.gather(futures)
    return results


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
