"""The causal graph: its layers, what is evident, what actions cut, cycles, and the walk through it."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.factors import IMPACT, causal_graph, find_cycles, find_uncovered, five_whys
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY


def factors(**kinds: str) -> pd.DataFrame:
    rows = [
        {"factor_id": name, "statement": f"Statement of {name}.", "kind": kind}
        for name, kind in kinds.items()
    ]
    return schema.conform(pd.DataFrame(rows), schema.FACTORS) if rows else schema.empty(schema.FACTORS)


def links(*pairs: str) -> pd.DataFrame:
    """`links("F2 F1", "F1 impact slack:1")`: cause, effect, and evidence where there is any."""
    rows = []
    for pair in pairs:
        cause, effect, *events = pair.split()
        rows.append({"cause": cause, "effect": effect, "event_ids": " ".join(events)})
    return (
        schema.conform(pd.DataFrame(rows), schema.FACTOR_LINKS) if rows else schema.empty(schema.FACTOR_LINKS)
    )


def actions(*rows: dict[str, str]) -> pd.DataFrame:
    return schema.conform(pd.DataFrame(rows), schema.ACTIONS) if rows else schema.empty(schema.ACTIONS)


def action(name: str, factor_ids: str, **more: str) -> dict[str, str]:
    return {"action_id": name, "action": name, "factor_ids": factor_ids, "type": "prevent", **more}


NO_ACTIONS = actions()


def test_a_factor_stands_further_out_than_all_it_led_to() -> None:
    """The layer is the longest way to the impact, the depth the shortest."""
    graph = causal_graph(
        factors(F1="trigger", F2="latent condition"), links("F1 impact", "F2 F1", "F2 impact"), NO_ACTIONS
    )
    nodes = graph.nodes.set_index("factor_id")
    assert nodes["layer"].to_dict() == {IMPACT: 0, "F1": 1, "F2": 2}
    assert nodes["depth"].to_dict() == {IMPACT: 0, "F1": 1, "F2": 1}


def test_a_factor_without_a_way_to_the_impact_has_no_depth() -> None:
    """It is still a node, one layer out, so that people see what is not linked yet."""
    nodes = causal_graph(factors(F1="trigger"), links(), NO_ACTIONS).nodes.set_index("factor_id")
    assert pd.isna(nodes.loc["F1", "depth"])
    assert nodes.loc["F1", "layer"] == 1


def test_a_factor_that_only_a_link_names_is_a_node_that_is_not_known() -> None:
    """A slip of the pen in a link shows, and crashes nothing."""
    nodes = causal_graph(factors(F1="trigger"), links("F9 F1"), NO_ACTIONS).nodes.set_index("factor_id")
    assert not nodes.loc["F9", "known"]
    assert nodes.loc[["F1", IMPACT], "known"].all()


def test_a_link_is_evident_only_where_it_cites_an_event() -> None:
    """Blanks are no evidence."""
    edges = causal_graph(
        factors(F1="trigger", F2=""), links("F1 impact slack:1", "F2 impact"), NO_ACTIONS
    ).edges
    assert edges["has_evidence"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("more", "cuts"),
    [
        ({}, True),
        ({"status": "done"}, True),
        ({"type": ""}, True),
        ({"status": "dropped"}, False),
        ({"type": "repair"}, False),
        ({"type": "investigate"}, False),
    ],
)
def test_an_action_cuts_the_links_out_of_the_factor_it_addresses(more: dict[str, str], cuts: bool) -> None:
    """Unless it was dropped, or mends only this incident's damage, or only looks further."""
    graph = causal_graph(
        factors(F1="trigger", F2="detection"),
        links("F1 impact", "F1 F2", "F2 impact"),
        actions(action("A1", "F1", **more)),
    )
    cut = graph.edges.set_index(["cause", "effect"])["cut_by"]
    assert cut["F1", "impact"] == cut["F1", "F2"] == (("A1",) if cuts else ())
    assert cut["F2", "impact"] == ()
    assert graph.uncovered["cause"].tolist() == (["F2"] if cuts else ["F1", "F1", "F2"])


def test_what_kept_the_impact_smaller_needs_no_action() -> None:
    """A mitigator's link helps and is never uncovered."""
    open_links = find_uncovered(
        factors(F1="mitigator", F2="trigger"), links("F1 impact", "F2 impact"), NO_ACTIONS
    )
    assert open_links["cause"].tolist() == ["F2"]


