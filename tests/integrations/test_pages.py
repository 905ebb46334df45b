"""The pages of a fetch: saved as they came, asked for once, taken up again, and a verdict at the end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pmkit.errors import IntegrationError, NoAnswerError
from pmkit.integrations.pages import Gap, Pages, Verdict, open_pages, read_parts
from pmkit.integrations.retrying import Heard, Reply
from pmkit.loaders._fetch_log import LOG, fetched_verdict, read_fetch_log
from pmkit.workspace import Workspace

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ASKED = {"channel": "C09MFKICKF2", "url": "https://slack.com"}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun") / "2026-11-03-checkout"
    Workspace.create(folder, title="It", severity="P1", now=NOW)
    return folder


@pytest.fixture
def workspace(begun: Path, tmp_path: Path) -> Workspace:
    return Workspace.open(shutil.copytree(begun, tmp_path / begun.name))


@pytest.fixture(autouse=True)
def unmoved(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a fetch moves in the incident is tested elsewhere."""
    monkeypatch.setattr("pmkit.intake._state", lambda *_: None)


def opened(workspace: Workspace, **more: Any) -> Any:
    return open_pages(workspace, "slack", "slack-kickoff", ASKED, **{"now": NOW, **more})


def answer(value: Any) -> Callable[[], Heard]:
    body = json.dumps(value).encode()
    return lambda: Heard(Reply(200, {}, body), value)


def never() -> Heard:
    raise AssertionError("asked for what is saved")


def history(*texts: str) -> dict[str, Any]:
    rows = [
        {"type": "message", "user": "U09MFPERS01", "text": text, "ts": f"179500{n:04d}.000100"}
        for n, text in enumerate(texts)
    ]
    return {"ok": True, "messages": rows}


def saved(pages: Pages) -> list[str]:
    return sorted(path.name for path in pages.folder.iterdir() if path.name != LOG)


# The verdict


def test_a_verdict_says_what_came_and_what_did_not() -> None:
    """One sentence: counts as people say them, remarks behind them, each gap with its span and why."""
    verdict = Verdict({"messages": 1_204, "replies": 1, "people": 1})
    assert verdict.said(NOW) == "complete as of 2026-11-20 12:00 UTC: 1,204 messages, 1 reply, 1 person"
    verdict.remarks.append("replies to older threads were not looked for")
    assert verdict.said(NOW).endswith("1 person; replies to older threads were not looked for")
    verdict.gaps += [
        Gap("messages", "before 07:00", "it answered 503"),
        Gap("pins", "", "not asked for any more"),
    ]
    assert not verdict.is_complete
    assert verdict.said(NOW) == (
        "incomplete: messages before 07:00 (it answered 503); pins (not asked for any more); here are 1,204 "
        "messages, 1 reply, 1 person; replies to older threads were not looked for"
    )
    assert Verdict().said(NOW) == "complete as of 2026-11-20 12:00 UTC: nothing"


def test_parts_are_read_in_order_and_what_is_refused_is_a_gap(workspace: Workspace) -> None:
    """A refusal leaves the others; after no answer nothing more is asked for, and that is said of each."""

    def read(what: str, error: Exception | None = None) -> tuple[str, Callable[[Verdict], None]]:
        def part(verdict: Verdict) -> None:
            if error:
                raise error
            verdict.counts[what] = 1

        return what, part

    refused, silent = IntegrationError("Slack: no scope."), NoAnswerError("Slack: no answer")
    with opened(workspace) as pages:
        verdict = read_parts(pages, [read("channel"), read("pins", refused), read("people")])
        assert verdict.counts == {"channel": 1, "people": 1}
        assert verdict.gaps == [Gap("pins", "", "Slack: no scope")]
        verdict = read_parts(pages, [read("channel"), read("messages", silent), read("pins"), read("people")])
        assert verdict.counts == {"channel": 1}
        assert verdict.gaps[1] == Gap("pins, people", "", "not asked for any more")


def test_where_nothing_came_no_folder_is_left(workspace: Workspace) -> None:
    """What the system said is raised."""

    def part(_: Verdict) -> None:
        raise IntegrationError("Slack: there is no such channel")

    with opened(workspace) as pages, pytest.raises(IntegrationError, match="no such channel"):
        read_parts(pages, [("channel", part), ("messages", part)])
    assert not pages.folder.exists()


# The pages


def test_a_page_is_saved_as_it_came_and_asked_for_once(workspace: Workspace) -> None:
    """Byte for byte, under a name that says what it is; the log says when and under which key."""
    with opened(workspace) as pages:
        body = b'{"ok":  true,\n "messages": []}'
        assert (
            pages.get("conversations.history", "p 1", lambda: Heard(Reply(200, {}, body), 1), name="x/y") == 1
        )
        assert pages.get("conversations.history", "p 1", never) == {"ok": True, "messages": []}
        assert (pages.folder / "0001-x-y.json").read_bytes() == body
        assert (pages.asked_for, pages.reread) == (1, 1)
    log = read_fetch_log(pages.folder)
    assert log is not None
    assert [page["key"] for page in log.pages] == ["conversations.history p 1"]
    assert log.asked["asked"] == ASKED


