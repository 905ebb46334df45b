"""The stand-ins as servers: what befalls a request, what is kept of it, and who may ask."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from pmkit import demo
from pmkit.demo import Fault, Faults
from tests.integrations.worlds import T0


@pytest.fixture(scope="module")
def running() -> Iterator[demo.Demo]:
    with demo.start(("pagerduty",), now=lambda: T0) as started:
        yield started


def ask(
    running: demo.Demo, path: str = "/incidents/4127/notes", *, note: str = "", timeout: float = 5
) -> bytes:
    token = f"Token token={running.token['pagerduty']}"
    body = json.dumps({"note": {"content": note}}).encode() if note else None
    headers = {"Authorization": token, "From": "teun@example.com", "Content-Type": "application/json"}
    with urlopen(Request(running.url["pagerduty"] + path, body, headers), timeout=timeout) as answer:  # noqa: S310
        return bytes(answer.read())


def notes(running: demo.Demo) -> int:
    return sum(map(len, running.state["pagerduty"].notes.values()))


@pytest.mark.parametrize(
    ("fault", "raised", "is_done"),
    [
        (Fault("status", 503), HTTPError, False),
        (Fault("reset"), OSError, False),
        (Fault("reset after"), OSError, True),
        (Fault("slow"), TimeoutError, False),
        (Fault("slow after"), TimeoutError, True),
        (Fault("truncated"), http.client.IncompleteRead, True),
        (Fault("html"), None, False),
    ],
    ids=str,
)
def test_a_fault_strikes_before_or_after_the_write(
    fault: Fault, raised: type[Exception] | None, is_done: bool, running: demo.Demo
) -> None:
    """What the client sees is a failure; whether the note is there, only the server knows."""
    before = notes(running)
    running.strike("pagerduty", Faults(fault))
    if raised is None:
        assert ask(running, note="one").startswith(b"<!DOCTYPE html>")
    else:
        with pytest.raises(raised):
            ask(running, note="one", timeout=0.3)
    assert notes(running) == before + is_done
    assert json.loads(ask(running))["notes"], "the next request is answered"
    assert running.faults["pagerduty"].struck == [f"{fault} at POST /incidents/4127/notes"]


@pytest.mark.parametrize("told", ["number", "date", ""])
def test_a_busy_answer_says_how_long_or_not(told: str, running: demo.Demo) -> None:
    """`Retry-After` is a number, a date, or not there."""
    running.strike("pagerduty", Faults(Fault("status", 429, told)))
    with pytest.raises(HTTPError) as caught:
        ask(running)
    header = caught.value.headers.get("Retry-After")
    caught.value.close()
    if told == "date":
        assert (parsedate_to_datetime(header) - T0).total_seconds() == 3
    else:
        assert header == ("2" if told else None)


def test_a_schedule_by_lot_is_the_same_again() -> None:
    """The same seed strikes the same requests with the same faults; other seeds do not."""
    drawn = [[str(faults.next("GET", f"/{n}")) for n in range(40)] for faults in (
        Faults(seed=1, rate=0.5), Faults(seed=1, rate=0.5), Faults(seed=2, rate=0.5)
    )]  # fmt: skip
    assert drawn[0] == drawn[1] != drawn[2]
    few = Faults(seed=1, rate=1.0, most=3)
    assert sum(few.next("GET", "/") is not None for _ in range(9)) == 3


def test_who_has_no_token_learns_nothing_and_the_log_keeps_none(running: demo.Demo) -> None:
    """401 without the token; the log says who asked for what, and not with which token."""
    running.strike("pagerduty", None)
    with pytest.raises(HTTPError) as caught:
        urlopen(running.url["pagerduty"] + "/incidents/4127")  # noqa: S310
    caught.value.close()
    assert caught.value.code == 401
    ask(running, "/users?limit=1")
    last = running.asked["pagerduty"][-1]
    assert (last.method, last.path, last.query, last.status) == ("GET", "/users", (("limit", "1"),), 200)
    assert running.token["pagerduty"] not in repr(running.asked)
