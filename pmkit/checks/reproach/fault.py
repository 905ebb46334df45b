"""Whose fault it is said to have been."""

from __future__ import annotations

from pmkit.checks.clauses import Clauses
from pmkit.checks.reproach._people import (
    by_person,
    head_person,
    is_denied_after,
    is_explained,
    is_guarded,
    is_other,
    owner,
)


def own_fault(said: Clauses, n: int) -> str:
    """“Jonas's mistake”, “an error of the night shift”, “operator error”."""
    word, before = said.words[n], said.words[n - 1] if n else None
    if said.is_denied(n) or is_guarded(said, n) or is_denied_after(said, n):
        return ""
    whose, by = owner(said, n), by_person(said, n)
    if whose >= 0:
        return "" if word.is_a("of_machines") and said.is_at(whose, "maybe name") else said.quote(whose, n)
    of_role = before is not None and (
        before.is_a("fault_of") or (before.is_a("role") and before.text not in ("she", "he"))
    )
    if of_role and word.is_a("of_roles") and not said.is_at(n + 1, "thing"):
        of_tool = said.text_at(n - 1) in ("user", "manual", "operator") and (
            said.is_at(n + 1, "technical") or word.text in ("failure", "failures", "errors", "fault")
        )
        return "" if of_tool else said.quote(n - 1, n)
    loose = word.is_a("of_things") and not said.is_at(by, "role", "name") and said.text_at(by - 1) != "by"
    return said.quote(n, by) if by >= 0 and not loose else ""


def done_by(said: Clauses, n: int) -> str:
    """“Caused by Henrik”, “overlooked by the lead”, “not checked by anybody in ops”."""
    person, done = head_person(said, n + 1), said.words[n - 1] if n else None
    if done is None or person < 0 or is_guarded(said, n) or said.is_at(person, "outsider"):
        return ""
    if done.is_a("sin", "harm") and not done.is_a("by_itself") and not said.is_denied(n - 1):
        named = not said.is_at(person, "maybe name") or done.text == "caused"
        return said.quote(n - 1, person) if named and (done.is_a("past") or " " in done.text) else ""
    denied = any(word.is_a("not") or word.text == "never" for word in said.words[max(0, n - 4) : n - 1])
    undone = denied and done.is_a("care", "deed") and said.is_at(person, "role", "name")
    return said.quote(n - 1, person) if undone and not is_explained(said, person, person) else ""


def owing_to(said: Clauses, n: int) -> str:
    """“Because of the vendor”, “due to Sam not testing it”."""
    to = said.skip(n + 1, "adverb")
    person = head_person(said, to + 1) if said.text_at(to) in ("of", "to") and not said.is_denied(n) else -1
    if person < 0 or said.is_at(person, "self"):
        return ""
    after = said.text_at(person + 1)
    ends = after in ("", ".", "who", "not", "and") and said.text_at(n) != "thanks"
    return said.quote(n, person) if ends or after.endswith("ing") else ""


def lies_with(said: Clauses, n: int) -> str:
    """“The fault lies with …”, “this is on the SRE team”, “is the responsibility of …”."""
    words, this = said.words, said.text_at(n) in ("this", "that")
    verbs = ("is",) if this else ("lies", "lay", "rests", "rested", "falls", "fell", "sits")
    verb = next((k for k in range(n + 1, min(n + 6, len(words))) if words[k].text in verbs), -1)
    on = said.skip(verb + 1, "adverb") if verb > 0 else -1
    person = head_person(said, on + 1) if said.text_at(on) in ("with", "on", "upon", "at", "to") else -1
    blamed = is_other(said, person, "self", "maybe name") and not said.is_denied(on)
    if blamed and not (this and person + 1 < len(words) - 1):
        return said.quote(n, person)
    of_harm = said.text_at(n) == "responsibility" and any(word.is_a("harm_thing") for word in words[:n])
    person = head_person(said, n + 2) if of_harm and said.text_at(n + 1) == "of" else -1
    return said.quote(n, person) if person >= 0 else ""


def blames(said: Clauses, n: int) -> str:
    """“I blame the vendor”."""
    aside = said.is_at(n - 1, "determiner") or said.text_at(n - 1) in ("of", "without")
    person = -1 if aside or said.is_denied(n) else head_person(said, n + 1)
    return said.quote(n, person) if person >= 0 else ""


def is_the_cause(said: Clauses, n: int) -> str:
    """“The root cause is Sanjay not testing it”, “Root cause: Mike deleted it”, “the culprit was Bob”."""
    if said.text_at(n + 1) not in ("is", "was", ":"):
        return ""
    start = said.skip(n + 2, "adverb", unless=("role", "name"))
    person = head_person(said, start + (said.text_at(start) == "that")) if start > 0 else -1
    rest = said.text_at(person + 1)
    named = said.is_at(person, "role", "name") and not said.is_at(person, "group")
    told = said.text_at(n + 1) == ":" and named and not said.is_at(person + 1, "auxiliary", "modal", "adverb")
    ends = rest in ("", ".", ",", "not", "who", "which", "that") or rest.endswith("ing")
    return said.quote(n, person) if person >= 0 and (ends or told) else ""


def held_accountable(said: Clauses, n: int) -> str:
    """“… must be held accountable”."""
    held = said.text_at(n + 1) in ("accountable", "responsible", "liable")
    return said.quote(n, n + 1) if held and any(said.is_person(k) for k in range(len(said.words))) else ""
