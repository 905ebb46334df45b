"""The letter to customers and the public: people's words, derived times and counts, and no hole hidden."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from pmkit.audience import load_audience
from pmkit.letter import customer_letter, letter_gaps, letter_title, write_letter
from pmkit.postmortem import Postmortem
from pmkit.redaction import redact
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY

NOW = pd.Timestamp("2026-11-10T23:30:00Z")


@pytest.fixture(scope="module")
def record() -> Postmortem:
    return Workspace.open(REPOSITORY / "data" / "checkout-failure").load()


def letter_of(record: Postmortem, note: str, audience: str = "customer") -> tuple[str, tuple[str, ...]]:
    record = replace(record, notes={**record.notes, "customer-letter": note})
    letter = write_letter(record, load_audience(audience, record.incident))
    return letter.to_markdown(), letter.missing


@pytest.mark.parametrize(
    "sample", ["checkout-failure", "saas-outage", "fintech-degradation", "healthcare-outage"]
)
@pytest.mark.parametrize("audience", ["customer", "public"])
def test_the_samples_have_a_whole_letter(sample: str, audience: str) -> None:
    """Nothing is missing, nothing is masked in the middle of a sentence, and nobody stands there by name."""
    record = Workspace.open(REPOSITORY / "data" / sample).load()
    edition = redact(record, audience)
    assert letter_gaps(edition, audience) is None
    prose = customer_letter(edition, audience)
    assert prose is not None
    assert "[" not in prose.markdown
    for name in record.incident.roster:
        assert not set(name.split()) & set(prose.markdown.split())
    assert prose.markdown.startswith("Dear customer,") == (audience == "customer")


def test_times_are_those_of_the_team(record: Postmortem) -> None:
    """On its clock, with its zone, and how long it lasted."""
    text, _ = letter_of(record, "")
    assert "The disruption lasted 1 h 41 min: on Tuesday, 3 November 2026, from 08:41 to 10:22" in text
    assert "(Amsterdam time, UTC+1)" in text
    assert "- **08:41** The disruption began\n- **08:59** We became aware of it" in text
    assert "07:41" not in text


def test_what_is_not_written_is_not_made_up(record: Postmortem) -> None:
    """Numbers that were measured stand in; a cause, a promise in words or an apology never does."""
    text, missing = letter_of(record, "")
    assert missing == ("What happened", "How it affected you", "What we are doing", "Our apology")
    assert "## Our apology" not in text
    assert "sorry" not in text
    assert "- Failed checkouts: 5,328 " in text
    bare = replace(record, notes={})
    notice = letter_gaps(bare, "customer")
    assert notice is not None
    assert notice.text.startswith("Draft, not to be sent: nobody has written What happened · How it")


def test_parts_are_found_by_their_headings(record: Postmortem) -> None:
    """In any order, case and level; what stands under another heading is not lost, only in front."""
    note = (
        "Hello.\n\n# OUR APOLOGY\n\nWe are sorry.\n\n### What happened\n\nIt broke.\n\n## Thanks\n\nTo all."
    )
    text, missing = letter_of(record, note)
    assert missing == ("How it affected you", "What we are doing")
    assert text.index("**Thanks**") < text.index("It broke.") < text.index("We are sorry.")
    public, _ = letter_of(record, note, "public")
    assert "Hello." not in public
    assert "## How it affected our customers" in public


def test_promises_are_counted(record: Postmortem) -> None:
    """How many measures there are, how many are done, until when; a dropped one is no promise."""
    actions = record.actions.head(4).assign(
        status=["done", "open", "open", "dropped"],
        due_on=pd.to_datetime(["2026-11-05", "2026-11-20", None, "2027-01-01"]),
    )
    said, _ = letter_of(replace(record, actions=actions), "")
    assert (
        "Our review agreed on 3 measures: 1 of them is done, the last is due on 20 November 2026, "
        "1 has no date yet." in said
    )
    done, _ = letter_of(replace(record, actions=actions.assign(status="done")), "")
    assert "agreed on 4 measures. All of them are done." in done
    none, _ = letter_of(replace(record, actions=actions.head(0)), "")
    assert "What we are doing" not in none


def test_an_incident_over_midnight_and_one_that_goes_on(record: Postmortem) -> None:
    """Both days are named; what has not ended has no duration."""
    shifted = record.timeline.assign(time=record.timeline["time"] + pd.Timedelta(hours=15))
    text, _ = letter_of(replace(record, timeline=shifted), "")
    assert "from Tuesday, 3 November 2026, 23:41, to Wednesday, 4 November 2026, 01:22" in text
    assert "- **4 November, 01:22** The service worked as usual again" in text
    ended = record.timeline["mark"] == "resolved"
    blank = {name: record.timeline[name].mask(ended, "") for name in ("mark", "mark_basis")}
    going = record.timeline.assign(**blank)
    text, _ = letter_of(replace(record, timeline=going), "")
    assert "The disruption began on Tuesday, 3 November 2026, at 08:41" in text


def test_a_report_has_no_letter(record: Postmortem) -> None:
    """Nor the notice of what a letter lacks."""
    assert customer_letter(record, "company") is None
    assert letter_gaps(replace(record, notes={}), "internal") is None


def test_the_head_says_the_day_on_the_team_s_clock(record: Postmortem) -> None:
    """Half past eleven in the evening in Greenwich is the day after in Amsterdam."""
    title = letter_title(record, "customer", NOW)
    assert (title.subtitle, title.facts) == ("A letter to our customers · 11 November 2026", ())
    assert letter_title(record, "public", NOW).subtitle.startswith("Public statement")


def test_the_headings_of_a_note_may_be_in_the_incidents_language(record: Postmortem) -> None:
    """Who writes to customers in German writes German headings."""
    german = replace(record, incident=replace(record.incident, lang="de"))
    note = "Guten Tag.\n\n## Was geschah\n\nA.\n\n## Was wir tun\n\nB."
    _, missing = letter_of(german, note)
    assert missing == ("How it affected you", "Our apology")


def test_a_clock_without_an_offset_says_so(record: Postmortem) -> None:
    """Lisbon in winter is at UTC+0, and not “Lisbon time, UTC”."""
    in_lisbon = replace(record, incident=replace(record.incident, timezone="Europe/Lisbon"))
    assert "(Lisbon time, UTC+0)" in letter_of(in_lisbon, "")[0]
    in_utc = replace(record, incident=replace(record.incident, timezone="UTC"))
    assert "All times are UTC." in letter_of(in_utc, "")[0]
