"""What holds for every view: it is plain data, and nothing in it is obeyed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import pytest

import pmkit
from pmkit import overview, schema, tables
from pmkit.blocks import BLOCK_MIME, Cell, Facts, Table
from tests.tables.views import HOSTILE, Make, full, views


@pytest.fixture(scope="module")
def shown(postmortem: Make) -> Callable[[str], dict[str, Any]]:
    """The views of a full postmortem, by the text that is in it, each made once."""
    return cache(lambda text: views(full(postmortem, text)))


def test_every_view_is_tested() -> None:
    """A view that is added to pmkit is added here."""
    starts = ("table_", "card_", "note_t", "report_title")
    public = {name for name in pmkit.__all__ if name.startswith(starts)} - set(dir(overview))
    shown = {"report_title", "note_text", "card_metrics", "card_review"}
    assert public == {*shown, *(name for name in dir(tables) if name.startswith("table_"))}


@pytest.mark.parametrize("text", ["words", HOSTILE, "a\tb\nc 日本語 🚒 \u202e"])
def test_views_are_plain_data(shown: Callable[[str], dict[str, Any]], text: str) -> None:
    """Each view carries itself as JSON that names its block, and shows itself as HTML and as text."""
    for name, view in shown(text).items():
        bundle = view._repr_mimebundle_()
        data = bundle[BLOCK_MIME]
        assert json.loads(json.dumps(data)) == data, name
        assert data["block"] in ("title", "prose", "notice", "cards", "table", "facts")
        assert set(bundle) == {BLOCK_MIME, "text/html", "text/plain"}
        assert isinstance(bundle["text/plain"], str)


def test_evidence_is_shown_not_obeyed(shown: Callable[[str], dict[str, Any]]) -> None:
    """Tags in any cell, note, title, name or card appear as text."""
    for name, view in shown(HOSTILE).items():
        html = view._repr_mimebundle_()["text/html"]
        assert "<img" not in html, name
        assert "<script" not in html, name
        assert html.count("</table>") <= html.count("<table"), name
        assert not re.search(r"<[^>]*\bonerror", html), name


def test_only_the_web_is_a_link(postmortem: Make) -> None:
    """Any other address leads nowhere: neither in the HTML nor in the data."""
    urls = (
        "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "data:text/html,x",
        "file:///etc/passwd", "//evil.example", "vbscript:x", "java\nscript:x", "https:alert(1)",
    )  # fmt: skip
    for name, view in views(full(postmortem, "words", *urls)).items():
        bundle = view._repr_mimebundle_()
        assert "<a " not in bundle["text/html"], name
        data = json.dumps(bundle[BLOCK_MIME])
        assert not [url for url in urls if json.dumps(url)[1:-1] in data], name
    for url in urls:
        assert Facts((("x", Cell("y", url=url)),)).to_dict()["items"] == [{"label": "x", "text": "y"}]


def test_links_of_the_web_stay(postmortem: Make) -> None:
    """An event's permalink is a link, its quotes escaped."""
    url = 'https://example.com/a?b="c"&d'
    view = tables.table_events(full(postmortem, "words", url).events)
    assert view.to_dict()["rows"][0][1]["url"] == url
    assert '<a href="https://example.com/a?b=&quot;c&quot;&amp;d" rel="noreferrer">' in view._html()
    assert "HTTP://x" in Facts((("x", Cell("y", url="HTTP://x")),))._html()


def test_nothing_recorded_is_said_in_a_sentence(postmortem: Make) -> None:
    """Every view of an empty postmortem says that there is nothing, and is still data."""
    for name, view in views(postmortem()).items():
        bundle = view._repr_mimebundle_()
        json.dumps(bundle)
        if isinstance(view, Table) and name not in ("derivations", "findings"):
            assert view.rows == (), name
            assert view.to_dict()["rows"] == []
            assert view.to_dict()["columns"], name
            assert bundle["text/plain"].endswith("."), name
            assert bundle["text/html"] == f"<p><em>{bundle['text/plain']}</em></p>"
    assert tables.note_text(" \n", missing="Not written.").to_dict() == {
        "block": "notice", "text": "Not written.", "tone": "warn",
    }  # fmt: skip


def test_columns_and_cells_agree(shown: Callable[[str], dict[str, Any]]) -> None:
    """Each row has a cell for every head."""
    for view in shown("words").values():
        if isinstance(view, Table):
            assert {len(row) for row in view.rows} == {len(view.columns)}


def test_times_of_frames_without_rows_do_not_matter() -> None:
    """Views take frames as the schema makes them, also without any row."""
    assert tables.table_events(schema.empty(schema.EVENTS)).rows == ()
    assert isinstance(tables.table_tasks(schema.empty(schema.TASKS)), Table)
    assert tables.table_timeline(pd.DataFrame()).rows == ()
