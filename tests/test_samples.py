"""The finished sample incidents in `data/`: their tables, their evidence, and what the two say together."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
import sys
import tomllib
import zipfile
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from pmkit import schema
from pmkit.bursts import find_bursts
from pmkit.cli import main
from pmkit.clocks import estimate_clock_offsets
from pmkit.template import NOTES
from pmkit.workspace import Workspace

DATA = Path(__file__).parents[1] / "data"
SAMPLES = sorted(facts.parent for facts in DATA.glob("*/incident.toml"))
CHECKOUT = DATA / "checkout-failure"
SAAS = DATA / "saas-outage"
FINTECH = DATA / "fintech-degradation"
CARE = DATA / "healthcare-outage"
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


@cache
def builder(sample: Path) -> ModuleType:
    """The script that makes the evidence of a sample."""
    if str(DATA) not in sys.path:
        sys.path.append(str(DATA))  # where the teller of stories lies
    name = f"build_{sample.name.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, DATA / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def truth_of(sample: Path) -> dict[str, Any]:
    return json.loads((DATA / f"{sample.name}.truth.json").read_text(encoding="utf-8"))


@cache
def events_of(sample: Path) -> pd.DataFrame:
    return Workspace.open(sample).events()


def slack_members(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def slack_channels(sample: Path) -> list[dict[str, Any]]:
    return slack_members(sample / "evidence/slack-export.zip")["channels.json"]


def slack_messages(sample: Path = CHECKOUT) -> dict[str, list[dict[str, Any]]]:
    """Channel → every record of its day files, read without the library."""
    members = slack_members(sample / "evidence/slack-export.zip")
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


def table(name: str, sample: Path = CHECKOUT) -> Any:
    return schema.read_csv((sample / f"{name}.csv").read_text(encoding="utf-8"), schema.WORKSHEETS[name])


def anchors() -> dict[str, datetime]:
    """Mark → time, from the marks of `timeline.csv` and the raw evidence."""
    raw = raw_event_times()
    marked = table("timeline").query("mark != ''")
    return {
        row.mark: raw[row.event_id] if pd.isna(row.time) else row.time.to_pydatetime()
        for row in marked.itertuples()
    }


@each_sample
def test_rebuilding_the_evidence_gives_the_committed_bytes(sample: Path, tmp_path: Path) -> None:
    """The script writes exactly the evidence that is committed, and the truth beside it."""
    assert builder(sample).build(tmp_path) == truth_of(sample)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in (sample / "evidence").iterdir()
    )
    for rebuilt in tmp_path.iterdir():
        committed = sample / "evidence" / rebuilt.name
        if rebuilt.suffix == ".zip":
            assert slack_members(rebuilt) == slack_members(committed)
        # zlib-ng packs the same members into other bytes
        if rebuilt.suffix != ".zip" or "ng" not in zlib.ZLIB_RUNTIME_VERSION:
            assert rebuilt.read_bytes() == committed.read_bytes()


@each_sample
def test_two_builds_are_alike(sample: Path, tmp_path: Path) -> None:
    """Building twice gives the same bytes: nothing hangs on the clock, the machine or the order of a set."""
    for folder in ("one", "two"):
        builder(sample).build(tmp_path / folder)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize("name", schema.WORKSHEETS)
@each_sample
def test_every_table_is_valid_and_canonical(sample: Path, name: str) -> None:
    """Each table passes its schema, and reading and writing it changes no byte."""
    sheet = schema.WORKSHEETS[name]
    text = (sample / f"{name}.csv").read_bytes().decode("utf-8")
    frame = schema.read_csv(text, sheet)
    schema.validate(frame, sheet)
    assert schema.to_csv(frame, sheet) == text


@each_sample
def test_every_event_named_in_a_table_is_in_the_evidence(sample: Path) -> None:
    """An event id of the record is found in the raw files, or is a manual event that gives its own time."""
    timeline = table("timeline", sample)
    timed = timeline.loc[timeline["time"].notna(), "event_id"]
    manual = {event_id for event_id in timed if event_id.startswith("manual:")}
    known = {*events_of(sample)["event_id"], *manual}
    for name in ("timeline", "factors", "factor_links", "decisions", "ideas", "questions"):
        frame = table(name, sample)
        for cell in frame["event_ids" if "event_ids" in frame else "event_id"]:
            assert set(cell.split()) <= known, (name, cell)
    assert 2 <= len(manual) <= 6


def test_raw_ids_and_times_are_those_of_the_events() -> None:
    """What the loaders make of chat and pages agrees with plain JSON, record by record."""
    events = events_of(CHECKOUT).set_index("event_id")["time"]
    events = events[~events.index.str.contains(":pin:")]  # of the index of channels
    assert {event_id: at.replace(microsecond=0) for event_id, at in events.items()} == raw_event_times()


@each_sample
def test_anchors_are_in_order_and_as_the_truth_says(sample: Path) -> None:
    """Each mark stands once, in the order of the incident, at the second the truth file names."""
    marked = Workspace.open(sample).load().timeline.query("mark != ''")
    times = {mark: row.time for row in marked.itertuples() for mark in row.mark.split()}
    assert sorted(times) == sorted(schema.MARKS)
    in_order = [times[mark] for mark in schema.MARKS]
    assert in_order == sorted(in_order)
    for mark, at in times.items():
        assert at.strftime("%Y-%m-%dT%H:%M:%SZ") == truth_of(sample)["anchors"][mark]["time"]


@each_sample
def test_the_truth_counts_every_record(sample: Path) -> None:
    """The total of the truth file is that of the events, 800 to 2,000 of them."""
    assert truth_of(sample)["total"] == len(events_of(sample))
    assert 800 <= len(events_of(sample)) <= 2_000


@each_sample
def test_events_of_the_truth_are_in_the_evidence(sample: Path) -> None:
    """Each label and each early signal of the truth file names an event, the signals before detection."""
    truth, events = truth_of(sample), events_of(sample).set_index("event_id")["time"]
    assert set(truth["events"].values()) <= set(events.index)
    detected = pd.Timestamp(truth["anchors"]["detected"]["time"])
    assert truth["early_signals"]
    assert all(events[event_id] < detected for event_id in truth["early_signals"])


@each_sample
def test_planted_faults_stand_where_the_truth_says(sample: Path) -> None:
    """A planted fault names a cell of a table, a note or a fact that is there."""
    notes = {path.name for path in (sample / "notes").iterdir()}
    facts = tomllib.loads((sample / "incident.toml").read_text(encoding="utf-8"))
    for fault in truth_of(sample).get("faults", []):
        assert set(fault) == {"family", "table", "row", "column", "what"}
        if fault["table"] == "notes":
            assert fault["row"] in notes
        elif fault["table"] == "incident":
            assert fault["row"] in facts
        else:
            frame = table(fault["table"], sample)
            key = schema.WORKSHEETS[fault["table"]].key
            rows = frame[list(key)].agg(" ".join, axis=1)
            assert not fault["row"] or fault["row"] in set(rows)
            assert not fault["column"] or fault["column"] in frame


@each_sample
def test_the_review_is_at_its_stage(sample: Path) -> None:
    """Milestones are reached and blocked at the time of the stage as the truth says."""
    stage = truth_of(sample)["stage"]
    told = CliRunner().invoke(main, ["status", str(sample), "--at", stage["at"], "--format", "json"])
    milestones = json.loads(told.stdout)["milestones"]
    assert [m["name"] for m in milestones if m["reached_at"]] == stage["reached"]
    blocked = {m["name"]: m["blocked_by"] for m in milestones if m["name"] in stage["blocked"]}
    assert blocked == stage["blocked"]


def test_pagerduty_is_not_the_clock_of_the_incident() -> None:
    """PagerDuty opened 18 minutes after impact started, and was resolved 40 minutes after it ended."""
    marks, incident = anchors(), pagerduty_incident()
    opened = datetime.fromisoformat(incident["created_at"])
    resolved = datetime.fromisoformat(incident["resolved_at"])
    assert opened - marks["impact_started"] == timedelta(minutes=18)
    assert resolved - marks["resolved"] == timedelta(minutes=40)


def test_truth_counts_equal_the_raw_records() -> None:
    """The counts in the truth file are those of the raw records, 1,400 to 1,500 in all."""
    slack = {channel: len(messages) for channel, messages in slack_messages().items()}
    assert slack == truth_of(CHECKOUT)["slack_records"]
    pins = sum(len(c.get("pins", [])) for c in slack_channels(CHECKOUT))
    assert sum(slack.values()) + pins == truth_of(CHECKOUT)["slack_total"]
    per_type = Counter(entry["type"] for entry in log_entries())
    assert {**per_type, "incident": 1} == truth_of(CHECKOUT)["pagerduty_records"]
    assert truth_of(CHECKOUT)["total"] == sum(slack.values()) + pins + len(log_entries()) + 1
    assert 1_400 <= truth_of(CHECKOUT)["total"] <= 1_500


def test_early_signals_come_before_detection_and_are_on_the_timeline() -> None:
    """Both early signals stand in #general, before the page, and on the curated timeline."""
    raw, timeline = raw_event_times(), table("timeline")
    included = set(timeline.loc[timeline["included"], "event_id"])
    assert len(truth_of(CHECKOUT)["early_signals"]) == 2
    for event_id in truth_of(CHECKOUT)["early_signals"]:
        assert raw[event_id] < anchors()["detected"]
        assert event_id in included


