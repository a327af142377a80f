"""The virtual environment holds exactly the lock, or is unchanged."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labcoat.toolchain import installed_pythons
from support import BASE_PYTHON, INCLUDE, ONE_RETRY, Index, Repository
from support.messages import freeze, locking, proof, toolchain
from support.messages import levels as messages
from support.user_changes import install

INSTALLERS = pytest.mark.parametrize("installer", ["uv", "pip"])


@INSTALLERS
def test_it_holds_exactly_the_lock(repo: Repository, installer: str) -> None:
    """Its packages are installed at their locked versions, and no other package is."""
    repo.make("venv", LABCOAT_INSTALLER=installer)
    assert repo.python("import alpha, beta; print(alpha.version, beta.version)") == "2.0 1.5\n"
    listed = "from importlib.metadata import distributions as d; print(sorted(x.name for x in d()))"
    assert repo.python(listed) == "['alpha', 'beta']\n"


@INSTALLERS
def test_package_that_is_no_longer_locked_is_removed(repo: Repository, installer: str) -> None:
    """`make venv` names it."""
    repo.write(requirements__in="alpha\ngamma\n").make("venv", LABCOAT_INSTALLER=installer)
    output = repo.write(requirements__in="alpha\n").make("venv", LABCOAT_INSTALLER=installer)
    assert messages.REMOVING_UNLOCKED.format(package="gamma", version="3.0") in output
    assert not list(repo.path.glob(".venv/lib/*/site-packages/gamma*"))


def run_pip(repo: Repository, *words: str) -> None:
    """Run pip in the environment, as a user does."""
    subprocess.run(
        [repo.path / ".venv/bin/pip", *words], env=repo.env, check=True, capture_output=True
    )


def installed(repo: Repository) -> list[str]:
    """Return names and versions, from the names of the metadata directories."""
    return sorted(
        path.name.removesuffix(".dist-info")
        for path in repo.path.glob(".venv/lib/*/site-packages/*.dist-info")
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["uninstall", "-y", "beta"],
            messages.RESTORING.format(package="beta", version="1.5"),
        ),
        (
            ["install", "gamma"],
            messages.REMOVING_UNLOCKED.format(package="gamma", version="3.0")
            + f" ({messages.FREEZE_KEEPS})",
        ),
        (
            ["install", "alpha==1.0"],
            messages.REMOVING_MOVED.format(package="alpha", version="1.0", locked="2.0")
            + f" ({messages.FREEZE_KEEPS})",
        ),
    ],
    ids=["removed", "added", "moved"],
)
def test_drift_is_discarded_and_named(repo: Repository, words: list[str], expected: str) -> None:
    """After `make venv` the environment holds exactly the lock, and a second run does nothing."""
    repo.make("venv")
    run_pip(repo, *words)
    assert expected in repo.make("venv")
    assert installed(repo) == ["alpha-2.0", "beta-1.5"]
    assert "Nothing to be done" in repo.make("venv")


def test_missing_site_packages_are_recreated(repo: Repository) -> None:
    """`make run` does so too."""
    for goals in (["venv"], ["run", "CMD=alpha"]):
        repo.make("venv")
        shutil.rmtree(repo.path / ".venv/lib")
        assert freeze.NO_ENVIRONMENT in repo.make("freeze", fails=True)
        repo.make(*goals)
        assert installed(repo) == ["alpha-2.0", "beta-1.5"]


def test_run_keeps_unlocked_packages_and_names_them(repo: Repository) -> None:
    """Users can try packages after `pip install` and before `make freeze`, with own targets too."""
    repo.write(
        Makefile=(repo.path / "Makefile").read_text() + "mine: venv\n\t@$(LABCOAT_BIN)/gamma\n"
    ).make("venv")
    install(repo, "gamma", "alpha==1.0")
    for goals in (["run", "CMD=gamma"], ["run", "CMD=gamma"], ["mine"]):
        output = repo.make(*goals)
        changes = "added gamma, alpha 1.0 (locked 2.0)"
        assert messages.UNLOCKED.format(path=".venv", changes=changes) in output
        assert output.endswith("3.0\n")
    repo.make("freeze")
    assert messages.UNLOCKED_PACKAGES not in repo.make("run", "CMD=gamma")
    assert installed(repo) == ["alpha-1.0", "beta-1.5", "gamma-3.0"]


def test_new_lock_does_not_discard_unlocked_packages(repo: Repository) -> None:
    """If the environment must be recreated, `make run` fails until `make freeze` or `make venv`."""
    repo.make("venv")
    install(repo, "gamma")
    repo.write(requirements__in="alpha<2\n")
    output = repo.make("run", "CMD=alpha", fails=True)
    assert messages.MUST_BE_RECREATED.format(path=".venv", changes="added gamma\n") in output
    assert "make freeze" in output
    assert installed(repo) == ["alpha-2.0", "beta-1.5", "gamma-3.0"]
    repo.make("freeze")
    assert repo.make("run", "CMD=alpha").endswith("1.0\n")
    assert installed(repo) == ["alpha-1.0", "beta-1.5", "gamma-3.0"]


def test_byte_code_of_an_import_changes_nothing(repo: Repository) -> None:
    """After a top-level module was compiled, `make venv` does nothing."""
    repo.make("venv")
    repo.python("import alpha")
    assert list(repo.path.glob(".venv/lib/*/site-packages/__pycache__/alpha*"))
    assert "Nothing to be done" in repo.make("venv")


def test_both_installers_give_the_same_files(repo: Repository) -> None:
    """Except for what installers write about themselves, uv and pip install the same bytes."""
    found = {}
    for installer in ("uv", "pip"):
        repo.make("venv", LABCOAT_INSTALLER=installer)
        site = next(repo.path.glob(".venv/lib/*/site-packages"))
        own = {"INSTALLER", "REQUESTED", "RECORD", "_virtualenv.py", "_virtualenv.pth"}
        files = (
            path
            for path in site.rglob("*")
            if path.is_file() and path.suffix != ".pyc" and path.name not in own
        )
        found[installer] = {str(path.relative_to(site)): path.read_bytes() for path in files}
    assert found["uv"] == found["pip"]
    assert len(found["uv"]) > 4


def test_again_recreates_it_with_the_makefiles_settings(repo: Repository) -> None:
    """`make venv AGAIN=1` does so, as prove says; a variable AGAIN in the shell is ignored."""
    repo.write(Makefile="LABCOAT_VENV := env\n" + (repo.path / "Makefile").read_text()).make("venv")
    site = next(repo.path.glob("env/lib/*/site-packages"))
    (site / "alpha.py").unlink()
    output = repo.make("prove", fails=True, LABCOAT_DOCKER="no-such-docker")
    assert proof.FIX.format(level="venv", command="make venv AGAIN=1") in output
    repo.make("venv", AGAIN="1")
    assert not (site / "alpha.py").exists()
    repo.make("venv", "AGAIN=1")
    assert (site / "alpha.py").exists()
    assert not (repo.path / ".venv").exists()
    assert "Nothing to be done" in repo.make("venv")


def test_command_line_keeps_development_packages(repo: Repository) -> None:
    """requirements-dev.in counts as it does with make: its packages stay and are not drift."""
    repo.write(requirements_dash_dev__in="-c requirements.txt\ngamma\n").make("venv")
    assert messages.REMOVING not in repo.labcoat("venv", "--again")
    assert installed(repo) == ["alpha-2.0", "beta-1.5", "gamma-3.0"]
    assert freeze.NOTHING in repo.labcoat("freeze")


def test_a_newer_time_with_the_same_digest_changes_nothing(repo: Repository) -> None:
    """Git sets the time of files at checkout; only the digest counts."""
    repo.make("venv")
    before = (repo.path / ".venv/pyvenv.cfg").stat().st_mtime_ns
    for name in ("requirements.in", "requirements.txt"):
        (repo.path / name).touch()
    repo.make("venv")
    assert (repo.path / ".venv/pyvenv.cfg").stat().st_mtime_ns == before
    assert "Nothing to be done" in repo.make("venv")


def test_wrong_hash_leaves_the_environment_unchanged(
    repo: Repository, index: Index, tmp_path: Path
) -> None:
    """A file that was replaced on the index is refused."""
    repo.make("venv")
    index.add("alpha", "2.0", ["beta"], {"alpha.py": "version = 'replaced'\n"})
    output = repo.make("venv", "AGAIN=1", fails=True, UV_CACHE_DIR=str(tmp_path / "cold"))
    assert toolchain.WRONG_HASH in output
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    assert not (repo.path / ".venv.before").exists()


def test_without_network_and_cache_the_environment_stays(
    repo: Repository, index: Index, tmp_path: Path
) -> None:
    """The error says that the index cannot be reached."""
    repo.make("venv")
    repo.write(requirements__in="alpha\ngamma\n").make("requirements")
    index.stop()
    output = repo.make("venv", fails=True, UV_CACHE_DIR=str(tmp_path / "cold"), **ONE_RETRY)
    assert toolchain.NO_INDEX in output
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"


def test_cache_is_enough_without_network(repo: Repository, index: Index, tmp_path: Path) -> None:
    """Packages that were installed once need no index, though cached index pages have expired."""
    repo.env["UV_CACHE_DIR"] = str(tmp_path / "uv")  # another test may have labcoat clean alpha
    repo.make("venv")
    index.stop()
    shutil.rmtree(repo.path / ".venv")
    repo.make("venv")
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"


def test_directory_of_a_killed_run_is_replaced(repo: Repository) -> None:
    """Without a pyvenv.cfg only labcoat's note tells it from a directory of the user's."""
    (repo.path / ".venv/bin").mkdir(parents=True)
    assert messages.NOT_A_VENV.format(path=".venv") in repo.make("venv", fails=True)
    (repo.path / ".labcoat/venv.making").write_text(str(repo.path / ".venv"))
    repo.make("venv")
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    assert not (repo.path / ".labcoat/venv.making").exists()


def test_environment_without_its_interpreter_is_recreated(repo: Repository) -> None:
    repo.make("venv")
    python = repo.path / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    repo.make("venv")
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"


def test_environment_in_a_moved_project_is_recreated(repo: Repository) -> None:
    """Its scripts contain its path."""
    repo.make("venv")
    moved = repo.path.with_name("moved ü")
    repo.path.rename(moved)
    repo.path = moved
    (moved / "Makefile").write_text((moved / "Makefile").read_text())
    repo.make("venv")
    assert (
        subprocess.run(
            [moved / ".venv/bin/alpha"], capture_output=True, text=True, check=True
        ).stdout
        == "2.0\n"
    )


def test_a_killed_run_is_repaired_by_the_next(repo: Repository) -> None:
    """A kill may leave a half created environment beside the old one."""
    repo.make("venv")
    venv = repo.path / ".venv"
    venv.rename(repo.path / ".venv.before")
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text("home = /nowhere\n")
    repo.make("venv")
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    assert not (repo.path / ".venv.before").exists()


def test_two_runs_at_once_create_one_environment(repo: Repository) -> None:
    repo.make("requirements")
    runs = [
        subprocess.Popen(
            ["make", "venv"],
            cwd=repo.path,
            env=repo.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(2)
    ]
    output = [run.communicate()[0].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], output
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"


def test_directory_that_is_not_an_environment_is_refused(repo: Repository) -> None:
    """LABCOAT_VENV may name a directory of the user's by mistake."""
    (repo.path / "data").mkdir()
    (repo.path / "data/precious").write_text("x")
    output = repo.make("venv", "LABCOAT_VENV=data", fails=True)
    assert messages.NOT_A_VENV.format(path="data") in output
    assert (repo.path / "data/precious").read_text() == "x"


