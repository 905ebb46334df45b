"""One fact as several sources tell it: an alert that opens, its acknowledgement, an issue, a deploy."""

from __future__ import annotations

from typing import Final

import pandas as pd

from pmkit import schema

TELLING_COLUMNS: Final = ("event_id", "time", "source", "deed", "thing", "rank")
FACT_COLUMNS: Final = ("fact_id", "deed", "thing", "start_at", "end_at", "count", "sources", "event_ids")

# What a record of that kind tells, whatever its words.
_DEEDS: Final = {
    "trigger": "opened", "alert": "opened", "incident": "opened", "ack": "acknowledged",
    "escalate": "escalated", "priority": "priority changed", "resolve": "resolved", "reopen": "reopened",
    "deploy": "deployed", "status_update": "told",
}  # fmt: skip
# The first of these words in a post says what it tells.
_WORDS: Final = {
    "triggered": "opened", "firing": "opened", "fired": "opened", "alerting": "opened", "opened": "opened",
    "created": "opened", "declared": "opened", "acknowledged": "acknowledged", "acked": "acknowledged",
    "escalated": "escalated", "priority": "priority changed", "resolved": "resolved",
    "recovered": "resolved", "closed": "resolved", "reopened": "reopened", "deployed": "deployed",
    "released": "deployed",
}  # fmt: skip
_SAID_BY_WORDS: Final = ("table", "file")  # sources whose kinds say little; Slack's bots come beside them
_TITLED: Final = ("opened", "resolved", "told")  # the words of the others name people, not things
_LINES: Final = 4  # of a post, in which its title may stand; a system's record begins with it
_TITLE: Final = 60  # characters; posts cut what is longer, each its own way

_NUMBER: Final = r"(?:^|[^\w&/#])#(?P<found>\d{1,9})\b"
_KEY: Final = r"\b(?P<found>[A-Z][A-Z0-9_]{1,9}-\d{1,7})\b"
_ALERT: Final = r"\b(?P<found>[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+)\b"  # as Prometheus' alerts are named
_VERSION: Final = r"\b(?P<found>[0-9a-f]{7}[0-9a-f]{0,33}|v?\d+(?:\.\d+)+(?:[-+][0-9A-Za-z.-]+)?)\b"
_STATUSES: Final = (
    "investigating|identified|monitoring|update|scheduled|in progress|verifying|completed|postmortem"
)
# What stands before a title: marks, numbers, what happened, through what; and after it: asides.
_BEFORE: Final = rf"^(?:\PL|\b(?:incident|p[1-5]|through the \w+|{_STATUSES}|{'|'.join(_WORDS)})\b)+"
_AFTER: Final = r"\s\([^()]*\)$"
_BEFORE_STATUS: Final = rf"^[^\n]*?\b(?:{_STATUSES}|resolved): "  # the name of what a page tells of


def find_tellings(events: pd.DataFrame) -> pd.DataFrame:
    """What each event tells that other sources may tell too: a deed, and the thing it was done to.

    One row per event, deed and name of the thing: `event_id`, `time`, `source`, `deed` (`opened`,
    `acknowledged`, `resolved`, `deployed` …), `thing` and `rank`, how surely the thing is named: 0 by an id
    (an incident `#4127`, an issue `PAY-812`, a version, an alert's own id), 1 by its title alone.

    Systems tell by the kind of a record, posts of bots by their words; what people write is no telling.
    """
    happened = schema.without_samples(events)
    dated = happened[happened["time"].notna()].reset_index(drop=True)
    bots = dated["slack_is_bot"] | (dated["kind"] == "bot")
    posts = bots | dated["source"].isin(_SAID_BY_WORDS)
    created = _first_of_each_issue(dated)
    deeds = dated["kind"].map(_DEEDS).mask(created, "opened").astype("str")
    deeds = deeds.where(~posts, _deeds_in_words(dated["text"].where(posts, ""))).fillna("")
    titled = dated["text"].where(deeds.isin(_TITLED), "")
    statuses = dated["kind"] == "status_update"
    titled = titled.where(~statuses, titled.str.replace(_BEFORE_STATUS, "", case=False, regex=True))
    named_in_text = dated["text"].where(posts | (dated["kind"] == "incident"), "")
    posted = _titles(titled[bots], lines=_LINES)
    named = pd.concat(
        [
            _named(dated["pd_incident_number"], deeds, prefix="#"),
            _named(dated["jira_key"].where(created | (dated["kind"] == "resolve"), ""), deeds),
            _named(dated["alert_id"], deeds, prefix="alert "),
            _named(_version_in(dated["deploy_version"]), deeds),
            _named(_first_match(named_in_text, _NUMBER), deeds, prefix="#"),
            _named(_first_match(named_in_text, _KEY), deeds),
            _named(_version_in(dated["text"].where(posts, "")), deeds),
            _named(_titles(titled[~bots], lines=1), deeds, rank=1),
            _named(posted, deeds, rank=1),
            _named(_first_match(titled, _ALERT), deeds, rank=1),
            # The post of a status page says what is going on there, and not that it is a status.
            _named(posted, deeds.mask(bots, "told"), rank=1),
        ]
    )
    named = named[(named["deed"] != "told") | (named["rank"] == 1)]
    named = named.join(dated[["event_id", "time", "source"]]).sort_index(kind="stable")
    named = named.drop_duplicates(["event_id", "deed", "thing"], ignore_index=True)
    return named[list(TELLING_COLUMNS)]


