"""The report as GitHub-flavoured Markdown, its figures as SVG files beside it.

There is no raw HTML in it, and no words of the record can become markup, a formula, a mention or a
reference: what would notify somebody where the file is pasted is set as code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, assert_never, cast
from urllib.parse import unquote

from pmkit.export.assets import Assets
from pmkit.export.document import (
    LONG_CAPTION,
    Block,
    Break,
    Card,
    Cards,
    Cell,
    Code,
    Document,
    Emphasis,
    Fact,
    Facts,
    Figure,
    Heading,
    Inline,
    Items,
    Link,
    Listing,
    Markup,
    Notice,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Strong,
    Struck,
    Table,
    Text,
    Tone,
    plain,
)
from pmkit.export.formats import CARD_HEADS, LONG_BADGE, NO_IMAGE, Finished, opened
from pmkit.export.references import in_words
from pmkit.export.selfcheck import Check, check_document, compare_outlines

_ALERTS: Final[Mapping[Tone, str]] = {
    "good": "TIP", "info": "NOTE", "neutral": "NOTE", "warn": "WARNING", "bad": "CAUTION",
}  # fmt: skip
_SHORT: Final = 24  # letters of a cell and its note that stand in one line
_ALIGNS: Final = {"left": ":---", "right": "---:", "center": ":---:"}


def export_markdown(report: Path | str | Mapping[str, Any] | Document, out: Path | str | None = None) -> Path:
    """Write an executed report notebook as Markdown, its figures into a folder beside; returns the file.

    Raises
    ------
    RenderError : the report is not whole, or the Markdown did not come out whole; no file is left
    """
    document, folder, stem = opened(report, out, ".md")
    return make_markdown(document, stem).write(folder)


def make_markdown(document: Document, stem: str = "report") -> Finished:
    """The Markdown of a document whose figures are drawn, `<stem>.md`, and its figures as SVG files."""
    folder = f"{stem}-figures"
    assets = Assets(document)
    text = _Writer(document, assets, folder).write()
    check = check_markdown(text, document, assets).with_problems(check_document(document))
    files = {f"{stem}.md": text.encode("utf-8", "replace")}
    files |= {f"{folder}/{asset.name}": asset.data for asset in assets.all}
    return Finished(files, check)


# ------------------------------------------------------------------ words

_SPECIAL: Final = re.compile(r"[\\`*_{}\[\]<|~$]|(?<=\{)%|&(?=#?\w)|(?<=[a-zA-Z]):(?=//)|(?i:(?<=www)\.)")
_AT_START: Final = re.compile(r"^(\s*)([#>+=:-]|\d{1,9}(?=[.)]))")
# What notifies or links back on GitHub and GitLab, whose filters see only the finished words: `\@` is not
# enough, code is.
_NOTIFIES: Final = re.compile(
    r"(?<![\w`@/])@[A-Za-z0-9][\w./-]*|(?<![\w&])(?:[\w.-]+/)*[\w.-]*[#!]\d+\b|\bGH-\d+\b", re.ASCII
)


def escape(text: str) -> str:
    """Plain text as Markdown that shows exactly it, in one line."""
    out, place = [], 0
    text = text.replace("\n", " ")
    for found in _NOTIFIES.finditer(text):
        out += [_escaped(text[place : found.start()]), code_span(found[0])]
        place = found.end()
    return "".join([*out, _escaped(text[place:])])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: "&lt;" if found[0] == "<" else f"\\{found[0]}", text)


def code_span(text: str) -> str:
    """The text as code, whatever backticks it holds."""
    text = text.replace("\n", " ")
    if not text.strip(" "):
        return text
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _address(url: str) -> str:
    encoded = {"(": "%28", ")": "%29", "|": "%7C", "`": "%60", "{": "%7B", "}": "%7D", "&": "&amp;"}
    return "".join(encoded.get(char, char) for char in url)


def _line_start(text: str) -> str:
    """The line with what would begin a heading, a list, a quote or a rule escaped."""
    text = text.lstrip()
    found = _AT_START.match(text)
    if not found:
        return text
    if found[2].isdigit():
        return f"{found[0]}\\{text[found.end() :]}"
    return f"{found[1]}\\{text[found.end(1) :]}"


class _Writer:
    """Writes a document as lines of Markdown."""

    def __init__(self, document: Document, assets: Assets, folder: str) -> None:
        self.document, self.assets, self.folder = document, assets, folder
        self.say = document.language.say
        self.places = _places(document)

    def write(self) -> str:
        title = self.document.title
        head: list[str] = [f"# {self.inline((Text(title.title),))}"]
        tags = [f"**{escape(badge.text)}**" for badge in title.badges if badge.text]
        under = " · ".join(filter(None, [escape(title.subtitle), *tags]))
        if under:
            head.append(_line_start(under))
        if title.facts:
            head.append(self.facts(title.facts))
        made = self.document.made
        foot = ["---", escape(made)] if made else []
        return "\n\n".join([*head, *self.blocks(self.document.blocks), *foot]) + "\n"

    def blocks(self, blocks: Sequence[Block]) -> list[str]:
        out: list[str] = []
        bullets = 0
        for block in blocks:
            # two lists that follow each other stay two when their marks differ
            bullets = bullets + 1 if isinstance(block, Items) else 0
            out += filter(None, self.block(block, odd=bullets % 2 == 0))
        return out

    def block(self, block: Block, *, odd: bool = False) -> list[str]:
        match block:
            case Heading(level, children):
                return [f"{'#' * min(level + 1, 6)} {self.inline(children)}"]
            case Paragraph(children):
                return [self.paragraph(children)]
            case Items():
                return [self.items(block, odd=odd)]
            case Quote(blocks):
                return [_prefixed("\n\n".join(self.blocks(blocks)), "> ")]
            case Listing(text, label):
                return [f"**{escape(label)}**" if label else "", _fenced(text)]
            case Rule():
                return ["---"]
            case Table():
                return self.table(block)
            case Facts(items):
                return [self.facts(items)]
            case Cards(items):
                rows = [
                    [escape(c.label), f"**{escape(c.value)}**", escape(c.note) + self.derivation(c)]
                    for c in items
                ]
                heads = [escape(self.say(label)) for label in CARD_HEADS]
                return [_grid(heads, ["left", "right", "left"], rows)]
            case Notice(tone, text):
                return [f"> [!{_ALERTS[tone]}]\n> {_line_start(escape(text))}"]
            case Figure(caption=caption):
                return [_caption(caption), self.image(block)]
            case Picture(caption=caption):
                return [_caption(caption), self.image(block)]
            case Markup(blocks=blocks):
                return self.blocks(blocks)
            case _:
                assert_never(block)

    def image(self, block: Figure | Picture) -> str:
        asset = self.assets.of(block)
        alt = escape(" ".join(block.alt.split()))
        missing = escape(self.say(NO_IMAGE, text=" ".join(block.alt.split())))
        return f"![{alt}]({self.folder}/{asset.name})" if asset else missing

    def inline(self, nodes: Iterable[Inline], line_end: str = " ") -> str:
        out = ""
        rest = _joined(nodes)
        for place, node in enumerate(rest):
            after = plain(rest[place + 1 : place + 2])[:1]
            piece = self.inline_node(node, out[-1:], after, line_end)
            # the backticks of two spans would become one run
            out += f" {piece}" if out.endswith("`") and piece.startswith("`") else piece
        return out

    def inline_node(self, node: Inline, before: str, after: str, line_end: str) -> str:
        match node:
            case Text(text):
                return escape(text)
            case Code(text):
                return code_span(text)
            case Break():
                return line_end
            case Link(url, children):
                return f"[{self.inline(children, line_end).strip() or _escaped(url)}]({_address(url)})"
            case Strong(children):
                return _marked(self.inline(children, line_end), "**", before, after)
            case Emphasis(children):
                return _marked(self.inline(children, line_end), "_", before, after)
            case Struck(children):
                return _marked(self.inline(children, line_end), "~~", before, after)
            case _:
                assert_never(node)

    def paragraph(self, children: Sequence[Inline]) -> str:
        lines = [_line_start(line) for line in self.inline(children, "\n").split("\n")]
        return "\\\n".join(line for line in (line.strip() for line in lines) if line)

    def items(self, items: Items, *, odd: bool) -> str:
        out = []
        tight = all(
            len(item.blocks) <= 1 and not any(isinstance(b, Items) for b in item.blocks)
            for item in items.items
        )
        for number, item in enumerate(items.items, items.start):
            mark = (f"{number})" if odd else f"{number}.") if items.ordered else "*" if odd else "-"
            box = "" if item.checked is None else "[x] " if item.checked else "[ ] "
            body = "\n\n".join(self.blocks(item.blocks))
            indent = " " * (len(mark) + 1)
            out.append(f"{mark} {box}{_indented(body, indent)}".rstrip())
        return ("\n" if tight else "\n\n").join(out)

    def facts(self, facts: Sequence[Fact]) -> str:
        lines = []
        for fact in facts:
            label = f"**{escape(fact.label)}:** " if fact.label else ""
            words = " / ".join(self.inline(fact.children, "\n").split("\n"))
            note = f" — _{escape(' '.join(fact.note.split()))}_" if fact.note.strip() else ""
            lines.append(f"- {label}{words if label else _line_start(words)}{note}")
        return "\n".join(lines)

    def table(self, table: Table) -> list[str]:
        caption = _caption(table.caption)
        if not table.rows:
            return [caption, f"_{escape(table.empty)}_"]
        heads = [escape(column.label) for column in table.columns]
        rows = [[self.cell(cell) for cell in row] for row in table.rows]
        return [caption, _grid(heads, [column.align for column in table.columns], rows)]

    def cell(self, cell: Cell) -> str:
        lines = self.inline(cell.children, "\n").split("\n")
        words = " / ".join(line.strip() for line in lines if line.strip())
        said = plain(cell.children)
        if cell.badge and words and len(said) <= LONG_BADGE:
            words = words if "**" in words else f"**{words}**"
        words = words or escape(in_words(cell))
        links = [self.inner(ref.target, f"\\[{ref.label}\\]") for ref in cell.refs if cell.children]
        words = " ".join([words, *links])
        note = " / ".join(line.strip() for line in cell.note.split("\n") if line.strip())
        # what is short stays in one line, where columns are narrow
        dash = "\u00a0—\u00a0" if len(said) + len(note) <= _SHORT else " — "
        return dash.join(filter(None, [words, f"_{escape(note)}_" if note else ""]))

    def inner(self, anchor: str, words: str) -> str:
        """Words that lead to the heading under which a place stands: cells have no anchors of their own."""
        slug = self.places.get(anchor)
        return f"[{words}](#{slug})" if slug else words

    def derivation(self, card: Card) -> str:
        word = escape(self.say("derivation"))
        return f" {self.inner(card.derived, word)}" if card.derived else ""


def _places(document: Document) -> dict[str, str]:
    """The places that references lead to, and the heading that each stands under, as GitHub names it."""
    slug = _slugs()
    places: dict[str, str] = {}
    heading = slug(document.title.title)
    for block in document.walk():
        if isinstance(block, Heading):
            heading = slug(block.text)
        elif isinstance(block, Table):
            places |= {cell.anchor: heading for row in block.rows for cell in row if cell.anchor}
    return places


def _slugs() -> Callable[[str], str]:
    """What GitHub makes of headings, one after the other: small letters, blanks as hyphens, counted anew."""
    taken: dict[str, int] = {}

    def slug(text: str) -> str:
        stem = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        count = taken.get(stem, 0)
        taken[stem] = count + 1
        return f"{stem}-{count}" if count else stem

    return slug


def _joined(nodes: Iterable[Inline]) -> list[Inline]:
    """The nodes with neighbouring code made one."""
    out: list[Inline] = []
    for node in nodes:
        last = out[-1] if out else None
        if isinstance(node, Code) and isinstance(last, Code):
            out[-1] = Code(last.text + node.text)
        else:
            out.append(node)
    return out


def _caption(text: str) -> str:
    mark = "_" if len(text) > LONG_CAPTION else "**"
    return f"{mark}{escape(text)}{mark}" if text else ""


def _marked(words: str, mark: str, before: str, after: str) -> str:
    """Words between marks; bare where Markdown would not see the marks as such."""
    inner = words.strip()
    if not inner:
        return words
    lead, tail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    open_free = not lead and before.isalnum() and (mark == "_" or not inner[0].isalnum())
    close_free = not tail and after.isalnum() and (mark == "_" or not inner[-1].isalnum())
    touching = before in ("*", "_", "~") and not lead
    return words if open_free or close_free or touching else f"{lead}{mark}{inner}{mark}{tail}"


def _grid(heads: Sequence[str], aligns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, [_ALIGNS[align] for align in aligns], *rows]
    return "\n".join(f"| {' | '.join(map(_in_grid, line))} |" for line in lines)


def _in_grid(cell: str) -> str:
    # outside code every bar is escaped already; inside, a table still ends its cell at one
    return re.sub(r"(?<!\\)\|", r"\\|", cell.replace("\n", " "))


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    # "text" keeps a diagram language from being drawn
    return f"{fence}text\n{text}\n{fence}"


def _prefixed(text: str, prefix: str) -> str:
    return "\n".join(f"{prefix}{line}".rstrip() for line in text.split("\n"))


def _indented(text: str, indent: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(f"{indent}{line}" if line else "" for line in rest)])


# ------------------------------------------------------------------ the check


def check_markdown(text: str, document: Document, assets: Assets) -> Check:
    """Read the Markdown back with a parser: outline, tables and images counted, no raw HTML, no odd link."""
    import mistune

    parse = mistune.create_markdown(renderer=None, plugins=["strikethrough", "table", "task_lists"])
    tokens = list(_every(cast(Sequence[Mapping[str, Any]], parse(text))))
    problems = [f"raw HTML stands in it: {t['raw'][:60]!r}" for t in tokens if t["type"].endswith("_html")]
    slug = _slugs()
    places = {f"#{slug(_words(t))}" for t in tokens if t["type"] == "heading"}
    problems += [
        f"a link leads to {t['attrs']['url'][:60]!r}"
        for t in tokens
        if t["type"] == "link"
        and not re.match(r"https?:|mailto:", t["attrs"]["url"])
        and unquote(t["attrs"]["url"]) not in places
    ]
    names = {asset.name for asset in assets.all}
    images = [t["attrs"]["url"].rpartition("/")[2] for t in tokens if t["type"] == "image"]
    problems += [f"the image {name!r} is not among the files" for name in images if name not in names]
    found = [(t["attrs"]["level"] - 1, _words(t)) for t in tokens if t["type"] == "heading"]
    wanted = [(min(h.level, 5), h.text) for h in document.headings]
    problems += compare_outlines(wanted, found[1:])
    cards = sum(isinstance(block, Cards) for block in document.walk())
    counts = {
        "headings": (len(document.headings), len(found) - 1),
        "tables": (len(document.tables) + cards, sum(t["type"] == "table" for t in tokens)),
        "images": (len(assets.all), len(images)),
    }
    return Check("Markdown", counts, tuple(problems))


def _every(tokens: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for token in tokens:
        yield token
        yield from _every(token.get("children", ()))


def _words(token: Mapping[str, Any]) -> str:
    import html

    words = "".join(html.unescape(t["raw"]) for t in _every(token.get("children", ())) if "raw" in t)
    return " ".join(words.split())
