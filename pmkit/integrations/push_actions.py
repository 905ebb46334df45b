"""Action items to Jira and back: one issue per action, an epic per incident, nobody's edit overwritten.

Every issue carries a label of its own, `pmkit-<incident>-<action>`, by which it is found again. Both sides
are compared with what they held when they last agreed: what changed here goes to Jira (a status through a
transition), what changed there comes back into `actions.csv`, and what changed on both sides is shown and
left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

import pandas as pd

from pmkit.errors import IntegrationError, PmkitError
from pmkit.integrations.calling import Caller, jira_client
from pmkit.integrations.credentials import account
from pmkit.integrations.jira_fields import Form
from pmkit.integrations.jira_moves import Move, find_move
from pmkit.integrations.jira_sides import Compared, clash_words, compare, settled, title_of
from pmkit.integrations.jira_site import Issue, Sides, Site, project_of
from pmkit.integrations.jira_texts import (
    LONGEST_SUMMARY,
    action_text,
    epic_text,
    label_of,
    one_line,
)
from pmkit.integrations.ledger import Ledger
from pmkit.integrations.outgoing import Outgoing, outgoing, report_link
from pmkit.integrations.plan import (
    Made,
    Push,
    Step,
    digest_of_value,
    mark_of,
    run,
    several,
    unsettled,
    waiting,
)
from pmkit.phrases import shorten
from pmkit.redaction import find_written_kinds
from pmkit.session import EditSession
from pmkit.workspace import Workspace

# How long a search of Jira Cloud may not know of a new issue: "a few seconds to minutes", by its makers.
LAG: Final = timedelta(seconds=120)
_LEADING: Final = ("action_id", "dri", "due_on", "status", "issue_key")  # by which rows and people are found


def push_actions(
    workspace: Workspace,
    *,
    apply: bool = False,
    env: Mapping[str, str] | None = None,
    pause: Callable[[float], None] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    caller: Caller | None = None,
    lag: timedelta = LAG,
) -> Push:
    """Make or update one Jira issue per action item, and bring back what was changed in Jira.

    A dry run that only says what it would do, unless `apply`. `pause` is called with seconds to wait, where
    something is in doubt and shows itself later; without it that is left to the next push. `env` is the
    environment to find the token in, `lag` how long Jira's search may be behind.

    Raises `IntegrationError` when Jira cannot be reached or its fields do not fit the map in `incident.toml`,
    `WorkspaceError` when somebody else is pushing. What is refused for one action stands in its step.
    """
    if caller is None:
        found = account("jira", workspace.incident.connections, env)
        caller = Caller(found, pause or time.sleep)
    site = Site(jira_client(caller), caller, project_of(caller))
    with Ledger.open(workspace.path, site.target, now) as ledger:
        sheet = _Sheet(workspace)

        def plan(ledger: Ledger) -> tuple[list[Step], dict[str, Made]]:
            return _Plan(outgoing(workspace, site.settings), site, ledger, sheet, lag).steps()

        steps = run(plan, ledger, apply=apply, pause=pause)
    notes = tuple(dict.fromkeys([*site.form("action").notes, *site.notes]))
    return Push("jira", site.target, tuple(steps), is_applied=apply, notes=notes)


class _Sheet:
    """`actions.csv` while issues come and go: cells are written only where nobody changed them meanwhile."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def take(self, action_id: str, cells: Mapping[str, tuple[str, str]]) -> list[str]:
        """Put texts into cells, each given with the one it takes the place of; tells what stays as it is."""
        session = EditSession.of(self.workspace, "actions")
        with session.lock:
            session.refresh()
            sheet = session.worksheet
            if action_id not in sheet:
                return [f"{action_id} is gone from actions.csv"]
            free = {name: cell for name, cell in cells.items() if sheet.cell(action_id, name) == cell[0]}
            before = list(session.clashes)
            if free:
                session.apply(
                    [(action_id, name, text) for name, (_, text) in free.items()],
                    seen=[was for was, _ in free.values()],
                    note="Came back from Jira.",
                )
            for clash in [one for one in session.clashes if one not in before]:
                session.settle(clash, take="theirs")
                free.pop(clash.column, None)
        return [f"{name} was changed here meanwhile" for name in cells if name not in free]


