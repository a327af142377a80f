"""What a lock of another tool says, in one form for all formats.

A lock is a graph: roots lead to packages, packages to their dependencies. Formats that list each
package with its own marker have roots only.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from labcoat.core.records import Record, field
from labcoat.locking.other_locks.marker_clauses import ALWAYS, Clauses

MAIN = ""  # the part of a lock that is neither a group nor an extra
SourceKind = Literal["index", "directory", "vcs", "archive", "project"]


class LockedFile(Record):
    """A file of a release: its name, and its SHA-256 in hexadecimal; either may be empty."""

    name: str
    sha256: str


class Edge(Record):
    """A dependency on the package `name`, normalized, where `marker` holds, with some `extras`.

    Of several versions of that package, those in `versions` (indexes into the lock's packages) are
    meant; empty stands for all.
    """

    name: str
    marker: Clauses = ALWAYS
    extras: tuple[str, ...] = ()
    targets: tuple[int, ...] = ()


class LockedPackage(Record):
    """A release: name (normalized), version (empty where the source has none), files, source.

    `origin` is the address or the path that the source names; for an index other than the one most
    packages come from, `index` is its address or name. `place` is a requirement of pip's for a
    package that is not a release, such as `x @ git+https://…@COMMIT`; empty where there is none.
    """

    name: str
    version: str
    files: tuple[LockedFile, ...] = ()
    kind: SourceKind = "index"
    origin: str = ""
    index: str = ""
    place: str = ""
    dependencies: tuple[Edge, ...] = ()
    extras: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)

    @property
    def hashes(self) -> tuple[str, ...]:
        """The SHA-256 of the files, sorted."""
        return tuple(sorted({file.sha256 for file in self.files if file.sha256}))


class OtherLock(Record):
    """A lock of another tool.

    `roots` are what the project needs: MAIN, each group and each extra, by normalized name; an
    extra is on top of MAIN, `default_groups` belong to it. `conflict_names` translate the words
    that uv's markers use for the extras and groups of a project with conflicts.
    """

    path: Path
    tool: str
    packages: tuple[LockedPackage, ...]
    roots: Mapping[str, tuple[Edge, ...]]
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    requires_python: str = ""
    default_groups: tuple[str, ...] = ()
    conflict_names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)  # what uv repeats of pyproject.toml
