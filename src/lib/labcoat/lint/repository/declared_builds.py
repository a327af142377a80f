"""What compose files and bake files say of one build or service."""

import posixpath
import re
from collections.abc import Iterable, Iterator

from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.core.records import Record
from labcoat.lint.repository.repository import Repository

_DEFAULT = lazy_pattern(r"\$\{\w+:?-([^${}]*)\}")  # what compose and shells take where none is set


class DeclaredBuild(Record):
    """A service of compose, or a target of a bake file, with the `file` that it stands in.

    `dockerfile` and `context` are relative to the repository's root, and empty if it builds
    nothing; `target` is the stage that is built, the last if empty. `contexts` are the names under
    which the Dockerfile finds other folders and images. `image` and `user` are as written; an image
    that compose calls after the project and the service is `*-service`. `images` are more of them.
    """

    file: str
    name: str
    dockerfile: str = ""
    context: str = ""
    target: str = ""
    contexts: tuple[str, ...] = ()
    image: str = ""
    user: str = ""
    is_inline: bool = False
    images: tuple[str, ...] = ()

    @property
    def builds(self) -> bool:
        """Whether an image is built."""
        return bool(self.dockerfile) or self.is_inline


def expand_defaults(text: str) -> str:
    """Return a text with the defaults of its variables in their place."""
    return _DEFAULT.sub(r"\1", text)


def place_builds(
    repository: Repository, builds: Iterable[tuple[str, str]], folder: str
) -> Iterator[tuple[str, str]]:
    """Yield builds whose paths are relative to `folder` with paths relative to the root.

    Omit those with variables, and those whose context does not exist: they were prose.
    """
    for build in builds:
        dockerfile, context = (expand_defaults(part) for part in build)
        if (
            re.search(r"[$`{}]|://", dockerfile + context)
            or dockerfile == "-"
            or posixpath.isabs(dockerfile + context)
        ):
            continue
        place, base = (
            posixpath.normpath(posixpath.join(folder, each)) for each in (dockerfile, context)
        )
        built = repository.root / base
        if (
            not place.startswith("..")
            and not base.startswith("..")
            and path_exists(built)
            and built.is_dir()
        ):
            yield place, "" if base == "." else base


def place_build(
    repository: Repository, dockerfile: str, context: str, folder: str = ""
) -> tuple[str, str]:
    """Return one build of `place_builds`; empty paths if it is omitted."""
    return next(place_builds(repository, [(dockerfile, context)], folder), ("", ""))
