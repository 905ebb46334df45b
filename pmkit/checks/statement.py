"""What the statement of a cause says: a symptom, a person, a bare trigger, or how it came about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from pmkit.checks.clauses import take_apart
from pmkit.checks.reproach import find_reproach
from pmkit.checks.wording import split_sentences
from pmkit.factors import IMPACT
from pmkit.postmortem import Postmortem
from pmkit.vocabulary import Vocabulary

# Kinds of factors that say what let a trigger do harm.
BEHIND: Final = ("latent condition", "missing safeguard")
_HALF: Final = 0.5
_THIRD: Final = 1 / 3
_SHORT: Final = 8
_LONG: Final = 16
_MOST_ALERTS: Final = 50
_LONG_ALERT: Final = 200  # characters
_WORD: Final = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")


class Factor(NamedTuple):
    """A factor as it is read beside others."""

    factor_id: str
    kind: str
    statement: str


class Around(NamedTuple):
    """What is known besides the statement: the incident's own words, and the factors with their links."""

    title: str = ""
    alerts: Sequence[str] = ()
    impact: Sequence[str] = ()
    factors: Sequence[Factor] = ()
    links: Sequence[tuple[str, str]] = ()


class Sign(NamedTuple):
    """Something in a statement or beside it, and what it weighs; above zero it speaks for a symptom."""

    name: str
    points: float
    reason: str


@dataclass(frozen=True)
class Reading:
    """What a statement turned out to say, and the signs of it."""

    symptom: tuple[Sign, ...]
    enough: float
    person: str
    act: str
    behind: bool

    @property
    def score(self) -> float:
        """The sum of the points for a symptom."""
        return round(sum(sign.points for sign in self.symptom), 2)

    @property
    def is_person(self) -> bool:
        """Whether a person is what it names as the cause."""
        return bool(self.person)

    @property
    def is_symptom(self) -> bool:
        """Whether it says again what was seen."""
        return not self.person and self.score >= self.enough

    @property
    def is_bare_trigger(self) -> bool:
        """Whether it is what set the incident off, with nothing that let it do harm."""
        names = [sign.name for sign in self.symptom]
        weak = 1 if "short" in names else 0  # in few words “when” or “only” explains nothing
        explained = "absence" in names or "long" in names or names.count("mechanism") > weak
        happened = bool(self.act) or ("short" in names and not self.person)
        return happened and not (self.is_symptom or self.behind or explained)

    @property
    def reasons(self) -> list[str]:
        """What speaks for a symptom, the heaviest first."""
        signs = sorted(self.symptom, key=lambda sign: -sign.points)
        return [sign.reason for sign in signs if sign.points > 0]


def read_statement(statement: str, around: Around, vocabulary: Vocabulary, factor_id: str = "") -> Reading:
    """What the statement says, beside what is known of the incident.

    `factor_id` is the factor it is the statement of; without one the factor of the same words is taken.
    """
    text = " ".join(statement.split())
    person = find_person(text, vocabulary)
    signs = tuple(_of_symptom(text, around, vocabulary))
    act = vocabulary.cues["act word"].words_in(text)
    name = factor_id or _factor_of(text, around.factors)
    behind = has_behind(name, around.factors, around.links) if name else False
    return Reading(signs, vocabulary.statement["enough"], person, act, behind)


class Cause(NamedTuple):
    """What is called root cause, as it reads: a factor, or without factors the note's first paragraph."""

    name: str
    kind: str
    statement: str
    reading: Reading
    around: Around

    @property
    def behind(self) -> list[Factor]:
        """The factors on a way with it that were there before, or were missing."""
        return find_behind(self.name, self.around.factors, self.around.links) if self.name else []


def read_causes(postmortem: Postmortem, vocabulary: Vocabulary) -> Iterator[Cause]:
    """What is called root cause, beside what else is known of the incident."""
    causes = list(_root_causes(postmortem))
    around = _around(postmortem) if causes else Around()
    for name, kind, statement in causes:
        yield Cause(name, kind, statement, read_statement(statement, around, vocabulary, name), around)


def _root_causes(postmortem: Postmortem) -> Iterator[tuple[str, str, str]]:
    factors = postmortem.factors
    rows = (factors[name] for name in ("factor_id", "kind", "statement", "root_cause"))
    yield from ((name, kind, said) for name, kind, said, is_root in zip(*rows, strict=True) if is_root)
    first = re.split(r"\n\s*\n", postmortem.notes.get("root-cause", "").strip())[0]
    if factors.empty and first and not first.startswith("#"):
        yield "", "", first


