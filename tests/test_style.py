"""A team's own report template: what it may say, and what the report then looks like."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pmkit.errors import TemplateError
from pmkit.export.document import read_document
from pmkit.export.html import make_html
from pmkit.export.pdf import make_pdf
from pmkit.style import contrast_with_white, read_report_template

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>'
OWN = """
sections = ["summary", "actions", "timeline"]
logo = "logo.svg"

[colours]
accent = "#7a1fa2"

[words]
"Action items" = "Follow-ups"
"due {day}" = "by {day}"

[glossary]
OMS = "order management system"
"""


def template(folder: Path, text: str = OWN) -> Path:
    (folder / "report.toml").write_text(text, encoding="utf-8")
    (folder / "logo.svg").write_text(SVG)
    return folder


def test_what_it_says_is_read(tmp_path: Path) -> None:
    """Sections in their order, words, abbreviations, colours, the logo; a notebook if one is there."""
    own = read_report_template(template(tmp_path))
    assert own.sections == ("summary", "actions", "timeline")
    assert own.words == {"Action items": "Follow-ups", "due {day}": "by {day}"}
    assert own.logo.startswith("data:image/svg+xml;base64,")
    assert own.notebook is None
    (tmp_path / "postmortem.ipynb").write_text("{}")
    assert read_report_template(tmp_path).notebook == tmp_path / "postmortem.ipynb"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colour = 1", "unknown key `colour`"),
        ("sections = 5", "`sections`: found 5"),
        ('sections = ["sumary"]', "unknown 'sumary'; known are summary"),
        ('[words]\n"Action itms" = "x"', "the report never says 'Action itms'"),
        ('[words]\n"due {day}" = "by {time}"', "has a place that 'due {day}' has not"),
        ('[words]\n"due {day}" = "by {"', "has a place that"),
        ('[words]\n"Summary" = 5', "expected text, found 5"),
        ('logo = "logo.gif"', "expected a name ending in .svg, .png, .jpg"),
        ('logo = "../logo.svg"', "lies outside the template's folder"),
        ('logo = "none.svg"', "cannot be read"),
        ('[colours]\naccent = "red"', 'expected one as "#1f4f9e"'),
        ('[colours]\naccent = "#ffdd00"', "cannot be read on white"),
        ('[colours]\nbrand = "#000000"', "unknown 'brand'"),
        ("[", "report.toml: "),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, problem: str) -> None:
    """The file, the key, what was expected and what was found."""
    with pytest.raises(TemplateError, match=re.escape(problem)):
        read_report_template(template(tmp_path, text))


def test_a_folder_without_a_template_is_explained(tmp_path: Path) -> None:
    """It says which file was looked for."""
    with pytest.raises(TemplateError, match=r"expected a report template, with report\.toml in it"):
        read_report_template(tmp_path)


def test_contrast_is_measured_as_wcag_does() -> None:
    """Black on white is 21 to 1, white on white 1 to 1."""
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#ffffff") == pytest.approx(1)
    assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)


def test_the_report_looks_and_speaks_as_the_template_says(tmp_path: Path) -> None:
    """Every format has it from the executed notebook: words, abbreviations, logo and colour."""
    metadata = {"title": "T", "lang": "en", **read_report_template(template(tmp_path)).to_metadata()}
    blocks = [
        {"block": "glossary", "items": []},
        {"block": "facts", "items": [{"label": "OMS", "text": "x"}]},
    ]
    cells = [{"cell_type": "markdown", "source": "## Action items\n\n## Abbreviations", "metadata": {}}] + [
        {"cell_type": "code", "source": "x", "execution_count": 1, "metadata": {},
         "outputs": [{"output_type": "display_data", "metadata": {},
                      "data": {"application/vnd.pmkit.block+json": block}}]}
        for block in blocks
    ]  # fmt: skip
    document = read_document(
        {"cells": cells, "metadata": {"pmkit": json.loads(json.dumps(metadata))}, "nbformat": 4}
    )
    assert [heading.text for heading in document.headings] == ["Follow-ups", "Abbreviations"]
    page, check = make_html(document, live=False)
    assert check.passed, check.all_problems()
    assert '<img class="logo" src="data:image/svg+xml;base64,' in page
    assert "--accent: #7a1fa2" in page
    assert "order management system" in page
    data, check = make_pdf(document)
    assert check.passed, check.all_problems()
    assert data.startswith(b"%PDF-")


def test_a_notebook_cannot_smuggle_in_a_style(tmp_path: Path) -> None:
    """Colours of the metadata are six digits or nothing, a logo is an image or nothing."""
    metadata = {
        "title": "T",
        "colours": {"accent": "red;} body{}", "x": "#000000"},
        "logo": "https://evil.example/x",
    }
    document = read_document({"cells": [], "metadata": {"pmkit": metadata}, "nbformat": 4})
    assert document.look.colours == {}
    assert document.look.logo is None
