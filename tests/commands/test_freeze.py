"""freeze adds installed packages to requirements.in and the lock, at the versions in use."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from labcoat.inventory.environment_changes import find_changes
from labcoat.inventory.inventory import Distribution
from labcoat.locking.requirements_edit import add_requirements, remove_requirements
from labcoat.locking.requirements_file import requirement_names
from support import ONE_RETRY, SUPPORT, Index, Repository
from support.messages import freeze as messages
from support.user_changes import install, uninstall


def run_pip(repo: Repository, *words: str) -> None:
    """Run the environment's pip."""
    subprocess.run([repo.path / ".venv/bin/pip", *words], env=repo.env, check=True)


def lines(repo: Repository, name: str) -> list[str]:
    """Return the lines of a requirements file that name a package, without continuations."""
    text = (repo.path / name).read_text()
    return [line.split(" \\")[0] for line in text.splitlines() if line[:1].isalpha()]


def test_an_installed_package_is_added_at_its_version(repo: Repository, index: Index) -> None:
    """Requested packages are added, dependencies only locked, at the versions in use."""
    repo.write(requirements__in="gamma\n").make("venv")
    run_pip(repo, "install", "-q", "alpha==1.0", "beta==1.0")
    said = repo.make("freeze")
    assert messages.ADDED.format(release="alpha 1.0") in said
    assert lines(repo, "requirements.in") == ["gamma", "alpha", "beta"]
    assert lines(repo, "requirements.txt") == ["alpha==1.0", "beta==1.0", "gamma==3.0"]


def test_a_dependency_is_locked_but_not_requested(repo: Repository) -> None:
    """A dependency that pip installed is locked, and is not written into requirements.in."""
    repo.write(requirements__in="gamma\n").make("venv")
    run_pip(repo, "install", "-q", "alpha")
    repo.make("freeze")
    assert lines(repo, "requirements.in") == ["gamma", "alpha"]
    assert lines(repo, "requirements.txt") == ["alpha==2.0", "beta==1.5", "gamma==3.0"]


def test_a_changed_version_is_locked(repo: Repository) -> None:
    """A locked package at another version is locked at that version."""
    repo.make("venv")
    install(repo, "alpha==1.0")
    assert messages.MOVED.format(release="alpha 1.0") in repo.make("freeze")
    assert "alpha==1.0" in lines(repo, "requirements.txt")


def test_venv_after_freeze_changes_nothing(repo: Repository) -> None:
    """`make venv` after `make freeze` keeps what was frozen."""
    repo.write(requirements__in="gamma\n").make("venv")
    install(repo, "alpha==1.0")
    repo.make("freeze")
    repo.make("venv")
    assert repo.python("import alpha, gamma; print(alpha.version, gamma.version)") == "1.0 3.0\n"
    assert messages.NOTHING in repo.make("freeze")


def test_a_package_from_a_path_is_named_and_left_out(repo: Repository, index: Index) -> None:
    """A wheel from a directory is named, and its origin is not guessed."""
    repo.write(requirements__in="gamma\n").make("venv")
    run_pip(repo, "install", "-q", str(index.folder / "files/beta-1.0-py3-none-any.whl"))
    before = {name: text for name, text in repo.files().items() if "requirements" in name}
    said = repo.make("freeze")
    assert messages.NOT_FROM_INDEX.format(release="beta 1.0", source="file://") in said
    assert {name: text for name, text in repo.files().items() if "requirements" in name} == before


def test_a_failed_freeze_changes_nothing(repo: Repository, index: Index, tmp_path: Path) -> None:
    """If the lock cannot be resolved, requirements.in stays as it was."""
    repo.write(requirements__in="gamma\n").make("venv")
    install(repo, "alpha")
    index.stop()
    repo.make("freeze", fails=True, UV_CACHE_DIR=str(tmp_path / "cold"), **ONE_RETRY)
    assert (repo.path / "requirements.in").read_text() == "gamma\n"


