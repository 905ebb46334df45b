"""Rebuild the raw evidence of the sample incident `checkout-failure`: a Slack export and PagerDuty JSON.

The chat is written in `checkout-failure.story/*.txt`; this script adds the bots, the ids and the true formats.
Everything is invented. Every choice hangs on a stable key, so two runs give the same bytes.

    python data/build_checkout_failure.py [folder]     (default: data/checkout-failure/evidence)
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

HERE = Path(__file__).resolve().parent
STORY = HERE / "checkout-failure.story"
EVIDENCE = HERE / "checkout-failure" / "evidence"
TRUTH = HERE / "checkout-failure.truth.json"

Record = dict[str, Any]

TEAM = "T05MARLOW01"
SLACK = "https://marlow-finch-example.slack.com"
PAGERDUTY = "https://marlow-finch-example.pagerduty.com"
LA = ZoneInfo("America/Los_Angeles")  # Slack cuts the day files at midnight in this zone
EXPORTED_AT = datetime(2026, 11, 9, 18, 4, 12, tzinfo=UTC)

# The clock of the incident; everything else follows from these.
IMPACT_STARTED = datetime(2026, 11, 3, 7, 41, 12, tzinfo=UTC)
OPENED = IMPACT_STARTED + timedelta(minutes=18)
REVERTED = datetime(2026, 11, 3, 8, 42, 5, tzinfo=UTC)
KIX1_RELEASED = datetime(2026, 11, 3, 9, 13, 25, tzinfo=UTC)
IMPACT_ENDED = datetime(2026, 11, 3, 9, 22, 30, tzinfo=UTC)
RESOLVED = IMPACT_ENDED + timedelta(minutes=40)

# handle: real name, display name, title, zone
PEOPLE = {
    "ngozi": ("Ngozi Abara", "ngozi", "Incident manager", "Europe/Amsterdam"),
    "teun": ("Teun Hagedoorn", "Teun H", "Lead engineer, checkout", "Europe/Amsterdam"),
    "chiyo": ("Chiyo Muranaka", "chiyo · 千代", "Head of support, Osaka", "Asia/Tokyo"),
    "mariam": ("Mariam Qandil", "mariam", "Communications", "Africa/Cairo"),
    "rafael": ("Rafael Quintanilha", "rafael", "Reliability engineer", "Europe/Lisbon"),
    "dario": ("Dario Benvegnù", "", "Engineer, payments", "Europe/Rome"),
    "sanna": ("Sanna Lehtovaara", "sanna", "Engineer, payments", "Europe/Helsinki"),
    "kwabena": ("Kwabena Ansah-Boadi", "kwabena", "Engineer, stock", "Europe/Amsterdam"),
    "priyanka": ("Priyanka Velusamy", "priyanka", "Engineer, web", "Europe/London"),
    "lotte": ("Lotte Wieringa", "lotte :teapot:", "Campaigns", "Europe/Amsterdam"),
    "haruto": ("Haruto Kitazawa", "北澤 陽斗", "Support, Osaka", "Asia/Tokyo"),
    "youssef": ("Youssef Naggar", "يوسف", "Support, Cairo", "Africa/Cairo"),
    "kenji": ("Kenji Arimura", "kenji", "Engineer, payments", "Asia/Tokyo"),
    "oona": ("Oona Tapiola", "", "Engineer, payments", "Asia/Tokyo"),
    "miroslava": ("Miroslava Dušková", "mirka", "Risk", "Europe/Prague"),
    "beatriz": ("Beatriz Solórzano", "beatriz", "Data analyst", "Europe/Madrid"),
    "fergus": ("Fergus Tolland", "fergus", "Facilities", "Europe/Amsterdam"),
    "aylin": ("Aylin Karadeniz", "aylin", "Photo studio", "Europe/Amsterdam"),
    "hyejin": ("Hye-jin Moon", "hyejin", "Design", "Europe/Amsterdam"),
    "tomasz": ("Tomasz Wilk", "tomasz", "Warehouse systems", "Europe/Warsaw"),
    "noor": ("Noor van Aalst", "noor", "Office", "Europe/Amsterdam"),
    "sipho": ("Sipho Ndlela", "sipho", "IT support", "Africa/Johannesburg"),
    "ines": ("Inês Corvo", "ines", "Catalogue", "Europe/Lisbon"),
}
# handle: name, app id
BOTS = {
    "lantern": ("Lantern", "A03LANTERN1"),
    "shipwright": ("Shipwright", "A04SHIPWRT2"),
    "pagerduty": ("PagerDuty", "A01PAGERDT3"),
    "kettle": ("Kettle", "A06KETTLEB4"),
    "jira": ("Jira Cloud", "A02JIRACLD5"),
}
CHANNELS = {
    "general": ("C05MFGENRL0", "Everything and nothing"),
    "alerts": ("C05MFALERT1", "Machines talking"),
    "incident-kickoff": ("C09MFKICKF2", ""),
    "incident-updates": ("C09MFUPDTS3", ""),
    "incident-decisions": ("C09MFDECSN4", ""),
    "postmortem-retro": ("C09MFRETRO5", ""),
}
UNICODE = {
    "tada": "1f389", "eyes": "1f440", "teapot": "1fad6", "pray": "1f64f", "joy": "1f602", "rocket": "1f680",
    "crossed_fingers": "1f91e", "slightly_smiling_face": "1f642", "upside_down_face": "1f643", "train": "1f686",
    "warning": "26a0-fe0f", "bell": "1f514", "grin": "1f601", "partying_face": "1f973", "one": "0031-fe0f-20e3",
    "two": "0032-fe0f-20e3", "three": "0033-fe0f-20e3", "see_no_evil": "1f648", "cake": "1f370",
}  # fmt: skip


def chance(key: str) -> random.Random:
    """A random generator of its own for every key, so that one changed line changes nothing else."""
    return random.Random(f"marlow-finch:{key}")


def ident(key: str, prefix: str, length: int) -> str:
    """An id in capitals and digits that is always the same for the same key."""
    return prefix + "".join(chance(f"id:{key}").choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=length))


def hexes(key: str, length: int) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:length]


USER_IDS = {handle: ident(f"user:{handle}", "U0", 9) for handle in (*PEOPLE, *BOTS)}
BOT_IDS = {handle: ident(f"bot:{handle}", "B0", 9) for handle in BOTS}


def slack_ts(at: datetime, key: str) -> str:
    """Slack's own id of a message: seconds, a dot, six digits; exact times of day keep their second."""
    return f"{int(at.timestamp())}.{chance(f'ts:{key}:{at.isoformat()}').randrange(1000, 999_999):06d}"


def to_datetime(ts: str) -> datetime:
    seconds, micros = ts.split(".")
    return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(micros))