def test_two_pages_that_are_the_same_are_one_file(workspace: Workspace) -> None:
    """A list that was read twice fills no second file; another kind of page does."""
    with opened(workspace) as pages:
        for key in ("p 1", "p 2"):
            pages.get("conversations.history", key, answer(history("a")))
        assert len(saved(pages)) == 1
        pages.get("pins.list", "p 1", answer(history("a")))
        assert len(saved(pages)) == 2


def test_a_page_that_was_changed_on_the_disk_is_asked_for_again(workspace: Workspace) -> None:
    """It is not what came, and is not loaded beside what comes now."""
    with opened(workspace) as pages:
        pages.get("conversations.history", "p 1", answer(history("a")))
        (pages.folder / saved(pages)[0]).write_text('{"ok": true, "messages": []}')
        again = pages.get("conversations.history", "p 1", answer(history("b")))
        assert again == history("b")
        assert len(saved(pages)) == 1


def test_a_fetch_that_was_stopped_is_taken_up_where_it_was(workspace: Workspace) -> None:
    """In the same folder and up to the same moment; `anew` begins from nothing."""
    with opened(workspace) as pages:
        pages.get("conversations.history", "p 1", answer(history("a")))
    with (pages.folder / LOG).open("ab") as out:
        out.write(b'{"page": "0002')
    (pages.folder / ".0002.json.tmp").write_bytes(b"half")
    assert fetched_verdict(pages.folder) == "incomplete: the fetch was stopped; run it again to finish it"
    later = NOW + timedelta(hours=3)
    with opened(workspace, now=later) as again:
        assert (again.folder, again.until) == (pages.folder, NOW)
        assert again.get("conversations.history", "p 1", never) == history("a")
        again.get("conversations.history", "p 2", answer(history("b")))
        assert saved(again) == ["0001-conversations.history.json", "0002-conversations.history.json"]
    with opened(workspace, now=later, anew=True) as anew:
        assert saved(anew) == []
        assert anew.until == later


def test_the_same_is_not_fetched_twice_at_once(workspace: Workspace) -> None:
    """Whoever comes second is told; something else may be fetched beside it."""
    with opened(workspace):
        with pytest.raises(IntegrationError, match="the same is being fetched just now"), opened(workspace):
            pass
        with open_pages(workspace, "slack", "other", {**ASKED, "channel": "C2"}, now=NOW) as other:
            assert other.folder.name == "other"


# The end


def fetch(workspace: Workspace, *texts: str, gap: str = "", now: datetime = NOW) -> Any:
    with opened(workspace, now=now) as pages:
        pages.get(
            "conversations.info",
            "c",
            answer({"ok": True, "channel": {"id": "C09MFKICKF2", "name": "kickoff"}}),
        )
        pages.get("conversations.history", "p 1", answer(history(*texts)), name="C09MFKICKF2-messages")
        verdict = Verdict({"messages": len(texts)}, [Gap("messages", "before", gap)] if gap else [])
        return pages.finish(verdict, "slack-pages")


def test_what_was_fetched_is_evidence_with_its_verdict(workspace: Workspace) -> None:
    """The sentence stands beside the folder in evidence.csv."""
    fetched = fetch(workspace, "a", "b")
    (row,) = workspace.evidence().to_dict("records")
    assert row["path"] == fetched.folder == "evidence/slack-kickoff"
    assert row["note"] == "complete as of 2026-11-20 12:00 UTC: 2 messages"
    assert fetched.to_dict()["remarks"] == []
    assert len(workspace.events()) == 2


def test_a_fetch_that_finds_nothing_new_leaves_nothing(workspace: Workspace) -> None:
    """The earlier folder stands, and that is said."""
    fetch(workspace, "a")
    again = fetch(workspace, "a", now=NOW + timedelta(days=1))
    assert again.intake is None
    assert "nothing new since it was fetched" in again.to_text()
    assert len(workspace.evidence()) == 1
    assert not (workspace.path / "evidence" / "slack-kickoff-2").exists()


def test_what_was_incomplete_is_told_when_the_rest_came(workspace: Workspace) -> None:
    """The later fetch takes its pages over, and goes up to the same moment."""
    first = fetch(workspace, "a", gap="it answered 503")
    assert not first.is_complete
    second = fetch(workspace, "a", now=NOW + timedelta(days=1))
    assert second.folder == "evidence/slack-kickoff-2"
    assert second.said.startswith("complete as of 2026-11-20 12:00 UTC")
    notes = dict(zip(workspace.evidence()["path"], workspace.evidence()["note"], strict=True))
    assert notes[first.folder] == f"what it lacked is in {second.folder}, fetched later and complete"
