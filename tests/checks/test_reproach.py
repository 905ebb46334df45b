"""A reproach needs a person and something held against them; what is only told, or denied, is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.checks.clauses import take_apart
from pmkit.checks.hindsight import find_hindsight
from pmkit.checks.reproach import find_reproach
from pmkit.vocabulary import load_vocabulary

LEXICON = load_vocabulary().lexicon


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The operators did not follow the procedure.", "left undone"),
        ("Bob shipped it without asking anybody.", "left undone"),
        ("Refusal of the supplier to inform us.", "left undone"),
        ("Support ignored three tickets.", "judged"),
        ("She picked the wrong host.", "judged"),
        ("The new hire was clueless.", "character"),
        ("Any competent engineer would have seen it.", "character"),
        ("Lack of diligence on the part of the developer.", "character"),
        ("It was Peter's mistake.", "whose fault"),
        ("Who broke the build?", "whose fault"),
        ("The IC should have rolled back.", "measured"),
        ("Had Daniel read the text, it would have been over.", "measured"),
    ],
)
def test_reproaches(text: str, kind: str) -> None:
    """Each of its kind, so that the better wording fits."""
    found = find_reproach(take_apart(text, LEXICON))
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "Mei rolled back release 4.2.",
        "The on-call engineer did not get the page, as the number was old.",
        "Dana did not answer because her phone was in do-not-disturb.",
        "The scheduler forgot the lease and the controller failed to renew it.",
        "Nobody is to blame for this.",
        "This was not a mistake of the operator.",
        "If somebody forgets the flag, the tool refuses to run.",
        "Nothing stops a developer from skipping the review.",
        "An operator can delete a tenant with one click.",
        "Human error is not a cause.",
        "Who owns the certificate?",
    ],
)
def test_what_is_told_is_no_reproach(text: str) -> None:
    """Neutral acts, machines, denials, cases that are thought of, and what kept people from it."""
    assert find_reproach(take_apart(text, LEXICON)) is None


@pytest.mark.parametrize(
    "text",
    [
        "The gate should have blocked it.", "It could have been avoided.", "A test would have shown it.",
        "Had we rolled back at once, it would have been over.", "Nobody noticed the drift.",
        "We were too slow to declare.", "It was a mistake to restart both.", "Why was this not caught?",
    ],
)  # fmt: skip
def test_hindsight(text: str) -> None:
    """What should have been, and was not seen."""
    assert find_hindsight(take_apart(text, LEXICON)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "By 15:00 all clients should have reconnected.", "The limit should be lower than the pool.",
        "Without the breaker the queue would have filled.", "He could not have known that.",
        "We do not think that a faster page would have changed it.", "The packet may have been dropped.",
        "Whether it would have helped is open.", "Should the disk fill again, the job deletes old dumps.",
    ],
)  # fmt: skip
def test_no_hindsight(text: str) -> None:
    """What was expected then, is specified, denied or doubted."""
    assert find_hindsight(take_apart(text, LEXICON)) is None


@given(st.lists(st.sampled_from(sorted(LEXICON.words)), max_size=12))
def test_no_order_of_words_breaks_a_look(words: list[str]) -> None:
    """Any words in any order are looked at, and what is found is quoted from them."""
    text = " ".join(words)
    for found in (find_reproach(take_apart(text, LEXICON)), find_hindsight(take_apart(text, LEXICON))):
        assert found is None or found.words in text
