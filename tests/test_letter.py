"""The letter to customers and the public: people's words, derived times and counts, and no hole hidden."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from pmkit.audience import load_audience
from pmkit.letter import Letter, customer_letter, letter_gaps, letter_title, write_letter
from pmkit.postmortem import Postmortem, Sender
from pmkit.redaction import redact
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY

NOW = pd.Timestamp("2026-11-10T23:30:00Z")


@pytest.fixture(scope="module")
def record() -> Postmortem:
    return Workspace.open(REPOSITORY / "data" / "checkout-failure").load()


def letter_of(record: Postmortem, note: str, audience: str = "customer") -> tuple[str, tuple[str, ...]]:
    letter = written(record, note, audience)
    return letter.to_markdown(), letter.missing


def written(record: Postmortem, note: str, audience: str = "customer", now: pd.Timestamp = NOW) -> Letter:
    record = replace(record, notes={"customer-letter": note})
    return write_letter(record, load_audience(audience, record.incident), now)


# The day on which each sample's letter would go out.
SAMPLES = {
    "checkout-failure": "2026-11-11T09:00:00Z",
    "saas-outage": "2026-10-08T15:00:00Z",
    "fintech-degradation": "2026-11-03T09:00:00Z",
    "healthcare-outage": "2026-11-25T03:00:00Z",
}


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("audience", ["customer", "public"])
@pytest.mark.parametrize("lang", ["en", "de", "ja"])
def test_the_samples_have_a_letter_that_can_be_sent(sample: str, audience: str, lang: str) -> None:
    """Nothing is missing or masked, nobody stands there by name; it says who sends it and where to ask."""
    record = Workspace.open(REPOSITORY / "data" / sample).load()
    edition, now = redact(record, audience), pd.Timestamp(SAMPLES[sample])
    assert letter_gaps(edition, audience, now, lang) is None
    prose = customer_letter(edition, audience, now, lang)
    assert prose is not None
    assert "[" not in prose.markdown
    assert not re.search(r"\(A\d", prose.markdown)
    for name in record.incident.roster:
        assert not set(name.split()) & set(prose.markdown.split())
    sender = record.incident.letter
    assert sender.contact in prose.markdown
    assert sender.organisation in prose.markdown.rpartition("\n\n")[2]
    assert ("Kind regards," in prose.markdown) == (audience == "customer")
    title = letter_title(edition, audience, now, lang)
    assert (title.title != record.incident.title, title.lang) == (True, lang)


def test_times_are_those_of_the_team(record: Postmortem) -> None:
    """On its clock, with its zone, and how long it lasted."""
    text, _ = letter_of(record, "")
    assert "The disruption lasted 1 hour 41 minutes: on Tuesday, 3 November 2026, from 08:41 to 10:22" in text
    assert "(Amsterdam time, UTC+1)" in text
    assert "- **08:41** The disruption began\n- **08:59** We became aware of it" in text
    assert "07:41" not in text


def test_what_is_not_written_is_not_made_up(record: Postmortem) -> None:
    """Numbers that were measured stand in; a cause, a promise in words or an apology never does."""
    text, missing = letter_of(record, "")
    assert missing == ("How it affected you", "Our apology", "What happened", "What we are doing")
    assert "## Our apology" not in text
    assert "sorry" not in text
    assert "- Failed checkouts: 5,328 " in text
    bare = replace(record, notes={}, incident=replace(record.incident, letter=Sender()))
    notice = letter_gaps(bare, "customer", NOW)
    assert notice is not None
    assert notice.text == (
        "Draft, not to be sent: “How it affected you” is not written, “Our apology” is not written, "
        "“What happened” is not written, “What we are doing” is not written, nobody is named who sends it, "
        "it names no contact. Words go into notes/customer-letter.md, each part under its heading; "
        "sender and contact into [letter] of incident.toml."
    )
    assert "regards" not in write_letter(bare, load_audience("customer", bare.incident)).to_markdown()


def test_parts_are_found_by_their_headings(record: Postmortem) -> None:
    """In any order, case and level; what stands under another heading is not lost, only in front."""
    note = (
        "Hello.\n\n# OUR APOLOGY\n\nWe are sorry.\n\n### What happened\n\nIt broke.\n\n## Thanks\n\nTo all."
    )
    text, missing = letter_of(record, note)
    assert missing == ("How it affected you", "What we are doing")
    assert text.index("**Thanks**") < text.index("We are sorry.") < text.index("It broke.")
    public, _ = letter_of(record, note, "public")
    assert "Hello." not in public
    assert "## How it affected you" in public


def actions_of(record: Postmortem) -> pd.DataFrame:
    """Four actions: one done, one due in ten days, one without a date, one dropped."""
    return record.actions.head(4).assign(
        status=["done", "open", "open", "dropped"],
        due_on=pd.to_datetime(["2026-11-05", "2026-11-20", None, "2027-01-01"]),
    )


def test_actions_that_no_promise_names_are_counted(record: Postmortem) -> None:
    """How many there are, and how many are done, due until when, or without a date; a dropped one is none."""
    actions = actions_of(record)
    said, _ = letter_of(replace(record, actions=actions), "")
    assert (
        "Our review agreed on 3 measures:\n\n- 1 done\n- 1 due by 20 November 2026\n- 1 without a date yet"
        in said
    )
    done, _ = letter_of(replace(record, actions=actions.assign(status="done")), "")
    assert "agreed on 4 measures. All of them are done." in done
    none, _ = letter_of(replace(record, actions=actions.head(0)), "")
    assert "What we are doing" not in none
    promise = "## What we are doing\n\n- Banks get their time. (A2)"
    rest, _ = letter_of(replace(record, actions=actions.head(2)), promise)
    assert "Besides, our review agreed on 1 more measure. It is done." in rest
    whole, _ = letter_of(replace(record, actions=actions.iloc[1:2]), promise)
    assert "our review" not in whole


@pytest.mark.parametrize(
    ("now", "said", "counted"),
    [
        ("2026-11-20T22:59:00Z", "*By 20 November 2026.*", "- 1 due by 20 November 2026"),
        ("2026-11-20T23:01:00Z", "*Was due by 20 November 2026, still open.*",
         "- 1 was due by 20 November 2026 and is still open"),
    ],
)  # fmt: skip
def test_what_is_late_says_so(record: Postmortem, now: str, said: str, counted: str) -> None:
    """By the day on the team's clock: a date that has passed is no date to come."""
    late = replace(record, actions=actions_of(record))
    promise = "## What we are doing\n\n- Banks get their time. (A2)"
    assert f"Banks get their time. {said}" in written(late, promise, now=pd.Timestamp(now)).to_markdown()
    assert counted in written(late, "", now=pd.Timestamp(now)).to_markdown()


