"""Rebuild the raw evidence of the sample incident `fintech-degradation`: Slack, PagerDuty, boards and Jira.

What people wrote stands in `fintech-degradation.story/*.txt`; this script adds the noise and the numbers of
machines, the ids and the true formats. Lisbon's clock goes back at 01:00 UTC, so that one hour of the night
stands twice on every wall there. Everything is invented; two runs give the same bytes.

    python data/build_fintech_degradation.py [folder]     (default: data/fintech-degradation/evidence)
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from story import jira, slack
from story.building import anchors, changed, rebuild, write_pagerduty, write_slack
from story.company import Company, Record, hexes, zulu
from story.files import to_json
from story.pagerduty import Page

HERE = Path(__file__).resolve().parent
EVIDENCE = HERE / "fintech-degradation" / "evidence"
TRUTH = HERE / "fintech-degradation.truth.json"

LISBON = ZoneInfo("Europe/Lisbon")
SINGAPORE = ZoneInfo("Asia/Singapore")


def night(clock: str) -> datetime:
    """A time of the night of the incident, in UTC."""
    return datetime.fromisoformat(f"2026-10-25T{clock}+00:00")


# The clock of the incident; everything else follows from these.
CLOCK_BACK = night("01:00:00")
FIRST_UNBOOKED = night("01:01:02")
PAGED = night("01:19:40")
ACKNOWLEDGED = night("01:21:15")
RETRIES_OFF = night("01:42:48")
FIRST_BOOKED = night("02:01:02")
REBOOKING = (night("04:19:40"), night("04:31:00"), night("05:04:40"))  # ten batches, then fifty
RETRIES_ON = night("05:05:44")
DRAINED = night("05:12:10")
BOOKS_AGREE = night("05:12:44")
RESOLVED = night("05:31:05")
WAITED = {"iberia": 4_303, "singapore": 26_905}  # payments, 31,208 together

# handle: real name, display name, title, zone
PEOPLE = {
    "duarte": ("Duarte Pestana-Rolo", "duarte", "Incident manager", "Europe/Lisbon"),
    "joyce": ("Joyce Teo-Lindqvist", "joyce", "Incident manager, Singapore", "Asia/Singapore"),
    "leonor": ("Leonor Brandim", "leonor", "Lead engineer, ledger", "Europe/Lisbon"),
    "vasco": ("Vasco Tremoceiro", "vasco", "Engineer, payments", "Europe/Lisbon"),
    "matilde": ("Matilde Caramujo", "matilde", "Reliability engineer", "Europe/Lisbon"),
    "tomas": ("Tomás Galhardo-Vim", "", "Engineer, cards", "Europe/Lisbon"),
    "arjun": ("Arjun Vellapandi", "arjun", "Engineer, ledger, Singapore", "Asia/Singapore"),
    "hafiz": ("Hafiz Rahmanto", "hafiz", "Reliability engineer, Singapore", "Asia/Singapore"),
    "shufen": ("Shufen Quek-Amaral", "shufen", "Head of support", "Asia/Singapore"),
    "noor": ("Noor Azlinda", "noor", "Support, Singapore", "Asia/Singapore"),
    "filipa": ("Filipa Sardoal", "filipa", "Communications", "Europe/Lisbon"),
    "ines": ("Inês Cotovia", "inês", "Risk officer", "Europe/Lisbon"),
    "teresa": ("Teresa Alvanel", "teresa", "Finance, reconciliation", "Europe/Lisbon"),
    "beatriz": ("Beatriz Nóvoa", "beatriz", "Data analyst", "Europe/Lisbon"),
    "carmo": ("Carmo Figueiral", "carmo", "Product", "Europe/Lisbon"),
    "kit": ("Kit Ong-Moreira", "kit :lemon:", "Design", "Asia/Singapore"),
    "gil": ("Gil Papoila", "gil", "Office, Lisbon", "Europe/Lisbon"),
    "rui": ("Rui Macieira", "rui", "IT", "Europe/Lisbon"),
}
# handle: name, app id
BOTS = {
    "vigia": ("Vigia", "A08VIGIABT1"),
    "carteiro": ("Carteiro", "A08CARTEIR2"),
    "pagerduty": ("PagerDuty", "A01PAGERDT3"),
    "sineta": ("Sineta", "A08SINETAB4"),
}
CHANNELS = {
    "general": ("C08LMGENRL0", "Under the lemon tree"),
    "alerts": ("C08LMALERT1", "What Vigia sees, what Carteiro delivers"),
    "incident-kickoff": ("C0ALMKICKF2", ""),
    "incident-updates": ("C0ALMUPDTS3", ""),
    "incident-decisions": ("C0ALMDECSN4", ""),
    "postmortem-retro": ("C0ALMRETRO5", ""),
}
COMPANY = Company(
    seed="limoeiro",
    team="T08LIMOEIR1",
    domain="limoeiro-example",
    story=HERE / "fintech-degradation.story",
    exported_at=datetime(2026, 10, 27, 17, 40, 12, tzinfo=UTC),
    people=PEOPLE,
    bots=BOTS,
    channels=CHANNELS,
    monitor="vigia",
    admin="rui",
    keeper="gil",
    creators={
        "incident-kickoff": "matilde",
        "incident-updates": "matilde",
        "incident-decisions": "joyce",
        "postmortem-retro": "hafiz",
    },
    pins={"incident-kickoff": ("command", "hafiz")},
    left={"henrique": "Henrique Salgado"},
    emoji={
        "lemon": "1f34b", "bread": "1f35e", "exploding_head": "1f92f", "relieved": "1f60c",
        "bulb": "1f4a1", "heart": "2764-fe0f", "face_with_hand_over_mouth": "1f92d",
    },
    file_token="-".join(("xo" + "xe", "8840155120", "50927364418", hexes("limoeiro export", 32))),
    day_zone=LISBON,
)  # fmt: skip
chance = COMPANY.chance
alert = partial(slack.alert, COMPANY)
alert_pair = partial(slack.alert_pair, COMPANY)
app_post = partial(slack.app_post, COMPANY)

DAYS = [datetime(2026, 10, 19, tzinfo=UTC) + timedelta(days=n) for n in range(9)]


# Machines: #alerts, #general

# title, unit, usual low and high, how often a day
USUAL_ALERTS = (
    ("card-auth: p95 above 900 ms", "ms", 904, 1_900, 2),
    ("pay-out: scheme answers slower than 5 s", "s", 5, 12, 3),
    ("pay-in: webhooks of the other bank late", "min", 2, 9, 2),
    ("ledger: readers above 70 %", "%", 70, 79, 2),
    ("kyc-desk: queue above 150", "cases", 151, 320, 2),
    ("fx-quote: price older than 30 s", "s", 31, 88, 2),
    ("app-login: codes refused above 40/min", "/min", 41, 130, 1),
)
RELEASED = ("pay-out", "card-auth", "app-login", "envelopes", "fx-quote", "kyc-desk", "letters")


def usual_alerts() -> Iterator[Record]:
    """What #alerts is full of: alerts that clear by themselves, releases, and the night of the incident."""
    for day in DAYS:
        yield from _usual_day(day)
        yield from _usual_releases(day)
    yield from _pending_burst()


