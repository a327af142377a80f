"""Modules that an environment has, lacks, or may define when its packages are imported."""

import os
import time
from pathlib import Path

import pytest

from labcoat.imports import module_files
from labcoat.imports.module_files import ModuleFiles

# What packages do so that `import a.b` works without a file of that name.
DEFINES = {
    "a name in the package": {"a/__init__.py": "from a.core import b"},
    "sys.modules in another module": {
        "a/__init__.py": "",
        "a/compat.py": "import sys\nsys.modules[__name__.replace('compat', 'b')] = None",
    },
    "a list of names": {
        "a/__init__.py": "from a.compat import add",
        "a/compat.py": "for name in ('b', 'c'): sys.modules.setdefault('a.' + name, x)",
    },
    "an importer": {
        "a/__init__.py": "from a import build",
        "a/build.py": "import sys\nsys.meta_path.append(Loader())",
    },
    "another package's importer": {
        "a/__init__.py": "from x import ExtensionImporter\nExtensionImporter().install()"
    },
    "a folder of another package": {
        "a/__init__.py": "__path__.append(directory)",
        "x/b/__init__.py": "",
        "x-1.dist-info/RECORD": "x/__init__.py,,\nx/b/__init__.py,,\n",
    },
    "a compiled module": {"a/__init__.py": "", "a/native.abi3.so": "PyInit\0a.b\0"},
    "a module alone": {"a.py": "from x import *"},
    "a compiled module alone": {"a.cpython-311-x86_64-linux-gnu.so": ""},
    "a compiled module beside its stubs": {
        "a.cpython-311-x86_64-linux-gnu.so": "",
        "a/__init__.pyi": "",
    },
    "a namespace's other folder": {"a/c.py": "", "more.pth": "more", "more/a/b.py": ""},
    "byte code": {"a/__init__.py": "", "a/b.pyc": ""},
}
# What looks like it and does not help `import a.b`.
LACKS = {
    "nothing": {"a/__init__.py": ""},
    "__getattr__": {"a/__init__.py": "def __getattr__(name): ...\nlazy = 1"},
    "a longer name": {"a/__init__.py": "import sys\nsys.modules['a.bc'] = sys.modules[__name__]"},
    "a part of a name in an importer": {
        "a/__init__.py": "import a.c",
        "a/c.py": "meta_path = x",
    },
    "a trick with files, none of which is it": {
        "a/__init__.py": "__path__.append(directory)",
        "x-1.dist-info/RECORD": "x/bc/__init__.py,,\nb-1.dist-info/METADATA,,\n",
    },
    "tests of importers": {
        "a/__init__.py": "",
        "a/tests/t.py": "import sys\nsys.meta_path.insert(0, x)",
    },
}


def layout(folder: Path, files: dict[str, str]) -> ModuleFiles:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return ModuleFiles(folder)


@pytest.mark.parametrize("files", DEFINES.values(), ids=DEFINES)
def test_what_may_be_defined_is_not_missing(tmp_path: Path, files: dict[str, str]) -> None:
    assert layout(tmp_path, files).find_missing("a.b") == ""


@pytest.mark.parametrize("files", LACKS.values(), ids=LACKS)
def test_what_no_code_can_define_is_missing(tmp_path: Path, files: dict[str, str]) -> None:
    assert layout(tmp_path, files).find_missing("a.b.c") == "a.b"


def test_a_module_in_a_file_of_a_package(tmp_path: Path) -> None:
    """It is no package, so that nothing can be imported below it."""
    files = layout(tmp_path, {"a/__init__.py": "", "a/b.py": "import os"})
    assert files.find_missing("a.b.c") == "a.b.c"
    (tmp_path / "a/b.py").write_text("__path__ = []\nc = 1")
    assert files.find_missing("a.b.c") == ""
    (tmp_path / "a/b.py").write_text("def __getattr__(name): ...")
    assert files.find_missing("a.b.c") == ""


HOSTILE = {
    "imports of sys": (b"b ", b"sys import "),
    "what an importer is added to": (b"", b"sys.meta_path["),
    "a word": (b"b ", b"a"),
}


@pytest.mark.parametrize(("start", "part"), HOSTILE.values(), ids=HOSTILE)
def test_a_long_line_takes_no_time(tmp_path: Path, start: bytes, part: bytes) -> None:
    files = layout(tmp_path, {"a/__init__.py": "", "a/c.py": ""})
    (tmp_path / "a/c.py").write_bytes(start + part * ((1 << 20) // len(part) - 1))
    before = time.process_time()
    assert files.find_missing("a.b") == "a.b"
    assert time.process_time() - before < 5


def test_a_package_too_large_to_tell_may_define_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = layout(tmp_path, {"a/__init__.py": "import os\n"})
    assert files.find_missing("a.b") == "a.b"
    monkeypatch.setattr(module_files, "_MOST_SEARCHED", 5)
    assert files.find_missing("a.b") == ""


def test_a_pipe_in_an_environment_is_no_source(tmp_path: Path) -> None:
    for name in ("a/__init__.py", "a/c.py", "a/native.so"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        os.mkfifo(tmp_path / name)
    os.mkfifo(tmp_path / "more.pth")
    assert ModuleFiles(tmp_path).find_missing("a.b") == "a.b"


def test_an_installer_may_make_links(tmp_path: Path) -> None:
    files = layout(tmp_path, {"a/__init__.py": "", "cache.py": "b = 1"})
    assert files.find_missing("a.b") == "a.b"
    (tmp_path / "a/__init__.py").unlink()
    (tmp_path / "a/__init__.py").symlink_to(tmp_path / "cache.py")
    assert files.find_missing("a.b") == ""
