"""What people are said to have left undone."""

from __future__ import annotations

from typing import Final

from pmkit.checks.clauses import Clauses
from pmkit.checks.reproach._people import (
    OWNS,
    actor,
    as_told,
    head_person,
    is_explained,
    is_other,
    may,
    surely,
)

_DID: Final = frozenset({"did", "do", "does", "had", "have", "has", "would"})


def did_not(said: Clauses, n: int) -> str:
    """“The engineer did not check …”, “QA never tests …”."""
    verb = said.skip(n + 1, "adverb", "judged", unless=("care", "heed"))
    helped = said.text_at(n) == "never" or said.text_at(n - 1) in _DID
    if not (said.is_at(verb, "care", "heed") and helped):
        return ""
    subject = said.find_subject(n)
    blamed = is_other(said, subject) and surely(said, subject, verb, "heed") and as_told(said, verb, subject)
    return said.quote(subject, verb) if blamed else ""


def because_not(said: Clauses, n: int) -> str:
    """“… because he didn't quote a variable”: whatever he did not do is said to be the cause."""
    person = head_person(said, n + 1)
    if not is_other(said, person):
        return ""
    helped = said.text_at(person + 1) in ("did", "does", "do", "had")
    verb = said.skip(person + 2, "not", "adverb", "auxiliary")
    denied = verb >= 0 and any(word.is_a("not") for word in said.words[person + 1 : verb])
    surely = said.is_at(person, "role", "name") or said.is_at(verb, "heed")
    return said.quote(n, verb) if helped and denied and surely and not said.is_at(verb, "neutral") else ""


def did_not_do_the_job(said: Clauses, n: int) -> str:
    """“Support did not do their job”."""
    denied = [k for k in range(max(0, n - 6), n) if said.words[k].is_a("not") or said.text_at(k) == "never"]
    subject = said.find_subject(denied[0]) if denied and said.text_at(n - 1) in (*OWNS, "due") else -1
    return said.quote(subject, n) if subject >= 0 and not said.is_at(subject, "self") else ""


def nobody_cared(said: Clauses, n: int) -> str:
    """“Nobody bothered to …”, “nobody on the payments team checked …”."""
    words = said.words
    if any(word.is_a("caring") for word in words[n + 1 : n + 4]):
        return said.quote(n, min(n + 2, len(words) - 1))
    last = min(n + 7, len(words))
    verb = next(
        (k for k in range(n + 1, last) if words[k].is_a("care", "heed", "caring") and words[k].is_a("past")),
        -1,
    )
    of_people = said.is_at(n + 1, "preposition") and any(said.is_person(k) for k in range(n + 1, last))
    return said.quote(n, verb) if verb > 0 and of_people and not is_explained(said, verb, n) else ""


def failed_to(said: Clauses, n: int) -> str:
    """“Operations failed to escalate”."""
    subject = said.find_subject(n) if said.text_at(n + 1) == "to" else -1
    blamed = is_other(said, subject, "self", "nobody") and surely(said, subject, n + 2, "heed")
    told = blamed and not said.is_denied(n) and not said.is_supposed(n, subject)
    return said.quote(subject, min(n + 2, len(said.words) - 1)) if told else ""


def failure_to(said: Clauses, n: int) -> str:
    """“The reviewer's failure to see it”, “failure to follow the process”."""
    last = min(n + 8, len(said.words) - 1)
    to = next((k for k in range(n, last) if said.text_at(k) == "to"), -1)
    if to < 0 or said.is_denied(n):
        return ""
    named = any(said.is_person(k) for k in range(max(0, n - 3), to)) and said.is_at(
        to + 1, "care", "heed", "sin"
    )
    alone = said.text_at(n) == "failure" and to == n + 1 and said.is_at(to + 1, "heed")
    return said.quote(n, to + 1) if named or alone else ""


def without_care(said: Clauses, n: int) -> str:
    """“… pushed it without asking”, “… instead of reading the runbook”."""
    instead = said.text_at(n + 1) in ("of", "than")
    if said.text_at(n) in ("instead", "rather") and not instead:
        return ""
    cared = ("care", "heed", "virtue", "ground")
    care = said.skip(
        n + 1 + instead, "determiner", "adverb", "preposition", "lacking", "skilled", unless=cared
    )
    if not said.is_at(care, *cared) or (instead and not said.text_at(care).endswith("ing")):
        return ""
    if {"will", "can", "may", "shall"} & {word.text for word in said.words[:n]}:
        return ""  # it is yet to come, or could be
    person = actor(said, n)
    told = person >= 0 and not said.is_supposed(n, person) and not may(said, person)
    return said.quote(person, care) if told and not said.is_at(person, "outsider") else ""
