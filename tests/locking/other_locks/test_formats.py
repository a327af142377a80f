"""The same project, as each tool locks it."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.locking.other_locks.reader import read_other_lock
from labcoat.locking.other_locks.requirements import derive_requirements, read_pins
from labcoat.locking.other_locks.staleness import check_current
from support.messages import other_locks

LOCKS = Path(__file__).parent / "locks"
NAMES = {
    "poetry1": "poetry.lock",
    "poetry2": "poetry.lock",
    "pdm": "pdm.lock",
    "pipenv": "Pipfile.lock",
    "pylock": "pylock.toml",
}
A, B, C, D = (letter * 64 for letter in "abcd")
MAIN = """\
alpha==1.0 --hash=sha256:{A}
beta==1.0 ; python_version < '3.12' --hash=sha256:{B}
beta==2.0 ; python_version >= '3.12' --hash=sha256:{C}
gamma==1.0 ; sys_platform == 'win32' --hash=sha256:{D}
"""
MORE = MAIN.replace("gamma", "delta==1.0 --hash=sha256:{D}\ngamma")
DEV = "epsilon==1.0 --hash=sha256:{A}\ngamma==1.0 --hash=sha256:{D}\n"
# A group of pylock.toml is not apart from the rest; pipenv locks for one Python, has no extras.
OTHER = {
    ("pipenv", ""): MAIN.replace("beta==2.0 ; python_version >= '3.12' --hash=sha256:{C}\n", ""),
    ("pipenv", "more"): "delta==1.0 --hash=sha256:{D}\n",
    ("pylock", "dev"): MAIN.replace(" ; sys_platform == 'win32'", "").replace(
        "gamma", "epsilon==1.0 --hash=sha256:{A}\ngamma"
    ),
}


@pytest.fixture
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The lock of a copy of one project."""
    folder = Path(shutil.copytree(LOCKS / request.param, tmp_path / request.param))
    return folder / NAMES[request.param]


EACH = pytest.mark.parametrize("project", NAMES, indirect=True)


@EACH
def test_locks_mean_the_same(project: Path) -> None:
    """Versions, hashes, markers; an extra comes on top, a group is alone."""
    tool = project.parent.name
    lock = read_other_lock(project, project.parent)
    for part, text in (("", MAIN), ("more", MORE), ("dev", DEV)):
        wanted = OTHER.get((tool, part), text).format(A=A, B=B, C=C, D=D)
        parts = (part,) if part else ()
        assert derive_requirements(lock, parts, with_main=not parts).pins == read_pins(wanted), part
    python = "==3.11.*" if tool == "pipenv" else ">=3.9"
    assert lock.requires_python.startswith(python)


@EACH
def test_lock_older_than_its_source_is_refused(project: Path) -> None:
    """By the digest that the tool itself compares; a pylock.toml has none."""
    check_current(project, project.parent)
    source = next((each for each in project.parent.iterdir() if each.suffix != ".lock"), project)
    if source == project or source.name == "pylock.toml":
        return
    source.write_text(source.read_text().replace("alpha = ", "other = ").replace('["a', '["o'))
    with pytest.raises(LabcoatError) as error:
        check_current(project, project.parent)
    assert error.value.message == other_locks.OLDER.format(lock=project.name, source=source.name)


def test_a_pipfile_without_sources_is_compared_by_names(tmp_path: Path) -> None:
    """pipenv hashes the sources that the configuration of pip has on that machine."""
    shutil.copytree(LOCKS / "pipenv", tmp_path, dirs_exist_ok=True)
    pipfile, lock = tmp_path / "Pipfile", tmp_path / "Pipfile.lock"
    text = "[packages" + pipfile.read_text().partition("[packages")[2]
    pipfile.write_text(text)
    check_current(lock, tmp_path)
    pipfile.write_text(text.replace('alpha = "*"', 'alpha = "==0.1"'))
    with pytest.raises(LabcoatError):
        check_current(lock, tmp_path)
    pipfile.write_text(text.replace("alpha = ", "other = "))
    with pytest.raises(LabcoatError):
        check_current(lock, tmp_path)


