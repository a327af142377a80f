"""What compose files say, with what they extend and include."""

from pathlib import Path

import pytest

from labcoat.lint.repository.compose_files import read_services
from labcoat.lint.repository.declared_builds import DeclaredBuild
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository
from labcoat.lint.runner import Selection, check_repository
from support.repositories import Content, repository

COMPOSE = """\
services:
  ml:
    build: ml
  web: # with a name
    image: "ours/web:1"
    build:
      context: web
  base:
    build: base
    image: ours/base:${TAG}
  db:
    image: postgres:16
    command:
      build: nothing
  "quoted":
      image: 'ours/quoted'  # deeper than the others
      build: {context: .}
volumes:
  data:
    build: none
"""
PLACED = {f"{each}/Dockerfile": "FROM scratch\n" for each in ("api", "web", "deploy/api")}


def read(root: Path) -> dict[str, DeclaredBuild]:
    """Return the services of a repository by name."""
    return {each.name: each for each in read_services(Repository(root))}


def test_images_that_compose_builds(tmp_path: Path) -> None:
    """The image of a service that is not built is another's: whoever extends it has to pin it."""
    root = repository(tmp_path / "r", {"compose.yml": COMPOSE, **PLACED, "ml/a": "", "base/a": ""})
    built = [each.image for each in read(root).values() if each.builds]
    assert built == ["*-ml", "ours/web:1", "ours/base:${TAG}", "ours/quoted"]
    builds = DockerBuilds(Repository(root))
    assert builds.find_built(["ours/web", "my-ml", "ours/base", "my-db"]) == {"ours/web", "my-ml"}


ELSEWHERE: dict[str, dict[str, Content]] = {
    "extended": {
        "compose.yml": "services:\n  a:\n    extends:\n      file: deploy/common.yml\n"
        "      service: base\n    user: '1000'\n",
        "deploy/common.yml": "services:\n  base:\n    build:\n      context: ./api\n",
    },
    "extended twice": {
        "compose.yml": "services:\n  a:\n    extends: {file: deploy/b.yml, service: b}\n",
        "deploy/b.yml": "services:\n  b:\n    extends: {file: x/c.yml, service: c}\n"
        "    user: '1000'\n",
        "deploy/x/c.yml": "services:\n  c:\n    build: ../api\n    user: root\n",
    },
    "extended here": {
        "deploy/compose.yml": "x-a: &user\n  user: '1000'\nservices:\n  a:\n    extends: b\n"
        "    <<: *user\n  b:\n    build: api\n"
    },
    "included": {
        "compose.yaml": "include:\n  - deploy/services.yml\n",
        "deploy/services.yml": "services: {a: {build: api, user: '1000'}}\n",
    },
    "included from elsewhere": {
        "compose.yaml": "include:\n- path: [x/one.yml, x/two.yml]\n  project_directory: deploy\n",
        "x/one.yml": "services:\n  b:\n    build: ./api\n",
        "x/two.yml": "services:\n  a:\n    build: api\n    user: '1000'\n",
    },
    "included by what is included": {
        "compose.yaml": "include: [deploy/one.yml]\nservices: {}\n",
        "deploy/one.yml": "include: [x/two.yml, ../compose.yaml]\n",
        "deploy/x/two.yml": "services:\n  a:\n    build: ../api\n    user: '1000'\n",
    },
    "documents": {
        "compose.yml": "name: a\n---\nservices: {a: {build: deploy/api, user: '1000'}}\n"
    },
    "default": {
        "deploy/compose.yml": "services: {a: {build: '${API:-./api}', user: '${ID:-1000}'}}\n"
    },
}


@pytest.mark.parametrize("files", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_service_of_another_file(files: dict[str, Content], tmp_path: Path) -> None:
    """Its paths are relative to the file that has them."""
    service = read(repository(tmp_path / "r", {**files, **PLACED}))["a"]
    assert (service.dockerfile, service.context) == ("deploy/api/Dockerfile", "deploy/api")
    assert service.user in ("1000", "${ID:-1000}")


CIRCLES: dict[str, dict[str, Content]] = {
    "extends": {
        "compose.yml": "services:\n  a:\n    extends: b\n  b:\n    extends: a\n    build: api\n"
    },
    "extends of files": {
        "compose.yml": "services:\n  a:\n    build: api\n    extends: {file: b.yml, service: a}\n",
        "b.yml": "services:\n  a:\n    extends: {file: compose.yml, service: a}\n",
    },
    "outside": {
        "compose.yml": "include: [../../x.yml, /etc/x.yml, 'oci://example.com/x', nothing.yml]\n"
        "services:\n  a:\n    extends: {file: ../../x.yml, service: a}\n    build: api\n"
    },
}


@pytest.mark.parametrize("files", CIRCLES.values(), ids=CIRCLES.keys())
def test_what_cannot_be_followed(files: dict[str, Content], tmp_path: Path) -> None:
    """Circles end, and nothing outside of the repository is read."""
    assert read(repository(tmp_path / "r", {**files, **PLACED}))["a"].context == "api"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("services:\n  a:\n    build: api\n   image: x\n", 4),
        ("services:\n  a:\n\tbuild: api\n", 3),
        ("services:\n  a:\n    build: api\n    ports: [1\n", 4),
    ],
)
def test_malformed_compose_file_is_named(
    text: str, line: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compose refuses it; what single lines tell is used all the same."""
    root = repository(tmp_path / "r", {"compose.yml": text, "api/Dockerfile": "FROM scratch\n"})
    (left_out,) = check_repository(root, Selection(("DKF",))).left_out
    assert left_out.startswith(f"compose.yml cannot be read as YAML, line {line}: ")
    assert "`" not in text or left_out.count("\n") == 0
    (root / "compose.yml").write_text(f"# {{{{ cookiecutter.name }}}}\n{text}")
    assert check_repository(root, Selection(("DKF",))).left_out == []
