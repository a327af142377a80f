"""requirements.in → requirements.txt: pinned, hashed, kept, fresh by digest, and free of this machine."""

import re
import subprocess
from pathlib import Path

import pytest

from support import Index, Repository

LOCKERS = pytest.mark.parametrize("locker", ["pip-tools", "uv"])


def pins(repo: Repository, name: str = "requirements.txt") -> dict[str, str]:
    """The versions that a lock names."""
    return dict(re.findall(r"^(\S+?)==(\S+)", (repo.path / name).read_text(), re.MULTILINE))


@LOCKERS
def test_a_lock_has_every_file_s_hash_and_nothing_of_this_machine(repo: Repository, index: Index, locker: str) -> None:
    """Each release's hash is there; the index's address and any path are not."""
    repo.make("requirements", LABCOAT_LOCKER=locker)
    text = (repo.path / "requirements.txt").read_text()
    assert pins(repo) == {"alpha": "2.0", "beta": "1.5"}
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) == 2
    assert not re.search(r"127\.0\.0\.1|://|--index|--find-links|\.labcoat/", text)
    assert str(repo.path) not in text


@LOCKERS
def test_extra_indexes_and_folders_of_wheels_do_not_reach_a_lock(
    repo: Repository, index: Index, tmp_path: Path, locker: str
) -> None:
    """Settings of one person's machine that add packages change nothing."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "alpha-9.0-py3-none-any.whl").write_bytes(index.add("alpha", "2.0").read_bytes())
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nfind-links = {folder}\nextra-index-url = file://{folder}\n")
    settings = {"PIP_FIND_LINKS": str(folder), "UV_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": str(config)}
    repo.make("requirements", LABCOAT_LOCKER=locker, **settings)
    assert pins(repo)["alpha"] == "2.0"


@LOCKERS
def test_a_change_in_one_input_keeps_every_other_pin(repo: Repository, index: Index, locker: str) -> None:
    """A new requirement moves nothing; upgrade moves all, and PKG one."""
    repo.make("requirements", LABCOAT_LOCKER=locker)
    index.add("alpha", "3.0", ["beta>=1"])
    index.add("beta", "2.0")
    repo.write(requirements__in="alpha\ngamma\n").make("requirements", LABCOAT_LOCKER=locker)
    assert pins(repo) == {"alpha": "2.0", "beta": "1.5", "gamma": "3.0"}
    repo.make("upgrade", "PKG=beta", LABCOAT_LOCKER=locker)
    assert pins(repo) == {"alpha": "2.0", "beta": "2.0", "gamma": "3.0"}
    repo.make("upgrade", LABCOAT_LOCKER=locker)
    assert pins(repo) == {"alpha": "3.0", "beta": "2.0", "gamma": "3.0"}


@LOCKERS
def test_locks_follow_the_locks_they_are_constrained_by(repo: Repository, index: Index, locker: str) -> None:
    """A development lock with -c and -r lines is made after, and agrees with, the lock that it names."""
    repo.write(requirements__in="beta==1.0\n", requirements_dash_dev__in="-c requirements.txt\n-r more.in\n", more__in="alpha\n")
    repo.make("requirements", LABCOAT_LOCKER=locker)
    assert pins(repo, "requirements-dev.txt") == {"alpha": "2.0", "beta": "1.0"}
    repo.write(more__in="alpha<2\n").make("requirements", LABCOAT_LOCKER=locker)
    assert pins(repo, "requirements-dev.txt") == {"alpha": "1.0", "beta": "1.0"}


def test_freshness_needs_no_network(repo: Repository, index: Index) -> None:
    """`lock --check` tells a fresh lock from a stale one by digests alone, and changes nothing."""
    assert "has not been made" in repo.labcoat("lock", "--check", fails=True)
    repo.make("requirements")
    index.stop()
    asked = len(index.asked)
    repo.labcoat("lock", "--check")
    repo.write(requirements__in="alpha # still the same\n")
    before = repo.files()
    assert "requirements.txt is older than its inputs" in repo.labcoat("lock", "--check", fails=True)
    assert repo.files() == before
    assert len(index.asked) == asked


def test_a_checkout_with_other_line_endings_is_as_fresh(repo: Repository) -> None:
    """Git may check a file out with CRLF; what is asked for is the same."""
    repo.make("requirements")
    (repo.path / "requirements.in").write_bytes(b"alpha\r\n")
    repo.labcoat("lock", "--check")


def test_nothing_changed_means_nothing_done(repo: Repository, index: Index) -> None:
    """The second `make requirements` asks the index nothing and writes nothing."""
    repo.make("requirements")
    asked, before = len(index.asked), repo.files()
    repo.make("requirements")
    (repo.path / "requirements.in").touch()
    repo.make("requirements")
    assert (len(index.asked), repo.files()) == (asked, before)


@LOCKERS
@pytest.mark.parametrize(
    ("requirements", "said"),
    [
        pytest.param("nosuchpackage\n", "The package index has no package nosuchpackage", id="no such package"),
        pytest.param("alpha==7.5\n", "no version that fits alpha==7.5", id="no such version"),
        pytest.param("alpha==1.0\nalpha==2.0\n", "cannot be installed together", id="pins that conflict"),
        pytest.param("alpha\nbeta<1\n", "beta", id="a conflict with what alpha needs"),
        pytest.param("alpha beta gamma\n", "A line is no requirement", id="no requirement"),
        pytest.param("-r nowhere.in\n", "There is no nowhere.in", id="an include that is not there"),
    ],
)
def test_what_cannot_be_locked_is_said_and_the_lock_stays(repo: Repository, locker: str, requirements: str, said: str) -> None:
    """One line of what happened, one of what to do; the lock that was there is there."""
    repo.make("requirements")
    before = (repo.path / "requirements.txt").read_text()
    heard = repo.write(requirements__in=requirements).make("requirements", fails=True, LABCOAT_LOCKER=locker)
    message = heard[heard.index("labcoat: ") :].splitlines()
    assert said in message[0]
    assert message[1].startswith("  ")
    assert (repo.path / "requirements.txt").read_text() == before


@LOCKERS
def test_a_conflict_names_the_chain(repo: Repository, index: Index, locker: str) -> None:
    """Who asks for what is named, also where it is a package two steps away."""
    index.add("delta", "1.0", ["alpha==1.0"])
    heard = repo.write(requirements__in="delta\nalpha==2.0\n").make("requirements", fails=True, LABCOAT_LOCKER=locker)
    what = next(line for line in heard.splitlines() if line.startswith("labcoat: "))
    assert "delta" in what
    assert "alpha" in what


@LOCKERS
def test_an_index_that_cannot_be_reached_is_said(repo: Repository, index: Index, tmp_path: Path, locker: str) -> None:
    """Without the index nothing can be locked, and the lock stays."""
    repo.make("requirements")
    before = (repo.path / "requirements.txt").read_text()
    index.stop()
    cold = {"UV_CACHE_DIR": str(tmp_path / "c1"), "PIP_CACHE_DIR": str(tmp_path / "c2"), "PIP_RETRIES": "1"}
    heard = repo.write(requirements__in="gamma\n").make("requirements", fails=True, LABCOAT_LOCKER=locker, **cold)
    assert "The package index cannot be reached" in heard
    assert (repo.path / "requirements.txt").read_text() == before


@LOCKERS
def test_a_path_is_no_requirement_of_a_lock(repo: Repository, index: Index, locker: str) -> None:
    """A wheel of this machine cannot be locked, and the line is named."""
    file = (index.folder / "files/gamma-3.0-py3-none-any.whl").as_uri()
    heard = repo.write(requirements__in=f"gamma @ {file}\n").make("requirements", fails=True, LABCOAT_LOCKER=locker)
    assert "would hold something of this machine" in heard
    assert not (repo.path / "requirements.txt").exists()


def test_credentials_in_an_index_s_address_are_not_shown(repo: Repository, index: Index) -> None:
    """What is said, and what is logged, has no password in it."""
    address = index.url.replace("127.0.0.1", "user:hunter2@127.0.0.1")
    heard = repo.write(requirements__in="nosuch\n").make("requirements", fails=True, PIP_INDEX_URL=address)
    assert "hunter2" not in heard
    assert not [name for name, text in repo.files().items() if b"hunter2" in text]


def test_a_lock_that_was_removed_is_made_again(repo: Repository) -> None:
    """Make's own notes on what is fresh do not outlive the lock."""
    repo.make("venv")
    (repo.path / "requirements.txt").unlink()
    repo.make("venv")
    assert pins(repo) == {"alpha": "2.0", "beta": "1.5"}
    assert "Nothing to be done" in repo.make("venv")


def test_a_cooldown_that_is_no_number_is_named(repo: Repository) -> None:
    """LABCOAT_COOLDOWN is a number of days."""
    assert "LABCOAT_COOLDOWN is 'week'" in repo.make("requirements", fails=True, LABCOAT_COOLDOWN="week")


def test_utf16_is_named(repo: Repository) -> None:
    """What PowerShell writes for `pip freeze >` is recognised."""
    (repo.path / "requirements.in").write_bytes("alpha\n".encode("utf-16"))
    assert "requirements.in is not text in UTF-8" in repo.make("requirements", fails=True)


def test_two_at_once_end_well(repo: Repository) -> None:
    """Two runs at once make one whole lock."""
    runs = [
        subprocess.Popen(["make", "requirements"], cwd=repo.path, env=repo.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]
    said = [run.communicate()[0].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert pins(repo) == {"alpha": "2.0", "beta": "1.5"}
