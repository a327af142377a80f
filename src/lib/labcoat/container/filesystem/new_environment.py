"""The files of a new environment in an image, made from the base's own module venv.

They contain the environment's path, so that they are compared with the templates that the base's
standard library has: https://docs.python.org/3/library/venv.html.
"""

import re
from collections.abc import Iterator

from labcoat.container.filesystem.image_python import ImagePython
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.core.patterns import lazy_pattern

_VARIABLE = re.compile(rb"__VENV_(DIR|NAME|PROMPT|BIN_NAME|PYTHON)__")
# venv of Python 3.13 writes it; git reads it and no interpreter does.
_IGNORE = lazy_pattern(rb"#[^\n]*\n\*\n")


def is_own_file(
    files: ExportedFiles, base: ExportedFiles | None, python: ImagePython, path: str
) -> bool | None:
    """Return whether `path`, in the environment, is what venv writes; None if it writes no such.

    Without the `base`, files with the names of venv's templates count as venv's.
    """
    if path == "pyvenv.cfg":
        return True  # image_python.judge_start compares each line
    try:
        data = files.read(f"{python.prefix}/{path}")
    except OSError:
        return None
    folder, _, name = path.rpartition("/")
    if not folder and (not data or name == ".gitignore"):
        # A lock of uv's: nothing is in it, and it is on no search path.
        return not data or bool(_IGNORE.fullmatch(data))
    if folder != "bin" or base is None:
        return True if folder == "bin" and name.lower().startswith("activate") else None
    found = [*_templates(base, python, name)]
    return any(_matches(text, data, python.prefix) for text in found) if found else None


def _templates(base: ExportedFiles, python: ImagePython, name: str) -> Iterator[bytes]:
    for folder in ("common", "posix"):
        one = base.find(f"{python.library}/venv/scripts/{folder}/{name}")
        if one and one.data is not None:
            yield one.data


def _matches(template: bytes, data: bytes, prefix: str) -> bool:
    """Return whether `data` is `template` with the values that venv gives to its variables.

    Releases quote them differently.
    """
    full = re.escape(f"/{prefix}".encode())
    name = re.escape(prefix.rpartition("/")[2].encode())
    values = {
        b"DIR": full,
        b"NAME": name,
        b"PROMPT": rb"\(?" + name + rb"\)? ?",
        b"BIN_NAME": b"bin",
        b"PYTHON": full + rb"/bin/python[\d.]*",
    }
    pattern, last = b"", 0
    for found in _VARIABLE.finditer(template):
        quoted = rb"(['\"]?)" + values[found[1]] + rb"(['\"]?)"
        pattern += re.escape(template[last : found.start()]) + quoted
        last = found.end()
    return re.fullmatch(pattern + re.escape(template[last:]), data) is not None
