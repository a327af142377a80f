"""`labcoat init` loses nothing: --dry-run writes nothing, --undo puts back every byte."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support import INCLUDE, Repository
from support.messages import scaffold as messages


@pytest.fixture
def own(repo: Repository) -> Repository:
    """A repository with files of its own and labcoat's src/lib, but without an include."""
    shutil.copytree(INCLUDE.parent, repo.path / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    (repo.path / "requirements.in").unlink()
    repo.write(
        Makefile="mine:\n\t@echo mine", requirements__txt="# by hand\r\nalpha==1.0  # old\r\n"
    )
    return repo


def run(repo: Repository, *words: str, status: int = 0) -> str:
    """Run the copy of labcoat in the repository and return its output."""
    argv = [repo.env["LABCOAT_PYTHON"], "-I", "lib/labcoat", *words]
    ended = subprocess.run(
        argv, cwd=repo.path, env=repo.env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stdout + ended.stderr


def snapshot(root: Path) -> dict[str, bytes]:
    """Return all files outside of environments and of labcoat's state."""
    left_out = {"lib", ".venv", ".labcoat", "__pycache__"}
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not left_out.intersection(path.relative_to(root).parts)
    }


def test_undo_after_the_lock_and_clean(own: Repository) -> None:
    """requirements.txt comes back too, which the first lock replaced; `make clean` keeps that."""
    before = snapshot(own.path)
    diff = run(own, "init", "--dry-run")
    assert snapshot(own.path) == before
    assert not (own.path / ".labcoat").exists()
    assert "+include lib/include.python.mk\n" in diff
    run(own, "init")
    own.make("venv")
    assert "--hash=" in (own.path / "requirements.txt").read_text()
    own.make("upgrade")
    own.make("clean")
    with (own.path / "Makefile").open("a") as makefile:
        makefile.write("\nlater:\n\t@echo later\n")
    output = run(own, "init", "--undo")
    assert messages.VENV_LEFT in output
    after = snapshot(own.path)
    assert after.pop("Makefile") == before.pop("Makefile") + b"\nlater:\n\t@echo later\n"
    assert after == before
    run(own, "clean", "--all")
    assert not (own.path / ".venv").exists()
    assert run(own, "init", "--undo") == f"{messages.NOTHING_TO_UNDO}\n"


def test_init_then_undo_leaves_no_trace(own: Repository) -> None:
    before = {path.name for path in own.path.iterdir()}
    run(own, "init")
    assert run(own, "init").splitlines()[0] == messages.COMPLETE
    (own.path / "Makefile").write_text("replaced:\n")
    assert messages.KEPT.format(file="Makefile") in run(own, "init", "--undo", status=1)
    assert (own.path / "Makefile").read_text() == "replaced:\n"
    original = next((own.path / ".labcoat/undo/files").glob("*"))
    (own.path / "Makefile").write_bytes(b"mine:\n\t@echo mine")
    assert original.exists()
    run(own, "init", "--undo")
    assert {path.name for path in own.path.iterdir()} == before


def test_a_gitignore_in_utf_16_becomes_one_that_git_reads(own: Repository) -> None:
    """PowerShell writes UTF-16, of which git matches nothing."""
    subprocess.run(["git", "init", "-q"], cwd=own.path, check=True)
    data = "build/\r\n".encode("utf-16")
    (own.path / ".gitignore").write_bytes(data)
    assert messages.SAVED_AS_UTF8 in run(own, "init")
    ignored = subprocess.run(
        ["git", "check-ignore", "build/x", ".venv"],
        cwd=own.path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ignored.stdout.split() == ["build/x", ".venv"]
    run(own, "init", "--undo")
    assert (own.path / ".gitignore").read_bytes() == data


def test_two_at_once_are_one(own: Repository) -> None:
    """Each line is added once, and one undo is enough."""
    before = snapshot(own.path)
    argv = [own.env["LABCOAT_PYTHON"], "-I", "lib/labcoat", "init"]
    started = [
        subprocess.Popen(argv, cwd=own.path, env=own.env, stdout=subprocess.DEVNULL)
        for _ in range(3)
    ]
    assert [each.wait(60) for each in started] == [0, 0, 0]
    assert (own.path / "Makefile").read_text().count("include ") == 1
    run(own, "init", "--undo")
    assert snapshot(own.path) == before


# Root obeys the modes of its own files without this capability.
_OBEYING = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")


def test_nothing_is_searched_for_where_nothing_can_be_written(own: Repository) -> None:
    """A tree without rights, and a directory of labcoat's own that is a link, fail at once."""
    prefix = _OBEYING if os.geteuid() == 0 else ()
    if prefix and shutil.which(prefix[0]) is None:
        pytest.skip("root without setpriv")
    labcoat = (*prefix, own.env["LABCOAT_PYTHON"], "-I", "lib/labcoat", "init")

    def refuse() -> list[str]:
        ended = subprocess.run(
            labcoat, cwd=own.path, env=own.env, capture_output=True, text=True, check=False
        )
        assert (ended.returncode, ended.stdout) == (1, "")
        return ended.stderr.splitlines()

    before = snapshot(own.path)
    try:
        _seal(own.path, 0o555)
        denied, _ = refuse()
        assert denied == f"error: cannot write {own.path}: Permission denied"
    finally:
        _seal(own.path, 0o755)
    (own.path / ".labcoat").symlink_to("nowhere")
    linked, _ = refuse()
    assert linked.startswith("error: `.labcoat` is a symlink")
    (own.path / ".labcoat").unlink()
    own.write(labcoat__mk="mine:\n", Makefile="include labcoat.mk\n")
    foreign, _ = refuse()
    assert messages.FOREIGN_FILE in foreign
    own.write(Makefile=before["Makefile"].decode())
    (own.path / "labcoat.mk").unlink()
    assert snapshot(own.path) == before


def _seal(root: Path, mode: int) -> None:
    for folder, _, _ in os.walk(root, topdown=False):
        Path(folder).chmod(mode)


def test_read_only_tree_is_named_and_loses_nothing(own: Repository) -> None:
    """Two lines, no traceback, and nothing half written; a look at the changes needs no writing."""
    prefix = _OBEYING if os.geteuid() == 0 else ()
    if prefix and shutil.which(prefix[0]) is None:
        pytest.skip("root without setpriv")

    def refuse(*command: str) -> None:
        ended = subprocess.run(
            [*prefix, *command],
            cwd=own.path,
            env=own.env,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [each for each in ended.stderr.splitlines() if not each.startswith("make: ")]
        assert ended.returncode, ended.stdout
        assert lines[-2].startswith(f"error: cannot write {own.path}"), ended.stderr
        assert lines[-1].startswith("hint: ")
        assert "Traceback" not in ended.stderr

    labcoat = (own.env["LABCOAT_PYTHON"], "-I", "lib/labcoat")
    before = snapshot(own.path)
    try:
        _seal(own.path, 0o555)
        assert "+include lib/include.python.mk" in run(own, "init", "--dry-run")
        refuse(*labcoat, "init")
        assert not (own.path / ".labcoat").exists()
        _seal(own.path, 0o755)
        run(own, "init")
        written = snapshot(own.path)
        _seal(own.path, 0o555)
        refuse("make", "venv")
        refuse(*labcoat, "init", "--undo")
    finally:
        _seal(own.path, 0o755)
    assert snapshot(own.path) == written
    run(own, "init", "--undo")
    assert snapshot(own.path) == before
