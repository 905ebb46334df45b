"""What a sentence holds against people: who is said to have left undone, done wrong, or been what.

Each look is one way English has for it, asked at the words that may open it. All ask for a person, leave
alone what is denied, only supposed, or told with what kept people from it, and say nothing of machines.
"""

from __future__ import annotations

from typing import Final

from pmkit.checks.clauses import PEOPLE, Clauses, Found, find_first, look

_WORTH_A_LOOK: Final = PEOPLE | {"careless", "lapse", "virtue", "asking"}
_NOT_OTHERS: Final = ("self", "nobody", "outsider")
_OWNS: Final = frozenset({"'s", "his", "her", "their", "my", "your", "our"})


def find_reproach(said: Clauses) -> Found | None:
    """The first reproach in a sentence, if there is one."""
    return find_first(said, _LOOKS) if said.kinds & _WORTH_A_LOOK else None


# What was left undone


def _did_not(said: Clauses, n: int) -> str:
    """“The engineer did not check …”, “QA never tests …”."""
    verb = said.skip(n + 1, "adverb", "judged", unless=("care", "heed"))
    helped = said.text_at(n) == "never" or said.text_at(n - 1) in _DID
    if not (said.is_at(verb, "care", "heed") and helped):
        return ""
    subject = said.find_subject(n)
    blamed = (
        _is_other(said, subject) and _surely(said, subject, verb, "heed") and _as_told(said, verb, subject)
    )
    return said.quote(subject, verb) if blamed else ""


_DID: Final = frozenset({"did", "do", "does", "had", "have", "has", "would"})


def _because_not(said: Clauses, n: int) -> str:
    """“… because he didn't quote a variable”: whatever he did not do is said to be the cause."""
    person = head_person(said, n + 1)
    if not _is_other(said, person):
        return ""
    helped = said.text_at(person + 1) in ("did", "does", "do", "had")
    verb = said.skip(person + 2, "not", "adverb", "auxiliary")
    denied = verb >= 0 and any(word.is_a("not") for word in said.words[person + 1 : verb])
    surely = said.is_at(person, "role", "name") or said.is_at(verb, "heed")
    return said.quote(n, verb) if helped and denied and surely and not said.is_at(verb, "neutral") else ""


def _did_not_do_the_job(said: Clauses, n: int) -> str:
    """“Support did not do their job”."""
    denied = [k for k in range(max(0, n - 6), n) if said.words[k].is_a("not") or said.text_at(k) == "never"]
    subject = said.find_subject(denied[0]) if denied and said.text_at(n - 1) in (*_OWNS, "due") else -1
    return said.quote(subject, n) if subject >= 0 and not said.is_at(subject, "self") else ""


def _nobody_cared(said: Clauses, n: int) -> str:
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


def _failed_to(said: Clauses, n: int) -> str:
    """“Operations failed to escalate”."""
    subject = said.find_subject(n) if said.text_at(n + 1) == "to" else -1
    blamed = _is_other(said, subject, "self", "nobody") and _surely(said, subject, n + 2, "heed")
    told = blamed and not said.is_denied(n) and not said.is_supposed(n, subject)
    return said.quote(subject, min(n + 2, len(said.words) - 1)) if told else ""


def _failure_to(said: Clauses, n: int) -> str:
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


def _without_care(said: Clauses, n: int) -> str:
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
    person = _actor(said, n)
    told = person >= 0 and not said.is_supposed(n, person) and not _may(said, person)
    return said.quote(person, care) if told and not said.is_at(person, "outsider") else ""


# What was done


def _sinned(said: Clauses, n: int) -> str:
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
        not _is_other(said, subject, "nobody", "outsider")
        or ours
        or (word.text in ("missed", "overlooked") and together)
    ):
        return ""  # what all of them missed is hindsight alone
    told = word.is_a("sin") or (_surely(said, subject, n, "sin") and not is_explained(said, n, subject))
    return (
        said.quote(subject, n)
        if told and not said.is_supposed(n, subject) and not _may(said, subject)
        else ""
    )


