"""What an image may leave out of packages, where LABCOAT_STRIP asks for it: files that no program needs in order to run.

Byte code is one of them: Python makes it anew, in the home that stays between runs.

The Dockerfile removes them by the same rules, in the words of `find`; tests/levels/test_docker.py holds the two equal.
"""

import re
from collections.abc import Collection

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

KINDS = ("tests", "headers", "bytecode")
# They compile against their own headers while they run.
_COMPILING = re.compile(r"cupy.*|numba.*|nvidia|triton")
_CODE = (".py", ".so")


def strip_parts(project: Project) -> tuple[str, ...]:
    """What LABCOAT_STRIP names, in one order. Raises Failure on something else."""
    words = project["STRIP"].replace(",", " ").split()
    if unknown := [word for word in words if word not in KINDS]:
        raise LabcoatError(
            f"LABCOAT_STRIP cannot leave out {unknown[0]!r}.",
            f"It takes {', '.join(KINDS)}, parted by spaces.",
        )
    return tuple(kind for kind in KINDS if kind in words)


def is_stripped(path: str, kinds: Collection[str]) -> bool:
    """Whether the file `path` of site-packages is of one of these kinds."""
    *folders, name = path.split("/")
    if not folders or any(folder.endswith(".dist-info") for folder in folders):
        return False
    if "bytecode" in kinds and "__pycache__" in folders:
        return True
    if "tests" in kinds and "tests" in folders[1:]:
        return True
    return (
        "headers" in kinds
        and "include" in folders[1:]
        and not _COMPILING.fullmatch(folders[0])
        and not name.endswith(_CODE)
    )