def zulu(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


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


def compose(source: str) -> tuple[str, list[Record]]:
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
        as_text, element = _token(match)
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


def _token(match: re.Match[str]) -> tuple[str, Record | None]:
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
    elif kind == "user" and value in USER_IDS:
        made = f"<@{USER_IDS[value]}>", {"type": "user", "user_id": USER_IDS[value]}
    elif kind == "channel" and value in CHANNELS:
        channel_id = CHANNELS[value][0]
        made = f"<#{channel_id}|{value}>", {"type": "channel", "channel_id": channel_id}
    elif kind == "emoji":
        unicode = {"unicode": UNICODE[value]} if value in UNICODE else {}
        made = f":{value}:", {"type": "emoji", "name": value, **unicode}
    return made


# People's messages

PASTED_TOKEN = "".join(("mf", "adm", "_live_", hexes("pasted", 20), hexes("token", 12)))
FILE_TOKEN = "-".join(("xo" + "xe", "5551200345", "90817263545", hexes("export", 32)))


def read_story(channel: str) -> tuple[list[Record], dict[str, str]]:
    """The messages of one channel in order of time, and the label → `ts` of those that have one."""
    messages: list[Record] = []
    labels: dict[str, str] = {}
    day = ""
    root: Record = {}
    for line in (STORY / f"{channel}.txt").read_text(encoding="utf-8").splitlines():
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
            message = _parse(line, day, channel, labels)
            messages.append(message)
            if message["depth"]:
                message["root"] = root
                root["replies"].append(message)
            else:
                root = message
    return [_human(message, channel) for message in sorted(messages, key=lambda m: m["ts"])], labels


_LINE = re.compile(
    r"(?P<depth>>{0,2}) ?(?P<clock>\d\d:\d\d:\d\d) (?P<who>[a-z]+) (?:\[(?P<label>\w+)\] )?(?P<text>.*)"
)


def _parse(line: str, day: str, channel: str, labels: dict[str, str]) -> Record:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"{channel}: cannot read {line!r}")
    at = datetime.fromisoformat(f"{day}T{match['clock']}+00:00")
    ts = slack_ts(at, f"{channel}:{match['who']}")
    if match["label"]:
        labels[match["label"]] = ts
    return {
        "ts": ts, "who": match["who"], "source": match["text"], "depth": len(match["depth"]), "reactions": [],
        "files": [], "replies": [], "edited": 0, "deleted": False,
    }  # fmt: skip


def _human(message: Record, channel: str) -> Record:
    who, ts, source = message["who"], message["ts"], message["source"]
    user = USER_IDS[who]
    if source.startswith("*") and re.match(r"\*(join|leave|topic|purpose|pin)\b", source):
        return _room_notice(user, ts, source)
    thread = _thread(message)
    if message["deleted"]:
        gone = {
            "subtype": "tombstone",
            "text": "This message was deleted.",
            "user": "USLACKBOT",
            "hidden": True,
        }
        return {"type": "message", **gone, "ts": ts, **thread}
    text, sections = compose(source.replace("{{token}}", PASTED_TOKEN))
    key = f"{channel}:{ts}"
    record: Record = {
        "user": user,
        "type": "message",
        "ts": ts,
        "client_msg_id": _uuid(key),
        "text": text,
        "team": TEAM,
        "user_team": TEAM,
        "source_team": TEAM,
        "user_profile": _profile(who),
        **thread,
    }
    if message["depth"] == 2:
        record |= {"subtype": "thread_broadcast", "root": _root_copy(message["root"])}
    if message["edited"]:
        edited_ts = f"{int(ts.split('.')[0]) + message['edited']}.000000"
        record["edited"] = {"user": user, "ts": edited_ts}
    if message["files"]:
        record["files"] = [_file(title, who, ts) for title in message["files"]]
        record |= {"upload": False, "display_as_bot": False}
    block = {"type": "rich_text", "block_id": hexes(f"block:{key}", 5), "elements": sections}
    record["blocks"] = [block]
    if message["reactions"]:
        record["reactions"] = [
            {"name": name, "users": [USER_IDS[w] for w in whose], "count": len(whose)}
            for name, whose in message["reactions"]
        ]
    return record


def _root_copy(root: Record) -> Record:
    """What Slack repeats of the thread's first message in a reply that is also sent to the channel."""
    text, _ = compose(root["source"])
    user = USER_IDS[root["who"]]
    return {"user": user, "type": "message", "ts": root["ts"], "text": text, "team": TEAM, **_thread(root)}


def _uuid(key: str) -> str:
    h = hexes(f"uuid:{key}", 32)
    return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))


def _profile(who: str) -> Record:
    real_name, display_name, _, _ = PEOPLE[who]
    avatar = hexes(f"avatar:{who}", 12)
    return {
        "avatar_hash": avatar,
        "image_72": f"https://avatars.slack-edge.com/2024-05-14/{avatar}_72.png",
        "first_name": real_name.split()[0],
        "real_name": real_name,
        "display_name": display_name,
        "team": TEAM,
        "name": who,
        "is_restricted": False,
        "is_ultra_restricted": False,
    }


def _thread(message: Record) -> Record:
    if "root" in message:
        root = message["root"]
        return {"thread_ts": root["ts"], "parent_user_id": USER_IDS[root["who"]]}
    if not message["replies"]:
        return {}
    replies = message["replies"]
    users = list(dict.fromkeys(USER_IDS[r["who"]] for r in replies))
    return {
        "thread_ts": message["ts"],
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1]["ts"],
        "reply_users": users[:5],
        "replies": [{"user": USER_IDS[r["who"]], "ts": r["ts"]} for r in replies],
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


def _file(name: str, who: str, ts: str) -> Record:
    file_id = ident(f"file:{name}:{ts}", "F0", 9)
    kind = name.rpartition(".")[2]
    private = f"https://files.slack.com/files-pri/{TEAM}-{file_id}"
    record = {
        "id": file_id, "created": int(ts.split(".", maxsplit=1)[0]) - 2, "timestamp": int(ts.split(".", maxsplit=1)[0]) - 2,
        "name": name, "title": name.rpartition(".")[0].replace("-", " "), "mimetype": _MIME[kind],
        "filetype": kind, "pretty_type": kind.upper(), "user": USER_IDS[who], "user_team": TEAM,
        "editable": False, "size": chance(f"size:{file_id}").randrange(9_000, 900_000),
        "mode": "snippet" if kind == "csv" else "hosted", "is_external": False, "external_type": "",
        "is_public": True, "public_url_shared": False, "display_as_bot": False, "username": "",
        "url_private": f"{private}/{name}?t={FILE_TOKEN}",
        "url_private_download": f"{private}/download/{name}?t={FILE_TOKEN}",
        "media_display_type": "unknown", "permalink": f"{SLACK}/files/{USER_IDS[who]}/{file_id}/{name}",
        "is_starred": False, "has_rich_preview": False, "file_access": "visible",
    }  # fmt: skip
    if kind != "csv":
        record |= {"original_w": 1600, "original_h": 900}
    return record


# Bots: #alerts, and a few posts elsewhere


