"""Rebuild the raw evidence of the sample incident `checkout-failure`: a Slack export and PagerDuty JSON.

What people wrote stands in `checkout-failure.story/*.txt`; this script adds the usual noise of machines, the
ids and the true formats. Everything is invented; two runs give the same bytes.

    python data/build_checkout_failure.py [folder]     (default: data/checkout-failure/evidence)
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import random
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
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
ACKNOWLEDGED = datetime(2026, 11, 3, 8, 5, 47, tzinfo=UTC)
HOLDS_GROW = datetime(2026, 11, 3, 7, 37, 30, tzinfo=UTC)
KIX1_RELEASED = datetime(2026, 11, 3, 9, 13, 25, tzinfo=UTC)
DXB2_RELEASED = datetime(2026, 11, 3, 9, 17, 50, tzinfo=UTC)
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
    "crossed_fingers": "1f91e", "slightly_smiling_face": "1f642", "upside_down_face": "1f643",
    "warning": "26a0-fe0f", "bell": "1f514", "grin": "1f601", "partying_face": "1f973", "train": "1f686",
    "one": "31-20e3", "two": "32-20e3", "three": "33-20e3", "see_no_evil": "1f648", "cake": "1f370",
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
    """The messages of one channel as they were written down, and label → `ts` of those that have one."""
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
    return [_record(message, channel) for message in messages], labels


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


def _record(message: Record, channel: str) -> Record:
    """One record of the export: a notice of the room, a tombstone, or a post of a bot or a person."""
    who, ts, source = message["who"], message["ts"], message["source"]
    if re.match(r"\*(join|leave|topic|purpose|pin)\b", source):
        return _room_notice(USER_IDS[who], ts, source)
    thread = _thread(message)
    if message["deleted"]:
        gone = {"text": "This message was deleted.", "user": "USLACKBOT", "hidden": True}
        return {"type": "message", "subtype": "tombstone", **gone, "ts": ts, **thread}
    if who == "lantern":
        state, title, *fields = source.split("; ")
        record = _lantern(ts, state, title, dict(field.split("=") for field in fields))
    elif who in BOTS:
        record = _app_post(who, ts, source)
    else:
        record = _human(message, f"{channel}:{ts}")
    record |= thread
    if message["depth"] == 2:
        record |= {"subtype": "thread_broadcast", "root": _root_copy(message["root"])}
    if message["edited"]:
        edited_ts = f"{int(ts.partition('.')[0]) + message['edited']}.000000"
        record["edited"] = {"user": USER_IDS[who], "ts": edited_ts}
    if message["files"]:
        record["files"] = [_file(name, who, ts) for name in message["files"]]
        record |= {"upload": False, "display_as_bot": False}
    if message["reactions"]:
        record["reactions"] = [
            {"name": name, "users": [USER_IDS[w] for w in whose], "count": len(whose)}
            for name, whose in message["reactions"]
        ]
    return record


def _human(message: Record, key: str) -> Record:
    text, sections = compose(message["source"].replace("{{token}}", PASTED_TOKEN))
    return {
        "user": USER_IDS[message["who"]],
        "type": "message",
        "ts": message["ts"],
        "client_msg_id": _uuid(key),
        "text": text,
        "team": TEAM,
        "user_team": TEAM,
        "source_team": TEAM,
        "user_profile": _profile(message["who"]),
        "blocks": [{"type": "rich_text", "block_id": hexes(f"block:{key}", 5), "elements": sections}],
    }


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
    created = int(ts.partition(".")[0]) - 2
    private = f"https://files.slack.com/files-pri/{TEAM}-{file_id}"
    record = {
        "id": file_id, "created": created, "timestamp": created, "name": name,
        "title": name.rpartition(".")[0].replace("-", " "), "mimetype": _MIME[kind],
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


COLOURS = {"Triggered": "d00000", "Resolved": "2eb886", "Warning": "daa038", "Notice": "8f8f8f"}


def lantern(at: datetime, key: str, state: str, title: str, fields: dict[str, str]) -> Record:
    """An alert of the monitoring bot: subtype `bot_message`, an empty text, everything in the attachment."""
    return _lantern(slack_ts(at, f"lantern:{key}:{state}"), state, title, fields)


def _lantern(ts: str, state: str, title: str, fields: dict[str, str]) -> Record:
    headline = f"[{state}] {title}"
    attachment = {
        "id": 1, "color": COLOURS[state], "fallback": headline, "title": headline,
        "title_link": f"https://graphs.example.com/alert/{hexes(title, 8)}",
        "fields": [{"title": name, "value": value, "short": True} for name, value in fields.items()],
        "footer": "Lantern", "ts": int(ts.partition(".")[0]), "mrkdwn_in": ["text"],
    }  # fmt: skip
    return {
        "type": "message", "subtype": "bot_message", "text": "", "ts": ts, "username": "Lantern",
        "bot_id": BOT_IDS["lantern"], "app_id": BOTS["lantern"][1], "attachments": [attachment],
    }  # fmt: skip


def app_post(bot: str, at: datetime, source: str) -> Record:
    """A post of a modern app: a `bot_id` and a user, but no subtype."""
    return _app_post(bot, slack_ts(at, f"{bot}:{source}"), source)


def _app_post(bot: str, ts: str, source: str) -> Record:
    name, app_id = BOTS[bot]
    text, sections = compose(source)
    icons = {"image_36": f"https://avatars.slack-edge.com/2023-02-01/{bot}_36.png"}
    return {
        "user": USER_IDS[bot], "type": "message", "ts": ts, "bot_id": BOT_IDS[bot], "app_id": app_id,
        "text": text, "team": TEAM,
        "bot_profile": {
            "id": BOT_IDS[bot], "app_id": app_id, "user_id": USER_IDS[bot], "name": name, "icons": icons,
            "deleted": False, "updated": 1709284402, "team_id": TEAM,
        },
        "blocks": [{"type": "rich_text", "block_id": hexes(f"block:{ts}", 5), "elements": sections}],
    }  # fmt: skip


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


def usual_alerts() -> Iterator[Record]:
    """What #alerts is full of: alerts that clear by themselves, deploys, sale days, and the incident."""
    for offset in range(12):
        day = datetime(2026, 10, 29, tzinfo=UTC) + timedelta(days=offset)
        yield from _usual_day(day)
        yield from _usual_deploys(day)
        yield from _usual_sale(day)
    yield from _incident_burst()


