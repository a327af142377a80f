"""Cases of rules: a repository that breaks a rule, a near miss, and the fix; with their tests.

A test module imports the three tests and defines CASES; `tests/lint/rules/conftest.py`
parametrizes the tests with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labcoat.lint.fixes import apply_fixes
from labcoat.lint.runner import Selection, check_repository
from support.repositories import Content, git, repository

DIGEST = "@sha256:" + "a" * 64
BASE = f"FROM python:3.11{DIGEST}\n"
COPY_ALL = f"{BASE}COPY . /app\nUSER 1000\n"
LOCK = "numpy==2.0.0 \\\n    --hash=sha256:" + "b" * 64 + "\n"
PACKAGES = ".venv/lib/python3.11/site-packages"
KEY = "-----BEGIN " + "OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n"
BINARY = b"\0binary" * 1000
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "c" * 64 + "\nsize 12345\n"
SMALL = '[tool.labcoat]\ncontext-budget = "1 KiB"\nlarge-file = "1 KiB"\n'

Files = Mapping[str, Content]


@dataclass(frozen=True)
class Case:
    """Files that break `rule`, files that nearly do, and the kind of fix: none, safe, unsafe."""

    rule: str
    trips: Files
    nearly: Files
    fix: str = "none"
    untracked: Files = field(default_factory=dict)
    nearly_untracked: Files = field(default_factory=dict)
    name: str = ""

    def __str__(self) -> str:
        return f"{self.rule}-{self.name}" if self.name else self.rule


def found_rules(root: Path) -> set[str]:
    """Return the ids of the rules that the repository breaks."""
    return {each.rule for each in check_repository(root).findings}


def test_rule(case: Case, tmp_path: Path) -> None:
    """The rule finds what it is for."""
    assert case.rule in found_rules(repository(tmp_path / "r", case.trips, case.untracked))


def test_near_miss(case: Case, tmp_path: Path) -> None:
    """The rule does not report what only resembles it."""
    root = repository(tmp_path / "r", case.nearly, case.nearly_untracked)
    assert case.rule not in found_rules(root)


def test_fix(fixable_case: Case, tmp_path: Path) -> None:
    """After the fix the check no longer reports it, and fixing again changes nothing."""
    case, unsafe = fixable_case, fixable_case.fix == "unsafe"
    root = repository(tmp_path / "r", case.trips, case.untracked)
    if unsafe:
        apply_fixes(root, Selection())
        assert case.rule in found_rules(root), "an unsafe fix was applied without --unsafe"
    assert apply_fixes(root, Selection((case.rule,)), unsafe=unsafe).done
    assert case.rule not in found_rules(root)
    after = git(root, "status", "--porcelain")
    assert apply_fixes(root, Selection((case.rule,)), unsafe=unsafe).done == ()
    assert git(root, "status", "--porcelain") == after
