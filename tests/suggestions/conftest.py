"""The sample, as it is and as it was before anybody looked at it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmkit import schema
from pmkit.postmortem import Postmortem
from pmkit.timeline import build_timeline
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def sample() -> Postmortem:
    return Workspace.open(REPOSITORY / "data" / "checkout-failure").load()


@pytest.fixture(scope="module")
def untouched(sample: Postmortem) -> Postmortem:
    """The sample as it was before anybody looked at it."""
    worksheet = schema.empty(schema.TIMELINE)
    return replace(
        sample,
        worksheet=worksheet,
        timeline=build_timeline(sample.events, worksheet),
        decisions=schema.empty(schema.DECISIONS),
    )
