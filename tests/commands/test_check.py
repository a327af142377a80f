"""The commands as they are typed: what they print, their exit status, and what they make of bad input."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.messages import lint as messages
from support.repositories import git, repository, venv, write

LABCOAT = Path(__file__).parents[2] / "src" / "lib" / "labcoat"
SECRET = {
    "Dockerfile": "FROM scratch\nCOPY src /\n",
    "src/a.py": "a",
    "src/kaggle.json": "{}",
    "big/b": "b" * 3000,
}


def run(
    root: Path, *args: str | Path, env: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run labcoat in `root` with an empty home folder; a traceback is a failure of the test."""
    environ = {
        **os.environ,
        "HOME": str(root / "no-home"),
        "XDG_CONFIG_HOME": str(root / "no-home"),
        **(env or {}),
    }
    command = [sys.executable, LABCOAT, *args]
    done = subprocess.run(
        command,
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_clean_repository(tmp_path: Path) -> None:
    """Nothing found is exit status 0, in one line."""
    repository(tmp_path, {"a.py": ""})
    done = run(tmp_path, "check")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{messages.CLEAN}\n", "")


def test_findings(tmp_path: Path) -> None:
    """Findings are exit status 1, grouped by file, without colour into a pipe."""
    repository(tmp_path, {"a.py": ""}, venv())
    done = run(tmp_path, "check")
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
    """Only what is asked for is reported."""
    repository(tmp_path, SECRET, {**venv("x/venv"), ".dockerignore": "**/venv\n.git\n"})
    done = run(tmp_path, "check", "--format", "json", *args)
    assert {each["rule"] for each in json.loads(done.stdout)[0]["findings"]} == expected


def test_unknown_rule(tmp_path: Path) -> None:
    """A rule that does not exist is exit status 2."""
    done = run(repository(tmp_path, {}), "check", "--select", "NOPE")
    assert done.returncode == 2
    assert messages.UNKNOWN_RULE.format(rule="NOPE") in done.stderr


def test_several_repositories(tmp_path: Path) -> None:
    """Several are looked at, each is named; one that cannot be looked at makes the exit status 2 and hides no other."""
    repository(tmp_path / "clean", {"a": ""})
    repository(tmp_path / "dirty", {"a": ""}, venv())
    done = run(tmp_path, "check", "clean", "dirty")
    assert done.returncode == 1
    assert (
        done.stdout.index("clean") < done.stdout.index(messages.CLEAN) < done.stdout.index("ENV002")
    )
    done = run(tmp_path, "check", "clean", "gone", "dirty")
    assert done.returncode == 2
    assert "ENV002" in done.stdout
    assert messages.NO_DIRECTORY.format(path="gone") in done.stdout


def test_without_git_repository(tmp_path: Path) -> None:
    """Where there is no repository the Docker rules still run, and it is said."""
    write(tmp_path, {"Dockerfile": "FROM python\nCOPY . /\n", **venv()})
    done = run(tmp_path, "check")
    assert done.returncode == 1
    assert messages.WITHOUT_GIT in done.stdout
    assert all(rule in done.stdout for rule in ("DKF001", "CTX001"))


def test_without_git(tmp_path: Path) -> None:
    """Without git, labcoat says that it cannot look."""
    repository(tmp_path, {"a": ""})
    done = run(tmp_path, "check", env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert "Install git." in done.stderr


def test_bare_repository(tmp_path: Path) -> None:
    """A bare repository has nothing to check, and that is said."""
    tmp_path.joinpath("bare.git").mkdir()
    git(tmp_path / "bare.git", "init", "-q", "--bare")
    done = run(tmp_path / "bare.git", "check")
    assert done.returncode == 2
    assert messages.BARE_REPOSITORY in done.stderr


def test_worktree_submodule_and_subfolder(tmp_path: Path) -> None:
    """A linked worktree, a submodule and a folder inside a repository are looked at like repositories."""
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
        assert run(folder, "check").returncode == 0
        write(folder, venv())
        assert "venv\n  error ENV002" in run(folder, "check").stdout


def test_partial_clone(tmp_path: Path) -> None:
    """A clone without all contents is looked at, nothing is fetched, and what was not searched is said."""
    origin = repository(tmp_path / "origin", {"a": "a", "kaggle.json": "{}"})
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", origin.as_uri(), "partial")
    git(tmp_path / "partial", "read-tree", "HEAD")
    done = run(tmp_path / "partial", "check")
    assert done.returncode == 1
    assert "SEC001" in done.stdout
    assert messages.PARTIAL_CLONE in done.stdout


def test_unborn_branch(tmp_path: Path) -> None:
    """A repository without a commit is looked at."""
    done = run(repository(tmp_path, {}, venv()), "check", "--fix")
    assert done.returncode == 0
    assert (tmp_path / ".gitignore").read_text() == "/venv\n"


UNREADABLE = {
    "folder": ("closed", messages.UNREADABLE_FOLDER.format(path="closed")),
    "ignore-file": (".dockerignore", messages.UNREADABLE_IGNORE_FILE),
    "dockerfile": ("Dockerfile", "DKF004"),
    "git-ignore-file": (".gitignore", messages.CLEAN),
    "settings": ("pyproject.toml", "SET001"),
}


@pytest.mark.parametrize(("closed", "said"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable(tmp_path: Path, closed: str, said: str) -> None:
    """A folder or a file that cannot be read does not stop the check, and what is not known for it is said."""
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
    assert said in done.stdout
    assert (done.returncode, done.stderr) == (int(said in ("DKF004", "SET001")), "")


def test_colliding_fix(tmp_path: Path) -> None:
    """check --fix mends, says so on stderr, and reports what is left on stdout."""
    repository(tmp_path, {"a": ""}, venv())
    done = run(tmp_path, "check", "--fix")
    assert (done.returncode, done.stdout) == (0, f"{messages.CLEAN}\n")
    added = messages.ADDED_LINE.format(path=".gitignore", line="/venv")
    assert done.stderr == f"{added}\n"


def test_context_files(tmp_path: Path) -> None:
    """`--files -z` prints the context's paths and nothing else; `--reaching` those in the image."""
    write(tmp_path, {**SECRET, ".dockerignore": "big\n"})
    assert (
        run(tmp_path, "context", "--files", "-z").stdout
        == ".dockerignore\0Dockerfile\0src/a.py\0src/kaggle.json\0"
    )
    assert run(tmp_path, "context", "--reaching").stdout == "src/a.py\nsrc/kaggle.json\n"


def test_context_semantics(tmp_path: Path) -> None:
    """The reading of Docker 20.10 can be asked for."""
    write(tmp_path, {**SECRET, ".dockerignore": "*\n!**/*.py\n"})
    assert run(tmp_path, "context", "--files").stdout == "src/a.py\n"
    assert run(tmp_path, "context", "--files", "--semantics", "docker-20.10").stdout == ""


def test_context_of_a_folder(tmp_path: Path) -> None:
    """The context can be named."""
    write(tmp_path / "c", SECRET)
    assert (
        run(tmp_path, "context", "--files", "c").stdout
        == "Dockerfile\nbig/b\nsrc/a.py\nsrc/kaggle.json\n"
    )


def test_malformed_pattern_is_named(tmp_path: Path) -> None:
    """A malformed pattern is exit status 1, with its line."""
    write(tmp_path, {**SECRET, ".dockerignore": "a\n[z-a]\n"})
    done = run(tmp_path, "context", "--files", "-z")
    assert (done.returncode, done.stdout) == (1, "")
    assert ".dockerignore:2: `[z-a]`" in done.stderr


def test_context_table(tmp_path: Path) -> None:
    """The table has folders, sizes, the largest files, and what would shrink it."""
    write(tmp_path, {**SECRET, **venv("app/venv")})
    shown = run(tmp_path, "context").stdout
    assert [
        word
        for word in ("big/", "2.9 KiB", "total", "big/b", "app/venv  (a virtual environment)")
        if word not in shown
    ] == []
    whole = json.loads(run(tmp_path, "context", "--json").stdout)
    assert whole["total"]["files"] == 7
    assert whole["total"]["files_in_image"] == 2
    assert whole["largest"][0] == {"path": "big/b", "bytes": 3000}
    assert whole["to_leave_out"][0]["pattern"] == "app/venv"


def test_context_without_dockerfile(tmp_path: Path) -> None:
    """Without a Dockerfile the context is measured all the same, and it is said that no more can be told."""
    write(tmp_path, {"a": "a"})
    assert "There is no Dockerfile" in run(tmp_path, "context").stdout
    assert json.loads(run(tmp_path, "context", "--json").stdout)["total"]["files_in_image"] is None


def test_context_reaching_without_dockerfile(tmp_path: Path) -> None:
    """What reaches the image cannot be told without a Dockerfile, and that is said in two lines."""
    write(tmp_path, {"a": "a"})
    done = run(tmp_path, "context", "--reaching")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: cannot read Dockerfile: No such file or directory\n")


def test_explain(tmp_path: Path) -> None:
    """`explain` prints a rule's page, in any case of letters; without a rule it lists all."""
    assert run(tmp_path, "explain", "env002").stdout.startswith("## ENV002: ")
    assert "KAG001" in run(tmp_path, "explain").stdout
    assert run(tmp_path, "explain", "ENV9").returncode == 2
