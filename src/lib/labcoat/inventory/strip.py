"""The files of packages that no program needs to run; LABCOAT_STRIP removes them from an image.

Byte code is one kind: Python writes it again, to the home directory that stays between runs. The
Dockerfile removes the same files with `find`; tests/inventory/test_strip.py compares the two.
"""

from collections.abc import Collection

from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project

KINDS = ("tests", "headers", "bytecode")
# These packages compile against their own headers at run time.
_COMPILING_PACKAGES = lazy_pattern(r"cupy.*|numba.*|nvidia|triton")
_CODE_ENDINGS = (".py", ".so")


def strip_parts(project: Project) -> tuple[str, ...]:
    """Return the kinds in LABCOAT_STRIP, in the order of KINDS. Raise LabcoatError if unknown."""
    words = project["STRIP"].replace(",", " ").split()
    if unknown := [word for word in words if word not in KINDS]:
        raise LabcoatError(
            f"unknown kind of files in LABCOAT_STRIP: `{unknown[0]}`",
            f"Use {', '.join(KINDS)}, separated by spaces",
        )
    return tuple(kind for kind in KINDS if kind in words)


def is_stripped(path: str, kinds: Collection[str]) -> bool:
    """Return whether the file `path` in site-packages is of one of these `kinds`."""
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
        and not _COMPILING_PACKAGES.fullmatch(folders[0])
        and not name.endswith(_CODE_ENDINGS)
    )
