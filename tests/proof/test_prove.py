"""`labcoat prove` finds every difference between environments and lock, and reports no other."""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from labcoat.core.records import replace
from labcoat.inventory.file_finding import FileFinding
from labcoat.inventory.inventory import Contents, InterpreterFacts, Inventory
from labcoat.inventory.wheel_contents import Wheel
from labcoat.locking.requirements_file import Pin
from labcoat.proof import differences
from labcoat.proof.differences import InstalledEnvironment
from support import Index, Repository, wheel
from support.messages import inventory, levels, proof

EQUAL = proof.EQUAL.format(names="lock, venv")


@pytest.fixture
def made(shared_repo: Repository, tmp_path: Path) -> Iterator[Repository]:
    """The shared repository; its environment and files are restored afterwards."""
    kept = tmp_path / "kept"
    shutil.copytree(shared_repo.path, kept, symlinks=True)
    yield shared_repo
    shutil.rmtree(shared_repo.path)
    shutil.copytree(kept, shared_repo.path, symlinks=True)


def site(repo: Repository) -> Path:
    """Return the environment's site-packages."""
    return next(repo.path.glob(".venv/lib/python*/site-packages"))


def update_record(repo: Repository, info: str, path: Path) -> None:
    """Give RECORD the present digest of an edited file."""
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


def edited(path: str, package: str = "alpha") -> str:
    """Return what the proof reports of an edited file."""
    return proof.EDITED.format(path=path, package=package)


def edit_a_file(repo: Repository) -> None:
    edit(site(repo) / "alpha.py")


def edit_a_file_and_record(repo: Repository) -> None:
    update_record(repo, "alpha-2.0.dist-info", edit(site(repo) / "alpha.py"))


def edit_metadata_and_record(repo: Repository) -> None:
    update_record(repo, "alpha-2.0.dist-info", edit(site(repo) / "alpha-2.0.dist-info/METADATA"))


def edit_tags_and_record(repo: Repository) -> None:
    path = site(repo) / "alpha-2.0.dist-info/WHEEL"
    path.write_text(path.read_text().replace("py3-none-any", "cp311-cp311-manylinux_2_17_x86_64"))
    update_record(repo, "alpha-2.0.dist-info", path)


def edit_a_program_and_record(repo: Repository) -> None:
    path = repo.path / ".venv/bin/alpha"
    path.write_text(path.read_text().replace("sys.exit(main())", "sys.exit(main() or 3)"))
    update_record(repo, "alpha-2.0.dist-info", path)


def edit_a_programs_interpreter(repo: Repository) -> None:
    path = repo.path / ".venv/bin/alpha"
    path.write_text(path.read_text().replace("/bin/python", "/elsewhere/bin/python", 1))
    update_record(repo, "alpha-2.0.dist-info", path)


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
    update_record(repo, "alpha-2.0.dist-info", site(repo) / "extra.py")


def add_function_of_numba(repo: Repository) -> None:
    folder = site(repo) / "__pycache__"
    folder.mkdir(exist_ok=True)
    (folder / "alpha.f-2.py311.nbi").write_bytes(b"anything")


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


def install_one_twice(repo: Repository) -> None:
    shutil.copytree(site(repo) / "alpha-2.0.dist-info", site(repo) / "Alpha-2.0.dist-info")


TAMPERING = [
    (edit_a_file, edited("alpha.py")),
    (edit_a_file_and_record, edited("alpha.py")),
    (edit_metadata_and_record, edited("alpha-2.0.dist-info/METADATA")),
    (edit_tags_and_record, edited("alpha-2.0.dist-info/WHEEL")),
    (edit_a_program_and_record, edited("bin/alpha")),
    (edit_a_programs_interpreter, edited("bin/alpha")),
    (edit_record, edited("RECORD")),
    (remove_record, proof.REMOVED.format(path="RECORD", package="alpha")),
    (remove_a_file, proof.REMOVED.format(path="alpha.py", package="alpha")),
    (remove_a_file_and_its_line, proof.REMOVED.format(path="alpha.py", package="alpha")),
    (add_a_module, proof.STRAY.format(path="sitecustomize.py")),
    (add_a_module_with_a_line, proof.STRAY.format(path="extra.py")),
    (add_function_of_numba, proof.NUMBA.format(path="__pycache__/alpha.f-2.py311.nbi")),
    (add_byte_code_without_source, proof.STRAY.format(path="extra.pyc")),
    (add_a_linked_folder, proof.STRAY.format(path="extra")),
    (add_a_program, proof.STRAY.format(path="bin/ls")),
    (change_a_version, proof.VERSION.format(package="alpha", version="2.1", locked="2.0")),
    (remove_a_distribution, proof.MISSING.format(package="alpha", version="2.0")),
    (add_a_distribution, proof.ADDED.format(package="delta", version="1.0")),
    (install_one_twice, proof.TWICE.format(package="alpha", versions="2.0, 2.0")),
]