@pytest.mark.parametrize(
    ("installer", "path"), [("uv", "../../../outside.txt"), ("pip", "/outside.txt")]
)
def test_a_wheel_with_files_outside_of_the_environment_is_refused(
    repo: Repository, index: Index, installer: str, path: str
) -> None:
    """uv would leave the file out and succeed; the second time it is refused too."""
    index.add("delta", "1.0", files={path: "x"})
    repo.write(requirements__in="delta\n").make("requirements")
    repo.env |= {"LABCOAT_INSTALLER": installer, "UV_CACHE_DIR": str(repo.path.parent / "uv")}
    for _ in range(2):
        expected = messages.OUTSIDE.format(wheel="delta-1.0-py3-none-any.whl")
        assert expected in repo.make("venv", fails=True)
    assert not (repo.path / ".venv").exists()


def test_a_link_to_another_disk_stays_a_link(repo: Repository, tmp_path: Path) -> None:
    """If .venv is a link to a larger disk, the environment is created and replaced there."""
    (repo.path / ".venv").symlink_to(tmp_path / "roomy")
    for requirement in ("alpha\n", "alpha\ngamma\n"):
        repo.write(requirements__in=requirement).make("venv")
        assert (repo.path / ".venv").is_symlink()
    assert repo.python("import alpha, gamma; print(gamma.version)") == "3.0\n"
    shutil.copytree(repo.path, tmp_path / "other", symlinks=True)
    assert messages.OF_ANOTHER.format(folder=".venv", place=repo.path / ".venv") in repo.make(
        "-C", str(tmp_path / "other"), "distclean"
    )
    assert f"removing .venv ({tmp_path / 'roomy'})" in repo.make("distclean")
    assert not (tmp_path / "roomy").exists()
    assert (repo.path / ".venv").is_symlink()


