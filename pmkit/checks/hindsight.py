"""What a sentence measures by what was known only later: what should have been, and was not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from pmkit.checks.clauses import Clauses, take_apart
from pmkit.vocabulary import Lexicon

_NOW: Final = frozenset({"now", "then", "already", "today", "tomorrow"})
_BE: Final = frozenset({"is", "was", "are", "were", "been", "be"})


class Hindsight(NamedTuple):
    """What kind of hindsight it is, and the words of it."""

    kind: str
    words: str


def find_hindsight(text: str, lexicon: Lexicon) -> Hindsight | None:
    """The first measure by what came later in a sentence, if there is one."""
    said = take_apart(text, lexicon)
    if not said.words:
        return None
    return next((found for look in _LOOKS for found in look(said)), None)


def _should_have(said: Clauses) -> Iterator[Hindsight]:
    """“The gate should have blocked it”, “it could have been avoided”, “a test would have shown it”."""
    words = said.words
    for n in said.places("should", "ought", "could", "might", "would", "'d", "needed"):
        have = next((k for k in range(n + 1, min(n + 6, len(words))) if words[k].text == "have" or words[k].text == "of" and k == n + 1), -1)
        if have < 0 or (words[-1].text == "?" or "?" in said.text) and words[0].text in ("what", "which", "how", "does", "do", "is", "would", "x") or have + 1 >= len(words) or any(words[k].is_a("role") and words[n].text != "'d" for k in range(n + 1, have)):
            continue
        if any(words[k].text in ("like", "love", "prefer", "rather") for k in range(n, have)) or said.within(0, 2, "supposing") == 0 and words[0].text == "whether":
            continue
        denied = any(word.is_a("not") or word.text == "never" for word in words[n:have]) or any(word.is_a("nobody") or word.text in ("nothing", "neither", "hardly") for word in words[max(0, n - 2) : n])
        subject = said.find_subject(n)
        denied = denied or (subject >= 0 and words[subject].is_a("nobody"))
        first = said.skip(have + 1, "adverb")
        done = words[first] if first > 0 else words[have + 1]
        been = done.text == "been"
        rest = words[first + 1 : first + 4] if been else [done]
        better = any(word.is_a("sooner", "averted") for word in rest) or done.is_a("averted") or done.text.partition(" ")[0] in ("rolled", "turned")
        if words[n].text in ("should", "ought", "needed"):
            if not (_is_expected(said, n) or done.is_a("determiner") or done.text in _HAVING or done.text.startswith("·") or (been and rest and rest[0].text.startswith("·")) or words[have].text == "of" and words[n].text == "needed"):
                yield Hindsight("measured", said.quote(n, have + 1))
        elif words[n].text in ("could", "might"):
            people = subject >= 0 and not words[subject].is_a("nobody", "outsider")
            if not denied and not _is_doubted(said, n) and (better or people and not been and not done.is_a("neutral")):
                yield Hindsight("measured", said.quote(n, have + 1))
        elif not _is_doubted(said, n) and "without" not in [word.text for word in words[:n]]:
            spared = denied and (done.text in ("happened", "occurred", "noticed", "reached", "started", "gone") or been and rest and rest[0].text in ("affected", "necessary", "needed", "possible", "impacted", "down"))
            if done.text == "told" and first + 1 < len(words) and not words[first + 1].is_a("self", "role"):
                continue  # “would have told them apart”
            if (better and not denied) or (spared and not any(word.text in ("changed", "outcome") for word in words[n:])):
                yield Hindsight("measured", said.quote(n, have + 1))


_HAVING: Final = frozenset({"access", "rights", "permission", "more", "enough", "one", "two", "three", "at", "no", "their", "its", "our"})


def _is_expected(said: Clauses, n: int) -> bool:
    """“By 15:00 all should have reconnected”, “should have been 201 according to the spec”: no measure of people."""
    texts = [word.text for word in said.words]
    by = any(text == "by" and k + 1 < len(texts) and (texts[k + 1] in _NOW or texts[k + 1][:1].isdigit()) for k, text in enumerate(texts))
    return by or "according" in texts or "expected" in texts[:n] or "specified" in texts or texts[-1] == "?" and texts[0] in ("should", "does", "is")


def _is_doubted(said: Clauses, n: int) -> bool:
    """“Whether it would have helped is open”, “we do not think it would have”."""
    before = [word.text for word in said.words[:n]]
    doubts = ("think", "believe", "clear", "sure", "say", "tell", "expect", "know")
    return "whether" in before or any(text == "not" and set(before[k + 1 : k + 4]) & set(doubts) for k, text in enumerate(before))


def _had_it_been(said: Clauses) -> Iterator[Hindsight]:
    """“Had we rolled back …”, “if the canary had been larger, we would have …”."""
    words = said.words
    for n in said.places("had", "if"):
        rest = words[n + 1 : n + 8]
        opening = n == 0 or words[n - 1].text in (",", ";", "—", "–") or words[n - 1].is_a("joint", "break", "sooner", "averted", "deed")
        if words[n].text == "had" and opening and len(rest) > 1:
            subject = rest[0].is_a("determiner", "self", "role", "name", "group", "nobody", "maybe name") or rest[0].text in ("it", "this", "they", "he", "she", "there")
            done = any(word.text.endswith(("ed", "en")) or word.text in ("had", "known", "read", "done", "gone", "run", "set", "looked", "not", "caught", "thought") or word.is_a("care") for word in rest[1:])
            if subject and done and any(word.text in ("would", "could", "might", "'d", "avoidable", "will") or word.is_a("averted", "sooner") for word in words):
                yield Hindsight("measured", said.quote(n, n + 2))
        elif words[n].text == "if":
            only = bool(rest) and rest[0].text == "only"
            regret = any(word.text in ("had", "'d") for word in rest[1:6])
            ours = any(word.is_a("self", "role", "name", "group") or word.text in ("anyone", "somebody", "they", "he", "she") for word in rest[:3])
            result = [k for k in said.places("would", "could", "might", "'d") if k + 1 < len(words)]
            better = any(said.within(k + 1, 5, "averted", "sooner") > 0 or any(word.is_a("not") for word in words[k + 1 : k + 3]) for k in result)
            if only or regret and result and (better or ours):
                yield Hindsight("measured", said.quote(n, min(n + 2, len(words) - 1)))


def _did_not_see(said: Clauses) -> Iterator[Hindsight]:
    """“Nobody noticed …”, “we missed …”, “the team failed to recognise …”."""
    words = said.words
    for n, word in enumerate(words):
        if word.is_a("nobody"):
            verb = said.skip(n + 1, "adverb")
            if verb > 0 and words[verb].is_a("preposition"):
                verb = said.within(verb, 6, "sight")
            if verb > 0 and (words[verb].is_a("sight") or words[verb].is_a("care") and words[verb].is_a("past") and words[verb].text not in ("did", "bothered")) and not any(each.is_a("letting") for each in words[:n]):
                yield Hindsight("not seen", said.quote(n, verb))
        failed = word.text in ("failed", "fails") and n + 1 < len(words) and words[n + 1].text == "to"
        if failed or word.text in ("missed", "overlooked", "underestimated", "overestimated", "misjudged", "neglected", "forgot", "misread", "disregarded", "ignored") or word.text == "lost" and {"minutes", "hours", "hour", "time"} & {each.text for each in words[n : n + 5]}:
            subject = said.find_subject(n)
            if subject < 0 or said.is_denied(n) or words[subject].is_a("outsider") or said.is_supposed(n, subject):
                continue
            verb = words[n + 2] if failed and n + 2 < len(words) else word
            if words[subject].is_a("role", "name", "self", "group") and words[subject].text != "they" or verb.is_a("heed", "sight"):
                if word.text not in ("ignored", "forgot", "neglected", "misread", "disregarded") or words[subject].is_a("self") or said.within(n + 1, 6, "sign_word") > 0:
                    yield Hindsight("not seen", said.quote(subject, n))
        if word.is_a("not") and (verb := said.skip(n + 1, "adverb")) > 0 and words[verb].is_a("sight") and words[n - 1].text in ("did", "had", "has", "have"):
            subject = said.find_subject(n)
            if subject >= 0 and words[subject].is_a("self", "role", "group", "name") and words[subject].text != "they" and not words[verb].text.startswith("see") and not _tells_why(said, verb):
                yield Hindsight("not seen", said.quote(subject, verb))
        if word.text in ("occurred", "dawned") and any(each.text == "never" for each in words[max(0, n - 2) : n]):
            yield Hindsight("not seen", said.quote(n - 1, n))
        if word.text in ("took", "needed") and n + 1 < len(words):
            to = next((k for k in range(n + 2, min(n + 9, len(words) - 1)) if words[k].text == "to" and words[k + 1].is_a("sight")), -1)
            if to > 0 and (words[n + 1].is_a("self", "role") or any(said.is_person(k) for k in range(n + 1, to))) and words[to + 1].text not in ("find", "identify", "see"):
                yield Hindsight("not seen", said.quote(n, to + 1))


def _tells_why(said: Clauses, at: int) -> bool:
    return any(word.text in ("because", "since", "which", ";", ":") for word in said.words[at:])


def _was_wrong(said: Clauses) -> Iterator[Hindsight]:
    """“It was a mistake to …”, “the decision turned out to be wrong”, “the right move was …”."""
    words = said.words
    for n, word in enumerate(words):
        if not (word.is_a("bad") and word.text not in ("irresponsible", "horrible", "terrible", "awful") or word.text in ("mistake", "error", "blunder", "wrong call", "wrong decision", "wrong choice", "bad decision", "bad idea", "misjudgement", "bad call", "poor choice", "poor decision", "bad choice")):
            continue
        be = n - 1
        while be >= 0 and words[be].is_a("determiner", "adverb", "misdoing"):
            be -= 1
        if be < 1 or words[be].text not in ("was", "were", "proved", "be", "is", "been") or said.is_denied(n):
            continue
        texts = [each.text for each in words]
        judged = any(each.is_a("chosen_thing") for each in words[:be]) or any(each.partition(" ")[0].endswith("ing") for each in texts[: min(3, be)]) or texts[be - 1 : be] == ["it"] and "to" in texts[n + 1 : n + 3]
        if judged and (be == 0 or not words[be].text == "is") or "turned" in texts[max(0, be - 4) : be] and any(each.is_a("chosen_thing") for each in words[:be]):
            yield Hindsight("measured", said.quote(be, n))
    for n, word in enumerate(words[:-2]):
        if word.text in ("right", "correct", "better", "best", "smarter", "wiser", "safer") and words[n + 1].is_a("chosen_thing"):
            if any(each.text in ("was", "would") for each in words[max(0, n - 4) : n + 6]) and not said.is_denied(n):
                yield Hindsight("measured", said.quote(n, n + 1))
        if word.text == "wrong" and words[n + 1].text in ("theory", "hypothesis", "track", "lead", "trail", "direction", "assumption", "tree", "conclusion") and not said.is_denied(n):
            yield Hindsight("measured", said.quote(n, n + 1))


def _too_late(said: Clauses) -> Iterator[Hindsight]:
    """“We were too slow to declare”, “the escalation came too late”, “not quick enough”."""
    words = said.words
    for n, word in enumerate(words):
        too = word.text in ("late", "long", "slow", "slowly") and any(each.text == "too" for each in words[max(0, n - 2) : n])
        enough = word.text in ("quick", "fast", "soon", "early", "quickly", "attentive") and n + 1 < len(words) and words[n + 1].text == "enough" and said.is_denied(n)
        slow = word.text == "slow" and n + 2 < len(words) and words[n + 1].text == "to" and words[n + 2].is_a("sight", "care", "heed")
        if too or enough or slow:
            if any(said.is_person(k) and not words[k].is_a("outsider", "folk") for k in range(n)) or any(each.text in _OF_THE_RESPONSE for each in words[:n]):
                yield Hindsight("measured", said.quote(max(0, n - 1), n))


_OF_THE_RESPONSE: Final = frozenset({"escalation", "declaration", "decision", "response", "reaction", "realisation", "realization", "escalated", "communication", "call"})


def _why_not(said: Clauses) -> Iterator[Hindsight]:
    """“Why was this not caught …?”, “why did it take so long?”, “how could we miss it?”."""
    words = said.words
    first = said.skip(0, "joint")
    if first < 0 or words[-1].text not in ("?", "!") or len(words) < first + 3:
        return
    head, texts = words[first].text, [word.text for word in words[first:]]
    past = texts[1] in ("was", "were", "did", "had", "has", "have", "could")
    negative = any(word.is_a("not", "nobody") or word.text in ("never", "only", "so", "late") for word in words[first + 1 : first + 9])
    if head == "why" and past and negative or head == "how" and texts[1] == "could" and any(word.is_a("self", "nobody", "role") or word.text in ("this", "it", "that") for word in words[first + 2 : first + 4]):
        yield Hindsight("asked", said.quote(first, first + 2))


_LOOKS: Final[tuple[Callable[[Clauses], Iterator[Hindsight]], ...]] = (_should_have, _had_it_been, _did_not_see, _was_wrong, _too_late, _why_not)