def test_included_files_are_updated(repo: Repository, index: Index) -> None:
    """Requirements in files included with -r are found, updated and removed; -c files stay."""
    index.add("delta", "1.0")
    repo.write(
        base__in="alpha==2.0\ngamma\n",
        limits__txt="beta<2\ngamma<4\n",
        requirements__in="-r base.in\n-c limits.txt\n",
    )
    repo.make("venv")
    install(repo, "alpha==1.0", "delta")
    uninstall(repo, "gamma")
    said = repo.make("freeze")
    assert messages.MOVED.format(release="alpha 1.0") in said
    assert messages.REMOVED.format(release="gamma 3.0") in said
    assert (repo.path / "base.in").read_text() == "alpha==1.0\n"
    assert (repo.path / "limits.txt").read_text() == "beta<2\ngamma<4\n"
    assert (repo.path / "requirements.in").read_text() == "-r base.in\n-c limits.txt\ndelta\n"
    assert lines(repo, "requirements.txt") == ["alpha==1.0", "beta==1.5", "delta==1.0"]


def test_an_included_lock_is_not_an_input(repo: Repository) -> None:
    """`-r requirements.txt` in requirements-dev.in names a generated file."""
    repo.write(
        requirements__in="alpha\n", requirements_dash_dev__in="-r requirements.txt\ngamma\n"
    ).make("venv")
    install(repo, "alpha==1.0")
    repo.make("freeze")
    repo.make("venv")
    assert repo.python("import alpha, gamma; print(alpha.version, gamma.version)") == "1.0 3.0\n"
    assert (repo.path / "requirements-dev.in").read_text() == "-r requirements.txt\ngamma\n"


@pytest.mark.parametrize("locker", ["uv", "pip-tools"])
def test_bom_and_crlf_are_kept(repo: Repository, index: Index, locker: str) -> None:
    """A byte order mark hides no first line; the mark and the line ends stay."""
    index.add("delta", "1.0")
    (repo.path / "requirements.in").write_bytes(b"\xef\xbb\xbfgamma\r\nalpha\r\nbeta==1.5\r\n")
    repo.env["LABCOAT_LOCKER"] = locker
    repo.make("venv")
    uninstall(repo, "gamma")
    install(repo, "delta", "beta==1.0")
    assert messages.REMOVED.format(release="gamma 3.0") in repo.make("freeze")
    assert (
        repo.path / "requirements.in"
    ).read_bytes() == b"\xef\xbb\xbfalpha\r\nbeta==1.0\r\ndelta\r\n"
    assert lines(repo, "requirements.txt") == ["alpha==2.0", "beta==1.0", "delta==1.0"]


def test_an_input_in_utf_16_stays_in_utf_16(repo: Repository) -> None:
    """What PowerShell writes by default is edited in its own encoding."""
    (repo.path / "requirements.in").write_bytes("alpha\r\n".encode("utf-16"))
    repo.make("venv")
    install(repo, "gamma")
    repo.make("freeze")
    data = (repo.path / "requirements.in").read_bytes()
    assert data == "alpha\r\ngamma\r\n".encode("utf-16")


def test_without_an_environment_freeze_fails(repo: Repository) -> None:
    """The hint gives the order of the commands."""
    assert f"{messages.NO_ENVIRONMENT} at IN=venv" in repo.make("freeze", fails=True)


def test_a_pin_in_the_input_is_updated() -> None:
    """`name==old` becomes `name==new`; comments, extras, markers and other lines stay."""
    before = "# mine\nNum_Py[x]==1.0 ; python_version > '3'  # why\nother>=2\n-r more.in"
    after = "# mine\nNum_Py[x]==2.0 ; python_version > '3'  # why\nother>=2\n-r more.in\nnew\n"
    assert add_requirements(before, ["new"], {"num-py": "2.0", "other": "9"}) == after


