"""Read the blocks of metadata in scripts (PEP 723): `# /// script`."""

import tomllib

from labcoat.adoption.evidence.source import Skipped, Source
from labcoat.adoption.plan import Wanted
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.uv_sources import script_sources
from labcoat.imports.packages import Code
from labcoat.imports.tree import Tree
from labcoat.locking.requirements_file import requirement_name

_BLOCK = lazy_pattern(r"(?m)^# /// script$\s(?P<content>(?:^#(?:| .*)$\s)+)^# ///$")


def find_scripts(tree: Tree, code: Code) -> list[Source]:
    """Return what the sources with a block ask for, each for itself."""
    found = (_read_script(tree, path) for path in code.scripts)
    return [each for each in found if each.wanted or each.skipped]


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
    sources = script_sources(tree.root, path, content)
    layout: list[Wanted] = []
    skipped: list[Skipped] = []
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, str):
            try:
                layout.append(Wanted(sources.place(each), path, number, "demand"))
            except LabcoatError as error:
                skipped.append(Skipped(each, error.message, requirement_name(each)))
    return Source(path, "script", tuple(layout), skipped=tuple(skipped))
