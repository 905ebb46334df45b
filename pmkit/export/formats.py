"""Every format of the report in one table: what it is for, its file, and what makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pmkit.errors import RenderError
from pmkit.export.document import Document
from pmkit.export.selfcheck import Check, default_out, write_checked

PDF_ENGINES: Final = ("typst", "chrome")
# What formats without a layout for them say of the row of numbers, and of an image nobody may open.
CARD_HEADS: Final = ("Measure", "Value", "From, to")
NO_IMAGE: Final = "The image “{text}” cannot be shown here."
LONG_BADGE: Final = 40  # letters: longer words with a tone are a sentence, and no longer set as a badge


@dataclass(frozen=True)
class Options:
    """What may be chosen for a format.

    `cache` keeps what was drawn, `font_paths` are more fonts for paper and slides, `pdf_engine` sets the PDF.
    """

    cache: Path | None = None
    font_paths: Sequence[Path | str] = ()
    pdf_engine: str = "typst"


@dataclass(frozen=True)
class Finished:
    """A format as bytes, checked and not yet written: its files by name, the one to open first."""

    files: Mapping[str, bytes]
    check: Check

    @property
    def name(self) -> str:
        """The file to open."""
        return next(iter(self.files))

    def write(self, folder: Path, warn: Callable[[str], None] | None = None) -> Path:
        """Put the files into the folder, the one to open last; raises `RenderError` if the check failed."""
        beside = replace(self.check, warnings=())
        for name in reversed(list(self.files)):
            check = self.check if name == self.name else beside
            written = write_checked(folder / name, self.files[name], check, warn)
        return written


@dataclass(frozen=True)
class Format:
    """One format: how it is asked for, what it is for, and how a document whose figures are drawn becomes it.

    `stem` of `make` is the name of the files without their ending.
    """

    name: str
    title: str
    make: Callable[[Document, str, Options], Finished]


def _html(document: Document, stem: str, options: Options) -> Finished:
    from pmkit.export.html import make_html

    page, check = make_html(document, cache=options.cache)
    return Finished({f"{stem}.html": page.encode("utf-8", "replace")}, check)


def _pdf(document: Document, stem: str, options: Options) -> Finished:
    if options.pdf_engine == "chrome":
        from pmkit.export.chrome import print_pdf

        data, check = print_pdf(document, cache=options.cache)
        return Finished({f"{stem}.pdf": data}, check)
    from pmkit.export.pdf import make_pdf

    data, check = make_pdf(document, font_paths=options.font_paths)
    return Finished({f"{stem}.pdf": data}, check)


def _markdown(document: Document, stem: str, _options: Options) -> Finished:
    from pmkit.export.markdown import make_markdown

    return make_markdown(document, stem)


def _confluence(document: Document, stem: str, options: Options) -> Finished:
    from pmkit.export.confluence import make_confluence

    return make_confluence(document, stem, font_paths=options.font_paths)


def _docx(document: Document, stem: str, options: Options) -> Finished:
    from pmkit.export.docx import make_docx

    return make_docx(document, stem, font_paths=options.font_paths)


def _lite(document: Document, stem: str, options: Options) -> Finished:
    from pmkit.export.lite import make_lite

    return make_lite(document, stem, font_paths=options.font_paths)


def _json(document: Document, stem: str, _options: Options) -> Finished:
    from pmkit.export.sidecar import make_sidecar

    return make_sidecar(document, stem)


def _csv(document: Document, _stem: str, _options: Options) -> Finished:
    from pmkit.export.timetable import make_csv

    return make_csv(document)


def _ics(document: Document, _stem: str, _options: Options) -> Finished:
    from pmkit.export.timetable import make_ics

    return make_ics(document)


def _png(document: Document, _stem: str, options: Options) -> Finished:
    from pmkit.export.slide import make_png

    return make_png(document, font_paths=options.font_paths)


def _svg(document: Document, _stem: str, _options: Options) -> Finished:
    from pmkit.export.slide import make_svg

    return make_svg(document)


_ALL: Final = (
    Format("html", "one page with live charts, for any browser", _html),
    Format("pdf", "paper, tagged, with contents and page numbers", _pdf),
    Format("lite", "one page without scripts, for mail, wikis and Google Docs", _lite),
    Format("md", "Markdown as GitHub reads it, charts as SVG files", _markdown),
    Format("confluence", "a Confluence page in storage format, charts as attachments", _confluence),
    Format("docx", "a Word document, also for LibreOffice and Google Docs", _docx),
    Format("json", "the whole report as data, to be loaded back", _json),
    Format("csv", "the timeline for spreadsheets", _csv),
    Format("ics", "the timeline for calendars", _ics),
    Format("png", "the timeline as a slide, 16:9, an image", _png),
    Format("svg", "the timeline as a slide, 16:9, whose words can be edited", _svg),
)
FORMATS: Final[Mapping[str, Format]] = {entry.name: entry for entry in _ALL}


def check_engine(name: str) -> None:
    """Raise `RenderError` for a PDF engine there is not, or that this machine lacks."""
    if name not in PDF_ENGINES:
        raise RenderError(f"no PDF engine `{name}`; the engines are {', '.join(PDF_ENGINES)}")
    if name == "chrome":
        from pmkit.export.chrome import find_chrome

        find_chrome()


def opened(
    report: Path | str | Mapping[str, Any] | Document,
    out: Path | str | None,
    suffix: str,
    *,
    drawn: bool = True,
) -> tuple[Document, Path, str]:
    """What an export begins with: the document, its figures drawn, and folder and stem of its files.

    They are as told by `out`, or beside the notebook.
    """
    from pmkit.export.document import read_document
    from pmkit.export.drawing import draw_figures

    target = default_out(report, out, suffix)
    document = report if isinstance(report, Document) else read_document(report)
    document = draw_figures(document) if drawn else document
    return document, target.parent, target.name.removesuffix(suffix)


def find_formats(names: Sequence[str]) -> list[Format]:
    """The formats of these names; raises `RenderError` for one there is not."""
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise RenderError(f"no format `{unknown[0]}`; the formats are {', '.join(FORMATS)}")
    return [FORMATS[name] for name in dict.fromkeys(names)]
