"""The workspace template as data: roles, channels, milestones, task lists, check-ins, RACI and the deadline.

Templates are TOML files in `report_templates/workspaces/`; a team's own file may extend any of them.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from pmkit.errors import TemplateError
from pmkit.schema import SOURCES
from pmkit.workdays import WorkCalendar

NOTES: Final = {
    "summary": "Summary",
    "impact": "Impact",
    "root-cause": "Root cause",
    "went-well": "What went well",
    "went-badly": "What went badly",
    "lucky": "Where we got lucky",
    "lessons": "Lessons",
    "customer-letter": "Letter to customers",
}


def report_templates() -> Path:
    """The folder `report_templates/`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "report_templates", package.parent / "report_templates"):
        if folder.is_dir():
            return folder
    raise TemplateError(f"{package}: `report_templates` is missing; install pmkit again")


# What a milestone may need, in words; `pmkit.milestones` says when each is there.
NEEDS: Final = {
    "summary": "the summary is written",
    "impact": "the impact is measured, each number with its unit and how it is known",
    "evidence": "the expected evidence covers the incident, with half an hour before and after it",
    "anchors": "people marked when impact, detection and resolution were, in this order",
    "timeline agreed": "a decision records that the timeline is agreed",
    "factors": "the contributing factors are agreed, each with evidence, and lead to the impact",
    "cause agreed": "a decision records what the root cause and the contributing factors are",
    "actions": "every action has one person as its DRI, a due date and an issue",
    "actions agreed": "a decision records which actions are taken",
    "retro": "the final retro was held on the complete evidence and the agreed cause",
    "follow-ups": "each open action has a review date, and its owner confirmed it in the retro",
    "questions": "each open question has an owner",
    "reflection": "what went well, what went badly, luck and lessons are written, or why there is nothing",
    "tasks": "every task of the review is done, or dropped with a reason",
    "raci": "exactly one role is accountable for each activity",
    "earlier milestones": "the milestones before it are reached",
}


@dataclass(frozen=True)
class ChannelPlan:
    """A channel of the review and what belongs there."""

    name: str
    purpose: str


@dataclass(frozen=True)
class MilestonePlan:
    """A milestone, its criteria in words, and what the record needs for it (names of `NEEDS`)."""

    name: str
    criteria: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class TaskListPlan:
    """A list of tasks and the one role that answers for it."""

    id: str
    name: str
    dri: str


@dataclass(frozen=True)
class TaskPlan:
    """A task of the review, due so many working days after the incident was resolved."""

    task_list: str
    task_id: str
    task: str
    dri: str
    due_working_day: int
    evidence: str = ""


@dataclass(frozen=True)
class CheckinPlan:
    """A kind of check-in: when on the team's clock, how long, and what is asked."""

    kind: str
    at: str
    minutes: int
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Template:
    """A workspace template; see `report_templates/workspaces/base.toml` for the meaning of each part."""

    name: str
    title: str
    use_case: str
    severities: tuple[str, ...]
    lighter: str
    working_days: int
    deadlines: Mapping[str, int]  # severity → working days to closure, where they differ
    action_days: Mapping[str, int]  # priority → working days until an action should be done
    owner: str
    roles: tuple[str, ...]
    channels: tuple[ChannelPlan, ...]
    milestones: tuple[MilestonePlan, ...]
    task_lists: tuple[TaskListPlan, ...]
    tasks: tuple[TaskPlan, ...]
    evidence: tuple[str, ...]  # sources that an intake expects
    checkins: tuple[CheckinPlan, ...]
    raci: Mapping[str, Mapping[str, str]]  # activity → role → part
    prompts: Mapping[str, str]  # note → the questions it answers
    sections: tuple[str, ...]  # of the report, in order
    pinned: Mapping[str, str]  # title → file of the incident folder
    apps: Mapping[str, str]  # part of the work → the app that serves it
    links: Mapping[str, str]  # title → address
    calendar: WorkCalendar
    audience: str  # whom the report is for when nobody says so
    redact: tuple[str, ...]  # what an edition for others leaves out
    audiences: Mapping[str, Mapping[str, Any]]  # the team's own, see `pmkit.audience`
    letter: Mapping[str, str]  # who signs letters to customers: `signed_by`, `organisation`, `contact`

    def qualifies(self, severity: str) -> bool:
        """Whether incidents of that severity get this review; `SEV1`, `sev-1` and `SEV-1` are the same."""
        return _plain(severity) in {_plain(known) for known in self.severities}

    @property
    def idle_roles(self) -> tuple[str, ...]:
        """Roles that have no part in any activity and no task."""
        busy = {task.dri for task in self.tasks} | {role for parts in self.raci.values() for role in parts}
        return tuple(role for role in self.roles if role not in busy)

    def working_days_for(self, severity: str) -> int:
        """Working days from resolution to closure."""
        days = {_plain(known): days for known, days in self.deadlines.items()}
        return days.get(_plain(severity), self.working_days)


