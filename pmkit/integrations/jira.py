"""Jira: issues with their changes and comments, by key or by a search, saved as its REST API gives them.

Cloud and Data Center differ in how a search is paged, and in how much of an issue's changes comes at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pmkit.errors import IntegrationError
from pmkit.integrations import credentials
from pmkit.integrations.credentials import Account
from pmkit.integrations.pages import Fetched, Gap, Pages, Part, Verdict, open_pages, read_parts
from pmkit.integrations.retrying import Heard, MissingError, Patience, Reply, UnansweredError, refuse
from pmkit.integrations.scans import Scan, read_by_offset, read_by_token
from pmkit.workspace import Workspace

if TYPE_CHECKING:
    from jira import JIRA

TITLE: Final = "Jira"

_PAGE: Final = 50  # issues, each with all that is known of it
_CHANGES: Final = 100
_TIMEOUT: Final = 30.0
_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]+-\d+", re.ASCII)
_IN_URL: Final = re.compile(r"/browse/([A-Z][A-Z0-9_]+-\d+)", re.ASCII)
_ORDER: Final = re.compile(r"\s*\border\s+by\b.*\Z", re.IGNORECASE | re.DOTALL)
# What is added later comes last, so that a page that was read stays what it is.
_IN_ORDER: Final = "ORDER BY created ASC, key ASC"

Record = dict[str, Any]


def connect(account: Account) -> JIRA:
    """A client that asks once and leaves waiting to who called it: with a user as Cloud, else by token."""
    from jira import JIRA

    token = account.token.reveal()
    way: dict[str, Any] = {"basic_auth": (account.user, token)} if account.user else {"token_auth": token}
    # It asks nothing when it is made; whether this is Cloud, the reader asks itself.
    return JIRA(account.url, get_server_info=False, max_retries=0, timeout=_TIMEOUT, **way)


def fetch_jira(
    workspace: Workspace,
    keys: Sequence[str] = (),
    *,
    account: Account | None = None,
    jql: str = "",
    client: JIRA | None = None,
    patience: Patience | None = None,
    anew: bool = False,
    by: str | None = None,
) -> list[Fetched]:
    """Bring issues of Jira into the evidence: those of `keys` (or addresses), or those that `jql` finds.

    What comes: every issue with all its fields, changes and comments. A fetch that was stopped is taken up
    where it was, unless `anew`.

    `account` says where the system is and holds the token; by default as `pmkit doctor` finds it.

    Raises `IntegrationError` where Jira refuses, `NoAnswerError` where nothing came at all.
    """
    wanted = [issue_key(key) for key in keys]
    if bool(wanted) == bool(jql.strip()):
        raise IntegrationError(f"{TITLE}: say which issues, by their keys or else by `--jql`")
    patience = patience or Patience()
    account = account or credentials.account("jira", workspace.incident.connections)
    asking = _Asking(client or connect(account), account.url, patience)
    asking.greet()
    asked = {"keys": wanted, "jql": jql.strip(), "url": account.url}
    name = f"jira-{wanted[0] if len(wanted) == 1 else 'issues' if wanted else 'search'}"
    with open_pages(workspace, "jira", name, asked, now=patience.now(), anew=anew) as pages:
        reader = _Reader(asking, pages, jql)
        verdict = read_parts(pages, reader.parts_of(wanted))
        if not verdict.counts.get("issues") and verdict.is_complete:
            pages.give_up()
            raise IntegrationError(f"{TITLE}: no issue is found by {jql!r}, or none that the token may see")
        return [pages.finish(verdict, "jira-rest", by=by)]


def issue_key(said: str) -> str:
    """The key that is meant. Raises `IntegrationError` for what is neither a key nor an address."""
    found = _IN_URL.search(said)
    key = found[1] if found else said.strip().upper()
    if not _KEY.fullmatch(key):
        raise IntegrationError(f"{TITLE}: {said!r} is no issue; expected its key, as PAY-812")
    return key


class _Asking:
    """Asks Jira, and says what it says in words."""

    def __init__(self, client: JIRA, url: str, patience: Patience) -> None:
        self.client, self.url, self.patience = client, url, patience
        self.is_cloud = True

    def greet(self) -> None:
        """Learn which Jira it is, and whether it knows the token: else a search would find nothing."""
        server = self.hear("serverInfo", {}, "deploymentType").value
        self.is_cloud = str(server["deploymentType"]).casefold() == "cloud"
        self.hear("myself", {}, "displayName")

    def hear(self, path: str, asked: Mapping[str, Any], holds: str) -> Heard:
        """A page as Jira gives it now; `holds` is what must be in it."""

        def trouble(value: Any) -> str:
            if not isinstance(value, dict) or holds not in value:
                return f"it answered without {holds!r}"
            follows = value.get("isLast") is False and holds == "issues"
            if follows and value.get("nextPageToken") in (None, "", asked.get("nextPageToken")):
                return "its next page is this one"
            if "total" in value and not value[holds] and value.get("startAt", 0) < value["total"]:
                return "it answered with an empty page that says more follow"
            return ""

        heard = self.patience.hear(f"{TITLE}, {path}", lambda: self._ask(path, asked), trouble=trouble)
        if heard.reply.status == 400:
            said = heard.value if isinstance(heard.value, dict) else {}
            words = "; ".join([*said.get("errorMessages", ()), *said.get("errors", {}).values()])
            raise IntegrationError(f"{TITLE}, {path}: {words or 'it does not understand the question'}")
        if heard.reply.status != 200:
            raise refuse(TITLE, heard.reply, path)
        return heard

    def _ask(self, path: str, asked: Mapping[str, Any]) -> Reply:
        from jira import JIRAError
        from requests import RequestException

        try:
            response: Any = self.client._session.get(f"{self.url}/rest/api/2/{path}", params=dict(asked))
        except JIRAError as error:
            response = error.response
        except (RequestException, OSError) as error:
            raise UnansweredError(f"no answer came ({type(error).__name__})") from None
        if response is None:
            raise UnansweredError("no answer came")
        headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        return Reply(response.status_code, headers, response.content)


class _Reader:
    """Reads issues, page by page."""

    def __init__(self, asking: _Asking, pages: Pages, jql: str) -> None:
        self.asking, self.pages = asking, pages
        self.jql = f"{_ORDER.sub('', jql)} {_IN_ORDER}".strip()
        self.issues: dict[str, Record] = {}

    def parts_of(self, keys: Sequence[str]) -> list[Part]:
        """What is read, one part after another."""
        if not keys:
            return [("issues", self.read_search), ("changes and comments", self.read_rest)]
        return [*((key, self._reading(key)) for key in keys), ("changes and comments", self.read_rest)]

    def _reading(self, key: str) -> Any:
        def read(verdict: Verdict) -> None:
            self.read_issue(key)
            self._count(verdict)

        return read

    def read_issue(self, key: str) -> None:
        """One issue."""
        asked = {"fields": "*all", "expand": "changelog"}
        issue = self.page("issue", f"issue/{key}", asked, "fields", name=key)
        self.issues[str(issue["key"])] = issue

    def read_search(self, verdict: Verdict) -> None:
        """Every issue that the search finds."""
        verdict.missing["issues"] = "those of the search"
        scan = self._by_token(verdict) if self.asking.is_cloud else self._by_offset(verdict)
        self.issues |= scan.rows
        self._count(verdict)
        if scan.problem:
            verdict.gaps.append(Gap("issues", "of the search", scan.problem))

    def read_rest(self, verdict: Verdict) -> None:
        """What a page does not hold of the changes and comments of its issues."""
        cut = [key for key, issue in self.issues.items() if _is_cut(issue)]
        for number, key in enumerate(cut):
            verdict.missing["changes and comments"] = f"of {len(cut) - number} issues, from {key} on"
            try:
                self._read_rest_of(key, verdict)
            except MissingError:  # deleted meanwhile; what came of it stands
                continue
            self._count(verdict)
        self._count(verdict)

    def _read_rest_of(self, key: str, verdict: Verdict) -> None:
        issue = self.issues[key]
        if _total(issue, "comment") > len(_comments(issue)):
            self.read_issue(key)
            issue = self.issues[key]
        known = {str(one["id"]): one for one in _changes(issue)}
        if _total(issue, "changelog") > len(known) and self.asking.is_cloud:

            def ask(offset: int, call: int) -> tuple[list[Record], bool]:
                asked = {"startAt": offset, "maxResults": _CHANGES}
                path = f"issue/{key}/changelog"
                page = self.page("changes", path, asked, "values", call=call, name=f"{key}-changes")
                return page["values"], offset + len(page["values"]) < page["total"]

            scan = read_by_offset(ask, lambda row: str(row["id"]), limit=_CHANGES)
            known |= scan.rows
            issue["changelog"]["histories"] = list(known.values())
            if scan.problem:
                verdict.gaps.append(Gap("changes", f"of {key}", scan.problem))
        for what, here, there in (
            ("changes", len(known), _total(issue, "changelog")),
            ("comments", len(_comments(issue)), _total(issue, "comment")),
        ):
            if here < there:
                verdict.gaps.append(Gap(what, f"of {key}", f"{here} of {there} are given"))

    def _count(self, verdict: Verdict) -> None:
        verdict.counts["issues"] = len(self.issues)
        verdict.counts["changes"] = sum(len(_changes(issue)) for issue in self.issues.values())
        verdict.counts["comments"] = sum(len(_comments(issue)) for issue in self.issues.values())

    def _by_token(self, verdict: Verdict) -> Scan:
        def ask(token: str, call: int) -> tuple[list[Record], str]:
            more = {"nextPageToken": token} if token else {}
            page = self.page("issues", "search/jql", self._search() | more, "issues", call=call)
            self._met(page["issues"], verdict)
            return page["issues"], str(page.get("nextPageToken") or "")

        return read_by_token(ask, lambda issue: str(issue["key"]))

    def _by_offset(self, verdict: Verdict) -> Scan:
        def ask(offset: int, call: int) -> tuple[list[Record], bool]:
            page = self.page("issues", "search", self._search() | {"startAt": offset}, "issues", call=call)
            self._met(page["issues"], verdict)
            return page["issues"], offset + len(page["issues"]) < page["total"]

        return read_by_offset(ask, lambda issue: str(issue["key"]), limit=_PAGE)

    def _search(self) -> dict[str, Any]:
        return {"jql": self.jql, "fields": "*all", "expand": "changelog", "maxResults": _PAGE}

    def _met(self, issues: Sequence[Record], verdict: Verdict) -> None:
        """What came is counted, also where the rest does not come."""
        self.issues |= {str(issue["key"]): issue for issue in issues}
        self._count(verdict)

    def page(
        self, what: str, path: str, asked: Mapping[str, Any], holds: str, *, call: int = 1, name: str = ""
    ) -> Any:
        """A page as it is saved, or as Jira gives it now."""
        key = "&".join(f"{one}={value}" for one, value in sorted(asked.items()))
        return self.pages.get(
            what, f"{path} {key} {call}", lambda: self.asking.hear(path, asked, holds), name=name or what
        )


def _changes(issue: Record) -> list[Record]:
    return list((issue.get("changelog") or {}).get("histories") or ())


def _comments(issue: Record) -> list[Record]:
    return list((issue["fields"].get("comment") or {}).get("comments") or ())


def _total(issue: Record, what: str) -> int:
    """How many changes or comments Jira says there are."""
    page = issue.get("changelog") if what == "changelog" else issue["fields"].get("comment")
    return int((page or {}).get("total") or 0)


def _is_cut(issue: Record) -> bool:
    return _total(issue, "changelog") > len(_changes(issue)) or _total(issue, "comment") > len(
        _comments(issue)
    )
