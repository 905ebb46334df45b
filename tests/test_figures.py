"""The charts, judged on their data: nothing overlaps, nothing is lost, nothing is obeyed."""

from __future__ import annotations

import json
import math
import operator
import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from html import unescape
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import font_source_sans_pro
import pandas as pd
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import figures, schema
from pmkit.figures import PHASE_COLOURS, chart_activity, chart_timeline
from pmkit.look import LOOKS, PLOTLY_MIME, SOURCE_STYLES, Theme
from pmkit.timeline import TIMELINE_COLUMNS, build_timeline

Rows = Callable[..., pd.DataFrame]
Spec = dict[str, Any]
START = pd.Timestamp("2026-11-03T12:00:00Z")

# Incidents to draw


WORDS = (
    "Checkout fails for one in three customers", "Rollback of checkout-api 2.41.0 started",
    "WAREHOUSE WRITES WERE MOVED TO WAREHOUSE MAIN", "ok", "Wir öffnen die Wärmepumpenübersicht für Jürgen",
    "Мы откатили версию и ждём, пока очередь опустеет", "p99 at 14.2 s; errors 31 % (was 0.2 %)",
    "https://status.example.com/incidents/2026-11-03-checkout-outage-with-a-very-long-name", "",
    "mmmmmm wwwwww mmmmmm wwwwww mmmmmm", "Η ομάδα αύξησε τα όρια των συνδέσεων",
)  # fmt: skip
PLACES = ("incident-kickoff", "incident-updates", "a-channel-with-a-name-of-eighty-letters-" * 2, "ops")


@st.composite
def incidents(draw: st.DrawFn) -> dict[str, Any]:
    """A curated timeline: few or many events, even or in clusters, between five minutes and five days."""
    luck = random.Random(draw(st.integers(0, 2**32)))
    lasts = timedelta(minutes=draw(st.sampled_from([5, 12, 45, 90, 240, 1440, 7200])))
    clusters = draw(st.integers(1, 6))
    spread = draw(st.sampled_from([0.001, 0.02, 0.3, 1.0]))
    centres = [luck.random() for _ in range(clusters)]
    moments = [
        min(max(luck.gauss(luck.choice(centres), spread), 0), 1) for _ in range(draw(st.integers(1, 50)))
    ]
    sources = luck.sample(schema.SOURCES, draw(st.integers(1, 4)))
    marks = luck.sample([*schema.MARKS, "told_everybody"], draw(st.integers(0, 6)))
    words = st.sampled_from(WORDS) | st.text(st.sampled_from("ABCWwmil .,ÄéЖωß@%&"), max_size=60)
    said = draw(st.lists(words, min_size=1, max_size=8))
    rows = [
        {"time": START + moment * lasts, "source": luck.choice(sources), "summary": luck.choice(said), "n": n}
        | {"place": luck.choice(PLACES[: draw(st.integers(1, 4))]) if n < 5 else PLACES[n % 2]}
        for n, moment in enumerate(moments)
    ]
    for mark in marks:
        luck.choice(rows).update(mark=mark)
    window = (START - lasts * 0.02, START + lasts * 1.02)
    return {
        "timeline": curated(rows),
        "window": window,
        "width": draw(st.sampled_from([700, 920, 1000, 1400])),
    }