@pytest.mark.parametrize(
    ("tamper", "expected"), TAMPERING, ids=[tamper.__name__ for tamper, _ in TAMPERING]
)
def test_every_kind_of_tampering_is_reported(
    made: Repository, tamper: Callable[[Repository], None], expected: str
) -> None:
    """An edit is found even if RECORD was updated with it; the exit status is 1."""
    tamper(made)
    assert expected in made.labcoat("prove", fails=True)


def test_unchanged_environment_is_equal(made: Repository) -> None:
    assert EQUAL in made.make("prove")


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("locker", ["uv", "pip-tools"])
def test_every_locker_and_installer_gives_an_equal_environment(
    repo: Repository, locker: str, installer: str
) -> None:
    """Lock and environment have the same digest."""
    repo.make("venv", LABCOAT_LOCKER=locker, LABCOAT_INSTALLER=installer)
    repo.labcoat("prove")
    written = json.loads((repo.path / ".labcoat/proof.json").read_text())
    assert written["equal"]
    digests = {row["digest"] for row in written["rungs"]}
    assert len(digests) == 1
    assert "" not in digests


def test_byte_code_and_installers_own_files_do_not_count(made: Repository) -> None:
    """Python writes byte code when it runs, and each installer its own name."""
    made.python("import alpha, beta")
    assert list(site(made).glob("__pycache__/alpha*.pyc"))
    (site(made) / "alpha-2.0.dist-info/INSTALLER").write_text("another")
    assert EQUAL in made.make("prove")


def test_development_packages_are_counted_and_checked(made: Repository) -> None:
    """The environment holds the development lock too, which is compared with its own wheels."""
    made.write(requirements_dash_dev__in="-c requirements.txt\ngamma\n").make("venv")
    output = made.make("prove")
    assert proof.DEVELOPMENT.format(count=1, lock="requirements-dev.txt") in output
    assert EQUAL in output
    edit(site(made) / "gamma.py")
    assert edited("gamma.py", "gamma") in made.make("prove", fails=True)


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_a_file_of_two_packages_is_named_with_its_winner(
    repo: Repository, index: Index, installer: str
) -> None:
    """`make venv` and `make prove` say whose file it is; that does not count as an edit."""
    repo.env |= {"UV_LINK_MODE": "copy", "LABCOAT_INSTALLER": installer}
    index.add("one", "1.0", files={"shared/__init__.py": "a = 1\n"})
    index.add("two", "1.0", files={"shared/__init__.py": "b = 22\n"})
    output = repo.write(requirements__in="one\ntwo\n").make("venv")
    winner = "one" if "a = 1" in (site(repo) / "shared/__init__.py").read_text() else "two"
    expected = inventory.SHARED.format(
        first="one", second="two", path="shared/__init__.py", winner=winner
    )
    assert expected in output
    output = repo.make("prove")
    assert expected in output
    assert len(set(re.findall(r"^(?:lock|venv) .* ([0-9a-f]{12})$", output, re.MULTILINE))) == 1
    edit(site(repo) / "shared/__init__.py")
    assert edited("shared/__init__.py", "one") in repo.make("prove", fails=True)


