"""The facts of an incident: the text of `incident.toml` ⇄ the frozen `Incident`. No disk here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from pmkit.audience import check_audiences
from pmkit.errors import TemplateError, WorkspaceError
from pmkit.language import language_code
from pmkit.postmortem import Channel, CheckChoice, Incident, Link, Member, Milestone, Sender, TaskList
from pmkit.template import (
    NEEDS,
    SECTIONS,
    Template,
    load_template,
    read_calendar,
    read_checkin,
    template_names,
)

FORMAT: Final = 2

_Row = TypeVar("_Row", Member, Channel, TaskList)


def read_facts(text: str, *, where: str, folder: str) -> Incident:
    """The incident that the text describes; `folder` is its name where the text says no `id`.

    Raises `WorkspaceError` naming the file `where`, the key and what was expected.
    """
    try:
        facts = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WorkspaceError(f"{where}: {error}; {_hint(text)}") from error
    if facts.get("format") not in (FORMAT, *_RENEWALS):
        told = "it was made by another version of pmkit and is left as it is; open it with that one"
        if "format" not in facts:
            told = "write that line, or put the file back as it was"
        raise WorkspaceError(f"{where}: expected `format = {FORMAT}`, found {facts.get('format')!r}; {told}")
    try:
        if facts["format"] in _RENEWALS:
            facts = tomllib.loads(renewed(text))
        return _incident(folder, facts)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"key {error} is missing; write it" if isinstance(error, KeyError) else str(error)
        raise WorkspaceError(f"{where}{_line_of(text, what)}: {what}") from error


def is_older(text: str) -> bool:
    """Whether the text is of an older format that `renewed` can bring up to date."""
    try:
        return tomllib.loads(text).get("format") in _RENEWALS
    except tomllib.TOMLDecodeError:
        return False


def renewed(text: str) -> str:
    """The text of an older format in today's, with its comments and the keys of the team's own."""
    import tomlkit

    facts = tomlkit.parse(text)
    while facts["format"] in _RENEWALS:
        _RENEWALS[facts["format"]](facts)
    return tomlkit.dumps(facts)


def _renew_1(facts: Any) -> None:
    """Format 2 says in the folder itself what milestones need, and which days do not count."""
    plan = load_template(facts["template"] if facts.get("template") in template_names() else "base")
    for milestone, planned in zip(facts.get("milestones", ()), plan.milestones, strict=False):
        milestone["needs"] = list(planned.needs)
    days_off = facts.get("deadline", {}).pop("holidays", [])
    facts["calendar"] = {"weekend": list(plan.calendar.weekend), "days_off": days_off}
    facts["evidence"] = list(plan.evidence)
    facts["action_days"] = dict(plan.action_days)
    facts["checkins"] = _checkin_tables(plan)
    facts["pinned"], facts["apps"] = dict(plan.pinned), dict(plan.apps)
    facts["task_lists"] = _tables({"id": t.id, "name": t.name, "dri": t.dri} for t in plan.task_lists)
    facts["format"] = 2


_RENEWALS: Final[Mapping[int, Callable[[Any], None]]] = {1: _renew_1}


def check_timezone(name: str) -> None:
    """Raise `ValueError` in words where there is no such time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone; use a name as Europe/Lisbon, or UTC") from error


def new_facts(
    folder: str,
    plan: Template,
    *,
    title: str,
    severity: str,
    services: Sequence[str] = (),
    timezone: str = "UTC",
    people: Mapping[str, str],
    opened_at: datetime,
    started_at: datetime | None = None,
    resolved_at: datetime | None = None,
) -> str:
    """The text of a new `incident.toml`: the plan of the template, filled in, so that it stands by itself."""
    import tomlkit

    facts = tomlkit.document()
    facts.add(tomlkit.comment("The facts of the incident. Times carry their zone."))
    facts["format"] = FORMAT
    facts["id"] = folder
    facts["title"] = title
    facts["severity"] = severity
    facts["services"] = list(services)
    facts["template"] = plan.name
    facts["timezone"] = timezone
    facts["owner"] = plan.owner
    facts["facilitator"] = ""
    times = {"opened_at": opened_at, "started_at": started_at, "resolved_at": resolved_at}
    for key, moment in times.items():
        if moment is not None:
            facts[key] = moment.astimezone(UTC).replace(microsecond=0)
    facts["people"] = []
    facts["evidence"] = list(plan.evidence)
    facts["sections"] = list(plan.sections)
    facts["audience"] = plan.audience
    facts["redact"] = list(plan.redact)
    facts["customers"] = []
    facts["members"] = _tables({"role": role, "person": people.get(role, "")} for role in plan.roles)
    facts["channels"] = _tables({"name": c.name, "purpose": c.purpose} for c in plan.channels)
    facts["milestones"] = _tables(
        {"name": m.name, "criteria": m.criteria, "needs": list(m.needs)} for m in plan.milestones
    )
    facts["task_lists"] = _tables({"id": t.id, "name": t.name, "dri": t.dri} for t in plan.task_lists)
    facts["checkins"] = _checkin_tables(plan)
    facts["deadline"] = {"working_days": plan.working_days_for(severity)}
    facts["action_days"] = dict(plan.action_days)
    calendar = plan.calendar
    facts["calendar"] = {
        "weekend": list(calendar.weekend),
        "country": calendar.country,
        "subdivision": calendar.subdivision,
        "days_off": list(calendar.days_off),
    }
    facts["pinned"] = dict(plan.pinned)
    facts["apps"] = dict(plan.apps)
    facts["links"] = _tables({"title": title, "url": url} for title, url in plan.links.items())
    facts["letter"] = dict(plan.letter)
    if plan.audiences:
        facts["audiences"] = {name: dict(told) for name, told in plan.audiences.items()}
    return tomlkit.dumps(facts)