@each_sample
def test_slack_day_files_are_days_of_one_zone(sample: Path) -> None:
    """A message lies in the file of its day in the zone of the workspace."""
    members = slack_members(sample / "evidence/slack-export.zip")
    zone = builder(sample).COMPANY.day_zone
    for name, records in members.items():
        _, _, day_file = name.partition("/")
        for record in records if day_file else []:
            at = datetime.fromtimestamp(int(record["ts"].split(".")[0]), zone)
            assert day_file == f"{at.date()}.json"


@each_sample
def test_threads_of_the_export_are_whole(sample: Path) -> None:
    """Every reply finds its thread, and a thread lists exactly its replies."""
    for messages in slack_messages(sample).values():
        by_ts = {m["ts"]: m for m in messages}
        assert len(by_ts) == len(messages)
        replies = Counter(m["thread_ts"] for m in messages if m.get("thread_ts", m["ts"]) != m["ts"])
        for thread_ts, count in replies.items():
            assert by_ts[thread_ts]["reply_count"] == count
            assert all(reply["ts"] in by_ts for reply in by_ts[thread_ts]["replies"])


def test_a_pasted_token_is_in_the_evidence() -> None:
    """The token stands in the chat as often as the truth says."""
    token = builder(CHECKOUT).PASTED_TOKEN
    pasted = [m for m in slack_messages()["incident-updates"] if token in m["text"]]
    assert len(pasted) == truth_of(CHECKOUT)["secrets"]["pasted"]


