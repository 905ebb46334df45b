"""What a sentence holds against people: who is said to have left undone, done wrong, or been what.

Each look is one way English has for it. All of them ask for a person first, leave alone what is denied, only
supposed, or told with what kept people from it, and say nothing of machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from pmkit.checks.clauses import PEOPLE, Clauses, Word, take_apart
from pmkit.vocabulary import Lexicon

_OWNS: Final = frozenset({"'s", "his", "her", "their", "my", "your", "our"})
_BE: Final = frozenset({"is", "was", "are", "were", "be", "been", "being", "got", "acted", "seemed", "looked", "remained", "became"})
_DID_NOT: Final = frozenset({"did", "do", "does", "had", "have", "has", "would"})
_WORTH_A_LOOK: Final = PEOPLE | {"careless", "lapse", "virtue", "asking"}


class Reproach(NamedTuple):
    """What kind of reproach it is, and the words of it."""

    kind: str
    words: str


def find_reproach(text: str, lexicon: Lexicon) -> Reproach | None:
    """The first reproach in a sentence, if there is one."""
    said = take_apart(text, lexicon)
    if not said.kinds & _WORTH_A_LOOK:
        return None
    return next((found for look in _LOOKS for found in look(said)), None)


# What was left undone


def _did_not(said: Clauses) -> Iterator[Reproach]:
    """“The engineer did not check …”, “QA never tests …”."""
    words = said.words
    for n in said.places("not", "never"):
        verb = said.skip(n + 1, "adverb", "judged", unless=("care", "heed"))
        if verb < 0 or not words[verb].is_a("care", "heed") or (words[n].text == "not" and words[n - 1].text not in _DID_NOT):
            continue
        subject = said.find_subject(n)
        if subject < 0 or words[subject].is_a("nobody", "self") or not _surely(said, subject, verb, "heed"):
            continue
        if not (said.is_supposed(verb, subject) or _is_explained(said, verb, subject)):
            yield Reproach("left undone", said.quote(subject, verb))


def _did_not_do_their_part(said: Clauses) -> Iterator[Reproach]:
    """“Support did not do their job”, “nobody on the team cared”."""
    words = said.words
    for n, word in enumerate(words):
        if word.text in ("job", "homework", "part", "diligence", "duty") and n and words[n - 1].text in (*_OWNS, "due"):
            denied = [k for k in range(max(0, n - 6), n) if words[k].is_a("not") or words[k].text == "never"]
            if denied and (subject := said.find_subject(denied[0])) >= 0 and not words[subject].is_a("self"):
                yield Reproach("left undone", said.quote(subject, n))
        if word.is_a("nobody") and n + 1 < len(words):
            rest = words[n + 1 : n + 7]
            if any(each.text in _CARED for each in rest[:3]):
                yield Reproach("left undone", said.quote(n, min(n + 2, len(words) - 1)))
            elif rest[0].is_a("preposition") and any(said.is_person(k) for k in range(n + 1, n + 1 + len(rest))):
                verb = next((n + 1 + k for k, each in enumerate(rest) if each.is_a("care", "heed") and each.is_a("past")), -1)
                if verb > 0 and not _is_explained(said, verb, n):
                    yield Reproach("left undone", said.quote(n, verb))


_CARED: Final = frozenset({
    "bothered", "cared", "bothers", "cares", "bother", "care", "ownership", "responsibility", "willing", "trouble", "initiative",
})  # fmt: skip


def _failed_to(said: Clauses) -> Iterator[Reproach]:
    """“Operations failed to escalate”, “the reviewer's failure to see it”."""
    words = said.words
    for n, word in enumerate(words[:-2]):
        if word.text in ("failed", "fails", "failing", "omitted", "neglected", "omits") and words[n + 1].text == "to":
            subject = said.find_subject(n)
            if subject < 0 or said.is_denied(n) or words[subject].is_a("self", "nobody"):
                continue
            if _surely(said, subject, n + 2, "heed") and not said.is_supposed(n, subject):
                yield Reproach("left undone", said.quote(subject, n + 2))
        elif word.text in ("failure", "refusal", "reluctance", "unwillingness") and not said.is_denied(n):
            to = next((k for k in range(n, min(n + 8, len(words) - 1)) if words[k].text == "to"), -1)
            named = any(said.is_person(k) for k in range(max(0, n - 3), max(to, 0)))
            if to > 0 and named and words[to + 1].is_a("care", "heed", "sin") or word.text == "failure" and to == n + 1 and words[to + 1].is_a("heed"):
                yield Reproach("left undone", said.quote(n, to + 1))


def _without_care(said: Clauses) -> Iterator[Reproach]:
    """“… pushed it without asking”, “… instead of reading the runbook”."""
    words = said.words
    for n, word in enumerate(words[:-1]):
        instead = word.text in ("instead", "rather") and words[n + 1].text in ("of", "than")
        if word.text not in ("without", "w/o") and not instead:
            continue
        care = said.skip(n + 1 + instead, "determiner", "adverb", "preposition", "lacking", "skilled", unless=("care", "heed", "virtue", "ground"))
        if care < 0 or not words[care].is_a("care", "heed", "virtue", "ground") or (instead and not words[care].text.endswith("ing")):
            continue
        subject = _actor(said, n)
        if subject >= 0 and not (said.is_supposed(n, subject) or _may(said, subject) or words[subject].is_a("outsider")):
            yield Reproach("left undone", said.quote(subject, care))


