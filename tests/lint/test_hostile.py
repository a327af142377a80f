"""A malicious repository can be checked: nothing in it is executed or followed."""

import contextlib
import io
import os
import subprocess
from pathlib import Path

import pytest

from labcoat.container.context.build_context import BuildContext
from labcoat.lint.fixes import apply_fixes
from labcoat.lint.output import text
from labcoat.lint.runner import Selection, check_repository
from support.repositories import Content, git, repository, venv


def create_trap(root: Path) -> Path:
    """Create a program that leaves a mark when it is run."""
    program = root / ".git" / "trap"
    program.write_text(f"#!/bin/sh\ntouch '{root}/SPRUNG'\ncat\n")
    program.chmod(0o755)
    return program


COMMANDS = [
    "core.fsmonitor",
    "core.sshCommand",
    "core.pager",
    "core.editor",
    "core.gitProxy",
    "core.askPass",
    "core.alternateRefsCommand",
    "credential.helper",
    "diff.external",
    "diff.x.textconv",
    "diff.x.command",
    "filter.x.clean",
    "filter.x.smudge",
    "filter.x.process",
    "gpg.program",
    "merge.x.driver",
    "pager.ls-files",
    "pager.grep",
    "sequence.editor",
    "uploadpack.packObjectsHook",
]


def armed_repository(root: Path) -> Path:
    """Create a repository whose configuration, attributes and hooks all run the trap."""
    files: dict[str, Content] = {
        "a.x": "x",
        "kaggle.json": "{}",
        ".gitattributes": "* filter=x diff=x merge=x\n",
        ".gitignore": "./x\n",
    }
    repository(root, files)
    program = create_trap(root)
    for name in COMMANDS:
        git(root, "config", name, str(program))
    git(root, "config", "filter.x.required", "true")
    git(root, "config", "log.showSignature", "true")
    for hook in (
        "pre-commit",
        "post-index-change",
        "post-checkout",
        "fsmonitor-watchman",
        "pre-auto-gc",
        "reference-transaction",
    ):
        (root / ".git" / "hooks").mkdir(exist_ok=True)
        (root / ".git" / "hooks" / hook).symlink_to(program)
    return root


def test_nothing_is_run(tmp_path: Path) -> None:
    """Neither a check nor a fix runs hooks, filters or other commands of the repository."""
    root = armed_repository(tmp_path / "r")
    for path in venv():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")
    assert "SEC001" in {each.rule for each in check_repository(root).findings}
    assert apply_fixes(root, Selection(), unsafe=True).done
    check_repository(root)
    assert not (root / "SPRUNG").exists()


def test_trap_can_spring(tmp_path: Path) -> None:
    """Plain git runs the trap, so the test above can fail."""
    root = armed_repository(tmp_path / "r")
    (root / "a.x").write_text("changed")
    with contextlib.suppress(
        subprocess.CalledProcessError
    ):  # whatever git makes of the filter's answer
        git(root, "status")
    assert (root / "SPRUNG").exists()