def test_another_spelling_of_a_version_is_equal(repo: Repository, index: Index) -> None:
    """METADATA says 2024.01.02, the lock 2024.1.2: status, freeze, prove and venv see no change."""
    path = index.add("dated", "2024.01.02")
    digest = sha256(path.read_bytes()).hexdigest()
    repo.write(requirements__in="dated\n", requirements__txt="").make("requirements")
    lock = repo.path / "requirements.txt"
    lock.write_text(lock.read_text().replace("2024.01.02", "2024.1.2"))
    assert f"dated==2024.1.2 \\\n    --hash=sha256:{digest}" in lock.read_text()
    repo.make("venv")
    assert (site(repo) / "dated-2024.01.02.dist-info").exists()
    states = repo.make("status", LABCOAT_DOCKER="no-such-docker").splitlines()
    assert [line.split()[1] for line in states if line.startswith("venv")] == ["fresh"]
    assert "nothing to freeze" in repo.make("freeze")
    output = repo.make("prove")
    assert EQUAL in output
    assert len(set(re.findall(r"^(?:lock|venv) .* ([0-9a-f]{12})$", output, re.MULTILINE))) == 1
    assert "removing" not in repo.make("venv", "AGAIN=1")


def test_packages_for_other_platforms_are_not_missing(repo: Repository, index: Index) -> None:
    """A universal lock names them with markers."""
    index.add("delta", "1.0", ["gamma; sys_platform == 'win32'", "beta; sys_platform != 'win32'"])
    repo.write(requirements__in="delta\n").make("venv")
    assert "gamma==3.0 ; sys_platform" in (repo.path / "requirements.txt").read_text()
    assert EQUAL in repo.make("prove")


def test_agreement_with_record_alone_proves_nothing(
    repo: Repository, index: Index, tmp_path: Path
) -> None:
    """Without the wheel the status is 3; a file that differs from RECORD is still different."""
    index.add("epsilon", "1.0", files={"epsilon_data.txt": str(tmp_path)})
    repo.env["UV_LINK_MODE"] = "copy"
    repo.write(requirements__in="epsilon\n").make("venv")
    index.stop()
    ended = prove(repo)
    assert ended.returncode == 3
    assert proof.NAMES_ONLY.format(packages="epsilon") in ended.stdout
    assert proof.NOT_PROVED.format(packages="epsilon") in ended.stdout
    written = json.loads((repo.path / ".labcoat/proof.json").read_text())
    assert (written["verdict"], written["equal"]) == ("not proved", False)
    assert written["unproved"] == [{"rung": "venv", "package": "epsilon"}]
    edit(site(repo) / "epsilon.py")
    assert edited("epsilon.py", "epsilon") in repo.make("prove", fails=True)


def test_changes_since_an_earlier_proof_are_reported(made: Repository) -> None:
    made.make("prove")
    shutil.copy(made.path / ".labcoat/proof.json", made.path / "proof.json")
    made.labcoat("prove", "--against", "proof.json")
    made.write(requirements__in="alpha<2\n").make("venv")
    output = made.labcoat("prove", "--against", "proof.json", fails=True)
    assert proof.LOCK_CHANGED in output
    assert proof.CHANGED.format(level="venv", name="alpha") in output
    assert "beta" not in output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], proof.NOTHING_TO_COMPARE),
        (["--only", "venv"], proof.NO_LEVEL.format(level="venv")),
        (["--only", "vm"], levels.UNKNOWN_LEVEL.format(name="vm")),
        (["--against", "nowhere.json"], proof.UNREADABLE_PROOF.format(file="nowhere.json")),
        (["--against", "Makefile"], proof.INVALID_PROOF.format(file="Makefile")),
    ],
    ids=["no-environment", "no-venv", "unknown-level", "missing-proof", "invalid-proof"],
)
def test_status_is_2_if_nothing_can_be_compared(
    repo: Repository, words: list[str], expected: str
) -> None:
    """That is neither equal nor different."""
    repo.make("requirements")
    ended = prove(repo, *words)
    assert (ended.returncode, expected in ended.stderr) == (2, True), ended.stderr


def test_missing_lock_is_named(repo: Repository) -> None:
    ended = prove(repo)
    assert ended.returncode == 2
    assert proof.NO_LOCK.format(lock="requirements.txt") in ended.stderr


def test_missing_interpreter_is_a_difference(made: Repository) -> None:
    """So is one that is gone: a removed file cannot hide what else is different."""
    (made.path / ".venv/bin/python").unlink()
    output = made.labcoat("prove", fails=True)
    assert proof.NO_PYTHON in output
    assert proof.FIX.format(level="venv", command="make venv AGAIN=1") in output
    (made.path / ".venv/bin/python").symlink_to("/nowhere/python")
    assert proof.OTHER_PYTHON.format(path="/nowhere/python") in made.labcoat("prove", fails=True)


