"""What the environments hold, against the lock and each other: every difference is found, and none that is not there."""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from support import Index, Repository


@pytest.fixture
def made(shared_repo: Repository, tmp_path: Path) -> Iterator[Repository]:
    """The shared repository, whose environment and files are afterwards as before."""
    kept = tmp_path / "kept"
    shutil.copytree(shared_repo.path, kept, symlinks=True)
    yield shared_repo
    shutil.rmtree(shared_repo.path)
    shutil.copytree(kept, shared_repo.path, symlinks=True)


def site(repo: Repository) -> Path:
    """The environment's packages."""
    return next(repo.path.glob(".venv/lib/python*/site-packages"))


def mend_record(repo: Repository, info: str, path: Path) -> None:
    """Give RECORD the digest that an edited file has now."""
    record = site(repo) / info / "RECORD"
    data = path.read_bytes()
    value = base64.urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()
    name = re.escape(path.name)
    text, count = re.subn(
        rf"(?m)^((?:[^,\n]*/)?{name}),[^\n]*$",
        rf"\1,sha256={value},{len(data)}",
        record.read_text(),
    )
    assert count == 1
    record.write_text(text)


def edit(path: Path) -> Path:
    path.write_bytes(path.read_bytes() + b"# edited\n")
    return path


def edit_a_file(repo: Repository) -> None:
    edit(site(repo) / "alpha.py")


def edit_and_mend(repo: Repository) -> None:
    mend_record(repo, "alpha-2.0.dist-info", edit(site(repo) / "alpha.py"))


def edit_metadata_and_mend(repo: Repository) -> None:
    mend_record(repo, "alpha-2.0.dist-info", edit(site(repo) / "alpha-2.0.dist-info/METADATA"))


def edit_tags_and_mend(repo: Repository) -> None:
    path = site(repo) / "alpha-2.0.dist-info/WHEEL"
    path.write_text(path.read_text().replace("py3-none-any", "cp311-cp311-manylinux_2_17_x86_64"))
    mend_record(repo, "alpha-2.0.dist-info", path)


def edit_a_program_and_mend(repo: Repository) -> None:
    path = repo.path / ".venv/bin/alpha"
    path.write_text(path.read_text().replace("sys.exit(main())", "sys.exit(main() or 3)"))
    mend_record(repo, "alpha-2.0.dist-info", path)


def edit_a_programs_interpreter(repo: Repository) -> None:
    path = repo.path / ".venv/bin/alpha"
    path.write_text(path.read_text().replace("/bin/python", "/elsewhere/bin/python", 1))
    mend_record(repo, "alpha-2.0.dist-info", path)


def edit_record(repo: Repository) -> None:
    path = site(repo) / "alpha-2.0.dist-info/RECORD"
    path.write_text(path.read_text().replace("alpha.py,sha256=", "alpha.py,sha256=x"))


def remove_record(repo: Repository) -> None:
    (site(repo) / "alpha-2.0.dist-info/RECORD").unlink()


def remove_a_file(repo: Repository) -> None:
    (site(repo) / "alpha.py").unlink()


def remove_a_file_and_its_line(repo: Repository) -> None:
    (site(repo) / "alpha.py").unlink()
    record = site(repo) / "alpha-2.0.dist-info/RECORD"
    record.write_text(
        "".join(
            line for line in record.read_text().splitlines(True) if not line.startswith("alpha.py,")
        )
    )


def add_a_module(repo: Repository) -> None:
    (site(repo) / "sitecustomize.py").write_text("print('hello')\n")


def add_a_module_with_a_line(repo: Repository) -> None:
    (site(repo) / "extra.py").write_text("x = 1\n")
    record = site(repo) / "alpha-2.0.dist-info/RECORD"
    record.write_text(record.read_text() + "extra.py,,\n")
    mend_record(repo, "alpha-2.0.dist-info", site(repo) / "extra.py")


def add_byte_code_without_source(repo: Repository) -> None:
    (site(repo) / "extra.pyc").write_bytes(b"anything")


def add_a_linked_folder(repo: Repository) -> None:
    (site(repo) / "extra").symlink_to(repo.path)


def add_a_program(repo: Repository) -> None:
    (repo.path / ".venv/bin/ls").write_text("#!/bin/sh\n")


def change_a_version(repo: Repository) -> None:
    info = site(repo) / "alpha-2.0.dist-info"
    metadata = info / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 2.0", "Version: 2.1"))


