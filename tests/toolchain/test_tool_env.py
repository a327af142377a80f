"""The tools environment is created once, completely, and outside of projects."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from labcoat import cli
from labcoat.core.errors import LabcoatError
from labcoat.locking import requirements_file
from labcoat.toolchain import tool_env
from labcoat.toolchain.installed_pythons import Interpreter
from support import BASE_PYTHON, INCLUDE, Repository


def test_the_lock_has_the_tools_with_hashes() -> None:
    """pip-tools, uv, the docker SDK and PyYAML."""
    text = tool_env.LOCK.read_text()
    assert {"pip", "pip-tools", "uv", "docker", "pyyaml"} <= requirements_file.pinned_versions(
        text
    ).keys()
    assert all(line.rstrip().endswith("\\") for line in text.splitlines() if "==" in line)


def test_the_smaller_lock_has_a_pip_for_each_python() -> None:
    """And pip-tools for those that it runs on, with hashes; its pip is that of the other lock."""
    pins = requirements_file.parse_pins(tool_env.PROJECT_LOCK.read_text())
    assert all(pin.hashes for pin in pins)
    own = requirements_file.pinned_versions(tool_env.LOCK.read_text())
    for minor in range(8, 16):
        version = f"3.{minor}.9"
        values = {"python_version": f"3.{minor}", "python_full_version": version}
        found = requirements_file.select_pins(pins, values)
        runs = tool_env.pip_tools_runs_on(Interpreter(Path("python"), version))
        assert runs == (minor >= 10) == ("pip-tools" in found)
        assert (found["pip"].version == own["pip"]) == runs


def link_tree(source: Path, target: Path) -> None:
    """Copy a directory with links to its files, which takes no space and little time."""
    shutil.copytree(source, target, symlinks=True, copy_function=os.symlink)


@pytest.mark.parametrize(
    "lost",
    [
        "bin/python",
        "bin/uv",
        "lib/python*/site-packages/piptools",
        "lib/python*/site-packages/yaml/__init__.py",
        "lib/python*/site-packages/pip*",
    ],
)
def test_a_damaged_environment_is_recreated_once(
    tools_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """Whatever of it is missing; a command that fails is tried again."""
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tool_env, "_used", {})
    built = []

    def fill(_: Interpreter, folder: Path) -> None:
        built.append(folder)
        link_tree(tools_environment, folder)

    monkeypatch.setattr(tool_env, "_fill", fill)
    folder = tool_env.tool_environment()
    assert len(built) == 1
    assert not tool_env.repair_tools()
    for path in folder.glob(lost):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    assert tool_env.find_damage(folder)
    calls: list[Sequence[str]] = []

    def fail_once(argv: Sequence[str]) -> int:
        calls.append(argv)
        if tool_env.find_damage(tool_env.tool_environment()):
            raise LabcoatError("cannot run uv", "")
        return 0

    monkeypatch.setattr(cli, "_run", fail_once)
    assert cli.main(["lock"]) == 0
    assert len(built) == 2
    assert tool_env.find_damage(folder) == ""
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_damaged_environment_that_cannot_be_recreated_is_named(
    repo: Repository, tools_environment: Path, tmp_path: Path
) -> None:
    """With the directory to remove."""
    folder = tmp_path / "cache/tools" / tools_environment.name
    link_tree(tools_environment, folder)
    (folder / "bin/uv").unlink()
    said = repo.labcoat("lock", fails=True, LABCOAT_CACHE=str(tmp_path / "cache"))
    assert "the tools environment is damaged: `bin/uv` is missing" in said
    assert f"remove {folder}" in said
    assert folder.is_dir()


def test_an_environment_that_could_not_be_created_is_not_damaged(
    repo: Repository, tmp_path: Path
) -> None:
    """The index of the test has no tools: it is asked once, and its error is the only one."""
    said = repo.labcoat("lock", fails=True, LABCOAT_CACHE=str(tmp_path / "cache"))
    assert said.count("creating its tools environment") == 1
    assert "damaged" not in said


def test_two_first_runs_at_once_create_one(
    repo: Repository, tmp_path: Path, network: dict[str, str]
) -> None:
    """Two runs on an empty cache succeed, with one environment and no leftovers.

    One of them cannot use uv's cache, so that pip installs its tools.
    """
    cache = tmp_path / "cache ü"
    env = {
        key: value
        for key, value in repo.env.items()
        if key not in {"PIP_INDEX_URL", "PIP_CACHE_DIR"}
    }
    env |= {"LABCOAT_CACHE": str(cache), "PYTHONPATH": str(INCLUDE.parent), **network}
    code = "from labcoat.toolchain import tool_env; tool_env.use_tools(); import docker, yaml"
    code += "; print(tool_env.uv_program())"
    (tmp_path / "file").write_text("")
    runs = [
        subprocess.Popen(
            [BASE_PYTHON, "-c", code],
            env={**env, **uv_cache},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for uv_cache in ({}, {"UV_CACHE_DIR": str(tmp_path / "file/below")})
    ]
    said = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert said[0][0] == said[1][0]
    assert len(list((cache / "tools").iterdir())) == 1


def test_an_unwritable_cache_is_named(repo: Repository, tmp_path: Path) -> None:
    """With the setting that names another."""
    (tmp_path / "file").write_text("")
    said = repo.make("requirements", fails=True, LABCOAT_CACHE=str(tmp_path / "file" / "below"))
    assert "cannot write to the cache directory" in said
    assert "LABCOAT_CACHE" in said
