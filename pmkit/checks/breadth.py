"""How broad an action is: what in its words can be tested, what cannot, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from pmkit.vocabulary import Vocabulary


class Sign(NamedTuple):
    """Something in an action's words that makes it easier or harder to test, and what it weighs."""

    points: float
    reason: str


@dataclass(frozen=True)
class Breadth:
    """The signs of one action. It is broad when they sum up to less than nothing."""

    signs: tuple[Sign, ...]
    missing: tuple[str, ...]

    @property
    def score(self) -> float:
        """The sum of the points: the higher, the easier to test."""
        return round(sum(sign.points for sign in self.signs), 2)

    @property
    def is_broad(self) -> bool:
        """Whether nobody could say when it is done."""
        return self.score < 0

    @property
    def reasons(self) -> list[str]:
        """What makes it broad, the heaviest first."""
        return [sign.reason for sign in sorted(self.signs) if sign.points < 0]


_TELLING: Final = 4  # words that tell something, from which on an action names its thing
_CODE: Final = re.compile(r"`[^`\n]+`")
_QUOTED: Final = re.compile(r"[\"“”«»„][^\"“”«»„\n]{2,60}[\"“”«»„]")
# A number that says how much, not one in a name as Q1 or v7 or a key as PAY-812.
_NUMBER: Final = re.compile(
    r"(?<![\w+-])(?:[<>≥≤~≈]\s?)?\d[\d.,:]*(?:\s?(?:%|[a-zA-Zµ]{1,12}\b))?(?![\w]*-\d)", re.ASCII
)
_KEY: Final = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-\d+\b")
_IDENTIFIER: Final = re.compile(
    r"(?:\b[a-z0-9]+(?:[_.][a-z0-9]+)+\b|\b[a-z][a-z0-9]+(?:-[a-z0-9]+)+\b|\b\w*[a-z][A-Z]\w*\b|\b[\w.-]+/[\w./-]+|"
    r"\B#[\w-]+|\B--?[a-z][\w-]+|\b[A-Z]{3,}(?:_[A-Z]+)+\b)"
)
# Words with a dash that name no thing.
_HYPHENATED: Final = re.compile(
    r"\b(?:long|short|mid|real|high|low|on|off|follow|post|pre|re|self|well|end|non|multi|cross|single|third|e|co)-",
    re.IGNORECASE,
)
_QUARTER: Final = re.compile(r"\b(?:Q[1-4]|H[12]|v\d+|20\d\d)\b")
_NAME: Final = re.compile(r"(?<=[a-z,;:)] )[A-Z][a-zA-Z0-9]{2,}|\b[A-Z]{2,}\b")


def measure_breadth(action: str, done_when: str, vocabulary: Vocabulary) -> Breadth:
    """The signs in an action and in its proof, and in words what would make it testable."""
    text = _clean(action)
    signs = [*_of_text(text, vocabulary), *_of_proof(_clean(done_when), vocabulary)]
    return Breadth(tuple(signs), tuple(_missing(text, _clean(done_when), vocabulary)))


def _clean(text: str) -> str:
    """Without list marks, check boxes, tags in brackets and keys of tickets."""
    text = re.sub(r"^\s*(?:[-*•]\s+)?(?:\[[ xX]?\]\s*)?", "", text.strip())
    text = re.sub(r"^\[[A-Za-z ]+\]\s*", "", text)
    return re.sub(r"\s+", " ", _KEY.sub("", text)).strip(" :-")


def _of_text(text: str, vocabulary: Vocabulary) -> Iterator[Sign]:
    cues, points = vocabulary.cues, vocabulary.breadth
    words = re.findall(r"[\w'’]+", text)
    yield Sign(points["start"], "it names nothing that can be looked at")
    if len(words) < 4:
        yield Sign(points["short"], "it is too short to say what will be different")
    elif len(words) >= 9:
        yield Sign(points["long"], "it says more than a headline")
    if text.rstrip(" )").endswith("?"):
        yield Sign(points["question"], "it asks instead of saying what will be done")
    loose = False
    for name, reason in (
        ("weak verb", "“{}” has no end"),
        ("loose verb", "“{}” ends only where something is named"),
        ("mass noun", "of “{}” there can always be more"),
        ("soft word", "“{}” can be more or less"),
        ("generic object", "“{}” says not which"),
        ("people", "“{}” changes people, not the system"),
    ):
        if found := cues[name].words_in(text):
            loose = True
            yield Sign(points[name], reason.format(found))
    telling = [word for word in words if word.casefold() not in vocabulary.stop_words]
    if not loose and len(telling) >= _TELLING and not text.endswith("?"):
        yield Sign(points["concrete"], "it says what in words that are not loose")
    for name in ("strong verb", "condition", "deliverable", "placed", "answer"):
        if cues[name].words_in(text):
            yield Sign(points[name], f"it has a {name}")
    if has_number(text):
        yield Sign(points["number"], "it has a number")
    if has_identifier(text):
        yield Sign(points["identifier"], "it names the thing to change")
    elif _NAME.search(text):
        yield Sign(points["name"], "it names something")


def _of_proof(done_when: str, vocabulary: Vocabulary) -> Iterator[Sign]:
    if not done_when:
        return
    cues = vocabulary.cues
    soft = cues["soft word"].words_in(done_when) or cues["weak verb"].words_in(done_when)
    checkable = has_number(done_when) or has_identifier(done_when) or len(done_when.split()) >= 4
    if checkable and not (soft and not has_number(done_when)):
        yield Sign(vocabulary.breadth["proof"], "it says how anybody can see that it is done")


def has_number(text: str) -> bool:
    """Whether it says how much, how many or how long."""
    return bool(_NUMBER.search(_QUARTER.sub(" ", _KEY.sub(" ", text))))


def has_identifier(text: str) -> bool:
    """Whether it names a thing by its own name: code, a flag, a file, a service, words in quotes."""
    if _CODE.search(text) or _QUOTED.search(text):
        return True
    return any(not _HYPHENATED.match(found.group()) for found in _IDENTIFIER.finditer(text))


def _missing(text: str, done_when: str, vocabulary: Vocabulary) -> Iterator[str]:
    cues = vocabulary.cues
    if not (has_identifier(text) or cues["deliverable"].words_in(text)):
        yield "which part of which system"
    if not (cues["condition"].words_in(text) or has_number(text)):
        yield "from which value or case on"
    if not done_when:
        yield "how anybody can see that it is done"