def _around(postmortem: Postmortem) -> Around:
    events, factors, links = postmortem.events, postmortem.factors, postmortem.factor_links
    alerts = events.loc[events["kind"].isin(["trigger", "alert"]), "text"].drop_duplicates()
    impact = postmortem.impact
    told = zip(factors["factor_id"], factors["kind"], factors["statement"], strict=True)
    return Around(
        postmortem.incident.title,
        [_cut(text, _LONG_ALERT) for text in alerts.head(_MOST_ALERTS)],
        list(dict.fromkeys(f"{row.measure} {row.unit}" for row in impact.itertuples())),
        [Factor(*each) for each in told],
        list(zip(links["cause"], links["effect"], strict=True)),
    )


def _cut(text: str, most: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def find_person(statement: str, vocabulary: Vocabulary) -> str:
    """The words with which a statement names a person as the cause; empty when it does not."""
    said = [take_apart(each.plain, vocabulary.lexicon) for each in split_sentences(statement)]
    reproaches = [found for each in said if (found := find_reproach(each))]
    if any(each.kind == "measured" for each in reproaches):
        return ""  # that is told of as blame: it says what ought to have been, not what came about
    return vocabulary.cues["person as cause"].words_in(statement) or (
        reproaches[0].words if reproaches else ""
    )


def has_behind(name: str, factors: Iterable[Factor], links: Iterable[tuple[str, str]]) -> bool:
    """Whether another factor that was there before, or was missing, stands on a way with that one."""
    return bool(find_behind(name, factors, links))


def find_behind(name: str, factors: Iterable[Factor], links: Iterable[tuple[str, str]]) -> list[Factor]:
    """The other factors on a way with that one that were there before, or were missing."""
    ways = [pair for pair in links if IMPACT not in pair]
    reached = _reach(name, ways) | _reach(name, [(effect, cause) for cause, effect in ways])
    return [each for each in factors if each.kind in BEHIND and each.factor_id in reached - {name}]


def _reach(start: str, ways: Sequence[tuple[str, str]]) -> set[str]:
    reached, edge = {start}, {start}
    while edge:
        edge = {effect for cause, effect in ways if cause in edge} - reached
        reached |= edge
    return reached


def _factor_of(text: str, factors: Iterable[Factor]) -> str:
    said = text.casefold().rstrip(".")
    same = (each.factor_id for each in factors if each.statement.casefold().rstrip(".") == said)
    return next(same, "")


def _of_symptom(text: str, around: Around, vocabulary: Vocabulary) -> Iterator[Sign]:
    cues, points = vocabulary.cues, vocabulary.statement
    words = _words(text, vocabulary)
    told = {where: _words(each, vocabulary) for where, each in _told(around)}
    shared, where = max(((len(words & other), where) for where, other in told.items()), default=(0, ""))
    alike = shared / len(words) if words else 0.0
    if alike >= _HALF:
        yield Sign("alike", points["alike"], f"most of its words are those of {where}")
    elif alike >= _THIRD:
        yield Sign("near", points["near"], f"many of its words are those of {where}")
    if found := cues["symptom word"].words_in(text):
        yield Sign("symptom", points["symptom"], f"“{found}” is what was seen")
        if found in " ".join(text.split()[:6]):
            yield Sign("symptom first", points["symptom first"], "it begins with what was seen")
    count = len(_WORD.findall(text))
    if count <= _SHORT:
        yield Sign("short", points["short"], "it is too short to say how it came about")
    elif count > _LONG:
        yield Sign("long", points["long"], "it says more than a headline")
    known = set().union(*told.values())
    own = {word for word in words - known if not cues["symptom word"].words_in(word)}
    if len(own) <= 2:
        yield Sign("nothing new", points["nothing new"], "it adds nothing to what was seen")
    mechanisms = min(2, cues["mechanism word"].count_in(text))
    for _ in range(mechanisms):
        yield Sign("mechanism", points["mechanism"], "it says how one thing led to another")
    if cues["absence word"].words_in(text):
        yield Sign("absence", points["absence"], "it names what was not there to stop it")
    if cues["act word"].words_in(text):
        yield Sign("act", points["act"], "it names something that happened at one moment")


def _told(around: Around) -> Iterator[tuple[str, str]]:
    yield "the title", around.title
    for alert in around.alerts:
        yield f"the alert “{_shorten(alert)}”", alert
    for impact in around.impact:
        yield "the impact", impact


def _shorten(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[:most].rpartition(" ")[0] + " …"


def _words(text: str, vocabulary: Vocabulary) -> set[str]:
    """The words that tell something, cut to their stems."""
    words = (word.casefold() for word in _WORD.findall(text))
    return {_stem(word) for word in words if word not in vocabulary.stop_words and len(word) > 1}


def _stem(word: str) -> str:
    for end in ("ing", "ed", "es", "s", "ly", "e"):
        if word.endswith(end) and len(word) - len(end) >= 4:
            return word[: -len(end)]
    return word