_OTHER_SENSES: Final = {
    "brok": ("down", "off", "into", "up", "out", "through"),
    "brea": ("down", "off", "into", "up", "out", "through"),
    "fail": ("over", "back", "to"),
}


def _did_badly(said: Clauses, n: int) -> str:
    """“Bob accidentally deleted …”, “was mistakenly deleted by an engineer”."""
    start, words = said.clause_start(n), said.words
    first = start if words[n].is_a("misdoing") else 0
    for k in range(first, len(words)):
        if not said.is_person(k) or words[k].is_a(*_NOT_OTHERS):
            continue
        if (k < n and said.leads(k)) or "by" in (said.text_at(k - 1), said.text_at(k - 2)):
            thought_of = any(
                word.is_a("supposing", "letting") for word in words[max(0, start - 1) : max(n, k)]
            )
            told = abs(k - n) <= 12 and not (_may(said, k) or thought_of or said.is_denied(n))
            return said.quote(min(k, n), max(k, n)) if told else ""
    return ""


def _chose_wrong(said: Clauses, n: int) -> str:
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
    blamed = _is_other(said, subject) and (_surely(said, subject, n, "sin") or said.is_at(end, "lapse"))
    return said.quote(subject, end) if blamed and _as_told(said, end, subject) else ""


def _against_advice(said: Clauses, n: int) -> str:
    """“… insisted despite our warnings”, “against all advice”."""
    advice = said.within(n + 1, 4, "advice")
    person = _actor(said, n) if advice > 0 else -1
    return said.quote(person, advice) if _is_other(said, person, "outsider") else ""


def _was_told(said: Clauses, n: int) -> str:
    """“He was told not to, but did it”, “Tomás, who was supposed to watch it, was at lunch”."""
    if said.text_at(n - 1) not in ("was", "were", "been", "had"):
        return ""
    rest = [word.text for word in said.words[n + 1 :]]
    against = {"but", "yet", "anyway", "nevertheless", "twice", "repeatedly", "nothing", "ignored"} & set(
        rest
    )
    against_it = against or ("not" in rest[:2] and "and" in rest) or said.text_at(n - 2) == "who"
    subject = said.find_subject(n - 1) if against_it else -1
    return said.quote(subject, n) if _is_other(said, subject, "self", "nobody") else ""


def _keeps_doing(said: Clauses, n: int) -> str:
    """“Developers keep pushing untested code”, “the vendor is always late”."""
    follows, subject = said.words[n + 1 : n + 2], said.find_subject(n)
    if not follows or not said.is_at(subject, "role", "name", "group") or follows[0].is_a("past"):
        return ""
    going_on = said.text_at(n).startswith(("keep", "kept")) and follows[0].text.endswith("ing")
    bad = follows[0].is_a("sin", "harm", "deed", "tiring") or (going_on and not follows[0].is_a("usual"))
    return said.quote(subject, n + 1) if bad else ""


def _as_usual(said: Clauses, n: int) -> str:
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


def _thing_of_theirs(said: Clauses, n: int) -> str:
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


def _wrong_by(said: Clauses, n: int) -> str:
    """“A wrong click from the admin”."""
    by = next((k for k in range(n + 2, min(n + 4, len(said.words))) if said.text_at(k) in ("by", "from")), -1)
    person = head_person(said, by + 1) if by > 0 and not said.is_at(by - 1, "care") else -1
    named = said.is_at(person, "role", "name") and not said.is_at(person, "group")
    return said.quote(n, person) if named and not said.is_denied(n) else ""


def _just_clicked(said: Clauses, n: int) -> str:
    """“The reviewer just clicked approve”, “simply assumed”."""
    follows, subject = said.words[n + 1 : n + 2], said.find_subject(n)
    if not follows or said.text_at(n - 1) in ("had", "has", "have"):
        return ""
    rash = follows[0].is_a("rash_deed") or (
        said.text_at(n) != "just" and follows[0].is_a("picked") and follows[0].is_a("past")
    )
    return said.quote(subject, n + 1) if rash and said.is_at(subject, "role", "name") else ""


