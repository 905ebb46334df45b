"""A report in another language: every fixed word of four samples, and nothing of people's."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import pmkit
from pmkit.blocks import BLOCK_MIME
from pmkit.export.document import (
    Cell,
    Column,
    Document,
    Figure,
    Heading,
    Link,
    Paragraph,
    Table,
    Text,
    Title,
    plain,
    read_document,
)
from pmkit.export.html import make_html
from pmkit.export.references import said
from pmkit.export.translate import translated
from pmkit.language import load_language
from pmkit.look import PLOTLY_MIME
from pmkit.workspace import Workspace

DATA = Path(__file__).parents[2] / "data"
NOW = pd.Timestamp("2026-11-10T16:30:00Z")
SAMPLES = ("checkout-failure", "fintech-degradation", "healthcare-outage", "saas-outage")


def notebook(name: str, lang: str) -> dict[str, Any]:
    """What the report notebook shows of a sample, without running it."""
    pm = Workspace.open(DATA / name).load()
    metrics = pmkit.response_metrics(pm.timeline)
    views = [
        pmkit.report_title(pm, NOW), pmkit.card_metrics(metrics), pmkit.table_impact(pm.impact),
        pmkit.chart_timeline(pm.timeline, pm.events, theme="light"),
        pmkit.chart_activity(pm.events, pm.timeline, theme="light"),
        pmkit.table_timeline(pm.timeline),
        pmkit.chart_factors(pm.factors, pm.factor_links, pm.actions, theme="light"),
        pmkit.table_factors(pm.factors, pm.events, pm.timeline), pmkit.table_decisions(pm.decisions),
        pmkit.table_actions(pm.actions), pmkit.table_raci(pm.raci, pm.incident.roles),
        pmkit.table_milestones(pmkit.review_status(pm, NOW)), pmkit.table_checkins(pm.checkins),
        pmkit.table_questions(pm.questions), pmkit.table_evidence(pm.evidence),
        pmkit.table_clocks(pm.clocks, pm.events), pmkit.facts_seal(pm.seal),
        pmkit.table_derivations(metrics), pmkit.table_sources(pmkit.cited_records(pm)),
        pmkit.list_abbreviations(),
    ]  # fmt: skip
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "source": "".join(cell["source"]), "metadata": {}}
        for cell in json.loads((DATA.parent / "report_templates" / "postmortem.ipynb").read_text())["cells"]
        if cell["cell_type"] == "markdown"
    ]
    for view in views:
        data = json.loads(json.dumps(view._repr_mimebundle_()))
        kept = {mime: data[mime] for mime in (BLOCK_MIME, PLOTLY_MIME) if mime in data}
        output = {"output_type": "display_data", "data": kept, "metadata": {}}
        cells.append(
            {"cell_type": "code", "source": "x", "execution_count": 1, "outputs": [output], "metadata": {}}
        )
    return {"cells": cells, "metadata": {"pmkit": {"lang": lang}}, "nbformat": 4}


@pytest.fixture(scope="module", params=SAMPLES)
def pair(request: pytest.FixtureRequest) -> tuple[Document, Document]:
    """A sample in English and in German."""
    english = notebook(request.param, "en")
    return read_document(english), read_document({**english, "metadata": {"pmkit": {"lang": "de"}}})


# Foreign words a German report may have: names of products and roles of the review, terms of the trade.
ALLOWED = {
    "Postmortem", "DRI", "UTC", "Slack", "PagerDuty", "Jira", "sha256", "evidence.csv", "Code", "Deployments",
    "RACI", "Status", "slack", "pagerduty", "deploy", "monitoring", "statuspage", "table", "jira", "TTD",
    "TTA", "TTM", "TTR", "API", "CI", "P0", "P1", "p50", "p95", "p99", "3-D Secure",
}  # fmt: skip
ENGLISH = re.compile(
    r"\b(the|of|and|to|by|is|was|not|from|what|time|due|reached|unknown|nobody|done|open|started|detected|"
    r"acknowledged|mitigated|resolved|events?|records?|factors?|decisions?|owned|closure|agreed|marked)\b"
)


def fixed_words(document: Document) -> set[str]:
    """Everything the report itself says: labels, captions, states, notes it made."""
    from pmkit.export.translate import _FIXED

    out = {document.title.subtitle, *(fact.note for fact in document.title.facts)}
    out |= {fact.label for fact in document.title.facts}
    for block in document.walk():
        if isinstance(block, Table):
            out |= {block.caption, block.empty, *(column.label for column in block.columns)}
        elif isinstance(block, Figure):
            out |= {block.caption, block.alt}
        else:
            out |= set(said(block))
    assert _FIXED
    return {words for words in out if words}


def test_no_fixed_english_word_is_left_in_german(pair: tuple[Document, Document]) -> None:
    """What both say alike is a name, a term of the trade, or the team's: roles, activities, prose."""
    english, german = pair
    alike = fixed_words(english) & fixed_words(german)
    left = [words for words in alike - ALLOWED if ENGLISH.search(words)]
    assert left == []


