"""The fixed words of a report in another language; people's own words are never touched."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from pmkit.export.document import (
    Block,
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
    Link,
    Listing,
    Notice,
    Paragraph,
    Strong,
    Table,
    Text,
    Title,
    inlines,
    plain,
)
from pmkit.glossary import load_glossary
from pmkit.language import Language, phrases_of

# Table → column → what of its cells are fixed words. All else in a table is people's or comes from evidence.
_TEXT, _NOTE = ("text",), ("note",)
_FIXED: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "timeline": {"Time (UTC)": _NOTE, "Who, where": _TEXT, "Mark": _TEXT},
    "impact": {"Value": _TEXT},
    "factors": {"Kind": ("text", "note"), "Evidence (UTC)": _TEXT},
    "decisions": {"Time (UTC)": _NOTE},
    "actions": {"Action": _NOTE, "Type, factors": _TEXT, "DRI, due": ("text", "note"), "Issue": _TEXT,
                "Status": _TEXT},
    "milestones": {"Status": ("text", "note")},
    "checkins": {"Held (UTC)": ("text", "note"), "What changed": _NOTE},
    "questions": {"Owner": _TEXT, "Status": _TEXT},
    "findings": {"Severity": _TEXT},
    "evidence": {"Records": ("text", "note"), "From, to (UTC)": _TEXT},
    "clocks": {"Added": _TEXT, "Applied": _TEXT},
    "derivations": {"Metric": _NOTE, "Value": _TEXT, "From": _TEXT, "To": _TEXT, "Basis": _TEXT},
    "sources": {"Recorded (UTC)": _TEXT},
    "changes": {"Part": _TEXT, "Change": _TEXT},
}  # fmt: skip
# What the checks say is in English: the columns of a finding that say it.
_ENGLISH: Final = {"findings": ("Rule", "Finding")}
_FACTS: Final = ("Impact", "Review", "Provenance", "Journal head", "evidence.csv", "To check")


def translated(document: Document, language: Language) -> Document:
    """The document in that language: headings, labels, states, dates, durations and what charts say.

    A phrase that the language lacks stays in English; `pmkit.language.lacking` lists them.
    """
    if language.is_plain_english:
        return document
    blocks: list[Block] = []
    for block in document.blocks:
        if isinstance(block, Table) and block.name in _ENGLISH and block.rows and language.code != "en":
            blocks.append(Paragraph((Text(language.tell("The findings themselves are in English.")),)))
        blocks.append(block)
    spoken = replace(document, title=_title(document.title, language), blocks=tuple(blocks))
    if not document.contents:
        said = _of_the_letter(language)
        spoken = spoken.map_blocks(lambda block: (_sentence(block, said),))
    return spoken.map_blocks(lambda block: (_block(block, language),))


def _of_the_letter(language: Language) -> Language:
    """What a letter says by itself: its other sentences are people's, and no phrase of a report fits them."""
    return replace(
        language, phrases={p: language.phrases[p] for p in phrases_of("letter") if p in language.phrases}
    )


def _sentence(block: Block, language: Language) -> Block:
    """A sentence that the letter says by itself; in its list of moments, the time stays in front of it."""
    if not isinstance(block, Paragraph) or not block.children:
        return block
    *before, last = block.children
    if before and isinstance(last, Emphasis) and language.knows(plain((last,))):
        # how far a promise is, behind the words of those who made it; not every script slants
        state = Text(language.tell(plain((last,))))
        if any(letter.isalpha() and letter.isascii() for letter in state.text):
            return replace(block, children=(*before, replace(last, children=(state,))))
        if isinstance(before[-1], Text):
            before[-1] = Text(before[-1].text.rstrip())
        return replace(block, children=(*before, state))
    time, words = block.children[:1], block.children[1:]
    if len(words) == 1 and isinstance(time[0], Strong) and plain(words).strip() in language.phrases:
        shown = replace(time[0], children=(Text(language.day_and_time(plain(time))),))
        return replace(block, children=(shown, Text(f" {language.phrases[plain(words).strip()]}")))
    said = plain(block.children)
    told = language.tell(said)
    if told == said:
        return block
    link = next((node for node in block.children if isinstance(node, Link)), None)
    head, found, tail = told.partition(plain((link,))) if link else (told, "", "")
    return replace(block, children=(Text(head), link, Text(tail)) if link and found else (Text(told),))


def _title(title: Title, language: Language) -> Title:
    return replace(
        title,
        subtitle=language.tell(title.subtitle),
        facts=tuple(_fact(fact, language) for fact in title.facts),
        badges=tuple(replace(badge, text=language.tell(badge.text)) for badge in title.badges),
    )


