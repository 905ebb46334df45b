"""Rebuild the raw evidence of the sample incident `saas-outage`: Slack, PagerDuty, deployments and a git log.

What people wrote stands in `saas-outage.story/*.txt`; this script adds the usual noise of machines, the ids
and the true formats. The git server's clock is 97 seconds fast. Everything is invented; two runs give the
same bytes.

    python data/build_saas_outage.py [folder]     (default: data/saas-outage/evidence)
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from story import slack
from story.building import anchors, changed, rebuild, write_pagerduty, write_slack
from story.company import Company, Record, hexes, zulu
from story.files import to_json
from story.pagerduty import Page

HERE = Path(__file__).resolve().parent
EVIDENCE = HERE / "saas-outage" / "evidence"
TRUTH = HERE / "saas-outage.truth.json"

# The clock of the incident; everything else follows from these.
DEPLOYED = datetime(2026, 10, 6, 13, 2, 24, tzinfo=UTC)  # all settings begin their 30 minutes here
FIRST_REFUSAL = datetime(2026, 10, 6, 14, 32, 41, tzinfo=UTC)
PAGED = datetime(2026, 10, 6, 14, 34, 52, tzinfo=UTC)
ACKNOWLEDGED = datetime(2026, 10, 6, 14, 36, 30, tzinfo=UTC)
REFRESH_OFF = datetime(2026, 10, 6, 15, 9, 44, tzinfo=UTC)
ROLLED_BACK = datetime(2026, 10, 6, 15, 28, 52, tzinfo=UTC)
IMPACT_ENDED = datetime(2026, 10, 6, 15, 29, 40, tzinfo=UTC)
RESOLVED = datetime(2026, 10, 6, 15, 52, 10, tzinfo=UTC)
TAKEN = datetime(2026, 10, 7, 12, 0, tzinfo=UTC)  # when the records of the git server were taken
FAST = timedelta(seconds=97)  # by how much the git server's clock is ahead

# handle: real name, display name, title, zone
PEOPLE = {
    "odile": ("Odile Thériault-Boon", "", "Incident manager", "America/Halifax"),
    "callum": ("Callum Nickersby", "", "Lead engineer, platform", "America/Halifax"),
    "sunniva": ("Sunniva Brekkhus", "", "Head of support, Bergen", "Europe/Oslo"),
    "ravindra": ("Ravindra Maheshka", "", "Communications", "America/Toronto"),
    "jolanta": ("Jolanta Wisniek", "", "Reliability engineer", "America/Halifax"),
    "tove": ("Tove Hallgrim", "", "Reliability engineer", "America/Halifax"),
    "nilufar": ("Nilufar Yoldosh", "", "Engineer, databases", "America/Halifax"),
    "bastien": ("Bastien Verlhac", "", "Engineer, sessions", "Europe/Paris"),
    "desmond": ("Desmond Oakpurse", "", "Engineer, web", "America/Halifax"),
    "zeynep": ("Zeynep Alkandur", "", "Engineer, notifications", "America/Halifax"),
    "leif": ("Leif Odegaard-Ruz", "", "Data analyst", "America/Halifax"),
    "amos": ("Amos Pendergraft", "amos :snowflake:", "Customer success", "Europe/Oslo"),
    "imke": ("Imke Dornbusch", "", "Support, Bergen", "Europe/Oslo"),
    "piet": ("Piet Slagboom", "", "Support, Bergen", "Europe/Oslo"),
    "yara": ("Yara Kassouf", "", "Product", "America/Halifax"),
    "mikkel": ("Mikkel Strandgaard", "", "Design", "America/Halifax"),
    "gwen": ("Gwenllian Parry-Uphill", "gwen", "Office", "America/St_Johns"),
    "theo": ("Theo Manikas", "theo", "IT", "America/Halifax"),
}
# handle: name, app id
BOTS = {
    "gannet": ("Gannet", "A07GANNET01"),
    "stevedore": ("Stevedore", "A07STEVEDR2"),
    "pagerduty": ("PagerDuty", "A01PAGERDT3"),
    "bosun": ("Bosun", "A07BOSUNBT4"),
}
CHANNELS = {
    "general": ("C07TWGENRL0", "The mess room"),
    "alerts": ("C07TWALERT1", "Gannet sees, somebody looks"),
    "deploys": ("C07TWDEPLY2", "What Stevedore carries ashore"),
    "incident-kickoff": ("C0ATWKICKF3", ""),
    "incident-updates": ("C0ATWUPDTS4", ""),
    "incident-decisions": ("C0ATWDECSN5", ""),
    "postmortem-retro": ("C0ATWRETRO6", ""),
}
COMPANY = Company(
    seed="tidewheel",
    team="T07TIDEWHL1",
    domain="tidewheel-example",
    story=HERE / "saas-outage.story",
    exported_at=datetime(2026, 10, 7, 17, 58, 5, tzinfo=UTC),
    people=PEOPLE,
    bots=BOTS,
    channels=CHANNELS,
    monitor="gannet",
    admin="theo",
    keeper="gwen",
    creators={
        "incident-kickoff": "tove",
        "incident-updates": "tove",
        "incident-decisions": "odile",
        "postmortem-retro": "jolanta",
    },
    pins={"incident-kickoff": ("command", "odile")},
    left={"harriet": "Harriet Bloor"},
    emoji={
        "relieved": "1f60c", "snowflake": "2744-fe0f", "seedling": "1f331", "turkey": "1f983",
        "fog": "1f32b-fe0f", "ferry": "26f4-fe0f", "maple_leaf": "1f341", "bulb": "1f4a1",
        "heart": "2764-fe0f",
    },
    file_token="-".join(("xo" + "xe", "7751200345", "40817263549", hexes("tidewheel export", 32))),
)  # fmt: skip
chance = COMPANY.chance
alert = partial(slack.alert, COMPANY)
alert_pair = partial(slack.alert_pair, COMPANY)
app_post = partial(slack.app_post, COMPANY)

FIRST_DAY = datetime(2026, 9, 28, tzinfo=UTC)
DAYS = [FIRST_DAY + timedelta(days=n) for n in range(10)]


# Machines: #alerts, #deploys, #general

# title, unit, usual low and high, how often a day
USUAL_ALERTS = (
    ("notify-hub: push provider slower than 2 s", "s", 2, 7, 3),
    ("roster-api: p95 latency above 700 ms", "ms", 704, 1_180, 3),
    ("roster-db: replica lag above 15 s", "s", 16, 52, 2),
    ("calendar-sync: subscriptions refused by the other side above 50/min", "/min", 51, 160, 3),
    ("worker-swaps: queue above 2,000", "swaps", 2_010, 5_900, 2),
    ("pdf-printer: pod restarted", "restarts", 1, 3, 2),
    ("web-app: script errors above 40/min", "/min", 41, 95, 2),
    ("session-gate: sign-ins refused above 60/min", "/min", 61, 140, 1),
)
PODS = 36


def usual_alerts() -> Iterator[Record]:
    """What #alerts is full of: alerts that clear by themselves, and on the day every pod of roster-api."""
    for day in DAYS:
        for title, unit, low, high, often in USUAL_ALERTS:
            for n in range(often - (1 if day.weekday() >= 5 and often > 1 else 0)):
                key = f"usual:{day:%m%d}:{title}:{n}"
                r = chance(key)
                start = day + timedelta(seconds=r.randrange(1_800, 82_000))
                # The afternoon of the incident belongs to the incident.
                if DEPLOYED < start < RESOLVED:
                    start -= timedelta(hours=5)
                fields = {
                    "Value": f"{r.randint(low, high):,} {unit}",
                    "Service": title.partition(":")[0],
                    "Region": r.choice(("ca", "eu", "eu", "both")),
                }
                yield from alert_pair(start, r.uniform(2, 28), title, fields, key=key)
    yield from _storm()


