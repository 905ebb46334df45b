from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._format import Glimpse
from pmkit.loaders.files import FORMATS, describe_file, load_file, load_pagerduty_postmortem
from pmkit.schema import EVENTS, validate

AT = "2026-11-03 14:02 UTC"
PDF = b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n2 0 obj\n<< /Title TITLE >>\nendobj\n"
MARKDOWN = "# Checkout failed #\n\nWe saw it at 14:02, late.\n"
POSTMORTEM = """# Checkout failed

**Owner of review process:** Ada Mori

**Impact time:** Nov 3 at 14:02 to Nov 3 at 18:40

*All times listed in this report are in Amsterdam.*

## What happened
## What went well
## What didn’t go so well
"""


def picture(form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (321, 123)).save(out, form, **options)
    return out.getvalue()


def word(title: str = "Checkout &amp; cart") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
        archive.writestr(
            "docProps/core.xml", f"<cp:coreProperties><dc:title>{title}</dc:title></cp:coreProperties>"
        )
    return out.getvalue()


def save(content: str | bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def told(content: str | bytes, name: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return describe_file(save(content, Path(folder), name))


def recognised(content: str | bytes, name: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        glimpse = Glimpse(save(content, Path(folder), name))
        return next((form.name for form in FORMATS if form.recognise(glimpse)), "")


# --- what they are ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (picture("PNG"), "PNG, 321 × 123"),
        (picture("GIF"), "GIF, 321 × 123"),
        (picture("JPEG"), "JPEG, 321 × 123"),
        (picture("JPEG", progressive=True, comment=b"x" * 60_000), "JPEG, 321 × 123"),
        (picture("WEBP", lossless=True), "WebP, 321 × 123"),
        (picture("WEBP", lossless=False), "WebP, 321 × 123"),
        (picture("WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"), "WebP, 321 × 123"),
        ('<?xml version="1.0"?>\n<!-- made by --><svg width="321px" height="123">', "SVG, 321 × 123"),
        ("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 321 123.4'>", "SVG, 321 × 123"),
        ("<svg width='100%'>", "SVG"),
        (picture("PNG")[:18], "PNG"),
        (picture("JPEG")[:9], "JPEG"),
        (b"\xff\xd8\xff" + b"\0" * 9000, "JPEG"),
    ],
)
def test_a_picture_tells_its_type_and_size(content: str | bytes, what: str) -> None:
    """From its first bytes, whatever its name; one cut short is a picture still."""
    assert told(content, "shot.bin") == f"shot.bin ({what})"
    assert recognised(content, "shot.bin") == "file"


@pytest.mark.parametrize(
    ("content", "name", "what"),
    [
        (PDF.replace(b"TITLE", b"(Checkout \\(all\\) \\344)"), "a.pdf", "PDF, “Checkout (all) ä”"),
        (PDF.replace(b"TITLE", b"<FEFF00c4 00640061>"), "a.pdf", "PDF, “Äda”"),
        (PDF.replace(b"TITLE", b"(unclosed"), "a.pdf", "PDF"),
        (PDF.replace(b"TITLE", b"(x)") + b"<< /Encrypt 5 0 R >>", "a.pdf", "PDF"),
        (PDF.replace(b"/Title TITLE", b""), "scan", "PDF"),
        (word(), "a.docx", "Word, “Checkout & cart”"),
        (
            "<!DOCTYPE html>\n<html><head><title>Wiki\n &lt;review&gt;</title>",
            "a.html",
            "HTML, “Wiki <review>”",
        ),
        ('<?xml version="1.0"?><!-- saved --><html lang="en">', "a", "HTML"),
        (MARKDOWN, "a.md", "Markdown, “Checkout failed”"),
        ("no heading\n", "a.markdown", "Markdown"),
        ("Dear all, when you read this\nit is over, I hope, and we are asleep.\n", "a.txt", "text"),
        (MARKDOWN.encode("utf-16"), "a.md", "Markdown, “Checkout failed”"),
    ],
)
def test_a_document_tells_its_type_and_title(content: str | bytes, name: str, what: str) -> None:
    """Where it says one in the clear; nothing is unpacked to find it."""
    assert told(content, name) == f"{name} ({what})"
    assert recognised(content, name) == "file"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"some": "json"}', "a.txt"),
        ('[{"some": "json"}]', "a.md"),
        ("2026-11-03T14:02:11Z started\n2026-11-03T14:02:12Z stopped\n", "a.txt"),
        ("14:02:11 started\n", "a.txt"),
        ("Nov  3 14:02:11 web-1 sshd: x\n", "a.txt"),
        ("time,text\n1,a\n2,b\n", "a.txt"),
        ("time\ttext\n1\ta\n", "a.txt"),
        ("words\n", "a.log"),
        ("words\n", "a.csv"),
        ("a,b\n1,2\n", "a.csv"),
        ("<rss><title>x</title></rss>", "a.xml"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a.wav"),
        (b"\0\1\2", "a.bin"),
        ("", "a.md"),
    ],
)
def test_what_may_be_records_is_no_document(content: str | bytes, name: str) -> None:
    """JSON, logs and tables are for the loaders that know them; people may still say `file`."""
    assert recognised(content, name) == ""
    with tempfile.TemporaryDirectory() as folder:
        assert len(load_file(save(content, Path(folder), name), at=AT)) == 1


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (POSTMORTEM, "review.md"),
        (POSTMORTEM.replace("*All times listed in this report are in Amsterdam.*", ""), "review.md"),
        (f"<html><body>{POSTMORTEM}</body></html>", "review.html"),
        (POSTMORTEM, "review.txt"),
        (
            PDF + b"BT (All times listed in this report are in Pacific Time \\(US & Canada\\).) Tj ET",
            "review.pdf",
        ),
    ],
)
def test_a_postmortem_of_pagerduty_is_known(content: str | bytes, name: str) -> None:
    """By what PagerDuty writes into it; it is evidence of PagerDuty, and no records."""
    assert recognised(content, name) == "pagerduty-postmortem"
    with tempfile.TemporaryDirectory() as folder:
        path = save(content, Path(folder), name)
        assert load_pagerduty_postmortem(path).empty
        assert load_pagerduty_postmortem(path, at=AT)["source"].tolist() == ["pagerduty"]


