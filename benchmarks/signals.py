"""Made-up incidents with known early signals among realistic noise, and how high they are suggested.

python benchmarks/signals.py
python benchmarks/signals.py --incidents 1000 --misses

Each incident has five days of a team's record: chatter, routine alerts of its own and of other services,
deploys with all their tellings. Before the page one to three early signals are planted: an alert that nobody
was paged for, a doubt, a customer heard by support, the change that began it. Each is told in one of many
ways; a part of the ways has none of the words that pmkit listens for.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from pmkit import schema
from pmkit.postmortem import Channel, Incident, Member, Postmortem, no_journal
from pmkit.suggestions import suggest
from pmkit.timeline import build_timeline

DETECTED = datetime(2026, 9, 17, 14, 20, tzinfo=UTC)
TOP = 3
SERVICES = (
    "ticket-api", "seat-map", "login", "ledger", "parcel-router", "label-print", "menu-service",
    "booking-core", "image-resizer", "mail-relay", "price-feed", "search-index", "locker-gate",
    "fleet-sync", "badge-reader", "report-builder", "invoice-run", "chat-hub", "media-store", "session-cache",
)  # fmt: skip
PEOPLE = ("ana", "bo", "cleo", "dev", "eli", "fay", "gus", "hana", "ivo", "june", "kai", "lou", "mio", "nia")
# What breaks: in the title and the page, in an alert before it, and as people tell it.
FAULTS = (
    ("requests time out", "latency p99 above 2 s", ("waits for ever", "hangs on the second page", "is slow")),
    ("orders are rejected", "rejected share above 1 %", ("gets a red box", "is refused", "cannot finish")),
    ("sign-in fails", "token renewals above 400 per minute", ("is thrown out", "has to sign in twice")),
    ("jobs pile up", "queue depth above 5,000", ("waits for a mail", "has an empty list", "sees yesterday")),
    ("memory runs out", "heap after collection above 80 %", ("sees a white page", "lost a draft")),
    ("replica falls behind", "replication lag above 20 s", ("sees an old price", "misses a row just saved")),
    ("disk is full", "free space below 12 %", ("cannot upload", "gets half a picture")),
)  # fmt: skip
WHO = (
    ("the museum", "Ghent"), ("the harbour office", "Izmir"), ("a bakery", "Lodz"),
    ("the night shift", "Turku"),
    ("the box office", "Porto"), ("a florist", "Bergamo"), ("the depot", "Leeds"), ("the school", "Tartu"),
    ("a pharmacy", "Graz"), ("the library", "Uppsala"), ("a courier", "Nantes"), ("the clinic", "Split"),
)  # fmt: skip
DOUBTS = (
    "Anyone else? {who} in {town} {told}, gone a minute later",
    "Is it just me or is {service} a bit odd today",
    "{service} {told} for me, reloading helps. Known?", "might be nothing, but {who} in {town} {told}",
    "hm, {service} looks off in staging AND prod", "Seeing timeouts towards {service}, two in ten minutes",
    "does somebody work on {service}? my test run {told}", "{town} again: {who} {told}. Third time today",
    "weird one from {town}: {who} {told} but only on the tablet",
    "not sure whether this is us: {service} answers 502 now and then",
)  # fmt: skip
CUSTOMERS = (
    "3 tickets from {town} within the hour: {who} {told}",
    "customers report that it {told}, mostly in {town}",
    "{who} in {town} called, complaining that the order {told}", "{who} in {town} says it {told} since lunch",
    "Support here: users say the page {told}. {town}, if that helps",
    "five calls from {town}, all: it {told}",
)  # fmt: skip
# Said without any word of doubt or failure; only the response shows later what they were.
QUIET = (
    "{who} in {town} phoned, she {told}. I told her to wait",
    "funny call from {town} just now, {who} {told} and then did not",
    "Wednesday puzzle: {who} from {town} {told}, twice, at the full hour",
    "for the diary: {who}, {town}, {told}",
)
CHATTER = (
    "lunch at {n}?", "the coffee machine is broken again", "who has the key to room {n}",
    "release notes for sprint {n} are out, thanks all", "Standup moves to {n}:15 tomorrow",
    "is anybody using the big screen", "happy birthday {name} :tada:", "nice talk {name}, slides please",
    "parking lot is closed on Friday", "can somebody review #{n}?", "demo went fine, customers were happy",
    "reminder: expenses by the {n}th", "the new badge photos look odd, mine at least", "book club at {n}",
    "my build fails since the last merge, looking", "who took the HDMI cable", "train is late, {n} minutes",
    "we could use a glossary for {other}", "docs of {other} moved, link in the topic", "cake in the kitchen",
    "retro notes of {other} are up", "{other} meeting is cancelled", "questions about {service}? ask {name}",
    "{service} planning starts at {n}", "error budget review on Monday", "anyone else going to the meetup?",
)  # fmt: skip
ROUTINE = (
    "cpu above 85 % for 5 min", "batch finished late by {n} min", "certificate expires in {n} days",
    "disk above 70 %", "{n} slow queries in 10 min", "health check flapped {n} times", "cache hit below 90 %",
)  # fmt: skip
RESPONSE = (
    "looking at {service} now", "graphs show it since {clock}Z", "restarting one pod to see", "no change yet",
    "who owns the pool settings?", "rolled the flag back, watching", "error share falls, 12 % -> 3 %",
    "status page is up", "still {n} % in the worst minute", "thank you all", "customers are told",
)  # fmt: skip


@dataclass
class Story:
    """One made-up incident while it is told: its rows, and which of them are the planted signals."""

    rng: random.Random
    rows: list[dict[str, Any]] = field(default_factory=list)
    planted: dict[str, str] = field(default_factory=dict)

    def add(self, at: datetime, text: str, **more: Any) -> str:
        """A row; returns its id."""
        event_id = f"e{len(self.rows)}"
        self.rows.append({"event_id": event_id, "time": at, "text": text, "source": "slack"} | more)
        return event_id

    def say(self, at: datetime, place: str, text: str, **more: Any) -> str:
        """What a person writes."""
        name = self.rng.choice(PEOPLE)
        who = {"actor": name, "slack_user_id": f"U{name}", "kind": "message", "place": place}
        stamp = {"slack_channel_id": place, "slack_ts": f"{at.timestamp():.6f}"}
        return self.add(at, text, **(who | stamp | more))

    def post(self, at: datetime, place: str, actor: str, text: str) -> str:
        """What a machine posts."""
        return self.add(at, text, place=place, actor=actor, kind="bot", slack_is_bot=True)

    def deploy(self, at: datetime, service: str, *, on_git: bool) -> tuple[str, list[str]]:
        """A deploy as its tellings: the git server's, if there is one, and the post. Returns the version."""
        version = f"{self.rng.randrange(16**7):07x}"
        told = []
        if on_git:
            git = {"source": "deploy", "place": "shop/platform", "deploy_version": version * 5}
            asked = f"Deployment asked for: main {version} to production: {service}"
            told.append(self.add(at, asked, kind="change", actor=self.rng.choice(PEOPLE), **git))
            began = f"Deployment began: main {version} to production: {service}"
            told.append(self.add(at + timedelta(seconds=4), began, kind="change", actor="runner", **git))
            done = f"Deployed main {version} to production: {service}"
            told.append(self.add(at + timedelta(seconds=90), done, kind="deploy", actor="runner", **git))
        post = f"`{service}` {version} deployed to production by @{self.rng.choice(PEOPLE)}"
        told.append(self.post(at + timedelta(seconds=95), "#deploys", "Porter", post))
        return version, told


