"""The tests' own environment."""

import os


def test_environment_is_scrubbed() -> None:
    """No setting of the person who runs the tests reaches them."""
    kept = {"LABCOAT_REQUIRE_DOCKER", "LABCOAT_TEST_BASE_IMAGE"}
    prefixes = ("GIT_", "LABCOAT_", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    assert [name for name in os.environ if name.startswith(prefixes) and name not in kept] == []
