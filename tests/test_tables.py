"""The views: what they say, that they are plain data, and that nothing in them is obeyed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pandas as pd
import pytest

import pmkit
from pmkit import overview, schema, tables
from pmkit.metrics import response_metrics
from pmkit.postmortem import Incident, Member, Milestone, Postmortem
from pmkit.process import review_status
from pmkit.tables import BLOCK_MIME, Cell, Facts, Head, Table

Make = Callable[..., Postmortem]
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
HOSTILE = '<img src=x onerror=alert(1)> & "quotes" </table><script>x</script>'


def full(postmortem: Make, text: str = "words", *urls: str) -> Postmortem:
    """A postmortem with a row in every table, an event for each of `urls`, and `text` where people write."""
    urls = urls or ("https://example.com/a",)
    rows: dict[str, list[dict[str, Any]]] = {}
    for name, table in schema.TABLES.items():
        row: dict[str, Any] = {}
        for column in table.columns:
            if column.type in ("str", "words"):
                row[column.name] = column.choices[0] if column.choices else text
            elif column.type == "time":
                row[column.name] = "2026-11-03T14:02:11Z"
            elif column.type == "date":
                row[column.name] = "2026-11-09"
            else:
                row[column.name] = 1
        rows[name] = [row]
    (event,), (entry,) = rows["events"], rows["timeline"]
    rows["events"] = [
        event | {"event_id": f"e{n}", "url": url, "kind": "message"} for n, url in enumerate(urls, 1)
    ]
    rows["timeline"] = [entry | {"event_id": event["event_id"], "included": True} for event in rows["events"]]
    rows["timeline"][0]["mark"] = "impact_started"
    marks = [*schema.MARKS[1:]]
    rows["timeline"] += [
        {"event_id": f"manual:{mark}", "included": True, "time": f"2026-11-03T15:0{n}:00Z", "mark": mark}
        for n, mark in enumerate(marks)
    ]
    members, milestones = (Member(text, text),), (Milestone(text, text, NOW), Milestone("next"))
    incident = Incident(
        text, text, text, (text,), owner=text, members=members, milestones=milestones, opened_at=NOW
    )
    return postmortem(incident, notes={"summary": text}, **rows)


def views(pm: Postmortem) -> dict[str, Any]:
    """Every view of the report."""
    metrics = response_metrics(pm.timeline)
    return {
        "title": tables.report_title(pm),
        "note": tables.note_text(pm.notes.get("summary", ""), missing="missing"),
        "metrics": tables.card_metrics(metrics),
        "review": tables.card_review(pm, pd.Timestamp(NOW)),
        "checkin": tables.facts_checkin(pmkit.draft_checkin(pm, NOW)),
        "tracker": tables.table_tracker(pmkit.track_actions(pm, NOW.date())),
        "ideas": tables.table_ideas(pm.ideas),
        "findings": tables.table_findings(pmkit.run_checks(pm, now=NOW)),
        "derivations": tables.table_derivations(metrics),
        "timeline": tables.table_timeline(pm.timeline),
        "impact": tables.table_impact(pm.impact),
        "factors": tables.table_factors(pm.factors, pm.events, pm.timeline),
        "decisions": tables.table_decisions(pm.decisions),
        "actions": tables.table_actions(pm.actions),
        "raci": tables.table_raci(pm.raci, pm.incident.roles),
        "milestones": tables.table_milestones(review_status(pm, NOW)),
        "checkins": tables.table_checkins(pm.checkins),
        "tasks": tables.table_tasks(pm.tasks),
        "questions": tables.table_questions(pm.questions),
        "evidence": tables.table_evidence(pm.evidence),
        "seal": tables.facts_seal(pm.seal),
        "clocks": tables.table_clocks(pm.clocks, pm.events),
        "clock offsets": tables.table_clock_offsets(offsets(pm.events)),
        "events": tables.table_events(pm.events),
        "debrief": tables.table_debrief(pmkit.debrief_questions(pm)),
        "whys": tables.table_whys(
            pmkit.five_whys(pm.factors, pm.factor_links, *pm.factor_links["effect"].head(1))
        ),
        "links": tables.table_links(pm.factor_links, pm.factors),
        "gaps": tables.table_gaps(pmkit.find_gaps(pm.timeline, pm.events)),
    }


@pytest.fixture(scope="module")
def shown(postmortem: Make) -> Callable[[str], dict[str, Any]]:
    """The views of a full postmortem, by the text that is in it, each made once."""
    return cache(lambda text: views(full(postmortem, text)))


def offsets(events: pd.DataFrame) -> pd.DataFrame:
    """An estimate as `estimate_clock_offsets` gives it, in the words of an event."""
    words = events.rename(columns={"actor": "reference", "text": "reason"})[["source", "reference", "reason"]]
    numbers = {f"{name}_seconds": 2.5 for name in ("offset", "low", "high", "spread")}
    return words.assign(**numbers, pairs=3, confidence="low")


def cells(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


# What holds for every view


def test_every_view_is_tested() -> None:
    """A view that is added to pmkit is added here."""
    starts = ("table_", "card_", "note_t", "report_title")
    public = {name for name in pmkit.__all__ if name.startswith(starts)} - set(dir(overview))
    shown = {"report_title", "note_text", "card_metrics", "card_review"}
    assert public == {*shown, *(name for name in dir(tables) if name.startswith("table_"))}


@pytest.mark.parametrize("text", ["words", HOSTILE, "a\tb\nc 日本語 🚒 \u202e"])
def test_views_are_plain_data(shown: Callable[[str], dict[str, Any]], text: str) -> None:
    """Each view carries itself as JSON that names its block, and shows itself as HTML and as text."""
    for name, view in shown(text).items():
        bundle = view._repr_mimebundle_()
        data = bundle[BLOCK_MIME]
        assert json.loads(json.dumps(data)) == data, name
        assert data["block"] in ("title", "prose", "notice", "cards", "table", "facts")
        assert set(bundle) == {BLOCK_MIME, "text/html", "text/plain"}
        assert isinstance(bundle["text/plain"], str)


def test_evidence_is_shown_not_obeyed(shown: Callable[[str], dict[str, Any]]) -> None:
    """Tags in any cell, note, title, name or card appear as text."""
    for name, view in shown(HOSTILE).items():
        html = view._repr_mimebundle_()["text/html"]
        assert "<img" not in html, name
        assert "<script" not in html, name
        assert html.count("</table>") <= html.count("<table"), name
        assert not re.search(r"<[^>]*\bonerror", html), name


def test_only_the_web_is_a_link(postmortem: Make) -> None:
    """Any other address leads nowhere: neither in the HTML nor in the data."""
    urls = (
        "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "data:text/html,x",
        "file:///etc/passwd", "//evil.example", "vbscript:x", "java\nscript:x", "https:alert(1)",
    )  # fmt: skip
    for name, view in views(full(postmortem, "words", *urls)).items():
        bundle = view._repr_mimebundle_()
        assert "<a " not in bundle["text/html"], name
        data = json.dumps(bundle[BLOCK_MIME])
        assert not [url for url in urls if json.dumps(url)[1:-1] in data], name
    for url in urls:
        assert Facts((("x", Cell("y", url=url)),)).to_dict()["items"] == [{"label": "x", "text": "y"}]


def test_links_of_the_web_stay(postmortem: Make) -> None:
    """An event's permalink is a link, its quotes escaped."""
    url = 'https://example.com/a?b="c"&d'
    view = tables.table_events(full(postmortem, "words", url).events)
    assert view.to_dict()["rows"][0][1]["url"] == url
    assert '<a href="https://example.com/a?b=&quot;c&quot;&amp;d" rel="noreferrer">' in view._html()
    assert "HTTP://x" in Facts((("x", Cell("y", url="HTTP://x")),))._html()


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>x</script>", "[x](javascript:alert(1))", "a <b onclick=x>b</b>", "![x](javascript:alert(1))",
        "<javascript:alert(1)>", "[x](java&#10;script:alert(1))", "<div\nonclick=x>\n",
    ],
)  # fmt: skip
def test_notes_are_markdown_without_tags(markdown: str) -> None:
    """Raw HTML in a note is text, and a script is no link; the Markdown itself is handed on untouched."""
    note = tables.note_text(markdown, missing="")
    html = note._repr_mimebundle_()["text/html"]
    assert "<script" not in html
    assert not re.search(r"<[^>]*(\bonclick|script:)", html)
    assert note.to_dict() == {"block": "prose", "markdown": markdown}


