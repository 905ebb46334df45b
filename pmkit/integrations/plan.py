"""What a push would do, step by step with its reason, and doing it: each thing once, after any crash.

A step is planned from what the ledger knows and what the system shows. Carrying it out writes the intent,
asks once, and writes what came of it. Of a step whose outcome is not known nothing is sent again before the
system had the time to show what it did: then it is found by its mark and taken as done, or done now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import pandas as pd

from pmkit.errors import DoubtError, IntegrationError
from pmkit.integrations.credentials import title_of
from pmkit.integrations.ledger import Entry, Ledger
from pmkit.postmortem import Incident

Action = Literal["create", "update", "adopt", "skip", "conflict", "wait"]
Outcome = Literal["", "done", "refused", "unknown", "left"]

COLUMNS: Final = ("system", "step", "object", "action", "why", "outcome", "url")
_ROUNDS: Final = 3  # how often a push looks again at what was in doubt


@dataclass(frozen=True)
class Made:
    """What came of a request: what the thing is called there, where people see it, what both sides held."""

    remote: str
    url: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)


# What steps have made so far, by their names.
Known = Mapping[str, Made]


@dataclass(frozen=True)
class Step:
    """One thing that a push does, or leaves, and why.

    `name` is what the ledger calls it, `object` what people do. `act` sends the request, given what the steps
    before have made; `needs` are those it cannot do without. An `adopt` without `act` has `made`, which only
    has to be written down. `until` says when a `wait` is over.
    """

    name: str
    object: str
    action: Action
    why: str
    act: Callable[[Known], Made] | None = None
    made: Made | None = None
    digest: str = ""
    needs: tuple[str, ...] = ()
    until: datetime | None = None
    outcome: Outcome = ""
    url: str = ""


@dataclass(frozen=True)
class Push:
    """A push to one system: its steps, and what came of them where they were carried out.

    `target` is where it goes, `notes` what else is to be said.
    """

    system: str
    target: str
    steps: tuple[Step, ...]
    is_applied: bool = False
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """One row per step.

        `system`, `step`, `object`, `action`, `why`, `outcome` (of a dry run none), `url`.
        """
        rows = [
            (
                self.system,
                s.name,
                s.object,
                s.action,
                s.why,
                s.outcome,
                s.url or (s.made.url if s.made else ""),
            )
            for s in self.steps
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")

    @property
    def is_whole(self) -> bool:
        """Whether nothing waits for somebody: no conflict, no refusal, nothing unknown."""
        return not any(
            step.action in ("conflict", "wait") or step.outcome in ("refused", "unknown", "left")
            for step in self.steps
        )

    def to_text(self) -> str:
        """The steps for people, and what there is to do next."""
        title = title_of(self.system)
        shown = [step for step in self.steps if step.action != "skip" or step.why]
        settled = len(self.steps) - len(shown)
        lines = [f"{title}, {self.target}", *(line for step in shown for line in _told(step))]
        lines += [f"  · {settled} as {'it' if settled == 1 else 'they'} should be"] if settled else []
        lines += [f"  {note}" for note in self.notes]
        return "\n".join([*lines, self._last_words()])

    def _last_words(self) -> str:
        count = {name: sum(s.action == name for s in self.steps) for name in ("conflict", "wait")}
        acts = [step for step in self.steps if step.action in ("create", "update", "adopt")]
        if not self.is_applied:
            to_do = f"{len(acts)} to do" if acts else "Nothing to do"
            more = f", {count['conflict']} in conflict" if count["conflict"] else ""
            return f"{to_do}{more}. Nothing was sent{'; --apply does it' if acts else ''}."
        if not acts and not any(count.values()):
            return "Nothing to do."
        done = sum(step.outcome == "done" for step in self.steps)
        unknown = sum(step.outcome == "unknown" for step in self.steps) + count["wait"]
        words = [f"{done} done"]
        words += [f"{sum(s.outcome == name for s in self.steps)} {name}" for name in ("refused", "left")]
        words += [f"{count['conflict']} in conflict", f"{unknown} unknown"]
        text = ", ".join(word for word in words if not word.startswith("0 ") or word == "0 done") + "."
        return f"{text} {_UNKNOWN}" if unknown else text


_UNKNOWN: Final = (
    "Whether what is unknown was done shows itself later: repeat the command, nothing is done twice."
)
_SIGNS: Final = {"create": "+", "update": "~", "adopt": "=", "skip": "·", "conflict": "!", "wait": "?"}


def _told(step: Step) -> list[str]:
    outcome = {"done": "", "": ""}.get(step.outcome, f" [{step.outcome}]")
    lines = [f"  {_SIGNS[step.action]} {step.action:<8} {step.object}{outcome}"]
    where = [step.url] if step.outcome == "done" and step.url and step.url not in step.why else []
    return lines + [f"      {line}" for line in (*step.why.splitlines(), *where)]


def mark_of(incident: Incident) -> str:
    """What all that is made for this incident carries, so that it is found again: `pmkit-1f3a9c07`."""
    opened = incident.opened_at.isoformat() if incident.opened_at else ""
    name = f"{incident.id}, opened {opened}"
    return f"pmkit-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def digest_of_value(value: object) -> str:
    """Stands for what was written, to see later whether it is still the same."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def unsettled(ledger: Ledger, step: str, lag: timedelta) -> datetime | None:
    """Until when it cannot be said whether a step was done; None when it can.

    `lag` is how long the system may take to show what was made.
    """
    doubt = ledger.doubt(step)
    if doubt is None:
        return None
    last = ledger.last(step)
    until = max(doubt.at, last.at if last else doubt.at) + lag
    return until if ledger.now().astimezone(UTC) < until else None


