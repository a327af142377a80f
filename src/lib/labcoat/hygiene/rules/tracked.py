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


def check(repository: Repository) -> Iterator[Finding]:
    """Tracked files that are ignored too, and references that leave the repository."""
    yield from _tracked_and_ignored(repository)
    yield from _links_out(repository)
    yield from _references_out(repository)


def _tracked_and_ignored(repository: Repository) -> Iterator[Finding]:
    both = git.lines(repository.root, "ls-files", "-c", "-i", "-z", "--exclude-standard")
    by_pattern: dict[tuple[str, int, str], list[str]] = {}
    for path, decided in repository.deciding(both).items():
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
    for entry in repository.index:
        if entry.mode != _LINK:
            continue
        target = git.run(repository.root, "cat-file", "blob", entry.id).decode("utf-8", "replace")
        if leaves(repository, posixpath.dirname(entry.path), target):
            yield _out(entry.path, 0, "symlink", target)


def _references_out(repository: Repository) -> Iterator[Finding]:
    for name, paths in repository.names.items():
        pattern, kind = _references_in(name)
        for path in paths if pattern else ():
            text = repository.text(path) if pattern else ""
            for found in pattern.finditer(text) if pattern else ():
                line = text.count("\n", 0, found.start()) + 1
                for target in found[found.lastindex or 0].split():
                    if "$" not in target and leaves(repository, posixpath.dirname(path), target):
                        yield _out(path, line, kind, target)


def _references_in(name: str) -> tuple[re.Pattern[str] | None, str]:
    """How a file of this name refers to others, and what that is called."""
    if name in ("makefile", "gnumakefile") or name.endswith(".mk"):
        return _MAKE, "include"
    if name.endswith((".sh", ".bash")):
        return _SHELL, "script"
    if re.fullmatch(r".*requirements.*\.(?:txt|in)", name):
        return _REQUIREMENTS, "include"
    return None, ""


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
