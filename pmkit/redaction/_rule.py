"""What a rule is, and how rules are run over a text: those that may apply, and in a long one only where."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

from pmkit.redaction._begins import Beginnings, find_beginnings, find_longest

SECRETS = "secrets"


class Span(NamedTuple):
    """A piece of a text that some readers must not see, and why: its `kind` in the words of a tag."""

    start: int
    end: int
    kind: str
    of: str  # `SECRETS`, or one of `pmkit.audience.REDACTABLE`


class Rule(NamedTuple):
    """One way in which something is written.

    The group `value` of the pattern is what is masked, or else all of it. One of `hints` is in every text
    the pattern can match, in small letters; a text without them is not looked at. `check` has the last word
    on a value. A rule that `is_sure` tells a secret by its own shape, and is also tried on wrapped lines;
    one that `is_folded` is written in small letters, and run over the text in small letters. One that
    `is_of_digits` has six of them, none more than three letters from the next.
    """

    of: str
    kind: str
    pattern: re.Pattern[str]
    hints: tuple[str, ...] = ()
    check: Callable[[str], bool] | None = None
    is_sure: bool = False
    is_folded: bool = False
    is_of_digits: bool = False


_DIGITS: Final = re.compile(r"(?:\d[^\d\n]{0,3}){6}")
_BEGIN: Final = 3  # letters of a hint by which it is looked up
_SHORT: Final = 400
_LONG: Final = 1500
_BEYOND: Final = 64  # letters around a match that a rule may ask for
_APART: Final = 128  # letters behind a hint in which others are not asked for
_FAR: Final = 8000  # letters of a match that may be any number


class Rules:
    """Rules to run together: each hint is looked for once, whatever number of rules it is for."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_hint: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules):
            for hint in rule.hints:
                self._by_hint.setdefault(hint, []).append(number)
        self._hints = list(self._by_hint)
        self._short = [hint for hint in self._hints if len(hint) < _BEGIN]
        self._by_begin: dict[str, list[str]] = {}
        for hint in self._hints:
            self._by_begin.setdefault(hint[:_BEGIN], []).append(hint)
        free = [number for number, rule in enumerate(self.rules) if not rule.hints]
        self._always = [number for number in free if not self.rules[number].is_of_digits]
        self.of_digits = [number for number in free if self.rules[number].is_of_digits]

    def that_may_apply(self, folded: str) -> list[Rule]:
        """Those that may find something in a text, given in small letters."""
        asked = self._hints
        if len(folded) < _SHORT:  # what stands in it is sooner looked up than all hints are looked for
            begins = {folded[at : at + _BEGIN] for at in range(len(folded) - _BEGIN + 1)}
            asked = self._short + [
                hint for begin in self._by_begin.keys() & begins for hint in self._by_begin[begin]
            ]
        numbers = set(self._always).union(*[self._by_hint[hint] for hint in asked if hint in folded])
        if self.of_digits and _DIGITS.search(folded):
            numbers.update(self.of_digits)
        return [self.rules[number] for number in sorted(numbers)]

    @cached_property
    def sure(self) -> Rules:
        """Those that tell a secret by its own shape."""
        return Rules(rule for rule in self.rules if rule.is_sure)

    @cached_property
    def beginnings(self) -> tuple[Beginnings, Beginnings, frozenset[int]]:
        """How their matches begin, of those that are folded and of the others; and of which that is known."""
        begins = {number: find_beginnings(rule.pattern) for number, rule in enumerate(self.rules)}
        folded = {number: found for number, found in begins.items() if self.rules[number].is_folded}
        as_is = {number: found for number, found in begins.items() if number not in folded}
        known = frozenset(number for number, found in begins.items() if found)
        return Beginnings(folded), Beginnings(as_is), known

    @cached_property
    def longest(self) -> tuple[int, ...]:
        """How many letters a match of each may have."""
        return tuple(find_longest(rule.pattern) for rule in self.rules)


