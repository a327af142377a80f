"""Which objects a package's code loads, and what is wrong with its files."""

from pathlib import Path

import pytest

from labcoat.system.needs import list_packages, read_package
from support.elf_files import AARCH64, X86_64, elf_bytes, write_elf

ABI = ".cpython-311-x86_64-linux-gnu.so"


def install(site: Path, files: dict[str, bytes]) -> None:
    """Put a package `pkg` with these files into a site-packages directory."""
    info = site / "pkg-1.0.dist-info"
    files = {
        **files,
        f"{info.name}/METADATA": b"Name: pkg\nVersion: 1.0\n",
        f"{info.name}/WHEEL": b"Tag: cp311-cp311-manylinux_2_17_x86_64\n",
    }
    for name, data in files.items():
        write_elf(site / name, data)
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in files))


def roots(site: Path) -> dict[str, bool]:
    """Return whether the code of the package loads each of its objects."""
    (package,) = list_packages(str(site), str(site.parent))
    found = read_package(package, (X86_64, 64))
    return {each["path"]: each["is_root"] for each in found["objects"]}


@pytest.mark.parametrize(
    ("source", "is_root"),
    [
        ("", True),
        ("from pkg import fast\n", True),
        ("def load():\n    from . import fast\n", True),
        ("try:\n    from . import fast\nexcept ImportError:\n    fast = None\n", False),
        ("try:\n    from .fast import run as fast_run\nexcept Exception: pass\n", False),
        ("def f():\n  try:\n    import pkg.fast\n  except (KeyError, OSError):\n    pass\n", False),
        ("try:\n    from . import (\n        slow,\n        fast)\nexcept: pass\n", False),
        ("try:\n    from . import fast\nexcept KeyError:\n    pass\n", True),
        ("try:\n    pass\nexcept ImportError:\n    from . import fast\n", True),
        ("try:\n    import fast\nexcept ImportError: pass\nimport pkg.fast\n", True),
        ("try:\n  from . import fast\nexcept ImportError: pass\n\0", True),  # cannot be parsed
    ],
)
def test_a_module_may_be_missing_where_each_import_is_guarded(
    tmp_path: Path, source: str, is_root: bool
) -> None:
    module = elf_bytes(["libgomp.so.1"], symbol="PyInit_fast")
    install(tmp_path / "site", {"pkg/__init__.py": source.encode(), f"pkg/fast{ABI}": module})
    assert roots(tmp_path / "site") == {f"pkg/fast{ABI}": is_root}


def test_a_guard_in_init_counts_more_than_imports_elsewhere(tmp_path: Path) -> None:
    """So pygame works without its mixer, and tests import whatever they test."""
    guarded = b"try:\n    import pkg.fast\nexcept (ImportError, OSError): pass\n"
    module = {f"pkg/fast{ABI}": elf_bytes(["libgomp.so.1"], symbol="PyInit_fast")}
    plain = b"from pkg import fast\n"
    for name, files, is_root in (
        ("init", {"pkg/__init__.py": guarded, "pkg/other.py": plain}, False),
        ("other", {"pkg/first.py": guarded, "pkg/other.py": plain}, True),
        ("tests", {"pkg/first.py": guarded, "pkg/tests/test_fast.py": plain}, False),
    ):
        install(tmp_path / name, {**files, **module})
        assert roots(tmp_path / name) == {f"pkg/fast{ABI}": is_root}, name


def test_libraries_count_if_code_names_them_and_modules_if_they_can_be_imported(
    tmp_path: Path,
) -> None:
    foreign = elf_bytes(["libgomp.so.1"])
    install(
        tmp_path / "site",
        {
            "pkg/basic.py": b"import ctypes\nctypes.CDLL(here / 'lib_named.so')\n",
            "pkg/lib_named.so": foreign,
            "pkg/paths.py": b"path = here / 'lib_path.so'\n",
            "pkg/loads.py": b"import ctypes\nfrom .paths import path\nctypes.CDLL(path)\n",
            "pkg/lib_path.so": foreign,
            "pkg/backend.py": b"plugin = here / 'lib_compiler.so'\n",
            "pkg/lib_compiler.so": foreign,
            "pkg/lib_name.so": foreign,
            "pkg/plugins/libplug.so": foreign,
            "pkg/fast.so": elf_bytes(["libgomp.so.1"], symbol="PyInit_fast"),
            "pkg/not-a-package/fast.so": elf_bytes(["libgomp.so.1"], symbol="PyInit_fast"),
            "pkg/text.so": b"no object",
        },
    )
    assert roots(tmp_path / "site") == {
        "pkg/lib_named.so": True,
        "pkg/lib_path.so": True,
        "pkg/lib_compiler.so": False,
        "pkg/lib_name.so": False,
        "pkg/plugins/libplug.so": False,
        "pkg/fast.so": True,
        "pkg/not-a-package/fast.so": False,
    }


def test_damage_is_named_and_other_machines_matter_for_modules_only(tmp_path: Path) -> None:
    """Debuggers ship objects for several machines, and load the one that fits."""
    site = tmp_path / "site"
    install(
        site,
        {
            "pkg/cut.so": elf_bytes(["libc.so.6"])[:100],
            f"pkg/other{ABI}": elf_bytes(machine=AARCH64),
            "pkg/attach_arm.so": elf_bytes(machine=AARCH64),
            "pkg/fine.so": elf_bytes(["libc.so.6"]),
        },
    )
    record = site / "pkg-1.0.dist-info/RECORD"
    record.write_text(record.read_text() + "../../../etc/shadow.so,,\npkg/gone.so,,\n")
    (package,) = list_packages(str(site), str(site))
    found = read_package(package, (X86_64, 64))
    assert [each["path"] for each in found["objects"]] == ["pkg/fine.so"]
    assert found["damaged"] == {
        "pkg/cut.so": "is damaged: it is truncated",
        f"pkg/other{ABI}": "is for another kind of machine",
    }
    assert (found["name"], found["version"]) == ("pkg", "1.0")


def test_without_packages_nothing_is_listed(tmp_path: Path) -> None:
    assert list(list_packages(str(tmp_path / "missing"), str(tmp_path))) == []
