"""The whole road: from the sample's raw evidence to the finished HTML and PDF."""

from __future__ import annotations

import hashlib
import html
import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest

from pmkit.batch import Options, render_one
from pmkit.custody import published_heads
from pmkit.errors import RenderError, SchemaError
from pmkit.report import publish, render_report
from pmkit.workspace import Workspace

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 10, 16, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample with its report rendered."""
    incident = tmp_path_factory.mktemp("incident") / "checkout-failure"
    source = Path(__file__).parent.parent / "data" / "checkout-failure"
    shutil.copytree(source, incident, ignore=shutil.ignore_patterns("report", ".cache"))
    publish(Workspace.open(incident), now=AT)
    return incident


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("report.[hp]*")}


def headings(report: Path) -> list[str]:
    """Every heading of the executed notebook: its own, and those in people's notes."""
    found = []
    for cell in json.loads((report / "report.ipynb").read_text(encoding="utf-8"))["cells"]:
        texts = ["".join(cell["source"])] if cell["cell_type"] == "markdown" else []
        for output in cell.get("outputs", ()):
            block = output.get("data", {}).get("application/vnd.pmkit.block+json", {})
            texts += [block["markdown"]] if block.get("block") == "prose" else []
        found += [
            match[1].strip() for text in texts for match in re.finditer(r"^#+ (.+)$", text, re.MULTILINE)
        ]
    return found


def test_the_same_record_gives_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    """Rendering again from nothing, elsewhere and without a kernel, gives identical HTML and PDF."""
    again = tmp_path / "checkout-failure"
    shutil.copytree(finished, again, ignore=shutil.ignore_patterns("report", ".cache"))
    outcome = render_one(again, Options(now=AT))
    assert outcome.problem == ""
    assert [path.name for path in outcome.files] == ["report.html", "report.pdf"]
    assert digests(again / "report") == digests(finished / "report")
    assert set(digests(again / "report")) == {"report.html", "report.pdf"}


def test_the_report_publishes_the_head_of_the_journal(finished: Path, tmp_path: Path) -> None:
    """HTML, PDF and notebook bear it, and `verify` finds it there: a journal that was cut is seen."""
    seal = Workspace.open(finished).load().seal
    pages = pypdf.PdfReader(finished / "report" / "report.pdf").pages
    assert seal.head in "".join(page.extract_text() for page in pages).replace("\n", "")
    assert published_heads(finished) == {seal.head: "of report/report.html"}
    assert Workspace.open(finished).verify().empty
    copy = tmp_path / "checkout-failure"
    shutil.copytree(finished, copy)
    (copy / "report" / "report.html").unlink()
    assert published_heads(copy) == {seal.head: "of report/report.ipynb"}
    journal = copy / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    ((path, problem),) = Workspace.open(copy).verify().to_numpy().tolist()
    assert path == "journal.jsonl"
    assert "of report/report.ipynb: its end was cut, or it was written anew" in problem


def test_evidence_forges_no_head(tmp_path: Path) -> None:
    """A message that looks like a head is text, in the HTML and in the notebook."""
    digest = "0" * 64
    told = f'<dt>Journal head</dt><dd>{digest}</dd> "label": "Journal head", "text": "{digest}"'
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.html").write_text(f"<p>{html.escape(told)}</p>")
    (tmp_path / "report" / "report.ipynb").write_text(json.dumps({"text": told}, indent=1))
    assert published_heads(tmp_path) == {}


def test_bookmarks_of_the_pdf_are_its_headings(finished: Path) -> None:
    """The PDF's outline holds every heading of the report in order, and the first page its title."""
    reader = pypdf.PdfReader(finished / "report" / "report.pdf")

    def titles(entries: list) -> list[str]:
        return [t for e in entries for t in (titles(e) if isinstance(e, list) else [str(e.title)])]

    assert [t for t in titles(reader.outline) if t != "Contents"] == headings(finished / "report")
    assert "Culture Day sale" in reader.pages[0].extract_text()


def test_a_table_over_several_pages_repeats_its_head(finished: Path) -> None:
    """The head of the timeline stands on every page the timeline reaches."""
    pages = [page.extract_text() for page in pypdf.PdfReader(finished / "report" / "report.pdf").pages]
    rows = [len(re.findall(r"^\d\d:\d\d:\d\d [A-Z]", text, re.MULTILINE)) for text in pages]
    with_timeline = [text for text, count in zip(pages, rows, strict=True) if count >= 5]
    assert len(with_timeline) >= 2
    assert all("What happened" in text for text in with_timeline)


def test_every_section_the_review_needs_is_there(finished: Path) -> None:
    """The HTML holds every section, every curated event and every digest of the evidence."""
    page = (finished / "report" / "report.html").read_text(encoding="utf-8")
    for section in ("Summary", "Impact", "Timeline", "Root cause", "Decisions", "Action items", "Evidence"):
        assert section in page
    pm = Workspace.open(finished).load()
    for digest in pm.evidence["sha256"]:
        assert digest in page
    for time in pm.timeline["time"]:
        assert f"{time:%H:%M:%S}" in page


