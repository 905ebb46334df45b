"""Every table: its columns, their types and meaning, and the words that some of them choose from."""

from __future__ import annotations

from typing import Final

from pmkit.schema.columns import Column, Table

MARKS: Final = ("impact_started", "detected", "acknowledged", "mitigated", "resolved")
PHASES: Final = ("lead-up", "detection", "response", "mitigation", "recovery", "follow-up")
SOURCES: Final = (
    "slack", "pagerduty", "jira", "monitoring", "deploy", "statuspage",
    "opsgenie", "incident.io", "firehydrant", "table", "file", "manual",
)  # fmt: skip
# Systems that page, or say how an incident stands. An alert that ends by itself ends none, nor does an issue
# that is closed.
STATUS_SOURCES: Final = ("pagerduty", "opsgenie", "incident.io", "firehydrant", "statuspage")
EVENT_KINDS: Final = (
    "message", "reply", "bot", "join", "leave", "topic", "pin", "file", "call", "deleted",
    "alert", "trigger", "ack", "unack", "escalate", "assign", "notify", "note", "snooze", "priority",
    "responder", "status_update", "field", "merge", "resolve", "reopen", "incident",
    "deploy", "change", "metric", "log", "observation", "other", "unreadable",
)  # fmt: skip
# Measurements, not happenings: a sample every 15 s says nothing of what went on. They fill no silence, are no
# activity and no suggestion; there may be a million of them.
SAMPLE_KINDS: Final = ("metric",)
FACTOR_KINDS: Final = (
    "trigger", "latent condition", "missing safeguard", "amplifier", "detection", "response", "mitigator",
)  # fmt: skip
ACTION_TYPES: Final = ("investigate", "mitigate", "repair", "detect", "prevent", "process")
DECISIONS_ABOUT: Final = ("response", "communication", "timeline", "root cause", "actions", "closure")
PRIORITIES: Final = ("P0", "P1", "P2", "P3", "P4")

EVENTS: Final = Table(
    "events",
    "one record of one source, as it was received",
    ("event_id",),
    (
        Column("event_id", "str", "stable id from the source, the same on every reload", required=True),
        Column("time", "time", "when it happened; empty only for kind `unreadable`"),
        Column("source", "str", "the system it comes from", required=True, open_choices=SOURCES),
        Column("kind", "str", "what sort of record it is", required=True, choices=EVENT_KINDS),
        Column("actor", "str", "who or what did it, by name"),
        Column("place", "str", "channel, service, project or panel"),
        Column("text", "str", "plain text of the record"),
        Column("ref", "str", "where it stands: evidence/<file>#<member>:<record>"),
        Column("url", "str", "permalink into the source, when it has one"),
        Column(
            "time_basis",
            "str",
            "how its zone is known: `epoch` or `offset` in the record, else the zone that people named; "
            "with `, corrected by +37 s` where `clocks` says so",
        ),
        Column("recorded_at", "time", "what the source recorded, where `time` is corrected; else empty"),
        Column(
            "state_at",
            "time",
            "when the state shown was the latest, at the earliest: its source changed it then, or its file "
            "tells of something that happened then; of several copies the latest stays",
        ),
        Column(
            "slack_channel_id",
            "str",
            "channel id, or the folder name where the export has no index",
        ),
        Column("slack_ts", "str", "Slack's own id and time of the message, always text"),
        Column("slack_thread_ts", "str", "`slack_ts` of the thread's first message"),
        Column("slack_user_id", "str", "id of the author: user or bot"),
        Column("slack_user_team", "str", "team of an author from another workspace, as Slack Connect has"),
        Column("slack_subtype", "str", "Slack's subtype, as received"),
        Column("slack_is_bot", "bool", "written by an app or bot"),
        Column("slack_edited_ts", "str", "when it was last edited; the older text is not in an export"),
        Column("slack_reactions", "str", "reactions as `eyes 3, +1 2`"),
        Column("slack_files", "str", "names of the files that hang on it"),
        Column("pd_id", "str", "id of the PagerDuty record"),
        Column("pd_type", "str", "PagerDuty's type, as received"),
        Column("pd_incident_id", "str", "id of the incident it belongs to"),
        Column("pd_incident_number", "str", "the number people type, always text"),
        Column("pd_channel", "str", "through what it came: api, email, phone, web …"),
        Column("pd_updated_at", "str", "when PagerDuty last changed the record, as received"),
        Column("pd_details", "str", "what an alert or report carried, as JSON; cut where it is long"),
        Column("alert_id", "str", "what names the alert at its source: fingerprint, alias or alarm"),
        Column("jira_key", "str", "issue it belongs to, as PAY-812"),
        Column("jira_field", "str", "field that was changed"),
        Column("jira_from", "str", "what the field held before"),
        Column("jira_to", "str", "what the field holds after"),
        Column("jira_updated_at", "str", "when Jira last changed the issue or comment, in UTC"),
        Column("metric", "str", "name and labels of the series a sample belongs to"),
        Column("metric_value", "float", "value of the sample; empty where it is no finite number"),
        Column("log_level", "str", "how grave a log line says it is: debug, info, warning, error …"),
        Column("deploy_version", "str", "commit, tag or version that was deployed"),
        Column("deploy_environment", "str", "where to: production, staging …"),
    ),
)