def _thought_it_good(said: Clauses, n: int) -> str:
    """“Someone thought it would be a good idea to …”."""
    later = {word.text for word in said.words[n:]}
    subject = said.find_subject(n) if "idea" in later and {"good", "great", "clever"} & later else -1
    return said.quote(subject, n) if _is_other(said, subject, "self", "nobody") else ""


# What people are said to be


def _careless(said: Clauses, n: int) -> str:
    """“Careless handling”, “a sloppy change”: whoever it was."""
    if said.is_denied(n) or said.is_at(n + 1, "technical"):
        return ""
    of_people = said.kinds & PEOPLE or said.is_at(n + 1, "lapse", "made_thing")
    return said.text_at(n) if of_people or not said.is_at(n, "of_things_too") else ""


def _lacking(said: Clauses, n: int) -> str:
    """“The vendor was too slow”, “an untrained operator”, “his hasty fix”."""
    words = said.words
    if said.is_denied(n) or words[-1].text == "?":
        return ""
    be = n - 1
    while be >= 0 and words[be].is_a("adverb", "misdoing", "judged", "careless", "determiner"):
        be -= 1
    subject = said.find_subject(be) if said.is_at(be, "being") else -1
    if _is_other(said, subject, "self", "nobody") and _reproaches(said, be, n):
        return (
            said.quote(subject, n)
            if not said.is_supposed(be, subject) and not is_explained(said, n, subject)
            else ""
        )
    if said.is_at(n, "unfit") and said.is_at(n + 1, "role") and said.is_person(n + 1):
        return said.quote(n, n + 1)
    owned = said.text_at(n - 1) in _OWNS and (said.text_at(n - 1) != "'s" or said.is_at(n - 2, *PEOPLE))
    return (
        said.quote(max(0, n - 2), n + 1)
        if owned and n + 1 < len(words) and not said.is_at(n, "of_things_too")
        else ""
    )


def _reproaches(said: Clauses, be: int, at: int) -> bool:
    """Whether an adjective blames: some do so only with “too”, or beside the harm that was done."""
    words, text = said.words, said.text_at(at)
    between = {word.text for word in words[be + 1 : at]}
    if not words[at].is_a("with_too") or "too" in between:
        return True
    if text in ("responsible", "accountable", "liable"):
        fully = {"held", "solely", "entirely", "directly", "fully"} & between
        return bool(fully) or any(word.is_a("harm_thing") for word in words[at + 1 : at + 7])
    return text == "wrong" or (text in ("slow", "late") and said.text_at(at + 1) == "to")


def _not_careful(said: Clauses, n: int) -> str:
    """“… was not paying attention”, “was not properly trained”."""
    k = said.skip(n + 1, "adverb", unless=("good",)) if said.is_at(n - 1, "being") else -1
    subject = said.find_subject(n) if said.is_at(k, "good") else -1
    return said.quote(subject, k) if _is_other(said, subject) and _as_told(said, k, subject) else ""


def _more_careful(said: Clauses, n: int) -> str:
    """“Tell Simon to be more careful”."""
    asked = said.text_at(n - 1) in ("more", "better") and said.text_at(n - 2) in ("be", "been", "being")
    named = any(said.is_person(k) and not said.is_at(k, "self") for k in range(n))
    return said.quote(n - 2, n) if asked and (named or said.text_at(n - 2) == "been") else ""


def _any_other_would(said: Clauses, n: int) -> str:
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


def _wanted(said: Clauses, n: int) -> str:
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


# Whose fault it was


def _own_fault(said: Clauses, n: int) -> str:
    """“Jonas's mistake”, “an error of the night shift”, “operator error”."""
    word, before = said.words[n], said.words[n - 1] if n else None
    if said.is_denied(n) or _is_guarded(said, n) or _is_denied_after(said, n):
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


