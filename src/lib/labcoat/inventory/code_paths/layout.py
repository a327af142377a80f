"""Which entries an environment may have, and judge each entry by them.

The world is closed: an entry that no package, installer or level explains is a finding, wherever it
is and whatever its name. So no list of dangerous places has to be complete.
"""

import stat
from collections.abc import Callable, Collection, Iterator, Mapping

from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, field
from labcoat.inventory.code_paths.tree import Entry
from labcoat.inventory.file_finding import FileFinding

_BYTE_CODE = "__pycache__"
# An index of compiled functions, and their code: https://numba.readthedocs.io/en/stable/developer/caching.html.
_NUMBA = lazy_pattern(r".*/__pycache__/[^/]+\.nb[ic]")


class Layout(Record):
    """What explains the entries of an environment; all paths are relative to its directory.

    `site` is its site-packages. `packages` are the files that distributions account for, whose
    contents are compared elsewhere; `installers` those that installers write and no program
    obeys; `own` returns whether a file has the contents that labcoat or the environment's maker
    gives it, None if it is another file. `links` are the links it may have, with their targets;
    an empty target is checked elsewhere. `executable` are the files that must be executable,
    `owners` the users who may own files. In one that `is_roots`, no group may change files.
    `stamps` is a directory of empty files, which nothing reads, `own_folders` are those of files
    that `own` knows.
    """

    site: str
    packages: Collection[str]
    installers: Collection[str] = frozenset()
    own: Callable[[str], bool | None] = lambda path: None  # noqa: ARG005
    links: Mapping[str, str] = field(default_factory=dict)
    executable: Collection[str] = frozenset()
    owners: Collection[int] = frozenset()
    is_roots: bool = False
    stamps: str = ""
    own_folders: Collection[str] = ()

    def name(self, path: str) -> str:
        """Return the name of a path as `scan` gives it."""
        below = f"{self.site}/"
        return path[len(below) :] if path.startswith(below) else f"{{prefix}}/{path}"

    def folders(self) -> set[str]:
        """Return the directories that an explained file is in."""
        found = {self.site, "bin", "lib", *self.own_folders}
        for path in (self.site, *self.packages, *self.installers, *self.links, *self.own_folders):
            while path := path.rpartition("/")[0]:
                if path in found:
                    break
                found.add(path)
        return found


class Judgement(Record):
    """What is wrong with an environment's entries.

    `byte_code` are the files that have to be compared with a source, `executable` the names of
    those that somebody may execute.
    """

    findings: list[FileFinding]
    byte_code: list[str]
    executable: frozenset[str]


def judge_entries(
    layout: Layout, list_entries: Callable[[Callable[[str], bool]], Iterator[Entry]]
) -> Judgement:
    """Judge every entry below the environment's directory.

    `list_entries` lists them: tree.list_entries for a directory.
    """
    folders = layout.folders()
    found: list[FileFinding] = []
    compiled: list[str] = []
    executable: set[str] = set()

    def is_stamp(path: str) -> bool:
        return bool(layout.stamps) and f"{path}/".startswith(f"{layout.stamps}/")

    def enters(path: str) -> bool:
        parent, _, name = path.rpartition("/")
        return path in folders or (name == _BYTE_CODE and parent in folders) or is_stamp(path)

    def is_explained(path: str) -> bool:
        return path in layout.packages or path in layout.installers

    for entry in list_entries(enters):
        path, kind = entry.path, entry.kind
        name = layout.name(path)
        if kind == "file" and entry.mode & 0o111:
            executable.add(name)
        if kind == "unreadable":
            found.append(FileFinding("unreadable", f"{name}/"))
        elif kind == "folder":
            found += (
                _judge_mode(entry, f"{name}/", layout, is_program=False)
                if enters(path)
                else [FileFinding("empty" if entry.is_empty else "stray", f"{name}/")]
            )
        elif kind == "link":
            found += _judge_link(entry, name, layout, is_owned=is_explained(path))
        elif kind != "file":
            found.append(FileFinding("special", name, kind))
        elif is_explained(path) and not _is_byte_code(path):
            found += _judge_mode(entry, name, layout, is_program=path in layout.executable)
        elif _is_byte_code(path):
            compiled.append(path)
        else:
            is_empty_stamp = is_stamp(path) and not entry.size
            found += [] if is_empty_stamp else _judge_own(entry, name, layout)
    return Judgement(found, compiled, frozenset(executable))


def _is_byte_code(path: str) -> bool:
    *_, folder, name = ("", *path.split("/"))
    return folder == _BYTE_CODE and name.endswith(".pyc")


def _judge_own(entry: Entry, name: str, layout: Layout) -> Iterator[FileFinding]:
    verdict = layout.own(entry.path)
    if verdict is None and _NUMBA.fullmatch(entry.path):
        detail = "was written by Numba and cannot be compared with its source"
        yield FileFinding("byte-code", name, detail)
    elif verdict is None:
        yield FileFinding("stray", name)
    elif not verdict:
        yield FileFinding("own", name)
    elif entry.size:  # uv's empty lock can be changed by every user
        yield from _judge_mode(entry, name, layout, is_program=False)


def _judge_link(
    entry: Entry, name: str, layout: Layout, *, is_owned: bool
) -> Iterator[FileFinding]:
    if entry.path in layout.links:
        target = layout.links[entry.path]
        if not target or entry.target == target:
            return
        yield FileFinding("link", name, entry.target)
    elif is_owned:
        # Its bytes are those of the package today, and another file's tomorrow.
        yield FileFinding("link", name, entry.target)
    else:
        yield FileFinding("stray", name)


def _judge_mode(
    entry: Entry, name: str, layout: Layout, *, is_program: bool
) -> Iterator[FileFinding]:
    mode = stat.S_IMODE(entry.mode)
    needed = stat.S_IRUSR | (stat.S_IXUSR if is_program or entry.kind == "folder" else 0)
    if mode & stat.S_IWOTH:
        yield FileFinding("mode", name, "can be changed by every user")
    elif layout.is_roots and mode & stat.S_IWGRP:
        yield FileFinding("mode", name, "can be changed by a group")
    elif entry.kind == "file" and mode & (stat.S_ISUID | stat.S_ISGID):
        yield FileFinding("mode", name, "runs with the rights of its owner")
    elif mode & needed != needed:
        lost = "executed" if mode & stat.S_IRUSR else "read"
        yield FileFinding("mode", name, f"cannot be {lost}")
    elif layout.owners and entry.owner not in layout.owners:
        yield FileFinding("mode", name, f"belongs to another user ({entry.owner})")
