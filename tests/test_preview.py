"""The preview: what a file holds, in numbers that add up and lines that fit a terminal."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from pmkit.preview import indented, preview, printable, some

Rows = Callable[..., pd.DataFrame]


def test_counts_span_zones_names_and_losses_are_told(events: Rows) -> None:
    """Everything that is in the frame is in the numbers, the most frequent first."""
    rows = [
        {"event_id": f"e{n}", "time": f"2026-11-03T23:{n:02}:00Z", "actor": "Mei", "time_basis": "epoch"}
        for n in range(3)
    ]
    rows[0] |= {"kind": "reply", "actor": "Li"}
    rows[1] |= {"actor": "monitor", "slack_is_bot": True}
    lost = [
        {"event_id": f"u{n}", "kind": "unreadable", "ref": f"a.zip#ops/1.json:{n}", "text": "no ts"}
        for n in range(5)
    ]
    found = preview(events(*rows, *lost))
    assert found.kinds == {"message": 2, "reply": 1}
    assert (found.records, found.unreadable, found.time_basis) == (3, 5, {"epoch": 3})
    assert (found.people, found.bots) == ({"Li": 1, "Mei": 1}, {"monitor": 1})
    assert found.to_lines("Asia/Tokyo") == [
        "3 records: message 2, reply 1",
        "2026-11-03 23:00 to 2026-11-03 23:02 UTC",
        "2026-11-04 08:00 to 2026-11-04 08:02 Asia/Tokyo",
        "times: 3 counted from 1970, which needs no zone",
        "2 people: Li 1, Mei 1",
        "1 bot: monitor 1",
        "5 unreadable:",
        "  a.zip#ops/1.json:0: no ts",
        "  a.zip#ops/1.json:1: no ts",
        "  a.zip#ops/1.json:2: no ts",
        "  and 2 more",
    ]
    assert found.to_dict()["reasons"][0] == {"where": "a.zip#ops/1.json:0", "why": "no ts"}


def test_a_source_that_tells_no_bots_has_names(events: Rows) -> None:
    """Who did it may be a service: nobody is called a person who may be none."""
    rows = [
        {"event_id": "pd:1", "source": "pagerduty", "kind": "ack", "actor": "Mei", "time_basis": "offset"},
        {"event_id": "pd:2", "source": "pagerduty", "kind": "trigger", "time_basis": "Europe/Lisbon"},
    ]
    lines = preview(events(*({**row, "time": "2026-11-03T08:00:00Z"} for row in rows))).to_lines("UTC")
    assert lines[1:] == [
        "2026-11-03 08:00 UTC",
        "times: 1 with their zone, 1 read as Europe/Lisbon",
        "1 name: Mei 1",
    ]


def test_an_empty_file_says_so(events: Rows) -> None:
    """No records, no span, no names."""
    found = preview(events())
    assert found.to_lines("UTC") == ["no records"]
    assert (found.to_dict()["first_at"], found.to_dict()["records"]) == (None, 0)


def test_lines_fit_a_terminal_and_are_not_obeyed() -> None:
    """Long lines are broken between words and stay indented; control signs are written out."""
    text = indented(["word " * 40, "  inner\x1b[31m " + "x" * 100])
    lines = text.splitlines()
    assert all(line.startswith("    ") for line in lines)
    assert max(map(len, lines[:-1])) <= 80
    assert "⟦U+001B⟧[31m" in text
    assert printable("a\r\nb\u202ec\ud800") == "a b⟦U+202E⟧c⟦U+D800⟧"
    assert some(["a", "b", "c", "d"]) == "a, b, c, 1 more"
    assert some(["a"]) == "a"