def test_notes_keep_their_form() -> None:
    """Lists, emphasis, code, tables and links are shown as such."""
    html = tables.note_text("- **a** `b<c`\n\n|x|\n|-|\n|1|\n\n[y](https://z.example)", missing="")._html()
    for part in (
        "<li><strong>a</strong> <code>b&lt;c</code></li>",
        "<table>",
        '<a href="https://z.example">y</a>',
    ):
        assert part in html


def test_nothing_recorded_is_said_in_a_sentence(postmortem: Make) -> None:
    """Every view of an empty postmortem says that there is nothing, and is still data."""
    for name, view in views(postmortem()).items():
        bundle = view._repr_mimebundle_()
        json.dumps(bundle)
        if isinstance(view, Table) and name not in ("derivations", "findings"):
            assert view.rows == (), name
            assert view.to_dict()["rows"] == []
            assert view.to_dict()["columns"], name
            assert bundle["text/plain"].endswith("."), name
            assert bundle["text/html"] == f"<p><em>{bundle['text/plain']}</em></p>"
    assert tables.note_text(" \n", missing="Not written.").to_dict() == {
        "block": "notice", "text": "Not written.", "tone": "warn",
    }  # fmt: skip


def test_columns_and_cells_agree(shown: Callable[[str], dict[str, Any]]) -> None:
    """Each row has a cell for every head."""
    for view in shown("words").values():
        if isinstance(view, Table):
            assert {len(row) for row in view.rows} == {len(view.columns)}


