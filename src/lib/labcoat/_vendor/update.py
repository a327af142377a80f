"""Replace the copied libraries by what vendor.txt pins.

Run `python3 src/lib/labcoat/_vendor/update.py`.

pip downloads each wheel and checks its hash. Modules that labcoat does not import are left out.
Change the version and the hash in vendor.txt first; the hashes are in requirements-dev.txt
and toolchain/tools.txt.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

VENDOR = Path(__file__).parent
PINS = VENDOR / "vendor.txt"
# Modules for builders and index clients, which nothing that labcoat imports needs.
UNUSED = (
    "packaging/dependency_groups.py",
    "packaging/direct_url.py",
    "packaging/licenses/",
    "packaging/metadata.py",
    "packaging/pylock.py",
    # PyYAML's parser in C, which a copy cannot have.
    "_yaml/",
    "yaml/_yaml",
    "yaml/cyaml.py",
)
# PyYAML's wheels are for one Python and one system; what is copied is the same in all of them.
WHEELS = ("--python-version", "3.11", "--platform", "manylinux2014_x86_64")


def update_libraries() -> None:
    """Download the pinned wheels and unpack them, with their licences, beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", *WHEELS, "--dest", folder]
        subprocess.run([*command, "-r", str(PINS)], check=True)
        for wheel in sorted(Path(folder).glob("*.whl")):
            name = wheel.name.partition("-")[0]
            _unpack_wheel(wheel, VENDOR / name.removeprefix("py"))


def _unpack_wheel(wheel: Path, target: Path) -> None:
    """Replace the folder `target` by the library in `wheel`."""
    shutil.rmtree(target, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            path = _target_path(name, target)
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(name))


def _target_path(name: str, target: Path) -> Path | None:
    """Return where a member of a wheel belongs: only the library's files and its licences do."""
    if name.startswith(UNUSED) or name.endswith("/"):
        return None
    if name.startswith(f"{target.name}/"):
        return VENDOR / name
    _, found, licence = name.partition(".dist-info/licenses/")
    return target / licence if found else None


if __name__ == "__main__":
    update_libraries()