def _done_by(said: Clauses, n: int) -> str:
    """“Caused by Henrik”, “overlooked by the lead”, “not checked by anybody in ops”."""
    person, done = head_person(said, n + 1), said.words[n - 1] if n else None
    if done is None or person < 0 or _is_guarded(said, n) or said.is_at(person, "outsider"):
        return ""
    if done.is_a("sin", "harm") and not done.is_a("by_itself") and not said.is_denied(n - 1):
        named = not said.is_at(person, "maybe name") or done.text == "caused"
        return said.quote(n - 1, person) if named and (done.is_a("past") or " " in done.text) else ""
    denied = any(word.is_a("not") or word.text == "never" for word in said.words[max(0, n - 4) : n - 1])
    undone = denied and done.is_a("care", "deed") and said.is_at(person, "role", "name")
    return said.quote(n - 1, person) if undone and not is_explained(said, person, person) else ""


def _owing_to(said: Clauses, n: int) -> str:
    """“Because of the vendor”, “due to Sam not testing it”."""
    to = said.skip(n + 1, "adverb")
    person = head_person(said, to + 1) if said.text_at(to) in ("of", "to") and not said.is_denied(n) else -1
    if person < 0 or said.is_at(person, "self"):
        return ""
    after = said.text_at(person + 1)
    ends = after in ("", ".", "who", "not", "and") and said.text_at(n) != "thanks"
    return said.quote(n, person) if ends or after.endswith("ing") else ""


def _lies_with(said: Clauses, n: int) -> str:
    """“The fault lies with …”, “this is on the SRE team”, “is the responsibility of …”."""
    words, this = said.words, said.text_at(n) in ("this", "that")
    verbs = ("is",) if this else ("lies", "lay", "rests", "rested", "falls", "fell", "sits")
    verb = next((k for k in range(n + 1, min(n + 6, len(words))) if words[k].text in verbs), -1)
    on = said.skip(verb + 1, "adverb") if verb > 0 else -1
    person = head_person(said, on + 1) if said.text_at(on) in ("with", "on", "upon", "at", "to") else -1
    blamed = _is_other(said, person, "self", "maybe name") and not said.is_denied(on)
    if blamed and not (this and person + 1 < len(words) - 1):
        return said.quote(n, person)
    of_harm = said.text_at(n) == "responsibility" and any(word.is_a("harm_thing") for word in words[:n])
    person = head_person(said, n + 2) if of_harm and said.text_at(n + 1) == "of" else -1
    return said.quote(n, person) if person >= 0 else ""


def _blames(said: Clauses, n: int) -> str:
    """“I blame the vendor”."""
    aside = said.is_at(n - 1, "determiner") or said.text_at(n - 1) in ("of", "without")
    person = -1 if aside or said.is_denied(n) else head_person(said, n + 1)
    return said.quote(n, person) if person >= 0 else ""


def _is_the_cause(said: Clauses, n: int) -> str:
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


def _held_accountable(said: Clauses, n: int) -> str:
    """“… must be held accountable”."""
    held = said.text_at(n + 1) in ("accountable", "responsible", "liable")
    return said.quote(n, n + 1) if held and any(said.is_person(k) for k in range(len(said.words))) else ""


# What people are measured by


def _ought_to_have(said: Clauses, n: int) -> str:
    """“The IC should have …”, “the team could have …”, of others than the writer."""
    words = said.words
    have = next(
        (k for k in range(n + 1, min(n + 6, len(words) - 1)) if said.text_at(k) in ("have", "of")), -1
    )
    done = said.skip(have + 1, "adverb", "judged") if have > 0 else -1
    if done < 0 or said.is_denied(n) or words[-1].text == "?" or said.is_at(done, "determiner", "reached"):
        return ""
    doubtful = words[n].text in ("could", "might")
    if doubtful and any(word.is_a("not") or word.text == "never" for word in words[n:have]):
        return ""
    better = any(
        word.is_a("good") or word.text in ("told", "aware", "quicker", "faster")
        for word in words[done + 1 : done + 4]
    )
    subject = said.find_subject(n)
    acts = said.is_at(done, "heed", "care", "sin") or said.is_at(subject, "role", "name", "group")
    sure = words[n].text != "might" or said.is_at(subject, "role", "name")
    own = said.text_at(subject) in ("anyone", "anybody", "everyone", "everybody")
    told = _is_other(said, subject) and acts and sure and not own and (words[done].text != "been" or better)
    return said.quote(subject, have + 1) if told else ""


