"""REQ003 and the locker agree about what is fresh."""

from pathlib import Path

import pytest

from labcoat.lint.runner import check_repository
from labcoat.locking import lock_header
from support.messages import lint
from support.repositories import repository

HEAD = "# labcoat-inputs: {}\nnumpy==2.0.0 --hash=sha256:" + "b" * 64 + "\n"


@pytest.mark.parametrize("later", ["", "# more\n"], ids=["fresh", "older"])
def test_agrees_with_the_locker(tmp_path: Path, later: str) -> None:
    """REQ003 reports a stale lock exactly if `labcoat lock --check` does."""
    inputs = {
        "requirements.in": "-r base.in\nnumpy\n",
        "base.in": "numpy\n",
        "requirements.txt": "",
    }
    root = repository(tmp_path / "r", inputs)
    path = root / "requirements.txt"
    path.write_text(HEAD.format(lock_header.inputs_digest(path)))
    (root / "base.in").write_text(f"numpy\n{later}")
    assert lock_header.is_fresh(path) == (not later)
    assert ("REQ003" in {each.rule for each in check_repository(root).findings}) == bool(later)


def test_a_lock_of_pyproject_is_compared_with_it(tmp_path: Path) -> None:
    """REQ003 names what it lacks; other settings there make it no older."""
    project = '[project]\nname = "p"\ndependencies = ["numpy"]\n'
    root = repository(tmp_path / "r", {"pyproject.toml": project, "requirements.txt": ""})
    path = root / "requirements.txt"
    path.write_text(HEAD.format(lock_header.inputs_digest(path)))

    def findings() -> str:
        return "".join(each.message for each in check_repository(root).findings)

    (root / "pyproject.toml").write_text(f"{project}[tool.ruff]\n")
    assert "older" not in findings()
    (root / "pyproject.toml").write_text(project.replace("numpy", "numpy>1"))
    assert lint.OLDER.format(source="pyproject.toml") in findings()
    (root / "pyproject.toml").write_text(project.replace('"numpy"', '"numpy", "six"'))
    assert lint.LACKS.format(source="pyproject.toml", name="six") in findings()
