"""Ask for git's status without running the filters of a repository.

A status compares the content of files whose date has changed, for which git runs the programs that
`filter.NAME.clean` and `filter.NAME.process` in the repository's settings name.
"""

from pathlib import Path

from labcoat.core.git import git_lines


def read_status(root: Path, *args: str) -> list[str]:
    """Return the records of `git status --porcelain -z args`, without running the filters.

    A file whose date changed and that a filter changes counts as changed; so does a submodule only
    if its commit changed.
    """
    return git_lines(root, *status_words(root, "--porcelain", "-z", *args))


def status_words(root: Path, *args: str) -> list[str]:
    """Return the words of a `git status` that runs none of the repository's filters."""
    return [*filter_overrides(root), "status", "--ignore-submodules=dirty", *args]


def filter_overrides(root: Path) -> list[str]:
    """Return options of git that empty every filter which the repository's settings name."""
    pattern = r"^filter\..*\.(clean|smudge|process|required)$"
    names = git_lines(root, "config", "--name-only", "-z", "--get-regexp", pattern, statuses=(0, 1))
    return [
        word
        for name in dict.fromkeys(names)
        for word in ("-c", f"{name}={'false' if name.endswith('.required') else ''}")
    ]
