"""`pip` works in an environment that holds its locks and no pip."""

import subprocess
from pathlib import Path

import pytest

from labcoat.inventory import scan
from labcoat.levels import pip_shim
from support import Repository


@pytest.mark.parametrize(
    "words", [["bin/pip"], ["bin/pip3"], ["bin/python", "-m", "pip"]], ids=" ".join
)
def test_pip_installs_into_the_environment(repo: Repository, words: list[str]) -> None:
    """`pip install`, by its program or as a notebook's %pip calls it, reaches this environment, and `pip list` shows it."""
    repo.make("venv")
    pip = [repo.path / ".venv" / words[0], *words[1:]]
    subprocess.run([*pip, "install", "-q", "gamma"], env=repo.env, check=True)
    assert repo.python("import gamma; print(gamma.version)") == "3.0\n"
    listed = subprocess.run(
        [*pip, "list", "--format=freeze"], env=repo.env, check=True, capture_output=True, text=True
    )
    assert listed.stdout.splitlines() == ["alpha==2.0", "beta==1.5", "gamma==3.0"]


def test_what_starts_pip_is_no_stray_file_unless_it_was_edited(repo: Repository) -> None:
    """The proof passes over labcoat's own two files by their digest, so that an edit of them is found."""
    repo.make("venv")
    assert "equal: lock, venv" in repo.labcoat("prove", "--only", "lock,venv")
    module = next(repo.path.glob(".venv/lib/*/site-packages/pip/__main__.py"))
    module.write_text(pip_shim.MODULE + "print()\n")
    assert "pip/__main__.py belongs to no package" in repo.labcoat(
        "prove", "--only", "lock,venv", fails=True
    )
    module.write_text(pip_shim.MODULE)
    (repo.path / ".venv/bin/pip").write_text("#!/bin/sh\n")
    assert "bin/pip belongs to no package" in repo.labcoat(
        "prove", "--only", "lock,venv", fails=True
    )


def test_the_digests_are_those_of_the_files(tmp_path: Path) -> None:
    """What is written is what the scan knows."""
    pip_shim.write_pip_shim(tmp_path / "bin", tmp_path / "site")
    written = {
        "{prefix}/bin/pip": "bin/pip",
        "{prefix}/bin/pip3": "bin/pip3",
        "pip/__main__.py": "site/pip/__main__.py",
    }
    assert {
        name: scan.digest(str(tmp_path / path))[0] for name, path in written.items()
    } == scan._PIP_LAUNCHERS


def test_an_own_pip_is_left_alone(tmp_path: Path) -> None:
    """Where a lock brings pip, nothing is put beside it."""
    (tmp_path / "site/pip").mkdir(parents=True)
    pip_shim.write_pip_shim(tmp_path / "bin", tmp_path / "site")
    assert not (tmp_path / "bin").exists()


def test_without_its_tools_it_says_what_to_do(repo: Repository, tmp_path: Path) -> None:
    """A cache that was emptied takes labcoat's pip away; two lines say so."""
    repo.make("venv")
    mark = repo.path / ".venv/labcoat.json"
    mark.write_text(mark.read_text().replace("/tools/", "/gone/"))
    asked = subprocess.run(
        [repo.path / ".venv/bin/pip", "list"],
        env=repo.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 1
    assert asked.stderr.splitlines() == [
        "labcoat: its pip is no longer in the cache.",
        "  Run make venv AGAIN=1, which puts it there.",
    ]
