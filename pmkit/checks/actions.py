"""Checks of actions: one person answers for each, there is a day, and anybody can see when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from pmkit.checks._rule import Finding, Rule, rule, shorten
from pmkit.checks.breadth import measure_breadth
from pmkit.postmortem import Incident
from pmkit.roster import find_name_fault, find_person_fault
from pmkit.vocabulary import Vocabulary

_MANY: Final = 4  # open actions of one person from which on it may be too much …
_SHARE: Final = 0.4  # … when they are more than this share of all
_MOST: Final = 10  # actions of one review that a team can see through
_SKELETON: Final = (
    "<add, cap, reject, remove …> <which part of which system> <in which case, from which value on>, "
    "proven by <what anybody can see>"
)
_GRAVE: Final = ("P0", "P1")


@rule("AC101", "Action without one person", severity="error", on_text=True)
def find_ownerless(
    actions: pd.DataFrame, incident: Incident | None, people: tuple[str, ...]
) -> Iterator[Finding]:
    """No one person answers for this action.

    Actions that belong to nobody, to several or to a team are the ones that are still open a year later: each
    waits for somebody else to begin. Many may help; one says when it is done.

    Mend: put one person into `dri`, by the name under which they take part, or a role that somebody fills.
    """
    taken = _taken(actions)
    if incident is None and len(taken) > 1 and not taken["dri"].str.strip().any():
        message = f"None of the {len(taken)} actions says who answers for it."
        yield Finding(message, "actions", taken["action_id"].iloc[0], "dri")
        return
    for row in taken.itertuples():
        told = row.dri.strip()
        fault = find_person_fault(told, incident, people) if incident else find_name_fault(told)
        if fault:
            what = f"the DRI “{told}” {fault}" if told else "there is no DRI"
            yield Finding(f"{row.action_id}: {what}.", "actions", row.action_id, "dri")


@rule("AC102", "Action without a day", severity="error")
def find_undated(actions: pd.DataFrame) -> Iterator[Finding]:
    """No day is set for this action.

    What has no day is overtaken by what has one. A day that turns out wrong can be moved, and moving it is
    worth knowing.

    Mend: agree with its DRI on a day and put it into `due_on`.
    """
    for row in _open(actions).itertuples():
        if pd.isna(row.due_on):
            yield Finding(f"{row.action_id} has no due date.", "actions", row.action_id, "due_on")


@rule("AC103", "Action overdue")
def find_overdue(actions: pd.DataFrame, incident: Incident, now: datetime) -> Iterator[Finding]:
    """The day of this action is over and it is still open.

    Either something stands in its way that others could help with, or the day was never real. Both are better
    known than guessed.

    Mend: ask what stands in its way; close it, move the day, or drop it with the reason.
    """
    today = incident.calendar.day_of(now)
    for row in _open(actions).itertuples():
        if pd.notna(row.due_on) and row.due_on.date() < today:
            days = -incident.calendar.left(today, row.due_on.date())
            late = f"{days} working day" + ("" if days == 1 else "s")
            message = f"{row.action_id} was due on {row.due_on:%Y-%m-%d}, {late} ago."
            yield Finding(message, "actions", row.action_id, "due_on")


@rule("AC104", "Action due on a day off", severity="info")
def find_days_off(actions: pd.DataFrame, incident: Incident, now: datetime) -> Iterator[Finding]:
    """This action is due on a day on which the team does not work.

    Such a day is a sign that it was picked from the air, and on it nobody is there to see the proof.

    Mend: move it to the working day before.
    """
    today, calendar = incident.calendar.day_of(now), incident.calendar
    for row in _open(actions).itertuples():
        if pd.isna(row.due_on) or row.due_on.date() < today or calendar.is_working(row.due_on.date()):
            continue
        days = (row.due_on.date() - timedelta(days=n) for n in range(1, 30))
        before = next(day for day in days if calendar.is_working(day))
        message = f"{row.action_id} is due on {row.due_on:%A, %Y-%m-%d}, which is no working day."
        yield Finding(message, "actions", row.action_id, "due_on", suggestion=str(before))


@rule("AC105", "Many actions on one person")
def find_overloaded(actions: pd.DataFrame) -> Iterator[Finding]:
    """One person answers for many of the open actions.

    Each of them may be right, and together they are a queue: the last one waits for all before it.

    Mend: see which of them somebody else can take, or say in which order they come.
    """
    dris = _open(actions)["dri"].replace("", pd.NA).dropna()
    counts = dris.value_counts()
    for dri, count in counts.items():
        if count >= _MANY and count > _SHARE * len(dris):
            ids = ", ".join(actions.loc[actions["dri"] == dri, "action_id"])
            message = f"{dri} answers for {count} of {len(dris)} open actions ({ids})."
            yield Finding(message, "actions", "", "dri")


@rule("AC106", "Actions without an order of importance")
def find_flat_priorities(actions: pd.DataFrame) -> Iterator[Finding]:
    """The priorities of the actions do not tell which comes first.

    After a grave incident something has to come before other work. When all are equal the easy ones are done
    first, and they seldom are the ones that would have helped.

    Mend: give the one or two actions that cut the causal chain P0 or P1, and say so to those who plan.
    """
    taken = _taken(actions)
    known = taken["priority"][taken["priority"] != ""]
    if len(taken) >= 3 and known.empty:
        yield Finding("No action has a priority.", "actions", "", "priority")
    elif len(known) >= 3 and known.nunique() == 1:
        message = f"All {len(known)} actions have the priority {known.iloc[0]}."
        yield Finding(message, "actions", "", "priority")
    elif len(known) and not known.isin(_GRAVE).any():
        yield Finding("No action has the priority P0 or P1.", "actions", "", "priority")


@rule("AC201", "Action too broad", on_text=True)
def find_broad(actions: pd.DataFrame, vocabulary: Vocabulary) -> Iterator[Finding]:
    """This action can be worked on for ever, and nobody can say that it is done.

    “Improve monitoring” is closed when somebody is tired of it. An action that names the thing to change, the
    case or the number, and the proof, can be closed by anybody who looks.

    Mend: say which part of which system will be different, from which value or case on, and how anybody can
    see it.
    """
    for row in _taken(actions).itertuples():
        found = measure_breadth(row.action, row.done_when, vocabulary)
        if found.is_broad:
            reasons = " and ".join(found.reasons[:2])
            missing = f" Missing: {', '.join(found.missing)}." if found.missing else ""
            message = f"{row.action_id} “{shorten(row.action)}” is too broad to test: {reasons}.{missing}"
            yield Finding(message, "actions", row.action_id, "action", suggestion=_SKELETON)


@rule("AC202", "Action without a proof")
def find_unproven(actions: pd.DataFrame, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Nothing says how anybody can see that this action is done.

    Between “deployed” and “it holds” lies a test that somebody has to think of. It is cheapest to think of it
    while the incident is fresh.

    Mend: write into `done_when` the test, drill or number that shows it.
    """
    for row in _open(actions).itertuples():
        broad = measure_breadth(row.action, row.done_when, vocabulary).is_broad
        if not row.done_when.strip() and not broad:  # of a broad one it is said already
            message = f"{row.action_id} does not say how anybody can see that it is done."
            yield Finding(message, "actions", row.action_id, "done_when")


