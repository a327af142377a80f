"""requirements.sources.txt: what a lock cannot hold as a release with hashes, in pip's format.

    -e ./libs/x  # x
    colour @ git+https://h.example/colour.git@5f1c…#subdirectory=python  # colour 1.2 main
    thing @ https://h.example/thing-1.0.tar.gz#sha256=…  # thing 1.0

The comment has the name, the version if it is fixed, and the branch or tag that was asked for. The
header is that of a lock; locking writes and reads it. Beside it, requirements.build.txt is the lock
of what the builds need.
"""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.core.text_encoding import decode_text
from labcoat.sources.asked import Kind, Source

_INPUTS = lazy_pattern(r"^# labcoat-inputs: (sha256:[0-9a-f]{64})$", re.MULTILINE)
_LINE = lazy_pattern(
    r"(?P<line>.*?)\s+# (?P<name>[\w.-]+)(?: (?P<version>\S+))?(?: (?P<more>\S+))?"
)
_GIT = lazy_pattern(r"(?P<url>.+)@(?P<commit>[0-9a-f]{40})(?:#subdirectory=(?P<folder>.+))?")
_ARCHIVE = lazy_pattern(
    r"(?P<url>[^#]+)#sha256=(?P<digest>[0-9a-f]{64})(?:&subdirectory=(?P<folder>.+))?"
)


class LockedSource(Record):
    """One line: a directory or archive at `path`, or `url` with its `commit` or `digest`.

    `path` is relative to the project. `version` is empty for a directory, whose package may change
    it; `revision` is the branch or tag that was asked for.
    """

    kind: Kind
    name: str
    version: str = ""
    path: str = ""
    url: str = ""
    commit: str = ""
    folder: str = ""
    digest: str = ""
    revision: str = ""
    marker: str = ""

    @property
    def line(self) -> str:
        """The line, as pip reads it."""
        marker = f" ; {self.marker}" if self.marker else ""
        branch = self.revision if self.revision != self.commit else ""
        said = " ".join(filter(None, (self.name, self.version, branch or self.file_digest)))
        return f"{self.requirement}{marker}  # {said}"

    @property
    def place(self) -> str:
        """What errors call it: its path or its address."""
        return self.path or self.url

    @property
    def file_digest(self) -> str:
        """The digest of an archive in the repository, which its line has in the comment."""
        return f"sha256:{self.digest}" if self.kind == "file" else ""

    @property
    def requirement(self) -> str:
        """What pip installs, without marker and comment."""
        folder = f"subdirectory={self.folder}" if self.folder else ""
        if self.kind == "local":
            return f"-e {shlex.quote(self.path)}"
        if self.kind == "file":
            return shlex.quote(self.path)
        if self.kind == "git":
            return f"{self.name} @ git+{self.url}@{self.commit}" + (f"#{folder}" if folder else "")
        more = f"&{folder}" if folder else ""
        return f"{self.name} @ {self.url}#sha256={self.digest}{more}"

    def answers(self, source: Source) -> bool:
        """Whether it is what `source` asked for, and may stay what it is."""
        asked = (source.kind, source.path, source.url, source.folder, source.revision)
        return asked == (self.kind, self.path, self.url, self.folder, self.revision)


def sources_path(lock: Path) -> Path:
    """Return the file of sources beside `lock`."""
    return lock.with_name(f"{lock.stem}.sources.txt")


def build_lock_path(lock: Path) -> Path:
    """Return the lock of what builds need, beside `lock`."""
    return lock.with_name(f"{lock.stem}.build.txt")


def inputs_digest(text: str) -> str:
    """Return the digest of the inputs in the header that labcoat writes; empty in another file."""
    found = _INPUTS.search(text)
    return found[1] if found else ""


def read_text(path: Path) -> str:
    """Return the text of a file; empty if it does not exist."""
    try:
        return decode_text(reading.read_file(path)).replace("\r\n", "\n")
    except FileNotFoundError:
        return ""
    except ValueError:
        raise LabcoatError(
            f"`{path.name}` is not a text file", "Run `make requirements AGAIN=1`"
        ) from None


def read_sources(lock: Path) -> tuple[LockedSource, ...]:
    """Return the sources beside `lock`, without those whose marker is not true here.

    Raise LabcoatError if a line is not one that labcoat writes.
    """
    path = sources_path(lock)
    return parse_sources(read_text(path), path.name)


def read_all(locks: Sequence[Path]) -> tuple[LockedSource, ...]:
    """Return the sources of several locks, each once; see read_sources."""
    return tuple(dict.fromkeys(each for lock in locks for each in read_sources(lock)))


def parse_sources(text: str, name: str) -> tuple[LockedSource, ...]:
    """Return the sources in the text of the file `name`; see read_sources."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        source = _parse_line(line)
        if source is None:
            raise LabcoatError(
                f"{name}:{number}: `{line}` is not a line that labcoat writes",
                "Ask for it in `requirements.in`, and run `make requirements AGAIN=1`",
            )
        found.append(source)
    return tuple(found)


def _parse_line(line: str) -> LockedSource | None:
    found = _LINE.fullmatch(line)
    if not found:
        return None
    body, marker_sign, marker = found["line"].partition(" ; ")
    name, version, more = found["name"], found["version"] or "", found["more"] or ""
    marker = marker.strip() if marker_sign else ""
    if body.startswith("-e "):
        path = next(iter(shlex.split(body[3:])), "")
        return LockedSource("local", name, path=path, marker=marker)
    _, at, place = body.partition(" @ ")
    if at and place.startswith("git+") and (git := _GIT.fullmatch(place[4:])):
        return LockedSource(
            "git",
            normalize_name(name),
            version,
            url=git["url"],
            commit=git["commit"],
            folder=git["folder"] or "",
            revision=more,
            marker=marker,
        )
    if at and (archive := _ARCHIVE.fullmatch(place)):
        return LockedSource(
            "archive",
            name,
            version,
            url=archive["url"],
            digest=archive["digest"],
            folder=archive["folder"] or "",
            marker=marker,
        )
    if not at and more.startswith("sha256:"):
        path = next(iter(shlex.split(body)), "")
        return LockedSource(
            "file", name, version, path=path, digest=more.removeprefix("sha256:"), marker=marker
        )
    return None
