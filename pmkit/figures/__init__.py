"""The timeline and its activity as charts.

Times are UTC and drawn as UTC. Colours are told apart by colour-blind readers, and every source has a marker
shape of its own, so that a chart can be read in black and white.
"""

from __future__ import annotations

from pmkit.figures._axis import PHASE_COLOURS
from pmkit.figures.activity import chart_activity, plot_activity
from pmkit.figures.timeline import chart_timeline, plot_timeline

__all__ = ["PHASE_COLOURS", "chart_activity", "chart_timeline", "plot_activity", "plot_timeline"]