def test_a_promise_is_as_far_as_the_last_of_its_actions(record: Postmortem) -> None:
    """Of several actions the latest counts; what is in brackets and no action stays as it is."""
    actions = replace(record, actions=actions_of(record))
    note = (
        "## What we are doing\n\n- Done. (A1)\n- Both. (A1, A2)\n- Some day. (A3, A2)\n- As before (mostly)"
    )
    text = written(actions, note).to_markdown()
    assert "- Done. *Done.*\n- Both. *By 20 November 2026.*\n- Some day. *No date yet.*\n" in text
    assert "- As before (mostly)" in text
    letter = written(actions, "## What we are doing\n\n- One. (A4)\n- Two. (A1, A77)\n- Three. (A78)")
    assert letter.gaps == ("A4 is promised and dropped", "A77 is no action", "A78 is no action")
    assert not re.search(r"\(A\d", letter.to_markdown())


def test_a_title_and_a_greeting_may_be_the_teams_own(record: Postmortem) -> None:
    """The first line with `#` is the title; a short first line that is no sentence greets."""
    letter = written(
        record, "# Sold out, and it was not\n\nTo our shoppers,\n\nIt broke.\n\n## What happened\n\nX."
    )
    assert letter.subject == "Sold out, and it was not"
    assert letter.opening == "To our shoppers,\n\nIt broke."
    assert written(record, "It broke.").opening == "Dear customer,\n\nIt broke."
    assert letter_title(replace(record, notes={}), "customer", NOW).title == record.incident.title


