from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError
from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders._archive import MOST_TOTAL_BYTES
from pmkit.loaders.slack import load_slack_export
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "slack"
ZIP_2016 = FIXTURES / "engineering-team-2016.zip"
FOLDER_2026 = FIXTURES / "helpdesk-2026"

USERS = [
    {"id": "U01", "name": "ada.m", "real_name": "Ada Mori", "profile": {"display_name": "ada"}},
    {"id": "W02", "name": "bo.s", "real_name": "Bo Sato", "profile": {"display_name": ""}},
    {"id": "U09", "name": "deploys", "is_bot": True, "profile": {"real_name": "Deploy Bot"}},
]
CHANNELS = [{"id": "C01", "name": "general"}, {"id": "C02", "name": "incident-updates"}]
TS = "1710484200.000100"


def message(text: str = "hello", ts: str = TS, **fields: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U01", "text": text, "ts": ts} | fields


def save_zip(path: Path, members: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in members.items():
            data = value if isinstance(value, bytes) else json.dumps(value, indent=4).encode()
            archive.writestr(name, data)
    return path


def export(path: Path, days: dict[str, Any], **indexes: Any) -> Path:
    named = {"users.json": USERS, "channels.json": CHANNELS}
    named |= {f"{name}.json": value for name, value in indexes.items()}
    return save_zip(path / "slack.zip", {k: v for k, v in (named | days).items() if v is not None})


def load_one(path: Path, record: dict[str, Any], **indexes: Any) -> pd.Series:
    frame = load_slack_export(export(path, {"general/2024-03-14.json": [record]}, **indexes))
    validate(frame, EVENTS)
    assert len(frame) == 1
    return frame.iloc[0]


def count_refs(frame: pd.DataFrame) -> int:
    return sum(len(ref.split(" | ")) for ref in frame["ref"])


# --- real exports ---------------------------------------------------------------------------------


def test_every_record_of_a_real_zip_becomes_one_row() -> None:
    """The zip of 2016 gives as many rows as its day files hold records, each with its own ts."""
    expected = []
    with zipfile.ZipFile(ZIP_2016) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"[^/]+/\d{4}-\d\d-\d\d\.json", name):
                expected += [(name.split("/")[0], m["ts"]) for m in json.loads(archive.read(name))]
    frame = load_slack_export(ZIP_2016)
    validate(frame, EVENTS)
    assert sorted(zip(frame["place"].str.removeprefix("#"), frame["slack_ts"], strict=True)) == sorted(
        expected
    )
    assert (frame["kind"] != "unreadable").all()
    assert frame["time"].is_monotonic_increasing
    assert (frame["text"] != "").all()


def test_kinds_of_a_real_zip_fit_its_subtypes() -> None:
    """Bots of 2016, with and without a subtype, joins and file records are told apart."""
    records = []
    with zipfile.ZipFile(ZIP_2016) as archive:
        for name in archive.namelist():
            if name.count("/") == 1 and name.endswith(".json"):
                records += json.loads(archive.read(name))
    frame = load_slack_export(ZIP_2016)
    bots = sum(bool(r.get("bot_id")) or r.get("subtype") == "bot_message" for r in records)
    joins = sum(r.get("subtype") in ("channel_join", "bot_add") for r in records)
    assert frame["slack_is_bot"].sum() == bots
    assert (frame["kind"] == "join").sum() == joins
    assert (frame["kind"] == "file").sum() == sum(
        str(r.get("subtype", "")).startswith("file_") for r in records
    )


def test_a_real_folder_gives_the_expected_frame(assert_reads_as: Compare) -> None:
    """The helpdesk folder of 2026 gives exactly the rows of the CSV beside it."""
    assert_reads_as(load_slack_export(FOLDER_2026), FIXTURES / "helpdesk-2026.expected.csv")


def test_evidence_is_recognised_and_dispatched() -> None:
    """A Slack zip and a Slack folder are told by their content, and load by source."""
    assert recognise(ZIP_2016).name == recognise(FOLDER_2026).name == "slack-export"
    pd.testing.assert_frame_equal(load_evidence(ZIP_2016, "slack-export"), load_slack_export(ZIP_2016))
    assert find_incompleteness(ZIP_2016, "slack-export") == ""
    assert "no channels.json" in find_incompleteness(FOLDER_2026, "slack-export")


# --- time and identity ----------------------------------------------------------------------------


def test_the_file_name_never_dates_a_message(tmp_path: Path) -> None:
    """A message in the file of 14 March that was sent on the 15th (UTC) is dated the 15th."""
    row = load_one(tmp_path, message(ts="1710484200.000100"))
    assert row["time"] == pd.Timestamp("2024-03-15T06:30:00.000100Z")
    assert row["slack_ts"] == "1710484200.000100"


@settings(max_examples=70, deadline=None)
@given(st.lists(st.integers(1_230_768_000_000_000, 4_102_444_799_999_999), min_size=1, unique=True))
def test_time_is_exact_to_the_microsecond(instants: list[int]) -> None:
    """Every ts gives back the very microseconds it was written with."""
    stamps = [f"{us // 10**6}.{us % 10**6:06}" for us in instants]
    frame = load_bytes({"general/2024-03-14.json": [message(ts=ts) for ts in stamps]})
    assert frame["time"].astype("int64").tolist() == sorted(instants)
    assert frame["slack_ts"].tolist() == [stamps[i] for i in argsort(instants)]


@pytest.mark.parametrize(
    "ts",
    [
        "",
        "1710484200",
        "1710484200000",
        "١٧١٠٤٨٤٢٠٠.000100",
        "1_710_484_200.0",
        "abc",
        None,
        " 1710484200.000100",
        "1763000000000000.1",
        "99999999.000001",
        "1710484200.0001000",
    ],
)
def test_a_ts_that_is_no_time_is_reported(tmp_path: Path, ts: str | None) -> None:
    """Foreign digits, milliseconds and words are not guessed at; the neighbour loads."""
    day = [message(ts=ts), message(ts="1710484201.000100")]  # type: ignore[arg-type]
    frame = load_slack_export(export(tmp_path, {"general/2024-03-14.json": day}))
    validate(frame, EVENTS)
    assert frame["kind"].tolist() == ["message", "unreadable"]
    assert "ts" in frame["text"].iloc[1]
    assert frame["ref"].iloc[1] == "slack.zip#general/2024-03-14.json:0"


def test_a_short_fraction_is_padded(tmp_path: Path) -> None:
    """`.1` is a tenth of a second, not a microsecond."""
    assert load_one(tmp_path, message(ts="1710484200.1"))["time"].microsecond == 100_000


def test_the_same_ts_in_two_channels_is_two_messages(tmp_path: Path) -> None:
    """`ts` is an identity only together with its channel."""
    days = {f"{name}/2024-03-14.json": [message()] for name in ("general", "incident-updates")}
    frame = load_slack_export(export(tmp_path, days))
    assert frame["event_id"].tolist() == [f"slack:C01:{TS}", f"slack:C02:{TS}"]


def test_a_window_selects_by_ts_across_pacific_day_files(tmp_path: Path) -> None:
    """The window 06:00 to 07:00 UTC of 15 March finds its message in the file of the 14th."""
    days = {
        "general/2024-03-10.json": b"not opened at all",
        "general/2024-03-14.json": [message("in", "1710484200.000100"), message("before", "1710400000.0")],
        "general/2024-03-15.json": [message("after", "1710486000.000000")],
    }
    path = export(tmp_path, days)
    frame = load_slack_export(path, start="2024-03-15T06:00Z", end="2024-03-15T07:00Z")
    assert frame["text"].tolist() == ["in"]
    from_pacific = load_slack_export(
        path, start=pd.Timestamp("2024-03-14 23:00", tz=ZoneInfo("America/Los_Angeles"))
    )
    assert from_pacific["text"].tolist() == ["in", "after"]


def test_a_window_without_a_zone_is_refused(tmp_path: Path) -> None:
    """A naive time would be a guess."""
    path = export(tmp_path, {"general/2024-03-14.json": [message()]})
    with pytest.raises(EvidenceError, match="zone"):
        load_slack_export(path, start="2024-03-15T06:00")


def test_channels_are_chosen_by_name_id_or_folder(tmp_path: Path) -> None:
    """`general`, `#general` and `C01` are the same channel; an unknown one is an error, not silence."""
    days = {f"{name}/2024-03-14.json": [message(name)] for name in ("general", "incident-updates")}
    path = export(tmp_path, days)
    for title in ("general", "#general", "C01"):
        assert load_slack_export(path, channels=[title])["text"].tolist() == ["general"]
    with pytest.raises(EvidenceError, match="no channel outage"):
        load_slack_export(path, channels=["outage"])


# --- kinds, authors, text -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "message"),
        ({"thread_ts": TS}, "message"),
        ({"thread_ts": "1710484100.000100"}, "reply"),
        ({"thread_ts": "1710484100.000100", "subtype": "thread_broadcast", "root": message("old")}, "reply"),
        ({"bot_id": "B1"}, "bot"),
        ({"app_id": "A1"}, "bot"),
        ({"user": "U09"}, "bot"),
        ({"subtype": "bot_message"}, "bot"),
        ({"subtype": "channel_join"}, "join"),
        ({"subtype": "channel_leave"}, "leave"),
        ({"subtype": "channel_topic"}, "topic"),
        ({"subtype": "pinned_item"}, "pin"),
        ({"subtype": "file_share"}, "file"),
        ({"text": "", "files": [{"name": "a.png"}]}, "file"),
        ({"files": [{"name": "a.png"}]}, "message"),
        ({"subtype": "tombstone"}, "deleted"),
        ({"subtype": "me_message"}, "message"),
        ({"subtype": "channel_canvas_updated"}, "file"),
        ({"subtype": "reminder_add"}, "other"),
        ({"subtype": "brand_new_2031"}, "other"),
    ],
)
def test_kind(tmp_path: Path, fields: dict[str, Any], kind: str) -> None:
    """Each record gets the kind of what it is; an unknown subtype is kept as other."""
    row = load_one(tmp_path, message() | fields)
    assert row["kind"] == kind
    assert row["slack_subtype"] == fields.get("subtype", "")


