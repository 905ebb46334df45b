"""How a sentence is worded: blame, hindsight, excitement, judgement; code and quotations are left alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

from pmkit.checks.clauses import Clauses, Found, take_apart
from pmkit.checks.hindsight import find_hindsight
from pmkit.checks.reproach import find_reproach
from pmkit.vocabulary import Vocabulary

# What is read from how a sentence is built, before its words are looked up.
_BUILT: Final[dict[str, Callable[[Clauses], Found | None]]] = {
    "blame": find_reproach,
    "hindsight": find_hindsight,
}
FAULTS: Final = ("blame", "judging", "hindsight", "animated")
_CODE: Final = re.compile(r"`+[^`\n]+`+")
_QUOTED: Final = re.compile(
    r"“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|\"[^\"\n]*\"|‘[^’\n]{2,}’(?!\w)|(?<!\w)'[^'\n]{2,}'(?!\w)"
)
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+|(?<=\])\([^)\s]+\)")
_BREAK: Final = re.compile(r"(?<=[.!?…])[\"”»)*_]*\s+(?=[\"“„«(]?[A-Z0-9ÄÖÜÀ-Þ`])|(?<=[。！？])|\n+")
_HEADING: Final = re.compile(r"\s{0,3}#{1,6}\s")
_FENCE: Final = re.compile(r"^\s*(```|~~~).*?(?:^\s*\1|\Z)", re.DOTALL | re.MULTILINE)
# Words with a capital only because they begin a sentence; they are no names.
_OPENING: Final = re.compile(
    r"^\W*(?:The|This|That|These|Those|It|Its|There|Each|All|Both|No|On|In|At|By|After|Until|When|Since|As|For|If|"
    r"Two|Three|We|They|Our|An|Nobody|Nothing|Everything|One|Some|Many|Only|Then|But|And|So|What|How|Why|Who|"
    r"From|To|With|Without|Not|Now|Here|Just|Also|Because|However|Before|During|While|Where|Which|Any|Every|Most|"
    r"Customers|Users|Engineers|Developers)\b"
)
_MARKS: Final = re.compile(r"[*_]{2}|^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s*)?")


class Sentence(NamedTuple):
    """A sentence as it was written, and as it is read: without what its writer only quotes."""

    text: str
    plain: str


class Sign(NamedTuple):
    """Something in a sentence's wording: which fault it is, the words, why, and what to write instead."""

    fault: str
    words: str
    reason: str
    instead: str


def split_sentences(text: str) -> list[Sentence]:
    """The sentences of a text, without headings, quoted lines and blocks of code."""
    prose = [
        line
        for line in _FENCE.sub("\n", text).splitlines()
        if not _HEADING.match(line) and not line.lstrip().startswith(">")
    ]
    masked = [(line, _without_quotations(line)) for line in prose]
    return [sentence for line, plain in masked for sentence in _cut(line, plain)]


def _without_quotations(line: str) -> str:
    """The line with code, quotations and addresses blanked, as long as before so that places still fit."""
    for pattern in (_CODE, _QUOTED, _LINK):
        line = pattern.sub(lambda found: "·" * len(found.group()), line)
    return line


def _cut(line: str, plain: str) -> Iterator[Sentence]:
    start = 0
    for found in [*_BREAK.finditer(plain), None]:
        end = found.end() if found else len(plain)
        text = line[start:end].strip()
        if text:
            read = " ".join(_MARKS.sub("", plain[start:end]).split())
            yield Sentence(text, _OPENING.sub(lambda opening: opening.group().lower(), read))
        start = end


def strip_marks(text: str) -> str:
    """A text without Markdown's list marks and stars."""
    return _MARKS.sub("", text).strip()


def unname(sentence: Sentence, names: Iterable[str]) -> Sentence:
    """The sentence as it is read with the names of people made into persons, so that each counts as one."""
    plain = sentence.plain
    for name in names:
        if name in plain:
            plain = re.sub(rf"\b{re.escape(name)}\b", "the person", plain)
    return sentence._replace(plain=plain)


def spell_names(people: Iterable[str]) -> tuple[str, ...]:
    """Full names and their parts as they are said, the longest first; short ones are left out."""
    parts = {part for name in people for part in (name, *name.split()) if part[:1].isupper()}
    named = {part for part in parts if len(part) > 2 and (" " in part or part.isalpha())}
    return tuple(sorted(named, key=lambda part: (-len(part), part)))


class Reading:
    """A sentence as it is read: taken apart once, and asked for each fault once."""

    def __init__(self, sentence: Sentence, vocabulary: Vocabulary) -> None:
        self.sentence, self.vocabulary = sentence, vocabulary
        self._signs: dict[str, Sign | None] = {}

    @cached_property
    def _clauses(self) -> Clauses:
        return take_apart(self.sentence.plain, self.vocabulary.lexicon)

    def sign_of(self, fault: str) -> Sign | None:
        """How the sentence shows a fault: by how it is built, else by the words of the vocabulary."""
        if fault not in self._signs:
            self._signs[fault] = self._look_for(fault)
        return self._signs[fault]

    def first_fault(self, kind: str) -> str:
        """The fault that is told of where there are several; only summaries are asked for judgement."""
        asked = [fault for fault in FAULTS if fault != "judging" or kind == "summary"]
        return next((fault for fault in asked if self.sign_of(fault)), "")

    def _look_for(self, fault: str) -> Sign | None:
        cues = self.vocabulary.wording[fault]
        built = _BUILT[fault](self._clauses) if fault in _BUILT else None
        if built:
            cue = next(each for each in cues if each.shows == built.kind)
            return Sign(fault, built.words.replace("·", ""), cue.sign, cue.instead)
        for cue in cues:
            if words := cue.words_in(self.sentence.plain):
                return Sign(fault, words.replace("·", ""), cue.sign, cue.instead)
        return None


def find_sign(fault: str, sentence: Sentence, vocabulary: Vocabulary) -> Sign | None:
    """How a sentence shows a fault, as `Reading.sign_of`."""
    return Reading(sentence, vocabulary).sign_of(fault)