TIMELINE: Final = Table(
    "timeline",
    "what people say about one event: whether it belongs on the timeline, its mark, phase and summary",
    ("event_id",),
    (
        Column(
            "event_id",
            "str",
            "id of the event; `manual:…` for one that has no evidence",
            required=True,
        ),
        Column("included", "bool", "yes: it belongs on the timeline"),
        Column(
            "time",
            "time",
            "only for a manual event, or where the recorded time is known to be wrong",
        ),
        Column("ended_at", "time", "end, for something that lasted"),
        Column("mark", "words", "anchors of the incident that this event is", open_choices=MARKS),
        Column(
            "phase",
            "str",
            "phase it belongs to, where the derived one does not fit",
            open_choices=PHASES,
        ),
        Column("summary", "str", "what happened, in the team's words"),
        Column("actor", "str", "only for a manual event: who or what did it"),
        Column("place", "str", "only for a manual event: where"),
        Column("note", "str", "why it matters"),
    ),
)

IMPACT: Final = Table(
    "impact",
    "one measured or estimated effect on customers or the business",
    ("measure",),
    (
        Column("measure", "str", "what was measured", required=True),
        Column("value", "float", "the number, or the best estimate"),
        Column("low", "float", "lower end of an estimate"),
        Column("high", "float", "upper end of an estimate"),
        Column("unit", "str", "unit of the number", required=True),
        Column("basis", "str", "how it is known: query, export or person to ask"),
        Column("note", "str", "anything a reader must know about it"),
    ),
)

FACTORS: Final = Table(
    "factors",
    "one contributing factor",
    ("factor_id",),
    (
        Column("factor_id", "str", "short id, as F1", required=True),
        Column("statement", "str", "the factor, as one sentence about the system", required=True),
        Column("kind", "str", "its part in the incident", choices=FACTOR_KINDS),
        Column("event_ids", "words", "events that are evidence for it"),
        Column("confidence", "str", "how sure the team is", choices=("low", "medium", "high")),
        Column("agreed", "bool", "yes: the core team agreed on it"),
        Column("root_cause", "bool", "yes: the statement people will call the root cause"),
        Column("note", "str", "how it was found, what remains open"),
    ),
)

FACTOR_LINKS: Final = Table(
    "factor_links",
    "one edge of the causal graph: a cause and what it led to",
    ("cause", "effect"),
    (
        Column("cause", "str", "factor_id of the cause", required=True),
        Column("effect", "str", "factor_id of the effect, or `impact`", required=True),
        Column("event_ids", "words", "events that show the connection"),
        Column("note", "str", "the mechanism"),
    ),
)