# What was done


def _sinned(said: Clauses) -> Iterator[Reproach]:
    """“Support ignored …”, “the contractor broke …”, “after sleeping through …”."""
    words = said.words
    for n, word in enumerate(words):
        if not word.is_a("sin", "harm") or (n and words[n - 1].is_a("determiner")) or _is_passive(said, n):
            continue
        follows = words[n + 1].text if n + 1 < len(words) else ""
        if (word.text, follows) in _OTHER_SENSES or follows == "to" and word.text.startswith("fail"):
            continue
        subject = said.find_subject(n)
        if subject < 0 or said.is_denied(n) or words[subject].is_a("nobody", "outsider"):
            continue
        if words[subject].is_a("self") and not (word.is_a("sin") and words[subject].text == "i"):
            continue
        if word.text in ("missed", "overlooked") and (words[subject].text in ("they", "everyone", "everybody") or said.within(n + 1, 5, "sign_word") > 0):
            continue  # that is hindsight alone
        if word.is_a("lapse") and not word.is_a("past"):
            continue
        if not word.is_a("sin") and (not _surely(said, subject, n, "sin") or _is_explained(said, n, subject)):
            continue
        if not (said.is_supposed(n, subject) or _may(said, subject)):
            yield Reproach("judged", said.quote(subject, n))


_OTHER_SENSES: Final = frozenset({
    (verb, particle) for verb in ("broke", "breaks", "breaking") for particle in ("down", "off", "into", "up", "out", "through")
} | {(verb, particle) for verb in ("failed", "fails", "failing") for particle in ("over", "back")})  # fmt: skip


def _did_badly(said: Clauses) -> Iterator[Reproach]:
    """“Bob accidentally deleted …”, “was mistakenly deleted by an engineer”."""
    words = said.words
    for n, word in enumerate(words):
        if not word.is_a("misdoing", "inexcusable") or said.is_denied(n):
            continue
        start = said.clause_start(n)
        people = (k for k in range(start if word.is_a("misdoing") else 0, len(words)) if said.is_person(k) and not words[k].is_a("self", "nobody", "outsider"))
        subject = next((k for k in people if k < n and said.leads(k) or k and words[k - 1].text == "by" or k > 1 and words[k - 2].text == "by"), -1)
        if subject < 0 or abs(subject - n) > 12 or _may(said, subject):
            continue
        if not any(each.is_a("supposing", "letting") for each in words[max(0, start - 1) : max(n, subject)]):
            yield Reproach("judged", said.quote(min(subject, n), max(subject, n)))


def _chose_wrong(said: Clauses) -> Iterator[Reproach]:
    """“She picked the wrong host”, “left the flag on”, “made a mistake”."""
    words = said.words
    for n, word in enumerate(words[:-1]):
        verb = n
        if word.text in ("made", "makes", "make", "making", "committed", "commits", "did", "done"):
            ends = said.within(n + 1, 4, "lapse")
        elif word.text in ("left", "leaves", "leaving"):
            ends = next((k for k in range(n + 2, min(n + 8, len(words))) if words[k].is_a("left_state")), -1)
        elif word.is_a("picked"):
            ends = next((k for k in range(n + 1, min(n + 6, len(words))) if words[k].is_a("wrong") or words[k].text == "bad" and word.text in ("gave", "gives")), -1)
        else:
            continue
        subject = said.find_subject(verb) if ends > 0 else -1
        if subject < 0 or words[subject].is_a("self", "nobody", "outsider") or said.is_denied(n):
            continue
        if _surely(said, subject, n, "sin") or words[ends].is_a("lapse"):
            if not (said.is_supposed(n, subject) or _is_explained(said, ends, subject)):
                yield Reproach("judged", said.quote(subject, ends))


