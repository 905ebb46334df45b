"""Issues of Jira as its REST search gives them, with changes and comments, from one line per change."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from story.company import Company, Record, hexes

_HEAD = re.compile(r"= (?P<key>[A-Z]+-\d+) (?P<kind>\w+) (?P<who>[a-z]+) (?P<summary>.+)")
_LINE = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d) (?P<verb>[a-z]+) (?:\[(?P<label>\w+)\] )?(?P<who>[a-z]+)"
    r"(?: (?P<rest>.+))?"
)
_NONE = "-"  # an empty value in a change, as in `- → Done`
_PRIORITIES = {"Highest": "1", "High": "2", "Medium": "3", "Low": "4", "Lowest": "5"}


def read_issues(
    company: Company, projects: dict[str, str], name: str = "jira"
) -> tuple[list[Record], dict[str, str]]:
    """The issues in the order of the story, and label → event id; `projects` is key → name."""
    issues: list[Record] = []
    labels: dict[str, str] = {}
    serial = 41_200
    for line in company.read(name):
        if head := _HEAD.fullmatch(line):
            issues.append(_issue(company, projects, head))
        elif line.startswith("| "):
            issues[-1]["fields"]["description"]["content"].append(_paragraph(line[2:]))
        elif told := _LINE.fullmatch(line):
            serial += 1 + company.chance(f"jira:{line}").randrange(9)
            event = _tell(company, issues[-1], told, serial)
            if told["label"]:
                labels[told["label"]] = f"jira:{issues[-1]['key']}:{event}"
        else:
            raise ValueError(f"{name}: cannot read {line!r}")
    return [_finished(issue) for issue in issues], labels


def to_search(issues: list[Record]) -> Record:
    """One page of `/rest/api/3/search/jql?expand=changelog` that holds them all, the latest change first."""
    newest = sorted(issues, key=lambda issue: issue["fields"]["updated"], reverse=True)
    return {"expand": "names,schema", "issues": newest, "isLast": True}


def count(issues: list[Record]) -> dict[str, int]:
    """How many records they hold: of issues, changes and comments."""
    return {
        "issues": len(issues),
        "changes": sum(len(h["items"]) for issue in issues for h in issue["changelog"]["histories"]),
        "comments": sum(issue["fields"]["comment"]["total"] for issue in issues),
    }


def _api(company: Company) -> str:
    return f"https://{company.domain}.atlassian.net/rest/api/3"


def _user(company: Company, handle: str) -> Record:
    account = hexes(f"{company.seed}:jira:{handle}", 24)
    has_left = handle in company.left
    return {
        "self": f"{_api(company)}/user?accountId={account}",
        "accountId": account,
        "displayName": company.left[handle] if has_left else company.people[handle][0],
        "active": not has_left,
        "timeZone": str(company.day_zone) if has_left else company.people[handle][3],
        "accountType": "atlassian",
    }


def _paragraph(text: str) -> Record:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


def _issue(company: Company, projects: dict[str, str], head: re.Match[str]) -> Record:
    number = str(company.chance(f"jira:{head['key']}").randrange(18_000, 60_000))
    project = head["key"].partition("-")[0]
    fields = {
        "summary": head["summary"],
        "issuetype": {"name": head["kind"], "subtask": False},
        "project": {"key": project, "name": projects[project]},
        "creator": _user(company, head["who"]),
        "reporter": _user(company, head["who"]),
        "assignee": None,
        "priority": None,
        "status": {"name": "To Do"},
        "resolution": None,
        "resolutiondate": None,
        "description": {"type": "doc", "version": 1, "content": []},
        "comment": {"comments": [], "startAt": 0},
    }
    return {
        "id": number,
        "self": f"{_api(company)}/issue/{number}",
        "key": head["key"],
        "changelog": {"startAt": 0, "histories": []},
        "fields": fields,
    }


def _tell(company: Company, issue: Record, told: re.Match[str], serial: int) -> str:
    """One line of the story as a change of the issue; returns what its event id ends with."""
    fields, rest, who = issue["fields"], told["rest"] or "", _user(company, told["who"])
    at = datetime.fromisoformat(told["at"]).replace(tzinfo=UTC).astimezone(company.day_zone)
    millis = company.chance(f"jira:{told[0]}").randrange(1000)
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{millis:03d}{at:%z}"
    fields["updated"] = stamp
    if told["verb"] == "create":
        fields |= {"created": stamp, "priority": _priority(rest)}
        return "created"
    if told["verb"] == "comment":
        comment = {"id": str(serial), "author": who, "updateAuthor": who, "created": stamp, "updated": stamp}
        comment["body"] = {"type": "doc", "version": 1, "content": [_paragraph(rest)]}
        fields["comment"]["comments"].append(comment)
        return f"comment:{serial}"
    before, _, after = (word.strip() for word in rest.partition("→"))
    item = {"field": told["verb"], "fieldtype": "jira", "fieldId": told["verb"]}
    item |= {"fromString": None if before == _NONE else before, "toString": None if after == _NONE else after}
    issue["changelog"]["histories"].append(
        {"id": str(serial), "author": who, "created": stamp, "items": [item]}
    )
    _set(company, fields, told["verb"], item["toString"], stamp)
    return f"{serial}:0"


def _priority(name: str) -> Record:
    return {"id": _PRIORITIES[name], "name": name}


def _set(company: Company, fields: Record, field: str, value: str | None, stamp: str) -> None:
    """The field as it is after the change."""
    if field == "assignee":
        names = {name: handle for handle, (name, *_) in company.people.items()}
        names |= {name: handle for handle, name in company.left.items()}
        fields["assignee"] = _user(company, names[value]) if value else None
    elif field == "priority":
        fields["priority"] = _priority(value or "Medium")
    else:
        fields[field] = {"name": value} if value else None
    if field == "resolution":
        fields["resolutiondate"] = stamp if value else None


def _finished(issue: Record) -> Record:
    """The issue with its counts, the latest change first as Jira lists them."""
    changes, comments = issue["changelog"]["histories"], issue["fields"]["comment"]["comments"]
    issue["changelog"] |= {
        "maxResults": len(changes),
        "total": len(changes),
        "histories": sorted(changes, key=lambda change: int(change["id"]), reverse=True),
    }
    issue["fields"]["comment"] |= {"maxResults": len(comments), "total": len(comments)}
    if not issue["fields"]["description"]["content"]:
        issue["fields"]["description"] = None
    return issue
