"""A log of Slack's events, one on each line: of the Events API with its envelope, or of RTM without.

A message that was changed or deleted later is one event in its latest state, since the log says so
(https://docs.slack.dev/reference/events/message). What is no message, as a reaction or somebody joining, is
an event of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pandas as pd
from msgspec import Struct

from pmkit.errors import EvidenceError
from pmkit.loaders._format import Glimpse
from pmkit.loaders._salvage import Record, read_document, read_list, text_of
from pmkit.loaders.slack.columns import Channel, Loading, collector_at_rest
from pmkit.loaders.slack.index import LIST_BEGIN, LIST_END, channel_of
from pmkit.loaders.slack.message import People
from pmkit.loaders.slack.shapes import UNDECODABLE, Conversation, Message, Text, User
from pmkit.loaders.slack.stamps import Span, microsecond_of

# What the connection says about itself, and what tells nothing that happened.
_CHATTER: Final = frozenset(
    {"hello", "goodbye", "ping", "pong", "reconnect_url", "url_verification", "disconnect", "user_typing",
     "presence_change", "manual_presence_change", "desktop_notification", "pref_change", "im_marked",
     "channel_marked", "group_marked", "mpim_marked", "thread_marked"}
)  # fmt: skip
_RATE_LIMITED: Final = "app_rate_limited"
_LOOKED_AT: Final = 20  # lines that a first look reads


class _Item(Struct, gc=False):
    """What a reaction or a pin is about."""

    channel: Text = None
    ts: Text = None
    message: Message | None = None


class Entry(Message, gc=False):
    """An event, or its envelope."""

    type: Text = None
    user: str | User | None = None  # type: ignore[assignment]
    channel: str | Conversation | None = None
    event_ts: Text = None
    reply_to: int | None = None
    reaction: Text = None
    item: _Item | None = None
    event: Entry | None = None
    payload: Entry | None = None


class _Bare(Struct, gc=False):
    """The least an event says of itself, whatever else it holds."""

    type: Text = None
    ts: Text = None
    event_ts: Text = None
    event: _Bare | None = None
    payload: _Bare | None = None


_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_bare = msgspec.json.Decoder(_Bare).decode

# What is said in words of an event that is no message.
_WORDS: Final = {
    "reaction_added": "Reacted with :{0.reaction}:", "reaction_removed": "Took back :{0.reaction}:",
    "member_joined_channel": "Joined the channel", "member_left_channel": "Left the channel",
    "pin_added": "Pinned a message", "pin_removed": "Unpinned a message", "file_shared": "Shared a file",
    "channel_archive": "Archived the channel", "channel_unarchive": "Opened the channel again",
}  # fmt: skip


def load_slack_log(path: str | Path) -> pd.DataFrame:
    """The events of a log of the Events API, Socket Mode or RTM, sorted by time.

    One row per message in its latest state, whose `ref` names every record about it; one that was deleted
    has the kind `deleted` and no words. One row per reaction, pin, joining …; other types have the kind
    `other`. Columns are those of `load_slack_export`, `ref` is `<file name>#:<line>`, counted from 0. What
    the connection says about itself (`hello`, `user_typing` …) is no record.

    Parameters
    ----------
    path : JSON Lines, or a JSON list, of events or of their envelopes

    Raises
    ------
    EvidenceError : the file cannot be opened
    """
    path = Path(path)
    with collector_at_rest():
        log = _Log(path.name)
        for record in _records(_text(path)):
            log.add(record)
        return log.loading.frame(Span())


def find_incompleteness(path: str | Path) -> str:
    """Whether Slack held events back, as one sentence; "" when nothing shows."""
    held = sum(f'"{_RATE_LIMITED}"' in line for line in _text(Path(path)).split("\n"))
    return f"incomplete: Slack held events back {held} times ({_RATE_LIMITED})" if held else ""


def is_log(glimpse: Glimpse) -> bool:
    """Whether one of its first lines, or of the first elements of its list, is an event of Slack."""
    lines = glimpse.text.split("\n")[:_LOOKED_AT]
    return any(map(_is_event, [glimpse.first, *map(_parsed, lines)]))


class _Log:
    """Events on their way into the frame."""

    def __init__(self, file: str) -> None:
        self.loading = Loading(file, People(), {})
        self._conversations: dict[str, Conversation] = {}

    def add(self, record: Record) -> None:
        """One line of the log."""
        problem = record.problem
        if not problem:
            try:
                self._add_entry(_unpacked(_decode_entry(record.data)), record.number)
                return
            except UNDECODABLE as error:
                problem = str(error)
            if bare := _bare(record.data):
                self._add_entry(bare, record.number)
                return
        self.loading.add_problem("", record.number, problem)

    def _add_entry(self, entry: Entry, number: int) -> None:
        if entry.type in _CHATTER or entry.reply_to is not None:
            return
        if isinstance(entry.user, User):
            self.loading.people.add(entry.user)
            entry.user = entry.user.id
        told = entry.channel or (entry.item and entry.item.channel)
        if isinstance(told, Conversation):
            self._conversations[told.id] = told
        channel = self._channel(told.id if isinstance(told, Conversation) else told or "")
        as_of = microsecond_of(entry.event_ts or entry.ts or "")
        if entry.type == "message":
            entry.ts = entry.ts or entry.event_ts
            self.loading.add(channel, "", [entry], [number], as_of=as_of)
        else:
            # It has no permalink, and so no id of a channel to make one of.
            unlinked = channel._replace(has_id=False)
            self.loading.add(unlinked, "", [_told(entry)], [number], as_of=as_of)

    def _channel(self, identity: str) -> Channel:
        if not identity:
            return Channel("", "", "", has_id=False)
        known = self._conversations.get(identity, Conversation(identity))
        return channel_of(known, self.loading.people.names)


def _unpacked(entry: Entry) -> Entry:
    """The event without its envelopes."""
    while inner := entry.event or entry.payload:
        entry = inner
    return entry


def _bare(data: bytes) -> Entry | None:
    """An event of a shape that is not known, as far as it says what it is and when it was."""
    try:
        bare = _decode_bare(data)
    except UNDECODABLE:
        return None
    while inner := bare.event or bare.payload:
        bare = inner
    stamp = bare.event_ts or bare.ts
    known = bare.type and bare.type != "message" and stamp
    return Entry(type=bare.type, event_ts=stamp) if known else None


def _told(entry: Entry) -> Message:
    """An event that is no message, in words."""
    kind = entry.type or ""
    words = _WORDS[kind].format(entry) if kind in _WORDS else kind.replace("_", " ").capitalize()
    pinned = entry.item.message if entry.item else None
    if pinned and pinned.text:
        words = f"{words}: {pinned.text}"
    if isinstance(entry.channel, Conversation) and kind.endswith("_rename"):
        words = f"Renamed the channel to {entry.channel.name}"
    thread_ts = entry.item.ts if entry.item else None
    user = entry.user if isinstance(entry.user, str) else None
    return Message(ts=entry.event_ts or entry.ts, text=words, user=user, subtype=kind, thread_ts=thread_ts)


def _records(text: str) -> Iterator[Record]:
    """The records of the log: the elements of its list, or its lines, each checked by itself."""
    if begin := LIST_BEGIN.match(text):
        yield from read_list(text, begin.end() - 1, is_record=_is_event, end=LIST_END)
        return
    for number, line in enumerate(text.split("\n")):
        if line.strip():
            yield read_document(line)._replace(number=number)


def _text(path: Path) -> str:
    try:
        return text_of(path.read_bytes())
    except OSError as error:
        raise EvidenceError(path, "", f"cannot be opened: {error}.") from error


def _is_event(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("payload"), dict):
        value = value["payload"]
    if value.get("type") == "event_callback":
        return isinstance(value.get("event"), dict)
    return value.get("type") == "message" and isinstance(value.get("channel"), str) and "ts" in value


def _parsed(line: str) -> Any:
    try:
        return msgspec.json.decode(line)
    except UNDECODABLE:
        return None