def _went_against(said: Clauses) -> Iterator[Reproach]:
    """“… insisted despite our warnings”, “was told not to, but did it”, “always”, “as usual”."""
    words = said.words
    for n, word in enumerate(words):
        if word.text in ("despite", "against", "ignoring", "in spite of") and said.within(n + 1, 4, "advice") > 0:
            subject = _actor(said, n)
            if subject >= 0 and not words[subject].is_a("outsider"):
                yield Reproach("judged", said.quote(subject, said.within(n + 1, 4, "advice")))
        elif word.text in ("told", "warned", "instructed", "asked", "reminded", "supposed", "expected", "obliged") and n and words[n - 1].text in ("was", "were", "been", "had"):
            rest = [each.text for each in words[n + 1 :]]
            subject = said.find_subject(n - 1)
            against = {"but", "yet", "anyway", "nevertheless", "twice", "repeatedly"} & set(rest) or "not" in rest[:2] and "and" in rest
            if subject >= 0 and against and not words[subject].is_a("self", "nobody"):
                yield Reproach("measured", said.quote(subject, n))
            elif subject >= 0 and ({"nothing", "ignored"} & set(rest) or n > 1 and words[n - 2].text == "who" and word.text in ("supposed", "expected", "told", "warned")):
                yield Reproach("measured", said.quote(subject, n))
        elif word.text in ("always", "constantly", "keeps", "keep", "kept", "never", "repeatedly", "forever") and n + 1 < len(words):
            follows, subject = words[n + 1], said.find_subject(n)
            keeps = word.text.startswith(("keep", "kept"))
            bad = follows.is_a("sin", "harm", "deed") or follows.text in _TIRING or (keeps and follows.text.endswith("ing") and follows.text not in _USUAL)
            if subject >= 0 and bad and words[subject].is_a("role", "name", "group") and not follows.is_a("past"):
                yield Reproach("judged", said.quote(subject, n + 1))
        elif word.text in ("as usual", "as always", "typical", "once again", "yet again", "typically", "always"):
            person = next((k for k in range(len(words)) if said.is_person(k) and words[k].is_a("role", "name", "group", "folk") and said.leads(k)), -1)
            if person >= 0 and words[person].text not in ("he", "she", "they") and (word.text != "always" or n and words[n - 1].text in ("'s", "is") and words[-2].is_a("care", "sin", "thing", "role")):
                yield Reproach("judged", said.quote(min(n, person), max(n, person)))


_TIRING: Final = frozenset({"late", "says", "promises", "pushing", "complains", "shows", "promise", "push", "says", "wants"})
_USUAL: Final = frozenset({"running", "working", "going", "trying", "asking", "looking", "watching", "waiting", "monitoring", "updating", "posting"})


# What people are said to be


def _was_careless(said: Clauses) -> Iterator[Reproach]:
    """“Careless handling”, “the vendor was slow to …”, “an untrained operator”, “his hasty fix”."""
    words = said.words
    for n, word in enumerate(words):
        after = words[n + 1] if n + 1 < len(words) else None
        if word.is_a("careless") and not said.is_denied(n) and not (after and after.is_a("technical")):
            if word.text not in ("dumb", "stupid", "lazy", "foolish") or said.kinds & PEOPLE or (after and after.is_a("lapse")) or after and after.text in ("coding", "work", "default"):
                yield Reproach("character", word.text)
        if not word.is_a("lacking") or said.is_denied(n) or said.is_past_question(n):
            continue
        be = n - 1
        while be >= 0 and words[be].is_a("adverb", "misdoing", "judged", "careless", "determiner"):
            be -= 1
        subject = said.find_subject(be) if be >= 0 and words[be].text in _BE else -1
        if subject >= 0 and words[subject].is_a("role", "name", "folk", "group", "maybe name") and _reproaches(said, be, n):
            if not (said.is_supposed(be, subject) or _is_explained(said, n, subject)):
                yield Reproach("character", said.quote(subject, n))
        elif after and after.is_a("role") and word.text in _NOT_FIT and said.is_person(n + 1):
            yield Reproach("character", said.quote(n, n + 1))
        elif after and n and words[n - 1].text in _OWNS and word.text not in _PLAIN_BESIDE_THINGS and (words[n - 1].text != "'s" or n > 1 and words[n - 2].kinds & PEOPLE):
            yield Reproach("character", said.quote(max(0, n - 2), n + 1))


_NOT_FIT: Final = frozenset({
    "inexperienced", "untrained", "unqualified", "underqualified", "under-qualified", "unskilled", "unprepared", "hasty", "impatient", "arrogant", "stubborn",
    "lax", "useless", "ignorant", "clumsy", "hapless", "overeager", "trigger-happy", "forgetful", "unreliable", "undisciplined", "distracted",
})  # fmt: skip
_PLAIN_BESIDE_THINGS: Final = frozenset({"late", "slow", "busy", "responsible", "careful", "wrong", "sure", "absent", "passive", "comfortable", "accountable", "liable"})
_WITH_TOO: Final = frozenset({"careful", "sure", "busy", "late", "slow", "eager", "proud", "comfortable", "confused", "wrong", "absent", "passive", "responsible", "accountable", "liable", "untrained", "overwhelmed"})


def _reproaches(said: Clauses, be: int, at: int) -> bool:
    """Whether an adjective blames: some do so only with “too”, or beside the harm that was done."""
    words, text = said.words, said.words[at].text
    between = {word.text for word in words[be + 1 : at]}
    if text not in _WITH_TOO or "too" in between:
        return True
    if text in ("responsible", "accountable", "liable"):
        return bool({"held", "solely", "entirely", "directly", "fully"} & between) or any(word.is_a("harm_thing") for word in words[at + 1 : at + 7])
    return text in ("slow", "late") and at + 1 < len(words) and words[at + 1].text == "to" or text == "wrong"