# (minutes after 14:30, refused share in %); straight lines between
_REFUSED = (
    (2, 0.2), (4, 9), (8, 38), (21, 41), (27, 24), (28, 22), (32, 22), (34, 83), (36, 76), (39.5, 74),
    (42, 26), (45, 24), (57, 24), (58, 19), (59, 6), (60, 0.2),
)  # fmt: skip


def refused_share(at: datetime) -> float:
    """The share of requests to roster-api that were refused at a time of the incident, in percent."""
    minutes = (at - datetime(2026, 10, 6, 14, 30, tzinfo=UTC)).total_seconds() / 60
    for (x0, y0), (x1, y1) in itertools.pairwise(_REFUSED):
        if minutes <= x1:
            return max(0.2, y0 + (y1 - y0) * (minutes - x0) / (x1 - x0))
    return _REFUSED[-1][1]


def _storm() -> Iterator[Record]:
    """Every pod of roster-api says for itself what is true of all of them, again and again."""
    for pod in range(1, PODS + 1):
        r = chance(f"pod:{pod}")
        title = f"roster-api: pod {pod} refuses above 5 % of requests"
        fields = {"Service": "roster-api", "Zone": "abc"[pod % 3]}
        at = PAGED + timedelta(seconds=r.randrange(-30, 120))
        for n in itertools.count():
            if at >= ROLLED_BACK:
                break
            share = refused_share(at) * r.uniform(0.9, 1.1)
            yield alert(at, "Warning", title, {"Value": f"{share:.0f} %", **fields}, key=f"{title}:{n}")
            at += timedelta(seconds=r.randrange(420, 620))
        back = IMPACT_ENDED + timedelta(seconds=r.randrange(15, 140))
        yield alert(back, "Resolved", title, {"Value": "0 %", **fields}, key=title)


