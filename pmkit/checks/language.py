"""Checks of language: what a sentence says of people, of what is known only now, and how loud it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pmkit.checks._rule import Finding, Passage, Rule, Told, rule
from pmkit.checks.statement import find_person
from pmkit.checks.wording import Sentence, Sign, strip_marks
from pmkit.vocabulary import Vocabulary

_MOST: Final = 90  # characters of a sentence that a message quotes


@rule("LA101", "Blame")
def find_blame(sentences: tuple[Told, ...], vocabulary: Vocabulary) -> Iterator[Finding]:
    """A sentence puts a fault on a person or a team.

    Whoever reads it learns to say less the next time, and the next incident is told with holes. It also ends
    the search: behind “somebody forgot” there is always something that let it be forgotten.

    Mend: say what was done, what was to be seen at that moment, and what the tool or the process allowed.
    """
    # A cause that is a person is told of as such already.
    causes = {told.passage for told in sentences if told.passage.kind == "cause"}
    people = {cause for cause in causes if find_person(cause.text, vocabulary)}
    yield from _findings("blame", [told for told in sentences if told.passage not in people])


@rule("LA102", "Hindsight")
def find_hindsight(sentences: tuple[Told, ...]) -> Iterator[Finding]:
    """A sentence measures what was done by what is known only now.

    “Should have” describes an incident that did not happen. What helps is what people saw and what it
    suggested to them, since the next ones will see the same.

    Mend: say what was known at that moment, and what made the step look right.
    """
    yield from _findings("hindsight", sentences)


@rule("LA103", "Animated language")
def find_animated(sentences: tuple[Told, ...]) -> Iterator[Finding]:
    """A sentence is louder than what it tells of.

    Strong words say how it felt to the writer and nothing about size. Readers who felt it otherwise stop
    there.

    Mend: leave the word out, or put a number in its place.
    """
    yield from _findings("animated", sentences)


@rule("LA104", "Judgement in the timeline")
def find_judgement(sentences: tuple[Told, ...]) -> Iterator[Finding]:
    """A summary of the timeline weighs what happened, guesses, or says what ought to be done.

    The timeline is the one part on which everybody can agree. What an event was worth, and what to do about
    it, comes after that and stands elsewhere.

    Mend: keep who did what and what was seen; move the rest to the notes, the factors or the actions.
    """
    yield from _findings("judging", [told for told in sentences if told.passage.kind == "summary"])


@rule("LA105", "Question that asks why or who", severity="info")
def find_askings(sentences: tuple[Told, ...]) -> Iterator[Finding]:
    """A question asks why or who.

    “Why” is answered with a reason that sounds well, “who” with a name. “How” and “what” are answered with
    what happened.

    Mend: ask how it came about, or what was looked at.
    """
    yield from _findings("asking", [told for told in sentences if told.passage.kind == "question"])


def _findings(fault: str, sentences: Iterable[Told]) -> Iterator[Finding]:
    """The sentences in which that fault is the first one, so that each is told of once."""
    for told in sentences:
        sign = told.reading.sign_of(fault)
        if sign and told.reading.first_fault(told.passage.kind) in (fault, ""):
            yield _finding(sign, told.reading.sentence, told.passage)


def _finding(sign: Sign, sentence: Sentence, passage: Passage) -> Finding:
    text = " ".join(strip_marks(sentence.text).split())
    quoted = text if len(text) <= _MOST else text[:_MOST].rpartition(" ")[0] + " …"
    return passage.finding(f"“{quoted}”: {sign.reason}.", suggestion=sign.instead)


RULES: Final[tuple[Rule, ...]] = (
    find_blame,
    find_hindsight,
    find_animated,
    find_judgement,
    find_askings,
)
