"""The replay: what a role could see, position by position of its slider."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from pmkit.explore import known_to
from pmkit.look import Theme
from pmkit.postmortem import Postmortem
from pmkit.replay import chart_replay, plot_replay
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY

COMMANDER = "Incident Commander"


@pytest.fixture(scope="module")
def sample() -> Postmortem:
    return Workspace.open(REPOSITORY / "data" / "checkout-failure").load()


def test_each_position_shows_what_was_visible_by_then(sample: Postmortem) -> None:
    """As many events as `known_to` tells for that moment, and no event of a later time."""
    spec = chart_replay(sample.events, sample.incident, COMMANDER, timeline=sample.timeline).spec
    start = pd.Timestamp(spec["layout"]["xaxis"]["range"][0], tz="UTC")
    for step in spec["layout"]["sliders"][0]["steps"][::5]:
        visible, layout = step["args"][0]["visible"], step["args"][1]
        now = pd.Timestamp(layout["shapes"][0]["x0"], tz="UTC")
        times = [x for trace, seen in zip(spec["data"], visible, strict=True) if seen for x in trace["x"]]
        known = known_to(sample.events, sample.incident, COMMANDER, now, public=False)
        assert len(times) == (known["time"] >= start).sum()
        assert all(pd.Timestamp(time, tz="UTC") <= now for time in times)
        assert f"{len(times):,} events visible" in layout["annotations"][0]["text"]


def test_what_begins_visible_is_what_its_position_shows(sample: Postmortem) -> None:
    """The drawing and the slider agree before anybody touches it."""
    spec = chart_replay(sample.events, sample.incident, COMMANDER, timeline=sample.timeline).spec
    slider = spec["layout"]["sliders"][0]
    assert [trace["visible"] for trace in spec["data"]] == slider["steps"][slider["active"]]["args"][0][
        "visible"
    ]
    assert 2 < len(slider["steps"]) <= 42


def test_words_of_a_later_edit_are_nowhere_in_it(sample: Postmortem) -> None:
    """The kickoff post was corrected an hour later; its new words would be hindsight."""
    spec = chart_replay(sample.events, sample.incident, COMMANDER, timeline=sample.timeline).spec
    text = json.dumps(spec, ensure_ascii=False)
    edited = sample.events.set_index("event_id").loc["slack:C09MFKICKF2:1793693275.579583", "text"]
    assert edited[:60].replace("*", "") not in text.replace("*", "")
    assert "changed later" in text


def test_public_channels_are_shown_when_asked_for(sample: Postmortem) -> None:
    """They are more than what the role was part of."""
    few, many = (
        sum(
            len(trace["x"])
            for trace in chart_replay(
                sample.events, sample.incident, COMMANDER, timeline=sample.timeline, public=public
            ).spec["data"]
        )
        for public in (False, True)
    )
    assert few < many


def test_a_role_that_saw_nothing_gets_a_sentence(sample: Postmortem) -> None:
    """A window before its first page holds nothing for the commander."""
    window = (pd.Timestamp("2026-11-03T07:00Z"), pd.Timestamp("2026-11-03T08:00Z"))
    spec = chart_replay(sample.events, sample.incident, COMMANDER, window=window).spec
    assert spec["layout"]["annotations"][0]["text"].startswith("Nothing in the record was visible")


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_it_is_a_plotly_figure(sample: Postmortem, theme: Theme) -> None:
    """Valid, named, with a caption and words for a screen reader, and all of it inside the figure."""
    figure = plot_replay(sample.events, sample.incident, COMMANDER, timeline=sample.timeline, theme=theme)
    assert figure.layout.meta["name"] == "replay"
    assert figure.layout.meta["alt"]
    assert "http" not in json.dumps([step.to_plotly_json() for step in figure.layout.sliders[0].steps])[:2000]