def lantern(at: datetime, key: str, *, state: str, title: str, fields: dict[str, str]) -> Record:
    """An alert of the monitoring bot: subtype `bot_message`, an empty text, everything in the attachment."""
    ts = slack_ts(at, f"lantern:{key}:{state}")
    colour = {"Triggered": "d00000", "Resolved": "2eb886", "Warning": "daa038", "Notice": "8f8f8f"}[state]
    attachment = {
        "id": 1,
        "color": colour,
        "fallback": f"[{state}] {title}",
        "title": f"[{state}] {title}",
        "title_link": f"https://graphs.example.com/alert/{hexes(key, 8)}",
        "fields": [{"title": k, "value": v, "short": True} for k, v in fields.items()],
        "footer": "Lantern",
        "ts": int(at.timestamp()),
        "mrkdwn_in": ["text"],
    }
    bot_id = BOT_IDS["lantern"]
    return {
        "type": "message", "subtype": "bot_message", "text": "", "ts": ts, "username": "Lantern",
        "bot_id": bot_id, "app_id": BOTS["lantern"][1], "attachments": [attachment],
    }  # fmt: skip


def app_post(bot: str, at: datetime, source: str, key: str = "") -> Record:
    """A post of a modern app: a `bot_id` and a user, but no subtype."""
    name, app_id = BOTS[bot]
    ts = slack_ts(at, f"{bot}:{key or source}")
    text, sections = compose(source)
    return {
        "user": USER_IDS[bot],
        "type": "message",
        "ts": ts,
        "bot_id": BOT_IDS[bot],
        "app_id": app_id,
        "text": text,
        "team": TEAM,
        "bot_profile": {
            "id": BOT_IDS[bot],
            "app_id": app_id,
            "user_id": USER_IDS[bot],
            "name": name,
            "icons": {"image_36": f"https://avatars.slack-edge.com/2023-02-01/{bot}_36.png"},
            "deleted": False,
            "updated": 1709284402,
            "team_id": TEAM,
        },
        "blocks": [{"type": "rich_text", "block_id": hexes(f"block:{ts}", 5), "elements": sections}],
    }


# title, unit, usual low and high, threshold, how often a day
USUAL_ALERTS = (
    ("search-index: replication lag above 20 s", "s", 21, 48, 4),
    ("cdn: cache hit ratio below 92 %", "%", 86, 91, 3),
    ("email-sender: queue above 5,000", "mails", 5_050, 19_400, 3),
    ("cart: session store evictions above 50/s", "/s", 51, 140, 4),
    ("checkout-api: p95 latency above 900 ms", "ms", 905, 1_450, 2),
    ("image-resizer: pod restarted", "restarts", 1, 4, 4),
    ("returns-portal: label printer queue above 40", "labels", 41, 120, 4),
    ("price-feed: supplier file late", "min", 16, 55, 1),
    ("synthetic: basket journey slow in Frankfurt", "ms", 4_100, 7_900, 2),
    ("review-service: disk above 80 %", "%", 81, 88, 1),
    ("payments-gateway: wallet callback retries above 30/min", "/min", 31, 77, 2),
)
DEPLOYED = ("search-index", "catalog", "cart", "image-resizer", "web-shop", "email-sender", "price-feed")
SALE_HOURS = {"2026-10-30": (8, 22), "2026-11-01": (9, 20), "2026-11-03": (1, 6), "2026-11-04": (7, 10)}


def alert_channel() -> tuple[list[Record], dict[str, str]]:
    """#alerts, the labels of the posts that matter, every usual burst included."""
    posts: list[Record] = []
    labels: dict[str, str] = {}
    for offset in range(12):
        day = datetime(2026, 10, 29, tzinfo=UTC) + timedelta(days=offset)
        posts += _usual_day(day)
        posts += _usual_deploys(day)
        posts += _usual_sale(day)
    for label, post in _story_posts():
        posts.append(post)
        if label:
            labels[label] = post["ts"]
    posts += _incident_burst()
    posts = [post for post in posts if to_datetime(post["ts"]) < EXPORTED_AT]
    return sorted(posts, key=lambda post: post["ts"]), labels


def _alert_pair(
    start: datetime, minutes: float, key: str, title: str, fields: dict[str, str]
) -> list[Record]:
    end = start + timedelta(minutes=minutes)
    closing = {**fields, "Lasted": f"{round(minutes)} min"}
    return [
        lantern(start, key, state="Triggered", title=title, fields=fields),
        lantern(end, key, state="Resolved", title=title, fields=closing),
    ]


def _usual_day(day: datetime) -> Iterator[Record]:
    quiet = day.weekday() >= 5
    for title, unit, low, high, often in USUAL_ALERTS:
        service = title.partition(":")[0]
        for n in range(often - (1 if quiet and often > 1 else 0)):
            r = chance(f"usual:{day:%m%d}:{title}:{n}")
            start = day + timedelta(seconds=r.randrange(1_800, 82_000))
            # Europe's morning of the incident belongs to the incident.
            if IMPACT_STARTED - timedelta(hours=1) < start < RESOLVED:
                start -= timedelta(hours=4)
            value = f"{r.randint(low, high):,} {unit}"
            fields = {
                "Value": value,
                "Service": service,
                "Storefront": r.choice(("eu", "eu", "jp", "mea", "all")),
            }
            yield from _alert_pair(start, r.uniform(2, 34), f"{day:%m%d}:{title}:{n}", title, fields)


def _usual_deploys(day: datetime) -> Iterator[Record]:
    if day.weekday() >= 5:
        return
    for n in range(5):
        r = chance(f"deploy:{day:%m%d}:{n}")
        at = day + timedelta(hours=8, seconds=r.randrange(0, 27_000))
        if IMPACT_STARTED - timedelta(hours=1) < at < RESOLVED:
            at += timedelta(hours=4)
        service, build = r.choice(DEPLOYED), hexes(f"build:{day:%m%d}:{n}", 7)
        yield app_post(
            "shipwright", at, f"`{service}` {build} deployed to production (`eu`, `jp`, `mea`) by @tomasz"
        )
        took = timedelta(seconds=r.randrange(80, 420))
        yield app_post(
            "shipwright", at + took, f"`{service}` {build} healthy after {took.seconds} s :white_check_mark:"
        )


def _usual_sale(day: datetime) -> Iterator[Record]:
    """Every sale makes the holds warning flap, and every time it clears by itself."""
    if f"{day:%Y-%m-%d}" not in SALE_HOURS:
        return
    first, last = SALE_HOURS[f"{day:%Y-%m-%d}"]
    at, n = day + timedelta(hours=first, minutes=7), 0
    while at < day + timedelta(hours=last):
        r = chance(f"sale:{day:%m%d}:{n}")
        fields = {
            "Value": f"{r.randint(1_510, 1_990):,} holds",
            "Service": "stock-reservation",
            "Pool": "KIX1",
        }
        title = "stock-reservation: open holds above 1,500 in KIX1"
        yield from _alert_pair(at, r.uniform(3, 9), f"sale:{day:%m%d}:{n}", title, fields)
        at, n = at + timedelta(minutes=r.uniform(22, 46)), n + 1


