"""Byte code that pytest writes: it must be what the locked pytest makes of the source.

pytest changes `assert` statements in its plugins and in tests, and keeps the result beside byte
code of Python's. Only the same version of pytest reads it. To compare, pytest is imported out of
the wheel that has a hash in the lock: nothing of the environment is run.
Source: https://docs.pytest.org/en/stable/how-to/assert.html#assertion-rewriting-caches-files-on-disk.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from labcoat.core.records import replace
from labcoat.inventory.code_paths.byte_code import pytest_tag, pytest_version, source_path
from labcoat.inventory.code_paths.check_process import Checker, identify, list_forged
from labcoat.inventory.file_finding import FileFinding
from labcoat.inventory.inventory import Inventory, program_text
from labcoat.inventory.wheel_contents import Wheel

_MODULES = [f"labcoat.inventory.code_paths.{name}" for name in ("byte_code_check", "pytest_check")]


def list_pytest_files(inventory: Inventory) -> list[str]:
    """Return the paths of pytest's byte code that nothing has been compared with yet."""
    return [
        one.path
        for one in inventory.findings
        if one.kind == "byte-code" and pytest_version(one.path)
    ]


def compare_pytest_files(
    inventory: Inventory, site: Path, python: Path, wheels: Mapping[str, Wheel]
) -> Inventory:
    """Return the inventory without findings of byte code that pytest makes of its source, too.

    Names of files are below `site`. `python` is an installed one of the environment's version;
    `wheels` are those of the lock that the environment's packages were installed from.
    """
    paths = [path for path in list_pytest_files(inventory) if "{" not in path]
    if not paths or "pytest" not in wheels:
        return inventory
    wanted = {
        path: (str(site / source_path(path)), str(site / path), pytest_tag(path))
        for path in paths
        if (site / source_path(path)).is_file()
    }
    verdicts = list_forged(_make_checker(python, wheels), wanted)

    def judge_again() -> Iterator[FileFinding]:
        for one in inventory.findings:
            verdict = verdicts.get(one.path, "ok") if one.path in wanted else "unknown"
            if verdict == "unknown":
                yield one
            elif verdict != "ok":
                detail = f"is not what pytest {pytest_version(one.path)} makes of its source"
                yield replace(one, detail=detail)

    return replace(inventory, findings=tuple(judge_again()))


def _make_checker(python: Path, wheels: Mapping[str, Wheel]) -> Checker:
    pure = [one for name, one in wheels.items() if name != "pytest" and _is_pure(one)]
    archives = [str(one.archive) for one in (wheels["pytest"], *pure) if one.archive]
    parts = (identify(python), *archives)  # which have the wheels' SHA-256
    return Checker(
        python,
        program_text(_MODULES, "main()"),
        sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest(),
        tuple(archives),
    )


def _is_pure(wheel: Wheel) -> bool:
    return wheel.name.endswith("-none-any.whl")
