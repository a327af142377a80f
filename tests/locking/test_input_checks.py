"""Lines of inputs are checked before a locker reads them, and what was meant is named."""

import re
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import read_settings
from labcoat.locking import input_checks
from labcoat.locking.inputs import find_input

GENERAL = "Write a package's name and, if it matters, its version"
TOML = "It is a line of TOML"
PYTHON = "Write its version to `.python-version`"
MERGE = "It is left of a merge conflict"
PATH = "Correct the path"
OPTION = "has an option that a lock cannot keep"
LINE_EACH = "Write each package on a line of its own"


def check(folder: Path, text: str, **settings: str) -> None:
    """Check requirements.in with this text."""
    (folder / "requirements.in").write_text(text, encoding="utf-8")
    project = Project(folder, read_settings(settings))
    input_checks.check_inputs(project, find_input(folder / "requirements.txt"), "")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("idna=3.10", "`idna==3.10`"),
        ("idna = 3.10", "`idna==3.10`"),
        ("idna 3.10", "`idna==3.10`"),
        ("idna\t3.10", "`idna==3.10`"),
        ("idna    3.10", "`idna==3.10`"),
        ("idna (3.10)", "`idna==3.10`"),
        ("idna@3.10", "`idna==3.10`"),
        ("idna: 3.10", "`idna==3.10`"),
        ("idna==v3.x", "`v3.x` is not a version"),
        ("idna==latest", "`idna`"),
        ("idna>3<4", "`idna>3,<4`"),
        ("idna>=3 <4", "`idna>=3,<4`"),
        ("idna>=3 and <4", "`idna>=3,<4`"),
        ("idna=>3", "`idna>=3`"),
        ("idna=<3", "`idna<=3`"),
        ("idna>=3.*", "`idna>=3`"),
        ("torch>=1.13.1+cu116", "`torch>=1.13.1`"),
        ("idna^3.10", "`idna>=3.10,<4`"),
        ("idna≥3", "`idna>=3`"),
        ("idna,", "`idna`"),
        ('"idna"', "`idna`"),
        ("'idna>=3',", "`idna>=3`"),
        ("* idna", "`idna`"),
        ("- idna", "`idna`"),
        ("-six", OPTION),
        ("@idna", "`idna`"),
        ("1. idna", "`idna`"),
        ("numpy=1.26.4=py311h64a7726_0", "`numpy==1.26.4`"),
        ("numpy=1.26.*", "`numpy==1.26.*`"),
        ("python=3.10", PYTHON),
        ("python>=3.10", PYTHON),
        ("- python=3.10", PYTHON),
        ('python = "^3.10"', PYTHON),
        ('pymongo = "^4.6.2"', "`pymongo>=4.6.2,<5`"),
        ('idna = "*"', "`idna`"),
        ('idna = "~3.4"', "`idna==3.4.*`"),
        ('uvicorn = {version = "^0.29", extras = ["standard"]}', "`uvicorn[standard]>=0.29,<0.30`"),
        ("[tool.poetry.dependencies]", TOML),
        ('dependencies = ["idna"]', TOML),
        ("dependencies:", "environment.yml"),
        ("<<<<<<< HEAD", MERGE),
        ("=======", MERGE),
        (">>>>>>> branch", MERGE),
        ("||||||| base", MERGE),
        ("import numpy", "`numpy`"),
        ("from sklearn import svm", "`scikit-learn`"),
        ("pip install idna six", "`idna` and `six`"),
        ("idna six certifi", LINE_EACH),
        ("<!DOCTYPE html>", "web page"),
        ('{"idna": 1}', "JSON"),
        ("idna==${VERSION}", "variables"),
        ("idna; python_versio > '3'", "`idna; python_version > '3'`"),
        ("idna; python_version > 3.8", "`idna; python_version > '3.8'`"),
        ("Package    Version", LINE_EACH),
        ("---------- -------", "Remove the line"),
        ("!!", GENERAL),
        ("./nothere", PATH),
        ("../lib", "`NAME @ git+https://…`"),
        (".", "without installing it"),
        ("-e .", "without installing it"),
        ("wheels/x-1.0-py3-none-any.whl", PATH),
        ("C:\\wheels\\x.whl", PATH),
        ("git+https://me:hunter2@h.example/x.git", "credential helper"),
        ("idna @ hg+https://h.example/x", "or for a commit in a git repository"),
        ("-e https://h.example/x-1.0.tar.gz", "Remove `-e`"),
        ("https://h.example/x.html", "Write `git+` before the address"),
        ("git+https://${TOKEN}@h.example/x.git", "must not depend on variables"),
        ("idna @ git+https://h.example/x#subdirectory=../y", "Correct `subdirectory`"),
        ("idna @ file:///croot/idna_17/work", "ask for `idna`"),
        ("idna @ file:./packages/idna", "Correct the path"),
        ('six --config-settings="a=b"', OPTION),
        ("six --global-option=x", OPTION),
        (f"six==1.16 --hash=sha256:{'0' * 64}", OPTION),
        ("--no-binary six", "`LABCOAT_NO_BINARY=six`"),
        ("--no-binary=six,docopt", "`LABCOAT_NO_BINARY=six,docopt`"),
        ("--only-binary six", OPTION),
        ("--no-index", OPTION),
        ("--no-ind", OPTION),
        ("--require-hashes", OPTION),
        ("--pre", OPTION),
        ("--prefer-binary", OPTION),
        ("--use-feature=fast-deps", OPTION),
        ("-v", OPTION),
    ],
)
def test_wrong_line_is_named_with_what_was_meant(tmp_path: Path, line: str, hint: str) -> None:
    """The error has file, line and text; passwords are left out. Nothing is dropped silently."""
    text = f"certifi\n{line}\n"
    with pytest.raises(LabcoatError) as caught:
        check(tmp_path, text)
    shown = re.sub(r"[^/@]+@h.example", "***@h.example", line)
    assert caught.value.message.startswith(f"requirements.in:2: `{shown}` ")
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# -*- coding: utf-8 -*-\nidna\n", id="a coding comment"),
        pytest.param("\ufeffidna\n", id="a byte-order mark"),
        pytest.param("idna\t>=3  # why\n", id="a tab and a comment"),
        pytest.param("idna>=3 ; python_version > '3.8'\n", id="a marker"),
        pytest.param("idna[x,y]~=3.4\nsix===1.0\n", id="extras"),
        pytest.param("--only-binary :all:\nidna\n", id="what labcoat does anyhow"),
        pytest.param("idna>=3, \\\n  <4\n", id="two lines"),
        pytest.param("", id="nothing"),
        pytest.param("idna @ git+https://h.example/x.git@main\n", id="a branch"),
        pytest.param("git+ssh://git@h.example/x.git#egg=x\n", id="a repository without a name"),
        pytest.param("https://h.example/x-1.0-py3-none-any.whl\n", id="an archive"),
    ],
)
def test_valid_lines_are_accepted(tmp_path: Path, text: str) -> None:
    check(tmp_path, text)


