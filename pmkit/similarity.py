"""How alike texts are: TF-IDF cosine over the words of the record itself, in numpy alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WordIndex:
    """The words of many texts, weighed by how rare they are. Each word of each text is one entry."""

    words: tuple[str, ...]
    text: Ints  # of each entry: the position of its text
    word: Ints  # of each entry: the position of its word in `words`
    weight: Floats  # of each entry
    in_texts: Ints  # of each word: how many texts have it
    length: Floats  # of each text: the length of its vector

    def likeness(self, position: int, first: int | None = None) -> Floats:
        """How alike each text, or each of the first so many, is to the text at that position.

        0 is nothing shared, 1 the same words. To ask for few texts takes as long as those few have words.
        """
        count = len(self.length) if first is None else first
        mine = slice(*np.searchsorted(self.text, [position, position + 1]))
        those = slice(0, np.searchsorted(self.text, count))  # the entries stand by their texts
        vector = np.zeros(len(self.words))
        vector[self.word[mine]] = self.weight[mine]
        products = np.bincount(
            self.text[those], self.weight[those] * vector[self.word[those]], minlength=count
        )
        lengths = self.length[:count] * self.length[position]
        likeness: Floats = np.divide(products, lengths, out=np.zeros(count), where=lengths > 0)
        return likeness

    def count_shared(self, position: int) -> Ints:
        """How many words each text shares with the text at that position."""
        mine = np.zeros(len(self.words), dtype=bool)
        mine[self.word[self.text == position]] = True
        return np.bincount(self.text[mine[self.word]], minlength=len(self.length))


def index_words(texts: pd.Series, stop_words: Collection[str] = ()) -> WordIndex:
    """Take texts apart into words; Han characters count one by one, since nothing stands between words."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lower = pc.utf8_lower(pa.array(texts.to_numpy(dtype=object), type=pa.large_string()))
    spaced = pc.replace_substring_regex(lower, pattern=r"(\p{Han})", replacement=r" \1 ")
    lists = pc.split_pattern_regex(spaced, pattern=r"[^\p{L}\p{N}_]+")
    counts = np.diff(lists.offsets.to_numpy())
    encoded = lists.values.dictionary_encode()
    kept, position = _kept(encoded.dictionary.to_pylist(), stop_words)
    word = position[encoded.indices.to_numpy()]
    text = np.repeat(np.arange(len(texts)), counts)[word >= 0]
    word = word[word >= 0]
    entries, times = np.unique(text * max(len(kept), 1) + word, return_counts=True)
    text, word = np.divmod(entries, max(len(kept), 1))
    in_texts = np.bincount(word, minlength=len(kept))
    rarity = np.log((1 + len(texts)) / (1 + in_texts)) + 1
    weight = (1 + np.log(times)) * rarity[word]
    length = np.sqrt(np.bincount(text, weight**2, minlength=len(texts)))
    return WordIndex(tuple(kept), text, word, weight, in_texts, length)


def _kept(words: list[str], stop_words: Collection[str]) -> tuple[list[str], Ints]:
    """The words worth counting without their plural s, and for each word its place among them, else -1."""
    places: dict[str, int] = {}
    position = np.full(len(words), -1, dtype=np.int64)
    for n, word in enumerate(words):
        short = len(word) < 2 and word.isascii()
        if short or word in stop_words or (word.isdigit() and len(word) < 3):
            continue
        stem = word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        position[n] = places.setdefault(stem, len(places))
    return list(places), position
