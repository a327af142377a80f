"""A project that uv has locked gets labcoat's environments and proof, and keeps its lock."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.pylock import Pylock

from support import BASE_PYTHON, INCLUDE, Repository
from support.messages import other_locks
from support.messages.adoption import REPLACED
from support.source_packages import write_package

PYPROJECT = """\
[project]
name = "mine"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["alpha<2"]

[project.optional-dependencies]
more = ["delta"]

[dependency-groups]
dev = ["gamma"]
"""


def uv(repo: Repository, tools: Path, *words: str, fails: bool = False) -> str:
    """Run uv as a user does; its output."""
    env = {**repo.env, "UV_DEFAULT_INDEX": repo.env["PIP_INDEX_URL"]}
    done = subprocess.run(
        [tools / "bin/uv", *words],
        cwd=repo.path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr + done.stdout


@pytest.fixture
def locked(repo: Repository, tools_environment: Path) -> Repository:
    """A repository with a uv.lock, and no file for labcoat but the Makefile."""
    (repo.path / "requirements.in").unlink()
    (repo.path / "pyproject.toml").write_text(PYPROJECT.replace("delta", "gamma"))
    uv(repo, tools_environment, "lock", "--python", str(BASE_PYTHON))
    return repo


def test_lock_of_record_is_derived_proved_and_exported(
    locked: Repository, tools_environment: Path
) -> None:
    """One project for the whole way: environment, proof, check, owner's commands, export."""
    repo, record = locked, (locked.path / "uv.lock").read_bytes()
    repo.make("venv")
    assert (repo.path / "uv.lock").read_bytes() == record
    names = sorted(path.name for path in repo.path.glob("requirements*.txt"))
    assert names == ["requirements-dev.txt", "requirements-more.txt", "requirements.txt"]
    assert repo.python("import alpha, beta, gamma; print(alpha.version)").strip() == "1.0"
    proof = repo.labcoat("prove")
    assert "derived from uv.lock (" in proof
    assert "equal: lock, venv" in proof
    assert repo.labcoat("lock", "--check") == ""

    # A change of either side is named by its first package.
    lock = repo.path / "requirements.txt"
    text = lock.read_text()
    lock.write_text(text.replace("alpha==1.0", "alpha==2.0"))
    difference = "it has alpha 2.0, and `uv.lock` 1.0"
    message = other_locks.DIFFERS.format(file=lock.name, lock="uv.lock", difference=difference)
    assert message in repo.labcoat("lock", "--check", fails=True)
    repo.make("requirements")
    assert lock.read_text() == text

    # uv declares and upgrades; labcoat names or runs its command.
    pyproject = repo.path / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("alpha<2", "alpha"))
    older = other_locks.OLDER.format(lock="uv.lock", source="pyproject.toml")
    assert older in repo.make("requirements", fails=True)
    assert "alpha 1.0 → 2.0" in repo.make("upgrade", UV_DEFAULT_INDEX=repo.env["PIP_INDEX_URL"])

    # The export installs with uv and pip, and a wrong hash with neither.
    repo.labcoat("lock", "--format", "pylock")
    export = repo.path / "pylock.toml"
    Pylock.from_dict(tomllib.loads(export.read_text()))
    uv(repo, tools_environment, "venv", "-q", "--python", str(BASE_PYTHON), "other")
    python = str(repo.path / "other/bin/python")
    uv(repo, tools_environment, "pip", "sync", "-q", "--python", python, "pylock.toml")
    main_alone = {"LABCOAT_VENV": "other", "LABCOAT_DEV_REQUIREMENTS": ""}
    assert "equal: lock, venv" in repo.labcoat("prove", **main_alone)
    pip = [str(tools_environment / "bin/python"), "-m", "pip", f"--python={python}", "install"]
    install = [*pip, "-q", "--force-reinstall", "--no-cache-dir", "-r", "pylock.toml"]
    subprocess.run(install, cwd=repo.path, env=repo.env, check=True, capture_output=True)
    assert "equal: lock, venv" in repo.labcoat("prove", **main_alone)
    digest = export.read_text().partition('sha256 = "')[2][:64]
    export.write_text(export.read_text().replace(digest, "0" * 64))
    done = subprocess.run(install, cwd=repo.path, env=repo.env, check=False, capture_output=True)
    assert done.returncode
    words = ["pip", "sync", "-q", "--no-cache", "--reinstall", "--python", python, "pylock.toml"]
    assert "Hash mismatch" in uv(repo, tools_environment, *words, fails=True)
    # It is no lock of record.
    assert "deriving requirements.txt from uv.lock" in repo.labcoat("lock", "--again")


def test_freeze_names_the_owners_command(locked: Repository, tools_environment: Path) -> None:
    """What was installed is not written to files that uv owns."""
    locked.make("venv")
    before = locked.files()
    python = str(locked.path / ".venv/bin/python")
    uv(locked, tools_environment, "pip", "install", "-q", "--python", python, "alpha==2.0")
    said = locked.labcoat("freeze", fails=True)
    assert other_locks.OWNED.format(lock="uv.lock", tool="uv") in said
    assert "uv add alpha==2.0" in said
    after = locked.files()
    changed = [path for path in after if before.get(path) != after[path] and ".venv" not in path]
    assert [path for path in changed if "/.labcoat/" not in path] == []


