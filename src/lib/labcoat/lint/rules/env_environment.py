"""ENV: virtual environments and git."""

import os
import re
from collections.abc import Iterator

from labcoat.core.gitignore import git_pattern
from labcoat.inventory.virtualenvs import environments, find_root_marker, marker_in
from labcoat.lint.findings import Append, Family, Finding, Rule, Severity, Untrack, safe, unsafe
from labcoat.lint.repository.repository import Repository

_INSIDE = re.compile(r"(?:bin|Scripts|lib|lib64|Lib|include|share|conda-meta)/")


def check(repository: Repository) -> Iterator[Finding]:
    """Environments that git tracks, would track, or leaves alone only by luck."""
    yield from _at_root(repository)
    yield from _tracked(repository)
    yield from _not_ignored(repository)
    yield from _ignored_by_luck(repository)
    yield from _missed_links(repository)


def _at_root(repository: Repository) -> Iterator[Finding]:
    """What `python -m venv .` makes among the project's own files: no pattern of git's names it alone."""
    for rule, paths, fate in (
        ("ENV001", repository.tracked, "is tracked: it works on one machine only"),
        (
            "ENV002",
            repository.untracked,
            "is not ignored by git: the next `git add .` adds all of it",
        ),
    ):
        if (marker := find_root_marker(paths)) and any(
            _INSIDE.match(path) for path in paths if path != marker
        ):
            message = f"a virtual environment was made among the project's own files, and {fate}"
            todo = f"Remove {marker} and the folders that came with it (bin, include, lib), and make it in a folder, such as .venv."
            yield Finding(rule, marker, message, todo, severity=Severity.ERROR)


def _tracked(repository: Repository) -> Iterator[Finding]:
    for root, marker in environments(repository.tracked).items():
        held = [path for path in repository.tracked if path.startswith(f"{root}/")]
        others = [path for path in held if path != marker]
        if not any(_INSIDE.match(path[len(root) + 1 :]) for path in others):
            continue  # a lone pyvenv.cfg is somebody's test data
        yield Finding(
            "ENV001",
            root,
            f"the virtual environment is tracked: {len(held)} files that work on one machine only go into every clone",
            f"Take it out of the index with `git rm -r --cached {root}`, ignore it, and write down what it holds instead.",
            fix=unsafe(Append(".gitignore", git_pattern(root)), Untrack((root,))),
            severity=Severity.ERROR,
        )


def _not_ignored(repository: Repository) -> Iterator[Finding]:
    found = environments(repository.untracked)
    deciding = repository.deciding(found.values(), personal=True) if found else {}
    for root, marker in found.items():
        source, line, pattern = deciding.get(marker, ("", 0, ""))
        if source and not pattern.startswith("!"):
            yield _lucky(root, f"your own {source}", fix_line=git_pattern(root))
            continue
        nested = _is_nested(repository, source)
        added = f"Add a line {git_pattern(root)} to .gitignore."
        yield Finding(
            "ENV002",
            root,
            "git does not ignore this virtual environment: the next `git add .` adds all of it",
            f"`{pattern}` on line {line} of {source} lets it in: correct it." if nested else added,
            fix=None if nested else safe(Append(".gitignore", git_pattern(root))),
            severity=Severity.ERROR,
        )


def _is_nested(repository: Repository, source: str) -> bool:
    """Whether a file of patterns, named from git's top, lies below the root, and so outdoes the one that is there."""
    inside = (
        os.path.relpath(repository.git_top / source, repository.root)
        if repository.git_top and source
        else ""
    )
    return inside.endswith("/.gitignore") and not inside.startswith("../")


def _ignored_by_luck(repository: Repository) -> Iterator[Finding]:
    folders = [path[:-1] for path in repository.ignored if path.endswith("/")]
    markers = {
        f"{root}/{marker}": root
        for root in folders
        if (marker := marker_in(repository.root / root))
    }
    for marker, (source, _, _) in repository.deciding(markers).items():
        root = markers[marker]
        if source.startswith(f"{root}/"):
            yield _lucky(root, f"its own {source}", fix_line=git_pattern(root))
        elif source.endswith("info/exclude"):
            yield _lucky(root, f"this clone's {source}", fix_line=git_pattern(root))


def _lucky(root: str, source: str, *, fix_line: str) -> Finding:
    return Finding(
        "ENV003",
        root,
        f"only {source} has git ignore this virtual environment: one made by another tool, or elsewhere, is not ignored, "
        "and Docker reads no such file",
        f"Add a line {fix_line} to .gitignore.",
        fix=safe(Append(".gitignore", fix_line)),
    )


def _missed_links(repository: Repository) -> Iterator[Finding]:
    """Symlinks that a pattern would ignore if it did not end with a slash."""
    stems = _slashed(repository)
    for path in repository.untracked if stems else ():
        name = path.rpartition("/")[2]
        if (path in stems or name in stems) and repository.is_link(path):
            yield Finding(
                "ENV004",
                path,
                f"`{name}/` does not ignore this symlink, since a trailing slash matches folders only: git would track it",
                f"Write the pattern without the slash, or add a line {git_pattern(path)} to .gitignore.",
                fix=safe(Append(".gitignore", git_pattern(path))),
            )


def _slashed(repository: Repository) -> set[str]:
    """Names and paths that the .gitignore files match as folders only."""
    found = set()
    for file in repository.ignore_files:
        if os.path.basename(file) == ".gitignore":  # noqa: PTH119 - a path inside the repository, not of this machine
            for line in repository.text(file).splitlines():
                if line.endswith("/") and not line.startswith(("#", "!")):
                    found.add(line.strip("/"))
    return found


FAMILY = Family(
    rules=(
        Rule("ENV001", "a virtual environment is tracked", Severity.ERROR, "environments"),
        Rule(
            "ENV002", "a virtual environment is not ignored by git", Severity.ERROR, "environments"
        ),
        Rule(
            "ENV003",
            "a virtual environment is ignored by luck only",
            Severity.WARNING,
            "environments",
        ),
        Rule("ENV004", "a pattern with a slash misses a symlink", Severity.WARNING, "environments"),
    ),
    check=check,
    needs_git=True,
)
