"""What people are measured by: what they should have done, or must learn."""

from __future__ import annotations

from pmkit.checks.clauses import PEOPLE, Clauses
from pmkit.checks.reproach._people import NOT_OTHERS, head_person, is_other


def ought_to_have(said: Clauses, n: int) -> str:
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
    told = is_other(said, subject) and acts and sure and not own and (words[done].text != "been" or better)
    return said.quote(subject, have + 1) if told else ""


def if_they_had(said: Clauses, n: int) -> str:
    """“If they had read their mails …”, “had the developer bothered to …”, “if people would follow it …”."""
    words, subject = said.words, head_person(said, n + 1)
    some = ("anyone", "anybody", "someone", "somebody")
    if not is_other(said, subject, *NOT_OTHERS, "maybe name") or said.text_at(subject) in some:
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


def has_to_learn(said: Clauses, n: int) -> str:
    """“Whoever is on call should at least read …”, “Dieter must not be on call alone any more”."""
    subject = said.find_subject(n)
    rest = [word.text for word in said.words[n + 1 : n + 5]]
    if not said.is_at(subject, "role", "name") or "have" in rest:
        return ""
    learns = "least" in rest[:2] or "learn" in rest[:3] or rest[:2] == ["know", "better"] or "wake up" in rest
    barred = said.is_at(subject, "name") and rest[:1] == ["not"]
    never_again = barred and {"anymore", "again", "alone", "ever"} & said.texts()
    return said.quote(subject, n + 1) if learns or never_again else ""
