"""What all tests share: closed sockets, steady hypothesis, and short ways to say events and worksheets."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import pytest_socket
from hypothesis import HealthCheck, settings

from pmkit import schema
from pmkit.postmortem import Incident, Postmortem, no_journal
from pmkit.timeline import build_timeline
from pmkit.workspace import Workspace
from tests.desk import create

REPOSITORY = Path(__file__).parent.parent

# No deadline: a busy machine is not a fault. The same examples in every run: a red test stays red.
_STEADY = {"deadline": None, "derandomize": True, "database": None}
settings.register_profile("whole", **_STEADY, suppress_health_check=[HealthCheck.too_slow])
_WHOLE = settings.get_profile("whole")
settings.register_profile("quick", parent=_WHOLE, max_examples=_WHOLE.max_examples // 4)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--slow` also runs the tests that run the whole kit: kernels, reports, a review from end to end."""
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too, as `make test` does")


def pytest_configure(config: pytest.Config) -> None:
    """In the quick loop properties try a quarter of their examples.

    A count that the environment asks for (`PMKIT_MUTATIONS=10000`) stands.
    """
    asked = any(name.startswith("PMKIT_") for name in os.environ)
    settings.load_profile("whole" if asked or config.getoption("--slow") else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `--slow`, the slow tests are left out, and the last line counts them as deselected."""
    if settings.default.max_examples < _WHOLE.max_examples:
        for test in {getattr(item, "obj", None) for item in items}:
            _try_a_quarter(test)
    if config.getoption("--slow"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if not item.get_closest_marker("slow")]


def _try_a_quarter(test: Any) -> None:
    """Let a hypothesis test that says how many examples it needs try a quarter of them, and at least five."""
    said = getattr(test, "_hypothesis_internal_use_settings", None)
    if said is not None and said.max_examples != settings.default.max_examples:
        test._hypothesis_internal_use_settings = settings(said, max_examples=max(5, said.max_examples // 4))


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Nothing leaves the machine; Jupyter's kernels are reached through the loopback."""
    if not item.get_closest_marker("browser"):
        pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def opened_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample incident, opened once, so that its events are in the cache; not to be changed."""
    folder = tmp_path_factory.mktemp("opened") / "checkout-failure"
    generated = shutil.ignore_patterns("report", ".cache")
    shutil.copytree(REPOSITORY / "data" / "checkout-failure", folder, ignore=generated)
    Workspace.open(folder).events()
    return folder


@pytest.fixture
def sample(opened_sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample incident, free to be changed."""
    return shutil.copytree(opened_sample, tmp_path / "checkout-failure")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new workspace, to be copied: making one waits for the disk some forty times."""
    return create(tmp_path_factory.mktemp("incidents") / "2026-11-03-checkout").path


@pytest.fixture
def ws(tmp_path: Path, made: Path) -> Workspace:
    """A new workspace, free to be changed."""
    return Workspace.open(shutil.copytree(made, tmp_path / made.name))


@pytest.fixture
def quick_ws(made: Path) -> Iterator[Workspace]:
    """A workspace in memory where there is such a disk: a killed program needs no slow one to be tested."""
    memory = Path("/dev/shm")  # noqa: S108 - only a place for a temporary folder of its own
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Workspace.open(shutil.copytree(made, Path(folder) / made.name))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`run("status", "x")`: the command in an empty directory, and what came of it."""
    from click.testing import CliRunner

    from pmkit.cli import main

    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


Rows = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def events() -> Rows:
    """`events({…}, {…})`: an events frame; what a row does not say is a Slack message at its own time."""

    def make(*rows: dict[str, object]) -> pd.DataFrame:
        return _typed([{"source": "slack", "kind": "message", **row} for row in rows], schema.EVENTS)

    return make


@pytest.fixture(scope="session")
def worksheet() -> Rows:
    """`worksheet({…}, {…})`: a timeline worksheet; rows are included unless they say otherwise."""

    def make(*rows: dict[str, object]) -> pd.DataFrame:
        return _typed([{"included": "yes", **row} for row in rows], schema.TIMELINE)

    return make


@pytest.fixture(scope="session")
def postmortem() -> Callable[..., Postmortem]:
    """`postmortem(incident, events=…, actions=[{…}], notes={…})`: what is not said is empty.

    `untold` leaves the timeline empty whatever is said, for what does not look at it.
    """

    def make(
        incident: Incident | None = None,
        *,
        notes: dict[str, str] | None = None,
        untold: bool = False,
        **said: object,
    ) -> Postmortem:
        frames = {
            name: frame if isinstance(frame := said.get(name, []), pd.DataFrame) else _typed(frame, table)
            for name, table in schema.TABLES.items()
        }
        worksheet = frames.pop("timeline")
        untold |= worksheet is _empty(schema.TIMELINE) and frames["events"] is _empty(schema.EVENTS)
        entries = said.get("journal", [])
        journal = pd.DataFrame(entries, columns=["at", "by", "did", "file"]) if entries else _NO_JOURNAL
        return Postmortem(
            incident=incident or Incident("2026-11-03-checkout", "Checkout failed", "P1"),
            worksheet=worksheet,
            timeline=_no_timeline() if untold else build_timeline(frames["events"], worksheet),
            notes=notes or {},
            journal=journal.astype(_NO_JOURNAL.dtypes) if entries else _NO_JOURNAL,
            **frames,
        )

    return make


def _typed(rows: object, table: schema.Table) -> pd.DataFrame:
    if not rows:
        return _empty(table)
    said = (table.name, repr(rows))
    if said not in _MADE:
        _MADE[said] = schema.conform(pd.DataFrame(rows), table)
    return _MADE[said]


_NO_JOURNAL = no_journal()
# What was made once is shared: nothing that reads a postmortem may change its frames.
_MADE: dict[tuple[str, str], pd.DataFrame] = {}


def _empty(table: schema.Table) -> pd.DataFrame:
    if (table.name, "") not in _MADE:
        _MADE[table.name, ""] = schema.empty(table)
    return _MADE[table.name, ""]


@cache
def _no_timeline() -> pd.DataFrame:
    return build_timeline(_empty(schema.EVENTS), _empty(schema.TIMELINE))