def test_a_lock_without_hashes_is_refused(repo: Repository) -> None:
    """A requirements.txt that pip freeze wrote is not a lock."""
    (repo.path / "requirements.in").unlink()
    repo.write(requirements__txt="alpha==2.0\n")
    assert messages.NO_HASHES.format(lock="requirements.txt") in repo.make("venv", fails=True)

    hashed = f"alpha==2.0 --hash=sha256:{'0' * 64}\nbeta==1.5\n"
    repo.write(requirements__txt=hashed)
    some = messages.NO_HASHES.format(lock="requirements.txt") + " for beta\n"
    assert some in repo.make("venv", fails=True)


def test_the_only_lock_of_a_variant_is_named(repo: Repository) -> None:
    """pylock.gpu.toml alone gives requirements-gpu.txt alone."""
    (repo.path / "requirements.in").unlink()
    (repo.path / "pylock.gpu.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n'
    )
    said = repo.make("venv", fails=True)
    assert "`make venv LABCOAT_VARIANT=gpu` installs `requirements-gpu.txt`" in said


def test_missing_requirements_are_named(repo: Repository) -> None:
    (repo.path / "requirements.in").unlink()
    assert locking.NO_INPUT in repo.make("venv", fails=True)


def test_python_version_that_is_not_installed_is_named(repo: Repository) -> None:
    repo.write(__python_dash_version="3.99\n")
    output = repo.make("venv", fails=True, LABCOAT_PYTHON="python3")
    assert toolchain.UNKNOWN_PYTHON.format(version="3.99", source=".python-version") in output