def tell(seed: int) -> tuple[Postmortem, dict[str, str]]:
    """The incident of that seed before anybody looked at it, and its planted signals with their kinds."""
    rng = random.Random(seed)  # noqa: S311 - made-up data
    story = Story(rng)
    services = rng.sample(SERVICES, 3)
    others = [service for service in SERVICES if service not in services]
    symptom, early, tellings = rng.choice(FAULTS)
    _noise(story, services, others)
    _plant(story, services, early, tellings)
    _respond(story, services[0], symptom)
    incident = Incident(
        id=f"i{seed}",
        title=f"{services[0]}: {symptom}" if rng.random() < 0.5 else f"Trouble with {services[0]}",
        severity="P1",
        services=tuple(services),
        members=(Member("Incident Commander", "ana", "Uana"),),
        channels=(Channel("inc-updates"), Channel("inc-decisions")),
    )
    events = schema.conform(pd.DataFrame(story.rows), schema.EVENTS)
    events = events.sort_values("time", kind="stable", ignore_index=True)
    tables = {name: schema.empty(table) for name, table in schema.WORKSHEETS.items()}
    worksheet = tables.pop("timeline")
    timeline = build_timeline(events, worksheet)
    evidence = schema.empty(schema.EVIDENCE)
    postmortem = Postmortem(
        incident=incident, evidence=evidence, events=events, worksheet=worksheet, timeline=timeline,
        journal=no_journal(), notes={}, **tables,
    )  # fmt: skip
    return postmortem, story.planted


