"""Which distributions an image holds, and which of its files are whose.

Read from the metadata that installers leave: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

import csv
import hashlib
import io
import posixpath
import re
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO

from labcoat.container.engine import client
from labcoat.container.inspect.image_archive import ArchiveEntry, ImageArchive
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking.requirements_file import normalize

_METADATA = re.compile(
    r"(?P<site>.*/(?:site|dist)-packages)/(?P<name>[^/]+\.dist-info)/(?P<file>METADATA|RECORD)"
)
_ENVIRONMENT = "opt/venv/"  # where labcoat's Dockerfile has all packages; another one may have them in the base's Python
_SITES = (
    f"{_ENVIRONMENT}lib/python3*/site-packages",
    "usr/local/lib/python3*/*-packages",
    "usr/lib/python3*/*-packages",
)
_CACHED = re.compile(r"(?P<folder>.*)/__pycache__/(?P<module>[^/]+)\.cpython-\d+(?:\.opt-\d)?\.pyc")
# What an installer writes of itself; it is not the same after pip and after uv.
_INSTALLERS_OWN = re.compile(
    r".*\.dist-info/(?:INSTALLER|REQUESTED|RECORD|direct_url\.json|uv_\w+\.json)|\.\./.*|.*\.pyc"
)


@dataclass(frozen=True)
class ImageDistribution:
    """One installed distribution. `files` are paths in the image, `record` a digest over what its wheel brought."""

    name: str
    version: str
    licence: str
    summary: str
    files: frozenset[str]
    record: str


def image_distributions(image: ImageArchive) -> list[ImageDistribution]:
    """The distributions in the image's environment, by name."""
    members = (member for layer in range(len(image.layers)) for member in image.files(layer))
    return _read((member.name, content) for member, content in members if content)


def installed_packages(project: Project, image: str) -> list[ImageDistribution]:
    """The same, from a container that hands out the metadata alone: a hundredth of the bytes. Raises Failure where it cannot."""
    found = " ".join(
        f"{site}/*.dist-info/{file}" for site in _SITES for file in ("METADATA", "RECORD")
    )
    line = f"cd / && ls -d {found} 2>/dev/null | tar -c -T -"
    words = [
        *client.docker_command(project),
        "run",
        "--rm",
        "--network=none",
        "--entrypoint=sh",
        image,
        "-c",
        line,
    ]
    done = subprocess.run(words, capture_output=True, check=False)
    try:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            return _read(
                (member.name, content)
                for member in archive
                if (content := archive.extractfile(member))
            )
    except tarfile.TarError:
        reason = client.engine_error_line(done.stderr.decode(errors="replace")) or "it said nothing"
        raise LabcoatError(
            f"The image {image} does not hand out what it holds: {reason}",
            "It needs sh and tar for that.",
        ) from None


def _read(members: Iterable[tuple[str, IO[bytes]]]) -> list[ImageDistribution]:
    texts: dict[str, dict[str, str]] = {}
    for name, content in members:
        if found := _METADATA.fullmatch(name.removeprefix("./")):
            folder = f"{found['site']}/{found['name']}"
            texts.setdefault(folder, {})[found["file"]] = content.read().decode("utf-8", "replace")
    own = {folder: files for folder, files in texts.items() if folder.startswith(_ENVIRONMENT)}
    return sorted(
        (_distribution(folder, files) for folder, files in (own or texts).items()),
        key=lambda one: one.name,
    )


def inventory_digest(found: Iterable[ImageDistribution]) -> str:
    """One digest over names, versions and what the wheels brought."""
    lines = "\n".join(f"{one.name}=={one.version} {one.record}" for one in found)
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def package_sizes(
    entries: Mapping[str, ArchiveEntry], found: Iterable[ImageDistribution]
) -> dict[str, int]:
    """The bytes of each distribution's files, byte code included, the largest first; all else is the name "" ."""
    owner = {path: one.name for one in found for path in one.files}
    total: dict[str, int] = {}
    for path, entry in entries.items():
        name = owner.get(path) or owner.get(_source(path), "")
        total[name] = total.get(name, 0) + entry.size
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def _source(path: str) -> str:
    """The module that a file of byte code was compiled from."""
    cached = _CACHED.fullmatch(path)
    return f"{cached['folder']}/{cached['module']}.py" if cached else path


def _distribution(folder: str, texts: Mapping[str, str]) -> ImageDistribution:
    from email.parser import HeaderParser  # a tenth of a build's start-up, and few builds need it

    metadata = HeaderParser().parsestr(texts.get("METADATA", ""))
    rows = [row for row in csv.reader(io.StringIO(texts.get("RECORD", ""))) if row]
    site = posixpath.dirname(folder)
    brought = sorted(f"{row[0]},{row[1]}" for row in rows if not _INSTALLERS_OWN.fullmatch(row[0]))
    return ImageDistribution(
        name=normalize(metadata["Name"] or ""),
        version=metadata["Version"] or "",
        licence=metadata["License-Expression"] or "",
        summary=metadata["Summary"] or "",
        files=frozenset(posixpath.normpath(f"{site}/{row[0]}") for row in rows),
        record=f"sha256:{hashlib.sha256(chr(10).join(brought).encode()).hexdigest()}",
    )
