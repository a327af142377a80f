"""Image names are split into registry, repository, tag and digest."""

import pytest

from labcoat.container.engine.image_reference import find_digest, registry_of, repository_of

REPO_DIGESTS = (
    "localhost:5000/mine/python@sha256:a",
    "python@sha256:b",
    "team/python@sha256:c",
    "docker.io/team/x@sha256:d",
)


@pytest.mark.parametrize(
    ("image", "digest"),
    [
        ("python:3.11", "sha256:b"),
        ("docker.io/library/python", "sha256:b"),
        ("team/python:1", "sha256:c"),
        ("team/x", "sha256:d"),
        ("localhost:5000/mine/python:3.11", "sha256:a"),
        ("mine/python:3.11", ""),
    ],
)
def test_an_images_digest_is_that_of_its_own_name(image: str, digest: str) -> None:
    """An image that was pushed under another name also has that registry's digest."""
    assert find_digest(image, REPO_DIGESTS) == digest


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("a:1", "a"),
        ("h:5000/t/p:1.0", "h:5000/t/p"),
        ("h:5000/t/p@sha256:0", "h:5000/t/p"),
        ("h:5000/p", "h:5000/p"),
    ],
)
def test_the_repository_is_the_name_without_tag_and_digest(image: str, name: str) -> None:
    """A port is not mistaken for a tag."""
    assert repository_of(image) == name


@pytest.mark.parametrize(
    ("image", "host"),
    [
        ("a", "docker.io"),
        ("team/a", "docker.io"),
        ("localhost/a", "localhost"),
        ("h:5000/a/b:1", "h:5000"),
        ("ghcr.io/a", "ghcr.io"),
    ],
)
def test_the_registry_follows_dockers_rules(image: str, host: str) -> None:
    """A first part with a dot or a colon is a host."""
    assert registry_of(image) == host
