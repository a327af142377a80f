"""A custom base image is identified by its recipe: pinned images, commit, Dockerfile."""

import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labcoat.container.base_images import build, extern_pins
from labcoat.container.base_images.recipe import base_image_tag, configured_bases
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from support.git_commands import git
from support.messages import base_images as messages
from support.session import unique_name

# Assembled here, so that secret scanners do not report this file.
TOKEN = "ghp_" + "a1B2" * 9
NAME = unique_name("t")
BASE = f"{build.PREFIX}{NAME}"


def docker(*words: str, stdin: bytes = b"") -> str:
    return (
        subprocess.run(["docker", *words], input=stdin, check=True, capture_output=True)
        .stdout.decode()
        .strip()
    )


def create_project(root: Path, dockerfile: str, **files: str) -> Project:
    """Create a repository whose folder `own` has a Dockerfile and `files`."""
    (root / "own").mkdir(parents=True)
    for name, text in {"Dockerfile": dockerfile, **files}.items():
        (root / "own" / name).write_text(text)
    git(root, "init", "-q")
    git(root, "add", "--force", ".")
    git(root, "commit", "-qm", "one")
    return Project(
        root,
        {
            **DEFAULTS,
            "LABCOAT_EXTERN": f"{NAME}=own/Dockerfile",
            "LABCOAT_DOCKER_FLAGS": "--network=host",
        },
    )