def test_a_table_as_html_and_text() -> None:
    """Heads, alignment, second lines, typewriter letters and badges are all there, escaped."""
    table = Table(
        "x",
        "A & B",
        (Head("<h>", "right"),),
        ((Cell("t", note="n<", mono=True),), (Cell("u", badge="bad"),)),
        "none",
    )
    assert table._text() == "<h>\nt\nu"
    html = table._html()
    assert ">A &amp; B</caption>" in html
    assert '<th scope="col" style="text-align:right">&lt;h&gt;</th>' in html
    assert '<code>t</code><br><small style="opacity:.75">n&lt;</small>' in html
    assert "<strong>u</strong>" in html
    assert table.to_dict()["rows"] == [
        [{"text": "t", "note": "n<", "mono": True}],
        [{"text": "u", "badge": "bad"}],
    ]


# What each view says


def test_the_title(postmortem: Make) -> None:
    """Impact with its length, people by role, the last milestone reached."""
    incident = Incident(
        "2026-11-03-checkout",
        "Checkout failed",
        "P1",
        ("checkout-api",),
        owner="Engineering Lead",
        opened_at=NOW,
        members=(Member("Scribe", "Mei"), Member("Support Lead")),
        milestones=(Milestone("Intake", "", NOW),),
    )
    rows = [
        {"event_id": "manual:1", "included": True, "time": "2026-11-03T14:00:00Z", "mark": "impact_started"},
        {"event_id": "manual:2", "included": True, "time": "2026-11-03T15:20:00Z", "mark": "resolved"},
    ]
    title = tables.report_title(postmortem(incident, timeline=rows))
    facts = {label: cell.text for label, cell in title.facts}
    assert facts == {
        "Incident": "2026-11-03-checkout",
        "Services": "checkout-api",
        "Scribe": "Mei",
        "Support Lead": "not assigned",
        "Impact": "3 Nov 2026 14:00 to 15:20 UTC, 1 h 20 min",
        "Review": "opened 5 November 2026, owned by the Engineering Lead, closure due 10 November 2026",
        "Provenance": "0 % of 2 timeline rows trace to evidence",
    }
    assert (title.subtitle, title.badges) == (
        "Postmortem · 3 November 2026",
        (("P1", "bad"), ("Intake", "good")),
    )


