"""Secrets and names planted all over an incident are in no file of an edition, by a search of its own."""

from __future__ import annotations

import base64
import gzip
import html
import io
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest
import tomlkit

from pmkit import schema
from pmkit.errors import RenderError
from pmkit.export.formats import FORMATS
from pmkit.intake import add_evidence
from pmkit.report import publish, render_report
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY
from tests.redaction.test_edition import KEPT, NAMES, cycle, planted_secrets

AT = datetime(2026, 11, 10, 16, 30, tzinfo=UTC)
# Each is a run of the notebook and of every format; `PMKIT_AUDIENCES=customer,public,company` asks for more.
AUDIENCES = os.environ.get("PMKIT_AUDIENCES", "customer").split(",")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A sample with something planted in each free cell, each paragraph, fact, record and file name."""
    folder = tmp_path_factory.mktemp("planted") / "saas-outage"
    original = REPOSITORY / "data" / "saas-outage"
    shutil.copytree(original, folder, ignore=shutil.ignore_patterns("report", ".cache"))
    words = cycle()
    for name, table in schema.WORKSHEETS.items():
        path = folder / f"{name}.csv"
        if path.exists():
            rows = schema.read_csv(path.read_text(encoding="utf-8"), table)
            free = [c.name for c in table.columns if c.type == "str" and not c.choices and c.name not in KEPT]
            free = [c for c in free if c not in ("activity", "role", "task_list", "issue_key")]
            rows = rows.assign(**{c: [f"{cell} {next(words)}" for cell in rows[c]] for c in free})
            path.write_text(schema.to_csv(rows, table), encoding="utf-8")
    for path in (folder / "notes").glob("*.md"):
        parts = path.read_text(encoding="utf-8").split("\n\n")
        said = [part if part.startswith("#") else f"{part} {next(words)}" for part in parts]
        path.write_text("\n\n".join([*said, f"- `{next(words)}`"]), encoding="utf-8")
    facts = tomlkit.parse((folder / "incident.toml").read_text(encoding="utf-8"))
    facts["title"] = f"{facts['title']} {next(words)}"
    facts["people"] = list(NAMES)
    for member, name in zip(facts["members"], NAMES, strict=False):
        member["person"] = name
    facts["pinned"][next(words)] = next(words)
    (folder / "incident.toml").write_text(tomlkit.dumps(facts), encoding="utf-8")
    workspace = Workspace.open(folder)
    lines = [f'2026-10-06T15:{n % 60:02d}:00Z,{NAMES[n % 20]},"{next(words)}"' for n in range(120)]
    table = folder.parent / f"{planted_secrets()[0]} of {NAMES[0]}.csv"
    table.write_text("\n".join(["time,actor,text", *lines]), encoding="utf-8")
    columns = {"time": "time", "actor": "actor", "text": "text"}
    intake = add_evidence(workspace, table, form="table", options={"columns": columns, "zone": "UTC"})
    assert intake.is_whole
    assert sum(intake.files[0].sensitive.values()) >= 60
    assert not any(
        secret in intake.files[0].to_text(Path("i"), "UTC")[100:] for secret in planted_secrets()[1:]
    )
    return workspace


@pytest.mark.slow
@pytest.mark.parametrize("audience", AUDIENCES)
def test_nothing_planted_is_in_any_file(planted: Workspace, audience: str) -> None:
    """Sixty secrets, twenty names, every format: not one of them is found."""
    finished = publish(planted, to=list(FORMATS), audience=audience, now=AT)
    files = [path for path in finished[0].parent.rglob("*") if path.is_file()]
    assert len(files) >= len(FORMATS)
    found = [(path.name, what) for path in files for what in planted_in(path.name, path.read_bytes())]
    assert found == []


@pytest.mark.slow
def test_the_gate_stands_before_a_notebook_that_does_not_redact(planted: Workspace, tmp_path: Path) -> None:
    """A team's own notebook that forgets it is refused; nothing is left, and the refusal says no value."""
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell('incident = "."\naudience = ""\ngenerated_at = ""'),
        nbformat.v4.new_code_cell('open(incident + "/notes/summary.md").read()'),
    ]
    notebook.cells[0].metadata.tags = ["parameters"]
    notebook.metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}
    path = tmp_path / "own.ipynb"
    nbformat.write(notebook, path)
    out = tmp_path / "out"
    with pytest.raises(RenderError, match="holds what its readers must not see") as caught:
        render_report(planted, notebook=path, out=out, audience="customer", now=AT)
    assert "a name of the roster" in str(caught.value)
    assert not [secret for secret in planted_secrets() if secret in str(caught.value)]
    assert not list(out.glob("*"))


def planted_in(name: str, data: bytes) -> Iterator[str]:
    """What was planted and stands in a file."""
    for text in [name, *texts_of(data)]:
        low, flat = text.lower(), re.sub(r"\s+", "", text).lower()
        yield from (
            f"secret {n}" for n, s in enumerate(planted_secrets()) if s.lower() in low or s.lower() in flat
        )
        for person in NAMES:
            for part in (person, *person.split()):
                if re.search(rf"(?<![a-z]){part.lower()}(?![a-z])", low):
                    yield part


def texts_of(data: bytes, depth: int = 0) -> Iterator[str]:
    """All texts of a file, as plainly as they can be had."""
    if depth > 4:
        return
    if data.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        for member in archive.namelist():
            yield member
            yield from texts_of(archive.read(member), depth + 1)
    elif data.startswith(b"%PDF"):
        yield data.decode("latin-1")
        reader = pypdf.PdfReader(io.BytesIO(data))
        yield from (page.extract_text() for page in reader.pages)
        yield str(reader.metadata)
        for title, contents in reader.attachments.items():
            yield title
            for content in contents:
                yield from texts_of(content, depth + 1)
    elif data.startswith(b"\x1f\x8b"):
        yield from texts_of(gzip.decompress(data), depth + 1)
    else:
        text = data.decode("utf-8", "replace")
        yield from (text, html.unescape(re.sub(r"<[^>]*>", "", text)))
        for match in re.finditer(r"[A-Za-z0-9+/]{120,}={0,2}", text):
            yield from texts_of(base64.b64decode(match[0] + "=" * (-len(match[0]) % 4)), depth + 1)