@pytest.mark.parametrize(
    ("fields", "actor"),
    [
        ({"user": "U01"}, "ada"),
        ({"user": "W02"}, "Bo Sato"),
        ({"user": "U09"}, "Deploy Bot"),
        ({"user": "U77"}, "U77"),
        ({"user": "U77", "user_profile": {"real_name": "Guest", "display_name": ""}}, "Guest"),
        ({"user": None, "bot_id": "B1", "username": "Grafana"}, "Grafana"),
        ({"user": None, "bot_id": "B1", "bot_profile": {"name": "PagerDuty"}}, "PagerDuty"),
        ({"user": None, "bot_id": "B1"}, "B1"),
        ({"user": None, "subtype": "file_comment", "comment": {"user": "U01"}}, "ada"),
        ({"user": None}, ""),
    ],
)
def test_actor(tmp_path: Path, fields: dict[str, Any], actor: str) -> None:
    """The author is named as people know them, or else by id."""
    assert load_one(tmp_path, message() | fields)["actor"] == actor


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("hi <@U01>", "hi @ada"),
        ("hi <@W02>", "hi @Bo Sato"),
        ("hi <@U99>", "hi @U99"),
        ("hi <@U99|carol>", "hi @carol"),
        ("<#C02>", "#incident-updates"),
        ("<#C99|old-name>", "#old-name"),
        ("<#C99>", "#C99"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@sre> up", "@sre up"),
        ("at <!date^1710484200^{time}|6:30 AM>", "at 6:30 AM"),
        ("<https://x.example/a|the graph>", "the graph"),
        ("<https://x.example/?a=1&amp;b=2>", "https://x.example/?a=1&b=2"),
        ("<mailto:a@example.com|a@example.com>", "a@example.com"),
        ("use <dbl> and &lt;code&gt;", "use <dbl> and <code>"),
        ("&amp;lt; stays", "&lt; stays"),
        ("&quot; &nbsp;", "&quot; &nbsp;"),
        ("a < b && c > d", "a < b && c > d"),
        ("007", "007"),
    ],
)
def test_text(tmp_path: Path, raw: str, plain: str) -> None:
    """Mentions are named, links labelled, entities unescaped once, and nothing else is touched."""
    assert load_one(tmp_path, message(raw))["text"] == plain


