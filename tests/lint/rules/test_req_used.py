"""REQ001, REQ002: lists that nothing installs, or that conda alone reads."""

from pathlib import Path

import pytest

from labcoat.lint.findings import Severity
from labcoat.lint.runner import check_repository
from support.repositories import repository

LOOSE = "numpy\n"
PINNED = "numpy==2.0.0\n"
INSTALL = "pip install -r requirements.txt\n"


def severity(root: Path, rule: str, path: str) -> Severity:
    """Return that of the finding of `rule` in a file."""
    findings = check_repository(root).findings
    (found,) = [each for each in findings if (each.rule, each.path) == (rule, path)]
    return found.severity


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({}, Severity.WARNING),
        ({"poetry.lock": ""}, Severity.NOTE),
        ({"poetry.lock": "", "install.sh": f"# {INSTALL}poetry install\n"}, Severity.NOTE),
        ({"poetry.lock": "", "install.sh": INSTALL}, Severity.WARNING),
        ({"poetry.lock": "", "README.md": f"Run `{INSTALL.strip()}`.\n"}, Severity.WARNING),
        ({"uv.lock": "", ".github/workflows/a.yml": f"run: {INSTALL}"}, Severity.WARNING),
        ({"other/uv.lock": ""}, Severity.WARNING),
        ({"flake.lock": "", "flake.nix": "./requirements.txt\n"}, Severity.NOTE),
    ],
)
@pytest.mark.parametrize(("rule", "text"), [("REQ001", LOOSE), ("REQ002", PINNED)])
def test_another_lock_counts(
    others: dict[str, str], expected: Severity, rule: str, text: str, tmp_path: Path
) -> None:
    """A list beside the lock of another tool is a note, unless something installs it."""
    root = repository(tmp_path / "r", {"requirements.txt": text, **others})
    assert severity(root, rule, "requirements.txt") is expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("mamba create -n a \\\n    --file requirements.txt\n", Severity.NOTE),
        (f"conda create -n a pip\n{INSTALL}", Severity.WARNING),
        ("conda run -n a pip install -r requirements.txt\n", Severity.WARNING),
    ],
)
def test_conda_reads_no_hashes(script: str, expected: Severity, tmp_path: Path) -> None:
    """So a list that it alone installs needs none."""
    root = repository(tmp_path / "r", {"requirements.txt": PINNED, "install.sh": script})
    assert severity(root, "REQ002", "requirements.txt") is expected


@pytest.mark.parametrize(
    ("readme", "expected"),
    [
        ("", Severity.WARNING),
        (INSTALL, Severity.NOTE),
        (f"{INSTALL}pip install -r requirements-lock.txt\n", Severity.WARNING),
    ],
)
def test_list_beside_the_one_that_is_installed(
    readme: str, expected: Severity, tmp_path: Path
) -> None:
    """It needs no hashes if nothing installs it."""
    files = {"requirements.txt": LOOSE, "requirements-lock.txt": PINNED, "README.md": readme}
    root = repository(tmp_path / "r", files)
    assert severity(root, "REQ002", "requirements-lock.txt") is expected


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        ("setup(install_requires=['numpy>=1'])\n", Severity.WARNING),
        ("setup(install_requires=open('requirements.txt').read().split())\n", Severity.NOTE),
    ],
)
def test_lock_of_what_a_package_declares(setup: str, expected: Severity, tmp_path: Path) -> None:
    """Pins of the same packages are a lock; what the package reads can have no hashes."""
    root = repository(tmp_path / "r", {"requirements.txt": PINNED, "setup.py": setup})
    assert severity(root, "REQ002", "requirements.txt") is expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"base.txt": "numpy\n"}, Severity.WARNING),
        ({"requirements.base.txt": "numpy\n"}, Severity.NOTE),
    ],
)
def test_hashes_of_what_a_list_includes(
    files: dict[str, str], expected: Severity, tmp_path: Path
) -> None:
    """pip would ask for them in an unpinned list too, which REQ001 reports."""
    (included,) = files
    main = {"requirements.txt": f"-r {included}\nscipy==1.0\n"}
    root = repository(tmp_path / "r", main | files)
    assert severity(root, "REQ002", "requirements.txt") is expected


def test_list_of_a_conda_environment_needs_no_hashes(tmp_path: Path) -> None:
    """Where its other packages have none, pip refuses to install."""
    conda = "dependencies:\n- pip\n- pip:\n  - -r requirements.txt\n  - flask==1.0\n"
    root = repository(tmp_path / "r", {"requirements.txt": PINNED, "environment.yml": conda})
    assert severity(root, "REQ002", "requirements.txt") is Severity.NOTE


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("requirements.txt", "Lock it with hashes: `labcoat init`, then `make requirements`"),
        (
            "requirements/base.txt",
            "Move these lines to requirements.in, lock it with `labcoat init`, then "
            "`make requirements`, and install requirements.txt in its place",
        ),
    ],
)
def test_hint_names_the_lock_that_labcoat_writes(path: str, hint: str, tmp_path: Path) -> None:
    """That of a list in a folder has another path."""
    found = check_repository(repository(tmp_path / "r", {path: PINNED})).findings
    assert [each.hint for each in found if each.rule == "REQ002"] == [hint]


CONDA_LISTS = {
    "by-a-build": (
        "requirements.txt",
        "flask==1.0\nnumpy\n",
        "FROM a\nCOPY requirements.txt /\n"
        "RUN pip install -U pip && conda install --yes --file /requirements.txt\n",
        Severity.NOTE,
    ),
    "by-its-name": ("requirements-conda.txt", "flask==1.0\nnumpy\n", "", Severity.NOTE),
    "by-its-pins": ("requirements.txt", "flask==1.0\npython=3.8\nnumpy\n", "", Severity.NOTE),
    "by-pip-too": (
        "requirements-conda.txt",
        "flask==1.0\nnumpy\n",
        "FROM a\nCOPY requirements-conda.txt /\nRUN pip install -r requirements-conda.txt\n",
        Severity.WARNING,
    ),
    "of-another-name": ("requirements-anaconda2.txt", "flask==1.0\nnumpy\n", "", Severity.WARNING),
}


@pytest.mark.parametrize(
    ("name", "text", "build", "expected"), CONDA_LISTS.values(), ids=CONDA_LISTS.keys()
)
def test_list_for_conda_alone(
    name: str, text: str, build: str, expected: Severity, tmp_path: Path
) -> None:
    """A lock for pip does not help there, with hashes or without."""
    root = repository(tmp_path / "r", {name: text, **({"Dockerfile": build} if build else {})})
    assert severity(root, "REQ001", name) == expected
    assert expected == Severity.WARNING or severity(root, "REQ002", name) == expected
