"""Split an image's name into its parts: https://github.com/distribution/reference."""

from collections.abc import Iterable


def repository_of(image: str) -> str:
    """Return `image` without tag and digest: `h:5000/team/project` of `h:5000/team/project:1.0`."""
    plain = image.partition("@")[0]
    folder, _, last = plain.rpartition("/")
    last = last.partition(":")[0]
    return f"{folder}/{last}" if folder else last


def find_digest(image: str, repo_digests: Iterable[str]) -> str:
    """Return the digest of `image` among `repo_digests` (NAME@DIGEST); "" if it has none.

    An image has one for each registry it was pushed to; only that of its own repository counts.
    """
    own = _short_name(repository_of(image))
    matching = (name for name in repo_digests if _short_name(repository_of(name)) == own)
    return next(map(digest_of, matching), "")


def _short_name(repository: str) -> str:
    """Return `repository` as docker shows it, without the default registry."""
    return repository.removeprefix("docker.io/").removeprefix("library/")


def digest_of(image: str) -> str:
    """Return the digest in the name `image`, `sha256:…`; "" without one."""
    return image.partition("@")[2]


def registry_of(image: str) -> str:
    """Return the host of the registry in the name `image`, by docker's rules."""
    first, slash, _ = image.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost")
    return first if is_host else "docker.io"
