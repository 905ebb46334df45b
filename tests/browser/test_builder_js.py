"""The parts of the timeline builder in a real browser: lanes, details, suggestions, events by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pmkit.widgets.lanes import script, style

pytestmark = pytest.mark.browser

Mount = Callable[..., Any]
START = 1793692800000  # 2026-11-03T08:00:00Z
MINUTE = 60_000
LANES = [
    {"name": "#ops", "colour": "#2f6fa8", "marker": "circle"},
    {"name": "PagerDuty", "colour": "#12855f", "marker": "square"},
    {"name": "Observed", "colour": "#565f6b", "marker": "diamond-open"},
]
BREAK = "document.body.dataset.broken='yes'"
EVIL = f'<img src=x onerror="{BREAK}"><script>{BREAK}</script>'


@pytest.fixture
def part(mount: Mount, tmp_path: Path) -> Mount:
    """`part("lanes", state)`: that part over a model, its script behind the one all parts share."""

    def make(name: str, state: dict[str, Any], **more: Any) -> Any:
        (tmp_path / f"{name}.js").write_text(script(name), encoding="utf-8")
        (tmp_path / f"{name}.css").write_text(style(name), encoding="utf-8")
        common = {"zone": "utc", "team_zone": "Europe/Amsterdam", "zone_name": "UTC", "label": name}
        return mount(str(tmp_path / name), {**common, **state}, **more)

    return make


def lanes_state(count: int = 40, **more: Any) -> dict[str, Any]:
    """An event each half minute, by turns in two lanes; three of them on the timeline."""
    raw = {
        "ids": [f"e{n}" for n in range(count)],
        "times": [START + n * MINUTE // 2 for n in range(count)],
        "lanes": [n % 2 for n in range(count)],
        "words": [f"words of {n}" for n in range(count)],
    }
    curated = [
        {
            "id": "e4",
            "t": START + 2 * MINUTE,
            "end": START + 5 * MINUTE,
            "lane": 0,
            "text": "It began",
            "mark": "impact_started",
        },
        {"id": "manual:x", "t": START + 7 * MINUTE, "end": None, "lane": 2, "text": "Seen", "mark": ""},
        {"id": "e20", "t": START + 10 * MINUTE, "end": None, "lane": 0, "text": "Over", "mark": "resolved"},
    ]
    anchors = [
        {"mark": "impact_started", "t": START + 2 * MINUTE, "basis": "marked"},
        {"mark": "resolved", "t": START + 10 * MINUTE, "basis": "default"},
    ]
    phases = [
        {"name": "lead-up", "start": START, "end": START + 2 * MINUTE, "colour": "#8592a3"},
        {"name": "detection", "start": START + 2 * MINUTE, "end": START + 10 * MINUTE, "colour": "#e0902f"},
    ]
    home = [START - MINUTE, START + 20 * MINUTE]
    bursts: list[Any] = []
    state = {"lanes": LANES, "raw": raw, "curated": curated, "anchors": anchors, "phases": phases}
    state["marked"] = {"impact_started": ["e4"]}
    return {**state, "bursts": bursts, "fold": True, "unfolded": [], "home": home, **more}


def spoken(lanes: Any) -> str:
    """What a screen reader hears of the selected event."""
    return str(lanes.page.locator("[role=option]").text_content())


def x_of(lanes: Any, minutes: float) -> float:
    """Where a time stands on the page, from the axis the picture is drawn with."""
    return float(
        lanes.page.locator(".pmkit-lanes-stage").evaluate(
            """(stage, minutes) => {
          const pen = document.createElement("canvas").getContext("2d");
          pen.font = '12px system-ui, "Source Sans Pro", sans-serif';
          const widths = ["#ops", "PagerDuty", "Observed"].map((name) => pen.measureText(name).width);
          const left = Math.max(...widths, 40) + 20;
          const box = stage.getBoundingClientRect();
          return box.left + left + ((minutes + 1) / 21) * (stage.clientWidth - left - 16);
        }""",
            minutes,
        )
    )


# Lanes


def test_arrows_move_along_the_events_and_tell_them(part: Mount) -> None:
    """Right goes through all lanes by time, with Shift on the timeline only; down changes the lane."""
    lanes = part("lanes", lanes_state())
    lanes.page.locator(".pmkit-lanes-stage").focus()
    lanes.press("ArrowRight", "ArrowRight")
    assert lanes.last("select")["id"] == "e1"
    assert spoken(lanes) == "3 Nov 08:00:30 UTC, PagerDuty, not on the timeline, words of 1"
    lanes.press("Shift+ArrowRight")
    assert spoken(lanes) == "3 Nov 08:02:00 UTC, #ops, on the timeline, impact started, It began"
    lanes.press("ArrowDown")
    assert "PagerDuty" in spoken(lanes)
    lanes.press("End")
    assert lanes.last("select")["id"] == "e39"


def test_keys_include_and_mark(part: Mount) -> None:
    """Space asks for the event to be put on or taken off; a digit asks for an anchor; Enter opens it."""
    lanes = part("lanes", lanes_state())
    lanes.page.locator(".pmkit-lanes-stage").focus()
    lanes.press("ArrowRight", "Space", "2", "Enter")
    assert lanes.last("include") | {"viewer": ""} == {
        "op": "include",
        "ids": ["e0"],
        "on": True,
        "viewer": "",
    }
    mark = lanes.last("mark")
    assert (mark["mark"], mark["on"], mark["held_by"]) == ("detected", True, [])
    assert lanes.last("open")["id"] == "e0"
    lanes.press("Shift+ArrowRight", "1")
    mark = lanes.last("mark")
    assert (mark["id"], mark["on"], mark["held_by"]) == ("e4", False, ["e4"])
    lanes.press("Home")
    lanes.press("Shift+ArrowRight", "Space")
    assert lanes.last("include")["on"] is False


def test_a_drag_marks_a_window_and_escape_takes_it_off(part: Mount) -> None:
    """The window is told once the mouse is up, in UTC, and shown with what is inside it."""
    lanes = part("lanes", lanes_state())
    box = lanes.page.locator(".pmkit-lanes-stage").bounding_box()
    mouse, y = lanes.page.mouse, box["y"] + 60
    mouse.move(x_of(lanes, 1.75), y)
    mouse.down()
    mouse.move(x_of(lanes, 5), y)
    mouse.move(x_of(lanes, 7.75), y)
    assert "window" not in lanes.ops()
    mouse.up()
    window = lanes.last("window")
    assert abs(window["start"] - START - 1.75 * MINUTE) < 2000
    assert abs(window["end"] - START - 7.75 * MINUTE) < 2000
    assert "13 events, 2 on the timeline" in lanes.text(".pmkit-lanes-chip")
    lanes.page.locator(".pmkit-lanes-stage").focus()
    lanes.press("Escape")
    assert lanes.last("window")["start"] is None


def test_a_window_can_be_marked_with_keys(part: Mount) -> None:
    """Brackets set its ends at the selected event, W the five minutes to either side."""
    lanes = part("lanes", lanes_state())
    lanes.page.locator(".pmkit-lanes-stage").focus()
    lanes.press("Shift+ArrowRight", "[", "Shift+ArrowRight", "]")
    assert [lanes.last("window")[end] - START for end in ("start", "end")] == [2 * MINUTE, 7 * MINUTE]
    lanes.press("w")
    assert lanes.last("window")["end"] - lanes.last("window")["start"] == 10 * MINUTE


def test_a_click_selects_the_event_under_it(part: Mount) -> None:
    """Above the line stands what is on the timeline, below it the raw event of nearly the same time."""
    lanes = part("lanes", lanes_state())
    top = lanes.page.locator(".pmkit-lanes-stage").bounding_box()["y"] + 8 + 16
    lanes.page.mouse.click(x_of(lanes, 10), top + 12)
    assert lanes.last("select")["id"] == "e20"
    lanes.page.mouse.click(x_of(lanes, 12), top + 27)
    assert lanes.last("select")["id"] == "e24"


def test_zones_change_what_is_shown_only(part: Mount) -> None:
    """The switch goes from UTC to the team to the viewer; times in messages stay UTC."""
    lanes = part("lanes", lanes_state())
    lanes.page.locator(".pmkit-lanes-stage").focus()
    lanes.press("ArrowRight", "z")
    assert spoken(lanes).startswith("3 Nov 09:00:00 Amsterdam")
    assert lanes.page.evaluate("window.model.get('zone_name')") == "Europe/Amsterdam"
    lanes.press("w")
    assert lanes.last("window")["start"] == START - 5 * MINUTE
    lanes.press("z", "z")
    assert spoken(lanes).startswith("3 Nov 08:00:00 UTC")


def test_bursts_are_one_stop_and_open_again(part: Mount) -> None:
    """Folded, the arrows pass over all but the first; unfolded, each is a stop."""
    burst = {"id": "e0", "t": START, "end": START + 4 * MINUTE, "members": [0, 2, 6, 8]}
    lanes = part("lanes", lanes_state(bursts=[burst]))
    lanes.page.locator(".pmkit-lanes-stage").focus()
    lanes.press("ArrowRight")
    assert "4 like alerts" in spoken(lanes)
    lanes.press("ArrowRight", "ArrowRight")
    assert lanes.last("select")["id"] == "e3"
    lanes.press("f", "Home", "ArrowRight", "ArrowRight")
    assert lanes.last("select")["id"] == "e2"


def test_letters_never_reach_jupyterlab(part: Mount) -> None:
    """`d d` would delete the cell; Ctrl+S still saves the notebook."""
    lanes = part("lanes", lanes_state())
    lanes.page.evaluate("window.heard = []; document.addEventListener('keydown', (e) => heard.push(e.key))")
    lanes.page.locator(".pmkit-lanes-stage").focus()
    lanes.press("d", "d", "x", "Escape", "Shift+Enter", "Control+s")
    assert [key for key in lanes.page.evaluate("window.heard") if key != "Control"] == ["s"]


def test_a_dead_kernel_is_told(part: Mount) -> None:
    """What could not be handed over says so in words, and nothing pretends to be saved."""
    lanes = part("lanes", lanes_state())
    lanes.page.evaluate("window.gone = true")
    lanes.page.locator(".pmkit-lanes-stage").focus()
    lanes.press("ArrowRight", "Space")
    assert lanes.text(".pmkit-lanes .pmkit-trouble") == (
        "Not saved: the kernel was restarted. Run this cell again."
    )


def test_python_moves_the_selection_of_its_viewer_only(part: Mount) -> None:
    """A selection for another viewer's page changes nothing here; one for all does."""
    lanes = part("lanes", lanes_state())
    lanes.hear(op="goto", id="e20", viewer="somebody else")
    assert spoken(lanes) == "No event is selected"
    lanes.hear(op="goto", id="e20", viewer="")
    assert "Over" in spoken(lanes)
    assert lanes.ops() == []


