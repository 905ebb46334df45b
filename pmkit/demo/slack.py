"""A stand-in of Slack's Web API: channels, messages and threads, people, pins and bookmarks.

(https://docs.slack.dev/reference/methods) History is given newest first, a thread oldest first; what a token
may do is said by its scopes, which stand in the header `x-oauth-scopes` of every answer.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from pmkit.demo.server import Answer, Now, Request, System
from pmkit.demo.story import Story

Record = dict[str, Any]

SCOPES: Final = (
    "bookmarks:read", "bookmarks:write", "channels:history", "channels:join", "channels:manage",
    "channels:read", "chat:write", "groups:history", "groups:read", "pins:read", "pins:write",
    "reactions:read", "reactions:write", "users:read", "users:read.email",
)  # fmt: skip

# What each method needs; any one of the scopes will do.
_NEEDS: Final = {
    "bookmarks.add": "bookmarks:write", "bookmarks.list": "bookmarks:read",
    "chat.delete": "chat:write", "chat.postMessage": "chat:write", "chat.update": "chat:write",
    "conversations.archive": "channels:manage", "conversations.create": "channels:manage",
    "conversations.history": "channels:history", "conversations.info": "channels:read",
    "conversations.invite": "channels:manage", "conversations.join": "channels:join",
    "conversations.list": "channels:read", "conversations.members": "channels:read",
    "conversations.replies": "channels:history", "conversations.setPurpose": "channels:manage",
    "conversations.setTopic": "channels:manage", "pins.add": "pins:write", "pins.list": "pins:read",
    "pins.remove": "pins:write", "reactions.add": "reactions:write", "reactions.get": "reactions:read",
    "users.conversations": "channels:read", "users.info": "users:read", "users.list": "users:read",
    "users.lookupByEmail": "users:read.email",
}  # fmt: skip

_TEAM: Final = "T05MARLOW01"
_WEB: Final = "https://marlow-finch-example.slack.com"
_NAME: Final = re.compile(r"[a-z0-9_-]{1,80}", re.ASCII)
_MOST: Final = 999
_UNLISTED: Final = 15  # messages in one answer to an app that is not in Slack's directory, once a minute


class Slack(System):
    """What the workspace holds; the messages of a channel in the order of time, the oldest first."""

    name = "slack"
    routes = tuple(
        (verb, f"/api/{method}", method.replace(".", "_").lower())
        for method in ("auth.test", "chat.getPermalink", *_NEEDS)
        for verb in ("GET", "POST")
    )

    def __init__(self, token: str, now: Now) -> None:
        super().__init__(token, now)
        self.scopes = list(SCOPES)
        self.channels: dict[str, Record] = {}
        self.messages: dict[str, list[Record]] = {}
        self.users: dict[str, Record] = {}
        self.members: dict[str, list[str]] = {}
        self.pins: dict[str, list[Record]] = {}
        self.bookmarks: dict[str, list[Record]] = {}
        self.bot_user, self.bot_id = "U0PMKIT0BOT", "B0PMKIT0BOT"
        self.is_unlisted = False
        self._asked_at: datetime | None = None
        self._made = 0
        self._last_ts = 0

    def tell(self, story: Story) -> None:
        """Fill it with a story; the app is a member of every channel."""
        self.users = {user["id"]: dict(user) for user in story.users}
        self.users[self.bot_user] = _bot_of(self.bot_user)
        for told in story.channels:
            channel = _channel(told["id"], told["name"], told["creator"], told["created"])
            channel |= {name: dict(told[name]) for name in ("topic", "purpose")}
            channel |= {name: told[name] for name in ("is_general", "is_archived")}
            self.channels[told["id"]] = channel
            self.members[told["id"]] = [*told["members"], self.bot_user]
            self.messages[told["id"]] = [dict(message) for message in story.messages[told["id"]]]
            self.pins[told["id"]] = [
                {"ts": pin["id"], "created": pin["created"], "created_by": pin["user"]}
                for pin in told.get("pins", [])
            ]

    def answer(self, request: Request) -> Answer:
        """As any system, with the scopes in a header."""
        told = super().answer(request)
        headers = (("x-oauth-scopes", ",".join(self.scopes)), ("x-accepted-oauth-scopes", _needed(request)))
        return told._replace(headers=(*told.headers, *headers))

    def refusal(self, request: Request) -> Answer | None:
        """What is said without the right token, or without the scope."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ") or request.get("token")
        if not given:
            return _no("not_authed")
        if given != self.token:
            return _no("invalid_auth")
        needed = _needed(request)
        if needed and needed not in self.scopes:
            return _no("missing_scope", needed=needed, provided=",".join(self.scopes))
        return None

    def unknown(self, request: Request) -> Answer:
        """What is said to a method that is not there."""
        return _no("unknown_method")

    # Who and where

    def auth_test(self, request: Request) -> Answer:
        """Who the token belongs to."""
        return _yes(
            url=f"{_WEB}/", team="Marlow & Finch", user="pmkit", team_id=_TEAM, user_id=self.bot_user,
            bot_id=self.bot_id, is_enterprise_install=False,
        )  # fmt: skip

    def users_list(self, request: Request) -> Answer:
        """A page of people."""
        page, cursor = _page(request, list(self.users.values()))
        return _yes(members=page, cache_ts=int(self.now().timestamp()), response_metadata=cursor)

    def users_info(self, request: Request) -> Answer:
        """One of the people."""
        user = self.users.get(_said(request).get("user", ""))
        return _yes(user=user) if user else _no("user_not_found")

    def users_lookupbyemail(self, request: Request) -> Answer:
        """Whose address this is."""
        address = _said(request).get("email", "")
        found = (user for user in self.users.values() if user["profile"].get("email") == address)
        user = next(found, None)
        return _yes(user=user) if user else _no("users_not_found")

    def conversations_list(self, request: Request) -> Answer:
        """A page of channels."""
        hidden = _said(request).get("exclude_archived", "false").lower() in ("true", "1")
        rows = [self._listed(one) for one in self.channels.values() if not (hidden and one["is_archived"])]
        page, cursor = _page(request, rows)
        return _yes(channels=page, response_metadata=cursor)

    users_conversations = conversations_list

    def conversations_info(self, request: Request) -> Answer:
        """One channel."""
        return self._in_channel(request, lambda one: _yes(channel=self._listed(one)), member=False)

    def conversations_members(self, request: Request) -> Answer:
        """A page of the ids of who is in a channel."""

        def page(channel: Record) -> Answer:
            rows, cursor = _page(request, self.members[channel["id"]])
            return _yes(members=rows, response_metadata=cursor)

        return self._in_channel(request, page)

    # Reading messages

    def conversations_history(self, request: Request) -> Answer:
        """A page of a channel, the newest first; replies stand in their threads only."""

        def page(channel: Record) -> Answer:
            rows = [one for one in reversed(self.messages[channel["id"]]) if _is_top(one)]
            return self._messages(request, rows, pin_count=len(self.pins.get(channel["id"], ())))

        return self._in_channel(request, page)

    def conversations_replies(self, request: Request) -> Answer:
        """A page of a thread, the oldest first, with the message it hangs on."""

        def page(channel: Record) -> Answer:
            thread = _said(request).get("ts", "")
            rows = [one for one in self.messages[channel["id"]] if one.get("thread_ts", one["ts"]) == thread]
            return self._messages(request, rows) if rows else _no("thread_not_found")

        return self._in_channel(request, page)

    def _messages(self, request: Request, rows: list[Record], **more: Any) -> Answer:
        if self.is_unlisted and (wait := self._wait()):
            return Answer({"ok": False, "error": "ratelimited"}, 429, (("Retry-After", str(wait)),))
        said = _said(request)
        oldest, latest = said.get("oldest", "0") or "0", said.get("latest") or "9999999999.999999"
        inclusive = said.get("inclusive", "").lower() in ("true", "1")
        kept = [one for one in rows if _within(one["ts"], oldest, latest, inclusive=inclusive)]
        page, cursor = _page(request, kept, most=_UNLISTED if self.is_unlisted else _MOST)
        if said.get("include_all_metadata", "").lower() not in ("true", "1"):
            page = [{name: value for name, value in one.items() if name != "metadata"} for one in page]
        rest = {"response_metadata": cursor} if cursor["next_cursor"] else {}
        return _yes(messages=page, has_more=bool(rest), **more, **rest)

    def _wait(self) -> int:
        """Seconds until an app that is not listed may ask again."""
        now = self.now()
        if self._asked_at and now < self._asked_at + timedelta(minutes=1):
            return int((self._asked_at + timedelta(minutes=1) - now).total_seconds()) + 1
        self._asked_at = now
        return 0

    def pins_list(self, request: Request) -> Answer:
        """What is pinned to a channel."""

        def told(channel: Record) -> Answer:
            items = []
            for pin in self.pins.get(channel["id"], ()):
                message = self._message(channel["id"], pin["ts"])
                if message:
                    message = {name: value for name, value in message.items() if name != "metadata"}
                    rest = {"created": pin["created"], "created_by": pin["created_by"]}
                    items.append({"type": "message", "channel": channel["id"], "message": message, **rest})
            return _yes(items=items)

        return self._in_channel(request, told)

    def reactions_get(self, request: Request) -> Answer:
        """A message with the reactions to it."""

        def told(channel: Record) -> Answer:
            message = self._message(channel["id"], _said(request).get("timestamp", ""))
            return (
                _yes(type="message", channel=channel["id"], message=message)
                if message
                else _no("message_not_found")
            )

        return self._in_channel(request, told)

    def chat_getpermalink(self, request: Request) -> Answer:
        """The address of a message."""

        def told(channel: Record) -> Answer:
            ts = _said(request).get("message_ts", "")
            if not self._message(channel["id"], ts):
                return _no("message_not_found")
            link = f"{_WEB}/archives/{channel['id']}/p{ts.replace('.', '')}"
            return _yes(channel=channel["id"], permalink=link)

        return self._in_channel(request, told)

    # Writing

    def conversations_create(self, request: Request) -> Answer:
        """A new channel; the app is in it."""
        name = _said(request).get("name", "")
        if not _NAME.fullmatch(name):
            return _no("invalid_name_specials")
        if any(one["name"] == name for one in self.channels.values()):
            return _no("name_taken")
        self._made += 1
        channel_id = f"C0PMKIT{self._made:04d}"
        self.channels[channel_id] = _channel(channel_id, name, self.bot_user, int(self.now().timestamp()))
        self.messages[channel_id] = []
        self.members[channel_id] = [self.bot_user]
        return _yes(channel=self.channels[channel_id] | {"is_member": True})

    def conversations_join(self, request: Request) -> Answer:
        """The app becomes a member."""

        def join(channel: Record) -> Answer:
            members = self.members[channel["id"]]
            members += [self.bot_user] if self.bot_user not in members else []
            return _yes(channel=self._listed(channel))

        return self._in_channel(request, join, member=False)

    def conversations_invite(self, request: Request) -> Answer:
        """People become members; one who cannot spoils it for all."""

        def invite(channel: Record) -> Answer:
            wanted = [user for user in _said(request).get("users", "").split(",") if user]
            members = self.members[channel["id"]]
            for user in wanted:
                if user not in self.users:
                    return _no("user_not_found")
                if user == self.bot_user:
                    return _no("cant_invite_self")
                if user in members:
                    return _no("already_in_channel")
            members += wanted
            return _yes(channel=self._listed(channel)) if wanted else _no("no_user")

        return self._in_channel(request, invite)

    def conversations_setpurpose(self, request: Request) -> Answer:
        """What a channel is for."""
        return self._in_channel(request, lambda one: self._describe(request, one, "purpose"))

    def conversations_settopic(self, request: Request) -> Answer:
        """What a channel is about just now."""
        return self._in_channel(request, lambda one: self._describe(request, one, "topic"))

    def conversations_archive(self, request: Request) -> Answer:
        """Close a channel."""

        def archive(channel: Record) -> Answer:
            channel["is_archived"] = True
            return _yes()

        return self._in_channel(request, archive)

    def chat_postmessage(self, request: Request) -> Answer:
        """One more message; the channel may be named by its id or its name."""

        def post(channel: Record) -> Answer:
            said = _said(request)
            if not (said.get("text") or said.get("blocks") or said.get("attachments")):
                return _no("no_text")
            if channel["is_archived"]:
                return _no("is_archived")
            thread = said.get("thread_ts", "")
            if thread and not self._message(channel["id"], thread):
                return _no("thread_not_found")
            message = self._new_message(said)
            rows = self.messages[channel["id"]]
            rows.append(message)
            if thread:
                self._count_replies(channel["id"], thread)
            return _yes(channel=channel["id"], ts=message["ts"], message=message)

        return self._in_channel(request, post)

    def chat_update(self, request: Request) -> Answer:
        """Other words for a message of the app."""

        def update(channel: Record) -> Answer:
            said = _said(request)
            message = self._message(channel["id"], said.get("ts", ""))
            if message is None:
                return _no("message_not_found")
            if message.get("bot_id") != self.bot_id:
                return _no("cant_update_message")
            message |= {"text": said.get("text", ""), "edited": {"user": self.bot_user, "ts": self._new_ts()}}
            message |= {name: _decoded(said[name]) for name in ("blocks", "metadata") if name in said}
            return _yes(channel=channel["id"], ts=message["ts"], text=message["text"], message=message)

        return self._in_channel(request, update)

    def chat_delete(self, request: Request) -> Answer:
        """A message of the app is no more."""

        def delete(channel: Record) -> Answer:
            message = self._message(channel["id"], _said(request).get("ts", ""))
            if message is None:
                return _no("message_not_found")
            self.messages[channel["id"]].remove(message)
            return _yes(channel=channel["id"], ts=message["ts"])

        return self._in_channel(request, delete)

    def pins_add(self, request: Request) -> Answer:
        """A message is pinned to its channel."""

        def pin(channel: Record) -> Answer:
            ts = _said(request).get("timestamp", "")
            pins = self.pins.setdefault(channel["id"], [])
            if not self._message(channel["id"], ts):
                return _no("message_not_found")
            if any(one["ts"] == ts for one in pins):
                return _no("already_pinned")
            pins.append({"ts": ts, "created": int(self.now().timestamp()), "created_by": self.bot_user})
            return _yes()

        return self._in_channel(request, pin)

    def pins_remove(self, request: Request) -> Answer:
        """A message is pinned no more."""

        def remove(channel: Record) -> Answer:
            ts, pins = _said(request).get("timestamp", ""), self.pins.setdefault(channel["id"], [])
            if not any(one["ts"] == ts for one in pins):
                return _no("no_pin")
            pins[:] = [one for one in pins if one["ts"] != ts]
            return _yes()

        return self._in_channel(request, remove)

    def reactions_add(self, request: Request) -> Answer:
        """An emoji under a message."""

        def react(channel: Record) -> Answer:
            said = _said(request)
            message = self._message(channel["id"], said.get("timestamp", ""))
            if message is None:
                return _no("message_not_found")
            reactions: dict[str, Record] = {one["name"]: one for one in message.get("reactions", ())}
            users = list(reactions.get(said.get("name", ""), {}).get("users", ()))
            if self.bot_user in users:
                return _no("already_reacted")
            name, users = said.get("name", ""), [*users, self.bot_user]
            reactions[name] = {"name": name, "users": users, "count": len(users)}
            message["reactions"] = [*reactions.values()]
            return _yes()

        return self._in_channel(request, react)

    def bookmarks_list(self, request: Request) -> Answer:
        """The links at the top of a channel."""
        return self._in_channel(
            request, lambda one: _yes(bookmarks=self.bookmarks.get(one["id"], [])), key="channel_id"
        )

    def bookmarks_add(self, request: Request) -> Answer:
        """One more link at the top of a channel."""

        def add(channel: Record) -> Answer:
            said, now = _said(request), int(self.now().timestamp())
            self._made += 1
            bookmark = {
                "id": f"Bk0PMKIT{self._made:04d}", "channel_id": channel["id"], "icon_url": "",
                "title": said.get("title", ""), "link": said.get("link", ""), "type": "link",
                "emoji": said.get("emoji", ""), "date_created": now, "date_updated": 0, "rank": "i",
                "last_updated_by_user_id": self.bot_user, "last_updated_by_team_id": _TEAM,
            }  # fmt: skip
            self.bookmarks.setdefault(channel["id"], []).append(bookmark)
            return _yes(bookmark=bookmark)

        return self._in_channel(request, add, key="channel_id")

    # Faults

    def stick(self, request: Request, answer: Answer) -> Answer:
        """The cursor that was asked with is given as the next one; at the beginning, one to the beginning."""
        value = answer.value
        if not (
            isinstance(value, dict) and value.get("ok") and {"messages", "members", "channels"} & set(value)
        ):
            return answer
        cursor = _said(request).get("cursor") or _cursor(0)
        more = {"has_more": True} if "messages" in value else {}
        return answer._replace(value=value | more | {"response_metadata": {"next_cursor": cursor}})

    def arrive(self, chance: random.Random) -> None:
        """Somebody writes, or answers in a thread."""
        channel = chance.choice(sorted(self.messages))
        rows = self.messages[channel]
        user = chance.choice(sorted(self.users))
        said = {"text": "one more while somebody reads"}
        threads = [one["ts"] for one in rows if one.get("thread_ts") == one["ts"]]
        if threads and chance.random() < 0.5:
            said["thread_ts"] = chance.choice(threads)
        message = {"type": "message", "user": user, "team": _TEAM, "ts": self._new_ts(), **said}
        rows.append(message)
        if thread := said.get("thread_ts"):
            self._count_replies(channel, thread)

    def leave(self, chance: random.Random) -> None:
        """A message is deleted; one with a thread stays, as Slack keeps it."""
        channel = chance.choice(sorted(self.messages))
        rows = self.messages[channel]
        free = [one for one in rows if not one.get("reply_count")]
        if free:
            gone = chance.choice(free)
            rows.remove(gone)
            if thread := gone.get("thread_ts"):
                self._count_replies(channel, thread)

    # Inside

    def _in_channel(
        self, request: Request, told: Callable[[Record], Answer], *, member: bool = True, key: str = "channel"
    ) -> Answer:
        name = _said(request).get(key, "").removeprefix("#")
        known = self.channels.get(name) or next(
            (one for one in self.channels.values() if one["name"] == name), None
        )
        if known is None:
            return _no("channel_not_found")
        if member and self.bot_user not in self.members[known["id"]]:
            return _no("not_in_channel")
        return told(known)

    def _listed(self, channel: Record) -> Record:
        members = self.members[channel["id"]]
        return channel | {"is_member": self.bot_user in members, "num_members": len(members)}

    def _message(self, channel_id: str, ts: str) -> Record | None:
        return next((one for one in self.messages[channel_id] if one["ts"] == ts), None)

    def _describe(self, request: Request, channel: Record, what: str) -> Answer:
        value = _said(request).get(what, "")
        if len(value) > 250:
            return _no("too_long")
        at = int(self.now().timestamp())
        channel[what] = {"value": value, "creator": self.bot_user, "last_set": at}
        if what == "purpose":
            return _yes(purpose=value)
        return _yes(channel=channel | {"is_member": True})

    def _new_message(self, said: Mapping[str, str]) -> Record:
        message: Record = {
            "type": "message", "user": self.bot_user, "bot_id": self.bot_id, "app_id": "A0PMKIT0APP",
            "team": _TEAM, "text": said.get("text", ""), "ts": self._new_ts(),
        }  # fmt: skip
        message |= {
            name: _decoded(said[name]) for name in ("blocks", "attachments", "metadata") if name in said
        }
        if thread := said.get("thread_ts"):
            message["thread_ts"] = thread
        return message

    def _new_ts(self) -> str:
        """A `ts` of now that no message has."""
        self._last_ts = max(int(self.now().timestamp() * 10**6), self._last_ts + 1)
        return f"{self._last_ts // 10**6}.{self._last_ts % 10**6:06d}"

    def _count_replies(self, channel_id: str, thread: str) -> None:
        rows = self.messages[channel_id]
        parent = self._message(channel_id, thread)
        if parent is None:
            return
        replies = [one for one in rows if one.get("thread_ts") == thread and one["ts"] != thread]
        people = list(dict.fromkeys(one.get("user", one.get("bot_id", "")) for one in replies))
        parent |= {"thread_ts": thread, "reply_count": len(replies), "reply_users": people}
        parent |= {"reply_users_count": len(people), "is_locked": False, "subscribed": False}
        if replies:
            parent["latest_reply"] = replies[-1]["ts"]


