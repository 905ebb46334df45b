"""A postmortem as one audience may read it: every text of every table, note and fact, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pmkit import schema
from pmkit.audience import load_audience
from pmkit.postmortem import Member, Postmortem
from pmkit.redaction import Tagger, redact, redacted
from pmkit.tables import report_title
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY
from tests.redaction.cases import SECRETS

# Secrets that mean one wherever they stand, also without a word of what they are.
SURE = (
    "aws key id", "gcp key", "github", "github fine", "gitlab", "slack bot", "slack user", "slack app",
    "stripe", "stripe restricted", "atlassian", "npm", "pypi", "docker hub", "vault", "newrelic", "grafana",
    "sendgrid",
    "shopify", "jwt",
)  # fmt: skip
FIRST = ["Ottoline", "Perpetua", "Caspian", "Ludmila", "Thaddeus", "Isolde", "Barnaby", "Evander"]
FIRST += ["Clementine", "Philippa"]
LAST = ["Quillfeather", "Marrowby", "Tansley", "Oakenshaw", "Vintersol", "Brambleby", "Dunmorrow"]
LAST += ["Fenwhistle", "Garnetson", "Holloway"]
NAMES = tuple(f"{first} {last}" for first, last in zip(FIRST * 2, LAST + LAST[::-1], strict=True))


def planted_secrets() -> list[str]:
    """Sixty of them, three of each kind."""
    dice = random.Random(11)
    return [SECRETS[kind][0](dice) for kind in SURE for _ in range(3)]


@pytest.fixture(scope="module")
def record() -> Postmortem:
    return Workspace.open(REPOSITORY / "data" / "saas-outage").load()


@pytest.fixture(scope="module")
def planted(record: Postmortem) -> Postmortem:
    """The record with secrets and names in every cell of text, every note and every fact."""
    return plant(record)


def plant(record: Postmortem) -> Postmortem:
    words = cycle()
    frames = {}
    for each in fields(record):
        frame = getattr(record, each.name)
        if isinstance(frame, pd.DataFrame) and len(frame):
            frame = frame.head(40).reset_index(drop=True)
            texts = [c for c in frame.columns if isinstance(frame[c].dtype, pd.StringDtype)]
            free = [c for c in texts if c not in KEPT and not choices_of(each.name, c)]
            frames[each.name] = frame.assign(
                **{c: [f"{cell} {next(words)}" for cell in frame[c]] for c in free}
            )
    incident = record.incident
    incident = replace(
        incident,
        title=f"{incident.title} {next(words)}",
        services=(*incident.services, next(words)),
        people=NAMES,
        members=tuple(
            Member(m.role, name, f"@{name.split()[1].lower()}", f"{name.split()[0].lower()}@acme.example")
            for m, name in zip(incident.members, NAMES, strict=False)
        ),
        pinned={"Notes": next(words)},
        apps={"Chat": next(words)},
    )
    notes = {name: f"{text}\n\n- {next(words)}\n- `{next(words)}`" for name, text in record.notes.items()}
    return replace(record, incident=incident, notes=notes, **frames)


def choices_of(table: str, column: str) -> tuple[str, ...]:
    """The only values a column may have, or the sources and marks that other code looks for."""
    known = schema.TABLES.get(table)
    found = [c for c in known.columns if c.name == column] if known else []
    return found[0].choices if found else ()


KEPT = (
    "source", "kind", "mark", "phase", "mark_basis", "phase_basis", "event_id", "factor_id", "decision_id",
    "rule", "cause", "effect", "action_id", "task_id", "checkin_id", "question_id", "idea_id",
)  # fmt: skip


def cycle() -> Iterator[str]:
    secrets, number = planted_secrets(), 0
    while True:
        name = NAMES[number % len(NAMES)]
        said = (name, f"@{name.split()[0].lower()}", f"{name.split()[0]}'s", name.upper())[number % 4]
        yield f"{said} has {secrets[number % len(secrets)]}"
        number += 1


def texts_of(edition: Postmortem) -> str:
    """All that the edition holds, by no code of the redactor."""
    parts = [str(asdict(edition.incident)), str(dict(edition.notes)), str(edition.seal)]
    for each in fields(edition):
        frame = getattr(edition, each.name)
        if isinstance(frame, pd.DataFrame):
            parts.append(frame.to_csv())
    return "\n".join(parts)


@pytest.mark.parametrize("name", ["core team", "company", "customer", "public"])
def test_nothing_planted_in_any_field_is_left(planted: Postmortem, name: str) -> None:
    """Sixty secrets and twenty names in every text of the record: none is in the edition."""
    before, after = texts_of(planted).casefold(), texts_of(redact(planted, name)).casefold()
    for secret in planted_secrets():
        assert secret.casefold() in before
        assert secret.casefold() not in after
    for person in NAMES:
        for spelling in (person, *person.split()):
            assert spelling.casefold() in before
            assert spelling.casefold() not in after, spelling


def test_people_have_one_name_throughout(record: Postmortem) -> None:
    """Whom chat knows by a first name and pages by the whole one has the whole; a stranger stays."""
    events = record.events.copy()
    events.loc[events.index[:2], "actor"] = ["sunniva", "fleur :ramen:"]
    edition = redact(replace(record, events=events), "internal")
    assert edition.events["actor"].iloc[:2].tolist() == ["Sunniva Brekkhus", "fleur :ramen:"]


def test_the_internal_edition_keeps_people_and_loses_secrets(planted: Postmortem) -> None:
    """Who takes part may know who did; nobody needs a token for that."""
    text = texts_of(redact(planted, "internal"))
    assert NAMES[0] in text
    assert not [secret for secret in planted_secrets() if secret in text]


def test_the_record_stays_as_it_is(record: Postmortem) -> None:
    """What is redacted is a copy; a second time changes nothing."""
    before = texts_of(record)
    once = redact(record, "customer")
    assert texts_of(record) == before
    assert texts_of(redact(once, "customer")) == texts_of(once)
    assert (record.tag_key, once.tag_key) != (b"", record.tag_key)
    assert once.tag_key == b""


def test_rows_still_belong_together(record: Postmortem) -> None:
    """No row and no id is lost, and what points at what still does."""
    edition = redact(record, "company")
    for each in fields(record):
        frame = getattr(record, each.name)
        if isinstance(frame, pd.DataFrame):
            assert len(getattr(edition, each.name)) == len(frame), each.name
    assert edition.timeline["event_id"].tolist() == record.timeline["event_id"].tolist()
    assert set(edition.factor_links["cause"]) <= set(edition.factors["factor_id"])


def test_one_person_has_one_role(record: Postmortem) -> None:
    """In cells and in sentences, and nobody else has it."""
    _, redaction = redacted(record, "company")
    labels = [person.label for person in redaction.people.people]
    assert len(set(labels)) == len(labels)
    assert redaction.people.label("Sunniva Brekkhus") == "Support Lead"
    assert redaction.people.replaced("sunniva asked Brekkhus, Sunniva") == "Support Lead asked Support Lead"
    assert redaction.people.label("Zeynep Alkandur") == "roster-db on-call 1"


def test_money_leaves_no_hole(record: Postmortem) -> None:
    """A measure in money is not in an edition that masks amounts; the others keep their numbers."""
    row = record.impact.iloc[:1].assign(measure="Revenue not recovered", unit="EUR", value=154000.0)
    with_money = replace(record, impact=pd.concat([record.impact, row], ignore_index=True))
    kept = redact(with_money, "customer").impact
    assert kept["measure"].tolist() == record.impact["measure"].tolist()
    assert len(redact(with_money, "company").impact) == len(with_money.impact)


def decide(record: Postmortem, value: str, decision: str, kind: str, audience: str = "every") -> Postmortem:
    row = {
        "redaction_id": Tagger(record.tag_key).digest(kind, value),
        "audience": audience,
        "kind": kind,
        "decision": decision,
    }
    return replace(record, redactions=schema.conform(pd.DataFrame([row]), schema.REDACTIONS))


@pytest.mark.slow
def test_what_people_decided_counts(record: Postmortem) -> None:
    """To keep what was found, or to mask what an audience would see; a secret is never kept."""
    mail, token = "press@acme.example", planted_secrets()[0]
    noted = replace(record, notes={**record.notes, "summary": f"Write to {mail} or {token}."})
    assert mail not in redact(noted, "customer").notes["summary"]
    kept = decide(noted, mail, "keep", "e-mail address", "customer")
    assert mail in redact(kept, "customer").notes["summary"]
    assert mail not in redact(kept, "public").notes["summary"]
    assert token not in redact(decide(noted, token, "keep", "key"), "internal").notes["summary"]
    assert mail in redact(noted, "internal").notes["summary"]
    assert mail not in redact(decide(noted, mail, "mask", "e-mail address"), "internal").notes["summary"]


def test_places_and_customers_go_where_the_audience_says(record: Postmortem) -> None:
    """Channels, hosts, links with their titles kept, and customers that incident.toml names."""
    text = "See [the board](https://grafana.internal/d/1) of db-3.prod.internal in #incident-updates: "
    text += "Larkfield called."
    noted = replace(
        record,
        incident=replace(record.incident, customers=("Larkfield",)),
        notes={**record.notes, "summary": text},
    )
    after = redact(noted, "customer").notes["summary"]
    assert after.startswith("See the board of [host #")
    for word in ("grafana", "db-3", "incident-updates", "Larkfield", "https"):
        assert word not in after
    assert redact(noted, "company").notes["summary"] == text


@pytest.mark.parametrize("sample", ["fintech-degradation", "healthcare-outage"])
def test_the_strict_templates_mask_more_in_every_edition(sample: str) -> None:
    """Accounts at a bank, records and dates of birth at a hospital, in the internal edition too."""
    workspace = Workspace.open(REPOSITORY / "data" / sample)
    noted = replace(
        workspace.load(), notes={"summary": "patient id 4471234, born 1984-02-11, account number 12345678"}
    )
    said = redact(noted, "internal").notes["summary"]
    is_bank = sample.startswith("fintech")
    assert ("12345678" in said) != is_bank
    assert ("4471234" in said) == ("1984-02-11" in said) == is_bank


def test_tags_are_keyed_by_the_folder(tmp_path: Path, record: Postmortem) -> None:
    """Two incidents have other tags for the same value; the same one has the same in each edition."""
    text = f"it was {planted_secrets()[0]}"
    here, there = (
        redact(replace(record, tag_key=key, notes={"summary": text}), "internal").notes["summary"]
        for key in (b"a", b"b")
    )
    assert here != there
    assert here == redact(replace(record, tag_key=b"a", notes={"summary": text}), "company").notes["summary"]
    assert load_audience("internal", record.incident).is_internal


def test_where_a_record_stands_names_no_channel_that_is_masked(postmortem: Callable[..., Any]) -> None:
    """Where channels are masked, `ref` leads to the file and not to the folder of the channel in it."""
    rows = [{"event_id": "a", "source": "slack", "kind": "message", "place": "#payments-war-room",
             "ref": "evidence/export.zip#payments-war-room/2026-11-03.json:4", "text": "x"}]  # fmt: skip
    pm = postmortem(events=rows)
    audiences = (load_audience(name, pm.incident) for name in ("company", "core team", "customer", "public"))
    masked = [audience for audience in audiences if audience.channels == "masked"]
    assert masked
    for audience in masked:
        assert "war-room" not in "".join(redact(pm, audience).events["ref"])


def test_a_role_that_is_filled_is_not_called_empty(sample: Path) -> None:
    """Where roles stand for people the head of the report names no role but those that nobody fills."""
    postmortem = Workspace.open(sample).load()
    first, *others = postmortem.incident.members
    members = (replace(first, person=""), *others)
    told = redact(replace(postmortem, incident=replace(postmortem.incident, members=members)), "company")
    head = {fact[0]: fact[1].text for fact in report_title(told).facts}
    assert head[first.role] == "not assigned"
    assert not {member.role for member in others} & set(head)
