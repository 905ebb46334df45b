"""What the tests of the monitoring loaders share: a file of any content, loaded; and the refs of a frame."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pmkit.schema import EVENTS, validate

Load = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def load() -> Load:
    """`load(load_prometheus, content)`: the events of a file that holds `content`, text or JSON.

    They fit the schema, and ids can stand in a cell with a space between.
    """

    def read(loader: Load, content: Any, *, name: str = "file.json", **options: Any) -> pd.DataFrame:
        text = content if isinstance(content, str) else json.dumps(content)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            frame = loader(path, **options)
        validate(frame, EVENTS)
        ids = frame.loc[frame["kind"] != "unreadable", "event_id"]
        assert not any(set(event_id) & set(" \n\t,") for event_id in ids)
        return frame

    return read


@pytest.fixture(scope="session")
def refs() -> Callable[[pd.DataFrame], set[str]]:
    """`refs(frame)`: the places of all records that the rows stand for."""
    return lambda frame: {ref for text in frame["ref"] for ref in text.split(" | ")}
