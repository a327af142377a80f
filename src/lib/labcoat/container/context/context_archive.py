"""Send a build's files as an archive, where labcoat's own Dockerfile accepts one.

Time, owner and mode of each file are already set in it. A builder that is sent the folder has to
run a container to set those, which takes longer than the rest of a build after a change of source.
Both ways give the same layer.
"""

import os
import stat
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from labcoat.apt import apt_lock
from labcoat.container.context.build_context import BuildContext
from labcoat.container.context.preflight import BUDGET
from labcoat.container.context.source_date import EARLIEST
from labcoat.container.dockerfile.own_steps import SCRIPT, as_before
from labcoat.container.dockerfile.parser import Dockerfile, Instruction, parse_dockerfile
from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking import sources_beside

FLAGS = ("--build-arg", "SOURCE=archive")
NAME = "labcoat.tar"
# The stage `folder` as labcoat wrote it before there were sources.
_BEFORE_SOURCES = (
    "base",
    [
        ("USER", (), "root", ()),
        ("COPY", (), ". /out/home/labcoat/project/", ()),
        (
            "RUN",
            (),
            "find /out/home/labcoat/project -mindepth 1 -type d -empty -delete &&"
            " chmod -R a-st,u=rwX,go=rX /out/home/labcoat && chown -hR 1000:1000"
            " /out/home/labcoat && find /out -exec touch -h -d @315532800 {} +",
            (),
        ),
    ],
)
_MOUNTED = frozenset({SCRIPT, apt_lock.NAME})
# What the Dockerfile runs where it is sent the folder.
INSTALLS_SOURCES = f"sh /opt/{SCRIPT} project"
_HOME = "home/labcoat"  # of the image's user
_PROJECT = f"{_HOME}/project"
_USER = 1000
_TEMPLATE = Path(__file__).parents[2] / "scaffold" / "templates" / "Dockerfile"
# The stages of labcoat's Dockerfile that bring the project. A Dockerfile that changes these has to
# be sent the folder, and so has one that copies more from its context than lock and script.
_OURS = ("folder", "with-folder", "with-archive")
_LOCK = ("lock", "COPY", (), '["${LOCK}", "/tmp/lock.txt"]')


def archive_contents(project: Project, build: BuildContext) -> list[str] | None:
    """Return the files of `project` for an archive, relative to its root.

    Return None if the folder has to be sent.
    """
    try:
        return _archivable_files(build) if _has_lock_inside(project) else None
    except (OSError, ValueError):  # the builder is sent the folder and reports the error
        return None


def _has_lock_inside(project: Project) -> bool:
    return project.requirements.is_relative_to(project.root)


def _archivable_files(build: BuildContext) -> list[str] | None:
    if not accepts_archive(build.text, build.arguments):
        return None
    sent = build.sent_files()
    emptied = build.matcher.may_empty_files and bool(build.matcher.find_emptied(sent))
    found = [os.lstat(build.root / path) for path in sent]
    plain = all(stat.S_ISREG(each.st_mode) or stat.S_ISLNK(each.st_mode) for each in found)
    whole = plain and not emptied and not build.unreadable
    # Of a folder, builders are sent only what has changed; an archive is always sent whole.
    return sent if whole and sum(each.st_size for each in found) <= BUDGET else None


def write_context_archive(
    project: Project, paths: Iterable[str], folder: Path, platforms: Sequence[str] = ()
) -> None:
    """Write the locks, the script and the archive of `paths` into `folder`, a build's context.

    The archive has the installed files of the lock's sources too. Raise LabcoatError if one of the
    project's files cannot be read, or a source cannot be built for `platforms`.
    """
    installed = folder.with_name(f"{folder.name}-sources")
    if listed := sources_beside.list_applying(project, [project.requirements]):
        from labcoat.sources import image_files  # slow; only sources need it

        image_files.write_image_files(project, listed, installed, platforms)
    lock = project.requirements.relative_to(project.root)
    try:
        (folder / lock).parent.mkdir(parents=True, exist_ok=True)
        (folder / lock).write_bytes(reading.read_file(project.requirements))
        if (project.root / SCRIPT).is_file():
            (folder / SCRIPT).write_bytes((project.root / SCRIPT).read_bytes())
        if (project.root / apt_lock.NAME).is_file():
            (folder / apt_lock.NAME).write_bytes((project.root / apt_lock.NAME).read_bytes())
        pack_archive(project.root, paths, folder / NAME, installed)
    except OSError as error:
        if not str(error.filename).startswith(str(project.root)):  # `folder` cannot be written
            raise
        raise LabcoatError(
            f"cannot send `{error.filename}` to the builder: {error.strerror}",
            "Make the file readable, or add it to .dockerignore",
        ) from None


