"""The report as JSON, and back."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import RenderError
from pmkit.export import document as tree
from pmkit.export.document import Document, Frame, read_document
from pmkit.export.sidecar import _KINDS, SCHEMA_VERSION, load_sidecar, make_sidecar, read_sidecar
from pmkit.packing import pack_frame, unpack_frame

SCHEMA = json.loads((Path(__file__).parents[2] / "report_templates" / "report.schema.json").read_text())


@pytest.fixture(scope="module")
def document(report):
    return read_document(report)


@pytest.fixture(scope="module")
def data(document):
    return make_sidecar(document).files["report.json"]


def test_the_full_report_is_loaded_back_the_same(document, data, tmp_path):
    """Every block, down to each run of text, and every picture's bytes; the drawings are made anew."""
    path = tmp_path / "report.json"
    path.write_bytes(data)
    found = load_sidecar(path)
    assert found.blocks == document.blocks
    assert found.title == document.title
    assert found.generated_at == document.generated_at
    assert make_sidecar(found).files["report.json"] == data


def test_it_fits_the_published_schema(data):
    """By another validator than the one that loads it."""
    import jsonschema

    content = json.loads(data)
    content["blocks"] = list({block["kind"]: block for block in content["blocks"]}.values())
    assert len(content["blocks"]) >= 11
    jsonschema.validate(content, SCHEMA)


def test_the_schema_knows_every_node():
    """Each kind of block, and each of its fields, is described; a new one must be added to the schema."""
    for kind, node in _KINDS.items():
        described = set(SCHEMA["definitions"][kind]["properties"]) - {"kind"}
        assert described == {each.name for each in fields(node)} - {"svg"}, kind
    assert SCHEMA_VERSION.startswith("1.")


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
COLUMNS = {
    "str": TEXTS,
    "bool": st.booleans(),
    "Int64": st.none() | st.integers(-(2**63), 2**63 - 1),
    "Float64": st.none() | st.floats(allow_nan=False),
    "float64": st.floats(),
    "datetime64[us, UTC]": st.none()
    | st.datetimes(pd.Timestamp("1700-01-01").to_pydatetime(), pd.Timestamp("2200-01-01").to_pydatetime()),
    "datetime64[us]": st.none()
    | st.dates(pd.Timestamp("1700-01-01").date(), pd.Timestamp("2200-01-01").date()),
}


@st.composite
def frames(draw):
    names = draw(st.lists(st.sampled_from(list(COLUMNS)), max_size=5))
    count = draw(st.integers(0, 4))
    made = {}
    for number, dtype in enumerate(names):
        values = draw(st.lists(COLUMNS[dtype], min_size=count, max_size=count))
        if dtype.startswith("datetime64"):
            series = pd.to_datetime(pd.Series(values, dtype="object"), utc="UTC" in dtype).astype(dtype)
        else:
            series = pd.Series(values, dtype=dtype)
        made[f"{dtype} {number}"] = series
    return pd.DataFrame(made)


@given(frames())
@settings(max_examples=60)
def test_any_frame_comes_back_exactly(frame):
    """Columns, dtypes and values, to the microsecond and the last bit, by way of JSON text."""
    packed = json.dumps(pack_frame(frame), allow_nan=False)
    back = unpack_frame(json.loads(packed))
    if not len(frame.columns):
        assert not len(back.columns)
    else:
        pd.testing.assert_frame_equal(back, frame, check_exact=True)


INLINES = st.recursive(
    st.builds(tree.Text, TEXTS) | st.builds(tree.Code, TEXTS) | st.just(tree.Break()),
    lambda inner: (
        st.builds(tree.Strong, st.lists(inner, max_size=2).map(tuple))
        | st.builds(tree.Link, st.just("https://e.example/a?b=c"), st.lists(inner, max_size=2).map(tuple))
    ),
    max_leaves=4,
)
LINES = st.lists(INLINES, max_size=3).map(tuple)
BLOCKS = st.recursive(
    st.builds(tree.Paragraph, LINES)
    | st.builds(tree.Heading, st.integers(1, 6), LINES, TEXTS)
    | st.builds(tree.Listing, TEXTS, TEXTS)
    | st.builds(tree.Notice, st.sampled_from(["good", "warn", "bad", "info", "neutral"]), TEXTS)
    | st.builds(lambda words: tree.Facts((tree.Fact(words, (tree.Text(words),), words),)), TEXTS)
    | st.builds(
        lambda words: tree.Table(
            words, words, (tree.Column(words),), ((tree.Cell((tree.Text(words),), words, "bad", True),),)
        ),
        TEXTS,
    ),
    lambda inner: (
        st.builds(tree.Quote, st.lists(inner, max_size=2).map(tuple))
        | st.builds(
            lambda blocks: tree.Items(True, 3, (tree.Item(blocks, True), tree.Item(()))),
            st.lists(inner, max_size=2).map(tuple),
        )
    ),
    max_leaves=4,
)