def test_symlinks_to_outside_are_not_followed(tmp_path: Path) -> None:
    """Files and folders behind symlinks are neither read nor written."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "ignore").write_text("# mine\n")
    (outside / "Dockerfile").write_text("NONSENSE\n")
    (outside / "pyvenv.cfg").write_text("")
    links = {
        ".gitignore": outside / "ignore",
        "Dockerfile": outside / "Dockerfile",
        "docker/x": outside,
        "env": outside,
    }
    root = repository(tmp_path / "r", {"a": "", **links}, venv())
    check_repository(root)
    apply_fixes(root, Selection(), unsafe=True)
    assert (outside / "ignore").read_text() == "# mine\n"
    assert (root / ".gitignore").is_symlink()


NAMES = ["a\nb", "tab\there", "esc\x1b[2J", "lone\udcff", "turned\u202e", "-rf", " lead", "trail "]
NAMES += [":(glob)x", "[a]*?", "a\\b", "q'\"uote", "!bang", "#hash", "a|b{2}^"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_unusual_names(tmp_path: Path, name: str) -> None:
    """An environment and a secret with any name are found, printed safely, and fixed."""
    dockerfile = "FROM scratch\nCOPY . /\nUSER 1\n"
    root = repository(
        tmp_path / "r",
        {f"{name}/kaggle.json": "{}", "Dockerfile": dockerfile, ".dockerignore": ".git\n"},
        venv(name),
    )
    report = check_repository(root)
    assert {"SEC001", "SEC002", "ENV002", "CTX001"} <= {each.rule for each in report.findings}
    shown = text.render_reports([report], io.StringIO())
    shown.encode()
    assert not set("\x1b\u202e\t") & set(shown)
    apply_fixes(root, Selection(), unsafe=True)
    # Whoever tracks a text that is ignored may want that: to untrack it is up to them.
    assert {each.rule for each in check_repository(root).findings} <= {"GIT001", "SEC001"}


def test_pipes_do_not_block(tmp_path: Path) -> None:
    """A check does not read a pipe with the name of a file, and ends."""
    root = repository(
        tmp_path / "r", {"a": "", "app/Dockerfile": "FROM scratch\nCOPY . /\nUSER 1\n"}
    )
    for name in (
        ".dockerignore",
        "Dockerfile",
        "pyproject.toml",
        "requirements.txt",
        "app/.dockerignore",
    ):
        os.mkfifo(root / name)
    check_repository(root)
    assert BuildContext(root / "app").sent_files() == [".dockerignore", "Dockerfile"]


def test_no_content_from_outside_is_shown(tmp_path: Path) -> None:
    """Symlinks to outside of the repository are not read, not even to report errors in them."""
    (tmp_path / "outside").write_text("TOPSECRET text\n[z-a]SECRETPATTERN\n")
    links = {
        name: Path("../outside")
        for name in (
            "Dockerfile",
            ".dockerignore",
            "pyproject.toml",
            ".gitignore",
            "requirements.txt",
        )
    }
    root = repository(tmp_path / "r", {"a": "", **links})
    assert "SECRET" not in text.render_reports([check_repository(root)], io.StringIO())
    with pytest.raises(OSError, match="leads out"):
        BuildContext(root).parsed  # noqa: B018 - the property reads the file


LONG = "x" * 300
ODD: dict[str, dict[str, Content]] = {
    "copy-parents": {"Dockerfile": "FROM scratch\nCOPY --parents a[ /x/\n"},
    "copy-exclude": {"Dockerfile": "FROM scratch\nCOPY --exclude=a{2 --exclude=\\d[ . /x/\n"},
    "copy-wildcard": {"Dockerfile": "FROM scratch\nCOPY a[ /x/\n"},
    "copy-long": {
        "sub/Dockerfile": f"FROM scratch\nCOPY {LONG} /x/\n",
        ".dockerignore": f"!{LONG}\n",
    },
    "link-to-itself": {"Dockerfile": Path("Dockerfile")},
    "ignore-file-to-itself": {
        "Dockerfile": "FROM scratch\nCOPY . /x/\n",
        ".dockerignore": Path(".dockerignore"),
    },
    "nul-in-settings": {
        "pyproject.toml": "[[tool.labcoat.builds]]\n"
        'dockerfile = "a\\u0000b"\ncontext = "c\\u0000d"\n'
    },
    "long-in-settings": {
        "pyproject.toml": f'[[tool.labcoat.builds]]\ndockerfile = "{LONG}"\ncontext = "{LONG}"\n'
    },
    "long-negation": {".gitignore": f"{LONG}\n!{LONG}\n"},
    "long-in-a-script": {
        "Dockerfile": "FROM scratch\n",
        "build.sh": f"docker build {LONG}\ndocker build -f {LONG} .\n",
    },
    "long-in-compose": {"Dockerfile": "FROM scratch\n", "compose.yml": f"a:\n  build: {LONG}\n"},
}


@pytest.mark.parametrize("files", ODD.values(), ids=ODD.keys())
def test_invalid_input_is_checked(files: dict[str, Content], tmp_path: Path) -> None:
    """Malformed patterns, circular links and impossible names never make a check fail."""
    root = repository(tmp_path / "r", {"a": "", **files})
    report = check_repository(root)
    assert report.failure == ""
    assert apply_fixes(root, Selection(), unsafe=True) is not None
