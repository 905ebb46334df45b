"""The files of an export, sorted by what they are: day files, channels, people.

An official export, one made by slackdump and an export of an Enterprise Grid differ in where their index
files lie and how their folders are called, not in what a day file is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from pmkit.errors import EvidenceError
from pmkit.loaders._archive import READ_ERRORS, Member
from pmkit.loaders._salvage import MOST_CAREFUL, holds_twin_keys, read_list, text_of
from pmkit.loaders.slack.columns import Channel, Pinned
from pmkit.loaders.slack.message import People
from pmkit.loaders.slack.shapes import (
    UNDECODABLE,
    Conversation,
    Message,
    User,
    decode_day,
    decode_message,
)
from pmkit.loaders.slack.stamps import FIRST_SECOND, LAST_SECOND, Span, microseconds_in

_DAY_FILE = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)\.json", re.ASCII)
CHANNEL_INDEXES: Final = frozenset({"channels.json", "groups.json", "mpims.json", "dms.json"})
USER_INDEXES: Final = frozenset({"users.json", "org_users.json"})
_INDEXES: Final = CHANNEL_INDEXES | USER_INDEXES
# Where packers keep their own things, and slackdump the files that people uploaded.
_NO_CHANNEL = re.compile(r"(?:^|/)(?:__MACOSX|__uploads)(?:/|$)")
_PINNED_TS = re.compile(r"\d{10}\.\d{6}", re.ASCII)
LIST_BEGIN = re.compile(r"\s*\[")
LIST_END = re.compile(r"\]\s*\Z")

_T = TypeVar("_T")
Complain = Callable[[int | None, str], None]  # the record, or None for the whole file, and the reason


class Day(NamedTuple):
    """One day file of one channel; `edition` tells exports apart that lie side by side."""

    member: Member
    channel: Channel
    edition: str


class Export:
    """The members of an export, sorted by what they are.

    `problems` holds the place and the reason of every member that will not be read.
    """

    def __init__(self, path: Path, members: Iterable[Member]) -> None:
        self.path = path
        self.days: list[tuple[str, str, Member]] = []  # folder, day, file
        self.channel_indexes: list[Member] = []
        self.user_indexes: list[Member] = []
        self.problems: list[tuple[str, str]] = []
        self._signs: dict[str, int] = {}  # by folder: when the last of what its index files tell of happened
        for member in members:
            self._sort_in(member)
        folders = {folder for folder, _, _ in self.days}
        uploads = {f for f in folders if f.endswith("/attachments") and f.rpartition("/")[0] in folders}
        self.days = [day for day in self.days if day[0] not in uploads] if uploads else self.days
        self._conversations: dict[str, list[tuple[str, Conversation]]] = {}  # by folder, each with its place
        self._known: dict[str, Channel] = {}
        self.root = self._find_root()

    def _sort_in(self, member: Member) -> None:
        folder, _, name = member.name.rpartition("/")
        match = _DAY_FILE.fullmatch(name)
        if (not match and name not in _INDEXES and not member.unsafe) or not _is_channel(folder):
            return
        if member.unsafe or member.problem:
            self.problems.append((member.name, member.problem))
        elif match:
            if _is_calendar_day(match["day"]):
                self.days.append((folder, match["day"], member))
        elif name in CHANNEL_INDEXES:
            self.channel_indexes.append(member)
        else:
            self.user_indexes.append(member)

    def _find_root(self) -> str:
        """The folder that holds the channels: where an index file lies highest, or else their parent."""
        indexes = [m.name.rpartition("/")[0] for m in self.channel_indexes + self.user_indexes]
        if indexes:
            return min(indexes, key=len)
        parents = {folder.rpartition("/")[0] for folder, _, _ in self.days}
        return parents.pop() if len(parents) == 1 else ""

    def people(self) -> People:
        """Everybody in the users indexes."""
        people = People()
        for member in self.user_indexes:
            for _, user in self._entries(member, User):
                people.add(user)
                self._add_signs(member, user.updated)
        self._find_channels(people.names)
        return people

    def taken_at(self, edition: str) -> int:
        """When an edition was taken, at the earliest, as index files in or above it tell; else 0."""
        while edition and edition not in self._signs:
            edition = edition.rpartition("/")[0]
        return self._signs.get(edition, 0)

    def channel_names(self) -> dict[str, str]:
        """The name of every channel by its id."""
        found = (conversation for known in self._conversations.values() for _, conversation in known)
        return {conversation.id: conversation.name for conversation in found if conversation.name}

    def select(self, channels: Iterable[str] | None, span: Span) -> list[Day]:
        """The day files to read, channel by channel, oldest first."""
        if not self.days and not self.problems:
            hint = "Pass the export zip, or the folder that holds the channel folders."
            problem = "holds no Slack messages; expected <channel>/<YYYY-MM-DD>.json."
            raise EvidenceError(self.path, "", problem, hint)
        wanted = set(self._known) if channels is None else self._wanted(channels)
        first, last = span.days
        chosen = [entry for entry in self.days if first <= entry[1] <= last and entry[0] in wanted]
        return [
            Day(member, self._known[folder], folder.rpartition("/")[0])
            for folder, _, member in sorted(chosen)
        ]

    def pins(self, days: Sequence[Day]) -> Iterator[tuple[Channel, str, list[Pinned], str]]:
        """The pins of every channel of `days`, the place they stand at, and their edition."""
        chosen = {day.channel.id: day.channel for day in days if day.channel.has_id}
        for edition, known in self._conversations.items():
            for place, conversation in known:
                pins = list(_pins(conversation)) if conversation.id in chosen else []
                if pins:
                    yield chosen[conversation.id], f"{place}/pins", pins, edition

    def _wanted(self, channels: Iterable[str]) -> set[str]:
        titles = [title.removeprefix("#") for title in channels]
        bearers: dict[str, set[str]] = {title: set() for title in titles}
        for folder, channel in self._known.items():
            for title in {channel.name, channel.id, folder.rpartition("/")[2]} & set(titles):
                bearers[title].add(folder)
        missing = [title for title in titles if not bearers[title]]
        if missing:
            names = ", ".join(sorted(channel.name for channel in self._known.values())[:20])
            problem = f"holds no channel {', '.join(missing)}."
            raise EvidenceError(self.path, "", problem, f"It holds {names}.")
        return set().union(*bearers.values())

    def _find_channels(self, people: dict[str, str]) -> None:
        """The channel of every folder; a team's own index goes before the root's (Enterprise Grid)."""
        for member in self.channel_indexes:
            place = member.name.rpartition("/")[0]
            entries = [
                (f"{member.name}:{index}", entry) for index, entry in self._entries(member, Conversation)
            ]
            self._conversations.setdefault(place, []).extend(entries)
            for _, entry in entries:
                self._add_signs(member, entry.created, entry.updated)
        titles = {place: _titles(entry for _, entry in known) for place, known in self._conversations.items()}
        for folder in {folder for folder, _, _ in self.days}:
            parent, _, title = folder.rpartition("/")
            nearest = titles.get(parent, {}).get(title) or titles.get(self.root, {}).get(title)
            self._known[folder] = self._channel(folder, nearest, people)

    def _add_signs(self, member: Member, *counts: object) -> None:
        folder = member.name.rpartition("/")[0]
        self._signs[folder] = max(self._signs.get(folder, 0), *map(microseconds_in, counts))

    def _channel(self, folder: str, known: Conversation | None, people: dict[str, str]) -> Channel:
        relative = folder.removeprefix(self.root).lstrip("/") or self.path.stem
        if known is None:
            title = relative.rpartition("/")[2]
            return Channel(relative, title, f"#{title}", has_id=False)
        return channel_of(known, people)

    def _entries(self, member: Member, shape: type[_T]) -> list[tuple[int, _T]]:
        """The entries of an index file with their numbers; one that cannot be read becomes a problem."""

        def complain(number: int | None, reason: str) -> None:
            where = member.name if number is None else f"{member.name}:{number}"
            self.problems.append((where, reason if number is not None else f"{reason}; ids stand for names"))

        try:
            return read_entries(member.read(), shape, complain)
        except READ_ERRORS as error:
            complain(None, f"cannot be read: {error}")
            return []


def channel_of(known: Conversation, people: dict[str, str]) -> Channel:
    """A conversation as people see it: a channel by its name, a direct message by who takes part."""
    if known.name:
        return Channel(known.id, known.name, f"#{known.name}", has_id=True)
    members = known.members or ([known.user] if known.user else [])
    both = ", ".join("@" + people.get(member, member) for member in members)
    return Channel(known.id, known.id, both or known.id, has_id=True)


def _pins(conversation: Conversation) -> Iterator[Pinned]:
    """The messages pinned to a conversation; what is pinned besides, as files, has no time of its own."""
    for index, pin in enumerate(conversation.pins or ()):
        second = pin.created or 0
        if pin.id and _PINNED_TS.fullmatch(pin.id) and FIRST_SECOND <= second < LAST_SECOND:
            yield Pinned(index, pin.id, pin.user or "", second)


def read_entries(data: bytes, shape: type[_T], complain: Complain) -> list[tuple[int, _T]]:
    """The entries of an index file, each with its number; what cannot be read is complained of.

    In a small file, so is an entry that says a key twice.
    """
    try:
        entries = list(enumerate(msgspec.json.decode(data, type=list[shape])))  # type: ignore[valid-type]
        if len(data) > MOST_CAREFUL or not holds_twin_keys(data):
            return entries
    except UNDECODABLE:
        pass
    text = text_of(data)
    begin = LIST_BEGIN.match(text)
    if begin is None:
        complain(None, "expected a JSON list")
        return []
    entries = []
    for record in read_list(text, begin.end() - 1, is_record=_has_id, end=LIST_END):
        try:
            entries.append((record.number, msgspec.json.decode(record.data, type=shape)))
        except UNDECODABLE as error:
            complain(record.number, record.faulty(str(error)))
    return entries


def read_messages(
    data: bytes, complain: Complain, *, carefully: bool = True
) -> tuple[list[Message], Iterable[int]]:
    """The messages of a day file and their numbers; a fault costs only the record it stands in.

    A key that a record says twice is a fault that only a careful look sees.
    """
    try:
        messages = decode_day(data)
    except UNDECODABLE:
        return salvage_messages(text_of(data), complain)
    if carefully and holds_twin_keys(data):
        return salvage_messages(text_of(data), complain)
    return messages, range(len(messages))


def salvage_messages(text: str, complain: Complain) -> tuple[list[Message], list[int]]:
    """The messages of a damaged list and their numbers, each read by itself."""
    messages: list[Message] = []
    numbers: list[int] = []
    begin = LIST_BEGIN.match(text)
    if begin is None:
        found = "an empty file" if not text.strip() else "something else"
        complain(None, f"expected a JSON list of messages, found {found}")
        return messages, numbers
    for record in read_list(text, begin.end() - 1, is_record=is_message, end=LIST_END):
        try:
            messages.append(decode_message(record.data))
            numbers.append(record.number)
        except UNDECODABLE as error:
            complain(record.number, record.faulty(str(error)))
    return messages, numbers


def is_message(value: Any) -> bool:
    """Whether this is a message and not something nested in one."""
    return isinstance(value, dict) and value.get("type") == "message" and isinstance(value.get("ts"), str)


def _has_id(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str)


@cache
def _is_channel(folder: str) -> bool:
    return not _NO_CHANNEL.search(folder)


@cache
def _is_calendar_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _titles(conversations: Iterable[Conversation]) -> dict[str, Conversation]:
    """Each conversation by what its folder may be called: id, name, and the names before a rename."""
    titles: dict[str, Conversation] = {}
    found = list(conversations)
    for conversation in found:
        titles.setdefault(conversation.id, conversation)
        if conversation.name:
            titles.setdefault(conversation.name, conversation)
    for conversation in found:
        for name in conversation.previous_names or ():
            titles.setdefault(name, conversation)
    return titles
