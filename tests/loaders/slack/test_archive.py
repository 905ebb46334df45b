from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError
from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders.slack import load_slack_archive
from pmkit.schema import EVENTS, validate

CHANNEL = "C0INCIDENT1"
TAKEN = 1_710_500_000
USERS = [{"id": "U01", "name": "ada", "profile": {"display_name": "Ada"}}]

# The tables of slackdump's database as it publishes them, without the columns that nothing here reads.
SCHEMA = """
CREATE TABLE CHUNK (ID INTEGER PRIMARY KEY, UNIX_TS INTEGER NOT NULL, TYPE_ID SMALLINT, FINAL SMALLINT);
CREATE TABLE MESSAGE (ID INTEGER NOT NULL, CHUNK_ID INTEGER NOT NULL, CHANNEL_ID TEXT NOT NULL, TS TEXT,
                      DATA BLOB NOT NULL, PRIMARY KEY (ID, CHUNK_ID));
CREATE TABLE CHANNEL (ID TEXT NOT NULL, CHUNK_ID INTEGER NOT NULL, NAME TEXT, DATA BLOB NOT NULL);
CREATE TABLE S_USER (ID TEXT NOT NULL, CHUNK_ID INTEGER NOT NULL, DATA BLOB NOT NULL);
CREATE TABLE WORKSPACE (ID INTEGER PRIMARY KEY, URL TEXT NOT NULL);
"""


def message(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "user": "U01",
        "text": f"number {number}",
        "ts": f"1710484{number:03}.000100",
    } | fields


def chunk(kind: int, taken: int, **fields: Any) -> dict[str, Any]:
    return {"t": kind, "ts": taken} | fields


def save_chunks(path: Path, *chunks: Any) -> Path:
    lines = [line if isinstance(line, str) else json.dumps(line, separators=(",", ":")) for line in chunks]
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    return path


def archive_folder(path: Path, *chunks: Any) -> Path:
    path.mkdir()
    save_chunks(path / "users.json.gz", chunk(3, 1, u=USERS))
    save_chunks(path / "channels.json.gz", chunk(4, 1, ch=[{"id": CHANNEL, "name": "outage"}]))
    save_chunks(path / "workspace.json.gz", chunk(6, 1, w={"url": "https://acme.slack.com/", "team": "Acme"}))
    save_chunks(path / f"{CHANNEL}.json.gz", *chunks)
    return path


def database(path: Path, messages: Sequence[tuple[int, Any]], schema: str = SCHEMA) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(schema)
    connection.executemany("INSERT INTO CHUNK VALUES (?, ?, 0, ?)", [(1, 100, 0), (2, 200, 1)])
    for number, (taken, data) in enumerate(messages):
        text = data if isinstance(data, bytes) else json.dumps(data).encode()
        connection.execute("INSERT INTO MESSAGE VALUES (?, ?, ?, '', ?)", (number, taken, CHANNEL, text))
    connection.execute(
        "INSERT INTO CHANNEL VALUES (?, 1, 'outage', ?)",
        (CHANNEL, json.dumps({"id": CHANNEL, "name": "outage"})),
    )
    connection.executemany(
        "INSERT INTO S_USER VALUES ('U01', 1, ?)", [(json.dumps(user).encode(),) for user in USERS]
    )
    connection.execute("INSERT INTO WORKSPACE VALUES (1, 'https://acme.slack.com/')")
    connection.commit()
    connection.close()
    return path


def test_chunks_are_loaded_with_their_names(tmp_path: Path) -> None:
    """Names of people, channels and the workspace come from the files beside the channel's own."""
    thread = message(1, thread_ts=message(1)["ts"])
    folder = archive_folder(
        tmp_path / "dump",
        chunk(0, 5, id=CHANNEL, n=2, m=[message(2), thread]),
        chunk(
            1, 6, id=CHANNEL, r=thread["ts"], p=thread, l=True, m=[thread, message(3, thread_ts=thread["ts"])]
        ),
        chunk(7, 7, id=CHANNEL, cu=["U01"]),
    )
    assert recognise(folder).name == "slack-archive"
    frame = load_evidence(folder, "slack-archive")
    validate(frame, EVENTS)
    assert frame["text"].tolist() == ["number 1", "number 2", "number 3"]
    assert set(frame["actor"]) == {"Ada"}
    assert set(frame["place"]) == {"#outage"}
    assert frame["url"].iloc[0] == f"https://acme.slack.com/archives/{CHANNEL}/p1710484001000100"
    member = f"dump#{CHANNEL}.json.gz"
    assert frame["ref"].iloc[0] == f"{member}/1/m:0 | {member}/0/m:1"
    assert find_incompleteness(folder, "slack-archive") == ""


