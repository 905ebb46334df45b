"""What is asked, as who did it and why, and asked for, as a punishment."""

from __future__ import annotations

from pmkit.checks.clauses import Clauses
from pmkit.checks.reproach._people import head_person, is_other


def asks_who(said: Clauses, n: int) -> str:
    """“Who broke it?”, “whose idea was that?”."""
    rest = said.words[n + 1 : n + 5]
    if not _opens_question(said, n) or any(word.is_a("harmless_question") for word in rest):
        return ""
    if said.text_at(n) == "which" and not (
        rest and (rest[0].is_a("role") or rest[0].text in ("of", "idiot", "genius"))
    ):
        return ""
    at_fault = {"responsible", "blame", "fault", "accountable", "guilty"} & {word.text for word in rest}
    mess = any(word.is_a("harm_thing") for word in said.words[n + 2 :])
    asleep = any(word.is_a("lacking") and not word.is_a("with_too") for word in rest)
    did = asleep or any(
        word.is_a("sin", "harm", "deed")
        or (word.is_a("past") and word.is_a("care") and word.text != "thought")
        for word in rest
    )
    asked = did or (at_fault and mess) or said.text_at(n) == "whose" or "good idea" in said.text
    return said.quote(n, min(n + 2, len(said.words) - 1)) if asked else ""


def asks_why(said: Clauses, n: int) -> str:
    """“Why did the DB team not check?”, “what was he thinking?”, “how did nobody on call see it?”."""
    words = said.words
    person = next((k for k in range(n + 1, min(n + 8, len(words))) if said.is_person(k)), -1)
    if not _opens_question(said, n) or not is_other(said, person, "self", "outsider"):
        return ""
    behind = words[person + 1 :]
    if said.is_at(person, "nobody") and not any(
        said.is_person(k) for k in range(person + 1, min(person + 7, len(words)))
    ):
        return ""  # hindsight, of nobody in particular
    negative = said.is_at(person, "nobody") or any(word.is_a("not") for word in words[n + 1 : person + 4])
    puzzled = (
        any(word.is_a("sin", "harm", "careless", "puzzling") for word in behind[:6]) or " earth " in said.text
    )
    thinking = {"thinking", "dare", "miss", "forget"} & {word.text for word in behind[:2]} or said.text_at(
        n + 1
    ) == "possessed"
    sure = said.is_at(person, "role", "name", "group", "nobody", "maybe name")
    asked = (
        sure and (negative or puzzled)
        if said.text_at(n) == "why"
        else thinking or (said.text_at(n) == "how" and negative and sure)
    )
    return said.quote(n, person) if asked else ""


def _opens_question(said: Clauses, n: int) -> bool:
    return n == said.skip(0, "joint") and "?" in said.texts()


def punishes(said: Clauses, n: int) -> str:
    """“Retrain Mikael”, “fire the operator”, “ask Leon why he …”."""
    opens = n == 0 or (n == 2 and said.text_at(1) == ":")
    person = head_person(said, n + 1 + (said.text_at(n + 1) == "to")) if opens else -1
    named = said.is_at(person, "name", "maybe name") or said.text_at(person) in ("he", "she")
    if said.text_at(n) == "ask":
        return said.quote(n, person + 1) if named and said.text_at(person + 1) == "why" else ""
    return said.quote(n, person) if person >= 0 and (named or said.is_at(n, "punishing_anybody")) else ""


def was_punished(said: Clauses, n: int) -> str:
    """“The operator was reprimanded”, “must be retrained”."""
    subject = said.find_subject(n)
    near = {"be", "gets", "get", "was", "were"} & {word.text for word in said.words[max(0, n - 4) : n]}
    return said.quote(subject, n) if near and said.is_at(subject, "role", "name", "folk") else ""


def is_warned(said: Clauses, n: int) -> str:
    """“Give the on-call a formal warning”, “Viktor loses his access after this mess”."""
    words, texts = said.words, said.texts()
    person = next((k for k in range(n) if said.is_person(k) and not said.is_at(k, "self", "nobody")), -1)
    if person < 0:
        return ""
    if words[n].is_a("reprimand"):
        return said.quote(person, n) if {"give", "needs", "need", "gets", "deserves", "issue"} & texts else ""
    taken = any(word.is_a("taking_away") for word in words) and {"because", "after", "mess", "until"} & texts
    return said.quote(person, n) if taken else ""


def until_they_learn(said: Clauses, n: int) -> str:
    """“… until they learn to test”, “make sure Pavel does not do that again”, “a junior was allowed to …”."""
    person = next(
        (k for k in range(len(said.words)) if said.is_person(k) and not said.is_at(k, "self", "nobody")), -1
    )
    if person < 0:
        return ""
    texts = said.texts()
    learn = said.text_at(n) == "until" and {"learn", "learns", "learnt", "learned"} & texts and person < n
    again = (
        said.text_at(n) in ("make", "ensure")
        and n == 0
        and said.is_at(person, "name")
        and {"not", "that"} <= texts
    )
    let = said.is_at(n, "new_here") and {"allowed", "let", "permitted", "entrusted", "letting"} & texts
    told = learn or again or (let and not said.kinds & {"supposing"})
    return said.quote(min(n, person), max(n, person)) if told else ""
