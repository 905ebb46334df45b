"""A stand-in of Jira: projects, issues with their changes, comments and links, and some JQL.

(https://developer.atlassian.com/cloud/jira/platform/rest/v3) It is Cloud, or Data Center where `is_cloud` is
false. As in Cloud, an issue may be found by a search only some time after it was made: `lag`.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from pmkit.demo.jira_catalogue import (
    CATEGORIES,
    EPIC_NAME,
    FIELDS,
    PRIORITIES,
    PROJECT,
    TRANSITIONS,
    TYPES,
    Record,
    field_of,
    name_in,
    show_priority,
    show_project,
    show_status,
    show_type,
)
from pmkit.demo.jql import Jql
from pmkit.demo.server import Answer, Now, Request, System
from pmkit.demo.story import Story

USER: Final = "teun@example.com"

_MOST: Final = 100
_MOST_CHANGES = 100
_VERSION: Final = r"/rest/api/(?:2|3|latest)"


class Jira(System):
    """What the site holds: issues by key, in the order they were made."""

    name = "jira"
    routes = tuple(
        (method, f"{_VERSION}{path}", name)
        for method, path, name in (
            ("GET", "/serverInfo", "server_info"),
            ("GET", "/myself", "myself"),
            ("GET", "/mypermissions", "my_permissions"),
            ("GET", "/field", "list_fields"),
            ("GET", "/priority", "list_priorities"),
            ("GET", "/project", "list_projects"),
            ("GET", "/project/search", "search_projects"),
            ("GET", "/project/{project}", "get_project"),
            ("GET", "/issue/createmeta/{project}/issuetypes", "list_types"),
            ("GET", "/issue/createmeta/{project}/issuetypes/{type_id}", "list_type_fields"),
            ("GET", "/user/search", "search_users"),
            ("GET", "/user/assignable/search", "search_users"),
            ("GET", "/search", "search"),
            ("POST", "/search", "search"),
            ("GET", "/search/jql", "search_jql"),
            ("POST", "/search/jql", "search_jql"),
            ("POST", "/search/approximate-count", "count"),
            ("POST", "/issue", "create_issue"),
            ("GET", "/issue/{key}", "get_issue"),
            ("PUT", "/issue/{key}", "edit_issue"),
            ("DELETE", "/issue/{key}", "delete_issue"),
            ("PUT", "/issue/{key}/assignee", "assign"),
            ("GET", "/issue/{key}/changelog", "list_changes"),
            ("GET", "/issue/{key}/comment", "list_comments"),
            ("POST", "/issue/{key}/comment", "add_comment"),
            ("GET", "/issue/{key}/remotelink", "list_links"),
            ("POST", "/issue/{key}/remotelink", "add_link"),
            ("GET", "/issue/{key}/transitions", "list_transitions"),
            ("POST", "/issue/{key}/transitions", "transition"),
            ("GET", "/issue/{key}/properties/{name}", "get_property"),
            ("PUT", "/issue/{key}/properties/{name}", "put_property"),
        )
    )

    def __init__(self, token: str, now: Now) -> None:
        super().__init__(token, now)
        self.is_cloud = True
        self.lag = 0.0  # seconds from making an issue to finding it by a search
        self.issues: dict[str, Record] = {}
        self.links: dict[str, list[Record]] = {}
        self.properties: dict[tuple[str, str], Any] = {}
        self.users: list[Record] = []
        self.required: dict[str, list[str]] = {}  # by the name of a type: fields that its screen wants
        # By the id of a transition: its name, where that is not the status's, and what its screen wants.
        self.ways: dict[str, str] = {}
        self.screens: dict[str, dict[str, Record]] = {}
        self._searchable: dict[str, datetime] = {}
        self._number = 1431
        self._made = 20_000

    def tell(self, story: Story) -> None:
        """Fill it with the issues of a story's actions, and how they went."""
        self.users = [_user(user) for user in story.users if not user["is_bot"] and not user["deleted"]]
        begun = datetime(2026, 11, 6, 9, 30, tzinfo=UTC)
        for number, row in enumerate(sorted(story.actions, key=lambda row: row["issue_key"])):
            at = begun + timedelta(minutes=7 * number)
            self._number = int(row["issue_key"].rpartition("-")[2]) - 1
            fields = {
                "summary": row["action"][:240],
                "issuetype": {"name": "Task"},
                "labels": ["postmortem"],
                "description": row["done_when"],
                "duedate": row["due_on"] or None,
                "priority": {"name": "High"},
            }
            issue = self._create(fields, self.users[0], at)
            self._edit(issue, {"assignee": self._named(row["dri"])}, self.users[0], at + timedelta(minutes=2))
            moves = {"in progress": ["In Progress"], "done": ["In Progress", "Done"]}.get(row["status"], [])
            for step, status in enumerate(moves):
                self._move(issue, status, self.users[0], at + timedelta(hours=step + 1))
        self._searchable.clear()

    def refusal(self, request: Request) -> Answer | None:
        """What is said without the right token."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            with suppress(ValueError):
                given = base64.b64decode(given).decode().partition(":")[2]
        if kind in ("Basic", "Bearer") and given == self.token:
            return None
        return _errors(401, "Client must be authenticated to access this resource.")

    def unknown(self, request: Request) -> Answer:
        """What is said to a path that is not there."""
        return _errors(404, f"null for uri: {request.path}")

    # The site

    def server_info(self, request: Request) -> Answer:
        """Whether it is Cloud."""
        return Answer(
            {
                "baseUrl": self.url, "version": "1001.0.0" if self.is_cloud else "9.12.4",
                "versionNumbers": [1001, 0, 0] if self.is_cloud else [9, 12, 4],
                "deploymentType": "Cloud" if self.is_cloud else "Server", "buildNumber": 100_285,
                "buildDate": "2026-11-01T00:00:00.000+0000", "serverTime": _stamp(self.now()),
                "scmInfo": "demo", "serverTitle": "Jira",
            }
        )  # fmt: skip

    def myself(self, request: Request) -> Answer:
        """Who the token belongs to."""
        return Answer(self._person(self.users[0]))

    def my_permissions(self, request: Request) -> Answer:
        """What the token may do."""
        names = request.get("permissions").split(",")
        rights = {
            name: {"id": str(n), "key": name, "name": name, "type": "PROJECT", "havePermission": True}
            for n, name in enumerate(names)
        }
        return Answer({"permissions": rights})

    def list_fields(self, request: Request) -> Answer:
        """Every field there is."""
        return Answer([field_of(key) for key in FIELDS])

    def list_priorities(self, request: Request) -> Answer:
        """Every priority."""
        return Answer([show_priority(self.url, name) for name in PRIORITIES.values()])

    def list_projects(self, request: Request) -> Answer:
        """Every project, as Data Center gives them."""
        return Answer([show_project(self.url)])

    def search_projects(self, request: Request) -> Answer:
        """A page of projects."""
        return Answer(_startat_page(request, "values", [show_project(self.url)]) | {"isLast": True})

    def get_project(self, request: Request, project: str) -> Answer:
        """One project."""
        if project not in (PROJECT["key"], PROJECT["id"]):
            return _errors(404, f"No project could be found with key '{project}'.")
        types = [show_type(self.url, name) for name in TYPES.values()]
        return Answer(show_project(self.url) | {"issueTypes": types})

    def list_types(self, request: Request, project: str) -> Answer:
        """The types of issue that may be made in a project."""
        if project not in (PROJECT["key"], PROJECT["id"]):
            return _errors(404, f"No project could be found with key '{project}'.")
        name = "issueTypes" if self.is_cloud else "values"
        return Answer(_startat_page(request, name, [show_type(self.url, name) for name in TYPES.values()]))

    def list_type_fields(self, request: Request, project: str, type_id: str) -> Answer:
        """The fields of one type, and which of them must be given."""
        if project not in (PROJECT["key"], PROJECT["id"]) or type_id not in TYPES:
            return _errors(404, "Issue type not found.")
        fields = [self._meta(key, TYPES[type_id]) for key in self._on_screen(TYPES[type_id])]
        name = "fields" if self.is_cloud else "values"
        return Answer(_startat_page(request, name, fields))

    def search_users(self, request: Request) -> Answer:
        """People by a part of their name or address."""
        wanted = (request.get("query") or request.get("username")).casefold()
        found = [
            self._person(user)
            for user in self.users
            if wanted in user["displayName"].casefold() or wanted in user["emailAddress"].casefold()
        ]
        return Answer(found)

    # Searching

    def search(self, request: Request) -> Answer:
        """A page of a search, as Data Center has it; Cloud has done away with it."""
        if self.is_cloud:
            return _errors(
                410, "The requested API has been removed. Please migrate to /rest/api/3/search/jql."
            )
        return self._searched(
            request,
            lambda said, found: (
                _startat_page(request, "issues", found, said)
                | {"expand": "schema,names", "total": len(found)}
            ),
        )

    def search_jql(self, request: Request) -> Answer:
        """A page of a search, as Cloud has it: the next one is found by a token, and there is no total."""
        if not self.is_cloud:
            return self.unknown(request)

        def page(said: Mapping[str, Any], found: list[Record]) -> Record:
            begin = _begin(str(said.get("nextPageToken") or ""))
            limit = min(int(said.get("maxResults") or 50), _MOST)
            rest = begin + limit < len(found)
            more = {"nextPageToken": _page_token(begin + limit)} if rest else {}
            return {"issues": found[begin : begin + limit], "isLast": not rest, **more}

        return self._searched(request, page)

    def count(self, request: Request) -> Answer:
        """About how many a search finds."""
        found = self._found(str(request.json.get("jql", "")))
        return Answer({"count": len(found)}) if isinstance(found, list) else found

    def _searched(
        self, request: Request, page: Callable[[Mapping[str, Any], list[Record]], Record]
    ) -> Answer:
        said = dict(request.query) | request.json
        found = self._found(str(said.get("jql", "")))
        if isinstance(found, Answer):
            return found
        told = page(said, found)
        wanted = said.get("fields", "" if self.is_cloud else "*navigable")
        fields = wanted if isinstance(wanted, list) else [name for name in wanted.split(",") if name]
        told["issues"] = [
            self._shown(issue, fields, str(said.get("expand", "")), request, searched=True)
            for issue in told["issues"]
        ]
        return Answer(told)

    def _found(self, jql: str) -> list[Record] | Answer:
        try:
            query = Jql(jql)
        except ValueError as error:
            return _errors(400, str(error))
        if self.is_cloud and not query.clauses:
            return _errors(
                400, "Unbounded JQL queries are not allowed here. Please add a search restriction."
            )
        now = self.now()
        known = [one for key, one in self.issues.items() if self._searchable.get(key, now) <= now]
        return query.sorted([issue for issue in known if query.fits(issue)])

    # Issues

    def get_issue(self, request: Request, key: str) -> Answer:
        """One issue."""
        wanted = [name for name in request.get("fields", "*all").split(",") if name]
        return self._of(key, lambda one: Answer(self._shown(one, wanted, request.get("expand"), request)))

    def create_issue(self, request: Request) -> Answer:
        """One more issue."""
        fields = dict(request.json.get("fields") or {})
        problems = self._problems(fields, is_new=True)
        if problems:
            return Answer({"errorMessages": [], "errors": problems}, 400)
        issue = self._create(fields, self.users[0], self.now())
        return Answer({"id": issue["id"], "key": issue["key"], "self": self._self(issue)}, 201)

    def edit_issue(self, request: Request, key: str) -> Answer:
        """Other values in the fields of an issue."""

        def edit(issue: Record) -> Answer:
            fields = dict(request.json.get("fields") or {})
            for name, steps in (request.json.get("update") or {}).items():
                fields[name] = _updated(issue["fields"].get(name), steps)
            problems = self._problems(fields)
            if problems:
                return Answer({"errorMessages": [], "errors": problems}, 400)
            self._edit(issue, fields, self.users[0], self.now())
            return Answer(status=204)

        return self._of(key, edit)

    def delete_issue(self, request: Request, key: str) -> Answer:
        """An issue is there no more."""

        def delete(issue: Record) -> Answer:
            del self.issues[issue["key"]]
            return Answer(status=204)

        return self._of(key, delete)

    def assign(self, request: Request, key: str) -> Answer:
        """Somebody else has it now."""

        def give(issue: Record) -> Answer:
            said = request.json
            wanted = said.get("accountId") if self.is_cloud else said.get("name")
            problems = self._problems({"assignee": said if wanted else None})
            if problems:
                return Answer({"errorMessages": [], "errors": problems}, 400)
            self._edit(issue, {"assignee": said if wanted else None}, self.users[0], self.now())
            return Answer(status=204)

        return self._of(key, give)

    def list_changes(self, request: Request, key: str) -> Answer:
        """A page of what was changed in an issue; Data Center has no such page."""
        if not self.is_cloud:
            return self.unknown(request)

        def page(issue: Record) -> Answer:
            told = _startat_page(request, "values", issue["histories"])
            last = told["startAt"] + len(told["values"]) >= told["total"]
            address = f"{self.url}/rest/api/2/issue/{key}/changelog"
            return Answer({"self": address, "isLast": last, **told})

        return self._of(key, page)

    def list_comments(self, request: Request, key: str) -> Answer:
        """A page of comments."""
        return self._of(
            key, lambda one: Answer(_startat_page(request, "comments", _texts(one["comments"], request)))
        )

    def add_comment(self, request: Request, key: str) -> Answer:
        """One more comment."""

        def add(issue: Record) -> Answer:
            if not request.json.get("body"):
                return Answer(
                    {"errorMessages": [], "errors": {"comment": "Comment body can not be empty!"}}, 400
                )
            comment = self._comment(issue, request.json["body"], self.users[0], self.now())
            return Answer(_texts([comment], request)[0], 201)

        return self._of(key, add)

    def list_links(self, request: Request, key: str) -> Answer:
        """The links to elsewhere; one of them where its `globalId` is given."""

        def told(issue: Record) -> Answer:
            links, wanted = self.links.get(issue["key"], []), request.get("globalId")
            if not wanted:
                return Answer(links)
            link = next((link for link in links if link.get("globalId") == wanted), None)
            return (
                Answer(link)
                if link
                else _errors(404, f"No remote issue link found with global id '{wanted}'.")
            )

        return self._of(key, told)

    def add_link(self, request: Request, key: str) -> Answer:
        """A link to elsewhere; one with the same `globalId` takes the place of the other."""

        def add(issue: Record) -> Answer:
            said, links = request.json, self.links.setdefault(issue["key"], [])
            if not (said.get("object") or {}).get("url"):
                return Answer({"errorMessages": [], "errors": {"url": "The url is required."}}, 400)
            wanted = said.get("globalId")
            known = next((link for link in links if wanted and link.get("globalId") == wanted), None)
            self._made += 1
            link = {**said, "id": known["id"] if known else self._made}
            link["self"] = f"{self._self(issue)}/remotelink/{link['id']}"
            links[:] = [one for one in links if one is not known] + [link]
            return Answer({"id": link["id"], "self": link["self"]}, 200 if known else 201)

        return self._of(key, add)

    def list_transitions(self, request: Request, key: str) -> Answer:
        """Where an issue may go from here."""
        fields = "transitions.fields" in request.get("expand")
        ways = [
            {
                "id": way, "name": self.ways.get(way, status), "to": show_status(self.url, status),
                "hasScreen": False, "isGlobal": True, "isInitial": False, "isConditional": False,
                "isAvailable": True, "looped": False,
                **({"fields": self.screens.get(way, {})} if fields else {}),
            }
            for way, status in TRANSITIONS.items()
        ]  # fmt: skip
        return self._of(key, lambda one: Answer({"expand": "transitions", "transitions": ways}))

    def transition(self, request: Request, key: str) -> Answer:
        """An issue goes on."""

        def move(issue: Record) -> Answer:
            way = str((request.json.get("transition") or {}).get("id", ""))
            if way not in TRANSITIONS:
                return _errors(400, f"Transition id '{way}' is not valid for this issue.")
            wanted = [name for name, meta in self.screens.get(way, {}).items() if meta.get("required")]
            if missing := [name for name in wanted if name not in request.json.get("fields", {})]:
                return Answer({"errorMessages": [], "errors": {missing[0]: "is required."}}, 400)
            self._move(issue, TRANSITIONS[way], self.users[0], self.now())
            return Answer(status=204)

        return self._of(key, move)

    def get_property(self, request: Request, key: str, name: str) -> Answer:
        """What somebody's program noted about an issue."""
        value = self.properties.get((key, name))
        missing = _errors(404, f"The property {name} does not exist.")
        return missing if value is None else Answer({"key": name, "value": value})

    def put_property(self, request: Request, key: str, name: str) -> Answer:
        """Note something about an issue."""

        def put(issue: Record) -> Answer:
            is_new = (issue["key"], name) not in self.properties
            self.properties[issue["key"], name] = request.json
            return Answer(status=201 if is_new else 200)

        return self._of(key, put)

    # Faults

    def stick(self, request: Request, answer: Answer) -> Answer:
        """A page whose next one is itself."""
        value = answer.value
        if not isinstance(value, dict):
            return answer
        if "isLast" in value and "issues" in value:
            token = request.get("nextPageToken") or _page_token(0)
            return answer._replace(value=value | {"isLast": False, "nextPageToken": token})
        if "startAt" in value and "total" in value and "issues" in value:
            return answer._replace(value=value | {"issues": [], "total": value["total"] + 1})
        return answer

    def arrive(self, chance: random.Random) -> None:
        """Somebody makes an issue, or comments on one."""
        if self.issues and chance.random() < 0.5:
            self._comment(
                self.issues[chance.choice(sorted(self.issues))], "one more", self.users[0], self.now()
            )
        else:
            fields = {"summary": "Arrived while somebody reads", "labels": ["postmortem"]}
            self._create(fields | {"issuetype": {"name": "Task"}}, self.users[0], self.now())

    def leave(self, chance: random.Random) -> None:
        """An issue is found no more, because somebody deleted it."""
        if self.issues:
            del self.issues[chance.choice(sorted(self.issues))]

    # Inside

    def _of(self, key: str, told: Callable[[Record], Answer]) -> Answer:
        known = self.issues.get(key) or next((one for one in self.issues.values() if one["id"] == key), None)
        return (
            told(known)
            if known
            else _errors(404, "Issue does not exist or you do not have permission to see it.")
        )

    def _self(self, issue: Record) -> str:
        return f"{self.url}/rest/api/2/issue/{issue['id']}"

    def _on_screen(self, kind: str) -> Iterator[str]:
        for key in FIELDS:
            if key in ("resolution",) or (key == EPIC_NAME and kind != "Epic"):
                continue
            yield key
        yield from (name for name in self.required.get(kind, ()) if name not in FIELDS)

    def _meta(self, key: str, kind: str) -> Record:
        field = field_of(key)
        required = key in ("summary", "issuetype", "project", *self.required.get(kind, ()))
        meta = {
            "required": required, "schema": field["schema"], "name": field["name"], "key": key,
            "hasDefaultValue": key == "priority", "operations": ["set"], "fieldId": key,
        }  # fmt: skip
        if key == "priority":
            meta["allowedValues"] = [show_priority(self.url, name) for name in PRIORITIES.values()]
        return meta

    def _problems(self, fields: Mapping[str, Any], *, is_new: bool = False) -> dict[str, str]:
        problems = {}
        kind = name_in(fields.get("issuetype"), TYPES)
        if is_new:
            project = fields.get("project") or {}
            if PROJECT["key"] != project.get("key") and PROJECT["id"] != project.get("id"):
                problems["project"] = "valid project is required"
            if not kind:
                problems["issuetype"] = "Specify an issue type"
            for name in ("summary", *self.required.get(kind, ())):
                if not fields.get(name):
                    problems[name] = f"{field_of(name)['name']} is required."
        screen = set(self._on_screen(kind or "Epic"))
        for name, value in fields.items():
            if name not in screen and name != "resolution":
                problems[name] = (
                    f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
                )
            elif name in ("assignee", "reporter") and value and not self._known(value):
                problems[name] = "User does not exist."
            elif name == "priority" and value and not name_in(value, PRIORITIES):
                problems[name] = "The priority selected is invalid."
            elif name == "duedate" and value and not _is_date(value):
                problems[name] = "Error parsing date string: expected yyyy-MM-dd."
            elif name == "labels" and any(" " in label for label in value or ()):
                problems[name] = "The label can't contain spaces."
            elif name == "parent" and value and value.get("key", value.get("id")) not in self._keys():
                problems[name] = "Could not find issue by id or key."
        return problems

    def _keys(self) -> set[str]:
        return {*self.issues, *(issue["id"] for issue in self.issues.values())}

    def _create(self, said: Mapping[str, Any], author: Record, at: datetime) -> Record:
        self._number += 1
        self._made += 1
        key = f"{PROJECT['key']}-{self._number}"
        fields: Record = dict.fromkeys(
            ("description", "assignee", "duedate", "parent", "resolution", "resolutiondate")
        )
        fields |= {"labels": [], "priority": {"name": "Medium"}, "status": {"name": "To Do"}}
        fields |= {"creator": author, "reporter": author, "created": at, "updated": at}
        issue = {"id": str(self._made), "key": key, "fields": fields, "histories": [], "comments": []}
        fields |= {name: self._stored(name, value) for name, value in said.items() if name != "project"}
        self.issues[key] = issue
        self._searchable[key] = self.now() + timedelta(seconds=self.lag)
        return issue

    def _edit(self, issue: Record, said: Mapping[str, Any], author: Record, at: datetime) -> None:
        items = []
        for name, value in said.items():
            before, after = issue["fields"].get(name), self._stored(name, value)
            if before == after:
                continue
            issue["fields"][name] = after
            told = {"field": name, "fieldtype": "jira", "fieldId": name}
            items.append(
                told
                | {"from": _id_text(before), "fromString": _as_text(before)}
                | {"to": _id_text(after), "toString": _as_text(after)}
            )
        if items:
            self._made += 1
            history = {"id": str(self._made), "author": author, "created": _stamp(at), "items": items}
            issue["histories"].append(history)
            issue["fields"]["updated"] = at

    def _move(self, issue: Record, status: str, author: Record, at: datetime) -> None:
        done = {"name": status} if CATEGORIES[status][1] == "done" else None
        self._edit(issue, {"status": {"name": status}, "resolution": done}, author, at)
        issue["fields"]["resolutiondate"] = _stamp(at) if done else None

    def _comment(self, issue: Record, body: Any, author: Record, at: datetime) -> Record:
        self._made += 1
        comment = {
            "self": f"{self._self(issue)}/comment/{self._made}", "id": str(self._made),
            "author": self._person(author), "body": body, "updateAuthor": self._person(author),
            "created": _stamp(at), "updated": _stamp(at), "jsdPublic": True,
        }  # fmt: skip
        issue["comments"].append(comment)
        issue["fields"]["updated"] = at
        return comment

    def _stored(self, name: str, value: Any) -> Any:
        if name in ("assignee", "reporter"):
            return self._known(value) if value else None
        if name == "issuetype":
            return {"name": name_in(value, TYPES)}
        if name == "priority" and value:
            return {"name": name_in(value, PRIORITIES)}
        if name == "parent" and value:
            return {"key": value.get("key") or self._key_of(value["id"])}
        return value

    def _key_of(self, issue_id: str) -> str:
        return next(key for key, issue in self.issues.items() if issue["id"] == issue_id)

    def _known(self, said: Mapping[str, Any]) -> Record | None:
        wanted = {said.get(name) for name in ("accountId", "id", "name", "key")} - {None}
        return next((user for user in self.users if {user["accountId"], user["name"]} & wanted), None)

    def _named(self, name: str) -> Record | None:
        return next((user for user in self.users if user["displayName"] == name), None)

    # How things are shown

    def _shown(
        self, issue: Record, wanted: list[str], expand: str, request: Request, *, searched: bool = False
    ) -> Record:
        fields = self._fields(issue, request, most_comments=20 if searched and self.is_cloud else 5_000)
        if not {"*all", "*navigable"} & set(wanted):
            fields = {name: value for name, value in fields.items() if name in wanted}
        shown = {"expand": "changelog", "id": issue["id"], "self": self._self(issue), "key": issue["key"]}
        shown |= {"fields": fields} if wanted else {}
        if "changelog" in expand:
            newest_first = [self._history(one) for one in reversed(issue["histories"])]
            page = newest_first[:_MOST_CHANGES] if self.is_cloud else newest_first[::-1]
            total = len(newest_first)
            shown["changelog"] = {"startAt": 0, "maxResults": len(page), "total": total, "histories": page}
        return shown

    def _history(self, history: Record) -> Record:
        return history | {"author": self._person(history["author"])}

    def _fields(self, issue: Record, request: Request, most_comments: int) -> Record:
        held = issue["fields"]
        comments = _texts(issue["comments"], request)[:most_comments]
        shown = {
            **held,
            "project": show_project(self.url),
            "issuetype": show_type(self.url, held["issuetype"]["name"]),
            "priority": show_priority(self.url, held["priority"]["name"]) if held["priority"] else None,
            "status": show_status(self.url, held["status"]["name"]),
            "created": _stamp(held["created"]),
            "updated": _stamp(held["updated"]),
            "description": _text(held["description"], request),
            "comment": {
                "comments": comments, "self": f"{self._self(issue)}/comment", "maxResults": len(comments),
                "total": len(issue["comments"]), "startAt": 0,
            },
        }  # fmt: skip
        for name in ("assignee", "reporter", "creator"):
            shown[name] = self._person(held[name]) if held[name] else None
        if held["parent"]:
            parent = self.issues.get(held["parent"]["key"])
            shown["parent"] = (
                {"id": parent["id"], "key": parent["key"], "self": self._self(parent)} if parent else None
            )
        return shown

    def _person(self, user: Record) -> Record:
        shown = {
            "displayName": user["displayName"], "active": True, "timeZone": "Europe/Amsterdam",
            "emailAddress": user["emailAddress"],
        }  # fmt: skip
        if self.is_cloud:
            address = f"{self.url}/rest/api/2/user?accountId={user['accountId']}"
            return {"self": address, "accountId": user["accountId"], "accountType": "atlassian", **shown}
        address = f"{self.url}/rest/api/2/user?username={user['name']}"
        return {"self": address, "name": user["name"], "key": user["name"], **shown}


