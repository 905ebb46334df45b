"""The queue of suggestions, one at a time: what, why, and one key to take or leave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from pmkit.widgets.lanes import script, style


class Queue(anywidget.AnyWidget):
    """Suggestions to take or to leave; None while nobody has looked for them yet.

    Each of `items` has `id`, `kind`, `event_id`, `t` (ms, or None), `text`, `reasons` (sentences) and `does`
    (what taking it does).
    """

    _esm = script("queue")
    _css = style("queue")

    items: traitlets.List[Any] = traitlets.List(None, allow_none=True).tag(sync=True)
    zone = traitlets.Enum(["utc", "team", "viewer"], "utc").tag(sync=True)
    team_zone = traitlets.Unicode("UTC").tag(sync=True)
    label = traitlets.Unicode("Suggestions").tag(sync=True)

    def __init__(self, items: Sequence[Mapping[str, Any]] | None = None, *, team_zone: str = "UTC") -> None:
        self._calls: list[Callable[[Mapping[str, Any]], None]] = []
        known = None if items is None else [dict(item) for item in items]
        super().__init__(items=known, team_zone=team_zone)
        self.on_msg(self._hear)

    def on_act(self, call: Callable[[Mapping[str, Any]], None]) -> None:
        """`call` with what people do: `take`, `leave`, `select` (each with `id`); and with `look`, once a
        page stands that has no suggestions yet.
        """
        self._calls.append(call)

    def tell(self, text: str, *, trouble: bool = False) -> None:
        """Say in one sentence what was done, or why it was not."""
        self.send({"op": "said", "text": text, "trouble": trouble})

    def _hear(self, _: object, content: Mapping[str, Any], __: object) -> None:
        for call in self._calls:
            call(content)