@each_sample
def test_no_secret_is_written_out_in_a_source_file(sample: Path) -> None:
    """What is pasted in a chat is put together at build time and stands in no text file."""
    company = builder(sample).COMPANY
    secrets = {*company.secrets.values(), company.file_token, "xox" + "e-"}
    sources = [path for end in ("py", "txt", "csv", "md", "json") for path in DATA.rglob(f"*.{end}")]
    for path in sources:
        text = path.read_text(encoding="utf-8")
        assert not [secret for secret in secrets if secret and secret in text], path


@each_sample
def test_members_are_people_of_the_export(sample: Path) -> None:
    """Each member whom the review names is a person of the export."""
    incident = tomllib.loads((sample / "incident.toml").read_text(encoding="utf-8"))
    users = {u["id"]: u for u in slack_members(sample / "evidence/slack-export.zip")["users.json"]}
    assert incident["owner"] in {member["role"] for member in incident["members"]}
    for member in incident["members"]:
        if member.get("person") and member.get("slack"):
            assert users[member["slack"]]["real_name"] == member["person"]


def test_actions_answer_to_one_member() -> None:
    """Each action of a finished review answers to one member, each task and decision to a role."""
    incident = tomllib.loads((CHECKOUT / "incident.toml").read_text(encoding="utf-8"))
    people = {member["person"] for member in incident["members"]}
    roles = {member["role"] for member in incident["members"]}
    assert set(table("actions")["dri"]) <= people
    assert set(table("decisions")["decided_by"]) <= roles
    assert set(table("tasks")["dri"]) <= roles


def test_every_activity_has_one_accountable_role() -> None:
    """RACI names exactly one accountable role and at least one responsible role per activity."""
    raci = table("raci")
    for _, parts in raci.groupby("activity")["part"]:
        assert parts.isin(["A", "AR"]).sum() == 1
        assert parts.isin(["R", "AR"]).sum() >= 1
        assert len(parts) == 5