def any_case(
    of: str,
    kind: str,
    pattern: str,
    hints: tuple[str, ...] = (),
    check: Callable[[str], bool] | None = None,
    *,
    is_sure: bool = False,
) -> Rule:
    """A rule for which small and capital letters are the same.

    Written and run in small letters it is several times as quick as `re.IGNORECASE`, which gives up looking
    for the first letters of a pattern.
    """
    small = re.sub(r"(\\.|\(\?P[<=]\w+[>)])|([^\\(]+|\()", lambda m: m[1] or m[2].lower(), pattern)
    return Rule(of, kind, re.compile(small), hints, check, is_sure, is_folded=True)


# What was masked before stays as it is; see `pmkit.redaction.tags`.
TAG = re.compile(
    r"\[(?:[a-z][a-z -]{1,30} #[0-9a-f]{6}|card ending \d{4}|security code|pin|amount|link|date of birth)\]"
)

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# An end of a line inside a secret, with what quotes the next line. What must stand before it is asked behind
# it: so the engine skips from one to the next. A single `=` before it is the soft break of quoted-printable.
# A word of a sentence, a name or a time is no more of what was before.
_IN: Final = r"[\w+/=.-]"
_END: Final = r"(?:=\n(?<!==\n)|=\r\n(?<!==\r\n)|\r?\n)"
_GOES_ON: Final = (
    rf"(?:> ?|&gt; ?|[ \t]{{1,8}})?(?={_IN})(?![A-Za-z][a-z]{{1,20}}(?![\w+/=])|\d{{4}}-\d\d-|\d\d:\d\d)"
)
_WRAPPED = re.compile(rf"{_END}(?:(?<={_IN}\n)|(?<={_IN}\r\n)){_GOES_ON}")
# One long word, cut at the width of a mail: so the line before it is not taken for a part of it.
_CUT = re.compile(
    rf"{_END}(?:(?<={_IN}{{40}}\n)|(?<={_IN}{{40}}\r\n)){_GOES_ON}"
    rf"(?={_IN}{{16}}|{_IN}{{1,15}}[ \t]{{0,4}}(?:\r?\n|\Z))"
)
_END_WRITTEN_OUT = re.compile(r"\\[nrt](?=[\w+(])")
_ARN_OF_A_SECRET = re.compile(r"(?<=:\d{12}:secret):[\w/+=.@-]{1,600}")  # it names one, and gives none
_QUOTE_WRITTEN_OUT = re.compile(r"(?<![^:=,{(\[\s])&quot;")
# One letter for one, so that places in the text stay what they are.
_PLAIN: Final = {
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys("\u00a0\u2007\u202f\u2009", " "),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
}
_NOT_PLAIN: Final = re.compile(f"[{''.join(_PLAIN)}]")


def plain_of(text: str) -> str:
    """The text with wide letters, blanks and dashes as plain ones, and what is written out as what it says.

    Each stands in its place: `\\n` is two blanks, an escaped quotation mark is one and five blanks.
    """
    plain = text if text.isascii() else _NOT_PLAIN.sub(lambda found: _PLAIN[found[0]], text)
    if "\\" in plain:
        plain = _END_WRITTEN_OUT.sub("  ", plain)
    if ":secret:" in plain:
        plain = _ARN_OF_A_SECRET.sub(lambda found: f"/{'x' * (len(found[0]) - 1)}", plain)
    if "&quot;" in plain:
        plain = _QUOTE_WRITTEN_OUT.sub('     "', plain).replace("&quot;", '"     ')
    return plain


def find_spans(text: str, rules: Rules, wanted: Collection[str]) -> list[Span]:
    """What the rules find in a text, in order and without overlaps, of what is `wanted`."""
    if len(text) < 3:
        return []
    plain = plain_of(text)
    found = list(_matches(plain, rules, wanted))
    if not text.isascii() and _INVISIBLE.search(plain):
        found += _seen_without(plain, _INVISIBLE, rules, wanted)
    if "\n" in text and SECRETS in wanted:
        found += _seen_without(plain, _WRAPPED, rules.sure, wanted)
        found += _seen_without(plain, _CUT, rules.sure, wanted)
    return merged(found, text) if found else []


