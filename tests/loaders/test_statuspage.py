from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders.statuspage import feed, load_statuspage
from pmkit.loaders.statuspage.feed import MOST_BYTES, OFFSETS, plain
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parent.parent / "fixtures" / "statuspage"


def load(data: Any, name: str = "x.json", **options: Any) -> pd.DataFrame:
    raw = data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        frame = load_statuspage(path, **options)
    validate(frame, EVENTS)
    return frame


def summary() -> dict[str, Any]:
    return json.loads((FIXTURES / "summary.json").read_text(encoding="utf-8"))


# --- samples ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "incidents.json", "summary.json", "webhooks.jsonl", "history.atom", "history.rss", "instatus.json",
        "google-cloud.json",
    ],
)  # fmt: skip
def test_a_sample_gives_the_expected_frame(assert_reads_as: Compare, name: str) -> None:
    """Every record is one row, exactly as the CSV beside it has it."""
    path = FIXTURES / name
    frame = load_statuspage(path)
    assert_reads_as(frame, FIXTURES / f"{name.replace('.', '-')}.expected.csv")
    assert (frame["kind"] != "unreadable").all()
    pd.testing.assert_frame_equal(load_evidence(path, recognise(path).name), frame)


def test_every_record_of_the_real_file_is_accounted_for() -> None:
    """As many rows as the file has incidents and updates."""
    raw = json.loads((FIXTURES / "incidents.json").read_text(encoding="utf-8"))
    frame = load_statuspage(FIXTURES / "incidents.json")
    assert len(frame) == len(raw) + sum(len(incident["incident_updates"]) for incident in raw)


def test_an_edited_time_is_told_and_the_true_one_counts() -> None:
    """The real sample shows an update a day before it was written; the row stands where it was written."""
    row = (
        load_statuspage(FIXTURES / "incidents.json")
        .set_index("event_id")
        .loc["statuspage:update:7ndck0zdhw1c"]
    )
    assert str(row["time"]) == "2021-11-09 14:36:17.752000+00:00"
    assert row["text"].endswith("(the page shows it at 2021-11-08 15:18:17 UTC)")


@pytest.mark.parametrize("shape", ["page", "list", "one", "wrapped", "lines"])
def test_every_envelope_gives_the_same_events(shape: str) -> None:
    """A page, its list, one incident, a webhook and JSON Lines."""
    incident = summary()["incidents"][0]
    data: Any = {
        "page": {"page": {"id": "p"}, "incidents": [incident]},
        "list": [incident],
        "one": incident,
        "wrapped": {"meta": {}, "page": {"id": "p"}, "incident": incident},
        "lines": json.dumps(incident) + "\n",
    }[shape]
    frame = load(data)
    assert len(frame) == 6
    assert frame["event_id"].is_unique
    assert frame["kind"].tolist() == ["incident"] + ["status_update"] * 5


def test_updates_that_stand_newest_first_come_out_as_they_happened() -> None:
    """Within one second the incident stands first and its updates in their order."""
    incident = summary()["incidents"][0]
    for update in incident["incident_updates"]:
        update |= {"created_at": incident["created_at"], "display_at": incident["created_at"]}
    texts = load([incident])["text"].tolist()
    assert [text.split(": ")[1] for text in texts[1:]] == [
        "Investigating", "Identified", "Monitoring", "Resolved", "Postmortem",
    ]  # fmt: skip


def test_a_postmortem_is_told_once() -> None:
    """As an update; where there is none it stands with the incident."""
    page = summary()
    assert sum("cache kept stock" in text for text in load(page)["text"]) == 1
    page["incidents"][0]["incident_updates"] = page["incidents"][0]["incident_updates"][1:]
    frame = load(page)
    row = frame[frame["kind"] == "incident"].iloc[0]
    assert "postmortem published 2026-11-05 17:00:00 UTC" in row["text"]
    assert row["text"].endswith("\nA cache kept stock levels for too long.")


def test_the_last_fifty_incidents_may_not_be_all(tmp_path: Path) -> None:
    """The public API lists no more."""
    incident = summary()["incidents"][0] | {"incident_updates": []}
    for count in (49, 50):
        path = tmp_path / f"{count}.json"
        incidents = [incident | {"id": f"i{n}"} for n in range(count)]
        path.write_text(json.dumps({"page": {"id": "p"}, "incidents": incidents}), encoding="utf-8")
        assert bool(find_incompleteness(path, "statuspage")) == (count == 50)


