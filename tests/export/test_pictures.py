"""Pictures of the evidence in the report: shown with file, moment and words, and never as they came."""

from __future__ import annotations

import base64
import io
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from pmkit.audience import load_audience
from pmkit.export import pictures
from pmkit.export.document import Picture, read_document
from pmkit.export.html import make_html
from pmkit.export.pdf import make_pdf
from pmkit.export.pictures import show_pictures
from pmkit.postmortem import Incident
from pmkit.tables import Pictures
from pmkit.workspace import Workspace

NOW = datetime(2026, 11, 4, 9, tzinfo=UTC)
NOTEBOOK = Path(__file__).parents[2] / "report_templates" / "postmortem.ipynb"


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """A new incident."""
    return Workspace.create(tmp_path / "inc", title="Checkout failed", severity="P1", now=NOW)


def board(path: Path, size: tuple[int, int] = (320, 180), said: str = "") -> Path:
    """A screenshot that may say something about itself."""
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", said)
    Image.new("RGB", size, "#cc3344").save(path, pnginfo=about if path.suffix == ".png" else None)
    return path


def opened(data: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_picture_stands_with_its_moment_and_words(ws: Workspace, tmp_path: Path) -> None:
    """In the order of the moments; one of which nobody said it comes last and says so."""
    ws.add_evidence(board(tmp_path / "b.png"), options={"at": "2026-11-03 14:07 UTC"}, now=NOW)
    ws.add_evidence(
        board(tmp_path / "a.jpg"), options={"at": "2026-11-03 14:02 UTC", "text": "Refused: by <b>"}, now=NOW
    )
    ws.add_evidence(board(tmp_path / "c.png", (90, 90)), now=NOW)
    shown = show_pictures(ws)
    assert [picture.caption for picture in shown.items] == [
        "a.jpg · 3 Nov 2026 14:02:00 UTC · Refused: by <b>",
        "b.png · 3 Nov 2026 14:07:00 UTC",
        "c.png · nobody said which moment it shows",
    ]
    assert shown.items[1].alt == "Picture from the evidence: b.png, 3 Nov 2026 14:07:00 UTC"
    assert shown.left_out == ()
    assert "by &lt;b&gt;" in shown._html()


def test_nothing_of_a_file_but_its_pixels_gets_in(ws: Workspace, tmp_path: Path) -> None:
    """What it says of itself is gone, a large one is no wider than the report needs, a document is none."""
    ws.add_evidence(board(tmp_path / "a.png", (4000, 1000), said="52.37 N, 4.90 E"), now=NOW)
    (tmp_path / "n.md").write_text("# Notes\n\nSomething was odd.\n")
    ws.add_evidence(tmp_path / "n.md", now=NOW)
    (only,) = show_pictures(ws).items
    assert b"52.37" in (ws.path / "evidence" / "a.png").read_bytes()
    assert b"52.37" not in base64.b64decode(only.data)
    picture = opened(only.data)
    assert (picture.format, picture.size, picture.info.get("Comment")) == ("PNG", (1640, 410), None)
    assert picture.convert("RGB").getpixel((800, 200)) == (0xCC, 0x33, 0x44)


def claimed(width: int, height: int) -> bytes:
    """The head of a PNG that says it is that large, with next to nothing in it."""
    parts = [
        (b"IHDR", width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"),
        (b"IDAT", zlib.compress(b"")),
    ]
    chunks = (len(d).to_bytes(4) + name + d + zlib.crc32(name + d).to_bytes(4) for name, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


LINKED = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{}" width="9"/></svg>'


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("bomb.png", claimed(60_000, 60_000), "60,000 × 60,000 pixels and 53 bytes are too large"),
        ("tower.png", claimed(10, 9_000), "are too large"),
        ("half.png", claimed(300, 200), "this PNG is damaged"),
        ("odd.gif", b"GIF89a", "this GIF does not say how large it is"),
        ("local.svg", LINKED.format("/etc/hostname").encode(), "leads to other files"),
        ("beside.svg", LINKED.format("../secret.png").encode(), "leads to other files"),
    ],
)
def test_what_cannot_be_drawn_is_named(
    ws: Workspace, tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    """With the reason; a picture that would unpack into gigabytes is not begun."""
    (tmp_path / name).write_bytes(data)
    board(tmp_path / "secret.png")
    ws.add_evidence(tmp_path / name, now=NOW)
    shown = show_pictures(ws)
    assert shown.items == ()
    assert len(shown.left_out) == 1
    assert shown.left_out[0].startswith(f"{name}: ")
    assert reason in shown.left_out[0]


def test_a_picture_is_fetched_from_nowhere(ws: Workspace, tmp_path: Path) -> None:
    """An address in it is left unasked, and a script stays behind."""
    drawing = LINKED.format("https://example.com/x.png").replace("<image", "<script>steal()</script><image")
    (tmp_path / "web.svg").write_text(drawing)
    ws.add_evidence(tmp_path / "web.svg", now=NOW)
    shown = show_pictures(ws)
    assert len(shown.items) + len(shown.left_out) == 1
    assert all(b"steal" not in base64.b64decode(picture.data) for picture in shown.items)


def test_more_than_a_report_can_hold_are_named(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None disappears in silence."""
    monkeypatch.setattr(pictures, "MOST", 1)
    for width in (50, 60):
        ws.add_evidence(board(tmp_path / f"{width}.png", (width, 50)), now=NOW)
    shown = show_pictures(ws)
    assert [len(shown.items), shown.left_out] == [1, ("60.png: only 1 are shown",)]


def test_both_papers_show_it(ws: Workspace, tmp_path: Path) -> None:
    """A figure with its caption, and words for who cannot see it, in HTML and PDF; their checks agree."""
    ws.add_evidence(board(tmp_path / "a.png"), options={"at": "2026-11-03 14:02 UTC"}, now=NOW)
    view = show_pictures(ws)
    view = Pictures(view.items, ("b.png: too large",))
    output = {"output_type": "display_data", "metadata": {}, "data": view._repr_mimebundle_()}
    cell = {"cell_type": "code", "id": "p", "metadata": {}, "source": "", "outputs": [output]}
    path = tmp_path / "report.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    document = read_document(path)
    (picture,) = document.pictures
    assert isinstance(picture, Picture)
    assert picture.caption == "a.png · 3 Nov 2026 14:02:00 UTC"
    page, check = make_html(document)
    assert check.problems == ()
    assert f'<figcaption dir="auto">{picture.caption}</figcaption><img src="data:image/png;base64,' in page
    assert "Not shown: b.png: too large." in page
    _, check = make_pdf(document)
    assert check.problems == ()


def test_only_the_teams_own_report_shows_them() -> None:
    """A picture cannot be redacted: the report for anybody else is made without."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    (source,) = [text for cell in cells if "show_pictures" in (text := "".join(cell["source"]))]
    assert "if reader.is_internal else None" in source
    incident = Incident("x", "x", "P1", ())
    names = ("internal", "core team", "company", "customer", "public")
    audiences = [load_audience(name, incident) for name in names]
    assert [audience.is_internal for audience in audiences] == [True, False, False, False, False]
