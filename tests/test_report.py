"""What may be handed to a report notebook: declared names, plain values, no secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pmkit import report
from pmkit.errors import RenderError
from pmkit.report import publish, render_report
from pmkit.template import report_templates
from pmkit.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace.create(
        tmp_path_factory.mktemp("incidents") / "x", title="Checkout failed", severity="P1"
    )


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The parameters of each run that was begun; nothing is executed."""
    runs: list[dict[str, Any]] = []

    def note(source: Path, parameters: dict[str, Any], failed: Path, **_: object) -> Any:
        runs.append(dict(parameters))
        raise RenderError("stopped by the test")

    monkeypatch.setattr(report, "_execute", note)
    return runs


def notebook(folder: Path, source: str) -> Path:
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source, "outputs": []}
    path = folder / "own.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


OWN = 'incident = "."\naudience = ""\ngenerated_at = ""\nteam = ""\nlimit: int = 5\nother_ = None\n'


@pytest.mark.parametrize("value", ["red", "", 5, 2.5, True, None, "日本 $5 and $6", "'); import os  #"])
def test_plain_values_of_declared_names_are_handed_on(
    tmp_path: Path, ws: Workspace, ran: list[dict[str, Any]], value: object
) -> None:
    """Text and numbers reach the notebook as they are, also where the notebook states a type."""
    for name in ("team", "limit", "other_"):
        with pytest.raises(RenderError, match="stopped by the test"):
            render_report(ws, notebook=notebook(tmp_path, OWN), parameters={name: value})
        assert ran[-1][name] == value
        assert ran[-1]["incident"] == str(ws.path.resolve())


@pytest.mark.parametrize(
    "name",
    [
        "colour",
        "Team",
        "te am",
        "team2",
        "",
        "__class__",
        "team = 5\nx",
        'open("PWN","w");x',
        "{team}",
        "import os",
    ],
)
def test_names_that_are_not_declared_are_refused(
    tmp_path: Path, ws: Workspace, ran: list[dict[str, Any]], name: str
) -> None:
    """A name becomes code, so it is never taken from outside; the error lists those there are."""
    with pytest.raises(RenderError, match="has no parameter") as caught:
        render_report(ws, notebook=notebook(tmp_path, OWN), parameters={name: "x"}, out=tmp_path / "out")
    assert "it declares audience, generated_at, incident, limit, other_, team" in str(caught.value)
    assert ran == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["incident", "audience", "generated_at"])
def test_what_pmkit_sets_is_not_set_twice(ws: Workspace, ran: list[dict[str, Any]], name: str) -> None:
    """No parameter makes a report of another folder, or says another time."""
    with pytest.raises(RenderError, match=f"`{name}` is set by pmkit"):
        render_report(ws, parameters={name: "elsewhere"})
    assert ran == []


@pytest.mark.parametrize("value", [["a"], {"a": 1}, ("a",), b"a", Path("a"), object(), {1}])
def test_other_than_plain_values_are_refused(
    tmp_path: Path, ws: Workspace, ran: list[dict[str, Any]], value: object
) -> None:
    """Lists, mappings and objects, a masked secret among them, do not become code."""
    with pytest.raises(RenderError, match="expected text or a number, found"):
        render_report(ws, notebook=notebook(tmp_path, OWN), parameters={"team": value})
    assert ran == []


# Made of pieces, so that nothing here looks like a secret to those who search for some.
SECRETS = {
    "Slack": "xox" + "b-" + "1234-5678-abcd",
    "Slack user": "xox" + "p-" + "1234",
    "GitHub": "gh" + "p_" + "a1B2" * 9,
    "GitHub fine": "github" + "_pat_" + "11AB",
    "AWS": "AK" + "IA" + "ABCDEFGH12345678",
    "key": "-----" + "BEGIN " + "PRIVATE KEY-----",
    "JWT": "ey" + "JhbGciOiJI" + "." + "ey" + "Jzdb2JmIn0",
    "random": "aB3" * 12,
    "within": "Bearer " + "xox" + "b-" + "1234",
}


@pytest.mark.parametrize("value", SECRETS.values(), ids=SECRETS)
def test_secrets_are_refused_and_not_repeated(
    tmp_path: Path, ws: Workspace, ran: list[dict[str, Any]], value: str
) -> None:
    """A value that looks like a secret never reaches the notebook, and the error does not show it."""
    with pytest.raises(RenderError, match="looks like a secret") as caught:
        render_report(ws, notebook=notebook(tmp_path, OWN), parameters={"team": value})
    assert value not in str(caught.value)
    assert ran == []


