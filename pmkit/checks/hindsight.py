"""What a sentence measures by what was known only later: what should have been, and was not seen."""

from __future__ import annotations

from typing import Final

from pmkit.checks.clauses import Clauses, Found, find_first, look


def find_hindsight(said: Clauses) -> Found | None:
    """The first measure by what came later in a sentence, if there is one."""
    return find_first(said, _LOOKS)


# What should have been


def _should_have(said: Clauses, n: int) -> str:
    """“The gate should have blocked it”, “we ought to have paged sooner”."""
    have, done = _have_after(said, n), _done_after(said, n)
    if have < 0 or _is_expected(said, n) or said.is_at(done, "determiner", "having"):
        return ""
    masked = "·" in (said.text_at(done)[:1], said.text_at(done + 1)[:1])
    needed_of = said.text_at(n) == "needed" and said.text_at(have) == "of"
    return "" if masked or needed_of else said.quote(n, have + 1)


def _could_have(said: Clauses, n: int) -> str:
    """“It could have been avoided”, “responders could have looked at the log first”."""
    have, done = _have_after(said, n), _done_after(said, n)
    if have < 0 or _is_denied(said, n, have) or _is_doubted(said, n):
        return ""
    subject = said.find_subject(n)
    people = subject >= 0 and not said.is_at(subject, "nobody", "outsider")
    acted = people and said.text_at(done) != "been" and not said.is_at(done, "neutral")
    return said.quote(n, have + 1) if acted or _is_better(said, done) else ""


def _would_have(said: Clauses, n: int) -> str:
    """“A test would have shown it”, “nobody would have noticed”."""
    have, done = _have_after(said, n), _done_after(said, n)
    before = [word.text for word in said.words[:n]]
    if have < 0 or "without" in before or _is_doubted(said, n) or {"changed", "outcome"} & said.texts():
        return ""
    if said.text_at(done) == "told" and not said.is_at(done + 1, "self", "role"):
        return ""  # “would have told them apart”
    been = done + 1 if said.text_at(done) == "been" else done
    if _is_denied(said, n, have):
        return said.quote(n, have + 1) if said.is_at(been, "spared") else ""
    return said.quote(n, have + 1) if _is_better(said, done) else ""


def _have_after(said: Clauses, n: int) -> int:
    """Where the “have” of “should have” stands; −1 where it is another “should”."""
    asked = said.text_at(len(said.words) - 1) == "?" or "?" in said.texts()
    if asked and said.is_at(0, "asks_openly"):
        return -1
    for k in range(n + 1, min(n + 6, len(said.words) - 1)):
        if said.text_at(k) == "have" or (said.text_at(k) == "of" and k == n + 1):
            return k
        if said.is_at(k, "role") or said.text_at(k) in ("like", "love", "prefer", "rather"):
            return -1
    return -1


def _done_after(said: Clauses, n: int) -> int:
    return said.skip(_have_after(said, n) + 1, "adverb")


def _is_better(said: Clauses, done: int) -> bool:
    """Whether it would have ended better: “been avoided”, “been shorter”, “shown it”."""
    last = done + 4 if said.text_at(done) == "been" else done + 1
    return any(word.is_a("averted", "sooner") for word in said.words[done:last])


def _is_denied(said: Clauses, n: int, have: int) -> bool:
    subject = said.find_subject(n)
    denied = any(word.is_a("not") or word.text == "never" for word in said.words[n:have])
    return denied or said.is_at(subject, "nobody") or said.text_at(n - 1) in ("nothing", "neither", "hardly")


def _is_expected(said: Clauses, n: int) -> bool:
    """“By 15:00 all should have reconnected”, “should have been 201 by the spec”: nobody is measured."""
    texts = [word.text for word in said.words]
    times = ("now", "then", "already", "today", "tomorrow")
    by = (
        text == "by" and (said.text_at(k + 1) in times or said.text_at(k + 1)[:1].isdigit())
        for k, text in enumerate(texts)
    )
    return any(by) or bool({"according", "specified"} & set(texts)) or "expected" in texts[:n]


def _is_doubted(said: Clauses, n: int) -> bool:
    """“Whether it would have helped is open”, “we do not think it would have”."""
    before = [word.text for word in said.words[:n]]
    doubts = {"think", "believe", "clear", "sure", "say", "tell", "expect", "know"}
    return "whether" in before or any(
        text == "not" and set(before[k + 1 : k + 4]) & doubts for k, text in enumerate(before)
    )