def _was_not_careful(said: Clauses) -> Iterator[Reproach]:
    """“… was not paying attention”, “tell her to be more careful”."""
    words = said.words
    for n in said.places("not"):
        k = said.skip(n + 1, "adverb", unless=("good",))
        if n and words[n - 1].text in _BE and k > 0 and words[k].is_a("good"):
            subject = said.find_subject(n)
            if subject >= 0 and not words[subject].is_a("self", "nobody", "outsider") and not said.is_supposed(n, subject) and not _is_explained(said, k, subject):
                yield Reproach("character", said.quote(subject, k))
    for n, word in enumerate(words):
        if word.is_a("good") and n > 1 and words[n - 1].text in ("more", "better") and words[n - 2].text in ("be", "been", "being"):
            person = next((k for k in range(n) if said.is_person(k) and not words[k].is_a("self")), -1)
            if person >= 0 or words[n - 2].text == "been":
                yield Reproach("character", said.quote(n - 2, n))


def _any_other_would(said: Clauses) -> Iterator[Reproach]:
    """“Any competent engineer would have …”, “even a child knows”."""
    words = said.words
    for n, word in enumerate(words[:-2]):
        if word.text not in ("any", "every", "even", "no", "a", "an"):
            continue
        last = min(n + 4, len(words) - 1)
        person = next((k for k in range(n + 1, last) if said.is_person(k) or words[k].text in ("child", "kid", "monkey")), -1)
        knows = person > 0 and any(each.text in ("would", "could", "should", "knows", "know") for each in words[person + 1 : person + 4])
        skilled = person > 0 and any(each.is_a("skilled", "new_here") for each in words[n + 1 : person])
        if knows and (word.text == "even" or skilled) and (word.text in ("any", "every", "even", "no") or "than" not in said.text and not {"experienced", "seasoned", "senior"} & {each.text for each in words[n:person]}):
            yield Reproach("character", said.quote(n, person))


def _wanted(said: Clauses) -> Iterator[Reproach]:
    """“Lack of discipline”, “poor communication by the lead”."""
    words = said.words
    for n, word in enumerate(words):
        if not word.is_a("virtue", "ability") or (n + 1 < len(words) and (words[n + 1].is_a("thing") or words[n + 1].text in ("plan", "environment", "set"))):
            continue
        want = next((k for k in range(n - 1, max(-1, n - 6), -1) if words[k].is_a("want_word")), -1)
        if want < 0 or want and words[want - 1].text in ("no", "not") and words[want].text != "enough":
            continue
        loose = words[want].text in ("no", "without", "more", "low", "bad", "want")
        person = max(_by_person(said, n), _owner(said, want))
        if person >= 0 or (word.is_a("virtue") and not loose and words[want].text not in ("little", "poor", "enough", "missing") or word.text in ("attention", "discipline", "diligence", "common sense") and not loose):
            yield Reproach("character", said.quote(want, n))


# Whose fault it was


def _had_the_fault(said: Clauses) -> Iterator[Reproach]:
    """“Jonas's mistake”, “an error of the night shift”, “operator error”."""
    words = said.words
    for n, word in enumerate(words):
        if not word.is_a("lapse") or said.is_denied(n) or _is_guarded(said, n) or _is_denied_after(said, n):
            continue
        by = _by_person(said, n)
        owner = _owner(said, n)
        before = words[n - 1] if n else None
        after = words[n + 1] if n + 1 < len(words) else None
        if owner >= 0 and not (word.text in _OF_MACHINES and words[owner].is_a("maybe name")):
            yield Reproach("whose fault", said.quote(owner, n))
        elif before and (before.is_a("role") and said.words[n - 1].text not in ("she", "he", "they") or before.is_a("fault_of")) and word.text.rstrip("s") in _OF_ROLES:
            if not (before.text in ("user", "manual", "operator") and (after and after.is_a("thing", "technical") or word.text in ("failure", "failures", "errors", "fault"))) and not (after and after.is_a("thing")):
                yield Reproach("whose fault", said.quote(n - 1, n))
        elif by >= 0 and not (word.text.rstrip("s") in ("error", "failure", "failing", "interruption") and not words[by].is_a("role", "name") and words[by - 1].text != "by"):
            yield Reproach("whose fault", said.quote(n, by))


_OF_MACHINES: Final = frozenset({"error", "errors", "failure", "failures", "fault", "faults"})
_OF_ROLES: Final = frozenset({
    "error", "mistake", "oversight", "inattention", "failure", "fault", "negligence", "carelessness", "lapse", "misjudgement", "misjudgment", "typo", "slip",
    "inattentiveness", "panic", "incompetence", "inexperience", "ignorance", "negligence", "omission", "misunderstanding",
})  # fmt: skip


