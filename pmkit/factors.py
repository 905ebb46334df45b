"""Contributing factors as a causal graph: what led to what, what is evident, what the actions cut.

The graph has as many beginnings as the incident had: nothing here looks for one root cause. A factor that is
called so is marked, and otherwise like any other.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import pandas as pd

from pmkit.vocabulary import load_vocabulary

IMPACT: Final = "impact"  # what customers met; every chain of causes ends here

# Mending this incident's damage, or looking further, does not keep the next one from taking the same way.
_CUTS_NOTHING: Final = ("repair", "investigate")


class CausalGraph(NamedTuple):
    """The frames of a causal graph; see `causal_graph`."""

    nodes: pd.DataFrame
    edges: pd.DataFrame
    uncovered: pd.DataFrame


def causal_graph(factors: pd.DataFrame, links: pd.DataFrame, actions: pd.DataFrame) -> CausalGraph:
    """The causal graph of an incident, seen from the symptom `impact` outward.

    Returns three frames.

    `nodes`, one row for the impact and each factor: `factor_id`, `statement`, `kind`, `root_cause`, `agreed`,
    `confidence`, `event_ids`, `depth` (the fewest steps to the impact; empty where no way leads there),
    `layer` (the most steps: causes stand further out than all they led to), `in_cycle`, `known` (no: only a
    link names it), `actions` (ids of the actions that address it).

    `edges`, one row per link: `cause`, `effect`, `event_ids`, `note`, `has_evidence`, `cut_by` (ids of the
    actions that address the cause, a tuple), `helps` (the cause is a mitigator, which made things less bad),
    `uncovered` (no action cuts it, though it should), `in_cycle`, `turned` (it runs against the layers and
    closes a cycle).

    `uncovered`: those edges alone. An action that was dropped cuts nothing, nor does one that repairs or
    investigates. A cycle is told of, not broken: all its links stay.
    """
    ids = _node_ids(factors, links)
    pairs = list(zip(links["cause"], links["effect"], strict=True))
    rings = _cycles(ids, pairs)
    turned = _turned(ids, pairs)
    layers = _layers(ids, [pair for pair in pairs if pair not in turned])
    depths = _depths(pairs)
    addressed = _addressed(actions)
    described = {row["factor_id"]: row for row in factors.to_dict("records")}
    columns: dict[str, pd.Series] = {"factor_id": pd.Series(ids, dtype="str")}
    for column in ("statement", "kind", "confidence", "event_ids"):
        columns[column] = pd.Series([described.get(name, {}).get(column, "") for name in ids], dtype="str")
    for column in ("root_cause", "agreed"):
        columns[column] = pd.Series([bool(described.get(name, {}).get(column)) for name in ids], dtype="bool")
    columns["depth"] = pd.Series([depths.get(name) for name in ids], dtype="Int64")
    columns["layer"] = pd.Series([layers[name] for name in ids], dtype="int64")
    columns["in_cycle"] = pd.Series([name in rings for name in ids], dtype="bool")
    columns["known"] = pd.Series([name in described or name == IMPACT for name in ids], dtype="bool")
    columns["actions"] = pd.Series([tuple(addressed[name]) for name in ids], dtype="object")
    nodes = pd.DataFrame(columns)
    edges = _edges(links, nodes, addressed, rings, turned)
    return CausalGraph(nodes, edges, edges[edges["uncovered"]].reset_index(drop=True))


def find_uncovered(factors: pd.DataFrame, links: pd.DataFrame, actions: pd.DataFrame) -> pd.DataFrame:
    """The links that no action cuts: ways to the impact that stay open. Columns as in `causal_graph`."""
    return causal_graph(factors, links, actions).uncovered


def find_cycles(links: pd.DataFrame) -> list[tuple[str, ...]]:
    """The factors that lead to themselves, one tuple of ids per cycle; mostly one link is turned round."""
    pairs = list(zip(links["cause"], links["effect"], strict=True))
    ids = list(dict.fromkeys(name for pair in pairs for name in pair))
    groups = _strong_components(ids, pairs)
    loops = {cause for cause, effect in pairs if cause == effect}
    return [tuple(group) for group in groups if len(group) > 1 or group[0] in loops]


def five_whys(factors: pd.DataFrame, links: pd.DataFrame, start: str = IMPACT) -> pd.DataFrame:
    """A walk through the graph from `start` towards the causes, question by question.

    One row per answer, a chain at a time: `depth` (the place of the question in its chain, from 1), `about`
    (the factor asked about), `question` (how or what, never why or who), `answer` (factor id; empty where
    nobody has answered yet: the place to go on asking), `statement`, `mechanism` (the note of the link),
    `event_ids` (its evidence), `path` (the chain so far), `seen` (yes: the walk was here before and does not
    go on).
    """
    described = factors.set_index("factor_id")
    questions = load_vocabulary().walk
    causes = defaultdict(list)
    for row in links.to_dict("records"):
        causes[row["effect"]].append(row)
    rows: list[dict[str, object]] = []
    met = {start}

    def kind_of(name: str) -> str:
        if name == IMPACT:
            return IMPACT
        return str(described.loc[name, "kind"]) if name in described.index else ""

    # A stack and not recursion: a chain may be long.
    stack: list[tuple[str, tuple[str, ...]]] = [(start, (start,))]
    while stack:
        about, path = stack.pop()
        question = {
            "depth": len(path),
            "about": about,
            "question": questions.get(kind_of(about), questions[""]),
        }
        if not causes[about]:
            rows.append({**question, "answer": "", "path": _path(path)})
        followed: list[tuple[str, tuple[str, ...]]] = []
        for link in sorted(causes[about], key=lambda link: str(link["cause"])):
            cause = link["cause"]
            seen = cause in met
            rows.append(
                {
                    **question,
                    "answer": cause,
                    "statement": described.loc[cause, "statement"] if cause in described.index else "",
                    "mechanism": link["note"],
                    "event_ids": link["event_ids"],
                    "path": _path((*path, cause)),
                    "seen": seen,
                }
            )
            if not seen:
                met.add(cause)
                followed.append((cause, (*path, cause)))
        stack += reversed(followed)
    columns = ["depth", "about", "question", "answer", "statement", "mechanism", "event_ids", "path", "seen"]
    walk = pd.DataFrame(rows, columns=columns)
    texts = [name for name in columns if name not in ("depth", "seen")]
    walk[texts] = walk[texts].fillna("").astype("str")
    return walk.astype({"depth": "int64"}).assign(seen=walk["seen"].eq(True))


def _path(names: Iterable[str]) -> str:
    return " ← ".join(names)


# The graph


def _node_ids(factors: pd.DataFrame, links: pd.DataFrame) -> list[str]:
    """The impact, the factors in their order, then names that only a link knows."""
    named = [IMPACT, *factors["factor_id"], *links["cause"], *links["effect"]]
    return list(dict.fromkeys(named))


def _addressed(actions: pd.DataFrame) -> dict[str, list[str]]:
    """The actions that address each factor and so cut the ways out of it."""
    addressed: dict[str, list[str]] = defaultdict(list)
    effective = actions[(actions["status"] != "dropped") & ~actions["type"].isin(_CUTS_NOTHING)]
    for action, named in zip(effective["action_id"], effective["factor_ids"], strict=True):
        for factor in dict.fromkeys(named.split()):
            addressed[factor].append(action)
    return addressed


def _edges(
    links: pd.DataFrame,
    nodes: pd.DataFrame,
    addressed: Mapping[str, Sequence[str]],
    rings: Mapping[str, int],
    turned: set[tuple[str, str]],
) -> pd.DataFrame:
    edges = links[["cause", "effect", "event_ids", "note"]].reset_index(drop=True)
    pairs = list(zip(edges["cause"], edges["effect"], strict=True))
    kinds = dict(zip(nodes["factor_id"], nodes["kind"], strict=True))
    helps = [kinds.get(cause) == "mitigator" for cause, _ in pairs]
    cut_by = [tuple(addressed.get(cause, ())) for cause, _ in pairs]
    in_ring = [cause in rings and rings.get(cause) == rings.get(effect) for cause, effect in pairs]
    more = {
        "has_evidence": [bool(ids.strip()) for ids in edges["event_ids"]],
        "cut_by": cut_by,
        "helps": helps,
        "uncovered": [not cut and not helping for cut, helping in zip(cut_by, helps, strict=True)],
        "in_cycle": in_ring,
        "turned": [pair in turned for pair in pairs],
    }
    dtypes = {name: "object" if name == "cut_by" else "bool" for name in more}
    return edges.assign(**{name: pd.Series(told, dtype=dtypes[name]) for name, told in more.items()})


def _cycles(ids: Sequence[str], pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """For each factor that leads to itself the number of its cycle."""
    loops = {cause for cause, effect in pairs if cause == effect}
    groups = _strong_components(ids, pairs)
    return {name: n for n, group in enumerate(groups) for name in group if len(group) > 1 or name in loops}


def _strong_components(ids: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Factors that lead to each other, together: Kosaraju's two walks, without recursion."""
    forth, back = defaultdict(list), defaultdict(list)
    for cause, effect in pairs:
        forth[cause].append(effect)
        back[effect].append(cause)
    order = _finished(ids, forth)
    seen: set[str] = set()
    groups = []
    for start in reversed(order):
        if start in seen:
            continue
        seen.add(start)
        group, stack = [start], [start]
        while stack:
            for name in back[stack.pop()]:
                if name not in seen:
                    seen.add(name)
                    group.append(name)
                    stack.append(name)
        groups.append(sorted(group, key=list(ids).index))
    return groups


