"""A lock holds for every platform, from wheels, whichever locker made it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking import compiler, platforms, resolver
from support import BASE_PYTHON, INCLUDE, Index, Repository, wheel
from support.git_commands import git
from support.messages import locking

LOCKERS = pytest.mark.parametrize("locker", ["pip-tools", "uv"])
HERE = "manylinux_2_17_x86_64.manylinux_2_17_aarch64.macosx_11_0_universal2"
MINOR = f"{sys.version_info[0]}{sys.version_info[1]}"
BUILDS = "import pathlib; pathlib.Path('{}').touch(); raise SystemExit('was built')"


def releases(repo: Repository, name: str = "requirements.txt") -> list[str]:
    """The lines of a lock that pin a release, without hashes."""
    text = (repo.path / name).read_text()
    return re.findall(r"(?m)^([a-z].*?) \\$", text)


@LOCKERS
def test_packages_of_other_platforms_are_locked(
    repo: Repository, index: Index, locker: str
) -> None:
    """A dependency on Windows alone keeps its marker; this machine installs without it."""
    index.add("omega", "1.0", ["beta ; sys_platform == 'win32'", "gamma"])
    repo.write(requirements__in="omega\n").make("venv", LABCOAT_LOCKER=locker)
    assert releases(repo) == ['beta==1.5 ; sys_platform == "win32"', "gamma==3.0", "omega==1.0"]
    assert not list((repo.path / ".venv").glob("lib/*/site-packages/beta*"))


@LOCKERS
def test_a_pin_that_does_not_fit_elsewhere_gives_way_there(
    repo: Repository, index: Index, locker: str
) -> None:
    """Where another platform needs another version, each has its own."""
    index.add(
        "omega", "1.0", ["beta==1.0 ; sys_platform == 'win32'", "beta>1 ; sys_platform != 'win32'"]
    )
    repo.write(requirements__in="omega\n").make("requirements", LABCOAT_LOCKER=locker)
    assert releases(repo)[:2] == [
        'beta==1.0 ; sys_platform == "win32"',
        'beta==1.5 ; sys_platform == "darwin" or sys_platform == "linux"',
    ]
    text = (repo.path / "requirements.txt").read_text()
    assert ".labcoat" not in text


@LOCKERS
def test_a_platform_without_a_wheel_is_named(repo: Repository, index: Index, locker: str) -> None:
    """The lock's header and the output name what other platforms lack."""
    index.add("omega", "1.0", tag=f"cp{MINOR}-cp{MINOR}-{HERE}")
    output = repo.write(requirements__in="omega\n").make("requirements", LABCOAT_LOCKER=locker)
    line = locking.NO_WHEEL_FOR.format(platform="Windows x86-64", releases="omega 1.0")
    assert f"labcoat: {line}\n" in output
    text = (repo.path / "requirements.txt").read_text()
    assert "# No wheel for Windows x86-64: omega 1.0\n" in text
    assert "macOS" not in text


def test_many_releases_without_a_wheel_are_counted(repo: Repository, index: Index) -> None:
    """An old list has dozens, on each platform; the header of the lock has them all."""
    names = [f"omega{at}" for at in range(8)]
    for name in names:
        index.add(name, "1.0", tag=f"cp{MINOR}-cp{MINOR}-{HERE}")
    output = repo.write(requirements__in="\n".join(names)).make("requirements")
    assert "no wheel for Windows x86-64: omega0 1.0, omega1 1.0, " in output
    assert "omega5 1.0 and 2 more\n" in output
    assert "omega7 1.0" in (repo.path / "requirements.txt").read_text().partition("omega0==")[0]


@LOCKERS
def test_a_system_without_a_solution_does_not_fail_the_lock(
    repo: Repository, index: Index, locker: str
) -> None:
    """Where markers part the systems, one may need what it has no wheel for, or exclude itself."""
    index.add("omega", "1.0", ["delta==1.0 ; sys_platform == 'win32'", "beta"])
    index.add("omega", "1.1", ["delta==1.0 ; sys_platform == 'win32'", "beta"])
    index.add("delta", "1.0", ["beta==1.0 ; sys_platform == 'emscripten'", "beta>9"])
    index.add("sigma", "1.0", ["beta==1.0 ; sys_platform == 'emscripten'", "beta"])
    repo.write(requirements__in="omega\nsigma\n").make("requirements", LABCOAT_LOCKER=locker)
    assert releases(repo) == ["beta==1.5", "omega==1.1", "sigma==1.0"]
    text = (repo.path / "requirements.txt").read_text()
    assert "# No wheel for Windows x86-64: no solution\n" in text
    assert "macOS" not in text