def test_one_channel_of_an_archive_alone(tmp_path: Path) -> None:
    """A single file of chunks is an archive too; ids stand for names."""
    path = save_chunks(tmp_path / f"{CHANNEL}.json.gz", chunk(0, 5, id=CHANNEL, m=[message(1)]))
    assert recognise(path).name == "slack-archive"
    frame = load_slack_archive(path)
    assert frame[["actor", "place"]].values.tolist() == [["U01", CHANNEL]]
    assert find_incompleteness(path, "slack-archive") == f"incomplete: the recording of {CHANNEL} was stopped"


def test_the_state_that_was_taken_last_stays(tmp_path: Path) -> None:
    """Where two chunks hold one message, the time of the chunk decides, not its place."""
    late = message(1, reactions=[{"name": "eyes", "count": 3}])
    path = save_chunks(
        tmp_path / f"{CHANNEL}.json.gz",
        chunk(0, (TAKEN + 9) * 10**9, id=CHANNEL, m=[late]),
        chunk(0, (TAKEN + 5) * 10**9, id=CHANNEL, m=[message(1)]),
    )
    frame = load_slack_archive(path)
    assert frame["slack_reactions"].tolist() == ["eyes 3"]
    assert frame["state_at"].astype("int64").tolist() == [(TAKEN + 9) * 10**6]


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    """Neither a chunk nor a row of the database chooses between two values in silence."""
    twin = json.dumps(message(1)).replace('"text": "', '"text": "hidden", "text": "', 1)
    line = json.dumps(chunk(0, TAKEN, id=CHANNEL, m=[message(1), message(2)]))
    chunks = tmp_path / f"{CHANNEL}.json.gz"
    chunks.write_bytes(gzip.compress(line.replace(json.dumps(message(1)), twin).encode()))
    database(tmp_path / "slackdump.sqlite", [(1, twin.encode()), (1, message(2))])
    for frame in (load_slack_archive(chunks), load_slack_archive(tmp_path / "slackdump.sqlite")):
        assert frame["kind"].tolist() == ["message", "unreadable"]
        assert frame["text"].iloc[-1].endswith("duplicate key 'text'")


def test_a_recording_that_was_cut_short(tmp_path: Path) -> None:
    """What had been written is loaded, and the row says that the file ends too early."""
    lines = [chunk(0, n, id=CHANNEL, m=[message(n)]) for n in range(200)]
    path = save_chunks(tmp_path / f"{CHANNEL}.json.gz", *lines)
    path.write_bytes(path.read_bytes()[:-40])
    frame = load_slack_archive(path)
    validate(frame, EVENTS)
    assert frame["kind"].iloc[-1] == "unreadable"
    assert "ends before its contents do" in frame["text"].iloc[-1]
    assert (frame["kind"] == "message").sum() > 100


def test_a_damaged_line_or_message_costs_itself_alone(tmp_path: Path) -> None:
    """A line that is no chunk and a message that is none are reported by their place."""
    path = save_chunks(
        tmp_path / f"{CHANNEL}.json.gz",
        chunk(0, 1, id=CHANNEL, m=[message(1), message(2, text=7)]),
        '{"t":0,"ts":2,"id":"C0INCIDENT1","m":[{"type"',
        chunk(0, 3, id=CHANNEL, m=[message(3)]),
        chunk(10, 4, sm=[{"ts": "1710484001.000100"}]),
    )
    frame = load_slack_archive(path)
    validate(frame, EVENTS)
    assert frame["text"].tolist()[:2] == ["number 1", "number 3"]
    refs = {ref.partition("#")[2] for ref in frame["ref"][2:]}
    assert refs == {"0/m:1", ":1", "3"}
    assert frame["text"].str.contains("results of a search").any()


@pytest.mark.slow
def test_a_bomb_of_chunks_is_not_unpacked(tmp_path: Path) -> None:
    """Three hundred megabytes of blanks in a small file are refused by name."""
    path = tmp_path / f"{CHANNEL}.json.gz"
    path.write_bytes(gzip.compress(b'{"t":0,"ts":1}\n' + b" " * (300 * 2**20)))
    frame = load_slack_archive(path)
    assert frame["kind"].tolist() == ["unreadable"]
    assert "bomb" in frame["text"].iloc[0]


