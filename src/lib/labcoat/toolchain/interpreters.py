"""Which Python a project's environments are built from."""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from labcoat.core.errors import LabcoatError, unreadable
from labcoat.core.project import Project
from labcoat.core.project_files import lock_of_record
from labcoat.toolchain import installed_pythons
from labcoat.toolchain.installed_pythons import Interpreter, own_interpreter
from labcoat.toolchain.python_choice import (
    OLDEST,
    NamedPython,
    PythonChoice,
    PythonRange,
    allows,
    choose_python,
    read_runtime_file,
    read_version_file,
)

__all__ = [
    "Interpreter",
    "choose_project_python",
    "find_chosen",
    "is_allowed",
    "marker_environment",
    "named_interpreter",
    "named_minors",
    "named_program",
    "own_interpreter",
    "project_minor",
    "read_ranges",
    "usable_minors",
]

_SETTING = "LABCOAT_PYTHON"
# start.sh says that the Python of this name is the one that labcoat runs on.
_STARTED, _ON_IT = "labcoat_python", "own"


def project_minor(project: Project) -> str:
    """Return the minor version of the project's Python, such as `3.12`.

    Raise LabcoatError if its sources contradict each other, or name none that labcoat supports.
    """
    return choose_project_python(project).minor


def choose_project_python(project: Project) -> PythonChoice:
    """Return the project's Python and which source asks for it.

    Sources are LABCOAT_PYTHON, `.python-version`, `runtime.txt`, pyproject.toml and setup.cfg.
    Raise LabcoatError as project_minor does.
    """
    setting = _named_by_setting(project)
    named, ranges = [], list(read_ranges(project.root))
    try:
        for found in _read_pins(project.root):
            if isinstance(found, NamedPython):
                named.append(found)
            else:
                ranges.append(found)
    except LabcoatError:
        if setting is None:  # otherwise the file does not count
            raise
    own = own_interpreter().minor
    return choose_python(setting, named, ranges, own, installed_pythons.list_minors)


def named_minors(project: Project, besides: str = "") -> tuple[str, ...]:
    """Return the minors that `.python-version` and `runtime.txt` name, also unsupported ones.

    The file `besides` is left out, and so is one that is not valid.
    """
    found = []
    for name in (".python-version", "runtime.txt"):
        text = _read_text(project.root / name) if name != besides else None
        minor = re.search(r"(?m)^\s*(?:c?python[-@]?)?([23]\.\d+)\b", text or "")
        found += [minor[1]] if minor else []
    return tuple(found)


def is_allowed(project: Project, minor: str, without: str = "") -> bool:
    """Return whether each range of the project's files that is valid allows `minor`.

    The file `without`, such as a lock that is not taken, does not count.
    """
    for one in read_ranges(project.root):
        try:
            if one.source != without and not allows(one, minor):
                return False
        except LabcoatError:
            continue
    return True


def named_interpreter(project: Project) -> Interpreter | None:
    """Return the Python that LABCOAT_PYTHON names; None if it is not set, or names a missing one.

    Raise LabcoatError if it is neither a Python here nor a name such as `python3.12`.
    """
    if not project.is_set("PYTHON"):
        return None
    own, program = own_interpreter(), os.path.expanduser(project["PYTHON"])  # noqa: PTH111
    started = str(sys._xoptions.get(_STARTED, ""))
    if started == f"{_ON_IT}:{project['PYTHON']}":
        return own
    path = shutil.which(program)
    if path and Path(path).resolve() == own.executable:
        return own
    found = installed_pythons.ask_interpreter(Path(path)) if path else None
    if found is None and not _minor_in_name(program):
        what = "is not a CPython that starts" if path else "does not exist"
        raise LabcoatError(
            f"cannot use LABCOAT_PYTHON `{project['PYTHON']}`: it {what}",
            f"Set it to one of: {', '.join(f'python{one}' for one in usable_minors())}",
        )
    return found


def named_program(project: Project) -> str:
    """Return the path of the program that LABCOAT_PYTHON names, links not followed."""
    program = os.path.expanduser(project["PYTHON"])  # noqa: PTH111 - never raises
    return shutil.which(program) or program


