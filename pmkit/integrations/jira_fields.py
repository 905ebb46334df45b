"""Which field of a Jira project takes what, as the project describes it; a map that does not fit is told.

`incident.toml` may say it:

    [connections.jira]
    project = "OPS"
    issue_type = "Task"
    fields = { done_when = "Acceptance criteria", due_on = "customfield_10040" }
    always = { components = ["checkout"] }

`fields` maps columns of `actions.csv` to fields by name or id, "" leaves one out; `always` is what every
issue gets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pmkit import schema
from pmkit.errors import IntegrationError

# Where the columns go when nobody says so.
USUAL: Final[Mapping[str, str]] = {
    "action": "summary", "description": "description", "dri": "assignee", "due_on": "duedate",
    "priority": "priority",
}  # fmt: skip
# pmkit's priorities as Jira names them at first; `priorities` of the connection says others.
PRIORITIES: Final[Mapping[str, str]] = {
    "P0": "Highest", "P1": "High", "P2": "Medium", "P3": "Low", "P4": "Lowest",
}  # fmt: skip
# The two that Data Center's epics need; their ids differ from site to site.
_EPIC_NAME: Final = "com.pyxis.greenhopper.jira:gh-epic-label"
_EPIC_LINK: Final = "com.pyxis.greenhopper.jira:gh-epic-link"
# What pmkit fills by itself.
_OWN: Final = ("project", "issuetype", "summary", "labels", "parent", "reporter")
_FEW: Final = 8

Meta = Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """The fields that issues of one type in one project have, and which column goes where.

    `columns` is column → field id; `notes` tell in words what is left out.
    """

    project: str
    type_name: str
    type_id: str
    fields: Mapping[str, Meta]
    columns: Mapping[str, str] = field(default_factory=dict)
    always: Mapping[str, Any] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=lambda: dict(PRIORITIES))
    notes: tuple[str, ...] = ()

    def values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The cells of a row as the fields want them; those that are empty or have no field are left out.

        `dri` is given as Jira's own user. Raises `IntegrationError` for a value that the field does not take.
        """
        values: dict[str, Any] = {}
        for column, field_id in self.columns.items():
            value = row.get(column)
            if column == "priority" and value:
                value = self.priorities.get(str(value), "")
            if value not in (None, ""):
                values[field_id] = self._as_field(field_id, value, column)
        return values

    @property
    def epic_link(self) -> str:
        """The field that ties an issue to its epic; "" where there is none."""
        own = (name for name, meta in self.fields.items() if _custom(meta) == _EPIC_LINK)
        return "parent" if "parent" in self.fields else next(own, "")

    @property
    def epic_name(self) -> str:
        """The field that an epic's short name goes to, on Data Center; "" where there is none."""
        return next((name for name, meta in self.fields.items() if _custom(meta) == _EPIC_NAME), "")

    def title(self, field_id: str) -> str:
        """What people call the field."""
        return str(self.fields.get(field_id, {}).get("name", field_id))

    def _as_field(self, field_id: str, value: Any, said_by: str) -> Any:
        meta = self.fields.get(field_id, {})
        told = meta.get("schema", {})
        kind, items = told.get("type", "string"), told.get("items", "string")
        choices = _choices(meta)
        if kind == "user":
            return value
        if kind == "array":
            values = value if isinstance(value, list) else [part for part in str(value).split() if part]
            return [self._one(field_id, items, choices, each, said_by) for each in values]
        return self._one(field_id, kind, choices, value, said_by)

    def _one(self, field_id: str, kind: str, choices: Sequence[str], value: Any, said_by: str) -> Any:
        if choices and kind != "string" and str(value) not in choices:
            known = ", ".join(choices[:_FEW]) + (" …" if len(choices) > _FEW else "")
            raise IntegrationError(
                f"Jira: {self.project}, {self.type_name}: “{self.title(field_id)}” takes {known}; "
                f"`{said_by}` says “{value}”"
            )
        if kind == "number":
            return float(value)
        if kind == "option":
            return {"value": str(value)}
        if kind in ("priority", "component", "version", "resolution", "group"):
            return {"name": str(value)}
        return str(value)