class Deploy(NamedTuple):
    """One deployment to production; the times are true ones."""

    service: str
    sha: str
    by: str
    subject: str
    merged_at: datetime
    began_at: datetime
    done_at: datetime
    failed: bool = False
    waited: timedelta = timedelta(seconds=2)  # for a runner, or for approvals


SUBJECTS = {
    "roster-api": (
        "Say who agreed to a swap", "Sort shifts that begin in the same minute by name",
        "Refuse a roster with two ends", "Answer 404 for rosters of closed tenants",
        "Paginate the crew list", "Round overtime to the minute, not to the quarter",
        "Allow rosters by week of snow behind a flag", "Log the tenant with every refusal",
        "Drop the second read of the month view", "Count open shifts once",
        "Name the crew in the error", "Read holidays once a day", "Let captains see the night",
    ),
    "notify-hub": (
        "Send one push for ten changes", "Try the second provider after 4 s", "Say the ship's name first",
        "Forget devices that were gone for a year", "Hold messages by tenant", "Quiet hours end at 05:30",
    ),
    "web-app": (
        "Larger type for printing", "Keep the scroll position of the carpet", "Name the empty roster",
        "Show the patience after 400 ms", "Colours for four ferry lines", "Remember the last crew",
        "Fix the arrow that pointed at February",
    ),
    "worker-swaps": (
        "Finish swaps across midnight", "Do not offer a swap with oneself", "Remind both, not one",
        "Expire offers with the shift",
    ),
    "pdf-printer": ("Embed the font for gloves", "Print legends once", "Survive names of 80 letters"),
    "calendar-sync": ("Back off when a calendar says no", "Send moved shifts as moved", "Drop stale feeds"),
    "session-gate": ("Shorter tokens for the kiosk", "New signing key on Sundays", "Sign out everywhere"),
}  # fmt: skip
WRITERS = {
    "roster-api": ("callum", "tove"), "notify-hub": ("zeynep",), "web-app": ("desmond", "mikkel"),
    "worker-swaps": ("tove", "callum"), "pdf-printer": ("desmond",), "calendar-sync": ("zeynep", "leif"),
    "session-gate": ("bastien",),
}  # fmt: skip


@cache
def deploys() -> list[Deploy]:
    """All deployments of the ten days, in their order; those of the incident among them."""
    left = {service: list(subjects) for service, subjects in SUBJECTS.items()}
    found = [*_those_of_the_incident()]
    for day in DAYS:
        for n in range(0 if day.weekday() >= 5 else 3 if day.day in (6, 7) else 4):
            r = chance(f"deploy:{day:%m%d}:{n}")
            began = day + timedelta(hours=12, minutes=20 + 70 * n, seconds=r.randrange(0, 2_700))
            services = [service for service, subjects in left.items() if subjects]
            if day.month == 10:  # on the way back, b04d9aa of 30 September is the one before
                services = [service for service in services if service != "session-gate"]
            service = r.choice(services)
            took = timedelta(seconds=r.randrange(38, 160))
            if PAGED - timedelta(minutes=20) < began < RESOLVED + timedelta(minutes=30):
                began += timedelta(hours=3)
            if began + took > COMPANY.exported_at:
                continue
            merged = began - timedelta(seconds=r.randrange(400, 4_000))
            subject = left[service].pop(0)
            who = r.choice(WRITERS[service])
            failed = f"{day:%m%d}:{n}" == "0930:1"
            sha = hashlib.sha1(f"tidewheel:{service}:{subject}".encode(), usedforsecurity=False).hexdigest()
            found.append(Deploy(service, sha, who, subject, merged, began, began + took, failed))
    return sorted(found, key=lambda deploy: deploy.done_at)


