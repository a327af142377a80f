"""Fixes change what they name and nothing else."""

import shutil
import stat
from pathlib import Path

import pytest

from labcoat.lint import fixes
from labcoat.lint.findings import Finding, Reencode, Remove, safe_fix
from labcoat.lint.fixes import append_line, apply_fixes
from labcoat.lint.runner import Report, Selection, check_repository
from support import Repository
from support.messages import lint as messages
from support.repositories import Content, git, repository, venv, write

ADDED_VENV = messages.ADDED_LINE.format(path=".gitignore", line="/venv")

ENDINGS = {
    "line-feed": (b"a\n", b"a\n/venv\n"),
    "carriage-return": (b"a\r\nb\r\n", b"a\r\nb\r\n/venv\r\n"),
    "no-last-ending": (b"a", b"a\n/venv\n"),
    "empty": (b"", b"/venv\n"),
    "mark": (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfa\n/venv\n"),
}


@pytest.mark.parametrize(("before", "after"), ENDINGS.values(), ids=ENDINGS.keys())
def test_endings_and_encoding_stay(tmp_path: Path, before: bytes, after: bytes) -> None:
    """A line is added in the file's own line endings, and a byte order mark stays."""
    root = repository(tmp_path, {".gitignore": before}, venv())
    apply_fixes(root, Selection())
    assert (root / ".gitignore").read_bytes() == after


PRESENT = {
    "last": (b"a\nb\n", "b", True),
    "in-between": (b"a\r\nb\r\n", "a", True),
    "before-a-negation": (b"a\n!a/b\n", "a", False),
    "behind-a-negation": (b"!a/b\na\nb\n", "a", True),
    "negation": (b"!a\nb\n", "!a", False),
    "negation-last": (b"b\n!a\n", "!a", True),
    "part-of-another": (b"a/b\n", "a", False),
}


@pytest.mark.parametrize(("data", "line", "counts"), PRESENT.values(), ids=PRESENT.keys())
def test_effective_line_is_not_added_again(data: bytes, line: str, *, counts: bool) -> None:
    """A pattern that no later negation reverts is not written a second time."""
    assert (append_line(data, line) == data) is counts


def test_nested_ignore_file_is_named_instead_of_fixed(tmp_path: Path) -> None:
    """If a nested .gitignore includes environments, its line is named; no line is added."""
    root = repository(
        tmp_path,
        {"sub/.gitignore": "!*\n", ".gitignore": "*.log\n"},
        {**venv("sub/a"), **venv("sub/b")},
    )
    assert apply_fixes(root, Selection(), unsafe=True).done == ()
    findings = check_repository(root).findings
    assert [each.rule for each in findings] == ["ENV002", "ENV002"]
    assert messages.INCLUDED_BY.format(path="sub/.gitignore") in findings[0].hint


def test_subfolder_is_fixed_in_its_own_ignore_file(tmp_path: Path) -> None:
    """A check of a folder below git's top fixes the .gitignore of that folder."""
    root = repository(tmp_path, {"sub/.gitignore": "!*\n"}, venv("sub/venv")) / "sub"
    assert apply_fixes(root, Selection()).done == (ADDED_VENV,)
    assert check_repository(root).findings == []


def test_mode_stays(tmp_path: Path) -> None:
    """A file keeps its mode."""
    root = repository(tmp_path, {".gitignore": "a\n"}, venv())
    (root / ".gitignore").chmod(0o640)
    apply_fixes(root, Selection())
    assert stat.S_IMODE((root / ".gitignore").stat().st_mode) == 0o640


def test_uncommitted_changes_are_kept_and_reported(tmp_path: Path) -> None:
    """Changing a file with uncommitted changes keeps these and reports it."""
    root = repository(tmp_path, {".gitignore": "a\n"}, venv())
    (root / ".gitignore").write_text("a\nb\n")
    assert apply_fixes(root, Selection()).done == (ADDED_VENV + messages.KEPT_CHANGES,)
    assert (root / ".gitignore").read_text() == "a\nb\n/venv\n"


def test_changes_of_the_fixes_before_are_not_reported(tmp_path: Path) -> None:
    """Two lines of a file are changed, which had no changes of yours."""
    root = repository(tmp_path, {".gitignore": "a # x\nb # y\n"})
    done = apply_fixes(root, Selection(("IGN003",)), unsafe=True).done
    assert done == (".gitignore: changed line 2", ".gitignore: changed line 1")


def test_fixed_findings_are_gone(tmp_path: Path) -> None:
    """After several fixes, in one file and in several, no finding and no fix is left."""
    files = {
        "Dockerfile": "FROM scratch\nCOPY . /\nUSER 1\n",
        ".dockerignore": "venv # mine\n__pycache__\n.git\n",
    }
    root = repository(
        tmp_path,
        files,
        {**venv("a/venv"), **venv("b/env"), "src/__pycache__/x.pyc": "", "conf/.env": "A=b"},
    )
    assert {"ENV002", "CTX001", "SEC002", "IGN003", "IGN004"} <= {
        each.rule for each in check_repository(root).findings
    }
    apply_fixes(root, Selection(), unsafe=True)
    assert check_repository(root).findings == []
    assert apply_fixes(root, Selection(), unsafe=True).done == ()


def test_untracking_leaves_the_files(tmp_path: Path) -> None:
    """Removing an environment from the index keeps it on disk."""
    root = repository(tmp_path, venv())
    apply_fixes(root, Selection(), unsafe=True)
    assert (root / "venv/pyvenv.cfg").exists()
    assert git(root, "ls-files") == ""


def test_impossible_fix_is_reported(tmp_path: Path) -> None:
    """A fix that is not possible is reported, and the others are applied."""
    root = repository(
        tmp_path, {"Dockerfile": "FROM labcoat.invalid/no/such:image\nUSER 1\n"}, venv()
    )
    results = apply_fixes(root, Selection(), unsafe=True)
    assert ADDED_VENV in results.done
    assert results.failed[0].message.startswith("`Dockerfile` is not fixed: ")


def test_relock_needs_no_python_on_path(repo: Repository) -> None:
    """The interpreter that runs labcoat compiles the lock, not a `python3` on PATH."""
    repo.write(requirements__txt="alpha==1.0\n")
    git(repo.path, "init", "-q")
    git(repo.path, "add", "-A")
    programs = repo.path.parent / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(shutil.which("git") or "git")
    (programs / "python3").write_text("#!/bin/sh\nexit 9\n")
    (programs / "python3").chmod(0o755)
    repo.labcoat("fix", "--unsafe", "--select", "REQ002", PATH=str(programs))
    assert "--hash=sha256:" in (repo.path / "requirements.txt").read_text()


def test_a_lock_that_cannot_be_made_does_not_stop_other_fixes(repo: Repository) -> None:
    """Each fix stands by itself; the one that failed says why."""
    repo.write(requirements__in="no-such-package\n", requirements__txt="alpha==1.0\n")
    write(repo.path, venv())
    git(repo.path, "init", "-q")
    git(repo.path, "add", "-A")
    output = repo.labcoat("fix", "--unsafe", fails=True)
    assert "`requirements.txt` is not fixed: cannot lock `requirements.txt`" in output
    assert "venv/pyvenv.cfg" not in git(repo.path, "ls-files")


def test_pinning_asks_the_engine_in_labcoat_docker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LABCOAT_DOCKER may be a command line of several words."""
    engine, digest = tmp_path / "engine", f"sha256:{'a' * 64}"
    engine.write_text(f'#!/bin/sh\ntest "$1" = --remote && echo \'["team/base@{digest}"]\'\n')
    engine.chmod(0o755)
    monkeypatch.setenv("LABCOAT_DOCKER", f"{engine} --remote")
    root = repository(tmp_path / "root", {"Dockerfile": "FROM team/base:1\nUSER 1\n"})
    apply_fixes(root, Selection(), unsafe=True)
    assert (root / "Dockerfile").read_text().startswith(f"FROM team/base:1@{digest}\n")


SMALL = '[tool.labcoat]\nlarge-file = "1 KiB"\n'
LARGE = b"\0" * 2000
LFS_PATTERNS: dict[str, tuple[dict[str, Content], str]] = {
    "only-large-ones": ({"a.png": LARGE, "b/c.png": LARGE}, "*.png"),
    "small-ones-too": ({"a b/[c].png": LARGE, "icon.png": b"\0"}, "/a[[:space:]]b/\\[c].png"),
    "no-suffix": ({"weights": LARGE}, "/weights"),
}


@pytest.mark.parametrize(("files", "pattern"), LFS_PATTERNS.values(), ids=LFS_PATTERNS.keys())
def test_lfs_gets_large_files_only(files: dict[str, Content], pattern: str, tmp_path: Path) -> None:
    """The fix gives only files to LFS that the check reported."""
    root = repository(tmp_path, {**files, "pyproject.toml": SMALL})
    named = {each.path for each in check_repository(root, Selection(("LFS002",))).findings}
    apply_fixes(root, Selection(("LFS002",)))
    assert (
        root / ".gitattributes"
    ).read_text() == f"{pattern} filter=lfs diff=lfs merge=lfs -text\n"
    assert {
        each.path for each in check_repository(root).findings if each.rule.startswith("LFS")
    } == named


def test_docker_form_is_corrected_in_place(tmp_path: Path) -> None:
    """A later negation still includes its files; because of it the fix is unsafe."""
    root = repository(
        tmp_path,
        {".gitignore": "./data/*\n!data/keep.csv\n"},
        {"data/keep.csv": "", "data/a.csv": ""},
    )
    chosen = Selection(("IGN005",))
    assert apply_fixes(root, chosen).done == ()
    assert apply_fixes(root, chosen, unsafe=True).done
    assert (root / ".gitignore").read_text() == "/data/*\n!data/keep.csv\n"
    assert git(root, "ls-files", "-o", "--exclude-standard") == "data/keep.csv\n"


def test_docker_form_in_other_encoding_is_corrected(tmp_path: Path) -> None:
    """The bytes of a name that is not UTF-8 stay."""
    root = repository(tmp_path, {".gitignore": b"./caf\xe9\n*.log\n"})
    apply_fixes(root, Selection(("IGN005",)))
    assert (root / ".gitignore").read_bytes() == b"/caf\xe9\n*.log\n"


def test_edits_of_two_kinds_are_both_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One saves the file again, the other deletes it: named tuples with the same path are equal."""
    root = repository(tmp_path, {"a": b"data\xc2\xa0\n"})
    edits = (safe_fix(Reencode("a")), safe_fix(Remove("a")))
    found = [Finding("IGN001", "a", "", "", fix=each) for each in edits]
    monkeypatch.setattr(fixes, "run_rules", lambda *_: Report(root, found))
    monkeypatch.setattr(fixes, "_ROUNDS", 1)
    assert len(apply_fixes(root, Selection()).done) == 2
    assert not (root / "a").exists()


def test_patterns_that_cannot_be_moved_stay(tmp_path: Path) -> None:
    """A file with patterns is not removed if no build is known to read them elsewhere."""
    unread = {"app/ .dockerignore": "data\n", "app/old.dockerignore": "data\n"}
    root = repository(
        tmp_path / "r", {"app/Dockerfile": "FROM scratch\nCOPY a /\n", "app/a": "", **unread}
    )
    hints = {each.path: each.hint for each in check_repository(root).findings}
    assert hints["app/ .dockerignore"] == messages.RENAME_IGNORE_FILE
    assert unread.keys() <= hints.keys()
    assert apply_fixes(root, Selection(("CTX005",)), unsafe=True).done == ()
    assert all((root / path).read_text() == text for path, text in unread.items())


def test_text_that_was_added_by_force_stays_tracked(tmp_path: Path) -> None:
    files = {".gitignore": "data/*\n", "data/README.md": "x", "data/a.bin": "x"}
    root = repository(tmp_path / "r", files)
    assert apply_fixes(root, Selection(("GIT001",)), unsafe=True).done
    assert git(root, "ls-files", "data") == "data/README.md\n"


def test_fix_of_a_link_says_what_to_edit(tmp_path: Path) -> None:
    """The file may belong to another project."""
    files: dict[str, Content] = {
        "Dockerfile": "FROM a\nCOPY . /\n",
        "conf/.env": "PASSWORD=a1b2c3d4",
        "shared": "",
        ".dockerignore": Path("shared"),
    }
    root = repository(tmp_path / "r", files)
    outcome = apply_fixes(root, Selection())
    assert "Edit the file that it leads to" in {each.hint for each in outcome.failed}