def test_a_kept_wheel_that_was_edited_is_not_believed(made: Repository, tmp_path: Path) -> None:
    """The lock's hash is compared with the wheel at each proof; it is fetched again."""
    cache = tmp_path / "cache"
    made.env["LABCOAT_CACHE"], before = str(cache), made.env["LABCOAT_CACHE"]
    cache.mkdir()
    (cache / "tools").symlink_to(Path(before) / "tools")
    (made.path / ".venv/labcoat.json").write_text(
        (made.path / ".venv/labcoat.json").read_text().replace(before, str(cache))
    )
    try:
        assert EQUAL in made.labcoat("prove")
        for kept in cache.glob("wheels/*/*.whl"):
            edited_module = {"alpha.py": "version = 'edited'\n"}
            kept.write_bytes(wheel("alpha", "2.0", ["beta>=1"], edited_module))
        (site(made) / "alpha.py").write_text("version = 'edited'\n")
        update_record(made, "alpha-2.0.dist-info", site(made) / "alpha.py")
        assert edited("alpha.py") in made.labcoat("prove", fails=True)
    finally:
        made.env["LABCOAT_CACHE"] = before


def test_a_proof_of_an_earlier_version_is_called_old(made: Repository) -> None:
    """Its digests cover other files."""
    made.make("prove")
    found = json.loads((made.path / ".labcoat/proof.json").read_text())
    del found["format"]
    (made.path / "old.json").write_text(json.dumps(found))
    ended = prove(made, "--against", "old.json")
    assert ended.returncode == 2
    assert proof.OLD_PROOF.format(file="old.json", version=found["labcoat"]) in ended.stderr


def test_strict_compares_patch_releases() -> None:
    """They may have another standard library; without it a note says so."""
    first, second = (installed(level, version) for level, version in PATCHES)
    assert not list(differences.compare_interpreters([first, second], "3.11"))
    found = [*differences.compare_interpreters([first, second], "3.11", strict=True)]
    assert [str(one) for one in found] == [proof.OTHER_PATCH]


def test_an_empty_directory_of_a_wheel_is_not_a_difference() -> None:
    """uv creates it; nothing may be in it."""
    contents = Contents("odd", "1.0", ("py3-none-any",), {})
    found = FileFinding("empty", "odd.libs/"), FileFinding("empty", "other/")
    environment = replace(
        installed("venv", "3.11.7"),
        inventory=replace(
            installed("venv", "3.11.7").inventory, distributions=(contents,), findings=found
        ),
        pins={"odd": Pin("odd", "1.0", "", frozenset())},
    )
    whole = Wheel("odd-1.0-py3-none-any.whl", {}, folders=frozenset({"odd.libs/"}))
    known = {"odd": whole}
    paths = [one.path for one in differences.compare_contents(environment, known)]
    assert paths == ["other/"]


PATCHES = (("venv", "3.11.7"), ("docker", "3.11.2"))


def installed(level: str, version: str) -> InstalledEnvironment:
    """Return an empty environment with a Python of this version."""
    python = InterpreterFacts(version, "cpython-311-x86_64-linux-gnu", "linux-x86_64", {})
    return InstalledEnvironment(level, Inventory(python, (), ()), {})


def prove(repo: Repository, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run prove, whatever its exit status."""
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


def test_environment_from_an_older_lock_is_called_stale(shared_repo: Repository) -> None:
    kept = {
        name: (shared_repo.path / name).read_text()
        for name in ("requirements.in", "requirements.txt")
    }
    shared_repo.make("venv")
    shared_repo.write(requirements__in="alpha<2\n").make("requirements")
    output = shared_repo.labcoat("prove", fails=True, LABCOAT_DOCKER="no-such-docker")
    for name, text in kept.items():
        (shared_repo.path / name).write_text(text)
    assert proof.STALE.format(file="requirements.txt") in output
    assert f"venv: {proof.VERSION.format(package='alpha', version='2.0', locked='1.0')}" in output
