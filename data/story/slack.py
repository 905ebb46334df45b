"""A Slack export in its true format, from text files: one per channel, one line per message."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from story.company import Company, Record, hexes, to_datetime
from story.files import to_zip

Posts = dict[str, list[Record]]  # by channel
Labels = dict[str, dict[str, str]]  # by channel: label → `ts`

# Emoji by name, as Slack lists their code points
EMOJI = {
    "tada": "1f389", "eyes": "1f440", "teapot": "1fad6", "pray": "1f64f", "joy": "1f602", "rocket": "1f680",
    "crossed_fingers": "1f91e", "slightly_smiling_face": "1f642", "upside_down_face": "1f643",
    "warning": "26a0-fe0f", "bell": "1f514", "grin": "1f601", "partying_face": "1f973", "train": "1f686",
    "one": "31-20e3", "two": "32-20e3", "three": "33-20e3", "see_no_evil": "1f648", "cake": "1f370",
}  # fmt: skip


def slack_ts(company: Company, at: datetime, key: str) -> str:
    """Slack's own id of a message: seconds, a dot, six digits; exact times of day keep their second."""
    return (
        f"{int(at.timestamp())}.{company.chance(f'ts:{key}:{at.isoformat()}').randrange(1000, 999_999):06d}"
    )


# Text as Slack keeps it, and the same as blocks

_TOKENS = re.compile(
    r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|\[(?P<words>[^\]\n]+)\]\((?P<target>https?://[^)\s]+)\)"
    r"|(?P<url>https?://[^\s)]+)|@(?P<user>[a-z]+)\b|#(?P<channel>[a-z]+(?:-[a-z]+)*)\b"
    r"|:(?P<emoji>[a-z][a-z_]+):|\*(?P<bold>[^*\n]+)\*",
    re.DOTALL,
)


def escape(text: str) -> str:
    """The three characters Slack escapes; a text that holds `&lt;` already keeps it."""
    text = re.sub(r"&(?!(lt|gt|amp);)", "&amp;", text)
    return text.replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def compose(company: Company, source: str) -> tuple[str, list[Record]]:
    """The `text` of a message and its `rich_text` elements."""
    text: list[str] = []
    sections: list[Record] = []

    def inline(element: Record) -> None:
        if not sections or sections[-1]["type"] != "rich_text_section":
            sections.append({"type": "rich_text_section", "elements": []})
        sections[-1]["elements"].append(element)

    def plain(words: str) -> None:
        if words:
            text.append(escape(words))
            inline({"type": "text", "text": unescape(words)})

    end = 0
    for match in _TOKENS.finditer(source):
        as_text, element = _token(company, match)
        if element is None:
            continue
        plain(source[end : match.start()])
        end = match.end()
        text.append(as_text)
        if element["type"] == "rich_text_preformatted":
            sections.append(element)
        else:
            inline(element)
    plain(source[end:])
    return "".join(text), sections


def _token(company: Company, match: re.Match[str]) -> tuple[str, Record | None]:
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    made: tuple[str, Record | None] = (match[0], None)
    if kind == "pre":
        code = [{"type": "text", "text": unescape(value)}]
        made = f"```{escape(value)}```", {"type": "rich_text_preformatted", "elements": code, "border": 0}
    elif kind in ("code", "bold"):
        fence = "`" if kind == "code" else "*"
        element = {"type": "text", "text": unescape(value), "style": {kind: True}}
        made = f"{fence}{escape(value)}{fence}", element
    elif kind == "target":
        made = f"<{value}|{escape(match['words'])}>", {"type": "link", "url": value, "text": match["words"]}
    elif kind == "url":
        made = f"<{value}>", {"type": "link", "url": value}
    elif kind == "user" and value in company.user_ids:
        made = f"<@{company.user_ids[value]}>", {"type": "user", "user_id": company.user_ids[value]}
    elif kind == "channel" and value in company.channels:
        channel_id = company.channels[value][0]
        made = f"<#{channel_id}|{value}>", {"type": "channel", "channel_id": channel_id}
    elif kind == "emoji":
        point = EMOJI.get(value) or company.emoji.get(value)
        unicode = {"unicode": point} if point else {}
        made = f":{value}:", {"type": "emoji", "name": value, **unicode}
    return made


# People's messages


def read_story(company: Company, channel: str) -> tuple[list[Record], dict[str, str]]:
    """The messages of one channel as they were written down, and label → `ts` of those that have one."""
    messages: list[Record] = []
    labels: dict[str, str] = {}
    day = ""
    root: Record = {}
    for line in company.read(channel):
        mark, _, rest = line.partition(" ")
        if mark == "==":
            day = rest
        elif mark == "|":
            messages[-1]["source"] += "\n" + rest
        elif mark == "+":
            name, _, who = rest.partition(" ")
            messages[-1]["reactions"].append((name, who.split(",")))
        elif mark == "~":
            messages[-1]["edited"] = int(rest)
        elif mark == "f":
            messages[-1]["files"].append(rest)
        elif mark == "x":
            messages[-1]["deleted"] = True
        elif line:
            message = _parse(company, line, day, channel, labels)
            messages.append(message)
            if message["depth"]:
                message["root"] = root
                root["replies"].append(message)
            else:
                root = message
    return [_record(company, message, channel) for message in messages], labels


_LINE = re.compile(
    r"(?P<depth>>{0,2}) ?(?P<clock>\d\d:\d\d:\d\d) (?P<who>[a-z]+) (?:\[(?P<label>\w+)\] )?(?P<text>.*)"
)


def _parse(company: Company, line: str, day: str, channel: str, labels: dict[str, str]) -> Record:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"{channel}: cannot read {line!r}")
    at = datetime.fromisoformat(f"{day}T{match['clock']}+00:00")
    ts = slack_ts(company, at, f"{channel}:{match['who']}")
    if match["label"]:
        labels[match["label"]] = ts
    return {
        "ts": ts, "who": match["who"], "source": match["text"], "depth": len(match["depth"]), "reactions": [],
        "files": [], "replies": [], "edited": 0, "deleted": False,
    }  # fmt: skip


