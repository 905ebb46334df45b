"""An empty incident to try the commands on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.shell import Run


@pytest.fixture
def incident(run: Run) -> Path:
    result = run("new", "inc-1", "--title", "Checkout failed", "--severity", "P1")
    assert result.exit_code == 0, result.output
    return Path("inc-1")
