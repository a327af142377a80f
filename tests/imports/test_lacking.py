"""What sources import and an environment lacks, with the line that would add it."""

from pathlib import Path

import pytest

from labcoat.imports.lacking import Lacking, find_lacking, warn_of_lacking


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """An environment with packages of each form that a module can have."""
    folder = tmp_path / "site-packages"
    for path, text in {
        "alpha/__init__.py": "from . import defined as in_code",
        "alpha/part.py": "",
        "lazy_one/__init__.py": "def __getattr__(name): ...",
        "single.py": "",
        "compiled.cpython-311-x86_64-linux-gnu.so": "",
        "google/cloud/storage/__init__.py": "",
        "linked.pth": f"{tmp_path}/elsewhere\nimport os\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/editable.py").write_text("")
    return folder


def lacking(tmp_path: Path, site: Path, code: str) -> list[Lacking]:
    root = tmp_path / "project"
    root.mkdir()
    (root / "main.py").write_text(code)
    return find_lacking(root, site)


@pytest.mark.parametrize(
    "module",
    [
        *("alpha", "alpha.part", "alpha.in_code", "lazy_one", "single", "compiled"),
        *("compiled.part", "google.cloud.storage", "editable", "os.path", "google.colab"),
    ],
)
def test_what_is_there(tmp_path: Path, site: Path, module: str) -> None:
    assert lacking(tmp_path, site, f"import {module}") == []


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("sklearn.svm", Lacking("sklearn", "scikit-learn", "main.py", 1)),
        ("alpha.gone", Lacking("alpha.gone", "", "main.py", 1, is_part=True)),
        (
            "google.cloud.vision",
            Lacking("google.cloud.vision", "google-cloud-vision", "main.py", 1),
        ),
        ("utils", Lacking("utils", "", "main.py", 1)),
    ],
)
def test_what_is_lacking(tmp_path: Path, site: Path, module: str, expected: Lacking) -> None:
    assert lacking(tmp_path, site, f"import {module}") == [expected]


def test_the_warning_has_the_lines_to_add(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking(tmp_path, site, "import numpy, alpha.gone\nimport cv2\n")
    warn_of_lacking(tmp_path / "project", site, ".venv", "requirements.in")
    printed = capsys.readouterr().err
    assert "`.venv` lacks: `numpy` (main.py:1), `cv2` (main.py:2)" in printed
    assert "requirements.in, a line each: `numpy`, `opencv-python`" in printed
    assert "`alpha.gone` (main.py:1)" in printed


@pytest.mark.parametrize(
    ("lock", "command"),
    [("uv.lock", "uv add numpy opencv-python"), ("poetry.lock", "poetry add numpy opencv-python")],
)
def test_the_warning_has_the_command_of_the_tool_that_owns_the_lock(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str], lock: str, command: str
) -> None:
    """Such a lock is not a file to write lines into."""
    lacking(tmp_path, site, "import numpy\nimport cv2\n")
    warn_of_lacking(tmp_path / "project", site, ".venv", lock)
    printed = capsys.readouterr().err
    assert f"hint: Run `{command}`, then `make venv`\n" in printed
    assert "Add to" not in printed