def _record(company: Company, message: Record, channel: str) -> Record:
    """One record of the export: a notice of the room, a tombstone, or a post of a bot or a person."""
    who, ts, source = message["who"], message["ts"], message["source"]
    if re.match(r"\*(join|leave|topic|purpose|pin)\b", source):
        return _room_notice(company.user_ids[who], ts, source)
    thread = _thread(company, message)
    if message["deleted"]:
        gone = {"text": "This message was deleted.", "user": "USLACKBOT", "hidden": True}
        return {"type": "message", "subtype": "tombstone", **gone, "ts": ts, **thread}
    if who == company.monitor:
        state, title, *fields = source.split("; ")
        record = _alert(company, ts, state, title, dict(field.split("=") for field in fields))
    elif who in company.bots:
        record = _app_post(company, who, ts, source)
    else:
        record = _human(company, message, f"{channel}:{ts}")
    record |= thread
    if message["depth"] == 2:
        record |= {"subtype": "thread_broadcast", "root": _root_copy(company, message["root"])}
    if message["edited"]:
        edited_ts = f"{int(ts.partition('.')[0]) + message['edited']}.000000"
        record["edited"] = {"user": company.user_ids[who], "ts": edited_ts}
    if message["files"]:
        record["files"] = [_file(company, name, who, ts) for name in message["files"]]
        record |= {"upload": False, "display_as_bot": False}
    if message["reactions"]:
        record["reactions"] = [
            {"name": name, "users": [company.user_ids[w] for w in whose], "count": len(whose)}
            for name, whose in message["reactions"]
        ]
    return record


def _human(company: Company, message: Record, key: str) -> Record:
    source = message["source"]
    for name, secret in company.secrets.items():
        source = source.replace("{{" + name + "}}", secret)
    text, sections = compose(company, source)
    return {
        "user": company.user_ids[message["who"]],
        "type": "message",
        "ts": message["ts"],
        "client_msg_id": _uuid(key),
        "text": text,
        "team": company.team,
        "user_team": company.team,
        "source_team": company.team,
        "user_profile": _profile(company, message["who"]),
        "blocks": [{"type": "rich_text", "block_id": hexes(f"block:{key}", 5), "elements": sections}],
    }