def _story_posts() -> Iterator[tuple[str, Record]]:
    """The posts of machines that the record refers to."""

    def at(clock: str, day: str = "2026-11-03") -> datetime:
        return datetime.fromisoformat(f"{day}T{clock}+00:00")

    yield (
        "flag_eu",
        app_post(
            "shipwright",
            at("10:12:40", "2026-10-29"),
            "Flag `payments.authorize_deadline_ms` 8000 → 2500 in `eu` (100 %), FLAG-2274, approved 2/2",
        ),
    )
    yield (
        "gate_eu",
        app_post(
            "shipwright",
            at("10:42:40", "2026-10-29"),
            "Gate for FLAG-2274 passed in `eu`: 5xx 0.3 % → 0.3 %, p99 authorize 1.9 s → 1.9 s. Next: `jp`, `mea`",
        ),
    )
    yield (
        "flag_jp",
        app_post(
            "shipwright",
            at("07:02:11"),
            "Flag `payments.authorize_deadline_ms` 8000 → 2500 in `jp`, `mea` (100 %), FLAG-2274, approved 2/2",
        ),
    )
    yield (
        "gate_jp",
        app_post(
            "shipwright",
            at("07:12:11"),
            "Gate for FLAG-2274 passed in `jp`, `mea`: 5xx 0.3 % → 0.3 %, p99 latency of checkout-api 1.2 s → 1.1 s. "
            "Rollout complete :tada:",
        ),
    )
    yield (
        "change",
        app_post(
            "shipwright",
            at("08:29:15"),
            "FLAG-2291 opened by @sanna: `payments.authorize_deadline_ms` 2500 → 8000 in `jp`, `mea`. Approvals: 0/2",
        ),
    )
    yield "approved1", app_post("shipwright", at("08:30:02"), "FLAG-2291 approved by @teun. Approvals: 1/2")
    yield (
        "approved2",
        app_post("shipwright", at("08:41:33"), "FLAG-2291 approved by @miroslava. Approvals: 2/2"),
    )
    yield (
        "reverted",
        app_post(
            "shipwright",
            REVERTED,
            "Flag `payments.authorize_deadline_ms` 2500 → 8000 in `jp`, `mea` (100 %), FLAG-2291, approved 2/2",
        ),
    )
    yield (
        "kix_start",
        app_post(
            "shipwright",
            at("09:08:40"),
            "Job `release-abandoned-holds` KIX1 started by @kwabena: 8,103 holds",
        ),
    )
    yield (
        "kix_done",
        app_post(
            "shipwright",
            KIX1_RELEASED,
            "Job `release-abandoned-holds` KIX1 finished: 8,103 of 8,103 holds released",
        ),
    )
    yield (
        "dxb_start",
        app_post(
            "shipwright",
            at("09:14:02"),
            "Job `release-abandoned-holds` DXB2 started by @kwabena: 1,309 holds",
        ),
    )
    yield (
        "dxb_done",
        app_post(
            "shipwright",
            at("09:17:50"),
            "Job `release-abandoned-holds` DXB2 finished: 1,309 of 1,309 holds released",
        ),
    )
    yield (
        "pd_opened",
        app_post(
            "pagerduty",
            OPENED + timedelta(seconds=3),
            "*Triggered* [#4127 payments-gateway: authorizations without an order above 200 in 15 min]"
            f"({PAGERDUTY}/incidents/{INCIDENT_ID})\nService: payments-gateway · Urgency: High · Assigned to Dario Benvegnù",
        ),
    )
    yield (
        "pd_acked",
        app_post(
            "pagerduty",
            at("08:05:49"),
            f"*Acknowledged* [#4127]({PAGERDUTY}/incidents/{INCIDENT_ID}) by Sanna Lehtovaara",
        ),
    )
    yield (
        "pd_resolved",
        app_post(
            "pagerduty",
            RESOLVED + timedelta(seconds=2),
            f"*Resolved* [#4127]({PAGERDUTY}/incidents/{INCIDENT_ID}) by Ngozi Abara",
        ),
    )
    # The reconciler compares authorizations with orders every fifteen minutes; the counts add up to 1,946.
    reconciled = ((44, 7, 58), (59, 7, 214), (14, 8, 447), (29, 8, 588), (44, 8, 639), (59, 8, 0))
    for minute, hour, count in reconciled:
        clock = f"{hour:02d}:{minute}:10"
        state = "Triggered" if count > 200 else "Notice"
        title = f"payments-gateway: {count} authorizations without an order in 15 min"
        fields = {
            "Value": str(count),
            "Threshold": "200",
            "Service": "payments-gateway",
            "Check": "reconciler",
        }
        yield (
            f"reconciler_{clock[:5].replace(':', '')}",
            lantern(at(clock), f"reconciler:{clock}", state=state, title=title, fields=fields),
        )
    teapot = {"Value": "0", "Service": "stock-reservation", "Pool": "KIX1", "Badge": "SOLD OUT 🏷️"}
    yield (
        "teapot_zero",
        lantern(
            at("07:45:52"),
            "sku:AR-1207:zero",
            state="Notice",
            title="stock-reservation: AR-1207 Arita teapot availability 0 in KIX1",
            fields=teapot,
        ),
    )
    holds = {"Value": "1,517 holds", "Service": "stock-reservation", "Pool": "KIX1"}
    yield (
        "holds_warning",
        lantern(
            at("07:37:30"),
            "holds:first",
            state="Warning",
            title="stock-reservation: open holds above 1,500 in KIX1",
            fields=holds,
        ),
    )


# (minutes after 07:37:30, open holds in KIX1); straight lines between
_KIX_HOLDS = (
    (0, 1_517),
    (8, 2_980),
    (22, 4_900),
    (37, 6_700),
    (52, 7_950),
    (64.6, 8_690),
    (91, 8_640),
    (96, 537),
)


def _kix_holds(minutes: float) -> int:
    for (x0, y0), (x1, y1) in zip(_KIX_HOLDS, _KIX_HOLDS[1:], strict=False):
        if minutes <= x1:
            return round(y0 + (y1 - y0) * (minutes - x0) / (x1 - x0))
    return _KIX_HOLDS[-1][1]


ARTICLES = (
    "Arita tea bowl", "Mino plate, moss", "Mino plate, ash", "Seto jug", "Kyō sencha cup", "Iga casserole",
    "Tokoname kettle", "Bizen vase", "Hagi mug", "Oribe dish", "Kutani saucer", "Shigaraki planter",
    "cedar tray", "chestnut tray", "linen runner", "indigo towel", "bamboo whisk", "tea tin, rose",
    "tea tin, rain", "soy dish", "chopstick rests", "noodle bowl", "rice bowl, small", "rice bowl, large",
    "sake cup", "sake flask", "incense stand", "paper lamp", "oak shelf", "finch bookend",
)  # fmt: skip


