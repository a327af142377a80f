"""Whether the project itself can be installed, where no input asks for it by name."""

import tempfile
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.sources import build_hooks, build_tools
from labcoat.sources.build_hooks import Tree


def find_fault(project: Project, build_lock: str) -> str:
    """Return why the project itself cannot be installed; empty if it can.

    No input asked for it, and projects that are not packages have a `[build-system]` too.
    """
    tree = Tree(project.root, ".")
    try:
        requires = list(tree.system.requires)
        lock = build_tools.lock_build_tools(project, requires, build_lock)
        hook = "get_requires_for_build_editable"
        if more := build_hooks.call_hook(project, tree, lock, hook):
            lock = build_tools.lock_build_tools(project, [*requires, *map(str, more)], lock)
        with tempfile.TemporaryDirectory(prefix="labcoat-editable-") as folder:
            found = build_hooks.call_hook(project, tree, lock, "build_editable", Path(folder))
    except LabcoatError as error:
        return error.message
    return "" if found else f"its backend `{tree.system.backend}` makes no editable packages"
