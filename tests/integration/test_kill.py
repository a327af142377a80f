"""A kill at any instant loses nothing: files are complete, or the next run completes them.

`KILLS=50 pytest tests/integration/test_kill.py` kills that often.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import Repository

# How often each of three changes of an environment is killed; of others, three times as often.
TIMES = int(os.environ.get("KILLS", "3"))


@pytest.fixture
def killed(shared_repo: Repository) -> Iterator[Callable[..., None]]:
    """Start make with these targets, and kill it and its children at a random instant."""
    chance = random.Random(30)  # noqa: S311

    def kill(*targets: str, within: float) -> None:
        started = subprocess.Popen(
            ["make", *targets],
            cwd=shared_repo.path,
            env=shared_repo.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0, within))
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()

    yield kill
    shutil.rmtree(shared_repo.path / ".venv", ignore_errors=True)


def measure(repo: Repository, *targets: str) -> float:
    """Return how many seconds make takes."""
    start = time.monotonic()
    repo.make(*targets)
    return time.monotonic() - start


def assert_complete(repo: Repository) -> None:
    """Check that the environment holds exactly the lock, and that no backup is left."""
    repo.labcoat("prove", LABCOAT_DOCKER="no-such-docker")
    assert not (repo.path / ".venv.before").exists()


def test_first_environment_is_completed_after_a_kill(
    shared_repo: Repository, killed: Callable[..., None]
) -> None:
    """The next `make venv` installs exactly the lock."""
    shared_repo.make("requirements")
    shutil.rmtree(shared_repo.path / ".venv", ignore_errors=True)
    within = measure(shared_repo, "venv")
    for _ in range(TIMES):
        shutil.rmtree(shared_repo.path / ".venv")
        killed("venv", within=within)
        shared_repo.make("venv")
        assert_complete(shared_repo)


@pytest.mark.parametrize(
    ("before", "after"),
    [("alpha<2\n", "alpha\ngamma\n"), ("alpha\n", "alpha<2\n")],
    ids=["up", "down"],
)
def test_change_of_version_is_completed_after_a_kill(
    shared_repo: Repository, killed: Callable[..., None], before: str, after: str
) -> None:
    """The next `make venv` installs exactly the new lock."""
    locks = {}
    for text in (after, before):
        shared_repo.write(requirements__in=text).make("requirements")
        locks[text] = (shared_repo.path / "requirements.txt").read_text()
    within = measure(shared_repo, "venv")
    for _ in range(TIMES):
        shared_repo.write(requirements__in=before, requirements__txt=locks[before]).make("venv")
        shared_repo.write(requirements__in=after, requirements__txt=locks[after])
        killed("venv", within=within)
        shared_repo.make("venv")
        assert_complete(shared_repo)


def test_lock_is_the_old_or_the_new_after_a_kill(
    shared_repo: Repository, killed: Callable[..., None]
) -> None:
    """The next `make requirements` writes the new one."""
    lock = shared_repo.path / "requirements.txt"
    shared_repo.write(requirements__in="alpha\n").make("requirements")
    old = lock.read_text()
    shared_repo.write(requirements__in="alpha<2\ngamma\n")
    within = measure(shared_repo, "requirements")
    new = lock.read_text()
    for _ in range(3 * TIMES):
        shared_repo.write(requirements__in="alpha<2\ngamma\n", requirements__txt=old)
        killed("requirements", within=within)
        assert lock.read_text() in {old, new}
    shared_repo.make("requirements")
    assert lock.read_text() == new
    assert not list(shared_repo.path.glob(".requirements*"))


def test_freeze_is_completed_after_a_kill(
    shared_repo: Repository, killed: Callable[..., None]
) -> None:
    """requirements.in and the lock are complete; the next `make freeze` adds what was installed."""
    shared_repo.write(requirements__in="gamma\n").make("venv")
    kept = {
        name: (shared_repo.path / name).read_text()
        for name in ("requirements.in", "requirements.txt")
    }
    pip = next(Path(shared_repo.env["LABCOAT_CACHE"]).glob("tools/*/bin/python"))
    words = [
        pip,
        "-Im",
        "pip",
        "--python",
        shared_repo.path / ".venv/bin/python",
        "install",
        "-q",
        "alpha==1.0",
    ]
    subprocess.run(words, env=shared_repo.env, check=True)
    within = measure(shared_repo, "freeze")
    for _ in range(3 * TIMES):
        for name, text in kept.items():
            (shared_repo.path / name).write_text(text)
        killed("freeze", within=within)
        assert (shared_repo.path / "requirements.in").read_text() in {"gamma\n", "gamma\nalpha\n"}
        assert "gamma==3.0" in (shared_repo.path / "requirements.txt").read_text()
        shared_repo.labcoat("freeze")
        shared_repo.labcoat("lock", "--check")
        assert "alpha==1.0" in (shared_repo.path / "requirements.txt").read_text()
        assert (shared_repo.path / "requirements.in").read_text() == "gamma\nalpha\n"


def test_killed_prove_leaves_the_earlier_proof(
    shared_repo: Repository, killed: Callable[..., None]
) -> None:
    """proof.json is complete at any instant."""
    shared_repo.write(requirements__in="alpha\n").make("venv")
    within = measure(shared_repo, "prove")
    for _ in range(3):
        killed("prove", within=within)
        assert json.loads((shared_repo.path / ".labcoat/proof.json").read_text())["equal"]
