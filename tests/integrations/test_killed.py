"""A process that is killed between asking and writing down leaves what the next one finishes, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pmkit.demo.server import Answer, Request
from pmkit.integrations.ledger import read_ledger

PUSH = """
import sys
from datetime import timedelta
from pathlib import Path
from pmkit.integrations.push_actions import push_actions
from pmkit.integrations.push_updates import push_updates
from pmkit.workspace import Workspace

push = {"jira": push_actions, "slack": push_updates}[sys.argv[1]]
print(push(Workspace.open(Path(sys.argv[2])), apply=True, lag=timedelta(0)).to_text())
"""
WRITES = {"jira": ("POST", "/issue"), "slack": ("POST", "chat.postMessage")}


@pytest.mark.slow
@pytest.mark.parametrize("stand_on_socket", list(WRITES), indirect=True)
def test_a_killed_push_is_finished_by_the_next(stand_on_socket: Any, folder: Path) -> None:
    """Killed (-9) when the third thing was made and its answer was on the way: all is there once."""
    stand = stand_on_socket
    token = stand.caller().account.token.reveal()
    name = f"PMKIT_{stand.system.upper()}"
    env = {**os.environ, f"{name}_URL": stand.server.url, f"{name}_TOKEN": token}
    env |= {"PMKIT_JIRA_USER": "mei@example.com", "PMKIT_JIRA_PROJECT": "SHOP"}
    env |= {"PMKIT_JIRA_LINK": "https://report.example.com"}
    words = [sys.executable, "-c", PUSH, stand.system, str(folder)]
    method, path = WRITES[stand.system]
    answer, done, made = stand.state.answer, threading.Event(), 0

    def answer_late(request: Request) -> Answer:
        nonlocal made
        told: Answer = answer(request)
        if request.method == method and request.path.endswith(path):
            made += 1
            if made == 3:
                os.kill(process.pid, signal.SIGKILL)
                done.set()
        return told

    stand.state.answer = answer_late
    process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert process.wait(timeout=120) == -signal.SIGKILL
    assert done.is_set()
    states = [entry.state for entry in read_ledger(folder)]
    assert states[-1] == "intent"
    stand.state.answer = answer
    finished = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    assert "adopt" in finished.stdout
    assert {name: count for name, count in stand.counts(folder).items() if count != 1} == {}
    assert token not in json.dumps(states) + finished.stdout + finished.stderr