def _block(block: Block, language: Language) -> Block:  # noqa: PLR0911 - one for each kind
    match block:
        case Heading(children=children):
            words = plain(children)  # a heading in people's notes that is one of the report's is told too
            return (
                replace(block, children=(Text(language.phrases[words]),))
                if words in language.phrases
                else block
            )
        case Paragraph(children=children) if plain(children) in language.phrases:
            return replace(block, children=_words(children, language))
        case Notice(text=text):
            return replace(block, text=language.tell(text))
        case Listing(label=label):
            return replace(block, label=language.tell(label))
        case Facts(name="glossary"):
            return replace(block, items=tuple(_meaning(item, language) for item in block.items))
        case Facts():
            return replace(block, items=tuple(_fact(item, language) for item in block.items))
        case Cards():
            return replace(
                block,
                items=tuple(
                    replace(
                        card,
                        label=language.tell(card.label),
                        value=language.tell(card.value),
                        note=language.tell(card.note),
                    )
                    for card in block.items
                ),
            )
        case Table():
            return _table(block, language)
        case Figure():
            return _figure(block, language)
    return block


def _fact(fact: Fact, language: Language) -> Fact:
    if fact.label in _FACTS:
        children = _words(fact.children, language)
        return replace(
            fact, label=language.tell(fact.label), children=children, note=language.tell(fact.note)
        )
    # the value of any other is the record's, but for what stands there while it has none
    said = plain(fact.children)
    children = _words(fact.children, language) if said in ("not stated", "not assigned") else fact.children
    return replace(fact, label=language.phrases.get(fact.label, fact.label), children=children)


def _meaning(fact: Fact, language: Language) -> Fact:
    """An abbreviation's meaning, where it is the one that ships."""
    if load_glossary().get(fact.label) != plain(fact.children):
        return fact
    return replace(fact, children=(Text(load_glossary(language.code)[fact.label]),))


def _table(table: Table, language: Language) -> Table:
    policy, english = _FIXED.get(table.name, {}), _ENGLISH.get(table.name, ())

    def cell(cell: Cell, label: str) -> Cell:
        fixed = policy.get(label, ())
        if "text" in fixed:
            cell = replace(cell, children=_cell_words(table.name, cell, language))
        if "note" in fixed:
            several = language.tell_lines if table.name == "milestones" else partial(_note, language=language)
            cell = replace(cell, note=several(cell.note))
        if cell.refs:
            refs = (replace(ref, label=_marks(ref.label, language)) for ref in cell.refs)
            cell = replace(cell, refs=tuple(refs))
        return replace(cell, lang="en") if label in english and language.code != "en" else cell

    labels = [column.label for column in table.columns]
    return replace(
        table,
        caption=_sentences(table.caption, language),
        label=_sentences(table.label, language),
        empty=language.tell(table.empty),
        # roles in the RACI are the team's words, and no phrases
        columns=tuple(replace(c, label=language.phrases.get(c.label, c.label)) for c in table.columns),
        rows=tuple(
            tuple(cell(each, label) for each, label in zip(row, labels, strict=True)) for row in table.rows
        ),
    )


def _cell_words(name: str, cell: Cell, language: Language) -> tuple[Inline, ...]:
    said = _source(cell.children)
    if name in ("timeline", "factors"):
        told = _marks(said, language)
    elif name == "impact" and not language.knows(said):
        told = re.sub(r"^[\d,]+(?:\.\d+)?", lambda number: language.tell(number[0]), said)
    else:
        told = language.tell(said)
    return _with_words(cell.children, told) if told != said else cell.children


def _note(note: str, language: Language) -> str:
    """A note of one phrase, or of several with commas between."""
    if language.knows(note) or ", " not in note:
        return language.tell(note)
    parts = note.split(", ")
    return language.comma.join(map(language.tell, parts)) if all(map(language.knows, parts)) else note


def _marks(said: str, language: Language) -> str:
    """Names of marks, with commas between; a name that is none stays."""
    return ", ".join(language.tell(part) for part in said.split(", "))


def _sentences(text: str, language: Language) -> str:
    """A caption of one or more sentences."""
    if language.knows(text):
        return language.tell(text)
    return " ".join(language.tell(part) for part in re.split(r"(?<=\.) (?=[A-Z0-9])", text))


def _words(children: tuple[Inline, ...], language: Language) -> tuple[Inline, ...]:
    said = _source(children)
    told = language.tell(said)
    return _with_words(children, told) if told != said else children


def _source(children: Sequence[Inline]) -> str:
    """The words as pmkit wrote them, code in backticks."""
    return "".join(
        f"`{node.text}`" if isinstance(node, Code) else _source(node.children) if isinstance(node, Link)
        else plain((node,))
        for node in children
    )  # fmt: skip


def _with_words(children: tuple[Inline, ...], words: str) -> tuple[Inline, ...]:
    link = next((node for node in children if isinstance(node, Link)), None)
    return inlines(words, link.url if link else "")


# ------------------------------------------------------------------ charts


