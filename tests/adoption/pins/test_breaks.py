"""Releases that older packages do not run with."""

from labcoat.adoption.pins import breaks


def test_files_are_no_packages_whose_age_counts() -> None:
    """A locker names what asks for a package: other packages, and files."""
    versions = {"numpy": "2.1", "old": "1.0"}
    parents = {"numpy": ["-r wanted.txt", "old"]}
    assert breaks.suspects(versions, parents) == {"old"}
    assert breaks.find_limits(versions, parents, {}) == []
