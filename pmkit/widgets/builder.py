"""The timeline builder: one call that opens it, and the timeline as it stands where nobody can edit."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmkit.postmortem import Postmortem
from pmkit.widgets.edit import is_static
from pmkit.workspace import Workspace

if TYPE_CHECKING:
    from pmkit.blocks import Table
    from pmkit.look import Chart
    from pmkit.widgets.desk import TimelineBuilder

# Builders on the page, by folder: a cell that runs again shows the same one and leaves none behind.
_open_builders: dict[str, TimelineBuilder] = {}


def edit_timeline(workspace: Workspace) -> Any:
    """Build the timeline of the incident in JupyterLab; each change is saved at once.

    Lanes of all events over a grid: drag a window over the lanes to filter the grid, choose an event to read
    its record, thread and neighbours at the side. Returns the builder, the same one each time. With
    `PMKIT_STATIC=1` in the environment, as when a notebook runs headless, the timeline as it stands.
    """
    return TimelineView.of(workspace.load()) if is_static() else _live(workspace)


def _live(workspace: Workspace) -> TimelineBuilder:
    from pmkit.session import EditSession
    from pmkit.widgets.desk import TimelineBuilder

    key = str(workspace.path.resolve())
    session = EditSession.of(workspace, "timeline")
    builder = _open_builders.get(key)
    if builder is not None and builder.session is session and builder.comm is not None:
        builder.look_again()
        return builder
    if builder is not None:
        builder.close()
    builder = _open_builders[key] = TimelineBuilder(workspace)
    return builder


@dataclass(frozen=True)
class TimelineView:
    """The timeline for reading: its chart, or the reason why there is none, and its table."""

    chart: Chart | None
    table: Table

    @classmethod
    def of(cls, postmortem: Postmortem) -> TimelineView:
        """The view of a postmortem's timeline."""
        from pmkit.figures import chart_timeline
        from pmkit.tables import table_timeline

        drawable = len(postmortem.timeline) > 0
        chart = chart_timeline(postmortem.timeline, postmortem.events) if drawable else None
        return cls(chart, table_timeline(postmortem.timeline))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle = self.table._repr_mimebundle_()
        if self.chart is None:
            return bundle
        layout = self.chart.spec["layout"]
        # Drawn here, because a page that is opened without a kernel has no plotly.
        from pmkit.export.svg import render_svg

        svg = render_svg(self.chart.spec, width=layout["width"], height=layout["height"])
        caption = f"<figcaption>{html.escape(layout['meta']['caption'])}</figcaption>"
        figure = f'<figure style="margin:0;overflow-x:auto">{svg}{caption}</figure>'
        text = f"{layout['meta']['alt']}\n{bundle['text/plain']}"
        return {**bundle, "text/html": figure + bundle["text/html"], "text/plain": text}
