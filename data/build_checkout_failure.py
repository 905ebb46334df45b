"""Rebuild the raw evidence of the sample incident `checkout-failure`: a Slack export and PagerDuty JSON.

What people wrote stands in `checkout-failure.story/*.txt`; this script adds the usual noise of machines, the
ids and the true formats. Everything is invented; two runs give the same bytes.

    python data/build_checkout_failure.py [folder]     (default: data/checkout-failure/evidence)
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from story import slack
from story.building import anchors, changed, rebuild, write_pagerduty, write_slack
from story.company import Company, Record, hexes, zulu
from story.pagerduty import Page

HERE = Path(__file__).resolve().parent
EVIDENCE = HERE / "checkout-failure" / "evidence"
TRUTH = HERE / "checkout-failure.truth.json"

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
PASTED_TOKEN = "".join(("mf", "adm", "_live_", hexes("pasted", 20), hexes("token", 12)))
COMPANY = Company(
    seed="marlow-finch",
    team="T05MARLOW01",
    domain="marlow-finch-example",
    story=HERE / "checkout-failure.story",
    exported_at=datetime(2026, 11, 9, 18, 4, 12, tzinfo=UTC),
    people=PEOPLE,
    bots=BOTS,
    channels=CHANNELS,
    monitor="lantern",
    admin="sipho",
    keeper="sanna",
    creators={
        "incident-kickoff": "sanna",
        "incident-updates": "sanna",
        "incident-decisions": "ngozi",
        "postmortem-retro": "rafael",
    },
    pins={"incident-kickoff": ("command", "ngozi")},
    left={"olof": "Olof Bergqvist"},
    secrets={"token": PASTED_TOKEN},
    file_token="-".join(("xo" + "xe", "5551200345", "90817263545", hexes("export", 32))),
)
chance = COMPANY.chance
alert = partial(slack.alert, COMPANY)
alert_pair = partial(slack.alert_pair, COMPANY)
app_post = partial(slack.app_post, COMPANY)


# Machines: #alerts, and a few posts elsewhere

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
            key = f"{day:%m%d}:{title}:{n}"
            yield from alert_pair(start, r.uniform(2, 34), title, fields, key=key)


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
        yield from alert_pair(at, r.uniform(3, 9), title, fields, key=f"sale:{day:%m%d}:{n}")
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
        title = "payments-gateway: authorize p50 in jp above 2.2 s"
        yield alert(at, "Notice", title, fields, key=f"3ds:{n}")


def _holds_burst() -> Iterator[Record]:
    """The holds warning of both pools, again and again until the jobs have run."""
    title = "stock-reservation: open holds above 1,500 in KIX1"
    for n in range(1, 49):
        holds = _kix_holds(2 * n)
        fields = {"Value": f"{holds:,} holds", "Service": "stock-reservation", "Pool": "KIX1"}
        state = "Warning" if holds > 1_500 else "Resolved"
        yield alert(HOLDS_GROW + timedelta(minutes=2 * n), state, title, fields, key=f"holds:{n}")
    title = "stock-reservation: open holds above 500 in DXB2"
    for n in range(32):
        at = HOLDS_GROW + timedelta(minutes=9 + 3 * n, seconds=20)
        drained = at > DXB2_RELEASED
        holds = 118 if drained else 507 + 46 * min(n, 20)
        fields = {"Value": f"{holds:,} holds", "Service": "stock-reservation", "Pool": "DXB2"}
        state = "Resolved" if drained else "Warning"
        yield alert(at, state, title, fields, key=f"holds:dxb:{n}")


def _sold_out_burst() -> Iterator[Record]:
    """Thirty articles follow the teapot to zero, and all come back while the job runs."""
    fields = {"Value": "0", "Service": "stock-reservation", "Pool": "KIX1", "Badge": "SOLD OUT 🏷️"}
    for n, article in enumerate(ARTICLES):
        r = chance(f"sku:{article}")
        sku = f"{article[:2].upper()}-{r.randrange(1000, 1999)} {article}"
        gone = HOLDS_GROW + timedelta(minutes=10 + n * 1.7, seconds=r.randrange(0, 90))
        title = f"stock-reservation: {sku} availability 0 in KIX1"
        yield alert(gone, "Notice", title, fields, key=f"sku:{sku}")
    for n, article in enumerate(("teapot", *ARTICLES)):
        r = chance(f"sku:{article}")
        sku = (
            "AR-1207 Arita teapot" if n == 0 else f"{article[:2].upper()}-{r.randrange(1000, 1999)} {article}"
        )
        back = KIX1_RELEASED - timedelta(seconds=r.randrange(10, 260))
        value = "931" if n == 0 else str(r.randrange(40, 420))
        again = {"Value": value, "Service": "stock-reservation", "Pool": "KIX1"}
        title = f"stock-reservation: {sku} availability 0 in KIX1"
        yield alert(back, "Resolved", title, again, key=f"sku:{sku}")


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

PD_TITLE = "payments-gateway: authorizations without an order above 200 in 15 min"


def _reconciler(count: str) -> tuple[str, Record]:
    title = f"payments-gateway: {count} authorizations without an order in 15 min (threshold 200)"
    return title, {
        "check": "reconciler", "value": int(count), "threshold": 200, "window": "15m",
        "storefronts": "jp, mea",
        "runbook": "https://runbooks.example.com/payments/orphaned-authorizations",
        "graph": f"https://graphs.example.com/alert/{hexes(title, 8)}",
    }  # fmt: skip


PAGE = Page(
    company=COMPANY,
    incident_id="Q1T7MARLOW4127",
    number=4127,
    key="reconciler/payments-gateway",
    title=PD_TITLE,
    alert=_reconciler,
    source={
        "origin": "reconciler-0",
        "class": "money",
        "client": "Lantern",
        "client_url": "https://graphs.example.com",
    },
    service=("PGATEW1", "payments-gateway"),
    policy=("PEPAY01", "Payments, day and night"),
    group=("PTPAY01", "Payments"),
    custom_field={
        "id": "PF0STORE",
        "name": "storefronts",
        "display_name": "Storefronts",
        "data_type": "string",
        "field_type": "multi_value_fixed",
    },
    phones={
        "dario": "+44 7700 900118",
        "sanna": "+44 7700 900342",
        "ngozi": "+44 7700 900571",
        "kwabena": "+44 7700 900026",
    },
)


# Writing


def build(folder: Path) -> Record:
    """Write the evidence files into `folder`; returns what is truly in them."""
    messages, named = write_slack(folder, COMPANY, BOT_POSTS)
    log, paged = write_pagerduty(folder, PAGE)
    named |= paged
    return _truth(messages, log, named)


def _truth(messages: slack.Posts, log: list[Record], named: dict[str, str]) -> Record:
    """What a reader of the evidence has to find in it; `named` is label → event id."""
    per_channel = {channel: len(posts) for channel, posts in messages.items()}
    per_type = dict(sorted(Counter(entry["type"] for entry in log).items()))
    clock = {
        "impact_started": ("manual:first-exhausted-cart", IMPACT_STARTED),
        "detected": (named["pd_trigger"], OPENED),
        "acknowledged": (named["pd_acknowledged"], ACKNOWLEDGED),
        "mitigated": (named["kix_done"], KIX1_RELEASED),
        "resolved": ("manual:back-in-band", IMPACT_ENDED),
    }
    return {
        "slack_records": per_channel,
        "slack_pins": len(COMPANY.pins),
        "slack_total": sum(per_channel.values()) + len(COMPANY.pins),
        "pagerduty_records": {**per_type, "incident": 1},
        "pagerduty_total": len(log) + 1,
        "total": sum(per_channel.values()) + len(COMPANY.pins) + len(log) + 1,
        "anchors": anchors(clock),
        "pagerduty_incident": {
            "event_id": f"pd:incident:{PAGE.incident_id}",
            "opened_at": zulu(OPENED),
            "resolved_at": zulu(RESOLVED),
        },
        "early_signals": [named["early1"], named["early2"]],
        "stage": STAGE,
        **changed(COMPANY, messages),
        "secrets": {"pasted": 1, "file_urls": 2 * slack.count_files(messages)},
        "events": dict(sorted(named.items())),
    }


STAGE = {
    "at": "2026-11-10T16:00:00Z",
    "reached": [
        "Incident intake complete",
        "Root cause confirmed",
        "Action items assigned",
        "Postmortem closed",
    ],
    "blocked": {},
}


if __name__ == "__main__":
    rebuild(build, EVIDENCE, TRUTH)
