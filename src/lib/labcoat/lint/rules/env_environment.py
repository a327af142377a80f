"""ENV: virtual environments and git."""

import os
from collections.abc import Iterator

from labcoat.core.gitignore import git_pattern
from labcoat.core.patterns import lazy_pattern
from labcoat.inventory.virtualenvs import marker_in, split_environments
from labcoat.lint.findings import (
    Append,
    Family,
    Finding,
    Rule,
    Severity,
    Untrack,
    safe_fix,
    unsafe_fix,
)
from labcoat.lint.repository.repository import Repository

# The link `lib64` stays where patterns such as `lib/` ignore the rest.
_INSIDE = lazy_pattern(r"(?:bin|Scripts|lib|lib64|Lib|include|share|conda-meta)/|lib64$")


def check_environments(repository: Repository) -> Iterator[Finding]:
    """Check for environments that git tracks, would track, or ignores only on this machine."""
    yield from _check_shared(repository)
    yield from _check_tracked(repository)
    yield from _check_not_ignored(repository)
    yield from _check_ignored_locally(repository)
    yield from _check_symlinks(repository)


def _check_shared(repository: Repository) -> Iterator[Finding]:
    """ENV001, ENV002: `python -m venv .` among a program's files; no pattern matches it alone."""
    tracked, untracked = repository.tracked, repository.untracked
    for rule, paths, shared, consequence in (
        (
            "ENV001",
            tracked,
            repository.tracked_shared,
            "is tracked, although it works on one machine only",
        ),
        (
            "ENV002",
            untracked,
            split_environments(untracked, tracked)[1],
            "is not ignored by git: the next `git add .` adds all of it",
        ),
    ):
        for root, path in shared.items():
            folder = f"{root}/" if root else ""
            marker = path[len(folder) :]
            own = [path[len(folder) :] for path in paths if path.startswith(folder)]
            inside = filter(None, (_INSIDE.match(each) for each in own if each != marker))
            parts = sorted({found[0].rstrip("/") for found in inside})
            if not parts:
                continue
            yield Finding(
                rule,
                f"{folder}{marker}",
                f"a virtual environment among the project's own files {consequence}",
                f"Remove {folder}{marker} and what came with it there ({', '.join(parts)}), "
                "and create the environment in its own folder, such as .venv",
                severity=Severity.ERROR,
            )


def _check_tracked(repository: Repository) -> Iterator[Finding]:
    """ENV001: a tracked environment."""
    for root, marker in repository.tracked_environments.items():
        inside = [path for path in repository.tracked if path.startswith(f"{root}/")]
        others = [path for path in inside if path != marker]
        if not any(_INSIDE.match(path[len(root) + 1 :]) for path in others):
            continue  # a lone pyvenv.cfg is test data
        yield Finding(
            "ENV001",
            root,
            "the virtual environment is tracked: every clone gets "
            f"{len(inside)} files that work on one machine only",
            f"Remove it from the index with `git rm -r --cached {root}`, ignore it, "
            "and list its packages in requirements.in",
            fix=unsafe_fix(Append(".gitignore", git_pattern(root)), Untrack((root,))),
            severity=Severity.ERROR,
        )


def _check_not_ignored(repository: Repository) -> Iterator[Finding]:
    """ENV002: an environment that git would add; ENV003 if only the user's settings ignore it."""
    found, _ = split_environments(repository.untracked, repository.tracked)
    deciding = repository.deciding_patterns(found.values(), personal=True) if found else {}
    for root, marker in found.items():
        source, line, pattern = deciding.get(marker, ("", 0, ""))
        if source and not pattern.startswith("!"):
            yield _ignored_locally_finding(root, f"your own {source}")
            continue
        nested = _is_nested(repository, source)
        added = f"Add the line `{git_pattern(root)}` to .gitignore"
        yield Finding(
            "ENV002",
            root,
            "git does not ignore this virtual environment: the next `git add .` adds all of it",
            f"Correct `{pattern}` on line {line} of {source}, which includes it"
            if nested
            else added,
            fix=None if nested else safe_fix(Append(".gitignore", git_pattern(root))),
            severity=Severity.ERROR,
        )


def _is_nested(repository: Repository, source: str) -> bool:
    """Whether `source`, relative to git's top, is a .gitignore below the root, and so wins."""
    inside = (
        os.path.relpath(repository.git_top / source, repository.root)
        if repository.git_top and source
        else ""
    )
    return inside.endswith("/.gitignore") and not inside.startswith("../")


def _check_ignored_locally(repository: Repository) -> Iterator[Finding]:
    """ENV003: an environment that only a file outside of the repository's history ignores."""
    folders = [path[:-1] for path in repository.ignored if path.endswith("/")]
    markers = {
        f"{root}/{marker}": root
        for root in folders
        if (marker := marker_in(repository.root / root))
    }
    for marker, (source, _, _) in repository.deciding_patterns(markers).items():
        root = markers[marker]
        if source.startswith(f"{root}/"):
            yield _ignored_locally_finding(root, f"its own {source}")
        elif source.endswith("info/exclude"):
            yield _ignored_locally_finding(root, f"this clone's {source}")


def _ignored_locally_finding(root: str, source: str) -> Finding:
    pattern = git_pattern(root)
    return Finding(
        "ENV003",
        root,
        f"only {source} makes git ignore this virtual environment: other clones lack that file, "
        "and Docker does not read it",
        f"Add the line `{pattern}` to .gitignore",
        fix=safe_fix(Append(".gitignore", pattern)),
    )


def _check_symlinks(repository: Repository) -> Iterator[Finding]:
    """ENV004: a symlink that a pattern would ignore if it did not end with a slash."""
    stems = _folder_patterns(repository)
    for path in repository.untracked if stems else ():
        name = path.rpartition("/")[2]
        if (path in stems or name in stems) and repository.is_link(path):
            pattern = git_pattern(path)
            yield Finding(
                "ENV004",
                path,
                f"`{name}/` does not ignore this symlink, because a pattern with a trailing slash "
                "matches folders only: git would track it",
                f"Remove the slash from the pattern, or add the line `{pattern}` to .gitignore",
                fix=safe_fix(Append(".gitignore", pattern)),
            )


def _folder_patterns(repository: Repository) -> set[str]:
    """Return the names and paths that .gitignore files ignore as folders only."""
    found = set()
    for file in repository.ignore_files:
        if os.path.basename(file) == ".gitignore":  # noqa: PTH119 - a path in the repository
            for line in repository.read_text(file).splitlines():
                if line.endswith("/") and not line.startswith(("#", "!")):
                    found.add(line.strip("/"))
    return found


FAMILY = Family(
    rules=(
        Rule("ENV001", "tracked virtual environment", Severity.ERROR, "environments"),
        Rule("ENV002", "virtual environment not ignored by git", Severity.ERROR, "environments"),
        Rule(
            "ENV003",
            "virtual environment ignored on this machine only",
            Severity.WARNING,
            "environments",
        ),
        Rule("ENV004", "pattern with a slash misses a symlink", Severity.WARNING, "environments"),
    ),
    check=check_environments,
    needs_git=True,
)