def _had_it_been(said: Clauses, n: int) -> str:
    """“Had we rolled back …, the impact would have been …”."""
    words, rest = said.words, said.words[n + 1 : n + 8]
    follows = said.is_at(n - 1, "joint", "break", "sooner", "averted", "deed")
    opens = n == 0 or follows or said.text_at(n - 1) in (",", ";", "—", "–")
    somebody = ("determiner", "self", "role", "name", "group", "nobody", "maybe name")
    subject = said.is_at(n + 1, *somebody) or said.text_at(n + 1) in ("it", "this", "they", "there")
    done = any(word.is_a("care", "participle") or word.text.endswith(("ed", "en")) for word in rest[1:])
    better = any(
        word.is_a("averted", "sooner") or word.text in ("would", "could", "might", "'d") for word in words
    )
    return said.quote(n, n + 2) if opens and subject and done and better else ""


def _if_it_had(said: Clauses, n: int) -> str:
    """“If the canary had been larger, we would have seen it”, “if only …”."""
    rest = said.words[n + 1 : n + 7]
    regret = {"had", "'d"} & {word.text for word in rest[1:6]}
    ours = any(word.is_a("self", "role", "name", "group") or word.text in ("he", "she") for word in rest[:3])
    results = said.places("would", "could", "might", "'d")
    better = any(
        said.within(k + 1, 5, "averted", "sooner") > 0 or said.within(k + 1, 2, "not") > 0 for k in results
    )
    told = said.text_at(n + 1) == "only" or (regret and results and (better or ours))
    return said.quote(n, min(n + 2, len(said.words) - 1)) if told else ""


# What was not seen


def _nobody_saw(said: Clauses, n: int) -> str:
    """“Nobody noticed …”, “no one on the call thought of it”."""
    verb = said.skip(n + 1, "adverb")
    if said.is_at(verb, "preposition"):
        verb = said.within(verb, 6, "sight")
    cared = said.is_at(verb, "care") and said.is_at(verb, "past") and not said.is_at(verb, "caring")
    let = any(word.is_a("letting") for word in said.words[:n])
    return said.quote(n, verb) if (said.is_at(verb, "sight") or cared) and not let else ""


def _missed(said: Clauses, n: int) -> str:
    """“We missed the signs”, “the team failed to recognise …”, “responders lost an hour”."""
    failed = said.text_at(n) in ("failed", "fails")
    lost = said.text_at(n) == "lost"
    if (failed and said.text_at(n + 1) != "to") or (lost and said.within(n + 1, 4, "time_word") < 0):
        return ""
    subject = said.find_subject(n)
    if subject < 0 or said.is_denied(n) or said.is_at(subject, "outsider") or said.is_supposed(n, subject):
        return ""
    people = said.is_at(subject, "role", "name", "self", "group") and said.text_at(subject) != "they"
    blaming = said.is_at(n, "missed_and_blamed") and not said.is_at(subject, "self")
    told = people or said.is_at(n + 2 if failed else n, "heed", "sight")
    return said.quote(subject, n) if told and (not blaming or said.within(n + 1, 6, "sign_word") > 0) else ""


def _did_not_see(said: Clauses, n: int) -> str:
    """“The team did not realise that …”, “we didn't think of it”."""
    verb, subject = said.skip(n + 1, "adverb"), said.find_subject(n)
    people = said.is_at(subject, "self", "role", "group", "name") and said.text_at(subject) != "they"
    sees = said.is_at(verb, "sight") and not said.text_at(verb).startswith("see")
    helped = said.text_at(n - 1) in ("did", "had", "has", "have")
    why = any(word.text in ("because", "since", "which", ";", ":") for word in said.words[verb:])
    return said.quote(subject, verb) if people and sees and helped and not why else ""


def _never_occurred(said: Clauses, n: int) -> str:
    """“It never occurred to anyone to …”."""
    return said.quote(n - 1, n) if "never" in (said.text_at(n - 1), said.text_at(n - 2)) else ""