def test_damage_costs_its_update_alone() -> None:
    """A file that was cut keeps what came before; twin keys cost the update they are in."""
    text = json.dumps(summary())
    whole = load(text)
    cut = load(text[: text.index("Orders will be")])
    assert set(whole["event_id"]) - set(cut["event_id"]) == {"statuspage:db0upgrade", "statuspage:update:m0"}
    twins = load(text.replace('"body": "The upgrade has begun."', '"body": "a", "body": "b"'))
    assert set(whole["event_id"]) - set(twins["event_id"]) == {"statuspage:update:m1"}
    assert "duplicate key 'body'" in twins["text"].iloc[-1]


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2026-11-03T14:00:00Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=25)
@given(st.sampled_from(["summary.json", "instatus.json", "google-cloud.json"]), st.data())
def test_hostile_values_never_raise_and_every_record_is_a_row(name: str, data: st.DataObject) -> None:
    """Whatever stands in the fields, there are as many rows as records, the same on every load."""
    raw = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    record = (raw["incidents"] if isinstance(raw, dict) else raw)[0]
    lists = [record.get(key) for key in ("incident_updates", "updates")]
    target = data.draw(st.sampled_from([record, *[one for found in lists for one in found or ()]]))
    for field in data.draw(st.lists(st.sampled_from(sorted(target)), min_size=1, max_size=3)):
        if not isinstance(target[field], list):
            target[field] = data.draw(HOSTILE)
    frame = load(raw)
    assert frame["event_id"].tolist() == load(raw)["event_id"].tolist()
    assert sum(len(ref.split(" | ")) for ref in frame["ref"]) == sum(
        1 + len(one.get("incident_updates") or one.get("updates") or ())
        for one in ([*raw["incidents"], *raw["scheduled_maintenances"]] if isinstance(raw, dict) else raw)
    )


# --- feeds ------------------------------------------------------------------------------------------


def atom(*updates: str, published: str = "2026-11-03T15:45:10Z", link: str = "/incidents/x1") -> str:
    content = "".join(
        f"<p><small>{shown}</small><br><strong>Update</strong> - number {n}</p>"
        for n, shown in enumerate(updates)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>Shop Status - Incident History</title><entry><id>i1</id><published>{published}</published>"
        f'<link href="https://status.shop.example{link}"/><title>Outage</title>'
        f'<content type="html">{escape(content)}</content></entry></feed>'
    )


def shown(text: str) -> str:
    month, day, time, *zone = text.split()
    return f"{month} <var data-var='date'> {day}</var>, <var data-var='time'>{time}</var> {' '.join(zone)}"


def times(frame: pd.DataFrame) -> list[str]:
    return [f"{time:%Y-%m-%d %H:%M}" for time in frame["time"].dropna()]


@pytest.mark.parametrize(
    ("published", "updates", "expected"),
    [
        ("2027-01-01T00:40:12Z", ["Jan 1 00:40", "Dec 31 23:50"], ["2026-12-31 23:50", "2027-01-01 00:40"]),
        ("2026-12-31T23:59:00Z", ["Jan 1 00:01"], ["2027-01-01 00:01"]),
        ("2027-01-01T00:01:00Z", ["Dec 31 23:59"], ["2026-12-31 23:59"]),
        ("2027-03-01T12:00:00Z", ["Mar 1 12:00", "Apr 5 08:00"], ["2026-04-05 08:00", "2027-03-01 12:00"]),
        ("2024-03-01T00:10:00Z", ["Mar 1 00:10", "Feb 29 23:00"], ["2024-02-29 23:00", "2024-03-01 00:10"]),
        ("2026-11-03T15:45:10Z", ["Nov 3 15:40", "Nov 3 15:45"], ["2026-11-03 15:40", "2026-11-03 15:45"]),
    ],
)
def test_the_year_is_that_of_the_entry(published: str, updates: list[str], expected: list[str]) -> None:
    """Over New Year, over most of a year, on a leap day, and where people edited a time."""
    frame = load(atom(*(shown(f"{text} UTC") for text in updates), published=published), "history.atom")
    assert times(frame) == expected


@settings(max_examples=30)
@given(
    st.datetimes(datetime(2012, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001
    st.lists(st.integers(0, 60 * 24 * 40), min_size=1, max_size=4),
)
@example(datetime(2024, 2, 29, 23, 59), [0, 1])  # noqa: DTZ001
def test_every_time_is_found_again(newest: datetime, minutes: list[int]) -> None:
    """Updates up to months apart, shown without their year, get it back."""
    at = [newest.replace(second=0, microsecond=0)]
    for minute in minutes:
        at.append(at[-1] - pd.Timedelta(minutes=minute).to_pytimedelta())
    updates = [shown(f"{moment:%b} {moment.day} {moment:%H:%M} UTC") for moment in at]
    frame = load(atom(*updates, published=f"{newest:%Y-%m-%dT%H:%M:%S}Z"), "history.atom")
    assert times(frame) == sorted(f"{moment:%Y-%m-%d %H:%M}" for moment in at)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("UTC", "15:45"), ("PDT", "22:45"), ("CET", "14:45"), ("ACST", "06:15"), ("+08", "07:45"),
        ("-03", "18:45"), ("+0530", "10:15"),
    ],
)  # fmt: skip
def test_letters_that_mean_one_zone_are_read(letters: str, expected: str) -> None:
    """The page's own label is enough."""
    frame = load(atom(shown(f"Nov 3 15:45 {letters}")), "history.atom")
    assert times(frame) == [f"2026-11-03 {expected}"]
    assert frame["time_basis"].iloc[0] == "offset"