def _caused_it(said: Clauses) -> Iterator[Reproach]:
    """“Caused by Henrik”, “because of the vendor”, “overlooked by the lead”, “the blame is with …”."""
    words = said.words
    for n, word in enumerate(words[:-1]):
        if word.text == "by" and n:
            person = _head_person(said, n + 1)
            done = words[n - 1]
            if person < 0 or said.is_denied(n - 1) and not done.is_a("care") or _is_guarded(said, n) or words[person].is_a("outsider"):
                continue
            if done.is_a("sin", "harm") and (done.is_a("past") or " " in done.text) and (not words[person].is_a("maybe name") or done.text == "caused") and done.text not in ("triggered", "delayed", "failed"):
                yield Reproach("whose fault", said.quote(n - 1, person))
            elif done.is_a("care", "deed") and any(each.is_a("not") or each.text == "never" for each in words[max(0, n - 4) : n - 1]) and words[person].is_a("role", "name") and not _is_explained(said, person, person):
                yield Reproach("left undone", said.quote(n - 1, person))
        elif word.is_a("cause_word") and not said.is_denied(n):
            start = said.skip(n + 1, "adverb")
            if start < 0 or words[start].text not in ("of", "to"):
                continue
            person = _head_person(said, start + 1)
            after = words[person + 1] if 0 <= person < len(words) - 1 else None
            if person >= 0 and not words[person].is_a("self") and (after is None or after.text in (".", "who", "not", "and") and word.text != "thanks" or after.text.endswith("ing")):
                yield Reproach("whose fault", said.quote(n, person))
        elif word.text in ("fault", "blame", "guilt", "responsibility", "mistake", "this", "that") and n + 2 < len(words):
            lies = ("lies", "lay", "rests", "rested", "falls", "fell", "sits") if word.text != "this" and word.text != "that" else ("is",)
            verb = next((k for k in range(n + 1, min(n + 6, len(words))) if words[k].text in lies), -1)
            on = said.skip(verb + 1, "adverb") if verb > 0 else -1
            person = _head_person(said, on + 1) if on > 0 and words[on].text in ("with", "on", "upon", "at", "to") else -1
            if person > 0 and not said.is_denied(on) and not words[person].is_a("self", "maybe name") and (word.text not in ("this", "that") or person + 1 >= len(words) - 1):
                yield Reproach("whose fault", said.quote(n, person))
        elif word.text == "the responsibility" or word.text == "responsibility" and words[n + 1].text == "of" and any(each.is_a("harm_thing") for each in words[:n]):
            if (person := _head_person(said, n + 2)) >= 0:
                yield Reproach("whose fault", said.quote(n, person))
        elif word.text in ("blame", "blames", "blamed", "blaming") and not said.is_denied(n) and not (n and words[n - 1].is_a("determiner")):
            if (person := _head_person(said, n + 1)) >= 0 and not (n and words[n - 1].text in ("of", "without")):
                yield Reproach("whose fault", said.quote(n, person))
        elif (word.text in ("cause", "problem", "reason") or word.is_a("culprit")) and words[n + 1].text in ("is", "was", ":"):
            start = said.skip(n + 2, "adverb", unless=("role", "name"))
            person = _head_person(said, start + (start > 0 and words[start].text == "that")) if start > 0 else -1
            rest = words[person + 1].text if 0 <= person < len(words) - 1 else "."
            told = words[n + 1].text == ":" and words[person].is_a("role", "name") and not words[person].is_a("group") and not words[person + 1 : person + 2][0].is_a("auxiliary", "modal", "adverb") if 0 <= person < len(words) - 1 else False
            if person >= 0 and (rest in (".", ",", "not", "who", "which", "that") or rest.endswith("ing") or told):
                yield Reproach("whose fault", said.quote(n, person))
        elif word.text == "held" and words[n + 1].text in ("accountable", "responsible", "liable"):
            if any(said.is_person(k) for k in range(len(words))):
                yield Reproach("whose fault", said.quote(n, n + 1))


# What people are measured by


def _ought_to_have(said: Clauses) -> Iterator[Reproach]:
    """“The IC should have …”, “the team could have …”, of others than the writer."""
    words = said.words
    for n in said.places("should", "ought", "could", "might", "needed"):
        have = next((k for k in range(n + 1, min(n + 6, len(words))) if words[k].text in ("have", "of")), -1)
        if have < 0 or said.is_denied(n) or have + 1 >= len(words) or words[-1].text == "?":
            continue
        if words[n].text in ("could", "might") and any(each.is_a("not") or each.text == "never" for each in words[n:have]):
            continue
        done = next((each for each in words[have + 1 :] if not each.is_a("adverb", "judged")), None)
        subject = said.find_subject(n)
        if subject < 0 or done is None or words[subject].is_a("self", "nobody", "outsider", "folk") and not done.is_a("heed", "care", "sin"):
            continue
        if words[subject].is_a("self", "nobody", "outsider") or words[subject].text in ("anyone", "anybody", "everyone", "everybody"):
            continue
        passive = done.text == "been" and not any(each.is_a("good") or each.text in ("told", "trained", "removed", "fired", "aware", "quicker", "faster") for each in words[have + 2 : have + 5])
        if passive or done.is_a("determiner") or done.text in _REACHED or words[n].text == "might" and not words[subject].is_a("role", "name"):
            continue
        if words[subject].is_a("maybe name") and not done.is_a("heed", "sin", "care"):
            continue
        yield Reproach("measured", said.quote(subject, have + 1))


_REACHED: Final = frozenset({"access", "rights", "received", "got", "reached", "arrived", "heard", "reconnected", "at", "more", "enough", "left", "come", "gone", "permission"})


