"""Every format says the same: numbers and tables are read back from each by programs that share no code with
what wrote them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from pmkit.export.document import Document, read_document
from pmkit.export.drawing import draw_figures
from pmkit.export.formats import FORMATS, Finished, Options
from pmkit.export.html import Parts, make_html
from pmkit.metrics import format_minutes, response_metrics
from pmkit.workspace import Workspace

pytestmark = pytest.mark.slow  # reports in eleven formats, read by other programs

DATA = Path(__file__).parents[2] / "data"
EDITIONS = int(os.environ.get("PMKIT_EDITIONS", "1"))  # made-up incidents, each for every audience
# two samples by default: running and reading one takes three seconds
SAMPLES = ("checkout-failure", "fintech-degradation", "healthcare-outage", "saas-outage")[: EDITIONS + 1]


@dataclass
class Edition:
    """One report in every format, and what each is read to say."""

    document: Document
    files: dict[str, dict[str, bytes]]
    seen: dict[str, Any]


def make(document: Document, readers: ModuleType) -> Edition:
    finished: dict[str, Finished] = {}
    for name, form in FORMATS.items():
        finished[name] = form.make(document, "report", Options()) if name != "html" else _quick_html(document)
        assert finished[name].check.passed, (name, finished[name].check.all_problems())
    files = {name: dict(each.files) for name, each in finished.items()}
    seen = {name: readers.read(name, files[name]) for name in readers.FORMATS_READ}
    return Edition(document, files, seen)


def _quick_html(document: Document) -> Finished:
    """The page without fonts and plotly.js, which say nothing and take time."""
    page, check = make_html(document, parts=Parts("", "", ""))
    return Finished({"report.html": page.encode()}, check)


def assert_printed(edition: Edition, readers: ModuleType) -> None:
    (pdf,) = edition.files["pdf"].values()
    assert readers.lacking_in_pdf(pdf, with_references(edition, readers)) == []


def with_references(edition: Edition, readers: ModuleType) -> Any:
    (page,) = edition.files["html"].values()
    return readers.read_html(page, references=True)


def assert_agreed(edition: Edition, readers: ModuleType) -> None:
    wanted = edition.seen["html"].parts()
    for name, seen in edition.seen.items():
        for part, found in seen.parts().items():
            if (name, part) != ("confluence", "title"):  # there the page's own title, not in its body
                assert found == wanted[part], (name, part)
    timeline = edition.document.frame("timeline")
    rows = 0 if timeline is None else len(timeline)
    assert len(readers.read_csv(edition.files["csv"]["timeline.csv"])) == rows
    assert len(readers.read_ics(edition.files["ics"]["timeline.ics"])) == rows


@pytest.fixture(scope="module")
def editions(run_notebook, stand_in, readers) -> dict[str, Edition]:
    out = {}
    for name in SAMPLES:
        # the checks take longer than all the rest, and one sample shows their table as well as four
        without = "" if name == SAMPLES[0] or EDITIONS > 1 else "run_checks"
        notebook = run_notebook(Workspace.open(DATA / name), without=without)
        out[name] = make(draw_figures(read_document(notebook), engine=stand_in()), readers)
    return out


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_of_a_sample_says_the_same(editions, readers, name) -> None:
    """Title, outline, facts, numbers, every cell of every table and every figure's words are the same."""
    seen = editions[name].seen["html"]
    assert len(seen.tables) >= 10
    assert len(seen.figures) == 3
    assert len(seen.cards) == 4
    assert sum(map(len, seen.tables)) >= 90
    assert_agreed(editions[name], readers)
    assert_printed(editions[name], readers)


@pytest.mark.parametrize("name", SAMPLES)
def test_numbers_for_machines_are_those_people_read(editions, readers, name) -> None:
    """The metrics' minutes are the cards' words, and anew from the timeline that was loaded back; the
    timeline of JSON, CSV, calendar and slide is the table's, row by row."""
    edition = editions[name]
    document, seen = edition.document, edition.seen["html"]
    metrics, timeline = document.frame("metrics"), document.frame("timeline")
    said = [readers.bare(format_minutes(minutes)) for minutes in metrics["minutes"]]
    assert [card[1] for card in seen.cards] == said
    pd.testing.assert_frame_equal(response_metrics(timeline), metrics)
    (table,) = [rows[1:] for rows in seen.tables if rows[0][:2] == ["Time(UTC)", "Whathappened"]]
    times = [f"{time:%H:%M:%S}" for time in timeline["time"]]
    assert [row[0][:8] for row in table] == times
    rows = readers.read_csv(edition.files["csv"]["timeline.csv"])
    assert [row["time"][11:19] for row in rows] == times
    assert [row["summary"].removeprefix("'") for row in rows] == list(timeline["summary"])
    entries = readers.read_ics(edition.files["ics"]["timeline.ics"])
    assert [f"{entry.start:%H:%M:%S}" for entry in entries] == times
    slide = readers.read_svg(edition.files["svg"]["timeline.svg"])
    for card in seen.cards:
        assert card[0] + card[1] in slide
    for time, marks in zip(timeline["time"], timeline["mark"], strict=True):
        for mark in marks.split():
            if mark != "resolved":
                assert readers.bare(f"{time:%H:%M}{mark.replace('_', ' ')}") in slide


@pytest.mark.parametrize("name", ["lite", "md", "confluence", "docx", "json"])
def test_a_format_that_says_otherwise_would_be_noticed(editions, readers, name) -> None:
    """One digit of one cell, changed in the finished file, is found: the readers do read."""
    edition = editions["checkout-failure"]
    main, data = next(iter(edition.files[name].items()))
    changed = _with_other_number(data, name)
    seen = readers.read(name, {main: changed})
    assert seen.parts()["tables"] != edition.seen["html"].parts()["tables"]


def _with_other_number(data: bytes, name: str) -> bytes:
    if name != "docx":
        assert b"10,078 units" in data
        return data.replace(b"10,078 units", b"10,079 units")
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for each in old.namelist():
            new.writestr(each, old.read(each).replace(b"10,078 units", b"10,079 units"))
    return out.getvalue()


def test_a_pdf_that_lacks_a_cell_would_be_noticed(editions, readers) -> None:
    """A cell that is not printed is named."""
    edition = editions["checkout-failure"]
    seen = with_references(edition, readers)
    seen.tables[0][1][1] += "x"
    (pdf,) = edition.files["pdf"].values()
    assert readers.lacking_in_pdf(pdf, seen) == [seen.tables[0][1][1]]


@pytest.mark.parametrize("seed", range(EDITIONS))
def test_made_up_incidents_agree_for_every_audience(tools, tmp_path, seed) -> None:
    """Whatever people wrote and however little, all formats of all editions agree.

    `PMKIT_EDITIONS=30` makes as many incidents.
    """
    run_notebook, make_incident, stand_in, readers = tools
    workspace = make_incident(tmp_path / f"incident-{seed}", seed)
    for audience in _audiences(workspace) if EDITIONS > 1 else ["internal"]:
        without = "" if EDITIONS > 1 else "run_checks"
        notebook = run_notebook(workspace, audience=audience, without=without)
        document = draw_figures(read_document(notebook), engine=stand_in())
        assert re.search(r"\w", document.title.title)
        edition = make(document, readers)
        assert_agreed(edition, readers)
        assert_printed(edition, readers)


@pytest.fixture
def tools(run_notebook, make_incident, stand_in, readers) -> tuple[Any, ...]:
    return run_notebook, make_incident, stand_in, readers


def _audiences(workspace: Workspace) -> list[str]:
    from pmkit.audience import audience_names

    return audience_names(workspace.incident)