@each_sample
def test_references_between_tables_are_whole(sample: Path) -> None:
    """Factors named by actions and links exist, each factor reaches the impact, one is the root cause."""
    factors, links, actions = (table(name, sample) for name in ("factors", "factor_links", "actions"))
    known = set(factors["factor_id"])
    assert factors["root_cause"].sum() == 1
    for cell in actions["factor_ids"]:
        assert set(cell.split()) <= known
    assert set(links["cause"]) == known
    assert set(links["effect"]) <= known | {"impact"}
    reached = {"impact"}
    while more := set(links.loc[links["effect"].isin(reached), "cause"]) - reached:
        reached |= more
    assert known <= reached


def test_a_finished_review_agreed_on_its_factors() -> None:
    """Every factor is agreed on, and every action names the factors it is for."""
    assert table("factors")["agreed"].all()
    assert all(table("actions")["factor_ids"])


def test_dates_of_the_review_are_working_days() -> None:
    """Everything due or to be reviewed falls on a working day, and the review closes in five of them."""
    actions, tasks = table("actions"), table("tasks")
    for dates in (actions["due_on"], actions["review_on"], tasks["due_on"], table("decisions")["revisit_on"]):
        assert all(day.weekday() < 5 for day in dates.dropna())
    incident = tomllib.loads((CHECKOUT / "incident.toml").read_text(encoding="utf-8"))
    reached = [milestone["reached_at"] for milestone in incident["milestones"]]
    assert reached == sorted(reached)
    assert reached[-1].date().isoformat() == "2026-11-10"


@each_sample
def test_notes_are_written_and_name_no_person_in_a_cause(sample: Path) -> None:
    """All notes have text, and those about causes and lessons speak of roles and systems."""
    incident = tomllib.loads((sample / "incident.toml").read_text(encoding="utf-8"))
    users = slack_members(sample / "evidence/slack-export.zip")["users.json"]
    names = {u["profile"]["real_name"].split()[0] for u in users if not u["is_bot"]}
    assert incident["id"] == sample.name
    for note in NOTES:
        text = (sample / "notes" / f"{note}.md").read_text(encoding="utf-8")
        assert len(text) > 400
        assert not names & set(re.findall(r"\w+", text)), note
    factors = table("factors", sample)
    causes = " ".join([*factors["statement"], *factors["note"]])
    assert not names & set(re.findall(r"\w+", causes))


def test_the_outage_is_told_by_a_clock_that_is_off() -> None:
    """The git server is ahead as the truth says, so the rollback seems to come after the recovery."""
    skew, events = truth_of(SAAS)["clock_skew"], events_of(SAAS)
    (found,) = (
        estimate_clock_offsets(events).query("source == 'deploy' and reference == 'slack'").to_dict("records")
    )
    assert found["confidence"] == "high"
    assert found["low_seconds"] <= skew["offset_seconds"] <= found["high_seconds"]
    rolled_back = events.set_index("event_id")["time"][truth_of(SAAS)["events"]["rollback"]]
    ended = pd.Timestamp(truth_of(SAAS)["anchors"]["resolved"]["time"])
    assert rolled_back + pd.Timedelta(seconds=skew["offset_seconds"]) < ended < rolled_back


def test_the_timeline_of_the_outage_begins_at_the_page() -> None:
    """Early signals are left out, and the impact starts with the page instead of the first refusal."""
    truth, timeline = truth_of(SAAS), Workspace.open(SAAS).load().timeline
    assert not set(truth["early_signals"]) & set(table("timeline", SAAS)["event_id"])
    assert timeline["event_id"].iloc[0] == truth["events"]["pd_trigger"]
    assert timeline["mark"].iloc[0] == "impact_started detected"
    assert pd.Timestamp(truth["true_impact_start"]["time"]) < timeline["time"].iloc[0]
    first_refusal = events_of(SAAS).set_index("event_id")["text"][truth["true_impact_start"]["event_id"]]
    assert "14:32:41Z" in first_refusal


def test_the_drafted_cause_of_the_outage_repeats_the_page() -> None:
    """Its words are those of the page, nobody agreed to it, and causes lie behind it."""
    (cause,) = table("factors", SAAS).query("root_cause").to_dict("records")
    words = [
        set(re.findall(r"[a-z-]{4,}", text.lower())) for text in (cause["statement"], builder(SAAS).PD_TITLE)
    ]
    assert len(words[0] & words[1]) / len(words[0] | words[1]) >= 0.5
    assert not cause["agreed"]
    assert len(table("factor_links", SAAS).query("effect == @cause['factor_id']")) > 1


