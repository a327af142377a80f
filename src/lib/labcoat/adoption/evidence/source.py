"""A file that lists packages, as labcoat read it."""

from typing import Literal

from labcoat.adoption.plan import Wanted
from labcoat.core.records import Record

Format = Literal[
    "requirements",
    "Pipfile",
    "conda",
    "commands",
    "declared",
    "script",
    "runner",
    "installed",
    "system",
    "lock",
]


class Skipped(Record):
    """A line of a list that is not taken, and why.

    `name` is that of the package if an index may have another one of the same name.
    """

    text: str
    reason: str
    name: str = ""


class Source(Record):
    """What one file asks for, in the order of its lines.

    Of `layout`, strings are comments to keep. `python` is the version that the file names, as it is
    written, and `system` are the packages that only conda or the operating system has. `dev` says
    that it lists what only development needs. `skipped` are the lines that cannot be taken.
    """

    file: str
    format: Format
    layout: tuple[str | Wanted, ...] = ()
    python: str = ""
    system: tuple[str, ...] = ()
    dev: bool = False
    skipped: tuple[Skipped, ...] = ()

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """The requirements without the comments."""
        return tuple(each for each in self.layout if isinstance(each, Wanted))