@pytest.mark.parametrize("in_folder", [True, False])
def test_the_database_is_loaded(tmp_path: Path, in_folder: bool) -> None:
    """The folder with its database, and the database alone, give the messages in their latest state."""
    rows = [
        (1, message(1)),
        (2, message(1, edited={"ts": "1710484900.000000"}, text="better")),
        (2, message(2)),
    ]
    path = database(tmp_path / "slackdump.sqlite", rows)
    before = path.read_bytes()
    path = tmp_path if in_folder else path
    assert recognise(path).name == "slack-archive"
    frame = load_evidence(path, "slack-archive")
    validate(frame, EVENTS)
    assert frame["text"].tolist() == ["better", "number 2"]
    assert frame[["actor", "place"]].values.tolist() == [["Ada", "#outage"]] * 2
    assert frame["ref"].iloc[0] == f"{path.name}#MESSAGE:2 | {path.name}#MESSAGE:1"
    assert frame["url"].str.startswith("https://acme.slack.com/").all()
    assert (tmp_path / "slackdump.sqlite").read_bytes() == before
    assert find_incompleteness(path, "slack-archive") == ""


def test_a_message_of_the_database_that_cannot_be_read(tmp_path: Path) -> None:
    """It is one row with the reason; its neighbours load."""
    rows = [
        (1, message(1)),
        (1, b'{"type": "message", "ts"'),
        (1, b'{"ts": "1710484003.0", "text": NaN}'),
        (1, message(4)),
    ]
    frame = load_slack_archive(database(tmp_path / "x.sqlite", rows))
    validate(frame, EVENTS)
    assert frame["kind"].tolist() == ["message", "message", "unreadable", "unreadable"]
    assert frame["ref"].tolist()[2:] == ["x.sqlite#MESSAGE:2", "x.sqlite#MESSAGE:3"]
    assert "non-finite" in frame["text"].iloc[3]


def test_rows_that_wait_outside_the_database_are_told(tmp_path: Path) -> None:
    """A write-ahead log beside the database is not read, so its being there is said."""
    path = database(tmp_path / "slackdump.sqlite", [(2, message(1))])
    (tmp_path / "slackdump.sqlite-wal").write_bytes(b"x")
    assert "slackdump.sqlite-wal" in find_incompleteness(path, "slack-archive")


LOOP = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"


@pytest.mark.parametrize(
    ("was", "instead", "reason"),
    [
        (
            "CREATE TABLE WORKSPACE (ID INTEGER PRIMARY KEY, URL TEXT NOT NULL);",
            "",
            "no plain table WORKSPACE",
        ),
        (
            "CREATE TABLE WORKSPACE (ID INTEGER PRIMARY KEY, URL TEXT NOT NULL);",
            f"CREATE VIEW WORKSPACE (URL) AS {LOOP};",
            "no plain table WORKSPACE",
        ),
        ("NAME TEXT", "NAME TEXT AS (zeroblob(900000000))", "computed columns"),
    ],
)
def test_a_database_made_to_harm_is_refused(tmp_path: Path, was: str, instead: str, reason: str) -> None:
    """A view that never ends, or a column that fills the memory, is named before anything of it runs."""
    path = tmp_path / "x.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA.replace(was, instead))
    connection.close()
    with pytest.raises(EvidenceError, match=reason):
        load_slack_archive(path)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.binary(min_size=1, max_size=8))
def test_no_database_makes_the_loader_fail(
    tmp_path_factory: pytest.TempPathFactory, where: float, noise: bytes
) -> None:
    """Noise pressed into the database ends in rows or in an `EvidenceError`."""
    path = database(tmp_path_factory.mktemp("archive") / "x.sqlite", [(1, message(n)) for n in range(40)])
    data = path.read_bytes()
    at = int(where * (len(data) - 1))
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])
    try:
        frame = load_slack_archive(path)
    except EvidenceError:
        return
    validate(frame, EVENTS)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.binary(min_size=1, max_size=8))
def test_no_chunks_make_the_loader_fail(
    tmp_path_factory: pytest.TempPathFactory, where: float, noise: bytes
) -> None:
    """Noise pressed into the lines, before they are packed, costs the chunks it stands in."""
    lines = [json.dumps(chunk(0, n, id=CHANNEL, m=[message(n)])).encode() for n in range(10)]
    data = b"\n".join(lines)
    at = int(where * (len(data) - 1))
    path = tmp_path_factory.mktemp("chunks") / f"{CHANNEL}.json.gz"
    path.write_bytes(gzip.compress(data[:at] + noise + data[at + len(noise) :]))
    frame = load_slack_archive(path)
    validate(frame, EVENTS)
    assert (frame["kind"] == "message").sum() >= 7


def test_the_frame_tells_no_more_than_the_archive(tmp_path: Path) -> None:
    """An archive without messages is refused, and so is a folder of anything else."""
    (tmp_path / "readme.txt").write_text("x")
    assert recognise(tmp_path) is None or recognise(tmp_path).source != "slack"
    with pytest.raises(EvidenceError, match="no database"):
        load_slack_archive(tmp_path)
    path = save_chunks(tmp_path / "users.json.gz", chunk(3, 1, u=USERS))
    assert isinstance(load_slack_archive(path), pd.DataFrame)
