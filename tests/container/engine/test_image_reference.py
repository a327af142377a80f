"""Image names, taken apart."""

import pytest

from labcoat.container.engine.image_reference import digest_among, repository_of

KNOWN = (
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
    """One that was pushed elsewhere under another name has that registry's digest too, which is not its own."""
    assert digest_among(image, KNOWN) == digest


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
    """A port is no tag."""
    assert repository_of(image) == name
