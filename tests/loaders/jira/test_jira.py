from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._format import Glimpse
from pmkit.loaders._frame import to_table
from pmkit.loaders._merge import merge_events
from pmkit.loaders.jira import FORMATS, load_jira_issues
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "jira"
AT = "2026-11-03T14:02:11.123+0100"
ADA = {"accountId": "5b10", "displayName": "Ada Mori", "emailAddress": "ada@example.com"}


def item(field: str, before: str | None, after: str | None) -> dict[str, Any]:
    return {
        "field": field,
        "fieldtype": "jira",
        "from": None,
        "fromString": before,
        "to": None,
        "toString": after,
    }


def change(number: int, *items: dict[str, Any], at: str = AT, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "author": ADA, "created": at, "items": list(items)} | more


def comment(number: int, body: Any = "words", at: str = AT, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "author": ADA, "body": body, "created": at, "updated": at} | more


def issue(
    number: int = 1,
    *changes: dict[str, Any],
    comments: list[dict[str, Any]] | None = None,
    total: int | None = None,
    **fields: Any,
) -> dict[str, Any]:
    held = comments or []
    return {
        "id": f"10{number}", "key": f"PAY-{number}",
        "self": f"https://shop.example.com/jira/rest/api/2/issue/10{number}",
        "changelog": {"startAt": 0, "total": total or len(changes), "histories": list(changes)},
        "fields": {
            "summary": f"Checkout {number}", "created": AT, "updated": AT, "creator": ADA,
            "project": {"key": "PAY", "name": "Payments"}, "issuetype": {"name": "Bug"},
            "comment": {"comments": held, "total": len(held)},
        } | fields,
    }  # fmt: skip


def load(data: Any, name: str = "jira.json", **options: Any) -> pd.DataFrame:
    raw = data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        frame = load_jira_issues(path, **options)
    validate(frame, EVENTS)
    return frame


def lacks(data: Any, name: str = "jira.json") -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return of_file(path)


def of_file(path: Path) -> str:
    return FORMATS[path.suffix == ".csv"].find_incompleteness(path)


def recognised(path: Path) -> list[str]:
    return [form.name for form in FORMATS if form.recognise(Glimpse(path))]


def count_refs(frame: pd.DataFrame) -> int:
    return sum(len(text.split(" | ")) for text in frame["ref"])


# --- samples ----------------------------------------------------------------------------------------


def test_every_record_of_the_real_file_becomes_one_row() -> None:
    """Issues, items of their changelogs and comments, counted in the raw file."""
    raw = json.loads((FIXTURES / "issues.json").read_text(encoding="utf-8"))
    changes = [one for told in raw for one in told["changelog"]["histories"]]
    items = [one for told in changes for one in told["items"]]
    comments = [one for told in raw for one in told["fields"].get("comment", {}).get("comments", [])]
    frame = load_jira_issues(FIXTURES / "issues.json")
    assert len(frame) == count_refs(frame) == len(raw) + len(items) + len(comments)
    assert (frame["kind"] != "unreadable").all()


@pytest.mark.parametrize(
    ("name", "zone"), [("issues.json", None), ("search-v3.json", None), ("export.csv", "Europe/Amsterdam")]
)
def test_a_sample_gives_the_expected_frame(name: str, zone: str | None, assert_reads_as: Compare) -> None:
    """Each file gives exactly the rows of the CSV beside it."""
    frame = load_jira_issues(FIXTURES / name, zone=zone)
    assert_reads_as(frame, FIXTURES / f"{Path(name).stem}.expected.csv")