def _if_they_had(said: Clauses, n: int) -> str:
    """“If they had read their mails …”, “had the developer bothered to …”, “if people would follow it …”."""
    words, subject = said.words, head_person(said, n + 1)
    some = ("anyone", "anybody", "someone", "somebody")
    if not _is_other(said, subject, *_NOT_OTHERS, "maybe name") or said.text_at(subject) in some:
        return ""
    rest = words[subject + 1 : subject + 6]
    heads = [word.text for word in rest[:2]]
    acted = (
        word.is_a("care", "heed", "sin", "deed")
        or word.text.endswith("ed")
        or word.text in ("done", "known", "not")
        for word in rest
    )
    done = any(acted)
    opens = n == 0 or not (said.is_at(n - 1, "thing", "joint", *PEOPLE)) or said.text_at(n - 1) == ","
    regret = {"would", "could", "might", "'d"} & said.texts() and {"had", "'d"} & set(heads)
    would = heads[:1] == ["would"] and len(rest) > 1 and rest[1].is_a("care", "heed", "adverb")
    if said.text_at(n) == "had":
        return said.quote(n, subject) if opens and done else ""
    return said.quote(n, subject) if (regret and done) or would else ""


def _has_to_learn(said: Clauses, n: int) -> str:
    """“Whoever is on call should at least read …”, “Dieter must not be on call alone any more”."""
    subject = said.find_subject(n)
    rest = [word.text for word in said.words[n + 1 : n + 5]]
    if not said.is_at(subject, "role", "name") or "have" in rest:
        return ""
    learns = "least" in rest[:2] or "learn" in rest[:3] or rest[:2] == ["know", "better"] or "wake up" in rest
    barred = said.is_at(subject, "name") and rest[:1] == ["not"]
    never_again = barred and {"anymore", "again", "alone", "ever"} & said.texts()
    return said.quote(subject, n + 1) if learns or never_again else ""


# What is asked, and asked for


def _asks_who(said: Clauses, n: int) -> str:
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


def _asks_why(said: Clauses, n: int) -> str:
    """“Why did the DB team not check?”, “what was he thinking?”, “how did nobody on call see it?”."""
    words = said.words
    person = next((k for k in range(n + 1, min(n + 8, len(words))) if said.is_person(k)), -1)
    if not _opens_question(said, n) or not _is_other(said, person, "self", "outsider"):
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


def _punishes(said: Clauses, n: int) -> str:
    """“Retrain Mikael”, “fire the operator”, “ask Leon why he …”."""
    opens = n == 0 or (n == 2 and said.text_at(1) == ":")
    person = head_person(said, n + 1 + (said.text_at(n + 1) == "to")) if opens else -1
    named = said.is_at(person, "name", "maybe name") or said.text_at(person) in ("he", "she")
    if said.text_at(n) == "ask":
        return said.quote(n, person + 1) if named and said.text_at(person + 1) == "why" else ""
    return said.quote(n, person) if person >= 0 and (named or said.is_at(n, "punishing_anybody")) else ""


def _was_punished(said: Clauses, n: int) -> str:
    """“The operator was reprimanded”, “must be retrained”."""
    subject = said.find_subject(n)
    near = {"be", "gets", "get", "was", "were"} & {word.text for word in said.words[max(0, n - 4) : n]}
    return said.quote(subject, n) if near and said.is_at(subject, "role", "name", "folk") else ""


def _is_warned(said: Clauses, n: int) -> str:
    """“Give the on-call a formal warning”, “Viktor loses his access after this mess”."""
    words, texts = said.words, said.texts()
    person = next((k for k in range(n) if said.is_person(k) and not said.is_at(k, "self", "nobody")), -1)
    if person < 0:
        return ""
    if words[n].is_a("reprimand"):
        return said.quote(person, n) if {"give", "needs", "need", "gets", "deserves", "issue"} & texts else ""
    taken = any(word.is_a("taking_away") for word in words) and {"because", "after", "mess", "until"} & texts
    return said.quote(person, n) if taken else ""


