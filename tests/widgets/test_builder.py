"""The timeline builder without a browser: every click is an edit in the file, every refusal is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pmkit
from pmkit.widgets import builder as builders
from pmkit.widgets import desk
from pmkit.widgets.builder import edit_timeline
from pmkit.widgets.desk import TimelineBuilder

CHAT = "slack:C05MFGENRL0:1793694280.093554"


@pytest.fixture
def workspace(sample: Path) -> pmkit.Workspace:
    return pmkit.Workspace.open(sample)


@pytest.fixture
def builder(workspace: pmkit.Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimelineBuilder]:
    monkeypatch.setattr(builders, "_open_builders", {})
    monkeypatch.delenv("PMKIT_STATIC", raising=False)
    built = edit_timeline(workspace)
    yield built
    built.close()


def hear(part: Any, **message: Any) -> list[dict[str, Any]]:
    """The part receives a message from the page; what it answers."""
    answers: list[dict[str, Any]] = []
    part.send = lambda content, buffers=None: answers.append(content)
    part._handle_custom_msg(message, [])
    return answers


def saved(workspace: pmkit.Workspace, event_id: str) -> dict[str, Any]:
    rows = pmkit.Workspace.open(workspace.path).table("timeline").set_index("event_id")
    return dict(rows.loc[event_id])


def test_the_same_builder_is_shown_again(builder: TimelineBuilder, workspace: pmkit.Workspace) -> None:
    """Running the cell again leaves one builder, not two."""
    assert edit_timeline(workspace) is builder


def test_a_space_in_the_lanes_puts_an_event_on_the_timeline(
    builder: TimelineBuilder, workspace: pmkit.Workspace
) -> None:
    """The lanes, the file and the curated events agree; a second time takes it off."""
    hear(builder.lanes, op="include", ids=[CHAT], on=True)
    assert saved(workspace, CHAT)["included"]
    assert CHAT in {one["id"] for one in builder.lanes.curated}
    hear(builder.lanes, op="include", ids=[CHAT], on=False)
    assert CHAT not in {one["id"] for one in builder.lanes.curated}


def test_a_number_marks_an_anchor_and_takes_it_off(
    builder: TimelineBuilder, workspace: pmkit.Workspace
) -> None:
    """The mark leaves the event that had it, and comes off again; the lanes know who has it."""
    (held,) = builder.lanes.marked["mitigated"]
    hear(builder.lanes, op="mark", id=CHAT, mark="mitigated", on=True, held_by=[held])
    assert saved(workspace, CHAT)["mark"] == "mitigated"
    assert [one["mark"] for one in builder.lanes.anchors].count("mitigated") == 1
    assert builder.lanes.marked["mitigated"] == [CHAT]
    hear(builder.lanes, op="mark", id=CHAT, mark="mitigated", on=False, held_by=[CHAT])
    assert saved(workspace, CHAT)["mark"] == ""


def test_a_mark_given_elsewhere_meanwhile_is_not_moved(
    builder: TimelineBuilder, workspace: pmkit.Workspace
) -> None:
    """Lanes and details say which event has it by now, and show it; a second time moves it."""
    pmkit.mark_event(pmkit.Workspace.open(workspace.path), CHAT, "first_call")
    other = builder.lanes.curated[0]["id"]
    answers = hear(builder.details, op="mark", id=other, mark="first_call", on=True, held_by=[], key="k")
    assert "as first_call meanwhile; mark again" in answers[-1]["text"]
    assert builder.lanes.marked["first_call"] == [CHAT]
    answers = hear(builder.lanes, op="mark", id=other, mark="first_call", on=True, held_by=[])
    assert "as first_call meanwhile; mark again" in answers[-1]["text"]
    hear(builder.lanes, op="mark", id=other, mark="first_call", on=True, held_by=[CHAT])
    assert saved(workspace, CHAT)["mark"] == ""


def test_details_save_words_and_tell_what_they_refuse(
    builder: TimelineBuilder, workspace: pmkit.Workspace
) -> None:
    """The answer brings what is stored; an end that is no time is refused in words, and nothing changes."""
    edit = {"op": "edit", "about": CHAT, "was": [""]}
    answers = hear(builder.details, **edit, edits=[[CHAT, "summary", "Ours"]], key="k1")
    assert (answers[-1]["op"], answers[-1]["said"]["summary"]) == ("saved", "Ours")
    assert saved(workspace, CHAT)["summary"] == "Ours"
    answers = hear(builder.details, **edit, edits=[[CHAT, "ended_at", "soon"]], key="k2")
    assert (answers[-1]["op"], answers[-1]["key"]) == ("error", "k2")
    assert "Not saved." in answers[-1]["text"]
    assert CHAT not in answers[-1]["text"]


def test_details_tell_a_clash_to_the_one_who_wrote(
    builder: TimelineBuilder, workspace: pmkit.Workspace
) -> None:
    """Words that replace unseen ones are saved; the pane says whose they replaced, the table lists both."""
    pmkit.describe_event(pmkit.Workspace.open(workspace.path), CHAT, summary="Theirs")
    edits = [[CHAT, "summary", "Ours"]]
    answers = hear(builder.details, op="edit", about=CHAT, edits=edits, was=[""], key="k")
    assert answers[-1]["text"].startswith("Saved, but somebody else had written “Theirs” meanwhile")
    assert saved(workspace, CHAT)["summary"] == "Ours"
    assert [(one["mine"], one["theirs"]) for one in builder.grid.clashes] == [("Ours", "Theirs")]
    edits = [[CHAT, "summary", "Ours again"]]
    answers = hear(builder.details, op="edit", about=CHAT, edits=edits, was=["Ours"], key="k")
    assert answers[-1]["text"] == ""


def test_details_do_not_delete_what_changed_meanwhile(
    builder: TimelineBuilder, workspace: pmkit.Workspace
) -> None:
    """An event by hand that somebody wrote on stays, and the pane says why."""
    seen = builder.records.said("manual:worst-minute")
    pmkit.describe_event(pmkit.Workspace.open(workspace.path), "manual:worst-minute", note="Theirs")
    delete = {"op": "delete", "id": "manual:worst-minute", "about": "manual:worst-minute", "key": "k"}
    answers = hear(builder.details, **delete, was=seen)
    assert "somebody else changed it meanwhile, so it stays" in answers[-1]["text"]
    assert saved(workspace, "manual:worst-minute")["note"] == "Theirs"
    hear(builder.details, **delete, was={**seen, "note": "Theirs"})
    assert "manual:worst-minute" not in builder.session.worksheet


def test_a_team_marks_with_its_own_word(builder: TimelineBuilder, workspace: pmkit.Workspace) -> None:
    """An anchor of the team's own stands beside the five."""
    hear(builder.details, op="mark", id=CHAT, mark="first_customer_call", on=True, held_by=[], key="k")
    assert saved(workspace, CHAT)["mark"] == "first_customer_call"


