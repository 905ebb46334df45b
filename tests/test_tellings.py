"""One fact told by several sources: what names it, and what does not."""

from __future__ import annotations

import random
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import Workspace
from pmkit.tellings import FACT_COLUMNS, find_same_facts, find_tellings
from tests.conftest import REPOSITORY

Rows = Callable[..., pd.DataFrame]


def post(text: str, clock: str = "08:00:03", n: int = 1) -> dict[str, object]:
    return {"event_id": f"slack:{n}", "time": at(clock), "kind": "bot", "slack_is_bot": True, "text": text}


def record(source: str, kind: str, clock: str = "08:00:00", **more: object) -> dict[str, object]:
    return {"event_id": f"{source}:{kind}:{clock}", "time": at(clock), "source": source, "kind": kind, **more}


def at(clock: str) -> str:
    return f"2026-11-03T{clock}Z"


def facts(frame: pd.DataFrame) -> list[tuple[str, str, list[str]]]:
    found = find_same_facts(frame)
    return [(row.deed, row.thing, row.event_ids.split()) for row in found.itertuples()]


@pytest.mark.parametrize(
    ("told", "posted", "deed", "thing"),
    [
        (
            record("pagerduty", "trigger", pd_incident_number="12"),
            "*Triggered* #12 shop: all is slow",
            "opened",
            "#12",
        ),
        (
            record("pagerduty", "ack", pd_incident_number="12"),
            "[#12] acknowledged by Ola",
            "acknowledged",
            "#12",
        ),
        (record("pagerduty", "resolve", pd_incident_number="12"), "Resolved #12 by Ola", "resolved", "#12"),
        (
            record("pagerduty", "priority", pd_incident_number="12"),
            "Priority of #12 changed to P1",
            "priority changed",
            "#12",
        ),
        (record("jira", "note", jira_key="PAY-812"), "Ola created a Bug: PAY-812 cards", "opened", "PAY-812"),
        (
            record("deploy", "deploy", deploy_version="29584d3c0ffee29584d3c0ffee29584d3c0ffee2"),
            "`web-shop` 29584d3 deployed to production",
            "deployed",
            "version 29584d3",
        ),
        (
            record("deploy", "deploy", deploy_version="v2.31.0"),
            "Released v2.31.0 of web-shop",
            "deployed",
            "version 2.31.0",
        ),
        (
            record("monitoring", "alert", text="checkout-api: p95 latency above 900 ms"),
            "[Triggered] checkout-api: p95 latency above 900 ms\nValue: 1,406 ms",
            "opened",
            "“checkout api p95 latency above 900 ms”",
        ),
        (
            record("incident.io", "incident", text="INC-12: Checkout (Major, Investigating)"),
            "Ola declared INC-12: Checkout",
            "opened",
            "INC-12",
        ),
        (
            record("opsgenie", "alert", text="P1 shop: all is slow today (open, acknowledged 08:10)"),
            "Created #41: shop: all is slow today",
            "opened",
            "“shop all is slow today”",
        ),
        (
            record("monitoring", "alert", text="HighErrorRate (critical): 5xx above 5 %"),
            "[FIRING:1] HighErrorRate checkout (page)",
            "opened",
            "HighErrorRate",
        ),
        (
            record(
                "statuspage",
                "status_update",
                text="Checkout: Investigating: Some checkouts fail in Japan. (Cards: operational → down)",
            ),
            "*Checkout*\n*Investigating* - Some checkouts fail in Japan.",
            "told",
            "“some checkouts fail in japan”",
        ),
    ],
)
def test_a_post_and_what_it_tells_are_one_fact(
    events: Rows, told: dict[str, object], posted: str, deed: str, thing: str
) -> None:
    """A bot's post names the deed in its words and the thing by number, key, version, title or name."""
    assert facts(events(told, post(posted))) == [(deed, thing, [str(told["event_id"]), "slack:1"])]


@pytest.mark.parametrize(
    "posted",
    [
        post("*Resolved* #12 by Ola"),  # another deed
        post("*Triggered* #13 shop: all is slow"),  # another incident
        post("*Triggered* #12 shop: all is slow", "08:03:00"),  # too late to be told as one
        post("*Triggered* acme/shop#12 is open"),  # the number of something else
        {"event_id": "slack:1", "time": at("08:00:03"), "text": "it triggered #12 again"},  # a person
    ],
)
def test_what_is_not_the_same_stays_apart(events: Rows, posted: dict[str, object]) -> None:
    """Another deed, another thing, minutes between, or a person's words: nothing is put together."""
    page = record(
        "pagerduty", "trigger", pd_incident_number="12", text="Triggered through the API: shop: all"
    )
    assert facts(events(page, posted)) == []