@pytest.mark.parametrize(
    "name", ["slack_token", "api_key", "apikey", "password", "client_secret", "credentials"]
)
def test_names_that_speak_of_secrets_are_refused(
    tmp_path: Path, ws: Workspace, ran: list[dict[str, Any]], name: str
) -> None:
    """Whatever the value, a parameter of such a name would stand in the report."""
    path = notebook(tmp_path, OWN + f'{name} = ""\n')
    with pytest.raises(RenderError, match=f"`{name}` looks like a secret"):
        render_report(ws, notebook=path, parameters={name: "x"})
    assert ran == []


def test_ordinary_words_are_no_secrets(tmp_path: Path, ws: Workspace, ran: list[dict[str, Any]]) -> None:
    """Titles, links, digests and long words pass."""
    words = [
        "https://status.example.com/incidents/2026-11-03-checkout-outage",
        "a" * 64,
        "0123456789abcdef" * 4,
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "2026-11-03T14:02:11Z",
    ]
    for word in words:
        with pytest.raises(RenderError, match="stopped by the test"):
            render_report(ws, notebook=notebook(tmp_path, OWN), parameters={"team": word})
    assert [run["team"] for run in ran] == words


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"cells": 5}', '{"cells": ["x"]}', '{"cells": [{"metadata": null}]}', "\x00"],
)
def test_a_file_that_is_no_notebook_is_explained(
    tmp_path: Path, ws: Workspace, ran: list[dict[str, Any]], text: str
) -> None:
    """The file is named, and no run begins."""
    path = tmp_path / "own.ipynb"
    path.write_text(text)
    with pytest.raises(RenderError, match=r"own\.ipynb: not a notebook|own\.ipynb has no parameter"):
        render_report(ws, notebook=path)
    assert ran == []


def test_the_shipped_notebook_declares_what_it_is_given(ws: Workspace, ran: list[dict[str, Any]]) -> None:
    """Incident, audience, the time, to the second in UTC, and the language of a letter."""
    from datetime import datetime, timedelta, timezone

    now = datetime(2026, 11, 10, 17, 30, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    with pytest.raises(RenderError, match="stopped by the test"):
        render_report(ws, now=now, audience="customer")
    given = {"audience": "customer", "generated_at": "2026-11-10T16:30:00Z", "lang": "en"}
    assert ran == [{"incident": str(ws.path.resolve()), **given}]


def test_unknown_formats_are_refused_before_the_run(ws: Workspace, ran: list[dict[str, Any]]) -> None:
    """The formats there are stand in the error."""
    with pytest.raises(RenderError, match="no format `odt`; the formats are html, pdf"):
        publish(ws, to=["html", "odt"])
    assert ran == []


def test_sections_come_in_the_order_of_the_incident(tmp_path: Path) -> None:
    """Those that are not named are left out; what stands before the first one stays, tags or none."""
    cells = [
        {"cell_type": "markdown", "id": name, "metadata": {"tags": tags}, "source": name}
        for name, tags in [("title", []), ("a", ["section-impact"]), ("a2", []), ("b", ["section-lessons"])]
    ]
    path = tmp_path / "own.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    arranged = report._arranged(path, ("lessons", "impact"))
    assert [cell.source for cell in arranged.cells] == ["title", "b", "a", "a2"]
    assert [cell.source for cell in report._arranged(path, ("impact",)).cells] == ["title", "a", "a2"]
    assert report._arranged(notebook(tmp_path, OWN), ("impact",)) == tmp_path / "own.ipynb"


def test_an_audience_of_the_teams_own_is_known_to_the_notebook(tmp_path: Path) -> None:
    """It stands in incident.toml, which an edition does not show."""
    ws = Workspace.create(tmp_path / "x", title="Checkout failed", severity="P1")
    facts = ws.path / "incident.toml"
    own = '[audiences.auditor]\nextends = "internal"\npeople = "roles"\nsections = ["summary"]\n'
    facts.write_text(f"{facts.read_text()}\n{own}")
    notebook = json.loads((report_templates() / "postmortem.ipynb").read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][:3]
    names: dict[str, Any] = {}
    for cell in cells:
        exec("".join(cell["source"]), names)  # noqa: S102 - our own notebook
        names |= {"incident": str(ws.path), "audience": "auditor", "generated_at": "2026-11-10T16:30:00Z"}
    assert (names["reader"].name, names["reader"].people) == ("auditor", "roles")
    assert names["reader"].sections == ("summary",)
