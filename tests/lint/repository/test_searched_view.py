"""Searches in the tracked files, and what later checks know of them."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from labcoat.core import git as core_git
from labcoat.core import git_history
from labcoat.lint.findings import Severity
from labcoat.lint.repository import search_memory, searched_view
from labcoat.lint.repository.pattern_state import identify_patterns
from labcoat.lint.rules import req_import_places
from labcoat.lint.runner import Selection, check_repository
from labcoat.secrets import look
from labcoat.secrets.secret import Secret
from support.repositories import git, repository

HEX = "9f86d081884c7d659a2f" + "eaa0c55ad015a3bf4f1b"
KIND = "PRIVATE" + " KEY"
SECRET = f'API_KEY = "{HEX}"\n'
DOCKERFILE = "FROM scratch\nCOPY . /app/\nUSER 1000\n"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + HEX + "\nsize 1\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that counts as large, whose files are older than its index."""
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(searched_view, "_LEAST_REMEMBERED", 0)
    files = {
        "a.py": "import numpy\n",
        "b.py": SECRET,
        "lines.yml": "password: some-words-1\n",
        "key.txt": f"write -----BEGIN {KIND}----- first\n" * 40,
        "w.bin": POINTER,
        "Dockerfile": DOCKERFILE,
        "requirements.txt": "flask==1.0\n",
    }
    root = repository(tmp_path / "r", files)
    settle(root)
    return root


def settle(root: Path) -> None:
    """Let git's index know the files, all older than the index."""
    past = int(time.time()) - 100  # git may compare no more than seconds
    for path in root.iterdir():
        if path.is_file():
            os.utime(path, (past, past))
    git(root, "add", "-A")
    git(root, "update-index", "-q", "--really-refresh")


def searched(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], set[str]]:
    """Return the findings of a check, and the paths that it gave to `git grep`."""
    commands: list[tuple[str, ...]] = []
    start = core_git.start_git

    def record(root: Path, *args: str, **keywords: object) -> object:
        commands.append(args)
        return start(root, *args, **keywords)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(core_git, "start_git", record)
        findings = check_repository(root, Selection(("SEC", "LFS003", "REQ005"))).findings
    words = [word for args in commands if args[0] == "grep" for word in args]
    paths = {word.removeprefix(":(literal)") for word in words if word.startswith(":(literal)")}
    return [f"{each.rule} {each.path}:{each.line}" for each in findings], (
        {"everything"} if "." in words else paths
    )