@pytest.mark.parametrize(("count", "most"), [(5_000, 500), (50_000, 2_500)])
def test_many_events_show_quickly_and_move_smoothly(part: Mount, count: int, most: int) -> None:
    """5,000 events stand within half a second and a zoom is drawn in a frame; 50,000 stay usable."""
    raw = lanes_state(count)["raw"]
    raw["times"] = [START + n * 7_000 for n in range(count)]
    lanes = part("lanes", lanes_state(count, raw=raw))
    assert lanes.page.evaluate("window.paintedIn") < most
    lanes.page.emulate_media(reduced_motion="reduce")
    lanes.page.locator(".pmkit-lanes-stage").focus()
    drawn = lanes.page.evaluate(
        """() => {
          const stage = document.querySelector(".pmkit-lanes-stage"), times = [];
          const press = (key) => stage.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
          press("a");
          for (const key of ["+", "+", "PageDown", "-", "a", "PageUp", "0", "ArrowRight", "ArrowRight"]) {
            const began = performance.now();
            press(key);
            times.push(performance.now() - began);
          }
          return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
        }"""
    )
    assert drawn < most / 10


# Details


def said(**more: str) -> dict[str, str]:
    """What people say of the event, every column."""
    columns = ("summary", "note", "phase", "mark", "time", "ended_at", "actor", "place")
    return dict.fromkeys(columns, "") | more


