"""Names of images without an account: Docker's own, and those of one machine."""

import pytest

from labcoat.container.base_images.official import is_of_one_machine, is_official


@pytest.mark.parametrize(
    "image", ["python", "nginx:latest", "docker.io/library/redis:7", "docker.io/ubuntu", "node@x"]
)
def test_official_images(image: str) -> None:
    """They may be named in full."""
    assert is_official(image)
    assert not is_of_one_machine(image)


@pytest.mark.parametrize("image", ["ml-base-cpu:latest", "myapp", "my_app", "python_dev:3"])
def test_images_of_one_machine(image: str) -> None:
    """No registry can have them."""
    assert is_of_one_machine(image)
    assert not is_official(image)


@pytest.mark.parametrize("image", ["acme/python:latest", "ghcr.io/acme/x", "localhost:5000/x"])
def test_images_of_an_account(image: str) -> None:
    """A registry has them."""
    assert not is_of_one_machine(image)
    assert not is_official(image)