def rich_text(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"attachments": [{"pretext": "p", "title": "t", "text": "x", "fallback": "f"}]}, "p\nt\nx"),
        ({"attachments": [{"fallback": "Triggered #12: <https://x.example|db>"}]}, "Triggered #12: db"),
        ({"attachments": [{"fields": [{"title": "Service", "value": "db"}]}]}, "Service: db"),
        (
            {
                "blocks": rich_text(
                    {"type": "text", "text": "a <b> &amp; "}, {"type": "user", "user_id": "U01"}
                )
            },
            "a <b> &amp; @ada",
        ),
        (
            {"blocks": rich_text({"type": "emoji", "name": "fire"}, {"type": "broadcast", "range": "here"})},
            ":fire:@here",
        ),
        (
            {"blocks": rich_text({"type": "message_mention", "url": "https://x.example/1"})},
            "https://x.example/1",
        ),
        (
            {
                "blocks": [
                    {"type": "header", "text": {"type": "plain_text", "text": "Deploy"}},
                    {"type": "section", "text": {"type": "mrkdwn", "text": "by <@U01>"}},
                    {"type": "divider"},
                ]
            },
            "Deploy\nby @ada",
        ),
        (
            {
                "blocks": [
                    {
                        "type": "rich_text",
                        "elements": [
                            {
                                "type": "rich_text_list",
                                "elements": [
                                    {
                                        "type": "rich_text_section",
                                        "elements": [{"type": "text", "text": word}],
                                    }
                                    for word in "ab"
                                ],
                            }
                        ],
                    }
                ]
            },
            "• a\n• b",
        ),
        ({"text": "This message contains interactive elements.", "attachments": [{"text": "real"}]}, "real"),
        (
            {"blocks": rich_text({"type": "text", "text": "blocks"}), "attachments": [{"text": "no"}]},
            "blocks",
        ),
        (
            {"files": [{"name": "a.png"}, {"id": "F2", "mode": "hidden_by_limit"}]},
            "[file: a.png, F2 (hidden by the plan's limit)]",
        ),
        ({"file": {"name": "old.log"}}, "[file: old.log]"),
        ({"subtype": "tombstone", "text": "This message was deleted."}, ""),
        (
            {
                "blocks": [
                    {
                        "type": "context",
                        "elements": [
                            {"type": "mrkdwn", "text": "p99 &gt; 2 s"},
                            {"type": "image", "alt_text": "graph"},
                        ],
                    },
                    {"type": "markdown", "text": "**bold** by <@U01>"},
                    {
                        "type": "video",
                        "title": {"type": "plain_text", "text": "Demo"},
                        "description": {"type": "plain_text", "text": "two minutes"},
                    },
                    {
                        "type": "table",
                        "rows": [
                            [{"type": "raw_text", "text": "pod"}, {"type": "raw_text", "text": "state"}],
                            [{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "down"}],
                        ],
                    },
                    {"type": "brand_new_2031", "text": {"type": "plain_text", "text": "still here"}},
                ]
            },
            "p99 > 2 s\ngraph\n**bold** by @ada\nDemo\ntwo minutes\npod | state\na | down\nstill here",
        ),
        (
            {
                "blocks": [
                    {
                        "type": "rich_text",
                        "elements": [
                            {
                                "type": "rich_text_list",
                                "style": "ordered",
                                "indent": 1,
                                "elements": [
                                    {
                                        "type": "rich_text_section",
                                        "elements": [{"type": "text", "text": word}],
                                    }
                                    for word in "ab"
                                ],
                            }
                        ],
                    }
                ]
            },
            "  1. a\n  2. b",
        ),
        (
            {
                "attachments": [
                    {"message_blocks": [{"message": {"blocks": [{"type": "markdown", "text": "shared"}]}}]}
                ]
            },
            "shared",
        ),
        ({"blocks": [{"type": ["odd"], "text": {"type": {}, "text": "odd"}}]}, "odd"),
        ({"blocks": None, "attachments": None, "files": None}, ""),
        ({"blocks": [None, 7, "loose"], "attachments": [None, {"fields": [None]}]}, "loose"),
    ],
)
def test_text_is_looked_for_in_blocks_attachments_and_files(
    tmp_path: Path, fields: dict[str, Any], text: str
) -> None:
    """A message whose text is empty speaks through its blocks, then attachments, then file names."""
    assert load_one(tmp_path, message("") | fields)["text"] == text


def test_an_open_huddle_is_a_call_of_whoever_began_it(tmp_path: Path) -> None:
    """It ends at no time, rather than in 1970, and Slackbot did not hold it."""
    room = {"created_by": "W02", "date_start": 1710484200, "date_end": 0}
    row = load_one(tmp_path, message("", subtype="huddle_thread", user="USLACKBOT", room=room))
    assert (row["kind"], row["actor"], row["text"]) == ("call", "Bo Sato", "Huddle")


def test_a_huddle_that_is_over_has_a_row_for_its_end(tmp_path: Path) -> None:
    """One record, two moments: both rows lead to it, and each has an id of its own."""
    room = {"created_by": "W02", "date_start": 1710484200, "date_end": 1710485400}
    path = export(tmp_path, {"general/2024-03-14.json": [message("", subtype="huddle_thread", room=room)]})
    frame = load_slack_export(path)
    validate(frame, EVENTS)
    assert frame["event_id"].tolist() == [f"slack:C01:{TS}", f"slack:C01:{TS}:end"]
    assert frame["text"].tolist() == ["Huddle, 20 min", "Huddle ended, 20 min"]
    assert frame["time"].iloc[1] == pd.Timestamp(1710485400, unit="s", tz="UTC")
    assert frame["ref"].nunique() == 1


def test_moments_that_fall_together_stay_apart(tmp_path: Path) -> None:
    """Two huddles end and two messages are pinned in one second; a call without a time has no end."""
    rooms = [{"created_by": "W02", "date_start": 1710484200, "date_end": 1710485400}] * 3
    stamps = [TS, "1710484201.000100", "soon"]
    day = [
        message("", ts, subtype="huddle_thread", room=room) for ts, room in zip(stamps, rooms, strict=True)
    ]
    pins = [{"id": ts, "created": 1710485400, "user": "U01"} for ts in stamps]
    path = export(
        tmp_path, {"general/2024-03-14.json": day}, channels=[{"id": "C01", "name": "general", "pins": pins}]
    )
    frame = load_slack_export(path)
    validate(frame, EVENTS)
    assert frame["kind"].value_counts().to_dict() == {"call": 4, "pin": 2, "unreadable": 1}
    assert frame["text"].tolist()[2:4] == ["Pinned: Huddle, 20 min"] * 2
    late = load_slack_export(path, start="2024-03-15T06:40Z")
    assert late["event_id"].tolist()[2:4] == [f"slack:C01:{TS}:end", "slack:C01:1710484201.000100:end"]


def test_reactions_edits_and_files_are_told(tmp_path: Path) -> None:
    """Reactions count what Slack counted, even where fewer users are listed."""
    row = load_one(
        tmp_path,
        message(
            edited={"user": "B1", "ts": "1710484300.000000"},
            reactions=[{"name": "eyes", "users": ["U01"], "count": 3}, {"name": "+1", "count": 2}],
            files=[{"name": "a.png", "mode": "hosted"}, {"title": "b", "mode": "tombstone"}],
        ),
    )
    assert row["slack_reactions"] == "eyes 3, +1 2"
    assert row["slack_edited_ts"] == "1710484300.000000"
    assert row["slack_files"] == "a.png, b (deleted)"


