"""slackdump's archives: what Slack's API answered, as chunks in `*.json.gz` or as rows of a database.

A chunk is one line of JSON with the type `t`, the time `ts` it was taken at and the channel `id`; messages
stand in `m`, people in `u`, channels in `ch` and `ci`, the workspace in `w`. The database keeps the same
messages as JSON in `MESSAGE.DATA` (https://github.com/rusq/slackdump).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec
import pandas as pd
from msgspec import Raw, Struct

from pmkit.errors import EvidenceError
from pmkit.loaders._archive import READ_ERRORS, Member, gunzip, is_zip, open_members
from pmkit.loaders._format import Glimpse
from pmkit.loaders._salvage import holds_twin_keys, read_document, text_of
from pmkit.loaders.slack.columns import Channel, Loading, collector_at_rest
from pmkit.loaders.slack.index import channel_of, read_messages
from pmkit.loaders.slack.message import People
from pmkit.loaders.slack.shapes import UNDECODABLE, Conversation, Text, User, decode_message
from pmkit.loaders.slack.stamps import Span, microseconds_in

_CHUNKS: Final = ".json.gz"
_DATABASES: Final = (".sqlite", ".sqlite3", ".db")
_SQLITE: Final = b"SQLite format 3\0"
_TABLES: Final = ("MESSAGE", "CHUNK", "CHANNEL", "S_USER", "WORKSPACE")
_MOST_CELL: Final = 64 * 2**20  # bytes of one cell; a message is seldom more than some kilobytes
_CHUNK_HEAD = re.compile(rb'\s*\{"t":\d+,"ts":\d+')

_T = TypeVar("_T")


class _Workspace(Struct, gc=False):
    url: Text = None


class Chunk(Struct, gc=False):
    """One answer of the API."""

    t: int
    ts: int = 0
    id: Text = None
    l: bool = False  # noqa: E741 - slackdump's name: the last chunk of its channel
    m: Raw = Raw()
    u: list[User] | None = None
    ch: list[Conversation] | None = None
    ci: Conversation | None = None
    w: _Workspace | None = None
    sm: Raw = Raw()


_decode_chunk = msgspec.json.Decoder(Chunk).decode
_decode_user = msgspec.json.Decoder(User).decode
_decode_conversation = msgspec.json.Decoder(Conversation).decode


def load_slack_archive(path: str | Path) -> pd.DataFrame:
    """The messages of an archive made by slackdump as events, sorted by time.

    Rows and columns are those of `load_slack_export`. `ref` is `<file name>#<member>/<line>/m:<index>` for
    chunks and `<file name>#MESSAGE:<rowid>` for the database. Results of a search are not loaded.

    Parameters
    ----------
    path : the folder of the archive, its database, one `<channel>.json.gz`, or a zip of those

    Raises
    ------
    EvidenceError : no archive of slackdump, or a database that is damaged or made to harm
    """
    return _read(Path(path)).loading.frame(Span())


def find_incompleteness(path: str | Path) -> str:
    """Channels whose recording was stopped, as one sentence; "" when nothing shows."""
    path = Path(path)
    archive = _read(path)
    unfinished = sorted(archive.begun - archive.finished)
    lacks = [f"the recording of {', '.join(unfinished[:5])} was stopped"] if unfinished else []
    database = _database(path)
    waiting = database and database.with_name(f"{database.name}-wal")
    if waiting and waiting.exists() and waiting.stat().st_size:
        lacks.append(f"{waiting.name} holds rows that are not in the database yet; open and close it once")
    return f"incomplete: {'; '.join(lacks)}" if lacks else ""


def is_archive(glimpse: Glimpse) -> bool:
    """Whether it is an archive of slackdump, told from the tables of its database or its first chunk."""
    try:
        if database := _database(glimpse.path):
            with closing(_connect(database)) as connection:
                return {"MESSAGE", "CHUNK"} <= _tables(connection)
        with _chunk_files(glimpse.path) as members:
            heads = [gunzip(member.read())[0][:200] for member in members[:1] if not member.problem]
        return any(map(_CHUNK_HEAD.match, heads))
    except (EvidenceError, sqlite3.Error, *READ_ERRORS):
        return False


def root_of(folder: Path) -> Path:
    """The folder in `folder` where the archive begins: the one with its database, or its chunks."""
    if _database(folder):
        return folder
    with _chunk_files(folder) as members:
        return folder / min((member.name.rpartition("/")[0] for member in members), key=len, default="")


def _read(path: Path) -> _Archive:
    with collector_at_rest():
        archive = _Archive(path)
        if database := _database(path):
            archive.read_database(database)
        else:
            with _chunk_files(path) as members:
                if not members:
                    problem = f"holds no {_CHUNKS} and no database of slackdump."
                    raise EvidenceError(path, "", problem, "Pass the folder of the archive.")
                for member in members:
                    archive.read_chunks(member)
    return archive


class _Archive:
    """What is found on the way: names, channels, and which of them are whole."""

    def __init__(self, path: Path) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.loading = Loading(path.name, People(), {})
        self.begun: set[str] = set()
        self.finished: set[str] = set()

    def read_chunks(self, member: Member) -> None:
        """The chunks of one file: first the names in it, then the messages."""
        if member.problem:
            self.loading.add_problem(member.name, None, member.problem)
            return
        try:
            data, problem = gunzip(member.read())
        except READ_ERRORS as error:
            self.loading.add_problem(member.name, None, f"cannot be read: {error}")
            return
        prefix = f"{member.name}/" if member.name else ""
        lines = [line for line in data.split(b"\n") if line.strip()]
        if problem:
            self.loading.add_problem(member.name, len(lines), problem)
        # The line that was being written when the file was cut short is what `problem` tells of.
        chunks = list(self._chunks(lines[:-1] if problem and lines else lines, prefix))
        for _, chunk in chunks:
            self._learn(chunk)
        for number, chunk in chunks:
            self._add_messages(chunk, f"{prefix}{number}")

    def read_database(self, path: Path) -> None:
        """The messages of a database, which is only ever read."""
        try:
            with closing(_connect(path)) as connection:
                _refuse_tricks(path, connection)
                self._read_tables(connection)
        except sqlite3.Error as error:
            if not self.begun:
                hint = "Copy it again, or convert it with `slackdump convert`."
                raise EvidenceError(path, "", f"cannot be read: {error}.", hint) from error
            self.loading.add_problem("MESSAGE", None, f"the database is damaged from here on: {error}")

    def _chunks(self, lines: list[bytes], prefix: str) -> Iterator[tuple[int, Chunk]]:
        for number, line in enumerate(lines):
            try:
                yield number, _decode_chunk(line)
                continue
            except UNDECODABLE as error:
                problem = str(error)
            record = read_document(text_of(line))
            try:
                yield number, _decode_chunk(record.data)
            except UNDECODABLE:
                self.loading.add_problem(prefix, number, record.problem or problem)

    def _learn(self, chunk: Chunk) -> None:
        for user in chunk.u or ():
            self.loading.people.add(user)
        for conversation in (*(chunk.ch or ()), *([chunk.ci] if chunk.ci else ())):
            self._learn_channel(conversation)
        if chunk.w:
            self._learn_address(chunk.w.url)

    def _learn_channel(self, conversation: Conversation) -> None:
        self.conversations[conversation.id] = conversation
        if conversation.name:
            self.loading.channel_names[conversation.id] = conversation.name

    def _learn_address(self, url: Text) -> None:
        host = urlsplit(url or "").hostname or ""
        if host.endswith(".slack.com"):
            self.loading.workspaces[host] += 1

    def _add_messages(self, chunk: Chunk, place: str) -> None:
        if chunk.sm:
            problem = "results of a search, which are no whole messages; archive the channel to load them"
            self.loading.add_problem(place, None, problem)
        if not chunk.m or not chunk.id:
            return
        self.begun.add(chunk.id)
        if chunk.l:
            self.finished.add(chunk.id)

        def complain(number: int | None, reason: str) -> None:
            self.loading.add_problem(f"{place}/m", number, reason)

        messages, numbers = read_messages(bytes(chunk.m), complain)
        self.loading.add(
            self._channel(chunk.id), f"{place}/m", messages, numbers, as_of=microseconds_in(chunk.ts)
        )

    def _channel(self, identity: str) -> Channel:
        known = self.conversations.get(identity, Conversation(identity))
        return channel_of(known, self.loading.people.names)

    def _read_tables(self, connection: sqlite3.Connection) -> None:
        for (url,) in connection.execute("SELECT URL FROM WORKSPACE"):
            self._learn_address(_text(url))
        for (data,) in connection.execute("SELECT DATA FROM S_USER ORDER BY CHUNK_ID"):
            if user := _decoded(data, _decode_user):
                self.loading.people.add(user)
        for (data,) in connection.execute("SELECT DATA FROM CHANNEL ORDER BY CHUNK_ID"):
            if conversation := _decoded(data, _decode_conversation):
                self._learn_channel(conversation)
        for identity, finished in connection.execute(_RECORDINGS):
            self.begun.add(_text(identity))
            self.finished |= {_text(identity)} if finished else set()
        for identity, row, data, taken in connection.execute(_MESSAGES):
            message = _decoded(data, decode_message)
            if message is None or holds_twin_keys(_bytes(data)):
                problem = read_document(text_of(_bytes(data))).problem or "not a Slack message"
                self.loading.add_problem("MESSAGE", row, problem)
            else:
                self.loading.add(
                    self._channel(_text(identity)), "MESSAGE", [message], [row], as_of=microseconds_in(taken)
                )


_RECORDINGS: Final = (
    "SELECT M.CHANNEL_ID, MAX(C.FINAL) FROM MESSAGE M LEFT JOIN CHUNK C ON C.ID = M.CHUNK_ID GROUP BY 1"
)
_MESSAGES: Final = (
    "SELECT M.CHANNEL_ID, M.rowid, M.DATA, C.UNIX_TS FROM MESSAGE M LEFT JOIN CHUNK C ON C.ID = M.CHUNK_ID "
    "ORDER BY M.CHANNEL_ID, M.rowid"
)


def _database(path: Path) -> Path | None:
    """The database of an archive: the file itself, or the one in its folder."""
    if path.is_dir():
        found = (file for file in sorted(path.iterdir()) if file.suffix.lower() in _DATABASES)
        return next((file for file in found if not file.is_symlink() and _is_database(file)), None)
    return path if path.is_file() and _is_database(path) else None


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def _connect(path: Path) -> sqlite3.Connection:
    """The database, which nothing can write to and whose schema is not trusted to run anything."""
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True)
    connection.text_factory = bytes
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_CELL)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE %'"
    )
    return {_text(name) for (name,) in rows}


def _refuse_tricks(path: Path, connection: sqlite3.Connection) -> None:
    """A view, a virtual table or a computed column in place of a plain table could run for ever."""
    missing = set(_TABLES) - _tables(connection)
    if missing:
        problem = f"has no plain table {', '.join(sorted(missing))}; expected a database of slackdump."
        raise EvidenceError(path, "", problem)
    for table in _TABLES:
        columns = connection.execute(f"PRAGMA table_xinfo({table})")
        if any(hidden for *_, hidden in columns):
            raise EvidenceError(path, table, "holds computed columns, which slackdump never makes.")


@contextmanager
def _chunk_files(path: Path) -> Iterator[list[Member]]:
    """The files of chunks, those with names of people and channels first."""
    if path.is_file() and not is_zip(path):
        yield [Member("", path.read_bytes)] if path.name.endswith(_CHUNKS) else []
        return
    with open_members(path, (_CHUNKS,)) as members:
        yield sorted(members, key=lambda m: (not m.name.rpartition("/")[2].islower(), m.name))


def _decoded(data: object, decode: Callable[[bytes], _T]) -> _T | None:
    try:
        return decode(_bytes(data))
    except UNDECODABLE:
        return None


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value or "").encode()


def _text(value: object) -> str:
    return text_of(_bytes(value))