def test_choosing_shows_the_record_to_the_one_who_chose(builder: TimelineBuilder) -> None:
    """The lanes' viewer gets the record; the grid moves to the event."""
    moved: list[str] = []
    builder.grid.goto = moved.append
    shown: list[dict[str, Any]] = []
    builder.details.send = lambda content, buffers=None: shown.append(content)
    hear(builder.lanes, op="select", id=CHAT, viewer="v")
    assert moved == [CHAT]
    assert (shown[-1]["viewer"], shown[-1]["record"]["id"]) == ("v", CHAT)


def test_a_change_refreshes_the_record_on_the_page(builder: TimelineBuilder) -> None:
    """What the pane shows follows the file, and an event that was undone leaves the pane."""
    pmkit.add_event(builder.workspace, "2026-11-03 08:00 UTC", "Seen by hand")
    builder.choose("manual:seen-by-hand")
    assert builder.details.record["id"] == "manual:seen-by-hand"
    pmkit.undo(builder.workspace, "timeline")
    assert builder.details.record == {}


def test_a_window_filters_the_grid(builder: TimelineBuilder) -> None:
    """Only events of the window are shown, those with a time of people's own too; no window shows all."""
    builder.show_window("2026-11-03T07:41:00Z", "2026-11-03T07:42:00Z")
    assert "manual:first-exhausted-cart" in builder.grid.shown
    times = {builder.session.worksheet.cell(row_id, "time")[:16] for row_id in builder.grid.shown}
    assert times == {"2026-11-03T07:41"}
    builder.show_window(None)
    assert builder.grid.shown is None