@given(st.lists(BLOCKS, max_size=4).map(tuple))
@settings(max_examples=60)
def test_any_tree_comes_back_exactly(blocks):
    """Whatever blocks a report is made of; the export's own check says the same."""
    document = Document(
        tree.Title("T"), "en", pd.Timestamp("2026-11-03T07:00:00Z").to_pydatetime(), blocks,
        frames=(Frame("x", '{"columns": [], "rows": []}'),),
    )  # fmt: skip
    finished = make_sidecar(document)
    assert finished.check.passed, finished.check.all_problems()
    assert read_sidecar(finished.files["report.json"]).blocks == blocks


def linked(url: str) -> dict[str, Any]:
    return {"kind": "paragraph", "children": [{"kind": "link", "url": url, "children": []}]}


TORN = {"columns": [], "rows": [[1], [1, 2]]}
ODD = {"columns": [{"name": "a", "dtype": "no"}], "rows": []}
SCRIPT = {"kind": "script", "text": "x"}
LOUD = {"kind": "notice", "tone": "loud", "text": "x"}
DAMAGED = {"kind": "picture", "mime": "image/png", "data": "%", "alt": "", "caption": ""}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(schema="other"), '"schema": "pmkit-report", found none'),
        (lambda c: c.update(schema_version="2.0"), "expected version 1.1 of the schema, found '2.0'"),
        (lambda c: c.pop("title"), "title"),
        (lambda c: c.update(title=c["blocks"][0]), "title"),
        (lambda c: c["blocks"].append(SCRIPT), "blocks"),
        (lambda c: c["blocks"].append(LOUD), "blocks"),
        (lambda c: c.update(frames={"x": ODD}), "frames.x"),
        (lambda c: c.update(frames={"x": TORN}), "frames.x"),
        (lambda c: c.update(generated_at="2026-13-40T00:00:00Z"), "generated_at"),
        (lambda c: c["blocks"].append(linked("javascript:x")), "blocks"),
        (lambda c: c["blocks"].append(linked('https://"><script>')), "only the web and mail"),
        (lambda c: c["blocks"].append(DAMAGED), "damaged"),
    ],
)
def test_what_is_no_report_is_refused(data, change, said):
    """The place and what was expected are named, and nothing is half loaded."""
    content = json.loads(data)
    change(content)
    with pytest.raises(RenderError) as caught:
        read_sidecar(json.dumps(content).encode(), "report.json")
    assert said in str(caught.value)
    assert str(caught.value).startswith(("report.json", "the JSON"))


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '"x"', "\x00", "[" * 50_000])
def test_what_is_no_json_is_refused(text):
    """Whatever the bytes, a `RenderError` says so."""
    with pytest.raises(RenderError, match="expected"):
        read_sidecar(text.encode())


def test_markup_that_was_tampered_with_is_cleaned(document, data):
    """HTML in the file is cleaned anew when it is loaded: it may have been in other hands."""
    content = json.loads(data)
    (markup, *_) = [block for block in content["blocks"] if block["kind"] == "markup"]
    markup["html"] += "<script>window.__x=1</script><img src=https://evil.example/x onerror=x>"
    found = read_sidecar(json.dumps(content).encode())
    html = "".join(block.html for block in found.walk() if isinstance(block, tree.Markup))
    assert "<script" not in html
    assert "onerror" not in html.split("</div>")[-1]
    assert "<img" not in html


def test_a_difference_is_noticed(document, data):
    """The check loads the finished bytes and refuses those that say something else."""
    from pmkit.export.sidecar import check_sidecar

    assert check_sidecar(data, document).passed
    assert not check_sidecar(data.replace(b"18 min", b"19 min"), document).passed
    fewer = replace(document, blocks=document.blocks[:-1])
    assert any("blocks" in problem for problem in check_sidecar(data, fewer).all_problems())