GUILTY = "6e1f0c7" + hexes("settings with the session", 33)
BEFORE_IT = "b04d9aa" + hexes("tokens of the app", 33)


def _those_of_the_incident() -> Iterator[Deploy]:
    keeps = "Keep tenant settings with the session"
    merged = datetime(2026, 10, 6, 11, 47, 30, tzinfo=UTC)
    yield Deploy("session-gate", GUILTY, "bastien", keeps, merged, DEPLOYED - timedelta(seconds=44), DEPLOYED)
    older = datetime(2026, 9, 30, 16, 12, 40, tzinfo=UTC)
    renews = "Renew the app's token a day early"
    merged = older - timedelta(minutes=52, seconds=18)
    yield Deploy("session-gate", BEFORE_IT, "bastien", renews, merged, older - timedelta(seconds=41), older)
    asked = datetime(2026, 10, 6, 15, 23, 40, tzinfo=UTC)
    yield Deploy(
        "session-gate", BEFORE_IT, "bastien", renews, merged, asked, ROLLED_BACK, waited=timedelta(seconds=61)
    )


def deploy_posts() -> Iterator[Record]:
    """What Stevedore says in #deploys: a second or more after the fact, by a clock that is right."""
    for n, deploy in enumerate(deploys()):
        late = timedelta(seconds=chance(f"post:{n}").randrange(1, 5))
        what = f"`{deploy.service}` {deploy.sha[:7]}"
        if deploy.failed:
            yield app_post(
                "stevedore", deploy.done_at + late, f"{what} did not come up, nothing changed :anchor:"
            )
            continue
        said = f"{what} deployed to production (`ca`, `eu`) by @{deploy.by}"
        yield app_post("stevedore", deploy.done_at + late, said)
        well = timedelta(seconds=chance(f"well:{n}").randrange(60, 240))
        healthy = f"{what} healthy after {well.seconds} s :white_check_mark:"
        yield app_post("stevedore", deploy.done_at + late + well, healthy)


def tides() -> Iterator[Record]:
    """A bot in #general that tells the tide, and who is on call."""
    for day in DAYS:
        if day.weekday() < 5:
            r = chance(f"tide:{day:%m%d}")
            high = day + timedelta(hours=r.randrange(13, 20), minutes=r.randrange(60))
            said = (
                f"High water in Halifax at {high - timedelta(hours=3):%H:%M}, {r.randint(14, 21) / 10} m 🌊"
            )
            yield app_post("bosun", day.replace(hour=10, minute=45), said)
    on_call = "On call this week: Tove Hallgrim (platform), Zeynep Alkandur (notifications) :anchor:"
    for day in DAYS[::7]:
        yield app_post("bosun", day.replace(hour=12, minute=1), on_call)


BOT_POSTS = {"alerts": usual_alerts, "deploys": deploy_posts, "general": tides}


# The git server, by its own clock

GIT = "https://git.tidewheel.example"
REPOSITORY = {
    "id": 41, "name": "platform", "full_name": "tidewheel/platform", "private": True,
    "html_url": f"{GIT}/tidewheel/platform", "url": f"{GIT}/api/v3/repos/tidewheel/platform",
    "default_branch": "main",
}  # fmt: skip


def by_its_clock(at: datetime) -> str:
    """A time as the git server wrote it."""
    return zulu(at + FAST)


def deployment_hooks() -> list[Record]:
    """What the server sent about each deployment: that it was asked for, began, and how it ended."""
    found = []
    for n, deploy in enumerate(deploy for deploy in deploys() if deploy.done_at < TAKEN):
        number = 9_120 + n
        api = f"{REPOSITORY['url']}/deployments/{number}"
        deployment = {
            "url": api, "id": number, "task": "deploy", "original_environment": "production",
            "environment": "production", "description": f"{deploy.service}: {deploy.subject}",
            "sha": deploy.sha, "ref": "main", "payload": {"service": deploy.service},
            "creator": {"login": deploy.by, "id": 100 + list(PEOPLE).index(deploy.by), "type": "User"},
            "created_at": by_its_clock(deploy.began_at), "updated_at": by_its_clock(deploy.done_at),
            "statuses_url": f"{api}/statuses", "repository_url": REPOSITORY["url"],
            "transient_environment": False, "production_environment": True,
        }  # fmt: skip
        found.append({"action": "created", "deployment": deployment, "repository": REPOSITORY})
        ended = "failure" if deploy.failed else "success"
        for m, (state, at) in enumerate(
            (("in_progress", deploy.began_at + deploy.waited), (ended, deploy.done_at))
        ):
            status = {
                "url": f"{api}/statuses/{number * 10 + m}", "id": number * 10 + m, "state": state,
                "creator": {"login": "stevedore", "id": 77, "type": "Bot"}, "description": deploy.service,
                "environment": "production",
                "target_url": f"{GIT}/tidewheel/platform/actions/runs/{70_000 + n}",
                "created_at": by_its_clock(at),
                "deployment_url": api, "repository_url": REPOSITORY["url"],
            }  # fmt: skip
            around = {"deployment": deployment, "repository": REPOSITORY}
            found.append({"action": "created", "deployment_status": status, **around})
    return found


