"""The README's first screen and the tutorial: the picture is what the commands print."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from labcoat.toolchain import tool_env
from support import Index

SKLEARN = {
    "sklearn/__init__.py": "",
    "sklearn/datasets.py": "def load_iris(return_X_y): return [1], [2]\n",
    "sklearn/linear_model.py": (
        "class LogisticRegression:\n    def __init__(self, max_iter): pass\n"
    ),
    "sklearn/model_selection.py": (
        "class Scores:\n    def mean(self): return 0.973\n"
        "def cross_val_score(model, features, labels, cv): return Scores()\n"
    ),
}
IMAGE = f"labcoat-test/first-screen-{os.getpid()}"


@pytest.fixture(scope="module")
def record(repository: Path) -> ModuleType:
    """The script that records the first screen."""
    spec = spec_from_file_location("record", repository / "docs/first_screen/record.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["record"] = module_from_spec(spec)  # where its dataclass looks itself up
    spec.loader.exec_module(module)
    return module


def read_picture(record: ModuleType) -> list[list[str]]:
    """Return the commands in the picture, each with the lines that it printed."""
    root = ElementTree.fromstring(record.SVG.read_text(encoding="utf-8"))  # noqa: S314, our own file
    texts = root.findall("{http://www.w3.org/2000/svg}text")[1:]
    steps: list[list[str]] = []
    for line in ("".join(text.itertext()) for text in texts):
        if line.startswith("$ "):
            steps.append([line.removeprefix("$ ")])
        else:
            steps[-1].append(line)
    return steps


def mask(lines: list[str]) -> list[str]:
    """Return `lines` without versions, counts and digests, which differ between machines."""
    return [re.sub(r"\s+", " ", re.sub(r"\b[0-9a-f.]{7,}\b|[\d.]+", "#", line)) for line in lines]


def test_picture_shows_the_readmes_commands_and_table(record: ModuleType) -> None:
    """Five commands, as in the README; the last output is the README's table and ends in equal."""
    readme = record.README.read_text(encoding="utf-8")
    steps = read_picture(record)
    assert [step[0] for step in steps] == record.read_commands(readme)
    assert len(steps) == 5
    assert steps[-1][0] == "make prove"
    (table,) = re.findall(r"(?s)```text\n(.*?)\n```", readme)
    assert steps[-1][1:] == table.splitlines()
    assert re.fullmatch(r"equal: lock, venv, docker", steps[-1][-1])


def test_picture_is_drawn_by_the_script(record: ModuleType) -> None:
    """The file is what the script draws from the lines in it: small, readable, light and dark."""
    steps = [record.Step(step[0], step[1:]) for step in read_picture(record)]
    assert record.SVG.read_text(encoding="utf-8") == record.draw(steps)
    assert record.SVG.stat().st_size < 10_000
    assert "prefers-color-scheme: dark" in record.STYLE
    assert sum(len(step.output) + 1 for step in steps) <= 35


def test_tutorial_uses_the_same_program(record: ModuleType, repository: Path) -> None:
    """The tutorial's program is that of the recording, without its docstring."""
    page = (repository / "docs/tutorial/first-project.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"(?s)```python\n(.*?)```", page)
    assert record.INPUTS["train.py"].endswith(program)


@pytest.fixture(scope="module")
def installed(
    tmp_path_factory: pytest.TempPathFactory, repository: Path, network: dict[str, str]
) -> Path:
    """The directory of an installed `labcoat`, and of a `pipx` that has nothing left to do."""
    work = tmp_path_factory.mktemp("first-screen")
    words = ["git", "ls-files", "-z", "src", "pyproject.toml", "README.md", "LICENSE", "docs/rules"]
    listed = subprocess.run(words, cwd=repository, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (repository / name).is_file() or (repository / name).is_symlink():
            (work / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, work / "copy" / name, follow_symlinks=False)
    uv, venv, env = tool_env.uv_program(), work / "venv", os.environ | network
    commands: tuple[list[str | Path], ...] = (
        [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, venv],
        [uv, "pip", "install", "-q", "--no-deps", "--python", venv, work / "copy"],
    )
    for command in commands:
        subprocess.run(command, cwd=work, env=env, check=True)
    (work / "bin").mkdir()
    (work / "bin/labcoat").symlink_to(venv / "bin/labcoat")
    (work / "bin/pipx").write_text("#!/bin/sh\nexit 0\n")
    (work / "bin/pipx").chmod(0o755)
    return work / "bin"


@pytest.fixture
def newcomer(  # noqa: PLR0917 - fixtures
    tools_layer: None,
    installed: Path,
    index: Index,
    tools_environment: Path,
    _caches: dict[str, str],
    tmp_path: Path,
    base_image: str,
) -> Iterator[dict[str, str]]:
    """The environment of a newcomer whose package index has a small stand-in for scikit-learn."""
    index.add("scikit_learn", "1.0", ["beta>=1"], SKLEARN)
    index.add("tabulate", "1.0")
    pages = index.folder / "simple"
    (pages / "scikit_learn").rename(pages / "scikit-learn")
    yield {
        "PATH": f"{installed}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index.url,
        **_caches,
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@example.org",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@example.org",
        "LABCOAT_CACHE": str(tools_environment.parent.parent),
        "LABCOAT_PYTHON": sys.executable,
        "LABCOAT_IMAGE": IMAGE,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": "--network=host",
    }
    subprocess.run(["docker", "image", "rm", "--force", IMAGE], check=False, capture_output=True)


only_python_of_the_base = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="the base image's Python is 3.11"
)


@pytest.mark.docker
@only_python_of_the_base
def test_commands_print_what_the_picture_shows(
    record: ModuleType, newcomer: dict[str, str], tmp_path: Path
) -> None:
    """The README's commands work in a new project; the table has the rows of the picture."""
    record.create_project(tmp_path / "project")
    commands = record.read_commands(record.README.read_text(encoding="utf-8"))
    steps = record.run_commands(commands, tmp_path / "project", newcomer)
    shown = {step[0]: step[1:] for step in read_picture(record)}
    for step in steps[2:4]:
        assert step.output[-1] == shown[step.command][-1] == "accuracy 0.973"
    table = [line for line in mask(steps[-1].output) if "another release" not in line]
    assert table == [line for line in mask(shown["make prove"]) if "another release" not in line]


@pytest.mark.docker
@only_python_of_the_base
def test_tutorial_works_as_written(
    repository: Path, newcomer: dict[str, str], tmp_path: Path, record: ModuleType
) -> None:
    """Each command of the tutorial succeeds, but for the proof after the edit of a package."""
    page = (repository / "docs/tutorial/first-project.md").read_text(encoding="utf-8")
    lines = [line for b in re.findall(r"(?s)```sh\n(.*?)```", page) for line in b.splitlines()]
    folder, failed = tmp_path, []
    for number, line in enumerate(lines):
        if line == "cd iris":
            folder = folder / "iris"
            (folder / "train.py").write_text(record.INPUTS["train.py"])
            continue
        ended = subprocess.run(
            ["sh", "-c", line],
            cwd=folder,
            env=newcomer,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            failed.append((lines[number - 1][:6], line, ended.stdout + ended.stderr))
    assert [(before, line) for before, line, _ in failed] == [('echo "', "make prove")], failed
    assert "sklearn/__init__.py" in failed[0][2]
    assert "tabulate" in (folder / "requirements.in").read_text()
