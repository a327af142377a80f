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
"""


def test_images_that_compose_builds(
    monkeypatch: pytest.MonkeyPatch, tools_environment: Path
) -> None:
    """PyYAML is in the environment of labcoat's tools."""
    monkeypatch.setenv("LABCOAT_CACHE", str(tools_environment.parent.parent))
    assert list(build_files.read_built_images(COMPOSE)) == ["*-ml", "ours/web:1"]


def test_images_that_compose_builds_without_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is missed, and some names are none of an image."""
    monkeypatch.setattr(build_files, "has_yaml", lambda: False)
    found = set(build_files.read_built_images(COMPOSE))
    assert found >= {"*-ml", "ours/web:1"}
    assert not any("$" in name for name in found)
    assert list(build_files.read_built_images("services:\n  web:\n    image: a\n")) == []
