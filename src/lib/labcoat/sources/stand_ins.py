"""Empty wheels that stand for sources while a lock is resolved.

Releases may need a package that is a source: a fork of it, or a local one. The lockers have to
check that its version fits, and must not take it from the index.
"""

from collections.abc import Mapping
from pathlib import Path


def write_stand_ins(versions: Mapping[str, str], folder: Path) -> None:
    """Write an empty wheel for each name and version in `versions` into the new `folder`."""
    import zipfile

    folder.mkdir(parents=True)
    for name, version in versions.items():
        stem = f"{name.replace('-', '_')}-{version}"
        info = f"{stem}.dist-info"
        with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            )
            wheel.writestr(
                f"{info}/WHEEL",
                "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            )
            wheel.writestr(f"{info}/RECORD", "")


def remove_stand_ins(lock: str, names: Mapping[str, str]) -> str:
    """Return the text of a lock without the pins of `names`."""
    lines = []
    keeps = True
    for line in lock.splitlines(keepends=True):
        if not line.startswith((" ", "#")):
            keeps = line.partition("==")[0].strip() not in names
        if keeps:
            lines.append(line)
    return "".join(lines)
