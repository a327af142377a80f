"""Status says how each level of isolation stands to the lock, and why."""

import shutil

import pytest

from support import Repository

NO_DOCKER = {"LABCOAT_DOCKER": "no-such-docker"}


def line(repo: Repository, name: str) -> str:
    """The words of one line of status."""
    found = [
        row
        for row in repo.labcoat("status", **NO_DOCKER).splitlines()
        if row.startswith(name + " ")
    ]
    return " ".join(found[0].split())


def test_nothing_made_is_missing(repo: Repository) -> None:
    """Before anything is made, each line says what makes it."""
    assert line(repo, "requirements.txt") == "requirements.txt missing run make requirements"
    assert line(repo, "venv") == "venv missing make venv makes it"
    assert line(repo, "conda") == "conda missing make conda makes it"
    assert line(repo, "docker") == "docker unknown command `no-such-docker` not found"


def test_a_project_that_asks_for_nothing_has_a_status(repo: Repository) -> None:
    """Without requirements.in the screen says what to write."""
    (repo.path / "requirements.in").unlink()
    assert (
        line(repo, "requirements.txt")
        == "requirements.txt missing write requirements.in, then run make requirements"
    )
    assert line(repo, "none") == "none unknown there is no requirements.txt"
    assert line(repo, "venv") == "venv missing make venv makes it"


def test_what_is_made_is_fresh_and_goes_stale(repo: Repository) -> None:
    """An edited input makes the lock stale, a new lock the environment."""
    repo.make("venv")
    assert line(repo, "requirements.txt") == "requirements.txt fresh"
    assert line(repo, "venv").startswith("venv fresh Python 3.")
    repo.write(requirements__in="alpha\ngamma\n")
    assert line(repo, "requirements.txt") == "requirements.txt stale requirements.in has changed"
    repo.make("requirements")
    assert "requirements.txt" in line(repo, "venv")
    assert line(repo, "venv").startswith("venv stale ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda site: shutil.rmtree(site / "beta-1.5.dist-info"), "removed beta"),
        (lambda site: (site / "delta-1.dist-info").mkdir(), "added delta"),
        (
            lambda site: (site / "alpha-2.0.dist-info").rename(site / "alpha-1.0.dist-info"),
            "alpha 1.0 (locked 2.0)",
        ),
    ],
    ids=["removed", "added", "moved"],
)
def test_what_was_changed_by_hand_is_named(repo: Repository, change: object, said: str) -> None:
    """Names and versions that are not the lock's are in the line."""
    repo.make("venv")
    change(next(repo.path.glob(".venv/lib/python*/site-packages")))  # type: ignore[operator]
    assert line(repo, "venv") == f"venv changed {said}"


def test_an_interpreter_that_is_gone_and_a_moved_folder_are_stale(repo: Repository) -> None:
    """What the next `make venv` would make anew is not called fresh."""
    repo.make("venv")
    moved = repo.path.with_name("moved")
    repo.path.rename(moved)
    repo.path = moved
    assert line(repo, "venv") == "venv stale the folder was moved"
    (moved / ".venv/bin/python").unlink()
    assert line(repo, "venv") == "venv stale its interpreter is gone"