@pytest.mark.parametrize(
    "content", ["## What happened\n## What went well\n## Where we got lucky\n", MARKDOWN]
)
def test_other_reviews_are_documents(content: str) -> None:
    """Headings alone, which every review has, tell nothing."""
    assert recognised(content, "review.md") == "file"


# --- when they are events ---------------------------------------------------------------------------


def test_a_file_is_an_event_at_the_time_people_say(tmp_path: Path) -> None:
    """With its name as text, or in people's words; its id is made of its bytes."""
    path = save(picture("PNG"), tmp_path, "5xx.png")
    frame = load_file(path, at=AT)
    validate(frame, EVENTS)
    row = frame.iloc[0]
    assert (row["kind"], row["source"], row["ref"]) == ("file", "file", "5xx.png#:0")
    assert (row["time"], row["time_basis"]) == (pd.Timestamp("2026-11-03T14:02Z"), "offset")
    assert row["text"] == "5xx.png (PNG, 321 × 123)"
    again = load_file(save(picture("PNG"), tmp_path, "copy.png"), at=AT, text=" Errors rise ").iloc[0]
    assert again["text"] == "Errors rise: copy.png (PNG, 321 × 123)"
    assert again["event_id"] == row["event_id"]
    assert row["event_id"] != load_file(save(MARKDOWN, tmp_path, "a.md"), at=AT)["event_id"].iloc[0]


