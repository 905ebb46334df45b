from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError
from pmkit.loaders._documents import (
    Found,
    Shape,
    first_record,
    fold,
    in_order,
    list_in,
    load_records,
    object_in,
    read_pages,
    read_records,
    text_in,
    url_in,
)
from pmkit.loaders._format import Glimpse

# Outages with updates, as a status page has them.
SHAPE = Shape(
    pages={"outages": lambda record: "severity" in record and "name" in record},
    inner={"updates": lambda record: "body" in record, "state.history": lambda record: "deployed" in record},
    wrappers=("outage", "data"),
)


def update(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"u{number}", "body": f"update {number}", "parts": [{"name": "api"}]} | fields


def outage(number: int, updates: int = 2, **fields: Any) -> dict[str, Any]:
    inner = [update(10 * number + n) for n in range(updates)]
    return {"id": f"o{number}", "name": f"outage {number}", "severity": "high", "updates": inner} | fields


def read(data: Any, name: str = "x.json") -> list[Found]:
    raw = data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        return list(read_records(path, SHAPE))


def ids(found: list[Found]) -> list[str]:
    return [record.record["id"] for record in found if not record.problem]


OUTAGES = [outage(1), outage(2, updates=1), outage(3)]
IDS = ["o1", "u10", "u11", "o2", "u20", "o3", "u30", "u31"]


@pytest.mark.parametrize(
    "data",
    [
        {"page": {"id": "p"}, "outages": OUTAGES},
        OUTAGES,
        [{"outages": OUTAGES[:1]}, {"outages": OUTAGES[1:]}],
        "\n".join(json.dumps(one) for one in OUTAGES),
        "\n\n".join(json.dumps(one) for one in OUTAGES) + "\n",
        json.dumps({"outages": OUTAGES[:1]}) + json.dumps({"outages": OUTAGES[1:]}),
        "\n".join(json.dumps({"outages": [one]}, indent=1) for one in OUTAGES),
        "\n".join(json.dumps({"outage": one}) for one in OUTAGES),
        {"data": {"outages": OUTAGES}},
        b"\xef\xbb\xbf" + json.dumps(OUTAGES).encode(),
        json.dumps(OUTAGES).encode("utf-16"),
    ],
    ids=[
        "page", "list", "pages", "lines", "gaps", "glued", "indented", "wrapped", "data", "bom", "utf-16",
    ],
)  # fmt: skip
def test_every_envelope_holds_the_same_records(data: Any) -> None:
    """How records were saved does not matter, and each has a place of its own."""
    found = read(data)
    assert ids(found) == IDS
    assert len({record.place for record in found}) == len(IDS)


def test_places_name_the_list_and_what_it_stands_in() -> None:
    """Page, record and inner record, as a reader would look for them."""
    assert [r.place for r in read({"outages": [outage(1, updates=1)]})] == [
        "outages:0",
        "outages:0/updates:0",
    ]
    assert [r.place for r in read([outage(1, updates=1)])] == [":0", ":0/updates:0"]
    assert [r.place for r in read([{"outages": []}, {"outages": [outage(1, 0)]}])] == ["1/outages:0"]
    assert read({"outage": outage(1, 0)})[0].place == ":0"
    deep = {"id": "a", "state": {"history": [{"id": 1, "deployed": "x"}]}}
    assert [(r.place, r.list) for r in read(deep)] == [(":0", ""), (":0/state.history:0", "state.history")]


def test_what_stands_around_a_record_comes_with_it() -> None:
    """The page of an outage, the outage of an update."""
    page = {"page": {"name": "Shop"}, "outages": [outage(1, updates=1)]}
    first, second = read(page)
    assert first.around == (page,)
    assert second.around == (page, page["outages"][0])


def test_a_record_is_not_opened_like_an_envelope() -> None:
    """`data` may be a field of a record."""
    found = read([outage(1, updates=0, data={"id": "x"})])
    assert ids(found) == ["o1"]


# --- damage -----------------------------------------------------------------------------------------


def test_twin_keys_cost_the_record_they_are_in() -> None:
    """An update with two bodies says neither; its outage and its neighbours stay."""
    text = json.dumps({"outages": OUTAGES}).replace('"body": "update 10"', '"body": "a", "body": "b"')
    found = read(text)
    assert ids(found) == [name for name in IDS if name != "u10"]
    ((place, problem),) = [(r.place, r.problem) for r in found if r.problem]
    assert place == "outages:0/updates:0"
    span = re.fullmatch(r"characters (\d+) to (\d+): duplicate key 'body'", problem)
    assert span
    broken = text[int(span[1]) : int(span[2])]
    assert broken.startswith('{"')
    assert broken.endswith("}")
    assert '"body": "a", "body": "b"' in broken


