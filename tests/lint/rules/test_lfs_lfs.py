"""LFS: large files and git LFS."""

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