def with_milestone(text: str, name: str, reached_at: datetime | None) -> str:
    """The text with the moment at which a milestone was reached; comments and all else stay as they are."""
    import tomlkit

    facts = tomlkit.parse(text)
    for milestone in facts.get("milestones", ()):
        if milestone["name"] == name and reached_at is not None:
            milestone["reached_at"] = reached_at.astimezone(UTC)
        elif milestone["name"] == name:
            milestone.pop("reached_at", None)
    return tomlkit.dumps(facts)


def with_member(text: str, role: str, person: str) -> str:
    """The text with `person` in a role. Raises `WorkspaceError` for an unknown role."""
    import tomlkit

    facts = tomlkit.parse(text)
    members = facts.get("members", ())
    found = [member for member in members if member["role"] == role]
    if not found:
        roles = ", ".join(member["role"] for member in members)
        raise WorkspaceError(f"no role `{role}`; the roles are {roles}")
    found[0]["person"] = person
    return tomlkit.dumps(facts)


_KINDS: Final = {
    "id": str, "title": str, "severity": str, "services": list, "template": str, "timezone": str,
    "owner": str, "facilitator": str, "people": list, "members": list, "channels": list, "milestones": list,
    "task_lists": list, "checkins": dict, "links": list, "evidence": list, "sections": list,
    "deadline": dict, "action_days": dict, "calendar": dict, "pinned": dict, "apps": dict,
    "audience": str, "redact": list, "checks": dict, "connections": dict, "customers": list,
    "audiences": dict, "lang": str, "report": str, "letter": dict,
}  # fmt: skip
# What each entry of a list of tables has to say.
_ENTRIES: Final = {
    "members": ("role",), "channels": ("name",), "milestones": ("name",), "task_lists": ("id", "name"),
    "links": ("title", "url"),
}  # fmt: skip
_SECRET_KEY: Final = re.compile(r"token|secret|passw|api_?key|credential", re.IGNORECASE)
_KIND_NAMES: Final = {str: "text in quotes", list: "a list", dict: "a table"}


def _incident(folder: str, facts: Mapping[str, Any]) -> Incident:
    for key, kind in _KINDS.items():
        if key in facts and not isinstance(facts[key], kind):
            raise TypeError(f"`{key}`: expected {_KIND_NAMES[kind]}, found {facts[key]!r}")
    _check_entries(facts)
    timezone = facts.get("timezone", "UTC")
    try:
        check_timezone(timezone)
    except ValueError as error:
        raise ValueError(f"`timezone`: {error}") from error
    deadline, calendar = facts.get("deadline", {}), dict(facts.get("calendar", {}))
    audience, audiences = facts.get("audience", "internal"), facts.get("audiences", {})
    check_audiences(audiences, facts.get("redact", ()), audience)
    return Incident(
        id=facts.get("id", folder),
        title=facts["title"],
        severity=facts["severity"],
        services=tuple(facts.get("services", ())),
        template=facts.get("template", "saas"),
        timezone=timezone,
        owner=facts.get("owner", ""),
        facilitator=facts.get("facilitator", ""),
        opened_at=_utc(facts.get("opened_at"), "opened_at"),
        started_at=_utc(facts.get("started_at"), "started_at"),
        resolved_at=_utc(facts.get("resolved_at"), "resolved_at"),
        members=_rows(facts.get("members", ()), Member),
        people=tuple(facts.get("people", ())),
        channels=_rows(facts.get("channels", ()), Channel),
        milestones=tuple(_milestone(told) for told in facts.get("milestones", ())),
        task_lists=_rows(facts.get("task_lists", ()), TaskList),
        checkins=tuple(read_checkin(kind, told) for kind, told in facts.get("checkins", {}).items()),
        # A template plans links that a team fills in; one without an address is none yet.
        links=tuple(Link(link["title"], link["url"]) for link in facts.get("links", ()) if link["url"]),
        evidence=tuple(facts.get("evidence", ())),
        working_days=_whole_number(deadline.get("working_days", 5), "working_days"),
        action_days=facts.get("action_days", {}),
        calendar=read_calendar(calendar, timezone),
        sections=_known(facts.get("sections", SECTIONS), SECTIONS, "sections"),
        pinned=facts.get("pinned", {}),
        apps=facts.get("apps", {}),
        audience=audience,
        redact=tuple(facts.get("redact", ())),
        customers=tuple(facts.get("customers", ())),
        audiences=audiences,
        lang=_lang(facts.get("lang", "en")),
        report=facts.get("report", ""),
        letter=_sender(facts.get("letter", {})),
        checks=_checks(facts.get("checks", {})),
        connections=_connections(facts.get("connections", {})),
    )