def test_a_file_cut_short_keeps_what_came_before() -> None:
    """The record that was cut is unreadable, and so is the update in it that was; the others are whole."""
    text = json.dumps({"outages": OUTAGES}, indent=1)
    found = read(text[: text.index("update 31")])
    assert ids(found) == ["o1", "u10", "u11", "o2", "u20", "u30"]
    assert [r.place for r in found if r.problem] == ["outages:2", "outages:2/updates:1"]


def test_a_page_that_misses_only_its_end_says_so() -> None:
    """Every record is there, and one row tells that more may have followed."""
    found = read(json.dumps({"outages": OUTAGES})[:-2])
    assert ids(found) == IDS
    assert [r.problem for r in found if r.problem] == ["the file ends before its list does; export it again"]


def test_an_inner_list_that_is_not_closed_swallows_nothing() -> None:
    """The next outage is not taken for an update."""
    text = json.dumps(OUTAGES).replace("]}, ", "}, ", 1)
    found = read(text)
    assert "o2" in ids(found)
    assert {r.list for r in found if r.record.get("severity")} <= {""}
    assert any(r.problem for r in found)


def test_a_damaged_line_costs_itself() -> None:
    """JSON Lines are read line by line."""
    lines = [json.dumps(one) for one in OUTAGES]
    lines[1] = '{"id": "o2", "name":'
    found = read("\n".join(lines))
    assert ids(found) == ["o1", "u10", "u11", "o3", "u30", "u31"]
    assert [r.place for r in found if r.problem] == [":1"]


@pytest.mark.parametrize(
    "text", ["nonsense", "[1, 2]", "7", '"x"', "[[]]", "{", "[", "[{", '{"outages": [7]}']
)
def test_what_is_no_record_is_reported(text: str) -> None:
    """Nothing is dropped in silence."""
    assert all(r.problem for r in read(text))
    assert read(text)


def test_an_empty_file_holds_nothing() -> None:
    """No text, no list elements, no records."""
    assert read("") == read(" \n") == read("[]") == read({"outages": []}) == []


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """Nothing is made of nothing."""
    with pytest.raises(EvidenceError, match="no such file"):
        list(read_records(tmp_path / "missing.json", SHAPE))


@settings(max_examples=250)
@given(st.sampled_from([None, 1]), st.integers(0, 2), st.floats(0, 1), st.integers(0, 3), st.data())
def test_damage_stays_local(
    indent: int | None, hit: int, where: float, change: int, data: st.DataObject
) -> None:
    """Whatever happens inside one record, its neighbours are read as they are and none is invented."""
    bodies = [json.dumps(one, indent=indent) for one in OUTAGES]
    body = bodies[hit]
    at = int(where * (len(body) - 1))
    noise = data.draw(st.text(st.sampled_from('{}[]",:\\ \na1'), min_size=1, max_size=3))
    bodies[hit] = [
        body[:at] + noise + body[at + 1 :],
        body[:at] + body[at + 1 :],
        body[:at] + noise + body[at:],
        body[: at + 1],
    ][change]
    for before, after in (('{"outages": [', "]}"), ("[", "]")):
        found = read(before + ", ".join(bodies) + after)
        sound = [r.record for r in found if not r.problem and r.record]
        neighbours = [one for n, one in enumerate(OUTAGES) if n != hit]
        assert [record for record in sound if record in neighbours] == neighbours
        known = [u for one in neighbours for u in one["updates"]]
        assert [record for record in sound if record in known] == known
        assert len(sound) <= len(IDS)
        assert len({r.place for r in found}) == len(found)


@settings(max_examples=250)
@given(st.text(st.sampled_from('[]{}",: \n\\outagesupdm1'), max_size=120))
def test_noise_never_hangs_or_raises(noise: str) -> None:
    """Any text is read or reported."""
    read('{"outages": [' + noise)
    read(noise)


@pytest.mark.parametrize(
    "text",
    [
        '[{"name":' * 30_000,
        '{"outages": [' * 20_000,
        '{"data":' * 50_000,
        '{"updates": [' * 20_000,
        '[{"severity": "x", "name": ["' * 20_000,
        '{"outages": [' + '{"severity": 1, "name": [1, ' * 20_000,
        '{"state": ' * 50_000,
        "{\n" * 200_000,
        '{"state": 1\n' * 50_000,
    ],
)
def test_hostile_files_are_given_up(text: str) -> None:
    """Files made to cost time are reported, and soon."""
    found = read(text)
    assert found
    assert all(r.problem for r in found)