def record(**more: Any) -> dict[str, Any]:
    line = {
        "id": "n1",
        "t": START,
        "lane": "#ops",
        "colour": "#2f6fa8",
        "actor": "mia",
        "text": "near",
        "included": False,
    }
    return {
        "id": "e1",
        "t": START,
        "end": None,
        "recorded_at": START,
        "corrected": "",
        "evidence": True,
        "source": "slack",
        "source_title": "Slack",
        "kind": "message",
        "lane": "#ops",
        "actor": "mia",
        "place": "#ops",
        "text": "Hello",
        "url": "https://example.slack.com/p1",
        "ref": "evidence/x",
        "colour": "#2f6fa8",
        "marker": "circle",
        "fields": [["event_id", "e1", "stable id"]],
        "included": False,
        "said": said(),
        "phase": "",
        "basis": "",
        "mark": "",
        "thread": [],
        "thread_count": 0,
        "around": [line],
        "around_count": 1,
        "burst": None,
        "marked": {"detected": ["e7"]},
        **more,
    }


def details_state(**more: Any) -> dict[str, Any]:
    marks = ["impact_started", "detected", "acknowledged", "mitigated", "resolved"]
    return {"record": record(**more), "marks": marks, "phases": ["lead-up", "detection"]}


def test_evidence_is_text_and_only_web_addresses_are_links(part: Mount) -> None:
    """Markup in a message is shown as it was written; an address that runs a script is no link."""
    details = part("details", details_state(text=EVIL, url="javascript:alert(1)", actor=EVIL))
    assert details.text("blockquote") == EVIL
    assert details.page.locator(".pmkit-details-links a").count() == 0
    assert details.page.evaluate("document.body.dataset.broken") is None
    details.hear(op="record", record=record(), viewer="")
    link = details.page.locator(".pmkit-details-links a")
    assert link.get_attribute("href") == "https://example.slack.com/p1"
    assert link.get_attribute("rel") == "noopener noreferrer"


