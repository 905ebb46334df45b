"""pmkit: from incident evidence to a blameless postmortem, in Jupyter and on the command line.

Names are loaded from their rooms when they are first used, so that `import pmkit` costs little more than
pandas does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pmkit.agenda import retro_agenda as retro_agenda
    from pmkit.audience import load_audience as load_audience
    from pmkit.causes import plot_factors as plot_factors
    from pmkit.checkins import draft_checkin as draft_checkin
    from pmkit.checks import run_checks as run_checks
    from pmkit.debrief import debrief_questions as debrief_questions
    from pmkit.drift import find_drift as find_drift
    from pmkit.errors import PmkitError as PmkitError
    from pmkit.explore import known_to as known_to
    from pmkit.export.sidecar import load_sidecar as load_sidecar
    from pmkit.factors import causal_graph as causal_graph
    from pmkit.factors import five_whys as five_whys
    from pmkit.figures import plot_activity as plot_activity
    from pmkit.figures import plot_timeline as plot_timeline
    from pmkit.intake import add_evidence as add_evidence
    from pmkit.integrations.google_drive import fetch_drive as fetch_drive
    from pmkit.integrations.jira import fetch_jira as fetch_jira
    from pmkit.integrations.pagerduty import fetch_pagerduty as fetch_pagerduty
    from pmkit.integrations.picking import pick_messages as pick_messages
    from pmkit.integrations.push_actions import push_actions as push_actions
    from pmkit.integrations.push_note import push_note as push_note
    from pmkit.integrations.push_report import push_report as push_report
    from pmkit.integrations.push_updates import push_updates as push_updates
    from pmkit.integrations.slack import fetch_slack as fetch_slack
    from pmkit.loaders.deploys import load_deploys as load_deploys
    from pmkit.loaders.files import load_file as load_file
    from pmkit.loaders.firehydrant import load_firehydrant as load_firehydrant
    from pmkit.loaders.incident_io import load_incident_io as load_incident_io
    from pmkit.loaders.jira import load_jira_issues as load_jira_issues
    from pmkit.loaders.logs import load_log as load_log
    from pmkit.loaders.monitoring.alerts import load_alerts as load_alerts
    from pmkit.loaders.monitoring.cloudwatch import load_cloudwatch_alarms as load_cloudwatch_alarms
    from pmkit.loaders.monitoring.cloudwatch import load_cloudwatch_metrics as load_cloudwatch_metrics
    from pmkit.loaders.monitoring.datadog import load_datadog as load_datadog
    from pmkit.loaders.monitoring.grafana import load_grafana_annotations as load_grafana_annotations
    from pmkit.loaders.monitoring.grafana_csv import load_grafana_csv as load_grafana_csv
    from pmkit.loaders.monitoring.prometheus import load_prometheus as load_prometheus
    from pmkit.loaders.opsgenie import load_opsgenie as load_opsgenie
    from pmkit.loaders.pagerduty import load_pagerduty_analytics as load_pagerduty_analytics
    from pmkit.loaders.pagerduty import load_pagerduty_log as load_pagerduty_log
    from pmkit.loaders.pagerduty import load_pagerduty_report as load_pagerduty_report
    from pmkit.loaders.slack import find_permalink as find_permalink
    from pmkit.loaders.slack import load_slack_archive as load_slack_archive
    from pmkit.loaders.slack import load_slack_export as load_slack_export
    from pmkit.loaders.slack import load_slack_log as load_slack_log
    from pmkit.loaders.slack import load_slack_pages as load_slack_pages
    from pmkit.loaders.statuspage import load_statuspage as load_statuspage
    from pmkit.loaders.table import load_event_table as load_event_table
    from pmkit.loaders.victorops import load_victorops as load_victorops
    from pmkit.metrics import response_metrics as response_metrics
    from pmkit.milestones import review_status as review_status
    from pmkit.postmortem import Postmortem as Postmortem
    from pmkit.process import due_on as due_on
    from pmkit.redaction import redact as redact
    from pmkit.report import publish as publish
    from pmkit.report import render_report as render_report
    from pmkit.review import amend_checkin as amend_checkin
    from pmkit.review import assign_role as assign_role
    from pmkit.review import confirm_checkin as confirm_checkin
    from pmkit.review import note_milestones as note_milestones
    from pmkit.session import add_event as add_event
    from pmkit.session import add_row as add_row
    from pmkit.session import delete_rows as delete_rows
    from pmkit.session import describe_event as describe_event
    from pmkit.session import edit_row as edit_row
    from pmkit.session import exclude_events as exclude_events
    from pmkit.session import include_events as include_events
    from pmkit.session import link_factor as link_factor
    from pmkit.session import mark_event as mark_event
    from pmkit.session import paste_events as paste_events
    from pmkit.session import promote_decision as promote_decision
    from pmkit.session import redo as redo
    from pmkit.session import undo as undo
    from pmkit.session import unmark_event as unmark_event
    from pmkit.session import write_note as write_note
    from pmkit.suggestions import suggest as suggest
    from pmkit.tables import card_review as card_review
    from pmkit.tables import facts_checkin as facts_checkin
    from pmkit.tables import table_findings as table_findings
    from pmkit.tables import table_ideas as table_ideas
    from pmkit.tables import table_tracker as table_tracker
    from pmkit.timeline import build_timeline as build_timeline
    from pmkit.timeline import find_anchors as find_anchors
    from pmkit.timeline import find_gaps as find_gaps
    from pmkit.tracker import track_actions as track_actions
    from pmkit.widgets.edit import edit_actions as edit_actions
    from pmkit.widgets.edit import edit_checkins as edit_checkins
    from pmkit.widgets.edit import edit_decisions as edit_decisions
    from pmkit.widgets.edit import edit_factors as edit_factors
    from pmkit.widgets.edit import edit_impact as edit_impact
    from pmkit.widgets.edit import edit_questions as edit_questions
    from pmkit.widgets.edit import edit_raci as edit_raci
    from pmkit.widgets.edit import edit_table as edit_table
    from pmkit.widgets.edit import edit_tasks as edit_tasks
    from pmkit.widgets.findings import show_findings as show_findings
    from pmkit.widgets.notes import edit_notes as edit_notes
    from pmkit.workspace import Workspace as Workspace

__version__ = "0.1.0"

_ROOMS = {
    "pmkit.audience": ["load_audience"],
    "pmkit.causes": ["chart_factors", "plot_factors"],
    "pmkit.debrief": ["debrief_questions"],
    "pmkit.bursts": ["find_bursts"],
    "pmkit.checks": ["run_checks"],
    "pmkit.clocks": ["estimate_clock_offsets", "find_clock_pairs"],
    "pmkit.drift": ["find_drift"],
    "pmkit.editions": ["find_changes", "previous_edition"],
    "pmkit.errors": ["PmkitError"],
    "pmkit.explore": ["events_around", "events_by", "events_in", "find_text", "known_to", "thread_of"],
    "pmkit.factors": ["causal_graph", "find_cycles", "find_uncovered", "five_whys"],
    "pmkit.fleet": ["load_portfolio", "publish_portfolio"],
    "pmkit.figures": ["chart_activity", "chart_timeline", "plot_activity", "plot_timeline"],
    "pmkit.export.html": ["export_html"],
    "pmkit.export.pdf": ["export_pdf"],
    "pmkit.export.sidecar": ["load_sidecar"],
    "pmkit.export.pictures": ["show_pictures"],
    "pmkit.intake": ["add_evidence"],
    "pmkit.integrations.google_drive": ["fetch_drive"],
    "pmkit.integrations.jira": ["fetch_jira"],
    "pmkit.integrations.pagerduty": ["fetch_pagerduty"],
    "pmkit.integrations.picking": ["pick_messages"],
    "pmkit.integrations.push_actions": ["push_actions"],
    "pmkit.integrations.push_note": ["push_note"],
    "pmkit.integrations.push_report": ["push_report"],
    "pmkit.integrations.push_updates": ["push_updates"],
    "pmkit.integrations.slack": ["fetch_slack"],
    "pmkit.letter": ["customer_letter", "letter_gaps", "letter_title"],
    "pmkit.loaders.deploys": ["load_deploys"],
    "pmkit.loaders.files": ["load_file"],
    "pmkit.loaders.firehydrant": ["load_firehydrant"],
    "pmkit.loaders.incident_io": ["load_incident_io"],
    "pmkit.loaders.jira": ["load_jira_issues"],
    "pmkit.loaders.logs": ["load_log"],
    "pmkit.loaders.monitoring.alerts": ["load_alerts"],
    "pmkit.loaders.monitoring.cloudwatch": ["load_cloudwatch_alarms", "load_cloudwatch_metrics"],
    "pmkit.loaders.monitoring.datadog": ["load_datadog"],
    "pmkit.loaders.monitoring.grafana": ["load_grafana_annotations"],
    "pmkit.loaders.monitoring.grafana_csv": ["load_grafana_csv"],
    "pmkit.loaders.monitoring.prometheus": ["load_prometheus"],
    "pmkit.loaders.opsgenie": ["load_opsgenie"],
    "pmkit.loaders.pagerduty": [
        "load_pagerduty_analytics", "load_pagerduty_log", "load_pagerduty_report",
    ],
    "pmkit.loaders.slack": [
        "find_permalink", "load_slack_archive", "load_slack_export", "load_slack_log", "load_slack_pages",
    ],
    "pmkit.loaders.statuspage": ["load_statuspage"],
    "pmkit.loaders.table": ["load_event_table"],
    "pmkit.loaders.victorops": ["load_victorops"],
    "pmkit.metrics": ["response_metrics"],
    "pmkit.milestones": ["review_status"],
    "pmkit.postmortem": ["Postmortem"],
    "pmkit.process": ["due_on"],
    "pmkit.provenance": ["cited_records", "trace_statements"],
    "pmkit.agenda": ["retro_agenda"],
    "pmkit.checkins": ["draft_checkin"],
    "pmkit.tracker": ["track_actions"],
    "pmkit.review": ["amend_checkin", "assign_role", "confirm_checkin", "note_milestones"],
    "pmkit.redaction": ["redact"],
    "pmkit.overview": [
        "chart_durations", "chart_incidents", "chart_triggers", "portfolio_title", "table_action_fates",
        "table_detections", "table_durations", "table_factor_kinds", "table_incidents", "table_load",
        "table_problems", "table_recurrences", "table_responses", "table_reviews", "table_similar",
    ],
    "pmkit.portfolio": ["find_recurrences", "find_similar", "summarise_durations"],
    "pmkit.replay": ["chart_replay", "plot_replay"],
    "pmkit.report": ["publish", "render_report"],
    "pmkit.suggestions": ["suggest"],
    "pmkit.session": [
        "add_event", "add_row", "delete_rows", "describe_event", "edit_row", "exclude_events",
        "include_events", "link_factor", "mark_event", "paste_events", "promote_decision", "redo", "undo",
        "unmark_event", "apply_clock_offset", "write_note",
    ],
    "pmkit.tables": [
        "card_metrics", "card_review", "facts_checkin", "facts_evidence", "facts_seal", "note_text",
        "report_title",
        "table_actions", "table_checkins", "table_clock_offsets", "table_clocks", "table_debrief",
        "table_decisions", "table_derivations", "table_events", "table_evidence", "table_factors",
        "table_findings", "table_gaps", "table_ideas", "table_impact", "table_links", "table_milestones",
        "list_abbreviations", "table_changes", "table_questions", "table_raci", "table_sources",
        "table_tasks", "table_timeline", "table_tracker", "table_whys",
    ],
    "pmkit.tellings": ["find_same_facts"],
    "pmkit.timeline": ["build_timeline", "find_anchors", "find_gaps", "key_moments"],
    "pmkit.triage": ["fold_alerts", "leave_suggestion", "open_suggestions", "take_suggestion"],
    "pmkit.widgets.builder": ["edit_timeline"],
    "pmkit.widgets.findings": ["show_findings"],
    "pmkit.widgets.edit": [
        "edit_actions", "edit_checkins", "edit_decisions", "edit_factors", "edit_impact", "edit_questions",
        "edit_raci", "edit_table", "edit_tasks",
    ],
    "pmkit.widgets.notes": ["edit_notes"],
    "pmkit.workspace": ["Workspace"],
}  # fmt: skip
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(_ROOM_OF)  # noqa: PLE0605 - one list of names, above


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'pmkit' has no attribute {name!r}")
    return getattr(import_module(_ROOM_OF[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