def _took_long_to_see(said: Clauses, n: int) -> str:
    """“It took the team 40 minutes to realise …”."""
    last = min(n + 9, len(said.words) - 1)
    to = next((k for k in range(n + 2, last) if said.text_at(k) == "to" and said.is_at(k + 1, "sight")), -1)
    somebody = said.is_at(n + 1, "self", "role") or any(
        said.is_person(k) for k in range(n + 1, max(n + 1, to))
    )
    found = said.text_at(to + 1) in ("find", "identify", "see")
    return said.quote(n, to + 1) if to > 0 and somebody and not found else ""


# What turned out wrong, or too late


def _was_wrong(said: Clauses, n: int) -> str:
    """“It was a mistake to …”, “the decision turned out to be wrong”."""
    be = n - 1
    while be >= 0 and said.is_at(be, "determiner", "adverb", "misdoing"):
        be -= 1
    if be < 1 or said.text_at(be) not in ("was", "were", "proved", "be", "been") or said.is_denied(n):
        return ""
    texts = [word.text for word in said.words]
    chosen = any(word.is_a("chosen_thing") for word in said.words[:be])
    doing = any(text.partition(" ")[0].endswith("ing") for text in texts[: min(3, be)])
    it_was = texts[be - 1] == "it" and "to" in texts[n + 1 : n + 3]
    return said.quote(be, n) if chosen or doing or it_was else ""


def _right_was(said: Clauses, n: int) -> str:
    """“The right move would have been …”, “the wrong track”."""
    if said.is_denied(n):
        return ""
    if said.text_at(n) == "wrong":
        return said.quote(n, n + 1) if said.is_at(n + 1, "wrong_way") else ""
    near = {word.text for word in said.words[max(0, n - 4) : n + 6]}
    return said.quote(n, n + 1) if said.is_at(n + 1, "chosen_thing") and {"was", "would"} & near else ""


def _too_late(said: Clauses, n: int) -> str:
    """“We were too slow to declare”, “the escalation came too late”, “not quick enough”."""
    before = said.words[:n]
    too = said.is_at(n, "late_word") and "too" in (said.text_at(n - 1), said.text_at(n - 2))
    enough = said.is_at(n, "early_word") and said.text_at(n + 1) == "enough" and said.is_denied(n)
    slow = (
        said.text_at(n) == "slow"
        and said.text_at(n + 1) == "to"
        and said.is_at(n + 2, "sight", "care", "heed")
    )
    people = any(said.is_person(k) and not said.is_at(k, "outsider", "folk") for k in range(n))
    told = people or any(word.is_a("response_word") for word in before)
    return said.quote(max(0, n - 1), n) if (too or enough or slow) and told else ""


# What is asked


def _why_not(said: Clauses, n: int) -> str:
    """“Why was this not caught …?”, “why did it take so long?”, “how could we miss it?”."""
    if n != said.skip(0, "joint") or said.text_at(len(said.words) - 1) not in ("?", "!"):
        return ""
    past = said.text_at(n + 1) in ("was", "were", "did", "had", "has", "have", "could")
    rest = said.words[n + 1 : n + 9]
    negative = any(
        word.is_a("not", "nobody") or word.text in ("never", "only", "so", "late") for word in rest
    )
    could = said.text_at(n + 1) == "could" and (
        said.within(n + 2, 2, "self", "nobody", "role") > 0 or "this" in said.texts()
    )
    asked = past and negative if said.text_at(n) == "why" else could
    return said.quote(n, min(n + 2, len(said.words) - 1)) if asked else ""


_LOOKS: Final = (
    look("measured", "should|ought|needed", _should_have),
    look("measured", "could|might", _could_have),
    look("measured", "would|'d", _would_have),
    look("measured", "had", _had_it_been),
    look("measured", "if", _if_it_had),
    look("not seen", "nobody", _nobody_saw),
    look("not seen", "failed|fails|lost|missed_word|missed_and_blamed", _missed),
    look("not seen", "not", _did_not_see),
    look("not seen", "occurred|dawned", _never_occurred),
    look("not seen", "took|needed", _took_long_to_see),
    look("measured", "bad|judged_thing", _was_wrong),
    look("measured", "right|correct|better|best|smarter|wiser|safer|wrong", _right_was),
    look("measured", "late_word|early_word|slow", _too_late),
    look("asked", "why|how", _why_not),
)
