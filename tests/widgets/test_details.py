"""What the details pane is given of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pmkit.widgets.details import Details, Records

Rows = Callable[..., pd.DataFrame]


def nothing_said(_: str) -> None:
    return None


@pytest.fixture
def record(events: Rows) -> pd.DataFrame:
    def slack(n: int, minute: int, thread: str = "") -> dict[str, object]:
        return {
            "event_id": f"s{n}",
            "time": f"2026-11-03T08:{minute:02d}:00Z",
            "place": "#ops",
            "text": f"m{n}",
            "slack_channel_id": "C1",
            "slack_ts": f"{n}.0",
            "slack_thread_ts": thread,
            "url": "https://example.slack.com/archives/C1/p1",
        }

    return events(
        slack(1, 0, "1.0"),
        slack(2, 30, "1.0"),
        slack(3, 3),
        slack(4, 9),
        {
            "event_id": "p",
            "source": "pagerduty",
            "kind": "ack",
            "time": "2026-11-03T08:04:00Z",
            "text": "ack",
        },
        {"event_id": "torn", "kind": "unreadable", "text": "not JSON"},
    )


def test_a_record_is_whole(record: pd.DataFrame) -> None:
    """Every column that holds something is listed, the text is untouched, the link is there."""
    found = Records(record, nothing_said).record("s1")
    assert found["text"] == "m1"
    assert found["url"].startswith("https://")
    assert ["slack_ts", "1.0"] in [field[:2] for field in found["fields"]]
    assert found["t"] == 1793692800000


def test_a_thread_is_listed_in_order(record: pd.DataFrame) -> None:
    """The messages of a thread stand together however far apart; a message alone has no thread."""
    records = Records(record, nothing_said)
    assert [line["id"] for line in records.record("s2")["thread"]] == ["s1", "s2"]
    assert records.record("s3")["thread"] == []


def test_neighbours_come_from_all_sources(record: pd.DataFrame) -> None:
    """Five minutes to either side, every source, without the event itself."""
    assert [line["id"] for line in Records(record, nothing_said).record("s3")["around"]] == ["s1", "p"]


def test_many_neighbours_are_counted(events: Rows) -> None:
    """Of a crowd the nearest are listed, and the number of all is told."""
    crowd = events(
        *({"event_id": f"e{n:03d}", "time": f"2026-11-03T08:00:{n % 60:02d}Z"} for n in range(200))
    )
    found = Records(crowd, nothing_said).record("e030")
    assert (len(found["around"]), found["around_count"]) == (60, 199)
    assert {"e090", "e150"} <= {line["id"] for line in found["around"]}


def test_what_people_said_stands_beside_the_record(record: pd.DataFrame) -> None:
    """Their words, their time and end; the original stays as it is."""
    said = {"s3": {"included": "yes", "summary": "ours", "ended_at": "2026-11-03T08:03:30.000000Z"}}
    found = Records(record, said.get).record("s3", {"phase": "response", "mark": "", "mark_basis": ""})
    assert (found["said"]["summary"], found["text"], found["included"]) == ("ours", "m3", True)
    assert found["end"] - found["t"] == 30_000
    assert found["phase"] == "response"


def test_a_corrected_clock_tells_what_it_recorded(record: pd.DataFrame) -> None:
    """The pane has the corrected time, the recorded one and by how much; a time people set comes first."""
    moved = record.assign(
        recorded_at=record["time"].where(record["source"] == "pagerduty"),
        time=record["time"].where(record["source"] != "pagerduty", record["time"] + pd.Timedelta("37s")),
    )
    found = Records(moved, nothing_said).record("p")
    assert (found["t"] - found["recorded_at"], found["corrected"]) == (37_000, "+37 s")
    assert found["recorded_at"] == Records(record, nothing_said).record("p")["recorded_at"]
    said = Records(moved, lambda _: {"time": "2026-11-03T08:20:00Z"}).record("p")
    assert said["t"] == found["recorded_at"] + 16 * 60_000
    assert said["recorded_at"] == found["recorded_at"]
    plain = Records(record, nothing_said).record("p")
    assert (plain["recorded_at"], plain["corrected"]) == (plain["t"], "")


def test_an_event_without_evidence_is_what_people_said(record: pd.DataFrame) -> None:
    """A manual event has its time and words, neighbours, and no original."""
    said = {"manual:x": {"included": "yes", "time": "2026-11-03T08:03:00.000000Z", "summary": "seen"}}
    found = Records(record, said.get).record("manual:x")
    assert (found["evidence"], found["text"], found["source"]) == (False, "", "manual")
    assert [line["id"] for line in found["around"]] == ["s1", "s3", "p"]


def test_a_record_without_a_time_is_shown_too(record: pd.DataFrame) -> None:
    """What could not be read has no time and no neighbours, and says what it is."""
    found = Records(record, nothing_said).record("torn")
    assert (found["t"], found["around_count"], found["kind"]) == (None, 0, "unreadable")


def test_the_pane_of_one_viewer_leaves_the_others(record: pd.DataFrame) -> None:
    """A record goes to the viewer who asked; what a reloaded page shows is the last one."""
    details = Details()
    sent: list[Any] = []
    details.send = lambda message, buffers=None: sent.append(message)
    details.show(Records(record, nothing_said).record("p"), viewer="v")
    assert (sent[0]["viewer"], sent[0]["record"]["id"]) == ("v", "p")
    assert details.record["id"] == "p"
