from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders.slack import load_slack_pages
from pmkit.schema import EVENTS, validate

CHANNEL = "C0INCIDENT1"


def message(number: int, **fields: Any) -> dict[str, Any]:
    ts = f"1710484{number:03}.000100"
    return {"type": "message", "user": "U01", "text": f"number {number}", "ts": ts} | fields


def reply(number: int, parent: int, **fields: Any) -> dict[str, Any]:
    return message(number, thread_ts=message(parent)["ts"], **fields)


def page(*messages: dict[str, Any], has_more: bool = False, **fields: Any) -> dict[str, Any]:
    return {"ok": True, "messages": list(messages), "has_more": has_more} | fields


def save(path: Path, *documents: Any, lines: bool = False) -> Path:
    if lines:
        text = "\n".join(json.dumps(document) for document in documents)
    else:
        text = json.dumps(documents[0] if len(documents) == 1 else list(documents), indent=1)
    path.write_text(text)
    return path


def count_refs(frame: pd.DataFrame) -> int:
    return len({ref for refs in frame["ref"] for ref in refs.split(" | ")})


def test_a_page_of_history_is_loaded_oldest_first(tmp_path: Path) -> None:
    """The answer of `conversations.history` comes newest first, and the file's name tells the channel."""
    path = save(tmp_path / f"history-{CHANNEL}.json", page(message(3), message(2), message(1)))
    assert recognise(path).name == "slack-pages"
    frame = load_evidence(path, "slack-pages")
    validate(frame, EVENTS)
    assert frame["text"].tolist() == ["number 1", "number 2", "number 3"]
    assert frame["event_id"].iloc[0] == f"slack:{CHANNEL}:1710484001.000100"
    assert frame["ref"].iloc[0] == f"{path.name}#messages:2"


@pytest.mark.parametrize(
    ("users", "actor", "said"),
    [
        (b'[{"id": "U01", "name": "ada"}]', "ada", []),
        (b'\xef\xbb\xbf[{"id": "U01", "name": "ada"}]', "ada", []),
        (b'{"ok": true, "members": [{"id": "U01", "name": "ada"}]}', "ada", []),
        (b'[{"id": "U01", "name": "ada"}, {"id": 7}]', "ada", ["users.json:1"]),
        (b'[{"id": "U01", "name": "ada", "name": "bob"}]', "U01", ["users.json:0"]),
        (b'[{"id": "U01"', "U01", ["users.json:0"]),
    ],
)
def test_an_index_beside_the_pages_names_people_or_says_why_not(
    tmp_path: Path, users: bytes, actor: str, said: list[str]
) -> None:
    """Whether it is a list or an answer of the API; an entry that cannot be read costs its name alone."""
    save(tmp_path / f"{CHANNEL}.json", page(message(1)))
    (tmp_path / "users.json").write_bytes(users)
    frame = load_slack_pages(tmp_path)
    assert frame["actor"].iloc[0] == actor
    assert frame["ref"].iloc[1:].tolist() == [f"{tmp_path.name}#{place}" for place in said]


@pytest.mark.parametrize("lines", [True, False])
def test_several_pages_in_one_file(tmp_path: Path, lines: bool) -> None:
    """A list of pages and a page on each line give the same messages; a copy is folded."""
    pages = [page(message(4), message(3), channel=CHANNEL), page(message(3), message(2), channel=CHANNEL)]
    path = save(tmp_path / "pages.json", *pages, lines=lines)
    assert recognise(path).name == "slack-pages"
    frame = load_slack_pages(path)
    assert frame["text"].tolist() == ["number 2", "number 3", "number 4"]
    assert frame["ref"].iloc[1] == "pages.json#1/messages:0 | pages.json#0/messages:1"


def test_the_channel_is_asked_for_where_nothing_tells_it(tmp_path: Path) -> None:
    """One question; its answer is an id, a name, or a name with its sign."""
    path = save(tmp_path / "history.json", page(message(1)))
    with pytest.raises(QuestionError) as asked:
        load_slack_pages(path)
    assert asked.value.option == "channel"
    assert load_slack_pages(path, channel=CHANNEL)["slack_channel_id"].tolist() == [CHANNEL]
    by_name = load_slack_pages(path, channel="#outage")
    assert by_name[["event_id", "place"]].values.tolist() == [["slack:outage:1710484001.000100", "#outage"]]


