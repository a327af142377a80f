"""What `labcoat check` speaks of: rules, findings, and fixes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository


class Severity(IntEnum):
    """How much a finding matters; the greater, the more."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Append:
    """Add `line` at the end of the file `path`, which is made where there is none."""

    path: str
    line: str


@dataclass(frozen=True)
class Replace:
    """Write `new` in place of line `line` (from 1) of `path`, if it still reads `old`; several lines, or none, may come."""

    path: str
    line: int
    old: str
    new: tuple[str, ...]


@dataclass(frozen=True)
class Reencode:
    """Write the text of an ignore file anew: UTF-8, lines that end with a line feed, ordinary spaces."""

    path: str


@dataclass(frozen=True)
class Untrack:
    """Take `paths` out of git's index and leave the files where they are."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Remove:
    """Delete the file `path`."""

    path: str


@dataclass(frozen=True)
class Private:
    """Make the file `path` readable and writable by its owner alone. The path may be absolute."""

    path: str


@dataclass(frozen=True)
class Relock:
    """Make the lock `path` anew from its input."""

    path: str


@dataclass(frozen=True)
class PinDigest:
    """Put the digest that the local engine knows for `image` behind it, on line `line` of the Dockerfile `path`."""

    path: str
    line: int
    image: str


Edit = Append | Replace | Reencode | Untrack | Remove | Private | Relock | PinDigest


@dataclass(frozen=True)
class Fix:
    """A way to mend what was found. `safe` ones change nothing but what the finding names."""

    edits: tuple[Edit, ...]
    safe: bool


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    `path` is relative to the repository's root (empty for the repository itself), `line` counts from 1, 0 stands for the
    whole file; `message` says what is and what happens because of it, `todo` what to do.
    """

    rule: str
    path: str
    message: str
    todo: str
    line: int = 0
    fix: Fix | None = None
    severity: Severity = Severity.WARNING


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong: `title` says what in a few words, docs/rules/`page`.md explains it."""

    id: str
    title: str
    severity: Severity
    page: str


@dataclass(frozen=True)
class Family:
    """Rules that one function checks together, because they need the same facts."""

    rules: tuple[Rule, ...]
    check: Callable[[Repository], Iterable[Finding]]
    needs_git: bool = False


@dataclass(frozen=True)
class BuildFamily:
    """Rules that one function checks together, and that need the repository's Docker builds."""

    rules: tuple[Rule, ...]
    check: Callable[[Repository, DockerBuilds], Iterable[Finding]]
    needs_git: bool = False


def safe(*edits: Edit) -> Fix:
    """A fix that `make fix` applies."""
    return Fix(edits, safe=True)


def unsafe(*edits: Edit) -> Fix:
    """A fix that has to be asked for."""
    return Fix(edits, safe=False)
