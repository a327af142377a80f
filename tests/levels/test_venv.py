"""The virtual environment holds exactly the lock, or is as it was."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import BASE_PYTHON, INCLUDE, Index, Repository

INSTALLERS = pytest.mark.parametrize("installer", ["uv", "pip"])


@INSTALLERS
def test_it_holds_exactly_the_lock(repo: Repository, installer: str) -> None:
    """What the lock names is installed, at its version, and nothing else."""
    repo.make("venv", LABCOAT_INSTALLER=installer)
    assert repo.python("import alpha, beta; print(alpha.version, beta.version)") == "2.0 1.5\n"
    listed = "from importlib.metadata import distributions as d; print(sorted(x.name for x in d()))"
    assert repo.python(listed) == "['alpha', 'beta']\n"


@INSTALLERS
def test_what_no_lock_names_is_removed_and_named(repo: Repository, installer: str) -> None:
    """A package that is no longer asked for goes, as does one installed by hand, and both are named."""
    repo.write(requirements__in="alpha\ngamma\n").make("venv", LABCOAT_INSTALLER=installer)
    said = repo.write(requirements__in="alpha\n").make("venv", LABCOAT_INSTALLER=installer)
    assert "removing gamma 3.0" in said
    assert not list(repo.path.glob(".venv/lib/*/site-packages/gamma*"))


def by_hand(repo: Repository, *words: str) -> None:
    """What a person types: pip, in the environment."""
    subprocess.run(
        [repo.path / ".venv/bin/pip", *words], env=repo.env, check=True, capture_output=True
    )


def installed(repo: Repository) -> list[str]:
    """Names and versions, as the folders of metadata have them."""
    return sorted(
        path.name.removesuffix(".dist-info")
        for path in repo.path.glob(".venv/lib/*/site-packages/*.dist-info")
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["uninstall", "-y", "beta"], "bringing back beta 1.5"),
        (
            ["install", "gamma"],
            "removing gamma 3.0: no lock names it (make freeze would have kept it)",
        ),
        (
            ["install", "alpha==1.0"],
            "removing alpha 1.0: the lock says 2.0 (make freeze would have kept it)",
        ),
    ],
    ids=["removed", "added", "moved"],
)
def test_what_was_changed_by_hand_is_taken_back_and_named(
    repo: Repository, words: list[str], said: str
) -> None:
    """`make venv` makes it hold exactly the lock again, and has nothing to do afterwards."""
    repo.make("venv")
    by_hand(repo, *words)
    assert said in repo.make("venv")
    assert installed(repo) == ["alpha-2.0", "beta-1.5"]
    assert "Nothing to be done" in repo.make("venv")


def test_packages_that_are_gone_come_back(repo: Repository) -> None:
    """An environment without its folder of packages is made anew, by `make run` too."""
    for goals in (["venv"], ["run", "CMD=alpha"]):
        repo.make("venv")
        shutil.rmtree(repo.path / ".venv/lib")
        assert "no environment to freeze" in repo.make("freeze", fails=True)
        repo.make(*goals)
        assert installed(repo) == ["alpha-2.0", "beta-1.5"]


def test_a_run_leaves_what_was_changed_by_hand_and_names_it(repo: Repository) -> None:
    """Between `pip install` and `make freeze` one may try what one has, as often as one likes, with targets of one's own too."""
    repo.write(
        Makefile=(repo.path / "Makefile").read_text() + "mine: venv\n\t@$(LABCOAT_BIN)/gamma\n"
    ).make("venv")
    by_hand(repo, "install", "gamma", "alpha==1.0")
    for goals in (["run", "CMD=gamma"], ["run", "CMD=gamma"], ["mine"]):
        said = repo.make(*goals)
        assert (
            ".venv is left as it was changed by hand: added gamma, alpha 1.0 (locked 2.0)" in said
        )
        assert said.endswith("3.0\n")
    repo.make("freeze")
    assert "by hand" not in repo.make("run", "CMD=gamma")
    assert installed(repo) == ["alpha-1.0", "beta-1.5", "gamma-3.0"]


