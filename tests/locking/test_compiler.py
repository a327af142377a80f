"""requirements.in → requirements.txt: pinned, hashed, up to date by digest, machine-independent."""

import re
import subprocess
from pathlib import Path

import pytest

from support import ONE_RETRY, Index, Repository
from support.messages import locking, sources, toolchain

LOCKERS = pytest.mark.parametrize("locker", ["pip-tools", "uv"])
COMMENTED = "# --find-links x\n-r more.in  # -f x\n"


def pins(repo: Repository, name: str = "requirements.txt") -> dict[str, str]:
    """The versions that a lock names."""
    return dict(re.findall(r"^(\S+?)==(\S+)", (repo.path / name).read_text(), re.MULTILINE))


@LOCKERS
def test_a_lock_has_all_hashes_and_nothing_of_this_machine(
    repo: Repository, index: Index, locker: str
) -> None:
    """Each release's hash is there; the index's address and any path are not."""
    repo.make("requirements", LABCOAT_LOCKER=locker)
    text = (repo.path / "requirements.txt").read_text()
    assert pins(repo) == {"alpha": "2.0", "beta": "1.5"}
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) == 2
    assert not re.search(r"127\.0\.0\.1|://|--index|--find-links|\.labcoat/", text)
    assert str(repo.path) not in text


