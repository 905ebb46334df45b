"""Messages settle something by their words, by who says them, and by who agrees."""

from __future__ import annotations

import pytest

from pmkit.spoken import Message, find_proposal, is_decision, score, weigh_decision
from pmkit.vocabulary import load_vocabulary

WORDS = load_vocabulary()
COMMANDER = "Incident Commander"


def settles(message: Message) -> bool:
    return is_decision(weigh_decision(message, WORDS), WORDS)


def test_the_same_words_settle_from_the_commander_and_propose_from_others() -> None:
    """A check mark makes a decision of the proposal, whoever wrote it."""
    assert settles(Message("let's roll back", COMMANDER))
    assert not settles(Message("let's roll back", "engineer"))
    assert find_proposal(Message("let's roll back", "engineer"), WORDS)
    assert not find_proposal(Message("let's roll back", "engineer", "white_check_mark 1"), WORDS)


@pytest.mark.parametrize(
    "text", ["should we roll back?", "rollback is at 60 %", "approved by CAB on Monday", "graphs are flat"]
)
def test_questions_reports_and_old_decisions_settle_nothing(text: str) -> None:
    """Even from the commander."""
    assert not settles(Message(text, COMMANDER))


def test_what_is_quoted_settles_nothing() -> None:
    """The words of the draft are not yet said."""
    assert not settles(Message('draft: "we roll back now", see above', "engineer"))


def test_a_reason_tells_the_words_and_their_place() -> None:
    """With the points, and a minus that is one."""
    signs = weigh_decision(Message("ok, rolling back now", COMMANDER, "+1 2"), WORDS)
    assert "in #inc-updates: " in signs[0].told("#inc-updates")
    assert score(signs) == 1.0
    asked = weigh_decision(Message("rolling back now?", COMMANDER), WORDS)
    assert any(sign.told("#x").endswith("(−0.6)") for sign in asked)