def test_what_a_sample_shows_to_be_missing_is_said() -> None:
    """Cut changelogs, cut comments, comments that were not asked for, pages to come."""
    assert of_file(FIXTURES / "issues.json") == (
        "incomplete: changes are cut (TEST-2 0 of 2, TEST-4 1 of 2): "
        "fetch /rest/api/2/issue/<key>/changelog; comments are cut (TEST-4 2 of 5): "
        "fetch /rest/api/2/issue/<key>/comment; no comments of TEST-1, TEST-2, TEST-3: "
        "ask for them with fields=*all"
    )
    assert of_file(FIXTURES / "search-v3.json").startswith(
        "incomplete: another page of issues follows its last one; changes are cut (PAY-812 2 of 5)"
    )
    assert of_file(FIXTURES / "export.csv").endswith("which only the REST API gives")


def test_samples_are_recognised() -> None:
    """Told from their content, and by one format each."""
    assert recognised(FIXTURES / "issues.json") == ["jira-rest"]
    assert recognised(FIXTURES / "search-v3.json") == ["jira-rest"]
    assert recognised(FIXTURES / "export.csv") == ["jira-csv"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", {"issues": [{"id": 1, "title": "a GitHub issue", "number": 7}]}),
        ("b.json", {"key": "PAY-1", "value": 3}),
        ("c.json", {"values": [{"id": "1", "created": AT, "items": []}]}),
        ("d.json", {"incidents": [{"id": "P1", "created_at": AT}]}),
        ("e.csv", "Issue,Summary\nPAY-1,slow\n"),
        ("f.csv", "Issue key\nPAY-1\n"),
    ],
)
def test_other_sources_are_not_taken_for_jira(tmp_path: Path, name: str, content: Any) -> None:
    """A key alone, or a list called issues, is no issue of Jira."""
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    assert recognised(path) == []


# --- JSON -------------------------------------------------------------------------------------------

ISSUES = [
    issue(1, change(11, item("status", "To Do", "Done")), comments=[comment(21)]),
    issue(2, change(12, item("assignee", None, "Bo Sato"), item("priority", "Low", "High"))),
    issue(3),
]


@pytest.mark.parametrize(
    "data",
    [
        {"expand": "names", "startAt": 0, "maxResults": 50, "total": 3, "issues": ISSUES},
        {"isLast": True, "issues": ISSUES, "names": {"summary": "Summary"}},
        ISSUES,
        [{"startAt": 0, "issues": ISSUES[:1]}, {"startAt": 1, "issues": ISSUES[1:]}],
        "\n".join(json.dumps(one) for one in ISSUES),
        "\n".join(json.dumps({"issues": [one]}, indent=1) for one in ISSUES),
        "\ufeff" + json.dumps(ISSUES),
        json.dumps(ISSUES).encode("utf-16"),
    ],
    ids=["search", "search of Cloud", "list", "pages", "lines", "glued", "bom", "utf-16"],
)
def test_every_envelope_gives_the_same_events(data: Any) -> None:
    """How the issues were saved does not matter; only the refs differ."""
    frame = load(data)
    assert sorted(frame["event_id"]) == [
        "jira:PAY-1:11:0", "jira:PAY-1:comment:21", "jira:PAY-1:created",
        "jira:PAY-2:12:0", "jira:PAY-2:12:1", "jira:PAY-2:created",
        "jira:PAY-3:created",
    ]  # fmt: skip
    assert frame["ref"].is_unique


def test_one_issue_by_itself_is_read(tmp_path: Path) -> None:
    """As `GET /issue/PAY-1?expand=changelog` gives it; a folder of such files is one source."""
    (tmp_path / "a.json").write_text(json.dumps(ISSUES[0]), encoding="utf-8")
    assert len(load_jira_issues(tmp_path / "a.json")) == 3
    (tmp_path / "b.json").write_text(json.dumps(ISSUES[1]), encoding="utf-8")
    frame = load_jira_issues(tmp_path)
    assert len(frame) == 6
    assert frame["ref"].str.startswith(tmp_path.name).all()


