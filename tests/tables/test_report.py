"""The head of a report tells incident, span, people and stage."""

from __future__ import annotations

import pandas as pd

from pmkit import tables
from pmkit.postmortem import Incident, Member, Milestone
from tests.tables.views import NOW, Make


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


def test_the_stage_of_a_review_is_what_the_record_bears_out(postmortem: Make) -> None:
    """A milestone that is only said to be reached is none in the head of the report."""
    claimed = Incident("i", "t", "P1", milestones=(Milestone("a", "", NOW, needs=("summary",)),))
    assert tables.report_title(postmortem(claimed)).badges[1] == ("Review opened", "info")
    written = postmortem(claimed, notes={"summary": "It failed."})
    assert tables.report_title(written).badges[1] == ("a", "good")


def test_the_day_of_an_incident_is_the_teams_own(postmortem: Make) -> None:
    """A morning in Auckland is not called by the evening before; a closure that is late was due."""
    incident = Incident(
        "i",
        "t",
        "P1",
        timezone="Pacific/Auckland",
        opened_at=NOW,
        resolved_at=NOW,
        milestones=(Milestone("a"),),
    )
    rows = [
        {"event_id": "manual:1", "included": True, "time": "2026-11-03T18:14:00Z", "mark": "impact_started"}
    ]
    record = postmortem(incident, timeline=rows)
    early, late = (tables.report_title(record, NOW + pd.Timedelta(days=days)) for days in (0, 30))
    assert early.subtitle == "Postmortem · 4 November 2026"
    assert dict(early.facts)["Review"].text == "opened 6 November 2026, closure due 12 November 2026"
    assert dict(late.facts)["Review"].text == "opened 6 November 2026, closure was due 12 November 2026"