def remove_a_distribution(repo: Repository) -> None:
    for path in site(repo).glob("alpha*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (repo.path / ".venv/bin/alpha").unlink()


def add_a_distribution(repo: Repository) -> None:
    info = site(repo) / "delta-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: delta\nVersion: 1.0\n")
    (info / "RECORD").write_text("delta-1.0.dist-info/METADATA,,\ndelta-1.0.dist-info/RECORD,,\n")


def have_one_twice(repo: Repository) -> None:
    shutil.copytree(site(repo) / "alpha-2.0.dist-info", site(repo) / "Alpha-2.0.dist-info")


TAMPERING = [
    (edit_a_file, "alpha.py of alpha was edited"),
    (edit_and_mend, "alpha.py of alpha was edited"),
    (edit_metadata_and_mend, "alpha-2.0.dist-info/METADATA of alpha was edited"),
    (edit_tags_and_mend, "alpha-2.0.dist-info/WHEEL of alpha was edited"),
    (edit_a_program_and_mend, "{prefix}/bin/alpha of alpha was edited"),
    (edit_a_programs_interpreter, "{prefix}/bin/alpha of alpha was edited"),
    (edit_record, "RECORD of alpha was edited"),
    (remove_record, "RECORD of alpha was removed"),
    (remove_a_file, "alpha.py of alpha was removed"),
    (remove_a_file_and_its_line, "alpha.py of alpha was removed"),
    (add_a_module, "sitecustomize.py belongs to no package"),
    (add_a_module_with_a_line, "extra.py belongs to no package"),
    (add_byte_code_without_source, "extra.pyc belongs to no package"),
    (add_a_linked_folder, "extra belongs to no package"),
    (add_a_program, "{prefix}/bin/ls belongs to no package"),
    (change_a_version, "alpha is 2.1, locked is 2.0"),
    (remove_a_distribution, "alpha 2.0 is locked and not there"),
    (add_a_distribution, "delta 1.0 is there and not locked"),
    (have_one_twice, "alpha is there more than once: 2.0, 2.0"),
]


@pytest.mark.parametrize(
    ("tamper", "said"), TAMPERING, ids=[tamper.__name__ for tamper, _ in TAMPERING]
)
def test_what_was_done_by_hand_is_found(
    made: Repository, tamper: Callable[[Repository], None], said: str
) -> None:
    """Whatever somebody changed is named, where RECORD was mended with it too; exit status 1."""
    tamper(made)
    assert said in made.labcoat("prove", fails=True)


def test_what_nobody_touched_is_equal(made: Repository) -> None:
    """Lock and environment have one digest, and make ends well."""
    assert "equal: lock, venv" in made.make("prove")


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("locker", ["uv", "pip-tools"])
def test_both_lockers_and_installers_give_what_is_called_equal(
    repo: Repository, locker: str, installer: str
) -> None:
    """Whoever locks and whoever installs, the environment is the lock's, and its digest is one."""
    repo.make("venv", LABCOAT_LOCKER=locker, LABCOAT_INSTALLER=installer)
    repo.labcoat("prove")
    proof = json.loads((repo.path / ".labcoat/proof.json").read_text())
    assert proof["equal"]
    digests = {row["digest"] for row in proof["rungs"]}
    assert len(digests) == 1
    assert "" not in digests


def test_byte_code_and_installers_own_files_do_not_count(made: Repository) -> None:
    """Python writes byte code when it runs; that is no difference."""
    made.python("import alpha, beta")
    assert list(site(made).glob("__pycache__/alpha*.pyc"))
    (site(made) / "alpha-2.0.dist-info/INSTALLER").write_text("somebody")
    assert "equal: lock, venv" in made.make("prove")


def test_what_development_needs_on_top_is_no_difference(made: Repository) -> None:
    """The environment holds the development lock too; it is counted, and held against its own wheels."""
    made.write(requirements_dash_dev__in="-c requirements.txt\ngamma\n").make("venv")
    said = made.make("prove")
    assert "and 1 from requirements-dev.txt" in said
    assert "equal: lock, venv" in said
    edit(site(made) / "gamma.py")
    assert "gamma.py of gamma was edited" in made.make("prove", fails=True)