def test_only_binary_contradicts_the_setting(tmp_path: Path) -> None:
    """Where a package may be built, an input that forbids it is refused."""
    with pytest.raises(LabcoatError, match="--only-binary"):
        check(tmp_path, "--only-binary :all:\nsix\n", LABCOAT_NO_BINARY="six")


def test_no_binary_names_what_the_setting_has_already(tmp_path: Path) -> None:
    """The value in the hint keeps the packages that may be built already."""
    with pytest.raises(LabcoatError) as caught:
        check(tmp_path, "--no-binary six\n", LABCOAT_NO_BINARY="docopt")
    assert "`LABCOAT_NO_BINARY=docopt,six`" in caught.value.hint


def test_further_wrong_lines_are_counted(tmp_path: Path) -> None:
    """One error names the first of several lines."""
    with pytest.raises(LabcoatError) as caught:
        check(tmp_path, "a=1\nb=1\nidna\nc=1\n")
    assert caught.value.hint == "Did you mean `a==1`? 2 more lines are wrong"


def test_lines_of_included_files_are_checked(tmp_path: Path) -> None:
    """An included file is named; the hashes of an included lock are accepted."""
    (tmp_path / "more.txt").write_text(f"six==1.16 --hash=sha256:{'0' * 64}\n")
    check(tmp_path, "-r more.txt\n")
    (tmp_path / "more.txt").write_text("idna=3\n")
    with pytest.raises(LabcoatError, match=r"^more\.txt:1: `idna=3` is not a requirement"):
        check(tmp_path, "-c more.txt\n")


@pytest.mark.parametrize(
    ("text", "is_refused"),
    [
        ("six\nidna \\", True),
        ("six\nidna \\\n", True),
        ("six\nidna>=3 \\\\\\", True),
        ("six \\\nidna\n", False),
        ("six\n# idna \\\n", False),
        ("six\n\\\n", False),
        ("six\nidna \\\n\n", False),
    ],
)
def test_a_last_line_that_goes_on_is_refused(
    tmp_path: Path, text: str, *, is_refused: bool
) -> None:
    """uv looks for a file of its name."""
    messages = []
    try:
        check(tmp_path, text)
    except LabcoatError as error:
        messages.append(error.message)
    assert any("requirements.in:2: nothing comes after the `\\`" in each for each in messages) is (
        is_refused
    )


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("idna==3.10google-auth", "`idna==3.10` and `google-auth`"),
        ("idna==1.0rc1six==1.17", "`idna==1.0rc1` and `six==1.17`"),
        ("idna>=3,<4 six==1.17", "`idna>=3,<4` and `six==1.17`"),
        ("idna==2.*six", "`idna==2.*` and `six`"),
        ("idna==3.10six==1.17Flask", "`idna==3.10` and `six==1.17` and `Flask`"),
        ("idna==3.10six; python_version>'3'", "`idna==3.10` and `six; python_version>'3'`"),
    ],
)
def test_requirements_on_one_line_are_split(line: str, parts: str, tmp_path: Path) -> None:
    """The line before had no end when another one was appended."""
    with pytest.raises(LabcoatError) as caught:
        check(tmp_path, f"{line}\n")
    assert f"write {parts} on a line each" in caught.value.hint


@pytest.mark.parametrize("line", ["idna==3.x", "idna=3", "idna==3.10.post1b", "idna==1.0 beta"])
def test_one_requirement_is_not_split(line: str, tmp_path: Path) -> None:
    """What follows belongs to its version."""
    with pytest.raises(LabcoatError) as caught:
        check(tmp_path, f"{line}\n")
    assert "on a line each" not in caught.value.hint
