"""An image's name, taken apart: https://github.com/distribution/reference."""

from collections.abc import Iterable


def repository_of(image: str) -> str:
    """The name without tag and digest: `host:5000/team/project` of `host:5000/team/project:1.0`."""
    plain = image.partition("@")[0]
    folder, _, last = plain.rpartition("/")
    last = last.partition(":")[0]
    return f"{folder}/{last}" if folder else last


def digest_among(image: str, known: Iterable[str]) -> str:
    """The digest of `image` among names by digest. An image has one for each registry it was pushed to; its own name's counts."""
    own = _short(repository_of(image))
    return next((digest_in(name) for name in known if _short(repository_of(name)) == own), "")


def _short(name: str) -> str:
    """A repository as docker shows it: the default host is left out."""
    return name.removeprefix("docker.io/").removeprefix("library/")


def digest_in(image: str) -> str:
    """The digest in the name, `sha256:…`; empty where there is none."""
    return image.partition("@")[2]
