"""`incident.toml`: made from a template, read with its mistakes named, edited without losing a word."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime

import pytest

from pmkit.errors import WorkspaceError
from pmkit.facts import FORMAT, is_older, new_facts, read_facts, renewed, with_member, with_milestone
from pmkit.postmortem import Sender
from pmkit.template import load_template, template_names

AT = datetime(2026, 11, 3, 15, tzinfo=UTC)
OLD = """# ours
format = 1
title = "Checkout failed"   # short
severity = "P1"
template = "fintech"
timezone = "Europe/Lisbon"
runbook = "https://example.com/r"

[[members]]
role = "Scribe"
person = "Ana"
pronouns = "she"

[[milestones]]
name = "Incident intake complete"
reached_at = 2026-11-04T15:10:00Z

[deadline]
working_days = 5
holidays = [2026-11-11]
"""


def facts(text: str = OLD) -> str:
    return renewed(text)


@pytest.mark.parametrize("name", template_names())
def test_a_new_file_says_everything_the_template_plans(name: str) -> None:
    """Written and read again it is the plan, filled in; the template is not needed any more."""
    plan = load_template(name)
    text = new_facts(
        "inc", plan, title="T", severity="P1", people={plan.roles[0]: "Dana"}, opened_at=AT, started_at=AT,
        timezone="Europe/Lisbon",
    )  # fmt: skip
    incident = read_facts(text, where="incident.toml", folder="inc")
    assert incident.roles == plan.roles
    assert incident.person(plan.roles[0]) == "Dana"
    assert [m.needs for m in incident.milestones] == [m.needs for m in plan.milestones]
    assert [(t.id, t.dri) for t in incident.task_lists] == [(t.id, t.dri) for t in plan.task_lists]
    assert (incident.checkins, incident.sections) == (plan.checkins, plan.sections)
    assert (incident.evidence, incident.audience, incident.redact) == (
        plan.evidence,
        plan.audience,
        plan.redact,
    )
    assert (dict(incident.pinned), dict(incident.apps)) == (dict(plan.pinned), dict(plan.apps))
    assert incident.calendar.zone == "Europe/Lisbon"
    assert incident.letter == Sender(**plan.letter) == Sender("Communications Owner")
    assert (incident.started_at, incident.resolved_at) == (AT, None)


def test_an_older_file_is_brought_up_to_date() -> None:
    """Holidays move into the calendar, milestones get what they need; comments and own keys stay."""
    assert is_older(OLD)
    text = facts()
    assert not is_older(text)
    assert "# ours" in text and "# short" in text
    assert tomllib.loads(text)["runbook"] == "https://example.com/r"
    assert tomllib.loads(text)["members"][0]["pronouns"] == "she"
    incident = read_facts(text, where="incident.toml", folder="x")
    assert incident == read_facts(OLD, where="incident.toml", folder="x")
    assert incident.calendar.days_off == (date(2026, 11, 11),)
    assert "timeline agreed" in incident.milestones[0].needs
    assert incident.milestones[0].reached_at == datetime(2026, 11, 4, 15, 10, tzinfo=UTC)


def test_a_newer_file_is_refused() -> None:
    """With the formats that were expected and found."""
    text = facts().replace(f"format = {FORMAT}", f"format = {FORMAT + 1}")
    with pytest.raises(WorkspaceError, match=f"expected `format = {FORMAT}`, found {FORMAT + 1}"):
        read_facts(text, where="incident.toml", folder="x")
    assert not is_older(text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('severity = "P1"', "severity = 1", "line 4: `severity`: expected text in quotes, found 1"),
        ("2026-11-04T15:10:00Z", '"Tuesday"', "`reached_at` should be a time with its zone"),
        ('timezone = "Europe/Lisbon"', 'timezone = "Lisboa"', "'Lisboa' is not a time zone"),
        ("days_off = [2026-11-11]", 'days_off = ["x"]', "`days_off`: expected dates without quotes"),
        ('title = "Checkout failed"', 'headline = "x"', "key 'title' is missing"),
        ('"timeline agreed"', '"luck"', "`needs`: unknown 'luck'; known are summary, impact"),
        ("format = 2", "format = 2\nletter = 5", "line 3: `letter`: expected a table, found 5"),
        (
            "format = 2",
            "format = 2\nletter = {from = 'us'}",
            "`letter`: unknown 'from'; known are signed_by, organ",
        ),
        ("format = 2", "format = 2\nletter = {contact = 5}", "`contact`: expected text in quotes, found 5"),
        ("format = 2", "format = 2\nformat = 2", "incident.toml: Cannot overwrite a value (at line 3"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(old: str, new: str, said: str) -> None:
    """Where the key stands, what was expected, what was found."""
    text = facts()
    assert old in text
    with pytest.raises(WorkspaceError) as caught:
        read_facts(text.replace(old, new, 1), where="incident.toml", folder="x")
    assert str(caught.value).startswith("incident.toml")
    assert said in str(caught.value)


def test_edits_leave_the_rest_as_it_is() -> None:
    """A milestone's time, a person's name: one line changes."""
    text = facts()
    later = datetime(2026, 11, 5, 9, tzinfo=UTC)
    moved = with_milestone(text, "Incident intake complete", later)
    assert read_facts(moved, where="", folder="x").milestones[0].reached_at == later
    assert with_milestone(moved, "Incident intake complete", None).count("reached_at") == 0
    named = with_member(text, "Scribe", "Bo Ek")
    assert named == text.replace('person = "Ana"', 'person = "Bo Ek"')
    with pytest.raises(WorkspaceError, match="no role `Boss`; the roles are Scribe"):
        with_member(text, "Boss", "Bo")