def test_a_title_never_shows_a_negative_length(postmortem: Make) -> None:
    """While the anchors are out of order the impact is left out."""
    rows = [
        {"event_id": "manual:1", "included": True, "time": "2026-11-03T14:00:00Z", "mark": "impact_started"},
        {"event_id": "manual:2", "included": True, "time": "2026-11-03T13:00:00Z", "mark": "resolved"},
    ]
    assert "Impact" not in dict(tables.report_title(postmortem(timeline=rows)).facts)


def test_the_metrics(postmortem: Make) -> None:
    """A card says the duration and its ends, or what is missing; the derivation names the events."""
    rows = [
        {"event_id": "manual:1", "included": True, "time": "2026-11-03T14:00:00Z", "mark": "impact_started"},
        {"event_id": "manual:2", "included": True, "time": "2026-11-03T14:05:30Z", "mark": "detected"},
        {"event_id": "manual:3", "included": True, "time": "2026-11-03T13:05:30Z", "mark": "mitigated"},
    ]
    metrics = response_metrics(postmortem(timeline=rows).timeline)
    detect, acknowledge, mitigate, resolve = tables.card_metrics(metrics).items
    assert (detect.value, detect.note) == ("5 min 30 s", "14:00:00 impact started → 14:05:30 detected")
    assert (acknowledge.value, acknowledge.note) == ("unknown", "`acknowledged` not marked")
    assert (mitigate.value, mitigate.note) == ("unknown", "its end lies before its start: check the anchors")
    assert resolve.note == "`resolved` not marked"
    table = cells(tables.table_derivations(metrics))
    assert table[0] == [
        "TTD", "5 min 30 s", "14:00:00 impact started", "14:05:30 detected", "both events marked by the team",
    ]  # fmt: skip
    assert table[3][1:4] == ["unknown", "14:00:00 impact started", "resolved: not marked"]


def test_a_duration_over_midnight_tells_its_days(postmortem: Make) -> None:
    """From one year to the next, both ends say their day; ends of one day do not."""
    at = {"impact_started": "2026-12-31T23:50:00Z", "detected": "2026-12-31T23:55:00Z",
          "resolved": "2027-01-01T00:20:00Z"}  # fmt: skip
    rows = [{"event_id": f"manual:{mark}", "included": True, "time": at[mark], "mark": mark} for mark in at]
    metrics = response_metrics(postmortem(timeline=rows).timeline)
    cards = tables.card_metrics(metrics).items
    assert (cards[0].value, cards[0].note) == ("5 min", "23:50:00 impact started → 23:55:00 detected")
    assert cards[3].value == "30 min"
    assert cards[3].note == "31 Dec 23:50:00 impact started → 1 Jan 00:20:00 resolved"
    assert cells(tables.table_derivations(metrics))[3][3] == "1 Jan 00:20:00 resolved"