def test_two_packages_may_bring_one_file(repo: Repository, index: Index) -> None:
    """Where two packages bring a file of one name, the last wins, and that is no edit."""
    repo.env["UV_LINK_MODE"] = "copy"
    index.add("one", "1.0", files={"shared/__init__.py": "a = 1\n"})
    index.add("two", "1.0", files={"shared/__init__.py": "b = 22\n"})
    repo.write(requirements__in="one\ntwo\n").make("venv")
    repo.make("prove")
    edit(site(repo) / "shared/__init__.py")
    assert "shared/__init__.py of one was edited" in repo.make("prove", fails=True)


def test_markers_are_heeded(repo: Repository, index: Index) -> None:
    """A universal lock names packages of other platforms; that they are not here is no difference."""
    index.add("delta", "1.0", ["gamma; sys_platform == 'win32'", "beta; sys_platform != 'win32'"])
    repo.write(requirements__in="delta\n").make("venv")
    assert "gamma==3.0 ; sys_platform" in (repo.path / "requirements.txt").read_text()
    assert "equal: lock, venv" in repo.make("prove")


def test_without_the_wheels_the_row_says_so(repo: Repository, index: Index, tmp_path: Path) -> None:
    """Where wheels can be neither remembered nor fetched, the lock's row holds names and versions, and files RECORD alone."""
    index.add("epsilon", "1.0", files={"epsilon_data.txt": str(tmp_path)})
    repo.env["UV_LINK_MODE"] = "copy"
    repo.write(requirements__in="epsilon\n").make("venv")
    index.stop()
    said = repo.make("prove")
    assert "names and versions only: epsilon" in said
    edit(site(repo) / "epsilon.py")
    assert "epsilon.py of epsilon was edited" in repo.make("prove", fails=True)


def test_a_proof_can_be_held_against_later(made: Repository) -> None:
    """An earlier proof names what is no longer as it was; nothing changed is equal."""
    made.make("prove")
    shutil.copy(made.path / ".labcoat/proof.json", made.path / "proof.json")
    made.labcoat("prove", "--against", "proof.json")
    made.write(requirements__in="alpha<2\n").make("venv")
    said = made.labcoat("prove", "--against", "proof.json", fails=True)
    assert "the lock is not the one of the proof" in said
    assert "venv: alpha is not as in the proof" in said
    assert "beta" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "There is no environment to hold against the lock"),
        (["--only", "venv"], "There is nothing at IN=venv"),
        (["--only", "vm"], "unknown level of isolation `vm`"),
        (["--against", "nowhere.json"], "nowhere.json cannot be read"),
        (["--against", "Makefile"], "Makefile is no proof"),
    ],
    ids=["nothing-made", "venv-not-made", "no-such-level", "no-proof", "not-a-proof"],
)
def test_where_it_cannot_look_the_status_is_2(
    repo: Repository, words: list[str], said: str
) -> None:
    """Nothing to look at is neither equal nor different."""
    repo.make("requirements")
    ended = prove(repo, *words)
    assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr


def test_no_lock_is_said(repo: Repository) -> None:
    """Without a lock there is nothing to prove."""
    ended = prove(repo)
    assert (ended.returncode, "There is no requirements.txt" in ended.stderr) == (2, True)


def test_an_interpreter_that_is_gone_is_said(made: Repository) -> None:
    """An environment whose Python was removed cannot be looked at."""
    (made.path / ".venv/bin/python").unlink()
    ended = prove(made)
    assert (ended.returncode, "The interpreter of .venv is gone" in ended.stderr) == (2, True)


def prove(repo: Repository, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run prove, however it ends."""
    command = [
        repo.env["LABCOAT_PYTHON"],
        "-I",
        str(Path(__file__).parents[2] / "src/lib/labcoat"),
        "prove",
        *words,
    ]
    return subprocess.run(
        command, cwd=repo.path, env=repo.env, capture_output=True, text=True, check=False
    )


def test_what_was_made_from_another_lock_is_said(shared_repo: Repository) -> None:
    """An environment of the lock before is different, and its row says why."""
    kept = {
        name: (shared_repo.path / name).read_text()
        for name in ("requirements.in", "requirements.txt")
    }
    shared_repo.make("venv")
    shared_repo.write(requirements__in="alpha<2\n").make("requirements")
    said = shared_repo.labcoat("prove", fails=True, LABCOAT_DOCKER="no-such-docker")
    for name, text in kept.items():
        (shared_repo.path / name).write_text(text)
    assert "stale: requirements.txt has changed" in said
    assert "venv: alpha is 2.0, locked is 1.0" in said
