"""SET: labcoat's settings and suppressions."""

from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    Case,
    test_near_miss,
    test_rule,
)

CASES = [
    Case(
        "SET001",
        {"pyproject.toml": "[tool.labcoat]\nbudget = 3\n"},
        {"pyproject.toml": "[tool.other]\nlabcoat = 3\n"},
    ),
    Case(
        "SET001",
        {"pyproject.toml": "[tool.labcoat\n"},
        {"pyproject.toml": "[tool.other\n"},
        name="toml",
    ),
    Case(
        "SET001",
        {"pyproject.toml": '[tool.labcoat.indexes.a]\nurl = "https://x/simple"\n'},
        {
            "pyproject.toml": '[tool.labcoat.indexes.a]\nurl = "https://x/simple"\n'
            'packages = ["six"]\n'
        },
        name="index",
    ),
    Case(
        "SET002",
        {".gitignore": "# labcoat: ignore[NOPE1] why\nx\n"},
        {".gitignore": "# labcoat: ignore[IGN005] Docker reads it too\n./x\n"},
        name="unknown",
    ),
    Case(
        "SET002",
        {".gitignore": "# labcoat: ignore[IGN005]\n./x\n"},
        {".gitignore": "# labcoat: ignore[IGN005] why\n./x\n"},
        name="reason",
    ),
    Case(
        "SET003",
        {".gitignore": "# labcoat: ignore[IGN005] why\nx\n"},
        {".gitignore": "# labcoat: ignore[IGN005] why\n./x\n"},
    ),
]