def _is_of_the_night(at: datetime) -> bool:
    """The night of the incident belongs to the incident."""
    return CLOCK_BACK - timedelta(hours=1) < at < RESOLVED


def _usual_day(day: datetime) -> Iterator[Record]:
    for title, unit, low, high, often in USUAL_ALERTS:
        for n in range(often - (1 if day.weekday() >= 5 and often > 1 else 0)):
            key = f"usual:{day:%m%d}:{title}:{n}"
            r = chance(key)
            start = day + timedelta(seconds=r.randrange(1_800, 82_000))
            if _is_of_the_night(start):
                start += timedelta(hours=7)
            fields = {
                "Value": f"{r.randint(low, high):,} {unit}",
                "Service": title.partition(":")[0],
                "Region": r.choice(("iberia", "singapore", "both")),
            }
            yield from alert_pair(start, r.uniform(2, 25), title, fields, key=key)


def _usual_releases(day: datetime) -> Iterator[Record]:
    if day.weekday() >= 5:
        return
    for n in range(4):
        r = chance(f"release:{day:%m%d}:{n}")
        at = day + timedelta(hours=7, seconds=r.randrange(0, 32_000))
        what = f"`{r.choice(RELEASED)}` {hexes(f'build:{day:%m%d}:{n}', 7)}"
        yield app_post("carteiro", at, f"{what} delivered to production (`iberia`, `singapore`)")
        took = timedelta(seconds=r.randrange(60, 300))
        yield app_post("carteiro", at + took, f"{what} healthy after {took.seconds} s :white_check_mark:")


