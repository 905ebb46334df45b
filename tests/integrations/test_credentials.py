"""Tokens are found where people keep them, go only where they were meant to, and are shown to nobody."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from pmkit.errors import IntegrationError, WorkspaceError
from pmkit.facts import read_facts
from pmkit.integrations.credentials import SYSTEMS, Secret, account, find, locate

TOKEN = "sentinel-" + "4f9c2d7e1b"


def test_a_secret_shows_itself_only_when_asked() -> None:
    """Printed, formatted, in an error or a dict it is masked; `reveal` gives it."""
    secret = Secret(f" {TOKEN}\n")
    shown = f"{secret} {secret!r} {secret!s:>9} {[secret]} {ValueError(secret)} " + "%s %r" % (secret, secret)  # noqa: UP031
    assert TOKEN not in shown
    assert secret.reveal() == TOKEN
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize(
    "write", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, lambda s: json.dumps({"token": s})]
)
def test_a_secret_cannot_be_written_down(write: Any) -> None:
    """Pickle, copy and JSON refuse it, and their errors do not show it."""
    with pytest.raises(TypeError) as caught:
        write(Secret(TOKEN))
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("bad", ["", "  ", "a\nb", "tokén"])
def test_what_no_header_can_carry_is_refused_unseen(bad: str) -> None:
    """Such a token is refused where it is read, without being shown."""
    with pytest.raises(IntegrationError) as caught:
        Secret(bad)
    assert not bad.strip() or bad not in str(caught.value)


def test_the_environment_comes_first(tmp_path: Path) -> None:
    """A token of the environment is taken before one of netrc; where it was found is said."""
    (tmp_path / ".netrc").write_text("machine api.pagerduty.com login x password other\n")
    (tmp_path / ".netrc").chmod(0o600)
    env = {"HOME": str(tmp_path), "PMKIT_PAGERDUTY_TOKEN": TOKEN}
    found = account("pagerduty", {}, env)
    assert found.token.reveal() == TOKEN
    assert found.found_in == "environment variable PMKIT_PAGERDUTY_TOKEN"
    assert account("pagerduty", {}, {"HOME": str(tmp_path)}).token.reveal() == "other"
    assert find("pagerduty", env) == Secret(TOKEN)


def test_netrc_belongs_to_its_host_and_its_owner(tmp_path: Path) -> None:
    """An entry is for its host, brings the user with it, and must not be readable by others."""
    path = tmp_path / ".netrc"
    path.write_text(f"machine ops.atlassian.net login mei@example.com password {TOKEN}\n")
    path.chmod(0o600)
    env = {"HOME": str(tmp_path), "PMKIT_JIRA_URL": "https://ops.atlassian.net/"}
    found = account("jira", {}, env)
    assert (found.user, found.token.reveal()) == ("mei@example.com", TOKEN)
    with pytest.raises(IntegrationError, match="no token"):
        account("jira", {}, {**env, "PMKIT_JIRA_URL": "https://other.atlassian.net"})
    path.chmod(0o644)
    with pytest.raises(IntegrationError, match="chmod 600"):
        account("jira", {}, env)


def test_a_broken_netrc_is_told_without_its_text(tmp_path: Path) -> None:
    """The line is named; what stands in it is not shown, in the error or behind it."""
    path = tmp_path / ".netrc"
    path.write_text(f"machine api.pagerduty.com login x passwort {TOKEN}\n")
    path.chmod(0o600)
    with pytest.raises(IntegrationError, match="line 1") as caught:
        find("pagerduty", {"HOME": str(tmp_path)})
    assert TOKEN not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_keyring_is_asked_when_there_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Under the name of the system and its host."""
    keyring = pytest.importorskip("keyring")
    asked = []
    monkeypatch.setattr(keyring, "get_password", lambda *names: asked.append(names) or TOKEN)
    found = account("slack", {}, {"HOME": str(tmp_path)})
    assert (asked, found.token.reveal()) == ([("pmkit.slack", "slack.com")], TOKEN)


@pytest.mark.parametrize("system", ["slack", "pagerduty", "drive", "jira"])
def test_a_file_alone_sends_no_token_to_a_strange_host(system: str, tmp_path: Path) -> None:
    """Where only `incident.toml` names a host, a token of the environment is not sent there."""
    told = {system: {"url": "https://evil.example.com"}}
    env = {"HOME": str(tmp_path), f"PMKIT_{system.upper()}_TOKEN": TOKEN}
    with pytest.raises(IntegrationError, match=r"not sent to evil\.example\.com"):
        account(system, told, env)
    env[f"PMKIT_{system.upper()}_URL"] = "https://evil.example.com"
    assert account(system, told, env).url == "https://evil.example.com"


def test_the_vendors_own_hosts_may_stand_in_the_file(tmp_path: Path) -> None:
    """A site of Jira Cloud is said in `incident.toml`, with the keys of the team's own."""
    told = {"jira": {"url": "https://ops.atlassian.net", "user": "mei@example.com", "project": "OPS"}}
    found = account("jira", told, {"HOME": str(tmp_path), "JIRA_API_TOKEN": TOKEN})
    assert (found.url, found.user) == ("https://ops.atlassian.net", "mei@example.com")
    assert found.settings == {"project": "OPS"}


@pytest.mark.parametrize(
    "url", ["http://ops.example.com", "ops.example.com", "ftp://x.example.com", "https://u:p@example.com"]
)
def test_a_token_goes_nowhere_unencrypted(url: str) -> None:
    """Only https, or the machine itself."""
    with pytest.raises(IntegrationError, match="PMKIT_JIRA_URL"):
        locate("jira", {}, {"PMKIT_JIRA_URL": url})
    assert locate("jira", {}, {"PMKIT_JIRA_URL": "http://127.0.0.1:8080"}).url == "http://127.0.0.1:8080"


def test_what_is_missing_is_said_with_how_to_set_it(tmp_path: Path) -> None:
    """Each system says its variable, its keyring entry and its line of netrc; an unknown one is told so."""
    for system in SYSTEMS:
        with pytest.raises(IntegrationError, match=f"PMKIT_{system.upper()}"):
            account(system, {}, {"HOME": str(tmp_path)})
    with pytest.raises(IntegrationError, match="the systems are pagerduty"):
        account("teams", {}, {})


def test_a_token_in_the_facts_is_refused_unseen() -> None:
    """`incident.toml` with a token does not load, says what to do, and does not show it."""
    text = f'format = 2\ntitle = "x"\nseverity = "P1"\n[connections.jira]\napi_token = "{TOKEN}"\n'
    with pytest.raises(WorkspaceError, match=r"line 5.*revoke") as caught:
        read_facts(text, where="incident.toml", folder="x")
    assert TOKEN not in str(caught.value)
    fine = text.replace("api_token", "project")
    assert read_facts(fine, where="incident.toml", folder="x").connections["jira"]["project"] == TOKEN
