"""The program that builds: docker's plugin where that is what docker would become, else docker."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from labcoat.container.engine.buildx import select_builder
from labcoat.core.project import DEFAULTS, Project


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker of this test's own, first on the path: any program will do, for it is not run. Its settings are in home/."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "BUILDX_BUILDER"):
        monkeypatch.delenv(name, raising=False)
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    shutil.copy(shutil.which("true") or "", program)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "home"))
    plugin(tmp_path / "home/cli-plugins")
    return program


def plugin(folder: Path) -> Path:
    """A plugin there; its path."""
    folder.mkdir(parents=True)
    (folder / "docker-buildx").touch(mode=0o755)
    return folder / "docker-buildx"


def settings(docker: Path, **given: object) -> None:
    (docker.parents[1] / "home/config.json").write_text(json.dumps(given))


def test_the_plugin_is_started_as_docker_starts_it(docker: Path) -> None:
    """With docker's words and variables, and the builder that goes with docker's context."""
    words, variables = select_builder(Project(docker.parents[1]))
    assert words == [str(docker.parents[1] / "home/cli-plugins/docker-buildx"), "buildx", "build"]
    assert variables == {
        "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND": "docker",
        "BUILDX_BUILDER": "default",
    }


def test_folders_of_ones_own_come_before_dockers(docker: Path) -> None:
    """In the order that docker looks for plugins."""
    other = plugin(docker.parents[1] / "other")
    settings(docker, cliPluginsExtraDirs=[str(docker.parents[1] / "absent"), str(other.parent)])
    assert select_builder(Project(docker.parents[1]))[0][0] == str(other)


@pytest.mark.parametrize(
    ("variables", "chosen", "named"),
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
    chosen: str,
    named: str | None,
) -> None:
    """A person's own choice of a builder stays."""
    settings(docker, currentContext=chosen)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert select_builder(Project(docker.parents[1]))[1].get("BUILDX_BUILDER") == named


def script(docker: Path) -> str:
    docker.write_text('#!/bin/sh\nexec podman "$@"\n')
    return "docker"


def link(docker: Path) -> str:
    docker.rename(docker.with_name("podman"))
    docker.symlink_to("podman")
    return "docker"


def alias(docker: Path) -> str:
    settings(docker, aliases={"builder": "other"})
    return "docker"


def unreadable(docker: Path) -> str:
    (docker.parents[1] / "home/config.json").write_text("{")
    return "docker"


def no_object(docker: Path) -> str:
    (docker.parents[1] / "home/config.json").write_text("[]")
    return "docker"


def words(docker: Path) -> str:
    settings(docker)
    return "docker --debug"


@pytest.mark.parametrize(
    "change", [script, link, alias, unreadable, no_object, words], ids=lambda each: each.__name__
)
def test_where_that_is_not_sure_docker_is_called(
    docker: Path, change: Callable[[Path], str]
) -> None:
    """A script or a link of its name, settings with another builder or that cannot be read, more words."""
    called = change(docker)
    project = Project(docker.parents[1], {**DEFAULTS, "LABCOAT_DOCKER": called})
    assert select_builder(project) == ([*called.split(), "build"], {})


def test_without_the_plugin_docker_is_called(docker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may build by itself, or says what is missing."""
    monkeypatch.setattr("labcoat.container.engine.buildx._FOLDERS", ())
    shutil.rmtree(docker.parents[1] / "home/cli-plugins")
    assert select_builder(Project(docker.parents[1])) == (["docker", "build"], {})


def test_without_a_home_folder_the_plugin_is_found(
    docker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container whose user is only a number."""
    monkeypatch.delenv("DOCKER_CONFIG")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54321)
    folder = plugin(docker.parents[1] / "system").parent
    monkeypatch.setattr("labcoat.container.engine.buildx._FOLDERS", (str(folder),))
    assert select_builder(Project(docker.parents[1]))[0][0] == str(folder / "docker-buildx")


@pytest.mark.docker
def test_both_ways_build_the_same_image_and_say_the_same(tmp_path: Path, base_image: str) -> None:
    """Of the same files the same id, of a word that is no option the same words; here the plugin is what labcoat calls."""
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
    for begun, more in ((words, variables), (["docker", "build"], {})):

        def build(
            *options: str, begun: list[str] = begun, environ: dict[str, str] = environ | more
        ) -> tuple[int, str, str]:
            done = subprocess.run(
                [*begun, *options, "."],
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
    [(status, built, said)] = ids
    assert (status, said) == (0, "")
    subprocess.run(["docker", "image", "rm", built.strip()], check=True, capture_output=True)
