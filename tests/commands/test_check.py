"""`labcoat check`: its output, its exit status, and how it handles bad input."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.messages import lint as messages
from support.repositories import (
    BUILD_WITH_SECRET,
    LABCOAT,
    git,
    repository,
    run_labcoat,
    venv,
    write,
)


def test_clean_repository(tmp_path: Path) -> None:
    """Without findings the exit status is 0 and the output one line."""
    repository(tmp_path, {"a.py": ""})
    done = run_labcoat(tmp_path, "check")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{messages.CLEAN}\n", "")


def test_findings(tmp_path: Path) -> None:
    """With findings the exit status is 1; they are grouped by file, in a pipe without colour."""
    repository(tmp_path, {"a.py": ""}, venv())
    done = run_labcoat(tmp_path, "check")
    assert done.returncode == 1
    assert done.stdout.startswith("venv\n  error ENV002 ")
    assert "\x1b" not in done.stdout


SELECTIONS = {
    "select": (["--select", "ENV"], {"ENV002"}),
    "ignore": (["--ignore", "ENV,SEC003"], {"SEC001", "SEC002"}),
    "severity": (["--min-severity", "error"], {"SEC001", "SEC002", "ENV002"}),
}


@pytest.mark.parametrize(("args", "expected"), SELECTIONS.values(), ids=SELECTIONS.keys())
def test_selection(tmp_path: Path, args: list[str], expected: set[str]) -> None:
    """Only selected findings are reported."""
    repository(tmp_path, BUILD_WITH_SECRET, {**venv("x/venv"), ".dockerignore": "**/venv\n.git\n"})
    done = run_labcoat(tmp_path, "check", "--format", "json", *args)
    assert {each["rule"] for each in json.loads(done.stdout)[0]["findings"]} == expected


def test_unknown_rule(tmp_path: Path) -> None:
    """For an unknown rule the exit status is 2."""
    done = run_labcoat(repository(tmp_path, {}), "check", "--select", "NOPE")
    assert done.returncode == 2
    assert messages.UNKNOWN_RULE.format(rule="NOPE") in done.stderr


def test_several_repositories(tmp_path: Path) -> None:
    """All are checked and named; one that cannot be checked makes the exit status 2."""
    repository(tmp_path / "clean", {"a": ""})
    repository(tmp_path / "dirty", {"a": ""}, venv())
    done = run_labcoat(tmp_path, "check", "clean", "dirty")
    assert done.returncode == 1
    assert (
        done.stdout.index("clean") < done.stdout.index(messages.CLEAN) < done.stdout.index("ENV002")
    )
    done = run_labcoat(tmp_path, "check", "clean", "gone", "dirty")
    assert done.returncode == 2
    assert "ENV002" in done.stdout
    assert messages.NO_DIRECTORY.format(path="gone") in done.stdout


def test_without_git_repository(tmp_path: Path) -> None:
    """Outside of a git repository the Docker rules run, and a warning names the skipped rules."""
    write(tmp_path, {"Dockerfile": "FROM python\nCOPY . /\n", **venv()})
    done = run_labcoat(tmp_path, "check")
    assert done.returncode == 1
    assert messages.WITHOUT_GIT in done.stdout
    assert all(rule in done.stdout for rule in ("DKF001", "CTX001"))


def test_without_git(tmp_path: Path) -> None:
    """Without git the exit status is 2, and the hint is to install it."""
    repository(tmp_path, {"a": ""})
    done = run_labcoat(tmp_path, "check", env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert "hint: Install git\n" in done.stderr


def test_bare_repository(tmp_path: Path) -> None:
    """A bare repository cannot be checked."""
    tmp_path.joinpath("bare.git").mkdir()
    git(tmp_path / "bare.git", "init", "-q", "--bare")
    done = run_labcoat(tmp_path / "bare.git", "check")
    assert done.returncode == 2
    assert messages.BARE_REPOSITORY in done.stderr


def test_worktree_submodule_and_subfolder(tmp_path: Path) -> None:
    """Linked worktrees, submodules and subfolders are checked like repositories."""
    main = repository(tmp_path / "main", {"a": "", "sub/b": ""})
    git(main, "worktree", "add", "-q", str(tmp_path / "linked"))
    repository(tmp_path / "other", {"o": ""})
    git(
        main,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "-q",
        "add",
        str(tmp_path / "other"),
        "inner",
    )
    for folder in (tmp_path / "linked", main / "inner", main / "sub"):
        assert run_labcoat(folder, "check").returncode == 0
        write(folder, venv())
        assert "venv\n  error ENV002" in run_labcoat(folder, "check").stdout


def test_partial_clone(tmp_path: Path) -> None:
    """A partial clone is checked without a fetch, and a warning names what was not searched."""
    origin = repository(tmp_path / "origin", {"a": "a", "kaggle.json": "{}"})
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", origin.as_uri(), "partial")
    git(tmp_path / "partial", "read-tree", "HEAD")
    done = run_labcoat(tmp_path / "partial", "check")
    assert done.returncode == 1
    assert "SEC001" in done.stdout
    assert messages.PARTIAL_CLONE in done.stdout


def test_unborn_branch(tmp_path: Path) -> None:
    """A repository without a commit is checked and fixed."""
    done = run_labcoat(repository(tmp_path, {}, venv()), "check", "--fix")
    assert done.returncode == 0
    assert (tmp_path / ".gitignore").read_text() == "/venv\n"


UNREADABLE = {
    "folder": ("closed", messages.UNREADABLE_FOLDER.format(path="closed")),
    "ignore-file": (".dockerignore", messages.UNREADABLE_IGNORE_FILE),
    "dockerfile": ("Dockerfile", "DKF004"),
    "git-ignore-file": (".gitignore", messages.CLEAN),
    "settings": ("pyproject.toml", "SET001"),
}


@pytest.mark.parametrize(("closed", "expected"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable(tmp_path: Path, closed: str, expected: str) -> None:
    """An unreadable folder or file does not stop the check, and is reported."""
    dockerfile = f"FROM python@sha256:{'a' * 64}\nCOPY a /\nUSER 1\n"
    files = {
        "a": "",
        "Dockerfile": dockerfile,
        ".gitignore": "closed\n",
        ".dockerignore": "b\n",
        "pyproject.toml": "",
    }
    root = repository(tmp_path / "r", files, {"closed/b": ""})
    (root / closed).chmod(0)
    rights = "-dac_override,-dac_read_search"  # root reads everything unless it gives these up
    without = (
        [] if os.geteuid() else ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]
    )
    command = [*without, sys.executable, LABCOAT, "check"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    (root / closed).chmod(0o755)
    assert expected in done.stdout
    assert (done.returncode, done.stderr) == (int(expected in ("DKF004", "SET001")), "")


def test_check_with_fix(tmp_path: Path) -> None:
    """check --fix lists the fixes on stderr, and reports the remaining findings on stdout."""
    repository(tmp_path, {"a": ""}, venv())
    done = run_labcoat(tmp_path, "check", "--fix")
    assert (done.returncode, done.stdout) == (0, f"{messages.CLEAN}\n")
    added = messages.ADDED_LINE.format(path=".gitignore", line="/venv")
    assert done.stderr == f"{added}\n"