def template_names() -> list[str]:
    """Names of the templates that ship with pmkit, without the base they extend."""
    folder = report_templates() / "workspaces"
    return sorted(path.stem for path in folder.glob("*.toml") if path.stem != "base")


def load_template(name: str | Path) -> Template:
    """The template of that name, or the team's own file.

    Raises `TemplateError` naming the file, line and key of what does not fit.
    """
    path = _path_of(name)
    data = _with_parents(path, seen=())
    try:
        return _template(path.stem, data)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise TemplateError(f"{_place(path, error)}: {_explain(error)}") from error


def _path_of(name: str | Path) -> Path:
    path = Path(name)
    if path.suffix == ".toml":
        return path
    shipped = report_templates() / "workspaces" / f"{name}.toml"
    if not shipped.is_file():
        known = ", ".join(template_names())
        raise TemplateError(f"no template `{name}`; choose one of {known}, or give a .toml file")
    return shipped


def _beside(path: Path, parent: str) -> Path:
    """The file of the template that `path` extends: beside it, or one of those that ship."""
    own_file = path.parent / f"{parent}.toml"
    return own_file if own_file.is_file() else _path_of(parent)


def _with_parents(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    """The file's data over that of the template it extends: tables merge key by key, the rest replaces."""
    if path in seen:
        raise TemplateError(f"{path}: extends itself, through {' → '.join(p.stem for p in seen)}")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TemplateError(f"{path}: {error}") from error
    parent, renamed = data.pop("extends", None), data.pop("rename", {})
    if parent is None:
        return data
    parents = _with_parents(_beside(path, parent), (*seen, path))
    unknown = [role for role in renamed if role not in parents.get("roles", ())]
    if unknown:
        known = ", ".join(parents.get("roles", ()))
        raise TemplateError(
            f"{_place(path, _MisfitError(unknown[0], ''))}: `rename`: there is no role {unknown[0]!r}; "
            f"the roles of {parent} are {known}"
        )
    below = _renamed(parents, renamed)
    if isinstance(data.get("roles"), list):
        # Parts of roles this file does away with are no mistake of this file.
        parts = below.get("raci", {}).items()
        below["raci"] = {name: {r: p for r, p in of.items() if r in data["roles"]} for name, of in parts}
    return _merge(below, data)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The data with roles by the names a team has for them, wherever they stand alone."""
    if isinstance(value, Mapping):
        return {names.get(key, key): _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def describe_template(plan: Template) -> str:
    """The template in words, for somebody who wants to know what they get or what they may change."""
    lists = [f"  {each.name} ({each.dri})" for each in plan.task_lists]
    lines = [f"{plan.title}", plan.use_case, ""]
    lines += [f"For {', '.join(plan.severities)}; for others: {plan.lighter}.", ""]
    days = ", ".join(f"{severity} after {count}" for severity, count in plan.deadlines.items())
    closure = f"Closure {plan.working_days} working days after the end{f' ({days})' if days else ''}"
    holidays = f"{plan.calendar.country} {plan.calendar.subdivision}".strip()
    lines += [f"{closure}; owner: {plan.owner}."]
    days_off = [*plan.calendar.weekend, *([f"holidays of {holidays}"] if holidays else [])]
    lines += [f"Days off: {', '.join(days_off)}"]
    lines += ["", "Roles"]
    lines += [f"  {role}" for role in plan.roles] + ["", "Channels"]
    lines += [f"  #{channel.name}: {channel.purpose}" for channel in plan.channels] + ["", "Milestones"]
    for milestone in plan.milestones:
        lines += [f"  {milestone.name}", *(f"    {name}: {NEEDS[name]}" for name in milestone.needs)]
    lines += ["", "Tasks"]
    for title, each in zip(lists, plan.task_lists, strict=True):
        lines.append(title)
        for task in (task for task in plan.tasks if task.task_list == each.name):
            dri = "" if task.dri == each.dri else f" ({task.dri})"
            lines.append(f"    day {task.due_working_day}: {task.task}{dri}")
    lines += ["", "Check-ins"]
    lines += [f"  {each.kind}, {each.at}, {each.minutes} minutes" for each in plan.checkins]
    lines += ["", "RACI"]
    for activity, parts in plan.raci.items():
        accountable = [role for role, part in parts.items() if "A" in part]
        lines.append(f"  {activity}: {', '.join(accountable)}")
    lines += ["", f"Evidence expected: {', '.join(plan.evidence)}", f"Report: {', '.join(plan.sections)}"]
    lines += [
        f"For: {plan.audience}; others do not see: {', '.join(plan.redact) or 'what their audience says'}"
    ]
    lines += [f"Pinned: {', '.join(f'{title} ({file})' for title, file in plan.pinned.items())}"]
    lines += [f"Apps: {', '.join(f'{app} ({part})' for part, app in plan.apps.items())}"]
    return "\n".join(lines)


def write_template(plan: Template) -> str:
    """The text of a team's own template that extends `plan` and changes nothing yet."""
    quoted = {role: json.dumps(role, ensure_ascii=False) for role in plan.roles}
    severities = ", ".join(json.dumps(severity) for severity in plan.severities)
    lines = [
        f"# Our reviews: as `pmkit template show {plan.name}`, but for what stands here.",
        f'extends = "{plan.name}"',
        "",
        f"# severities = [{severities}]    # what this review is for",
        f"# working_days = {plan.working_days}    # from the end of the incident to closure",
        f"# owner = {quoted[plan.owner]}    # the role that coordinates the review, by your name for it",
        f"# evidence = {json.dumps(list(plan.evidence))}    # what has to cover the incident",
        "",
        "# Each role by the name that you have for it, on the right.",
        "[rename]",
        *(f"{name} = {name}" for name in quoted.values()),
        "",
        "# [calendar]",
        '# country = "PT"    # whose public holidays do not count',
        "",
        "# [deadlines]    # working days to closure for severities in which they differ",
        f"# {json.dumps(plan.severities[0])} = 3",
        "",
        "# [links]",
        '# "Runbook" = "https://wiki.example.com/runbook"',
        "",
        "# [letter]    # the end of letters to customers",
        '# organisation = "…"    # what customers call you',
        '# contact = "help@example.com"    # where they may ask; it is masked in no edition',
        "",
    ]
    return "\n".join(lines)


class _MisfitError(ValueError):
    """What does not fit, and the keys under which it may stand, the likeliest first."""

    def __init__(self, key: str | tuple[str, ...], problem: str) -> None:
        self.keys = (key,) if isinstance(key, str) else key
        super().__init__(problem)


def _template(name: str, data: Mapping[str, Any]) -> Template:
    _refuse_unknown("key", data, _KEYS)
    data = {"audiences": {}, **data}
    for key, kind in _KEYS.items():
        if not isinstance(data[key], kind):
            raise _MisfitError(key, f"`{key}`: expected {_KIND_NAMES[kind]}, found {data[key]!r}")
    _refuse_unknown("note in `prompts`", data["prompts"], NOTES, key="prompts")
    roles = tuple(data["roles"])
    lists = tuple(TaskListPlan(each["id"], each["name"], each["dri"]) for each in data["task_lists"])
    tasks = tuple(_tasks(data["task_lists"]))
    _refuse_unknown("role", [data["owner"]], roles, key=("owner", "roles"))
    for role in (*(each.dri for each in lists), *(task.dri for task in tasks)):
        if role not in roles:
            problem = f"tasks are given to the role `{role}`, and it is not among `roles`"
            mend = f'keep it, or say which one takes its place: [rename] "{role}" = "…"'
            raise _MisfitError((f'"{role}"', "roles"), f"{problem}; {mend}")
    for activity, parts in data["raci"].items():
        _refuse_unknown(f"role in `raci.{activity}`", parts, roles, key=activity)
        _refuse_unknown(f"part in `raci.{activity}`", parts.values(), _PARTS, key=activity)
    _refuse_unknown("section", data["sections"], SECTIONS, key="sections")
    _refuse_unknown("key in `letter`", data["letter"], _LETTER_KEYS, key="letter")
    _refuse_unknown("source in `evidence`", data["evidence"], SOURCES, key="evidence")
    for name_of, key in (("severity", "deadlines"), ("priority", "action_days")):
        for of, days in data[key].items():
            if not isinstance(days, int) or days < 1:
                raise _MisfitError(of, f"`{key}`, {name_of} {of}: expected working days, found {days!r}")
    return Template(
        name=name,
        title=data["title"],
        use_case=data["use_case"],
        severities=tuple(data["severities"]),
        lighter=data["lighter"],
        working_days=data["working_days"],
        deadlines=data["deadlines"],
        action_days=data["action_days"],
        owner=data["owner"],
        roles=roles,
        channels=tuple(ChannelPlan(c["name"], c["purpose"]) for c in data["channels"]),
        milestones=tuple(_milestones(data["milestones"])),
        task_lists=lists,
        tasks=tasks,
        evidence=tuple(data["evidence"]),
        checkins=tuple(read_checkin(kind, told) for kind, told in data["checkins"].items()),
        raci=data["raci"],
        prompts={note: data["prompts"][note] for note in NOTES},
        sections=tuple(data["sections"]),
        pinned=data["pinned"],
        apps=data["apps"],
        links=data["links"],
        calendar=read_calendar(data["calendar"]),
        audience=data["audience"],
        redact=tuple(data["redact"]),
        audiences=data["audiences"],
        letter=data["letter"],
    )


def _milestones(told: Iterable[Mapping[str, Any]]) -> Iterator[MilestonePlan]:
    for milestone in told:
        needs = milestone.get("needs", ())
        _refuse_unknown(f"need of `{milestone['name']}`", needs, NEEDS, key="needs")
        yield MilestonePlan(milestone["name"], milestone["criteria"], tuple(needs))


def _tasks(task_lists: Iterable[Mapping[str, Any]]) -> Iterator[TaskPlan]:
    for task_list in task_lists:
        for number, task in enumerate(task_list["tasks"], start=1):
            yield TaskPlan(
                task_list=task_list["name"],
                task_id=f"{task_list['id']}-{number}",
                task=task["task"],
                dri=task.get("dri", task_list["dri"]),
                due_working_day=task.get("due_working_day", task_list["due_working_day"]),
                evidence=task.get("evidence", ""),
            )


def read_checkin(kind: str, told: Mapping[str, Any]) -> CheckinPlan:
    """A kind of check-in as a template or `incident.toml` describes it. Raises `ValueError`."""
    at = told["at"]
    if not isinstance(at, str) or not _CLOCK.fullmatch(at):
        raise _MisfitError("at", f'`checkins.{kind}`: expected a time of the day, as "09:15", found {at!r}')
    return CheckinPlan(kind, at, int(told["minutes"]), tuple(told["questions"]))


def read_calendar(told: Mapping[str, Any], zone: str = "UTC") -> WorkCalendar:
    """Working days as a template or `incident.toml` describes them. Raises `ValueError`."""
    _refuse_unknown("key in `calendar`", told, _CALENDAR_KEYS, key="calendar")
    days_off = told.get("days_off", ())
    for day in days_off:
        if not isinstance(day, date) or isinstance(day, datetime):
            raise _MisfitError(
                "days_off", f"`days_off`: expected dates without quotes, as 2026-12-25, found {day!r}"
            )
    try:
        return WorkCalendar(
            zone=zone,
            weekend=tuple(told.get("weekend", ("saturday", "sunday"))),
            country=told.get("country", ""),
            subdivision=told.get("subdivision", ""),
            days_off=tuple(days_off),
        )
    except ValueError as error:
        raise _MisfitError("calendar", f"`calendar`: {error}") from error


# Sections of the report, as its notebook tags them.
SECTIONS: Final = (
    "summary", "impact", "timeline", "causes", "decisions", "lessons", "actions", "review", "evidence",
)  # fmt: skip
_KEYS: Final = {
    "title": str, "use_case": str, "severities": list, "lighter": str, "working_days": int,
    "deadlines": dict, "action_days": dict, "owner": str, "roles": list, "channels": list,
    "milestones": list, "task_lists": list, "evidence": list, "checkins": dict, "raci": dict,
    "prompts": dict, "sections": list, "pinned": dict, "apps": dict, "links": dict, "calendar": dict,
    "audience": str, "redact": list, "audiences": dict, "letter": dict,
}  # fmt: skip
_CALENDAR_KEYS: Final = ("country", "subdivision", "weekend", "days_off")
_LETTER_KEYS: Final = ("signed_by", "organisation", "contact")
_PARTS: Final = ("R", "A", "AR", "C", "I")
_KIND_NAMES: Final = {str: "text", list: "a list", int: "a whole number", dict: "a table"}
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _plain(severity: str) -> str:
    return re.sub(r"[\W_]+", "", severity).casefold()


def _refuse_unknown(
    noun: str, found: Iterable[str], known: Collection[str], *, key: str | tuple[str, ...] = ""
) -> None:
    unknown = [name for name in found if name not in known]
    if unknown:
        problem = f"unknown {noun}: `{unknown[0]}`; known are {', '.join(known)}"
        raise _MisfitError(key or str(unknown[0]), problem)


def _place(path: Path, error: Exception) -> str:
    """The file that says the key that does not fit, and the line, as far as one of them says it."""
    keys = error.keys if isinstance(error, _MisfitError) else ()
    for file in _files_of(path) if keys else ():
        lines = [line.partition("#")[0] for line in file.read_text(encoding="utf-8").splitlines()]
        for key in keys:
            number = next((n for n, line in enumerate(lines, start=1) if key and key in line), None)
            if number:
                return f"{file}, line {number}"
    return f"{path}"


def _files_of(path: Path) -> Iterator[Path]:
    """The template's file and those it extends, one by one."""
    while True:
        yield path
        parent = tomllib.loads(path.read_text(encoding="utf-8")).get("extends")
        if parent is None:
            return
        path = _beside(path, parent)


def _explain(error: Exception) -> str:
    return f"key `{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
