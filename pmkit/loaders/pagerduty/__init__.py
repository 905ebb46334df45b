"""PagerDuty: what its REST API, its webhooks and its reports tell, one event each.

Read are log entries, incidents, alerts, notes and status updates as the REST API gives them, webhooks of all
three versions as somebody kept them, the CSVs of the web app, and exports of the analytics API. Change events
are read by `deploys`, since they tell of what was deployed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders._format import Format
from pmkit.loaders.pagerduty.analytics import analytics_incompleteness
from pmkit.loaders.pagerduty.analytics import load_pagerduty_analytics as load_pagerduty_analytics
from pmkit.loaders.pagerduty.completeness import find_incompleteness
from pmkit.loaders.pagerduty.loading import load
from pmkit.loaders.pagerduty.recognition import is_analytics, is_report, is_rest, is_settings, is_webhook
from pmkit.loaders.pagerduty.reports import load_pagerduty_report as load_pagerduty_report
from pmkit.loaders.pagerduty.reports import report_incompleteness


def load_pagerduty_log(path: str | Path) -> pd.DataFrame:
    """PagerDuty's records as events, sorted by time, cause before effect within one second.

    One row per log entry, incident, alert, note, status update and webhook; then one row `kind="unreadable"`
    for every record that cannot be read, with the reason in `text`. An incident is one row of kind `incident`
    at its `created_at`, with its end in the text; `trigger`, `ack` and `resolve` come from log entries and
    webhooks alone, so that a log saved with its incidents tells nothing twice. Where an incident ends because
    it was merged into another, nothing was resolved: the kind is `merge`.

    A record that stands in the files more than once, and a note that also stands in the log, is one row whose
    `ref` names every copy, ` | ` between them: the number of refs is the number of records. A webhook of
    version 2 brings log entries with the ids of the log, and one of version 3 on a note or status update has
    the id of that; these are one with what the REST API gives. Every other webhook has an id of its own that
    no log entry names, so that the log and the webhooks tell the same twice.

    Parameters
    ----------
    path : a `.json` or `.jsonl` file, or a folder of them

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC. `ref` is `<file name>#<list>:<record index>`
    (a page number or file name stands before the list where there are several). What an alert carried
    (`include[]=channels`) is in `pd_details`, and in `text` where it says something in words. Addresses that
    were paged are not in the text.

    Raises
    ------
    EvidenceError : there is no such file
    """
    return load(Path(path))


def _refuse(path: str | Path) -> pd.DataFrame:
    problem = "tells what the account has, and nothing that happened."
    raise EvidenceError(path, "", problem, "Leave it out; add log entries and incidents.")


FORMATS: Final = (
    Format(
        "pagerduty-webhook", "pagerduty", "webhooks of PagerDuty",
        recognise=is_webhook,
        load=load_pagerduty_log,
        find_incompleteness=find_incompleteness,
    ),
    Format(
        "pagerduty-analytics", "pagerduty", "an export of PagerDuty's analytics",
        recognise=is_analytics,
        load=load_pagerduty_analytics,
        options=("zone",),
        find_incompleteness=analytics_incompleteness,
    ),
    Format(
        "pagerduty-report", "pagerduty", "a CSV of PagerDuty's incidents",
        recognise=is_report,
        load=load_pagerduty_report,
        options=("zone", "date_format"),
        find_incompleteness=report_incompleteness,
    ),
    Format(
        "pagerduty-rest", "pagerduty", "records of PagerDuty's REST API",
        recognise=is_rest,
        load=load_pagerduty_log,
        find_incompleteness=find_incompleteness,
    ),
    Format(
        "pagerduty-other", "pagerduty", "a list of PagerDuty's users, services or the like",
        recognise=is_settings,
        load=_refuse,
    ),
)  # fmt: skip