def test_the_rest_of_a_changelog_is_read_by_itself() -> None:
    """`GET /issue/PAY-1/changelog` gives the same ids as the issue, and fills what it lacks."""
    page = {
        "self": "https://shop.example.com/jira/rest/api/2/issue/PAY-1/changelog?startAt=0&maxResults=2",
        "startAt": 0, "maxResults": 2, "total": 2, "isLast": True,
        "values": [change(11, item("status", "To Do", "Done")), change(12, item("labels", "", "db"))],
    }  # fmt: skip
    frame = load(page)
    assert frame["event_id"].tolist() == ["jira:PAY-1:11:0", "jira:PAY-1:12:0"]
    assert frame["url"].tolist() == ["https://shop.example.com/jira/browse/PAY-1"] * 2
    cut = issue(1, change(11, item("status", "To Do", "Done")), total=2)
    assert "changes are cut (PAY-1 1 of 2)" in lacks(cut)
    assert lacks([cut, page]) == ""
    assert count_refs(load([cut, page])) == 4


def test_times_are_utc_and_exact() -> None:
    """Jira writes its offset without a colon."""
    frame = load(issue(created="2024-07-04T05:41:00.089-0700"))
    assert frame["time"].iloc[0] == pd.Timestamp("2024-07-04T12:41:00.089Z")
    assert frame["time_basis"].iloc[0] == "offset"


@pytest.mark.parametrize("at", [None, "", "yesterday", 7, "2026-13-03T14:02:11.123+0100"])
def test_a_time_without_sense_costs_its_own_row(at: Any) -> None:
    """The changes of the issue are still read."""
    frame = load(issue(1, change(11, item("status", "a", "b")), created=at))
    assert frame["event_id"].tolist()[0] == "jira:PAY-1:11:0"
    assert frame["kind"].tolist() == ["field", "unreadable"]


def test_an_issue_is_told_as_it_was_made() -> None:
    """Title, type, priority and description before their first change; those of now where nothing changed."""
    told = issue(
        1,
        change(12, item("summary", "Slow", "Down"), item("priority", "Low", "Highest")),
        change(11, item("summary", "Odd", "Slow"), item("description", "see graph", "full story")),
        summary="Down",
        priority={"name": "Highest"},
        description="full story",
        issuetype={"name": "[System] Incident"},
    )
    first = load(told).iloc[0]
    assert first["text"] == "PAY-1 created: Odd ([System] Incident, Low)\n\nsee graph"
    assert (first["kind"], first["actor"], first["place"]) == ("incident", "Ada Mori", "Payments")


@pytest.mark.parametrize(
    ("field", "before", "after", "kind", "text"),
    [
        ("status", "To Do", "In Progress", "field", "PAY-1 status: To Do → In Progress"),
        ("assignee", None, "Bo Sato", "assign", "PAY-1 assignee: none → Bo Sato"),
        ("Priority", "High", "Low", "priority", "PAY-1 Priority: High → Low"),
        ("resolution", None, "Done", "resolve", "PAY-1 resolution: none → Done"),
        ("resolution", "Done", None, "reopen", "PAY-1 resolution: Done → none"),
        ("Attachment", None, "5xx.png", "file", "PAY-1 Attachment: none → 5xx.png"),
        ("brand new 2031", "a", "b", "field", "PAY-1 brand new 2031: a → b"),
        ("", "a", "b", "other", "PAY-1 changed: a → b"),
        ("description", "x" * 300, "", "field", f"PAY-1 description: {'x' * 200}… → none"),
    ],
)
def test_kinds_and_words_of_changes(
    field: str, before: str | None, after: str | None, kind: str, text: str
) -> None:
    """Any field is kept; what it held stands whole in its columns."""
    row = load(issue(1, change(11, item(field, before, after)))).iloc[1]
    assert (row["kind"], row["text"]) == (kind, text)
    assert (row["jira_key"], row["jira_field"]) == ("PAY-1", field)
    assert (row["jira_from"], row["jira_to"]) == (before or "", after or "")


