"""Rules, what they find, and the edits that fix it."""

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from labcoat.core.records import Record

if TYPE_CHECKING:
    from labcoat.lint.repository.docker_builds import DockerBuilds
    from labcoat.lint.repository.repository import Repository


class Severity(IntEnum):
    """How serious a finding is."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Append(NamedTuple):
    """Add `line` at the end of the file `path`; create the file if it does not exist."""

    path: str
    line: str


class Replace(NamedTuple):
    """Replace line `line` (from 1) of `path` with the lines `new`, if it still reads `old`."""

    path: str
    line: int
    old: str
    new: tuple[str, ...]


class Reencode(NamedTuple):
    """Save an ignore file as UTF-8 with line feeds and ordinary spaces."""

    path: str


class Untrack(NamedTuple):
    """Remove `paths` from git's index, and keep the files."""

    paths: tuple[str, ...]


class Remove(NamedTuple):
    """Delete the file `path`."""

    path: str


class RestrictMode(NamedTuple):
    """Let only the owner read and write the file `path`, which may be absolute."""

    path: str


class Relock(NamedTuple):
    """Compile the lock `path` from its input again."""

    path: str


class PinDigest(NamedTuple):
    """Append the digest known to the local engine to `image`, on line `line` of a Dockerfile."""

    path: str
    line: int
    image: str


Edit = Append | Replace | Reencode | Untrack | Remove | RestrictMode | Relock | PinDigest


class Fix(Record):
    """Edits that resolve a finding. A `safe` fix changes nothing but what the finding names."""

    edits: tuple[Edit, ...]
    safe: bool


class Finding(Record):
    """One problem, found by `rule`.

    `path` is relative to the repository's root (empty for the repository itself, absolute for a
    file outside of it); `line` counts from 1, 0 means the whole file. `message` says what is wrong
    and why it matters, `hint` what to do. `causes` are the files whose faults it follows from: when
    one of them is reported, it only says so again. Findings of a rule with the same `repeats` are
    one fault in several places: the first one names the others.
    """

    rule: str
    path: str
    message: str
    hint: str
    line: int = 0
    fix: Fix | None = None
    severity: Severity = Severity.WARNING
    causes: tuple[str, ...] = ()
    repeats: str = ""


class Rule(NamedTuple):
    """One kind of problem: a `title` of a few words, and its `page`, docs/rules/`page`.md."""

    id: str
    title: str
    severity: Severity
    page: str


class Family(NamedTuple):
    """Rules that one function checks together, because they need the same facts."""

    rules: tuple[Rule, ...]
    check: "Callable[[Repository], Iterable[Finding]]"
    needs_git: bool = False


class BuildFamily(NamedTuple):
    """Rules that one function checks together, and that need the repository's Docker builds."""

    rules: tuple[Rule, ...]
    check: "Callable[[Repository, DockerBuilds], Iterable[Finding]]"
    needs_git: bool = False


def safe_fix(*edits: Edit) -> Fix:
    """Return a fix that `labcoat fix` applies."""
    return Fix(edits, safe=True)


def unsafe_fix(*edits: Edit) -> Fix:
    """Return a fix that only `labcoat fix --unsafe` applies."""
    return Fix(edits, safe=False)