def test_the_timeline(postmortem: Make) -> None:
    """Times to the second with the day where it changes, marks with who set them."""
    pm = postmortem(
        events=[
            {
                "event_id": "r",
                "time": "2026-11-04T00:10:00Z",
                "source": "pagerduty",
                "kind": "resolve",
                "text": "Resolved",
                "place": "checkout",
                "url": "https://pd.example/1",
            },
        ],
        timeline=[
            {
                "event_id": "manual:1",
                "included": True,
                "time": "2026-11-03T23:59:59Z",
                "summary": "Seen",
                "note": "why",
            },
            {"event_id": "r", "included": True, "mark": "mitigated", "actor": "Li"},
        ],
    )
    view = tables.table_timeline(pm.timeline)
    assert cells(view) == [
        ["23:59:59", "Seen", "observed", ""],
        ["00:10:00", "Resolved", "Li", "mitigated, resolved (from PagerDuty)"],
    ]
    assert [row[0].note for row in view.rows] == ["3 Nov", "4 Nov"]
    assert [row[2].note for row in view.rows] == ["", "checkout, PagerDuty"]
    assert view.rows[0][1].note == "why"
    assert view.rows[1][0].url == "https://pd.example/1"


def test_corrected_times_are_told(postmortem: Make) -> None:
    """Timeline, metrics and appendix tell what was recorded, by which clock, and how it is known."""
    page = {"source": "pagerduty", "time_basis": "offset, corrected by -86400 s", "kind": "trigger"}
    pm = postmortem(
        events=[
            {"event_id": "t", "time": "2026-11-03T14:00:00Z", "recorded_at": "2026-11-04T14:00:00Z", **page},
            {"event_id": "s", "time": "2026-11-03T14:09:00Z", "source": "slack", "kind": "message"},
        ],
        timeline=[
            {"event_id": "t", "included": True, "mark": "impact_started detected"},
            {"event_id": "s", "included": True, "time": "2026-11-03T14:08:00Z"},
        ],
        clocks=[
            {"source": "pagerduty", "offset_seconds": -86400, "applied": True, "basis": "7 pairs"},
            {"source": "evidence/deploys.csv", "offset_seconds": 2.5},
            {"source": "jira", "offset_seconds": 3, "applied": True},
            {"source": "opsgenie", "applied": True},
        ],
    )
    timeline = tables.table_timeline(pm.timeline)
    assert timeline.rows[0][0].note == "3 Nov, recorded 4 Nov 14:00:00"
    assert timeline.rows[1][0].note == "recorded 14:09:00"
    assert timeline.caption == (
        "Clocks are corrected: PagerDuty by -86400 s. "
        "Where the team set another time, the recorded one stands below it."
    )
    metrics = response_metrics(pm.timeline)
    assert cells(tables.table_derivations(metrics))[0][2:4] == [
        "14:00:00 impact started, recorded 4 Nov 14:00:00", "14:00:00 detected, recorded 4 Nov 14:00:00",
    ]  # fmt: skip
    clocks = tables.table_clocks(pm.clocks, pm.events)
    assert cells(clocks) == [
        ["PagerDuty", "-86400 s", "to 1 event", "7 pairs"],
        ["deploys.csv", "+2.5 s", "no", ""],
        ["Jira", "+3 s", "to no event", ""],
        ["Opsgenie", "unknown", "nothing to add is given", ""],
    ]
    assert [row[2].badge for row in clocks.rows] == ["good", None, "warn", "warn"]
    assert cells(tables.table_clocks(pm.clocks))[0][2] == "yes"
    nothing = tables.table_clocks(schema.empty(schema.CLOCKS), pm.events)
    assert (nothing.rows, nothing.empty) == ((), "No clock is corrected.")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"value": 1204}, "1,204 orders"),
        ({"value": 2.5, "low": 2, "high": 3}, "2.5 orders (2 to 3)"),
        ({"low": 2, "high": 3}, "2 to 3 orders"),
        ({}, "unknown orders"),
        ({"low": 5}, "at least 5 orders"),
        ({"high": 5}, "at most 5 orders"),
        ({"value": 0}, "0 orders"),
        ({"value": 4, "low": 0}, "4 orders (at least 0)"),
    ],
)
def test_numbers_that_are_known_in_part(postmortem: Make, numbers: dict[str, float], words: str) -> None:
    """An unknown value says so, and half an estimate is not lost."""
    pm = postmortem(impact=[{"measure": "orders lost", "unit": "orders", **numbers}])
    assert cells(tables.table_impact(pm.impact))[0][1] == words


