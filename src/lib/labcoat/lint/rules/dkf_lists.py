"""The lists of packages that a Dockerfile installs, as the repository has them."""

import posixpath
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress

from labcoat.container.dockerfile.parser import Dockerfile, Instruction, Stage, assigned_variables
from labcoat.core.patterns import lazy_pattern
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.dkf_held import paths_of
from labcoat.locking.requirement_lines import OptionLine

_ALIKE = 0.85  # a letter is missing, twice there or another one
_MOST_NESTED = 5  # lists that name each other
# Whether there is a file, as `[ -f "list.txt" ]` and `test -s list.txt` ask.
_TESTED = lazy_pattern(r"(?:\[|\btest\b|&&|\|\||!)\s{1,4}-[efrs]\s{1,4}[\"']?([^\s\"'\];&|)]+)")


def find_causes(repository: Repository, facts: BuildFacts, files: Iterable[str]) -> tuple[str, ...]:
    """Return the paths of the lists that a build installs; none if one is not in the repository.

    If the build copies one of several with the same name, it is that one. A list that only names
    others stands for those.
    """
    found: list[str] = []
    for file in files:
        paths = paths_of(repository, file)
        copied = [
            each
            for each in paths
            if facts.sends(each) and facts.reaching.get(facts.context_path(each))
        ]
        if not paths:
            return ()
        # `COPY . .` brings lists of the same name in other folders too.
        named = [each for each in copied if facts.context_path(each) == file.lstrip("./")]
        found += named or copied or paths
    return tuple(dict.fromkeys(inner for path in found for inner in expand_lists(repository, path)))


def expand_lists(repository: Repository, path: str, depth: int = 0) -> Iterator[str]:
    """Yield the lists with requirements that installing `path` reads, or itself if it has none."""
    named = [
        posixpath.normpath(posixpath.join(posixpath.dirname(path), each.value))
        for each in repository.read_requirement_lines(path)
        if isinstance(each, OptionLine) and each.option == "--requirement"
    ]
    if not named or depth == _MOST_NESTED or repository.read_requirements(path):
        yield path
    for inner in named if depth < _MOST_NESTED else ():
        yield from expand_lists(repository, inner, depth + 1)


def has_hashes(repository: Repository, file: str) -> bool:
    """Whether a lock of that name in the repository has hashes, which pip and uv then check.

    True for an empty list too, of which nothing is installed.
    """
    if "$" in file or file in ("-", "/dev/stdin") or file.startswith("<("):
        return True  # written during the build
    paths = paths_of(repository, file)
    return any(
        each.has_hashes for path in paths for each in repository.read_requirements(path)
    ) or (bool(paths) and not any(map(repository.read_requirement_lines, paths)))


def find_missing(
    repository: Repository, facts: BuildFacts, files: Sequence[str], sources: Container[str]
) -> str:
    """Return the name of a list that is copied from the context, which has none of that name.

    `sources` are the names of what the Dockerfile copies. A program or you may write it before the
    build, with hashes or without. Empty if the context has one of the lists.
    """
    names = [posixpath.basename(file.strip("\"'")) for file in files]
    missing = bool(names) and all(
        "://" not in file
        and name in sources
        and not any(facts.sends(path) for path in paths_of(repository, file))
        for file, name in zip(files, names, strict=True)
    )
    return names[0] if missing else ""


def is_left_out(  # noqa: PLR0913, PLR0917 - each is needed
    repository: Repository,
    facts: BuildFacts,
    steps: Iterable[Instruction],
    run: Instruction,
    script: str,
    files: Sequence[str],
) -> bool:
    """Whether a RUN installs lists only where they exist, and the build has none of them.

    `script` is what it runs. `steps` are those of its stage: one before may write a list.
    """
    names = {posixpath.basename(file.strip("\"'")) for file in files}
    tested = {posixpath.basename(found) for found in _TESTED.findall(script)}
    return (
        bool(names)
        and names <= tested
        and not any(facts.sends(path) for file in files for path in paths_of(repository, file))
        and not any(
            name in each.rest
            for each in steps
            if each is not run and (each.name == "RUN" or each.flag("from"))
            for name in names
        )
    )


def find_misspelled(
    repository: Repository, before: Sequence[Instruction], file: str
) -> tuple[str, str]:
    """Return the name of a list that no image has, and the copied one that is meant; or nothing.

    No instruction `before` it has the name, nor has a file of the repository.
    """
    name = posixpath.basename(file.strip("\"'"))
    copied = {
        posixpath.basename(word)
        for each in before
        if each.name in ("COPY", "ADD")
        for word in each.words
    }
    if "://" in file or not copied or paths_of(repository, file):
        return "", ""
    if any(name in each.rest for each in before):
        return "", ""
    from difflib import get_close_matches  # most builds have each list that they install

    meant = get_close_matches(name, copied, 1, _ALIKE)
    return (name, meant[0]) if meant else ("", "")


def list_variables(parsed: Dockerfile, stage: Stage, run: Instruction) -> dict[str, str]:
    """Return the variables that a RUN of `stage` gets from instructions before it."""
    chain = [stage]
    while base := parsed.base_stage(chain[-1]):
        chain.append(base)
    values: dict[str, str] = {}
    for each in (each for one in reversed(chain) for each in one.instructions):
        if each is run:
            break
        if each.name in ("ARG", "ENV"):
            with suppress(ValueError):
                values |= assigned_variables(each, values, stage)
    return values