@pytest.mark.parametrize(("size", "second"), [(3 << 20, set()), (1 << 10, {"everything"})])
def test_a_few_large_files_are_remembered(
    size: int, second: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To search them takes a second; small ones are searched at once."""
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path / "cache"))
    root = repository(tmp_path / "r", {"a.py": SECRET, "data.csv": "1,2,3\n" * (size // 6)})
    settle(root)
    findings = ["SEC001 a.py:1"]
    assert searched(root, monkeypatch) == (findings, {"everything"})
    assert searched(root, monkeypatch) == (findings, second)


def test_only_changes_are_searched_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The findings are the same, and those of changed files are found."""
    first = searched(root, monkeypatch)
    assert first[1] == {"everything"}
    assert "SEC001 b.py:1" in first[0]
    assert "REQ005 a.py:1" in first[0]
    assert any(each.startswith("LFS003") for each in first[0])
    assert searched(root, monkeypatch) == (first[0], set())
    (root / "a.py").write_text("import pandas\n")  # not staged: read, not searched
    (root / "lines.yml").write_text(f"password: {HEX}\n")
    git(root, "add", "lines.yml")
    changed, again = searched(root, monkeypatch)
    assert not again & {"everything", "b.py"}
    assert {*first[0], "SEC001 lines.yml:1"} <= {*changed}
    settle(root)
    settled, again = searched(root, monkeypatch)
    assert (settled, again & {"everything"}) == (changed, set())
    (root / "b.py").unlink()
    git(root, "add", "-A")
    assert "SEC001 b.py:1" not in searched(root, monkeypatch)[0]


def test_other_changes_do_not_search_for_imports_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a changed source can import something else; one that is deleted imports nothing."""
    past = time.time() - 100
    for name, text in (("c.py", "import pandas\n"), ("notes.txt", "a\n")):
        (root / name).write_text(text)
        os.utime(root / name, (past, past))
    git(root, "add", "-A")
    searched(root, monkeypatch)
    (root / "notes.txt").write_text("b\n")
    assert "REQ005 c.py:1" in searched(root, monkeypatch)[0]  # remembers without the changed file
    with monkeypatch.context() as patch:
        patch.setattr(searched_view.SearchedView, "_import_lines", property(lambda _: 1 / 0))
        assert "REQ005 c.py:1" in searched(root, patch)[0]
    (root / "c.py").unlink()
    assert "REQ005 c.py:1" not in searched(root, monkeypatch)[0]
    with monkeypatch.context() as patch:
        patch.setattr(searched_view.SearchedView, "_import_lines", property(lambda _: 1 / 0))
        assert "REQ005 c.py:1" not in searched(root, patch)[0]


def test_files_are_read_for_secrets_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not again while they are as they were; a Dockerfile and a suspect among them."""
    past = time.time() - 100
    (root / "none.txt").write_text(f"-----BEGIN {KIND}-----\n")
    os.utime(root / "none.txt", (past, past))
    git(root, "add", "-A")
    read: list[str] = []
    find = look.find_secret

    def count(path: str, data: bytes, root: Path | None = None) -> Secret | None:
        read.append(path)
        return find(path, data, root)

    monkeypatch.setattr(look, "find_secret", count)
    first = searched(root, monkeypatch)[0]
    assert {"b.py", "none.txt", "Dockerfile"} <= {*read}
    read.clear()
    assert searched(root, monkeypatch)[0] == first
    assert not {"b.py", "none.txt", "Dockerfile"} & {*read}
    check_repository(root, Selection(("LFS",)))  # keeps what it does not look for
    assert searched(root, monkeypatch)[0] == first
    assert "b.py" not in read
    (root / "Dockerfile").write_text(f"{DOCKERFILE}ENV {SECRET}")
    found = searched(root, monkeypatch)[0]
    assert {*found} - {*first} == {"SEC002 Dockerfile:4"}
    (root / "b.py").write_text("API_KEY = None\n")
    settle(root)
    assert {*found} - {*searched(root, monkeypatch)[0]} == {"SEC001 b.py:1"}


def test_memory_is_not_trusted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After other rules, other searches, and of a damaged file."""
    before = searched(root, monkeypatch)
    (memory,) = (root.parent / "cache" / "check").iterdir()
    assert HEX.encode() not in memory.read_bytes().replace(POINTER.encode(), b"")
    data = memory.read_bytes()
    for damage in (b"", b"{}\n", b"[1]\n", data[:50], b"\xff" + data, b'{"key": 1}\n' + data):
        memory.write_bytes(damage)
        assert searched(root, monkeypatch) == before
    with monkeypatch.context() as patch:
        patch.setattr(search_memory, "_version", lambda: "other rules")
        assert searched(root, monkeypatch) == before
    monkeypatch.setenv("LABCOAT_CACHE", "/dev/null/x")  # nothing can be kept
    assert searched(root, monkeypatch) == before
    assert searched(root, monkeypatch) == before


def test_oldest_memory_is_removed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of repositories that no longer exist does not grow."""
    monkeypatch.setattr(search_memory, "_MOST_KEPT", 2)
    folder = root.parent / "cache" / "check"
    folder.mkdir(parents=True)
    for at, name in enumerate(("oldest", "older", "old")):
        (folder / name).write_text("")
        os.utime(folder / name, (at, at))
    searched(root, monkeypatch)
    assert len(list(folder.iterdir())) == 2
    assert (folder / "old").exists()


def test_places_of_imports_are_kept_until_a_source_changes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second check does not look for them; a line further down is noticed."""
    looked = []
    find = req_import_places._search_imports

    def count(*args: Any) -> Any:
        looked.append(args)
        return find(*args)

    monkeypatch.setattr(req_import_places, "_search_imports", count)
    first = searched(root, monkeypatch)[0]
    assert "REQ005 a.py:1" in first
    assert searched(root, monkeypatch)[0] == first
    assert len(looked) == 1
    (root / "a.py").write_text("\nimport numpy\n")
    assert "REQ005 a.py:2" in searched(root, monkeypatch)[0]
    (root / "new.ipynb").write_text("{}")  # git's index does not know it
    searched(root, monkeypatch)
    assert len(looked) == 3


def test_history_is_asked_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether somebody added an ignored file on purpose stays true until other files come."""
    asked = []
    find = git_history.was_ignored_when_added

    def count(*args: Any) -> Any:
        asked.append(args)
        return find(*args)

    monkeypatch.setattr(git_history, "was_ignored_when_added", count)
    (root / "data.bin").write_text("x")
    (root / ".gitignore").write_text("*.bin\n")
    git(root, "add", "--force", "data.bin", ".gitignore")
    git(root, "update-index", "-q", "--really-refresh")
    for _ in range(2):
        assert "GIT001" in {each.rule for each in check_repository(root).findings}
    assert len(asked) == 1
    (root / "b.txt").write_text("x")
    settle(root)
    check_repository(root)
    assert len(asked) == 2


def test_git_searches_new_files_where_there_are_many(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after `git rm --cached`: the same findings, and few files are read."""
    (root / ".env").write_text("APP_PASSWORD=9f86d081884c7d65\n")
    (root / "some.env").write_text("nothing that a search finds\n")
    for at in range(9):
        (root / f"{at}.txt").write_text("nothing\n")
    git(root, "rm", "-rq", "--cached", ".")
    before = searched(root, monkeypatch)[0]
    assert "SEC002 Dockerfile:2" in before
    read: list[str] = []
    find = look.find_secret

    def count(path: str, data: bytes, root: Path | None = None) -> Secret | None:
        read.append(path)
        return find(path, data, root)

    monkeypatch.setattr(look, "find_secret", count)
    searched(root, monkeypatch)
    assert "1.txt" in read
    read.clear()
    monkeypatch.setattr(searched_view, "_MOST_NAMED", 3)
    assert searched(root, monkeypatch)[0] == before
    assert {"b.py", ".env", "some.env"} <= {*read}
    assert "1.txt" not in read


def test_copies_of_a_secret_are_known_later(root: Path) -> None:
    """A later check, which reads no file again, says as the first one what is the same secret."""
    (root / "c.py").write_text(f"# another file\n{SECRET}")
    settle(root)
    first, second = (check_repository(root, Selection(("SEC001",))).findings for _ in range(2))
    assert Severity.NOTE in [each.severity for each in first if each.path == "c.py"]
    assert second == first


def asked_for_ignored(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], bool]:
    """Return the tracked files that are ignored, and whether a check asked git for them."""
    commands: list[tuple[str, ...]] = []
    start = core_git.start_git

    def record(root: Path, *args: str, **keywords: object) -> object:
        commands.append(args)
        return start(root, *args, **keywords)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(core_git, "start_git", record)
        findings = check_repository(root, Selection(("GIT001", "SEC"))).findings
    asked = any(args[0] == "ls-files" and "-i" in args for args in commands)
    return [each.path for each in findings if each.rule == "GIT001"], asked


def test_ignored_files_are_asked_for_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until files change, or patterns that git reads in ignore files or elsewhere."""
    (root / ".gitignore").write_text("*.bin\n")
    git(root, "add", "--force", ".gitignore", "w.bin")
    settle(root)
    assert asked_for_ignored(root, monkeypatch) == (["w.bin"], True)
    assert asked_for_ignored(root, monkeypatch) == (["w.bin"], False)
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/exclude").write_text("/key.txt\n")
    assert asked_for_ignored(root, monkeypatch) == (["key.txt", "w.bin"], True)
    assert asked_for_ignored(root, monkeypatch) == (["key.txt", "w.bin"], False)
    git(root, "config", "core.ignoreCase", "true")
    (root / ".git/info/exclude").write_text("/KEY.txt\n")
    assert asked_for_ignored(root, monkeypatch) == (["key.txt", "w.bin"], True)
    git(root, "config", "core.ignoreCase", "false")
    assert asked_for_ignored(root, monkeypatch) == (["w.bin"], True)
    assert asked_for_ignored(root, monkeypatch) == (["w.bin"], False)
    (root / ".gitignore").write_text("*.yml\n")
    assert asked_for_ignored(root, monkeypatch) == (["lines.yml"], True)
    assert asked_for_ignored(root, monkeypatch) == (["lines.yml"], True)  # not staged
    settle(root)
    assert asked_for_ignored(root, monkeypatch) == (["lines.yml"], True)
    assert asked_for_ignored(root, monkeypatch) == (["lines.yml"], False)


@pytest.mark.parametrize("folder", ["", "sub"])
def test_patterns_of_untracked_ignore_files_are_not_remembered(
    root: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """Nor are those of a folder above the one that is checked."""
    (root / "sub").mkdir()
    (root / "sub/a.bin").write_text("x")
    os.utime(root / "sub/a.bin", (1e9, 1e9))
    git(root, "add", "-A")
    settle(root)
    assert asked_for_ignored(root, monkeypatch) == ([], True)
    assert asked_for_ignored(root, monkeypatch) == ([], False)
    (root / folder / ".gitignore").write_text("a.bin\n")
    assert asked_for_ignored(root, monkeypatch) == (["sub/a.bin"], True)
    (root / folder / ".gitignore").write_text("b.bin\n")
    assert asked_for_ignored(root, monkeypatch) == ([], True)
    (root / folder / ".gitignore").unlink()
    below = root / "sub"
    assert asked_for_ignored(below, monkeypatch) == ([], True)
    (root / ".gitignore").write_text("a.bin\n")
    assert asked_for_ignored(below, monkeypatch) == (["a.bin"], True)


@pytest.mark.parametrize(
    ("config", "is_known"),
    [
        ("[core]\n\tbare = false\n", True),
        ("[include]\n\tpath = other\n", False),
        ("[extensions]\n\tworktreeConfig = true\n", False),
        ("", False),
    ],
)
def test_settings_elsewhere_are_not_identified(tmp_path: Path, config: str, is_known: bool) -> None:
    (tmp_path / ".git/info").mkdir(parents=True)
    (tmp_path / ".git/config").write_text(config)
    state = identify_patterns(tmp_path, ["a", "b/.gitignored"])
    assert bool(state) == is_known
    assert not identify_patterns(tmp_path, ["b/.gitIgnore"])
    (tmp_path / ".git/info/exclude").write_text("*.bin\n")
    assert not is_known or identify_patterns(tmp_path, []) != state
    (tmp_path / ".git/info/exclude").unlink()
    (tmp_path / ".git/info/exclude").symlink_to("/dev/null")
    assert not identify_patterns(tmp_path, [])