def _until_they_learn(said: Clauses, n: int) -> str:
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


# What the looks ask of a sentence


def _is_other(said: Clauses, person: int, *not_of: str) -> bool:
    """Whether there is somebody, and not the writer, nobody or an outsider, unless other kinds are given."""
    return person >= 0 and not said.words[person].is_a(*(not_of or _NOT_OTHERS))


def _surely(said: Clauses, subject: int, verb: int, human: str) -> bool:
    """Whether the subject is surely a person, or does what only people do."""
    word = said.words[subject]
    if word.is_a("self"):
        return False
    return (
        word.is_a("role", "name") or said.is_at(verb, human) or (word.is_a("group") and word.text != "they")
    )


def _as_told(said: Clauses, at: int, subject: int) -> bool:
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


def _may(said: Clauses, subject: int) -> bool:
    """“An operator can …”, “somebody could …”: nobody did."""
    modals = ("can", "could", "may", "might", "would", "must", "will", "should", "cannot")
    return any(word.text in modals for word in said.words[subject + 1 : subject + 4])


def _actor(said: Clauses, n: int) -> int:
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


def _is_guarded(said: Clauses, n: int) -> bool:
    """“A guard against operator error”, “if somebody makes a mistake”: it is only thought of."""
    start = said.clause_start(n)
    return any(word.is_a("letting", "guarding") for word in said.words[max(0, start - 1) : n])


def _is_denied_after(said: Clauses, n: int) -> bool:
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


_LOOKS: Final = (
    look("whose fault", "who|whose|which", _asks_who),
    look("whose fault", "why|what|how", _asks_why),
    look("left undone", "failed|fails|failing|omitted|neglected|omits", _failed_to),
    look("left undone", "failure|refusal|reluctance|unwillingness", _failure_to),
    look("measured", "should|ought|could|might|needed", _ought_to_have),
    look("measured", "had|if", _if_they_had),
    look("left undone", "not|never", _did_not),
    look("left undone", "job|homework|part|diligence|duty", _did_not_do_the_job),
    look("left undone", "nobody", _nobody_cared),
    look("left undone", "without|w/o|instead|rather", _without_care),
    look("judged", "sin|harm", _sinned),
    look("judged", "making|leaving|picked", _chose_wrong),
    look("judged", "misdoing|inexcusable", _did_badly),
    look("whose fault", "lapse", _own_fault),
    look("whose fault", "by", _done_by),
    look("whose fault", "cause_word", _owing_to),
    look("whose fault", "fault|blame|guilt|responsibility|mistake|this|that", _lies_with),
    look("whose fault", "blame|blames|blamed|blaming", _blames),
    look("whose fault", "cause|problem|reason|culprit", _is_the_cause),
    look("whose fault", "held", _held_accountable),
    look("character", "careless", _careless),
    look("character", "lacking", _lacking),
    look("character", "not", _not_careful),
    look("character", "good", _more_careful),
    look("character", "any|every|even|no|a|an", _any_other_would),
    look("character", "virtue|ability", _wanted),
    look("judged", "despite|against|ignoring", _against_advice),
    look("measured", "told|warned|instructed|asked|reminded|supposed|expected|obliged", _was_told),
    look("judged", "always|constantly|keeps|keep|kept|never|repeatedly|forever", _keeps_doing),
    look("judged", "as usual|as always|typical|once again|yet again|typically|always", _as_usual),
    look("left undone", "because|since", _because_not),
    look("judged", "wrong|bad|poor|careless|hasty|late|slow", _wrong_by),
    look("judged", "'s|his|her", _thing_of_theirs),
    look("measured", "should|must|needs|need|has", _has_to_learn),
    look("judged", "thought", _thought_it_good),
    look("judged", "simply|merely|just", _just_clicked),
    look("character", "punishing|ask", _punishes),
    look("character", "punished", _was_punished),
    look("character", "reprimand|rota|rotation|access|permissions|rights|privileges", _is_warned),
    look("character", "until|make|ensure|new_here", _until_they_learn),
)
