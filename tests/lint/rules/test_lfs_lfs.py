"""LFS: large files and git LFS."""

from pathlib import Path

from labcoat.lint.runner import Selection, check_repository
from support.repositories import repository
from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    BINARY,
    COPY_ALL,
    POINTER,
    SMALL,
    Case,
    test_fix,
    test_near_miss,
    test_rule,
)

CASES = [
    Case(
        "LFS001",
        {"a.bin": BINARY, ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"},
        {"a.bin": POINTER, ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"},
    ),
    Case(
        "LFS002",
        {"a.bin": BINARY, "pyproject.toml": SMALL},
        {"a.txt": "words " * 1000, "b.bin": BINARY[:900], "pyproject.toml": SMALL},
        "safe",
    ),
    Case(
        "LFS003",
        {"w.h5": POINTER, "Dockerfile": COPY_ALL, ".dockerignore": ".git\n"},
        {"w.h5": POINTER, "Dockerfile": COPY_ALL, ".dockerignore": ".git\n*.h5\n"},
    ),
    Case(
        "LFS003",
        {"a.PNG": POINTER, "Dockerfile": COPY_ALL, ".dockerignore": ".git\n"},
        {"a.PNG": "x" * len(POINTER), "Dockerfile": COPY_ALL, ".dockerignore": ".git\n"},
        name="picture",
    ),
    Case(
        "LFS004",
        {"a.jpg": "x", ".gitattributes": ".jpg filter=lfs diff=lfs merge=lfs -text\n"},
        {
            "a.jpg": POINTER,
            ".gitattributes": "*.jpg filter=lfs diff=lfs merge=lfs -text\n*.png filter=lfs\n",
        },
        "unsafe",
    ),
]


def test_one_finding_for_the_pointers_of_a_copy(tmp_path: Path) -> None:
    """A folder of models is one mistake, and one command gets all of them."""
    files = {f"m/{name}.h5": POINTER for name in "abc"}
    dockerfile = "FROM scratch\nCOPY m /m\nCOPY w.h5 /\nUSER 1000\n"
    root = repository(tmp_path / "r", {**files, "w.h5": POINTER, "Dockerfile": dockerfile})
    found = check_repository(root, Selection(("LFS003",))).findings
    assert [(each.line, each.message.partition(",")[0]) for each in found] == [
        (2, "m/a.h5 and 2 more are LFS pointers"),
        (3, "w.h5 is an LFS pointer"),
    ]
