"""Trees that exist only as lists of paths, walked as a builder walks folders."""

from collections.abc import Iterable, Iterator

from labcoat.container.dockerignore.matcher import Matcher, ParentMatches, Semantics
from labcoat.container.dockerignore.parser import parse_ignore_file

Tree = dict[str, "Tree | None"]


def tree_of(paths: Iterable[str]) -> Tree:
    """Folders as dictionaries, files as None."""
    tree: Tree = {}
    for path in paths:
        *folders, name = path.split("/")
        here = tree
        for folder in folders:
            inner = here.setdefault(folder, {})
            assert inner is not None, f"{path} lies below a file"
            here = inner
        here[name] = None
    return tree


def sent(
    ignore: bytes, paths: Iterable[str], semantics: Semantics = Semantics.BUILDKIT
) -> set[str]:
    """Those of `paths` that a build with this ignore file is sent."""
    return set(_walk(Matcher(parse_ignore_file(ignore, semantics), semantics), tree_of(paths)))


def _walk(
    matcher: Matcher, tree: Tree, folder: str = "", matches: ParentMatches = ()
) -> Iterator[str]:
    prefix = f"{folder}/" if folder else ""
    yield from matcher.filter_files(
        [prefix + name for name, inner in tree.items() if inner is None], matches
    )
    for name, inner in tree.items():
        if inner is not None and (result := matcher.match_folder(prefix + name, matches)).walked:
            yield from _walk(matcher, inner, prefix + name, result.matches)