SMALL_THINGS = (
    "Update the lock file", "Typo in the runbook of pdf-printer", "Delete a test that tested the mock",
    "Translate “roster” into Nynorsk", "Comment on the 17 in worker-swaps", "Bump the linter",
    "Name the ports of the local stack", "Remove Ferdinand", "Explain the carpet", "Sort imports",
    "Pin the base image", "Raise the coverage of calendar-sync to 81 %", "Document how to hold messages",
    "Draw the session flow", "Move the printer's log", "Less noise from the tide bot",
)  # fmt: skip


def git_log() -> str:
    """`git log --format='%H%x1f%an%x1f%aI%x1f%cI%x1f%s'` of main, the newest first; merged by the server."""
    commits: dict[str, tuple[datetime, str, str]] = {}
    for deploy in deploys():
        commits[deploy.sha] = (deploy.merged_at, deploy.by, deploy.subject)
    for n, subject in enumerate(SMALL_THINGS):
        r = chance(f"small:{subject}")
        day = [day for day in DAYS if day.weekday() < 5][n % 8]
        sha = hashlib.sha1(f"tidewheel:{subject}".encode(), usedforsecurity=False).hexdigest()
        at = day + timedelta(hours=13, seconds=r.randrange(0, 18_000))
        commits[sha] = (at, r.choice(("desmond", "jolanta", "zeynep", "tove", "callum")), subject)
    merged_by_then = [item for item in commits.items() if item[1][0] < TAKEN]
    in_order = sorted(merged_by_then, key=lambda item: item[1][0])
    guilty = [sha for sha, _ in in_order].index(GUILTY)
    lines = []
    for n, (sha, (merged, who, subject)) in enumerate(in_order):
        written = merged - timedelta(seconds=chance(f"written:{sha}").randrange(3_000, 90_000))
        if sha == GUILTY:
            written = datetime(2026, 10, 2, 11, 2, 51, tzinfo=UTC)
        committed = (merged + FAST).isoformat()
        fields = (
            sha, PEOPLE[who][0], written.astimezone(ZoneInfo(PEOPLE[who][3])).isoformat(), committed,
            f"{subject} (#{1184 - guilty + n})",
        )  # fmt: skip
        lines.append("\x1f".join(fields))
    return "\n".join(reversed(lines)) + "\n"


# PagerDuty

PD_TITLE = "roster-db: connection pool exhausted, requests to roster-api fail"


def _pool(waiting: str) -> tuple[str, Record]:
    title = f"roster-db: connection pool exhausted, {int(waiting):,} requests to roster-api wait"
    return title, {
        "pool": "pgpool-a", "in_use": 400, "size": 400, "waiting": int(waiting),
        "runbook": "https://runbooks.example.com/roster-db/pool-exhausted",
        "graph": f"https://graphs.example.com/alert/{hexes(title, 8)}",
    }  # fmt: skip


PAGE = Page(
    company=COMPANY,
    incident_id="Q3H8TIDEWH2291",
    number=2291,
    key="pgpool-a/exhausted",
    title=PD_TITLE,
    alert=_pool,
    source={
        "origin": "gannet-1",
        "class": "saturation",
        "client": "Gannet",
        "client_url": "https://graphs.example.com",
    },
    service=("PRSTDB1", "roster-db"),
    policy=("PEPLAT1", "Platform, day and night"),
    group=("PTPLAT1", "Platform"),
    custom_field={
        "id": "PF0REGN",
        "name": "regions",
        "display_name": "Regions",
        "data_type": "string",
        "field_type": "multi_value_fixed",
    },
    phones={"tove": "+44 7700 900417", "odile": "+44 7700 900680"},
)


# Writing


