"""Many incidents as frames: what they say together, what comes back, which are alike; nobody is ranked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

from pmkit import schema
from pmkit.casebook import ACTIONS, FACTORS, INCIDENTS, LOAD, UNCLASSIFIED, Case, published_shares
from pmkit.mechanisms import count_mechanisms, weigh_mechanisms
from pmkit.metrics import METRICS
from pmkit.similarity import index_words
from pmkit.spread import smallest_change_seen, spread_of, trend_of
from pmkit.tracker import OPEN
from pmkit.vocabulary import load_vocabulary

FEWEST_PEOPLE: Final = 5  # behind any number about people
_ALIKE: Final = 0.35  # from where on two statements are taken for the same factor
# What counts how much when two incidents are compared; what is said of the failure says most.
_WEIGHTS: Final = {"words": 0.4, "mechanisms": 0.35, "services": 0.15, "trigger": 0.05, "factors": 0.05}
_SPEAKS: Final = 0.2  # from where on, of the whole of 1, two incidents are said to speak of the same


@dataclass(frozen=True)
class Portfolio:
    """The cases of many incidents, in the order in which they began.

    `incidents`, `factors`, `actions` and `load` have the columns of `pmkit.casebook`; `problems` are the
    incidents that could not be read: `incident_id`, `problem`. They count in nothing else.
    """

    incidents: pd.DataFrame
    factors: pd.DataFrame
    actions: pd.DataFrame
    load: pd.DataFrame
    problems: pd.DataFrame

    def __len__(self) -> int:
        return len(self.incidents)


def build_portfolio(cases: Iterable[Case]) -> Portfolio:
    """The portfolio of those cases; the order in which they are given does not matter.

    An incident that is given twice counts once; the copy that says something else is listed as a problem.
    """
    incidents: dict[str, Case] = {}
    problems = []
    for case in sorted(cases, key=lambda case: (str(case.incident["incident_id"]), str(case.incident))):
        name, problem = case.incident["incident_id"], case.incident["problem"]
        if problem:
            problems.append((name, problem))
        elif name not in incidents:
            incidents[name] = case
        elif incidents[name] != case:
            problems.append((name, "stands in the portfolio twice with different content; one copy counts"))
    rows = _frame((case.incident for case in incidents.values()), INCIDENTS)
    rows = rows.sort_values(["started_at", "incident_id"], kind="stable", ignore_index=True)
    return Portfolio(
        rows,
        _frame((factor for case in incidents.values() for factor in case.factors), FACTORS),
        _frame((action for case in incidents.values() for action in case.actions), ACTIONS),
        _frame((person for case in incidents.values() for person in case.load), LOAD),
        pd.DataFrame(problems, columns=["incident_id", "problem"], dtype="str"),
    )


def summarise_durations(portfolio: Portfolio) -> pd.DataFrame:
    """TTD, TTA, TTM and TTR of all incidents.

    One row per metric: `metric`, `title`, `n` (incidents in which it is known), `unknown`, `median`, `low`
    and `high` (95 % interval of the median; empty under six), `lower_quartile`, `upper_quartile` (minutes),
    `smallest_change` (the fall of the median that would be seen in 80 of 100 cases, as a share), and of the
    trend `change`, `change_low`, `change_high`, `is_shown` and `why_not`.
    """
    rows = []
    days = portfolio.incidents["started_at"].astype("datetime64[s, UTC]").astype("int64") / 86_400
    began = days.where(portfolio.incidents["started_at"].notna())
    for metric in METRICS:
        minutes = portfolio.incidents[metric.name].astype("float64")
        spread, trend = spread_of(minutes), trend_of(began, minutes)
        rows.append({
            "metric": metric.name, "title": metric.title, "n": spread.n, "unknown": len(minutes) - spread.n,
            "median": spread.median, "low": spread.low, "high": spread.high,
            "lower_quartile": spread.lower_quartile, "upper_quartile": spread.upper_quartile,
            "smallest_change": smallest_change_seen(minutes), "change": trend.change,
            "change_low": trend.low, "change_high": trend.high, "is_shown": trend.is_shown,
            "why_not": trend.why_not,
        })  # fmt: skip
    return pd.DataFrame(rows)


def power_note(portfolio: Portfolio, metric: str = "TTR") -> str:
    """What a comparison of so many incidents could see at all, in one sentence."""
    minutes = portfolio.incidents[metric].astype("float64").dropna()
    smallest = smallest_change_seen(minutes)
    if np.isnan(smallest):
        return f"{len(minutes)} incidents with a known {metric} are too few to compare anything."
    return (
        f"With {len(minutes)} incidents a change of {metric} under about {round(smallest * 100)} % cannot be "
        "told from chance."
    )


def count_triggers(portfolio: Portfolio) -> pd.DataFrame:
    """Triggers by kind beside the published shares: `kind`, `incidents`, `share`, `published` (percent).

    The shares are of the incidents that name a trigger; `published` is empty for `unclassified`.
    """
    counts = portfolio.incidents.loc[portfolio.incidents["trigger_kind"] != "", "trigger_kind"].value_counts()
    frame = published_shares().rename(columns={"share": "published"})
    if UNCLASSIFIED in counts.index:
        more = pd.DataFrame({"kind": [UNCLASSIFIED], "published": [np.nan]})
        frame = pd.concat([frame, more], ignore_index=True)
    incidents = frame["kind"].map(counts).fillna(0).astype("int64")
    total = int(counts.sum())
    share = 100 * incidents / total if total else incidents * np.nan
    return frame.assign(incidents=incidents, share=share)[["kind", "incidents", "share", "published"]]


def count_factors(portfolio: Portfolio) -> pd.DataFrame:
    """Contributing factors by kind: `kind`, `factors`, `incidents` (with at least one), `share` (percent)."""
    factors = portfolio.factors[portfolio.factors["kind"] != ""]
    grouped = factors.groupby("kind")["incident_id"]
    frame = pd.DataFrame({"factors": grouped.size(), "incidents": grouped.nunique()})
    frame = frame.reindex([kind for kind in schema.FACTOR_KINDS if kind in frame.index])
    frame["share"] = 100 * frame["incidents"] / max(len(portfolio), 1)
    return frame.rename_axis("kind").reset_index()


def count_detections(portfolio: Portfolio) -> pd.DataFrame:
    """Who saw incidents first: `detected_by`, `incidents`, `share` (percent), and the median `TTD`."""
    incidents = portfolio.incidents.assign(
        detected_by=portfolio.incidents["detected_by"].replace("", "not known")
    )
    grouped = incidents.groupby("detected_by")
    frame = pd.DataFrame({"incidents": grouped.size(), "TTD": grouped["TTD"].median()})
    frame["share"] = 100 * frame["incidents"] / max(len(portfolio), 1)
    frame = frame.sort_values("incidents", ascending=False, kind="stable")
    return frame.rename_axis("detected_by").reset_index()[["detected_by", "incidents", "share", "TTD"]]


def count_actions(portfolio: Portfolio, by: str = "type") -> pd.DataFrame:
    """How actions fare, by `type` or by the `role` that answers for them.

    One row per kind: `type` or `role`, `actions` (without the dropped ones), `done`, `open`, `overdue`,
    `share_done` (percent), `median_age` (days that the open ones have waited since they were agreed).
    """
    actions = portfolio.actions[portfolio.actions["status"] != "dropped"]
    is_open = actions["status"].isin(OPEN)
    actions = actions.assign(
        **{by: actions[by].replace("", "not said")},
        done=~is_open, open=is_open, overdue=is_open & actions["overdue_days"].notna(),
        waiting=actions["age_days"].where(is_open).astype("Float64"),
    )  # fmt: skip
    grouped = actions.groupby(by)
    frame = grouped[["done", "open", "overdue"]].sum().assign(actions=grouped.size())
    frame["share_done"] = 100 * frame["done"] / frame["actions"]
    frame["median_age"] = grouped["waiting"].median()
    frame = frame.sort_values(["actions"], ascending=False, kind="stable").rename_axis(by).reset_index()
    return frame[[by, "actions", "done", "open", "overdue", "share_done", "median_age"]]


def review_health(portfolio: Portfolio) -> pd.DataFrame:
    """How the reviews themselves go: `measure`, `value`, `low`, `high`, `n`; shares in percent."""
    incidents = portfolio.incidents
    days = spread_of(incidents["days_to_close"].astype("float64"))
    findings = spread_of(incidents["findings"].astype("float64"))
    closed, late = incidents["closed_at"].notna(), incidents["is_late"]
    n = len(incidents)

    def share(flags: pd.Series) -> float:
        return 100 * float(flags.mean()) if flags.notna().any() else np.nan

    rows: list[tuple[str, float, float, float, int]] = [
        ("Working days from resolution to closure", days.median, days.low, days.high, days.n),
        ("Reviews closed", share(closed), np.nan, np.nan, n),
        ("Reviews later than their deadline", share(late), np.nan, np.nan, int(late.notna().sum())),
        ("Findings of the checks per review", findings.median, findings.low, findings.high, findings.n),
    ]
    return pd.DataFrame(rows, columns=["measure", "value", "low", "high", "n"])


def summarise_load(portfolio: Portfolio, *, fewest: int = FEWEST_PEOPLE) -> pd.DataFrame:
    """What incidents ask of people, as totals by role, never of one person.

    One row per role that at least `fewest` different people filled: `role`, `people`, `incidents`, `hours` in
    all, and of them `working`, `off` and `sleep` (percent). Roles that fewer filled are taken together as
    `other roles`, and that row too is left out while fewer than `fewest` people stand behind it.
    """
    load = portfolio.load
    people = load.groupby("role")["person"].nunique()
    few = people.index[people < fewest]
    pooled = load.assign(role=load["role"].where(~load["role"].isin(few), "other roles"))
    grouped = pooled.groupby("role")
    frame = pd.DataFrame(
        {"people": grouped["person"].nunique(), "incidents": grouped["incident_id"].nunique()}
    )
    minutes = grouped["minutes"].sum().astype("float64")
    frame["hours"] = minutes / 60
    for part in ("working", "off", "sleep"):
        frame[part] = 100 * grouped[part].sum().astype("float64") / minutes
    # Neither a small group itself, nor one that is what a total leaves when the others are taken away.
    frame = frame[frame["people"] >= fewest]
    return frame.sort_values("hours", ascending=False, kind="stable").rename_axis("role").reset_index()


def response_health(portfolio: Portfolio) -> pd.DataFrame:
    """How responses come together: `measure`, `value` (median), `low`, `high`, `n`."""
    rows = []
    for measure, column in (
        ("Minutes until three people were at work", "assembled_after"),
        ("Times an incident was handed on, or others called in", "handoffs"),
        ("Helpers without a role in the review", "helpers"),
    ):
        spread = spread_of(portfolio.incidents[column].astype("float64"))
        rows.append((measure, spread.median, spread.low, spread.high, spread.n))
    return pd.DataFrame(rows, columns=["measure", "value", "low", "high", "n"])


def find_recurrences(portfolio: Portfolio, *, alike: float = _ALIKE) -> pd.DataFrame:
    """Factors that came back: a later incident with a factor like one of an earlier incident.

    One row per pair, the most alike first: `earlier`, `later` (incident ids), `kind`, `earlier_statement`,
    `later_statement`, `likeness` (0 to 1), `shared_services`, `actions` (of the earlier incident that address
    that factor), `closed` (of them, done) and `question`.
    """
    columns = ["earlier", "later", "kind", "earlier_statement", "later_statement", "likeness",
               "shared_services", "actions", "closed", "question"]  # fmt: skip
    order = {name: n for n, name in enumerate(portfolio.incidents["incident_id"])}
    services = _services(portfolio)
    factors = portfolio.factors[portfolio.factors["kind"] != "mitigator"].reset_index(drop=True)
    if factors.empty:
        return pd.DataFrame(columns=columns)
    index = index_words(factors["statement"], _stop_words())
    of_incident = factors["incident_id"].map(order).to_numpy()
    rows = factors[["incident_id", "factor_id", "statement", "kind"]].to_dict("records")
    taken = _count_actions_of_factors(portfolio)
    # Of thousands of pairs only the most alike of two incidents is kept, and only that is told in words.
    best: dict[tuple[str, str], tuple[float, int, int]] = {}
    for position, later in enumerate(rows):
        likeness = index.likeness(position)
        for other in np.flatnonzero((likeness >= alike) & (of_incident < of_incident[position])).tolist():
            pair = (rows[other]["incident_id"], later["incident_id"])
            if pair not in best or best[pair][0] < likeness[other]:
                best[pair] = (float(likeness[other]), other, position)
    found = []
    for pair, (likely, other, position) in best.items():
        actions, closed = taken.get((pair[0], rows[other]["factor_id"]), (0, 0))
        found.append({
            "earlier": pair[0], "later": pair[1], "kind": rows[position]["kind"],
            "earlier_statement": rows[other]["statement"], "later_statement": rows[position]["statement"],
            "likeness": likely, "shared_services": ", ".join(sorted(services[pair[0]] & services[pair[1]])),
            "actions": actions, "closed": closed, "question": _recurrence_question(actions, closed),
        })  # fmt: skip
    frame = pd.DataFrame(found, columns=columns)
    return frame.sort_values("likeness", ascending=False, kind="stable", ignore_index=True)


def find_similar(portfolio: Portfolio, incident_id: str, *, most: int = 3) -> pd.DataFrame:
    """The incidents most like that one, by their words and their structure, without any service outside.

    Two teams seldom choose the same words for the same failure, so the ways of failing that both speak of
    (`mechanisms.toml`) count beside the words themselves.

    One row per incident, the most alike first: `incident_id`, `title`, `likeness` (0 to 1) and `why`: the
    ways of failing, rare words, services and kinds of trigger they share. Raises `KeyError` for an unknown
    incident.
    """
    incidents = portfolio.incidents
    names = incidents["incident_id"].tolist()
    if incident_id not in names:
        raise KeyError(f"no incident `{incident_id}`; there are {', '.join(names[:10])}")
    here = names.index(incident_id)
    statements = portfolio.factors.groupby("incident_id")["statement"].agg(" ".join)
    texts = incidents["title"] + " " + incidents["incident_id"].map(statements).fillna("").astype("str")
    index = index_words(texts, _stop_words())
    # Title and trigger say what failed, and factors what let it: the first count twice.
    heads = incidents["title"] + ". " + incidents["trigger"]
    ways = weigh_mechanisms(counts := count_mechanisms(texts) + count_mechanisms(heads))
    services, kinds = _services(portfolio), _factor_kinds(portfolio)
    triggers = incidents["trigger_kind"].where(incidents["trigger_kind"] != UNCLASSIFIED, "").tolist()
    same_trigger = np.array([bool(kind) and kind == triggers[here] for kind in triggers])
    parts = {
        "words": index.likeness(here),
        "mechanisms": ways @ ways[here],
        "services": np.array([_overlap(services[incident_id], services[name]) for name in names]),
        "trigger": same_trigger,
        "factors": np.array([_overlap(kinds[incident_id], kinds[name]) for name in names]),
    }
    likeness = sum(_WEIGHTS[part] * value for part, value in parts.items())
    others = sorted((n for n in range(len(names)) if n != here), key=lambda n: (-likeness[n], names[n]))[
        :most
    ]
    rows = []
    for other in others:
        spoken = ways[here] * ways[other]
        both = [counts.columns[n] for n in np.argsort(-spoken, kind="stable")[:2] if spoken[n] >= _SPEAKS]
        rare = _rare_words(index, here, other)
        shared = sorted(services[incident_id] & services[names[other]])
        why = [
            *([f"both speak of {' and '.join(both)}"] if both else []),
            *([f"words: {', '.join(rare)}"] if rare else []),
            *([f"services: {', '.join(shared)}"] if shared else []),
            *([f"trigger: {triggers[here]}"] if same_trigger[other] else []),
        ]
        title = incidents["title"].iloc[other]
        rows.append((names[other], title, float(likeness[other]), "; ".join(why) or "little"))
    return pd.DataFrame(rows, columns=["incident_id", "title", "likeness", "why"])


def _frame(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    for name, dtype in columns.items():
        if dtype == schema.TIME_DTYPE:
            frame[name] = pd.to_datetime(frame[name], utc=True).astype(dtype)
        elif dtype == schema.DTYPES["date"]:
            frame[name] = pd.to_datetime(frame[name]).astype(dtype)
        else:
            frame[name] = frame[name].astype(dtype)
    return frame


@cache
def _stop_words() -> frozenset[str]:
    return load_vocabulary().stop_words


def _services(portfolio: Portfolio) -> dict[str, set[str]]:
    rows = portfolio.incidents[["incident_id", "services"]].itertuples(index=False)
    return {name: {service for service in services.split(", ") if service} for name, services in rows}


def _factor_kinds(portfolio: Portfolio) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {name: set() for name in portfolio.incidents["incident_id"]}
    for name, kind in portfolio.factors[["incident_id", "kind"]].itertuples(index=False):
        kinds[name].add(kind)
    return kinds


def _overlap(mine: set[str], others: set[str]) -> float:
    return len(mine & others) / len(mine | others) if mine | others else 0.0


def _rare_words(index: Any, here: int, there: int, most: int = 4) -> list[str]:
    """The rarest words both texts have, rarest first."""
    mine = set(index.word[index.text == here].tolist())
    there_too = index.word[index.text == there].tolist()
    shared = [word for word in there_too if word in mine and not index.words[word].isdigit()]
    shared.sort(key=lambda word: (index.in_texts[word], index.words[word]))
    return [index.words[word] for word in shared if index.in_texts[word] <= max(2, len(index.length) / 4)][
        :most
    ]


def _count_actions_of_factors(portfolio: Portfolio) -> dict[tuple[str, str], tuple[int, int]]:
    """By incident and factor: how many actions address it, and how many of them are done."""
    counted: dict[tuple[str, str], tuple[int, int]] = {}
    actions = portfolio.actions[["incident_id", "factor_ids", "status"]].itertuples(index=False)
    for incident, factors, status in actions:
        for factor in set(factors.split()):
            count, closed = counted.get((incident, factor), (0, 0))
            counted[incident, factor] = count + 1, closed + (status == "done")
    return counted


def _recurrence_question(actions: int, closed: int) -> str:
    if actions == 0:
        return "No action addressed it then: is one needed now?"
    if closed < actions:
        return f"{actions - closed} of {actions} actions of then are not done: would they have helped?"
    return "Its actions were done: what did they not reach?"
