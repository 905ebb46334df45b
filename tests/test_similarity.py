"""How alike texts are by the rare words they share."""

from __future__ import annotations

import pandas as pd

from pmkit.similarity import index_words

TEXTS = pd.Series(["the pool is exhausted", "pool exhausted again", "a kettle boils", "…", " "])


def test_texts_that_share_rare_words_are_alike() -> None:
    """The same words give one, none in common gives nothing."""
    index = index_words(TEXTS, frozenset({"the", "is", "a"}))
    alike = index.likeness(0).tolist()
    assert alike[0] > 0.99
    assert 0 < alike[1] < 1
    assert alike[2:] == [0.0, 0.0, 0.0]


def test_texts_without_a_word_are_alike_to_nothing() -> None:
    """Signs and blanks are no words, and nothing goes wrong, also where no text has any."""
    assert index_words(TEXTS, frozenset()).likeness(3).tolist() == [0.0] * 5
    assert index_words(TEXTS[3:], frozenset()).likeness(1).tolist() == [0.0, 0.0]
