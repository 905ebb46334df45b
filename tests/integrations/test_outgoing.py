"""What leaves is in the words of its readers, and what opens something reaches no system, wherever it stood.

The search shares nothing with what masks: it looks for the planted values alone, in everything that a
stand-in holds.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pmkit import schema
from pmkit.errors import IntegrationError
from pmkit.integrations.outgoing import outgoing
from pmkit.integrations.posts import review_posts
from pmkit.session import add_row, edit_row
from pmkit.workspace import Workspace
from tests.integrations.wire import writers

OPENED = datetime(2026, 11, 5, tzinfo=UTC)
# Put together, so that nobody takes them for real.
SECRETS = {
    "a key of AWS": "AKIA" + "Q3ZK7T5M" + "N2XW4RVB",
    "a token of Slack": "xo" + "xb-" + "2911406587-4180275936-" + "Jd8sKq2LmZx91PbVtYw4RfHc",
    "a token of GitHub": "gh" + "p_" + "k9Xw2LmQ7rTz4VbN8cJd1PfHs6Yg3AeU5oRi",
    "a password": "Trom" + "boneGlacier!42",
    "a card number": "4111 " + "1111 1111 1111",
}
SENTENCES = {name: f"we had {value} in it" for name, value in SECRETS.items()}
SENTENCES["a password"] = f"then password={SECRETS['a password']} worked again"


def plant(folder: Path) -> None:
    """Every secret into every table, note and fact that anything is pushed of."""
    workspace, text = Workspace.open(folder), "; ".join(SENTENCES.values())
    edit_row(workspace, "decisions", "D1", decision=f"Roll back: {text}", why=text, alternatives=text)
    edit_row(workspace, "actions", "A1", action=f"Change it: {text}", done_when=text, note=text)
    edit_row(workspace, "actions", "A2", dri=text)
    add_row(workspace, "decisions", decision_id=SECRETS["a token of GitHub"], decision="So be it")
    edit_row(workspace, "checkins", "daily-1", summary=text, blockers=text, next_steps=text, attendees=text)
    (folder / "notes" / "summary.md").write_text(f"It broke. {text}\n", encoding="utf-8")
    facts = (folder / "incident.toml").read_text(encoding="utf-8")
    facts = facts.replace('title = "Checkout failed"', f'title = "Checkout failed: {text}"')
    facts = re.sub(r'purpose = "', f'purpose = "{text} ', facts)
    (folder / "incident.toml").write_text(facts, encoding="utf-8")


def everything(value: Any, seen: set[int]) -> Iterator[str]:
    """Every text that a stand-in holds: in its lists, its files, and what is packed in these."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, bytes) and value.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(value)) as packed:
            for name in packed.namelist():
                yield from everything(packed.read(name), seen)
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in [*value, *value.values()]:
            yield from everything(inner, seen)
    elif isinstance(value, (list, tuple, set)):
        for inner in value:
            yield from everything(inner, seen)
    elif hasattr(value, "__dict__"):
        yield from everything(vars(value), seen)


def held(stand: Any) -> str:
    return "\n".join(everything([vars(stand.state), stand.server.asked], set()))


def found_in(text: str) -> list[str]:
    """The names of the secrets that stand there, however they are spaced."""
    squeezed = re.sub(r"[\s-]", "", text)
    return [name for name, value in SECRETS.items() if re.sub(r"[\s-]", "", value) in squeezed]


@pytest.mark.parametrize("stand", writers("jira", "slack", "drive"), indirect=True)
def test_no_secret_of_the_record_reaches_a_system(stand: Any, folder: Path) -> None:
    """Not in an issue, a post, a purpose, a sheet, a name or a note; and all of it is pushed all the same."""
    plant(folder)
    record = "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())
    assert found_in(record) == list(SECRETS)
    push = stand.push(folder)
    assert any(step.outcome == "done" for step in push.steps)
    assert {step.outcome for step in push.steps} <= {"done", ""}, push.to_text()
    text = held(stand)
    assert found_in(text) == []
    assert "Checkout failed" in text
    assert stand.system in ("pagerduty", "drive") or "Roll back" in text or "Change it" in text
    assert found_in(push.to_text()) == []
    assert all(step.action == "skip" for step in stand.push(folder).steps)


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_what_is_no_text_and_holds_a_secret_stops_the_step(stand: Any, folder: Path) -> None:
    """The name of an action is in the label that finds its issue; the step says what was found, not it."""
    add_row(Workspace.open(folder), "actions", action_id=SECRETS["a token of GitHub"], action="So be it")
    push = stand.push(folder)
    stopped = [step for step in push.steps if step.action == "conflict"]
    assert len(stopped) == 1
    assert "holds what its readers must not see, and is not sent" in stopped[0].why
    assert found_in(stopped[0].why) == []
    assert found_in(held(stand)) == []
    assert sum(step.outcome == "done" for step in push.steps) > 3