def test_the_resolution_is_told_once() -> None:
    """By the changelog, or by the issue where the changelog does not tell of it."""
    done = {"resolutiondate": "2026-11-03T18:00:00.000+0000", "resolution": {"name": "Done"}}
    told = load(issue(1, change(11, item("resolution", None, "Done")), **done))
    assert told["kind"].tolist() == ["note", "resolve"]
    untold = load(issue(1, change(11, item("resolution", "Done", None)), **done))
    assert untold["kind"].tolist() == ["note", "reopen", "resolve"]
    assert untold["event_id"].iloc[2] == "jira:PAY-1:resolved"
    assert untold["text"].iloc[2] == "PAY-1 resolved: Done"


@pytest.mark.parametrize(
    ("author", "actor"),
    [
        (ADA, "Ada Mori"),
        ({"accountId": "5b10"}, "Ada Mori"),
        ({"name": "bo", "key": "JIRAUSER7", "displayName": "Bo Sato"}, "Bo Sato"),
        ({"name": "bo", "key": "JIRAUSER7"}, "JIRAUSER7"),
        (None, ""),
        ("bo", ""),
    ],
)
def test_people_are_named(author: Any, actor: str) -> None:
    """Cloud and Data Center; by the name the file gives elsewhere; never by their mail address."""
    frame = load(
        issue(1, change(11, item("status", "a", "b"), author=author), comments=[comment(5, author=author)])
    )
    assert frame["actor"].tolist() == ["Ada Mori", actor, actor]
    assert "@example.com" not in frame.to_csv()


def test_comments_lead_to_their_place() -> None:
    """Version 3 gives documents, version 2 text; a click goes to the comment."""
    body = {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "hi"}]}]}
    frame = load(issue(comments=[comment(21, body), comment(22, "[~accountid:5b10] hi"), comment(23, None)]))
    assert frame["text"].tolist()[1:] == ["hi", "@Ada Mori hi", ""]
    assert frame["url"].iloc[1] == "https://shop.example.com/jira/browse/PAY-1?focusedCommentId=21"
    hostile = issue() | {"self": "javascript:alert(1)//rest/api/2/issue/1"}
    assert load(hostile)["url"].tolist() == [""]


def test_within_one_moment_cause_stands_before_effect() -> None:
    """Made, changed in the order of Jira's ids, commented on, resolved."""
    told = issue(
        1,
        change(120, item("b", "", "x")),
        change(19, item("a", "", "x"), item("c", "", "x")),
        comments=[comment(7)],
        resolutiondate=AT,
    )
    assert load(told)["event_id"].str.removeprefix("jira:PAY-1:").tolist() == [
        "created", "19:0", "19:1", "120:0", "comment:7", "resolved",
    ]  # fmt: skip


def test_a_record_on_two_pages_is_one_row_in_its_latest_state() -> None:
    """Its ref names both places."""
    later = "2026-11-04T09:00:00.000+0100"
    old = issue(1, comments=[comment(7, "old")], summary="Old")
    new = issue(1, comments=[comment(7, "new", updated=later)], summary="New", updated=later)
    for states in ([old, new], [new, old]):
        frame = load([{"issues": [state]} for state in states])
        assert frame["text"].tolist() == ["PAY-1 created: New (Bug)", "new"]
        assert count_refs(frame) == 4