def _finished(ids: Sequence[str], forth: Mapping[str, Sequence[str]]) -> list[str]:
    """The names in the order in which a walk in depth is done with them."""
    order: list[str] = []
    seen: set[str] = set()
    for start in ids:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(forth.get(start, ())))]
        while stack:
            name, rest = stack[-1]
            following = next((other for other in rest if other not in seen), "")
            if not following:
                order.append(name)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(forth.get(following, ()))))
    return order


def _turned(ids: Sequence[str], pairs: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Links that close a cycle on a walk from the impact to its causes; without them no cycle is left."""
    causes = defaultdict(list)
    for cause, effect in pairs:
        causes[effect].append(cause)
    turned: set[tuple[str, str]] = set()
    done: set[str] = set()
    for start in ids:
        if start in done:
            continue
        on_way = {start}
        stack = [(start, iter(causes[start]))]
        while stack:
            effect, rest = stack[-1]
            cause = next(rest, "")
            if not cause:
                stack.pop()
                on_way.discard(effect)
                done.add(effect)
            elif cause in on_way:
                turned.add((cause, effect))
            elif cause not in done:
                on_way.add(cause)
                stack.append((cause, iter(causes[cause])))
    return turned


def _layers(ids: Sequence[str], pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The most steps from each factor to where its effects end: 0 for the impact, at least 1 for a factor."""
    causes, open_effects = defaultdict(list), dict.fromkeys(ids, 0)
    for cause, effect in pairs:
        causes[effect].append(cause)
        open_effects[cause] += 1
    layers = {name: 0 if name == IMPACT else 1 for name in ids}
    ready = deque(name for name in ids if open_effects[name] == 0)
    while ready:
        effect = ready.popleft()
        for cause in causes[effect]:
            layers[cause] = max(layers[cause], layers[effect] + 1)
            open_effects[cause] -= 1
            if open_effects[cause] == 0:
                ready.append(cause)
    return layers


def _depths(pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The fewest steps from the impact to each factor that leads there."""
    causes = defaultdict(list)
    for cause, effect in pairs:
        causes[effect].append(cause)
    depths = {IMPACT: 0}
    ready = deque([IMPACT])
    while ready:
        effect = ready.popleft()
        for cause in causes[effect]:
            if cause not in depths:
                depths[cause] = depths[effect] + 1
                ready.append(cause)
    return depths
