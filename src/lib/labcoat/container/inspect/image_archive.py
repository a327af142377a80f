"""An image as it lies in the engine: its settings, its layers, and each file of each layer.

Read from `docker save`, whose format is the OCI image layout's: https://github.com/opencontainers/image-spec.
"""

import contextlib
import hashlib
import json
import posixpath
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from labcoat.container.engine import client
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

_KINDS = {tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link", tarfile.LNKTYPE: "hard link"}
_GONE = ".wh."  # a file of this prefix says that what a layer below has under the rest of the name is deleted
_EMPTIED = ".wh..wh..opq"  # and this one, that the folder's contents below are


@dataclass(frozen=True)
class ArchiveEntry:
    """One file of a layer. `digest` is of a regular file's bytes, `target` a link's; times in seconds since 1970."""

    path: str
    kind: str
    mode: int
    owner: tuple[int, int]
    target: str
    size: int
    time: int
    digest: str

    def line(self) -> str:
        """What is the same wherever and whenever the image is built."""
        kind = "file" if self.kind == "hard link" else self.kind
        target = self.target if self.kind == "link" else ""
        return "\0".join(
            (self.path, kind, oct(self.mode), "{}:{}".format(*self.owner), target, self.digest)
        )


@dataclass(frozen=True)
class ImageArchive:
    """An image in a file."""

    archive: tarfile.TarFile

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        manifest: list[dict[str, Any]] = json.load(self._member("manifest.json"))
        return manifest[0]

    @cached_property
    def _settings(self) -> bytes:
        return self._member(self._manifest["Config"]).read()

    @property
    def identity(self) -> str:
        """The image's id: the digest of its settings, in containerd's store too, where docker shows the manifest's instead."""
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
        """Each member of a layer in its order, with what reads a regular file's bytes."""
        with tarfile.open(fileobj=self._member(self._manifest["Layers"][layer]), mode="r:*") as tar:
            for member in tar:
                yield member, tar.extractfile(member) if member.isreg() else None

    def entries(self, layer: int) -> Iterator[ArchiveEntry]:
        """Each file of a layer in its order; a hard link with its target's digest and size."""
        seen: dict[str, ArchiveEntry] = {}
        for member, content in self.files(layer):
            entry = _entry(member, content)
            if entry.kind == "hard link" and entry.target in seen:
                entry = replace(
                    entry, digest=seen[entry.target].digest, size=seen[entry.target].size
                )
            seen[entry.path] = entry
            yield entry

    def merged(self) -> dict[str, ArchiveEntry]:
        """What a container sees: each layer over those below, deletions done."""
        found: dict[str, ArchiveEntry] = {}
        for layer in range(len(self.layers)):
            for entry in self.entries(layer):
                folder, name = posixpath.split(entry.path)
                if name == _EMPTIED:
                    _remove(found, folder, itself=False)
                elif name.startswith(_GONE):
                    _remove(found, posixpath.join(folder, name.removeprefix(_GONE)))
                else:
                    found[entry.path] = entry
        return found

    def _member(self, name: str) -> IO[bytes]:
        member = self.archive.extractfile(name)
        assert member is not None  # noqa: S101  # a regular file of the format
        return member


@contextlib.contextmanager
def open_image_archive(project: Project, image: str) -> Iterator[ImageArchive]:
    """The image, saved to a temporary file for as long as it is read. Raises Failure where there is none, or no room."""
    with tempfile.TemporaryDirectory(prefix="labcoat-") as folder:
        file = Path(folder) / "image.tar"
        done = client.call_docker(project, "save", "--output", str(file), image)
        if done.returncode:
            if failure := client.is_misnamed_engine(image, done.stderr):
                raise failure
            if any(
                sign in done.stderr
                for sign in ("No such image", "reference does not exist", "image not known")
            ):
                raise LabcoatError(f"There is no image {image}.", "make docker builds it.")
            raise LabcoatError(
                f"The image {image} cannot be read: {done.stderr.strip()}",
                f"It needs room twice, in {tempfile.gettempdir()} and where the engine keeps its own (docker system df).",
            )
        with tarfile.open(file) as archive:
            yield ImageArchive(archive)


def content_digest(entries: dict[str, ArchiveEntry]) -> str:
    """One digest over every file: path, type, mode, owner, link target and bytes; no time, no order."""
    lines = sorted(entry.line() for entry in entries.values())
    return (
        f"sha256:{hashlib.sha256(chr(10).join(lines).encode(errors='surrogateescape')).hexdigest()}"
    )


def _entry(member: tarfile.TarInfo, content: IO[bytes] | None) -> ArchiveEntry:
    digest = hashlib.file_digest(content, "sha256").hexdigest() if content else ""  # type: ignore[arg-type]
    return ArchiveEntry(
        path=_plain(member.name),
        kind=_KINDS.get(member.type, "file" if member.isreg() else "device"),
        mode=member.mode & 0o7777,
        owner=(member.uid, member.gid),
        target=_plain(member.linkname) if member.islnk() else member.linkname,
        size=member.size,
        time=int(member.mtime),
        digest=digest,
    )


def _plain(name: str) -> str:
    return name.removeprefix("./").strip("/")


def _remove(entries: dict[str, ArchiveEntry], path: str, *, itself: bool = True) -> None:
    for name in [
        name for name in entries if name.startswith(f"{path}/") or (itself and name == path)
    ]:
        del entries[name]
