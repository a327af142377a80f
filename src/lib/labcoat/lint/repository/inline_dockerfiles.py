"""Dockerfiles that stand in compose files and bake files."""

import posixpath
import textwrap
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path

from labcoat.container.dockerfile.parser import Dockerfile, DockerfileError, parse_dockerfile
from labcoat.core.patterns import lazy_pattern
from labcoat.lint.repository.bake_files import BAKE
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.compose_files import COMPOSE
from labcoat.lint.repository.repository import Repository

# As YAML writes texts of several lines, and HCL.
_IN_YAML = lazy_pattern(
    r"(?m)^(?P<indent>[ \t-]*)[\"']?dockerfile_inline[\"']?:[ \t]*[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?\n"
)
_IN_HCL = lazy_pattern(r"(?m)^[ \t]*dockerfile-inline[ \t]*=[ \t]*<<-?[ \t]*(?P<end>\w+)[ \t]*\n")
_MOST = 50  # of one file


class InlineFacts(BuildFacts):
    """The facts of a Dockerfile in another file, which `dockerfile` is; its lines are of that.

    What it copies is unknown.
    """

    def __init__(self, root: Path, file: str, text: str) -> None:
        super().__init__(root, file, posixpath.dirname(file))
        self._text = text

    @cached_property
    def parsed(self) -> Dockerfile | DockerfileError:
        """The parsed Dockerfile, or why it cannot be read."""
        try:
            return parse_dockerfile(self._text)
        except DockerfileError as error:
            return error


def find_inline(repository: Repository) -> Iterator[InlineFacts]:
    """Yield the Dockerfiles in the repository's compose files and bake files."""
    for path in repository.find_named(f"{COMPOSE}|{BAKE}"):
        text = repository.read_text(path).replace("\r\n", "\n")
        for start, inside in _find_texts(text):
            written = textwrap.dedent(inside)
            if path.endswith(("yml", "yaml")):
                written = written.replace("$$", "$")  # compose replaces what has one
            lines = "\n" * text.count("\n", 0, start)
            yield InlineFacts(repository.root, path, lines + written)


def _find_texts(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each text begins, and its lines."""
    for found in islice(_IN_YAML.finditer(text), _MOST):
        depth, end = len(found["indent"]), found.end()
        while end < len(text):
            stop = text.find("\n", end) + 1 or len(text)
            line = text[end:stop]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= depth:
                break
            end = stop
        yield found.end(), text[found.end() : end]
    for found in islice(_IN_HCL.finditer(text), _MOST):
        lines: list[str] = []
        for line in text[found.end() :].splitlines(keepends=True):
            if line.strip() == found["end"]:
                yield found.end(), "".join(lines)
                break
            lines.append(line)
