"""The finished sample incidents in `data/`: their tables, their evidence, and what the two say together."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
import zipfile
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pmkit import schema
from pmkit.template import NOTES
from pmkit.workspace import Workspace

DATA = Path(__file__).parents[1] / "data"
SAMPLES = sorted(facts.parent for facts in DATA.glob("*/incident.toml"))
CHECKOUT = DATA / "checkout-failure"
TRUTH = json.loads((DATA / "checkout-failure.truth.json").read_text(encoding="utf-8"))


def builder() -> ModuleType:
    path = DATA / "build_checkout_failure.py"
    spec = importlib.util.spec_from_file_location("build_checkout_failure", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def slack_members(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def slack_messages() -> dict[str, list[dict[str, Any]]]:
    """Channel → every record of its day files, read without the library."""
    members = slack_members(CHECKOUT / "evidence/slack-export.zip")
    channels: dict[str, list[dict[str, Any]]] = {c["name"]: [] for c in members["channels.json"]}
    for name, records in members.items():
        channel, _, day_file = name.partition("/")
        if day_file:
            channels[channel] += records
    return channels


def log_entries() -> list[dict[str, Any]]:
    text = (CHECKOUT / "evidence/pagerduty-log-entries.json").read_text(encoding="utf-8")
    return json.loads(text)["log_entries"]


def pagerduty_incident() -> dict[str, Any]:
    text = (CHECKOUT / "evidence/pagerduty-incident.json").read_text(encoding="utf-8")
    return json.loads(text)["incident"]


def raw_event_times() -> dict[str, datetime]:
    """Event id → time, from plain JSON."""
    members = slack_members(CHECKOUT / "evidence/slack-export.zip")
    ids = {c["name"]: c["id"] for c in members["channels.json"]}
    times = {
        f"slack:{ids[channel]}:{m['ts']}": datetime.fromtimestamp(int(m["ts"].split(".")[0]), UTC)
        for channel, messages in slack_messages().items()
        for m in messages
    }
    times |= {f"pd:{e['id']}": datetime.fromisoformat(e["created_at"]) for e in log_entries()}
    incident = pagerduty_incident()
    times[f"pd:incident:{incident['id']}"] = datetime.fromisoformat(incident["created_at"])
    return times


def table(name: str) -> Any:
    path = CHECKOUT / f"{name}.csv"
    return schema.read_csv(path.read_text(encoding="utf-8"), schema.WORKSHEETS[name])


def anchors() -> dict[str, datetime]:
    """Mark → time, from the marks of `timeline.csv` and the raw evidence."""
    raw = raw_event_times()
    marked = table("timeline").query("mark != ''")
    return {
        row.mark: raw[row.event_id] if pd.isna(row.time) else row.time.to_pydatetime()
        for row in marked.itertuples()
    }


def test_rebuilding_the_evidence_gives_the_committed_bytes(tmp_path: Path) -> None:
    """The script writes exactly the evidence that is committed, and the truth beside it."""
    truth = builder().build(tmp_path)
    assert truth == TRUTH
    for name in ("pagerduty-log-entries.json", "pagerduty-incident.json"):
        assert (tmp_path / name).read_bytes() == (CHECKOUT / "evidence" / name).read_bytes()
    rebuilt, committed = tmp_path / "slack-export.zip", CHECKOUT / "evidence/slack-export.zip"
    assert slack_members(rebuilt) == slack_members(committed)
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng packs the same members into other bytes
        assert rebuilt.read_bytes() == committed.read_bytes()


def test_two_builds_are_alike(tmp_path: Path) -> None:
    """Building twice gives the same bytes: nothing hangs on the clock, the machine or the order of a set."""
    for folder in ("one", "two"):
        builder().build(tmp_path / folder)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize("name", schema.WORKSHEETS)
def test_every_table_is_valid_and_canonical(name: str) -> None:
    """Each table passes its schema, and reading and writing it changes no byte."""
    sheet = schema.WORKSHEETS[name]
    text = (CHECKOUT / f"{name}.csv").read_bytes().decode("utf-8")
    frame = schema.read_csv(text, sheet)
    schema.validate(frame, sheet)
    assert schema.to_csv(frame, sheet) == text


@pytest.mark.parametrize("name", ["timeline", "factors", "factor_links", "decisions", "questions"])
def test_every_event_named_in_a_table_is_in_the_evidence(name: str) -> None:
    """An event id of the record is found in the raw files, or is a manual event that gives its own time."""
    raw = raw_event_times()
    timeline = table("timeline")
    timed = timeline.loc[timeline["time"].notna(), "event_id"]
    manual = {event_id for event_id in timed if event_id.startswith("manual:")}
    frame = table(name)
    column = "event_ids" if "event_ids" in frame else "event_id"
    for cell in frame[column]:
        for event_id in cell.split():
            assert event_id in raw or event_id in manual, event_id
    assert 2 <= len(manual) <= 4


def test_pagerduty_is_not_the_clock_of_the_incident() -> None:
    """PagerDuty opened 18 minutes after impact started, and was resolved 40 minutes after it ended."""
    marks, incident = anchors(), pagerduty_incident()
    opened = datetime.fromisoformat(incident["created_at"])
    resolved = datetime.fromisoformat(incident["resolved_at"])
    assert opened - marks["impact_started"] == timedelta(minutes=18)
    assert resolved - marks["resolved"] == timedelta(minutes=40)


def test_anchors_are_in_order_and_as_the_truth_says() -> None:
    """Each mark stands once, in the order of the incident, at the second the truth file names."""
    marks = anchors()
    assert sorted(marks) == sorted(schema.MARKS)
    times = [marks[mark] for mark in schema.MARKS]
    assert times == sorted(times)
    for mark, at in marks.items():
        assert at.strftime("%Y-%m-%dT%H:%M:%SZ") == TRUTH["anchors"][mark]["time"]


def test_truth_counts_equal_the_raw_records() -> None:
    """The counts in the truth file are those of the raw records, 1,400 to 1,500 in all."""
    slack = {channel: len(messages) for channel, messages in slack_messages().items()}
    assert slack == TRUTH["slack_records"]
    assert sum(slack.values()) == TRUTH["slack_total"]
    per_type = Counter(entry["type"] for entry in log_entries())
    assert {**per_type, "incident": 1} == TRUTH["pagerduty_records"]
    assert TRUTH["total"] == sum(slack.values()) + len(log_entries()) + 1
    assert 1_400 <= TRUTH["total"] <= 1_500


def test_early_signals_come_before_detection_and_are_on_the_timeline() -> None:
    """Both early signals stand in #general, before the page, and on the curated timeline."""
    raw, timeline = raw_event_times(), table("timeline")
    included = set(timeline.loc[timeline["included"], "event_id"])
    assert len(TRUTH["early_signals"]) == 2
    for event_id in TRUTH["early_signals"]:
        assert raw[event_id] < anchors()["detected"]
        assert event_id in included


