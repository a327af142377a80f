"""What a base of one's own is made of: every image pinned, the commit that its tag says, no secret; and known by that."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labcoat.container.base_images import build, pins
from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project
from support.session import unique_name

TOKEN = (
    "ghp_" + "a1B2" * 9
)  # assembled here, so that no file of this repository holds what looks like one

NAME = unique_name("t")
BASE = f"{build.PREFIX}{NAME}"


def git(root: Path, *words: str) -> str:
    identity = (
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "-c",
        "protocol.file.allow=always",
    )
    return subprocess.run(
        ["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


def docker(*words: str, stdin: bytes = b"") -> str:
    return (
        subprocess.run(["docker", *words], input=stdin, check=True, capture_output=True)
        .stdout.decode()
        .strip()
    )


def committed(root: Path, dockerfile: str, **files: str) -> Project:
    """A repository with the base `own`: a Dockerfile in a folder, and other files of that folder."""
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


# An image of a shell and a file: small, as it is sent to a registry.
TOOL = """FROM {} AS base
RUN mkdir -p /out/bin && cp /bin/sh /out/bin/sh && cp --parents -L $(ldd /bin/sh | grep -o '/[^ ]*') /out
FROM scratch
COPY --from=base /out /
COPY tool /tool
"""


@dataclass(frozen=True)
class Tool:
    """An image with a tag that moves, in a registry."""

    name: str
    base: str
    folder: Path

    def push(self, text: str) -> str:
        """Have an image there whose file /tool has this text; its digest."""
        (self.folder / "tool").write_text(text)
        (self.folder / "Dockerfile").write_text(TOOL.format(self.base))
        docker("build", "--quiet", "--network=host", "--tag", self.name, str(self.folder))
        said = docker("push", self.name)
        docker("image", "rm", "--force", self.name)
        return next(word for word in said.split() if word.startswith("sha256:"))


@pytest.fixture
def tool(registry: str, base_image: str, tmp_path: Path) -> Iterator[Tool]:
    (tmp_path / "tool").mkdir()
    yield Tool(f"{registry}/tool:latest", base_image, tmp_path / "tool")
    built = docker("image", "ls", "--quiet", f"{build.PREFIX}{NAME}").split()
    if built:
        docker("image", "rm", "--force", *set(built))


def held(image: str, path: str) -> str:
    """The text of a file in an image."""
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
    "RUN": "FROM {1}\nRUN --mount=type=bind,target=/in,from={0} read -r line </in/tool; echo $line >/made\n",
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("tag", [":latest", ""])
def test_an_image_that_is_named_anywhere_has_to_be_pinned(
    tmp_path: Path, use: str, tag: str
) -> None:
    """In FROM, in COPY --from and in RUN --mount=from; stages, their numbers and scratch are no images."""
    stages = (
        "FROM scratch AS first\nFROM scratch AS second\nCOPY --from=first / /\nCOPY --from=0 / /\n"
    )
    stages += "RUN --mount=from=First,target=/a --mount=type=cache,from=scratch,target=/b true\n"
    base = f"moving/base:1@sha256:{'0' * 64}"
    project = committed(
        tmp_path / "project", stages + USES[use].format(f"host:5000/tool{tag}", base)
    )
    with pytest.raises(
        LabcoatError, match=f"builds on host:5000/tool{tag}, which is not pinned"
    ) as failure:
        build.build_base_images(project)
    assert failure.value.hint == f"Pin it: labcoat extern pin host:5000/tool{tag}."


@pytest.mark.docker
@pytest.mark.parametrize("use", USES)
def test_the_pinned_image_is_the_one_that_is_used(tmp_path: Path, tool: Tool, use: str) -> None:
    """The tag moves and the base stays, with a date too; once the pin moves the base is refused, and made anew by make extern."""
    first, second = tool.push("first\n"), tool.push("second\n")
    shell = f"{tool.name.removesuffix(':latest')}@{first}"
    project = committed(tmp_path / "project", USES[use].format(tool.name, shell))
    (project.root / pins.NAME).write_text(pins.Pins({tool.name: first}).text())
    (name,) = build.build_base_images(project)
    assert held(name, "/made") == "first\n"
    assert build.resolve_base_image(project, BASE) == name

    assert pins.pin_bases(project, tool.name) == second
    with pytest.raises(LabcoatError, match="was built with other pins") as failure:
        build.resolve_base_image(project, BASE)
    assert "make extern" in failure.value.hint
    assert build.build_base_images(project) == [name]  # the tag is the commit's
    assert build.resolve_base_image(project, BASE) == name
    assert held(name, "/made") == "second\n"

    (project.root / pins.NAME).write_text(pins.Pins({tool.name: second}, "20261101T000000Z").text())
    with pytest.raises(LabcoatError, match="was built with other pins"):
        build.resolve_base_image(project, BASE)


@pytest.mark.docker
def test_the_apt_of_an_image_that_only_files_are_taken_from_is_not_dated(
    tmp_path: Path, tool: Tool
) -> None:
    """Such an image need not have a shell, nor anything else."""
    project = committed(tmp_path / "project", USES["COPY"].format(tool.name))
    (project.root / pins.NAME).write_text(
        pins.Pins({tool.name: tool.push("first\n")}, "20261101T000000Z").text()
    )
    (name,) = build.build_base_images(project)
    assert held(name, "/made") == "first\n"


@pytest.mark.docker
def test_another_dockerfile_of_the_same_commit_is_another_base(tmp_path: Path, tool: Tool) -> None:
    """Where LABCOAT_EXTERN comes to name one, the old image is refused."""
    project = committed(
        tmp_path / "project",
        "FROM scratch\nCOPY a /made\n",
        Other="FROM scratch\nCOPY b /made\n",
        a="a",
        b="b",
    )
    build.build_base_images(project)
    other = Project(project.root, {**project.settings, "LABCOAT_EXTERN": f"{NAME}=own/Other"})
    with pytest.raises(LabcoatError, match="another Dockerfile"):
        build.resolve_base_image(other, BASE)


@pytest.mark.docker
@pytest.mark.parametrize("change", ["changed", "untracked"])
def test_what_is_not_committed_is_said_in_the_tag(
    tmp_path: Path, tool: Tool, repository: Path, change: str
) -> None:
    """And on the screen; a later change makes the image stale, and what is committed has the commit for its tag."""
    project = committed(tmp_path / "project", "FROM scratch\nCOPY . /\n", made="first")
    path = project.root / "own" / ("made" if change == "changed" else "new")
    clean = build.base_image_tag(project, build.configured_bases(project)[0])
    path.write_text("second")
    done = labcoat(project, repository, "extern", "build")
    assert done.stdout.strip() == f"{clean}-dirty"
    assert f"own has changes that are not committed; they are in {clean}-dirty" in done.stderr
    assert held(f"{clean}-dirty", f"/{path.name}") == "second"
    assert build.resolve_base_image(project, BASE) == f"{clean}-dirty"

    path.write_text("third")
    with pytest.raises(LabcoatError, match="was built with other"):
        build.resolve_base_image(project, BASE)
    git(project.root, "add", ".")
    git(project.root, "commit", "-qm", "two")
    done = labcoat(project, repository, "extern", "build")
    assert done.stdout.strip().startswith(build.PREFIX)
    assert "dirty" not in done.stdout + done.stderr


def test_what_is_not_committed_in_a_submodule_counts_too(tmp_path: Path) -> None:
    """Files of its own working tree, in the Dockerfile's folder."""
    upstream = committed(tmp_path / "upstream", "FROM scratch\n").root
    project = committed(tmp_path / "project", "FROM scratch\n")
    git(project.root, "submodule", "--quiet", "add", str(upstream), "sub")
    git(project.root, "commit", "-qam", "submodule")
    project = Project(
        project.root, {**project.settings, "LABCOAT_EXTERN": f"{NAME}=sub/own/Dockerfile"}
    )
    (base,) = build.configured_bases(project)
    clean = build.base_image_tag(project, base)
    assert clean == f"{build.PREFIX}{NAME}:{git(upstream, 'rev-parse', 'HEAD')[:12]}"
    (project.root / "sub/elsewhere").write_text("")
    assert build.base_image_tag(project, base) == clean
    (project.root / "sub/own/Dockerfile").write_text("FROM scratch\nLABEL a=b\n")
    assert build.base_image_tag(project, base) == f"{clean}-dirty"