def test_letters_that_mean_several_are_asked_for() -> None:
    """CST is of Chicago, Havana and Shanghai; the answer settles it, and one that does not fit is refused."""
    page = atom(shown("Nov 3 15:45 CST"))
    with pytest.raises(QuestionError, match="CST mean several zones") as asked:
        load(page, "history.atom")
    assert asked.value.option == "zone"
    assert times(load(page, "history.atom", zone="America/Chicago")) == ["2026-11-03 21:45"]
    assert times(load(page, "history.atom", zone="Asia/Shanghai")) == ["2026-11-03 07:45"]
    frame = load(page, "history.atom", zone="Europe/Amsterdam")
    assert "the clocks of Europe/Amsterdam showed CET then" in frame["text"].iloc[0]
    with pytest.raises(EvidenceError, match="no time zone 'Mars'"):
        load(page, "history.atom", zone="Mars")


def test_the_letters_settle_an_hour_that_came_twice() -> None:
    """01:30 in the night the clocks go back is PDT first and PST an hour later."""
    page = atom(shown("Nov 1 01:30 PST"), shown("Nov 1 01:30 PDT"), published="2026-11-01T09:30:00Z")
    frame = load(page, "history.atom", zone="America/Los_Angeles")
    assert times(frame) == ["2026-11-01 08:30", "2026-11-01 09:30"]


def test_the_table_of_letters_is_that_of_the_zone_database() -> None:
    """Of every label all zones that have used it since 2019 agree; labels of several zones are not in it."""
    seen: dict[str, set[float]] = {}
    moments = [
        datetime(year, month, 15, tzinfo=UTC) for year in (2019, 2022, 2025) for month in (1, 4, 7, 10)
    ]
    for name in available_timezones():
        for moment in moments:
            there = moment.astimezone(ZoneInfo(name))
            seen.setdefault(str(there.tzname()), set()).add(there.utcoffset().total_seconds() / 60)
    assert {label: {float(minutes)} for label, minutes in OFFSETS.items()} == {
        label: seen[label] for label in OFFSETS
    }
    assert len(seen["CST"]) > 1
    assert len(seen["PST"]) > 1


@pytest.mark.parametrize(
    "text", ["Foo 3, 15:45 UTC", "Nov 31, 15:45 UTC", "Nov 3, 25:00 UTC", "yesterday", ""]
)
def test_a_time_that_is_none_costs_its_update(text: str) -> None:
    """Its neighbour loads."""
    frame = load(atom(shown("Nov 3 15:45 UTC"), text), "history.atom")
    assert frame["kind"].tolist() == ["status_update", "unreadable"]
    assert frame["ref"].tolist() == ["history.atom#entry:0/update:0", "history.atom#entry:0/update:1"]


def test_markup_becomes_plain_text() -> None:
    """Breaks stay, tags go, and what was escaped is text."""
    assert plain("<p>a<br />b &lt;script&gt;&amp;amp;</p><b>c</b>&nbsp;d") == "a\nb <script>&amp;\nc d"
    assert plain("<script>alert(1)</script>") == "alert(1)"
    assert plain("1 < 2") == "1 < 2"


def test_an_entry_that_is_one_update_stands_where_it_was_published() -> None:
    """Other makers' feeds write no times into their text."""
    page = atom(published="Tue, 03 Nov 2026 15:45:10 +0100").replace(
        "</entry>", "<summary>Slow</summary></entry>"
    )
    frame = load(page, "history.atom")
    assert times(frame) == ["2026-11-03 14:45"]
    assert frame["text"].tolist() == ["Outage: Slow"]
    undated = load(page.replace("Tue, 03 Nov 2026 15:45:10 +0100", "soon"), "history.atom")
    assert undated["kind"].tolist() == ["unreadable"]


def test_ids_stay_when_an_update_is_added() -> None:
    """They count from the oldest update, because a feed puts the newest on top."""
    first = load(atom(shown("Nov 3 15:45 UTC"), shown("Nov 3 15:40 UTC")), "history.atom")
    later = load(
        atom(shown("Nov 3 15:50 UTC"), shown("Nov 3 15:45 UTC"), shown("Nov 3 15:40 UTC")), "history.atom"
    )
    assert set(first["event_id"]) < set(later["event_id"])
    merged = first.merge(later, on="event_id")
    assert (merged["time_x"] == merged["time_y"]).all()