def find_form(
    project: str,
    issue_type: Meta,
    metas: Sequence[Meta],
    settings: Mapping[str, Any],
    *,
    is_epic: bool = False,
) -> Form:
    """The form for issues of that type.

    `metas` are the fields as `createmeta` lists them, `settings` the keys of `[connections.jira]`.
    Raises `IntegrationError` listing everything that does not fit.
    """
    type_name = str(issue_type["name"])
    place = f"{type_name} in {project}"
    fields = {str(meta.get("fieldId") or meta.get("key") or meta.get("id")): meta for meta in metas}
    told, always, named = (_table(settings, key) for key in ("fields", "always", "priorities"))
    problems: list[str] = []
    columns = {column: name for column, name in USUAL.items() if column not in told and name in fields}
    for column, wanted in {} if is_epic else told.items():
        columns |= _mapped(column, str(wanted), fields, problems, place)
    missing = [c for c in USUAL if c not in told and c not in columns and c != "description"]
    notes = [f"{column} is not written: {place} has no field for it" for column in missing]
    priorities, strange = _known_priorities({**PRIORITIES, **named}, fields.get(columns.get("priority", "")))
    notes += [f"{project} {strange}"] if strange else []
    form = Form(project, type_name, str(issue_type["id"]), fields, columns, {}, priorities, tuple(notes))
    constants: dict[str, Any] = {}
    for wanted, value in always.items():
        found = _field_ids(str(wanted), fields)
        if is_epic and not found:
            continue  # not every field of an action is one of an epic
        if len(found) != 1:
            problems.append(_lost(f"always.{wanted}", str(wanted), found, fields, place))
            continue
        try:
            constants[found[0]] = form._as_field(found[0], value, f"always.{wanted}")
        except IntegrationError as error:
            problems.append(str(error).removeprefix("Jira: "))
    problems += _lacking(form, constants, is_epic=is_epic)
    if problems:
        listed = "\n  ".join(problems)
        raise IntegrationError(f"Jira: what incident.toml says does not fit {place}:\n  {listed}")
    return replace(form, always=constants)


def _table(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key, {})
    if not isinstance(value, Mapping):
        raise IntegrationError(f"Jira: `{key}` of [connections.jira]: expected a table, found {value!r}")
    return value


def find_type(project: str, types: Sequence[Meta], wanted: str, *, said: bool) -> Meta | None:
    """The type of issue by that name; None where it is not there and nobody asked for it by name."""
    found = [one for one in types if str(one["name"]).casefold() == wanted.casefold()]
    if found:
        return found[0]
    if said:
        known = ", ".join(str(one["name"]) for one in types)
        raise IntegrationError(f"Jira: {project} has no issue type “{wanted}”; it has {known}")
    return None


def _mapped(
    column: str, wanted: str, fields: Mapping[str, Meta], problems: list[str], place: str
) -> dict[str, str]:
    columns = (*schema.ACTIONS.column_names, "description")
    if column not in columns:
        problems.append(f"fields.{column}: actions.csv has no such column; it has {', '.join(columns)}")
        return {}
    if not wanted:
        return {}
    found = _field_ids(wanted, fields)
    if len(found) != 1:
        problems.append(_lost(f"fields.{column}", wanted, found, fields, place))
        return {}
    kind = fields[found[0]].get("schema", {}).get("type", "string")
    if column == "due_on" and kind != "date":
        problems.append(f"fields.{column}: “{wanted}” holds {kind}, and a day is needed")
        return {}
    return {column: found[0]}


def _field_ids(wanted: str, fields: Mapping[str, Meta]) -> list[str]:
    """The fields that are called so: by id, else by name."""
    if wanted in fields:
        return [wanted]
    return [
        name for name, meta in fields.items() if str(meta.get("name", "")).casefold() == wanted.casefold()
    ]


def _lost(key: str, wanted: str, found: Sequence[str], fields: Mapping[str, Meta], place: str) -> str:
    if found:
        return f"{key}: several fields are called “{wanted}”; say which by its id: {', '.join(found)}"
    own = sorted(str(meta.get("name", name)) for name, meta in fields.items())
    return f"{key}: {place} has no field “{wanted}” on its screen; it has {', '.join(own)}"


def _lacking(form: Form, constants: Mapping[str, Any], *, is_epic: bool) -> Iterator[str]:
    """Fields that Jira wants and nothing fills."""
    filled = {*form.columns.values(), *constants, *_OWN, form.epic_name if is_epic else ""}
    for name, meta in form.fields.items():
        if meta.get("required") and not meta.get("hasDefaultValue") and name not in filled:
            choices = _choices(meta)
            example = f'"{choices[0]}"' if choices else '"…"'
            yield (
                f"“{form.title(name)}” ({name}) has to be filled in; map a column to it under "
                f"[connections.jira.fields], or write always = {{ {name} = {example} }}"
            )


def _known_priorities(named: Mapping[str, str], meta: Meta | None) -> tuple[dict[str, str], str]:
    """Those that the project knows, and words about the others: an issue gets its usual one then."""
    choices = _choices(meta or {})
    strange = sorted({name for name in named.values() if choices and name not in choices})
    kept = {mine: name for mine, name in named.items() if name not in strange}
    if not strange:
        return kept, ""
    words = f"has no priority {', '.join(strange)}; it has {', '.join(choices)}"
    return kept, f"{words}. Say which is which under [connections.jira.priorities]"


def _choices(meta: Meta) -> tuple[str, ...]:
    allowed = meta.get("allowedValues") or ()
    names = (one.get("name") or one.get("value") for one in allowed if isinstance(one, Mapping))
    return tuple(str(name) for name in names if name)


def _custom(meta: Meta) -> str:
    return str(meta.get("schema", {}).get("custom", ""))
