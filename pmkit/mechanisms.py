"""Which ways of failing a text speaks of, by the words of `mechanisms.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd


def count_mechanisms(texts: pd.Series) -> pd.DataFrame:
    """How often each text speaks of each way of failing: a row per text, a column per way."""
    import pyarrow as pa
    import pyarrow.compute as pc

    strings = pa.array(texts.to_numpy(dtype=object), type=pa.large_string())
    counts = {
        name: pc.count_substring_regex(strings, pattern, ignore_case=True).to_numpy(zero_copy_only=False)
        for name, pattern in _patterns().items()
    }
    return pd.DataFrame(counts, index=texts.index).fillna(0).astype("int64")


def weigh_mechanisms(counts: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The counts as vectors of length one, a way weighing more the fewer texts speak of it."""
    values = counts.to_numpy()
    rarity = np.log((1 + len(values)) / (1 + (values > 0).sum(axis=0)))
    weights = np.log1p(values) * rarity
    length = np.linalg.norm(weights, axis=1, keepdims=True)
    vectors: npt.NDArray[np.float64] = np.divide(
        weights, length, out=np.zeros_like(weights), where=length > 0
    )
    return vectors


@cache
def _patterns() -> dict[str, str]:
    said = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["mechanisms"]
    return {name: rf"\b(?:{'|'.join(words)})" for name, words in said.items()}
