"""The doctor says what is set up, what answers and what is lacking, and picks nothing up on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pmkit.errors import IntegrationError
from pmkit.integrations.credentials import Account, Secret
from pmkit.integrations.doctor import WRITING, describe, examine
from pmkit.integrations.picking import find_reaction, pick_messages
from pmkit.integrations.posts import review_posts
from pmkit.workspace import Workspace


def look(stand: Any, tmp_path: Path, **more: str) -> str:
    name = f"PMKIT_{stand.system.upper()}"
    token = stand.caller().account.token.reveal()
    env = {f"{name}_TOKEN": token, f"{name}_URL": stand.server.url, "HOME": str(tmp_path), **more}
    return describe(examine(systems=(stand.system,), env=env, pause=stand.clock.pause))


def test_nothing_is_set_up(tmp_path: Path) -> None:
    """Then it says where to begin, and it is no fault."""
    findings = examine(env={"HOME": str(tmp_path)})
    assert {finding.level for finding in findings} == {"off"}
    assert "demo-server" in describe(findings)


@pytest.mark.parametrize("stand", ["slack"], indirect=True)
def test_missing_scopes_are_named(stand: Any, tmp_path: Path) -> None:
    """Each one, and for what."""
    assert "What is set up works." in look(stand, tmp_path)
    stand.state.scopes = [scope for scope in stand.state.scopes if scope not in WRITING[:2]]
    assert "for writing the token lacks channels:manage, channels:join" in look(stand, tmp_path)


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_a_project_and_its_fields_are_looked_at(stand: Any, tmp_path: Path) -> None:
    """No project, and one that is not there, are told."""
    assert "no project" in look(stand, tmp_path, PMKIT_JIRA_USER="mei@example.com")
    told = look(stand, tmp_path, PMKIT_JIRA_USER="mei@example.com", PMKIT_JIRA_PROJECT="SHOP")
    assert "due_on → Due date" in told
    told = look(stand, tmp_path, PMKIT_JIRA_USER="mei@example.com", PMKIT_JIRA_PROJECT="NONE")
    assert "HTTP 404" in told


@pytest.mark.parametrize("stand", ["pagerduty"], indirect=True)
def test_whoever_writes_notes_must_be_known(stand: Any, tmp_path: Path) -> None:
    """The address of a user is needed, and has to be one's of theirs."""
    assert "set PMKIT_PAGERDUTY_USER" in look(stand, tmp_path)
    assert "nobody there has the address" in look(stand, tmp_path, PMKIT_PAGERDUTY_USER="x@example.com")


@pytest.mark.parametrize("stand", ["drive"], indirect=True)
def test_a_folder_that_is_not_there_is_told(stand: Any, tmp_path: Path) -> None:
    """So is an account without room of its own."""
    assert "uploads go in My Drive" in look(stand, tmp_path)
    assert "0NOWHERE is not there" in look(stand, tmp_path, PMKIT_DRIVE_FOLDER="0NOWHERE")
    stand.state.has_quota = False
    assert "no room of its own" in look(stand, tmp_path)


# Picking


@pytest.mark.parametrize("stand", ["slack"], indirect=True)
def test_a_message_is_picked_by_its_link(stand: Any, folder: Path) -> None:
    """It is fetched into the evidence once, goes on the timeline, and can become a decision."""
    channel = {"id": "C09UPDATES1", "name": "incident-updates", "created": 1793600000, "is_member": True}
    stand.state.channels, stand.state.members = {channel["id"]: channel}, {channel["id"]: ["U0PERSON0"]}
    stand.state.members[channel["id"]].append(stand.state.bot_user)
    stand.state.messages = {channel["id"]: []}
    ts = "1793693882.846919"
    message = {"type": "message", "user": "U0PERSON0", "text": "*D9* We roll back. *Why:* it works", "ts": ts}
    stand.state.messages[channel["id"]].append(message)
    workspace = Workspace.open(folder)
    link = f"https://acme.slack.com/archives/{channel['id']}/p{ts.replace('.', '')}"
    found = Account("slack", stand.server.url, Secret(stand.caller().account.token.reveal()))
    told: list[str] = []
    first = pick_messages(workspace, [link], fetched=told.append, found=found)
    assert first[0].event_id == f"slack:{channel['id']}:{ts}"
    assert (len(told), first[0].change) == (1, "is on the timeline now")
    again = pick_messages(workspace, [link, link], as_="decision", fetched=told.append)
    assert (len(told), len(again)) == (1, 1)
    decided = workspace.table("decisions")
    assert decided["event_ids"].str.contains(ts).sum() == 1
    assert "already" in pick_messages(workspace, [link], as_="decision")[0].change
    with pytest.raises(IntegrationError, match="no message at"):
        pick_messages(workspace, [link.replace("846919", "846920")], found=found)


def test_reactions_are_found_whatever_the_tone(events: Any) -> None:
    """`:+1:` finds `+1::skin-tone-2` as well; one that nobody gave is told with those that there are."""
    frame = events(
        {"event_id": "slack:C1:1", "slack_reactions": "eyes 3, +1 2"},
        {"event_id": "slack:C1:2", "slack_reactions": "+1::skin-tone-2 1"},
        {"event_id": "slack:C1:3"},
    ).assign(place=["#updates", "#decisions", "#decisions"])
    assert list(find_reaction(frame, "+1", "decisions")["event_id"]) == ["slack:C1:2"]
    with pytest.raises(
        IntegrationError, match="nothing of “retro” is in the evidence; there are #decisions, #upd"
    ):
        find_reaction(frame, "+1", "retro")
    assert list(find_reaction(frame, ":+1:")["event_id"]) == ["slack:C1:1", "slack:C1:2"]
    with pytest.raises(IntegrationError, match="there are \\+1, eyes"):
        find_reaction(frame, "pushpin")


def test_an_invitation_waits_until_the_record_is_ready(folder: Path) -> None:
    """It is a post that says what it waits for, and drafts of check-ins are no posts."""
    pm = Workspace.open(folder).load()
    posts = {post.name: post for post in review_posts(pm, pm.incident.opened_at)}
    assert posts["retro"].lacks.startswith("waits for: Incident intake complete")
    assert "checkin daily-2" not in posts
    assert "closure" not in posts
    moved = {
        post.name: post.channel for post in review_posts(pm, pm.incident.opened_at, rooms={"updates": "ops"})
    }
    assert (moved["checkin daily-1"], moved["kickoff"]) == ("ops", "incident-kickoff")
