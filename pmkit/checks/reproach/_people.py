"""Who acts in a sentence, whose a thing is, and whether it was really so."""

from __future__ import annotations

from typing import Final

from pmkit.checks.clauses import PEOPLE, Clauses

OWNS: Final = frozenset({"'s", "his", "her", "their", "my", "your", "our"})
NOT_OTHERS: Final = ("self", "nobody", "outsider")


def is_other(said: Clauses, person: int, *not_of: str) -> bool:
    """Whether there is somebody, and not the writer, nobody or an outsider, unless other kinds are given."""
    return person >= 0 and not said.words[person].is_a(*(not_of or NOT_OTHERS))


def surely(said: Clauses, subject: int, verb: int, human: str) -> bool:
    """Whether the subject is surely a person, or does what only people do."""
    word = said.words[subject]
    if word.is_a("self"):
        return False
    return (
        word.is_a("role", "name") or said.is_at(verb, human) or (word.is_a("group") and word.text != "they")
    )


def as_told(said: Clauses, at: int, subject: int) -> bool:
    """Whether it is told as it was: neither supposed nor explained."""
    return not said.is_supposed(at, subject) and not is_explained(said, at, subject)


def is_explained(said: Clauses, at: int, subject: int) -> bool:
    """Whether the sentence says what kept them from it: then it tells, and does not reproach."""
    words = said.words
    for n in range(at + 1, len(words) - 1):
        after = words[n + 1]
        because = words[n].is_a("explaining") or words[n].text in (";", ":")
        as_it_was = words[n].text == "as" and (
            after.is_a("determiner", "role", "nobody") or after.text in ("it", "there", "he")
        )
        if because or (as_it_was and after.text not in ("that", "if")):
            state = {"had", "were", "was", "could"} & {word.text for word in words[n + 2 : n + 4]}
            return after.text not in ("he", "she", "they") or bool(state)
    return bool(subject and words[0].text in ("because", "since", "as") and not said.is_person(1))


def may(said: Clauses, subject: int) -> bool:
    """“An operator can …”, “somebody could …”: nobody did."""
    modals = ("can", "could", "may", "might", "would", "must", "will", "should", "cannot")
    return any(word.text in modals for word in said.words[subject + 1 : subject + 4])


def actor(said: Clauses, n: int) -> int:
    """The person who acts in the clause before that word, or in the sentence when it begins there."""
    start = said.clause_start(n)
    for first in dict.fromkeys((start, 0)):
        for k in range(first, n):
            if (
                said.is_person(k)
                and not said.is_at(k, "self", "nobody")
                and said.text_at(k + 1) != "'s"
                and said.leads(k)
            ):
                return k
        if said.text_at(start - 1) != ",":
            break
    return -1


def is_guarded(said: Clauses, n: int) -> bool:
    """“A guard against operator error”, “if somebody makes a mistake”: it is only thought of."""
    start = said.clause_start(n)
    return any(word.is_a("letting", "guarding") for word in said.words[max(0, start - 1) : n])


def is_denied_after(said: Clauses, n: int) -> bool:
    """“Human error is not a cause”, “their mistake alone would have …”."""
    rest = said.words[n + 1 : n + 4]
    if any(word.text == "would" for word in rest):
        return True
    denied = any(word.is_a("not") or word.text in ("never", "nothing", "no") for word in rest)
    return bool(rest) and rest[0].text in ("is", "was", "are", "were", "does", "did", "explains") and denied


def owner(said: Clauses, n: int) -> int:
    """Whose it is: “Jonas's grave mistake”, “their mistake”; −1 for nobody's."""
    words = said.words
    for k in range(n - 1, max(-1, n - 5), -1):
        text = words[k].text
        if text in ("his", "her", "their") or (text in ("my", "your", "our") and said.is_at(n, "owned_up")):
            return k
        if text == "'s":
            return k - 1 if said.is_at(k - 1, *PEOPLE) and not said.is_at(k - 1, "nobody") else -1
        if words[k].is_a("preposition", "break", "joint", "auxiliary", "modal") or not text[:1].isalnum():
            return -1
    return -1


def by_person(said: Clauses, n: int) -> int:
    """The person behind “by”, “of”, “on the part of” after a word; −1 for none."""
    words, first = said.words, said.skip(n + 1, "auxiliary", "adverb")
    made = said.text_at(first) in ("made", "committed", "caused", "done")
    start = first + 1 if made else n + 1
    for k in range(start, min(start + 6, len(words) - 1)):
        if [word.text for word in words[k : k + 4]] in (
            ["on", "the", "part", "of"],
            ["on", "the", "side", "of"],
        ):
            return head_person(said, k + 4)
        text = words[k].text
        if text in ("by", "among", "amongst", "within") or (
            k == start and text in ("of", "from", "at", "in")
        ):
            person = head_person(said, k + 1)
            if person >= 0 or text == "by":
                return person
        if (k > start and words[k].is_a("auxiliary", "break", "joint", "care", "sin", "harm")) or not text[
            :1
        ].isalnum():
            return -1
    return -1


def head_person(said: Clauses, first: int) -> int:
    """The person that leads the words from there: “the night shift”, “one of our team”; −1 for a thing."""
    words = said.words
    for k in range(first, min(first + 6, len(words))):
        if said.is_person(k) and not words[k].is_a("nobody"):
            if said.text_at(k + 1) == "'s" or said.is_at(k + 1, "thing"):
                return -1
            if not (k + 1 < len(words) and said.is_person(k + 1) and not said.is_at(k + 1, "self")):
                return k
        elif words[k].text == "of" and said.is_at(k - 1, "determiner", "role"):
            continue
        elif (
            words[k].is_a("preposition", "break", "joint", "auxiliary", "modal", "sin", "harm")
            or not words[k].text[:1].isalnum()
        ):
            return -1
    return -1
