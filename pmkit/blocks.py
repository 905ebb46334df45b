"""What views are made of: small frozen records that show themselves in a notebook.

Each carries itself as data under one MIME type, from which the HTML, the PDF and every other format are made.
Cells are plain text with a link or a second line, always escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Final, Literal

import pandas as pd

from pmkit.packing import pack_frame

BLOCK_MIME: Final = "application/vnd.pmkit.block+json"
Tone = Literal["good", "warn", "bad", "info", "neutral"]
Align = Literal["left", "right", "center"]
Width = Literal["narrow", "normal", "wide"]


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and if wanted a link, a second line, a tone that marks it, typewriter letters.

    `sources` are ids of the events it rests on, `cited_as` what it is called there; `anchor` names a place
    that others lead to.
    """

    text: str
    url: str = ""
    note: str = ""
    badge: Tone | None = None
    mono: bool = False
    sources: tuple[str, ...] = ()
    cited_as: str = ""
    anchor: str = ""
    share: float | None = None  # of a whole: drawn as a bar


@dataclass(frozen=True)
class Head:
    """The head of one column."""

    label: str
    align: Align = "left"
    width: Width = "normal"


class _Block:
    """What every view shares: data under one MIME type, and a picture of itself for the notebook."""

    kind: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """The view as plain data; fields that are not set are left out."""
        return {"block": self.kind, **_without_blanks(asdict(self))}  # type: ignore[call-overload]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {BLOCK_MIME: self.to_dict(), "text/html": self._html(), "text/plain": self._text()}

    def _html(self) -> str:
        raise NotImplementedError

    def _text(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class Table(_Block):
    """Rows under heads; with no rows the sentence `empty` is shown.

    `frame` is what the rows were made of, packed: formats for machines are made from it.
    """

    kind: ClassVar[str] = "table"
    name: str
    caption: str
    columns: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    frame: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The table as plain data, its columns and rows complete."""
        columns = [asdict(head) for head in self.columns]
        rows = [[_cell_data(cell) for cell in row] for row in self.rows]
        words = {"name": self.name, "caption": self.caption, "empty": self.empty}
        frame = {"frame": dict(self.frame)} if self.frame else {}
        return {"block": self.kind, **words, "columns": columns, "rows": rows, **frame}

    def _html(self) -> str:
        if not self.rows:
            return f"<p><em>{html.escape(self.empty)}</em></p>"
        heads = "".join(
            f'<th scope="col" style="text-align:{head.align}">{html.escape(head.label)}</th>'
            for head in self.columns
        )
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align:{head.align};vertical-align:top">{_cell_html(cell)}</td>'
                for head, cell in zip(self.columns, row, strict=True)
            )
            + "</tr>"
            for row in self.rows
        )
        caption = (
            f'<caption style="text-align:left">{html.escape(self.caption)}</caption>' if self.caption else ""
        )
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"

    def _text(self) -> str:
        if not self.rows:
            return self.empty
        lines = ["\t".join(head.label for head in self.columns)]
        return "\n".join([*lines, *("\t".join(cell.text for cell in row) for row in self.rows)])


@dataclass(frozen=True)
class Facts(_Block):
    """A short list of labelled facts."""

    kind: ClassVar[str] = "facts"
    items: tuple[tuple[str, Cell], ...]

    def to_dict(self) -> dict[str, Any]:
        """The facts as plain data."""
        return {"block": self.kind, "items": [_labelled(label, cell) for label, cell in self.items]}

    def _html(self) -> str:
        rows = (
            f'<tr><th scope="row" style="text-align:left">{html.escape(label)}</th>'
            f'<td style="text-align:left">{_cell_html(cell)}</td></tr>'
            for label, cell in self.items
        )
        return f"<table>{''.join(rows)}</table>"

    def _text(self) -> str:
        return "\n".join(f"{label}: {cell.text}" for label, cell in self.items)


@dataclass(frozen=True)
class Card:
    """One number worth a large letter, and where it comes from; `derived` names the anchor that says how."""

    label: str
    value: str
    note: str = ""
    tone: Tone = "neutral"
    derived: str = ""


@dataclass(frozen=True)
class Cards(_Block):
    """A row of numbers."""

    kind: ClassVar[str] = "cards"
    items: tuple[Card, ...]
    frame: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The cards as plain data."""
        frame = {"frame": dict(self.frame)} if self.frame else {}
        return {"block": self.kind, "items": [_without_blanks(asdict(card)) for card in self.items], **frame}

    def _html(self) -> str:
        cards = (
            '<div style="flex:1 1 10em;padding:.6em .9em;border:1px solid var(--jp-border-color2,#d9dfe6);'
            f'border-radius:6px"><div>{html.escape(card.label)}</div>'
            f'<div style="font-size:1.6em;font-weight:600">{html.escape(card.value)}</div>'
            f'<div style="opacity:.75;font-size:.9em">{html.escape(card.note)}</div></div>'
            for card in self.items
        )
        return f'<div style="display:flex;flex-wrap:wrap;gap:.8em">{"".join(cards)}</div>'

    def _text(self) -> str:
        return "\n".join(f"{card.label}: {card.value} ({card.note})" for card in self.items)


@dataclass(frozen=True)
class Title(_Block):
    """The head of a report."""

    kind: ClassVar[str] = "title"
    title: str
    subtitle: str
    facts: tuple[tuple[str, Cell], ...]
    badges: tuple[tuple[str, Tone], ...] = ()
    incident: Mapping[str, Any] | None = None
    lang: str = "en"
    generated_at: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The head as plain data."""
        return {
            "block": self.kind,
            "incident": dict(self.incident or {}),
            "lang": self.lang,
            **({"generated_at": self.generated_at} if self.generated_at else {}),
            "title": self.title,
            "subtitle": self.subtitle,
            "facts": [_labelled(label, cell) for label, cell in self.facts],
            "badges": [{"text": text, "tone": tone} for text, tone in self.badges],
        }

    def _html(self) -> str:
        badges = " · ".join(html.escape(text) for text, _ in self.badges)
        head = f"<h1>{html.escape(self.title)}</h1><p>{html.escape(self.subtitle)} {badges}</p>"
        return head + Facts(self.facts)._html()

    def _text(self) -> str:
        return f"{self.title}\n{self.subtitle}\n{Facts(self.facts)._text()}"


@dataclass(frozen=True)
class Prose(_Block):
    """Markdown that people wrote; raw HTML in it is shown as text."""

    kind: ClassVar[str] = "prose"
    markdown: str

    def _html(self) -> str:
        # Not as text/markdown: JupyterLab lets tags in the Markdown of a trusted notebook run.
        import mistune

        return str(
            mistune.create_markdown(escape=True, plugins=["strikethrough", "table", "url"])(self.markdown)
        )

    def _text(self) -> str:
        return self.markdown


@dataclass(frozen=True)
class Picture:
    """A PNG as base64, what it is, and the same for those who cannot see it."""

    data: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Pictures(_Block):
    """Pictures one below the other, and sentences on those that are not shown."""

    kind: ClassVar[str] = "pictures"
    items: tuple[Picture, ...]
    left_out: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The pictures as plain data."""
        items = [asdict(picture) for picture in self.items]
        return {"block": self.kind, "items": items, "left_out": list(self.left_out)}

    def _html(self) -> str:
        pictures = (
            f'<figure style="margin:0 0 1em"><img src="data:image/png;base64,{picture.data}" '
            f'alt="{html.escape(picture.alt)}" style="max-width:100%">'
            f"<figcaption>{html.escape(picture.caption)}</figcaption></figure>"
            for picture in self.items
        )
        left_out = (f"<p><em>Not shown: {html.escape(words)}</em></p>" for words in self.left_out)
        return "".join([*pictures, *left_out])

    def _text(self) -> str:
        lines = [picture.caption for picture in self.items]
        return "\n".join([*lines, *(f"Not shown: {words}" for words in self.left_out)])


@dataclass(frozen=True)
class Notice(_Block):
    """One sentence that stands out."""

    kind: ClassVar[str] = "notice"
    text: str
    tone: Tone = "info"

    def _html(self) -> str:
        return f"<p><strong>{html.escape(self.text)}</strong></p>"

    def _text(self) -> str:
        return self.text


@dataclass(frozen=True)
class Glossary(_Block):
    """Abbreviations and what they mean; a finished report keeps those that stand in it."""

    kind: ClassVar[str] = "glossary"
    items: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """The abbreviations as plain data."""
        return {"block": self.kind, "items": [{"label": label, "text": text} for label, text in self.items]}

    def _html(self) -> str:
        return Facts(tuple((label, Cell(text)) for label, text in self.items))._html()

    def _text(self) -> str:
        return "\n".join(f"{label}: {text}" for label, text in self.items)


def packed(name: str, frame: pd.DataFrame) -> dict[str, Any]:
    """What the rows of a block were made of, as plain data; formats for machines are made from it."""
    if "url" in frame:
        frame = frame.assign(url=[web_address(url) for url in frame["url"]]).astype({"url": "str"})
    return {"name": name, **pack_frame(frame)}


def web_address(url: str) -> str:
    """The address; one that is not of the web, as `javascript:`, leads nowhere."""
    return url if url.lower().startswith(("https://", "http://")) else ""


def _labelled(label: str, cell: Cell) -> dict[str, Any]:
    return {"label": label, **_cell_data(cell)}


def _cell_data(cell: Cell) -> dict[str, Any]:
    told = {**_without_blanks(asdict(replace(cell, url=web_address(cell.url)))), "text": cell.text}
    return {**told, "sources": list(cell.sources)} if cell.sources else told


def _without_blanks(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None, False, ())}


def _cell_html(cell: Cell) -> str:
    text = _with_code(cell.text)
    if address := web_address(cell.url):
        text = f'<a href="{html.escape(address)}" rel="noreferrer">{text}</a>'
    if cell.mono:
        text = f"<code>{text}</code>"
    if cell.badge:
        text = f"<strong>{text}</strong>"
    note = "<br>".join(map(_with_code, cell.note.split("\n")))
    return text + (f'<br><small style="opacity:.75">{note}</small>' if note else "")


def _with_code(text: str) -> str:
    """Escaped text; what stands in backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