def test_a_pin_is_a_row_at_the_time_it_was_set(tmp_path: Path) -> None:
    """The channel's index tells who pinned which message when; what is no message has no such row."""
    pins = [
        {"id": TS, "type": "C", "created": 1710484260, "user": "W02", "owner": "U01"},
        {"id": "F07", "created": 1710484270, "user": "W02"},
        {"id": "1710480000.000100", "created": 1710484280, "user": "W02"},
        {"id": TS, "created": 99999999999999, "user": "W02"},
    ]
    channels = [{"id": "C01", "name": "general", "pins": pins}, {"id": "C02", "name": "other", "pins": pins}]
    path = export(tmp_path, {"general/2024-03-14.json": [message("the graph")]}, channels=channels)
    frame = load_slack_export(path)
    validate(frame, EVENTS)
    assert frame[["event_id", "kind", "actor", "text"]].values.tolist() == [
        [f"slack:C01:{TS}", "message", "ada", "the graph"],
        [f"slack:C01:{TS}:pin:1710484260", "pin", "Bo Sato", "Pinned: the graph"],
        ["slack:C01:1710480000.000100:pin:1710484280", "pin", "Bo Sato", "Pinned a message"],
    ]
    assert frame["ref"].tolist()[1:] == [
        "slack.zip#channels.json:0/pins:0",
        "slack.zip#channels.json:0/pins:2",
    ]
    assert load_slack_export(path, end="2024-03-15T06:30:30Z")["kind"].tolist() == ["message"]


def test_people_of_other_workspaces_are_named_by_what_they_say(tmp_path: Path) -> None:
    """Somebody of Slack Connect is in no index; a mention before their first message is named too."""
    guest = {"user": "U0GUEST", "team": "T1", "user_team": "T2", "user_profile": {"display_name": "gus"}}
    day = [message("ask <@U0GUEST> or <@U0NOBODY>"), message("here", "1710484201.000100") | guest]
    frame = load_slack_export(export(tmp_path, {"general/2024-03-14.json": day}))
    assert frame["text"].iloc[0] == "ask @gus or @U0NOBODY"
    assert frame[["actor", "slack_user_team"]].values.tolist() == [["ada", ""], ["gus", "T2"]]


def test_a_folder_with_the_old_name_of_a_channel_belongs_to_the_channel(tmp_path: Path) -> None:
    """Two exports without an index, one from before a rename: the message of the rename joins them."""
    renamed = message(
        "renamed", "1710484202.000100", subtype="channel_name", old_name="outage", name="inc-42"
    )
    days = {
        "feb/outage/2024-03-13.json": [message("early")],
        "mar/inc-42/2024-03-14.json": [message("early"), renamed],
        "mar/users.json": USERS,
        "mar/channels.json": [{"id": "C42", "name": "inc-42"}],
    }
    frame = load_slack_export(save_zip(tmp_path / "slack.zip", days))
    validate(frame, EVENTS)
    assert frame["slack_channel_id"].tolist() == ["C42", "C42"]
    assert len(frame["ref"].iloc[0].split(" | ")) == 2


def test_export_tokens_never_enter_the_frame(tmp_path: Path) -> None:
    """The token that opens a file to anybody is cut out wherever it stands."""
    token = "xox" + "e-1234-abcd"
    url = f"https://files.slack.com/files-pri/T1-F1/a.png?t={token}"
    days = {
        "general/2024-03-14.json": [
            message(f"see <{url}|a.png> and <{url}>", "1710484200.000100"),
            message("", "1710484201.000100", files=[{"name": "a.png", "url_private": url}]),
            message("", "1710484202.000100", attachments=[{"fallback": url, "image_url": url}]),
            message("", "1710484203.000100", blocks=rich_text({"type": "link", "url": url})),
            message("", "1710484204.000100", blocks=[{"type": "image", "url": url}]),
            message("", "1710484205.000100", blocks=[{"type": "section", "text": url}]),
        ]
    }
    frame = load_slack_export(export(tmp_path, days))
    assert token not in frame.to_csv()
    assert "files-pri/T1-F1/a.png" in frame["text"].iloc[0]


def test_permalinks_where_a_file_tells_the_workspace(tmp_path: Path) -> None:
    """A reply's link carries its thread; a channel without a known id has none."""
    file = {"name": "a", "permalink": "https://acme.slack.com/files/U01/F1/a"}
    days = {
        "general/2024-03-14.json": [
            message("", files=[file]),
            message("re", "1710484201.000200", thread_ts=TS),
        ],
        "side-room/2024-03-14.json": [message("x", "1710484202.000200")],
    }
    frame = load_slack_export(export(tmp_path, days))
    assert frame["url"].tolist() == [
        "https://acme.slack.com/archives/C01/p1710484200000100",
        f"https://acme.slack.com/archives/C01/p1710484201000200?thread_ts={TS}&cid=C01",
        "",
    ]


def test_an_event_log_record_is_folded_into_its_message(tmp_path: Path) -> None:
    """`message_changed` gives the new state at the message's own time, `message_deleted` its end."""
    changed = message("old")
    day = [
        changed,
        {
            "type": "message",
            "subtype": "message_changed",
            "ts": "1710484290.000100",
            "message": message("new", edited={"ts": "1710484290.000000"}),
        },
        message("gone", "1710484300.000100"),
        {
            "type": "message",
            "subtype": "message_deleted",
            "ts": "1710484310.000100",
            "deleted_ts": "1710484300.000100",
        },
    ]
    frame = load_slack_export(export(tmp_path, {"general/2024-03-14.json": day}))
    assert frame[["kind", "text", "slack_ts"]].values.tolist() == [
        ["message", "new", TS],
        ["deleted", "", "1710484300.000100"],
    ]
    assert count_refs(frame) == len(day)


# --- the container ---------------------------------------------------------------------------------


def test_index_files_may_be_missing(tmp_path: Path) -> None:
    """Folders alone load: the folder stands for the channel, names come from the messages."""
    day = [
        message("hi <@W02>", user_profile={"display_name": "ada"}),
        message("", "1710484201.000100", user="W02", user_profile={"real_name": "Bo"}),
    ]
    path = export(tmp_path, {"out/2024-03-14.json": day}, users=None, channels=None)
    frame = load_slack_export(path)
    assert frame["event_id"].iloc[0] == f"slack:out:{TS}"
    assert frame["text"].iloc[0] == "hi @Bo"
    assert frame["actor"].tolist() == ["ada", "Bo"]
    assert "no users.json" in find_incompleteness(path, "slack-export")


