"""What people are said to have done, and how badly."""

from __future__ import annotations

from typing import Final

from pmkit.checks.clauses import Clauses
from pmkit.checks.reproach._people import (
    NOT_OTHERS,
    actor,
    as_told,
    head_person,
    is_explained,
    is_other,
    may,
    surely,
)

_OTHER_SENSES: Final = {
    "brok": ("down", "off", "into", "up", "out", "through"),
    "brea": ("down", "off", "into", "up", "out", "through"),
    "fail": ("over", "back", "to"),
}


def sinned(said: Clauses, n: int) -> str:
    """“Support ignored …”, “the contractor broke …”, “after sleeping through …”."""
    word, follows = said.words[n], said.text_at(n + 1)
    if (
        said.is_at(n - 1, "determiner")
        or said.is_passive(n)
        or (word.is_a("lapse") and not (word.is_a("past") or said.is_at(n - 1, "role", "name")))
    ):
        return ""
    if follows in _OTHER_SENSES.get(word.text[:4], ()) or said.is_denied(n):
        return ""
    subject = said.find_subject(n)
    ours = said.is_at(subject, "self") and not (word.is_a("sin") and said.text_at(subject) == "i")
    together = (
        said.text_at(subject) in ("they", "everyone", "everybody") or said.within(n + 1, 5, "sign_word") > 0
    )
    if (
        not is_other(said, subject, "nobody", "outsider")
        or ours
        or (word.text in ("missed", "overlooked") and together)
    ):
        return ""  # what all of them missed is hindsight alone
    told = word.is_a("sin") or (surely(said, subject, n, "sin") and not is_explained(said, n, subject))
    return (
        said.quote(subject, n) if told and not said.is_supposed(n, subject) and not may(said, subject) else ""
    )


def did_badly(said: Clauses, n: int) -> str:
    """“Bob accidentally deleted …”, “was mistakenly deleted by an engineer”."""
    start, words = said.clause_start(n), said.words
    first = start if words[n].is_a("misdoing") else 0
    for k in range(first, len(words)):
        if not said.is_person(k) or words[k].is_a(*NOT_OTHERS):
            continue
        if (k < n and said.leads(k)) or "by" in (said.text_at(k - 1), said.text_at(k - 2)):
            thought_of = any(
                word.is_a("supposing", "letting") for word in words[max(0, start - 1) : max(n, k)]
            )
            told = abs(k - n) <= 12 and not (may(said, k) or thought_of or said.is_denied(n))
            return said.quote(min(k, n), max(k, n)) if told else ""
    return ""


def chose_wrong(said: Clauses, n: int) -> str:
    """“She picked the wrong host”, “left the flag on”, “made a mistake”."""
    word, places = said.words[n], range(n + 1, min(n + 8, len(said.words)))
    if word.is_a("making"):
        end = said.within(n + 1, 4, "lapse")
    elif word.is_a("leaving"):
        end = next((k for k in places[1:] if said.is_at(k, "left_state")), -1)
    else:
        gave = word.text in ("gave", "gives")
        end = next(
            (k for k in places[:5] if said.is_at(k, "wrong") or (gave and said.text_at(k) == "bad")), -1
        )
    subject = said.find_subject(n) if end > 0 and not said.is_denied(n) else -1
    blamed = is_other(said, subject) and (surely(said, subject, n, "sin") or said.is_at(end, "lapse"))
    return said.quote(subject, end) if blamed and as_told(said, end, subject) else ""


def against_advice(said: Clauses, n: int) -> str:
    """“… insisted despite our warnings”, “against all advice”."""
    advice = said.within(n + 1, 4, "advice")
    person = actor(said, n) if advice > 0 else -1
    return said.quote(person, advice) if is_other(said, person, "outsider") else ""


