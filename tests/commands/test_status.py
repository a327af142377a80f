"""status shows for each lock and level whether it is fresh, stale, missing or changed, and why."""

import shutil

import pytest

from support import Repository

NO_DOCKER = {"LABCOAT_DOCKER": "no-such-docker"}


def line(repo: Repository, name: str) -> str:
    """Return the words of one line of status."""
    found = [
        row
        for row in repo.labcoat("status", **NO_DOCKER).splitlines()
        if row.startswith(name + " ")
    ]
    return " ".join(found[0].split())


def test_everything_is_missing_at_first(repo: Repository) -> None:
    """Each line names the command that makes it."""
    assert line(repo, "requirements.txt") == "requirements.txt missing run make requirements"
    assert line(repo, "venv") == "venv missing run make venv"
    assert line(repo, "conda") == "conda missing run make conda"
    assert line(repo, "docker") == "docker unknown command `no-such-docker` not found"


def test_a_project_without_requirements_has_a_status(repo: Repository) -> None:
    """The line names the file to write."""
    (repo.path / "requirements.in").unlink()
    assert (
        line(repo, "requirements.txt")
        == "requirements.txt missing write requirements.in, then run make requirements"
    )
    assert line(repo, "none") == "none unknown requirements.txt does not exist"
    assert line(repo, "venv") == "venv missing run make venv"


def test_fresh_becomes_stale(repo: Repository) -> None:
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
def test_unlocked_changes_are_named(repo: Repository, change: object, said: str) -> None:
    """Names and versions that differ from the lock are in the line."""
    repo.make("venv")
    change(next(repo.path.glob(".venv/lib/python*/site-packages")))  # type: ignore[operator]
    assert line(repo, "venv") == f"venv changed {said}"


def test_a_missing_interpreter_and_a_moved_project_are_stale(repo: Repository) -> None:
    """What the next `make venv` would recreate is not called fresh."""
    repo.make("venv")
    moved = repo.path.with_name("moved")
    repo.path.rename(moved)
    repo.path = moved
    assert line(repo, "venv") == "venv stale its directory was moved"
    (moved / ".venv/bin/python").unlink()
    assert line(repo, "venv") == "venv stale its interpreter is missing"


def test_several_projects_are_shown(repo: Repository) -> None:
    """Each below its name, with the settings of its own Makefile; one that is invalid is named."""
    for name, makefile in (
        ("one", "LABCOAT_OWN := venv\n"),
        ("two", "LABCOAT_REQUIREMENTS := locks.txt\n"),
        ("three", "LABCOAT_LOCKER := nothing\n"),
    ):
        (repo.path / name).mkdir()
        (repo.path / name / "Makefile").write_text(makefile)
        (repo.path / name / "requirements.in").write_text("alpha\n")
    output = repo.labcoat("status", "one", "two", "three", **NO_DOCKER)
    first, second = output.partition("two:\n")[::2]
    assert "one:\n" in first
    assert "run make labcoat-venv" in first
    assert "locks.txt " in second
    assert "run make venv" in second
    assert "invalid LABCOAT_LOCKER" in output
    assert "is not a directory" in repo.labcoat("status", "one", "four", fails=True)