def curated(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A timeline frame with these cells, as `build_timeline` would give it."""
    frame = pd.DataFrame(rows, columns=[*TIMELINE_COLUMNS, "n"]).drop(columns="n")
    times = {
        name: pd.to_datetime(frame[name], utc=True).astype(schema.TIME_DTYPE)
        for name in ("time", "recorded_at", "ended_at")
    }
    frame = frame.drop(columns=list(times)).astype("str").fillna("").assign(**times)
    frame["event_id"] = [f"e{n}" for n in range(len(frame))]
    frame["mark_basis"] = frame["mark"].map(lambda mark: "marked" if mark else "")
    return frame.sort_values("time", kind="stable", ignore_index=True)[list(TIMELINE_COLUMNS)]


# What a browser would draw: boxes of text in pixels


class Box(NamedTuple):
    left: float
    right: float
    top: float
    bottom: float
    text: str


@cache
def advances(style: str) -> Mapping[str, float]:
    files = Path(font_source_sans_pro.__file__).parent / "files"
    with TTFont(files / f"SourceSansPro-{style}.ttf") as font:
        widths, scale = font["hmtx"].metrics, font["head"].unitsPerEm
        return {chr(code): widths[glyph][0] / scale for code, glyph in font.getBestCmap().items()}


def source_sans(text: str, *, bold: bool) -> float:
    return sum(advances("Bold" if bold else "Regular")[letter] for letter in text)


def source_sans_and_more(text: str, *, bold: bool) -> float:
    return source_sans(text, bold=bold) * 1.08


# Helvetica's and Arial's own widths in thousandths of an em, from its AFM: one number, then its letters.
HELVETICA = {
    False: "191' 222ijl 260| 278 !,./:;I[]\\ft 333()-`r 334{} 355\" 389* 469^ 500Jcksvxyz "
    "556#$0123456789?L_abdeghnopqu "
    "584+<=>~ 611FTZ 667&ABEKPSVXY 722CDHNRUw 778GOQ 833Mm 889% 944W 1000… 1015@",
    True: "238' 278 ,./I\\ijl 280| 333!()-:;[]`ft 389*r{} 474\" 500z 556#$0123456789J_aceksvxy 584+<=>^~ "
    "611?FLTZbdghnopqu 667EPSVXY 722&ABCDHKNRU 778GOQw 833M 889%m 944W 975@ 1000…",
}  # fmt: skip


@cache
def helvetica_widths(bold: bool) -> dict[str, float]:
    groups = re.findall(r"(\d{3,4}) ?(\D*?[0-9]{10}\D*|\D+)(?= |$)", HELVETICA[bold])
    return {letter: int(width) / 1000 for width, letters in groups for letter in letters} | {" ": 0.278}


def helvetica(text: str, *, bold: bool) -> float:
    widths = helvetica_widths(bold)
    plain = unicodedata.normalize("NFD", text)
    return sum(widths.get(letter, 0 if unicodedata.combining(letter) else 0.75) for letter in plain)


FONTS = {"Source Sans": source_sans, "Source Sans + 8 %": source_sans_and_more, "Helvetica": helvetica}


def text_width(markup: str, size: float, font: Callable[..., float]) -> float:
    """Pixels of plotly's mini-HTML, its bold parts in bold."""
    parts = re.findall(r"<b>(.*?)</b>|([^<]+)", markup)
    return (
        sum(font(unescape(bold), bold=True) + font(unescape(plain), bold=False) for bold, plain in parts)
        * size
    )


def pixels_of(axis: Spec, value: str, room: float) -> float:
    """Where a time stands on the x axis, in pixels from the plot's left."""
    start, end, time = (pd.Timestamp(text) for text in (*axis["range"], value))
    return (time - start) / (end - start) * room


def text_boxes(spec: Spec, font: Callable[..., float] = source_sans) -> Iterator[Box]:
    """The box of every annotation, from nothing but the figure itself."""
    layout = spec["layout"]
    margin = layout["margin"]
    wide = layout["width"] - margin["l"] - margin["r"]
    high = layout["height"] - margin["t"] - margin["b"]
    for note in layout["annotations"]:
        size = note["font"]["size"]
        width, height = text_width(note["text"], size, font), 1.26 * size
        x = margin["l"] + pixels_of(layout["xaxis"], note["x"], wide) + note.get("xshift", 0)
        if note.get("yref") == "paper":
            y = margin["t"] + (1 - note["y"]) * high
        else:
            low, top = layout["yaxis"]["range"]
            y = margin["t"] + (top - note["y"]) / (top - low) * high
        y -= note.get("yshift", 0)
        left = x - {"left": 0, "center": 0.5, "right": 1}[note.get("xanchor", "center")] * width
        above = y - {"top": 0, "middle": 0.5, "bottom": 1}[note["yanchor"]] * height
        yield Box(left, left + width, above, above + height, note["text"])


def overlap(one: Box, other: Box) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )


