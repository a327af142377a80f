"""What setup.py computes, which labcoat does not run."""

import re

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.project_files.reader import read_declared
from labcoat.imports.tree import Tree

_PLACES = (r"^[^#\n]*\binstall_requires\b", r"^[^#\n]*\bsetup\s*\(", "")


def find_computed(project: Project, tree: Tree) -> list[str]:
    """Return a sentence about the dependencies that the project's setup.py computes, if it does.

    The line is the one of `install_requires`, or of the call that has it by a variable.
    """
    try:
        listing = read_declared(project.root).dependencies
    except LabcoatError:
        return []
    if listing is None or not listing.computed:
        return []
    name = listing.source.name
    text = tree.read_text(name)
    found = next(hit for place in _PLACES if (hit := re.search(place, text, re.MULTILINE)))
    line = text.count("\n", 0, found.end()) + 1
    return [
        f"`{name}:{line}` computes install_requires, and labcoat does not run it: see that"
        " requirements.in has what it asks for"
    ]
