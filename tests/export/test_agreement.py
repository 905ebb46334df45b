"""Every format says the same: numbers and tables are read back from each by programs that share no code with
what wrote them."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from pmkit.export.document import Document, read_document, show_hidden
from pmkit.export.drawing import draw_figures
from pmkit.export.formats import FORMATS, Finished, Options
from pmkit.export.html import Parts, make_html
from pmkit.export.sheet import export_sheet
from pmkit.export.sidecar import load_sidecar
from pmkit.export.translate import translated
from pmkit.language import load_language
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


def make(document: Document, readers: ModuleType, names: Collection[str] = tuple(FORMATS)) -> Edition:
    finished: dict[str, Finished] = {}
    for name, form in FORMATS.items():
        if name not in names:
            continue
        finished[name] = form.make(document, "report", Options()) if name != "html" else _quick_html(document)
        assert finished[name].check.passed, (name, finished[name].check.all_problems())
    files = {name: dict(each.files) for name, each in finished.items()}
    seen = {name: readers.read(name, files[name]) for name in readers.FORMATS_READ if name in files}
    return Edition(document, files, seen)


def _quick_html(document: Document) -> Finished:
    """The page without fonts and plotly.js, which say nothing and take time."""
    page, check = make_html(document, parts=Parts("", "", ""))
    return Finished({"report.html": page.encode()}, check)


def assert_printed(edition: Edition, readers: ModuleType) -> None:
    (pdf,) = edition.files["pdf"].values()
    assert readers.lacking_in_pdf(pdf, with_references(edition, readers)) == []
    assert readers.addresses_in_pdf(pdf) == {address for address, _ in edition.seen["html"].links}


def with_references(edition: Edition, readers: ModuleType) -> Any:
    (page,) = edition.files["html"].values()
    return readers.read_html(page, references=True)


def assert_agreed(edition: Edition, readers: ModuleType) -> None:
    wanted = edition.seen["html"].parts()
    for name, seen in edition.seen.items():
        for part, found in seen.parts().items():
            if (name, part) != ("confluence", "title"):  # there the page's own title, not in its body
                assert found == wanted[part], (name, part)
    # every number leads to the row that bears it
    for label, led_to in wanted["refs"]:
        assert led_to == label if label.isdigit() else led_to


def assert_same_timeline(edition: Edition, readers: ModuleType, folder: Path) -> None:
    """Every cell of the timeline in JSON, CSV, workbook and calendar, to the microsecond but in the last."""
    timeline = edition.document.frame("timeline")
    rows = readers.read_csv(edition.files["csv"]["timeline.csv"])
    entries = readers.read_ics(edition.files["ics"]["timeline.ics"])
    if timeline is None:
        assert (rows, entries) == ([], [])
        return
    (folder / "report.json").write_bytes(edition.files["json"]["report.json"])
    pd.testing.assert_frame_equal(load_sidecar(folder / "report.json").frame("timeline"), timeline)
    cells = readers.read_xlsx(export_sheet(timeline, folder / "timeline.xlsx").read_bytes())
    assert len(rows) == len(entries) == len(cells) == len(timeline)
    for row, entry, book, kept in zip(rows, entries, cells, timeline.to_dict("records"), strict=True):
        for name, value in kept.items():
            said = "" if pd.isna(value) else str(show_hidden(value)) if isinstance(value, str) else value
            if isinstance(said, pd.Timestamp):
                assert pd.Timestamp(row[name]) == pd.Timestamp(book[name]) == said
                assert said.tz is not None
            else:
                assert row[name].removeprefix("'") == said.removeprefix("'"), name
                held = "" if pd.isna(value) else re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", value)
                assert (book[name] or "") == held, name
        # seconds of UTC, whatever the zone of the machine or of the incident
        assert entry.start == kept["time"].floor("s")
        assert entry.start.utcoffset() == timedelta(0)
        assert readers.bare(kept["summary"]) in readers.bare(str(entry["summary"]))
        assert readers.bare(kept["note"]) in readers.bare(str(entry.get("description", "")))
        assert str(entry.get("url", "")) == kept["url"]
    assert len({str(entry["uid"]) for entry in entries}) == len(timeline)


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
def test_every_format_of_a_sample_says_the_same(editions, readers, name, tmp_path) -> None:
    """Title, outline, facts, numbers, every cell of every table, every figure's words, every link and every
    reference are the same."""
    seen = editions[name].seen["html"]
    assert len(seen.tables) >= 10
    assert len(seen.figures) == 3
    assert len(seen.cards) == 4
    assert sum(map(len, seen.tables)) >= 90
    assert len(seen.links) >= 30
    assert sum(label.isdigit() for label, _ in seen.refs) >= 20
    assert sum(not label.isdigit() for label, _ in seen.refs) == 4
    assert_agreed(editions[name], readers)
    assert_same_timeline(editions[name], readers, tmp_path)
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
    shown = sum(readers.bare(f"{time:%H:%M}{words[:20]}") in slide for time, words in
                zip(timeline["time"], timeline["summary"], strict=True))  # fmt: skip
    marked = int((timeline["mark"] != "").sum())
    assert shown >= 5
    assert f"{len(timeline) - shown - marked}moreinthereport" in slide
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
    for part, was, now in (
        ("tables", b"10,078 units", b"10,079 units"),
        ("links", b"/archives/", b"/archive/"),
        ("refs", *LEADS[name]),
    ):
        seen = readers.read(name, {main: _with_other(data, was, now)})
        assert seen.parts()[part] != edition.seen["html"].parts()[part], part


# How each format says that a number leads to source 4, and how it would lead elsewhere.
LEADS = {
    "lite": (b'"#ref:4"', b'"#ref:5"'),
    "md": (b"4\\]](#sources)", b"5\\]](#sources)"),
    "confluence": (b'ac:anchor="ref-4"', b'ac:anchor="ref-5"'),
    "docx": (b'w:anchor="p_ref_4"', b'w:anchor="p_ref_5"'),
    "json": (b'"target": "ref:4"', b'"target": "ref:5"'),
}


def _with_other(data: bytes, was: bytes, now: bytes) -> bytes:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        assert was in data, was
        return data.replace(was, now)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        assert any(was in old.read(each) for each in old.namelist()), was
        for each in old.namelist():
            new.writestr(each, old.read(each).replace(was, now))
    return out.getvalue()


def test_formats_agree_in_another_language_too(editions, readers) -> None:
    """In German the words of each are the same as well, and none says by itself what it says in English."""
    document = editions[SAMPLES[0]].document
    german = translated(document, load_language("de"))
    edition = make(replace(german, lang="de", language=load_language("de")), readers, readers.FORMATS_READ)
    assert_agreed(edition, readers)
    assert len(edition.seen["html"].cards) == 4
    for name in ("lite", "md", "confluence", "docx"):
        said = edition.seen[name].words
        assert "Erstellt10.November2026" in said, name
        assert not re.search("From,to|derivation|Contents|Generated", said), name


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
        assert_same_timeline(edition, readers, tmp_path)
        assert_printed(edition, readers)


@pytest.fixture
def tools(run_notebook, make_incident, stand_in, readers) -> tuple[Any, ...]:
    return run_notebook, make_incident, stand_in, readers


def _audiences(workspace: Workspace) -> list[str]:
    from pmkit.audience import audience_names

    return audience_names(workspace.incident)