def test_nobody_decided_what_mitigated_the_outage() -> None:
    """No decision cites the step that is marked as mitigated."""
    mitigated = truth_of(SAAS)["anchors"]["mitigated"]["event_id"]
    assert not table("decisions", SAAS)["event_ids"].str.contains(mitigated).any()


def test_the_alerts_of_the_outage_fold() -> None:
    """Alerts of every pod, again and again, become a few bursts."""
    events, storm = events_of(SAAS), truth_of(SAAS)["storm"]
    during = events[events["text"].str.contains("roster-api: pod ") & (events["time"] >= storm["start_at"])]
    bursts = find_bursts(during)
    assert len(during) > 5 * storm["pods"]
    assert bursts["count"].sum() == len(during)
    assert len(bursts) <= 9


def test_an_hour_that_was_twice_is_lost_on_one_board_and_whole_on_another() -> None:
    """The lines that Lisbon's clock showed twice are unreadable; the board of Singapore has them all."""
    events, twice = events_of(FINTECH), truth_of(FINTECH)["hour_twice"]
    lost = events[events["kind"] == "unreadable"]
    assert lost["ref"].str.contains(twice["file"], regex=False).all()
    assert lost["text"].str.contains("twice on 2026-10-25").all()
    assert len(lost) == twice["lines"]
    booked = events[(events["metric"] == "booked") & events["ref"].str.contains("singapore")]
    hour = pd.Timedelta(hours=1)
    first, second = pd.Timestamp(twice["first_at"]), pd.Timestamp(twice["second_at"])
    assert first + hour == second
    missing = booked[booked["time"].between(first, second + hour, inclusive="left")]
    assert len(missing) == twice["lines"]
    assert missing.loc[missing["time"] > second + pd.Timedelta(minutes=5), "metric_value"].eq(0).all()


def test_the_boards_of_the_night_count_what_people_say() -> None:
    """Batches that are rebooked are those that were not booked, and what waits adds up to the impact."""
    events = events_of(FINTECH)
    board = events[events["ref"].str.contains("singapore")].groupby("metric")["metric_value"].sum()
    assert board["booked"] == board["acknowledged"]
    pending = events[events["metric"].str.startswith("pay_out_pending")]
    waiting = pending.groupby("metric")["metric_value"].max()
    told = table("impact", FINTECH).set_index("measure")["value"]
    assert waiting.sum() == told["Instant payments that waited"]


def test_what_was_decided_at_night_is_in_no_decision() -> None:
    """Each stands in #incident-updates, and the table has only the handover of the response."""
    spoken, decisions = truth_of(FINTECH)["decided_in_updates"], table("decisions", FINTECH)
    places = events_of(FINTECH).set_index("event_id")["place"]
    assert {places[event_id] for event_id in spoken} == {"#incident-updates"}
    cited = set(" ".join(decisions["event_ids"]).split())
    assert not cited & set(spoken)
    (response,) = decisions.query("about == 'response'")["event_ids"]
    assert truth_of(FINTECH)["handover"]["event_id"] in response.split()


