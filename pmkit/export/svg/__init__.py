"""Plotly figures as SVG, drawn by plotly.js itself in a JavaScript engine without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import threading
import time
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pmkit.errors import RenderError
from pmkit.export.svg.metrics import FAMILY, read_faces, source_sans_pro

if TYPE_CHECKING:
    from quickjs import Context

__all__ = ["SvgEngine", "render_svg"]

MEMORY_LIMIT = 768 * 1024 * 1024
TIME_LIMIT = 20.0

# Deep enough for plotly.js; threads start with 0.5 MB on macOS and 1 MB on Windows.
_THREAD_STACK = 16 * 1024 * 1024
_SCRIPT_STACK = 8 * 1024 * 1024

_WEBGL = "needs WebGL"
_TILES = "needs map tiles and WebGL"
_SHORES = "needs country outlines fetched from the network"
_NOT_DRAWABLE = {
    **dict.fromkeys(("scattergl", "scatterpolargl", "heatmapgl", "splom", "parcoords"), _WEBGL),
    **dict.fromkeys(("scatter3d", "surface", "mesh3d", "cone", "streamtube"), _WEBGL),
    **dict.fromkeys(("volume", "isosurface", "pointcloud"), _WEBGL),
    **dict.fromkeys(("scattermap", "choroplethmap", "densitymap"), _TILES),
    **dict.fromkeys(("scattermapbox", "choroplethmapbox", "densitymapbox"), _TILES),
    **dict.fromkeys(("scattergeo", "choropleth"), _SHORES),
}


class SvgEngine:
    """Draws figures one after another; loads plotly.js once.

    Loading begins at construction, in the engine's own thread, and does not hold the GIL:
    make the engine early, do other work, and `render` waits only for what is left. A
    QuickJS context belongs to the thread that made it, so all of it happens on that thread
    and `render` may be called from any.

    Parameters
    ----------
    fonts
        Font files by face: "regular", "semibold", "bold", "italic", "bold italic". They
        decide how much room text takes; the SVG only names the family. By default Source
        Sans Pro.
    memory_limit, time_limit
        Bytes, and seconds of processor time (of the whole process), for one figure.
    """

    def __init__(
        self,
        fonts: Mapping[str, Path] | None = None,
        *,
        memory_limit: int = MEMORY_LIMIT,
        time_limit: float = TIME_LIMIT,
    ) -> None:
        self._fonts = fonts
        self._memory_limit = memory_limit
        self._time_limit = time_limit
        self._context: Context | None = None
        self._call: Any = None
        self._worker = _thread_with_deep_stack()
        # Should this fail, the first render tries again and reports it.
        self._worker.submit(self._start)

    def render(self, figure: Mapping[str, Any] | str, *, width: int, height: int) -> str:
        """The figure as one SVG document, `width` by `height` pixels.

        `figure` is a figure's dict or its JSON. The same figure always gives the same bytes.
        Raises `RenderError` if the figure cannot be drawn; the engine stays usable.
        """
        if width < 1 or height < 1:
            raise RenderError(f"a figure of {width} by {height} pixels has no area")
        text = _canonical_json(figure)
        _refuse_undrawable(json.loads(text))
        return self._worker.submit(self._render, text, width, height).result()

    def close(self) -> None:
        """Free the JavaScript engine and end its thread."""
        # The context must die on the thread it was born on.
        self._worker.submit(self._stop)
        self._worker.shutdown()

    def __enter__(self) -> SvgEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # The methods below run on the engine's thread only.

    def _start(self) -> Context:
        from quickjs import Context

        context = Context()
        context.set_max_stack_size(_SCRIPT_STACK)
        context.set_memory_limit(self._memory_limit)
        context.set_time_limit(self._time_limit)
        context.eval(Path(__file__).with_name("dom.js").read_text(encoding="utf-8"))
        context.eval(_plotly_js() + "\n;null")
        faces = read_faces(source_sans_pro() if self._fonts is None else self._fonts)
        call = context.eval("(name, ...rest) => pmkitSvg[name](...rest)")
        call("useFonts", json.dumps(faces), FAMILY)
        self._context, self._call = context, call
        return context

    def _stop(self) -> None:
        self._context = self._call = None

    def _render(self, text: str, width: int, height: int) -> str:
        from quickjs import JSException

        try:
            answer = self._draw(self._context or self._start(), text, width, height)
        except JSException as error:
            # A script stopped midway leaves the page in no known state: begin anew.
            self._stop()
            raise RenderError(f"figure not drawn: {self._explain(str(error))}") from error
        if "error" in answer:
            self._stop()
            raise RenderError(f"figure not drawn: {self._explain(answer['error'])}")
        svg: str = answer["svg"]
        for index, image in enumerate(answer["images"]):
            svg = svg.replace(f'"pmkit-canvas:{index}"', f'"{_png_address(image)}"')
        return svg

    def _draw(self, context: Context, text: str, width: int, height: int) -> dict[str, Any]:
        deadline = time.monotonic() + 4 * self._time_limit
        prefix = "pm" + hashlib.sha256(f"{width} {height} {text}".encode()).hexdigest()[:10]
        self._call("draw", text, width, height, prefix)
        while time.monotonic() < deadline:
            while context.execute_pending_job():
                pass
            answer = self._call("takeAnswer")
            if answer:
                drawn: dict[str, Any] = json.loads(answer)
                return drawn
            if not self._call("runTimer"):
                return {"error": "plotly.js stopped without an answer"}
        return {"error": "interrupted"}

    def _explain(self, message: str) -> str:
        first = message.strip().partition("\n")[0]
        if "interrupted" in first:
            return f"it took longer than {self._time_limit:g} s; draw fewer points"
        # Out of memory, there is none left for an Error object either.
        if first in ("", "null") or "out of memory" in first:
            return f"it needs more than {self._memory_limit >> 20} MB; draw fewer points"
        return first if len(first) <= 200 else first[:200] + "…"


def render_svg(figure: Mapping[str, Any] | str, *, width: int, height: int) -> str:
    """One figure as SVG. For several, keep a `SvgEngine`: starting it is most of the time."""
    with SvgEngine() as engine:
        return engine.render(figure, width=width, height=height)


def _thread_with_deep_stack() -> ThreadPoolExecutor:
    before = threading.stack_size(_THREAD_STACK)
    try:
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pmkit-svg")
        worker.submit(int).result()  # the thread starts with its first task
    finally:
        threading.stack_size(before)
    return worker


def _plotly_js() -> str:
    # find_spec: importing plotly takes longer than reading this file.
    spec = find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise RenderError("the package plotly is not installed; its plotly.min.js draws figures")
    path = Path(spec.submodule_search_locations[0]) / "package_data" / "plotly.min.js"
    return path.read_text(encoding="utf-8")


def _canonical_json(figure: Mapping[str, Any] | str) -> str:
    """The figure as JSON with sorted keys; ASCII, so that lone surrogates survive the way."""
    try:
        loaded = json.loads(figure) if isinstance(figure, str) else figure
        try:
            return json.dumps(loaded, sort_keys=True, allow_nan=False)
        except (TypeError, ValueError):
            # Arrays, times and NaN: plotly's encoder knows what they mean in a figure.
            from plotly.io.json import to_json_plotly

            return json.dumps(json.loads(to_json_plotly(loaded)), sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise RenderError(f"figure not drawn: it is not plotly JSON ({error})") from error


def _refuse_undrawable(figure: Any) -> None:
    traces = figure.get("data", []) if isinstance(figure, dict) else None
    if not isinstance(traces, list) or not all(isinstance(trace, dict) for trace in traces):
        raise RenderError("figure not drawn: expected an object with a list of traces in 'data'")
    for number, trace in enumerate(traces, 1):
        reason = _NOT_DRAWABLE.get(str(trace.get("type", "scatter")))
        if reason:
            raise RenderError(
                f"figure not drawn: trace {number} is of type {trace['type']!r}, which {reason}"
            )


def _png_address(image: Mapping[str, Any]) -> str:
    """A data: address of the RGBA pixels a canvas left."""
    width, height = image["width"], image["height"]
    pixels = base64.b64decode(image["pixels"])
    rows = (pixels[at : at + width * 4] for at in range(0, len(pixels), width * 4))

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    png = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9))
        + chunk(b"IEND", b"")
    )
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
