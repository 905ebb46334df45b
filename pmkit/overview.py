"""A portfolio for people: how long incidents took, how they began, what came back, how the reviews go."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from pmkit.blocks import Cell, Head, Table, Title, Tone
from pmkit.casebook import published_source
from pmkit.look import (
    LABEL_SIZE,
    LOOKS,
    WIDTH,
    Chart,
    Theme,
    empty_chart,
    frame_layout,
    iso_times,
    plain,
    see_through,
    shorten,
    text_width,
)
from pmkit.metrics import format_minutes
from pmkit.portfolio import (
    FEWEST_PEOPLE,
    Portfolio,
    count_actions,
    count_detections,
    count_factors,
    count_triggers,
    find_recurrences,
    power_note,
    response_health,
    review_health,
    summarise_durations,
    summarise_load,
)
from pmkit.spread import trend_of

_DOT: Final = "#1880a1"
_MEDIAN: Final = "#c8203a"
_ROW: Final = 74  # pixels of one metric
_BAR: Final = 30
_TICKS: Final = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 1440, 4320, 10080, 43200)
_ROLES: Final = {
    "others": "people without a role", "other roles": "roles that few people filled, together",
    "not said": "nobody named",
}  # fmt: skip
_DETECTED: Final = {
    "alert": "an alert", "customers": "customers", "people": "people of the team", "vendor": "a vendor",
}  # fmt: skip


def portfolio_title(portfolio: Portfolio, now: pd.Timestamp) -> Title:
    """How many incidents, of which time, how many could not be read, and in short what they say together."""
    began = portfolio.incidents["started_at"].dropna()
    span = f"{began.min():%B %Y} to {began.max():%B %Y}" if len(began) else "no times known"
    severities = portfolio.incidents["severity"].replace("", "not said").value_counts()
    facts = [
        ("Incidents", Cell(str(len(portfolio)))),
        ("By severity", Cell(", ".join(f"{count} {name}" for name, count in severities.items()) or "none")),
        ("Services", Cell(_most_named(portfolio.incidents["services"]))),
        *((name, Cell(words)) for name, words in _in_short(portfolio)),
        ("As of", Cell(f"{now:%Y-%m-%d %H:%M} UTC")),
    ]
    badges: list[tuple[str, Tone]] = []
    if len(portfolio.problems):
        badges.append((f"{len(portfolio.problems)} could not be read", "warn"))
    return Title("What our incidents say together", span, tuple(facts), tuple(badges))


def chart_durations(portfolio: Portfolio, *, width: int = WIDTH, theme: Theme = "auto") -> Chart:
    """How long detection, acknowledgement, mitigation and resolution took: each incident a dot.

    The axis is logarithmic. The line is the median, the bar its interval; with fewer than six incidents
    there is no bar.
    """
    look, rows = LOOKS[theme], summarise_durations(portfolio)
    known = rows[rows["n"] > 0]
    if not (portfolio.incidents[known["metric"]].astype("float64") > 0).any(axis=None):
        return empty_chart("durations", "No incident has a duration that is known", look, width)
    lengths = [float(value) for value in np.ravel(portfolio.incidents[known["metric"]].astype("float64"))]
    low, high = min(filter(_is_length, lengths)), max(filter(_is_length, lengths))
    traces, words = [], []
    for place, row in enumerate(known.to_dict("records")):
        minutes = portfolio.incidents[row["metric"]].astype("float64")
        told = portfolio.incidents[minutes > 0]
        values = told[row["metric"]].astype("float64")
        # Dots of like length lie one above the other; a fixed pattern, so that the picture stays the same.
        lift = [place + 0.22 * ((n % 5) - 2) / 2 for n in range(len(values))]
        traces.append({
            "type": "scatter", "mode": "markers", "x": values.tolist(), "y": lift,
            "marker": {"size": 7, "color": see_through(_DOT, 0.55)},
            "text": [plain(shorten(title, 60)) for title in told["title"]],
            "customdata": [format_minutes(value) for value in values],
            "hovertemplate": "%{text}<br>%{customdata}<extra></extra>",
        })  # fmt: skip
        if row["n"] and not np.isnan(row["low"]):
            traces.append({
                "type": "scatter", "mode": "lines", "x": [row["low"], row["high"]], "y": [place, place],
                "line": {"color": see_through(_MEDIAN, 0.45), "width": 8}, "hoverinfo": "skip",
            })  # fmt: skip
        traces.append({
            "type": "scatter", "mode": "lines", "x": [row["median"]] * 2, "y": [place - 0.3, place + 0.3],
            "line": {"color": _MEDIAN, "width": 2.5}, "hoverinfo": "skip",
        })  # fmt: skip
        words.append(_duration_words(row))
    height = 34 + _ROW * len(known) + 40
    traces.append({
        # A trace and not annotations: its texts begin at one place whatever their width.
        "type": "scatter", "mode": "text", "textposition": "middle right", "hoverinfo": "skip",
        "x": [low / 1.5] * len(known), "y": [place - 0.42 for place in range(len(known))],
        "text": [
            f"<b>{title}</b>  {plain(text)}" for title, text in zip(known["title"], words, strict=True)
        ],
        "textfont": {"size": LABEL_SIZE, "color": look.ink},
    })  # fmt: skip
    ticks = [tick for tick in _TICKS if low / 2 <= tick <= high * 2]
    layout = frame_layout(look, width, height, left=24, top=18, bottom=44) | {
        "xaxis": {
            "type": "log", "range": [np.log10(low / 1.5), np.log10(high * 1.5)], "tickvals": ticks,
            "ticktext": [format_minutes(tick) for tick in ticks], "gridcolor": look.line, "zeroline": False,
            "tickfont": {"color": look.muted, "size": 11}, "fixedrange": True,
        },
        "yaxis": {"range": [len(known) - 0.5, -0.62], "visible": False, "fixedrange": True},
        "meta": {
            "name": "durations",
            "caption": "Each dot is an incident; the red line is the median, the bar its 95 % interval.",
            "alt": "How long the responses took. " + " ".join(
                f"{row['title']}: {text}." for row, text in zip(known.to_dict("records"), words, strict=True)
            ),
        },
    }  # fmt: skip
    return Chart({"data": traces, "layout": layout})


def chart_incidents(portfolio: Portfolio, *, width: int = WIDTH, theme: Theme = "auto") -> Chart:
    """When incidents were and how long they lasted; a line only where a trend can be told from chance."""
    look, incidents = LOOKS[theme], portfolio.incidents
    told = incidents[incidents["started_at"].notna() & (incidents["TTR"].astype("float64") > 0)]
    if told.empty:
        return empty_chart("incidents", "No incident has a beginning and an end that are known", look, width)
    minutes = told["TTR"].astype("float64")
    days = told["started_at"].astype("datetime64[s, UTC]").astype("int64") / 86_400
    trend = trend_of(days, minutes)
    traces: list[dict[str, Any]] = [{
        "type": "scatter", "mode": "markers", "x": iso_times(told["started_at"]), "y": minutes.tolist(),
        "marker": {"size": 9, "color": see_through(_DOT, 0.65)},
        "text": [
            f"{plain(shorten(row.title, 60))}<br>{plain(row.severity)}, {format_minutes(row.TTR)}"
            for row in told.itertuples()
        ],
        "hovertemplate": "%{text}<extra></extra>",
    }]  # fmt: skip
    if trend.is_shown:
        middle = float(np.median(np.log(minutes)))
        half = np.log1p(trend.change) / 2
        ends = told["started_at"].iloc[[0, -1]]
        traces.append({
            "type": "scatter", "mode": "lines", "x": iso_times(ends),
            "y": [float(np.exp(middle - half)), float(np.exp(middle + half))],
            "line": {"color": _MEDIAN, "width": 2}, "hoverinfo": "skip",
        })  # fmt: skip
    low, high = float(minutes.min()), float(minutes.max())
    ticks = [tick for tick in _TICKS if low / 2 <= tick <= high * 2]
    labels = [format_minutes(tick) for tick in ticks]
    left = 24 + max((text_width(label, 11) for label in labels), default=30)
    said = _trend_words(trend)
    layout = frame_layout(look, width, 300, left=left, top=16, bottom=44) | {
        "xaxis": {
            "type": "date", "gridcolor": look.line, "zeroline": False, "fixedrange": True,
            "tickfont": {"color": look.muted, "size": 11}, "nticks": 10,
        },
        "yaxis": {
            "type": "log", "range": [np.log10(low / 1.5), np.log10(high * 1.5)], "tickvals": ticks,
            "ticktext": labels, "gridcolor": look.line, "zeroline": False, "fixedrange": True,
            "tickfont": {"color": look.muted, "size": 11},
        },
        "meta": {
            "name": "incidents",
            "caption": f"Time to resolve of each incident. {said}",
            "alt": f"{len(told)} incidents by date and time to resolve. {said}",
        },
    }  # fmt: skip
    return Chart({"data": traces, "layout": layout})


def chart_triggers(portfolio: Portfolio, *, width: int = WIDTH, theme: Theme = "auto") -> Chart:
    """What set incidents off, by kind, beside the shares that the field has published."""
    look, rows = LOOKS[theme], count_triggers(portfolio)
    total = int(rows["incidents"].sum())
    if not total:
        return empty_chart("triggers", "No incident names its trigger", look, width)
    kinds = rows["kind"].tolist()
    left = 24 + max(text_width(kind, LABEL_SIZE) for kind in kinds)
    published = rows[rows["published"].notna()]
    traces = [
        {
            "type": "bar", "orientation": "h", "name": f"here, of {total}", "y": kinds,
            "x": rows["share"].tolist(), "marker": {"color": _DOT}, "width": 0.55,
            "customdata": rows["incidents"].tolist(),
            "hovertemplate": "%{y}: %{customdata} of " + str(total) + " (%{x:.0f} %)<extra></extra>",
        },
        {
            "type": "scatter", "mode": "markers", "name": "published", "y": published["kind"].tolist(),
            "x": published["published"].tolist(),
            "marker": {"symbol": "diamond", "size": 11, "color": _MEDIAN},
            "hovertemplate": "%{y}: published %{x:.0f} %<extra></extra>",
        },
    ]  # fmt: skip
    source, caution = published_source()
    said = "; ".join(f"{row.kind} {row.incidents} of {total}" for row in rows.itertuples() if row.incidents)
    layout = frame_layout(look, width, 70 + _BAR * len(kinds), left=left, top=34, bottom=34) | {
        "showlegend": True,
        "legend": {
            "orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom",
            "font": {"size": LABEL_SIZE, "color": look.ink}, "bgcolor": "rgba(0,0,0,0)",
        },
        "xaxis": {
            "rangemode": "tozero", "ticksuffix": " %", "gridcolor": look.line, "zeroline": False,
            "tickfont": {"color": look.muted, "size": 11}, "fixedrange": True,
        },
        "yaxis": {
            "autorange": "reversed", "fixedrange": True, "tickfont": {"color": look.ink, "size": LABEL_SIZE},
            "type": "category",
        },
        "meta": {
            "name": "triggers",
            "caption": f"Diamonds: {source}. {caution}",
            "alt": f"Triggers by kind: {said}.",
        },
    }  # fmt: skip
    return Chart({"data": traces, "layout": layout})


def table_durations(portfolio: Portfolio) -> Table:
    """The durations with their spread and n, and what a comparison could see."""
    rows = []
    for row in summarise_durations(portfolio).to_dict("records"):
        unknown = f"{row['unknown']} not known" if row["unknown"] else ""
        smallest = row["smallest_change"]
        rows.append((
            Cell(row["title"], note=row["metric"]),
            Cell(str(row["n"]), note=unknown),
            Cell(_minutes(row["median"])),
            Cell(_range(row["low"], row["high"]) or "too few"),
            Cell(_range(row["lower_quartile"], row["upper_quartile"])),
            Cell("too few" if np.isnan(smallest) else f"{round(100 * smallest)} %"),
            Cell(_change(row) if row["is_shown"] else "none to be told", note=row["why_not"]),
        ))  # fmt: skip
    heads = (
        Head("Duration"), Head("n", "right", "narrow"), Head("Median", "right", "narrow"),
        Head("95 % interval"), Head("Middle half"), Head("Smallest fall seen", "right"),
        Head("Trend", width="wide"),
    )  # fmt: skip
    return Table("durations", power_note(portfolio), heads, tuple(rows), "No incidents.")


def table_factor_kinds(portfolio: Portfolio) -> Table:
    """What contributed, by kind."""
    rows = tuple(
        (
            Cell(row["kind"]),
            Cell(str(row["factors"])),
            Cell(str(row["incidents"])),
            Cell(_percent(row["share"])),
        )
        for row in count_factors(portfolio).to_dict("records")
    )
    heads = (
        Head("Kind of factor"), Head("Factors", "right"), Head("Incidents with one", "right"),
        Head("Of all", "right"),
    )  # fmt: skip
    return Table("factor-kinds", "", heads, rows, "No factors.")


def table_detections(portfolio: Portfolio) -> Table:
    """Who saw incidents first."""
    rows = tuple(
        (
            Cell(_DETECTED.get(row["detected_by"], row["detected_by"])),
            Cell(str(row["incidents"])),
            Cell(_percent(row["share"])),
            Cell(_minutes(row["TTD"])),
        )
        for row in count_detections(portfolio).to_dict("records")
    )
    heads = (
        Head("Seen first by"), Head("Incidents", "right"), Head("Share", "right"),
        Head("Median time to detect", "right"),
    )  # fmt: skip
    return Table("detections", "", heads, rows, "No incidents.")


def table_action_fates(portfolio: Portfolio, by: str = "type") -> Table:
    """How actions fare, by `type` or by the `role` that answers for them.

    How long the open ones have waited is told where the records say when they were agreed.
    """
    counted = count_actions(portfolio, by)
    told = counted["median_age"].notna().any()
    rows = tuple(
        (
            Cell(_ROLES.get(row[by], row[by])),
            Cell(str(row["actions"])),
            Cell(str(row["done"])),
            Cell(_percent(row["share_done"])),
            Cell(str(row["open"])),
            Cell(str(row["overdue"]), badge="warn" if row["overdue"] else None),
            *([Cell("" if pd.isna(row["median_age"]) else f"{row['median_age']:.0f} days")] if told else []),
        )
        for row in counted.to_dict("records")
    )
    heads = (
        Head("Kind of action" if by == "type" else "Role of who answers", width="wide"),
        Head("Actions", "right"), Head("Done", "right"), Head("Of all", "right"), Head("Open", "right"),
        Head("Overdue", "right"), *([Head("Open ones wait (median)", "right")] if told else []),
    )  # fmt: skip
    return Table(f"actions-by-{by}", "", heads, rows, "No actions.")


def table_reviews(portfolio: Portfolio) -> Table:
    """How the reviews themselves go."""
    rows = []
    for row in review_health(portfolio).to_dict("records"):
        is_share = row["measure"].startswith("Reviews")
        value = _percent(row["value"]) if is_share else "" if pd.isna(row["value"]) else f"{row['value']:g}"
        interval = "" if pd.isna(row["low"]) else f"{row['low']:g} to {row['high']:g}"
        rows.append((Cell(row["measure"]), Cell(value or "not known"), Cell(interval), Cell(str(row["n"]))))
    heads = (Head("Measure", width="wide"), Head("Median or share", "right"), Head("95 % interval"),
             Head("n", "right", "narrow"))  # fmt: skip
    return Table("reviews", "", heads, tuple(rows), "No reviews.")


def table_load(portfolio: Portfolio) -> Table:
    """What incidents asked of people, by role; never of one person."""
    rows = tuple(
        (
            Cell(_ROLES.get(row["role"], row["role"])),
            Cell(str(row["people"])),
            Cell(str(row["incidents"])),
            Cell(f"{row['hours']:.1f} h"),
            *(Cell(_percent(row[part])) for part in ("working", "off", "sleep")),
        )
        for row in summarise_load(portfolio).to_dict("records")
    )
    heads = (
        Head("Role"), Head("People", "right", "narrow"), Head("Incidents", "right", "narrow"),
        Head("Active", "right"), Head("in working hours", "right"), Head("off hours", "right"),
        Head("hours of sleep", "right"),
    )  # fmt: skip
    caption = (
        "Active time is told from what people said and did between detection and resolution; ten idle "
        "minutes end a spell, and reading leaves no trace. Hours are those where each person lives."
    )
    empty = f"Nothing is shown of fewer than {FEWEST_PEOPLE} people."
    return Table("load", caption if rows else "", heads, rows, empty)


def table_responses(portfolio: Portfolio) -> Table:
    """How responses come together."""
    rows = tuple(
        (
            Cell(row["measure"]),
            Cell("not known" if pd.isna(row["value"]) else _number(row["value"])),
            Cell("" if pd.isna(row["low"]) else f"{_number(row['low'])} to {_number(row['high'])}"),
            Cell(str(row["n"])),
        )
        for row in response_health(portfolio).to_dict("records")
    )
    heads = (Head("Measure", width="wide"), Head("Median", "right"), Head("95 % interval"),
             Head("n", "right", "narrow"))  # fmt: skip
    return Table("responses", "", heads, rows, "No responses.")


def table_recurrences(portfolio: Portfolio, *, limit: int = 20) -> Table:
    """Factors that came back, and what had become of the actions of then."""
    found = find_recurrences(portfolio)
    titles = portfolio.incidents.set_index("incident_id")["title"]
    rows = tuple(
        (
            Cell(row["later_statement"], note=f"{titles[row['later']]} ({row['later']})"),
            Cell(row["earlier_statement"], note=f"{titles[row['earlier']]} ({row['earlier']})"),
            Cell(f"{row['closed']} of {row['actions']}" if row["actions"] else "none", note=row["question"]),
        )
        for row in found.head(limit).to_dict("records")
    )
    more = f"The {limit} most alike of {len(found)}." if len(found) > limit else ""
    heads = (Head("Factor", width="wide"), Head("Like one before", width="wide"), Head("Its actions done"))
    return Table("recurrences", more, heads, rows, "No factor resembles one of an earlier incident.")


def table_similar(similar: pd.DataFrame) -> Table:
    """Incidents that resemble one, with the reasons."""
    rows = tuple(
        (Cell(row["title"], note=row["incident_id"]), Cell(f"{row['likeness']:.2f}"), Cell(row["why"]))
        for row in similar.to_dict("records")
    )
    heads = (
        Head("Incident", width="wide"),
        Head("Likeness", "right", "narrow"),
        Head("Because of", width="wide"),
    )
    return Table("similar", "", heads, rows, "There is no other incident.")


def table_incidents(portfolio: Portfolio) -> Table:
    """The incidents themselves, the latest first."""
    rows = tuple(
        (
            Cell("" if pd.isna(row["started_at"]) else f"{row['started_at']:%Y-%m-%d}"),
            Cell(row["title"], note=row["incident_id"]),
            Cell(row["severity"]),
            Cell("" if pd.isna(row["TTR"]) else format_minutes(row["TTR"])),
            Cell(row["trigger_kind"], note=shorten(row["trigger"], 120)),
            Cell(
                f"{row['milestones_reached']} of {row['milestones']}" if row["milestones"] else "none kept",
                badge="warn" if row["is_late"] is True else None,
            ),
        )
        for row in portfolio.incidents.iloc[::-1].to_dict("records")
    )
    heads = (
        Head("Began", width="narrow"), Head("Incident", width="wide"), Head("Severity", width="narrow"),
        Head("Time to resolve", "right", "narrow"), Head("Trigger", width="wide"), Head("Milestones"),
    )  # fmt: skip
    return Table("incidents", "", heads, rows, "No incidents.")


def table_problems(portfolio: Portfolio) -> Table:
    """The incidents that could not be read, and why; they count in no number."""
    rows = tuple(
        (Cell(row["incident_id"], mono=True), Cell(row["problem"]))
        for row in portfolio.problems.to_dict("records")
    )
    heads = (Head("Incident"), Head("What is wrong", width="wide"))
    return Table("problems", "", heads, rows, "Every incident could be read.")


def _in_short(portfolio: Portfolio) -> list[tuple[str, str]]:
    """What a reader of the first page alone takes along; no number without how many it is of."""
    n, incidents = len(portfolio), portfolio.incidents
    if not n:
        return []
    resolved = summarise_durations(portfolio).set_index("metric").loc["TTR"].to_dict()
    trend = f"{_change(resolved)} over the time" if resolved["is_shown"] else "no trend can be told"
    seen, triggers = count_detections(portfolio), count_triggers(portfolio)
    triggers = triggers[triggers["incidents"] > 0].nlargest(3, "incidents")
    came_back = find_recurrences(portfolio)["later"].nunique()
    done, agreed, overdue = count_actions(portfolio)[["done", "actions", "overdue"]].sum()
    closed, late = incidents["closed_at"].notna().sum(), incidents["is_late"]
    who = seen["detected_by"].replace(_DETECTED)
    return [
        ("Time to resolve", f"{_duration_words(resolved)}; {trend}" if resolved["n"] else "not known"),
        ("Seen first by", _counted(who, seen["incidents"])),
        ("Set off most by", _counted(triggers["kind"], triggers["incidents"]) or "not said"),
        ("Came back", f"in {came_back} of {n} incidents a factor like one of an earlier incident"),
        ("Actions", f"{done} of {agreed} done, {overdue} overdue" if agreed else "none"),
        ("Reviews", f"{closed} of {n} closed, {late.sum()} of {late.notna().sum()} later than due"),
    ]


def _counted(names: pd.Series, counts: pd.Series) -> str:
    return ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True))


def _is_length(minutes: float) -> bool:
    return minutes > 0  # neither unknown nor nothing: an axis of logarithms has no place for them


def _most_named(services: pd.Series, most: int = 6) -> str:
    """The services that most incidents touched, with how many."""
    counts = services.str.split(", ").explode().replace("", np.nan).dropna().value_counts(sort=True)
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")
    named = ", ".join(f"{name} {count}" for name, count in counts.head(most).items())
    return f"{named} and {len(counts) - most} more" if len(counts) > most else named or "none named"


def _duration_words(row: dict[str, Any]) -> str:
    interval = _range(row["low"], row["high"])
    spread = f" ({interval})" if interval else ""
    return f"median {_minutes(row['median'])}{spread}, n = {row['n']}"


def _trend_words(trend: Any) -> str:
    if not trend.is_shown:
        return f"No trend is drawn: {trend.why_not}."
    low, high = sorted((abs(trend.low), abs(trend.high)))
    word = "fell" if trend.change < 0 else "rose"
    change = f"{100 * abs(trend.change):.0f} %"
    return (
        f"It {word} by about {change} over the period (95 % interval: {100 * low:.0f} to {100 * high:.0f} %)."
    )


def _change(row: dict[str, Any]) -> str:
    return f"{100 * row['change']:+.0f} % ({100 * row['change_low']:+.0f} to {100 * row['change_high']:+.0f})"


def _minutes(value: float) -> str:
    return "" if pd.isna(value) else format_minutes(value)


def _range(low: float, high: float) -> str:
    return "" if pd.isna(low) or pd.isna(high) else f"{format_minutes(low)} to {format_minutes(high)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _percent(share: float) -> str:
    return "" if pd.isna(share) else f"{share:.0f} %"
