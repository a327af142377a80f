"""Projects on Python 3.8 to 3.15, whichever of them this machine has: lock to proof."""

import pytest

from labcoat.toolchain import installed_pythons
from labcoat.toolchain.python_choice import NEWEST, OLDEST
from support import Index, Repository

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