def test_a_letter_is_signed(record: Postmortem) -> None:
    """By what incident.toml says, or by the note's own words; a statement to the public has no regards."""
    text = written(record, "").to_markdown()
    assert text.endswith(
        "at care@marlow-finch.example.\n\nKind regards,\n\nCustomer communications, Marlow & Finch"
    )
    own = written(record, "## How to reach us\n\nRing.\n\n## Kind regards\n\nMarlow, for all of us")
    assert own.to_markdown().endswith("## How to reach us\n\nRing.\n\nKind regards,\n\nMarlow, for all of us")
    assert "regards" not in written(record, "", "public").to_markdown()


def test_a_letter_with_a_hole_in_it_is_a_draft(record: Postmortem) -> None:
    """Words that the edition masks are told, so that somebody writes the sentence without them."""
    holed = written(record, "## What happened\n\nWe owe you [amount] on [card ending 4242], see [terms](x).")
    assert holed.gaps == ("it names what is masked: [amount]", "it names what is masked: [card ending 4242]")


def test_words_in_another_language_are_told(record: Postmortem) -> None:
    """A letter wanted in German that has English words is none; each language has a note of its own."""
    audience = load_audience("customer", record.incident)
    english = replace(record, notes={"customer-letter": "## What happened\n\nIt broke."})
    assert write_letter(english, audience, NOW, "de").gaps == ("its words are not in this language",)
    both = replace(record, notes={**english.notes, "customer-letter.de": "## Was geschah\n\nEs brach."})
    assert write_letter(both, audience, NOW, "de").parts["What happened"] == "Es brach."
    assert write_letter(both, audience, NOW).parts["What happened"] == "It broke."


def test_the_public_may_have_words_of_its_own(record: Postmortem) -> None:
    """A statement that speaks of customers instead of to them; without one the public reads their letter."""
    audience = load_audience("public", record.incident)
    notes = {
        "customer-letter": "Hello.\n\n## How it affected you\n\nYou could not buy.",
        "customer-letter.public": "We were down.\n\n## How it affected our customers\n\nThey could not buy.",
        "customer-letter.de": "## Was es für Sie bedeutete\n\nSie konnten nicht kaufen.",
    }
    told = replace(record, notes=notes)
    letter = write_letter(told, audience, NOW)
    assert letter.opening == "We were down."
    assert letter.parts["How it affected our customers"].endswith("They could not buy.")
    assert "How it affected our customers" not in letter.missing
    german = write_letter(told, audience, NOW, "de")
    assert german.parts["How it affected you"].endswith("Sie konnten nicht kaufen.")
    customers = write_letter(told, load_audience("customer", record.incident), NOW)
    assert customers.parts["How it affected you"].endswith("You could not buy.")


def test_the_contact_is_masked_for_nobody(record: Postmortem) -> None:
    """Though other addresses are; what opens something is masked there as well."""
    incident = replace(
        record.incident, letter=Sender("Ngozi Abara", "Marlow & Finch", "care@marlow-finch.example")
    )
    notes = {"customer-letter": "Write to care@marlow-finch.example, not to ngozi@marlow-finch.example."}
    edition = redact(replace(record, incident=incident, notes=notes), "customer")
    assert edition.incident.letter.contact == "care@marlow-finch.example"
    assert edition.incident.letter.signed_by == "Incident Commander"
    assert "care@marlow-finch.example" in edition.notes["customer-letter"]
    assert "ngozi@" not in edition.notes["customer-letter"]
    token = "gh" + "p_" + "A1b2C3d4" * 4 + "E5f6"
    opened = replace(incident, letter=replace(incident.letter, contact=f"https://x.example/?t={token}"))
    assert token not in redact(replace(record, incident=opened), "customer").incident.letter.contact


def test_minutes_of_an_hour_that_is_twice_are_counted() -> None:
    """The night in which clocks go back: the letter says what a reader counts between its two times."""
    record = Workspace.open(REPOSITORY / "data" / "fintech-degradation").load()
    text = written(record, "").to_markdown()
    assert (
        "lasted 4 hours 11 minutes: on Sunday, 25 October 2026, from 01:01 to 05:12 (Lisbon time, UTC+0)."
        in text
    )


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
    assert "from 07:41 to 09:22 (UTC)." in letter_of(in_utc, "")[0]
    unknown = record.timeline["mark"].isin(["impact_started", "impact_started detected"])
    blank = {name: record.timeline[name].mask(unknown, "") for name in ("mark", "mark_basis")}
    begun = replace(in_utc, timeline=record.timeline.assign(**blank))
    assert "All times are UTC." in letter_of(begun, "")[0]
