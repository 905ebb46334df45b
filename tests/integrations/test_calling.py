"""What an answer means: that nothing was done, that it may have been done, and when to ask again."""

from __future__ import annotations

from typing import Any

import pytest

from pmkit.demo.server import Fault, Faults
from pmkit.errors import DoubtError, IntegrationError
from pmkit.integrations.calling import (
    Caller,
    drive_client,
    jira_client,
    pagerduty_client,
    slack_client,
)


def ask_to_write(caller: Caller) -> Any:
    """The simplest write of each system, that would work."""
    system = caller.account.system
    if system == "jira":
        jira: Any = jira_client(caller)
        fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "x"}
        return caller.write("writing", lambda: jira.create_issue(fields=fields, prefetch=False))
    if system == "slack":
        slack = slack_client(caller)
        return caller.write("writing", lambda: slack.conversations_create(name="a-channel"))
    if system == "drive":
        drive = drive_client(caller)
        facts = {"name": "x", "mimeType": "text/plain"}
        return caller.write("writing", lambda: drive.ask("POST", "/drive/v3/files", json=facts))
    pagerduty: Any = pagerduty_client(caller)
    note = {"note": {"content": "x"}}
    return caller.write("writing", lambda: pagerduty.jpost("/incidents/Q1INCIDENT/notes", json=note))


@pytest.mark.parametrize("stand", ["pagerduty", "pagerduty 7"], indirect=True)
def test_either_client_of_pagerduty_writes(stand: Any) -> None:
    """The one that is asked for, and in the name of the user."""
    module = type(pagerduty_client(stand.caller())).__module__
    assert module.partition(".")[0] == stand.settings.get("client", "pdpyras")
    ask_to_write(stand.caller())
    assert [note["user"]["summary"] for note in stand.state.notes["Q1INCIDENT"]] == ["Mei Tanaka"]


WRITERS = ("jira", "slack", "drive", "pagerduty", "pagerduty 7")
DOUBTS = [Fault("status", status, method="POST") for status in (500, 502, 503, 504)]
DOUBTS += [Fault(kind, method="POST") for kind in ("reset", "reset after", "truncated", "html")]


@pytest.mark.parametrize("stand", WRITERS, indirect=True)
def test_a_lost_answer_is_a_doubt_and_is_sent_once(stand: Any) -> None:
    """Whatever cuts the answer off, the write is not repeated, and nobody is told that it failed."""
    for fault in DOUBTS:
        stand.renew(Faults(fault))
        with pytest.raises(DoubtError, match="writing"):
            ask_to_write(stand.caller())
        stand.server.faults = Faults()
    assert stand.clock.waited == []


@pytest.mark.parametrize("stand", WRITERS, indirect=True)
@pytest.mark.parametrize("header", ["number", "date", "", "in a while"])
def test_who_is_told_to_wait_waits_and_writes_once(stand: Any, header: str) -> None:
    """A 429 says that nothing was done; its header may be a number, a date, words, or missing."""
    stand.renew(Faults(Fault("status", 429, header, method="POST", times=2)))
    ask_to_write(stand.caller())
    assert 1 <= len(stand.clock.waited) <= 2
    assert all(0 <= seconds <= 60 for seconds in stand.clock.waited)


@pytest.mark.parametrize("stand", WRITERS, indirect=True)
def test_nobody_waits_for_ever(stand: Any) -> None:
    """A 429 that never ends, or asks for a day, ends with words about how long to wait."""
    for header in ("86400", "number"):
        stand.renew(Faults(Fault("status", 429, header, method="POST", times=99)))
        with pytest.raises(IntegrationError, match="asks for fewer requests") as caught:
            ask_to_write(stand.caller())
        assert not isinstance(caught.value, DoubtError)
        assert sum(stand.clock.waited) <= 240


@pytest.mark.parametrize("stand", WRITERS, indirect=True)
def test_a_refusal_is_no_doubt(stand: Any) -> None:
    """A token that is not valid: nothing was done, and where it was found is said."""
    if stand.system == "jira":
        stand.server.faults = Faults(Fault("status", 401, method="POST", times=9))
    with pytest.raises(IntegrationError, match="a test") as caught:
        ask_to_write(stand.caller("another" + "-token-8f") if stand.system != "jira" else stand.caller())
    assert not isinstance(caught.value, DoubtError)
