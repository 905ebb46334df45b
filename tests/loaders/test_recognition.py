from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.loaders import FORMATS, recognise
from pmkit.loaders._format import Glimpse

FIXTURES = Path(__file__).parent.parent / "fixtures"

# What each fixture is; "" for one that no loader may take for its own. A folder named here is one fixture.
# Whoever adds a fixture adds its line.
EXPECTED = {
    "firehydrant/events.json": "firehydrant",
    "firehydrant/incidents.json": "firehydrant",
    "incident_io/incidents.json": "incident.io",
    "incident_io/updates.json": "incident.io",
    "opsgenie/alert-logs.json": "opsgenie",
    "opsgenie/alert-notes.json": "opsgenie",
    "opsgenie/alerts.json": "opsgenie",
    "opsgenie/incidents.json": "opsgenie",
    "opsgenie/timeline.json": "opsgenie",
    "opsgenie/webhooks.jsonl": "opsgenie",
    "victorops/incidents.json": "victorops",
    "deploy/argocd-application.json": "argocd",
    "deploy/argocd-applications.json": "argocd",
    "deploy/deployment-payload.json": "github",
    "deploy/deployment_status-payload.json": "github",
    "deploy/gh-run-list.json": "github",
    "deploy/git-log-fuller.txt": "git-log",
    "deploy/git-log-lines.txt": "git-log",
    "deploy/git-log-plain.txt": "git-log",
    "deploy/github-commits.json": "github",
    "deploy/github-deployments.json": "github",
    "deploy/github-push.json": "github",
    "deploy/github-releases.json": "github",
    "deploy/github-runs.json": "github",
    "deploy/github-statuses.json": "github",
    "deploy/gitlab-commits.json": "gitlab",
    "deploy/gitlab-deployments.json": "gitlab",
    "deploy/gitlab-environment.json": "gitlab",
    "deploy/gitlab-hooks.jsonl": "gitlab",
    "deploy/gitlab-pipelines.json": "gitlab",
    "deploy/gitlab-releases.json": "gitlab",
    "deploy/pagerduty-change-events.json": "pagerduty-changes",
    "deploy/pagerduty-change-sent.json": "pagerduty-changes",
    "deploy/push-payload.json": "github",
    "deploy/release-created.payload.json": "github",
    "deploy/workflow_run-completed.payload.json": "github",
    "jira/export.csv": "jira-csv",
    "jira/issues.json": "jira-rest",
    "jira/search-v3.json": "jira-rest",
    "log/access.log": "log",
    "log/app.log": "log",
    "log/json.log": "log",
    "log/klog.log": "log",
    "log/logfmt.log": "log",
    "log/syslog-5424.log": "log",
    "log/syslog.log": "log",
    "monitoring/alertmanager-list.json": "alertmanager",
    "monitoring/alertmanager-v3.json": "alertmanager",
    "monitoring/alertmanager.jsonl": "alertmanager",
    "monitoring/alerts.json": "prometheus-alerts",
    "monitoring/cloudwatch-alarms.json": "cloudwatch-alarms",
    "monitoring/cloudwatch-metric-data.json": "cloudwatch-metrics",
    "monitoring/cloudwatch-metric-statistics.json": "cloudwatch-metrics",
    "monitoring/datadog-events-v1.json": "datadog",
    "monitoring/datadog-events-v2.json": "datadog",
    "monitoring/datadog-incident.json": "datadog",
    "monitoring/datadog-monitors.json": "datadog",
    "monitoring/grafana-annotations.json": "grafana-annotations",
    "monitoring/grafana-formatted.csv": "grafana-csv",
    "monitoring/grafana-raw.csv": "grafana-csv",
    "monitoring/grafana-webhook.json": "grafana-alerts",
    "monitoring/range-query.json": "prometheus-query",
    "monitoring/up.json": "prometheus-query",
    "pagerduty/analytics-responses.json": "pagerduty-analytics",
    "pagerduty/analytics.json": "pagerduty-analytics",
    "pagerduty/incidentLogEntries.json": "pagerduty-rest",
    "pagerduty/incidents.json": "pagerduty-rest",
    "pagerduty/log-entries.json": "pagerduty-rest",
    "pagerduty/log_entries_effecttech.json": "pagerduty-rest",
    "pagerduty/report-advanced.csv": "pagerduty-report",
    "pagerduty/report-basic.csv": "pagerduty-report",
    "pagerduty/webhooks-v1.json": "pagerduty-webhook",
    "pagerduty/webhooks-v2.json": "pagerduty-webhook",
    "pagerduty/webhooks-v3.jsonl": "pagerduty-webhook",
    "slack/engineering-team-2016.zip": "slack-export",
    "slack/helpdesk-2026": "slack-export",
    "statuspage/google-cloud.json": "google-cloud-status",
    "statuspage/history.atom": "statuspage-feed",
    "statuspage/history.rss": "statuspage-feed",
    "statuspage/incidents.json": "statuspage",
    "statuspage/instatus.json": "instatus",
    "statuspage/summary.json": "statuspage",
    "statuspage/webhooks.jsonl": "statuspage",
    "table/war-room.csv": "table",
}

# What takes any file of its kind, and is asked last.
TAKES_MUCH = ("table", "file")

