"""The cache: quick, never believed when it is not whole, and never missed when it is gone."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmkit.cache import EventCache
from pmkit.disk import digest_of

TABLE = pa.table({"event_id": ["a", "b"], "time": pa.array([1, None], type=pa.timestamp("us", tz="UTC"))})


@pytest.fixture
def cache(tmp_path: Path) -> EventCache:
    return EventCache(tmp_path / ".cache")


def test_a_table_comes_back_as_it_was(cache: EventCache) -> None:
    """Under its own key, and under no other."""
    key = cache.key_of("00", format="slack-export")
    assert cache.read(key) is None
    cache.write(key, TABLE)
    found = cache.read(key)
    assert found is not None
    assert found.replace_schema_metadata() == TABLE
    assert cache.read(cache.key_of("01", format="slack-export")) is None


def test_a_key_holds_all_that_decides(cache: EventCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other bytes, another format, option, name or loader is another key; the order of options is none."""
    said = {"name": "a.csv", "format": "table", "options": {"zone": "UTC"}}
    others = ({}, {"name": "b.csv"}, {"format": "jira-csv"}, {"options": {"zone": "Europe/Lisbon"}})
    keys = {cache.key_of("00", **said | other) for other in others} | {cache.key_of("01", **said)}
    assert len(keys) == 5
    assert cache.key_of("00", **dict(reversed(said.items()))) == cache.key_of("00", **said)
    monkeypatch.setattr("pmkit.cache._loaders", lambda: "digest of other loaders")
    assert EventCache(Path("x")).key_of("00", **said) not in keys


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255), cut=st.booleans())
def test_damage_is_noticed_wherever_it_is(cache: EventCache, place: float, flip: int, cut: bool) -> None:
    """A changed byte or a file cut short is as if nothing were there; the next write mends it."""
    key = cache.key_of("00")
    cache.write(key, TABLE)
    (path,) = (file for file in cache._events.iterdir())
    data = bytearray(path.read_bytes())
    at = int(place * len(data))
    data = data[:at] if cut else data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
    path.write_bytes(data)
    assert cache.read(key) is None
    cache.write(key, TABLE)
    assert cache.read(key) is not None


def test_a_foreign_file_is_not_believed(cache: EventCache) -> None:
    """Neither another table that is whole, put in its place, nor whatever else bears the name."""
    key, other = cache.key_of("00"), cache.key_of("01")
    cache.write(other, TABLE)
    whole = (cache._events / f"{other}.arrow").read_bytes()
    for data in (whole, b"", b"PK\3\4", whole[:47], b"pmkit events 1\n" + bytes(32)):
        (cache._events / f"{key}.arrow").write_bytes(data)
        assert cache.read(key) is None


def test_bytes_are_read_again_only_when_the_file_is_another(
    cache: EventCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file whose stamp is the same is not read; one with the old time and size but other bytes is."""
    path = tmp_path / "a.json"
    path.write_bytes(b"one")
    stat, digest = path.stat(), digest_of(path)
    assert cache.digest_of(path) == digest
    with monkeypatch.context() as patch:
        patch.setattr("pmkit.cache.digest_of", lambda path: "read")
        assert cache.digest_of(path) == digest
        path.write_bytes(b"two")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert cache.digest_of(path) == "read"
    for kept in cache._stamps.iterdir():
        kept.write_text("[]")
    assert cache.digest_of(path) == digest_of(path)


def test_a_folder_is_stamped_by_all_its_files(cache: EventCache, tmp_path: Path) -> None:
    """A file that is renamed, added or changed inside gives another digest."""
    folder = tmp_path / "export" / "ops"
    folder.mkdir(parents=True)
    (folder / "1.json").write_text("[]")
    digests = [cache.digest_of(folder.parent)]
    (folder / "1.json").rename(folder / "2.json")
    digests.append(cache.digest_of(folder.parent))
    (folder / "3.json").write_text("[]")
    digests.append(cache.digest_of(folder.parent))
    assert len(set(digests)) == 3
    assert digests[-1] == digest_of(folder.parent)


def test_what_nobody_asks_for_is_taken_away(cache: EventCache) -> None:
    """Only the tables of the present evidence stay."""
    for key in ("a", "b", "c"):
        cache.write(key, TABLE)
    cache.keep_only({"b"})
    assert [cache.read(key) is None for key in ("a", "b", "c")] == [True, False, True]


def test_a_cache_that_cannot_be_written_is_none(tmp_path: Path) -> None:
    """Where the folder may not be made, everything works and is derived again."""
    (tmp_path / ".cache").write_text("a file")
    cache = EventCache(tmp_path / ".cache")
    cache.write("a", TABLE)
    assert cache.read("a") is None
    cache.keep_only(set())
    (tmp_path / "x").write_bytes(b"x")
    assert cache.digest_of(tmp_path / "x") == digest_of(tmp_path / "x")