def usable_minors() -> list[str]:
    """Return the minors of this machine that labcoat supports for a project, newest first."""
    return [minor for minor in installed_pythons.list_minors() if int(minor[2:]) >= OLDEST]


def _minor_in_name(program: str) -> str:
    found = re.fullmatch(r"python(3\.\d+)", program)
    return found[1] if found else ""


def _named_by_setting(project: Project) -> NamedPython | None:
    if not project.is_set("PYTHON"):
        return None
    found = named_interpreter(project)
    minor = found.minor if found else _minor_in_name(project["PYTHON"])
    return NamedPython(minor, _SETTING)


def find_chosen(project: Project, choice: PythonChoice) -> Interpreter | None:
    """Return the Python of this machine that `choice`, the project's, means; None if it has none.

    A release other than the one asked for counts.
    """
    if found := named_interpreter(project):
        return found
    own = own_interpreter()
    if choice.minor == own.minor and choice.patch in {"", own.version}:
        return own
    return installed_pythons.find_installed(choice.minor, choice.patch)


def marker_environment(project: Project) -> dict[str, str]:
    """Return the values of markers (PEP 508) that depend on the project's Python.

    Where this machine does not have it, a late release of its minor stands for it: markers such as
    `python_full_version < "3.11.3"` are about early ones.
    """
    choice = choose_project_python(project)
    found = find_chosen(project, choice)
    version = found.version if found else choice.patch or f"{choice.minor}.99"
    return {
        "python_version": choice.minor,
        "python_full_version": version,
        "implementation_name": "cpython",
        "implementation_version": version,
        "platform_python_implementation": "CPython",
    }


def _read_pins(root: Path) -> Iterator[NamedPython | PythonRange]:
    """Yield what `.python-version` and `runtime.txt` ask for."""
    if (text := _read_text(root / ".python-version")) is not None and (
        found := read_version_file(text, installed_pythons.resolve_pyenv_name)
    ):
        yield found
    if (text := _read_text(root / "runtime.txt")) is not None and (
        runtime := read_runtime_file(text)
    ):
        yield runtime


def read_ranges(root: Path) -> Iterator[PythonRange]:
    """Yield the Pythons that pyproject.toml, setup.cfg and the lock of another tool allow."""
    text = _read_text(root / "pyproject.toml")
    if text and "requires-python" in text:
        wanted = _requires_python(text)
        if isinstance(wanted, str) and wanted.strip():
            yield PythonRange(wanted, "pyproject.toml")
    text = _read_text(root / "setup.cfg")
    if text and "python_requires" in text:
        import configparser

        parsed = configparser.RawConfigParser(strict=False)
        try:
            parsed.read_string(text)
        except configparser.Error:
            parsed = configparser.RawConfigParser()  # it may hold other programs' settings only
        if needs := parsed.get("options", "python_requires", fallback="").strip():
            yield PythonRange(needs, "setup.cfg")
    record = lock_of_record.find_record(root / "requirements.txt")
    if record and (allowed := lock_of_record.python_range(record)):
        yield PythonRange(allowed, record.name)


def _requires_python(text: str) -> object:
    """Return `requires-python` of a pyproject.toml. Raise LabcoatError if it is not TOML."""
    import tomllib

    try:
        project: object = tomllib.loads(text).get("project")
    except tomllib.TOMLDecodeError as error:
        raise LabcoatError(
            f"cannot read `pyproject.toml`: {str(error)[:1].lower()}{str(error)[1:]}",
            "Correct it: it may say which Python the project needs",
        ) from None
    return project.get("requires-python") if isinstance(project, Mapping) else None


def _read_text(path: Path) -> str | None:
    """Return the text of a file in UTF-8 or, with its mark, UTF-16; None if there is none.

    Raise LabcoatError if it exists and cannot be read.
    """
    try:
        data = path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise unreadable(path.name, error) from None
    if data is None:
        return None
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    return data.decode(encoding, errors="replace")