def _sender(told: Mapping[str, Any]) -> Sender:
    _known(told, Sender.__dataclass_fields__, "letter")
    for key, value in told.items():
        if not isinstance(value, str):
            raise TypeError(f"`{key}`: expected text in quotes, found {value!r}")
    return Sender(**told)


def _lang(code: str) -> str:
    try:
        return language_code(code)
    except TemplateError as error:
        raise ValueError(f"`lang`: {error}") from error


def _check_entries(facts: Mapping[str, Any]) -> None:
    for key, required in _ENTRIES.items():
        for number, entry in enumerate(facts.get(key, ()), start=1):
            if not isinstance(entry, Mapping):
                raise TypeError(f"`{key}`: expected tables, each under [[{key}]], found {entry!r}")
            for name in required:
                if name not in entry:
                    raise ValueError(
                        f"`{key}`: entry {number} has no {name}; write it, or take the entry out"
                    )
            if key == "members" and entry.get("timezone"):
                try:
                    check_timezone(entry["timezone"])
                except ValueError as error:
                    raise ValueError(f"`members`: entry {number}, `timezone`: {error}") from error


def _whole_number(value: object, key: str) -> int:
    if not isinstance(value, int):
        raise TypeError(f"`{key}`: expected a whole number without quotes, found {value!r}")
    return value


def _checks(told: Mapping[str, Any]) -> CheckChoice:
    _known(told, ("select", "ignore", "severity"), "checks")
    for key in ("select", "ignore"):
        if not isinstance(told.get(key, []), list):
            raise TypeError(f"`{key}`: expected a list, found {told[key]!r}")
    return CheckChoice(tuple(told.get("select", ())), tuple(told.get("ignore", ())), told.get("severity", {}))


def _connections(told: Mapping[str, Any]) -> Mapping[str, Mapping[str, object]]:
    """What each system needs to be told; the file goes around, so a token is refused without showing it."""
    for system, keys in told.items():
        if not isinstance(keys, Mapping):
            raise TypeError(f"`connections`: expected tables, as [connections.jira], found {system} = …")
        for key in keys:
            if _SECRET_KEY.search(key):
                raise ValueError(
                    f"`{key}`: a token never stands in this file; take it out, revoke it, and put the new "
                    f"one into PMKIT_{system.upper()}_TOKEN, the keyring or netrc"
                )
    return told


def _milestone(told: Mapping[str, Any]) -> Milestone:
    reached_at = _utc(told.get("reached_at"), "reached_at")
    needs = _known(told.get("needs", ()), NEEDS, "needs")
    return Milestone(told["name"], told.get("criteria", ""), reached_at, needs)


def _known(names: Iterable[str], known: Iterable[str], key: str) -> tuple[str, ...]:
    names, known = tuple(names), tuple(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"`{key}`: unknown {unknown[0]!r}; known are {', '.join(known)}")
    return names


def _rows(told: Iterable[Mapping[str, Any]], record: type[_Row]) -> tuple[_Row, ...]:
    """A team may keep keys of its own in the file; the record takes those it knows."""
    fields = record.__dataclass_fields__
    return tuple(record(**{key: value for key, value in row.items() if key in fields}) for row in told)


def _utc(value: object, key: str) -> datetime | None:
    if value in (None, ""):
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"`{key}` should be a time with its zone, as 2026-11-03T14:02:11Z, found {value!r}")
    return value.astimezone(UTC)


def _hint(text: str) -> str:
    """What to do about a text that is no TOML."""
    marks = ("<<<<<<<", "=======", ">>>>>>>")
    if any(line.startswith(marks) for line in text.splitlines()):
        return "a merge is not finished; keep one side and delete its marks"
    return "each key stands once, text in quotes, and every quote and bracket is closed"


def _line_of(text: str, problem: str) -> str:
    """`, line 7`, where the key that the problem names is said; "" where it is not."""
    key = problem.partition("`")[2].partition("`")[0]
    lines = enumerate(text.splitlines(), start=1)
    said = (n for n, line in lines if key and line.partition("#")[0].lstrip(" [\"'").startswith(key))
    number = next(said, None)
    return f", line {number}" if number else ""


def _checkin_tables(plan: Template) -> dict[str, Any]:
    return {c.kind: {"at": c.at, "minutes": c.minutes, "questions": list(c.questions)} for c in plan.checkins}


def _tables(rows: Iterable[Mapping[str, object]]) -> Any:
    import tomlkit

    array = tomlkit.aot()
    for row in rows:
        array.append(tomlkit.item(dict(row)))
    return array