def test_states_and_dates_in_cells_are_told(pair: tuple[Document, Document]) -> None:
    """In each table, the cells that pmkit words itself, and no others, differ."""
    from pmkit.export.translate import _FIXED

    english, german = pair
    for before, after in zip(english.tables, german.tables, strict=True):
        policy = _FIXED.get(before.name, {})
        for old, new in zip(before.rows, after.rows, strict=True):
            for column, was, now in zip(before.columns, old, new, strict=True):
                fixed = policy.get(column.label, ())
                if "text" not in fixed:
                    assert now.children == was.children
                elif plain(now.children) == plain(was.children):
                    assert not ENGLISH.search(plain(was.children)) or before.name == "impact", plain(
                        was.children
                    )
                if "note" not in fixed:
                    assert now.note == was.note
                elif now.note == was.note:
                    assert not ENGLISH.search(was.note), was.note


def test_the_day_of_evidence_from_another_day_is_told() -> None:
    """`29 Oct` before a time is written as everywhere else."""
    cell = Cell((Text("29 Oct 10:42:40, 07:12:11, manual:1"),))
    table = Table("factors", "", (Column("Evidence (UTC)"),), ((cell,),))
    document = Document(Title("x"), "de", NOW.to_pydatetime(), (table,), language=load_language("de"))
    (told,) = translated(document, document.language).tables
    assert plain(told.rows[0][0].children) == "29. Okt. 10:42:40, 07:12:11, manual:1"


def test_words_on_charts_are_told(pair: tuple[Document, Document]) -> None:
    """Marks, phases, lanes and kinds of factors; labels of events are people's words and stay."""
    english, german = pair
    for before, after in zip(english.figures, german.figures, strict=True):
        was, now = (json.loads(figure.spec)["layout"] for figure in (before, after))
        said_before = [a["text"] for a in was.get("annotations", ())]
        said_after = [a["text"] for a in now.get("annotations", ())]
        assert len(said_before) == len(said_after)
        own = [text for text in said_after if re.fullmatch(r"[\w-]+|<b>\d\d:\d\d [^<]*</b>", text)]
        assert own or before.name == "factors"
        assert not any(re.search("impact started|acknowledged|mitigation", text) for text in own)
        # a box keeps its number of lines, so that it holds its words
        lines = [text.count("<br>") for text in said_before]
        assert [text.count("<br>") for text in said_after] == lines
        assert now["meta"]["alt"] == after.alt != before.alt


def test_the_page_says_its_language_and_its_own_words(pair: tuple[Document, Document]) -> None:
    """Language, contents, skip link, foot and print are German; a finding says that it is English."""
    _, german = pair
    bare = Document(german.title, "de", german.generated_at, (), language=german.language)
    page, check = make_html(bare, live=False)
    assert check.passed
    assert '<html lang="de">' in page
    for words in ("Zum Bericht springen", ">Inhalt<", "Erstellt 10. November 2026, 16:30 UTC", '"Seite "'):
        assert words in page
    for words in ("Skip to the report", ">Contents<", "Generated "):
        assert words not in page


