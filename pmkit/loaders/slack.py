"""Slack: the messages of an official workspace export, one event each.

The export is a zip or folder of `<channel>/<YYYY-MM-DD>.json` with index files beside the channels
(https://slack.com/help/articles/220556107). A day file holds a *Pacific* day, so its name never
dates a message; `ts` does, to the microsecond, and with the channel it is the message's identity.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw, Struct

from pmkit.errors import EvidenceError
from pmkit.loaders._archive import READ_ERRORS, Member, open_members
from pmkit.loaders._format import Format
from pmkit.loaders._frame import STRING, TIME, scalar, strings, to_events
from pmkit.loaders._mrkdwn import PLACEHOLDERS, Names
from pmkit.loaders._salvage import read_list, text_of

# Slack's subtype to our kind. Any other subtype is "other", except those of plain talk below.
KINDS: Final = {
    "channel_join": "join", "group_join": "join", "bot_add": "join", "channel_welcome_party": "join",
    "channel_leave": "leave", "group_leave": "leave", "bot_remove": "leave",
    "channel_topic": "topic", "channel_purpose": "topic", "channel_name": "topic",
    "group_topic": "topic", "group_purpose": "topic", "group_name": "topic",
    "channel_archive": "topic", "channel_unarchive": "topic",
    "group_archive": "topic", "group_unarchive": "topic",
    "pinned_item": "pin", "unpinned_item": "pin",
    "file_share": "file", "file_comment": "file", "file_mention": "file",
    "tombstone": "deleted", "message_deleted": "deleted",
    "huddle_thread": "call", "sh_room_created": "call",
    "thread_broadcast": "reply", "reply_broadcast": "reply",
}  # fmt: skip
_DELETIONS = {"tombstone", "message_deleted"}
_TALK = {"", "bot_message", "me_message"}
# Event-log shapes that wrap the real message; the outer `ts` is the time of the change.
_WRAPPERS = {"message_changed", "message_replied", "message_deleted"}

_DAY_FILE = re.compile(r"(?P<folder>(?:[^/]+/)*)(?P<day>\d{4}-\d\d-\d\d)\.json", re.ASCII)
_CHANNEL_INDEXES = {"channels.json", "groups.json", "mpims.json", "dms.json"}
_USER_INDEXES = {"users.json", "org_users.json"}
_WORKSPACE = re.compile(r"https://([a-z0-9.-]+\.slack\.com)/files/", re.ASCII)
_LIST_BEGIN = re.compile(r"\s*\[")
_LIST_END = re.compile(r"\]\s*\Z")
_BATCH = 10_000  # messages whose columns are built together; the peak is the frame and one batch

_Text = str | None
_T = TypeVar("_T")


# What is read of the JSON; the decoder passes over everything else.


class _Profile(Struct, gc=False):
    name: _Text = None
    real_name: _Text = None
    display_name: _Text = None


class _User(Struct, gc=False):
    id: str
    name: _Text = None
    real_name: _Text = None
    is_bot: bool | None = None
    profile: _Profile | None = None


class _Conversation(Struct, gc=False):
    id: str
    name: _Text = None
    previous_names: list[str] | None = None
    members: list[str] | None = None


class _Speaker(Struct, gc=False):
    user: _Text = None
    user_profile: _Profile | None = None


class _Edit(Struct, gc=False):
    ts: _Text = None


class _Reaction(Struct, gc=False):
    name: str
    count: int = 0  # may exceed the number of users listed


class _File(Struct, gc=False):
    id: _Text = None
    name: _Text = None
    title: _Text = None
    permalink: _Text = None


class _Comment(Struct, gc=False):
    user: _Text = None


class _Room(Struct, gc=False):
    created_by: _Text = None
    date_start: int | None = None
    date_end: int | None = None


class _Message(Struct, gc=False):
    ts: _Text = None
    text: _Text = None
    user: _Text = None
    subtype: _Text = None
    thread_ts: _Text = None
    bot_id: _Text = None
    app_id: _Text = None
    username: _Text = None
    bot_profile: _Profile | None = None
    edited: _Edit | None = None
    reactions: list[_Reaction] | None = None
    files: list[_File] | None = None
    file: _File | None = None  # before 2018
    comment: _Comment | None = None
    room: _Room | None = None
    deleted_ts: _Text = None
    # Opened only where they are needed, which is seldom.
    user_profile: Raw = Raw()
    blocks: Raw = Raw()
    attachments: Raw = Raw()
    message: Raw = Raw()


_decode_day = msgspec.json.Decoder(list[_Message]).decode
_decode_message = msgspec.json.Decoder(_Message).decode
_decode_profile = msgspec.json.Decoder(_Profile | None).decode
_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def load_slack_export(
    path: str | Path,
    *,
    channels: Iterable[str] | None = None,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
) -> pd.DataFrame:
    """The messages of a Slack export as events, sorted by time.

    One row per message, reply, join, topic change …; then one row `kind="unreadable"` for every
    record or file that cannot be read, with the reason in `text`. A message that stands in the
    export more than once (overlapping exports packed together) is one row in its latest state whose
    `ref` names every copy, ` | ` between them: the number of refs is the number of records.

    Parameters
    ----------
    path : the zip as Slack delivers it, or its folder; index files may be missing
    channels : only these, by name (with or without `#`), id or folder
    start, end : only messages with start <= time < end, each with its zone. Day files that cannot
        hold such messages are not opened.

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC, exact to the microsecond; ids and `ts` are
    text. `ref` is `<file name>#<member>:<record index>`; `url` is filled when a file link in the
    loaded messages tells the workspace's address.

    Raises
    ------
    EvidenceError : not a Slack export, an unknown channel, or a time without its zone
    """
    path = Path(path)
    window = _Window(_instant(path, "start", start), _instant(path, "end", end))
    with open_members(path, (".json",)) as members:
        export = _Export(path, members)
        days = export.select(channels, window)
        people = export.people(days)
        loading = _Loading(path.name, people, Names(people.names, export.channel_names()))
        for day in days:
            loading.add(day)
    for member, problem in export.problems:
        loading.add_problem(member, None, problem)
    return loading.frame(window)


def find_incompleteness(path: str | Path) -> str:
    """What the export lacks, as one sentence for a reader of `evidence.csv`; "" when nothing shows."""
    path = Path(path)
    with open_members(path, (".json",)) as members:
        export = _Export(path, members)
    lacks = []
    if not export.user_indexes:
        lacks.append("no users.json, names come from the messages themselves")
    if not export.channel_indexes:
        lacks.append("no channels.json, folder names stand for channel ids")
    return f"incomplete: {'; '.join(lacks)}" if lacks else ""


def is_slack_export(path: str | Path) -> bool:
    """Whether `path` is a zip or folder that holds `<channel>/<YYYY-MM-DD>.json`."""
    path = Path(path)
    try:
        with open_members(path, (".json",)) as members:
            return bool(_Export(path, members).days)
    except EvidenceError:
        return False


FORMATS: Final = (
    Format(
        "slack-export", "slack", "a Slack export",
        recognise=lambda glimpse: is_slack_export(glimpse.path),
        load=load_slack_export,
        find_incompleteness=find_incompleteness,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class _Window:
    start: pd.Timestamp | None
    end: pd.Timestamp | None

    def may_hold(self, day: date) -> bool:
        """Whether a file of this Pacific day can hold a message of the window."""
        margin = timedelta(days=1)
        begun = self.start is None or day >= self.start.date() - margin
        return begun and (self.end is None or day <= self.end.date() + margin)


def _instant(path: Path, name: str, value: datetime | str | None) -> pd.Timestamp | None:
    if value is None:
        return None
    instant = pd.Timestamp(value)
    if instant.tzinfo is None:
        raise EvidenceError(path, name, f"{value} has no zone.", "Write it as 2026-11-03T14:00Z.")
    return instant.tz_convert("UTC")


@dataclass(frozen=True)
class _Channel:
    id: str  # or the folder, where no index names it
    name: str
    place: str
    has_id: bool


@dataclass(frozen=True)
class _Day:
    member: Member
    channel: _Channel


class _People:
    """Names by user id, and which ids are bots."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.bots = {"USLACKBOT"}

    def add(self, user: _User) -> None:
        profile = user.profile or _Profile()
        self.names[user.id] = (
            profile.display_name or user.real_name or profile.real_name or user.name or user.id
        )
        if user.is_bot:
            self.bots.add(user.id)


