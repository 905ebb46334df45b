from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmkit.loaders.pagerduty import load_pagerduty_log, reading

SMALL = 1_000  # bytes that count as a big file's piece here


def entry(number: int) -> dict[str, Any]:
    user = {"id": "PADA", "type": "user_reference", "summary": 'Ada, of "}, {"id": night\'s watch'}
    return {
        "id": f"R{number:04}", "type": "notify_log_entry", "summary": "Notified", "user": user,
        "created_at": f"2026-11-03T{number // 60:02}:{number % 60:02}:00Z", "assignees": [user, user],
        "incident": {"id": "Q1", "summary": "[#1] down"}, "contexts": [{"type": "link", "href": "x"}],
    }  # fmt: skip


def incident(number: int) -> dict[str, Any]:
    at = "2026-11-03T00:00:00Z"
    return {"id": f"Q{number}", "incident_number": number, "title": "down", "created_at": at}


ENTRIES = [entry(number) for number in range(60)]
PAGES = [{"limit": 10, "log_entries": ENTRIES[n : n + 10], "more": n < 50} for n in range(0, 60, 10)]
FORMS = {
    "list": json.dumps(ENTRIES),
    "compact list": json.dumps(ENTRIES, separators=(",", ":")),
    "indented list": json.dumps(ENTRIES, indent=2),
    "page": json.dumps({"limit": 100, "log_entries": ENTRIES, "more": False}),
    "indented page": json.dumps({"log_entries": ENTRIES, "more": False}, indent=4),
    "pages": json.dumps(PAGES),
    "indented pages": json.dumps(PAGES, indent=1),
    "pages in lines": "\n".join(map(json.dumps, PAGES)),
    "lines": "\n".join(map(json.dumps, ENTRIES)),
    "wrapped lines": "\n".join(json.dumps({"log_entry": one}) for one in ENTRIES),
    "lines that end": "".join(json.dumps(one) + "\r\n" for one in ENTRIES),
}  # fmt: skip


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a kilobyte are big."""
    monkeypatch.setattr(reading, "PIECE", SMALL)


def load(folder: Path, text: str | bytes) -> pd.DataFrame:
    path = folder / "big.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_pagerduty_log(path)


def count_pieces(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in reading.read_pieces(file))


@pytest.mark.parametrize("form", FORMS)
def test_a_big_file_reads_in_pieces_as_it_does_at_once(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the records were saved: the same rows, the same places, and never all of it in memory."""
    whole = load(tmp_path, FORMS[form])
    monkeypatch.setattr(reading, "PIECE", SMALL)
    if form != "pages in lines":  # a page is longer than a piece, and no list ends with the file
        assert count_pieces(tmp_path / "big.json") > 3
    pd.testing.assert_frame_equal(load(tmp_path, FORMS[form]), whole)
    assert whole["pd_id"].tolist() == [one["id"] for one in ENTRIES]


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize(
    "document",
    [
        {"incidents": [incident(n) for n in range(30)], "log_entries": ENTRIES},
        {"log_entries": ENTRIES, "incidents": [incident(n) for n in range(30)], "more": False},
        {"more": False, "nested": {"a": [1]}, "log_entries": ENTRIES, "notes": []},
        [{"log_entries": ENTRIES}],
    ],
)
def test_what_cannot_be_read_in_pieces_is_read_at_once(document: Any, tmp_path: Path) -> None:
    """Two lists in one page, or a page in an unusual order: every record, in the list it stands in."""
    frame = load(tmp_path, json.dumps(document))
    assert (frame["kind"] == "notify").sum() == 60
    assert (frame["kind"] == "incident").sum() in (0, 30)
    assert frame["ref"].is_unique
    places = frame.loc[frame["kind"] == "notify", "ref"].str.extract(r"log_entries:(\d+)$")[0]
    assert places.astype(int).tolist() == list(range(60))


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("form", FORMS)
def test_damage_late_in_a_big_file_loses_its_own_record(form: str, tmp_path: Path) -> None:
    """What was read before the damage showed is read again, once, and nothing twice."""
    at = FORMS[form].rindex('"R0050"')
    frame = load(tmp_path, FORMS[form][:at] + "NaN" + FORMS[form][at + 7 :])
    read = frame[frame["kind"] != "unreadable"]
    assert read["pd_id"].tolist() == [one["id"] for one in ENTRIES if one["id"] != "R0050"]
    assert (frame["kind"] == "unreadable").sum() == 1


@pytest.mark.usefixtures("in_pieces")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(sorted(FORMS)), where=st.floats(0, 1), noise=st.binary(min_size=1, max_size=2))
def test_changed_bytes_in_a_big_file_lose_at_most_two_records(
    tmp_path: Path, form: str, where: float, noise: bytes
) -> None:
    """Any byte may change: between two records it may cost both, and it never costs a third."""
    data = FORMS[form].encode()
    begin = data.index(b'"R0001"')
    at = begin + int(where * (len(data) - begin - 2))
    frame = load(tmp_path, data[:at] + noise + data[at + len(noise) :])
    found = set(frame.loc[frame["kind"] != "unreadable", "pd_id"]) & {one["id"] for one in ENTRIES}
    assert len(found) >= len(ENTRIES) - 2


@pytest.mark.usefixtures("in_pieces")
def test_a_big_file_of_anything_else_is_reported(tmp_path: Path) -> None:
    """Text, numbers and brackets without end give rows that say so."""
    for noise in ("word " * 400, "[" * 3_000, '{"a": [' * 500, "1" * 3_000, "{}\n" * 800, "\n" * 3_000):
        frame = load(tmp_path, noise)
        assert (frame["kind"] == "unreadable").all()
        assert len(frame) > 0 or not noise.strip()
