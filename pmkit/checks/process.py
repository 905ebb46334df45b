"""Checks of the review itself: somebody owns it, roles are filled, the retro comes after the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import pandas as pd

from pmkit.checks._rule import Finding, Rule, rule, shorten
from pmkit.postmortem import Incident, Postmortem
from pmkit.process import closure_due_on
from pmkit.roster import find_person_fault, find_unlisted, tell_people

_REWORKED: Final = 0.2  # share of timeline rows saved anew after the retro that is worth a second look
_AROUND: Final = pd.Timedelta("1h")
_SOME: Final = 3  # things somebody said or did who took part, and did not only look in
_BUSY: Final = 5  # messages of somebody who took part in the response


@rule("PR101", "Review without an owner", severity="error")
def find_ownerless_review(incident: Incident) -> Iterator[Finding]:
    """No one person owns this review.

    Somebody has to see that it ends. It need not be the Incident Commander, who may need the rest.

    Mend: put a role that somebody fills, or a name, into `owner` of `incident.toml`.
    """
    owner = incident.owner.strip()
    fault = find_person_fault(owner, incident) if owner else "there is none"
    if fault:
        yield Finding(f"The review has no owner who can be named: {fault}.", "incident", "", "owner")


@rule("PR102", "Role that nobody fills")
def find_unfilled(incident: Incident) -> Iterator[Finding]:
    """A role of the review is filled by nobody.

    What belongs to the role is done by nobody, or by whoever notices.

    Mend: `pmkit assign INCIDENT "Role=Name"`, or take the role out.
    """
    unfilled = [member.role for member in incident.members if not member.person.strip()]
    if unfilled:
        yield Finding(f"Nobody fills {', '.join(unfilled)}.", "incident", "", "members")


@rule("PR103", "Facilitator took part in the response")
def find_involved_facilitator(incident: Incident, events: pd.DataFrame) -> Iterator[Finding]:
    """Who is to facilitate the retro was part of the response.

    To ask openly one must not have an answer of one's own to defend.

    Mend: ask somebody from another team to facilitate.
    """
    name = incident.facilitator.strip() and (incident.person(incident.facilitator) or incident.facilitator)
    spoke = events[(events["actor"] == name) & ~events["slack_is_bot"]] if name else events.head(0)
    if len(spoke) >= _BUSY:
        message = f"{name} is to facilitate, and wrote {len(spoke):,} messages of the record."
        yield Finding(message, "incident", "", "facilitator")


@rule("PR104", "Active, and not listed", severity="info")
def find_uninvited(postmortem: Postmortem, anchors: Mapping[str, pd.Timestamp]) -> Iterator[Finding]:
    """People who took part in the response are not in the roster of the review.

    They hold a piece of the story that nobody else has, and they will read about it otherwise.

    Mend: add them to `people` of `incident.toml`, and invite them to the retro.
    """
    start, end = anchors.get("detected"), anchors.get("resolved")
    if start is None or end is None:
        return
    unlisted = find_unlisted(postmortem, start, end)
    unlisted = unlisted[unlisted["events"] >= _SOME]
    if len(unlisted):
        message = f"Active in the response and not in the roster: {tell_people(unlisted)}."
        yield Finding(message, "incident", "", "people", suggestion=", ".join(unlisted["person"]))


@rule("PR105", "Activity without exactly one A", severity="error")
def find_unaccountable(raci: pd.DataFrame) -> Iterator[Finding]:
    """For this activity not exactly one role is accountable, or nobody is responsible.

    With no A nobody decides, with two each waits for the other.

    Mend: leave one A (or AR) in the row of the RACI canvas, and one R at least.
    """
    for activity, parts in raci.groupby("activity", sort=False)["part"]:
        accountable, responsible = parts.str.contains("A").sum(), parts.str.contains("R").sum()
        if accountable != 1:
            message = f"“{activity}” has {accountable or 'no'} A in the RACI."
            yield Finding(message, "raci", str(activity), "part")
        elif not responsible:
            yield Finding(f"“{activity}” has nobody responsible (R).", "raci", str(activity), "part")


@rule("PR201", "Retro before the evidence is complete", severity="error")
def find_early_retro(evidence: pd.DataFrame, checkins: pd.DataFrame) -> Iterator[Finding]:
    """Evidence was added after the final retro was held.

    What was told in the retro was told without it, and nobody was asked about what it shows.

    Mend: look at what the new evidence moves (`pmkit add` says so); if a factor moves, meet again.
    """
    held_at = _retro_at(checkins)
    late = evidence[evidence["added_at"] > held_at] if held_at is not None else evidence.head(0)
    for row in late.itertuples():
        message = f"{row.path} was added {_ago(row.added_at, held_at)} after the final retro."
        yield Finding(message, "evidence", row.path, "added_at")


@rule("PR202", "Retro before the cause is agreed", severity="error")
def find_retro_without_cause(checkins: pd.DataFrame, decisions: pd.DataFrame) -> Iterator[Finding]:
    """The final retro was held before anybody recorded what the causes are.

    Then it becomes the meeting in which the cause is found, and the actions are made up on the way out.

    Mend: record the decision on the root cause, and confirm in a short second meeting that it stands.
    """
    held_at = _retro_at(checkins)
    about = decisions["about"].str.casefold().str.strip() == "root cause"
    agreed = decisions.loc[about, "decided_at"].dropna()
    if held_at is not None and (agreed.empty or agreed.min() > held_at):
        when = "no decision says what the cause is" if agreed.empty else "the cause was agreed later"
        message = f"The final retro was held on {held_at:%Y-%m-%d}, and {when}."
        yield Finding(message, "checkins", "", "held_at")


@rule("PR203", "Timeline changed after the retro")
def find_rework(checkins: pd.DataFrame, journal: pd.DataFrame) -> Iterator[Finding]:
    """The timeline was saved again after the final retro.

    What those who were there agreed on is no longer what stands there.

    Mend: tell those who attended what changed, or put it back.
    """
    held_at = _retro_at(checkins)
    if held_at is None:
        return
    saves = journal[(journal["file"] == "timeline.csv") & (journal["did"] == "save")]
    later = saves[saves["at"] > held_at + _AROUND]
    if len(later):
        times = "once" if len(later) == 1 else f"{len(later)} times"
        by = ", ".join(sorted(set(later["by"])))
        yield Finding(f"timeline.csv was saved {times} after the final retro, by {by}.", "timeline")


@rule("PR204", "Open question without an owner")
def find_unowned_questions(questions: pd.DataFrame) -> Iterator[Finding]:
    """Nobody finds out what this question asks.

    A question that belongs to nobody is closed by being forgotten, and it was open for a reason.

    Mend: put a person or a role into `owner`, or answer or drop it.
    """
    for row in questions[questions["status"].isin(["open", ""])].itertuples():
        if not row.owner.strip():
            message = f"{row.question_id} “{shorten(row.question)}” has no owner."
            yield Finding(message, "questions", row.question_id, "owner")


@rule("PR205", "Closure overdue", severity="warning")
def find_late_closure(postmortem: Postmortem, milestones: pd.DataFrame, now: datetime) -> Iterator[Finding]:
    """The review should be closed by now.

    After a week people remember the report instead of the incident.

    Mend: `pmkit status` says what the next milestone waits for; if that takes long, say until when.
    """
    due, calendar = closure_due_on(postmortem), postmortem.incident.calendar
    waiting = milestones[milestones["reached_at"].isna()]
    today = calendar.day_of(now)
    if due is not None and today > due and len(waiting):
        days = -calendar.left(today, due)
        late = f"{days} working day" + ("" if days == 1 else "s")
        message = f"Closure was due on {due}, {late} ago; “{waiting['milestone'].iloc[0]}” is not reached."
        yield Finding(message, "incident", "", "milestones")


@rule("PR206", "Half of the reflection is empty", severity="info")
def find_thin_reflection(notes: Mapping[str, str], milestones: pd.DataFrame) -> Iterator[Finding]:
    """One of what went well, what went badly and where the team got lucky is empty.

    Only what went badly makes a report that nobody likes to be in; only what went well one that nobody
    believes. Luck is what will not be there next time.

    Mend: ask each who was there for one of each.
    """
    names = {"went-well": "what went well", "went-badly": "what went badly", "lucky": "where we got lucky"}
    empty = [words for name, words in names.items() if not notes.get(name, "").strip()]
    if empty and len(milestones) and milestones["reached_at"].notna().any():
        first = next(name for name, words in names.items() if words in empty)
        yield Finding(f"Nothing is written under {' and '.join(empty)}.", f"notes/{first}")


def _retro_at(checkins: pd.DataFrame) -> pd.Timestamp | None:
    held = checkins.loc[checkins["kind"] == "final retro", "held_at"].dropna()
    return held.max() if len(held) else None


def _ago(later: pd.Timestamp, earlier: pd.Timestamp | None) -> str:
    hours = (later - earlier).total_seconds() / 3600 if earlier is not None else 0.0
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


RULES: Final[tuple[Rule, ...]] = (
    find_ownerless_review, find_unfilled, find_involved_facilitator, find_uninvited, find_unaccountable,
    find_early_retro, find_retro_without_cause, find_rework, find_unowned_questions, find_late_closure,
    find_thin_reflection,
)  # fmt: skip
