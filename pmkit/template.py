"""The workspace template as data: roles, channels, milestones, task lists, check-ins, RACI and the deadline.

Templates are TOML files in `report_templates/workspaces/`; a team's own file may extend any of them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pmkit.errors import TemplateError

NOTES: Final = {
    "summary": "Summary",
    "impact": "Impact",
    "root-cause": "Root cause",
    "went-well": "What went well",
    "went-badly": "What went badly",
    "lucky": "Where we got lucky",
    "lessons": "Lessons",
}


def report_templates() -> Path:
    """The folder `report_templates/`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "report_templates", package.parent / "report_templates"):
        if folder.is_dir():
            return folder
    raise TemplateError(f"{package}: `report_templates` is missing; install pmkit again")


@dataclass(frozen=True)
class ChannelPlan:
    """A channel of the review and what belongs there."""

    name: str
    purpose: str


@dataclass(frozen=True)
class MilestonePlan:
    """A milestone and the criteria by which it is reached."""

    name: str
    criteria: str


@dataclass(frozen=True)
class TaskPlan:
    """A task of the review, due so many working days after the incident was resolved."""

    task_list: str
    task_id: str
    task: str
    dri: str
    due_working_day: int


@dataclass(frozen=True)
class Template:
    """A workspace template; see `report_templates/workspaces/base.toml` for the meaning of each part."""

    name: str
    title: str
    severities: tuple[str, ...]
    working_days: int
    owner: str
    roles: tuple[str, ...]
    channels: tuple[ChannelPlan, ...]
    milestones: tuple[MilestonePlan, ...]
    tasks: tuple[TaskPlan, ...]
    raci: Mapping[str, Mapping[str, str]]  # activity → role → part
    prompts: Mapping[str, str]  # note → the questions it answers


def template_names() -> list[str]:
    """Names of the templates that ship with pmkit, without the base they extend."""
    folder = report_templates() / "workspaces"
    return sorted(path.stem for path in folder.glob("*.toml") if path.stem != "base")


def load_template(name: str | Path) -> Template:
    """The template of that name, or the team's own file.

    Raises `TemplateError` naming the file and key of what does not fit.
    """
    path = _path_of(name)
    try:
        return _template(path.stem, _with_parents(path, seen=()))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise TemplateError(f"{path}: {_explain(error)}") from error


def _path_of(name: str | Path) -> Path:
    path = Path(name)
    if path.suffix == ".toml":
        return path
    shipped = report_templates() / "workspaces" / f"{name}.toml"
    if not shipped.is_file():
        known = ", ".join(template_names())
        raise TemplateError(f"no template `{name}`; choose one of {known}, or give a .toml file")
    return shipped


def _with_parents(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    """The file's data over that of the template it extends: tables merge key by key, the rest replaces."""
    if path in seen:
        raise TemplateError(f"{path}: extends itself, through {' → '.join(p.stem for p in seen)}")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TemplateError(f"{path}: {error}") from error
    parent = data.pop("extends", None)
    if parent is None:
        return data
    own_file = path.parent / f"{parent}.toml"
    below = _with_parents(own_file if own_file.is_file() else _path_of(parent), (*seen, path))
    if isinstance(data.get("roles"), list):
        # Parts of roles this file does away with are no mistake of this file.
        parts = below.get("raci", {}).items()
        below["raci"] = {name: {r: p for r, p in of.items() if r in data["roles"]} for name, of in parts}
    return _merge(below, data)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _template(name: str, data: Mapping[str, Any]) -> Template:
    _refuse_unknown("key", data, _KEYS)
    for key, kind in _KEYS.items():
        if not isinstance(data[key], kind):
            raise TypeError(f"`{key}`: expected {_KIND_NAMES[kind]}, found {data[key]!r}")
    _refuse_unknown("note in `prompts`", data["prompts"], NOTES)
    prompts = {note: data["prompts"][note] for note in NOTES}
    roles = tuple(data["roles"])
    tasks = tuple(
        TaskPlan(
            task_list=task_list["name"],
            task_id=f"{task_list['id']}-{number}",
            task=task["task"],
            dri=task.get("dri", task_list["dri"]),
            due_working_day=task_list["due_working_day"],
        )
        for task_list in data["task_lists"]
        for number, task in enumerate(task_list["tasks"], start=1)
    )
    for role in (data["owner"], *(task.dri for task in tasks)):
        _refuse_unknown("role", [role], roles)
    for activity, parts in data["raci"].items():
        _refuse_unknown(f"role in `raci.{activity}`", parts, roles)
        _refuse_unknown(f"part in `raci.{activity}`", parts.values(), _PARTS)
    return Template(
        name=name,
        title=data["title"],
        severities=tuple(data["severities"]),
        working_days=data["working_days"],
        owner=data["owner"],
        roles=roles,
        channels=tuple(ChannelPlan(c["name"], c["purpose"]) for c in data["channels"]),
        milestones=tuple(MilestonePlan(m["name"], m["criteria"]) for m in data["milestones"]),
        tasks=tasks,
        raci=data["raci"],
        prompts=prompts,
    )


_KEYS: Final = {
    "title": str, "severities": list, "working_days": int, "owner": str, "roles": list, "channels": list,
    "milestones": list, "task_lists": list, "raci": dict, "prompts": dict,
}  # fmt: skip
_PARTS: Final = ("R", "A", "AR", "C", "I")
_KIND_NAMES: Final = {str: "text", list: "a list", int: "a whole number", dict: "a table"}


def _refuse_unknown(noun: str, found: Iterable[str], known: Collection[str]) -> None:
    unknown = [name for name in found if name not in known]
    if unknown:
        raise ValueError(f"unknown {noun}: `{unknown[0]}`; known are {', '.join(known)}")


def _explain(error: Exception) -> str:
    return f"key `{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