@rule("AC203", "Action that addresses no factor")
def find_unrelated(actions: pd.DataFrame, factors: pd.DataFrame) -> Iterator[Finding]:
    """This action is not tied to any factor of the incident.

    It may be a good idea, and then it is one among many. What is tied to a factor shows what the incident
    would have been without it.

    Mend: put the factor into `factor_ids`, or move the idea to `ideas.csv`.
    """
    known = set(factors["factor_id"])
    for row in _taken(actions).itertuples() if known else ():
        named = row.factor_ids.split()
        unknown = [name for name in named if name not in known]
        if not named:
            yield Finding(f"{row.action_id} addresses no factor.", "actions", row.action_id, "factor_ids")
        elif unknown:
            message = f"{row.action_id} addresses {unknown[0]}, and there is no such factor."
            yield Finding(message, "actions", row.action_id, "factor_ids")


@rule("AC204", "Action that changes people", on_text=True)
def find_reminders(actions: pd.DataFrame, vocabulary: Vocabulary) -> Iterator[Finding]:
    """This action asks people to be otherwise, and leaves the system as it is.

    Whoever comes next has not read the reminder. What a person has to remember, a check, a default or a
    guard can do each time.

    Mend: ask what would have made the right thing the easy one, and do that instead or as well.
    """
    for row in _taken(actions).itertuples():
        words = vocabulary.cues["people"].words_in(row.action)
        broad = measure_breadth(row.action, row.done_when, vocabulary).is_broad
        if words and not row.done_when.strip() and not broad:  # of a broad one it is said already
            message = f"{row.action_id} “{shorten(row.action)}” changes people, not the system (“{words}”)."
            yield Finding(message, "actions", row.action_id, "action")


@rule("AC205", "No action prevents")
def find_no_prevention(actions: pd.DataFrame) -> Iterator[Finding]:
    """No action would keep the incident from happening again.

    Alerts and graphs make the next time shorter, not rarer. At least one action should take away what made it
    possible.

    Mend: look at the factor that is cheapest to cut, and add an action of the type prevent.
    """
    types = _taken(actions)["type"]
    if len(types) and (types != "").all() and not types.isin(["prevent", "process"]).any():
        kinds = ", ".join(sorted(set(types)))
        yield Finding(f"No action is of the type prevent; they are {kinds}.", "actions", "", "type")


@rule("AC206", "More actions than a team can see through", severity="info")
def find_too_many(actions: pd.DataFrame) -> Iterator[Finding]:
    """There are many actions.

    After ten nobody knows which ones matter, and a list that is half done tells of a team that does not
    finish.

    Mend: keep those that cut the causal chain, and move the others to `ideas.csv`, where they count.
    """
    count = len(_taken(actions))
    if count > _MOST:
        yield Finding(f"There are {count} actions; more than {_MOST} are seldom finished.", "actions")


@rule("AC207", "Action dropped without a reason")
def find_dropped(actions: pd.DataFrame) -> Iterator[Finding]:
    """This action was dropped and nothing says why.

    Not to act is a decision too. The next time somebody will ask whether it was thought of.

    Mend: write the reason into `note`.
    """
    for row in actions[actions["status"] == "dropped"].itertuples():
        if not row.note.strip():
            message = f"{row.action_id} is dropped, and nothing says why."
            yield Finding(message, "actions", row.action_id, "note")


def _taken(actions: pd.DataFrame) -> pd.DataFrame:
    return actions[actions["status"] != "dropped"]


def _open(actions: pd.DataFrame) -> pd.DataFrame:
    return actions[~actions["status"].isin(["done", "dropped"])]


RULES: Final[tuple[Rule, ...]] = (
    find_ownerless, find_undated, find_overdue, find_days_off, find_overloaded, find_flat_priorities,
    find_broad, find_unproven, find_unrelated, find_reminders, find_no_prevention, find_too_many,
    find_dropped,
)  # fmt: skip