def _pending_burst() -> Iterator[Record]:
    """The pending payments of each region after the page, again and again until they are sent."""
    title = "pay-out: pending above 500 in {}"
    for region in WAITED:
        said = title.format(region)
        for n in itertools.count():
            at = PAGED + timedelta(minutes=8 * n + 2, seconds=chance(f"{said}:{n}").randrange(50))
            if at > RETRIES_ON:
                break
            waiting = pending(region, at)
            if waiting > 500:
                fields = {"Value": f"{waiting:,}", "Service": "pay-out", "Region": region}
                yield alert(at, "Warning", said, fields, key=f"{said}:{n}")
        fields = {"Value": "0", "Service": "pay-out", "Region": region}
        back = DRAINED + timedelta(seconds=chance(said).randrange(5, 60))
        yield alert(back, "Resolved", said, fields, key=said)


def bells() -> Iterator[Record]:
    """A bot in #general that tells both clocks, every working day."""
    for day in DAYS:
        if day.weekday() < 5:
            at = day.replace(hour=8)
            there, here = at.astimezone(SINGAPORE), at.astimezone(LISBON)
            yield app_post("sineta", at, f"Lisbon {here:%H:%M} · Singapore {there:%H:%M} 🔔")
    for day in DAYS[::7]:
        on_call = "On call this week: Matilde Caramujo (Lisbon), Hafiz Rahmanto (Singapore) 📟"
        yield app_post("sineta", day.replace(hour=8, minute=1), on_call)


BOT_POSTS = {"alerts": usual_alerts, "general": bells}


# The boards: a sample every five minutes, from two hours before the first unbooked batch

STEP = timedelta(minutes=5)
SAMPLES = [night("00:00:00") - timedelta(hours=1) + STEP * n for n in range(85)]


def along(points: tuple[tuple[str, float], ...]) -> Callable[[datetime], float]:
    """A curve of straight lines through points of the night, level before the first and after the last."""
    known = [(night(clock), value) for clock, value in points]

    def value_at(at: datetime) -> float:
        for (start, low), (end, high) in itertools.pairwise(known):
            if start <= at <= end:
                return low + (high - low) * ((at - start) / (end - start))
        return known[0][1] if at < known[0][0] else known[-1][1]

    return value_at


_waiting_share = along((
    ("01:01:02", 0), ("01:24:10", 0.385), ("02:01:02", 1), ("05:05:44", 1), ("05:12:10", 0),
))  # fmt: skip
_questions = along((
    ("01:01:02", 1_900), ("01:20:00", 16_000), ("01:36:20", 34_000), ("01:42:48", 41_000), ("01:42:49", 0),
    ("05:05:44", 0), ("05:06:40", 5_000), ("05:12:10", 5_000), ("05:13:00", 1_700),
))  # fmt: skip
_card_p95 = along((
    ("01:05:00", 0.41), ("01:13:20", 0.7), ("01:20:00", 1.4), ("01:30:40", 2.9), ("01:36:20", 3.9),
    ("01:40:50", 4.8), ("01:42:48", 4.6), ("01:44:00", 0.6), ("02:10:00", 0.44),
))  # fmt: skip


def pending(region: str, at: datetime) -> int:
    """Payments that wait for their debit."""
    return round(WAITED[region] * _waiting_share(at))


def _acknowledged() -> Iterator[tuple[datetime, bool]]:
    """When each batch of the night was acknowledged, and whether it was booked then."""
    at = SAMPLES[0] - STEP + timedelta(seconds=2)
    while at <= SAMPLES[-1]:
        yield at, not FIRST_UNBOOKED <= at < FIRST_BOOKED
        at += timedelta(minutes=1)


def _rebooked() -> Iterator[datetime]:
    first, second, last = REBOOKING
    yield from (first + (second - first) * n / 10 for n in range(10))
    yield from (second + (last - second) * (n + 1) / 50 for n in range(50))