def test_factors_tell_their_evidence_by_time(postmortem: Make) -> None:
    """Event ids become times, those of the timeline first; an id nobody knows stands as it is."""
    pm = postmortem(
        events=[
            {"event_id": "a", "time": "2026-11-03T14:00:00Z", "source": "slack", "kind": "message"},
            {"event_id": "b", "time": "2026-11-03T14:01:00Z", "source": "slack", "kind": "message"},
            {"event_id": "c", "source": "slack", "kind": "unreadable"},
        ],
        timeline=[
            {"event_id": "b", "included": True, "time": "2026-11-03T14:02:00Z"},
            {"event_id": "manual:1", "included": True, "time": "2026-11-03T14:03:00Z"},
        ],
        factors=[
            {"factor_id": "F1", "statement": "x", "event_ids": "a b manual:1 gone c", "root_cause": True}
        ],
    )
    assert cells(tables.table_factors(pm.factors, pm.events))[0][3] == "14:00:00, 14:01:00, manual:1, gone, c"
    view = tables.table_factors(pm.factors, pm.events, pm.timeline)
    assert cells(view)[0][3] == "14:00:00, 14:02:00, 14:03:00, gone, c"
    assert view.rows[0][2].note == "root cause, not agreed yet"


def test_evidence_of_another_day_stands_with_its_day(postmortem: Make) -> None:
    """A factor's event of last week, or of last year, is not read as one of the incident's day."""
    times = {"a": "2026-11-03T14:00:00Z", "b": "2026-10-29T10:42:40Z", "c": "2025-11-03T09:00:00Z"}
    pm = postmortem(
        events=[{"event_id": name, "time": time, "source": "slack"} for name, time in times.items()],
        timeline=[{"event_id": "a", "included": True}],
        factors=[{"factor_id": "F1", "statement": "x", "event_ids": "c b a"}],
    )
    view = tables.table_factors(pm.factors, pm.events, pm.timeline)
    assert cells(view)[0][3] == "3 Nov 2025 09:00:00, 29 Oct 10:42:40, 14:00:00"


def test_findings_have_reasons_only_where_there_is_one(postmortem: Make) -> None:
    """Where nothing was said to stay, no column of blanks does."""
    findings = pmkit.run_checks(postmortem(actions=[{"action_id": "A1", "action": "x"}]), now=NOW)
    assert len(findings)
    assert tables.table_findings(findings).columns[-1].label == "Where"
    findings.loc[0, "suppressed"] = "It is so."
    view = tables.table_findings(findings)
    assert view.columns[-1].label == "May stay because"
    assert view.rows[0][-1].text == "It is so."


def test_actions_say_what_is_missing(postmortem: Make) -> None:
    """No DRI, no date and no issue are words, not blanks."""
    row = {
        "action_id": "A1",
        "action": "x",
        "factor_ids": "F1 F2",
        "done_when": "graph is flat",
        "status": "open",
    }
    view = tables.table_actions(postmortem(actions=[row]).actions)
    assert cells(view) == [["A1", "x", "", "nobody yet", "no issue", "open"]]
    assert [cell.note for cell in view.rows[0]][1:4] == ["Done when: graph is flat", "F1, F2", "due no date"]


def test_raci_has_a_column_for_each_role(postmortem: Make) -> None:
    """Roles of the workspace come first, in their order, and one that is only in the table is kept."""
    rows = [
        {"activity": "Collect", "role": "Scribe", "part": "AR"},
        {"activity": "Collect", "role": "Guest", "part": "C"},
        {"activity": "Agree", "role": "Lead", "part": "A"},
    ]
    view = tables.table_raci(postmortem(raci=rows).raci, ["Lead", "Scribe"])
    assert [head.label for head in view.columns] == ["Activity", "Lead", "Scribe", "Guest"]
    assert cells(view) == [["Collect", "", "A R", "C"], ["Agree", "A", "", ""]]