DECISIONS: Final = Table(
    "decisions",
    "one decision of the response or of the review",
    ("decision_id",),
    (
        Column("decision_id", "str", "short id, as D1", required=True),
        Column("decided_at", "time", "when it was taken"),
        Column("decision", "str", "what was decided", required=True),
        Column("about", "str", "what it settles", open_choices=DECISIONS_ABOUT),
        Column("why", "str", "what was known, and why that led here"),
        Column("alternatives", "str", "what else was on the table"),
        Column("decided_by", "str", "the role that decided"),
        Column("event_ids", "words", "events that record it"),
        Column("revisit_on", "date", "when it will be looked at again"),
    ),
)

ACTIONS: Final = Table(
    "actions",
    "one corrective action",
    ("action_id",),
    (
        Column("action_id", "str", "short id, as A1", required=True),
        Column("action", "str", "what will be different, testable", required=True),
        Column("type", "str", "what it does about the incident", choices=ACTION_TYPES),
        Column("priority", "str", "how soon", choices=PRIORITIES),
        Column("dri", "str", "the one person who answers for it"),
        Column("due_on", "date", "when it will be done"),
        Column("done_when", "str", "how anybody can see that it is done"),
        Column("factor_ids", "words", "factors it addresses"),
        Column("issue_key", "str", "issue in the tracker, as PAY-812"),
        Column("status", "str", "where it stands", choices=("open", "in progress", "done", "dropped")),
        Column("review_on", "date", "when somebody looks whether it helped"),
        Column("note", "str", "anything else, for a dropped action the reason"),
    ),
)

TASKS: Final = Table(
    "tasks",
    "one task of the review itself",
    ("task_id",),
    (
        Column("task_id", "str", "short id, as intake-1", required=True),
        Column("task_list", "str", "which of the four task lists", required=True),
        Column("task", "str", "what is to do", required=True),
        Column("dri", "str", "role that answers for it"),
        Column("due_on", "date", "when it is due"),
        Column("status", "str", "where it stands", choices=("open", "done", "dropped")),
        Column("done_at", "time", "when it was done"),
        Column("evidence", "str", "what shows that it is done"),
        Column("note", "str", "anything else, for a dropped task the reason"),
    ),
)

RACI: Final = Table(
    "raci",
    "the part of one role in one activity",
    ("activity", "role"),
    (
        Column("activity", "str", "what is to be done", required=True),
        Column("role", "str", "role of the workspace", required=True),
        Column(
            "part", "str", "R responsible, A accountable, AR both, C consulted, I informed",
            choices=("R", "A", "AR", "C", "I"),
        ),
    ),
)  # fmt: skip

CHECKINS: Final = Table(
    "checkins",
    "one check-in of the review",
    ("checkin_id",),
    (
        Column("checkin_id", "str", "short id, as daily-1", required=True),
        Column("kind", "str", "daily or final retro", open_choices=("daily", "final retro")),
        Column("held_at", "time", "when it was held"),
        Column("attendees", "str", "roles or people, comma between"),
        Column("summary", "str", "what changed since the last one"),
        Column("blockers", "str", "what stands in the way"),
        Column("next_steps", "str", "what happens next, and who does it"),
        Column("confirmed_by", "str", "the person or role who confirms that it was so; empty for a draft"),
        Column("owners_confirmed", "words", "final retro: actions whose owner said yes to them there"),
        Column("learned", "int", "final retro: how many said that they learned something"),
        Column("would_come_again", "int", "final retro: how many would come to such a retro again"),
    ),
)

QUESTIONS: Final = Table(
    "questions",
    "one open question of the review",
    ("question_id",),
    (
        Column("question_id", "str", "short id, as Q1", required=True),
        Column("question", "str", "the question", required=True),
        Column("owner", "str", "who finds out"),
        Column("status", "str", "where it stands", choices=("open", "answered", "dropped")),
        Column("answer", "str", "the answer"),
        Column("event_ids", "words", "events it is about"),
    ),
)