def _if_they_had(said: Clauses) -> Iterator[Reproach]:
    """“If they had read their mails …”, “had the developer bothered to …”, “if people would follow it …”."""
    words = said.words
    for n in said.places("had", "if"):
        subject = _head_person(said, n + 1)
        if subject < 0 or words[subject].is_a("self", "nobody", "maybe name", "outsider") or words[subject].text in ("anyone", "anybody", "someone", "somebody"):
            continue
        rest = words[subject + 1 : subject + 6]
        inverted = words[n].text == "had" and (n == 0 or not (words[n - 1].kinds & PEOPLE or words[n - 1].is_a("thing", "joint")) or words[n - 1].text == ",")
        done = any(each.is_a("care", "heed", "sin", "deed") or each.text.endswith("ed") or each.text in ("done", "known", "not", "paid") for each in rest)
        if inverted and done or words[n].text == "if" and done and any(each.text in ("had", "'d") for each in rest[:2]) and any(each.text in ("would", "could", "might", "'d") for each in words):
            yield Reproach("measured", said.quote(n, subject))
        elif words[n].text == "if" and len(rest) > 1 and rest[0].text == "would" and rest[1].is_a("care", "heed", "adverb"):
            yield Reproach("measured", said.quote(n, subject))


# What is asked, and asked for


def _asks(said: Clauses) -> Iterator[Reproach]:
    """“Who broke it?”, “Why did the DB team not check?”, “What was he thinking?”."""
    words = said.words
    first = said.skip(0, "joint")
    if first < 0 or not any(word.text == "?" for word in words):
        return
    head, rest = words[first].text, words[first + 1 : first + 5]
    if head in ("who", "whose", "which") and not any(word.is_a("harmless_question") for word in rest):
        if head == "which" and not (rest and (rest[0].is_a("role") or rest[0].text in ("of", "idiot", "genius"))):
            return
        at_fault = any(word.text in ("responsible", "blame", "fault", "accountable", "guilty") for word in rest)
        mess = any(word.is_a("harm_thing") for word in words[first + 2 :])
        if any(word.is_a("sin", "harm", "deed", "lacking") and word.text not in ("late", "sure", "responsible", "accountable") or word.is_a("past") and word.is_a("care") for word in rest) or at_fault and mess or head == "whose" or "good idea" in said.text:
            yield Reproach("whose fault", said.quote(first, min(first + 2, len(words) - 1)))
    elif head in ("why", "what", "how"):
        person = next((k for k in range(first + 1, min(first + 8, len(words))) if said.is_person(k)), -1)
        if person < 0 or words[person].is_a("self", "outsider"):
            return
        behind = words[person + 1 :]
        if words[person].is_a("nobody") and not any(said.is_person(k) for k in range(person + 1, min(person + 7, len(words)))):
            return  # hindsight, of nobody in particular
        negative = words[person].is_a("nobody") or any(word.is_a("not") for word in words[first + 1 : person + 4])
        puzzled = any(word.is_a("sin", "harm", "careless") or word.text in ("allowed", "think", "given", "wait", "let", "long", "ignore") for word in behind[:6]) or " earth " in said.text
        if head == "why" and (negative or puzzled) and words[person].is_a("role", "name", "group", "nobody", "maybe name"):
            yield Reproach("whose fault", said.quote(first, person))
        elif head == "how" and negative and words[person].is_a("role", "name", "group") or head != "why" and (any(word.text in ("thinking", "dare", "miss", "forget") for word in behind[:2]) or rest[0].text == "possessed"):
            yield Reproach("whose fault", said.quote(first, person))


def _punishes(said: Clauses) -> Iterator[Reproach]:
    """“Give the on-call a formal warning”, “retrain Mikael”, “loses his access”, “talk to him about …”."""
    words = said.words
    person = next((k for k in range(len(words)) if said.is_person(k) and not words[k].is_a("self", "nobody")), -1)
    if person < 0:
        return
    start = said.skip(0, "determiner")
    if words[0].text == "ask" and person == 1 and any(word.text == "why" for word in words[2:4]):
        yield Reproach("whose fault", said.quote(0, 2))
    opens = words[2] if len(words) > 3 and words[0].text in ("decision", "action") and words[1].text == ":" else words[max(0, start)]
    later = {word.text for word in words[person + 1 :]}
    named = words[person].is_a("name", "maybe name") or words[person].text in ("he", "she")
    if opens.is_a("punishing") and person <= 4 and (named or opens.text not in ("remind", "warn", "coach", "replace", "discipline")):
        yield Reproach("character", said.quote(0, person))
    elif any(word.is_a("punished") for word in words) and {"be", "gets", "get", "was", "were", "must", "needs"} & {word.text for word in words} and words[person].is_a("role", "name", "folk"):
        if (n := next(k for k, word in enumerate(words) if word.is_a("punished"))) > person and said.find_subject(n) == person:
            yield Reproach("character", said.quote(person, n))
    elif {"warning", "reprimand", "talking-to", "refresher"} & later and {"give", "needs", "need", "gets", "deserves", "issue"} & {word.text for word in words}:
        yield Reproach("character", said.quote(person, min(person + 3, len(words) - 1)))
    elif any(word.is_a("taking_away") for word in words) and {"rota", "rotation", "access", "permissions", "rights", "privileges", "job"} & later and (named or {"because", "after", "until"} & later) and {"because", "after", "mess", "until"} & later:
        yield Reproach("character", said.quote(0, person))
    elif "until" in later and {"learn", "learns", "learnt", "learned"} & later or {"does", "do"} & later and {"that", "this"} & later and {"not"} & later and named and opens.text in ("make", "ensure"):
        yield Reproach("character", said.quote(person, min(person + 3, len(words) - 1)))
    elif any(word.is_a("new_here") for word in words) and any(word.text in ("allowed", "let", "permitted", "entrusted", "allow", "letting") for word in words) and not any(word.is_a("supposing") for word in words):
        yield Reproach("character", said.quote(person, min(person + 3, len(words) - 1)))


