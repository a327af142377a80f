"""Projects on Python 3.8 to 3.15, whichever of them this machine has: lock to proof."""

from pathlib import Path

import pytest

from labcoat.toolchain import installed_pythons, tool_env
from labcoat.toolchain.python_choice import NEWEST, OLDEST
from support import BASE_PYTHON, Index, Repository
from support.messages import toolchain

MINORS = [f"3.{minor}" for minor in range(OLDEST, NEWEST + 1)]
HERE = frozenset(installed_pythons.list_minors())
# What mixed needs: alpha (with beta) up to 3.10, beta from 3.12 on.
NEEDS = (
    "alpha ; python_full_version < '3.11.0a6'",
    "beta ; python_version >= '3.12'",
    "gamma ; implementation_name == 'pypy'",
)
NAMES = (
    "from importlib.metadata import distributions as found; import sys;"
    "print('%d.%d' % sys.version_info[:2], *sorted(one.metadata['Name'] for one in found()))"
)


@pytest.mark.parametrize("minor", MINORS)
def test_lock_venv_freeze_status_and_prove(repo: Repository, index: Index, minor: str) -> None:
    """Markers are evaluated for the project's Python, and no change is invented."""
    found = installed_pythons.find_installed(minor)
    if found is None:
        pytest.skip(f"no Python {minor} here")
    index.add("mixed", "1.0", NEEDS)
    repo.env["LABCOAT_PYTHON"] = "python3"
    repo.write(__python_dash_version=f"{minor} # ours\n", requirements__in="mixed\n")
    assert f"(Python {found.version})" in repo.make("venv")
    first = (repo.path / "requirements.txt").read_text().splitlines()[0]
    assert f"Python {minor})" in first
    number = int(minor.partition(".")[2])
    expected = ["mixed"] if number == 11 else ["beta", "mixed"]
    expected = ["alpha", *expected] if number < 11 else expected
    assert repo.python(NAMES).split() == [minor, *expected]
    assert f"fresh    Python {minor}" in repo.make("status")
    assert "nothing to freeze" in repo.make("freeze")
    assert "equal" in repo.make("prove", "IN=venv")
    module = next((repo.path / ".venv/lib").glob("python*/site-packages/mixed.py"))
    module.unlink()  # it may be a link into uv's cache
    module.write_text("changed = True\n")
    assert "mixed" in repo.make("prove", "IN=venv", fails=True)


def test_where_pip_tools_does_not_run_uv_locks(repo: Repository) -> None:
    """The lock's header names the locker that made it."""
    found = next(filter(None, map(installed_pythons.find_installed, ("3.8", "3.9"))), None)
    if found is None:
        pytest.skip("no Python older than 3.10 here")
    repo.write(__python_dash_version=found.minor)
    repo.make("requirements", LABCOAT_PYTHON="python3", LABCOAT_LOCKER="pip-tools")
    assert f"(uv, Python {found.minor})" in (repo.path / "requirements.txt").read_text()


@pytest.mark.usefixtures("network")
def test_pip_and_pip_tools_that_fit_the_python(repo: Repository) -> None:
    """pip-tools runs on the project's Python; an old Python gets a pip that runs on it."""
    for minors, setting in ((("3.10", "3.12", "3.13"), "LOCKER"), (("3.8", "3.9"), "INSTALLER")):
        found = next(filter(None, map(installed_pythons.find_installed, minors)), None)
        if found is None or found == installed_pythons.own_interpreter():
            continue
        tool_env.tool_environment(found)  # from the real index
        repo.write(__python_dash_version=found.minor, requirements__in="alpha\n")
        value = {"LOCKER": "pip-tools", "INSTALLER": "pip"}[setting]
        (repo.path / "requirements.txt").unlink(missing_ok=True)
        repo.make("venv", **{"LABCOAT_PYTHON": "python3", f"LABCOAT_{setting}": value})
        assert repo.python(NAMES).split() == [found.minor, "alpha", "beta"]
        if setting == "LOCKER":
            first = (repo.path / "requirements.txt").read_text().splitlines()[0]
            assert f"(pip-tools, Python {found.minor})" in first
        assert "alpha" in repo.make("run", "CMD=python -m pip list", LABCOAT_PYTHON="python3")


def test_a_missing_python_can_be_locked_for(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make venv` says who has it."""
    folder = tmp_path / "pyenv"
    definitions = folder / "plugins/python-build/share/python-build"
    definitions.mkdir(parents=True)
    alone = {"PYENV_ROOT": str(folder), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    with monkeypatch.context() as patch:
        for name, value in alone.items():
            patch.setenv(name, value)
        minor = next(one for one in MINORS if one not in installed_pythons.list_minors())
    for patch_release in (9, 18, 2):
        (definitions / f"{minor}.{patch_release}").touch()
    repo.env |= alone | {"PATH": f"{BASE_PYTHON.parent}:/usr/bin:/bin", "LABCOAT_PYTHON": "python3"}
    repo.write(runtime__txt=f"python-{minor}\n")
    if (BASE_PYTHON.parent / f"python{minor}").exists():
        pytest.skip("all Pythons are in one directory")
    for locker in ("pip-tools", "uv"):
        (repo.path / "requirements.txt").unlink(missing_ok=True)
        repo.make("requirements", LABCOAT_LOCKER=locker)
        assert f"(uv, Python {minor})" in (repo.path / "requirements.txt").read_text()
    said = repo.make("venv", fails=True)
    assert toolchain.NO_PYTHON.format(version=minor, source="runtime.txt") in said
    assert f"hint: Run `pyenv install {minor}.18`" in said
    assert "IN=docker" in said


def test_labcoat_python_is_the_projects(repo: Repository) -> None:
    """On the command line it counts over .python-version, even as python3; an old one too."""
    repo.write(__python_dash_version="3.99\n")
    own = installed_pythons.own_interpreter().minor
    assert f"(Python {own}" in repo.make("venv", "LABCOAT_PYTHON=python3")
    if found := installed_pythons.find_installed("3.8"):
        said = repo.make("venv", f"LABCOAT_PYTHON={found.executable}")
        assert f"(Python {found.version})" in said
        assert "Nothing to be done" in repo.make("venv", f"LABCOAT_PYTHON={found.executable}")
        assert f"(Python {found.version})" in repo.make(
            "venv", "AGAIN=1", "LABCOAT_PYTHON=python3.8"
        )


@pytest.mark.parametrize("text", ["mine\n", "# ours\nmine\n"], ids=["named", "below a comment"])
def test_a_link_of_pyenv_that_fails_does_not_stop_labcoat(
    repo: Repository, tmp_path: Path, text: str
) -> None:
    """pyenv's python3 fails for what `.python-version` names; labcoat starts another."""
    root = tmp_path / "pyenv"
    programs = {
        "shims/python3": "echo pyenv: no such version >&2; exit 127",
        "versions/mine/bin/python3": f"exec '{BASE_PYTHON}' \"$@\"",
    }
    for name, line in programs.items():
        path = root / name
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
    own = installed_pythons.own_interpreter()
    (root / "versions/mine/pyvenv.cfg").write_text(f"version = {own.minor}\n")
    repo.env |= {"PYENV_ROOT": str(root), "LABCOAT_PYTHON": "python3"}
    repo.env["PATH"] = f"{root / 'shims'}:{BASE_PYTHON.parent}:/usr/bin:/bin"
    repo.write(__python_dash_version=text)
    assert f"Python {own.minor}" in repo.make("doctor").partition("(.python-version)")[0]
