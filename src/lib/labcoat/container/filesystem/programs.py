"""Which programs start in place of those that labcoat's levels run in an image.

Those are the environment's programs, the shell, `env` for programs that name it in their first
line, and `make`. Other programs that a project's own steps add are no difference.
"""

import posixpath
from collections.abc import Iterator

from labcoat.container.filesystem.dpkg_records import DpkgRecords
from labcoat.container.filesystem.image_python import ImagePython, find_program
from labcoat.container.inspect.exported_files import ExportedFile, ExportedFiles
from labcoat.core.patterns import lazy_pattern
from labcoat.inventory.code_paths import interpreter
from labcoat.inventory.file_finding import FileFinding

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "busybox"})
# By another name it is the same program: BusyBox is one for all.
_ALIASES = {
    "sh": _SHELLS,
    "bash": _SHELLS,
    "env": frozenset({"env", "busybox", "coreutils"}),
    "make": frozenset({"make", "gmake"}),
}
_FOLDER = lazy_pattern(r"(usr/)?(local/)?bin/")
_PLACES = ("bin/sh", "bin/bash", "usr/bin/env")  # as first lines of programs name them
_OTHERS_RIGHTS = 0o6000  # set-user-ID, set-group-ID
_RIGHTS = "gives other rights than the base image's"


def compare_programs(
    files: ExportedFiles,
    base: ExportedFiles,
    python: ImagePython,
    path: str,
    packages: DpkgRecords,
) -> Iterator[FileFinding]:
    """Yield programs on the PATH `path` that shadow others, and those with other rights.

    What the system's `packages` brought is no difference.
    """
    yield from _find_shadows(files, python, path)
    named = [
        (name, find_program(files, name, path), find_program(base, name, path)) for name in _ALIASES
    ]
    named += [(posixpath.basename(place), place, place) for place in _PLACES]
    seen = set()
    for name, place, before in named:
        real = files.resolve(place)
        is_there = place and before and files.find(place) and base.find(before)
        if not is_there or (name, real) in seen:
            continue
        seen.add((name, real))
        if not _is_expected(files, base, packages, name, real):
            is_elsewhere = place != before
            detail = f"starts in place of `/{before}` of the base image"
            other = "is not the base image's"
            yield FileFinding("base", f"/{place}", detail if is_elsewhere else other)
        elif _rights(files.entries[real]) - _rights(base.entries.get(real)):
            yield FileFinding("base", f"/{place}", _RIGHTS)
    program = files.find(python.program)
    # One that is in the base and in no package is compared with the base's in all respects.
    is_compared = python.program in base.entries and not packages.has(python.program)
    if program and not is_compared and _rights(program) - _rights(base.find(python.program)):
        yield FileFinding("base", f"/{python.program}", _RIGHTS)


def _is_expected(
    files: ExportedFiles, base: ExportedFiles, packages: DpkgRecords, name: str, real: str
) -> bool:
    """Return whether the file `real` may start as `name`: the base or a package has it as that.

    A link from `sh` to another of the base's shells is an ordinary step.
    """
    one = files.entries.get(real)
    if one is None:
        return False
    is_named = posixpath.basename(real) in _ALIASES[name]
    known = {
        found.digest
        for place in base.entries
        if _FOLDER.match(place)
        and posixpath.basename(place) in _ALIASES[name]
        and (found := base.find(place))
    }
    return one.digest in known or (is_named and packages.has(real))


def _find_shadows(files: ExportedFiles, python: ImagePython, path: str) -> Iterator[FileFinding]:
    """Yield what starts in place of a program of the environment, except Python itself."""
    folder = f"{python.prefix}/bin"
    if not python.prefix or folder not in {one.strip("/") for one in path.split(":")}:
        return  # that no `python` of it starts is named already
    interpreters = interpreter.interpreter_names(python.minor)
    try:
        names = files.list_names(folder)
    except OSError:
        return
    for name in names:
        place = find_program(files, name, path)
        if place and posixpath.dirname(place) != folder and name not in interpreters:
            yield FileFinding("base", f"/{place}", f"starts in place of `/{folder}/{name}`")


def _rights(program: ExportedFile | None) -> set[str]:
    """Return the rights that `program` gives besides its user's."""
    if program is None:
        return set()
    special = program.mode & _OTHERS_RIGHTS
    return {program.capability, f"{special:o}" if special else ""} - {""}
