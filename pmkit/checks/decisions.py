"""Checks of decisions: what was done was decided, what was decided is written down with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit import spoken
from pmkit.checks._rule import Finding, Rule, find_response, rule
from pmkit.phrases import shorten
from pmkit.postmortem import Incident, Postmortem
from pmkit.roster import find_person_fault
from pmkit.similarity import index_words
from pmkit.vocabulary import Vocabulary

Flags = npt.NDArray[np.bool_]

_BEFORE: Final = pd.Timedelta("60min")  # so long before a step its decision is looked for …
_AFTER: Final = pd.Timedelta("15min")  # … and so long after, since it may be written down later
_COVERED: Final = 0.9  # share of steps with a decision that is enough
_ALIKE: Final = 0.12  # likeness from which on a decision is about the step
_ANSWERED: Final = pd.Timedelta("60min")
_SURE: Final = 0.7  # score from which on a message is told of as a decision
_TALK: Final = 20  # messages of people from which on there is talk
_PER_DECISION: Final = 25  # messages of the response to one decision, at most
_MOST: Final = 5  # messages that one finding names
_STEPPING: Final = ("deploy", "change", "bot", "message", "reply")
_SKELETON: Final = "<what is done> because <what was known>; else on the table: <…>; looked at again <when>"


@rule("DE101", "Steps that nobody decided")
def find_undecided_steps(
    postmortem: Postmortem, talk: pd.DataFrame, vocabulary: Vocabulary
) -> Iterator[Finding]:
    """Steps that should end the impact were taken, and no decision near them says so.

    A step without a decision cannot be asked what was known, what else was on the table and who would have
    stopped it. Those are the questions from which the next response gets quicker.

    Mend: add the decision with its time, who took it and why; where somebody just did it, say that.
    """
    steps = _steps(postmortem, vocabulary)
    if steps.empty:
        return
    bare = steps[~_decided(steps, talk, postmortem, vocabulary)]
    if 1 - len(bare) / len(steps) < _COVERED:
        for step in bare.head(_MOST).itertuples():
            message = f"{step.time:%H:%M:%S} UTC “{shorten(step.text)}”: no decision is near this step."
            yield Finding(
                message, "decisions", step.event_id, event_ids=(step.event_id,), suggestion=_SKELETON
            )


@rule("DE102", "Decision spoken and not written down")
def find_spoken(suggestions: pd.DataFrame) -> Iterator[Finding]:
    """Messages settle what the response does, and the table of decisions does not know of it.

    In a week nobody finds the one message among hundreds, and the decision looks as if it had never been
    taken.

    Mend: take the suggestion in the workbook, or add a row with the message in `event_ids`.
    """
    found = suggestions[suggestions["kind"] == "decision"]
    for row in found[found["score"] >= _SURE].head(_MOST).itertuples():
        said = shorten(row.proposal.values["decision"])
        message = f"{row.time:%H:%M:%S} UTC “{said}” settles something and is not among the decisions."
        yield Finding(
            message, "decisions", row.event_id, event_ids=(row.event_id,), suggestion=row.reasons[0]
        )


@rule("DE103", "Proposal without an answer", severity="info")
def find_open_proposals(
    postmortem: Postmortem, talk: pd.DataFrame, vocabulary: Vocabulary
) -> Iterator[Finding]:
    """Somebody proposed something during the response and got no answer.

    It may have been the way that was quicker. That it was heard and turned down is worth a line; that nobody
    heard it is worth more.

    Mend: answer it in the decisions, also with no and the reason.
    """
    heard = talk[vocabulary.cues["proposing"].heard_in(talk["text"])]
    if heard.empty:
        return
    talk = talk.assign(settles=spoken.hear_settling(talk["text"], vocabulary))
    roles = _roles(postmortem.incident)
    cited = set(" ".join(postmortem.decisions["event_ids"]).split())
    told = 0
    cues = spoken.hear(heard["text"], vocabulary)
    for said, words_of in zip(heard.itertuples(), cues, strict=True):
        role = roles.get(said.actor, "")
        message = spoken.Message(said.text, role, said.slack_reactions, heard=words_of)
        settles = spoken.is_decision(spoken.weigh_decision(message, vocabulary), vocabulary)
        words = "" if settles else spoken.find_proposal(message, vocabulary)
        if words and said.event_id not in cited and not _answered(said, talk, postmortem):
            text = f"{said.time:%H:%M:%S} UTC “{shorten(said.text)}” got no answer."
            yield Finding(text, "decisions", said.event_id, event_ids=(said.event_id,))
            told += 1
            if told == _MOST:
                return


@rule("DE104", "Talk without decisions")
def find_talk(postmortem: Postmortem, talk: pd.DataFrame, suggestions: pd.DataFrame) -> Iterator[Finding]:
    """There was much talk during the response and hardly a decision is written down.

    Decisions were taken, or nothing would have been done. What is missing is the record of them.

    Mend: go through the channel once and add what was settled; five rows are often enough.
    """
    spoken_of = (suggestions["kind"] == "decision") & (suggestions["score"] >= _SURE)
    if len(talk) < _TALK or spoken_of.any():
        return  # those that were spoken are told of one by one
    decisions = postmortem.decisions
    logged = talk["place"].isin(_log_channels(postmortem.incident)).sum()
    during = decisions["about"].isin(["response", "communication", ""]).sum()
    count = max(int(logged), int(during))
    if len(talk) > _PER_DECISION * count:
        decided = "no decision is" if not count else f"{count} decision{' is' if count == 1 else 's are'}"
        message = f"During the response people wrote {len(talk)} messages, and {decided} recorded."
        yield Finding(message, "decisions")


@rule("DE105", "Outcome that nobody decided")
def find_undecided_outcomes(postmortem: Postmortem, now: datetime) -> Iterator[Finding]:
    """The root cause is agreed, or the retro is over, and no decision says so.

    The draft of one person and the view of the team look alike in a table. The decision is the difference.

    Mend: add a decision about `root cause`, or about `actions`, with who was there.
    """
    about = set(postmortem.decisions["about"].str.strip().str.casefold())
    factors, checkins = postmortem.factors, postmortem.checkins
    agreed = factors[factors["root_cause"] & factors["agreed"]]
    if len(agreed) and "root cause" not in about:
        name = agreed["factor_id"].iloc[0]
        yield Finding(f"{name} is agreed as the root cause, and no decision is about it.", "decisions", name)
    held = (checkins["kind"] == "final retro") & (checkins["held_at"] <= pd.Timestamp(now))
    taken = postmortem.actions[postmortem.actions["status"] != "dropped"]
    if held.any() and len(taken) and "actions" not in about:
        message = f"The final retro was held, and no decision is about the {len(taken)} actions."
        yield Finding(message, "decisions", "actions")


@rule("DE106", "Decision without when, who or why")
def find_incomplete(
    decisions: pd.DataFrame, incident: Incident, people: tuple[str, ...]
) -> Iterator[Finding]:
    """A decision does not say when it was taken, who took it, or why.

    Without the time it cannot be held against what was known; without the reason the next reader judges it by
    how it ended.

    Mend: fill `decided_at`, the role in `decided_by`, and in `why` what was known at that moment.
    """
    for row in decisions.itertuples():
        who = row.decided_by.strip()
        fault = find_person_fault(who, incident, people) if who and who not in incident.roles else ""
        lacks = {
            "decided_at": "when it was taken" if pd.isna(row.decided_at) else "",
            "decided_by": "" if who else "who took it",
            "why": "" if row.why.strip() else "why",
        }
        said = [words for words in lacks.values() if words]
        if said:
            column = next(name for name, words in lacks.items() if words)
            message = f"{row.decision_id} does not say {' nor '.join(said)}."
            yield Finding(message, "decisions", row.decision_id, column, suggestion=_SKELETON)
        elif fault:
            message = f"{row.decision_id}: “{who}” in `decided_by` {fault}."
            yield Finding(message, "decisions", row.decision_id, "decided_by")


@rule("DE107", "Decision to be looked at again", severity="info")
def find_unrevisited(decisions: pd.DataFrame, incident: Incident, now: datetime) -> Iterator[Finding]:
    """The day on which a decision was to be looked at again is over.

    It was taken for a while, on what was known then. What was meant to be for a week tends to stay for years.

    Mend: look at it; add the new decision, which names the old one, or move the day.
    """
    today = incident.calendar.day_of(now)
    for row in decisions.itertuples():
        if pd.notna(row.revisit_on) and row.revisit_on.date() < today and not _named_later(row, decisions):
            message = f"{row.decision_id} was to be looked at again on {row.revisit_on:%Y-%m-%d}."
            yield Finding(message, "decisions", row.decision_id, "revisit_on")


# Steps and their decisions


def _steps(postmortem: Postmortem, vocabulary: Vocabulary) -> pd.DataFrame:
    """What was done to end the impact: `event_id`, `time`, `text`; of the timeline, where there is one.

    A step is told by several sources; one that is told again within ten minutes in like words counts once.
    """
    start, end = find_response(postmortem)
    if start is None or end is None:
        return postmortem.events.iloc[:0][["event_id", "time", "text"]]
    timeline = postmortem.timeline
    rows = timeline[timeline["time"].between(start, end)]
    text = rows["summary"].where(rows["summary"] != "", rows["text"])
    steps = pd.DataFrame({"event_id": rows["event_id"], "time": rows["time"], "text": text})
    events = postmortem.events
    told = events["time"].between(start, end) & events["kind"].isin(_STEPPING)
    own = events.loc[told, ["event_id", "time", "text", "kind", "slack_is_bot"]]
    own = own[own["slack_is_bot"] | own["kind"].isin(["deploy", "change"])]
    own = own[~own["event_id"].isin(steps["event_id"])][["event_id", "time", "text"]]
    every = pd.concat([steps, own], ignore_index=True).sort_values("time", kind="stable", ignore_index=True)
    if every.empty:
        return every
    taken = every[vocabulary.cues["step"].heard_in(every["text"])].reset_index(drop=True)
    return taken[_firsts(taken, vocabulary)].reset_index(drop=True)


def _firsts(steps: pd.DataFrame, vocabulary: Vocabulary) -> Flags:
    kept = np.ones(len(steps), dtype=bool)
    if len(steps) < 2:
        return kept
    words = index_words(steps["text"], vocabulary.stop_words)
    times = steps["time"].to_numpy()
    for n in range(1, len(steps)):
        near = (times[n] - times[:n]) <= np.timedelta64(10, "m")
        kept[n] = not (words.likeness(n, n)[near] >= _ALIKE).any()
    return kept


def _decided(
    steps: pd.DataFrame, talk: pd.DataFrame, postmortem: Postmortem, vocabulary: Vocabulary
) -> Flags:
    """For each step, whether a decision near it is about it: by its event, or by its words."""
    decisions = postmortem.decisions
    log = talk[talk["place"].isin(_log_channels(postmortem.incident))]
    at = pd.concat([decisions["decided_at"], log["time"]], ignore_index=True)
    text = pd.concat([decisions["decision"] + " " + decisions["why"], log["text"]], ignore_index=True)
    cited = set(" ".join(decisions["event_ids"]).split())
    decided = steps["event_id"].isin(cited).to_numpy().copy()
    words = index_words(pd.concat([text, steps["text"]], ignore_index=True), vocabulary.stop_words)
    for n, time in enumerate(steps["time"]):
        near = at.between(time - _BEFORE, time + _AFTER).to_numpy()
        decided[n] |= bool((words.likeness(len(at) + n, len(at))[near] >= _ALIKE).any())
    return np.asarray(decided)


def _log_channels(incident: Incident) -> set[str]:
    return {f"#{each.name}" for each in incident.channels if "decision" in f"{each.name} {each.purpose}"}


def _roles(incident: Incident) -> dict[str, str]:
    return {member.person: member.role for member in incident.members if member.person}


def _answered(said: Any, talk: pd.DataFrame, postmortem: Postmortem) -> bool:
    """Whether somebody answered a proposal: in its thread, with a mark, or by settling something."""
    if said.slack_reactions.strip():
        return True
    # The talk is in order: of a long response only what was said soon after is looked at.
    first, last = talk["time"].searchsorted([said.time, said.time + _ANSWERED], side="right")
    after = talk.iloc[first:last]
    others = after[after["actor"] != said.actor]
    thread = said.slack_thread_ts or said.slack_ts
    if (others["slack_thread_ts"] == thread).any():
        return True
    named = others["text"].str.contains(said.actor.split(" ")[0], regex=False)
    at = postmortem.decisions["decided_at"]
    return bool(
        others["settles"].any() or named.any() or at.between(said.time, said.time + _ANSWERED).any()
        or others["time"].le(said.time + pd.Timedelta("3min")).any()
    )  # fmt: skip


def _named_later(decision: Any, decisions: pd.DataFrame) -> bool:
    later = decisions[decisions["decided_at"] > decision.decided_at]
    words = later["decision"] + " " + later["why"] + " " + later["alternatives"]
    return bool(words.str.contains(rf"\b{decision.decision_id}\b").any())


RULES: Final[tuple[Rule, ...]] = (
    find_undecided_steps,
    find_spoken,
    find_open_proposals,
    find_talk,
    find_undecided_outcomes,
    find_incomplete,
    find_unrevisited,
)
