"""Rebuild the raw evidence of the sample incident `healthcare-outage`: chat, pages, a vendor, wards.

What people wrote stands in `healthcare-outage.story/*.txt`; this script adds the noise of machines, the calls
at the desk, the ids and the true formats. The ward logs were typed from slips of paper: times of New Zealand,
and no zone beside them. Everything is invented; two runs give the same bytes.

    python data/build_healthcare_outage.py [folder]     (default: data/healthcare-outage/evidence)
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from story import slack, statuspage, webhooks
from story.building import anchors, changed, rebuild, write_slack
from story.company import Company, Record, hexes, zulu
from story.files import to_json

HERE = Path(__file__).resolve().parent
EVIDENCE = HERE / "healthcare-outage" / "evidence"
TRUTH = HERE / "healthcare-outage.truth.json"

AUCKLAND = ZoneInfo("Pacific/Auckland")


def morning(clock: str) -> datetime:
    """A time of the morning of the incident in New Zealand, which is the evening before in UTC."""
    return datetime.fromisoformat(f"2026-11-16T{clock}+00:00")


# The clock of the incident; everything else follows from these.
KEY_CHANGED = morning("18:12:04")
FIRST_REFUSAL = morning("18:14:38")
PAGED = morning("18:31:20")
ACKNOWLEDGED = morning("18:33:05")
LAST_ON_PAPER = morning("19:31:00")  # as the first ward log has it
ISLAND_ON_PAPER = morning("19:52:00")  # as the island's log has it, which came later
IMPACT_ENDED = morning("20:18:10")
RESOLVED = morning("20:52:05")
CALLS = 212  # at the desk, from the first refusal to the end of the impact

# handle: real name, display name, title, zone
PEOPLE = {
    "isla": ("Isla Ferncastle", "", "Digital services, duty manager", "Pacific/Auckland"),
    "ravi": ("Ravi Thistlewood", "", "Lead engineer, integration", "Pacific/Auckland"),
    "mele": ("Mele Saltmarsh", "", "Clinical liaison", "Pacific/Auckland"),
    "hugo": ("Hugo Pennyfield", "", "Communications", "Pacific/Auckland"),
    "agnes": ("Agnes Wetherlow", "", "Quality and records", "Pacific/Auckland"),
    "sione": ("Sione Larkspur", "", "Reliability engineer", "Pacific/Auckland"),
    "priya": ("Priya Osterley", "", "Engineer, sign-in", "Pacific/Auckland"),
    "bronagh": ("Bronagh Tull", "", "Service desk, lead", "Pacific/Auckland"),
    "callan": ("Callan Birdsey", "", "Service desk", "Pacific/Auckland"),
    "petra": ("Petra Hollin", "", "Pharmacy informatics", "Pacific/Auckland"),
    "gwyn": ("Gwyn Ashlock", "gwyn", "Ward coordinator, Tarnbrook", "Pacific/Auckland"),
    "tavita": ("Tavita Reyburn", "", "Porters, lead", "Pacific/Auckland"),
    "oona": ("Oona Marchbank", "", "Vendor manager", "Pacific/Auckland"),
    "dilip": ("Dilip Corvane", "", "Network", "Pacific/Auckland"),
    "fleur": ("Fleur Attenby", "fleur :ramen:", "Kitchen", "Pacific/Auckland"),
    "morag": ("Morag Dunlevy", "morag", "Front desk", "Pacific/Auckland"),
    "kelvin": ("Kelvin Otway", "", "IT", "Pacific/Auckland"),
}
# handle: name, app id
BOTS = {
    "morepork": ("Morepork", "A09MOREPRK1"),
    "tannoy": ("Tannoy", "A09TANNOYB2"),
    "pagerduty": ("PagerDuty", "A01PAGERDT3"),
    "kettle": ("Kettle", "A09KETTLEB4"),
}
CHANNELS = {
    "general": ("C09TBGENRL0", "Three sites, one kettle"),
    "alerts": ("C09TBALERT1", "Morepork is awake"),
    "desk": ("C09TBDESKS2", "Calls at the service desk, one line each"),
    "incident-kickoff": ("C0BTBKICKF3", ""),
    "incident-updates": ("C0BTBUPDTS4", ""),
    "incident-decisions": ("C0BTBDECSN5", ""),
    "postmortem-retro": ("C0BTBRETRO6", ""),
}
COMPANY = Company(
    seed="tarnbrook",
    team="T09TARNBRK1",
    domain="tarnbrook-example",
    story=HERE / "healthcare-outage.story",
    exported_at=datetime(2026, 11, 19, 4, 20, 31, tzinfo=UTC),
    people=PEOPLE,
    bots=BOTS,
    channels=CHANNELS,
    monitor="morepork",
    admin="kelvin",
    keeper="morag",
    creators={
        "incident-kickoff": "sione",
        "incident-updates": "sione",
        "incident-decisions": "isla",
        "postmortem-retro": "agnes",
    },
    pins={"incident-kickoff": ("command", "agnes")},
    left={"winifred": "Winifred Oakes"},
    emoji={
        "ramen": "1f35c", "ferry": "26f4-fe0f", "exploding_head": "1f92f", "bulb": "1f4a1",
        "heart": "2764-fe0f", "coffee": "2615", "face_palm": "1f926", "saluting_face": "1fae1",
    },
    file_token="-".join(("xo" + "xe", "9920418866", "30851742296", hexes("tarnbrook export", 32))),
    day_zone=AUCKLAND,
)  # fmt: skip
chance = COMPANY.chance
alert_pair = partial(slack.alert_pair, COMPANY)
app_post = partial(slack.app_post, COMPANY)

# Days of New Zealand, each from its midnight.
DAYS = [datetime(2026, 11, 10, tzinfo=AUCKLAND) + timedelta(days=n) for n in range(10)]


# Machines: #alerts, #desk, #general

# title, unit, usual low and high, how often a day
USUAL_ALERTS = (
    ("lab-results: messages queued above 400", "messages", 402, 1_300, 3),
    ("imaging: transfer slower than 60 s", "s", 61, 190, 3),
    ("bed-board: older than 5 min", "min", 5, 14, 2),
    ("nurse-call: heartbeat missed at Fernleigh", "beats", 2, 6, 2),
    ("print-night: printer does not answer", "printers", 1, 4, 1),
    ("interface-engine: answers slower than 8 s", "s", 8, 21, 3),
    ("sign-in-gateway: sign-ins refused above 40 in 15 min", "", 41, 88, 1),
    ("fridge-watch: vaccine fridge above 7 °C", "°C", 7, 9, 1),
)


def usual_alerts() -> Iterator[Record]:
    """What #alerts is full of: alerts that clear by themselves."""
    for day in DAYS:
        for title, unit, low, high, often in USUAL_ALERTS:
            for n in range(often):
                key = f"usual:{day:%m%d}:{title}:{n}"
                r = chance(key)
                start = day.astimezone(UTC) + timedelta(seconds=r.randrange(1_800, 82_000))
                if KEY_CHANGED - timedelta(hours=1) < start < RESOLVED:
                    start += timedelta(hours=5)
                value = f"{r.randint(low, high):,} {unit}".strip()
                fields = {"Value": value, "Service": title.partition(":")[0]}
                yield from alert_pair(start, r.uniform(2, 25), title, fields, key=key)


