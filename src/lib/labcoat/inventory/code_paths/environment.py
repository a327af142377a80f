"""Read a virtual environment with labcoat's own Python, and judge each of its files."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.inventory import records, regular_files, scan
from labcoat.inventory.code_paths import byte_code, facts, interpreter, tree
from labcoat.inventory.code_paths.layout import Layout, judge_entries
from labcoat.inventory.code_paths.own_files import NewEnvironment
from labcoat.inventory.file_finding import FileFinding
from labcoat.inventory.inventory import Inventory, parse_contents
from labcoat.inventory.regular_files import DISK, DiskFiles
from labcoat.toolchain import base_interpreters
from labcoat.toolchain.interpreters import Interpreter, own_interpreter

# What installers write beside a distribution's files. No interpreter and no program obeys it; pip
# and labcoat read it, and labcoat compares it with the lock.
INSTALLER_FILES = (
    "RECORD",
    "RECORD.jws",
    "RECORD.p7s",
    "INSTALLER",
    "REQUESTED",
    "direct_url.json",
    "uv_cache.json",
    "uv_build.json",
)
Check = Callable[[bytes], bool]


def read_environment(  # noqa: PLR0913 - what only the level knows
    place: Path,
    project: Path,
    minor: str,
    *,
    own: Mapping[str, Check],
    links: Mapping[str, str],
    stamps: str,
) -> Inventory:
    """Return all that the virtual environment at `place` holds, and what is wrong with it.

    `minor` is the version of the `project`'s Python, which counts if the environment names none.
    `own` are labcoat's files in it with a check of their contents, `links` those that labcoat adds
    to it; a `{site}` in their targets is site-packages. Raise LabcoatError with status 2 if labcoat
    itself runs on the environment's Python.
    """
    prefix = place.resolve()
    refuse_own_python(prefix)
    base = base_interpreters.find_base(interpreter.resolve_target(prefix), (prefix, project))
    claimed = interpreter.claimed_version(prefix)
    minor = base.minor if base else ".".join(claimed.split(".")[:2]) or minor
    site = f"lib/python{minor}/site-packages"
    start = interpreter.judge_start(prefix, base, minor, project)
    spellings = {str(place), str(prefix)}
    found = scan.scan_packages(
        str(prefix), str(prefix / site), interpreter.own_interpreters(spellings, minor)
    )
    packages = list_package_files(found, prefix, site)
    own_files = _OwnFiles(prefix, site, own, base)
    layout = Layout(
        site,
        packages,
        installers=list_installer_files(prefix, site),
        own=own_files,
        links={
            "lib64": "lib",
            **dict.fromkeys(start.links, ""),
            **{name: target.format(site=site) for name, target in links.items()},
        },
        executable=frozenset(path for path in packages if path.startswith("bin/")),
        owners={os.getuid(), 0, prefix.stat().st_uid},
        stamps=stamps,
        own_folders=[
            *own_files.new.folders(from_uv=interpreter.is_from_uv(prefix)),
            *([f"{site}/pip"] if (prefix / site / "pip" / "__main__.py").is_file() else []),
        ],
    )
    judged = judge_entries(layout, partial(tree.list_entries, str(prefix)))
    expected = own_files.new.programs(from_uv=interpreter.is_from_uv(prefix)) | _list_shims(
        prefix, site, packages
    )
    missing = [
        FileFinding("removed-own", layout.name(path))
        for path in sorted(expected)
        if not os.path.lexists(prefix / path)
    ]
    version = base.version if base else claimed or minor
    known = base or base_interpreters.find_release(version, (prefix, project))
    compiled = byte_code.judge_byte_code(prefix, judged.byte_code, known, version, layout)
    return Inventory(
        facts.describe_base(base) if base else facts.assume_facts(claimed or minor),
        tuple(parse_contents(one) for one in found),
        stray=(),
        findings=(*start.findings, *judged.findings, *missing, *compiled),
        executable=judged.executable,
    )


def _list_shims(prefix: Path, site: str, packages: frozenset[str]) -> set[str]:
    """Return labcoat's files that start pip, where they are: without them, another pip starts."""
    has_pip = f"{site}/pip/__init__.py" in packages
    if has_pip or not (prefix / "labcoat.json").exists():
        return set()
    return {
        name.replace("{prefix}/", "", 1) if "{" in name else f"{site}/{name}"
        for name in scan.PIP_SHIM
    }


class _OwnFiles:
    """Whether a file that no package has is labcoat's or a new environment's."""

    def __init__(
        self, prefix: Path, site: str, own: Mapping[str, Check], base: Interpreter | None
    ) -> None:
        self.prefix, self.site, self.checks = prefix, site, own
        self.new = NewEnvironment(prefix, base or own_interpreter())

    def __call__(self, path: str) -> bool | None:
        """Return whether `path` has the contents it must have; None if it is another file."""
        if path == "pyvenv.cfg":
            return True  # interpreter.judge_start compares each line
        try:
            data = regular_files.read_regular(str(self.prefix / path))
        except OSError:
            return None
        if not data and "/" not in path:
            return True  # a lock of uv's: nothing is in it, and it is on no search path
        if check := self.checks.get(path):
            return check(data)
        short = path.removeprefix(f"{self.site}/") if path.startswith(self.site) else ""
        if scan.is_pip_shim(short or f"{{prefix}}/{path}", str(self.prefix / path)):
            return True
        return self.new.has(path, data)


def refuse_own_python(prefix: Path) -> None:
    """Raise LabcoatError, status 2, if labcoat runs on the Python of the environment itself."""
    # Without site, sys.prefix of a virtual environment is that of its base up to Python 3.13.
    own = {Path(sys.prefix).resolve(), Path(sys.executable).absolute().parents[1].resolve()}
    if prefix in own:
        raise LabcoatError(
            f"labcoat runs on the Python of `{prefix.name}`, which it has to check",
            "Set LABCOAT_PYTHON to a Python outside of the environment",
            status=2,
        )


def list_package_files(
    found: Iterable[Mapping[str, Any]], prefix: Path, site: str
) -> frozenset[str]:
    """Return the files that distributions account for, relative to the environment.

    Those that installers write are not among them: RECORD may name any file there.
    """
    top, below = f"{prefix}/", f"{prefix / site}/"
    paths = {path for one in found for path in one["recorded"] if path.startswith(top)}
    return frozenset(
        [
            *(
                path.removeprefix(top)
                for path in paths
                if not scan.is_left_out(path.removeprefix(below))
            ),
            # They are reported with their distribution.
            *(f"{site}/{path}" for one in found for path in one["stray"]),
        ]
    )


def list_installer_files(prefix: Path, site: str, files: DiskFiles = DISK) -> frozenset[str]:
    """Return the paths of the files that installers write beside each distribution."""
    return frozenset(
        f"{site}/{info}/{name}"
        for info in records.list_metadata(str(prefix / site), files)
        for name in INSTALLER_FILES
    )