def assert_legible(spec: Spec) -> None:
    layout = spec["layout"]
    for name, font in FONTS.items():
        boxes = list(text_boxes(spec, font))
        for box in boxes:
            inside = box.left >= layout["margin"]["l"] - 4 and box.right <= layout["width"]
            assert inside, f"{name}: {box} leaves the plot of {layout['width']} pixels"
            assert 0 <= box.top < box.bottom <= layout["height"], f"{name}: {box}"
        for one, other in combinations(boxes, 2):
            assert not overlap(one, other), f"{name}: {one} lies over {other}"


@settings(max_examples=60)
@given(incidents())
def test_no_two_labels_overlap(incident: dict[str, Any]) -> None:
    """At any length, width and crowd each label is legible, inside the figure and beside its lane's name."""
    timeline, window, width = incident["timeline"], incident["window"], incident["width"]
    spec = chart_timeline(timeline, window=window, width=width).spec
    assert spec["layout"]["width"] == width
    assert_legible(spec)
    # A lane's name stands left of the plot, whole.
    for title in spec["layout"]["yaxis"]["ticktext"]:
        assert text_width(title, 12, helvetica) < spec["layout"]["margin"]["l"] - 6
    # Stretched, as a page may do it, labels only move apart.
    wider = {**spec, "layout": {**spec["layout"], "width": width * 1.6}}
    assert_legible(wider)
    # Every curated event in the window is a marker, whether it has a label or not.
    drawn = sorted(x for trace in spec["data"] if trace["mode"] == "markers" for x in trace["x"])
    assert drawn == sorted(f"{time:%Y-%m-%dT%H:%M:%S.%f}" for time in timeline["time"])
    labels = [box for box in text_boxes(spec) if "<b>" in box.text]
    assert len(labels) == len(timeline) + timeline["mark"].str.split().explode().nunique()


@settings(max_examples=20)
@given(incidents())
def test_no_two_anchor_labels_of_the_activity_overlap(incident: dict[str, Any]) -> None:
    """The second chart names the anchors as legibly as the first."""
    timeline = incident["timeline"]
    events = timeline.assign(place="ops")
    spec = chart_activity(events, timeline, window=incident["window"], width=incident["width"]).spec
    assert_legible(spec)
    assert sum(sum(trace["y"]) for trace in spec["data"]) == len(events)


def test_a_crowd_is_labelled_in_part_and_says_so() -> None:
    """Of two hundred events eighty are labelled, marked ones among them; all are markers."""
    rows = [
        {"time": START + timedelta(seconds=20 * n), "source": "slack", "summary": f"event {n}"}
        for n in range(200)
    ]
    rows[150]["mark"] = "mitigated"
    spec = chart_timeline(curated(rows)).spec
    labels = [note["text"] for note in spec["layout"]["annotations"] if "event " in note["text"]]
    assert len(labels) == 80
    assert any("event 150" in label for label in labels)
    assert sum(len(trace["x"]) for trace in spec["data"] if trace["mode"] == "markers") == 200
    assert "80 of 200 events are labelled" in spec["layout"]["meta"]["caption"]
    assert_legible(spec)


def test_what_lies_outside_the_window_is_counted() -> None:
    """Events that are not drawn are told in the caption."""
    rows = [{"time": START + timedelta(hours=n), "source": "slack", "summary": "x"} for n in range(4)]
    spec = chart_timeline(curated(rows), window=(START, START + timedelta(hours=1, minutes=1))).spec
    assert "2 more events lie outside" in spec["layout"]["meta"]["caption"]


# Text and times


HOSTILE = (
    "<script>alert(1)</script>", "<a href='javascript:x'>go</a>", "a <b>bold</b> & <br> plan", "%{x} {y}",
    "refunds: $500 for EU and $300 for US", "\u202egnirts\u2066", "tab\tand\x00nul\x1b[31m",
    "&lt;i&gt; &amp;", "<img src=file:///etc/passwd>",
)  # fmt: skip


