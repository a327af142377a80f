"""The files that a build is sent and those that reach the image, on small trees.

Matching is tested in container/dockerignore, copying in container/dockerfile.
"""

from pathlib import Path

import pytest

from labcoat.container.context.build_context import BuildContext, secrets_reaching
from labcoat.core.errors import LabcoatError
from support.repositories import Content, write

SHAPES = {
    "all": ("FROM scratch\nCOPY . /app\n", {".env", "src/a.py", "kaggle.json", "Dockerfile"}),
    "folder": ("FROM scratch\nCOPY src /app\n", {"src/a.py"}),
    "wildcard": ("FROM scratch\nCOPY *.json /app/\n", {"kaggle.json"}),
    "builder-only": (
        "FROM scratch AS build\nCOPY . /all\nFROM scratch\nCOPY --from=build /all/src /app\n",
        {"src/a.py"},
    ),
    "base-stage": ("FROM scratch AS base\nCOPY .env /\nFROM base\n", {".env"}),
    "variable": ("FROM scratch\nARG FROM_HERE=src\nCOPY ${FROM_HERE}/a.py /\n", {"src/a.py"}),
    "variable-after-a-tab": ("FROM scratch\nENV D\tsrc\nCOPY $D/a.py /\n", {"src/a.py"}),
    "nothing": ("FROM scratch\nENV A=b\n", set()),
}


@pytest.mark.parametrize(("dockerfile", "expected"), SHAPES.values(), ids=SHAPES.keys())
def test_files_that_reach_the_image(tmp_path: Path, dockerfile: str, expected: set[str]) -> None:
    """Those that COPY brings into the last stage."""
    write(
        tmp_path,
        {
            ".env": "PASSWORD=a1b2c3d4",
            "src/a.py": "",
            "kaggle.json": "{}",
            "Dockerfile": dockerfile,
        },
    )
    assert BuildContext(tmp_path).reaching_files() == expected


def test_secrets_that_reach_the_image(tmp_path: Path) -> None:
    """By name and by content, unless ignored or not copied."""
    key = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n"
    files = {
        "app/kaggle.json": "{}",
        "app/deploy.txt": key,
        "app/.env": "PASSWORD=a1b2c3d4",
        "other/.env": "",
        "app/a.py": "pass",
    }
    write(
        tmp_path,
        {**files, "Dockerfile": "FROM scratch\nCOPY app /app\n", ".dockerignore": "**/.env\n"},
    )
    assert secrets_reaching(BuildContext(tmp_path)) == ["app/deploy.txt", "app/kaggle.json"]


def test_ignore_file_of_the_dockerfile_counts(tmp_path: Path) -> None:
    """NAME.dockerignore replaces .dockerignore, even when it is empty."""
    files = {
        "docker/train": "FROM scratch\nCOPY . /\n",
        "docker/train.dockerignore": "",
        ".dockerignore": ".env\n",
    }
    write(tmp_path, {**files, ".env": "PASSWORD=a1b2c3d4"})
    assert secrets_reaching(BuildContext(tmp_path, "docker/train")) == [".env"]


@pytest.mark.parametrize(
    "broken", [{".dockerignore": "[\n"}, {"Dockerfile": "COPY a b\n"}, {"Dockerfile": "NONSENSE\n"}]
)
def test_malformed_files_are_errors(tmp_path: Path, broken: dict[str, Content]) -> None:
    """They are reported, as no secret can be found."""
    write(
        tmp_path, {"Dockerfile": "FROM scratch\nCOPY . /\n", ".env": "PASSWORD=a1b2c3d4", **broken}
    )
    with pytest.raises(LabcoatError):
        secrets_reaching(BuildContext(tmp_path))


def test_fault_in_a_stage_that_the_build_does_not_use(tmp_path: Path) -> None:
    """The builder skips that stage, and its faults."""
    unused = "FROM scratch AS unused\nCOPY a\n"
    write(tmp_path, {"Dockerfile": f"{unused}FROM scratch\nCOPY a.py /\n", "a.py": ""})
    assert BuildContext(tmp_path).reaching_files() == {"a.py"}


def test_lowercase_dockerfile(tmp_path: Path) -> None:
    """It is built, with its own ignore file, where there is no Dockerfile."""
    files = {"dockerfile": "FROM scratch\nCOPY . /\n", "dockerfile.dockerignore": "b\n"}
    write(tmp_path, {**files, "a": "", "b": ""})
    assert BuildContext(tmp_path).reaching_files() == {"a", *files}