def waiting(step: str, thing: str, until: datetime) -> Step:
    """The step that waits until the system shows whether it did what it was asked for."""
    why = f"whether it was made is not known; what was made shows itself by {until:%H:%M:%S} UTC"
    return Step(step, thing, "wait", why, until=until)


def several(step: str, thing: str, found: Iterable[str]) -> Step:
    """The step that stops, because what should be there once is there more than once."""
    names = ", ".join(found)
    why = f"carries its mark more than once: {names}. Keep one, take the mark off the others, and repeat"
    return Step(step, thing, "conflict", why)


def carry_out(steps: Sequence[Step], ledger: Ledger, known: Mapping[str, Made]) -> list[Step]:
    """The steps with what came of each. What cannot be done does not keep the others from it."""
    made = dict(known)
    return [_carried_out(step, ledger, made) for step in steps]


def _carried_out(step: Step, ledger: Ledger, made: dict[str, Made]) -> Step:
    lacking = [name for name in step.needs if name not in made]
    if step.action == "adopt" and step.made and step.act is None:
        _write_down(step, step.made, ledger)
        made[step.name] = step.made
        return replace(step, outcome="done")
    if step.action not in ("create", "update", "adopt") or step.act is None:
        return step
    if lacking:
        return replace(step, outcome="left", why=f"{step.why}\nwaits for: {', '.join(lacking)}")
    ledger.record(step.name, "intent", digest=step.digest)
    try:
        done = step.act(made)
    except DoubtError as error:
        ledger.record(step.name, "unknown", note=str(error))
        return replace(step, outcome="unknown", why=f"{step.why}\n{error}")
    except IntegrationError as error:
        ledger.record(step.name, "refused", note=str(error))
        return replace(step, outcome="refused", why=f"{step.why}\n{error}")
    _write_down(step, done, ledger)
    made[step.name] = done
    return replace(step, outcome="done", url=done.url)


def _write_down(step: Step, made: Made, ledger: Ledger) -> Entry:
    told = {"remote": made.remote, "url": made.url, "digest": step.digest, "seen": dict(made.seen)}
    return ledger.record(step.name, "done", **told)


def run(
    plan: Callable[[Ledger], tuple[list[Step], dict[str, Made]]],
    ledger: Ledger,
    *,
    apply: bool,
    pause: Callable[[float], None] | None,
) -> list[Step]:
    """The steps that `plan` finds, carried out if `apply`; after a doubt, what a second look finds.

    `pause` waits so many seconds until a doubt can be settled; without it the doubt is left to the next run.
    """
    steps, made = plan(ledger)
    if not apply:
        return steps
    so_far: dict[str, Step] = {}
    for left in reversed(range(_ROUNDS)):
        waits = [step.until for step in steps if step.action == "wait" and step.until]
        carried = carry_out(steps, ledger, made)
        so_far |= {step.name: _whole(so_far.get(step.name), step) for step in carried}
        if not left or pause is None or not (ledger.doubts or waits):
            break
        # To the end of what is in doubt now; the plan says when that is.
        steps, made = plan(ledger)
        waits = [step.until for step in steps if step.action == "wait" and step.until]
        if waits:
            pause(max(0.0, (max(waits) - ledger.now()).total_seconds()) + 1)
            steps, made = plan(ledger)
    return list(so_far.values())


def _whole(before: Step | None, step: Step) -> Step:
    """A step that a later look finds done stays what it was in the eyes of who pushes."""
    if before is None or step.action != "skip":
        return step
    return before if before.outcome == "done" else step