def test_a_note_of_the_night_counts_from_the_wrong_hour() -> None:
    """The note is an hour longer than the record, which is what the clock of Lisbon took back."""
    marks = truth_of(FINTECH)["anchors"]
    lasted = pd.Timestamp(marks["resolved"]["time"]) - pd.Timestamp(marks["impact_started"]["time"])
    hours, minutes = divmod(int(lasted.total_seconds()) // 60, 60)
    note = (FINTECH / "notes/impact.md").read_text(encoding="utf-8")
    assert f"{hours + 1} hours and {minutes} minutes" in note


def test_an_owner_of_the_night_has_left() -> None:
    """The owner of one action is no longer active in chat and Jira; Jira knows the issues of all."""
    text = (FINTECH / "evidence/jira-issues.json").read_text(encoding="utf-8")
    issues = {issue["key"]: issue["fields"] for issue in json.loads(text)["issues"]}
    actions = table("actions", FINTECH)
    assert set(actions["issue_key"]) - {""} <= set(issues)
    owners = {key: fields["assignee"] for key, fields in issues.items() if fields["assignee"]}
    gone = {owner["displayName"] for owner in owners.values() if not owner["active"]}
    assert len(gone) == 1
    assert gone <= set(actions["dri"])
    users = slack_members(FINTECH / "evidence/slack-export.zip")["users.json"]
    assert {user["profile"]["real_name"] for user in users if user["deleted"]} == gone


def slips(name: str) -> list[dict[str, str]]:
    """The lines of a ward log, read without the library."""
    with (CARE / f"evidence/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_slips_of_the_wards_carry_the_time_on_their_wall() -> None:
    """Each slip with a time is an event 13 hours before it in UTC, by the words and the ward it names."""
    events = events_of(CARE).set_index("event_id")
    timed = [slip for name in ("ward-log", "ward-log-gullhaven") for slip in slips(name)]
    timed = [slip for slip in timed if "?" not in slip["Clock"]]
    counts = truth_of(CARE)
    assert len(timed) == counts["ward_slips"]["timed"] + counts["island_slips"]["timed"]
    for slip in timed:
        event = events.loc[f"table:{slip['Slip']}"]
        on_the_wall = datetime.strptime(slip["Clock"], "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
        assert event["time"] == on_the_wall - timedelta(hours=13)
        assert (event["place"], event["text"]) == (slip["Ward"], slip["What we saw"])


def test_a_slip_without_a_time_is_not_lost() -> None:
    """It is a row that cannot be read and says what the slip says."""
    (slip,) = (slip for slip in slips("ward-log") if "?" in slip["Clock"])
    (said,) = events_of(CARE).query("kind == 'unreadable'")["text"]
    assert said.endswith(slip["What we saw"])


def test_the_calls_of_the_morning_are_as_many_as_people_say() -> None:
    """The lines of #desk between first refusal and end are the number in the impact."""
    events, calls = events_of(CARE), truth_of(CARE)["calls"]
    at_the_desk = events[(events["place"] == "#desk") & events["text"].str.startswith("Call ")]
    during = at_the_desk[at_the_desk["time"].between(calls["start_at"], calls["end_at"])]
    told = table("impact", CARE).set_index("measure")["value"]
    assert len(during) == calls["count"] == told["Calls at the service desk"]


def test_the_retro_did_not_know_what_the_island_wrote() -> None:
    """A ward log was added after the final retro, and by it the mitigation came later than the mark says."""
    (retro,) = table("checkins", CARE).query("kind == 'final retro'")["held_at"]
    evidence = Workspace.open(CARE).evidence()
    late = evidence.loc[evidence["added_at"] > retro, "path"]
    assert list(late) == ["evidence/ward-log-gullhaven.csv"]
    events, true = events_of(CARE).set_index("event_id"), truth_of(CARE)["true_mitigated"]
    assert events["time"][true["event_id"]] == pd.Timestamp(true["time"])
    assert events["ref"][true["event_id"]].startswith(f"{late.iloc[0]}#")
    assert pd.Timestamp(truth_of(CARE)["anchors"]["mitigated"]["time"]) < events["time"][true["event_id"]]


def test_the_vendor_said_nothing_for_as_long_as_people_say() -> None:
    """The first word of the vendor's page on it is 52 minutes younger than the change of its key."""
    timeline = Workspace.open(CARE).load().timeline.set_index("event_id")["time"]
    silent = timeline[truth_of(CARE)["events"]["v_investigating"]] - timeline["manual:key-changed"]
    minutes = int(silent.total_seconds()) // 60
    assert minutes == truth_of(CARE)["vendor_silent_minutes"]
    (statement,) = table("factors", CARE).query("factor_id == 'F9'")["statement"]
    assert f"green for {minutes} minutes" in statement


@each_sample
def test_small_enough_to_live_in_git(sample: Path) -> None:
    """The evidence of a sample and its tables stay below 400 KB."""
    files = [*(sample / "evidence").iterdir(), *sample.glob("*.csv")]
    assert sum(path.stat().st_size for path in files) < 400_000


@each_sample
def test_the_evidence_is_listed_as_it_is(sample: Path) -> None:
    """Nothing changed in a sample's evidence since it was listed, and all of its records are events."""
    workspace = Workspace.open(sample)
    assert workspace.verify().empty
    evidence = workspace.evidence()
    assert evidence["records_loaded"].sum() + evidence["records_unreadable"].sum() == len(events_of(sample))
