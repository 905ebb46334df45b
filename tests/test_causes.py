"""The chart of the factors: nothing overlaps or is cut off, every link is drawn, hostile text is text."""

from __future__ import annotations

import re
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.causes import KIND_COLOURS, Box, Plan, chart_factors, plan_factors, plot_factors
from pmkit.factors import IMPACT, causal_graph
from pmkit.look import LOOKS, Chart, Theme, text_width
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY

NO_ACTIONS = schema.empty(schema.ACTIONS)
STATEMENT = (
    "A retry without jitter lets a small loss of packets saturate the pool, and nothing caps the retries."
)


def factors(statements: dict[str, str], kind: str = "trigger") -> pd.DataFrame:
    rows = [{"factor_id": name, "statement": text or "?", "kind": kind} for name, text in statements.items()]
    return schema.conform(pd.DataFrame(rows), schema.FACTORS) if rows else schema.empty(schema.FACTORS)


def links(pairs: list[tuple[str, str]], event_ids: str = "") -> pd.DataFrame:
    rows = [{"cause": cause, "effect": effect, "event_ids": event_ids} for cause, effect in pairs]
    return (
        schema.conform(pd.DataFrame(rows), schema.FACTOR_LINKS) if rows else schema.empty(schema.FACTOR_LINKS)
    )


def actions(**addressed: str) -> pd.DataFrame:
    rows = [{"action_id": name, "action": name, "factor_ids": of} for name, of in addressed.items()]
    return schema.conform(pd.DataFrame(rows), schema.ACTIONS)


def overlap(one: Box, other: Box) -> bool:
    beside = one.right <= other.left or other.right <= one.left
    return not (beside or one.bottom <= other.top or other.bottom <= one.top)


def check(plan: Plan, pairs: list[tuple[str, str]]) -> None:
    for one, other in combinations(plan.boxes, 2):
        assert not overlap(one, other), (one, other)
    for box in plan.boxes:
        assert box.left >= 0 and box.right <= plan.width
        assert box.top >= 0 and box.bottom <= plan.height
        long, high = (box.height, box.width) if box.upright else (box.width, box.height)
        assert len(box.lines) * 1.3 * 11.5 <= high
        for line, bold in zip(box.lines, box.bold, strict=True):
            assert len(line) == 1 or text_width(line, 12, bold=bold) / 12 * 11.5 <= long
    for pill in plan.pills:
        assert pill.left >= 0
        for box in plan.boxes:
            beside = pill.left + pill.width <= box.left or box.right <= pill.left
            assert beside or pill.top + pill.height <= box.top or box.bottom <= pill.top
    assert [(route.cause, route.effect) for route in plan.routes] == pairs
    boxes = {box.name: box for box in plan.boxes}
    for route in plan.routes:
        (x, y), (end_x, end_y) = route.points[0], route.points[-1]
        cause, effect = boxes[route.cause], boxes[route.effect]
        assert cause.left - 50 <= x <= cause.right + 0.1 and cause.top - 0.1 <= y <= cause.bottom + 0.1
        assert effect.left - 0.1 <= end_x <= effect.right + 0.1
        assert effect.top - 0.1 <= end_y <= effect.bottom + 0.1
        assert all(0 <= a <= plan.width and -1 <= b <= plan.height + 1 for a, b in route.points)


names = st.integers(1, 9).map(lambda n: f"F{n}")
words = st.text(st.sampled_from("aeimW_- .漢é<&"), max_size=60) | st.just(STATEMENT)


@settings(max_examples=80)
@given(
    st.dictionaries(names, words, max_size=9),
    st.lists(st.tuples(names, names | st.just(IMPACT)), max_size=16, unique=True),
    st.dictionaries(st.from_regex("A[0-9]{1,9}", fullmatch=True), names, max_size=6),
    st.sampled_from([820, 1000]),
)
@example({}, [(IMPACT, "F1")], {}, 820)
@example({"F1": "x"}, [("F1", "F1"), ("F1", IMPACT)], {}, 820)
@example({f"F{n}": STATEMENT for n in range(1, 10)}, [(f"F{n + 1}", f"F{n}") for n in range(1, 9)], {}, 820)
def test_boxes_never_overlap_and_every_link_is_drawn(
    statements: dict[str, str], pairs: list[tuple[str, str]], addressed: dict[str, str], width: int
) -> None:
    """For any graph, cycles and slips of the pen included: each box holds its text, inside the chart."""
    cut = actions(**addressed) if addressed else NO_ACTIONS
    graph = causal_graph(factors(statements), links(pairs), cut)
    plan = plan_factors(graph, symptom="Checkout refused cards in two regions", width=width)
    assert plan.width >= width
    check(plan, pairs)


@pytest.fixture(scope="module")
def sample() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    review = Workspace.open(REPOSITORY / "data" / "checkout-failure").load()
    return review.factors, review.factor_links, review.actions


Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


@pytest.mark.parametrize("width", [820, 1000])
def test_the_sample_fits_its_width(sample: Tables, width: int) -> None:
    """Six layers of long statements in a report's page, every word of them there."""
    chart = chart_factors(*sample, symptom="Checkout refused in-stock articles", width=width)
    assert chart.spec["layout"]["width"] == width
    assert chart.spec["layout"]["height"] <= 720
    plan = plan_factors(causal_graph(*sample), symptom="s", width=width)
    check(plan, list(zip(sample[1]["cause"], sample[1]["effect"], strict=True)))
    told = {box.name: "".join(box.lines).replace(" ", "") for box in plan.boxes}
    for row in sample[0].itertuples():
        assert row.statement.replace("`", "").replace(" ", "") in told[row.factor_id]
        assert row.kind.replace(" ", "") in told[row.factor_id]
    assert "calledtherootcause" in told["F2"]


