"""Advice names the files and the command of the project in which a file stands."""

from pathlib import Path

import pytest

from labcoat.lint.repository import repository as repository_module
from labcoat.lint.runner import check_repository
from labcoat.locking.requirement_lines import FileLine, parse_lines
from support import INCLUDE
from support.messages import lint as messages
from support.repositories import repository, venv
from support.rule_cases import PACKAGES

LOOSE = "numpy\n"
MINE = "include labcoat.mk\n"
DECLARED = '[project]\nname = "p"\nversion = "1"\ndependencies = ["numpy"]\n'
INSTALL = "FROM scratch\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"


def hints(root: Path, rule: str) -> dict[str, str]:
    return {each.path: each.hint for each in check_repository(root).findings if each.rule == rule}


@pytest.mark.parametrize(
    ("path", "makefiles", "source", "command"),
    [
        ("requirements.txt", {"Makefile": MINE}, "requirements.in", "`make requirements`"),
        (
            "requirements.txt",
            {"Makefile": f"LABCOAT_OWN := requirements\n{MINE}"},
            "requirements.in",
            "`make labcoat-requirements`",
        ),
        (
            "requirements.txt",
            {},
            "requirements.in",
            "`labcoat init`, then `make requirements`",
        ),
        (
            "services/a b/requirements-dev.txt",
            {"services/a b/Makefile": MINE, "Makefile": MINE},
            "services/a b/requirements-dev.in",
            "`make -C 'services/a b' requirements`",
        ),
        (
            "services/a/requirements.txt",
            {"Makefile": MINE},
            "services/a/requirements.in",
            "`labcoat init` in services/a, then `make -C services/a requirements`",
        ),
        (
            "requirements/dev.txt",
            {"Makefile": MINE},
            "requirements-dev.in",
            "`make requirements`",
        ),
        (
            "exercises_a/image_net_requirements.txt",
            {},
            "exercises_a/requirements-image-net.in",
            "`labcoat init` in exercises_a, then `make -C exercises_a requirements`",
        ),
    ],
)
def test_loose_requirements(
    tmp_path: Path, path: str, makefiles: dict[str, str], source: str, command: str
) -> None:
    include = INCLUDE.read_text()
    mk = {f"{name.removesuffix('Makefile')}labcoat.mk": include for name in makefiles}
    root = repository(tmp_path / "r", {path: LOOSE, **makefiles, **mk})
    assert hints(root, "REQ001")[path] == messages.MOVE_LINES.format(source=source, command=command)


def test_an_import_is_added_where_its_project_lists_what_it_needs(tmp_path: Path) -> None:
    """The nearest project upward, in the file that it has."""
    lock = "numpy==2.0.0 --hash=sha256:" + "b" * 64 + "\n"
    root = repository(
        tmp_path / "r",
        {
            "one/pyproject.toml": DECLARED,
            "one/requirements.txt": lock,
            "one/src/deep.py": "import pandas\n",
            "requirements.in": LOOSE,
            "requirements.txt": lock,
            "Makefile": MINE,
            "labcoat.mk": INCLUDE.read_text(),
            "top.py": "import scipy\n",
        },
    )
    found = hints(root, "REQ005")
    assert "to one/pyproject.toml and run `labcoat init` in one" in found["one/src/deep.py"]
    assert found["top.py"].endswith("to requirements.in and run `make requirements`")


def test_a_missing_part_may_be_a_file_of_the_repository(tmp_path: Path) -> None:
    files = {".gitignore": ".venv\n", "requirements.in": LOOSE, "own/gone.py": ""}
    root = repository(tmp_path / "r", {**files, "a.py": "import numpy.gone\n"})
    for path, text in {**venv(".venv"), f"{PACKAGES}/numpy/__init__.py": ""}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    assert hints(root, "REQ005")["a.py"] == "Was `own/gone.py` meant?"


@pytest.mark.parametrize(
    ("files", "source"),
    [
        ({"uv.lock": "version = 1\n", "pyproject.toml": DECLARED}, "pyproject.toml"),
        ({"poetry.lock": "", "pyproject.toml": DECLARED}, "pyproject.toml"),
        ({"Pipfile.lock": "{}", "Pipfile": "[packages]\n"}, "Pipfile"),
        (
            {"setup.py": 'from setuptools import setup\nsetup(extras_require={"a": ["b"]})\n'},
            "setup.py",
        ),
        ({"pyproject.toml": DECLARED, "requirements.in": LOOSE}, "requirements.in"),
        ({"pyproject.toml": "not = [toml"}, "requirements.in"),
        ({}, "requirements.in"),
    ],
)
def test_an_import_is_added_to_a_file_that_people_edit(
    tmp_path: Path, files: dict[str, str], source: str
) -> None:
    """Not to the lock that another program writes."""
    lock = "numpy==2.0.0 --hash=sha256:" + "b" * 64 + "\n"
    given = {"requirements.txt": lock, "top.py": "import pandas\n", **files}
    found = hints(repository(tmp_path / "r", given), "REQ005")
    assert found["top.py"].startswith(f"Add `pandas` to {source} and run ")


def test_a_lock_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock of thousands of hashes is read by several rules."""
    files = {"requirements.txt": "numpy==2.0.0\n", "Dockerfile": INSTALL, "a.py": "import pandas\n"}
    parsed: list[str] = []

    def count(text: str) -> tuple[FileLine, ...]:
        parsed.append(text)
        return parse_lines(text)

    monkeypatch.setattr(repository_module, "parse_lines", count)
    check_repository(repository(tmp_path / "r", files))
    assert parsed == ["numpy==2.0.0\n"]


def test_files_of_one_machine_are_one_finding(tmp_path: Path) -> None:
    """Conda's packages in a list of hundreds would bury all else."""
    conda = "".join(f"p{number} @ file:///tmp/p{number}\n" for number in range(9))
    root = repository(tmp_path / "r", {"requirements.txt": conda})
    (found,) = check_repository(root).findings
    assert messages.MORE_OF_ONE_MACHINE in found.message
