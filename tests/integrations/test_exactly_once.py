"""Whatever the network does and wherever it crashes, each thing is there once in the end, and doubt is shown.

`PMKIT_FAULTS=2000` runs that many random schedules per writer, and a crash at every point instead of some;
with `-s` it tells how many of what there were. Most of their time goes to the disk: `--basetemp=/dev/shm/t`.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pmkit.custody import LEDGER, find_tampering
from pmkit.demo.server import WRITE_FAULTS, Faults
from pmkit.errors import PmkitError
from pmkit.integrations import ledger as ledger_room
from pmkit.integrations import push_actions, push_note, push_report, push_updates
from pmkit.integrations.calling import Caller
from pmkit.integrations.ledger import read_ledger
from pmkit.integrations.outgoing import Outgoing, outgoing
from pmkit.integrations.posts import Post
from pmkit.postmortem import Postmortem
from pmkit.session import edit_row
from pmkit.workspace import Workspace
from tests.integrations.wire import writers

COUNT = int(os.environ.get("PMKIT_FAULTS", "1"))
FIRST = int(os.environ.get("PMKIT_FAULTS_FROM", "0"))  # to go on with schedules that were stopped
OPENED = datetime(2026, 11, 5, tzinfo=UTC)
WRITERS = ("jira", "slack", "drive", "pagerduty", "pagerduty 7")


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


def finish(stand: Any, folder: Path, *, is_changed: bool = False) -> int:
    """Push on a quiet day until nothing is left, which takes a few times at most; tells how many.

    Everything is there once then, in the words of the record, and another push has nothing to do.
    """
    stand.server.faults = Faults()
    pushes = 0
    for _ in range(3):
        push = stand.push(folder)
        pushes += 1
        if push.is_whole and not is_in_doubt(folder):
            break
    assert push.is_whole, push.to_text()
    again = stand.push(folder)
    assert all(step.action == "skip" for step in again.steps), again.to_text()
    wrong = {name: count for name, count in stand.counts(folder).items() if count != 1}
    assert wrong == {}
    if is_changed:
        assert CHANGED[stand.system](stand, folder) == []
    assert [problem for file, problem in find_tampering(folder) if file == LEDGER] == []
    return pushes


class Record:
    """The record as it is read once: of its tables a push changes but one, and that is read anew."""

    def __init__(self, folder: Path) -> None:
        self.first = Workspace.open(folder).load()
        decisions = self.first.decisions
        self.second = replace(
            self.first, decisions=decisions.assign(decision=decisions["decision"] + ", and stay there")
        )
        self.now = self.first
        self._outgoing: dict[Any, Outgoing] = {}
        self._made: dict[Any, Any] = {}
        both = (self.first, self.second)
        self._posts = {id(each): push_updates.review_posts(each, OPENED) for each in both}

    def load(self, workspace: Workspace) -> Postmortem:
        return replace(self.now, actions=workspace.table("actions"))

    def outgoing(self, workspace: Workspace, settings: Any) -> Outgoing:
        record = self.load(workspace)
        key = (id(self.now), record.actions.to_csv(), str(settings.get("audience")))
        if key not in self._outgoing:
            self._outgoing[key] = outgoing(workspace, settings, record)
        return self._outgoing[key]

    def once(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """The same, made once of each thing; what a thing is, is said by what it is, or by its words."""

        def made(thing: Any, *more: Any) -> Any:
            key = (make.__name__, id(thing), repr(more))
            if key not in self._made:
                self._made[key] = thing, make(thing, *more)  # kept, so that no other gets its id
            value = self._made[key][1]
            return dict(value) if isinstance(value, dict) else value

        return made

    def posts(self, *_: Any, **__: Any) -> list[Post]:
        return self._posts[id(self.now)]


# What changes between two pushes, and what has to be there then


def change_actions(stand: Any, folder: Path) -> None:
    edit_row(Workspace.open(folder), "actions", "A1", status="done", due_on="2026-12-24")
    edit_row(Workspace.open(folder), "actions", "A2", action="Alert on refused carts early")
    stand.state.issues[_keys(folder)["A 3"]]["fields"]["duedate"] = "2026-12-01"


def wrong_actions(stand: Any, folder: Path) -> list[str]:
    keys, issues = _keys(folder), stand.state.issues
    first, second = issues[keys["A1"]], issues[keys["A2"]]
    moves = [item for told in first["histories"] for item in told["items"] if item["field"] == "status"]
    due_on = Workspace.open(folder).table("actions").set_index("action_id").at["A 3", "due_on"]
    rights = {
        "status": first["fields"]["status"] == {"name": "Done"},
        "moved once": len(moves) == 1,
        "due date": first["fields"]["duedate"] == "2026-12-24",
        "summary": second["fields"]["summary"] == "Alert on refused carts early",
        "came back": f"{due_on:%Y-%m-%d}" == "2026-12-01",
    }
    return [name for name, is_right in rights.items() if not is_right]


def _keys(folder: Path) -> dict[str, str]:
    rows = Workspace.open(folder).table("actions")
    return dict(zip(rows["action_id"], rows["issue_key"], strict=True))


def wrong_posts(stand: Any, _: Path) -> list[str]:
    texts = [message["text"] for rows in stand.state.messages.values() for message in rows]
    decisions = [text for text in texts if text.startswith("*Decision")]
    return [text for text in decisions if text.count(", and stay there") != 1]


def change_files(_: Any, folder: Path) -> None:
    (folder / "report" / "report.html").write_text("<h1>Checkout failed, anew</h1>", encoding="utf-8")
    edit_row(Workspace.open(folder), "actions", "A1", note="new words")


def wrong_files(stand: Any, _: Path) -> list[str]:
    return [] if b"<h1>Checkout failed, anew</h1>" in stand.state.content.values() else ["report.html"]


CHANGES: dict[str, Callable[[Any, Path], None]] = {
    "jira": change_actions, "slack": lambda *_: None, "drive": change_files,
}  # fmt: skip
CHANGED: dict[str, Callable[[Any, Path], list[str]]] = {
    "jira": wrong_actions, "slack": wrong_posts, "drive": wrong_files,
}  # fmt: skip


@pytest.fixture(scope="session")
def read_record(review: Path) -> Record:
    return Record(review)


@pytest.fixture(autouse=True)
def record(read_record: Record, monkeypatch: pytest.MonkeyPatch) -> Record:
    read_record.now = read_record.first
    monkeypatch.setattr(Workspace, "load", lambda workspace: read_record.load(workspace))  # noqa: PLW0108
    monkeypatch.setattr(push_updates, "review_posts", read_record.posts)
    for room in (push_actions, push_updates, push_report, push_note):
        monkeypatch.setattr(room, "outgoing", read_record.outgoing)
    monkeypatch.setattr(Outgoing, "refusal", read_record.once(Outgoing.refusal))
    monkeypatch.setattr(push_report, "sheets_of", read_record.once(push_report.sheets_of))
    monkeypatch.setattr(push_report, "to_safe_csv", read_record.once(push_report.to_safe_csv))
    return read_record


@pytest.mark.parametrize("stand", writers("jira", "slack", "drive", "pagerduty"), indirect=True)
def test_every_schedule_ends_with_each_thing_once(stand: Any, review: Path, tmp_path: Path) -> None:
    """Faults by lot, crashes by lot, answers lost: 0 duplicates, 0 missing, and what is unknown is shown."""
    told: Counter[str] = Counter()
    for seed in range(FIRST, COUNT):
        chance = random.Random(f"{stand.system} {seed}")
        folder = Path(shutil.copytree(review, tmp_path / f"{seed}" / review.name))
        stand.renew(Faults(seed=seed, rate=chance.choice([0.05, 0.15, 0.4]), kinds=WRITE_FAULTS))
        if stand.system == "jira":
            stand.state.lag = chance.choice([0.0, 30.0, 115.0])
        for _ in range(chance.randint(1, 3)):
            with crashing(chance.choice([0, chance.randint(1, 150)])):
                try:
                    push = stand.push(folder, waits=chance.random() < 0.5)
                except CrashError:
                    told["crashes"] += 1
                    continue
                except PmkitError:
                    told["given up"] += 1
                    continue  # a read that failed for good: nothing was sent after it
            assert not (is_in_doubt(folder) and push.is_whole), push.to_text()
            told["unknown, and shown"] += is_in_doubt(folder)
            stand.clock.pause(chance.choice([0, 1, 60]))
        told["faults"] += len(stand.server.faults.struck)
        told["pushes to finish"] += finish(stand, folder)
        told["schedules"] += 1
        shutil.rmtree(tmp_path / f"{seed}")
    print(f"{stand.name}: {dict(told)}, 0 twice, 0 missing")


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("stand", "is_changed"),
    [
        *(pytest.param(writer, False, marks=SLOW if "7" in writer else ()) for writer in WRITERS),
        *(pytest.param(writer, True, marks=SLOW if writer == "drive" else ()) for writer in CHANGES),
    ],
    indirect=["stand"],
)
def test_a_crash_at_any_point_is_mended_by_the_next_push(
    stand: Any, review: Path, tmp_path: Path, record: Record, is_changed: bool
) -> None:
    """A process that ends at any point leaves what the next one finishes, once.

    Of things that are new, and of things that changed since they were made, here and there.
    """
    told: Counter[str] = Counter()
    folder = Path(shutil.copytree(review, tmp_path / "begun" / review.name))
    stand.renew()
    if is_changed:
        stand.push(folder)
        record.now = record.second
        CHANGES[stand.system](stand, folder)
    begun = stand.keep()
    with crashing(0) as passed:
        stand.push(Path(shutil.copytree(folder, tmp_path / "whole" / review.name)))
    every = range(1, passed[0] + 1)
    for at in every if "PMKIT_FAULTS" in os.environ else every[len(every) // 2 :][:1]:
        mine = Path(shutil.copytree(folder, tmp_path / f"{at}" / review.name))
        stand.put_back(begun)
        if stand.system == "jira":
            stand.state.lag = 100.0
        with crashing(at), pytest.raises(CrashError):
            stand.push(mine)
        if is_in_doubt(mine):
            told["unknown, and shown"] += 1
            assert any(step.action != "skip" for step in stand.push(mine, apply=False).steps)
        told["pushes to finish"] += finish(stand, mine, is_changed=is_changed)
        told["points"] += 1
        shutil.rmtree(tmp_path / f"{at}")
    assert told["points"]
    print(f"{stand.name}: {dict(told)} of {len(every)}, 0 twice, 0 missing")
