"""From the system to the events of the incident: what is there comes, whole, once, and says so."""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pmkit import demo
from pmkit.checks import run_checks
from pmkit.cli import main
from pmkit.demo import Fault, Faults
from pmkit.demo.google_drive import INCIDENT_FOLDER
from pmkit.demo.server import Answer, Request
from pmkit.demo.slack import Slack
from pmkit.errors import IntegrationError, NoAnswerError
from pmkit.integrations import credentials, pagerduty, slack
from pmkit.integrations.fetching import fetch_from
from pmkit.integrations.google_drive import fetch_drive, folder_of
from pmkit.integrations.jira import fetch_jira, issue_key
from pmkit.integrations.pagerduty import fetch_pagerduty, incident_key
from pmkit.integrations.pages import Fetched, open_pages
from pmkit.integrations.slack import fetch_slack
from pmkit.loaders._fetch_log import LOG, fetched_verdict, read_fetch_log
from pmkit.tables import table_evidence
from pmkit.workspace import Workspace
from tests.integrations.worlds import T0, WORLDS, Clock, World, account_of

SINCE = datetime(2026, 10, 28, tzinfo=UTC)
OUTAGE = 10**9


@pytest.fixture(autouse=True)
def unmoved(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a fetch moves in the incident is found as for any other evidence, and takes long to find."""
    monkeypatch.setattr("pmkit.intake._state", lambda *_: None)


@pytest.fixture
def running() -> Iterator[demo.Demo]:
    with demo.start(now=lambda: T0) as started:
        yield started


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun") / "2026-11-03-checkout"
    Workspace.create(
        folder, title="Checkout refused in-stock articles", severity="P1", services=["payments-gateway"],
        started_at=datetime(2026, 11, 3, 7, 2, tzinfo=UTC), now=T0,
    )  # fmt: skip
    return folder


@pytest.fixture
def workspace(begun: Path, tmp_path: Path) -> Workspace:
    return Workspace.open(shutil.copytree(begun, tmp_path / begun.name))


def ids_of(name: str, state: Any) -> set[str]:
    world: World = WORLDS[name]()
    return set(world.ids(state))


# Whole


@pytest.mark.parametrize("client", pagerduty.CLIENTS)
def test_an_incident_of_pagerduty_comes_whole(client: str, running: demo.Demo, workspace: Workspace) -> None:
    """Every log entry, alert and note, and the people and changes beside them, with either client."""
    state, account = running.state["pagerduty"], account_of(running, "pagerduty")
    log, changes = fetch_pagerduty(
        workspace,
        "4127",
        account=account,
        client=pagerduty.connect(account, client),
        patience=Clock().patience(),
    )
    events = workspace.events()
    mine = events[events["source"] == "pagerduty"]
    told = {one for ref in mine["ref"] for one in ref.split(" | ")}
    notes = {one for one in ids_of("pagerduty", state) if one.startswith("pd:note:")}
    assert set(mine["event_id"]) == ids_of("pagerduty", state) - notes  # each stands in the log too
    assert len(told) == len(mine) + len(notes)
    assert mine["pd_details"].str.contains("threshold").any(), "what a trigger carried"
    assert log.is_complete
    assert log.verdict.counts == {"incident": 1, "log entries": 43, "alerts": 4, "notes": 7, "people": 7}
    assert changes.verdict.counts == {"related changes": 3}
    assert set(events.loc[events["source"] == "deploy", "kind"]) == {"change"}
    assert list(workspace.evidence()["records_unreadable"]) == [0, 0]
    assert workspace.verify().empty
    zones = {
        value for asked in running.asked["pagerduty"] for name, value in asked.query if name == "time_zone"
    }
    assert zones == {"UTC"}


def test_channels_of_slack_come_whole(running: demo.Demo, workspace: Workspace) -> None:
    """Messages, threads, pins and names, of two channels named in two ways."""
    state, account = running.state["slack"], account_of(running, "slack")
    fetched = fetch_slack(
        workspace,
        ["#incident-updates", "C09MFKICKF2"],
        account=account,
        since=SINCE,
        patience=Clock().patience(),
    )
    events = workspace.events()
    for one, channel in zip(fetched, ("C09MFUPDTS3", "C09MFKICKF2"), strict=True):
        mine = events[events["slack_channel_id"] == channel]
        is_pin = mine["event_id"].str.contains(":pin:")
        truth = {f"slack:{channel}:{message['ts']}" for message in state.messages[channel]}
        assert set(mine.loc[~is_pin, "event_id"]) == truth
        assert is_pin.sum() == len(state.pins[channel])
        assert one.is_complete
    assert not events["actor"].str.fullmatch(r"U[A-Z0-9]{8,}").any(), "an id where there is a name"
    assert set(events["place"]) == {"#incident-updates", "#incident-kickoff"}
    assert list(workspace.evidence()["records_unreadable"]) == [0, 0]


@pytest.mark.parametrize(
    ("is_cloud", "jql"),
    [(True, "project = SHOP ORDER BY updated DESC"), (True, ""), (False, "project = SHOP")],
)
def test_issues_of_jira_come_whole(
    is_cloud: bool, jql: str, running: demo.Demo, workspace: Workspace
) -> None:
    """Every issue with its changes and comments, from Cloud and Data Center, by keys and by a search."""
    state, account = running.state["jira"], account_of(running, "jira")
    state.is_cloud = is_cloud
    issue = next(iter(state.issues.values()))
    for number in range(130):
        state._edit(issue, {"summary": f"step {number}"}, state.users[0], T0)
    for number in range(30):
        state._comment(issue, f"comment {number}", state.users[0], T0)
    keys = () if jql else (*state.issues,)
    (fetched,) = fetch_jira(workspace, keys, jql=jql, account=account, patience=Clock().patience())
    events = workspace.events()
    assert set(events["event_id"]) == ids_of("jira", state)
    assert fetched.is_complete
    assert fetched.verdict.counts["comments"] == 30
    assert list(workspace.evidence()["records_unreadable"]) == [0]


def test_a_folder_of_drive_is_listed_linked_and_copied(running: demo.Demo, workspace: Workspace) -> None:
    """Each document is an event with its address, a link of the incident, and on request a copy; once."""
    account = account_of(running, "drive")
    address = f"https://drive.google.com/drive/folders/{INCIDENT_FOLDER}"
    fetched = fetch_drive(workspace, address, account=account, export=True, patience=Clock().patience())
    events = workspace.events()
    assert set(events["event_id"]) == ids_of("drive", running.state["drive"])
    assert (fetched.new_links, fetched.listing.is_complete) == (3, True)
    assert set(events["url"]) == {link.url for link in workspace.incident.links}
    names = sorted(path.name for path in (workspace.path / "evidence").iterdir() if path.is_file())
    assert [name.rpartition(".")[2] for name in names] == ["md", "xlsx", "sha256", "txt"]
    assert not fetched.is_complete, "the sheet asks which column is what"
    assert "--columns" in fetched.to_text()
    assert b"refused though" in (workspace.path / "evidence" / names[0]).read_bytes()
    before = len(running.asked["drive"])
    again = fetch_drive(workspace, INCIDENT_FOLDER, account=account, export=True, patience=Clock().patience())
    assert (again.new_links, again.listing.intake) == (0, None)
    exported = [asked.path for asked in running.asked["drive"][before:] if "export" in asked.path]
    assert len(exported) == 1, "only of the sheet, which is no evidence yet"


def test_nothing_new_leaves_the_evidence_as_it_was(running: demo.Demo, workspace: Workspace) -> None:
    """The same fetch again adds a folder only where something changed."""
    account = account_of(running, "pagerduty")
    for _ in range(2):
        fetched = fetch_pagerduty(workspace, "4127", account=account, patience=Clock().patience())
    assert [one.intake for one in fetched] == [None, None]
    assert "nothing new since it was fetched" in fetched[0].to_text()
    assert len(workspace.evidence()) == 2
    state = running.state["pagerduty"]
    state.by_number = False
    state.notes[state.incidents[0]["id"]].append(state.notes[state.incidents[0]["id"]][0] | {"id": "PNEW"})
    (log, _) = fetch_pagerduty(workspace, "4127", account=account, patience=Clock().patience())
    assert log.folder == "evidence/pagerduty-4127-2"
    assert len(workspace.evidence()) == 3


# Stopped, and taken up again


class Stop(BaseException):
    """Somebody pressed Ctrl-C, or the machine went down."""


@pytest.mark.parametrize("after", [4])
def test_a_fetch_that_was_stopped_goes_on_where_it_was(
    after: int, running: demo.Demo, workspace: Workspace
) -> None:
    """What is saved is read from the folder; no page that came is asked for again."""
    account, real = account_of(running, "slack"), slack._ask
    calls = 0

    def stopping(*asked: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > after:
            raise Stop
        return real(*asked)

    with pytest.MonkeyPatch.context() as patch, suppress(Stop):
        patch.setattr(slack, "_ask", stopping)
        fetch_slack(workspace, ["C09MFKICKF2"], account=account, since=SINCE, patience=Clock().patience())
    assert workspace.evidence().empty
    (folder,) = (workspace.path / "evidence").iterdir()
    assert "was stopped" in str(fetched_verdict(folder))
    (fetched,) = fetch_slack(
        workspace, ["C09MFKICKF2"], account=account, since=SINCE, patience=Clock().patience()
    )
    assert fetched.is_complete
    assert fetched.folder == f"evidence/{folder.name}"
    mine = [page["key"] for page in read_fetch_log(folder).pages]
    assert len(mine) == len(set(mine))
    pages = len(mine) + 2  # and what the channel is called, asked each time to find it
    assert len(running.asked["slack"]) <= pages
    truth = {
        f"slack:C09MFKICKF2:{message['ts']}" for message in running.state["slack"].messages["C09MFKICKF2"]
    }
    events = workspace.events()
    assert set(events.loc[~events["event_id"].str.contains(":pin:"), "event_id"]) == truth


def test_what_an_outage_leaves_open_is_said_and_filled_later(
    running: demo.Demo, workspace: Workspace
) -> None:
    """Incomplete on screen, in `evidence.csv`, among the findings and in the report, until the rest is here.

    The next fetch asks only for what is missing, and the earlier piece says where that is.
    """
    account = account_of(running, "slack")
    running.strike("slack", Faults(Fault("status", 503, skip=9, times=OUTAGE)))
    clock = Clock()
    (fetched,) = fetch_slack(
        workspace, ["C09MFUPDTS3"], account=account, since=SINCE, patience=clock.patience()
    )
    assert clock.t <= 300
    assert not fetched.is_complete
    words = "incomplete: replies of 21 of 27 threads (Slack, conversations.replies: it answered 503"
    assert words in fetched.said
    assert words in workspace.evidence()["note"].iloc[0]
    assert words.replace("\n", "") in " ".join(fetched.to_text().split())
    findings = run_checks(workspace.load(), select=["EV104"], now=T0)
    assert len(findings) == 1
    rendered = table_evidence(workspace.evidence())
    assert words in json.dumps([[cell.note for cell in row] for row in rendered.rows])
    asked = len(running.asked["slack"])
    running.strike("slack", None)
    (fetched,) = fetch_slack(
        workspace, ["C09MFUPDTS3"], account=account, since=SINCE, patience=Clock().patience()
    )
    assert fetched.is_complete
    assert fetched.folder == "evidence/slack-incident-updates-2"
    again = [one for one in running.asked["slack"][asked:] if "history" in one.path]
    assert again == [], "what came before the outage was taken over"
    notes = dict(workspace.evidence()[["path", "note"]].itertuples(index=False))
    assert notes["evidence/slack-incident-updates"].startswith("what it lacked is in evidence/slack-incident")
    assert run_checks(workspace.load(), select=["EV104"], now=T0).empty


def test_where_nothing_comes_nothing_is_left(running: demo.Demo, workspace: Workspace) -> None:
    """An outage from the beginning is an error, and no folder is evidence of it."""
    for system, wanted in (
        ("pagerduty", ["4127"]), ("slack", ["C09MFUPDTS3"]), ("jira", ["SHOP-1421"]),
        ("drive", [INCIDENT_FOLDER]),
    ):  # fmt: skip
        running.strike(system, Faults(Fault("reset", times=OUTAGE)))
        since = SINCE if system == "slack" else None
        with pytest.raises(NoAnswerError, match="no answer came"):
            fetch_from(
                workspace, account_of(running, system), wanted, since=since, patience=Clock().patience()
            )
    assert list((workspace.path / "evidence").iterdir()) == []


def test_a_page_that_was_changed_is_asked_for_again(running: demo.Demo, workspace: Workspace) -> None:
    """What does not lie there as it was saved is not taken for what was received."""
    account = account_of(running, "pagerduty")
    with pytest.MonkeyPatch.context() as patch, suppress(Stop):
        patch.setattr("pmkit.integrations.pages.add_evidence", _stop)
        fetch_pagerduty(workspace, "4127", account=account, patience=Clock().patience())
    folder = workspace.path / "evidence" / "pagerduty-4127"
    (folder / "0002-log_entries.json").write_text('{"log_entries": [], "more": false}')
    with (folder / LOG).open("a") as log:
        log.write('{"page": "0099-half')  # and a crash in the middle of a line
    before = len(running.asked["pagerduty"])
    log_of, _ = fetch_pagerduty(workspace, "4127", account=account, patience=Clock().patience())
    asked = [one.path.rpartition("/")[2] for one in running.asked["pagerduty"][before:]]
    assert asked == ["log_entries", "related_change_events"]
    assert log_of.verdict.counts["log entries"] == 43
    assert len(workspace.events()) == 51


def _stop(*_: Any, **__: Any) -> Any:
    raise Stop


def test_two_do_not_fetch_the_same_at_once(running: demo.Demo, workspace: Workspace) -> None:
    """The second is told so, and nothing of the first is disturbed."""
    account = account_of(running, "pagerduty")
    asked = {"incident": "4127", "url": account.url}
    with (
        open_pages(workspace, "pagerduty", "pagerduty-4127", asked, now=T0),
        pytest.raises(IntegrationError, match="being fetched just now"),
    ):
        fetch_pagerduty(workspace, "4127", account=account, patience=Clock().patience())


@pytest.mark.slow
@pytest.mark.parametrize("skip", [int(one) for one in os.environ.get("PMKIT_FETCH_KILLS", "6").split(",")])
def test_a_killed_fetch_is_finished_by_the_next(skip: int, running: demo.Demo, workspace: Workspace) -> None:
    """kill -9 while a page is awaited; the same command then brings the rest."""
    running.strike("pagerduty", Faults(Fault("slow", skip=skip)))
    env = {
        **os.environ, "PMKIT_PAGERDUTY_TOKEN": running.token["pagerduty"],
        "PMKIT_PAGERDUTY_URL": running.url["pagerduty"],
    }  # fmt: skip
    command = [sys.executable, "-m", "pmkit", "fetch", str(workspace.path), "pagerduty", "4127"]
    fetching = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pause = threading.Event()
    while not running.faults["pagerduty"].struck and fetching.poll() is None:
        pause.wait(0.02)
    fetching.send_signal(signal.SIGKILL)
    assert fetching.wait() == -signal.SIGKILL
    assert workspace.evidence().empty
    asked = len(running.asked["pagerduty"])
    fetched = fetch_pagerduty(
        workspace, "4127", account=account_of(running, "pagerduty"), patience=Clock().patience()
    )
    assert all(one.is_complete for one in fetched)
    assert len(workspace.events()) == 51
    again = [one.path for one in running.asked["pagerduty"][asked:] if one.status == 200]
    first = [one.path for one in running.asked["pagerduty"][:asked] if one.status == 200]
    assert set(first) & set(again) == set(), "no page that had come was asked for again"
    assert workspace.verify().empty


# PagerDuty's limits


def test_more_rows_than_pages_reach_are_read_by_their_times(
    running: demo.Demo, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PagerDuty refuses an offset beyond 10,000; shorter windows of time reach every row."""
    most = 10_000 if int(os.environ.get("PMKIT_FAULTS", "0")) >= 2000 else 60
    if most == 60:
        monkeypatch.setattr(pagerduty, "_FULL", 10)
        monkeypatch.setattr(pagerduty, "_MOST", most)
        monkeypatch.setattr("pmkit.demo.pagerduty.MOST", most)
    state = running.state["pagerduty"]
    key = state.incidents[0]["id"]
    begun = datetime.fromisoformat(state.incidents[0]["created_at"])
    from pmkit.demo.pagerduty import make_entry

    state.log[key] = [
        make_entry(f"R{n:05d}", begun + timedelta(seconds=n // 3), state.incidents[0])
        for n in range(most + 150)
    ]
    (log, *_) = fetch_pagerduty(
        workspace, key, account=account_of(running, "pagerduty"), patience=Clock().patience()
    )
    assert log.is_complete
    assert log.verdict.counts["log entries"] == most + 150
    assert ids_of("pagerduty", state) - {f"pd:note:{note['id']}" for note in state.notes[key]} <= set(
        workspace.events()["event_id"]
    )


def test_more_rows_in_one_second_than_pages_reach_are_said_to_be_missing(
    running: demo.Demo, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no window is short enough, the verdict names the moment before which rows are missing."""
    monkeypatch.setattr(pagerduty, "_FULL", 10)
    monkeypatch.setattr(pagerduty, "_MOST", 60)
    monkeypatch.setattr("pmkit.demo.pagerduty.MOST", 60)
    state = running.state["pagerduty"]
    key, incident = state.incidents[0]["id"], state.incidents[0]
    begun = datetime.fromisoformat(incident["created_at"])
    from pmkit.demo.pagerduty import make_entry

    state.log[key] = [make_entry(f"R{n:05d}", begun, incident) for n in range(80)]
    (log,) = fetch_pagerduty(
        workspace, key, account=account_of(running, "pagerduty"), patience=Clock().patience()
    )
    assert "log entries before 2026-11-03T07:59:13Z (more than 60 in one second)" in log.said
    assert "incomplete:" in workspace.evidence()["note"].iloc[0]


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("4127", "4127"), (" #4127 ", "4127"), ("Q1T7MARLOW4127", "Q1T7MARLOW4127"),
        ("https://acme.pagerduty.com/incidents/Q1T7MARLOW4127/timeline?x=1", "Q1T7MARLOW4127"),
        ("https://acme.pagerduty.com/incidents/4127", "4127"),
    ],
)  # fmt: skip
def test_an_incident_is_named_by_number_id_or_address(said: str, key: str) -> None:
    """All three lead to the same."""
    assert incident_key(said) == key


@pytest.mark.parametrize(
    "said", ["", "checkout", "https://acme.pagerduty.com/services/P1", "../../etc/passwd", "١٢٣"]
)
def test_what_names_no_incident_is_refused(said: str) -> None:
    """With the ways to name one."""
    with pytest.raises(IntegrationError, match="expected its number"):
        incident_key(said)


def test_a_number_is_looked_for_where_it_is_no_id(running: demo.Demo, workspace: Workspace) -> None:
    """PagerDuty does not promise to find one by its number; else the last half year is looked through."""
    state, account = running.state["pagerduty"], account_of(running, "pagerduty")
    state.by_number = False
    (log, *_) = fetch_pagerduty(workspace, "4127", account=account, patience=Clock().patience())
    assert log.verdict.counts["log entries"] == 43
    with pytest.raises(IntegrationError, match="there is no incident #9999, or it is older than half a year"):
        fetch_pagerduty(workspace, "9999", account=account, patience=Clock().patience())


# Slack's limits


def test_a_slow_token_gets_there_and_says_how_long(running: demo.Demo, workspace: Workspace) -> None:
    """Fifteen messages a minute: all of them, in as many minutes as calls, told in advance."""
    clock, said = Clock(), []
    state = running.state["slack"]
    state.is_unlisted, state.now = True, clock.now
    (fetched,) = fetch_slack(
        workspace, ["C09MFKICKF2"], account=account_of(running, "slack"), since=SINCE,
        patience=clock.patience(told=said.append),
    )  # fmt: skip
    assert fetched.is_complete
    assert fetched.verdict.counts["messages"] + fetched.verdict.counts["replies"] == len(
        state.messages["C09MFKICKF2"]
    )
    assert 5 * 60 < clock.t < 10 * 60
    assert any("min to go for the messages" in line for line in said)
    assert any("threads, one a minute" in line for line in said)


def test_the_incidents_channel_is_guessed_from_its_name_or_topic(
    running: demo.Demo, workspace: Workspace
) -> None:
    """The channel that fits best is taken and said; of several nobody is chosen."""
    state, account, said = running.state["slack"], account_of(running, "slack"), []
    with pytest.raises(IntegrationError, match="several channels may be the incident's: #incident-decisions"):
        fetch_slack(workspace, account=account, since=SINCE, patience=Clock().patience())
    state.channels["C09MFUPDTS3"]["topic"]["value"] = "payments-gateway, PagerDuty #4127"
    (fetched,) = fetch_slack(
        workspace, account=account, since=SINCE, patience=Clock().patience(told=said.append)
    )
    assert fetched.folder == "evidence/slack-incident-updates"
    assert "took #incident-updates, which names payments-gateway" in said[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.scopes.remove("channels:history"), "the token lacks channels:history"),
        (
            lambda state: state.members["C09MFKICKF2"].remove(state.bot_user),
            "the app is no member of the channel",
        ),
        (lambda state: setattr(state, "token", "another"), "the token is not accepted"),
        (lambda state: state.channels.pop("C09MFKICKF2"), "there is no such channel"),
    ],
)
def test_what_slack_refuses_is_said_with_what_to_do(
    change: Callable[[Any], object], words: str, running: demo.Demo, workspace: Workspace
) -> None:
    """A missing scope, a channel without the app, a token of yesterday."""
    account = account_of(running, "slack")
    change(running.state["slack"])
    with pytest.raises(IntegrationError, match=words):
        fetch_slack(workspace, ["C09MFKICKF2"], account=account, since=SINCE, patience=Clock().patience())
    assert list((workspace.path / "evidence").iterdir()) == []


# Others


def test_what_names_nothing_is_refused(running: demo.Demo, workspace: Workspace) -> None:
    """Each system says what it expects; nothing is asked for."""
    jira, drive = account_of(running, "jira"), account_of(running, "drive")
    patience = Clock().patience()
    for call, words in (
        (lambda: issue_key("checkout"), "expected its key, as PAY-812"),
        (lambda: folder_of("x"), "is no folder"),
        (lambda: fetch_jira(workspace, account=jira, patience=patience), "say which issues"),
        (
            lambda: fetch_jira(workspace, ["AB-1"], jql="x = y", account=jira, patience=patience),
            "say which issues",
        ),
        (
            lambda: fetch_jira(workspace, jql="x = y", account=jira, patience=patience),
            "Field 'x' does not exist",
        ),
        (
            lambda: fetch_jira(workspace, jql="labels = no", account=jira, patience=patience),
            "no issue is found",
        ),
        (
            lambda: fetch_jira(workspace, ["SHOP-1"], account=jira, patience=patience),
            "there is no such thing",
        ),
        (
            lambda: fetch_drive(workspace, "1" * 20, account=drive, patience=patience),
            "is empty, or the token",
        ),
        (lambda: fetch_from(workspace, drive, [], patience=patience), "say which"),
        (lambda: fetch_from(workspace, drive, ["x"], jql="y", patience=patience), "takes no `--jql`"),
        (lambda: fetch_from(workspace, jira, ["x"], since=T0, patience=patience), "takes no `--from`"),
    ):
        with pytest.raises(IntegrationError, match=words):
            call()
    assert list((workspace.path / "evidence").iterdir()) == []
    assert issue_key("https://acme.atlassian.net/browse/PAY-812?x=1") == issue_key("pay-812") == "PAY-812"


def test_importing_is_silent(running: demo.Demo) -> None:
    """pdpyras warns when it is imported; who reads an incident is spared that, even as an error."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", "import pmkit, pmkit.cli"], check=False)
    assert done.returncode == 0
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.delitem(sys.modules, "pdpyras", raising=False)
        warnings.simplefilter("error")
        pagerduty.connect(account_of(running, "pagerduty"))


# The command, and the token


def shell(*words: str, env: dict[str, str]) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(words), env=env)
    return done.exit_code, done.output


def test_the_command_fetches_and_says_what_came(running: demo.Demo, workspace: Workspace) -> None:
    """One line each, exit code 0 where all came; a program reads the same as JSON."""
    env = {f"PMKIT_{name.upper()}_TOKEN": token for name, token in running.token.items()}
    env |= {f"PMKIT_{name.upper()}_URL": url for name, url in running.url.items()}
    env |= {"PMKIT_JIRA_USER": running.user["jira"]}
    incident = str(workspace.path)
    code, said = shell("fetch", incident, "pagerduty", "4127", env=env)
    assert (code, "43 log entries" in said) == (0, True), said
    code, said = shell("fetch", incident, "jira", "SHOP-1421", "--format", "json", env=env)
    assert code == 0
    assert json.loads(said)[0]["counts"]["issues"] == 1
    code, said = shell("fetch", incident, "slack", "nowhere", env=env)
    assert (code, "there is no channel #nowhere" in said) == (2, True), said
    running.state["pagerduty"].incidents[0]["status"] = "triggered"
    running.strike("pagerduty", Faults(Fault("status", 403, match="/notes", times=9)))
    code, said = shell("fetch", incident, "pagerduty", "4127", env=env)
    assert code == 1, said
    assert "incomplete: notes (PagerDuty:" in " ".join(said.split())


SENTINEL = "sentinel" + "0123456789abcdef" * 2
WAYS: dict[str, Faults] = {
    "sound": Faults(),
    "401": Faults(Fault("status", 401, times=OUTAGE)),
    "403 later": Faults(Fault("status", 403, skip=3, times=OUTAGE)),
    "429": Faults(Fault("status", 429, times=OUTAGE)),
    "500 later": Faults(Fault("status", 500, skip=4, times=OUTAGE)),
    "reset": Faults(Fault("reset", times=OUTAGE)),
    "truncated": Faults(Fault("truncated", times=OUTAGE)),
    "html": Faults(Fault("html", times=OUTAGE)),
}


@pytest.mark.parametrize("way", WAYS if os.environ.get("PMKIT_FAULTS") else ["sound", "401", "html"])
def test_the_token_is_in_no_file_log_output_or_traceback(
    way: str, tmp_path: Path, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """A sentinel token through every reader and every way to fail, with logs at their most talkative."""
    caplog.set_level(logging.DEBUG)
    said = StringIO()
    with (
        demo.start(tokens=dict.fromkeys(demo.SYSTEMS, SENTINEL), now=lambda: T0) as running,
        redirect_stdout(said),
        redirect_stderr(said),
    ):
        for system, wanted in (
            ("pagerduty", ["4127"]), ("slack", ["C09MFKICKF2"]), ("jira", ["SHOP-1421"]),
            ("drive", [INCIDENT_FOLDER]),
        ):  # fmt: skip
            faults = WAYS[way]
            running.strike(system, Faults(*(entry[0] for entry in faults._listed)))
            account = credentials.Account(
                system, running.url[system], credentials.Secret(SENTINEL), user="a@b.c"
            )
            try:
                for one in fetch_from(
                    workspace, account, wanted, since=SINCE if system == "slack" else None,
                    patience=Clock().patience(told=said.write),
                ):  # fmt: skip
                    said.write(one.to_text() + repr(one) + json.dumps(one.to_dict(), default=str))
            except IntegrationError as error:
                told = traceback.TracebackException.from_exception(error, capture_locals=True)
                said.write("".join(told.format()) + repr(error))
                assert SENTINEL.encode() not in pickle.dumps(error)
    logged = "".join(f"{record.name} {record.getMessage()} {record.exc_text}" for record in caplog.records)
    assert SENTINEL not in said.getvalue()
    assert SENTINEL not in logged
    for path in (file for file in workspace.path.rglob("*") if file.is_file()):
        assert SENTINEL.encode() not in path.read_bytes(), path


# What can be checked, and what cannot


def fetch_incident(running: demo.Demo, workspace: Workspace) -> list[Fetched]:
    account = account_of(running, "pagerduty")
    return fetch_pagerduty(workspace, "4127", account=account, patience=Clock().patience())


def test_alerts_and_notes_are_held_against_what_pagerduty_says(
    running: demo.Demo, workspace: Workspace
) -> None:
    """It counts the alerts, and its log tells of each note; fewer than that is incomplete."""
    state = running.state["pagerduty"]
    (key,) = state.notes
    state.notes[key].pop()
    list_alerts = state.list_alerts

    def without_one(request: Request, key: str) -> Answer:
        told = list_alerts(request, key)
        return told._replace(value=told.value | {"alerts": told.value["alerts"][1:]})

    state._compiled = [
        (method, pattern, path, without_one if path.endswith("/alerts") else route)
        for method, pattern, path, route in state._compiled
    ]
    (log,) = fetch_incident(running, workspace)
    assert not log.is_complete
    assert "alerts (PagerDuty counts 4 of them)" in log.said
    assert "notes (the log tells of 7; the others were deleted, or left out)" in log.said


def test_an_alert_that_left_meanwhile_is_not_missed(running: demo.Demo, workspace: Workspace) -> None:
    """Where it counted more than came, it is asked once more."""
    state = running.state["pagerduty"]
    (key,) = state.alerts
    running.strike("pagerduty", Faults(Fault("leave", match="/alerts")))
    state.leave = lambda chance: state.alerts[key].pop()
    (log, _) = fetch_incident(running, workspace)
    assert log.verdict.counts["alerts"] == 3
    assert log.is_complete


def test_related_changes_have_no_count_and_that_is_said(running: demo.Demo, workspace: Workspace) -> None:
    """What fills the page that PagerDuty gives may go on behind it."""
    state = running.state["pagerduty"]
    (_, changes) = fetch_incident(running, workspace)
    assert "PagerDuty chooses them, and says no count" in changes.said
    assert changes.is_complete
    (key,) = state.changes
    state.changes[key] = [state.changes[key][0] | {"id": f"C{number:04d}"} for number in range(101)]
    (_, changes) = fetch_incident(running, workspace)
    assert changes.verdict.counts == {"related changes": 100}
    assert "related changes behind the newest (PagerDuty gives no more than 100)" in changes.said


def thread_of_old(state: Slack, channel: str, begun: datetime, *replied: datetime) -> list[str]:
    """A thread that began then and was answered then; the ids of its messages."""
    parent = {"type": "message", "user": "U0", "text": "begun", "ts": slack._ts(begun)}
    replies = [
        {"type": "message", "user": "U0", "text": "later", "ts": slack._ts(at), "thread_ts": parent["ts"]}
        for at in replied
    ]
    rows = [*state.messages[channel], parent, *replies]
    state.messages[channel] = sorted(rows, key=lambda row: str(row["ts"]))
    state._count_replies(channel, str(parent["ts"]))
    return [f"slack:{channel}:{row['ts']}" for row in (parent, *replies)]


@pytest.mark.parametrize("is_unlisted", [False, True])
def test_a_thread_that_began_before_the_span_goes_on_in_it(
    is_unlisted: bool, running: demo.Demo, workspace: Workspace
) -> None:
    """It is looked for two weeks back; a token that reads little leaves it, and says so."""
    state, channel = running.state["slack"], "C09MFKICKF2"
    state.channels[channel]["created"] = int((SINCE - timedelta(days=400)).timestamp())
    old = [
        thread_of_old(state, channel, SINCE - timedelta(days=days), SINCE - timedelta(hours=1), SINCE + late)
        for days, late in ((3, timedelta(hours=5)), (30, timedelta(hours=6)), (5, timedelta(days=300)))
    ]
    thread_of_old(state, channel, SINCE - timedelta(days=4), SINCE - timedelta(days=1))
    state.is_unlisted = is_unlisted
    clock = Clock()
    state.now = clock.now
    (fetched,) = fetch_slack(
        workspace, [channel], account=account_of(running, "slack"), since=SINCE,
        until=SINCE + timedelta(days=9), patience=clock.patience(),
    )  # fmt: skip
    came = set(workspace.events()["event_id"])
    assert fetched.is_complete
    far = SINCE if is_unlisted else SINCE - timedelta(days=14)
    assert f"replies to threads begun before {far:%Y-%m-%d %H:%M} UTC were not looked for" in fetched.said
    assert (old[0][2] in came) == (not is_unlisted)
    assert not came & {old[0][1], *old[1], old[2][1], old[2][2]}
    notes = dict(zip(workspace.evidence()["path"], workspace.evidence()["note"], strict=True))
    assert "were not looked for" in notes["evidence/slack-incident-kickoff"]


def test_a_channel_that_is_younger_than_the_span_has_no_older_threads(
    running: demo.Demo, workspace: Workspace
) -> None:
    """Nothing is asked for, and nothing is left to say."""
    state, channel = running.state["slack"], "C09MFKICKF2"
    state.channels[channel]["created"] = int((SINCE + timedelta(hours=1)).timestamp())
    account = account_of(running, "slack")
    (fetched,) = fetch_slack(workspace, [channel], account=account, since=SINCE, patience=Clock().patience())
    assert "not looked for" not in fetched.said
    asked = [one for one in running.asked["slack"] if "history" in one.path]
    assert len(asked) == len(list((workspace.path / fetched.folder).glob("*messages.json")))
