"""DKF001, DKF003: what other files of the repository say of an image."""

from pathlib import Path

import pytest

from labcoat.lint.findings import Severity
from labcoat.lint.runner import check_repository
from support.repositories import repository

DOCKERFILE = "ARG REGISTRY\nARG VERSION\nFROM elk/search:${VERSION}\nUSER 1000\n"


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({}, Severity.WARNING),
        ({"README.md": "The VERSION_OF_ELK is new.\n"}, Severity.WARNING),
        ({"README.md": "`docker build --build-arg VERSION=8 .`\n"}, Severity.NOTE),
        (
            {
                "elk-docker-compose.yml": "services:\n  search:\n    build:\n      context: .\n"
                "      args:\n        VERSION: $VERSION\n"
            },
            Severity.NOTE,
        ),
        ({"Makefile": "image:\n\tdocker build --build-arg VERSION=8 .\n"}, Severity.NOTE),
        (
            {
                ".github/workflows/image.yml": "jobs:\n  image:\n    steps:\n"
                "      - uses: docker/build-push-action@v6\n        with:\n"
                "          build-args: VERSION=8\n"
            },
            Severity.NOTE,
        ),
    ],
)
def test_argument_without_default(
    files: dict[str, str], severity: Severity, tmp_path: Path
) -> None:
    """It is a note where what starts the build names it."""
    root = repository(tmp_path / "r", {"Dockerfile": DOCKERFILE, **files})
    found = [each for each in check_repository(root).findings if each.rule == "DKF001"]
    assert [each.severity for each in found] == [severity]
    assert "has no default" in found[0].message


@pytest.mark.parametrize(
    ("pipeline", "severity"),
    [("nextflow.config", Severity.NOTE), ("next.config", Severity.WARNING)],
)
def test_image_of_a_pipeline(pipeline: str, severity: Severity, tmp_path: Path) -> None:
    """Its programs run as the user who starts the pipeline, and write into that user's folder."""
    files = {"containers/a/Dockerfile": "FROM python:3.11\nRUN true\n", pipeline: "a\n"}
    root = repository(tmp_path / "r", files)
    (found,) = [each for each in check_repository(root).findings if each.rule == "DKF003"]
    assert found.severity is severity


def test_image_that_a_script_builds_under_a_variable(tmp_path: Path) -> None:
    """Its name is that which the script assigns."""
    files = {
        "Dockerfile": "FROM me/my-base\nUSER 1000\n",
        "base/Dockerfile": f"FROM python:3.11@sha256:{'0' * 64}\nUSER 1000\n",
        "build.sh": 'owner=me\nname="my-base"\ndocker build -t $owner/${name} base\n',
    }
    root = repository(tmp_path / "r", files)
    assert [each for each in check_repository(root).findings if each.rule == "DKF001"] == []
    (root / "build.sh").write_text("owner=you\nname=base\ndocker build -t $owner/$name base\n")
    assert [each.rule for each in check_repository(root).findings if each.rule == "DKF001"]


@pytest.mark.parametrize(
    "image", ["postgres:15", "docker.io/postgres:15", "docker.io/library/nginx"]
)
def test_image_that_drops_root(image: str, tmp_path: Path) -> None:
    """However its registry is written."""
    root = repository(tmp_path / "r", {"Dockerfile": f"FROM {image}\nCOPY a /a\n", "a": ""})
    (found,) = [each for each in check_repository(root).findings if each.rule == "DKF003"]
    assert found.severity is Severity.NOTE


def test_compose_may_name_its_image_after_the_base(tmp_path: Path) -> None:
    """The base is that of Docker all the same."""
    compose = "services:\n  web:\n    build: .\n    image: node:16\n"
    files = {"Dockerfile": "FROM node\nRUN true\n", "docker-compose.yml": compose}
    found = check_repository(repository(tmp_path / "r", files)).findings
    assert {"DKF001", "DKF003"} <= {each.rule for each in found}


@pytest.mark.parametrize(
    ("user", "severity"),
    [("'${AIRFLOW_UID:-50000}:0'", Severity.NOTE), ("root", Severity.WARNING)],
)
@pytest.mark.parametrize("step", ["USER root", "RUN true"])
def test_compose_starts_an_image_as_another_user(
    step: str, user: str, severity: Severity, tmp_path: Path
) -> None:
    """As that of Airflow does, and then the image's own user does not count."""
    compose = f"services:\n  web:\n    build: .\n    user: {user}\n"
    files = {"Dockerfile": f"FROM python:3.11\n{step}\n", "docker-compose.yaml": compose}
    root = repository(tmp_path / "r", files)
    (found,) = [each for each in check_repository(root).findings if each.rule == "DKF003"]
    assert found.severity is severity