def merged(found: Iterable[Span], text: str) -> list[Span]:
    """Spans as one where they overlap, by the name of the first; what is a tag already is left alone."""
    spans: list[Span] = []
    tags = [match.span() for match in TAG.finditer(text)] if "[" in text else []
    # Where two begin alike, the rule that stands first knows better what it is.
    for span in sorted(found, key=lambda span: span.start):
        if span.end <= span.start or any(a < span.end and span.start < b for a, b in tags):
            continue
        if spans and span.start < spans[-1].end:
            last = spans[-1]
            spans[-1] = last._replace(end=max(last.end, span.end))
        else:
            spans.append(span)
    return spans


def _matches(text: str, rules: Rules, wanted: Collection[str]) -> Iterator[Span]:
    folded = text.lower()
    if len(folded) != len(text):  # a few letters have small forms of two
        folded = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    found = _in_short if len(text) < _LONG else _in_long
    for rule, match in found(text, folded, rules):
        if rule.of not in wanted:
            continue
        start, end = match.span("value" if "value" in rule.pattern.groupindex else 0)
        if start >= 0 and (rule.check is None or rule.check(text[start:end])):
            yield Span(start, end, rule.kind, rule.of)


_Found = Iterator[tuple[Rule, re.Match[str]]]


def _in_short(text: str, folded: str, rules: Rules) -> _Found:
    for rule in rules.that_may_apply(folded):
        for match in rule.pattern.finditer(folded if rule.is_folded else text):
            yield rule, match


def _in_long(text: str, folded: str, rules: Rules) -> _Found:
    """As `_in_short`; the patterns are not tried at each letter, but where a match may begin or be near."""
    of_folded, of_text, known = rules.beginnings
    places = of_folded.places_in(folded) | of_text.places_in(text)
    left_out = () if _DIGITS.search(folded) else rules.of_digits
    for number, rule in enumerate(rules.rules):
        if number in left_out:
            continue
        given = folded if rule.is_folded else text
        if number in known:
            matches = _tried_at(places.get(number, ()), rule.pattern, given)
        else:
            matches = _tried_near(rule, rules.longest[number], given, folded)
        for match in matches:
            yield rule, match


def _tried_at(places: Iterable[int], pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    end = 0
    for place in places:
        if place >= end and (match := pattern.match(text, place)):
            yield match
            end = match.end()


def _tried_near(rule: Rule, longest: int, text: str, folded: str) -> Iterator[re.Match[str]]:
    """The matches of a rule in the stretches of a text around its hints."""
    if not rule.hints or longest > _FAR:
        if not rule.hints or any(hint in folded for hint in rule.hints):
            yield from rule.pattern.finditer(text)
        return
    reach = longest + _BEYOND
    start = end = 0
    for place in sorted(place for hint in rule.hints for place in _places_of(hint, folded)):
        if place - reach > end:
            yield from rule.pattern.finditer(text, start, end)
            start = place - reach
        end = place + _APART + reach
    yield from rule.pattern.finditer(text, start, end)


def _places_of(hint: str, folded: str) -> Iterator[int]:
    """Where a hint stands, or not far behind it once more."""
    at = folded.find(hint)
    while at >= 0:
        yield at
        at = folded.find(hint, at + _APART)


def _seen_without(
    text: str, unseen: re.Pattern[str], rules: Rules, wanted: Collection[str]
) -> Iterator[Span]:
    """What is found once some letters are taken out, in places of the text as it is."""
    cuts, kept, at, seen = [], [], 0, 0  # how long the text is at each cut, and how much was cut until there
    for match in unseen.finditer(text):
        kept.append(text[at : match.start()])
        seen += match.start() - at
        cuts.append((seen, match.end() - seen))
        at = match.end()
    if not cuts:
        return
    kept.append(text[at:])
    places = [place for place, _ in cuts]

    def back(place: int) -> int:
        index = bisect_right(places, place)
        return place + (cuts[index - 1][1] if index else 0)

    for span in _matches("".join(kept), rules, wanted):
        # The last letter tells where it ends: what is cut right behind it is no part of it.
        yield span._replace(start=back(span.start), end=back(span.end - 1) + 1)