def _incident_burst() -> Iterator[Record]:
    title = "stock-reservation: open holds above 1,500 in KIX1"
    first = datetime(2026, 11, 3, 7, 37, 30, tzinfo=UTC)
    for n in range(1, 48):
        at = first + timedelta(minutes=2 * n)
        fields = {"Value": f"{_kix_holds(2 * n):,} holds", "Service": "stock-reservation", "Pool": "KIX1"}
        state = "Warning" if _kix_holds(2 * n) > 1_500 else "Resolved"
        yield lantern(at, f"holds:{n}", state=state, title=title, fields=fields)
    for n in range(33):
        at = first + timedelta(minutes=9 + 3 * n, seconds=20)
        value = (
            "118 holds"
            if at > datetime(2026, 11, 3, 9, 18, tzinfo=UTC)
            else f"{510 + min(n, 20) * 46:,} holds"
        )
        state = "Resolved" if value == "118 holds" else "Warning"
        fields = {"Value": value, "Service": "stock-reservation", "Pool": "DXB2"}
        yield lantern(
            at,
            f"holds:dxb:{n}",
            state=state,
            title="stock-reservation: open holds above 500 in DXB2",
            fields=fields,
        )
        if state == "Resolved":
            break
    for n, article in enumerate(ARTICLES):
        r = chance(f"sku:{article}")
        sku = f"{article[:2].upper()}-{r.randrange(1000, 1999)}"
        gone = first + timedelta(minutes=10 + n * 1.7, seconds=r.randrange(0, 90))
        back = KIX1_RELEASED - timedelta(seconds=r.randrange(10, 260))
        title = f"stock-reservation: {sku} {article} availability 0 in KIX1"
        fields = {"Value": "0", "Service": "stock-reservation", "Pool": "KIX1", "Badge": "SOLD OUT 🏷️"}
        yield lantern(gone, f"sku:{sku}", state="Notice", title=title, fields=fields)
        fields = {**fields, "Value": str(r.randrange(40, 420)), "Badge": ""}
        yield lantern(back, f"sku:{sku}", state="Resolved", title=title, fields=fields)
    back = KIX1_RELEASED - timedelta(seconds=31)
    teapot = {"Value": "931", "Service": "stock-reservation", "Pool": "KIX1", "Badge": ""}
    title = "stock-reservation: AR-1207 Arita teapot availability 0 in KIX1"
    yield lantern(back, "sku:AR-1207", state="Resolved", title=title, fields=teapot)
    for n in range(15):
        at = datetime(2026, 11, 3, 7, 34, 5, tzinfo=UTC) + timedelta(minutes=4.5 * n)
        value = f"{2.3 + min(n, 6) * 0.1:.1f} s"
        fields = {
            "Value": value,
            "Service": "payments-gateway",
            "Storefront": "jp",
            "Acquirer step": "3-D Secure",
        }
        yield lantern(
            at,
            f"3ds:{n}",
            state="Notice",
            title="payments-gateway: authorize p50 in jp above 2.2 s",
            fields=fields,
        )


def other_bots(channel: str) -> Iterator[Record]:
    """Posts of bots in the channels of people."""
    if channel == "general":
        for offset in range(12):
            day = datetime(2026, 10, 29, tzinfo=UTC) + timedelta(days=offset)
            if day.weekday() < 5:
                soup = chance(f"kettle:{day:%m%d}").choice(
                    ("Darjeeling", "Sencha", "Rooibos", "Mint", "Assam")
                )
                yield app_post(
                    "kettle", day.replace(hour=8, minute=30), f"Tea of the day: {soup} 🍵 Who pours?"
                )
                yield app_post(
                    "kettle", day.replace(hour=14, minute=45), "Tidy-kitchen reminder 🧽", f"{day:%m%d}"
                )
    if channel == "incident-updates":
        yield app_post(
            "pagerduty",
            datetime(2026, 11, 3, 8, 16, 22, tzinfo=UTC),
            f"Priority of [#4127]({PAGERDUTY}/incidents/{INCIDENT_ID}) changed from P2 to P1 by Teun Hagedoorn",
        )
    if channel == "incident-decisions":
        keys = (
            "SHOP-1421",
            "SHOP-1422",
            "SHOP-1424",
            "SHOP-1425",
            "SHOP-1427",
            "SHOP-1428",
            "SHOP-1430",
            "SHOP-1431",
        )
        for n, key in enumerate(keys):
            at = datetime(2026, 11, 6, 13, 30, 12, tzinfo=UTC) + timedelta(seconds=40 * n)
            yield app_post(
                "jira", at, f"[{key}](https://jira.example.com/browse/{key}) was linked to checkout-failure"
            )


# PagerDuty

INCIDENT_ID = "Q1T7MARLOW4127"
SERVICE_ID, POLICY_ID, TEAM_ID = "PGATEW1", "PEPAY01", "PTPAY01"
PD_USERS = {handle: ident(f"pd:{handle}", "P", 6) for handle in PEOPLE}
PD_TITLE = "payments-gateway: authorizations without an order above 200 in 15 min"


def _ref(kind: str, ident_: str, summary: str, path: str) -> Record:
    return {
        "id": ident_,
        "type": f"{kind}_reference",
        "summary": summary,
        "self": f"https://api.pagerduty.com/{path}/{ident_}",
        "html_url": f"{PAGERDUTY}/{path}/{ident_}",
    }


def _pd_user(handle: str) -> Record:
    return _ref("user", PD_USERS[handle], PEOPLE[handle][0], "users")


PD_SERVICE = _ref("service", SERVICE_ID, "payments-gateway", "services")
PD_POLICY = _ref("escalation_policy", POLICY_ID, "Payments, day and night", "escalation_policies")
PD_TEAM = _ref("team", TEAM_ID, "Payments", "teams")
PD_INCIDENT = _ref("incident", INCIDENT_ID, f"[#4127] {PD_TITLE}", "incidents")
PHONES = {
    "dario": "+44 7700 900118",
    "sanna": "+44 7700 900342",
    "ngozi": "+44 7700 900571",
    "kwabena": "+44 7700 900026",
}


class PagerDutyLog:
    """The log entries of one incident, in the order they happened."""

    def __init__(self) -> None:
        self.entries: list[Record] = []
        self.labels: dict[str, str] = {}

    def add(
        self,
        clock: str,
        kind: str,
        summary: str,
        *,
        agent: Record | None = None,
        channel: Record,
        label: str = "",
        offset: str = "Z",
        **more: Any,
    ) -> str:
        entry_id = ident(f"log:{len(self.entries)}:{clock}:{kind}", "R", 25)
        day, _, clock = clock.rpartition(" ")
        created_at = _with_offset(datetime.fromisoformat(f"{day or '2026-11-03'}T{clock}+00:00"), offset)
        entry: Record = {
            "id": entry_id,
            "type": f"{kind}_log_entry",
            "summary": summary,
            "self": f"https://api.pagerduty.com/log_entries/{entry_id}",
            "html_url": None,
            "created_at": created_at,
        }
        if agent:
            entry["agent"] = agent
        entry |= {"channel": channel, "service": PD_SERVICE, "incident": PD_INCIDENT, "teams": [PD_TEAM]}
        entry |= {"contexts": [], **more}
        self.entries.append(entry)
        if label:
            self.labels[label] = entry_id
        return entry_id

    def page(self, clock: str, who: str, by: str, status: str = "success") -> None:
        """A notification; PagerDuty gives these no agent."""
        phone = by in ("sms", "phone")
        address = (
            PHONES[who]
            if phone
            else (f"{who}@example.com" if by == "email" else "Pixel of the person on call")
        )
        kind = by if phone or by == "email" else "push_notification"
        self.add(
            clock,
            "notify",
            f"Notified {PEOPLE[who][0]} by {kind.replace('_', ' ')}",
            channel={"type": "auto", "notification": {"type": kind, "address": address, "status": status}},
            user=_pd_user(who),
        )