class _Export:
    """The members of an export, sorted by what they are."""

    def __init__(self, path: Path, members: Sequence[Member]) -> None:
        self.path = path
        self.days: list[tuple[str, date, Member]] = []
        self.channel_indexes: list[Member] = []
        self.user_indexes: list[Member] = []
        self.problems: list[tuple[str, str]] = []
        for member in members:
            self._sort_in(member)
        self._conversations: dict[str, list[_Conversation]] = {}
        self.root = self._find_root()

    def _sort_in(self, member: Member) -> None:
        folder, _, name = member.name.rpartition("/")
        match = _DAY_FILE.fullmatch(member.name)
        index = name in _CHANNEL_INDEXES | _USER_INDEXES
        if "__MACOSX" in folder.split("/"):
            return
        if member.unsafe or (member.problem and (match or index)):
            self.problems.append((member.name, member.problem))
        elif match and (day := _calendar_day(match["day"])):
            self.days.append((folder, day, member))
        elif name in _CHANNEL_INDEXES:
            self.channel_indexes.append(member)
        elif name in _USER_INDEXES:
            self.user_indexes.append(member)

    def _find_root(self) -> str:
        """The folder that holds the channels: where an index file lies highest, or else their parent."""
        indexes = [m.name.rpartition("/")[0] for m in self.channel_indexes + self.user_indexes]
        if indexes:
            return min(indexes, key=len)
        parents = {folder.rpartition("/")[0] for folder, _, _ in self.days}
        return parents.pop() if len(parents) == 1 else ""

    def select(self, channels: Iterable[str] | None, window: _Window) -> list[_Day]:
        """The day files to read, channel by channel, oldest first."""
        if not self.days and not self.problems:
            hint = "Pass the export zip, or the folder that holds the channel folders."
            problem = "holds no Slack messages; expected <channel>/<YYYY-MM-DD>.json."
            raise EvidenceError(self.path, "", problem, hint)
        known = self._channels()
        wanted = set(known) if channels is None else self._wanted(known, channels)
        return [
            _Day(member, known[folder])
            for folder, day, member in sorted(self.days, key=lambda entry: entry[:2])
            if folder in wanted and window.may_hold(day)
        ]

    def _wanted(self, known: dict[str, _Channel], channels: Iterable[str]) -> set[str]:
        titles = [title.removeprefix("#") for title in channels]
        bearers: dict[str, set[str]] = {title: set() for title in titles}
        for folder, channel in known.items():
            for title in {channel.name, channel.id, folder.rpartition("/")[2]} & set(titles):
                bearers[title].add(folder)
        missing = [title for title in titles if not bearers[title]]
        if missing:
            names = ", ".join(sorted(channel.name for channel in known.values())[:20])
            problem = f"holds no channel {', '.join(missing)}."
            raise EvidenceError(self.path, "", problem, f"It holds {names}.")
        return set().union(*bearers.values())

    def _channels(self) -> dict[str, _Channel]:
        """The channel of every folder; a team's own index goes before the root's (Enterprise Grid)."""
        people = self.people([]).names
        for member in self.channel_indexes:
            place = member.name.rpartition("/")[0]
            self._conversations.setdefault(place, []).extend(self._entries(member, _Conversation))
        titles = {place: _titles(found) for place, found in self._conversations.items()}
        channels = {}
        for folder in {folder for folder, _, _ in self.days}:
            parent, _, title = folder.rpartition("/")
            nearest = titles.get(parent, {}).get(title) or titles.get(self.root, {}).get(title)
            channels[folder] = self._channel(folder, nearest, people)
        return channels

    def _channel(self, folder: str, known: _Conversation | None, people: dict[str, str]) -> _Channel:
        relative = folder.removeprefix(self.root).lstrip("/") or self.path.stem
        if known is None:
            title = relative.rpartition("/")[2]
            return _Channel(relative, title, f"#{title}", has_id=False)
        if known.name:
            return _Channel(known.id, known.name, f"#{known.name}", has_id=True)
        both = ", ".join("@" + people.get(member, member) for member in known.members or ())
        return _Channel(known.id, known.id, both or known.id, has_id=True)

    def channel_names(self) -> dict[str, str]:
        found = (c for conversations in self._conversations.values() for c in conversations)
        return {conversation.id: conversation.name for conversation in found if conversation.name}

    def people(self, days: Sequence[_Day]) -> _People:
        """Everybody in the users index; without one, everybody who speaks in `days`."""
        people = _People()
        for member in self.user_indexes:
            for user in self._entries(member, _User):
                people.add(user)
        if not self.user_indexes:
            for speaker in _speakers(days):
                people.add(speaker)
        return people

    def _entries(self, member: Member, shape: type[_T]) -> list[_T]:
        """The entries of an index file; one that cannot be read becomes a problem, once."""
        entries: list[_T] = []
        try:
            data = member.read()
            return msgspec.json.decode(data, type=list[shape])  # type: ignore[valid-type]
        except READ_ERRORS as error:
            self._note(member.name, f"cannot be read: {error}; ids stand for names")
            return entries
        except _UNDECODABLE:
            text = text_of(data)
        begin = _LIST_BEGIN.match(text)
        if begin is None:
            self._note(member.name, "expected a JSON list; ids stand for names")
            return entries
        for record in read_list(text, begin.end() - 1, is_record=_has_id, end=_LIST_END):
            try:
                entries.append(msgspec.json.decode(record.data, type=shape))
            except _UNDECODABLE as error:
                self._note(f"{member.name}:{record.number}", record.problem or str(error))
        return entries

    def _note(self, where: str, problem: str) -> None:
        if (where, problem) not in self.problems:
            self.problems.append((where, problem))