def write(details: Any, field: str, text: str) -> dict[str, Any]:
    """Type into a field and leave it; what was sent."""
    details.page.locator(f"[data-field={field}]").fill(text)
    details.press("Tab")
    sent: dict[str, Any] = details.last("edit")
    return sent


def test_own_words_are_saved_when_left(part: Mount) -> None:
    """The summary is sent once; a refusal says why and keeps the words, also when the pane is drawn again."""
    details = part("details", details_state())
    edit = write(details, "summary", "Ours")
    assert (edit["edits"], edit["was"]) == ([["e1", "summary", "Ours"]], [""])
    details.hear(op="error", key=edit["key"], text="Not saved: too long.")
    assert details.text(".pmkit-details-status") == "Not saved: too long."
    details.hear(op="record", record=record(included=True), viewer="")
    assert details.page.locator("[data-field=summary]").input_value() == "Ours"
    assert write(details, "summary", "Shorter")["was"] == [""]
    assert details.ops() == ["edit", "edit"]


def test_an_edit_says_what_its_author_had_read(part: Mount) -> None:
    """What came in while somebody typed was not read before; it is shown below what they type."""
    details = part("details", details_state(said=said(note="First")))
    details.page.locator("[data-field=note]").click()
    details.type(" mine")
    details.hear(op="record", record=record(said=said(note="Theirs")), viewer="")
    assert details.text(".pmkit-details-text .pmkit-trouble") == "Meanwhile somebody else wrote: “Theirs”"
    details.press("Control+Enter")
    edit = details.last("edit")
    assert (edit["edits"], edit["was"]) == ([["e1", "note", "First mine"]], ["First"])
    details.hear(op="saved", key=edit["key"], text="", said=said(note="First mine"))
    assert write(details, "note", "Second")["was"] == ["First mine"]


