"""Made-up incidents with known early signals among realistic noise, and how high they are suggested.

python benchmarks/signals.py
python benchmarks/signals.py --incidents 1000 --misses
python benchmarks/signals.py --wording tune

Each incident has five days of a team's record: chatter, routine alerts of its own and of other services,
deploys with all their tellings. Before the page one to three early signals are planted: an alert that nobody
was paged for, a doubt, a customer heard by support, the change that began it. Each is told in one of many
ways; a part of the ways has none of the words that pmkit listens for.
"""

from __future__ import annotations

import argparse
import random
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from pmkit import schema
from pmkit.postmortem import Channel, Incident, Member, Postmortem, no_journal
from pmkit.suggestions import suggest
from pmkit.timeline import build_timeline

DETECTED = datetime(2026, 9, 17, 14, 20, tzinfo=UTC)
TOP = 3
WORDINGS = Path(__file__).parent / "wordings"


@dataclass(frozen=True)
class Wording:
    """Ways to tell an incident and the days before it, as one of the files in `wordings` has them."""

    services: list[str]
    people: list[str]
    who: list[tuple[str, str]]
    faults: list[tuple[str, str, list[str]]]  # in title and page, in an alert before, as people tell it
    doubts: list[str]
    customers: list[str]
    quiet: list[str]  # without any word of doubt or failure; only the response shows later what they were
    chatter: list[str]
    desk: list[str]  # ordinary requests of customers
    routine: list[str]
    response: list[str]
    recalls: list[str]
    answers: list[str]
    blames: str
    page: str
    title: str
    warned: list[str]  # and that it is over
    noticed: str
    deployed: str
    machines: list[str]  # that watches, and that deploys
    places: dict[str, Any]


def load_wording(name: str) -> Wording:
    """The wording of that name."""
    return Wording(**tomllib.loads((WORDINGS / f"{name}.toml").read_text(encoding="utf-8")))


@dataclass
class Story:
    """One made-up incident while it is told: its rows, and which of them are the planted signals."""

    rng: random.Random
    words: Wording
    rows: list[dict[str, Any]] = field(default_factory=list)
    planted: dict[str, str] = field(default_factory=dict)

    def add(self, at: datetime, text: str, **more: Any) -> str:
        """A row; returns its id."""
        event_id = f"e{len(self.rows)}"
        self.rows.append({"event_id": event_id, "time": at, "text": text, "source": "slack"} | more)
        return event_id

    def say(self, at: datetime, place: str, text: str, **more: Any) -> str:
        """What a person writes."""
        name = self.rng.choice(self.words.people)
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
            told.append(self.add(at, asked, kind="change", actor=self.rng.choice(self.words.people), **git))
            began = f"Deployment began: main {version} to production: {service}"
            told.append(self.add(at + timedelta(seconds=4), began, kind="change", actor="runner", **git))
            done = f"Deployed main {version} to production: {service}"
            told.append(self.add(at + timedelta(seconds=90), done, kind="deploy", actor="runner", **git))
        post = self.words.deployed.format(
            service=service, version=version, name=self.rng.choice(self.words.people)
        )
        place, actor = self.words.places["deploys"], self.words.machines[1]
        told.append(self.post(at + timedelta(seconds=95), place, actor, post))
        return version, told