def other_minor() -> str:
    """Return another Python of this machine, such as `3.12`, or an empty string."""
    own = installed_pythons.own_interpreter().minor
    others = {one.minor for one in installed_pythons.list_installed()} & {"3.11", "3.12", "3.13"}
    return next(iter(sorted(others - {own})), "")


def test_python_version_names_the_minor(repo: Repository) -> None:
    """A new .python-version, or a removed one, recreates the environment with that Python."""
    other = other_minor()
    if not other:
        pytest.skip("this machine has only one Python")
    repo.make("venv", LABCOAT_PYTHON="python3")
    repo.write(__python_dash_version=f"{other}\n")
    repo.make("venv", LABCOAT_PYTHON="python3")
    assert repo.python("import sys; print('%d.%d' % sys.version_info[:2])") == f"{other}\n"
    (repo.path / ".python-version").unlink()
    repo.make("venv", LABCOAT_PYTHON="python3")
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert repo.python("import sys; print('%d.%d' % sys.version_info[:2])") == own + "\n"


def test_full_disk_leaves_the_environment_unchanged(
    repo: Repository, index: Index, tmp_path: Path
) -> None:
    """The new environment does not fit, and the old one is restored."""
    if (
        os.geteuid()
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=3m", "none", _folder(tmp_path)], check=False
        ).returncode
    ):
        pytest.skip("a small disk needs the right to mount one")
    try:
        repo.make("venv")
        shutil.move(repo.path, tmp_path / "disk")
        repo.path = tmp_path / "disk" / repo.path.name
        # A relative path would lead elsewhere now.
        (repo.path / "Makefile").write_text("include " + str(INCLUDE).replace(" ", "\\ ") + "\n")
        repo.make("venv")
        index.add("delta", "1.0", files={"delta_data.txt": "0123456789" * 400_000})
        repo.write(requirements__in="alpha\ndelta\n").make(
            "requirements", UV_CACHE_DIR=str(tmp_path / "cache")
        )
        output = repo.make(
            "venv", fails=True, UV_CACHE_DIR=str(tmp_path / "cache"), UV_LINK_MODE="copy"
        )
        assert toolchain.DISK_FULL in output
        assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    finally:
        subprocess.run(["umount", "-l", tmp_path / "disk"], check=True)