def test_without_a_time_it_is_evidence_and_no_event(tmp_path: Path) -> None:
    """The note of the evidence says so, and how to change it."""
    frame = load_file(save(picture("PNG"), tmp_path, "5xx.png"), text="words")
    validate(frame, EVENTS)
    assert frame.empty
    for form in FORMATS:
        assert "--at" in form.if_empty
        assert form.options == ("at", "text", "zone")


@pytest.mark.parametrize(
    ("at", "zone", "utc", "basis"),
    [
        ("2026-11-03 14:02 UTC", None, "14:02", "offset"),
        ("2026-11-03T14:02:11.5+01:00", "UTC", "13:02", "offset"),
        ("2026-11-03 2:02 pm Europe/Amsterdam", None, "13:02", "offset"),
        ("2026-11-03 14:02", "Europe/Amsterdam", "13:02", "Europe/Amsterdam"),
        (datetime(2026, 11, 3, 14, 2, tzinfo=UTC), None, "14:02", "offset"),
        (datetime(2026, 11, 3, 14, 2), "Europe/Amsterdam", "13:02", "Europe/Amsterdam"),  # noqa: DTZ001
    ],
)
def test_the_moment_is_read_as_people_type_it(
    at: Any, zone: str | None, utc: str, basis: str, tmp_path: Path
) -> None:
    """Its own zone goes before the one that is given for those without."""
    row = load_file(save(MARKDOWN, tmp_path, "a.md"), at=at, zone=zone).iloc[0]
    assert (f"{row['time']:%H:%M}", row["time_basis"]) == (utc, basis)


def test_a_moment_without_zone_asks_and_nonsense_is_refused(tmp_path: Path) -> None:
    """The message says what to write."""
    path = save(MARKDOWN, tmp_path, "a.md")
    with pytest.raises(QuestionError) as asked:
        load_file(path, at="2026-11-03 14:02")
    assert asked.value.option == "zone"
    for at, zone in (
        ("14:02", "UTC"),
        ("soon", None),
        ("2026-11-03 14:02", "Mars/Base"),
        ("2026-03-29 02:30", "Europe/Paris"),
    ):
        with pytest.raises(EvidenceError) as refused:
            load_file(path, at=at, zone=zone)
        assert not isinstance(refused.value, QuestionError)
    with pytest.raises(EvidenceError, match=r"gone\.png"):
        load_file(tmp_path / "gone.png", at=AT)


# --- hostile files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("<!---->" * 9000 + "x", "a.svg"),
        ("<!--" * 16_000, "a.svg"),
        ("<?" * 30_000, "a.html"),
        ("<html>" + "<title>" * 9000, "a.html"),
        ("# " + "#" * 60_000 + "x\n", "a.md"),
        ("<svg viewBox='" + "1 " * 30_000, "a.svg"),
        (PDF + b"/Title(" * 100_000, "a.pdf"),
        (PDF + b"/Title<" + b"0 " * 100_000, "a.pdf"),
        (b"\xff\xd8\xff\xe0\0\0" * 9000, "a.jpg"),
        (word("x" * 100_000), "a.docx"),
        (word("<dc:title>" * 6000), "a.docx"),
    ],
)
def test_a_file_made_to_be_slow_is_not(content: str | bytes, name: str) -> None:
    """Patterns without a bound would not come back from these."""
    assert len(told(content, name)) < 400
    recognised(content, name)


@settings(max_examples=150)
@given(
    st.sampled_from(
        [
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"\xff\xd8\xff",
            b"RIFF\0\0\0\0WEBP",
            b"<svg ",
            b"%PDF-",
            b"PK\3\4",
        ]
    ),
    st.binary(max_size=60),
    st.sampled_from([".md", ".txt", ".html", ".pdf", ""]),
)
def test_no_file_makes_it_fail(magic: bytes, noise: bytes, suffix: str) -> None:
    """Whatever follows what a file pretends to be."""
    told(magic + noise, f"a{suffix}")
    recognised(magic + noise, f"a{suffix}")
