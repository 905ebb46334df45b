"""Messages saved from Slack's API by the page, and slackdump's dumps, which are pages with nested replies.

A page is what `conversations.history` or `conversations.replies` answers: `messages`, newest first, and
`has_more` (https://docs.slack.dev/reference/methods/conversations.history). A dump is one file for each
channel, with its `channel_id`, its `name`, and the replies of a message in `slackdump_thread_replies`
(https://github.com/rusq/slackdump).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import pandas as pd
from msgspec import Raw, Struct

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._archive import READ_ERRORS, Member, is_zip, open_members
from pmkit.loaders._format import Glimpse
from pmkit.loaders._salvage import holds_twin_keys, read_list, text_of
from pmkit.loaders.slack.columns import Channel, Loading, Pinned, collector_at_rest
from pmkit.loaders.slack.index import (
    CHANNEL_INDEXES,
    LIST_BEGIN,
    LIST_END,
    USER_INDEXES,
    channel_of,
    is_message,
    read_entries,
)
from pmkit.loaders.slack.message import People
from pmkit.loaders.slack.shapes import UNDECODABLE, Conversation, Message, Text, User
from pmkit.loaders.slack.stamps import Span, microsecond_of, microseconds_in

_T = TypeVar("_T")
_ENDINGS: Final = (".json", ".jsonl")
_REPLIES: Final = "slackdump_thread_replies"
_LOOKED_AT: Final = 5  # files of a folder that a first look reads
_HEAD: Final = 2**12

_CHANNEL_ID = re.compile(r"(?<![A-Z0-9])([CDG][A-Z0-9]{8,12})(?![A-Z0-9])", re.ASCII)
_DAY_FILE: Final = re.compile(r"[^/]/\d{4}-\d\d-\d\d\.json\Z", re.ASCII)
_KEY = re.compile(r'"(\w+)"\s*:')
_INNER_END = re.compile(r'\]\s*(?:,\s*"|\})')
_A_TS = re.compile(r'"ts"\s*:')
_TOLD_CHANNEL = re.compile(r'"channel(?:_id)?"\s*:\s*"([CDG][A-Z0-9]+)"', re.ASCII)
_MORE = re.compile(r'"has_more"\s*:\s*true')


class SavedMessage(Message, gc=False):
    """A message as the API gives it."""

    channel: Text = None
    reply_count: int | None = None
    latest_reply: Any = None
    slackdump_thread_replies: list[SavedMessage] | None = None


class _PinnedMessage(Struct, gc=False):
    ts: Text = None


class _Pin(Struct, gc=False):
    """An entry of `pins.list`; what is pinned besides messages, as files, has no `message`."""

    channel: Text = None
    created: int | None = None
    created_by: Text = None
    message: _PinnedMessage | None = None


class Document(SavedMessage, gc=False):
    """A page, a message by itself, what is pinned, or a list of people or channels, or one of them."""

    messages: list[SavedMessage] | None = None
    has_more: bool | None = None
    error: Text = None
    channel_id: Text = None
    channel: str | Conversation | None = None  # type: ignore[assignment]
    user: str | User | None = None  # type: ignore[assignment]
    items: list[_Pin] | None = None
    members: Raw = Raw()
    channels: Raw = Raw()


_decode_document = msgspec.json.Decoder(Document).decode
_decode_documents = msgspec.json.Decoder(list[Document]).decode
_decode_lines = msgspec.json.Decoder(Document).decode_lines
_decode_saved = msgspec.json.Decoder(SavedMessage).decode
_decode_users = msgspec.json.Decoder(list[User]).decode
_decode_conversations = msgspec.json.Decoder(list[Conversation]).decode


class _Page(NamedTuple):
    """Messages that stand in one list, each with its number, and what is said about all of them."""

    place: str
    messages: Sequence[SavedMessage]
    numbers: Sequence[int]
    channel: Conversation | None = None
    has_more: bool = False


class _Problem(NamedTuple):
    place: str
    number: int | None
    reason: str


def load_slack_pages(path: str | Path, *, channel: str | None = None) -> pd.DataFrame:
    """Messages saved from Slack's API, or by slackdump's dump, as events, sorted by time.

    Rows and columns are those of `load_slack_export`. `ref` is `<file name>#<member>/messages:<index>`, for a
    reply that a dump holds inside its parent `…:<index>/slackdump_thread_replies:<index>`; for what
    `pins.list` tells `<file name>#<member>/items:<index>`. Answers of `users.list`, `users.info`,
    `conversations.list` and `conversations.info` among the pages give the names.

    Parameters
    ----------
    path : one page or several in a file (a list of pages, or one on each line), a plain list of messages, a
        dump, or a folder or zip of such files
    channel : the id, or else the name, of the channel the messages are from, where neither they nor the name
        of the file say so

    Raises
    ------
    EvidenceError : nothing that can be read
    QuestionError : `channel` is missing
    """
    path = Path(path)
    with collector_at_rest():
        saved = _Saved(path)
        loading = Loading(path.name, saved.people, saved.channel_names())
        loading.add_sign("", saved.taken_at)
        for page in saved.pages:
            for told, rows in _by_channel(page):
                found = saved.channel(page.place, told, channel)
                messages, numbers = [page.messages[n] for n in rows], [page.numbers[n] for n in rows]
                _add(loading, found, page.place, messages, numbers)
        for place, told, pins in saved.pins:
            loading.add_pins(saved.channel(place, told, channel), place, pins, "")
        for problem in saved.problems:
            loading.add_problem(*problem)
        return loading.frame(Span())


def _add(
    loading: Loading,
    channel: Channel,
    place: str,
    messages: Sequence[SavedMessage],
    numbers: Sequence[int],
) -> None:
    loading.add(channel, place, messages, numbers)
    for message, number in zip(messages, numbers, strict=True):
        loading.add_sign("", microsecond_of(str(message.latest_reply)))
        if replies := message.slackdump_thread_replies:
            _add(loading, channel, f"{place}:{number}/{_REPLIES}", replies, range(len(replies)))


def find_incompleteness(path: str | Path) -> str:
    """What pages say to be missing, as one sentence; "" when nothing shows."""
    pages = _Saved(Path(path)).pages
    lacks = ["a page says that there is more"] if _is_unfinished(pages) else []
    messages = [message for page in pages for top in page.messages for message in _with_replies(top)]
    found = Counter(m.thread_ts for m in {m.ts: m for m in messages}.values() if m.thread_ts != m.ts)
    silent = {m.ts for m in messages if m.thread_ts == m.ts and found[m.ts] < (m.reply_count or 0)}
    if silent:
        lacks.append(f"replies of {len(silent)} thread{'s' * (len(silent) > 1)} are not in it")
    return f"incomplete: {'; '.join(lacks)}" if lacks else ""


def is_dump(glimpse: Glimpse) -> bool:
    """Whether a file, or one of a folder or zip, is a dump of slackdump."""
    return any({"channel_id", "messages"} <= keys for keys in _keys(glimpse))


def is_pages(glimpse: Glimpse) -> bool:
    """Whether it holds answers of Slack's API, or a plain list of its messages."""
    if any(_DAY_FILE.search(name) for name in glimpse.members):
        return False  # an export, whose days are plain lists too
    wanted = ({"messages", "ok"}, {"messages", "has_more"}, {"type", "ts", "text", "user"})
    return any(marks <= keys for keys in _keys(glimpse) for marks in wanted)


