"""The ledger keeps what was asked for and what came of it, through crashes and bad lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.custody import find_tampering
from pmkit.errors import WorkspaceError
from pmkit.integrations.ledger import LEDGER, Ledger, read_ledger

AT = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)


def test_an_intent_without_outcome_is_in_doubt(tmp_path: Path) -> None:
    """Until a line says what came of it; what goes to another target is another matter."""
    with Ledger.open(tmp_path, "jira OPS", lambda: AT) as ledger:
        ledger.record("issue A1", "intent", digest="1")
        assert ledger.doubt("issue A1") is not None
        ledger.record("issue A1", "unknown", note="no answer")
        assert [entry.step for entry in ledger.doubts] == ["issue A1"]
        ledger.record("issue A1", "done", remote="OPS-1", seen={"here": {"dri": "Mei"}})
        assert ledger.doubt("issue A1") is None
        ledger.record("issue A1", "intent")
        ledger.record("issue A1", "refused")
        assert ledger.doubt("issue A1") is None
    with Ledger.open(tmp_path, "jira OPS") as ledger:
        done = ledger.last_done("issue A1")
        assert done is not None
        assert (done.at, done.remote, done.seen) == (AT, "OPS-1", {"here": {"dri": "Mei"}})
    with Ledger.open(tmp_path, "jira PAY") as ledger:
        assert ledger.last("issue A1") is None


@settings(max_examples=30)
@given(cut=st.integers(min_value=1, max_value=400))
def test_what_a_crash_left_of_a_line_is_cut(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Wherever the last line is cut, the lines before it stand and the next one is written whole."""
    folder = tmp_path_factory.mktemp("ledger")
    with Ledger.open(folder, "t", lambda: AT) as ledger:
        ledger.record("one", "intent")
        ledger.record("two", "intent", note="a longer line, so that there is something to cut from")
    path = folder / LEDGER
    data = path.read_bytes()
    second = data.splitlines(keepends=True)[1]
    path.write_bytes(data[: len(data) - min(cut, len(second))])
    assert [entry.step for entry in read_ledger(folder)] == ["one"]
    with Ledger.open(folder, "t", lambda: AT + timedelta(seconds=1)) as ledger:
        ledger.record("three", "done", remote="x")
    assert [entry.step for entry in read_ledger(folder)] == ["one", "three"]


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"state": "done"}', b"<<<<<<< HEAD", b'{"at": "2026-11-05", "state": "done"}']
)
def test_a_line_that_cannot_be_read_stops_the_push(line: bytes, tmp_path: Path) -> None:
    """What it told of might be done twice otherwise; the line is named."""
    with Ledger.open(tmp_path, "t", lambda: AT) as ledger:
        ledger.record("one", "done")
    path = tmp_path / LEDGER
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(WorkspaceError, match="line 2: cannot be read"):
        read_ledger(tmp_path)


def test_two_do_not_push_at_once(tmp_path: Path) -> None:
    """Whoever comes second is told to wait, and nothing is written."""
    with (
        Ledger.open(tmp_path, "t"),
        pytest.raises(WorkspaceError, match="pushing from here already"),
        Ledger.open(tmp_path, "t"),
    ):
        pass
    assert not (tmp_path / LEDGER).exists()


def chain(folder: Path) -> list[str]:
    """What `pmkit verify` says of the ledger."""
    return [problem for file, problem in find_tampering(folder) if file == LEDGER]


def written(folder: Path, *steps: str) -> list[bytes]:
    """The lines of a ledger in which these steps were done."""
    with Ledger.open(folder, "t", lambda: AT) as ledger:
        for step in steps:
            ledger.record(step, "done", remote=f"id of {step}")
    return (folder / LEDGER).read_bytes().splitlines(keepends=True)


@settings(max_examples=20)
@given(
    at=st.integers(0, 3), what=st.sampled_from(["changed", "taken out", "moved", "put in", "without chain"])
)
def test_a_line_that_was_tampered_with_is_seen(
    at: int, what: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is done to a line that another one follows; the last one alone nothing holds."""
    folder = tmp_path_factory.mktemp("ledger")
    lines = written(folder, "one", "two", "three", "four", "five")
    assert chain(folder) == []
    changed = {
        "changed": [*lines[:at], lines[at].replace(b"id of", b"ID of"), *lines[at + 1 :]],
        "taken out": [*lines[:at], *lines[at + 1 :]],
        "moved": [*lines[:at], *lines[at + 1 :], lines[at]],
        "put in": [*lines[: at + 1], lines[at].replace(b'"prev": "', b'"prev": "0'), *lines[at + 1 :]],
        "without chain": [*lines[: at + 1], lines[0].replace(b', "prev": ""', b""), *lines[at + 1 :]],
    }[what]
    (folder / LEDGER).write_bytes(b"".join(changed))
    assert any("does not follow from the lines before it" in problem for problem in chain(folder))


def test_a_ledger_from_before_the_chain_is_read_and_held(tmp_path: Path) -> None:
    """Its lines have no digests; the first that has one stands for them all."""
    lines = [b'{"at": "2026-11-05T09:00:00+00:00", "target": "t", "step": "%s", "state": "done"}\n' % step
             for step in (b"one", b"two")]  # fmt: skip
    (tmp_path / LEDGER).write_bytes(b"".join(lines))
    assert [entry.step for entry in read_ledger(tmp_path)] == ["one", "two"]
    assert chain(tmp_path) == []
    lines = written(tmp_path, "three")
    assert chain(tmp_path) == []
    (tmp_path / LEDGER).write_bytes(b"".join([lines[0], lines[1].replace(b"two", b"TWO"), lines[2]]))
    assert chain(tmp_path) == [
        "line 3 does not follow from the lines before it: one was changed or taken out"
    ]


def test_branches_that_were_merged_are_no_break(tmp_path: Path) -> None:
    """Git puts the lines of both sides one after another; the next line follows both, and holds both."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    common = b"".join(written(tmp_path / "a", "common"))
    (tmp_path / "b" / LEDGER).write_bytes(common)
    ours, theirs = written(tmp_path / "a", "ours"), written(tmp_path / "b", "theirs", "theirs too")
    (tmp_path / "a" / LEDGER).write_bytes(b"".join([*ours, *theirs[1:]]))
    assert chain(tmp_path / "a") == []
    lines = written(tmp_path / "a", "after")
    assert chain(tmp_path / "a") == []
    for gone in range(len(lines) - 1):
        (tmp_path / "a" / LEDGER).write_bytes(b"".join([*lines[:gone], *lines[gone + 1 :]]))
        assert chain(tmp_path / "a") != []
