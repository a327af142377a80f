"""Forged byte code of an image is named, and whether another release of Python compared it."""

import importlib.util
import marshal
from pathlib import Path

import pytest

from labcoat.container.filesystem.image_byte_code import Compiler
from labcoat.container.filesystem.image_inventory import _find_forged
from labcoat.container.inspect.exported_files import ExportedFile, ExportedFiles
from labcoat.inventory.code_paths.byte_code import CompiledFile
from support import BASE_PYTHON


def exported(data: bytes) -> ExportedFile:
    return ExportedFile("file", 0o644, size=len(data), digest=str(hash(data)), data=data)


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("", "is not what its source compiles to"),
        ("3.11.2", "is not what its source compiles to"),
        (
            "3.11.99",
            "is not what its source compiles to in Python 3.11.99 of this machine; the image has"
            " 3.11.2",
        ),
    ],
)
def test_another_release_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str, expected: str
) -> None:
    """A patch release may compile a source otherwise, so that it matters who compared."""
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path))
    head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
    codes = {name: marshal.dumps(compile(name, "a", "exec")) for name in ("x = 1", "x = 2")}
    files = ExportedFiles({
        "a.py": exported(b"x = 1"),
        "own.pyc": exported(head + codes["x = 1"]),
        "forged.pyc": exported(head + codes["x = 2"]),
    })  # fmt: skip
    compiled = [CompiledFile(name, "a.py", 0) for name in ("own.pyc", "forged.pyc")]
    compilers = iter([Compiler((str(BASE_PYTHON),), "id", release)])
    found = list(_find_forged(files, compiled, compilers, "3.11.2"))
    assert found == [("forged.pyc", expected)]