def test_names_of_several_sorts_join_more_than_two_sources(events: Rows) -> None:
    """An alert and its page share a title, the page and its post a number: one fact, named by the number."""
    alert = record("monitoring", "alert", "07:59:30", text="shop: all is slow today")
    page = record("pagerduty", "trigger", pd_incident_number="12", text="shop: all is slow today")
    found = find_same_facts(events(alert, page, post("*Triggered* #12 by the shop")))
    (fact,) = found.to_dict("records")
    assert (fact["thing"], fact["count"], fact["sources"]) == ("#12", 3, "monitoring pagerduty slack")
    assert fact["fact_id"] == "monitoring:alert:07:59:30"
    assert (fact["end_at"] - fact["start_at"]).total_seconds() == 33


def test_an_issue_is_opened_once(events: Rows) -> None:
    """Of an issue only its first record tells that it was made; comments and changes do not."""
    issue = {"jira_key": "PAY-1", "text": "PAY-1"}
    made = record("jira", "note", "08:00:00", **issue)
    note = record("jira", "note", "08:10:00", **issue)
    moved = record("jira", "field", "08:20:00", jira_field="status", **issue)
    told = find_tellings(events(made, note, moved))
    assert told[["event_id", "deed", "thing"]].values.tolist() == [["jira:note:08:00:00", "opened", "PAY-1"]]
    assert find_tellings(events(moved)).empty


def test_the_sample_tells_four_facts_twice() -> None:
    """PagerDuty's bot posts the page, its acknowledgement, its priority and its end; each is one fact."""
    found = find_same_facts(Workspace.open(REPOSITORY / "data" / "checkout-failure").events())
    assert found["deed"].tolist() == ["opened", "acknowledged", "priority changed", "resolved"]
    assert set(found["thing"]) == {"#4127"}
    assert set(found["sources"]) == {"pagerduty slack"}


@settings(max_examples=10)
@given(st.randoms(use_true_random=False), st.lists(st.integers(0, 400), min_size=1, max_size=12))
def test_facts_do_not_depend_on_the_order_of_the_rows(
    events: Rows, shuffle: random.Random, seconds: list[int]
) -> None:
    """However the rows stand, the same facts are found, and no event is in two of them."""
    rows = []
    for n, second in enumerate(seconds):
        clock = f"08:{second // 60:02d}:{second % 60:02d}"
        rows.append(post(f"*Triggered* #{second % 3} shop: all is slow", clock, n))
        rows.append(
            record("pagerduty", "trigger", clock, pd_incident_number=str(second % 3))
            | {"event_id": f"pd:{n}"}
        )
    frame = events(*rows)
    found = find_same_facts(frame)
    told = " ".join(found["event_ids"]).split()
    assert len(told) == len(set(told)) == found["count"].sum()
    shuffle.shuffle(rows)
    again = find_same_facts(events(*rows))
    assert [set(ids.split()) for ids in again["event_ids"]] == [
        set(ids.split()) for ids in found["event_ids"]
    ]


@settings(max_examples=12)
@given(st.lists(st.text(max_size=40), max_size=5))
def test_no_text_breaks_it(events: Rows, texts: list[str]) -> None:
    """Whatever is written, hostile or torn, is read without an error."""
    rows = [post(text.encode("utf-8", "replace").decode(), n=n) for n, text in enumerate(texts)]
    alerts = [
        record("monitoring", "alert", text=row["text"], alert_id="a") | {"event_id": f"m:{n}"}
        for n, row in enumerate(rows)
    ]
    assert list(find_same_facts(events(*rows, *alerts)).columns) == list(FACT_COLUMNS)


def test_nothing_tells_nothing(events: Rows) -> None:
    """Without events, or with unreadable ones alone, there are no facts; the columns stay."""
    torn = {"event_id": "slack:unreadable:1", "kind": "unreadable", "text": "Triggered #12"}
    for frame in (events(), events(torn)):
        found = find_same_facts(frame)
        assert found.empty
        assert list(found.columns) == list(FACT_COLUMNS)
        assert str(found["start_at"].dtype) == "datetime64[us, UTC]"