WARDS = (
    "4 South", "1 West", "5 North", "3 West", "2 East", "2 West", "6 South", "7 North", "Emergency",
    "Theatre 2", "Fernleigh A", "Fernleigh B", "Fernleigh C", "Fernleigh E", "Day surgery", "Outpatients",
    "Dialysis", "Pharmacy", "Laboratory", "Reception", "Gullhaven",
)  # fmt: skip
USUAL_CALLS = (
    "the label printer prints in italics",
    "password forgotten over the weekend",
    "screen is upside down",
    "phone rings at the wrong bed",
    "cannot find the form for the form",
    "mouse has no tail and no battery",
    "badge left at home",
    "the tube is stuck again",
    "new colleague has no account",
    "it is slow",
    "wants a second screen",
    "clock on the wall is four minutes ahead",
    "scanner beeps, reads nothing",
)
CALLS_OF_THE_MORNING = (
    "card is not read", "cannot sign in to the chart", "signed out and not in again", "password refused",
    "wiped the reader, no change", "results do not open", "is it only us?", "menu asks who I am",
    "day shift cannot get in, night shift can", "where is the paper procedure?", "what do we tell families?",
)  # fmt: skip


def calls() -> Iterator[Record]:
    """What Tannoy writes down of each call: a few a day, and on the morning of the incident all of them."""
    number = 30_410
    for at, ward, about in sorted((*_usual_calls(), *_calls_of_the_morning())):
        number += 1
        yield app_post("tannoy", at, f"Call {number} · {ward} · {about}")


