"""Read the blocks of metadata in scripts (PEP 723): `# /// script`."""

import tomllib

from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Wanted
from labcoat.core.patterns import lazy_pattern
from labcoat.imports.packages import Code
from labcoat.imports.tree import Tree

_BLOCK = lazy_pattern(r"(?m)^# /// script$\s(?P<content>(?:^#(?:| .*)$\s)+)^# ///$")


def find_scripts(tree: Tree, code: Code) -> list[Source]:
    """Return what the sources with a block ask for, each for itself."""
    found = (_read_script(tree, path) for path in code.scripts)
    return [each for each in found if each.wanted]


def _read_script(tree: Tree, path: str) -> Source:
    text = tree.read_text(path)
    block = _BLOCK.search(text)
    if block is None:
        return Source(path, "script")
    lines = block["content"].splitlines()
    try:
        content = tomllib.loads("\n".join(line[2:] for line in lines))
    except (tomllib.TOMLDecodeError, RecursionError):
        return Source(path, "script")
    listed = content.get("dependencies")
    number = text.count("\n", 0, block.start()) + 1
    layout = tuple(
        Wanted(each, path, number, "demand")
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, str)
    )
    return Source(path, "script", layout)
