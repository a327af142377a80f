"""`labcoat context`: the build context as a table, as JSON, or as paths."""

import json
from pathlib import Path

from support.repositories import BUILD_WITH_SECRET, run_labcoat, venv, write


def test_context_files(tmp_path: Path) -> None:
    """`--files -z` prints the paths of the context only, `--reaching` those in the image."""
    write(tmp_path, {**BUILD_WITH_SECRET, ".dockerignore": "big\n"})
    assert (
        run_labcoat(tmp_path, "context", "--files", "-z").stdout
        == ".dockerignore\0Dockerfile\0src/a.py\0src/kaggle.json\0"
    )
    assert run_labcoat(tmp_path, "context", "--reaching").stdout == "src/a.py\nsrc/kaggle.json\n"


def test_context_semantics(tmp_path: Path) -> None:
    """`--semantics` selects how Docker 20.10 reads the ignore file."""
    write(tmp_path, {**BUILD_WITH_SECRET, ".dockerignore": "*\n!**/*.py\n"})
    assert run_labcoat(tmp_path, "context", "--files").stdout == "src/a.py\n"
    assert run_labcoat(tmp_path, "context", "--files", "--semantics", "docker-20.10").stdout == ""


def test_context_of_a_folder(tmp_path: Path) -> None:
    """The argument names the context."""
    write(tmp_path / "c", BUILD_WITH_SECRET)
    assert (
        run_labcoat(tmp_path, "context", "--files", "c").stdout
        == "Dockerfile\nbig/b\nsrc/a.py\nsrc/kaggle.json\n"
    )


def test_malformed_pattern(tmp_path: Path) -> None:
    """A malformed pattern is an error with its line and exit status 1."""
    write(tmp_path, {**BUILD_WITH_SECRET, ".dockerignore": "a\n[z-a]\n"})
    done = run_labcoat(tmp_path, "context", "--files", "-z")
    assert (done.returncode, done.stdout) == (1, "")
    assert ".dockerignore:2: `[z-a]`" in done.stderr


def test_context_table(tmp_path: Path) -> None:
    """The table has folders, sizes, the largest files, and patterns that would shrink it."""
    write(tmp_path, {**BUILD_WITH_SECRET, **venv("app/venv")})
    shown = run_labcoat(tmp_path, "context").stdout
    assert [
        word
        for word in ("big/", "2.9 KiB", "total", "big/b", "app/venv  (virtual environment)")
        if word not in shown
    ] == []
    whole = json.loads(run_labcoat(tmp_path, "context", "--json").stdout)
    assert whole["total"]["files"] == 7
    assert whole["total"]["files_in_image"] == 2
    assert whole["largest"][0] == {"path": "big/b", "bytes": 3000}
    assert whole["to_leave_out"][0]["pattern"] == "app/venv"


def test_context_without_dockerfile(tmp_path: Path) -> None:
    """Without a Dockerfile the context is measured, but not what reaches the image."""
    write(tmp_path, {"a": "a"})
    assert "There is no Dockerfile" in run_labcoat(tmp_path, "context").stdout
    assert (
        json.loads(run_labcoat(tmp_path, "context", "--json").stdout)["total"]["files_in_image"]
        is None
    )


def test_context_reaching_without_dockerfile(tmp_path: Path) -> None:
    """`--reaching` without a Dockerfile is an error."""
    write(tmp_path, {"a": "a"})
    done = run_labcoat(tmp_path, "context", "--reaching")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: cannot read Dockerfile: No such file or directory\n")