def test_an_edit_does_not_meet_the_one_before_it(part: Mount) -> None:
    """While the first is not answered it is not known what the second replaces; the answer says it."""
    details = part("details", details_state())
    first, second = write(details, "summary", "One"), write(details, "summary", "Two")
    assert [first["was"], second["was"]] == [[""], [None]]
    details.page.locator("[data-field=summary]").fill("Three")
    details.hear(op="saved", key=first["key"], text="", said=said(summary="One"))
    details.hear(op="saved", key=second["key"], text="", said=said(summary="Two, tidied"))
    details.press("Tab")
    assert details.last("edit")["was"] == ["Two, tidied"]


def test_a_text_put_back_by_hand_is_no_edit(part: Mount) -> None:
    """Who types what stood there before has changed nothing, and sees what came in meanwhile."""
    details = part("details", details_state(said=said(note="First")))
    details.page.locator("[data-field=note]").fill("Other")
    details.hear(op="record", record=record(said=said(note="Theirs")), viewer="")
    details.page.locator("[data-field=note]").fill("First")
    details.press("Tab")
    details.page.wait_for_function("document.querySelector('[data-field=note]').value === 'Theirs'")
    assert details.ops() == []


def test_words_are_saved_when_another_event_comes(part: Mount) -> None:
    """A pane that is moved on by somebody else saves what was typed, and says where it could not."""
    details = part("details", details_state())
    details.page.locator("[data-field=note]").click()
    details.type("half a sentence")
    details.hear(op="record", record={}, viewer="")
    edit = details.last("edit")
    assert edit["edits"] == [["e1", "note", "half a sentence"]]
    details.hear(op="error", key=edit["key"], text="Not saved. There is no such row.")
    told = "Not saved. There is no such row. You had written “half a sentence”."
    assert details.text(".pmkit-details-status") == told


def test_a_deletion_says_what_its_author_had_read(part: Mount) -> None:
    """What is not known to be stored yet is not claimed to have been read."""
    details = part("details", details_state(evidence=False, said=said(note="First")))
    write(details, "summary", "Ours")
    details.page.locator("[data-key=delete]").click()
    was = details.last("delete")["was"]
    assert (was["note"], was["summary"]) == ("First", None)


def leaves(page: Any) -> bool:
    """Whether the page may be left without a question."""
    script = "window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    return bool(page.evaluate(script))


def test_the_page_is_not_left_with_words_that_are_not_saved(part: Mount) -> None:
    """The browser asks while words are typed or wait for their answer, and no longer once they are saved."""
    details = part("details", details_state())
    assert leaves(details.page)
    edit = write(details, "summary", "Ours")
    assert not leaves(details.page)
    details.hear(op="saved", key=edit["key"], text="", said=said(summary="Ours"))
    assert leaves(details.page)
    details.page.locator("[data-field=note]").fill("typed")
    assert not leaves(details.page)


def test_a_restarted_kernel_is_told_while_words_wait(part: Mount) -> None:
    """They were not saved: the pane says so and keeps them."""
    details = part("details", details_state())
    write(details, "summary", "Ours")
    details.page.evaluate("window.gone = true; window.tell('comm_live_update')")
    assert (
        details.text(".pmkit-details-status") == "Not saved: the kernel was restarted. Run this cell again."
    )
    details.hear(op="record", record=record(), viewer="")
    assert details.page.locator("[data-field=summary]").input_value() == "Ours"


