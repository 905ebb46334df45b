"""The stand-ins answer as the published descriptions say, and the judge who says so bites."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from pmkit import demo
from pmkit.demo.google_drive import INCIDENT_FOLDER, SHARED_DRIVE
from tests.demo.judge import UNDESCRIBED, Judge, is_required, judge, spec_folder


class Asking:
    """Asks the stand-ins as their clients do, with what authorizes it."""

    def __init__(self, running: demo.Demo) -> None:
        self.running = running

    def __call__(self, system: str, method: str, path: str, body: Any = None) -> Any:
        token = self.running.token[system]
        said = {"pagerduty": f"Token token={token}"}.get(system, f"Bearer {token}")
        headers = {"Authorization": said, "From": "teun@example.com", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.running.url[system]}{path}", data, headers, method=method)  # noqa: S310
        with urlopen(request) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None


@pytest.fixture(scope="module")
def judged() -> Iterator[tuple[Asking, Judge]]:
    judge_of_all = Judge()
    with demo.start(judge=judge_of_all) as running:
        yield Asking(running), judge_of_all


def test_pagerduty_answers_as_it_is_described(judged: tuple[Asking, Judge]) -> None:
    """Every path of PagerDuty, reading and writing; where its description is missing that is said aloud."""
    ask, heard = judged
    key = ask("pagerduty", "GET", "/incidents/4127")["incident"]["id"]
    since = "since=2026-11-01T00:00:00Z&until=2026-11-05T00:00:00Z"
    for path in (
        f"/incidents?{since}", "/users", "/users/PAU658K", "/users/me", "/abilities", "/services",
        f"/incidents/{key}/log_entries?include[]=channels&limit=25&offset=18",
        f"/incidents/{key}/log_entries?limit=2",
        f"/incidents/{key}/alerts", f"/incidents/{key}/notes", f"/incidents/{key}/related_change_events",
    ):  # fmt: skip
        ask("pagerduty", "GET", path)
    ask("pagerduty", "POST", f"/incidents/{key}/notes", {"note": {"content": "a note"}})
    told(heard, "pagerduty", 9)


def test_slack_answers_as_its_samples_do(judged: tuple[Asking, Judge]) -> None:
    """Every method of Slack, reading and writing."""
    ask, heard = judged

    def call(method: str, **said: Any) -> Any:
        answer = ask("slack", "POST", f"/api/{method}", said)
        assert answer["ok"], (method, answer)
        return answer

    call("auth.test")
    for method in ("conversations.list", "users.conversations", "users.list"):
        call(method, limit=3)
    call("users.info", user="U0BRJZL215E")
    call("users.lookupByEmail", email="ngozi@example.com")
    for channel in ("C05MFGENRL0", "C05MFALERT1", "C09MFKICKF2", "C09MFUPDTS3", "C09MFDECSN4", "C09MFRETRO5"):
        for method in ("conversations.info", "conversations.members", "pins.list"):
            call(method, channel=channel)
        page = call("conversations.history", channel=channel, limit=200)
        threads = [message["ts"] for message in page["messages"] if message.get("reply_count")]
        for thread in threads[:3]:
            call("conversations.replies", channel=channel, ts=thread)
    made = call("conversations.create", name="review-of-checkout")["channel"]["id"]
    call("conversations.setPurpose", channel=made, purpose="what it is for")
    call("conversations.setTopic", channel=made, topic="what it is about")
    call("conversations.join", channel=made)
    call("conversations.invite", channel=made, users="U0BRJZL215E,U072WPHHPBR")
    event = {"event_type": "pmkit", "event_payload": {"key": "kickoff"}}
    ts = call("chat.postMessage", channel=made, text="kickoff", metadata=event)["ts"]
    call("chat.postMessage", channel=made, text="an answer", thread_ts=ts)
    call("conversations.history", channel=made, include_all_metadata=True)
    call("chat.update", channel=made, ts=ts, text="kickoff, corrected")
    call("chat.getPermalink", channel=made, message_ts=ts)
    call("pins.add", channel=made, timestamp=ts)
    call("pins.list", channel=made)
    call("pins.remove", channel=made, timestamp=ts)
    call("reactions.add", channel=made, timestamp=ts, name="eyes")
    call("reactions.get", channel=made, timestamp=ts)
    call("bookmarks.add", channel_id=made, title="Report", type="link", link="https://example.com/report")
    call("bookmarks.list", channel_id=made)
    call("chat.delete", channel=made, ts=call("chat.postMessage", channel=made, text="gone")["ts"])
    call("conversations.archive", channel=made)
    told(heard, "slack", 20)


def test_jira_answers_as_it_is_described(judged: tuple[Asking, Judge]) -> None:
    """Every path of Jira Cloud, reading and writing, as version 3 describes them."""
    ask, heard = judged

    def call(method: str, path: str, body: Any = None) -> Any:
        return ask("jira", method, f"/rest/api/3{path}", body)

    for path in (
        "/serverInfo", "/myself", "/field", "/priority", "/project/search", "/project/SHOP",
        "/user/search?query=ngozi",
        "/mypermissions?permissions=CREATE_ISSUES", "/user/assignable/search?query=te", "/project",
        "/issue/createmeta/SHOP/issuetypes", "/issue/createmeta/SHOP/issuetypes/10001",
        "/search/jql?jql=project%3DSHOP&fields=*all&expand=changelog&maxResults=3",
    ):  # fmt: skip
        call("GET", path)
    call("POST", "/search/approximate-count", {"jql": "project = SHOP"})
    fields = {"project": {"key": "SHOP"}, "summary": "one more", "issuetype": {"name": "Task"}}
    key = call("POST", "/issue", {"fields": fields})["key"]
    call(
        "PUT", f"/issue/{key}", {"fields": {"duedate": "2026-12-01"}, "update": {"labels": [{"add": "one"}]}}
    )
    call("PUT", f"/issue/{key}/assignee", {"accountId": call("GET", "/myself")["accountId"]})
    call("POST", f"/issue/{key}/comment", {"body": "a comment"})
    link = {"globalId": "pmkit=1", "object": {"url": "https://example.com", "title": "the report"}}
    call("POST", f"/issue/{key}/remotelink", link)
    call("POST", f"/issue/{key}/remotelink", link)
    call("GET", f"/issue/{key}/remotelink?globalId=pmkit%3D1")
    call("POST", f"/issue/{key}/transitions", {"transition": {"id": "31"}})
    call("PUT", f"/issue/{key}/properties/pmkit", {"a": 1})
    for path in (
        "",
        "?expand=changelog",
        "/changelog",
        "/comment",
        "/transitions",
        "/transitions?expand=transitions.fields",
        "/properties/pmkit",
    ):
        call("GET", f"/issue/{key}{path}")
    call("DELETE", f"/issue/{key}")
    told(heard, "jira", 16)


def test_drive_answers_as_its_discovery_document_says(judged: tuple[Asking, Judge]) -> None:
    """Every method of Drive, reading and writing."""
    ask, heard = judged

    def call(method: str, path: str, body: Any = None) -> Any:
        return ask("drive", method, path, body)

    call("GET", "/drive/v3/about?fields=user,storageQuota")
    call("GET", "/drive/v3/drives")
    call("GET", f"/drive/v3/drives/{SHARED_DRIVE}")
    call("GET", "/drive/v3/files/generateIds?count=2")
    everywhere = "supportsAllDrives=true&includeItemsFromAllDrives=true&fields=*"
    call("GET", f"/drive/v3/files?{everywhere}")
    facts = {"name": "report.html", "parents": [INCIDENT_FOLDER], "appProperties": {"pmkit": "report"}}
    file_id = call("POST", "/drive/v3/files?supportsAllDrives=true", facts)["id"]
    call("GET", f"/drive/v3/files/{file_id}?supportsAllDrives=true&fields=*")
    call("PATCH", f"/drive/v3/files/{file_id}?supportsAllDrives=true&fields=*", {"name": "report.pdf"})
    call("POST", "/upload/drive/v3/files?uploadType=media&supportsAllDrives=true", {"any": "content"})
    call("DELETE", f"/drive/v3/files/{file_id}?supportsAllDrives=true")
    told(heard, "drive", 8)


def told(heard: Judge, system: str, at_least: int) -> None:
    """No answer was against its description; and so many paths were judged, or it is said why not."""
    mine = [violation for violation in heard.violations if violation.startswith(system)]
    assert mine == [], "\n".join(dict.fromkeys(mine))
    reasons = [where for where in heard.unjudged if where.startswith(system) and where not in UNDESCRIBED]
    if reasons:
        said = f"NOT JUDGED: {'; '.join(reasons)}"
        assert not is_required(), said
        pytest.skip(said)
    assert sum(where.startswith(system) for where in heard.judged) >= at_least


# Canaries: each of these is wrong, and the judge must say so.

ENTRY = {
    "id": "R1", "type": "notify_log_entry", "summary": "one", "self": "https://x", "html_url": None,
    "created_at": "2026-11-03T07:59:12Z", "agent": {"id": "P1", "type": "user_reference", "summary": "x",
    "self": "https://x", "html_url": "https://x"}, "channel": {"type": "auto"}, "contexts": [],
}  # fmt: skip
PAGE = {"limit": 25, "offset": 0, "more": False, "total": None}


@pytest.mark.parametrize(
    ("path", "sound", "wrong"),
    [
        (
            "/incidents/Q1/log_entries",
            {"log_entries": [ENTRY], **PAGE},
            {"log_entries": [ENTRY | {"summary": 5}], **PAGE},
        ),
        (
            "/incidents/Q1/log_entries",
            {"log_entries": [ENTRY], **PAGE},
            {"log_entries": [ENTRY], **PAGE, "more": "no"},
        ),
        ("/incidents/Q1/log_entries", {"log_entries": [ENTRY], **PAGE}, {"log_entry": [ENTRY], **PAGE}),
        ("/incidents/Q1/notes", {"notes": []}, {"notes": {}}),
        ("/incidents/Q1/notes", {"notes": []}, {}),
    ],
)
def test_a_broken_answer_of_pagerduty_is_refused(path: str, sound: Any, wrong: Any) -> None:
    """A wrong type, a renamed key, a missing list."""
    if spec_folder("pagerduty.json") is None:
        assert not is_required()
        pytest.skip("NOT JUDGED: no pagerduty.json in $PMKIT_SPECS or ../shared/specs")
    assert judge("pagerduty", "GET", path, 200, sound)[1] == []
    assert judge("pagerduty", "GET", path, 200, wrong)[1]


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("conversations.history", {"ok": True, "messages": [{"type": "message", "ts": 1.5}]}),
        ("conversations.history", {"ok": True, "messages": [{"type": "message", "author": "x"}]}),
        ("conversations.history", {"ok": True, "messages": {}, "has_more": False}),
        ("conversations.history", {"ok": True, "messages": [], "has_more": "no"}),
        ("users.info", {"ok": True, "user": {"id": "U1", "is_bot": "no"}}),
        ("pins.add", {"ok": True, "pinned": True}),
        ("pins.list", {"ok": True, "items": "none"}),
        ("auth.test", {"ok": False}),
        ("no.such.method", {"ok": True}),
    ],
)
def test_a_broken_answer_of_slack_is_refused(method: str, wrong: Any) -> None:
    """A wrong type, an invented key, a method that is not there."""
    assert judge("slack", "POST", f"/api/{method}", 200, wrong)[1]


@pytest.mark.parametrize(
    ("verb", "path", "status", "wrong"),
    [
        ("GET", "/serverInfo", 200, {"versionNumbers": "9.12"}),
        ("GET", "/search/jql", 200, {"issues": {}, "isLast": True}),
        ("GET", "/search/jql", 200, {"issues": [], "isLast": "yes"}),
        ("GET", "/search/jql", 200, {"issues": [], "last": True}),
        ("POST", "/issue", 200, {"id": "1", "key": "A-1"}),
        ("POST", "/issue", 201, {"id": 1, "key": "A-1"}),
        ("GET", "/no/such/path", 200, {}),
    ],
)
def test_a_broken_answer_of_jira_is_refused(verb: str, path: str, status: int, wrong: Any) -> None:
    """A wrong type, an invented key, a status or path that is not described."""
    assert judge("jira", verb, f"/rest/api/2{path}", status, wrong)[1]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("files", {"files": {}, "kind": "drive#fileList"}),
        ("files", {"files": [{"id": 1}]}),
        ("files", {"documents": []}),
        ("files/1abc", {"size": 12}),
        ("files/1abc/no-such", {}),
    ],
)
def test_a_broken_answer_of_drive_is_refused(path: str, wrong: Any) -> None:
    """A wrong type, an invented key, a method that is not there."""
    assert judge("drive", "GET", f"/drive/v3/{path}", 200, wrong)[1]


def test_what_cannot_be_judged_is_a_failure_where_that_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `PMKIT_JUDGE=required` an unjudged system fails, and without it is skipped with the reason."""
    heard = Judge()
    heard.unjudged["pagerduty: no pagerduty.json"] += 1
    monkeypatch.delenv("PMKIT_JUDGE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="NOT JUDGED: pagerduty"):
        told(heard, "pagerduty", 1)
    monkeypatch.setenv("PMKIT_JUDGE", "required")
    with pytest.raises(AssertionError, match="NOT JUDGED: pagerduty"):
        told(heard, "pagerduty", 1)
    heard.violations.append("pagerduty GET /x: wrong")
    warnings.simplefilter("error")
    with pytest.raises(AssertionError):
        told(heard, "pagerduty", 1)