def _usual_calls() -> Iterator[tuple[datetime, str, str]]:
    for day in DAYS:
        for n in range(9 if day.weekday() >= 5 else 24):
            r = chance(f"call:{day:%m%d}:{n}")
            at = day.astimezone(UTC) + timedelta(hours=6, seconds=r.randrange(0, 46_800))
            if not KEY_CHANGED <= at <= IMPACT_ENDED:
                yield at, r.choice(WARDS), r.choice(USUAL_CALLS)


def _calls_of_the_morning() -> Iterator[tuple[datetime, str, str]]:
    """Many in the first hour, fewer once the envelopes are there."""
    span = (IMPACT_ENDED - FIRST_REFUSAL).total_seconds()
    for n in range(CALLS):
        r = chance(f"morning:{n}")
        after = 50 + (span - 60) * ((n + r.uniform(0, 0.9)) / CALLS) ** 1.6
        yield FIRST_REFUSAL + timedelta(seconds=int(after)), r.choice(WARDS), r.choice(CALLS_OF_THE_MORNING)


def kettle() -> Iterator[Record]:
    """A bot in #general that tells who is on call, and that there is tea."""
    for day in DAYS:
        if day.weekday() < 5:
            at = day.replace(hour=10, minute=15).astimezone(UTC)
            yield app_post("kettle", at, "The kettle on level 1 has boiled 🫖")
    for day in DAYS[::7]:
        at = day.replace(hour=8, minute=1).astimezone(UTC)
        yield app_post("kettle", at, "On call this week: Sione Larkspur (platform), Priya Osterley (sign-in)")


BOT_POSTS = {"alerts": usual_alerts, "desk": calls, "general": kettle}


# PagerDuty and the vendor

HOOKED = webhooks.Hooked(
    company=COMPANY,
    incident_id="Q4K7TARNBR1174",
    number=1174,
    key="sign-in-gateway/refused-15m",
    title="sign-in-gateway: sign-ins refused above 1,000 in 15 min",
    service=("PSIGNIN1", "sign-in-gateway"),
    policy=("PEDIGIT1", "Digital services, day and night"),
    on_call="sione",
)
TROSKEL = statuspage.StatusPage(
    company=COMPANY,
    page_id="tr0skel1dpg7",
    name="Troskel ID",
    url="https://status.troskel.example",
    zone="Etc/UTC",
    component="Sign-in, Pacific",
)


# The ward logs: typed from slips of paper, with the time on the wall

HEADER = ("Slip", "Clock", "Ward", "What we saw", "Told by")