def test_a_pasted_secret_of_the_evidence_is_not_in_the_report(finished: Path) -> None:
    """The report shows curated words, so what was pasted into a channel does not travel with it."""
    pm = Workspace.open(finished).load()
    pasted = pm.events[pm.events["text"].str.contains("Bearer ", regex=False)]
    assert len(pasted) == 1
    secret = pasted["text"].iloc[0].split("Bearer ")[1].split()[0].strip("`'\"")
    assert len(secret) > 20
    for name in ("report.html", "report.ipynb"):
        assert secret not in (finished / "report" / name).read_text(encoding="utf-8")


def test_a_failed_run_leaves_a_notebook_to_read_and_the_old_report(finished: Path, tmp_path: Path) -> None:
    """A cell that fails is named, its notebook stays as failed.ipynb, and nothing finished is touched."""
    incident = tmp_path / "checkout-failure"
    shutil.copytree(finished, incident)
    before = digests(incident / "report")
    own = json.loads(
        (Path(__file__).parents[1] / "report_templates/postmortem.ipynb").read_text(encoding="utf-8")
    )
    own["cells"].append(own["cells"][-1] | {"id": "fails", "cell_type": "code", "source": "pm.unknown"})
    own["cells"][-1] |= {"outputs": [], "execution_count": None, "metadata": {}}
    notebook = tmp_path / "own.ipynb"
    notebook.write_text(json.dumps(own), encoding="utf-8")
    with pytest.raises(RenderError, match=r"failed in cell \d+: AttributeError"):
        publish(Workspace.open(incident), notebook=notebook, now=AT)
    failed = json.loads((incident / "report" / "failed.ipynb").read_text(encoding="utf-8"))
    assert any(out["output_type"] == "error" for cell in failed["cells"] for out in cell.get("outputs", ()))
    assert digests(incident / "report") == before


def test_a_table_that_cannot_be_read_is_told_before_anything_runs(finished: Path, tmp_path: Path) -> None:
    """The file, its line and what is wrong are said at once; no notebook is run and nothing is touched."""
    incident = tmp_path / "checkout-failure"
    shutil.copytree(finished, incident)
    before = digests(incident / "report")
    (incident / "factors.csv").write_text("factor_id,statement\nF1,one\nF1,twice\n", encoding="utf-8")
    with pytest.raises(
        SchemaError, match=r"factors\.csv: 1 problem\s+line 3 \(F1\), `factor_id` as in a row"
    ):
        publish(Workspace.open(incident), now=AT)
    assert not (incident / "report" / "failed.ipynb").exists()
    assert digests(incident / "report") == before


def test_a_new_review_renders_too(tmp_path: Path) -> None:
    """A workspace without evidence gives a report that says what is missing instead of failing."""
    workspace = Workspace.create(tmp_path / "new", title="Nothing yet", severity="P1", now=AT)
    html, pdf = publish(workspace, now=AT)
    assert "The summary is not written yet." in html.read_text(encoding="utf-8")
    assert len(pypdf.PdfReader(pdf).pages) >= 2


def test_an_unknown_format_is_refused_before_anything_runs(sample: Path) -> None:
    """A format that does not exist is refused at once, with those that do."""
    with pytest.raises(RenderError, match="no format `odt`; the formats are html, pdf"):
        publish(Workspace.open(sample), to=["odt"])
    assert not (sample / "report").exists()


def test_the_notebook_says_when_and_for_whom_it_was_made(sample: Path) -> None:
    """The executed notebook carries the time it was given and the audience, not the clock's."""
    report = json.loads(render_report(Workspace.open(sample), now=AT).read_text(encoding="utf-8"))
    assert report["metadata"]["pmkit"]["generated_at"] == "2026-11-10T16:30:00Z"
    assert report["metadata"]["papermill"]["parameters"]["audience"] == "internal"


def test_plain_papermill_and_nbconvert_work_too(sample: Path, tmp_path: Path) -> None:
    """The shipped notebook with an incident alone, then nbconvert to pmkit-html and pmkit-pdf."""
    from nbconvert.exporters import get_exporter
    from papermill import execute_notebook

    from pmkit.cells import register_engine
    from pmkit.template import report_templates

    out = tmp_path / "out.ipynb"
    execute_notebook(
        report_templates() / "postmortem.ipynb", out, parameters={"incident": str(sample)},
        engine_name=register_engine(), kernel_name="python3", progress_bar=False,
    )  # fmt: skip
    page, _ = get_exporter("pmkit-html")().from_filename(str(out))
    assert "Culture Day sale" in page
    assert "Generated 1 January 1970" not in page
    data, _ = get_exporter("pmkit-pdf")().from_filename(str(out))
    assert data.startswith(b"%PDF-")
