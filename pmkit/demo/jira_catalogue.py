"""What the stand-in of Jira has once and for all: its project, types, priorities, statuses and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Record = dict[str, Any]

PROJECT: Final = {"id": "10000", "key": "SHOP", "name": "Shop"}
TYPES: Final = {"10001": "Task", "10002": "Bug", "10003": "Story", "10000": "Epic"}
PRIORITIES: Final = {"1": "Highest", "2": "High", "3": "Medium", "4": "Low", "5": "Lowest"}
STATUSES: Final = {"10000": "To Do", "10001": "In Progress", "10002": "Done", "10003": "Won't Do"}
CATEGORIES: Final = {
    "To Do": (2, "new"), "In Progress": (4, "indeterminate"), "Done": (3, "done"), "Won't Do": (3, "done"),
}  # fmt: skip
TRANSITIONS: Final = {"11": "To Do", "21": "In Progress", "31": "Done", "41": "Won't Do"}
EPIC_NAME: Final = "customfield_10011"
# Each field that may be set: its name, its type, what its list holds.
FIELDS: Final = {
    "summary": ("Summary", "string"), "description": ("Description", "string"),
    "issuetype": ("Issue Type", "issuetype"), "project": ("Project", "project"),
    "priority": ("Priority", "priority"), "labels": ("Labels", "array"), "assignee": ("Assignee", "user"),
    "duedate": ("Due date", "date"), "parent": ("Parent", "issuelink"),
    "resolution": ("Resolution", "resolution"), "reporter": ("Reporter", "user"),
    EPIC_NAME: ("Epic Name", "string"),
}  # fmt: skip


def field_of(key: str) -> Record:
    """A field as the site lists it."""
    name, kind = FIELDS.get(key, (key, "string"))
    schema = {"type": kind, "system": key} | ({"items": "string"} if kind == "array" else {})
    custom = key.startswith("customfield_")
    return {
        "id": key, "key": key, "name": name, "custom": custom, "orderable": True, "navigable": True,
        "searchable": True, "clauseNames": [key], "schema": schema,
    }  # fmt: skip


def name_in(said: Any, known: Mapping[str, str]) -> str:
    """What is named by its id or its name."""
    if not isinstance(said, dict):
        return ""
    if said.get("id") in known:
        return known[said["id"]]
    return next((name for name in known.values() if name.casefold() == str(said.get("name")).casefold()), "")


def show_project(url: str) -> Record:
    """As the site at `url` shows its project."""
    more = {"projectTypeKey": "software", "simplified": False}
    return {"self": f"{url}/rest/api/2/project/{PROJECT['id']}", **PROJECT, **more}


def show_type(url: str, name: str) -> Record:
    """As the site at `url` shows an issue type."""
    type_id = next(one for one, known in TYPES.items() if known == name)
    return {
        "self": f"{url}/rest/api/2/issuetype/{type_id}", "id": type_id, "name": name,
        "description": "", "iconUrl": "", "subtask": False, "hierarchyLevel": 1 if name == "Epic" else 0,
    }  # fmt: skip


def show_priority(url: str, name: str) -> Record:
    """As the site at `url` shows a priority."""
    number = next(one for one, known in PRIORITIES.items() if known == name)
    return {"self": f"{url}/rest/api/2/priority/{number}", "id": number, "name": name, "iconUrl": ""}


def show_status(url: str, name: str) -> Record:
    """As the site at `url` shows a status."""
    number = next(one for one, known in STATUSES.items() if known == name)
    category_id, key = CATEGORIES[name]
    return {
        "self": f"{url}/rest/api/2/status/{number}", "id": number, "name": name, "description": "",
        "iconUrl": "",
        "statusCategory": {
            "self": f"{url}/rest/api/2/statuscategory/{category_id}", "id": category_id, "key": key,
            "colorName": "green", "name": name,
        },
    }  # fmt: skip