def _noise(story: Story, services: list[str], others: list[str]) -> None:
    rng = story.rng
    own_routine = [f"[Warning] {service}: {rng.choice(ROUTINE)}" for service in services]
    for day in range(5, -1, -1):
        morning = DETECTED.replace(hour=6, minute=0) - timedelta(days=day)
        busy = timedelta(hours=8 if day == 0 else 12)
        for _ in range(rng.randrange(15, 30)):
            words = {"n": rng.randrange(2, 30), "name": rng.choice(PEOPLE), "service": rng.choice(services)}
            text = rng.choice(CHATTER).format(**words, other=rng.choice(others))
            asked = story.say(morning + busy * rng.random(), rng.choice(("#general", "#team")), text)
            if rng.random() < 0.3:
                _answer(story, asked)
        alerts = [
            f"[Warning] {rng.choice(others)}: {rng.choice(ROUTINE)}" for _ in range(rng.randrange(6, 15))
        ]
        alerts += [text for text in own_routine if rng.random() < 0.8]
        for alert in alerts:
            at = morning + busy * rng.random()
            text = alert.format(n=rng.randrange(2, 30))
            story.post(at, "#alerts", "Watch", text)
            story.post(at + timedelta(minutes=6), "#alerts", "Watch", text.replace("[Warning]", "[Resolved]"))
        for _ in range(rng.randrange(3, 8)):
            service = rng.choice(services if rng.random() < 0.4 else others)
            story.deploy(morning + busy * rng.random() * 0.95, service, on_git=rng.random() < 0.6)


def _plant(story: Story, services: list[str], early: str, tellings: tuple[str, ...]) -> None:
    rng = story.rng
    kinds = rng.sample(("alert", "doubt", "customer", "quiet", "change"), rng.choice((1, 2, 2, 3)))
    for kind in kinds:
        at = DETECTED - timedelta(minutes=rng.uniform(5, 100))
        who, town = rng.choice(WHO)
        words = {"who": who, "town": town, "told": rng.choice(tellings), "service": rng.choice(services)}
        if kind == "alert":
            _plant_alert(story, at, services, early)
        elif kind == "change":
            version, told = story.deploy(at, rng.choice(services), on_git=rng.random() < 0.6)
            story.planted |= dict.fromkeys(told, "change")
            story.say(DETECTED + timedelta(minutes=25), "#inc-updates", f"it is {version}, we take it back")
        else:
            said = {"doubt": DOUBTS, "customer": CUSTOMERS, "quiet": QUIET}[kind]
            event_id = story.say(at, rng.choice(("#general", "#support")), rng.choice(said).format(**words))
            story.planted[event_id] = kind
            if rng.random() < 0.6:
                _answer(story, event_id)
            if kind == "quiet" or rng.random() < 0.3:
                later = DETECTED + timedelta(minutes=rng.uniform(10, 60))
                recall = rng.choice(
                    (
                        f"{who} in {town} had it at {at:%H:%M}Z already, it stands in #general and #support",
                        f"did nobody read what {who} from {town} said an hour ago?",
                    )
                )
                story.say(later, "#inc-updates", recall)


