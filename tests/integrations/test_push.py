"""What a push does and leaves, system by system: nobody's edit is overwritten, and what is wrong is said."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pmkit import schema
from pmkit.errors import IntegrationError
from pmkit.integrations.ledger import LEDGER
from pmkit.integrations.plan import COLUMNS, Push
from pmkit.session import edit_row
from pmkit.workspace import Workspace
from tests.integrations.wire import writers


def step(push: Push, name: str) -> Any:
    return next(one for one in push.steps if one.name == name)


def actions(folder: Path) -> pd.DataFrame:
    return Workspace.open(folder).table("actions").set_index("action_id")


def issue_of(stand: Any, folder: Path, action_id: str) -> dict[str, Any]:
    fields: dict[str, Any] = stand.state.issues[actions(folder).at[action_id, "issue_key"]]["fields"]
    return fields


# Any system


@pytest.mark.parametrize("stand", writers("jira", "slack"), indirect=True)
def test_a_dry_run_changes_nothing(stand: Any, folder: Path) -> None:
    """It asks only for what is there, says what it would do, and writes no line."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    push = stand.push(folder, apply=False)
    assert "Nothing was sent; --apply does it." in push.to_text()
    assert list(push.to_frame().columns) == list(COLUMNS)
    assert set(push.to_frame()["outcome"]) == {""}
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.name in {p.name for p in before}}
    assert not (folder / LEDGER).exists()
    writes = [asked for asked in stand.server.asked if asked.method != "GET"]
    assert stand.system == "slack" or writes == []
    assert set(stand.counts(folder).values()) <= {0, 1, -2}


@pytest.mark.parametrize("stand", writers("jira"), indirect=True)
def test_a_lost_ledger_makes_nothing_twice(stand: Any, folder: Path, review: Path, tmp_path: Path) -> None:
    """A colleague with another copy of the folder finds what is there, by its mark, and takes it as it is."""
    stand.push(folder)
    other = Path(shutil.copytree(review, tmp_path / "other" / review.name))
    push = stand.push(other)
    assert {one.action for one in push.steps} <= {"adopt", "skip", "create", "update"}
    assert [one.name for one in push.steps if one.action == "create" and "link" not in one.name] == []
    assert {name: count for name, count in stand.counts(other).items() if count != 1} == {}


