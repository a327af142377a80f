"""Whether anything in a repository installs a list of requirements, and with which program."""

import re
from collections.abc import Iterator

from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.lock_of_record import LOCKS
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.req_declared import folders_of

# What people and machines install by: Dockerfiles, scripts, workflows, what a README says.
_READERS = (
    r"(?:.*[._-])?(?:dockerfile|containerfile)(?:[._-].*)?|(?:gnu)?makefile|.*\.(?:mk|sh|bash|bat"
    r"|ps1)|(?:just|proc)file|noxfile\.py|(?:tox|setup)\.(?:ini|cfg)|(?:pyproject|pixi)\.toml"
    r"|readme(?:\.(?:md|rst|txt))?|contributing\.md|(?:.*[._-])?compose(?:[-._].*)?\.ya?ml"
    r"|\.(?:gitlab-ci|travis|readthedocs)\.ya?ml|environment[^/]*\.ya?ml"
)
_WORKFLOW = lazy_pattern(r"(?:^|/)\.(?:github|circleci)/.*\.ya?ml$|(?:^|/)azure-pipelines[^/]*$")
_CONTINUED = lazy_pattern(r"\\\r?\n")
_CONDA = lazy_pattern(r"\b(?:conda|mamba|micromamba)\b")
_PIP = lazy_pattern(r"\b(?:pip3?|uv)\b")
_MAIN = "requirements.txt"


def is_left_behind(repository: Repository, path: str) -> bool:
    """Whether the lock of another tool counts instead of a list that nothing installs."""
    has_lock = any(
        (repository.root / folder / name).is_file() for folder in folders_of(path) for name in LOCKS
    )
    return has_lock and not any(_lines_with(repository, path))


def is_unused(repository: Repository, path: str) -> bool:
    """Whether nothing installs a list, while something installs requirements.txt beside it."""
    folder, slash, name = path.rpartition("/")
    main = f"{folder}{slash}{_MAIN}"
    return (
        name != _MAIN
        and main in repository.files_by_name.get(_MAIN, ())
        and any(_lines_with(repository, main))
        and not any(_lines_with(repository, path))
    )


def is_for_conda(repository: Repository, path: str) -> bool:
    """Whether conda alone installs a list, which cannot read hashes."""
    lines = list(_lines_with(repository, path))
    return bool(lines) and all(_CONDA.search(each) and not _PIP.search(each) for each in lines)


def _lines_with(repository: Repository, path: str) -> Iterator[str]:
    """Yield the lines that name a list, wherever it is, but comments."""
    name = path.rpartition("/")[2]
    word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
    workflows = filter(_WORKFLOW.search, repository.find_named(r".*\.ya?ml"))
    for reader in (*repository.find_named(_READERS), *workflows):
        text = repository.read_text(reader)
        if name in text:
            for line in _CONTINUED.sub(" ", text).splitlines():
                if not line.lstrip().startswith("#") and word.search(line):
                    yield line
