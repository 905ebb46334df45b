"""One project of a Jira site: its issue types, its issues, its people, and what is written to them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from pmkit.errors import IntegrationError
from pmkit.integrations.calling import Caller
from pmkit.integrations.jira_fields import Form, find_form, find_type
from pmkit.integrations.jira_moves import Move, check_moves

if TYPE_CHECKING:
    from jira import JIRA

_MOST_PAGES: Final = 50
_READ: Final = "summary,description,labels,status,assignee,duedate,project"
_STATUSES: Final = {"new": "open", "undefined": "open", "indeterminate": "in progress", "done": "done"}

Sides = Mapping[str, str]  # a column of `actions.csv` → its text


class Issue(NamedTuple):
    """An issue as it stands in Jira, in the words of `actions.csv`."""

    key: str
    labels: tuple[str, ...]
    held: Sides
    account_id: str


class Site:
    """One project of a Jira site, read through its client."""

    def __init__(self, client: JIRA, caller: Caller, project: str) -> None:
        self.client, self.caller, self.project = client, caller, project
        self.settings = caller.account.settings
        check_moves(self.settings)
        self.target = f"{caller.account.url} {project}"
        self.notes: list[str] = []
        self._forms: dict[str, Form | None] = {}
        self._people: dict[str, dict[str, str] | None] = {}

    @cached_property
    def types(self) -> list[dict[str, Any]]:
        """The issue types of the project, as Jira lists them."""
        return self._listed(f"issue/createmeta/{self.project}/issuetypes", ("issueTypes", "values"))

    def form(self, kind: Literal["action", "epic"]) -> Form:
        """What issues of actions, or of the incident, are made of."""
        form = self.find_form(kind)
        if form is None:
            raise IntegrationError(f"Jira: {self.project} has no issue type for an {kind}")
        return form

    def find_form(self, kind: Literal["action", "epic"]) -> Form | None:
        """As `form`, and None for a project without epics."""
        if kind not in self._forms:
            key = "issue_type" if kind == "action" else "epic_type"
            wanted = str(self.settings.get(key, "Task" if kind == "action" else "Epic"))
            said = kind == "action" or key in self.settings
            found = find_type(self.project, self.types, wanted, said=said)
            self._forms[kind] = None if found is None or not wanted else self._form_of(found, kind == "epic")
        return self._forms[kind]

    def _form_of(self, issue_type: Mapping[str, Any], is_epic: bool) -> Form:
        path = f"issue/createmeta/{self.project}/issuetypes/{issue_type['id']}"
        metas = self._listed(path, ("fields", "values"))
        return find_form(self.project, issue_type, metas, self.settings, is_epic=is_epic)

    def _listed(self, path: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
        """All rows of a list that comes by the page; Cloud and Data Center name it differently."""
        rows: list[dict[str, Any]] = []
        for _ in range(_MOST_PAGES):
            doing = f"reading what {self.project} is made of"
            page = self._page(doing, path, startAt=len(rows), maxResults=50)
            fresh: list[dict[str, Any]] = next((page[name] for name in names if name in page), [])
            rows += fresh
            if not fresh or len(rows) >= int(page.get("total", 0)):
                break
        return rows

    def _page(self, doing: str, path: str, **params: Any) -> Any:
        return self.caller.read(doing, lambda: self._get(path, **params))

    def _get(self, path: str, **params: Any) -> Any:
        return self.client._get_json(path, params=params)

    # Reading issues

    def search(self, label: str) -> dict[str, Issue]:
        """Every issue of the project with that label, by key, as far as the search knows."""
        jql = f'project = "{self.project}" AND labels = "{label}" ORDER BY created ASC'
        found: dict[str, Issue] = {}
        told: dict[str, Any] = {"jql": jql, "fields": _READ, "maxResults": 100}
        path = "search/jql" if self.client._is_cloud else "search"
        for _ in range(_MOST_PAGES):
            page = self._page(f"searching {self.project}", path, **told)
            fresh = [issue for raw in page.get("issues", ()) if (issue := _issue_of(raw)).key not in found]
            found |= {issue.key: issue for issue in fresh}
            more = page.get("nextPageToken") or (
                not self.client._is_cloud and len(found) < int(page.get("total", 0))
            )
            if not fresh or not more:
                break
            told |= {"nextPageToken": more} if self.client._is_cloud else {"startAt": len(found)}
        return found

    def issue(self, key: str) -> Issue | None:
        """One issue as it is now; None when there is none."""
        raw = self.caller.find(f"reading {key}", lambda: self._get(f"issue/{key}", fields=_READ))
        return None if raw is None else _issue_of(raw)

    def person(self, name: str, email: str) -> dict[str, str] | None:
        """How Jira names a person in a field; None where not exactly one has that name or address."""
        asked = email or name
        if asked not in self._people:
            key = "query" if self.client._is_cloud else "username"
            found = self.caller.read(
                f"looking for {name}", lambda: self._get("user/search", **{key: asked, "maxResults": 50})
            )
            same = [
                one
                for one in found
                if one.get("active", True)
                and asked.casefold()
                in (str(one.get("emailAddress", "")).casefold(), str(one.get("displayName", "")).casefold())
            ]
            # Cloud hides addresses from most; whoever alone was found by one is the one.
            if email and not same and len(found) == 1:
                same = list(found)
            way = "accountId" if self.client._is_cloud else "name"
            self._people[asked] = {way: str(same[0][way])} if len(same) == 1 else None
        return self._people[asked]

    # Writing

    def create(self, fields: Mapping[str, Any], doing: str) -> str:
        """Make an issue, and say its key."""

        def post() -> str:
            return str(self.client.create_issue(fields=dict(fields), prefetch=False).key)

        return self.caller.write(doing, post)

    def edit(self, key: str, fields: Mapping[str, Any], labels: Sequence[str]) -> None:
        """Put values into fields, and add labels."""
        told: dict[str, Any] = {"fields": dict(fields)}
        if labels:
            told["update"] = {"labels": [{"add": label} for label in labels]}
        self.caller.write(f"writing {key}", lambda: self._send("PUT", f"issue/{key}", told))

    def ways(self, key: str) -> list[dict[str, Any]]:
        """The transitions from where an issue stands."""
        page = self._page(
            f"reading where {key} may go", f"issue/{key}/transitions", expand="transitions.fields"
        )
        return list(page.get("transitions", ()))

    def move(self, key: str, move: Move) -> None:
        """Send an issue through a transition."""
        told: dict[str, Any] = {"transition": {"id": move.way}}
        told |= {"fields": dict(move.fields)} if move.fields else {}
        self.caller.write(f"moving {key}", lambda: self._send("POST", f"issue/{key}/transitions", told))

    def link(self, key: str, global_id: str, url: str, title: str) -> None:
        """A link from the issue; one with the same `global_id` takes its place."""
        told = {"globalId": global_id, "object": {"url": url, "title": title}}
        self.caller.write(f"linking {key}", lambda: self._send("POST", f"issue/{key}/remotelink", told))

    def _send(self, method: str, path: str, told: Mapping[str, Any]) -> None:
        session = self.client._session
        answer = session.request(method, self.client._get_url(path), data=json.dumps(told))
        if answer.status_code != 204:
            answer.json()  # a page of something in between is no word of Jira's

    def url(self, key: str) -> str:
        """Where people see an issue."""
        return f"{self.caller.account.url}/browse/{key}"


def project_of(caller: Caller) -> str:
    """The key of the project that issues go to. Raises `IntegrationError` where nobody says it."""
    project = str(caller.account.settings.get("project", "")).strip()
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", project, re.ASCII):
        raise IntegrationError(
            "Jira: nobody says which project the issues go to; write `project`, as "
            '[connections.jira] project = "OPS", in incident.toml'
        )
    return project.upper()


def describe_fields(client: JIRA, caller: Caller) -> str:
    """Which column of `actions.csv` goes to which field, in words.

    Raises `IntegrationError` where the map of `incident.toml` does not fit the project.
    """
    site = Site(client, caller, project_of(caller))
    form = site.form("action")
    pairs = [f"{column} → {form.title(name)}" for column, name in form.columns.items()]
    epic = site.find_form("epic")
    more = [f"an {epic.type_name} per incident" if epic else "no epics in this project", *form.notes]
    return f"actions become issues of type {form.type_name}: {', '.join(pairs)}; {'; '.join(more)}"


def _issue_of(raw: Mapping[str, Any]) -> Issue:
    fields = raw.get("fields") or {}
    assignee = fields.get("assignee") or {}
    status = (fields.get("status") or {}).get("statusCategory", {}).get("key", "")
    held = {
        "action": str(fields.get("summary") or ""),
        "description": str(fields.get("description") or "").replace("\r\n", "\n"),
        "dri": str(assignee.get("displayName") or assignee.get("name") or ""),
        "due_on": str(fields.get("duedate") or ""),
        "status": _STATUSES.get(status, "open"),
    }
    who = str(assignee.get("accountId") or assignee.get("name") or "")
    return Issue(str(raw["key"]), tuple(fields.get("labels") or ()), held, who)