@pytest.mark.parametrize("top", ["", "Acme export Mar 2024/", "a/b/"])
def test_an_export_wrapped_in_folders_loads_alike(tmp_path: Path, top: str) -> None:
    """A top folder round everything changes the refs and nothing else."""
    members = {"users.json": USERS, "channels.json": CHANNELS, "general/2024-03-14.json": [message()]}
    wrapped = {top + name: value for name, value in members.items()}
    row = load_slack_export(save_zip(tmp_path / "slack.zip", wrapped)).iloc[0]
    assert (row["event_id"], row["place"], row["actor"]) == (f"slack:C01:{TS}", "#general", "ada")
    assert row["ref"] == f"slack.zip#{top}general/2024-03-14.json:0"


def test_folders_may_bear_the_id_or_an_older_name(tmp_path: Path) -> None:
    """After a rename, and for direct messages, the folder still leads to the conversation."""
    days = {f"{name}/2024-03-14.json": [message()] for name in ("C01", "was-updates", "D01", "mpdm-a")}
    frame = load_slack_export(
        export(
            tmp_path,
            days,
            channels=[
                {"id": "C01", "name": "general"},
                {"id": "C02", "name": "updates", "previous_names": ["was-updates"]},
            ],
            dms=[{"id": "D01", "members": ["U01", "W02"]}],
            mpims=[{"id": "G01", "name": "mpdm-a"}],
        )
    )
    places = dict(zip(frame["slack_channel_id"], frame["place"], strict=True))
    assert places == {"C01": "#general", "C02": "#updates", "D01": "@ada, @Bo Sato", "G01": "#mpdm-a"}


def test_two_teams_of_a_grid_keep_their_channels_apart(tmp_path: Path) -> None:
    """`general` of two workspaces is two channels, each with its own id."""
    path = save_zip(
        tmp_path / "grid.zip",
        {
            "org_users.json": USERS,
            "channels.json": [],
            "teams/one/channels.json": [{"id": "C1", "name": "general"}],
            "teams/two/channels.json": [{"id": "C2", "name": "general"}],
            "teams/one/general/2024-03-14.json": [message("one")],
            "teams/two/general/2024-03-14.json": [message("two", "1710484201.000100")],
        },
    )
    frame = load_slack_export(path)
    assert frame["slack_channel_id"].tolist() == ["C1", "C2"]
    assert frame["actor"].tolist() == ["ada", "ada"]


def test_what_is_not_a_message_file_is_not_a_record(tmp_path: Path) -> None:
    """Canvases, lists, resource forks and attachments are passed over without a row."""
    days = {
        "general/2024-03-14.json": [message()],
        "general/canvas_in_the_conversation.json": [{"id": "F1"}],
        "general/2024-13-45.json": [message()],
        "general/attachments/F1-a.png": b"\x89PNG",
        "general/attachments/2024-03-14.json": [{"ts": "an upload"}],
        "__uploads/F1/2024-03-14.json": [{"ts": "an upload"}],
        "__MACOSX/general/._2024-03-14.json": b"\0\5\26\7",
        "__MACOSX/general/2024-03-14.json": b"\0\5\26\7",
        "lists.json": [""],
        "integration_logs.json": [{"date": 1}],
        ".DS_Store": b"x",
        "general/2024-03-15.json": [],
    }
    frame = load_slack_export(export(tmp_path, days))
    assert frame["kind"].tolist() == ["message"]


def test_what_is_no_export_is_refused_with_advice(tmp_path: Path) -> None:
    """A text file, an empty zip and a missing file say what was expected."""
    (tmp_path / "notes.zip").write_text("hello")
    empty = save_zip(tmp_path / "empty.zip", {"readme.txt": b"x"})
    for path in (tmp_path / "notes.zip", empty, tmp_path / "missing.zip"):
        with pytest.raises(EvidenceError, match=r"[Ee]xpected"):
            load_slack_export(path)
        assert recognise(path) is None


def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    """A download that ended early has no table of contents; nothing of it is guessed."""
    path = tmp_path / "cut.zip"
    path.write_bytes(ZIP_2016.read_bytes()[:-500])
    with pytest.raises(EvidenceError, match="fetch it again"):
        load_slack_export(path)


@pytest.mark.parametrize(
    "name",
    [
        "../general/2024-03-15.json",
        "/general/2024-03-15.json",
        "..\\general\\2024-03-15.json",
        "C:/general/2024-03-15.json",
        "general/../../x.txt",
    ],
)
def test_an_unsafe_member_name_is_reported_and_not_read(tmp_path: Path, name: str) -> None:
    """A name that leaves the archive is a warning by name; its neighbours load."""
    path = export(tmp_path, {"general/2024-03-14.json": [message()], name: [message("evil")]})
    frame = load_slack_export(path)
    assert frame["kind"].tolist() == ["message", "unreadable"]
    assert "unsafe member name" in frame["text"].iloc[1]
    assert not list(tmp_path.parent.glob("**/x.txt"))


def patched_zip(path: Path, patch: Any) -> Path:
    """A zip of two day files whose second member's headers `patch(local, central)` has changed."""
    save_zip(
        path,
        {
            "users.json": USERS,
            "channels.json": CHANNELS,
            "general/2024-03-14.json": [message()],
            "general/2024-03-15.json": [message("second", "1710500000.000100")],
        },
    )
    data = bytearray(path.read_bytes())
    central = data.rindex(b"PK\1\2")
    (local,) = struct.unpack_from("<I", data, central + 42)
    patch(data, local, central)
    path.write_bytes(data)
    return path


def encrypt(data: bytearray, local: int, central: int) -> None:
    data[local + 6] |= 1
    data[central + 8] |= 1


def unknown_method(data: bytearray, local: int, central: int) -> None:
    data[local + 8 : local + 10] = data[central + 10 : central + 12] = struct.pack("<H", 99)


def bad_crc(data: bytearray, local: int, central: int) -> None:
    data[central + 16] ^= 0xFF


def lying_size(data: bytearray, local: int, central: int) -> None:
    data[central + 24 : central + 28] = struct.pack("<I", 10)


def declared_bomb(data: bytearray, local: int, central: int) -> None:
    data[central + 24 : central + 28] = struct.pack("<I", 400 * 2**20)


def declared_giant(data: bytearray, local: int, central: int) -> None:
    data[central + 24 : central + 28] = struct.pack("<I", MOST_TOTAL_BYTES - 1)


def damaged_stream(data: bytearray, local: int, central: int) -> None:
    begin = local + 30 + len("general/2024-03-15.json")
    data[begin : begin + 8] = b"\xff" * 8


def lost_header(data: bytearray, local: int, central: int) -> None:
    data[local : local + 4] = b"XXXX"