def test_a_new_lock_does_not_cost_what_was_installed_by_hand(repo: Repository) -> None:
    """Where the environment has to be made anew, a run stops before anything is lost, and `make freeze` and `make venv` go on."""
    repo.make("venv")
    by_hand(repo, "install", "gamma")
    repo.write(requirements__in="alpha<2\n")
    said = repo.make("run", "CMD=alpha", fails=True)
    assert ".venv has to be made anew, and was changed by hand: added gamma." in said
    assert "make freeze" in said
    assert installed(repo) == ["alpha-2.0", "beta-1.5", "gamma-3.0"]
    repo.make("freeze")
    assert repo.make("run", "CMD=alpha").endswith("1.0\n")
    assert installed(repo) == ["alpha-1.0", "beta-1.5", "gamma-3.0"]


def test_an_environment_of_somebody_s_own_is_not_lost_unnamed(repo: Repository) -> None:
    """Where labcoat did not make .venv, a run leaves it, and `make venv` names what goes; what the lock says is no loss."""
    subprocess.run([BASE_PYTHON, "-m", "venv", repo.path / ".venv"], check=True)
    by_hand(repo, "install", "gamma", "beta==1.5")
    before = installed(repo)
    assert "was changed by hand: added gamma." in repo.make("run", "CMD=alpha", fails=True)
    assert installed(repo) == before
    said = repo.make("venv")
    assert "removing gamma 3.0: no lock names it" in said
    assert said.count("removing") == 1
    assert installed(repo) == ["alpha-2.0", "beta-1.5"]


def test_what_an_import_writes_is_no_change(repo: Repository) -> None:
    """Byte code of a module at the top of site-packages does not make `make venv` look again."""
    repo.make("venv")
    repo.python("import alpha")
    assert list(repo.path.glob(".venv/lib/*/site-packages/__pycache__/alpha*"))
    assert "Nothing to be done" in repo.make("venv")


def test_both_installers_give_the_same_files(repo: Repository) -> None:
    """But for what installers write about themselves, uv and pip install the same bytes."""
    held = {}
    for installer in ("uv", "pip"):
        repo.make("venv", LABCOAT_INSTALLER=installer)
        site = next(repo.path.glob(".venv/lib/*/site-packages"))
        own = {"INSTALLER", "REQUESTED", "RECORD", "_virtualenv.py", "_virtualenv.pth"}
        files = (
            path
            for path in site.rglob("*")
            if path.is_file() and path.suffix != ".pyc" and path.name not in own
        )
        held[installer] = {str(path.relative_to(site)): path.read_bytes() for path in files}
    assert held["uv"] == held["pip"]
    assert len(held["uv"]) > 4


def test_again_makes_it_anew_under_the_makefile_s_settings(repo: Repository) -> None:
    """`make venv AGAIN=1` does, as the proof says, though nothing has changed; AGAIN of the environment is somebody else's."""
    repo.write(Makefile="LABCOAT_VENV := env\n" + (repo.path / "Makefile").read_text()).make("venv")
    site = next(repo.path.glob("env/lib/*/site-packages"))
    (site / "alpha.py").unlink()
    assert "make venv AGAIN=1 makes venv anew" in repo.make(
        "prove", fails=True, LABCOAT_DOCKER="no-such-docker"
    )
    repo.make("venv", AGAIN="1")
    assert not (site / "alpha.py").exists()
    repo.make("venv", "AGAIN=1")
    assert (site / "alpha.py").exists()
    assert not (repo.path / ".venv").exists()
    assert "Nothing to be done" in repo.make("venv")


def test_the_command_line_keeps_what_development_needs(repo: Repository) -> None:
    """Without make, requirements-dev.in counts as it does with it: its packages stay, and are nothing to freeze."""
    repo.write(requirements_dash_dev__in="-c requirements.txt\ngamma\n").make("venv")
    assert "removing" not in repo.labcoat("venv", "--again")
    assert installed(repo) == ["alpha-2.0", "beta-1.5", "gamma-3.0"]
    assert "nothing to freeze" in repo.labcoat("freeze")


