"""Executed report notebook to HTML and PDF: one `Document`, two formats, each ends with its self-check.

`pmkit.export.html.export_html` and `pmkit.export.pdf.export_pdf` each take a notebook. To make both and
draw the figures once, read and draw first: `draw_figures(read_document(path))`.
"""
