"""Packages that leave another one to their user."""

import pytest

from labcoat.names import peers
from labcoat.names.modules import package_of, providers_of
from labcoat.names.peers import find_missing_peers


@pytest.mark.parametrize(
    ("versions", "missing"),
    [
        ({"keras": "2.15.0"}, ["tensorflow"]),
        ({"keras": "2.15.0", "torch": "2.4.0"}, ["tensorflow"]),
        ({"keras": "2.4.3", "tensorflow-cpu": "2.4.1"}, []),
        ({"keras": "3.3.0"}, ["tensorflow"]),
        ({"keras": "3.3.0", "torch": "2.4.0"}, []),
        ({"keras": "3.3.0", "jax": "0.4.30"}, []),
        ({"keras": "of a fork"}, ["tensorflow"]),
        ({"tf-slim": "1.1.0", "keras": "3.3.0", "torch": "2.4.0"}, ["tensorflow"]),
        ({"torch-geometric": "2.5.0", "dm-haiku": "0.0.12"}, ["torch", "jax"]),
        ({"torch-geometric": "2.5.0", "torch": "2.4.0"}, []),
        ({"numpy": "2.0.0"}, []),
        ({}, []),
    ],
)
def test_what_an_environment_lacks(versions: dict[str, str], missing: list[str]) -> None:
    assert [each.package for each in find_missing_peers(versions)] == missing


def test_it_says_which_package_needs_it() -> None:
    (found,) = find_missing_peers({"keras": "3.3.0", "tflearn": "0.5.0"})
    assert found.describe() == "keras imports `tensorflow` and does not ask for it"


def test_the_packages_are_those_of_their_modules() -> None:
    """Or else no name would be found in an environment."""
    assert all(package_of(each) in providers_of(each) for each in peers._NEEDED_BY)
    names = [name for each in peers._NEEDED_BY.values() for name in each.split()]
    assert len(names) == len(set(names))