@LOCKERS
def test_extra_indexes_and_wheel_directories_do_not_affect_a_lock(
    repo: Repository, index: Index, tmp_path: Path, locker: str
) -> None:
    """Settings of one machine that add packages are ignored."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "alpha-9.0-py3-none-any.whl").write_bytes(index.add("alpha", "2.0").read_bytes())
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nfind-links = {folder}\nextra-index-url = file://{folder}\n")
    settings = {
        "PIP_FIND_LINKS": str(folder),
        "UV_FIND_LINKS": str(folder),
        "PIP_CONFIG_FILE": str(config),
    }
    repo.make("requirements", LABCOAT_LOCKER=locker, **settings)
    assert pins(repo)["alpha"] == "2.0"


@LOCKERS
def test_a_change_in_one_input_keeps_every_other_pin(
    repo: Repository, index: Index, locker: str
) -> None:
    """A new requirement changes no version; upgrade changes all, and PKG one."""
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
def test_several_packages_are_upgraded_at_once(repo: Repository, index: Index, locker: str) -> None:
    """PKG takes names separated by spaces, in any spelling, optionally with versions."""
    repo.write(requirements__in="alpha\ngamma\n").make("requirements", LABCOAT_LOCKER=locker)
    index.add("alpha", "3.0", ["beta>=1"])
    for name, version in (("gamma", "4.0"), ("gamma", "5.0"), ("beta", "2.0")):
        index.add(name, version)
    repo.make("upgrade", "PKG=Gamma<5 ALPHA", LABCOAT_LOCKER=locker)
    assert pins(repo) == {"alpha": "3.0", "beta": "1.5", "gamma": "4.0"}


@pytest.mark.parametrize("given", ["alhpa", "beta nosuch", "alpha:"])
def test_an_unknown_package_is_not_upgraded(repo: Repository, given: str) -> None:
    """A wrong name in PKG is reported, with the files that list packages, and nothing changes."""
    repo.make("requirements")
    before = repo.files()
    output = repo.make("upgrade", f"PKG={given}", fails=True)
    message = locking.UNKNOWN_PACKAGE.format(package=given.rpartition(" ")[2])
    assert f"error: {message}\n" in output
    assert locking.LISTED_IN.format(lock="requirements.txt") in output
    assert ("Did you mean `alpha`?" in output) == (given != "beta nosuch")
    assert repo.files() == before


@LOCKERS
def test_locks_follow_the_locks_that_constrain_them(
    repo: Repository, index: Index, locker: str
) -> None:
    """A development lock with -c and -r lines is compiled after the lock that it names."""
    repo.write(
        requirements__in="beta==1.0\n",
        requirements_dash_dev__in="-c requirements.txt\n-r more.in\n",
        more__in="alpha\n",
    )
    repo.make("requirements", LABCOAT_LOCKER=locker)
    assert pins(repo, "requirements-dev.txt") == {"alpha": "2.0", "beta": "1.0"}
    repo.write(more__in="alpha<2\n").make("requirements", LABCOAT_LOCKER=locker)
    assert pins(repo, "requirements-dev.txt") == {"alpha": "1.0", "beta": "1.0"}


def test_freshness_needs_no_network(repo: Repository, index: Index) -> None:
    """`lock --check` compares digests only, and changes nothing."""
    missing = locking.NO_LOCK.format(lock="requirements.txt")
    assert missing in repo.labcoat("lock", "--check", fails=True)
    repo.make("requirements")
    index.stop()
    asked = len(index.asked)
    repo.labcoat("lock", "--check")
    repo.write(requirements__in="alpha # still the same\n")
    before = repo.files()
    outdated = locking.OUTDATED.format(lock="requirements.txt")
    assert outdated in repo.labcoat("lock", "--check", fails=True)
    assert repo.files() == before
    assert len(index.asked) == asked


def test_line_endings_do_not_make_a_lock_outdated(repo: Repository) -> None:
    """Git may check out an input with CRLF."""
    repo.make("requirements")
    (repo.path / "requirements.in").write_bytes(b"alpha\r\n")
    repo.labcoat("lock", "--check")


def test_a_second_run_does_nothing(repo: Repository, index: Index) -> None:
    """The second `make requirements` does not use the index and writes nothing."""
    repo.make("requirements")
    asked, before = len(index.asked), repo.files()
    repo.make("requirements")
    (repo.path / "requirements.in").touch()
    repo.make("requirements")
    assert (len(index.asked), repo.files()) == (asked, before)


@LOCKERS
@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        pytest.param(
            "nosuchpackage\n",
            toolchain.NO_PACKAGE.format(package="nosuchpackage"),
            id="no such package",
        ),
        pytest.param(
            "alpha==7.5\n",
            toolchain.NO_VERSION.format(requirement="alpha==7.5"),
            id="no such version",
        ),
        pytest.param("alpha==1.0\nalpha==2.0\n", locking.CONFLICT, id="pins that conflict"),
        pytest.param("alpha\nbeta<1\n", "beta", id="a conflict with what alpha needs"),
        pytest.param("alpha beta gamma\n", "is not a requirement", id="no requirement"),
        pytest.param(
            "-r nowhere.in\n", locking.NO_FILE.format(name="nowhere.in"), id="a missing include"
        ),
    ],
)
def test_an_error_is_reported_and_the_lock_stays(
    repo: Repository, locker: str, requirements: str, expected: str
) -> None:
    """One line says what happened, one what to do, and the previous lock is unchanged."""
    repo.make("requirements")
    before = (repo.path / "requirements.txt").read_text()
    output = repo.write(requirements__in=requirements).make(
        "requirements", fails=True, LABCOAT_LOCKER=locker
    )
    message = output[output.index("error: ") :].splitlines()
    assert expected in message[0]
    assert message[1].startswith("hint: ")
    assert (repo.path / "requirements.txt").read_text() == before


@LOCKERS
def test_a_conflict_names_the_chain(repo: Repository, index: Index, locker: str) -> None:
    """The message names who asks for what, also for a package two steps away."""
    index.add("delta", "1.0", ["alpha==1.0"])
    output = repo.write(requirements__in="delta\nalpha==2.0\n").make(
        "requirements", fails=True, LABCOAT_LOCKER=locker
    )
    what = next(line for line in output.splitlines() if line.startswith("error: "))
    assert "delta" in what
    assert "alpha" in what


@LOCKERS
def test_an_unreachable_index_is_reported(
    repo: Repository, index: Index, tmp_path: Path, locker: str
) -> None:
    """Without the index nothing can be locked, and the lock stays."""
    repo.make("requirements")
    before = (repo.path / "requirements.txt").read_text()
    index.stop()
    cold = {
        "UV_CACHE_DIR": str(tmp_path / "c1"),
        "PIP_CACHE_DIR": str(tmp_path / "c2"),
        **ONE_RETRY,
    }
    output = repo.write(requirements__in="gamma\n").make(
        "requirements", fails=True, LABCOAT_LOCKER=locker, **cold
    )
    assert toolchain.NO_INDEX in output
    assert (repo.path / "requirements.txt").read_text() == before


@pytest.mark.parametrize("way", ["a file", "an address"])
def test_what_others_cannot_get_is_not_locked(repo: Repository, index: Index, way: str) -> None:
    """A file of this machine and an address with a password are named, and no lock is written."""
    wheel = index.folder / "files/gamma-3.0-py3-none-any.whl"
    address = index.url.replace("//", "//user:hunter2@").replace("/simple", f"/files/{wheel.name}")
    asked = {
        "a file": f"gamma @ {wheel.as_uri()}",
        "an address": f"gamma @ {address}",
    }
    output = repo.write(requirements__in=f"{asked[way]}\n").make("requirements", fails=True)
    assert (sources.OUTSIDE if way == "a file" else sources.PASSWORD) in output
    assert "hunter2" not in output
    assert not (repo.path / "requirements.txt").exists()


@LOCKERS
@pytest.mark.parametrize(
    "option",
    ["--extra-index-url", "--index-url=", "-i", "--find-links", "-f", "--trusted-host", "--ext"],
    ids=lambda name: name,
)
def test_an_input_that_names_an_index_is_rejected(
    repo: Repository, index: Index, locker: str, option: str
) -> None:
    """Such an option in any input is named before the index is used."""
    address = index.url.replace("//", "//user:hunter2@")
    repo.write(
        requirements__in=COMMENTED,
        more__in=f"{option} {address}\nalpha\n",
    )
    output = repo.make("requirements", fails=True, LABCOAT_LOCKER=locker)
    message = locking.NAMES_INDEX.format(name="more.in", option=option.rstrip("="))
    assert f"error: {message}\n" in output
    assert "hunter2" not in output
    assert not index.asked


@LOCKERS
def test_an_index_that_a_comment_names_is_ignored(repo: Repository, locker: str) -> None:
    """Without the line that names one, such an input is locked."""
    repo.write(requirements__in=COMMENTED, more__in="alpha\n")
    repo.make("requirements", LABCOAT_LOCKER=locker)
    assert pins(repo) == {"alpha": "2.0", "beta": "1.5"}


@LOCKERS
def test_requirements_that_init_adopted_are_locked(
    repo: Repository, index: Index, locker: str
) -> None:
    """A requirements.txt with includes and mistakes is replaced by a lock with its versions."""
    text = "alpha==1.0\n-r other.txt\n-c limits.txt\nbeta==nonsense\n"
    repo.write(requirements__txt=text, other__txt="gamma\n", limits__txt="beta<1.5\n")
    repo.write(requirements__in="alpha\nbeta\n-r other.txt\n-c limits.txt\n")
    repo.make("requirements", LABCOAT_LOCKER=locker)
    assert pins(repo) == {"alpha": "1.0", "beta": "1.0", "gamma": "3.0"}


@LOCKERS
def test_hashes_of_a_foreign_lock_are_not_kept(repo: Repository, index: Index, locker: str) -> None:
    """A lock that labcoat did not compile keeps its versions; all hashes come from the index."""
    pin = f"==1.0 \\\n    --hash=sha256:{'0' * 64}\n"
    repo.write(requirements__txt=f"alpha{pin}beta{pin}")
    repo.make("venv", LABCOAT_LOCKER=locker)
    assert pins(repo) == {"alpha": "1.0", "beta": "1.0"}


def test_first_lock_names_only_what_moves_of_a_list(repo: Repository) -> None:
    """The list had nothing of what its packages need."""
    repo.write(requirements__txt="beta==1.0\n", requirements__in="alpha\nbeta>1\n")
    output = repo.make("requirements")
    assert "  beta 1.0 → 1.5\n" in output
    assert "alpha (new)" not in output
    repo.write(requirements__in="alpha\nbeta>1\ngamma\n")
    assert "  gamma (new) → 3.0\n" in repo.make("requirements")


def test_manually_written_requirements_are_not_replaced(repo: Repository) -> None:
    """A requirements.txt that asks for more than requirements.in stays, and the rest is named."""
    text = "# my own\nbeta>=1,<1.5\nalpha\ngamma==3.0\n"
    output = repo.write(requirements__txt=text).make("venv", fails=True)
    message = locking.WOULD_BE_REPLACED.format(
        lock="requirements.txt", source="requirements.in", lines="beta>=1,<1.5, gamma==3.0"
    )
    assert f"error: {message}\n" in output
    assert locking.INIT_ADDS in output
    assert (repo.path / "requirements.txt").read_text() == text
    repo.write(requirements__in="alpha\nbeta>=1,<1.5\nGamma\n").make("venv")
    assert pins(repo) == {"alpha": "2.0", "beta": "1.0", "gamma": "3.0"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "beta==1.0\nmine @ file:///croot/mine/work\n-e git+https://h.example/x.git@0a#egg=x\n",
            id="pip freeze",
        ),
        pytest.param(
            "beta==1.0 ; python_version > '3'\n    # via alpha\n--trusted-host h.example\n",
            id="pip-compile",
        ),
    ],
)
def test_generated_requirements_give_their_versions(repo: Repository, text: str) -> None:
    """The lock replaces the output of pip freeze or of a locker and keeps its versions."""
    repo.write(requirements__txt=text).make("requirements")
    assert pins(repo) == {"alpha": "2.0", "beta": "1.0"}


def test_a_link_stays_a_link(repo: Repository, tmp_path: Path) -> None:
    """A lock that is a symlink is written where it leads."""
    (repo.path / "requirements.txt").symlink_to(tmp_path / "shared.txt")
    repo.make("requirements")
    assert (repo.path / "requirements.txt").is_symlink()
    assert "alpha==2.0" in (tmp_path / "shared.txt").read_text()


def test_credentials_in_an_index_s_address_are_not_shown(repo: Repository, index: Index) -> None:
    """Messages and logs have no password in them."""
    address = index.url.replace("127.0.0.1", "user:hunter2@127.0.0.1")
    output = repo.write(requirements__in="nosuch\n").make(
        "requirements", fails=True, PIP_INDEX_URL=address
    )
    assert "hunter2" not in output
    assert not [name for name, text in repo.files().items() if b"hunter2" in text]


def test_a_removed_lock_is_compiled_again(repo: Repository) -> None:
    """Make does not take a removed lock for up to date."""
    repo.make("venv")
    (repo.path / "requirements.txt").unlink()
    repo.make("venv")
    assert pins(repo) == {"alpha": "2.0", "beta": "1.5"}
    assert "Nothing to be done" in repo.make("venv")


def test_a_cooldown_must_be_a_number(repo: Repository) -> None:
    """LABCOAT_COOLDOWN is a number of days."""
    assert locking.INVALID_COOLDOWN.format(value="week") in repo.make(
        "requirements", fails=True, LABCOAT_COOLDOWN="week"
    )


def test_a_missing_development_lock_is_named(repo: Repository) -> None:
    """A wrong name in LABCOAT_DEV_REQUIREMENTS is an error."""
    output = repo.make("venv", fails=True, LABCOAT_DEV_REQUIREMENTS="requirements-dev.txt")
    assert (
        locking.SETTING_NAMES_NO_FILE.format(
            setting="LABCOAT_DEV_REQUIREMENTS", name="requirements-dev.txt"
        )
        in output
    )
    repo.write(requirements_dash_dev__in="gamma\n").make(
        "venv", LABCOAT_DEV_REQUIREMENTS="requirements-dev.txt"
    )


@LOCKERS
def test_a_lock_elsewhere_is_compiled_from_the_input_beside_it(
    repo: Repository, tmp_path: Path, locker: str
) -> None:
    """LABCOAT_REQUIREMENTS may be a path of any form, outside the project too."""
    (tmp_path / "shared.in").write_text("gamma\n")
    repo.make(
        "requirements", LABCOAT_LOCKER=locker, LABCOAT_REQUIREMENTS=str(tmp_path / "shared.txt")
    )
    assert "gamma==3.0" in (tmp_path / "shared.txt").read_text()
    assert str(tmp_path) not in (tmp_path / "shared.txt").read_text()


@pytest.mark.parametrize(
    ("data", "is_copied"),
    [
        pytest.param("-r more.in\r\nalpha\r\n".encode("utf-16"), True, id="UTF-16"),
        pytest.param("-r more.in\nalpha\n".encode("utf-16-be"), True, id="UTF-16 without a mark"),
        pytest.param(b"-r more.in\nalpha # caf\xe9\n", True, id="Latin-1"),
        pytest.param("\ufeff-r more.in\nalpha\n".encode(), False, id="UTF-8 with a mark"),
    ],
)
@LOCKERS
def test_inputs_in_any_encoding_are_locked(
    repo: Repository, data: bytes, is_copied: bool, locker: str
) -> None:
    """PowerShell writes UTF-16; the lock names the files that the user has, and is UTF-8."""
    repo.write(more__in="gamma\n")
    (repo.path / "requirements.in").write_bytes(data)
    repo.make("requirements", LABCOAT_LOCKER=locker)
    assert pins(repo) == {"alpha": "2.0", "beta": "1.5", "gamma": "3.0"}
    text = (repo.path / "requirements.txt").read_text(encoding="utf-8")
    assert "via -r requirements.in" in text
    assert "via -r more.in" in text
    assert ".labcoat" not in text
    assert "Nothing to be done" in repo.make("requirements")


@LOCKERS
def test_inputs_that_contradict_each_other_are_named(repo: Repository, locker: str) -> None:
    """A development requirement that the first lock excludes, with both files."""
    repo.write(
        requirements__in="beta<1.5\n", requirements_dash_dev__in="-c requirements.txt\nbeta>=1.5\n"
    )
    output = repo.make("requirements", fails=True, LABCOAT_LOCKER=locker)
    message = locking.CONTRADICTION.format(
        source="requirements-dev.in", asked="beta>=1.5", lock="requirements-dev.txt"
    )
    assert f"error: {message} beta 1.0\n" in output
    assert (repo.path / "requirements.txt").exists()


@LOCKERS
def test_a_cycle_of_includes_is_named(repo: Repository, locker: str) -> None:
    """Two files that include each other with -r; -c does no harm."""
    repo.write(requirements__in="-r a.in\n", a__in="alpha\n-c a.in\n-r b.in\n", b__in="-r a.in\n")
    output = repo.make("requirements", fails=True, LABCOAT_LOCKER=locker)
    assert locking.INCLUDE_CYCLE.format(circle="a.in → b.in → a.in") in output


def test_a_frozen_lock_in_utf16_gives_its_versions(repo: Repository) -> None:
    """`pip freeze >requirements.txt` in PowerShell is read, and replaced by a lock in UTF-8."""
    (repo.path / "requirements.txt").write_bytes("alpha==1.0\r\nbeta==1.0\r\n".encode("utf-16"))
    repo.make("requirements")
    assert pins(repo) == {"alpha": "1.0", "beta": "1.0"}


def test_what_is_not_text_is_reported(repo: Repository) -> None:
    """A file of another kind is named."""
    (repo.path / "requirements.in").write_bytes(b"PK\3\4\0\0\1\0\0\2\0")
    message = locking.NOT_TEXT.format(name="requirements.in")
    assert message in repo.make("requirements", fails=True)


def test_two_runs_at_once_succeed(repo: Repository) -> None:
    """Two runs at once write one complete lock."""
    runs = [
        subprocess.Popen(
            ["make", "requirements"],
            cwd=repo.path,
            env=repo.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(2)
    ]
    outputs = [run.communicate()[0].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert pins(repo) == {"alpha": "2.0", "beta": "1.5"}