def test_user_of_the_base_is_the_one_to_end_with(tmp_path: Path) -> None:
    """Its files belong to that user, and a new one could not write them."""
    files = {"Dockerfile": "FROM apache/airflow:2.9.1 AS a\nUSER root\nFROM a\nRUN true\n"}
    root = repository(tmp_path / "r", files)
    (found,) = [each for each in check_repository(root).findings if each.rule == "DKF003"]
    assert found.hint == "End with the USER of apache/airflow:2.9.1 again"


def test_image_that_ends_as_root_for_what_needs_it(tmp_path: Path) -> None:
    """cron is started by root, and runs its jobs as others."""
    text = 'FROM python:3.11\nUSER root\nENTRYPOINT ["cron", "-f"]\n'
    root = repository(tmp_path / "r", {"Dockerfile": text})
    (found,) = [each for each in check_repository(root).findings if each.rule == "DKF003"]
    assert found.severity is Severity.NOTE


SERVICES = {
    "of another Dockerfile": (
        "web: {build: .}\n  db: {build: db, user: '1000'}",
        Severity.WARNING,
    ),
    "of another image": (
        "web: {build: .}\n  db: {image: 'postgres:16', user: '70'}",
        Severity.WARNING,
    ),
    "of another stage": (
        "web: {build: {context: ., target: dev}, user: '1000'}\n  b: {build: .}",
        Severity.WARNING,
    ),
    "of this stage": ("web: {build: {context: ., target: APP}, user: '1000'}", Severity.NOTE),
    "of one of two": ("web: {build: .}\n  job: {build: ., user: '1000'}", Severity.WARNING),
    "of both, one of which prepares": (
        "web: {build: ., user: 1000:0}\n  init: {build: ., user: '0:0'}",
        Severity.NOTE,
    ),
    "of the image": (
        "web: {build: ., image: 'us/web', user: '1000'}\n  job: {image: 'us/web:1'}",
        Severity.WARNING,
    ),
    "of the image that both start": (
        "web: {build: ., image: 'us/web', user: '1000'}\n  job: {image: 'us/web:1', user: '1000'}",
        Severity.NOTE,
    ),
    "of an image that is built elsewhere": ("web: {image: 'us/web', user: '1000'}", Severity.NOTE),
}


@pytest.mark.parametrize(("services", "severity"), SERVICES.values(), ids=SERVICES.keys())
def test_user_of_a_service_counts_for_what_it_starts(
    services: str, severity: Severity, tmp_path: Path
) -> None:
    """And not for the image of its neighbour, or for another stage."""
    pinned = f"python:3.11@sha256:{'0' * 64}"
    files = {
        "Dockerfile": f"FROM {pinned} AS dev\nFROM {pinned} AS app\nRUN true\n",
        "db/Dockerfile": f"FROM {pinned}\nUSER 1000\n",
        "compose.yaml": f"services:\n  {services}\n",
    }
    root = repository(tmp_path / "r", files)
    (found,) = [each for each in check_repository(root).findings if each.rule == "DKF003"]
    assert found.severity is severity


@pytest.mark.parametrize("base", ["node:24", "docker.io/library/node:20-slim@sha256:" + "0" * 64])
def test_user_of_node(base: str, tmp_path: Path) -> None:
    """Another with its uid cannot be created."""
    root = repository(tmp_path / "r", {"Dockerfile": f"FROM {base}\nCMD node a.js\n"})
    (found,) = [each for each in check_repository(root).findings if each.rule == "DKF003"]
    assert found.hint == "End with `USER node`, the user with uid 1000 that the image has"


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("WORKDIR /root\nADD . .\n", True),
        ("COPY . /root/app\n", True),
        ("COPY . /srv/root/app\n", False),
        ("RUN rm -rf /root/.cache\nCOPY . /app\n", False),
    ],
)
def test_files_of_root_are_for_root_alone(steps: str, told: bool, tmp_path: Path) -> None:
    """With another user at the end alone, the program could not enter its folder."""
    files = {"Dockerfile": f"FROM ubuntu:22.04\n{steps}", ".dockerignore": ".git\n", "a": "a"}
    root = repository(tmp_path / "r", files)
    (found,) = [each for each in check_repository(root).findings if each.rule == "DKF003"]
    assert ("elsewhere than in /root" in found.hint) == told
