"""Which of a repository's lists of packages to take whole, and why."""

from collections.abc import Iterable, Iterator, Sequence

from labcoat.adoption.evidence.requirement_lists import is_other
from labcoat.adoption.evidence.source import Source
from labcoat.adoption.pins.lines import address_name
from labcoat.core.path_roles import is_aside
from labcoat.locking.requirements_file import requirement_names


def choose_sources(
    declared: Source | None,
    lists: Sequence[Source],
    others: Sequence[Source],
    *,
    is_installed: bool,
) -> tuple[list[Source], str]:
    """Return the sources to take whole, and why; `others` are in order of preference.

    The project itself `is_installed` with what its own file declares.
    """
    nested = [each for each in lists if not each.dev and not is_other(each.file)]
    root = own_lists(lists)
    if declared is not None and declared.format == "lock":
        return [declared], "the lock has all versions"
    if declared is not None:
        asks_itself = not is_installed and any(map(_asks_itself, root[:1]))
        if root and (asks_itself or not names_of(root[:1]) <= names_of([declared])):
            both = [each for each in (declared, root[0]) if each.wanted]
            return both, f"{root[0].file} lists more than {declared.file}"
        return [declared], "it declares the project's dependencies"
    for group, reason in _groups(root, nested, lists, others):
        if group:
            return group[:1], reason
    if nested:
        return [], "several folders have lists of their own"
    return [], "no file lists packages"


def _asks_itself(source: Source) -> bool:
    """Whether a list installs the repository's own package."""
    return any(each.kind == "own" for each in source.wanted)


def own_lists(lists: Sequence[Source]) -> list[Source]:
    """Return the lists of the whole repository, for running it on any machine."""
    mine = [each for each in lists if is_own_list(each)]
    return [each for each in mine if not each.dev and not is_other(each.file)]


def _groups(
    root: list[Source], nested: list[Source], lists: Sequence[Source], others: Sequence[Source]
) -> Iterator[tuple[list[Source], str]]:
    """Yield sources of which one can be taken, the best first, with the reason for it."""
    own = [each for each in others if each.wanted and not each.dev and is_own_list(each)]
    formats = [each for each in own if each.format != "commands"]
    built = [each for each in own if each.format == "commands" and each.python]
    yield root, "it is the project's list"
    yield formats, "it is the project's list"
    deeper = [each for each in others if _is_of_a_folder(each)]
    is_one = len({_folder(each) for each in (*nested, *deeper)}) == 1
    is_alone = len(nested) == 1
    reason = "it is the only list" if is_alone else "its folder is the only one with lists"
    yield nested if is_one else [], reason
    yield [each for each in lists if is_own_list(each) and not each.dev], "it is the only list"
    yield deeper if is_one and not nested else [], "it is the only list"
    yield built, "it installs the packages"


def _is_of_a_folder(source: Source) -> bool:
    """Whether a file lists what a folder needs to run; a setup.py may be a copied library's."""
    name = source.file.rpartition("/")[2]
    if source.dev or source.format == "commands" or name in {"setup.py", "setup.cfg"}:
        return False
    return bool(source.wanted) and not is_aside(source.file)


def _folder(source: Source) -> str:
    return source.file.rpartition("/")[0]


def is_own_list(source: Source) -> bool:
    """Whether a file is the whole repository's: at its top, or in a folder of requirements."""
    folder = _folder(source).lower()
    return folder in {"", "requirements", "requirement", "reqs", "deps", "conda", "envs", "docker"}


def names_of(sources: Iterable[Source]) -> set[str]:
    """Return the names of all packages that `sources` ask for.

    What has an address and no name is named after the last part of that.
    """
    return {
        name
        for source in sources
        for each in source.wanted
        for name in requirement_names(each.requirement) or _name_address(each.requirement)
    }


def _name_address(requirement: str) -> set[str]:
    return {address_name(requirement)} - {""} if "://" in requirement else set()
