"""A build's files as an archive, where labcoat's own Dockerfile takes them.

In it each file has one time, owner and mode already. A builder that is sent the folder has to run a container to set
those, which takes longer than all else in the build of a change of source. Both ways give the same layer.
"""

import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from labcoat.container.context import Build
from labcoat.container.dockerfile import Dockerfile
from labcoat.container.guard import BUDGET
from labcoat.container.labels import EARLIEST
from labcoat.core.project import Project

FLAG = ("--build-arg", "SOURCE=archive")
NAME = "labcoat.tar"
_HOME = "home/labcoat"  # of the image's user
_PROJECT = f"{_HOME}/project"
_USER = 1000
# What labcoat's Dockerfile takes out of a context, by stage. One that takes more has to be sent the folder.
_TAKEN = {
    ("lock", "COPY", '["${LOCK}", "/tmp/lock.txt"]'),
    ("folder", "COPY", f". /out/{_PROJECT}/"),
    ("with-archive", "ADD", f"{NAME} /"),
}


def context(project: Project, build: Build, folder: Path) -> list[str | Path]:
    """The last words of the `docker build` of `build`: of an archive made in `folder` where that will do, or of the folder."""
    try:
        lock = project.requirements.relative_to(project.root)
        sent = _sent(build)
        if sent is None:
            return ["."]
        for name in ("Dockerfile", lock):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((project.root / name).read_bytes())
        pack(project.root, sent, folder / NAME)
    except (OSError, ValueError):  # a builder that is sent the folder says what there is to say
        return ["."]
    return [*FLAG, folder]


def _sent(build: Build) -> list[str] | None:
    """The files to pack; None where the folder has to be sent."""
    if not takes_archive(build.parsed):
        return None
    sent = build.sent()
    emptied = build.matcher.empties and any(map(build.matcher.emptied, sent))
    found = [os.lstat(build.root / path) for path in sent]
    plain = all(stat.S_ISREG(each.st_mode) or stat.S_ISLNK(each.st_mode) for each in found)
    whole = plain and not emptied and not build.unreadable
    # Builders are sent only what has changed of a folder, but an archive as a whole.
    return sent if whole and sum(each.st_size for each in found) <= BUDGET else None


def takes_archive(dockerfile: Dockerfile) -> bool:
    """Whether `dockerfile` can do with an archive: whether it takes what labcoat's takes out of its context, and no more."""
    taken = set()
    for stage in dockerfile.stages:
        for each in stage.instructions:
            if each.name in ("COPY", "ADD") and each.flag("from") is None:
                taken.add((stage.name, each.name, each.rest.strip()))
            mounts = [value for name, value in each.flags if name == "mount"]
            if any("type=bind" in mount and "from=" not in mount for mount in mounts):
                return False
    return taken == _TAKEN


def pack(root: Path, paths: Iterable[str], to: Path) -> None:
    """Write the files and symlinks `paths` below `root` to the archive `to`, as the Dockerfile leaves them. Raises OSError."""
    # GNU's format keeps names as the bytes they are, also those that are no UTF-8.
    with tarfile.open(to, "w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape") as archive:
        listed = sorted(paths)
        for folder in _folders(listed):
            archive.addfile(_member(folder, tarfile.DIRTYPE, 0o755))
        for path in listed:
            source, name = root / path, f"{_PROJECT}/{path}"
            if source.is_symlink():
                member = _member(name, tarfile.SYMTYPE, 0o777)
                member.linkname = os.readlink(source)  # noqa: PTH115 - a Path would tidy it up
                archive.addfile(member)
                continue
            with source.open("rb") as file:
                known = os.fstat(file.fileno())
                member = _member(name, tarfile.REGTYPE, 0o755 if known.st_mode & 0o111 else 0o644)
                member.size = known.st_size
                archive.addfile(member, file)


def _folders(paths: Iterable[str]) -> Iterator[str]:
    """The folders of the archive, each after the one that it is in."""
    found = {f"{_PROJECT}/{path}".rpartition("/")[0] for path in paths} | {_PROJECT}
    yield from sorted({str(each) for folder in found for each in (PurePosixPath(folder), *PurePosixPath(folder).parents)} - {"."})


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.mtime = kind, mode, EARLIEST  # as in the Dockerfile
    member.uid = member.gid = _USER if f"{name}/".startswith(f"{_HOME}/") else 0
    return member