def traces(chart: Chart) -> dict[str, dict[str, object]]:
    return {trace["name"]: trace for trace in chart.spec["data"] if trace["mode"] == "lines"}


def said(chart: Chart) -> str:
    return " ".join(annotation["text"] for annotation in chart.spec["layout"]["annotations"])


def test_a_link_with_evidence_is_solid_and_any_other_dashed() -> None:
    """So that it can be told in black and white."""
    both = pd.concat([links([("F1", IMPACT)], "slack:1"), links([("F2", IMPACT)])], ignore_index=True)
    lines = traces(chart_factors(factors({"F1": "a", "F2": "b"}), both, NO_ACTIONS))
    assert lines["F1 → impact"]["line"]["dash"] == "solid"  # type: ignore[index]
    assert lines["F2 → impact"]["line"]["dash"] != "solid"  # type: ignore[index]


def test_the_actions_stand_on_the_link_they_cut() -> None:
    """Between the two boxes, at the cause; a link that no action cuts says so in a word."""
    tables = factors({"F1": "a", "F2": "b"}), links([("F1", IMPACT), ("F2", IMPACT)])
    plan = plan_factors(causal_graph(*tables, actions(A1="F1", A2="F1")), width=820)
    boxes = {box.name: box for box in plan.boxes}
    pills = {pill.cause: pill for pill in plan.pills}
    assert pills["F1"].lines == ("A1", "A2")
    assert (pills["F2"].lines, pills["F2"].is_open) == (("open",), True)
    for name, pill in pills.items():
        assert boxes[IMPACT].right < pill.left < pill.left + pill.width < boxes[name].left
    chart = chart_factors(*tables, actions(A1="F1", A2="F1"))
    assert "no action cuts it" in said(chart)
    assert chart.spec["layout"]["meta"]["alt"].endswith("No action cuts F2 → impact")


def test_many_actions_are_counted() -> None:
    """Three and the number of the others."""
    many = actions(**{f"A{n}": "F1" for n in range(1, 8)})
    plan = plan_factors(causal_graph(factors({"F1": "a"}), links([("F1", IMPACT)]), many), width=820)
    assert plan.pills[0].lines == ("A1", "A2", "A3", "+4")


def test_what_helped_ends_in_a_bar_and_is_not_open() -> None:
    """A mitigator kept the impact smaller; an arrow would say that it made it."""
    chart = chart_factors(factors({"F1": "a"}, kind="mitigator"), links([("F1", IMPACT)]), NO_ACTIONS)
    assert [
        trace["marker"]["symbol"] for trace in chart.spec["data"] if "symbol" in trace.get("marker", {})
    ] == ["line-ns"]
    assert "open" not in said(chart)


def test_hostile_text_stays_text() -> None:
    """Neither markup nor a formula nor a control character reaches the chart."""
    hostile = "<img src=x onerror=alert(1)> & $x$ </b>\x07"
    tables = factors({"<b>F1": hostile}), links([("<b>F1", IMPACT), ("<b>F1", "<b>F1")])
    chart = chart_factors(*tables, actions(**{"<i>": "<b>F1"}), symptom=hostile)
    texts = said(chart) + str(chart.spec["data"])
    assert not set(re.findall(r"</?\w+", texts)) - {"<b", "</b", "<br", "<extra", "</extra"}
    assert "<img" not in texts and "$" not in texts and "\x07" not in texts
    assert texts.count("<b>") == texts.count("</b>")


def test_a_kind_is_told_by_colour_and_by_word() -> None:
    """Each kind has a colour of its own, and its word stands in the box."""
    assert set(KIND_COLOURS) == set(schema.FACTOR_KINDS)
    assert len(set(KIND_COLOURS.values())) == len(KIND_COLOURS)
    for kind in schema.FACTOR_KINDS:
        chart = chart_factors(factors({"F1": "a"}, kind=kind), links([("F1", IMPACT)]), NO_ACTIONS)
        assert kind in re.sub(r"<br>|</?b>", " ", said(chart)).replace("  ", " ")
        assert KIND_COLOURS[kind] in str(chart.spec["layout"]["shapes"])


def test_cycles_and_loose_ends_are_told() -> None:
    """In the caption, by id."""
    tables = factors({"F1": "a", "F2": "b", "F3": "c"}), links([("F1", IMPACT), ("F2", "F1"), ("F1", "F2")])
    caption = chart_factors(*tables, NO_ACTIONS).spec["layout"]["meta"]["caption"]
    assert "Not linked to the impact yet: F3." in caption
    assert "These lead to each other: F1, F2." in caption


def test_without_factors_one_sentence_says_so() -> None:
    """A new review has none."""
    chart = chart_factors(schema.empty(schema.FACTORS), schema.empty(schema.FACTOR_LINKS), NO_ACTIONS)
    assert said(chart) == "No contributing factor is recorded yet."


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_chart_is_a_plotly_figure_in_the_look_of_its_theme(sample: Tables, theme: Theme) -> None:
    """Valid for plotly, named, with a caption and words for a screen reader."""
    figure = plot_factors(*sample, theme=theme)
    assert figure.layout.paper_bgcolor == LOOKS[theme].paper
    assert figure.layout.meta["name"] == "factors"
    assert "Causal graph of 8 contributing factors" in figure.layout.meta["alt"]
    assert figure.layout.meta["caption"]