def test_a_plain_list_of_messages_is_loaded(tmp_path: Path) -> None:
    """What `jq .messages` leaves is a list; a message may say its channel itself."""
    path = save(tmp_path / "bare.json", message(1), message(2))
    assert recognise(path).name == "slack-pages"
    assert len(load_slack_pages(path, channel=CHANNEL)) == 2
    path = save(tmp_path / "messages.json", message(1, channel=CHANNEL), message(2, channel="C0OTHERONE"))
    frame = load_slack_pages(path)
    assert frame["slack_channel_id"].tolist() == [CHANNEL, "C0OTHERONE"]
    assert frame["ref"].tolist() == ["messages.json#:0", "messages.json#:1"]


def test_a_folder_of_answers_names_people_and_channels(tmp_path: Path) -> None:
    """Answers of `users.list` and `conversations.list` lie beside the pages and are no records."""
    folder = tmp_path / "answers"
    folder.mkdir()
    save(
        folder / "users.list.json",
        {"ok": True, "members": [{"id": "U01", "profile": {"display_name": "ada"}}]},
    )
    save(folder / "conversations.list.json", {"ok": True, "channels": [{"id": CHANNEL, "name": "outage"}]})
    save(folder / f"{CHANNEL}-1.json", page(message(2), message(1, text="by <@U01>")))
    assert recognise(folder).name == "slack-pages"
    frame = load_slack_pages(folder)
    validate(frame, EVENTS)
    assert frame[["actor", "place", "text"]].values.tolist() == [
        ["ada", "#outage", "by @ada"],
        ["ada", "#outage", "number 2"],
    ]
    assert frame["ref"].iloc[0] == f"answers#{CHANNEL}-1.json/messages:1"


def test_a_dump_holds_its_replies_inside_their_parents(tmp_path: Path) -> None:
    """Every message and every reply is one row, and the ref of a reply leads through its parent."""
    parent = message(1, thread_ts=message(1)["ts"], reply_count=2)
    parent["slackdump_thread_replies"] = [reply(3, 1), reply(4, 1)]
    dump = {"channel_id": CHANNEL, "name": "outage", "messages": [parent, message(2)]}
    path = save(tmp_path / f"{CHANNEL}.json", dump)
    assert recognise(path).name == "slack-dump"
    frame = load_evidence(path, "slack-dump")
    validate(frame, EVENTS)
    assert frame["kind"].tolist() == ["message", "message", "reply", "reply"]
    assert set(frame["place"]) == {"#outage"}
    assert frame["ref"].iloc[3] == f"{path.name}#messages:0/slackdump_thread_replies:1"
    assert find_incompleteness(path, "slack-dump") == ""


def test_a_dump_with_its_indexes_as_zip(tmp_path: Path) -> None:
    """The users and channels that slackdump lists beside its dumps give the names."""
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("users.json", json.dumps([{"id": "U01", "name": "ada"}]))
        archive.writestr("channels.json", json.dumps([{"id": CHANNEL, "name": "renamed"}]))
        dump = {"channel_id": CHANNEL, "name": "outage", "messages": [message(1)]}
        archive.writestr(f"{CHANNEL}.json", json.dumps(dump))
    assert recognise(path).name == "slack-dump"
    frame = load_slack_pages(path)
    assert frame[["actor", "place"]].values.tolist() == [["ada", "#renamed"]]


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    """`has_more` without the page it speaks of, and threads whose replies were not fetched."""
    parent = message(5, thread_ts=message(5)["ts"], reply_count=3)
    first = page(parent, message(4), has_more=True, channel=CHANNEL)
    path = save(tmp_path / "pages.json", first)
    told = find_incompleteness(path, "slack-pages")
    assert told == "incomplete: a page says that there is more; replies of 1 thread are not in it"
    replies = page(parent, *(reply(n, 5) for n in (6, 7, 8)), channel=CHANNEL)
    path = save(tmp_path / "pages.json", first, page(message(3), channel=CHANNEL), replies)
    assert find_incompleteness(path, "slack-pages") == ""


