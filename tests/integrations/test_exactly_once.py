"""Whatever the network does and wherever it crashes, each thing is there once in the end, and doubt is shown.

`PMKIT_FAULTS=2000` runs that many random schedules per writer, and a crash at every point instead of some.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pmkit.demo.server import WRITE_FAULTS, Faults
from pmkit.errors import PmkitError
from pmkit.integrations import ledger as ledger_room
from pmkit.integrations import push_updates
from pmkit.integrations.calling import Caller
from pmkit.integrations.ledger import read_ledger
from pmkit.workspace import Workspace

COUNT = int(os.environ.get("PMKIT_FAULTS", "2"))
OPENED = datetime(2026, 11, 5, tzinfo=UTC)
WRITERS = ("jira", "slack", "drive", "pagerduty")
# What makes a client wait costs real time, and is drawn less often.
KINDS = [fault for fault in WRITE_FAULTS if "slow" not in fault.kind] * 3
KINDS += [fault for fault in WRITE_FAULTS if "slow" in fault.kind]


class CrashError(BaseException):
    """The process ends here, as far as anybody can tell."""


@contextmanager
def crashing(at: int) -> Iterator[list[int]]:
    """Before and after each line of the ledger and each request is a point; the process ends at one of them.

    A crash while a line is written leaves half of it.
    """
    passed = [0]
    append, attempt = ledger_room.append_line, Caller._attempt

    def point() -> None:
        passed[0] += 1
        if passed[0] == at:
            raise CrashError

    def append_or_crash(folder: Path, line: Any, *, file: str) -> None:
        point()
        if passed[0] + 1 == at:
            append(folder, line, file=file)
            data = (folder / file).read_bytes()
            (folder / file).write_bytes(data[: -len(data.splitlines(keepends=True)[-1]) // 2 or None])
        point()
        append(folder, line, file=file)
        point()

    def attempt_or_crash(self: Caller, call: Callable[[], Any]) -> Any:
        point()
        answer = attempt(self, call)
        point()
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_room, "append_line", append_or_crash)
        patch.setattr(Caller, "_attempt", attempt_or_crash)
        yield passed


def is_in_doubt(folder: Path) -> bool:
    """Whether the ledger knows of an intent that nobody knows the outcome of."""
    state: dict[str, str] = {}
    for entry in read_ledger(folder):
        state[entry.step] = entry.state
    return bool({"intent", "unknown"} & set(state.values()))


def finish(stand: Any, folder: Path) -> None:
    """Push on a quiet day until nothing is left; it never takes more than a few times."""
    stand.server.faults = Faults()
    for _ in range(3):
        push = stand.push(folder)
        if push.is_whole and not is_in_doubt(folder):
            break
    assert push.is_whole, push.to_text()
    wrong = {name: count for name, count in stand.counts(folder).items() if count != 1}
    assert wrong == {}
    again = stand.push(folder)
    assert all(step.action == "skip" for step in again.steps), again.to_text()
    assert {name: count for name, count in stand.counts(folder).items() if count != 1} == {}


@pytest.fixture(autouse=True)
def quick(review: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record is read once: of all its tables a push changes but one, and that is read anew."""
    whole = Workspace.open(review).load()
    posts = push_updates.review_posts(whole, OPENED)
    monkeypatch.setattr(Workspace, "load", lambda self: replace(whole, actions=self.table("actions")))
    monkeypatch.setattr(push_updates, "review_posts", lambda *_, **__: posts)


@pytest.mark.parametrize("stand", WRITERS, indirect=True)
def test_every_schedule_ends_with_each_thing_once(stand: Any, review: Path, tmp_path: Path) -> None:
    """Faults by lot, crashes by lot, answers lost: 0 duplicates, 0 missing, and what is unknown is shown."""
    for seed in range(COUNT):
        chance = random.Random(f"{stand.system} {seed}")
        folder = Path(shutil.copytree(review, tmp_path / f"{seed}" / review.name))
        stand.renew(Faults(seed=seed, rate=chance.choice([0.05, 0.15, 0.4]), kinds=KINDS))
        if stand.system == "jira":
            stand.state.lag = chance.choice([0.0, 30.0, 115.0])
        for _ in range(chance.randint(1, 3)):
            with crashing(chance.choice([0, chance.randint(1, 150)])):
                try:
                    push = stand.push(folder, waits=chance.random() < 0.5)
                except CrashError:
                    continue
                except PmkitError:
                    continue  # a read that failed for good: nothing was sent after it
            assert not (is_in_doubt(folder) and push.is_whole), push.to_text()
            stand.clock.pause(chance.choice([0, 1, 60]))
        finish(stand, folder)
        shutil.rmtree(tmp_path / f"{seed}")


@pytest.mark.parametrize("stand", WRITERS, indirect=True)
def test_a_crash_at_any_point_is_mended_by_the_next_push(stand: Any, review: Path, tmp_path: Path) -> None:
    """A process that ends at any point leaves what the next one finishes, once."""
    step = 1 if "PMKIT_FAULTS" in os.environ else {"slack": 97, "pagerduty": 3}.get(stand.system, 43)
    point = 5
    while True:
        folder = Path(shutil.copytree(review, tmp_path / f"{point}" / review.name))
        stand.renew()
        if stand.system == "jira":
            stand.state.lag = 100.0
        with crashing(point):
            try:
                stand.push(folder)
            except CrashError:
                pass
            else:
                break
        finish(stand, folder)
        shutil.rmtree(tmp_path / f"{point}")
        point += step
    assert point > 5
