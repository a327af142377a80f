"""Whether anything in a repository installs a list of requirements, and with which program."""

import re
from collections.abc import Iterator

from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.lock_of_record import LOCKS
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.req_declared import folders_of

# On a command line of conda, or below `pip:` in its file, where pip takes hashes for all or none.
_CONDA = lazy_pattern(r"\b(?:conda|mamba|micromamba)\b|^\s*-\s+[\"']?-r\s")
_PIP = lazy_pattern(r"\b(?:pip3?|uv)\b")
_NEXT_COMMAND = lazy_pattern(r"&&|\|\|?|;")
# Of a list that no line names.
_CONDA_NAME = lazy_pattern(r"(?i)(?:^|[._-])conda[._-]")
_CONDA_PIN = lazy_pattern(r"(?m)^[\w.-]+=\d[\w.*]*(?:=\w+)?\s*$")  # pip has two signs
_OTHER_LOCKS = (*LOCKS, "flake.lock", "pixi.lock", "conda-lock.yml")
_MAIN = "requirements.txt"


def is_left_behind(repository: Repository, path: str) -> bool:
    """Whether the lock of another tool counts instead of a list that nothing installs."""
    has_lock = any(
        (repository.root / folder / name).is_file()
        for folder in folders_of(path)
        for name in _OTHER_LOCKS
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
    name = path.rpartition("/")[2]
    commands = [
        each
        for line in _lines_with(repository, path)
        for each in _NEXT_COMMAND.split(line)
        if name in each
    ]
    by_pip = any(map(_PIP.search, commands))
    by_conda = any(map(_CONDA.search, commands)) or _CONDA_NAME.search(name)
    return not by_pip and (
        bool(by_conda) or _CONDA_PIN.search(repository.read_text(path)) is not None
    )


def _lines_with(repository: Repository, path: str) -> Iterator[str]:
    """Yield the lines that name a list, wherever it is."""
    word = re.compile(rf"(?<![\w.-]){re.escape(path.rpartition('/')[2])}(?![\w-])")
    return filter(word.search, repository.lines_with_lists)
