"""The words pmkit listens for: doubt, decisions, recovery …, read from `vocabulary.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Cue:
    """A way people say something: what it is a sign of, as a short clause, and its patterns.

    `unless` are patterns of texts in which the same words mean something else; `instead` says what to write
    in their place, where that can be said at all.
    """

    sign: str
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    instead: str = ""

    def heard_in(self, texts: pd.Series) -> npt.NDArray[np.bool_]:
        """For each text, whether one of the patterns occurs in it."""
        heard = _matches(texts, self._pattern)
        return heard & ~_matches(texts, self._exception) if self.unless else heard

    def words_in(self, text: str) -> str:
        """The first words of the text that a pattern stands for; empty when there are none."""
        found = re.search(self._pattern, text, re.IGNORECASE)
        if not found or (self.unless and re.search(self._exception, text, re.IGNORECASE)):
            return ""
        return " ".join(found.group().split())

    def count_in(self, text: str) -> int:
        """How often the patterns occur in the text."""
        return sum(1 for _ in re.finditer(self._pattern, text, re.IGNORECASE)) if self.words_in(text) else 0

    @cached_property
    def _pattern(self) -> str:
        return "|".join(f"(?:{pattern})" for pattern in self.patterns)

    @cached_property
    def _exception(self) -> str:
        return "|".join(f"(?:{pattern})" for pattern in self.unless)


def _matches(texts: pd.Series, pattern: str) -> npt.NDArray[np.bool_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    # RE2 goes once through each text for all patterns together; Python's engine takes far longer.
    strings = pa.array(texts.to_numpy(dtype=object), type=pa.large_string())
    found = pc.match_substring_regex(strings, pattern, ignore_case=True)
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
    walk: Mapping[str, str]
    stop_words: frozenset[str]


def load_vocabulary(path: Path | None = None) -> Vocabulary:
    """pmkit's vocabulary, or a team's own file of the same shape."""
    path = path or Path(__file__).with_suffix(".toml")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    words = data["words"]
    return Vocabulary(
        cues={name: _cue(cue, words) for name, cue in data["cues"].items()},
        points=data["points"],
        breadth=data["breadth"],
        statement=data["statement"],
        spoken=data["spoken"],
        wording={fault: tuple(_cue(cue, words) for cue in cues) for fault, cues in data["wording"].items()},
        walk=data["walk"],
        stop_words=frozenset(data["likeness"]["stop_words"].split()),
    )


def _cue(said: Mapping[str, Any], words: Mapping[str, str]) -> Cue:
    def spell_out(patterns: Iterable[str]) -> tuple[str, ...]:
        return tuple(_spell_out(pattern, words) for pattern in patterns)

    return Cue(
        said["sign"], spell_out(said["patterns"]), spell_out(said.get("unless", ())), said.get("instead", "")
    )


def _spell_out(pattern: str, words: Mapping[str, str]) -> str:
    """The pattern with words of a kind in place of the name of the kind; those may name each other."""
    while "{{" in pattern:
        pattern = re.sub(r"\{\{(\w+)\}\}", lambda found: words[found.group(1)], pattern)
    return pattern