def test_alerts_fold_in_lanes_and_grid_alike(builder: TimelineBuilder) -> None:
    """The switch in the lanes folds the grid; a burst of which the details show each is unfolded."""
    folded_rows = len(builder.grid.rows)
    first = builder.folded.bursts["burst_id"].iloc[0]
    hear(builder.details, op="unfold", id=first, on=True, key="k")
    assert len(builder.grid.rows) > folded_rows
    builder.lanes.fold = False
    assert len(builder.grid.rows) == len(builder.session.worksheet.row_ids)


def test_choosing_a_folded_event_unfolds_it(builder: TimelineBuilder) -> None:
    """An event of a burst that somebody goes to is shown, not hidden behind the first."""
    member = builder.folded.bursts["event_ids"].iloc[0].split()[2]
    assert member not in builder.folded.worksheet.row_ids
    builder.choose(member)
    assert member in builder.folded.worksheet.row_ids


def test_a_burst_becomes_one_line(builder: TimelineBuilder, workspace: pmkit.Workspace) -> None:
    """One click puts the first alert on the timeline, with the end of the last."""
    burst = builder.folded.bursts.iloc[0]
    answers = hear(builder.details, op="fold", id=burst["burst_id"], key="k")
    assert "15 like alerts" in answers[-1]["text"]
    assert saved(workspace, burst["burst_id"])["ended_at"] == burst["end_at"]


def test_an_event_by_hand_says_its_zone(builder: TimelineBuilder, workspace: pmkit.Workspace) -> None:
    """A time in the team's zone is stored in UTC, and the new event is chosen."""
    answers = hear(
        builder.entry,
        op="add",
        key="k",
        day="2026-11-03",
        at="09:15",
        tz="Europe/Amsterdam",
        text="Call came",
        actor="",
        place="",
    )
    assert "done" in answers[-1]
    assert f"{saved(workspace, 'manual:call-came')['time']:%H:%M %Z}" == "08:15 UTC"
    assert builder.details.record["id"] == "manual:call-came"


def test_pasted_lines_are_previewed_and_added(builder: TimelineBuilder, workspace: pmkit.Workspace) -> None:
    """The preview shows UTC and writes nothing; pasting adds all; a line that cannot be read refuses all."""
    paste = {"key": "k", "day": "2026-11-03", "tz": "Asia/Tokyo", "text": "23:58 one\n00:02 two"}
    answers = hear(builder.entry, op="preview", **paste)
    assert [line["text"] for line in answers[-1]["lines"]] == ["one", "two"]
    assert "manual:one" not in builder.session.worksheet
    hear(builder.entry, op="paste", **paste)
    assert f"{saved(workspace, 'manual:two')['time']:%d %H:%M}" == "03 15:02"
    before = len(workspace.table("timeline"))
    answers = hear(builder.entry, op="paste", **{**paste, "text": "09:00 fine\nnot a line"})
    assert "Line 2" in answers[-1]["trouble"]
    assert len(workspace.table("timeline")) == before


def test_suggestions_are_taken_and_left(builder: TimelineBuilder, workspace: pmkit.Workspace) -> None:
    """Each has reasons; one that is taken is done and gone, one that is left stays away."""
    take, leave = builder.queue.items[:2]
    assert take["reasons"]
    count = len(builder.queue.items)
    hear(builder.queue, op="take", id=take["id"])
    assert saved(workspace, take["event_id"])["included"]
    hear(builder.queue, op="leave", id=leave["id"])
    assert len(builder.queue.items) == count - 2
    builder.look_again()
    assert leave["id"] not in {item["id"] for item in builder.queue.items}