def _folder(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def test_run_passes_arguments_and_status_on(repo: Repository) -> None:
    """Arguments are passed unchanged, and the exit status is the program's."""
    repo.make("venv")
    output = repo.labcoat(
        "run",
        "--",
        "python",
        "-c",
        "import sys; print(sys.argv[1:]); sys.exit(7)",
        "a b",
        "ü",
        fails=True,
    )
    assert output == "['a b', 'ü']\n"


def test_run_without_environment_or_program_fails(repo: Repository) -> None:
    output = repo.labcoat("run", "--", "python", fails=True)
    assert messages.NO_VENV.format(path=".venv") in output
    for words in (["run"], ["run", "--in", "none"], ["run", "--in", "conda", "--"]):
        assert "no command to run" in repo.labcoat(*words, fails=True)
    repo.make("venv")
    assert "no program `nosuch`" in repo.labcoat("run", "--", "nosuch", fails=True)


@pytest.fixture(scope="module")
def other_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment as `python -m venv` makes it, which takes seconds: pip installs itself.

    It is in a folder with a space, as the repositories are, so that its programs begin alike.
    """
    folder = tmp_path_factory.mktemp("another tool") / "its environment"
    subprocess.run([BASE_PYTHON, "-m", "venv", folder], check=True)
    return folder


def copy_other_environment(other: Path, repo: Repository, *packages: str) -> None:
    """Make it the environment of `repo`, with packages of the index in it."""
    own = shutil.copytree(other, repo.path / ".venv", symlinks=True)
    for program in own.glob("bin/pip*"):
        program.write_text(program.read_text().replace(str(other), str(own)))
    run_pip(repo, "install", "-q", *packages)


def test_another_tools_environment_is_not_emptied(
    repo: Repository, other_environment: Path
) -> None:
    """labcoat stops and offers `make freeze`, after which nothing is lost; AGAIN=1 goes on."""
    copy_other_environment(other_environment, repo, "alpha==2.0", "gamma==3.0")
    before = installed(repo)
    for target in ("venv", "run"):
        output = repo.make(target, "CMD=true", fails=True)
        assert messages.FOREIGN.format(folder=".venv") in output
        assert messages.FREEZE_FIRST.format(freeze="freeze", level="venv") in output
        assert "not locked: added gamma\n" in output
    assert installed(repo) == before
    assert "gamma" in repo.make("freeze")
    repo.make("venv")
    assert {"alpha-2.0", "gamma-3.0"} <= set(installed(repo))
    assert (repo.path / ".venv/labcoat.json").exists()


def test_another_tools_environment_is_replaced_where_nothing_is_lost(
    repo: Repository, other_environment: Path
) -> None:
    """All that is in it is locked, or came with it."""
    copy_other_environment(other_environment, repo, "alpha==2.0")
    assert messages.FOREIGN.format(folder=".venv") not in repo.make("venv")
    install(repo, "gamma")
    repo.write(requirements__in="alpha<2\n")
    output = repo.make("run", "CMD=alpha", fails=True)
    changes = "added gamma\n"
    assert messages.MUST_BE_RECREATED.format(path=".venv", changes=changes) in output
    (repo.path / ".venv/labcoat.json").unlink()
    repo.make("venv", fails=True)
    assert "removing gamma 3.0" in repo.make("venv", "AGAIN=1")