@pytest.mark.parametrize("stand", ["drive"], indirect=True)
def test_a_report_that_holds_a_secret_is_not_uploaded(stand: Any, folder: Path) -> None:
    """Whoever wrote it there: the gate looks at every file again before it leaves."""
    page = f"<p>{SENTENCES['a key of AWS']}</p>"
    (folder / "report" / "report.html").write_text(page, encoding="utf-8")
    dry = {step.name: step for step in stand.push(folder, apply=False).steps}
    assert dry["report.html"].action == "conflict"
    assert "a secret (" in dry["report.html"].why
    push = stand.push(folder)
    assert not push.is_whole
    assert found_in(held(stand)) == []
    assert {step.name for step in push.steps if step.outcome == "done"} >= {"report.pdf", "timeline.csv"}


def company(stand: Any) -> None:
    stand.settings = {"audience": "company"}


@pytest.mark.parametrize("stand", ["slack"], indirect=True)
def test_posts_for_the_company_name_nobody(stand: Any, folder: Path) -> None:
    """People stand by their roles there, and are invited as ever; nobody's role is said to be empty."""
    company(stand)
    edit_row(Workspace.open(folder), "decisions", "D1", why="Mei Tanaka saw it", decided_by="Mei Tanaka")
    stand.push(folder)
    said = "\n".join(everything(stand.state.messages, set()))
    assert "Mei" not in said
    assert "Incident Commander saw it" in said
    assert "• Incident Commander\n" in said
    assert "Engineering Lead: nobody yet" in said
    assert all("U0PERSON0" in members for members in stand.state.members.values())


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_an_issue_for_the_company_has_its_assignee(stand: Any, folder: Path) -> None:
    """Whom it is assigned to is no text of the record, and is not masked; what the text says is."""
    company(stand)
    edit_row(Workspace.open(folder), "actions", "A1", action="Take up what Mei Tanaka began")
    stand.push(folder)
    keys = Workspace.open(folder).table("actions").set_index("action_id")["issue_key"]
    fields = stand.state.issues[keys["A1"]]["fields"]
    assert fields["summary"] == "Take up what Incident Commander began"
    assert fields["assignee"]["displayName"] == "Mei Tanaka"
    assert all(step.action == "skip" for step in stand.push(folder).steps)


@pytest.mark.parametrize("stand", ["drive"], indirect=True)
def test_the_company_gets_its_own_report(stand: Any, folder: Path) -> None:
    """The one that is made for it, no list of single files, and worksheets without names."""
    company(stand)
    push = stand.push(folder)
    told = {step.name: step.why for step in push.steps}
    assert '--audience "company"` makes it' in told["report.html"]
    assert "evidence.csv" not in told
    (folder / "report" / "company").mkdir()
    (folder / "report" / "company" / "report.html").write_text("<h1>For the company</h1>", encoding="utf-8")
    stand.push(folder)
    content = "\n".join(everything(stand.state.content, set()))
    assert "<h1>For the company</h1>" in content
    assert "Mei Tanaka" not in content


@pytest.mark.parametrize("stand", ["slack"], indirect=True)
def test_an_audience_that_is_none_is_said(stand: Any, folder: Path) -> None:
    """Before anything is asked of the system for it."""
    stand.settings = {"audience": "everybody"}
    with pytest.raises(IntegrationError, match="everybody"):
        stand.push(folder)


def test_who_is_told_how_much_evidence_there_is_hears_of_no_file(folder: Path) -> None:
    """The company's edition counts it; the kickoff of the internal one names the first files."""
    workspace = Workspace.open(folder)
    told = pd.DataFrame([{"path": "evidence/slack-kickoff", "source": "slack"}])
    record = replace(workspace.load(), evidence=schema.conform(told, schema.EVIDENCE))
    shown = {}
    for name in ("internal", "company"):
        out = outgoing(workspace, {"audience": name}, record)
        kickoff, *_ = review_posts(out.record, OPENED, edition=out.edition)
        shown[name] = "evidence/slack-kickoff" in kickoff.text
    assert shown == {"internal": True, "company": False}