def _with_offset(at: datetime, offset: str) -> str:
    if offset == "Z":
        return zulu(at)
    zone = datetime.fromisoformat(f"2026-11-03T00:00:00{offset}").tzinfo
    return at.astimezone(zone).isoformat()


def _trigger_channel(count: int, clock: str) -> Record:
    title = f"payments-gateway: {count} authorizations without an order in 15 min (threshold 200)"
    details = {
        "check": "reconciler", "value": count, "threshold": 200, "window": "15m", "storefronts": "jp, mea",
        "runbook": "https://runbooks.example.com/payments/orphaned-authorizations",
        "graph": f"https://graphs.example.com/alert/{hexes(f'reconciler:{clock}', 8)}",
    }  # fmt: skip
    return {
        "type": "api",
        "service_key": hexes("service_key", 12),
        "summary": title,
        "description": title,
        "incident_key": "reconciler/payments-gateway",
        "client": "Lantern",
        "client_url": "https://graphs.example.com",
        "details": details,
        "cef_details": {
            "dedup_key": "reconciler/payments-gateway",
            "severity": "critical",
            "source_origin": "reconciler-0",
            "source_component": "payments-gateway",
            "event_class": "money",
            "message": title,
            "description": title,
            "details": details,
            "creation_time": None,
            "version": "1.0",
        },
    }


def pagerduty_log() -> PagerDutyLog:
    """What PagerDuty recorded about #4127."""
    log = PagerDutyLog()
    auto, web, mobile = {"type": "auto"}, {"type": "web"}, {"type": "mobile"}
    opened = zulu(OPENED)[11:19]

    def triggered(clock: str, count: int, label: str) -> None:
        log.add(
            clock,
            "trigger",
            "Triggered through the API.",
            agent=PD_SERVICE,
            channel=_trigger_channel(count, clock),
            label=label,
            event_details={"description": PD_TITLE},
        )

    def note(clock: str, who: str, text: str, *, label: str = "", offset: str = "Z") -> None:
        log.add(
            clock,
            "annotate",
            f"Note added by {PEOPLE[who][0]}.",
            agent=_pd_user(who),
            channel={"type": "note", "summary": text},
            label=label,
            offset=offset,
        )

    def update(clock: str, who: str, text: str, *, label: str = "", offset: str = "Z") -> None:
        log.add(
            clock,
            "status_update",
            f"Status update added by {PEOPLE[who][0]}",
            agent=_pd_user(who),
            channel=web,
            message=text,
            label=label,
            offset=offset,
        )

    def request(clock: str, who: str, whom: str, text: str, *, label: str = "") -> None:
        requested_at = _with_offset(datetime.fromisoformat(f"2026-11-03T{clock}+00:00"), "-08:00")
        target = {"type": "user", "id": PD_USERS[whom], "summary": None, "requested_at": requested_at}
        log.add(
            clock,
            "responder_request",
            f"{PEOPLE[who][0]} requested {PEOPLE[whom][0]} to join the incident",
            agent=_pd_user(who),
            channel=web,
            message=text,
            requester=_pd_user(who),
            responders=[_pd_user(whom)],
            responder_request_targets=[target],
            label=label,
        )

    def accepted(clock: str, who: str) -> None:
        summary = f"{PEOPLE[who][0]} accepted the request to join the incident"
        log.add(clock, "responder_accept", summary, agent=_pd_user(who), channel=mobile)

    def priority(clock: str, who: str, old: str, new: str, *, label: str) -> None:
        log.add(
            clock,
            "priority_change",
            f"Priority changed from “{old}” to “{new}” by {PEOPLE[who][0]}.",
            agent=_pd_user(who),
            channel={**web, "old_priority": {"name": old}, "new_priority": {"name": new}},
            label=label,
        )

    triggered(opened, 214, "trigger")
    log.add(
        opened,
        "assign",
        f"Assigned to {PEOPLE['dario'][0]}.",
        agent=PD_SERVICE,
        channel=auto,
        assignees=[_pd_user("dario")],
    )
    log.page(opened, "dario", "push")
    log.page("07:59:14", "dario", "email")
    log.page("08:00:13", "dario", "sms", "failed")
    log.page("08:01:12", "dario", "phone", "no_answer")
    log.page("08:03:12", "dario", "phone", "no_answer")
    log.add(
        "08:04:12",
        "escalate",
        f"Escalated to {PEOPLE['sanna'][0]} by timeout",
        agent=PD_SERVICE,
        channel={"type": "timeout"},
        assignees=[_pd_user("sanna")],
        label="escalated",
    )
    log.page("08:04:12", "sanna", "push")
    log.page("08:04:14", "sanna", "email")
    log.page("08:05:13", "sanna", "sms")
    log.add(
        "08:05:47",
        "acknowledge",
        f"Acknowledged by {PEOPLE['sanna'][0]}",
        agent=_pd_user("sanna"),
        channel=mobile,
        acknowledgement_timeout=None,
        event_details={},
        label="acknowledged",
    )
    note(
        "08:06:58",
        "sanna",
        "Moving to #incident-kickoff. 214 cards are authorized without an order, jp and mea.",
    )
    log.add(
        "08:07:20",
        "priority_change",
        f"Priority set to “P2” by {PEOPLE['sanna'][0]}.",
        agent=_pd_user("sanna"),
        channel={**web, "old_priority": None, "new_priority": {"name": "P2"}},
    )
    request("08:08:05", "sanna", "teun", "Please help with #4127, checkout-api side", label="")
    log.page("08:08:06", "teun", "push")
    accepted("08:08:19", "teun")
    request(
        "08:12:31", "sanna", "ngozi", "We need an Incident Commander, two storefronts", label="request_ic"
    )
    log.page("08:12:32", "ngozi", "push")
    log.page("08:13:32", "ngozi", "phone")
    triggered("08:14:12", 447, "trigger2")
    log.page("08:14:12", "sanna", "push")
    priority("08:16:20", "teun", "P2", "P1", label="p1")
    accepted("08:16:41", "ngozi")
    log.add(
        "08:17:30",
        "assign",
        f"Reassigned to {PEOPLE['ngozi'][0]} by {PEOPLE['sanna'][0]}.",
        agent=_pd_user("sanna"),
        channel=web,
        assignees=[_pd_user("ngozi")],
    )
    log.page("08:17:30", "ngozi", "push")
    note("08:22:05", "rafael", "D1: P1, third Culture Day wave is held.", offset="+01:00")
    update(
        "08:25:30",
        "mariam",
        "Some checkouts in Japan and the Middle East fail. Cards may show a reserved amount without an order.",
        label="status1",
        offset="+02:00",
    )
    triggered("08:29:12", 588, "trigger3")
    note("08:29:40", "rafael", "D2: deadline goes back to 8000 ms, FLAG-2291, waits for a second approval.")
    request(
        "08:32:30", "ngozi", "kwabena", "409 OUT_OF_STOCK in jp and mea, please look", label="request_stock"
    )
    log.page("08:32:31", "kwabena", "push")
    log.page("08:33:31", "kwabena", "sms")
    accepted("08:33:44", "kwabena")
    log.add(
        "08:36:10",
        "custom_field_value_change",
        f"Custom field “Storefronts” changed by {PEOPLE['rafael'][0]}",
        agent=_pd_user("rafael"),
        channel={
            **web,
            "changeset": {
                "customer_fields": [{"name": "storefronts", "old_value": None, "value": ["jp", "mea"]}]
            },
        },
    )
    note(
        "08:42:40",
        "sanna",
        "Deadline is back at 8000 ms since 08:42:05Z. Watching timeouts.",
        label="note_reverted",
    )
    triggered("08:44:12", 639, "trigger4")
    update(
        "08:48:55",
        "mariam",
        "Card payments work again. Articles may still show as out of stock although they are not.",
        label="status2",
        offset="+02:00",
    )
    note("09:02:30", "rafael", "D3: abandoned holds are released, dry run first.", offset="+01:00")
    note("09:18:20", "kwabena", "9,412 abandoned holds released, KIX1 09:13:25Z and DXB2 09:17:50Z.")
    update(
        "09:27:10",
        "mariam",
        "Checkouts in Japan and the Middle East work as usual since 09:22Z. We keep watching.",
        label="status3",
        offset="+02:00",
    )
    log.add(
        zulu(RESOLVED)[11:19],
        "resolve",
        f"Resolved by {PEOPLE['ngozi'][0]}",
        agent=_pd_user("ngozi"),
        channel={"type": "website"},
        note="Failed share in its usual band since 09:22:30Z, four reconciler runs without a finding.",
        event_details={},
        label="resolved",
    )
    note(
        "16:42:15",
        "sanna",
        "Resolution Note: 1,929 authorizations released, 17 wallet payments refunded. Last one 16:38:54Z.",
        label="note_voids",
    )
    return log


