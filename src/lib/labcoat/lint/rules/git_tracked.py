"""GIT: what is tracked and should not be, or points out of the repository."""

import posixpath
import re
from collections.abc import Iterator

from labcoat.core import git
from labcoat.lint.findings import Family, Finding, Rule, Severity, Untrack, unsafe
from labcoat.lint.repository.repository import Repository

_LINK = "120000"
_MAKE = re.compile(r"^include[ \t]+([^#\n]+)", re.MULTILINE)
_SHELL = re.compile(r"^[ \t]*(?:\.|source)[ \t]+(['\"]?)([^\s'\";&|]+)\1", re.MULTILINE)
_REQUIREMENTS = re.compile(
    r"^(?:-r|-c|-e|--requirement|--constraint|--editable)[\s=]*([^\s#]+)", re.MULTILINE
)
_ELSEWHERE = re.compile(r"^[ \t]*(?:cd|pushd)[ \t]", re.MULTILINE)
_SPACE = re.compile(r"(?<!\\)\s+")  # one after a backslash is in a name, for make and the shell
# Files that refer to others: their names, how they do it, and what that is called. What make may do without (`-include`) is meant
# to be elsewhere, or nowhere.
_REFERENCES = (
    (r"(?:gnu)?makefile|.*\.mk", _MAKE, "include"),
    (r".*\.(?:sh|bash)", _SHELL, "script"),
    (r".*requirements.*\.(?:txt|in)", _REQUIREMENTS, "include"),
)
_HOMES = (
    "/home/",
    "/Users/",
    "/mnt/",
    "/media/",
    "/Volumes/",
)  # scripts run in images too, where much else is
_SYSTEM = (
    "/dev/",
    "/etc/",
    "/usr/",
    "/bin/",
    "/opt/",
    "/proc/",
    "/sys/",
    "/lib",
    "/app/",
    "/tmp/",  # noqa: S108
    "/var/",
)
_KERNEL = ("/dev/", "/proc/", "/sys/")


def check(repository: Repository) -> Iterator[Finding]:
    """Tracked files that are ignored too, and references that leave the repository."""
    yield from _tracked_and_ignored(repository)
    yield from _links_out(repository)
    yield from _references_out(repository)


def _tracked_and_ignored(repository: Repository) -> Iterator[Finding]:
    by_pattern: dict[tuple[str, int, str], list[str]] = {}
    meant = (
        ".gitignore",
        ".gitkeep",
        ".keep",
    )  # tracked to keep a folder whose contents are ignored
    for path, decided in repository.deciding(repository.tracked_and_ignored).items():
        if path.rpartition("/")[2] in meant:
            continue
        by_pattern.setdefault(decided, []).append(path)
    for (source, line, pattern), paths in by_pattern.items():
        more = f" and {len(paths) - 1} more are" if len(paths) > 1 else " is"
        yield Finding(
            "GIT001",
            paths[0],
            f"{paths[0]}{more} tracked although `{pattern}` in {source}:{line} ignores it: changes are committed, and new "
            "files beside it are not",
            "Take it out of the index with `git rm --cached`, or the pattern out of the ignore file.",
            fix=unsafe(Untrack(tuple(paths))),
        )


def _links_out(repository: Repository) -> Iterator[Finding]:
    links = repository.entries(mode=_LINK)
    contents = git.blob_contents(repository.root, (entry.id for entry in links))
    for entry in links:
        target = contents.get(entry.id, b"").decode("utf-8", "replace")
        if target.startswith("/"):
            away = not target.startswith(_KERNEL)
        else:
            away = leaves(repository, posixpath.dirname(entry.path), target)
        if away:
            yield _out(entry.path, 0, "symlink", target)


def _references_out(repository: Repository) -> Iterator[Finding]:
    for names, pattern, kind in _REFERENCES:
        for path in repository.named(names):
            text = repository.text(path)
            for found in pattern.finditer(text):
                line = text.count("\n", 0, found.start()) + 1
                moved = kind == "script" and _ELSEWHERE.search(text, 0, found.start())
                for target in (
                    each.replace("\\ ", " ")
                    for each in _SPACE.split(found[found.lastindex or 0].strip())
                ):
                    if "$" not in target and _is_out(
                        repository, path, target, kind, moved=bool(moved)
                    ):
                        yield _out(path, line, kind, target)


def _is_out(repository: Repository, path: str, target: str, kind: str, *, moved: bool) -> bool:
    """Whether a reference leaves the repository; of a script that went to another folder only its absolute ones are known."""
    if target.startswith("/"):
        return target.startswith(_HOMES) if kind == "script" else not target.startswith(_SYSTEM)
    return not (moved or target.startswith("~")) and leaves(
        repository, posixpath.dirname(path), target
    )


def leaves(repository: Repository, folder: str, target: str) -> bool:
    """Whether the relative path `target`, as seen from `folder`, is outside of the repository; an address is not."""
    if "://" in target:
        return False
    top = repository.git_top or repository.root
    below = posixpath.join(repository.root.relative_to(top).as_posix(), folder)
    return f"{posixpath.normpath(posixpath.join(below, target))}/".startswith("../")


def _out(path: str, line: int, kind: str, target: str) -> Finding:
    return Finding(
        "GIT002",
        path,
        f"the {kind} points to {target}, outside of the repository: a clone elsewhere does not have it",
        "Bring what it points to into the repository, as a file or a submodule.",
        line,
    )


FAMILY = Family(
    rules=(
        Rule("GIT001", "tracked and ignored at once", Severity.WARNING, "tracked"),
        Rule("GIT002", "something points outside of the repository", Severity.WARNING, "tracked"),
    ),
    check=check,
    needs_git=True,
)