def _errors(status: int, *messages: str) -> Answer:
    return Answer({"errorMessages": list(messages), "errors": {}}, status)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def _startat_page(
    request: Request, name: str, rows: list[Any], said: Mapping[str, Any] | None = None
) -> Record:
    said = said or dict(request.query)
    begin, limit = int(said.get("startAt") or 0), min(int(said.get("maxResults") or 50), _MOST)
    return {"startAt": begin, "maxResults": limit, "total": len(rows), name: rows[begin : begin + limit]}


def _page_token(begin: int) -> str:
    return base64.b64encode(f"page:{begin}".encode()).decode()


def _begin(token: str) -> int:
    with suppress(ValueError):
        return int(base64.b64decode(token).decode().partition(":")[2])
    return 0


def _is_date(value: Any) -> bool:
    with suppress(ValueError, TypeError):
        date.fromisoformat(value)
        return True
    return False


def _updated(before: Any, steps: list[Mapping[str, Any]]) -> Any:
    values = list(before or [])
    for step in steps:
        if "set" in step:
            return step["set"]
        values = [value for value in values if value != step.get("remove")]
        values += [step["add"]] if "add" in step and step["add"] not in values else []
    return values


def _as_text(value: Any) -> str | None:
    if isinstance(value, dict):
        return str(value.get("displayName") or value.get("name") or value.get("key"))
    if isinstance(value, list):
        return " ".join(map(str, value))
    return value if value is None else str(value)


def _id_text(value: Any) -> str | None:
    return str(value.get("accountId") or value.get("name") or "") if isinstance(value, dict) else None


def _text(value: Any, request: Request) -> Any:
    """A text as version 2 gives it, or as the document that version 3 does."""
    if value is None or isinstance(value, dict) or "/rest/api/3/" not in request.path:
        return value
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": value}]}],
    }


def _texts(comments: list[Record], request: Request) -> list[Record]:
    return [comment | {"body": _text(comment["body"], request)} for comment in comments]


def _user(told: Record) -> Record:
    """A person of the workspace, as Jira knows them."""
    return {
        "accountId": f"5b10:{told['id'].lower()}",
        "name": told["name"],
        "displayName": told["real_name"],
        "emailAddress": told["profile"].get("email") or f"{told['name']}@example.com",
    }