class _Subject(NamedTuple):
    """What an issue stands for: its step, what people call it, its label, and the row of an action."""

    step: str
    thing: str
    label: str
    row: Mapping[str, Any] | None = None

    @property
    def action_id(self) -> str:
        return str(self.row["action_id"]) if self.row else ""


class _Edit(NamedTuple):
    """What goes to an issue, and what comes back into the row of an action: column → text before, after.

    `was` is what the issue held, of the columns that go out, when this was planned.
    """

    key: str
    fields: Mapping[str, Any]
    labels: tuple[str, ...]
    action_id: str
    back: Mapping[str, tuple[str, str]]
    was: Sides
    move: Move | None = None


class _Plan:
    """The steps of one push, from the record, the site and the ledger."""

    def __init__(self, out: Outgoing, site: Site, ledger: Ledger, sheet: _Sheet, lag: timedelta) -> None:
        self.out, self.site, self.ledger, self.sheet, self.lag = out, site, ledger, sheet, lag
        self.pm, self.incident = out.record, out.record.incident
        self.shown = out.edition
        self.mark = mark_of(self.incident)
        self.found = site.search(self.mark)
        self.made: dict[str, Made] = {}

    def steps(self) -> tuple[list[Step], dict[str, Made]]:
        self.site.form("action")  # a map that does not fit is told first
        rows = self.pm.actions.to_dict("records")
        told = self.shown.actions.to_dict("records")
        steps = self._epic() if self.site.find_form("epic") and self._any_action() else []
        for row, shown in zip(rows, told, strict=True):
            # In the words of the edition, but for what is compared with `actions.csv` and leads somewhere.
            own = {name: row[name] for name in _LEADING}
            steps += self._action({str(name): cell for name, cell in {**shown, **own}.items()})
        steps += [link for row in rows for link in self._link(str(row["action_id"]))]
        return steps, self.made

    def _any_action(self) -> bool:
        return bool((self.pm.actions["status"] != "dropped").any())

    # The epic

    def _epic(self) -> list[Step]:
        form = self.site.form("epic")
        subject = _Subject("epic", f"{form.type_name} of the incident", f"{self.mark}-epic")
        here = {
            "action": one_line(f"Postmortem: {self.shown.incident.title}"),
            "description": epic_text(self.shown),
        }
        issue, step = self._there(subject, "")
        if step is not None:
            return [step]
        if issue is not None:
            return self._compared(subject, issue, here, form)
        fields = {**form.always, **self._fixed(form, subject.label)}
        fields |= {"summary": here["action"], "description": here["description"]}
        fields |= {form.epic_name: here["action"]} if form.epic_name else {}
        return [self._create(subject, f"new in {self.site.project}", fields, here)]

    # An action

    def _action(self, row: Mapping[str, Any]) -> list[Step]:
        action_id = str(row["action_id"])
        thing = f"{action_id}  {shorten(str(row['action']), 70)}"
        subject = _Subject(f"issue {action_id}", thing, label_of(self.mark, action_id), row)
        issue, step = self._there(subject, str(row["issue_key"]).strip())
        if step is not None:
            return [step]
        here, form = self._here(row), self.site.form("action")
        if issue is not None:
            return self._compared(subject, issue, here, form)
        if row["status"] == "dropped":
            return [Step(subject.step, thing, "skip", "dropped, and there is no issue")]
        return [self._new_issue(subject, here, form)]

    def _here(self, row: Mapping[str, Any]) -> dict[str, str]:
        return {
            "action": one_line(str(row["action"])),
            "description": action_text(self.shown, row),
            "dri": str(row["dri"]).strip(),
            "due_on": "" if pd.isna(row["due_on"]) else f"{row['due_on']:%Y-%m-%d}",
            "status": str(row["status"]) or "open",
        }

    def _new_issue(self, subject: _Subject, here: Sides, form: Form) -> Step:
        who = self._jira_person(here["dri"])
        told = [f"for {here['dri']}" if here["dri"] else "no DRI yet"]
        if here["dri"] and who is None:
            told = [self._nobody(here["dri"])]
        told.append(f"due {here['due_on']}" if here["due_on"] else "no due date yet")
        values = {**(subject.row or {}), **here, "dri": who}
        texts = {key: "" if _is_blank(value) else value for key, value in values.items()}
        try:
            fields = {**form.always, **form.values(texts), **self._fixed(form, subject.label)}
        except IntegrationError as error:
            return Step(subject.step, subject.thing, "conflict", str(error))
        return self._create(subject, ", ".join(told), fields, here, needs=self._epic_need(form))

    def _epic_need(self, form: Form) -> tuple[str, ...]:
        return ("epic",) if form.epic_link and self.site.find_form("epic") else ()

    def _fixed(self, form: Form, label: str) -> dict[str, Any]:
        """What every issue of this push has."""
        more = self.site.settings.get("labels", ())
        own = [str(word) for word in (more if isinstance(more, list) else [])]
        kind = {"project": {"key": self.site.project}, "issuetype": {"id": form.type_id}}
        return {**kind, "labels": [self.mark, label, *own]}

    def _create(
        self,
        subject: _Subject,
        why: str,
        fields: Mapping[str, Any],
        here: Sides,
        *,
        needs: tuple[str, ...] = (),
    ) -> Step:
        site, link = self.site, self.site.form("action").epic_link
        if refused := self._refusal(fields):
            return Step(subject.step, subject.thing, "conflict", refused)

        def act(known: Mapping[str, Made]) -> Made:
            told = dict(fields)
            if needs:
                epic = known["epic"].remote
                told[link] = {"key": epic} if link == "parent" else epic
            key = site.create(told, f"making the issue of {subject.action_id or 'the incident'}")
            self._write_key(subject.action_id, key)
            return Made(key, site.url(key), self._seen(here, key))

        digest = digest_of_value(fields)
        return Step(subject.step, subject.thing, "create", why, act, digest=digest, needs=needs)

    def _refusal(self, fields: Mapping[str, Any]) -> str:
        """Why what is written into fields does not leave. Whom an issue is assigned to is no text."""
        texts = {}
        for name, value in fields.items():
            words = value if isinstance(value, list) else [value]
            told = "\n".join(str(word) for word in words if isinstance(word, str))
            texts[f"“{self.site.form('action').title(name)}”"] = told
        return self.out.refusal(texts)

    def _seen(self, here: Sides, key: str) -> dict[str, Any]:
        """What both sides hold now; what Jira makes of a text is read back, where it can be."""
        try:
            issue = self.site.issue(key)
        except IntegrationError:
            issue = None  # it is made, and that counts; what was sent stands for what is there
        there = self._in_our_words(issue, here.get("dri", "")) if issue else {**here, "status": "open"}
        # An issue begins as open; where the action is further already, that is still to be brought there.
        mine = {**here, "status": "open"} if "status" in here else dict(here)
        return {"here": mine, "there": {name: there[name] for name in here}}

    def _write_key(self, action_id: str, key: str) -> None:
        """Into `actions.csv`; what cannot be written now the next push writes, from the ledger."""
        rows = self.pm.actions.loc[self.pm.actions["action_id"] == action_id, "issue_key"]
        if len(rows):
            try:
                self.sheet.take(action_id, {"issue_key": (str(rows.iloc[0]), key)})
            except PmkitError as error:
                self.site.notes.append(f"{key} is not in actions.csv yet: {error}")

    # What is there already

    def _there(self, subject: _Subject, said: str) -> tuple[Issue | None, Step | None]:
        """The issue that stands for this, or the step that says why nothing can be done now.

        `said` is the key that `actions.csv` has for it.
        """
        name, thing = subject.step, subject.thing
        keys = [issue.key for issue in self.found.values() if subject.label in issue.labels]
        last = self.ledger.last_done(name)
        own = said or (last.remote if last else "")
        issue = self.site.issue(own) if own else None
        if issue is not None and issue.key not in keys:
            keys.append(issue.key)
        if len(keys) > 1:
            return None, several(name, thing, keys)
        if issue is None and keys:
            issue = self.site.issue(keys[0])
        if issue is not None:
            self.made[name] = Made(issue.key, self.site.url(issue.key))
            return issue, None
        if said:
            why = f"{said} is not in Jira; take it out of `issue_key` to have an issue made"
            return None, Step(name, thing, "conflict", why)
        until = unsettled(self.ledger, name, self.lag)
        return None, waiting(name, thing, until) if until else None

    def _compared(self, subject: _Subject, issue: Issue, here: Sides, form: Form) -> list[Step]:
        """The steps that bring both sides together, and the one that shows what is in conflict."""
        name, row = subject.step, subject.row
        there = self._in_our_words(issue, here.get("dri", ""))
        base = self.ledger.last_done(name)
        seen = base.seen if base and base.remote == issue.key else {}
        fields = [compare(column, here, there, seen, form) for column in here]
        out, unsaid = self._out_values([one for one in fields if one.verdict == "out"], form)
        move = None
        if any((one.column, one.verdict) == ("status", "out") for one in fields):
            if until := unsettled(self.ledger, name, self.lag):
                return [waiting(name, subject.thing, until)]  # twice through a transition is twice
            move, problem = find_move(self.site.ways(issue.key), here["status"], self.site.settings)
            unsaid += [problem] if problem else []
        back = _back(fields, row, issue.key)
        labels = [word for word in (self.mark, subject.label) if word not in issue.labels]
        is_moved = move is not None
        new_seen = settled(fields, here, there, seen, sent=out, back=back, is_moved=is_moved)
        made = Made(issue.key, self.site.url(issue.key), new_seen)
        where = f"{issue.key}  {subject.thing}"
        clashes = [clash_words(one, seen) for one in fields if one.verdict == "conflict"] + unsaid
        steps = [Step(f"{name}, in conflict", where, "conflict", "\n".join(clashes))] if clashes else []
        if refused := self._refusal(dict(out.values())):
            return [Step(name, where, "conflict", refused)]
        if out or move or labels or back:
            told = _told(here, out, back, labels, move)
            was = {column: there[column] for column in (*out, *(["status"] if is_moved else []))}
            edit = _Edit(issue.key, dict(out.values()), tuple(labels), subject.action_id, back, was, move)
            act = self._bring_together(edit, made, dict(seen))
            verb: Literal["adopt", "update"] = "adopt" if base is None else "update"
            digest = digest_of_value([list(out.items()), labels, back, move])
            return [Step(name, where, verb, told, act, made=made, digest=digest), *steps]
        if base is None or self.ledger.doubt(name) or seen != new_seen:
            why = "" if base and not self.ledger.doubt(name) else "is there already, as it should be"
            return [Step(name, where, "adopt", why, made=made), *steps]
        return [Step(name, where, "skip", ""), *steps]

    def _bring_together(
        self, edit: _Edit, made: Made, seen: Mapping[str, Any]
    ) -> Callable[[Mapping[str, Made]], Made]:
        def act(_: Mapping[str, Made]) -> Made:
            self._look_again(edit, made.seen["here"].get("dri", ""))
            if edit.fields or edit.labels:
                self.site.edit(edit.key, edit.fields, edit.labels)
            if edit.move:
                self.site.move(edit.key, edit.move)
            left = self.sheet.take(edit.action_id, edit.back) if edit.back else []
            self.site.notes += [f"{edit.action_id}: {words}; it stays as it is" for words in left]
            if left:
                return replace(made, seen=seen)
            return replace(made, seen=self._read_back(made.seen, edit.key)) if edit.was else made

        return act

    def _look_again(self, edit: _Edit, dri: str) -> None:
        """Raise `IntegrationError` where somebody in Jira was quicker, since this was planned."""
        issue = self.site.issue(edit.key) if edit.was else None
        there = self._in_our_words(issue, dri) if issue else {}
        fresh = [title_of(column) for column, was in edit.was.items() if there.get(column) != was]
        if fresh:
            raise IntegrationError(
                f"Jira: {edit.key}: {', '.join(fresh)} changed there meanwhile; nothing was overwritten. "
                "Repeat the command"
            )

    def _read_back(self, seen: Mapping[str, Any], key: str) -> dict[str, Any]:
        """What Jira made of the texts that were sent."""
        try:
            issue = self.site.issue(key)
        except IntegrationError:
            issue = None
        held = issue.held if issue else {}
        texts = {c: held[c] for c in ("action", "description", "status") if c in seen["there"] and c in held}
        return {"here": seen["here"], "there": {**seen["there"], **texts}}

    def _in_our_words(self, issue: Issue, dri: str) -> dict[str, str]:
        """What the issue holds; its assignee by the name we know the person by."""
        there = dict(issue.held)
        names = [dri, *self.incident.roster] if issue.account_id else []
        for name in dict.fromkeys(name for name in names if name):
            if self._person_name(name).casefold() == there["dri"].casefold():
                there["dri"] = name
                return there
        if dri and issue.account_id and issue.account_id in (self._jira_person(dri) or {}).values():
            there["dri"] = dri
        return there

    def _out_values(
        self, out: Sequence[Compared], form: Form
    ) -> tuple[dict[str, tuple[str, Any]], list[str]]:
        """For each column that goes out its field and value, and what keeps others from it."""
        values: dict[str, tuple[str, Any]] = {}
        unsaid = []
        for one in (one for one in out if one.column != "status"):
            value: Any = one.here or None
            if one.column == "dri" and one.here:
                value = self._jira_person(one.here)
                if value is None:
                    unsaid.append(self._nobody(one.here))
                    continue
            values[one.column] = (form.columns.get(one.column, "summary"), value)
        return values, unsaid

    def _person_name(self, dri: str) -> str:
        return self.incident.person(dri) or dri

    def _jira_person(self, dri: str) -> dict[str, str] | None:
        name = self._person_name(dri)
        if find_written_kinds(name):
            return None  # what is asked for is sent too
        email = next((m.email for m in self.incident.members if m.person == name and m.email), "")
        return self.site.person(name, email) if name else None

    def _nobody(self, dri: str) -> str:
        name = self._person_name(dri)
        name = "the DRI" if find_written_kinds(name) else name  # a plan is shown around
        return f"nobody in Jira is surely {name}; add their email under [[members]], or assign it in Jira"

    # The link back

    def _link(self, action_id: str) -> list[Step]:
        """The link from an issue to the report; none before there is one."""
        url = str(self.site.settings.get("link", "")) or report_link(self.pm.incident, self.ledger)
        name, issue = f"link {action_id}", f"issue {action_id}"
        last = self.ledger.last_done(name)
        if not url or (issue not in self.made and self._is_dropped(action_id)):
            return []
        key, digest = self.made[issue].remote if issue in self.made else "", digest_of_value(url)
        is_known = last is not None and (last.digest, last.seen.get("issue")) == (digest, key)
        if is_known and not self.ledger.doubt(name):
            return []
        site, mark = self.site, label_of(self.mark, action_id)
        title = f"Postmortem: {self.shown.incident.title}"[:LONGEST_SUMMARY]

        def act(known: Mapping[str, Made]) -> Made:
            site.link(known[issue].remote, mark, url, title)
            return Made(mark, seen={"issue": known[issue].remote})

        thing = f"{action_id}  link to the report"
        return [Step(name, thing, "update" if last else "create", url, act, digest=digest, needs=(issue,))]

    def _is_dropped(self, action_id: str) -> bool:
        rows = self.pm.actions
        return bool((rows.loc[rows["action_id"] == action_id, "status"] == "dropped").all())


def _is_blank(value: Any) -> bool:
    return value is None or (not isinstance(value, (dict, list)) and pd.isna(value))


def _back(fields: Sequence[Compared], row: Mapping[str, Any] | None, key: str) -> dict[str, tuple[str, str]]:
    """What comes back into the row of an action, each text with the one whose place it takes."""
    back = {one.column: (one.here, one.there) for one in fields if one.verdict == "back"}
    if row is not None and str(row["issue_key"]).strip() != key:
        back["issue_key"] = (str(row["issue_key"]), key)
    if row is not None and "status" in back:
        back["status"] = (str(row["status"]), back["status"][1])
    return back


def _told(
    here: Sides,
    out: Collection[str],
    back: Mapping[str, tuple[str, str]],
    labels: Sequence[str],
    move: Move | None,
) -> str:
    """What will be done to an issue, in words."""
    told = [f"status there: {move}"] if move else []
    told += [f"{title_of(c)} there: “{shorten(here[c], 40) or 'none'}”" for c in out]
    told += [f"{title_of(c)} here: “{shorten(text, 40) or 'none'}”" for c, (_, text) in back.items()]
    told += ["gets the label of this incident"] if labels else []
    return "; ".join(told)