def ledger_board() -> Iterator[tuple[datetime, int, int, float]]:
    """Time, batches booked and acknowledged in the five minutes before it, p95 of card authorization."""
    batches = list(_acknowledged())
    booked = [at for at, is_booked in batches if is_booked] + list(_rebooked())
    for end in SAMPLES:
        r = chance(f"board:{end}")
        of_these = [at for at in booked if end - STEP < at <= end]
        acknowledged = [at for at, _ in batches if end - STEP < at <= end]
        yield end, len(of_these), len(acknowledged), _card_p95(end) * r.uniform(0.96, 1.04)


def _seconds(value: float) -> str:
    """As the board writes it."""
    return f"{value:.1f} s" if value >= 1 else f"{round(value * 1000)} ms"


def grafana(zone: ZoneInfo, *, whole: bool) -> str:
    """The panel's data as a browser in `zone` saves it: times without a zone, numbers with units."""
    lines = ['"Time","booked","acknowledged","card-auth p95"' if whole else '"Time","booked"']
    for at, booked, acknowledged, p95 in ledger_board():
        local = f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        more = f",{acknowledged},{_seconds(p95)}" if whole else ""
        lines.append(f"{local},{booked}{more}")
    return "\n".join(lines) + "\n"


def prometheus() -> Record:
    """The answer to a range query for what waits and what asks."""
    series: list[Record] = [
        _matrix({"__name__": "pay_out_pending", "job": "pay-out", "region": region}, partial(pending, region))
        for region in WAITED
    ]
    asked = {"__name__": "ledger_questions_per_minute", "asker": "pay-out", "job": "ledger"}
    series.append(_matrix(asked, lambda at: round(_questions(at))))
    return {"status": "success", "data": {"resultType": "matrix", "result": series}}


def _matrix(labels: dict[str, str], value_at: Callable[[datetime], int]) -> Record:
    values = []
    for at in SAMPLES:
        value = value_at(at)
        if 0 < value < 5_000 and "region" not in labels:
            value = round(value * chance(f"{labels}:{at}").uniform(0.93, 1.07))
        values.append([int(at.timestamp()), str(value)])
    return {"metric": labels, "values": values}


# PagerDuty

PD_TITLE = "pay-out: payments pending longer than 15 min above 200"


def _waiting(count: str) -> tuple[str, Record]:
    title = f"pay-out: {int(count):,} payments pending longer than 15 min (threshold 200)"
    return title, {
        "value": int(count), "threshold": 200, "for": "4m", "regions": "iberia, singapore",
        "runbook": "https://runbooks.example.com/pay-out/pending",
        "graph": f"https://graphs.example.com/alert/{hexes(title, 8)}",
    }  # fmt: skip


PAGE = Page(
    company=COMPANY,
    incident_id="Q2L9LIMOEI0588",
    number=588,
    key="pay-out/pending-15m",
    title=PD_TITLE,
    alert=_waiting,
    source={
        "origin": "vigia-2",
        "class": "latency",
        "client": "Vigia",
        "client_url": "https://graphs.example.com",
    },
    service=("PPAYOUT1", "pay-out"),
    policy=("PEPAYM1", "Payments, both cities"),
    group=("PTPAYM1", "Payments"),
    custom_field={
        "id": "PF0REGN",
        "name": "regions",
        "display_name": "Regions",
        "data_type": "string",
        "field_type": "multi_value_fixed",
    },
    phones={
        "matilde": "+44 7700 900233",
        "leonor": "+44 7700 900455",
        "duarte": "+44 7700 900716",
        "ines": "+44 7700 900894",
    },
)


# Jira

PROJECTS = {
    "LEDG": "Ledger", "PAY": "Payments", "OPS": "Operations", "RISK": "Risk", "CARE": "Customer care",
}  # fmt: skip


# Writing


