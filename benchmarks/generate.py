"""Made-up evidence of any size, the same for the same seed: a Slack export and PagerDuty log pages.

python benchmarks/generate.py slack.zip --records 200000
python benchmarks/generate.py pagerduty.jsonl --records 100000
"""

from __future__ import annotations

import argparse
import json
import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
SERVICES = ("checkout", "ledger", "search", "gateway", "pricing", "sessions")
PHRASES = (
    "error rate is climbing on {}", "rolling {} back now", "p99 of {} is above 2 s", "who owns {}?",
    "the canary of {} looks healthy", "a < b && c > d", "customers report failed payments", "on it",
    "merci, ça marche",
)  # fmt: skip
EMOJI = ("eyes", "+1", "fire", "white_check_mark")


def write_slack(path: Path, records: int, *, seed: int = 1, per_day: int = 14) -> None:
    """An export zip of `records` messages in day files of about `per_day`, indented as Slack does."""
    rng = random.Random(seed)  # noqa: S311 - made-up data
    users = [_user(number) for number in range(max(20, records // 500))]
    channels = [{"id": f"C{n:08}", "name": f"team-{n}"} for n in range(max(4, records // 2500))]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.json", _pretty(users))
        archive.writestr("channels.json", _pretty(channels))
        for number, channel in enumerate(channels):
            share = records // len(channels) + (number < records % len(channels))
            days: dict[str, list[dict[str, Any]]] = {}
            for message in _messages(rng, share, share // per_day + 1, users):
                sent = datetime.fromtimestamp(int(message["ts"][:10]), PACIFIC)
                days.setdefault(f"{sent:%Y-%m-%d}", []).append(message)
            for day, messages in days.items():
                archive.writestr(f"{channel['name']}/{day}.json", _pretty(messages))


def write_pagerduty(path: Path, records: int, *, seed: int = 1) -> None:
    """`records` log entries, newest first, one per line."""
    rng = random.Random(seed)  # noqa: S311 - made-up data
    entries = [_entry(rng, number) for number in range(records)]
    lines = (json.dumps(entry, separators=(",", ":")) for entry in reversed(entries))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False).replace("/", "\\/")


def _user(number: int) -> dict[str, Any]:
    name = f"person{number}"
    profile = {
        "display_name": name if number % 3 else "",
        "real_name": f"Person {number}",
        "image_72": "x" * 80,
    }
    return {"id": f"U{number:08}", "name": name, "real_name": f"Person {number}", "profile": profile}


def _messages(
    rng: random.Random, count: int, days: int, users: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    root = ""
    for number in range(count):
        at = BEGIN + timedelta(days=days) * (number / count) + timedelta(microseconds=rng.randrange(10**6))
        ts = f"{int(at.timestamp())}.{at.microsecond:06}"
        user = rng.choice(users)
        words = [rng.choice(PHRASES).format(rng.choice(SERVICES)) for _ in range(rng.randint(1, 6))]
        if rng.random() < 0.15:
            words.append(
                f"<@{rng.choice(users)['id']}> see <https://grafana.example.com/d/{number}|the graph>"
            )
        text = ". ".join(words).replace(" & ", " &amp; ").replace(" < ", " &lt; ").replace(" > ", " &gt; ")
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": w} for w in words]}
        message = {
            "user": user["id"], "type": "message", "ts": ts, "client_msg_id": f"{number:032x}", "text": text,
            "team": "T0", "user_team": "T0", "source_team": "T0",
            "user_profile": user["profile"] | {"name": user["name"], "team": "T0", "is_restricted": False},
            "blocks": [{"type": "rich_text", "block_id": f"b{number}", "elements": [section]}],
        }  # fmt: skip
        chance = rng.random()
        if chance < 0.08:
            message = {"type": "message", "subtype": "channel_join", "user": user["id"], "ts": ts,
                       "text": f"<@{user['id']}> has joined the channel"}  # fmt: skip
        elif chance < 0.13:
            part = {"fallback": text, "text": text, "title": "Alert", "color": "f00", "id": 1}
            message = {"type": "message", "subtype": "bot_message", "bot_id": "B01", "username": "monitor",
                       "ts": ts, "text": "", "attachments": [part]}  # fmt: skip
        elif chance < 0.5 and root:
            message |= {"thread_ts": root, "parent_user_id": user["id"]}
        elif chance < 0.6:
            root = ts
            message |= {"thread_ts": ts, "reply_count": 3, "replies": [{"user": user["id"], "ts": ts}] * 3}
        if rng.random() < 0.1:
            message["reactions"] = [{"name": rng.choice(EMOJI), "users": [user["id"]], "count": 1}]
        if rng.random() < 0.06:
            message["edited"] = {"user": user["id"], "ts": f"{ts[:10]}.000000"}
        yield message


_STEPS = ("trigger", "assign", "notify", "notify", "acknowledge", "annotate", "resolve")


def _entry(rng: random.Random, number: int) -> dict[str, Any]:
    incident, step = divmod(number, len(_STEPS))
    at = BEGIN + timedelta(minutes=11 * incident, seconds=(0, 0, 4, 9, 80, 300, 900)[step])
    kind, service = _STEPS[step], SERVICES[incident % len(SERVICES)]

    def reference(noun: str, name: str, path: str) -> dict[str, str]:
        code = f"P{abs(hash_of(name)) % 10**6:06}"
        return {"id": code, "type": f"{noun}_reference", "summary": name,
                "self": f"https://api.pagerduty.com/{path}/{code}",
                "html_url": f"https://acme.pagerduty.com/{path}/{code}"}  # fmt: skip

    person = reference("user", f"Person {incident % 30}", "users")
    channel: dict[str, Any] = {"type": "auto"}
    if kind == "trigger":
        details = {f"tag{n}": f"{rng.getrandbits(64):x}" for n in range(12)}
        channel = {"type": "api", "summary": f"{service} is slow", "details": details, "cef_details": details}
    elif kind == "notify":
        channel["notification"] = {"type": rng.choice(("sms", "phone", "push")), "status": "success"}
    elif kind == "annotate":
        channel = {"type": "note", "summary": f"Rolled {service} back."}
    return {
        "id": f"R{number:025}", "type": f"{kind}_log_entry", "summary": f"{kind.capitalize()} by the system.",
        "self": f"https://api.pagerduty.com/log_entries/R{number:025}", "html_url": None,
        "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "agent": person, "channel": channel, "user": person,
        "service": reference("service", service, "services"), "teams": [], "contexts": [],
        "incident": reference("incident", f"[#{incident}] {service} is slow", "incidents"),
    }  # fmt: skip


def hash_of(name: str) -> int:
    """A number for a name that is the same in every run."""
    return int.from_bytes(name.encode(), "big")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("path", type=Path, help="*.zip: a Slack export; *.jsonl: PagerDuty log entries")
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    write = write_slack if chosen.path.suffix == ".zip" else write_pagerduty
    write(chosen.path, chosen.records, seed=chosen.seed)


if __name__ == "__main__":
    main()