def test_no_factor_is_made_the_one_root_cause() -> None:
    """`root_cause` marks a statement and changes nothing else."""
    plain = factors(F1="trigger", F2="latent condition")
    marked = plain.assign(root_cause=plain["factor_id"] == "F2")
    ways = links("F1 impact", "F2 impact")
    columns = ["factor_id", "layer", "depth", "actions"]
    one, other = (causal_graph(rows, ways, NO_ACTIONS).nodes for rows in (plain, marked))
    pd.testing.assert_frame_equal(one[columns], other[columns])
    assert other.loc[other["root_cause"], "factor_id"].tolist() == ["F2"]


def test_a_cycle_is_reported_and_keeps_all_its_links() -> None:
    """One link of it runs against the layers; a factor may even lead to itself."""
    ways = links("F1 impact", "F2 F1", "F1 F2", "F3 F3")
    graph = causal_graph(factors(F1="", F2="", F3=""), ways, NO_ACTIONS)
    assert find_cycles(ways) == [("F1", "F2"), ("F3",)] or find_cycles(ways) == [("F3",), ("F1", "F2")]
    assert graph.nodes.loc[graph.nodes["in_cycle"], "factor_id"].tolist() == ["F1", "F2", "F3"]
    assert len(graph.edges) == 4
    assert graph.edges["turned"].tolist() == [False, False, True, True]


names = st.sampled_from([f"F{n}" for n in range(8)])
pairs = st.lists(st.tuples(names, names | st.just(IMPACT)), max_size=20, unique=True)


@settings(max_examples=40)
@given(pairs)
def test_any_links_give_a_graph(drawn: list[tuple[str, str]]) -> None:
    """Every link is an edge, those that are not turned point to a lower layer, and the walk ends."""
    ways = links(*(f"{cause} {effect}" for cause, effect in drawn))
    graph = causal_graph(factors(F0="trigger", F1=""), ways, NO_ACTIONS)
    layer = graph.nodes.set_index("factor_id")["layer"]
    assert list(zip(graph.edges["cause"], graph.edges["effect"], strict=True)) == drawn
    for edge in graph.edges.itertuples():
        assert edge.turned or layer[edge.cause] > layer[edge.effect]
        assert edge.in_cycle or not edge.turned
    assert graph.nodes["in_cycle"].sum() == sum(len(cycle) for cycle in find_cycles(ways))
    walk = five_whys(factors(F0="trigger"), ways)
    assert len(walk) <= 2 * len(drawn) + 1


def test_the_walk_goes_question_by_question_to_where_nobody_has_answered() -> None:
    """Each chain ends in a question without an answer; what was seen before is not walked again."""
    walk = five_whys(
        factors(F1="trigger", F2="latent condition"), links("F1 impact", "F2 F1", "F2 impact slack:1")
    )
    assert walk["path"].tolist() == [
        "impact ← F1", "impact ← F2", "impact ← F1 ← F2", "impact ← F2",
    ]  # fmt: skip
    assert walk["answer"].tolist() == ["F1", "F2", "F2", ""]
    assert walk["seen"].tolist() == [False, False, True, False]
    assert walk["event_ids"].tolist() == ["", "slack:1", "", ""]


def test_the_walk_asks_how_and_what() -> None:
    """Never why, never who."""
    kinds = {f"F{n}": kind for n, kind in enumerate(schema.FACTOR_KINDS, start=1)}
    chain = links(*(f"{cause} {effect}" for effect, cause in pairwise([IMPACT, *kinds])))
    questions = five_whys(factors(**kinds), chain)["question"]
    assert questions.nunique() == len(kinds) + 1
    assert questions.str.match(r"(How|What) .*\?$").all()


def test_the_walk_starts_where_one_likes() -> None:
    """A factor that nothing leads to is one open question."""
    walk = five_whys(factors(F1="trigger"), links("F1 impact"), start="F1")
    assert walk[["about", "answer", "path"]].to_numpy().tolist() == [["F1", "", "F1"]]


def test_the_sample_leaves_no_link_open() -> None:
    """Each way to the impact is cut by an action, or helped."""
    review = Workspace.open(REPOSITORY / "data" / "checkout-failure").load()
    graph = causal_graph(review.factors, review.factor_links, review.actions)
    assert graph.uncovered.empty
    assert graph.nodes.set_index("factor_id")["layer"]["F3"] == 5
    assert not graph.nodes["in_cycle"].any()