def _did_it_badly(said: Clauses) -> Iterator[Reproach]:
    """“Jim's script wiped it because he didn't quote …”, “a wrong click from the admin”, “her query was terrible”."""
    words = said.words
    for n, word in enumerate(words):
        if word.text in ("because", "since") and (person := _head_person(said, n + 1)) >= 0 and not words[person].is_a("self", "outsider", "nobody"):
            rest = words[person + 1 : person + 5]
            verb = next((k for k, each in enumerate(rest) if k and not each.is_a("not", "adverb", "auxiliary")), -1)
            if verb > 0 and rest[0].text in ("did", "does", "do", "had") and any(each.is_a("not") for each in rest[:verb]) and not rest[verb].is_a("neutral") and (words[person].is_a("role", "name") or rest[verb].is_a("heed")):
                yield Reproach("left undone", said.quote(n, person + 1 + verb))
        if (word.is_a("wrong") or word.text in ("bad", "poor", "careless", "hasty", "late", "slow")) and n + 2 < len(words) and not said.is_denied(n):
            by = next((k for k in range(n + 2, min(n + 4, len(words))) if words[k].text in ("by", "from")), -1)
            if by > 0 and not words[by - 1].is_a("care") and (person := _head_person(said, by + 1)) >= 0 and words[person].is_a("role", "name") and not words[person].is_a("group"):
                yield Reproach("judged", said.quote(n, person))
        if word.text == "'s" and n and words[n - 1].is_a("role", "name") and not words[n - 1].is_a("group", "nobody") or word.text in ("his", "her"):
            for k in range(n + 2, min(n + 10, len(words))):
                if words[k].text in (",", ".", ";", ":", "because", "which", "that", "and"):
                    break
                blamed = words[k].is_a("bad") and words[said.skip_back(k - 1)].text in _BE or words[k].is_a("harm") and words[k].is_a("past") and words[k].text not in ("failed", "delayed", "triggered") and not _is_passive(said, k)
                if blamed and not said.is_denied(k):
                    yield Reproach("judged", said.quote(n - 1, k))
                    break
        if word.text in ("should", "must", "needs", "need", "has") and n + 2 < len(words) and not any(each.text in ("have", "has") and each is not word for each in words[n : n + 4]):
            subject = said.find_subject(n)
            rest = [each.text for each in words[n + 1 : n + 5]]
            if subject >= 0 and words[subject].is_a("role", "name") and ("least" in rest[:2] or "learn" in rest[:3] or rest[:2] == ["know", "better"] or "wake up" in rest):
                yield Reproach("measured", said.quote(subject, n + 1))
            if subject >= 0 and words[subject].is_a("name") and "not" in rest[:1] and {"anymore", "again", "alone", "ever"} & {each.text for each in words[n:]}:
                yield Reproach("character", said.quote(subject, n + 1))
        if word.text == "thought" and {"good", "great", "clever"} & {each.text for each in words[n:]} and "idea" in {each.text for each in words[n:]}:
            if (subject := said.find_subject(n)) >= 0 and not words[subject].is_a("self", "nobody"):
                yield Reproach("judged", said.quote(subject, n))
        if word.text in ("simply", "merely", "just") and n + 1 < len(words) and (words[n + 1].is_a("picked") and words[n + 1].is_a("past") or words[n + 1].text == "assumed") and (word.text != "just" or words[n + 1].text in ("clicked", "approved", "merged", "assumed", "pressed")) and (n == 0 or words[n - 1].text not in ("had", "has", "have")):
            if (subject := said.find_subject(n)) >= 0 and words[subject].is_a("role", "name"):
                yield Reproach("judged", said.quote(subject, n + 1))


_LOOKS: Final[tuple[Callable[[Clauses], Iterator[Reproach]], ...]] = (
    _asks, _failed_to, _ought_to_have, _if_they_had, _did_not, _did_not_do_their_part, _without_care, _sinned, _chose_wrong, _did_badly,
    _had_the_fault, _caused_it, _was_careless, _was_not_careful, _any_other_would, _wanted, _went_against, _did_it_badly, _punishes,
)  # fmt: skip


# What the looks ask of a sentence


def _surely(said: Clauses, subject: int, verb: int, human: str) -> bool:
    """Whether the subject is surely a person, or does what only people do."""
    word = said.words[subject]
    if word.is_a("self"):
        return False
    return word.is_a("role", "name") or said.words[verb].is_a(human) or (word.is_a("group") and word.text != "they")


