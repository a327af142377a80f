"""Places where good practice is not asked for: their findings are notes."""

from pathlib import Path

import pytest

from labcoat.lint.findings import Severity
from labcoat.lint.runner import Selection, check_repository
from support.repositories import repository


@pytest.mark.parametrize(
    "folder",
    [
        *("Aula_08", "Bootcamp/aula20/backend", "clase-3", "Lección 2", "Übung 04", "Лекция 1"),
        *(".claude/skills/x/scripts", ".cursor", ".x-backup", ".x-backups/a", ".history"),
    ],
)
def test_list_in_such_a_place_is_a_note(folder: str, tmp_path: Path) -> None:
    """Lessons in other languages, tools of editors, and what they keep of former versions."""
    root = repository(tmp_path / "r", {f"{folder}/requirements.txt": "flask\n"})
    found = check_repository(root, Selection(("REQ001",))).findings
    assert [each.severity for each in found] == [Severity.NOTE]


def test_empty_dockerfile_is_a_note(tmp_path: Path) -> None:
    """It is still to be written, and no build of it goes unnoticed."""
    root = repository(tmp_path / "r", {"Dockerfile": "\n", "api/Dockerfile": "# x\nRUN a\n"})
    found = check_repository(root, Selection(("DKF004",))).findings
    assert [(each.path, each.severity) for each in found] == [
        ("Dockerfile", Severity.NOTE),
        ("api/Dockerfile", Severity.ERROR),
    ]


def test_account_in_a_sample_is_reported_once(tmp_path: Path) -> None:
    """Without the line the image has no secret; a .env stays in the context."""
    address = "mongodb+srv://robot:blue-horses@cluster0.k4t9qzm.mongodb.net/shop"
    dockerfile = f"FROM python:3.11@sha256:{'0' * 64}\nCOPY app.py .\nUSER 1000\n"
    sources = {"Dockerfile": dockerfile, "app.py": ""}
    for name, severity in ((".env.example", Severity.NOTE), (".env", Severity.WARNING)):
        files = {**sources, name: f"DATABASE_URL={address}\n"}
        root = repository(tmp_path / name, files)
        found = check_repository(root, Selection(("SEC",))).findings
        assert {each.rule: each.severity for each in found} == {
            "SEC001": Severity.ERROR,
            "SEC003": severity,
        }


def test_project_of_others_keeps_its_ignore_files(tmp_path: Path) -> None:
    """Whoever copies a project with its licence leaves them as they are."""
    files = {
        "LICENSE": "MIT\n",
        "their/LICENSE": "GPL\n",
        "their/.gitignore": "*.a  # x\n",
        "own/.gitignore": "*.a  # x\n",
    }
    found = check_repository(repository(tmp_path / "r", files)).findings
    assert {each.path: each.severity for each in found if each.rule == "IGN003"} == {
        "own/.gitignore": Severity.WARNING,
        "their/.gitignore": Severity.NOTE,
    }


@pytest.mark.parametrize(
    ("folder", "severity"),
    [("requirements_deprecated", Severity.NOTE), ("not_yet", Severity.WARNING)],
)
def test_retired_folder(folder: str, severity: Severity, tmp_path: Path) -> None:
    """No one installs what is kept in it."""
    root = repository(tmp_path / "r", {f"{folder}/requirements.txt": "numpy\n"})
    (found,) = [each for each in check_repository(root).findings if each.rule == "REQ001"]
    assert found.severity is severity


def test_copies_of_jupyter_are_not_looked_at(tmp_path: Path) -> None:
    """GIT003 says that they are tracked; the file itself has the other findings."""
    copy = ".ipynb_checkpoints/Dockerfile-checkpoint"
    root = repository(tmp_path / "r", {copy: "FROM python\n"})
    assert {each.rule for each in check_repository(root).findings} == {"GIT003"}