def test_rows_stand_in_the_order_of_their_time(postmortem: Make) -> None:
    """Decisions and check-ins by time, those without one last, and said to have none."""
    pm = postmortem(
        decisions=[{"decision_id": "D1", "decision": "when?"}]
        + [
            {"decision_id": f"D{n}", "decision": f"{n}", "decided_at": f"2026-11-0{n}T10:00:00Z"}
            for n in (4, 3)
        ],
        checkins=[
            {"checkin_id": "c1", "summary": "b"},
            {"checkin_id": "c2", "held_at": "2026-11-03T10:00:00Z"},
        ],
    )
    decisions = tables.table_decisions(pm.decisions)
    assert [row[1] for row in cells(decisions)] == ["3", "4", "when?"]
    assert [row[0].note for row in decisions.rows] == ["3 Nov 2026", "4 Nov 2026", "no date"]
    assert [row[0] for row in cells(tables.table_checkins(pm.checkins))] == ["3 Nov 2026 10:00", "unknown"]


def test_evidence_counts_its_records(postmortem: Make) -> None:
    """Loaded and unreadable records are told; what evidence.csv does not know is unknown."""
    known = {"path": "evidence/a.zip", "source": "slack", "sha256": "ab", "bytes": 1}
    pm = postmortem(
        evidence=[
            {**known, "records_loaded": 12345, "records_unreadable": 2, "first_at": "2026-11-03T10:00:00Z"},
            {**known, "path": "evidence/b"},
        ]
    )
    view = tables.table_evidence(pm.evidence)
    assert cells(view) == [
        ["a.zip", "slack", "12,345", "3 Nov 2026 10:00 to unknown"],
        ["b", "slack", "unknown", "no times"],
    ]
    assert [row[2].note for row in view.rows] == ["2 unreadable", ""]


def test_offsets_of_clocks_say_why(postmortem: Make) -> None:
    """What is to be added, between which bounds, how sure that is, and the reason in the sources' names."""
    found = {"source": "pagerduty", "reference": "slack", "spread_seconds": 0.42, "pairs": 3}
    number = {"offset_seconds": -57.0, "low_seconds": -89.0, "high_seconds": -57.0, "confidence": "high"}
    agree = {"offset_seconds": 0.0, "low_seconds": -29.0, "high_seconds": 3.0, "confidence": "medium"}
    none = dict.fromkeys(("offset_seconds", "low_seconds", "high_seconds", "spread_seconds"), float("nan"))
    rows = [
        {**found, **number, "reason": "slack has them 57 s before pagerduty"},
        {**found, **agree, "reason": "slack has them 3 s after pagerduty"},
        {**found, **none, "pairs": 0, "confidence": "", "reason": "they tell no fact in common"},
    ]
    view = tables.table_clock_offsets(pd.DataFrame(rows))
    assert [row[1:] for row in cells(view)] == [
        ["-57 s", "3", "high", "Slack has them 57 s before PagerDuty."],
        ["nothing: they agree", "3", "medium", "Slack has them 3 s after PagerDuty."],
        ["unknown", "0", "no number", "They tell no fact in common."],
    ]
    assert view.rows[0][0] == Cell("PagerDuty", note="beside Slack")
    assert [row[1].note for row in view.rows] == ["-89 s to -57 s", "-29 s to +3 s", ""]
    assert [row[2].note for row in view.rows] == ["half of them within 0.4 s"] * 2 + [""]


def test_events_beyond_the_limit_are_counted(postmortem: Make) -> None:
    """A long list is cut and says by how much; an event without a time says so."""
    rows = [{"event_id": f"e{n}", "source": "slack", "kind": "message", "text": f"{n}"} for n in range(5)]
    view = tables.table_events(postmortem(events=rows).events, limit=2)
    assert (len(view.rows), view.caption) == (2, "5 events. 3 more are not shown.")
    assert cells(view)[0] == ["unknown", "0", "", "message"]