def build(folder: Path) -> Record:
    """Write the evidence files into `folder`; returns what is truly in them."""
    messages, named = write_slack(folder, COMPANY, BOT_POSTS)
    log, paged = write_pagerduty(folder, PAGE)
    hooks = deployment_hooks()
    (folder / "github-deployment-hooks.json").write_bytes(to_json(hooks, indent=1))
    commits = git_log()
    (folder / "platform-git-log.txt").write_text(commits, encoding="utf-8", newline="\n")
    named |= paged
    named |= _names_of_deploys(hooks, messages)
    counts = {
        "slack_records": {channel: len(posts) for channel, posts in messages.items()},
        "slack_pins": len(COMPANY.pins),
        "pagerduty_records": {**Counter(entry["type"] for entry in log), "incident": 1},
        "deploy_records": {"hooks": len(hooks), "commits": commits.count("\n")},
    }
    return _truth(messages, counts, named)


def _names_of_deploys(hooks: list[Record], messages: slack.Posts) -> dict[str, str]:
    """Label → event id of the two deployments of the incident: by the server, and in #deploys."""
    found = {"commit": f"deploy:git:{GUILTY}"}
    for sha, label in ((GUILTY, "deployed"), (BEFORE_IT, "rollback")):
        ends = [
            hook["deployment_status"]
            for hook in hooks
            if hook["deployment"]["sha"] == sha
            and hook.get("deployment_status", {}).get("state") == "success"
        ]
        found[label] = f"deploy:github:status:{ends[-1]['id']}"
        said = [post for post in messages["deploys"] if f"{sha[:7]} deployed" in post["text"]]
        found[f"{label}_post"] = f"slack:{CHANNELS['deploys'][0]}:{said[-1]['ts']}"
    return found


def _truth(messages: slack.Posts, counts: Record, named: dict[str, str]) -> Record:
    """What a reader of the evidence has to find in it; `named` is label → event id."""
    slack_total = sum(counts["slack_records"].values()) + counts["slack_pins"]
    page = (named["pd_trigger"], PAGED)
    clock = {
        "impact_started": page,
        "detected": page,
        "acknowledged": (named["pd_acknowledged"], ACKNOWLEDGED),
        "mitigated": (named["flag_off"], REFRESH_OFF),
        "resolved": ("manual:back-in-band", IMPACT_ENDED),
    }
    others = sum(sum(counts[name].values()) for name in ("pagerduty_records", "deploy_records"))
    return {
        **counts,
        "total": slack_total + others,
        "anchors": anchors(clock),
        "true_impact_start": {"event_id": named["first_refusal"], "time": zulu(FIRST_REFUSAL)},
        "early_signals": [named["early1"], named["early2"]],
        "clock_skew": {
            "source": "deploy",
            "offset_seconds": -int(FAST.total_seconds()),
            "what": "The git server's clock is 97 s fast; times when commits were written are not its own.",
            "events": [named["rollback"], named["rollback_post"]],
        },
        "storm": {"start_at": zulu(PAGED - timedelta(seconds=30)), "pods": PODS},
        "stage": STAGE,
        "faults": [fault | {"row": fault["row"].format(**named)} for fault in FAULTS],
        **changed(COMPANY, messages),
        "events": dict(sorted(named.items())),
    }


STAGE = {
    "at": "2026-10-08T17:00:00Z",
    "reached": ["Incident intake complete"],
    "blocked": {
        "Root cause confirmed": [
            "factor F1 is not agreed",
            "factor F2 is not agreed",
            "factor F7 is not agreed",
            "no decision is recorded about “root cause”",
        ],
        "Action items assigned": [
            "A2 has no DRI",
            "A2 has no due date",
            "A2 has no issue",
            "no decision is recorded about “actions”",
        ],
    },
}
FAULTS = [
    {
        "family": "F2",
        "table": "timeline",
        "row": "",
        "column": "event_id",
        "what": "The timeline starts at the page; two early signals, 13:32:40 and 14:04:18, are not on it.",
    },
    {
        "family": "F2",
        "table": "timeline",
        "row": "{pd_trigger}",
        "column": "mark",
        "what": "Impact starts at the page, though the first refused request was at 14:32:41.",
    },
    {
        "family": "F4",
        "table": "factors",
        "row": "F1",
        "column": "statement",
        "what": "The drafted root cause repeats the alert's words: a symptom; F2 and F3 lie behind it.",
    },
    {
        "family": "F3",
        "table": "decisions",
        "row": "",
        "column": "decision_id",
        "what": "Nobody decided to switch live refresh off at 15:09:44, the step that mitigated.",
    },
]


if __name__ == "__main__":
    rebuild(build, EVIDENCE, TRUTH)
