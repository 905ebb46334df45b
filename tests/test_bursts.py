"""Bursts of like alerts: what is alike, what is near, what is left alone."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from pmkit.bursts import BURST_COLUMNS, find_bursts, mask_texts

Rows = Callable[..., pd.DataFrame]


def alert(minute: int, text: str, **more: object) -> dict[str, object]:
    time = f"2026-11-03T08:{minute:02d}:00Z"
    return {"event_id": f"e{minute:02d}", "time": time, "kind": "bot", "actor": "Lantern", "place": "#alerts",
            "text": text, **more}  # fmt: skip


def test_numbers_and_ids_are_masked_and_names_stay() -> None:
    """Amounts, clocks and ids become `#`; names that end in a digit are what an alert is about."""
    texts = {
        "open holds above 1,500 in KIX1 at 14:02": "open holds above # in KIX1 at #",
        "p95 latency 1406 ms on AR-1207": "p95 latency # ms on AR-#",
        "pod 7f9c4d8b restarted": "pod # restarted",
        "run 0f1e2d3c-1111-4222-8333-444455556666 failed": "run # failed",
        "two\n lines": "two lines",
    }
    assert mask_texts(pd.Series(list(texts), dtype="str")).tolist() == list(texts.values())


def test_like_alerts_near_each_other_are_one_burst(events: Rows) -> None:
    """Three alerts that differ in a number are one burst with its ends, count and members in order."""
    frame = events(
        *(alert(minute, f"holds above {minute}") for minute in (1, 4, 8)), alert(30, "holds above 9")
    )
    burst = find_bursts(frame).iloc[0]
    assert list(find_bursts(frame).columns) == list(BURST_COLUMNS)
    assert (burst["burst_id"], burst["count"], burst["event_ids"]) == ("e01", 3, "e01 e04 e08")
    assert burst["end_at"] == pd.Timestamp("2026-11-03T08:08Z")
    assert len(find_bursts(frame)) == 1


def test_a_pause_ends_a_burst(events: Rows) -> None:
    """With more than the gap between two alerts the second begins a burst of its own."""
    frame = events(*(alert(minute, f"holds {minute}") for minute in (1, 2, 3, 20, 21, 22)))
    assert find_bursts(frame)["event_ids"].tolist() == ["e01 e02 e03", "e20 e21 e22"]
    assert find_bursts(frame, gap="30min")["count"].tolist() == [6]


def test_people_and_other_senders_are_never_folded(events: Rows) -> None:
    """What people write is not folded, nor what another sender or place says."""
    people = [alert(minute, "same here", kind="message") for minute in (1, 2, 3)]
    others = [alert(minute, "holds 1", actor=f"bot {minute}") for minute in (11, 12, 13)]
    assert find_bursts(events(*people, *others)).empty


def test_no_events_give_no_bursts(events: Rows) -> None:
    """Without events there are no bursts, in the same columns and types."""
    bursts = find_bursts(events())
    assert list(bursts.columns) == list(BURST_COLUMNS)
    assert bursts["count"].dtype == "int64"
