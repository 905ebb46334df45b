"""Checks of causes: what is called the root cause says how it came about, and other factors show it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd

from pmkit.checks._rule import Finding, Passage, Rule, rule
from pmkit.checks.statement import BEHIND, Cause, Reading, find_person
from pmkit.factors import IMPACT, causal_graph
from pmkit.phrases import shorten
from pmkit.postmortem import Postmortem
from pmkit.vocabulary import Vocabulary

_SKELETON: Final = (
    "<what was so before> lets <what set it off> lead to <what was seen>, since <what checks, limits or "
    "alarms are not there>"
)
_PARTS: Final = {
    "something that set it off": ("trigger",),
    "something that was there before, or was missing": BEHIND,
    "how it was detected": ("detection",),
}


@rule("RC101", "Symptom called root cause", severity="error")
def find_symptoms(causes: tuple[Cause, ...]) -> Iterator[Finding]:
    """What is called the root cause says again what was seen.

    “The pool was exhausted” is where the search begins. Mended there, it comes back by another way, because
    what exhausted it is still in place.

    Mend: ask what led to it and what let it through, add that as factors of its own, and mark the one that
    the team believes in.
    """
    for cause in causes:
        name, kind, statement, reading, _ = cause
        table, row = ("factors", name) if name else ("notes/root-cause", "1")
        if reading.is_symptom:
            reasons = " and ".join(reading.reasons[:2])
            message = f"{name or 'The root cause'} “{shorten(statement, 70)}” is a symptom: {reasons}."
            lie = " and ".join(
                f"{each.factor_id} “{shorten(each.statement, 70)}”" for each in cause.behind[:2]
            )
            mend = f"Behind it stands {lie}." if lie else _SKELETON
            yield Finding(message, table, row, "statement" if name else "", suggestion=mend)
        elif name and not _is_person_or_trigger(kind, reading) and _is_shallow(cause):
            message = (
                f"{name} is called the root cause and leads straight to the impact; nothing that was there "
                "before, or was missing, stands behind it."
            )
            yield Finding(message, table, row, "root_cause", suggestion=_SKELETON)


@rule("RC102", "Person called cause", severity="error")
def find_people(passages: tuple[Passage, ...], vocabulary: Vocabulary) -> Iterator[Finding]:
    """A cause is a person, or human error.

    People err every day, and mostly nothing comes of it. What made it come to something this time is in the
    system, and only there it can be changed.

    Mend: say what the person saw, what made the step look right, and what let it through.
    """
    for passage in passages:
        words = find_person(passage.text, vocabulary) if passage.kind == "cause" else ""
        if words:
            message = f"“{shorten(passage.text, 70)}” names a person as the cause."
            mend = "What did the tool show at that moment, what did it let through, and what would have told?"
            yield passage.finding(message, suggestion=mend)


@rule("RC103", "Trigger with nothing behind it")
def find_bare_triggers(causes: tuple[Cause, ...]) -> Iterator[Finding]:
    """What is called the root cause is what set the incident off, and nothing says what let it do harm.

    Changes, failovers and peaks come every week. The one that hurt met something that was already there, or
    something that was missing.

    Mend: add the latent condition or the missing safeguard as a factor and link it with the trigger.
    """
    for name, kind, statement, reading, _ in causes:
        called = kind == "trigger" and not reading.behind and not reading.is_symptom
        if not reading.is_person and (called or (not kind and reading.is_bare_trigger)):
            message = (
                f"{name or 'The root cause'} “{shorten(statement, 70)}” is what set it off; nothing says "
                "what let it do harm."
            )
            table, row = ("factors", name) if name else ("notes/root-cause", "1")
            yield Finding(message, table, row, "root_cause" if name else "", suggestion=_SKELETON)


@rule("RC104", "Only one factor")
def find_lonely(factors: pd.DataFrame) -> Iterator[Finding]:
    """There is only one contributing factor.

    In a system that has been running for a while no single fault is enough. One factor mostly means that the
    search stopped at the first answer.

    Mend: ask what else had to be so: what set it off, what let it through, what hid it, what made it longer.
    """
    if len(factors) == 1:
        name = factors["factor_id"].iloc[0]
        yield Finding(f"{name} is the only contributing factor.", "factors")


@rule("RC105", "Part of the story without a factor", severity="info")
def find_missing_parts(factors: pd.DataFrame) -> Iterator[Finding]:
    """The factors leave out a part of the story: what set it off, what let it through, or how it was seen.

    Each of them is a place at which the incident could have ended. A part without a factor is mostly one that
    nobody has looked at.

    Mend: ask for it in the debrief; if there was nothing to learn, a factor that helped says so too.
    """
    kinds = set(factors["kind"])
    if len(factors) < 2 or "" in kinds:
        return
    missing = [part for part, those in _PARTS.items() if not kinds & set(those)]
    if missing:
        yield Finding(f"No factor tells of {_either(missing)}.", "factors", "", "kind")


@rule("RC106", "Cause that no action cuts")
def find_uncut(postmortem: Postmortem, causes: tuple[Cause, ...]) -> Iterator[Finding]:
    """A cause leads to the impact and no action takes that away.

    What stays as it was will do the same again. That may be a choice, and then it is worth a decision.

    Mend: add an action that names the factor in `factor_ids`, or record the decision to live with it.
    """
    actions, factors = postmortem.actions, postmortem.factors
    if (actions["status"] == "dropped").all() or factors.empty:
        return
    graph = causal_graph(factors, postmortem.factor_links, actions)
    described = graph.nodes.set_index("factor_id")
    last = graph.uncovered[graph.uncovered["effect"] == IMPACT]
    bare = [name for name in last["cause"] if described.loc[name, "known"]]
    roots = described[described["root_cause"] & (described["actions"].map(len) == 0)].index
    # What is only a symptom is told of as such; no action could take it away.
    symptoms = {cause.name for cause in causes if cause.reading.is_symptom}
    for name in dict.fromkeys([*bare, *roots]):
        if name in symptoms:
            continue
        # A trigger comes again whatever one does; what it met can be changed, and that has its own finding.
        if described.loc[name, "kind"] != "trigger":
            called = (
                "is called the root cause" if described.loc[name, "root_cause"] else "leads to the impact"
            )
            yield Finding(f"{name} {called}, and no action addresses it.", "factors", name, "factor_id")


@rule("RC107", "Factor without evidence")
def find_unproven(factors: pd.DataFrame) -> Iterator[Finding]:
    """No event is named as evidence for a factor.

    Without one it is a view, and the next reader cannot tell it from what was seen.

    Mend: put the events that show it into `event_ids`, or say in the note what was measured.
    """
    for row in factors.itertuples():
        if not row.event_ids.strip() and not re.search(r"\d", row.note):
            yield Finding(
                f"{row.factor_id} names no event as evidence.", "factors", row.factor_id, "event_ids"
            )


@rule("RC108", "Root cause note that names no factor", severity="info")
def find_unnamed(notes: Mapping[str, str], factors: pd.DataFrame) -> Iterator[Finding]:
    """The note about the root cause names no factor.

    The note is what people read, the factors are what actions and evidence hang on. A reader should find the
    way from one to the other.

    Mend: name the factors where the note tells of them, as in “… (F2)”.
    """
    note, ids = notes.get("root-cause", ""), list(factors["factor_id"])
    named = [name for name in ids if re.search(rf"\b{re.escape(name)}\b", note)]
    if note.strip() and ids and not named:
        marked = factors.loc[factors["root_cause"], "factor_id"]
        name = marked.iloc[0] if len(marked) else ids[0]
        yield Finding("The note about the root cause names none of the factors.", "notes/root-cause",
                      suggestion=f"Name {name} where the note tells of it.")  # fmt: skip


def _is_person_or_trigger(kind: str, reading: Reading) -> bool:
    """Whether another rule tells of it."""
    return reading.is_person or kind == "trigger" or (not kind and reading.is_bare_trigger)


def _is_shallow(cause: Cause) -> bool:
    """Whether the factor leads straight to the impact, is nothing latent and has nothing such on its ways."""
    straight = (cause.name, IMPACT) in cause.around.links
    return straight and cause.kind not in BEHIND and not cause.behind


def _either(parts: list[str]) -> str:
    return " nor of ".join(parts)


RULES: Final[tuple[Rule, ...]] = (
    find_symptoms,
    find_people,
    find_bare_triggers,
    find_lonely,
    find_missing_parts,
    find_uncut,
    find_unproven,
    find_unnamed,
)