def ward_log(name: str, prefix: str) -> tuple[str, dict[str, str], dict[str, int]]:
    """The log as somebody typed it, label → event id, and how many lines have a time or none."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(HEADER)
    labels: dict[str, str] = {}
    counts = {"timed": 0, "no_time": 0}
    for n, line in enumerate(COMPANY.read(name), start=1):
        clock, ward, seen, told_by, *label = (part.strip() for part in line.split(" | "))
        hour, _, minute = clock.partition(":")
        counts["timed" if minute else "no_time"] += 1
        when = f"17/11/2026 {int(hour):02d}:{minute}" if minute else "17/11/2026 ?"
        rows.writerow((f"{prefix}{n:02d}", when, ward, seen, told_by))
        labels |= dict.fromkeys(label, f"table:{prefix}{n:02d}")
    return out.getvalue(), labels, counts


# Writing


def build(folder: Path) -> Record:
    """Write the evidence files into `folder`; returns what is truly in them."""
    messages, named = write_slack(folder, COMPANY, BOT_POSTS)
    hooks, pd_labels = webhooks.read_hooks(HOOKED)
    _write(folder / "pagerduty-webhooks.jsonl", webhooks.to_lines(hooks))
    said, page_labels = statuspage.read_page(TROSKEL, "troskel")
    (folder / "troskel-status.json").write_bytes(to_json(statuspage.to_answer(TROSKEL, said), indent=1))
    wards, ward_labels, ward_counts = ward_log("wards", "S")
    island, island_labels, island_counts = ward_log("island", "G")
    _write(folder / "ward-log.csv", wards)
    _write(folder / "ward-log-gullhaven.csv", island)
    named |= {f"pd_{label}": event_id for label, event_id in pd_labels.items()}
    named |= {f"ward_{label}": event_id for label, event_id in (ward_labels | island_labels).items()}
    named |= page_labels
    counts = {
        "slack_records": {channel: len(posts) for channel, posts in messages.items()},
        "slack_pins": len(COMPANY.pins),
        "pagerduty_records": dict(Counter(hook["event"]["event_type"] for hook in hooks)),
        "statuspage_records": statuspage.count(said),
        "ward_slips": ward_counts,
        "island_slips": island_counts,
    }
    return _truth(messages, counts, named)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _truth(messages: slack.Posts, counts: Record, named: dict[str, str]) -> Record:
    """What a reader of the evidence has to find in it; `named` is label → event id."""
    clock = {
        "impact_started": ("manual:first-refusal", FIRST_REFUSAL),
        "detected": (named["pd_trigger"], PAGED),
        "acknowledged": (named["pd_acknowledged"], ACKNOWLEDGED),
        "mitigated": (named["ward_six_north"], LAST_ON_PAPER),
        "resolved": ("manual:sign-in-back", IMPACT_ENDED),
    }
    return {
        **counts,
        "total": sum(sum(n.values()) for n in counts.values() if isinstance(n, dict)) + counts["slack_pins"],
        "anchors": anchors(clock),
        "true_mitigated": {"event_id": named["ward_island_paper"], "time": zulu(ISLAND_ON_PAPER)},
        "early_signals": [named[label] for label in ("early1", "early2", "ward_first", "ward_island_first")],
        "calls": {"start_at": zulu(FIRST_REFUSAL), "end_at": zulu(IMPACT_ENDED), "count": CALLS},
        "wall_clock": {"zone": str(AUCKLAND), "files": ["ward-log.csv", "ward-log-gullhaven.csv"]},
        "vendor_silent_minutes": 52,
        "stage": STAGE,
        "faults": FAULTS,
        **changed(COMPANY, messages),
        "events": dict(sorted(named.items())),
    }


STAGE = {
    "at": "2026-11-26T01:00:00Z",
    "reached": ["Root cause confirmed", "Action items assigned"],
    "blocked": {
        "Incident intake complete": [
            "impact “Nursing time lost” does not say how it is known",
            "it is said to be reached since 2026-11-19, and the record does not show it",
        ],
        "Postmortem closed": [
            "“Incident intake complete” is not reached",
            "“Release what leaves the core team” has 2 A in the RACI",
            "evidence/ward-log-gullhaven.csv was added after the final retro",
            "question Q4 is open and has no owner",
            "task closure-2 is not done",
            "task closure-3 is not done",
        ],
    },
}
FAULTS = [
    {
        "family": "F6", "table": "checkins", "row": "retro-1", "column": "held_at",
        "what": "The retro was held before the record was complete: the island's ward log came a day later.",
    },
    {
        "family": "F2", "table": "timeline", "row": "table:S47", "column": "mark",
        "what": "Mitigated is the last ward of the first log, 08:31; the island's log says 08:52.",
    },
    {
        "family": "language", "table": "notes", "row": "went-badly.md", "column": "",
        "what": "Blame and hindsight: “should have known”, “failed to”, “obviously”.",
    },
    {
        "family": "language", "table": "factors", "row": "F8", "column": "statement",
        "what": "It judges people by what was known later: “should have noticed”, “careless”.",
    },
    {
        "family": "number", "table": "impact", "row": "Nursing time lost", "column": "basis",
        "what": "95 hours without a word on how they are known.",
    },
    {
        "family": "F1", "table": "questions", "row": "Q4", "column": "owner",
        "what": "The question for the vendor's report is open and nobody asks.",
    },
    {
        "family": "F6", "table": "raci", "row": "Release what leaves the core team Incident Commander",
        "column": "part", "what": "Two roles are accountable for what is released.",
    },
]  # fmt: skip


if __name__ == "__main__":
    rebuild(build, EVIDENCE, TRUTH)
