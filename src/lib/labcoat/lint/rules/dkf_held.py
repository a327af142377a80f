"""What the lists of a Dockerfile have pinned in its image, and a later `pip install` keeps."""

import re
from collections.abc import Container, Sequence

from labcoat.core.command_prefixes import XARGS
from labcoat.core.installations import Installation
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.lint.repository.repository import Repository

# A package without a version, of which pip keeps what is there already, unless it is told not to.
_BARE = lazy_pattern(r"[A-Za-z0-9][\w.-]*")
_ELSEWHERE = frozenset(("-t", "--target", "--prefix", "--root"))
_AGAIN = _ELSEWHERE | {"-U", "--upgrade", "-I", "--ignore-installed", "--force-reinstall"}

# The program that installed a package, as a Dockerfile writes it, and its name.
Held = tuple[str, str]
LOCAL = lazy_pattern(r"(?:\.|/|\$|file:)\S*|(?!\S*://)\S+(?:/\S*|\.(?:whl|zip|tar\.gz))")
_FIXED = lazy_pattern(r"\S*(?:==.*|@[0-9a-f]{40}\b\S*)|https?://\S+\.(?:whl|zip|tar\.gz)(?:#\S*)?")


def paths_of(repository: Repository, file: str) -> Sequence[str]:
    """Return the files of the repository with the name of `file`, which an image has."""
    if "://" in file:
        return ()
    return repository.files_by_name.get(file.rpartition("/")[2].strip("\"'").lower(), ())


def find_pinned(repository: Repository, install: Installation) -> set[Held]:
    """Return what the lists of an installation pin; of several with a name, what all of them do."""
    found = _list_pinned(repository, install.files)
    return set() if install.options & _ELSEWHERE else {(install.words[0], each) for each in found}


def is_constrained(repository: Repository, install: Installation) -> bool:
    """Whether a constraints file pins each package that a command names."""
    pinned = _list_pinned(repository, install.constraints)
    names = (re.split(r"[\[<>=!~]", each)[0] for each in install.packages)
    return bool(pinned) and all(normalize_name(name) in pinned for name in names)


def _list_pinned(repository: Repository, files: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for file in files:
        lists = [
            {
                each.name
                for each in repository.read_requirements(path)
                if each.version and not each.marker
            }
            for path in paths_of(repository, file)
        ]
        found |= set.intersection(*lists) if lists else set()
    return found


def keeps(install: Installation, held: Container[Held]) -> bool:
    """Whether a command of pip installs nothing, because all that it names is there: `held`."""
    return not install.options & _AGAIN and all(
        _BARE.fullmatch(name) and (install.words[0], normalize_name(name)) in held
        for name in install.packages
    )


def is_held(package: str) -> bool:
    """Whether an argument of pip gives one version, or a file of the build."""
    return (
        package == XARGS
        or _FIXED.fullmatch(package) is not None
        or LOCAL.fullmatch(package) is not None
    )
