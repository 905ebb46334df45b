from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError
from pmkit.loaders import find_incompleteness, load_evidence
from pmkit.loaders.monitoring.prometheus import load_prometheus

Load = Callable[..., pd.DataFrame]
Refs = Callable[[pd.DataFrame], set[str]]
Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "monitoring"
AT = 1793714531.123


def series(*values: Any, **labels: str) -> dict[str, Any]:
    return {"metric": {"__name__": "up", **labels}, "values": list(values)}


def answer(*result: Any, kind: str = "matrix", **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": list(result)}, **more}


def samples(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["kind"] == "metric"]


# --- real and documented answers ----------------------------------------------------------------------


def test_the_documented_range_query_gives_the_expected_frame(assert_reads_as: Compare) -> None:
    """Every sample of both series is one row."""
    path = FIXTURES / "range-query.json"
    assert_reads_as(load_prometheus(path), FIXTURES / "range-query.expected.csv")
    pd.testing.assert_frame_equal(load_evidence(path, "prometheus-query"), load_prometheus(path))


def test_every_sample_of_the_real_list_becomes_one_row() -> None:
    """6,840 samples of the `up` series, each with its time, value and place, to the millisecond."""
    raw = json.loads((FIXTURES / "up.json").read_text(encoding="utf-8"))
    frame = load_prometheus(FIXTURES / "up.json")
    told = [
        (round(at * 1000), float(value), f"up.json#{n}/values:{m}")
        for n, one in enumerate(raw)
        for m, (at, value) in enumerate(one["values"])
    ]
    times = frame["time"].astype("int64") // 1000
    assert sorted(zip(times, frame["metric_value"], frame["ref"], strict=True)) == sorted(told)
    assert (frame["time"].astype("int64") % 1000 == 0).all()
    assert frame["time"].is_monotonic_increasing
    assert frame["metric"].nunique() == len(raw)
    assert set(frame["time_basis"]) == {"epoch"}


# --- shapes -------------------------------------------------------------------------------------------

PLAIN = [series([AT, "1"], [AT + 15, "0"], job="node")]


@pytest.mark.parametrize(
    "content",
    [
        answer(*PLAIN),
        answer(*PLAIN)["data"],
        PLAIN,
        PLAIN[0],
        json.dumps(answer(*PLAIN)) + "\n" + json.dumps(answer()) + "\n",
        json.dumps(answer(*PLAIN), indent=1),
        "\ufeff" + json.dumps(PLAIN),
    ],
    ids=["answer", "data", "list", "one series", "lines", "indented", "bom"],
)
def test_every_envelope_gives_the_same_samples(load: Load, content: Any) -> None:
    """How the answer was saved does not matter; only the refs differ."""
    frame = load(load_prometheus, content)
    assert frame["text"].tolist() == ['up{job="node"} = 1', 'up{job="node"} = 0']
    assert frame["event_id"].tolist() == load(load_prometheus, PLAIN)["event_id"].tolist()
    assert frame["place"].tolist() == ["node", "node"]


def test_instant_queries_are_read(load: Load) -> None:
    """A vector has one value for each series; a scalar and a string have no labels."""
    vector = answer({"metric": {"__name__": "up"}, "value": [AT, "1"]}, kind="vector")
    assert load(load_prometheus, vector)["ref"].tolist() == ["file.json#result/0/value:0"]
    scalar = {"status": "success", "data": {"resultType": "scalar", "result": [AT, "3.5"]}}
    assert load(load_prometheus, scalar)[["metric", "metric_value"]].values.tolist() == [["scalar", 3.5]]
    string = {"status": "success", "data": {"resultType": "string", "result": [AT, "two words"]}}
    row = load(load_prometheus, string).iloc[0]
    assert (row["text"], row["metric_value"]) == ("string = two words", pd.NA) or row["metric_value"] is pd.NA


def test_native_histograms_tell_their_count_and_sum(load: Load) -> None:
    """A histogram is a sample without a number of its own."""
    told = {"count": "59", "sum": "33.5", "buckets": [[0, "-1", "1", "5"]]}
    frame = load(load_prometheus, [{"metric": {"__name__": "took"}, "histograms": [[AT, told]]}])
    assert frame["text"].tolist() == ["took = histogram, count 59, sum 33.5"]
    assert frame["metric_value"].isna().all()


def test_what_is_no_finite_number_stands_in_the_text_alone(load: Load) -> None:
    """NaN and infinities are written as they came, and no chart has to draw them."""
    words = ["NaN", "+Inf", "-Inf", "Inf", "1e+06", "-0.5"]
    frame = load(load_prometheus, [series(*([AT + n, word] for n, word in enumerate(words)))])
    assert frame["text"].str.removeprefix("up = ").tolist() == words
    assert frame["metric_value"].isna().tolist() == [True] * 4 + [False] * 2
    assert frame["metric_value"].dropna().tolist() == [1e6, -0.5]


def test_times_are_rounded_to_the_millisecond(load: Load) -> None:
    """A float such as 9.803999901 is the millisecond that was stored."""
    frame = load(load_prometheus, [series([1564329609.803999901, "1"], [1564329609, "1"])])
    assert frame["time"].astype("int64").tolist() == [1564329609000000, 1564329609804000]


def test_gaps_stay_gaps(load: Load) -> None:
    """Nothing is put where there is no sample."""
    frame = load(load_prometheus, [series([AT, "1"], [AT + 15, "1"], [AT + 3600, "1"])])
    assert len(frame) == 3


# --- who a sample is ----------------------------------------------------------------------------------


def test_a_series_with_its_name_is_the_same_in_every_file(load: Load) -> None:
    """The order of its labels and the name of the file do not matter."""
    one = [{"metric": {"__name__": "up", "a": "1", "b": "2"}, "values": [[AT, "1"]]}]
    other = [{"values": [[AT, "1"]], "metric": {"b": "2", "a": "1", "__name__": "up"}}]
    ids = [load(load_prometheus, told, name=name)["event_id"][0] for told, name in ((one, "a"), (other, "b"))]
    assert ids[0] == ids[1]


def test_a_series_without_a_name_belongs_to_its_answer(load: Load) -> None:
    """Two queries that lose the name may give the same labels, time and value: none of them is dropped."""
    nameless = answer({"metric": {}, "values": [[AT, "0"]]})
    frame = load(load_prometheus, json.dumps(nameless) + json.dumps(nameless))
    assert len(frame) == 2
    other = load(load_prometheus, nameless, name="other.json")
    assert not set(frame["event_id"]) & set(other["event_id"])


def test_a_sample_that_stands_twice_is_one_row(load: Load, refs: Refs) -> None:
    """Overlapping pages are told once, with both places; two values for one moment stay two."""
    frame = load(load_prometheus, [series([AT, "1"]), series([AT, "1"], [AT, "2"])])
    assert len(frame) == 2
    assert frame["ref"].tolist() == ["file.json#0/values:0 | file.json#1/values:0", "file.json#1/values:1"]
    assert len(refs(frame)) == 3


# --- errors and damage ----------------------------------------------------------------------------------


def test_an_error_of_prometheus_is_said(load: Load) -> None:
    """There is nothing to load, and the message is Prometheus' own."""
    error = {"status": "error", "errorType": "bad_data", "error": "parse error at char 4"}
    with pytest.raises(EvidenceError, match="bad_data: parse error at char 4"):
        load(load_prometheus, error)
    frame = load(load_prometheus, [error, answer(*PLAIN)])
    assert frame["kind"].tolist() == ["metric", "metric", "unreadable"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (answer(*PLAIN), ""),
        (
            answer(*PLAIN, warnings=["results truncated due to limit"]),
            "incomplete: Prometheus warned: results truncated due to limit",
        ),
        (
            answer(*PLAIN) | {"status": "error", "errorType": "timeout", "error": "too slow"},
            "incomplete: Prometheus answered with an error: timeout: too slow.",
        ),
        ('{"status": "success", "data"', "incomplete: the file is damaged, see its unreadable rows"),
    ],
)
def test_incompleteness_is_said(tmp_path: Path, content: Any, said: str) -> None:
    """Warnings and errors beside the data become one sentence."""
    path = tmp_path / "q.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    assert find_incompleteness(path, "prometheus-query") == said