@LOCKERS
def test_a_processor_without_a_solution_does_not_fail_the_lock(
    repo: Repository, index: Index, locker: str
) -> None:
    """Old releases have wheels for Linux on x86-64 alone; the other systems stay in the lock."""
    other = "aarch64" if platforms.this_machine().machine == "x86_64" else "x86_64"
    elsewhere = f"sys_platform == 'linux' and platform_machine == '{other}'"
    index.add("omega", "1.0", [f"beta>9 ; {elsewhere}", "gamma ; sys_platform != 'linux'", "beta"])
    repo.write(requirements__in="omega\n").make("requirements", LABCOAT_LOCKER=locker)
    assert releases(repo) == [
        "beta==1.5",
        'gamma==3.0 ; sys_platform == "darwin" or sys_platform == "win32"',
        "omega==1.0",
    ]
    text = (repo.path / "requirements.txt").read_text()
    assert re.findall(r"# No wheel for (.*): no solution", text) == [
        {"aarch64": "Linux arm64", "x86_64": "Linux x86-64"}[other]
    ]


@LOCKERS
@pytest.mark.parametrize("first", [1, -1])
@pytest.mark.skipif(sys.platform != "linux", reason="the wheel for this machine is for Linux")
def test_release_whose_wheels_need_different_packages_is_locked_for_this_machine(
    repo: Repository, index: Index, locker: str, first: int
) -> None:
    """The wheels of an old opencv-python for macOS on arm64 need a newer NumPy than the others."""
    python = f"cp{MINOR}-cp{MINOR}"
    here = f"{python}-manylinux_2_17_x86_64.manylinux_2_17_aarch64.macosx_11_0_x86_64"
    needs = {here: ["beta==1.0"], f"{python}-macosx_11_0_arm64": ["beta>9"]}
    for tag, requires in list(needs.items())[::first]:
        index.add("omega", "1.0", requires, tag=tag)
    repo.write(requirements__in="omega\n").make("venv", LABCOAT_LOCKER=locker)
    assert releases(repo) == ["beta==1.0", "omega==1.0"]
    assert (
        "# No wheel for macOS arm64: no solution\n" in (repo.path / "requirements.txt").read_text()
    )


@LOCKERS
@pytest.mark.parametrize("newest", ["source", "Windows", "another Python"])
def test_an_older_release_with_a_wheel_is_taken(
    repo: Repository, index: Index, tmp_path: Path, locker: str, newest: str
) -> None:
    """Where the newest release has no wheel for this machine, an older one that has is locked.

    Nothing of the source archive runs.
    """
    index.add("mixed", "1.0")
    built = tmp_path / "built"
    if newest == "source":
        index.add_source("mixed", "2.0", {"setup.py": BUILDS.format(built)})
    else:
        tag = f"cp{MINOR}-cp{MINOR}-win_amd64" if newest == "Windows" else "cp36-cp36m-win_amd64"
        index.add("mixed", "2.0", tag=tag)
    repo.write(requirements__in="mixed\n").make("venv", LABCOAT_LOCKER=locker)
    assert "mixed==1.0" in " ".join(releases(repo))
    assert list((repo.path / ".venv").glob("lib/*/site-packages/mixed-1.0.dist-info"))
    assert not built.exists()


def test_an_index_without_sha256_is_refused_while_locking(repo: Repository, index: Index) -> None:
    """A lock never has weaker hashes, and the lock before stays."""
    repo.make("requirements")
    before = (repo.path / "requirements.txt").read_bytes()
    wheel = index.add("weak", "1.0")
    index.publish("weak", wheel, wheel.read_bytes(), "md5")
    repo.write(requirements__in="weak\n")
    output = repo.make("requirements", fails=True, LABCOAT_LOCKER="uv")
    assert locking.NO_SHA256.format(release="weak==1.0") in output
    assert (repo.path / "requirements.txt").read_bytes() == before


