"""A sentence is taken apart into words of a kind, and the person who does something in it is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.checks.clauses import take_apart
from pmkit.vocabulary import load_vocabulary

LEXICON = load_vocabulary().lexicon


def subject_of(text: str, verb: str) -> str:
    """Who does the verb, as the sentence is read; empty for nobody and for things."""
    said = take_apart(text, LEXICON)
    found = said.find_subject(said.places(verb)[0])
    return said.text_at(found) if found >= 0 else ""


@pytest.mark.parametrize(
    ("text", "verb", "person"),
    [
        ("The engineer on duty of the day forgot it", "forgot", "engineer"),
        ("Marco, the release manager, forgot it", "forgot", "marco"),
        ("The vendor, who had been told twice, ignored it", "ignored", "vendor"),
        ("She restarted the pod and forgot the flag", "forgot", "she"),
        ("Whoever wrote this forgot the limit", "forgot", "whoever"),
        ("The laptop of the nurse failed", "failed", ""),
        ("The team page ignored the label", "ignored", ""),
        ("The engineer's script ignored the label", "ignored", ""),
        ("The scheduler forgot the lease", "forgot", ""),
    ],
)
def test_who_does_it(text: str, verb: str, person: str) -> None:
    """Through what hangs on the person; a thing called after people, or of people, is none."""
    assert subject_of(text, verb) == person


def test_contractions_are_spelled_out() -> None:
    """With and without an apostrophe, and as people speak."""
    said = take_apart("She didn't, they shouldve, we coulda, cannot", LEXICON)
    words = [word.text for word in said.words if word.text != ","]
    assert words == ["she", "did", "not", "they", "should", "have", "we", "could", "have", "can", "not"]


def test_a_verb_is_known_in_every_form() -> None:
    """Regular forms are made, others given; the past is told apart."""
    for form in ("skip", "skips", "skipping", "skipped"):
        assert "harm" in LEXICON.kinds_of(form)
    assert "past" in LEXICON.kinds_of("forgot")
    assert "past" not in LEXICON.kinds_of("forgets")


@given(st.text(max_size=120))
def test_any_text_is_taken_apart(text: str) -> None:
    """Words stand in order and lie within the text, whatever it is."""
    said = take_apart(text, LEXICON)
    assert all(0 <= word.start <= word.end <= len(text) for word in said.words)
    assert [word.start for word in said.words] == sorted(word.start for word in said.words)