def _figure(figure: Figure, language: Language) -> Figure:
    spec = json.loads(figure.spec)
    layout = spec.get("layout") or {}
    for annotation in layout.get("annotations") or ():
        annotation["text"] = _on_chart(str(annotation.get("text") or ""), figure.name, language)
    for name, axis in layout.items():
        if "axis" in name and isinstance(axis, dict):
            _axis(axis, language)
    for trace in spec.get("data") or ():
        _trace(trace, language)
    caption, alt = _sentences(figure.caption, language), _sentences(figure.alt, language)
    if isinstance(layout.get("meta"), dict):
        layout["meta"] |= {"caption": caption, "alt": alt}
    return replace(
        figure, caption=caption, alt=alt, spec=json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
    )


def _axis(axis: dict[str, Any], language: Language) -> None:
    if isinstance(axis.get("title"), dict) and axis["title"].get("text"):
        axis["title"]["text"] = language.tell(axis["title"]["text"])
    if axis.get("ticktext"):
        axis["ticktext"] = [language.phrases.get(text, text) for text in axis["ticktext"]]
    for stop in axis.get("tickformatstops") or ():
        stop["value"] = _chart_date(stop["value"], language)


def _chart_date(form: str, language: Language) -> str:
    # plotly names months in English only
    form = form.replace("%d %b\n%Y", language.chart_date).replace("%d %b %Y", language.chart_date)
    return form.replace("%d %b", language.chart_day)


def _trace(trace: dict[str, Any], language: Language) -> None:
    if isinstance(trace.get("name"), str):
        name = trace["name"]
        trace["name"] = language.tell(name, inner=True) if " → " in name else language.phrases.get(name, name)
    form = trace.get("hovertemplate")
    if isinstance(form, str) and (
        found := re.fullmatch(r"(%\{x[^}]*\} UTC: %\{y\}) from (.*)(<extra></extra>)", form)
    ):
        trace["hovertemplate"] = f"{found[1]} · {language.tell(found[2])}{found[3]}"
    if isinstance(trace.get("text"), str) and trace["text"].startswith("<b>"):
        trace["text"] = _hover(trace["text"], language)


def _hover(text: str, language: Language) -> str:
    first, *middle = text.split("<br>")
    head = re.sub(r"<b>(.*?)</b>", lambda found: f"<b>{language.tell(found[1], inner=True)}</b>", first)
    last = [" · ".join(map(language.tell, line.split(" · "))) for line in middle[-1:]]
    return "<br>".join([head, *middle[:-1], *last])


_BOLD: Final = re.compile(r"<b>((?:(?!</?b>|<br>).)*)</b>")
_NAMED: Final = re.compile(r"(\S+) (.+)")


def _on_chart(text: str, figure: str, language: Language) -> str:
    """What is written on a chart: a phrase, a time with a mark, or a box with bold lines above and below."""
    if figure == "factors" and "<br>" in text:
        return _box(text, language)
    if bold := _BOLD.fullmatch(text):
        return f"<b>{language.tell(bold[1])}</b>"
    return language.phrases.get(text, text)  # else it is an event's, in people's words


def _box(text: str, language: Language) -> str:
    lines = text.split("<br>")
    is_bold = [bool(_BOLD.fullmatch(line)) for line in lines]
    head = next((n for n, bold in enumerate(is_bold) if not bold), len(lines))
    tail = len(lines) - next((n for n, bold in enumerate(reversed(is_bold)) if not bold), len(lines))

    def named(words: str) -> str:
        found = _NAMED.fullmatch(words)
        return f"{found[1]} {language.tell(found[2])}" if found else language.tell(words)

    if head == len(lines):
        return "<br>".join(f"<b>{language.tell(_unbold(line))}</b>" for line in lines)
    remarks = lines[tail:]
    return "<br>".join([
        *_bold_lines(lines[:head], named), *lines[head:tail], *_remark_lines(remarks, language)
    ])  # fmt: skip


def _unbold(line: str) -> str:
    return _BOLD.sub(r"\1", line)


def _bold_lines(lines: Sequence[str], tell: Callable[[str], str]) -> list[str]:
    """Bold lines that are one phrase, told, in as many lines as before."""
    if not lines:
        return []
    told = tell(" ".join(map(_unbold, lines)))
    return [f"<b>{line}</b>" for line in _in_lines(told, len(lines))]


def _remark_lines(lines: Sequence[str], language: Language) -> list[str]:
    """The remarks at the foot of a box; a phrase may go over several lines, and there may be two."""
    out: list[str] = []
    begun: list[str] = []
    for line in lines:
        begun.append(line)
        said = " ".join(map(_unbold, begun))
        if said in language.phrases:
            out += _bold_lines(begun, language.tell)
            begun = []
    return [*out, *begun]


def _in_lines(text: str, count: int) -> list[str]:
    """The words in at most so many lines, the longest of which is as short as it can be."""
    words = text.split()
    if count > 1 and not text.isascii() and len(words) == 1:  # a script without blanks
        size = -(-len(text) // count)
        return [text[at : at + size] for at in range(0, len(text), size)]
    if count <= 1 or len(words) <= 1:
        return [text]
    return next(
        lines
        for room in range(max(map(len, words)), len(text) + 1)
        if len(lines := textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)) <= count
    )