def test_an_uninstalled_package_leaves_input_and_lock(repo: Repository) -> None:
    """A requested package that is gone is removed from both."""
    repo.write(requirements__in="# why\nalpha\ngamma  # mine\n").make("venv")
    run_pip(repo, "uninstall", "-q", "-y", "gamma")
    assert messages.REMOVED.format(release="gamma 3.0") in repo.make("freeze")
    assert (repo.path / "requirements.in").read_text() == "# why\nalpha\n"
    assert lines(repo, "requirements.txt") == ["alpha==2.0", "beta==1.5"]


def test_an_uninstalled_dependency_stays_locked(repo: Repository) -> None:
    """A dependency that was uninstalled is named, and stays in the lock."""
    repo.make("venv")
    uninstall(repo, "beta")
    assert messages.MISSING.format(package="beta") in repo.make("freeze")
    assert lines(repo, "requirements.txt") == ["alpha==2.0", "beta==1.5"]


def test_a_dry_run_changes_nothing(repo: Repository) -> None:
    """It prints the same lines, and every file stays as it was."""
    repo.make("venv")
    install(repo, "gamma", "alpha==1.0")
    before = repo.files()
    said = repo.labcoat("freeze", "--dry-run")
    assert messages.WOULD_ADD.format(release="gamma 3.0") in said
    assert messages.WOULD_MOVE.format(release="alpha 1.0", version="2.0") in said
    assert repo.files() == before


def test_a_version_that_the_input_forbids_is_named(repo: Repository) -> None:
    """It cannot be locked, and nothing changes."""
    repo.write(requirements__in="alpha>=2\n").make("venv")
    install(repo, "alpha==1.0")
    before = {name: text for name, text in repo.files().items() if "requirements" in name}
    assert messages.OTHER_VERSION.format(release="alpha 1.0", version="2.0") in repo.make(
        "freeze", fails=True
    )
    assert {name: text for name, text in repo.files().items() if "requirements" in name} == before


def test_the_new_lock_equals_the_environment(repo: Repository) -> None:
    """Added, moved and removed at once: the new lock reproduces the environment, file by file."""
    repo.write(requirements__in="alpha\ngamma\n").make("venv")
    install(repo, "alpha==1.0", "beta==1.0")
    uninstall(repo, "gamma")
    repo.make("freeze")
    repo.labcoat("prove", LABCOAT_DOCKER="no-such-docker")


def test_a_lock_newer_than_the_environment_is_kept(repo: Repository, index: Index) -> None:
    """Changes to the locks since `make venv` are not undone by freezing."""
    repo.write(requirements__in="alpha==1.0\nbeta==1.0\n").make("venv")
    repo.write(requirements__in="alpha==2.0\ngamma\n").make("requirements")
    assert messages.NOTHING in repo.make("freeze")
    index.add("delta", "1.0")
    install(repo, "delta")
    said = repo.make("freeze")
    assert messages.ADDED.format(release="delta 1.0") in said
    assert (repo.path / "requirements.in").read_text() == "alpha==2.0\ngamma\ndelta\n"
    assert lines(repo, "requirements.txt") == [
        "alpha==2.0",
        "beta==1.0",
        "delta==1.0",
        "gamma==3.0",
    ]


def test_another_variants_lock_gets_only_the_changes(repo: Repository) -> None:
    """With LABCOAT_VARIANT, only packages that were changed in the environment move."""
    repo.write(requirements_dash_old__in="alpha<2\n").make("venv")
    repo.make("requirements")
    install(repo, "gamma")
    said = repo.make("freeze", "LABCOAT_VARIANT=old")
    assert messages.ADDED.format(release="gamma 3.0") in said
    assert lines(repo, "requirements-old.txt") == ["alpha==1.0", "beta==1.5", "gamma==3.0"]
    assert lines(repo, "requirements.txt") == ["alpha==2.0", "beta==1.5"]


