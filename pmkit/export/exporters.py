"""The two exports as nbconvert exporters, for `jupyter nbconvert --to pmkit-html` and Jupyter's menu."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import Exporter, ResourcesDict
from traitlets import Bool, List, Unicode

from pmkit.errors import RenderError
from pmkit.export.document import Document, read_document
from pmkit.export.drawing import draw_figures


class _ReportExporter(Exporter):
    """What both exporters share: a notebook in, a document whose figures are drawn out."""

    def _document(self, notebook: Any, resources: Any) -> tuple[Document, ResourcesDict]:
        notebook, resources = super().from_notebook_node(notebook, resources)
        name = str(resources.get("metadata", {}).get("name") or "report")
        pmkit = {"title": name} | dict(notebook.metadata.get("pmkit", {}))
        document = read_document({**notebook, "metadata": {**notebook.metadata, "pmkit": pmkit}})
        return draw_figures(document), resources

    def _passed(self, check: Any) -> None:
        if problems := check.all_problems():
            raise RenderError(f"the {check.format} is not whole:\n  " + "\n  ".join(problems))
        for warning in check.warnings:
            self.log.warning(warning)


class HtmlExporter(_ReportExporter):
    """Executed report notebook to one self-contained HTML file."""

    export_from_notebook = "Postmortem report (HTML)"
    output_mimetype = "text/html"
    live = Bool(True, help="Carry plotly.js, so that charts are live.").tag(config=True)

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: Any, resources: Any = None, **_: Any) -> Any:
        """The page, and nbconvert's resources."""
        from pmkit.export.html import make_html

        document, resources = self._document(nb, resources)
        page, check = make_html(document, live=self.live)
        self._passed(check)
        return page, resources


class PdfExporter(_ReportExporter):
    """Executed report notebook to a tagged PDF, without a browser or TeX."""

    export_from_notebook = "Postmortem report (PDF)"
    output_mimetype = "application/pdf"
    font_paths = List(Unicode(), help="Font files or folders for more scripts.").tag(config=True)

    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(self, nb: Any, resources: Any = None, **_: Any) -> Any:
        """The PDF, and nbconvert's resources."""
        from pmkit.export.pdf import make_pdf

        document, resources = self._document(nb, resources)
        data, check = make_pdf(document, font_paths=list(self.font_paths))
        self._passed(check)
        return data, resources
