"""Trees that exist only as lists of paths, walked as a builder walks folders."""

from collections.abc import Iterable, Iterator

from labcoat.container.dockerignore.matcher import Matcher, ParentMatches, Semantics
from labcoat.container.dockerignore.parser import parse_ignore_file

Tree = dict[str, "Tree | None"]  # folders are dictionaries, files None


def tree_of(paths: Iterable[str]) -> Tree:
    """Return the tree of `paths`, each a file."""
    tree: Tree = {}
    for path in paths:
        *folders, name = path.split("/")
        here = tree
        for folder in folders:
            inner = here.setdefault(folder, {})
            assert inner is not None, f"{path} is below a file"
            here = inner
        here[name] = None
    return tree


def sent(
    ignore: bytes, paths: Iterable[str], semantics: Semantics = Semantics.BUILDKIT
) -> set[str]:
    """Return those of `paths` that a build with the ignore file's bytes `ignore` is sent."""
    matcher = Matcher(parse_ignore_file(ignore, semantics), semantics)
    return set(_walk(matcher, tree_of(paths)))


def _walk(
    matcher: Matcher, tree: Tree, folder: str = "", matches: ParentMatches = ()
) -> Iterator[str]:
    prefix = f"{folder}/" if folder else ""
    files = [prefix + name for name, inner in tree.items() if inner is None]
    yield from matcher.filter_files(files, matches)
    for name, inner in tree.items():
        if inner is not None and (result := matcher.match_folder(prefix + name, matches)).walked:
            yield from _walk(matcher, inner, prefix + name, result.matches)