def build(folder: Path) -> Record:
    """Write the evidence files into `folder`; returns what is truly in them."""
    messages, named = write_slack(folder, COMPANY, BOT_POSTS)
    log, paged = write_pagerduty(folder, PAGE)
    issues, jira_labels = jira.read_issues(COMPANY, PROJECTS)
    (folder / "jira-issues.json").write_bytes(to_json(jira.to_search(issues), indent=1))
    (folder / "prometheus-pay-out.json").write_bytes(to_json(prometheus(), indent=None))
    for name, zone, whole in (("lisbon", LISBON, False), ("singapore", SINGAPORE, True)):
        board = grafana(zone, whole=whole)
        (folder / f"grafana-ledger-{name}.csv").write_text(board, encoding="utf-8", newline="\n")
    named |= paged
    named |= {f"jira_{label}": event_id for label, event_id in jira_labels.items()}
    counts = {
        "slack_records": {channel: len(posts) for channel, posts in messages.items()},
        "slack_pins": len(COMPANY.pins),
        "pagerduty_records": {**Counter(entry["type"] for entry in log), "incident": 1},
        "jira_records": jira.count(issues),
        "monitoring_samples": {"prometheus": 3 * len(SAMPLES), "singapore": 3 * len(SAMPLES)},
        "monitoring_lines_of_lisbon": {"told": len(SAMPLES) - 24, "twice": 24},
    }
    return _truth(messages, counts, named)


def _truth(messages: slack.Posts, counts: Record, named: dict[str, str]) -> Record:
    """What a reader of the evidence has to find in it; `named` is label → event id."""
    clock = {
        "impact_started": ("manual:first-unbooked-batch", FIRST_UNBOOKED),
        "detected": (named["pd_trigger"], PAGED),
        "acknowledged": (named["pd_acknowledged"], ACKNOWLEDGED),
        "mitigated": ("manual:first-booked-batch", FIRST_BOOKED),
        "resolved": ("manual:books-agree", BOOKS_AGREE),
    }
    return {
        **counts,
        "total": sum(sum(n.values()) for n in counts.values() if isinstance(n, dict)) + counts["slack_pins"],
        "anchors": anchors(clock),
        "early_signals": [named["early1"], named["early2"]],
        "hour_twice": {
            "zone": str(LISBON),
            "first_at": zulu(CLOCK_BACK - timedelta(hours=1)),
            "second_at": zulu(CLOCK_BACK),
            "file": "grafana-ledger-lisbon.csv",
            "lines": counts["monitoring_lines_of_lisbon"]["twice"],
        },
        "handover": {"event_id": named["handover"], "from": "Europe/Lisbon", "to": "Asia/Singapore"},
        "decided_in_updates": [named[label] for label in SPOKEN],
        "stage": STAGE,
        "faults": FAULTS,
        **changed(COMPANY, messages),
        "events": dict(sorted(named.items())),
    }


# Messages of #incident-updates that decide and stand in no row of the decisions.
SPOKEN = ("pause", "limit_yes", "wait", "rebook", "resume", "limit_off")
STAGE = {
    "at": "2026-10-29T17:00:00Z",
    "reached": ["Incident intake complete", "Root cause confirmed"],
    "blocked": {
        "Action items assigned": [
            "A2, DRI “Payments team”: names a group; one person answers for it",
            "A3, DRI “TBD”: names nobody",
            "A3 has no due date",
            "A3 has no issue",
            "A5, DRI “Henrique Salgado”: is not known to take part",
            "no decision is recorded about “actions”",
        ],
    },
}
FAULTS = [
    {
        "family": "F3", "table": "decisions", "row": "", "column": "decision_id",
        "what": "Six decisions of the night were spoken in #incident-updates alone; the table has only the"
        " handover.",
    },
    {
        "family": "F1", "table": "actions", "row": "A2", "column": "dri",
        "what": "A group is named, nobody answers for it.",
    },
    {"family": "F1", "table": "actions", "row": "A3", "column": "dri", "what": "“TBD” is nobody."},
    {
        "family": "F1", "table": "actions", "row": "A5", "column": "dri",
        "what": "A person who left; the issue took the name from its component.",
    },
    {
        "family": "F5", "table": "actions", "row": "A3", "column": "action",
        "what": "“Improve monitoring of the ledger” is too broad, and nothing says when it is done.",
    },
    {"family": "F1", "table": "actions", "row": "A3", "column": "due_on", "what": "There is no due date."},
    {
        "family": "F1", "table": "actions", "row": "A4", "column": "due_on",
        "what": "1 December is a public holiday in Portugal.",
    },
    {
        "family": "number", "table": "notes", "row": "impact.md", "column": "",
        "what": "“5 hours and 11 minutes” counts from the first 01:01 of the night; from the second, in which"
        " it began, it is 4 h 11 min 42 s.",
    },
]  # fmt: skip


if __name__ == "__main__":
    rebuild(build, EVIDENCE, TRUTH)