def test_two_updates_in_one_minute_are_two_rows() -> None:
    """The page shows minutes only."""
    frame = load(atom(*[shown("Nov 3 15:45 UTC")] * 2), "history.atom")
    assert [text[-1] for text in frame["text"]] == ["1", "0"]


@pytest.mark.parametrize("name", ["history.atom", "history.rss"])
@settings(max_examples=25)
@given(where=st.floats(0, 1), noise=st.text(st.sampled_from("<>&;/\"' x"), max_size=3))
def test_damage_in_an_entry_costs_that_entry(name: str, where: float, noise: str) -> None:
    """The other entry of the feed is read as it is."""
    text = (FIXTURES / name).read_text(encoding="utf-8")
    tag = "entry" if "<entry>" in text else "item"
    start = text.index(f"<{tag}>") + len(tag) + 2
    stop = text.index(f"</{tag}>")
    at = start + int(where * (stop - start - 1))
    frame = load(text[:at] + noise + text[at + 1 :], name)
    whole = load_statuspage(FIXTURES / name)
    second = whole[whole["ref"].str.contains("entry:1")]
    assert set(second["text"]) <= set(frame["text"])
    assert len(frame)


def test_a_feed_cut_short_keeps_its_whole_entries() -> None:
    """And says where it was cut."""
    text = (FIXTURES / "history.atom").read_text(encoding="utf-8")
    frame = load(text[:-300], "history.atom")
    assert (frame["kind"] == "status_update").sum() == 3
    assert frame["text"].iloc[-1].startswith("characters ")
    assert load("<feed", "history.atom")["kind"].tolist() == ["unreadable"]


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "declared",
    [
        f'<!DOCTYPE feed [<!ENTITY l0 "lol">{BOMB}]>',
        '<!DOCTYPE feed [<!ENTITY f SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE feed SYSTEM "http://127.0.0.1/evil.dtd">',
        '<!DOCTYPE feed [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
        "<!DOCTYPE feed>",
    ],
    ids=["laughs", "file", "network", "parameter", "empty"],
)
def test_what_can_read_files_or_eat_the_memory_is_refused(declared: str) -> None:
    """Entities and document types end in a refusal that names them, before anything is read or unfolded."""
    page = f"<?xml version='1.0'?>{declared}<feed><title>&l9;&f; Status</title></feed>"
    with pytest.raises(EvidenceError, match="document type or entities"):
        load(page, "history.atom")


def test_a_feed_larger_or_deeper_than_any_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by its size; and elements in elements do not fill the memory."""
    path = tmp_path / "history.atom"
    with path.open("wb") as file:
        file.write(b"<feed>")
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(EvidenceError, match="larger than 32 MB"):
        load_statuspage(path)
    with pytest.raises(EvidenceError, match="deep in each other"):
        load("<feed>" + "<a>" * 100_000, "history.atom")
    monkeypatch.setattr(feed, "MOST_ELEMENTS", 100)
    monkeypatch.setattr(feed, "MOST_ENTRIES", 100)
    with pytest.raises(EvidenceError, match="more than 100 elements"):
        load("<feed>" + "<a/>" * 100 + "</feed>", "history.atom")
    with pytest.raises(EvidenceError, match="more than 100 entries"):
        load("<feed><" + "<entry>" * 101, "history.atom")


def test_an_unknown_entity_costs_its_entry() -> None:
    """Without a document type there is nothing to unfold."""
    page = atom(shown("Nov 3 15:45 UTC")).replace("<title>Outage", "<title>&lol; Outage")
    assert load(page, "history.atom")["kind"].tolist() == ["unreadable"]


@pytest.mark.parametrize("piece", ["<small>", "<strong>", "<", "<p><small>Nov ", "&lt;", "<small><strong>x"])
def test_a_long_hostile_entry_takes_no_time(piece: str) -> None:
    """Markup made to be searched again and again is read once."""
    page = atom().replace('<content type="html">', f'<content type="html">{escape(piece * 40_000)}')
    assert len(load(page, "history.atom"))


def test_an_encoding_that_is_declared_is_obeyed() -> None:
    """Latin letters in Latin-1, and UTF-16 with its mark."""
    page = atom(shown("Nov 3 15:45 UTC")).replace("Outage", "Störung")
    latin = page.replace("UTF-8", "ISO-8859-1").encode("latin-1")
    wide = page.replace("UTF-8", "UTF-16").encode("utf-16")
    for raw in (latin, wide):
        assert load(raw, "history.atom")["text"].iloc[0].startswith("Störung")
