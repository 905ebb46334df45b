"""A pattern is left untried only on a text in which it cannot be found."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pmkit.sieve import Sieve, any_of, find_needed_words, read_words
from pmkit.vocabulary import Cue, load_vocabulary

VOCABULARY = load_vocabulary()
CUES = {
    **VOCABULARY.cues,
    **{f"{fault} {n}": cue for fault, cues in VOCABULARY.wording.items() for n, cue in enumerate(cues)},
}
# What the patterns are made of, so that many texts are nearly found.
PIECES = sorted(
    {
        word
        for cue in CUES.values()
        for pattern in cue.patterns
        for word in re.findall(r"[^\W\d_]{2,}", re.sub(r"\\.|\(\?-?[aimsx]*:", " ", pattern))
    }
)
MANY = int(os.environ.get("PMKIT_SIEVE", "150"))


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"^\W*decision\b", {"decision"}),
        (r"\b(?:should|shall) we\b.{0,80}\?", {"should", "shall"}),
        (r"\bis .{1,60} (down|slow)\b", {"down", "slow"}),
        (r"\bdeploy\w*", set()),
        (r"err", set()),
        (r"\bfail\b|\d+ %", set()),
        (r"(?i)\bfail\b", set()),
        (r"(?=x)\bfail\b", set()),
        (r"\b(?:so )?(?:stop|halt)\b", {"stop", "halt"}),
        (r"\bi.?ll\b", set()),
    ],
)
def test_what_a_pattern_needs(pattern: str, needed: set[str]) -> None:
    """Whole words only; of what is not understood nothing is needed."""
    found = find_needed_words(pattern)
    assert (set(found[0]) if found else set()) == needed


@given(
    name=st.sampled_from(sorted(CUES)),
    words=st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=12),
    joint=st.sampled_from([" ", " ", ", ", "-", "", ". "]),
    shout=st.booleans(),
)
@example(name="proposing", words=["ſhould", "we", "ROLL", "BACK?"], joint=" ", shout=False)
@settings(max_examples=MANY, deadline=None)
def test_a_sieve_finds_what_the_patterns_find(name: str, words: list[str], joint: str, shout: bool) -> None:
    """The same words at the same place as all patterns in one."""
    cue, text = CUES[name], joint.join(words)
    text = text.upper() if shout else text
    whole = "|".join(f"(?:{pattern})" for pattern in cue.patterns)
    wanted = re.search(whole, text, re.IGNORECASE) if cue.patterns else None
    sieve = Sieve(cue.patterns, cue.parts)
    found = sieve.search(text)
    assert (found and found.span()) == (wanted and wanted.span())
    assert sieve.is_in(text) == (wanted is not None)


@given(st.lists(st.text(alphabet="abc -.(", min_size=1, max_size=5), min_size=1, max_size=8))
def test_any_of_is_the_longest_word(words: list[str]) -> None:
    """Whatever letters the words are made of."""
    pattern = re.compile(any_of(words))
    for word in words:
        found = pattern.match(word + "~")
        assert found is not None
        assert found.group() == word


def test_words_are_read_without_regard_to_case() -> None:
    """Also the letters that patterns take for two."""
    assert read_words("Roll-BACK of ſix \u212aeys") == {"roll", "back", "of", "six", "keys"}


def test_a_team_may_use_what_the_sieve_does_not_know() -> None:
    """A pattern that is not understood is tried on every text."""
    cue = Cue("a sign", (r"(?P<found>b)(?P=found)", r"(?<!a)bcd"))
    assert cue.words_in("abb") == "bb"
    assert cue.words_in("xbcd") == "bcd"
    assert cue.words_in("abcd") == ""
