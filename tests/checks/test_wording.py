"""Sentences are read without what their writer only quotes, and each fault is told of once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.checks import check_text
from pmkit.checks._rule import Passage
from pmkit.checks.wording import spell_names, split_sentences, unname


@given(st.text(max_size=200))
def test_any_text_is_cut_without_a_loss_of_prose(text: str) -> None:
    """Cutting never fails, and what is read is never longer than what was written."""
    for sentence in split_sentences(text):
        assert sentence.text
        assert len(sentence.plain) <= len(sentence.text) + 2


@pytest.mark.parametrize("quoted", ["`careless`", "“careless”", '"careless"', "«careless»"])
def test_code_and_quotations_are_left_alone(quoted: str) -> None:
    """The same word is told of where the writer says it."""
    passage = Passage(f"The label says {quoted} in bold.", "notes/summary", "1")
    assert check_text([passage], select=["LA"]).empty
    said = Passage("It was careless.", "notes/summary", "1")
    assert check_text([said], select=["LA"])["rule"].tolist() == ["LA101"]


def test_a_sentence_with_two_faults_is_told_of_once() -> None:
    """Blame goes first, since the better wording for it mends the other too."""
    passage = Passage("The engineer should never have run this.", "notes/summary", "1")
    assert check_text([passage], select=["LA"])["rule"].tolist() == ["LA101"]


def test_a_known_name_counts_as_a_person() -> None:
    """A full name, or a part of it that is long enough to be told from a word."""
    sentence = split_sentences("Mei Tanaka failed to read it, and Tanaka said so.")[0]
    names = spell_names(["Mei Tanaka", "Bo"])
    assert unname(sentence, names).plain == "the person failed to read it, and the person said so."
    assert "Bo" not in names
