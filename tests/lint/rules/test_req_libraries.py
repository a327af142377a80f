"""REQ006: libraries that the image lacks, told from what is remembered."""

import json
import platform
from pathlib import Path

import pytest

from labcoat.core.project import Project
from labcoat.levels import image_libraries
from labcoat.lint.findings import Finding, Severity
from labcoat.lint.fixes import apply_fixes
from labcoat.lint.runner import Selection, check_repository
from labcoat.locking.requirements_file import Pin
from labcoat.system import memory
from labcoat.system.records import ObjectNeeds, PackageNeeds
from support.elf_files import elf_bytes, write_elf
from support.repositories import repository
from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    BASE,
    LOCK,
    Case,
    test_near_miss,
    test_rule,
)

HEADED = f"# labcoat-inputs: sha256:{'a' * 64}\n{LOCK}"
SELECTED = Selection(("REQ006",))
CASES = [
    Case("REQ006", {"requirements.txt": HEADED, "Dockerfile": BASE}, {"requirements.txt": HEADED})
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a Dockerfile, whose lock has numpy, and a cache of its own."""
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path / "cache"))
    return repository(
        tmp_path / "r",
        {"requirements.txt": HEADED, "Dockerfile": BASE, ".gitignore": ".labcoat\n.venv\n"},
    )


def remember(*needed: str) -> None:
    """Remember that numpy of the lock needs these libraries."""
    tags = [f"cp3{minor}-cp3{minor}-manylinux_2_17_{platform.machine()}" for minor in range(8, 17)]
    one = ObjectNeeds("numpy/core.so", "", needed, (), (), {}, is_root=True)
    pin = Pin("numpy", "2.0.0", "", frozenset({"b" * 64}))
    memory.remember_packages([PackageNeeds("numpy", "2.0.0", tags, [one], {})], [pin])


def keep_image(root: Path, *libraries: str, suite: str = "bookworm") -> None:
    """Note what the last image of the project had."""
    document = {
        "format": 1,
        "image": "sha256:1",
        "dockerfile": image_libraries.digest_dockerfile(Project.at(root, {})),
        "suite": suite,
        "libraries": libraries,
        "missing": [],
    }
    path = root / ".labcoat/libraries.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document))


def found(root: Path) -> list[Finding]:
    return check_repository(root, SELECTED).findings


def test_what_is_remembered_of_wheel_and_image_is_compared(root: Path) -> None:
    remember("libc.so.6", "libgomp.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0")
    (note,) = found(root)
    assert note.severity is Severity.NOTE
    assert "what the image has is not known yet: libglib-2.0.so.0 (numpy)" in note.message
    keep_image(root, "libc.so.6", "libgomp.so.1")
    (finding,) = found(root)
    assert finding.line == 2
    assert finding.message == (
        "`numpy` needs `libglib-2.0.so.0`, `libgthread-2.0.so.0`, which the image lacks:"
        " an import fails there"
    )
    assert finding.hint == "Add the line `libglib2.0-0` to apt.txt, then run `make docker`"
    assert apply_fixes(root, SELECTED).done == ("apt.txt: added the line libglib2.0-0",)
    assert (root / "apt.txt").read_text() == "libglib2.0-0\n"
    assert found(root) == []
    (root / "apt.txt").unlink()
    write_elf(root / "binder/apt.txt", b"# for numpy\nlibglib2.0-0=2.74  # libgthread\n")
    assert found(root) == []
    (root / "Dockerfile").write_text(f"{BASE}USER 1\n")
    (note,) = found(root)
    assert note.severity is Severity.NOTE


def test_an_image_that_is_not_debian_gets_no_package(root: Path) -> None:
    remember("libgomp.so.1", "libcuda.so.1")
    keep_image(root, suite="")
    (finding,) = found(root)
    assert "`libgomp.so.1`" in finding.message
    assert finding.hint == "Install it in the Dockerfile"
    assert finding.fix is None


@pytest.mark.parametrize("needed", [(), ("libc.so.6", "libz.so.1", "libstdc++.so.6")])
def test_nothing_is_said_of_what_every_system_has(root: Path, needed: tuple[str, ...]) -> None:
    remember(*needed)
    assert found(root) == []


def test_needs_are_read_from_the_environment(root: Path) -> None:
    """And remembered: without the environment they are known too."""
    venv = root / ".venv"
    site = venv / "lib/python3.11/site-packages"
    info = site / "numpy-2.0.0.dist-info"
    tag = f"py3-none-manylinux_2_17_{platform.machine()}"
    files = {
        venv / "pyvenv.cfg": b"",
        venv / "bin/python": elf_bytes(),
        site / "numpy/core.so": elf_bytes(["libgomp.so.1"], symbol="PyInit_core"),
        info / "METADATA": b"Name: numpy\nVersion: 2.0.0\n",
        info / "WHEEL": f"Tag: {tag}\n".encode(),
        info / "RECORD": b"numpy/core.so,,\n",
    }
    for path, data in files.items():
        write_elf(path, data)
    assert "libgomp.so.1 (numpy)" in found(root)[0].message
    (venv / "pyvenv.cfg").unlink()
    assert "libgomp.so.1 (numpy)" in found(root)[0].message
    for kept in (root.parent / "cache/system").iterdir():
        kept.write_text("{")
    assert "is not known yet" in found(root)[0].message