# Jira


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_an_issue_says_who_when_and_why(stand: Any, folder: Path) -> None:
    """DRI by their address or role, due date, priority, text and labels; its key comes into actions.csv."""
    push = stand.push(folder)
    assert push.is_whole
    first, second = issue_of(stand, folder, "A1"), issue_of(stand, folder, "A2")
    assert (first["assignee"]["displayName"], first["duedate"]) == ("Mei Tanaka", "2026-11-20")
    assert (second["assignee"]["displayName"], second["priority"]["name"]) == ("Ana Costa", "High")
    assert "From the postmortem 2026-11-03-checkout, action A1" in first["description"]
    assert all(" " not in label for label in issue_of(stand, folder, "A 3")["labels"])


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_what_changes_in_jira_comes_back(stand: Any, folder: Path) -> None:
    """Status, assignee and due date; what was changed here only goes there."""
    stand.push(folder)
    fields = issue_of(stand, folder, "A1")
    fields |= {"status": {"name": "Done"}, "duedate": "2026-12-01", "assignee": stand.state.users[1]}
    edit_row(
        Workspace.open(folder), "actions", "A2", due_on="2026-12-24", action="Alert on refused carts early"
    )
    push = stand.push(folder)
    assert push.is_whole
    row = actions(folder).loc["A1"]
    assert (row["status"], f"{row['due_on']:%Y-%m-%d}", row["dri"]) == ("done", "2026-12-01", "Ana Costa")
    other = issue_of(stand, folder, "A2")
    assert (other["duedate"], other["summary"]) == ("2026-12-24", "Alert on refused carts early")
    assert {one.action for one in stand.push(folder).steps} == {"skip"}


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_what_changed_on_both_sides_is_shown_and_left(stand: Any, folder: Path) -> None:
    """Neither side is overwritten until somebody makes them alike."""
    stand.push(folder)
    issue_of(stand, folder, "A1")["duedate"] = "2026-12-01"
    issue_of(stand, folder, "A1")["status"] = {"name": "In Progress"}
    edit_row(Workspace.open(folder), "actions", "A1", due_on="2026-12-24", status="done")
    push = stand.push(folder)
    told = step(push, "issue A1, in conflict")
    assert told.action == "conflict"
    assert "here “2026-12-24”, in Jira “2026-12-01”" in told.why
    assert "status was changed on both sides: here “done”, in Jira “in progress”" in told.why
    assert not push.is_whole
    assert issue_of(stand, folder, "A1")["status"] == {"name": "In Progress"}
    assert issue_of(stand, folder, "A1")["duedate"] == "2026-12-01"
    assert f"{actions(folder).at['A1', 'due_on']:%Y-%m-%d}" == "2026-12-24"
    issue_of(stand, folder, "A1")["duedate"] = "2026-12-24"
    issue_of(stand, folder, "A1")["status"] = {"name": "Done"}
    assert stand.push(folder).is_whole


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_a_status_goes_to_jira_through_a_transition(stand: Any, folder: Path) -> None:
    """Where the issue still stands as it was seen last: the plan says which, and `--apply` takes it, once."""
    stand.push(folder)
    stand.state.ways["31"] = "Close issue"
    stand.state.screens["41"] = {
        "resolution": {
            "name": "Resolution", "key": "resolution", "required": True, "schema": {"type": "resolution"},
            "operations": ["set"], "allowedValues": [{"name": "Done"}, {"name": "Won't Do"}],
        },
    }  # fmt: skip
    edit_row(Workspace.open(folder), "actions", "A1", status="done")
    edit_row(Workspace.open(folder), "actions", "A2", status="dropped", due_on="2026-12-24")
    dry = stand.push(folder, apply=False)
    assert step(dry, "issue A1").why == "status there: “Done”, by “Close issue”"
    assert "status there: “Won't Do”; due date there: “2026-12-24”" in step(dry, "issue A2").why
    assert issue_of(stand, folder, "A1")["status"] == {"name": "To Do"}
    assert stand.push(folder).is_whole
    statuses = [issue_of(stand, folder, name)["status"]["name"] for name in ("A1", "A2", "A 3")]
    assert statuses == ["Done", "Won't Do", "To Do"]
    assert dict(actions(folder)["status"]) == {"A1": "done", "A2": "dropped", "A 3": ""}
    assert {one.action for one in stand.push(folder).steps} == {"skip"}
    edit_row(Workspace.open(folder), "actions", "A1", status="in progress")
    assert stand.push(folder).is_whole
    assert issue_of(stand, folder, "A1")["status"] == {"name": "In Progress"}
    assert {one.action for one in stand.push(folder).steps} == {"skip"}


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_an_action_that_was_done_before_it_had_an_issue_is_brought_there(stand: Any, folder: Path) -> None:
    """An issue begins as open; the next push says that it is done here, and moves it."""
    edit_row(Workspace.open(folder), "actions", "A1", status="done")
    assert stand.push(folder).is_whole
    assert actions(folder).at["A1", "status"] == "done"
    assert step(stand.push(folder), "issue A1").action == "update"
    assert issue_of(stand, folder, "A1")["status"] == {"name": "Done"}
    assert {one.action for one in stand.push(folder).steps} == {"skip"}


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_what_somebody_in_jira_changes_meanwhile_stays(stand: Any, folder: Path) -> None:
    """Between the plan and the doing: the issue is looked at again, and what is fresh there is left."""
    stand.push(folder)
    edit_row(Workspace.open(folder), "actions", "A1", status="done", due_on="2026-12-24")
    answer = stand.state.answer

    def answer_late(request: Any) -> Any:
        told = answer(request)
        if request.path.endswith("/transitions") and request.method == "GET":
            issue_of(stand, folder, "A1")["status"] = {"name": "In Progress"}
        return told

    stand.state.answer = answer_late
    push = stand.push(folder)
    assert step(push, "issue A1").outcome == "refused"
    assert "status changed there meanwhile; nothing was overwritten" in step(push, "issue A1").why
    fields = issue_of(stand, folder, "A1")
    assert (fields["status"], fields["duedate"]) == ({"name": "In Progress"}, "2026-11-20")
    stand.state.answer = answer
    assert "status was changed on both sides" in step(stand.push(folder), "issue A1, in conflict").why


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_an_edit_made_meanwhile_here_stays(stand: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell that somebody changes between the plan and the doing is not overwritten by what comes back."""
    stand.push(folder)
    issue_of(stand, folder, "A1")["duedate"] = "2026-12-01"
    from pmkit.integrations import push_actions

    take = push_actions._Sheet.take

    def late(self: Any, action_id: str, cells: Any) -> Any:
        edit_row(Workspace.open(folder), "actions", action_id, due_on="2026-12-31")
        return take(self, action_id, cells)

    monkeypatch.setattr(push_actions._Sheet, "take", late)
    push = stand.push(folder)
    assert any("was changed here meanwhile" in note for note in push.notes)
    assert f"{actions(folder).at['A1', 'due_on']:%Y-%m-%d}" == "2026-12-31"


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_somebodys_own_issue_is_taken_over(stand: Any, folder: Path) -> None:
    """A key that people wrote is used: it gets the label, its words stay, and no second issue is made."""
    made = stand.state._create(
        {"summary": "Our own words", "issuetype": {"name": "Task"}}, stand.state.users[0], stand.clock()
    )
    edit_row(Workspace.open(folder), "actions", "A1", issue_key=made["key"])
    push = stand.push(folder)
    assert step(push, "issue A1").action == "adopt"
    fields = issue_of(stand, folder, "A1")
    assert fields["summary"] == "Our own words"
    assert (fields["assignee"]["displayName"], fields["duedate"]) == ("Mei Tanaka", "2026-11-20")
    assert any(label.endswith("-A1") for label in fields["labels"])


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_two_issues_with_one_mark_stop_the_push(stand: Any, folder: Path) -> None:
    """They are shown, and nothing is written to either."""
    stand.push(folder)
    twin = dict(issue_of(stand, folder, "A1"))
    made = stand.state._create(
        {name: twin[name] for name in ("summary", "issuetype", "labels")}, stand.state.users[0], stand.clock()
    )
    stand.clock.pause(600)
    push = stand.push(folder)
    told = step(push, "issue A1")
    assert told.action == "conflict"
    assert made["key"] in told.why


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_a_key_that_is_not_there_is_said(stand: Any, folder: Path) -> None:
    """An issue that was deleted, or a slip of the pen, makes no new one by itself."""
    edit_row(Workspace.open(folder), "actions", "A1", issue_key="SHOP-999")
    push = stand.push(folder)
    assert "SHOP-999 is not in Jira" in step(push, "issue A1").why
    assert not push.is_whole


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_a_map_that_does_not_fit_is_explained(stand: Any, folder: Path) -> None:
    """Every fault at once: fields that are not there, columns that are not, what has to be filled in."""
    stand.settings = {
        "fields": {"done_when": "Acceptance", "dir": "summary", "due_on": "Summary"},
        "always": {"nothing": "x", "priority": "Urgent"},
    }
    stand.state.required["Task"] = ["customfield_10077"]
    with pytest.raises(IntegrationError) as caught:
        stand.push(folder)
    text = str(caught.value)
    for words in (
        "Task in SHOP has no field “Acceptance”", "actions.csv has no such column", "and a day is needed",
        "always.nothing", "takes Highest, High, Medium, Low, Lowest", "“customfield_10077” (",
    ):  # fmt: skip
        assert words in text
    stand.settings = {"issue_type": "Incident"}
    with pytest.raises(IntegrationError, match="has no issue type “Incident”; it has Task, Bug"):
        stand.push(folder)


@pytest.mark.parametrize("stand", ["jira"], indirect=True)
def test_data_center_is_pushed_to_as_well(stand: Any, folder: Path) -> None:
    """Its search, its people and its lists have other names."""
    stand.state.is_cloud = False
    assert stand.push(folder).is_whole
    assert {name: count for name, count in stand.counts(folder).items() if count != 1} == {}
    assert issue_of(stand, folder, "A1")["assignee"]["displayName"] == "Mei Tanaka"


# Slack


@pytest.mark.parametrize("stand", ["slack"], indirect=True)
def test_each_post_goes_where_it_belongs(stand: Any, folder: Path) -> None:
    """Kickoff, check-ins that were held, decisions; what people wrote mentions nobody."""
    stand.push(folder)
    texts = {
        channel["name"]: [message["text"] for message in stand.state.messages[channel["id"]]]
        for channel in stand.state.channels.values()
    }
    assert any(text.startswith("*Postmortem: Checkout failed*") for text in texts["incident-kickoff"])
    assert any(text.startswith("*Decision D2*") for text in texts["incident-decisions"])
    assert any(text.startswith("*Daily, Wednesday, 4 November*") for text in texts["incident-updates"])
    assert not any("Final retro" in text for text in texts["postmortem-retro"])
    assert "<!channel>" not in str(texts)
    assert "Hold &lt;!channel&gt; the campaign\n*Why:* a &amp; b" in str(texts["incident-decisions"][-1])


@pytest.mark.parametrize("stand", ["slack"], indirect=True)
def test_a_decision_in_other_words_changes_its_post(stand: Any, folder: Path) -> None:
    """The post that is there is changed; there is no second one."""
    stand.push(folder)
    edit_row(Workspace.open(folder), "decisions", "D1", decision="Roll back to 4.2")
    push = stand.push(folder)
    assert [one.name for one in push.steps if one.action != "skip"] == ["post decision D1"]
    assert "Roll back to 4.2" in str(stand.state.messages)
    assert {name: count for name, count in stand.counts(folder).items() if count != 1} == {}


@pytest.mark.parametrize("stand", ["slack"], indirect=True)
def test_what_people_set_in_a_channel_stays(stand: Any, folder: Path) -> None:
    """Another purpose is kept, and who left is not fetched back."""
    stand.push(folder)
    channel = next(iter(stand.state.channels.values()))
    channel["purpose"]["value"] = "Ours"
    stand.state.members[channel["id"]].remove("U0PERSON1")
    push = stand.push(folder)
    assert channel["purpose"]["value"] == "Ours"
    assert "U0PERSON1" not in stand.state.members[channel["id"]]
    assert push.is_whole


@pytest.mark.parametrize("stand", ["slack"], indirect=True)
def test_a_channel_of_that_name_is_adopted_and_an_archived_one_said(stand: Any, folder: Path) -> None:
    """The app joins it; one in the archive waits for somebody."""
    for name in ("incident-kickoff", "incident-updates"):
        channel = stand.state._made_channel(name) if hasattr(stand.state, "_made_channel") else None
        if channel is None:
            stand.state.channels[f"C0{name[-7:].upper()}"] = channel = {
                "id": f"C0{name[-7:].upper()}", "name": name, "purpose": {"value": ""}, "is_archived": False,
            }  # fmt: skip
            stand.state.messages[channel["id"]], stand.state.members[channel["id"]] = [], []
    channel["is_archived"] = True
    push = stand.push(folder)
    assert step(push, "channel incident-kickoff").action == "adopt"
    assert "is archived" in step(push, "channel incident-updates").why
    assert not any(one.name == "post checkin daily-1" and one.outcome == "done" for one in push.steps)


@pytest.mark.parametrize("stand", ["slack"], indirect=True)
def test_a_missing_scope_is_named(stand: Any, folder: Path) -> None:
    """Which one is needed, and what to do."""
    stand.state.scopes.remove("chat:write")
    push = stand.push(folder)
    refused = step(push, "post kickoff")
    assert refused.outcome == "refused"
    assert "the scope chat:write is missing" in refused.why


# Google Drive and PagerDuty


@pytest.mark.parametrize("stand", ["drive"], indirect=True)
def test_a_sheet_that_somebody_edited_is_left(stand: Any, folder: Path) -> None:
    """It is shown with the time; other files are brought up to date in place."""
    stand.push(folder)
    sheet = next(f for f in stand.state.files.values() if f["name"] == "Action-item tracker")
    sheet["modifiedTime"] = "2026-11-06T10:00:00.000Z"
    content = stand.state.content[sheet["id"]]
    edit_row(Workspace.open(folder), "actions", "A1", note="new words")
    (folder / "report" / "report.html").write_text("<h1>new</h1>", encoding="utf-8")
    push = stand.push(folder)
    assert "was edited there since (2026-11-06" in step(push, "actions.csv").why
    assert stand.state.content[sheet["id"]] == content
    assert step(push, "report.html").action == "update"
    page = next(key for key, f in stand.state.files.items() if f["name"].endswith(".html"))
    assert stand.state.content[page] == b"<h1>new</h1>"
    assert {name: count for name, count in stand.counts(folder).items() if count != 1} == {}


@pytest.mark.parametrize("stand", ["drive"], indirect=True)
def test_a_large_report_and_a_shared_drive(stand: Any, folder: Path) -> None:
    """What is too large for one request goes in two, and all lies on the shared drive."""
    stand.settings = {"folder": "0APMKITDEMO"}
    whole = b"<p>" + b"x" * (6 * 2**20)
    (folder / "report" / "report.html").write_bytes(whole)
    assert stand.push(folder).is_whole
    assert whole in stand.state.content.values()
    assert all(file.get("driveId") == "0APMKITDEMO" for file in stand.state.files.values())
    stand.settings = {"folder": "0ELSEWHERE"}
    with pytest.raises(IntegrationError, match="0ELSEWHERE is not there"):
        stand.push(folder)


@pytest.mark.parametrize("stand", ["drive"], indirect=True)
def test_an_account_without_room_is_told(stand: Any, folder: Path) -> None:
    """A service account has none of its own; what Google says of it is shown."""
    stand.state.has_quota = False
    push = stand.push(folder)
    assert step(push, "report.html").outcome == "refused"
    assert "Leverage shared drives" in step(push, "report.html").why


@pytest.mark.parametrize("stand", ["pagerduty", "pagerduty 7"], indirect=True)
def test_a_note_is_written_once_for_each_link(stand: Any, folder: Path) -> None:
    """Another link is another note."""
    stand.push(folder)
    stand.push(folder)
    stand.push(folder, link="https://drive.example.com/other")
    notes = [note["content"] for note in stand.state.notes["Q1INCIDENT"]]
    assert [text.splitlines()[1] for text in notes] == [
        "https://drive.example.com/report", "https://drive.example.com/other",
    ]  # fmt: skip


def test_every_table_that_goes_out_is_one_of_the_schema() -> None:
    """The columns that Jira's map may name are those of actions.csv."""
    from pmkit.integrations.jira_fields import USUAL

    assert set(USUAL) - {"description"} <= set(schema.ACTIONS.column_names)
