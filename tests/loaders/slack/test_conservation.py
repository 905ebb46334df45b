"""What goes in comes out: mutated exports, of which every record is loaded or reported, and none invented.

PMKIT_MUTATIONS=10000 makes it ten thousand.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from pmkit.errors import EvidenceError
from pmkit.loaders._archive import open_members
from pmkit.loaders.slack import load_slack_export
from pmkit.schema import EVENTS, validate

MUTATIONS = int(os.environ.get("PMKIT_MUTATIONS", "300"))
SHARE = 3  # the three kinds of mutation

USERS = [{"id": "U01", "name": "ada"}]
CHANNELS = [{"id": "C01", "name": "general"}, {"id": "C02", "name": "outage"}]
WORDS = (
    "on it",
    "a {b} [c]",
    'said "no", then',
    "}, {",
    '"type": "message"',
    "p99 &gt; 2 s",
    "störung 🚒",
    "\\",
)
ODD: tuple[str, ...] = (
    "NaN", "-Infinity", "1e999", "9" * 5000, "true", "null", '"\\ud83d"', '"\\u202e"', '"x", "ts": "1"',
    "[" * 2000, '{"a":' * 2000, '"1710484200"', "17104842000001", '"9999999999.000001"', "[]", "{}",
)  # fmt: skip
DAY = re.compile(r"[^/]+/\d{4}-\d\d-\d\d\.json", re.ASCII)
_VALUE = re.compile(r'(?<=: )(?:"(?:[^"\\]|\\.)*"|-?\d[\d.]*|true|false|null)')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:\s"]+')


class Day(NamedTuple):
    """A day file: its records, its text, and where each record stands in the text."""

    records: list[dict[str, Any]]
    text: str
    spans: list[tuple[int, int]]


class Case(NamedTuple):
    """A mutated export: the days it was made of, the zip, and by day file the records that were hit.

    Without `hit` it is the zip that was, and a member is read as it was or not at all.
    """

    days: dict[str, Day]
    packed: bytes
    hit: dict[str, set[int]] | None


def some_record(rng: random.Random, number: int) -> dict[str, Any]:
    ts = f"17104{number:05}.{rng.randrange(10**6):06}"
    record: dict[str, Any] = {"type": "message", "user": "U01", "text": rng.choice(WORDS), "ts": ts}
    if rng.random() < 0.3:
        record["thread_ts"] = f"1710400000.{rng.randrange(10**6):06}"
        record["replies"] = [{"user": "U01", "ts": f"1710400001.{rng.randrange(10**6):06}"}]
    if rng.random() < 0.3:
        record["attachments"] = [{"id": 1, "text": "}]", "ts": "1710400002.000100"}]
        record["root"] = {"type": "message", "ts": "1710400003.000100", "text": "the root"}
    if rng.random() < 0.2:
        record["reactions"] = [{"name": "eyes", "users": ["U01"], "count": 1}]
    return record


def some_day(rng: random.Random, first: int) -> Day:
    records = [some_record(rng, first + n) for n in range(rng.randrange(2, 6))]
    indent = rng.choice((None, 4))
    lead, tail = ("\n    ", "\n") if indent else ("", "")
    text, spans = "[", []
    for number, record in enumerate(records):
        text += ("," if number else "") + lead
        body = json.dumps(record, indent=indent, ensure_ascii=rng.random() < 0.5).replace("\n", "\n    ")
        spans.append((len(text), len(text) + len(body)))
        text += body
    return Day(records, text + tail + "]", spans)


def some_days(rng: random.Random) -> dict[str, Day]:
    names = [f"{channel}/2024-03-{day}.json" for channel in ("general", "outage") for day in (13, 14)]
    return {name: some_day(rng, 1000 * (n + 1)) for n, name in enumerate(names)}


def pack(days: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.json", json.dumps(USERS))
        archive.writestr("channels.json", json.dumps(CHANNELS))
        for name, data in days.items():
            archive.writestr(name, data)
    return out.getvalue()


def touched(day: Day, begin: int, end: int) -> set[int]:
    """The records that a change of `text[begin:end]` touches; between two records it touches both."""
    if begin == 0:
        return set(range(len(day.records)))  # without its first bracket it is no list any more
    return {n for n, (first, last) in enumerate(day.spans) if begin <= last + 6 and end >= first - 6}


def mutate_bytes(rng: random.Random) -> Case:
    """Some bytes in a row of one day file changed, lost, doubled, or all after them cut off."""
    days = some_days(rng)
    name, day = rng.choice(list(days.items()))
    begin = rng.randrange(len(day.text))
    end = min(len(day.text), begin + rng.randrange(1, 4))
    before, after = day.text[:begin].encode(), day.text[end:].encode()
    middle = rng.choice((rng.randbytes(end - begin), b"", day.text[begin:end].encode() * 2))
    if rng.random() < 0.1:
        end, middle, after = len(day.text), b"", b""
    packed = {other: d.text.encode() for other, d in days.items()} | {name: before + middle + after}
    return Case(days, pack(packed), {name: touched(day, begin, end)})


def mutate_tokens(rng: random.Random) -> Case:
    """One token of a record lost, doubled or moved, or one value replaced by an odd one."""
    days = some_days(rng)
    name, day = rng.choice(list(days.items()))
    number = rng.randrange(len(day.records))
    first, last = day.spans[number]
    body = day.text[first:last]
    found = rng.choice(list((_VALUE if rng.random() < 0.5 else _TOKEN).finditer(body)))
    instead = rng.choice(
        ("", found[0] * 2, found[0] + "," + found[0], rng.choice(ODD), rng.choice('[]{},:"'))
    )
    body = body[: found.start()] + instead + body[found.end() :]
    text = day.text[:first] + body + day.text[last:]
    packed = {other: d.text.encode() for other, d in days.items()} | {name: text.encode()}
    return Case(days, pack(packed), {name: {number}})


def mutate_zip(rng: random.Random) -> Case:
    """Some bytes of the zip itself changed, or a member packed twice."""
    days = some_days(rng)
    data = bytearray(pack({name: day.text.encode() for name, day in days.items()}))
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data))
        data[at : at + rng.randrange(1, 5)] = rng.randbytes(rng.randrange(1, 5))
    return Case(days, bytes(data), None)


def refs_of(frame: pd.DataFrame) -> dict[str, list[str]]:
    """By member the numbers of the records it was said to hold; "" is the member as a whole."""
    found = defaultdict(list)
    for refs in frame["ref"]:
        for ref in refs.split(" | "):
            member, _, number = ref.partition("#")[2].partition(".json:")
            found[member.removesuffix(".json")].append(number)
    return found


def check(case: Case, path: Path, frame: pd.DataFrame) -> None:
    """The law of conservation."""
    validate(frame, EVENTS)
    read = frame[frame["kind"] != "unreadable"]
    said = set(zip(read["slack_ts"], read["text"], strict=True))
    records = [record for day in case.days.values() for record in day.records]
    originals = {(record["ts"], record["text"].replace("&gt;", ">")) for record in records}
    refs = refs_of(frame)
    for numbers in refs.values():
        # A member could not be opened, or each of its records stands in its place, read or not.
        if "" not in numbers:
            assert sorted(map(int, numbers)) == list(range(len(numbers)))
    assert len(read) <= len(originals)
    if case.hit is None:
        assert said <= originals
        with open_members(path, (".json",)) as members:
            names = {member.name for member in members if DAY.fullmatch(member.name)}
        assert {name.removesuffix(".json") for name in names} <= set(refs)
        return
    assert len(said - originals) <= sum(map(len, case.hit.values()))
    for name, day in case.days.items():
        hit = case.hit.get(name, set())
        kept = {(r["ts"], r["text"].replace("&gt;", ">")) for n, r in enumerate(day.records) if n not in hit}
        assert kept <= said
        assert hit or len(refs[name.removesuffix(".json")]) == len(day.records)


MUTATE: dict[str, Callable[[random.Random], Case]] = {
    "bytes": mutate_bytes,
    "tokens": mutate_tokens,
    "zip": mutate_zip,
}


@pytest.mark.parametrize("level", MUTATE)
def test_nothing_is_lost_and_nothing_invented(tmp_path: Path, level: str) -> None:
    """Whatever is changed: no other error than `EvidenceError`, and every record is accounted for."""
    path = tmp_path / "slack.zip"
    refused = 0
    for seed in range(MUTATIONS // SHARE):
        case = MUTATE[level](random.Random(f"{level} {seed}"))
        path.write_bytes(case.packed)
        try:
            frame = load_slack_export(path)
        except EvidenceError:
            assert level == "zip", f"seed {seed}"
            refused += 1
            continue
        try:
            check(case, path, frame)
        except AssertionError as error:
            raise AssertionError(f"{level}, seed {seed}") from error
    assert refused <= MUTATIONS // SHARE / 2