def _is_explained(said: Clauses, at: int, subject: int) -> bool:
    """Whether the sentence says what kept them from it: then it tells, and does not reproach."""
    words = said.words
    for n in range(at + 1, len(words) - 1):
        if words[n].text in ("because", "since", "which", "given", "owing", "due", ";", ":") or (
            words[n].text == "as" and (words[n + 1].is_a("determiner", "role", "nobody") or words[n + 1].text in ("it", "there", "he", "she", "they"))
            and words[n + 1].text not in ("that", "if")
        ):  # fmt: skip
            own = words[n + 1].text in ("he", "she", "they") and not any(word.text in ("had", "were", "was", "could") for word in words[n + 2 : n + 4])
            return not own
    return bool(subject and words[0].text in ("because", "since", "as") and not said.is_person(1))


def _is_passive(said: Clauses, at: int) -> bool:
    k = at - 1
    while k >= 0 and said.words[k].is_a("adverb", "misdoing", "judged"):
        k -= 1
    return k >= 0 and said.words[k].text in ("is", "was", "are", "were", "be", "been", "being", "got") and said.words[at].is_a("past")


def _may(said: Clauses, subject: int) -> bool:
    """“An operator can …”, “somebody could …”: nobody did."""
    return any(word.text in _MODALS for word in said.words[subject + 1 : subject + 4])


_MODALS: Final = frozenset({"can", "could", "may", "might", "would", "must", "will", "should", "cannot"})


def _actor(said: Clauses, n: int) -> int:
    """The person who acts in the clause before that word, or in the sentence when it begins there."""
    words, start = said.words, said.clause_start(n)
    for first in dict.fromkeys((start, 0)):
        for k in range(first, n):
            owned = k + 1 < len(words) and words[k + 1].text == "'s"
            if said.is_person(k) and not owned and not words[k].is_a("self", "nobody") and said.leads(k):
                return k
        if start and words[start - 1].text != ",":
            break
    return -1


def _is_guarded(said: Clauses, n: int) -> bool:
    """“A guard against operator error”, “if somebody makes a mistake”: it is only thought of."""
    start = said.clause_start(n)
    return any(word.is_a("letting") or word.text in _GUARDS for word in said.words[max(0, start - 1) : n])


_GUARDS: Final = frozenset({"if", "when", "whenever", "unless", "corrected", "tolerates", "survives", "catches", "catch", "reject", "rejects", "reduce", "reduces", "risk"})


def _is_denied_after(said: Clauses, n: int) -> bool:
    """“Human error is not a cause”, “their mistake alone would have …”."""
    rest: Sequence[Word] = said.words[n + 1 : n + 4]
    if any(word.text == "would" for word in rest):
        return True
    return len(rest) > 1 and rest[0].text in ("is", "was", "are", "were", "does", "did", "explains") and any(word.is_a("not") or word.text in ("never", "nothing", "no") for word in rest)


def _owner(said: Clauses, n: int) -> int:
    """Whose it is: “Jonas's grave mistake”, “their mistake”; −1 for nobody's."""
    words = said.words
    for k in range(n - 1, max(-1, n - 5), -1):
        if words[k].text in ("his", "her", "their"):
            return k
        if words[k].text in ("my", "your", "our") and words[n].text in ("fault", "mistake", "negligence", "oversight"):
            return k
        if words[k].text == "'s":
            return k - 1 if k and words[k - 1].kinds & PEOPLE and not words[k - 1].is_a("nobody") else -1
        if words[k].is_a("preposition", "break", "joint", "auxiliary", "modal") or not words[k].text[:1].isalnum():
            return -1
    return -1


def _by_person(said: Clauses, n: int) -> int:
    """The person behind “by”, “of”, “on the part of” after a word; −1 for none."""
    words = said.words
    k = said.skip(n + 1, "auxiliary", "adverb")
    if k > 0 and words[k].text in ("made", "committed", "caused", "done"):
        k += 1
    elif k != n + 1:
        k = n + 1
    for place in range(k, min(k + 6, len(words) - 1)):
        if words[place].text == "on" and [word.text for word in words[place : place + 4]] in (["on", "the", "part", "of"], ["on", "the", "side", "of"]):
            return _head_person(said, place + 4)
        if words[place].text in ("by", "among", "amongst", "within") or (place == k and words[place].text in ("of", "from", "at", "in")):
            person = _head_person(said, place + 1)
            if person >= 0 or words[place].text == "by":
                return person
        if place > k and words[place].is_a("auxiliary", "break", "joint", "care", "sin", "harm") or not words[place].text[:1].isalnum():
            return -1
    return -1


def _head_person(said: Clauses, first: int) -> int:
    """The person that leads the words from there: “the night shift”, “one of our engineers”; −1 for a thing."""
    words = said.words
    for k in range(first, min(first + 6, len(words))):
        word = words[k]
        if said.is_person(k) and not word.is_a("nobody"):
            after = words[k + 1] if k + 1 < len(words) else None
            if after and (after.text == "'s" or after.is_a("thing")):
                return -1
            if not (after and said.is_person(k + 1) and not after.is_a("self")):
                return k
        elif word.text == "of" and k > first and words[k - 1].is_a("determiner", "role"):
            continue
        elif word.is_a("preposition", "break", "joint", "auxiliary", "modal", "sin", "harm") or not word.text[:1].isalnum():
            return -1
    return -1