def pagerduty_incident(first_trigger: str, entries: int) -> Record:
    """The incident object as REST gives it after the resolve: assignments and acknowledgements are empty."""
    first = _ref("trigger_log_entry", first_trigger, "Triggered through the API.", "log_entries")
    responders = [
        {
            "state": "joined",
            "user": _pd_user(who),
            "incident": PD_INCIDENT,
            "updated_at": f"2026-11-03T{updated}Z",
            "message": message,
            "requester": _pd_user(by),
            "requested_at": requested,
        }
        for who, by, requested, updated, message in (
            (
                "teun",
                "sanna",
                "2026-11-03T00:08:05-08:00",
                "08:08:19",
                "Please help with #4127, checkout-api side",
            ),
            (
                "ngozi",
                "sanna",
                "2026-11-03T00:12:31-08:00",
                "08:16:41",
                "We need an Incident Commander, two storefronts",
            ),
            (
                "kwabena",
                "ngozi",
                "2026-11-03T00:32:30-08:00",
                "08:33:44",
                "409 OUT_OF_STOCK in jp and mea, please look",
            ),
        )
    ]
    return {
        "incident": {
            **PD_INCIDENT,
            "type": "incident",
            "incident_number": 4127,
            "title": PD_TITLE,
            "description": PD_TITLE,
            "created_at": zulu(OPENED),
            "updated_at": "2026-11-03T16:42:15Z",
            "status": "resolved",
            "incident_key": "reconciler/payments-gateway",
            "service": PD_SERVICE,
            "assignments": [],
            "assigned_via": "escalation_policy",
            "last_status_change_at": zulu(RESOLVED),
            "last_status_change_by": _pd_user("ngozi"),
            "resolved_at": zulu(RESOLVED),
            "first_trigger_log_entry": first,
            "alert_counts": {"all": 4, "triggered": 0, "resolved": 4},
            "is_mergeable": True,
            "incident_type": {"name": "incident_default"},
            "escalation_policy": PD_POLICY,
            "teams": [PD_TEAM],
            "pending_actions": [],
            "acknowledgements": [],
            "alert_grouping": {"grouping_type": "intelligent", "started_at": zulu(OPENED), "ended_at": None},
            "priority": {**_ref("priority", "PPRIO01", "P1", "priorities"), "name": "P1", "color": "a8171c"},
            "resolve_reason": None,
            "conference_bridge": None,
            "incidents_responders": responders,
            "responder_requests": [],
            "urgency": "high",
            "custom_fields": [
                {
                    "id": "PF0STORE",
                    "name": "storefronts",
                    "display_name": "Storefronts",
                    "data_type": "string",
                    "field_type": "multi_value_fixed",
                    "value": ["jp", "mea"],
                }
            ],
        }
    }


# The index files of the export


