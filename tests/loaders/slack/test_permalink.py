from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from pmkit.errors import PmkitError
from pmkit.loaders.slack import find_permalink, load_slack_export

TS = "1710484200.000100"


@pytest.fixture
def exported(tmp_path: Path) -> pd.DataFrame:
    """A thread, the same moment in another channel, and a folder that no index names."""
    link = "https://acme.slack.com/files/U01/F1/a"
    days = {
        "general": [
            {"ts": TS, "text": "root", "files": [{"permalink": link}]},
            {"ts": "1710484201.000200", "thread_ts": TS},
        ],
        "random": [{"ts": TS, "text": "same moment"}],
        "nameless": [{"ts": "1710484300.000300", "text": "found by its time"}],
    }
    with zipfile.ZipFile(tmp_path / "slack.zip", "w") as archive:
        channels = [{"id": "C0GENERAL", "name": "general"}, {"id": "C0RANDOM1", "name": "random"}]
        archive.writestr("channels.json", json.dumps(channels))
        for folder, records in days.items():
            archive.writestr(f"{folder}/2024-03-14.json", json.dumps(records))
    return load_slack_export(tmp_path / "slack.zip")


def test_every_url_leads_back_to_its_event(exported: pd.DataFrame) -> None:
    """The permalink of each row finds that row and no other."""
    linked = exported[exported["url"] != ""]
    assert len(linked) == 3
    for event_id, url in zip(linked["event_id"], linked["url"], strict=True):
        assert find_permalink(exported, url)["event_id"].tolist() == [event_id]


def test_a_permalink_as_people_paste_it(exported: pd.DataFrame) -> None:
    """Angle brackets, blanks and other parameters do no harm."""
    link = "https://acme.enterprise.slack.com/archives/C0GENERAL/p1710484201000200"
    url = f" <{link}?thread_ts={TS}&cid=C0GENERAL> "
    assert find_permalink(exported, url)["slack_ts"].tolist() == ["1710484201.000200"]


def test_a_channel_without_an_id_is_found_by_the_moment(exported: pd.DataFrame) -> None:
    """Only where one message alone was sent at that very moment."""
    found = find_permalink(exported, "https://acme.slack.com/archives/C0UNKNOWN/p1710484300000300")
    assert found["text"].tolist() == ["found by its time"]
    assert find_permalink(exported, "https://acme.slack.com/archives/C0UNKNOWN/p1710484200000100").empty


def test_a_message_that_is_not_there_is_no_row(exported: pd.DataFrame) -> None:
    """The columns stay."""
    found = find_permalink(exported, "https://acme.slack.com/archives/C0GENERAL/p1710484999000100")
    assert found.empty
    assert list(found.columns) == list(exported.columns)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.com/archives/C1/p1710484200000100",
        "https://acme.slack.com/archives/C1",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_permalink_is_refused(exported: pd.DataFrame, url: str) -> None:
    """The message shows what one looks like."""
    with pytest.raises(PmkitError, match="expected a permalink"):
        find_permalink(exported, url)
