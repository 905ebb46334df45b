from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders.slack import load_slack_log
from pmkit.schema import EVENTS, validate

CHANNEL = "C0INCIDENT1"


def ts(number: int) -> str:
    return f"1710484{number:03}.000100"


def message(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "channel": CHANNEL,
        "user": "U01",
        "text": f"number {number}",
        "ts": ts(number),
    } | fields


def about(subtype: str, at: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "subtype": subtype,
        "channel": CHANNEL,
        "ts": ts(at),
        "event_ts": ts(at),
    } | fields


def changed(number: int, at: int, **fields: Any) -> dict[str, Any]:
    inner = {key: value for key, value in message(number, **fields).items() if key != "channel"}
    return about("message_changed", at, message=inner)


def envelope(event: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "event_callback", "team_id": "T1", "event_time": 1710484000, "event": event} | fields


def save(path: Path, *lines: Any) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


@pytest.mark.parametrize(
    "wrap",
    [lambda e: e, envelope, lambda e: {"type": "events_api", "envelope_id": "x", "payload": envelope(e)}],
)
def test_events_are_loaded_with_and_without_their_envelope(tmp_path: Path, wrap: Any) -> None:
    """RTM, the Events API and Socket Mode say the same in other wrappings."""
    path = save(tmp_path / "events.jsonl", *(wrap(message(n)) for n in range(3)))
    assert recognise(path).name == "slack-log"
    frame = load_evidence(path, "slack-log")
    validate(frame, EVENTS)
    assert frame["text"].tolist() == ["number 0", "number 1", "number 2"]
    assert frame["slack_channel_id"].unique().tolist() == [CHANNEL]
    assert frame["ref"].iloc[1] == "events.jsonl#:1"


def test_a_json_list_of_events_is_loaded(tmp_path: Path) -> None:
    """Not every log is JSON Lines."""
    path = tmp_path / "events.json"
    path.write_text(json.dumps([envelope(message(n)) for n in range(2)], indent=2))
    assert recognise(path).name == "slack-log"
    assert load_slack_log(path)["text"].tolist() == ["number 0", "number 1"]


def test_a_message_is_one_event_in_its_latest_state(tmp_path: Path) -> None:
    """Edits, unfurled links and new replies change the row; each record stands in its ref."""
    lines = [
        message(1),
        message(2),
        changed(1, 5, text="edited", edited={"user": "U01", "ts": "1710484005.000000"}),
        changed(2, 6, attachments=[{"text": "what the link shows"}], text=""),
        about("message_replied", 7, message={"type": "message", "ts": ts(2), "user": "U01", "text": "last"}),
    ]
    frame = load_slack_log(save(tmp_path / "x.jsonl", *lines))
    validate(frame, EVENTS)
    assert frame["text"].tolist() == ["edited", "last"]
    assert frame["ref"].tolist() == ["x.jsonl#:2 | x.jsonl#:0", "x.jsonl#:4 | x.jsonl#:1 | x.jsonl#:3"]


def test_the_order_of_the_lines_does_not_matter(tmp_path: Path) -> None:
    """Events may be delivered late: the time of the change decides what was the last one."""
    lines = [changed(1, 9, text="second"), changed(1, 5, text="first"), message(1)]
    assert load_slack_log(save(tmp_path / "x.jsonl", *lines))["text"].tolist() == ["second"]


def test_a_deleted_message_stays_as_an_event_without_words(tmp_path: Path) -> None:
    """Who had written it and in which thread is kept, what it said is in the evidence alone."""
    gone = message(1, thread_ts=ts(0))
    lines = [
        gone,
        about("message_deleted", 5, deleted_ts=ts(1), previous_message=gone),
        changed(1, 3, text="late"),
    ]
    frame = load_slack_log(save(tmp_path / "x.jsonl", *lines))
    assert frame[["kind", "text", "actor", "slack_thread_ts"]].values.tolist() == [
        ["deleted", "", "U01", ts(0)]
    ]
    assert len(frame["ref"].iloc[0].split(" | ")) == 3


def test_an_event_delivered_twice_is_one_row(tmp_path: Path) -> None:
    """Slack repeats what was not acknowledged."""
    frame = load_slack_log(save(tmp_path / "x.jsonl", envelope(message(1)), envelope(message(1))))
    assert frame["ref"].tolist() == ["x.jsonl#:1 | x.jsonl#:0"]