def all_texts(part: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            yield from all_texts(value, name)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from all_texts(value, key)
    elif isinstance(part, str):
        yield key, part


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_evidence_is_shown_not_obeyed(text: str) -> None:
    """Tags, entities, formulas and characters that turn or hide text reach plotly as plain words."""
    rows = [
        {"time": START + timedelta(minutes=n), "source": source, "summary": text, "place": text, "mark": mark}
        for n, (source, mark) in enumerate([("slack", "detected"), ("manual", "mitigated"), (text, "")])
    ]
    timeline = curated(rows)
    for chart in (chart_timeline(timeline, timeline), chart_activity(timeline, timeline)):
        for key, shown in all_texts(chart.spec):
            if key == "alt":
                continue
            ours = (
                re.sub(r"</?b>|<br>|<extra></extra>", "", shown)
                if key in ("text", "hovertemplate")
                else shown
            )
            assert "<" not in ours, (key, shown)
            assert shown.count("$") == 0, (key, shown)
            assert not re.search("[\x00-\x1f\u202a-\u202e\u2066-\u2069]", shown.replace("\n", "")), (
                key,
                shown,
            )
        chart.figure.to_json()


def test_words_survive_the_escaping() -> None:
    """What is shown, read back, is what was written."""
    words = "a < b & c > d costs $5 and $6 &amp; more"
    chart = chart_timeline(curated([{"time": START, "source": "slack", "summary": words}]))
    (note,) = chart.spec["layout"]["annotations"]
    assert unescape(note["text"].partition("</b> ")[2]) == words


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
def test_times_reach_plotly_as_utc_text(zone: str) -> None:
    """Whatever zone a frame is in, plotly gets UTC as text, to the microsecond, and draws just that."""
    timeline = curated(
        [
            {"time": START, "source": "slack", "summary": "x", "mark": "impact_started"},
            {
                "time": START + timedelta(minutes=9, microseconds=1),
                "source": "jira",
                "summary": "y",
                "mark": "resolved",
            },
        ]
    )
    there = timeline.assign(time=timeline["time"].dt.tz_convert(zone))
    for chart in (chart_timeline(there, there), chart_activity(there, there)):
        known = (
            chart_timeline(timeline, timeline)
            if "timeline" in str(chart.spec["layout"]["meta"]["name"])
            else None
        )
        assert known is None or json.dumps(known.spec) == json.dumps(chart.spec)
        for trace in chart.spec["data"]:
            assert all(
                re.fullmatch(r"2026-11-03T1[12]:\d\d:\d\d\.\d{6}", x) for x in trace["x"] if x is not None
            )
        plotted = chart.figure.to_plotly_json()
        assert [list(trace["x"]) for trace in plotted["data"]] == [trace["x"] for trace in chart.spec["data"]]
    assert "2026-11-03T12:09:00.000001" in json.dumps(chart_timeline(timeline).spec)


# Size, emptiness, colours


def test_a_corrected_clock_is_told_below_the_chart() -> None:
    """The captions say which clocks are corrected by how much, and a marker what was recorded."""
    basis = "offset, corrected by +37 s"
    row = {"time": START, "source": "pagerduty", "summary": "Paged", "time_basis": basis}
    recorded_at = START - timedelta(seconds=37)
    timeline = curated([row | {"recorded_at": recorded_at}, {"time": START, "source": "slack"}])
    spec = chart_timeline(timeline).spec
    assert "Clocks are corrected: PagerDuty by +37 s." in spec["layout"]["meta"]["caption"]
    told = {words[1] for trace in spec["data"] for words in trace.get("customdata", ())}
    assert told == {"", f", recorded {recorded_at:%H:%M:%S}"}
    activity = chart_activity(timeline).spec["layout"]["meta"]["caption"]
    assert activity.endswith("by source (UTC). Clocks are corrected: PagerDuty by +37 s.")


def test_fifty_thousand_raw_events_stay_small() -> None:
    """The raw events are drawn as hills and bars of a fixed number of steps, so the figure does not grow."""
    luck = random.Random(1)
    raw = pd.DataFrame(
        {
            "time": [START + timedelta(seconds=luck.random() * 86_400) for _ in range(50_000)],
            "source": luck.choices(schema.SOURCES, k=50_000),
            "place": luck.choices([f"channel-{n}" for n in range(40)], k=50_000),
        }
    ).astype({"time": schema.TIME_DTYPE, "source": "str", "place": "str"})
    rows = [
        {"time": START + timedelta(hours=n), "source": "slack", "place": f"channel-{n % 3}", "summary": "x"}
        for n in range(20)
    ]
    timeline = curated(rows)
    assert len(json.dumps(chart_timeline(timeline, raw).spec)) < 120_000
    assert len(json.dumps(chart_activity(raw, timeline).spec)) < 120_000
    assert (
        sum(sum(t["y"]) for t in chart_activity(raw, window=(START, START + timedelta(days=1))).spec["data"])
        == 50_000
    )


def test_raw_events_without_a_lane_are_drawn_elsewhere() -> None:
    """A source nobody curated is not left out in silence."""
    timeline = curated([{"time": START, "source": "slack", "place": "ops", "summary": "x"}])
    raw = curated(
        [
            {"time": START, "source": "jira", "summary": "y"},
            {"time": START, "source": "slack", "place": "ops"},
        ]
    )
    lanes = chart_timeline(timeline, raw).spec["layout"]["yaxis"]["ticktext"]
    assert lanes == ["ops", "elsewhere"]


def test_nothing_to_draw_is_said_in_one_sentence(events: Rows, worksheet: Rows) -> None:
    """Without events a chart is a sentence, not an error, and plotly accepts it."""
    bare = build_timeline(events(), worksheet())
    raw = events({"event_id": "a", "time": START}, {"event_id": "b", "kind": "unreadable"})
    for chart, words in (
        (chart_timeline(bare), "No event is on the timeline yet."),
        (chart_timeline(bare, raw), "No event is on the timeline yet."),
        (chart_activity(events()), "No event is known yet."),
        (chart_activity(events(), bare), "No event is known yet."),
    ):
        assert [note["text"] for note in chart.spec["layout"]["annotations"]] == [words]
        assert chart.spec["layout"]["meta"]["alt"] == words.rstrip(".")
        chart.figure.to_json()
    # Raw events alone are worth bars, also before anybody chose from them.
    for chart in (chart_activity(raw), chart_activity(raw, bare)):
        assert [trace["y"] for trace in chart.spec["data"]] == [[1]]
    outside = (START + timedelta(days=1), START + timedelta(days=2))
    one = curated([{"time": START, "source": "slack", "summary": "x"}])
    for chart in (chart_timeline(one, one, window=outside), chart_activity(one, one, window=outside)):
        chart.figure.to_json()


def test_one_event_alone_is_drawn() -> None:
    """A single event has a window of its own and a label."""
    spec = chart_timeline(curated([{"time": START, "source": "manual", "summary": "Seen"}])).spec
    assert [note["text"] for note in spec["layout"]["annotations"]] == ["<b>12:00</b> Seen"]
    assert_legible(spec)


def test_a_chart_shows_itself_without_plotly() -> None:
    """In a notebook the chart is plotly's own JSON with words beside it."""
    chart = chart_timeline(curated([{"time": START, "source": "slack", "summary": "x", "mark": "detected"}]))
    bundle = chart._repr_mimebundle_()
    assert set(bundle) == {PLOTLY_MIME, "text/plain"}
    assert json.loads(json.dumps(bundle)) == bundle
    assert bundle["text/plain"].startswith("Timeline of 1 events from 2026-11-03")
    assert figures.plot_timeline(curated([])).layout.annotations[0].text
    assert figures.plot_activity(curated([])).layout.annotations[0].text


@pytest.mark.parametrize(
    ("theme", "backgrounds", "least"),
    [
        ("light", ["#ffffff"], 4.5),
        ("dark", ["#16191d", "#111111"], 4.5),
        ("auto", ["#ffffff", "#111111"], 4.2),
    ],
)
def test_text_is_legible_on_its_background(theme: Theme, backgrounds: list[str], least: float) -> None:
    """Contrast of all text by WCAG; 4.3 is the most one colour can reach on both white and near black."""
    look = LOOKS[theme]
    for background in backgrounds:
        for colour in (look.ink, look.muted):
            assert contrast(rgb(colour), rgb(background)) >= least
            shaded = [blend(rgb(shade), look.shade, rgb(background)) for shade in PHASE_COLOURS.values()]
            assert min(contrast(rgb(colour), shade) for shade in shaded) >= (4.5 if theme != "auto" else 3.3)


def test_all_text_has_a_colour_of_the_look() -> None:
    """No text falls back to plotly's own dark grey, which a dark page would swallow."""
    timeline = curated([{"time": START, "source": "slack", "summary": "x", "mark": "detected"}])
    for chart in (
        chart_timeline(timeline, timeline, theme="dark"),
        chart_activity(timeline, timeline, theme="dark"),
    ):
        layout = chart.spec["layout"]
        known = {LOOKS["dark"].ink, LOOKS["dark"].muted}
        fonts = [note["font"] for note in layout["annotations"]]
        fonts += [layout["xaxis"]["tickfont"], layout["yaxis"]["tickfont"], layout["font"]]
        assert {font["color"] for font in fonts} <= known


def test_on_a_page_of_jupyterlab_text_has_its_colours() -> None:
    """What a notebook shows in the look `auto` follows the page, all of it; what a report shows does not."""
    timeline = curated([{"time": START, "source": "slack", "summary": "a & b", "mark": "detected"}])
    for chart in (chart_timeline(timeline, timeline), chart_activity(timeline, timeline)):
        shown, plainly = chart.shown["layout"], chart.spec["layout"]
        texts = [note["text"] for note in shown["annotations"]]
        texts += [*(shown["yaxis"].get("ticktext") or [shown["yaxis"]["tickprefix"]])]
        texts += [stop["value"] for stop in shown["xaxis"]["tickformatstops"]]
        texts += [trace["name"] for trace in chart.shown["data"] if shown["showlegend"]]
        assert all(text.startswith('<span style="fill:var(--jp-ui-font-color') for text in texts)
        assert re.sub("</?span.*?>", "", texts[0]) == plainly["annotations"][0]["text"]
    light = chart_timeline(timeline, timeline, theme="light")
    assert light.shown is light.spec


def test_sources_are_told_apart_without_colour() -> None:
    """Each source has a marker of its own shape, and every known source has one."""
    symbols = [symbol for _, symbol in SOURCE_STYLES.values()]
    assert len(set(symbols)) == len(symbols)
    assert set(SOURCE_STYLES) == set(schema.SOURCES)
    assert set(PHASE_COLOURS) == set(schema.PHASES)


def test_sources_are_told_apart_by_colour_blind_eyes() -> None:
    """The colours of any two sources differ to every kind of eye, and stand out on white and on black."""
    backgrounds = [rgb("#ffffff"), rgb("#111111")]
    assert all(contrast(rgb(c), ground) > 2.99 for c, _ in SOURCE_STYLES.values() for ground in backgrounds)
    for eye in DICHROMATS:
        for light in (0.0, 0.38):
            seen = {source: as_seen(colour, eye, light) for source, (colour, _) in SOURCE_STYLES.items()}
            near = {pair: math.dist(*map(seen.__getitem__, pair)) for pair in combinations(seen, 2)}
            closest = min(near, key=near.__getitem__)
            assert near[closest] > 0.035, f"{closest} to an eye of the kind {eye}"


Colour = tuple[float, float, float]
# Machado, Oliveira and Fernandes 2009: linear red, green and blue as such an eye has them.
DICHROMATS = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "no green": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "no blue": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}
# Ottosson's Oklab: a space in which distance is what eyes tell apart.
TO_CONES = ((0.4122, 0.5363, 0.0514), (0.2119, 0.6807, 0.1074), (0.0883, 0.2817, 0.6300))
TO_LAB = ((0.2105, 0.7936, -0.0041), (1.9780, -2.4286, 0.4506), (0.0259, 0.7828, -0.8087))


def as_seen(colour: str, eye: str, light: float) -> Colour:
    """The colour in Oklab, mixed with white by `light` and seen by such an eye."""
    mixed = (part / 255 + (1 - part / 255) * light for part in rgb(colour))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in mixed]
    cones = times(TO_CONES, [min(max(part, 0), 1) for part in times(DICHROMATS[eye], linear)])
    lightness, green_red, blue_yellow = times(TO_LAB, [part ** (1 / 3) for part in cones])
    return lightness, green_red, blue_yellow


def times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [sum(map(operator.mul, row, vector)) for row in matrix]


def rgb(colour: str) -> Colour:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return red, green, blue


def blend(over: Colour, opacity: float, under: Colour) -> Colour:
    red, green, blue = (a * opacity + b * (1 - opacity) for a, b in zip(over, under, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio by WCAG 2.1."""

    def luminance(colour: Colour) -> float:
        linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)