@pytest.mark.parametrize(
    ("project", "old", "new", "message"),
    [
        ("poetry2", 'lock-version = "2.1"', 'lock-version = "3.0"', other_locks.FORMAT),
        ("pdm", '"4.5.0"', '"5.0"', other_locks.FORMAT),
        ("pylock", 'lock-version = "1.0"', 'lock-version = "2.0"', other_locks.FORMAT),
        ("pipenv", '"pipfile-spec": 6', '"pipfile-spec": 7', other_locks.FORMAT),
        ("poetry2", f'hash = "sha256:{A}"', f'hash = "md5:{A[:32]}"', other_locks.NO_HASHES),
        ("pipenv", f'"sha256:{A}"', "", other_locks.NO_HASHES),
        ("poetry2", "[[package]]", "[[package", other_locks.NOT_TOML),
        ("pipenv", "{", "", other_locks.DAMAGED),
        ("poetry2", 'version = "1.0"\n', "\n", other_locks.DAMAGED),
        ("pylock", "'win32'", "win32", other_locks.DAMAGED),
        ("pdm", "[[package]]", "\n<<<<<<< ours\n", other_locks.CONFLICT),
    ],
    indirect=["project"],
)
def test_what_cannot_be_read_is_named(project: Path, old: str, new: str, message: str) -> None:
    """A newer format, no hashes, damage, a merge."""
    project.write_text(project.read_text().replace(old, new))
    with pytest.raises(LabcoatError) as error:
        _derive(project)
    assert message.format(lock=project.name) in error.value.message


def _derive(path: Path) -> None:
    derive_requirements(read_other_lock(path, path.parent), (), with_main=True)


@EACH
def test_line_endings_do_not_make_a_lock_current(project: Path) -> None:
    """Its digest is found in a file that git checked out with CRLF, too."""
    project.write_bytes(project.read_bytes().replace(b"\n", b"\r\n"))
    check_current(project, project.parent)
    test_lock_older_than_its_source_is_refused(project)


@pytest.mark.parametrize(
    ("project", "start", "reason"),
    [
        ("poetry2", "[metadata]", "it has no `[metadata]`, so its end is missing"),
        ("pylock", "[[packages]]", "it has no `packages`"),
    ],
    indirect=["project"],
)
def test_a_lock_that_was_cut_off_is_refused(project: Path, start: str, reason: str) -> None:
    project.write_text(project.read_text().partition(start)[0])
    with pytest.raises(LabcoatError) as error:
        read_other_lock(project, project.parent)
    assert error.value.message == f"cannot read `{project.name}`: {reason}"


@EACH
def test_a_damaged_hash_is_refused(project: Path) -> None:
    project.write_text(re.sub("(sha256[^0-9a-f]{1,6})[0-9a-f]{60}", r"\1", project.read_text()))
    with pytest.raises(LabcoatError) as error:
        read_other_lock(project, project.parent)
    assert "is not a SHA-256" in error.value.message


@pytest.mark.parametrize("project", ["pylock"], indirect=True)
def test_a_pylock_for_other_systems_is_refused(project: Path) -> None:
    """The markers of `environments` decide about the system; the Python is the project's."""
    text = project.read_text()
    other = "environments = [\"sys_platform == 'win32'\", \"os_name == 'java'\"]\n"
    project.write_text(other + text)
    with pytest.raises(LabcoatError) as error:
        read_other_lock(project, project.parent)
    assert "is for other systems than this one" in error.value.message
    both = f"environments = [\"sys_platform == 'win32'\", \"sys_platform == '{sys.platform}'\"]\n"
    project.write_text(both + text)
    assert read_other_lock(project, project.parent).packages


def test_pdm_lock_without_groups_takes_them_from_pyproject(tmp_path: Path) -> None:
    """PDM before 2.20 wrote groups to its own table, and its early locks name none."""
    project = '[project]\nname = "a"\nversion = "1"\ndependencies = ["alpha"]\n'
    groups = '[tool.pdm.dev-dependencies]\ndev = ["beta>=1", "-e file:///${PROJECT_ROOT}/own"]\n'
    (tmp_path / "pyproject.toml").write_text(project + groups)
    packages = "".join(
        f'[[package]]\nname = "{name}"\nversion = "1.0"\n' for name in ("alpha", "beta")
    )
    files = "".join(
        f'"{name} 1.0" = [{{file = "{name}-1.0.tar.gz", hash = "sha256:{A}"}}]\n'
        for name in ("alpha", "beta")
    )
    text = f'{packages}[metadata]\nlock_version = "4.0"\n[metadata.files]\n{files}'
    (tmp_path / "pdm.lock").write_text(text)
    lock = read_other_lock(tmp_path / "pdm.lock", tmp_path)
    assert lock.groups == ("dev",)
    assert [each.name for each in derive_requirements(lock, ("dev",), with_main=False).pins] == [
        "beta"
    ]