def test_slack_day_files_are_pacific_days() -> None:
    """A message lies in the file of its day in Los Angeles, so the incident spreads over two files."""
    members = slack_members(CHECKOUT / "evidence/slack-export.zip")
    pacific = ZoneInfo("America/Los_Angeles")
    for name, records in members.items():
        _, _, day_file = name.partition("/")
        for record in records if day_file else []:
            at = datetime.fromtimestamp(int(record["ts"].split(".")[0]), pacific)
            assert day_file == f"{at.date()}.json"
    assert {"alerts/2026-11-02.json", "alerts/2026-11-03.json"} <= set(members)


def test_threads_of_the_export_are_whole() -> None:
    """Every reply finds its thread, and a thread lists exactly its replies."""
    for messages in slack_messages().values():
        by_ts = {m["ts"]: m for m in messages}
        assert len(by_ts) == len(messages)
        replies = Counter(m["thread_ts"] for m in messages if m.get("thread_ts", m["ts"]) != m["ts"])
        for thread_ts, count in replies.items():
            assert by_ts[thread_ts]["reply_count"] == count
            assert all(reply["ts"] in by_ts for reply in by_ts[thread_ts]["replies"])


def test_no_secret_is_written_out_in_a_source_file() -> None:
    """The token pasted in the chat is put together at build time and stands in no text file."""
    token = builder().PASTED_TOKEN
    pasted = [m for m in slack_messages()["incident-updates"] if token in m["text"]]
    assert len(pasted) == TRUTH["secrets"]["pasted"]
    sources = [*DATA.rglob("*.py"), *DATA.rglob("*.txt"), *DATA.rglob("*.csv"), *DATA.rglob("*.md")]
    for path in [*sources, *CHECKOUT.rglob("*.json"), *DATA.glob("*.json")]:
        text = path.read_text(encoding="utf-8")
        assert token not in text
        assert "xoxe-" not in text