def _calendar_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _titles(conversations: Iterable[_Conversation]) -> dict[str, _Conversation]:
    """Each conversation by what its folder may be called: id, name, and the names before a rename."""
    titles: dict[str, _Conversation] = {}
    found = list(conversations)
    for conversation in found:
        titles.setdefault(conversation.id, conversation)
        if conversation.name:
            titles.setdefault(conversation.name, conversation)
    for conversation in found:
        for name in conversation.previous_names or ():
            titles.setdefault(name, conversation)
    return titles


def _speakers(days: Sequence[_Day]) -> Iterator[_User]:
    decode = msgspec.json.Decoder(list[_Speaker]).decode
    for day in days:
        try:
            speakers = decode(day.member.read())
        except (*READ_ERRORS, *_UNDECODABLE):
            continue
        for speaker in speakers:
            if speaker.user and (profile := speaker.user_profile):
                yield _User(speaker.user, profile.name, profile.real_name, None, profile)


def _has_id(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "message" and isinstance(value.get("ts"), str)


@dataclass
class _Loading:
    """The columns under construction: day files go in, one frame comes out."""

    file: str
    people: _People
    names: Names
    batches: list[pa.Table] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)  # member, index, reason
    workspaces: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.channels: dict[_Channel, int] = {}
        self.members: list[str] = []
        self._messages: list[_Message] = []
        self._runs: list[tuple[int, int, int]] = []  # channel, member, messages
        self._indexes: list[int] = []

    def add(self, day: _Day) -> None:
        """Read one day file; a fault in it costs only the records it stands in."""
        name = day.member.name
        try:
            data = day.member.read()
        except READ_ERRORS as error:
            self.add_problem(name, None, f"cannot be read: {error}")
            return
        try:
            messages = _decode_day(data)
            indexes: Iterable[int] = range(len(messages))
        except _UNDECODABLE:
            messages, indexes = self._salvage(name, text_of(data))
        channel = self.channels.setdefault(day.channel, len(self.channels))
        self._messages += messages
        self._indexes += indexes
        self._runs.append((channel, len(self.members), len(messages)))
        self.members.append(name)
        if len(self._messages) >= _BATCH:
            self._finish_batch()

    def _salvage(self, member: str, text: str) -> tuple[list[_Message], list[int]]:
        messages: list[_Message] = []
        indexes: list[int] = []
        begin = _LIST_BEGIN.match(text)
        if begin is None:
            found = "an empty file" if not text.strip() else "something else"
            self.add_problem(member, None, f"expected a JSON list of messages, found {found}")
            return messages, indexes
        for record in read_list(text, begin.end() - 1, is_record=_is_message, end=_LIST_END):
            if record.problem:
                self.add_problem(member, record.number, record.problem)
                continue
            try:
                messages.append(_decode_message(record.data))
                indexes.append(record.number)
            except _UNDECODABLE as error:
                self.add_problem(member, record.number, str(error))
        return messages, indexes

    def add_problem(self, member: str, index: int | None, reason: str) -> None:
        self.problems.append((member, "" if index is None else str(index), reason))

    def _finish_batch(self) -> None:
        channel, member, count = np.array(self._runs, dtype=np.int32).reshape(-1, 3).T
        columns = self._columns(self._messages)
        columns["channel"] = pa.array(np.repeat(channel, count))
        columns["member"] = pa.array(np.repeat(member, count))
        columns["index"] = pa.array(self._indexes, type=pa.int32())
        self.batches.append(pa.table(columns))
        self._messages, self._runs, self._indexes = [], [], []

    def _columns(self, messages: list[_Message]) -> dict[str, pa.Array]:
        """The columns that messages alone decide."""
        subtypes = [m.subtype or "" for m in messages]
        if not _WRAPPERS.isdisjoint(subtypes):
            messages = [_unwrapped(m) if m.subtype in _WRAPPERS else m for m in messages]
            subtypes = [m.subtype or "" for m in messages]
        bots = self.people.bots
        is_bot = [
            bool(m.bot_id or m.app_id) or m.user in bots or m.subtype == "bot_message" for m in messages
        ]
        authors = [_author_id(m) if m.room or m.comment else m.user or m.bot_id or "" for m in messages]
        files = [_file_names(m) if m.files or m.file else "" for m in messages]
        self._learn_workspace(messages)
        return {
            "kind": strings([_kind(m, bot) for m, bot in zip(messages, is_bot, strict=True)]),
            "actor": strings([self._actor(m, a) for m, a in zip(messages, authors, strict=True)]),
            "text": strings(self._texts(messages, files)),
            "slack_ts": strings([m.ts or "" for m in messages]),
            "slack_thread_ts": strings([m.thread_ts or "" for m in messages]),
            "slack_user_id": strings(authors),
            "slack_subtype": strings(subtypes),
            "slack_is_bot": pa.array(is_bot, type=pa.bool_()),
            "slack_edited_ts": strings([(m.edited.ts or "") if m.edited else "" for m in messages]),
            "slack_reactions": strings([_reactions(m) if m.reactions else "" for m in messages]),
            "slack_files": strings(files),
        }

    def _learn_workspace(self, messages: list[_Message]) -> None:
        """The export nowhere says its workspace's address, but the links of its files do."""
        for message in messages:
            for file in message.files or ():
                if file.permalink and (match := _WORKSPACE.match(file.permalink)):
                    self.workspaces[match[1]] += 1

    def _actor(self, message: _Message, author: str) -> str:
        if message.username and not message.room:
            return message.username
        if name := self.people.names.get(author):
            return name
        if message.bot_profile and message.bot_profile.name:
            return message.bot_profile.name
        if message.user_profile and author == message.user:
            try:
                profile = _decode_profile(message.user_profile) or _Profile()
            except _UNDECODABLE:
                return author
            return profile.display_name or profile.real_name or profile.name or author
        return author

    def _texts(self, messages: list[_Message], files: list[str]) -> list[str]:
        texts = self.names.plain_all([m.text or "" for m in messages])
        return [
            text if text not in PLACEHOLDERS and m.subtype not in _DELETIONS else self._other_text(m, f)
            for text, m, f in zip(texts, messages, files, strict=True)
        ]

    def _other_text(self, message: _Message, files: str) -> str:
        """What a message says that has no text of its own."""
        if message.subtype in _DELETIONS:
            return ""  # "This message was deleted." is nobody's statement
        if message.room:
            return _call(message.room)
        words = self._opened(message.blocks, self.names.plain_blocks)
        words = words or self._opened(message.attachments, self.names.plain_attachments)
        return words or (f"[file: {files}]" if files else message.text or "")

    def _opened(self, raw: Raw, read: Any) -> str:
        if not raw:
            return ""
        try:
            return str(read(msgspec.json.decode(raw)))
        except _UNDECODABLE:
            return ""

    def frame(self, window: _Window) -> pd.DataFrame:
        """Everything added, sorted by time, each message once; what cannot be read stands last."""
        self._finish_batch()
        found = pa.concat_tables(self.batches).combine_chunks()
        self.batches.clear()
        time, channel = _microseconds(found["slack_ts"]), found["channel"].to_numpy()
        self._note_undated(found, time)
        order = np.lexsort((channel, time))
        order = order[_in_window(time[order], window)]
        order, copies = _fold_copies(found, time, channel, order)

        rows = pa.array(order)
        columns = {name: found[name].take(rows) for name in found.column_names}
        columns["time"] = pa.array(time[order], type=TIME)
        columns["ref"] = self._refs(found, rows, copies)
        del found
        columns |= self._places(columns)
        for name in ("channel", "member", "index"):
            del columns[name]
        problems = [(f"{m}:{index}" if index else m, why) for m, index, why in self.problems]
        return to_events("slack", self.file, columns, problems, time_basis="epoch")

    def _note_undated(self, found: pa.Table, time: npt.NDArray[np.int64]) -> None:
        """A message whose `ts` is no time cannot be placed; it is reported like a damaged one."""
        for row in np.flatnonzero(time == _UNDATED):
            ts = found["slack_ts"][row].as_py()
            problem = f'"ts" is {ts[:40]!r}, expected as 1710484200.000100' if ts else 'no "ts"'
            member = self.members[found["member"][row].as_py()]
            self.add_problem(member, found["index"][row].as_py(), problem)

    def _refs(self, found: pa.Table, rows: pa.Array, copies: dict[int, list[int]]) -> pa.Array:
        members = strings([f"{self.file}#{member}" for member in self.members])
        index = found["index"].cast(STRING)
        refs = pc.binary_join_element_wise(members.take(found["member"]), index, scalar(":"))
        if not copies:
            return refs.take(rows)
        joined = {
            row: " | ".join(refs[copy].as_py() for copy in (row, *others)) for row, others in copies.items()
        }
        texts = zip(rows.to_pylist(), refs.take(rows).to_pylist(), strict=True)
        return strings([joined.get(row, ref) for row, ref in texts])

    def _places(self, columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
        """What the channel decides: its id and name, the event's id and its permalink."""
        channels, codes = list(self.channels), columns["channel"]

        def of_channel(texts: Iterable[str]) -> pa.Array:
            return strings(list(texts)).take(codes)

        ids = of_channel(c.id for c in channels)
        prefixes = of_channel(f"slack:{c.id}:" for c in channels)
        return {
            "event_id": pc.binary_join_element_wise(prefixes, columns["slack_ts"], scalar("")),
            "place": of_channel(c.place for c in channels),
            "slack_channel_id": ids,
            "url": self._urls(columns, ids, of_channel),
        }

    def _urls(
        self,
        columns: dict[str, pa.Array],
        ids: pa.Array,
        of_channel: Callable[[Iterable[str]], pa.Array],
    ) -> pa.Array:
        """`https://<workspace>/archives/<channel>/p<ts without its point>`, in a thread with its parent."""
        ts, thread_ts = columns["slack_ts"], columns["slack_thread_ts"]
        if not self.workspaces:
            return pa.repeat(scalar(""), len(ts))
        ((workspace, _),) = self.workspaces.most_common(1)
        begin = of_channel(f"https://{workspace}/archives/{c.id}/p" for c in self.channels)
        is_reply = pc.and_(pc.not_equal(thread_ts, ts), pc.not_equal(thread_ts, ""))
        parent = pc.binary_join_element_wise(
            scalar("?thread_ts="), thread_ts, scalar("&cid="), ids, scalar("")
        )
        parent = pc.if_else(is_reply, parent, scalar(""))
        digits = pc.replace_substring(ts, ".", "")
        urls = pc.binary_join_element_wise(begin, digits, parent, scalar(""))
        linked = np.array([c.has_id for c in self.channels])[columns["channel"].to_numpy()]
        return urls if linked.all() else pc.if_else(pa.array(linked), urls, scalar(""))


_UNDATED = np.iinfo(np.int64).min
_USUAL_TS = r"^\d{10}\.\d{6}$"
_ANY_TS = re.compile(r"(\d{9,10})\.(\d{1,6})", re.ASCII)
# Slack opened in 2013; a "time" outside this span is an id or a number of milliseconds.
_FIRST_SECOND, _LAST_SECOND = 1_230_768_000, 4_102_444_800  # 2009, 2100


def _microseconds(ts: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Slack's `ts` as whole microseconds since 1970, never through a float; `_UNDATED` if it is none."""
    usual = pc.match_substring_regex(ts, _USUAL_TS)
    digits = pc.replace_substring(pc.if_else(usual, ts, "0"), ".", "")
    time = digits.cast(pa.int64()).to_numpy().copy()
    for row in np.flatnonzero(~usual.to_numpy()):
        match = _ANY_TS.fullmatch(ts[row].as_py())
        time[row] = int(match[1] + match[2].ljust(6, "0")) if match else 0
    in_span = (time >= _FIRST_SECOND * 10**6) & (time < _LAST_SECOND * 10**6)
    return np.where(in_span, time, _UNDATED)


def _in_window(time: npt.NDArray[np.int64], window: _Window) -> npt.NDArray[np.bool_]:
    keep: npt.NDArray[np.bool_] = time != _UNDATED
    if window.start is not None:
        keep &= time >= _since_1970(window.start)
    if window.end is not None:
        keep &= time < _since_1970(window.end)
    return keep


def _since_1970(instant: pd.Timestamp) -> int:
    return int((instant - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(1, "us"))


def _fold_copies(
    found: pa.Table,
    time: npt.NDArray[np.int64],
    channel: npt.NDArray[np.int32],
    order: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], dict[int, list[int]]]:
    """`order` with each message once, and for a message that stood there twice its other copies.

    The latest state stays: the last deletion, else the last edit, else the last in the export.
    """
    same = (np.diff(time[order]) == 0) & (np.diff(channel[order]) == 0)
    if not same.any():
        return order, {}
    edited, kind = found["slack_edited_ts"], found["kind"]
    kept, copies = [], {}
    for group in np.split(order, np.flatnonzero(~same) + 1):
        if len(group) == 1:
            kept.append(group[0])
            continue
        state = {row: (kind[row].as_py() == "deleted", edited[row].as_py(), row) for row in group.tolist()}
        latest = max(state, key=lambda row: state[row])
        kept.append(latest)
        copies[latest] = [row for row in state if row != latest]
    return np.array(kept, dtype=np.int64), copies


def _kind(message: _Message, is_bot: bool) -> str:
    subtype = message.subtype or ""
    if subtype not in _TALK:
        return KINDS.get(subtype, "other")
    if is_bot:
        return "bot"
    if message.thread_ts and message.thread_ts != message.ts:
        return "reply"
    return "file" if message.files and not message.text else "message"


def _author_id(message: _Message) -> str:
    if message.room and message.room.created_by:
        return message.room.created_by
    if message.comment and message.comment.user:
        return message.comment.user
    return message.user or message.bot_id or ""


def _reactions(message: _Message) -> str:
    return ", ".join(f"{r.name} {r.count}" for r in message.reactions or ())


def _file_names(message: _Message) -> str:
    files = message.files or ([message.file] if message.file else [])
    return ", ".join(file.name or file.title or file.id or "" for file in files)


def _call(room: _Room) -> str:
    """A huddle in words; an end of 0 means that it was still open."""
    if not room.date_start or not room.date_end:
        return "Huddle"
    return f"Huddle, {max(1, round((room.date_end - room.date_start) / 60))} min"


def _unwrapped(message: _Message) -> _Message:
    """The message that an event-log record is about, in the state the record gives it."""
    if message.subtype == "message_deleted":
        return _Message(ts=message.deleted_ts or message.ts, subtype="message_deleted")
    try:
        return _decode_message(message.message)
    except _UNDECODABLE:
        return message
