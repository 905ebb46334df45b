"""Object storage holds incidents, evidence and reports, by its own protocol, on a server of this machine."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from pmkit.batch import Options, describe_batch, find_incidents, render_batch
from pmkit.cli import main
from pmkit.errors import PmkitError, RenderError
from pmkit.fleet import load_portfolio, publish_portfolio, read_case
from pmkit.storage import fetched, find_places, is_remote, name_of, put, put_folder, read_file

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "checkout-failure"
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of a bucket with the sample incident in `incidents/`, on a server of the S3 protocol."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    given = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_" + "ACCESS_KEY_ID": "somebody", "AWS_" + "SECRET_ACCESS_KEY": "anything",
    }  # fmt: skip
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        import fsspec

        system = fsspec.filesystem("s3")
        system.mkdir("reviews")
        for file in SAMPLE.rglob("*"):
            below = file.relative_to(SAMPLE)
            if file.is_file() and below.parts[0] not in ("report", ".cache"):
                system.put_file(str(file), f"reviews/incidents/{SAMPLE.name}/{below.as_posix()}")
        yield "s3://reviews"
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        server.stop()


def addresses(place: str) -> list[str]:
    import fsspec

    system, inside = fsspec.core.url_to_fs(place)
    system.invalidate_cache()
    return sorted(f"s3://{name}" for name in system.find(inside))


@pytest.mark.slow
def test_an_incident_is_read_where_it_lies(bucket: str) -> None:
    """The case of an incident in a bucket is that of its folder, and the bucket is as it was."""
    before = addresses(bucket)
    assert find_places(bucket, ["incident.toml"]) == [f"{bucket}/incidents/checkout-failure/incident.toml"]
    place = f"{bucket}/incidents/checkout-failure"
    # As text, because an unknown number is not equal to itself.
    assert str(read_case(place, now=NOW)) == str(read_case(str(SAMPLE), now=NOW))
    assert len(load_portfolio([bucket], now=NOW)) == 1
    assert addresses(bucket) == before


@pytest.mark.slow
def test_files_and_folders_go_there_and_back(bucket: str, tmp_path: Path) -> None:
    """What is put is what is read, hidden files stay away, and nothing at an address is told as such."""
    (tmp_path / "deep" / ".cache").mkdir(parents=True)
    (tmp_path / "deep" / "a.txt").write_bytes(b"a" * 70_000)
    (tmp_path / "deep" / ".cache" / "b.txt").write_bytes(b"b")
    assert put_folder(tmp_path, f"{bucket}/kept/") == {
        tmp_path / "deep" / "a.txt": f"{bucket}/kept/deep/a.txt"
    }
    assert addresses(f"{bucket}/kept") == [f"{bucket}/kept/deep/a.txt"]
    assert read_file(f"{bucket}/kept/deep/a.txt") == b"a" * 70_000
    with fetched(f"{bucket}/kept") as folder:
        assert (folder / "deep" / "a.txt").read_bytes() == b"a" * 70_000
    assert not folder.exists()
    with pytest.raises(PmkitError, match="nothing is there"), fetched(f"{bucket}/none"):
        pass
    with pytest.raises(FileNotFoundError):
        read_file(f"{bucket}/none.txt")


@pytest.mark.slow
def test_a_report_is_rendered_from_the_bucket_into_it(bucket: str, tmp_path: Path) -> None:
    """Of an incident in a bucket the report stands beside it, byte for byte as rendered from a folder."""
    place = f"{bucket}/incidents/checkout-failure"
    assert find_incidents([f"{bucket}/incidents"]) == find_incidents([place]) == [place]
    with pytest.raises(RenderError, match="expected an incident"):
        find_incidents([f"{bucket}/none"])
    shutil.copytree(SAMPLE, tmp_path / SAMPLE.name, ignore=shutil.ignore_patterns("report", ".cache"))
    options = Options(to=("html",), now=NOW)
    (here,) = render_batch([tmp_path / SAMPLE.name], options, jobs=1)
    (there,) = render_batch([place], options, jobs=1)
    assert there.problem == ""
    assert there.files == (f"{place}/report/report.html",)
    assert read_file(str(there.files[0])) == Path(here.files[0]).read_bytes()
    assert f"{place}/report/report.ipynb" in addresses(place)
    assert "checkout-failure  done" in describe_batch([there])


@pytest.mark.slow
def test_the_shell_takes_addresses(bucket: str, tmp_path: Path) -> None:
    """`batch`, `portfolio` and `add` name incidents, outputs and evidence in a bucket by their addresses."""
    done = CliRunner().invoke(
        main, ["batch", f"{bucket}/incidents", "--to", "json", "--out", f"{bucket}/json", "--format", "json",
               "--jobs", "1"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    (told,) = json.loads(done.stdout)
    assert told["files"] == [f"{bucket}/json/checkout-failure/report.json"]
    assert len(load_portfolio([f"{bucket}/json"], now=NOW)) == 1
    assert CliRunner().invoke(main, ["new", str(tmp_path / "new"), "--severity", "P1"]).exit_code == 0
    evidence = f"{bucket}/incidents/checkout-failure/evidence/"
    one = next(name for name in addresses(evidence) if name.endswith((".zip", ".json")))
    added = CliRunner().invoke(main, ["add", str(tmp_path / "new"), one])
    assert added.exit_code == 0, added.output
    assert f"from {one}" in (tmp_path / "new" / "evidence.csv").read_text()


@pytest.mark.slow
def test_a_portfolio_is_published_into_the_bucket(bucket: str) -> None:
    """The report of a portfolio, from a bucket into it, without a folder of this machine."""
    (html,) = publish_portfolio([f"{bucket}/incidents"], f"{bucket}/portfolio", now=NOW, to=("html",))
    assert html == f"{bucket}/portfolio/portfolio.html"
    assert b"checkout-failure" in read_file(html)


@pytest.mark.slow
def test_an_archive_in_the_bucket_is_read(bucket: str, tmp_path: Path) -> None:
    """A window is read from an archive in a bucket as from one in a folder."""
    from pmkit.archive import build_archive, open_archive, read_records, span_of

    fixture = ROOT / "tests" / "fixtures" / "slack" / "engineering-team-2016.zip"
    archive = build_archive(fixture, tmp_path / "chat", now=NOW)
    put_folder(tmp_path / "chat", f"{bucket}/chat")
    there = open_archive(f"{bucket}/chat")
    span = span_of(archive, "2016-02-01T00:00Z", "2016-03-01T00:00Z")
    found: pd.DataFrame = read_records(there, span).to_pandas()
    assert there.digest == archive.digest
    pd.testing.assert_frame_equal(found, read_records(archive, span).to_pandas())
    assert len(found) > 1


@pytest.mark.parametrize(
    ("place", "remote", "name"),
    [
        ("s3://bucket/incidents/one/", True, "one"),
        ("/srv/incidents/one", False, "one"),
        (Path("s3:/bucket/one"), False, "one"),
    ],
)
def test_addresses_are_told_from_paths(place: Any, remote: bool, name: str) -> None:
    """An address has a scheme; its name is its last part."""
    assert is_remote(str(place)) == remote
    assert name_of(place) == name


def test_a_file_is_put_into_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """On this machine a place is a path, and its folder is made."""
    (tmp_path / "a.txt").write_text("a")
    assert put(tmp_path / "a.txt", f"{tmp_path}/new/deep/b.txt") == f"{tmp_path}/new/deep/b.txt"
    assert (tmp_path / "new" / "deep" / "b.txt").read_text() == "a"
    assert read_file(f"{tmp_path}/a.txt") == b"a"