def _root_copy(company: Company, root: Record) -> Record:
    """What Slack repeats of the thread's first message in a reply that is also sent to the channel."""
    text, _ = compose(company, root["source"])
    user = company.user_ids[root["who"]]
    return {
        "user": user,
        "type": "message",
        "ts": root["ts"],
        "text": text,
        "team": company.team,
        **_thread(company, root),
    }


def _uuid(key: str) -> str:
    h = hexes(f"uuid:{key}", 32)
    return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))


def _profile(company: Company, who: str) -> Record:
    real_name, display_name, _, _ = company.people[who]
    avatar = hexes(f"avatar:{who}", 12)
    return {
        "avatar_hash": avatar,
        "image_72": f"https://avatars.slack-edge.com/2024-05-14/{avatar}_72.png",
        "first_name": real_name.split()[0],
        "real_name": real_name,
        "display_name": display_name,
        "team": company.team,
        "name": who,
        "is_restricted": False,
        "is_ultra_restricted": False,
    }


def _thread(company: Company, message: Record) -> Record:
    if "root" in message:
        root = message["root"]
        return {"thread_ts": root["ts"], "parent_user_id": company.user_ids[root["who"]]}
    if not message["replies"]:
        return {}
    replies = message["replies"]
    users = list(dict.fromkeys(company.user_ids[r["who"]] for r in replies))
    return {
        "thread_ts": message["ts"],
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1]["ts"],
        "reply_users": users[:5],
        "replies": [{"user": company.user_ids[r["who"]], "ts": r["ts"]} for r in replies],
        "is_locked": False,
        "subscribed": False,
    }


def _room_notice(user: str, ts: str, source: str) -> Record:
    verb, _, rest = source[1:].partition(" ")
    texts = {
        "join": ("channel_join", f"<@{user}> has joined the channel", {}),
        "leave": ("channel_leave", f"<@{user}> has left the channel", {}),
        "topic": (
            "channel_topic",
            f"<@{user}> set the channel topic: {escape(rest)}",
            {"topic": escape(rest)},
        ),
        "purpose": (
            "channel_purpose",
            f"<@{user}> set the channel purpose: {escape(rest)}",
            {"purpose": escape(rest)},
        ),
        "pin": ("pinned_item", f"<@{user}> pinned a message to this channel.", {"item_type": "C"}),
    }
    subtype, text, more = texts[verb]
    return {"type": "message", "subtype": subtype, "ts": ts, "user": user, "text": text, **more}


_MIME = {"png": "image/png", "jpg": "image/jpeg", "csv": "text/csv"}


def _file(company: Company, name: str, who: str, ts: str) -> Record:
    file_id = company.ident(f"file:{name}:{ts}", "F0", 9)
    user, kind = company.user_ids[who], name.rpartition(".")[2]
    created = int(ts.partition(".")[0]) - 2
    private = f"https://files.slack.com/files-pri/{company.team}-{file_id}"
    record = {
        "id": file_id, "created": created, "timestamp": created, "name": name,
        "title": name.rpartition(".")[0].replace("-", " "), "mimetype": _MIME[kind],
        "filetype": kind, "pretty_type": kind.upper(), "user": user, "user_team": company.team,
        "editable": False, "size": company.chance(f"size:{file_id}").randrange(9_000, 900_000),
        "mode": "snippet" if kind == "csv" else "hosted", "is_external": False, "external_type": "",
        "is_public": True, "public_url_shared": False, "display_as_bot": False, "username": "",
        "url_private": f"{private}/{name}?t={company.file_token}",
        "url_private_download": f"{private}/download/{name}?t={company.file_token}",
        "media_display_type": "unknown", "permalink": f"{company.slack}/files/{user}/{file_id}/{name}",
        "is_starred": False, "has_rich_preview": False, "file_access": "visible",
    }  # fmt: skip
    if kind != "csv":
        record |= {"original_w": 1600, "original_h": 900}
    return record


# Bots


COLOURS = {"Triggered": "d00000", "Resolved": "2eb886", "Warning": "daa038", "Notice": "8f8f8f"}


def alert(
    company: Company, at: datetime, state: str, title: str, fields: dict[str, str], *, key: str
) -> Record:
    """An alert of the monitoring bot: subtype `bot_message`, an empty text, everything in the attachment."""
    return _alert(company, slack_ts(company, at, f"{company.monitor}:{key}:{state}"), state, title, fields)


