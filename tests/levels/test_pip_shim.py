"""`pip` works in an environment that holds only its locks, without pip."""

import subprocess
from pathlib import Path

import pytest

from labcoat.inventory import regular_files, scan
from labcoat.levels import pip_shim
from support import Repository
from support.messages import proof


@pytest.mark.parametrize(
    "words", [["bin/pip"], ["bin/pip3"], ["bin/python", "-m", "pip"]], ids=" ".join
)
def test_pip_installs_into_the_environment(repo: Repository, words: list[str]) -> None:
    """So it does as a program and as a notebook's %pip runs it; `pip list` shows the package."""
    repo.make("venv")
    pip = [repo.path / ".venv" / words[0], *words[1:]]
    subprocess.run([*pip, "install", "-q", "gamma"], env=repo.env, check=True)
    assert repo.python("import gamma; print(gamma.version)") == "3.0\n"
    listed = subprocess.run(
        [*pip, "list", "--format=freeze"], env=repo.env, check=True, capture_output=True, text=True
    )
    assert listed.stdout.splitlines() == ["alpha==2.0", "beta==1.5", "gamma==3.0"]


def test_shim_is_a_stray_file_only_if_it_was_edited(repo: Repository) -> None:
    """prove knows labcoat's own files by their digests."""
    repo.make("venv")
    assert proof.EQUAL.format(names="lock, venv") in repo.labcoat("prove", "--only", "lock,venv")
    module = next(repo.path.glob(".venv/lib/*/site-packages/pip/__main__.py"))
    module.write_text(pip_shim.MODULE + "print()\n")
    assert proof.STRAY.format(path="pip/__main__.py") in repo.labcoat(
        "prove", "--only", "lock,venv", fails=True
    )
    module.write_text(pip_shim.MODULE)
    (repo.path / ".venv/bin/pip").write_text("#!/bin/sh\n")
    assert proof.STRAY.format(path="bin/pip") in repo.labcoat(
        "prove", "--only", "lock,venv", fails=True
    )


def test_scan_knows_the_digests_of_the_present_and_earlier_texts(tmp_path: Path) -> None:
    """Environments may still have an earlier text."""
    pip_shim.write_pip_shim(tmp_path / "bin", tmp_path / "site")
    written = {
        "{prefix}/bin/pip": "bin/pip",
        "{prefix}/bin/pip3": "bin/pip3",
        "pip/__main__.py": "site/pip/__main__.py",
    }
    assert {
        name: regular_files.file_digest(str(tmp_path / path))[0] for name, path in written.items()
    } == {name: digests[0] for name, digests in scan.PIP_SHIM.items()}
    assert set(scan.PIP_SHIM["pip/__main__.py"][1:]) == {
        "bc0e7269c8385a343792aebb86b24d9934e74372ead86d8b714411ba981a59bf",
        "f4b1a779d0904b410b269f447c06123af3402a59009bbb546c2e1d9465bd3915",
    }


def test_locked_pip_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "site/pip").mkdir(parents=True)
    pip_shim.write_pip_shim(tmp_path / "bin", tmp_path / "site")
    assert not (tmp_path / "bin").exists()


def test_missing_tools_environment_is_named(repo: Repository, tmp_path: Path) -> None:
    """An emptied cache no longer has labcoat's pip."""
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
        "error: labcoat's pip is not in its cache",
        "hint: Run `make venv AGAIN=1` to restore it",
    ]