def _keys(glimpse: Glimpse) -> Iterator[set[str]]:
    """The keys of a file, or of the first few JSON files of a folder or zip."""
    if not glimpse.members:
        # A damaged file, or a large one, is not parsed for a first look.
        told = glimpse.text.lstrip()[:_HEAD]
        yield glimpse.keys or set(_KEY.findall(told) if told.startswith(("{", "[")) else ())
        return
    try:
        with open_members(glimpse.path, _ENDINGS) as members:
            sound = (m for m in members if not m.problem and not m.name.rpartition("/")[2].startswith("."))
            for member in islice(sound, _LOOKED_AT):
                yield set(_KEY.findall(text_of(member.read()[:_HEAD])))
    except (EvidenceError, *READ_ERRORS):
        return


class _Saved:
    """Everything a file or folder holds: pages of messages, problems, names of people and channels."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pages: list[_Page] = []
        self.pins: list[tuple[str, Conversation | None, list[Pinned]]] = []
        self.problems: list[_Problem] = []
        self.people = People()
        self.conversations: dict[str, Conversation] = {}
        self.taken_at = 0  # at the earliest: when the last change of a user it tells of was
        with _members(path) as members:
            for member in members:
                self._read_member(member)
        if not self.pages and not self.problems:
            raise EvidenceError(path, "", "holds no Slack messages; expected pages with `messages`.")

    def channel_names(self) -> dict[str, str]:
        """The name of every channel by its id."""
        return {c.id: c.name for c in self.conversations.values() if c.name}

    def channel(self, place: str, told: Conversation | None, answer: str | None) -> Channel:
        """The channel of a page: as it says itself, as its file is called, or as people answered."""
        if told is None and (named := _CHANNEL_ID.search(place) or _CHANNEL_ID.search(self.path.name)):
            told = Conversation(named[1])
        if told is None and answer is None:
            raise QuestionError(
                self.path, place, "does not say which channel its messages are from.", option="channel",
                hint="Say it by its id, as `--channel C024BE91L`, or by its name.",
            )  # fmt: skip
        if told is None:
            name = (answer or "").strip().removeprefix("#")
            if not _CHANNEL_ID.fullmatch(name):
                return Channel(name, name, f"#{name}", has_id=False)
            told = Conversation(name)
        return channel_of(self.conversations.get(told.id, told), self.people.names)

    def _read_member(self, member: Member) -> None:
        prefix = f"{member.name}/" if member.name else ""
        if member.problem:
            self.problems.append(_Problem(member.name, None, member.problem))
            return
        try:
            data = member.read()
        except READ_ERRORS as error:
            self.problems.append(_Problem(member.name, None, f"cannot be read: {error}"))
            return
        if self._learn_list(member, data):
            return
        try:
            documents = _split(data)
        except UNDECODABLE:
            self._salvage(text_of(data), prefix)
            return
        if holds_twin_keys(data):
            problem = "a record in it says a key twice, of which the last value is shown"
            self.problems.append(_Problem(member.name, None, problem))
        loose: dict[int, SavedMessage] = {}
        for number, document in enumerate(documents):
            if document.messages is not None:
                page = f"{prefix}{number}/" if len(documents) > 1 else prefix
                self._add_page(f"{page}messages", document)
            elif document.ts is not None:
                loose[number] = document
            elif document.items is not None:
                self._add_pins(f"{prefix}items", document.items)
            elif not self._learn(document):
                said = f"Slack answered {document.error!r}" if document.error else "no Slack messages"
                self.problems.append(_Problem(prefix, number, said))
        if loose:
            self.pages.append(_Page(prefix, [*loose.values()], [*loose]))

    def _add_page(self, place: str, document: Document) -> None:
        channel = document.channel
        if document.channel_id:
            channel = Conversation(document.channel_id, document.name)
        elif isinstance(channel, str):
            channel = Conversation(channel)
        if channel:
            self.conversations.setdefault(channel.id, channel)
        messages = document.messages or []
        self.pages.append(_Page(place, messages, range(len(messages)), channel, bool(document.has_more)))

    def _add_pins(self, place: str, items: list[_Pin]) -> None:
        pins = [
            Pinned(number, item.message.ts, item.created_by or "", item.created or 0)
            for number, item in enumerate(items)
            if item.message and item.message.ts
        ]
        told = next((Conversation(item.channel) for item in items if item.channel), None)
        if pins:
            self.pins.append((place, told, pins))

    def _learn_list(self, member: Member, data: bytes) -> bool:
        """Take the names from an index file of a dump; whether it is one."""
        name = member.name.rpartition("/")[2]
        is_index = name in USER_INDEXES | CHANNEL_INDEXES and LIST_BEGIN.match(text_of(data[:64]))

        def complain(number: int | None, reason: str) -> None:
            self.problems.append(_Problem(member.name, number, reason))

        if is_index and name in USER_INDEXES:
            self._add_people([user for _, user in read_entries(data, User, complain)])
        elif is_index:
            self._add_channels([channel for _, channel in read_entries(data, Conversation, complain)])
        return bool(is_index)

    def _learn(self, document: Document) -> bool:
        """Take the names from an answer that tells of people or channels; whether it does."""
        if isinstance(document.channel, Conversation):
            self.conversations[document.channel.id] = document.channel
        if isinstance(document.user, User):
            self.people.add(document.user)
            return True
        users = _decoded(document.members, _decode_users)
        found = _decoded(document.channels, _decode_conversations)
        self._add_people(users)
        self._add_channels(found)
        return bool(users or found) or isinstance(document.channel, Conversation)

    def _add_people(self, users: Iterable[User]) -> None:
        for user in users:
            self.people.add(user)
            self.taken_at = max(self.taken_at, microseconds_in(user.updated))

    def _add_channels(self, conversations: Iterable[Conversation]) -> None:
        self.conversations |= {conversation.id: conversation for conversation in conversations}

    # Damaged files

    def _salvage(self, text: str, prefix: str) -> None:
        """The messages of a damaged file, each by itself."""
        lines = [(n, line) for n, line in enumerate(text.split("\n")) if line.strip()]
        begin = LIST_BEGIN.match(text)
        if begin and not _opening("messages", text):
            self._salvage_list(text, begin, prefix, LIST_END)
        elif len(lines) > 1 and all(line.startswith("{") for _, line in lines):
            for number, line in lines:
                self._salvage_line(line, prefix, number)
        else:
            self._salvage_page(text, prefix)

    def _salvage_line(self, line: str, prefix: str, number: int) -> None:
        try:
            document = _decode_document(line.encode("utf-8", "surrogatepass"))
        except UNDECODABLE:
            self._salvage_page(line, f"{prefix}{number}/")
            return
        if document.messages is not None:
            self._add_page(f"{prefix}{number}/messages", document)
        elif document.ts is not None:
            self.pages.append(_Page(prefix, [document], [number]))
        elif not self._learn(document):
            self.problems.append(_Problem(prefix, number, "no Slack messages"))

    def _salvage_page(self, text: str, prefix: str) -> None:
        opening = _opening("messages", text)
        if opening is None:
            problem = "expected Slack messages, found " + (
                "something else" if text.strip() else "an empty file"
            )
            self.problems.append(_Problem(prefix.removesuffix("/"), None, problem))
            return
        told = _TOLD_CHANNEL.search(text[: opening.end()])
        channel = Conversation(told[1]) if told else None
        self._salvage_list(text, opening, f"{prefix}messages", _INNER_END, channel)

    def _salvage_list(
        self,
        text: str,
        opening: re.Match[str],
        place: str,
        end: re.Pattern[str],
        channel: Conversation | None = None,
    ) -> None:
        """The messages of the list that opens there; in a broken one the replies inside it are looked for."""
        position = opening.end() - 1
        messages: list[SavedMessage] = []
        numbers: list[int] = []
        begin = position
        for record in read_list(
            text, position, is_record=_is_top if _REPLIES in text else is_message, end=end
        ):
            try:
                messages.append(_decode_saved(record.data))
                numbers.append(record.number)
            except UNDECODABLE as error:
                self.problems.append(_Problem(place, record.number, record.faulty(str(error))))
                broken = text[begin : record.end]
                if record.problem and (inner := _opening(_REPLIES, broken)):
                    replies = f"{place}:{record.number}/{_REPLIES}"
                    self._salvage_list(broken, inner, replies, _INNER_END, channel)
            begin = record.end
        if _A_TS.search(text, begin):
            problem = f"characters {begin} to {len(text)} belong to no list of messages"
            self.problems.append(_Problem(place, None, problem))
        self.pages.append(_Page(place, messages, numbers, channel, bool(_MORE.search(text, begin))))


@contextmanager
def _members(path: Path) -> Iterator[list[Member]]:
    """The files to read: this one, or those of a folder or zip."""
    if path.is_file() and not is_zip(path):
        yield [Member("", path.read_bytes)]
        return
    with open_members(path, _ENDINGS) as members:
        yield sorted((m for m in members if "__MACOSX" not in m.name), key=lambda m: m.name)


def _split(data: bytes) -> list[Document]:
    """The documents of a file: one object, a list of them, or one on each line."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip().startswith(b"["):
        return _decode_documents(data)
    try:
        return [_decode_document(data)]
    except msgspec.DecodeError:
        return _decode_lines(data)


def _by_channel(page: _Page) -> Iterator[tuple[Conversation | None, list[int]]]:
    """The rows of a page by the channel they are from, which a message may say itself."""
    for told, rows in groupby(range(len(page.messages)), key=lambda row: page.messages[row].channel):
        yield Conversation(told) if isinstance(told, str) and told else page.channel, list(rows)


def _with_replies(message: SavedMessage) -> list[SavedMessage]:
    return [message, *(message.slackdump_thread_replies or ())]


def _is_unfinished(pages: Sequence[_Page]) -> bool:
    """Whether a page has more behind it than another page begins with.

    History comes newest first, so that what follows is older; a thread comes oldest first.
    """
    spans = [(page.has_more, *_ends(page)) for page in pages if page.messages]
    return any(
        more and not any(_follows(other, first, last) for _, *other in spans) for more, first, last in spans
    )


def _ends(page: _Page) -> tuple[str, str]:
    return page.messages[0].ts or "", page.messages[-1].ts or ""


def _follows(other: Sequence[str], first: str, last: str) -> bool:
    """Whether the other page goes on where the one from `first` to `last` ends."""
    return max(other) > last if first < last else min(other) < last


def _is_top(value: Any) -> bool:
    """Whether this is a message that is not a reply inside another one."""
    in_thread = is_message(value) and value.get("thread_ts") not in (None, "", value["ts"])
    return is_message(value) and not in_thread


def _opening(key: str, text: str) -> re.Match[str] | None:
    return re.search(rf'"{key}"\s*:\s*\[', text)


def _decoded(raw: Raw, decode: Callable[[Raw], list[_T]]) -> list[_T]:
    try:
        return decode(raw) if raw else []
    except UNDECODABLE:
        return []
