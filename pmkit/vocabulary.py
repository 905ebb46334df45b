"""The words pmkit listens for: doubt, decisions, recovery …, read from `vocabulary.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Cue:
    """A way people say something: what it is a sign of, as a short clause, and its patterns."""

    sign: str
    patterns: tuple[str, ...]

    def heard_in(self, texts: pd.Series) -> npt.NDArray[np.bool_]:
        """For each text, whether one of the patterns occurs in it."""
        import pyarrow as pa
        import pyarrow.compute as pc

        # RE2 goes once through each text for all patterns together; Python's engine takes far longer.
        strings = pa.array(texts.to_numpy(dtype=object), type=pa.large_string())
        found = pc.match_substring_regex(strings, self._pattern, ignore_case=True)
        heard: npt.NDArray[np.bool_] = found.fill_null(False).to_numpy(zero_copy_only=False)
        return heard

    def words_in(self, text: str) -> str:
        """The first words of the text that a pattern stands for; empty when there are none."""
        found = re.search(self._pattern, text, re.IGNORECASE)
        return " ".join(found.group().split()) if found else ""

    @property
    def _pattern(self) -> str:
        return "|".join(f"(?:{pattern})" for pattern in self.patterns)


@dataclass(frozen=True)
class Vocabulary:
    """Cues by name, what each sign of an early signal weighs and each sign of a broad action, and how to ask
    on behind a factor of a kind.
    """

    cues: Mapping[str, Cue]
    points: Mapping[str, float]
    breadth: Mapping[str, float]
    walk: Mapping[str, str]
    stop_words: frozenset[str]


def load_vocabulary(path: Path | None = None) -> Vocabulary:
    """pmkit's vocabulary, or a team's own file of the same shape."""
    path = path or Path(__file__).with_suffix(".toml")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return Vocabulary(
        cues={name: Cue(cue["sign"], tuple(cue["patterns"])) for name, cue in data["cues"].items()},
        points=data["points"],
        breadth=data["breadth"],
        walk=data["walk"],
        stop_words=frozenset(data["likeness"]["stop_words"].split()),
    )
