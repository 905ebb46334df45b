"""What a message of the response does: whether it settles something or puts it up for others to settle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit.vocabulary import Vocabulary

_ASSENT: Final = re.compile(r"white_check_mark|heavy_check_mark|\+1|thumbsup|ok_hand|ballot_box_with_check")
_COMMANDER: Final = "incident commander"
_BREAKS: Final = " .,:;!→-"  # what may stand before the words
_QUOTED: Final = re.compile(r"`[^`\n]+`|\"[^\"\n]+\"|“[^”\n]+”|^>.*$", re.MULTILINE)
# What settles something by itself; the others only weigh with who says it, and where.
_SETTLING: Final = ("settled", "announcement", "we act", "order", "let's")


class Sign(NamedTuple):
    """Something in a message or around it, what it adds, and the words that show it."""

    name: str
    points: float
    reason: str
    words: str = ""

    def told(self, place: str) -> str:
        """The sign as a reason that people read: the words, where they stand, and the points."""
        shown = f"“{self.words}” in {place}: {self.reason}" if self.words else self.reason
        return f"{shown} ({f'{self.points:+.1f}'.replace('-', '−')})"


class Message(NamedTuple):
    """A message as it is weighed: its words, who says them, who agrees, and where."""

    text: str
    role: str = ""
    reactions: str = ""
    in_log: bool = False  # in the channel of decisions
    elsewhere: bool = False  # in no channel of the incident
    service: str = ""  # the service of the incident that it names
    heard: frozenset[str] | None = None  # the cues that may be in it, where that is known already


def hear_settling(texts: pd.Series, vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
    """For each text, whether it has words that may settle something, worth a closer look."""
    heard = np.zeros(len(texts), dtype=np.bool_)
    for name in (*_SETTLING, "decision"):
        heard |= vocabulary.cues[name].heard_in(texts)
    return heard


def hear(texts: pd.Series, vocabulary: Vocabulary) -> list[frozenset[str]]:
    """For each text, the names of the cues that are heard in it, all at once."""
    plain = texts.map(_plain)
    names = (*_SETTLING, "decision", "proposing", "report")
    heard = {name: vocabulary.cues[name].heard_in(plain) for name in names}
    return [frozenset(name for name in names if heard[name][n]) for n in range(len(texts))]


def weigh_decision(message: Message, vocabulary: Vocabulary) -> list[Sign]:
    """What speaks for and against that the message settles something; nothing when no word of it does."""
    plain = _plain(message.text)
    said = list(_of_words(plain, message, vocabulary))
    if not said:
        return []
    return [*said[:2], *_around(plain, message, vocabulary)]


def is_decision(signs: list[Sign], vocabulary: Vocabulary) -> bool:
    """Whether they sum up to a decision."""
    return bool(signs) and score(signs) >= vocabulary.spoken["enough"]


def score(signs: list[Sign]) -> float:
    """The sum of the points, at most 1."""
    return round(min(1.0, sum(sign.points for sign in signs)), 2)


def find_proposal(message: Message, vocabulary: Vocabulary) -> str:
    """The words with which a message puts something up for others to decide; empty when it does not."""
    plain = _plain(message.text)
    calls = _words_in("let's", plain, message, vocabulary)
    if calls and (is_commander(message.role) or _ASSENT.search(message.reactions)):
        return ""
    return _words_in("proposing", plain, message, vocabulary)


def is_commander(role: str) -> bool:
    """Whether somebody in that role decides for the response."""
    return role.casefold() == _COMMANDER


def _of_words(plain: str, message: Message, vocabulary: Vocabulary) -> Iterator[Sign]:
    for name in _SETTLING:
        if name == "order" and not message.role.endswith(("Commander", "Lead")):
            continue
        said = _words_in(name, plain, message, vocabulary)
        if words := re.split(r"[.!:;] ", said.strip(_BREAKS))[-1]:
            yield Sign(name, vocabulary.spoken[name], vocabulary.cues[name].sign, words)
    if words := _words_in("decision", plain, message, vocabulary):
        yield Sign("decision", vocabulary.spoken["decision"], vocabulary.cues["decision"].sign, words)


def _around(plain: str, message: Message, vocabulary: Vocabulary) -> Iterator[Sign]:
    points, cues = vocabulary.spoken, vocabulary.cues
    if is_commander(message.role):
        yield Sign("commander", points["commander"], f"From the {message.role}")
    elif message.role.endswith(("Lead", "Manager", "manager")):
        yield Sign("lead", points["lead"], f"From the {message.role}")
    elif message.role == "Scribe":
        yield Sign("scribe", points["scribe"], "From the Scribe")
    if _ASSENT.search(message.reactions):
        yield Sign("agreed", points["agreed"], f"Others agreed: {message.reactions}")
    if message.in_log:
        yield Sign("log", points["log"], "In the channel of decisions")
    if message.elsewhere:
        yield Sign("elsewhere", points["elsewhere"], "In no channel of the incident")
    if message.service:
        yield Sign("service", points["service"], "Names a service of this incident")
    if plain.rstrip().endswith("?"):
        yield Sign("question", points["question"], "It is a question")
    elif find_proposal(message, vocabulary):
        yield Sign("proposal", points["proposal"], "It proposes and does not settle")
    if words := _words_in("report", plain, message, vocabulary):
        yield Sign("report", points["report"], cues["report"].sign, words)


def _words_in(name: str, plain: str, message: Message, vocabulary: Vocabulary) -> str:
    if message.heard is not None and name not in message.heard:
        return ""
    return vocabulary.cues[name].words_in(plain)


def _plain(text: str) -> str:
    """The message without what it quotes; a name of a flag or file stays as a thing."""
    return " ".join(_QUOTED.sub("it", text.replace("*", "")).split())