def symlink(data: bytearray, local: int, central: int) -> None:
    data[central + 38 : central + 42] = struct.pack("<I", 0o120777 << 16)


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        (encrypt, "password"),
        (unknown_method, "compression method 99"),
        (bad_crc, "checksum"),
        (lying_size, "checksum"),
        (declared_bomb, "zip bomb"),
        (declared_giant, "larger than"),
        (damaged_stream, "cannot be read"),
        (lost_header, "header is damaged"),
        (symlink, "a link"),
    ],
)
def test_a_damaged_member_is_reported_by_name(tmp_path: Path, patch: Any, reason: str) -> None:
    """One bad member costs itself alone, and the row says what is wrong with it."""
    frame = load_slack_export(patched_zip(tmp_path / "slack.zip", patch))
    validate(frame, EVENTS)
    assert frame["kind"].tolist() == ["message", "unreadable"]
    assert reason in frame["text"].iloc[1]
    assert frame["ref"].iloc[1] == "slack.zip#general/2024-03-15.json"


@pytest.mark.slow
def test_a_real_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Two hundred megabytes of blanks in a small member are refused."""
    day = b"[" + b" " * (200 * 2**20) + b"]"
    path = export(tmp_path, {"general/2024-03-14.json": [message()], "general/2024-03-15.json": day})
    frame = load_slack_export(path)
    assert frame["kind"].tolist() == ["message", "unreadable"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_name_used_twice_is_read_once(tmp_path: Path) -> None:
    """The first member of a name counts, a later one is reported, each with its own id."""
    path = export(tmp_path, {"general/2024-03-14.json": [message("first")]})
    with zipfile.ZipFile(path, "a") as archive:
        for text in ("second", "third"):
            archive.writestr("general/2024-03-14.json", json.dumps([message(text)]))
    frame = load_slack_export(path)
    validate(frame, EVENTS)
    assert frame["kind"].tolist() == ["message", "unreadable", "unreadable"]
    assert frame["text"].iloc[0] == "first"
    assert "duplicate member name" in frame["text"].iloc[1]


def test_names_in_utf8_without_the_flag_are_read(tmp_path: Path) -> None:
    """A zip tool that forgot the UTF-8 flag does not turn `störung` into mojibake."""
    path = export(tmp_path, {"störung/2024-03-14.json": [message()]})
    data = bytearray(path.read_bytes())
    for sign, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(sign)
        while at >= 0:
            data[at + flags + 1] &= ~0x08
            at = data.find(sign, at + 1)
    path.write_bytes(data)
    assert load_slack_export(path)["place"].tolist() == ["#störung"]


def test_a_folder_loads_like_its_zip(tmp_path: Path) -> None:
    """Unpacking the zip by hand changes the file name in the refs and nothing else."""
    with zipfile.ZipFile(ZIP_2016) as archive:
        archive.extractall(tmp_path / "out")
    folder, packed = load_slack_export(tmp_path / "out"), load_slack_export(ZIP_2016)
    refs = packed["ref"].str.replace(ZIP_2016.name, "out", regex=False)
    pd.testing.assert_frame_equal(folder, packed.assign(ref=refs))


# --- copies of one message --------------------------------------------------------------------------


def test_copies_fold_into_the_latest_state_and_stay_accounted_for(tmp_path: Path) -> None:
    """Overlapping exports: the last edit stays, and the row's ref names all three records."""
    days = {
        "general/2024-03-13.json": [message("edited", edited={"ts": "1710484300.000000"})],
        "general/2024-03-14.json": [message("first"), message("other", "1710484201.000100")],
        "general/2024-03-15.json": [message("first", reactions=[{"name": "eyes", "count": 1}])],
    }
    frame = load_slack_export(export(tmp_path, days))
    validate(frame, EVENTS)
    assert frame["text"].tolist() == ["edited", "other"]
    assert frame["ref"].iloc[0].split(" | ") == [
        "slack.zip#general/2024-03-13.json:0",
        "slack.zip#general/2024-03-14.json:0",
        "slack.zip#general/2024-03-15.json:0",
    ]
    assert count_refs(frame) == 4


def test_of_two_exports_the_one_taken_later_tells_the_reactions(tmp_path: Path) -> None:
    """What no edit dates is dated by its export's last message, whatever the folders are called."""
    users, channels = USERS, CHANNELS
    late = [message(reactions=[{"name": "eyes", "count": 2}]), message("later", "1710494300.000100")]
    days = {"a/general/2024-03-14.json": late, "b/general/2024-03-14.json": [message()]}
    for folder in "ab":
        days |= {f"{folder}/users.json": users, f"{folder}/channels.json": channels}
    frame = load_slack_export(save_zip(tmp_path / "slack.zip", days))
    assert frame["slack_reactions"].tolist() == ["eyes 2", ""]
    assert frame["ref"].iloc[0].startswith("slack.zip#a/general")