def _alert_pair(
    start: datetime, minutes: float, key: str, title: str, fields: dict[str, str]
) -> list[Record]:
    end = start + timedelta(minutes=minutes)
    closing = {**fields, "Lasted": f"{round(minutes)} min"}
    return [
        lantern(start, key, "Triggered", title, fields),
        lantern(end, key, "Resolved", title, closing),
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


# (minutes after 07:37:30, open holds in KIX1); straight lines between
_KIX_HOLDS = (
    (0, 1_517), (8, 2_980), (22, 4_900), (37, 6_700), (52, 7_950), (64.6, 8_690), (91, 8_640), (96, 537),
)  # fmt: skip


def _kix_holds(minutes: float) -> int:
    for (x0, y0), (x1, y1) in itertools.pairwise(_KIX_HOLDS):
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
    yield from _holds_burst()
    yield from _sold_out_burst()
    for n in range(15):
        at = datetime(2026, 11, 3, 7, 34, 5, tzinfo=UTC) + timedelta(minutes=4.5 * n)
        fields = {
            "Value": f"{2.3 + min(n, 6) * 0.1:.1f} s",
            "Service": "payments-gateway",
            "Storefront": "jp",
        }
        yield lantern(at, f"3ds:{n}", "Notice", "payments-gateway: authorize p50 in jp above 2.2 s", fields)


def _holds_burst() -> Iterator[Record]:
    """The holds warning of both pools, again and again until the jobs have run."""
    title = "stock-reservation: open holds above 1,500 in KIX1"
    for n in range(1, 49):
        holds = _kix_holds(2 * n)
        fields = {"Value": f"{holds:,} holds", "Service": "stock-reservation", "Pool": "KIX1"}
        state = "Warning" if holds > 1_500 else "Resolved"
        yield lantern(HOLDS_GROW + timedelta(minutes=2 * n), f"holds:{n}", state, title, fields)
    title = "stock-reservation: open holds above 500 in DXB2"
    for n in range(32):
        at = HOLDS_GROW + timedelta(minutes=9 + 3 * n, seconds=20)
        drained = at > DXB2_RELEASED
        holds = 118 if drained else 507 + 46 * min(n, 20)
        fields = {"Value": f"{holds:,} holds", "Service": "stock-reservation", "Pool": "DXB2"}
        yield lantern(at, f"holds:dxb:{n}", "Resolved" if drained else "Warning", title, fields)


def _sold_out_burst() -> Iterator[Record]:
    """Thirty articles follow the teapot to zero, and all come back while the job runs."""
    fields = {"Value": "0", "Service": "stock-reservation", "Pool": "KIX1", "Badge": "SOLD OUT 🏷️"}
    for n, article in enumerate(ARTICLES):
        r = chance(f"sku:{article}")
        sku = f"{article[:2].upper()}-{r.randrange(1000, 1999)} {article}"
        gone = HOLDS_GROW + timedelta(minutes=10 + n * 1.7, seconds=r.randrange(0, 90))
        yield lantern(
            gone, f"sku:{sku}", "Notice", f"stock-reservation: {sku} availability 0 in KIX1", fields
        )
    for n, article in enumerate(("teapot", *ARTICLES)):
        r = chance(f"sku:{article}")
        sku = (
            "AR-1207 Arita teapot" if n == 0 else f"{article[:2].upper()}-{r.randrange(1000, 1999)} {article}"
        )
        back = KIX1_RELEASED - timedelta(seconds=r.randrange(10, 260))
        value = "931" if n == 0 else str(r.randrange(40, 420))
        again = {"Value": value, "Service": "stock-reservation", "Pool": "KIX1"}
        yield lantern(
            back, f"sku:{sku}", "Resolved", f"stock-reservation: {sku} availability 0 in KIX1", again
        )


def tea_times() -> Iterator[Record]:
    """A bot in #general that means well."""
    for offset in range(12):
        day = datetime(2026, 10, 29, tzinfo=UTC) + timedelta(days=offset)
        if day.weekday() < 5:
            tea = chance(f"kettle:{day:%m%d}").choice(("Darjeeling", "Sencha", "Rooibos", "Mint", "Assam"))
            yield app_post("kettle", day.replace(hour=8, minute=30), f"Tea of the day: {tea} 🍵 Who pours?")
            yield app_post("kettle", day.replace(hour=14, minute=45), "Tidy-kitchen reminder 🧽")


BOT_POSTS = {"alerts": usual_alerts, "general": tea_times}


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


_ENTRY = re.compile(
    r"(?P<clock>\d\d:\d\d:\d\d)(?P<offset>[+-]\d\d:\d\d)? (?P<verb>\w+) (?:\[(?P<label>\w+)\] )?(?P<rest>.*)"
)


def pagerduty_log() -> tuple[list[Record], dict[str, str]]:
    """The log entries of #4127 in the order they happened, and label → entry id."""
    entries: list[Record] = []
    labels: dict[str, str] = {}
    for line in (STORY / "pagerduty.txt").read_text(encoding="utf-8").splitlines():
        match = _ENTRY.fullmatch(line)
        if match is None:
            raise ValueError(f"pagerduty: cannot read {line!r}")
        at = datetime.fromisoformat(f"{OPENED.date()}T{match['clock']}+00:00")
        words = match["rest"].split()
        entry_id = ident(f"log:{len(entries)}:{line}", "R", 25)
        entry = {
            "id": entry_id,
            "type": "",
            "summary": "",
            "self": f"https://api.pagerduty.com/log_entries/{entry_id}",
            "html_url": None,
            "created_at": _with_offset(at, match["offset"]),
            "agent": PD_SERVICE,
            "channel": {"type": "auto"},
            "service": PD_SERVICE,
            "incident": PD_INCIDENT,
            "teams": [PD_TEAM],
            "contexts": [],
        } | PD_VERBS[match["verb"]](at, *words)
        entry["type"] += "_log_entry"
        if entry["agent"] is None:
            del entry["agent"]
        entries.append(entry)
        if match["label"]:
            labels[match["label"]] = entry_id
    return entries, labels


def _with_offset(at: datetime, offset: str | None) -> str:
    zone = datetime.fromisoformat(f"2026-11-03T00:00:00{offset}").tzinfo if offset else None
    return at.astimezone(zone).isoformat() if zone else zulu(at)


def _name(handle: str) -> str:
    return PEOPLE[handle][0]


def _triggered(_at: datetime, count: str) -> Record:
    title = f"payments-gateway: {count} authorizations without an order in 15 min (threshold 200)"
    details = {
        "check": "reconciler", "value": int(count), "threshold": 200, "window": "15m",
        "storefronts": "jp, mea",
        "runbook": "https://runbooks.example.com/payments/orphaned-authorizations",
        "graph": f"https://graphs.example.com/alert/{hexes(title, 8)}",
    }  # fmt: skip
    cef_details = {
        "dedup_key": "reconciler/payments-gateway", "severity": "critical", "source_origin": "reconciler-0",
        "source_component": "payments-gateway", "event_class": "money", "message": title,
        "description": title, "details": details, "creation_time": None, "version": "1.0",
    }  # fmt: skip
    channel = {
        "type": "api", "service_key": hexes("service_key", 12), "summary": title, "description": title,
        "incident_key": "reconciler/payments-gateway", "client": "Lantern",
        "client_url": "https://graphs.example.com", "details": details, "cef_details": cef_details,
    }  # fmt: skip
    event = {"description": PD_TITLE}
    return {
        "type": "trigger",
        "summary": "Triggered through the API.",
        "channel": channel,
        "event_details": event,
    }


def _assigned(_at: datetime, whom: str, by: str = "") -> Record:
    summary = f"Reassigned to {_name(whom)} by {_name(by)}." if by else f"Assigned to {_name(whom)}."
    moved = {"agent": _pd_user(by), "channel": {"type": "web"}} if by else {}
    return {"type": "assign", "summary": summary, "assignees": [_pd_user(whom)], **moved}


def _paged(_at: datetime, who: str, by: str, status: str = "success") -> Record:
    """A notification; PagerDuty gives these no agent."""
    kind = "push_notification" if by == "push" else by
    address = {"push": f"{_name(who)}'s phone", "email": f"{who}@example.com"}.get(by) or PHONES[who]
    channel = {"type": "auto", "notification": {"type": kind, "address": address, "status": status}}
    summary = f"Notified {_name(who)} by {kind.replace('_', ' ')}"
    return {"type": "notify", "summary": summary, "agent": None, "channel": channel, "user": _pd_user(who)}


def _escalated(_at: datetime, whom: str) -> Record:
    summary = f"Escalated to {_name(whom)} by timeout"
    return {
        "type": "escalate", "summary": summary, "channel": {"type": "timeout"}, "assignees": [_pd_user(whom)],
    }  # fmt: skip


def _acknowledged(_at: datetime, who: str) -> Record:
    summary, channel = f"Acknowledged by {_name(who)}", {"type": "mobile"}
    more = {"acknowledgement_timeout": None, "event_details": {}}
    return {"type": "acknowledge", "summary": summary, "agent": _pd_user(who), "channel": channel, **more}


def _noted(_at: datetime, who: str, *words: str) -> Record:
    channel = {"type": "note", "summary": " ".join(words)}
    return {
        "type": "annotate",
        "summary": f"Note added by {_name(who)}.",
        "agent": _pd_user(who),
        "channel": channel,
    }


def _prioritised(_at: datetime, who: str, new: str, old: str = "") -> Record:
    summary = f"Priority changed from “{old}” to “{new}” by {_name(who)}."
    if not old:
        summary = f"Priority set to “{new}” by {_name(who)}."
    change = {"old_priority": {"name": old} if old else None, "new_priority": {"name": new}}
    channel = {"type": "web", **change}
    return {
        "type": "priority_change", "summary": summary, "agent": _pd_user(who), "channel": channel,
    }  # fmt: skip


def _requested(at: datetime, who: str, whom: str, *words: str) -> Record:
    target = {
        "type": "user",
        "id": PD_USERS[whom],
        "summary": None,
        "requested_at": _with_offset(at, "-08:00"),
    }
    return {
        "type": "responder_request", "summary": f"{_name(who)} requested {_name(whom)} to join the incident",
        "agent": _pd_user(who), "channel": {"type": "web"}, "message": " ".join(words),
        "requester": _pd_user(who), "responders": [_pd_user(whom)], "responder_request_targets": [target],
    }  # fmt: skip


def _joined(_at: datetime, who: str) -> Record:
    summary = f"{_name(who)} accepted the request to join the incident"
    return {
        "type": "responder_accept",
        "summary": summary,
        "agent": _pd_user(who),
        "channel": {"type": "mobile"},
    }


def _status(_at: datetime, who: str, *words: str) -> Record:
    more = {"agent": _pd_user(who), "channel": {"type": "web"}, "message": " ".join(words)}
    return {"type": "status_update", "summary": f"Status update added by {_name(who)}", **more}


def _field(_at: datetime, who: str, *values: str) -> Record:
    changed = [{"name": "storefronts", "old_value": None, "value": list(values)}]
    channel = {"type": "web", "changeset": {"customer_fields": changed}}
    summary = f"Custom field “Storefronts” changed by {_name(who)}"
    return {
        "type": "custom_field_value_change", "summary": summary, "agent": _pd_user(who), "channel": channel,
    }  # fmt: skip


def _resolved(_at: datetime, who: str, *words: str) -> Record:
    more = {
        "agent": _pd_user(who),
        "channel": {"type": "website"},
        "note": " ".join(words),
        "event_details": {},
    }
    return {"type": "resolve", "summary": f"Resolved by {_name(who)}", **more}


PD_VERBS: dict[str, Callable[..., Record]] = {
    "trigger": _triggered, "assign": _assigned, "page": _paged, "escalate": _escalated, "ack": _acknowledged,
    "note": _noted, "priority": _prioritised, "request": _requested, "accept": _joined, "status": _status,
    "field": _field, "resolve": _resolved,
}  # fmt: skip


def pagerduty_incident(log: list[Record]) -> Record:
    """The incident object as REST gives it after the resolve: assignments and acknowledgements are empty."""
    first = _ref("trigger_log_entry", log[0]["id"], "Triggered through the API.", "log_entries")
    accepted = {entry["agent"]["id"]: entry for entry in log if entry["type"] == "responder_accept_log_entry"}
    responders = [
        {
            "state": "joined",
            "user": request["responders"][0],
            "incident": PD_INCIDENT,
            "updated_at": accepted[request["responders"][0]["id"]]["created_at"],
            "message": request["message"],
            "requester": request["requester"],
            "requested_at": request["responder_request_targets"][0]["requested_at"],
        }
        for request in log
        if request["type"] == "responder_request_log_entry"
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
    """People, somebody who has left, and the bots."""
    found = [_user(handle, *facts) for handle, facts in PEOPLE.items()]
    # Of a person who has left Slack keeps neither zone nor colour nor real name.
    left = {"real_name": "Olof Bergqvist", "display_name": "olof", "team": TEAM}
    gone = {"id": ident("user:olof", "U0", 9), "team_id": TEAM, "name": "olof", "deleted": True}
    found.append({**gone, "profile": left, "is_bot": False, "is_app_user": False, "updated": 1757404800})
    for handle, (name, app_id) in BOTS.items():
        bot = _user(handle, name, "", "", "America/Los_Angeles")
        bot["profile"] |= {"bot_id": BOT_IDS[handle], "api_app_id": app_id}
        found.append({**bot, "is_bot": True})
    return found


def _user(handle: str, real_name: str, display_name: str, title: str, zone: str) -> Record:
    offset = datetime(2026, 11, 9, tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    first_name, _, last_name = real_name.partition(" ")
    profile = {
        "title": title, "phone": "", "real_name": real_name, "real_name_normalized": real_name,
        "display_name": display_name, "display_name_normalized": display_name,
        "avatar_hash": hexes(f"avatar:{handle}", 12), "first_name": first_name, "last_name": last_name,
        "team": TEAM,
    }  # fmt: skip
    if handle in PEOPLE:
        profile["email"] = f"{handle}@example.com"
    return {
        "id": USER_IDS[handle], "team_id": TEAM, "name": handle, "deleted": False,
        "color": hexes(f"colour:{handle}", 6), "real_name": real_name, "tz": zone,
        "tz_label": zone.rpartition("/")[2].replace("_", " ") + " time",
        "tz_offset": int(offset.total_seconds()), "profile": profile, "is_admin": handle == "sipho",
        "is_owner": False, "is_restricted": False, "is_ultra_restricted": False, "is_bot": False,
        "is_app_user": False, "updated": 1761811200,
    }  # fmt: skip


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
        told, labels[channel] = read_story(channel)
        told += BOT_POSTS[channel]() if channel in BOT_POSTS else []
        before_export = (post for post in told if to_datetime(post["ts"]) < EXPORTED_AT)
        messages[channel] = sorted(before_export, key=lambda post: post["ts"])
        twins = [ts for ts, n in Counter(post["ts"] for post in messages[channel]).items() if n > 1]
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
    log, pd_labels = pagerduty_log()
    page = {"log_entries": log[::-1], "limit": 100, "offset": 0, "more": False, "total": None}
    incident = pagerduty_incident(log)
    (folder / "pagerduty-log-entries.json").write_bytes(_json(page, indent=1))
    (folder / "pagerduty-incident.json").write_bytes(_json(incident, indent=1))
    named = {
        label: f"slack:{CHANNELS[channel][0]}:{ts}"
        for channel in CHANNELS
        for label, ts in labels[channel].items()
    }
    named |= {f"pd_{label}": f"pd:{entry_id}" for label, entry_id in pd_labels.items()}
    return _truth(messages, log, named)


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


def _truth(messages: dict[str, list[Record]], log: list[Record], named: dict[str, str]) -> Record:
    """What a reader of the evidence has to find in it; `named` is label → event id."""

    def ids_with(key: str, value: str | None = None) -> list[str]:
        return [
            f"slack:{CHANNELS[channel][0]}:{post['ts']}"
            for channel, posts in messages.items()
            for post in posts
            if key in post and value in (None, post[key])
        ]

    per_channel = {channel: len(posts) for channel, posts in messages.items()}
    per_type = dict(sorted(Counter(entry["type"] for entry in log).items()))
    files = sum(len(post.get("files", [])) for posts in messages.values() for post in posts)
    clock = {
        "impact_started": ("manual:first-exhausted-cart", IMPACT_STARTED),
        "detected": (named["pd_trigger"], OPENED),
        "acknowledged": (named["pd_acknowledged"], ACKNOWLEDGED),
        "mitigated": (named["kix_done"], KIX1_RELEASED),
        "resolved": ("manual:back-in-band", IMPACT_ENDED),
    }
    return {
        "slack_records": per_channel,
        "slack_total": sum(per_channel.values()),
        "pagerduty_records": {**per_type, "incident": 1},
        "pagerduty_total": len(log) + 1,
        "total": sum(per_channel.values()) + len(log) + 1,
        "anchors": {mark: {"event_id": event_id, "time": zulu(at)} for mark, (event_id, at) in clock.items()},
        "pagerduty_incident": {
            "event_id": f"pd:incident:{INCIDENT_ID}",
            "opened_at": zulu(OPENED),
            "resolved_at": zulu(RESOLVED),
        },
        "early_signals": [named["early1"], named["early2"]],
        "edited": ids_with("edited"),
        "deleted": ids_with("subtype", "tombstone"),
        "secrets": {"pasted": 1, "file_urls": 2 * files},
        "events": dict(sorted(named.items())),
    }


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else EVIDENCE
    truth = build(folder)
    if folder == EVIDENCE:
        TRUTH.write_bytes(_json(truth, indent=2))
    shown = {key: value for key, value in truth.items() if key != "events"}
    print(json.dumps(shown, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
