"""Lists of the operating system's packages, as Binder, Heroku and Streamlit read them."""

import re

from labcoat.adoption.evidence.source import Source
from labcoat.imports.tree import Tree

NAMES = ("apt.txt", "packages.txt", "aptfile", "apt-packages.txt")


def find_system_lists(tree: Tree) -> list[Source]:
    """Return what each list names; it is for a Dockerfile or the machine's administrator."""
    found = []
    for path in tree.named(*NAMES):
        words = re.findall(r"(?m)^[ \t]*([a-z0-9][a-z0-9+.-]+)", tree.read_text(path))
        found.append(Source(path, "system", system=tuple(dict.fromkeys(words))))
    return [each for each in found if each.system and "/" not in each.file]
