"""A token goes through every success and failure of the writers, and is nowhere to be found afterwards."""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pmkit.demo.server import Answer, Fault, Faults
from pmkit.errors import DoubtError, IntegrationError
from pmkit.integrations.doctor import describe, examine
from tests.integrations.wire import writers

FAULTS = [Fault("status", 401, times=99), Fault("reset", times=99), Fault("html", times=99)]
# What befalls writing alone. Slack is asked by POST for everything, so the first of its requests pass.
WRITING = [Fault("status", status, method="POST", times=99) for status in (400, 503)]
WRITING += [Fault(kind, method="POST", times=99) for kind in ("reset after", "html")]
WRITERS = ("jira", "slack", "drive", "pagerduty", "pagerduty 7")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any library logs."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


def shown(error: BaseException | None) -> str:
    """An error as a talkative traceback shows it: the locals of its frames, and what is behind it."""
    if error is None:
        return ""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = [frame for frame in frames if "tests" not in Path(frame.f_code.co_filename).parts]
    told = [f"{name} = {value!r}" for frame in own for name, value in frame.f_locals.items()]
    return "\n".join([*told, repr(error), str(error), shown(error.__cause__), shown(error.__context__)])


def looked_at(folder: Path) -> str:
    """Every byte that was written into the incident folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)


@pytest.mark.parametrize("stand", writers("jira", "pagerduty"), indirect=True)
def test_the_token_appears_nowhere(
    stand: Any, folder: Path, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in a file, a log, an output, an error or what is behind it."""
    token = stand.caller().account.token.reveal()
    seen, met = [], set()
    skip = 12 if stand.system == "slack" else 0
    for fault in [*FAULTS, *(replace(fault, skip=skip) for fault in WRITING), None]:
        stand.renew(Faults(fault) if fault else None)
        try:
            push = stand.push(folder, waits=fault is None)
        except IntegrationError as error:
            met.add(type(error).__name__)
            seen.append(shown(error))
        else:
            met |= {step.outcome for step in push.steps}
            seen += [push.to_text(), push.to_frame().to_csv(), repr(push)]
    stand.renew()
    seen += [repr(stand.caller()), str(stand.caller().account)]
    out = capfd.readouterr()
    assert {"IntegrationError", "done", "unknown", "refused"} <= met
    assert log.getvalue()
    texts = {"errors and results": "\n".join(seen), "files": looked_at(folder), "log": log.getvalue()}
    texts |= {"output": out.out + out.err}
    assert [(name, text.partition(token)[0][-300:]) for name, text in texts.items() if token in text] == []


@pytest.mark.parametrize("stand", WRITERS, indirect=True)
def test_a_system_that_repeats_the_token_is_not_quoted(stand: Any, folder: Path) -> None:
    """Some answers say the credentials that they refuse; the message masks them."""
    token = stand.caller().account.token.reveal()

    def refuse(_: Any) -> Answer:
        error = {"error": f"no_{token}", "errorMessages": [f"no such token: {token}"], "ok": False}
        return Answer(error, 200 if stand.system == "slack" else 400)

    stand.state.refusal = refuse
    with pytest.raises(IntegrationError, match=r"•••|cannot be read") as caught:
        stand.push(folder)
    assert token not in shown(caught.value)


@pytest.mark.parametrize("stand", WRITERS, indirect=True)
def test_the_doctor_shows_no_token(stand: Any, tmp_path: Path) -> None:
    """Whether it is right or wrong, and whatever is missing."""
    for token in (stand.caller().account.token.reveal(), "wrong" + "-sentinel-5d1"):
        name = f"PMKIT_{stand.system.upper()}"
        env = {f"{name}_TOKEN": token, f"{name}_URL": stand.server.url, "HOME": str(tmp_path)}
        env |= {f"{name}_USER": "mei@example.com"} if stand.system in ("jira", "pagerduty") else {}
        findings = examine(systems=(stand.system,), env=env, pause=stand.clock.pause)
        text = describe(findings) + json.dumps([vars(one) for one in findings])
        assert token not in text
        right = not token.startswith("wrong")
        assert ("answers" in text) == right
        assert right or "HTTP 401" in text


def test_an_error_of_a_client_hangs_on_nothing(folder: Path) -> None:
    """Its frames hold the token, so an error of pmkit has no cause and no context."""
    from pmkit.integrations.calling import Caller
    from pmkit.integrations.credentials import Account, Secret

    caller = Caller(Account("jira", "http://127.0.0.1:1", Secret("x1")), lambda _: None)

    def fail() -> None:
        raise ConnectionResetError("Authorization: Basic x1")

    for ask, kind in ((caller.read, IntegrationError), (caller.write, DoubtError)):
        with pytest.raises(kind) as caught:
            ask("reading", fail)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert "Basic" not in str(caught.value)