@pytest.mark.parametrize(
    "sample",
    [
        [AT], [AT, "1", "2"], "x", None, {}, [None, "1"], ["x", "1"], [AT, None], [AT, True], [AT, ["1"]],
        [0, "1"], [1e20, "1"], [True, "1"],
    ],
)  # fmt: skip
def test_a_sample_at_fault_costs_itself_only(load: Load, sample: Any) -> None:
    """Its neighbours stay, and the row says where it stood."""
    frame = load(load_prometheus, [series([AT, "1"], sample, [AT + 15, "1"])])
    assert frame["kind"].tolist() == ["metric", "metric", "unreadable"]
    assert frame["ref"].iloc[-1] == "file.json#0/values:1"


@pytest.mark.parametrize(
    "content", ["", "[]", json.dumps(answer()), "{}", "5", "[1]", "[[[[" * 9_000, "{" * 9_000]
)
def test_a_file_without_samples_says_so_or_is_empty(load: Load, content: str) -> None:
    """No result is an answer too; what is none gives unreadable rows."""
    frame = load(load_prometheus, content)
    assert samples(frame).empty
    assert len(frame) == (content not in ("", "[]", json.dumps(answer())))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """Nothing is made of nothing."""
    with pytest.raises(EvidenceError, match="cannot be read"):
        load_prometheus(tmp_path / "missing.json")


