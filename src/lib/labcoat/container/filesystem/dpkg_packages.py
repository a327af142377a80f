"""Which Debian packages an image has, and whether their files are as dpkg unpacked them.

All of it is read from dpkg's records in the image's files; its own dpkg is not run. Sources:
dpkg(1) for --verify and path-exclude, deb-md5sums(5), dpkg-divert(1).
"""

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence

from labcoat.apt import apt_lock
from labcoat.container.filesystem.dpkg_records import DIVERSIONS, INFO, STATUS, is_settings
from labcoat.container.inspect.debian_packages import DebianPackages, compare_packages
from labcoat.container.inspect.exported_files import ExportedFile, ExportedFiles
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.inventory.file_finding import FileFinding

_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
_FIELD = lazy_pattern(r"^(\S+): *(.*(?:\n[ \t].*)*)", re.MULTILINE)
_CONFIGURATION = lazy_pattern(r"^ (/\S+) ([0-9a-f]{32})$", re.MULTILINE)  # none that is obsolete
_FILTER = re.compile(r"^\s*path-(include|exclude)[\s=]+(\S+)", re.MULTILINE)
_Paragraph = dict[str, str]


def has_locked_packages(project: Project) -> bool:
    """Whether apt.lock has packages. Raise LabcoatError if it is not valid."""
    lock = apt_lock.read_lock(project.root)
    return lock is not None and bool(lock.all_packages())


def compare_locked(project: Project, files: ExportedFiles) -> tuple[FileFinding, ...]:
    """Return how an image's Debian packages differ from apt.lock; nothing without a lock.

    `files` has dpkg's records, and MD5 digests of what its packages bring.
    """
    lock = apt_lock.read_lock(project.root)
    if lock is None or not lock.all_packages():
        return ()
    names = sorted({each.name for each in lock.all_packages()})
    found = compare_packages(lock, read_packages(files, names))
    return tuple(FileFinding("system", name, detail) for name, detail in found)


def is_list(path: str) -> bool:
    """Return whether the text of `path` is needed to list packages without their files."""
    return path == STATUS or path in _OS_RELEASE


def read_packages(files: ExportedFiles, verify: Sequence[str] = ()) -> DebianPackages:
    """Return the packages that dpkg lists in `files`; none where it lists none.

    The files of the packages in `verify` are compared with its records.
    """
    installed = [one for one in _paragraphs(_read(files, STATUS)) if _is_installed(one)]
    if not installed:
        return DebianPackages()
    architecture = next((one["Architecture"] for one in installed if one["Package"] == "dpkg"), "")
    versions: dict[str, str] = {}
    for one in installed:
        if one["Architecture"] in {"all", architecture} or one["Package"] not in versions:
            versions[one["Package"]] = one["Version"]
    release = next(filter(None, (_read(files, path) for path in _OS_RELEASE)), "")
    identity = re.search(r"^ID=\"?([\w.-]+)", release, re.MULTILINE)
    is_left_out = _read_filters(files)
    changed = [
        path
        for one in installed
        if one["Package"] in verify
        for path in _list_changed(files, one, is_left_out)
    ]
    distribution = identity[1] if identity else "debian"
    return DebianPackages(architecture, distribution, versions, tuple(changed))


def _list_changed(
    files: ExportedFiles, package: _Paragraph, is_left_out: Callable[[str], bool]
) -> Iterator[str]:
    """Yield the paths of a package's files that changed or are gone."""
    name = package["Package"]
    stem = f"{INFO}/{name}"
    if f"{stem}.list" not in files.entries:
        stem = f"{stem}:{package['Architecture']}"
    moved = _diversions(files, name)
    digests = {}
    for line in _read(files, f"{stem}.md5sums").splitlines():
        digest, _, path = line.partition("  ")
        digests[f"/{posixpath.normpath(path)}"] = digest
    digests |= dict(_CONFIGURATION.findall(package.get("Conffiles", "")))
    listed = _read(files, f"{stem}.list").splitlines()
    parents = {posixpath.dirname(path) for path in listed}
    for path in sorted({*digests, *(one for one in listed if one not in parents)}):
        entry = _find(files, moved.get(path, path))
        if entry is None:
            if path != "/." and not is_left_out(path):
                yield path
        elif path in digests and entry.md5 != digests[path]:
            yield path


def _find(files: ExportedFiles, path: str) -> ExportedFile | None:
    folder, _, name = path.strip("/").rpartition("/")
    return files.entries.get(f"{files.resolve(folder)}/{name}".lstrip("/"))


def _diversions(files: ExportedFiles, package: str) -> dict[str, str]:
    """Return where files of `package` are that another package moved away."""
    lines = _read(files, DIVERSIONS).splitlines()
    triples = zip(lines[::3], lines[1::3], lines[2::3], strict=False)
    return {path: place for path, place, by in triples if by != package}


def _read_filters(files: ExportedFiles) -> Callable[[str], bool]:
    """Return whether dpkg's settings leave a path out: the last pattern that matches counts."""
    found = [
        pair
        for path in sorted(files.entries)
        if is_settings(path)
        for pair in _FILTER.findall(_read(files, path))
    ]

    def is_left_out(path: str) -> bool:
        matching = [kind for kind, pattern in found if fnmatch.fnmatchcase(path, pattern)]
        return bool(matching) and matching[-1] == "exclude"

    return is_left_out


def _is_installed(one: _Paragraph) -> bool:
    complete = {"Package", "Version", "Architecture"} <= one.keys()
    return complete and one.get("Status", "").endswith(" installed")


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    for part in text.split("\n\n"):
        yield dict(_FIELD.findall(part))


def _read(files: ExportedFiles, path: str) -> str:
    try:
        return files.read(path).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
