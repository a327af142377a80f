"""REQ001 to REQ003: locks."""

from pathlib import Path

import pytest

from labcoat.lint.runner import Selection, check_repository
from support.repositories import Content, repository, venv
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


def test_list_that_is_a_link_is_the_one_that_it_leads_to(tmp_path: Path) -> None:
    """As in a repository of several projects: it is read, and named where people change it."""
    files: dict[str, Content] = {
        "deps/prod.lock": f"{LOCK}flask\n",
        "requirements.txt": Path("deps/prod.lock"),
        "app/requirements.txt": Path("../deps/prod.lock"),
        "app/requirements.in": "numpy\n",
        "a.py": "import numpy\nimport flask\nimport pandas\n",
    }
    root = repository(tmp_path / "r", files)
    found = check_repository(root, Selection(("REQ",))).findings
    assert [(each.rule, each.path, each.line) for each in found] == [
        ("REQ005", "a.py", 3),
        ("REQ001", "deps/prod.lock", 3),
    ]
    (root / "app/requirements.in").write_text("numpy\nscipy\n")
    found = check_repository(root, Selection(("REQ003",))).findings
    assert [(each.rule, each.path) for each in found] == [("REQ003", "app/requirements.txt")]


@pytest.mark.parametrize("target", ["../out.txt", "/etc/hosts", "requirements.txt", "nothing"])
def test_list_that_leads_out_of_the_repository_says_nothing(target: str, tmp_path: Path) -> None:
    """What it has is unknown, and so is what the sources lack."""
    (tmp_path / "out.txt").write_text("flask\n")
    files: dict[str, Content] = {"requirements.txt": Path(target), "a.py": "import numpy\n"}
    root = repository(tmp_path / "r", files)
    found = check_repository(root, Selection(("REQ",))).findings
    assert found == []


def test_modules_of_python_are_no_packages(tmp_path: Path) -> None:
    """An index has no `sqlite3`, so that pip installs nothing of the file."""
    text = "flask==3.0\nsqlite3\njson\ndataclasses; python_version<'3.7'\nargparse==1.4.0\n"
    root = repository(tmp_path / "r", {"requirements.txt": text})
    found = check_repository(root, Selection(("REQ001",))).findings
    assert [each.message.partition(" are")[0] for each in found] == [
        "`sqlite3`, `json`",
        "`dataclasses` is not pinned: two installations of this file can have different versions",
    ]
    assert found[0].line == 2
