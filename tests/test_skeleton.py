"""A new incident folder is complete, has a safe name, and takes no other over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmkit.errors import PmkitError, TemplateError, WorkspaceError
from pmkit.template import NOTES, load_template
from pmkit.workspace import Workspace
from tests.desk import NOW, create


@pytest.mark.parametrize("template", ["saas", "ecommerce", "fintech", "healthcare"])
def test_a_new_workspace_is_complete(tmp_path: Path, template: str) -> None:
    """Facts, roles, channels, milestones, tasks, RACI and prompts stand there, and all of it loads."""
    plan = load_template(template)
    ws = create(
        tmp_path / "x",
        template=template,
        services=["api", "web"],
        timezone="Europe/Lisbon",
        people={"Scribe": "Mei"},
    )
    pm = ws.load()
    i = pm.incident
    assert (i.id, i.title, i.severity, i.services) == ("x", "Checkout failed", "P1", ("api", "web"))
    assert (i.template, i.timezone, i.owner, i.opened_at) == (template, "Europe/Lisbon", plan.owner, NOW)
    assert i.roles == plan.roles
    assert i.person("Scribe") == "Mei"
    assert [c.name for c in i.channels] == [c.name for c in plan.channels]
    assert [m.name for m in i.milestones] == [m.name for m in plan.milestones]
    assert pm.tasks["task"].tolist() == [t.task for t in sorted(plan.tasks, key=lambda t: t.task_id)]
    assert pm.tasks["due_on"].min() == pd.Timestamp("2026-11-05")
    assert len(pm.raci) == sum(len(parts) for parts in plan.raci.values())
    assert set(pm.notes.values()) == {""}
    assert all(
        f"<!-- {plan.prompts[note]} -->" in (ws.path / f"notes/{note}.md").read_text() for note in NOTES
    )
    assert len(pm.events) == len(pm.timeline) == len(pm.evidence) == 0
    assert ws.verify().empty
    assert repr(pm) == "<Postmortem x: Checkout failed · 0 events, 0 on the timeline>"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(st.characters(exclude_categories=["Cs"]), min_size=1), person=st.text(max_size=9))
def test_names_survive_whatever_their_letters(
    tmp_path_factory: pytest.TempPathFactory, title: str, person: str
) -> None:
    """Quotes, newlines and control characters in a title or a name come back from incident.toml as given."""
    path = tmp_path_factory.mktemp("incident") / "x"
    create(path, title=title, people={"Scribe": person})
    incident = Workspace.open(path).incident
    assert (incident.title, incident.person("Scribe")) == (title, person)


HOSTILE_NAMES = (
    "..", "CON", "con", "nul.txt", "COM1", "lpt9.log", "aux", "prn.csv", "INC-1.", ".hidden", "-rf", "_x",
    "a b",
    "a\nb", "a\tb", "a:b", "a\\b", "a*b", "a|b", 'a"b', "a<b", "naïve", "日本", "٣", "a" * 65, "x\u202e",
    "a;b", "$x",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_unsafe_folder_names_are_refused(tmp_path: Path, name: str) -> None:
    """Names that Windows, a shell or another program would read as something else make no folder."""
    path = tmp_path / "inner" / name if name != ".." else Path(tmp_path.anchor)
    with pytest.raises(WorkspaceError, match="cannot name an incident folder"):
        create(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["2026-11-03-checkout", "INC-1", "a", "9", "console", "com10", "a.b_c-d", "a" * 64]
)
def test_plain_folder_names_are_fine(tmp_path: Path, name: str) -> None:
    """Letters, digits, dot, dash and underscore."""
    assert create(tmp_path / name).incident.id == name


def test_an_existing_folder_is_never_taken_over(tmp_path: Path, ws: Workspace) -> None:
    """A folder with anything in it, or a file of that name, is left as it is."""
    before = {path: path.read_bytes() for path in ws.path.rglob("*") if path.is_file()}
    with pytest.raises(WorkspaceError, match="not empty"):
        create(ws.path)
    assert before == {path: path.read_bytes() for path in ws.path.rglob("*") if path.is_file()}
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WorkspaceError, match="file: "):
        create(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    create(tmp_path / "empty")


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"people": {"Boss": "Mei"}}, WorkspaceError, "no role `Boss`; the roles are Incident Commander"),
        ({"template": "sass"}, TemplateError, "no template `sass`"),
        ({"timezone": "Mars/Olympus"}, WorkspaceError, "'Mars/Olympus' is not a time zone"),
        ({"timezone": ""}, WorkspaceError, "'' is not a time zone"),
    ],
)
def test_what_does_not_fit_makes_no_folder(
    tmp_path: Path, said: dict[str, Any], error: type[PmkitError], words: str
) -> None:
    """An unknown role, template or zone is refused before anything is written."""
    with pytest.raises(error, match=words.replace("(", r"\(")):
        create(tmp_path / "x", **said)
    assert list(tmp_path.iterdir()) == []


def test_evidence_is_kept_from_line_ends_of_git(ws: Workspace) -> None:
    """A checkout on Windows does not change what the digests stand for."""
    attributes = (ws.path / ".gitattributes").read_text().splitlines()
    assert attributes == [
        "evidence/** -text",
        "evidence.csv -text",
        "journal.jsonl -text",
        "ledger.jsonl -text merge=union",
    ]