def tell(seed: int, words: Wording) -> tuple[Postmortem, dict[str, str]]:
    """The incident of that seed before anybody looked at it, and its planted signals with their kinds."""
    rng = random.Random(seed)  # noqa: S311 - made-up data
    story = Story(rng, words)
    services = rng.sample(words.services, 3)
    others = [service for service in words.services if service not in services]
    symptom, early, tellings = rng.choice(words.faults)
    _noise(story, services, others)
    _plant(story, services, early, tellings)
    _respond(story, services[0], symptom)
    incident = Incident(
        id=f"i{seed}",
        title=f"{services[0]}: {symptom}" if rng.random() < 0.5 else words.title.format(service=services[0]),
        severity="P1",
        services=tuple(services),
        members=(Member("Incident Commander", words.people[0], f"U{words.people[0]}"),),
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
    rng, words, places = story.rng, story.words, story.words.places

    def alert_of(service: str) -> tuple[str, str]:
        return service, rng.choice(words.routine)

    own_routine = [alert_of(service) for service in services]
    for day in range(5, -1, -1):
        morning = DETECTED.replace(hour=6, minute=0) - timedelta(days=day)
        busy = timedelta(hours=8 if day == 0 else 12)
        for _ in range(rng.randrange(15, 30)):
            told = {
                "n": rng.randrange(2, 30),
                "name": rng.choice(words.people),
                "service": rng.choice(services),
            }
            text = rng.choice(words.chatter).format(**told, other=rng.choice(others))
            asked = story.say(morning + busy * rng.random(), rng.choice(places["talk"]), text)
            if rng.random() < 0.3:
                _answer(story, asked)
        for _ in range(rng.randrange(4, 10) if words.desk else 0):
            who, town = rng.choice(words.who)
            told = {"who": who, "town": town, "n": rng.randrange(2, 30), "other": rng.choice(others)}
            text = rng.choice(words.desk).format(**told)
            asked = story.say(morning + busy * rng.random(), places["desk"], text)
            if rng.random() < 0.3:
                _answer(story, asked)
        alerts = [alert_of(rng.choice(others)) for _ in range(rng.randrange(6, 15))]
        alerts += [alert for alert in own_routine if rng.random() < 0.8]
        for service, what in alerts:
            at = morning + busy * rng.random()
            what = what.format(n=rng.randrange(2, 30))  # noqa: PLW2901 - the same number in both
            for minutes, said in zip((0, 6), words.warned, strict=True):
                text = said.format(service=service, what=what)
                story.post(at + timedelta(minutes=minutes), places["alerts"], words.machines[0], text)
        for _ in range(rng.randrange(3, 8)):
            service = rng.choice(services if rng.random() < 0.4 else others)
            story.deploy(morning + busy * rng.random() * 0.95, service, on_git=rng.random() < 0.6)


def _plant(story: Story, services: list[str], early: str, tellings: tuple[str, ...]) -> None:
    rng, ways, places = story.rng, story.words, story.words.places
    kinds = rng.sample(("alert", "doubt", "customer", "quiet", "change"), rng.choice((1, 2, 2, 3)))
    for kind in kinds:
        at = DETECTED - timedelta(minutes=rng.uniform(5, 100))
        who, town = rng.choice(ways.who)
        words = {"who": who, "town": town, "told": rng.choice(tellings), "service": rng.choice(services)}
        if kind == "alert":
            _plant_alert(story, at, services, early)
        elif kind == "change":
            version, told = story.deploy(at, rng.choice(services), on_git=rng.random() < 0.6)
            story.planted |= dict.fromkeys(told, "change")
            story.say(DETECTED + timedelta(minutes=25), "#inc-updates", ways.blames.format(version=version))
        else:
            said = {"doubt": ways.doubts, "customer": ways.customers, "quiet": ways.quiet}[kind]
            place = rng.choice(places["heard"])
            event_id = story.say(at, place, rng.choice(said).format(**words))
            story.planted[event_id] = kind
            if rng.random() < 0.6:
                _answer(story, event_id)
            if kind == "quiet" or rng.random() < 0.3:
                later = DETECTED + timedelta(minutes=rng.uniform(10, 60))
                recall = rng.choice(ways.recalls).format(**words, place=place, clock=f"{at:%H:%M}")
                story.say(later, "#inc-updates", recall)


def _plant_alert(story: Story, at: datetime, services: list[str], early: str) -> None:
    words, place, actor = story.words, story.words.places["alerts"], story.words.machines[0]
    told = {"service": story.rng.choice(services), "what": early}
    text, over = words.noticed.format(**told), words.warned[1].format(**told)
    waves = story.rng.choice((1, 1, 2, 3))
    for wave in range(waves):
        when = at - timedelta(minutes=40 * (waves - 1 - wave))
        event_id = story.post(when, place, actor, f"{text}\nValue: {story.rng.randrange(100)}")
        if wave == 0:
            story.planted[event_id] = "alert"
        story.post(when + timedelta(minutes=3), place, actor, over)


def _respond(story: Story, service: str, symptom: str) -> None:
    rng, said = story.rng, story.words
    page = {"source": "pagerduty", "place": service, "actor": service}
    story.add(DETECTED, said.page.format(service=service, symptom=symptom), kind="trigger", **page)
    story.add(DETECTED + timedelta(minutes=3), "Acknowledged by bo", kind="ack", **page)
    story.add(DETECTED + timedelta(minutes=80), "Resolved by bo", kind="resolve", **page)
    for number in range(25):
        at = DETECTED + timedelta(minutes=5 + 3 * number)
        words = {"service": service, "clock": f"{at:%H:%M}", "n": rng.randrange(4, 60)}
        story.say(at, "#inc-updates", rng.choice(said.response).format(**words))


def _answer(story: Story, event_id: str) -> None:
    asked = next(row for row in reversed(story.rows) if row["event_id"] == event_id)
    answer = story.rng.choice(story.words.answers)
    at = asked["time"] + timedelta(minutes=story.rng.uniform(1, 9))
    thread = {"kind": "reply", "slack_thread_ts": asked["slack_ts"]}
    story.say(at, asked["place"], answer, **thread)


def measure(
    words: Wording, incidents: int, first_seed: int
) -> tuple[Counter[str], Counter[str], list[str], int]:
    """Planted and found by kind, the misses in words, and of how many incidents all were found."""
    planted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    misses, whole = [], 0
    for seed in range(first_seed, first_seed + incidents):
        postmortem, signals = tell(seed, words)
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
    parser.add_argument("--wording", choices=["own", "tune", "held"], default="own")
    parser.add_argument("--misses", action="store_true", help="print what was not found")
    asked = parser.parse_args()
    planted, found, misses, whole = measure(load_wording(asked.wording), asked.incidents, asked.seed)
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
