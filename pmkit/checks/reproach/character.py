"""What people are said to be: careless, lacking, in want of a reminder."""

from __future__ import annotations

from pmkit.checks.clauses import PEOPLE, Clauses
from pmkit.checks.reproach._people import OWNS, as_told, by_person, is_explained, is_other, owner


def careless(said: Clauses, n: int) -> str:
    """“Careless handling”, “a sloppy change”: whoever it was."""
    if said.is_denied(n) or said.is_at(n + 1, "technical"):
        return ""
    of_people = said.kinds & PEOPLE or said.is_at(n + 1, "lapse", "made_thing")
    return said.text_at(n) if of_people or not said.is_at(n, "of_things_too") else ""


def lacking(said: Clauses, n: int) -> str:
    """“The vendor was too slow”, “an untrained operator”, “his hasty fix”."""
    words = said.words
    if said.is_denied(n) or words[-1].text == "?":
        return ""
    be = n - 1
    while be >= 0 and words[be].is_a("adverb", "misdoing", "judged", "careless", "determiner"):
        be -= 1
    subject = said.find_subject(be) if said.is_at(be, "being") else -1
    if is_other(said, subject, "self", "nobody") and reproaches(said, be, n):
        return (
            said.quote(subject, n)
            if not said.is_supposed(be, subject) and not is_explained(said, n, subject)
            else ""
        )
    if said.is_at(n, "unfit") and said.is_at(n + 1, "role") and said.is_person(n + 1):
        return said.quote(n, n + 1)
    owned = said.text_at(n - 1) in OWNS and (said.text_at(n - 1) != "'s" or said.is_at(n - 2, *PEOPLE))
    return (
        said.quote(max(0, n - 2), n + 1)
        if owned and n + 1 < len(words) and not said.is_at(n, "of_things_too")
        else ""
    )


def reproaches(said: Clauses, be: int, at: int) -> bool:
    """Whether an adjective blames: some do so only with “too”, or beside the harm that was done."""
    words, text = said.words, said.text_at(at)
    between = {word.text for word in words[be + 1 : at]}
    if not words[at].is_a("with_too") or "too" in between:
        return True
    if text in ("responsible", "accountable", "liable"):
        fully = {"held", "solely", "entirely", "directly", "fully"} & between
        return bool(fully) or any(word.is_a("harm_thing") for word in words[at + 1 : at + 7])
    return text == "wrong" or (text in ("slow", "late") and said.text_at(at + 1) == "to")


def not_careful(said: Clauses, n: int) -> str:
    """“… was not paying attention”, “was not properly trained”."""
    k = said.skip(n + 1, "adverb", unless=("good",)) if said.is_at(n - 1, "being") else -1
    subject = said.find_subject(n) if said.is_at(k, "good") else -1
    return said.quote(subject, k) if is_other(said, subject) and as_told(said, k, subject) else ""


def more_careful(said: Clauses, n: int) -> str:
    """“Tell Simon to be more careful”."""
    asked = said.text_at(n - 1) in ("more", "better") and said.text_at(n - 2) in ("be", "been", "being")
    named = any(said.is_person(k) and not said.is_at(k, "self") for k in range(n))
    return said.quote(n - 2, n) if asked and (named or said.text_at(n - 2) == "been") else ""


def any_other_would(said: Clauses, n: int) -> str:
    """“Any competent engineer would have …”, “even a child knows”."""
    words, last = said.words, min(n + 4, len(said.words) - 1)
    who = (k for k in range(n + 1, last) if said.is_person(k) or words[k].text in ("child", "kid", "monkey"))
    person = next(who, -1)
    if person < 0 or not {"would", "could", "should", "knows", "know"} & {
        word.text for word in words[person + 1 : person + 4]
    }:
        return ""
    named = {word.text for word in words[n + 1 : person]}
    skilled = any(word.is_a("skilled", "new_here") for word in words[n + 1 : person])
    every = (
        words[n].text in ("any", "every", "even", "no") or not {"experienced", "seasoned", "senior"} & named
    )
    return said.quote(n, person) if words[n].text == "even" or (skilled and every) else ""


def wanted(said: Clauses, n: int) -> str:
    """“Lack of discipline”, “poor communication by the lead”."""
    words = said.words
    want = next((k for k in range(n - 1, max(-1, n - 6), -1) if words[k].is_a("want_word")), -1)
    if want < 0 or said.is_at(n + 1, "thing") or said.text_at(n + 1) in ("plan", "environment", "set"):
        return ""
    if said.text_at(want - 1) in ("no", "not") and words[want].text != "enough":
        return ""
    of_somebody = max(by_person(said, n), owner(said, want)) >= 0
    grave = words[n].is_a("virtue") and not words[want].is_a("loose_want")
    most = words[n].is_a("grave_virtue") and words[want].text not in (
        "no",
        "without",
        "more",
        "low",
        "bad",
        "want",
    )
    return said.quote(want, n) if of_somebody or grave or most else ""
