"""GIT: what is tracked and should not be, or points out of the repository."""

import posixpath
import re
from collections.abc import Iterator

from labcoat.core import git
from labcoat.hygiene.model import Family, Finding, Rule, Severity, Untrack, unsafe
from labcoat.hygiene.repository import Repository

_LINK = "120000"
_MAKE = re.compile(r"^[-s]?include[ \t]+([^#\n]+)", re.MULTILINE)
_SHELL = re.compile(r"^[ \t]*(?:\.|source)[ \t]+(['\"]?)([^\s'\";&|]+)\1", re.MULTILINE)
_REQUIREMENTS = re.compile(r"^(?:-r|-c|-e|--requirement|--constraint|--editable)[\s=]*([^\s#]+)", re.MULTILINE)
# Files that refer to others: their names, how they do it, and what that is called.
_REFERENCES = (
    (r"(?:gnu)?makefile|.*\.mk", _MAKE, "include"),
    (r".*\.(?:sh|bash)", _SHELL, "script"),
    (r".*requirements.*\.(?:txt|in)", _REQUIREMENTS, "include"),
)


def check(repository: Repository) -> Iterator[Finding]:
    """Tracked files that are ignored too, and references that leave the repository."""
    yield from _tracked_and_ignored(repository)
    yield from _links_out(repository)
    yield from _references_out(repository)


def _tracked_and_ignored(repository: Repository) -> Iterator[Finding]:
    both = git.lines(repository.root, "ls-files", "-c", "-i", "-z", "--exclude-standard")
    by_pattern: dict[tuple[str, int, str], list[str]] = {}
    meant = (".gitignore", ".gitkeep", ".keep")  # tracked to keep a folder whose contents are ignored
    for path, decided in repository.deciding(both).items():
        if path.rpartition("/")[2] in meant:
            continue
        by_pattern.setdefault(decided, []).append(path)
    for (source, line, pattern), paths in by_pattern.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        yield Finding(
            "GIT001",
            paths[0],
            f"{paths[0]}{more} is tracked although `{pattern}` in {source}:{line} ignores it: changes are committed, and new "
            "files beside it are not",
            "Take it out of the index with `git rm --cached`, or the pattern out of the ignore file.",
            fix=unsafe(Untrack(tuple(paths))),
        )


def _links_out(repository: Repository) -> Iterator[Finding]:
    for entry in repository.entries(mode=_LINK):
        target = git.run(repository.root, "cat-file", "blob", entry.id).decode("utf-8", "replace")
        if leaves(repository, posixpath.dirname(entry.path), target):
            yield _out(entry.path, 0, "symlink", target)


def _references_out(repository: Repository) -> Iterator[Finding]:
    for names, pattern, kind in _REFERENCES:
        for path in repository.named(names):
            text = repository.text(path)
            for found in pattern.finditer(text):
                line = text.count("\n", 0, found.start()) + 1
                for target in found[found.lastindex or 0].split():
                    if "$" not in target and leaves(repository, posixpath.dirname(path), target):
                        yield _out(path, line, kind, target)


def leaves(repository: Repository, folder: str, target: str) -> bool:
    """Whether `target`, as seen from `folder`, is outside of the repository; an address is not."""
    if "://" in target:
        return False
    if target.startswith(("/", "~")):
        return not target.startswith(("/dev/", "/etc/", "/usr/", "/bin/", "/opt/", "/proc/", "/sys/", "/lib"))
    top = repository.git_top or repository.root
    below = posixpath.join(repository.root.relative_to(top).as_posix(), folder)
    return posixpath.normpath(posixpath.join(below, target)).startswith("..")


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