def test_of_two_files_the_state_that_jira_changed_last_stays() -> None:
    """An export added later does not take the exact times of the REST API away, unless it is newer."""
    told = [
        load_jira_issues(FIXTURES / "search-v3.json"),
        load_jira_issues(FIXTURES / "export.csv", zone="UTC"),
    ]
    for frames, exact in (
        (told, False),
        ([told[0], load_jira_issues(FIXTURES / "export.csv", zone="Asia/Tokyo")], True),
    ):
        merged = merge_events([to_table(frame) for frame in frames]).set_index("event_id")
        assert (merged.loc["jira:PAY-812:created", "time"].microsecond == 123_000) == exact
        assert len(merged.loc["jira:PAY-812:created", "ref"].split(" | ")) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"startAt": 0, "maxResults": 3, "total": 240, "issues": ISSUES}, "3 of 240 issues"),
        ([{"total": 3, "issues": ISSUES[:2]}, {"total": 3, "issues": ISSUES[2:]}], ""),
        ({"isLast": False, "nextPageToken": "x", "issues": ISSUES}, "another page of issues follows"),
        ([{"isLast": False, "issues": ISSUES[:1]}, {"isLast": True, "issues": ISSUES[1:]}], ""),
        ([{k: v for k, v in issue(n).items() if k != "changelog"} for n in range(1, 9)],
         "no changelog of PAY-1, PAY-2, PAY-3, PAY-4, PAY-5 and 3 more: ask for it with expand=changelog"),
        ('[{"key": "PAY-1", ', "a file is damaged, see its unreadable rows"),
        (ISSUES, ""),
    ],
    ids=["cut", "all pages", "next page", "all tokens", "bare", "damaged", "whole"],
)  # fmt: skip
def test_incompleteness_that_shows_is_said(data: Any, said: str) -> None:
    """One sentence, or nothing where nothing lacks."""
    assert said in lacks(data)
    assert bool(said) == bool(lacks(data))


# --- damage -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["page", "list", "lines"])
@pytest.mark.parametrize(
    "bad",
    [
        '{"key": "PAY-9", "fields": {"created": "open}',
        '{"key": "PAY-9", "key": "PAY-8", "fields": {"created": "2026-11-03T14:02:11.123+0100"}}',
        '{"key": "PAY-9", "fields": {"n": NaN}}',
        '{"fields": {"created": "2026-11-03T14:02:11.123+0100"}}',
        '{"key": "../etc", "fields": {}}',
        '"a word"',
        "null",
        "7",
    ],
)
def test_a_damaged_issue_costs_itself_alone(bad: str, shape: str) -> None:
    """Its neighbours load, it is reported, and nothing is invented."""
    good = [json.dumps(one) for one in ISSUES]
    parts = [*good[:2], bad, *good[2:]]
    text = {
        "page": '{"total": 4, "issues": [' + ", ".join(parts) + "]}",
        "list": "[" + ",\n".join(parts) + "]",
        "lines": "\n".join(parts),
    }[shape]
    frame = load(text)
    read = frame[frame["kind"] != "unreadable"]
    assert set(read["event_id"]) == set(load(ISSUES)["event_id"])
    assert len(frame) == len(read) + 1


@pytest.mark.parametrize(
    "told",
    [
        {"id": "11", "created": AT, "items": "none"},
        {"id": "11", "created": AT},
        {"created": AT, "items": [item("a", "b", "c")]},
        {"id": "11", "items": [item("a", "b", "c")]},
        {"id": "11", "created": AT, "items": [None]},
        {"id": "1" * 5000, "created": "x", "items": [item("a", "b", "c")]},
    ],
)
def test_a_change_that_says_too_little_costs_itself_alone(told: dict[str, Any]) -> None:
    """It stands as a row that says why; the issue and its other changes stay."""
    frame = load(
        issue(1, told, change(12, item("status", "a", "b")), comments=[{"body": "no id", "created": AT}])
    )
    assert frame["kind"].tolist() == ["note", "field", "unreadable", "unreadable"]


