"""GIT: tracked files."""

from pathlib import Path

from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    Case,
    test_fix,
    test_near_miss,
    test_rule,
)

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
]