IDEAS: Final = Table(
    "ideas",
    "one idea that nobody took on yet; an action once somebody does",
    ("idea_id",),
    (
        Column("idea_id", "str", "short id, as I1", required=True),
        Column("idea", "str", "what could be different", required=True),
        Column("raised_by", "str", "who had it, by role"),
        Column("event_ids", "words", "events or messages it comes from"),
        Column("action_id", "str", "the action it became"),
        Column("note", "str", "why it waits, or why not"),
    ),
)

CLOCKS: Final = Table(
    "clocks",
    "how far the clock of one source is off, as people found it",
    ("source",),
    (
        Column(
            "source", "str", "the source whose clock it is, or one file of it, as evidence/deploys.csv",
            required=True,
        ),
        Column("offset_seconds", "float", "seconds to add to the times it recorded"),
        Column("basis", "str", "how it is known: the events that show it, or who says so"),
        Column("note", "str", "anything a reader must know about it"),
        Column("applied", "bool", "yes: its times are corrected by that"),
    ),
)  # fmt: skip

SUPPRESSIONS: Final = Table(
    "suppressions",
    "one finding that people looked at and chose to leave",
    ("rule", "where"),
    (
        Column("rule", "str", "code of the rule", required=True),
        Column("where", "str", "table, row and column of the finding", required=True),
        Column("reason", "str", "why it may stay", required=True),
        Column("suppressed_by", "str", "who said so"),
        Column("suppressed_at", "time", "when"),
    ),
)

REDACTIONS: Final = Table(
    "redactions",
    "one value that editions mask or show, as people decided when they looked at it",
    ("redaction_id", "audience"),
    (
        Column("redaction_id", "str", "keyed digest of the value, which is written nowhere", required=True),
        Column("audience", "str", "the edition it is decided for; `every` for all", required=True),
        Column("kind", "str", "what was found: token, e-mail address, host …"),
        Column("decision", "str", "what becomes of it", required=True, choices=("keep", "mask")),
        Column("reason", "str", "why"),
        Column("decided_by", "str", "who said so"),
        Column("decided_at", "time", "when"),
    ),
)

EVIDENCE: Final = Table(
    "evidence",
    "one raw file, exactly as received",
    ("path",),
    (
        Column("path", "str", "path inside the incident folder", required=True),
        Column("source", "str", "the system it comes from", required=True, open_choices=SOURCES),
        Column("format", "str", "what it was taken for, as `slack-export`; where empty the content tells"),
        Column("zone", "str", "zone of its times that carry none, as people named it"),
        Column("options", "str", "what else people said about reading it, as JSON: columns, pattern, time"),
        Column("sha256", "str", "digest of its bytes", required=True),
        Column("bytes", "int", "size", required=True),
        Column("added_at", "time", "when it was added"),
        Column("added_by", "str", "who added it"),
        Column("records_loaded", "int", "records that became events"),
        Column("records_unreadable", "int", "records that could not be read; each is an event too"),
        Column("first_at", "time", "time of its earliest event"),
        Column("last_at", "time", "time of its latest event"),
        Column("note", "str", "what a reader must know, such as `incomplete: one page of several`"),
    ),
)

# The tables people edit, each the CSV file of its name in the incident folder.
WORKSHEETS: Final = {
    table.name: table
    for table in (
        TIMELINE, IMPACT, FACTORS, FACTOR_LINKS, DECISIONS, ACTIONS, IDEAS, TASKS, RACI, CHECKINS, QUESTIONS,
        CLOCKS, SUPPRESSIONS, REDACTIONS,
    )
}  # fmt: skip
TABLES: Final = {table.name: table for table in (EVENTS, EVIDENCE, *WORKSHEETS.values())}
