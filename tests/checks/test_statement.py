"""A statement is read beside what the incident says already, and beside the factors it is linked with."""

from __future__ import annotations

from pmkit.checks.statement import Around, Factor, find_behind, read_statement
from pmkit.vocabulary import load_vocabulary

WORDS = load_vocabulary()
POOL = Around("payments: connection pool exhausted", ["pool usage 100 %"], ["31 % of payments failed"])


def test_the_words_of_the_title_are_a_symptom() -> None:
    """And the reasons say where they stand."""
    reading = read_statement("The connection pool of payments was exhausted.", POOL, WORDS)
    assert reading.is_symptom
    assert "most of its words are those of the title" in reading.reasons


def test_a_mechanism_with_what_was_missing_is_no_symptom() -> None:
    """Though it speaks of the same pool."""
    text = "Each retry takes a connection of the pool until it times out; nothing bounds connections."
    assert not read_statement(text, POOL, WORDS).is_symptom


def test_a_trigger_is_bare_until_something_stands_behind_it() -> None:
    """On a way to it or from it; the impact joins no two factors."""
    factors = [
        Factor("F1", "trigger", "Proxy rollout on Wednesday"),
        Factor("F2", "latent condition", "The limiter counts per address, and the proxy hides addresses"),
    ]
    alone = Around(factors=factors, links=[("F1", "impact"), ("F2", "impact")])
    linked = Around(factors=factors, links=[("F1", "F2"), ("F2", "impact")])
    assert read_statement(factors[0].statement, alone, WORDS).is_bare_trigger
    assert not read_statement(factors[0].statement, linked, WORDS).is_bare_trigger
    assert find_behind("F1", factors, linked.links) == [factors[1]]


def test_a_cycle_of_factors_ends() -> None:
    """Two factors that lead to each other stand behind each other, and neither behind itself."""
    factors = [Factor("F1", "latent condition", "a"), Factor("F2", "missing safeguard", "b")]
    assert find_behind("F1", factors, [("F1", "F2"), ("F2", "F1")]) == [factors[1]]