def _needed(request: Request) -> str:
    return _NEEDS.get(request.path.removeprefix("/api/"), "")


def _yes(**said: Any) -> Answer:
    return Answer({"ok": True, **said})


def _no(error: str, **said: Any) -> Answer:
    return Answer({"ok": False, "error": error, **said})


def _said(request: Request) -> dict[str, str]:
    """Every argument as text, wherever it stands: in the address, a form, or a body of JSON."""
    given = dict((*request.query, *request.form))
    told = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in request.json.items()
    }
    return given | told if request.kind == "application/json" else given


def _decoded(text: str) -> Any:
    with suppress(ValueError):
        return json.loads(text)
    return text


def _within(ts: str, oldest: str, latest: str, *, inclusive: bool) -> bool:
    at, first, last = (_microseconds(text) for text in (ts, oldest, latest))
    return first <= at <= last if inclusive else first < at < last


def _microseconds(ts: str) -> int:
    whole, _, part = ts.partition(".")
    with suppress(ValueError):
        return int(whole) * 10**6 + int(part[:6].ljust(6, "0") or 0)
    return 0


def _is_top(message: Record) -> bool:
    in_thread = message.get("thread_ts", message["ts"]) != message["ts"]
    return not in_thread or message.get("subtype") == "thread_broadcast"