def labcoat(project: Project, repository: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    settings = {name: value for name, value in project.settings.items() if value != DEFAULTS[name]}
    environ = {**os.environ, **settings, "PYTHONPATH": str(repository / "src/lib")}
    command = [sys.executable, "-m", "labcoat", *words]
    return subprocess.run(
        command, cwd=project.root, env=environ, capture_output=True, text=True, check=False
    )


# A small image with a shell and a file.
TOOL = """FROM {} AS base
RUN mkdir -p /out/bin && cp /bin/sh /out/bin/sh && \\
    cp --parents -L $(ldd /bin/sh | grep -o '/[^ ]*') /out
FROM scratch
COPY --from=base /out /
COPY tool /tool
"""


@dataclass(frozen=True)
class Tool:
    """An image in a registry, with a tag that moves."""

    name: str
    base: str
    folder: Path

    def push(self, text: str) -> str:
        """Push an image whose file /tool has this text; return its digest."""
        (self.folder / "tool").write_text(text)
        (self.folder / "Dockerfile").write_text(TOOL.format(self.base))
        docker("build", "--quiet", "--network=host", "--tag", self.name, str(self.folder))
        output = docker("push", self.name)
        docker("image", "rm", "--force", self.name)
        return next(word for word in output.split() if word.startswith("sha256:"))


@pytest.fixture
def tool(registry: str, base_image: str, tmp_path: Path) -> Iterator[Tool]:
    (tmp_path / "tool").mkdir()
    yield Tool(f"{registry}/tool:latest", base_image, tmp_path / "tool")
    built = docker("image", "ls", "--quiet", f"{build.PREFIX}{NAME}").split()
    if built:
        docker("image", "rm", "--force", *set(built))


def read_file(image: str, path: str) -> str:
    """Return the text of a file in an image."""
    container = docker("create", image, "none")
    done = subprocess.run(
        ["docker", "cp", f"{container}:{path}", "-"], check=True, capture_output=True
    )
    docker("rm", container)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        file = archive.extractfile(archive.getmembers()[0])
        assert file is not None
        return file.read().decode()


USES = {
    "COPY": "FROM scratch\nCOPY --from={0} /tool /made\n",
    "FROM": "FROM {0} AS base\nFROM scratch\nCOPY --from=base /tool /made\n",
    "RUN": "FROM {1}\nRUN --mount=type=bind,target=/in,from={0} "
    "read -r line </in/tool; echo $line >/made\n",
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("tag", [":latest", ""])
def test_every_image_in_a_dockerfile_must_be_pinned(tmp_path: Path, use: str, tag: str) -> None:
    """In FROM, COPY --from and RUN --mount=from; not stages, their numbers and scratch."""
    stages = (
        "FROM scratch AS first\nFROM scratch AS second\nCOPY --from=first / /\nCOPY --from=0 / /\n"
    )
    stages += "RUN --mount=from=First,target=/a --mount=type=cache,from=scratch,target=/b true\n"
    base = f"moving/base:1@sha256:{'0' * 64}"
    project = create_project(
        tmp_path / "project", stages + USES[use].format(f"host:5000/tool{tag}", base)
    )
    with pytest.raises(LabcoatError) as caught:
        build.build_base_images(project)
    image = f"host:5000/tool{tag}"
    assert caught.value.message == messages.NOT_PINNED.format("own/Dockerfile", image)
    assert caught.value.hint == messages.PIN_IT.format(image)


@pytest.mark.docker
@pytest.mark.parametrize("use", USES)
def test_the_pinned_image_is_used(tmp_path: Path, tool: Tool, use: str) -> None:
    """A moved tag changes nothing; a moved pin or date makes the base stale until it is rebuilt."""
    first, second = tool.push("first\n"), tool.push("second\n")
    shell = f"{tool.name.removesuffix(':latest')}@{first}"
    project = create_project(tmp_path / "project", USES[use].format(tool.name, shell))
    (project.root / extern_pins.NAME).write_text(
        extern_pins.ExternPins({tool.name: first}).to_toml()
    )
    (name,) = build.build_base_images(project)
    assert read_file(name, "/made") == "first\n"
    assert build.resolve_base_image(project, BASE) == name

    assert extern_pins.pin_image(project, tool.name) == second
    stale = messages.STALE.format(name)
    with pytest.raises(LabcoatError, match=stale) as caught:
        build.resolve_base_image(project, BASE)
    assert "make extern" in caught.value.hint
    assert build.build_base_images(project) == [name]  # the tag is the commit's
    assert build.resolve_base_image(project, BASE) == name
    assert read_file(name, "/made") == "second\n"

    dated = extern_pins.ExternPins({tool.name: second}, "20261101T000000Z")
    (project.root / extern_pins.NAME).write_text(dated.to_toml())
    with pytest.raises(LabcoatError, match=stale):
        build.resolve_base_image(project, BASE)


@pytest.mark.docker
def test_an_image_that_files_are_copied_from_gets_no_apt_date(tmp_path: Path, tool: Tool) -> None:
    """It may lack a shell."""
    project = create_project(tmp_path / "project", USES["COPY"].format(tool.name))
    (project.root / extern_pins.NAME).write_text(
        extern_pins.ExternPins({tool.name: tool.push("first\n")}, "20261101T000000Z").to_toml()
    )
    (name,) = build.build_base_images(project)
    assert read_file(name, "/made") == "first\n"


@pytest.mark.docker
def test_another_dockerfile_in_the_same_commit_makes_the_base_stale(
    tmp_path: Path, tool: Tool
) -> None:
    """LABCOAT_EXTERN selects it."""
    project = create_project(
        tmp_path / "project",
        "FROM scratch\nCOPY a /made\n",
        Other="FROM scratch\nCOPY b /made\n",
        a="a",
        b="b",
    )
    build.build_base_images(project)
    other = Project(project.root, {**project.settings, "LABCOAT_EXTERN": f"{NAME}=own/Other"})
    with pytest.raises(LabcoatError, match=messages.STALE.format(f"{BASE}:.*")):
        build.resolve_base_image(other, BASE)


@pytest.mark.docker
@pytest.mark.parametrize("change", ["changed", "untracked"])
def test_uncommitted_changes_are_in_the_tag(
    tmp_path: Path, tool: Tool, repository: Path, change: str
) -> None:
    """And reported; a later change makes the image stale, a commit removes the mark."""
    project = create_project(tmp_path / "project", "FROM scratch\nCOPY . /\n", made="first")
    path = project.root / "own" / ("made" if change == "changed" else "new")
    clean = base_image_tag(project, configured_bases(project)[0])
    path.write_text("second")
    done = labcoat(project, repository, "extern", "build")
    assert done.stdout.strip() == f"{clean}-dirty"
    assert messages.UNCOMMITTED.format("own", f"{clean}-dirty") in done.stderr
    assert read_file(f"{clean}-dirty", f"/{path.name}") == "second"
    assert build.resolve_base_image(project, BASE) == f"{clean}-dirty"

    path.write_text("third")
    with pytest.raises(LabcoatError, match=messages.STALE.format(f"{clean}-dirty")):
        build.resolve_base_image(project, BASE)
    git(project.root, "add", ".")
    git(project.root, "commit", "-qm", "two")
    done = labcoat(project, repository, "extern", "build")
    assert done.stdout.strip().startswith(build.PREFIX)
    assert "dirty" not in done.stdout + done.stderr


def test_uncommitted_changes_in_a_submodule_are_in_the_tag(tmp_path: Path) -> None:
    """If they are in the Dockerfile's folder."""
    upstream = create_project(tmp_path / "upstream", "FROM scratch\n").root
    project = create_project(tmp_path / "project", "FROM scratch\n")
    git(project.root, "submodule", "--quiet", "add", str(upstream), "sub")
    git(project.root, "commit", "-qam", "submodule")
    project = Project(
        project.root, {**project.settings, "LABCOAT_EXTERN": f"{NAME}=sub/own/Dockerfile"}
    )
    (base,) = configured_bases(project)
    clean = base_image_tag(project, base)
    assert clean == f"{build.PREFIX}{NAME}:{git(upstream, 'rev-parse', 'HEAD')[:12]}"
    (project.root / "sub/elsewhere").write_text("")
    assert base_image_tag(project, base) == clean
    (project.root / "sub/own/Dockerfile").write_text("FROM scratch\nLABEL a=b\n")
    assert base_image_tag(project, base) == f"{clean}-dirty"


@pytest.mark.docker
@pytest.mark.parametrize("ignored", [False, True])
def test_a_secret_in_the_folder_stops_the_build(tmp_path: Path, tool: Tool, ignored: bool) -> None:
    """Unless the ignore file excludes it."""
    files = {".env": f"TOKEN={TOKEN}\n", "Dockerfile.dockerignore": ".env\n" if ignored else "\n"}
    project = create_project(tmp_path / "project", "FROM scratch\nCOPY . /cfg/\n", **files)
    if ignored:
        assert build.build_base_images(project)
        return
    with pytest.raises(
        LabcoatError, match=r"(?i)a secret would reach the image: `?\.env`? in `?own"
    ):
        build.build_base_images(project)


BROKEN = {
    "empty": b"",
    "no FROM": b"RUN true\n",
    "unknown": b"FROM scratch\nCOPPY a b\n",
    "not UTF-8": b"\xff\xfe\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_an_unparsable_dockerfile_is_an_error(
    tmp_path: Path, text: bytes, repository: Path
) -> None:
    """With its name and line, without a traceback."""
    project = create_project(tmp_path / "project", "FROM scratch\n")
    (project.root / "own/Dockerfile").write_bytes(text)
    done = labcoat(project, repository, "extern", "build")
    assert done.returncode == 1
    assert f"error: {messages.UNPARSABLE.format('own/Dockerfile')}: " in done.stderr
    assert re.search(r"\bline [12]\b", done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.docker
def test_a_comment_in_another_encoding_is_accepted(tmp_path: Path, tool: Tool) -> None:
    """The builder accepts such a Dockerfile."""
    project = create_project(tmp_path / "project", "FROM scratch\nCOPY made /\n", made="here")
    (project.root / "own/Dockerfile").write_bytes(
        "# für alle\nFROM scratch\nCOPY made /\n".encode("latin-1")
    )
    (name,) = build.build_base_images(project)
    assert read_file(name, "/made") == "here"


@pytest.mark.docker
@pytest.mark.parametrize("image", ["", " ", "https://host.example/tool", "A b", "-x"])
def test_an_invalid_image_name_cannot_be_pinned(
    tmp_path: Path, repository: Path, image: str
) -> None:
    """An error and a hint are printed, and nothing is written."""
    project = create_project(tmp_path / "project", "FROM scratch\n")
    done = labcoat(project, repository, "extern", "pin", "--", image)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert not (project.root / extern_pins.NAME).exists()