def test_a_newer_time_with_the_same_digest_changes_nothing(repo: Repository) -> None:
    """Git gives files any time at checkout; only the digest counts."""
    repo.make("venv")
    before = (repo.path / ".venv/pyvenv.cfg").stat().st_mtime_ns
    for name in ("requirements.in", "requirements.txt"):
        (repo.path / name).touch()
    repo.make("venv")
    assert (repo.path / ".venv/pyvenv.cfg").stat().st_mtime_ns == before
    assert "Nothing to be done" in repo.make("venv")


def test_a_hash_that_does_not_match_leaves_the_environment(repo: Repository) -> None:
    """A lock that was tampered with is refused, and the environment goes on working."""
    repo.make("venv")
    lock = repo.path / "requirements.txt"
    text = lock.read_text().replace("alpha==2.0", "alpha==1.0")
    lock.write_text(text)
    said = repo.make("venv", fails=True)
    assert "is not the one that was locked" in said
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    assert not (repo.path / ".venv.before").exists()


def test_no_network_and_a_cold_cache_is_said_and_leaves_the_environment(
    repo: Repository, index: Index, tmp_path: Path
) -> None:
    """Without the index and without a cache nothing can be installed, and nothing is lost."""
    repo.make("venv")
    repo.write(requirements__in="alpha\ngamma\n").make("requirements")
    index.stop()
    said = repo.make("venv", fails=True, UV_CACHE_DIR=str(tmp_path / "cold"))
    assert "The package index cannot be reached" in said
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"


def test_no_network_and_a_warm_cache_is_enough(repo: Repository, index: Index) -> None:
    """What was installed once is installed again without a network, though what the cache knows of the index is out of date."""
    repo.make("venv")
    index.stop()
    shutil.rmtree(repo.path / ".venv")
    repo.make("venv")
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"


def test_a_folder_that_a_kill_left_is_replaced_and_another_is_not(repo: Repository) -> None:
    """Killed before there is a pyvenv.cfg, a run leaves what looks like anybody's folder; a note says whose it is."""
    (repo.path / ".venv/bin").mkdir(parents=True)
    assert "is no virtual environment" in repo.make("venv", fails=True)
    (repo.path / ".labcoat/venv.making").write_text(str(repo.path / ".venv"))
    repo.make("venv")
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    assert not (repo.path / ".labcoat/venv.making").exists()


def test_an_interpreter_that_is_gone_means_a_new_environment(repo: Repository) -> None:
    """An environment whose Python was removed is made again, without anybody's asking."""
    repo.make("venv")
    python = repo.path / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    repo.make("venv")
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"


def test_a_moved_folder_means_a_new_environment(repo: Repository) -> None:
    """An environment's scripts hold its path; where the folder was moved or copied, it is made anew."""
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
    """What a kill leaves, an environment half made with the old one aside, becomes a whole one."""
    repo.make("venv")
    venv = repo.path / ".venv"
    venv.rename(repo.path / ".venv.before")
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text("home = /nowhere\n")
    repo.make("venv")
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    assert not (repo.path / ".venv.before").exists()