def accepts_archive(text: str, arguments: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether the Dockerfile `text` can be built from an archive.

    It can if it copies from its context what labcoat's own does, and nothing else.
    Raise DockerfileError if it is malformed.
    """
    template = _TEMPLATE.read_text(encoding="utf-8")
    if text == template:
        return True
    dockerfile, ours = (
        parse_dockerfile(each, {**arguments, "SOURCE": "archive"}) for each in (text, template)
    )
    if not all(_is_ours(dockerfile, ours, name) for name in _OURS):
        return False
    others = [stage for stage in dockerfile.stages if stage.name not in _OURS]
    bodies = [
        each
        for stage in others
        for each in stage.instructions
        if (stage.name, each.name, each.flags, each.rest) != _LOCK
    ]
    froms = {stage.base for stage in others} | {
        source for each in bodies for source in _copied_from(each)
    }
    return froms.isdisjoint({"", "folder", "with-folder"})


def _is_ours(dockerfile: Dockerfile, ours: Dockerfile, name: str) -> bool:
    """Whether a stage is as labcoat writes it now, or wrote it before there were sources."""
    found = _stage_content(dockerfile, name)
    return found == _stage_content(ours, name) or (name, found) == ("folder", _BEFORE_SOURCES)


def _stage_content(
    dockerfile: Dockerfile, name: str
) -> tuple[str, list[tuple[object, ...]]] | None:
    """Return the base and the instructions of a stage, for comparison; None without that stage."""
    stage = dockerfile.stage(name)
    if stage is None:
        return None
    instructions = stage.instructions
    return stage.base, [
        (each.name, each.flags, as_before(each.rest), each.heredocs) for each in instructions
    ]


def _copied_from(each: Instruction) -> Iterator[str]:
    """Yield what an instruction copies from, but not the context for the script alone."""
    from_context = (m for m in each.mounts if m["type"] == "bind" and not m.get("from"))
    script_alone = each.name == "RUN" and all(m.get("source") in _MOUNTED for m in from_context)
    yield from (source for source in each.copied_from if source or not script_alone)


def pack_archive(root: Path, paths: Iterable[str], to: Path, installed: Path | None = None) -> None:
    """Write the files and symlinks `paths` below `root` to the archive `to`.

    All below `installed` is written too, at the top. Time, owner and mode are those that the
    Dockerfile sets. Raise OSError if a file cannot be read.
    """
    # The GNU format keeps the bytes of names that are not UTF-8.
    with tarfile.open(
        to, "w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
    ) as archive:
        listed = [(f"{_PROJECT}/{path}", root / path) for path in sorted(paths)]
        if installed and installed.is_dir():
            found = sorted(each for each in installed.rglob("*") if not each.is_dir())
            listed += [(each.relative_to(installed).as_posix(), each) for each in found]
        for folder in _parent_folders(name for name, _ in listed):
            archive.addfile(_new_member(folder, tarfile.DIRTYPE, 0o755))
        for name, source in listed:
            if source.is_symlink():
                member = _new_member(name, tarfile.SYMTYPE, 0o777)
                member.linkname = os.readlink(source)  # noqa: PTH115 - Path normalizes
                archive.addfile(member)
                continue
            with source.open("rb") as file:
                known = os.fstat(file.fileno())
                member = _new_member(
                    name, tarfile.REGTYPE, 0o755 if known.st_mode & 0o111 else 0o644
                )
                member.size = known.st_size
                archive.addfile(member, file)


def _parent_folders(paths: Iterable[str]) -> Iterator[str]:
    """Yield the folders of the archive, each after its parent."""
    found = {path.rpartition("/")[0] for path in paths} | {_PROJECT}
    parents = (each for folder in map(PurePosixPath, found) for each in (folder, *folder.parents))
    yield from sorted({str(each) for each in parents} - {"."})


def _new_member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.mtime = kind, mode, EARLIEST
    member.uid = member.gid = _USER if f"{name}/".startswith(f"{_HOME}/") else 0
    return member
