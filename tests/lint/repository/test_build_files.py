"""What compose files say of images, with PyYAML and without it."""

from pathlib import Path

import pytest

from labcoat.lint.repository import build_files

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
BUILT = ["*-ml", "ours/web:1", "ours/quoted"]


def test_images_that_compose_builds(
    monkeypatch: pytest.MonkeyPatch, tools_environment: Path
) -> None:
    """PyYAML is in the environment of labcoat's tools."""
    monkeypatch.setenv("LABCOAT_CACHE", str(tools_environment.parent.parent))
    assert list(build_files.read_built_images(COMPOSE)) == BUILT


def test_images_that_compose_builds_without_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """The image of a service that is not built is another's: whoever extends it has to pin it."""
    monkeypatch.setattr(build_files, "has_yaml", lambda: False)
    assert list(build_files.read_built_images(COMPOSE)) == BUILT
    assert list(build_files.read_built_images("services:\n  web:\n    image: a\n")) == []
