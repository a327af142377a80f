"""A lock is for one Python, the one that the project names."""

from support import Repository
from support.messages import locking


def test_a_lock_for_another_python_is_stale(repo: Repository) -> None:
    """If a file names another Python, it is compiled again; else it stays."""
    repo.env["LABCOAT_PYTHON"] = "python3"
    repo.write(requirements__in="alpha\ngamma ; python_version >= '3.12'\n")
    (repo.path / ".python-version").write_text("3.11\n")
    repo.make("requirements")
    assert "gamma" not in (repo.path / "requirements.txt").read_text()
    (repo.path / ".python-version").write_text("3.12\n")
    assert locking.OTHER_PYTHON.format(lock="requirements.txt", old="3.11", new="3.12") in (
        repo.labcoat("lock", "--check", fails=True)
    )
    assert "stale    it is for Python 3.11" in repo.labcoat("status")
    repo.make("requirements")
    assert "gamma==3.0" in (repo.path / "requirements.txt").read_text()
    assert "locking" not in repo.make("requirements")
    (repo.path / ".python-version").unlink()
    repo.labcoat("lock", "--check")
