"""Where the files of a repository name a list of requirements: what may install it."""

from collections.abc import Iterator
from typing import Protocol

from labcoat.core.patterns import lazy_pattern

# What people and machines install by: Dockerfiles, scripts, workflows, what a README says.
_READERS = (
    r"(?:.*[._-])?(?:dockerfile|containerfile)(?:[._-].*)?|(?:gnu)?makefile|.*\.(?:mk|sh|bash|bat"
    r"|ps1)|(?:just|proc)file|noxfile\.py|(?:tox|setup)\.(?:ini|cfg)|(?:pyproject|pixi)\.toml"
    r"|readme(?:\.(?:md|rst|txt))?|contributing\.md|(?:.*[._-])?compose(?:[-._].*)?\.ya?ml"
    r"|\.(?:gitlab-ci|travis|readthedocs)\.ya?ml|environment[^/]*\.ya?ml"
)
_WORKFLOW = lazy_pattern(r"(?:^|/)\.(?:github|circleci)/.*\.ya?ml$|(?:^|/)azure-pipelines[^/]*$")
_CONTINUED = lazy_pattern(r"\\\r?\n")
_NAMED = lazy_pattern(r"(?m)^(?![ \t]*#)[^\n]*\.txt\b[^\n]*")


class _Files(Protocol):
    """What is asked of a repository."""

    def find_named(self, pattern: str) -> list[str]:
        """Return the files whose names match."""

    def read_text(self, path: str) -> str:
        """Return the text of a file."""


def find_lines_with_lists(files: _Files) -> Iterator[str]:
    """Yield the lines that name a `.txt`, but comments; continued lines are one."""
    workflows = filter(_WORKFLOW.search, files.find_named(r".*\.ya?ml"))
    for path in (*files.find_named(_READERS), *workflows):
        text = files.read_text(path)
        if ".txt" in text:
            yield from _NAMED.findall(_CONTINUED.sub(" ", text))
