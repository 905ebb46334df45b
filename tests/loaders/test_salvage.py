from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.loaders._salvage import MOST_FAILURES, Record, clean_json, read_document, read_list, text_of

END = re.compile(r"\]\s*\Z")


def is_record(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "message" and "ts" in value


def read(text: str) -> list[Record]:
    return list(read_list(text, text.index("["), is_record=is_record, end=END))


def record(number: int, **fields: Any) -> dict[str, Any]:
    return {"type": "message", "ts": f"{number}", "text": f"text {number}"} | fields


NESTED = record(
    0,
    root=record(900, replies=[{"user": "U1", "ts": "901"}]),
    attachments=[{"id": 1, "text": "},\n    {"}, {"message": {"type": "message"}}],
)


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_a_sound_list_is_read_whole(indent: int | None, eol: str) -> None:
    """Every record comes with its number, its JSON and no problem."""
    records = [record(1), NESTED, record(3)]
    found = read(json.dumps(records, indent=indent).replace("\n", eol))
    assert [(r.number, json.loads(r.data), r.problem) for r in found] == [
        (n, value, "") for n, value in enumerate(records)
    ]


def layouts(records: list[dict[str, Any]]) -> list[tuple[str, list[str], str]]:
    """The same list as Slack, `json.dumps` and a compact writer lay it out: lead-in, bodies, tail."""
    indented = [json.dumps(r, indent=4).replace("\n", "\n    ") for r in records]
    return [
        ("\n    ", indented, "\n"),
        (" ", [json.dumps(r) for r in records], ""),
        ("", [json.dumps(r, separators=(",", ":")) for r in records], ""),
    ]


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 2), st.integers(0, 4), st.floats(0, 1), st.integers(0, 3), st.data())
def test_damage_stays_local(layout: int, hit: int, where: float, change: int, data: st.DataObject) -> None:
    """Whatever happens inside one record, its neighbours are read as they are and none is invented."""
    records = [record(1), NESTED, record(2), record(3, reactions=[{"name": "eyes"}]), NESTED]
    lead, bodies, tail = layouts(records)[layout]
    body = bodies[hit]
    at = int(where * (len(body) - 1))
    noise = data.draw(st.text(st.sampled_from('{}[]",:\\ \na1'), min_size=1, max_size=3))
    bodies[hit] = [
        body[:at] + noise + body[at + 1 :],
        body[:at] + body[at + 1 :],
        body[:at] + noise + body[at:],
        body[: at + 1],
    ][change]
    found = read("[" + ",".join(lead + body for body in bodies) + tail + "]")
    sound = [value for r in found if not r.problem and is_record(value := json.loads(r.data))]
    neighbours = [value for n, value in enumerate(records) if n != hit]
    # The damaged record itself may still be readable; then it stands in its own place.
    assert sound == neighbours or (
        len(sound) == len(records) and sound[:hit] + sound[hit + 1 :] == neighbours
    )
    assert len(found) >= len(records)


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from('[]{}",:ts \n\\typemsag1'), max_size=200))
def test_noise_is_accounted_for(noise: str) -> None:
    """Any text after the bracket is read or reported, in order, to its end."""
    found = read("[" + noise)
    ends = [r.end for r in found]
    assert ends == sorted(ends)
    assert all(bool(r.data) != bool(r.problem) for r in found)
    if not END.search("[" + noise):
        assert found[-1].problem
        assert found[-1].end == len(noise) + 1


def test_false_starts_are_counted_over_the_whole_file() -> None:
    """A file of nothing but false starts is given up as one stretch."""
    found = read("[" + "{," * (MOST_FAILURES * 4))
    assert len(found) == 1
    assert "characters 1 to" in found[0].problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1, "a": 2}', "duplicate key 'a'"),
        ('{"a": [{"b": 1, "b": 1}]}', "duplicate key 'b'"),
        ('{"a": NaN, "b": -Infinity}', "non-finite number NaN; non-finite number -Infinity"),
        ('{"a": 1e999}', "non-finite"),
        ('{"a": ' + "1" * 5000 + "}", "a number of 5000 digits"),
        ('{"a": ' + "[" * 5000 + "]" * 5000 + "}", "nested too deeply"),
        ('{"a": 1} {"a": 2}', "more text follows at character 8"),
        ('{"a"', "delimiter"),
        ("", "Expecting value"),
    ],
)
def test_what_other_readers_pass_over_is_a_problem(text: str, problem: str) -> None:
    """Twin keys, NaN, endless numbers and trailing text are named, not chosen between."""
    found = read_document(text)
    assert problem in found.problem
    assert found.data == b""


def test_an_integer_beyond_64_bits_stays_exact() -> None:
    """Ids are not rounded on their way through the reader."""
    assert read_document('{"id": 1180591620717411303424}').data == b'{"id": 1180591620717411303424}'


def test_half_a_surrogate_pair_becomes_the_replacement_sign() -> None:
    """A whole pair is a character, half of one cannot be written anywhere."""
    assert clean_json({"a": "\ud83d x"}) == '{"a": "\ufffd x"}'.encode()
    assert read_document(r'{"a": "\ud83d\ude80"}').data == '{"a": "🚀"}'.encode()


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_are_obeyed(codec: str) -> None:
    """The mark tells the encoding and is no part of the text."""
    assert text_of("[é]".encode(codec)) == "[é]"


def test_a_mark_that_is_damage_costs_no_more_than_itself() -> None:
    """Two changed bytes at the beginning do not turn a whole file into another encoding."""
    assert text_of(b"\xfe\xff{}\n{}") == "\ufffd\ufffd{}\n{}"


def test_bytes_that_are_no_utf8_become_the_replacement_sign() -> None:
    """One byte in the wrong encoding costs one character."""
    assert text_of(b"caf\xe9!") == "caf\ufffd!"