# Short samples of each format, and of files that are nobody's: what no fixture shows.
SAMPLES: list[tuple[str, Any, str]] = [
    ("users.json", [{"id": "U1", "name": "ada", "profile": {"real_name": "Ada"}}], ""),
    ("package.json", {"name": "shop", "version": "1.2.0", "dependencies": {"left-pad": "1"}}, ""),
    ("data.json", {"data": []}, ""),
    ("incidents.json", {"incidents": []}, ""),
    ("empty.json", [], ""),
    ("numbers.json", [1, 2, 3], ""),
    ("word.json", "incident", ""),
    ("chat.json", [{"id": 1, "message": "hi", "timestamp": "2026-11-03T14:00:00Z", "author": "Ada"}], ""),
    ("sent.json", {"routing_key": "k", "event_action": "trigger", "payload": {"summary": "down"}}, ""),
    ("pod.json", {"kind": "Pod", "metadata": {}, "spec": {"nodeName": "n"}, "status": {"phase": "x"}}, ""),
    ("app.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\n", "argocd"),
    ("history.json", [{"id": 1, "deployedAt": "2026-11-03T14:00:00Z", "revision": "a"}], "argocd"),
    ("prompt.txt", "$ git log\ncommit a81fd0e270\nAuthor: Ada <ada@shop.example>\n", "git-log"),
    ("empty-page.json", {"page": {"id": "p", "name": "Shop"}, "incidents": []}, "statuspage"),
    ("comments.json", [{"id": 1, "body": "hi", "status": "open", "created_at": "2026-11-03T14:00:00Z"}], ""),
    ("blog.xml", '<rss version="2.0"><channel><title>My garden</title></channel></rss>', ""),
    ("page.html", "<!DOCTYPE html><html><title>Status</title></html>", ""),
    ("logs.json", [{"log": "started", "createdAt": "2026-11-03T14:00:00Z"}], ""),
    ("notes.json", {"data": [{"note": "hi", "createdAt": "2026-11-03T14:00:00Z"}]}, ""),
    ("calendar.json", [{"id": 1, "incident_id": 2, "type": "a", "occurred_at": "2026-11-03T14:00:00Z"}], ""),
    ("steps.json", [{"name": "build", "at": "2026-11-03T14:00:00Z"}], ""),
    (
        "users.json",
        [{"id": "P1", "name": "Ada", "self": "https://api.pagerduty.com/users/P1"}],
        "pagerduty-other",
    ),
    (
        "services.json",
        {"services": [{"id": "P2", "self": "https://api.eu.pagerduty.com/services/P2"}], "more": False},
        "pagerduty-other",
    ),
    (
        "users.json",
        [{"id": "P3", "teams": [], "self": "https://api.pagerduty.com/users/P3", "type": "user"}],
        "pagerduty-other",
    ),
    ("notes.md", "# Notes\n\nWe made a commit and an author was told.\n", ""),
]


def fixtures() -> list[str]:
    """Every fixture of a loader: a folder named as one, every other file that is no expectation or notice.

    Whole workspaces are no evidence.
    """
    whole = [name for name in EXPECTED if (FIXTURES / name).is_dir()]
    names = [path.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("*") if path.is_file()]
    alone = [
        name
        for name in names
        if "/" in name
        and not name.endswith(".expected.csv")
        and not name.startswith(("workspaces/", "specs/"))
        and not any(name.startswith(f"{folder}/") for folder in whole)
    ]
    return sorted(whole + alone)


def claims(path: Path) -> list[str]:
    """Every format that takes the file for its own, without those that take much."""
    glimpse = Glimpse(path)
    return [form.name for form in FORMATS if form.source not in TAKES_MUCH and form.recognise(glimpse)]


def test_every_fixture_has_an_expectation() -> None:
    """A fixture without a line in `EXPECTED` would go untested, and a line without a fixture says nothing."""
    assert fixtures() == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_fixture_is_taken_for_what_it_is(name: str) -> None:
    """The first format that claims it is its own, and no other one claims it."""
    path, expected = FIXTURES / name, EXPECTED[name]
    told = recognise(path)
    assert (told.name if told else "") == expected
    assert claims(path) == [form for form in [expected] if form and told and told.source not in TAKES_MUCH]


@pytest.mark.parametrize(("name", "content", "expected"), SAMPLES)
def test_a_sample_is_taken_for_what_it_is(tmp_path: Path, name: str, content: Any, expected: str) -> None:
    """What the fixtures do not show; text stands as it is, anything else as JSON."""
    path = tmp_path / name
    is_text = isinstance(content, str) and not name.endswith(".json")
    path.write_text(content if is_text else json.dumps(content), encoding="utf-8")
    assert claims(path) == ([expected] if expected else [])


def test_formats_have_names_of_their_own() -> None:
    """`evidence.csv` keeps the name, so two formats of one name could not be told apart later."""
    names = [form.name for form in FORMATS]
    assert len(names) == len(set(names))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "data", "incidents", "id", "status", "alerts", "history", "items", "metadata", "payload", "type",
            "incident", "deployment", "commits", "timelines", "transitions", "milestones", "messages", "page",
        ]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=60), JSON.map(lambda value: json.dumps(value).encode())))
def test_no_recogniser_raises(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever is dropped on the kit, asking whose it is does not fail."""
    path = tmp_path_factory.getbasetemp() / "anything"
    path.write_bytes(data)
    claims(path)


def test_nothing_at_all_is_nobodys(tmp_path: Path) -> None:
    """An empty file, an empty folder and a path without a file are not claimed."""
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for name in ("empty", "folder", "missing"):
        assert claims(tmp_path / name) == []