def test_half_a_surrogate_in_a_label_is_no_character(load: Load) -> None:
    """Such a label neither raises nor reaches a report."""
    text = json.dumps([series([AT, "1"], job="X")]).replace("X", "\\ud83d")
    assert load(load_prometheus, text)["metric"].tolist() == ['up{job="�"}']


def test_a_label_that_stands_twice_costs_its_series(load: Load) -> None:
    """Nobody knows which series such samples are of; the next one stays."""
    text = json.dumps(answer(series([AT, "1"], job="a"), series([AT, "2"], job="b")))
    frame = load(load_prometheus, text.replace('"job": "a"', '"job": "a", "job": "c"'))
    assert frame["text"].tolist() == ['up{job="b"} = 2', "duplicate key 'job'"]


@pytest.mark.parametrize("name", ["data", "result", "values"])
def test_a_list_that_stands_twice_hides_nothing(load: Load, refs: Refs, tmp_path: Path, name: str) -> None:
    """The samples that can be told are read, and the rest is said, also among what is incomplete."""
    held = {"data": answer(*PLAIN)["data"], "result": PLAIN, "values": PLAIN[0]["values"]}[name]
    twice = f'"{name}": {json.dumps(held)}'
    text = json.dumps(answer(*PLAIN)).replace(twice, f"{twice}, {twice.replace(str(AT), str(AT + 60))}")
    frame = load(load_prometheus, text)
    assert len(refs(samples(frame))) == (2 if name == "values" else 4)
    assert f"duplicate key '{name}'" in frame["text"].iloc[-1]
    (tmp_path / "file.json").write_text(text)
    assert "damaged" in find_incompleteness(tmp_path / "file.json", "prometheus-query")


SERIES = st.lists(st.integers(1, 6), min_size=1, max_size=5)


@settings(max_examples=25)
@given(SERIES, st.data())
def test_a_file_cut_short_keeps_what_stands_before_the_cut(
    load: Load, sizes: list[int], data: st.DataObject
) -> None:
    """Every sample that is whole is read, nothing else is, and one row at least tells of the cut."""
    content = [
        series(*([round(AT + 15 * m, 3), str(n)] for m in range(size)), job=str(n))
        for n, size in enumerate(sizes)
    ]
    text = json.dumps(answer(*content))
    cut = data.draw(st.integers(1, len(text) - 1))
    whole = load(load_prometheus, text)
    frame = load(load_prometheus, text[:cut])
    assert set(samples(frame)["event_id"]) <= set(whole["event_id"])
    closed = text[:cut].count('"], [') + text[:cut].count('"]]')
    assert len(samples(frame)) >= closed - 1
    assert (frame["kind"] == "unreadable").sum() >= 1


@settings(max_examples=25)
@given(SERIES, st.data())
def test_damage_stays_local(load: Load, sizes: list[int], data: st.DataObject) -> None:
    """A byte that is lost costs at most the sample or the series it stands in; nothing is invented."""
    content = [
        series(*([round(AT + 15 * m, 3), "1"] for m in range(size)), job=str(n))
        for n, size in enumerate(sizes)
    ]
    text = json.dumps(answer(*content))
    hit = data.draw(st.integers(text.index("["), len(text) - 4))
    damaged = text[:hit] + "\x01" + text[hit + 1 :]
    whole, frame = load(load_prometheus, text), load(load_prometheus, damaged)
    lost = Counter(whole["metric"]) - Counter(samples(frame)["metric"])
    assert len(lost) <= 1
    assert (frame["kind"] == "unreadable").sum() >= 1


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["metric", "values", "value", "data", "result", "resultType", "status"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=30)
@given(JSON)
def test_no_json_raises(load: Load, value: Any) -> None:
    """Whatever stands in the file, it is samples or unreadable rows."""
    try:
        load(load_prometheus, value)
    except EvidenceError as error:
        assert "answered with an error" in str(error)


@settings(max_examples=20)
@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=9), st.randoms())
def test_order_does_not_matter(load: Load, values: list[float], random: Any) -> None:
    """Samples in any order give the same rows, and a reload the same ids."""
    told = [[AT + n, "NaN" if math.isnan(v) else repr(v).replace("inf", "Inf")] for n, v in enumerate(values)]
    shuffled = random.sample(told, len(told))
    one, other = (load(load_prometheus, [series(*rows)]).drop(columns="ref") for rows in (told, shuffled))
    pd.testing.assert_frame_equal(one, other)
