"""A kill at any instant loses nothing: what was there is whole, or the next run makes it so."""

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

TIMES = 10  # of each way to an environment; thirty in all, as of locks and of freezes


@pytest.fixture
def killed(shared_repo: Repository) -> Iterator[Callable[..., None]]:
    """Start make with these targets and kill it and all that it started, at a random instant of the time it takes."""
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


def lasts(repo: Repository, *targets: str) -> float:
    """How many seconds make takes."""
    start = time.monotonic()
    repo.make(*targets)
    return time.monotonic() - start


def assert_whole(repo: Repository) -> None:
    """The environment holds exactly the lock, and nothing lies about."""
    repo.labcoat("prove", LABCOAT_DOCKER="no-such-docker")
    assert not (repo.path / ".venv.before").exists()


def test_a_first_environment_is_made_whole_after_a_kill(
    shared_repo: Repository, killed: Callable[..., None]
) -> None:
    """Wherever the first `make venv` was cut off, the next gives exactly the lock."""
    shared_repo.make("requirements")
    shutil.rmtree(shared_repo.path / ".venv", ignore_errors=True)
    within = lasts(shared_repo, "venv")
    for _ in range(TIMES):
        shutil.rmtree(shared_repo.path / ".venv")
        killed("venv", within=within)
        shared_repo.make("venv")
        assert_whole(shared_repo)


@pytest.mark.parametrize(
    ("before", "after"),
    [("alpha<2\n", "alpha\ngamma\n"), ("alpha\n", "alpha<2\n")],
    ids=["up", "down"],
)
def test_a_change_of_version_is_whole_after_a_kill(
    shared_repo: Repository, killed: Callable[..., None], before: str, after: str
) -> None:
    """Wherever an upgrade or a downgrade was cut off, the next `make venv` gives exactly the new lock."""
    locks = {}
    for text in (after, before):
        shared_repo.write(requirements__in=text).make("requirements")
        locks[text] = (shared_repo.path / "requirements.txt").read_text()
    within = lasts(shared_repo, "venv")
    for _ in range(TIMES):
        shared_repo.write(requirements__in=before, requirements__txt=locks[before]).make("venv")
        shared_repo.write(requirements__in=after, requirements__txt=locks[after])
        killed("venv", within=within)
        shared_repo.make("venv")
        assert_whole(shared_repo)


def test_a_lock_is_the_old_or_the_new_after_a_kill(
    shared_repo: Repository, killed: Callable[..., None]
) -> None:
    """`make requirements` cut off leaves one whole lock or the other, and the next run makes the new one."""
    lock = shared_repo.path / "requirements.txt"
    shared_repo.write(requirements__in="alpha\n").make("requirements")
    old = lock.read_text()
    shared_repo.write(requirements__in="alpha<2\ngamma\n")
    within = lasts(shared_repo, "requirements")
    new = lock.read_text()
    for _ in range(3 * TIMES):
        shared_repo.write(requirements__in="alpha<2\ngamma\n", requirements__txt=old)
        killed("requirements", within=within)
        assert lock.read_text() in {old, new}
    shared_repo.make("requirements")
    assert lock.read_text() == new
    assert not list(shared_repo.path.glob(".requirements*"))


def test_freeze_is_whole_after_a_kill(shared_repo: Repository, killed: Callable[..., None]) -> None:
    """`make freeze` cut off leaves a requirements.in and a lock that are whole; the next run keeps what was installed."""
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
    within = lasts(shared_repo, "freeze")
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


def test_a_proof_cut_off_leaves_the_one_before(
    shared_repo: Repository, killed: Callable[..., None]
) -> None:
    """proof.json is whole at any instant."""
    shared_repo.write(requirements__in="alpha\n").make("venv")
    within = lasts(shared_repo, "prove")
    for _ in range(3):
        killed("prove", within=within)
        assert json.loads((shared_repo.path / ".labcoat/proof.json").read_text())["equal"]
