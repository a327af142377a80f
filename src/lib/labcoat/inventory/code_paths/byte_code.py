"""Byte code that Python may read in place of a source: it must be what the source compiles to.

`labcoat run` keeps byte code outside of the environment (levels/python_variables.py), so this is
about activated shells and editors. The check runs in the installed Python that the environment is
based on.
Source: https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.inventory.code_paths.check_process import Checker, identify, list_forged
from labcoat.inventory.code_paths.layout import Layout
from labcoat.inventory.code_paths.tree import read_entry
from labcoat.inventory.file_finding import FileFinding
from labcoat.toolchain.interpreters import Interpreter

_NAME = lazy_pattern(r"(?P<stem>.+?)\.(?P<tag>[^.]+)(?:\.opt-(?P<level>[12]))?\.pyc")
# Byte code that only pytest reads: it changes `assert` statements (pytest_byte_code.py).
_PYTEST_NAME = lazy_pattern(r"(?P<stem>.+?)\.(?P<tag>[^.]+)-pytest-(?P<version>[^-]+)\.pyc")
# Tags of interpreters (sys.implementation.cache_tag); the environment's reads no others.
_OTHER_PYTHON = lazy_pattern(r"(cpython|pypy|graalpy)-?\d+t?")
_CHECK = Path(__file__).with_name("byte_code_check.py")


class CompiledFile(Record):
    """A file of byte code, the source it stands for, and its level of optimization."""

    path: str
    source: str
    level: int


def judge_byte_code(
    prefix: Path, paths: Sequence[str], python: Interpreter | None, version: str, layout: Layout
) -> Iterator[FileFinding]:
    """Yield the files among `paths` that the environment's Python, or pytest, would run unchecked.

    `python` is an installed Python of the same minor version as the environment's `version`;
    without one no byte code can be checked. Another release may compile a few sources otherwise.
    """
    minor = ".".join(version.split(".")[:2])

    def is_file(path: str) -> bool:
        entry = read_entry(str(prefix), path)
        return entry is not None and entry.kind == "file"

    findings, found = pair_sources(paths, minor, layout.name, is_file)
    yield from findings
    if not found:
        return
    if python is None:
        detail = f"there is no Python {minor} to check byte code with"
        yield FileFinding("byte-code", layout.name(found[0].path), detail)
        return
    wanted = {
        one.path: (str(prefix / one.source), str(prefix / one.path), one.level) for one in found
    }
    detail = "is not what its source compiles to"
    if version not in {minor, python.version}:
        detail += f" in Python {python.version} of this machine; the environment has {version}"
    program = python.executable
    checker = Checker(program, _CHECK.read_text(encoding="utf-8"), identify(program))
    for path in list_forged(checker, wanted):
        yield FileFinding("byte-code", layout.name(path), detail)


def source_path(path: str) -> str:
    """Return the path of the source of byte code in `__pycache__`; empty for another path."""
    folder, _, name = path.rpartition("/")
    found = _PYTEST_NAME.fullmatch(name) or _NAME.fullmatch(name)
    return f"{folder.rpartition('/')[0]}/{found['stem']}.py".lstrip("/") if found else ""


def pytest_version(path: str) -> str:
    """Return the version of the pytest that reads this byte code; empty if pytest does not."""
    found = _PYTEST_NAME.fullmatch(path.rpartition("/")[2])
    return found["version"] if found else ""


def pytest_tag(path: str) -> str:
    """Return which Python and which pytest read this byte code, such as cpython-311-pytest-9.0."""
    found = _PYTEST_NAME.fullmatch(path.rpartition("/")[2])
    return f"{found['tag']}-pytest-{found['version']}" if found else ""


def pair_sources(
    paths: Iterable[str],
    minor: str,
    name_of: Callable[[str], str],
    is_file: Callable[[str], bool],
) -> tuple[list[FileFinding], list[CompiledFile]]:
    """Return what cannot be checked, and each file that Python `minor` reads with its source.

    `name_of` gives the names of paths in findings.
    """
    own_tag = f"cpython-{minor.replace('.', '')}"
    findings: list[FileFinding] = []
    wanted: list[CompiledFile] = []
    for path in paths:
        if version := pytest_version(path):
            detail = f"was written by pytest {version} and cannot be compared with its source"
            findings.append(FileFinding("byte-code", name_of(path), detail))
            continue
        found = _NAME.fullmatch(path.rpartition("/")[2])
        tag = found["tag"] if found else ""
        if found and tag != own_tag and _OTHER_PYTHON.fullmatch(tag):
            continue
        if found is None or tag != own_tag:
            findings.append(FileFinding("stray", name_of(path)))
            continue
        source = source_path(path)
        if is_file(source):
            wanted.append(CompiledFile(path, source, int(found["level"] or 0)))
        else:
            findings.append(FileFinding("sourceless", name_of(path)))
    return findings, wanted
