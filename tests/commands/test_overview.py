"""`labcoat` without arguments shows the state of the repository and the next command."""

import pytest

from support import Repository
from support.messages import scaffold as messages


def next_line(repo: Repository) -> str:
    """Return the line that names the next command; nothing may be written."""
    before = set(repo.files())
    output = repo.labcoat()
    assert set(repo.files()) == before
    return next(line for line in output.splitlines() if line.startswith("Next: "))


def test_it_leads_from_nothing_to_a_program(repo: Repository) -> None:
    """Each step's command is named, with labcoat's name for a target of the project's."""
    text = (repo.path / "Makefile").read_text()
    (repo.path / "requirements.in").unlink()
    (repo.path / "Makefile").unlink()
    assert messages.NEXT_INIT in next_line(repo)
    repo.write(requirements__txt="alpha\n")
    assert "requirements.txt      other    not written by labcoat" in repo.labcoat()
    (repo.path / "requirements.txt").unlink()
    repo.write(Makefile=text)
    assert next_line(repo) == messages.NEXT_LIST
    repo.write(requirements__in="alpha\n")
    assert messages.NEXT_MAKE in next_line(repo)
    repo.write(Makefile=f"LABCOAT_OWN := venv\n{text}")
    assert "`make labcoat-venv`" in next_line(repo)
    repo.make("labcoat-venv")
    repo.write(train__py="")
    assert 'CMD="python train.py"' in next_line(repo)
    next(repo.path.glob(".venv/lib/*/site-packages")).joinpath("delta-1.dist-info").mkdir()
    assert "`make freeze` keeps" in next_line(repo)


@pytest.mark.parametrize("makefile", ["LABCOAT_VENV := env\n", "LABCOAT_VENV = $(shell echo x)\n"])
def test_settings_of_the_makefile_count(repo: Repository, makefile: str) -> None:
    """Those that are plain text: make is not run."""
    repo.write(Makefile=makefile + (repo.path / "Makefile").read_text())
    repo.labcoat()
    repo.write(Makefile="LABCOAT_LOCKER := nothing\n")
    assert "invalid LABCOAT_LOCKER" in repo.labcoat(fails=True)