def find_same_facts(events: pd.DataFrame, *, within: str = "90s") -> pd.DataFrame:
    """Facts that several sources tell, each as one: who told it, and which events do.

    One row per fact, in order of time: `fact_id` (the event that told it first), `deed`, `thing`, `start_at`
    and `end_at` (UTC, the first and the last telling), `count`, `sources` and `event_ids` (a space between,
    in order of time). Tellings belong together that name one deed of one thing with no more than `within`
    between two; what only one source tells is left out.
    """
    tellings = find_tellings(events).sort_values(["deed", "thing", "time"], kind="stable")
    name = tellings.groupby(["deed", "thing"], sort=False).ngroup()
    new = (name != name.shift()) | (tellings["time"].diff() > pd.Timedelta(within))
    tellings = tellings.assign(group=new.cumsum())
    several = tellings.groupby("group")["source"].transform("nunique") > 1
    tellings = _joined(tellings[several])
    if tellings.empty:
        return _no_facts()
    # The fact goes by its surest name: an id before a title.
    names = tellings.sort_values(["rank", "time"], kind="stable").drop_duplicates("group")
    told = tellings.sort_values(["time", "rank"], kind="stable").drop_duplicates("event_id")
    facts = told.groupby("group").agg(
        fact_id=("event_id", "first"),
        start_at=("time", "first"),
        end_at=("time", "last"),
        count=("event_id", "size"),
        sources=("source", lambda sources: " ".join(sources.unique())),
        event_ids=("event_id", " ".join),
    )
    facts = facts.join(names.set_index("group")[["deed", "thing"]])
    return facts.sort_values(["start_at", "fact_id"], ignore_index=True)[list(FACT_COLUMNS)]


def find_versions(events: pd.DataFrame) -> pd.Series:
    """The version or commit that each event names, as `version 6e1f0c7`; "" where it names none."""
    recorded = _version_in(events["deploy_version"])
    return recorded.where(recorded != "", _version_in(events["text"]))


def _joined(tellings: pd.DataFrame) -> pd.DataFrame:
    """Groups that share an event, which names its thing in several ways, become one."""
    while True:
        least = tellings.groupby("event_id")["group"].transform("min")
        least = least.groupby(tellings["group"]).transform("min")
        if (least == tellings["group"]).all():
            return tellings
        tellings = tellings.assign(group=least)


def _no_facts() -> pd.DataFrame:
    dtypes = {"start_at": schema.TIME_DTYPE, "end_at": schema.TIME_DTYPE, "count": "int64"}
    return pd.DataFrame({name: pd.Series(dtype=dtypes.get(name, "str")) for name in FACT_COLUMNS})


# What was done


def _deeds_in_words(texts: pd.Series) -> pd.Series:
    """The deed each text speaks of first; "" where there is no text."""
    word = _first_match(texts, rf"(?i)\b(?P<found>{'|'.join(_WORDS)})\b").str.lower()
    return word.map(_WORDS).fillna("told").where(texts != "", "")


def _first_of_each_issue(events: pd.DataFrame) -> pd.Series:
    """The records that tell of an issue being created: its first, unless that already changes a field."""
    issues = events[(events["jira_key"] != "") & (events["source"] == "jira")]
    first = issues.sort_values("time", kind="stable").drop_duplicates("jira_key")
    return events.index.to_series().isin(first.index[first["jira_field"] == ""])


# What it was done to


def _named(things: pd.Series, deeds: pd.Series, *, prefix: str = "", rank: int = 0) -> pd.DataFrame:
    things = things[(things != "") & (deeds.loc[things.index] != "")]
    return pd.DataFrame({"deed": deeds.loc[things.index], "thing": prefix + things, "rank": rank})


def _version_in(texts: pd.Series) -> pd.Series:
    """The first version or commit in each text: a commit by its first seven digits, a tag without its v."""
    found = _first_match(texts, _VERSION)
    short = found.str.slice(0, 7).where(found.str.fullmatch("[0-9a-f]{7,40}"), found.str.removeprefix("v"))
    return ("version " + short).where(short != "", "")


def _titles(texts: pd.Series, *, lines: int) -> pd.Series:
    """The first lines of each text as titles: small letters and digits, without what stands before."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pa.array(texts.to_numpy(dtype=object), type=pa.large_string())
    first = pc.list_slice(pc.split_pattern(whole, "\n"), 0, lines)
    title = pc.utf8_lower(pc.utf8_slice_codeunits(pc.list_flatten(first), 0, 4 * _TITLE))
    for aside in (_BEFORE, _AFTER):
        title = pc.replace_substring_regex(title, pattern=aside, replacement="")
    title = pc.replace_substring_regex(title, pattern=r"[^\pL\pN]+", replacement=" ")
    title = pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(title, 0, _TITLE))
    long = pc.match_substring_regex(title, r"\S+ \S+ \S+")  # fewer words name many things
    rows = pc.list_parent_indices(first).filter(long).to_numpy()
    quoted = "“" + pd.Series(title.filter(long).to_pandas(), dtype="str") + "”"
    return quoted.set_axis(texts.index[rows])


def _first_match(texts: pd.Series, pattern: str) -> pd.Series:
    """The group `found` of the first match in each text; "" where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pa.array(texts.to_numpy(dtype=object), type=pa.large_string())
    found = pc.struct_field(pc.extract_regex(whole, pattern=pattern), "found")
    filled = pc.fill_null(found, pa.scalar("", type=found.type))
    return pd.Series(filled.to_pandas(), dtype="str").set_axis(texts.index)
