"""The program that builds is docker's plugin where that is certain, else docker."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from labcoat.container.engine.buildx import select_builder
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fake docker, first on the path and never run, with its settings in home/."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "BUILDX_BUILDER"):
        monkeypatch.delenv(name, raising=False)
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    shutil.copy(shutil.which("true") or "", program)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "home"))
    make_plugin(tmp_path / "home/cli-plugins")
    return program


def make_plugin(folder: Path) -> Path:
    """Create a plugin in `folder`; return its path."""
    folder.mkdir(parents=True)
    (folder / "docker-buildx").touch(mode=0o755)
    return folder / "docker-buildx"


def write_settings(docker: Path, **values: object) -> None:
    (docker.parents[1] / "home/config.json").write_text(json.dumps(values))


def test_the_plugin_is_started_as_docker_starts_it(docker: Path) -> None:
    """With docker's arguments and variables, and the builder of docker's context."""
    words, variables = select_builder(Project(docker.parents[1]))
    assert words == [str(docker.parents[1] / "home/cli-plugins/docker-buildx"), "buildx", "build"]
    assert variables == {
        "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND": "docker",
        "BUILDX_BUILDER": "default",
    }


def test_configured_plugin_folders_come_first(docker: Path) -> None:
    """As in docker's own search."""
    other = make_plugin(docker.parents[1] / "other")
    write_settings(
        docker, cliPluginsExtraDirs=[str(docker.parents[1] / "absent"), str(other.parent)]
    )
    assert select_builder(Project(docker.parents[1]))[0][0] == str(other)


@pytest.mark.parametrize(
    ("variables", "context", "builder"),
    [
        ({}, "desktop-linux", "desktop-linux"),
        ({"DOCKER_CONTEXT": "remote"}, "desktop-linux", "remote"),
        (
            {"DOCKER_CONTEXT": "remote", "DOCKER_HOST": "tcp://localhost:1"},
            "desktop-linux",
            "default",
        ),
        ({"BUILDX_BUILDER": "mine"}, "desktop-linux", None),
    ],
)
def test_the_builder_is_that_of_dockers_context(
    docker: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    context: str,
    builder: str | None,
) -> None:
    """The user's BUILDX_BUILDER has precedence."""
    write_settings(docker, currentContext=context)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert select_builder(Project(docker.parents[1]))[1].get("BUILDX_BUILDER") == builder


def shell_script(docker: Path) -> str:
    docker.write_text('#!/bin/sh\nexec podman "$@"\n')
    return "docker"


def symlink(docker: Path) -> str:
    docker.rename(docker.with_name("podman"))
    docker.symlink_to("podman")
    return "docker"


def builder_alias(docker: Path) -> str:
    write_settings(docker, aliases={"builder": "other"})
    return "docker"


def unreadable_settings(docker: Path) -> str:
    (docker.parents[1] / "home/config.json").write_text("{")
    return "docker"


def settings_without_object(docker: Path) -> str:
    (docker.parents[1] / "home/config.json").write_text("[]")
    return "docker"


def more_words(docker: Path) -> str:
    write_settings(docker)
    return "docker --debug"


@pytest.mark.parametrize(
    "change",
    [
        shell_script,
        symlink,
        builder_alias,
        unreadable_settings,
        settings_without_object,
        more_words,
    ],
    ids=lambda each: each.__name__,
)
def test_docker_is_called_if_the_plugin_is_not_certain(
    docker: Path, change: Callable[[Path], str]
) -> None:
    """A script or link called docker, unreadable or unusual settings, options of docker."""
    command = change(docker)
    project = Project(docker.parents[1], {**DEFAULTS, "LABCOAT_DOCKER": command})
    assert select_builder(project) == ([*command.split(), "build"], {})


def test_without_the_plugin_docker_is_called(docker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may build by itself, or explains what is missing."""
    monkeypatch.setattr("labcoat.container.engine.buildx._FOLDERS", ())
    shutil.rmtree(docker.parents[1] / "home/cli-plugins")
    assert select_builder(Project(docker.parents[1])) == (["docker", "build"], {})


def test_without_a_home_folder_the_plugin_is_found(
    docker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a user without a name in a container."""
    monkeypatch.delenv("DOCKER_CONFIG")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54321)
    folder = make_plugin(docker.parents[1] / "system").parent
    monkeypatch.setattr("labcoat.container.engine.buildx._FOLDERS", (str(folder),))
    assert select_builder(Project(docker.parents[1]))[0][0] == str(folder / "docker-buildx")


@pytest.mark.docker
def test_plugin_and_docker_build_the_same_image_with_the_same_output(
    tmp_path: Path, base_image: str
) -> None:
    """The same id for the same files, and the same error for an unknown option."""
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\nCOPY Dockerfile /\n")
    words, variables = select_builder(Project(tmp_path))
    assert words[0].endswith("docker-buildx")
    environ = {
        **os.environ,
        "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
        "BUILDX_GIT_INFO": "false",
        "SOURCE_DATE_EPOCH": "0",
    }
    ids, complaints = set(), set()
    for command, more in ((words, variables), (["docker", "build"], {})):

        def build(
            *options: str, command: list[str] = command, environ: dict[str, str] = environ | more
        ) -> tuple[int, str, str]:
            done = subprocess.run(
                [*command, *options, "."],
                cwd=tmp_path,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
            )
            return done.returncode, done.stdout, done.stderr

        ids.add(build("-q", "--build-arg=SOURCE_DATE_EPOCH=0", "--no-cache"))
        complaints.add(build("--no-such"))
    assert len(complaints) == 1
    [(status, built, errors)] = ids
    assert (status, errors) == (0, "")
    subprocess.run(["docker", "image", "rm", built.strip()], check=True, capture_output=True)
