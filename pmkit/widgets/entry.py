"""New events by hand: one with its time and zone, or many pasted lines at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from pmkit.widgets.lanes import script, style


class Entry(anywidget.AnyWidget):
    """A form for one event and one for many lines `14:03 text`; both say their day and zone."""

    _esm = script("entry")
    _css = style("entry")

    day = traitlets.Unicode("").tag(sync=True)  # the day that is offered, as 2026-11-03
    zone = traitlets.Enum(["utc", "team", "viewer"], "utc").tag(sync=True)
    team_zone = traitlets.Unicode("UTC").tag(sync=True)
    label = traitlets.Unicode("Events without a record").tag(sync=True)

    def __init__(self, *, day: str = "", team_zone: str = "UTC") -> None:
        self._calls: list[Callable[[Mapping[str, Any]], None]] = []
        super().__init__(day=day, team_zone=team_zone)
        self.on_msg(self._hear)

    def on_act(self, call: Callable[[Mapping[str, Any]], None]) -> None:
        """`call` with what people do: `add`, `preview`, `paste`; each carries a `key` to answer."""
        self._calls.append(call)

    def answer(self, key: str, **what: Any) -> None:
        """The answer to `key`: `done` (a sentence), `trouble` (another) or `lines` (a preview)."""
        self.send({"op": "answer", "key": key, **what})

    def _hear(self, _: object, content: Mapping[str, Any], __: object) -> None:
        for call in self._calls:
            call(content)
