"""The report as JSON beside it, from which it can be loaded back; `report.schema.json` describes it.

It holds the whole tree of blocks and the frames that the tables were made of. Text is text: what is loaded
back is as harmless as what was written, whoever had the file in between.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pmkit.errors import RenderError
from pmkit.export import document as tree
from pmkit.export.document import Document, Figure, Frame, Link, Markup, Picture, Title
from pmkit.export.formats import Finished, opened
from pmkit.export.selfcheck import Check
from pmkit.template import report_templates

SCHEMA_NAME: Final = "pmkit-report"
SCHEMA_VERSION: Final = "1.1"

_NODES: Final = (
    tree.Text, tree.Strong, tree.Emphasis, tree.Struck, tree.Code, tree.Link, tree.Break,
    tree.Heading, tree.Paragraph, tree.Item, tree.Items, tree.Quote, tree.Listing, tree.Rule, tree.Column,
    tree.Cell, tree.Table, tree.Fact, tree.Facts, tree.Card, tree.Cards, tree.Notice, tree.Figure,
    tree.Picture, tree.Markup, tree.Badge, tree.Title, tree.Ref,
)  # fmt: skip
_KINDS: Final[Mapping[str, Any]] = {node.__name__.lower(): node for node in _NODES}


def export_sidecar(report: Path | str | Mapping[str, Any] | Document, out: Path | str | None = None) -> Path:
    """Write an executed report notebook as JSON; returns the file.

    Raises
    ------
    RenderError : the report is not whole, or it could not be loaded back the same; no file is left
    """
    document, folder, stem = opened(report, out, ".json", drawn=False)
    return make_sidecar(document, stem).write(folder)


def make_sidecar(document: Document, stem: str = "report") -> Finished:
    """The JSON of a document, `<stem>.json`; it passes only if loading it gives the same document."""
    from pmkit import __version__

    made = document.generated_at.astimezone(UTC)
    content = {
        "schema": SCHEMA_NAME,
        "schema_version": SCHEMA_VERSION,
        "made_by": f"pmkit {__version__}",
        "generated_at": f"{made:%Y-%m-%dT%H:%M:%SZ}",
        "lang": document.lang,
        "contents": document.contents,
        "incident": dict(document.incident),
        "title": _packed(document.title),
        "blocks": _packed(document.blocks),
        "frames": {frame.name: json.loads(frame.packed) for frame in document.frames},
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    data = text.encode("utf-8", "backslashreplace")
    return Finished({f"{stem}.json": data}, check_sidecar(data, document))


def check_sidecar(data: bytes, document: Document) -> Check:
    """Load the JSON back and hold it against the document it was made of."""
    problems = [f"a parameter was never filled in: {words}" for words in dict.fromkeys(document.unresolved)]
    try:
        found = read_sidecar(data)
    except RenderError as error:
        return Check("JSON", {}, (*problems, str(error)))
    wanted = _undrawn(document)
    counts = {
        "blocks": (sum(1 for _ in wanted.walk()), sum(1 for _ in found.walk())),
        "tables": (len(wanted.tables), len(found.tables)),
        "figures": (len(wanted.figures), len(found.figures)),
        "frames": (len(wanted.frames), len(found.frames)),
    }
    if found != wanted:
        problems.append("what is loaded back is not what was written")
    return Check("JSON", counts, tuple(problems))


def load_sidecar(path: Path | str) -> Document:
    """The report of a `report.json`, as the document it was; its figures are not drawn yet.

    `document.frame("timeline")` is the timeline as a frame, with the dtypes it had; so are `metrics`,
    `impact`, `factors`, `decisions`, `actions` and whatever else the edition shows. From the document every
    format can be made anew.

    Raises
    ------
    RenderError : the file is no report of this version, with where it is wrong
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise RenderError(f"{path}: cannot be read: {error.strerror}.") from error
    return read_sidecar(data, str(path))


