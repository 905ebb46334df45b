"""A sentence taken apart: its words by their kind, and who does what in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from pmkit.vocabulary import Lexicon

_TOKEN: Final = re.compile(
    r"(?P<not>\b(?:can|wo|do|does|did|is|are|was|were|has|have|had|could|would|should|must|need|ai|might|sha)n?['’`]?t\b)"
    r"|(?P<have>\b(?:should|could|would|might|must)(?:['’]?ve|a)\b)"
    r"|['’](?:s|d|ve|ll|re|m)\b|[^\W_]+(?:[-./’'](?!(?:s|d|ve|ll|re|m)\b)[^\W_]+)*|·+|['’](?=\s|$)|[^\w\s]",
    re.IGNORECASE,
)
_SHORT: Final = {"ca": "can", "wo": "will", "sha": "shall", "can": "can"}
_STOPS: Final = frozenset(".;:!?()[]–—…")
# Kinds of words that may stand between a subject and what it does.
_BETWEEN: Final = frozenset({"adverb", "auxiliary", "not", "misdoing", "judged"})
_BEING: Final = frozenset({"is", "was", "are", "were", "be", "been", "being", "got"})
PEOPLE: Final = frozenset({"role", "folk", "group", "nobody", "self", "name", "maybe name"})
SURE: Final = frozenset({"role", "nobody", "name"})
_BEFORE_A_PHRASE: Final = PEOPLE | {"determiner", "break", "joint", "adverb", "care", "heed", "punishing"}
_COMMON: Final = frozenset({"common_name"})
_FAR: Final = 7  # words between a person and what is said of him, at most


class Word(NamedTuple):
    """A word as it is read: lower case, uncontracted; `kinds` of the lexicon; its place in the text."""

    text: str
    kinds: frozenset[str]
    start: int
    end: int

    def is_a(self, *kinds: str) -> bool:
        """Whether it is of one of the kinds."""
        return any(kind in self.kinds for kind in kinds)


@dataclass(frozen=True)
class Clauses:
    """A sentence word by word, and what can be asked of it."""

    text: str
    words: Sequence[Word]

    @cached_property
    def kinds(self) -> frozenset[str]:
        """All kinds that occur."""
        return frozenset().union(*(word.kinds for word in self.words))

    def quote(self, first: int, last: int) -> str:
        """The text from one word to another."""
        return self.text[self.words[first].start : self.words[last].end].strip()

    def is_person(self, at: int) -> bool:
        """Whether somebody is meant there, and not a thing called after people, as in “team page”."""
        word = self.words[at]
        if not word.kinds & PEOPLE:
            return False
        after = self.words[at + 1] if at + 1 < len(self.words) else None
        return not (after and after.is_a("thing") and not after.is_a("care", "sin", "harm"))

    def find_subject(self, at: int) -> int:
        """Where the person stands who does what is said at `at`; −1 where it is nobody or a thing."""
        n = self.skip_back(at - 1)
        if n >= 0 and self.words[n].text in ("who", "that", "which"):
            n = self.skip_back(n - 1)
            if n >= 0 and self.words[n].text == ",":
                n -= 1
        if n >= 0 and self.words[n].text in (",", ")"):
            n = self._before_apposition(n)
        if n > 0 and self.words[n].end - self.words[n].start == 1 and self.words[n - 1].is_a("role", "folk"):
            n -= 1  # “Engineer A”
        found = self._person_upto(n)
        if found >= 0:
            return found if self.leads(found) else -1
        doing = self.words[at].text.endswith("ing") and n >= 0
        if n >= 0 and (self.words[n].is_a("joint") or self.words[n].text == ","):
            return self._earlier_subject(n)
        if doing and (self.words[n].is_a("break") or self.words[n].text in ("of", "for", "by", "from")):
            return self._earlier_subject(n)
        return -1

    def skip_back(self, n: int, but: str = "") -> int:
        """The last place up to there that is no adverb and no auxiliary; `but` is a kind that stops it."""
        while n >= 0 and self.words[n].kinds & _BETWEEN and not self.words[n].is_a("self", "nobody", but):
            n -= 1
        return n

    def _before_apposition(self, n: int) -> int:
        """Before “, the release manager,” or “(K.M.)”; the same place where there is none."""
        opening = "(" if self.words[n].text == ")" else ","
        for k in range(n - 1, max(-1, n - 9), -1):
            if self.words[k].text == opening:
                return k - 1 if k > 0 and self.is_person(k - 1) else n - 1
        return n if opening == "," else n - 1

    def _person_upto(self, n: int) -> int:
        """The person whose words end at `n`: “the engineer”, “the engineer on duty of the day”."""
        if n < 0:
            return -1
        for k in range(n, max(-1, n - _FAR), -1):
            word = self.words[k]
            if self.is_person(k) and (k == n or self._attaches(k + 1, n) or self._is_whoever(k)):
                named = k and word.is_a("maybe name") and self.words[k - 1].is_a("role")  # “Team Falcon”
                return k - 1 if named else k
            if word.text in _STOPS or word.text == "," or (word.is_a("break", "joint") and k != n):
                return -1
        return -1

    def _is_whoever(self, at: int) -> bool:
        """“Whoever wrote this …”: what stands between is told of the same person."""
        return self.words[at].text == "whoever" and self.text_at(at + 1) != "'s"

    def _attaches(self, first: int, last: int) -> bool:
        head = self.words[first]
        if not head.is_a("preposition", "attached"):
            return False
        return not any(
            word.is_a("break", "modal", "not") or (word.is_a("auxiliary") and not head.is_a("attached"))
            for word in self.words[first : last + 1]
        )

    def leads(self, at: int) -> bool:
        """Whether the person leads its words, and does not hang on a thing: “the laptop of the nurse”."""
        n = at - 1
        for _ in range(3):
            if n >= 0 and not self.words[n].is_a("determiner", "preposition", "break", "joint", "auxiliary"):
                if self.words[n].text in _STOPS or self.words[n].text in (",", "'s", "’s"):
                    return True
                n -= 1
        if n >= 0 and self.words[n].is_a("determiner"):
            n -= 1
        if n < 0 or not self.words[n].is_a("preposition"):
            return True
        head = n - 1
        if head < 0 or self.words[n].text in ("by", "during", "under"):
            return head < 0 or self.words[n].text == "by"
        before = self.words[head]
        return bool(before.kinds & _BEFORE_A_PHRASE or before.text in _STOPS or before.text == ",")

    def _earlier_subject(self, n: int) -> int:
        """The first person before, who does what is told there and what follows “and”."""
        for k in range(n):
            if self.is_person(k) and self.leads(k) and (k == 0 or not self.words[k - 1].is_a("preposition")):
                follows = k + 1 < len(self.words) and self.words[k + 1].text
                return k if follows not in ("'s", "’s", ",") else -1
        return -1

    def places(self, *texts: str) -> list[int]:
        """Where one of those words stands."""
        return [n for n, word in enumerate(self.words) if word.text in texts]

    def skip(self, first: int, *kinds: str, unless: tuple[str, ...] = ()) -> int:
        """The first place from there that is of none of the kinds, or of one in `unless`; −1 at the end."""
        for n in range(first, len(self.words)):
            if not self.words[n].is_a(*kinds) or (unless and self.words[n].is_a(*unless)):
                return n
        return -1

    def within(self, first: int, most: int, *kinds: str) -> int:
        """The first word of one of the kinds among so many; −1 for none."""
        places = range(first, min(first + most, len(self.words)))
        return next((n for n in places if self.words[n].is_a(*kinds)), -1)

    def is_at(self, at: int, *kinds: str) -> bool:
        """Whether there is a word of one of those kinds at that place."""
        return 0 <= at < len(self.words) and self.words[at].is_a(*kinds)

    def text_at(self, at: int) -> str:
        """The word at that place; empty where there is none."""
        return self.words[at].text if 0 <= at < len(self.words) else ""

    def texts(self) -> frozenset[str]:
        """All words."""
        return frozenset(word.text for word in self.words)

    def is_passive(self, at: int) -> bool:
        """“was skipped”, “has been broken”: it was done to the subject."""
        before = self.skip_back(at - 1, "auxiliary")
        return self.words[at].is_a("past") and self.text_at(before) in _BEING

    def is_supposed(self, at: int, subject: int) -> bool:
        """Whether it is only thought of: “if an operator forgets it”, “lets nobody skip it”."""
        start = self.clause_start(min(subject, at))
        before = self.words[max(0, start - 1) : at]
        if any(word.is_a("supposing") for word in before) and not self.is_past(at):
            return True
        return any(word.is_a("letting") for word in before) and not self.is_past(at)

    def clause_start(self, at: int) -> int:
        """Where the clause of that word begins."""
        n = at
        while (
            n > 0
            and self.words[n - 1].text not in _STOPS
            and not (self.words[n - 1].text == "," or self.words[n - 1].is_a("break"))
        ):
            n -= 1
        return n

    def is_past(self, at: int) -> bool:
        """Whether it was done, or not done, by its form or by the words before it."""
        if self.words[at].is_a("past"):
            return True
        near = self.words[max(0, at - 4) : at]
        return any(
            word.text in ("did", "had", "was", "were", "has", "have", "been", "never") for word in near
        )

    def is_denied(self, at: int) -> bool:
        """Whether a “not” or “nobody” in front takes it back: “was not a mistake of”, “nobody forgot”."""
        near = self.words[max(0, at - 5) : at]
        return any(word.is_a("not") or word.text in ("no", "without", "neither", "nor") for word in near)

    def after(self, at: int) -> Sequence[Word]:
        """The words of its clause behind it."""
        for n in range(at + 1, len(self.words)):
            if self.words[n].text in _STOPS:
                return self.words[at + 1 : n]
        return self.words[at + 1 :]


class Found(NamedTuple):
    """What a look found: what kind of thing it is, and the words of it."""

    kind: str
    words: str


class Look(NamedTuple):
    """One way to say something: its kind, the words or kinds that may open it, what it finds there."""

    kind: str
    opens: frozenset[str]
    find: Callable[[Clauses, int], str]


def look(kind: str, opens: str, find: Callable[[Clauses, int], str]) -> Look:
    """A look; what opens it as `words|or|kinds`."""
    return Look(kind, frozenset(opens.split("|")), find)


def find_first(said: Clauses, looks: Iterable[Look]) -> Found | None:
    """What the first look finds that finds something."""
    for each in looks:
        for n, word in enumerate(said.words):
            if (word.text in each.opens or word.kinds & each.opens) and (words := each.find(said, n)):
                return Found(each.kind, words)
    return None


def take_apart(text: str, lexicon: Lexicon) -> Clauses:
    """The words of a sentence with their kinds; words that belong together are one."""
    single = list(_read(text))
    words: list[Word] = []
    n = 0
    while n < len(single):
        token, start, end = single[n]
        longest = 1
        kinds = lexicon.kinds_of(token)
        for length in range(min(lexicon.longest, len(single) - n), 1, -1):
            phrase = " ".join(each[0] for each in single[n : n + length])
            if found := lexicon.phrases.get(phrase):
                kinds, longest, end, token = found, length, single[n + length - 1][2], phrase
                break
        if longest == 1 and (not kinds or kinds == _COMMON):
            kinds = _name_kinds(text, single, n, lexicon)
        words.append(Word(token, kinds, start, end))
        n += longest
    return Clauses(text, words)


def _read(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _TOKEN.finditer(text):
        said, start, end = found.group().casefold().replace("’", "'").replace("`", "'"), *found.span()
        if found.group("not"):
            stem = re.sub(r"n?'?t$", "", said)
            if stem + "t" == said and not said.endswith("nt"):  # `cat` is no “ca not”
                yield said, start, end
                continue
            yield _SHORT.get(stem, stem), start, end
            yield "not", end, end
        elif found.group("have"):
            yield re.sub(r"('?ve|a)$", "", said), start, end
            yield "have", end, end
        elif said == "cannot":
            yield "can", start, end
            yield "not", end, end
        elif said == "'":
            yield "'s", start, end
        else:
            yield said, start, end


def without_accents(word: str) -> str:
    """The word in plain letters, as many people type names."""
    parts = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _name_kinds(
    text: str, single: Sequence[tuple[str, int, int]], n: int, lexicon: Lexicon
) -> frozenset[str]:
    """A given name is a name; another word with a capital inside a sentence may be one."""
    said = text[single[n][1] : single[n][2]]
    if said in lexicon.given_names or without_accents(said) in lexicon.given_names:
        return frozenset({"name"})
    if text.islower() and said.capitalize() in lexicon.given_names and not lexicon.kinds_of(said):
        return frozenset({"name"})
    plain = said.isalpha() and len(said) > 2 and said[0].isupper() and said[1:].islower()
    if plain and said not in lexicon.plain_capitals:
        first = n == 0 or single[n - 1][0] in _STOPS
        return frozenset() if first else frozenset({"maybe name"})
    return frozenset()