def test_half_a_surrogate_pair_becomes_the_replacement_sign() -> None:
    """Text that no file could be written with again is mended visibly."""
    raw = json.dumps(issue(summary="broken X")).replace("X", "\\ud83d")
    assert load(raw)["text"].tolist() == ["PAY-1 created: broken \ufffd (Bug)"]


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_the_order_of_records_and_keys_does_not_matter(chance: random.Random) -> None:
    """The same ids, times and words, however the file was written."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            chance.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return value

    issues = [shuffled(one) for one in ISSUES]
    chance.shuffle(issues)
    told = ["event_id", "time", "kind", "text", "actor", "url"]
    frames = [load(data)[told].sort_values("event_id", ignore_index=True) for data in (ISSUES, issues)]
    pd.testing.assert_frame_equal(*frames)


@settings(max_examples=40)
@given(st.integers(0, 2), st.floats(0, 1), st.binary(min_size=1, max_size=2))
def test_changed_bytes_lose_at_most_their_own_issue(hit: int, where: float, noise: bytes) -> None:
    """Inside one issue of a page any byte may change; the other issues stay."""
    parts = [json.dumps(one).encode() for one in ISSUES]
    at = int(where * (len(parts[hit]) - len(noise)))
    parts[hit] = parts[hit][:at] + noise + parts[hit][at + len(noise) :]
    frame = load(b'{"total": 3, "issues": [' + b", ".join(parts) + b"]}")
    made = set(frame.loc[frame["event_id"].str.endswith(":created"), "jira_key"])
    assert {f"PAY-{n + 1}" for n in range(3) if n != hit} <= made


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just(AT) | st.just("PAY-1"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "issues", "key", "id", "fields", "changelog", "histories", "items", "comment", "comments",
            "created", "author", "displayName", "body", "values", "self", "total", "summary", "project",
            "name",
        ]),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=60)
@given(JSON)
def test_no_document_makes_the_loader_fail(document: Any) -> None:
    """Whatever stands where a record should, it is a row; a time without a zone may be asked for."""
    load(document, zone="UTC")
    lacks(document)


# --- CSV --------------------------------------------------------------------------------------------

HEADER = (
    "Summary,Issue key,Issue Type,Priority,Creator,Creator Id,Created,Resolved,Resolution,Comment,Comment"
)


def row(number: int, created: str = "03/Nov/26 2:02 PM", *more: str) -> str:
    cells = [f"Checkout {number}", f"PAY-{number}", "Bug", "NA", "Ada Mori", "5b10", created, *more]
    return ",".join([*cells, *[""] * (11 - len(cells))])


def load_csv(*rows: str, header: str = HEADER, zone: str | None = "UTC", **options: Any) -> pd.DataFrame:
    return load("\n".join([header, *rows]) + "\n", "jira.csv", zone=zone, **options)


def test_the_zone_of_an_export_is_asked() -> None:
    """Its times are those of the clock of whoever exported it."""
    with pytest.raises(QuestionError) as asked:
        load_csv(row(1), zone=None)
    assert asked.value.option == "zone"
    frame = load_csv(row(1), zone="America/New_York")
    assert frame["time"].iloc[0] == pd.Timestamp("2026-11-03T19:02Z")
    assert frame["time_basis"].iloc[0] == "America/New_York"


def test_an_export_with_open_dates_asks_for_their_order() -> None:
    """Unless one of its dates settles it, be it that of a comment."""
    with pytest.raises(QuestionError) as asked:
        load_csv(row(1, "06/07/25 10:00"))
    assert asked.value.option == "date_format"
    for told in (
        load_csv(row(1, "06/07/25 10:00"), date_format="D/M/Y"),
        load_csv(row(1, "06/07/25 10:00"), row(2, "21/06/25 10:00")),
        load_csv(row(1, "06/07/25 10:00", "", "", "21/07/25 9:00;5b10;later")),
    ):
        assert pd.Timestamp("2025-07-06T10:00Z") in set(told["time"])


def test_a_clock_shown_twice_costs_its_own_row() -> None:
    """In the hour that daylight saving repeats, and in the one that it skips."""
    frame = load_csv(
        row(1, "01/Nov/26 1:30 AM"), row(2, "08/Mar/26 2:30 AM"), row(3), zone="America/New_York"
    )
    assert frame["event_id"].tolist()[0] == "jira:PAY-3:created"
    assert frame["kind"].tolist() == ["note", "unreadable", "unreadable"]
    assert frame["text"].str.contains("twice|skipped").sum() == 2


def test_cells_stay_what_they_are() -> None:
    """`NA` is a priority somebody named so."""
    assert load_csv(row(1))["text"].tolist() == ["PAY-1 created: Checkout 1 (Bug, NA)"]


def test_a_row_wider_than_the_header_is_lined_up() -> None:
    """More comments than the header knows are comments; blanks are nothing; anything else is reported."""
    wide = row(1) + ",03/Nov/26 2:10 PM;5b10;a third; with a semicolon,,stray"
    frame = load_csv(wide, row(2))
    assert frame["kind"].tolist() == ["note", "note", "note", "unreadable"]
    said = frame[frame["event_id"].str.contains(":comment:")].iloc[0]
    assert (said["text"], said["actor"]) == ("a third; with a semicolon", "Ada Mori")
    assert "'stray' stands after the last column" in frame["text"].iloc[3]


def test_a_row_whose_cells_do_not_line_up_is_reported_once() -> None:
    """A comma without quotes moves every cell after it; nothing of such a row is believed."""
    frame = load_csv(
        "Slow, very slow," + row(7, "03/Nov/26 2:02 PM", "03/Nov/26 5:00 PM").partition(",")[2], row(2)
    )
    assert frame["kind"].tolist() == ["note", "unreadable"]
    assert "expected a key as PAY-812" in frame["text"].iloc[1]
    assert "1 cells beyond the header" in frame["text"].iloc[1]


@pytest.mark.parametrize(
    "cell",
    ["just words", "03/Nov/26 2:10 PM;5b10", "someday soon;5b10;words", "31/Feb/26 2:10 PM;5b10;words"],
)
def test_a_comment_that_tells_no_time_is_reported(cell: str) -> None:
    """A comment cell is `date;author;text`."""
    frame = load_csv(row(1, "03/Nov/26 2:02 PM", "", "", cell))
    assert frame["kind"].tolist() == ["note", "unreadable"]


def test_resolved_and_commented_issues_give_their_rows() -> None:
    """One row each, and ids that stay the same on every reload and in every order."""
    rows = [
        row(1, "03/Nov/26 2:02 PM", "03/Nov/26 5:00 PM", "Fixed", "03/Nov/26 2:10 PM;5b10;one"),
        row(2, "03/Nov/26 2:03 PM"),
    ]
    frame, turned = load_csv(*rows), load_csv(*rows[::-1])
    assert frame["kind"].tolist() == ["note", "note", "note", "resolve"]
    assert frame["text"].iloc[3] == "PAY-1 resolved: Fixed"
    assert frame["event_id"].tolist() == turned["event_id"].tolist() == load_csv(*rows)["event_id"].tolist()


def test_a_csv_without_keys_is_refused() -> None:
    """The message says what was expected and how to get it."""
    with pytest.raises(EvidenceError, match="expected a column `Issue key`"):
        load_csv("a,b", header="Key,Title")
    with pytest.raises(EvidenceError, match="line 1"):
        load("", "jira.csv")


def test_an_export_of_a_round_thousand_is_likely_cut() -> None:
    """Jira stops there without a word."""
    text = "\n".join([HEADER, *(row(n) for n in range(1000))])
    assert "exactly 1,000 issues" in lacks(text, "jira.csv")
    assert "exactly" not in lacks(text + "\n" + row(1000), "jira.csv")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what is wrong, without a traceback of Python's own."""
    for name in ("gone.json", "gone.csv"):
        with pytest.raises(EvidenceError, match="gone"):
            load_jira_issues(tmp_path / name)


@settings(max_examples=40)
@given(st.text(max_size=60), st.integers(0, 200))
def test_no_csv_makes_the_loader_fail(noise: str, at: int) -> None:
    """Noise pressed below the header gives rows; what is left open is asked, what is no export refused."""
    body = "\n".join([row(1), row(2, "03/Nov/26 2:02 PM", "", "", "03/Nov/26 2:10 PM;5b10;one")])
    try:
        load("\n".join([HEADER, body[:at] + noise + body[at:]]), "jira.csv", zone="UTC")
    except QuestionError as asked:
        assert asked.option == "date_format"