def test_events_of_several_days_tell_their_days(postmortem: Make) -> None:
    """The day stands at its first event, and nowhere when all events are of one day."""
    times = [pd.Timestamp(f"2026-11-0{day}T10:00:00Z") for day in (3, 3, 4)]
    rows = [{"event_id": f"e{n}", "source": "s", "kind": "k", "time": time} for n, time in enumerate(times)]
    view = tables.table_events(postmortem(events=rows).events)
    assert [row[0].note for row in view.rows] == ["3 Nov", "", "4 Nov"]
    assert {row[0].note for row in tables.table_events(postmortem(events=rows[:2]).events).rows} == {""}


def test_a_walk_shows_where_nobody_has_answered(postmortem: Make) -> None:
    """Each step stands with its chain; a question without an answer stands out."""
    factors = [{"factor_id": "F1", "statement": "A deadline fell.", "kind": "trigger"}]
    pm = postmortem(factors=factors, factor_links=[{"cause": "F1", "effect": "impact", "note": "It cut."}])
    view = tables.table_whys(pmkit.five_whys(pm.factors, pm.factor_links))
    assert [row[2].text for row in view.rows] == ["F1 A deadline fell.", "no answer yet"]
    assert (view.rows[0][2].note, view.rows[1][2].badge) == ("It cut.", "warn")


def test_the_review_as_cards(postmortem: Make) -> None:
    """The deadline first, amber and red in time; each milestone reached, or with what it lacks."""
    milestones = (Milestone("a", "", NOW), Milestone("b", needs=("summary", "anchors")))
    incident = Incident("i", "t", "P1", milestones=milestones)
    rows = [{"event_id": "m", "included": True, "time": "2026-10-30T10:00:00Z", "mark": "resolved"}]
    cards = tables.card_review(postmortem(incident, timeline=rows), pd.Timestamp(NOW)).items
    assert [(card.value, card.tone) for card in cards] == [
        ("1 day left", "warn"),
        ("reached", "good"),
        ("waits", "warn"),
    ]
    assert cards[2].note == "the summary is empty; `impact_started` is not on the timeline, and 1 more"
    late = tables.card_review(
        postmortem(incident, timeline=rows), pd.Timestamp("2026-11-10T10:00:00Z")
    ).items[0]
    assert (late.value, late.tone) == ("2 days late", "bad")


def test_the_stage_of_a_review_is_what_the_record_bears_out(postmortem: Make) -> None:
    """A milestone that is only said to be reached is none in the head of the report."""
    claimed = Incident("i", "t", "P1", milestones=(Milestone("a", "", NOW, needs=("summary",)),))
    assert tables.report_title(postmortem(claimed)).badges[1] == ("Review opened", "info")
    written = postmortem(claimed, notes={"summary": "It failed."})
    assert tables.report_title(written).badges[1] == ("a", "good")


def test_milestones_tell_what_they_wait_for(postmortem: Make) -> None:
    """Reached, blocked, or the team's own to say."""
    milestones = (Milestone("a", "", NOW), Milestone("b", needs=("factors",)), Milestone("c"))
    incident = Incident("i", "t", "P1", milestones=milestones)
    rows = cells(tables.table_milestones(review_status(postmortem(incident), NOW)))
    assert rows[0] == ["a", "reached 5 Nov 2026 12:00 UTC"]
    assert rows[1] == ["b", "no contributing factor is recorded"]
    assert rows[2] == ["c", "waits for the team"]


def test_times_of_frames_without_rows_do_not_matter() -> None:
    """Views take frames as the schema makes them, also without any row."""
    assert tables.table_events(schema.empty(schema.EVENTS)).rows == ()
    assert isinstance(tables.table_tasks(schema.empty(schema.TASKS)), Table)
    assert tables.table_timeline(pd.DataFrame()).rows == ()
