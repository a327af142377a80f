"""The scripts of the repository that a Dockerfile starts."""

import re
from collections.abc import Iterator

from labcoat.core.shell_commands import split_commands
from labcoat.lint.repository.repository import Repository


def started_scripts(repository: Repository, script: str) -> Iterator[str]:
    """Yield the shell scripts of the repository that a RUN starts, by their names."""
    for words in split_commands(script):
        shell = re.fullmatch(r"(?:.*/)?(?:ba|da)?sh|\.|source", words[0]) is not None
        named = (word for word in words[1:] if not word.startswith("-")) if shell else words[:1]
        name = next(iter(named), "").rpartition("/")[2].lower()
        found = repository.files_by_name.get(name, []) if name.endswith((".sh", ".bash")) else []
        if len(found) == 1:
            yield found[0]


def read_script(repository: Repository, script: str) -> str:
    """Return a script with the scripts of the repository that it starts."""
    started = map(repository.read_text, started_scripts(repository, script))
    return "\n".join([script, *started])
