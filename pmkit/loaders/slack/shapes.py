"""What is read of Slack's JSON: typed shapes and their decoders, which pass over everything else.

Slack documents the objects at https://docs.slack.dev/reference/objects; what an export writes besides is
told at https://slack.com/help/articles/220556107.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

Text = str | None


class Profile(Struct, gc=False):
    """How somebody is called."""

    name: Text = None
    real_name: Text = None
    display_name: Text = None

    def called(self) -> str:
        """The name people see, "" when there is none."""
        return self.display_name or self.real_name or self.name or ""


class User(Struct, gc=False):
    """An entry of `users.json`."""

    id: str
    name: Text = None
    real_name: Text = None
    is_bot: bool | None = None
    profile: Profile | None = None
    updated: Any = None

    def called(self) -> str:
        """The name people see, or else the id."""
        profile = self.profile or Profile()
        return profile.display_name or self.real_name or profile.real_name or self.name or self.id


class Pin(Struct, gc=False):
    """A message, or a file, that somebody pinned to a channel."""

    id: Text = None
    user: Text = None
    created: int | None = None


class Conversation(Struct, gc=False):
    """An entry of `channels.json`, `groups.json`, `mpims.json` or `dms.json`."""

    id: str
    name: Text = None
    previous_names: list[str] | None = None
    members: list[str] | None = None
    user: Text = None  # whom a direct message is with, as the API says it
    pins: list[Pin] | None = None
    created: Any = None
    updated: Any = None


class Edit(Struct, gc=False):
    """When a message was last edited."""

    ts: Text = None


class Reaction(Struct, gc=False):
    """An emoji under a message."""

    name: str
    count: int = 0  # may exceed the number of users listed


class File(Struct, gc=False):
    """A file that hangs on a message, or what is left of it."""

    id: Text = None
    name: Text = None
    title: Text = None
    mode: Text = None
    permalink: Text = None


class Comment(Struct, gc=False):
    """A comment on a file, as there was until 2018."""

    user: Text = None


class Room(Struct, gc=False):
    """A huddle."""

    created_by: Text = None
    date_start: int | None = None
    date_end: int | None = None  # 0 while it is still open


class Message(Struct, gc=False):
    """A message of any kind and era."""

    ts: Text = None
    text: Text = None
    user: Text = None
    subtype: Text = None
    thread_ts: Text = None
    bot_id: Text = None
    app_id: Text = None
    username: Text = None
    bot_profile: Profile | None = None
    team: Text = None
    user_team: Text = None
    edited: Edit | None = None
    reactions: list[Reaction] | None = None
    files: list[File] | None = None
    file: File | None = None  # before 2018
    comment: Comment | None = None
    room: Room | None = None
    old_name: Text = None
    name: Text = None
    deleted_ts: Text = None
    # Opened only where they are needed, which is seldom.
    user_profile: Raw = Raw()
    blocks: Raw = Raw()
    attachments: Raw = Raw()
    message: Raw = Raw()
    previous_message: Raw = Raw()


decode_day = msgspec.json.Decoder(list[Message]).decode
decode_message = msgspec.json.Decoder(Message).decode
decode_profile = msgspec.json.Decoder(Profile | None).decode
UNDECODABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
