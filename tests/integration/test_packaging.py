"""The wheel: labcoat with all that it needs at run time, and the include for a Makefile."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labcoat.toolchain import index_config, tool_env

INCLUDE = (
    "include $(or $(shell labcoat mk),"
    "$(error labcoat is not installed here: pip install labcoat))\n"
)


def run(*argv: str | Path, cwd: Path, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(word) for word in argv], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


def tracked(repository: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if (repository / name).is_file()]


@pytest.fixture(scope="module")
def installed(
    tmp_path_factory: pytest.TempPathFactory, repository: Path, network: dict[str, str]
) -> Path:
    """An environment, at a path with a space, that labcoat's wheel is installed in."""
    work = tmp_path_factory.mktemp("packaging")
    copy, venv, env = work / "copy", work / "an environment", index_config.installer_environment()
    for name in tracked(repository):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(repository / name, copy / name, follow_symlinks=False)
    for words in (
        ["build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", work, copy],
        ["venv", "--quiet", "--no-project", "--python", sys.executable, venv],
    ):
        subprocess.run([tool_env.uv_program(), *words], env=env, check=True)
    (wheel,) = work.glob("*.whl")
    subprocess.run(
        [
            tool_env.uv_program(),
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--python",
            venv / "bin/python",
            wheel,
        ],
        env=env,
        check=True,
    )
    return venv


def test_wheel_has_all_files_of_the_package(installed: Path, repository: Path) -> None:
    """Each tracked file of the package is installed; links in the repository become files."""
    (package,) = installed.glob("lib/python*/site-packages/labcoat")
    prefix = "src/lib/labcoat/"
    files = [repository / name for name in tracked(repository) if name.startswith(prefix)]
    files += [
        page for file in files if file.is_dir() for page in file.iterdir()
    ]  # a link to a folder is one name to git
    wanted = {
        str(file.relative_to(repository)).removeprefix(prefix)
        for file in files
        if not file.is_dir()
    }
    assert wanted >= {
        "include.python.mk",
        "start.sh",
        "find-python.sh",
        "toolchain/tools.txt",
        "container/base_images/bases.toml",
        "scaffold/templates/Dockerfile",
    }
    assert wanted <= {str(path.relative_to(package)) for path in package.rglob("*")}
    assert (package / "include.python.mk").read_bytes() == (
        repository / "src/lib/include.python.mk"
    ).read_bytes()
    assert not [path for path in package.rglob("*") if path.is_symlink()]


def test_makefile_includes_what_is_installed(installed: Path, tmp_path: Path) -> None:
    """`include $(or $(shell labcoat mk),…)` gives every target, with spaces in both paths."""
    project = tmp_path / "a pröject"
    project.mkdir()
    (project / "Makefile").write_text(f"mine: ; @echo my own goal\n{INCLUDE}", encoding="utf-8")
    env = os.environ | {
        "PATH": f"{installed / 'bin'}:{os.environ['PATH']}",
        "LABCOAT_PYTHON": sys.executable,
    }
    assert run("make", cwd=project, env=env).stdout == "my own goal\n"
    said = run("make", "help", cwd=project, env=env)
    assert said.returncode == 0, said.stderr
    assert "requirements " in said.stdout
    assert f"LABCOAT_PYTHON = {sys.executable}" in said.stdout


def test_installed_program_knows_its_version(installed: Path, tmp_path: Path) -> None:
    """`labcoat --version` names the version that pip knows."""
    (metadata,) = installed.glob("lib/python*/site-packages/labcoat-*.dist-info")
    said = run(installed / "bin/labcoat", "--version", cwd=tmp_path, env=dict(os.environ)).stdout
    assert metadata.name == f"{said.strip().replace(' ', '-')}.dist-info"


def test_makefile_fails_without_labcoat(tmp_path: Path) -> None:
    """The include line stops make with its own words."""
    (tmp_path / "Makefile").write_text(f"mine: ; @echo my own goal\n{INCLUDE}")
    said = run("make", cwd=tmp_path, env={"PATH": "/usr/bin:/bin"})
    assert said.returncode == 2
    assert "labcoat is not installed here" in said.stderr
    assert not said.stdout


def test_an_editable_install_counts_as_installed(
    installed: Path, repository: Path, tmp_path: Path
) -> None:
    """After `pip install -e`, init's Makefile calls `labcoat`, which names the clone."""
    venv, env = tmp_path / "venv", index_config.installer_environment()
    subprocess.run(
        [
            tool_env.uv_program(),
            "venv",
            "--quiet",
            "--no-project",
            "--python",
            sys.executable,
            venv,
        ],
        env=env,
        check=True,
    )
    words = [
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--python",
        venv / "bin/python",
        "-e",
        installed.parent / "copy",
    ]
    subprocess.run([tool_env.uv_program(), *words], env=env, check=True)
    project = tmp_path / "project"
    project.mkdir()
    env = {"PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    ended = run("labcoat", "init", cwd=project, env=env)
    assert ended.returncode == 0, ended.stderr
    assert "include labcoat.mk\n" in (project / "Makefile").read_text()
    assert "  venv " in run("make", cwd=project, env=env).stdout


def test_an_environment_that_contains_labcoat_is_not_recreated(
    installed: Path, tmp_path: Path, repository: Path
) -> None:
    """labcoat in the project's own .venv would be removed with it: init and venv refuse."""
    (tmp_path / ".venv").symlink_to(installed)
    (tmp_path / "requirements.txt").write_text("")
    env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    for command in ("init", "venv"):
        ended = run(installed / "bin/labcoat", command, cwd=tmp_path, env=env)
        assert ended.returncode == 1
        assert (
            ended.stderr.splitlines()[0]
            == "error: labcoat is installed in .venv, which `make venv` recreates"
        )
        assert "LABCOAT_VENV" in ended.stderr.splitlines()[1]
        assert len(ended.stderr.splitlines()) == 2
    assert (installed / "bin/labcoat").exists()
    assert not (tmp_path / "Makefile").exists()
    assert (
        run(
            installed / "bin/labcoat", "init", cwd=tmp_path, env=env | {"LABCOAT_VENV": "env"}
        ).returncode
        == 0
    )


def test_checkout_names_its_own_include(repository: Path) -> None:
    """In a checkout `labcoat mk` names a file that is src/lib/include.python.mk."""
    said = run(
        sys.executable,
        "-I",
        repository / "src/lib/labcoat",
        "mk",
        cwd=repository,
        env=dict(os.environ),
    )
    named = Path(said.stdout.strip().replace("\\ ", " "))
    assert named.is_absolute()
    assert named.samefile(repository / "src/lib/include.python.mk")