@pytest.mark.parametrize(
    ("made_of", "locked", "moved", "removed"),
    [
        pytest.param({"alpha": "1.0"}, {"alpha": "2.0"}, (), (), id="the lock has moved"),
        pytest.param(
            {"alpha": "0.9"},
            {"alpha": "2.0"},
            ("alpha",),
            (),
            id="somebody has moved it, and the lock",
        ),
        pytest.param({"alpha": "0.9"}, {"alpha": "1.0"}, (), (), id="both moved to the same"),
        pytest.param(
            {"alpha": "1.0"}, {"alpha": "1.0", "beta": "1.0"}, (), (), id="the lock has one more"
        ),
        pytest.param(
            {"alpha": "1.0", "beta": "1.0"},
            {"alpha": "1.0", "beta": "1.0"},
            (),
            ("beta",),
            id="somebody removed it",
        ),
        pytest.param(
            {"alpha": "1.0", "beta": "1.0"},
            {"alpha": "1.0"},
            (),
            (),
            id="somebody removed it, and the lock",
        ),
        pytest.param({}, {"alpha": "1.0", "beta": "1.0"}, (), (), id="labcoat did not make it"),
    ],
)
def test_drift_is_distinguished_from_lock_changes(
    made_of: dict[str, str],
    locked: dict[str, str],
    moved: tuple[str, ...],
    removed: tuple[str, ...],
) -> None:
    """A package counts only if it differs from both what was installed and the lock."""
    alpha = Distribution("alpha", "1.0", requested=True, origin="", requires=frozenset())
    found = find_changes([alpha], locked, frozenset({"alpha", "beta"}), created_from=made_of)
    assert tuple(one.name for one in found.moved) == moved
    assert found.removed == removed
    assert not found.requested


@pytest.mark.parametrize(
    ("words", "origin"),
    [
        (["-e", "{path}"], r"file://\S+/mine \(editable\)"),
        (["{path}"], r"file://\S+/mine"),
    ],
    ids=["editable", "folder"],
)
def test_a_package_from_outside_is_named(repo: Repository, words: list[str], origin: str) -> None:
    """With its origin; other installed packages are kept."""
    (repo.path / "mine").mkdir()
    (repo.path / "mine/pyproject.toml").write_text(
        '[project]\nname = "mine"\nversion = "0.1"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    shutil.copy(SUPPORT / "backend.py", repo.path / "mine/backend.py")
    repo.make("venv")
    repo.env["PYTHONPATH"] = str(SUPPORT.parent)
    mine = (repo.path / "mine").rename(repo.path.with_name("mine"))
    pip = ["install", "-q", "--no-build-isolation"]
    run_pip(repo, *pip, *(word.format(path=mine) for word in words))
    install(repo, "gamma")
    frozen = repo.make("freeze")
    assert re.search(rf"mine 0\.1 is not added: it comes from {origin}, ", frozen)
    assert messages.ADDED.format(release="gamma 3.0") in frozen
    assert (repo.path / "requirements.in").read_text() == "alpha\ngamma\n"


def test_packages_of_conda_itself_are_left_out() -> None:
    """Packages that conda put into a labcoat environment stay out of the lock."""
    numpy = Distribution(
        "numpy", "2.0", requested=False, origin="", requires=frozenset(), installer="conda"
    )
    pip = Distribution(
        "pip", "26", requested=False, origin="", requires=frozenset(), installer="conda"
    )
    assert not find_changes([numpy, pip], {}, builtin=frozenset({"numpy", "pip"}))
    assert find_changes([numpy, pip], {}).requested == (numpy,)


def test_names_and_lines_of_an_input() -> None:
    """Comments, options and blank lines name no package; removing one removes only its line."""
    text = "# alpha\n-r more.in\n\nNum_Py[x]>=1  # why\nbeta\n"
    assert requirement_names(text) == {"num-py", "beta"}
    assert remove_requirements(text, ["num-py"]) == "# alpha\n-r more.in\n\nbeta\n"