def _alert(company: Company, ts: str, state: str, title: str, fields: dict[str, str]) -> Record:
    name, app_id = company.bots[company.monitor]
    headline = f"[{state}] {title}"
    attachment = {
        "id": 1, "color": COLOURS[state], "fallback": headline, "title": headline,
        "title_link": f"https://graphs.example.com/alert/{hexes(title, 8)}",
        "fields": [{"title": name, "value": value, "short": True} for name, value in fields.items()],
        "footer": name, "ts": int(ts.partition(".")[0]), "mrkdwn_in": ["text"],
    }  # fmt: skip
    return {
        "type": "message", "subtype": "bot_message", "text": "", "ts": ts, "username": name,
        "bot_id": company.bot_ids[company.monitor], "app_id": app_id, "attachments": [attachment],
    }  # fmt: skip


def alert_pair(
    company: Company, start: datetime, minutes: float, title: str, fields: dict[str, str], *, key: str
) -> list[Record]:
    """An alert that clears by itself after so many minutes."""
    closing = {**fields, "Lasted": f"{round(minutes)} min"}
    return [
        alert(company, start, "Triggered", title, fields, key=key),
        alert(company, start + timedelta(minutes=minutes), "Resolved", title, closing, key=key),
    ]


def app_post(company: Company, bot: str, at: datetime, source: str) -> Record:
    """A post of a modern app: a `bot_id` and a user, but no subtype."""
    return _app_post(company, bot, slack_ts(company, at, f"{bot}:{source}"), source)


def _app_post(company: Company, bot: str, ts: str, source: str) -> Record:
    name, app_id = company.bots[bot]
    user, bot_id = company.user_ids[bot], company.bot_ids[bot]
    text, sections = compose(company, source)
    icons = {"image_36": f"https://avatars.slack-edge.com/2023-02-01/{bot}_36.png"}
    return {
        "user": user, "type": "message", "ts": ts, "bot_id": bot_id, "app_id": app_id,
        "text": text, "team": company.team,
        "bot_profile": {
            "id": bot_id, "app_id": app_id, "user_id": user, "name": name, "icons": icons,
            "deleted": False, "updated": 1709284402, "team_id": company.team,
        },
        "blocks": [{"type": "rich_text", "block_id": hexes(f"block:{ts}", 5), "elements": sections}],
    }  # fmt: skip


# The index files of the export


def users(company: Company) -> list[Record]:
    """People, those who have left, and the bots."""
    found = [_user(company, handle, facts) for handle, facts in company.people.items()]
    # Of a person who has left Slack keeps neither zone nor colour nor real name.
    for handle, real_name in company.left.items():
        left = {"real_name": real_name, "display_name": handle, "team": company.team}
        user_id = company.ident(f"user:{handle}", "U0", 9)
        gone = {"id": user_id, "team_id": company.team, "name": handle, "deleted": True}
        found.append({**gone, "profile": left, "is_bot": False, "is_app_user": False, "updated": 1757404800})
    for handle, (name, app_id) in company.bots.items():
        bot = _user(company, handle, (name, "", "", "America/Los_Angeles"))
        bot["profile"] |= {"bot_id": company.bot_ids[handle], "api_app_id": app_id}
        found.append({**bot, "is_bot": True})
    return found


def _user(company: Company, handle: str, facts: tuple[str, str, str, str]) -> Record:
    real_name, display_name, title, zone = facts
    offset = company.exported_at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    first_name, _, last_name = real_name.partition(" ")
    profile = {
        "title": title, "phone": "", "real_name": real_name, "real_name_normalized": real_name,
        "display_name": display_name, "display_name_normalized": display_name,
        "avatar_hash": hexes(f"avatar:{handle}", 12), "first_name": first_name, "last_name": last_name,
        "team": company.team,
    }  # fmt: skip
    if handle in company.people:
        profile["email"] = f"{handle}@example.com"
    return {
        "id": company.user_ids[handle], "team_id": company.team, "name": handle, "deleted": False,
        "color": hexes(f"colour:{handle}", 6), "real_name": real_name, "tz": zone,
        "tz_label": zone.rpartition("/")[2].replace("_", " ") + " time",
        "tz_offset": int(offset.total_seconds()), "profile": profile, "is_admin": handle == company.admin,
        "is_owner": False, "is_restricted": False, "is_ultra_restricted": False, "is_bot": False,
        "is_app_user": False, "updated": 1761811200,
    }  # fmt: skip


