"""Workspace to executed report notebook, by papermill; and the finished report from there, in one go."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pmkit.audience import Audience, load_audience, report_folder
from pmkit.cells import register_engine
from pmkit.errors import RenderError
from pmkit.export.gate import Gate, gate_for
from pmkit.language import Language, english_phrases, lacking, language_code
from pmkit.postmortem import Postmortem
from pmkit.redaction import redacted
from pmkit.style import ReportTemplate, read_report_template
from pmkit.template import report_templates
from pmkit.workspace import Workspace

if TYPE_CHECKING:
    from pmkit.export.drawing import Draws

USUAL_FORMATS: Final = ("html", "pdf")

Progress = Callable[[str], None]


def render_report(
    workspace: Workspace,
    *,
    audience: str = "",
    parameters: Mapping[str, Any] | None = None,
    notebook: Path | None = None,
    out: Path | None = None,
    now: datetime | None = None,
    lang: str = "",
    template: Path | None = None,
    in_process: bool = False,
) -> Path:
    """Run the report notebook on the workspace; returns the executed notebook, `report/report.ipynb`.

    Parameters
    ----------
    audience : whom it is for (`pmkit.audience`); as `incident.toml` says when not given
    parameters : more parameters of the notebook; only names it declares, only plain values, no secrets
    notebook : the team's own report notebook, instead of the one that ships
    out : where to write, instead of `report/` in the incident folder; other audiences than the incident's
        own have a folder each in there
    now : the time the report says it was made at; the clock when not given
    lang : the language of the fixed words; by default what `incident.toml` or the template says
    template : the folder of the team's own report template, instead of what `incident.toml` names
    in_process : run the notebook that ships here instead of in a kernel of its own, see `pmkit.cells`

    Raises `RenderError` for a parameter that is not allowed, when a cell fails, and when the gate finds what
    the audience must not see. The notebook of a failed run is left as `failed.ipynb`, to be read, where it is
    for those who may see everything; an older report stays as it was.
    """
    readers = load_audience(audience, workspace.incident)
    return _render(
        workspace,
        readers,
        parameters=parameters,
        notebook=notebook,
        out=out,
        now=now,
        lang=lang,
        template=template,
        in_process=in_process,
    )[0]


def _render(
    workspace: Workspace,
    readers: Audience,
    *,
    parameters: Mapping[str, Any] | None,
    notebook: Path | None,
    out: Path | None,
    now: datetime | None,
    lang: str,
    template: Path | None,
    in_process: bool,
) -> tuple[Path, Gate, Postmortem]:
    """The executed notebook, the gate that whatever is made of it has to pass, and the record it shows."""
    shipped = report_templates() / "postmortem.ipynb"
    own_look = _template(workspace, template)
    source = notebook or own_look.notebook or shipped
    made_at = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    code = language_code(lang or _own_lang(workspace, own_look))
    own = {
        "incident": str(workspace.path.resolve()),
        "audience": readers.name,
        "generated_at": f"{made_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    taken = [name for name in parameters or {} if name in own]
    if taken:
        raise RenderError(f"parameter `{taken[0]}` is set by pmkit; give the notebook another name for it")
    given = {**own, **(parameters or {})}
    if "lang" in _declared_parameters(source):  # a team's own notebook need not know of it
        given = {"lang": code, **given}
    _check_parameters(given, source)
    folder = out or report_folder(workspace.path, readers, workspace.incident)
    folder.mkdir(parents=True, exist_ok=True)
    target, failed = folder / "report.ipynb", folder / "failed.ipynb"
    record = workspace.load()  # a table that cannot be read is told with its line, and no notebook is run
    try:
        arranged = _arranged(source, _sections(readers, own_look))
        executed = _execute(arranged, given, failed, in_process=in_process and source == shipped)
    except RenderError:
        if not readers.is_internal:
            failed.unlink(missing_ok=True)  # a traceback shows what the cell had in hand
        raise
    # What the gate looks for is found here again, where no cell of a notebook has a say in it.
    edition, redaction = redacted(record, readers)
    gate = gate_for(redaction, workspace.path)
    executed.metadata["pmkit"] = {
        "title": edition.incident.title,
        "generated_at": given["generated_at"],
        "audience": readers.name,
        "contents": not readers.is_letter,
        "lang": code,
        **own_look.to_metadata(),
    }
    # papermill notes the whole notebook it was given, and where `failed.ipynb` would have been
    executed.metadata["papermill"] |= {"input_path": source.name, "output_path": target.name}
    text = json.dumps(executed, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    text = _without_place(text, given["incident"], workspace.path, folder)
    failed.unlink(missing_ok=True)
    gate.refuse({target.name: text.encode("utf-8", "replace")})
    _replace_text(target, text)
    return target, gate, edition


def run_notebook(
    source: Path, given: Mapping[str, Any], target: Path, *, title: str, in_process: bool = False
) -> Path:
    """Run a notebook that is of no single incident; returns `target`, the executed one.

    `given` are its parameters, `generated_at` among them. Raises `RenderError` when a cell fails; the run is
    then left beside it as `failed.ipynb`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    failed = target.with_name("failed.ipynb")
    executed = _execute(source, given, failed, in_process=in_process)
    executed.metadata["pmkit"] = {"title": title, "generated_at": given["generated_at"], "lang": "en"}
    _replace_text(target, json.dumps(executed, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    failed.unlink(missing_ok=True)
    return target


def _without_place(text: str, place: str, incident: Path, folder: Path) -> str:
    """The notebook without where the incident lies on this machine; it can be run again where it is."""
    shown = incident.resolve().name
    if folder.resolve().is_relative_to(incident.resolve()):
        shown = "/".join([".."] * len(folder.resolve().relative_to(incident.resolve()).parts))
    escaped = json.dumps(place, ensure_ascii=False)[1:-1]
    for spelling in (json.dumps(escaped, ensure_ascii=False)[1:-1], escaped):
        text = text.replace(spelling, shown)
    return text


def publish(
    workspace: Workspace,
    *,
    to: Sequence[str] = USUAL_FORMATS,
    out: Path | None = None,
    audience: str = "",
    notebook: Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    font_paths: Sequence[Path] = (),
    pdf_engine: str = "typst",
    now: datetime | None = None,
    lang: str = "",
    template: Path | None = None,
    progress: Progress | None = None,
    in_process: bool = False,
    engine: Draws | None = None,
) -> list[Path]:
    """The finished report in each of the formats `to`; returns the files to open, in that order.

    The other parameters are those of `render_report`; `font_paths` are folders with more fonts for the PDF,
    `pdf_engine` is `typst`, or `chrome` where one is installed, `progress` is called with a few words before
    each step, and `engine` draws the charts of several reports.
    The formats are those of `pmkit.export.formats.FORMATS`, and all are made from the one executed notebook.

    Raises `SchemaError` for a table that cannot be read, before anything runs; `RenderError` when the
    notebook fails, a finished file does not pass its self-check, or the gate finds in it what the audience
    must not see. Nothing is written then, in any format.
    """
    from pmkit.export.formats import Options, check_engine, find_formats

    formats = find_formats(to)
    if "pdf" in to:
        check_engine(pdf_engine)
    say = progress or (lambda text: None)
    from pmkit.export.document import read_document
    from pmkit.export.drawing import draw_figures
    from pmkit.export.svg import SvgEngine

    # The engine gets ready on a thread of its own while the kernel runs in another process.
    with nullcontext(engine) if engine else SvgEngine() as draws:
        say("Running the report notebook")
        readers = load_audience(audience, workspace.incident)
        report, gate, edition = _render(
            workspace,
            readers,
            parameters=parameters,
            notebook=notebook,
            out=out,
            now=now,
            lang=lang,
            template=template,
            in_process=in_process,
        )
        say("Drawing the charts")
        cache = workspace.path / ".cache"
        document = draw_figures(read_document(report), cache=cache, engine=draws)
    options = Options(cache=cache, font_paths=font_paths, pdf_engine=pdf_engine)
    finished = []
    for form in formats:
        say(f"Making {form.name.upper()}")
        finished.append(form.make(document, report.stem, options))
    say("Looking for what must not leave")
    gate.refuse({name: data for each in finished for name, data in each.files.items()})
    warnings = _language_warnings(document.language)
    written = [each.write(report.parent, warnings.append) for each in finished]
    if readers.is_internal:
        _note_edition(workspace, edition, document.generated_at)
    for warning in dict.fromkeys(warnings):
        say(f"Note: {warning}")
    return written


def _template(workspace: Workspace, folder: Path | None) -> ReportTemplate:
    if folder is None and workspace.incident.report:
        folder = workspace.path / workspace.incident.report
    return read_report_template(folder) if folder else ReportTemplate()


def _own_lang(workspace: Workspace, template: ReportTemplate) -> str:
    said = workspace.incident.lang
    return said if said != "en" else template.lang or said


def _language_warnings(language: Language) -> list[str]:
    gaps = lacking(language)
    if not gaps:
        return []
    return [
        f"{language.name} is not finished: {len(gaps)} of {len(english_phrases())} phrases stand in English"
    ]


def _sections(readers: Audience, template: ReportTemplate) -> tuple[str, ...]:
    """Those of the edition, in the order of the team's template, and of a report only those it names."""
    if not template.sections or readers.is_letter:
        return readers.sections
    return tuple(name for name in template.sections if name in readers.sections)


def _note_edition(workspace: Workspace, record: Postmortem, generated_at: datetime) -> None:
    """Keep digests of what was published, for the next edition to say what changed."""
    from pmkit.editions import EDITIONS, digest_record, with_edition

    edition = digest_record(record, f"{generated_at:%Y-%m-%dT%H:%M:%SZ}")
    folder = workspace.path / "report"
    folder.mkdir(exist_ok=True)
    _replace_text(folder / EDITIONS, with_edition(workspace.path, edition, "internal"))


# Parameters


_DECLARED = re.compile(r"^([a-z_]{1,40})\s*(?::[^=\n]+)?=(?!=)", re.MULTILINE)
_SECRET_NAME = re.compile(r"secret|token|passw|api_?key|credential", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"xox[abeoprs]-|gh[opsu]_|github_pat_|AKIA[0-9A-Z]{12}|-----BEGIN |eyJ[\w-]{8,}\.eyJ|"
    r"(?=[A-Za-z0-9+_-]*[a-z])(?=[A-Za-z0-9+_-]*[A-Z])(?=[A-Za-z0-9+_-]*\d)[A-Za-z0-9+_-]{32,}"
)


def _check_parameters(given: Mapping[str, Any], source: Path) -> None:
    """Only what the notebook declares, only plain values, nothing that looks like a secret.

    Papermill writes parameter names into code and all of it into the notebook, so a name is never taken
    from outside and a secret never gets in.
    """
    declared = _declared_parameters(source)
    for name, value in given.items():
        if name not in declared:
            known = ", ".join(sorted(declared))
            raise RenderError(f"{source.name} has no parameter `{name}`; it declares {known}")
        if not isinstance(value, str | int | float | bool | None):
            raise RenderError(f"parameter `{name}`: expected text or a number, found {type(value).__name__}")
        is_path = name == "incident"
        looks_secret = isinstance(value, str) and not is_path and _SECRET_VALUE.search(value)
        if _SECRET_NAME.search(name) or looks_secret:
            raise RenderError(
                f"parameter `{name}` looks like a secret; parameters stand in the report in plain text. "
                "Read secrets from the environment where they are used."
            )


def _declared_parameters(source: Path) -> set[str]:
    try:
        cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
        tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", ())]
        return {name for cell in tagged for name in _DECLARED.findall("".join(cell["source"]))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RenderError(f"{source}: not a notebook that can be read ({error})") from error


# Execution


def _arranged(source: Path, sections: Sequence[str]) -> Path | Any:
    """The notebook with only those sections, in that order; one without `section-…` tags is left as it is.

    A section is a cell with such a tag and what follows it; what stands before the first one stays.
    """
    text = source.read_text(encoding="utf-8")
    if '"section-' not in text:
        return source
    with _without_iri_grammar():
        import nbformat

    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    found: dict[str, list[Any]] = {"": []}
    here = ""
    for cell in notebook.cells:
        tags = (tag for tag in cell.metadata.get("tags", ()) if tag.startswith("section-"))
        here = next(tags, here)
        found.setdefault(here, []).append(cell)
    wanted = ["", *(f"section-{name}" for name in sections)]
    notebook.cells = [cell for name in wanted for cell in found.get(name, ())]
    return notebook


def _execute(
    source: Path | Any, parameters: Mapping[str, Any], failed: Path, *, in_process: bool = False
) -> Any:
    """The executed notebook; on failure it is left at `failed`."""
    with _without_iri_grammar():
        import papermill
        from papermill.exceptions import PapermillExecutionError
    how = {"engine_name": register_engine()} if in_process else _kernel_manager()
    with kernel_environment():
        try:
            return papermill.execute_notebook(
                source,
                failed,
                parameters=dict(parameters),
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=False,
                cwd=str(failed.parent),
                # On a busy machine the kernel tells in red that it was asked to end.
                extra_arguments=["--IPKernelApp.log_level=50"],
                **how,
            )
        except PapermillExecutionError as error:
            raise RenderError(
                f"the report notebook failed in cell {error.cell_index}: {error.ename}: {error.evalue}. "
                f"The run is in {failed}; mend the cause and run it again."
            ) from error


@contextmanager
def _without_iri_grammar() -> Iterator[None]:
    """Import papermill without `rfc3987_syntax`.

    Jupyterlab brings that package, and jsonschema imports it whenever it finds it: it builds a grammar for a
    second and more, only to check internationalised addresses, which no notebook has.
    """
    name = "rfc3987_syntax"
    absent = name not in sys.modules
    if absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent:
            del sys.modules[name]


def _kernel_manager() -> dict[str, Any]:
    """Kernel messages over sockets that only this user can open, where the system has them."""
    if os.name != "posix":
        return {}
    from jupyter_client.manager import AsyncKernelManager

    class PrivateKernelManager(AsyncKernelManager):
        transport = "ipc"

    return {"kernel_manager_class": PrivateKernelManager}


@contextmanager
def kernel_environment() -> Iterator[None]:
    """What the kernel must find: static views, a fixed hash seed, no debugger's warning."""
    wanted = {"PMKIT_STATIC": "1", "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _replace_text(path: Path, text: str) -> None:
    """A reader of `path` sees the old file or the new one, never a half."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as out:
        out.write(text)
    Path(temporary).chmod(0o644)
    Path(temporary).replace(path)