def test_deep_envelopes_and_lists_end() -> None:
    """Neither an envelope in an envelope nor a list in a list goes on for ever."""
    nested: dict[str, Any] = outage(1, updates=0)
    for _ in range(50):
        nested = {"data": nested}
    assert len(read(nested)) == 1
    inner: list[Any] = []
    for _ in range(50):
        inner = [update(1) | {"updates": inner}]
    assert len(read(outage(1, 0) | {"updates": inner})) == 2


def test_half_a_character_becomes_the_replacement_sign() -> None:
    """A lone surrogate cannot be written anywhere."""
    text = json.dumps([outage(1, 0)]).replace("outage 1", r"a\ud83d")
    assert read(text)[0].record["name"] == "a\ufffd"


# --- folders and first looks ------------------------------------------------------------------------


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    """Each file is named in the places of its records, and another file is not read."""
    (tmp_path / "b.json").write_text(json.dumps({"outages": [outage(2, 0)]}), encoding="utf-8")
    (tmp_path / "a.jsonl").write_text(json.dumps(outage(1, 0)) + "\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("{", encoding="utf-8")
    assert [r.place for r in read_records(tmp_path, SHAPE)] == ["a.jsonl/:0", "b.json/outages:0"]
    assert first_record(Glimpse(tmp_path), SHAPE).record["id"] == "o1"
    assert list(read_pages(tmp_path, SHAPE))[1] == {"outages": [outage(2, 0)]}


def test_a_first_look_sees_into_large_and_damaged_files(tmp_path: Path) -> None:
    """The first record is told from the beginning of a file alone."""
    path = tmp_path / "x.json"
    for data in ({"page": 1, "outages": OUTAGES * 20_000}, OUTAGES * 20_000):
        path.write_text(json.dumps(data), encoding="utf-8")
        assert path.stat().st_size > 2**23
        assert first_record(Glimpse(path), SHAPE).record["id"] == "o1"
    path.write_text(json.dumps({"outages": OUTAGES})[:-40], encoding="utf-8")
    assert first_record(Glimpse(path), SHAPE).record["id"] == "o1"
    path.write_text("no JSON", encoding="utf-8")
    assert first_record(Glimpse(path), SHAPE) is None


# --- records to events ------------------------------------------------------------------------------


def row(found: Found) -> dict[str, Any] | None:
    if found.list == "updates":
        return None
    return {
        "event_id": f"x:{text_in(found.record, 'id')}",
        "time": int(text_in(found.record, "at")) * 10**6,
        "kind": "other",
        "text": text_in(found.record, "name"),
        "updated": text_in(found.record, "updated"),
    }


def test_each_record_is_one_row_and_copies_share_it(tmp_path: Path) -> None:
    """The copy updated last stays and names every copy; what cannot be read says why and where."""
    path = tmp_path / "x.json"
    records = [
        outage(2, at=1_800_000_002), outage(1, at=1_800_000_001, name="old", updated="2027-01-01"),
        outage(1, at=1_800_000_001, name="new", updated="2027-01-02"), outage(3, at="soon"),
    ]  # fmt: skip
    path.write_text(json.dumps({"outages": records}), encoding="utf-8")
    frame = load_records("statuspage", path, SHAPE, row)
    assert frame["text"].tolist()[:2] == ["new", "outage 2"]
    assert frame["ref"].tolist()[:2] == ["x.json#outages:2 | x.json#outages:1", "x.json#outages:0"]
    assert frame["kind"].tolist() == ["other", "other", "unreadable"]
    assert frame["ref"].iloc[2] == "x.json#outages:3"
    assert "soon" in frame["text"].iloc[2]


def test_cause_stands_before_effect_within_one_time() -> None:
    """A list that stands newest first is turned round, and what is inside a record follows it."""
    newest_first = [{"time": 2, "n": 1, "depth": 1}, {"time": 1, "n": 2, "depth": 1}, {"time": 1, "n": 3}]
    assert [r["n"] for r in in_order(newest_first)] == [3, 2, 1]
    oldest_first = [{"time": 1, "n": 1}, {"time": 1, "n": 2}, {"time": 2, "n": 3}]
    assert [r["n"] for r in in_order(oldest_first)] == [1, 2, 3]
    assert fold([]) == in_order([]) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=8,
)


@given(JSON)
def test_what_stands_in_a_record_has_its_type(value: Any) -> None:
    """Whatever a record holds where a text, an object or a list is expected, nothing raises."""
    assert isinstance(text_in(value, "a", "b"), str)
    assert isinstance(text_in(value), str)
    assert isinstance(object_in(value, "a", "b"), dict)
    assert isinstance(list_in(value, "a", "b"), list)


def test_only_web_addresses_are_links() -> None:
    """A click runs nothing."""
    assert url_in({"a": "javascript:alert(1)"}, "a") == ""
    assert url_in({"a": "https://status.example.com/1"}, "a") == "https://status.example.com/1"