def was_told(said: Clauses, n: int) -> str:
    """“He was told not to, but did it”, “Tomás, who was supposed to watch it, was at lunch”."""
    if said.text_at(n - 1) not in ("was", "were", "been", "had"):
        return ""
    rest = [word.text for word in said.words[n + 1 :]]
    against = {"but", "yet", "anyway", "nevertheless", "twice", "repeatedly", "nothing", "ignored"} & set(
        rest
    )
    against_it = against or ("not" in rest[:2] and "and" in rest) or said.text_at(n - 2) == "who"
    subject = said.find_subject(n - 1) if against_it else -1
    return said.quote(subject, n) if is_other(said, subject, "self", "nobody") else ""


def keeps_doing(said: Clauses, n: int) -> str:
    """“Developers keep pushing untested code”, “the vendor is always late”."""
    follows, subject = said.words[n + 1 : n + 2], said.find_subject(n)
    if not follows or not said.is_at(subject, "role", "name", "group") or follows[0].is_a("past"):
        return ""
    going_on = said.text_at(n).startswith(("keep", "kept")) and follows[0].text.endswith("ing")
    bad = follows[0].is_a("sin", "harm", "deed", "tiring") or (going_on and not follows[0].is_a("usual"))
    return said.quote(subject, n + 1) if bad else ""


def as_usual(said: Clauses, n: int) -> str:
    """“As usual sales …”, “typical of …”, “it's always the same people who skip …”."""
    words = said.words
    named = ("role", "name", "group", "folk")
    people = (k for k in range(len(words)) if said.is_person(k) and words[k].is_a(*named) and said.leads(k))
    person = next(people, -1)
    if person < 0 or words[person].text in ("he", "she", "they"):
        return ""
    always = words[n].text == "always" and not (
        said.text_at(n - 1) in ("'s", "is") and {"skip", "who"} & said.texts()
    )
    return "" if always else said.quote(min(n, person), max(n, person))


def thing_of_theirs(said: Clauses, n: int) -> str:
    """“Jim's script wiped it”, “her query was terrible”, “his hasty fix”."""
    words = said.words
    of_person = words[n].text in ("his", "her") or (
        said.is_at(n - 1, "role", "name") and not said.is_at(n - 1, "group", "nobody")
    )
    for k in range(n + 2, min(n + 10, len(words))) if of_person else ():
        if words[k].text in (",", ".", ";", ":", "because", "which", "that", "and"):
            return ""
        bad = words[k].is_a("bad") and said.is_at(said.skip_back(k - 1), "being")
        harmed = words[k].is_a("harm") and words[k].is_a("past") and not words[k].is_a("by_itself")
        if (bad or (harmed and not said.is_passive(k))) and not said.is_denied(k):
            return said.quote(max(0, n - 1), k)
    return ""


def wrong_by(said: Clauses, n: int) -> str:
    """“A wrong click from the admin”."""
    by = next((k for k in range(n + 2, min(n + 4, len(said.words))) if said.text_at(k) in ("by", "from")), -1)
    person = head_person(said, by + 1) if by > 0 and not said.is_at(by - 1, "care") else -1
    named = said.is_at(person, "role", "name") and not said.is_at(person, "group")
    return said.quote(n, person) if named and not said.is_denied(n) else ""


def just_clicked(said: Clauses, n: int) -> str:
    """“The reviewer just clicked approve”, “simply assumed”."""
    follows, subject = said.words[n + 1 : n + 2], said.find_subject(n)
    if not follows or said.text_at(n - 1) in ("had", "has", "have"):
        return ""
    rash = follows[0].is_a("rash_deed") or (
        said.text_at(n) != "just" and follows[0].is_a("picked") and follows[0].is_a("past")
    )
    return said.quote(subject, n + 1) if rash and said.is_at(subject, "role", "name") else ""


def thought_it_good(said: Clauses, n: int) -> str:
    """“Someone thought it would be a good idea to …”."""
    later = {word.text for word in said.words[n:]}
    subject = said.find_subject(n) if "idea" in later and {"good", "great", "clever"} & later else -1
    return said.quote(subject, n) if is_other(said, subject, "self", "nobody") else ""
