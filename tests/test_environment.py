"""What is installed: the lists of dependencies agree, and set-up takes nothing that has no digest."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
NAMES_ON_CONDA = {"python-zlib-ng": "zlib-ng"}
REQUIREMENT = re.compile(r"([A-Za-z0-9_.-]+)\s*(\[[^\]]*\])?(.*)")


def split(requirement: str) -> tuple[str, str]:
    name, _, bounds = REQUIREMENT.fullmatch(requirement.strip()).groups()
    return name.lower().replace("_", "-"), bounds.replace(" ", "")


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def conda() -> dict[str, str]:
    entries = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    from_pip = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    packages = [entry for entry in entries if isinstance(entry, str) and entry != "pip"]
    found = dict(split(entry) for entry in [*packages, *from_pip] if not entry.startswith("--"))
    return {NAMES_ON_CONDA.get(name, name): bounds for name, bounds in found.items()}


def test_conda_and_pip_ask_for_the_same_packages_in_the_same_versions() -> None:
    """environment.yml lists what pyproject.toml lists: the core and the fonts, with the same bounds."""
    wanted = project()["dependencies"] + project()["optional-dependencies"]["fonts"]
    python = {"python": project()["requires-python"]}
    assert conda() == dict(split(entry) for entry in wanted) | python


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_a_digest(lock: str) -> None:
    """Each package of a lock is pinned and hashed, and the lock names no address to fetch it from."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-zA-Z0-9])", text)
    pinned = [entry for entry in entries if re.match(r"[a-zA-Z0-9]", entry)]
    assert len(pinned) > 100
    assert [entry.splitlines()[0] for entry in pinned if "--hash=sha256:" not in entry] == []
    assert [entry.splitlines()[0] for entry in pinned if "==" not in entry.splitlines()[0]] == []
    assert "://" not in text
    assert "index-url" not in text


def test_the_lock_holds_all_that_the_project_asks_for() -> None:
    """No dependency of pyproject.toml was forgotten when the lock was renewed."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {
        split(line.partition(" ")[0].partition("==")[0])[0] for line in text.splitlines() if "==" in line
    }
    wanted = project()["dependencies"] + project()["optional-dependencies"]["fonts"]
    assert {split(entry)[0] for entry in wanted} <= locked


def test_the_user_finds_the_packages_the_kit_promises() -> None:
    """The kit's own stack is in the core, not in an extra."""
    core = {split(entry)[0] for entry in project()["dependencies"]}
    stack = "jupyterlab pandas plotly ipywidgets papermill nbconvert pdpyras jira"
    assert set(stack.split()) <= core
