"""Read which distributions an image has, and which files belong to each.

The source is the metadata that installers write:
https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

import csv
import hashlib
import io
import posixpath
from collections.abc import Iterable, Mapping
from typing import IO

from labcoat.container.inspect.export import created_container, read_container
from labcoat.container.inspect.export_reader import Wanted
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.container.inspect.image_archive import ArchiveEntry, ImageArchive
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.core.records import Record

_METADATA = lazy_pattern(
    r"(?P<site>.*/(?:site|dist)-packages)/(?P<name>[^/]+\.dist-info)/(?P<file>METADATA|RECORD)"
)
# Where labcoat's Dockerfile installs packages; a custom one may use the base's Python.
_ENVIRONMENT = "opt/venv/"
_SITE = lazy_pattern(
    rf"{_ENVIRONMENT}lib/python3[^/]*/site-packages|usr/(local/)?lib/python3[^/]*/[^/]*-packages"
)
_MOST_METADATA = 1 << 26
_BYTE_CODE = lazy_pattern(
    r"(?P<folder>.*)/__pycache__/(?P<module>[^/]+)\.cpython-\d+(?:\.opt-\d)?\.pyc"
)
# Files that depend on the installer, pip or uv.
_INSTALLER_FILES = lazy_pattern(
    r".*\.dist-info/(?:INSTALLER|REQUESTED|RECORD|direct_url\.json|uv_\w+\.json)|\.\./.*|.*\.pyc"
)


class ImageDistribution(Record):
    """One installed distribution.

    `files` are paths in the image, `content_digest` covers the files of its wheel.
    """

    name: str
    version: str
    licence: str
    summary: str
    files: frozenset[str]
    content_digest: str


def image_distributions(image: ImageArchive) -> list[ImageDistribution]:
    """Return the distributions in the image's environment, sorted by name."""
    members = (member for layer in range(len(image.layers)) for member in image.files(layer))
    return _read_distributions((member.name, content) for member, content in members if content)


def is_metadata(path: str, size: int) -> bool:
    """Return whether the text of a file is needed to list the packages of an image."""
    found = _METADATA.fullmatch(path) if size <= _MOST_METADATA else None
    return found is not None and _SITE.fullmatch(found["site"]) is not None


def installed_packages(project: Project, image: str) -> list[ImageDistribution]:
    """Return the distributions in `image`, as the engine exports it; nothing of it is run.

    Raise LabcoatError, status 2, if the engine cannot export it.
    """
    with created_container(project, image, image) as container:
        files = read_container(project, container, image, Wanted(is_metadata, hashes=False))
    return list_distributions(files)


def list_distributions(files: ExportedFiles) -> list[ImageDistribution]:
    """Return the distributions whose metadata `files` has, sorted by name."""
    return _read_distributions(
        (path, io.BytesIO(one.data))
        for path, one in files.entries.items()
        if one.data is not None and is_metadata(path, one.size)
    )


def _read_distributions(members: Iterable[tuple[str, IO[bytes]]]) -> list[ImageDistribution]:
    texts: dict[str, dict[str, str]] = {}
    for name, content in members:
        if found := _METADATA.fullmatch(name.removeprefix("./")):
            folder = f"{found['site']}/{found['name']}"
            texts.setdefault(folder, {})[found["file"]] = content.read().decode("utf-8", "replace")
    in_venv = {folder: files for folder, files in texts.items() if folder.startswith(_ENVIRONMENT)}
    return sorted(
        (_parse_distribution(folder, files) for folder, files in (in_venv or texts).items()),
        key=lambda one: one.name,
    )


def inventory_digest(distributions: Iterable[ImageDistribution]) -> str:
    """Return a digest of the names, versions and contents of `distributions`, in their order."""
    lines = "\n".join(f"{one.name}=={one.version} {one.content_digest}" for one in distributions)
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def package_sizes(
    entries: Mapping[str, ArchiveEntry], distributions: Iterable[ImageDistribution]
) -> dict[str, int]:
    """Return the bytes of each distribution's files with byte code, the largest first.

    The key "" stands for all other files.
    """
    owner = {path: one.name for one in distributions for path in one.files}
    total: dict[str, int] = {}
    for path, entry in entries.items():
        name = owner.get(path) or owner.get(_source_path(path), "")
        total[name] = total.get(name, 0) + entry.size
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def _source_path(path: str) -> str:
    """Return the path of the module that a byte code file was compiled from."""
    cached = _BYTE_CODE.fullmatch(path)
    return f"{cached['folder']}/{cached['module']}.py" if cached else path


def _parse_distribution(folder: str, texts: Mapping[str, str]) -> ImageDistribution:
    from email.parser import HeaderParser  # a slow import that few builds need

    metadata = HeaderParser().parsestr(texts.get("METADATA", ""))
    rows = [row for row in csv.reader(io.StringIO(texts.get("RECORD", ""))) if row]
    site = posixpath.dirname(folder)
    wheel_files = sorted(
        f"{row[0]},{row[1]}" for row in rows if not _INSTALLER_FILES.fullmatch(row[0])
    )
    return ImageDistribution(
        name=normalize_name(metadata["Name"] or ""),
        version=metadata["Version"] or "",
        licence=metadata["License-Expression"] or "",
        summary=metadata["Summary"] or "",
        files=frozenset(posixpath.normpath(f"{site}/{row[0]}") for row in rows),
        content_digest=f"sha256:{hashlib.sha256(chr(10).join(wheel_files).encode()).hexdigest()}",
    )