def users() -> list[Record]:
    found = []
    for handle, (real_name, display_name, title, zone) in PEOPLE.items():
        offset = datetime(2026, 11, 9, tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
        profile = {
            "title": title,
            "phone": "",
            "real_name": real_name,
            "real_name_normalized": real_name,
            "display_name": display_name,
            "display_name_normalized": display_name,
            "email": f"{handle}@example.com",
            "avatar_hash": hexes(f"avatar:{handle}", 12),
            "first_name": real_name.split()[0],
            "last_name": real_name.split(maxsplit=1)[1],
            "team": TEAM,
        }
        found.append(
            {
                "id": USER_IDS[handle],
                "team_id": TEAM,
                "name": handle,
                "deleted": False,
                "color": hexes(f"colour:{handle}", 6),
                "real_name": real_name,
                "tz": zone,
                "tz_label": zone.rpartition("/")[2].replace("_", " ") + " time",
                "tz_offset": int(offset.total_seconds()),
                "profile": profile,
                "is_admin": handle == "sipho",
                "is_owner": False,
                "is_restricted": False,
                "is_ultra_restricted": False,
                "is_bot": False,
                "is_app_user": False,
                "updated": 1761_811_200,
            }
        )
    # A person who has left: Slack drops zone, colour and real name.
    gone = {
        "real_name": "Olof Bergqvist",
        "real_name_normalized": "Olof Bergqvist",
        "display_name": "olof",
        "team": TEAM,
    }
    found.append(
        {
            "id": ident("user:olof", "U0", 9),
            "team_id": TEAM,
            "name": "olof",
            "deleted": True,
            "profile": gone,
            "is_bot": False,
            "is_app_user": False,
            "updated": 1757_404_800,
        }
    )
    for handle, (name, app_id) in BOTS.items():
        profile = {
            "real_name": name,
            "display_name": "",
            "bot_id": BOT_IDS[handle],
            "api_app_id": app_id,
            "team": TEAM,
        }
        found.append(
            {
                "id": USER_IDS[handle],
                "team_id": TEAM,
                "name": handle,
                "deleted": False,
                "color": "9f69e7",
                "real_name": name,
                "tz": "America/Los_Angeles",
                "tz_label": "Pacific Standard Time",
                "tz_offset": -28800,
                "profile": profile,
                "is_bot": True,
                "is_app_user": False,
                "updated": 1709_284_402,
            }
        )
    return found


def channels(messages: dict[str, list[Record]], labels: dict[str, str]) -> list[Record]:
    found = []
    for name, (channel_id, purpose) in CHANNELS.items():
        new = name.startswith(("incident", "postmortem"))
        first = int(messages[name][0]["ts"].split(".")[0])
        topics = [m for m in messages[name] if m.get("subtype") == "channel_topic"]
        purposes = [m["purpose"] for m in messages[name] if m.get("subtype") == "channel_purpose"]
        authors = {m["user"] for m in messages[name] if m.get("user") in USER_IDS.values()}
        creator = USER_IDS[{"incident-decisions": "ngozi", "postmortem-retro": "rafael"}.get(name, "sanna")]
        channel: Record = {
            "id": channel_id,
            "name": name,
            "created": first - 1 if new else 1583_107_200,
            "creator": creator if new else USER_IDS["sipho"],
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
        if name == "incident-kickoff":
            ts = labels["command"]
            pin = {"id": ts, "type": "C", "created": int(ts.split(".")[0]) + 91}
            channel["pins"] = [{**pin, "user": USER_IDS["ngozi"], "owner": USER_IDS["ngozi"]}]
        found.append(channel)
    return found


def integration_logs() -> list[Record]:
    return [
        {
            "user_id": USER_IDS["sipho"],
            "user_name": "sipho",
            "date": date,
            "change_type": "added",
            "app_type": name,
            "app_id": app_id,
            "scope": "chat:write",
        }
        for date, (name, app_id) in zip(
            range(1_701_000_000, 1_706_000_000, 1_000_000), BOTS.values(), strict=True
        )
    ]


# Writing


def build(folder: Path) -> Record:
    """Write the evidence files into `folder`; returns what is truly in them."""
    folder.mkdir(parents=True, exist_ok=True)
    messages: dict[str, list[Record]] = {}
    labels: dict[str, dict[str, str]] = {}
    for channel in CHANNELS:
        told, labels[channel] = alert_channel() if channel == "alerts" else read_story(channel)
        messages[channel] = sorted([*told, *other_bots(channel)], key=lambda m: m["ts"])
        twins = [ts for ts, n in Counter(m["ts"] for m in messages[channel]).items() if n > 1]
        if twins:
            raise ValueError(f"{channel}: {twins} stand twice")
    members = {
        "channels.json": channels(messages, labels["incident-kickoff"]),
        "users.json": users(),
        "integration_logs.json": integration_logs(),
    }
    for channel, posts in messages.items():
        for post in posts:
            day = to_datetime(post["ts"]).astimezone(LA).date()
            members.setdefault(f"{channel}/{day}.json", []).append(post)
    (folder / "slack-export.zip").write_bytes(_zip(members))
    log = pagerduty_log()
    newest_first = log.entries[::-1]
    page = {"log_entries": newest_first, "limit": 100, "offset": 0, "more": False, "total": None}
    incident = pagerduty_incident(log.labels["trigger"], len(log.entries))
    (folder / "pagerduty-log-entries.json").write_bytes(_json(page, indent=1))
    (folder / "pagerduty-incident.json").write_bytes(_json(incident, indent=1))
    return _truth(messages, labels, log)


def _json(value: object, *, indent: int) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode()


def _zip(members: dict[str, Any]) -> bytes:
    """An export zip that is the same every time: sorted members, one fixed time, Slack's JSON dialect."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, date_time=(2026, 11, 9, 10, 4, 12))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(
                info, json.dumps(members[name], ensure_ascii=False, indent=4).replace("/", "\\/")
            )
    return out.getvalue()


def _truth(messages: dict[str, list[Record]], labels: dict[str, dict[str, str]], log: PagerDutyLog) -> Record:
    def ids(channel: str, chosen: list[Record]) -> list[str]:
        return [f"slack:{CHANNELS[channel][0]}:{m['ts']}" for m in chosen]

    per_type = Counter(entry["type"] for entry in log.entries)
    slack_labels = {
        label: f"slack:{CHANNELS[channel][0]}:{ts}"
        for channel, named in labels.items()
        for label, ts in named.items()
    }
    pd_labels = {f"pd_{label}": f"pd:{entry_id}" for label, entry_id in log.labels.items()}
    edited = [i for c, ms in messages.items() for i in ids(c, [m for m in ms if "edited" in m])]
    deleted = [
        i for c, ms in messages.items() for i in ids(c, [m for m in ms if m.get("subtype") == "tombstone"])
    ]
    slack_total = sum(len(ms) for ms in messages.values())
    return {
        "slack_records": {channel: len(ms) for channel, ms in messages.items()},
        "slack_total": slack_total,
        "pagerduty_records": {**dict(sorted(per_type.items())), "incident": 1},
        "pagerduty_total": len(log.entries) + 1,
        "total": slack_total + len(log.entries) + 1,
        "anchors": {
            "impact_started": {"event_id": "manual:first-exhausted-cart", "time": zulu(IMPACT_STARTED)},
            "detected": {"event_id": pd_labels["pd_trigger"], "time": zulu(OPENED)},
            "acknowledged": {"event_id": pd_labels["pd_acknowledged"], "time": "2026-11-03T08:05:47Z"},
            "mitigated": {"event_id": slack_labels["kix_done"], "time": zulu(KIX1_RELEASED)},
            "resolved": {"event_id": "manual:back-in-band", "time": zulu(IMPACT_ENDED)},
        },
        "pagerduty_incident": {
            "event_id": f"pd:incident:{INCIDENT_ID}", "opened_at": zulu(OPENED), "resolved_at": zulu(RESOLVED),
        },
        "early_signals": [slack_labels["early1"], slack_labels["early2"]],
        "edited": edited,
        "deleted": deleted,
        "secrets": {"pasted": 1, "file_urls": 2 * sum(len(m.get("files", [])) for ms in messages.values() for m in ms)},
        "events": dict(sorted((slack_labels | pd_labels).items())),
    }  # fmt: skip


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else EVIDENCE
    truth = build(folder)
    if folder == EVIDENCE:
        TRUTH.write_bytes(_json(truth, indent=2))
    shown = {key: value for key, value in truth.items() if key != "events"}
    print(json.dumps(shown, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
