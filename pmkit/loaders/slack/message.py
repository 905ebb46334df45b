"""What a message says: its kind, author, words and what hangs on it.

Most are plain talk, which is read column by column; what more there is to one is read by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw

from pmkit.loaders._mrkdwn import PLACEHOLDER, Names
from pmkit.loaders.slack.shapes import (
    UNDECODABLE,
    File,
    Message,
    Profile,
    Room,
    User,
    decode_message,
    decode_profile,
)
from pmkit.loaders.slack.stamps import FIRST_SECOND, LAST_SECOND

# Slack's subtype to our kind. Any other subtype is "other", except those of plain talk below.
KINDS: Final = {
    "channel_join": "join", "group_join": "join", "bot_add": "join", "channel_welcome_party": "join",
    "channel_leave": "leave", "group_leave": "leave", "bot_remove": "leave",
    "channel_topic": "topic", "channel_purpose": "topic", "channel_name": "topic",
    "group_topic": "topic", "group_purpose": "topic", "group_name": "topic",
    "channel_archive": "topic", "channel_unarchive": "topic",
    "group_archive": "topic", "group_unarchive": "topic",
    "pinned_item": "pin", "unpinned_item": "pin",
    "file_share": "file", "file_comment": "file", "file_mention": "file", "channel_canvas_updated": "file",
    "tombstone": "deleted", "message_deleted": "deleted",
    "huddle_thread": "call", "sh_room_created": "call",
    "thread_broadcast": "reply", "reply_broadcast": "reply",
    # Types of an event log that are no messages.
    "member_joined_channel": "join", "member_left_channel": "leave",
    "channel_rename": "topic", "group_rename": "topic",
    "pin_added": "pin", "pin_removed": "pin", "file_shared": "file",
}  # fmt: skip
TALK: Final = ("", "bot_message", "me_message")
DELETIONS: Final = frozenset({"tombstone", "message_deleted"})
# Event-log shapes that wrap the real message; the outer `ts` is the time of the change.
WRAPPERS: Final = frozenset({"message_changed", "message_replied", "message_deleted"})

# What is left of a file that nobody can open any more.
_REMAINS: Final = {"tombstone": "deleted", "hidden_by_limit": "hidden by the plan's limit"}
_CANVAS: Final = {"quip", "canvas"}  # whose name is made up from its title


class People:
    """Names by user id, and which ids are bots."""

    def __init__(self, users: Iterable[User] = ()) -> None:
        self.names: dict[str, str] = {"USLACKBOT": "Slackbot"}
        self.bots = {"USLACKBOT"}
        for user in users:
            self.add(user)

    def add(self, user: User) -> None:
        """Somebody of an index of users."""
        self.names[user.id] = user.called()
        if user.is_bot:
            self.bots.add(user.id)

    def meet(self, user: str, profile: Raw) -> None:
        """Learn who is in no index, as people of other workspaces are, from what their messages say."""
        if user not in self.names and (name := _read_profile(profile).called()):
            self.names[user] = name


class Reading:
    """What messages say, column by column.

    Each is read as plain talk first, and those that are more than that by themselves then. What few messages
    have is kept by row.
    """

    def __init__(self, messages: Sequence[Message], people: People, names: Names) -> None:
        self._people, self._names = people, names
        name_of, bots = people.names.get, people.bots
        self.texts = names.plain_all([m.text or "" for m in messages])
        self.authors = [m.user or "" for m in messages]
        self.actors = [name_of(author, "") for author in self.authors]
        self.bots: set[int] = set()
        self.kinds: dict[int, str] = {}  # none: a reply where it stands in a thread, else a message
        self.subtypes: dict[int, str] = {}
        self.teams: dict[int, str] = {}
        self.edits: dict[int, str] = {}
        self.reactions: dict[int, str] = {}
        self.files: dict[int, str] = {}
        self.ends: dict[int, int] = {}  # of huddles, in microseconds
        for row, m in enumerate(messages):
            if (
                m.subtype or m.bot_id or m.app_id or m.edited or m.reactions or m.files or m.file
                or m.user_team != m.team or not self.actors[row] or m.user in bots
            ):  # fmt: skip
                self._read_more(row, m)
        for row in [row for row, text in enumerate(self.texts) if not text or text == PLACEHOLDER]:
            self._read_other_words(row, messages[row])

    def _read_more(self, row: int, message: Message) -> None:
        """What there is besides words of a user whom everybody knows."""
        if message.edited and message.edited.ts:
            self.edits[row] = message.edited.ts
        if message.reactions:
            self.reactions[row] = ", ".join(f"{r.name} {r.count}" for r in message.reactions)
        if files := message.files or ([message.file] if message.file else []):
            self.files[row] = ", ".join(map(_file_name, files))
        if message.team and message.user_team and message.team != message.user_team:
            self.teams[row] = message.user_team
        self._read_author(row, message)
        if message.subtype or row in self.bots:
            self._read_subtype(row, message.subtype or "")

    def _read_author(self, row: int, message: Message) -> None:
        author = message.user or message.bot_id or ""
        if message.user and message.user_profile:
            self._people.meet(message.user, message.user_profile)
        if message.room:
            author = message.room.created_by or author
            if FIRST_SECOND <= (message.room.date_end or 0) < LAST_SECOND:
                self.ends[row] = (message.room.date_end or 0) * 10**6
        elif message.comment:
            author = message.comment.user or author
        self.authors[row] = author
        bot = message.bot_profile.name if message.bot_profile else ""
        said = message.username if not message.room else ""
        self.actors[row] = said or self._names.person(author, bot or "")
        marked = message.bot_id or message.app_id or message.subtype == "bot_message"
        if marked or message.user in self._people.bots:
            self.bots.add(row)

    def _read_subtype(self, row: int, subtype: str) -> None:
        self.subtypes[row] = subtype
        if subtype not in TALK:
            self.kinds[row] = KINDS.get(subtype, "other")
        elif row in self.bots:
            self.kinds[row] = "bot"
        if subtype in DELETIONS:
            self.texts[row] = ""  # "This message was deleted." is nobody's statement

    def _read_other_words(self, row: int, message: Message) -> None:
        """The words of a message without a text of its own: what hangs on it speaks."""
        if message.subtype in DELETIONS:
            return
        if message.room:
            self.texts[row] = _huddle(message.room)
            return
        files = self.files.get(row)
        words = _opened(message.blocks, self._names.plain_blocks)
        words = words or _opened(message.attachments, self._names.plain_attachments)
        self.texts[row] = words or (f"[file: {files}]" if files else message.text or "")
        if files and not message.text and message.thread_ts in (None, "", message.ts):
            self.kinds.setdefault(row, "file")


def unwrapped(message: Message) -> Message:
    """The message that an event-log record is about, in the state the record gives it."""
    if message.subtype == "message_deleted":
        before = _read_message(message.previous_message) or Message()
        return Message(
            ts=message.deleted_ts or before.ts or message.ts, subtype="message_deleted", user=before.user,
            thread_ts=before.thread_ts, bot_id=before.bot_id, user_profile=before.user_profile,
        )  # fmt: skip
    return _read_message(message.message) or message


def _opened(raw: Raw, read: Callable[[Any], str]) -> str:
    try:
        return read(msgspec.json.decode(raw)) if raw else ""
    except UNDECODABLE:
        return ""


def _huddle(room: Room) -> str:
    """A huddle in words; an end of 0 means that it was still open."""
    if not room.date_start or not room.date_end:
        return "Huddle"
    return f"Huddle, {max(1, round((room.date_end - room.date_start) / 60))} min"


def _file_name(file: File) -> str:
    name = file.title if file.mode in _CANVAS and file.title else file.name or file.title or file.id or ""
    remains = _REMAINS.get(file.mode or "")
    return f"{name} ({remains})" if remains else name


def _read_profile(raw: Raw) -> Profile:
    try:
        return decode_profile(raw) or Profile()
    except UNDECODABLE:
        return Profile()


def _read_message(raw: Raw) -> Message | None:
    try:
        return decode_message(raw)
    except UNDECODABLE:
        return None
