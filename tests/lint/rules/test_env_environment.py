"""ENV: virtual environments and git."""

from pathlib import Path

import pytest

from labcoat.lint.runner import check_repository
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
