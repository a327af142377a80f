"""GIT: tracked files."""

from pathlib import Path

from labcoat.core.makefiles import FIRST_LINE
from labcoat.lint.runner import check_repository
from support.repositories import repository
from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    Case,
    test_fix,
    test_near_miss,
    test_rule,
)

LABCOAT = {"lc/include.python.mk": f"{FIRST_LINE}\n", "Makefile": "include lc/include.python.mk\n"}
WORK = {**LABCOAT, "work/Makefile": "include ../lc/include.python.mk\n"}

CASES = [
    Case(
        "GIT001",
        {".gitignore": "*.log\n", "a.log": ""},
        {".gitignore": "*.log\n!a.log\n", "a.log": "", "d/.gitignore": "*\n"},
        "unsafe",
    ),
    Case("GIT002", {"link": Path("../outside")}, {"a/link": Path("../b"), "b": ""}, name="link"),
    Case(
        "GIT002",
        {"sub/Makefile": "include ../../x.mk\n"},
        {"sub/Makefile": "include ../x.mk\n", "x.mk": ""},
        name="make",
    ),
    Case(
        "GIT002",
        {"sub/Makefile": "include a\\ b/../../../x.mk\n"},
        {"sub/Makefile": "include d/e/f\\ g/../../../../x.mk\n", "x.mk": ""},
        name="make-with-a-space",
    ),
    Case(
        "GIT002",
        {"run.sh": "source ../env.sh\n"},
        {"run.sh": ". ./env.sh\n. /etc/profile\n", "env.sh": ""},
        name="script",
    ),
    *(
        Case(
            "GIT005",
            {**WORK, ".gitignore": f"{pattern}\n"},
            {**WORK, ".gitignore": f"{pattern}\n!{name}\n"},
            untracked={f"{folder}{name}": ""},
            nearly_untracked={f"{folder}{name}": "", f"{folder}notes.txt": ""},
            name=f"{folder}{name}",
        )
        for folder, name, pattern in (
            ("", "requirements.txt", "*.txt"),
            ("", ".python-version", ".python-version"),
            ("", "Dockerfile", "/Dockerfile"),
            ("work/", "requirements-dev.in", "*.in"),
        )
    ),
    Case(
        "GIT005",
        {**LABCOAT, ".gitignore": "labcoat.mk\n"},
        # Without labcoat a project may not need the file, and further below it may be data.
        {".gitignore": ".python-version\n*.txt\n", "Makefile": "all:\n"},
        untracked={"labcoat.mk": ""},
        nearly_untracked={".python-version": "3.11\n", "data/requirements.txt": ""},
        name="without-labcoat",
    ),
    Case(
        "GIT005",
        {**LABCOAT, ".gitignore": "*.txt\n"},
        {**LABCOAT, ".gitignore": "*.txt\n", "requirements.txt": ""},
        untracked={"requirements.txt": ""},
        nearly_untracked={"data/requirements.txt": ""},
        name="tracked",
    ),
]


def test_what_a_program_writes_again_is_reported_once(tmp_path: Path) -> None:
    """Byte code that is ignored needs one step, and has one finding."""
    files = {".gitignore": "*.pyc\n*.bin\n", "a.pyc": "x", "b.bin": "x"}
    found = check_repository(repository(tmp_path / "r", files)).findings
    assert sorted((each.rule, each.path) for each in found) == [
        ("GIT001", "b.bin"),
        ("GIT003", "a.pyc"),
    ]