def test_a_setting_chooses(locked: Repository) -> None:
    """Of several locks, labcoat says which one counts; pyproject.toml stands for none."""
    said = locked.labcoat("lock")
    assert "counts" not in said
    content = '{"_meta": {"pipfile-spec": 6}, "default": {}}\n'
    (locked.path / "Pipfile.lock").write_text(content)
    said = locked.labcoat("lock", "--again")
    assert other_locks.COUNTS.format(lock="uv.lock", others="Pipfile.lock") in said
    said = locked.labcoat("lock", LABCOAT_LOCK_FROM="Pipfile.lock")
    assert "requirements.txt: 0 packages" in said
    assert "locking pyproject.toml" in locked.labcoat("lock", LABCOAT_LOCK_FROM="pyproject.toml")
    said = locked.labcoat("lock", fails=True, LABCOAT_LOCK_FROM="pdm.lock")
    assert "LABCOAT_LOCK_FROM names pdm.lock, which does not exist" in said
    locked.labcoat("lock")
    (locked.path / "requirements.in").write_text("beta\n")
    replaced = other_locks.REPLACED.format(source="requirements.in", lock="uv.lock")
    assert replaced in locked.labcoat("lock")
    assert replaced not in locked.labcoat("lock", "--again")
    said = locked.labcoat("lock", fails=True, LABCOAT_LOCK_FROM="uv.lok")
    assert "invalid LABCOAT_LOCK_FROM `uv.lok`" in said


def test_init_keeps_the_lock_where_a_file_of_the_users_has_more(locked: Repository) -> None:
    """`make venv` works after it, and names what it loses; without it, nothing is replaced."""
    listed = {
        "requirements.txt": "alpha==1.0\ngamma==3.0\n",
        "requirements-dev.txt": "beta\ngamma\n",
    }
    for name, text in listed.items():
        (locked.path / name).write_text(text)
    said = locked.make("venv", fails=True)
    assert other_locks.MORE.format(file="requirements.txt", lock="uv.lock", lost="gamma") in said
    assert (locked.path / "requirements.txt").read_text() == listed["requirements.txt"]
    # A labcoat in the repository, and no include yet.
    copied = locked.path / "lib"
    shutil.copytree(INCLUDE.parent, copied, ignore=shutil.ignore_patterns("__pycache__"))
    (locked.path / "Makefile").unlink()
    init = [str(BASE_PYTHON), "-I", "lib/labcoat", "init"]

    def run(*words: str) -> str:
        return subprocess.check_output(
            [*init, *words], cwd=locked.path, env=locked.env, text=True, stderr=subprocess.STDOUT
        )

    said = run()
    assert REPLACED.format(lock="requirements.txt", lost="gamma") in said
    assert REPLACED.format(lock="requirements-dev.txt", lost="beta") in said
    assert "LABCOAT_LOCK_FROM" in (locked.path / "Makefile").read_text()
    assert "  gamma 3.0 → (removed)\n" in locked.make("venv")
    locked.python("import alpha")
    run("--undo")
    for name, text in listed.items():
        assert (locked.path / name).read_text() == text


def test_a_directory_goes_to_the_sources_file(locked: Repository, tools_environment: Path) -> None:
    """What is no release, but in the repository, is installed beside the derived lock."""
    write_package(locked.path / "libs/one", "one", ["beta"])
    pyproject = locked.path / "pyproject.toml"
    text = pyproject.read_text().replace('["alpha<2"]', '["alpha<2", "one"]')
    pyproject.write_text(f'{text}[tool.uv.sources]\none = {{ path = "libs/one" }}\n')
    uv(locked, tools_environment, "lock", "--python", str(BASE_PYTHON))
    locked.make("venv")
    assert "-e ./libs/one  # one\n" in (locked.path / "requirements.sources.txt").read_text()
    assert "Left out" not in (locked.path / "requirements.txt").read_text()
    locked.python("import one, beta")
    assert locked.labcoat("lock", "--check") == ""
    assert "equal: lock, venv" in locked.labcoat("prove")


def test_a_member_of_a_workspace_uses_the_lock_above(
    locked: Repository, tools_environment: Path
) -> None:
    """uv has one lock for all members; each has its own environment here."""
    member = locked.path / "packages/app"
    member.mkdir(parents=True)
    (member / "Makefile").write_text((locked.path / "Makefile").read_text())
    text = (locked.path / "pyproject.toml").read_text()
    (member / "pyproject.toml").write_text(
        text.replace('"mine"', '"app"').replace("alpha<2", "gamma")
    )
    (locked.path / "pyproject.toml").write_text(
        f'{text}[tool.uv.workspace]\nmembers = ["packages/*"]\n'
    )
    uv(locked, tools_environment, "lock", "--python", str(BASE_PYTHON))
    inside = Repository(member, locked.env)
    inside.labcoat("lock")
    assert "gamma==3.0" in (member / "requirements.txt").read_text()
    assert "alpha" not in (member / "requirements.txt").read_text()
    assert inside.labcoat("lock", "--check") == ""