def test_the_warning_says_what_to_do_where_no_package_is_known(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking(tmp_path, site, "import apex, utils\n")
    warn_of_lacking(tmp_path / "project", site, ".venv", "requirements.in")
    assert "hint: No package is known for them: add" in capsys.readouterr().err


def test_a_missing_part_is_named_once_at_its_first_place(tmp_path: Path, site: Path) -> None:
    code = "import alpha.gone\nimport alpha.gone.far\nimport alpha.gone\n"
    expected = Lacking("alpha.gone", "", "main.py", 1, is_part=True)
    assert lacking(tmp_path, site, code) == [expected]


def test_a_removed_module_is_added_with_its_limit(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking(tmp_path, site, "import pkg_resources\nimport setuptools\n")
    warn_of_lacking(tmp_path / "project", site, ".venv", "requirements.in")
    assert "Add to requirements.in: `setuptools<82`" in capsys.readouterr().err


def test_each_module_has_its_own_place(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a module of the repository may have been meant."""
    lacking(tmp_path, site, "import alpha\nfrom alpha.three_conv.net import x\n")
    (tmp_path / "project/models/three_conv").mkdir(parents=True)
    (tmp_path / "project/models/three_conv/__init__.py").write_text("")
    warn_of_lacking(tmp_path / "project", site, ".venv", "requirements.in")
    printed = capsys.readouterr().err
    assert "`alpha.three_conv` (main.py:2)" in printed
    assert "Was `models/three_conv` meant?" in printed


def test_what_init_left_out_is_not_to_be_added(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The index has no such package, and the list says so."""
    lacking(tmp_path, site, "import numpy, pyHook\n")
    path = tmp_path / "project/requirements.in"
    path.write_text("# left out: pyhook (the package index has no package of this name)\n")
    warn_of_lacking(tmp_path / "project", site, ".venv", "requirements.in")
    printed = capsys.readouterr().err
    assert "requirements.in: `numpy`; requirements.in says why it has no pyhook" in printed
    (tmp_path / "project/main.py").write_text("import translatable\n")
    path.write_text("# left out: django-translatable==0.1 (the index has no such package)\n")
    warn_of_lacking(tmp_path / "project", site, ".venv", "requirements.in")
    assert "hint: Read requirements.in: it says why it has none of these" in capsys.readouterr().err
    (tmp_path / "project/main.py").write_text("import numpy, pyHook\n")
    path.write_text("pyhook>=1 ; sys_platform == 'win32'  # main.py:1\n")
    warn_of_lacking(tmp_path / "project", site, ".venv", "requirements.in")
    assert "`numpy`; requirements.in says why it has no pyhook" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("requirements-test.in", ["beta"]),
        ("tests/requirements.txt", ["beta"]),
        ("tox.ini", ["beta"]),
        ("requirements.in", ["beta", "pytest"]),
    ],
)
def test_tests_with_a_list_of_their_own(
    tmp_path: Path, site: Path, listed: str, expected: list[str]
) -> None:
    """Run in another environment; labcoat itself is in none."""
    root = tmp_path / "project"
    for path, text in {
        "main.py": "import beta\nimport labcoat.cli\n",
        "tests/test_main.py": "import pytest\n",
        listed: "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    assert [each.module for each in find_lacking(root, site)] == expected


OWN = {
    "requirements.in": "alpha\n",
    "requirements.txt": "alpha==1.0\n",
    "main.py": "import alpha, cv2",
    "service/requirements.txt": "flask\n",
    "service/app/main.py": "import flask, yaml",
    "lib/pyproject.toml": '[project]\ndependencies = ["requests>=2"]\n',
    "lib/a.py": "import requests, alpha, main",
}


def test_a_folder_with_a_list_is_compared_with_that(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a part of a monorepo imports belongs into the list of that part."""
    for name, text in OWN.items():
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text(text)
    warn_of_lacking(tmp_path / "project", site, ".venv", "requirements.in")
    printed = capsys.readouterr().err
    assert "flask" not in printed
    assert "requests" not in printed
    hint = "Add to requirements.in: `opencv-python`; to service/requirements.txt"
    assert f"{hint}: `pyyaml`" in printed


def test_what_another_list_has_is_left_out_on_purpose(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a list of what only one command needs; its lock does not count."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "requirements-camera.in").write_text("-r requirements.in\nopencv_python\n")
    (root / "requirements-camera.txt").write_text("opencv-python==4.10\nyaml==1\n")
    (root / "requirements.txt").write_text("numpy==2.0\n")
    (root / "a.py").write_text("import cv2, numpy\n")
    warn_of_lacking(root, site, ".venv", "requirements.in")
    printed = capsys.readouterr().err
    assert ".venv is without `cv2` (requirements-camera.in); LABCOAT_DEV_REQUIREMENTS" in printed
    assert "`.venv` lacks: `numpy` (a.py:1)\nhint" in printed
    assert "opencv" not in printed


def test_a_list_that_was_taken_is_no_other_list(tmp_path: Path, site: Path) -> None:
    """requirements.in names the list that it was written from."""
    root = tmp_path / "project"
    (root / "service").mkdir(parents=True)
    (root / "requirements.in").write_text("# From service/requirements.txt:\n")
    (root / "service/requirements.txt").write_text("flask\n")
    (root / "service/a.py").write_text("import flask\n")
    found = find_lacking(root, site)
    assert [(each.module, each.source) for each in found] == [("flask", "")]