def test_people_of_the_record_are_in_the_export() -> None:
    """Each member is a person of the export, each action answers to one member, one role owns the review."""
    incident = tomllib.loads((CHECKOUT / "incident.toml").read_text(encoding="utf-8"))
    users = {u["id"]: u for u in slack_members(CHECKOUT / "evidence/slack-export.zip")["users.json"]}
    for member in incident["members"]:
        assert users[member["slack"]]["real_name"] == member["person"]
    people = {member["person"] for member in incident["members"]}
    roles = {member["role"] for member in incident["members"]}
    assert set(table("actions")["dri"]) <= people
    assert incident["owner"] in roles
    assert set(table("decisions")["decided_by"]) <= roles
    assert set(table("tasks")["dri"]) <= roles


def test_every_activity_has_one_accountable_role() -> None:
    """RACI names exactly one accountable role and at least one responsible role per activity."""
    raci = table("raci")
    for _, parts in raci.groupby("activity")["part"]:
        assert parts.isin(["A", "AR"]).sum() == 1
        assert parts.isin(["R", "AR"]).sum() >= 1
        assert len(parts) == 5


def test_references_between_tables_are_whole() -> None:
    """Factors named by actions and links exist, each factor reaches the impact, one is the root cause."""
    factors, links, actions = table("factors"), table("factor_links"), table("actions")
    known = set(factors["factor_id"])
    assert factors["root_cause"].sum() == 1
    assert factors["agreed"].all()
    for cell in actions["factor_ids"]:
        assert cell
        assert set(cell.split()) <= known
    assert set(links["cause"]) == known
    assert set(links["effect"]) <= known | {"impact"}
    reached = {"impact"}
    while more := set(links.loc[links["effect"].isin(reached), "cause"]) - reached:
        reached |= more
    assert known <= reached


def test_dates_of_the_review_are_working_days() -> None:
    """Everything due or to be reviewed falls on a working day, and the review closes in five of them."""
    actions, tasks = table("actions"), table("tasks")
    for dates in (actions["due_on"], actions["review_on"], tasks["due_on"], table("decisions")["revisit_on"]):
        assert all(day.weekday() < 5 for day in dates.dropna())
    incident = tomllib.loads((CHECKOUT / "incident.toml").read_text(encoding="utf-8"))
    reached = [milestone["reached_at"] for milestone in incident["milestones"]]
    assert reached == sorted(reached)
    assert reached[-1].date().isoformat() == "2026-11-10"


def test_notes_are_written_and_name_no_person_in_a_cause() -> None:
    """All seven notes have text, and those about causes and lessons speak of roles and systems."""
    incident = tomllib.loads((CHECKOUT / "incident.toml").read_text(encoding="utf-8"))
    users = slack_members(CHECKOUT / "evidence/slack-export.zip")["users.json"]
    names = {u["profile"]["real_name"].split()[0] for u in users if not u["is_bot"]}
    assert incident["id"] == CHECKOUT.name
    for note in NOTES:
        text = (CHECKOUT / "notes" / f"{note}.md").read_text(encoding="utf-8")
        assert len(text) > 400
        assert not names & set(re.findall(r"\w+", text)), note
    causes = " ".join([*table("factors")["statement"], *table("factors")["note"]])
    assert not names & set(re.findall(r"\w+", causes))


def test_small_enough_to_live_in_git() -> None:
    """The evidence stays below 400 KB per file."""
    for path in (CHECKOUT / "evidence").iterdir():
        assert path.stat().st_size < 400_000


@pytest.mark.parametrize("incident", SAMPLES, ids=lambda incident: incident.name)
def test_the_evidence_is_listed_as_it_is(incident: Path) -> None:
    """Nothing changed in a sample's evidence since it was listed, and all of its records are events."""
    workspace = Workspace.open(incident)
    assert workspace.verify().empty
    evidence, events = workspace.evidence(), workspace.events()
    assert evidence["records_loaded"].sum() + evidence["records_unreadable"].sum() == len(events)
