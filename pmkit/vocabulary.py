"""The words pmkit listens for: doubt, decisions, recovery …, read from `vocabulary.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit.sieve import Sieve, any_of, read_part

# RE2 goes once through many texts for all patterns together, but takes longer to set up long patterns than
# Python to try those of them that may match.
_LONG: Final = 3_000
# The words of a kind that make patterns long.
_PARTS: Final = ("act", "acting", "folk", "person")


@dataclass(frozen=True)
class Cue:
    """A way people say something: what it is a sign of, as a short clause, and its patterns.

    `unless` are patterns of texts in which the same words mean something else; `instead` says what to write
    in their place, where that can be said at all; `shows` is the way of saying it that it stands for besides
    its patterns, as `pmkit.checks` finds it in how a sentence is built. `parts` are the long groups that the
    patterns share, with the words that they need.
    """

    sign: str
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    instead: str = ""
    shows: str = ""

    parts: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)

    def heard_in(self, texts: pd.Series) -> npt.NDArray[np.bool_]:
        """For each text, whether one of the patterns occurs in it."""
        if not self.patterns or texts.empty:
            return np.zeros(len(texts), dtype=np.bool_)
        # What machines say, they say again and again.
        place, once = pd.factorize(texts.to_numpy(dtype=object))
        if sum(map(len, self.patterns)) > _LONG:
            found = np.array([self._is_in(text) for text in once], dtype=np.bool_)
        else:
            found = _matches(once, "|".join(f"(?:{pattern})" for pattern in self.patterns))
            if self.unless:
                found &= ~_matches(once, "|".join(f"(?:{pattern})" for pattern in self.unless))
        heard: npt.NDArray[np.bool_] = found[place]
        return heard

    def words_in(self, text: str) -> str:
        """The first words of the text that a pattern stands for; empty when there are none."""
        found = self._sieve.search(text)
        return " ".join(found.group().split()) if found and not self._exceptions.is_in(text) else ""

    def count_in(self, text: str) -> int:
        """How often the patterns occur in the text."""
        if not self._is_in(text):
            return 0
        joint = "|".join(f"(?:{pattern})" for pattern in self.patterns)
        return sum(1 for _ in re.finditer(joint, text, re.IGNORECASE))

    def _is_in(self, text: str) -> bool:
        return self._sieve.is_in(text) and not self._exceptions.is_in(text)

    @cached_property
    def _sieve(self) -> Sieve:
        return Sieve(self.patterns, self.parts)

    @cached_property
    def _exceptions(self) -> Sieve:
        return Sieve(self.unless, self.parts)


@dataclass(frozen=True)
class Lexicon:
    """Words by their kinds, in every form: what a sentence is taken apart with.

    `words` are single words, `phrases` those that belong together, each with its kinds; a verb in its past
    form is of the kind `past` as well. Names are told by their capital letter.
    """

    words: Mapping[str, frozenset[str]]
    phrases: Mapping[str, frozenset[str]]
    given_names: frozenset[str]
    plain_capitals: frozenset[str]

    @cached_property
    def longest(self) -> int:
        """How many words the longest phrase has."""
        return max((phrase.count(" ") + 1 for phrase in self.phrases), default=1)

    def kinds_of(self, word: str) -> frozenset[str]:
        """The kinds of a word; none when the lexicon does not have it."""
        return self.words.get(word, frozenset())


def _matches(texts: npt.NDArray[np.object_], pattern: str) -> npt.NDArray[np.bool_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.match_substring_regex(pa.array(texts, type=pa.large_string()), pattern, ignore_case=True)
    matches: npt.NDArray[np.bool_] = found.fill_null(False).to_numpy(zero_copy_only=False)
    return matches


@dataclass(frozen=True)
class Vocabulary:
    """Cues by name, what the signs weigh (of an early signal, a broad action, a symptom called cause, a
    decision that is spoken), what in wording makes it hard to learn from, and how to ask on behind a factor
    of a kind.
    """

    cues: Mapping[str, Cue]
    points: Mapping[str, float]
    breadth: Mapping[str, float]
    statement: Mapping[str, float]
    spoken: Mapping[str, float]
    wording: Mapping[str, tuple[Cue, ...]]
    lexicon: Lexicon
    walk: Mapping[str, str]
    stop_words: frozenset[str]


def load_vocabulary(path: Path | None = None) -> Vocabulary:
    """pmkit's vocabulary, or a team's own file of the same shape."""
    return _read(path) if path else _own_vocabulary()


@cache
def _own_vocabulary() -> Vocabulary:
    # Every check, suggestion and question asks for it, and it is a part of the program.
    return _read(Path(__file__).with_suffix(".toml"))


def _read(path: Path) -> Vocabulary:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    words = {**data["words"], **_measures(data["lexicon"]["verbs"]["measure"])}
    shared = [_spell_out(words[name], words) for name in _PARTS if name in words]
    parts = {part: read_part(part) for part in shared}
    return Vocabulary(
        cues={name: _cue(cue, words, parts) for name, cue in data["cues"].items()},
        points=data["points"],
        breadth=data["breadth"],
        statement=data["statement"],
        spoken=data["spoken"],
        wording={
            fault: tuple(_cue(cue, words, parts) for cue in cues) for fault, cues in data["wording"].items()
        },
        lexicon=_lexicon(data["lexicon"]),
        walk=data["walk"],
        stop_words=frozenset(data["likeness"]["stop_words"].split()),
    )


def _cue(said: Mapping[str, Any], words: Mapping[str, str], parts: Mapping[str, frozenset[str]]) -> Cue:
    def spell_out(patterns: Iterable[str]) -> tuple[str, ...]:
        return tuple(_spell_out(pattern, words) for pattern in patterns)

    return Cue(
        said["sign"],
        spell_out(said["patterns"]),
        spell_out(said.get("unless", ())),
        said.get("instead", ""),
        said.get("shows", ""),
        parts,
    )


def _spell_out(pattern: str, words: Mapping[str, str]) -> str:
    """The pattern with words of a kind in place of the name of the kind; those may name each other."""
    while "{{" in pattern:
        pattern = re.sub(r"\{\{(\w+)\}\}", lambda found: words[found.group(1)], pattern)
    return pattern


def _lexicon(said: Mapping[str, Mapping[str, str]]) -> Lexicon:
    kinds: dict[str, set[str]] = {}
    plain = dict(said["words"])
    names, capitals = plain.pop("given_name"), plain.pop("plain_capital")
    for kind, entries in said["verbs"].items():
        for entry in _entries(entries):
            for form, is_past in _verb_forms(entry.split("/")):
                kinds.setdefault(form, set()).update({kind, "past"} if is_past else {kind})
    for kind, entries in said["nouns"].items():
        for entry in _entries(entries):
            for form in _noun_forms(entry.split("/")):
                kinds.setdefault(form, set()).add(kind)
    for kind, entries in plain.items():
        for form in _entries(entries):
            kinds.setdefault(form, set()).add(kind)
    kinds.setdefault("not", set()).add("not")
    frozen = {form: frozenset(those) for form, those in kinds.items()}
    return Lexicon(
        {form: those for form, those in frozen.items() if " " not in form},
        {form: those for form, those in frozen.items() if " " in form},
        frozenset(names.split()),
        frozenset(capitals.split()),
    )


def _measures(listed: str) -> dict[str, str]:
    """What `{{act}}` and `{{acting}}` stand for: the verbs of what a response does, longest first."""
    verbs = sorted((entry.split("/")[0] for entry in _entries(listed)), key=lambda verb: (-len(verb), verb))
    doing = [
        form for verb in verbs for form, _ in _verb_forms([verb]) if form.partition(" ")[0].endswith("ing")
    ]
    acting = [*doing, "calling it", "making this", "making it"]
    return {"act": any_of(verbs), "acting": any_of(acting)}


def _entries(listed: str) -> list[str]:
    return [found.strip('"') for found in re.findall(r'"[^"]+"|\S+', listed)]


def _verb_forms(forms: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Every form of a verb, and whether it tells of the past; of several words the first one changes.

    Forms that no rule makes are given; regular ones are made, with and without a doubled letter, since a form
    that nobody writes does no harm.
    """
    first, _, rest = forms[0].partition(" ")
    tail = f" {rest}" if rest else ""
    stem = first[:-1] if first.endswith("e") else first
    yield from ((first + tail, False), *((form + tail, False) for form in (f"{first}s", f"{first}es")))
    yield stem + "ing" + tail, False
    yield first + first[-1] + "ing" + tail, False
    if first.endswith("y"):
        yield f"{first[:-1]}ies{tail}", False
    for form in forms[1:]:
        head = form.partition(" ")[0]
        yield form, head not in (first, f"{first}s", f"{first}es") and not head.endswith("ing")
    if len(forms) == 1:
        yield from ((form + tail, True) for form in (f"{stem}ed", f"{first}{first[-1]}ed"))
        if first.endswith("y"):
            yield f"{first[:-1]}ied{tail}", True


def _noun_forms(forms: Sequence[str]) -> Iterator[str]:
    yield from forms
    if len(forms) == 1 and not forms[0].endswith("s"):
        yield forms[0] + "s"
        if forms[0].endswith("y"):
            yield f"{forms[0][:-1]}ies"
