from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pmkit.loaders import find_incompleteness
from pmkit.loaders.pagerduty import reading

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pagerduty"
AT = "2026-11-03T14:02:11Z"


def entry(number: int, kind: str = "trigger", incident: int = 12, **fields: Any) -> dict[str, Any]:
    about = {"id": f"Q{incident}", "type": "incident_reference", "summary": f"[#{incident}] down"}
    return {"id": f"R{number}", "type": f"{kind}_log_entry", "created_at": AT, "incident": about} | fields


def incident(number: int = 12, **fields: Any) -> dict[str, Any]:
    told = {"id": f"Q{number}", "type": "incident", "incident_number": number, "created_at": AT}
    return told | {"summary": f"[#{number}] down", "service": None} | fields


def alert(number: int, of: int = 12) -> dict[str, Any]:
    about = {"id": f"Q{of}", "type": "incident_reference"}
    return {"id": f"A{number}", "type": "alert", "alert_key": "k", "created_at": AT, "incident": about}


def said(folder: Path, **files: Any) -> str:
    """What is said of a folder of these files."""
    for name, data in files.items():
        (folder / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    return find_incompleteness(folder, "pagerduty-rest")


def test_pages_that_reach_ten_thousand_records_were_cut(tmp_path: Path) -> None:
    """PagerDuty refuses an offset and limit beyond; shorter windows do not."""
    page = {"log_entries": [entry(n) for n in range(100)], "offset": 9_900, "limit": 100, "more": True}
    told = said(tmp_path, page=page)
    assert "log_entries 0 to 9899 are missing" in told
    assert "end at record 10000, the last that pages reach: fetch shorter windows" in told


@pytest.mark.parametrize("count", [24, 25, 26, 100])
@pytest.mark.parametrize("bare", [True, False])
def test_exactly_a_full_page_may_not_be_all(count: int, bare: bool, tmp_path: Path) -> None:
    """A list that was taken out of its page no longer says whether more follow."""
    records = [incident(n) for n in range(count)]
    told = said(tmp_path, some=records if bare else {"incidents": records})
    assert ("exactly a full page" in told) == (count in (25, 100))
    assert said(tmp_path, some={"incidents": records, "more": False}) == ""


def test_a_log_that_begins_after_a_trigger_is_not_whole(tmp_path: Path) -> None:
    """An incident of which the log knows no trigger began before what was fetched."""
    log = [entry(n, "acknowledge", n) for n in range(5)] + [entry(9, "trigger", 9), entry(10, "resolve", 9)]
    told = said(tmp_path, log={"log_entries": log, "more": False})
    assert (
        told == "incomplete: the log begins after the trigger of [#0] down, [#1] down, [#2] down and 2 more"
    )


def test_a_log_of_incidents_that_are_not_there_is_said(tmp_path: Path) -> None:
    """The incidents were fetched for another window than their log."""
    log = {"log_entries": [entry(1), entry(2, incident=13)], "more": False}
    assert said(tmp_path, log=log) == ""
    told = said(tmp_path, log=log, incidents={"incidents": [incident(12)], "more": False})
    assert told == "incomplete: the log tells of [#13] down, not among the incidents"


def test_alerts_that_an_incident_counts_and_nobody_fetched_are_said(tmp_path: Path) -> None:
    """Alerts come in pages too."""
    files = {
        "incidents": {"incidents": [incident(alert_counts={"all": 40})], "more": False},
        "alerts": {"alerts": [alert(n) for n in range(26)], "more": False},
    }
    assert said(tmp_path, **files) == "incomplete: 26 of the 40 alerts of #12 are here"


@pytest.mark.parametrize(("days", "count", "told"), [(30, 400, True), (30, 40, False), (20, 400, False)])
def test_a_month_of_incidents_is_what_comes_without_dates(
    days: int, count: int, told: bool, tmp_path: Path
) -> None:
    """Many incidents that fill a month and no hour more: nobody asked for a window."""
    last = datetime(2026, 11, 3, 14, tzinfo=UTC)
    steps = [last - timedelta(days=days) * (n / count) for n in range(count)]
    page = {
        "incidents": [incident(n, created_at=at.isoformat()) for n, at in enumerate(steps)],
        "more": False,
    }
    assert ("exactly a month" in said(tmp_path, incidents=page)) == told


def test_details_and_texts_that_were_left_out_are_said(tmp_path: Path) -> None:
    """A log without `include[]=channels`, and a note that did not fit into a webhook."""
    log = [entry(n, channel={"type": "api", "details_omitted": True}) for n in range(2)]
    assert "without what they carried: 2" in said(tmp_path, log={"log_entries": log, "more": False})
    hooks = FIXTURES / "webhooks-v3.jsonl"
    assert "cut to fit into a webhook: 1" in find_incompleteness(hooks, "pagerduty-webhook")


def test_big_files_are_looked_through_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces or at once, what is missing is the same."""
    monkeypatch.setattr(reading, "PIECE", 500)
    pages = [{"log_entries": [entry(n) for n in range(9)], "offset": 9 * n, "more": True} for n in range(4)]
    assert "more pages after record 36" in said(tmp_path, pages=pages)
    lines = "\n".join(map(json.dumps, pages))
    (tmp_path / "pages.json").write_text(lines, encoding="utf-8")
    assert "more pages after record 36" in find_incompleteness(tmp_path, "pagerduty-rest")


def test_whole_and_odd_files_are_told_apart(tmp_path: Path) -> None:
    """What is whole says nothing, and what is damaged says that."""
    for name in ("log_entries_effecttech.json", "log-entries.json", "webhooks-v2.json"):
        assert find_incompleteness(FIXTURES / name, "pagerduty-rest") == ""
    odd = [
        incident(created_at=None),
        incident(13, created_at="soon"),
        entry(1, incident=12),
        entry(2, incident=13),
    ]
    assert said(tmp_path, odd=odd) == ""
    (tmp_path / "odd.json").write_text('{"incidents": [{"id": 1}]}', encoding="utf-8")
    assert (
        find_incompleteness(tmp_path, "pagerduty-rest")
        == "incomplete: a file is damaged, see its unreadable rows"
    )
