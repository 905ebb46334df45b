"""Many patterns asked of many texts: which words a text must have before a pattern is tried on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

# What a pattern may match, as strings: letters stand for themselves, and besides them
_EDGE: Final = "\0"  # no letter, or the edge of a word
_ONE: Final = "\1"  # one character, whichever
_GAP: Final = "\2"  # any characters, or none
_PART: Final = 0xE000  # from there on: one of the strings of a part that patterns share
_MOST: Final = 600  # strings for one pattern; beyond them it is cut in two
_FEW: Final = 8  # characters of a class that are spelled out
_WORD: Final = re.compile(r"\w+")
_WHOLE: Final = re.compile(rf"(?<={_EDGE})[^{_EDGE}{_ONE}{_GAP}]+(?={_EDGE})")
_EDGES: Final = {"b": _EDGE, "A": _EDGE, "Z": _EDGE, "s": _EDGE, "W": _EDGE, "n": _EDGE, "t": _EDGE}
_SIGNS: Final = {"^": _EDGE, "$": _EDGE, ".": _ONE}
_ANY: Final = frozenset("wdSDB")
_COUNTED: Final = re.compile(r"\{(\d+)(,?)(\d*)\}")
_FLAGS: Final = re.compile(r"\?[-aimsx]*:")
# Letters that are one to a pattern without regard to case, and two to `str.lower`.
_ALIKE: Final = str.maketrans({"ı": "i", "İ": "i", "ſ": "s", "\u212a": "k"})

Strings = frozenset[str]


class Sieve:
    """Patterns without regard to case; most are never tried, since the text lacks a word that they need.

    A pattern that is not understood is tried on every text: what is found is the same as without the sieve.
    `parts` are groups that many of the patterns have in common, with what they need (`read_part`).
    """

    def __init__(self, patterns: Sequence[str], parts: Mapping[str, frozenset[str]] | None = None) -> None:
        self.patterns, self.parts = tuple(patterns), parts or {}
        self._compiled: dict[int, re.Pattern[str]] = {}

    def search(self, text: str) -> re.Match[str] | None:
        """The first match of any pattern, as their alternation has it: of several the first pattern's."""
        first: re.Match[str] | None = None
        for number in self._worth_trying(text):
            found = self._pattern(number).search(text)
            if found and (first is None or found.start() < first.start()):
                first = found
        return first

    def is_in(self, text: str) -> bool:
        """Whether one of the patterns matches."""
        return any(self._pattern(number).search(text) for number in self._worth_trying(text))

    def _pattern(self, number: int) -> re.Pattern[str]:
        if number not in self._compiled:
            self._compiled[number] = re.compile(self.patterns[number], re.IGNORECASE)
        return self._compiled[number]

    def _worth_trying(self, text: str) -> list[int]:
        words = read_words(text)
        needing, further, always = self._needs
        asked = {number for word in words if word in needing for number in needing[word]}
        asked = {n for n in asked if n not in further or not further[n].isdisjoint(words)}
        return sorted(asked | always)

    @cached_property
    def _needs(self) -> tuple[dict[str, list[int]], dict[int, frozenset[str]], set[int]]:
        """By word the patterns that need it or one like it; what those need besides; and all others."""
        needing: dict[str, list[int]] = {}
        further: dict[int, frozenset[str]] = {}
        always: set[int] = set()
        for number, pattern in enumerate(self.patterns):
            needed = sorted(find_needed_words(pattern, self.parts), key=_how_rare, reverse=True)
            if not needed:
                always.add(number)
                continue
            for word in needed[0]:
                needing.setdefault(word, []).append(number)
            if len(needed) > 1:
                further[number] = needed[1]
        return needing, further, always


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of the words, the longest that fits; what they begin with alike is looked at once."""
    by_first: dict[str, list[str]] = {}
    for word in words:
        by_first.setdefault(word[:1], []).append(word[1:])
    ends = "" in by_first
    branches = [re.escape(first) + _rest(rest) for first, rest in by_first.items() if first]
    whole = branches[0] if len(branches) == 1 and not ends else f"(?:{'|'.join(branches)})"
    return f"{whole}?" if ends and branches else whole


def _rest(words: list[str]) -> str:
    return any_of(words) if any(words) else ""


def read_words(text: str) -> set[str]:
    """The words of a text, in small letters."""
    return set(_WORD.findall(text.translate(_ALIKE).lower() if not text.isascii() else text.lower()))


def find_needed_words(
    pattern: str, parts: Mapping[str, frozenset[str]] | None = None
) -> list[frozenset[str]]:
    """Sets of words of each of which a text must have one, or the pattern does not match; often none.

    Understood is what Python and RE2 have in common; for what is not, nothing is said. `parts` are groups of
    which is known already what they need.
    """
    parts = parts or {}
    try:
        said = _Reader(pattern, list(parts)).read()
    except (ValueError, IndexError):
        return []
    needed = [*said.needed, _words_of(said.strings), _words_of(said.strings, 1)]
    spelled = [chr(_PART + n) for n in range(len(parts))]
    words = dict(zip(spelled, parts.values(), strict=True))
    return [_spell_out(each, words) for each in needed if each and all(words.get(one, "-") for one in each)]


def _spell_out(needed: frozenset[str], parts: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset(word for each in needed for word in parts.get(each, (each,)))


def read_part(part: str) -> frozenset[str]:
    """The words of which a text must have one where that group matches whole words; none for not known."""
    try:
        return _words_of(_EDGE + each + _EDGE for each in _Reader(part).read().strings)
    except (ValueError, IndexError):
        return frozenset()


class _Said(NamedTuple):
    """What a part of a pattern may match, and the words that it needs for sure."""

    strings: Strings
    needed: tuple[frozenset[str], ...] = ()


_NOTHING: Final = _Said(frozenset({""}))


class _Reader:
    """A pattern, read from left to right."""

    def __init__(self, pattern: str, parts: Sequence[str] = ()) -> None:
        self.pattern, self.parts, self.at = pattern, parts, 0

    def read(self) -> _Said:
        said = self._alternatives()
        if self.at < len(self.pattern):
            raise ValueError(self.pattern)
        return said

    def _alternatives(self) -> _Said:
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        if len(branches) == 1:
            return branches[0]
        # What one branch needs, another does not; each has to need something for the whole to need it.
        needed = [branch.needed[0] if branch.needed else _words_of(branch.strings) for branch in branches]
        strings = frozenset().union(*(branch.strings for branch in branches))
        cut = any(branch.needed for branch in branches)
        all_need = (frozenset().union(*needed),) if cut and all(needed) else ()
        return _cut(_Said(strings, all_need))

    def _sequence(self) -> _Said:
        said = _NOTHING
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            said = _join(said, self._repeated(self._one()))
        return said

    def _repeated(self, one: _Said) -> _Said:
        least, most = self._count()
        if (least, most) == (1, 1):
            return one
        self._take("?")  # as few as possible: the same strings
        if one.strings == {_EDGE}:
            return _Said(frozenset({_EDGE} if least else {_EDGE, ""}))
        ends = frozenset(_GAP + each[-1:] for each in one.strings) if most > 1 else frozenset()
        if least == 0:
            return _Said(frozenset({""}) | (ends or one.strings))
        return _cut(_Said(one.strings | ends, one.needed))

    def _count(self) -> tuple[int, int]:
        if self._take("?"):
            return 0, 1
        if self._take("*"):
            return 0, 2
        if self._take("+"):
            return 1, 2
        if found := _COUNTED.match(self.pattern, self.at):
            self.at = found.end()
            least = int(found[1])
            return least, int(found[3] or (2 if found[2] else least))
        return 1, 1

    def _one(self) -> _Said:
        for number, part in enumerate(self.parts):
            if self.pattern.startswith(part, self.at):
                self.at += len(part)
                return _Said(frozenset({chr(_PART + number)}))
        letter = self.pattern[self.at]
        self.at += 1
        if letter == "(":
            return self._group()
        if letter == "[":
            return _Said(self._class())
        letter = self._escaped() if letter == "\\" else _SIGNS.get(letter) or _plain(letter)
        return _Said(frozenset({letter}))

    def _group(self) -> _Said:
        if self.pattern[self.at] == "?":
            flags = _FLAGS.match(self.pattern, self.at)
            if not flags:
                raise ValueError(self.pattern)
            self.at = flags.end()
        said = self._alternatives()
        if not self._take(")"):
            raise ValueError(self.pattern)
        return said

    def _escaped(self) -> str:
        letter = self.pattern[self.at]
        self.at += 1
        if letter in _EDGES:
            return _EDGES[letter]
        if letter in _ANY:
            return _ONE if letter != "B" else ""
        if letter.isalnum():
            raise ValueError(self.pattern)
        return _plain(letter)

    def _class(self) -> Strings:
        """The characters of a class; those that are no letters are one to us."""
        denied, found = self._take("^"), set[str]()
        start = self.at
        while self.pattern[self.at] != "]" or self.at == start:
            letter = self.pattern[self.at]
            self.at += 1
            if letter == "\\":
                found.add(self._escaped() or _ONE)
            elif self.pattern[self.at] == "-" and self.pattern[self.at + 1] != "]":
                first, last = ord(letter), ord(self.pattern[self.at + 1])
                self.at += 2
                found |= {_plain(chr(n)) for n in range(first, last + 1)} if last - first < _FEW else {_ONE}
            else:
                found.add(_plain(letter))
        self.at += 1
        return frozenset({_ONE}) if denied or _ONE in found or len(found) > _FEW else frozenset(found)

    def _take(self, letter: str) -> bool:
        taken = self.pattern[self.at : self.at + 1] == letter
        self.at += taken
        return taken


def _plain(letter: str) -> str:
    return letter.translate(_ALIKE).lower() if letter.isalnum() or letter == "_" else _EDGE


def _join(left: _Said, right: _Said) -> _Said:
    if len(left.strings) * len(right.strings) > _MOST:
        left = _cut(left, 1)
    if len(left.strings) * len(right.strings) > _MOST:
        right = _cut(right, 1)
    strings = frozenset(a + b for a in left.strings for b in right.strings)
    return _Said(strings, (*left.needed, *right.needed))


def _cut(said: _Said, most: int = _MOST) -> _Said:
    """As few strings as are kept: the words that they need are noted, and how they begin and end."""
    if len(said.strings) <= most:
        return said
    words = _words_of(said.strings)
    ends = frozenset(each[:1] + _GAP + each[-1:] for each in said.strings if len(each) > 1)
    short = frozenset(each for each in said.strings if len(each) <= 1)
    if len(ends | short) > _FEW:  # letters at the ends tell nothing
        ends, short = frozenset({_GAP}), frozenset()
    return _Said(ends | short, (*said.needed, *([words] if words else [])))


def _words_of(strings: Iterable[str], rank: int = 0) -> frozenset[str]:
    """One whole word of each string, the longest, or the one after it; none when a string has none."""
    chosen = []
    for each in strings:
        words = sorted(set(_whole_words(each)), key=len, reverse=True)
        if len(words) <= rank:
            return frozenset()
        chosen.append(words[rank])
    return frozenset(chosen)


def _whole_words(string: str) -> Iterator[str]:
    for found in _WHOLE.finditer(string):
        word = found.group()
        if len(word) == 1 or not any(ord(letter) >= _PART for letter in word):
            yield word


def _how_rare(words: frozenset[str]) -> tuple[int, int]:
    return min(map(len, words)), -len(words)