def test_settings_of_uv_do_not_reach_a_lock(repo: Repository, index: Index, tmp_path: Path) -> None:
    """[tool.uv] of the project and the user's uv.toml change nothing."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "alpha-9.0-py3-none-any.whl").write_bytes(wheel("alpha", "9.0"))
    (repo.path / "pyproject.toml").write_text(
        f'[tool.uv]\nfind-links = ["{folder}"]\noverride-dependencies = ["beta==1.0"]\n'
    )
    config = tmp_path / "config"
    (config / "uv").mkdir(parents=True)
    (config / "uv/uv.toml").write_text(f'find-links = ["{folder}"]\n')
    repo.make("requirements", LABCOAT_LOCKER="uv", XDG_CONFIG_HOME=str(config))
    assert releases(repo) == ["alpha==2.0", "beta==1.5"]


@pytest.fixture(scope="module")
def first_locks() -> dict[str, str]:
    """The lock of each locker that the tests of edited locks begin with, once one has made it."""
    return {}


@LOCKERS
@pytest.mark.parametrize("edit", ["a hand edit", "a recompile", "a merge", "a line lost"])
def test_an_edited_lock_is_repaired_without_moving_a_version(
    repo: Repository, index: Index, first_locks: dict[str, str], locker: str, edit: str
) -> None:
    """`lock --check` notices the edit; `make requirements` restores what git remembers."""
    index.add("omega", "1.0", ["beta ; sys_platform == 'win32'", "alpha"])
    repo.write(requirements__in="omega\n")
    lock = repo.path / "requirements.txt"
    if locker not in first_locks:
        repo.make("requirements", LABCOAT_LOCKER=locker)
        first_locks[locker] = lock.read_text()
    good = first_locks[locker]
    lock.write_text(good)
    git(repo.path, "init", "-q")
    git(repo.path, "add", "requirements.txt")
    git(repo.path, "commit", "-qm", "lock")
    for name, version in (("omega", "2.0"), ("alpha", "3.0"), ("beta", "2.0")):
        index.add(name, version, ["alpha"] if name == "omega" else [])
    if edit == "a hand edit":
        lock.write_text(re.sub(r"sha256:[0-9a-f]{64}$", f"sha256:{'0' * 64}", good, flags=re.M))
    elif edit == "a recompile":  # as Dependabot does: the header stays, pip-compile wrote the rest
        header = "".join(line for line in good.splitlines(True) if line.startswith("#"))
        lock.write_text(header + "alpha==2.0\nomega==1.0\n")
    elif edit == "a merge":
        ours = good.replace("alpha==2.0", "<<<<<<< HEAD\nalpha==2.0")
        lock.write_text(ours.replace("beta==", "=======\nalpha==1.0\n>>>>>>> other\nbeta=="))
    else:
        lock.write_text(re.sub(r"(?m)^omega==1\.0 \\\n.*\n(?: +#.*\n)*", "", good))
    edited = locking.EDITED.format(lock="requirements.txt")
    assert edited in repo.labcoat("lock", "--check", fails=True)
    assert re.search(r"requirements\.txt +changed", repo.labcoat("status"))
    repo.make("requirements", LABCOAT_LOCKER=locker)
    assert lock.read_text() == good
    assert repo.labcoat("lock", "--check") == ""


def test_a_lock_of_an_earlier_version_stays_valid(repo: Repository, index: Index) -> None:
    """One line says how to renew it; renewing keeps every version."""
    repo.make("requirements")
    lock = repo.path / "requirements.txt"
    first = re.sub(r"(?m)^# (labcoat-lock|Without|  ).*\n|^#\n", "", lock.read_text())
    lock.write_text(first)
    index.add("beta", "9.0")
    output = repo.labcoat("lock", "--check")
    assert locking.OLD_FORMAT.format(lock="requirements.txt") in output
    assert repo.make("venv").count(locking.OLD_FORMAT.format(lock="requirements.txt")) == 1
    assert lock.read_text() == first
    repo.make("requirements", "AGAIN=1")
    assert releases(repo) == ["alpha==2.0", "beta==1.5"]
    assert repo.labcoat("lock", "--check") == ""


def test_again_relocks_only_where_it_is_asked_for(
    repo: Repository, index: Index, tmp_path: Path
) -> None:
    """`make venv AGAIN=1` recreates the environment from the lock there is, without an index."""
    repo.env["UV_CACHE_DIR"] = str(tmp_path / "uv")  # another test may have labcoat clean alpha
    repo.make("venv")
    before = (repo.path / "requirements.txt").stat().st_mtime_ns
    index.stop()
    repo.make("venv", "AGAIN=1")
    assert (repo.path / "requirements.txt").stat().st_mtime_ns == before


def test_a_killed_locker_moves_no_version(repo: Repository, index: Index) -> None:
    """The locker that a killed labcoat leaves behind works in a directory of its own."""
    index.add("omega", "1.0", ["alpha"])
    repo.write(requirements__in="omega\n").make("requirements", LABCOAT_LOCKER="pip-tools")
    index.add("omega", "2.0", ["alpha"])
    upgrade = subprocess.Popen(
        [str(BASE_PYTHON), "-I", str(INCLUDE.with_name("labcoat")), "lock", "--upgrade"],
        cwd=repo.path,
        env={**repo.env, "LABCOAT_LOCKER": "pip-tools"},
    )
    folder: list[Path] = []
    while not folder and upgrade.poll() is None:
        folder = list((repo.path / ".labcoat").glob("locking-*/here.txt"))
        time.sleep(0.01)
    os.kill(upgrade.pid, signal.SIGKILL)
    upgrade.wait()
    repo.write(requirements__in="omega # again\n").make("requirements", LABCOAT_LOCKER="pip-tools")
    assert releases(repo) == ["alpha==2.0", "beta==1.5", "omega==1.0"]
    assert not list((repo.path / ".labcoat").glob("locking-*"))


def test_uvs_versions_help_pip_tools_that_takes_long(
    repo: Repository,
    index: Index,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where the newest releases contradict each other, it can search for hours."""
    index.add("omega", "1.0", ["alpha<2"])
    repo.write(requirements__in="omega\n")
    for name, value in {**repo.env, "LABCOAT_LOCKER": "pip-tools"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(repo.path)
    (repo.path / ".labcoat").mkdir()
    monkeypatch.setattr(resolver, "_PATIENCE", 0.01)
    compiler.compile_lock(Project.here(), repo.path / "requirements.txt", upgrade=True)
    assert locking.WITH_UV in capsys.readouterr().err
    assert [line.partition("==")[0] for line in releases(repo)] == ["alpha", "beta", "omega"]


def test_one_version_for_every_patch_release(repo: Repository, index: Index) -> None:
    """A lock splits only where no version is for all: image and environment may have another."""
    newest = f"beta\nRequires-Python: >={sys.version_info[0]}.{sys.version_info[1]}.1"
    index.add("omega", "1.0", ["beta"])
    index.add("omega", "2.0", [newest])
    repo.write(requirements__in="omega\n")
    assert locking.SPLIT in repo.make("requirements", LABCOAT_LOCKER="pip-tools")
    assert releases(repo) == ["beta==1.5", "omega==1.0"]
    assert repo.labcoat("lock", "--check") == ""


def test_pins_of_this_patch_release_alone_give_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """pip-tools takes a release for Python 3.11.5 and newer, and the lock is for all of 3.11."""

    def refuse(run: resolver._Run, *_: object) -> str:
        run.unsolved.append("linux")
        raise LabcoatError("requirements conflict")

    monkeypatch.setattr(resolver._Run, "_run_uv", refuse)
    request = cast("resolver.LockRequest", SimpleNamespace(minor="3.11"))
    text = "omega==1.0\nbeta==1.5\n"
    run = resolver._Run(request, tmp_path)
    assert run._constrain_here(request, text, {"omega": "2.0", "beta": "1.5"}) == text
    assert run.unsolved == []  # the lock that stays has a solution for each system
    assert locking.SPLIT in capsys.readouterr().err
