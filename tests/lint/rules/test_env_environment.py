"""ENV: virtual environments and git."""

from pathlib import Path

import pytest

from labcoat.lint.runner import Selection, check_repository
from support.repositories import VENV, repository, venv
from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    Case,
    test_fix,
    test_near_miss,
    test_rule,
)

CASES = [
    Case("ENV001", venv("env"), {"tests/data/pyvenv.cfg": "home = x\n"}, "unsafe"),
    Case(
        "ENV001",
        {"env/pyvenv.cfg": "home = x\n", "env/lib64": Path("lib")},
        {"env/pyvenv.cfg": "home = x\n", "env/lib64.py": ""},
        "unsafe",
        name="without-what-patterns-ignore",
    ),
    Case("ENV001", {**VENV, "a.py": ""}, {"pyvenv.cfg": "home = x\n", "a.py": ""}, name="root"),
    Case(
        "ENV002",
        {"a.py": ""},
        {"a.py": "", "lib/b.py": ""},
        "none",
        VENV,
        {"pyvenv.cfg": "home = x\n"},
        name="root",
    ),
    Case(
        "ENV001",
        {**venv("app"), "app/main.py": ""},
        {"app/pyvenv.cfg": "home = x\n", "app/main.py": ""},
        name="folder-of-a-program",
    ),
    Case(
        "ENV002",
        {"app/main.py": ""},
        {"app/main.py": "", "app/lib/b.py": ""},
        "none",
        venv("app"),
        {"app/pyvenv.cfg": "home = x\n"},
        name="folder-of-a-program",
    ),
    Case("ENV002", {"a.py": ""}, {".gitignore": "/.venv\n"}, "safe", venv(".venv"), venv(".venv")),
    Case(
        "ENV002",
        {".gitignore": "*\n!*/\n!*.py\n!*.cfg\n!.gitignore\n"},
        {".gitignore": "*\n!*/\n!*.py\n!.gitignore\n"},
        "safe",
        venv(),
        venv(),
        name="negation",
    ),
    Case(
        "ENV003",
        {"a.py": ""},
        {".gitignore": ".venv\n"},
        "safe",
        {**venv(".venv"), ".venv/.gitignore": "*\n"},
        {**venv(".venv"), ".venv/.gitignore": "*\n"},
        name="inner",
    ),
    Case(
        "ENV003",
        {"a.py": ""},
        {"a.py": ""},
        "safe",
        {**venv("v"), ".git/info/exclude": "v\n"},
        {".git/info/exclude": "v\n"},
    ),
    Case(
        "ENV004",
        {".gitignore": "venv/\n"},
        {".gitignore": "venv\n"},
        "safe",
        {"venv": Path("/x")},
        {"venv": Path("/x")},
    ),
]


def test_global_excludes_file_is_not_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment that only the user's git settings ignore is ENV003 and names the file."""
    excludes = tmp_path / "mine"
    excludes.write_text("venv\n")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text(f"[core]\nexcludesFile = {excludes}\n")
    root = repository(tmp_path / "r", {"a": ""}, venv())
    findings = check_repository(root).findings
    assert [each.rule for each in findings] == ["ENV003"]
    assert str(excludes) in findings[0].message


def test_an_environment_in_the_folder_of_a_program_is_told_apart(tmp_path: Path) -> None:
    """To remove the folder from git would remove the program."""
    files = {**venv("app"), "app/main.py": "", "app/models/a.bin": "", "app/Dockerfile": "FROM a\n"}
    root = repository(tmp_path / "r", {**files, "app/bin/python3": Path("/usr/bin/python3")})
    (found,) = check_repository(root, Selection(("ENV", "GIT"))).findings
    assert found.path == "app/pyvenv.cfg"
    assert "app/pyvenv.cfg and what came with it there (bin, lib)" in found.hint
    assert found.fix is None