def test_an_answer_that_is_an_error_is_reported(tmp_path: Path) -> None:
    """Slack's own word stands in the row."""
    path = save(tmp_path / f"{CHANNEL}.json", page(message(1)), {"ok": False, "error": "not_in_channel"})
    frame = load_slack_pages(path)
    assert frame["kind"].tolist() == ["message", "unreadable"]
    assert "not_in_channel" in frame["text"].iloc[1]
    assert frame["ref"].iloc[1] == f"{CHANNEL}.json#:1"


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"messages": 7}', '{"ok": true}', "<html>"])
def test_what_holds_no_messages_says_so(tmp_path: Path, text: str) -> None:
    """Nothing is guessed of a file without messages: a row that says so, or an error."""
    (tmp_path / "x.json").write_text(text)
    try:
        frame = load_slack_pages(tmp_path / "x.json", channel=CHANNEL)
    except EvidenceError as error:
        assert "holds no Slack messages" in str(error)
        return
    assert frame["kind"].tolist() == ["unreadable"]


@pytest.mark.parametrize("lines", [False, True])
def test_a_key_that_stands_twice_is_told(tmp_path: Path, lines: bool) -> None:
    """The messages stay, in their last value, and a row says that a value of one is not shown."""
    text = json.dumps(page(message(1), message(2))).replace('"text": "', '"text": "hidden", "text": "', 1)
    path = tmp_path / f"{CHANNEL}.jsonl"
    path.write_text(text + (f"\n{json.dumps(page(message(3)))}" if lines else ""))
    frame = load_slack_pages(path)
    assert frame["kind"].tolist() == ["message"] * (2 + lines) + ["unreadable"]
    assert "says a key twice" in frame["text"].iloc[-1]


def test_a_broken_parent_does_not_take_its_replies_along(tmp_path: Path) -> None:
    """The parent is reported; its replies and its neighbours are loaded."""
    parent = message(
        1, thread_ts=message(1)["ts"], reply_count=2, slackdump_thread_replies=[reply(3, 1), reply(4, 1)]
    )
    dump = {"channel_id": CHANNEL, "name": "outage", "messages": [message(0), parent, message(2)]}
    text = json.dumps(dump).replace('"number 1"', '"number 1')
    (tmp_path / "x.json").write_text(text)
    frame = load_slack_pages(tmp_path / "x.json")
    validate(frame, EVENTS)
    assert frame["text"].tolist()[:4] == ["number 0", "number 2", "number 3", "number 4"]
    assert frame["kind"].tolist() == ["message", "message", "reply", "reply", "unreadable"]
    assert set(frame["slack_channel_id"][:4]) == {CHANNEL}


RECORDS = [message(n) for n in range(6)]


@settings(max_examples=120, deadline=None)
@given(st.booleans(), st.integers(0, 5), st.floats(0, 1), st.binary(max_size=3))
def test_damage_in_one_message_costs_that_one(
    tmp_path_factory: pytest.TempPathFactory, lines: bool, hit: int, where: float, noise: bytes
) -> None:
    """Its neighbours are loaded, and the number of refs never falls below that of the records."""
    bodies = [json.dumps(record).encode() for record in RECORDS]
    at = int(where * (len(bodies[hit]) - 1))
    bodies[hit] = bodies[hit][:at] + noise.replace(b"\n", b" ") + bodies[hit][at + 1 :]
    listed = b",".join(bodies)
    data = b'{"channel": "C0INCIDENT1", "ok": true, "messages": [' + listed + b'], "has_more": false}'
    if lines:
        data += b'\n{"channel": "C0INCIDENT1", "ok": true, "messages": []}'
    path = tmp_path_factory.mktemp("pages") / "x.json"
    path.write_bytes(data)
    frame = load_slack_pages(path)
    validate(frame, EVENTS)
    read = frame[frame["kind"] != "unreadable"]
    others = {record["ts"] for n, record in enumerate(RECORDS) if n != hit}
    assert others <= set(read["slack_ts"])
    assert len(read) <= len(RECORDS)
    assert count_refs(frame) >= len(RECORDS)
