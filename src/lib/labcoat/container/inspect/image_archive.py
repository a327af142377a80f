"""Read an image from the engine: its settings, its layers, and each file of each layer.

The source is `docker save`, whose format is the OCI image layout's: https://github.com/opencontainers/image-spec.
"""

import contextlib
import hashlib
import json
import posixpath
import tarfile
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from labcoat.container.engine import client
from labcoat.container.engine.errors import (
    image_name_error,
    missing_image_error,
    says_no_image,
)
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record, replace

_KINDS = {tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link", tarfile.LNKTYPE: "hard link"}
# A file with this prefix deletes the file of the rest of its name in the layers below.
_WHITEOUT = ".wh."
# This file deletes its folder's contents in the layers below.
_OPAQUE_WHITEOUT = ".wh..wh..opq"


class ArchiveEntry(Record):
    """One file of a layer.

    `digest` is of a regular file's bytes, `size` in bytes, `target` a link's, `time` in seconds
    since 1970.
    """

    path: str
    kind: str
    mode: int
    owner: tuple[int, int]
    target: str
    size: int
    time: int
    digest: str

    def line(self) -> str:
        """Return what does not depend on where and when the image is built, on one line."""
        kind = "file" if self.kind == "hard link" else self.kind
        target = self.target if self.kind == "link" else ""
        return "\0".join(
            (self.path, kind, oct(self.mode), "{}:{}".format(*self.owner), target, self.digest)
        )


class ImageArchive(Record):
    """An image in an open file written by `docker save`."""

    archive: tarfile.TarFile

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        manifest: list[dict[str, Any]] = json.load(self._member("manifest.json"))
        return manifest[0]

    @cached_property
    def _settings(self) -> bytes:
        return self._member(self._manifest["Config"]).read()

    @property
    def image_id(self) -> str:
        """The digest of the image's settings; docker displays another id in containerd's store."""
        return f"sha256:{hashlib.sha256(self._settings).hexdigest()}"

    @cached_property
    def config(self) -> dict[str, Any]:
        """The image's settings: Config, history, rootfs."""
        settings: dict[str, Any] = json.loads(self._settings)
        return settings

    @property
    def layers(self) -> tuple[str, ...]:
        """The digest of each layer, the base's first."""
        return tuple(self.config["rootfs"]["diff_ids"])

    def files(self, layer: int) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
        """Yield each member of a layer in order, and a reader if it is a regular file."""
        with tarfile.open(fileobj=self._member(self._manifest["Layers"][layer]), mode="r:*") as tar:
            for member in tar:
                yield member, tar.extractfile(member) if member.isreg() else None

    def entries(self, layer: int) -> Iterator[ArchiveEntry]:
        """Yield each file of a layer in order; a hard link has its target's digest and size."""
        seen: dict[str, ArchiveEntry] = {}
        for member, content in self.files(layer):
            entry = _make_entry(member, content)
            if entry.kind == "hard link" and entry.target in seen:
                entry = replace(
                    entry, digest=seen[entry.target].digest, size=seen[entry.target].size
                )
            seen[entry.path] = entry
            yield entry

    def merged_entries(self) -> dict[str, ArchiveEntry]:
        """Return the files that a container sees, by path: all layers with deletions applied."""
        found: dict[str, ArchiveEntry] = {}
        for layer in range(len(self.layers)):
            for entry in self.entries(layer):
                folder, name = posixpath.split(entry.path)
                if name == _OPAQUE_WHITEOUT:
                    _remove_path(found, folder, itself=False)
                elif name.startswith(_WHITEOUT):
                    _remove_path(found, posixpath.join(folder, name.removeprefix(_WHITEOUT)))
                else:
                    found[entry.path] = entry
        return found

    def _member(self, name: str) -> IO[bytes]:
        member = self.archive.extractfile(name)
        assert member is not None  # noqa: S101  # a regular file of the format
        return member


@contextlib.contextmanager
def open_image_archive(project: Project, image: str) -> Iterator[ImageArchive]:
    """Save the image to a temporary file while it is read.

    Raise LabcoatError if it does not exist or cannot be saved.
    """
    with tempfile.TemporaryDirectory(prefix="labcoat-") as folder:
        file = Path(folder) / "image.tar"
        done = client.call_docker(project, "save", "--output", str(file), image)
        if done.returncode:
            if error := image_name_error(image, done.stderr):
                raise error
            if says_no_image(done.stderr):
                raise missing_image_error(image, project.image)
            raise LabcoatError(
                f"cannot save image `{image}`: {done.stderr.strip()}",
                f"Saving the image needs disk space in {tempfile.gettempdir()} and in the engine's "
                "storage (`docker system df`)",
            )
        with tarfile.open(file) as archive:
            yield ImageArchive(archive)


def content_digest(entries: dict[str, ArchiveEntry]) -> str:
    """Return a digest of every file's path, type, mode, owner, link target and bytes.

    Times and the order of files do not affect it.
    """
    lines = sorted(entry.line() for entry in entries.values())
    return (
        f"sha256:{hashlib.sha256(chr(10).join(lines).encode(errors='surrogateescape')).hexdigest()}"
    )


def _make_entry(member: tarfile.TarInfo, content: IO[bytes] | None) -> ArchiveEntry:
    digest = hashlib.file_digest(content, "sha256").hexdigest() if content else ""  # type: ignore[arg-type]
    return ArchiveEntry(
        path=_plain_path(member.name),
        kind=_KINDS.get(member.type, "file" if member.isreg() else "device"),
        mode=member.mode & 0o7777,
        owner=(member.uid, member.gid),
        target=_plain_path(member.linkname) if member.islnk() else member.linkname,
        size=member.size,
        time=int(member.mtime),
        digest=digest,
    )


def _plain_path(name: str) -> str:
    return name.removeprefix("./").strip("/")


def _remove_path(entries: dict[str, ArchiveEntry], path: str, *, itself: bool = True) -> None:
    for name in [
        name for name in entries if name.startswith(f"{path}/") or (itself and name == path)
    ]:
        del entries[name]
