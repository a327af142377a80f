"""What the history of a repository says about one of its files."""

from collections.abc import Collection
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.git import git_lines, git_root, run_git


def was_ignored_when_added(root: Path, path: str, source: str, pattern: str) -> bool:
    """Whether `pattern` was in the ignore file `source` when a commit added `path`.

    Only `git add --force` does that. Paths are relative to `root`. False for what no commit has,
    and for the first commit, which may stand for many; true if the history is cut off there.
    """
    try:
        options = ("-1", "--diff-filter=A", "--no-renames", "--format=%H %P")
        commit, *parents = run_git(root, "log", *options, "--", f":(literal){path}").split()
        if not parents:
            return run_git(root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        text = run_git(root, "cat-file", "blob", f"{commit.decode()}:./{source}")
    except (LabcoatError, ValueError):  # no commit yet, or none with that file
        return False
    return pattern in map(str.strip, text.decode("utf-8", "replace").splitlines())


def list_removed_modules(root: Path, modules: Collection[str]) -> set[str]:
    """Return those of `modules` that had a file below `root` which a commit removed.

    Empty where git has no history.
    """
    if not modules or git_root(root) is None:
        return set()
    ends = [f"{each}{end}" for each in modules for end in (".py", "/__init__.py")]
    options = ("--no-renames", "--diff-filter=D", "--name-only", "--format=", "-z", "--relative")
    try:
        found = git_lines(root, "log", *options, "--", *(f":(glob)**/{each}" for each in ends))
    except LabcoatError:  # no commit yet
        return set()
    names = (path.removesuffix(".py").removesuffix("/__init__") for path in found)
    return {name.rpartition("/")[2] for name in names}
