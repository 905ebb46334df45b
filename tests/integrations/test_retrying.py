"""Asking again: as long as is allowed, when the system says, and never for ever."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import IntegrationError, NoAnswerError
from pmkit.integrations.retrying import MissingError, Patience, Reply, UnansweredError, refuse, retry_after
from tests.integrations.worlds import T0, Clock

OK = Reply(200, {}, b'{"rows": []}')


def script(*steps: Reply | str) -> Callable[[], Reply]:
    """Answers one after another, the last for ever; a text is a connection that gave none."""
    left = list(steps)

    def ask() -> Reply:
        step = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(step, str):
            raise UnansweredError(step)
        return step

    return ask


def busy(status: int = 429, retry_after: str = "") -> Reply:
    return Reply(status, {"retry-after": retry_after} if retry_after else {}, b"{}")


@pytest.mark.parametrize(
    "trouble",
    [
        busy(429), busy(429, "2"), busy(500), busy(502), busy(503, "1"), busy(504), "reset",
        Reply(200, {}, b"<html>proxy</html>"), Reply(200, {}, b'{"rows": ['), Reply(200, {}, b""),
    ],
    ids=str,
)  # fmt: skip
def test_what_passes_is_asked_for_again(trouble: Reply | str) -> None:
    """A busy answer, a lost connection, half an answer and a proxy's page are no answers."""
    clock = Clock()
    heard = clock.patience().hear("X", script(trouble, trouble, OK))
    assert heard.value == {"rows": []}
    assert 2 <= clock.t < 10


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_given_as_it_is(status: int) -> None:
    """Who says no is not asked again, whatever the body is."""
    clock = Clock()
    for body in (b"{}", b"<html>", b""):
        assert clock.patience().hear("X", script(Reply(status, {}, body))).reply.status == status
    assert clock.t == 0
    assert isinstance(refuse("X", Reply(status, {}, b""), "it"), IntegrationError)
    assert isinstance(refuse("X", Reply(status, {}, b""), "it"), MissingError) == (status == 404)


@pytest.mark.parametrize(
    "trouble", [busy(429), busy(429, "0"), busy(503), "reset", Reply(200, {}, b"<")], ids=str
)
def test_no_trouble_is_waited_for_longer_than_the_budget(trouble: Reply | str) -> None:
    """After five minutes without an answer it is said how often was asked, and what came."""
    clock = Clock()
    with pytest.raises(NoAnswerError, match=r"X: .*, \d+ times in 4 min|X: .*, \d+ times in 5 min"):
        clock.patience().hear("X", script(trouble))
    assert clock.t <= 300


@pytest.mark.parametrize("told", ["86400", format_datetime(T0 + timedelta(days=1), usegmt=True)])
def test_who_asks_to_wait_a_day_is_not_waited_for(told: str) -> None:
    """A wait that would pass the budget is not begun."""
    clock = Clock()
    with pytest.raises(NoAnswerError, match="once in 0 s, and it asks to wait"):
        clock.patience().hear("X", script(busy(429, told)))
    assert clock.t == 0


@settings(max_examples=40)
@given(seconds=st.integers(0, 250), as_date=st.booleans(), seed=st.integers(0, 99))
def test_nobody_comes_back_earlier_than_asked(seconds: int, as_date: bool, seed: int) -> None:
    """Of a number and of a date alike, spread a little so that not all come at once."""
    clock = Clock()
    told = format_datetime(T0 + timedelta(seconds=seconds), usegmt=True) if as_date else str(seconds)
    try:
        clock.patience(seed).hear("X", script(busy(429, told), OK))
    except NoAnswerError:
        assert seconds * 1.25 > 300
    else:
        assert max(seconds, 1) <= clock.t <= max(seconds, 1) * 1.25 + 0.001


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0), ("1.5", 1.5), ("-3", 0.0), ("", None), ("soon", None), ("nan", None), ("inf", None),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0), ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 99 Nov", None),
    ],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(text: str, seconds: float | None) -> None:
    """Anything else says nothing."""
    assert retry_after({"retry-after": text} if text else {}, T0) == seconds


def test_a_long_wait_is_said_aloud() -> None:
    """Who waits half a minute knows for what."""
    said: list[str] = []
    Clock().patience(told=said.append).hear("Slack, conversations.history", script(busy(429, "30"), OK))
    (line,) = said
    assert line.startswith("Slack, conversations.history: it answered 429; asking again in 3")


def test_time_is_read_from_the_machine_where_nobody_tells_another() -> None:
    """The defaults are the real clock; nothing is waited for where the first answer is one."""
    patience = Patience(chance=random.Random(1))
    assert patience.hear("X", script(OK)).value == {"rows": []}
    assert abs(patience.now() - datetime.now(UTC)) < timedelta(minutes=1)
