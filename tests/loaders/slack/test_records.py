"""Records are read as they stand, each with the time that the loader gives it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pmkit.loaders._archive import Member
from pmkit.loaders.slack.columns import Channel
from pmkit.loaders.slack.index import Day
from pmkit.loaders.slack.records import find_ids, find_people, list_records, read_day, shorten_index
from pmkit.loaders.slack.stamps import UNDATED, Span

TS = "1710484200.000100"


def day_of(data: bytes) -> Day:
    channel = Channel("C01", "general", "#general", has_id=True)
    return Day(Member("general/2024-03-15.json", lambda: data), channel, "")


def read(*records: dict[str, Any]) -> Any:
    return read_day(day_of(json.dumps(records, indent=4).encode()))


def test_a_record_is_kept_to_the_byte() -> None:
    """Its JSON stands in the file as it is given, and records put together again are read as they were."""
    odd = '{"type": "message",\t"ts":"1710484200.000100", "text": "st\\u00f6rung \\/ 🚒", "odd": 1.50}'
    data = f"[\n    {odd}]".encode()
    file = read_day(day_of(data))
    assert file.records == [odd]
    again = read_day(day_of(list_records(file.records)))
    assert (again.records, list(again.times)) == (file.records, list(file.times))


@pytest.mark.parametrize(
    ("record", "time"),
    [
        ({"ts": TS}, 1710484200000100),
        ({"ts": "soon"}, UNDATED),
        ({}, UNDATED),
        # A record about another message stands at the time of that one.
        ({"ts": "1710499999.000000", "subtype": "message_changed", "message": {"ts": TS}}, 1710484200000100),
        ({"ts": "1710499999.000000", "subtype": "message_deleted", "deleted_ts": TS}, 1710484200000100),
    ],
)
def test_a_record_stands_at_its_time(record: dict[str, Any], time: int) -> None:
    """That is its `ts`, or that of the message it is about; one without says why it has none."""
    file = read({"type": "message"} | record)
    assert list(file.times) == [time]
    assert list(file.undated) == ([0] if time == UNDATED else [])


def test_a_huddle_ends() -> None:
    """When it was over is told beside when it began."""
    file = read({"type": "message", "ts": TS, "room": {"date_start": 1710484200, "date_end": 1710487800}})
    assert list(file.ends) == [1710487800 * 10**6]


def test_an_index_is_shortened_to_what_is_told_of() -> None:
    """Entries stay as they stood; a pin of other times is left out; a damaged index is not shortened."""
    users = b'[{"id": "U01", "name":  "ada"}, {"id": "U02", "name": "bo"}]'
    assert shorten_index("users.json", users, ["U01"], Span()) == b'[\n{"id": "U01", "name":  "ada"}\n]\n'
    pins = [
        {"id": TS, "user": "U01", "created": 1710484300},
        {"id": TS, "user": "U02", "created": 1720000000},
    ]
    channels = json.dumps([{"id": "C01", "name": "general", "pins": pins}, {"id": "C02", "name": "other"}])
    span = Span(1710484200 * 10**6, 1710500000 * 10**6)
    (kept,) = json.loads(shorten_index("channels.json", channels.encode(), ["general"], span))
    assert kept == {"id": "C01", "name": "general", "pins": pins[:1]}
    assert shorten_index("channels.json", b"[{", ["general"], span) == b"[{"
    assert find_people(json.dumps([kept]).encode()) == {"U01"}
    assert find_people(b'[{"id": "D01", "members": ["U03", "U04"]}]') >= {"U03", "U04"}
    assert find_ids(['{"user": "U01", "text": "<@W02> see <#C03|x>"}']) == {"U01", "W02", "C03"}