def _plant_alert(story: Story, at: datetime, services: list[str], early: str) -> None:
    text = f"[Notice] {story.rng.choice(services)}: {early}"
    waves = story.rng.choice((1, 1, 2, 3))
    for wave in range(waves):
        when = at - timedelta(minutes=40 * (waves - 1 - wave))
        event_id = story.post(when, "#alerts", "Watch", f"{text}\nValue: {story.rng.randrange(100)}")
        if wave == 0:
            story.planted[event_id] = "alert"
        story.post(when + timedelta(minutes=3), "#alerts", "Watch", text.replace("[Notice]", "[Resolved]"))


def _respond(story: Story, service: str, symptom: str) -> None:
    rng = story.rng
    page = {"source": "pagerduty", "place": service, "actor": service}
    story.add(DETECTED, f"Triggered through the API: {service}: {symptom}", kind="trigger", **page)
    story.add(DETECTED + timedelta(minutes=3), "Acknowledged by bo", kind="ack", **page)
    story.add(DETECTED + timedelta(minutes=80), "Resolved by bo", kind="resolve", **page)
    for number in range(25):
        at = DETECTED + timedelta(minutes=5 + 3 * number)
        words = {"service": service, "clock": f"{at:%H:%M}", "n": rng.randrange(4, 60)}
        story.say(at, "#inc-updates", rng.choice(RESPONSE).format(**words))


def _answer(story: Story, event_id: str) -> None:
    asked = next(row for row in reversed(story.rows) if row["event_id"] == event_id)
    answer = story.rng.choice(("yes", "same here", "no idea", "two like that in my queue", "me", "ask june"))
    at = asked["time"] + timedelta(minutes=story.rng.uniform(1, 9))
    thread = {"kind": "reply", "slack_thread_ts": asked["slack_ts"]}
    story.say(at, asked["place"], answer, **thread)


def measure(incidents: int, first_seed: int) -> tuple[Counter[str], Counter[str], list[str], int]:
    """Planted and found by kind, the misses in words, and of how many incidents all were found."""
    planted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    misses, whole = [], 0
    for seed in range(first_seed, first_seed + incidents):
        postmortem, signals = tell(seed)
        rows = suggest(postmortem)
        top = rows.loc[rows["kind"] == "early signal", ["event_id", "score"]].head(TOP)
        texts = postmortem.events.set_index("event_id")["text"]
        kinds = set(signals.values())
        seen = {signals[event_id] for event_id in top["event_id"] if event_id in signals}
        planted.update(kinds)
        found.update(seen)
        whole += kinds == seen
        for kind in sorted(kinds - seen):
            told = next(texts[event_id] for event_id, name in signals.items() if name == kind)
            first = [f"{row.score} {texts[row.event_id][:70]!r}" for row in top.itertuples()]
            misses.append(f"{seed} {kind}: {told[:100]!r}\n    instead: " + "; ".join(first))
    return planted, found, misses, whole


def main() -> None:
    """Print the share of planted signals in the top three, by kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--incidents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--misses", action="store_true", help="print what was not found")
    asked = parser.parse_args()
    planted, found, misses, whole = measure(asked.incidents, asked.seed)
    for kind in sorted(planted):
        share = found[kind] / planted[kind]
        print(f"{kind:10} {found[kind]:5} of {planted[kind]:5} in the top {TOP}: {share:.1%}")
    total = sum(planted.values())
    print(
        f"{'all':10} {sum(found.values()):5} of {total:5} in the top {TOP}: {sum(found.values()) / total:.1%}"
    )
    print(
        f"incidents  {whole:5} of {asked.incidents:5} with all of them there: {whole / asked.incidents:.1%}"
    )
    if asked.misses:
        print("\n".join(misses))


if __name__ == "__main__":
    main()
