"""The report as one HTML file: no request leaves it, nothing in it runs but its own two scripts.

Every chart stands in the page as a drawing. Where scripts run, plotly.js, packed once, draws it
again as a live chart on the screen; print and readers without scripts keep the drawing.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pmkit.errors import RenderError
from pmkit.export.appendices import with_appendices
from pmkit.export.document import (
    Block,
    Cell,
    Document,
    Figure,
    Heading,
    Picture,
    Table,
    plain,
    read_document,
    runs_right_to_left,
)
from pmkit.export.drawing import Draws, draw_figures
from pmkit.export.fonts import character_runs, east_asian, east_asian_face, font_faces, web_fonts
from pmkit.export.selfcheck import Check, check_document, check_html, default_out, write_checked
from pmkit.template import report_templates

if TYPE_CHECKING:
    from jinja2 import Environment

    from pmkit.export.exporters import HtmlExporter

__all__ = ["HtmlExporter", "export_html", "make_html"]


def __getattr__(name: str) -> Any:
    if name == "HtmlExporter":  # nbconvert is loaded only by who asks for its exporter
        from pmkit.export.exporters import HtmlExporter

        return HtmlExporter
    raise AttributeError(name)


def export_html(
    report: Path | str | Mapping[str, Any] | Document,
    out: Path | str | None = None,
    *,
    live: bool = True,
    cache: Path | None = None,
    engine: Draws | None = None,
    warn: Callable[[str], None] | None = None,
) -> Path:
    """Write an executed report notebook as one HTML file and return where it is.

    Parameters
    ----------
    report : the notebook, or its `Document`
    out : by default beside the notebook
    live : False leaves plotly.js out, for mail and wikis: the charts are drawings only
    cache : a folder that keeps drawn figures
    engine : draws figures; by default the built-in one
    warn : called with each warning of the self-check; by default they are logged

    Raises
    ------
    RenderError : the report is not whole, or the page did not come out whole; no file is left
    """
    target = default_out(report, out, ".html")
    document = report if isinstance(report, Document) else read_document(report)
    # drawing leaves Python's lock free, so fonts and plotly.js are packed meanwhile
    with ThreadPoolExecutor(max_workers=1) as other:
        parts = other.submit(_pack, document, live=live, cache=cache)
        document = draw_figures(document, cache=cache, engine=engine)
        page, check = make_html(document, live=live, parts=parts.result())
    return write_checked(target, page.encode("utf-8", "replace"), check, warn)


@dataclass(frozen=True)
class Parts:
    """What a page carries besides its words: fonts as CSS, plotly.js packed and its hash."""

    fonts: str
    packed: str
    plotly_hash: str


def _pack(document: Document, *, live: bool, cache: Path | None = None) -> Parts:
    if not (live and any(map(_is_live, document.figures))):
        return Parts(_fonts(document, cache), "", "")
    with ThreadPoolExecutor(max_workers=1) as other:  # packing leaves Python's lock free
        plotly = other.submit(_packed_plotly)
        return Parts(_fonts(document, cache), *plotly.result())


def make_html(
    document: Document, *, live: bool = True, cache: Path | None = None, parts: Parts | None = None
) -> tuple[str, Check]:
    """The page of a document whose figures are drawn, and what its self-check found.

    `parts` are those that are packed already; `cache` is a folder that keeps some of them.
    """
    from markupsafe import Markup

    folder = report_templates() / "html"
    environment = _environment(folder)
    tools: dict[str, Any] = {
        "is_long": _is_long,
        "is_short": _is_short,
        "table_kind": _table_kind,
        "right_to_left": runs_right_to_left,
        "is_live": lambda figure: live and _is_live(figure),
        "static_svg": lambda figure: Markup(_static_svg(figure)),  # noqa: S704 - cleaned
        "script_json": lambda figure: Markup(_script_json(figure.spec)),  # noqa: S704 - escaped
        "data_address": _data_address,
        "trusted": Markup,
        "say": document.language.say,
    }
    document, files = with_appendices(document)
    tools["attached"] = lambda name: f"data:text/csv;base64,{base64.b64encode(files[name]).decode('ascii')}"
    environment.globals |= tools
    parts = parts or _pack(document, live=live, cache=cache)
    boot = _safe_script((folder / "report.js").read_text(encoding="utf-8"))
    css = (folder / "report.css").read_text(encoding="utf-8")
    page = environment.get_template("report.html.j2").render(
        document=document,
        sections=_sections(document),
        policy=_policy([_hash(boot), *filter(None, [parts.plotly_hash])]),
        fonts=Markup(parts.fonts),  # noqa: S704 - base64
        css=Markup(css + _own_css(document)),  # noqa: S704 - our own file, and colours of six digits
        packed=Markup(parts.packed),  # noqa: S704 - base64
        boot=Markup(boot),  # noqa: S704 - our own file
    )
    page += "\n"
    unpacked = page.replace(parts.packed, "") if parts.packed else page
    return page, check_html(unpacked, document).with_problems(check_document(document))


@functools.cache
def _compiled() -> dict[str, bytes]:
    """The templates as compiled in this process: that takes longer than a page."""
    return {}


def _environment(folder: Path) -> Environment:
    """A new one for each page, as its tools are those of one document."""
    from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined

    class Compiled(BytecodeCache):
        def load_bytecode(self, bucket: Any) -> None:
            if bucket.checksum in _compiled():
                bucket.bytecode_from_string(_compiled()[bucket.checksum])

        def dump_bytecode(self, bucket: Any) -> None:
            _compiled()[bucket.checksum] = bucket.bytecode_to_string()

    loader, kept = FileSystemLoader(folder), Compiled()
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, bytecode_cache=kept)


def _own_css(document: Document) -> str:
    """The team's colours, and what stands at the foot of a printed page, in the report's language."""
    before, between, after = re.split(
        r"\{n2?\}", document.language.say("Page {n} of {n2}", n="{n}", n2="{n2}")
    )
    counters = f'"{before}" counter(page) "{between}" counter(pages) "{after}"'
    foot = f"@media print {{ @page {{ @bottom-right {{ content: {counters}; }} }} }}"
    colours = "; ".join(f"--{name}: {value}" for name, value in sorted(document.look.colours.items()))
    if not colours:
        return foot
    # the dark look keeps its own colours, which are legible there
    light = f":root {{ {colours}; }}"
    return f"{foot}\n@media (prefers-color-scheme: light) {{ {light} }}\n@media print {{ {light} }}"


# ------------------------------------------------------------------ policy and scripts


def _policy(hashes: Sequence[str]) -> str:
    scripts = " ".join(f"'{value}'" for value in hashes)
    # plotly.js sets styles on its elements as attributes, which only 'unsafe-inline' allows
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _safe_script(source: str) -> str:
    if re.search(r"</script|<!--", source, re.IGNORECASE):
        raise RenderError("the page's own script holds what would end it early.")
    return source


@functools.cache
def _packed_plotly() -> tuple[str, str]:
    """plotly.js as a packed data block, and the hash under which the policy lets it run."""
    spec = find_spec("plotly")
    places = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(places[0]) / "package_data" / "plotly.min.js" if places else None
    if path is None or not path.is_file():
        raise RenderError("plotly's plotly.min.js is missing; install pmkit again.")
    source = path.read_bytes()
    data = base64.b64encode(gzip.compress(source, 6, mtime=0)).decode("ascii")
    block = f'<script type="text/plain" id="plotly-js">{data}</script>'
    return block, _hash(source.decode("utf-8"))


_SCRIPT_ESCAPES: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def _script_json(spec: str) -> str:
    """The figure for its live chart, as JSON that no HTML parser can leave early."""
    figure = json.loads(spec)
    layout = dict(figure.get("layout") or {})
    images = layout.get("images") or []
    layout["images"] = [i for i in images if str(i.get("source", "")).startswith("data:image/")]
    text = json.dumps({"data": figure.get("data") or [], "layout": layout}, ensure_ascii=True, sort_keys=True)
    return re.sub("[<>&]", lambda found: _SCRIPT_ESCAPES[found[0]], text)


_FETCHING: Final = re.compile(r"geo|map|^choropleth")


def _is_live(figure: Figure) -> bool:
    """Maps would fetch their tiles and shores from elsewhere: they stay drawings."""
    data = json.loads(figure.spec).get("data") or []
    kinds = {str(trace.get("type", "")) for trace in data if isinstance(trace, Mapping)}
    return not any(_FETCHING.search(kind) for kind in kinds - {"heatmap", "treemap"})


# ------------------------------------------------------------------ parts of the page


@dataclass(frozen=True)
class _Section:
    """A section of the page: its heading, the headings right under it, and its blocks."""

    heading: Heading | None
    inner: tuple[Heading, ...]
    blocks: tuple[Block, ...]


def _sections(document: Document) -> list[_Section]:
    groups: list[tuple[Heading | None, list[Block]]] = [(None, [])]
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            groups.append((block, []))
        else:
            groups[-1][1].append(block)
    return [
        _Section(
            heading,
            tuple(block for block in blocks if isinstance(block, Heading) and block.level == 2),
            tuple(blocks),
        )
        for heading, blocks in groups
        if heading or blocks
    ]


def _is_long(cell: Cell) -> bool:
    return max(len(plain(cell.children)), len(cell.note)) > 24


def _is_short(cell: Cell) -> bool:
    """Whether two such cells fit side by side on a phone."""
    return max(map(len, plain(cell.children).split("\n"))) <= 20 and len(cell.note) <= 22


def _table_kind(table: Table) -> str:
    """`compact` for a few short columns, which need not fill the page nor stack on a phone."""
    widest = [
        max([len(column.label), *(len(plain(row[place].children)) for row in table.rows)])
        for place, column in enumerate(table.columns)
    ]
    is_plain = all(column.width != "wide" for column in table.columns)
    return "compact" if is_plain and len(widest) <= 4 and sum(widest) <= 44 else ""


def _data_address(picture: Picture) -> str:
    return f"data:{picture.mime};base64,{base64.b64encode(picture.data).decode('ascii')}"


def _static_svg(figure: Figure) -> str:
    # the size is left to the page: a drawing of 960 must also fit a screen of 420
    head, end, rest = figure.svg.partition(">")
    head = re.sub(r'\s(?:width|height|class|style|role|aria-\w+)="[^"]*"', "", head)
    if "viewBox" not in head:
        head += f' viewBox="0 0 {figure.width} {figure.height}"'
    return f'{head} class="static" aria-hidden="true" focusable="false"{end}{rest}'


def _fonts(document: Document, cache: Path | None) -> str:
    """The used glyphs as CSS, taken from the cache if the same glyphs were used before."""
    runs, faces = character_runs(_text(document)), tuple(_faces(document))
    eastern = east_asian(_text(document))
    key = hashlib.sha256("\0".join([*map(str, sorted(runs)), *faces, eastern]).encode()).hexdigest()
    path = cache / f"fonts-{key}.css" if cache else None
    if path and path.is_file():
        return path.read_text(encoding="ascii")
    css = "\n".join(filter(None, [font_faces(web_fonts(runs, faces)), east_asian_face(eastern)]))
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part")
        beside.write_text(css, encoding="ascii")
        beside.replace(path)
    return css


def _text(document: Document) -> str:
    """Every character of the page, once: also those of the figures' data, shown on hovering."""
    chars: set[str] = set()

    def gather(value: object) -> None:
        if isinstance(value, str):
            chars.update(value)
        elif isinstance(value, tuple):
            for item in value:
                gather(item)
        elif hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                gather(getattr(value, name))

    gather(document.title)
    gather(document.blocks)
    gather(tuple(document.language.phrases.values()))
    return "".join(sorted(chars))


def _faces(document: Document) -> list[str]:
    """The faces that are used: bold only where a chart asks for it, italic where prose does."""
    used = ["Regular", "Semibold"]
    specs = "".join(figure.spec for figure in document.figures)
    if re.search(r'<b>|"weight":\s*("bold|[789]00)', specs):
        used.append("Bold")
    if "<i>" in specs or '"italic"' in specs or "Emphasis(" in repr(document.blocks):
        used.append("It")
    return used
