"""What a text says of how something failed is told by the words of the field."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pmkit.mechanisms import count_mechanisms, weigh_mechanisms


@pytest.mark.parametrize(
    ("text", "mechanism"),
    [
        ("The TLS cert ran out at midnight", "certificates"),
        ("Nameservers answered with an old zone file", "names and DNS"),
        ("No space left on device", "disk space"),
        ("Killed by the OOM killer after the heap grew", "memory"),
        ("Clients retried without backoff", "retries and storms"),
        ("A leap second stopped the clocks", "clocks"),
        ("Lost quorum when two etcd members went", "consensus"),
        ("The migration waited for an exclusive lock", "locks"),
    ],
)
def test_the_field_s_words_are_known(text: str, mechanism: str) -> None:
    """A sentence as people write it is told by its mechanism."""
    assert count_mechanisms(pd.Series([text]))[mechanism].iloc[0] > 0


@pytest.mark.parametrize(
    "text", ["", "All good.", "the domination of support", "unlocking new value", "Zürich"]
)
def test_other_words_say_nothing(text: str) -> None:
    """Words that only begin or end alike are no mechanism."""
    counts = count_mechanisms(pd.Series([text]))
    assert counts.to_numpy().sum() == 0, counts.loc[:, counts.iloc[0] > 0].columns.tolist()


def test_what_all_speak_of_weighs_nothing() -> None:
    """A mechanism that every text names tells none apart; each vector has the length one, or none."""
    vectors = weigh_mechanisms(count_mechanisms(pd.Series(["dns and disk", "dns and heap", "dns", ""])))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 0])
    assert vectors[0] @ vectors[1] < 0.2
    assert weigh_mechanisms(count_mechanisms(pd.Series(["dns"]))).sum() == 0