def test_a_right_to_left_language_turns_the_page(pair: tuple[Document, Document]) -> None:
    """An unfinished catalogue leaves English phrases, openly: nothing is lost."""
    english, _ = pair
    hebrew = load_hebrew(english)
    page, check = make_html(hebrew, live=False)
    assert check.passed
    assert '<html lang="he" dir="rtl">' in page
    assert ">תוכן<" in page


def load_hebrew(document: Document) -> Document:
    from pmkit.export.translate import translated
    from pmkit.language import load_language

    hebrew = load_language("he")
    bare = Document(document.title, "he", document.generated_at, document.headings, language=hebrew)
    return translated(bare, hebrew)


@pytest.mark.parametrize("lang", ["de", "ja"])
@pytest.mark.parametrize("sample", SAMPLES)
def test_what_the_letter_says_by_itself_is_told(sample: str, lang: str) -> None:
    """Its headings, moments and derived sentences; what people wrote stays, though it looks alike."""
    record = pmkit.redact(Workspace.open(DATA / sample).load(), "customer")
    note = "## Our apology\n\nThe disruption is over.\n\nunknown reasons"
    own = replace(record, notes={**record.notes, "customer-letter": note}, impact=record.impact.head(0))
    views = [pmkit.letter_title(own, "customer", NOW), pmkit.customer_letter(own, "customer")]
    outputs = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": json.loads(json.dumps(view._repr_mimebundle_())),
        }
        for view in views
        if view is not None
    ]
    cell = {"cell_type": "code", "source": "x", "execution_count": 1, "outputs": outputs, "metadata": {}}
    facts = {"pmkit": {"lang": lang, "contents": False}}
    letter = read_document({"cells": [cell], "metadata": facts, "nbformat": 4})
    lines = [plain(block.children) for block in letter.walk() if isinstance(block, Heading | Paragraph)]
    assert load_language(lang).phrases["Our apology"] in lines
    if lang == "de":
        assert any(re.search(r"^\d+ (erledigt|bis zum \d+\. \w+ 2026)$", line) for line in lines)
    kept = re.compile(r"Amsterdam|Halifax|Lisbon|Auckland|UTC|Uhr")
    english = [line for line in [*lines, letter.title.subtitle] if ENGLISH.search(kept.sub("", line))]
    assert english == ["The disruption is over.", "unknown reasons"]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("de", ["Banken bekommen Zeit. Bis zum 25. November 2026.", "Behoben. Erledigt.", "Ohne Stand."]),
        ("ja", ["Banken bekommen Zeit.（期限：2026年11月25日）", "Behoben.（完了）", "Ohne Stand."]),
    ],
)
def test_how_far_a_promise_is_stands_behind_it_in_the_letters_language(lang: str, said: list[str]) -> None:
    """The promise is people's, its date pmkit's; the address where readers may ask stays a link."""
    record = pmkit.redact(Workspace.open(DATA / "checkout-failure").load(), "customer")
    promises = "- Banken bekommen Zeit. (A2)\n- Behoben. (A3)\n- Ohne Stand."
    heading = load_language(lang).phrases["What we are doing"]
    sender = replace(record.incident.letter, contact="https://help.example.com/questions")
    own = replace(
        record,
        notes={f"customer-letter.{lang}": f"## {heading}\n\n{promises}"},
        incident=replace(record.incident, letter=sender),
    )
    view = pmkit.customer_letter(own, "customer", NOW, lang)
    assert view is not None
    output = {"output_type": "display_data", "metadata": {}, "data": view._repr_mimebundle_()}
    cell = {"cell_type": "code", "source": "x", "execution_count": 1, "outputs": [output], "metadata": {}}
    facts = {"pmkit": {"lang": lang, "contents": False}}
    letter = read_document({"cells": [cell], "metadata": facts, "nbformat": 4})
    paragraphs = [block for block in letter.walk() if isinstance(block, Paragraph)]
    lines = [plain(block.children) for block in paragraphs]
    place = lines.index(said[0])
    assert lines[place : place + 3] == said
    (asked,) = [block for block in paragraphs if "help.example.com" in plain(block.children)]
    assert [node.url for node in asked.children if isinstance(node, Link)] == [sender.contact]
    assert load_language(lang).tell(
        f"If you have questions, or something still does not work, you can reach us at {sender.contact}."
    ) == plain(asked.children)