def test_an_export_was_taken_after_everything_it_tells_of(tmp_path: Path) -> None:
    """Messages, edits, pins, and changes of users and channels date its states; a deletion is one too."""

    def dated(name: str, *days: Any, **indexes: Any) -> list[int]:
        (tmp_path / name).mkdir()
        frame = load_slack_export(export(tmp_path / name, {"general/2024-03-14.json": [*days]}, **indexes))
        return (frame["state_at"].astype("int64") // 10**6).unique().tolist()

    ada, general = USERS[0], CHANNELS[0]
    assert dated("plain", message()) == [1710484200]
    assert dated("edited", message(edited={"user": "U01", "ts": "1710484300.000000"})) == [1710484300]
    assert dated("user", message(), users=[ada | {"updated": 1710484400}]) == [1710484400]
    assert dated("absurd", message(), users=[ada | {"updated": "soon"}, ada | {"updated": 10**40}]) == [
        1710484200
    ]
    assert dated("channel", message(), channels=[general | {"updated": 1710484500123}]) == [1710484500]
    pins = [{"id": TS, "type": "C", "created": 1710484600, "user": "U01"}]
    assert dated("pin", message(), channels=[general | {"pins": pins}]) == [1710484600]


def test_a_deletion_outlasts_the_message(tmp_path: Path) -> None:
    """Of a message and its tombstone the tombstone is the later state, wherever it stands."""
    day = [message("This message was deleted.", subtype="tombstone"), message("said")]
    frame = load_slack_export(export(tmp_path, {"general/2024-03-14.json": day}))
    assert frame["kind"].tolist() == ["deleted"]


# --- damaged files ----------------------------------------------------------------------------------


def argsort(values: list[int]) -> list[int]:
    return sorted(range(len(values)), key=values.__getitem__)


def load_bytes(days: dict[str, Any]) -> pd.DataFrame:
    """Load an export made in memory, through a file the system forgets."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        frame = load_slack_export(export(Path(folder), days))
    validate(frame, EVENTS)
    return frame


GOOD = [
    message(f"number {n}", f"171048{n:04}.000100", reactions=[{"name": "eyes", "count": n}])
    for n in range(4200, 4212)
]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"type": "message", "ts": "1710400000.1", "text": "a" "b"}', "delimiter"),
        (b'{"type": "message", "ts": "1710400000.1", "text": "open}', ""),
        (b'{"type": "message", "ts": "1710400000.1", "x": NaN}', "non-finite"),
        (
            b'{"type": "message", "ts": "1710400000.1", "reactions": [{"name": "a", "count": 1e999}]}',
            "non-finite",
        ),
        (
            b'{"type": "message", "ts": "1710400000.1", "text": "a", "room": {"date_end": '
            + b"9" * 5000
            + b"}}",
            "digits",
        ),
        (b'{"type": "message", "ts": "1710400000.1", "x": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"type": "message", "ts": "1710400000.1", "text": 7}', "Expected `str"),
        (b'{"type": "message", "ts": 1710400000.1, "text": "x"}', "Expected `str"),
        (b'""', "expected an object"),
        (b"[]", "expected an object"),
        (b"null", "expected an object"),
    ],
)
@pytest.mark.parametrize("indent", [None, 4])
def test_a_damaged_record_costs_itself_alone(bad: bytes, reason: str, indent: int | None) -> None:
    """Whatever one record holds, its neighbours load, it is reported, and nothing is invented."""
    parts = [json.dumps(record, indent=indent).encode() for record in GOOD]
    lead = b"\n    " if indent else b""
    parts = [part.replace(b"\n", b"\n    ") for part in parts]
    parts.insert(5, bad)
    day = b"[" + b",".join(lead + part for part in parts) + (b"\n]" if indent else b"]")
    frame = load_bytes({"general/2024-03-14.json": day})
    read = frame[frame["kind"] != "unreadable"]
    assert read["text"].tolist() == [record["text"] for record in GOOD]
    lost = frame[frame["kind"] == "unreadable"]
    assert lost["ref"].tolist() == ["slack.zip#general/2024-03-14.json:5"]
    assert reason in lost["text"].iloc[0]


def test_a_record_with_a_key_twice_is_reported_in_a_damaged_file() -> None:
    """The careful reader does not choose between two values of one key."""
    twin = b'{"type": "message", "ts": "1710400000.1", "text": "a", "text": "b"}'
    day = b"[" + twin + b"," + json.dumps(message()).encode() + b', {"broken": ]'
    frame = load_bytes({"general/2024-03-14.json": day})
    assert frame["kind"].tolist() == ["message", "unreadable", "unreadable"]
    assert "duplicate key 'text'" in frame["text"].iloc[1]


TWINS = b"""[
    {"type": "message", "ts": "1710484200.1", "text": "first"},
    {"type": "message", "ts": "1710484201.1", "text": "hidden", "user": "U01", "text": "shown"},
    {"type": "message", "ts": "1710484202.1", "text": "", "blocks": [{"type": "a", "type": "b"}]},
    {"type": "message", "ts": "1710484203.1", "text": "last"}
]"""


def test_a_record_with_a_key_twice_is_reported_in_a_sound_file() -> None:
    """A decoder would keep the last value in silence; the record is accounted for, its neighbours stay."""
    frame = load_bytes({"general/2024-03-14.json": TWINS})
    assert frame["kind"].tolist() == ["message", "message", "unreadable", "unreadable"]
    assert frame["text"].tolist()[:2] == ["first", "last"]
    assert frame["ref"].tolist()[2:] == [f"slack.zip#general/2024-03-14.json:{n}" for n in (1, 2)]
    for text, key in zip(frame["text"].tolist()[2:], ("text", "type"), strict=True):
        begin, end = map(int, re.match(r"characters (\d+) to (\d+): ", text).groups())
        assert TWINS[begin:end].startswith(b'{"type"')
        assert TWINS[begin:end].endswith(b"}")
        assert text.endswith(f"duplicate key '{key}'")


def test_in_a_large_export_keys_that_stand_twice_are_told_when_it_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the last value is shown, and what is said of the whole export names the records."""
    path = export(tmp_path, {"general/2024-03-14.json": TWINS, "general/2024-03-15.json": [message()]})
    assert find_incompleteness(path, "slack-export") == ""
    monkeypatch.setattr("pmkit.loaders.slack.export.MOST_CAREFUL", len(TWINS))
    assert load_slack_export(path)["text"].tolist() == ["hello", "first", "shown", "", "last"]
    assert find_incompleteness(path, "slack-export") == (
        "incomplete: of a key that a record says twice the last value is shown: "
        "general/2024-03-14.json:1 (characters 70 to 161: duplicate key 'text'), "
        "general/2024-03-14.json:2 (characters 167 to 260: duplicate key 'type')"
    )


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: (text + "\n\n").encode(),
    ],
)
def test_a_byte_order_mark_or_windows_line_ends_do_no_harm(encode: Any) -> None:
    """Files that went through an editor load whole, index files too."""
    text = json.dumps(GOOD, indent=2)
    users = encode(json.dumps(USERS, indent=2))
    frame = load_bytes({"general/2024-03-14.json": encode(text), "users.json": users})
    assert frame["text"].tolist() == [record["text"] for record in GOOD]
    assert set(frame["actor"]) == {"ada"}


def test_half_a_surrogate_pair_and_foreign_bytes_become_the_replacement_sign() -> None:
    """Text that no file could be written with again is mended visibly."""
    day = (
        b'[{"type":"message","ts":"1710484200.000100","text":"a \\ud83d b"},'
        b'{"type":"message","ts":"1710484201.000100","text":"caf\xe9 \\ud83d\\ude80"}]'
    )
    frame = load_bytes({"general/2024-03-14.json": day})
    assert frame["text"].tolist() == ["a \ufffd b", "caf\ufffd 🚀"]
    frame.to_csv(io.BytesIO(), encoding="utf-8")


def test_a_truncated_day_file_keeps_what_stands_before_the_cut() -> None:
    """The records before the cut load, the cut one is reported."""
    text = json.dumps(GOOD, indent=4)
    frame = load_bytes({"general/2024-03-14.json": text[: text.index("number 4206")].encode()})
    assert (frame["kind"] == "message").sum() == 6
    assert (frame["kind"] == "unreadable").sum() == 1