def test_words_being_typed_outlive_a_refresh(part: Mount) -> None:
    """A record that comes again while somebody types leaves the words and the cursor where they are."""
    details = part("details", details_state())
    details.page.locator("[data-field=note]").click()
    details.type("half a sent")
    details.hear(op="record", record=record(included=True), viewer="")
    details.type("ence")
    assert details.page.locator("[data-field=note]").input_value() == "half a sentence"
    assert details.page.locator("[data-field=included]").is_checked()
    details.hear(op="record", record=record(), viewer="")
    details.press("Tab")
    assert details.last("edit")["edits"] == [["e1", "note", "half a sentence"]]


def test_times_are_typed_in_the_zone_that_is_shown(part: Mount) -> None:
    """A manual event's time is typed in the team's zone and says so; what was read is told as stored."""
    stored = "2026-11-03T08:00:00.000000Z"
    state = details_state(evidence=False, said=said(time=stored))
    details = part("details", {**state, "zone": "team"})
    assert details.page.locator("[data-field=time]").input_value() == "2026-11-03 09:00:00"
    edit = write(details, "time", "2026-11-03 09:30")
    assert edit["edits"] == [["e1", "time", "2026-11-03 09:30 Europe/Amsterdam"]]
    assert edit["was"] == [stored]
    edit = write(details, "ended_at", "2026-11-03 09:40")
    assert (edit["edits"][0][2], edit["was"]) == ("2026-11-03 09:40 Europe/Amsterdam", [""])


def test_a_corrected_clock_tells_what_it_recorded(part: Mount) -> None:
    """Below the time stands what the source recorded, and why that is another one; else nothing."""
    details = part("details", details_state(recorded_at=START - 37_000, corrected="+37 s"))
    assert "Recorded 07:59:23 · the clock is corrected by +37 s" in details.text("header")
    assert "Recorded" not in part("details", details_state()).text("header")
    own = details_state(recorded_at=START - 86_400_000, said=said(time="2026-11-03T08:00:00.000000Z"))
    assert "Recorded 2 Nov, 08:00:00 · the team set another time" in part("details", own).text("header")


@pytest.mark.parametrize(("hour", "words"), [(0, "02:30:00+02:00"), (1, "02:30:00+01:00"), (2, "03:30:00")])
def test_a_time_that_the_clocks_show_twice_tells_its_offset(part: Mount, hour: int, words: str) -> None:
    """In details and lanes the two half past twos of the end of summer time are told apart."""
    at = 1792888200000 + hour * 60 * MINUTE  # from 2026-10-25T00:30:00Z
    details = part("details", {**details_state(t=at, recorded_at=at), "zone": "team"})
    assert details.text("h3").startswith(f"{words} 25 Oct")
    raw = {"ids": ["e"], "times": [at], "lanes": [0], "words": ["it"]}
    state = lanes_state(raw=raw, curated=[], anchors=[], phases=[], home=[at - MINUTE, at + MINUTE])
    lanes = part("lanes", {**state, "zone": "team"})
    lanes.page.locator(".pmkit-lanes-stage").focus()
    lanes.press("ArrowRight")
    assert f"25 Oct {words} Amsterdam" in spoken(lanes)


def test_anchors_neighbours_and_decisions_are_one_click(part: Mount) -> None:
    """Each button sends what it says."""
    details = part("details", details_state())
    click = lambda selector: details.page.locator(selector).first.click()  # noqa: E731
    click("[data-key=mark-detected]")
    mark = details.last("mark")
    assert (mark["mark"], mark["on"], mark["held_by"]) == ("detected", True, ["e7"])
    details.page.locator("[data-field=own-mark]").fill("First customer call")
    details.press("Enter")
    assert details.last("mark")["mark"] == "first_customer_call"
    click("[data-key=promote]")
    assert details.last("promote")["id"] == "e1"
    click("[data-key=add-n1]")
    assert details.last("include")["ids"] == ["n1"]
    click("[data-key=go-n1]")
    assert details.last("select")["id"] == "n1"


# Suggestions, events by hand


