"""Whom an edition is for: the audiences that ship, a team's own, and what `redact` adds to them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from pmkit.audience import PERSONAL, REDACTABLE, audience_names, check_audiences, load_audience
from pmkit.errors import WorkspaceError
from pmkit.postmortem import Incident
from pmkit.template import SECTIONS, load_template, template_names

INCIDENT = Incident("i", "Checkout failed", "P1")


def test_the_audiences_that_ship() -> None:
    """Each hides at least what the one before it does; those outside get a letter, and nobody by name."""
    names = audience_names(INCIDENT)
    assert names == ["internal", "core team", "company", "customer", "public"]
    audiences = [load_audience(name, INCIDENT) for name in names]
    for wider, narrower in pairwise(audiences):
        assert set(wider.masked) <= set(narrower.masked)
    assert [a.people for a in audiences] == ["names", "roles", "roles", "roles", "roles"]
    assert [a.is_letter for a in audiences] == [False, False, False, True, True]
    assert set(audiences[-1].masked) == set(REDACTABLE)
    assert audiences[0].sections == SECTIONS


def test_no_name_means_the_incident_s_own() -> None:
    """The audience that nobody names is the one that incident.toml names."""
    assert load_audience("", INCIDENT).is_internal
    assert load_audience("", replace(INCIDENT, audience="core team")).name == "core team"


def test_what_redact_adds() -> None:
    """Others' editions leave out all that `redact` lists, the internal one what is personal of it."""
    strict = replace(INCIDENT, redact=("people", "hosts", "record numbers"))
    assert load_audience("core team", strict).hosts == "masked"
    internal = load_audience("internal", strict)
    assert (internal.people, internal.hosts) == ("names", "shown")
    assert "record numbers" in internal.mask
    assert "record numbers" not in load_audience("internal", INCIDENT).mask


def test_an_edition_has_no_section_that_the_incident_does_without() -> None:
    """A team that keeps no lessons has none in the company's edition."""
    audience = load_audience("company", replace(INCIDENT, sections=("timeline", "actions")))
    assert audience.sections == ("timeline", "actions")


def test_a_team_s_own_audience() -> None:
    """It changes what it names; what it says nothing of is as for people outside."""
    own = {"partners": {"extends": "company", "hosts": "masked"}, "press": {"title": "For the press"}}
    incident = replace(INCIDENT, audiences=own)
    partners, press = load_audience("partners", incident), load_audience("press", incident)
    assert (partners.title, partners.hosts, partners.links) == ("Partners edition", "masked", "shown")
    assert (press.title, press.people, press.slug) == ("For the press", "roles", "press")
    assert set(press.mask) == set(PERSONAL)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"x": {"people": "some"}}, "expected one of names, roles, found 'some'"),
        ({"x": {"peeple": "roles"}}, "`peeple` is unknown"),
        ({"x": {"mask": ["pets"]}}, "unknown 'pets'"),
        ({"x": {"sections": "summary"}}, "expected a list"),
        ({"x": {"extends": "y"}}, "no audience 'y'"),
        ({"x": {"extends": "y"}, "y": {"extends": "x"}}, "extends itself"),
        ({"x": "roles"}, "expected a table"),
    ],
)
def test_an_audience_that_does_not_fit_is_refused(own: dict[str, object], words: str) -> None:
    """What is misspelt hides nothing, so it is said before anything is rendered."""
    with pytest.raises(ValueError, match=words):
        check_audiences(own, (), "internal")


def test_what_redact_does_not_know_is_refused() -> None:
    """A word that nothing listens to would hide nothing."""
    with pytest.raises(ValueError, match="unknown 'card numbres'; known are"):
        check_audiences({}, ["card numbres"], "internal")
    with pytest.raises(WorkspaceError, match="no audience 'externals'; there are internal"):
        load_audience("externals", INCIDENT)


@pytest.mark.parametrize("name", template_names())
def test_the_templates_name_audiences_that_there_are(name: str) -> None:
    """Fintech and healthcare mask more from the start, in the internal edition too."""
    plan = load_template(name)
    check_audiences(plan.audiences, plan.redact, plan.audience)
    incident = replace(INCIDENT, redact=plan.redact, audience=plan.audience)
    mask = load_audience("internal", incident).mask
    assert ("account numbers" in mask) == (name == "fintech")
    assert ("patients" in mask) == (name == "healthcare")
    assert ("people" in load_audience("", incident).masked) == (name == "healthcare")