@pytest.mark.parametrize("day", [b"", b"  ", b"{}", b'{"messages": []}', b"null", b"7", b"<html>"])
def test_a_day_file_that_is_no_list_is_one_unreadable_row(day: bytes) -> None:
    """The row names the file and says what was expected."""
    frame = load_bytes({"general/2024-03-14.json": day})
    assert frame["kind"].tolist() == ["unreadable"]
    assert "expected a JSON list" in frame["text"].iloc[0]


def test_a_damaged_users_index_costs_only_its_names(tmp_path: Path) -> None:
    """Messages still load; the entry that cannot be read is named and ids stand for it."""
    users = json.dumps(USERS)[:-1].encode() + b', {"id": 7}]'
    path = export(tmp_path, {"general/2024-03-14.json": [message()], "users.json": users})
    frame = load_slack_export(path)
    validate(frame, EVENTS)
    assert frame["actor"].iloc[0] == "ada"
    assert frame["ref"].iloc[1] == "slack.zip#users.json:3"
    twice = users.replace(b'{"id": 7}', b'{"id": "U7", "name": "a", "name": "b"}')
    frame = load_slack_export(export(tmp_path, {"general/2024-03-14.json": [message()], "users.json": twice}))
    assert "duplicate key 'name'" in frame["text"].iloc[1]
    broken = export(tmp_path, {"general/2024-03-14.json": [message()], "users.json": b"{"})
    assert load_slack_export(broken)["actor"].tolist() == ["U01", ""]


@pytest.mark.parametrize(
    "day",
    [
        b"[{" * 2_000_000,
        b'[{"type":"message","ts":"1",' * 140_000,
        b'["' * 2_000_000,
        b"[" + b'{"a":"' * 600_000,
        b"[" * 4_000_000,
        b'[{"a":' * 600_000,
        b"[" + b"9" * 4_000_000,
        b"[" + b" " * 4_000_000,
    ],
    ids=["braces", "records", "quotes", "strings", "brackets", "nested", "digits", "blanks"],
)
def test_damage_cannot_hang_the_load(day: bytes) -> None:
    """Four megabytes made to be slow are given up; without a limit on patience this would not come back."""
    frame = load_bytes({"general/2024-03-14.json": zip_proof(day)})
    assert (frame["kind"] == "unreadable").all()


def zip_proof(day: bytes) -> bytes:
    """The same, with enough noise at its end that it does not pass for a zip bomb."""
    import random

    return day + b'"' + random.Random(1).randbytes(30_000).hex().encode() + b'"'


# --- properties -------------------------------------------------------------------------------------

record_texts = st.text(st.characters(codec="utf-8"), max_size=20)
nested = st.fixed_dictionaries(
    {
        "reactions": st.just([{"name": "eyes", "users": ["U01"], "count": 1}]),
        "replies": st.just([{"user": "U01", "ts": "1710484200.000300"}]),
        "attachments": st.just([{"id": 1, "text": "nested", "ts": "1710484200.000400"}]),
        "root": st.just(message("the root", "1710484200.000500")),
        "thread_ts": st.just("1710484200.000500"),
    }
)


@st.composite
def days(draw: st.DrawFn) -> list[dict[str, Any]]:
    count = draw(st.integers(2, 6))
    records = []
    for n in range(count):
        extra = draw(nested) if draw(st.booleans()) else {}
        records.append(message(draw(record_texts), f"17104842{n:02}.{n:06}") | extra)
    return records


@settings(max_examples=70, deadline=None)
@given(days(), st.data())
def test_one_changed_byte_loses_at_most_its_own_record(
    records: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Loaded and unreadable add up, neighbours stay as they were, and no record is invented."""
    indent = data.draw(st.sampled_from([None, 4]))
    bodies = [json.dumps(r, indent=indent).replace("\n", "\n    ") for r in records]
    lead, tail = ("\n    ", "\n") if indent else ("", "")
    hit = data.draw(st.integers(0, len(records) - 1))
    body = bytearray(bodies[hit].encode())
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    parts = [b.encode() for b in bodies]
    parts[hit] = bytes(body)
    day = b"[" + b",".join(lead.encode() + p for p in parts) + tail.encode() + b"]"
    frame = load_bytes({"general/2024-03-14.json": day})
    read = frame[frame["kind"] != "unreadable"]
    others = {r["ts"] for n, r in enumerate(records) if n != hit}
    # A changed digit may move the record in time, even onto a neighbour, where it counts as a copy.
    assert others <= set(read["slack_ts"])
    assert len(others) <= len(read) <= len(records)
    assert count_refs(frame) >= len(records)
    whole = load_bytes({"general/2024-03-14.json": json.dumps(records).encode()})
    before, after = whole.set_index("slack_ts")["text"], read.set_index("slack_ts")["text"]
    twins = {ref.rpartition(":")[2] for ref in read["ref"] if " | " in ref}
    for ts in others if not twins else ():
        assert after[ts] == before[ts]


@settings(max_examples=70, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_no_file_makes_the_loader_fail(noise: bytes, at: int) -> None:
    """Noise pressed into a day file gives rows and no exception."""
    day = json.dumps(GOOD[:3]).encode()
    frame = load_bytes({"general/2024-03-14.json": day[:at] + noise + day[at:]})
    assert len(frame) >= 1


@settings(max_examples=70, deadline=None)
@given(st.integers(0, 4000), st.binary(min_size=1, max_size=6))
def test_no_zip_makes_the_loader_fail(at: int, noise: bytes) -> None:
    """Noise pressed into the zip itself ends in rows or in an `EvidenceError`."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = export(Path(folder), {"general/2024-03-14.json": GOOD})
        data = path.read_bytes()
        at %= len(data)
        path.write_bytes(data[:at] + noise + data[at + len(noise) :])
        try:
            frame = load_slack_export(path)
        except EvidenceError:
            return
        validate(frame, EVENTS)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="<&"), max_size=60))
def test_text_without_markup_is_untouched(text: str) -> None:
    """Whatever holds no `<` and no `&` comes out as it went in."""
    from pmkit.loaders._mrkdwn import Names

    assert Names({}, {}).plain(text) == text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_escaping_is_undone_exactly_once(text: str) -> None:
    """What Slack escaped comes back as people typed it."""
    from pmkit.loaders._mrkdwn import Names

    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert Names({}, {}).plain(escaped) == text


def test_reloading_gives_the_same_frame(tmp_path: Path) -> None:
    """The order of the members in the zip does not matter."""
    days = {f"general/2024-03-{d}.json": [message(f"{d}", f"17104{d}200.000100")] for d in range(14, 20)}
    first = load_slack_export(export(tmp_path, days))
    again = load_slack_export(export(tmp_path, dict(reversed(days.items()))))
    pd.testing.assert_frame_equal(first, again)
