"""REQ001 to REQ003: locks."""

from support.repositories import venv
from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    LOCK,
    Case,
    test_near_miss,
    test_rule,
)

CASES = [
    Case(
        "REQ001",
        {"requirements.txt": "numpy>=2\n"},
        {"requirements.txt": LOCK, "requirements.in": "numpy>=2\n"},
    ),
    Case(
        "REQ002", {"requirements.txt": "numpy==2.0.0\n"}, {"requirements.txt": LOCK}, name="missing"
    ),
    Case(
        "REQ002",
        {"requirements.txt": f"{LOCK}scipy==1.0\n"},
        {"requirements.txt": f"-r other.txt\n{LOCK}"},
        name="partial",
    ),
    Case(
        "REQ003",
        {"requirements.txt": LOCK, "requirements.in": "numpy\nscipy\n"},
        {"requirements.txt": LOCK, "requirements.in": "NumPy\nwin; sys_platform == 'win32'\n"},
        name="input",
    ),
    Case(
        "REQ003",
        {"requirements.txt": LOCK, ".gitignore": ".venv\n"},
        {"requirements.txt": LOCK, ".gitignore": ".venv\n"},
        untracked={
            **venv(".venv"),
            ".venv/lib/python3.11/site-packages/numpy-2.1.0.dist-info/METADATA": "",
        },
        nearly_untracked={
            **venv(".venv"),
            ".venv/lib/python3.11/site-packages/numpy-2.0.0.dist-info/METADATA": "",
        },
        name="environment",
    ),
    Case(
        "REQ003",
        {"requirements.txt": LOCK.replace("2.0.0", "2.0c1"), ".gitignore": ".venv\n"},
        {"requirements.txt": LOCK.replace("2.0.0", "2.0c1"), ".gitignore": ".venv\n"},
        untracked={
            **venv(".venv"),
            ".venv/lib/python3.11/site-packages/numpy-2.0.dist-info/METADATA": "",
        },
        nearly_untracked={
            **venv(".venv"),
            ".venv/lib/python3.11/site-packages/numpy-2.0.0rc1.dist-info/METADATA": "",
        },
        name="spelling of a version",
    ),
]