@pytest.mark.docker
@pytest.mark.parametrize("ignored", [False, True])
def test_a_secret_in_the_folder_stops_the_build(tmp_path: Path, tool: Tool, ignored: bool) -> None:
    """As it stops the project's own; what its ignore file leaves out does not count."""
    files = {".env": f"TOKEN={TOKEN}\n", "Dockerfile.dockerignore": ".env\n" if ignored else "\n"}
    project = committed(tmp_path / "project", "FROM scratch\nCOPY . /cfg/\n", **files)
    if ignored:
        assert build.build_base_images(project)
        return
    with pytest.raises(LabcoatError, match=r"A secret would reach the image: \.env in own"):
        build.build_base_images(project)


BROKEN = {
    "empty": b"",
    "no FROM": b"RUN true\n",
    "unknown": b"FROM scratch\nCOPPY a b\n",
    "not UTF-8": b"\xff\xfe\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_dockerfile_that_cannot_be_read_is_said(
    tmp_path: Path, text: bytes, repository: Path
) -> None:
    """With its name, and no traceback."""
    project = committed(tmp_path / "project", "FROM scratch\n")
    (project.root / "own/Dockerfile").write_bytes(text)
    done = labcoat(project, repository, "extern", "build")
    assert done.returncode == 1
    assert "own/Dockerfile: line 1" in done.stderr or "own/Dockerfile: line 2" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.docker
def test_a_comment_in_another_encoding_is_none_of_ours(tmp_path: Path, tool: Tool) -> None:
    """The builder takes such a Dockerfile."""
    project = committed(tmp_path / "project", "FROM scratch\nCOPY made /\n", made="here")
    (project.root / "own/Dockerfile").write_bytes(
        "# für alle\nFROM scratch\nCOPY made /\n".encode("latin-1")
    )
    (name,) = build.build_base_images(project)
    assert held(name, "/made") == "here"


@pytest.mark.docker
@pytest.mark.parametrize("image", ["", " ", "https://host.example/tool", "A b", "-x"])
def test_what_is_no_image_cannot_be_pinned(tmp_path: Path, repository: Path, image: str) -> None:
    """Two lines say so, and nothing is written."""
    project = committed(tmp_path / "project", "FROM scratch\n")
    done = labcoat(project, repository, "extern", "pin", "--", image)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert not (project.root / pins.NAME).exists()
