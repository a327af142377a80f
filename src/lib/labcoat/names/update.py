"""Renew the tables of names from the sources that sources.txt pins.

Run `python3 src/lib/labcoat/names/update.py CLONE`, where CLONE is a git clone of parselmouth.

`modules.json` has the package that provides a module of another name: from conda-forge's recipes
(as conda-pypi ships them) where they agree, else from pipreqs. A module that has the name of a
known package is left out. `conda.json` has conda's packages that PyPI calls differently, and those
that PyPI has not: from parselmouth.
"""

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from labcoat.core.patterns import lazy_pattern

NAMES = Path(__file__).parent
PINS = NAMES / "sources.txt"
_COMMIT = lazy_pattern(r"^# parselmouth ([0-9a-f]{40})$", re.MULTILINE)
_CHANNELS = ("conda-forge", "pytorch")
# Families of conda packages that are no modules; conda.json has the pattern instead of each name,
# and the names of those that are packages of PyPI all the same.
_FAMILIES = (
    r"^(?:r|perl|xorg|ros|bioconductor|gst|rb|lua|qt|php|ghc|m2w64|vs|vc)\d*-|^lib|^_|-with-"
    r"|-(?:dev|devel|tests|src|static|ng|cpp|rust|mutex)$|gcc|clang|cuda|linux|osx|win-"
)


def update_names(clone: Path) -> None:
    """Write both tables, and the licences of their sources, beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", "--dest", folder, "-r", str(PINS)]
        subprocess.run(command, check=True)
        wheels = {path.name.partition("-")[0]: path for path in Path(folder).glob("*.whl")}
        recipes = json.loads(_read_member(wheels["conda_pypi"], "grayskull_pypi_mapping.json"))
        lines = _read_member(wheels["pipreqs"], "pipreqs/mapping").splitlines()
        for name, wheel in wheels.items():
            _write(f"LICENSE.{name}", _read_member(wheel, "/LICENSE"))
    listed = dict(line.strip().split(":", 1) for line in lines if ":" in line)
    commit = _COMMIT.findall(PINS.read_text(encoding="utf-8"))[0]
    tables = [
        json.loads(_read_blob(clone, commit, f"files/v0/{channel}/compressed_mapping.json"))
        for channel in _CHANNELS
    ]
    known = {
        normalize(name) for table in tables for names in table.values() for name in names or ()
    }
    found = _module_names(recipes.values(), listed)
    renamed = {module: name for module, name in found.items() if normalize(module) not in known}
    _write("modules.json", _format(renamed))
    _write("conda.json", _format(_conda_names(tables)))
    _write("LICENSE.parselmouth", _read_blob(clone, commit, "LICENSE"))


def _module_names(
    recipes: Iterable[Mapping[str, str]], listed: Mapping[str, str]
) -> dict[str, str]:
    """Return the package of each module that has another name."""
    known: dict[str, set[str]] = {}
    for each in recipes:
        if each.get("import_name"):
            known.setdefault(each["import_name"], set()).add(normalize(each["pypi_name"]))
    found: dict[str, str] = {}
    for module in sorted({*known, *listed}):
        packages = known.get(module, set())
        other = normalize(listed.get(module, ""))
        if normalize(module) in packages:
            continue
        chosen = other if other in packages or not packages else min(packages, key=_rank)
        if chosen and chosen != normalize(module):
            found[module] = chosen
    return found


def _rank(name: str) -> tuple[bool, int, str]:
    """Sort names that are digests last, and shorter ones first."""
    return re.fullmatch("[0-9a-f]{40,}", name) is not None, len(name), name


def _conda_names(tables: Iterable[Mapping[str, list[str] | None]]) -> dict[str, object]:
    renamed: dict[str, str] = {}
    without: set[str] = set()
    same: set[str] = set()
    for table in tables:
        for name, packages in table.items():
            is_family = re.search(_FAMILIES, name) is not None
            if not packages:
                without |= set() if is_family else {name}
            elif len(packages) == 1 and normalize(packages[0]) != normalize(name):
                renamed[name] = normalize(packages[0])
            elif is_family:
                same.add(name)
    return {
        "families": _FAMILIES,
        "not on PyPI": " ".join(sorted(without - renamed.keys())),
        "on PyPI": " ".join(sorted(same - renamed.keys())),
        "renamed": renamed,
    }


def normalize(name: str) -> str:
    """Return a package's name as an index compares it."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _read_member(wheel: Path, ending: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        name = next(each for each in archive.namelist() if each.endswith(ending))
        return archive.read(name).decode()


def _read_blob(clone: Path, commit: str, path: str) -> str:
    command = ["git", "-C", str(clone), "show", f"{commit}:{path}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _format(table: Mapping[str, object]) -> str:
    return json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _write(name: str, text: str) -> None:
    (NAMES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    update_names(Path(sys.argv[1]))