def channels(company: Company, messages: Posts, labels: Labels) -> list[Record]:
    found = []
    for name, (channel_id, purpose) in company.channels.items():
        first = int(messages[name][0]["ts"].split(".")[0])
        topics = [m for m in messages[name] if m.get("subtype") == "channel_topic"]
        purposes = [m["purpose"] for m in messages[name] if m.get("subtype") == "channel_purpose"]
        authors = {m["user"] for m in messages[name] if m.get("user") in company.user_ids.values()}
        new = name in company.creators
        creator = company.user_ids[company.creators.get(name, company.keeper)]
        channel: Record = {
            "id": channel_id,
            "name": name,
            "created": first - 1 if new else 1583_107_200,
            "creator": creator if new else company.user_ids[company.admin],
            "is_archived": False,
            "is_general": name == "general",
            "members": sorted(authors),
            "topic": {
                "value": topics[-1]["topic"] if topics else "",
                "creator": topics[-1]["user"] if topics else "",
                "last_set": int(topics[-1]["ts"].split(".")[0]) if topics else 0,
            },
            "purpose": {
                "value": purposes[-1] if purposes else purpose,
                "creator": creator,
                "last_set": first,
            },
        }
        if name in company.pins:
            label, who = company.pins[name]
            ts = labels[name][label]
            pin = {"id": ts, "type": "C", "created": int(ts.split(".")[0]) + 91}
            channel["pins"] = [{**pin, "user": company.user_ids[who], "owner": company.user_ids[who]}]
        found.append(channel)
    return found


def integration_logs(company: Company) -> list[Record]:
    return [
        {
            "user_id": company.user_ids[company.admin],
            "user_name": company.admin,
            "date": 1_701_000_000 + n * 1_000_000,
            "change_type": "added",
            "app_type": name,
            "app_id": app_id,
            "scope": "chat:write",
        }
        for n, (name, app_id) in enumerate(company.bots.values())
    ]


# The export


def tell(company: Company, noise: Mapping[str, Callable[[], Iterable[Record]]]) -> tuple[Posts, Labels]:
    """The records of every channel in their order, what its machines add among them, and the labels in it."""
    messages: Posts = {}
    labels: Labels = {}
    for channel in company.channels:
        told, labels[channel] = read_story(company, channel)
        told += noise[channel]() if channel in noise else []
        before_export = (post for post in told if to_datetime(post["ts"]) < company.exported_at)
        messages[channel] = sorted(before_export, key=lambda post: post["ts"])
        twins = [ts for ts, n in Counter(post["ts"] for post in messages[channel]).items() if n > 1]
        if twins:
            raise ValueError(f"{channel}: {twins} stand twice")
    return messages, labels


def to_export(company: Company, messages: Posts, labels: Labels) -> bytes:
    """The zip: an index of channels, people and apps, and a file for every channel and day."""
    members: dict[str, Any] = {
        "channels.json": channels(company, messages, labels),
        "users.json": users(company),
        "integration_logs.json": integration_logs(company),
    }
    for channel, posts in messages.items():
        for post in posts:
            day = to_datetime(post["ts"]).astimezone(company.day_zone).date()
            members.setdefault(f"{channel}/{day}.json", []).append(post)
    return to_zip(members, company.exported_at.astimezone(company.day_zone))


# What is truly in it


def event_ids(company: Company, labels: Labels) -> dict[str, str]:
    """Label → event id."""
    return {
        label: f"slack:{company.channels[channel][0]}:{ts}"
        for channel in company.channels
        for label, ts in labels[channel].items()
    }


def find_posts(company: Company, messages: Posts, key: str, value: str | None = None) -> list[str]:
    """Event ids of the records that have `key`, with `value` where one is named."""
    return [
        f"slack:{company.channels[channel][0]}:{post['ts']}"
        for channel, posts in messages.items()
        for post in posts
        if key in post and value in (None, post[key])
    ]


def count_files(messages: Posts) -> int:
    return sum(len(post.get("files", [])) for posts in messages.values() for post in posts)