def _page(request: Request, rows: Iterable[Any], most: int = _MOST) -> tuple[list[Any], Record]:
    """A page and the metadata that lead to the next one."""
    said, rows = _said(request), list(rows)
    with suppress(ValueError):
        begin = int(base64.b64decode(said.get("cursor", "") or _cursor(0)).decode().partition(":")[2])
        limit = min(int(said.get("limit") or 100), most)
        page = rows[begin : begin + limit]
        more = begin + limit < len(rows)
        return page, {"next_cursor": _cursor(begin + limit) if more else ""}
    return [], {"next_cursor": ""}


def _cursor(begin: int) -> str:
    return base64.b64encode(f"next:{begin}".encode()).decode()


def _channel(channel_id: str, name: str, creator: str, created: int) -> Record:
    nothing = {"value": "", "creator": "", "last_set": 0}
    return {
        "id": channel_id, "name": name, "is_channel": True, "is_group": False, "is_im": False,
        "is_mpim": False, "is_private": False, "created": created, "is_archived": False, "is_general": False,
        "unlinked": 0, "name_normalized": name, "is_shared": False, "is_org_shared": False,
        "is_pending_ext_shared": False, "pending_shared": [], "context_team_id": _TEAM, "updated": created,
        "creator": creator, "is_ext_shared": False, "shared_team_ids": [_TEAM],
        "pending_connected_team_ids": [], "topic": dict(nothing), "purpose": dict(nothing),
        "previous_names": [],
    }  # fmt: skip


def _bot_of(user_id: str) -> Record:
    return {
        "id": user_id, "team_id": _TEAM, "name": "pmkit", "deleted": False, "color": "4bbe2e",
        "real_name": "pmkit", "tz": "Europe/Amsterdam", "tz_label": "Amsterdam time", "tz_offset": 3600,
        "profile": {"real_name": "pmkit", "display_name": "pmkit", "team": _TEAM, "email": ""},
        "is_admin": False, "is_owner": False, "is_restricted": False, "is_ultra_restricted": False,
        "is_bot": True, "is_app_user": False, "updated": 1761811200,
    }  # fmt: skip
