"""Whether the lock of another tool is taken, and what it needs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.adoption.locked import plan_lock
from labcoat.core.project import Project
from labcoat.core.settings import read_settings
from support.listed_index import ListedIndex
from support.messages import adoption as messages

HASH = "0" * 64
PROJECT = (
    '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.8"\ndependencies = ["{name}"]\n'
)
LOCK = """version = 1
requires-python = ">=3.8"

[[package]]
name = "p"
version = "1"
source = {{ virtual = "." }}
dependencies = [{{ name = "{name}" }}]

[package.metadata]
requires-dist = [{{ name = "{name}" }}]

[[package]]
name = "{name}"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}
{files}
"""
FILE = f'{{{{ url = "https://x.example/{{{{name}}}}-1.0{{ending}}", hash = "sha256:{HASH}" }}}}'
WHEEL = f"wheels = [{FILE.format(ending='-py3-none-any.whl')}]"
SDIST = f"sdist = {FILE.format(ending='.tar.gz')}"


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[ListedIndex]:
    """An index with a wheel, a source in Python alone, and one that has to be compiled."""
    index = ListedIndex()
    index.publish("wheely-1.0-py3-none-any.whl")
    index.publish("pure-1.0.tar.gz", members={"pure/__init__.py": ""})
    index.publish("hard-1.0.tar.gz", members={"src/fast.pyx": ""})
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
    yield index
    index.stop()


def project(root: Path, name: str, *, locked: str = "") -> Project:
    files = (WHEEL if name == "wheely" else SDIST).replace("{name}", name)
    (root / "pyproject.toml").write_text(PROJECT.format(name=name))
    (root / "uv.lock").write_text(LOCK.format(name=locked or name, files=files))
    return Project(root, read_settings({}))


def test_a_lock_with_wheels_needs_nothing(tmp_path: Path, index: ListedIndex) -> None:
    plan, reason = plan_lock(project(tmp_path, "wheely"), "uv.lock", ())
    assert reason == ""
    assert plan is not None
    assert plan.settings == ()


def test_a_source_in_python_alone_is_built(tmp_path: Path, index: ListedIndex) -> None:
    plan, _ = plan_lock(project(tmp_path, "pure"), "uv.lock", ())
    assert plan is not None
    assert dict(plan.settings)["LABCOAT_NO_BINARY"] == "pure"


@pytest.mark.parametrize(
    ("name", "locked", "expected"), [("hard", "", "hard==1.0"), ("wheely", "other", "uv.lock")]
)
def test_a_lock_that_cannot_be_installed_is_passed_over(
    tmp_path: Path, index: ListedIndex, name: str, locked: str, expected: str
) -> None:
    """It has what must be compiled, or is older than the project's file."""
    plan, reason = plan_lock(project(tmp_path, name, locked=locked), "uv.lock", ())
    assert plan is None
    assert expected in reason


def test_what_a_file_of_the_users_has_in_addition_is_named(
    tmp_path: Path, index: ListedIndex
) -> None:
    """The lock counts, which the setting says, for `make venv` would refuse to replace the file."""
    made = project(tmp_path, "wheely")
    (tmp_path / "requirements.txt").write_text("wheely==1.0\nextra==2.0\n")
    plan, note = plan_lock(made, "uv.lock", ())
    assert plan is not None
    assert plan.settings == (("LABCOAT_LOCK_FROM", "uv.lock"),)
    assert note == messages.REPLACED.format(lock="requirements.txt", lost="extra")
    (tmp_path / "requirements.txt").write_text("wheely\n")
    plan, note = plan_lock(made, "uv.lock", ())
    assert plan is not None
    assert (plan.settings, note) == ((), "")


def test_a_lock_for_a_python_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "Pipfile").write_text('[requires]\npython_version = "3.6"\n[packages]\nsix = "*"\n')
    six = {"hashes": [f"sha256:{HASH}"], "version": "==1.17.0"}
    content = {
        "_meta": {"pipfile-spec": 6, "requires": {"python_version": "3.6"}},
        "default": {"six": six},
    }
    (tmp_path / "Pipfile.lock").write_text(json.dumps(content))
    plan, reason = plan_lock(Project(tmp_path, read_settings({})), "Pipfile.lock", ())
    assert plan is None
    assert messages.NO_PYTHON in reason