def item(n: int) -> dict[str, Any]:
    return {
        "id": f"s{n}",
        "kind": "early signal",
        "event_id": f"e{n}",
        "t": START,
        "text": f"text {n}",
        "reasons": ["Because."],
        "does": "Put it on the timeline",
    }


def test_one_key_takes_or_leaves_a_suggestion(part: Mount) -> None:
    """T takes, L leaves, arrows turn; one key press is one message even if it is pressed twice."""
    queue = part("queue", {"items": [item(1), item(2), item(3)]})
    queue.page.locator(".pmkit-queue-card").focus()
    queue.press("ArrowRight", "t", "t")
    assert [message["op"] for message in queue.sent] == ["select", "take"]
    assert queue.last("take")["id"] == "s2"
    queue.set("items", [item(1), item(3)])
    queue.press("l")
    assert queue.last("leave")["id"] == "s3"
    queue.set("items", [])
    assert "No suggestions left" in queue.text(".pmkit-queue")


def test_suggestions_are_asked_for_when_the_page_is_painted(part: Mount) -> None:
    """Until they are known it says that they are looked for; a page that knows them does not ask."""
    queue = part("queue", {"items": None})
    assert "Looking for suggestions" in queue.text(".pmkit-queue")
    queue.page.wait_for_function("window.sent.length > 0")
    assert queue.ops() == ["look"]
    queue.set("items", [])
    assert "No suggestions left" in queue.text(".pmkit-queue")
    known = part("queue", {"items": [item(1)]})
    known.page.evaluate("new Promise((resolve) => requestIdleCallback(resolve))")
    assert known.sent == []


def test_lines_are_shown_before_they_are_added(part: Mount) -> None:
    """What was pasted comes back in UTC; only then it can be added, with day and zone."""
    entry = part("entry", {"day": "2026-11-03"})
    entry.page.locator("[data-key=many]").click()
    entry.page.locator("form:visible textarea").fill("09:00 Errors climb")
    entry.page.wait_for_function("window.sent.length > 0")
    asked = entry.last("preview")
    assert (asked["day"], asked["tz"], asked["text"]) == ("2026-11-03", "UTC", "09:00 Errors climb")
    button = entry.page.locator("form:visible [type=submit]")
    assert button.is_disabled()
    entry.hear(op="answer", key=asked["key"], lines=[{"t": START, "text": "Errors climb"}])
    assert "3 Nov 08:00:00 UTC Errors climb" in entry.text(".pmkit-entry-preview")
    button.click()
    assert entry.last("paste")["text"] == "09:00 Errors climb"


def test_a_single_event_says_its_zone(part: Mount) -> None:
    """The form offers UTC, the team's zone and the viewer's, and sends what was chosen."""
    entry = part("entry", {"day": "2026-11-03", "zone": "team"})
    entry.page.locator("[data-key=one]").click()
    entry.page.locator("form:visible [name=at]").fill("09:15")
    entry.page.locator("form:visible [name=text]").fill("Call came")
    entry.press("Enter")
    added = entry.last("add")
    assert (added["at"], added["tz"], added["text"]) == ("09:15", "Europe/Amsterdam", "Call came")
    entry.hear(op="answer", key=added["key"], trouble="Not saved: no.")
    assert entry.page.locator("form:visible [name=text]").input_value() == "Call came"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("lanes", lanes_state()),
        ("details", details_state(mark="detected", basis="default", evidence=True)),
        ("queue", {"items": [item(1), item(2)]}),
        ("entry", {"day": "2026-11-03"}),
    ],
)
def test_nothing_stands_in_the_way_of_a_screen_reader(
    part: Mount, violations: Callable[[Any], list[str]], name: str, state: dict[str, Any], *, dark: bool
) -> None:
    """axe-core finds nothing wrong, light or dark."""
    mounted = part(name, state, dark=dark)
    if name == "entry":
        mounted.page.locator("[data-key=one]").click()
    assert violations(mounted) == []