@pytest.mark.parametrize(
    ("event", "kind", "text"),
    [
        (
            {
                "type": "reaction_added",
                "user": "U01",
                "reaction": "eyes",
                "item": {"type": "message", "channel": CHANNEL, "ts": ts(1)},
            },
            "other",
            "Reacted with :eyes:",
        ),
        ({"type": "member_joined_channel", "user": "U01", "channel": CHANNEL}, "join", "Joined the channel"),
        ({"type": "member_left_channel", "user": "U01", "channel": CHANNEL}, "leave", "Left the channel"),
        (
            {"type": "channel_rename", "channel": {"id": CHANNEL, "name": "outage"}},
            "topic",
            "Renamed the channel to outage",
        ),
        (
            {
                "type": "pin_added",
                "user": "U01",
                "channel_id": CHANNEL,
                "item": {"channel": CHANNEL, "message": {"text": "the graph", "ts": ts(1)}},
            },
            "pin",
            "Pinned a message: the graph",
        ),
        (
            {"type": "file_shared", "user": "U01", "channel": CHANNEL, "file": {"id": "F1"}},
            "file",
            "Shared a file",
        ),
        ({"type": "team_join", "user": {"id": "U09", "name": "zoe"}}, "other", "Team join"),
        ({"type": "brand_new_2031", "channel": 7, "user": ["x"]}, "other", "Brand new 2031"),
        ({"type": "{0.__class__}", "channel": CHANNEL}, "other", "{0.  class  }"),
    ],
)
def test_what_is_no_message_is_an_event_too(
    tmp_path: Path, event: dict[str, Any], kind: str, text: str
) -> None:
    """Reactions, pins and joins have a row at their own time; unknown types are kept."""
    frame = load_slack_log(save(tmp_path / "x.jsonl", envelope(event | {"event_ts": ts(5)})))
    validate(frame, EVENTS)
    assert frame[["kind", "text", "slack_ts", "url"]].values.tolist() == [[kind, text, ts(5), ""]]
    assert frame["slack_subtype"].tolist() == [event["type"]]


def test_names_are_learned_on_the_way(tmp_path: Path) -> None:
    """Somebody who joins the team is known from then on, and in what was said before."""
    joined = {
        "type": "team_join",
        "user": {"id": "U01", "profile": {"display_name": "ada"}},
        "event_ts": ts(5),
    }
    lines = [message(1, user="U02", text="hello <@U01>"), message(2), joined]
    frame = load_slack_log(save(tmp_path / "x.jsonl", *lines))
    assert frame["text"].iloc[0] == "hello @ada"
    assert frame["actor"].tolist() == ["U02", "ada", "ada"]


def test_chatter_of_the_connection_is_no_record(tmp_path: Path) -> None:
    """`hello` and typing signs tell nothing that happened."""
    chatter = [
        {"type": "hello"},
        {"type": "user_typing", "channel": CHANNEL, "user": "U01"},
        {"ok": True, "reply_to": 1, "ts": ts(1), "text": "x"},
    ]
    path = save(tmp_path / "x.jsonl", *chatter, message(1), "")
    assert recognise(path).name == "slack-log"
    assert load_slack_log(path)["ref"].tolist() == ["x.jsonl#:3"]


def test_events_that_slack_held_back_are_told(tmp_path: Path) -> None:
    """A log with `app_rate_limited` lacks what came in that minute."""
    path = save(
        tmp_path / "x.jsonl", message(1), {"type": "app_rate_limited", "minute_rate_limited": 1710484000}
    )
    assert (
        find_incompleteness(path, "slack-log")
        == "incomplete: Slack held events back 1 times (app_rate_limited)"
    )
    assert find_incompleteness(save(path, message(1)), "slack-log") == ""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"type": "message", "channel": "C0INCIDENT1", "ts"', "character"),
        ('{"type": "message", "ts": "1710484001.0", "ts": "1710484002.0"}', "duplicate key 'ts'"),
        ('{"type": "message", "ts": "1710484001.0", "x": NaN}', "non-finite"),
        ('{"type": "message", "ts": "1710484001.0", "text": 7}', "Expected `str"),
        ('{"type": "message", "ts": "soon", "text": "x"}', "\"ts\" is 'soon'"),
        ('{"type": "brand_new_2031"}', 'no "ts"'),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ("plain words", "Expecting value"),
        ("[1]", "Expected `object"),
    ],
)
def test_a_line_that_cannot_be_read_costs_itself_alone(tmp_path: Path, line: str, reason: str) -> None:
    """It is reported by its number, and its neighbours load."""
    frame = load_slack_log(save(tmp_path / "x.jsonl", message(1), line, message(2)))
    validate(frame, EVENTS)
    assert frame["kind"].tolist() == ["message", "message", "unreadable"]
    assert frame["ref"].iloc[2] == "x.jsonl#:1"
    assert reason in frame["text"].iloc[2]


def test_envelopes_nested_without_end_do_no_harm(tmp_path: Path) -> None:
    """A thousand envelopes round one event are opened one by one, or reported."""
    line = '{"event": ' * 900 + json.dumps(message(1)) + "}" * 900
    assert len(load_slack_log(save(tmp_path / "x.jsonl", line))) == 1


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1), st.binary(min_size=1, max_size=6))
def test_noise_costs_the_lines_it_stands_in(
    tmp_path_factory: pytest.TempPathFactory, where: float, noise: bytes
) -> None:
    """All the others load, and nothing is invented."""
    lines = [envelope(message(n)) for n in range(8)]
    data = "\n".join(map(json.dumps, lines)).encode()
    at = int(where * (len(data) - 1))
    path = tmp_path_factory.mktemp("log") / "x.jsonl"
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])
    frame = load_slack_log(path)
    validate(frame, EVENTS)
    read = frame[frame["kind"] != "unreadable"]
    assert 6 <= len(read) <= 8