def test_suggestions_are_looked_for_once_the_page_stands(workspace: pmkit.Workspace) -> None:
    """In a kernel the page asks for them when it is painted, and looks once however many ask."""

    async def kernel() -> tuple[Any, Any, Any]:
        built = TimelineBuilder(workspace)
        before = built.queue.items
        hear(built.queue, op="look")
        found = built.queue.items
        hear(built.queue, op="look")
        again = built.queue.items
        built.close()
        return before, found, again

    before, found, again = asyncio.run(kernel())
    assert before is None
    assert len(found) > 0
    assert again is found


def test_a_repaint_that_never_came_holds_up_no_other(
    builder: TimelineBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread in which one waits may end, as when the page is loaded again; the next one paints both."""
    with monkeypatch.context() as ended:
        ended.setattr(builder, "_soon", lambda act: None)
        hear(builder.lanes, op="include", ids=[CHAT], on=True)
    assert CHAT not in {one["id"] for one in builder.lanes.curated}
    monkeypatch.setattr(desk.time, "monotonic", lambda: builder._due + 1)
    other = next(i for i in builder.session.worksheet.row_ids if i not in builder._curated and i != CHAT)
    hear(builder.lanes, op="include", ids=[other], on=True)
    assert {CHAT, other} <= {one["id"] for one in builder.lanes.curated}


def test_a_suggested_anchor_leaves_somebody_elses_alone(
    builder: TimelineBuilder, workspace: pmkit.Workspace
) -> None:
    """A suggestion made while no event had the mark does not take it from the one that has it by now."""
    pmkit.unmark_event(workspace, "manual:back-in-band", "resolved")
    builder.suggest()
    item = next(one for one in builder.queue.items if one["id"].startswith("anchor:resolved:pd"))
    pmkit.mark_event(pmkit.Workspace.open(workspace.path), CHAT, "resolved")
    answers = hear(builder.queue, op="take", id=item["id"])
    assert "as resolved meanwhile" in answers[-1]["text"]
    assert saved(workspace, CHAT)["mark"] == "resolved"


def test_what_is_done_by_hand_is_suggested_no_longer(builder: TimelineBuilder) -> None:
    """Including the event of an early signal takes it out of the queue."""
    item = builder.queue.items[0]
    pmkit.include_events(builder.workspace, item["event_id"])
    assert item["id"] not in {one["id"] for one in builder.queue.items}


def test_a_message_becomes_a_decision(builder: TimelineBuilder, workspace: pmkit.Workspace) -> None:
    """One click, and the decisions have a row with the message as its record."""
    answers = hear(builder.details, op="promote", id=CHAT, key="k")
    assert answers[-1]["text"].endswith("is a new decision.")
    assert CHAT in " ".join(workspace.table("decisions")["event_ids"])


def test_somebody_elses_edit_arrives_everywhere(builder: TimelineBuilder, workspace: pmkit.Workspace) -> None:
    """What another object saved is in the lanes after the grid's next look."""
    pmkit.include_events(pmkit.Workspace.open(workspace.path), CHAT)
    builder.grid.refresh()
    assert CHAT in {one["id"] for one in builder.lanes.curated}


def test_an_incident_without_evidence_opens(tmp_path: Path) -> None:
    """A new workspace has an empty builder, ready for events by hand."""
    workspace = pmkit.Workspace.create(tmp_path / "new", title="New", severity="SEV2")
    builder = TimelineBuilder(workspace)
    hear(builder.entry, op="add", key="k", day="2026-11-03", at="09:15", tz="UTC", text="It began")
    assert [one["text"] for one in builder.lanes.curated] == ["It began"]
    builder.close()


def test_headless_the_timeline_is_chart_and_table(
    workspace: pmkit.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `PMKIT_STATIC=1` the call shows the timeline as it stands, drawn and listed, without a widget."""
    monkeypatch.setenv("PMKIT_STATIC", "1")
    bundle = edit_timeline(workspace)._repr_mimebundle_()
    assert "<svg" in bundle["text/html"]
    assert "<table" in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" not in bundle