def test_two_at_once_make_one(repo: Repository) -> None:
    """Two runs at once end well, with one whole environment."""
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
    said = [run.communicate()[0].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"


def test_a_folder_that_is_no_environment_is_not_touched(repo: Repository) -> None:
    """LABCOAT_VENV that names somebody's folder is refused, and the folder stays."""
    (repo.path / "data").mkdir()
    (repo.path / "data/precious").write_text("x")
    said = repo.make("venv", "LABCOAT_VENV=data", fails=True)
    assert "is no virtual environment" in said
    assert (repo.path / "data/precious").read_text() == "x"


def test_a_link_to_another_disk_stays_a_link(repo: Repository, tmp_path: Path) -> None:
    """Where .venv is a link to a roomier place, the environment is made and replaced there."""
    (repo.path / ".venv").symlink_to(tmp_path / "roomy")
    for requirement in ("alpha\n", "alpha\ngamma\n"):
        repo.write(requirements__in=requirement).make("venv")
        assert (repo.path / ".venv").is_symlink()
    assert repo.python("import alpha, gamma; print(gamma.version)") == "3.0\n"


def test_a_lock_without_hashes_is_refused(repo: Repository) -> None:
    """A requirements.txt of pip freeze's kind is not installed as if it were a lock."""
    (repo.path / "requirements.in").unlink()
    repo.write(requirements__txt="alpha==2.0\n")
    assert "requirements.txt has no hashes" in repo.make("venv", fails=True)


def test_no_requirements_at_all_is_said(repo: Repository) -> None:
    """A repository that asks for nothing is told what to write."""
    (repo.path / "requirements.in").unlink()
    assert "There is no requirements.in here" in repo.make("venv", fails=True)


def test_a_python_version_that_is_not_there_is_named(repo: Repository) -> None:
    """.python-version is honoured, and where this machine has no such Python, that is said."""
    repo.write(__python_dash_version="3.99\n")
    said = repo.make("venv", fails=True, LABCOAT_PYTHON="python3")
    assert "There is no Python 3.99 on this machine" in said


def other_minor() -> str:
    """Another Python of this machine, as `3.12`; empty where there is none."""
    names = [f"3.{minor}" for minor in (11, 12, 13) if minor != sys.version_info.minor]
    there = [
        (name, shutil.which(f"python{name}", path=folder))
        for folder in os.get_exec_path()
        for name in names
    ]
    # A shim is there for a Python that it then does not find.
    return next(
        (
            name
            for name, path in there
            if path and not subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL)
        ),
        "",
    )


@pytest.mark.skipif(not other_minor(), reason="this machine has one Python only")
def test_python_version_names_the_minor(repo: Repository) -> None:
    """A .python-version that appears makes the environment anew with that Python, and so does one that goes."""
    repo.make("venv", LABCOAT_PYTHON="python3")
    repo.write(__python_dash_version=other_minor() + "\n")
    repo.make("venv", LABCOAT_PYTHON="python3")
    assert repo.python("import sys; print('%d.%d' % sys.version_info[:2])") == other_minor() + "\n"
    (repo.path / ".python-version").unlink()
    repo.make("venv", LABCOAT_PYTHON="python3")
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert repo.python("import sys; print('%d.%d' % sys.version_info[:2])") == own + "\n"


def test_a_full_disk_is_said_and_leaves_the_environment(
    repo: Repository, index: Index, tmp_path: Path
) -> None:
    """Where the new environment does not fit, the old one comes back."""
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
        said = repo.make(
            "venv", fails=True, UV_CACHE_DIR=str(tmp_path / "cache"), UV_LINK_MODE="copy"
        )
        assert "The disk is full" in said
        assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    finally:
        subprocess.run(["umount", "-l", tmp_path / "disk"], check=True)


def _folder(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def test_run_passes_arguments_and_status_on(repo: Repository) -> None:
    """A program runs with its arguments as they are, and its exit status is the command's."""
    repo.make("venv")
    said = repo.labcoat(
        "run",
        "--",
        "python",
        "-c",
        "import sys; print(sys.argv[1:]); sys.exit(7)",
        "a b",
        "ü",
        fails=True,
    )
    assert said == "['a b', 'ü']\n"


def test_run_without_an_environment_or_a_program_says_so(repo: Repository) -> None:
    """What cannot be run is named."""
    assert "There is no virtual environment" in repo.labcoat("run", "--", "python", fails=True)
    for words in (["run"], ["run", "--in", "none"], ["run", "--in", "conda", "--"]):
        assert "There is no command to run" in repo.labcoat(*words, fails=True)
    repo.make("venv")
    assert "There is no program 'nosuch'" in repo.labcoat("run", "--", "nosuch", fails=True)