def read_sidecar(data: bytes, where: str = "the JSON") -> Document:
    """The report of a sidecar's bytes; see `load_sidecar`."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RenderError(f"{where}: expected the JSON of a report, found none: {error}.") from error
    version = content.get("schema_version") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or content.get("schema") != SCHEMA_NAME:
        raise RenderError(f'{where}: expected a report with "schema": "{SCHEMA_NAME}", found none.')
    if str(version).partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise RenderError(
            f"{where}: expected version {SCHEMA_VERSION} of the schema, found {version!r}; "
            "use the pmkit that made it, or render the report again."
        )
    _must_fit(content, where)
    frames = tuple(
        Frame(name, json.dumps(frame, sort_keys=True)) for name, frame in content["frames"].items()
    )
    for frame in frames:
        _must_unpack(frame, where)
    try:
        made = datetime.fromisoformat(content["generated_at"])
    except ValueError as error:
        raise RenderError(f"{where}: generated_at: {error}.") from error
    title, blocks = _unpacked(content["title"]), _unpacked(content["blocks"])
    if not isinstance(title, Title):
        raise RenderError(f"{where}: title: expected a title, found a {content['title']['kind']}.")
    lang, has_contents = content["lang"], content.get("contents", True)
    language = tree.language_of(lang)
    return Document(title, lang, made, blocks, (), frames, content["incident"], has_contents, language)


def _undrawn(document: Document) -> Document:
    """The document as it is loaded back: drawings are made anew, and nothing is left unresolved."""
    drawn = document.map_blocks(lambda b: (replace(b, svg=""),) if isinstance(b, Figure) else (b,))
    frames = tuple(Frame(f.name, json.dumps(json.loads(f.packed), sort_keys=True)) for f in drawn.frames)
    return replace(drawn, unresolved=(), frames=frames, generated_at=drawn.generated_at.astimezone(UTC))


# ------------------------------------------------------------------ nodes


def _packed(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_packed(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if not is_dataclass(value):
        return value
    out: dict[str, Any] = {"kind": type(value).__name__.lower()}
    for each in fields(value):
        if isinstance(value, Figure) and each.name in ("svg", "spec"):
            continue
        out[each.name] = _packed(getattr(value, each.name))
    if isinstance(value, Figure):
        out["spec"] = json.loads(value.spec)
    return out


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_unpacked(item) for item in value)
    if not isinstance(value, dict):
        return value
    kind = value["kind"]
    given = {name: item for name, item in value.items() if name != "kind"}
    if kind == "figure":
        given["spec"] = json.dumps(given["spec"], ensure_ascii=False, separators=(",", ":"))
        return Figure(**given)
    if kind == "picture":
        return Picture(**{**given, "data": _bytes(given["data"])})
    node = _KINDS[kind](**{name: _unpacked(item) for name, item in given.items()})
    return _GUARDS.get(kind, _as_it_is)(node)


def _as_it_is(node: Any) -> Any:
    return node


def _safe_link(node: Link) -> Link:
    if tree.safe_url(node.url) != node.url:
        raise RenderError(
            f"the JSON: a link leads to {node.url[:60]!r}; only the web and mail may be linked."
        )
    return node


def _clean_markup(node: Markup) -> Markup:
    """Its HTML cleaned anew: the file may have been in other hands."""
    from pmkit.export.markup import clean_html

    return replace(node, html=clean_html(node.html))


_GUARDS: Final[Mapping[str, Callable[[Any], Any]]] = {"link": _safe_link, "markup": _clean_markup}


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RenderError(f"the JSON: a picture is damaged: {error}.") from error


# ------------------------------------------------------------------ the schema


@lru_cache(maxsize=1)
def _validator() -> Callable[[Any], Any]:
    import fastjsonschema

    schema = json.loads((report_templates() / "report.schema.json").read_text(encoding="utf-8"))
    check: Callable[[Any], Any] = fastjsonschema.compile(schema)
    return check


def _must_fit(content: Any, where: str) -> None:
    import fastjsonschema

    try:
        _validator()(content)
    except fastjsonschema.JsonSchemaValueException as error:
        place = ".".join(str(part) for part in error.path[1:]) or "the top"
        raise RenderError(f"{where}: {place}: {str(error.message)[:300]}.") from error


def _must_unpack(frame: Frame, where: str) -> None:
    try:
        frame.read()
    except (ValueError, TypeError, KeyError) as error:
        raise RenderError(f"{where}: frames.{frame.name}: {error}.") from error
