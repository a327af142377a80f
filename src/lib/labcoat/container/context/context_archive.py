"""A build's files as an archive, where labcoat's own Dockerfile takes them.

In it each file has one time, owner and mode already. A builder that is sent the folder has to run a container to set
those, which takes longer than all else in the build of a change of source. Both ways give the same layer.
"""

import os
import stat
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from labcoat.container.context.build_context import BuildContext
from labcoat.container.context.preflight import BUDGET
from labcoat.container.context.source_date import EARLIEST
from labcoat.container.dockerfile.parser import Dockerfile, Instruction, parse_dockerfile
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

FLAGS = ("--build-arg", "SOURCE=archive")
NAME = "labcoat.tar"
SCRIPT = "install-lock.sh"  # which labcoat's Dockerfile runs; written beside it
_HOME = "home/labcoat"  # of the image's user
_PROJECT = f"{_HOME}/project"
_USER = 1000
_TEMPLATE = Path(__file__).parents[2] / "scaffold" / "templates" / "Dockerfile"
# The stages of labcoat's Dockerfile that bring the project. A Dockerfile that changes these has to be sent the folder,
_OURS = ("folder", "with-folder", "with-archive")
# and so has one that takes more from its context than the lock and the script.
_LOCK = ("lock", "COPY", (), '["${LOCK}", "/tmp/lock.txt"]')


def archive_contents(project: Project, build: BuildContext) -> list[str] | None:
    """The files of `project` that go into an archive, as paths relative to its root; None where the folder has to be sent."""
    try:
        return _contents(build) if project.requirements.is_relative_to(project.root) else None
    except (OSError, ValueError):  # a builder that is sent the folder says what there is to say
        return None


def _contents(build: BuildContext) -> list[str] | None:
    if not takes_archive(build.text, build.arguments):
        return None
    sent = build.sent()
    emptied = build.matcher.may_empty_files and any(map(build.matcher.arrives_empty, sent))
    found = [os.lstat(build.root / path) for path in sent]
    plain = all(stat.S_ISREG(each.st_mode) or stat.S_ISLNK(each.st_mode) for each in found)
    whole = plain and not emptied and not build.unreadable
    # Builders are sent only what has changed of a folder, but an archive as a whole.
    return sent if whole and sum(each.st_size for each in found) <= BUDGET else None


def write_context_archive(project: Project, paths: Iterable[str], folder: Path) -> None:
    """Write the lock, the script and the archive of `paths` into `folder`, a build's context. Raises Failure where one cannot be read."""
    lock = project.requirements.relative_to(project.root)
    try:
        (folder / lock).parent.mkdir(parents=True, exist_ok=True)
        (folder / lock).write_bytes(project.requirements.read_bytes())
        if (project.root / SCRIPT).is_file():
            (folder / SCRIPT).write_bytes((project.root / SCRIPT).read_bytes())
        pack_archive(project.root, paths, folder / NAME)
    except OSError as error:
        if not str(error.filename).startswith(
            str(project.root)
        ):  # it is the folder that cannot be written
            raise
        what = f"{error.filename} cannot be sent to the builder: {error.strerror}."
        raise LabcoatError(what, "Make it readable, or name it in .dockerignore.") from None


def takes_archive(text: str, arguments: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether the Dockerfile `text` can do with an archive: whether it takes from its context what labcoat's takes, and no more.

    Raises DockerfileError.
    """
    template = _TEMPLATE.read_text(encoding="utf-8")
    if text == template:
        return True
    dockerfile, ours = (
        parse_dockerfile(each, {**arguments, "SOURCE": "archive"}) for each in (text, template)
    )
    if any(_written(dockerfile, name) != _written(ours, name) for name in _OURS):
        return False
    others = [stage for stage in dockerfile.stages if stage.name not in _OURS]
    bodies = [
        each
        for stage in others
        for each in stage.instructions
        if (stage.name, each.name, each.flags, each.rest) != _LOCK
    ]
    froms = {stage.base for stage in others} | {
        taken for each in bodies for taken in _copied_from(each)
    }
    return froms.isdisjoint({"", "folder", "with-folder"})


def _written(dockerfile: Dockerfile, name: str) -> object:
    """All that is written in a stage; nothing where there is none of that name."""
    stage = dockerfile.stage(name)
    return stage and (
        stage.base,
        [(each.name, each.flags, each.rest, each.heredocs) for each in stage.instructions],
    )


def _copied_from(each: Instruction) -> Iterator[str]:
    """Yield what an instruction copies from, but not the context for the script alone."""
    from_context = (m for m in each.mounts if m["type"] == "bind" and not m.get("from"))
    script_alone = each.name == "RUN" and all(m.get("source") == SCRIPT for m in from_context)
    yield from (source for source in each.copied_from if source or not script_alone)


def pack_archive(root: Path, paths: Iterable[str], to: Path) -> None:
    """Write the files and symlinks `paths` below `root` to the archive `to`, as the Dockerfile leaves them. Raises OSError."""
    # GNU's format keeps names as the bytes they are, also those that are no UTF-8.
    with tarfile.open(
        to, "w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
    ) as archive:
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
    yield from sorted(
        {
            str(each)
            for folder in found
            for each in (PurePosixPath(folder), *PurePosixPath(folder).parents)
        }
        - {"."}
    )


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.mtime = kind, mode, EARLIEST  # as in the Dockerfile
    member.uid = member.gid = _USER if f"{name}/".startswith(f"{_HOME}/") else 0
    return member
