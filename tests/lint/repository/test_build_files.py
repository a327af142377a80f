"""What compose files say of images, with PyYAML and without it."""

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


@pytest.mark.parametrize("has_yaml", [True, False])
def test_images_that_compose_builds(monkeypatch: pytest.MonkeyPatch, has_yaml: bool) -> None:
    """Without PyYAML no image is missed, and some names are none of an image."""
    if has_yaml:
        pytest.importorskip("yaml")
    else:
        monkeypatch.setattr(build_files, "has_yaml", lambda: False)
    found = set(build_files.read_built_images(COMPOSE))
    assert found >= {"*-ml", "ours/web:1"}
    assert not any("$" in name for name in found)
    assert list(build_files.read_built_images("services:\n  web:\n    image: a\n")) == []
