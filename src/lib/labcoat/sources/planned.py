"""What is planned for the sources of a lock; source_plan decides it."""

from collections.abc import Mapping

from labcoat.core.records import Record, field
from labcoat.sources.sources_file import LockedSource


class SourcePlan(Record):
    """The lines of a sources file, what these packages need, and the lock of their builds.

    `versions` are those of the packages, by name, as far as a build tells. `note` is why the
    project itself is not among them, although its pyproject.toml says how to build it.
    """

    sources: tuple[LockedSource, ...] = ()
    requirements: tuple[str, ...] = ()
    build_lock: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
