"""What was found is listed with the words around it and never shown; what people decide is remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pmkit.errors import WorkspaceError
from pmkit.postmortem import Postmortem
from pmkit.redaction import count_kinds, decided_row, describe_found, describe_kinds, find_redactions, redact
from pmkit.session import decide_redaction
from pmkit.workspace import Workspace
from tests.redaction.test_edition import planted_secrets

MAIL, TOKEN = "press@acme.example", planted_secrets()[0]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace.create(tmp_path / "i", title="Checkout failed", severity="P1")
    workspace.save_note("summary", f"Write to {MAIL}, and again to {MAIL}. The key was {TOKEN}.")
    return workspace


def test_values_are_listed_and_not_shown(workspace: Workspace) -> None:
    """Once each, with place, count and context; what is masked in that edition, and what could be."""
    record = workspace.load()
    found = find_redactions(record, "customer").set_index("kind")
    assert found.loc["e-mail address", ["count", "place", "becomes"]].tolist() == [
        2,
        "notes/summary.md",
        "masked",
    ]
    assert found.loc["e-mail address", "context"].startswith("Write to [e-mail address #")
    told = describe_found(found.reset_index(), "Customer edition")
    assert "2 values are masked, 0 that could be are shown" in told
    assert MAIL not in told and TOKEN not in told
    shown = find_redactions(record, "internal").set_index("kind")["becomes"]
    assert (shown["e-mail address"], shown["key"]) == ("shown", "masked")


def test_decisions_are_remembered(workspace: Workspace) -> None:
    """By id or tag, for one edition; decided anew they replace what was decided; no value is in the file."""
    found = find_redactions(workspace.load(), "customer")
    mail = found[found["kind"] == "e-mail address"].iloc[0]
    for named, decision in ((mail["redaction_id"][:8], "mask"), (mail["tag"], "keep")):
        decide_redaction(workspace, decided_row(found, named, decision, "customer", "our press desk"))
    record = workspace.load()
    assert record.redactions["decision"].tolist() == ["keep"]
    assert MAIL in redact(record, "customer").notes["summary"]
    assert MAIL not in redact(record, "public").notes["summary"]
    text = (workspace.path / "redactions.csv").read_text(encoding="utf-8")
    assert "our press desk" in text
    assert MAIL not in text and TOKEN not in text


def test_a_secret_is_never_kept(workspace: Workspace) -> None:
    """Nor is anything that was not found."""
    found = find_redactions(workspace.load(), "customer")
    key = found[found["of"] == "secrets"].iloc[0]
    with pytest.raises(WorkspaceError, match="opens something"):
        decided_row(found, key["redaction_id"], "keep", "customer", "")
    for named in ("ffffffffffff", "", "#"):
        with pytest.raises(WorkspaceError, match="among what was found"):
            decided_row(found, named, "mask", "customer", "")


def test_counts_say_what_they_mean() -> None:
    """Different values, by kind; an empty list for evidence without any."""
    texts = pd.Series(["card 4242 4242 4242 4242", "4242-4242-4242-4242 again", "5105105105105100", "hello"])
    assert count_kinds(texts) == {"card": 2}
    assert describe_kinds({"card": 3}) == ["3 card numbers: this evidence is in PCI scope"]
    assert describe_kinds({"date of birth": 2, "ip address": 1}) == ["2 dates of birth", "1 ip address"]
    assert describe_kinds(count_kinds(pd.Series(["all is well"]))) == []


def test_a_record_without_anything_is_told_so(workspace: Workspace) -> None:
    """One sentence."""
    bare: Postmortem = replace(workspace.load(), notes={})
    found = find_redactions(bare, "customer")
    found = found[found["of"] != "channels"]
    assert describe_found(found, "Customer edition").endswith("nothing was found that is masked or could be.")
